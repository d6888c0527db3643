//! Convolution along the frame axis: every position sees itself a frame before and a frame after.

use super::epilogue::{End, Epilogue};
use super::kernel::{Block, View};
use super::linear::task_rows;
use super::pack::Packed;
use super::{CpuError, Grid, Isa, Pool, expect_len};

/// Kernel 3 over frames with full mixing of channels; zeros before the first frame and after the last.
#[derive(Debug)]
pub struct Temporal {
    packed: Packed,
    inputs: usize,
}

impl Temporal {
    /// From `weight` `[outputs, inputs, 3]` and `bias` `[outputs]`; no bias is zeros.
    pub fn new(
        isa: Isa,
        (inputs, outputs): (usize, usize),
        weight: &[f32],
        bias: Option<&[f32]>,
    ) -> Result<Self, CpuError> {
        let what = ["weight of a temporal convolution", "bias of a temporal convolution"];
        let packed = Packed::layer(isa, what, (inputs, outputs, 3), weight, bias)?;
        Ok(Self { packed, inputs })
    }

    /// `x` `[frames, height, width, inputs]` into `out` `[frames, height, width, outputs]`, ended as `end` says.
    pub fn forward(
        &self,
        pool: &Pool,
        grid: Grid,
        x: &[f32],
        out: &mut [f32],
        end: End,
    ) -> Result<(), CpuError> {
        let (inputs, outputs) = (self.inputs, self.packed.columns());
        expect_len("input of a temporal convolution", x, grid.positions() * inputs)?;
        expect_len("output of a temporal convolution", out, grid.positions() * outputs)?;
        let rows = task_rows(3 * inputs * outputs);
        let mut tasks = Vec::new();
        for (frame, out) in out.chunks_mut((grid.frame() * outputs).max(1)).enumerate() {
            for (piece, out) in out.chunks_mut(rows * outputs).enumerate() {
                tasks.push((frame, piece * rows, out));
            }
        }
        let hop = grid.frame() * inputs;
        pool.each(tasks, |(frame, position, out)| {
            let before = usize::from(frame > 0);
            let after = usize::from(frame + 1 < grid.frames);
            let view = View {
                hop,
                runs: 1 + before + after,
                first: 1 - before,
                ..View::rows(&x[(frame - before) * hop + position * inputs..], inputs, inputs)
            };
            let count = out.len() / outputs;
            let epilogue = Epilogue::End(end);
            Block { view, weights: &self.packed, count, out, stride: outputs, epilogue }.run();
        });
        Ok(())
    }
}
