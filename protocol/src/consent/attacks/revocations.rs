//! What was taken back, and who thinks that it was not.

use super::stage::{CREATOR, DELEGATE, Of, REMIXER, STRANGER, Stage, T, revoke};
use super::{Case, case};
use crate::record::Effect::{Future, Takedown};

pub(super) fn cases() -> Vec<Case> {
    let (plain, remixed) = (Stage::plain, Stage::remixed);
    vec![
        case("a revoked cameo", "revoked", plain, |s| s.revokes.push(revoke(1, T - 1, Of::Cameo, Future))),
        case("revoked in the second of the clip", "revoked", plain, |s| {
            s.revokes.push(revoke(1, T, Of::Cameo, Future));
        }),
        case("a revoked grant", "revoked", plain, |s| {
            s.revokes.push(revoke(1, T - 500, Of::Grant(0), Future));
        }),
        case("a revoked grant above", "revoked", Stage::delegated, |s| {
            s.revokes.push(revoke(1, T - 500, Of::Grant(0), Future));
        }),
        case("a grant that its issuer took back", "revoked", Stage::delegated, |s| {
            s.revokes.push(revoke(DELEGATE, T - 500, Of::Grant(1), Future));
        }),
        case("a remix after its parent was closed", "revoked", remixed, |s| {
            s.revokes.push(revoke(1, T + 60, Of::Clip(0), Future));
        }),
        case("a remix after its parent's use was closed", "revoked", remixed, |s| {
            s.revokes.push(revoke(1, T + 60, Of::Use(0), Future));
        }),
        case("a cameo taken down", "withdrawn", plain, |s| {
            s.revokes.push(revoke(1, T + 30, Of::Cameo, Takedown));
        }),
        case("a grant taken down", "withdrawn", plain, |s| {
            s.revokes.push(revoke(1, T + 30, Of::Grant(0), Takedown));
        }),
        case("a grant above taken down", "withdrawn", Stage::delegated, |s| {
            s.revokes.push(revoke(1, T + 30, Of::Grant(0), Takedown));
        }),
        case("a use taken down", "withdrawn", plain, |s| {
            s.revokes.push(revoke(1, T + 30, Of::Use(0), Takedown));
        }),
        case("a clip taken down", "withdrawn", plain, |s| {
            s.revokes.push(revoke(1, T + 30, Of::Clip(0), Takedown));
        }),
        case("the clip it was made of taken down", "withdrawn", remixed, |s| {
            s.revokes.push(revoke(1, T + 7_230, Of::Clip(0), Takedown));
        }),
        case("the first of three taken down", "withdrawn", Stage::remixed_twice, |s| {
            s.revokes.push(revoke(1, T + 14_430, Of::Clip(0), Takedown));
        }),
        case("the use in the first of three taken down", "withdrawn", Stage::remixed_twice, |s| {
            s.revokes.push(revoke(1, T + 14_430, Of::Use(0), Takedown));
        }),
    ]
}

#[test]
fn only_who_may_takes_back() {
    for (person, of) in [
        (STRANGER, Of::Cameo),
        (CREATOR, Of::Cameo),
        (STRANGER, Of::Grant(0)),
        (REMIXER, Of::Clip(0)),
        (CREATOR, Of::Use(0)),
    ] {
        for effect in [Future, Takedown] {
            let mut stage = Stage::plain();
            stage.revokes.push(revoke(person, T - 500, of, effect));
            let verdict = super::verdict(&stage.build(), stage.now);
            assert!(verdict.is_ok(), "{person} took back what is not theirs: {verdict:?}");
        }
    }
    // Below: the delegate may not take back the grant that it was given.
    let mut stage = Stage::delegated();
    stage.revokes.push(revoke(DELEGATE, T - 500, Of::Grant(0), Takedown));
    assert!(super::verdict(&stage.build(), stage.now).is_ok());
}

#[test]
fn what_is_revoked_for_the_future_leaves_what_is_there() {
    for of in [Of::Cameo, Of::Grant(0), Of::Use(0), Of::Clip(0)] {
        let mut stage = Stage::plain();
        stage.revokes.push(revoke(1, T + 30, of, Future));
        assert!(super::verdict(&stage.build(), stage.now).is_ok());
    }
}

#[test]
fn the_parent_stays_when_only_the_remix_is_taken_down() {
    let mut stage = Stage::remixed();
    stage.revokes.push(revoke(1, T + 7_230, Of::Clip(1), Takedown));
    let built = stage.build();
    let mut set = super::ConsentSet::new(crate::NETWORK);
    for record in &built.records {
        set.handle(record);
    }
    assert_eq!(set.judge(stage.now, &built.line[0]).unwrap().withdrawn, None);
    assert!(set.judge(stage.now, &built.line[1]).unwrap().withdrawn.is_some());
}
