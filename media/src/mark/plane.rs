//! Planes of luma: from frames, smaller, blurred, and the normalisation that makes a mark independent of brightness
//! and contrast.

use rustfft::num_complex::Complex32;

/// A picture of one value a pixel, row by row.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Plane {
    pub(crate) width: usize,
    pub(crate) height: usize,
    pub(crate) values: Vec<f32>,
}

/// One complex value a pixel.
pub(crate) type Waves = Vec<Complex32>;

impl Plane {
    /// Luma of an RGB frame, 0 … 255: BT.709 weights as 256ths (ITU-R BT.709-6 §3).
    pub(crate) fn luma(rgb: &[u8], width: usize, height: usize) -> Self {
        let weigh =
            |p: &[u8; 3]| (54 * u32::from(p[0]) + 183 * u32::from(p[1]) + 19 * u32::from(p[2])) as f32;
        let values = rgb.as_chunks::<3>().0.iter().map(|pixel| weigh(pixel) / 256.0).collect();
        Self { width, height, values }
    }

    /// Luma as video has it, 16 … 235 from black to white (ITU-R BT.709-6 §4), spread to 0 … 255.
    pub(crate) fn of_video(luma: &[u8], width: usize, height: usize) -> Self {
        let values = luma.iter().map(|value| (f32::from(*value) - 16.0) * (255.0 / 219.0)).collect();
        Self { width, height, values }
    }

    /// The same picture on fewer pixels, each the mean of the area it covers. Never enlarges.
    pub(crate) fn shrink(&self, width: usize, height: usize) -> Self {
        if width >= self.width && height >= self.height {
            return self.clone();
        }
        let (columns, rows) = (shares(self.width, width), shares(self.height, height));
        let mut values = Vec::with_capacity(width * height);
        let mut sum = vec![0.0f32; self.width];
        for (first, weights) in &rows {
            sum.fill(0.0);
            for (row, weight) in self.values.chunks_exact(self.width).skip(*first).zip(weights) {
                sum.iter_mut().zip(row).for_each(|(sum, value)| *sum += weight * value);
            }
            values.extend(columns.iter().map(|(first, weights)| {
                sum.iter().skip(*first).zip(weights).map(|(value, weight)| value * weight).sum::<f32>()
            }));
        }
        Self { width, height, values }
    }

    /// A Gaussian blur of `sigma` pixels, as three box blurs (W. Wells, "Efficient synthesis of Gaussian filters by
    /// cascaded uniform filters", PAMI 8, 1986).
    pub(crate) fn blur(&self, sigma: f32) -> Self {
        let mut out = self.clone();
        for radius in boxes(sigma) {
            if radius > 0 {
                box_rows(&mut out, radius);
                box_columns(&mut out, radius);
            }
        }
        out
    }

    /// What is left of each pixel without its surroundings, in units of their contrast, within ±1.5. Lengths in pixels.
    pub(crate) fn normalise(&self, wide: f32, near: f32) -> Self {
        let base = self.blur(wide);
        let mut rest = self.clone();
        rest.values.iter_mut().zip(&base.values).for_each(|(value, base)| *value -= base);
        let mut power = rest.clone();
        power.values.iter_mut().for_each(|value| *value *= *value);
        let power = power.blur(near);
        for (value, power) in rest.values.iter_mut().zip(&power.values) {
            *value = (*value / (power.max(0.0).sqrt() + CONTRAST_MIN)).clamp(-CLIP, CLIP);
        }
        rest
    }
}

/// Contrast, in levels of 255, below which a surrounding counts as flat.
const CONTRAST_MIN: f32 = 0.7;
/// Where the normalised value is cut: an edge of the picture must not outweigh the mark.
const CLIP: f32 = 1.5;

/// For each of `to` pixels: the first of `from` pixels that it covers and the weight of each.
fn shares(from: usize, to: usize) -> Vec<(usize, Vec<f32>)> {
    let step = from as f64 / to.max(1) as f64;
    (0..to)
        .map(|i| {
            let (start, end) = (i as f64 * step, (i + 1) as f64 * step);
            let first = start.floor() as usize;
            let last = (end.ceil() as usize).min(from);
            let weight = |p: usize| (end.min((p + 1) as f64) - start.max(p as f64)) / step;
            (first, (first..last).map(|p| weight(p) as f32).collect())
        })
        .collect()
}

/// Radii of three boxes whose variances add up to `sigma²` as nearly as whole pixels allow.
fn boxes(sigma: f32) -> [usize; 3] {
    // A box of width w has the variance (w² − 1) / 12.
    let ideal = (4.0 * sigma * sigma + 1.0).sqrt();
    let low = (((ideal - 1.0) / 2.0).floor() as usize) * 2 + 1;
    let (l, v) = (low as f32, 12.0 * sigma * sigma);
    let small = ((3.0 * l * l + 12.0 * l + 9.0 - v) / (4.0 * l + 4.0)).round();
    std::array::from_fn(|i| if (i as f32) < small { low / 2 } else { low / 2 + 1 })
}

/// Rows that are blurred side by side, so that their sums do not wait for each other.
const ROWS_AT_ONCE: usize = 8;

fn box_rows(plane: &mut Plane, radius: usize) {
    let block = plane.width * ROWS_AT_ONCE;
    let mut blocks = plane.values.chunks_exact_mut(block);
    for rows in &mut blocks {
        box_lines::<ROWS_AT_ONCE>(rows, plane.width, radius);
    }
    for row in blocks.into_remainder().chunks_exact_mut(plane.width) {
        box_lines::<1>(row, plane.width, radius);
    }
}

/// `N` rows, each with its first and last value repeated beyond its ends.
fn box_lines<const N: usize>(rows: &mut [f32], width: usize, radius: usize) {
    let scale = 1.0 / (2 * radius + 1) as f32;
    // Column by column, so that a column is one load.
    let column = |x: usize| -> [f32; N] { std::array::from_fn(|n| rows[n * width + x]) };
    let columns: Vec<[f32; N]> = (0..width).map(column).collect();
    let at = |x: usize| columns[x.saturating_sub(radius).min(width - 1)];
    let mut sums = [0.0f32; N];
    for x in 0..2 * radius + 1 {
        sums.iter_mut().zip(at(x)).for_each(|(sum, value)| *sum += value);
    }
    for x in 0..width {
        for (n, sum) in sums.iter().enumerate() {
            rows[n * width + x] = sum * scale;
        }
        let (enter, leave) = (at(x + 2 * radius + 1), at(x));
        for ((sum, enter), leave) in sums.iter_mut().zip(enter).zip(leave) {
            *sum += enter - leave;
        }
    }
}

fn box_columns(plane: &mut Plane, radius: usize) {
    let (width, height) = (plane.width, plane.height);
    let scale = 1.0 / (2 * radius + 1) as f32;
    let from = plane.values.clone();
    let row = |y: isize| {
        let y = y.clamp(0, height as isize - 1) as usize;
        &from[y * width..(y + 1) * width]
    };
    let reach = radius as isize;
    let mut sum = vec![0.0f32; width];
    for y in -reach..=reach {
        sum.iter_mut().zip(row(y)).for_each(|(sum, value)| *sum += value);
    }
    for (y, out) in plane.values.chunks_exact_mut(width).enumerate() {
        let (enter, leave) = (row(y as isize + reach + 1), row(y as isize - reach));
        for (((out, sum), enter), leave) in out.iter_mut().zip(&mut sum).zip(enter).zip(leave) {
            *out = *sum * scale;
            *sum += enter - leave;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dot(side: usize) -> Plane {
        let mut values = vec![0.0; side * side];
        values[side / 2 * side + side / 2] = 1.0;
        Plane { width: side, height: side, values }
    }

    #[test]
    fn a_blur_has_the_width_it_was_asked_for() {
        for sigma in [1.25f32, 2.5, 4.0, 8.0] {
            let blurred = dot(65).blur(sigma);
            let sum: f32 = blurred.values.iter().sum();
            let spread: f32 = blurred
                .values
                .iter()
                .enumerate()
                .map(|(i, v)| v * ((i % 65) as f32 - 32.0).powi(2))
                .sum::<f32>()
                / sum;
            assert!((sum - 1.0).abs() < 1e-3, "{sum}");
            assert!((spread.sqrt() / sigma - 1.0).abs() < 0.1, "{sigma}: {}", spread.sqrt());
        }
    }

    #[test]
    fn shrinking_keeps_the_mean() {
        let plane = Plane { width: 30, height: 20, values: (0..600).map(|i| (i * 7 % 256) as f32).collect() };
        let small = plane.shrink(13, 9);
        let mean = |p: &Plane| p.values.iter().sum::<f32>() / p.values.len() as f32;
        assert_eq!((small.width, small.height, small.values.len()), (13, 9, 117));
        assert!((mean(&plane) - mean(&small)).abs() < 0.01);
    }

    #[test]
    fn brightness_and_contrast_leave_the_normal_form_alone() {
        let plane =
            Plane { width: 64, height: 64, values: (0..4_096).map(|i| (i * 97 % 211) as f32).collect() };
        let mut dim = plane.clone();
        dim.values.iter_mut().for_each(|v| *v = 0.5 * *v + 40.0);
        let (a, b) = (plane.normalise(8.0, 4.0), dim.normalise(8.0, 4.0));
        assert!(a.values.iter().zip(&b.values).all(|(a, b)| (a - b).abs() < 0.05));
    }
}
