//! The asking side of sync: one [`Session`] with one peer, and what is remembered between sessions.
//!
//! [`Session::request`] and [`Session::answer`] alternate; an answer gives records, which are offered at the door before
//! the next request. The session sees what the door made of them through the [`Shelf`], so it never asks twice for
//! what was refused here.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::{Answer, Item, Request, Shelf, Summary, SyncFault};
use crate::ids::{AuthorId, Rid};
use crate::limits::{SYNC_AUTHORS_MAX, SYNC_IDS_MAX, SYNC_ROUNDS_MAX};

/// Ids of one page; small enough that its records follow soon.
const PAGE_IDS: usize = 1_000;
/// Most refused records remembered for one peer; beyond, the oldest ids are forgotten and may be asked for again.
const REFUSED_MAX: usize = 8_192;
/// Most walked authors remembered for one peer.
const WALKED_MAX: usize = 4_096;

/// What is worth remembering of a peer between sessions. Losing it costs traffic, never correctness.
#[derive(Clone, Debug, Default)]
pub struct Memory {
    /// The peer's summary of an author when everything of it was last walked through.
    walked: BTreeMap<AuthorId, Summary>,
    /// Records this peer gave that were not kept here.
    refused: BTreeSet<Rid>,
}

impl Memory {
    fn walked(&mut self, author: AuthorId, theirs: Summary) {
        if self.walked.len() >= WALKED_MAX {
            self.walked.pop_first();
        }
        self.walked.insert(author, theirs);
    }

    fn refuse(&mut self, rid: Rid) {
        if self.refused.len() >= REFUSED_MAX {
            self.refused.pop_first();
        }
        self.refused.insert(rid);
    }
}

/// How a session ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// Requests made.
    pub rounds: usize,
    /// Records received.
    pub records: usize,
    /// Bytes of records received.
    pub bytes: usize,
    /// Whether the session reached its end; if not, the next one goes on.
    pub complete: bool,
}

#[derive(Debug)]
enum State {
    Heads { asked: Vec<AuthorId> },
    Ids { walk: Walk },
    Records { walk: Walk, more: bool, asked: Vec<Rid>, handled: Option<usize> },
    Done,
}

/// Passage through one author's set.
#[derive(Clone, Debug)]
struct Walk {
    author: AuthorId,
    /// The peer's summary at the start.
    total: Summary,
    /// The peer's set older than `before`.
    theirs: Summary,
    /// Our set older than `before`.
    ours: Summary,
    before: Option<(u64, Rid)>,
    /// Wanted records of this page that were not asked for yet, in the order of asking.
    wanted: VecDeque<Rid>,
}

/// One exchange with one peer.
#[derive(Debug)]
pub struct Session {
    state: State,
    heads: VecDeque<Vec<AuthorId>>,
    walks: VecDeque<(AuthorId, Summary)>,
    memory: Memory,
    rounds: usize,
    records: usize,
    bytes: usize,
    complete: bool,
}

impl Session {
    /// A session about these authors. The order is the order of work: put the most important first.
    #[must_use]
    pub fn new(authors: &[AuthorId], memory: Memory) -> Self {
        let mut heads: VecDeque<Vec<AuthorId>> =
            authors.chunks(SYNC_AUTHORS_MAX).map(<[_]>::to_vec).collect();
        let state = heads.pop_front().map_or(State::Done, |asked| State::Heads { asked });
        let complete = matches!(state, State::Done);
        Self { state, heads, walks: VecDeque::new(), memory, rounds: 0, records: 0, bytes: 0, complete }
    }

    /// The request to make now; none when the session is over.
    pub fn request(&mut self, shelf: &dyn Shelf) -> Option<Request> {
        self.settle(shelf);
        if self.rounds >= SYNC_ROUNDS_MAX {
            self.state = State::Done;
        }
        let request = match &self.state {
            State::Heads { asked } => Request::Heads { authors: asked.clone() },
            State::Ids { walk } => {
                let limit = u32::try_from(PAGE_IDS).unwrap_or(u32::MAX);
                Request::Ids { author: walk.author, before: walk.before, limit }
            }
            State::Records { asked, .. } => Request::Records { rids: asked.clone() },
            State::Done => return None,
        };
        self.rounds = self.rounds.saturating_add(1);
        Some(request)
    }

    /// Takes the answer to the last request and gives the records in it, to be offered at the door before the next
    /// [`Session::request`].
    ///
    /// # Errors
    /// [`SyncFault`] when the peer breaks the rules; the session is over then.
    pub fn answer(&mut self, shelf: &dyn Shelf, answer: Answer) -> Result<Vec<Vec<u8>>, SyncFault> {
        let state = std::mem::replace(&mut self.state, State::Done);
        match (state, answer) {
            (State::Heads { asked }, Answer::Heads { heads }) => {
                self.heads(shelf, &asked, &heads)?;
                Ok(Vec::new())
            }
            (State::Ids { walk }, Answer::Ids { items, more }) => {
                self.ids(shelf, walk, &items, more)?;
                Ok(Vec::new())
            }
            (State::Records { walk, more, asked, .. }, Answer::Records { records }) => {
                let records: Vec<Vec<u8>> = records.into_iter().map(serde_bytes::ByteBuf::into_vec).collect();
                let handled = positions(shelf, &asked, &records)?;
                self.records = self.records.saturating_add(records.len());
                self.bytes = records.iter().fold(self.bytes, |sum, r| sum.saturating_add(r.len()));
                self.state = State::Records { walk, more, asked, handled: Some(handled) };
                Ok(records)
            }
            (_, Answer::Busy) => Ok(Vec::new()),
            _ => Err(SyncFault::Unrelated("another kind of answer")),
        }
    }

    /// Looks at what became of the last page of records: what came or was skipped and is still not here was refused,
    /// what lies behind the end of the page is asked for again.
    fn settle(&mut self, shelf: &dyn Shelf) {
        if !matches!(self.state, State::Records { handled: Some(_), .. }) {
            return;
        }
        let State::Records { mut walk, more, asked, handled } =
            std::mem::replace(&mut self.state, State::Done)
        else {
            return;
        };
        let (page, rest) = asked.split_at_checked(handled.unwrap_or(0)).unwrap_or((&asked, &[]));
        for rid in page.iter().filter(|rid| !shelf.settled(rid)) {
            self.memory.refuse(*rid);
        }
        for rid in rest.iter().rev().filter(|rid| !shelf.settled(rid)) {
            walk.wanted.push_front(*rid);
        }
        self.next_records(shelf, walk, more);
    }

    /// How it went, and what to give to the next session with this peer.
    #[must_use]
    pub fn finish(self) -> (Outcome, Memory) {
        let Self { rounds, records, bytes, complete, .. } = self;
        (Outcome { rounds, records, bytes, complete }, self.memory)
    }

    fn heads(&mut self, shelf: &dyn Shelf, asked: &[AuthorId], heads: &[Summary]) -> Result<(), SyncFault> {
        if heads.len() != asked.len() {
            return Err(SyncFault::Unrelated("another number of heads than authors"));
        }
        for (author, theirs) in asked.iter().zip(heads) {
            let nothing = theirs.count == 0 || *theirs == shelf.summary(author);
            if !nothing && self.memory.walked.get(author) != Some(theirs) {
                self.walks.push_back((*author, *theirs));
            }
        }
        if let Some(asked) = self.heads.pop_front() {
            self.state = State::Heads { asked };
        } else {
            self.next_walk(shelf);
        }
        Ok(())
    }

    fn next_walk(&mut self, shelf: &dyn Shelf) {
        let Some((author, theirs)) = self.walks.pop_front() else {
            self.complete = true;
            self.state = State::Done;
            return;
        };
        let ours = shelf.summary(&author);
        let walk = Walk { author, total: theirs, theirs, ours, before: None, wanted: VecDeque::new() };
        self.state = State::Ids { walk };
    }

    fn ids(
        &mut self,
        shelf: &dyn Shelf,
        mut walk: Walk,
        items: &[Item],
        more: bool,
    ) -> Result<(), SyncFault> {
        if items.len() > PAGE_IDS {
            return Err(SyncFault::TooMany { what: "ids", found: items.len(), max: PAGE_IDS });
        }
        let mut position = walk.before;
        for item in items {
            let here = (item.time, item.rid);
            if position.is_some_and(|last| here >= last) {
                return Err(SyncFault::Order);
            }
            position = Some(here);
            walk.theirs = walk.theirs.without(&item.rid);
        }
        let (first, second): (Vec<&Item>, Vec<&Item>) = items
            .iter()
            .filter(|item| !shelf.settled(&item.rid) && !self.memory.refused.contains(&item.rid))
            .partition(|item| item.safety);
        walk.wanted = first.into_iter().chain(second).map(|item| item.rid).collect();
        // Take our own part of the same stretch of time out of our rest.
        let upper = walk.before;
        let more = more && !items.is_empty();
        if more && let Some(lower) = position {
            for item in ours_between(shelf, &walk.author, upper, lower) {
                walk.ours = walk.ours.without(&item.rid);
            }
            walk.before = Some(lower);
        }
        let equal = walk.theirs == walk.ours;
        let more = more && !equal;
        self.next_records(shelf, walk, more);
        Ok(())
    }

    /// Asks for what is still wanted of this page, then for the next page, then for the next author.
    fn next_records(&mut self, shelf: &dyn Shelf, mut walk: Walk, more: bool) {
        if !walk.wanted.is_empty() {
            let count = walk.wanted.len().min(SYNC_IDS_MAX);
            let asked = walk.wanted.drain(..count).collect();
            self.state = State::Records { walk, more, asked, handled: None };
        } else if more {
            self.state = State::Ids { walk };
        } else {
            self.memory.walked(walk.author, walk.total);
            self.next_walk(shelf);
        }
    }
}

/// Our own items of one author from just below `upper` down to and including `lower`.
fn ours_between(
    shelf: &dyn Shelf,
    author: &AuthorId,
    upper: Option<(u64, Rid)>,
    lower: (u64, Rid),
) -> Vec<Item> {
    let mut found = Vec::new();
    let mut before = upper;
    loop {
        let page = shelf.ids(author, before, PAGE_IDS);
        let full = page.len() >= PAGE_IDS;
        for item in page {
            let here = (item.time, item.rid);
            if here < lower {
                return found;
            }
            before = Some(here);
            found.push(item);
        }
        if !full {
            return found;
        }
    }
}

/// How far into `asked` the page reached: one past the last record given, or everything when nothing came at all.
fn positions(shelf: &dyn Shelf, asked: &[Rid], records: &[Vec<u8>]) -> Result<usize, SyncFault> {
    let mut at = 0usize;
    for record in records {
        let rid = shelf.rid(record).ok_or(SyncFault::Malformed("record"))?;
        let rest = asked.get(at..).unwrap_or_default();
        let found = rest.iter().position(|wanted| *wanted == rid);
        let found = found.ok_or(SyncFault::Unrelated("a record that was not asked for, or out of order"))?;
        at = at.saturating_add(found).saturating_add(1);
    }
    Ok(if records.is_empty() { asked.len() } else { at })
}
