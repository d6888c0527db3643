//! Labels in the store: an index from targets to labels, whom this persona listens to, what it decided itself, and the
//! one place where a clip is composed from them: the [`Viewer`].
//!
//! Subscriptions and decisions are local. They are not records and never leave the home.

use std::collections::{BTreeMap, BTreeSet};

use kinora_protocol::check::Checked;
use kinora_protocol::feed::Slot;
use kinora_protocol::ids::{AuthorId, BlobHash, Rid};
use kinora_protocol::labels::{
    Inputs, Reason, Ruling, Setting, Shown, Subject, Subscribed, Tier, compose, said,
};
use kinora_protocol::limits::{LABEL_RULINGS_MAX, LABELERS_MAX, LABELS_ON_MAX};
use kinora_protocol::record::{Body, Clip, Label, Labeler, Labelled};
use redb::{ReadTransaction, ReadableTable as _, ReadableTableMetadata as _, Table, TableDefinition};
use serde::{Deserialize, Serialize};

use super::tables::{OWNERS, REGISTERS, SEEN, Tables, id, key, rank, register_key, signed};
use super::{BlobState, Store, StoreError};

/// Sort and id of the target, labeler, record.
pub(super) const LABELS: TableDefinition<'_, &[u8], ()> = TableDefinition::new("labels");
/// Labeler → place and settings, as JSON.
const SUBSCRIPTIONS: TableDefinition<'_, &[u8], &[u8]> = TableDefinition::new("subscriptions");
/// Clip → 1 show, 2 hide.
const RULINGS: TableDefinition<'_, &[u8], u8> = TableDefinition::new("rulings");
/// Most clips of one file that are asked whether it may be given away.
const OWNERS_MAX: usize = 32;

const UNREADABLE: StoreError = StoreError::Damaged("a subscription cannot be read");

/// A labeler that this persona listens to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subscription {
    /// Whom.
    pub labeler: AuthorId,
    /// What to make of some of its labels.
    pub settings: BTreeMap<String, Setting>,
}

/// A subscription on disk.
#[derive(Serialize, Deserialize)]
struct Kept {
    place: u64,
    settings: BTreeMap<String, Setting>,
}

fn label_key(label: &Label, checked: &Checked) -> Vec<u8> {
    let (sort, target) = label.on.parts();
    key(&[&[sort], target, checked.author().as_bytes(), checked.rid().as_bytes()])
}

/// Keeps the index when a record comes or goes.
pub(super) fn index(
    labels: &mut Table<'_, &'static [u8], ()>,
    checked: &Checked,
    comes: bool,
) -> Result<(), StoreError> {
    if let Body::Label(label) = &checked.record().body {
        let name = label_key(label, checked);
        if comes {
            labels.insert(name.as_slice(), ())?;
        } else {
            labels.remove(name.as_slice())?;
        }
    }
    Ok(())
}

impl Store {
    /// Records of these kinds that came before this version knew them stand for themselves: they take their places now. One
    /// that does not hold is left where it is.
    pub(super) fn index_labels(&self, tables: &mut Tables<'_>, now: u64) -> Result<(), StoreError> {
        let mut found = Vec::new();
        for bytes in tables.all_bytes()? {
            match self.believe(&bytes) {
                Ok(checked) if matches!(checked.record().body, Body::Label(_) | Body::Labeler(_)) => {
                    found.push(checked);
                }
                Ok(_) => {}
                Err(error) => tracing::warn!(%error, "a stored record is left out of the index of labels"),
            }
        }
        for checked in found {
            tables.remove(&checked)?;
            tables.forget(&checked.rid())?;
            // It was taken in before, so it is of no future, whatever this machine's clock says now.
            self.put(tables, &checked, now.max(checked.time()))?;
        }
        Ok(())
    }

    /// Whom this persona listens to, in order.
    ///
    /// # Errors
    /// When the file fails.
    pub fn subscriptions(&self) -> Result<Vec<Subscription>, StoreError> {
        subscriptions(&self.snapshot()?)
    }

    /// Whether this persona listens to somebody.
    ///
    /// # Errors
    /// When the file fails.
    pub fn is_subscribed(&self, labeler: &AuthorId) -> Result<bool, StoreError> {
        let t = self.snapshot()?;
        let found = t.open_table(SUBSCRIPTIONS)?.get(labeler.as_bytes().as_slice())?;
        Ok(found.is_some())
    }

    /// Listens to a labeler; once more replaces the settings and keeps the place. False when there are too many.
    ///
    /// # Errors
    /// When the file fails.
    pub fn subscribe(
        &self,
        labeler: &AuthorId,
        settings: BTreeMap<String, Setting>,
    ) -> Result<bool, StoreError> {
        let transaction = self.inner.database.begin_write()?;
        {
            let mut table = transaction.open_table(SUBSCRIPTIONS)?;
            let mut places = BTreeMap::new();
            for entry in table.iter()? {
                let (name, value) = entry?;
                places.insert(id(name.value())?, kept(value.value())?.place);
            }
            let last = places.values().max().map_or(0, |place| place.saturating_add(1));
            if !places.contains_key(labeler.as_bytes()) && places.len() >= LABELERS_MAX {
                return Ok(false);
            }
            let place = places.get(labeler.as_bytes()).copied().unwrap_or(last);
            let bytes = serde_json::to_vec(&Kept { place, settings }).map_err(|_| UNREADABLE)?;
            table.insert(labeler.as_bytes().as_slice(), bytes.as_slice())?;
        }
        transaction.commit()?;
        Ok(true)
    }

    /// Listens to a labeler no more; false when it was not listened to.
    ///
    /// # Errors
    /// When the file fails.
    pub fn unsubscribe(&self, labeler: &AuthorId) -> Result<bool, StoreError> {
        let transaction = self.inner.database.begin_write()?;
        let was = transaction.open_table(SUBSCRIPTIONS)?.remove(labeler.as_bytes().as_slice())?.is_some();
        transaction.commit()?;
        Ok(was)
    }

    /// Writes down what this persona decided about a clip. False when it decided about too many.
    ///
    /// # Errors
    /// When the file fails.
    pub fn rule(&self, clip: &Rid, ruling: Option<Ruling>) -> Result<bool, StoreError> {
        let transaction = self.inner.database.begin_write()?;
        {
            let mut table = transaction.open_table(RULINGS)?;
            let name = clip.as_bytes().as_slice();
            match ruling {
                None => drop(table.remove(name)?),
                Some(_) if table.get(name)?.is_none() && table.len()? >= LABEL_RULINGS_MAX as u64 => {
                    return Ok(false);
                }
                Some(Ruling::Show) => drop(table.insert(name, 1)?),
                Some(Ruling::Hide) => drop(table.insert(name, 2)?),
            }
        }
        transaction.commit()?;
        Ok(true)
    }

    /// What an author declares to label.
    ///
    /// # Errors
    /// When the file fails.
    pub fn labeler(&self, author: &AuthorId) -> Result<Option<Labeler>, StoreError> {
        self.labeler_in(&self.snapshot()?, author)
    }

    fn labeler_in(&self, t: &ReadTransaction, author: &AuthorId) -> Result<Option<Labeler>, StoreError> {
        let slot = Slot::Register { author: *author, kind: "labeler", target: [0; 32] };
        let Some(name) = register_key(&slot) else { return Ok(None) };
        let Some(held) = t.open_table(REGISTERS)?.get(name.as_slice())? else { return Ok(None) };
        let checked = self.get_in(t, &rank(held.value())?.rid)?;
        Ok(checked.and_then(|checked| match &checked.record().body {
            Body::Labeler(labeler) => Some(labeler.clone()),
            _ => None,
        }))
    }

    /// How many labels of an author stand.
    ///
    /// # Errors
    /// When the file fails.
    pub fn label_count(&self, author: &AuthorId) -> Result<u64, StoreError> {
        let t = self.snapshot()?;
        let seen = t.open_table(SEEN)?;
        let (from, to) = (
            key(&[author.as_bytes(), b"label\0", &[0; 32]]),
            key(&[author.as_bytes(), b"label\0", &[255; 32]]),
        );
        let mut count = 0;
        for entry in t.open_table(REGISTERS)?.range(from.as_slice()..=to.as_slice())? {
            let rank = rank(entry?.1.value())?;
            let live = seen.get(rank.rid.as_bytes().as_slice())?.is_some_and(|v| v.value() == 0);
            count += u64::from(live && !rank.removes);
        }
        Ok(count)
    }

    /// The eyes of a persona, as of now: everything it answers is of one moment.
    ///
    /// # Errors
    /// When the file fails.
    pub fn viewer(&self, me: AuthorId, now: u64) -> Result<Viewer<'_>, StoreError> {
        let t = self.snapshot()?;
        let mut labelers = Vec::new();
        for Subscription { labeler, settings } in subscriptions(&t)? {
            let declared = self.labeler_in(&t, &labeler)?.unwrap_or_default();
            labelers.push(Subscribed { labeler, declared, settings, labels: Vec::new() });
        }
        let following = self.following(&me)?.into_iter().collect();
        Ok(Viewer { store: self, t, me, now, labelers, following })
    }

    /// Whether a file may be given to somebody: it was looked at, and a clip that owns it is not hidden here.
    ///
    /// # Errors
    /// When the file fails.
    pub fn gives(&self, me: AuthorId, hash: &BlobHash, now: u64) -> Result<bool, StoreError> {
        match self.blob_state(hash)? {
            Some(BlobState::Complete(_)) => {}
            // What only its reader can open carries no label.
            Some(BlobState::Opaque) => return Ok(self.owner_of(hash)?.is_some()),
            _ => return Ok(false),
        }
        let viewer = self.viewer(me, now)?;
        let (from, to) = (key(&[hash.as_bytes(), &[0; 32]]), key(&[hash.as_bytes(), &[255; 32]]));
        for entry in viewer.t.open_table(OWNERS)?.range(from.as_slice()..=to.as_slice())?.take(OWNERS_MAX) {
            let Some(owner) = self.get_in(&viewer.t, &Rid(id(entry?.0.value())?))? else { continue };
            if let Body::Clip(clip) = &owner.record().body
                && !viewer.look(&owner, clip)?.is_hidden()
            {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

fn kept(bytes: &[u8]) -> Result<Kept, StoreError> {
    serde_json::from_slice(bytes).map_err(|_| UNREADABLE)
}

fn subscriptions(t: &ReadTransaction) -> Result<Vec<Subscription>, StoreError> {
    let mut found = Vec::new();
    for entry in t.open_table(SUBSCRIPTIONS)?.iter()? {
        let (name, value) = entry?;
        let Kept { place, settings } = kept(value.value())?;
        found.push((place, Subscription { labeler: AuthorId(id(name.value())?), settings }));
    }
    found.sort_by_key(|(place, subscription)| (*place, subscription.labeler));
    Ok(found.into_iter().map(|(_, subscription)| subscription).collect())
}

/// Opens the local tables, so that they are there to be read.
pub(super) fn open(t: &redb::WriteTransaction) -> Result<(), StoreError> {
    t.open_table(SUBSCRIPTIONS)?;
    t.open_table(RULINGS)?;
    Ok(())
}

/// What a persona sees of a clip.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Look {
    /// What becomes of it.
    pub shown: Shown,
    /// Everything that is said of it.
    pub said: Vec<Reason>,
    /// What the persona decided.
    pub ruling: Option<Ruling>,
}

impl Look {
    /// Whether it is neither fetched, shown nor given away.
    #[must_use]
    pub const fn is_hidden(&self) -> bool {
        matches!(self.shown, Shown::Hide(_))
    }

    /// Whether it is seen without being opened.
    #[must_use]
    pub const fn is_open(&self) -> bool {
        matches!(self.shown, Shown::Show)
    }
}

/// The eyes of a persona at one moment: whom it follows and listens to, and what those say.
pub struct Viewer<'s> {
    store: &'s Store,
    t: ReadTransaction,
    me: AuthorId,
    now: u64,
    /// Without their labels, which are looked up for each clip.
    labelers: Vec<Subscribed>,
    following: BTreeSet<AuthorId>,
}

impl std::fmt::Debug for Viewer<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Viewer").field("me", &self.me).field("now", &self.now).finish_non_exhaustive()
    }
}

impl Viewer<'_> {
    /// What a labeler that is listened to calls itself; empty for others.
    #[must_use]
    pub fn name_of(&self, labeler: &AuthorId) -> &str {
        self.labelers.iter().find(|s| s.labeler == *labeler).map_or("", |s| s.declared.name.as_str())
    }

    /// Whether clips of an author are in the feed.
    #[must_use]
    pub fn in_feed(&self, author: &AuthorId) -> bool {
        *author == self.me || self.following.contains(author)
    }

    /// What becomes of a clip.
    ///
    /// # Errors
    /// When the file fails.
    pub fn look(&self, checked: &Checked, clip: &Clip) -> Result<Look, StoreError> {
        let subject = Subject { clip: checked.rid(), blob: clip.blob.hash, author: checked.author() };
        let tier = self.tier(&subject.author)?;
        let ruling = self.ruling(&subject.clip)?;
        let labelers = self.labelers_on(&subject)?;
        let inputs = Inputs { subject, ruling, labelers: &labelers, own: &clip.labels, tier, now: self.now };
        Ok(Look { shown: compose(&inputs), said: said(&inputs), ruling })
    }

    /// Whether labels hide what somebody who is not followed says: a comment or a reaction, by its record and its author.
    ///
    /// # Errors
    /// When the file fails.
    pub fn hides_reply(&self, checked: &Checked) -> Result<bool, StoreError> {
        if self.labelers.is_empty() {
            return Ok(false);
        }
        // No file has this hash.
        let blob = BlobHash([0; 32]);
        let subject = Subject { clip: checked.rid(), blob, author: checked.author() };
        let labelers = self.labelers_on(&subject)?;
        // A stranger may speak where a stranger's clip would be covered.
        let tier = Tier::Near;
        let inputs = Inputs { subject, ruling: None, labelers: &labelers, own: &[], tier, now: self.now };
        Ok(matches!(compose(&inputs), Shown::Hide(_)))
    }

    /// How near an author is. Nobody is vouched for yet: those records wait.
    fn tier(&self, author: &AuthorId) -> Result<Tier, StoreError> {
        if *author == self.me {
            return Ok(Tier::Me);
        }
        if self.following.contains(author) {
            return Ok(Tier::Followed);
        }
        for friend in &self.following {
            if self.store.is_following(friend, author)? {
                return Ok(Tier::Near);
            }
        }
        Ok(Tier::Stranger)
    }

    fn ruling(&self, clip: &Rid) -> Result<Option<Ruling>, StoreError> {
        let code = self.t.open_table(RULINGS)?.get(clip.as_bytes().as_slice())?.map(|v| v.value());
        Ok(match code {
            Some(1) => Some(Ruling::Show),
            Some(_) => Some(Ruling::Hide),
            None => None,
        })
    }

    /// The labelers with what they say of one subject.
    fn labelers_on(&self, subject: &Subject) -> Result<Vec<Subscribed>, StoreError> {
        let mut labelers = self.labelers.clone();
        for subscribed in &mut labelers {
            for target in subject.targets() {
                subscribed.labels.extend(self.labels_of(&subscribed.labeler, &target)?);
            }
        }
        Ok(labelers)
    }

    fn labels_of(&self, labeler: &AuthorId, on: &Labelled) -> Result<Vec<Label>, StoreError> {
        let (sort, target) = on.parts();
        let start = key(&[&[sort], target, labeler.as_bytes()]);
        let (from, to) = (key(&[&start, &[0; 32]]), key(&[&start, &[255; 32]]));
        let mut found = Vec::new();
        let table = self.t.open_table(LABELS)?;
        for entry in table.range(from.as_slice()..=to.as_slice())?.take(LABELS_ON_MAX) {
            let checked = self.store.get_in(&self.t, &Rid(id(entry?.0.value())?))?;
            if let Some(Body::Label(label)) = checked.map(|checked| checked.record().body.clone()) {
                found.push(label);
            }
        }
        Ok(found)
    }
}

/// Bytes of all stored records.
pub(super) fn all_bytes(
    records: &impl redb::ReadableTable<&'static [u8], &'static [u8]>,
) -> Result<Vec<Vec<u8>>, StoreError> {
    records.iter()?.map(|entry| Ok(signed(entry?.1.value())?.to_vec())).collect()
}

#[cfg(test)]
mod tests;
