//! Blocking as the model sees it: maps on a 64×40 grid for every frame, and sound events for every frame.
//!
//! Maps are what a set designer's floor plan is to a painter: where the subject is and how it is turned, where the set
//! is under the camera, where drops fall. Values lie within about −2 … 2.

use std::f32::consts::TAU;

use kinora_protocol::shot::Scene;

use crate::blocking::{Blocking, CENTRE, Sound};
use crate::worlds::{self, HEIGHT, WIDTH};

/// Width of a map.
pub const MAP_WIDTH: usize = WIDTH / 2;
/// Height of a map.
pub const MAP_HEIGHT: usize = HEIGHT / 2;
/// What each channel of the maps shows.
pub const MAP_CHANNELS: [&str; 19] = [
    "subject box",
    "subject u",
    "subject v",
    "subject glow",
    "gait sine",
    "gait cosine",
    "explosion",
    "set x",
    "set y",
    "zoom",
    "set x sine 64",
    "set x cosine 64",
    "set x sine 32",
    "set x cosine 32",
    "set x sine 16",
    "set x cosine 16",
    "falling",
    "clock sine",
    "clock cosine",
];
/// Sound-event channels: one for each [`Sound`].
pub const EVENT_CHANNELS: usize = Sound::ALL.len();
/// How much of an event is left a frame later.
const EVENT_DECAY: f32 = 0.6;

/// Maps of one frame: `[MAP_CHANNELS, MAP_HEIGHT, MAP_WIDTH]`, row by row.
#[must_use]
pub fn maps(scene: &Scene, blocking: &Blocking, frame: usize) -> Vec<f32> {
    const AREA: usize = MAP_WIDTH * MAP_HEIGHT;
    let mut out = vec![0.0f32; MAP_CHANNELS.len() * AREA];
    let frame = frame.min(blocking.frames().saturating_sub(1));
    let (Some((sx, sy, size)), Some(pose), Some(camera)) =
        (blocking.on_screen(frame), blocking.subject.get(frame), blocking.camera.get(frame))
    else {
        return out;
    };
    let time = blocking.time(frame);
    let age = blocking.explosion.map_or(-1.0, |boom| time - boom);
    let whole = if age >= 0.0 { 0.0 } else { 1.0 };
    let burst = if age >= 0.0 { 1.0 + age } else { 0.0 };
    let (turn_sin, turn_cos) = pose.turn.sin_cos();
    let (gait_sin, gait_cos) = pose.gait.sin_cos();
    let (clock_sin, clock_cos) = worlds::clock(time).sin_cos();
    let squash = pose.squash.clamp(0.4, 1.0);
    for row in 0..MAP_HEIGHT {
        for column in 0..MAP_WIDTH {
            let (px, py) = (column as f32 * 2.0 + 1.0, row as f32 * 2.0 + 1.0);
            let (x, y) = (px - sx, py - sy - size * (1.0 - squash) * 0.8);
            let u = (turn_cos * x - turn_sin * y) / (size * blocking.facing / squash.sqrt());
            let v = -(turn_sin * x + turn_cos * y) / (size * squash);
            let inside = if u.abs().max(v.abs()) < 1.35 { whole } else { 0.0 };
            let radius = (x * x + y * y) / (size * size);
            let glow = (-radius / 2.5).exp();
            let set_x = (px - CENTRE.0) / camera.zoom + CENTRE.0 + camera.dx - blocking.set_shift;
            let set_y = (py - CENTRE.1) / camera.zoom + CENTRE.1 + camera.dy;
            let wave = |period: f32| (TAU * set_x / period).sin_cos();
            let (s64, c64) = wave(64.0);
            let (s32, c32) = wave(32.0);
            let (s16, c16) = wave(16.0);
            let values = [
                inside,
                inside * u,
                inside * v,
                glow * whole,
                glow * whole * gait_sin,
                glow * whole * gait_cos,
                (-radius / 6.0).exp() * burst,
                (set_x - 64.0) / 64.0,
                (set_y - 44.0) / 40.0,
                camera.zoom * 2.0 - 2.0,
                s64,
                c64,
                s32,
                c32,
                s16,
                c16,
                worlds::falling(scene.weather, blocking, time, px, py),
                clock_sin,
                clock_cos,
            ];
            for (channel, value) in values.into_iter().enumerate() {
                out[channel * AREA + row * MAP_WIDTH + column] = value;
            }
        }
    }
    out
}

/// Sound events of every frame, `[frames, EVENT_CHANNELS]`: 1 in the frame of the onset, then fading.
#[must_use]
pub fn events(blocking: &Blocking) -> Vec<f32> {
    let frames = blocking.frames();
    let mut out = vec![0.0f32; frames * EVENT_CHANNELS];
    for event in &blocking.events {
        let channel = Sound::ALL.iter().position(|s| *s == event.sound).unwrap_or(0);
        let onset = (event.time * blocking.fps as f32) as usize;
        // Engines and hovering last; everything else fades.
        let decay = if matches!(event.sound, Sound::Engine | Sound::Hum) { 1.0 } else { EVENT_DECAY };
        let mut value = 1.0f32;
        for frame in onset..frames {
            let cell = &mut out[frame * EVENT_CHANNELS + channel];
            *cell = cell.max(value);
            value *= decay;
            if value < 0.02 {
                break;
            }
        }
    }
    out
}
