//! The same clip for both implementations: `rival write FILE` writes what the network is given, `rival time ROUNDS`
//! renders it here and prints the seconds of each stage as JSON, one line a round.
//!
//! `models/training/pocket/compare.py` runs both, turn by turn.
#![expect(clippy::print_stdout, reason = "its output is its purpose")]

use std::time::Instant;

use kinora_models::conditioning::{events, maps};
use kinora_models::pocket::{Brief, Options, Pocket, STEPS_DEFAULT};
use kinora_models::{blocking, worlds};
use kinora_protocol::shot::Shot;

const PROMPT: &str = "a red fox runs along a beach at sunset, slow pan left, calm music";
const SEED: u64 = 1;
const FRAMES: usize = 48;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let scene = blocking::fill(&Shot::parse(PROMPT)?.shot, SEED);
    let plan = blocking::plan(&scene, SEED, FRAMES);
    match args.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["write", file] => {
            // Little-endian: 18 attribute bytes and 2 zeros, maps as f32, events as f32.
            let mut out: Vec<u8> = scene.indices().iter().map(|i| *i as u8).chain([0, 0]).collect();
            let all = (0..FRAMES).flat_map(|f| maps(&scene, &plan, None, f)).chain(events(&plan));
            out.extend(all.flat_map(f32::to_le_bytes));
            std::fs::write(file, out)?;
        }
        ["time", rounds] => {
            let threads = std::thread::available_parallelism()?.get();
            let pocket = Pocket::embedded(threads)?;
            for _ in 0..rounds.parse()? {
                time(&pocket, &Brief::new(&scene, &plan))?;
            }
        }
        _ => return Err("usage: rival write FILE | rival time ROUNDS".into()),
    }
    Ok(())
}

fn time(pocket: &Pocket, brief: &Brief<'_>) -> Result<(), Box<dyn std::error::Error>> {
    let options =
        Options { seed: SEED, steps: STEPS_DEFAULT, guidance_percent: 100, switches: Default::default() };
    let start = Instant::now();
    let shot = pocket.shoot(brief, &options, &mut |_, _, _, _| {})?;
    let denoise = start.elapsed().as_secs_f64();
    let footage = pocket.develop(&shot, &mut |_| {})?;
    let develop = start.elapsed().as_secs_f64() - denoise;
    let encode = Instant::now();
    let clip = kinora_media::encode(&footage, &kinora_media::EncodeOptions::default(), &mut |_, _| {})?;
    let encode = encode.elapsed().as_secs_f64();
    println!(
        "{}",
        serde_json::json!({"denoise": denoise, "develop": develop, "encode": encode, "bytes": clip.len(), "steps": options.steps,
            "frames": footage.frames.len(), "width": worlds::WIDTH, "height": worlds::HEIGHT})
    );
    Ok(())
}
