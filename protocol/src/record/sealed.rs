//! The kinds of records between two people about a likeness: `sealed`, a letter that only its reader opens, and
//! `challenge`, the nonce of a witness. Fields and bounds; what stands in a letter is the business of [`crate::sealed`].

use serde::{Deserialize, Serialize};
use serde_bytes::{ByteArray, ByteBuf};

use super::{BlobRef, at_most};
use crate::fault::Fault;
use crate::ids::{AuthorId, Rid};
use crate::limits::{CONSENT_WITNESSES_MAX, SEALED_BLOB_BYTES_MAX, SEALED_BODY_BYTES_MAX};

/// See [`Body::Sealed`](super::Body::Sealed). Who writes to whom about which cameo is public; what is written is not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sealed {
    /// For whom.
    pub to: AuthorId,
    /// About which cameo.
    pub cameo: Rid,
    /// The writer's X25519 key, to which an answer is sealed.
    pub key: ByteArray<32>,
    /// The encapsulated key (RFC 9180).
    pub enc: ByteArray<32>,
    /// The letter, sealed; at most [`SEALED_BODY_BYTES_MAX`].
    pub body: ByteBuf,
    /// A blob with what is too large for a record, sealed after the letter under the same context.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub blob: Option<BlobRef>,
}

impl Sealed {
    pub(super) fn bounds(&self) -> Result<(), Fault> {
        at_most("body", self.body.len(), SEALED_BODY_BYTES_MAX)?;
        if self.blob.is_some_and(|blob| blob.size == 0 || blob.size > SEALED_BLOB_BYTES_MAX) {
            return Err(Fault::malformed("blob", "empty, or larger than any letter"));
        }
        Ok(())
    }
}

/// See [`Body::Challenge`](super::Body::Challenge). The record's id is a nonce that its subject could not foresee.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Challenge {
    /// Who is to show that they are alive.
    pub subject: AuthorId,
    /// Random.
    pub nonce: ByteArray<32>,
}

/// What a cameo says of its enrolment: a phrase made of a witness's fresh nonce was spoken, and a witness saw it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Liveness {
    /// The `challenge` record that the phrase is made of.
    pub challenge: Rid,
    /// Hash of the phrase, see [`phrase_hash`](crate::consent::phrase_hash).
    pub phrase: ByteArray<32>,
    /// `BLAKE3(salt ‖ recording)`, with a salt of 32 bytes that is never published.
    pub commit: ByteArray<32>,
    /// Who may witness it, by an `approve` of the cameo; at most [`CONSENT_WITNESSES_MAX`].
    pub witnesses: Vec<AuthorId>,
}

impl Liveness {
    pub(super) fn bounds(&self) -> Result<(), Fault> {
        at_most("witnesses", self.witnesses.len(), CONSENT_WITNESSES_MAX)
    }
}
