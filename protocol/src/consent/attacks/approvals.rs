//! Attacks with approvals.

use super::stage::{CREATOR, STRANGER, Stage, T, approval, clip};
use super::{Case, case};
use crate::record::{Approval, Tickets};

/// Approved by a record of its own.
fn apart() -> Stage {
    let mut stage = Stage::plain();
    stage.leaf().pol.approval = Approval::None;
    stage
}

/// The first clip is approved, this is the second.
fn second() -> Stage {
    let mut stage = Stage::plain();
    stage.leaf().pol.approval = Approval::FirstUse;
    stage.judged().approval = None;
    stage.rivals.push(super::stage::ClipPlan { serial: 0, ..clip(CREATOR, T - 300) });
    stage.rivals[0].head.seq = 4;
    stage
}

pub(super) fn cases() -> Vec<Case> {
    let plain = Stage::plain;
    vec![
        case("nobody approved", "approval_missing", plain, |s| s.judged().approval = None),
        case("of another clip", "approval_of_another", plain, |s| s.approval().of_clip = false),
        case("by somebody else", "approval_by_stranger", plain, |s| s.approval().by = STRANGER),
        case("by the creator", "approval_by_stranger", plain, |s| s.approval().by = CREATOR),
        case("a no", "not_approved", plain, |s| s.approval().yes = false),
        case("a no that came apart", "not_approved", apart, |s| {
            let no = approval(T);
            s.judged().approval = Some(super::stage::ApprovalPlan { yes: false, stapled: false, ..no });
        }),
        case("signed after the clip", "approval_after_clip", plain, |s| s.approval().time = T + 601),
        case("ended", "approval_expired", plain, |s| s.approval().expires = Some(T - 1)),
        case("bytes that are no approval", "approval_unreadable", plain, |s| {
            s.judged().tamper = |clip| {
                let used = &mut clip.consent.as_mut().unwrap().uses[0];
                used.approval = Some(used.head.clone());
            };
        }),
        case("a first clip that nobody approved", "approval_missing", second, |s| {
            s.rivals[0].approval = None;
        }),
        case("a first clip by somebody else", "approval_missing", second, |s| s.rivals[0].by = STRANGER),
        case("the only ticket, shown to each in another clip", "approval_missing", apart, |s| {
            s.leaf().uses = Some(Tickets { first: 1, count: 1 });
            s.judged().approval = None;
        }),
    ]
}

#[test]
fn a_controller_needs_no_approval_of_another() {
    let mut stage = Stage::plain();
    stage.grants[0].body.aud = crate::record::Grantee::One(super::stage::id(1));
    stage.line[0] = clip(1, T);
    stage.judged().approval = None;
    assert!(super::verdict(&stage.build(), stage.now).is_ok());
}
