//! Finding the grid: fold the gathered pictures at a supposed scale onto one tile, correlate with the cells that are the
//! same in every mark, and read the others where the correlation peaks.

use std::sync::LazyLock;

use rustfft::FftPlannerScalar;
use rustfft::num_complex::Complex32;

use super::code::{self, CODED_BITS};
use super::gather::{Fourier, Gathered};
use super::plane::Waves;
use super::tile::{self, CELLS, Layout, SIDE};
use super::{CELL, Found, GRID_POWER_MIN};

/// Points a cell side on which a tile is folded.
const PER_CELL: usize = 4;
/// Points a side of a folded tile.
const POINTS: usize = SIDE * PER_CELL;
/// Places that are decoded in one search.
const CANDIDATES: usize = 8;
/// Peaks looked at for each scale.
const PEAKS: usize = 3;
/// Scales tried around a candidate: ± this many steps of [`FINE_STEP`].
const FINE_REACH: i32 = 6;
const FINE_STEP: f32 = 0.000_7;

/// A place where a mark may be.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Candidate {
    /// Size of a cell, in units of [`CELL`] canonical pixels.
    pub(crate) scale: f32,
    pub(crate) flip: bool,
    /// Offset of the tile in points, row by row.
    offset: usize,
    /// Strength of both channels together.
    power: f32,
}

/// What does not change from one scale to the next.
#[derive(Debug)]
pub(crate) struct Searcher<'a> {
    gathered: &'a Gathered,
    fourier: Fourier,
    templates: &'static Templates,
}

/// What is the same in every clip.
#[derive(Debug)]
struct Templates {
    layout: Layout,
    /// Spectra of the finding cells and of one cell at the origin, conjugated.
    sync: Waves,
    cell: Waves,
}

static TEMPLATES: LazyLock<Templates> = LazyLock::new(|| {
    let layout = Layout::new();
    let mut fourier = Fourier::new(POINTS, POINTS, &mut FftPlannerScalar::new());
    let mut spectrum = |cells: &[f32; CELLS]| {
        let mut waves: Waves =
            tile::raster(cells, PER_CELL).into_iter().map(|v| Complex32::new(v, 0.0)).collect();
        fourier.forward(&mut waves);
        waves.iter_mut().for_each(|v| *v = v.conj());
        waves
    };
    let mut one = [0.0; CELLS];
    one[0] = 1.0;
    let (sync, cell) = (spectrum(&layout.sync()), spectrum(&one));
    Templates { layout, sync, cell }
});

/// The folded tiles of one scale and side, as spectra: the sum, and one for each speed.
struct Folded {
    still: Waves,
    cycle: Vec<Waves>,
}

impl<'a> Searcher<'a> {
    pub(crate) fn new(gathered: &'a Gathered) -> Self {
        let fourier = Fourier::new(POINTS, POINTS, &mut FftPlannerScalar::new());
        Self { gathered, fourier, templates: &TEMPLATES }
    }

    /// The place where the mark of a clip is that was neither moved nor scaled, if there is anything like a mark.
    pub(crate) fn at_origin(&mut self, scale: f32) -> Option<Candidate> {
        let folded = self.fold(scale, false, 1);
        let mut found = Vec::new();
        self.peaks(&folded, scale, false, &mut found);
        let here = |place: &Candidate| near(place.offset / POINTS, 0) && near(place.offset % POINTS, 0);
        found.into_iter().find(|place| here(place) && place.power >= GRID_POWER_MIN)
    }

    /// The best places among these scales, refined, best first.
    pub(crate) fn candidates(&mut self, scales: &[f32], flips: &[bool]) -> Vec<Candidate> {
        let mut all = Vec::new();
        for scale in scales {
            for flip in flips {
                let folded = self.fold(*scale, *flip, 1);
                self.peaks(&folded, *scale, *flip, &mut all);
            }
        }
        let coarse = best(all);
        let mut fine = Vec::new();
        for found in coarse {
            let mut near = vec![found];
            for step in (-FINE_REACH..=FINE_REACH).filter(|step| *step != 0) {
                let scale = found.scale * (1.0 + step as f32 * FINE_STEP);
                let folded = self.fold(scale, found.flip, 1);
                self.peaks(&folded, scale, found.flip, &mut near);
            }
            fine.extend(near.into_iter().max_by(|a, b| a.power.total_cmp(&b.power)));
        }
        best(fine)
    }

    /// Reads the mark at a place: both channels together, then each alone.
    pub(crate) fn read(&mut self, place: &Candidate) -> Option<Found> {
        let folded = self.fold(place.scale, place.flip, usize::MAX);
        let still = self.channel(&folded.still, place.offset, 1.0);
        let cycle = folded
            .cycle
            .iter()
            .map(|spectrum| self.channel(spectrum, place.offset, 2.0))
            .max_by(|a, b| a.sync.norm().total_cmp(&b.sync.norm()))?;
        let (ours, theirs) = (
            still.bits(&self.templates.layout, still.sync.re.max(0.5)),
            cycle.bits(&self.templates.layout, cycle.sync.norm()),
        );
        let joint = std::array::from_fn(|i| ours[i] + theirs[i]);
        [joint, ours, theirs].iter().find_map(|soft| {
            let tag = code::decode(soft)?;
            Some(Found { tag, score: agreement(soft, tag), scale: place.scale, flip: place.flip })
        })
    }

    /// How well both channels at the best of these places agree with a known tag, 0 … 1.
    pub(crate) fn score_of(&mut self, place: &Candidate, tag: [u8; 8]) -> f32 {
        let folded = self.fold(place.scale, place.flip, 1);
        let still = self.channel(&folded.still, place.offset, 1.0);
        let ours = still.bits(&self.templates.layout, still.sync.re.max(0.5));
        let theirs = folded.cycle.first().map(|spectrum| self.channel(spectrum, place.offset, 2.0));
        let theirs = theirs.map_or([0.0; CODED_BITS], |c| c.bits(&self.templates.layout, c.sync.norm()));
        agreement(&std::array::from_fn(|i| ours[i] + theirs[i]), tag)
    }

    /// Sums up what lies on the same point of the tile; `speeds` says how many of the lock-ins are wanted.
    fn fold(&mut self, scale: f32, flip: bool, speeds: usize) -> Folded {
        let g = self.gathered;
        let step = g.unit / (CELL * scale) * PER_CELL as f32;
        let point = |i: usize| (((i as f32 + 0.5) * step) as usize) % POINTS;
        let side = |x: usize| if flip { POINTS - 1 - point(x) } else { point(x) };
        let columns: Vec<u8> = (0..g.width).map(|x| side(x) as u8).collect();
        let mut sum = |picture: &Waves| {
            let mut tile = vec![Complex32::default(); POINTS * POINTS];
            for (y, row) in picture.chunks_exact(g.width).enumerate() {
                let start = point(y) * POINTS;
                let to = &mut tile[start..start + POINTS];
                for (value, column) in row.iter().zip(&columns) {
                    to[usize::from(*column)] += value;
                }
            }
            self.fourier.forward(&mut tile);
            tile
        };
        Folded { still: sum(&g.still), cycle: g.cycle.iter().take(speeds).map(sum).collect() }
    }

    /// The correlation of a folded tile with one of the two templates.
    fn correlate(fourier: &mut Fourier, folded: &Waves, template: &Waves) -> Waves {
        let mut product: Waves = folded.iter().zip(template).map(|(a, b)| a * b).collect();
        fourier.inverse(&mut product);
        product
    }

    /// Adds the best places of one scale.
    fn peaks(&mut self, folded: &Folded, scale: f32, flip: bool, out: &mut Vec<Candidate>) {
        let mut still = Self::correlate(&mut self.fourier, &folded.still, &self.templates.sync);
        let deviation = deviation(&still, 1.0);
        still.iter_mut().for_each(|v| *v /= deviation);
        let cycle = folded.cycle.first().map(|cycle| {
            let mut cycle = Self::correlate(&mut self.fourier, cycle, &self.templates.sync);
            let deviation = self::deviation(&cycle, 2.0);
            cycle.iter_mut().for_each(|v| *v /= deviation);
            cycle
        });
        let mut power: Vec<f32> = still.iter().map(|v| v.re.max(0.0).powi(2)).collect();
        if let Some(cycle) = cycle {
            power.iter_mut().zip(&cycle).for_each(|(power, v)| *power += v.norm_sqr());
        }
        for _ in 0..PEAKS {
            let Some((offset, top)) = power.iter().copied().enumerate().max_by(|a, b| a.1.total_cmp(&b.1))
            else {
                return;
            };
            out.push(Candidate { scale, flip, offset, power: top });
            clear(&mut power, offset);
        }
    }

    /// The cells of one channel at a place, and how strongly it found them.
    fn channel(&mut self, folded: &Waves, offset: usize, parts: f32) -> Channel {
        let sync = Self::correlate(&mut self.fourier, folded, &self.templates.sync);
        let at = sync[offset] / deviation(&sync, parts);
        let matched = Self::correlate(&mut self.fourier, folded, &self.templates.cell);
        let (y0, x0) = (offset / POINTS, offset % POINTS);
        let cells: [Complex32; CELLS] = std::array::from_fn(|cell| {
            let y = (y0 + cell / SIDE * PER_CELL) % POINTS;
            let x = (x0 + cell % SIDE * PER_CELL) % POINTS;
            matched[y * POINTS + x]
        });
        Channel { sync: at, cells }
    }
}

/// One channel as it was read.
struct Channel {
    /// The correlation with the finding cells, in deviations; complex for a lock-in of unknown phase.
    sync: Complex32,
    cells: [Complex32; CELLS],
}

impl Channel {
    /// Soft bits of unit variance times `weight`. The phase is that of the finding cells.
    fn bits(&self, layout: &Layout, weight: f32) -> [f32; CODED_BITS] {
        let phase = self.sync.conj() / self.sync.norm().max(f32::MIN_POSITIVE);
        let phase = if self.sync.im == 0.0 { Complex32::new(1.0, 0.0) } else { phase };
        let soft = layout.bits(&self.cells.map(|cell| (cell * phase).re));
        let power = soft.iter().map(|v| v * v).sum::<f32>() / CODED_BITS as f32;
        soft.map(|v| v * weight / power.sqrt().max(f32::MIN_POSITIVE))
    }
}

/// The cosine between soft values and the coded bits of a tag.
fn agreement(soft: &[f32; CODED_BITS], tag: [u8; 8]) -> f32 {
    let dot: f32 = soft.iter().zip(code::encode(tag)).map(|(v, bit)| if bit { *v } else { -*v }).sum();
    let power: f32 = soft.iter().map(|v| v * v).sum();
    dot / (power * CODED_BITS as f32).sqrt().max(f32::MIN_POSITIVE)
}

/// The deviation of each real part of a correlation, of which there is one (`still`) or two (`cycle`).
fn deviation(values: &Waves, parts: f32) -> f32 {
    let power = values.iter().map(Complex32::norm_sqr).sum::<f32>() / values.len().max(1) as f32;
    (power / parts).sqrt().max(f32::MIN_POSITIVE)
}

/// Clears a peak and what is within a cell of it.
fn clear(power: &mut [f32], offset: usize) {
    let (y0, x0) = (offset / POINTS, offset % POINTS);
    for dy in 0..2 * PER_CELL + 1 {
        for dx in 0..2 * PER_CELL + 1 {
            let (y, x) = ((y0 + POINTS + dy - PER_CELL) % POINTS, (x0 + POINTS + dx - PER_CELL) % POINTS);
            power[y * POINTS + x] = 0.0;
        }
    }
}

/// The strongest places, each standing for its neighbours in scale.
fn best(mut all: Vec<Candidate>) -> Vec<Candidate> {
    all.sort_by(|a, b| b.power.total_cmp(&a.power));
    let mut kept: Vec<Candidate> = Vec::new();
    for place in all {
        let same = |k: &Candidate| {
            k.flip == place.flip
                && (k.scale / place.scale - 1.0).abs() < 0.01
                && near(k.offset / POINTS, place.offset / POINTS)
                && near(k.offset % POINTS, place.offset % POINTS)
        };
        if kept.len() < CANDIDATES && !kept.iter().any(same) {
            kept.push(place);
        }
    }
    kept
}

/// Within two cells on the circle of a tile's side.
fn near(a: usize, b: usize) -> bool {
    let apart = a.abs_diff(b);
    apart.min(POINTS - apart) <= 2 * PER_CELL
}
