//! Latents → footage: pictures a few at a time, then the sound.

use kinora_media::footage::Footage;

use super::denoiser::{CELLS, LATENTS};
use super::layers::Arena;
use super::{Negative, Pocket, PocketError, picture, sound};
use crate::worlds::{HEIGHT, WIDTH};

/// Latent frames that are decoded together; bounds memory.
const TOGETHER: usize = 4;

impl Pocket {
    /// Turns a sampled clip into pictures and sound; `on` hears how many pictures are done.
    ///
    /// # Errors
    /// [`PocketError::Cpu`] for a defect.
    pub fn develop(&self, shot: &Negative, on: &mut dyn FnMut(u32)) -> Result<Footage, PocketError> {
        let mut arena = Arena::default();
        let mut pictures = Vec::with_capacity(shot.frames + 1);
        for part in shot.latents.picture.chunks(TOGETHER * CELLS * LATENTS) {
            let mut shown = self.pictures.decode(&self.pool, &mut arena, part)?;
            self.tones.apply(shot.style, &mut shown);
            for pair in shown.chunks_exact(6 * WIDTH * HEIGHT) {
                pictures.extend(picture::bytes_of(pair));
            }
            arena.give(shown);
            on(pictures.len().min(shot.frames) as u32);
        }
        pictures.truncate(shot.frames);
        let mut samples = self.sounds.decode(&self.pool, &shot.latents.sound)?;
        samples.truncate(shot.frames * sound::SAMPLES);
        Ok(Footage {
            width: WIDTH as u32,
            height: HEIGHT as u32,
            fps: shot.fps,
            frames: pictures,
            sample_rate: sound::RATE,
            channels: 1,
            samples,
        })
    }
}
