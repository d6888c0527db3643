//! A reference: the looks of a cameo, laid over the subject like paint over a figure.
//!
//! One to four stills are averaged into a small square of colours and tied to a region of the subject's own
//! coordinates: its whole figure, or the head of one that walks upright. The model sees it as maps; it copies what it
//! sees into the subject, whatever the subject does.

use kinora_protocol::job::Picture;
use kinora_protocol::limits::REFERENCE_STILLS_MAX;
use kinora_protocol::recipe::Part;
use kinora_protocol::shot::Subject;

use crate::blocking::Dice;

/// Colours on each side of the square.
pub const SIDE: usize = 32;
/// Longest side of a still in pixels.
pub const STILL_SIDE_MAX: u32 = 8_192;

/// A reference that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReferenceFault {
    /// None, or too many.
    #[error("a reference takes 1 to {REFERENCE_STILLS_MAX} stills, not {0}")]
    Count(usize),
    /// A still without pixels, with too many, or with fewer bytes than its size says.
    #[error("still {still} says {width}×{height} pixels and has {bytes} bytes of RGB")]
    Size {
        /// Which still, from 1.
        still: usize,
        /// Its width.
        width: u32,
        /// Its height.
        height: u32,
        /// Its bytes.
        bytes: usize,
    },
}

/// Colours on a region of the subject.
#[derive(Clone, Debug, PartialEq)]
pub struct Reference {
    /// `SIDE × SIDE` colours in 0 … 1, top row first.
    colours: Vec<[f32; 3]>,
    /// Left, bottom, right, top in the subject's own coordinates.
    region: [f32; 4],
}

/// The region of a subject's own coordinates that a still covers.
pub(crate) const fn region(subject: Subject, part: Part) -> [f32; 4] {
    match (part, subject) {
        (Part::Face, Subject::Person | Subject::Robot) => [-0.42, 0.36, 0.42, 1.06],
        _ => [-1.1, -1.05, 1.1, 1.1],
    }
}

impl Reference {
    /// Averages stills into a reference for `subject`.
    ///
    /// # Errors
    /// [`ReferenceFault`] for no still, too many, or one whose size is a lie.
    pub fn from_stills(stills: &[Picture], subject: Subject, part: Part) -> Result<Self, ReferenceFault> {
        if stills.is_empty() || stills.len() > REFERENCE_STILLS_MAX {
            return Err(ReferenceFault::Count(stills.len()));
        }
        let mut colours = vec![[0.0f32; 3]; SIDE * SIDE];
        for (n, still) in stills.iter().enumerate() {
            let (width, height) = (still.width, still.height);
            let sized = (1..=STILL_SIDE_MAX).contains(&width) && (1..=STILL_SIDE_MAX).contains(&height);
            if !sized || still.rgb.len() != width as usize * height as usize * 3 {
                return Err(ReferenceFault::Size { still: n + 1, width, height, bytes: still.rgb.len() });
            }
            for (at, cell) in colours.iter_mut().enumerate() {
                let mean = area_mean(still, at % SIDE, at / SIDE);
                for (sum, value) in cell.iter_mut().zip(mean) {
                    *sum += value / stills.len() as f32;
                }
            }
        }
        Ok(Self { colours, region: region(subject, part) })
    }

    /// A made-up look for training: stripes, spots, halves or a face in random colours.
    pub fn pattern(seed: u64, subject: Subject) -> Self {
        let mut dice = Dice::new(seed, 7);
        let mut colour = || [0; 3].map(|_: i32| dice.unit());
        let (a, b, c) = (colour(), colour(), colour());
        let kind = dice.index(4);
        let (period, lean) = (dice.range(5.0, 16.0), dice.range(-1.0, 1.0));
        let part = if dice.unit() < 0.5 { Part::Face } else { Part::Figure };
        let colours = (0..SIDE * SIDE)
            .map(|at| {
                let (x, y) = ((at % SIDE) as f32, (at / SIDE) as f32);
                let near = |px: f32, py: f32, r: f32| (x - px).hypot(y - py) < r;
                match kind {
                    0 if (x + lean * y).rem_euclid(period) < period / 2.0 => a,
                    1 if (x.rem_euclid(period) - period / 2.0).hypot(y.rem_euclid(period) - period / 2.0)
                        < period * 0.3 =>
                    {
                        a
                    }
                    2 if y + lean * (x - 16.0) < 16.0 => a,
                    3 if y < 9.0 => a,
                    3 if near(10.5, 15.0, 2.6) || near(21.5, 15.0, 2.6) => c,
                    3 if (10.0..22.0).contains(&x) && (22.0..25.0).contains(&y) => c,
                    _ => b,
                }
            })
            .collect();
        Self { colours, region: region(subject, part) }
    }

    /// The colour at a place of the subject; `None` where the reference does not reach.
    #[must_use]
    pub fn at(&self, u: f32, v: f32) -> Option<[f32; 3]> {
        let [left, bottom, right, top] = self.region;
        if !(left..=right).contains(&u) || !(bottom..=top).contains(&v) {
            return None;
        }
        let last = (SIDE - 1) as f32;
        let (x, y) = ((u - left) / (right - left) * last, (top - v) / (top - bottom) * last);
        let (i, j) = (x as usize, y as usize);
        let (fx, fy) = (x - i as f32, y - j as f32);
        let cell = |i: usize, j: usize| self.colours[j.min(SIDE - 1) * SIDE + i.min(SIDE - 1)];
        let (a, b, c, d) = (cell(i, j), cell(i + 1, j), cell(i, j + 1), cell(i + 1, j + 1));
        Some(
            [0, 1, 2]
                .map(|k| (a[k] * (1.0 - fx) + b[k] * fx) * (1.0 - fy) + (c[k] * (1.0 - fx) + d[k] * fx) * fy),
        )
    }
}

/// Mean colour of the part of a still that cell (`column`, `row`) covers, 0 … 1.
fn area_mean(still: &Picture, column: usize, row: usize) -> [f32; 3] {
    let span = |cell: usize, length: u32| {
        let length = length as usize;
        let from = cell * length / SIDE;
        (from, ((cell + 1) * length / SIDE).max(from + 1))
    };
    let ((x0, x1), (y0, y1)) = (span(column, still.width), span(row, still.height));
    let mut sum = [0.0f32; 3];
    for y in y0..y1 {
        for x in x0..x1 {
            let at = (y * still.width as usize + x) * 3;
            for (k, s) in sum.iter_mut().enumerate() {
                *s += f32::from(still.rgb[at + k]);
            }
        }
    }
    sum.map(|s| s / (((x1 - x0) * (y1 - y0)) as f32 * 255.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn still(width: u32, height: u32, rgb: [u8; 3]) -> Picture {
        Picture { width, height, rgb: rgb.repeat((width * height) as usize) }
    }

    #[test]
    fn stills_are_averaged_onto_the_region() {
        let stills = [still(64, 48, [255, 0, 0]), still(7, 5, [0, 0, 255])];
        let looks = Reference::from_stills(&stills, Subject::Person, Part::Face).unwrap();
        let [r, g, b] = looks.at(0.0, 0.7).unwrap();
        assert!((r - 0.5).abs() < 1e-3 && g.abs() < 1e-3 && (b - 0.5).abs() < 1e-3);
        assert_eq!(looks.at(0.0, -0.5), None, "a face does not cover the legs");
    }

    #[test]
    fn a_still_stands_upright_and_the_way_it_looks() {
        // Top left red, top right green, bottom blue.
        let rgb = (0..64u32 * 64).flat_map(|at| match (at % 64 < 32, at / 64 < 32) {
            (true, true) => [255, 0, 0],
            (false, true) => [0, 255, 0],
            _ => [0, 0, 255],
        });
        let still = Picture { width: 64, height: 64, rgb: rgb.collect() };
        let looks = Reference::from_stills(&[still], Subject::Cat, Part::Figure).unwrap();
        assert_eq!(looks.at(-0.8, 0.8), Some([1.0, 0.0, 0.0]));
        assert_eq!(looks.at(0.8, 0.8), Some([0.0, 1.0, 0.0]));
        assert_eq!(looks.at(0.0, -0.8), Some([0.0, 0.0, 1.0]));
    }

    #[test]
    fn a_still_that_lies_about_its_size_is_refused() {
        let mut short = still(8, 8, [1, 2, 3]);
        short.rgb.pop();
        let fault = Reference::from_stills(&[short], Subject::Cat, Part::Figure).unwrap_err();
        assert_eq!(fault, ReferenceFault::Size { still: 1, width: 8, height: 8, bytes: 191 });
        assert_eq!(Reference::from_stills(&[], Subject::Cat, Part::Figure), Err(ReferenceFault::Count(0)));
    }
}
