//! What the parts of the oracle end in: one hidden layer and a head for each axis.

use super::Axis;
use crate::cpu::{End, LayerNorm, Linear, Pool};
use crate::judge::JudgeError;
use crate::weights::{Weights, WeightsError};

/// One hidden layer and a head for each axis.
#[derive(Debug)]
pub(super) struct Heads {
    norm: LayerNorm,
    hidden: Linear,
    heads: Vec<Linear>,
}

impl Heads {
    /// Norms `norm` numbers at a time before the hidden layer.
    pub(super) fn load(
        w: &Weights<'_>,
        (norm, inputs, hidden): (usize, usize, usize),
        axes: impl IntoIterator<Item = Axis>,
    ) -> Result<Self, WeightsError> {
        let heads = w.at("heads");
        Ok(Self {
            norm: LayerNorm::new(w.isa, norm),
            hidden: w.at("hidden").linear(inputs, hidden)?,
            heads: axes
                .into_iter()
                .map(|axis| heads.at(axis.name).linear(hidden, axis.words))
                .collect::<Result<_, _>>()?,
        })
    }

    /// Logits of every axis, from the mean of the hidden layer over the rows of `x` `[n, inputs]`.
    pub(super) fn forward(&self, pool: &Pool, x: &[f32]) -> Result<Vec<Vec<f32>>, JudgeError> {
        let mut normed = vec![0.0; x.len()];
        self.norm.forward(pool, None, x, &mut normed)?;
        let width = self.hidden.outputs();
        let mut each = vec![0.0; x.len() / self.hidden.inputs() * width];
        self.hidden.forward(pool, &normed, &mut each, End::RELU)?;
        let hidden = &pooled(&each, width)[..width];
        self.heads
            .iter()
            .map(|head| {
                let mut logits = vec![0.0; head.outputs()];
                head.forward(pool, hidden, &mut logits, End::STORE)?;
                Ok(logits)
            })
            .collect()
    }
}

/// Mean, then maximum, over the rows of `x` `[n, width]`.
pub(super) fn pooled(x: &[f32], width: usize) -> Vec<f32> {
    let share = width as f32 / x.len().max(1) as f32;
    let (mut mean, mut most) = (vec![0.0; width], vec![f32::MIN; width]);
    for row in x.chunks_exact(width) {
        mean.iter_mut().zip(row).for_each(|(m, v)| *m += v * share);
        most.iter_mut().zip(row).for_each(|(m, v)| *m = m.max(*v));
    }
    mean.extend(most);
    mean
}
