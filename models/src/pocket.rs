//! Pocket: the embedded model. Scene and blocking → noise → latents of picture and sound → footage.
//!
//! One network predicts clean latents of both (rectified flow, prediction of the clean latents); the sampler walks from
//! noise to clean. Inference runs on our CPU executor in f32, and gives the same bytes for the same recipe whatever the
//! number of threads. The training code in `models/training` defines the numbers; a golden file keeps both together.

mod brief;
mod condition;
mod denoiser;
mod develop;
mod grade;
mod grid;
mod layers;
mod merge;
mod noise;
mod painter;
mod picture;
mod plan;
mod sampler;
mod sequence;
mod sound;
mod switches;
mod tone;
mod vocoder;

#[cfg(test)]
mod tests;

use kinora_media::footage::Footage;
use kinora_protocol::job::{Picture, Stage};
use kinora_protocol::recipe::Switches;

use crate::cpu::{CpuError, Isa, Pool};
use crate::weights::{self, Weights, WeightsError};
use crate::worlds::{HEIGHT, WIDTH};
pub use brief::Brief;
use denoiser::{CELLS, Denoiser, LATENTS, Latents};
use layers::Arena;
pub use sampler::Effort;

/// Name of the engine in recipes.
pub const ENGINE: &str = "pocket-v1";
/// Sampler steps when nothing else is asked.
pub const STEPS_DEFAULT: u32 = 1;
/// Most sampler steps.
pub const STEPS_MAX: u32 = 100;
/// Guidance in hundredths when nothing else is asked: none.
pub const GUIDANCE_PERCENT_DEFAULT: u32 = 100;
/// Strongest guidance, in hundredths.
pub const GUIDANCE_PERCENT_MAX: u32 = 800;

/// The weights that come with this version.
pub const WEIGHTS: &[u8] = include_bytes!("../weights/pocket-v1.safetensors");
/// BLAKE3 of [`WEIGHTS`], as the model card states it.
pub const WEIGHTS_HASH: &str = include_str!("../weights/pocket-v1.b3");

/// Weights that cannot be used, or an inference that failed.
#[derive(Debug, thiserror::Error)]
pub enum PocketError {
    /// Weights that cannot be used.
    #[error("Pocket cannot be read: {0}")]
    Weights(#[from] WeightsError),
    /// Steps or guidance out of range.
    #[error("{what} must be {low} to {high}, not {found}")]
    Range {
        /// Which number.
        what: &'static str,
        /// Smallest.
        low: u32,
        /// Largest.
        high: u32,
        /// What was asked.
        found: u32,
    },
    /// The executor failed: a defect, or no threads.
    #[error("Pocket could not run: {0}")]
    Cpu(#[from] CpuError),
}

/// How to sample.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Seed of the noise.
    pub seed: u64,
    /// Steps, 1 … [`STEPS_MAX`].
    pub steps: u32,
    /// Classifier-free guidance in hundredths, 100 (none) … [`GUIDANCE_PERCENT_MAX`].
    pub guidance_percent: u32,
    /// Speed-ups.
    pub switches: Switches,
}

impl Options {
    fn check(&self) -> Result<(), PocketError> {
        let range = |what, low, high, found| {
            if (low..=high).contains(&found) {
                Ok(())
            } else {
                Err(PocketError::Range { what, low, high, found })
            }
        };
        range("steps", 1, STEPS_MAX, self.steps)?;
        range("guidance", 100, GUIDANCE_PERCENT_MAX, self.guidance_percent)
    }
}

/// How far a render is: units done of a stage, and how the clip looks so far, now and then.
pub type OnProgress<'a> = dyn FnMut(Stage, u32, u32, Option<Picture>) + 'a;

/// A clip that is sampled and not yet developed.
#[derive(Debug)]
pub struct Negative {
    latents: Latents,
    frames: usize,
    fps: u32,
    /// The style's row.
    style: usize,
    /// What it took.
    pub effort: Effort,
}

impl Negative {
    /// Number of pictures.
    #[must_use]
    pub const fn frames(&self) -> usize {
        self.frames
    }
}

/// The model, ready to render.
#[derive(Debug)]
pub struct Pocket {
    denoiser: Denoiser,
    pictures: picture::Codec,
    tones: tone::Tones,
    sounds: sound::Codec,
    pool: Pool,
}

impl Pocket {
    /// Reads weights after checking their hash; `threads` 0 takes all processors.
    ///
    /// # Errors
    /// [`PocketError::Weights`] for damaged, truncated or foreign bytes.
    pub fn load(weights: &[u8], stated_hash: &str, threads: usize) -> Result<Self, PocketError> {
        let file = weights::open(weights, stated_hash)?;
        let weights = Weights::new(&file, Isa::detect());
        let all = || std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        Ok(Self {
            denoiser: Denoiser::load(&weights.at("pocket"))?,
            pictures: picture::Codec::load(&weights)?,
            tones: tone::Tones::load(&weights)?,
            sounds: sound::Codec::load(&weights)?,
            pool: Pool::new(if threads == 0 { all() } else { threads })?,
        })
    }

    /// The weights in this version of the program.
    ///
    /// # Errors
    /// As [`Pocket::load`]; only when the program file itself is damaged.
    pub fn embedded(threads: usize) -> Result<Self, PocketError> {
        Self::load(WEIGHTS, WEIGHTS_HASH, threads)
    }

    /// Samples a clip.
    ///
    /// # Errors
    /// [`PocketError::Range`] for options out of range.
    pub fn shoot(
        &self,
        brief: &Brief<'_>,
        options: &Options,
        on: &mut OnProgress<'_>,
    ) -> Result<Negative, PocketError> {
        options.check()?;
        let (task, start) = self.prepare(brief)?;
        let rows = brief.scene.indices();
        let (latents, effort) = self.sample((&task, rows, &start), options, on)?;
        let (frames, fps, style) = (brief.blocking.frames(), brief.blocking.fps, rows[tone::STYLE]);
        Ok(Negative { latents, frames, fps, style, effort })
    }

    /// Samples and develops.
    ///
    /// # Errors
    /// As [`Pocket::shoot`].
    pub fn render(
        &self,
        brief: &Brief<'_>,
        options: &Options,
        on: &mut OnProgress<'_>,
    ) -> Result<Footage, PocketError> {
        let shot = self.shoot(brief, options, on)?;
        let total = shot.frames as u32;
        self.develop(&shot, &mut |done| on(Stage::Decode, done, total, None))
    }

    /// The picture so far: the middle frame through the linear decoder.
    fn preview(&self, arena: &mut Arena, latents: &Latents) -> Result<Picture, PocketError> {
        let frame = CELLS * LATENTS;
        let middle = latents.picture.len() / frame / 2 * frame;
        let shown = self.pictures.linear(&self.pool, arena, &latents.picture[middle..middle + frame])?;
        let [rgb, _] = picture::bytes_of(&shown);
        arena.give(shown);
        Ok(Picture { width: WIDTH as u32, height: HEIGHT as u32, rgb })
    }
}
