//! Which clips wait for a look at their manifests: they change with the records and blobs, in their transactions.

use kinora_protocol::ids::{BlobHash, Rid};
use kinora_protocol::record::Clip;
use kinora_protocol::verdict::Check;
use redb::ReadableTable as _;

use super::{Tables, id, key};
use crate::store::states::{UNREADABLE_BLOB, read as blob_state};
use crate::store::{BlobState, StoreError};

/// Records that name one blob, and clips made from one clip, whose manifests are looked at.
const RELATED_MAX: usize = 64;

impl Tables<'_> {
    /// The first records that name a blob.
    pub(super) fn owners_of(&self, hash: &BlobHash) -> Result<Vec<Rid>, StoreError> {
        let (from, to) = (key(&[hash.as_bytes(), &[0; 32]]), key(&[hash.as_bytes(), &[255; 32]]));
        let range = self.owners.range(from.as_slice()..=to.as_slice())?.take(RELATED_MAX);
        range.map(|entry| Ok(Rid(id(entry?.0.value())?))).collect()
    }

    /// A clip's manifest is to be looked at, if its file is here.
    pub(super) fn unprove(&mut self, rid: &Rid, clip: &Clip) -> Result<(), StoreError> {
        let state = self.blobs.get(clip.blob.hash.as_bytes().as_slice())?;
        let is_here = state.map(|state| blob_state(state.value())).transpose()?;
        if let Some(BlobState::Complete(_)) = is_here {
            self.unproven.insert(rid.as_bytes().as_slice(), ())?;
        }
        Ok(())
    }

    /// What was made from a clip is to be looked at again: whose signatures count for it follows from its parents.
    pub(super) fn unprove_children(&mut self, parent: &Rid) -> Result<(), StoreError> {
        let (from, to) = (key(&[parent.as_bytes(), &[0; 40]]), key(&[parent.as_bytes(), &[255; 40]]));
        let range = self.children.range(from.as_slice()..=to.as_slice())?.take(RELATED_MAX);
        let children: Vec<Rid> =
            range.map(|entry| Ok(Rid(id(entry?.0.value())?))).collect::<Result<_, StoreError>>()?;
        for child in children {
            if self.provenance.remove(child.as_bytes().as_slice())?.is_some() {
                self.unproven.insert(child.as_bytes().as_slice(), ())?;
            }
        }
        Ok(())
    }

    /// Writes down what was found of a clip's manifest; it waits no more. A clip that has gone stays gone.
    pub(in crate::store) fn prove(&mut self, clip: &Rid, check: Option<&Check>) -> Result<(), StoreError> {
        self.unproven.remove(clip.as_bytes().as_slice())?;
        if self.records.get(clip.as_bytes().as_slice())?.is_none() {
            return Ok(());
        }
        if let Some(check) = check {
            let value = serde_json::to_vec(check).map_err(|_| UNREADABLE_BLOB)?;
            self.provenance.insert(clip.as_bytes().as_slice(), value.as_slice())?;
        }
        Ok(())
    }
}
