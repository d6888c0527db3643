//! The mark as a whole, on footage made here.

use super::*;

/// A moving scene: a gradient sky, ground with a texture, and a disc that crosses it.
fn scene(width: u32, height: u32, fps: u32, frames: usize) -> Footage {
    let (w, h) = (width as usize, height as usize);
    let draw = |t: usize| {
        let mut rgb = Vec::with_capacity(w * h * 3);
        let centre = ((0.2 + 0.6 * t as f32 / frames as f32) * width as f32, 0.5 * height as f32);
        for y in 0..h {
            for x in 0..w {
                let grain = ((x * 73 + y * 151 + (x * y) % 17) % 29) as f32 / 3.0;
                let far = (x as f32 - centre.0).hypot(y as f32 - centre.1) > height as f32 / 6.0;
                let sky = 200.0 - 80.0 * y as f32 / h as f32;
                let level = if !far {
                    60.0
                } else if y * 5 > h * 3 {
                    90.0 + grain
                } else {
                    sky
                };
                rgb.extend([level * 0.9, level, level * 1.05].map(|v| v.clamp(0.0, 255.0) as u8));
            }
        }
        rgb
    };
    Footage { width, height, fps, frames: (0..frames).map(draw).collect(), ..Footage::default() }
}

const TAG: [u8; 8] = *b"\x13\x57\x9b\xdf\x02\x46\x8a\xce";

fn marked(width: u32, height: u32, fps: u32, frames: usize) -> (Footage, Embedded) {
    let mut footage = scene(width, height, fps, frames);
    let embedded = embed(&mut footage, TAG, &Budget::default()).unwrap();
    (footage, embedded)
}

/// The part of each frame from `(x, y)`.
fn crop(footage: &Footage, (x, y): (usize, usize), (width, height): (usize, usize)) -> Footage {
    let row = footage.width as usize * 3;
    let cut = |frame: &Vec<u8>| {
        frame
            .chunks_exact(row)
            .skip(y)
            .take(height)
            .flat_map(|r| r[x * 3..(x + width) * 3].to_vec())
            .collect()
    };
    Footage {
        width: width as u32,
        height: height as u32,
        frames: footage.frames.iter().map(cut).collect(),
        ..footage.clone()
    }
}

#[test]
fn a_mark_keeps_its_budget_and_is_read() {
    for (width, height) in [(160, 96), (320, 192), (640, 360)] {
        let (footage, embedded) = marked(width, height, 12, 24);
        assert!(embedded.ssim >= 0.992 || embedded.psnr >= 44.0, "{width}: {embedded:?}");
        assert!(embedded.psnr > 39.0, "{width}: {embedded:?}");
        let found = detect(&footage, &Search::Whole);
        assert_eq!(found.map(|f| f.tag), Some(TAG), "{width}: {embedded:?}");
    }
}

#[test]
fn an_unmarked_clip_has_none() {
    for (width, height) in [(160, 96), (320, 192)] {
        assert_eq!(detect(&scene(width, height, 12, 24), &Search::Full), None);
    }
}

#[test]
fn it_survives_our_own_encoder() {
    let (footage, embedded) = marked(160, 96, 12, 36);
    let file = crate::encode(&footage, &crate::EncodeOptions::default(), &mut |_, _| ()).unwrap();
    let again = crate::decode(&file, &crate::DecodeLimits::default()).unwrap();
    assert_eq!(detect(&again, &Search::Whole).map(|f| f.tag), Some(TAG), "{embedded:?}");
    // As a clip that arrives is looked at: from its luma, at the one place, in half of the frames.
    let planes = crate::decode_planes(&file, &crate::DecodeLimits::default()).unwrap();
    assert_eq!(detect_in(&planes, &Search::Grid).map(|f| f.tag), Some(TAG), "{embedded:?}");
    let bare = crate::encode(&scene(160, 96, 12, 36), &crate::EncodeOptions::default(), &mut |_, _| ());
    let bare = crate::decode_planes(&bare.unwrap(), &crate::DecodeLimits::default()).unwrap();
    assert_eq!(detect_in(&bare, &Search::Grid), None);
}

#[test]
fn a_mirrored_crop_is_read_by_a_full_search() {
    let (footage, _) = marked(640, 360, 12, 24);
    let mut part = crop(&footage, (91, 50), (454, 256));
    for frame in &mut part.frames {
        for row in frame.chunks_exact_mut(454 * 3) {
            row.as_chunks_mut::<3>().0.reverse();
        }
    }
    let found = detect(&part, &Search::Full).expect("the mark");
    assert_eq!((found.tag, found.flip), (TAG, true));
    assert!((found.scale - 640.0 / 454.0).abs() < 0.02, "{}", found.scale);
}

#[test]
fn the_vectors_of_the_specification_hold() {
    let vectors = include_str!("../../../specs/vectors/mark.json");
    for tag in [[0u8; 8], TAG, [255; 8]] {
        let tile = tile(tag);
        let bits: String = tile.coded.iter().map(|bit| if *bit { '1' } else { '0' }).collect();
        assert!(vectors.contains(&bits), "coded bits of {tag:02x?}");
        assert!(vectors.contains(&format!("\"crc32\": \"{:08x}\"", tile.checksum)), "checksum of {tag:02x?}");
        for row in tile.cells.chunks(24).chain(tile.sync.chunks(24)) {
            let row: String = row.iter().map(|cell| ['-', '0', '+'][(cell + 1) as usize]).collect();
            assert!(vectors.contains(&row), "row {row} of {tag:02x?}");
        }
    }
}

#[test]
fn embedding_twice_gives_the_same_bytes() {
    assert_eq!(marked(160, 96, 12, 12), marked(160, 96, 12, 12));
}
