//! Files that lie: each is refused, quickly, with the right words, and none can stop us.

use std::path::Path;
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use proptest::prelude::*;

use crate::fault::Code;
use crate::testing::scene;
use crate::{ClipFault, DecodeLimits, EncodeOptions, decode, encode, probe};

/// A valid file of two fragments with sound.
static VALID: LazyLock<Vec<u8>> =
    LazyLock::new(|| encode(&scene(32, 32, 6, 9), &EncodeOptions::default(), &mut |_, _| {}).unwrap());
/// How long a structural check may take, generously: the machine that tests may be busy.
const PROBE_TIME_MAX: Duration = Duration::from_millis(250);

fn quickly(bytes: &[u8]) -> Result<crate::ClipInfo, ClipFault> {
    let started = Instant::now();
    let result = probe(bytes);
    let took = started.elapsed();
    assert!(took < PROBE_TIME_MAX, "{took:?} for {} bytes", bytes.len());
    result
}

/// A box of this kind.
fn boxed(kind: &[u8; 4], body: &[u8]) -> Vec<u8> {
    let mut bytes = (body.len() as u32 + 8).to_be_bytes().to_vec();
    bytes.extend(kind);
    bytes.extend(body);
    bytes
}

/// Where `needle` first stands in the valid file.
fn place(needle: &[u8]) -> usize {
    VALID.windows(needle.len()).position(|w| w == needle).unwrap()
}

/// The valid file with bytes replaced.
fn with(at: usize, bytes: &[u8]) -> Vec<u8> {
    let mut file = VALID.clone();
    file[at..at + bytes.len()].copy_from_slice(bytes);
    file
}

fn fixture(name: &str) -> Option<Vec<u8>> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/fixtures/c2pa").join(name);
    let bytes = std::fs::read(&path).ok();
    if bytes.is_none() {
        eprintln!("SKIPPED: the fixture {} is not here", path.display());
    }
    bytes
}

#[test]
fn every_truncation_is_refused() {
    quickly(&VALID).unwrap();
    for length in 0..VALID.len() {
        // Whole fragments may be missing: what is left is a shorter clip.
        if let Ok(info) = probe(&VALID[..length]) {
            assert!(info.frames == 6 && info.fragments == 1, "{length} bytes: {info:?}");
        }
    }
}

#[test]
fn other_kinds_of_files_are_named() {
    assert_eq!(quickly(b""), Err(ClipFault::NotMp4));
    assert_eq!(quickly(b"\x89PNG\r\n\x1a\n0000"), Err(ClipFault::NotMp4));
    let entry = VALID.windows(4).enumerate().filter(|(_, w)| w == b"av01").map(|(at, _)| at).nth(1).unwrap();
    assert_eq!(quickly(&with(entry, b"avc1")), Err(ClipFault::NotAv1(Code(*b"avc1"))));
    assert_eq!(quickly(&with(place(b"Opus"), b"mp4a")), Err(ClipFault::NotOpus(Code(*b"mp4a"))));
    assert_eq!(quickly(&with(place(b"soun"), b"text")), Err(ClipFault::TrackKind(Code(*b"text"))));
    assert_eq!(quickly(&with(place(b"soun"), b"vide")), Err(ClipFault::NotAv1(Code(*b"Opus"))));
}

#[test]
fn fixtures_of_other_makers_are_refused_in_clear_words() {
    for name in ["video1.mp4", "video1_no_manifest.mp4", "legacy.mp4"] {
        if let Some(bytes) = fixture(name) {
            let fault = quickly(&bytes).unwrap_err();
            eprintln!("{name}: {fault}");
            assert!(matches!(fault, ClipFault::NotAv1(_) | ClipFault::NotOpus(_)), "{name}: {fault:?}");
        }
    }
    if let Some(bytes) = fixture("nested_moov_1000.mp4") {
        let fault = quickly(&bytes).unwrap_err();
        assert!(
            matches!(fault, ClipFault::Missing(_) | ClipFault::BoxSize { .. } | ClipFault::NotMp4),
            "{fault:?}"
        );
    }
}

#[test]
fn many_boxes_and_deep_boxes_cost_nothing() {
    let head = boxed(b"ftyp", b"iso6\0\0\0\0");
    let many = [head.clone(), boxed(b"free", b"").repeat(10_000)].concat();
    assert!(matches!(quickly(&many), Err(ClipFault::TooManyBoxes(_))));
    let inside = [head.clone(), boxed(b"moov", &boxed(b"trak", b"").repeat(10_000))].concat();
    assert!(quickly(&inside).is_err());
    let mut deep = Vec::new();
    for _ in 0..10_000 {
        deep = boxed(b"moov", &deep);
    }
    assert_eq!(quickly(&[head, deep].concat()), Err(ClipFault::Missing(Code(*b"trak"))));
}

#[test]
fn sizes_that_lie_are_refused() {
    let moof = place(b"moof");
    for size in [0_u32, 1, 2, 7, 8, 100_000_000, u32::MAX] {
        assert!(quickly(&with(moof - 4, &size.to_be_bytes())).is_err(), "{size}");
    }
    let mut large = boxed(b"ftyp", b"iso6\0\0\0\0");
    large.extend([0, 0, 0, 1]);
    large.extend(b"moov");
    large.extend(u64::MAX.to_be_bytes());
    assert!(matches!(quickly(&large), Err(ClipFault::BoxSize { .. })));
    assert!(matches!(quickly(&vec![0; 64 * 1024 * 1024 + 1]), Err(ClipFault::TooLarge { .. })));
}

#[test]
fn a_run_that_claims_more_than_it_has_is_refused() {
    let trun = place(b"trun");
    for count in [0xffff_ffff_u32, 1_000_000, 3_601, 7] {
        assert!(quickly(&with(trun + 8, &count.to_be_bytes())).is_err(), "{count} samples");
    }
    for offset in [i32::MIN, -1, 0, 8, i32::MAX] {
        assert!(quickly(&with(trun + 12, &offset.to_be_bytes())).is_err(), "offset {offset}");
    }
    // The first sample's size.
    for size in [0_u32, 1 << 20, u32::MAX] {
        let outside = quickly(&with(trun + 16, &size.to_be_bytes()));
        assert!(
            matches!(outside, Err(ClipFault::SampleOutside { track: 1, index: 0 })),
            "{size}: {outside:?}"
        );
    }
}

#[test]
fn a_run_without_fields_cannot_invent_samples() {
    // Count and offset only: four billion samples of the default size, in no bytes at all.
    let mut body = vec![0, 0, 0, 1];
    body.extend(u32::MAX.to_be_bytes());
    body.extend([0; 4]);
    let moof = boxed(b"moof", &[boxed(b"mfhd", &[0; 8]), traf(&body)].concat());
    let start = place(b"moof") - 4;
    let file = [&VALID[..start], &moof, &boxed(b"mdat", &[0; 64])].concat();
    assert!(matches!(quickly(&file), Err(ClipFault::TooManySamples(_))));
}

fn traf(trun: &[u8]) -> Vec<u8> {
    // Flags: default duration, default size, base is moof.
    let mut tfhd = vec![0, 0x02, 0, 0x18];
    for value in [1_u32, 1_000, 1] {
        tfhd.extend(value.to_be_bytes());
    }
    let inside = [boxed(b"tfhd", &tfhd), boxed(b"tfdt", &[0; 8]), boxed(b"trun", trun)].concat();
    boxed(b"traf", &inside)
}

#[test]
fn time_that_stands_still_or_never_ends_is_refused() {
    // Version 1 of mdhd: two times of eight bytes before the clock.
    let clock = place(b"mdhd") + 4 + 4 + 16;
    assert!(matches!(quickly(&with(clock, &[0; 4])), Err(ClipFault::Timing(_))));
    assert!(matches!(quickly(&with(clock, &1_u32.to_be_bytes())), Err(ClipFault::TooLong { .. })));
    assert!(matches!(quickly(&with(clock, &u32::MAX.to_be_bytes())), Err(ClipFault::Timing(_))));
    let duration = place(b"tfhd") + 4 + 4 + 4;
    assert!(matches!(quickly(&with(duration, &[0; 4])), Err(ClipFault::Timing(_))));
    assert!(matches!(quickly(&with(duration, &[0xff; 4])), Err(ClipFault::TooLong { .. })));
    let begin = place(b"tfdt") + 4 + 4;
    assert!(matches!(quickly(&with(begin, &[0xff; 8])), Err(ClipFault::Timing(_))));
}

#[test]
fn huge_and_odd_pictures_are_refused_before_decoding() {
    let entry = place(b"av1C") - 4 - 78;
    let width = entry + 24;
    assert_eq!(VALID[width..width + 4], [0, 32, 0, 32]);
    for sides in
        [[0xff, 0xff, 0xff, 0xff], [0, 0, 0, 32], [0, 33, 0, 32], [0x07, 0x82, 0, 32], [0, 14, 0, 32]]
    {
        assert!(matches!(quickly(&with(width, &sides)), Err(ClipFault::Size { .. })), "{sides:?}");
    }
    // The container and the bitstream disagree.
    let disagree = quickly(&with(width, &[0, 64, 0, 64]));
    assert!(
        matches!(disagree, Err(ClipFault::SizeDiffers { coded_width: 32, coded_height: 32, .. })),
        "{disagree:?}"
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn random_bytes_are_refused(bytes in proptest::collection::vec(any::<u8>(), 0..2_000)) {
        prop_assert!(probe(&bytes).is_err());
        let framed = [boxed(b"ftyp", b"iso6\0\0\0\0"), boxed(b"moov", &bytes)].concat();
        prop_assert!(probe(&framed).is_err());
    }

    #[test]
    fn flipped_bytes_never_stop_us(at in any::<prop::sample::Index>(), value in any::<u8>(), run in 1_usize..6) {
        let mut file = VALID.clone();
        let at = at.index(file.len());
        for byte in file.iter_mut().skip(at).take(run) {
            *byte ^= value;
        }
        let started = Instant::now();
        if let Ok(info) = probe(&file) {
            prop_assert_eq!((info.width, info.height), (32, 32));
            if let Ok(footage) = decode(&file, &DecodeLimits::default()) {
                prop_assert_eq!(footage.frames.len() as u32, info.frames);
                footage.check().unwrap();
            }
        }
        prop_assert!(started.elapsed() < Duration::from_secs(2));
    }

    #[test]
    fn damaged_structure_never_stops_us(
        at in any::<prop::sample::Index>(),
        word in prop_oneof![Just(0_u32), Just(1), Just(u32::MAX), Just(0x7fff_ffff), any::<u32>()],
    ) {
        let mut file = VALID.clone();
        let at = at.index(file.len() - 4);
        file[at..at + 4].copy_from_slice(&word.to_be_bytes());
        drop(probe(&file));
    }

    #[test]
    fn boxes_put_in_the_wrong_place_never_stop_us(from in 0_usize..40, to in 0_usize..40) {
        // Boundaries of boxes: every place where one of the known kinds stands.
        let kinds: [&[u8; 4]; 12] = [b"moov", b"trak", b"mdia", b"stbl", b"stsd", b"mvex", b"moof", b"traf", b"trun",
            b"tfhd", b"mdat", b"sidx"];
        let starts: Vec<usize> = (4..VALID.len() - 4)
            .filter(|&i| kinds.iter().any(|k| &VALID[i..i + 4] == *k)).map(|i| i - 4).collect();
        let (from, to) = (starts[from % starts.len()], starts[to % starts.len()]);
        let size = u32::from_be_bytes(VALID[from..from + 4].try_into().unwrap()) as usize;
        let mut file = VALID[..to].to_vec();
        file.extend(&VALID[from..from + size]);
        file.extend(&VALID[to..]);
        drop(probe(&file));
    }
}
