//! Calls about block lists: what this persona lists, whose lists it subscribes to, and what is held back for them.

use serde::{Deserialize, Serialize};

use super::VerifyWhat;
use crate::ids::{AuthorId, BlobHash, Rid};
use crate::text::Text;

/// A call about block lists.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case")]
pub enum BlockCall {
    /// Puts a clip or a file on a list of this persona: its hashes, never its media.
    Add {
        /// Which.
        what: VerifyWhat,
        /// Name of the list.
        list: String,
        /// Why.
        reason: String,
    },
    /// Takes a clip or a file off a list of this persona.
    Remove {
        /// Which.
        what: VerifyWhat,
        /// Name of the list.
        list: String,
    },
    /// Subscribes to lists of an author, or ends that. Nobody is told.
    Subscribe {
        /// Whose.
        author: AuthorId,
        /// Which list; all of theirs when absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        list: Option<String>,
        /// Whether to subscribe.
        on: bool,
    },
    /// Lists, subscriptions, and what is held back here.
    Show,
    /// Shows a file that only looks like what is blocked, or ends that.
    Allow {
        /// The file, or the clip that names it, by its id.
        file: BlobHash,
        /// Whether to show it.
        on: bool,
    },
}

/// The answer to a [`BlockCall`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "of", rename_all = "snake_case")]
pub enum BlockAnswer {
    /// To `add` and `remove`: the page that was signed.
    Page {
        /// Its record.
        rid: Rid,
        /// Its number.
        page: u32,
        /// Seconds of picture that the entry holds; without any, it stands for the very file alone.
        seconds: u32,
    },
    /// To `show`.
    Blocks(BlockView),
    /// To `subscribe` and `allow`.
    Done,
}

/// What is blocked here, and for whom.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BlockView {
    /// Lists of this persona; they count here without a subscription.
    pub own: Vec<ListView>,
    /// Lists that are subscribed to.
    pub subscribed: Vec<ListView>,
    /// Files of withdrawn clips whose copies are refused.
    pub withdrawn: u64,
    /// What is held back now, at most a page.
    pub held: Vec<HeldView>,
    /// Files that are shown although they look like what is blocked.
    pub allowed: Vec<BlobHash>,
}

/// A list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListView {
    /// Whose.
    pub author: AuthorId,
    /// Their profile name, or an empty text.
    pub author_name: Text,
    /// Its name; all of the author's lists when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub list: Option<String>,
    /// Entries that are known here.
    pub entries: u64,
}

/// A file that is held back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeldView {
    /// The file.
    pub file: BlobHash,
    /// A clip that names it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clip: Option<Rid>,
    /// Why.
    pub reason: Text,
}
