//! Spectra of a signal, and their mel bands.

use std::f32::consts::TAU;
use std::sync::Arc;

use realfft::num_complex::Complex32;
use realfft::{RealFftPlanner, RealToComplex};

/// Samples per second that everything here is made for.
pub(crate) const RATE: u32 = 24_000;

/// Magnitudes of spectra, one every `hop` samples, centred, zeros past both ends.
pub(crate) struct Spectra {
    window: Vec<f32>,
    hop: usize,
    forward: Arc<dyn RealToComplex<f32>>,
}

impl std::fmt::Debug for Spectra {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Spectra").field("hop", &self.hop).finish_non_exhaustive()
    }
}

impl Spectra {
    /// Windows of `window` samples (even), `hop` samples apart.
    pub(crate) fn new(window: usize, hop: usize) -> Self {
        let hann = (0..window).map(|i| 0.5 - 0.5 * (TAU * i as f32 / window as f32).cos()).collect();
        Self { window: hann, hop: hop.max(1), forward: RealFftPlanner::new().plan_fft_forward(window) }
    }

    /// Numbers of one spectrum.
    pub(crate) fn bins(&self) -> usize {
        self.window.len() / 2 + 1
    }

    /// `[samples / hop, bins]`.
    pub(crate) fn magnitudes(&self, samples: &[f32]) -> Vec<f32> {
        let half = self.window.len() / 2;
        let mut padded = vec![0.0; samples.len() + 2 * half];
        padded[half..half + samples.len()].copy_from_slice(samples);
        let (mut input, mut scratch) = (self.forward.make_input_vec(), self.forward.make_scratch_vec());
        let mut row = vec![Complex32::new(0.0, 0.0); self.bins()];
        let mut out = Vec::with_capacity(samples.len() / self.hop * self.bins());
        for first in (0..samples.len() / self.hop).map(|t| t * self.hop) {
            let heard = &padded[first..first + self.window.len()];
            input.iter_mut().zip(heard.iter().zip(&self.window)).for_each(|(i, (s, w))| *i = s * w);
            if self.forward.process_with_scratch(&mut input, &mut row, &mut scratch).is_err() {
                row.fill(Complex32::new(0.0, 0.0));
            }
            out.extend(row.iter().map(|c| c.norm()));
        }
        out
    }
}

/// Triangular filters `[bands, bins]` on the HTK mel scale, 20 Hz to 11 kHz, for spectra of `bins` bins.
pub(crate) fn mel_filters(bands: usize, bins: usize) -> Vec<f32> {
    let mel = |hertz: f64| 2_595.0 * (1.0 + hertz / 700.0).log10();
    let hertz = |mel: f64| 700.0 * (10f64.powf(mel / 2_595.0) - 1.0);
    let (low, high) = (mel(20.0), mel(11_000.0));
    let edge = |i: usize| hertz(low + (high - low) * i as f64 / (bands + 1) as f64);
    let bin = f64::from(RATE) / (2 * (bins - 1)) as f64;
    let mut out = Vec::with_capacity(bands * bins);
    for band in 0..bands {
        let (left, centre, right) = (edge(band), edge(band + 1), edge(band + 2));
        let mut row: Vec<f32> = (0..bins)
            .map(|k| k as f64 * bin)
            .map(|f| ((f - left) / (centre - left)).min((right - f) / (right - centre)).max(0.0) as f32)
            .collect();
        // Narrow low bands fall between bins: take the nearest.
        if row.iter().sum::<f32>() < 0.5 {
            row[(centre / bin).round() as usize] = 1.0;
        }
        out.extend(row);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tone_is_loudest_in_its_own_bin() {
        let spectra = Spectra::new(1_024, 250);
        let tone: Vec<f32> = (0..24_000).map(|n| (TAU * 3_000.0 * n as f32 / 24_000.0).sin()).collect();
        let magnitudes = spectra.magnitudes(&tone);
        let row = &magnitudes[40 * spectra.bins()..41 * spectra.bins()];
        let loudest = (0..row.len()).max_by(|a, b| row[*a].total_cmp(&row[*b])).unwrap();
        assert_eq!(loudest, 128);
    }

    #[test]
    fn every_band_hears_something() {
        let filters = mel_filters(64, 513);
        assert!(filters.chunks_exact(513).all(|row| row.iter().sum::<f32>() >= 0.5));
    }
}
