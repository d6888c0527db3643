//! Moving pictures as terminal output: resizing, half-block and character cells, kitty and sixel graphics.
//!
//! Pure functions and plain state; nothing here writes to a terminal or knows the time.

pub(crate) mod canvas;
pub(crate) mod kitty;
pub(crate) mod pace;
pub(crate) mod palette;
pub(crate) mod resize;
pub(crate) mod sixel;

pub(crate) use canvas::{Canvas, Depth};
pub(crate) use pace::Pace;

/// A borrowed picture: `width × height × 3` bytes of sRGB, row by row.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Picture<'a> {
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) rgb: &'a [u8],
}

impl<'a> Picture<'a> {
    /// A picture, when the bytes fit its sides and both sides are at least one pixel.
    pub(crate) fn new(width: u32, height: u32, rgb: &'a [u8]) -> Option<Self> {
        let bytes = (width as usize).checked_mul(height as usize)?.checked_mul(3)?;
        (bytes > 0 && bytes == rgb.len()).then_some(Self { width, height, rgb })
    }
}
