//! Attacks with lineage: what parents forbid, people who are left out, and remixes of remixes.

use super::stage::{CREATOR, REMIXER, STRANGER, Stage, T, approval, remix};
use super::{Case, case};
use crate::record::{Command, Remix, Role, Use};

/// Remixes are free, as far as the subject and the first creator say.
fn free() -> Stage {
    let mut stage = Stage::remixed();
    stage.leaf().pol.remix = Remix::Free;
    for clip in &mut stage.line {
        (clip.remix, clip.licence) = (Remix::Free, "CC-BY-4.0");
    }
    stage
}

/// The subject is no longer in the remix, and says so.
fn absent() -> Stage {
    let mut stage = Stage::remixed();
    stage.judged().role = Role::Absent;
    stage
}

fn drop_serial(used: &mut Use) {
    used.serial = 2;
}

pub(super) fn cases() -> Vec<Case> {
    let remixed = Stage::remixed;
    vec![
        case("a parent that allows none", "parent_forbids_remix", remixed, |s| s.line[0].remix = Remix::None),
        case("freer than the parent", "parent_policy_widened", remixed, |s| s.judged().remix = Remix::Free),
        case("a licence without derivatives", "licence_forbids_remix", free, |s| {
            s.line[0].licence = "CC-BY-ND-4.0";
        }),
        case("a share-alike licence that is not kept", "licence_not_kept", free, |s| {
            s.line[0].licence = "CC-BY-SA-4.0";
        }),
        case("another licence under the same policy", "licence_not_kept", remixed, |s| {
            s.judged().licence = "CC0-1.0";
        }),
        case("older than its parent", "older_than_parent", remixed, |s| {
            s.judged().time = T - 700;
            s.judged().head.time = T - 760;
        }),
        case("a person left out", "inheritance_dropped", remixed, |s| s.judged().names = false),
        case("a person left out in between", "inheritance_dropped", Stage::remixed_twice, |s| {
            s.line[1].names = false;
            s.line[2].names = false;
        }),
        case("the parent is not here", "unknown_parent", remixed, |s| s.line[0].known = false),
        case("another parent than it names", "not_in_parent", remixed, |s| {
            s.judged().tamper = |clip| clip.parents.clear();
        }),
        case("another ticket than the parent's", "not_in_parent", remixed, |s| {
            s.judged().shape = drop_serial;
        }),
        case("a parent in which the subject no longer was", "not_in_parent", Stage::remixed_twice, |s| {
            s.line[1].role = Role::Absent;
        }),
        case("the subject allows no remixes", "cameo_forbids_remix", remixed, |s| {
            s.leaf().pol.remix = Remix::None;
        }),
        case("remixes were not granted", "cameo_forbids_remix", remixed, |s| {
            s.leaf().cmd.retain(|word| *word != Command::Remix);
        }),
        case("freer than the subject allows", "remix_wider", free, |s| {
            s.leaf().pol.remix = Remix::KeepPolicy;
        }),
        case("one remix too deep", "too_deep", Stage::remixed_twice, |s| s.leaf().pol.depth = 1),
        case("a remix under a grant that ended", "expired", remixed, |s| s.leaf().exp = T + 60),
        case("a remix that nobody approved", "approval_missing", remixed, |s| s.judged().approval = None),
        case("a parent that nobody approved", "approval_missing", remixed, |s| s.line[0].approval = None),
        case("a parent with a head of yesterday", "head_too_old", remixed, |s| {
            s.line[0].head.time = T - 3_601;
        }),
        case("a remix for another purpose", "purpose_not_granted", remixed, |s| {
            s.judged().purposes = vec!["sport"];
        }),
        case("says that the subject is gone", "absence_not_approved", absent, |s| s.judged().approval = None),
        case("says for the subject that they are gone", "absence_not_approved", absent, |s| {
            s.judged().approval = Some(super::stage::ApprovalPlan { by: REMIXER, ..approval(T) });
        }),
        case("spends a ticket of another instead of inheriting", "wrong_grantee", remixed, |s| {
            s.judged().inherits = false;
            s.judged().by = STRANGER;
        }),
        case("more ancestors than are looked at", "ancestors_too_many", Stage::remixed, |s| {
            for step in 0..70 {
                let mut plain = remix(CREATOR, T + 7_200 + step);
                plain.names = false;
                plain.head.seq = 100 + step;
                s.line.push(plain);
            }
            s.now = T + 8_000;
        }),
    ]
}

#[test]
fn a_remix_without_the_subject_survives_and_what_is_made_of_it_is_free_of_them() {
    let mut stage = absent();
    stage.line.push(super::stage::ClipPlan { names: false, ..remix(CREATOR, T + 14_400) });
    stage.now = T + 14_460;
    let standing = super::verdict(&stage.build(), stage.now).unwrap();
    assert!(standing.people.is_empty(), "{standing:?}");
    stage.revokes.push(super::stage::revoke(
        1,
        T + 14_430,
        super::stage::Of::Clip(0),
        crate::record::Effect::Takedown,
    ));
    let built = stage.build();
    let mut set = super::ConsentSet::new(crate::NETWORK);
    for record in &built.records {
        set.handle(record);
    }
    let withdrawn = |n: usize| set.judge(stage.now, &built.line[n]).map(|s| s.withdrawn.is_some());
    assert_eq!(withdrawn(0), Ok(true));
    assert_eq!(withdrawn(2), Ok(false));
}

#[test]
fn a_parent_that_is_not_here_is_said() {
    let mut stage = Stage::remixed();
    (stage.line[0].known, stage.line[1].names) = (false, false);
    let built = stage.build();
    let standing = super::verdict(&built, stage.now).unwrap();
    assert_eq!(standing.unchecked_parents, vec![built.line[0].rid()]);
}
