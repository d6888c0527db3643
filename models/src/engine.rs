//! From a render request to footage: the one entry that the render worker calls.

use kinora_media::footage::Footage;
use kinora_protocol::ids::BlobHash;
use kinora_protocol::job::{RenderRequest, Stage};
use kinora_protocol::limits::{STORYBOARD_FRAMES_MAX, STORYBOARD_SHOTS_MAX};
use kinora_protocol::recipe::{Format, NextShot, Recipe};

use crate::blocking::{self, FPS};
use crate::materials::{MaterialFault, Materials};
use crate::pocket::{self, Brief, Negative, OnProgress, Options, Pocket, PocketError};
use crate::reference::Reference;
use crate::storyboard::{self, Staged};
use crate::worlds::{HEIGHT, WIDTH};

/// What runs the tensors, as recipes name it.
pub const EXECUTOR: &str = "cpu";
/// Shortest shot, in frames: one second.
pub const FRAMES_MIN: u32 = FPS;

/// A render that could not be made.
#[derive(Debug, thiserror::Error)]
pub enum RenderError {
    /// Length out of range.
    #[error(
        "a shot has at least {FRAMES_MIN} frames at {FPS} frames/s, and all shots together at most \
         {STORYBOARD_FRAMES_MAX}; {0} were asked for"
    )]
    Length(u32),
    /// Too many shots.
    #[error("a storyboard has at most {STORYBOARD_SHOTS_MAX} shots, not {0}")]
    Shots(usize),
    /// A file it should be made from.
    #[error(transparent)]
    Material(#[from] MaterialFault),
    /// The model failed.
    #[error(transparent)]
    Pocket(#[from] PocketError),
}

/// Renders what is asked, and says how to make it again.
///
/// # Errors
/// [`RenderError`]: a length out of range, a file that cannot be used, otherwise what the model says.
pub fn render(request: &RenderRequest, on: &mut OnProgress<'_>) -> Result<(Recipe, Footage), RenderError> {
    check(request)?;
    on(Stage::Prepare, 0, 1, None);
    let materials = Materials::read(&request.materials)?;
    let mut staged = storyboard::stage(&request.shot, request.frames, &request.next, request.seed);
    if let (Some(edited), Some(opening)) = (&materials.blocking, staged.first_mut()) {
        opening.blocking = edited.clone();
    }
    let model = Pocket::embedded(request.threads as usize)?;
    on(Stage::Prepare, 1, 1, None);
    let options = Options {
        seed: request.seed,
        steps: request.steps.unwrap_or(pocket::STEPS_DEFAULT),
        guidance_percent: request.guidance_percent.unwrap_or(pocket::GUIDANCE_PERCENT_DEFAULT),
        switches: request.switches,
    };
    let shots = shoot(&model, &staged, &materials, &options, on)?;
    let total: u32 = shots.iter().map(|s| s.frames() as u32).sum();
    let (mut parts, mut before) = (Vec::new(), 0);
    for shot in &shots {
        parts.push(model.develop(shot, &mut |done| on(Stage::Decode, before + done, total, None))?);
        before += shot.frames() as u32;
    }
    let footage = storyboard::join(parts, &request.next);
    let recipe = recipe(request, staged, &options, footage.frames.len() as u32);
    Ok((recipe, footage))
}

fn check(request: &RenderRequest) -> Result<(), RenderError> {
    if request.next.len() + 1 > STORYBOARD_SHOTS_MAX {
        return Err(RenderError::Shots(request.next.len() + 1));
    }
    let lengths = || std::iter::once(request.frames).chain(request.next.iter().map(|n| n.frames));
    if let Some(short) = lengths().find(|n| *n < FRAMES_MIN) {
        return Err(RenderError::Length(short));
    }
    let total = lengths().fold(0u32, u32::saturating_add);
    if total > STORYBOARD_FRAMES_MAX { Err(RenderError::Length(total)) } else { Ok(()) }
}

/// Samples every shot.
fn shoot(
    model: &Pocket,
    staged: &[Staged],
    materials: &Materials,
    options: &Options,
    on: &mut OnProgress<'_>,
) -> Result<Vec<Negative>, RenderError> {
    let total = options.steps * staged.len() as u32;
    let mut shots = Vec::new();
    for (n, shot) in staged.iter().enumerate() {
        let (is_first, is_last) = (n == 0, n + 1 == staged.len());
        let reference = match &materials.reference {
            Some((stills, part)) => {
                Some(Reference::from_stills(stills, shot.scene.subject, *part).map_err(MaterialFault::from)?)
            }
            None => None,
        };
        let brief = Brief {
            reference: reference.as_ref(),
            first: materials.first.as_ref().filter(|_| is_first),
            last: materials.last.as_ref().filter(|_| is_last),
            parent: materials.parent.as_ref().filter(|_| is_first).map(|(footage, how)| (footage, *how)),
            ..Brief::new(&shot.scene, &shot.blocking)
        };
        let options = Options { seed: options.seed.wrapping_add(n as u64), ..*options };
        let before = options.steps * n as u32;
        shots.push(model.shoot(&brief, &options, &mut |stage, done, _, preview| {
            on(stage, before + done, total, preview);
        })?);
    }
    Ok(shots)
}

fn recipe(request: &RenderRequest, staged: Vec<Staged>, options: &Options, frames: u32) -> Recipe {
    let mut scenes = staged.into_iter().map(|s| s.scene);
    let scene = scenes.next().unwrap_or_else(|| blocking::fill(&request.shot, request.seed));
    let next = scenes.zip(&request.next).map(|(scene, asked)| NextShot {
        transition: asked.transition,
        frames: asked.frames,
        shot: asked.shot.clone(),
        scene,
    });
    Recipe {
        engine: pocket::ENGINE.to_owned(),
        weights: BlobHash::of(pocket::WEIGHTS),
        executor: EXECUTOR.to_owned(),
        seed: request.seed,
        steps: options.steps,
        guidance_percent: options.guidance_percent,
        format: Format { width: WIDTH as u32, height: HEIGHT as u32, fps: FPS, frames },
        shot: request.shot.clone(),
        scene,
        next: next.collect(),
        switches: request.switches,
        given: crate::materials::given(&request.materials),
    }
}
