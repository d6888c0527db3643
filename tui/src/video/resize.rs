//! Resizing by area average, and fitting a picture into cells that are twice as high as wide.

use super::Picture;

/// Largest target side in pixels: no terminal needs more, and a lying size cannot make us allocate.
const TARGET_SIDE_MAX: u32 = 4_096;

/// Columns and rows of cells that `width × height` square pixels take inside `columns × rows`, keeping the aspect.
/// A cell is one pixel wide and two pixels high. At least one cell, unless there is no room at all.
pub(crate) fn fit(width: u32, height: u32, columns: u16, rows: u16) -> (u16, u16) {
    if width == 0 || height == 0 || columns == 0 || rows == 0 {
        return (0, 0);
    }
    let (w, h) = (u64::from(width), u64::from(height));
    let (columns, rows) = (u64::from(columns), u64::from(rows));
    // Compare columns / w with 2·rows / h without division.
    let (c, r) = if columns * h <= 2 * rows * w {
        (columns, (columns * h + w) / (2 * w))
    } else {
        ((2 * rows * w + h / 2) / h, rows)
    };
    let side = |n: u64, max: u64| u16::try_from(n.clamp(1, max)).unwrap_or(1);
    (side(c, columns), side(r, rows))
}

/// One target pixel's share of source pixels along one axis: first index and weights that sum to 1.
struct Span {
    first: usize,
    weights: Vec<f32>,
}

/// Spans of `target` pixels over `source` pixels.
fn spans(source: u32, target: u32) -> Vec<Span> {
    let scale = f64::from(source) / f64::from(target);
    (0..target)
        .map(|i| {
            let (from, to) = (f64::from(i) * scale, f64::from(i + 1) * scale);
            let first = from.floor() as u32;
            let last = (to.ceil() as u32).clamp(first + 1, source.max(first + 1));
            let weights = (first..last)
                .map(|p| {
                    let overlap = to.min(f64::from(p) + 1.0) - from.max(f64::from(p));
                    (overlap.max(0.0) / scale) as f32
                })
                .collect();
            Span { first: first as usize, weights }
        })
        .collect()
}

/// Resizes to `width × height` by area average (every source pixel counts by the share of it that is covered).
pub(crate) fn resize(picture: Picture<'_>, width: u32, height: u32) -> Vec<u8> {
    let (width, height) = (width.clamp(1, TARGET_SIDE_MAX), height.clamp(1, TARGET_SIDE_MAX));
    if (width, height) == (picture.width, picture.height) {
        return picture.rgb.to_vec();
    }
    let across = spans(picture.width, width);
    let down = spans(picture.height, height);
    let stride = picture.width as usize * 3;
    let row_floats = width as usize * 3;
    let mut rows = Vec::with_capacity(picture.height as usize * row_floats);
    for row in picture.rgb.chunks_exact(stride) {
        for span in &across {
            let mut sum = [0f32; 3];
            let pixels = row.get(span.first * 3..).unwrap_or(&[]).chunks_exact(3);
            for (pixel, weight) in pixels.zip(&span.weights) {
                for (s, p) in sum.iter_mut().zip(pixel) {
                    *s += f32::from(*p) * weight;
                }
            }
            rows.extend_from_slice(&sum);
        }
    }
    let mut out = Vec::with_capacity(row_floats * height as usize);
    let mut line = vec![0f32; row_floats];
    for span in &down {
        line.fill(0.0);
        let source = rows.get(span.first * row_floats..).unwrap_or(&[]).chunks_exact(row_floats);
        for (row, weight) in source.zip(&span.weights) {
            for (l, r) in line.iter_mut().zip(row) {
                *l += r * weight;
            }
        }
        out.extend(line.iter().map(|v| (v + 0.5).clamp(0.0, 255.0) as u8));
    }
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn pocket_clips_fit_the_usual_sizes() {
        assert_eq!(fit(128, 80, 50, 16), (50, 16));
        assert_eq!(fit(128, 80, 80, 40), (80, 25));
        assert_eq!(fit(128, 80, 200, 20), (64, 20));
        assert_eq!(fit(80, 128, 80, 24), (30, 24));
        assert_eq!(fit(128, 80, 0, 24), (0, 0));
    }

    #[test]
    fn halving_averages_four_pixels() {
        let rgb = [0, 0, 0, 100, 100, 100, 200, 200, 200, 100, 100, 100];
        let picture = Picture::new(2, 2, &rgb).unwrap();
        assert_eq!(resize(picture, 1, 1), vec![100, 100, 100]);
    }

    #[test]
    fn doubling_repeats_pixels() {
        let rgb = [10, 20, 30, 40, 50, 60];
        let picture = Picture::new(2, 1, &rgb).unwrap();
        assert_eq!(resize(picture, 4, 1), vec![10, 20, 30, 10, 20, 30, 40, 50, 60, 40, 50, 60]);
    }

    proptest! {
        #[test]
        fn a_flat_picture_stays_flat(w in 1u32..40, h in 1u32..40, tw in 1u32..70, th in 1u32..70, v: u8) {
            let rgb = vec![v; (w * h * 3) as usize];
            let out = resize(Picture::new(w, h, &rgb).unwrap(), tw, th);
            prop_assert_eq!(out.len(), (tw * th * 3) as usize);
            prop_assert!(out.iter().all(|o| o.abs_diff(v) <= 1));
        }

        #[test]
        fn a_fitted_picture_never_leaves_its_place(w in 1u32..5000, h in 1u32..5000, c in 1u16..500, r in 1u16..300) {
            let (fc, fr) = fit(w, h, c, r);
            prop_assert!(fc >= 1 && fr >= 1 && fc <= c && fr <= r);
        }
    }
}
