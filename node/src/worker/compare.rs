//! Two clips side by side: are they the same file, the same footage, and if not, how far apart?
//!
//! It runs in the worker, because one of the two comes from anywhere. It says numbers; what they mean is decided in
//! `node::auditing`.

use kinora_media::DecodeLimits;
use kinora_media::footage::Footage;
use kinora_protocol::job::{Compared, Rendered};

/// Highest value of a pixel's channel.
const PEAK: f64 = 255.0;

/// Compares a published clip with the same clip made again.
///
/// # Errors
/// When one of them does not decode, in a sentence.
pub(super) fn compare(published: &[u8], again: Rendered) -> Result<Compared, String> {
    let decode = |bytes: &[u8]| kinora_media::decode(bytes, &DecodeLimits::default());
    let old = decode(published).map_err(|fault| format!("the published clip does not decode: {fault}"))?;
    let new = decode(&again.clip).map_err(|fault| format!("the clip made again does not decode: {fault}"))?;
    let shape = |f: &Footage| (f.width, f.height, f.fps, f.frames.len(), f.sample_rate, f.channels);
    let same_format = shape(&old) == shape(&new) && old.samples.len() == new.samples.len();
    let (same_frames, same_samples) =
        (same_format && old.frames == new.frames, same_format && old.samples == new.samples);
    let psnr = if same_format && !same_frames { psnr(&old.frames, &new.frames) } else { None };
    let correlation = if same_format { correlation(&old.samples, &new.samples) } else { None };
    Ok(Compared {
        recipe: again.recipe,
        same_file: published == again.clip,
        same_format,
        same_frames,
        same_samples,
        psnr_millibels: psnr.map(|db| (db * 100.0).round() as u32),
        correlation: correlation.map(|r| (r * 10_000.0).round() as i32),
    })
}

/// Peak signal to noise in dB over all bytes of all frames: `10 log₁₀(255² / mean square of the differences)`. `None`
/// when they do not differ.
fn psnr(a: &[Vec<u8>], b: &[Vec<u8>]) -> Option<f64> {
    let (mut squares, mut count) = (0u64, 0u64);
    for (a, b) in a.iter().zip(b).flat_map(|(a, b)| a.iter().zip(b)) {
        squares += u64::from(a.abs_diff(*b)).pow(2);
        count += 1;
    }
    (squares > 0).then(|| 10.0 * (PEAK * PEAK * count as f64 / squares as f64).log10())
}

/// Pearson's correlation of two sounds of one length; `None` when one of them is silent.
fn correlation(a: &[f32], b: &[f32]) -> Option<f64> {
    let mean = |x: &[f32]| x.iter().map(|v| f64::from(*v)).sum::<f64>() / x.len().max(1) as f64;
    let (ma, mb) = (mean(a), mean(b));
    let (mut ab, mut aa, mut bb) = (0.0, 0.0, 0.0);
    for (a, b) in a.iter().zip(b) {
        let (a, b) = (f64::from(*a) - ma, f64::from(*b) - mb);
        ab += a * b;
        aa += a * a;
        bb += b * b;
    }
    (aa > 0.0 && bb > 0.0).then(|| (ab / (aa * bb).sqrt()).clamp(-1.0, 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signal_to_noise_and_correlation_are_as_by_hand() {
        // One byte in four is off by ten: mean square 25, 10 log₁₀(65025 / 25) = 34.15 dB.
        let (a, b) = (vec![vec![100, 100, 100, 100]], vec![vec![100, 110, 100, 100]]);
        assert!((psnr(&a, &b).unwrap() - 34.151).abs() < 0.001);
        assert_eq!(psnr(&a, &a), None);
        let wave: Vec<f32> = (0..1_000).map(|n| (n as f32 * 0.1).sin()).collect();
        let other: Vec<f32> = wave.iter().map(|v| 0.5 * v + 0.1).collect();
        let against: Vec<f32> = wave.iter().map(|v| -v).collect();
        assert!((correlation(&wave, &other).unwrap() - 1.0).abs() < 1e-6);
        assert!((correlation(&wave, &against).unwrap() + 1.0).abs() < 1e-6);
        assert_eq!(correlation(&wave, &[0.0; 1_000]), None);
    }
}
