//! Cut-outs of one body → logits of what it is and of its colour. Frames are looked at one by one.

use super::heads::Heads;
use super::{COLOUR, SEEN, SUBJECT};
use crate::cpu::{Conv2d, End, Grid, Halve, LayerNorm, Pool, Source};
use crate::judge::JudgeError;
use crate::judge::features::{CUT_OUT, PAIRS};
use crate::weights::{Weights, WeightsError};

/// Channels of the three levels.
const C: [usize; 3] = [24, 48, 64];
/// Points of the last level.
const POINTS: usize = (CUT_OUT / 8) * (CUT_OUT / 8);
const HIDDEN: usize = 64;

/// The network for bodies.
#[derive(Debug)]
pub(super) struct Look {
    /// Half the size, then a look at the neighbours.
    levels: Vec<(Halve, LayerNorm, Conv2d)>,
    last: Halve,
    heads: Heads,
}

impl Look {
    pub(super) fn load(w: &Weights<'_>) -> Result<Self, WeightsError> {
        let level = |n: usize, inputs: usize, width: usize| -> Result<_, WeightsError> {
            let down = w.at(format_args!("down{n}")).halve(inputs, width)?;
            Ok((down, LayerNorm::new(w.isa, width), w.at(format_args!("res{n}")).conv(width, width)?))
        };
        let inputs = POINTS * C[2];
        Ok(Self {
            levels: vec![level(1, 3, C[0])?, level(2, C[0], C[1])?],
            last: w.at("down3").halve(C[1], C[2])?,
            heads: Heads::load(w, (inputs, inputs, HIDDEN), [SEEN[SUBJECT], SEEN[COLOUR]])?,
        })
    }

    /// `x` `[PAIRS, CUT_OUT, CUT_OUT, 3]`.
    pub(super) fn forward(&self, pool: &Pool, x: &[f32]) -> Result<Vec<Vec<f32>>, JudgeError> {
        let mut grid = Grid { frames: PAIRS, height: CUT_OUT, width: CUT_OUT };
        let mut h = x.to_vec();
        for ((down, norm, res), width) in self.levels.iter().zip(C) {
            let mut half = vec![0.0; grid.positions() / 4 * width];
            down.forward(pool, grid, &h, &mut half, End::RELU)?;
            grid = Grid { height: grid.height / 2, width: grid.width / 2, ..grid };
            h = half.clone();
            res.forward(pool, grid, (&half, Source::Normed(norm, None)), &mut h, End::ADD_RELU)?;
        }
        let mut last = vec![0.0; grid.positions() / 4 * C[2]];
        self.last.forward(pool, grid, &h, &mut last, End::RELU)?;
        self.heads.forward(pool, &last)
    }
}
