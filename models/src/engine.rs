//! From a render request to footage: the one entry that the render worker calls.

use kinora_media::footage::Footage;
use kinora_protocol::ids::BlobHash;
use kinora_protocol::job::{RenderRequest, Stage};
use kinora_protocol::limits::{STORYBOARD_FRAMES_MAX, STORYBOARD_SHOTS_MAX};
use kinora_protocol::recipe::{Format, NextShot, Recipe};
use kinora_protocol::shot::{Scene, Shot};

use crate::blocking::{self, Blocking, FPS};
use crate::materials::{MaterialFault, Materials};
use crate::pocket::{self, Brief, Negative, OnProgress, Options, Pocket, PocketError};
use crate::reference::Reference;
use crate::storyboard;
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

/// One shot, planned.
struct Planned {
    shot: Shot,
    scene: Scene,
    blocking: Blocking,
}

/// Renders what is asked, and says how to make it again.
///
/// # Errors
/// [`RenderError`]: a length out of range, a file that cannot be used, otherwise what the model says.
pub fn render(request: &RenderRequest, on: &mut OnProgress<'_>) -> Result<(Recipe, Footage), RenderError> {
    check(request)?;
    on(Stage::Prepare, 0, 1, None);
    let materials = Materials::read(&request.materials)?;
    let planned = plan(request, &materials)?;
    let model = Pocket::embedded(request.threads as usize)?;
    on(Stage::Prepare, 1, 1, None);
    let options = Options {
        seed: request.seed,
        steps: request.steps.unwrap_or(pocket::STEPS_DEFAULT),
        guidance_percent: request.guidance_percent.unwrap_or(pocket::GUIDANCE_PERCENT_DEFAULT),
        switches: request.switches,
    };
    let shots = shoot(&model, &planned, &materials, &options, on)?;
    let total: u32 = shots.iter().map(|s| s.frames() as u32).sum();
    let (mut parts, mut before) = (Vec::new(), 0);
    for shot in &shots {
        parts.push(model.develop_clip(shot, &mut |done| on(Stage::Decode, before + done, total, None))?);
        before += shot.frames() as u32;
    }
    let footage = storyboard::join(parts, &request.next);
    let recipe = recipe(request, planned, &options, footage.frames.len() as u32);
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

/// Decides and plans every shot. Later shots are of the same subject unless they name another.
fn plan(request: &RenderRequest, materials: &Materials) -> Result<Vec<Planned>, RenderError> {
    let scene = blocking::fill(&request.shot, request.seed);
    let blocking = match &materials.blocking {
        Some(edited) => edited.clone(),
        None => blocking::plan(&scene, request.seed, request.frames as usize),
    };
    let mut planned = vec![Planned { shot: request.shot.clone(), scene: scene.clone(), blocking }];
    for (n, next) in request.next.iter().enumerate() {
        let shot = storyboard::anchored(&next.shot, &scene);
        let seed = request.seed.wrapping_add(n as u64 + 1);
        let scene = blocking::fill(&shot, seed);
        let blocking = blocking::plan(&scene, seed, next.frames as usize);
        planned.push(Planned { shot: next.shot.clone(), scene, blocking });
    }
    Ok(planned)
}

/// Samples every shot.
fn shoot(
    model: &Pocket,
    planned: &[Planned],
    materials: &Materials,
    options: &Options,
    on: &mut OnProgress<'_>,
) -> Result<Vec<Negative>, RenderError> {
    let total = options.steps * planned.len() as u32;
    let mut shots = Vec::new();
    for (n, shot) in planned.iter().enumerate() {
        let (is_first, is_last) = (n == 0, n + 1 == planned.len());
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

fn recipe(request: &RenderRequest, planned: Vec<Planned>, options: &Options, frames: u32) -> Recipe {
    let mut planned = planned.into_iter();
    let (shot, scene) = planned
        .next()
        .map(|p| (p.shot, p.scene))
        .unwrap_or_else(|| (request.shot.clone(), blocking::fill(&request.shot, request.seed)));
    let next = planned.zip(&request.next).map(|(p, asked)| NextShot {
        transition: asked.transition,
        frames: asked.frames,
        shot: p.shot,
        scene: p.scene,
    });
    Recipe {
        engine: pocket::ENGINE.to_owned(),
        weights: BlobHash::of(pocket::WEIGHTS),
        executor: EXECUTOR.to_owned(),
        seed: request.seed,
        steps: options.steps,
        guidance_percent: options.guidance_percent,
        format: Format { width: WIDTH as u32, height: HEIGHT as u32, fps: FPS, frames },
        shot,
        scene,
        next: next.collect(),
        switches: request.switches,
        given: crate::materials::given(&request.materials),
    }
}
