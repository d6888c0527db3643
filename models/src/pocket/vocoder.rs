//! Sound tokens → samples: principal components back to log-mel, mel to magnitudes, phases by Griffin-Lim.
//!
//! D. Griffin, J. Lim, "Signal estimation from modified short-time Fourier transform", 1984; with the momentum of
//! N. Perraudin et al., "A fast Griffin-Lim algorithm", 2013.

use realfft::num_complex::Complex32;
use realfft::{ComplexToReal, RealFftPlanner, RealToComplex};
use std::f32::consts::TAU;
use std::sync::Arc;

/// Samples of a spectrum's window.
pub(super) const WINDOW: usize = 1024;
/// Samples between spectra.
pub(super) const HOP: usize = 250;
/// Bins of a spectrum.
pub(super) const BINS: usize = WINDOW / 2 + 1;
/// Mel bands.
pub(super) const MELS: usize = 64;
/// What was added to a mel magnitude before the logarithm.
const FLOOR: f32 = 1e-2;
/// Iterations; more is no longer heard.
const ITERATIONS: usize = 32;
const MOMENTUM: f32 = 0.9;

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
        let window = (0..WINDOW).map(|i| 0.5 - 0.5 * (TAU * i as f32 / WINDOW as f32).cos()).collect();
        Self {
            inverse,
            window,
            forward: planner.plan_fft_forward(WINDOW),
            backward: planner.plan_fft_inverse(WINDOW),
        }
    }

    /// `mel`: log10 magnitudes, `MELS` for each of `frames` spectra. Gives `frames × HOP` samples.
    pub(super) fn samples(&self, mel: &[f32]) -> Vec<f32> {
        let magnitudes: Vec<Vec<f32>> = mel.chunks_exact(MELS).map(|bands| self.magnitude(bands)).collect();
        let length = magnitudes.len() * HOP;
        let mut spectra: Vec<Vec<Complex32>> = magnitudes
            .iter()
            .enumerate()
            .map(|(t, row)| {
                // Fixed phases, spread by the golden ratio: the same tokens give the same sound.
                row.iter()
                    .enumerate()
                    .map(|(k, m)| {
                        Complex32::from_polar(*m, TAU * ((t * BINS + k) as f32 * 0.618_034).fract())
                    })
                    .collect()
            })
            .collect();
        let mut previous: Option<Vec<Vec<Complex32>>> = None;
        for _ in 0..ITERATIONS {
            let rebuilt = self.analyse(&self.synthesise(&spectra, length));
            for (t, row) in rebuilt.iter().enumerate().take(spectra.len()) {
                for (k, now) in row.iter().enumerate() {
                    let before = previous.as_ref().map_or(*now, |p| p[t][k]);
                    let ahead = *now + (*now - before) * MOMENTUM;
                    spectra[t][k] = ahead / (ahead.norm() + 1e-8) * magnitudes[t][k];
                }
            }
            previous = Some(rebuilt);
        }
        self.synthesise(&spectra, length)
    }

    /// Magnitudes of one spectrum. Bands at the floor are silent, not quiet noise.
    fn magnitude(&self, bands: &[f32]) -> Vec<f32> {
        let linear: Vec<f32> = bands.iter().map(|b| (10f32.powf(*b) - FLOOR * 1.3).max(0.0)).collect();
        self.inverse
            .chunks_exact(MELS)
            .map(|row| row.iter().zip(&linear).map(|(a, b)| a * b).sum::<f32>().max(0.0))
            .collect()
    }

    /// Spectra → samples, by overlap-add normalised by the squared window.
    fn synthesise(&self, spectra: &[Vec<Complex32>], length: usize) -> Vec<f32> {
        let mut sum = vec![0.0f32; length + WINDOW];
        let mut weight = vec![0.0f32; length + WINDOW];
        let mut input = self.backward.make_input_vec();
        let mut output = self.backward.make_output_vec();
        for (t, row) in spectra.iter().enumerate() {
            input.copy_from_slice(row);
            // A real signal has no imaginary part at zero and at half the rate.
            if let (Some(first), Some(last)) = (row.first(), row.last()) {
                input[0] = Complex32::new(first.re, 0.0);
                input[BINS - 1] = Complex32::new(last.re, 0.0);
            }
            if self.backward.process(&mut input, &mut output).is_err() {
                continue;
            }
            for i in 0..WINDOW {
                sum[t * HOP + i] += output[i] / WINDOW as f32 * self.window[i];
                weight[t * HOP + i] += self.window[i] * self.window[i];
            }
        }
        sum.iter().zip(&weight).skip(WINDOW / 2).take(length).map(|(s, w)| s / w.max(1e-3)).collect()
    }

    /// Samples → spectra, one every `HOP`, centred, mirrored at the ends.
    fn analyse(&self, samples: &[f32]) -> Vec<Vec<Complex32>> {
        let (n, half) = (samples.len() as isize, (WINDOW / 2) as isize);
        let at = |i: isize| {
            let i = if i < 0 { -i } else { i };
            let i = if i >= n { 2 * n - 2 - i } else { i };
            samples.get(i.max(0) as usize).copied().unwrap_or(0.0)
        };
        let mut input = self.forward.make_input_vec();
        (0..samples.len() / HOP)
            .map(|t| {
                for (i, cell) in input.iter_mut().enumerate() {
                    *cell = at((t * HOP) as isize + i as isize - half) * self.window[i];
                }
                let mut output = self.forward.make_output_vec();
                if self.forward.process(&mut input, &mut output).is_err() {
                    output.fill(Complex32::new(0.0, 0.0));
                }
                output
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn silence_comes_out_silent() {
        let vocoder = Vocoder::new(vec![0.01; BINS * MELS]);
        let samples = vocoder.samples(&vec![FLOOR.log10(); MELS * 24]);
        assert_eq!(samples.len(), 24 * HOP);
        assert!(samples.iter().all(|s| s.abs() < 1e-6), "a buzz on silence");
    }

    #[test]
    fn analysis_and_synthesis_are_inverse() {
        let vocoder = Vocoder::new(vec![0.0; BINS * MELS]);
        let samples: Vec<f32> = (0..HOP * 40).map(|i| (i as f32 * 0.05).sin() * 0.3).collect();
        let back = vocoder.synthesise(&vocoder.analyse(&samples), samples.len());
        let worst =
            samples.iter().zip(&back).skip(600).take(8_000).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
        assert!(worst < 1e-4, "{worst}");
    }
}
