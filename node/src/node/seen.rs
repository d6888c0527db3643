//! "Have we seen this?": the fingerprints of all files that are here, and of all that must not be.
//!
//! Two shelves in memory, made from the store when the node starts: what is known ([`shelf`]), and what is blocked
//! ([`blocks`]): files of withdrawn clips, and entries of the block lists that this persona keeps or subscribes to. A
//! file that comes is put on the first and compared with the second under one lock, and a new block is compared with the
//! first under the same lock, so that neither slips past the other. What follows is a state of the blob
//! ([`BlobState::Barred`]); the rules stand in `specs/fingerprint.md`.

mod blocks;
mod shelf;
mod sweep;

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use kinora_media::fingerprint::{Alike, Compared, telling};
use kinora_protocol::api::ApiError;
use kinora_protocol::check::Checked;
use kinora_protocol::fingerprint::Fingerprint;
use kinora_protocol::ids::{AuthorId, BlobHash, Rid};
use kinora_protocol::lineage::Direction;
use kinora_protocol::record::Body;
use kinora_protocol::verdict::{Check, CheckName};

use crate::clock;
use crate::error::{self, Hint as _};
use crate::store::{Barred, BarredBy, Print, Store, StoreError};

use blocks::{Block, Blocks, How};
use shelf::Shelf;

pub(super) use sweep::keep;

/// Most seconds of known clips that are compared with: some 110 MB.
pub const KNOWN_SECONDS_MAX: usize = 1 << 20;
/// Clips that name one file and are looked at.
const OWNERS_MAX: usize = 16;

/// A handle; clones share it.
#[derive(Clone)]
pub struct Seen {
    inner: Arc<Inner>,
}

struct Inner {
    store: Store,
    me: AuthorId,
    state: Mutex<State>,
}

struct State {
    known: Shelf<BlobHash>,
    blocks: Blocks,
    allowed: BTreeSet<BlobHash>,
    /// Files that are copies of withdrawn ones and are here because some clip that names them has the consent.
    excused: BTreeSet<BlobHash>,
}

impl std::fmt::Debug for Seen {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let state = self.state();
        let (known, blocks) = (state.known.files(), state.blocks.len());
        f.debug_struct("Seen").field("known", &known).field("blocks", &blocks).finish_non_exhaustive()
    }
}

/// In whose name a file comes.
enum Claim<'a> {
    /// Clips that name it.
    Clips(&'a [Checked]),
    /// A clip that is to be published, and shows these.
    Cameos(&'a [Rid]),
}

impl Seen {
    /// What the store knows. Nothing that was blocked since it was written last is applied yet: see [`keep`].
    ///
    /// # Errors
    /// When the store fails.
    pub fn open(store: Store, me: AuthorId) -> Result<Self, StoreError> {
        let mut files = Vec::new();
        let mut seconds = 0usize;
        store.each_print(|hash, print| {
            if !print.still {
                let kept = telling(&print.of.seconds);
                seconds = seconds.saturating_add(kept.len());
                files.push((hash, kept));
            }
            seconds < KNOWN_SECONDS_MAX
        })?;
        let (known, blocks, allowed) =
            (Shelf::of(files, KNOWN_SECONDS_MAX), Blocks::load(&store, me)?, store.allowed()?);
        let state = State { known, blocks, allowed, excused: BTreeSet::new() };
        Ok(Self { inner: Arc::new(Inner { store, me, state: Mutex::new(state) }) })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // It is whole after every method.
        self.inner.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes a file that was looked at, and says why it must not be here, if it must not.
    ///
    /// # Errors
    /// When the store fails.
    pub fn arrive(&self, file: &BlobHash, print: Option<&Print>) -> Result<Option<Barred>, StoreError> {
        if let Some(print) = print {
            self.inner.store.put_print(file, print)?;
        }
        let owners = self.inner.store.clips_with(file, OWNERS_MAX)?;
        let mut state = self.state();
        if let Some(print) = print.filter(|print| !print.still) {
            state.known.add(*file, &telling(&print.of.seconds));
        }
        let nothing = Fingerprint::default();
        let looks = print.map_or(&nothing, |print| &print.of);
        self.judge(&mut state, file, looks, &Claim::Clips(&owners))
    }

    /// Notes a file that was made here.
    ///
    /// # Errors
    /// When the store fails.
    pub fn note(&self, file: &BlobHash, print: &Print) -> Result<(), StoreError> {
        self.inner.store.put_print(file, print)?;
        if !print.still {
            self.state().known.add(*file, &telling(&print.of.seconds));
        }
        Ok(())
    }

    /// Why a file must not be here, by its hash alone: nothing of it need be fetched.
    ///
    /// # Errors
    /// When the store fails.
    pub fn refused_unseen(&self, file: &BlobHash) -> Result<Option<Barred>, StoreError> {
        if !self.state().blocks.names(file) {
            return Ok(None);
        }
        let owners = self.inner.store.clips_with(file, OWNERS_MAX)?;
        self.judge(&mut self.state(), file, &Fingerprint::default(), &Claim::Clips(&owners))
    }

    /// Whether a clip that shows these cameos may be published with this file.
    ///
    /// # Errors
    /// That it is a copy of what is blocked, and what can be done.
    pub fn admit(&self, file: &BlobHash, print: &Fingerprint, cameos: &[Rid]) -> Result<(), ApiError> {
        let barred = self.judge(&mut self.state(), file, print, &Claim::Cameos(cameos))?;
        match barred {
            None => Ok(()),
            Some(barred) => Err(self.refusal(file, "published", &barred)),
        }
    }

    /// A refusal of what is held back, with what can be done about it.
    #[must_use]
    pub fn refusal(&self, file: &BlobHash, what: &str, barred: &Barred) -> ApiError {
        let refused = error::request(format!("it is not {what}: {}", barred.reason));
        if self.is_final(file, barred) {
            return refused.hint("only those who were in it can consent anew");
        }
        refused.hint(format!(
            "if that is a mistake, `kinora block allow {file}` makes an exception on this node"
        ))
    }

    /// Whether no exception can be made: it is the very file that was withdrawn.
    #[must_use]
    pub fn is_final(&self, file: &BlobHash, barred: &Barred) -> bool {
        matches!(barred.by, BarredBy::Withdrawn(_)) && self.state().blocks.withdrew(file)
    }

    /// Whether a file is shown although it looks like what is blocked.
    #[must_use]
    pub fn is_allowed(&self, file: &BlobHash) -> bool {
        self.state().allowed.contains(file)
    }

    /// How many files of withdrawn clips are known.
    #[must_use]
    pub fn withdrawn(&self) -> usize {
        self.state().blocks.withdrawn()
    }

    /// What speaks against one clip of a file that another clip may show.
    ///
    /// # Errors
    /// When the store fails.
    pub fn against(&self, file: &BlobHash, clip: &Checked) -> Result<Option<Check>, StoreError> {
        if !self.state().excused.contains(file) {
            return Ok(None);
        }
        let print = self.inner.store.print(file)?;
        let print = print.map(|print| print.of).unwrap_or_default();
        let mut state = self.state();
        let barred = self.judge(&mut state, file, &print, &Claim::Clips(std::slice::from_ref(clip)))?;
        state.excused.insert(*file);
        Ok(barred.map(|barred| Check::fail(CheckName::Consent, &barred.reason)))
    }

    /// Known files that look like this, the likeliest first.
    #[must_use]
    pub fn like(&self, print: &Fingerprint) -> Vec<(BlobHash, Alike)> {
        self.state().known.like(&Compared::of(print))
    }

    /// Withdrawn clips that this is a copy of, or looks like, the likeliest first.
    #[must_use]
    pub fn withdrawn_like(&self, file: &BlobHash, print: &Fingerprint) -> Vec<(Rid, Option<Alike>)> {
        let state = self.state();
        let found = state.blocks.matching(file, &Compared::of(print));
        let withdrawn = found.into_iter().filter_map(|(block, how)| match (&block.by, how) {
            (BarredBy::Withdrawn(clip), How::File) => Some((*clip, None)),
            (BarredBy::Withdrawn(clip), How::Picture(alike)) => Some((*clip, Some(alike))),
            (BarredBy::List(..), _) => None,
        });
        withdrawn.collect()
    }

    /// The first block that applies to a file.
    fn judge(
        &self,
        state: &mut State,
        file: &BlobHash,
        print: &Fingerprint,
        claim: &Claim<'_>,
    ) -> Result<Option<Barred>, StoreError> {
        let compared = Compared::of(print);
        let allowed = state.allowed.contains(file);
        let (mut excused, mut barred) = (false, None);
        for (block, how) in state.blocks.matching(file, &compared) {
            // A withdrawn file itself is no mistake that could be excepted.
            let exact = matches!((&block.by, &how), (BarredBy::Withdrawn(_), How::File));
            if allowed && !exact {
                continue;
            }
            if self.has_consent(block, claim)? {
                excused = true;
                continue;
            }
            barred = Some(Barred { by: block.by.clone(), reason: block.words(&how), facts: None });
            break;
        }
        if excused && barred.is_none() {
            state.excused.insert(*file);
        } else {
            state.excused.remove(file);
        }
        Ok(barred)
    }

    /// Whether those who were in a withdrawn clip are in this one by a consent that stands, or it is what the withdrawn
    /// one was made of.
    fn has_consent(&self, block: &Block, claim: &Claim<'_>) -> Result<bool, StoreError> {
        let BarredBy::Withdrawn(withdrawn) = &block.by else { return Ok(false) };
        match claim {
            Claim::Cameos(shown) => Ok(covers(block, shown)),
            Claim::Clips(clips) => {
                for clip in *clips {
                    let standing = self.inner.store.consented(clock::now_seconds(), clip);
                    if !standing.is_ok_and(|standing| standing.withdrawn.is_none()) {
                        continue;
                    }
                    if covers(block, &shown_in(clip)) || self.is_ancestor(clip.rid(), *withdrawn)? {
                        return Ok(true);
                    }
                }
                Ok(false)
            }
        }
    }

    fn is_ancestor(&self, clip: Rid, of: Rid) -> Result<bool, StoreError> {
        let walk = self.inner.store.lineage(of, Direction::Ancestors)?;
        Ok(walk.steps.iter().any(|step| step.clip == clip))
    }
}

fn covers(block: &Block, shown: &[Rid]) -> bool {
    !block.cameos.is_empty() && block.cameos.iter().all(|cameo| shown.contains(cameo))
}

/// Cameos that a clip names.
fn shown_in(clip: &Checked) -> Vec<Rid> {
    match &clip.record().body {
        Body::Clip(clip) => {
            clip.consent.iter().flat_map(|consent| consent.uses.iter().map(|used| used.cameo)).collect()
        }
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests;
