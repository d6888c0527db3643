//! Lineage from the store: the walk of `protocol::lineage` over one snapshot, and the indexes of children and tags for
//! homes that were made before there were any.

use kinora_protocol::check::Checked;
use kinora_protocol::ids::Rid;
use kinora_protocol::lineage::{Direction, Family, Walk, walk};
use kinora_protocol::record::Body;
use redb::ReadTransaction;

use super::tables::{CHILDREN, Tables, id, key};
use super::{Store, StoreError};

/// The clips of one moment.
struct Snapshot<'s> {
    store: &'s Store,
    t: ReadTransaction,
}

impl Family for Snapshot<'_> {
    type Error = StoreError;

    fn parents(&self, clip: &Rid) -> Result<Vec<Rid>, StoreError> {
        let checked = self.store.get_in(&self.t, clip)?;
        Ok(checked.map(|checked| parents_of(&checked)).unwrap_or_default())
    }

    fn children(&self, clip: &Rid, limit: usize) -> Result<Vec<Rid>, StoreError> {
        let (from, to) = (key(&[clip.as_bytes(), &[0; 40]]), key(&[clip.as_bytes(), &[255; 40]]));
        let table = self.t.open_table(CHILDREN)?;
        let range = table.range(from.as_slice()..=to.as_slice())?;
        range.take(limit).map(|entry| Ok(Rid(id(entry?.0.value())?))).collect()
    }
}

fn parents_of(checked: &Checked) -> Vec<Rid> {
    match &checked.record().body {
        Body::Clip(clip) => clip.parents.clone(),
        _ => Vec::new(),
    }
}

impl Store {
    /// The relatives of a clip that are known here. The clip itself need not be.
    ///
    /// # Errors
    /// When the file fails.
    pub fn lineage(&self, clip: Rid, direction: Direction) -> Result<Walk, StoreError> {
        walk(&Snapshot { store: self, t: self.snapshot()? }, clip, direction)
    }

    /// Fills the indexes of children and of tags from the clips that are stored. A clip that cannot be read has no place in it, and
    /// does not keep the home shut.
    pub(super) fn index_clips(&self, tables: &mut Tables<'_>) -> Result<(), StoreError> {
        for rid in tables.all_clips()? {
            let Some(bytes) = tables.bytes(&rid)? else { continue };
            let checked = match self.believe(&bytes) {
                Ok(checked) => checked,
                Err(error) => {
                    tracing::warn!(%error, %rid, "a stored clip is left out of the indexes");
                    continue;
                }
            };
            if let Body::Clip(clip) = &checked.record().body {
                tables.adopt(&checked, clip)?;
                tables.tag(rid, clip)?;
            }
        }
        Ok(())
    }
}
