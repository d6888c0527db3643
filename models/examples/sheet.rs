//! Contact sheet: renders prompts with Pocket and writes one picture, three frames a prompt, each over the drawn world:
//! `sheet OUT.ppm [--steps N] [--guidance PERCENT] [--weights FILE] [PROMPT…]`.
#![expect(clippy::print_stderr, reason = "a tool for people")]

use std::io::Write as _;
use std::time::Instant;

use kinora_models::pocket::{Brief, ENGINE, GUIDANCE_PERCENT_DEFAULT, Options, Pocket, STEPS_DEFAULT};
use kinora_models::worlds::prompts::SHEET;
use kinora_models::worlds::{HEIGHT, WIDTH, split};
use kinora_models::{blocking, worlds};
use kinora_protocol::ids::BlobHash;
use kinora_protocol::shot::Shot;

const SHOWN: [usize; 3] = [4, 18, 32];
const FRAMES: usize = 36;
const COLUMNS: usize = 3;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut args = std::env::args().skip(1);
    let out = args
        .next()
        .ok_or("usage: sheet OUT.ppm [--steps N] [--guidance PERCENT] [--weights FILE] [PROMPT…]")?;
    let (mut steps, mut guidance_percent) = (STEPS_DEFAULT, GUIDANCE_PERCENT_DEFAULT);
    let (mut given, mut weights) = (Vec::new(), None);
    while let Some(arg) = args.next() {
        match arg.as_str() {
            "--steps" => steps = args.next().ok_or("--steps needs a number")?.parse()?,
            "--guidance" => guidance_percent = args.next().ok_or("--guidance needs a number")?.parse()?,
            "--weights" => weights = Some(std::fs::read(args.next().ok_or("--weights needs a file")?)?),
            _ => given.push(arg),
        }
    }
    let prompts: Vec<&str> =
        if given.is_empty() { SHEET.to_vec() } else { given.iter().map(String::as_str).collect() };
    let pocket = match weights {
        // A checkpoint is taken as it is: its own hash is the expected one.
        Some(bytes) => Pocket::load(&bytes, &BlobHash::of(&bytes).to_string(), 0)?,
        None => Pocket::embedded(0)?,
    };
    let columns = COLUMNS.min(prompts.len());
    let rows = prompts.len().div_ceil(columns);
    let (width, height) = (columns * SHOWN.len() * WIDTH, rows * HEIGHT * 2);
    let mut sheet = vec![0u8; width * height * 3];
    let mut decibels = 0.0;
    for (n, prompt) in prompts.iter().enumerate() {
        let seed = n as u64 + 1;
        let scene = blocking::fill(&Shot::parse(prompt)?.shot, seed);
        let plan = blocking::plan(&scene, seed, FRAMES);
        let start = Instant::now();
        let options = Options { seed, steps, guidance_percent, switches: Default::default() };
        let footage = pocket.render(&Brief::new(&scene, &plan), &options, &mut |_, _, _, _| {})?;
        let held = if split::held_out(&scene) { " (held out)" } else { "" };
        eprintln!("{ENGINE} {:.1} s: {prompt}{held}", start.elapsed().as_secs_f32());
        let mut squared = 0f64;
        for (k, frame) in SHOWN.into_iter().enumerate() {
            let real = worlds::render(&scene, &plan, frame).rgb;
            let (x, y) = ((n % columns * SHOWN.len() + k) * WIDTH, n / columns * 2 * HEIGHT);
            squared += real
                .iter()
                .zip(&footage.frames[frame])
                .map(|(a, b)| (f64::from(*a) - f64::from(*b)).powi(2))
                .sum::<f64>();
            for (dy, picture) in [(0, &footage.frames[frame]), (HEIGHT, &real)] {
                for row in 0..HEIGHT {
                    let at = ((y + dy + row) * width + x) * 3;
                    sheet[at..at + WIDTH * 3]
                        .copy_from_slice(&picture[row * WIDTH * 3..(row + 1) * WIDTH * 3]);
                }
            }
        }
        let error = squared / (SHOWN.len() * WIDTH * HEIGHT * 3) as f64;
        let near = 10.0 * (255.0f64 * 255.0 / error.max(1e-9)).log10();
        decibels += near;
        eprintln!("    {near:.1} dB to the drawn world");
    }
    eprintln!("mean {:.2} dB, {steps} steps, guidance {guidance_percent} %", decibels / prompts.len() as f64);
    let mut file = std::fs::File::create(out)?;
    writeln!(file, "P6 {width} {height} 255")?;
    file.write_all(&sheet)?;
    Ok(())
}
