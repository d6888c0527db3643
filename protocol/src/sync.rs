//! Sync: how a node catches up with what it missed, by asking.
//!
//! Gossip carries what is new to those who are there; sync carries the rest. One node asks, the other answers from
//! what it stores and keeps no state between questions: [`Request`] and [`Answer`] are the wire messages (postcard),
//! [`answer`] is the whole answering side, [`Session`] the asking side. Both ask, each for the authors it follows and
//! for itself, so that differences flow both ways.
//! Pages run from the newest record to the oldest and safety records come first in each, so that a newcomer sees
//! today before last year and never fetches what was deleted. An author's set is compared by a [`Summary`]: count
//! and sum of ids. The sum can be taken apart again, which lets the asking side stop as soon as everything older than
//! the page is known to be equal. Every list, round and byte is bounded. See `specs/sync.md`.

use serde::{Deserialize, Serialize};

use crate::ids::{AuthorId, Rid};
use crate::limits::{RECORD_BYTES_MAX, SYNC_AUTHORS_MAX, SYNC_IDS_MAX, SYNC_PAGE_BYTES_MAX};

mod session;
#[cfg(test)]
mod tests;

pub use session::{Memory, Outcome, Session};

/// libp2p protocol name; the version of the messages is part of it.
pub const PROTOCOL: &str = "/kinora/sync/1";
/// Largest encoded request: a full list of ids and its framing, in bytes.
pub const REQUEST_BYTES_MAX: usize = 80 * 1024;
/// Largest encoded answer: a full page of records and its framing, in bytes.
pub const ANSWER_BYTES_MAX: usize = SYNC_PAGE_BYTES_MAX + 32 * 1024;

/// What one node asks another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Request {
    /// Introduces the asker by its signed `address` record; empty when it gives none.
    Hello {
        /// The signed record, at most [`RECORD_BYTES_MAX`] bytes.
        #[serde(with = "serde_bytes")]
        address: Vec<u8>,
    },
    /// Summaries of these authors' sets, in this order.
    Heads {
        /// At most [`SYNC_AUTHORS_MAX`].
        authors: Vec<AuthorId>,
    },
    /// Ids of one author's records, newest first.
    Ids {
        /// Whose.
        author: AuthorId,
        /// Only records strictly older than this position.
        before: Option<(u64, Rid)>,
        /// At most this many, and never more than [`SYNC_IDS_MAX`].
        limit: u32,
    },
    /// Whole records, in this order, as many as fit one page.
    Records {
        /// At most [`SYNC_IDS_MAX`].
        rids: Vec<Rid>,
    },
}

/// What comes back: the variant of the same name, or that the other is busy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Answer {
    /// The answerer's own signed `address` record; empty when it gives none.
    Hello {
        /// The signed record.
        #[serde(with = "serde_bytes")]
        address: Vec<u8>,
    },
    /// One summary for each author asked about; all zero for an unknown author.
    Heads {
        /// In the order asked.
        heads: Vec<Summary>,
    },
    /// A page of ids.
    Ids {
        /// Strictly descending by `(time, rid)`.
        items: Vec<Item>,
        /// Whether older ones exist.
        more: bool,
    },
    /// The records found, in the order asked, each as it was signed. A prefix of what was found when the page is full.
    Records {
        /// Signed bytes.
        records: Vec<serde_bytes::ByteBuf>,
    },
    /// Too much is asked at once; ask again later.
    Busy,
}

/// Place of one record in an author's set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Item {
    /// Unix seconds, as the author says.
    pub time: u64,
    /// The record.
    pub rid: Rid,
    /// Whether it is of a safety kind (`rotate device delete revoke grant`), to be fetched first.
    pub safety: bool,
}

/// Count and sum of the ids in a set; the sum is modulo 2²⁵⁶, ids as little-endian numbers.
///
/// Equal sets have equal summaries. An author who tries hard can make two of its own sets collide, which hides
/// records of that author only, and only until another peer is asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Summary {
    /// How many.
    pub count: u64,
    /// Sum of the ids, little-endian.
    pub sum: [u8; 32],
}

impl Summary {
    /// With `rid` in the set.
    #[must_use]
    pub fn with(mut self, rid: &Rid) -> Self {
        let mut carry = 0u16;
        for (ours, theirs) in self.sum.iter_mut().zip(rid.as_bytes()) {
            let total = u16::from(*ours).wrapping_add(u16::from(*theirs)).wrapping_add(carry);
            let [low, high] = total.to_le_bytes();
            *ours = low;
            carry = u16::from(high);
        }
        self.count = self.count.wrapping_add(1);
        self
    }

    /// With `rid` taken out of the set.
    #[must_use]
    pub fn without(mut self, rid: &Rid) -> Self {
        let mut borrow = false;
        for (ours, theirs) in self.sum.iter_mut().zip(rid.as_bytes()) {
            let (once, under) = ours.overflowing_sub(*theirs);
            let (twice, again) = once.overflowing_sub(u8::from(borrow));
            *ours = twice;
            borrow = under || again;
        }
        self.count = self.count.wrapping_sub(1);
        self
    }

    /// Of all `rids`.
    #[must_use]
    pub fn of<'a>(rids: impl IntoIterator<Item = &'a Rid>) -> Self {
        rids.into_iter().fold(Self::default(), |summary, rid| summary.with(rid))
    }
}

/// What both sides read of the local store.
pub trait Shelf {
    /// Summary of exactly the ids that [`Shelf::ids`] lists for this author.
    fn summary(&self, author: &AuthorId) -> Summary;
    /// Ids of this author strictly before a position, newest first by `(time, rid)`.
    fn ids(&self, author: &AuthorId, before: Option<(u64, Rid)>, limit: usize) -> Vec<Item>;
    /// Whether there is nothing to gain from this record: it is stored, deleted or superseded here.
    fn settled(&self, rid: &Rid) -> bool;
    /// Id of a signed record, whatever it holds; none when the bytes are no envelope at all.
    fn rid(&self, signed: &[u8]) -> Option<Rid>;
    /// The signed bytes of a record that is live here.
    fn record(&self, rid: &Rid) -> Option<Vec<u8>>;
}

/// A message of the other side that breaks the rules. The exchange ends; nothing of the message is used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SyncFault {
    /// The bytes are not a message.
    #[error("the {0} is not a sync message")]
    Malformed(&'static str),
    /// A list or page is longer than allowed.
    #[error("{found} {what} where at most {max} are allowed")]
    TooMany {
        /// What.
        what: &'static str,
        /// How many came.
        found: usize,
        /// The bound.
        max: usize,
    },
    /// The answer does not belong to the request.
    #[error("the answer does not belong to the request: {0}")]
    Unrelated(&'static str),
    /// Ids out of order, repeated, or outside the page asked for.
    #[error("the page of ids is out of order")]
    Order,
}

impl SyncFault {
    /// A stable word for logs.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Malformed(_) => "sync_malformed",
            Self::TooMany { .. } => "sync_too_many",
            Self::Unrelated(_) => "sync_unrelated",
            Self::Order => "sync_order",
        }
    }
}

const fn bound(what: &'static str, found: usize, max: usize) -> Result<(), SyncFault> {
    if found > max { Err(SyncFault::TooMany { what, found, max }) } else { Ok(()) }
}

impl Request {
    /// The bytes on the wire.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        postcard::to_stdvec(self).unwrap_or_default()
    }

    /// Reads a request and checks its bounds.
    ///
    /// # Errors
    /// [`SyncFault`] when it is not a request or asks for too much.
    pub fn decode(bytes: &[u8]) -> Result<Self, SyncFault> {
        bound("bytes of request", bytes.len(), REQUEST_BYTES_MAX)?;
        let (request, rest): (Self, _) =
            postcard::take_from_bytes(bytes).map_err(|_| SyncFault::Malformed("request"))?;
        if !rest.is_empty() {
            return Err(SyncFault::Malformed("request"));
        }
        match &request {
            Self::Hello { address } => bound("bytes of address", address.len(), RECORD_BYTES_MAX)?,
            Self::Heads { authors } => bound("authors", authors.len(), SYNC_AUTHORS_MAX)?,
            Self::Records { rids } => bound("ids", rids.len(), SYNC_IDS_MAX)?,
            Self::Ids { .. } => {}
        }
        Ok(request)
    }
}

impl Answer {
    /// The bytes on the wire.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        postcard::to_stdvec(self).unwrap_or_default()
    }

    /// Reads an answer and checks its bounds.
    ///
    /// # Errors
    /// [`SyncFault`] when it is not an answer or holds too much.
    pub fn decode(bytes: &[u8]) -> Result<Self, SyncFault> {
        bound("bytes of answer", bytes.len(), ANSWER_BYTES_MAX)?;
        let (answer, rest): (Self, _) =
            postcard::take_from_bytes(bytes).map_err(|_| SyncFault::Malformed("answer"))?;
        if !rest.is_empty() {
            return Err(SyncFault::Malformed("answer"));
        }
        match &answer {
            Self::Hello { address } => bound("bytes of address", address.len(), RECORD_BYTES_MAX)?,
            Self::Heads { heads } => bound("heads", heads.len(), SYNC_AUTHORS_MAX)?,
            Self::Ids { items, .. } => bound("ids", items.len(), SYNC_IDS_MAX)?,
            Self::Records { records } => {
                bound("records", records.len(), SYNC_IDS_MAX)?;
                let total = records.iter().fold(0usize, |sum, r| sum.saturating_add(r.len()));
                bound("bytes of records", total, SYNC_PAGE_BYTES_MAX)?;
                for record in records {
                    bound("bytes of record", record.len(), RECORD_BYTES_MAX)?;
                }
            }
            Self::Busy => {}
        }
        Ok(answer)
    }
}

/// Answers one request from what is stored. `address` is this node's own signed `address` record, or empty.
#[must_use]
pub fn answer(shelf: &dyn Shelf, address: &[u8], request: &Request) -> Answer {
    match request {
        Request::Hello { .. } => Answer::Hello { address: address.to_vec() },
        Request::Heads { authors } => {
            let heads = authors.iter().take(SYNC_AUTHORS_MAX).map(|author| shelf.summary(author)).collect();
            Answer::Heads { heads }
        }
        Request::Ids { author, before, limit } => {
            let limit = usize::try_from(*limit).unwrap_or(SYNC_IDS_MAX).clamp(1, SYNC_IDS_MAX);
            let mut items = shelf.ids(author, *before, limit.saturating_add(1));
            let more = items.len() > limit;
            items.truncate(limit);
            Answer::Ids { items, more }
        }
        Request::Records { rids } => {
            let mut records = Vec::new();
            let mut total = 0usize;
            for rid in rids.iter().take(SYNC_IDS_MAX) {
                let Some(bytes) = shelf.record(rid) else { continue };
                total = total.saturating_add(bytes.len());
                if total > SYNC_PAGE_BYTES_MAX {
                    break;
                }
                records.push(serde_bytes::ByteBuf::from(bytes));
            }
            Answer::Records { records }
        }
    }
}
