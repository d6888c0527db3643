//! Gets the blobs that records name, and believes none before it was looked at.
//!
//! The queue itself is `kinora_protocol::fetch`; this is its clock, its network and its judge.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use kinora_protocol::api::Event;
use kinora_protocol::fetch::{Class, Ending, Fetcher, Unwanted, WANTS_MAX, Want};
use kinora_protocol::fingerprint::Fingerprint;
use kinora_protocol::ids::{AuthorId, BlobHash};
use kinora_protocol::job::inspect::{Inspected, Media, Question};
use kinora_protocol::record::{Body, Clip};
use kinora_protocol::verdict::{Check, CheckName, CheckState};
use tokio::sync::{Notify, broadcast};
use tokio_util::sync::CancellationToken;

use super::publisher::Publisher;
use super::seen::Seen;
use crate::blobs::{Blobs, FetchError, Provider};
use crate::inspector::pool::Inspectors;
use crate::store::{BlobState, Facts, Print, Store, StoreError, wrong_size};
use crate::studio::Studio;
use crate::swarm::{NetEvent, NetHandle};

/// How often the store is asked for what is wanted, when nothing else wakes us.
const LOOK_EVERY: Duration = Duration::from_secs(30);
/// What is asked about every blob that comes.
pub const ARRIVAL_QUESTIONS: &[Question] =
    &[Question::Describe, Question::Decode, Question::Fingerprint, Question::Tag];

/// A handle; clones share it.
#[derive(Clone)]
pub struct Fetching {
    inner: Arc<Inner>,
}

struct Inner {
    queue: Mutex<Fetcher>,
    /// Where the next look at what is wanted begins, when the last one did not come to the end.
    from: Mutex<Option<BlobHash>>,
    store: Store,
    me: AuthorId,
    blobs: Arc<dyn Blobs>,
    inspectors: Inspectors,
    seen: Seen,
    net: Option<NetHandle>,
    events: broadcast::Sender<Event>,
    wanted: Arc<Notify>,
    start: Instant,
}

impl std::fmt::Debug for Fetching {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Fetching").field("queued", &self.queue().len()).finish_non_exhaustive()
    }
}

impl Fetching {
    /// Fetching into the store of a publisher. `wanted` wakes it when a new clip was stored.
    #[must_use]
    pub fn new(publisher: &Publisher, events: broadcast::Sender<Event>, wanted: Arc<Notify>) -> Self {
        let me = publisher.author();
        let Publisher { store, blobs, inspectors, seen, net, .. } = publisher.clone();
        let (queue, from, start) = (Mutex::default(), Mutex::default(), Instant::now());
        let inner = Inner { queue, from, store, me, blobs, inspectors, seen, net, events, wanted, start };
        Self { inner: Arc::new(inner) }
    }

    /// Something may be wanted now that was not.
    pub fn look(&self) {
        self.inner.wanted.notify_one();
    }

    fn queue(&self) -> MutexGuard<'_, Fetcher> {
        // The queue is whole after every method.
        self.inner.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn now(&self) -> u64 {
        u64::try_from(self.inner.start.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    /// Whether a blob is on its way.
    #[must_use]
    pub fn is_fetching(&self, hash: &BlobHash) -> bool {
        self.inner.net.is_some() && self.queue().is_fetching(hash)
    }

    /// The user waits for this clip.
    ///
    /// # Errors
    /// Why it is not fetched.
    pub fn ask(&self, clip: &Clip) -> Result<(), Unwanted> {
        let want = Want { hash: clip.blob.hash, size: clip.blob.size, class: Class::Asked };
        self.queue().want(self.now(), want)?;
        self.inner.wanted.notify_one();
        Ok(())
    }

    /// Fetches until it is told to stop.
    pub async fn run(self, stop: CancellationToken) {
        let Some(net) = self.inner.net.clone() else { return };
        let mut changes = net.subscribe();
        loop {
            if let Err(error) = self.load() {
                tracing::error!(%error, "what is wanted cannot be read");
            }
            let due = self.queue().start(self.now());
            for want in due {
                let task = self.clone();
                tokio::spawn(async move { task.fetch(want).await });
            }
            let wake = self.queue().wake().map(|at| Duration::from_millis(at.saturating_sub(self.now())));
            tokio::select! {
                () = stop.cancelled() => return,
                () = self.inner.wanted.notified() => {}
                () = tokio::time::sleep(wake.unwrap_or(LOOK_EVERY).min(LOOK_EVERY)) => {}
                change = changes.recv() => {
                    if matches!(change, Ok(NetEvent::PeersChanged)) {
                        self.queue().peers_changed(self.now());
                        drop(self.inner.events.send(Event::PeersChanged));
                    }
                }
            }
        }
    }

    /// Queues what the store wants and would be shown, and lets go of what would not any more.
    fn load(&self) -> Result<(), StoreError> {
        let (store, now) = (&self.inner.store, crate::clock::now_seconds());
        let from = *self.from();
        let wanted = store.wanted(from, WANTS_MAX)?;
        // What is covered or hidden stays wanted: without going on from here it could keep all else from being seen.
        *self.from() = (wanted.len() >= WANTS_MAX).then(|| wanted.last().map(|(hash, ..)| *hash)).flatten();
        let viewer = store.viewer(self.inner.me, now)?;
        // A file that one clip shows and another does not is fetched.
        let mut open = BTreeSet::new();
        let mut closed: BTreeMap<BlobHash, bool> = BTreeMap::new();
        for (hash, size, owner) in wanted {
            let Some(owner) = store.get(&owner)? else { continue };
            let Body::Clip(clip) = &owner.record().body else { continue };
            // Nothing is fetched that would not be shown.
            let consented = store.consented(now, &owner);
            if !consented.is_ok_and(|standing| standing.withdrawn.is_none()) {
                continue;
            }
            // Nor what must not be here: its hash says so.
            if let Some(barred) = self.inner.seen.refused_unseen(&hash)? {
                store.set_blob_state(&hash, &BlobState::Barred(Box::new(barred)))?;
                continue;
            }
            let look = viewer.look(&owner, clip)?;
            if !look.is_open() || !viewer.in_feed(&owner.author()) {
                closed
                    .entry(hash)
                    .and_modify(|hidden| *hidden &= look.is_hidden())
                    .or_insert(look.is_hidden());
                continue;
            }
            open.insert(hash);
            let class = if clip.blob.hash == hash { Class::Clip } else { Class::Poster };
            self.want(Want { hash, size, class })?;
        }
        for (hash, hidden) in closed.into_iter().filter(|(hash, _)| !open.contains(hash)) {
            if hidden { self.queue().forget(&hash) } else { self.queue().forget_unasked(&hash) }
        }
        Ok(())
    }

    fn want(&self, want: Want) -> Result<(), StoreError> {
        match self.queue().want(self.now(), want) {
            Ok(()) | Err(Unwanted::Full | Unwanted::TooLarge { .. }) => Ok(()),
            Err(reason) => {
                let state = BlobState::Refused { reason: reason.to_string() };
                self.inner.store.set_blob_state(&want.hash, &state)
            }
        }
    }

    fn from(&self) -> MutexGuard<'_, Option<BlobHash>> {
        self.inner.from.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn fetch(&self, want: Want) {
        let providers: Vec<Provider> = {
            let known = self.inner.net.as_ref().map(NetHandle::providers).unwrap_or_default();
            let queue = self.queue();
            known.into_iter().filter(|p| queue.allows(&want.hash, &p.key)).collect()
        };
        let ending = match self.inner.blobs.fetch(want.hash, want.size, providers).await {
            Ok(()) => self.judge(want.hash).await,
            Err(FetchError::Missing { wrong, last, .. }) => {
                tracing::debug!(hash = %want.hash, last, "nobody gave a blob");
                if wrong.is_empty() { Ending::Missing } else { Ending::Wrong(wrong) }
            }
            Err(FetchError::WrongSize { expected, found, .. }) => {
                // The hash proves the size: that record is wrong, whoever is asked. Another may say the right one.
                let reason = wrong_size(expected, found);
                tracing::warn!(hash = %want.hash, reason, "a file was refused");
                self.note(want.hash, &BlobState::Sized(found))
            }
            Err(FetchError::Local(error)) => {
                tracing::error!(%error, "a blob could not be stored");
                Ending::Local
            }
        };
        self.queue().ended(self.now(), &want.hash, &ending);
        self.inner.wanted.notify_one();
        drop(self.inner.events.send(Event::FeedChanged));
    }

    /// Has an inspector look into a blob that is here, and writes down what it found.
    pub async fn judge(&self, hash: BlobHash) -> Ending {
        let Some(bytes) = self.inner.blobs.get(hash).await else { return Ending::Local };
        let size = bytes.len() as u64;
        let inspected = match self.inner.inspectors.inspect(bytes.to_vec(), ARRIVAL_QUESTIONS, None).await {
            Ok(inspected) => inspected,
            Err(error) => {
                tracing::error!(%error, "a blob could not be judged");
                return Ending::Local;
            }
        };
        let state = match (failed(&inspected), Facts::of(size, &inspected)) {
            (None, Some(facts)) => return self.admit(hash, facts, inspected.fingerprint).await,
            (Some(check), _) if check.name == CheckName::Inspection => {
                BlobState::Uninspected { reason: check.detail.as_str().to_owned() }
            }
            (Some(check), _) => BlobState::Refused { reason: check.detail.as_str().to_owned() },
            (None, None) => BlobState::Refused { reason: "it is neither a clip nor a poster".to_owned() },
        };
        self.refuse(hash, &state).await;
        Ending::Complete
    }

    /// A clip or a poster comes in, unless it is a copy of what must not be here.
    async fn admit(&self, hash: BlobHash, facts: Facts, print: Option<Fingerprint>) -> Ending {
        let still = !matches!(facts.media, Media::Clip(_));
        let print = print.map(|of| Print { still, of });
        match self.inner.seen.arrive(&hash, print.as_ref()) {
            Ok(None) => self.note(hash, &BlobState::Complete(facts)),
            Ok(Some(barred)) => {
                self.refuse(hash, &BlobState::Barred(Box::new(barred))).await;
                Ending::Complete
            }
            Err(error) => {
                tracing::error!(%error, "a blob could not be compared with what is blocked");
                Ending::Local
            }
        }
    }

    /// Writes down what is known of a blob now.
    fn note(&self, hash: BlobHash, state: &BlobState) -> Ending {
        match self.inner.store.set_blob_state(&hash, state) {
            Ok(()) => Ending::Complete,
            Err(error) => {
                tracing::error!(%error, "a blob could not be noted");
                Ending::Local
            }
        }
    }

    /// A blob that is no clip and no poster, that nobody could look into, or that is blocked: noted, and off the disk.
    async fn refuse(&self, hash: BlobHash, state: &BlobState) {
        if let BlobState::Refused { reason } | BlobState::Uninspected { reason } = state {
            tracing::warn!(%hash, reason, "a file was refused");
        }
        if let BlobState::Barred(barred) = state {
            tracing::info!(%hash, reason = barred.reason, "a file is blocked");
        }
        if let Err(error) = self.inner.store.set_blob_state(&hash, state) {
            tracing::error!(%error, "a refused file could not be noted");
        }
        self.inner.blobs.remove(hash).await;
    }

    /// Takes blobs off the disk that nobody owns any more. A blob goes at the second look, so that one whose record is
    /// just being signed stays.
    pub async fn collect(&self, studio: &Studio, before: BTreeSet<BlobHash>) -> BTreeSet<BlobHash> {
        let orphans = match self.inner.store.orphans() {
            Ok(orphans) => orphans,
            Err(error) => {
                tracing::error!(%error, "unowned blobs cannot be listed");
                return BTreeSet::new();
            }
        };
        let orphans: BTreeSet<BlobHash> = orphans.into_iter().filter(|hash| !studio.owns(*hash)).collect();
        for hash in orphans.intersection(&before) {
            self.inner.blobs.remove(*hash).await;
            self.inner.seen.forget(hash);
            if let Err(error) = self.inner.store.forget_blob(hash) {
                tracing::error!(%error, "an unowned blob cannot be forgotten");
            }
        }
        orphans
    }
}

/// The check that speaks against a file, if one does.
fn failed(inspected: &Inspected) -> Option<&Check> {
    inspected.checks.iter().find(|check| check.state == CheckState::Fail)
}
