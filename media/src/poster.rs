//! Stills: one frame of a clip as a small PNG, and reading such a PNG from a stranger.
//!
//! PNG keeps text in pictures sharp, and a 128×80 frame fits as it is; larger frames are halved until they do.

use std::io::Cursor;

use kinora_protocol::limits::POSTER_BYTES_MAX;

use crate::decoded::Decoded;
use crate::fault::PosterFault;
use crate::footage::{Footage, SIDE_MAX};

/// Largest still, in bytes.
const BYTES_MAX: usize = POSTER_BYTES_MAX as usize;
/// Bytes the PNG decoder may allocate beside the picture itself.
const DECODER_BYTES_MAX: usize = 16 * 1024 * 1024;
/// Longest side of a still, in pixels: nothing shows one larger.
const POSTER_SIDE_MAX: u32 = 480;

/// A still picture: `width × height × 3` bytes of sRGB, row by row.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Still {
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
    /// The pixels.
    pub rgb: Vec<u8>,
}

/// The middle frame as a PNG of at most [`POSTER_BYTES_MAX`] bytes, at most 480 pixels along its longer side.
///
/// # Errors
/// Footage that breaks its rules.
pub fn poster(footage: &Footage) -> Result<Vec<u8>, PosterFault> {
    footage.check()?;
    let frame = footage.frames.get(footage.frames.len() / 2).ok_or(PosterFault::Empty)?;
    fit(Still { width: footage.width, height: footage.height, rgb: frame.clone() })
}

/// As [`poster`], of a decoded clip.
///
/// # Errors
/// A clip without frames.
pub fn poster_of(clip: &Decoded) -> Result<Vec<u8>, PosterFault> {
    let rgb = clip.rgb(clip.frames() / 2).ok_or(PosterFault::Empty)?;
    fit(Still { width: clip.info().width, height: clip.info().height, rgb })
}

/// As PNG, halved until it fits.
fn fit(mut still: Still) -> Result<Vec<u8>, PosterFault> {
    loop {
        if still.width.max(still.height) <= POSTER_SIDE_MAX {
            let png = write(&still)?;
            if png.len() <= BYTES_MAX {
                return Ok(png);
            }
        }
        // 16 pixels a side always fit, so this ends.
        still = halve(&still);
    }
}

/// Reads a still.
///
/// # Errors
/// A file that is too large, no PNG, or a PNG of another kind than 8-bit grey or RGB with or without alpha.
pub fn decode_poster(bytes: &[u8]) -> Result<Still, PosterFault> {
    if bytes.len() > BYTES_MAX {
        return Err(PosterFault::TooLarge { bytes: bytes.len(), max: BYTES_MAX });
    }
    let limits = png::Limits { bytes: DECODER_BYTES_MAX };
    let decoder = png::Decoder::new_with_limits(Cursor::new(bytes), limits);
    let mut reader = decoder.read_info().map_err(|_| PosterFault::NotPng)?;
    let (width, height) = (reader.info().width, reader.info().height);
    if width == 0 || height == 0 || width > SIDE_MAX || height > SIDE_MAX {
        return Err(PosterFault::Size(width, height));
    }
    let channels = match reader.output_color_type() {
        (png::ColorType::Grayscale, png::BitDepth::Eight) => 1,
        (png::ColorType::GrayscaleAlpha, png::BitDepth::Eight) => 2,
        (png::ColorType::Rgb, png::BitDepth::Eight) => 3,
        (png::ColorType::Rgba, png::BitDepth::Eight) => 4,
        _ => return Err(PosterFault::Kind),
    };
    // At most 1,920 × 1,920 × 4 bytes, checked above.
    let mut raw = vec![0; width as usize * height as usize * channels];
    reader.next_frame(&mut raw).map_err(|_| PosterFault::NotPng)?;
    let rgb = raw.chunks_exact(channels).flat_map(|pixel| match pixel {
        [r, g, b, ..] => [*r, *g, *b],
        [grey, ..] => [*grey; 3],
        [] => [0; 3],
    });
    Ok(Still { width, height, rgb: rgb.collect() })
}

fn write(still: &Still) -> Result<Vec<u8>, PosterFault> {
    let mut out = Vec::new();
    let mut encoder = png::Encoder::new(&mut out, still.width, still.height);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_compression(png::Compression::High);
    let mut writer = encoder.write_header().map_err(|_| PosterFault::Size(still.width, still.height))?;
    writer.write_image_data(&still.rgb).map_err(|_| PosterFault::Size(still.width, still.height))?;
    writer.finish().map_err(|_| PosterFault::Size(still.width, still.height))?;
    Ok(out)
}

/// Half the width and height, each pixel the mean of four.
fn halve(still: &Still) -> Still {
    let (width, height) = (still.width / 2, still.height / 2);
    let row_bytes = still.width as usize * 3;
    let mut rgb = Vec::with_capacity(width as usize * height as usize * 3);
    for rows in still.rgb.chunks_exact(row_bytes.max(1) * 2) {
        let (upper, lower) = rows.split_at(row_bytes);
        for (a, b) in upper.chunks_exact(6).zip(lower.chunks_exact(6)) {
            for (left, right) in (0..3).zip(3..6) {
                let sum: u16 = [a.get(left), a.get(right), b.get(left), b.get(right)]
                    .into_iter()
                    .flatten()
                    .map(|&v| u16::from(v))
                    .sum();
                rgb.push(((sum + 2) / 4) as u8);
            }
        }
    }
    Still { width, height, rgb }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::testing;

    #[test]
    fn a_small_frame_comes_back_exactly() {
        let footage = testing::scene(128, 80, 12, 12);
        let png = poster(&footage).unwrap();
        let still = decode_poster(&png).unwrap();
        assert_eq!((still.width, still.height), (128, 80));
        assert_eq!(still.rgb, footage.frames[6]);
        assert_eq!(poster(&footage).unwrap(), png);
    }

    #[test]
    fn noise_in_full_size_is_halved_until_it_fits() {
        let mut footage = testing::scene(640, 480, 1, 1);
        let mut state = 1_u32;
        for byte in &mut footage.frames[0] {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            *byte = (state >> 24) as u8;
        }
        let png = poster(&footage).unwrap();
        assert!(png.len() <= BYTES_MAX, "{}", png.len());
        let still = decode_poster(&png).unwrap();
        assert_eq!((still.width, still.height), (160, 120));
    }

    #[test]
    fn a_header_that_claims_a_huge_picture_is_refused() {
        let mut png = poster(&testing::scene(16, 16, 1, 1)).unwrap();
        png[16..20].copy_from_slice(&60_000_u32.to_be_bytes());
        assert!(matches!(decode_poster(&png), Err(PosterFault::NotPng | PosterFault::Size(..))));
        assert!(matches!(decode_poster(&vec![0; BYTES_MAX + 1]), Err(PosterFault::TooLarge { .. })));
    }

    proptest! {
        #[test]
        fn damaged_stills_are_read_or_refused(at in 0_usize..600, with in any::<u8>(), cut in 0_usize..600) {
            let mut png = poster(&testing::scene(32, 16, 1, 1)).unwrap();
            let at = at % png.len();
            png[at] ^= with;
            png.truncate(png.len().saturating_sub(cut));
            if let Ok(still) = decode_poster(&png) {
                prop_assert_eq!(still.rgb.len() as u32, still.width * still.height * 3);
            }
        }
    }
}
