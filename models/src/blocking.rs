//! Blocking: who stands where and moves how, the camera's path, and the time and kind of each sound event.
//!
//! The film word for what sits between the prompt and the picture. It is plain data: shown, edited, kept, and shared by
//! engines. Everything random about a clip is in its blocking; the picture is a function of [`Scene`] and blocking alone.
//! Positions are in stage pixels of a 128×80 stage, time in seconds, angles in radians.

mod action;
mod fill;

use std::f32::consts::TAU;

use kinora_protocol::shot::{Camera, Framing, Scene, Speed};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore as _, SeedableRng as _};
use serde::{Deserialize, Serialize};

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
/// Most frames that are planned: 60 s.
pub const FRAMES_MAX: usize = 720;

/// The subject in one frame.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Pose {
    /// Centre, from the left.
    pub x: f32,
    /// Centre, from the top.
    pub y: f32,
    /// Half the subject's height.
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
    /// Magnification.
    pub zoom: f32,
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
    /// +1 when the subject looks to the right, −1 to the left.
    pub facing: f32,
    /// The subject, frame by frame.
    pub subject: Vec<Pose>,
    /// When it explodes, if it does.
    pub explosion: Option<f32>,
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

    /// Where the subject's centre is on the screen: x, y and half height in pixels.
    #[must_use]
    pub fn on_screen(&self, frame: usize) -> Option<(f32, f32, f32)> {
        let (pose, camera) = (self.subject.get(frame)?, self.camera.get(frame)?);
        let x = (pose.x - PARALLAX * camera.dx - CENTRE.0) * camera.zoom + CENTRE.0;
        let y = (pose.y - PARALLAX * camera.dy - CENTRE.1) * camera.zoom + CENTRE.1;
        Some((x, y, pose.size * camera.zoom))
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

/// Half the subject's height by shot size, in stage pixels.
const fn size_of(framing: Framing) -> f32 {
    match framing {
        Framing::Wide => 12.0,
        Framing::Medium => 18.5,
        Framing::Close => 27.0,
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
    let facing = if dice.unit() < 0.5 { -1.0 } else { 1.0 };
    let size = size_of(scene.framing) * dice.range(0.94, 1.06);
    let camera = camera_path(scene.camera, &mut dice, frames);
    let stage = action::Stage { scene, size, facing, frames, seconds: frames as f32 / FPS as f32 };
    let act = action::play(&stage, &mut dice);
    let mut events = act.events;
    events.extend(action::voice(scene.subject, &mut dice));
    events.retain(|e| e.time >= 0.0 && e.time < stage.seconds - 0.05);
    events.sort_by(|a, b| a.time.total_cmp(&b.time));
    Blocking {
        fps: FPS,
        set_shift,
        fall_phase,
        facing,
        subject: act.poses,
        explosion: act.explosion,
        camera,
        events,
    }
}

/// The camera's path over the shot. "Pan left" turns the camera left: the picture moves right.
fn camera_path(camera: Camera, dice: &mut Dice, frames: usize) -> Vec<CameraPose> {
    let (a, b) = (dice.range(0.0, TAU), dice.range(0.0, TAU));
    let rest = CameraPose { dx: 0.0, dy: 0.0, zoom: 1.0 };
    (0..frames)
        .map(|f| {
            let u = f as f32 / frames.saturating_sub(1).max(1) as f32;
            let t = f as f32 / FPS as f32;
            match camera {
                Camera::Static => rest,
                Camera::PanLeft => CameraPose { dx: 22.0 - 44.0 * u, ..rest },
                Camera::PanRight => CameraPose { dx: 44.0 * u - 22.0, ..rest },
                Camera::TiltUp => CameraPose { dy: 13.0 - 26.0 * u, ..rest },
                Camera::TiltDown => CameraPose { dy: 26.0 * u - 13.0, ..rest },
                Camera::ZoomIn => CameraPose { zoom: 0.85 + 0.55 * u, ..rest },
                Camera::ZoomOut => CameraPose { zoom: 1.4 - 0.55 * u, ..rest },
                Camera::Handheld => CameraPose {
                    dx: 2.6 * (t * 7.3 + a).sin() + 1.2 * (t * 12.1 + b).sin(),
                    dy: 1.8 * (t * 8.9 + b).sin() + 0.8 * (t * 14.3 + a).sin(),
                    zoom: 1.0,
                },
            }
        })
        .collect()
}
