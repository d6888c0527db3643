//! Letters: what two people write to each other about a cameo, inside a `sealed` record.
//!
//! This owns what is written and its bounds, and the bytes that bind a letter to its writer and reader. The cryptography
//! is HPKE (RFC 9180) and belongs to whoever holds the keys.

use serde::{Deserialize, Serialize};
use serde_bytes::ByteArray;

use crate::drisl;
use crate::fault::Fault;
use crate::ids::{AuthorId, Rid};
use crate::limits::{
    CONSENT_GRANT_SECONDS_MAX, CONSENT_NOTE_CHARS_MAX, CONSENT_PURPOSES_MAX, CONSENT_WORD_BYTES_MAX,
    SEALED_BLOB_BYTES_MAX, SEALED_PARTS_MAX,
};
use crate::record::{Body, Clip, Sealed};

const CONTEXT: &[u8] = b"kinora/sealed/1\0";

/// What a letter says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Letter {
    /// May I use your cameo?
    Ask(Ask),
    /// No, I do not grant what this letter asks.
    Refuse {
        /// The `sealed` record that asked.
        ask: Rid,
    },
    /// This clip of mine uses your cameo. The blob has its file.
    Notice {
        /// The clip as its record will say, but for titles, labels, recipe, staples and signatures: enough for the id of
        /// the use.
        clip: Box<Clip>,
    },
    /// I was granted your cameo: send me its stills.
    Need {
        /// The grant.
        grant: Rid,
    },
    /// These are the stills. The blob has each behind the salt of its commitment.
    Stills {
        /// The grant under which they are given.
        grant: Rid,
    },
    /// A recording in which somebody speaks the phrase of a challenge. The blob has it.
    Recording {
        /// The challenge.
        challenge: Rid,
        /// The salt of its commitment.
        salt: ByteArray<32>,
    },
}

/// What is asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ask {
    /// For which purposes.
    pub purposes: Vec<String>,
    /// For how many clips; without end when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uses: Option<u32>,
    /// For how many seconds.
    pub seconds: u64,
    /// In words.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
}

impl Letter {
    /// The bytes that are sealed.
    ///
    /// # Errors
    /// The bound that is broken.
    pub fn encode(&self) -> Result<Vec<u8>, Fault> {
        self.bounds()?;
        drisl::encode(self)
    }

    /// Reads opened bytes.
    ///
    /// # Errors
    /// When they are no letter, or break a bound.
    pub fn decode(bytes: &[u8]) -> Result<Self, Fault> {
        let letter: Self = drisl::decode(bytes)?;
        letter.bounds()?;
        Ok(letter)
    }

    fn bounds(&self) -> Result<(), Fault> {
        match self {
            Self::Ask(ask) => {
                let long = ask.purposes.iter().any(|word| word.len() > CONSENT_WORD_BYTES_MAX);
                if long || ask.purposes.len() > CONSENT_PURPOSES_MAX {
                    return Err(Fault::malformed("purposes", "too many, or too long"));
                }
                if ask.note.chars().count() > CONSENT_NOTE_CHARS_MAX {
                    return Err(Fault::malformed("note", "too long"));
                }
                if ask.seconds == 0 || ask.seconds > CONSENT_GRANT_SECONDS_MAX || ask.uses == Some(0) {
                    return Err(Fault::malformed(
                        "seconds",
                        "a grant is for a clip or more, and a year at most",
                    ));
                }
                Ok(())
            }
            // A clip in a letter keeps to the bounds of one in a record.
            Self::Notice { clip } => Body::Clip(clip.clone()).write().map(|_| ()),
            Self::Refuse { .. } | Self::Need { .. } | Self::Stills { .. } | Self::Recording { .. } => Ok(()),
        }
    }

    /// Whether a blob comes with it.
    #[must_use]
    pub const fn has_blob(&self) -> bool {
        matches!(self, Self::Notice { .. } | Self::Stills { .. } | Self::Recording { .. })
    }
}

/// The `info` of HPKE: who writes to whom about what. A letter that somebody else signs again does not open.
#[must_use]
pub fn context(from: AuthorId, letter: &Sealed) -> Vec<u8> {
    let Sealed { to, cameo, key, .. } = letter;
    [CONTEXT, from.as_bytes(), to.as_bytes(), cameo.as_bytes(), key.as_slice()].concat()
}

/// Joins the parts of a blob: each behind its length in four bytes, the least significant first.
///
/// # Errors
/// When there are too many, or they are too large.
pub fn join<'a>(parts: impl IntoIterator<Item = &'a [u8]>) -> Result<Vec<u8>, Fault> {
    let mut out = Vec::new();
    for (count, part) in parts.into_iter().enumerate() {
        let length = u32::try_from(part.len()).ok().filter(|_| count < SEALED_PARTS_MAX);
        let length = length.ok_or_else(|| Fault::malformed("blob", "too many parts, or too large ones"))?;
        out.extend_from_slice(&length.to_le_bytes());
        out.extend_from_slice(part);
    }
    if out.len() as u64 > SEALED_BLOB_BYTES_MAX {
        return Err(Fault::malformed("blob", "larger than any letter"));
    }
    Ok(out)
}

/// The parts of an opened blob.
///
/// # Errors
/// When it is not made of parts.
pub fn parts(mut bytes: &[u8]) -> Result<Vec<&[u8]>, Fault> {
    let wrong = || Fault::malformed("blob", "it is not made of parts");
    let mut parts = Vec::new();
    while !bytes.is_empty() {
        let (length, rest) = bytes.split_first_chunk::<4>().ok_or_else(wrong)?;
        let length = usize::try_from(u32::from_le_bytes(*length)).map_err(|_| wrong())?;
        let (part, rest) = rest.split_at_checked(length).ok_or_else(wrong)?;
        if parts.len() >= SEALED_PARTS_MAX {
            return Err(wrong());
        }
        parts.push(part);
        bytes = rest;
    }
    Ok(parts)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn ask() -> Ask {
        Ask { purposes: vec!["comedy".to_owned()], uses: Some(3), seconds: 3600, note: "please".to_owned() }
    }

    #[test]
    fn letters_round_trip_and_keep_their_bounds() {
        for letter in [
            Letter::Ask(ask()),
            Letter::Refuse { ask: Rid([1; 32]) },
            Letter::Need { grant: Rid([2; 32]) },
            Letter::Recording { challenge: Rid([3; 32]), salt: [4; 32].into() },
        ] {
            assert_eq!(Letter::decode(&letter.encode().unwrap()).unwrap(), letter);
        }
        for wrong in [
            Ask { purposes: vec!["x".repeat(33)], ..ask() },
            Ask { purposes: vec!["x".to_owned(); 17], ..ask() },
            Ask { note: "x".repeat(501), ..ask() },
            Ask { uses: Some(0), ..ask() },
            Ask { seconds: 0, ..ask() },
            Ask { seconds: CONSENT_GRANT_SECONDS_MAX + 1, ..ask() },
        ] {
            assert!(Letter::Ask(wrong.clone()).encode().is_err(), "{wrong:?}");
            let bytes = drisl::encode(&Letter::Ask(wrong)).unwrap();
            assert!(Letter::decode(&bytes).is_err());
        }
    }

    #[test]
    fn another_writer_reader_cameo_or_key_is_another_context() {
        let letter = Sealed {
            to: AuthorId([1; 32]),
            cameo: Rid([2; 32]),
            key: [3; 32].into(),
            enc: [4; 32].into(),
            body: serde_bytes::ByteBuf::new(),
            blob: None,
        };
        let own = context(AuthorId([0; 32]), &letter);
        let others = [
            context(AuthorId([9; 32]), &letter),
            context(AuthorId([0; 32]), &Sealed { to: AuthorId([9; 32]), ..letter.clone() }),
            context(AuthorId([0; 32]), &Sealed { cameo: Rid([9; 32]), ..letter.clone() }),
            context(AuthorId([0; 32]), &Sealed { key: [9; 32].into(), ..letter }),
        ];
        assert!(others.iter().all(|other| *other != own));
    }

    proptest! {
        #[test]
        fn parts_come_back_and_nothing_panics(parts_in in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..40), 0..8), noise: Vec<u8>) {
            let joined = join(parts_in.iter().map(Vec::as_slice)).unwrap();
            prop_assert_eq!(parts(&joined).unwrap(), parts_in.iter().map(Vec::as_slice).collect::<Vec<_>>());
            drop((parts(&noise), Letter::decode(&noise)));
        }
    }
}
