//! How much a pixel may change unseen, and what a mark therefore adds to it.

use super::plane::Plane;
use super::tile::{self, CELLS, SIDE};
use super::{CANONICAL_SIDE, CELL, CYCLE_SECONDS};

/// Points a cell side of the tile that is sampled.
const PER_CELL: usize = 8;
/// Least and most visibility weight, and its growth with the contrast of the surroundings (levels of 255). Textures
/// hide noise: contrast masking, as in the models of A. Watson and of VideoSeal's `jnd_1_1`; numbers chosen by trial.
const WEIGHT_MIN: f32 = 0.55;
const WEIGHT_MAX: f32 = 2.2;
const WEIGHT_GROWTH: f32 = 0.10;
/// A clip this wide has contrast measured in blocks of four pixels; smaller clips in smaller blocks.
const BLOCK_SIDE: usize = 320;

/// The mark of one tag on frames of one size, at unit strength.
#[derive(Debug)]
pub(crate) struct Pattern {
    width: usize,
    height: usize,
    values: Vec<f32>,
}

impl Pattern {
    /// The cells of a tile over a whole frame: bilinear samples of its raster at canonical places.
    pub(crate) fn new(cells: &[f32; CELLS], width: usize, height: usize, scale: f32) -> Self {
        let raster = tile::raster(cells, PER_CELL);
        let side = SIDE * PER_CELL;
        let step = CANONICAL_SIDE as f32 / width.max(height) as f32 / (CELL * scale) * PER_CELL as f32;
        let place = |i: usize| {
            let at = (i as f32 + 0.5) * step - 0.5 + side as f32;
            (at.floor() as usize % side, at.fract())
        };
        let columns: Vec<(usize, f32)> = (0..width).map(place).collect();
        let mut values = Vec::with_capacity(width * height);
        for (y, down) in (0..height).map(place) {
            let row = |y: usize| &raster[(y % side) * side..(y % side + 1) * side];
            let (upper, lower) = (row(y), row(y + 1));
            values.extend(columns.iter().map(|&(x, right)| {
                let next = (x + 1) % side;
                let mix = |row: &[f32]| row[x] * (1.0 - right) + row[next] * right;
                mix(upper) * (1.0 - down) + mix(lower) * down
            }));
        }
        Self { width, height, values }
    }

    /// What is added to a frame of this luma at a strength of one level (root mean square), before the factor of time.
    pub(crate) fn on(&self, luma: &Plane) -> Vec<f32> {
        let weights = visibility(luma);
        let (wide, block) = (weights.width, block(self.width, self.height));
        let mut added = self.values.clone();
        for (y, row) in added.chunks_exact_mut(self.width).enumerate() {
            let from = &weights.values[(y / block) * wide..(y / block + 1) * wide];
            row.iter_mut().enumerate().for_each(|(x, value)| *value *= from[x / block]);
        }
        let power = added.iter().map(|v| v * v).sum::<f32>() / added.len().max(1) as f32;
        let scale = 1.0 / power.sqrt().max(f32::MIN_POSITIVE);
        added.iter_mut().for_each(|value| *value *= scale);
        added
    }
}

/// The factor of time of frame `index`: half of the power stands still, half comes and goes once a cycle.
pub(crate) fn beat(index: usize, fps: u32) -> f32 {
    let phase = (index as f32 / fps.max(1) as f32 / CYCLE_SECONDS).fract();
    std::f32::consts::FRAC_1_SQRT_2 + (std::f32::consts::TAU * phase).cos()
}

fn block(width: usize, height: usize) -> usize {
    (width.max(height) / BLOCK_SIDE).clamp(2, 8)
}

/// The weight of each block.
fn visibility(luma: &Plane) -> Plane {
    let block = block(luma.width, luma.height);
    let (width, height) = (luma.width.div_ceil(block), luma.height.div_ceil(block));
    let mut sums = vec![(0.0f32, 0.0f32, 0.0f32); width * height];
    for (y, row) in luma.values.chunks_exact(luma.width).enumerate() {
        for (values, sum) in row.chunks(block).zip(&mut sums[y / block * width..]) {
            for value in values {
                sum.0 += 1.0;
                sum.1 += value;
                sum.2 += value * value;
            }
        }
    }
    let contrast = |(n, sum, squares): (f32, f32, f32)| (squares / n - (sum / n).powi(2)).max(0.0).sqrt();
    let values = sums.into_iter().map(contrast).collect();
    let mut plane = Plane { width, height, values }.blur(2.0);
    for value in &mut plane.values {
        *value = (WEIGHT_MIN + WEIGHT_GROWTH * *value).clamp(WEIGHT_MIN, WEIGHT_MAX);
    }
    plane
}
