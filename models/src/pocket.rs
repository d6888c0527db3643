//! Pocket: the embedded model. Scene and blocking → noise → latents of picture and sound → footage.
//!
//! Two towers predict clean latents (rectified flow, prediction of the clean latents); one sampler walks both from
//! noise to clean. Inference runs on the CPU in candle, in f32, and gives the same bytes for the same recipe and thread
//! count. The training code in `models/training` defines the numbers; a golden file keeps both sides together.

mod layers;
mod noise;
mod sampler;
mod towers;
mod vocoder;

#[cfg(test)]
mod tests;

use candle_core::{DType, Device, IndexOp as _, Tensor};
use candle_nn::VarBuilder;
use kinora_media::footage::Footage;
use kinora_protocol::ids::BlobHash;
use kinora_protocol::job::{Picture, Stage};
use kinora_protocol::shot::Scene;

use crate::blocking::Blocking;
use crate::conditioning;
use crate::worlds::{HEIGHT, WIDTH};
use noise::Noise;
use towers::{Decoder, LATENTS, PictureTower, SOUND_LATENTS, SoundTower};
use vocoder::{MELS, Vocoder};

/// Name of the engine in recipes.
pub const ENGINE: &str = "pocket-v0";
/// Sampler steps when nothing else is asked.
pub const STEPS_DEFAULT: u32 = 4;
/// Most sampler steps.
pub const STEPS_MAX: u32 = 100;
/// Guidance in hundredths when nothing else is asked.
pub const GUIDANCE_PERCENT_DEFAULT: u32 = 100;
/// Strongest guidance, in hundredths.
pub const GUIDANCE_PERCENT_MAX: u32 = 800;
/// Frames that go through a tower together; bounds memory.
const FRAMES_TOGETHER: usize = 12;
/// Rows and columns of the latent grid.
const GRID: (usize, usize) = (HEIGHT / 4, WIDTH / 4);
/// Samples per second of the sound.
const RATE: u32 = 24_000;
/// Mel spectra in one sound token.
const SPECTRA_PER_TOKEN: usize = 8;

/// The weights that come with this version.
pub const WEIGHTS: &[u8] = include_bytes!("../weights/pocket-v0.safetensors");
/// BLAKE3 of [`WEIGHTS`], as the model card states it.
pub const WEIGHTS_HASH: &str = include_str!("../weights/pocket-v0.b3");

/// Weights that cannot be used, or an inference that failed.
#[derive(Debug, thiserror::Error)]
pub enum PocketError {
    /// The bytes are not the weights the hash names: damaged, cut short, or another file.
    #[error(
        "the weights of Pocket have hash {found}, expected {expected}: the file is damaged or another one"
    )]
    Hash {
        /// Hash of the bytes.
        found: BlobHash,
        /// Hash in the model card.
        expected: BlobHash,
    },
    /// The stated hash is no hash.
    #[error("the stated hash of Pocket's weights cannot be read: {0}")]
    Stated(#[from] kinora_protocol::ids::IdError),
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
    /// The tensor library failed; a defect, or not enough memory.
    #[error("Pocket could not run: {0}")]
    Tensor(#[from] candle_core::Error),
}

/// How to sample.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Seed of the noise.
    pub seed: u64,
    /// Evaluations of each tower, 1 … [`STEPS_MAX`].
    pub steps: u32,
    /// Classifier-free guidance in hundredths, 100 (none) … [`GUIDANCE_PERCENT_MAX`].
    pub guidance_percent: u32,
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

/// The model, ready to render.
#[derive(Debug)]
pub struct Pocket {
    picture: PictureTower,
    sound: SoundTower,
    decoder: Decoder,
    vocoder: Vocoder,
    /// Spread of the picture latents: the towers work on latents of spread one.
    spread: f64,
    /// `[40, 512]` and `[512]`: sound tokens to log-mel.
    mel_basis: Tensor,
    mel_mean: Tensor,
}

impl Pocket {
    /// Reads weights after checking their hash.
    ///
    /// # Errors
    /// [`PocketError::Hash`] for damaged, truncated or foreign bytes.
    pub fn load(weights: &[u8], stated_hash: &str) -> Result<Self, PocketError> {
        let expected: BlobHash = stated_hash.trim().parse()?;
        let found = BlobHash::of(weights);
        if found != expected {
            return Err(PocketError::Hash { found, expected });
        }
        let vb = VarBuilder::from_slice_safetensors(weights, DType::F32, &Device::Cpu)?;
        let inverse = vb.get((vocoder::BINS, MELS), "mel.inverse")?.flatten_all()?.to_vec1()?;
        Ok(Self {
            picture: PictureTower::load(&vb.pp("picture"))?,
            sound: SoundTower::load(&vb.pp("sound"))?,
            decoder: Decoder::load(&vb)?,
            vocoder: Vocoder::new(inverse),
            spread: f64::from(vb.get(1, "encoder.spread")?.to_vec1::<f32>()?[0]),
            mel_basis: vb.get((SOUND_LATENTS, SPECTRA_PER_TOKEN * MELS), "mel.linear")?,
            mel_mean: vb.get(SPECTRA_PER_TOKEN * MELS, "mel.mean")?,
        })
    }

    /// The weights in this version of the program.
    ///
    /// # Errors
    /// As [`Pocket::load`]; only when the program file itself is damaged.
    pub fn embedded() -> Result<Self, PocketError> {
        Self::load(WEIGHTS, WEIGHTS_HASH)
    }

    /// Renders a clip.
    ///
    /// # Errors
    /// [`PocketError::Range`] for options out of range, [`PocketError::Tensor`] when memory runs out.
    pub fn render(
        &self,
        scene: &Scene,
        blocking: &Blocking,
        options: &Options,
        on: &mut OnProgress<'_>,
    ) -> Result<Footage, PocketError> {
        options.check()?;
        let latents = self.sample(scene, blocking, options, on)?;
        let frames = blocking.frames();
        let total = frames as u32 + 1;
        let mut pictures = Vec::with_capacity(frames);
        for start in (0..frames).step_by(FRAMES_TOGETHER) {
            let count = FRAMES_TOGETHER.min(frames - start);
            let decoded = self.decoder.forward(&(latents.picture.narrow(0, start, count)? * self.spread)?)?;
            for i in 0..count {
                pictures.push(bytes_of(&decoded.i(i)?)?);
            }
            on(Stage::Decode, pictures.len() as u32, total, None);
        }
        let samples = self.samples(&latents.sound)?;
        on(Stage::Decode, total, total, None);
        Ok(Footage {
            width: WIDTH as u32,
            height: HEIGHT as u32,
            fps: blocking.fps,
            frames: pictures,
            sample_rate: RATE,
            channels: 1,
            samples,
        })
    }

    /// Sound tokens `[1, T, 40]` → samples.
    fn samples(&self, tokens: &Tensor) -> Result<Vec<f32>, PocketError> {
        let mel = tokens.squeeze(0)?.matmul(&self.mel_basis)?.broadcast_add(&self.mel_mean)?;
        let mel: Vec<f32> = mel.flatten_all()?.to_vec1()?;
        Ok(self.vocoder.samples(&mel).into_iter().map(|s| s.clamp(-1.0, 1.0)).collect())
    }

    /// The picture so far: the middle frame through the linear decoder.
    fn preview(&self, latents: &Tensor) -> Result<Picture, PocketError> {
        let middle = latents.narrow(0, latents.dim(0)? / 2, 1)?;
        let rgb = bytes_of(&self.decoder.linear(&(middle * self.spread)?)?.i(0)?)?;
        Ok(Picture { width: WIDTH as u32, height: HEIGHT as u32, rgb })
    }
}

/// `[3, H, W]` in −1 … 1 → rows of RGB bytes.
fn bytes_of(picture: &Tensor) -> Result<Vec<u8>, PocketError> {
    let scaled = ((picture.clamp(-1f32, 1f32)? + 1.0)? * 127.5)?.round()?.to_dtype(DType::U8)?;
    Ok(scaled.permute((1, 2, 0))?.contiguous()?.flatten_all()?.to_vec1()?)
}

/// Latents of picture `[frames, 16, 20, 32]` and sound `[1, frames, 40]`.
struct Latents {
    picture: Tensor,
    sound: Tensor,
}

/// What the towers are conditioned on, for a whole clip.
struct Conditions {
    /// `[frames, C, 40, 64]`.
    maps: Tensor,
    /// `[1, frames, E]`.
    events: Tensor,
    attributes: Vec<u32>,
}

impl Conditions {
    fn of(scene: &Scene, blocking: &Blocking) -> Result<Self, PocketError> {
        let frames = blocking.frames();
        let maps: Vec<f32> = (0..frames).flat_map(|f| conditioning::maps(scene, blocking, None, f)).collect();
        let channels = conditioning::MAP_CHANNELS.len();
        let shape = (frames, channels, conditioning::MAP_HEIGHT, conditioning::MAP_WIDTH);
        let events = conditioning::events(blocking);
        Ok(Self {
            maps: Tensor::from_vec(maps, shape, &Device::Cpu)?,
            events: Tensor::from_vec(events, (1, frames, conditioning::EVENT_CHANNELS), &Device::Cpu)?,
            attributes: scene.indices().iter().map(|i| *i as u32).collect(),
        })
    }
}

impl Latents {
    /// Noise to start from. Most of it is shared by all frames, so that what stands still in the plan stands still in
    /// the picture.
    fn noise(seed: u64, frames: usize) -> Result<Self, PocketError> {
        /// Share of the noise's power that all frames have in common.
        const COMMON: f32 = 0.9;
        let size = LATENTS * GRID.0 * GRID.1;
        let mut dice = Noise::new(seed);
        let common = dice.take(size);
        let picture: Vec<f32> = (0..frames)
            .flat_map(|_| {
                let own = dice.take(size);
                common
                    .iter()
                    .zip(own)
                    .map(|(c, o)| COMMON.sqrt() * c + (1.0 - COMMON).sqrt() * o)
                    .collect::<Vec<_>>()
            })
            .collect();
        let sound = dice.take(frames * SOUND_LATENTS);
        Ok(Self {
            picture: Tensor::from_vec(picture, (frames, LATENTS, GRID.0, GRID.1), &Device::Cpu)?,
            sound: Tensor::from_vec(sound, (1, frames, SOUND_LATENTS), &Device::Cpu)?,
        })
    }
}
