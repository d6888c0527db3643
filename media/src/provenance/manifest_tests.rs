//! What our manifests say and how large they are; remixes carry their parents, and their parents' faults.

use kinora_protocol::ids::{BlobHash, Rid};

use super::fixtures::{CLIP, SIGNED, creator, failing, parent, plain, verdict};
use super::walk::walk;
use super::{Expected, Ingredient, Mark, Role, SealError, State, Statement, inspect, seal, verify};
use crate::probe;

#[test]
fn a_clip_is_signed_and_verifies_and_still_plays() {
    assert_eq!(verdict(&SIGNED), Vec::<&str>::new());
    assert_eq!(probe(&SIGNED).unwrap(), probe(&CLIP).unwrap());
    let found = verify(&SIGNED, &creator(1).expects());
    let claims = found.claims.unwrap();
    assert_eq!(claims.generator.as_str(), concat!("Kinora ", env!("CARGO_PKG_VERSION")));
    assert_eq!((claims.agent.as_str(), claims.title.as_str()), ("pocket-v1", "a red fox"));
    assert_eq!(claims.issuer.as_str(), "Kinora creator");
    assert_eq!(claims.sources[0].as_str(), "trainedAlgorithmicMedia");
    assert_eq!(claims.actions[0].as_str(), "c2pa.created");
}

#[test]
fn a_manifest_stays_small_generation_after_generation() {
    // The goal is 6 KB a generation; the number of the day is printed by the example `provenance`.
    let creators = [creator(1), creator(2), creator(3)];
    let mut before = CLIP.clone();
    let (mut sealed, mut lineage, mut size) = (SIGNED.clone(), vec![creators[0].issuer()], 0);
    for maker in &creators {
        let manifest = walk(&sealed).unwrap().manifest.unwrap();
        assert!(manifest.len() - size < 6_000, "{} bytes after {size}", manifest.len());
        size = manifest.len();
        let ingredients = [parent(&sealed)];
        before.extend(super::fixtures::boxed(b"uuid", &[7; 20]));
        let statement = Statement { ingredients: &ingredients, lineage: &lineage, ..plain() };
        let next = maker.seal(&before, &statement);
        lineage.push(maker.issuer());
        sealed = next;
    }
}

#[test]
fn a_remix_is_verified_under_the_authors_of_its_lineage_and_no_others() {
    let (first, second) = (creator(1), creator(2));
    let (ingredients, lineage, parents) = ([parent(&SIGNED)], [first.issuer()], [Rid([5; 32])]);
    let statement = Statement { ingredients: &ingredients, lineage: &lineage, parents: &parents, ..plain() };
    let remix = second.seal(&CLIP, &statement);
    let expected = Expected { lineage: &lineage, parents: &parents, ..second.expects() };
    let found = verify(&remix, &expected);
    assert!(found.is_verified(), "{found:#?}");
    assert_eq!(found.state("lineage"), State::Pass);
    let claims = found.claims.unwrap();
    assert_eq!(claims.actions.iter().map(|a| a.as_str()).collect::<Vec<_>>(), ["c2pa.opened", "c2pa.edited"]);
    assert_eq!(claims.sources[0].as_str(), "compositeWithTrainedAlgorithmicMedia");
    assert_eq!(claims.ingredients[0].as_str(), "the parent");
    // Without the parent's author the remix is still its own author's, and the parent's is unknown.
    let unknown = verify(&remix, &Expected { lineage: &[], ..expected });
    assert_eq!((unknown.state("lineage"), failing(&unknown)), (State::Warn, Vec::new()), "{unknown:#?}");
    // Under the parent's author alone it is nobody's.
    let wrong = verify(&remix, &Expected { issuer: first.issuer(), ..expected });
    assert_eq!(failing(&wrong), ["issuer", "author", "record"]);
    // Other parents than the record's.
    assert_eq!(failing(&verify(&remix, &Expected { parents: &[], ..expected })), ["record"]);
}

#[test]
fn a_remix_of_a_tampered_parent_says_so_for_ever() {
    let second = creator(2);
    let mut tampered = SIGNED.clone();
    let last = tampered.len() - 1;
    tampered[last] ^= 1;
    let (ingredients, lineage) = ([parent(&tampered)], [creator(1).issuer()]);
    let statement = Statement { ingredients: &ingredients, lineage: &lineage, ..plain() };
    let refused = seal(&CLIP, &statement, &second.credential, &|m| second.device.sign(m)).unwrap_err();
    assert!(matches!(&refused, SealError::Unsound(why) if why.contains("lineage")), "{refused:?}");
}

#[test]
fn inputs_and_components_are_named_without_their_content() {
    let hash = BlobHash::of(b"a still of somebody");
    let still = |role, title| Ingredient { role, title, clip: None, hash };
    let ingredients = [
        still(Role::Input, "first frame"),
        Ingredient { role: Role::Component, ..parent(&SIGNED) },
        still(Role::Input, "reference"),
    ];
    let lineage = [creator(1).issuer()];
    let statement = Statement { ingredients: &ingredients, lineage: &lineage, ..plain() };
    let clip = creator(1).seal(&CLIP, &statement);
    let found = verify(&clip, &Expected { lineage: &lineage, ..creator(1).expects() });
    assert!(found.is_verified(), "{found:#?}");
    let claims = found.claims.unwrap();
    assert_eq!(
        claims.actions.iter().map(|a| a.as_str()).collect::<Vec<_>>(),
        ["c2pa.created", "c2pa.placed"]
    );
    assert_eq!(claims.ingredients.len(), 3);
    let twice = [parent(&SIGNED), parent(&SIGNED)];
    let statement = Statement { ingredients: &twice, ..plain() };
    let maker = creator(1);
    let refused = seal(&CLIP, &statement, &maker.credential, &|m| maker.device.sign(m));
    assert_eq!(refused, Err(SealError::Parents));
}

#[test]
fn consent_and_mark_are_the_records_or_the_clip_fails() {
    let mark = Mark { algorithm: "wm.1", tag: [1, 2, 3, 4, 5, 6, 7, 8] };
    let statement = Statement { consent: Some([3; 32]), mark: Some(mark), ..plain() };
    let clip = creator(1).seal(&CLIP, &statement);
    let expected = Expected { consent: Some([3; 32]), tag: Some(mark.tag), ..creator(1).expects() };
    assert!(verify(&clip, &expected).is_verified());
    for consent in [None, Some([4; 32])] {
        assert_eq!(failing(&verify(&clip, &Expected { consent, ..expected })), ["consent"]);
    }
    for tag in [None, Some([0; 8])] {
        assert_eq!(failing(&verify(&clip, &Expected { tag, ..expected })), ["mark"]);
    }
    // Every record has a tag; files from elsewhere carry no mark, and their manifests speak of none.
    let bare = verify(&SIGNED, &expected);
    assert_eq!((failing(&bare), bare.state("mark")), (vec!["consent"], State::None));
    let camera = Expected { synthetic: false, ..expected };
    assert_eq!(failing(&verify(&clip, &camera)), ["source"]);
}

#[test]
fn a_clip_from_elsewhere_is_its_own_parent_and_nothing_is_said_of_how_it_was_made() {
    let maker = creator(1);
    let itself = [parent(&CLIP)];
    let statement = Statement { made: None, ingredients: &itself, ..plain() };
    let clip = maker.seal(&CLIP, &statement);
    let found = verify(&clip, &Expected { synthetic: false, ..maker.expects() });
    assert!(found.is_verified() && !found.says_generated(), "{found:#?}");
    assert_eq!(found.state("source"), State::None);
    let claims = found.claims.unwrap();
    assert_eq!(
        claims.actions.iter().map(|a| a.as_str()).collect::<Vec<_>>(),
        ["c2pa.opened", "c2pa.published"]
    );
    assert_eq!(failing(&verify(&clip, &maker.expects())), ["source"]);
    let orphan = Statement { made: None, ..plain() };
    let refused = seal(&CLIP, &orphan, &maker.credential, &|m| maker.device.sign(m));
    assert_eq!(refused, Err(SealError::Parents));
}

#[test]
fn a_generated_clip_that_was_brought_in_stays_generated() {
    let (first, second) = (creator(1), creator(2));
    let (itself, lineage) = ([parent(&SIGNED)], [first.issuer()]);
    let statement = Statement { made: None, ingredients: &itself, lineage: &lineage, ..plain() };
    let clip = second.seal(&SIGNED, &statement);
    let expected = Expected { lineage: &lineage, ..second.expects() };
    assert_eq!(verify(&clip, &expected).state("source"), State::Pass);
    assert_eq!(verify(&clip, &Expected { synthetic: false, ..expected }).state("source"), State::Warn);
}

#[test]
fn nothing_is_known_of_a_stranger_but_what_it_says() {
    let found = inspect(&SIGNED);
    assert_eq!((found.state("content"), found.state("issuer")), (State::Pass, State::Warn));
    assert!(!found.is_verified());
    let bare = inspect(&CLIP);
    assert_eq!((bare.state("manifest"), bare.claims), (State::None, None));
    assert_eq!(verdict(&CLIP), ["manifest"]);
}

#[test]
fn a_manifest_tells_the_hour_and_nothing_of_the_machine() {
    let text = String::from_utf8_lossy(&SIGNED).into_owned();
    assert!(text.contains("2026-09-21T14:00:00Z"), "the hour of the statement");
    for word in ["linux", "Linux", "ubuntu", "x86", "operating", std::env!("CARGO_MANIFEST_DIR")] {
        assert!(!text.contains(word), "{word}");
    }
}

#[test]
fn the_label_stands_where_players_look_and_is_written_once() {
    let position = |needle: &[u8]| SIGNED.windows(needle.len()).position(|w| w == needle);
    let author = creator(1).issuer().author.to_string();
    for needle in
        [b"AIGC".as_slice(), b"\"Label\":\"1\"", b"\"ReservedCode2\":\"\"", b"\xa9too", author.as_bytes()]
    {
        assert!(position(needle).is_some(), "{}", needle.escape_ascii());
    }
    let maker = creator(1);
    let again = seal(&SIGNED, &plain(), &maker.credential, &|m| maker.device.sign(m));
    assert_eq!(again, Err(SealError::Labelled));
}
