//! What changes for files that are here when something is blocked, or blocked no more.
//!
//! Runs beside the calls. A copy of a withdrawn clip leaves the disk; what a list blocks stays there, unseen, because its
//! author may take it off the list again.

use std::sync::Arc;

use kinora_protocol::api::Event;
use kinora_protocol::fingerprint::Fingerprint;
use kinora_protocol::ids::BlobHash;
use tokio_util::sync::CancellationToken;

use super::blocks::{Block, Blocks};
use super::{Claim, OWNERS_MAX, Seen};
use crate::node::Core;
use crate::store::{Barred, BarredBy, BlobState, StoreError};

/// Files of earlier versions that get their fingerprint in one run of the node.
const UNPRINTED_MAX: usize = 4_096;

/// What a look at what is blocked came to.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Swept {
    /// Files that leave the disk.
    pub(super) gone: Vec<BlobHash>,
    /// Whether anything is shown otherwise now.
    pub(super) changed: bool,
}

impl Seen {
    /// Reads again what is blocked, and applies what is new and what is gone; everything, the first time.
    pub(super) fn refresh(&self, first: bool) -> Result<Swept, StoreError> {
        let (new, allowed) = (Blocks::load(&self.inner.store, self.inner.me)?, self.inner.store.allowed()?);
        let (added, unexcepted) = {
            let mut state = self.state();
            let added = new.beyond((!first).then_some(&state.blocks));
            state.blocks = new;
            let excepted = std::mem::replace(&mut state.allowed, allowed);
            let ended: Vec<BlobHash> = excepted.difference(&state.allowed).copied().collect();
            (added, ended)
        };
        let mut swept = Swept::default();
        for block in &added {
            for file in self.suspects(block) {
                self.judge_again(&file, &mut swept)?;
            }
        }
        for file in unexcepted.into_iter().chain(self.inner.store.barred()?) {
            self.judge_again(&file, &mut swept)?;
        }
        if self.state().known.is_worn() {
            let again = Self::open(self.inner.store.clone(), self.inner.me)?;
            std::mem::swap(&mut self.state().known, &mut again.state().known);
        }
        Ok(swept)
    }

    /// Files that a block may be about.
    fn suspects(&self, block: &Block) -> Vec<BlobHash> {
        let print = Fingerprint { seconds: block.seconds.clone(), ..Fingerprint::default() };
        let looks = self.like(&print).into_iter().filter(|(_, alike)| alike.is_copy());
        looks.map(|(file, _)| file).chain(block.file).collect()
    }

    /// Judges a file that is known, and writes down what changed.
    fn judge_again(&self, file: &BlobHash, swept: &mut Swept) -> Result<(), StoreError> {
        let store = &self.inner.store;
        // Nobody publishes it here: a draft, or one that is about to be forgotten.
        let (Some(state), true) = (store.blob_state(file)?, store.owner_of(file)?.is_some()) else {
            return Ok(());
        };
        let print = store.print(file)?;
        let print = print.map(|print| print.of).unwrap_or_default();
        let owners = store.clips_with(file, OWNERS_MAX)?;
        let barred = self.judge(&mut self.state(), file, &print, &Claim::Clips(&owners))?;
        let Some(next) = next(&state, barred) else { return Ok(()) };
        if !is_here(&next) && is_here(&state) {
            swept.gone.push(*file);
        }
        swept.changed = true;
        store.set_blob_state(file, &next)
    }

    /// Forgets a file that is not here any more.
    pub fn forget(&self, file: &BlobHash) {
        let mut state = self.state();
        state.known.remove(file);
        state.excused.remove(file);
    }
}

fn is_here(state: &BlobState) -> bool {
    match state {
        BlobState::Complete(_) => true,
        BlobState::Barred(barred) => barred.facts.is_some(),
        _ => false,
    }
}

/// How a blob stands after it was judged; nothing when that is how it stood.
fn next(state: &BlobState, barred: Option<Barred>) -> Option<BlobState> {
    let facts = match state {
        BlobState::Complete(facts) => Some(facts.clone()),
        BlobState::Barred(held) => held.facts.clone(),
        BlobState::Wanted | BlobState::Sized(_) => None,
        // What is no clip stays none.
        BlobState::Refused { .. } | BlobState::Uninspected { .. } | BlobState::Opaque => return None,
    };
    let next = match barred {
        Some(barred) => {
            let facts = facts.filter(|_| matches!(barred.by, BarredBy::List(..)));
            BlobState::Barred(Box::new(Barred { facts, ..barred }))
        }
        None => match (state, facts) {
            (BlobState::Barred(_), Some(facts)) => BlobState::Complete(facts),
            (BlobState::Barred(_), None) => BlobState::Wanted,
            _ => return None,
        },
    };
    (next != *state).then_some(next)
}

/// Keeps what is blocked as the store says, until the node stops.
pub(in crate::node) async fn keep(core: Arc<Core>, stop: CancellationToken) {
    let mut first = true;
    loop {
        let seen = core.publisher.seen.clone();
        match tokio::task::spawn_blocking(move || seen.refresh(first)).await {
            Ok(Ok(swept)) => {
                for file in &swept.gone {
                    core.publisher.blobs.remove(*file).await;
                }
                if swept.changed {
                    core.fetching.look();
                    core.tell(Event::FeedChanged);
                }
            }
            Ok(Err(error)) => tracing::error!(%error, "what is blocked cannot be read"),
            Err(error) => tracing::error!(%error, "what is blocked could not be applied"),
        }
        if std::mem::take(&mut first) {
            print_old(&core, &stop).await;
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = core.publisher.store.blocks_changed() => {}
        }
    }
}

/// Looks again at files that an earlier version looked at, which made no fingerprints.
async fn print_old(core: &Arc<Core>, stop: &CancellationToken) {
    let old = core.publisher.store.unprinted(UNPRINTED_MAX).unwrap_or_else(|error| {
        tracing::error!(%error, "files without a fingerprint cannot be listed");
        Vec::new()
    });
    for file in old {
        tokio::select! {
            () = stop.cancelled() => return,
            _ = core.fetching.judge(file) => {}
        }
    }
}
