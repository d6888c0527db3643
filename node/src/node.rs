//! A node: all parts of one home, started in order and stopped in the other order.
//!
//! It owns the order and nothing else: records are the store's, clips the blobs', peers the swarm's, renders the
//! studio's. A verb of the command line embeds the same node for the moment, with or without the network.

mod alive;
pub mod auditing;
pub mod blocking;
pub mod calls;
pub mod cameos;
mod consented;
mod correspondence;
pub mod cutting;
pub mod drafting;
pub mod exporting;
pub mod fetching;
pub mod finding;
pub mod gossip;
pub mod heard;
mod inbox;
mod inheriting;
pub mod labelling;
pub mod lineage;
pub mod making;
pub mod post;
mod proving;
pub mod publisher;
pub mod receipts;
mod sealing;
pub mod seen;
mod stills;
pub mod verify;
pub mod views;

use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::future::BoxFuture;
use kinora_protocol::api::{ApiError, Event, Request, Response};
use kinora_protocol::ids::{AuthorId, BlobHash, TransportKey};
use libp2p::Multiaddr;
use libp2p::multiaddr::Protocol;
use tokio::sync::{Notify, broadcast};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::api::server::Server;
use crate::api::{EVENTS_BEHIND_MAX, Service};
use crate::blobs::{BlobOptions, Blobs, NetworkBlobs};
use crate::clock;
use crate::door::Door;
use crate::error::{self, Hint as _};
use crate::home::{Home, Lock};
use crate::inspector::pool::Inspectors;
use crate::keystore::Keystore;
use crate::settings::Settings;
use crate::store::Store;
use crate::studio::{self, Studio};
use crate::swarm::{self, NetError, NetHandle, NetOptions};

use fetching::Fetching;
use gossip::Gossip;
use heard::Heard;
use publisher::Publisher;
use seen::Seen;

/// How often blobs that nobody owns any more are looked for, and held records offered again.
const TIDY_EVERY: Duration = Duration::from_secs(300);
/// How often blobs that were let go of, refused ones too, are taken off the disk.
const COLLECT_EVERY: Duration = Duration::from_secs(15);
/// How often an embedded node looks whether it may end.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// How to start a node.
#[derive(Clone, Debug)]
pub struct NodeOptions {
    /// Settings, resolved once.
    pub settings: Settings,
    /// Whether to go on the network.
    pub network: bool,
    /// This program, run again for renders.
    pub program: PathBuf,
}

/// What the calls of the API work on.
#[derive(Debug)]
pub struct Core {
    /// The home.
    pub home: Home,
    /// Signs, stores and publishes.
    pub publisher: Publisher,
    /// Renders.
    pub studio: Studio,
    /// Gets blobs.
    pub fetching: Fetching,
    /// This node's key on the network.
    pub transport: TransportKey,
    /// The same as a libp2p peer id.
    pub peer: String,
    heard: Arc<Heard>,
    events: broadcast::Sender<Event>,
    started: Instant,
    asked_to_stop: CancellationToken,
}

/// A running node.
#[derive(Debug)]
pub struct Node {
    core: Arc<Core>,
    server: Server,
    socket: PathBuf,
    tasks: Vec<JoinHandle<()>>,
    stop: CancellationToken,
    first_run: bool,
    // Last: the home is free when everything else has ended.
    _lock: Lock,
}

impl Core {
    /// Tells all who listen.
    pub fn tell(&self, event: Event) {
        // Nobody may be listening.
        drop(self.events.send(event));
    }

    /// Whether a blob is on its way.
    #[must_use]
    pub fn is_fetching(&self, hash: &BlobHash) -> bool {
        self.fetching.is_fetching(hash)
    }
}

/// The core as the control API serves it.
struct Served(Arc<Core>);

impl Service for Served {
    fn call(&self, request: Request) -> BoxFuture<'_, Result<Response, ApiError>> {
        Box::pin(Arc::clone(&self.0).answer(request))
    }

    fn blob(&self, hash: BlobHash) -> BoxFuture<'_, Result<Vec<u8>, ApiError>> {
        Box::pin(async move {
            let core = &self.0;
            let publisher = &core.publisher;
            let waits = core.heard.is_waiting() && publisher.store.shows_somebody(&hash)?;
            let shown = core.studio.owns(hash)
                || (!waits && publisher.store.gives(publisher.author(), &hash, clock::now_seconds())?);
            let bytes = if shown { core.publisher.blobs.get(hash).await } else { None };
            if bytes.is_none()
                && let Some(file) = core.letter_file(hash).await?
            {
                return Ok(file);
            }
            bytes.map(|b| b.to_vec()).ok_or_else(|| {
                error::missing(format!("the file {hash} is not here"))
                    .hint("`kinora show` says how the clip stands")
            })
        })
    }

    fn events(&self) -> broadcast::Receiver<Event> {
        self.0.events.subscribe()
    }
}

/// Sockets for blobs: the hosts of the addresses that are listened on, any port; all hosts when one of them is.
fn blob_sockets(listen: &[Multiaddr]) -> Vec<SocketAddr> {
    let mut hosts: Vec<IpAddr> = Vec::new();
    for address in listen {
        let host = address.iter().find_map(|part| match part {
            Protocol::Ip4(ip) => Some(IpAddr::V4(ip)),
            Protocol::Ip6(ip) => Some(IpAddr::V6(ip)),
            _ => None,
        });
        match host {
            Some(host) if host.is_unspecified() => return Vec::new(),
            Some(host) if !hosts.contains(&host) => hosts.push(host),
            _ => {}
        }
    }
    hosts.into_iter().map(|host| SocketAddr::new(host, 0)).collect()
}

fn multiaddrs(texts: &[String]) -> Result<Vec<Multiaddr>, ApiError> {
    let parse = |text: &String| {
        text.parse().map_err(|e: libp2p::multiaddr::Error| {
            calls::net_error(&NetError::Address { address: text.clone(), reason: e.to_string() })
        })
    };
    texts.iter().map(parse).collect()
}

impl Node {
    /// Starts a node in a home that this process holds.
    ///
    /// # Errors
    /// When a part cannot start; the message names it.
    pub async fn start(home: Home, lock: Lock, options: NodeOptions) -> Result<Self, ApiError> {
        let NodeOptions { settings, network, program } = options;
        let (listen, peers) = (multiaddrs(&settings.listen)?, multiaddrs(&settings.peers)?);
        let passphrase = settings.passphrase.as_ref().map(|p| p.as_str());
        let keys = Arc::new(Keystore::open_or_create(&home, passphrase, clock::now_seconds())?);
        let first_run = keys.is_fresh();
        let store = Store::open(&home.records(), kinora_protocol::NETWORK)?;
        let door = Door::open(store.clone(), keys.author().author_id())
            .map_err(|e| error::system(format!("the door cannot be opened: {e}")))?;
        let (events, _) = broadcast::channel(EVENTS_BEHIND_MAX);
        let wanted = Arc::new(Notify::new());

        let me = keys.author().author_id();
        let heard = Heard::new(network && (!peers.is_empty() || heard::knows_anybody(&store, me)?));
        let hosts = if network { blob_sockets(&listen) } else { vec![SocketAddr::from(([127, 0, 0, 1], 0))] };
        let network_blobs = NetworkBlobs::open(blob_options(&home, &keys, hosts, (&store, &heard)))
            .await
            .map_err(|e| publisher::blob_error(&e))?;
        let transport = network_blobs.key();
        let blobs: Arc<dyn Blobs> = Arc::new(network_blobs);

        let mut net = None;
        if network {
            let gossip = Gossip {
                store: store.clone(),
                door: door.clone(),
                keys: Arc::clone(&keys),
                transport,
                wanted: Arc::clone(&wanted),
                heard: Arc::clone(&heard),
                events: events.clone(),
            };
            net = Some(start_net(gossip, (listen, peers, settings.mdns), &blobs).await?);
        }

        let seen = Seen::open(store.clone(), keys.author().author_id())?;
        let publisher = Publisher {
            store: store.clone(),
            door,
            keys,
            blobs: Arc::clone(&blobs),
            inspectors: Inspectors::new(program.clone()),
            seen,
            net: net.clone(),
            licence: settings.licence,
            post: post::Post::new(home.letters()),
        };
        let drawer = studio::materials::Drawer::new(home.materials());
        let studio_options = studio::Options { program, threads: settings.threads, drawer };
        let studio =
            Studio::new(studio_options, entries(&store)?, Arc::new(publisher.clone()), events.clone());
        let peer = net.as_ref().map(|net| net.peer_id().to_owned()).unwrap_or_default();
        let fetching = Fetching::new(&publisher, events.clone(), wanted);
        let socket = home.socket_path()?;
        let core = Arc::new(Core {
            home,
            publisher,
            studio,
            fetching,
            transport,
            peer,
            heard,
            events,
            started: Instant::now(),
            asked_to_stop: CancellationToken::new(),
        });
        let server = Server::start(&socket, Arc::new(Served(Arc::clone(&core))))
            .map_err(|e| error::file("open the control socket", &socket, &e))?;
        let stop = CancellationToken::new();
        let tasks = tasks(&core, &stop);
        Ok(Self { core, server, socket, tasks, stop, first_run, _lock: lock })
    }

    /// Path of the control socket.
    #[must_use]
    pub fn socket(&self) -> &Path {
        &self.socket
    }

    /// Whether this start made the identity.
    #[must_use]
    pub const fn is_first_run(&self) -> bool {
        self.first_run
    }

    /// Waits until a call asks the node to end.
    pub async fn asked_to_stop(&self) {
        self.core.asked_to_stop.cancelled().await;
    }

    /// Waits, at most this long, for a peer that takes what was published.
    pub async fn hand_over(&self, at_most: Duration) {
        let Some(net) = &self.core.publisher.net else { return };
        let deadline = Instant::now() + at_most;
        while net.connected() == 0 && Instant::now() < deadline {
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }

    /// Waits until no other command uses this node.
    pub async fn serve_others(&self) {
        while self.server.connections() > 0 {
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }

    /// Ends the node: calls first, then the studio, the network, and the files last.
    pub async fn stop(self) {
        self.server.stop().await;
        self.core.studio.stop();
        self.stop.cancel();
        for task in self.tasks {
            if let Err(error) = task.await {
                tracing::error!(%error, "a task of the node ended badly");
            }
        }
        if let Some(net) = &self.core.publisher.net {
            net.shutdown().await;
        }
        self.core.publisher.blobs.shutdown().await;
    }
}

/// Everything that runs beside the calls until the node stops.
fn tasks(core: &Arc<Core>, stop: &CancellationToken) -> Vec<JoinHandle<()>> {
    vec![
        tokio::spawn(core.studio.clone().run()),
        tokio::spawn(core.fetching.clone().run(stop.clone())),
        tokio::spawn(proving::run(Arc::clone(core), stop.clone())),
        tokio::spawn(tidy(Arc::clone(core), stop.clone())),
        tokio::spawn(cameos::take_down(Arc::clone(core), stop.clone())),
        tokio::spawn(cameos::keep_heads(Arc::clone(core), stop.clone())),
        tokio::spawn(correspondence::keep(Arc::clone(core), stop.clone())),
        tokio::spawn(seen::keep(Arc::clone(core), stop.clone())),
        tokio::spawn(Arc::clone(&core.heard).give_up(core.events.clone(), stop.clone())),
    ]
}

/// How blobs are kept, and who may have them.
fn blob_options(
    home: &Home,
    keys: &Keystore,
    bind: Vec<SocketAddr>,
    (store, heard): (&Store, &Arc<Heard>),
) -> BlobOptions {
    BlobOptions {
        folder: home.blobs(),
        seed: keys.transport_seed(),
        bind,
        serve: may_be_served(store.clone(), keys.author().author_id(), Arc::clone(heard)),
        collect_every: COLLECT_EVERY,
    }
}

/// What others may have: the files of live records that were looked at and are not hidden here. Those that show somebody
/// only after a peer was asked whether that still stands.
fn may_be_served(
    owners: Store,
    me: AuthorId,
    heard: Arc<Heard>,
) -> Arc<dyn Fn(&BlobHash) -> bool + Send + Sync> {
    Arc::new(move |hash| {
        let given = owners.gives(me, hash, clock::now_seconds()).unwrap_or(false);
        given && heard.gives(&owners, hash).unwrap_or(false)
    })
}

/// Goes on the network; when that fails, the blobs are closed again.
async fn start_net(
    gossip: Gossip,
    (listen, peers, mdns): (Vec<Multiaddr>, Vec<Multiaddr>, bool),
    blobs: &Arc<dyn Blobs>,
) -> Result<NetHandle, ApiError> {
    let options = NetOptions {
        seed: gossip.keys.transport_seed(),
        listen,
        peers,
        mdns,
        agent: concat!("kinora/", env!("CARGO_PKG_VERSION")).to_owned(),
        blob_sockets: blobs.sockets(),
    };
    match swarm::start(options, Arc::new(gossip)).await {
        Ok(handle) => Ok(handle),
        Err(fault) => {
            blobs.shutdown().await;
            Err(calls::net_error(&fault))
        }
    }
}

/// Jobs of an earlier run. One that cannot be read is left out, and said.
fn entries(store: &Store) -> Result<Vec<studio::queue::Entry>, ApiError> {
    let mut entries = Vec::new();
    for (id, bytes) in store.jobs()? {
        match serde_json::from_slice(&bytes) {
            Ok(entry) => entries.push(entry),
            Err(error) => tracing::warn!(%error, id, "an old job cannot be read"),
        }
    }
    Ok(entries)
}

/// Now and then: offers what was held, and takes unowned blobs off the disk.
async fn tidy(core: Arc<Core>, stop: CancellationToken) {
    let mut orphans = std::collections::BTreeSet::new();
    loop {
        orphans = core.fetching.collect(&core.studio, orphans).await;
        match core.publisher.store.take_held(clock::now_seconds()) {
            Ok(due) => {
                for signed in due {
                    core.publisher.door.offer(&signed, crate::door::Source::Peer).await;
                }
            }
            Err(error) => tracing::error!(%error, "held records cannot be read"),
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(TIDY_EVERY) => {}
        }
    }
}
