//! Sound tokens: principal components of log-mel spectra, one token for each picture.

use std::f32::consts::TAU;

use super::PocketError;
use super::denoiser::SOUND_LATENTS;
use super::vocoder::{BINS, HOP, MELS, Vocoder, WINDOW};
use crate::cpu::{End, Linear, Pool};
use crate::weights::Weights;

/// Mel spectra in one token.
const SPECTRA: usize = 8;
/// Numbers of a token before reduction.
const TOKEN: usize = SPECTRA * MELS;
/// Samples per second.
pub(super) const RATE: u32 = 24_000;
/// Samples of one token.
pub(super) const SAMPLES: usize = SPECTRA * HOP;
/// What is added to a mel magnitude before the logarithm.
pub(super) const FLOOR: f32 = 1e-2;

/// Sound → tokens and back.
#[derive(Debug)]
pub(super) struct Codec {
    /// `[SOUND_LATENTS, TOKEN]`: principal components, scaled.
    basis: Vec<f32>,
    mean: Vec<f32>,
    linear: Linear,
    vocoder: Vocoder,
    filters: Vec<f32>,
}

impl Codec {
    pub(super) fn load(w: &Weights<'_>) -> Result<Self, PocketError> {
        let basis = w.floats("mel.linear", &[SOUND_LATENTS, TOKEN])?;
        let mean = w.floats("mel.mean", &[TOKEN])?;
        let back: Vec<f32> = (0..TOKEN)
            .flat_map(|n| (0..SOUND_LATENTS).map(move |k| (k, n)))
            .map(|(k, n)| basis[k * TOKEN + n])
            .collect();
        Ok(Self {
            linear: Linear::new(w.isa, (SOUND_LATENTS, TOKEN), &back, Some(&mean))?,
            vocoder: Vocoder::new(w.floats("mel.inverse", &[BINS, MELS])?),
            filters: mel_filters(),
            basis,
            mean,
        })
    }

    /// Tokens `[n, SOUND_LATENTS]` → samples.
    pub(super) fn decode(&self, pool: &Pool, tokens: &[f32]) -> Result<Vec<f32>, PocketError> {
        let mut mel = vec![0.0; tokens.len() / SOUND_LATENTS * TOKEN];
        self.linear.forward(pool, tokens, &mut mel, End::STORE)?;
        Ok(self.vocoder.samples(pool, &mel).into_iter().map(|s| s.clamp(-1.0, 1.0)).collect())
    }

    /// Mono samples at [`RATE`] → `tokens` tokens; silence where the sound is too short.
    pub(super) fn encode(&self, samples: &[f32], tokens: usize) -> Vec<f32> {
        let mut heard = samples.to_vec();
        heard.resize(tokens * SAMPLES, 0.0);
        let spectra = self.vocoder.analyse(&heard, 0..heard.len() / HOP);
        let mel: Vec<f32> = spectra
            .chunks_exact(BINS)
            .flat_map(|row| {
                let magnitudes: Vec<f32> = row.iter().map(|c| c.norm()).collect();
                self.filters
                    .chunks_exact(BINS)
                    .map(|f| f.iter().zip(&magnitudes).map(|(f, m)| f * m).sum::<f32>())
                    .map(|m| (m + FLOOR).log10())
                    .collect::<Vec<f32>>()
            })
            .collect();
        mel.chunks_exact(TOKEN)
            .flat_map(|token| {
                let centred: Vec<f32> = token.iter().zip(&self.mean).map(|(t, m)| t - m).collect();
                self.basis
                    .chunks_exact(TOKEN)
                    .map(move |row| {
                        let norm: f32 = row.iter().map(|v| v * v).sum();
                        row.iter().zip(&centred).map(|(b, c)| b * c).sum::<f32>() / norm
                    })
                    .collect::<Vec<f32>>()
            })
            .collect()
    }
}

/// Triangular filters `[MELS, BINS]` on the HTK mel scale, 20 Hz to 11 kHz.
fn mel_filters() -> Vec<f32> {
    let mel = |hertz: f64| 2_595.0 * (1.0 + hertz / 700.0).log10();
    let hertz = |mel: f64| 700.0 * (10f64.powf(mel / 2_595.0) - 1.0);
    let (low, high) = (mel(20.0), mel(11_000.0));
    let edges: Vec<f64> =
        (0..MELS + 2).map(|i| hertz(low + (high - low) * i as f64 / (MELS + 1) as f64)).collect();
    let bin = f64::from(RATE) / WINDOW as f64;
    let mut out = Vec::with_capacity(MELS * BINS);
    for edge in edges.windows(3) {
        let [left, centre, right] = [edge[0], edge[1], edge[2]];
        let mut row: Vec<f32> = (0..BINS)
            .map(|k| {
                let f = k as f64 * bin;
                let rise = (f - left) / (centre - left);
                let fall = (right - f) / (right - centre);
                rise.min(fall).max(0.0) as f32
            })
            .collect();
        // Narrow low bands fall between bins: take the nearest.
        if row.iter().sum::<f32>() < 0.5 {
            row[(centre / bin).round() as usize] = 1.0;
        }
        out.extend(row);
    }
    out
}

/// A window that falls to zero at both ends.
pub(super) fn hann(length: usize) -> Vec<f32> {
    (0..length).map(|i| 0.5 - 0.5 * (TAU * i as f32 / length as f32).cos()).collect()
}
