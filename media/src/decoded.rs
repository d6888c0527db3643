//! A decoded clip as its file has it: planes of luma and of colour differences, and the sound.
//!
//! To know that a clip decodes, and most of what it looks like, few of its pictures are needed in colour or none. They
//! are converted one by one where they are, and all at once only for whoever plays or changes the clip ([`Footage`]).

use crate::clip::ClipInfo;
use crate::colour::{self, Planes};
use crate::footage::Footage;

/// Frames and sound of one file.
#[derive(Clone, Debug)]
pub struct Decoded {
    info: ClipInfo,
    frames: Vec<Planes>,
    samples: Vec<f32>,
}

impl Decoded {
    /// What a decoder gave: as many frames of this size as the file says.
    pub(crate) const fn new(info: ClipInfo, frames: Vec<Planes>, samples: Vec<f32>) -> Self {
        Self { info, frames, samples }
    }

    /// What the file says about itself.
    #[must_use]
    pub const fn info(&self) -> &ClipInfo {
        &self.info
    }

    /// How many frames there are: at least one.
    #[must_use]
    pub fn frames(&self) -> usize {
        self.frames.len()
    }

    /// Samples in −1 … 1, interleaved. Empty means silent.
    #[must_use]
    pub fn samples(&self) -> &[f32] {
        &self.samples
    }

    /// A frame in colour: `width × height × 3` bytes of sRGB, row by row.
    #[must_use]
    pub fn rgb(&self, frame: usize) -> Option<Vec<u8>> {
        self.frames.get(frame).map(|planes| colour::to_rgb(planes, self.info.width as usize))
    }

    /// The luma of a frame, 16 … 235 from black to white, row by row.
    #[must_use]
    pub fn luma(&self, frame: usize) -> Option<&[u8]> {
        self.frames.get(frame).map(|planes| planes.y.as_slice())
    }

    /// All of it in colour. Each frame's planes are freed once they are converted.
    #[must_use]
    pub fn into_footage(self) -> Footage {
        let Self { info, frames, samples } = self;
        Footage {
            width: info.width,
            height: info.height,
            fps: info.fps,
            frames: frames.into_iter().map(|planes| colour::to_rgb(&planes, info.width as usize)).collect(),
            sample_rate: info.sample_rate,
            channels: info.channels,
            samples,
        }
    }
}
