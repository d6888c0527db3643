//! The record store: one redb file that keeps what the feed set keeps, with the indexes a feed needs.
//!
//! Only [`Checked`] records come in, and [`decide`] alone says what happens to them: the same rule as the in-memory
//! set. A batch is one transaction, and it is on disk before anybody hears that it is stored. Every stored record
//! starts with the version of its layout, so that a later version can read it.

mod blocks;
mod consent;
mod labels;
mod lineage;
mod prints;
mod provenance;
mod read;
mod states;
mod tables;
#[cfg(test)]
mod tests;

use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use kinora_protocol::api::{ApiError, JobId};
use kinora_protocol::check::{CertificateCache, Checked};
use kinora_protocol::feed::{Decision, Hidden, Rank, Slot, Touches, View as _, decide, hidden, touches};
use kinora_protocol::ids::{AuthorId, BlobHash, Rid};
use kinora_protocol::job::inspect::{Inspected, Media};
use kinora_protocol::record::Clip;
use kinora_protocol::verdict::{self, Check, CheckName};
use redb::{Database, ReadableTable as _};
use serde::{Deserialize, Serialize};
use serde_bytes::ByteArray;

use crate::error::{self, Hint as _};
pub use labels::{Look, Subscription, Viewer};
use tables::Tables;

pub use blocks::ListSubscription;
pub use prints::{Print, TAKEN_DOWN_MAX, TakenDown};

/// Version of the file's layout. 2 has the index of children, 3 that of labels, 4 that of tags.
const LAYOUT: u64 = 4;
/// Cache of the database, in bytes: a node must stay small.
const CACHE_BYTES: usize = 16 * 1024 * 1024;
/// Most records kept that lie in the future.
const HELD_MAX: u64 = 4_096;

/// Why the store could not do something.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The file could not be read or written.
    #[error("the record store failed: {0}")]
    File(#[from] redb::Error),
    /// A later version wrote the file.
    #[error("the record store has layout {0}; this version knows {LAYOUT}")]
    Newer(u64),
    /// Something in it is not what this program writes.
    #[error("the record store is damaged: {0}")]
    Damaged(&'static str),
}

macro_rules! from_redb {
    ($($kind:ident),*) => { $(impl From<redb::$kind> for StoreError {
        fn from(error: redb::$kind) -> Self { Self::File(error.into()) }
    })* };
}
from_redb!(DatabaseError, TransactionError, TableError, StorageError, CommitError);

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        let hint = match &error {
            StoreError::File(_) => "check free space and the permissions of the home",
            StoreError::Newer(_) => "use the newer kinora that made this home",
            StoreError::Damaged(_) => "move records.redb away; what others published comes back by sync",
        };
        error::system(error.to_string()).hint(hint)
    }
}

/// What became of a record that was seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Never seen.
    Unknown,
    /// It counts.
    Live,
    /// Its author deleted it.
    Deleted,
    /// Its device was revoked, or the root key was changed before.
    Overruled,
    /// A newer one took its place, or the author had too many.
    Replaced,
}

/// What is known of a blob, whoever names it. Whether a record says the truth about it is another question: see
/// [`Facts::checks`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BlobState {
    /// To be fetched, or to be looked at again.
    Wanted,
    /// To be fetched; the hash has proven its size in bytes, which some record did not say.
    Sized(u64),
    /// Here, and looked at.
    Complete(Facts),
    /// Here, and the sealed blob of a letter: nobody but its reader can look into it.
    Opaque,
    /// Fetched, and neither a clip nor a poster.
    Refused {
        /// What was wrong.
        reason: String,
    },
    /// Fetched, and whoever looked into it did not survive it.
    Uninspected {
        /// How that ended.
        reason: String,
    },
    /// Held back: its file or its picture is blocked here.
    Barred(Box<Barred>),
}

/// Why a blob is held back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Barred {
    /// By what.
    pub by: BarredBy,
    /// Why, in words.
    pub reason: String,
    /// What it is, when it is still here: it is shown again when it is blocked no more.
    #[serde(default)]
    pub facts: Option<Facts>,
}

/// What holds a blob back.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BarredBy {
    /// It is a copy of this clip, whose consent was withdrawn.
    Withdrawn(Rid),
    /// It is on this list of this author.
    List(AuthorId, String),
}

/// What a blob is, as an inspector found it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facts {
    /// Its bytes.
    pub size: u64,
    /// What is in it.
    pub media: Media,
    /// Checks that say something of the file whatever record names it.
    #[serde(default)]
    pub checks: Vec<Check>,
    /// What the mark in its pictures carries, when one was looked for and read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tag: Option<ByteArray<8>>,
}

impl Facts {
    /// What is kept of an inspection. Nothing, when the file is not one that a clip may name.
    #[must_use]
    pub fn of(size: u64, inspected: &Inspected) -> Option<Self> {
        let media = inspected.media.filter(|media| !matches!(media, Media::Still { .. }))?;
        let checks =
            inspected.checks.iter().filter(|check| check.name != CheckName::Format).cloned().collect();
        Some(Self { size, media, checks, tag: inspected.tag })
    }

    /// The checks of this file against the record of a clip that names it by its hash.
    #[must_use]
    pub fn checks(&self, clip: &Clip) -> Vec<Check> {
        let mut checks = vec![file_check(clip.blob.size, self.size)];
        checks.extend(self.checks.iter().map(|check| match check.name {
            // It was read before it was known whose it should be.
            CheckName::Mark => verdict::mark(self.tag.map(|tag| *tag), Some(*clip.tag)),
            _ => check.clone(),
        }));
        checks.push(match self.media {
            Media::Clip(found) => verdict::format(&found.format, &clip.format),
            Media::Poster { .. } | Media::Still { .. } => {
                Check::fail(CheckName::Format, "the record says that it is a clip, the file is a still")
            }
        });
        checks
    }
}

/// The check `file` of a file that has the hash that its record names.
#[must_use]
pub fn file_check(said: u64, found: u64) -> Check {
    if said == found {
        Check::pass(CheckName::File, &format!("{found} bytes, with the hash that the record names"))
    } else {
        Check::fail(CheckName::File, &wrong_size(said, found))
    }
}

/// A record and a file of another size, in words.
#[must_use]
pub fn wrong_size(said: u64, found: u64) -> String {
    format!("the record says {said} bytes, the file has {found}")
}

/// How much is stored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Live records.
    pub records: u64,
}

/// A handle to the store; clones share it.
#[derive(Clone)]
pub struct Store {
    inner: Arc<Inner>,
}

struct Inner {
    database: Database,
    network: String,
    certificates: Mutex<CertificateCache>,
    consents: consent::Consents,
    /// Wakes whoever keeps what is blocked.
    blocks: tokio::sync::Notify,
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Store").field("network", &self.inner.network).finish_non_exhaustive()
    }
}

impl Store {
    /// Opens the store, making it if it is not there.
    ///
    /// # Errors
    /// When the file cannot be used or a later version wrote it.
    pub fn open(path: &Path, network: &str) -> Result<Self, StoreError> {
        let database = Database::builder().set_cache_size(CACHE_BYTES).create(path)?;
        let (certificates, consents) = (Mutex::default(), consent::Consents::new(network));
        let (network, blocks) = (network.to_owned(), tokio::sync::Notify::new());
        let inner = Inner { database, network, certificates, consents, blocks };
        let store = Self { inner: Arc::new(inner) };
        let transaction = store.inner.database.begin_write()?;
        {
            let mut tables = Tables::open(&transaction)?;
            let found = tables.meta.get("layout")?.map(|v| v.value());
            match found {
                Some(layout) if layout > LAYOUT => return Err(StoreError::Newer(layout)),
                Some(LAYOUT) | None => {}
                Some(older) => {
                    store.index_clips(&mut tables)?;
                    if older < 3 {
                        store.index_labels(&mut tables, crate::clock::now_seconds())?;
                    }
                }
            }
            tables.meta.insert("layout", LAYOUT)?;
        }
        labels::open(&transaction)?;
        prints::create(&transaction)?;
        blocks::create(&transaction)?;
        transaction.commit()?;
        store.load_consents()?;
        Ok(store)
    }

    /// The network whose records it keeps.
    #[must_use]
    pub fn network(&self) -> &str {
        &self.inner.network
    }

    fn certificates(&self) -> MutexGuard<'_, CertificateCache> {
        self.inner.certificates.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes records, in this order, in one transaction; all of them are on disk when it returns.
    ///
    /// # Errors
    /// When the file cannot be written; then none of them is stored.
    pub fn put_all(&self, records: &[Checked], now: u64) -> Result<Vec<Decision>, StoreError> {
        let transaction = self.inner.database.begin_write()?;
        let mut decisions = Vec::with_capacity(records.len());
        {
            let mut tables = Tables::open(&transaction)?;
            for checked in records {
                decisions.push(self.put(&mut tables, checked, now)?);
            }
        }
        if decisions.iter().all(|d| *d == Decision::Known) {
            transaction.abort()?;
        } else {
            transaction.commit()?;
            self.note_consents(records, &decisions)?;
            if records.iter().any(blocks::bears) {
                self.inner.blocks.notify_one();
            }
        }
        Ok(decisions)
    }

    fn put(&self, tables: &mut Tables<'_>, checked: &Checked, now: u64) -> Result<Decision, StoreError> {
        let decision = decide(tables, checked, now)?;
        match &decision {
            Decision::Known | Decision::Superseded(_) | Decision::OverQuota => return Ok(decision),
            Decision::Hold { until } => {
                tables.hold(*until, checked, HELD_MAX)?;
                return Ok(decision);
            }
            Decision::Hide(why) => {
                if let Some(old) = occupy(tables, checked)? {
                    self.remove(tables, &old, Standing::Replaced)?;
                }
                tables.set_standing(&checked.rid(), standing_of(*why))?;
                return Ok(decision);
            }
            Decision::Keep { evict } => {
                if let Some(old) = evict {
                    self.remove(tables, old, Standing::Replaced)?;
                }
            }
            Decision::Replace(old) => self.remove(tables, old, Standing::Replaced)?,
        }
        occupy(tables, checked)?;
        tables.note(checked)?;
        tables.insert(checked, now)?;
        self.settle(tables, checked)?;
        Ok(decision)
    }

    /// Takes away what a new record overrules.
    fn settle(&self, tables: &mut Tables<'_>, by: &Checked) -> Result<(), StoreError> {
        let candidates = match touches(by) {
            Touches::Nothing => return Ok(()),
            Touches::Records(rids) => rids,
            Touches::Author => tables.all_of(&by.author())?,
        };
        for rid in candidates {
            let Some(bytes) = tables.bytes(&rid)? else { continue };
            let checked = self.believe(&bytes)?;
            if checked.author() != by.author() {
                continue;
            }
            if let Some(why) = hidden(tables, &checked)? {
                self.remove(tables, &rid, standing_of(why))?;
            }
        }
        Ok(())
    }

    fn remove(&self, tables: &mut Tables<'_>, rid: &Rid, standing: Standing) -> Result<(), StoreError> {
        if let Some(bytes) = tables.bytes(rid)? {
            let checked = self.believe(&bytes)?;
            tables.remove(&checked)?;
        }
        tables.set_standing(rid, standing)
    }

    /// A record that was checked when it came in. It is checked again: a damaged disk must not make up records.
    fn believe(&self, signed: &[u8]) -> Result<Checked, StoreError> {
        kinora_protocol::check::check(signed, &self.inner.network, &mut self.certificates())
            .map_err(|_| StoreError::Damaged("a stored record does not hold"))
    }

    /// Records that were held and may be offered now; they are forgotten here.
    ///
    /// # Errors
    /// When the file fails.
    pub fn take_held(&self, now: u64) -> Result<Vec<Vec<u8>>, StoreError> {
        let transaction = self.inner.database.begin_write()?;
        let due = Tables::open(&transaction)?.take_held(now)?;
        transaction.commit()?;
        Ok(due)
    }

    /// Notes what is known of a blob.
    ///
    /// # Errors
    /// When the file fails.
    pub fn set_blob_state(&self, hash: &BlobHash, state: &BlobState) -> Result<(), StoreError> {
        let transaction = self.inner.database.begin_write()?;
        Tables::open(&transaction)?.set_blob(hash, state)?;
        Ok(transaction.commit()?)
    }

    /// Writes a job down.
    ///
    /// # Errors
    /// When the file fails.
    pub fn put_job(&self, job: JobId, bytes: &[u8]) -> Result<(), StoreError> {
        let transaction = self.inner.database.begin_write()?;
        Tables::open(&transaction)?.jobs.insert(job, bytes)?;
        Ok(transaction.commit()?)
    }

    /// Forgets a job.
    ///
    /// # Errors
    /// When the file fails.
    pub fn remove_job(&self, job: JobId) -> Result<(), StoreError> {
        let transaction = self.inner.database.begin_write()?;
        Tables::open(&transaction)?.jobs.remove(job)?;
        Ok(transaction.commit()?)
    }
}

impl Store {
    /// Forgets what is known of a blob.
    ///
    /// # Errors
    /// When the file fails.
    pub fn forget_blob(&self, hash: &BlobHash) -> Result<(), StoreError> {
        let transaction = self.inner.database.begin_write()?;
        Tables::open(&transaction)?.forget_blob(hash)?;
        prints::forget(&transaction, hash)?;
        Ok(transaction.commit()?)
    }
}

const fn standing_of(why: Hidden) -> Standing {
    match why {
        Hidden::Deleted(_) => Standing::Deleted,
        Hidden::Revoked | Hidden::Rotated => Standing::Overruled,
    }
}

/// Takes the record's register; gives the record that held it.
fn occupy(tables: &mut Tables<'_>, checked: &Checked) -> Result<Option<Rid>, StoreError> {
    let slot = checked.slot();
    if matches!(slot, Slot::Once(_)) {
        return Ok(None);
    }
    let old = tables.register(&slot)?;
    tables.set_register(&slot, &Rank::of(checked))?;
    Ok(old.map(|rank| rank.rid).filter(|rid| *rid != checked.rid()))
}
