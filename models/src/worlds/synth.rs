//! Sound building blocks: tones, coloured noise, envelopes. Pure functions of their arguments; noise has a seed.

use std::f32::consts::{PI, TAU};

/// Samples per second.
pub(super) const RATE: usize = 24_000;

/// White noise in −1 … 1 by a xorshift generator.
#[derive(Clone, Debug)]
pub(super) struct Noise(u64);

impl Noise {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    pub(super) fn next(&mut self) -> f32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 40) as f32 / (1u64 << 23) as f32 - 1.0
    }
}

/// Second-order band-pass with unit gain at its centre (Audio EQ Cookbook, R. Bristow-Johnson).
#[derive(Clone, Debug)]
pub(super) struct BandPass {
    b0: f32,
    a1: f32,
    a2: f32,
    state: [f32; 4],
}

impl BandPass {
    /// Passes from about `low` to `high` hertz.
    pub(super) fn new(low: f32, high: f32) -> Self {
        let centre = (low * high).sqrt();
        let omega = TAU * centre / RATE as f32;
        let alpha = omega.sin() * (high - low) / (2.0 * centre);
        let a0 = 1.0 + alpha;
        Self { b0: alpha / a0, a1: -2.0 * omega.cos() / a0, a2: (1.0 - alpha) / a0, state: [0.0; 4] }
    }

    pub(super) fn next(&mut self, x: f32) -> f32 {
        let [x1, x2, y1, y2] = self.state;
        let y = self.b0 * (x - x2) - self.a1 * y1 - self.a2 * y2;
        self.state = [x, x1, y, y1];
        y
    }
}

/// Noise between `low` and `high` hertz with a mean power of about one.
pub(super) fn band(seed: u64, low: f32, high: f32, samples: usize) -> Vec<f32> {
    let (mut noise, mut one, mut two) =
        (Noise::new(seed), BandPass::new(low, high), BandPass::new(low, high));
    let mut out: Vec<f32> = (0..samples).map(|_| two.next(one.next(noise.next()))).collect();
    let power = out.iter().map(|v| v * v).sum::<f32>() / samples.max(1) as f32;
    let gain = 1.0 / (power.sqrt() + 1e-9);
    out.iter_mut().for_each(|v| *v *= gain);
    out
}

/// A decaying tone whose pitch moves from `from` to `to` hertz; `harmonics` are amplitudes of its multiples.
pub(super) fn tone(from: f32, to: f32, seconds: f32, decay: f32, harmonics: &[f32]) -> Vec<f32> {
    let samples = (seconds * RATE as f32) as usize;
    let mut phase = 0.0f32;
    (0..samples)
        .map(|i| {
            let t = i as f32 / RATE as f32;
            phase += TAU * (from + (to - from) * i as f32 / samples as f32) / RATE as f32;
            let wave: f32 =
                harmonics.iter().enumerate().map(|(k, a)| a * (phase * (k + 1) as f32).sin()).sum();
            let attack = (t * 200.0).min(1.0);
            let release = ((seconds - t) * 100.0).min(1.0);
            wave * (-decay * t).exp() * attack * release
        })
        .collect()
}

/// Noise that rises and falls like half a sine over its length.
pub(super) fn puff(seed: u64, low: f32, high: f32, seconds: f32, power: i32) -> Vec<f32> {
    let samples = (seconds * RATE as f32) as usize;
    let mut out = band(seed, low, high, samples);
    for (i, v) in out.iter_mut().enumerate() {
        *v *= (PI * i as f32 / samples as f32).sin().powi(power);
    }
    out
}

/// Noise that decays at `decay` per second.
pub(super) fn hit(seed: u64, low: f32, high: f32, seconds: f32, decay: f32) -> Vec<f32> {
    let mut out = band(seed, low, high, (seconds * RATE as f32) as usize);
    for (i, v) in out.iter_mut().enumerate() {
        *v *= (-decay * i as f32 / RATE as f32).exp();
    }
    out
}

/// Adds `sound` at `time` seconds with a gain; what hangs over the end is cut.
pub(super) fn add(out: &mut [f32], time: f32, sound: &[f32], gain: f32) {
    let start = (time.max(0.0) * RATE as f32) as usize;
    for (o, s) in out.iter_mut().skip(start).zip(sound) {
        *o += gain * s;
    }
}
