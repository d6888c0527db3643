//! The walk from noise to clean latents: Euler steps of the rectified flow, both towers side by side.

use candle_core::Tensor;
use kinora_protocol::job::Stage;
use kinora_protocol::shot::Scene;

use super::towers::WORDS;
use super::{Conditions, FRAMES_TOGETHER, Latents, OnProgress, Options, Pocket, PocketError};
use crate::blocking::Blocking;

/// Times of the flow, from 0 (noise) to 1 (clean), `steps + 1` of them.
pub(super) fn schedule(steps: u32) -> Vec<f32> {
    (0..=steps).map(|i| i as f32 / steps as f32).collect()
}

impl Pocket {
    /// Samples the latents of a clip.
    pub(super) fn sample(
        &self,
        scene: &Scene,
        blocking: &Blocking,
        options: &Options,
        on: &mut OnProgress<'_>,
    ) -> Result<Latents, PocketError> {
        let conditions = Conditions::of(scene, blocking)?;
        let mut latents = Latents::noise(options.seed, blocking.frames())?;
        let times = schedule(options.steps);
        let guidance = f64::from(options.guidance_percent) / 100.0;
        for (step, pair) in times.windows(2).enumerate() {
            let &[now, next] = pair else { continue };
            let share = f64::from((next - now) / (1.0 - now));
            let picture = self.picture_of(&latents.picture, &conditions, now, guidance)?;
            latents.picture = walk(&latents.picture, &picture, share)?;
            let sound = self.sound_of(&latents.sound, &conditions, now, guidance)?;
            latents.sound = walk(&latents.sound, &sound, share)?;
            let preview = self.preview(&picture)?;
            on(Stage::Denoise, step as u32 + 1, options.steps, Some(preview));
        }
        Ok(latents)
    }

    /// Clean picture latents, guided, in bounded batches.
    pub(super) fn picture_of(
        &self,
        x: &Tensor,
        on: &Conditions,
        t: f32,
        guidance: f64,
    ) -> Result<Tensor, PocketError> {
        let frames = x.dim(0)?;
        let mut parts = Vec::new();
        for start in (0..frames).step_by(FRAMES_TOGETHER) {
            let count = FRAMES_TOGETHER.min(frames - start);
            let (x, maps) = (x.narrow(0, start, count)?, on.maps.narrow(0, start, count)?);
            let asked = self.picture.forward(&x, &maps, &on.attributes, t)?;
            parts.push(if guidance > 1.0 {
                guide(&asked, &self.picture.forward(&x, &maps, &nothing(), t)?, guidance)?
            } else {
                asked
            });
        }
        Ok(Tensor::cat(&parts, 0)?)
    }

    /// Clean sound latents, guided.
    pub(super) fn sound_of(
        &self,
        x: &Tensor,
        on: &Conditions,
        t: f32,
        guidance: f64,
    ) -> Result<Tensor, PocketError> {
        let asked = self.sound.forward(x, &on.events, &on.attributes, t)?;
        if guidance > 1.0 {
            return guide(&asked, &self.sound.forward(x, &on.events, &nothing(), t)?, guidance);
        }
        Ok(asked)
    }
}

/// The rows that mean "not said" on every axis.
fn nothing() -> Vec<u32> {
    WORDS.iter().map(|n| *n as u32).collect()
}

/// Classifier-free guidance: away from what is drawn when nothing is said.
fn guide(asked: &Tensor, unasked: &Tensor, guidance: f64) -> Result<Tensor, PocketError> {
    Ok((unasked + ((asked - unasked)? * guidance)?)?)
}

/// One Euler step towards the predicted clean latents.
fn walk(x: &Tensor, clean: &Tensor, share: f64) -> Result<Tensor, PocketError> {
    Ok((x + ((clean - x)? * share)?)?)
}
