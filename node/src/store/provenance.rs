//! What the manifest in a clip's file says against the clip's record, and which clips still have to be asked.
//!
//! A file is judged once, whoever names it; its manifest is judged for each record that names it, because what it must
//! say follows from the record. Clips wait here from the moment in which both record and file are there, and again when
//! a clip that they were made from becomes known: its author's signature counts from then on.

use kinora_protocol::ids::Rid;
use kinora_protocol::verdict::Check;
use redb::{ReadableDatabase as _, ReadableTable as _};

use super::tables::{PROVENANCE, Tables, UNPROVEN, id};
use super::{Store, StoreError};

impl Store {
    /// Clips whose manifest is to be looked at, at most `limit`.
    ///
    /// # Errors
    /// When the file fails.
    pub fn unproven(&self, limit: usize) -> Result<Vec<Rid>, StoreError> {
        let waiting = self.inner.database.begin_read()?.open_table(UNPROVEN)?;
        waiting.iter()?.take(limit).map(|entry| Ok(Rid(id(entry?.0.value())?))).collect()
    }

    /// Writes down what was found; `None` when it could not be looked at. Either way the clip waits no more.
    ///
    /// # Errors
    /// When the file fails.
    pub fn set_provenance(&self, clip: &Rid, check: Option<&Check>) -> Result<(), StoreError> {
        let transaction = self.inner.database.begin_write()?;
        Tables::open(&transaction)?.prove(clip, check)?;
        Ok(transaction.commit()?)
    }

    /// What was found of a clip's manifest.
    ///
    /// # Errors
    /// When the file fails.
    pub fn provenance(&self, clip: &Rid) -> Result<Option<Check>, StoreError> {
        let found = self.snapshot()?.open_table(PROVENANCE)?.get(clip.as_bytes().as_slice())?;
        // What another version wrote is asked anew by `verify`.
        Ok(found.and_then(|found| serde_json::from_slice(found.value()).ok()))
    }
}
