//! Footage: decoded frames and samples, the one form in which engines hand over clips and players receive them.

/// Most frames of a clip (60 s at 30 frames/s).
pub const FRAMES_MAX: usize = 1_800;
/// Longest side of a clip, in pixels.
pub const SIDE_MAX: u32 = 1_920;

/// Frames and sound of one clip.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Footage {
    /// Width in pixels, even, at most [`SIDE_MAX`].
    pub width: u32,
    /// Height in pixels, even, at most [`SIDE_MAX`].
    pub height: u32,
    /// Frames per second.
    pub fps: u32,
    /// Frames in order, each `width × height × 3` bytes of sRGB, row by row.
    pub frames: Vec<Vec<u8>>,
    /// Samples per second of the sound: 8, 12, 16, 24 or 48 kHz.
    pub sample_rate: u32,
    /// 1 or 2, interleaved.
    pub channels: u16,
    /// Samples in −1 … 1. Empty means silent.
    pub samples: Vec<f32>,
}

/// Footage that breaks its own rules.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FootageError {
    /// Sides are odd, zero or too large.
    #[error("footage of {0}×{1} pixels: sides must be even, at least 16 and at most {SIDE_MAX}")]
    Size(u32, u32),
    /// Frame rate or frame count is out of range.
    #[error("footage of {frames} frames at {fps} frames/s: 1 to {FRAMES_MAX} frames at 1 to 60 frames/s")]
    Length {
        /// Frames.
        frames: usize,
        /// Frames per second.
        fps: u32,
    },
    /// A frame has the wrong number of bytes.
    #[error("frame {index} has {found} bytes instead of {expected}")]
    Frame {
        /// Which frame.
        index: usize,
        /// Bytes found.
        found: usize,
        /// Bytes expected.
        expected: usize,
    },
    /// Sample rate or channels cannot be encoded.
    #[error("sound of {channels} channels at {rate} Hz: 1 or 2 channels at 8, 12, 16, 24 or 48 kHz")]
    Sound {
        /// Samples per second.
        rate: u32,
        /// Channels.
        channels: u16,
    },
}

impl Footage {
    /// Length of the picture in seconds.
    #[must_use]
    pub fn seconds(&self) -> f64 {
        if self.fps == 0 { 0.0 } else { self.frames.len() as f64 / f64::from(self.fps) }
    }

    /// The part of so many frames from `first` on, with the sound that is heard meanwhile; `None` when it does not lie
    /// inside, or is empty.
    #[must_use]
    pub fn part(&self, first: usize, frames: usize) -> Option<Self> {
        let end = first.checked_add(frames).filter(|_| frames > 0)?;
        let picture = self.frames.get(first..end)?.to_vec();
        // Sound may end before the picture; what is not there is not heard.
        let sample = |frame: usize| {
            let instant = (frame as u64 * u64::from(self.sample_rate)).checked_div(u64::from(self.fps));
            let at = usize::try_from(instant.unwrap_or(0)).unwrap_or(usize::MAX);
            at.saturating_mul(usize::from(self.channels)).min(self.samples.len())
        };
        let samples = self.samples.get(sample(first)..sample(end)).unwrap_or_default().to_vec();
        Some(Self {
            width: self.width,
            height: self.height,
            fps: self.fps,
            frames: picture,
            sample_rate: self.sample_rate,
            channels: self.channels,
            samples,
        })
    }

    /// Checks every bound named on the fields.
    ///
    /// # Errors
    /// The first rule that is broken.
    pub fn check(&self) -> Result<(), FootageError> {
        let side = |s: u32| s.is_multiple_of(2) && (16..=SIDE_MAX).contains(&s);
        if !side(self.width) || !side(self.height) {
            return Err(FootageError::Size(self.width, self.height));
        }
        if self.frames.is_empty() || self.frames.len() > FRAMES_MAX || !(1..=60).contains(&self.fps) {
            return Err(FootageError::Length { frames: self.frames.len(), fps: self.fps });
        }
        let expected = self.width as usize * self.height as usize * 3;
        if let Some((index, frame)) = self.frames.iter().enumerate().find(|(_, f)| f.len() != expected) {
            return Err(FootageError::Frame { index, found: frame.len(), expected });
        }
        let rate = matches!(self.sample_rate, 8_000 | 12_000 | 16_000 | 24_000 | 48_000);
        if !self.samples.is_empty() && (!rate || !matches!(self.channels, 1 | 2)) {
            return Err(FootageError::Sound { rate: self.sample_rate, channels: self.channels });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_has_the_frames_and_the_sound_of_its_time() {
        let footage = Footage {
            width: 16,
            height: 16,
            fps: 10,
            frames: (0..30u8).map(|n| vec![n; 16 * 16 * 3]).collect(),
            sample_rate: 8_000,
            channels: 2,
            samples: (0..40_000).map(|n| (n / 2) as f32 / 20_000.0).collect(),
        };
        let part = footage.part(10, 10).unwrap();
        assert_eq!((part.frames.len(), part.frames[0][0], part.frames[9][0]), (10, 10, 19));
        assert_eq!((part.samples.len(), part.samples[0]), (16_000, 0.4));
        part.check().unwrap();
        let end = footage.part(20, 10).unwrap();
        assert_eq!(end.samples.len(), 8_000, "the sound ends before the picture");
        for (first, frames) in [(0, 0), (25, 6), (30, 1), (usize::MAX, 2)] {
            assert!(footage.part(first, frames).is_none(), "{first} {frames}");
        }
    }
}
