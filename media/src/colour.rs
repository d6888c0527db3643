//! sRGB frames to and from BT.709 limited-range 4:2:0, with chroma sited as in MPEG-2 (level with the left luma
//! column, half-way between two luma rows), which is what the bitstream says.
//!
//! Coefficients: ITU-R BT.709-6 §3 (K_R = 0.2126, K_B = 0.0722) and its 8-bit quantisation, as 16-bit fixed point.
//! The sRGB transfer curve is kept: players treat both curves alike.

/// One half in the fixed point used here.
const HALF: i32 = 1 << 15;

/// Planes of one 4:2:0 frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Planes {
    /// Luma, `width × height`.
    pub(crate) y: Vec<u8>,
    /// Blue difference, a quarter of that.
    pub(crate) u: Vec<u8>,
    /// Red difference, a quarter of that.
    pub(crate) v: Vec<u8>,
}

/// Converts a frame of `width` (even) pixels a row and an even number of rows.
pub(crate) fn to_planes(rgb: &[u8], width: usize) -> Planes {
    let pixels = rgb.len() / 3;
    let mut planes = Planes { y: Vec::with_capacity(pixels), u: Vec::new(), v: Vec::new() };
    planes.y.extend(rgb.chunks_exact(3).map(luma));
    planes.u.reserve_exact(pixels / 4);
    planes.v.reserve_exact(pixels / 4);
    for rows in rgb.chunks_exact(width.max(1) * 6) {
        let (upper, lower) = rows.split_at(rows.len() / 2);
        // Sums of the two rows, so 0 … 510 a channel.
        let sums: Vec<[i32; 3]> =
            upper.chunks_exact(3).zip(lower.chunks_exact(3)).map(|(a, b)| add(a, b)).collect();
        let mut before = sums.first().copied().unwrap_or_default();
        for pair in sums.chunks_exact(2) {
            let [here, after] = pair else { continue };
            // Left, centre, right weigh 1 : 2 : 1; with two rows that makes eighths.
            let mean = |c: usize| channel(&before, c) + 2 * channel(here, c) + channel(after, c);
            let (u, v) = chroma(mean(0), mean(1), mean(2));
            planes.u.push(u);
            planes.v.push(v);
            before = *after;
        }
    }
    planes
}

fn add(a: &[u8], b: &[u8]) -> [i32; 3] {
    let mut sum = [0; 3];
    for ((s, &a), &b) in sum.iter_mut().zip(a).zip(b) {
        *s = i32::from(a) + i32::from(b);
    }
    sum
}

fn channel(pixel: &[i32; 3], index: usize) -> i32 {
    pixel.get(index).copied().unwrap_or(0)
}

/// 16 + 219/255 · (0.2126 R + 0.7152 G + 0.0722 B).
fn luma(pixel: &[u8]) -> u8 {
    let [r, g, b] = pixel else { return 16 };
    let sum = 11_966 * i32::from(*r) + 40_254 * i32::from(*g) + 4_064 * i32::from(*b);
    clamp(((sum + HALF) >> 16) + 16)
}

/// 128 + 224/255 · (B − Y) / 1.8556 and the same for R with 1.5748; inputs are eight times too large.
fn chroma(r: i32, g: i32, b: i32) -> (u8, u8) {
    let u = -6_596 * r - 22_189 * g + 28_785 * b;
    let v = 28_785 * r - 26_145 * g - 2_640 * b;
    let scale = |sum: i64| clamp(((sum + (1 << 18)) >> 19) as i32 + 128);
    (scale(i64::from(u)), scale(i64::from(v)))
}

fn clamp(value: i32) -> u8 {
    value.clamp(0, 255) as u8
}

/// Converts planes to a frame of `width` (even) pixels a row.
pub(crate) fn to_rgb(planes: &Planes, width: usize) -> Vec<u8> {
    let half = width / 2;
    let mut rgb = vec![0; planes.y.len() * 3];
    let (mut blue, mut red) = (vec![0; width], vec![0; width]);
    if half == 0 {
        return rgb;
    }
    let last_row = (planes.u.len() / half).saturating_sub(1);
    for (row, (out, luma)) in rgb.chunks_exact_mut(width * 3).zip(planes.y.chunks_exact(width)).enumerate() {
        let near = row / 2;
        let far = if row % 2 == 0 { near.saturating_sub(1) } else { (near + 1).min(last_row) };
        spread(&planes.u, half, (near, far), &mut blue);
        spread(&planes.v, half, (near, far), &mut red);
        let (pixels, _) = out.as_chunks_mut::<3>();
        for (((pixel, &y), &u), &v) in pixels.iter_mut().zip(luma).zip(&blue).zip(&red) {
            *pixel = colour(y, u, v);
        }
    }
    rgb
}

/// One row of colour difference at every column, eight times too large: three quarters of the nearer row and one of the
/// other, and between two columns the mean of both.
fn spread(plane: &[u8], half: usize, (near, far): (usize, usize), out: &mut [i32]) {
    let row = |at: usize| plane.get(at * half..(at + 1) * half).unwrap_or_default();
    let (near, far) = (row(near), row(far));
    let (pairs, _) = out.as_chunks_mut::<2>();
    for ((pair, &n), &f) in pairs.iter_mut().zip(near).zip(far) {
        let value = 3 * i32::from(n) + i32::from(f);
        *pair = [2 * value, value];
    }
    // Odd columns have the share of their left neighbour; that of the right one is added, at the edge the same again.
    let mut next = pairs.last().map_or(0, |pair| pair[1]);
    for pair in pairs.iter_mut().rev() {
        pair[1] += next;
        next = pair[0] / 2;
    }
}

/// The inverse of the above; colour differences are eight times too large.
fn colour(luma: u8, u: i32, v: i32) -> [u8; 3] {
    let y = 76_309 * (i32::from(luma) - 16);
    let (u, v) = (u - 1_024, v - 1_024);
    let r = y + ((117_489 * v) >> 3);
    let g = y - ((13_975 * u + 34_925 * v) >> 3);
    let b = y + ((138_438 * u) >> 3);
    [clamp((r + HALF) >> 16), clamp((g + HALF) >> 16), clamp((b + HALF) >> 16)]
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn reference_colours_have_their_standard_values() {
        // BT.709 limited range, computed from the definition with exact fractions.
        for (rgb, yuv) in [
            ([0, 0, 0], [16, 128, 128]),
            ([255, 255, 255], [235, 128, 128]),
            ([255, 0, 0], [63, 102, 240]),
            ([0, 255, 0], [173, 42, 26]),
            ([0, 0, 255], [32, 240, 118]),
        ] {
            let planes = to_planes(&rgb.repeat(16 * 16), 16);
            assert_eq!([planes.y[0], planes.u[9], planes.v[9]], yuv, "{rgb:?}");
        }
    }

    #[test]
    fn a_vertical_edge_stays_where_it_is() {
        let row: Vec<u8> = (0..32).flat_map(|x| if x < 16 { [200, 30, 30] } else { [30, 30, 200] }).collect();
        let frame = row.repeat(16);
        let after = to_rgb(&to_planes(&frame, 32), 32);
        for (x, (a, b)) in frame.chunks(3).zip(after.chunks(3)).take(32).enumerate() {
            if !(14..=18).contains(&x) {
                assert!(a.iter().zip(b).all(|(a, b)| a.abs_diff(*b) <= 3), "column {x}: {a:?} became {b:?}");
            }
        }
        // Half-way of the blend is the edge itself, not a pixel beside it.
        let red = |x: usize| i32::from(after[3 * x]);
        assert!(red(15) > 115 && red(16) < 115, "{} {}", red(15), red(16));
    }

    /// As the standard says it, pixel by pixel.
    fn slowly(planes: &Planes, width: usize) -> Vec<u8> {
        let (half, rows) = (width / 2, planes.y.len() / width);
        let pixel = |i: usize| {
            let (x, row) = (i % width, i / width);
            let far =
                if row % 2 == 0 { (row / 2).saturating_sub(1) } else { (row / 2 + 1).min(rows / 2 - 1) };
            let at = |plane: &[u8]| {
                let down = |c: usize| {
                    let value = |row: usize| i32::from(plane[row * half + c]);
                    3 * value(row / 2) + value(far)
                };
                if x % 2 == 0 { 2 * down(x / 2) } else { down(x / 2) + down((x / 2 + 1).min(half - 1)) }
            };
            colour(planes.y[i], at(&planes.u), at(&planes.v))
        };
        (0..planes.y.len()).flat_map(pixel).collect()
    }

    #[test]
    fn rows_at_once_are_pixels_one_by_one() {
        let mut state = 1u32;
        let mut noise = |n: usize| -> Vec<u8> {
            let next = |_| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                (state >> 24) as u8
            };
            (0..n).map(next).collect()
        };
        for (width, height) in [(16, 16), (18, 2), (2, 6), (34, 10)] {
            let planes = Planes {
                y: noise(width * height),
                u: noise(width * height / 4),
                v: noise(width * height / 4),
            };
            assert_eq!(to_rgb(&planes, width), slowly(&planes, width), "{width}×{height}");
        }
    }

    proptest! {
        #[test]
        fn a_plain_frame_comes_back(r in any::<u8>(), g in any::<u8>(), b in any::<u8>()) {
            let frame = [r, g, b].repeat(16 * 16);
            let after = to_rgb(&to_planes(&frame, 16), 16);
            prop_assert!(frame.iter().zip(&after).all(|(a, b)| a.abs_diff(*b) <= 3));
        }
    }
}
