//! The one inner loop: a register tile of positions times a panel of packed weights.
//!
//! A position's inputs are a few contiguous runs, each a fixed hop after the last; weights lie in the same order.
//! Sums go over runs and depths in order whatever the tile, so no result depends on how the work was cut.

#![expect(
    clippy::needless_range_loop,
    reason = "iterator adapters may be compiled without the vector instructions"
)]

use pulp::{Simd, WithSimd, as_arrays};

use super::epilogue::{Epilogue, Place};
use super::pack::{Packed, Panel, column};

/// Where the inputs of a block's positions lie.
#[derive(Debug, Clone, Copy)]
pub(crate) struct View<'a> {
    /// The floats; position 0 starts at the first.
    pub(crate) data: &'a [f32],
    /// Positions in a line.
    pub(crate) width: usize,
    /// Floats from a line to the next.
    pub(crate) line: usize,
    /// Floats from a position to the next.
    pub(crate) step: usize,
    /// Floats in a run.
    pub(crate) run: usize,
    /// Floats from a run to the next.
    pub(crate) hop: usize,
    /// Runs of a position.
    pub(crate) runs: usize,
    /// The run of weights that the first run of inputs meets.
    pub(crate) first: usize,
}

impl<'a> View<'a> {
    /// Rows `stride` floats apart, whose first `depth` floats are the inputs.
    pub(crate) fn rows(data: &'a [f32], stride: usize, depth: usize) -> Self {
        Self { data, width: 1, line: stride, step: 0, run: depth, hop: 0, runs: 1, first: 0 }
    }
}

/// Positions to compute: inputs, weights, and where the outputs go.
#[derive(Debug)]
pub(crate) struct Block<'a> {
    /// Inputs.
    pub(crate) view: View<'a>,
    /// Weights and bias.
    pub(crate) weights: &'a Packed,
    /// Positions.
    pub(crate) count: usize,
    /// Outputs; position `i` is written from `i * stride`.
    pub(crate) out: &'a mut [f32],
    /// Floats from a position's outputs to the next.
    pub(crate) stride: usize,
    /// What happens before the store.
    pub(crate) epilogue: Epilogue<'a>,
}

impl Block<'_> {
    /// Computes the block on this thread.
    pub(crate) fn run(self) {
        self.weights.isa().run(self);
    }
}

impl WithSimd for Block<'_> {
    type Output = ();

    /// Picks the tile that fills the register file without spilling.
    #[inline(always)]
    fn with_simd<S: Simd>(mut self, simd: S) {
        for &panel in self.weights.panels() {
            match (S::REGISTER_COUNT >= 32, panel.vectors) {
                (true, 4) => tiles::<S, 6, 4>(simd, &mut self, panel),
                (true, 3) => tiles::<S, 8, 3>(simd, &mut self, panel),
                (true, 2) => tiles::<S, 12, 2>(simd, &mut self, panel),
                (true, _) => tiles::<S, 12, 1>(simd, &mut self, panel),
                (false, 3..) => tiles::<S, 3, 3>(simd, &mut self, panel),
                (false, 2) => tiles::<S, 6, 2>(simd, &mut self, panel),
                (false, _) => tiles::<S, 8, 1>(simd, &mut self, panel),
            }
        }
    }
}

/// All tiles of one panel: `MR` positions by `NR` vectors each.
#[inline(always)]
fn tiles<S: Simd, const MR: usize, const NR: usize>(simd: S, block: &mut Block<'_>, panel: Panel) {
    let view = block.view;
    let weights = as_arrays::<NR, _>(S::as_simd_f32s(block.weights.floats(panel)).0).0;
    let bias = as_arrays::<NR, _>(S::as_simd_f32s(block.weights.bias(panel)).0).0[0];
    let (mut place, mut line, mut first) = (0, 0, 0);
    while first < block.count {
        let valid = MR.min(block.count - first);
        // Positions past the end repeat the last; their sums are not stored.
        let mut starts = [line + place * view.step; MR];
        for i in 1..MR {
            if i < valid {
                place += 1;
                if place == view.width {
                    (place, line) = (0, line + view.line);
                }
            }
            starts[i] = line + place * view.step;
        }
        place += 1;
        if place == view.width {
            (place, line) = (0, line + view.line);
        }
        let mut sums = [bias; MR];
        for run in 0..view.runs {
            let weights = &weights[(view.first + run) * view.run..][..view.run];
            accumulate(simd, (&view.data[run * view.hop..], &starts), weights, &mut sums);
        }
        store(simd, block, (panel, first, valid), &mut sums);
        first += MR;
    }
}

/// Adds one run of every position, times its weights, to the sums.
#[inline(always)]
fn accumulate<S: Simd, const MR: usize, const NR: usize>(
    simd: S,
    (data, starts): (&[f32], &[usize; MR]),
    weights: &[[S::f32s; NR]],
    sums: &mut [[S::f32s; NR]; MR],
) {
    let depth = weights.len();
    let mut inputs: [&[f32]; MR] = [&[]; MR];
    for i in 0..MR {
        inputs[i] = &data[starts[i]..][..depth];
    }
    let mut local = *sums;
    for k in 0..depth {
        let weight = weights[k];
        for i in 0..MR {
            let input = simd.splat_f32s(inputs[i][k]);
            for j in 0..NR {
                local[i][j] = simd.mul_add_e_f32s(input, weight[j], local[i][j]);
            }
        }
    }
    *sums = local;
}

/// Ends a tile: epilogue, then the valid rows to memory.
#[inline(always)]
fn store<S: Simd, const MR: usize, const NR: usize>(
    simd: S,
    block: &mut Block<'_>,
    (panel, first, valid): (Panel, usize, usize),
    sums: &mut [[S::f32s; NR]; MR],
) {
    let lanes = S::F32_LANES;
    let columns = block.weights.columns();
    let adds = block.epilogue.adds();
    let mut places = [0; NR];
    for j in 0..NR {
        places[j] = column(panel.slot + j * lanes, columns, lanes);
    }
    block.epilogue.apply::<S, MR, NR>(simd, Place { first, valid }, sums);
    for i in 0..MR {
        if i >= valid {
            break;
        }
        let row = first + i;
        let out = &mut block.out[row * block.stride..][..columns];
        if columns < lanes {
            let old = if adds { simd.partial_load_f32s(out) } else { simd.splat_f32s(0.0) };
            simd.partial_store_f32s(out, simd.add_f32s(old, sums[i][0]));
            continue;
        }
        if adds {
            // All loads come before the stores: the last vector may cover columns of the one before it.
            for j in 0..NR {
                let old = S::as_simd_f32s(&out[places[j]..][..lanes]).0[0];
                sums[i][j] = simd.add_f32s(old, sums[i][j]);
            }
        }
        for j in 0..NR {
            S::as_mut_simd_f32s(&mut out[places[j]..][..lanes]).0[0] = sums[i][j];
        }
    }
}
