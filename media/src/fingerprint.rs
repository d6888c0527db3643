//! Fingerprints: what a clip looks and sounds like, so that a copy without its record is recognised.
//!
//! The picture is told by one PDQ hash a second ([`pdq`]), compared as vPDQ does (ThreatExchange, `vpdq/README.md`):
//! hashes within 31 bits match, and clips match when most seconds of one are found in the other; the sound by Chromaprint
//! ([`sound`]). [`index`] answers for a million hashes. Who keeps fingerprints, and what follows from a match, is not
//! decided here. A fingerprint says "alike", never "the same": it is evidence beside a signature.

pub mod index;
pub mod pdq;
pub mod sound;

use kinora_protocol::fingerprint::{CROPS_PERMILLE, Fingerprint, Second};
use kinora_protocol::limits::{FINGERPRINT_SECONDS_MAX, FINGERPRINT_WORDS_MAX};

use crate::badge::{self, Badge, Corner, Variant};
use crate::decoded::Decoded;
use crate::footage::{Footage, FootageError};
use pdq::{Hash, Luma};

/// Most bits in which two hashes of the same picture differ (vPDQ's D).
pub const DISTANCE_MAX: u32 = 31;
/// Percentage of the compared seconds that must match (vPDQ's P_c).
pub const MATCH_PERCENT: u32 = 80;
/// A second within so many bits of one before it says nothing new and is not compared (vPDQ's D_prune).
pub const PRUNE_MAX: u32 = 2;
/// Lines from which on the hash of an enlarged picture is the hash of the picture: below, its blur is coarse.
const SMALL: usize = 192;
/// Longest side of an enlarged picture. A strip of few lines would become a hundred times as large.
const WIDE_MAX: usize = 1_024;

/// The fingerprint of a clip.
///
/// # Errors
/// Footage that breaks its rules.
pub fn of(footage: &Footage) -> Result<Fingerprint, FootageError> {
    footage.check()?;
    let size = (footage.width as usize, footage.height as usize);
    let frames = footage.frames.iter().step_by(footage.fps as usize).map(|frame| Luma::of(frame, size));
    Ok(print(frames, sound::sound(footage)?))
}

/// The fingerprint of a decoded clip: the same as of its footage.
///
/// # Errors
/// Sound of a kind that has none.
pub fn of_decoded(clip: &Decoded) -> Result<Fingerprint, FootageError> {
    let info = clip.info();
    let size = (info.width as usize, info.height as usize);
    let frames = (0..clip.frames()).step_by(info.fps.max(1) as usize);
    let frames = frames.filter_map(|frame| Some(Luma::of(&clip.rgb(frame)?, size)));
    let sound = sound::of_samples(clip.samples(), info.sample_rate, info.channels)?;
    Ok(print(frames, sound))
}

/// One frame at a time: a large clip has gigabytes of them.
fn print(frames: impl Iterator<Item = Luma>, mut sound: Vec<u32>) -> Fingerprint {
    sound.truncate(FINGERPRINT_WORDS_MAX);
    let mut print = Fingerprint { sound, ..Fingerprint::default() };
    for frame in frames.take(FINGERPRINT_SECONDS_MAX) {
        print.altered.extend(altered(&frame));
        print.mirrored.push(second(frame.mirrored()));
        print.seconds.push(second(frame));
    }
    print
}

/// A second as copies show it: under the label with which a clip that shows somebody leaves the network, in each corner;
/// cropped; enlarged, with and without that label. A large picture is reduced first: nothing of it is lost to a hash.
fn altered(frame: &Luma) -> Vec<Second> {
    let picture = frame.reduced(2 * SMALL);
    let times = SMALL.div_ceil(picture.shorter().max(1));
    let larger = (times > 1 && picture.longer() * times <= WIDE_MAX).then(|| picture.enlarged(times));
    let cropped = CROPS_PERMILLE.into_iter().map(|permille| picture.cropped(permille));
    let enlarged = larger.iter().flat_map(|larger| labelled(larger).chain([larger.clone()]));
    labelled(&picture).chain(cropped).chain(enlarged).map(second).collect()
}

/// A picture under the label of a likeness, in each corner.
fn labelled(picture: &Luma) -> impl Iterator<Item = Luma> {
    Corner::ALL.into_iter().map(|corner| {
        let badge = Badge { variant: Variant::Likeness, corner, ..Badge::default() };
        let mut under = picture.clone();
        badge::each_pixel(picture.size(), &badge, |at, grey| under.paint(at, grey));
        under
    })
}

/// The fingerprint of a still of `width × height × 3` bytes: one second, as if it were a clip.
#[must_use]
pub fn of_still(rgb: &[u8], width: usize, height: usize) -> Fingerprint {
    let picture = Luma::of(rgb, (width, height));
    let mirrored = vec![second(picture.mirrored())];
    Fingerprint { seconds: vec![second(picture)], mirrored, ..Fingerprint::default() }
}

/// One fingerprint for each second of picture, of its first frame.
///
/// # Errors
/// Footage that breaks its rules.
pub fn seconds(footage: &Footage) -> Result<Vec<Second>, FootageError> {
    footage.check()?;
    let size = (footage.width as usize, footage.height as usize);
    let frames = footage.frames.iter().step_by(footage.fps as usize);
    Ok(frames.map(|frame| second(Luma::of(frame, size))).collect())
}

fn second(picture: Luma) -> Second {
    let (hash, quality) = picture.hash();
    Second { hash: hash.0.into(), quality }
}

/// The seconds that are compared, by number: those that show something, and something new.
#[must_use]
pub fn telling(seconds: &[Second]) -> Vec<(u32, Hash)> {
    let mut kept: Vec<(u32, Hash)> = Vec::new();
    for (number, second) in (0u32..).zip(seconds).filter(|(_, second)| second.is_telling()) {
        let hash = Hash(*second.hash);
        if kept.iter().all(|(_, other)| hash.distance(other) > PRUNE_MAX) {
            kept.push((number, hash));
        }
    }
    kept
}

/// A second of one clip and the nearest of another, if they match.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pair {
    /// Number of the second in the first clip.
    pub ours: u32,
    /// Number of the second in the other.
    pub theirs: u32,
    /// Bits in which they differ, at most [`DISTANCE_MAX`].
    pub bits: u32,
}

/// How much of two clips is the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alike {
    /// Share of the compared seconds of one that are found in the other: the greater of both ways.
    pub percent: u32,
    /// The compared seconds of the first that are found in the other.
    pub pairs: Vec<Pair>,
    /// Whether they are found when one is mirrored (left for right).
    pub mirrored: bool,
}

impl Alike {
    /// Whether one is a copy of the other, or of a part of it.
    #[must_use]
    pub const fn is_copy(&self) -> bool {
        self.percent >= MATCH_PERCENT
    }

    /// This, or another way of comparing the same two where that finds more.
    #[must_use]
    pub fn or_better(self, other: Self) -> Self {
        if other.percent > self.percent { other } else { self }
    }
}

/// Compares two clips; nothing when one has no second worth comparing.
#[must_use]
pub fn alike(ours: &[Second], theirs: &[Second]) -> Option<Alike> {
    let (ours, theirs) = (telling(ours), telling(theirs));
    if ours.is_empty() || theirs.is_empty() {
        return None;
    }
    let pairs: Vec<Pair> = ours.iter().filter_map(|(number, hash)| nearest(*number, hash, &theirs)).collect();
    let back = theirs.iter().filter(|(number, hash)| nearest(*number, hash, &ours).is_some()).count();
    let percent = (pairs.len() * 100 / ours.len()).max(back * 100 / theirs.len());
    Some(Alike { percent: percent as u32, pairs, mirrored: false })
}

/// What is compared of a clip with all that are known: its telling seconds by number, as they are and mirrored.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Compared {
    /// As they are.
    pub straight: Vec<(u32, Hash)>,
    /// Mirrored (left for right).
    pub mirrored: Vec<(u32, Hash)>,
}

impl Compared {
    /// Of a fingerprint; where it does not know its seconds mirrored, as far as their hashes tell.
    #[must_use]
    pub fn of(print: &Fingerprint) -> Self {
        let straight = telling(&print.seconds);
        let mirrored = if print.mirrored.is_empty() {
            straight.iter().map(|(number, hash)| (*number, hash.mirrored())).collect()
        } else {
            telling(&print.mirrored)
        };
        Self { straight, mirrored }
    }
}

fn nearest(number: u32, hash: &Hash, among: &[(u32, Hash)]) -> Option<Pair> {
    let pairs = among.iter().map(|(theirs, other)| Pair {
        ours: number,
        theirs: *theirs,
        bits: hash.distance(other),
    });
    pairs.min_by_key(|pair| pair.bits).filter(|pair| pair.bits <= DISTANCE_MAX)
}

#[cfg(test)]
mod tests {
    use kinora_protocol::fingerprint::ALTERED_MAX;

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
        assert!(ours.iter().all(Second::is_telling), "{ours:?}");
        assert!(alike(&ours, &theirs).unwrap().is_copy());
        let other = alike(&ours, &seconds(&scene(4)).unwrap()).unwrap();
        assert_eq!((other.percent, other.pairs), (0, Vec::new()));
    }

    #[test]
    fn a_decoded_clip_has_the_fingerprint_of_its_footage() {
        let mut clip = scene(2);
        clip.sample_rate = 24_000;
        clip.channels = 1;
        clip.samples = (0..3 * 24_000).map(|i| (i as f32 * (0.05 + i as f32 * 1e-7)).sin() * 0.4).collect();
        let file = crate::encode(&clip, &crate::EncodeOptions::default(), &mut |_, _| ()).unwrap();
        let limits = crate::DecodeLimits::default();
        let planes = crate::decode_planes(&file, &limits).unwrap();
        let print = of_decoded(&planes).unwrap();
        assert_eq!(print, of(&planes.clone().into_footage()).unwrap());
        assert!(
            print.seconds.len() == 3 && print.altered.len() == 3 * ALTERED_MAX && !print.sound.is_empty()
        );
        // And a label in the luma is a label in the picture.
        let mut shown = planes.into_footage();
        let badge = Badge { variant: Variant::Likeness, corner: Corner::ALL[0], ..Badge::default() };
        crate::badge::burn(&mut shown, &badge).unwrap();
        let first: Vec<Second> = print.altered.iter().copied().step_by(ALTERED_MAX).collect();
        assert_eq!(seconds(&shown).unwrap(), first);
    }

    #[test]
    fn plain_pictures_are_not_compared() {
        let grey = Footage { frames: vec![vec![90; 160 * 96 * 3]; 12], ..scene(0) };
        let seconds = seconds(&grey).unwrap();
        assert_eq!(seconds[0].quality, 0);
        assert_eq!(alike(&seconds, &seconds), None);
    }

    #[test]
    fn a_part_is_a_copy_of_the_whole_and_the_whole_of_a_part() {
        let second = |n: u8| Second {
            hash: std::array::from_fn(|i| n.wrapping_mul(i as u8 + 77)).into(),
            quality: 80,
        };
        let whole: Vec<Second> = (1..11).map(second).collect();
        assert_eq!(telling(&whole).len(), 10);
        for (ours, theirs) in [(&whole[2..4], &whole[..]), (&whole[..], &whole[2..4])] {
            let found = alike(ours, theirs).unwrap();
            assert!(found.is_copy() && found.percent == 100 && found.pairs.len() == 2, "{found:?}");
        }
        // Four of five are enough, three of five are not.
        let mixed = |kept: usize| -> Vec<Second> {
            (1..=kept as u8).chain(100..105 - kept as u8).map(second).collect()
        };
        assert!(alike(&mixed(4), &whole[..5]).unwrap().is_copy());
        assert!(!alike(&mixed(3), &whole[..5]).unwrap().is_copy());
    }

    #[test]
    fn a_still_picture_counts_once_however_long_it_is_shown() {
        let second = Second { hash: [0x3c; 32].into(), quality: 80 };
        let mut near = second;
        near.hash[0] ^= 3;
        assert_eq!(telling(&[second, near, second]).len(), 1);
        near.hash[0] ^= 4;
        assert_eq!(telling(&[second, near]).len(), 2);
    }

    #[test]
    fn a_clip_is_known_under_its_label_wherever_that_is() {
        let original = scene(3);
        let print = of(&original).unwrap();
        let known = [print.seconds.clone(), print.altered].concat();
        for corner in Corner::ALL {
            let mut shown = original.clone();
            let badge = Badge { variant: Variant::Likeness, corner, ..Badge::default() };
            crate::badge::burn(&mut shown, &badge).unwrap();
            let file = crate::encode(&shown, &crate::EncodeOptions::default(), &mut |_, _| {}).unwrap();
            let copy = crate::decode(&file, &crate::DecodeLimits::default()).unwrap();
            let found = alike(&seconds(&copy).unwrap(), &known).unwrap();
            assert!(found.is_copy(), "{corner:?}: {found:?}");
        }
    }

    /// The middle of a clip, `across` × `down` pixels of it.
    fn cropped(clip: &Footage, across: usize, down: usize) -> Footage {
        let (width, height) = (clip.width as usize, clip.height as usize);
        let (left, top) = ((width - across) / 2, (height - down) / 2);
        let rows = |frame: &Vec<u8>| {
            let rows = frame.chunks_exact(width * 3).skip(top).take(down);
            rows.flat_map(|row| row[left * 3..(left + across) * 3].to_vec()).collect()
        };
        Footage {
            width: across as u32,
            height: down as u32,
            frames: clip.frames.iter().map(rows).collect(),
            ..clip.clone()
        }
    }

    fn turned(clip: &Footage) -> Footage {
        let row = |row: &[u8]| row.rchunks_exact(3).flatten().copied().collect::<Vec<u8>>();
        let frame = |frame: &Vec<u8>| frame.chunks_exact(clip.width as usize * 3).flat_map(row).collect();
        Footage { frames: clip.frames.iter().map(frame).collect(), ..clip.clone() }
    }

    #[test]
    fn strips_and_large_pictures_cost_no_more_than_others() {
        // A strip of 1,920 × 16 would be 23,040 pixels wide at 192 lines; it stays as it is.
        let strip = Luma::of(&[90; 1_920 * 16 * 3], (1_920, 16));
        assert_eq!(altered(&strip).len(), Corner::ALL.len() + CROPS_PERMILLE.len());
        let large = Luma::of(&vec![90; 1_920 * 1_080 * 3], (1_920, 1_080));
        assert_eq!(large.reduced(2 * SMALL).size(), (480, 270));
        assert_eq!(strip.reduced(2 * SMALL).size(), (1_920, 16));
    }

    #[test]
    fn a_large_clip_is_known_under_its_label_and_cropped() {
        let original = crate::enlarge::enlarge(&scene(3), 8, crate::enlarge::Filter::Smooth).unwrap();
        let print = of(&original).unwrap();
        let known = [print.seconds, print.altered].concat();
        let mut shown = original.clone();
        let badge = Badge { variant: Variant::Likeness, corner: Corner::ALL[3], ..Badge::default() };
        crate::badge::burn(&mut shown, &badge).unwrap();
        for copy in [shown, cropped(&original, 1_216, 730)] {
            let found = alike(&seconds(&copy).unwrap(), &known).unwrap();
            assert!(found.is_copy(), "{found:?}");
        }
    }

    #[test]
    fn a_clip_is_known_mirrored_cropped_and_enlarged() {
        let original = scene(3);
        let print = of(&original).unwrap();
        let known = [print.seconds.clone(), print.altered.clone()].concat();
        let mut labelled_large =
            crate::enlarge::enlarge(&original, 4, crate::enlarge::Filter::Smooth).unwrap();
        let badge = Badge { variant: Variant::Likeness, corner: Corner::ALL[2], ..Badge::default() };
        crate::badge::burn(&mut labelled_large, &badge).unwrap();
        let copies = [
            ("cropped by 5 %", cropped(&original, 152, 90), false),
            ("cropped by 10 %", cropped(&original, 144, 86), false),
            (
                "enlarged",
                crate::enlarge::enlarge(&original, 4, crate::enlarge::Filter::Smooth).unwrap(),
                false,
            ),
            ("enlarged, under its label", labelled_large, false),
            ("mirrored", turned(&original), true),
            ("mirrored and cropped by 5 %", turned(&cropped(&original, 152, 90)), true),
        ];
        for (what, copy, is_turned) in copies {
            let compared = of(&copy).unwrap();
            let seconds = if is_turned { &compared.mirrored } else { &compared.seconds };
            let found = alike(seconds, &known).unwrap();
            assert!(found.is_copy(), "{what}: {found:?}");
        }
    }
}
