//! What the swarm tells: connections, messages, questions, addresses.

use std::sync::Arc;
use std::time::Instant;

use futures::FutureExt as _;
use kinora_protocol::limits::{ADDRESSES_MAX, GOSSIP_FRAME_BYTES_MAX};
use kinora_protocol::sync::{Answer, PROTOCOL, Request, answer};
use libp2p::core::ConnectedPoint;
use libp2p::gossipsub::{self, MessageAcceptance};
use libp2p::request_response::{self, Message, ResponseChannel};
use libp2p::swarm::SwarmEvent;
use libp2p::{Multiaddr, PeerId, identify, kad, mdns, ping};

use super::{ANSWERING_MAX, Asked, Driver, JUDGING_MAX, Verdict};
use crate::swarm::NetEvent;
use crate::swarm::addresses::{blob_sockets, dial_addresses, is_plausible, key_of, split_peer};
use crate::swarm::behaviour::{KAD_PROTOCOL, WireEvent};
use crate::swarm::book::{Reason, Whom};
use crate::swarm::peers::Peer;
use crate::swarm::records::{Judged, Via};

impl Driver {
    pub(super) fn event(&mut self, event: SwarmEvent<WireEvent>) {
        match event {
            SwarmEvent::Behaviour(WireEvent::Gossip(event)) => self.gossip(event),
            SwarmEvent::Behaviour(WireEvent::Sync(event)) => self.sync(event),
            SwarmEvent::Behaviour(WireEvent::Identify(event)) => self.identified(event),
            SwarmEvent::Behaviour(WireEvent::Kad(event)) => self.tables(event),
            SwarmEvent::Behaviour(WireEvent::Ping(ping::Event { peer, result: Ok(rtt), .. })) => {
                if let Some(known) = self.peers.get_mut(&peer) {
                    known.rtt = Some(rtt);
                }
            }
            SwarmEvent::Behaviour(WireEvent::Mdns(mdns::Event::Discovered(found))) => {
                for (peer, address) in found {
                    let plain = split_peer(&address).0;
                    self.book.note(Instant::now(), Whom::Peer(peer), &[plain], Reason::Seen);
                }
            }
            SwarmEvent::ConnectionEstablished {
                peer_id, endpoint, num_established, connection_id, ..
            } => {
                let dial = self.dials.remove(&connection_id);
                if let Some(asker) = dial.and_then(|d| d.asker) {
                    drop(asker.send(Ok(())));
                }
                self.connected(peer_id, &endpoint, num_established.get());
            }
            SwarmEvent::ConnectionClosed { peer_id, num_established: 0, .. } => {
                self.peers.remove(&peer_id);
                self.book.disconnected(Instant::now(), peer_id);
                self.changed(NetEvent::PeersChanged);
            }
            SwarmEvent::OutgoingConnectionError { connection_id, error, .. } => {
                if let Some(dial) = self.dials.remove(&connection_id) {
                    self.dial_failed(dial, &error);
                }
            }
            SwarmEvent::NewListenAddr { address, .. } => {
                tracing::info!(%address, "listening");
                self.announce(false);
            }
            SwarmEvent::ExpiredListenAddr { .. } | SwarmEvent::ListenerClosed { .. } => self.announce(false),
            SwarmEvent::ListenerError { error, .. } => tracing::warn!(%error, "a listener has trouble"),
            _ => {}
        }
    }

    fn connected(&mut self, id: PeerId, endpoint: &ConnectedPoint, count: u32) {
        let now = Instant::now();
        let Some(key) = key_of(&id) else {
            let _ = self.swarm.disconnect_peer_id(id);
            return;
        };
        let remote = split_peer(endpoint.get_remote_address()).0;
        let dialled = endpoint.is_dialer().then_some(&remote);
        self.book.connected(now, id, dialled);
        if count > 1 && self.peers.contains_key(&id) {
            return;
        }
        tracing::info!(peer = %id, address = %remote, "connected");
        self.peers.insert(id, Peer::new(now, key, remote));
        self.hello(&id);
        self.start_sessions(now);
        self.changed(NetEvent::PeersChanged);
    }

    fn gossip(&mut self, event: gossipsub::Event) {
        match event {
            gossipsub::Event::Message { propagation_source: from, message_id: id, message } => {
                let Some(key) = key_of(&from) else { return };
                if message.data.len() > GOSSIP_FRAME_BYTES_MAX {
                    tracing::warn!(peer = %from, fault = "frame_too_large", bytes = message.data.len(), "a gossip message was refused");
                    self.peers.entry(from).and_modify(|p| p.fault("frame_too_large"));
                    self.report(&id, &from, MessageAcceptance::Reject);
                } else if self.judging.len() >= JUDGING_MAX {
                    // Too much at once: no one's fault, and sync brings it later.
                    self.report(&id, &from, MessageAcceptance::Ignore);
                } else {
                    let offer = self.records.offer(message.data, Via::Gossip, key);
                    self.judging.push(offer.map(move |judged| Verdict { id, from, judged }).boxed());
                }
            }
            gossipsub::Event::Subscribed { .. } => self.flush_outbox(),
            gossipsub::Event::SlowPeer { peer_id, .. } => {
                tracing::debug!(peer = %peer_id, "a peer reads slowly");
            }
            gossipsub::Event::GossipsubNotSupported { .. } | gossipsub::Event::Unsubscribed { .. } => {}
        }
    }

    pub(super) fn judged(&mut self, verdict: Verdict) {
        let Verdict { id, from, judged } = verdict;
        let peer = self.peers.get_mut(&from);
        let acceptance = match judged {
            Judged::New => {
                if let Some(peer) = peer {
                    peer.accepted = peer.accepted.saturating_add(1);
                }
                MessageAcceptance::Accept
            }
            Judged::Known => MessageAcceptance::Accept,
            Judged::Refused(fault) => {
                if let Some(peer) = peer {
                    peer.fault(fault.code());
                }
                MessageAcceptance::Reject
            }
            Judged::Dropped { relay: true, .. } if peer.is_some_and(|p| p.relayed.take(Instant::now())) => {
                MessageAcceptance::Accept
            }
            Judged::Dropped { .. } | Judged::Held => MessageAcceptance::Ignore,
        };
        self.report(&id, &from, acceptance);
    }

    fn report(&mut self, id: &gossipsub::MessageId, from: &PeerId, acceptance: MessageAcceptance) {
        // False says that the message left the cache meanwhile; sync carries it on.
        let found = self.swarm.behaviour_mut().gossip.report_message_validation_result(id, from, acceptance);
        if !found {
            tracing::debug!(peer = %from, "a message was judged too late to be passed on");
        }
    }

    fn sync(&mut self, event: request_response::Event<Request, Answer>) {
        match event {
            request_response::Event::Message {
                peer,
                message: Message::Request { request, channel, .. },
                ..
            } => {
                self.asked_by(peer, request, channel);
            }
            request_response::Event::Message {
                peer,
                message: Message::Response { request_id, response },
                ..
            } => match (self.asked.remove(&request_id), response) {
                (Some(Asked::Session(session)), response) => drop(session.send(Ok(response))),
                (Some(Asked::Hello), Answer::Hello { address }) => self.introduced(peer, address),
                _ => {}
            },
            request_response::Event::OutboundFailure { request_id, error, .. } => {
                if let Some(Asked::Session(session)) = self.asked.remove(&request_id) {
                    drop(session.send(Err(error.to_string())));
                }
            }
            request_response::Event::InboundFailure { peer, error, .. } => {
                tracing::debug!(%peer, %error, "a sync question was not answered");
            }
            request_response::Event::ResponseSent { .. } => {}
        }
    }

    /// Answers a question in a thread that may read the store.
    fn asked_by(&mut self, peer: PeerId, request: Request, channel: ResponseChannel<Answer>) {
        let Some(known) = self.peers.get_mut(&peer) else { return };
        if !known.questions.take(Instant::now()) || self.answering.len() >= ANSWERING_MAX {
            drop(self.swarm.behaviour_mut().sync.send_response(channel, Answer::Busy));
            return;
        }
        let address = self.address.clone();
        let records = Arc::clone(&self.records);
        if let Request::Hello { address: theirs } = &request {
            self.introduced(peer, theirs.clone());
        }
        let made = tokio::task::spawn_blocking(move || answer(records.shelf(), &address, &request));
        self.answering.push(made.map(move |answer| (channel, answer.ok())).boxed());
    }

    /// Takes the address record a peer introduces itself with.
    fn introduced(&mut self, id: PeerId, signed: Vec<u8>) {
        if signed.is_empty() {
            return;
        }
        let Some(peer) = self.peers.get_mut(&id) else { return };
        let Some(told) = self.records.read_address(&signed).filter(|told| told.key == peer.key) else {
            tracing::warn!(peer = %id, fault = "not_its_address", "a peer introduces itself with something else");
            peer.fault("not_its_address");
            return;
        };
        let remote = peer.remote_ip();
        peer.blobs = blob_sockets(&told.sockets);
        let dial: Vec<Multiaddr> =
            dial_addresses(&told.sockets).into_iter().filter(|a| is_plausible(a, remote)).collect();
        let now = Instant::now();
        if !dial.is_empty() {
            self.book.note(now, Whom::Peer(id), &dial, Reason::Seen);
            self.book.connected(now, id, None);
        }
        // Whether it is kept is for the door to say; that of somebody followed is, and is dialled after a restart.
        let key = peer.key;
        let offered = self.records.offer(signed, Via::Sync, key);
        tokio::spawn(offered.map(drop));
        self.changed(NetEvent::PeersChanged);
    }

    fn identified(&mut self, event: identify::Event) {
        let identify::Event::Received { peer_id, info, .. } = event else { return };
        if !info.protocols.iter().any(|p| p.as_ref() == PROTOCOL) {
            // Another program that shares the local network's discovery.
            let _ = self.swarm.disconnect_peer_id(peer_id);
            return;
        }
        let Some(peer) = self.peers.get_mut(&peer_id) else { return };
        peer.agent = info.agent_version;
        peer.gossips = info.protocols.iter().any(|p| p.as_ref().starts_with("/meshsub/"));
        let remote = peer.remote_ip();
        if info.protocols.contains(&KAD_PROTOCOL) {
            let told = info.listen_addrs.into_iter().filter(|a| is_plausible(a, remote)).take(ADDRESSES_MAX);
            for address in told {
                self.swarm.behaviour_mut().kad.add_address(&peer_id, split_peer(&address).0);
            }
        }
    }

    fn tables(&mut self, event: kad::Event) {
        match event {
            kad::Event::InboundRequest {
                request: kad::InboundRequest::AddProvider { record: Some(record) },
            } => {
                let tables = &mut self.swarm.behaviour_mut().kad;
                if let Err(error) = kad::store::RecordStore::add_provider(tables.store_mut(), record) {
                    tracing::debug!(%error, "the node tables are full");
                }
            }
            kad::Event::OutboundQueryProgressed {
                result:
                    kad::QueryResult::GetProviders(Ok(kad::GetProvidersOk::FoundProviders { providers, .. })),
                ..
            } => {
                let own = *self.swarm.local_peer_id();
                for peer in providers.into_iter().filter(|p| *p != own).take(ADDRESSES_MAX) {
                    if !self.peers.contains_key(&peer) {
                        self.book.note(Instant::now(), Whom::Peer(peer), &[], Reason::Stored);
                    }
                }
            }
            _ => {}
        }
    }
}
