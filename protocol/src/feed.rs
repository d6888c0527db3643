//! The feed set: which records count, as a pure function of all records ever seen, in whatever order they came.
//!
//! Most records are immutable and stand for themselves. Some are registers, one for each edge or subject, in which the
//! newest write wins: no device can wipe a list, because there are no lists. A deletion is permanent, also when it
//! comes first. A record that is deleted or signed by a revoked key keeps its slot, so that nothing older comes back.
//! [`decide`] is the one rule; the store and the in-memory [`FeedSet`] both follow it.

use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;

use crate::check::Checked;
use crate::ids::{AuthorId, DeviceKey, Rid};
use crate::limits::{AUTHOR_RECORDS_MAX, AUTHOR_SAFETY_RECORDS_MAX, FUTURE_SECONDS_MAX};
use crate::record::Body;

/// Where a record stands.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Slot {
    /// For itself.
    Once(Rid),
    /// In a register: the newest record in it counts.
    Register {
        /// Whose.
        author: AuthorId,
        /// Which kind.
        kind: &'static str,
        /// Of what: the followed author, the clip reacted to, the node, a label's place, the page of a list; zeros where there
        /// is one only.
        target: [u8; 32],
    },
}

impl Slot {
    /// The slot of a record.
    #[must_use]
    pub fn of(checked: &Checked) -> Self {
        let register = |kind, target| Self::Register { author: checked.author(), kind, target };
        match &checked.record().body {
            Body::Profile(_) => register("profile", [0; 32]),
            Body::Follow(b) => register("follow", b.author.0),
            Body::React(b) => register("react", b.on.0),
            Body::Address(b) => register("address", b.transport.0),
            Body::Head(b) => register("head", b.cameo.0),
            Body::Label(b) => register("label", b.register()),
            Body::Labeler(_) => register("labeler", [0; 32]),
            Body::List(b) => register("list", b.target()),
            // Each grant, approval and revocation counts by itself; none replaces another.
            Body::Cameo(_)
            | Body::Grant(_)
            | Body::Approve(_)
            | Body::Revoke(_)
            | Body::Sealed(_)
            | Body::Challenge(_) => Self::Once(checked.rid()),
            Body::Clip(_) | Body::Comment(_) | Body::Delete(_) => Self::Once(checked.rid()),
            // What takes away adds up: several revocations of a device all count, so none replaces another.
            Body::Device(_) | Body::Rotate | Body::Other { .. } => Self::Once(checked.rid()),
        }
    }
}

/// The order of writes in a register: by time, then removal beats addition, then by id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Rank {
    /// Unix seconds; of a head, its number.
    pub time: u64,
    /// Whether it takes back.
    pub removes: bool,
    /// The record.
    pub rid: Rid,
}

impl Rank {
    /// The rank of a record.
    #[must_use]
    pub fn of(checked: &Checked) -> Self {
        let removes = match &checked.record().body {
            Body::Follow(b) => !b.set,
            Body::React(b) => !b.set,
            Body::Label(b) => !b.set,
            _ => false,
        };
        // Heads are numbered by their signer, who may sign two in one second.
        let time = match &checked.record().body {
            Body::Head(b) => b.seq,
            _ => checked.time(),
        };
        Self { time, removes, rid: checked.rid() }
    }
}

/// Why a record that keeps its slot is not shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hidden {
    /// Its author deleted it, by this record.
    Deleted(Rid),
    /// The root revoked the device before it signed this.
    Revoked,
    /// The root key had been changed before this was signed under the old one.
    Rotated,
}

/// What to do with a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Store it; when the author has too many, this oldest one goes.
    Keep {
        /// The record that goes.
        evict: Option<Rid>,
    },
    /// Store it in place of the one that held its register.
    Replace(Rid),
    /// Keep its slot and nothing else.
    Hide(Hidden),
    /// It is here.
    Known,
    /// A newer one holds its register.
    Superseded(Rid),
    /// It lies in the future: offer it again then.
    Hold {
        /// Unix seconds.
        until: u64,
    },
    /// The author has too many, and all of them are newer.
    OverQuota,
}

/// How many records, and time and id of the oldest of them.
pub type Stored = (usize, Option<(u64, Rid)>);

/// What must be known of the records seen so far.
pub trait View {
    /// Failure of the storage behind it.
    type Error;
    /// Whether the record was seen: stored, hidden or replaced.
    ///
    /// # Errors
    /// Failure of the storage.
    fn seen(&self, rid: &Rid) -> Result<bool, Self::Error>;
    /// The highest rank in a register.
    ///
    /// # Errors
    /// Failure of the storage.
    fn register(&self, slot: &Slot) -> Result<Option<Rank>, Self::Error>;
    /// Whether the record is stored now: neither hidden, nor replaced, nor gone by quota.
    ///
    /// # Errors
    /// Failure of the storage.
    fn is_live(&self, rid: &Rid) -> Result<bool, Self::Error>;
    /// The author's record that deletes `rid`.
    ///
    /// # Errors
    /// Failure of the storage.
    fn deleted_by(&self, author: &AuthorId, rid: &Rid) -> Result<Option<Rid>, Self::Error>;
    /// From when on a device's records do not count: the earliest of all revocations.
    ///
    /// # Errors
    /// Failure of the storage.
    fn revoked_from(&self, author: &AuthorId, device: &DeviceKey) -> Result<Option<u64>, Self::Error>;
    /// Number and earliest time of each change of the root key.
    ///
    /// # Errors
    /// Failure of the storage.
    fn rotations(&self, author: &AuthorId) -> Result<Vec<(usize, u64)>, Self::Error>;
    /// How many records of an author are stored, of the safety class or of the others, and the oldest of them.
    ///
    /// # Errors
    /// Failure of the storage.
    fn stored(&self, author: &AuthorId, safety: bool) -> Result<Stored, Self::Error>;
}

/// Decides about one record. The same union of records, in any order, ends in the same set.
///
/// # Errors
/// Only what the view's storage reports.
pub fn decide<V: View>(view: &V, checked: &Checked, now: u64) -> Result<Decision, V::Error> {
    if checked.time() > now.saturating_add(FUTURE_SECONDS_MAX) {
        return Ok(Decision::Hold { until: checked.time() });
    }
    let rid = checked.rid();
    if view.seen(&rid)? {
        return Ok(Decision::Known);
    }
    let slot = checked.slot();
    let held = match slot {
        Slot::Once(_) => None,
        Slot::Register { .. } => view.register(&slot)?,
    };
    if let Some(rank) = held.filter(|rank| *rank > Rank::of(checked)) {
        return Ok(Decision::Superseded(rank.rid));
    }
    if let Some(hidden) = hidden(view, checked)? {
        return Ok(Decision::Hide(hidden));
    }
    // Only what is still here gives its place: a register whose holder went by quota is one more record, or an author
    // could fill a disk by renewing edges that were evicted.
    if let Some(rank) = held
        && view.is_live(&rank.rid)?
    {
        return Ok(Decision::Replace(rank.rid));
    }
    let safety = checked.record().body.is_safety();
    let (count, oldest) = view.stored(&checked.author(), safety)?;
    if safety {
        // Nothing that takes away is ever evicted; an author who sends this many has lost the key.
        let full = count >= AUTHOR_SAFETY_RECORDS_MAX;
        return Ok(if full { Decision::OverQuota } else { Decision::Keep { evict: None } });
    }
    Ok(match oldest {
        Some(oldest) if count >= AUTHOR_RECORDS_MAX && oldest > (checked.time(), rid) => Decision::OverQuota,
        Some((_, oldest)) if count >= AUTHOR_RECORDS_MAX => Decision::Keep { evict: Some(oldest) },
        _ => Decision::Keep { evict: None },
    })
}

/// Why a record does not count, given what deletions, revocations and rotations are known.
///
/// What takes away stands: deletions, revocations and rotations count for ever, also when the key that signed them is
/// revoked or overtaken later. Otherwise the set would depend on the order of arrival.
///
/// # Errors
/// Only what the view's storage reports.
pub fn hidden<V: View>(view: &V, checked: &Checked) -> Result<Option<Hidden>, V::Error> {
    let record = checked.record();
    if matches!(record.body, Body::Delete(_) | Body::Device(_) | Body::Rotate | Body::Revoke(_)) {
        return Ok(None);
    }
    // Consent is taken back by a revocation, which says what it does to clips; never by a deletion, which does not.
    if !record.body.is_consent()
        && let Some(by) = view.deleted_by(&record.author, &checked.rid())?
    {
        return Ok(Some(Hidden::Deleted(by)));
    }
    if view.revoked_from(&record.author, &record.device)?.is_some_and(|from| record.time >= from) {
        return Ok(Some(Hidden::Revoked));
    }
    let overtaken = |(count, time): &(usize, u64)| *count > record.rotations && *time <= record.time;
    Ok(view.rotations(&record.author)?.iter().any(overtaken).then_some(Hidden::Rotated))
}

/// What a newly kept record does to those already stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Touches {
    /// Nothing.
    Nothing,
    /// These records of the author are gone.
    Records(Vec<Rid>),
    /// Records of the author may have lost their standing: ask [`hidden`] for each.
    Author,
}

/// Says what a kept record does to others.
#[must_use]
pub fn touches(checked: &Checked) -> Touches {
    match &checked.record().body {
        Body::Delete(b) => Touches::Records(b.targets.clone()),
        Body::Device(_) | Body::Rotate => Touches::Author,
        _ => Touches::Nothing,
    }
}

/// A feed set in memory: the reference for the store, and what tests and the simulator use.
#[derive(Clone, Debug, Default)]
pub struct FeedSet {
    live: BTreeMap<Rid, Checked>,
    seen: BTreeSet<Rid>,
    registers: BTreeMap<Slot, Rank>,
    deleted: BTreeMap<(AuthorId, Rid), Rid>,
    revoked: BTreeMap<(AuthorId, DeviceKey), u64>,
    rotations: BTreeMap<(AuthorId, usize), u64>,
}

impl View for FeedSet {
    type Error = Infallible;
    fn seen(&self, rid: &Rid) -> Result<bool, Infallible> {
        Ok(self.seen.contains(rid))
    }
    fn register(&self, slot: &Slot) -> Result<Option<Rank>, Infallible> {
        Ok(self.registers.get(slot).copied())
    }
    fn is_live(&self, rid: &Rid) -> Result<bool, Infallible> {
        Ok(self.live.contains_key(rid))
    }
    fn deleted_by(&self, author: &AuthorId, rid: &Rid) -> Result<Option<Rid>, Infallible> {
        Ok(self.deleted.get(&(*author, *rid)).copied())
    }
    fn revoked_from(&self, author: &AuthorId, device: &DeviceKey) -> Result<Option<u64>, Infallible> {
        Ok(self.revoked.get(&(*author, *device)).copied())
    }
    fn rotations(&self, author: &AuthorId) -> Result<Vec<(usize, u64)>, Infallible> {
        let of_author = self.rotations.range((*author, 0)..=(*author, usize::MAX));
        Ok(of_author.map(|((_, count), time)| (*count, *time)).collect())
    }
    fn stored(&self, author: &AuthorId, safety: bool) -> Result<Stored, Infallible> {
        let of_author = |c: &&Checked| c.author() == *author && c.record().body.is_safety() == safety;
        let oldest = self.live.values().filter(of_author).map(|c| (c.time(), c.rid())).min();
        Ok((self.live.values().filter(of_author).count(), oldest))
    }
}

impl FeedSet {
    /// Offers a record and does what is decided.
    pub fn insert(&mut self, checked: Checked, now: u64) -> Decision {
        let Ok(decision) = decide(self, &checked, now);
        let rid = checked.rid();
        match &decision {
            Decision::Known | Decision::Hold { .. } | Decision::Superseded(_) | Decision::OverQuota => {
                return decision;
            }
            Decision::Keep { evict } => {
                if let Some(evict) = evict {
                    self.live.remove(evict);
                }
            }
            Decision::Replace(old) => {
                self.live.remove(old);
            }
            Decision::Hide(_) => {
                self.occupy(&checked);
                return decision;
            }
        }
        self.occupy(&checked);
        self.note(&checked);
        let touched = touches(&checked);
        self.live.insert(rid, checked);
        self.settle(&touched, rid);
        decision
    }

    fn occupy(&mut self, checked: &Checked) {
        self.seen.insert(checked.rid());
        if let slot @ Slot::Register { .. } = checked.slot()
            && let Some(old) = self.registers.insert(slot, Rank::of(checked))
        {
            self.live.remove(&old.rid);
        }
    }

    fn note(&mut self, checked: &Checked) {
        let (author, time) = (checked.author(), checked.time());
        match &checked.record().body {
            Body::Delete(b) => {
                for target in &b.targets {
                    // Several deletions of one record: the smallest id is the one that is named.
                    let by = self.deleted.entry((author, *target)).or_insert(checked.rid());
                    *by = (*by).min(checked.rid());
                }
            }
            Body::Device(b) => {
                let from = self.revoked.entry((author, b.device)).or_insert(b.revoked_from);
                *from = (*from).min(b.revoked_from);
            }
            Body::Rotate => {
                let first = self.rotations.entry((author, checked.record().rotations)).or_insert(time);
                *first = (*first).min(time);
            }
            _ => {}
        }
    }

    fn settle(&mut self, touched: &Touches, by: Rid) {
        let Some(author) = self.live.get(&by).map(Checked::author) else { return };
        let candidates: Vec<Rid> = match touched {
            Touches::Nothing => return,
            Touches::Records(rids) => rids.clone(),
            Touches::Author => {
                self.live.values().filter(|c| c.author() == author).map(Checked::rid).collect()
            }
        };
        for rid in candidates {
            let Some(checked) = self.live.get(&rid).filter(|c| c.author() == author) else { continue };
            let Ok(hidden) = hidden(self, checked);
            if hidden.is_some() {
                self.live.remove(&rid);
            }
        }
    }

    /// The records that count.
    pub fn live(&self) -> impl Iterator<Item = &Checked> {
        self.live.values()
    }

    /// Whether a record counts.
    #[must_use]
    pub fn contains(&self, rid: &Rid) -> bool {
        self.live.contains_key(rid)
    }
}

#[cfg(test)]
mod tests;
