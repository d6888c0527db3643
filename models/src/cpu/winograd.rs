//! The 3x3 convolution by Winograd's F(4x4, 3x3): 36 products per 16 outputs instead of 144.
//!
//! A task gathers some tiles of 6x6 inputs, transforms them over channels, runs 36 kernel calls, and transforms the
//! sums back to 4x4 outputs. Everything in between stays in the second-level cache.

mod tiles;

use super::epilogue::{End, Epilogue};
use super::kernel::{Block, View};
use super::pack::Packed;
use super::{Grid, Isa, Pool};
use tiles::{Gather, Scatter};

/// Outputs of a tile along a side.
const TILE: usize = 4;
/// Inputs of a tile along a side.
const SIDE: usize = TILE + 2;
/// Products of a tile: one matrix of weights each.
const POINTS: usize = SIDE * SIDE;
/// Fewest channels on either side for which the transforms pay, and which fill any vector.
const LEAST: usize = 16;
/// Most floats of transformed inputs and outputs of a task.
const TASK: usize = 150_000;
/// Tiles are best a multiple of this.
const ROWS: usize = 8;

/// The rows of the transform of a kernel's side.
const KERNEL: [[f64; 3]; SIDE] = [
    [1.0 / 4.0, 0.0, 0.0],
    [-1.0 / 6.0, -1.0 / 6.0, -1.0 / 6.0],
    [-1.0 / 6.0, 1.0 / 6.0, -1.0 / 6.0],
    [1.0 / 24.0, 1.0 / 12.0, 1.0 / 6.0],
    [1.0 / 24.0, -1.0 / 12.0, 1.0 / 6.0],
    [0.0, 0.0, 1.0],
];

/// A 3x3 convolution made ready for tiles.
#[derive(Debug)]
pub(crate) struct Winograd {
    isa: Isa,
    /// One matrix `[inputs, outputs]` per point.
    points: Vec<Packed>,
    bias: Vec<f32>,
    inputs: usize,
}

impl Winograd {
    /// From `weight` `[outputs, inputs, 3, 3]` and `bias` `[outputs]`; nothing where the transforms do not pay.
    pub(crate) fn new(
        isa: Isa,
        (inputs, outputs): (usize, usize),
        weight: &[f32],
        bias: Option<&[f32]>,
    ) -> Option<Self> {
        if inputs < LEAST || outputs < LEAST {
            return None;
        }
        let point = |point: usize| {
            let (rows, columns) = (KERNEL[point / SIDE], KERNEL[point % SIDE]);
            Packed::new(isa, (inputs, outputs), None, |o, i| {
                let kernel = &weight[(o * inputs + i) * 9..][..9];
                let sum =
                    kernel.iter().enumerate().map(|(k, &w)| f64::from(w) * rows[k / 3] * columns[k % 3]);
                sum.sum::<f64>() as f32
            })
        };
        let bias = bias.map_or_else(|| vec![0.0; outputs], <[f32]>::to_vec);
        Some(Self { isa, points: (0..POINTS).map(point).collect(), bias, inputs })
    }

    /// Whether a grid is whole tiles.
    pub(crate) fn fits(grid: Grid) -> bool {
        grid.height.is_multiple_of(TILE) && grid.width.is_multiple_of(TILE)
    }

    /// Fills `out` `[frames, height, width, outputs]`; `fill(frame, y, line)` gives input row `y` `[width, inputs]`.
    pub(crate) fn forward(
        &self,
        pool: &Pool,
        grid: Grid,
        fill: impl Fn(usize, usize, &mut [f32]) + Sync + Send,
        out: &mut [f32],
        end: End,
    ) {
        let (inputs, outputs) = (self.inputs, self.bias.len());
        let across = grid.width / TILE;
        let down = grid.height / TILE;
        let lines = task_lines(across, POINTS * (inputs + outputs));
        let line = (grid.width + 2) * inputs;
        let size = SIDE * line + POINTS * lines * across * (inputs + outputs);
        pool.rows(out, TILE * grid.width * outputs, lines, |first, out| {
            let lines = out.len() / (TILE * grid.width * outputs);
            let tiles = lines * across;
            pool.scratch(size, |scratch| {
                let (padded, rest) = scratch.split_at_mut(SIDE * line);
                let (points, rest) = rest.split_at_mut(POINTS * tiles * inputs);
                let sums = &mut rest[..POINTS * tiles * outputs];
                for index in 0..lines {
                    let (frame, top) = ((first + index) / down, (first + index) % down * TILE);
                    // The line above left its last two rows, which are this one's first.
                    let kept = if index > 0 && top > 0 { SIDE - TILE } else { 0 };
                    padded.copy_within((SIDE - kept) * line.., 0);
                    pad((grid, frame, top, inputs), kept, padded, &fill);
                    let first = index * across;
                    self.isa.run(Gather { padded, line, across, inputs, points, first, tiles });
                }
                self.multiply(tiles, points, sums);
                self.isa.run(Scatter { sums, tiles, across, bias: &self.bias, end, out });
            });
        });
    }

    /// The 36 products.
    fn multiply(&self, tiles: usize, points: &[f32], sums: &mut [f32]) {
        let (inputs, outputs) = (self.inputs, self.bias.len());
        let sums = sums.chunks_exact_mut(tiles * outputs);
        for ((weights, x), out) in self.points.iter().zip(points.chunks_exact(tiles * inputs)).zip(sums) {
            let view = View::rows(x, inputs, inputs);
            let epilogue = Epilogue::End(End::STORE);
            Block { view, weights, count: tiles, out, stride: outputs, epilogue }.run();
        }
    }
}

/// Lines of tiles in a task: as many as stay in cache, and of those the number that leaves the fullest last tile.
fn task_lines(across: usize, floats: usize) -> usize {
    let most = (TASK / (floats * across).max(1)).clamp(1, ROWS);
    let waste = |lines: &usize| {
        let tiles = lines * across;
        (tiles.next_multiple_of(ROWS) * 1000 / tiles.max(1), ROWS - lines)
    };
    (1..=most).min_by_key(waste).unwrap_or(1)
}

/// Copies the six rows around a line of tiles between zeros; the first `kept` are there.
fn pad(
    (grid, frame, top, inputs): (Grid, usize, usize, usize),
    kept: usize,
    padded: &mut [f32],
    fill: &impl Fn(usize, usize, &mut [f32]),
) {
    let line = (grid.width + 2) * inputs;
    for (row, padded) in padded.chunks_exact_mut(line).enumerate().skip(kept) {
        let Some(y) = (top + row).checked_sub(1).filter(|&y| y < grid.height) else {
            padded.fill(0.0);
            continue;
        };
        padded[..inputs].fill(0.0);
        padded[line - inputs..].fill(0.0);
        fill(frame, y, &mut padded[inputs..line - inputs]);
    }
}
