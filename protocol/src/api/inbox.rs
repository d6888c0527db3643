//! What people want of each other: letters about cameos with how each stands, and every known use of one's likeness.

use serde::{Deserialize, Serialize};

use crate::ids::{AuthorId, BlobHash, Rid};
use crate::record::Role;
use crate::text::Text;

/// What a letter of the inbox is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InboxKind {
    /// Somebody asks for a grant.
    Ask,
    /// Somebody made a clip with a cameo and waits for an approval.
    Draft,
    /// Somebody was asked to witness an enrolment: the clip is the recording.
    Recording,
}

/// How a letter stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InboxState {
    /// Nobody has answered.
    Waiting,
    /// A grant was given since.
    Granted,
    /// The clip was approved and is not published yet.
    Approved,
    /// It was refused.
    Refused,
    /// The clip is published.
    Published,
    /// It was published, and consent was withdrawn.
    Withdrawn,
}

impl InboxState {
    /// The word for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Granted => "granted",
            Self::Approved => "approved",
            Self::Refused => "refused",
            Self::Published => "published",
            Self::Withdrawn => "withdrawn",
        }
    }
}

/// One letter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InboxItem {
    /// Its record.
    pub letter: Rid,
    /// What it is about.
    pub kind: InboxKind,
    /// Whether this persona wrote it.
    pub mine: bool,
    /// Who wrote it, or to whom.
    pub other: AuthorId,
    /// Their profile name, or an empty text.
    pub other_name: Text,
    /// The cameo.
    pub cameo: Rid,
    /// Its name.
    pub cameo_name: Text,
    /// What is asked in words, or the prompt of the clip.
    pub words: Text,
    /// Purposes.
    pub purposes: Vec<Text>,
    /// For how many clips, when that is asked; without end when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uses: Option<u32>,
    /// For how many seconds, when that is asked.
    #[serde(default)]
    pub seconds: u64,
    /// Unix seconds, as its writer says.
    pub time: u64,
    /// The use that waits for an approval, or the cameo whose enrolment is to be witnessed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<Rid>,
    /// The grant that it was answered with, or under which the clip was made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grant: Option<Rid>,
    /// The clip's file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub blob: Option<BlobHash>,
    /// Whether the file is here.
    #[serde(default)]
    pub ready: bool,
    /// How it stands.
    pub state: InboxState,
}

/// One use of a likeness that is known here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UseRow {
    /// The cameo.
    pub cameo: Rid,
    /// Its name.
    pub cameo_name: Text,
    /// Who made the clip.
    pub creator: AuthorId,
    /// Their profile name, or an empty text.
    pub creator_name: Text,
    /// The clip's record; a draft has none.
    pub clip: Option<Rid>,
    /// Title or prompt.
    pub title: Text,
    /// The clip's file.
    pub blob: BlobHash,
    /// Whether the file can be played here.
    pub ready: bool,
    /// The id of the use.
    pub id: Rid,
    /// The grant.
    pub grant: Rid,
    /// Number of the ticket.
    pub serial: u32,
    /// What of the subject.
    pub role: Role,
    /// The parent from which a remix inherits it.
    pub from: Option<Rid>,
    /// Unix seconds, as the creator says.
    pub time: u64,
    /// `draft`, `approved`, `refused`, `published` or `withdrawn`.
    pub state: Text,
}
