//! Coordinate networks: where a point is, and what a grid keeps of it → what it looks like there.
//!
//! The hidden layers are scaled and shifted by what a painter is told, so that it is made anew for each identity.

use super::PocketError;
use super::grid::FEATURES as KEPT;
use crate::cpu::{End, Isa, Linear, Pool};
use crate::weights::Weights;

/// Outputs of each painter.
pub(super) const PAINTED: usize = 16;
/// Points that a painter takes together: what they need stays in the cache.
const TOGETHER: usize = 960;

/// A coordinate network before it is told anything.
#[derive(Debug)]
pub(super) struct Painter {
    isa: Isa,
    inputs: usize,
    width: usize,
    first: (Vec<f32>, Vec<f32>),
    second: (Vec<f32>, Vec<f32>),
    last: Linear,
    film: Linear,
}

/// A coordinate network that knows what it paints.
#[derive(Debug)]
pub(super) struct Told<'a> {
    first: Linear,
    second: Linear,
    last: &'a Linear,
}

impl Painter {
    pub(super) fn load(
        weights: &Weights<'_>,
        (inputs, width): (usize, usize),
        identity: usize,
    ) -> Result<Self, PocketError> {
        let layer = |name: &str, inputs: usize| -> Result<_, PocketError> {
            let at = weights.at(name);
            Ok((at.floats("weight", &[width, inputs])?, at.floats("bias", &[width])?))
        };
        Ok(Self {
            isa: weights.isa,
            inputs,
            width,
            first: layer("a", inputs)?,
            second: layer("b", width)?,
            last: weights.at("c").linear(width, PAINTED)?,
            film: weights.at("film").linear(identity, 4 * width)?,
        })
    }

    /// Scales and shifts the hidden layers for one identity.
    pub(super) fn tell(&self, pool: &Pool, identity: &[f32]) -> Result<Told<'_>, PocketError> {
        let (width, mut film) = (self.width, vec![0.0; 4 * self.width]);
        self.film.forward(pool, identity, &mut film, End::STORE)?;
        let layer = |(weight, bias): &(Vec<f32>, Vec<f32>), inputs: usize, film: &[f32]| {
            let (gain, shift) = film.split_at(width);
            let weight: Vec<f32> = weight
                .chunks_exact(inputs)
                .zip(gain)
                .flat_map(|(row, g)| row.iter().map(move |w| w * (1.0 + g)))
                .collect();
            let bias: Vec<f32> =
                bias.iter().zip(gain).zip(shift).map(|((b, g), s)| b * (1.0 + g) + s).collect();
            Linear::new(self.isa, (inputs, width), &weight, Some(&bias))
        };
        Ok(Told {
            first: layer(&self.first, self.inputs, &film[..2 * width])?,
            second: layer(&self.second, width, &film[2 * width..])?,
            last: &self.last,
        })
    }
}

impl Told<'_> {
    /// Paints points `[n, inputs − KEPT]` of which a grid keeps `[n, KEPT]`, and calls `put` with the number of each point
    /// and its features.
    pub(super) fn paint(
        &self,
        inline: &Pool,
        (points, kept): (&[f32], &[f32]),
        mut put: impl FnMut(usize, &[f32]),
    ) -> Result<(), PocketError> {
        let (inputs, width) = (self.first.inputs(), self.first.outputs());
        let told = inputs - KEPT;
        let mut given = vec![0.0; TOGETHER * inputs];
        let (mut a, mut b) = (vec![0.0; TOGETHER * width], vec![0.0; TOGETHER * width]);
        let mut out = vec![0.0; TOGETHER * PAINTED];
        let parts = points.chunks(TOGETHER * told).zip(kept.chunks(TOGETHER * KEPT));
        for (part, (points, kept)) in parts.enumerate() {
            let n = points.len() / told;
            let both = points.chunks_exact(told).zip(kept.chunks_exact(KEPT));
            for (to, (point, kept)) in given.chunks_exact_mut(inputs).zip(both) {
                to[..told].copy_from_slice(point);
                to[told..].copy_from_slice(kept);
            }
            self.first.forward(inline, &given[..n * inputs], &mut a[..n * width], End::RELU)?;
            self.second.forward(inline, &a[..n * width], &mut b[..n * width], End::RELU)?;
            self.last.forward(inline, &b[..n * width], &mut out[..n * PAINTED], End::STORE)?;
            for (at, painted) in out[..n * PAINTED].chunks_exact(PAINTED).enumerate() {
                put(part * TOGETHER + at, painted);
            }
        }
        Ok(())
    }
}
