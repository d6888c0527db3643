//! Identifiers: 32 bytes each, written as 64 lower-case hexadecimal digits.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// An identifier that could not be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an id: expected 64 hexadecimal digits, found {found:?}")]
pub struct IdError {
    /// The first characters of what was found, escaped.
    pub found: String,
}

/// Reads 64 hexadecimal digits (either case).
fn parse_hex(text: &str) -> Result<[u8; 32], IdError> {
    let fail = || IdError { found: text.chars().take(80).flat_map(char::escape_default).collect() };
    let mut out = [0u8; 32];
    // Digits only: `from_str_radix` would take a sign as well, and an id has one spelling but for case.
    if text.len() != 64 || !text.bytes().all(|b| b.is_ascii_hexdigit()) {
        return Err(fail());
    }
    for (byte, pair) in out.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
        let pair = std::str::from_utf8(pair).map_err(|_| fail())?;
        *byte = u8::from_str_radix(pair, 16).map_err(|_| fail())?;
    }
    Ok(out)
}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub [u8; 32]);

        impl $name {
            /// The bytes.
            #[must_use]
            pub const fn as_bytes(&self) -> &[u8; 32] {
                &self.0
            }

            /// The first eight digits, for display beside a name.
            #[must_use]
            pub fn short(&self) -> String {
                self.to_string().chars().take(8).collect()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({})", stringify!($name), self.short())
            }
        }

        impl FromStr for $name {
            type Err = IdError;
            fn from_str(text: &str) -> Result<Self, IdError> {
                parse_hex(text).map(Self)
            }
        }

        /// Text in human-readable formats (JSON), bytes in binary ones (DRISL, postcard).
        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                if serializer.is_human_readable() {
                    serializer.collect_str(self)
                } else {
                    serializer.serialize_bytes(&self.0)
                }
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                if deserializer.is_human_readable() {
                    let text = String::deserialize(deserializer)?;
                    text.parse().map_err(de::Error::custom)
                } else {
                    serde_bytes::ByteArray::<32>::deserialize(deserializer).map(|b| Self(b.into_array()))
                }
            }
        }
    };
}

id! {
    /// Record id: `BLAKE3("kinora/record/1\0" ‖ body)`. It covers the body and not the signature.
    Rid
}
id! {
    /// An author (creator, persona): the hash of the genesis of an identity. It survives key rotation.
    AuthorId
}
id! {
    /// BLAKE3 of all bytes of a blob.
    BlobHash
}
id! {
    /// An Ed25519 public key of a device, which signs records under a certificate of the author's root.
    DeviceKey
}
id! {
    /// An Ed25519 public key of a node on the network. The same key is the libp2p peer and the iroh endpoint.
    TransportKey
}

impl BlobHash {
    /// Hashes `bytes`.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        Self(*blake3::hash(bytes).as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_form_round_trips_and_rejects_other_lengths() {
        let id = BlobHash::of(b"kinora");
        assert_eq!(id.to_string().parse::<BlobHash>().unwrap(), id);
        for bad in ["", "00", &"g".repeat(64), &"0".repeat(63), &"0".repeat(65), &"é".repeat(32)] {
            assert!(bad.parse::<BlobHash>().is_err(), "{bad:?} must be refused");
        }
    }

    #[test]
    fn a_sign_is_no_digit() {
        for bad in ["+f".repeat(32), "-0".repeat(32), format!("+{}", "0".repeat(63))] {
            assert!(bad.parse::<Rid>().is_err(), "{bad:?} must be refused");
        }
    }

    #[test]
    fn json_is_text_and_postcard_is_bytes() {
        let id = Rid([7; 32]);
        let json = serde_json::to_string(&id).unwrap();
        assert_eq!(json, format!("\"{}\"", "07".repeat(32)));
        assert_eq!(serde_json::from_str::<Rid>(&json).unwrap(), id);
        let wire = postcard::to_stdvec(&id).unwrap();
        assert_eq!(postcard::from_bytes::<Rid>(&wire).unwrap(), id);
    }
}
