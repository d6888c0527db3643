//! A linear probe of moods: ridge regression from simple statistics of the spectra, so that no network's taste counts.

use super::features::BANDS;

/// Numbers that a probe sees: mean and spread of each band, and a one.
const INPUTS: usize = 2 * BANDS + 1;
/// Weight of the ridge, for standardised inputs and one clip.
const RIDGE: f64 = 0.03;

/// Mean and standard deviation of each band of log-mel spectra `[n, BANDS]`.
#[must_use]
pub fn statistics(heard: &[f32]) -> [f64; 2 * BANDS] {
    let count = (heard.len() / BANDS).max(1) as f64;
    let mut out = [0.0; 2 * BANDS];
    for row in heard.chunks_exact(BANDS) {
        for (band, value) in row.iter().enumerate() {
            let value = f64::from(*value);
            out[band] += value / count;
            out[BANDS + band] += value * value / count;
        }
    }
    for band in 0..BANDS {
        out[BANDS + band] = (out[BANDS + band] - out[band] * out[band]).max(0.0).sqrt();
    }
    out
}

/// A fitted probe.
#[derive(Debug)]
pub struct Probe {
    mean: Vec<f64>,
    spread: Vec<f64>,
    /// For each class `INPUTS` weights.
    weights: Vec<Vec<f64>>,
}

impl Probe {
    /// Fits statistics of clips to their classes, `0 … classes`. `None` for no clips.
    #[must_use]
    pub fn fit(clips: &[([f64; 2 * BANDS], usize)], classes: usize) -> Option<Self> {
        if clips.is_empty() {
            return None;
        }
        let count = clips.len() as f64;
        let mut probe =
            Self { mean: vec![0.0; 2 * BANDS], spread: vec![0.0; 2 * BANDS], weights: Vec::new() };
        for (k, mean) in probe.mean.iter_mut().enumerate() {
            *mean = clips.iter().map(|(x, _)| x[k]).sum::<f64>() / count;
            probe.spread[k] = (clips.iter().map(|(x, _)| (x[k] - *mean).powi(2)).sum::<f64>() / count).sqrt();
        }
        let mut square = vec![0.0; INPUTS * INPUTS];
        let mut sides = vec![vec![0.0; INPUTS]; classes];
        for (x, class) in clips {
            let row = probe.row(x);
            for (i, a) in row.iter().enumerate() {
                for (cell, b) in square[i * INPUTS..].iter_mut().zip(&row) {
                    *cell += a * b;
                }
                for (k, side) in sides.iter_mut().enumerate() {
                    side[i] += if k == *class { *a } else { 0.0 };
                }
            }
        }
        (0..INPUTS).for_each(|i| square[i * INPUTS + i] += RIDGE * count);
        let lower = cholesky(square);
        probe.weights = sides.into_iter().map(|side| solve(&lower, side)).collect();
        Some(probe)
    }

    /// Standardised inputs and a one.
    fn row(&self, x: &[f64]) -> Vec<f64> {
        let scaled = x.iter().zip(&self.mean).zip(&self.spread).map(|((x, m), s)| (x - m) / (s + 1e-3));
        scaled.chain([1.0]).collect()
    }

    /// The likeliest class.
    #[must_use]
    pub fn class(&self, x: &[f64; 2 * BANDS]) -> usize {
        let row = self.row(x);
        let score = |weights: &Vec<f64>| weights.iter().zip(&row).map(|(w, x)| w * x).sum::<f64>();
        let best = self.weights.iter().map(score).enumerate().max_by(|a, b| a.1.total_cmp(&b.1));
        best.map_or(0, |(class, _)| class)
    }
}

/// For each clip whether a probe that was fitted on the other half of the clips gets it right.
#[must_use]
pub fn halves(clips: &[([f64; 2 * BANDS], usize)], classes: usize) -> Vec<bool> {
    let half = |odd: usize| -> Vec<_> { clips.iter().skip(odd).step_by(2).copied().collect() };
    let probes = [Probe::fit(&half(1), classes), Probe::fit(&half(0), classes)];
    clips
        .iter()
        .enumerate()
        .map(|(n, (x, class))| probes[n % 2].as_ref().is_some_and(|probe| probe.class(x) == *class))
        .collect()
}

/// The lower triangle whose square is the positive matrix `a` `[INPUTS, INPUTS]`.
fn cholesky(mut a: Vec<f64>) -> Vec<f64> {
    for j in 0..INPUTS {
        for i in j..INPUTS {
            let before: f64 = (0..j).map(|k| a[i * INPUTS + k] * a[j * INPUTS + k]).sum();
            let left = a[i * INPUTS + j] - before;
            a[i * INPUTS + j] = if i == j { left.max(1e-12).sqrt() } else { left / a[j * INPUTS + j] };
        }
    }
    a
}

/// Solves `L Lᵀ x = b`.
fn solve(lower: &[f64], mut b: Vec<f64>) -> Vec<f64> {
    for i in 0..INPUTS {
        let before: f64 = (0..i).map(|k| lower[i * INPUTS + k] * b[k]).sum();
        b[i] = (b[i] - before) / lower[i * INPUTS + i];
    }
    for i in (0..INPUTS).rev() {
        let after: f64 = (i + 1..INPUTS).map(|k| lower[k * INPUTS + i] * b[k]).sum();
        b[i] = (b[i] - after) / lower[i * INPUTS + i];
    }
    b
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::judge::draw::Take;
    use crate::judge::features::log_mel;
    use crate::worlds;
    use kinora_protocol::shot::{Mood, Music, Scene};

    #[test]
    fn moods_of_real_music_are_told_apart_and_shuffled_ones_are_not() {
        let mut clips: Vec<_> = (0..240)
            .map(|n| {
                let take = Take::new(11, n, false);
                let scene = Scene { music: Music::On, ..take.scene };
                (statistics(&log_mel(&worlds::sound(&scene, &take.blocking))), scene.mood.index())
            })
            .collect();
        let share = |right: Vec<bool>| right.iter().filter(|r| **r).count() as f64 / right.len() as f64;
        let real = share(halves(&clips, Mood::ALL.len()));
        assert!(real > 0.7, "{real}");
        let moods: Vec<usize> = clips.iter().map(|(_, mood)| *mood).collect();
        clips.iter_mut().zip(moods.iter().cycle().skip(7)).for_each(|(clip, mood)| clip.1 = *mood);
        let chance = share(halves(&clips, Mood::ALL.len()));
        assert!(chance < 0.4, "{chance}");
    }
}
