//! Every layer against a naive one in f64, on every instruction set here, at odd sizes, with 1, 2 and 3 threads.

mod convolutions;
mod layers;

use super::*;

/// Values in -1..1 from a small generator.
fn random(n: usize, seed: u32) -> Vec<f32> {
    let mut state = seed.wrapping_mul(747_796_405).wrapping_add(1);
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as f32 / (1 << 23) as f32 - 1.0
    };
    (0..n).map(|_| next()).collect()
}

fn activate(value: f64, act: Act) -> f64 {
    match act {
        Act::None => value,
        Act::Relu => value.max(0.0),
        Act::ReluSquared => value.max(0.0) * value.max(0.0),
    }
}

fn close(found: &[f32], expected: &[f64], what: &str) {
    assert_eq!(found.len(), expected.len(), "{what}");
    for (index, (&found, &expected)) in found.iter().zip(expected).enumerate() {
        let error = (f64::from(found) - expected).abs();
        assert!(error <= 2e-5 * (1.0 + expected.abs()), "{what} at {index}: {found}, expected {expected}");
    }
}

/// Runs `forward` on every instruction set and with 1, 2 and 3 threads; compares with `expected(old output)`.
fn check(
    what: &str,
    size: usize,
    forward: impl Fn(Isa, &Pool, &mut [f32]) -> Result<(), CpuError>,
    expected: impl Fn(&[f32]) -> Vec<f64>,
) {
    let old = random(size, 99);
    let expected = expected(&old);
    for isa in Isa::all() {
        let mut first: Option<Vec<f32>> = None;
        for threads in 1..=3 {
            let pool = Pool::new(threads).unwrap();
            let mut out = old.clone();
            forward(isa, &pool, &mut out).unwrap();
            close(&out, &expected, &format!("{what} with {} lanes", isa.lanes()));
            let bits = |values: &[f32]| values.iter().map(|value| value.to_bits()).collect::<Vec<_>>();
            match &first {
                None => first = Some(out),
                Some(first) => assert_eq!(bits(first), bits(&out), "{what} with {threads} threads"),
            }
        }
    }
}

const ENDS: [End; 4] = [End::STORE, End::RELU, End::RELU_SQUARED, End { act: Act::Relu, add: true }];

/// A naive convolution: `taps` gives the input position of every tap of an output position.
fn naive(
    (x, weight, bias): (&[f32], &[f32], &[f32]),
    (inputs, outputs): (usize, usize),
    taps: impl Fn(usize) -> Vec<Option<usize>>,
    old: &[f32],
    end: End,
) -> Vec<f64> {
    let mut out = Vec::new();
    for position in 0..old.len() / outputs {
        let taps = taps(position);
        for o in 0..outputs {
            let mut sum = f64::from(bias[o]);
            for (k, tap) in taps.iter().enumerate() {
                let Some(tap) = tap else { continue };
                for i in 0..inputs {
                    let w = weight[(o * inputs + i) * taps.len() + k];
                    sum += f64::from(w) * f64::from(x[tap * inputs + i]);
                }
            }
            let before = if end.add { f64::from(old[position * outputs + o]) } else { 0.0 };
            out.push(activate(sum, end.act) + before);
        }
    }
    out
}

/// A norm with FiLM in f64.
fn naive_norm(x: &[f32], scale: &[f32], shift: &[f32]) -> Vec<f64> {
    let channels = scale.len();
    let mut out = Vec::new();
    for row in x.chunks_exact(channels) {
        let mean = row.iter().map(|&v| f64::from(v)).sum::<f64>() / channels as f64;
        let variance = row.iter().map(|&v| (f64::from(v) - mean).powi(2)).sum::<f64>() / channels as f64;
        for c in 0..channels {
            let normed = (f64::from(row[c]) - mean) / (variance + 1e-5).sqrt();
            out.push(normed * (1.0 + f64::from(scale[c])) + f64::from(shift[c]));
        }
    }
    out
}
