//! Enlarging a clip for export by a whole factor: small clips look better in other people's players when the pixels
//! between are chosen here, and a mark is laid out and a label drawn on the larger picture.

use crate::footage::{Footage, FootageError};

/// Most times a side is enlarged.
pub const TIMES_MAX: u32 = 12;

/// How new pixels are chosen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Filter {
    /// Each pixel becomes a square: what was rendered, and nothing else.
    Square,
    /// Between pixels the value runs evenly (bilinear).
    #[default]
    Smooth,
}

/// The clip with each side `times` as long.
///
/// # Errors
/// Footage that breaks its rules, or whose sides would be too long (or `times` outside 1 to [`TIMES_MAX`]).
pub fn enlarge(footage: &Footage, times: u32, filter: Filter) -> Result<Footage, FootageError> {
    footage.check()?;
    let factor = times.clamp(1, TIMES_MAX);
    let (width, height) = (footage.width * factor, footage.height * factor);
    if factor != times {
        return Err(FootageError::Size(
            footage.width.saturating_mul(times),
            footage.height.saturating_mul(times),
        ));
    }
    let out = Footage { width, height, frames: Vec::new(), ..footage.clone() };
    // Sides are judged on the first frame before the others are made.
    let (w, h) = (footage.width as usize, footage.height as usize);
    let frame = |from: &Vec<u8>| enlarge_frame(from, (w, h), factor as usize, filter);
    let first = footage.frames.first().map(frame).into_iter().collect();
    let mut out = Footage { frames: first, ..out };
    out.check()?;
    out.frames.extend(footage.frames.iter().skip(1).map(frame));
    Ok(out)
}

/// Where a new pixel lies among the old: the two nearest and how far it is from the first, in 2 · `times` parts.
pub(crate) fn places(side: usize, times: usize, filter: Filter) -> Vec<(usize, usize, u32)> {
    let whole = 2 * times as i64;
    let place = |i: usize| {
        if filter == Filter::Square {
            return (i / times, i / times, 0);
        }
        let at = (2 * i as i64 + 1 - times as i64).clamp(0, (side as i64 - 1) * whole);
        let first = (at / whole) as usize;
        (first, (first + 1).min(side - 1), (at % whole) as u32)
    };
    (0..side * times).map(place).collect()
}

fn enlarge_frame(from: &[u8], (width, height): (usize, usize), times: usize, filter: Filter) -> Vec<u8> {
    let whole = 2 * times as u32;
    let columns = places(width, times, filter);
    let mut out = Vec::with_capacity(from.len() * times * times);
    for (upper, lower, down) in places(height, times, filter) {
        let row = |y: usize| &from[y * width * 3..(y + 1) * width * 3];
        let (upper, lower) = (row(upper), row(lower));
        for &(left, right, across) in &columns {
            for channel in 0..3 {
                let mix = |row: &[u8]| {
                    u32::from(row[left * 3 + channel]) * (whole - across)
                        + u32::from(row[right * 3 + channel]) * across
                };
                let sum = mix(upper) * (whole - down) + mix(lower) * down;
                out.push(((sum + whole * whole / 2) / (whole * whole)) as u8);
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ramp() -> Footage {
        let frame: Vec<u8> = (0..16 * 16 * 3).map(|i| (i / 3 % 16 * 16) as u8).collect();
        Footage { width: 16, height: 16, fps: 12, frames: vec![frame; 2], ..Footage::default() }
    }

    #[test]
    fn squares_repeat_and_smooth_runs_evenly() {
        let square = enlarge(&ramp(), 3, Filter::Square).unwrap();
        assert_eq!((square.width, square.height, square.frames.len()), (48, 48, 2));
        let reds = |f: &Footage| f.frames[1].iter().step_by(3).take(9).copied().collect::<Vec<u8>>();
        assert_eq!(reds(&square), [0, 0, 0, 16, 16, 16, 32, 32, 32]);
        let smooth = enlarge(&ramp(), 4, Filter::Smooth).unwrap();
        assert_eq!(reds(&smooth), [0, 0, 2, 6, 10, 14, 18, 22, 26]);
        assert_eq!(enlarge(&ramp(), 1, Filter::Smooth).unwrap(), ramp());
    }

    #[test]
    fn too_large_is_refused_before_it_is_made() {
        assert!(enlarge(&ramp(), 0, Filter::Square).is_err());
        assert!(enlarge(&ramp(), 13, Filter::Square).is_err());
        let wide = Footage { width: 640, height: 16, frames: vec![vec![0; 640 * 16 * 3]], ..ramp() };
        assert_eq!(enlarge(&wide, 4, Filter::Smooth), Err(FootageError::Size(2_560, 64)));
    }
}
