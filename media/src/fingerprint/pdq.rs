//! PDQ: 256 bits that say what a picture looks like, and how much there was to see.
//!
//! Written from the description (Facebook, "The TMK+PDQF Video-Hashing Algorithm and the PDQ Image-Hashing Algorithm",
//! 2019) and from reading ThreatExchange `pdq/cpp`: luma, two passes of box blurs along rows and columns (a tent, "Jarosz
//! filter"), 64 × 64 samples, a DCT of which the frequencies 1 … 16 are kept, and a bit for each that exceeds their median.
//! Sums are made in the order of the original, so that ties at the median fall the same way.

use std::fmt;
use std::sync::LazyLock;

use crate::enlarge::{Filter, places};

/// Samples along a side.
const SAMPLES: usize = 64;
/// Frequencies kept along a side.
const WAVES: usize = 16;
/// Passes of the box blur.
const PASSES: usize = 2;
/// A picture with a shorter side is not hashed.
const SIDE_MIN: usize = 5;
/// Gradient sum, in hundredths of full contrast, a point of quality is worth.
const GRADIENT_A_POINT: i32 = 90;

/// A PDQ hash. Bit `16 · i + j` of the original, most significant first, as its hexadecimal form is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Hash(pub [u8; 32]);

impl Hash {
    /// In how many bits two hashes differ.
    #[must_use]
    pub fn distance(&self, other: &Self) -> u32 {
        self.words().iter().zip(other.words()).map(|(a, b)| (a ^ b).count_ones()).sum()
    }

    /// The hash of the mirrored picture (left for right) as far as this one tells, for want of the picture: every odd
    /// frequency along the rows changes its sign, but the median of all, which is near zero, and what lies between the samples
    /// are unknown. In small pictures some 20 bits are wrong by that.
    #[must_use]
    pub fn mirrored(&self) -> Self {
        // Bit `16 · i + j` is of frequency `j + 1`: every second bit, beginning with the last.
        Self(self.0.map(|byte| byte ^ 0x55))
    }

    /// The hash as four words.
    fn words(&self) -> [u64; 4] {
        let (words, _) = self.0.as_chunks::<8>();
        std::array::from_fn(|i| words.get(i).map_or(0, |word| u64::from_be_bytes(*word)))
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// Hashes an sRGB picture of `width × height × 3` bytes; also its quality, 0 … 100. A picture that is too small or has
/// not that many bytes has a hash of zeros and no quality.
#[must_use]
pub fn hash_rgb(rgb: &[u8], width: usize, height: usize) -> (Hash, u8) {
    Luma::of(rgb, (width, height)).hash()
}

/// The luma of a picture, one value a pixel. Empty when the picture is too small or has another number of bytes.
#[derive(Clone, Debug)]
pub(super) struct Luma {
    values: Vec<f32>,
    width: usize,
    height: usize,
}

/// ITU-R BT.601, as the original has it.
fn weigh(pixel: &[u8; 3]) -> f32 {
    0.299 * f32::from(pixel[0]) + 0.587 * f32::from(pixel[1]) + 0.114 * f32::from(pixel[2])
}

impl Luma {
    /// Of an sRGB picture.
    pub(super) fn of(rgb: &[u8], (width, height): (usize, usize)) -> Self {
        let fits = width >= SIDE_MIN && height >= SIDE_MIN && rgb.len() == width * height * 3;
        let values = if fits { rgb.as_chunks::<3>().0.iter().map(weigh).collect() } else { Vec::new() };
        Self { values, width, height }
    }

    /// Makes a pixel grey.
    pub(super) fn paint(&mut self, at: usize, grey: u8) {
        if let Some(value) = self.values.get_mut(at) {
            *value = weigh(&[grey; 3]);
        }
    }

    /// The middle of the picture, without so many thousandths of each side.
    pub(super) fn cropped(&self, permille: u16) -> Self {
        let edge = |side: usize| (side * usize::from(permille) + 1_000) / 2_000;
        let (left, top) = (edge(self.width), edge(self.height));
        let (width, height) = (self.width - 2 * left, self.height - 2 * top);
        let rows = self.values.chunks_exact(self.width.max(1)).skip(top).take(height);
        Self { values: rows.flat_map(|row| row[left..left + width].iter().copied()).collect(), width, height }
    }

    /// Each pixel as `times` × `times`, with even steps between (bilinear).
    pub(super) fn enlarged(&self, times: usize) -> Self {
        if self.values.is_empty() {
            return self.clone();
        }
        let whole = 2.0 * times as f32;
        let between = |a: f32, b: f32, part: u32| a + (b - a) * (part as f32 / whole);
        let columns = places(self.width, times, Filter::Smooth);
        let rows: Vec<Vec<f32>> = self
            .values
            .chunks_exact(self.width)
            .map(|row| columns.iter().map(|(a, b, part)| between(row[*a], row[*b], *part)).collect())
            .collect();
        let values =
            places(self.height, times, Filter::Smooth).into_iter().flat_map(|(upper, lower, part)| {
                rows[upper].iter().zip(&rows[lower]).map(move |(a, b)| between(*a, *b, part))
            });
        Self { values: values.collect(), width: self.width * times, height: self.height * times }
    }

    /// The picture at half its size (the mean of four pixels) for as long as it has so many lines or more.
    pub(super) fn reduced(&self, lines: usize) -> Self {
        let mut picture = self.clone();
        while picture.shorter() >= lines && !picture.values.is_empty() {
            let (width, height) = (picture.width / 2, picture.height / 2);
            let rows = picture.values.chunks_exact(2 * picture.width).take(height);
            let values = rows.flat_map(|rows| {
                let (upper, lower) = rows.split_at(picture.width);
                let pairs = upper.as_chunks::<2>().0.iter().zip(lower.as_chunks::<2>().0);
                pairs.map(|([a, b], [c, d])| (a + b + c + d) / 4.0)
            });
            picture = Self { values: values.collect(), width, height };
        }
        picture
    }

    /// Width and height.
    pub(super) const fn size(&self) -> (usize, usize) {
        (self.width, self.height)
    }

    /// The shorter side.
    pub(super) fn shorter(&self) -> usize {
        self.width.min(self.height)
    }

    /// The longer side.
    pub(super) fn longer(&self) -> usize {
        self.width.max(self.height)
    }

    /// The picture mirrored, left for right. Its own samples are taken: those of the picture lie to one side of the middle,
    /// which in a picture 160 pixels wide is 20 bits.
    pub(super) fn mirrored(&self) -> Self {
        let rows = self.values.chunks_exact(self.width.max(1));
        Self { values: rows.flat_map(|row| row.iter().rev().copied()).collect(), ..*self }
    }

    /// Hash and quality.
    pub(super) fn hash(self) -> (Hash, u8) {
        if self.values.is_empty() {
            return (Hash::default(), 0);
        }
        let samples = samples(self.values, self.width, self.height);
        (bits(&waves(&samples)), quality(&samples))
    }
}

/// The picture blurred and sampled on 64 × 64 places.
fn samples(mut luma: Vec<f32>, width: usize, height: usize) -> Vec<f32> {
    if (width, height) == (SAMPLES, SAMPLES) {
        return luma;
    }
    let (along, down) = (window(width), window(height));
    let mut out = vec![0.0; luma.len()];
    for _ in 0..PASSES {
        blur_rows(&luma, width, along, &mut out);
        blur_columns(&out, width, down, &mut luma);
    }
    let place = |i: usize, n: usize| ((i as f64 + 0.5) * n as f64 / SAMPLES as f64) as usize;
    let columns: [usize; SAMPLES] = std::array::from_fn(|x| place(x, width));
    (0..SAMPLES)
        .flat_map(|y| {
            let row = &luma[place(y, height) * width..][..width];
            columns.map(|x| row[x])
        })
        .collect()
}

/// Half a sample's share of the picture, rounded up: two passes cover a whole one.
fn window(side: usize) -> usize {
    side.div_ceil(2 * SAMPLES)
}

/// The running mean over a window, from place to place, as the original makes it.
#[derive(Clone, Copy)]
struct Running {
    window: usize,
    length: usize,
}

impl Running {
    /// Places ahead of the first one whose values are in its mean already.
    fn ahead(&self) -> usize {
        (self.window / 2).min(self.length)
    }

    /// Which value enters the mean of this place, which one leaves it then, and of how many it is.
    fn step(&self, at: usize) -> (Option<usize>, Option<usize>, f32) {
        let next = at + self.ahead();
        let enter = Some(next).filter(|next| *next < self.length);
        let leave = next.checked_sub(self.window);
        let count = (next + 1).min(self.length) - leave.map_or(0, |leave| leave + 1);
        (enter, leave, count as f32)
    }
}

/// Rows that are blurred side by side, so that their sums do not wait for each other.
const ROWS_AT_ONCE: usize = 8;

/// The mean of `window` values around each place of each row, of fewer at the ends.
fn blur_rows(values: &[f32], width: usize, window: usize, out: &mut [f32]) {
    let running = Running { window, length: width };
    let block = width * ROWS_AT_ONCE;
    let whole = values.len() / block * block;
    for (from, to) in values.chunks_exact(block).zip(out.chunks_exact_mut(block)) {
        blur_lines::<ROWS_AT_ONCE>(from, running, to);
    }
    for (from, to) in values[whole..].chunks_exact(width).zip(out[whole..].chunks_exact_mut(width)) {
        blur_lines::<1>(from, running, to);
    }
}

fn blur_lines<const N: usize>(values: &[f32], running: Running, out: &mut [f32]) {
    let length = running.length;
    let rows: [&[f32]; N] = std::array::from_fn(|n| &values[n * length..][..length]);
    let mut sums = [0.0f32; N];
    for enter in 0..running.ahead() {
        sums.iter_mut().zip(&rows).for_each(|(sum, row)| *sum += row[enter]);
    }
    for at in 0..length {
        let (enter, leave, count) = running.step(at);
        if let Some(enter) = enter {
            sums.iter_mut().zip(&rows).for_each(|(sum, row)| *sum += row[enter]);
        }
        if let Some(leave) = leave {
            sums.iter_mut().zip(&rows).for_each(|(sum, row)| *sum -= row[leave]);
        }
        for (row, sum) in out.chunks_exact_mut(length).zip(&sums) {
            row[at] = sum / count;
        }
    }
}

/// The same down the columns, all of them side by side.
fn blur_columns(values: &[f32], width: usize, window: usize, out: &mut [f32]) {
    let running = Running { window, length: values.len() / width };
    let row = |at: usize| &values[at * width..][..width];
    let mut sums = vec![0.0f32; width];
    for enter in 0..running.ahead() {
        sums.iter_mut().zip(row(enter)).for_each(|(sum, value)| *sum += value);
    }
    for (at, to) in out.chunks_exact_mut(width).enumerate() {
        let (enter, leave, count) = running.step(at);
        if let Some(enter) = enter {
            sums.iter_mut().zip(row(enter)).for_each(|(sum, value)| *sum += value);
        }
        if let Some(leave) = leave {
            sums.iter_mut().zip(row(leave)).for_each(|(sum, value)| *sum -= value);
        }
        to.iter_mut().zip(&sums).for_each(|(to, sum)| *to = sum / count);
    }
}

/// The waves 1 … 16 at 64 places: a row for each place.
static BASIS: LazyLock<[[f32; WAVES]; SAMPLES]> = LazyLock::new(|| {
    let scale = (2.0 / SAMPLES as f64).sqrt() as f32;
    let step = std::f64::consts::FRAC_PI_2 / SAMPLES as f64;
    let wave =
        |i: usize, j: usize| (f64::from(scale) * (step * (i + 1) as f64 * (2 * j + 1) as f64).cos()) as f32;
    std::array::from_fn(|place| std::array::from_fn(|number| wave(number, place)))
});

/// Frequencies 1 … 16 along both sides, row by row. Each sum runs over the places in their order, as in the original.
fn waves(samples: &[f32]) -> [f32; WAVES * WAVES] {
    let mut down = [[0.0f32; SAMPLES]; WAVES];
    for (row, basis) in samples.chunks_exact(SAMPLES).zip(BASIS.iter()) {
        for (sums, weight) in down.iter_mut().zip(basis) {
            sums.iter_mut().zip(row).for_each(|(sum, value)| *sum += weight * value);
        }
    }
    let mut both = [0.0f32; WAVES * WAVES];
    for (sums, row) in both.as_chunks_mut::<WAVES>().0.iter_mut().zip(&down) {
        for (value, basis) in row.iter().zip(BASIS.iter()) {
            sums.iter_mut().zip(basis).for_each(|(sum, weight)| *sum += value * weight);
        }
    }
    both
}

/// A bit for each frequency above the median (the lower of the two middle values).
fn bits(waves: &[f32; WAVES * WAVES]) -> Hash {
    let mut sorted = *waves;
    sorted.sort_unstable_by(f32::total_cmp);
    let median = sorted[sorted.len() / 2 - 1];
    let mut hash = [0u8; 32];
    for (k, wave) in waves.iter().enumerate() {
        if *wave > median {
            // The original prints its last bit first.
            let bit = WAVES * WAVES - 1 - k;
            hash[bit / 8] |= 0x80 >> (bit % 8);
        }
    }
    Hash(hash)
}

/// How much the samples differ from their neighbours, in whole hundredths of full contrast, scaled.
fn quality(samples: &[f32]) -> u8 {
    let step = |a: f32, b: f32| (((a - b) * 100.0 / 255.0) as i32).abs();
    let down: i32 = samples.iter().zip(samples.iter().skip(SAMPLES)).map(|(a, b)| step(*a, *b)).sum();
    let along: i32 =
        samples.chunks_exact(SAMPLES).flat_map(|row| row.windows(2)).map(|w| step(w[0], w[1])).sum();
    ((down + along) / GRADIENT_A_POINT).min(100) as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picture(jpeg: &[u8]) -> (Hash, u8) {
        let options = zune_jpeg::zune_core::options::DecoderOptions::default()
            .jpeg_set_out_colorspace(zune_jpeg::zune_core::colorspace::ColorSpace::RGB);
        let reader = zune_jpeg::zune_core::bytestream::ZCursor::new(jpeg);
        let mut decoder = zune_jpeg::JpegDecoder::new_with_options(reader, options);
        let rgb = decoder.decode().unwrap();
        let (width, height) = decoder.dimensions().unwrap();
        hash_rgb(&rgb, width, height)
    }

    /// The bridge of ThreatExchange's `pdq/data/reg-test-input/dih` in eight positions with the published hashes.
    /// JPEG decoders round differently, so a few bits may differ; its own checks allow ten and more.
    #[test]
    fn published_hashes_come_out() {
        let vectors = [
            (
                &include_bytes!("../../testdata/bridge-1-original.jpg")[..],
                "f8f8f0cee0f4a84f06370a22038f63f0b36e2ed596621e1d33e6b39c4e9c9b22",
            ),
            (
                &include_bytes!("../../testdata/bridge-6-flipy.jpg")[..],
                "0dad2599b1a1bd1a5362576742da32a5e63b7380c2374b4866b366c91bc9ce77",
            ),
        ];
        for (jpeg, expected) in vectors {
            let (hash, quality) = picture(jpeg);
            assert_eq!(quality, 100);
            let expected = Hash(hex(expected));
            assert!(hash.distance(&expected) <= 2, "{hash} is not {expected}");
        }
    }

    #[test]
    fn a_mirrored_picture_has_the_mirrored_hash() {
        let (width, height) = (160, 96);
        let pixel = |x: usize, y: usize| [(x * 7 + y * y) as u8, (x * x / 9) as u8, (y * 5 + x / 3) as u8];
        let rgb: Vec<u8> = (0..height).flat_map(|y| (0..width).flat_map(move |x| pixel(x, y))).collect();
        let turned: Vec<u8> =
            (0..height).flat_map(|y| (0..width).rev().flat_map(move |x| pixel(x, y))).collect();
        let picture = Luma::of(&rgb, (width, height));
        let (other, quality) = Luma::of(&turned, (width, height)).hash();
        assert_eq!(picture.mirrored().hash(), (other, quality));
        let (hash, _) = picture.hash();
        assert!(quality > 50 && hash.distance(&other) > 60, "{quality} {}", hash.distance(&other));
        assert!(hash.mirrored().distance(&other) < hash.distance(&other) / 2);
        assert_eq!(hash.mirrored().mirrored(), hash);
    }

    fn hex(text: &str) -> [u8; 32] {
        std::array::from_fn(|i| u8::from_str_radix(&text[2 * i..2 * i + 2], 16).unwrap())
    }

    #[test]
    fn a_box_blur_is_a_mean_of_the_window() {
        // Window 4: one value before, itself, two after; fewer at the ends.
        let values: Vec<f32> = (0..8).map(|v| v as f32).collect();
        let expected: Vec<f32> = (0..8usize)
            .map(|i| {
                let window = &values[(i + 1).saturating_sub(2)..(i + 3).min(8)];
                window.iter().sum::<f32>() / window.len() as f32
            })
            .collect();
        let along = |window: usize| {
            // Nine equal rows: eight side by side and one alone.
            let mut out = vec![0.0; 72];
            blur_rows(&values.repeat(9), 8, window, &mut out);
            out
        };
        assert_eq!(along(4), expected.repeat(9));
        assert_eq!(along(1), values.repeat(9));
        let columns: Vec<f32> = values.iter().flat_map(|value| [*value; 3]).collect();
        let mut out = vec![0.0; 24];
        blur_columns(&columns, 3, 4, &mut out);
        assert_eq!(out, expected.iter().flat_map(|value| [*value; 3]).collect::<Vec<f32>>());
    }

    #[test]
    fn a_picture_of_the_wrong_length_has_no_quality() {
        assert_eq!(hash_rgb(&[0; 30], 64, 64), (Hash::default(), 0));
        assert_eq!(hash_rgb(&[0; 48], 4, 4), (Hash::default(), 0));
    }
}
