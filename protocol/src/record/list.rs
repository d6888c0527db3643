//! The kind `list`: one page of a block list, made from hashes and never from media.
//!
//! A page is a register: the newest one counts, and an empty one takes everything on it off. Whoever subscribes to the
//! list of an author refuses and hides what matches; to all others it says nothing.

use serde::{Deserialize, Serialize};
use serde_bytes::ByteArray;

use super::{at_most, chars};
use crate::fault::Fault;
use crate::fingerprint::{SECOND_BYTES, Second};
use crate::ids::BlobHash;
use crate::limits::{
    FINGERPRINT_QUALITY_MIN, LIST_ENTRIES_MAX, LIST_NAME_BYTES_MAX, LIST_PAGES_MAX, LIST_REASON_CHARS_MAX,
    LIST_SECONDS_MAX,
};

/// What the register of a page is named by.
const PAGE: &[u8] = b"kinora/list/1\0";

/// See [`Body::List`](super::Body::List).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct List {
    /// Name of the list: the letters a to z, digits and `-`, at most [`LIST_NAME_BYTES_MAX`].
    pub name: String,
    /// Number of the page, below [`LIST_PAGES_MAX`].
    pub page: u32,
    /// What is on it, at most [`LIST_ENTRIES_MAX`]; none takes the page off.
    pub entries: Vec<ListEntry>,
}

/// One clip that is listed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListEntry {
    /// Why, at most [`LIST_REASON_CHARS_MAX`] characters.
    pub reason: String,
    /// BLAKE3 of its file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<BlobHash>,
    /// Packed [seconds](Second) of its picture, at most [`LIST_SECONDS_MAX`], none of a quality below
    /// [`FINGERPRINT_QUALITY_MIN`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub seconds: Vec<ByteArray<SECOND_BYTES>>,
}

impl List {
    /// What the register of this page is named by.
    #[must_use]
    pub fn target(&self) -> [u8; 32] {
        let mut hasher = blake3::Hasher::new();
        hasher.update(PAGE).update(&self.page.to_be_bytes()).update(self.name.as_bytes());
        *hasher.finalize().as_bytes()
    }

    /// Whether this may be the name of a list.
    #[must_use]
    pub fn is_name(name: &str) -> bool {
        let letter = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        (1..=LIST_NAME_BYTES_MAX).contains(&name.len()) && name.bytes().all(letter)
    }

    pub(super) fn bounds(&self) -> Result<(), Fault> {
        if !Self::is_name(&self.name) {
            let why = format!("1 to {LIST_NAME_BYTES_MAX} of the letters a to z, digits and -");
            return Err(Fault::malformed("name", why));
        }
        if self.page >= LIST_PAGES_MAX {
            return Err(Fault::TooMany {
                field: "page".to_owned(),
                max: u64::from(LIST_PAGES_MAX.saturating_sub(1)),
            });
        }
        at_most("entries", self.entries.len(), LIST_ENTRIES_MAX)?;
        self.entries.iter().try_for_each(ListEntry::bounds)
    }
}

impl ListEntry {
    /// Its seconds, unpacked.
    pub fn prints(&self) -> impl Iterator<Item = Second> {
        self.seconds.iter().map(|packed| Second::unpack(packed))
    }

    fn bounds(&self) -> Result<(), Fault> {
        chars("reason", &self.reason, LIST_REASON_CHARS_MAX)?;
        at_most("seconds", self.seconds.len(), LIST_SECONDS_MAX)?;
        if self.file.is_none() && self.seconds.is_empty() {
            return Err(Fault::malformed("entries", "one that names neither a file nor a picture"));
        }
        // A plain picture looks like every other plain one: a list of those would block them all.
        if !self.prints().all(|second| second.is_telling()) {
            let why = format!("a second of a quality below {FINGERPRINT_QUALITY_MIN} tells nothing");
            return Err(Fault::malformed("seconds", why));
        }
        Ok(())
    }
}
