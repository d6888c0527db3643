//! What a node that was away does before it shows anybody: it asks whether their consent still stands.
//!
//! A consent may have been withdrawn while the node was off. Records of safety come first in every session, so one whole
//! session with any peer since the start is enough. Until then no peer is given a file that shows somebody, for as long as
//! that takes: who asks is a peer, and can be asked. On the screen such a clip waits too, but not for ever: when nobody
//! answers within [`WAIT_MAX`], or there is nobody to ask, what is known here counts, and the age of the subject's last
//! word says how much (`specs/consent.md`, heads).

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use kinora_protocol::api::Event;
use kinora_protocol::ids::{AuthorId, BlobHash};
use tokio::sync::broadcast;
use tokio_util::sync::CancellationToken;

use crate::clock;
use crate::store::{Store, StoreError};

/// How long clips that show somebody wait on the screen for a first peer.
pub const WAIT_MAX: Duration = Duration::from_secs(20);

/// Why a clip that shows somebody is not shown yet.
pub(super) const WAITING: &str = "it shows somebody, and this node has just started: peers are being asked \
                                  whether the consent still stands";

/// Whether the addresses of anybody are known whom this persona follows.
///
/// # Errors
/// When the store fails.
pub fn knows_anybody(store: &Store, me: AuthorId) -> Result<bool, StoreError> {
    let now = clock::now_seconds();
    for author in store.following(&me)? {
        if store.addresses(&author)?.iter().any(|address| address.until >= now) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Whether this node has caught up with anybody since it started.
#[derive(Debug)]
pub struct Heard {
    heard: AtomicBool,
    /// Whether there is anybody to ask.
    asks: bool,
    since: Instant,
}

impl Heard {
    /// Of a node that starts now.
    #[must_use]
    pub fn new(asks: bool) -> Arc<Self> {
        Arc::new(Self { heard: AtomicBool::new(false), asks, since: Instant::now() })
    }

    /// A whole session with a peer has ended. Says whether it was the first.
    pub fn note(&self) -> bool {
        !self.heard.swap(true, Ordering::AcqRel)
    }

    /// Whether a file may be given to a peer.
    ///
    /// # Errors
    /// When the store fails.
    pub fn gives(&self, store: &Store, hash: &BlobHash) -> Result<bool, StoreError> {
        Ok(self.heard.load(Ordering::Acquire) || !store.shows_somebody(hash)?)
    }

    /// Whether a clip that shows somebody is kept from the screen for the moment.
    #[must_use]
    pub fn is_waiting(&self) -> bool {
        self.asks && !self.heard.load(Ordering::Acquire) && self.since.elapsed() < WAIT_MAX
    }

    /// Tells the screen when the wait is over without an answer.
    pub(super) async fn give_up(self: Arc<Self>, events: broadcast::Sender<Event>, stop: CancellationToken) {
        if !self.is_waiting() {
            return;
        }
        tokio::select! {
            () = stop.cancelled() => {}
            () = tokio::time::sleep(WAIT_MAX.saturating_sub(self.since.elapsed())) => {
                // Nobody may be listening.
                drop(events.send(Event::FeedChanged));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_has_nobody_to_ask_does_not_wait_and_one_answer_ends_the_wait() {
        assert!(!Heard::new(false).is_waiting());
        let heard = Heard::new(true);
        assert!(heard.is_waiting());
        assert!(heard.note() && !heard.note());
        assert!(!heard.is_waiting());
    }
}
