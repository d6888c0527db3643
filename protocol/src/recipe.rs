//! A recipe: everything needed to render a clip again, exactly.

use serde::{Deserialize, Serialize};

use crate::ids::BlobHash;
use crate::shot::{Scene, Shot};

/// Size and length of what is rendered. Fields of newer versions are ignored: it stands in records.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Format {
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
    /// Frames per second.
    pub fps: u32,
    /// Number of frames.
    pub frames: u32,
}

impl Format {
    /// Length in milliseconds.
    #[must_use]
    pub fn millis(&self) -> u64 {
        u64::from(self.frames).saturating_mul(1000).checked_div(u64::from(self.fps)).unwrap_or(0)
    }
}

/// What a clip was made from. Rendering the same recipe on the same executor gives the same footage.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recipe {
    /// Engine and version, for example `pocket-v0`.
    pub engine: String,
    /// BLAKE3 of the engine's weights.
    pub weights: BlobHash,
    /// Executor that ran it, for example `candle-cpu`.
    pub executor: String,
    /// Seed of planner and noise.
    pub seed: u64,
    /// Sampler steps.
    pub steps: u32,
    /// Classifier-free guidance, in hundredths (150 = 1.5): records hold no floats.
    pub guidance_percent: u32,
    /// Size and length.
    pub format: Format,
    /// What the prompt asked for.
    pub shot: Shot,
    /// What the planner made of it.
    pub scene: Scene,
}
