//! A hostile node, inside the test: real network, real or forged blobs, its own keys, and no manners.
//!
//! It keeps signed bytes in a list and hands them out by gossip and by sync, whatever they are.

use std::net::SocketAddr;
use std::path::Path;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use iroh::endpoint::presets;
use iroh::{Endpoint, RelayMode, SecretKey};
use kinora_node::blobs::{BlobOptions, Blobs as _, NetworkBlobs};
use kinora_node::swarm::{self, Judged, NetHandle, NetOptions, Records, Stranger, Via};
use kinora_protocol::NETWORK;
use kinora_protocol::check::{Author, rid_of_signed};
use kinora_protocol::ids::{AuthorId, BlobHash, Rid, TransportKey};
use kinora_protocol::keys::{DeviceSecret, Genesis, RootSecret, certify};
use kinora_protocol::record::{Address, Body};
use kinora_protocol::sync::{Item, Shelf, Summary};

type Boxed<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// What it says, and who it says it is.
struct Lies {
    author: Author,
    key: TransportKey,
    now: u64,
    said: Mutex<Vec<(u64, Rid, Vec<u8>)>>,
}

/// The node.
pub(crate) struct Mallory {
    lies: Arc<Lies>,
    pub(crate) net: NetHandle,
}

fn transport_seed(seed: u8) -> [u8; 32] {
    [seed.wrapping_add(2); 32]
}

impl Mallory {
    /// Starts with keys from `seed`; its blobs are at `sockets`, under `key`.
    async fn start(seed: u8, now: u64, key: TransportKey, sockets: Vec<SocketAddr>) -> Self {
        let (root, next) = (RootSecret::from_seed([seed; 32]), RootSecret::from_seed([!seed; 32]));
        let genesis = Genesis { root: root.public(), next: next.commitment() };
        let device = DeviceSecret::from_seed([seed.wrapping_add(1); 32]);
        let certificate = certify(&root, genesis, Vec::new(), device.public(), (0, u64::from(u32::MAX)));
        let author = Author::new(device, certificate, NETWORK).unwrap();
        let lies = Arc::new(Lies { author, key, now, said: Mutex::default() });
        let options = NetOptions {
            seed: transport_seed(seed).into(),
            listen: vec!["/ip4/127.0.0.1/tcp/0".parse().unwrap()],
            peers: Vec::new(),
            mdns: false,
            agent: "mallory".to_owned(),
            blob_sockets: sockets,
        };
        let net = swarm::start(options, Arc::new(Spoken(Arc::clone(&lies)))).await.unwrap();
        Self { lies, net }
    }

    /// With real blobs in `folder`, given to everybody.
    pub(crate) async fn with_blobs(folder: &Path, seed: u8, now: u64) -> (Self, NetworkBlobs) {
        let blobs = NetworkBlobs::open(BlobOptions {
            folder: folder.to_owned(),
            seed: transport_seed(seed).into(),
            bind: vec!["127.0.0.1:0".parse().unwrap()],
            serve: Arc::new(|_| true),
            collect_every: Duration::from_secs(3_600),
        })
        .await
        .unwrap();
        (Self::start(seed, now, blobs.key(), blobs.sockets()).await, blobs)
    }

    /// Without blobs: whoever asks for one gets `size` bytes that fit no hash.
    pub(crate) async fn forging_blobs(size: u64, seed: u8, now: u64) -> Self {
        let endpoint = Endpoint::builder(presets::Minimal)
            .secret_key(SecretKey::from_bytes(&transport_seed(seed)))
            .relay_mode(RelayMode::Disabled)
            .alpns(vec![iroh_blobs::ALPN.to_vec()])
            .clear_ip_transports()
            .bind_addr(SocketAddr::from(([127, 0, 0, 1], 0)))
            .unwrap()
            .bind()
            .await
            .unwrap();
        let (key, sockets) = (TransportKey(*endpoint.id().as_bytes()), endpoint.bound_sockets());
        tokio::spawn(async move {
            while let Some(incoming) = endpoint.accept().await {
                let Ok(connection) = incoming.await else { continue };
                tokio::spawn(async move {
                    while let Ok((mut send, mut receive)) = connection.accept_bi().await {
                        // An answer is the size, then tree hashes and leaves; all of them zero here.
                        drop(receive.read_to_end(64 * 1024).await);
                        let answer = [&size.to_le_bytes()[..], &vec![0; 64 * 1024]].concat();
                        // The asker hangs up as soon as it sees what it gets.
                        drop(send.write_all(&answer).await);
                        drop(send.finish());
                    }
                });
            }
        });
        Self::start(seed, now, key, sockets).await
    }

    pub(crate) fn author(&self) -> String {
        self.lies.author.author_id().to_string()
    }

    /// A well-formed record of Mallory's own.
    pub(crate) fn sign(&self, body: Body) -> Vec<u8> {
        self.lies.author.sign(self.lies.now, body).unwrap().bytes().to_vec()
    }

    /// Says it: by gossip now, by sync to whoever asks.
    pub(crate) async fn say(&self, signed: Vec<u8>) {
        let rid = rid_of_signed(&signed).unwrap_or(Rid(*blake3_of(&signed).as_bytes()));
        self.lies.said.lock().unwrap().push((self.lies.now, rid, signed.clone()));
        self.net.publish(signed).await;
    }
}

/// The hash of bytes that are no record, so that they have a place in the list.
fn blake3_of(bytes: &[u8]) -> BlobHash {
    BlobHash::of(bytes)
}

/// [`Records`] that believes nothing and gives everything.
struct Spoken(Arc<Lies>);

impl Shelf for Lies {
    fn summary(&self, author: &AuthorId) -> Summary {
        let rids: Vec<Rid> = self.said.lock().unwrap().iter().map(|(_, rid, _)| *rid).collect();
        if *author == self.author.author_id() { Summary::of(&rids) } else { Summary::default() }
    }
    fn ids(&self, author: &AuthorId, before: Option<(u64, Rid)>, limit: usize) -> Vec<Item> {
        if *author != self.author.author_id() {
            return Vec::new();
        }
        let mut places: Vec<(u64, Rid)> =
            self.said.lock().unwrap().iter().map(|(time, rid, _)| (*time, *rid)).collect();
        places.sort_unstable();
        let older = places.into_iter().rev().filter(|place| before.is_none_or(|b| *place < b));
        older.map(|(time, rid)| Item { time, rid, safety: false }).take(limit).collect()
    }
    fn settled(&self, _: &Rid) -> bool {
        true
    }
    fn rid(&self, signed: &[u8]) -> Option<Rid> {
        rid_of_signed(signed)
    }
    fn record(&self, rid: &Rid) -> Option<Vec<u8>> {
        self.said.lock().unwrap().iter().find(|(_, r, _)| r == rid).map(|(_, _, signed)| signed.clone())
    }
}

impl Records for Spoken {
    fn offer(&self, _: Vec<u8>, _: Via, _: TransportKey) -> Boxed<Judged> {
        Box::pin(async { Judged::Dropped { reason: "not interested", relay: true } })
    }
    fn shelf(&self) -> &dyn Shelf {
        &*self.0
    }
    fn scope(&self) -> Vec<AuthorId> {
        vec![self.0.author.author_id()]
    }
    fn is_safety(&self, _: &[u8]) -> bool {
        false
    }
    fn announce(&self, sockets: Vec<String>) -> Boxed<Option<Vec<u8>>> {
        let body = Body::Address(Address { transport: self.0.key, sockets, until: self.0.now + 9_999 });
        let signed = self.0.author.sign(self.0.now, body).unwrap().bytes().to_vec();
        Box::pin(async move { Some(signed) })
    }
    fn read_address(&self, _: &[u8]) -> Option<Stranger> {
        None
    }
    fn caught_up(&self) {}

    fn known_nodes(&self) -> Vec<Stranger> {
        Vec::new()
    }
}
