//! Blocking: who stands where and moves how, the camera's path, and the time and kind of each sound event.
//!
//! The film word for what sits between the prompt and the picture. It is plain data: shown, edited, kept, and shared by
//! engines. Everything random about a clip is in its blocking; the picture is a function of [`Scene`] and blocking alone.
//! Positions are in stage pixels of a 128×80 stage, time in seconds, angles in radians.

mod action;
mod camera;
mod cast;
mod check;
mod fill;
#[cfg(test)]
mod tests;

use kinora_protocol::shot::{Scene, Speed};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore as _, SeedableRng as _};
use serde::{Deserialize, Serialize};

pub use check::{ACTORS_MAX, BlockingFault, EVENTS_MAX};
pub use fill::fill;

/// Width of the stage in pixels.
pub const STAGE_WIDTH: f32 = 128.0;
/// Height of the stage in pixels.
pub const STAGE_HEIGHT: f32 = 80.0;
/// Frames per second of a plan.
pub const FPS: u32 = 12;
/// Where the camera looks when it rests, in stage pixels.
pub const CENTRE: (f32, f32) = (64.0, 44.0);
/// Height of the ground on which subjects stand, in stage pixels from the top.
pub const GROUND: f32 = 64.0;
/// How much of a pan the subject follows: it stands nearer to the camera than the background.
pub const PARALLAX: f32 = 0.5;
/// How much of a dolly the set follows.
pub const FAR: f32 = 0.3;
/// Most frames that are planned: 60 s.
pub const FRAMES_MAX: usize = 720;

/// An actor in one frame.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Pose {
    /// Centre, from the left.
    pub x: f32,
    /// Centre, from the top.
    pub y: f32,
    /// Half the actor's height.
    pub size: f32,
    /// Rotation, counter-clockwise.
    pub turn: f32,
    /// Vertical squash: 1 is none, 0.6 is flattened.
    pub squash: f32,
    /// Phase of legs, wings or fins.
    pub gait: f32,
}

/// The camera in one frame.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct CameraPose {
    /// Where it looks, right of the centre.
    pub dx: f32,
    /// Where it looks, below the centre.
    pub dy: f32,
    /// Magnification of set and actors alike, by the lens.
    pub zoom: f32,
    /// Magnification of the actors by coming nearer; the set, farther away, takes [`FAR`] of it.
    pub near: f32,
    /// How far the camera has gone around the actors: the set moves by this to the left, the actors do not.
    pub orbit: f32,
}

impl CameraPose {
    /// A camera at rest.
    pub const REST: Self = Self { dx: 0.0, dy: 0.0, zoom: 1.0, near: 1.0, orbit: 0.0 };

    /// Magnification of the set.
    #[must_use]
    pub fn set_zoom(&self) -> f32 {
        self.zoom * (1.0 + FAR * (self.near - 1.0))
    }

    /// Magnification of the actors.
    #[must_use]
    pub fn actor_zoom(&self) -> f32 {
        self.zoom * self.near
    }
}

/// What makes a sound.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sound {
    /// A foot touches the ground.
    Step,
    /// A body hits the ground.
    Thud,
    /// A wing beats.
    Flap,
    /// Water is hit.
    Splash,
    /// Something turns quickly.
    Whoosh,
    /// Hovering begins.
    Hum,
    /// An engine runs.
    Engine,
    /// An explosion.
    Boom,
    /// The subject's voice.
    Voice,
}

impl Sound {
    /// Every kind, in the order of the conditioning channels.
    pub const ALL: [Self; 9] = [
        Self::Step,
        Self::Thud,
        Self::Flap,
        Self::Splash,
        Self::Whoosh,
        Self::Hum,
        Self::Engine,
        Self::Boom,
        Self::Voice,
    ];
}

/// One sound event.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// Seconds from the start.
    pub time: f32,
    /// What sounds.
    pub sound: Sound,
    /// Whose sound it is.
    pub role: Role,
}

/// Which words of the scene an actor follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// The scene's subject and colour.
    Subject,
    /// The scene's partner and its colour.
    Partner,
}

/// One body on the stage.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Actor {
    /// What it looks like.
    pub role: Role,
    /// +1 when it looks to the right, −1 to the left.
    pub facing: f32,
    /// Frame by frame.
    pub poses: Vec<Pose>,
    /// When it explodes, if it does, in seconds.
    pub explosion: Option<f32>,
}

/// The plan of one shot.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Blocking {
    /// Frames per second.
    pub fps: u32,
    /// Shift of the set (trees, houses, sun) to the right, in stage pixels.
    pub set_shift: f32,
    /// Phase of falling rain or snow, 0 … 1.
    pub fall_phase: f32,
    /// Who is on the stage, farthest first: later actors hide earlier ones.
    pub cast: Vec<Actor>,
    /// The camera, frame by frame.
    pub camera: Vec<CameraPose>,
    /// Sound events in the order of time.
    pub events: Vec<Event>,
}

impl Blocking {
    /// Number of frames.
    #[must_use]
    pub fn frames(&self) -> usize {
        self.camera.len()
    }

    /// Time of a frame in seconds.
    #[must_use]
    pub fn time(&self, frame: usize) -> f32 {
        frame as f32 / self.fps as f32
    }

    /// Where an actor's centre is on the stage as the camera sees it: x, y and half height in stage pixels.
    #[must_use]
    pub fn on_screen(&self, actor: &Actor, frame: usize) -> Option<(f32, f32, f32)> {
        let (pose, camera) = (actor.poses.get(frame)?, self.camera.get(frame)?);
        let zoom = camera.actor_zoom();
        let x = (pose.x - PARALLAX * camera.dx - CENTRE.0) * zoom + CENTRE.0;
        let y = (pose.y - PARALLAX * camera.dy - CENTRE.1) * zoom + CENTRE.1;
        Some((x, y, pose.size * zoom))
    }

    /// The scene's subject: the nearest actor of that role.
    #[must_use]
    pub fn subject(&self) -> Option<&Actor> {
        self.cast.iter().rev().find(|a| a.role == Role::Subject)
    }
}

/// Uniform numbers from a seed; the same on every machine.
#[derive(Debug)]
pub(crate) struct Dice(ChaCha8Rng);

impl Dice {
    /// `stream` separates uses of the same seed.
    pub(crate) fn new(seed: u64, stream: u64) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        rng.set_stream(stream);
        Self(rng)
    }

    /// Uniform in 0 … 1.
    pub(crate) fn unit(&mut self) -> f32 {
        (self.0.next_u32() >> 8) as f32 / (1u32 << 24) as f32
    }

    /// Uniform in `low … high`.
    pub(crate) fn range(&mut self, low: f32, high: f32) -> f32 {
        low + (high - low) * self.unit()
    }

    /// Uniform in `0 … below`.
    pub(crate) fn index(&mut self, below: usize) -> usize {
        ((self.unit() * below as f32) as usize).min(below.saturating_sub(1))
    }
}

/// Speed of the action relative to normal.
pub(crate) const fn pace(speed: Speed) -> f32 {
    match speed {
        Speed::Normal => 1.0,
        Speed::Slow => 0.5,
        Speed::Fast => 1.8,
    }
}

/// Plans a scene. The same scene, seed and number of frames give the same plan on every machine.
///
/// `frames` is held to 1 … [`FRAMES_MAX`].
#[must_use]
pub fn plan(scene: &Scene, seed: u64, frames: usize) -> Blocking {
    let frames = frames.clamp(1, FRAMES_MAX);
    let mut dice = Dice::new(seed, 1);
    let set_shift = dice.range(-24.0, 24.0);
    let fall_phase = dice.unit();
    let camera = camera::path(scene, &mut dice, frames);
    let (cast, mut events) = cast::play(scene, &mut dice, frames);
    let seconds = frames as f32 / FPS as f32;
    events.retain(|e| e.time >= 0.0 && e.time < seconds - 0.05);
    events.sort_by(|a, b| a.time.total_cmp(&b.time));
    Blocking { fps: FPS, set_shift, fall_phase, cast, camera, events }
}
