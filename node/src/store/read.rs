//! Questions to the store. Each is answered from one snapshot.

use kinora_protocol::api::JobId;
use kinora_protocol::check::{Checked, rid_of_signed};
use kinora_protocol::feed::Slot;
use kinora_protocol::ids::{AuthorId, BlobHash, Rid};
use kinora_protocol::limits::FEED_PAGE_MAX;
use kinora_protocol::record::{Address, Body, Profile};
use kinora_protocol::sync::{Item, Shelf, Summary};
use redb::{ReadTransaction, ReadableDatabase as _, ReadableTable as _, ReadableTableMetadata as _};

use super::states::read as blob_state;
use super::tables::{
    BLOBS, BY_AUTHOR, CLIPS, JOBS, OWNERS, RECORDS, REGISTERS, REPLIES, SEEN, SUMMARIES, id, key, position,
    rank, register_key, signed, standing, summary,
};
use super::{BlobState, Counts, Standing, Store, StoreError};

/// Most nodes of one author that are read.
const NODES_MAX: usize = 32;
/// Most reactions of one clip that are read.
const REACTIONS_MAX: usize = 10_000;

impl Store {
    pub(super) fn snapshot(&self) -> Result<ReadTransaction, StoreError> {
        Ok(self.inner.database.begin_read()?)
    }

    /// A live record.
    ///
    /// # Errors
    /// When the file fails.
    pub fn get(&self, rid: &Rid) -> Result<Option<Checked>, StoreError> {
        self.get_in(&self.snapshot()?, rid)
    }

    pub(super) fn get_in(&self, t: &ReadTransaction, rid: &Rid) -> Result<Option<Checked>, StoreError> {
        let stored = t.open_table(RECORDS)?.get(rid.as_bytes().as_slice())?;
        stored.map(|v| self.believe(signed(v.value())?)).transpose()
    }

    /// What became of a record.
    ///
    /// # Errors
    /// When the file fails.
    pub fn standing(&self, rid: &Rid) -> Result<Standing, StoreError> {
        let code = self.snapshot()?.open_table(SEEN)?.get(rid.as_bytes().as_slice())?.map(|v| v.value());
        Ok(code.map_or(Standing::Unknown, standing))
    }

    /// How much is stored.
    ///
    /// # Errors
    /// When the file fails.
    pub fn counts(&self) -> Result<Counts, StoreError> {
        Ok(Counts { records: self.snapshot()?.open_table(RECORDS)?.len()? })
    }

    /// Clips of these authors strictly before a position, newest first.
    ///
    /// # Errors
    /// When the file fails.
    pub fn clips_of(
        &self,
        authors: &[AuthorId],
        before: Option<(u64, Rid)>,
        limit: usize,
    ) -> Result<Vec<Checked>, StoreError> {
        let t = self.snapshot()?;
        let clips = t.open_table(CLIPS)?;
        let mut found: Vec<(u64, Rid)> = Vec::new();
        for author in authors {
            let from = key(&[author.as_bytes(), &[0; 40]]);
            let to = match before {
                Some((time, rid)) => key(&[author.as_bytes(), &time.to_be_bytes(), rid.as_bytes()]),
                None => key(&[author.as_bytes(), &[255; 40]]),
            };
            for entry in clips.range(from.as_slice()..to.as_slice())?.rev().take(limit) {
                found.push(position(entry?.0.value())?);
            }
        }
        found.sort_by(|a, b| b.cmp(a));
        found.truncate(limit);
        found.iter().filter_map(|(_, rid)| self.get_in(&t, rid).transpose()).collect()
    }

    /// How many clips of an author are stored.
    ///
    /// # Errors
    /// When the file fails.
    pub fn clip_count(&self, author: &AuthorId) -> Result<u64, StoreError> {
        let (from, to) = (key(&[author.as_bytes(), &[0; 40]]), key(&[author.as_bytes(), &[255; 40]]));
        Ok(self.snapshot()?.open_table(CLIPS)?.range(from.as_slice()..=to.as_slice())?.count() as u64)
    }

    /// Whom an author follows.
    ///
    /// # Errors
    /// When the file fails.
    pub fn following(&self, author: &AuthorId) -> Result<Vec<AuthorId>, StoreError> {
        let t = self.snapshot()?;
        let seen = t.open_table(SEEN)?;
        let from = key(&[author.as_bytes(), b"follow\0", &[0; 32]]);
        let to = key(&[author.as_bytes(), b"follow\0", &[255; 32]]);
        let mut found = Vec::new();
        for entry in t.open_table(REGISTERS)?.range(from.as_slice()..=to.as_slice())? {
            let (name, value) = entry?;
            let rank = rank(value.value())?;
            let live = seen.get(rank.rid.as_bytes().as_slice())?.is_some_and(|v| v.value() == 0);
            if live && !rank.removes {
                found.push(AuthorId(id(name.value())?));
            }
        }
        Ok(found)
    }

    /// The profile of an author.
    ///
    /// # Errors
    /// When the file fails.
    pub fn profile(&self, author: &AuthorId) -> Result<Option<Profile>, StoreError> {
        let t = self.snapshot()?;
        let Some(name) = register_key(&Slot::Register { author: *author, kind: "profile", target: [0; 32] })
        else {
            return Ok(None);
        };
        let Some(held) = t.open_table(REGISTERS)?.get(name.as_slice())? else { return Ok(None) };
        let checked = self.get_in(&t, &rank(held.value())?.rid)?;
        Ok(checked.and_then(|c| match &c.record().body {
            Body::Profile(profile) => Some(profile.clone()),
            _ => None,
        }))
    }

    fn replies(
        &self,
        t: &ReadTransaction,
        clip: &Rid,
        kind: u8,
        limit: usize,
    ) -> Result<Vec<Checked>, StoreError> {
        let (from, to) =
            (key(&[clip.as_bytes(), &[kind], &[0; 32]]), key(&[clip.as_bytes(), &[kind], &[255; 32]]));
        let mut found = Vec::new();
        for entry in t.open_table(REPLIES)?.range(from.as_slice()..=to.as_slice())?.take(limit) {
            found.extend(self.get_in(t, &Rid(id(entry?.0.value())?))?);
        }
        Ok(found)
    }

    /// How many comments and reactions of a clip are stored, at most `max`.
    ///
    /// # Errors
    /// When the file fails.
    pub fn reply_count(&self, clip: &Rid, max: usize) -> Result<usize, StoreError> {
        let (from, to) = (key(&[clip.as_bytes(), &[0; 33]]), key(&[clip.as_bytes(), &[255; 33]]));
        Ok(self.snapshot()?.open_table(REPLIES)?.range(from.as_slice()..=to.as_slice())?.take(max).count())
    }

    /// Who set which mark on a clip.
    ///
    /// # Errors
    /// When the file fails.
    pub fn reactions(&self, clip: &Rid) -> Result<Vec<(AuthorId, String)>, StoreError> {
        let found = self.replies(&self.snapshot()?, clip, 1, REACTIONS_MAX)?;
        Ok(found
            .into_iter()
            .filter_map(|c| match &c.record().body {
                Body::React(b) if b.set => Some((c.author(), b.mark.clone())),
                _ => None,
            })
            .collect())
    }

    /// Comments on a clip.
    ///
    /// # Errors
    /// When the file fails.
    pub fn comments(&self, clip: &Rid, limit: usize) -> Result<Vec<Checked>, StoreError> {
        self.replies(&self.snapshot()?, clip, 0, limit.min(FEED_PAGE_MAX))
    }

    /// What is known of a blob.
    ///
    /// # Errors
    /// When the file fails.
    pub fn blob_state(&self, hash: &BlobHash) -> Result<Option<BlobState>, StoreError> {
        let t = self.snapshot()?;
        let found = t.open_table(BLOBS)?.get(hash.as_bytes().as_slice())?;
        found.map(|v| blob_state(v.value())).transpose()
    }

    /// A live clip that owns a blob.
    ///
    /// # Errors
    /// When the file fails.
    pub fn owner_of(&self, hash: &BlobHash) -> Result<Option<Checked>, StoreError> {
        let t = self.snapshot()?;
        let (from, to) = (key(&[hash.as_bytes(), &[0; 32]]), key(&[hash.as_bytes(), &[255; 32]]));
        let first = match t.open_table(OWNERS)?.range(from.as_slice()..=to.as_slice())?.next() {
            Some(entry) => Rid(id(entry?.0.value())?),
            None => return Ok(None),
        };
        self.get_in(&t, &first)
    }

    /// Whether a live clip that names this file or still shows somebody.
    ///
    /// # Errors
    /// When the file fails.
    pub fn shows_somebody(&self, hash: &BlobHash) -> Result<bool, StoreError> {
        let t = self.snapshot()?;
        let (from, to) = (key(&[hash.as_bytes(), &[0; 32]]), key(&[hash.as_bytes(), &[255; 32]]));
        for entry in t.open_table(OWNERS)?.range(from.as_slice()..=to.as_slice())? {
            let owner = self.get_in(&t, &Rid(id(entry?.0.value())?))?;
            if matches!(owner.as_ref().map(|o| &o.record().body), Some(Body::Clip(c)) if c.consent.is_some())
            {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Live clips whose file has this hash, at most `limit`.
    ///
    /// # Errors
    /// When the file fails.
    pub fn clips_with(&self, hash: &BlobHash, limit: usize) -> Result<Vec<Checked>, StoreError> {
        let t = self.snapshot()?;
        let (from, to) = (key(&[hash.as_bytes(), &[0; 32]]), key(&[hash.as_bytes(), &[255; 32]]));
        let mut found = Vec::new();
        for entry in t.open_table(OWNERS)?.range(from.as_slice()..=to.as_slice())? {
            let owner = self.get_in(&t, &Rid(id(entry?.0.value())?))?;
            // A clip may own it as its poster.
            let names = |checked: &Checked| matches!(&checked.record().body, Body::Clip(clip) if clip.blob.hash == *hash);
            found.extend(owner.filter(names));
            if found.len() >= limit {
                break;
            }
        }
        Ok(found)
    }

    /// Blobs that are wanted, each with a record that names it and the size that record says, at most `limit`, in the
    /// order of their hashes from behind `after`. Records whose size is proven wrong, and blobs that no record names, are
    /// left out.
    ///
    /// # Errors
    /// When the file fails.
    pub fn wanted(
        &self,
        after: Option<BlobHash>,
        limit: usize,
    ) -> Result<Vec<(BlobHash, u64, Rid)>, StoreError> {
        let t = self.snapshot()?;
        let blobs = t.open_table(BLOBS)?;
        let mut found = Vec::new();
        let from = after.map_or_else(Vec::new, |hash| key(&[hash.as_bytes(), &[255; 32]]));
        for entry in t.open_table(OWNERS)?.range(from.as_slice()..)? {
            let (name, size) = entry?;
            let Some(hash) = name.value().first_chunk::<32>() else { continue };
            let wanted = match blobs.get(hash.as_slice())?.map(|v| blob_state(v.value())).transpose()? {
                Some(BlobState::Wanted) => true,
                Some(BlobState::Sized(proven)) => proven == size.value(),
                _ => false,
            };
            if wanted {
                found.push((BlobHash(*hash), size.value(), Rid(id(name.value())?)));
            }
            if found.len() >= limit {
                break;
            }
        }
        Ok(found)
    }

    /// All jobs.
    ///
    /// # Errors
    /// When the file fails.
    pub fn jobs(&self) -> Result<Vec<(JobId, Vec<u8>)>, StoreError> {
        let t = self.snapshot()?;
        let jobs = t.open_table(JOBS)?;
        jobs.iter()?
            .map(|entry| entry.map(|(id, v)| (id.value(), v.value().to_vec())).map_err(Into::into))
            .collect()
    }

    fn items(
        &self,
        author: &AuthorId,
        before: Option<(u64, Rid)>,
        limit: usize,
    ) -> Result<Vec<Item>, StoreError> {
        let t = self.snapshot()?;
        let table = t.open_table(BY_AUTHOR)?;
        let mut found = Vec::new();
        for safety in [false, true] {
            let class = key(&[author.as_bytes(), &[u8::from(safety)]]);
            let to = match before {
                Some((time, rid)) => key(&[&class, &time.to_be_bytes(), rid.as_bytes()]),
                None => key(&[&class, &[255; 41]]),
            };
            for entry in table.range(class.as_slice()..to.as_slice())?.rev().take(limit) {
                let (time, rid) = position(entry?.0.value())?;
                found.push(Item { time, rid, safety });
            }
        }
        found.sort_by_key(|item| std::cmp::Reverse((item.time, item.rid)));
        found.truncate(limit);
        Ok(found)
    }
}

/// A failing disk looks like an empty shelf to peers; the log says why.
fn or_empty<T: Default>(result: Result<T, StoreError>) -> T {
    result.unwrap_or_else(|error| {
        tracing::error!(%error, "a peer's question could not be answered");
        T::default()
    })
}

impl Shelf for Store {
    fn summary(&self, author: &AuthorId) -> Summary {
        let read = || -> Result<Summary, StoreError> {
            let t = self.snapshot()?;
            let found = t.open_table(SUMMARIES)?.get(author.as_bytes().as_slice())?;
            Ok(found.map(|v| summary(v.value())).transpose()?.unwrap_or_default())
        };
        or_empty(read())
    }

    fn ids(&self, author: &AuthorId, before: Option<(u64, Rid)>, limit: usize) -> Vec<Item> {
        or_empty(self.items(author, before, limit))
    }

    fn settled(&self, rid: &Rid) -> bool {
        or_empty(self.standing(rid).map(|s| s != Standing::Unknown))
    }

    fn rid(&self, signed: &[u8]) -> Option<Rid> {
        rid_of_signed(signed)
    }

    fn record(&self, rid: &Rid) -> Option<Vec<u8>> {
        let read = || -> Result<Option<Vec<u8>>, StoreError> {
            let t = self.snapshot()?;
            let found = t.open_table(RECORDS)?.get(rid.as_bytes().as_slice())?;
            found.map(|v| signed(v.value()).map(<[u8]>::to_vec)).transpose()
        };
        or_empty(read())
    }
}

impl Store {
    /// Whether a record is live here.
    ///
    /// # Errors
    /// When the file fails.
    pub fn has(&self, rid: &Rid) -> Result<bool, StoreError> {
        Ok(self.standing(rid)? == Standing::Live)
    }

    /// Whether `who` follows `whom`.
    ///
    /// # Errors
    /// When the file fails.
    pub fn is_following(&self, who: &AuthorId, whom: &AuthorId) -> Result<bool, StoreError> {
        let t = self.snapshot()?;
        let slot = Slot::Register { author: *who, kind: "follow", target: whom.0 };
        let Some(name) = register_key(&slot) else { return Ok(false) };
        let Some(rank) =
            t.open_table(REGISTERS)?.get(name.as_slice())?.map(|v| rank(v.value())).transpose()?
        else {
            return Ok(false);
        };
        let live = t.open_table(SEEN)?.get(rank.rid.as_bytes().as_slice())?.is_some_and(|v| v.value() == 0);
        Ok(live && !rank.removes)
    }
}

impl Store {
    /// Where the nodes of an author say they are.
    ///
    /// # Errors
    /// When the file fails.
    pub fn addresses(&self, author: &AuthorId) -> Result<Vec<Address>, StoreError> {
        let t = self.snapshot()?;
        let from = key(&[author.as_bytes(), b"address\0", &[0; 32]]);
        let to = key(&[author.as_bytes(), b"address\0", &[255; 32]]);
        let mut found = Vec::new();
        for entry in t.open_table(REGISTERS)?.range(from.as_slice()..=to.as_slice())?.take(NODES_MAX) {
            let rid = rank(entry?.1.value())?.rid;
            if let Some(checked) = self.get_in(&t, &rid)?
                && let Body::Address(address) = &checked.record().body
            {
                found.push(address.clone());
            }
        }
        Ok(found)
    }

    /// Blobs that are known here and owned by no live record.
    ///
    /// # Errors
    /// When the file fails.
    pub fn orphans(&self) -> Result<Vec<BlobHash>, StoreError> {
        let t = self.snapshot()?;
        let owners = t.open_table(OWNERS)?;
        let mut found = Vec::new();
        for entry in t.open_table(BLOBS)?.iter()? {
            let hash = id(entry?.0.value())?;
            let (from, to) = (key(&[&hash, &[0; 32]]), key(&[&hash, &[255; 32]]));
            if owners.range(from.as_slice()..=to.as_slice())?.next().is_none() {
                found.push(BlobHash(hash));
            }
        }
        Ok(found)
    }
}
