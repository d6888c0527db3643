//! Files that lie about their boxes: each is refused, quickly, before the C2PA library sees it.

use std::time::{Duration, Instant};

use kinora_protocol::limits::{CLIP_BOX_DEPTH_MAX, MANIFEST_BYTES_MAX};
use proptest::prelude::*;

use super::fixtures::{CLIP, SIGNED, boxed, top};
use super::walk::{WalkFault, walk};
use super::{State, inspect};
use crate::boxes::BOXES_MAX;
use crate::fault::ClipFault;

/// How long a walk may take, generously: the machine that tests may be busy.
const WALK_TIME_MAX: Duration = Duration::from_millis(250);

fn quickly(bytes: &[u8]) -> Result<super::Layout, WalkFault> {
    let started = Instant::now();
    let result = walk(bytes);
    let took = started.elapsed();
    assert!(took < WALK_TIME_MAX, "{took:?} for {} bytes", bytes.len());
    result
}

fn file(rest: &[u8]) -> Vec<u8> {
    [&boxed(b"ftyp", b"iso6\0\0\0\0")[..], rest].concat()
}

/// A C2PA box that holds this manifest store.
fn c2pa(store: &[u8]) -> Vec<u8> {
    let start = SIGNED.windows(9).position(|w| w == b"manifest\0").unwrap();
    let head = &SIGNED[start - 20..start + 9];
    boxed(b"uuid", &[head, &[0; 8], store].concat())
}

#[test]
fn our_files_pass_and_say_where_their_manifest_is() {
    assert_eq!(quickly(&CLIP).unwrap().manifest, None);
    let layout = quickly(&SIGNED).unwrap();
    let manifest = layout.manifest.unwrap();
    assert_eq!(&SIGNED[manifest.start + 4..manifest.start + 8], b"jumb");
    let (kind, range) = &top(&SIGNED)[1];
    assert_eq!((kind, range.end), (b"uuid", manifest.end));
}

#[test]
fn ten_thousand_boxes_and_a_thousand_levels_cost_nothing() {
    let many = file(&boxed(b"free", b"").repeat(10_000));
    assert_eq!(quickly(&many), Err(WalkFault::Boxes(ClipFault::TooManyBoxes(BOXES_MAX))));
    let inside = file(&boxed(b"moov", &boxed(b"trak", b"").repeat(10_000)));
    assert_eq!(quickly(&inside), Err(WalkFault::Boxes(ClipFault::TooManyBoxes(BOXES_MAX))));
    let nested = |levels: usize| (0..levels).fold(Vec::new(), |inner, _| boxed(b"moov", &inner));
    assert_eq!(quickly(&file(&nested(1_000))), Err(WalkFault::TooDeep));
    assert_eq!(quickly(&file(&nested(CLIP_BOX_DEPTH_MAX + 1))), Err(WalkFault::TooDeep));
    assert!(quickly(&file(&nested(CLIP_BOX_DEPTH_MAX))).is_ok());
}

#[test]
fn sizes_that_lie_are_refused() {
    for size in [1_u32, 2, 7, 100_000, u32::MAX] {
        let bad = [&size.to_be_bytes()[..], b"moov", &[0; 4]].concat();
        assert!(matches!(quickly(&file(&bad)), Err(WalkFault::Boxes(ClipFault::BoxSize { .. }))), "{size}");
    }
    assert_eq!(quickly(b"\x89PNG\r\n\x1a\n0000"), Err(WalkFault::Boxes(ClipFault::NotMp4)));
    assert_eq!(quickly(b""), Err(WalkFault::Boxes(ClipFault::NotMp4)));
}

#[test]
fn compressed_manifests_are_never_inflated() {
    let bomb = boxed(b"jumb", &[boxed(b"jumd", &[0; 24]), boxed(b"brob", &[0; 64])].concat());
    assert_eq!(quickly(&file(&c2pa(&bomb))), Err(WalkFault::Compressed));
    let described = |inner: &[u8]| boxed(b"jumb", &[&boxed(b"jumd", &[0; 24]), inner].concat());
    let deeper = described(&bomb);
    assert_eq!(quickly(&file(&c2pa(&deeper))), Err(WalkFault::Compressed));
    let found = inspect(&file(&c2pa(&deeper)));
    assert_eq!((found.state("structure"), found.state("manifest")), (State::Fail, State::None));
}

#[test]
fn manifests_have_plain_sizes_few_levels_and_a_bound() {
    for size in [0_u32, 1] {
        let open = [&size.to_be_bytes()[..], b"jumb", &[0; 16]].concat();
        let refused = quickly(&file(&c2pa(&open)));
        assert!(matches!(refused, Err(WalkFault::ManifestBoxes { .. })), "{size}: {refused:?}");
    }
    let described = |inner: &[u8]| boxed(b"jumb", &[&boxed(b"jumd", &[0; 24]), inner].concat());
    let nested = (0..40).fold(Vec::new(), |inner, _| described(&inner));
    assert_eq!(quickly(&file(&c2pa(&nested))), Err(WalkFault::TooDeep));
    let large = described(&vec![0; MANIFEST_BYTES_MAX]);
    assert!(matches!(quickly(&file(&c2pa(&large))), Err(WalkFault::ManifestTooLarge { .. })));
    let many = described(&boxed(b"jumd", b"").repeat(10_000));
    assert_eq!(quickly(&file(&c2pa(&many))), Err(WalkFault::Boxes(ClipFault::TooManyBoxes(BOXES_MAX))));
    // Boxes that the library does not know, superboxes that do not say what they are, a string of gigabytes, and a store of
    // something else.
    let strange = [
        boxed(b"juib", &[0; 8]),
        boxed(b"jumb", &boxed(b"jxmd", &[0; 24])),
        boxed(b"jumb", b""),
        // Found by fuzzing: a reserved bit beside the signature, which nothing covers.
        boxed(b"jumb", &boxed(b"jumd", &[0x83; 24])),
        // As well: the label of a claim, of which the last digit was another.
        boxed(b"jumb", &boxed(b"jumd", b"c2cl\0\x11\0\x10\x80\0\0\xaa\0\x38\x9b\x71\x03c2pa.claim.v1\0")),
        boxed(b"cbor", b"\x7a\x6e\x6f\x74\x41llowed"),
    ];
    for strange in strange {
        let refused = quickly(&file(&c2pa(&described(&strange))));
        assert!(matches!(refused, Err(WalkFault::ManifestBoxes { .. })), "{refused:?}");
    }
    assert!(matches!(quickly(&file(&c2pa(&described(b"")))), Err(WalkFault::NoStore { .. })));
    // A purpose without an end, and one that is unknown.
    let mut endless = c2pa(b"");
    endless.truncate(endless.len() - 9);
    let size = (endless.len() as u32).to_be_bytes();
    endless[..4].copy_from_slice(&size);
    assert!(matches!(quickly(&file(&endless)), Err(WalkFault::ManifestBoxes { .. })));
    let mut unknown = c2pa(b"");
    let at = unknown.windows(8).position(|w| w == b"manifest").unwrap();
    unknown[at..at + 8].copy_from_slice(b"original");
    assert_eq!(quickly(&file(&unknown)), Err(WalkFault::Manifests));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn random_bytes_never_stop_the_walk(bytes in proptest::collection::vec(any::<u8>(), 0..2_000)) {
        drop(walk(&bytes));
        drop(walk(&file(&bytes)));
        drop(walk(&file(&boxed(b"moov", &bytes))));
        drop(walk(&file(&c2pa(&bytes))));
    }

    #[test]
    fn damaged_sizes_never_stop_the_walk_or_the_reader(
        at in any::<prop::sample::Index>(),
        word in prop_oneof![Just(0_u32), Just(1), Just(u32::MAX), Just(0x7fff_ffff), any::<u32>()],
    ) {
        let mut bytes = SIGNED.clone();
        // The first three kilobytes hold the manifest's structure.
        let at = at.index(bytes.len().min(6_000) - 4);
        bytes[at..at + 4].copy_from_slice(&word.to_be_bytes());
        let started = Instant::now();
        let found = inspect(&bytes);
        prop_assert!(!found.checks.is_empty());
        prop_assert!(started.elapsed() < Duration::from_secs(5));
    }
}
