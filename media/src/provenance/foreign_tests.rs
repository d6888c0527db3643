//! Files of other makers: what they say is shown, nobody is trusted, and hostile ones end quickly.

use super::fixtures::{boxed, creator, failing, top};
use super::walk::{WalkFault, walk};
use super::{Role, SealError, State, Statement, inspect, seal, verify};

/// H.264 with a manifest of the c2pa-rs tests; see `media/fixtures/README.md`.
const VIDEO: &[u8] = include_bytes!("../../fixtures/video1.mp4");
const NESTED: &[u8] = include_bytes!("../../fixtures/nested_moov_1000.mp4");

#[test]
fn a_file_of_another_maker_says_who_signed_it_with_what() {
    let found = inspect(VIDEO);
    let claims = found.claims.clone().unwrap();
    for (name, state) in [
        ("structure", State::Pass),
        ("manifest", State::Pass),
        ("content", State::Pass),
        ("signature", State::Pass),
        ("issuer", State::Warn),
    ] {
        assert_eq!(found.state(name), state, "{name}: {found:#?}");
    }
    assert!(!found.is_verified());
    let issuer = found.checks.iter().find(|c| c.name == "issuer").unwrap();
    assert!(issuer.detail.as_str().starts_with("unknown issuer: "), "{}", issuer.detail);
    assert!(!claims.issuer.is_empty() && !claims.generator.is_empty(), "{claims:#?}");
}

#[test]
fn a_changed_file_of_another_maker_says_so() {
    let mut changed = VIDEO.to_vec();
    changed[VIDEO.windows(4).position(|w| w == b"mdat").unwrap() + 100] ^= 1;
    assert_eq!(failing(&inspect(&changed)), ["content"]);
}

#[test]
fn a_file_of_another_maker_is_nobodys_clip() {
    let failed = failing(&verify(VIDEO, &creator(1).expects()));
    for name in ["issuer", "author", "record"] {
        assert!(failed.contains(&name), "{failed:?}");
    }
}

#[test]
fn a_stripped_file_says_nothing() {
    let mut without = VIDEO.to_vec();
    let start = walk(VIDEO).unwrap().manifest.unwrap().start;
    let at = without[..start].windows(4).rposition(|w| w == b"uuid").unwrap();
    without[at..at + 4].copy_from_slice(b"free");
    let found = inspect(&without);
    assert_eq!((found.state("manifest"), failing(&found)), (State::None, Vec::new()), "{found:#?}");
}

#[test]
fn user_data_ends_with_a_box_or_with_four_zero_bytes() {
    let file = |data: &[u8]| {
        let brand = boxed(b"ftyp", b"isom\0\0\0\0");
        [brand, boxed(b"moov", &boxed(b"udta", data))].concat()
    };
    let quicktime = [boxed(b"skip", b"x"), vec![0; 4]].concat();
    // The last box is zeros to its end: it was taken for the end of the user data once.
    for data in [boxed(b"skip", &[0; 81]), boxed(b"skip", b"x"), quicktime] {
        assert_eq!(walk(&file(&data)).map(|layout| layout.boxes), Ok(4), "{data:?}");
    }
}

#[test]
fn a_thousand_boxes_inside_each_other_are_refused() {
    let refused = walk(NESTED).unwrap_err();
    assert!(matches!(refused, WalkFault::TooDeep | WalkFault::Boxes(_)), "{refused}");
    assert_eq!(failing(&inspect(NESTED)), ["structure"]);
}

#[test]
fn a_remix_of_a_strangers_file_carries_it_and_warns() {
    let maker = creator(1);
    let ingredients = [super::fixtures::parent(VIDEO)];
    assert_eq!(ingredients[0].role, Role::Parent);
    let clip = maker
        .seal(&super::fixtures::CLIP, &Statement { ingredients: &ingredients, ..super::fixtures::plain() });
    let found = verify(&clip, &maker.expects());
    assert_eq!((found.state("lineage"), found.is_verified()), (State::Warn, true), "{found:#?}");
}

#[test]
fn padding_at_the_end_is_dropped_and_padding_inside_is_refused() {
    let (maker, clip) = (creator(1), &super::fixtures::CLIP);
    let sign =
        |bytes: &[u8]| seal(bytes, &super::fixtures::plain(), &maker.credential, &|m| maker.device.sign(m));
    let padded = [&clip[..], &boxed(b"free", &[7; 1_000]), &boxed(b"mfra", &[])].concat();
    assert!(verify(&sign(&padded).unwrap(), &maker.expects()).is_verified());
    let boxes = top(clip);
    let (before, after) = clip.split_at(boxes[1].1.start);
    let inside = [before, &boxed(b"free", &[7; 1_000]), after].concat();
    assert!(matches!(sign(&inside), Err(SealError::Uncovered { .. })));
}
