//! What must not be here: files of withdrawn clips, and entries of block lists.
//!
//! Made anew from the store whenever one of them may have changed. A list counts when it is this persona's own or
//! subscribed to, and no other list does anything.

use std::collections::{BTreeMap, BTreeSet};

use kinora_media::fingerprint::{Alike, Compared, telling};
use kinora_protocol::fingerprint::Second;
use kinora_protocol::ids::{AuthorId, BlobHash, Rid};
use kinora_protocol::limits::{LIST_KNOWN_MAX, LIST_REASON_CHARS_MAX};
use kinora_protocol::text::Text;

use super::shelf::Shelf;
use crate::store::{BarredBy, Store, StoreError, TAKEN_DOWN_MAX};

/// Most seconds of withdrawn clips and lists together: a list cannot take the room of what was withdrawn.
const SECONDS_MAX: usize = LIST_KNOWN_MAX + 16 * TAKEN_DOWN_MAX as usize;

/// Something that is blocked.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Block {
    /// By whom.
    pub(super) by: BarredBy,
    /// Its file.
    pub(super) file: Option<BlobHash>,
    /// Who was in it.
    pub(super) cameos: Vec<Rid>,
    /// What it looks like.
    pub(super) seconds: Vec<Second>,
    /// Why, as whoever listed it says.
    reason: Text,
}

/// How something matches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum How {
    /// It is the same file.
    File,
    /// It looks the same.
    Picture(Alike),
}

impl Block {
    /// Why something is held back, in words.
    pub(super) fn words(&self, how: &How) -> String {
        match (&self.by, how) {
            (BarredBy::Withdrawn(clip), How::File) => {
                format!("consent withdrawn: it is the file of clip {}, which was taken down", clip.short())
            }
            (BarredBy::Withdrawn(clip), How::Picture(alike)) => format!(
                "consent withdrawn: it looks like clip {}, which was taken down ({} % of the seconds are the same)",
                clip.short(),
                alike.percent
            ),
            (BarredBy::List(author, list), how) => {
                let how = match how {
                    How::File => "the file is".to_owned(),
                    How::Picture(alike) => format!("{} % of what it shows is", alike.percent),
                };
                let reason = if self.reason.is_empty() { "no reason is given" } else { self.reason.as_str() };
                format!("{how} on the block list {list} of {}: {reason}", author.short())
            }
        }
    }
}

/// Everything that is blocked.
#[derive(Debug)]
pub(super) struct Blocks {
    all: BTreeSet<Block>,
    order: Vec<Block>,
    files: BTreeMap<BlobHash, Vec<usize>>,
    looks: Shelf<usize>,
    withdrawn: usize,
}

impl Blocks {
    /// Reads what is blocked.
    pub(super) fn load(store: &Store, me: AuthorId) -> Result<Self, StoreError> {
        let mut order: Vec<Block> = store
            .taken_down()?
            .into_iter()
            .map(|gone| Block {
                by: BarredBy::Withdrawn(gone.clip),
                file: Some(gone.file),
                cameos: gone.cameos,
                seconds: gone.seconds,
                reason: Text::default(),
            })
            .collect();
        let withdrawn = order.len();
        let mut subscriptions = store.list_subscriptions()?;
        subscriptions.push((me, None));
        order.extend(listed(store, &subscriptions)?);
        let mut files: BTreeMap<BlobHash, Vec<usize>> = BTreeMap::new();
        let mut looks = Vec::new();
        for (number, block) in order.iter().enumerate() {
            if let Some(file) = block.file {
                files.entry(file).or_default().push(number);
            }
            looks.push((number, telling(&block.seconds)));
        }
        let all = order.iter().cloned().collect();
        Ok(Self { all, order, files, looks: Shelf::of(looks, SECONDS_MAX), withdrawn })
    }

    /// How many things are blocked.
    pub(super) fn len(&self) -> usize {
        self.order.len()
    }

    /// How many of them are files of withdrawn clips.
    pub(super) const fn withdrawn(&self) -> usize {
        self.withdrawn
    }

    /// Whether some block names this very file.
    pub(super) fn names(&self, file: &BlobHash) -> bool {
        self.files.contains_key(file)
    }

    /// Whether this very file was withdrawn.
    pub(super) fn withdrew(&self, file: &BlobHash) -> bool {
        let blocks = self.files.get(file).into_iter().flatten().filter_map(|number| self.order.get(*number));
        blocks.into_iter().any(|block| matches!(block.by, BarredBy::Withdrawn(_)))
    }

    /// What is blocked here and not there.
    pub(super) fn beyond(&self, other: Option<&Self>) -> Vec<Block> {
        self.all
            .iter()
            .filter(|block| other.is_none_or(|other| !other.all.contains(*block)))
            .cloned()
            .collect()
    }

    /// Blocks that a file with these seconds falls under: same files first, then by likeness.
    pub(super) fn matching(&self, file: &BlobHash, compared: &Compared) -> Vec<(&Block, How)> {
        let same = self.files.get(file).into_iter().flatten().map(|number| (*number, How::File));
        let mut found: Vec<(usize, How)> = same.collect();
        let alike = self.looks.like(compared).into_iter().filter(|(_, alike)| alike.is_copy());
        found.extend(alike.map(|(number, alike)| (number, How::Picture(alike))));
        found.into_iter().filter_map(|(number, how)| Some((self.order.get(number)?, how))).collect()
    }
}

/// The entries of subscribed lists, as many as are compared with.
fn listed(store: &Store, subscriptions: &[(AuthorId, Option<String>)]) -> Result<Vec<Block>, StoreError> {
    let authors: BTreeSet<AuthorId> = subscriptions.iter().map(|(author, _)| *author).collect();
    let (mut found, mut seconds, mut files) = (Vec::new(), 0usize, 0usize);
    for author in authors {
        let wanted = |name: &str| {
            subscriptions.iter().any(|(by, list)| *by == author && list.as_ref().is_none_or(|l| l == name))
        };
        for page in store.pages_of(&author)?.into_iter().filter(|page| wanted(&page.name)) {
            for entry in page.entries {
                seconds = seconds.saturating_add(entry.seconds.len());
                files = files.saturating_add(usize::from(entry.file.is_some()));
                if seconds > LIST_KNOWN_MAX || files > LIST_KNOWN_MAX {
                    tracing::warn!(
                        max = LIST_KNOWN_MAX,
                        "block lists are longer than this node compares with"
                    );
                    return Ok(found);
                }
                found.push(Block {
                    by: BarredBy::List(author, page.name.clone()),
                    file: entry.file,
                    cameos: Vec::new(),
                    seconds: entry.prints().collect(),
                    reason: Text::line(&entry.reason, LIST_REASON_CHARS_MAX),
                });
            }
        }
    }
    Ok(found)
}
