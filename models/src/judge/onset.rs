//! When sounds begin, by the rise of their spectra, held against when the plan says something is hit.

use crate::blocking::{Blocking, Sound};
use kinora_protocol::shot::{Scene, Subject};

use super::spectrum::{RATE, Spectra, mel_filters};

const WINDOW: usize = 512;
/// Samples from a spectrum to the next: 5 ms.
const HOP: usize = 120;
const BANDS: usize = 40;
/// Spectra over which a rise is taken: 20 ms, so that the soft attacks of a vocoder count like hard ones.
const RISE: usize = 4;
/// An onset is the highest rise within so many spectra to either side: 30 ms.
const NEAR: usize = 6;
/// The surroundings that an onset must stand out of: 300 ms to either side.
const AROUND: usize = 60;
/// Added to a magnitude before the logarithm: rises of what is not heard do not count.
const FLOOR: f32 = 0.5;
/// How far a rise must stand above the median of its surroundings, in nepers per band.
const ABOVE: f32 = 0.2;
/// Nearest to an event that counts as together with it, in seconds.
pub const TOGETHER: f64 = 0.08;

/// Times of onsets in mono sound at 24 kHz, in seconds, in order.
#[must_use]
pub fn onsets(samples: &[f32]) -> Vec<f64> {
    let flux = flux(samples);
    let mut out = Vec::new();
    for (n, value) in flux.iter().enumerate() {
        let near = &flux[n.saturating_sub(NEAR)..(n + NEAR + 1).min(flux.len())];
        let mut around = flux[n.saturating_sub(AROUND)..(n + AROUND + 1).min(flux.len())].to_vec();
        around.sort_by(f32::total_cmp);
        let usual = around.get(around.len() / 2).copied().unwrap_or(0.0);
        let highest = near.iter().all(|other| other <= value);
        let time = n as f64 * HOP as f64 / f64::from(RATE);
        let last = out.last().copied().unwrap_or(-1.0);
        if highest && *value > usual + ABOVE && time - last > NEAR as f64 * HOP as f64 / f64::from(RATE) {
            out.push(time);
        }
    }
    out
}

/// Rise of the log-mel spectrum over [`RISE`] spectra, the mean over bands; entry `n` is of the moment of spectrum `n`.
fn flux(samples: &[f32]) -> Vec<f32> {
    let spectra = Spectra::new(WINDOW, HOP);
    let filters = mel_filters(BANDS, spectra.bins());
    let rows: Vec<Vec<f32>> = spectra
        .magnitudes(samples)
        .chunks_exact(spectra.bins())
        .map(|row| {
            let band = |filter: &[f32]| filter.iter().zip(row).map(|(f, m)| f * m).sum::<f32>();
            filters.chunks_exact(spectra.bins()).map(|filter| (band(filter) + FLOOR).ln()).collect()
        })
        .collect();
    // Before the clip there is silence.
    let silent = vec![FLOOR.ln(); BANDS];
    let at = |n: Option<usize>| n.and_then(|n| rows.get(n)).unwrap_or(&silent);
    (0..rows.len())
        .map(|n| {
            // A window hears an onset before its centre gets there: the rise is centred on the moment.
            let (before, after) = (at(n.checked_sub(RISE / 2)), at(Some((n + RISE / 2).min(rows.len() - 1))));
            after.iter().zip(before).map(|(a, b)| (a - b).max(0.0)).sum::<f32>() / BANDS as f32
        })
        .collect()
}

/// Times of the plan's events that have a clear beginning (steps, thuds, splashes, explosions, barks), in seconds. Later
/// ones of several within 10 ms are left out: they are one sound. Events in the last tenth of a second are too.
#[must_use]
pub fn planned(scene: &Scene, blocking: &Blocking) -> Vec<f64> {
    let seconds = blocking.frames() as f64 / f64::from(blocking.fps.max(1));
    let clear = |sound: Sound| match sound {
        Sound::Step | Sound::Thud | Sound::Splash | Sound::Boom => true,
        Sound::Voice => matches!(scene.subject, Subject::Dog),
        Sound::Flap | Sound::Whoosh | Sound::Hum | Sound::Engine => false,
    };
    let times = blocking.events.iter().filter(|e| clear(e.sound)).map(|e| f64::from(e.time));
    let mut out: Vec<f64> = Vec::new();
    for time in times.filter(|t| *t >= 0.03 && *t < seconds - 0.1) {
        if out.last().is_none_or(|last| time - last > 0.01) {
            out.push(time);
        }
    }
    out
}

/// For each planned event the distance to the nearest onset in seconds; infinite where nothing is heard at all.
#[must_use]
pub fn errors(planned: &[f64], onsets: &[f64]) -> Vec<f64> {
    planned
        .iter()
        .map(|time| onsets.iter().map(|onset| (onset - time).abs()).fold(f64::INFINITY, f64::min))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::judge::draw::Take;
    use crate::worlds;
    use kinora_protocol::shot::{Action, Music, Place};

    fn share(errors: &[f64]) -> f64 {
        errors.iter().filter(|e| **e <= TOGETHER).count() as f64 / errors.len().max(1) as f64
    }

    #[test]
    fn a_thud_in_a_quiet_room_is_timed_to_twenty_milliseconds() {
        let take = Take::new(3, 1, false);
        let scene = Scene {
            action: Action::Bounces,
            place: Place::Space,
            music: Music::Off,
            subject: Subject::Ball,
            partner: None,
            ..take.scene
        };
        let blocking = crate::blocking::plan(&scene, 8, 48);
        let planned = planned(&scene, &blocking);
        assert!(planned.len() >= 2);
        let errors = errors(&planned, &onsets(&worlds::sound(&scene, &blocking)));
        assert!(errors.iter().all(|e| *e < 0.02), "{errors:?}");
    }

    #[test]
    fn silence_has_no_onsets() {
        assert_eq!(onsets(&[0.0; 24_000]), Vec::<f64>::new());
        assert_eq!(onsets(&[]), Vec::<f64>::new());
        assert_eq!(errors(&[0.5], &[]), [f64::INFINITY]);
    }

    #[test]
    fn real_sound_is_together_with_its_plan_and_another_clip_s_is_less_so() {
        let clips: Vec<_> = (0..120).map(|n| Take::new(21, n, false)).collect();
        let heard: Vec<_> = clips.iter().map(|t| onsets(&worlds::sound(&t.scene, &t.blocking))).collect();
        let all = |shift: usize| {
            let pairs = clips.iter().zip(heard.iter().cycle().skip(shift));
            let errors: Vec<f64> =
                pairs.flat_map(|(t, heard)| errors(&planned(&t.scene, &t.blocking), heard)).collect();
            share(&errors)
        };
        let (own, other) = (all(0), all(1));
        assert!(own > 0.9, "own sound: {own}");
        assert!(other < own - 0.2, "another's sound: {other}");
    }
}
