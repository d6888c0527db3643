//! Blobs on disk, exchanged by iroh: one endpoint with the node's transport key, one file store.
//!
//! No relay, no discovery, no server of anybody: providers are reached at the socket addresses they signed. A named
//! tag keeps a blob; without one the collector of the store removes it. Sizes are proven by the hash before a byte
//! of content is asked for. Large blobs come in windows, so that an interrupted fetch loses one window at most.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures::future::BoxFuture;
use futures::{FutureExt as _, StreamExt as _};
use iroh::endpoint::{
    Connection, IncomingAddr, NetReportConfig, PortmapperConfig, QuicTransportConfig, VarInt, presets,
};
use iroh::protocol::{IncomingFilterOutcome, Router};
use iroh::{Endpoint, EndpointAddr, RelayMode, SecretKey};
use iroh_blobs::api::blobs::BlobStatus;
use iroh_blobs::api::remote::GetProgressItem;
use iroh_blobs::get::GetError;
use iroh_blobs::get::fsm::DecodeError;
use iroh_blobs::get::request::get_verified_size;
use iroh_blobs::protocol::{ChunkRanges, ChunkRangesExt as _, ChunkRangesSeq, GetRequest};
use iroh_blobs::provider::events::{
    AbortReason, ConnectMode, EventMask, EventSender, ObserveMode, ProviderMessage, RequestMode, ThrottleMode,
};
use iroh_blobs::store::GcConfig;
use iroh_blobs::store::fs::FsStore;
use iroh_blobs::store::fs::options::Options;
use iroh_blobs::{BlobsProtocol, Hash, HashAndFormat};
use kinora_protocol::ids::{BlobHash, TransportKey};
use kinora_protocol::limits::CLIP_BYTES_MAX;
use zeroize::Zeroizing;

use super::{BlobError, Blobs, Bytes, Counts, FetchError, Provider, Serve};

/// Bytes asked for at a time; an interrupted fetch loses at most this much.
const WINDOW_BYTES: u64 = 4 * 1024 * 1024;
/// How long reaching a provider may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(8);
/// How long a provider may be silent during a transfer.
const SILENCE_TIMEOUT: Duration = Duration::from_secs(15);
/// Most connections served at a time.
const CONNECTIONS_MAX: usize = 32;
/// Most providers tried in one fetch.
const PROVIDERS_MAX: usize = 8;
/// Most socket addresses tried of one provider.
const SOCKETS_MAX: usize = 16;
/// Window of data in flight on one stream, in bytes.
const STREAM_WINDOW: u32 = 1024 * 1024;
/// Requests waiting for a decision.
const EVENTS_QUEUE: usize = 64;
/// How long closing may take.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(5);

/// How to open the blobs.
pub struct BlobOptions {
    /// Folder of the store; made if absent.
    pub folder: PathBuf,
    /// Seed of the node's transport key.
    pub seed: Zeroizing<[u8; 32]>,
    /// UDP sockets to bind. Empty: every interface, any port.
    pub bind: Vec<SocketAddr>,
    /// Who may have what.
    pub serve: Serve,
    /// How often removed blobs are taken off the disk.
    pub collect_every: Duration,
}

impl std::fmt::Debug for BlobOptions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("BlobOptions")
            .field("folder", &self.folder)
            .field("bind", &self.bind)
            .finish_non_exhaustive()
    }
}

/// Blobs on disk and on the network.
#[derive(Debug)]
pub struct NetworkBlobs {
    folder: PathBuf,
    store: FsStore,
    endpoint: Endpoint,
    router: Router,
}

fn failed(doing: &'static str) -> impl Fn(&dyn std::fmt::Display) -> BlobError {
    move |error| BlobError::Store { doing, reason: error.to_string() }
}

fn iroh_hash(hash: BlobHash) -> Hash {
    Hash::from_bytes(hash.0)
}

fn tag(hash: BlobHash) -> String {
    format!("kinora/{hash}")
}

impl NetworkBlobs {
    /// Opens the store and starts serving.
    ///
    /// # Errors
    /// When the folder or the sockets cannot be used.
    pub async fn open(options: BlobOptions) -> Result<Self, BlobError> {
        let BlobOptions { folder, seed, bind, serve, collect_every } = options;
        let opened = |error: &dyn std::fmt::Display| BlobError::Open {
            folder: folder.display().to_string(),
            reason: error.to_string(),
        };
        std::fs::create_dir_all(&folder).map_err(|e| opened(&e))?;
        let mut store_options = Options::new(&folder);
        store_options.gc = Some(GcConfig { interval: collect_every, add_protected: None });
        // Acknowledged means written: do not hold writes back for longer than a moment.
        store_options.batch.max_write_duration = Duration::from_millis(20);
        let store =
            FsStore::load_with_opts(folder.join("blobs.db"), store_options).await.map_err(|e| opened(&e))?;
        let endpoint = match bind_endpoint(&seed, &bind).await {
            Ok(endpoint) => endpoint,
            Err(reason) => {
                drop(store.shutdown().await);
                let sockets = bind.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
                return Err(BlobError::Bind { sockets, reason });
            }
        };
        let protocol = BlobsProtocol::new(&store, Some(guard(serve)));
        let router = Router::builder(endpoint.clone())
            .incoming_filter(Arc::new(|incoming| match incoming.remote_addr() {
                IncomingAddr::Ip(_) if !incoming.remote_addr_validated() => IncomingFilterOutcome::Retry,
                _ => IncomingFilterOutcome::Accept,
            }))
            .accept(iroh_blobs::ALPN, protocol)
            .spawn();
        Ok(Self { folder, store, endpoint, router })
    }

    /// This node's key as iroh sees it.
    #[must_use]
    pub fn key(&self) -> TransportKey {
        TransportKey(*self.endpoint.id().as_bytes())
    }

    /// Bytes of a blob that are here, complete or not.
    pub async fn partial(&self, hash: BlobHash) -> u64 {
        self.store.blobs().observe(iroh_hash(hash)).await.map_or(0, |here| here.total_bytes())
    }

    async fn put(&self, bytes: Bytes) -> Result<BlobHash, BlobError> {
        let size = bytes.len() as u64;
        if size > CLIP_BYTES_MAX {
            return Err(BlobError::TooLarge { size, max: CLIP_BYTES_MAX });
        }
        let hash = BlobHash::of(&bytes);
        let adding = self.store.blobs().add_bytes(bytes);
        adding.with_named_tag(tag(hash)).await.map_err(|e| failed("adding a blob")(&e))?;
        self.settle(hash).await?;
        Ok(hash)
    }

    /// Makes sure that a complete blob survives a crash: data first, then the index.
    async fn settle(&self, hash: BlobHash) -> Result<(), BlobError> {
        let path = self.folder.join("data").join(format!("{hash}.data"));
        // Small blobs live in the index and have no file.
        if let Ok(file) = tokio::fs::File::open(&path).await {
            file.sync_all().await.map_err(|e| failed("writing a blob")(&e))?;
        }
        self.store.sync_db().await.map_err(|e| failed("writing the index")(&e))
    }

    async fn complete(&self, hash: BlobHash) -> bool {
        matches!(self.store.blobs().status(iroh_hash(hash)).await, Ok(BlobStatus::Complete { .. }))
    }

    async fn fetch_any(&self, hash: BlobHash, size: u64, providers: Vec<Provider>) -> Result<(), FetchError> {
        if size > CLIP_BYTES_MAX {
            return Err(BlobError::TooLarge { size, max: CLIP_BYTES_MAX }.into());
        }
        // The tag comes first: it keeps what arrives from the collector, across restarts too.
        let keep = self.store.tags().set(tag(hash), HashAndFormat::raw(iroh_hash(hash))).await;
        keep.map_err(|e| failed("tagging a blob")(&e))?;
        if self.complete(hash).await {
            return Ok(());
        }
        let (mut tried, mut last) = (0, "there is none".to_owned());
        let (mut wrong, mut other_size) = (Vec::new(), None);
        let ours = self.key();
        for provider in providers.into_iter().filter(|p| p.key != ours).take(PROVIDERS_MAX) {
            tried += 1;
            match self.fetch_from(hash, size, &provider).await {
                Ok(()) => {
                    self.settle(hash).await?;
                    return Ok(());
                }
                Err(Attempt::Local(error)) => return Err(error.into()),
                Err(Attempt::Remote(reason)) => last = reason,
                Err(Attempt::Size(found)) => {
                    other_size = Some(found);
                    wrong.push(provider.key);
                    last = format!("it has {found} bytes");
                }
                Err(Attempt::Bytes) => {
                    tracing::warn!(blob = %hash, provider = %provider.key, "a provider sent wrong bytes");
                    wrong.push(provider.key);
                    last = "it sent other bytes than the hash names".to_owned();
                }
            }
            tracing::debug!(blob = %hash.short(), provider = %provider.key.short(), reason = %last, "no blob from this provider");
        }
        // A size is proven by the hash: one provider is enough to know that the record is wrong.
        if let Some(found) = other_size {
            return Err(FetchError::WrongSize { expected: size, found, providers: wrong });
        }
        Err(FetchError::Missing { tried, last, wrong })
    }

    async fn fetch_from(&self, hash: BlobHash, size: u64, provider: &Provider) -> Result<(), Attempt> {
        let id = iroh::PublicKey::from_bytes(provider.key.as_bytes()).map_err(remote)?;
        let sockets = provider.sockets.iter().filter(|s| s.port() != 0 && !s.ip().is_unspecified());
        let address = sockets.take(SOCKETS_MAX).fold(EndpointAddr::new(id), |a, s| a.with_ip_addr(*s));
        let connecting = self.endpoint.connect(address, iroh_blobs::ALPN);
        let connection =
            tokio::time::timeout(CONNECT_TIMEOUT, connecting).await.map_err(remote)?.map_err(remote)?;
        let result = self.fetch_over(&connection, hash, size).await;
        connection.close(VarInt::from_u32(0), b"done");
        result
    }

    async fn fetch_over(&self, connection: &Connection, hash: BlobHash, size: u64) -> Result<(), Attempt> {
        let id = iroh_hash(hash);
        let proof = get_verified_size(connection, &id);
        let (found, _) =
            tokio::time::timeout(SILENCE_TIMEOUT, proof).await.map_err(remote)?.map_err(|e| got(&e))?;
        if found != size {
            return Err(Attempt::Size(found));
        }
        let mut start = 0;
        while start < size {
            let end = start.saturating_add(WINDOW_BYTES).min(size);
            let here = self
                .store
                .blobs()
                .observe(id)
                .await
                .map_err(|e| Attempt::Local(failed("looking at a blob")(&e)))?;
            let window = ChunkRanges::bytes(start..end);
            let missing = &window - &here.ranges;
            if !missing.is_empty() {
                let request = GetRequest::new(id, ChunkRangesSeq::from_ranges(vec![missing]));
                self.transfer(connection, request).await?;
            }
            start = end;
        }
        if self.complete(hash).await {
            Ok(())
        } else {
            Err(Attempt::Remote("the transfer ended early".to_owned()))
        }
    }

    async fn transfer(&self, connection: &Connection, request: GetRequest) -> Result<(), Attempt> {
        let progress = self.store.remote().execute_get(connection.clone(), request);
        let mut items = std::pin::pin!(progress.stream());
        loop {
            match tokio::time::timeout(SILENCE_TIMEOUT, items.next()).await.map_err(remote)? {
                Some(GetProgressItem::Progress(_)) => {}
                Some(GetProgressItem::Done(_)) => return Ok(()),
                Some(GetProgressItem::Error(error)) => return Err(got(&error)),
                None => return Err(Attempt::Remote("the transfer ended without a word".to_owned())),
            }
        }
    }

    async fn count(&self) -> Counts {
        let mut counts = Counts::default();
        let hashes = self.store.blobs().list().hashes().await.unwrap_or_default();
        for hash in hashes {
            if let Ok(BlobStatus::Complete { size }) = self.store.blobs().status(hash).await {
                counts.blobs += 1;
                counts.bytes += size;
            }
        }
        counts
    }
}

/// How one provider failed.
enum Attempt {
    Local(BlobError),
    Remote(String),
    Size(u64),
    Bytes,
}

/// What a failed request says about the provider: bytes that do not fit the hash are its own doing.
fn got(error: &GetError) -> Attempt {
    match error {
        GetError::Decode {
            source: DecodeError::ParentHashMismatch { .. } | DecodeError::LeafHashMismatch { .. },
            ..
        } => Attempt::Bytes,
        other => remote(other),
    }
}

fn remote(error: impl std::fmt::Display) -> Attempt {
    Attempt::Remote(error.to_string())
}

async fn bind_endpoint(seed: &[u8; 32], bind: &[SocketAddr]) -> Result<Endpoint, String> {
    let transport = QuicTransportConfig::builder()
        .stream_receive_window(VarInt::from_u32(STREAM_WINDOW))
        .receive_window(VarInt::from_u32(STREAM_WINDOW * 4))
        .send_window(u64::from(STREAM_WINDOW) * 2)
        .build();
    let mut builder = Endpoint::builder(presets::Minimal)
        .secret_key(SecretKey::from_bytes(seed))
        .relay_mode(RelayMode::Disabled)
        .portmapper_config(PortmapperConfig::Disabled)
        .net_report_config(NetReportConfig::minimal())
        .transport_config(transport);
    if !bind.is_empty() {
        builder = builder.clear_ip_transports();
    }
    for socket in bind {
        builder = builder.bind_addr(*socket).map_err(|e| e.to_string())?;
    }
    builder.bind().await.map_err(|e| e.to_string())
}

/// Answers every request of the provider side: single blobs that may be served, and nothing else.
fn guard(serve: Serve) -> EventSender {
    let mask = EventMask {
        connected: ConnectMode::Intercept,
        get: RequestMode::Intercept,
        get_many: RequestMode::Disabled,
        push: RequestMode::Disabled,
        observe: ObserveMode::Intercept,
        throttle: ThrottleMode::None,
    };
    let (sender, mut messages) = EventSender::channel(EVENTS_QUEUE, mask);
    let open = Arc::new(AtomicUsize::new(0));
    tokio::spawn(async move {
        while let Some(message) = messages.recv().await {
            match message {
                ProviderMessage::ClientConnected(m) => {
                    // A refused connection is reported as closed too, so every one is counted.
                    let many = open.fetch_add(1, Ordering::Relaxed) >= CONNECTIONS_MAX;
                    let answer = if many { Err(AbortReason::RateLimited) } else { Ok(()) };
                    drop(m.tx.send(answer).await);
                }
                ProviderMessage::ConnectionClosed(_) => {
                    // Saturating: a close without an open must not lock the door.
                    let _ = open.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |n| n.checked_sub(1));
                }
                ProviderMessage::GetRequestReceived(m) => {
                    let hash = BlobHash(*m.request.hash.as_bytes());
                    let allowed = m.request.ranges.is_blob() && serve(&hash);
                    if !allowed {
                        tracing::debug!(blob = %hash.short(), "not served");
                    }
                    let answer = if allowed { Ok(()) } else { Err(AbortReason::Permission) };
                    drop(m.tx.send(answer).await);
                }
                ProviderMessage::ObserveRequestReceived(m) => {
                    drop(m.tx.send(Err(AbortReason::Permission)).await);
                }
                ProviderMessage::GetManyRequestReceived(m) => {
                    drop(m.tx.send(Err(AbortReason::Permission)).await);
                }
                ProviderMessage::PushRequestReceived(m) => {
                    drop(m.tx.send(Err(AbortReason::Permission)).await);
                }
                _ => {}
            }
        }
    });
    sender
}

impl Blobs for NetworkBlobs {
    fn add(&self, bytes: Bytes) -> BoxFuture<'_, Result<BlobHash, BlobError>> {
        self.put(bytes).boxed()
    }

    fn get(&self, hash: BlobHash) -> BoxFuture<'_, Option<Bytes>> {
        async move {
            if !self.complete(hash).await {
                return None;
            }
            match self.store.blobs().get_bytes(iroh_hash(hash)).await {
                Ok(bytes) => Some(bytes),
                Err(error) => {
                    tracing::warn!(blob = %hash, %error, "a stored blob cannot be read");
                    None
                }
            }
        }
        .boxed()
    }

    fn has(&self, hash: BlobHash) -> BoxFuture<'_, bool> {
        self.complete(hash).boxed()
    }

    fn fetch(
        &self,
        hash: BlobHash,
        size: u64,
        providers: Vec<Provider>,
    ) -> BoxFuture<'_, Result<(), FetchError>> {
        self.fetch_any(hash, size, providers).boxed()
    }

    fn remove(&self, hash: BlobHash) -> BoxFuture<'_, ()> {
        async move {
            if let Err(error) = self.store.tags().delete(tag(hash)).await {
                tracing::warn!(blob = %hash, %error, "a blob cannot be let go");
            }
        }
        .boxed()
    }

    fn counts(&self) -> BoxFuture<'_, Counts> {
        self.count().boxed()
    }

    fn sockets(&self) -> Vec<SocketAddr> {
        self.endpoint.bound_sockets()
    }

    fn shutdown(&self) -> BoxFuture<'_, ()> {
        async move {
            // The router closes the endpoint and, through its protocol, the store.
            if tokio::time::timeout(SHUTDOWN_TIMEOUT, self.router.shutdown()).await.is_err() {
                tracing::warn!("the blob endpoint did not close in time");
                drop(self.store.shutdown().await);
            }
        }
        .boxed()
    }
}
