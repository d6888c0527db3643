//! Every kind of change to a signed clip has a verdict with a name, and none of them is "verified".
//!
//! What the manifest does not cover (`ftyp`, a little padding) is caught by the hash of the whole file in the record;
//! `uncovered_changes_need_the_hash_of_the_file` keeps that fact in sight.

use kinora_protocol::ids::BlobHash;
use kinora_protocol::limits::UNCOVERED_BYTES_MAX;
use proptest::prelude::*;

use super::fixtures::{CLIP, SIGNED, boxed, creator, failing, plain, top, verdict};
use super::walk::walk;
use super::{Statement, verify};

/// A copy with one byte changed.
fn flipped(at: usize) -> Vec<u8> {
    let mut bytes = SIGNED.clone();
    bytes[at] ^= 1;
    bytes
}

/// Where this box stands at the top.
fn place(kind: &[u8; 4]) -> std::ops::Range<usize> {
    top(&SIGNED).into_iter().find(|(k, _)| k == kind).unwrap().1
}

#[test]
fn the_untouched_clip_is_verified() {
    assert_eq!(verdict(&SIGNED), Vec::<&str>::new());
}

#[test]
fn a_changed_byte_of_media_or_structure_changes_the_content() {
    for kind in [b"mdat", b"moof", b"moov", b"sidx"] {
        let range = place(kind);
        // The header of a box is structure; anything behind it is content.
        for at in [range.start + 8, (range.start + 8 + range.end) / 2, range.end - 1] {
            let failed = verdict(&flipped(at));
            let named = failed == ["content"] || failed == ["structure"] || failed == ["manifest"];
            assert!(named, "{} at {at}: {failed:?}", kind.escape_ascii());
        }
    }
    let text = SIGNED.windows(7).position(|w| w == b"\"Label\"").unwrap();
    assert_eq!(verdict(&flipped(text + 9)), ["content"], "the label for readers without manifests");
}

#[test]
fn boxes_appended_removed_and_moved_are_noticed() {
    let appended = |tail: &[u8]| verdict(&[&SIGNED[..], tail].concat());
    assert_eq!(appended(&boxed(b"junk", &[0; 1_000])), ["content"]);
    assert_eq!(appended(b"raw junk"), ["structure"]);
    assert_eq!(appended(&boxed(b"free", &[7; 1_000])), ["coverage"]);
    assert_eq!(appended(&boxed(b"skip", &[7; 1_000])), ["coverage"]);
    assert_eq!(appended(&boxed(b"mfra", &boxed(b"mfro", &[7; 1_000]))), ["coverage"]);
    let boxes = top(&SIGNED);
    for (leave, (kind, range)) in boxes.iter().enumerate().skip(1) {
        let failed = verdict(&[&SIGNED[..range.start], &SIGNED[range.end..]].concat());
        let expected = if kind == b"uuid" { "manifest" } else { "content" };
        assert_eq!(failed, [expected], "without box {leave} ({})", kind.escape_ascii());
    }
    for (first, second) in boxes.iter().zip(&boxes[1..]).skip(2).map(|(a, b)| (a.1.clone(), b.1.clone())) {
        let parts = [&SIGNED[..first.start], &SIGNED[second.clone()], &SIGNED[first], &SIGNED[second.end..]];
        assert_eq!(verdict(&parts.concat()), ["content"]);
    }
}

#[test]
fn another_clips_manifest_is_not_this_clips() {
    let other = creator(1).seal(&[&CLIP[..], &boxed(b"uuid", &[1; 20])].concat(), &plain());
    let theirs = top(&other).into_iter().find(|(kind, _)| kind == b"uuid").unwrap().1;
    let here = place(b"uuid");
    let swapped = [&SIGNED[..here.start], &other[theirs], &SIGNED[here.end..]].concat();
    assert_eq!(verdict(&swapped), ["content"]);
}

#[test]
fn a_second_manifest_is_refused() {
    let here = place(b"uuid");
    let twice = [&SIGNED[..here.end], &SIGNED[here.clone()], &SIGNED[here.end..]].concat();
    assert_eq!(verdict(&twice), ["structure"]);
    let hidden = [&SIGNED[..], &boxed(b"udta", &SIGNED[here])].concat();
    assert_eq!(verdict(&hidden), ["structure"]);
}

#[test]
fn a_changed_consent_hash_is_a_changed_manifest() {
    let maker = creator(1);
    let mut clip = maker.seal(&CLIP, &Statement { consent: Some([0xab; 32]), ..plain() });
    let expected = super::Expected { consent: Some([0xab; 32]), ..maker.expects() };
    assert!(verify(&clip, &expected).is_verified());
    let digits = [b'a', b'b'].repeat(32);
    let at = clip.windows(64).position(|w| w == digits).unwrap();
    clip[at] = b'c';
    let found = verify(&clip, &expected);
    assert_eq!(failing(&found), ["manifest", "consent"], "{found:#?}");
}

#[test]
fn uncovered_changes_need_the_hash_of_the_file() {
    // As with 0.91: the brand, and a little padding, are outside of every manifest.
    let brand = flipped(9);
    let padded = [&SIGNED[..], &boxed(b"free", &[7; 8])].concat();
    for changed in [&brand, &padded] {
        assert_eq!(verdict(changed), Vec::<&str>::new());
        assert_ne!(BlobHash::of(changed), BlobHash::of(&SIGNED), "what the record's hash is for");
    }
    let ours = walk(&SIGNED).unwrap().uncovered;
    assert!(ours <= UNCOVERED_BYTES_MAX / 2, "{ours} bytes of our own");
}

#[test]
fn a_change_of_the_manifest_is_noticed_or_changes_nothing_that_is_read() {
    // Padding and the outermost descriptions are not signed. Whoever changes them changes the hash of the file.
    let untouched = verify(&SIGNED, &creator(1).expects());
    let (mut changed, mut unnoticed) = (0, 0);
    for at in walk(&SIGNED).unwrap().manifest.unwrap().step_by(5) {
        let found = verify(&flipped(at), &creator(1).expects());
        changed += 1;
        if found.is_verified() {
            unnoticed += 1;
            assert_eq!(found, untouched, "byte {at}");
        }
    }
    assert!(changed > 500 && unnoticed < changed / 3, "{unnoticed} of {changed}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn cut_and_spliced_clips_are_never_verified(
        from in any::<prop::sample::Index>(),
        length in 1_usize..2_000,
        to in any::<prop::sample::Index>(),
    ) {
        let from = from.index(SIGNED.len());
        let end = (from + length).min(SIGNED.len());
        let mut bytes = [&SIGNED[..from], &SIGNED[end..]].concat();
        let to = to.index(bytes.len() + 1);
        bytes.splice(to..to, SIGNED[from..end].iter().copied());
        // Zeros inside the padding may trade places.
        if bytes != *SIGNED && top_is_same(&bytes) {
            prop_assert!(!verify(&bytes, &creator(1).expects()).is_verified());
        }
    }
}

/// Whether a splice left the boxes' borders where they were, outside of `ftyp` and padding.
fn top_is_same(bytes: &[u8]) -> bool {
    bytes[..36] == SIGNED[..36]
        && bytes.iter().zip(SIGNED.iter()).filter(|(a, b)| a != b).any(|(a, b)| a | b != 0)
}
