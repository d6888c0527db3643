//! The walk from noise to clean latents: Euler steps of the rectified flow, picture and sound together.

use kinora_protocol::job::Stage;
use kinora_protocol::recipe::Switches;

use super::condition::{NOTHING, Rows};
use super::denoiser::{CELLS, LATENTS, Latents, Look, SOUND_LATENTS, Task};
use super::layers::Arena;
use super::noise::Noise;
use super::switches::{Cache, Leap};
use super::{OnProgress, Options, Pocket, PocketError};

/// Share of the steps in which frames are merged when merging is on: the early ones.
const MERGED: f32 = 0.5;

/// Where the walk begins and what it must not change.
#[derive(Debug)]
pub(super) struct Start {
    /// What is given: latents of a whole clip, or of the known frames.
    pub(super) given: Option<Latents>,
    /// Time of the flow at which the walk begins: 0 from noise alone; later, from a mixture of noise and `given`.
    pub(super) from: f32,
}

/// Evaluations of the network that a walk took.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Effort {
    /// Evaluations, those for guidance included.
    pub evaluations: u32,
    /// Steps that were taken from the cache or left out by a leap.
    pub skipped: u32,
}

/// Times of the flow, from `from` (0: noise) to 1 (clean), `steps + 1` of them.
pub(super) fn schedule(from: f32, steps: u32) -> Vec<f32> {
    (0..=steps).map(|i| from + (1.0 - from) * i as f32 / steps as f32).collect()
}

impl Latents {
    /// Noise to start from.
    pub(super) fn noise(seed: u64, frames: usize) -> Self {
        let mut dice = Noise::new(seed);
        let picture = dice.take(frames * CELLS * LATENTS);
        Self { picture, sound: dice.take(2 * frames * SOUND_LATENTS) }
    }

    /// Both parts one after the other.
    fn flat(&self) -> Vec<f32> {
        [&self.picture[..], &self.sound].concat()
    }

    fn zip(&mut self, other: &Self, mut f: impl FnMut(&mut f32, f32)) {
        self.picture.iter_mut().zip(&other.picture).for_each(|(a, b)| f(a, *b));
        self.sound.iter_mut().zip(&other.sound).for_each(|(a, b)| f(a, *b));
    }
}

/// One walk and its memory.
struct Walk<'a> {
    pocket: &'a Pocket,
    task: &'a Task,
    rows: Rows,
    options: &'a Options,
    arena: Arena,
    effort: Effort,
}

impl Pocket {
    /// Samples the latents of a clip.
    pub(super) fn sample(
        &self,
        (task, rows, start): (&Task, Rows, &Start),
        options: &Options,
        on: &mut OnProgress<'_>,
    ) -> Result<(Latents, Effort), PocketError> {
        let mut latents = Latents::noise(options.seed, task.maps.frames());
        if let (Some(given), true) = (&start.given, start.from > 0.0) {
            latents.zip(given, |noise, clean| *noise = (1.0 - start.from) * *noise + start.from * clean);
        }
        let mut walk =
            Walk { pocket: self, task, rows, options, arena: Arena::default(), effort: Effort::default() };
        let times = schedule(start.from, options.steps);
        let Switches { leap, cache, .. } = options.switches;
        let (mut leaper, mut cacher) = (leap.then(Leap::default), cache.then(Cache::default));
        on(Stage::Denoise, 0, options.steps, None);
        for (step, pair) in times.windows(2).enumerate() {
            let &[now, next] = pair else { continue };
            let step = step as u32;
            walk.keep_known(&mut latents, start.given.as_ref());
            let clean = walk.clean(&latents, (step, now), cacher.as_mut())?;
            let preview = self.preview(&mut walk.arena, &clean)?;
            on(Stage::Denoise, step + 1, options.steps, Some(preview));
            let leaps = leaper
                .as_mut()
                .is_some_and(|l| l.after((step, options.steps), 1.0 - now, &velocity(&latents, &clean, now)));
            if leaps {
                walk.effort.skipped += options.steps - step - 1;
                latents = clean;
                on(Stage::Denoise, options.steps, options.steps, None);
                break;
            }
            let share = (next - now) / (1.0 - now);
            latents.zip(&clean, |x, c| *x += (c - *x) * share);
        }
        walk.keep_known(&mut latents, start.given.as_ref());
        Ok((latents, walk.effort))
    }
}

/// Towards the predicted clean latents at unit speed.
fn velocity(x: &Latents, clean: &Latents, now: f32) -> Vec<f32> {
    let parts = x.picture.iter().zip(&clean.picture).chain(x.sound.iter().zip(&clean.sound));
    parts.map(|(x, c)| (c - x) / (1.0 - now)).collect()
}

impl Walk<'_> {
    /// Puts the given latents of known frames back in their place.
    fn keep_known(&self, latents: &mut Latents, given: Option<&Latents>) {
        let Some(given) = given else { return };
        const FRAME: usize = CELLS * LATENTS;
        for (frame, _) in self.task.known.iter().enumerate().filter(|(_, known)| **known) {
            let at = frame * FRAME..(frame + 1) * FRAME;
            latents.picture[at.clone()].copy_from_slice(&given.picture[at]);
        }
    }

    /// The clean latents predicted from here, computed or from the cache.
    fn clean(
        &mut self,
        x: &Latents,
        (step, now): (u32, f32),
        mut cache: Option<&mut Cache>,
    ) -> Result<Latents, PocketError> {
        if let Some(cache) = &mut cache
            && let Some(velocity) = cache.skip(step as f32 / self.options.steps as f32, &x.flat())
        {
            self.effort.skipped += 1;
            let (picture, sound) = velocity.split_at(x.picture.len());
            let mut clean = Latents { picture: picture.to_vec(), sound: sound.to_vec() };
            clean.zip(x, |v, x| *v = x + *v * (1.0 - now));
            return Ok(clean);
        }
        let merge = self.options.switches.merge && (step as f32) < MERGED * self.options.steps as f32;
        let mut clean = self.look(x, Look { rows: &self.rows.clone(), t: now, merge })?;
        let guidance = self.options.guidance_percent as f32 / 100.0;
        if guidance > 1.0 {
            // Classifier-free guidance: away from what is made when nothing is said.
            let unasked = self.look(x, Look { rows: &NOTHING, t: now, merge })?;
            clean.zip(&unasked, |asked, un| *asked = un + (*asked - un) * guidance);
        }
        if let Some(cache) = cache {
            cache.computed(&x.flat(), &velocity(x, &clean, now));
        }
        Ok(clean)
    }

    fn look(&mut self, x: &Latents, look: Look<'_>) -> Result<Latents, PocketError> {
        self.effort.evaluations += 1;
        self.pocket.denoiser.forward(&self.pocket.pool, &mut self.arena, self.task, x, look)
    }
}
