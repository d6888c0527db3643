//! Convolutions in a frame: 3x3 with zero padding, and the 2x2 that halves.
//!
//! The 3x3 copies a band of rows between zeros, norming or pixel-shuffling on the way, and then reads three runs per
//! position: a run is the three neighbours of one row, which lie side by side.

use super::epilogue::{End, Epilogue};
use super::kernel::{Block, View};
use super::norm::{Film, LayerNorm, Ready};
use super::pack::Packed;
use super::winograd::Winograd;
use super::{CpuError, Grid, Isa, Pool, expect_len};

/// Floats that a band's copy should stay under, so that it stays in the second-level cache beside the weights.
const BAND: usize = 48 << 10;
/// Most rows in a band, so that there are bands enough to share out.
const BAND_ROWS: usize = 8;

/// How a 3x3 convolution reads its input.
#[derive(Debug, Clone, Copy)]
pub enum Source<'a> {
    /// As it is: `[frames, height, width, inputs]`.
    Plain,
    /// Through a norm and the clip's FiLM; the padding stays zero.
    Normed(&'a LayerNorm, Option<Film<'a>>),
}

/// 3x3 convolution, stride 1, zeros around.
#[derive(Debug)]
pub struct Conv2d {
    packed: Packed,
    inputs: usize,
    /// For frames of whole tiles; absent where it does not pay or was not wanted.
    winograd: Option<Winograd>,
}

/// A source made ready for a call.
enum Fill {
    Plain,
    Normed(Ready),
}

impl Conv2d {
    /// From `weight` `[outputs, inputs, 3, 3]` and `bias` `[outputs]`; no bias is zeros. Frames of whole 4x4 tiles go
    /// through Winograd's transform, three times as fast and exact to about 1e-5.
    pub fn new(
        isa: Isa,
        (inputs, outputs): (usize, usize),
        weight: &[f32],
        bias: Option<&[f32]>,
    ) -> Result<Self, CpuError> {
        let direct = Self::direct(isa, (inputs, outputs), weight, bias)?;
        Ok(Self { winograd: Winograd::new(isa, (inputs, outputs), weight, bias), ..direct })
    }

    /// As [`Conv2d::new`], but every sum as it is written: exact to about 1e-6.
    pub fn direct(
        isa: Isa,
        (inputs, outputs): (usize, usize),
        weight: &[f32],
        bias: Option<&[f32]>,
    ) -> Result<Self, CpuError> {
        let what = ["weight of a 3x3 convolution", "bias of a 3x3 convolution"];
        let packed = Packed::layer(isa, what, (inputs, outputs, 9), weight, bias)?;
        Ok(Self { packed, inputs, winograd: None })
    }

    /// Input channels.
    pub fn inputs(&self) -> usize {
        self.inputs
    }

    /// Output channels.
    pub fn outputs(&self) -> usize {
        self.packed.columns()
    }

    /// `x`, read through `source`, into `out` `[frames, height, width, outputs]`. `grid` is the output's.
    pub fn forward(
        &self,
        pool: &Pool,
        grid: Grid,
        (x, source): (&[f32], Source<'_>),
        out: &mut [f32],
        end: End,
    ) -> Result<(), CpuError> {
        expect_len("input of a 3x3 convolution", x, grid.positions() * self.inputs)?;
        expect_len("output of a 3x3 convolution", out, grid.positions() * self.outputs())?;
        let fill = self.fill(source)?;
        let frame_len = grid.frame() * self.inputs;
        if let (Some(winograd), true) = (&self.winograd, Winograd::fits(grid)) {
            let row = |frame: usize, y: usize, out: &mut [f32]| {
                fill.row(&x[frame * frame_len..][..frame_len], (y, grid.width, self.inputs), out);
            };
            winograd.forward(pool, grid, row, out, end);
            return Ok(());
        }
        let line = grid.width * self.outputs();
        let rows = (BAND / ((grid.width + 2) * self.inputs).max(1)).clamp(3, BAND_ROWS + 2) - 2;
        let rows = grid.height.div_ceil(grid.height.div_ceil(rows).max(1)).max(1);
        let mut tasks = Vec::new();
        for (frame, out) in out.chunks_mut((grid.height * line).max(1)).enumerate() {
            for (band, out) in out.chunks_mut(rows * line).enumerate() {
                tasks.push((frame, band * rows, out));
            }
        }
        let padded = (rows + 2) * (grid.width + 2) * self.inputs;
        pool.each(tasks, |(frame, top, out)| {
            let x = &x[frame * frame_len..][..frame_len];
            pool.scratch(padded, |padded| self.band(grid, (x, &fill, padded), (top, out), end));
        });
        Ok(())
    }

    /// Checks the source against the layer.
    fn fill(&self, source: Source<'_>) -> Result<Fill, CpuError> {
        match source {
            Source::Plain => Ok(Fill::Plain),
            Source::Normed(norm, _) if norm.channels() != self.inputs => {
                Err(CpuError::Shape("the norm before a 3x3 convolution has other channels"))
            }
            Source::Normed(norm, film) => Ok(Fill::Normed(norm.ready(film)?)),
        }
    }

    /// Computes the rows of `out`, from row `top`, of one frame.
    fn band(
        &self,
        grid: Grid,
        (x, fill, padded): (&[f32], &Fill, &mut [f32]),
        (top, out): (usize, &mut [f32]),
        end: End,
    ) {
        let (width, inputs, outputs) = (grid.width, self.inputs, self.packed.columns());
        let rows = out.len() / (width * outputs);
        let line = (width + 2) * inputs;
        let padded = &mut padded[..(rows + 2) * line];
        for (row, padded) in padded.chunks_exact_mut(line).enumerate() {
            // Row 0 of the copy is the row above the band.
            let Some(y) = (top + row).checked_sub(1).filter(|&y| y < grid.height) else {
                padded.fill(0.0);
                continue;
            };
            padded[..inputs].fill(0.0);
            padded[line - inputs..].fill(0.0);
            fill.row(x, (y, width, inputs), &mut padded[inputs..line - inputs]);
        }
        let view =
            View { data: padded, width, line, step: inputs, run: 3 * inputs, hop: line, runs: 3, first: 0 };
        let epilogue = Epilogue::End(end);
        Block { view, weights: &self.packed, count: rows * width, out, stride: outputs, epilogue }.run();
    }
}

impl Fill {
    /// Reads row `y` of a frame into `out` `[width, inputs]`.
    fn row(&self, x: &[f32], (y, width, inputs): (usize, usize, usize), out: &mut [f32]) {
        match self {
            Self::Plain => out.copy_from_slice(&x[y * width * inputs..][..width * inputs]),
            Self::Normed(norm) => norm.apply(&x[y * width * inputs..][..width * inputs], out),
        }
    }
}

/// 2x2 convolution, stride 2: halves both sides.
#[derive(Debug)]
pub struct Halve {
    packed: Packed,
    inputs: usize,
}

impl Halve {
    /// From `weight` `[outputs, inputs, 2, 2]` and `bias` `[outputs]`; no bias is zeros.
    pub fn new(
        isa: Isa,
        (inputs, outputs): (usize, usize),
        weight: &[f32],
        bias: Option<&[f32]>,
    ) -> Result<Self, CpuError> {
        let what = ["weight of a 2x2 convolution", "bias of a 2x2 convolution"];
        let packed = Packed::layer(isa, what, (inputs, outputs, 4), weight, bias)?;
        Ok(Self { packed, inputs })
    }

    /// `x` `[frames, height, width, inputs]` into `out` `[frames, height / 2, width / 2, outputs]`; `grid` is the
    /// input's.
    pub fn forward(
        &self,
        pool: &Pool,
        grid: Grid,
        x: &[f32],
        out: &mut [f32],
        end: End,
    ) -> Result<(), CpuError> {
        if grid.height % 2 + grid.width % 2 > 0 {
            return Err(CpuError::Shape("a frame to halve has an odd side"));
        }
        let (inputs, outputs) = (self.inputs, self.packed.columns());
        expect_len("input of a 2x2 convolution", x, grid.positions() * inputs)?;
        expect_len("output of a 2x2 convolution", out, grid.positions() / 4 * outputs)?;
        // Two input lines give one output line, and frames are whole lines, so frames need no care.
        let (width, line) = (grid.width / 2, 2 * grid.width * inputs);
        pool.rows(out, width * outputs, BAND_ROWS, |first, out| {
            let count = out.len() / outputs;
            let data = &x[first * line..];
            let view = View {
                data,
                width,
                line,
                step: 2 * inputs,
                run: 2 * inputs,
                hop: line / 2,
                runs: 2,
                first: 0,
            };
            let epilogue = Epilogue::End(end);
            Block { view, weights: &self.packed, count, out, stride: outputs, epilogue }.run();
        });
        Ok(())
    }
}
