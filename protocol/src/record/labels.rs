//! The kinds of records that say what is in a clip: `label` and `labeler`. Fields and their bounds, nothing else: what a
//! label does to a clip on a node is the business of [`crate::labels`].

use serde::{Deserialize, Serialize};

use super::{at_most, chars};
use crate::fault::Fault;
use crate::ids::{AuthorId, BlobHash, Rid};
use crate::limits::{
    BIO_CHARS_MAX, LABEL_MEANS_CHARS_MAX, LABEL_VALUE_BYTES_MAX, LABEL_WHY_CHARS_MAX, LABELER_VALUES_MAX,
    NAME_CHARS_MAX,
};

/// Domain of the place in which the labels of one value on one target stand.
const DOMAIN: &[u8] = b"kinora/label/1\0";

/// What a label is put on. Ordered from the most particular.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Labelled {
    /// One clip, by its record.
    Clip(Rid),
    /// A file, whichever record names it: an upload of the same bytes is the same file.
    Blob(BlobHash),
    /// Everything an author publishes.
    Author(AuthorId),
}

impl Labelled {
    /// Number of the sort of target, and the id: what keys are made of.
    #[must_use]
    pub const fn parts(&self) -> (u8, &[u8; 32]) {
        match self {
            Self::Clip(rid) => (0, rid.as_bytes()),
            Self::Blob(hash) => (1, hash.as_bytes()),
            Self::Author(author) => (2, author.as_bytes()),
        }
    }
}

/// How much a label weighs. Ordered from the lightest.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// It is told beside the clip.
    #[default]
    Inform,
    /// It covers the clip until it is opened.
    Warn,
    /// It hides the clip.
    Hide,
}

impl Severity {
    /// The word in records, JSON and on the command line.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Inform => "inform",
            Self::Warn => "warn",
            Self::Hide => "hide",
        }
    }
}

/// See [`Body::Label`](super::Body::Label).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Label {
    /// On what.
    pub on: Labelled,
    /// Which label: a word of small letters, digits and `-`, at most [`LABEL_VALUE_BYTES_MAX`] bytes.
    pub value: String,
    /// Whether it is put there or taken off.
    pub set: bool,
    /// In force until this second; without end when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<u64>,
    /// Why, for people; at most [`LABEL_WHY_CHARS_MAX`] characters.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub why: String,
}

impl Label {
    /// The register of the labeler in which it stands: one for each target and value.
    #[must_use]
    pub fn register(&self) -> [u8; 32] {
        let (sort, id) = self.on.parts();
        let mut hasher = blake3::Hasher::new();
        hasher.update(DOMAIN).update(&[sort]).update(id).update(self.value.as_bytes());
        *hasher.finalize().as_bytes()
    }

    /// Whether it is in force at a second.
    #[must_use]
    pub fn holds(&self, now: u64) -> bool {
        self.set && self.until.is_none_or(|until| now < until)
    }

    pub(super) fn bounds(&self) -> Result<(), Fault> {
        value("value", &self.value)?;
        chars("why", &self.why, LABEL_WHY_CHARS_MAX)
    }
}

/// See [`Body::Labeler`](super::Body::Labeler).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Labeler {
    /// What it is called; at most [`NAME_CHARS_MAX`] characters.
    pub name: String,
    /// What it labels and by which rules; at most [`BIO_CHARS_MAX`] characters.
    pub about: String,
    /// The labels it uses, each once; at most [`LABELER_VALUES_MAX`]. A label of a value that is not here weighs nothing.
    pub values: Vec<Meaning>,
}

/// What a labeler means by a label.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Meaning {
    /// Which label.
    pub value: String,
    /// How much it weighs.
    pub severity: Severity,
    /// Whether it weighs that for who subscribed and chose nothing; if not, it is only told until they choose.
    pub default: bool,
    /// In words; at most [`LABEL_MEANS_CHARS_MAX`] characters.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub means: String,
}

impl Labeler {
    /// What is meant by a value; none when it is not declared.
    #[must_use]
    pub fn meaning(&self, value: &str) -> Option<&Meaning> {
        self.values.iter().find(|meaning| meaning.value == value)
    }

    pub(super) fn bounds(&self) -> Result<(), Fault> {
        if self.name.trim().is_empty() {
            return Err(Fault::malformed("name", "empty"));
        }
        chars("name", &self.name, NAME_CHARS_MAX)?;
        chars("about", &self.about, BIO_CHARS_MAX)?;
        at_most("values", self.values.len(), LABELER_VALUES_MAX)?;
        for (at, meaning) in self.values.iter().enumerate() {
            value("values", &meaning.value)?;
            chars("means", &meaning.means, LABEL_MEANS_CHARS_MAX)?;
            // Of two meanings nobody could tell which one counts.
            if self.values.iter().take(at).any(|other| other.value == meaning.value) {
                return Err(Fault::malformed("values", "one value is declared twice"));
            }
        }
        Ok(())
    }
}

/// Whether a text can be the value of a label.
#[must_use]
pub fn is_value(text: &str) -> bool {
    let letters = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    text.len() <= LABEL_VALUE_BYTES_MAX
        && text.bytes().next().is_some_and(|b| b.is_ascii_lowercase())
        && text.bytes().all(letters)
}

fn value(field: &str, text: &str) -> Result<(), Fault> {
    at_most(field, text.len(), LABEL_VALUE_BYTES_MAX)?;
    if is_value(text) {
        return Ok(());
    }
    Err(Fault::malformed(field, "a label begins with a letter a to z and has such letters, digits and -"))
}
