//! Seconds per clip and by stage, measured through the same worker process that renders for the studio.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Instant;

use kinora_protocol::job::{FromWorker, RenderRequest, ToWorker};
use kinora_protocol::shot::Shot;
use serde::Serialize;

use crate::studio::FPS;
use crate::studio::estimate::STAGES;
use crate::studio::process::{Worker, WorkerEnd};

/// What is rendered.
const PROMPT: &str = "a red fox runs along a beach at sunset, slow pan left, calm music";

/// One stage's share.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct StageFigure {
    /// Seconds per clip.
    pub seconds: f64,
    /// Seconds of clip per second of work: above 1 is faster than playing.
    pub real_time_factor: f64,
}

/// How fast clips are made.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RenderFigures {
    /// Clips rendered.
    pub clips: u32,
    /// Length of each, in seconds.
    pub clip_seconds: f64,
    /// Seconds from start of the worker to the finished file, the mean.
    pub seconds_per_clip: f64,
    /// Seconds of clip per second of work.
    pub real_time_factor: f64,
    /// By stage.
    pub stages: BTreeMap<&'static str, StageFigure>,
    /// Size of the last file, in bytes.
    pub clip_bytes: u64,
    /// Engine that rendered.
    pub engine: String,
    /// Executor that ran it.
    pub executor: String,
    /// Sampler steps.
    pub steps: u32,
    /// Threads it was allowed; 0 is all.
    pub threads: u32,
}

/// Renders `clips` clips of `seconds` seconds, one after another.
///
/// # Errors
/// Why a render failed.
pub async fn run(program: &Path, clips: u32, seconds: u32, threads: u32) -> Result<RenderFigures, String> {
    let shot: Shot = Shot::parse(PROMPT).map_err(|fault| fault.to_string())?.shot;
    let clip_seconds = f64::from(seconds);
    let mut totals = [0.0f64; STAGES.len()];
    let mut all = 0.0;
    let mut last = None;
    for seed in 0..u64::from(clips.max(1)) {
        let request = RenderRequest {
            shot: shot.clone(),
            seed,
            frames: seconds * FPS,
            threads,
            tag: Some([7; 8].into()),
            ..RenderRequest::default()
        };
        let start = Instant::now();
        let mut worker =
            Worker::start(program, &ToWorker::Render(request)).await.map_err(|e| e.to_string())?;
        let rendered = match worker.last().await {
            Ok(FromWorker::Done(rendered)) => rendered,
            Ok(FromWorker::Failed { reason }) => return Err(reason),
            Ok(FromWorker::Compared(_) | FromWorker::Progress { .. }) => {
                return Err(WorkerEnd::Other.to_string());
            }
            Err(end) => return Err(end.to_string()),
        };
        all += start.elapsed().as_secs_f64();
        worker.kill().await;
        for (total, stage) in totals.iter_mut().zip(STAGES) {
            let millis: u64 = rendered.times.iter().filter(|t| t.stage == stage).map(|t| t.millis).sum();
            *total += millis as f64 / 1000.0;
        }
        last = Some(rendered);
    }
    let nothing = || "nothing was rendered".to_owned();
    let rendered = last.ok_or_else(nothing)?;
    let recipe = rendered.recipe.ok_or_else(nothing)?;
    let mean = |total: f64| total / f64::from(clips.max(1));
    let factor = |seconds: f64| if seconds > 0.0 { clip_seconds / seconds } else { 0.0 };
    let stages = STAGES
        .into_iter()
        .zip(totals)
        .map(|(stage, total)| {
            (stage.as_str(), StageFigure { seconds: mean(total), real_time_factor: factor(mean(total)) })
        })
        .collect();
    Ok(RenderFigures {
        clips: clips.max(1),
        clip_seconds,
        seconds_per_clip: mean(all),
        real_time_factor: factor(mean(all)),
        stages,
        clip_bytes: rendered.clip.len() as u64,
        engine: recipe.engine,
        executor: recipe.executor,
        steps: recipe.steps,
        threads,
    })
}
