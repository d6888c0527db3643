//! Layers of the denoiser, in the order of operations of the training code, so that both give the same numbers.

use super::PocketError;
use super::condition::Modulation;
use super::merge::Merge;
use crate::cpu::{Attention, Conv1d, Conv2d, End, Grid, Linear, Pool, Rotary, Source, Temporal};
use crate::weights::Weights;

/// Heads of the attention.
pub(super) const HEADS: usize = 4;

/// Memory that is used again from layer to layer and from step to step: fresh pages cost more than what is written to
/// them.
#[derive(Debug, Default)]
pub(super) struct Arena {
    free: Vec<Vec<f32>>,
}

impl Arena {
    /// Numbers to write over.
    pub(super) fn take(&mut self, length: usize) -> Vec<f32> {
        let fits = |v: &Vec<f32>| v.capacity() >= length;
        let best = self.free.iter().enumerate().filter(|(_, v)| fits(v)).min_by_key(|(_, v)| v.capacity());
        let mut taken = match best.map(|(at, _)| at) {
            Some(at) => self.free.swap_remove(at),
            None => Vec::with_capacity(length),
        };
        taken.resize(length, 0.0);
        taken
    }

    /// Gives them back.
    pub(super) fn give(&mut self, used: Vec<f32>) {
        self.free.push(used);
    }
}

/// Two convolutions in space and one over time, modulated by the condition.
#[derive(Debug)]
pub(super) struct Res {
    film: Modulation,
    a: Conv2d,
    b: Conv2d,
    time: Temporal,
}

impl Res {
    pub(super) fn load(weights: &Weights<'_>, width: usize) -> Result<Self, PocketError> {
        Ok(Self {
            film: Modulation::load(&weights.at("film"), width)?,
            a: weights.at("a").conv(width, width)?,
            b: weights.at("b").conv(width, width)?,
            time: weights.at("time").temporal(width)?,
        })
    }

    /// Adds to `x` `[frames, height, width, channels]`.
    pub(super) fn forward(
        &self,
        pool: &Pool,
        arena: &mut Arena,
        (grid, x): (Grid, &mut [f32]),
        e: &[f32],
    ) -> Result<(), PocketError> {
        let film = self.film.of(pool, e)?;
        let mut h = arena.take(x.len());
        let source = Source::Normed(&self.film.norm, Some(film.film()));
        self.a.forward(pool, grid, (x, source), &mut h, End::RELU)?;
        self.b.forward(pool, grid, (&h, Source::Plain), x, End::ADD)?;
        self.time.forward(pool, grid, &h, x, End::ADD)?;
        arena.give(h);
        Ok(())
    }
}

/// A convolution over sound tokens, modulated by the condition.
#[derive(Debug)]
pub(super) struct Res1 {
    film: Modulation,
    conv: Conv1d,
}

impl Res1 {
    pub(super) fn load(weights: &Weights<'_>, width: usize) -> Result<Self, PocketError> {
        let conv = weights.at("conv").conv1d(width, width, 5)?;
        Ok(Self { film: Modulation::load(&weights.at("film"), width)?, conv })
    }

    /// Adds to `x` `[tokens, width]`.
    pub(super) fn forward(&self, pool: &Pool, x: &mut [f32], e: &[f32]) -> Result<(), PocketError> {
        let film = self.film.of(pool, e)?;
        let mut h = vec![0.0; x.len()];
        self.film.norm.forward(pool, Some(film.film()), x, &mut h)?;
        h.iter_mut().for_each(|v| *v = v.max(0.0));
        Ok(self.conv.forward(pool, &h, x, End::ADD)?)
    }
}

/// Self-attention over a sequence, then a ReLU² layer, both modulated.
#[derive(Debug)]
pub(super) struct Block {
    film: Modulation,
    film2: Modulation,
    qkv: Linear,
    out: Linear,
    up: Linear,
    down: Linear,
    width: usize,
    attention: Attention,
}

/// Who a token may look at, and how it is turned.
#[derive(Debug)]
pub(super) struct Sight {
    pub(super) rotary: Rotary,
    /// For each token the first key and the one after the last that it sees.
    pub(super) window: Vec<(u32, u32)>,
}

impl Block {
    pub(super) fn load(weights: &Weights<'_>, width: usize) -> Result<Self, PocketError> {
        Ok(Self {
            film: Modulation::load(&weights.at("film"), width)?,
            film2: Modulation::load(&weights.at("film2"), width)?,
            qkv: weights.at("qkv").linear(width, 3 * width)?,
            out: weights.at("out").linear(width, width)?,
            up: weights.at("up").linear(width, 3 * width)?,
            down: weights.at("down").linear(3 * width, width)?,
            width,
            attention: Attention { isa: weights.isa, heads: HEADS, size: width / HEADS },
        })
    }

    /// Adds to `x` `[tokens, width]`. With `merge`, attention sees the frames of a pair as one.
    pub(super) fn forward(
        &self,
        pool: &Pool,
        arena: &mut Arena,
        x: &mut [f32],
        (e, sight, merge): (&[f32], &Sight, Option<&Merge>),
    ) -> Result<(), PocketError> {
        let film = self.film.of(pool, e)?;
        let mut h = arena.take(x.len());
        self.film.norm.forward(pool, Some(film.film()), x, &mut h)?;
        let attend = |arena: &mut Arena, h: &[f32], sight: &Sight, to: &mut [f32], end| {
            let mut qkv = arena.take(3 * h.len());
            let mut mixed = arena.take(h.len());
            self.qkv.forward(pool, h, &mut qkv, End::STORE)?;
            self.attention.forward(pool, (&sight.rotary, &sight.window), &mut qkv, &mut mixed)?;
            self.out.forward(pool, &mixed, to, end)?;
            arena.give(qkv);
            arena.give(mixed);
            Ok::<(), PocketError>(())
        };
        match merge {
            None => attend(arena, &h, sight, x, End::ADD)?,
            Some(merge) => {
                let few = merge.merged(&h, self.width);
                let mut told = vec![0.0; few.len()];
                attend(arena, &few, merge.sight(), &mut told, End::STORE)?;
                merge.add_back(&told, x, self.width);
            }
        }
        let film = self.film2.of(pool, e)?;
        self.film2.norm.forward(pool, Some(film.film()), x, &mut h)?;
        let mut wide = arena.take(3 * h.len());
        self.up.forward(pool, &h, &mut wide, End::RELU_SQUARED)?;
        self.down.forward(pool, &wide, x, End::ADD)?;
        arena.give(wide);
        arena.give(h);
        Ok(())
    }
}
