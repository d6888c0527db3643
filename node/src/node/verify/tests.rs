//! Every state of a clip's file, with the verdict and the standing that follow.

use kinora_protocol::api::ClipState;
use kinora_protocol::job::inspect::{ClipFacts, Media};
use kinora_protocol::recipe::Format;
use kinora_protocol::record::BlobRef;

use super::*;
use crate::keystore::Keystore;

const FORMAT: Format = Format { width: 64, height: 48, fps: 12, frames: 24 };
const SIZE: u64 = 900;

/// A clip as a stored record.
fn stored() -> Checked {
    let clip = Clip {
        title: "fog".to_owned(),
        ..Clip::new(BlobRef { hash: BlobHash([3; 32]), size: SIZE }, FORMAT, [7; 8].into())
    };
    let folder = tempfile::tempdir().unwrap();
    let home = crate::home::Home::open(folder.path()).unwrap();
    let keys = Keystore::open_or_create(&home, None, 7).unwrap();
    keys.author().sign(1_800_000_000, Body::Clip(Box::new(clip))).unwrap()
}

fn inspected(media: Media) -> Inspected {
    let checks = vec![Check::pass(CheckName::Container, "boxes"), Check::pass(CheckName::Decode, "all")];
    Inspected { media: Some(media), checks, ..Inspected::default() }
}

fn complete(size: u64, media: Media) -> Option<BlobState> {
    Facts::of(size, &inspected(media)).map(BlobState::Complete)
}

fn clip(format: Format) -> Media {
    Media::Clip(ClipFacts { format, sample_rate: 24_000, channels: 1, fragments: 2 })
}

#[test]
fn every_state_of_a_file_has_its_verdict_and_its_standing() {
    let refused = |reason: &str| BlobState::Refused { reason: reason.to_owned() };
    let ended = BlobState::Uninspected { reason: "could not be inspected: it crashed".to_owned() };
    let cases = [
        (complete(SIZE, clip(FORMAT)), Verdict::Verified, ClipState::Ready, "the signature holds"),
        (
            complete(SIZE + 1, clip(FORMAT)),
            Verdict::Altered,
            ClipState::Withheld,
            "the record says 900 bytes",
        ),
        (
            complete(SIZE, clip(Format { frames: 25, ..FORMAT })),
            Verdict::Altered,
            ClipState::Withheld,
            "the record says 64×48 and 24 frames",
        ),
        (
            complete(SIZE, Media::Poster { width: 64, height: 48 }),
            Verdict::Altered,
            ClipState::Withheld,
            "the file is a still",
        ),
        (Some(refused("no MP4")), Verdict::Altered, ClipState::Withheld, "no MP4"),
        (Some(ended), Verdict::Unverified, ClipState::Withheld, "could not be inspected"),
        (Some(BlobState::Sized(SIZE + 7)), Verdict::Altered, ClipState::Withheld, "the file has 907"),
        (Some(BlobState::Sized(SIZE)), Verdict::Unverified, ClipState::Missing, "is not here"),
        (Some(BlobState::Wanted), Verdict::Unverified, ClipState::Missing, "is not here"),
        (None, Verdict::Unverified, ClipState::Missing, "is not here"),
    ];
    let record = stored();
    let clip = clip_of(&record).unwrap();
    for (state, verdict, standing, says) in cases {
        let checks = known_checks((&record, clip), state.as_ref(), None, false);
        assert_eq!(verdict::of(&checks), verdict, "{state:?}: {checks:?}");
        assert!(reason(&checks).contains(says), "{state:?}: {}", reason(&checks));
        assert_eq!(views::clip_state(state.as_ref(), clip, verdict, false), standing, "{state:?}");
        assert!(checks.is_sorted_by_key(|check| check.name), "{checks:?}");
    }
    let fetching = known_checks((&record, clip), Some(&BlobState::Wanted), None, true);
    assert!(reason(&fetching).contains("on the way"));
    assert_eq!(
        views::clip_state(Some(&BlobState::Wanted), clip, Verdict::Unverified, true),
        ClipState::Fetching
    );
}

#[test]
fn the_mark_that_was_read_at_arrival_is_held_against_the_record() {
    let record = stored();
    let said = clip_of(&record).unwrap();
    let arrived = |tag: Option<[u8; 8]>| {
        let mut found = inspected(clip(FORMAT));
        found.tag = tag.map(Into::into);
        found.checks.push(verdict::mark(tag, None));
        let state = Facts::of(SIZE, &found).map(BlobState::Complete);
        let checks = known_checks((&record, said), state.as_ref(), None, false);
        let mark = checks.iter().find(|check| check.name == CheckName::Mark).unwrap().state;
        (mark, verdict::of(&checks), reason(&checks))
    };
    let mut other = *said.tag;
    other[0] ^= 1;
    let (mark, verdict, _) = arrived(Some(*said.tag));
    assert_eq!((mark, verdict), (CheckState::Pass, Verdict::Verified));
    let (mark, verdict, _) = arrived(None);
    assert_eq!((mark, verdict), (CheckState::None, Verdict::Verified));
    let (mark, verdict, why) = arrived(Some(other));
    assert_eq!((mark, verdict), (CheckState::Warn, Verdict::Unverified));
    assert!(why.contains("the mark of another clip"), "{why}");
}

#[test]
fn a_still_that_is_no_poster_is_no_file_of_a_clip() {
    assert_eq!(Facts::of(SIZE, &inspected(Media::Still { width: 3, height: 2 })), None);
    let against = against(&stored(), clip_of(&stored()).unwrap(), SIZE, &Inspected::default());
    assert_eq!(verdict::of(&against), Verdict::Unverified, "nothing was found out: {against:?}");
}
