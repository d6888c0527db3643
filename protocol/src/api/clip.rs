//! Clips as they are shown: an item of the feed, everything about one, and what its checks say.

use serde::{Deserialize, Serialize};

use super::{LabelView, PersonView};
use crate::ids::{AuthorId, BlobHash, DeviceKey, Rid};
use crate::labels::Ruling;
use crate::recipe::{Format, Recipe};
use crate::text::Text;
use crate::verdict::{Check, Verdict};

/// Whether a clip can be seen here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClipState {
    /// Its blob is here and checked.
    Ready,
    /// It is being fetched.
    Fetching,
    /// Nobody reachable has it.
    Missing,
    /// This node's rules do not show it.
    Withheld,
    /// The consent it needs was taken back.
    Withdrawn,
    /// Its author deleted it.
    Deleted,
}

/// One clip in a feed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FeedItem {
    /// The clip's record.
    pub clip: Rid,
    /// Who made it.
    pub author: AuthorId,
    /// Their profile name, or an empty text.
    pub author_name: Text,
    /// Title.
    pub title: Text,
    /// Unix seconds, as the author says.
    pub time: u64,
    /// The clip's blob.
    pub blob: BlobHash,
    /// Size of the blob in bytes.
    pub size: u64,
    /// Size and length.
    pub format: Format,
    /// Whether it can be seen here.
    pub state: ClipState,
    /// What the checks say.
    pub verdict: Verdict,
    /// Why, in words.
    pub reason: String,
    /// Reactions set on it.
    pub reactions: u64,
    /// Comments on it.
    pub comments: u64,
    /// The mark this persona has set on it, if any.
    pub mine: Option<Text>,
    /// Position in the feed, for paging.
    pub cursor: String,
    /// What labelers and its author say of it.
    #[serde(default)]
    pub labels: Vec<LabelView>,
    /// Why it is covered until it is opened; empty when it is not.
    #[serde(default)]
    pub cover: Vec<LabelView>,
    /// Why labels or this persona hide it; empty when they do not.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hidden: Vec<LabelView>,
    /// What this persona decided about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ruling: Option<Ruling>,
}

impl FeedItem {
    /// Whether it may be played without being opened first.
    #[must_use]
    pub fn plays(&self) -> bool {
        self.state == ClipState::Ready && self.cover.is_empty()
    }
}

/// One comment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CommentView {
    /// The comment's record.
    pub rid: Rid,
    /// Who says it.
    pub author: AuthorId,
    /// Their profile name, or an empty text.
    pub author_name: Text,
    /// What is said.
    pub text: Text,
    /// Unix seconds, as the author says.
    pub time: u64,
}

/// One clip, whole.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ClipView {
    /// As in the feed.
    pub item: FeedItem,
    /// The prompt, when the author published it.
    pub prompt: Text,
    /// Device that signed the record.
    pub device: DeviceKey,
    /// How to make it again, when the record says and this version can read it.
    pub recipe: Option<Recipe>,
    /// Clips that it was made from, as the author says.
    #[serde(default)]
    pub parents: Vec<Rid>,
    /// Its licence, an SPDX expression; empty for all rights reserved.
    #[serde(default)]
    pub licence: Text,
    /// What the verdict follows from.
    #[serde(default)]
    pub checks: Vec<Check>,
    /// Who is in it, and how they consented.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub people: Vec<PersonView>,
    /// Labels the author put on it, for example `synthetic`.
    pub labels: Vec<Text>,
    /// Reaction marks with their counts.
    pub reactions: Vec<(Text, u64)>,
    /// Comments, oldest first, at most a page.
    pub comments: Vec<CommentView>,
}

/// What is to be checked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VerifyWhat {
    /// A clip whose record is known here.
    Clip(Rid),
    /// Absolute path of any file on the node's machine; a known clip with exactly these bytes vouches for it.
    File(String),
}

/// What the checks of one file say.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Verified {
    /// All of them together.
    pub verdict: Verdict,
    /// The clip that the file is, or was compared with, when one is known.
    pub clip: Option<Rid>,
    /// Each with its reason.
    pub checks: Vec<Check>,
}
