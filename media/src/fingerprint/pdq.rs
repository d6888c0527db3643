//! PDQ: 256 bits that say what a picture looks like, and how much there was to see.
//!
//! Written from the description (Facebook, "The TMK+PDQF Video-Hashing Algorithm and the PDQ Image-Hashing Algorithm",
//! 2019) and from reading ThreatExchange `pdq/cpp`: luma, two passes of box blurs along rows and columns (a tent, "Jarosz
//! filter"), 64 × 64 samples, a DCT of which the frequencies 1 … 16 are kept, and a bit for each that exceeds their median.
//! Sums are made in the order of the original, so that ties at the median fall the same way.

use std::fmt;

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
    if width < SIDE_MIN || height < SIDE_MIN || rgb.len() != width * height * 3 {
        return (Hash::default(), 0);
    }
    // ITU-R BT.601, as the original has it.
    let weigh = |p: &[u8; 3]| 0.299 * f32::from(p[0]) + 0.587 * f32::from(p[1]) + 0.114 * f32::from(p[2]);
    let luma: Vec<f32> = rgb.as_chunks::<3>().0.iter().map(weigh).collect();
    let samples = samples(luma, width, height);
    (bits(&waves(&samples)), quality(&samples))
}

/// The picture blurred and sampled on 64 × 64 places.
fn samples(mut luma: Vec<f32>, width: usize, height: usize) -> Vec<f32> {
    if (width, height) == (SAMPLES, SAMPLES) {
        return luma;
    }
    let (along, down) = (window(width), window(height));
    let mut column = vec![0.0; height];
    for _ in 0..PASSES {
        for row in luma.chunks_exact_mut(width) {
            let blurred = blur(row, along);
            row.copy_from_slice(&blurred);
        }
        for x in 0..width {
            column.iter_mut().zip(luma.iter().skip(x).step_by(width)).for_each(|(to, from)| *to = *from);
            let blurred = blur(&column, down);
            luma.iter_mut().skip(x).step_by(width).zip(blurred).for_each(|(to, from)| *to = from);
        }
    }
    let place = |i: usize, n: usize| ((i as f64 + 0.5) * n as f64 / SAMPLES as f64) as usize;
    (0..SAMPLES * SAMPLES)
        .map(|i| luma[place(i / SAMPLES, height) * width + place(i % SAMPLES, width)])
        .collect()
}

/// Half a sample's share of the picture, rounded up: two passes cover a whole one.
fn window(side: usize) -> usize {
    side.div_ceil(2 * SAMPLES)
}

/// The mean of `window` values around each place, of fewer at the ends; running sums as the original makes them.
fn blur(values: &[f32], window: usize) -> Vec<f32> {
    let ahead = window / 2;
    let mut out = Vec::with_capacity(values.len());
    let (mut sum, mut count) = (0.0f32, 0usize);
    let (mut enter, mut leave) = (0usize, 0usize);
    let mut add = |sum: &mut f32, count: &mut usize| {
        if let Some(value) = values.get(enter) {
            *sum += value;
            *count += 1;
            enter += 1;
        }
    };
    for _ in 0..ahead {
        add(&mut sum, &mut count);
    }
    for at in 0..values.len() {
        add(&mut sum, &mut count);
        if at + ahead >= window {
            sum -= values[leave];
            leave += 1;
            count -= 1;
        }
        out.push(sum / count as f32);
    }
    out
}

/// Frequencies 1 … 16 along both sides, row by row.
fn waves(samples: &[f32]) -> [f32; WAVES * WAVES] {
    let scale = (2.0 / SAMPLES as f64).sqrt() as f32;
    let step = std::f64::consts::FRAC_PI_2 / SAMPLES as f64;
    let wave =
        |i: usize, j: usize| (f64::from(scale) * (step * (i + 1) as f64 * (2 * j + 1) as f64).cos()) as f32;
    let basis: Vec<f32> = (0..WAVES * SAMPLES).map(|k| wave(k / SAMPLES, k % SAMPLES)).collect();
    let down: Vec<f32> = (0..WAVES * SAMPLES)
        .map(|k| {
            let column = samples.iter().skip(k % SAMPLES).step_by(SAMPLES);
            let mut sum = 0.0;
            basis[k / SAMPLES * SAMPLES..].iter().zip(column).for_each(|(w, v)| sum += w * v);
            sum
        })
        .collect();
    std::array::from_fn(|k| {
        let row = &down[k / WAVES * SAMPLES..][..SAMPLES];
        let mut sum = 0.0;
        basis[k % WAVES * SAMPLES..].iter().zip(row).for_each(|(w, v)| sum += v * w);
        sum
    })
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
        assert_eq!(blur(&values, 4), expected);
        assert_eq!(blur(&values, 1), values);
    }

    #[test]
    fn a_picture_of_the_wrong_length_has_no_quality() {
        assert_eq!(hash_rgb(&[0; 30], 64, 64), (Hash::default(), 0));
        assert_eq!(hash_rgb(&[0; 48], 4, 4), (Hash::default(), 0));
    }
}
