//! The task that owns the swarm: commands in, events out, and a tick for everything that is due.
//!
//! It never waits for the store or a peer: what takes time runs as a future of its own and reports back here.

use std::collections::{BTreeMap, HashMap};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::StreamExt as _;
use futures::future::BoxFuture;
use futures::stream::FuturesUnordered;
use kinora_protocol::limits::GOSSIP_FRAME_BYTES_MAX;
use kinora_protocol::sync::{Answer, Request};
use libp2p::gossipsub::{MessageId, PublishError, TopicHash};
use libp2p::request_response::{OutboundRequestId, ResponseChannel};
use libp2p::swarm::dial_opts::{DialOpts, PeerCondition};
use libp2p::swarm::{ConnectionId, DialError};
use libp2p::{Multiaddr, PeerId, Swarm};
use tokio::sync::{broadcast, mpsc, oneshot, watch};
use tokio::task::JoinSet;

use super::addresses::{dial_addresses, key_of, own_texts, peer_of, split_peer};
use super::behaviour::{Topics, Wire};
use super::book::{Book, Reason, Whom};
use super::outbox::Outbox;
use super::peers::{Peer, SyncEnd, absent};
use super::records::{Judged, Records};
use super::syncing::{Appointment, Ended, Question};
use super::{Command, NetError, NetEvent, NetOptions, Snapshot};

mod events;
mod upkeep;

/// How often appointments are looked at.
const TICK: Duration = Duration::from_millis(500);
/// Sync sessions at a time.
const SESSIONS_MAX: usize = 4;
/// Gossip messages at the door at a time; beyond, they are left to sync.
const JUDGING_MAX: usize = 512;
/// Sync answers being made at a time; beyond, the asker is told to come again.
const ANSWERING_MAX: usize = 16;
/// Questions of our sessions waiting for the driver.
const QUESTIONS_QUEUE: usize = 16;
/// How long the last records are handed out before the end.
const LINGER: Duration = Duration::from_millis(400);
/// A publication this recent makes the end wait for [`LINGER`].
const RECENT: Duration = Duration::from_secs(2);
/// Dials begun in one tick.
const DIALS_PER_TICK: usize = 8;

/// What became of a gossip message at the door.
struct Verdict {
    id: MessageId,
    from: PeerId,
    judged: Judged,
}

/// A question of ours that is on its way.
enum Asked {
    Hello,
    Session(oneshot::Sender<Result<Answer, String>>),
}

/// A dial that is on its way.
struct Dial {
    whom: Whom,
    asker: Option<oneshot::Sender<Result<(), NetError>>>,
}

type Reply = (ResponseChannel<Answer>, Option<Answer>);

/// Owner of the swarm.
pub(super) struct Driver {
    swarm: Swarm<Wire>,
    topics: Topics,
    records: Arc<dyn Records>,
    events: broadcast::Sender<NetEvent>,
    shown: watch::Sender<Snapshot>,
    blob_sockets: Vec<SocketAddr>,
    book: Book,
    peers: BTreeMap<PeerId, Peer>,
    dials: HashMap<ConnectionId, Dial>,
    judging: FuturesUnordered<BoxFuture<'static, Verdict>>,
    answering: FuturesUnordered<BoxFuture<'static, Reply>>,
    asked: HashMap<OutboundRequestId, Asked>,
    sessions: JoinSet<Ended>,
    questions: (mpsc::Sender<Question>, mpsc::Receiver<Question>),
    outbox: Outbox,
    published: Option<Instant>,
    announcing: FuturesUnordered<BoxFuture<'static, Option<Vec<u8>>>>,
    texts: Vec<String>,
    address: Vec<u8>,
    upkeep: upkeep::Upkeep,
}

impl Driver {
    pub(super) fn new(
        swarm: Swarm<Wire>,
        topics: Topics,
        options: &NetOptions,
        records: Arc<dyn Records>,
        (events, shown): (broadcast::Sender<NetEvent>, watch::Sender<Snapshot>),
    ) -> Self {
        let now = Instant::now();
        let mut book = Book::default();
        for address in &options.peers {
            let (plain, peer) = split_peer(address);
            book.note(
                now,
                peer.map_or_else(|| Whom::Address(plain.clone()), Whom::Peer),
                &[plain],
                Reason::Named,
            );
        }
        for known in records.known_nodes() {
            if let Some(peer) = peer_of(&known.key).filter(|p| p != swarm.local_peer_id()) {
                book.note(now, Whom::Peer(peer), &dial_addresses(&known.sockets), Reason::Stored);
            }
        }
        Self {
            swarm,
            topics,
            records,
            events,
            shown,
            blob_sockets: options.blob_sockets.clone(),
            book,
            peers: BTreeMap::new(),
            dials: HashMap::new(),
            judging: FuturesUnordered::new(),
            answering: FuturesUnordered::new(),
            asked: HashMap::new(),
            sessions: JoinSet::new(),
            questions: mpsc::channel(QUESTIONS_QUEUE),
            outbox: Outbox::default(),
            published: None,
            announcing: FuturesUnordered::new(),
            texts: Vec::new(),
            address: Vec::new(),
            upkeep: upkeep::Upkeep::new(now),
        }
    }

    /// Runs until it is told to end, or nobody is left to tell it.
    pub(super) async fn run(mut self, mut inbox: mpsc::Receiver<Command>) {
        let mut tick = tokio::time::interval(TICK);
        tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                event = self.swarm.select_next_some() => self.event(event),
                command = inbox.recv() => match command {
                    None | Some(Command::Shutdown) => break,
                    Some(command) => self.command(command),
                },
                Some(verdict) = self.judging.next() => self.judged(verdict),
                Some((channel, answer)) = self.answering.next() => {
                    // The asker may be gone; nothing depends on it.
                    drop(self.swarm.behaviour_mut().sync.send_response(channel, answer.unwrap_or(Answer::Busy)));
                }
                Some(question) = self.questions.1.recv() => self.question(question),
                Some(ended) = self.sessions.join_next() => match ended {
                    Ok(ended) => self.synced(ended),
                    Err(error) => tracing::error!(%error, "a sync session ended badly"),
                },
                Some(address) = self.announcing.next() => self.announced(address),
                _ = tick.tick() => self.tick(Instant::now()),
            }
        }
        self.linger().await;
    }

    /// Lets the last publication leave before the connections close.
    async fn linger(&mut self) {
        if self.published.is_some_and(|at| at.elapsed() < RECENT) && !self.peers.is_empty() {
            let deadline = tokio::time::sleep(LINGER);
            let mut deadline = std::pin::pin!(deadline);
            loop {
                tokio::select! {
                    event = self.swarm.select_next_some() => self.event(event),
                    () = &mut deadline => break,
                }
            }
        }
        self.sessions.abort_all();
        let peers: Vec<PeerId> = self.peers.keys().copied().collect();
        for peer in peers {
            // Already gone is as good.
            let _ = self.swarm.disconnect_peer_id(peer);
        }
    }

    fn command(&mut self, command: Command) {
        match command {
            Command::Publish(signed, answer) => {
                let reached = self.publish(signed);
                let _ = answer.send(reached);
            }
            Command::Dial(address, answer) => self.dial_named(&address, answer),
            Command::SyncNow => {
                let now = Instant::now();
                self.peers.values_mut().for_each(|p| p.sync.due = now);
                self.start_sessions(now);
            }
            // The loop ends before it comes here.
            Command::Shutdown => {}
        }
    }

    fn publish(&mut self, signed: Vec<u8>) -> usize {
        if signed.len() > GOSSIP_FRAME_BYTES_MAX {
            tracing::error!(bytes = signed.len(), "our own record is too large for gossip");
            return 0;
        }
        self.published = Some(Instant::now());
        let safety = self.records.is_safety(&signed);
        self.send(safety, signed)
    }

    /// Sends a record, or keeps it for its turn or for the first peer that comes. Tells how many peers it went to.
    fn send(&mut self, safety: bool, signed: Vec<u8>) -> usize {
        let topic = if safety { self.topics.safety.hash() } else { self.topics.feed.hash() };
        if self.outbox.may_go(safety) {
            match self.swarm.behaviour_mut().gossip.publish(topic.clone(), signed.clone()) {
                Ok(_) | Err(PublishError::Duplicate) => {
                    self.outbox.gone(safety);
                    return self.subscribers(&topic);
                }
                Err(error) => tracing::debug!(%error, "a record waits for peers"),
            }
        }
        self.outbox.keep(safety, signed);
        0
    }

    fn flush_outbox(&mut self) {
        for (safety, signed) in self.outbox.take() {
            self.send(safety, signed);
        }
    }

    fn subscribers(&self, topic: &TopicHash) -> usize {
        self.swarm.behaviour().gossip.all_peers().filter(|(_, topics)| topics.contains(&topic)).count()
    }

    fn dial_named(&mut self, address: &Multiaddr, answer: oneshot::Sender<Result<(), NetError>>) {
        let (plain, peer) = split_peer(address);
        if peer == Some(*self.swarm.local_peer_id()) {
            let reason = "it is this node".to_owned();
            drop(answer.send(Err(NetError::Address { address: address.to_string(), reason })));
            return;
        }
        let whom = peer.map_or_else(|| Whom::Address(plain.clone()), Whom::Peer);
        self.book.note(Instant::now(), whom.clone(), std::slice::from_ref(&plain), Reason::Named);
        self.dial(whom, vec![plain], Some(answer));
    }

    fn dial(
        &mut self,
        whom: Whom,
        addresses: Vec<Multiaddr>,
        asker: Option<oneshot::Sender<Result<(), NetError>>>,
    ) {
        let options = match &whom {
            Whom::Peer(peer) => DialOpts::peer_id(*peer)
                .addresses(addresses)
                .extend_addresses_through_behaviour()
                .condition(PeerCondition::DisconnectedAndNotDialing)
                .build(),
            Whom::Address(address) => DialOpts::unknown_peer_id().address(address.clone()).build(),
        };
        let id = options.connection_id();
        match self.swarm.dial(options) {
            Ok(()) => drop(self.dials.insert(id, Dial { whom, asker })),
            Err(DialError::DialPeerConditionFalse(_)) => {
                // Connected, or about to be: as good as done.
                if let Whom::Peer(peer) = &whom
                    && self.peers.contains_key(peer)
                {
                    self.book.connected(Instant::now(), *peer, None);
                } else {
                    self.book.failed(Instant::now(), &whom);
                }
                drop(asker.map(|a| a.send(Ok(()))));
            }
            Err(error) => self.dial_failed(Dial { whom, asker }, &error),
        }
    }

    fn dial_failed(&mut self, dial: Dial, error: &DialError) {
        self.book.failed(Instant::now(), &dial.whom);
        let address = match &dial.whom {
            Whom::Peer(peer) => peer.to_string(),
            Whom::Address(address) => address.to_string(),
        };
        tracing::debug!(%address, %error, "a dial did not work");
        if let Some(asker) = dial.asker {
            drop(asker.send(Err(NetError::Unreachable { address, reason: error.to_string() })));
        }
    }

    /// Shows the state of now and says that something changed.
    fn changed(&self, what: NetEvent) {
        self.show();
        // Nobody may be listening.
        drop(self.events.send(what));
    }

    fn show(&self) {
        let own = *self.swarm.local_peer_id();
        let addresses = self.swarm.listeners().filter_map(|a| a.clone().with_p2p(own).ok()).collect();
        let providers = self.peers.values().filter_map(Peer::provider).collect();
        self.shown.send_replace(Snapshot { peers: self.view(), addresses, providers });
    }

    fn view(&self) -> Vec<kinora_protocol::api::Peer> {
        let gossip = &self.swarm.behaviour().gossip;
        let feed = self.topics.feed.hash();
        let mesh: Vec<PeerId> = gossip.mesh_peers(&feed).copied().collect();
        let mut view: Vec<_> = self.peers.iter().map(|(id, p)| p.view(id, mesh.contains(id))).collect();
        let away = self.book.peers().filter(|(id, _)| !self.peers.contains_key(id));
        view.extend(away.map(|(id, address)| absent(&id, key_of(&id), address)));
        view
    }

    fn question(&mut self, question: Question) {
        let Question { peer, request, answer } = question;
        if self.peers.contains_key(&peer) {
            let id = self.swarm.behaviour_mut().sync.send_request(&peer, request);
            self.asked.insert(id, Asked::Session(answer));
        } else {
            drop(answer.send(Err("the peer is gone".to_owned())));
        }
    }

    fn hello(&mut self, peer: &PeerId) {
        let request = Request::Hello { address: self.address.clone() };
        let id = self.swarm.behaviour_mut().sync.send_request(peer, request);
        self.asked.insert(id, Asked::Hello);
    }

    /// Starts the sessions that are due, as many as may run.
    fn start_sessions(&mut self, now: Instant) {
        let due: Vec<PeerId> = self
            .peers
            .iter()
            .filter(|(_, p)| !p.sync.running && p.sync.due <= now)
            .map(|(id, _)| *id)
            .take(SESSIONS_MAX.saturating_sub(self.sessions.len()))
            .collect();
        if due.is_empty() {
            return;
        }
        let authors = self.records.scope();
        for id in due {
            let Some(peer) = self.peers.get_mut(&id) else { continue };
            let memory = peer.sync.start(now);
            let appointment = Appointment {
                peer: id,
                key: peer.key,
                authors: authors.clone(),
                memory,
                records: Arc::clone(&self.records),
                questions: self.questions.0.clone(),
            };
            self.sessions.spawn(appointment.keep());
        }
    }

    fn synced(&mut self, ended: Ended) {
        let now = Instant::now();
        let Ended { peer, memory, end, outcome, fresh, faults } = ended;
        if outcome.records > 0 || end == SyncEnd::Fault {
            tracing::info!(%peer, rounds = outcome.rounds, records = outcome.records, bytes = outcome.bytes, fresh, "caught up with a peer");
        }
        if let Some(known) = self.peers.get_mut(&peer) {
            known.sync.end(now, memory, end);
            known.accepted = known.accepted.saturating_add(fresh as u64);
            faults.iter().for_each(|code| known.fault(code));
        }
        if end == SyncEnd::Complete {
            self.records.caught_up();
        }
        if fresh > 0 {
            drop(self.events.send(NetEvent::Synced { records: fresh }));
        }
        self.start_sessions(now);
    }

    /// Tells the world where we are, when that has changed.
    fn announce(&mut self, again: bool) {
        let listening: Vec<Multiaddr> = self.swarm.listeners().cloned().collect();
        let texts = own_texts(&listening, &self.blob_sockets);
        if texts.is_empty() || (texts == self.texts && !again) {
            return;
        }
        self.texts.clone_from(&texts);
        self.announcing.push(self.records.announce(texts));
        self.changed(NetEvent::AddressesChanged);
    }

    fn announced(&mut self, address: Option<Vec<u8>>) {
        let Some(address) = address else { return };
        self.address = address;
        let peers: Vec<PeerId> = self.peers.keys().copied().collect();
        for peer in peers {
            self.hello(&peer);
        }
    }
}
