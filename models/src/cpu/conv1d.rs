//! Convolution over a sequence, such as the sound latents and the mel spectra.

use super::epilogue::{End, Epilogue};
use super::kernel::{Block, View};
use super::linear::task_rows;
use super::pack::Packed;
use super::{CpuError, Isa, Pool, expect_len};

/// An odd kernel over `[n, channels]`, zeros past both ends.
#[derive(Debug)]
pub struct Conv1d {
    packed: Packed,
    inputs: usize,
    kernel: usize,
}

impl Conv1d {
    /// From `weight` `[outputs, inputs, kernel]` and `bias` `[outputs]`; no bias is zeros.
    pub fn new(
        isa: Isa,
        (inputs, outputs, kernel): (usize, usize, usize),
        weight: &[f32],
        bias: Option<&[f32]>,
    ) -> Result<Self, CpuError> {
        if kernel.is_multiple_of(2) {
            return Err(CpuError::Shape("the kernel of a sequence convolution is even"));
        }
        let what = ["weight of a sequence convolution", "bias of a sequence convolution"];
        let packed = Packed::layer(isa, what, (inputs, outputs, kernel), weight, bias)?;
        Ok(Self { packed, inputs, kernel })
    }

    /// `x` `[n, inputs]` into `out` `[n, outputs]`, ended as `end` says.
    pub fn forward(&self, pool: &Pool, x: &[f32], out: &mut [f32], end: End) -> Result<(), CpuError> {
        let (inputs, outputs) = (self.inputs, self.packed.columns());
        let n = x.len() / inputs.max(1);
        expect_len("input of a sequence convolution", x, n * inputs)?;
        expect_len("output of a sequence convolution", out, n * outputs)?;
        let (half, depth) = (self.kernel / 2, self.packed.depth());
        pool.rows(out, outputs, task_rows(depth * outputs), |first, out| {
            let count = out.len() / outputs;
            pool.scratch((count + 2 * half) * inputs, |padded| {
                let (from, to) = (first.saturating_sub(half), (first + count + half).min(n));
                let before = (from + half - first) * inputs;
                let after = before + (to - from) * inputs;
                padded[..before].fill(0.0);
                padded[before..after].copy_from_slice(&x[from * inputs..to * inputs]);
                padded[after..].fill(0.0);
                let view = View::rows(padded, inputs, depth);
                let epilogue = Epilogue::End(end);
                Block { view, weights: &self.packed, count, out, stride: outputs, epilogue }.run();
            });
        });
        Ok(())
    }
}
