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

/// Where a decoded plane lies in memory.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Plane<'a> {
    pub(crate) bytes: &'a [u8],
    /// Bytes from one row to the next.
    pub(crate) stride: usize,
}

impl<'a> Plane<'a> {
    /// `width` bytes of row `y`; the nearest row when there is none.
    fn row(&self, y: usize, width: usize) -> &'a [u8] {
        let start = y.saturating_mul(self.stride);
        self.bytes.get(start..start.saturating_add(width)).unwrap_or_default()
    }
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

/// Converts planes to a frame of `width × height` pixels, both even.
pub(crate) fn to_rgb(y: Plane<'_>, u: Plane<'_>, v: Plane<'_>, width: usize, height: usize) -> Vec<u8> {
    let mut rgb = Vec::with_capacity(width * height * 3);
    let (half_width, last_row) = (width / 2, (height / 2).saturating_sub(1));
    for row in 0..height {
        let near = row / 2;
        let far = if row % 2 == 0 { near.saturating_sub(1) } else { (near + 1).min(last_row) };
        let blue = blend(u.row(near, half_width), u.row(far, half_width));
        let red = blend(v.row(near, half_width), v.row(far, half_width));
        let luma = y.row(row, width);
        let next = |row: &[i32], i: usize| row.get(i + 1).or_else(|| row.get(i)).copied().unwrap_or(512);
        for (i, ((pair, &b), &r)) in luma.chunks_exact(2).zip(&blue).zip(&red).enumerate() {
            let [left, right] = pair else { continue };
            push(&mut rgb, *left, 2 * b, 2 * r);
            push(&mut rgb, *right, b + next(&blue, i), r + next(&red, i));
        }
    }
    rgb
}

/// Three quarters of the nearer row and one of the other, four times too large.
fn blend(near: &[u8], far: &[u8]) -> Vec<i32> {
    near.iter().zip(far).map(|(&n, &f)| 3 * i32::from(n) + i32::from(f)).collect()
}

/// The inverse of the above; chroma is eight times too large.
fn push(rgb: &mut Vec<u8>, luma: u8, u: i32, v: i32) {
    let y = 76_309 * (i32::from(luma) - 16);
    let (u, v) = (u - 1_024, v - 1_024);
    let r = y + ((117_489 * v) >> 3);
    let g = y - ((13_975 * u + 34_925 * v) >> 3);
    let b = y + ((138_438 * u) >> 3);
    rgb.extend([r, g, b].map(|c| clamp((c + HALF) >> 16)));
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn back(planes: &Planes, width: usize, height: usize) -> Vec<u8> {
        let half = Plane { bytes: &planes.u, stride: width / 2 };
        to_rgb(
            Plane { bytes: &planes.y, stride: width },
            half,
            Plane { bytes: &planes.v, ..half },
            width,
            height,
        )
    }

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
        let after = back(&to_planes(&frame, 32), 32, 16);
        for (x, (a, b)) in frame.chunks(3).zip(after.chunks(3)).take(32).enumerate() {
            if !(14..=18).contains(&x) {
                assert!(a.iter().zip(b).all(|(a, b)| a.abs_diff(*b) <= 3), "column {x}: {a:?} became {b:?}");
            }
        }
        // Half-way of the blend is the edge itself, not a pixel beside it.
        let red = |x: usize| i32::from(after[3 * x]);
        assert!(red(15) > 115 && red(16) < 115, "{} {}", red(15), red(16));
    }

    proptest! {
        #[test]
        fn a_plain_frame_comes_back(r in any::<u8>(), g in any::<u8>(), b in any::<u8>()) {
            let frame = [r, g, b].repeat(16 * 16);
            let after = back(&to_planes(&frame, 16), 16, 16);
            prop_assert!(frame.iter().zip(&after).all(|(a, b)| a.abs_diff(*b) <= 3));
        }
    }
}
