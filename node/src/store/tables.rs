//! The tables, their keys, and what changes in them when one record comes or goes.
//!
//! Keys are byte strings made of fixed-size parts; times are big-endian, so that order by key is order by time.

use kinora_protocol::check::Checked;
use kinora_protocol::feed::{Rank, Slot, Stored, View};
use kinora_protocol::ids::{AuthorId, BlobHash, DeviceKey, Rid};
use kinora_protocol::record::{Body, Clip};
use kinora_protocol::sync::Summary;
use redb::{ReadableTable as _, Table, TableDefinition, WriteTransaction};

use super::{BlobState, Standing, StoreError, labels, states};

mod manifests;

type Bytes = TableDefinition<'static, &'static [u8], &'static [u8]>;

pub(super) const META: TableDefinition<'_, &str, u64> = TableDefinition::new("meta");
/// rid → layout version, second it came, signed bytes.
pub(super) const RECORDS: Bytes = TableDefinition::new("records");
/// rid → what became of it.
pub(super) const SEEN: TableDefinition<'_, &[u8], u8> = TableDefinition::new("seen");
/// author, kind, target → rank.
pub(super) const REGISTERS: Bytes = TableDefinition::new("registers");
const DELETED: Bytes = TableDefinition::new("deleted");
const REVOKED: TableDefinition<'_, &[u8], u64> = TableDefinition::new("revoked");
const ROTATIONS: TableDefinition<'_, &[u8], u64> = TableDefinition::new("rotations");
/// author, safety, time, rid.
pub(super) const BY_AUTHOR: TableDefinition<'_, &[u8], ()> = TableDefinition::new("by_author");
/// author, safety → number of records.
pub(super) const STORED: TableDefinition<'_, &[u8], u64> = TableDefinition::new("stored");
/// author → count and sum of ids.
pub(super) const SUMMARIES: Bytes = TableDefinition::new("summaries");
/// author, time, rid.
pub(super) const CLIPS: TableDefinition<'_, &[u8], ()> = TableDefinition::new("clips");
/// parent, time of the child, child.
pub(super) const CHILDREN: TableDefinition<'_, &[u8], ()> = TableDefinition::new("children");
/// tag, clip.
pub(super) const TAGS: TableDefinition<'_, &[u8], ()> = TableDefinition::new("tags");
/// clip, 0 comment or 1 reaction, rid.
pub(super) const REPLIES: TableDefinition<'_, &[u8], ()> = TableDefinition::new("replies");
/// blob, rid → size.
pub(super) const OWNERS: TableDefinition<'_, &[u8], u64> = TableDefinition::new("owners");
/// blob → state.
pub(super) const BLOBS: Bytes = TableDefinition::new("blobs");
/// Clips whose manifest is to be looked at.
pub(super) const UNPROVEN: TableDefinition<'_, &[u8], ()> = TableDefinition::new("unproven");
/// clip → the check of its manifest.
pub(super) const PROVENANCE: Bytes = TableDefinition::new("provenance");
pub(super) const JOBS: TableDefinition<'_, u64, &[u8]> = TableDefinition::new("jobs");
/// time, rid → signed bytes.
const HELD: Bytes = TableDefinition::new("held");

/// Layout of a stored record.
const RECORD_LAYOUT: u8 = 1;
/// Bytes before the signed bytes.
const RECORD_HEAD: usize = 9;

/// One key of several parts.
pub(super) fn key(parts: &[&[u8]]) -> Vec<u8> {
    parts.concat()
}

/// The id at the end of a key or value.
pub(super) fn id(bytes: &[u8]) -> Result<[u8; 32], StoreError> {
    let last = bytes.last_chunk::<32>();
    last.copied().ok_or(StoreError::Damaged("a key without an id"))
}

/// The signed bytes of a stored record.
pub(super) fn signed(stored: &[u8]) -> Result<&[u8], StoreError> {
    match stored.first() {
        Some(&RECORD_LAYOUT) => {
            stored.get(RECORD_HEAD..).ok_or(StoreError::Damaged("a record without bytes"))
        }
        _ => Err(StoreError::Damaged("a record of a layout that this version does not know")),
    }
}

/// A register as bytes.
pub(super) fn register_key(slot: &Slot) -> Option<Vec<u8>> {
    match slot {
        Slot::Once(_) => None,
        // Kinds have different lengths; the zero keeps one from being the start of another.
        Slot::Register { author, kind, target } => {
            Some(key(&[author.as_bytes(), kind.as_bytes(), &[0], target]))
        }
    }
}

/// Reads a rank.
pub(super) fn rank(bytes: &[u8]) -> Result<Rank, StoreError> {
    let wrong = StoreError::Damaged("a register that cannot be read");
    let Some((time, rest)) = bytes.split_first_chunk::<8>() else { return Err(wrong) };
    let Some((removes, rid)) = rest.split_first() else { return Err(wrong) };
    Ok(Rank { time: u64::from_be_bytes(*time), removes: *removes != 0, rid: Rid(id(rid)?) })
}

/// Reads a summary.
pub(super) fn summary(bytes: &[u8]) -> Result<Summary, StoreError> {
    let count = bytes.first_chunk::<8>().ok_or(StoreError::Damaged("a summary that cannot be read"))?;
    Ok(Summary { count: u64::from_le_bytes(*count), sum: id(bytes)? })
}

/// Reads a standing.
pub(super) const fn standing(code: u8) -> Standing {
    match code {
        0 => Standing::Live,
        1 => Standing::Deleted,
        2 => Standing::Overruled,
        _ => Standing::Replaced,
    }
}

/// Blobs that a clip owns, with their sizes.
pub(super) fn blobs_of(clip: &Clip) -> impl Iterator<Item = (BlobHash, u64)> {
    std::iter::once((clip.blob.hash, clip.blob.size)).chain(clip.poster.map(|p| (p.hash, p.size)))
}

/// All tables, open for writing.
pub(super) struct Tables<'t> {
    pub(super) meta: Table<'t, &'static str, u64>,
    pub(super) jobs: Table<'t, u64, &'static [u8]>,
    records: Table<'t, &'static [u8], &'static [u8]>,
    seen: Table<'t, &'static [u8], u8>,
    registers: Table<'t, &'static [u8], &'static [u8]>,
    deleted: Table<'t, &'static [u8], &'static [u8]>,
    revoked: Table<'t, &'static [u8], u64>,
    rotations: Table<'t, &'static [u8], u64>,
    by_author: Table<'t, &'static [u8], ()>,
    stored: Table<'t, &'static [u8], u64>,
    summaries: Table<'t, &'static [u8], &'static [u8]>,
    clips: Table<'t, &'static [u8], ()>,
    children: Table<'t, &'static [u8], ()>,
    tags: Table<'t, &'static [u8], ()>,
    replies: Table<'t, &'static [u8], ()>,
    labels: Table<'t, &'static [u8], ()>,
    owners: Table<'t, &'static [u8], u64>,
    blobs: Table<'t, &'static [u8], &'static [u8]>,
    unproven: Table<'t, &'static [u8], ()>,
    provenance: Table<'t, &'static [u8], &'static [u8]>,
    held: Table<'t, &'static [u8], &'static [u8]>,
}

impl<'t> Tables<'t> {
    pub(super) fn open(t: &'t WriteTransaction) -> Result<Self, StoreError> {
        Ok(Self {
            meta: t.open_table(META)?,
            jobs: t.open_table(JOBS)?,
            records: t.open_table(RECORDS)?,
            seen: t.open_table(SEEN)?,
            registers: t.open_table(REGISTERS)?,
            deleted: t.open_table(DELETED)?,
            revoked: t.open_table(REVOKED)?,
            rotations: t.open_table(ROTATIONS)?,
            by_author: t.open_table(BY_AUTHOR)?,
            stored: t.open_table(STORED)?,
            summaries: t.open_table(SUMMARIES)?,
            clips: t.open_table(CLIPS)?,
            children: t.open_table(CHILDREN)?,
            tags: t.open_table(TAGS)?,
            replies: t.open_table(REPLIES)?,
            labels: t.open_table(labels::LABELS)?,
            owners: t.open_table(OWNERS)?,
            blobs: t.open_table(BLOBS)?,
            unproven: t.open_table(UNPROVEN)?,
            provenance: t.open_table(PROVENANCE)?,
            held: t.open_table(HELD)?,
        })
    }

    /// The signed bytes of a live record.
    pub(super) fn bytes(&self, rid: &Rid) -> Result<Option<Vec<u8>>, StoreError> {
        self.records
            .get(rid.as_bytes().as_slice())?
            .map(|v| signed(v.value()).map(<[u8]>::to_vec))
            .transpose()
    }

    pub(super) fn set_standing(&mut self, rid: &Rid, to: Standing) -> Result<(), StoreError> {
        let code = match to {
            Standing::Live | Standing::Unknown => 0,
            Standing::Deleted => 1,
            Standing::Overruled => 2,
            Standing::Replaced => 3,
        };
        self.seen.insert(rid.as_bytes().as_slice(), code)?;
        Ok(())
    }

    pub(super) fn set_register(&mut self, slot: &Slot, rank: &Rank) -> Result<(), StoreError> {
        if let Some(name) = register_key(slot) {
            let value = key(&[&rank.time.to_be_bytes(), &[u8::from(rank.removes)], rank.rid.as_bytes()]);
            self.registers.insert(name.as_slice(), value.as_slice())?;
        }
        Ok(())
    }

    /// Remembers what a record takes away.
    pub(super) fn note(&mut self, checked: &Checked) -> Result<(), StoreError> {
        let (author, rid) = (checked.author(), checked.rid());
        match &checked.record().body {
            Body::Delete(b) => {
                for target in &b.targets {
                    let name = key(&[author.as_bytes(), target.as_bytes()]);
                    let old = self.deleted.get(name.as_slice())?.map(|v| id(v.value())).transpose()?;
                    let by = old.map_or(rid, |old| Rid(old).min(rid));
                    self.deleted.insert(name.as_slice(), by.as_bytes().as_slice())?;
                }
            }
            Body::Device(b) => {
                let name = key(&[author.as_bytes(), b.device.as_bytes()]);
                lower(&mut self.revoked, &name, b.revoked_from)?;
            }
            Body::Rotate => {
                let count = (checked.record().rotations as u64).to_be_bytes();
                lower(&mut self.rotations, &key(&[author.as_bytes(), &count]), checked.time())?;
            }
            _ => {}
        }
        Ok(())
    }

    /// Puts a record into all indexes.
    pub(super) fn insert(&mut self, checked: &Checked, now: u64) -> Result<(), StoreError> {
        let rid = checked.rid();
        let value = key(&[&[RECORD_LAYOUT], &now.to_le_bytes(), checked.bytes()]);
        self.records.insert(rid.as_bytes().as_slice(), value.as_slice())?;
        self.set_standing(&rid, Standing::Live)?;
        self.by_author.insert(author_key(checked).as_slice(), ())?;
        self.count(checked, true)?;
        labels::index(&mut self.labels, checked, true)?;
        match &checked.record().body {
            Body::Clip(clip) => {
                self.clips.insert(clip_key(checked).as_slice(), ())?;
                self.adopt(checked, clip)?;
                self.tag(rid, clip)?;
                for (hash, size) in blobs_of(clip) {
                    self.owners.insert(key(&[hash.as_bytes(), rid.as_bytes()]).as_slice(), size)?;
                    if self.blobs.get(hash.as_bytes().as_slice())?.is_none() {
                        self.set_blob(&hash, &BlobState::Wanted)?;
                    }
                }
                self.unprove(&rid, clip)?;
                self.unprove_children(&rid)?;
            }
            Body::Sealed(letter) => {
                if let Some(blob) = letter.blob {
                    let name = key(&[blob.hash.as_bytes(), rid.as_bytes()]);
                    self.owners.insert(name.as_slice(), blob.size)?;
                    if self.blobs.get(blob.hash.as_bytes().as_slice())?.is_none() {
                        self.set_blob(&blob.hash, &BlobState::Wanted)?;
                    }
                }
            }
            Body::Comment(b) => {
                drop(self.replies.insert(key(&[b.on.as_bytes(), &[0], rid.as_bytes()]).as_slice(), ())?);
            }
            Body::React(b) => {
                drop(self.replies.insert(key(&[b.on.as_bytes(), &[1], rid.as_bytes()]).as_slice(), ())?);
            }
            _ => {}
        }
        Ok(())
    }

    /// Takes a record out of all indexes; its standing stays to be set.
    pub(super) fn remove(&mut self, checked: &Checked) -> Result<(), StoreError> {
        let rid = checked.rid();
        self.records.remove(rid.as_bytes().as_slice())?;
        self.by_author.remove(author_key(checked).as_slice())?;
        self.count(checked, false)?;
        labels::index(&mut self.labels, checked, false)?;
        match &checked.record().body {
            Body::Clip(clip) => {
                self.clips.remove(clip_key(checked).as_slice())?;
                for parent in &clip.parents {
                    self.children.remove(child_key(parent, checked).as_slice())?;
                }
                self.tags.remove(key(&[clip.tag.as_slice(), rid.as_bytes()]).as_slice())?;
                for (hash, _) in blobs_of(clip) {
                    self.owners.remove(key(&[hash.as_bytes(), rid.as_bytes()]).as_slice())?;
                }
                self.unproven.remove(rid.as_bytes().as_slice())?;
                self.provenance.remove(rid.as_bytes().as_slice())?;
            }
            Body::Sealed(letter) => {
                if let Some(blob) = letter.blob {
                    self.owners.remove(key(&[blob.hash.as_bytes(), rid.as_bytes()]).as_slice())?;
                }
            }
            Body::Comment(b) => {
                drop(self.replies.remove(key(&[b.on.as_bytes(), &[0], rid.as_bytes()]).as_slice())?);
            }
            Body::React(b) => {
                drop(self.replies.remove(key(&[b.on.as_bytes(), &[1], rid.as_bytes()]).as_slice())?);
            }
            _ => {}
        }
        Ok(())
    }

    /// Notes a clip with each of its parents, whether they are known here or not.
    pub(super) fn adopt(&mut self, checked: &Checked, clip: &Clip) -> Result<(), StoreError> {
        for parent in &clip.parents {
            self.children.insert(child_key(parent, checked).as_slice(), ())?;
        }
        Ok(())
    }

    /// Signed bytes of all live records.
    pub(super) fn all_bytes(&self) -> Result<Vec<Vec<u8>>, StoreError> {
        labels::all_bytes(&self.records)
    }

    /// Forgets that a record was ever seen.
    pub(super) fn forget(&mut self, rid: &Rid) -> Result<(), StoreError> {
        self.seen.remove(rid.as_bytes().as_slice())?;
        Ok(())
    }

    /// Notes the tag of a clip.
    pub(super) fn tag(&mut self, rid: Rid, clip: &Clip) -> Result<(), StoreError> {
        self.tags.insert(key(&[clip.tag.as_slice(), rid.as_bytes()]).as_slice(), ())?;
        Ok(())
    }

    /// Ids of all live clips.
    pub(super) fn all_clips(&self) -> Result<Vec<Rid>, StoreError> {
        self.clips.iter()?.map(|entry| Ok(Rid(id(entry?.0.value())?))).collect()
    }

    /// Keeps number and summary of the author's records.
    fn count(&mut self, checked: &Checked, comes: bool) -> Result<(), StoreError> {
        let (author, rid) = (checked.author(), checked.rid());
        let name = key(&[author.as_bytes(), &[u8::from(checked.record().body.is_safety())]]);
        let count = self.stored.get(name.as_slice())?.map_or(0, |v| v.value());
        let count = if comes { count.saturating_add(1) } else { count.saturating_sub(1) };
        self.stored.insert(name.as_slice(), count)?;
        let author = author.as_bytes().as_slice();
        let old = self.summaries.get(author)?.map(|v| summary(v.value())).transpose()?.unwrap_or_default();
        let new = if comes { old.with(&rid) } else { old.without(&rid) };
        self.summaries.insert(author, key(&[&new.count.to_le_bytes(), &new.sum]).as_slice())?;
        Ok(())
    }

    /// Ids of all live records of an author.
    pub(super) fn all_of(&self, author: &AuthorId) -> Result<Vec<Rid>, StoreError> {
        let (from, to) = (key(&[author.as_bytes(), &[0; 41]]), key(&[author.as_bytes(), &[255; 41]]));
        let range = self.by_author.range(from.as_slice()..=to.as_slice())?;
        range.map(|entry| Ok(Rid(id(entry?.0.value())?))).collect()
    }

    pub(super) fn set_blob(&mut self, hash: &BlobHash, state: &BlobState) -> Result<(), StoreError> {
        let value = states::write(state)?;
        self.blobs.insert(hash.as_bytes().as_slice(), value.as_slice())?;
        if let BlobState::Complete(_) = state {
            for rid in self.owners_of(hash)? {
                self.unproven.insert(rid.as_bytes().as_slice(), ())?;
            }
        }
        Ok(())
    }

    /// Takes a blob away from a clip that stays.
    pub(super) fn disown(&mut self, name: &[u8]) -> Result<(), StoreError> {
        self.owners.remove(name)?;
        Ok(())
    }

    pub(super) fn forget_blob(&mut self, hash: &BlobHash) -> Result<(), StoreError> {
        self.blobs.remove(hash.as_bytes().as_slice())?;
        Ok(())
    }

    /// Keeps a record of the future; when there are too many, the most distant one goes.
    pub(super) fn hold(&mut self, until: u64, checked: &Checked, max: u64) -> Result<(), StoreError> {
        use redb::ReadableTableMetadata as _;
        let name = key(&[&until.to_be_bytes(), checked.rid().as_bytes()]);
        self.held.insert(name.as_slice(), checked.bytes())?;
        if self.held.len()? > max {
            self.held.pop_last()?;
        }
        Ok(())
    }

    pub(super) fn take_held(&mut self, now: u64) -> Result<Vec<Vec<u8>>, StoreError> {
        let mut due = Vec::new();
        loop {
            let Some((name, value)) =
                self.held.first()?.map(|(k, v)| (k.value().to_vec(), v.value().to_vec()))
            else {
                return Ok(due);
            };
            if name.first_chunk::<8>().is_some_and(|time| u64::from_be_bytes(*time) > now) {
                return Ok(due);
            }
            self.held.remove(name.as_slice())?;
            due.push(value);
        }
    }
}

fn lower(table: &mut Table<'_, &'static [u8], u64>, name: &[u8], to: u64) -> Result<(), StoreError> {
    let old = table.get(name)?.map_or(u64::MAX, |v| v.value());
    table.insert(name, old.min(to))?;
    Ok(())
}

fn author_key(checked: &Checked) -> Vec<u8> {
    let safety = u8::from(checked.record().body.is_safety());
    key(&[checked.author().as_bytes(), &[safety], &checked.time().to_be_bytes(), checked.rid().as_bytes()])
}

fn clip_key(checked: &Checked) -> Vec<u8> {
    key(&[checked.author().as_bytes(), &checked.time().to_be_bytes(), checked.rid().as_bytes()])
}

fn child_key(parent: &Rid, child: &Checked) -> Vec<u8> {
    key(&[parent.as_bytes(), &child.time().to_be_bytes(), child.rid().as_bytes()])
}

impl View for Tables<'_> {
    type Error = StoreError;

    fn seen(&self, rid: &Rid) -> Result<bool, StoreError> {
        Ok(self.seen.get(rid.as_bytes().as_slice())?.is_some())
    }

    fn register(&self, slot: &Slot) -> Result<Option<Rank>, StoreError> {
        let Some(name) = register_key(slot) else { return Ok(None) };
        self.registers.get(name.as_slice())?.map(|v| rank(v.value())).transpose()
    }

    fn is_live(&self, rid: &Rid) -> Result<bool, StoreError> {
        Ok(self.records.get(rid.as_bytes().as_slice())?.is_some())
    }

    fn deleted_by(&self, author: &AuthorId, rid: &Rid) -> Result<Option<Rid>, StoreError> {
        let name = key(&[author.as_bytes(), rid.as_bytes()]);
        self.deleted.get(name.as_slice())?.map(|v| id(v.value()).map(Rid)).transpose()
    }

    fn revoked_from(&self, author: &AuthorId, device: &DeviceKey) -> Result<Option<u64>, StoreError> {
        let name = key(&[author.as_bytes(), device.as_bytes()]);
        Ok(self.revoked.get(name.as_slice())?.map(|v| v.value()))
    }

    fn rotations(&self, author: &AuthorId) -> Result<Vec<(usize, u64)>, StoreError> {
        let (from, to) = (key(&[author.as_bytes(), &[0; 8]]), key(&[author.as_bytes(), &[255; 8]]));
        let mut found = Vec::new();
        for entry in self.rotations.range(from.as_slice()..=to.as_slice())? {
            let (name, time) = entry?;
            let count = name.value().last_chunk::<8>().map_or(0, |count| u64::from_be_bytes(*count));
            found.push((usize::try_from(count).unwrap_or(usize::MAX), time.value()));
        }
        Ok(found)
    }

    fn stored(&self, author: &AuthorId, safety: bool) -> Result<Stored, StoreError> {
        let class = key(&[author.as_bytes(), &[u8::from(safety)]]);
        let count = self.stored.get(class.as_slice())?.map_or(0, |v| v.value());
        let (from, to) = (key(&[&class, &[0; 40]]), key(&[&class, &[255; 40]]));
        let oldest = match self.by_author.range(from.as_slice()..=to.as_slice())?.next() {
            Some(entry) => Some(position(entry?.0.value())?),
            None => None,
        };
        Ok((usize::try_from(count).unwrap_or(usize::MAX), oldest))
    }
}

/// Time and id at the end of a key.
pub(super) fn position(name: &[u8]) -> Result<(u64, Rid), StoreError> {
    let end = name.last_chunk::<40>().ok_or(StoreError::Damaged("a key without a time"))?;
    let time = end.first_chunk::<8>().map_or(0, |time| u64::from_be_bytes(*time));
    Ok((time, Rid(id(end)?)))
}
