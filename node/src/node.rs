//! A node: all parts of one home, started in order and stopped in the other order.
//!
//! It owns the order and nothing else: records are the store's, clips the blobs', peers the swarm's, renders the
//! studio's. A verb of the command line embeds the same node for the moment, with or without the network.

pub mod calls;
pub mod fetching;
pub mod gossip;
pub mod publisher;
pub mod views;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::future::BoxFuture;
use kinora_protocol::api::{ApiError, Event, Request, Response};
use kinora_protocol::ids::{BlobHash, TransportKey};
use tokio::sync::broadcast;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::api::server::Server;
use crate::api::{EVENTS_BEHIND_MAX, Service};
use crate::blobs::{BlobOptions, Blobs, NetworkBlobs};
use crate::clock;
use crate::door::Door;
use crate::error::{self, Hint as _};
use crate::home::{Home, Lock};
use crate::keystore::Keystore;
use crate::settings::Settings;
use crate::store::Store;
use crate::studio::{self, Studio};
use crate::swarm::{self, NetEvent, NetHandle, NetOptions};

use fetching::Fetching;
use gossip::Gossip;
use publisher::Publisher;

/// How often blobs that were let go of are taken off the disk.
const COLLECT_EVERY: Duration = Duration::from_secs(300);
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
