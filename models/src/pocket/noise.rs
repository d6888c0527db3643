//! Normal noise from a seed: ChaCha8 and the Box-Muller transform. The same on every machine up to rounding of `ln` and
//! `cos`.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore as _, SeedableRng as _};

/// A stream of normal numbers.
#[derive(Debug)]
pub(super) struct Noise(ChaCha8Rng);

impl Noise {
    /// The stream of a seed.
    pub(super) fn new(seed: u64) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        // The planner uses streams 0 and 1 of the same seed.
        rng.set_stream(2);
        Self(rng)
    }

    /// The next `count` numbers.
    pub(super) fn take(&mut self, count: usize) -> Vec<f32> {
        let mut out = Vec::with_capacity(count + 1);
        while out.len() < count {
            let unit = |bits: u32| (f64::from(bits) + 0.5) / 4_294_967_296.0;
            let radius = (-2.0 * unit(self.0.next_u32()).ln()).sqrt();
            let angle = std::f64::consts::TAU * unit(self.0.next_u32());
            out.push((radius * angle.cos()) as f32);
            out.push((radius * angle.sin()) as f32);
        }
        out.truncate(count);
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn noise_is_normal_and_repeats() {
        let numbers = Noise::new(3).take(40_000);
        assert_eq!(numbers, Noise::new(3).take(40_000));
        let mean = numbers.iter().sum::<f32>() / 40_000.0;
        let power = numbers.iter().map(|n| n * n).sum::<f32>() / 40_000.0;
        assert!(mean.abs() < 0.02 && (power - 1.0).abs() < 0.03, "mean {mean}, power {power}");
    }
}
