//! Streams training data: `worlds info`, `worlds stream --seed S --clips N --frames F [--held]`.
//!
//! A record, little-endian: `KWLD`, version u32 = 2, seed u64, 18 attribute bytes and 2 zeros, first frame u32, F frames
//! in a row of 96×160×3 bytes, F maps of C×48×80 half floats, 96,000 sound samples i16, 48×E event bytes (×255).
//! Clips have 48 frames at 12 frames a second. A fifth of them show a reference. The same seed gives the same stream.
#![expect(clippy::print_stderr, reason = "a tool for people")]

use std::io::{self, BufWriter, Write};

use kinora_models::blocking::{self, FPS};
use kinora_models::conditioning::{EVENT_CHANNELS, MAP_CHANNELS, MAP_HEIGHT, MAP_WIDTH, events, maps};
use kinora_models::reference::Reference;
use kinora_models::worlds::{self, HEIGHT, WIDTH, split};
use kinora_protocol::shot::{
    Action, Angle, Camera, Colour, Count, Framing, Mood, Music, Partner, Place, Relation, Scene, Size, Speed,
    Style, Subject, Time, Weather,
};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};

const CLIP_FRAMES: usize = 48;

struct Options {
    seed: u64,
    clips: u64,
    frames: usize,
    held: bool,
}

fn main() -> io::Result<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let value = |name: &str, default: u64| {
        args.iter()
            .position(|a| a == name)
            .and_then(|i| args.get(i + 1))
            .and_then(|v| v.parse().ok())
            .unwrap_or(default)
    };
    let flag = |name: &str| args.iter().any(|a| a == name);
    match args.first().map(String::as_str) {
        Some("info") => info(),
        Some("stream") => stream(&Options {
            seed: value("--seed", 1),
            clips: value("--clips", 1),
            frames: value("--frames", 1).clamp(1, CLIP_FRAMES as u64) as usize,
            held: flag("--held"),
        }),
        _ => {
            eprintln!("usage: worlds info | worlds stream --seed S --clips N --frames F [--held]");
            Ok(())
        }
    }
}

fn info() -> io::Result<()> {
    fn words<T: std::fmt::Display>(all: &[T]) -> Vec<String> {
        all.iter().map(ToString::to_string).collect()
    }
    let info = serde_json::json!({
        "width": WIDTH, "height": HEIGHT, "fps": FPS, "frames": CLIP_FRAMES, "rate": 24_000,
        "map": {"width": MAP_WIDTH, "height": MAP_HEIGHT, "channels": MAP_CHANNELS},
        "events": EVENT_CHANNELS,
        "axes": [
            ["subject", words(Subject::ALL)], ["colour", words(Colour::ALL)], ["action", words(Action::ALL)],
            ["place", words(Place::ALL)], ["time", words(Time::ALL)], ["weather", words(Weather::ALL)],
            ["framing", words(Framing::ALL)], ["camera", words(Camera::ALL)], ["speed", words(Speed::ALL)],
            ["style", words(Style::ALL)], ["mood", words(Mood::ALL)], ["music", words(Music::ALL)],
            ["angle", words(Angle::ALL)], ["size", words(Size::ALL)], ["count", words(Count::ALL)],
            ["relation", words(Relation::ALL)], ["partner", words(Subject::ALL)],
            ["partner colour", words(Colour::ALL)],
        ],
    });
    writeln!(io::stdout(), "{info}")
}

fn below(rng: &mut ChaCha8Rng, n: usize) -> usize {
    (rng.next_u32() as usize) % n
}

/// Draws a scene: uniform on every axis, with more weight on the words people leave unsaid.
fn scene(rng: &mut ChaCha8Rng, held: bool) -> Scene {
    fn one<T: Copy>(rng: &mut ChaCha8Rng, all: &[T]) -> T {
        all[below(rng, all.len())]
    }
    fn usual<T: Copy>(rng: &mut ChaCha8Rng, all: &[T], percent: usize) -> T {
        if below(rng, 100) < percent { all[0] } else { one(rng, all) }
    }
    loop {
        let framing = if below(rng, 100) < 50 { Framing::Medium } else { one(rng, Framing::ALL) };
        let partner = (below(rng, 100) < 25).then(|| Partner {
            relation: one(rng, Relation::ALL),
            subject: one(rng, Subject::ALL),
            colour: one(rng, Colour::ALL),
        });
        let scene = Scene {
            subject: one(rng, Subject::ALL),
            colour: one(rng, Colour::ALL),
            action: one(rng, Action::ALL),
            place: one(rng, Place::ALL),
            time: usual(rng, Time::ALL, 20),
            weather: usual(rng, Weather::ALL, 40),
            framing,
            camera: usual(rng, Camera::ALL, 20),
            speed: usual(rng, Speed::ALL, 30),
            style: usual(rng, Style::ALL, 30),
            mood: usual(rng, Mood::ALL, 20),
            music: one(rng, Music::ALL),
            angle: usual(rng, Angle::ALL, 60),
            size: usual(rng, Size::ALL, 50),
            count: if partner.is_some() { Count::One } else { usual(rng, Count::ALL, 60) },
            partner,
        };
        if split::held_out(&scene) == held {
            return scene;
        }
    }
}

fn stream(options: &Options) -> io::Result<()> {
    let mut out = BufWriter::with_capacity(1 << 20, io::stdout().lock());
    for clip in 0..options.clips {
        let seed = options.seed.wrapping_mul(1_000_003).wrapping_add(clip);
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let scene = scene(&mut rng, options.held);
        let first = below(&mut rng, CLIP_FRAMES - options.frames + 1);
        let looks = (below(&mut rng, 5) == 0).then(|| Reference::pattern(seed, scene.subject));
        let frames = first..first + options.frames;
        let blocking = blocking::plan(&scene, seed, CLIP_FRAMES);
        out.write_all(b"KWLD\x02\0\0\0")?;
        out.write_all(&seed.to_le_bytes())?;
        for index in scene.indices() {
            out.write_all(&[index as u8])?;
        }
        out.write_all(&[0; 2])?;
        out.write_all(&(first as u32).to_le_bytes())?;
        for frame in frames.clone() {
            out.write_all(&worlds::render_with(&scene, &blocking, looks.as_ref(), frame).rgb)?;
        }
        for frame in frames {
            let halves: Vec<u8> = maps(&scene, &blocking, looks.as_ref(), frame)
                .into_iter()
                .flat_map(|v| half(v).to_le_bytes())
                .collect();
            out.write_all(&halves)?;
        }
        let sound: Vec<u8> = worlds::sound(&scene, &blocking)
            .into_iter()
            .flat_map(|v| ((v * 32_000.0) as i16).to_le_bytes())
            .collect();
        out.write_all(&sound)?;
        let bytes: Vec<u8> = events(&blocking).into_iter().map(|v| (v * 255.0) as u8).collect();
        out.write_all(&bytes)?;
    }
    out.flush()
}

/// The nearest half float, rounding towards zero; values here are small and finite.
fn half(value: f32) -> u16 {
    let bits = value.to_bits();
    let sign = ((bits >> 16) & 0x8000) as u16;
    let exponent = ((bits >> 23) & 0xff) as i32 - 127 + 15;
    if exponent <= 0 {
        return sign;
    }
    sign | ((exponent.min(30) as u16) << 10) | ((bits >> 13) & 0x3ff) as u16
}
