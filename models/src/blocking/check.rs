//! Blocking from outside (an edited file, a stored recipe) is checked before anything is drawn from it.

use super::{Blocking, FPS, FRAMES_MAX};

/// Most actors of a plan.
pub const ACTORS_MAX: usize = 4;
/// Most sound events of a plan.
pub const EVENTS_MAX: usize = 512;
/// Farthest that anything may stand from the stage's origin, in stage pixels.
const FAR_AWAY: f32 = 1_000.0;

/// A plan that cannot be rendered, and why.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum BlockingFault {
    /// Not JSON of the expected shape.
    #[error("the blocking cannot be read: {0}")]
    Malformed(String),
    /// Another frame rate.
    #[error("the blocking has {0} frames/s; this engine plays {FPS}")]
    Rate(u32),
    /// No frames or too many.
    #[error("the blocking has {0} camera frames; 1 to {FRAMES_MAX} are possible")]
    Frames(usize),
    /// An actor whose track is as long as another clip.
    #[error("actor {actor} has {found} poses, but the camera has {frames} frames: give each frame one pose")]
    Track {
        /// Which actor, from 0.
        actor: usize,
        /// Its poses.
        found: usize,
        /// Frames of the camera.
        frames: usize,
    },
    /// Neither right nor left.
    #[error("actor {actor} faces {value}; it must be 1 (right) or -1 (left)")]
    Facing {
        /// Which actor, from 0.
        actor: usize,
        /// What was found.
        value: f32,
    },
    /// Nobody, or a crowd.
    #[error("the blocking has {0} actors; 1 to {ACTORS_MAX} are possible")]
    Cast(usize),
    /// Too many sounds.
    #[error("the blocking has {0} sound events; at most {EVENTS_MAX} are possible")]
    Events(usize),
    /// A number that no stage holds.
    #[error("{what} is {value}; it must be within {low} to {high}")]
    Number {
        /// Which number of which frame.
        what: String,
        /// What was found.
        value: f32,
        /// Smallest.
        low: f32,
        /// Largest.
        high: f32,
    },
}

fn within(what: impl FnOnce() -> String, value: f32, low: f32, high: f32) -> Result<(), BlockingFault> {
    if value.is_finite() && (low..=high).contains(&value) {
        return Ok(());
    }
    Err(BlockingFault::Number { what: what(), value, low, high })
}

impl Blocking {
    /// Reads a plan from JSON, as `kinora plan --json` writes it.
    ///
    /// # Errors
    /// [`BlockingFault`] naming the first thing that is wrong.
    pub fn from_json(json: &[u8]) -> Result<Self, BlockingFault> {
        let plan: Self = serde_json::from_slice(json).map_err(|e| BlockingFault::Malformed(e.to_string()))?;
        plan.check()?;
        Ok(plan)
    }

    /// Whether the plan can be rendered.
    ///
    /// # Errors
    /// [`BlockingFault`] naming the first thing that is wrong.
    pub fn check(&self) -> Result<(), BlockingFault> {
        let frames = self.frames();
        if self.fps != FPS {
            return Err(BlockingFault::Rate(self.fps));
        }
        if !(1..=FRAMES_MAX).contains(&frames) {
            return Err(BlockingFault::Frames(frames));
        }
        if !(1..=ACTORS_MAX).contains(&self.cast.len()) {
            return Err(BlockingFault::Cast(self.cast.len()));
        }
        if self.events.len() > EVENTS_MAX {
            return Err(BlockingFault::Events(self.events.len()));
        }
        within(|| "set_shift".into(), self.set_shift, -100.0, 100.0)?;
        within(|| "fall_phase".into(), self.fall_phase, 0.0, 1.0)?;
        for (n, actor) in self.cast.iter().enumerate() {
            self.check_actor(n, actor)?;
        }
        for (f, pose) in self.camera.iter().enumerate() {
            let at = |field: &str| format!("camera frame {f}: {field}");
            within(|| at("dx"), pose.dx, -100.0, 100.0)?;
            within(|| at("dy"), pose.dy, -100.0, 100.0)?;
            within(|| at("zoom"), pose.zoom, 0.3, 4.0)?;
            within(|| at("near"), pose.near, 0.3, 4.0)?;
            within(|| at("orbit"), pose.orbit, -100.0, 100.0)?;
        }
        for (n, event) in self.events.iter().enumerate() {
            within(|| format!("event {n}: time"), event.time, 0.0, frames as f32 / self.fps as f32)?;
        }
        Ok(())
    }

    fn check_actor(&self, n: usize, actor: &super::Actor) -> Result<(), BlockingFault> {
        if actor.poses.len() != self.frames() {
            return Err(BlockingFault::Track { actor: n, found: actor.poses.len(), frames: self.frames() });
        }
        if actor.facing.abs() != 1.0 {
            return Err(BlockingFault::Facing { actor: n, value: actor.facing });
        }
        if let Some(time) = actor.explosion {
            within(|| format!("actor {n}: explosion"), time, 0.0, 60.0)?;
        }
        for (f, pose) in actor.poses.iter().enumerate() {
            let at = |field: &str| format!("actor {n}, frame {f}: {field}");
            within(|| at("x"), pose.x, -FAR_AWAY, FAR_AWAY)?;
            within(|| at("y"), pose.y, -FAR_AWAY, FAR_AWAY)?;
            within(|| at("size"), pose.size, 1.0, 200.0)?;
            within(|| at("turn"), pose.turn, -FAR_AWAY, FAR_AWAY)?;
            within(|| at("squash"), pose.squash, 0.2, 2.0)?;
            within(|| at("gait"), pose.gait, -10_000.0, 10_000.0)?;
        }
        Ok(())
    }
}
