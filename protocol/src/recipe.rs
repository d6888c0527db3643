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
    /// Executor that ran it, for example `cpu`.
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
    /// The shots after the first, when it is a storyboard.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub next: Vec<NextShot>,
    /// Speed-ups of the sampler that were on.
    #[serde(default, skip_serializing_if = "Switches::are_off")]
    pub switches: Switches,
    /// What it was made from beside the prompt.
    #[serde(default, skip_serializing_if = "Given::is_empty")]
    pub given: Given,
}

/// How one shot follows another.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Transition {
    /// At once.
    #[default]
    Cut,
    /// The old picture fades into the new one over half a second.
    Dissolve,
}

/// A later shot of a storyboard.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NextShot {
    /// How it follows the shot before.
    pub transition: Transition,
    /// Its length in frames.
    pub frames: u32,
    /// What the prompt asked for.
    pub shot: Shot,
    /// What the planner made of it.
    pub scene: Scene,
}

/// Speed-ups of the sampler. Each changes what comes out a little, so they belong to the recipe.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Switches {
    /// Linear proportional leap: the last steps in one.
    #[serde(skip_serializing_if = "is_false")]
    pub leap: bool,
    /// Temporal token merging in the transformer.
    #[serde(skip_serializing_if = "is_false")]
    pub merge: bool,
    /// Step cache: a step that would change little is not computed.
    #[serde(skip_serializing_if = "is_false")]
    pub cache: bool,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde wants a reference")]
fn is_false(value: &bool) -> bool {
    !value
}

impl Switches {
    /// Whether none is on.
    #[must_use]
    pub fn are_off(&self) -> bool {
        *self == Self::default()
    }
}

/// What a clip was made from beside its prompt, by hash: stills of a cameo never leave their owner.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Given {
    /// An edited blocking (JSON).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub blocking: Option<BlobHash>,
    /// The first frame.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first: Option<BlobHash>,
    /// The last frame.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last: Option<BlobHash>,
    /// Stills of whom or what the subject looks like.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub reference: Vec<BlobHash>,
    /// Which part of the subject the stills show.
    #[serde(skip_serializing_if = "Part::is_figure")]
    pub part: Part,
    /// The clip it was made from, and how.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parent: Option<(BlobHash, Descent)>,
    /// Where in the parent the stills of its subject are, when that is placed in a new scene.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub crops: Vec<Crop>,
}

impl Given {
    /// Whether there is nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// Which part of a subject a still shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// All of it.
    #[default]
    Figure,
    /// The head of a person or a robot; all of anything else.
    Face,
}

impl Part {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde wants a reference")]
    fn is_figure(&self) -> bool {
        matches!(self, Self::Figure)
    }
}

/// What a clip has from its parent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Descent {
    /// A new prompt over the parent's pictures; they are changed by this much, in hundredths (1 … 100).
    Remix {
        /// 1 keeps nearly everything, 100 nothing.
        strength_percent: u32,
    },
    /// It begins where the parent ends.
    Continue,
    /// The parent's subject in a new scene: stills of it are taken from the parent.
    Place,
}

/// How much a remix changes when nothing else is said, in hundredths.
pub const STRENGTH_PERCENT_DEFAULT: u32 = 60;

impl Default for Descent {
    /// A new prompt over the parent's pictures, of the usual strength.
    fn default() -> Self {
        Self::Remix { strength_percent: STRENGTH_PERCENT_DEFAULT }
    }
}

/// A part of a frame of a clip: a still of its subject.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Crop {
    /// Which frame.
    pub frame: u32,
    /// Left edge in pixels.
    pub left: u32,
    /// Top edge in pixels.
    pub top: u32,
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
    /// Whether left and right are exchanged, for a subject that looks to the left.
    #[serde(default, skip_serializing_if = "is_false")]
    pub mirrored: bool,
}
