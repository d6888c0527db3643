//! Messages between a node and a render worker, and their framing.
//!
//! A frame is a little-endian `u32` length and that many bytes of DRISL. The same frames travel over a worker's
//! stdio, over an inspector's ([`inspect`]), and to a node that lends its GPU. Killing the worker is how a render is
//! cancelled.

pub mod inspect;

use serde::{Deserialize, Serialize};
use serde_bytes::ByteArray;

use crate::badge::Badge;
use crate::limits::JOB_FRAME_BYTES_MAX;
use crate::recipe::{Crop, Descent, Format, Part, Recipe, Switches, Transition};
use crate::shot::Shot;
use crate::text::Text;

/// Longest reason in a [`FrameFault`], in characters: the decoder may quote what was sent.
const WHY_CHARS_MAX: usize = 160;

/// What to render.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RenderRequest {
    /// What the prompt asked for.
    pub shot: Shot,
    /// Seed of planner and noise.
    pub seed: u64,
    /// Length in frames at the engine's frame rate.
    pub frames: u32,
    /// Sampler steps; `None` takes the engine's default.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub steps: Option<u32>,
    /// Guidance in hundredths; `None` takes the engine's default.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub guidance_percent: Option<u32>,
    /// Threads the executor may use; 0 takes all.
    pub threads: u32,
    /// The shots after the first, at most [`STORYBOARD_SHOTS_MAX`](crate::limits::STORYBOARD_SHOTS_MAX) − 1.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub next: Vec<NextRequest>,
    /// Speed-ups of the sampler.
    #[serde(default, skip_serializing_if = "Switches::are_off")]
    pub switches: Switches,
    /// What the invisible mark in its pictures is to carry; without one they get no mark.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tag: Option<ByteArray<8>>,
    /// What it is made from beside the prompt.
    #[serde(default, skip_serializing_if = "Materials::is_empty")]
    pub materials: Materials,
}

/// A later shot of a storyboard.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NextRequest {
    /// How it follows the shot before.
    pub transition: Transition,
    /// Length in frames.
    pub frames: u32,
    /// What the prompt asked for.
    pub shot: Shot,
}

/// Files that a render is made from. A node looks at their heads; pictures and sound are decoded by the worker alone.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Materials {
    /// An edited blocking: JSON, as `kinora plan --json` writes it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub blocking: Option<serde_bytes::ByteBuf>,
    /// The first frame: PNG or JPEG.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first: Option<serde_bytes::ByteBuf>,
    /// The last frame: PNG or JPEG.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last: Option<serde_bytes::ByteBuf>,
    /// One to four stills of whom or what the subject looks like: PNG or JPEG.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub reference: Vec<serde_bytes::ByteBuf>,
    /// Which part of the subject they show.
    pub part: Part,
    /// A clip (AV1 + Opus in MP4) and what the new one has from it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parent: Option<(serde_bytes::ByteBuf, Descent)>,
    /// Where in the parent the stills of its subject are, when that is placed in a new scene: one to four.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub crops: Vec<Crop>,
}

impl Materials {
    /// Whether there is nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// Where a render stands. Stages come in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// Reading weights and planning the blocking.
    Prepare,
    /// The denoiser's steps.
    Denoise,
    /// Latents to pixels and samples.
    Decode,
    /// The invisible mark, then AV1 and Opus into fragmented MP4.
    Encode,
}

impl Stage {
    /// What the stage does, in words.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Prepare => "prepare",
            Self::Denoise => "denoise",
            Self::Decode => "decode",
            Self::Encode => "encode",
        }
    }
}

/// A small picture: RGB, 8 bits, row by row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Picture {
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
    /// `width × height × 3` bytes.
    #[serde(with = "serde_bytes")]
    pub rgb: Vec<u8>,
}

/// Time spent in one stage.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StageTime {
    /// The stage.
    pub stage: Stage,
    /// Wall time in milliseconds.
    pub millis: u64,
}

/// A finished render, or a finished cut.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rendered {
    /// How to make it again; absent when nothing was generated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recipe: Option<Recipe>,
    /// The clip: AV1 + Opus in fragmented MP4.
    #[serde(with = "serde_bytes")]
    pub clip: Vec<u8>,
    /// A still of it: PNG.
    #[serde(with = "serde_bytes")]
    pub poster: Vec<u8>,
    /// Its size and length.
    pub format: Format,
    /// Where the time went.
    pub times: Vec<StageTime>,
}

/// A part of a clip, to be a clip of its own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CutRequest {
    /// The clip: AV1 + Opus in MP4.
    #[serde(with = "serde_bytes")]
    pub clip: Vec<u8>,
    /// Its first frame that is wanted.
    pub first: u32,
    /// How many are.
    pub frames: u32,
    /// Threads the encoder may use.
    pub threads: u32,
}

/// A clip to get a visible label.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BadgeRequest {
    /// The clip: AV1 + Opus in MP4.
    #[serde(with = "serde_bytes")]
    pub clip: Vec<u8>,
    /// The label.
    pub badge: Badge,
    /// How many times as long each side becomes, before the label is drawn; 0 and 1 leave it.
    #[serde(default)]
    pub enlarge: u32,
    /// What the mark in an enlarged picture is to carry: there is more room for it than in the small one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tag: Option<ByteArray<8>>,
    /// Threads the encoder may use.
    pub threads: u32,
}

/// How a clip is made again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(clippy::large_enum_variant, reason = "one of them exists at a time, beside a clip of megabytes")]
pub enum Again {
    /// By rendering it.
    Render(RenderRequest),
    /// By cutting it.
    Cut(CutRequest),
}

/// A clip to be made again and compared.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditRequest {
    /// The clip as it was published.
    #[serde(with = "serde_bytes")]
    pub clip: Vec<u8>,
    /// How it is made again.
    pub again: Again,
}

/// How two clips compare. Numbers are whole: frames hold no fractions that two programs could write differently.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Compared {
    /// How the clip was made again, when it was rendered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recipe: Option<Recipe>,
    /// Whether both files are the same, byte for byte.
    pub same_file: bool,
    /// Whether both have the same size, frame rate, number of frames, sample rate and channels.
    pub same_format: bool,
    /// Whether all frames are the same, pixel for pixel.
    pub same_frames: bool,
    /// Whether all samples are.
    pub same_samples: bool,
    /// Signal to noise of the pictures in hundredths of a dB, over all pixels of all frames; absent when they are the
    /// same or cannot be compared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub psnr_millibels: Option<u32>,
    /// Correlation of the sound in ten-thousandths; absent when there is none to compare.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub correlation: Option<i32>,
}

/// Node to worker.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ToWorker {
    /// Render this and exit.
    Render(RenderRequest),
    /// Cut this and exit.
    Cut(CutRequest),
    /// Draw a label into this and exit.
    Badge(BadgeRequest),
    /// Make this again, compare, and exit.
    Audit(AuditRequest),
}

/// Worker to node.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FromWorker {
    /// `done` of `total` units of a stage are finished.
    Progress {
        /// The stage.
        stage: Stage,
        /// Units finished.
        done: u32,
        /// Units in the stage.
        total: u32,
        /// How the clip looks so far, now and then.
        #[serde(skip_serializing_if = "Option::is_none")]
        preview: Option<Picture>,
    },
    /// The clip.
    Done(Box<Rendered>),
    /// How the clip that was audited compares.
    Compared(Box<Compared>),
    /// It could not be rendered, and why.
    Failed {
        /// What went wrong and what to do.
        reason: String,
    },
}

/// A frame that could not be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FrameFault {
    /// The length says more than [`JOB_FRAME_BYTES_MAX`].
    #[error("job frame of {0} bytes is larger than the limit of {JOB_FRAME_BYTES_MAX}")]
    TooLarge(u64),
    /// The bytes are not the expected message.
    #[error("job frame does not decode: {0}")]
    Malformed(String),
}

fn malformed(why: &dyn std::fmt::Display) -> FrameFault {
    FrameFault::Malformed(Text::line(&why.to_string(), WHY_CHARS_MAX).as_str().to_owned())
}

/// Encodes one frame: length, then message.
///
/// # Errors
/// [`FrameFault::TooLarge`] when the message outgrows the limit.
pub fn encode<M: Serialize>(message: &M) -> Result<Vec<u8>, FrameFault> {
    let body = serde_ipld_dagcbor::to_vec(message).map_err(|e| malformed(&e))?;
    let length = u32::try_from(body.len())
        .ok()
        .filter(|n| *n as usize <= JOB_FRAME_BYTES_MAX)
        .ok_or(FrameFault::TooLarge(body.len() as u64))?;
    let mut frame = length.to_le_bytes().to_vec();
    frame.extend_from_slice(&body);
    Ok(frame)
}

/// Checks a frame's length prefix and returns the number of bytes to read.
///
/// # Errors
/// [`FrameFault::TooLarge`] when it is over the limit.
pub fn body_length(prefix: [u8; 4]) -> Result<usize, FrameFault> {
    let length = u32::from_le_bytes(prefix);
    if length as usize > JOB_FRAME_BYTES_MAX {
        return Err(FrameFault::TooLarge(u64::from(length)));
    }
    Ok(length as usize)
}

/// Decodes the body of a frame.
///
/// # Errors
/// [`FrameFault::Malformed`] when the bytes are not an `M`.
pub fn decode<M: for<'de> Deserialize<'de>>(body: &[u8]) -> Result<M, FrameFault> {
    serde_ipld_dagcbor::from_slice(body).map_err(|e| malformed(&e))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn frames_round_trip() {
        let message = FromWorker::Progress {
            stage: Stage::Denoise,
            done: 3,
            total: 8,
            preview: Some(Picture { width: 1, height: 1, rgb: vec![1, 2, 3] }),
        };
        let frame = encode(&message).unwrap();
        let (prefix, body) = frame.split_at(4);
        assert_eq!(body_length(prefix.try_into().unwrap()).unwrap(), body.len());
        assert_eq!(decode::<FromWorker>(body).unwrap(), message);
        let bare = FromWorker::Progress { stage: Stage::Encode, done: 0, total: 1, preview: None };
        assert_eq!(decode::<FromWorker>(&encode(&bare).unwrap()[4..]).unwrap(), bare);
    }

    #[test]
    fn a_fault_does_not_repeat_what_a_worker_sent() {
        let body = serde_ipld_dagcbor::to_vec(&"\u{1b}[2J".repeat(10_000)).unwrap();
        let FrameFault::Malformed(why) = decode::<FromWorker>(&body).unwrap_err() else {
            panic!("another fault")
        };
        assert!(why.chars().count() < 200 && !why.chars().any(char::is_control), "{why:?}");
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            if let Ok(message) = decode::<FromWorker>(&bytes) {
                prop_assert_eq!(decode::<FromWorker>(&encode(&message).unwrap()[4..]).unwrap(), message);
            }
            drop(decode::<ToWorker>(&bytes));
        }
    }

    #[test]
    fn a_lying_length_is_refused_before_allocation() {
        assert_eq!(body_length([0xff; 4]), Err(FrameFault::TooLarge(u64::from(u32::MAX))));
    }
}
