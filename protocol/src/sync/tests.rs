//! A seeded network of two or three shelves: loss, repetition, reordering and restarts; every run must converge.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::limits::SYNC_ROUNDS_MAX;

/// A shelf in memory. A "record" is its id followed by padding; a `Delete` names one target.
#[derive(Clone, Default)]
struct Fake {
    kept: BTreeMap<AuthorId, BTreeMap<(u64, Rid), Entry>>,
    places: BTreeMap<Rid, (AuthorId, u64)>,
    gone: std::collections::BTreeSet<Rid>,
    refuses: std::collections::BTreeSet<Rid>,
}

#[derive(Clone)]
struct Entry {
    safety: bool,
    deletes: Option<Rid>,
    size: usize,
}

impl Fake {
    fn put(&mut self, author: AuthorId, time: u64, rid: Rid, entry: Entry) {
        if self.gone.contains(&rid) || self.refuses.contains(&rid) {
            return;
        }
        if let Some(target) = entry.deletes {
            self.gone.insert(target);
            self.kept.entry(author).or_default().retain(|(_, r), _| *r != target);
            self.places.remove(&target);
        }
        self.places.insert(rid, (author, time));
        self.kept.entry(author).or_default().insert((time, rid), entry);
    }

    fn find(&self, rid: &Rid) -> Option<(AuthorId, u64, Entry)> {
        let (author, time) = *self.places.get(rid)?;
        Some((author, time, self.kept.get(&author)?.get(&(time, *rid))?.clone()))
    }

    fn ids_all(&self) -> Vec<Rid> {
        self.kept.values().flat_map(|set| set.keys().map(|(_, rid)| *rid)).collect()
    }
}

impl Shelf for Fake {
    fn summary(&self, author: &AuthorId) -> Summary {
        self.kept.get(author).map_or_else(Summary::default, |set| Summary::of(set.keys().map(|(_, rid)| rid)))
    }
    fn ids(&self, author: &AuthorId, before: Option<(u64, Rid)>, limit: usize) -> Vec<Item> {
        let Some(set) = self.kept.get(author) else { return Vec::new() };
        let all = set.iter().rev().filter(|(at, _)| before.is_none_or(|b| **at < b));
        all.take(limit).map(|((time, rid), e)| Item { time: *time, rid: *rid, safety: e.safety }).collect()
    }
    fn settled(&self, rid: &Rid) -> bool {
        self.gone.contains(rid) || self.find(rid).is_some()
    }
    fn rid(&self, signed: &[u8]) -> Option<Rid> {
        signed.get(..32).and_then(|b| b.try_into().ok()).map(Rid)
    }
    fn record(&self, rid: &Rid) -> Option<Vec<u8>> {
        let (_, _, entry) = self.find(rid)?;
        let mut bytes = rid.0.to_vec();
        bytes.resize(entry.size.max(32), 7);
        Some(bytes)
    }
}

/// SplitMix64: enough for a simulator.
struct Dice(u64);
impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % sides.max(1)
    }
}

fn rid(n: u64) -> Rid {
    Rid(*blake3::hash(&n.to_le_bytes()).as_bytes())
}

const A: AuthorId = AuthorId([1; 32]);
const B: AuthorId = AuthorId([2; 32]);

fn plain(size: usize) -> Entry {
    Entry { safety: false, deletes: None, size }
}

/// The record as the answering side stores it, by id: what the door would decode.
type World = BTreeMap<Rid, (AuthorId, u64, Entry)>;

/// Runs one session of `asker` against `giver`; `dice` loses, repeats and shuffles.
fn run(
    asker: &mut Fake,
    giver: &Fake,
    world: &World,
    memory: Memory,
    dice: Option<&mut Dice>,
) -> (Outcome, Memory) {
    let mut session = Session::new(&[A, B], memory);
    let mut dice = dice;
    while let Some(request) = session.request(asker) {
        let request = Request::decode(&request.encode()).unwrap();
        if let Some(dice) = dice.as_deref_mut()
            && dice.roll(10) == 0
        {
            break; // the answer is lost and the session with it
        }
        let answer = Answer::decode(&answer(giver, &[], &request).encode()).unwrap();
        let mut records = session.answer(asker, answer).unwrap();
        if let Some(dice) = dice.as_deref_mut() {
            if dice.roll(2) == 0 {
                records.reverse();
            }
            if dice.roll(3) == 0 {
                records.extend(records.clone());
            }
            if dice.roll(8) == 0 && !records.is_empty() {
                // The process dies between answer and door.
                break;
            }
        }
        for record in records {
            let id = asker.rid(&record).unwrap();
            let (author, time, entry) = world[&id].clone();
            asker.put(author, time, id, entry);
        }
    }
    session.finish()
}

fn world(seed: u64, count: u64) -> World {
    let mut dice = Dice(seed);
    let mut world = World::new();
    for n in 0..count {
        let author = if dice.roll(2) == 0 { A } else { B };
        let deletes = (n > 3 && dice.roll(8) == 0).then(|| rid(dice.roll(n)));
        let size = 100 + usize::try_from(dice.roll(4000)).unwrap();
        // Only the author deletes, and deletions stay.
        let deletes = deletes.filter(|t| world.get(t).is_some_and(|(a, _, e)| *a == author && !e.safety));
        let entry = Entry { safety: deletes.is_some(), deletes, size };
        world.insert(rid(n), (author, 1_000 + dice.roll(50), entry));
    }
    world
}

#[test]
fn two_shelves_converge_under_loss_repetition_and_reordering() {
    for seed in 0..40 {
        let world = world(seed, 120);
        let mut dice = Dice(seed ^ 0xabcd);
        let (mut left, mut right) = (Fake::default(), Fake::default());
        for (id, (author, time, entry)) in &world {
            match dice.roll(3) {
                0 => left.put(*author, *time, *id, entry.clone()),
                1 => right.put(*author, *time, *id, entry.clone()),
                _ => {
                    left.put(*author, *time, *id, entry.clone());
                    right.put(*author, *time, *id, entry.clone());
                }
            }
        }
        let (mut ml, mut mr) = (Memory::default(), Memory::default());
        for _ in 0..60 {
            ml = run(&mut left, &right.clone(), &world, ml, Some(&mut dice)).1;
            mr = run(&mut right, &left.clone(), &world, mr, Some(&mut dice)).1;
            // A restart forgets; it must not matter.
            if dice.roll(5) == 0 {
                ml = Memory::default();
            }
        }
        assert_eq!(left.ids_all(), right.ids_all(), "seed {seed}");
        assert_eq!(left.summary(&A), right.summary(&A));
    }
}

#[test]
fn equal_shelves_need_one_round_and_no_bytes() {
    let world = world(7, 200);
    let mut left = Fake::default();
    for (id, (author, time, entry)) in &world {
        left.put(*author, *time, *id, entry.clone());
    }
    let right = left.clone();
    let (outcome, _) = run(&mut left, &right, &world, Memory::default(), None);
    assert_eq!((outcome.rounds, outcome.records, outcome.complete), (1, 0, true));
}

#[test]
fn a_short_absence_reads_one_page_of_a_long_history() {
    let mut world = World::new();
    let (mut old, mut new) = (Fake::default(), Fake::default());
    for n in 0..20_000 {
        world.insert(rid(n), (A, n, plain(300)));
        new.put(A, n, rid(n), plain(300));
        if n < 19_990 {
            old.put(A, n, rid(n), plain(300));
        }
    }
    let (outcome, _) = run(&mut old, &new, &world, Memory::default(), None);
    assert_eq!(outcome, Outcome { rounds: 3, records: 10, bytes: 3_000, complete: true });
}

#[test]
fn a_cold_join_is_newest_first_and_bounded_in_rounds() {
    let mut world = World::new();
    let mut full = Fake::default();
    for n in 0..30_000 {
        world.insert(rid(n), (A, n, plain(400)));
    }
    for (id, (author, time, entry)) in &world {
        full.put(*author, *time, *id, entry.clone());
    }
    let mut empty = Fake::default();
    let (outcome, _) = run(&mut empty, &full, &world, Memory::default(), None);
    assert!(outcome.rounds <= SYNC_ROUNDS_MAX && !outcome.complete, "{outcome:?}");
    let oldest = empty.kept[&A].keys().next().unwrap().0;
    assert_eq!(empty.kept[&A].len() as u64, 30_000 - oldest, "no holes behind the newest");
    assert!(outcome.bytes <= SYNC_ROUNDS_MAX * SYNC_PAGE_BYTES_MAX);
}

#[test]
fn deletions_come_before_what_they_delete_and_prune_loop_ends() {
    let mut world = World::new();
    for n in 0..50 {
        world.insert(rid(n), (A, 100, plain(200)));
    }
    let delete = Entry { safety: true, deletes: Some(rid(3)), size: 150 };
    // The same second, so only the class decides the order.
    world.insert(rid(900), (A, 100, delete.clone()));
    let mut full = Fake::default();
    let mut pruned = Fake::default();
    for (id, (author, time, entry)) in &world {
        full.put(*author, *time, *id, entry.clone());
    }
    // A careless peer still lists what was deleted.
    full.kept.get_mut(&A).unwrap().insert((100, rid(3)), plain(200));
    let (outcome, memory) = run(&mut pruned, &full, &world, Memory::default(), None);
    assert!(outcome.complete && !pruned.ids_all().contains(&rid(3)));
    assert_eq!(pruned.ids_all().len(), 50);
    // It is re-offered for ever; the second reconciliation is empty.
    let (again, _) = run(&mut pruned, &full, &world, memory, None);
    assert_eq!((again.rounds, again.records), (1, 0));
}

#[test]
fn what_is_refused_here_is_not_asked_for_twice() {
    let mut world = World::new();
    let mut full = Fake::default();
    for n in 0..10 {
        world.insert(rid(n), (A, n, plain(200)));
        full.put(A, n, rid(n), plain(200));
    }
    let mut picky = Fake { refuses: [rid(4), rid(5)].into(), ..Fake::default() };
    let (first, memory) = run(&mut picky, &full, &world, Memory::default(), None);
    assert_eq!(first.records, 10);
    // Something new changes the summary: the page is read again, the refused records are not.
    world.insert(rid(77), (A, 77, plain(200)));
    full.put(A, 77, rid(77), plain(200));
    let (second, _) = run(&mut picky, &full, &world, memory, None);
    assert_eq!(second.records, 1);
}

#[test]
fn answers_that_break_the_rules_end_the_session() {
    let shelf = Fake::default();
    let page = |items: &[(u64, u64)]| {
        let items = items.iter().map(|(time, n)| Item { time: *time, rid: rid(*n), safety: false }).collect();
        Answer::Ids { items, more: true }
    };
    let at_ids = || {
        let mut session = Session::new(&[A], Memory::default());
        assert!(session.request(&shelf).is_some());
        let head = Summary { count: 9, sum: [1; 32] };
        session.answer(&shelf, Answer::Heads { heads: vec![head] }).unwrap();
        assert!(matches!(session.request(&shelf), Some(Request::Ids { .. })));
        session
    };
    assert_eq!(at_ids().answer(&shelf, page(&[(1, 1), (2, 2)])), Err(SyncFault::Order));
    assert_eq!(at_ids().answer(&shelf, page(&[(1, 1), (1, 1)])), Err(SyncFault::Order));
    assert!(matches!(at_ids().answer(&shelf, Answer::Heads { heads: vec![] }), Err(SyncFault::Unrelated(_))));
    let mut session = at_ids();
    session.answer(&shelf, page(&[(9, 9)])).unwrap();
    assert!(matches!(session.request(&shelf), Some(Request::Records { .. })));
    let stranger = Answer::Records { records: vec![serde_bytes::ByteBuf::from(rid(8).0.to_vec())] };
    assert!(matches!(session.answer(&shelf, stranger), Err(SyncFault::Unrelated(_))));
    assert!(session.request(&shelf).is_none(), "the session is over");
    let mut session = Session::new(&[A, B], Memory::default());
    assert!(session.request(&shelf).is_some());
    let short = session.answer(&shelf, Answer::Heads { heads: vec![Summary::default()] });
    assert!(matches!(short, Err(SyncFault::Unrelated(_))));
}

#[test]
fn bounds_of_messages_hold_in_both_directions() {
    let full = Request::Records { rids: vec![Rid([255; 32]); SYNC_IDS_MAX] };
    assert_eq!(Request::decode(&full.encode()), Ok(full));
    let items = vec![Item { time: u64::MAX, rid: Rid([255; 32]), safety: true }; SYNC_IDS_MAX];
    let page = Answer::Ids { items, more: true };
    assert_eq!(Answer::decode(&page.encode()), Ok(page));
    let many = Request::Records { rids: vec![Rid([0; 32]); SYNC_IDS_MAX + 1] };
    assert!(matches!(Request::decode(&many.encode()), Err(SyncFault::TooMany { .. })));
    let fat = Answer::Records { records: vec![serde_bytes::ByteBuf::from(vec![0; RECORD_BYTES_MAX + 1])] };
    assert!(matches!(Answer::decode(&fat.encode()), Err(SyncFault::TooMany { .. })));
    let long = Request::Hello { address: vec![1; RECORD_BYTES_MAX + 1] };
    assert!(matches!(Request::decode(&long.encode()), Err(SyncFault::TooMany { .. })));
}

proptest! {
    #[test]
    fn summaries_do_not_depend_on_order_and_come_apart(mut ids in prop::collection::vec(any::<[u8; 32]>(), 0..40)) {
        let forth = Summary::of(&ids.iter().copied().map(Rid).collect::<Vec<_>>());
        ids.reverse();
        let back = Summary::of(&ids.iter().copied().map(Rid).collect::<Vec<_>>());
        prop_assert_eq!(forth, back);
        let empty = ids.iter().fold(forth, |s, id| s.without(&Rid(*id)));
        prop_assert_eq!(empty, Summary::default());
    }

    #[test]
    fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..600)) {
        let request = Request::decode(&bytes);
        let answered = Answer::decode(&bytes);
        if let Ok(request) = request {
            prop_assert_eq!(Request::decode(&request.encode()), Ok(request));
        }
        if let Ok(answered) = answered {
            let shelf = Fake::default();
            let mut session = Session::new(&[A], Memory::default());
            prop_assert!(session.request(&shelf).is_some());
            drop(session.answer(&shelf, answered));
        }
    }
}
