//! Attacks on those who cannot consent for themselves: minors, the dead, and people whom somebody else enrols.

use super::stage::{DAY, GUARDIAN, STRANGER, SUCCESSOR, Stage, T, by, id};
use super::{Case, case};
use crate::check::Checked;
use crate::ids::Rid;
use crate::record::{
    Approval, Approve, Audience, Body, Cameo, Directive, Open, Policy, Revoke, Status, Target,
};

fn attest(person: u8, cameo: Rid, yes: bool) -> Checked {
    by(person).sign(T - 950, Body::Approve(Approve { of: cameo, yes, expires: None })).unwrap()
}

/// A minor, whose guardian grants and approves.
fn minor() -> Stage {
    let mut stage = Stage::plain();
    stage.cameo_by = GUARDIAN;
    stage.cameo = Cameo {
        status: Status::Minor,
        open: Open::Approved,
        policy: Policy {
            allow: vec!["comedy".to_owned(), "education".to_owned()],
            audience: Audience::Followers,
            commercial: false,
            approval: Approval::EveryUse,
            ..stage.cameo.policy.clone()
        },
        controllers: vec![id(GUARDIAN)],
        attesters: vec![id(5), id(6)],
        adult_at: Some(T + 40 * DAY),
        ..stage.cameo
    };
    stage.grants[0].by = GUARDIAN;
    stage.grants[0].body.pol.allow = vec!["comedy".to_owned()];
    stage.judged().head.by = GUARDIAN;
    stage.approval().by = GUARDIAN;
    stage.more = vec![|cameo| attest(5, cameo, true), |cameo| attest(6, cameo, true)];
    stage
}

fn directive() -> Directive {
    let purposes = ["comedy", "music", "education"].map(String::from).to_vec();
    Directive { allow: true, successor: id(SUCCESSOR), wait: 30 * DAY, purposes }
}

/// The cameo that the subject signed in life, with this directive.
fn life(directive: Option<Directive>) -> Checked {
    let cameo = Cameo { directive, ..Stage::plain().cameo };
    by(1).sign(T - 400 * DAY, Body::Cameo(Box::new(cameo))).unwrap()
}

/// Dead; the successor decides as the directive says.
fn deceased() -> Stage {
    let mut stage = Stage::plain();
    (stage.cameo_by, stage.cameo_time) = (SUCCESSOR, T - 31 * DAY);
    let policy =
        Policy { allow: vec!["comedy".to_owned(), "music".to_owned()], ..stage.cameo.policy.clone() };
    stage.cameo =
        Cameo { status: Status::Deceased, life: Some(life(Some(directive())).rid()), policy, ..stage.cameo };
    stage.grants[0].by = SUCCESSOR;
    stage.grants[0].body.pol.allow = vec!["comedy".to_owned()];
    stage.judged().head.by = SUCCESSOR;
    stage.approval().by = SUCCESSOR;
    stage.more = vec![|_| life(Some(directive()))];
    stage
}

/// Alive, with a directive.
fn provident() -> Stage {
    let mut stage = Stage::plain();
    stage.cameo.directive = Some(directive());
    stage
}

/// The successor says that the subject has died.
fn notice(cameo: Rid, signer: u8, time: u64) -> Checked {
    let body = Cameo { status: Status::Deceased, life: Some(cameo), ..Stage::plain().cameo };
    by(signer).sign(time, Body::Cameo(Box::new(body))).unwrap()
}

pub(super) fn cases() -> Vec<Case> {
    let mut cases = minors();
    cases.extend(the_dead());
    cases.extend([
        case("enrolled by somebody else", "cameo_by_stranger", Stage::plain, |s| s.cameo_by = STRANGER),
        case("enrolled by a controller of their own making", "cameo_by_stranger", Stage::plain, |s| {
            s.cameo_by = STRANGER;
            s.cameo.controllers = vec![id(STRANGER)];
        }),
        case("a figure that is another's", "cameo_by_stranger", Stage::plain, |s| {
            s.cameo_by = STRANGER;
            s.cameo.status = Status::Fictional;
        }),
    ]);
    cases
}

fn minors() -> Vec<Case> {
    vec![
        case("a minor without guardian", "no_guardian", minor, |s| s.cameo.controllers.clear()),
        case("a minor who is their own guardian", "no_guardian", minor, |s| {
            s.cameo_by = 1;
            s.cameo.controllers = vec![id(1)];
        }),
        case("a minor who enrols without the guardian", "no_guardian", minor, |s| s.cameo_by = 1),
        case("a minor without birthday", "no_guardian", minor, |s| s.cameo.adult_at = None),
        case("enrolled by no guardian", "cameo_by_stranger", minor, |s| s.cameo_by = STRANGER),
        case("a guardian whom one attests", "not_attested", minor, |s| s.more.truncate(1)),
        case("a guardian whom one attester denies", "not_attested", minor, |s| {
            s.more.push(|cameo| attest(6, cameo, false));
        }),
        case("a guardian attested by nobody named", "not_attested", minor, |s| {
            s.more = vec![|cameo| attest(5, cameo, true), |cameo| attest(STRANGER, cameo, true)];
        }),
        case("a guardian who attests themselves", "not_attested", minor, |s| {
            s.cameo.attesters = vec![id(5), id(GUARDIAN)];
            s.more = vec![|cameo| attest(5, cameo, true), |cameo| attest(GUARDIAN, cameo, true)];
        }),
        case("the same attester twice", "not_attested", minor, |s| s.cameo.attesters = vec![id(5), id(5)]),
        case("a minor for everybody", "minor_policy", minor, |s| s.cameo.open = Open::Everyone),
        case("a minor for mutuals", "minor_policy", minor, |s| s.cameo.open = Open::Mutuals),
        case("a minor before the public", "minor_policy", minor, |s| {
            s.cameo.policy.audience = Audience::Public;
        }),
        case("a minor for money", "minor_policy", minor, |s| s.cameo.policy.commercial = true),
        case("a minor with fewer approvals", "minor_policy", minor, |s| {
            s.cameo.policy.approval = Approval::FirstUse;
        }),
        case("a minor in romance", "minor_policy", minor, |s| {
            s.cameo.policy.allow.push("romantic".to_owned());
        }),
        case("a minor in violence", "minor_policy", minor, |s| {
            s.cameo.policy.allow.push("violence".to_owned());
        }),
        case("a minor in politics", "minor_policy", minor, |s| {
            s.cameo.policy.allow.push("political".to_owned());
        }),
        case("a minor in advertising", "minor_policy", minor, |s| {
            s.cameo.policy.allow.push("advertising".to_owned());
        }),
        case("a minor in anything sexual", "minor_policy", minor, |s| {
            s.cameo.policy.allow.push("sexual".to_owned());
        }),
        case("a minor without the guardian's approval", "approval_missing", minor, |s| {
            s.judged().approval = None;
        }),
        case("a minor who approves themselves", "approval_by_stranger", minor, |s| s.approval().by = 1),
        case("a minor who grants themselves", "not_by_controller", minor, |s| s.grants[0].by = 1),
        case("after the birthday", "of_age", minor, |s| s.cameo.adult_at = Some(T)),
        case("a grant beyond the birthday", "of_age", minor, |s| s.cameo.adult_at = Some(T + 29 * DAY)),
    ]
}

fn the_dead() -> Vec<Case> {
    vec![
        case("the dead without directive", "no_directive", deceased, |s| s.cameo.life = None),
        case("a cameo in life that says nothing of it", "no_directive", deceased, |s| {
            s.cameo.life = Some(life(None).rid());
            s.more = vec![|_| life(None)];
        }),
        case("the cameo in life is not here", "unknown_cameo", deceased, |s| s.more.clear()),
        case("a directive that says no", "directive_denies", deceased, |s| {
            let no = || life(Some(Directive { allow: false, ..directive() }));
            s.cameo.life = Some(no().rid());
            s.more = vec![|_| life(Some(Directive { allow: false, ..directive() }))];
        }),
        case("another successor than the directive names", "cameo_by_stranger", deceased, |s| {
            s.cameo_by = STRANGER;
        }),
        case("a purpose that the directive does not name", "directive_purpose", deceased, |s| {
            s.cameo.policy.allow.push("advertising".to_owned());
        }),
        case("before the subject could object", "directive_waits", deceased, |s| s.cameo_time = T - 29 * DAY),
        case("the cameo of the living after their death", "subject_deceased", provident, |s| {
            s.more = vec![|cameo| notice(cameo, SUCCESSOR, T - 31 * DAY)];
        }),
    ]
}

#[test]
fn nobody_is_declared_dead_by_a_stranger_too_early_or_against_their_word() {
    let strangers: [fn(Rid) -> Checked; 2] =
        [|cameo| notice(cameo, STRANGER, T - 31 * DAY), |cameo| notice(cameo, SUCCESSOR, T - 29 * DAY)];
    for said in strangers {
        let mut stage = provident();
        stage.more = vec![said];
        assert!(super::verdict(&stage.build(), stage.now).is_ok());
    }
    let mut stage = provident();
    stage.more = vec![|cameo| notice(cameo, SUCCESSOR, T - 31 * DAY), |cameo| {
        let dead = notice(cameo, SUCCESSOR, T - 31 * DAY).rid();
        let answer = Revoke { cameo: dead, target: Target::Cameo, effect: crate::record::Effect::Takedown };
        by(1).sign(T - 30 * DAY, Body::Revoke(answer)).unwrap()
    }];
    assert!(super::verdict(&stage.build(), stage.now).is_ok());
}

#[test]
fn a_ward_can_always_take_back() {
    let mut stage = minor();
    stage.revokes.push(super::stage::revoke(
        1,
        T + 30,
        super::stage::Of::Cameo,
        crate::record::Effect::Takedown,
    ));
    let refused = super::verdict(&stage.build(), stage.now).unwrap_err();
    assert_eq!(refused.code(), "withdrawn");
    // The twin, so that this says something.
    stage.revokes.clear();
    assert!(super::verdict(&stage.build(), stage.now).is_ok());
}
