//! What can be wrong with a clip file, a still, or footage that should become one.
//!
//! A fault is data about somebody else's bytes: it names the rule that was broken. It never carries text out of the
//! file except four-letter box names, escaped.

use std::fmt;

use crate::footage::FootageError;

/// A four-letter code from a file, safe to print.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Code(pub [u8; 4]);

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.escape_ascii())
    }
}

impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "'{self}'")
    }
}

/// A clip file that is not what Kinora's media profile allows.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ClipFault {
    /// More bytes than any clip may have.
    #[error("the file has {bytes} bytes, a clip has at most {max}")]
    TooLarge {
        /// Bytes found.
        bytes: usize,
        /// Bytes allowed.
        max: usize,
    },
    /// The first box is not a file type box.
    #[error("this is not an MP4 file")]
    NotMp4,
    /// A box says it is longer than what holds it, or shorter than its own header.
    #[error("box '{kind}' at byte {at} does not fit into what holds it")]
    BoxSize {
        /// Which box.
        kind: Code,
        /// Where it starts.
        at: usize,
    },
    /// More boxes than a clip of the longest length needs.
    #[error("the file has more than {0} boxes")]
    TooManyBoxes(usize),
    /// A box that every clip has is absent.
    #[error("box '{0}' is missing")]
    Missing(Code),
    /// A box that may appear once appears again.
    #[error("box '{0}' appears more than once")]
    Repeated(Code),
    /// A box's content cannot be read.
    #[error("box '{0}' is malformed")]
    Malformed(Code),
    /// More than one picture and one sound track.
    #[error("the file has more than one picture and one sound track")]
    TooManyTracks,
    /// A track that is neither picture nor sound.
    #[error("the file has a track of kind '{0}', which is neither picture nor sound")]
    TrackKind(Code),
    /// The picture is not AV1.
    #[error("the picture is '{0}', not AV1 ('av01')")]
    NotAv1(Code),
    /// The sound is not Opus.
    #[error("the sound is '{0}', not Opus ('Opus')")]
    NotOpus(Code),
    /// AV1 or Opus, but outside the profile.
    #[error("outside the media profile: {0}")]
    Profile(&'static str),
    /// Sides outside the limits.
    #[error("picture of {width}×{height} pixels: sides must be even, at least 16 and at most {max}")]
    Size {
        /// Width in pixels.
        width: u32,
        /// Height in pixels.
        height: u32,
        /// Longest side allowed.
        max: u32,
    },
    /// The file says another size than the coded picture has.
    #[error("the file says {width}×{height} pixels, the coded picture has {coded_width}×{coded_height}")]
    SizeDiffers {
        /// Width the file says, in pixels.
        width: u32,
        /// Height the file says, in pixels.
        height: u32,
        /// Width of the coded picture, in pixels.
        coded_width: u32,
        /// Height of the coded picture, in pixels.
        coded_height: u32,
    },
    /// Longer than a clip may be.
    #[error("the clip lasts {millis} ms, at most {max} ms are allowed")]
    TooLong {
        /// Length found, in milliseconds.
        millis: u64,
        /// Length allowed, in milliseconds.
        max: u64,
    },
    /// More samples in one track than any clip needs.
    #[error("a track has more than {0} samples")]
    TooManySamples(usize),
    /// Time stamps that make no sense.
    #[error("the timing is wrong: {0}")]
    Timing(&'static str),
    /// A sample lies outside the media data.
    #[error("sample {index} of track {track} lies outside the media data")]
    SampleOutside {
        /// Track number in the file.
        track: u32,
        /// Which sample.
        index: usize,
    },
    /// The AV1 data units of a sample are wrong.
    #[error("frame {index}: the AV1 data is malformed: {reason}")]
    Bitstream {
        /// Which sample.
        index: usize,
        /// What is wrong.
        reason: &'static str,
    },
    /// The AV1 decoder refused a frame.
    #[error("frame {index} cannot be decoded: {reason}")]
    Picture {
        /// Which sample.
        index: usize,
        /// The decoder's words.
        reason: String,
    },
    /// The Opus decoder refused a packet.
    #[error("sound packet {index} cannot be decoded")]
    Sound {
        /// Which packet.
        index: usize,
    },
    /// Decoded footage would not fit into the memory the caller allows.
    #[error("the decoded clip would take {bytes} bytes, {max} are allowed")]
    Memory {
        /// Bytes needed.
        bytes: u64,
        /// Bytes allowed.
        max: u64,
    },
}

/// Footage that cannot become a clip.
#[derive(Debug, thiserror::Error)]
pub enum EncodeError {
    /// The footage breaks its own rules.
    #[error(transparent)]
    Footage(#[from] FootageError),
    /// The footage lasts longer than a clip may.
    #[error("the footage lasts {millis} ms, a clip at most {max} ms: make it shorter")]
    TooLong {
        /// Length found, in milliseconds.
        millis: u64,
        /// Length allowed, in milliseconds.
        max: u64,
    },
    /// The quality is not a percentage.
    #[error("quality {0} is outside 0 to 100")]
    Quality(u8),
    /// The video encoder gave up.
    #[error("the video encoder failed: {0}")]
    Video(String),
    /// The sound encoder gave up.
    #[error("the sound encoder failed: {0}")]
    Audio(String),
    /// The file could not be laid out.
    #[error("the file could not be laid out: {0}")]
    Layout(String),
    /// The clip became larger than a clip may be.
    #[error("the clip has {bytes} bytes, at most {max} are allowed: lower the quality or make it shorter")]
    TooLarge {
        /// Bytes written.
        bytes: usize,
        /// Bytes allowed.
        max: usize,
    },
}

/// A still that cannot be made or read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PosterFault {
    /// There is no frame to make a still of.
    #[error("footage without frames has no still")]
    Empty,
    /// The footage breaks its own rules.
    #[error(transparent)]
    Footage(#[from] FootageError),
    /// More bytes than a still may have.
    #[error("the still has {bytes} bytes, at most {max} are allowed")]
    TooLarge {
        /// Bytes found.
        bytes: usize,
        /// Bytes allowed.
        max: usize,
    },
    /// Sides outside the limits.
    #[error("still of {0}×{1} pixels: sides must be at least 1 and at most {max}", max = crate::footage::SIDE_MAX)]
    Size(u32, u32),
    /// Not a PNG, or a broken one.
    #[error("the still is not a sound PNG")]
    NotPng,
    /// PNG, but not 8-bit grey or colour.
    #[error("the still is a PNG of a kind that is not used here: 8-bit RGB only")]
    Kind,
}

/// A still for a render that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StillFault {
    /// No bytes at all.
    #[error("the still is an empty file")]
    Empty,
    /// More bytes than a still may have.
    #[error(
        "the still has {bytes} bytes, at most {max} are allowed: save it smaller",
        max = kinora_protocol::limits::STILL_BYTES_MAX
    )]
    TooLarge {
        /// Bytes found.
        bytes: u64,
    },
    /// Another kind of file.
    #[error("the still is neither PNG nor JPEG: save it as one of these")]
    Kind,
    /// Sides outside the limits.
    #[error(
        "still of {0}×{1} pixels: sides must be 1 to {side}, and all pixels at most {pixels}: make it smaller",
        side = crate::still::STILL_SIDE_MAX,
        pixels = crate::still::STILL_PIXELS_MAX
    )]
    Size(u32, u32),
    /// Cut short, broken, or of a kind that the decoder does not know.
    #[error("the still is damaged or cut short: {why}")]
    Damaged {
        /// The decoder's words.
        why: String,
    },
}
