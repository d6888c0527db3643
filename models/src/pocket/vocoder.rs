//! Log-mel spectra → samples: mel to magnitudes, phases by Griffin-Lim.
//!
//! D. Griffin, J. Lim, "Signal estimation from modified short-time Fourier transform", 1984; with the momentum of
//! N. Perraudin et al., "A fast Griffin-Lim algorithm", 2013. Spectra lie one after another, `BINS` numbers each.

use std::f32::consts::TAU;
use std::sync::Arc;

use realfft::num_complex::Complex32;
use realfft::{ComplexToReal, RealFftPlanner, RealToComplex};

use super::sound::{FLOOR, hann};
use crate::cpu::Pool;

/// Samples of a spectrum's window.
pub(super) const WINDOW: usize = 1024;
/// Samples between spectra.
pub(super) const HOP: usize = 250;
/// Bins of a spectrum.
pub(super) const BINS: usize = WINDOW / 2 + 1;
/// Mel bands.
pub(super) const MELS: usize = 64;
/// Iterations; more is no longer heard.
const ITERATIONS: usize = 32;
const MOMENTUM: f32 = 0.9;
/// Spectra in one task.
const TOGETHER: usize = 48;

/// Inverts log-mel spectra.
pub(super) struct Vocoder {
    /// `[BINS, MELS]`: pseudo-inverse of the mel filters.
    inverse: Vec<f32>,
    window: Vec<f32>,
    forward: Arc<dyn RealToComplex<f32>>,
    backward: Arc<dyn ComplexToReal<f32>>,
}

impl std::fmt::Debug for Vocoder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Vocoder").finish_non_exhaustive()
    }
}

impl Vocoder {
    /// `inverse` holds `BINS × MELS` numbers, row by row.
    pub(super) fn new(inverse: Vec<f32>) -> Self {
        let mut planner = RealFftPlanner::new();
        Self {
            inverse,
            window: hann(WINDOW),
            forward: planner.plan_fft_forward(WINDOW),
            backward: planner.plan_fft_inverse(WINDOW),
        }
    }

    /// `mel`: log10 magnitudes, `MELS` for each of `frames` spectra. Gives `frames × HOP` samples.
    pub(super) fn samples(&self, pool: &Pool, mel: &[f32]) -> Vec<f32> {
        let bands: Vec<&[f32]> = mel.chunks(TOGETHER * MELS).collect();
        let magnitudes = pool.map(bands, |part| self.magnitudes(part)).concat();
        // Fixed phases, spread by the golden ratio: the same tokens give the same sound.
        let phase = |at: usize| TAU * (at as f32 * 0.618_034).fract();
        let mut spectra: Vec<Complex32> =
            magnitudes.iter().enumerate().map(|(at, m)| Complex32::from_polar(*m, phase(at))).collect();
        let mut before: Vec<Complex32> = Vec::new();
        for _ in 0..ITERATIONS {
            let now = self.analyse_all(pool, &self.synthesise(pool, &spectra));
            for (at, (spectrum, magnitude)) in spectra.iter_mut().zip(&magnitudes).enumerate() {
                let old = before.get(at).copied().unwrap_or(now[at]);
                let ahead = now[at] + (now[at] - old) * MOMENTUM;
                *spectrum = ahead * (magnitude / (ahead.norm_sqr().sqrt() + 1e-8));
            }
            before = now;
        }
        self.synthesise(pool, &spectra)
    }

    /// Magnitudes of spectra from their bands. Bands at the floor are silent, not quiet noise.
    fn magnitudes(&self, mel: &[f32]) -> Vec<f32> {
        let linear: Vec<f32> = mel.iter().map(|b| (10f32.powf(*b) - FLOOR * 1.3).max(0.0)).collect();
        let bin =
            |bands: &[f32], row: &[f32]| row.iter().zip(bands).map(|(a, b)| a * b).sum::<f32>().max(0.0);
        linear
            .chunks_exact(MELS)
            .flat_map(|bands| self.inverse.chunks_exact(MELS).map(|row| bin(bands, row)).collect::<Vec<_>>())
            .collect()
    }

    /// Spectra → samples, by overlap-add normalised by the squared window.
    fn synthesise(&self, pool: &Pool, spectra: &[Complex32]) -> Vec<f32> {
        let length = spectra.len() / BINS * HOP;
        let parts: Vec<&[Complex32]> = spectra.chunks(TOGETHER * BINS).collect();
        let sums = pool.map(parts, |part| self.overlap(part));
        let mut sum = vec![0.0f32; length + WINDOW];
        for (part, samples) in sums.iter().enumerate() {
            let to = sum[part * TOGETHER * HOP..].iter_mut();
            to.zip(samples).for_each(|(s, p)| *s += p);
        }
        let mut weight = vec![0.0f32; length + WINDOW];
        for start in (0..length).step_by(HOP) {
            let to = weight[start..start + WINDOW].iter_mut();
            to.zip(&self.window).for_each(|(s, w)| *s += w * w);
        }
        sum.iter().zip(&weight).skip(WINDOW / 2).take(length).map(|(s, w)| s / w.max(1e-3)).collect()
    }

    /// Windowed signals of spectra in a row, added up.
    fn overlap(&self, spectra: &[Complex32]) -> Vec<f32> {
        let mut sum = vec![0.0f32; spectra.len() / BINS * HOP + WINDOW];
        let (mut input, mut output) = (self.backward.make_input_vec(), self.backward.make_output_vec());
        let mut scratch = self.backward.make_scratch_vec();
        for (t, row) in spectra.chunks_exact(BINS).enumerate() {
            input.copy_from_slice(row);
            // A real signal has no imaginary part at zero and at half the rate.
            input[0].im = 0.0;
            input[BINS - 1].im = 0.0;
            if self.backward.process_with_scratch(&mut input, &mut output, &mut scratch).is_err() {
                continue;
            }
            let to = sum[t * HOP..t * HOP + WINDOW].iter_mut();
            to.zip(output.iter().zip(&self.window)).for_each(|(s, (o, w))| *s += o / WINDOW as f32 * w);
        }
        sum
    }

    /// Spectra of a whole signal.
    fn analyse_all(&self, pool: &Pool, samples: &[f32]) -> Vec<Complex32> {
        let count = samples.len() / HOP;
        let parts: Vec<usize> = (0..count).step_by(TOGETHER).collect();
        pool.map(parts, |first| self.analyse(samples, first..(first + TOGETHER).min(count))).concat()
    }

    /// Some of the spectra of samples, one every `HOP`, centred, mirrored at the ends.
    pub(super) fn analyse(&self, samples: &[f32], spectra: std::ops::Range<usize>) -> Vec<Complex32> {
        let (n, half) = (samples.len() as isize, (WINDOW / 2) as isize);
        let at = |i: isize| {
            let i = if i < 0 { -i } else { i };
            let i = if i >= n { 2 * n - 2 - i } else { i };
            samples.get(i.max(0) as usize).copied().unwrap_or(0.0)
        };
        let (mut input, mut scratch) = (self.forward.make_input_vec(), self.forward.make_scratch_vec());
        let mut out = vec![Complex32::new(0.0, 0.0); spectra.len() * BINS];
        for (t, row) in spectra.zip(out.chunks_exact_mut(BINS)) {
            let first = (t * HOP) as isize - half;
            match usize::try_from(first).ok().and_then(|f| samples.get(f..f + WINDOW)) {
                Some(inside) => {
                    input.iter_mut().zip(inside.iter().zip(&self.window)).for_each(|(i, (s, w))| *i = s * w);
                }
                None => {
                    for (i, cell) in input.iter_mut().enumerate() {
                        *cell = at(first + i as isize) * self.window[i];
                    }
                }
            }
            if self.forward.process_with_scratch(&mut input, row, &mut scratch).is_err() {
                row.fill(Complex32::new(0.0, 0.0));
            }
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn silence_comes_out_silent() {
        let (vocoder, pool) = (Vocoder::new(vec![0.01; BINS * MELS]), Pool::new(2).unwrap());
        let samples = vocoder.samples(&pool, &vec![FLOOR.log10(); MELS * 24]);
        assert_eq!(samples.len(), 24 * HOP);
        assert!(samples.iter().all(|s| s.abs() < 1e-6), "a buzz on silence");
    }

    #[test]
    fn analysis_and_synthesis_are_inverse() {
        let (vocoder, pool) = (Vocoder::new(vec![0.0; BINS * MELS]), Pool::new(1).unwrap());
        let samples: Vec<f32> = (0..HOP * 140).map(|i| (i as f32 * 0.05).sin() * 0.3).collect();
        let back = vocoder.synthesise(&pool, &vocoder.analyse_all(&pool, &samples));
        let worst =
            samples.iter().zip(&back).skip(600).take(30_000).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
        assert!(worst < 1e-4, "{worst}");
    }

    #[test]
    fn the_number_of_threads_changes_nothing() {
        let vocoder = Vocoder::new((0..BINS * MELS).map(|n| (n % 7) as f32 * 0.001).collect());
        let mel: Vec<f32> = (0..MELS * 120).map(|n| ((n % 31) as f32 / 31.0) - 1.5).collect();
        let made = |threads| vocoder.samples(&Pool::new(threads).unwrap(), &mel);
        assert_eq!(made(1), made(2));
    }
}
