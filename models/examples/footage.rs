//! A clip of Pocket as it leaves the model, before mark and encoder: `footage OUT SEED PROMPT` writes 4 s of raw RGB pictures,
//! 160×96, 12 a second (`ffmpeg -f rawvideo -pix_fmt rgb24 -s 160x96 -r 12 -i OUT`).

use std::io::Write as _;

use kinora_models::blocking;
use kinora_models::pocket::{Brief, GUIDANCE_PERCENT_DEFAULT, Options, Pocket, STEPS_DEFAULT};
use kinora_protocol::shot::Shot;

const FRAMES: usize = 48;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [out, seed, prompt] = args.as_slice() else { return Err("usage: footage OUT SEED PROMPT".into()) };
    let seed = seed.parse()?;
    let scene = blocking::fill(&Shot::parse(prompt)?.shot, seed);
    let plan = blocking::plan(&scene, seed, FRAMES);
    let options = Options {
        seed,
        steps: STEPS_DEFAULT,
        guidance_percent: GUIDANCE_PERCENT_DEFAULT,
        switches: Default::default(),
    };
    let footage = Pocket::embedded(0)?.render(&Brief::new(&scene, &plan), &options, &mut |_, _, _, _| {})?;
    let mut file = std::fs::File::create(out)?;
    footage.frames.iter().try_for_each(|frame| file.write_all(frame))?;
    Ok(())
}
