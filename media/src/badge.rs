//! The visible label: "AI", burned into the pixels of a clip that leaves the network.
//!
//! Three variants, after the three cases for which the EU's code of practice on marking AI-generated content (June 2026)
//! has an icon: made by AI, made with AI, and a likeness of a real person or event. They are our own drawing of those
//! cases in plain letters that a small clip can show; they are not the files that the Commission published.
//!
//! The label proves nothing (it can be cropped off or painted on anything); it is there so that nobody is deceived at a
//! glance. It is drawn after the mark is embedded and before encoding.

pub use kinora_protocol::badge::{Badge, Corner, Size, Variant};

use crate::footage::{Footage, FootageError};

/// Columns and rows of a letter.
const LETTER: (usize, usize) = (5, 7);
/// Rows of the letters we need, most significant of five bits left.
const A: [u8; 7] = [0b01110, 0b10001, 0b10001, 0b11111, 0b10001, 0b10001, 0b10001];
const I: [u8; 7] = [0b11111, 0b00100, 0b00100, 0b00100, 0b00100, 0b00100, 0b11111];
const PLUS: [u8; 7] = [0b00000, 0b00100, 0b00100, 0b11111, 0b00100, 0b00100, 0b00000];
const WARNING: [u8; 7] = [0b00100, 0b00100, 0b00100, 0b00100, 0b00100, 0b00000, 0b00100];

/// A drawn label: for each pixel nothing, dark ground or light ink.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Drawing {
    width: usize,
    height: usize,
    /// 0: the picture shows; 1: ground; 2: ink.
    dots: Vec<u8>,
}

const GROUND: u8 = 1;
const INK: u8 = 2;

/// Burns a label into every frame.
///
/// # Errors
/// Footage that breaks its rules.
pub fn burn(footage: &mut Footage, badge: &Badge) -> Result<(), FootageError> {
    footage.check()?;
    let size = (footage.width as usize, footage.height as usize);
    for frame in &mut footage.frames {
        let (pixels, _) = frame.as_chunks_mut::<3>();
        each_pixel(size, badge, |at, grey| pixels[at] = [grey; 3]);
    }
    Ok(())
}

/// Every pixel that a label covers, by its number, and the grey that it gets.
pub(crate) fn each_pixel((width, height): (usize, usize), badge: &Badge, mut paint: impl FnMut(usize, u8)) {
    let dot = dot(width.min(height), badge.size);
    let drawing = Drawing::new(badge.variant);
    let (left, top) = place(badge.corner, (width, height), (drawing.width * dot, drawing.height * dot), dot);
    let (right, bottom) = ((left + drawing.width * dot).min(width), (top + drawing.height * dot).min(height));
    for y in top..bottom {
        for x in left..right {
            match drawing.dots[(y - top) / dot * drawing.width + (x - left) / dot] {
                INK => paint(y * width + x, 255),
                GROUND => paint(y * width + x, 16),
                _ => (),
            }
        }
    }
}

/// Pixels a dot side: at least one, so a label is at least eleven pixels high.
fn dot(shorter: usize, size: Size) -> usize {
    let share = match size {
        Size::Small => 12,
        Size::Medium => 8,
        Size::Large => 5,
    };
    (shorter / share / (LETTER.1 + 4)).max(1)
}

/// The upper left corner of a label, a dot or two from the edge.
fn place(corner: Corner, frame: (usize, usize), label: (usize, usize), dot: usize) -> (usize, usize) {
    let far = |whole: usize, part: usize| whole.saturating_sub(part + 2 * dot);
    let near = |whole: usize, part: usize| (2 * dot).min(whole.saturating_sub(part));
    let (right, bottom) = (far(frame.0, label.0), far(frame.1, label.1));
    let (left, top) = (near(frame.0, label.0), near(frame.1, label.1));
    match corner {
        Corner::TopLeft => (left, top),
        Corner::TopRight => (right, top),
        Corner::BottomLeft => (left, bottom),
        Corner::BottomRight => (right, bottom),
    }
}

impl Drawing {
    fn new(variant: Variant) -> Self {
        let letters: &[[u8; 7]] = match variant {
            Variant::Full => &[A, I],
            Variant::Partial => &[A, I, PLUS],
            Variant::Likeness => &[A, I, WARNING],
        };
        // Two dots of margin around, one between letters.
        let width = letters.len() * (LETTER.0 + 1) - 1 + 4;
        let height = LETTER.1 + 4;
        let mut drawing = Self { width, height, dots: vec![GROUND; width * height] };
        for (index, letter) in letters.iter().enumerate() {
            drawing.letter(letter, 2 + index * (LETTER.0 + 1));
        }
        if variant != Variant::Full {
            drawing.frame(variant == Variant::Likeness);
        }
        for corner in [0, width - 1, (height - 1) * width, height * width - 1] {
            drawing.dots[corner] = 0;
        }
        drawing
    }

    fn letter(&mut self, rows: &[u8; 7], left: usize) {
        for (y, row) in rows.iter().enumerate() {
            for x in (0..LETTER.0).filter(|x| row >> (LETTER.0 - 1 - x) & 1 == 1) {
                self.dots[(y + 2) * self.width + left + x] = INK;
            }
        }
    }

    /// A line along the edge: whole, or every second dot of it.
    fn frame(&mut self, whole: bool) {
        for y in 0..self.height {
            for x in 0..self.width {
                let edge = y == 0 || x == 0 || y + 1 == self.height || x + 1 == self.width;
                if edge && (whole || (x + y) % 2 == 0) {
                    self.dots[y * self.width + x] = INK;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grey(width: u32, height: u32) -> Footage {
        let frame = vec![120; (width * height * 3) as usize];
        Footage { width, height, fps: 12, frames: vec![frame; 2], ..Footage::default() }
    }

    #[test]
    fn a_label_is_in_its_corner_and_nowhere_else() {
        for (width, height) in [(16, 16), (160, 96), (640, 384), (720, 1280)] {
            for corner in Corner::ALL {
                let mut footage = grey(width, height);
                burn(&mut footage, &Badge { corner, ..Badge::default() }).unwrap();
                let changed: Vec<usize> = (0..footage.frames[0].len())
                    .step_by(3)
                    .filter(|i| footage.frames[0][*i] != 120)
                    .collect();
                assert!(changed.len() > 60, "{width}x{height} {corner:?}");
                let (w, h) = (width as usize, height as usize);
                if w < 160 {
                    continue;
                }
                let right = matches!(corner, Corner::TopRight | Corner::BottomRight);
                let bottom = matches!(corner, Corner::BottomLeft | Corner::BottomRight);
                for at in changed {
                    let (x, y) = (at / 3 % w, at / 3 / w);
                    assert_eq!(
                        (x * 2 > w, y * 2 > h),
                        (right, bottom),
                        "{width}x{height} {corner:?} at {x},{y}"
                    );
                }
            }
        }
    }

    #[test]
    fn the_letters_read_ai() {
        let drawing = Drawing::new(Variant::Full);
        let text: Vec<String> = drawing
            .dots
            .chunks(drawing.width)
            .map(|row| row.iter().map(|d| if *d == INK { '#' } else { '.' }).collect())
            .collect();
        assert_eq!(
            text[2..9],
            [
                "...###..#####..",
                "..#...#...#....",
                "..#...#...#....",
                "..#####...#....",
                "..#...#...#....",
                "..#...#...#....",
                "..#...#.#####..",
            ]
        );
    }

    #[test]
    fn variants_differ_and_sizes_grow() {
        let drawn = [Variant::Full, Variant::Partial, Variant::Likeness].map(Drawing::new);
        assert!(drawn[0] != drawn[1] && drawn[1] != drawn[2]);
        assert_eq!([Size::Small, Size::Medium, Size::Large].map(|s| dot(96, s)), [1, 1, 1]);
        assert_eq!([Size::Small, Size::Medium, Size::Large].map(|s| dot(720, s)), [5, 8, 13]);
    }

    #[test]
    fn a_label_outlives_our_encoder() {
        let mut footage = grey(160, 96);
        burn(&mut footage, &Badge::default()).unwrap();
        let file = crate::encode(&footage, &crate::EncodeOptions::default(), &mut |_, _| ()).unwrap();
        let again = crate::decode(&file, &crate::DecodeLimits::default()).unwrap();
        let light = |f: &Footage| f.frames[1].iter().step_by(3).map(|v| *v > 190).collect::<Vec<_>>();
        let (a, b) = (light(&footage), light(&again));
        let wrong = a.iter().zip(&b).filter(|(a, b)| a != b).count();
        assert!(wrong * 5 < a.iter().filter(|v| **v).count(), "{wrong} dots");
    }
}
