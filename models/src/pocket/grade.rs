//! What style, mood and light do to a whole picture: a matrix and a shift on the latents of each cell, made from the
//! condition. Grey, casts and blocks of one colour are such matrices, which convolutions would have to learn place by place.

use super::PocketError;
use super::condition::COND;
use crate::cpu::{End, Isa, Linear, Pool};
use crate::weights::Weights;

/// Condition → matrix and shift.
#[derive(Debug)]
pub(super) struct Grade {
    isa: Isa,
    latents: usize,
    /// `[COND, (latents + 1) × latents]`: rows of the matrix, one for each latent that it takes, then the shift.
    linear: Linear,
}

impl Grade {
    pub(super) fn load(weights: &Weights<'_>, latents: usize) -> Result<Self, PocketError> {
        let linear = weights.linear(COND, (latents + 1) * latents)?;
        Ok(Self { isa: weights.isa, latents, linear })
    }

    /// Adds matrix and shift of the condition `e` to `picture` `[n, latents]`.
    pub(super) fn forward(&self, pool: &Pool, e: &[f32], picture: &mut [f32]) -> Result<(), PocketError> {
        let n = self.latents;
        let mut told = vec![0.0; (n + 1) * n];
        self.linear.forward(pool, e, &mut told, End::STORE)?;
        let (matrix, shift) = told.split_at(n * n);
        let across: Vec<f32> =
            (0..n).flat_map(|to| (0..n).map(move |from| from * n + to)).map(|at| matrix[at]).collect();
        let before = picture.to_vec();
        Ok(Linear::new(self.isa, (n, n), &across, Some(shift))?.forward(pool, &before, picture, End::ADD)?)
    }
}
