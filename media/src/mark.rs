//! The mark: 64 bits that stay in the picture when a file was re-encoded, scaled, cropped or stripped of everything else.
//!
//! `wm.1` is spread spectrum on a tiled grid over a canonical frame (`specs/mark.md` has every number). It carries the
//! clip's random tag, which the clip's record names too. A mark is a pointer and never a proof: everybody can read one,
//! and so everybody can remove or copy one. Whoever finds a tag looks up its record and compares fingerprints.
//!
//! [`embed`] belongs right before encoding, in the process that renders. [`detect`] wants decoded frames and nothing
//! else.

mod code;
mod embed;
mod gather;
mod jnd;
mod plane;
mod rough;
mod search;
mod ssim;
mod tile;

use crate::decoded::Decoded;
use crate::footage::{Footage, FootageError};
use plane::Plane;

/// Longer side of the canonical frame, in pixels: the mark is laid out on a picture scaled to this.
pub(crate) const CANONICAL_SIDE: usize = 512;
/// Side of a cell at scale 1, in canonical pixels.
pub(crate) const CELL: f32 = 6.0;
/// Length of one cycle of the lock-in.
pub(crate) const CYCLE_SECONDS: f32 = 1.0;
/// Side of a cell in the clip's own pixels, at least: smaller ones do not survive an encoder.
const CELL_PIXELS_MIN: f32 = 4.0;
/// Scales of a cell that a full search tries, smallest and largest, and by what factor they grow.
const SCALES: (f32, f32, f32) = (0.70, 4.6, 1.0035);
/// Scales tried around a nominal one in a quick search.
const NOMINAL_REACH: i32 = 2;
const NOMINAL_STEP: f32 = 0.0035;
/// Longer sides of clips that engines make small: an enlarged one keeps its large cells.
const SMALL_SIDES: [u32; 1] = [160];
/// Speeds that a full search tries.
const SPEEDS: [f32; 4] = [1.0, 1.5, 2.0, 0.5];
/// Power of the finding cells at the origin, in deviations squared, below which a clip is taken for unmarked without
/// trying to read it (measured: unmarked clips seldom reach a half of it, marked ones several times as much).
const GRID_POWER_MIN: f32 = 20.0;
/// Ratio of signal to deviation of a coded bit at which half of all marks are read (measured; `code`'s tests).
const THRESHOLD: f32 = 0.8;

/// How visible a mark may become, and when it is strong enough.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Budget {
    /// Least mean structural similarity of luma (Wang et al. 2004), 0 … 1.
    pub ssim_min: f32,
    /// Peak signal-to-noise ratio of luma at which the embedder begins, in dB.
    pub psnr_first: f32,
    /// The ratio below which it never goes, in dB.
    pub psnr_min: f32,
    /// Margin after a rough re-encode at which it stops, in dB above the threshold of detection.
    pub margin: f32,
}

impl Default for Budget {
    fn default() -> Self {
        Self { ssim_min: 0.992, psnr_first: 50.0, psnr_min: 40.0, margin: 6.0 }
    }
}

/// What was embedded.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Embedded {
    /// Root mean square of what was added, in levels of 255.
    pub strength: f32,
    /// Peak signal-to-noise ratio of luma, in dB, over the frames that were measured.
    pub psnr: f32,
    /// Mean structural similarity of luma over the frames that were measured.
    pub ssim: f32,
    /// Margin after a rough re-encode, in dB above the threshold of detection; negative when the budget did not suffice.
    pub margin: f32,
}

/// How hard to look.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Search {
    /// Clips as they were made and no others: at the one place where the mark was put, in half of the frames. For every
    /// file that comes.
    Grid,
    /// Clips as they were made or scaled as a whole.
    #[default]
    Whole,
    /// First that, then every scale (crops), mirrored too, and changed speeds.
    Full,
}

/// A mark that was read. Its checksum held; at most one in a million unmarked clips gets this far.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Found {
    /// The tag.
    pub tag: [u8; 8],
    /// Agreement of the soft values with the tag's coded bits, 0 … 1. About 0.62 is the least that can be read.
    pub score: f32,
    /// Size of the cells found, in units of six canonical pixels: cropping enlarges it.
    pub scale: f32,
    /// The picture is mirrored.
    pub flip: bool,
}

/// Embeds a tag as strongly as needed and no more visibly than allowed.
///
/// Deterministic. Needs about as long as encoding a small clip.
///
/// # Errors
/// Footage that breaks its rules.
pub fn embed(footage: &mut Footage, tag: [u8; 8], budget: &Budget) -> Result<Embedded, FootageError> {
    footage.check()?;
    Ok(embed::embed(footage, tag, budget))
}

/// Looks for a mark. Footage that breaks its rules has none.
#[must_use]
pub fn detect(footage: &Footage, search: &Search) -> Option<Found> {
    footage.check().ok()?;
    let size = (footage.width as usize, footage.height as usize);
    let luma = |index: usize| footage.frames.get(index).map(|frame| Plane::luma(frame, size.0, size.1));
    look(size, footage.fps, &luma, search)
}

/// As [`detect`], of a decoded clip: from its luma, without a detour through colour.
#[must_use]
pub fn detect_in(clip: &Decoded, search: &Search) -> Option<Found> {
    let size = (clip.info().width as usize, clip.info().height as usize);
    let luma = |index: usize| clip.luma(index).map(|luma| Plane::of_video(luma, size.0, size.1));
    look(size, clip.info().fps, &luma, search)
}

/// Looks for a mark in frames of this size; `luma` gives them by number, and nothing after the last.
fn look(
    (width, height): (usize, usize),
    fps: u32,
    luma: &dyn Fn(usize) -> Option<Plane>,
    search: &Search,
) -> Option<Found> {
    let size = gather::working_size(width, height);
    let side = u32::try_from(width.max(height)).unwrap_or(u32::MAX);
    let speeds = if *search == Search::Full { &SPEEDS[..] } else { &SPEEDS[..1] };
    let mut gatherer = gather::Gatherer::new(size, fps, speeds);
    let stride = gather::stride(fps, *search == Search::Grid);
    for index in (0..).step_by(stride) {
        let Some(frame) = luma(index) else { break };
        gatherer.add(index, &frame.shrink(size.0, size.1));
    }
    let gathered = gatherer.finish();
    let mut searcher = search::Searcher::new(&gathered);
    if *search == Search::Grid {
        let place = searcher.at_origin(scale_of(side))?;
        return searcher.read(&place);
    }
    let mut look = |scales: &[f32], flips: &[bool]| {
        let places = searcher.candidates(scales, flips);
        places.iter().find_map(|place| searcher.read(place))
    };
    let found = look(&nominal_scales(side), &[false]);
    if found.is_some() || *search == Search::Whole {
        return found;
    }
    look(&all_scales(), &[false, true])
}

/// What a tag looks like before it is drawn: for second implementers and their vectors.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tile {
    /// CRC-32 of tag ‖ "wm1".
    pub checksum: u32,
    /// The 408 coded bits.
    pub coded: Vec<bool>,
    /// The 24 × 24 cells, row by row, −1 or 1.
    pub cells: Vec<i8>,
    /// The cells that are the same in every mark, −1 or 1; the others are 0.
    pub sync: Vec<i8>,
}

/// The tile of a tag.
#[must_use]
pub fn tile(tag: [u8; 8]) -> Tile {
    let (layout, coded) = (tile::Layout::new(), code::encode(tag));
    let whole = |cells: [f32; tile::CELLS]| cells.iter().map(|cell| *cell as i8).collect();
    Tile {
        checksum: code::checksum(tag),
        coded: coded.to_vec(),
        cells: whole(layout.cells(&coded)),
        sync: whole(layout.sync()),
    }
}

/// The scale of the cells of a clip of this longer side in pixels.
fn scale_of(side: u32) -> f32 {
    (CELL_PIXELS_MIN * CANONICAL_SIDE as f32 / (CELL * side.max(1) as f32)).max(1.0)
}

/// Scales that a clip has when it was not cropped.
fn nominal_scales(side: u32) -> Vec<f32> {
    let mut scales = vec![1.0];
    for scale in SMALL_SIDES.into_iter().chain([side]).map(scale_of) {
        if !scales.iter().any(|known: &f32| (known / scale - 1.0).abs() < 0.01) {
            scales.push(scale);
        }
    }
    let around = |scale: f32| {
        (-NOMINAL_REACH..=NOMINAL_REACH).map(move |step| scale * (1.0 + step as f32 * NOMINAL_STEP))
    };
    scales.into_iter().flat_map(around).collect()
}

fn all_scales() -> Vec<f32> {
    let (first, last, growth) = SCALES;
    std::iter::successors(Some(first), |scale| Some(scale * growth))
        .take_while(|scale| *scale < last)
        .collect()
}

/// An agreement as the distance from the threshold of detection, in dB.
fn margin_of(score: f32) -> f32 {
    let ratio = score.max(1e-3) / (1.0 - score * score).max(1e-6).sqrt();
    20.0 * (ratio / THRESHOLD).log10()
}

#[cfg(test)]
mod tests;
