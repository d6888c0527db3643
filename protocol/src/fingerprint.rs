//! Fingerprints as they travel: what an inspector found in a clip, and what the entries of a block list hold.
//!
//! How they are made and compared is `specs/fingerprint.md` and the business of `media`; here are only the bytes and
//! their bounds. A fingerprint says "alike", never "the same": it is a pointer beside a signature, and no proof.

use serde::{Deserialize, Serialize};
use serde_bytes::ByteArray;

use crate::badge::Corner;
use crate::limits::{FINGERPRINT_QUALITY_MIN, FINGERPRINT_SECONDS_MAX, FINGERPRINT_WORDS_MAX};

/// Thousandths of each side of a picture that are cut off, half at either end, for the seconds that a fingerprint knows
/// cropped. A picture is known when it was cropped by about fifteen thousandths more or less than one of them.
pub const CROPS_PERMILLE: [u16; 4] = [25, 50, 75, 100];
/// Ways of changing a picture that a fingerprint knows: under the label in each corner, each crop, enlarged under the label in
/// each corner, and enlarged.
pub const ALTERED_MAX: usize = Corner::ALL.len() + CROPS_PERMILLE.len() + Corner::ALL.len() + 1;
/// Bytes of a packed second: its hash, then its quality.
pub const SECOND_BYTES: usize = 33;
/// The best quality that there is.
const QUALITY_MAX: u8 = 100;

/// The fingerprint of one second of picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Second {
    /// The PDQ hash of its first frame, most significant byte first.
    pub hash: ByteArray<32>,
    /// How much there is to see, 0 … 100.
    pub quality: u8,
}

impl Second {
    /// Whether there is enough to see to compare it with others.
    #[must_use]
    pub const fn is_telling(&self) -> bool {
        self.quality >= FINGERPRINT_QUALITY_MIN && self.quality <= QUALITY_MAX
    }

    /// As it stands in records and stores.
    #[must_use]
    pub fn pack(&self) -> [u8; SECOND_BYTES] {
        let mut out = [self.quality; SECOND_BYTES];
        if let Some(hash) = out.first_chunk_mut() {
            *hash = *self.hash;
        }
        out
    }

    /// Reads what [`Second::pack`] made.
    #[must_use]
    pub fn unpack(bytes: &[u8; SECOND_BYTES]) -> Self {
        let hash = bytes.first_chunk().copied().unwrap_or_default();
        Self { hash: hash.into(), quality: bytes.last().copied().unwrap_or_default() }
    }
}

/// What a clip looks and sounds like.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fingerprint {
    /// One for each second of picture, at most [`FINGERPRINT_SECONDS_MAX`]; a still has one.
    pub seconds: Vec<Second>,
    /// The words of its sound (Chromaprint), at most [`FINGERPRINT_WORDS_MAX`]; none when it is silent or short.
    pub sound: Vec<u32>,
    /// The seconds mirrored (left for right), one for each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub mirrored: Vec<Second>,
    /// The seconds, one after the other, as they look when the picture was changed as copies are: under the visible
    /// label of a likeness in each corner, cropped by each of [`CROPS_PERMILLE`], enlarged with and without that label. To a hash a small picture is
    /// another one then. At most [`ALTERED_MAX`] times as many.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub altered: Vec<Second>,
}

impl Fingerprint {
    /// Whether it keeps to its bounds.
    #[must_use]
    pub fn is_bounded(&self) -> bool {
        self.seconds.len() <= FINGERPRINT_SECONDS_MAX
            && self.mirrored.len() <= FINGERPRINT_SECONDS_MAX
            && self.sound.len() <= FINGERPRINT_WORDS_MAX
            && self.altered.len() <= ALTERED_MAX * FINGERPRINT_SECONDS_MAX
            && [&self.seconds, &self.mirrored, &self.altered]
                .into_iter()
                .flatten()
                .all(|second| second.quality <= QUALITY_MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_is_packed_and_read_again() {
        let second = Second { hash: std::array::from_fn(|i| i as u8).into(), quality: 77 };
        let packed = second.pack();
        assert_eq!((packed[0], packed[31], packed[32]), (0, 31, 77));
        assert_eq!(Second::unpack(&packed), second);
    }

    #[test]
    fn what_is_too_long_or_too_good_is_no_fingerprint() {
        let second = |quality| Second { hash: [7; 32].into(), quality };
        let of =
            |count, quality| Fingerprint { seconds: vec![second(quality); count], ..Fingerprint::default() };
        assert!(of(FINGERPRINT_SECONDS_MAX, 100).is_bounded());
        assert!(!of(FINGERPRINT_SECONDS_MAX + 1, 100).is_bounded());
        assert!(!of(1, 101).is_bounded());
        let loud = Fingerprint { sound: vec![0; FINGERPRINT_WORDS_MAX + 1], ..Fingerprint::default() };
        let altered = vec![second(90); ALTERED_MAX * FINGERPRINT_SECONDS_MAX + 1];
        let altered = Fingerprint { altered, ..Fingerprint::default() };
        let mirrored = vec![second(90); FINGERPRINT_SECONDS_MAX + 1];
        let mirrored = Fingerprint { mirrored, ..Fingerprint::default() };
        assert!(!loud.is_bounded() && !altered.is_bounded() && !mirrored.is_bounded());
        assert!(second(50).is_telling() && !second(49).is_telling() && !second(101).is_telling());
    }
}
