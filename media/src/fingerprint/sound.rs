//! What a clip sounds like: Chromaprint, as the AcoustID project defines it (algorithm 2, its default), by a kept crate.
//!
//! One 32-bit word about each eighth of a second tells how the notes of the last two and a half seconds changed. Words
//! of the same sound differ in few bits, those of different sounds in about half.

use rusty_chromaprint::{Configuration, Fingerprinter};

use crate::footage::{Footage, FootageError};

/// Words that must overlap for two sounds to be compared: about a second.
const OVERLAP_MIN: usize = 8;
/// Agreement, in percent of the bits, from which on two sounds are the same (noise gives 50). At 75, which would do for songs,
/// one in a hundred pairs of Pocket's clips was the same: four seconds of few notes. `kinora bench fingerprint` measured it.
pub const SAME_PERCENT: u32 = 90;

/// The words of a clip's sound, oldest first. Empty when it is silent, or shorter than about three seconds.
///
/// # Errors
/// Footage that breaks its rules.
pub fn sound(footage: &Footage) -> Result<Vec<u32>, FootageError> {
    footage.check()?;
    of_samples(&footage.samples, footage.sample_rate, footage.channels)
}

/// As [`sound`], of interleaved samples.
pub(super) fn of_samples(samples: &[f32], rate: u32, channels: u16) -> Result<Vec<u32>, FootageError> {
    if samples.iter().all(|sample| *sample == 0.0) {
        return Ok(Vec::new());
    }
    let mut printer = Fingerprinter::new(&Configuration::preset_test2());
    let wrong = FootageError::Sound { rate, channels };
    printer.start(rate, u32::from(channels)).map_err(|_| wrong)?;
    let samples: Vec<i16> =
        samples.iter().map(|sample| (sample.clamp(-1.0, 1.0) * f32::from(i16::MAX)) as i16).collect();
    printer.consume(&samples);
    printer.finish();
    Ok(printer.fingerprint().to_vec())
}

/// Agreement of two sounds where they fit best, in percent of the bits; nothing when one is too short.
#[must_use]
pub fn agreement(ours: &[u32], theirs: &[u32]) -> Option<u32> {
    let mut best = None;
    // `theirs` is moved over `ours` from where its end just overlaps to where its beginning just does.
    for shift in 0..(ours.len() + theirs.len()) {
        let from = (shift + 1).saturating_sub(theirs.len());
        let skip = theirs.len().saturating_sub(shift + 1);
        let pairs = ours.iter().skip(from).zip(theirs.iter().skip(skip));
        let (count, wrong) =
            pairs.fold((0u32, 0u32), |(n, wrong), (a, b)| (n + 1, wrong + (a ^ b).count_ones()));
        if count as usize >= OVERLAP_MIN {
            best = best.max(Some(100 - wrong * 100 / (32 * count)));
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A tune of four notes a second, of two harmonics each.
    fn tune(notes: &[f32]) -> Footage {
        let rate = 24_000u32;
        let samples = (0..rate * 5)
            .map(|i| {
                let t = i as f32 / rate as f32;
                let note = notes[(t * 4.0) as usize % notes.len()];
                let phase = std::f32::consts::TAU * note * t;
                0.3 * phase.sin() + 0.2 * (2.0 * phase).sin()
            })
            .collect();
        Footage {
            width: 16,
            height: 16,
            fps: 12,
            frames: vec![vec![60; 16 * 16 * 3]; 60],
            sample_rate: rate,
            channels: 1,
            samples,
        }
    }

    #[test]
    fn a_tune_is_known_after_re_encoding_and_from_its_middle() {
        let clip = tune(&[220.0, 330.0, 262.0, 440.0, 294.0, 523.0, 349.0]);
        let file = crate::encode(&clip, &crate::EncodeOptions::default(), &mut |_, _| ()).unwrap();
        let again = crate::decode(&file, &crate::DecodeLimits::default()).unwrap();
        let (ours, theirs) = (sound(&clip).unwrap(), sound(&again).unwrap());
        assert!(ours.len() >= 2 * OVERLAP_MIN, "{}", ours.len());
        let same = agreement(&ours, &theirs).unwrap();
        assert!(same >= SAME_PERCENT, "{same}");
        assert_eq!(agreement(&ours, &ours[4..]), Some(100));
        let other = sound(&tune(&[494.0, 247.0, 277.0, 659.0, 208.0])).unwrap();
        let different = agreement(&ours, &other).unwrap();
        assert!(different < SAME_PERCENT, "{different}");
    }

    #[test]
    fn silence_has_no_words() {
        let silent = Footage { samples: Vec::new(), ..tune(&[220.0]) };
        assert_eq!(sound(&silent), Ok(Vec::new()));
        assert_eq!(agreement(&[], &[1; 20]), None);
    }
}
