//! From a render request to footage: the one entry that the render worker calls.

use kinora_media::footage::Footage;
use kinora_protocol::ids::BlobHash;
use kinora_protocol::job::{RenderRequest, Stage};
use kinora_protocol::recipe::{Format, Recipe};

use crate::blocking::{self, FPS, FRAMES_MAX};
use crate::pocket::{self, OnProgress, Options, Pocket, PocketError};
use crate::worlds::{HEIGHT, WIDTH};

/// What runs the tensors, as recipes name it.
pub const EXECUTOR: &str = "candle-cpu";
/// Shortest clip, in frames: one second.
pub const FRAMES_MIN: u32 = FPS;

/// A render that could not be made.
#[derive(Debug, thiserror::Error)]
pub enum RenderError {
    /// Length out of range.
    #[error("a clip has {FRAMES_MIN} to {FRAMES_MAX} frames at {FPS} frames/s, not {0}")]
    Length(u32),
    /// The model failed.
    #[error(transparent)]
    Pocket(#[from] PocketError),
}

/// Renders what is asked, and says how to make it again.
///
/// # Errors
/// [`RenderError::Length`] for a length out of range; otherwise what the model says.
pub fn render(request: &RenderRequest, on: &mut OnProgress<'_>) -> Result<(Recipe, Footage), RenderError> {
    let frames = request.frames;
    if !(FRAMES_MIN..=FRAMES_MAX as u32).contains(&frames) {
        return Err(RenderError::Length(frames));
    }
    on(Stage::Prepare, 0, 1, None);
    let model = Pocket::embedded()?;
    let scene = blocking::fill(&request.shot, request.seed);
    let plan = blocking::plan(&scene, request.seed, frames as usize);
    on(Stage::Prepare, 1, 1, None);
    let options = Options {
        seed: request.seed,
        steps: request.steps.unwrap_or(pocket::STEPS_DEFAULT),
        guidance_percent: request.guidance_percent.unwrap_or(pocket::GUIDANCE_PERCENT_DEFAULT),
    };
    let footage = model.render(&scene, &plan, &options, on)?;
    let recipe = Recipe {
        engine: pocket::ENGINE.to_owned(),
        weights: BlobHash::of(pocket::WEIGHTS),
        executor: EXECUTOR.to_owned(),
        seed: request.seed,
        steps: options.steps,
        guidance_percent: options.guidance_percent,
        format: Format { width: WIDTH as u32, height: HEIGHT as u32, fps: FPS, frames },
        shot: request.shot.clone(),
        scene,
    };
    Ok((recipe, footage))
}
