//! Embedding in a closed loop: mark, re-encode roughly, read, and go one step stronger until what is read is clear
//! enough or the mark would be seen.

use super::gather::{self, Gatherer};
use super::jnd::{self, Pattern};
use super::plane::Plane;
use super::rough::Rough;
use super::search::Searcher;
use super::tile::Layout;
use super::{Budget, Embedded, code, margin_of, scale_of, ssim};
use crate::footage::Footage;

/// Analysed frames of the loop, at most: four seconds.
const LOOP_FRAMES: usize = 32;
/// Frames whose similarity is measured.
const SEEN_FRAMES: usize = 6;
/// From one strength to the next, in dB.
const STEP_DB: f32 = 1.0;
/// Quantiser step of the rough re-encode for large and for small clips: an H.264 QP of 36 and of 30.
const ROUGH_STEP: f32 = 40.0;
const ROUGH_STEP_SMALL: f32 = 20.0;
/// Clips below this longer side count as small.
const SMALL_SIDE: u32 = 320;

/// A frame of the loop: its luma and what a strength of one level adds to it.
struct Trial {
    index: usize,
    luma: Plane,
    added: Plane,
}

impl Trial {
    fn marked(&self, strength: f32, fps: u32) -> Plane {
        let factor = strength * jnd::beat(self.index, fps);
        let mut marked = self.luma.clone();
        for (value, added) in marked.values.iter_mut().zip(&self.added.values) {
            *value = (*value + factor * added).round().clamp(0.0, 255.0);
        }
        marked
    }
}

/// Embeds in checked footage.
pub(crate) fn embed(footage: &mut Footage, tag: [u8; 8], budget: &Budget) -> Embedded {
    let (width, height) = (footage.width as usize, footage.height as usize);
    let cells = Layout::new().cells(&code::encode(tag));
    let pattern = Pattern::new(&cells, width, height, scale_of(footage.width.max(footage.height)));
    let chosen = choose(footage, tag, &pattern, budget);
    let fps = footage.fps;
    for (index, frame) in footage.frames.iter_mut().enumerate() {
        let added = pattern.on(&Plane::luma(frame, width, height));
        let factor = chosen.strength * jnd::beat(index, fps);
        for (pixel, added) in frame.as_chunks_mut::<3>().0.iter_mut().zip(&added) {
            let added = factor * added;
            *pixel = pixel.map(|channel| (f32::from(channel) + added).round().clamp(0.0, 255.0) as u8);
        }
    }
    chosen
}

/// The least strength that gives the margin, or the greatest that the budget allows.
fn choose(footage: &Footage, tag: [u8; 8], pattern: &Pattern, budget: &Budget) -> Embedded {
    let stride = gather::stride(footage.fps, false);
    let heard: Vec<usize> = (0..footage.frames.len()).step_by(stride).take(LOOP_FRAMES).collect();
    let heard = trials(footage, pattern, &heard, true);
    let seen = trials(footage, pattern, &seen_frames(footage), false);
    let mut best: Option<Embedded> = None;
    let mut psnr = budget.psnr_first;
    while psnr >= budget.psnr_min {
        let strength = 255.0 / 10f32.powf(psnr / 20.0);
        let mut now = look(&seen, strength, footage.fps);
        if now.ssim < budget.ssim_min && best.is_some() {
            break;
        }
        now.margin = margin(&heard, strength, footage, tag);
        best = Some(now);
        // A first strength that is already too visible is kept: a clip without a mark would be worse.
        if now.margin >= budget.margin || now.ssim < budget.ssim_min {
            break;
        }
        psnr -= STEP_DB;
    }
    best.unwrap_or(Embedded { strength: 0.0, psnr: f32::INFINITY, ssim: 1.0, margin: margin_of(0.0) })
}

/// Frames at even places of the cycle, each in another second, so that their mean is that of the clip.
fn seen_frames(footage: &Footage) -> Vec<usize> {
    let fps = footage.fps as usize;
    let seconds = (footage.frames.len() / fps).max(1);
    let place = |k: usize| k * fps / SEEN_FRAMES + (k % seconds) * fps;
    (0..SEEN_FRAMES).map(place).filter(|index| *index < footage.frames.len()).collect()
}

/// These frames with their shares of the mark, at working size or at their own.
fn trials(footage: &Footage, pattern: &Pattern, indices: &[usize], small: bool) -> Vec<Trial> {
    let (width, height) = (footage.width as usize, footage.height as usize);
    let size = if small { gather::working_size(width, height) } else { (width, height) };
    let frames = indices.iter().filter_map(|index| Some((*index, footage.frames.get(*index)?)));
    frames
        .map(|(index, frame)| {
            let luma = Plane::luma(frame, width, height);
            let added = Plane { width, height, values: pattern.on(&luma) };
            Trial { index, luma: luma.shrink(size.0, size.1), added: added.shrink(size.0, size.1) }
        })
        .collect()
}

/// How visible a strength is.
fn look(seen: &[Trial], strength: f32, fps: u32) -> Embedded {
    let count = seen.len().max(1) as f64;
    let (mut similar, mut error) = (0.0f64, 0.0f64);
    for trial in seen {
        let marked = trial.marked(strength, fps);
        similar += f64::from(ssim::ssim(&trial.luma, &marked)) / count;
        error += ssim::squared_error(&trial.luma, &marked) / count;
    }
    let psnr = (10.0 * (255.0 * 255.0 / error.max(1e-9)).log10()) as f32;
    Embedded { strength, psnr, ssim: similar as f32, margin: 0.0 }
}

/// What can be read after a rough re-encode, in dB above the threshold.
fn margin(heard: &[Trial], strength: f32, footage: &Footage, tag: [u8; 8]) -> f32 {
    let Some(first) = heard.first() else { return margin_of(0.0) };
    let side = footage.width.max(footage.height);
    let mut rough = Rough::new(if side < SMALL_SIDE { ROUGH_STEP_SMALL } else { ROUGH_STEP });
    let mut gatherer = Gatherer::new((first.luma.width, first.luma.height), footage.fps, &[1.0]);
    for trial in heard {
        gatherer.add(trial.index, &rough.pass(&trial.marked(strength, footage.fps)));
    }
    let gathered = gatherer.finish();
    let mut searcher = Searcher::new(&gathered);
    let places = searcher.candidates(&[scale_of(side)], &[false]);
    places.first().map_or_else(|| margin_of(0.0), |place| margin_of(searcher.score_of(place, tag)))
}
