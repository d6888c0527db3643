//! Consent beside the records: the set that judges clips, kept in memory and made anew from the store when it opens.
//!
//! Only what is stored is in the set. A clip that is taken down keeps its record, so that it is refused again, and loses
//! its blobs: from that moment nothing serves them, and [`Store::take_freed`] gives them to whoever empties the disk.

use std::collections::BTreeSet;
use std::sync::{MutexGuard, PoisonError};

use kinora_protocol::check::Checked;
use kinora_protocol::consent::{ConsentSet, Refusal, Standing as Consented};
use kinora_protocol::feed::Decision;
use kinora_protocol::ids::{AuthorId, BlobHash, Rid};
use kinora_protocol::limits::SYNC_AUTHORS_MAX;
use kinora_protocol::record::{Body, Effect};
use redb::{ReadableDatabase as _, ReadableTable as _};
use tokio::sync::futures::Notified;

use super::tables::{RECORDS, Tables, blobs_of, key, signed};
use super::{Store, StoreError, prints};

/// Consent of one store.
#[derive(Debug)]
pub(super) struct Consents {
    set: std::sync::Mutex<ConsentSet>,
    /// Subjects of clips that wait for a consent that is not here.
    missed: std::sync::Mutex<BTreeSet<AuthorId>>,
    freed: std::sync::Mutex<BTreeSet<BlobHash>>,
    wake: tokio::sync::Notify,
}

impl Consents {
    pub(super) fn new(network: &str) -> Self {
        Self {
            set: std::sync::Mutex::new(ConsentSet::new(network)),
            missed: std::sync::Mutex::default(),
            freed: std::sync::Mutex::default(),
            wake: tokio::sync::Notify::new(),
        }
    }
}

/// Whether the set has to know of a record.
fn bears(body: &Body) -> bool {
    body.is_consent() || matches!(body, Body::Follow(_) | Body::Clip(_) | Body::Sealed(_))
}

impl Store {
    /// The set; every method leaves it whole.
    pub fn consents(&self) -> MutexGuard<'_, ConsentSet> {
        self.inner.consents.set.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes the set from what is stored.
    pub(super) fn load_consents(&self) -> Result<(), StoreError> {
        let mut set = ConsentSet::new(self.network());
        let t = self.inner.database.begin_read()?;
        for entry in t.open_table(RECORDS)?.iter()? {
            // A kind that was only kept when this came may be known now, and ask more of it.
            let checked = match self.believe(signed(entry?.1.value())?) {
                Ok(checked) => checked,
                Err(error) => {
                    tracing::warn!(%error, "a stored record is left out of what consent is judged by");
                    continue;
                }
            };
            if bears(&checked.record().body) {
                set.handle(&checked);
            }
        }
        *self.consents() = set;
        Ok(())
    }

    /// Takes into the set what was just stored.
    pub(super) fn note_consents(
        &self,
        records: &[Checked],
        decisions: &[Decision],
    ) -> Result<(), StoreError> {
        let kept = |decision: &Decision| matches!(decision, Decision::Keep { .. } | Decision::Replace(_));
        let new: Vec<&Checked> = records
            .iter()
            .zip(decisions)
            .filter(|(_, decision)| kept(decision))
            .map(|(checked, _)| checked)
            .collect();
        // A device or a root key that was taken away takes what it granted with it.
        if new.iter().any(|checked| matches!(checked.record().body, Body::Device(_) | Body::Rotate)) {
            self.load_consents()?;
        }
        let mut takedown = false;
        {
            let mut set = self.consents();
            for checked in &new {
                if let Body::Delete(b) = &checked.record().body {
                    b.targets.iter().for_each(|rid| set.forget_letter(*rid, checked.author()));
                }
            }
            for checked in new.iter().filter(|checked| bears(&checked.record().body)) {
                set.handle(checked);
                takedown |= matches!(&checked.record().body, Body::Revoke(b) if b.effect == Effect::Takedown);
            }
        }
        if takedown { self.withdraw() } else { Ok(()) }
    }

    /// Takes the blobs of withdrawn clips away from them.
    fn withdraw(&self) -> Result<(), StoreError> {
        let withdrawn = self.consents().withdrawn_clips();
        let mut freed = Vec::new();
        let transaction = self.inner.database.begin_write()?;
        {
            let mut tables = Tables::open(&transaction)?;
            for rid in withdrawn {
                let Some(bytes) = tables.bytes(&rid)? else { continue };
                let checked = self.believe(&bytes)?;
                let Body::Clip(clip) = &checked.record().body else { continue };
                prints::take_down(&transaction, rid, clip)?;
                for (hash, _) in blobs_of(clip) {
                    tables.disown(&key(&[hash.as_bytes(), rid.as_bytes()]))?;
                    freed.push(hash);
                }
            }
        }
        transaction.commit()?;
        self.inner.consents.freed.lock().unwrap_or_else(PoisonError::into_inner).extend(freed);
        self.inner.consents.wake.notify_one();
        self.inner.blocks.notify_one();
        Ok(())
    }

    /// Blobs that withdrawn clips left and that no other clip owns; each is given once.
    ///
    /// # Errors
    /// When the file fails.
    pub fn take_freed(&self) -> Result<Vec<BlobHash>, StoreError> {
        let freed =
            std::mem::take(&mut *self.inner.consents.freed.lock().unwrap_or_else(PoisonError::into_inner));
        let mut unowned = Vec::new();
        for hash in freed {
            if self.owner_of(&hash)?.is_none() {
                unowned.push(hash);
            }
        }
        Ok(unowned)
    }

    /// Wakes when there is something to take.
    pub fn freed(&self) -> Notified<'_> {
        self.inner.consents.wake.notified()
    }

    /// How a clip stands now.
    ///
    /// # Errors
    /// The rule that it breaks.
    pub fn consented(&self, now: u64, clip: &Checked) -> Result<Consented, Refusal> {
        self.consents().judge(now, clip)
    }

    /// Remembers whose consent a waiting clip needs, so that it is asked for.
    pub(crate) fn miss(&self, subjects: impl IntoIterator<Item = AuthorId>) {
        let mut missed = self.inner.consents.missed.lock().unwrap_or_else(PoisonError::into_inner);
        for subject in subjects {
            if missed.len() < SYNC_AUTHORS_MAX / 2 {
                missed.insert(subject);
            }
        }
    }

    /// Authors whose records are wanted for the consent that they hold.
    #[must_use]
    pub fn consent_authors(&self) -> Vec<AuthorId> {
        let mut authors = self.inner.consents.missed.lock().unwrap_or_else(PoisonError::into_inner).clone();
        authors.extend(self.consents().authors());
        authors.into_iter().take(SYNC_AUTHORS_MAX / 2).collect()
    }

    /// How many safety records of an author are stored.
    ///
    /// # Errors
    /// When the file fails.
    pub fn safety_count(&self, author: &AuthorId) -> Result<u64, StoreError> {
        let t = self.inner.database.begin_read()?;
        let name = key(&[author.as_bytes(), &[1]]);
        Ok(t.open_table(super::tables::STORED)?.get(name.as_slice())?.map_or(0, |v| v.value()))
    }

    /// The signed bytes of a live record.
    ///
    /// # Errors
    /// When the file fails.
    pub fn signed(&self, rid: &Rid) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(self.get(rid)?.map(|checked| checked.bytes().to_vec()))
    }
}
