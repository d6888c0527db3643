//! The set converges: any order, any split, any merge of one union gives the same live records.

use proptest::prelude::*;

use super::*;
use crate::record::{Address, Comment, Delete, Device, Follow, Profile, React};
use crate::testing::{author, author_with_device, root_author, rotated_author};

const NOW: u64 = 1_000_000;

fn ids(set: &FeedSet) -> Vec<Rid> {
    set.live().map(Checked::rid).collect()
}

fn fold(records: &[Checked]) -> FeedSet {
    let mut set = FeedSet::default();
    for record in records {
        set.insert(record.clone(), NOW);
    }
    set
}

fn comment(text: &str) -> Body {
    Body::Comment(Comment { on: Rid([9; 32]), text: text.to_owned() })
}

/// A union with everything that interacts: two devices, registers, deletions, a revocation, a rotation.
fn union(choices: &[(u8, u8, u8)]) -> Vec<Checked> {
    let (one, two) = (author(1), author_with_device(1, 77));
    let (root, rotated, other) = (root_author(1), rotated_author(1), author(2));
    let mut out: Vec<Checked> = Vec::new();
    for (what, time, pick) in choices {
        let time = 1_000 + u64::from(*time);
        let by = [&one, &two, &other][usize::from(*pick) % 3];
        let set = pick % 2 == 0;
        let target = out.get(usize::from(*pick) % out.len().max(1)).map_or(Rid([1; 32]), Checked::rid);
        let made = match what % 9 {
            0 => by.sign(time, comment(&format!("c{pick}"))),
            1 => by.sign(time, Body::Follow(Follow { author: AuthorId([pick % 3; 32]), set })),
            2 => by.sign(time, Body::React(React { on: Rid([pick % 3; 32]), mark: "+".to_owned(), set })),
            3 => by.sign(time, Body::Profile(Profile { name: format!("n{pick}"), bio: String::new() })),
            4 | 5 => by.sign(time, Body::Delete(Delete { targets: vec![target] })),
            6 => {
                let device = two.sign(1_000, comment("d")).unwrap().record().device;
                root.sign(time, Body::Device(Device { device, revoked_from: 1_000 + u64::from(*pick) }))
            }
            7 => rotated.sign(time, Body::Rotate),
            _ => by.sign(time, comment("same text")),
        };
        out.push(made.unwrap());
    }
    out
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// per_node_limits and friends: nodes that saw the same records show the same records.
    #[test]
    fn any_order_gives_the_same_set(
        (records, shuffled) in prop::collection::vec((any::<u8>(), 0u8..40, any::<u8>()), 1..24)
            .prop_map(|c| union(&c))
            .prop_flat_map(|r| (Just(r.clone()), Just(r).prop_shuffle())),
    ) {
        prop_assert_eq!(ids(&fold(&records)), ids(&fold(&shuffled)));
        // Two nodes with halves that then exchange everything.
        let (left, right) = shuffled.split_at(shuffled.len() / 2);
        let (mut a, mut b) = (fold(left), fold(right));
        right.iter().for_each(|r| { a.insert(r.clone(), NOW); });
        left.iter().for_each(|r| { b.insert(r.clone(), NOW); });
        prop_assert_eq!(ids(&a), ids(&b));
        // And a second offer changes nothing.
        records.iter().for_each(|r| { a.insert(r.clone(), NOW); });
        prop_assert_eq!(ids(&a), ids(&b));
    }
}

#[test]
fn whole_list_wipe() {
    // Two devices of one author each follow somebody while offline: both edges survive.
    let (one, two) = (author(1), author_with_device(1, 77));
    let follow = |who| Body::Follow(Follow { author: AuthorId([who; 32]), set: true });
    let set = fold(&[one.sign(10, follow(5)).unwrap(), two.sign(10, follow(6)).unwrap()]);
    assert_eq!(set.live().count(), 2);
}

#[test]
fn removal_beats_addition_at_the_same_second() {
    let by = author(1);
    let edge = |set| by.sign(10, Body::Follow(Follow { author: AuthorId([5; 32]), set })).unwrap();
    for records in [[edge(true), edge(false)], [edge(false), edge(true)]] {
        assert_eq!(ids(&fold(&records)), [edge(false).rid()]);
    }
}

#[test]
fn a_deletion_that_comes_first_still_counts_and_only_for_the_author() {
    let (by, stranger) = (author(1), author(2));
    let said = by.sign(10, comment("hello")).unwrap();
    let delete = |who: &crate::check::Author| {
        who.sign(11, Body::Delete(Delete { targets: vec![said.rid()] })).unwrap()
    };
    let mut set = fold(&[delete(&by)]);
    assert!(matches!(set.insert(said.clone(), NOW), Decision::Hide(Hidden::Deleted(_))));
    assert_eq!(set.insert(said.clone(), NOW), Decision::Known, "a deleted body is never asked for again");
    assert!(fold(&[said.clone(), delete(&stranger)]).contains(&said.rid()), "a stranger deleted it");
}

#[test]
fn restore_then_post() {
    // A key restored on an empty store publishes; those who know its past accept it.
    let by = author(1);
    let mut known = fold(&[by.sign(10, comment("before")).unwrap()]);
    let restored = author(1).sign(20, comment("after")).unwrap();
    assert_eq!(known.insert(restored, NOW), Decision::Keep { evict: None });
}

#[test]
fn a_revoked_device_keeps_its_past_and_loses_its_future() {
    let (one, two, root) = (author(1), author_with_device(1, 77), root_author(1));
    let early = two.sign(10, comment("early")).unwrap();
    let late = two.sign(30, comment("late")).unwrap();
    let revoke = Body::Device(Device { device: late.record().device, revoked_from: 20 });
    let set = fold(&[
        early.clone(),
        late.clone(),
        root.sign(40, revoke).unwrap(),
        one.sign(30, comment("x")).unwrap(),
    ]);
    assert!(set.contains(&early.rid()) && !set.contains(&late.rid()));
    assert_eq!(set.live().count(), 3);
}

#[test]
fn a_rotation_beats_the_stolen_root() {
    let (stolen, rotated) = (author(1), rotated_author(1));
    let before = stolen.sign(10, comment("mine")).unwrap();
    let rotate = rotated.sign(20, Body::Rotate).unwrap();
    let thief = stolen.sign(30, comment("thief")).unwrap();
    let own = rotated.sign(30, comment("still me")).unwrap();
    let set = fold(&[thief.clone(), before.clone(), rotate, own.clone()]);
    assert!(set.contains(&before.rid()) && set.contains(&own.rid()) && !set.contains(&thief.rid()));
    assert_eq!(own.author(), before.author(), "the author outlives its first key");
}

#[test]
fn the_future_is_held_not_refused() {
    let ahead = author(1).sign(NOW + FUTURE_SECONDS_MAX + 1, comment("soon")).unwrap();
    let mut set = FeedSet::default();
    assert_eq!(set.insert(ahead.clone(), NOW), Decision::Hold { until: ahead.time() });
    assert!(matches!(set.insert(ahead, NOW + 10), Decision::Keep { .. }));
}

/// A full set, as the rules see it, without making fifty thousand records.
struct Full(FeedSet);

impl View for Full {
    type Error = Infallible;
    fn seen(&self, rid: &Rid) -> Result<bool, Infallible> {
        self.0.seen(rid)
    }
    fn register(&self, slot: &Slot) -> Result<Option<Rank>, Infallible> {
        self.0.register(slot)
    }
    fn is_live(&self, rid: &Rid) -> Result<bool, Infallible> {
        self.0.is_live(rid)
    }
    fn deleted_by(&self, author: &AuthorId, rid: &Rid) -> Result<Option<Rid>, Infallible> {
        self.0.deleted_by(author, rid)
    }
    fn revoked_from(&self, author: &AuthorId, device: &DeviceKey) -> Result<Option<u64>, Infallible> {
        self.0.revoked_from(author, device)
    }
    fn rotations(&self, author: &AuthorId) -> Result<Vec<(usize, u64)>, Infallible> {
        self.0.rotations(author)
    }
    fn stored(&self, author: &AuthorId, safety: bool) -> Result<Stored, Infallible> {
        let (_, oldest) = self.0.stored(author, safety)?;
        Ok((if safety { AUTHOR_SAFETY_RECORDS_MAX } else { AUTHOR_RECORDS_MAX }, oldest))
    }
}

#[test]
fn the_newest_of_an_author_are_kept() {
    let by = author(1);
    let said = |time| by.sign(time, comment("x")).unwrap();
    let full = Full(fold(&[said(100), said(200)]));
    let Ok(newer) = decide(&full, &said(150), NOW);
    assert_eq!(newer, Decision::Keep { evict: Some(said(100).rid()) });
    let Ok(older) = decide(&full, &said(99), NOW);
    assert_eq!(older, Decision::OverQuota);
    let Ok(delete) =
        decide(&full, &by.sign(9, Body::Delete(Delete { targets: vec![Rid([1; 32])] })).unwrap(), NOW);
    assert_eq!(delete, Decision::OverQuota, "nothing that takes away is evicted, so the class has an end");
}

#[test]
fn renewing_an_evicted_edge_costs_a_place() {
    // The register of an evicted edge stays taken. Its renewal is a record more, and not a replacement for nothing.
    let by = author(1);
    let edge = |time, set| by.sign(time, Body::Follow(Follow { author: AuthorId([5; 32]), set })).unwrap();
    let said = by.sign(100, comment("x")).unwrap();
    let mut set = fold(&[edge(10, true), said.clone()]);
    let Ok(renewed) = decide(&Full(set.clone()), &edge(200, true), NOW);
    assert_eq!(renewed, Decision::Replace(edge(10, true).rid()), "a live edge gives its own place");
    set.live.remove(&edge(10, true).rid());
    let Ok(renewed) = decide(&Full(set.clone()), &edge(200, true), NOW);
    assert_eq!(renewed, Decision::Keep { evict: Some(said.rid()) });
    let Ok(older) = decide(&Full(set), &edge(50, true), NOW);
    assert_eq!(older, Decision::OverQuota);
}

#[test]
fn an_address_is_one_register_for_each_node() {
    let by = author(1);
    let at = |node, time, socket: &str| {
        let transport = crate::ids::TransportKey([node; 32]);
        by.sign(time, Body::Address(Address { transport, sockets: vec![socket.to_owned()], until: 99 }))
            .unwrap()
    };
    let set = fold(&[at(1, 10, "a:1"), at(2, 11, "b:1"), at(1, 12, "a:2")]);
    assert_eq!(set.live().count(), 2);
}
