//! The call `find`: which known clips a file, a clip or a tag points to.

use serde::{Deserialize, Serialize};

use super::ClipState;
use crate::ids::{AuthorId, Rid};
use crate::text::Text;

/// What is looked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FindWhat {
    /// A clip whose record is known here: what looks like it.
    Clip(Rid),
    /// Absolute path of any file on the node's machine.
    File(String),
    /// A tag, as a mark carries it: 16 hexadecimal digits.
    Tag(String),
}

/// What was found.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Found {
    /// The tag that was looked for, or that the file's mark carries.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tag: Option<String>,
    /// Seconds of picture that were compared.
    pub seconds: u32,
    /// The clips that it points to, the likeliest first. A mark and a fingerprint are pointers, and no proof.
    pub clips: Vec<FoundClip>,
}

/// A clip that something points to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FoundClip {
    /// Its record.
    pub clip: Rid,
    /// Who made it, when its record is here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub author: Option<AuthorId>,
    /// Its title, or an empty text.
    pub title: Text,
    /// How it stands here.
    pub state: ClipState,
    /// Whether its file has the same bytes.
    pub same_file: bool,
    /// Whether its record names the same tag.
    pub same_tag: bool,
    /// How much of the picture is the same.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub picture: Option<Likeness>,
    /// Agreement of the sounds where they fit best, in percent of the bits; half is chance.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sound_percent: Option<u32>,
}

/// How much two clips look alike.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Likeness {
    /// Share of the compared seconds of one that are found in the other: the greater of both ways.
    pub percent: u32,
    /// Whether that makes one a copy of the other.
    pub is_copy: bool,
    /// Whether one is mirrored, left for right.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub mirrored: bool,
    /// Which seconds, those of what was looked for in order.
    pub seconds: Vec<SamePicture>,
}

/// Two seconds that look the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SamePicture {
    /// Second of what was looked for.
    pub ours: u32,
    /// Second of the clip.
    pub theirs: u32,
    /// Bits in which their hashes differ, of 256.
    pub bits: u32,
}
