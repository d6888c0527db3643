//! Faults: what a peer sent wrong, as data. They are logged by their code, counted, and never our failure.

use serde::{Deserialize, Serialize};

use crate::text::Text;

/// Longest reason, in characters. Reasons may quote what was sent, so they are cut and made safe to log.
const WHY_CHARS_MAX: usize = 160;

/// Why bytes are not a record we accept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(tag = "fault", rename_all = "snake_case")]
pub enum Fault {
    /// More bytes than a record may have.
    #[error("{size} bytes are more than the limit of {max}")]
    TooLarge {
        /// Bytes found.
        size: u64,
        /// Bytes allowed.
        max: u64,
    },
    /// Not deterministic DRISL: another encoder could write the same data differently.
    #[error("not canonical DRISL at byte {at}: {why}")]
    NotCanonical {
        /// Offset of the first offending byte.
        at: u64,
        /// The rule that is broken.
        why: String,
    },
    /// Well-formed, but not what the specification says.
    #[error("field {field}: {why}")]
    Malformed {
        /// Which field.
        field: String,
        /// What is wrong with it.
        why: String,
    },
    /// More items, or longer text, than allowed.
    #[error("field {field} is longer than {max}")]
    TooMany {
        /// Which field.
        field: String,
        /// What is allowed.
        max: u64,
    },
    /// Made for another network.
    #[error("made for another network")]
    WrongNetwork,
    /// The signature does not hold.
    #[error("the signature does not hold")]
    BadSignature,
    /// A key of small order, with which anybody can sign.
    #[error("a weak key")]
    WeakKey,
    /// The certificate does not bind this device to this author.
    #[error("the certificate does not hold: {why}")]
    BadCertificate {
        /// The rule that is broken.
        why: String,
    },
    /// The record's time is outside the certificate's.
    #[error("the certificate was not valid at the record's time")]
    CertificateExpired,
    /// Only the root key may sign this kind.
    #[error("only the root key may sign a {kind} record")]
    NotByRoot {
        /// The kind.
        kind: String,
    },
}

impl Fault {
    /// A stable word for logs, counters and test vectors.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::TooLarge { .. } => "too_large",
            Self::NotCanonical { .. } => "not_canonical",
            Self::Malformed { .. } => "malformed",
            Self::TooMany { .. } => "too_many",
            Self::WrongNetwork => "wrong_network",
            Self::BadSignature => "bad_signature",
            Self::WeakKey => "weak_key",
            Self::BadCertificate { .. } => "bad_certificate",
            Self::CertificateExpired => "certificate_expired",
            Self::NotByRoot { .. } => "not_by_root",
        }
    }

    pub(crate) fn malformed(field: &str, why: impl ToString) -> Self {
        let why = Text::line(&why.to_string(), WHY_CHARS_MAX).as_str().to_owned();
        Self::Malformed { field: field.to_owned(), why }
    }

    pub(crate) fn certificate(why: &str) -> Self {
        Self::BadCertificate { why: why.to_owned() }
    }
}
