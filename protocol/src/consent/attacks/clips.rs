//! Attacks with the clip and its use: signature, file, prompt, spans, purposes, time.

use super::stage::{CREATOR, STRANGER, Stage, T, by, rival};
use super::{Case, case};
use crate::consent::mirrors;
use crate::ids::BlobHash;
use crate::record::{Audience, Body, Role, Use};

pub(super) fn cases() -> Vec<Case> {
    let plain = Stage::plain;
    vec![
        case("another file than was agreed", "bad_use_signature", plain, |s| {
            s.judged().tamper = |clip| clip.blob.hash = BlobHash::of(b"another film");
        }),
        case("another prompt than was agreed", "bad_use_signature", plain, |s| {
            s.judged().tamper = |clip| clip.prompt.push_str(" and robs a bank");
        }),
        case("purposes added after signing", "bad_use_signature", plain, |s| {
            s.judged().tamper = |clip| uses(clip).purposes.push("music".to_owned());
        }),
        case("a wider audience after signing", "bad_use_signature", plain, |s| {
            s.judged().tamper = |clip| uses(clip).audience = Audience::Private;
        }),
        case("a use signed by another", "bad_use_signature", plain, |s| {
            s.judged().tamper = |clip| {
                let (consent, used) = (uses(clip).clone(), first(clip).clone());
                let id = crate::consent::use_id(by(CREATOR).author_id(), clip, &consent, &used);
                first(clip).sig = by(STRANGER).sign_use(id.unwrap()).into();
            };
        }),
        case("a ticket changed after signing", "bad_use_signature", plain, |s| {
            s.judged().tamper = |clip| first(clip).serial = 2;
        }),
        case("the same cameo twice", "duplicate_use", plain, |s| {
            s.judged().tamper = |clip| {
                let copy = first(clip).clone();
                uses(clip).uses.push(copy);
            };
        }),
        case("no purpose", "no_purpose", plain, |s| s.judged().purposes.clear()),
        case("a purpose nobody knows", "unknown_purpose", plain, |s| s.judged().purposes.push("deepfakery")),
        case("a purpose in capitals", "unknown_purpose", plain, |s| s.judged().purposes = vec!["Comedy"]),
        case("news that passes for real", "hard_floor", plain, |s| {
            s.judged().purposes = vec!["news_satire", "impersonation_realistic"];
        }),
        case("a purpose that was not granted", "purpose_not_granted", plain, |s| {
            s.judged().purposes = vec!["romantic"];
        }),
        case("sexual content without a word of it", "purpose_not_granted", plain, |s| {
            s.judged().purposes = vec!["sexual"];
        }),
        case("a denied purpose", "purpose_denied", plain, |s| s.judged().purposes.push("political")),
        case("too wide an audience", "audience_too_wide", plain, |s| s.judged().audience = Audience::Public),
        case("a paid clip", "commercial_not_granted", plain, |s| s.judged().commercial = true),
        case("the voice", "voice_not_granted", plain, |s| s.judged().role = Role::Voice),
        case("face and voice", "voice_not_granted", plain, |s| s.judged().role = Role::Both),
        case("a span beyond the end", "bad_spans", plain, |s| {
            s.judged().shape = |used| used.spans = vec![(0, 4_001)];
        }),
        case("a span that is empty", "bad_spans", plain, |s| {
            s.judged().shape = |used| used.spans = vec![(9, 9)];
        }),
        case("spans that overlap", "bad_spans", plain, |s| {
            s.judged().shape = |used| used.spans = vec![(0, 2_000), (1_000, 3_000)];
        }),
        case("a clip of tomorrow", "clip_from_the_future", plain, |s| s.now = T - 601),
        case("a subject who is somebody else", "not_the_subject", plain, |s| {
            s.judged().shape = |used| used.subject = by(STRANGER).author_id();
        }),
        case("no cameo", "unknown_cameo", plain, |s| s.cameo_known = false),
        case("a ticket spent twice", "double_spent", plain, |s| s.rivals.push(rival(CREATOR))),
    ]
}

fn uses(clip: &mut crate::record::Clip) -> &mut crate::record::Consent {
    clip.consent.as_mut().unwrap()
}

fn first(clip: &mut crate::record::Clip) -> &mut Use {
    &mut uses(clip).uses[0]
}

#[test]
fn a_stranger_cannot_spend_the_ticket_of_another() {
    let mut stage = Stage::plain();
    stage.rivals.push(rival(STRANGER));
    assert!(super::verdict(&stage.build(), stage.now).is_ok());
}

#[test]
fn two_clips_with_one_ticket_prove_who_spent_it_twice() {
    let mut stage = Stage::plain();
    stage.rivals.push(rival(CREATOR));
    let built = stage.build();
    let mut set = super::ConsentSet::new(crate::NETWORK);
    assert_eq!(set.double_spend(built.grants[0], 1), None);
    for record in &built.records {
        set.handle(record);
    }
    let proof = set.double_spend(built.grants[0], 1).unwrap();
    assert_eq!(proof.by, by(CREATOR).author_id());
    assert_ne!(proof.first, proof.second);
    assert_eq!(set.double_spend(built.grants[0], 2), None);
}

#[test]
fn the_mirror_in_the_file_must_be_the_records_and_covers_no_file() {
    let stage = Stage::plain();
    let built = stage.build();
    let Body::Clip(clip) = &built.judged().record().body else { panic!("no clip") };
    let hash = crate::consent::consent_hash(clip.consent.as_ref().unwrap()).unwrap();
    assert_eq!(mirrors(clip, Some(hash)), Ok(()));
    let mut other = clip.clone();
    other.blob.hash = BlobHash::of(b"the same with a manifest in it");
    assert_eq!(
        mirrors(&other, Some(hash)),
        Ok(()),
        "the file holds the hash, so the hash cannot hold the file"
    );
    for changed in [None, Some([0; 32])] {
        assert_eq!(mirrors(clip, changed).unwrap_err().code(), "mirror_differs");
    }
    uses(&mut other).purposes.push("music".to_owned());
    assert!(mirrors(&other, Some(hash)).is_err());
    first(&mut other).serial = 2;
    assert!(mirrors(&other, Some(hash)).is_err());
}

#[test]
fn a_standing_says_who_consented_until_when_and_how_fresh() {
    let stage = Stage::plain();
    let standing = super::verdict(&stage.build(), stage.now).unwrap();
    let [person] = standing.people.as_slice() else { panic!("{standing:?}") };
    assert_eq!((person.name.as_str(), person.subject), ("Ada", by(1).author_id()));
    assert_eq!((person.until, person.heard, person.approved), (T + 30 * super::stage::DAY, T - 60, true));
    assert_eq!((person.freshness, standing.withdrawn), (crate::consent::Freshness::Fresh, None));
}
