//! Attacks with grants: who gave them, to whom, for how long, and what delegation may not do.

use super::stage::{CREATOR, DAY, DELEGATE, REMIXER, STRANGER, Stage, T, by, grant, id, rival};
use super::{Case, case};
use crate::check::Checked;
use crate::record::{Approval, Audience, Body, Command, Follow, Grantee, Open, Remix, Role, Tickets};

/// Open to everybody, one grant for all.
fn open() -> Stage {
    let mut stage = Stage::plain();
    (stage.leaf().aud, stage.leaf().uses) = (Grantee::Everyone, None);
    stage
}

fn follows(who: u8, whom: u8, time: u64, set: bool) -> Checked {
    by(who).sign(time, Body::Follow(Follow { author: id(whom), set })).unwrap()
}

/// Open to mutuals, and they are.
fn mutual() -> Stage {
    let mut stage = open();
    stage.leaf().aud = Grantee::Mutuals;
    stage.more = vec![|_| follows(1, CREATOR, T - 5_000, true), |_| follows(CREATOR, 1, T - 4_000, true)];
    stage
}

/// The voice, granted.
fn voiced() -> Stage {
    let mut stage = Stage::delegated();
    for grant in &mut stage.grants {
        grant.body.cmd.push(Command::Voice);
        grant.body.pol.voice = true;
    }
    stage.judged().role = Role::Both;
    stage
}

pub(super) fn cases() -> Vec<Case> {
    let mut cases = plain_cases();
    cases.extend(delegation_cases());
    cases.extend(against_the_cameo());
    cases
}

fn plain_cases() -> Vec<Case> {
    let plain = Stage::plain;
    vec![
        case("no grant", "unknown_grant", plain, |s| s.grants[0].known = false),
        case("a grant of another cameo", "grant_of_another_cameo", plain, |s| s.grants[0].of_cameo = false),
        case("granted to oneself", "self_granted", plain, |s| s.grants[0].by = CREATOR),
        case("granted by a stranger", "not_by_controller", plain, |s| s.grants[0].by = STRANGER),
        case("for somebody else", "wrong_grantee", plain, |s| s.leaf().aud = Grantee::One(id(STRANGER))),
        case("ended", "expired", plain, |s| s.leaf().exp = T - 1),
        case("not begun", "not_yet_valid", plain, |s| s.leaf().nbf = T + 1),
        case("signed after the clip", "grant_after_clip", plain, |s| s.grants[0].time = T + 601),
        case("for longer than a year", "grant_too_long", plain, |s| {
            s.leaf().exp = s.leaf().nbf + 366 * DAY + 1;
        }),
        case("may not publish", "command_missing", plain, |s| s.leaf().cmd = vec![Command::Generate]),
        case("may not render", "command_missing", plain, |s| s.leaf().cmd = vec![Command::Publish]),
        case("a ticket too far", "serial_out_of_range", plain, |s| s.judged().serial = 3),
        case("tickets that begin later", "serial_out_of_range", plain, |s| {
            s.leaf().uses = Some(Tickets { first: 2, count: 3 });
        }),
        case("the voice in the policy but not in the commands", "voice_not_granted", voiced, |s| {
            s.leaf().cmd.retain(|word| *word != Command::Voice);
        }),
        case("a closed cameo", "not_open", plain, |s| s.cameo.open = Open::OnlyMe),
        case("everybody, of a cameo for named people", "not_open", open, |s| s.cameo.open = Open::Mutuals),
        case("mutuals, of a cameo for named people", "not_open", mutual, |s| s.cameo.open = Open::Approved),
        case("the creator does not follow back", "not_mutual", mutual, |s| s.more.truncate(1)),
        case("the subject follows no longer", "not_mutual", mutual, |s| {
            s.more.push(|_| follows(1, CREATOR, T - 3_000, false));
        }),
    ]
}

fn delegation_cases() -> Vec<Case> {
    let delegated = Stage::delegated;
    vec![
        case("the grant above is missing", "unknown_grant", delegated, |s| s.grants[0].known = false),
        case("given on by somebody else", "broken_chain", delegated, |s| s.grants[1].by = STRANGER),
        case("the grant above is for everybody", "broken_chain", delegated, |s| {
            (s.grants[0].body.aud, s.grants[0].body.uses) = (Grantee::Everyone, None);
        }),
        case("not to be given on", "not_delegable", delegated, |s| {
            s.grants[0].body.cmd.retain(|word| *word != Command::Delegate);
        }),
        case("given on too often", "chain_too_long", delegated, |s| {
            let last = s.grants.pop().unwrap();
            for _ in 0..3 {
                let mut link = grant(DELEGATE, DELEGATE);
                link.body.cmd.push(Command::Delegate);
                s.grants.push(link);
            }
            s.grants.push(last);
        }),
        case("another command", "widened_command", delegated, |s| s.leaf().cmd.push(Command::Voice)),
        case("another purpose", "widened_purpose", delegated, |s| {
            s.leaf().pol.allow.push("sport".to_owned());
        }),
        case("a denial left out", "widened_purpose", delegated, |s| s.leaf().pol.deny.clear()),
        case("a wider audience", "widened_audience", delegated, |s| s.leaf().pol.audience = Audience::Public),
        case("longer", "widened_time", delegated, |s| s.leaf().exp += 1),
        case("earlier", "widened_time", delegated, |s| s.leaf().nbf -= 1),
        case("more tickets", "widened_uses", delegated, |s| {
            s.leaf().uses = Some(Tickets { first: 1, count: 3 });
        }),
        case("tickets without number", "widened_uses", delegated, |s| s.leaf().uses = None),
        case("the voice", "widened_voice", delegated, |s| s.leaf().pol.voice = true),
        case("freer remixes", "widened_remix", delegated, |s| s.leaf().pol.remix = Remix::Free),
        case("deeper remixes", "widened_depth", delegated, |s| s.leaf().pol.depth += 1),
        case("for money", "widened_commercial", delegated, |s| s.leaf().pol.commercial = true),
        case("fewer approvals", "widened_approval", delegated, |s| {
            s.leaf().pol.approval = Approval::FirstUse;
        }),
        case("the same tickets for two", "overlapping_tickets", delegated, |s| {
            let mut other = grant(DELEGATE, REMIXER);
            other.body.uses = Some(Tickets { first: 2, count: 1 });
            s.beside.push(other);
        }),
        case("a ticket that was given on", "double_spent", Stage::plain, |s| {
            s.leaf().cmd.push(Command::Delegate);
            let mut given = grant(CREATOR, REMIXER);
            given.body.uses = Some(Tickets { first: 1, count: 1 });
            s.beside.push(given);
        }),
    ]
}

fn against_the_cameo() -> Vec<Case> {
    let plain = Stage::plain;
    vec![
        case("a purpose the cameo has not", "widened_purpose", plain, |s| s.cameo.policy.allow.clear()),
        case("a denial of the cameo left out", "widened_purpose", plain, |s| {
            s.cameo.policy.deny.push("sport".to_owned());
        }),
        case("a wider audience than the cameo's", "widened_audience", plain, |s| {
            s.cameo.policy.audience = Audience::Private;
        }),
        case("the voice of a cameo without", "widened_voice", voiced, |s| s.cameo.policy.voice = false),
        case("remixes of a cameo without", "widened_remix", plain, |s| s.cameo.policy.remix = Remix::None),
        case("fewer approvals than the cameo's", "widened_approval", plain, |s| {
            s.cameo.policy.approval = Approval::FirstUse;
            s.leaf().pol.approval = Approval::None;
        }),
    ]
}

#[test]
fn next_ticket_is_the_first_that_no_clip_spent() {
    let mut stage = Stage::plain();
    stage.rivals.push(super::stage::ClipPlan { serial: 0, ..rival(CREATOR) });
    let built = stage.build();
    let mut set = super::ConsentSet::new(crate::NETWORK);
    for record in &built.records {
        set.handle(record);
    }
    assert_eq!(set.next_serial(built.grants[0], id(CREATOR), &[]), Some(2));
    assert_eq!(set.next_serial(built.grants[0], id(CREATOR), &[(built.grants[0], 2)]), None);
    assert_eq!(set.next_serial(built.grants[0], id(STRANGER), &[]), Some(0));
    assert_eq!(set.next_serial(built.cameo, id(CREATOR), &[]), None);
}

#[test]
fn what_may_be_made_is_what_is_taken_later() {
    use crate::consent::{ConsentSet, Wish};
    let wish = Wish {
        cameo: Stage::plain().build().cameo,
        creator: id(CREATOR),
        role: Role::Face,
        purposes: vec!["comedy".to_owned()],
        audience: Audience::Followers,
        commercial: false,
        reserved: Vec::new(),
    };
    let stage = Stage::plain();
    let mut set = ConsentSet::new(crate::NETWORK);
    for record in &stage.build().records {
        set.handle(record);
    }
    let permit = set.permit(T + 60, &wish).unwrap();
    assert_eq!((permit.serial, permit.needs_approval), (0, true));
    for (changed, now, code) in [
        (Wish { creator: id(STRANGER), ..wish.clone() }, T, "wrong_grantee"),
        (Wish { purposes: vec!["sport".to_owned()], ..wish.clone() }, T, "purpose_not_granted"),
        (Wish { role: Role::Voice, ..wish.clone() }, T, "voice_not_granted"),
        (Wish { cameo: crate::ids::Rid(id(1).0), ..wish.clone() }, T, "unknown_cameo"),
        (wish, T + 3_600, "head_too_old"),
    ] {
        assert_eq!(set.permit(now, &changed).unwrap_err().code(), code);
    }
}
