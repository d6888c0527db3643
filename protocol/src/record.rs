//! The kinds of records and their fields.
//!
//! A body is a DRISL map `{v, n, k, a, c, t, b}`; the fields of a kind stand in `b`. Fields of newer versions are kept
//! (bodies are carried verbatim) and ignored; kinds this version does not know parse as [`Body::Other`], are relayed
//! within quota, and wait.

mod consent;
mod labels;
mod list;
mod sealed;

use ipld_core::ipld::Ipld;
use serde::{Deserialize, Serialize};
use serde_bytes::ByteArray;

use crate::fault::Fault;
use crate::ids::{AuthorId, BlobHash, DeviceKey, Rid, TransportKey};
use crate::limits::{
    ADDRESSES_MAX, BIO_CHARS_MAX, CLIP_BYTES_MAX, COMMENT_CHARS_MAX, DELETE_TARGETS_MAX, KIND_BYTES_MAX,
    NAME_CHARS_MAX, PARENTS_MAX, POSTER_BYTES_MAX, PROMPT_BYTES_MAX, REACTION_BYTES_MAX, SELF_LABELS_MAX,
    TITLE_CHARS_MAX,
};
use crate::recipe::{Format, Recipe};

pub use consent::{
    Approval, Approve, Audience, Cameo, Command, Consent, Directive, Effect, Grant, Grantee, Head, Open,
    Policy, Reference, ReferenceKind, Remix, Revoke, Role, Status, Target, Tickets, Use,
};
pub use labels::{Label, Labeler, Labelled, Meaning, Severity, is_value};
pub use list::{List, ListEntry};
pub use sealed::{Challenge, Liveness, Sealed};

/// The label that every generated clip carries.
pub const SYNTHETIC: &str = "synthetic";
/// Longest label, licence or socket address, in bytes.
pub const WORD_BYTES_MAX: usize = 128;

/// A record, read.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    /// Who says it.
    pub author: AuthorId,
    /// The key that signed it: a device, or the root.
    pub device: DeviceKey,
    /// Unix seconds, as the author says.
    pub time: u64,
    /// The author's root key when this was signed.
    pub root: [u8; 32],
    /// How often that key had been changed by then.
    pub rotations: usize,
    /// What is said.
    pub body: Body,
}

/// What a record says.
#[derive(Clone, Debug, PartialEq)]
pub enum Body {
    /// Name and biography of the author; the newest counts.
    Profile(Profile),
    /// A clip.
    Clip(Box<Clip>),
    /// A comment on a clip.
    Comment(Comment),
    /// A mark on a clip, set or taken back; the newest on each clip counts.
    React(React),
    /// One edge of the follow graph, set or taken back; the newest on each edge counts.
    Follow(Follow),
    /// The author's own records that are gone.
    Delete(Delete),
    /// The root key was changed; signed by the new root, whose certificate carries the change.
    Rotate,
    /// A device that may no longer sign; signed by the root.
    Device(Device),
    /// Where a node of the author can be reached; the newest of each node counts.
    Address(Address),
    /// A likeness, and what may be made of it at most.
    Cameo(Box<Cameo>),
    /// Somebody may use a likeness.
    Grant(Box<Grant>),
    /// A controller countersigns one use, or somebody attests a guardian.
    Approve(Approve),
    /// A likeness, a grant, a use or a clip is taken back.
    Revoke(Revoke),
    /// How a cameo stands now; the newest of each cameo counts.
    Head(Head),
    /// A label on a clip, a file or an author, put there or taken off; the newest of each labeler, target and value counts.
    Label(Label),
    /// What a labeler labels, and what it means by it; the newest counts.
    Labeler(Labeler),
    /// A letter to one author about a cameo.
    Sealed(Box<Sealed>),
    /// A witness asks a subject to show that they are alive.
    Challenge(Challenge),
    /// A page of a block list; the newest of each page counts.
    List(List),
    /// A kind this version does not know.
    Other {
        /// Its name.
        kind: String,
    },
}

/// See [`Body::Profile`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Profile {
    /// At most [`NAME_CHARS_MAX`] characters.
    pub name: String,
    /// At most [`BIO_CHARS_MAX`] characters.
    pub bio: String,
}

/// A blob that a record owns.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BlobRef {
    /// BLAKE3 of all its bytes.
    pub hash: BlobHash,
    /// Its bytes.
    pub size: u64,
}

/// See [`Body::Clip`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Clip {
    /// At most [`TITLE_CHARS_MAX`] characters.
    pub title: String,
    /// The prompt, or empty; at most [`PROMPT_BYTES_MAX`] bytes.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub prompt: String,
    /// AV1 + Opus in fragmented MP4, at most [`CLIP_BYTES_MAX`].
    pub blob: BlobRef,
    /// A still as PNG, at most [`POSTER_BYTES_MAX`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub poster: Option<BlobRef>,
    /// Size and length.
    pub format: Format,
    /// Random; the invisible mark will point here.
    pub tag: ByteArray<8>,
    /// What the author says of it; generated clips carry [`SYNTHETIC`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub labels: Vec<String>,
    /// Clips it was made from.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub parents: Vec<Rid>,
    /// An SPDX expression, or empty for all rights reserved.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub licence: String,
    /// What others may make of it; absent is anything that its licence allows.
    #[serde(default, skip_serializing_if = "Remix::is_free")]
    pub remix: Remix,
    /// Whose likeness is in it, and with which consent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub consent: Option<Consent>,
    /// How to make it again. Kept loosely, so that newer words do not make a record unreadable: see [`Clip::recipe`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recipe: Option<Ipld>,
}

impl Clip {
    /// A clip of which nothing is said that need not be: no title, no parents, all rights reserved, nobody in it.
    #[must_use]
    pub const fn new(blob: BlobRef, format: Format, tag: ByteArray<8>) -> Self {
        Self {
            title: String::new(),
            prompt: String::new(),
            blob,
            poster: None,
            format,
            tag,
            labels: Vec::new(),
            parents: Vec::new(),
            licence: String::new(),
            remix: Remix::Free,
            consent: None,
            recipe: None,
        }
    }

    /// The recipe, if there is one and this version can read it.
    #[must_use]
    pub fn recipe(&self) -> Option<Recipe> {
        ipld_core::serde::from_ipld(self.recipe.clone()?).ok()
    }
}

/// A recipe in the form in which records carry it.
///
/// # Errors
/// [`Fault::Malformed`] when it holds something that records cannot, such as a float.
pub fn recipe_value(recipe: &Recipe) -> Result<Ipld, Fault> {
    ipld_core::serde::to_ipld(recipe).map_err(|e| Fault::malformed("recipe", e))
}

/// See [`Body::Comment`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Comment {
    /// Which clip.
    pub on: Rid,
    /// At most [`COMMENT_CHARS_MAX`] characters.
    pub text: String,
}

/// See [`Body::React`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct React {
    /// Which clip.
    pub on: Rid,
    /// The mark, at most [`REACTION_BYTES_MAX`] bytes.
    pub mark: String,
    /// Whether it is set.
    pub set: bool,
}

/// See [`Body::Follow`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Follow {
    /// Whom.
    pub author: AuthorId,
    /// Whether it is set.
    pub set: bool,
}

/// See [`Body::Delete`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delete {
    /// At most [`DELETE_TARGETS_MAX`] records of the same author.
    pub targets: Vec<Rid>,
}

/// See [`Body::Device`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Device {
    /// Which device.
    pub device: DeviceKey,
    /// Its records from this second on do not count; earlier ones stay.
    pub revoked_from: u64,
}

/// See [`Body::Address`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Address {
    /// Key of the node on the network.
    pub transport: TransportKey,
    /// Multiaddresses, at most [`ADDRESSES_MAX`]: TCP for the network, UDP for blobs. What cannot be read is skipped.
    pub sockets: Vec<String>,
    /// Not to be used after this second.
    pub until: u64,
}

impl Body {
    /// The kind's name.
    #[must_use]
    pub fn kind(&self) -> &str {
        match self {
            Self::Profile(_) => "profile",
            Self::Clip(_) => "clip",
            Self::Comment(_) => "comment",
            Self::React(_) => "react",
            Self::Follow(_) => "follow",
            Self::Delete(_) => "delete",
            Self::Rotate => "rotate",
            Self::Device(_) => "device",
            Self::Address(_) => "address",
            Self::Cameo(_) => "cameo",
            Self::Grant(_) => "grant",
            Self::Approve(_) => "approve",
            Self::Revoke(_) => "revoke",
            Self::Head(_) => "head",
            Self::Label(_) => "label",
            Self::Labeler(_) => "labeler",
            Self::Sealed(_) => "sealed",
            Self::Challenge(_) => "challenge",
            Self::List(_) => "list",
            Self::Other { kind } => kind,
        }
    }

    /// Whether the record protects people and so goes before all others: deletions, revocations, rotations, consent, and
    /// letters about it.
    #[must_use]
    pub fn is_safety(&self) -> bool {
        matches!(self, Self::Delete(_) | Self::Rotate | Self::Device(_) | Self::Sealed(_))
            || self.is_consent()
    }

    /// Whether it says who may be shown.
    #[must_use]
    pub const fn is_consent(&self) -> bool {
        matches!(
            self,
            Self::Cameo(_)
                | Self::Grant(_)
                | Self::Approve(_)
                | Self::Revoke(_)
                | Self::Head(_)
                | Self::Challenge(_)
        )
    }

    /// Whether only the root key may sign it.
    #[must_use]
    pub const fn needs_root(&self) -> bool {
        matches!(self, Self::Rotate | Self::Device(_))
    }

    /// Reads the fields of a kind and checks their bounds.
    ///
    /// # Errors
    /// [`Fault::Malformed`] or [`Fault::TooMany`], naming the field.
    pub fn read(kind: &str, fields: Ipld) -> Result<Self, Fault> {
        fn get<T: serde::de::DeserializeOwned>(fields: Ipld) -> Result<T, Fault> {
            ipld_core::serde::from_ipld(fields).map_err(|e| Fault::malformed("b", e))
        }
        let body = match kind {
            "profile" => Self::Profile(get(fields)?),
            "clip" => Self::Clip(Box::new(get(fields)?)),
            "comment" => Self::Comment(get(fields)?),
            "react" => Self::React(get(fields)?),
            "follow" => Self::Follow(get(fields)?),
            "delete" => Self::Delete(get(fields)?),
            "rotate" => Self::Rotate,
            "device" => Self::Device(get(fields)?),
            "address" => Self::Address(get(fields)?),
            "cameo" => Self::Cameo(Box::new(get(fields)?)),
            "grant" => Self::Grant(Box::new(get(fields)?)),
            "approve" => Self::Approve(get(fields)?),
            "revoke" => Self::Revoke(get(fields)?),
            "head" => Self::Head(get(fields)?),
            "label" => Self::Label(get(fields)?),
            "labeler" => Self::Labeler(get(fields)?),
            "sealed" => Self::Sealed(Box::new(get(fields)?)),
            "challenge" => Self::Challenge(get(fields)?),
            "list" => Self::List(get(fields)?),
            kind => Self::Other { kind: kind.to_owned() },
        };
        body.bounds()?;
        Ok(body)
    }

    /// The fields as they stand in a record.
    ///
    /// # Errors
    /// The first bound that is broken; [`Body::Other`] cannot be written.
    pub fn write(&self) -> Result<Ipld, Fault> {
        self.bounds()?;
        let put =
            |value: Result<Ipld, ipld_core::serde::SerdeError>| value.map_err(|e| Fault::malformed("b", e));
        match self {
            Self::Profile(b) => put(ipld_core::serde::to_ipld(b)),
            Self::Clip(b) => put(ipld_core::serde::to_ipld(b)),
            Self::Comment(b) => put(ipld_core::serde::to_ipld(b)),
            Self::React(b) => put(ipld_core::serde::to_ipld(b)),
            Self::Follow(b) => put(ipld_core::serde::to_ipld(b)),
            Self::Delete(b) => put(ipld_core::serde::to_ipld(b)),
            Self::Rotate => Ok(Ipld::Map(std::collections::BTreeMap::new())),
            Self::Device(b) => put(ipld_core::serde::to_ipld(b)),
            Self::Address(b) => put(ipld_core::serde::to_ipld(b)),
            Self::Cameo(b) => put(ipld_core::serde::to_ipld(b)),
            Self::Grant(b) => put(ipld_core::serde::to_ipld(b)),
            Self::Approve(b) => put(ipld_core::serde::to_ipld(b)),
            Self::Revoke(b) => put(ipld_core::serde::to_ipld(b)),
            Self::Head(b) => put(ipld_core::serde::to_ipld(b)),
            Self::Label(b) => put(ipld_core::serde::to_ipld(b)),
            Self::Labeler(b) => put(ipld_core::serde::to_ipld(b)),
            Self::Sealed(b) => put(ipld_core::serde::to_ipld(b)),
            Self::Challenge(b) => put(ipld_core::serde::to_ipld(b)),
            Self::List(b) => put(ipld_core::serde::to_ipld(b)),
            Self::Other { .. } => {
                Err(Fault::malformed("k", "a kind this version does not know cannot be written"))
            }
        }
    }

    /// Checks every bound named on the fields.
    fn bounds(&self) -> Result<(), Fault> {
        match self {
            Self::Profile(b) => {
                chars("name", &b.name, NAME_CHARS_MAX)?;
                chars("bio", &b.bio, BIO_CHARS_MAX)
            }
            Self::Clip(clip) => clip.bounds(),
            Self::Comment(b) => {
                if b.text.trim().is_empty() {
                    return Err(Fault::malformed("text", "empty"));
                }
                chars("text", &b.text, COMMENT_CHARS_MAX)
            }
            Self::React(b) => {
                if b.mark.trim().is_empty() {
                    return Err(Fault::malformed("mark", "empty"));
                }
                at_most("mark", b.mark.len(), REACTION_BYTES_MAX)
            }
            Self::Delete(b) => {
                if b.targets.is_empty() {
                    return Err(Fault::malformed("targets", "empty"));
                }
                at_most("targets", b.targets.len(), DELETE_TARGETS_MAX)
            }
            Self::Address(b) => {
                at_most("sockets", b.sockets.len(), ADDRESSES_MAX)?;
                b.sockets.iter().try_for_each(|s| at_most("sockets", s.len(), WORD_BYTES_MAX))
            }
            Self::Other { kind } => {
                // The name is logged and counted by; later versions choose theirs from the same letters.
                if kind.is_empty() || !kind.bytes().all(|b| b.is_ascii_lowercase() || b == b'_') {
                    return Err(Fault::malformed("k", "a kind is named by the letters a to z and _"));
                }
                at_most("k", kind.len(), KIND_BYTES_MAX)
            }
            Self::Cameo(b) => b.bounds(),
            Self::Grant(b) => b.bounds(),
            Self::Label(b) => b.bounds(),
            Self::Labeler(b) => b.bounds(),
            Self::Sealed(b) => b.bounds(),
            Self::List(b) => b.bounds(),
            Self::Follow(_)
            | Self::Rotate
            | Self::Device(_)
            | Self::Approve(_)
            | Self::Revoke(_)
            | Self::Head(_)
            | Self::Challenge(_) => Ok(()),
        }
    }
}

impl Clip {
    fn bounds(&self) -> Result<(), Fault> {
        chars("title", &self.title, TITLE_CHARS_MAX)?;
        at_most("prompt", self.prompt.len(), PROMPT_BYTES_MAX)?;
        at_most("labels", self.labels.len(), SELF_LABELS_MAX)?;
        self.labels.iter().try_for_each(|l| at_most("labels", l.len(), WORD_BYTES_MAX))?;
        at_most("parents", self.parents.len(), PARENTS_MAX)?;
        at_most("licence", self.licence.len(), WORD_BYTES_MAX)?;
        if self.blob.size == 0 || self.blob.size > CLIP_BYTES_MAX {
            return Err(Fault::malformed("blob", "empty, or larger than any clip"));
        }
        if self.poster.is_some_and(|p| p.size == 0 || p.size > POSTER_BYTES_MAX) {
            return Err(Fault::malformed("poster", "empty, or larger than any poster"));
        }
        let format = &self.format;
        let sides = (16..=1_920).contains(&format.width) && (16..=1_920).contains(&format.height);
        if !sides || !(1..=60).contains(&format.fps) || !(1..=1_800).contains(&format.frames) {
            return Err(Fault::malformed("format", "sides 16 to 1920, 1 to 60 frames/s, 1 to 1800 frames"));
        }
        self.consent.as_ref().map_or(Ok(()), Consent::bounds)
    }
}

fn chars(field: &str, text: &str, max: usize) -> Result<(), Fault> {
    at_most(field, text.chars().count(), max)
}

fn at_most(field: &str, found: usize, max: usize) -> Result<(), Fault> {
    if found > max { Err(Fault::TooMany { field: field.to_owned(), max: max as u64 }) } else { Ok(()) }
}
