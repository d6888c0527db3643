//! A linear layer over rows; also the 1x1 convolution.

use super::epilogue::{End, Epilogue};
use super::kernel::{Block, View};
use super::pack::Packed;
use super::{CpuError, Isa, Pool, expect_len};

/// Multiply-adds in a task: long enough to hide the hand-over, short enough to share out evenly.
const TASK: usize = 4 << 20;
/// Rows in a task are a multiple of this: whole tiles of every kind.
const ROWS: usize = 24;

/// `y = x W^T + b` over rows `[n, inputs] -> [n, outputs]`.
#[derive(Debug)]
pub struct Linear {
    packed: Packed,
}

impl Linear {
    /// From `weight` `[outputs, inputs]` and `bias` `[outputs]`; no bias is zeros.
    pub fn new(
        isa: Isa,
        (inputs, outputs): (usize, usize),
        weight: &[f32],
        bias: Option<&[f32]>,
    ) -> Result<Self, CpuError> {
        let what = ["weight of a linear layer", "bias of a linear layer"];
        let packed = Packed::layer(isa, what, (inputs, outputs, 1), weight, bias)?;
        Ok(Self { packed })
    }

    /// Inputs of a row.
    pub fn inputs(&self) -> usize {
        self.packed.depth()
    }

    /// Outputs of a row.
    pub fn outputs(&self) -> usize {
        self.packed.columns()
    }

    /// `x` `[n, inputs]` into `out` `[n, outputs]`, ended as `end` says.
    pub fn forward(&self, pool: &Pool, x: &[f32], out: &mut [f32], end: End) -> Result<(), CpuError> {
        let (inputs, outputs) = (self.inputs(), self.outputs());
        let n = x.len() / inputs.max(1);
        expect_len("input of a linear layer", x, n * inputs)?;
        expect_len("output of a linear layer", out, n * outputs)?;
        let rows = task_rows(inputs * outputs);
        pool.rows(out, outputs, rows, |first, out| {
            let count = out.len() / outputs;
            let view = View::rows(&x[first * inputs..], inputs, inputs);
            let epilogue = Epilogue::End(end);
            Block { view, weights: &self.packed, count, out, stride: outputs, epilogue }.run();
        });
        Ok(())
    }
}

/// Rows in a task, when a row takes `work` multiply-adds.
pub(crate) fn task_rows(work: usize) -> usize {
    (TASK / work.max(1) / ROWS * ROWS).clamp(ROWS, 32 * ROWS)
}
