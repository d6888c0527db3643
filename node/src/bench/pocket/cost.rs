//! Where the time of a clip of four seconds goes, and how near to the machine's peak the layers run.

use std::time::Instant;

use kinora_media::EncodeOptions;
use kinora_models::blocking::{self, FPS};
use kinora_models::judge::kernels::{self, Kernels};
use kinora_models::pocket::{Brief, Pocket, STEPS_DEFAULT, WEIGHTS};
use kinora_protocol::ids::BlobHash;
use kinora_protocol::shot::Shot;
use serde::Serialize;

use super::{Bench, Plan, threads, usual};

/// What is rendered.
const PROMPT: &str = "a red fox runs along a beach at sunset, slow pan left, calm music";
const FRAMES: usize = 4 * FPS as usize;
/// Clips, of which the fastest counts for each stage.
const TIMES: usize = 3;
/// Stages in order.
const STAGES: [&str; 7] =
    ["read the weights", "text and plan", "maps", "denoiser", "picture decoder", "vocoder", "AV1 and Opus"];

/// One stage.
#[derive(Clone, Debug, Serialize)]
pub struct StageCost {
    /// Its name.
    pub name: &'static str,
    /// Seconds, the fastest of a few clips.
    pub seconds: f64,
    /// Share of the whole, 0 … 1.
    pub share: f64,
}

/// Where the time goes.
#[derive(Clone, Debug, Serialize)]
pub struct CostFigures {
    /// Frames of the clip.
    pub frames: usize,
    /// Sampler steps.
    pub steps: u32,
    /// Seconds of all stages.
    pub seconds: f64,
    /// Stages in order.
    pub stages: Vec<StageCost>,
    /// Layers of the network.
    pub kernels: Kernels,
}

/// Measures stages and layers.
pub(super) fn run(bench: &Bench, plan: &Plan, note: &mut dyn FnMut(String)) -> Result<CostFigures, String> {
    let mut best = [f64::INFINITY; STAGES.len()];
    for time in 0..TIMES {
        note(format!("clip {} of {TIMES} …", time + 1));
        let seconds = clip(bench, plan)?;
        best.iter_mut().zip(seconds).for_each(|(best, s)| *best = best.min(s));
    }
    note("layers …".to_owned());
    let weights = plan.weights.as_deref().unwrap_or(WEIGHTS);
    let kernels = kernels::measure(weights, FRAMES / 2, threads(plan.threads)).map_err(|e| e.to_string())?;
    let all: f64 = best.iter().sum();
    let stage = |(name, seconds): (&'static str, f64)| StageCost { name, seconds, share: seconds / all };
    let stages = STAGES.into_iter().zip(best).map(stage).collect();
    Ok(CostFigures { frames: FRAMES, steps: STEPS_DEFAULT, seconds: all, stages, kernels })
}

/// Seconds of every stage of one clip.
fn clip(bench: &Bench, plan: &Plan) -> Result<[f64; STAGES.len()], String> {
    let weights = plan.weights.as_deref().unwrap_or(WEIGHTS);
    let hash = BlobHash::of(weights).to_string();
    let start = Instant::now();
    Pocket::load(weights, &hash, plan.threads).map_err(|e| e.to_string())?;
    let read = start.elapsed().as_secs_f64();
    let start = Instant::now();
    let shot = Shot::parse(PROMPT).map_err(|fault| fault.to_string())?.shot;
    let scene = blocking::fill(&shot, plan.seed);
    let blocking = blocking::plan(&scene, plan.seed, FRAMES);
    let planned = start.elapsed().as_secs_f64();
    // The first that is heard of the denoiser is that it begins: before that are the maps.
    let start = Instant::now();
    let mut ends = Vec::new();
    let brief = Brief::new(&scene, &blocking);
    let sampled = bench
        .pocket
        .shoot(&brief, &usual(plan.seed), &mut |_, _, _, _| ends.push(start.elapsed().as_secs_f64()))
        .map_err(|e| e.to_string())?;
    let whole = start.elapsed().as_secs_f64();
    let denoiser = whole - ends.first().copied().unwrap_or(whole);
    // The sound comes after the last picture.
    let start = Instant::now();
    let mut pictures = 0.0;
    let footage = bench
        .pocket
        .develop(&sampled, &mut |_| pictures = start.elapsed().as_secs_f64())
        .map_err(|e| e.to_string())?;
    let vocoder = start.elapsed().as_secs_f64() - pictures;
    let start = Instant::now();
    let options = EncodeOptions { threads: threads(plan.threads), ..EncodeOptions::default() };
    kinora_media::encode(&footage, &options, &mut |_, _| {}).map_err(|e| e.to_string())?;
    let encoded = start.elapsed().as_secs_f64();
    Ok([read, planned, (whole - denoiser).max(0.0), denoiser, pictures, vocoder, encoded])
}
