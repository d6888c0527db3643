//! The clip file as a whole: encode, probe, decode.
//!
//! Probing decodes nothing and is meant for every file that arrives. Decoding a stranger's file belongs into a process
//! that may die: the limits here bound memory and work, they are no sandbox.

use crate::decoded::Decoded;
use crate::fault::{ClipFault, EncodeError};
use crate::footage::{FRAMES_MAX, Footage, SIDE_MAX};
use crate::{av1, demux, mux, opus};

/// Quality that keeps a 128×80 clip of four seconds near 100 kB.
pub const QUALITY_DEFAULT: u8 = 80;
/// Most bytes of decoded frames and samples that [`DecodeLimits::default`] allows: a gibibyte.
pub const FOOTAGE_BYTES_DEFAULT: u64 = 1 << 30;

/// How to encode.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EncodeOptions {
    /// 0 (smallest file) to 100 (best picture).
    pub quality: u8,
    /// Threads; the bytes do not depend on it. 0 counts as 1.
    pub threads: usize,
}

impl Default for EncodeOptions {
    fn default() -> Self {
        Self { quality: QUALITY_DEFAULT, threads: 2 }
    }
}

/// What the caller allows a decoded clip to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DecodeLimits {
    /// Longest side in pixels.
    pub side: u32,
    /// Most frames.
    pub frames: usize,
    /// Longest clip in milliseconds.
    pub millis: u64,
    /// Most bytes of frames and samples together.
    pub footage_bytes: u64,
    /// Decoder threads, 1 to 8.
    pub threads: u32,
}

impl Default for DecodeLimits {
    fn default() -> Self {
        Self {
            side: SIDE_MAX,
            frames: FRAMES_MAX,
            millis: demux::MILLIS_MAX,
            footage_bytes: FOOTAGE_BYTES_DEFAULT,
            threads: 1,
        }
    }
}

/// What a file says about itself, after its structure was checked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ClipInfo {
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
    /// Frames per second.
    pub fps: u32,
    /// Frames.
    pub frames: u32,
    /// Length of the picture in milliseconds.
    pub millis: u64,
    /// Samples per second that decoding gives; 0 when the clip is silent.
    pub sample_rate: u32,
    /// 1 or 2; 0 when the clip is silent.
    pub channels: u16,
    /// Pieces that can be played by themselves.
    pub fragments: u32,
    /// Bytes of coded picture.
    pub picture_bytes: u64,
    /// Bytes of coded sound.
    pub sound_bytes: u64,
}

/// Encodes footage as a file. `on` hears frames done and frames in all. Sound that outlasts the picture is cut.
///
/// Equal footage and quality give equal bytes, whatever the number of threads.
///
/// # Errors
/// Footage that breaks its rules or is too long, an encoder that fails, or a file larger than a clip may be.
pub fn encode(
    footage: &Footage,
    options: &EncodeOptions,
    on: &mut dyn FnMut(u32, u32),
) -> Result<Vec<u8>, EncodeError> {
    footage.check()?;
    if options.quality > 100 {
        return Err(EncodeError::Quality(options.quality));
    }
    let millis = footage.frames.len() as u64 * 1_000 / u64::from(footage.fps);
    if millis > demux::MILLIS_MAX {
        return Err(EncodeError::TooLong { millis, max: demux::MILLIS_MAX });
    }
    let sound = match heard(footage) {
        [] => None,
        samples => Some(opus::encode(samples, footage.sample_rate, footage.channels)?),
    };
    let picture = av1::encode(footage, options.quality, options.threads, on)?;
    let file = mux::file(footage, &picture, sound.as_ref())?;
    if file.len() > demux::FILE_BYTES_MAX {
        return Err(EncodeError::TooLarge { bytes: file.len(), max: demux::FILE_BYTES_MAX });
    }
    Ok(file)
}

/// The samples that are heard while the picture lasts.
fn heard(footage: &Footage) -> &[f32] {
    let instants =
        (footage.frames.len() * footage.sample_rate as usize).div_ceil(footage.fps.max(1) as usize);
    let width = usize::from(footage.channels.max(1));
    let most = instants * width;
    let whole = footage.samples.len() / width * width;
    footage.samples.get(..whole.min(most)).unwrap_or_default()
}

/// Checks a file's structure without decoding it.
///
/// # Errors
/// The first rule of the media profile that the file breaks.
pub fn probe(bytes: &[u8]) -> Result<ClipInfo, ClipFault> {
    demux::clip(bytes).map(|clip| clip.info)
}

/// Decodes a whole file, in colour.
///
/// # Errors
/// What [`probe`] finds, limits of the caller that are exceeded, and data that does not decode.
pub fn decode(bytes: &[u8], limits: &DecodeLimits) -> Result<Footage, ClipFault> {
    decode_planes(bytes, limits).map(Decoded::into_footage)
}

/// Decodes a whole file and leaves its pictures as the file has them.
///
/// # Errors
/// As [`decode`].
pub fn decode_planes(bytes: &[u8], limits: &DecodeLimits) -> Result<Decoded, ClipFault> {
    let clip = demux::clip(bytes)?;
    let info = clip.info;
    if info.width.max(info.height) > limits.side {
        return Err(ClipFault::Size { width: info.width, height: info.height, max: limits.side });
    }
    if clip.picture.len() > limits.frames {
        return Err(ClipFault::TooManySamples(limits.frames));
    }
    if info.millis > limits.millis {
        return Err(ClipFault::TooLong { millis: info.millis, max: limits.millis });
    }
    let pixels = u64::from(info.width) * u64::from(info.height) * u64::from(info.frames);
    let sound =
        clip.sound_ticks * u64::from(info.sample_rate) / u64::from(opus::CLOCK) * u64::from(info.channels);
    let needed = pixels * 3 + sound * size_of::<f32>() as u64;
    if needed > limits.footage_bytes {
        return Err(ClipFault::Memory { bytes: needed, max: limits.footage_bytes });
    }
    let samples = if clip.sound.is_empty() {
        Vec::new()
    } else {
        opus::decode(&clip.sound, (info.sample_rate, info.channels), clip.sound_start, clip.sound_ticks)?
    };
    let frames = av1::decode(&clip.picture, info.width, info.height, limits.threads)?;
    Ok(Decoded::new(info, frames, samples))
}
