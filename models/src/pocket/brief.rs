//! What a clip is made from, as the denoiser takes it: maps, events, and which latents are given.

use kinora_media::footage::Footage;
use kinora_protocol::job::Picture;
use kinora_protocol::recipe::Descent;
use kinora_protocol::shot::Scene;

use super::denoiser::{CELLS, LATENTS, Latents, SOUND_LATENTS, Task};
use super::plan::Maps;
use super::sampler::Start;
use super::sound;
use super::{Pocket, PocketError};
use crate::blocking::{Blocking, FPS};
use crate::conditioning::{self, EVENT_CHANNELS};
use crate::reference::Reference;
use crate::worlds::{HEIGHT, WIDTH};

/// What a clip is made from.
#[derive(Clone, Copy, Debug)]
pub struct Brief<'a> {
    /// Every axis decided.
    pub scene: &'a Scene,
    /// Who stands where.
    pub blocking: &'a Blocking,
    /// What the subject looks like.
    pub reference: Option<&'a Reference>,
    /// The first frame.
    pub first: Option<&'a Picture>,
    /// The last frame.
    pub last: Option<&'a Picture>,
    /// A clip, and what this one has from it.
    pub parent: Option<(&'a Footage, Descent)>,
}

impl<'a> Brief<'a> {
    /// A clip from its plan alone.
    #[must_use]
    pub const fn new(scene: &'a Scene, blocking: &'a Blocking) -> Self {
        Self { scene, blocking, reference: None, first: None, last: None, parent: None }
    }

    /// Latent frames: two pictures each.
    fn latent_frames(&self) -> usize {
        self.blocking.frames().div_ceil(2)
    }
}

impl Pocket {
    /// Maps, events and given latents of a brief.
    pub(super) fn prepare(&self, brief: &Brief<'_>) -> Result<(Task, Start), PocketError> {
        let frames = brief.latent_frames();
        let numbers: Vec<usize> = (0..2 * frames).collect();
        let maps =
            self.pool.map(numbers, |f| conditioning::maps(brief.scene, brief.blocking, brief.reference, f));
        let mut events = conditioning::events(brief.blocking);
        events.resize(2 * frames * EVENT_CHANNELS, 0.0);
        let mut known = vec![false; frames];
        let start = self.start(brief, &mut known);
        Ok((Task::new(Maps::new(&self.pool, &maps), events, known)?, start))
    }

    /// The latents that are given, and where the walk begins.
    fn start(&self, brief: &Brief<'_>, known: &mut [bool]) -> Start {
        let frames = known.len();
        let mut given = Latents {
            picture: vec![0.0; frames * CELLS * LATENTS],
            sound: vec![0.0; 2 * frames * SOUND_LATENTS],
        };
        let mut from = 0.0;
        let mut put = |frame: usize, pair: [&[u8]; 2]| {
            let at = frame * CELLS * LATENTS;
            given.picture[at..at + CELLS * LATENTS].copy_from_slice(&self.pictures.encode(pair));
        };
        match brief.parent {
            Some((parent, Descent::Remix { strength_percent })) => {
                let shown: Vec<Vec<u8>> = (0..2 * frames).map(|f| frame_of(parent, f)).collect();
                shown.chunks_exact(2).enumerate().for_each(|(f, pair)| put(f, [&pair[0], &pair[1]]));
                from = 1.0 - strength_percent.clamp(1, 100) as f32 / 100.0;
            }
            Some((parent, Descent::Continue)) if !parent.frames.is_empty() => {
                let at = |back: usize| fitted(&still_of(parent, parent.frames.len().saturating_sub(back)));
                put(0, [&at(2), &at(1)]);
                known[0] = true;
            }
            _ => {}
        }
        for (still, frame) in [(brief.first, 0), (brief.last, frames.saturating_sub(1))] {
            if let Some(still) = still {
                let shown = fitted(still);
                put(frame, [&shown, &shown]);
                known[frame] = true;
            }
        }
        if let Some((parent, Descent::Remix { .. })) = brief.parent {
            given.sound = self.sounds.encode(&sound_of(parent), 2 * frames);
        }
        let any = from > 0.0 || known.contains(&true);
        Start { given: any.then_some(given), from }
    }
}

/// One frame of footage as a still.
fn still_of(footage: &Footage, frame: usize) -> Picture {
    let frame = frame.min(footage.frames.len().saturating_sub(1));
    let rgb = footage.frames.get(frame).cloned().unwrap_or_default();
    Picture { width: footage.width, height: footage.height, rgb }
}

/// What footage of any rate and size shows at frame `frame` of ours, in our size; its last frame when it is over.
fn frame_of(footage: &Footage, frame: usize) -> Vec<u8> {
    let at = frame as u64 * u64::from(footage.fps) / u64::from(FPS);
    fitted(&still_of(footage, usize::try_from(at).unwrap_or(usize::MAX)))
}

/// The sound of footage: one channel at our rate, by linear interpolation.
fn sound_of(footage: &Footage) -> Vec<f32> {
    let channels = usize::from(footage.channels).max(1);
    let mono: Vec<f32> =
        footage.samples.chunks_exact(channels).map(|all| all.iter().sum::<f32>() / channels as f32).collect();
    let (from, to) = (f64::from(footage.sample_rate), f64::from(sound::RATE));
    let length = (mono.len() as f64 * to / from.max(1.0)) as usize;
    (0..length)
        .map(|n| {
            let at = n as f64 * from / to;
            let (i, part) = (at as usize, at.fract() as f32);
            let sample = |i: usize| mono.get(i).copied().unwrap_or(0.0);
            sample(i) * (1.0 - part) + sample(i + 1) * part
        })
        .collect()
}

/// A still scaled to cover our frame, cut at the middle, averaged over areas. Black when it has no pixels.
fn fitted(still: &Picture) -> Vec<u8> {
    let (w, h) = (still.width as usize, still.height as usize);
    if w == 0 || h == 0 || still.rgb.len() != w * h * 3 {
        return vec![0; WIDTH * HEIGHT * 3];
    }
    let scale = (w as f64 / WIDTH as f64).min(h as f64 / HEIGHT as f64);
    let (left, top) = ((w as f64 - scale * WIDTH as f64) / 2.0, (h as f64 - scale * HEIGHT as f64) / 2.0);
    let span = |cell: usize, from: f64, length: usize| {
        let start = ((from + cell as f64 * scale) as usize).min(length - 1);
        let end = ((from + (cell + 1) as f64 * scale).ceil() as usize).clamp(start + 1, length);
        start..end
    };
    let mut out = Vec::with_capacity(WIDTH * HEIGHT * 3);
    for y in 0..HEIGHT {
        let rows = span(y, top, h);
        for x in 0..WIDTH {
            let columns = span(x, left, w);
            let mut sum = [0u32; 3];
            for row in rows.clone() {
                for column in columns.clone() {
                    let at = (row * w + column) * 3;
                    (0..3).for_each(|k| sum[k] += u32::from(still.rgb[at + k]));
                }
            }
            let count = (rows.len() * columns.len()) as u32;
            out.extend(sum.map(|s| ((s + count / 2) / count) as u8));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_still_covers_the_frame_and_is_cut_at_the_middle() {
        // A tall still: left half red, right half blue, with a green band that the cut leaves out at the top.
        let (w, h) = (200u32, 400u32);
        let rgb = (0..w * h)
            .flat_map(|at| {
                let (x, y) = (at % w, at / w);
                if y < 100 {
                    [0, 255, 0]
                } else if x < w / 2 {
                    [255, 0, 0]
                } else {
                    [0, 0, 255]
                }
            })
            .collect();
        let out = fitted(&Picture { width: w, height: h, rgb });
        assert_eq!(out.len(), WIDTH * HEIGHT * 3);
        assert_eq!(out[..3], [255, 0, 0]);
        assert_eq!(out[out.len() - 3..], [0, 0, 255]);
        assert!(out.chunks_exact(3).all(|p| p[1] == 0), "the band at the top is cut");
        assert_eq!(fitted(&Picture { width: 3, height: 3, rgb: vec![1] }), vec![0; WIDTH * HEIGHT * 3]);
    }

    #[test]
    fn sound_of_any_rate_becomes_ours() {
        let samples: Vec<f32> = (0..96_000).map(|n| ((n / 2) as f32 * 0.01).sin()).collect();
        let footage = Footage {
            width: 1,
            height: 1,
            fps: 24,
            frames: vec![vec![0; 3]; 24],
            sample_rate: 48_000,
            channels: 2,
            samples,
        };
        let ours = sound_of(&footage);
        assert_eq!(ours.len(), 24_000);
        assert!((ours[1_000] - (2_000.0f32 * 0.01).sin()).abs() < 1e-3);
    }
}
