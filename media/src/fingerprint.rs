//! Fingerprints: what a clip looks and sounds like, so that a copy without its record is recognised.
//!
//! The picture is told by one PDQ hash a second ([`pdq`]), compared as vPDQ does (ThreatExchange, `vpdq/README.md`):
//! hashes within 31 bits match, and clips match when most seconds of one are found in the other; the sound by Chromaprint
//! ([`sound`]). [`index`] answers for a million hashes. A [`BlockList`] is what a list of hashes that must not be shown holds; who signs and carries
//! it is not decided here. A fingerprint says "alike", never "the same": it is evidence beside a signature.

pub mod index;
pub mod pdq;
pub mod sound;

use crate::footage::{Footage, FootageError};
use pdq::{Hash, hash_rgb};

/// Most bits in which two hashes of the same picture differ (vPDQ's D).
pub const DISTANCE_MAX: u32 = 31;
/// Least quality of a hash that is compared (vPDQ's F).
pub const QUALITY_MIN: u8 = 50;
/// Percentage of the compared seconds that must match (vPDQ's P_c).
pub const MATCH_PERCENT: u32 = 80;
/// Most hashes of a block list.
pub const BLOCKED_MAX: usize = 100_000;

/// The fingerprint of one second of picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Second {
    /// What it looks like.
    pub hash: Hash,
    /// How much there is to see, 0 … 100; below [`QUALITY_MIN`] it is not compared.
    pub quality: u8,
}

/// Hashes that a node refuses to keep or show. The media themselves are never in it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BlockList {
    /// Pictures: whatever is within [`DISTANCE_MAX`] of one. At most [`BLOCKED_MAX`].
    pub pictures: Vec<Hash>,
    /// Whole files by their BLAKE3. At most [`BLOCKED_MAX`].
    pub files: Vec<[u8; 32]>,
}

/// One fingerprint for each second of picture, of its first frame.
///
/// # Errors
/// Footage that breaks its rules.
pub fn seconds(footage: &Footage) -> Result<Vec<Second>, FootageError> {
    footage.check()?;
    let (width, height) = (footage.width as usize, footage.height as usize);
    let frames = footage.frames.iter().step_by(footage.fps as usize);
    Ok(frames
        .map(|frame| {
            let (hash, quality) = hash_rgb(frame, width, height);
            Second { hash, quality }
        })
        .collect())
}

/// Percentage of the seconds of `ours` that are found in `theirs`; nothing when none is worth comparing.
#[must_use]
pub fn alike(ours: &[Second], theirs: &[Second]) -> Option<u32> {
    let worth = |seconds: &[Second]| -> Vec<Hash> {
        seconds.iter().filter(|s| s.quality >= QUALITY_MIN).map(|s| s.hash).collect()
    };
    let (ours, theirs) = (worth(ours), worth(theirs));
    if ours.is_empty() || theirs.is_empty() {
        return None;
    }
    let found = ours.iter().filter(|a| theirs.iter().any(|b| a.distance(b) <= DISTANCE_MAX)).count();
    Some((found * 100 / ours.len()) as u32)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scene(seed: usize) -> Footage {
        let (width, height) = (160, 96);
        let draw = |t: usize| {
            let mut rgb = Vec::new();
            for y in 0..height {
                for x in 0..width {
                    let bar = ((x + t) / (7 + seed % 5) + y / (5 + seed % 7)) * (seed + 3) * 41 % 223;
                    rgb.extend([bar as u8, (bar / 2) as u8 + 40, 200 - (bar / 2) as u8]);
                }
            }
            rgb
        };
        Footage {
            width: width as u32,
            height: height as u32,
            fps: 12,
            frames: (0..36).map(draw).collect(),
            ..Footage::default()
        }
    }

    #[test]
    fn a_re_encoded_clip_is_alike_and_another_one_is_not() {
        let clip = scene(1);
        let file =
            crate::encode(&clip, &crate::EncodeOptions { quality: 50, threads: 1 }, &mut |_, _| ()).unwrap();
        let again = crate::decode(&file, &crate::DecodeLimits::default()).unwrap();
        let (ours, theirs) = (seconds(&clip).unwrap(), seconds(&again).unwrap());
        assert_eq!(ours.len(), 3);
        assert!(ours.iter().all(|s| s.quality >= QUALITY_MIN), "{ours:?}");
        assert!(alike(&ours, &theirs).unwrap() >= MATCH_PERCENT);
        assert_eq!(alike(&ours, &seconds(&scene(4)).unwrap()), Some(0));
    }

    #[test]
    fn plain_pictures_are_not_compared() {
        let grey = Footage { frames: vec![vec![90; 160 * 96 * 3]; 12], ..scene(0) };
        let seconds = seconds(&grey).unwrap();
        assert_eq!(seconds[0].quality, 0);
        assert_eq!(alike(&seconds, &seconds), None);
    }
}
