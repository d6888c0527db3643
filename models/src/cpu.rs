//! The CPU executor: f32 inference on channels-last tensors, near the machine's peak.
//!
//! Every layer is one thing: rows of contiguous inputs times packed weights (`kernel`). A linear layer reads one run
//! per position, a 3x3 convolution three runs of a zero-padded copy, a temporal one three frames. Work is split over
//! outputs only, never over a sum, so every thread count gives the same bits.

mod attention;
mod conv1d;
mod conv2d;
mod epilogue;
mod exp;
mod isa;
mod kernel;
mod linear;
mod norm;
mod pack;
mod pool;
mod shuffle;
mod temporal;
mod winograd;

#[cfg(test)]
mod tests;

pub use attention::{Attention, Rotary};
pub use conv1d::Conv1d;
pub use conv2d::{Conv2d, Halve, Source};
pub use epilogue::{Act, End};
pub use isa::{Isa, Peak};
pub use linear::Linear;
pub use norm::{Film, LayerNorm};
pub use pool::Pool;
pub use shuffle::{group_shuffled, pixel_shuffle};
pub use temporal::Temporal;

/// What keeps a layer from being made or run.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CpuError {
    /// A slice does not have the length that the shapes say.
    #[error("{what} has {found} floats, expected {expected}")]
    Length {
        /// Which slice.
        what: &'static str,
        /// Floats expected.
        expected: usize,
        /// Floats found.
        found: usize,
    },
    /// A shape that the layer cannot work on, such as an odd height to halve.
    #[error("{0}")]
    Shape(&'static str),
    /// The threads could not be started.
    #[error("the threads could not be started: {0}")]
    Threads(String),
}

/// Frames and positions of a tensor `[frames, height, width, channels]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Grid {
    /// Frames.
    pub frames: usize,
    /// Rows of a frame.
    pub height: usize,
    /// Columns of a frame.
    pub width: usize,
}

impl Grid {
    /// Positions in all frames.
    pub fn positions(self) -> usize {
        self.frames * self.height * self.width
    }

    /// Positions in one frame.
    pub fn frame(self) -> usize {
        self.height * self.width
    }
}

/// Checks that `slice` has `expected` floats.
fn expect_len(what: &'static str, slice: &[f32], expected: usize) -> Result<(), CpuError> {
    let found = slice.len();
    if found == expected { Ok(()) } else { Err(CpuError::Length { what, expected, found }) }
}
