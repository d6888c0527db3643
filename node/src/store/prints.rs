//! Fingerprints beside the blobs, and those of withdrawn clips, which stay when the blob is gone.
//!
//! A fingerprint is made once, when its file is looked at, and kept as long as the file is known. One of a clip that is
//! taken down moves to a table of its own, with the clip and the cameos in it: from then on copies are refused.

use kinora_protocol::fingerprint::{Fingerprint, SECOND_BYTES, Second};
use kinora_protocol::ids::{BlobHash, Rid};
use kinora_protocol::limits::{FINGERPRINT_SECONDS_MAX, FINGERPRINT_WORDS_MAX};
use kinora_protocol::record::Clip;
use redb::{ReadableTable as _, ReadableTableMetadata as _, TableDefinition, WriteTransaction};

use super::states::read as blob_state;
use super::tables::{TAGS, id, key};
use super::{BlobState, Store, StoreError, tables};

/// blob → whether it is a still, its fingerprint.
const PRINTS: TableDefinition<'_, &[u8], &[u8]> = TableDefinition::new("prints");
/// blob of a withdrawn clip → the clip, its cameos, its fingerprint.
const TAKEN_DOWN: TableDefinition<'_, &[u8], &[u8]> = TableDefinition::new("taken_down");
/// Most files of withdrawn clips that are remembered.
pub const TAKEN_DOWN_MAX: u64 = 100_000;
/// Layout of a fingerprint.
const LAYOUT: u8 = 3;
const UNREADABLE: StoreError = StoreError::Damaged("a fingerprint that cannot be read");

/// A fingerprint, and of what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Print {
    /// Whether it is of a still.
    pub still: bool,
    /// The fingerprint.
    pub of: Fingerprint,
}

/// A file of a withdrawn clip.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TakenDown {
    /// The file.
    pub file: BlobHash,
    /// The clip.
    pub clip: Rid,
    /// Who was in it.
    pub cameos: Vec<Rid>,
    /// What it looked like, if that was known.
    pub seconds: Vec<Second>,
}

/// Makes the tables, so that they can be read.
pub(super) fn create(t: &WriteTransaction) -> Result<(), StoreError> {
    t.open_table(PRINTS)?;
    t.open_table(TAKEN_DOWN)?;
    Ok(())
}

fn pack(seconds: &[Second]) -> Vec<u8> {
    seconds.iter().flat_map(Second::pack).collect()
}

fn unpack(bytes: &[u8]) -> Result<Vec<Second>, StoreError> {
    let (seconds, rest) = bytes.as_chunks::<SECOND_BYTES>();
    if rest.is_empty() { Ok(seconds.iter().map(Second::unpack).collect()) } else { Err(UNREADABLE) }
}

/// Layout, kind, number of seconds, of mirrored and of altered ones, all of these, the words.
fn write(print: &Print) -> Vec<u8> {
    let Fingerprint { seconds, sound, mirrored, altered } = &print.of;
    let count = |of: &[Second]| u16::try_from(of.len()).unwrap_or(u16::MAX).to_le_bytes();
    let words: Vec<u8> = sound.iter().flat_map(|word| word.to_le_bytes()).collect();
    let head = [LAYOUT, u8::from(print.still)];
    let counts = [seconds, mirrored, altered].map(|of| count(of)).concat();
    key(&[&head, &counts, &pack(seconds), &pack(mirrored), &pack(altered), &words])
}

fn read(bytes: &[u8]) -> Result<Print, StoreError> {
    let Some(([LAYOUT, still, counts @ ..], rest)) = bytes.split_first_chunk::<8>() else {
        return Err(UNREADABLE);
    };
    let mut parts = [Vec::new(), Vec::new(), Vec::new()];
    let mut words = rest;
    for (part, count) in parts.iter_mut().zip(counts.as_chunks::<2>().0) {
        let length = usize::from(u16::from_le_bytes(*count)).saturating_mul(SECOND_BYTES);
        let (bytes, rest) = words.split_at_checked(length).ok_or(UNREADABLE)?;
        (*part, words) = (unpack(bytes)?, rest);
    }
    let [seconds, mirrored, altered] = parts;
    let sound = words.as_chunks::<4>().0.iter().map(|word| u32::from_le_bytes(*word)).collect();
    let of = Fingerprint { seconds, sound, mirrored, altered };
    Ok(Print { still: *still != 0, of })
}

impl TakenDown {
    fn write(&self) -> Vec<u8> {
        let cameos: Vec<u8> = self.cameos.iter().flat_map(|cameo| cameo.0).collect();
        let count = u8::try_from(self.cameos.len()).unwrap_or(u8::MAX);
        key(&[self.clip.as_bytes(), &[count], &cameos, &pack(&self.seconds)])
    }

    fn read(file: &[u8], bytes: &[u8]) -> Result<Self, StoreError> {
        let (clip, rest) = bytes.split_first_chunk::<32>().ok_or(UNREADABLE)?;
        let (count, rest) = rest.split_first().ok_or(UNREADABLE)?;
        let (cameos, seconds) = rest.split_at_checked(usize::from(*count) * 32).ok_or(UNREADABLE)?;
        let cameos = cameos.as_chunks::<32>().0.iter().map(|cameo| Rid(*cameo)).collect();
        Ok(Self { file: BlobHash(id(file)?), clip: Rid(*clip), cameos, seconds: unpack(seconds)? })
    }
}

/// Remembers a withdrawn clip by its files. Its poster is known by its hash alone.
pub(super) fn take_down(t: &WriteTransaction, rid: Rid, clip: &Clip) -> Result<(), StoreError> {
    let cameos = clip.consent.iter().flat_map(|consent| consent.uses.iter().map(|used| used.cameo)).collect();
    let prints = t.open_table(PRINTS)?;
    let mut taken = t.open_table(TAKEN_DOWN)?;
    let seconds = match prints.get(clip.blob.hash.as_bytes().as_slice())? {
        Some(print) => {
            let print = read(print.value())?.of;
            // What was exported has a label, and who passes it on mirrors, crops and enlarges.
            [print.seconds, print.mirrored, print.altered].concat()
        }
        None => Vec::new(),
    };
    let whole = TakenDown { file: clip.blob.hash, clip: rid, cameos, seconds };
    let poster = clip.poster.map(|p| TakenDown { file: p.hash, seconds: Vec::new(), ..whole.clone() });
    for file in std::iter::once(whole).chain(poster) {
        let name = file.file.as_bytes().as_slice();
        if taken.get(name)?.is_some() {
            continue;
        }
        if taken.len()? >= TAKEN_DOWN_MAX {
            tracing::warn!(clip = %rid, "no more withdrawn clips can be remembered: copies of this one come in");
            break;
        }
        taken.insert(name, file.write().as_slice())?;
    }
    Ok(())
}

/// Forgets the fingerprint of a blob.
pub(super) fn forget(t: &WriteTransaction, hash: &BlobHash) -> Result<(), StoreError> {
    t.open_table(PRINTS)?.remove(hash.as_bytes().as_slice())?;
    Ok(())
}

impl Store {
    /// Keeps the fingerprint of a blob.
    ///
    /// # Errors
    /// When the file fails.
    pub fn put_print(&self, hash: &BlobHash, print: &Print) -> Result<(), StoreError> {
        debug_assert!(print.of.seconds.len() <= FINGERPRINT_SECONDS_MAX);
        debug_assert!(print.of.sound.len() <= FINGERPRINT_WORDS_MAX);
        let transaction = self.inner.database.begin_write()?;
        transaction.open_table(PRINTS)?.insert(hash.as_bytes().as_slice(), write(print).as_slice())?;
        Ok(transaction.commit()?)
    }

    /// The fingerprint of a blob.
    ///
    /// # Errors
    /// When the file fails.
    pub fn print(&self, hash: &BlobHash) -> Result<Option<Print>, StoreError> {
        let t = self.snapshot()?;
        let found = t.open_table(PRINTS)?.get(hash.as_bytes().as_slice())?;
        found.map(|v| read(v.value())).transpose()
    }

    /// Hands over every fingerprint, until `each` says that it is enough.
    ///
    /// # Errors
    /// When the file fails.
    pub fn each_print(&self, mut each: impl FnMut(BlobHash, Print) -> bool) -> Result<(), StoreError> {
        let t = self.snapshot()?;
        for entry in t.open_table(PRINTS)?.iter()? {
            let (hash, print) = entry?;
            if !each(BlobHash(id(hash.value())?), read(print.value())?) {
                break;
            }
        }
        Ok(())
    }

    /// Files that are here and have no fingerprint yet, at most `limit`.
    ///
    /// # Errors
    /// When the file fails.
    pub fn unprinted(&self, limit: usize) -> Result<Vec<BlobHash>, StoreError> {
        let t = self.snapshot()?;
        let prints = t.open_table(PRINTS)?;
        let mut found = Vec::new();
        for entry in t.open_table(tables::BLOBS)?.iter()? {
            let (hash, state) = entry?;
            let here = matches!(blob_state(state.value())?, BlobState::Complete(_));
            if here && prints.get(hash.value())?.is_none() {
                found.push(BlobHash(id(hash.value())?));
            }
            if found.len() >= limit {
                break;
            }
        }
        Ok(found)
    }

    /// Files that are held back.
    ///
    /// # Errors
    /// When the file fails.
    pub fn barred(&self) -> Result<Vec<BlobHash>, StoreError> {
        let t = self.snapshot()?;
        let mut found = Vec::new();
        for entry in t.open_table(tables::BLOBS)?.iter()? {
            let (hash, state) = entry?;
            if matches!(blob_state(state.value())?, BlobState::Barred(_)) {
                found.push(BlobHash(id(hash.value())?));
            }
        }
        Ok(found)
    }

    /// Every file of a withdrawn clip.
    ///
    /// # Errors
    /// When the file fails.
    pub fn taken_down(&self) -> Result<Vec<TakenDown>, StoreError> {
        let t = self.snapshot()?;
        let table = t.open_table(TAKEN_DOWN)?;
        table.iter()?.map(|entry| entry.map(|(file, v)| TakenDown::read(file.value(), v.value()))?).collect()
    }

    /// As if a clip had been taken down.
    #[cfg(test)]
    pub(crate) fn remember_withdrawn(&self, gone: &TakenDown) -> Result<(), StoreError> {
        let transaction = self.inner.database.begin_write()?;
        let name = gone.file.as_bytes().as_slice();
        transaction.open_table(TAKEN_DOWN)?.insert(name, gone.write().as_slice())?;
        Ok(transaction.commit()?)
    }

    /// Live clips whose record names this tag, at most `limit`. Nobody keeps two creators from naming the same.
    ///
    /// # Errors
    /// When the file fails.
    pub fn clips_with_tag(&self, tag: [u8; 8], limit: usize) -> Result<Vec<Rid>, StoreError> {
        let t = self.snapshot()?;
        let (from, to) = (key(&[&tag, &[0; 32]]), key(&[&tag, &[255; 32]]));
        let table = t.open_table(TAGS)?;
        let range = table.range(from.as_slice()..=to.as_slice())?;
        range.take(limit).map(|entry| Ok(Rid(id(entry?.0.value())?))).collect()
    }
}
