//! Attacks with heads: old ones, doubled ones, and revocations that somebody would rather not show.

use super::stage::{DAY, Of, STRANGER, Stage, T, head, revoke};
use super::{Case, case};
use crate::record::Effect;

/// The stapled head has ended, and a newer one was heard.
fn later() -> Stage {
    let mut stage = Stage::plain();
    stage.now = T + 2 * DAY;
    stage.news.push(head(1, T + 2 * DAY - 60, 60));
    stage
}

pub(super) fn cases() -> Vec<Case> {
    let plain = Stage::plain;
    vec![
        case("bytes that are no head", "head_unreadable", plain, |s| {
            s.judged().shape = |used| used.head.truncate(100);
        }),
        case("a head with a changed byte", "head_unreadable", plain, |s| {
            s.judged().shape = |used| *used.head.last_mut().unwrap() ^= 1;
        }),
        case("of another cameo", "head_of_another", plain, |s| s.judged().head.of_cameo = false),
        case("by a stranger", "head_by_stranger", plain, |s| s.judged().head.by = STRANGER),
        case("by the creator", "head_by_stranger", plain, |s| s.judged().head.by = 2),
        case("older than an hour", "head_too_old", plain, |s| s.judged().head.time = T - 3_601),
        case("younger than the clip", "head_from_the_future", plain, |s| s.judged().head.time = T + 601),
        case("for longer than a day", "head_too_long", plain, |s| s.judged().head.holds = DAY + 1),
        case("ended, and nothing newer heard", "stale", later, |s| s.news.clear()),
        case("the newest has ended", "stale", later, |s| s.news[0].holds = 30),
        case("the newest is by a stranger", "stale", later, |s| s.news[0].by = STRANGER),
        case("two heads with one number", "equivocated", plain, |s| {
            s.news = vec![head(1, T - 120, 5)];
        }),
        case("an earlier number was doubled", "equivocated", plain, |s| {
            s.news = vec![head(1, T - 400, 3), head(1, T - 401, 3)];
        }),
        case("a revocation that is not here", "hidden_revocation", later, |s| {
            let hidden = revoke(1, T + DAY, Of::Clip(0), Effect::Takedown);
            s.revokes.push(super::stage::RevokePlan { known: false, ..hidden });
        }),
        case("a head that counts fewer than there are", "hidden_revocation", later, |s| {
            s.revokes.push(revoke(1, T + DAY, Of::Cameo, Effect::Future));
            s.news[0].hides = true;
        }),
    ]
}

#[test]
fn a_revocation_that_everybody_knows_hides_nothing() {
    let mut stage = Stage::plain();
    stage.revokes.push(revoke(1, T - 800, Of::AnotherClip, Effect::Takedown));
    assert!(super::verdict(&stage.build(), stage.now).is_ok());
    stage.revokes[0].known = false;
    assert_eq!(super::verdict(&stage.build(), stage.now).unwrap_err().code(), "hidden_revocation");
}

#[test]
fn a_number_doubled_later_leaves_earlier_clips_alone() {
    let mut stage = Stage::plain();
    stage.news = vec![head(1, T + 10, 6), head(1, T + 11, 6)];
    let built = stage.build();
    assert!(super::verdict(&built, stage.now).is_ok());
    let mut set = super::ConsentSet::new(crate::NETWORK);
    for record in &built.records {
        set.handle(record);
    }
    let proof = set.equivocation(&built.cameo).unwrap();
    assert_eq!(proof.by, super::stage::id(1));
}

#[test]
fn the_next_head_counts_what_was_revoked() {
    let mut stage = Stage::plain();
    stage.revokes.push(revoke(1, T + 5, Of::Clip(0), Effect::Takedown));
    let built = stage.build();
    let mut set = super::ConsentSet::new(crate::NETWORK);
    for record in &built.records {
        set.handle(record);
    }
    let next = set.next_head(&built.cameo, T + 10).unwrap();
    assert_eq!((next.seq, next.revoked, next.next_by), (6, 1, T + 10 + DAY));
    assert_eq!(next.prev, set.head_of(&built.cameo).map(|(rid, ..)| rid));
}

#[test]
fn of_two_heads_of_one_second_the_higher_number_takes_the_register() {
    use crate::feed::{Decision, FeedSet};
    let mut stage = Stage::plain();
    stage.news = vec![head(1, T, 7), head(1, T, 8)];
    let built = stage.build();
    let heads: Vec<_> = built.records.iter().filter(|record| record.kind() == "head").cloned().collect();
    let [seven, eight] = heads.as_slice() else { panic!("two heads") };
    for order in [[seven, eight], [eight, seven]] {
        let mut set = FeedSet::default();
        let decisions = order.map(|record| set.insert(record.clone(), T + 60));
        assert!(set.contains(&eight.rid()) && !set.contains(&seven.rid()), "{decisions:?}");
        assert!(!matches!(decisions[0], Decision::Superseded(_)));
    }
}
