//! Fetching: which blobs to get, when, and from whom to take no more.
//!
//! A pure queue. It is told what is wanted, when peers appear and how attempts end; it says what to start now and
//! when to look again. It never touches a network or a clock: times are milliseconds of any clock that does not run
//! backwards. Nothing is fetched that is larger than its class allows, nothing from a provider that gave wrong bytes.

use std::collections::{BTreeMap, BTreeSet};

use crate::ids::{BlobHash, TransportKey};
use crate::limits::{CLIP_AUTO_FETCH_BYTES_MAX, CLIP_BYTES_MAX, POSTER_BYTES_MAX};

#[cfg(test)]
mod tests;

/// Most blobs in the queue. What does not fit is offered again by the store when there is room.
pub const WANTS_MAX: usize = 4_096;
/// Most attempts at a time.
pub const RUNNING_MAX: usize = 3;
/// Most providers barred for one blob; beyond, the blob is given up.
pub const BARRED_MAX: usize = 16;
/// Wait after the first failure, in milliseconds; it doubles with each further one.
const BACKOFF_MILLIS: u64 = 1_000;
/// Longest wait, in milliseconds.
const BACKOFF_MILLIS_MAX: u64 = 300_000;

/// What a blob is for: decides its order and how large it may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    /// The user asked for this clip and waits.
    Asked,
    /// The still of a clip.
    Poster,
    /// A clip of somebody followed.
    Clip,
}

impl Class {
    /// Largest blob of this class, in bytes.
    #[must_use]
    pub const fn bytes_max(self) -> u64 {
        match self {
            Self::Asked => CLIP_BYTES_MAX,
            Self::Poster => POSTER_BYTES_MAX,
            Self::Clip => CLIP_AUTO_FETCH_BYTES_MAX,
        }
    }
}

/// A blob that is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Want {
    /// Its hash.
    pub hash: BlobHash,
    /// Its size in bytes, as the record says.
    pub size: u64,
    /// What it is for.
    pub class: Class,
}

/// Why a blob is not queued.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unwanted {
    /// A record that promises nothing.
    #[error("the record says that the file is empty")]
    Empty,
    /// Larger than its class allows.
    #[error("{size} bytes where at most {max} are fetched")]
    TooLarge {
        /// Size in the record.
        size: u64,
        /// The bound.
        max: u64,
    },
    /// The queue is full; offer it again later.
    #[error("{WANTS_MAX} files wait already")]
    Full,
    /// Every provider gave something else than the record promises.
    #[error("no provider gave what the record promises")]
    GivenUp,
}

/// How an attempt ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ending {
    /// The blob is here, complete and verified.
    Complete,
    /// No provider could be reached or had it.
    Missing,
    /// These providers gave something else than the record promises (size or bytes).
    Wrong(Vec<TransportKey>),
    /// Our own machine could not take it (disk full); nobody is to blame.
    Local,
}

#[derive(Clone, Debug)]
struct Entry {
    want: Want,
    /// None while an attempt runs.
    due: Option<u64>,
    failures: u32,
    barred: BTreeSet<TransportKey>,
    order: u64,
}

/// The queue.
#[derive(Clone, Debug, Default)]
pub struct Fetcher {
    entries: BTreeMap<BlobHash, Entry>,
    counter: u64,
}

impl Fetcher {
    /// Queues a blob. Wanting it again may raise its class and makes it due at once if the user asked.
    ///
    /// # Errors
    /// [`Unwanted`] says why it is not queued.
    pub fn want(&mut self, now: u64, want: Want) -> Result<(), Unwanted> {
        let max = want.class.bytes_max();
        if want.size == 0 {
            return Err(Unwanted::Empty);
        }
        if want.size > max {
            return Err(Unwanted::TooLarge { size: want.size, max });
        }
        if let Some(entry) = self.entries.get_mut(&want.hash) {
            if entry.barred.len() >= BARRED_MAX {
                return Err(Unwanted::GivenUp);
            }
            entry.want.class = entry.want.class.min(want.class);
            if want.class == Class::Asked {
                entry.due = entry.due.map(|due| due.min(now));
            }
            return Ok(());
        }
        if self.entries.len() >= WANTS_MAX && !(want.class == Class::Asked && self.make_room()) {
            return Err(Unwanted::Full);
        }
        self.counter = self.counter.saturating_add(1);
        let order = self.counter;
        let entry = Entry { want, due: Some(now), failures: 0, barred: BTreeSet::new(), order };
        self.entries.insert(want.hash, entry);
        Ok(())
    }

    /// Lets go of the least hopeful blob that nobody waits for; the store offers it again. A queue full of what cannot
    /// be had must not keep the user waiting.
    fn make_room(&mut self) -> bool {
        let idle = self.entries.iter().filter(|(_, e)| e.due.is_some() && e.want.class != Class::Asked);
        let worst =
            idle.max_by_key(|(_, e)| (e.barred.len() >= BARRED_MAX, e.failures, e.want.class, e.order));
        let worst = worst.map(|(hash, _)| *hash);
        worst.is_some_and(|hash| self.entries.remove(&hash).is_some())
    }

    /// Forgets a blob: deleted, refused, or here already. A running attempt may still end; its end is ignored.
    pub fn forget(&mut self, hash: &BlobHash) {
        self.entries.remove(hash);
    }

    /// Forgets a blob that nobody asked for; one that the user waits for stays.
    pub fn forget_unasked(&mut self, hash: &BlobHash) {
        if self.entries.get(hash).is_some_and(|entry| entry.want.class != Class::Asked) {
            self.entries.remove(hash);
        }
    }

    /// Peers came or told their addresses: everything that waits is due now, once.
    pub fn peers_changed(&mut self, now: u64) {
        for entry in self.entries.values_mut() {
            entry.due = entry.due.map(|due| due.min(now));
        }
    }

    /// What to start now, most urgent first: class, then fewer failures, then the one that waits longer.
    pub fn start(&mut self, now: u64) -> Vec<Want> {
        let running = self.entries.values().filter(|e| e.due.is_none()).count();
        let free = RUNNING_MAX.saturating_sub(running);
        let ready = |e: &&Entry| e.due.is_some_and(|due| due <= now) && e.barred.len() < BARRED_MAX;
        let mut due: Vec<_> = self
            .entries
            .values()
            .filter(ready)
            .map(|e| ((e.want.class, e.failures, e.order), e.want))
            .collect();
        due.sort_by_key(|(key, _)| *key);
        let wants: Vec<Want> = due.into_iter().take(free).map(|(_, want)| want).collect();
        for want in &wants {
            if let Some(entry) = self.entries.get_mut(&want.hash) {
                entry.due = None;
            }
        }
        wants
    }

    /// Whether this provider may be asked for this blob.
    #[must_use]
    pub fn allows(&self, hash: &BlobHash, provider: &TransportKey) -> bool {
        self.entries.get(hash).is_some_and(|entry| !entry.barred.contains(provider))
    }

    /// Takes the end of an attempt.
    pub fn ended(&mut self, now: u64, hash: &BlobHash, ending: &Ending) {
        if *ending == Ending::Complete {
            self.entries.remove(hash);
            return;
        }
        let Some(entry) = self.entries.get_mut(hash) else { return };
        if let Ending::Wrong(providers) = ending {
            for provider in providers {
                if entry.barred.len() < BARRED_MAX {
                    entry.barred.insert(*provider);
                }
            }
        }
        let wait = BACKOFF_MILLIS.saturating_mul(1u64.checked_shl(entry.failures).unwrap_or(u64::MAX));
        entry.failures = entry.failures.saturating_add(1).min(32);
        entry.due = Some(now.saturating_add(wait.min(BACKOFF_MILLIS_MAX)));
    }

    /// When to look again; none while nothing waits or every place is taken.
    #[must_use]
    pub fn wake(&self) -> Option<u64> {
        let running = self.entries.values().filter(|e| e.due.is_none()).count();
        if running >= RUNNING_MAX {
            return None;
        }
        self.entries.values().filter(|e| e.barred.len() < BARRED_MAX).filter_map(|e| e.due).min()
    }

    /// Whether a blob is queued and has not failed since it was wanted, or is being fetched now.
    #[must_use]
    pub fn is_fetching(&self, hash: &BlobHash) -> bool {
        self.entries.get(hash).is_some_and(|e| e.due.is_none() || e.failures == 0)
    }

    /// How many are queued.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether nothing is queued.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }
}
