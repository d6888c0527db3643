//! The network: who is there, live gossip, and catching up. libp2p over TCP, Noise and Yamux.
//!
//! One task (`driver`) owns the swarm; [`NetHandle`] is how the rest of the node talks to it. What records mean, which
//! are wanted and where they go is behind [`Records`]: the network moves signed bytes and never looks inside.
//! Everything a peer sends is bounded before it is read, judged by the door before it is passed on, and a peer that
//! breaks the rules loses score and at last its connection; it never stops this node.

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;

use kinora_protocol::api;
use kinora_protocol::ids::TransportKey;
use libp2p::Multiaddr;
use tokio::sync::{broadcast, mpsc, oneshot, watch};
use tokio::task::JoinHandle;
use zeroize::Zeroizing;

use crate::blobs::Provider;

mod addresses;
mod behaviour;
mod book;
mod codec;
mod driver;
mod outbox;
mod peers;
mod records;
mod syncing;
#[cfg(test)]
mod tests;

pub use records::{Judged, Records, Stranger, Via};

/// Commands waiting for the driver.
const COMMANDS_QUEUE: usize = 64;
/// Events kept for a slow listener before it loses the oldest.
const EVENTS_QUEUE: usize = 256;

/// How to start.
pub struct NetOptions {
    /// Seed of the transport key; the same as the blobs'.
    pub seed: Zeroizing<[u8; 32]>,
    /// Where to listen; none listens nowhere.
    pub listen: Vec<Multiaddr>,
    /// Peers to keep connected, with or without `/p2p/…` at the end.
    pub peers: Vec<Multiaddr>,
    /// Whether to look for nodes on the local network.
    pub mdns: bool,
    /// What to call ourselves, for example `kinora/0.1.0`.
    pub agent: String,
    /// Sockets on which our blobs are served.
    pub blob_sockets: Vec<SocketAddr>,
}

impl fmt::Debug for NetOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NetOptions")
            .field("listen", &self.listen)
            .field("peers", &self.peers)
            .field("mdns", &self.mdns)
            .finish_non_exhaustive()
    }
}

/// Why the network could not start or do something.
#[derive(Clone, Debug, thiserror::Error)]
pub enum NetError {
    /// An address is in use or not ours.
    #[error("cannot listen on {address}: {reason}")]
    Listen {
        /// Which.
        address: String,
        /// What the system says.
        reason: String,
    },
    /// The text is no multiaddress that can be dialled.
    #[error("{address:?} is not an address that can be dialled: {reason}")]
    Address {
        /// What was given.
        address: String,
        /// What is wrong with it.
        reason: String,
    },
    /// Nobody answered.
    #[error("{address} cannot be reached: {reason}")]
    Unreachable {
        /// Whom.
        address: String,
        /// What happened.
        reason: String,
    },
    /// A defect of this version.
    #[error("the network cannot be set up: {0}")]
    Settings(String),
    /// The network was shut down.
    #[error("the network is shut down")]
    Closed,
}

/// What happened on the network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NetEvent {
    /// Peers came, went, or told new addresses.
    PeersChanged,
    /// We listen on other addresses than before.
    AddressesChanged,
    /// An exchange with a peer brought this many new records.
    Synced {
        /// Records received.
        records: usize,
    },
}

/// What the driver is asked to do.
enum Command {
    Publish(Vec<u8>, oneshot::Sender<usize>),
    Dial(Multiaddr, oneshot::Sender<Result<(), NetError>>),
    SyncNow,
    Shutdown,
}

/// What the driver shows of itself; made anew at every change and every tick.
#[derive(Clone, Debug, Default)]
struct Snapshot {
    peers: Vec<api::Peer>,
    addresses: Vec<Multiaddr>,
    providers: Vec<Provider>,
}

/// The way to the running network; cheap to clone. The network ends with [`NetHandle::shutdown`].
#[derive(Clone)]
pub struct NetHandle {
    commands: mpsc::Sender<Command>,
    events: broadcast::Sender<NetEvent>,
    snapshot: watch::Receiver<Snapshot>,
    peer: String,
    key: TransportKey,
    task: Arc<std::sync::Mutex<Option<JoinHandle<()>>>>,
}

impl fmt::Debug for NetHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NetHandle").field("peer", &self.peer).finish_non_exhaustive()
    }
}

/// Starts the network.
///
/// # Errors
/// [`NetError::Listen`] when an address cannot be listened on.
#[expect(clippy::unused_async, reason = "it must run inside the runtime, and its callers await it")]
pub async fn start(options: NetOptions, records: Arc<dyn Records>) -> Result<NetHandle, NetError> {
    let topics = behaviour::Topics::new();
    let swarm = behaviour::build(&options, &topics)?;
    let peer = *swarm.local_peer_id();
    let key =
        addresses::key_of(&peer).ok_or_else(|| NetError::Settings("the key is not Ed25519".to_owned()))?;
    let (commands, inbox) = mpsc::channel(COMMANDS_QUEUE);
    let (events, _) = broadcast::channel(EVENTS_QUEUE);
    let (shown, snapshot) = watch::channel(Snapshot::default());
    let driver = driver::Driver::new(swarm, topics, &options, records, (events.clone(), shown));
    let task = tokio::spawn(driver.run(inbox));
    let task = Arc::new(std::sync::Mutex::new(Some(task)));
    Ok(NetHandle { commands, events, snapshot, peer: peer.to_string(), key, task })
}

impl NetHandle {
    /// Gives a signed record to the network. It tells to how many peers it went; with none it waits for the first
    /// one, and sync brings it to those who come later.
    pub async fn publish(&self, signed: Vec<u8>) -> usize {
        self.ask(|answer| Command::Publish(signed, answer)).await.unwrap_or(0)
    }

    /// Connects to an address and keeps it.
    ///
    /// # Errors
    /// [`NetError`] when it is no address or nobody answers there.
    pub async fn dial(&self, address: Multiaddr) -> Result<(), NetError> {
        self.ask(|answer| Command::Dial(address, answer)).await.unwrap_or(Err(NetError::Closed))
    }

    /// As [`NetHandle::dial`], from text.
    ///
    /// # Errors
    /// As [`NetHandle::dial`].
    pub async fn dial_text(&self, address: &str) -> Result<(), NetError> {
        let parsed = address.parse::<Multiaddr>();
        let wrong = |e: libp2p::multiaddr::Error| NetError::Address {
            address: address.to_owned(),
            reason: e.to_string(),
        };
        self.dial(parsed.map_err(wrong)?).await
    }

    /// Peers, connected ones first.
    #[must_use]
    pub fn peers(&self) -> Vec<api::Peer> {
        self.snapshot.borrow().peers.clone()
    }

    /// How many peers are connected.
    #[must_use]
    pub fn connected(&self) -> usize {
        self.snapshot.borrow().peers.iter().filter(|p| p.connected).count()
    }

    /// Addresses others can dial, each ending in `/p2p/…`.
    #[must_use]
    pub fn addresses(&self) -> Vec<Multiaddr> {
        self.snapshot.borrow().addresses.clone()
    }

    /// Connected peers that told where their blobs are.
    #[must_use]
    pub fn providers(&self) -> Vec<Provider> {
        self.snapshot.borrow().providers.clone()
    }

    /// Asks every connected peer at once for what is missing, for example after a follow.
    pub fn sync_now(&self) {
        if let Err(mpsc::error::TrySendError::Full(_)) = self.commands.try_send(Command::SyncNow) {
            tracing::debug!("the network is busy; the next round of sync comes by itself");
        }
    }

    /// This node's libp2p peer id.
    #[must_use]
    pub fn peer_id(&self) -> &str {
        &self.peer
    }

    /// This node's transport key.
    #[must_use]
    pub const fn transport_key(&self) -> TransportKey {
        self.key
    }

    /// Events from now on.
    #[must_use]
    pub fn subscribe(&self) -> broadcast::Receiver<NetEvent> {
        self.events.subscribe()
    }

    /// Hands out what was just published, closes all connections and ends.
    pub async fn shutdown(&self) {
        drop(self.commands.send(Command::Shutdown).await);
        let task = self.task.lock().unwrap_or_else(std::sync::PoisonError::into_inner).take();
        if let Some(task) = task
            && let Err(error) = task.await
        {
            tracing::error!(%error, "the network ended badly");
        }
    }

    async fn ask<T>(&self, command: impl FnOnce(oneshot::Sender<T>) -> Command) -> Option<T> {
        let (answer, answered) = oneshot::channel();
        self.commands.send(command(answer)).await.ok()?;
        answered.await.ok()
    }
}
