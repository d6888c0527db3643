//! Stills in every kind that people have, and the broken and lying ones.

use kinora_protocol::job::Picture;
use kinora_protocol::limits::STILL_BYTES_MAX;
use proptest::prelude::*;

use crate::StillFault;
use crate::still::{STILL_PIXELS_MAX, STILL_SIDE_MAX, decode, probe};

/// Four blocks of plain colours, 8 pixels each way: what a JPEG keeps.
fn blocks() -> Picture {
    let (width, height) = (32u32, 16u32);
    let colour = |x: u32, y: u32| match (x / 16, y / 8) {
        (0, 0) => [220, 40, 40],
        (0, _) => [40, 200, 60],
        (_, 0) => [50, 60, 210],
        _ => [240, 240, 240],
    };
    let rgb = (0..height).flat_map(|y| (0..width).flat_map(move |x| colour(x, y))).collect();
    Picture { width, height, rgb }
}

fn png(width: u32, height: u32, colour: png::ColorType, depth: png::BitDepth, data: &[u8]) -> Vec<u8> {
    png_with(width, height, colour, depth, data, |_| {})
}

fn png_with(
    width: u32,
    height: u32,
    colour: png::ColorType,
    depth: png::BitDepth,
    data: &[u8],
    change: impl FnOnce(&mut png::Info<'_>),
) -> Vec<u8> {
    let mut out = Vec::new();
    let mut info = png::Info::with_size(width, height);
    info.color_type = colour;
    info.bit_depth = depth;
    change(&mut info);
    let mut writer = png::Encoder::with_info(&mut out, info).unwrap().write_header().unwrap();
    writer.write_image_data(data).unwrap();
    writer.finish().unwrap();
    out
}

fn jpeg(picture: &Picture, change: impl FnOnce(&mut jpeg_encoder::Encoder<&mut Vec<u8>>)) -> Vec<u8> {
    let mut out = Vec::new();
    let mut encoder = jpeg_encoder::Encoder::new(&mut out, 95);
    change(&mut encoder);
    let (width, height) = (picture.width as u16, picture.height as u16);
    encoder.encode(&picture.rgb, width, height, jpeg_encoder::ColorType::Rgb).unwrap();
    out
}

/// Exif data that states an orientation and nothing else.
fn exif(orientation: u8) -> Vec<u8> {
    let mut data = b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0".to_vec();
    data.extend([orientation, 0, 0, 0, 0, 0, 0]);
    data
}

fn at(picture: &Picture, x: u32, y: u32) -> [u8; 3] {
    let from = ((y * picture.width + x) * 3) as usize;
    picture.rgb[from..from + 3].try_into().unwrap()
}

fn close(a: [u8; 3], b: [u8; 3]) -> bool {
    a.iter().zip(b).all(|(a, b)| a.abs_diff(b) <= 12)
}

#[test]
fn a_png_comes_back_exactly_whatever_its_kind() {
    use png::{BitDepth, ColorType};
    let plain = blocks();
    let read = decode(&png(32, 16, ColorType::Rgb, BitDepth::Eight, &plain.rgb)).unwrap();
    assert_eq!(read, plain);
    let deep: Vec<u8> = plain.rgb.iter().flat_map(|v| [*v, 0x7f]).collect();
    assert_eq!(decode(&png(32, 16, ColorType::Rgb, BitDepth::Sixteen, &deep)).unwrap(), plain);
    let grey = decode(&png(2, 1, ColorType::Grayscale, BitDepth::Eight, &[0, 200])).unwrap();
    assert_eq!(grey.rgb, [0, 0, 0, 200, 200, 200]);
    let bits = decode(&png(8, 1, ColorType::Grayscale, BitDepth::One, &[0b1010_0000])).unwrap();
    assert_eq!(bits.rgb[..9], [255, 255, 255, 0, 0, 0, 255, 255, 255]);
    let palette = png_with(2, 1, ColorType::Indexed, BitDepth::Eight, &[1, 0], |info| {
        info.palette = Some(vec![9, 8, 7, 1, 2, 3].into());
    });
    assert_eq!(decode(&palette).unwrap().rgb, [1, 2, 3, 9, 8, 7]);
}

#[test]
fn what_is_transparent_is_white() {
    use png::{BitDepth, ColorType};
    let rgba = [10, 20, 30, 0, 10, 20, 30, 255, 0, 0, 0, 128];
    let read = decode(&png(3, 1, ColorType::Rgba, BitDepth::Eight, &rgba)).unwrap();
    assert_eq!(read.rgb, [255, 255, 255, 10, 20, 30, 127, 127, 127]);
    let grey = decode(&png(1, 1, ColorType::GrayscaleAlpha, BitDepth::Sixteen, &[0, 0, 0, 0])).unwrap();
    assert_eq!(grey.rgb, [255; 3]);
    let palette = png_with(2, 1, ColorType::Indexed, BitDepth::Eight, &[0, 1], |info| {
        info.palette = Some(vec![9, 8, 7, 1, 2, 3].into());
        info.trns = Some(vec![0].into());
    });
    assert_eq!(decode(&palette).unwrap().rgb, [255, 255, 255, 1, 2, 3]);
}

#[test]
fn a_jpeg_is_read_baseline_or_progressive_coloured_or_grey() {
    let plain = blocks();
    for progressive in [false, true] {
        let read = decode(&jpeg(&plain, |e| e.set_progressive(progressive))).unwrap();
        assert_eq!((read.width, read.height), (32, 16));
        for (x, y) in [(4, 4), (4, 12), (28, 4), (28, 12)] {
            assert!(close(at(&read, x, y), at(&plain, x, y)), "{x},{y}: {:?}", at(&read, x, y));
        }
    }
    let mut grey = Vec::new();
    let encoder = jpeg_encoder::Encoder::new(&mut grey, 95);
    encoder.encode(&[90; 64], 8, 8, jpeg_encoder::ColorType::Luma).unwrap();
    let read = decode(&grey).unwrap();
    assert!(close(at(&read, 3, 3), [90; 3]) && read.rgb.len() == 8 * 8 * 3);
    let mut cmyk = Vec::new();
    let encoder = jpeg_encoder::Encoder::new(&mut cmyk, 95);
    encoder.encode(&[0, 255, 255, 0].repeat(64), 8, 8, jpeg_encoder::ColorType::Cmyk).unwrap();
    let read = decode(&cmyk).unwrap();
    let [r, g, b] = at(&read, 3, 3);
    assert!(r > 200 && g < 60 && b < 60, "no cyan, full magenta and yellow is red, not {r},{g},{b}");
}

#[test]
fn a_picture_stands_as_its_camera_was_held() {
    let plain = blocks();
    let (red, green, blue) = (at(&plain, 2, 2), at(&plain, 2, 14), at(&plain, 30, 2));
    // The colour that must stand in the upper left corner, and the sides, for each orientation.
    let cases = [
        (1, red, (32, 16)),
        (2, blue, (32, 16)),
        (3, [240; 3], (32, 16)),
        (4, green, (32, 16)),
        (5, red, (16, 32)),
        (6, green, (16, 32)),
        (7, [240; 3], (16, 32)),
        (8, blue, (16, 32)),
    ];
    for (orientation, corner, sides) in cases {
        let turned = jpeg(&plain, |e| e.add_exif_metadata(&exif(orientation)).unwrap());
        let read = decode(&turned).unwrap();
        assert_eq!((read.width, read.height), sides, "orientation {orientation}");
        assert!(close(at(&read, 2, 2), corner), "orientation {orientation}: {:?}", at(&read, 2, 2));
        assert_eq!(probe(&turned).unwrap(), sides);
    }
    let mut cut = exif(6);
    cut.truncate(15);
    for nonsense in [&exif(9)[..], &cut, b"II*\0\xff\xff\xff\xff", b"nothing"] {
        let read = decode(&jpeg(&plain, |e| e.add_exif_metadata(nonsense).unwrap())).unwrap();
        assert_eq!((read.width, read.height), (32, 16));
    }
    let noted = png_with(32, 16, png::ColorType::Rgb, png::BitDepth::Eight, &plain.rgb, |info| {
        info.exif_metadata = Some(exif(6).into());
    });
    assert_eq!(at(&decode(&noted).unwrap(), 2, 2), green);
}

#[test]
fn what_is_no_still_or_ends_early_is_refused() {
    assert_eq!(decode(b""), Err(StillFault::Empty));
    assert_eq!(decode(b"GIF89a and more"), Err(StillFault::Kind));
    assert_eq!(probe(b"GIF89a and more"), Err(StillFault::Kind));
    let large = vec![0; STILL_BYTES_MAX + 1];
    assert_eq!(decode(&large), Err(StillFault::TooLarge { bytes: large.len() as u64 }));
    let plain = blocks();
    let whole = [
        png(32, 16, png::ColorType::Rgb, png::BitDepth::Eight, &plain.rgb),
        jpeg(&plain, |_| {}),
        jpeg(&plain, |e| e.set_progressive(true)),
    ];
    for file in whole {
        for share in [1, 2, 3] {
            let cut = &file[..file.len() * share / 4];
            assert!(matches!(decode(cut), Err(StillFault::Damaged { .. } | StillFault::Kind)), "{share}/4");
        }
    }
}

#[test]
fn a_header_that_lies_about_its_sides_is_refused_before_anything_is_allocated() {
    let plain = blocks();
    let file = png(32, 16, png::ColorType::Rgb, png::BitDepth::Eight, &plain.rgb);
    for (width, height) in [(60_000u32, 16u32), (32, STILL_SIDE_MAX + 1), (8_000, 8_000), (0, 16)] {
        let mut lie = file.clone();
        lie[16..20].copy_from_slice(&width.to_be_bytes());
        lie[20..24].copy_from_slice(&height.to_be_bytes());
        fix_header(&mut lie);
        let refused = decode(&lie).unwrap_err();
        let sides = matches!(refused, StillFault::Size(w, h) if (w, h) == (width, height));
        assert!(sides || width == 0, "{width}×{height}: {refused}");
    }
    assert!(u64::from(8_000u32) * 8_000 > STILL_PIXELS_MAX);
    let mut lie = jpeg(&plain, |_| {});
    let frame = lie.windows(2).position(|w| w == [0xff, 0xc0]).unwrap();
    lie[frame + 5..frame + 9].copy_from_slice(&[0xff, 0xff, 0xff, 0xff]);
    assert!(matches!(decode(&lie), Err(StillFault::Size(..) | StillFault::Damaged { .. })));
    lie[frame + 5..frame + 9].copy_from_slice(&[0x1f, 0x40, 0x1f, 0x40]);
    assert_eq!(decode(&lie), Err(StillFault::Size(8_000, 8_000)));
}

/// Puts the right check sum behind a changed PNG header.
fn fix_header(png: &mut [u8]) {
    let mut crc = u32::MAX;
    for byte in &png[12..29] {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = (crc >> 1) ^ (0xedb8_8320 & (crc & 1).wrapping_neg());
        }
    }
    png[29..33].copy_from_slice(&(!crc).to_be_bytes());
}

proptest! {
    #[test]
    fn damaged_stills_are_read_or_refused(at in any::<usize>(), with in 1u8.., cut in 0usize..400, kind in 0..3) {
        let plain = blocks();
        let mut file = match kind {
            0 => png(32, 16, png::ColorType::Rgb, png::BitDepth::Eight, &plain.rgb),
            1 => jpeg(&plain, |_| {}),
            _ => jpeg(&plain, |e| e.set_progressive(true)),
        };
        let at = at % file.len();
        file[at] ^= with;
        file.truncate(file.len().saturating_sub(cut));
        if let Ok(read) = decode(&file) {
            prop_assert_eq!(read.rgb.len() as u32, read.width * read.height * 3);
        }
    }
}
