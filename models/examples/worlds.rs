//! Streams training data: `worlds info`, `worlds stream --seed S --clips N --frames F [--held]`,
//! `worlds judge --seed S --clips N [--held]`.
//!
//! A record of `stream`, little-endian: `KWLD`, version u32 = 4, seed u64, 18 attribute bytes and 2 zeros, first frame u32, F frames
//! in a row of 96×160×3 bytes, F maps of C×48×80 half floats, 144,000 sound samples i16, 72×E event bytes (×255).
//! Clips have 48 frames at 12 frames a second, a third of them 72; what is missing of sound and events is zero. A fifth show
//! a reference. The same seed gives the same stream.
//!
//! A record of `judge`: `KJDG`, version u32 = 2, seed u64, 18 attribute bytes and 2 zeros, 12 frames of 48×80×3 bytes and
//! 192×64 half floats of log-mel: what the oracle sees and hears of a clip of 24 frames; then 6×2×3 floats: where the plan has
//! the bodies. No clip shows a reference.
#![expect(clippy::print_stderr, reason = "a tool for people")]

use std::io::{self, BufWriter, Write};

use kinora_models::blocking::{self, FPS};
use kinora_models::conditioning::{EVENT_CHANNELS, MAP_CHANNELS, MAP_HEIGHT, MAP_WIDTH, events, maps};
use kinora_models::judge::draw::{Draw, Take, seed_of};
use kinora_models::judge::features::{self, Features};
use kinora_models::reference::Reference;
use kinora_models::worlds::{self, HEIGHT, WIDTH};
use kinora_protocol::shot::{
    Action, Angle, Camera, Colour, Count, Framing, Mood, Music, Place, Relation, Size, Speed, Style, Subject,
    Time, Weather,
};

/// Frames of most clips, and of the longest.
const CLIP_FRAMES: usize = 48;
const LONGEST: usize = 72;

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
    let options = Options {
        seed: value("--seed", 1),
        clips: value("--clips", 1),
        frames: value("--frames", 1).clamp(1, CLIP_FRAMES as u64) as usize,
        held: flag("--held"),
    };
    let done = match args.first().map(String::as_str) {
        Some("info") => info(),
        Some("stream") => stream(&options),
        Some("judge") => judge(&options),
        _ => {
            eprintln!(
                "usage: worlds info | worlds stream --seed S --clips N --frames F [--held] | worlds judge --seed S --clips N [--held]"
            );
            Ok(())
        }
    };
    // A reader that has enough closes the pipe: that is how a training step ends.
    done.or_else(|e| if e.kind() == io::ErrorKind::BrokenPipe { Ok(()) } else { Err(e) })
}

fn info() -> io::Result<()> {
    fn words<T: std::fmt::Display>(all: &[T]) -> Vec<String> {
        all.iter().map(ToString::to_string).collect()
    }
    let info = serde_json::json!({
        "width": WIDTH, "height": HEIGHT, "fps": FPS, "frames": LONGEST, "rate": 24_000,
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

fn stream(options: &Options) -> io::Result<()> {
    let mut out = BufWriter::with_capacity(1 << 20, io::stdout().lock());
    for clip in 0..options.clips {
        let seed = seed_of(options.seed, clip);
        let mut draw = Draw::new(seed);
        let scene = draw.scene(options.held);
        let length = if draw.below(3) == 0 { LONGEST } else { CLIP_FRAMES };
        let first = draw.below(length - options.frames + 1);
        let looks = (draw.below(5) == 0).then(|| Reference::pattern(seed, scene.subject));
        let frames = first..first + options.frames;
        let blocking = blocking::plan(&scene, seed, length);
        out.write_all(b"KWLD\x04\0\0\0")?;
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
        let mut sound: Vec<u8> = worlds::sound(&scene, &blocking)
            .into_iter()
            .flat_map(|v| ((v * 32_000.0) as i16).to_le_bytes())
            .collect();
        sound.resize(LONGEST * 2 * 24_000 / FPS as usize, 0);
        out.write_all(&sound)?;
        let mut bytes: Vec<u8> = events(&blocking).into_iter().map(|v| (v * 255.0) as u8).collect();
        bytes.resize(LONGEST * EVENT_CHANNELS, 0);
        out.write_all(&bytes)?;
    }
    out.flush()
}

fn judge(options: &Options) -> io::Result<()> {
    let mut out = BufWriter::with_capacity(1 << 20, io::stdout().lock());
    for clip in 0..options.clips {
        let Take { scene, blocking, seed } = Take::new(options.seed, clip, options.held);
        out.write_all(b"KJDG\x02\0\0\0")?;
        out.write_all(&seed.to_le_bytes())?;
        out.write_all(&scene.indices().map(|index| index as u8))?;
        out.write_all(&[0; 2])?;
        let drawn = features::frames().map(|f| worlds::render(&scene, &blocking, f).rgb);
        let features = Features::new(drawn, &worlds::sound(&scene, &blocking), &blocking);
        out.write_all(&features.seen)?;
        let heard: Vec<u8> = features.heard.into_iter().flat_map(|v| half(v).to_le_bytes()).collect();
        out.write_all(&heard)?;
        let places: Vec<u8> = features.places.into_iter().flat_map(f32::to_le_bytes).collect();
        out.write_all(&places)?;
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
