//! Log-mel spectra → logits of every axis that can be heard.

use super::HEARD;
use super::heads::{Heads, pooled};
use crate::cpu::{Conv1d, End, LayerNorm, Linear, Pool};
use crate::judge::JudgeError;
use crate::judge::features::BANDS;
use crate::weights::{Weights, WeightsError};

/// Spectra that are taken together.
const FOUR: usize = 4;
const WIDTH: usize = 112;
const HIDDEN: usize = 128;
const KERNEL: usize = 5;

/// The network for sound.
#[derive(Debug)]
pub(super) struct Ear {
    first: Conv1d,
    join: Linear,
    norm: LayerNorm,
    res: Conv1d,
    heads: Heads,
}

impl Ear {
    pub(super) fn load(w: &Weights<'_>) -> Result<Self, WeightsError> {
        Ok(Self {
            first: w.at("first").conv1d(BANDS, BANDS, KERNEL)?,
            join: w.at("join").linear(FOUR * BANDS, WIDTH)?,
            norm: LayerNorm::new(w.isa, WIDTH),
            res: w.at("res").conv1d(WIDTH, WIDTH, KERNEL)?,
            heads: Heads::load(w, (2 * WIDTH, 2 * WIDTH, HIDDEN), HEARD)?,
        })
    }

    /// `x` `[SPECTRA, BANDS]`.
    pub(super) fn forward(&self, pool: &Pool, x: &[f32]) -> Result<Vec<Vec<f32>>, JudgeError> {
        let mut h = x.to_vec();
        self.first.forward(pool, x, &mut h, End::ADD_RELU)?;
        let mut joined = vec![0.0; h.len() / (FOUR * BANDS) * WIDTH];
        self.join.forward(pool, &h, &mut joined, End::RELU)?;
        let mut normed = vec![0.0; joined.len()];
        self.norm.forward(pool, None, &joined, &mut normed)?;
        self.res.forward(pool, &normed, &mut joined, End::ADD_RELU)?;
        self.heads.forward(pool, &pooled(&joined, WIDTH))
    }
}
