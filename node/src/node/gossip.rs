//! What the network sees of this node: the door for what comes in, the store for what is asked for.

use std::collections::BTreeSet;
use std::sync::Arc;

use futures::FutureExt as _;
use futures::future::BoxFuture;
use kinora_protocol::api::Event;
use kinora_protocol::check::{CertificateCache, check};
use kinora_protocol::ids::{AuthorId, TransportKey};
use kinora_protocol::limits::SYNC_AUTHORS_MAX;
use kinora_protocol::record::{Address, Body};
use kinora_protocol::sync::Shelf;
use tokio::sync::{Notify, broadcast};

use super::heard::Heard;
use crate::clock;
use crate::door::{Door, HIDDEN, NOT_FOLLOWED, Offer, Source, TAKEN_BACK};
use crate::keystore::Keystore;
use crate::store::Store;
use crate::swarm::{Judged, Records, Stranger, Via};

/// How long an `address` record holds, in seconds.
const ADDRESS_SECONDS: u64 = 7 * 24 * 3600;

/// Door and store, as the network needs them.
#[derive(Debug)]
pub struct Gossip {
    /// Records.
    pub store: Store,
    /// The way into the store.
    pub door: Door,
    /// Keys of this persona.
    pub keys: Arc<Keystore>,
    /// This node's key on the network.
    pub transport: TransportKey,
    /// Wakes the fetching of blobs.
    pub wanted: Arc<Notify>,
    /// Whether anybody was heard since the start.
    pub heard: Arc<Heard>,
    /// What the screen is told.
    pub events: broadcast::Sender<Event>,
}

impl Records for Gossip {
    fn offer(&self, signed: Vec<u8>, _: Via, from: TransportKey) -> BoxFuture<'static, Judged> {
        let (door, wanted, events) = (self.door.clone(), Arc::clone(&self.wanted), self.events.clone());
        async move {
            match door.offer(&signed, Source::Peer).await {
                Offer::New(checked) => {
                    // A consent may have let in a clip that waited for it.
                    // A label that was taken off, or declared otherwise, may have hidden one.
                    let labels = matches!(checked.record().body, Body::Label(_) | Body::Labeler(_));
                    let clip = matches!(checked.record().body, Body::Clip(_));
                    if clip || labels || checked.record().body.is_consent() {
                        wanted.notify_one();
                    }
                    drop(events.send(Event::FeedChanged));
                    Judged::New
                }
                Offer::Known(_) => Judged::Known,
                Offer::Held => Judged::Held,
                Offer::Refused(fault) => {
                    tracing::warn!(%from, reason = fault.code(), %fault, "a record was refused");
                    Judged::Refused(fault)
                }
                Offer::Unconsented(refusal) => {
                    Judged::Dropped { reason: refusal.code(), relay: refusal.waits() }
                }
                Offer::Dropped(reason) => {
                    tracing::debug!(%from, reason, "a record was not kept");
                    Judged::Dropped { reason, relay: matches!(reason, NOT_FOLLOWED | TAKEN_BACK | HIDDEN) }
                }
            }
        }
        .boxed()
    }

    fn shelf(&self) -> &dyn Shelf {
        &self.store
    }

    fn scope(&self) -> Vec<AuthorId> {
        let me = self.keys.author().author_id();
        let mut scope = vec![me];
        match self.store.following(&me) {
            Ok(authors) => scope.extend(authors),
            Err(error) => tracing::error!(%error, "whom this persona follows cannot be read"),
        }
        let labelers = self.store.subscriptions().unwrap_or_else(|error| {
            tracing::error!(%error, "whom this persona listens to cannot be read");
            Vec::new()
        });
        let labelers = labelers.into_iter().map(|subscription| subscription.labeler);
        let lists = self.store.list_authors().unwrap_or_else(|error| {
            tracing::error!(%error, "whose lists are subscribed to cannot be read");
            BTreeSet::new()
        });
        let correspondents: Vec<AuthorId> = self.store.consents().correspondents(me).collect();
        // Labelers, lists and correspondents before consent: there are few of them.
        let few = labelers.chain(lists).chain(correspondents);
        for author in few.chain(self.store.consent_authors()) {
            if scope.len() < SYNC_AUTHORS_MAX && !scope.contains(&author) {
                scope.push(author);
            }
        }
        scope
    }

    fn is_safety(&self, signed: &[u8]) -> bool {
        let checked = check(signed, self.store.network(), &mut CertificateCache::default());
        checked.is_ok_and(|c| c.record().body.is_safety())
    }

    fn announce(&self, sockets: Vec<String>) -> BoxFuture<'static, Option<Vec<u8>>> {
        let now = clock::now_seconds();
        let until = now.saturating_add(ADDRESS_SECONDS);
        let body = Body::Address(Address { transport: self.transport, sockets, until });
        let signed = self.keys.author().sign(now, body);
        let door = self.door.clone();
        async move {
            let signed =
                signed.inspect_err(|fault| tracing::error!(%fault, "our address cannot be signed")).ok()?;
            door.offer(signed.bytes(), Source::Local).await;
            Some(signed.bytes().to_vec())
        }
        .boxed()
    }

    fn read_address(&self, signed: &[u8]) -> Option<Stranger> {
        let checked = check(signed, self.store.network(), &mut CertificateCache::default()).ok()?;
        let Body::Address(address) = &checked.record().body else { return None };
        let fresh = address.until >= clock::now_seconds();
        fresh.then(|| Stranger { key: address.transport, sockets: address.sockets.clone() })
    }

    fn caught_up(&self) {
        if self.heard.note() {
            // Clips that show somebody waited for this.
            self.wanted.notify_one();
            drop(self.events.send(Event::FeedChanged));
        }
    }

    fn known_nodes(&self) -> Vec<Stranger> {
        let now = clock::now_seconds();
        let addresses =
            self.scope().into_iter().filter_map(|author| self.store.addresses(&author).ok()).flatten();
        addresses
            .filter(|address| address.until >= now && address.transport != self.transport)
            .map(|address| Stranger { key: address.transport, sockets: address.sockets })
            .collect()
    }
}
