//! How Pocket is measured: against scenes it was asked for, by an oracle that is itself measured on real renders.
//!
//! Everything is a function of footage and seed. Real renders and generated clips go through the same code, so that a
//! score always stands beside its ceiling.

pub mod bootstrap;
pub mod draw;
pub mod features;
pub mod kernels;
pub mod motion;
pub mod nearest;
pub mod onset;
pub mod oracle;
pub mod probe;
mod spectrum;

use kinora_media::footage::Footage;

use crate::cpu::CpuError;
use crate::weights::WeightsError;
use crate::worlds::{self, HEIGHT, WIDTH};

/// What keeps a clip from being judged.
#[derive(Debug, thiserror::Error)]
pub enum JudgeError {
    /// Weights that cannot be used.
    #[error("the oracle cannot be read: {0}")]
    Weights(#[from] WeightsError),
    /// The executor failed: a defect, or no threads.
    #[error("the oracle could not run: {0}")]
    Cpu(#[from] CpuError),
    /// A clip of another form.
    #[error(transparent)]
    Unfit(#[from] features::Unfit),
}

/// The world of a take, drawn and sounded: what a perfect clip of it would be.
#[must_use]
pub fn real(take: &draw::Take) -> Footage {
    Footage {
        width: WIDTH as u32,
        height: HEIGHT as u32,
        fps: take.blocking.fps,
        frames: (0..take.blocking.frames())
            .map(|frame| worlds::render(&take.scene, &take.blocking, frame).rgb)
            .collect(),
        sample_rate: spectrum::RATE,
        channels: 1,
        samples: worlds::sound(&take.scene, &take.blocking),
    }
}

/// Peak signal-to-noise ratio of two clips in dB, the mean over their frames; at most 99.
#[must_use]
pub fn psnr(a: &Footage, b: &Footage) -> f64 {
    let frames = a.frames.iter().zip(&b.frames).map(|(a, b)| {
        let squares: u64 = a.iter().zip(b).map(|(a, b)| u64::from(a.abs_diff(*b)).pow(2)).sum();
        let mean = squares as f64 / a.len().max(1) as f64;
        if mean > 0.0 { (10.0 * (255.0 * 255.0 / mean).log10()).min(99.0) } else { 99.0 }
    });
    let (sum, count) = frames.fold((0.0, 0usize), |(sum, count), v| (sum + v, count + 1));
    sum / count.max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ratio_falls_with_the_error() {
        let clip = |value: u8| Footage { frames: vec![vec![value; 300]; 2], ..Footage::default() };
        assert_eq!(psnr(&clip(9), &clip(9)), 99.0);
        // An error of 1 everywhere is 20 log10(255) dB.
        assert!((psnr(&clip(10), &clip(9)) - 48.13).abs() < 0.01);
        assert!(psnr(&clip(20), &clip(9)) < psnr(&clip(10), &clip(9)));
    }
}
