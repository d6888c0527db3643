//! Stills that a person gives to a render: a PNG or JPEG file of any origin to plain RGB.
//!
//! Everything is bounded before it is allocated: the file, the sides, the number of pixels. Transparency is laid over
//! white, deep and grey and palette pictures become 8-bit RGB, and a camera that noted how it was held is believed.
//! A file that ends early is refused: half a picture is not what its owner meant.

use std::io::Cursor;

use kinora_protocol::job::Picture;
use kinora_protocol::limits::STILL_BYTES_MAX;
use zune_jpeg::JpegDecoder;
use zune_jpeg::zune_core::bytestream::ZCursor;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

use crate::fault::StillFault;

/// Longest side of a still, in pixels.
pub const STILL_SIDE_MAX: u32 = 8_192;
/// Most pixels of a still.
pub const STILL_PIXELS_MAX: u64 = 32_000_000;
/// Bytes the PNG decoder may allocate beside the picture itself: rows, palette, colour profile.
const PNG_BYTES_MAX: usize = 32 * 1024 * 1024;
/// Most passes over one JPEG; a file of thousands of empty passes would keep a processor busy for hours.
const JPEG_SCANS_MAX: usize = 100;
/// The tag of a picture's orientation in Exif data.
const ORIENTATION: u16 = 0x0112;

/// A JPEG decoder over bytes in memory.
type Jpeg<'a> = JpegDecoder<ZCursor<&'a [u8]>>;

/// What a file's first bytes say it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Png,
    Jpeg,
}

/// Sides of a still in pixels, as it will be shown, from its header alone: cheap, and proves nothing of the rest.
///
/// # Errors
/// [`StillFault`] for a file that is too large, neither PNG nor JPEG, or says sides outside the limits.
pub fn probe(bytes: &[u8]) -> Result<(u32, u32), StillFault> {
    let (width, height, orientation) = match kind(bytes)? {
        Kind::Png => {
            let reader = png_reader(bytes)?;
            let info = reader.info();
            (info.width, info.height, info.exif_metadata.as_deref().map_or(1, orientation))
        }
        Kind::Jpeg => {
            let (decoder, width, height) = jpeg_decoder(bytes)?;
            (width, height, decoder.exif().map_or(1, |exif| orientation(exif)))
        }
    };
    Ok(if orientation >= 5 { (height, width) } else { (width, height) })
}

/// Reads a still.
///
/// # Errors
/// [`StillFault`] naming the first thing that is wrong: size, kind, sides, or damage.
pub fn decode(bytes: &[u8]) -> Result<Picture, StillFault> {
    match kind(bytes)? {
        Kind::Png => decode_png(bytes),
        Kind::Jpeg => decode_jpeg(bytes),
    }
}

fn kind(bytes: &[u8]) -> Result<Kind, StillFault> {
    if bytes.len() > STILL_BYTES_MAX {
        return Err(StillFault::TooLarge { bytes: bytes.len() as u64 });
    }
    match bytes {
        [] => Err(StillFault::Empty),
        [0x89, b'P', b'N', b'G', 0x0d, 0x0a, 0x1a, 0x0a, ..] => Ok(Kind::Png),
        [0xff, 0xd8, 0xff, ..] => Ok(Kind::Jpeg),
        _ => Err(StillFault::Kind),
    }
}

fn check_sides(width: u32, height: u32) -> Result<(), StillFault> {
    let side = 1..=STILL_SIDE_MAX;
    let pixels = u64::from(width) * u64::from(height);
    if !side.contains(&width) || !side.contains(&height) || pixels > STILL_PIXELS_MAX {
        return Err(StillFault::Size(width, height));
    }
    Ok(())
}

/// A reader behind the header, whose sides are within bounds.
fn png_reader(bytes: &[u8]) -> Result<png::Reader<Cursor<&[u8]>>, StillFault> {
    let limits = png::Limits { bytes: PNG_BYTES_MAX };
    let mut decoder = png::Decoder::new_with_limits(Cursor::new(bytes), limits);
    // Palettes and few bits become 8-bit colour, transparent colours an alpha channel, 16 bits the upper 8.
    decoder.set_transformations(png::Transformations::EXPAND | png::Transformations::STRIP_16);
    // The header comes first, so that what a large picture says of itself is read before its palette and profile are.
    let header = decoder.read_header_info().map_err(|e| damaged(&e))?;
    check_sides(header.width, header.height)?;
    decoder.read_info().map_err(|e| damaged(&e))
}

fn decode_png(bytes: &[u8]) -> Result<Picture, StillFault> {
    let mut reader = png_reader(bytes)?;
    let (width, height) = (reader.info().width, reader.info().height);
    let turn = reader.info().exif_metadata.as_deref().map_or(1, orientation);
    let channels = match reader.output_color_type() {
        (png::ColorType::Grayscale, png::BitDepth::Eight) => 1,
        (png::ColorType::GrayscaleAlpha, png::BitDepth::Eight) => 2,
        (png::ColorType::Rgb, png::BitDepth::Eight) => 3,
        (png::ColorType::Rgba, png::BitDepth::Eight) => 4,
        (colour, depth) => return Err(damaged(&format!("{colour:?} of {depth:?} bits after expansion"))),
    };
    // At most 32 million pixels of 4 bytes, checked above.
    let mut raw = vec![0; width as usize * height as usize * channels];
    reader.next_frame(&mut raw).map_err(|e| damaged(&e))?;
    let rgb = match channels {
        3 => raw,
        _ => raw.chunks_exact(channels).flat_map(over_white).collect(),
    };
    Ok(turned(Picture { width, height, rgb }, turn))
}

/// One pixel of grey or colour, with or without alpha, over white.
fn over_white(pixel: &[u8]) -> [u8; 3] {
    let (colour, alpha) = match pixel {
        [grey] => ([*grey; 3], 255),
        [grey, alpha] => ([*grey; 3], *alpha),
        [r, g, b] => ([*r, *g, *b], 255),
        [r, g, b, alpha, ..] => ([*r, *g, *b], *alpha),
        [] => ([255; 3], 255),
    };
    let alpha = u16::from(alpha);
    // At most 255 × 255 + 127, which 16 bits hold.
    colour.map(|c| ((u16::from(c) * alpha + 255 * (255 - alpha) + 127) / 255) as u8)
}

/// A decoder behind the headers, with sides within bounds.
fn jpeg_decoder(bytes: &[u8]) -> Result<(Jpeg<'_>, u32, u32), StillFault> {
    let side = STILL_SIDE_MAX as usize;
    let options = DecoderOptions::default()
        .set_max_width(side)
        .set_max_height(side)
        // Without this, what is missing of a file that ends early is painted grey.
        .set_strict_mode(true)
        .jpeg_set_max_scans(JPEG_SCANS_MAX)
        .jpeg_set_out_colorspace(ColorSpace::RGB);
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(bytes), options);
    decoder.decode_headers().map_err(|e| damaged(&e))?;
    let info = decoder.info().ok_or(StillFault::Damaged { why: "no header".to_owned() })?;
    let (width, height) = (u32::from(info.width), u32::from(info.height));
    check_sides(width, height)?;
    Ok((decoder, width, height))
}

fn decode_jpeg(bytes: &[u8]) -> Result<Picture, StillFault> {
    let (mut decoder, width, height) = jpeg_decoder(bytes)?;
    let turn = decoder.exif().map_or(1, |exif| orientation(exif));
    let rgb = decoder.decode().map_err(|e| damaged(&e))?;
    if rgb.len() != width as usize * height as usize * 3 {
        return Err(StillFault::Damaged { why: "another number of pixels than its header says".to_owned() });
    }
    Ok(turned(Picture { width, height, rgb }, turn))
}

/// The decoder's words, short and safe to print: it may quote what stands in the file.
fn damaged(why: &impl std::fmt::Display) -> StillFault {
    const WHY_CHARS_MAX: usize = 120;
    let why = kinora_protocol::text::Text::line(&why.to_string(), WHY_CHARS_MAX).as_str().to_owned();
    StillFault::Damaged { why }
}

/// The orientation that Exif data states, 1 (upright) … 8; 1 when it states none that makes sense.
fn orientation(exif: &[u8]) -> u16 {
    read_orientation(exif).filter(|o| (1..=8).contains(o)).unwrap_or(1)
}

/// Walks the first directory of a TIFF header.
fn read_orientation(exif: &[u8]) -> Option<u16> {
    let little = match exif.get(..4)? {
        b"II*\0" => true,
        b"MM\0*" => false,
        _ => return None,
    };
    let u16_at = |at: usize| {
        let two = *exif.get(at..)?.first_chunk::<2>()?;
        Some(if little { u16::from_le_bytes(two) } else { u16::from_be_bytes(two) })
    };
    let four = *exif.get(4..)?.first_chunk::<4>()?;
    let start = if little { u32::from_le_bytes(four) } else { u32::from_be_bytes(four) };
    let start = usize::try_from(start).ok()?;
    let entries = usize::from(u16_at(start)?);
    (0..entries)
        .map_while(|n| start.checked_add(2 + n * 12))
        .find(|at| u16_at(*at) == Some(ORIENTATION))
        .and_then(|at| u16_at(at.checked_add(8)?))
}

/// The picture as it was meant to be seen.
fn turned(picture: Picture, orientation: u16) -> Picture {
    let (w, h) = (picture.width as usize, picture.height as usize);
    if orientation == 1 || w == 0 || h == 0 {
        return picture;
    }
    let (width, height) = if orientation >= 5 { (h, w) } else { (w, h) };
    let mut rgb = Vec::with_capacity(picture.rgb.len());
    for y in 0..height {
        for x in 0..width {
            let (from_x, from_y) = match orientation {
                2 => (w - 1 - x, y),
                3 => (w - 1 - x, h - 1 - y),
                4 => (x, h - 1 - y),
                5 => (y, x),
                6 => (y, h - 1 - x),
                7 => (w - 1 - y, h - 1 - x),
                _ => (w - 1 - y, x),
            };
            let at = (from_y * w + from_x) * 3;
            rgb.extend_from_slice(picture.rgb.get(at..at + 3).unwrap_or(&[255; 3]));
        }
    }
    Picture { width: width as u32, height: height as u32, rgb }
}
