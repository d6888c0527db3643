//! Pairs of whole frames → logits of every axis that is told from them.

use super::heads::{Heads, pooled};
use super::whole;
use crate::cpu::{Conv2d, End, Grid, Halve, LayerNorm, Pool, Source, Temporal};
use crate::judge::JudgeError;
use crate::judge::features::{CHANNELS, PAIRS, SEEN_HEIGHT, SEEN_WIDTH};
use crate::weights::{Weights, WeightsError};

/// Channels of the three levels.
const C: [usize; 3] = [24, 64, 128];
const HIDDEN: usize = 144;

/// Half the size, then a look at the neighbours.
#[derive(Debug)]
struct Level {
    down: Halve,
    res: Conv2d,
    norm: LayerNorm,
}

/// The network for pictures.
#[derive(Debug)]
pub(super) struct Eye {
    levels: Vec<Level>,
    norm: LayerNorm,
    time: Temporal,
    heads: Heads,
}

impl Eye {
    pub(super) fn load(w: &Weights<'_>) -> Result<Self, WeightsError> {
        let mut inputs = CHANNELS;
        let mut levels = Vec::new();
        for (n, width) in C.into_iter().enumerate() {
            levels.push(Level {
                down: w.at(format_args!("down{}", n + 1)).halve(inputs, width)?,
                res: w.at(format_args!("res{}", n + 1)).conv(width, width)?,
                norm: LayerNorm::new(w.isa, width),
            });
            inputs = width;
        }
        Ok(Self {
            levels,
            norm: LayerNorm::new(w.isa, C[2]),
            time: w.at("time").temporal(C[2])?,
            heads: Heads::load(w, (2 * C[2], PAIRS * 2 * C[2], HIDDEN), whole())?,
        })
    }

    /// `x` `[PAIRS, SEEN_HEIGHT, SEEN_WIDTH, CHANNELS]`.
    pub(super) fn forward(&self, pool: &Pool, x: &[f32]) -> Result<Vec<Vec<f32>>, JudgeError> {
        let mut grid = Grid { frames: PAIRS, height: SEEN_HEIGHT, width: SEEN_WIDTH };
        let mut h = x.to_vec();
        for (level, width) in self.levels.iter().zip(C) {
            let mut half = vec![0.0; grid.positions() / 4 * width];
            level.down.forward(pool, grid, &h, &mut half, End::RELU)?;
            grid = Grid { height: grid.height / 2, width: grid.width / 2, ..grid };
            h = half.clone();
            let source = Source::Normed(&level.norm, None);
            level.res.forward(pool, grid, (&half, source), &mut h, End::ADD_RELU)?;
        }
        let mut normed = vec![0.0; h.len()];
        self.norm.forward(pool, None, &h, &mut normed)?;
        self.time.forward(pool, grid, &normed, &mut h, End::ADD_RELU)?;
        let all: Vec<f32> = h.chunks_exact(grid.frame() * C[2]).flat_map(|f| pooled(f, C[2])).collect();
        self.heads.forward(pool, &all)
    }
}
