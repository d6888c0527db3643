//! Round trips: what goes in comes out, in time, and always the same bytes.

use crate::testing::{psnr, scene};
use crate::{ClipFault, DecodeLimits, EncodeError, EncodeOptions, Footage, decode, encode, probe};

fn file(footage: &Footage) -> Vec<u8> {
    encode(footage, &EncodeOptions::default(), &mut |_, _| {}).unwrap()
}

fn back(footage: &Footage) -> Footage {
    decode(&file(footage), &DecodeLimits::default()).unwrap()
}

#[test]
fn a_clip_of_the_first_model_keeps_its_picture_and_size() {
    let footage = scene(128, 80, 12, 48);
    let mut heard = Vec::new();
    let started = std::time::Instant::now();
    let bytes =
        encode(&footage, &EncodeOptions::default(), &mut |done, total| heard.push((done, total))).unwrap();
    let encoded = started.elapsed();
    let after = decode(&bytes, &DecodeLimits::default()).unwrap();
    let decoded = started.elapsed() - encoded;
    let quality = psnr(&footage, &after);
    eprintln!("encode {encoded:?}, decode {decoded:?}, {} bytes, {quality:.1} dB", bytes.len());
    assert!(quality >= 30.0, "{quality:.1} dB");
    assert!((10_000..200_000).contains(&bytes.len()), "{} bytes", bytes.len());
    assert_eq!(heard, (1..=48).map(|n| (n, 48)).collect::<Vec<_>>());
    let info = probe(&bytes).unwrap();
    assert_eq!((info.width, info.height, info.fps, info.frames, info.millis), (128, 80, 12, 48, 4_000));
    assert_eq!((info.sample_rate, info.channels, info.fragments), (24_000, 1, 4));
    assert_eq!((after.width, after.height, after.fps, after.frames.len()), (128, 80, 12, 48));
    assert_eq!((after.sample_rate, after.channels, after.samples.len()), (24_000, 1, footage.samples.len()));
}

#[test]
fn equal_footage_gives_equal_bytes_with_any_number_of_threads() {
    let footage = scene(64, 48, 8, 24);
    let with =
        |threads| encode(&footage, &EncodeOptions { threads, ..Default::default() }, &mut |_, _| {}).unwrap();
    let one = with(1);
    assert!(one == with(1) && one == with(3) && one == with(0));
}

#[test]
fn quality_trades_bytes_for_decibels() {
    let footage = scene(64, 48, 8, 8);
    let at = |quality| {
        let bytes = encode(&footage, &EncodeOptions { quality, threads: 2 }, &mut |_, _| {}).unwrap();
        (bytes.len(), psnr(&footage, &decode(&bytes, &DecodeLimits::default()).unwrap()))
    };
    let (worst, usual, best) = (at(0), at(80), at(100));
    assert!(worst.0 < usual.0 && usual.0 < best.0, "{worst:?} {usual:?} {best:?}");
    assert!(worst.1 < usual.1 && usual.1 < best.1, "{worst:?} {usual:?} {best:?}");
    let refused = encode(&footage, &EncodeOptions { quality: 101, threads: 1 }, &mut |_, _| {});
    assert!(matches!(refused, Err(EncodeError::Quality(101))));
}

#[test]
fn unusual_sizes_rates_and_lengths_come_back() {
    for (width, height, fps, frames) in
        [(16, 16, 1, 1), (18, 130, 7, 15), (130, 18, 60, 61), (320, 192, 24, 3), (64, 64, 1, 3)]
    {
        let footage = scene(width, height, fps, frames);
        let after = back(&footage);
        assert_eq!((after.width, after.height, after.fps, after.frames.len()), (width, height, fps, frames));
        let quality = psnr(&footage, &after);
        // Where every edge is a large part of the picture, halved chroma alone costs most of the ratio.
        assert!(quality > 24.0, "{width}×{height}: {quality:.1} dB");
        assert_eq!(after.samples.len(), footage.samples.len());
    }
}

#[test]
fn sound_comes_back_undistorted_at_every_rate_and_with_both_channels() {
    for rate in [8_000_u32, 12_000, 16_000, 24_000, 48_000] {
        for channels in [1_u16, 2] {
            let mut footage = scene(16, 16, 10, 20);
            let instants = 2 * rate as usize;
            (footage.sample_rate, footage.channels) = (rate, channels);
            footage.samples = (0..instants)
                .flat_map(|i| {
                    let tone =
                        |pitch: f32| 0.4 * (std::f32::consts::TAU * pitch * i as f32 / rate as f32).sin();
                    [tone(330.0), tone(700.0)].into_iter().take(usize::from(channels))
                })
                .collect();
            let after = back(&footage);
            assert_eq!((after.sample_rate, after.channels), (rate, channels));
            assert_eq!(after.samples.len(), footage.samples.len());
            let (mut signal, mut noise) = (0.0, 0.0);
            // The first and last 50 ms belong to the codec's attack.
            let edge = rate as usize / 20 * usize::from(channels);
            let inner = edge..footage.samples.len() - edge;
            for (a, b) in footage.samples[inner.clone()].iter().zip(&after.samples[inner]) {
                signal += f64::from(*a).powi(2);
                noise += f64::from(a - b).powi(2);
            }
            let ratio = 10.0 * (signal / noise).log10();
            assert!(ratio > 15.0, "{rate} Hz, {channels} channels: {ratio:.1} dB");
        }
    }
}

#[test]
fn a_click_and_a_flash_at_one_second_stay_together() {
    let mut footage = scene(64, 48, 12, 24);
    for frame in &mut footage.frames {
        frame.fill(20);
    }
    footage.frames[12].fill(235);
    footage.samples.fill(0.0);
    for (i, sample) in footage.samples[24_000..24_200].iter_mut().enumerate() {
        *sample = if i % 12 < 6 { 0.9 } else { -0.9 };
    }
    let after = back(&footage);
    let bright: Vec<usize> = (0..24).filter(|&i| after.frames[i][3 * 200] > 128).collect();
    assert_eq!(bright, [12]);
    let onset = after.samples.iter().position(|s| s.abs() > 0.3).unwrap() as f64 / 24_000.0;
    assert!((onset - 1.0).abs() < 0.005, "click at {onset:.4} s");
}

#[test]
fn silence_has_no_track_and_sound_that_outlasts_the_picture_is_cut() {
    let mut footage = scene(32, 32, 10, 15);
    let length = footage.samples.len();
    footage.samples.extend([0.1; 24_000]);
    assert_eq!(back(&footage).samples.len(), length);
    // Shorter sound stays shorter.
    footage.samples.truncate(12_345);
    assert_eq!(back(&footage).samples.len(), 12_345);
    footage.samples.clear();
    let info = probe(&file(&footage)).unwrap();
    assert_eq!((info.sample_rate, info.channels, info.sound_bytes), (0, 0, 0));
    assert!(back(&footage).samples.is_empty());
    // What is no number is silence.
    footage.samples = vec![f32::NAN, f32::INFINITY, -9.0, 0.5];
    assert!(back(&footage).samples.iter().all(|s| s.is_finite()));
}

#[test]
fn the_file_is_laid_out_as_the_profile_says_and_tells_nothing_about_its_maker() {
    let footage = scene(64, 48, 12, 30);
    let bytes = file(&footage);
    let mut budget = crate::boxes::Budget::new();
    let kinds: Vec<String> = crate::boxes::walk(&bytes, 0, &mut budget)
        .unwrap()
        .iter()
        .map(|b| String::from_utf8_lossy(&b.kind).into_owned())
        .collect();
    assert_eq!(kinds.join(" "), "ftyp moov sidx moof mdat moof mdat moof mdat");
    for word in ["rav1e", "ropus", "libopus", "kinora", "Lavf", "rust"] {
        let found = bytes.windows(word.len()).any(|w| w.eq_ignore_ascii_case(word.as_bytes()));
        assert!(!found, "the file names {word}");
    }
}

#[test]
fn footage_that_breaks_its_rules_is_refused() {
    let go = |footage: &Footage| encode(footage, &EncodeOptions::default(), &mut |_, _| {});
    let mut long = scene(16, 16, 1, 1);
    long.frames = vec![long.frames[0].clone(); 61];
    assert!(matches!(go(&long), Err(EncodeError::TooLong { millis: 61_000, .. })));
    let mut odd = scene(16, 16, 1, 1);
    odd.width = 15;
    assert!(matches!(go(&odd), Err(EncodeError::Footage(_))));
}

#[test]
fn the_callers_limits_hold() {
    let bytes = file(&scene(64, 48, 12, 24));
    let with = |limits: DecodeLimits| decode(&bytes, &limits).unwrap_err();
    let usual = DecodeLimits::default();
    assert!(matches!(with(DecodeLimits { side: 63, ..usual }), ClipFault::Size { width: 64, .. }));
    assert!(matches!(with(DecodeLimits { frames: 23, ..usual }), ClipFault::TooManySamples(23)));
    assert!(matches!(
        with(DecodeLimits { millis: 1_999, ..usual }),
        ClipFault::TooLong { millis: 2_000, .. }
    ));
    assert!(matches!(with(DecodeLimits { footage_bytes: 100_000, ..usual }), ClipFault::Memory { .. }));
}
