//! What all frames say together: the sum of the normalised frames and their lock-in with one cycle a second, whitened.
//!
//! The sum keeps what stands still, which survives encoders that repeat frames; the lock-in (one complex value a pixel)
//! cancels what stands still, which is most of a texture. Both carry the same cells.

use std::f32::consts::TAU;

use rustfft::num_complex::Complex32;
use rustfft::{Fft, FftDirection, FftPlannerScalar};

use super::plane::{Plane, Waves};
use super::{CANONICAL_SIDE, CYCLE_SECONDS};

/// Analysed frames a second, at most: eight samples a cycle.
const FRAMES_PER_SECOND: usize = 8;
/// Frames a cycle that a lock-in needs at least.
const CYCLE_FRAMES_MIN: usize = 5;
/// Frequencies to each side over which power is averaged before a spectrum is divided by it. A radial mean, as in the
/// prototype, read a quarter of what this reads from small clips after H.264 CRF 30 (2 against 6 of 8).
const REACH: usize = 3;
/// Power below this share of the peak is not amplified further.
const FLOOR: f32 = 1e-6;
/// Surroundings that are subtracted and in which contrast is measured, in canonical pixels.
const WIDE: f32 = 8.0;
const NEAR: f32 = 4.0;

/// The two channels of a clip, whitened, as one picture each.
#[derive(Debug)]
pub(crate) struct Gathered {
    pub(crate) width: usize,
    /// Canonical pixels a pixel of this picture.
    pub(crate) unit: f32,
    /// What stands still. The imaginary part is zero.
    pub(crate) still: Waves,
    /// What comes and goes once in [`CYCLE_SECONDS`], one entry for each speed asked for.
    pub(crate) cycle: Vec<Waves>,
}

/// Sums up frames as they come.
#[derive(Debug)]
pub(crate) struct Gatherer {
    width: usize,
    height: usize,
    unit: f32,
    fps: f32,
    frames: usize,
    still: Vec<f32>,
    cycles: Vec<Cycle>,
}

/// One lock-in: cycles a second, its sum, and the sum of the wave itself.
#[derive(Debug)]
struct Cycle {
    rate: f32,
    sum: Waves,
    wave: Complex32,
}

/// Every how many frames one is analysed; in a hurry half as many are, still five a cycle and more.
pub(crate) fn stride(fps: u32, hurry: bool) -> usize {
    let stride = (fps as usize / FRAMES_PER_SECOND).max(1);
    if hurry && fps as usize >= 2 * stride * CYCLE_FRAMES_MIN { 2 * stride } else { stride }
}

/// The size at which a picture is analysed: at most [`CANONICAL_SIDE`] along its longer side.
pub(crate) fn working_size(width: usize, height: usize) -> (usize, usize) {
    let long = width.max(height).max(1);
    if long <= CANONICAL_SIDE {
        return (width, height);
    }
    let side = |s: usize| ((s * CANONICAL_SIDE + long / 2) / long).max(1);
    (side(width), side(height))
}

impl Gatherer {
    /// For frames of this working size, `fps` a second, and these speeds (1 is the speed at which clips are made).
    pub(crate) fn new((width, height): (usize, usize), fps: u32, speeds: &[f32]) -> Self {
        let zero = vec![Complex32::default(); width * height];
        let cycle = |speed: &f32| Cycle {
            rate: speed / CYCLE_SECONDS,
            sum: zero.clone(),
            wave: Complex32::default(),
        };
        Self {
            width,
            height,
            unit: CANONICAL_SIDE as f32 / width.max(height).max(1) as f32,
            fps: fps.max(1) as f32,
            frames: 0,
            still: vec![0.0; width * height],
            cycles: speeds.iter().map(cycle).collect(),
        }
    }

    /// Adds frame `index` of the clip, already at working size.
    pub(crate) fn add(&mut self, index: usize, luma: &Plane) {
        let frame = luma.normalise(WIDE / self.unit, NEAR / self.unit);
        self.frames += 1;
        self.still.iter_mut().zip(&frame.values).for_each(|(sum, value)| *sum += value);
        for cycle in &mut self.cycles {
            let phase = TAU * (index as f32 / self.fps * cycle.rate).fract();
            let wave = Complex32::new(phase.cos(), -phase.sin());
            cycle.wave += wave;
            cycle.sum.iter_mut().zip(&frame.values).for_each(|(sum, value)| *sum += wave * value);
        }
    }

    /// Ends the sum.
    pub(crate) fn finish(mut self) -> Gathered {
        let mut planner = FftPlannerScalar::new();
        let mut fourier = Fourier::new(self.width, self.height, &mut planner);
        let count = self.frames.max(1) as f32;
        for cycle in &mut self.cycles {
            let wave = cycle.wave / count;
            cycle.sum.iter_mut().zip(&self.still).for_each(|(sum, still)| *sum -= wave * still);
        }
        let still: Waves = self.still.iter().map(|value| Complex32::new(*value, 0.0)).collect();
        Gathered {
            width: self.width,
            unit: self.unit,
            still: whiten(&mut fourier, still),
            cycle: self.cycles.into_iter().map(|cycle| whiten(&mut fourier, cycle.sum)).collect(),
        }
    }
}

/// A two-dimensional Fourier transform, and back.
pub(crate) struct Fourier {
    width: usize,
    height: usize,
    rows: [std::sync::Arc<dyn Fft<f32>>; 2],
    columns: [std::sync::Arc<dyn Fft<f32>>; 2],
    scratch: Waves,
}

impl std::fmt::Debug for Fourier {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Fourier")
            .field("width", &self.width)
            .field("height", &self.height)
            .finish_non_exhaustive()
    }
}

impl Fourier {
    pub(crate) fn new(width: usize, height: usize, planner: &mut FftPlannerScalar<f32>) -> Self {
        let both = [FftDirection::Forward, FftDirection::Inverse];
        let rows = both.map(|way| planner.plan_fft(width, way));
        let columns = both.map(|way| planner.plan_fft(height, way));
        let need = rows.iter().chain(&columns).map(|fft| fft.get_inplace_scratch_len()).max().unwrap_or(0);
        Self { width, height, rows, columns, scratch: vec![Complex32::default(); need] }
    }

    /// To the spectrum, transposed: `height` values for each column.
    pub(crate) fn forward(&mut self, picture: &mut Waves) {
        self.rows[0].process_with_scratch(picture, &mut self.scratch);
        *picture = transpose(picture, self.width);
        self.columns[0].process_with_scratch(picture, &mut self.scratch);
    }

    /// From such a spectrum, times the number of pixels.
    pub(crate) fn inverse(&mut self, spectrum: &mut Waves) {
        self.columns[1].process_with_scratch(spectrum, &mut self.scratch);
        *spectrum = transpose(spectrum, self.height);
        self.rows[1].process_with_scratch(spectrum, &mut self.scratch);
    }
}

fn transpose(from: &[Complex32], width: usize) -> Waves {
    let width = width.max(1);
    let height = from.len() / width;
    let mut out = vec![Complex32::default(); from.len()];
    for (y, row) in from.chunks_exact(width).enumerate() {
        for (x, value) in row.iter().enumerate() {
            out[x * height + y] = *value;
        }
    }
    out
}

/// Divides a picture's spectrum by the root of its own power around each frequency: what the host is full of weighs
/// little, along whichever direction it lies.
fn whiten(fourier: &mut Fourier, mut picture: Waves) -> Waves {
    fourier.forward(&mut picture);
    let power: Vec<f32> = picture.iter().map(Complex32::norm_sqr).collect();
    let floor = (power.iter().copied().fold(0.0, f32::max) * FLOOR).max(f32::MIN_POSITIVE);
    // The spectrum is transposed, so a row of it has the picture's height.
    let around = around(&around(&power, fourier.height), fourier.width);
    for (value, power) in picture.iter_mut().zip(&around) {
        *value /= (power + floor).sqrt();
    }
    fourier.inverse(&mut picture);
    picture
}

/// Means over 2 · [`REACH`] + 1 neighbours of a row on the circle, transposed, so that two passes make a square.
fn around(power: &[f32], length: usize) -> Vec<f32> {
    let rows = power.len() / length.max(1);
    let mut out = vec![0.0; power.len()];
    for (y, row) in power.chunks_exact(length.max(1)).enumerate() {
        for x in 0..length {
            // A whole turn is added so that the left end stays positive.
            let sum: f32 = (0..=2 * REACH).map(|k| row[(x + k + length * REACH - REACH) % length]).sum();
            out[x * rows + y] = sum / (2 * REACH + 1) as f32;
        }
    }
    out
}
