//! The sound of a world: ambience by place and weather, events at their frames, voices, music by mood.

use std::f32::consts::TAU;

use kinora_protocol::shot::{Mood, Music, Place, Scene, Subject, Weather};

use super::synth::{RATE, add, band, hit, puff, tone};
use crate::blocking::{Blocking, Event, Role, Sound, pace};

/// Samples per frame at 12 frames a second.
pub(crate) const SAMPLES_PER_FRAME: usize = RATE / crate::blocking::FPS as usize;

/// Mono samples at 24 kHz, 2,000 a frame, within −1 … 1. A function of scene and blocking alone.
#[must_use]
pub fn sound(scene: &Scene, blocking: &Blocking) -> Vec<f32> {
    let mut out = vec![0.0; blocking.frames() * SAMPLES_PER_FRAME];
    ambience(scene.place, &mut out);
    weather(scene.weather, &mut out);
    for (n, event) in blocking.events.iter().enumerate() {
        effect(scene, event, n as u64, &mut out);
    }
    if matches!(scene.music, Music::On) {
        music(scene.mood, &mut out);
    }
    // A soft limiter: never clips hard.
    out.iter_mut().for_each(|v| *v = v.tanh());
    out
}

/// A slow swell around one: `depth` 0 … 1, `hertz`, `phase` in radians.
fn swell(out: &mut [f32], depth: f32, hertz: f32, phase: f32) {
    for (i, v) in out.iter_mut().enumerate() {
        let wave = (TAU * hertz * i as f32 / RATE as f32 + phase).sin();
        *v *= 1.0 - depth * 0.5 * (1.0 - wave);
    }
}

fn every(out: &mut [f32], first: f32, step: f32, gain: f32, sound: &[f32]) {
    let seconds = out.len() as f32 / RATE as f32;
    let mut time = first;
    while time < seconds {
        add(out, time, sound, gain);
        time += step;
    }
}

fn ambience(place: Place, out: &mut [f32]) {
    let n = out.len();
    let mut bed = |seed, low, high, gain, depth, hertz| {
        let mut noise = band(seed, low, high, n);
        swell(&mut noise, depth, hertz, 1.0);
        add(out, 0.0, &noise, gain);
    };
    match place {
        Place::Beach => bed(1, 300.0, 2_500.0, 0.09, 0.85, 0.45),
        Place::Forest => bed(2, 300.0, 1_500.0, 0.025, 0.3, 0.3),
        Place::City => bed(3, 80.0, 350.0, 0.07, 0.2, 0.7),
        Place::Space => {}
        Place::Underwater => bed(5, 100.0, 350.0, 0.09, 0.4, 0.5),
        Place::Desert => bed(6, 400.0, 800.0, 0.07, 0.8, 0.35),
        Place::Snow => bed(7, 1_500.0, 3_500.0, 0.045, 0.7, 0.3),
        Place::Room => bed(8, 80.0, 250.0, 0.01, 0.0, 1.0),
        Place::Meadow => bed(9, 600.0, 2_000.0, 0.02, 0.5, 0.4),
        Place::Mountains => bed(10, 200.0, 600.0, 0.06, 0.7, 0.25),
    }
    match place {
        Place::Forest => every(out, 0.3, 0.8, 0.1, &tone(3_100.0, 3_700.0, 0.15, 8.0, &[1.0])),
        Place::City => {
            add(out, 0.0, &hold(110.0, n), 0.03);
            add(out, 0.0, &hold(165.0, n), 0.02);
            add(out, 1.9, &tone(415.0, 415.0, 0.3, 1.0, &[1.0, 0.6, 0.3]), 0.05);
        }
        Place::Space => {
            let mut drone = hold(65.0, n);
            swell(&mut drone, 0.5, 0.5, 0.0);
            add(out, 0.0, &drone, 0.1);
            add(out, 0.0, &hold(97.5, n), 0.05);
        }
        Place::Underwater => every(out, 0.2, 0.45, 0.12, &tone(500.0, 1_300.0, 0.1, 20.0, &[1.0])),
        Place::Room => every(out, 0.1, 0.5, 0.2, &tone(2_200.0, 2_200.0, 0.03, 90.0, &[1.0, 0.5])),
        Place::Meadow => every(out, 0.15, 0.22, 0.035, &tone(4_600.0, 4_600.0, 0.09, 12.0, &[1.0, 0.3])),
        Place::Beach | Place::Desert | Place::Snow | Place::Mountains => {}
    }
}

/// A steady sine.
fn hold(hertz: f32, samples: usize) -> Vec<f32> {
    (0..samples).map(|i| (TAU * hertz * i as f32 / RATE as f32).sin()).collect()
}

fn weather(weather: Weather, out: &mut [f32]) {
    let n = out.len();
    match weather {
        Weather::Rain => add(out, 0.0, &band(20, 3_000.0, 8_500.0, n), 0.07),
        Weather::Snowfall => add(out, 0.0, &band(21, 5_000.0, 9_000.0, n), 0.018),
        Weather::Clear | Weather::Fog => {}
    }
}

fn effect(scene: &Scene, event: &Event, n: u64, out: &mut [f32]) {
    let Event { time, sound, role } = *event;
    let seed = 100 + n;
    let k = pace(scene.speed);
    match sound {
        Sound::Step => add(out, time, &hit(seed, 200.0, 1_800.0, 0.06, 70.0), 0.22),
        Sound::Thud => {
            add(out, time, &tone(130.0, 55.0, 0.25, 14.0, &[1.0, 0.3]), 0.7);
            add(out, time, &hit(seed, 300.0, 2_500.0, 0.04, 90.0), 0.12);
        }
        Sound::Flap => add(out, time, &puff(seed, 150.0, 900.0, 0.16, 1), 0.12),
        Sound::Splash => {
            add(out, time, &hit(seed, 1_500.0, 7_000.0, 0.25, 18.0), 0.14);
            add(out, time + 0.08, &tone(400.0, 900.0, 0.1, 14.0, &[1.0]), 0.2);
        }
        Sound::Whoosh => add(out, time, &puff(seed, 300.0, 1_600.0, 0.45, 2), 0.13),
        Sound::Hum => {
            let mut hum = hold(440.0, out.len());
            swell(&mut hum, 0.7, 2.2 * k, 0.0);
            add(out, time, &hum, 0.06);
        }
        Sound::Engine => {
            let base = 75.0 + 45.0 * k;
            for (i, gain) in [0.1, 0.05, 0.034, 0.025, 0.02].into_iter().enumerate() {
                let mut part = hold(base * (i + 1) as f32, out.len());
                swell(&mut part, 0.3, 9.0, 0.0);
                add(out, time, &part, gain);
            }
        }
        Sound::Boom => {
            add(out, time, &hit(seed, 60.0, 900.0, 1.2, 4.5), 0.6);
            add(out, time, &tone(90.0, 30.0, 0.75, 4.0, &[1.0, 0.4]), 0.7);
        }
        Sound::Voice => voice(kind(scene, role), time, out),
    }
}

/// Whose voice it is.
fn kind(scene: &Scene, role: Role) -> Subject {
    match (role, scene.partner) {
        (Role::Partner, Some(partner)) => partner.subject,
        _ => scene.subject,
    }
}

fn voice(subject: Subject, time: f32, out: &mut [f32]) {
    let (call, gain) = match subject {
        Subject::Dog => (tone(520.0, 260.0, 0.14, 9.0, &[1.0, 0.8, 0.6, 0.4]), 0.28),
        Subject::Cat => (tone(640.0, 840.0, 0.5, 2.5, &[1.0, 0.6, 0.4, 0.2]), 0.16),
        Subject::Fox => (tone(900.0, 600.0, 0.22, 6.0, &[1.0, 0.7, 0.3]), 0.16),
        Subject::Horse => (tone(760.0, 420.0, 0.6, 2.0, &[1.0, 0.5, 0.5, 0.3]), 0.14),
        Subject::Bird => (tone(2_400.0, 3_400.0, 0.09, 10.0, &[1.0, 0.2]), 0.22),
        Subject::Robot => (tone(880.0, 880.0, 0.1, 3.0, &[1.0, 0.0, 0.3]), 0.18),
        Subject::Train => (tone(620.0, 600.0, 0.7, 0.8, &[1.0, 0.7, 0.5]), 0.14),
        Subject::Boat => (tone(180.0, 178.0, 0.9, 0.8, &[1.0, 0.6, 0.4]), 0.18),
        _ => return,
    };
    add(out, time, &call, gain);
}

/// A note `semitones` above A3 (220 Hz).
fn note(out: &mut [f32], time: f32, semitones: f32, shape: (f32, f32, f32), harmonics: &[f32]) {
    let (seconds, decay, gain) = shape;
    let hertz = 220.0 * (semitones / 12.0).exp2();
    add(out, time, &tone(hertz, hertz, seconds, decay, harmonics), gain);
}

fn music(mood: Mood, out: &mut [f32]) {
    let seconds = out.len() as f32 / RATE as f32;
    let steps = |step: f32| (0..(seconds / step).ceil() as usize).map(move |i| (i, i as f32 * step));
    match mood {
        Mood::Happy => {
            for (i, t) in steps(0.2) {
                let semitone = [0.0, 4.0, 7.0, 12.0, 7.0, 4.0][i % 6] + 12.0;
                note(out, t, semitone, (0.35, 7.0, 0.13), &[1.0, 0.4, 0.15]);
            }
        }
        Mood::Calm => {
            for (i, t) in steps(1.5) {
                for s in [[0.0, 4.0, 7.0], [5.0, 9.0, 12.0]][i % 2] {
                    note(out, t, s, (1.7, 1.2, 0.055), &[1.0, 0.15]);
                }
            }
        }
        Mood::Sad => {
            for (i, t) in steps(1.5) {
                for s in [[0.0, 3.0, 7.0], [-4.0, 0.0, 3.0], [-5.0, -2.0, 2.0]][i % 3] {
                    note(out, t, s, (1.7, 1.2, 0.055), &[1.0, 0.2]);
                }
            }
        }
        Mood::Tense => {
            for (i, t) in steps(0.125) {
                note(out, t, -12.0 + (i / 8 % 2) as f32, (0.12, 12.0, 0.15), &[1.0, 0.8, 0.6, 0.4]);
            }
        }
        Mood::Dramatic => {
            for (i, t) in steps(0.75) {
                for s in [[0.0, 3.0, 7.0], [-2.0, 2.0, 5.0]][i % 2] {
                    note(out, t, s - 12.0, (0.72, 3.0, 0.09), &[1.0, 0.7, 0.5, 0.4]);
                }
            }
        }
        Mood::Mysterious => {
            for (i, t) in steps(0.5) {
                let semitone = [12.0, 18.0, 15.0, 21.0, 14.0, 20.0][i % 6];
                note(out, t, semitone, (0.9, 2.5, 0.07), &[1.0, 0.0, 0.25]);
            }
        }
    }
}
