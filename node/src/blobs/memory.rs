//! Blobs in memory, for tests and for verbs that need no disk. It fetches from other memories it was introduced to.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use futures::FutureExt as _;
use futures::future::{BoxFuture, ready};
use kinora_protocol::ids::{BlobHash, TransportKey};
use kinora_protocol::limits::CLIP_BYTES_MAX;

use super::{BlobError, Blobs, Bytes, Counts, FetchError, Provider};

type Map<K, V> = Arc<Mutex<BTreeMap<K, V>>>;

/// Blobs in memory.
#[derive(Clone, Debug, Default)]
pub struct MemoryBlobs {
    blobs: Map<BlobHash, Bytes>,
    peers: Map<TransportKey, Self>,
}

fn locked<K, V>(map: &Map<K, V>) -> std::sync::MutexGuard<'_, BTreeMap<K, V>> {
    map.lock().unwrap_or_else(PoisonError::into_inner)
}

impl MemoryBlobs {
    /// Makes the blobs of another memory fetchable under a key.
    pub fn introduce(&self, key: TransportKey, other: &Self) {
        locked(&self.peers).insert(key, other.clone());
    }

    fn take(&self, hash: BlobHash, size: u64, providers: &[Provider]) -> Result<(), FetchError> {
        let mut wrong = Vec::new();
        let mut found_size = 0;
        for provider in providers {
            let Some(peer) = locked(&self.peers).get(&provider.key).cloned() else { continue };
            let Some(bytes) = locked(&peer.blobs).get(&hash).cloned() else { continue };
            if bytes.len() as u64 == size {
                locked(&self.blobs).insert(hash, bytes);
                return Ok(());
            }
            found_size = bytes.len() as u64;
            wrong.push(provider.key);
        }
        if wrong.is_empty() {
            let last = "it is not there".to_owned();
            return Err(FetchError::Missing { tried: providers.len(), last, wrong });
        }
        Err(FetchError::WrongSize { expected: size, found: found_size, providers: wrong })
    }
}

impl Blobs for MemoryBlobs {
    fn add(&self, bytes: Bytes) -> BoxFuture<'_, Result<BlobHash, BlobError>> {
        let size = bytes.len() as u64;
        if size > CLIP_BYTES_MAX {
            return ready(Err(BlobError::TooLarge { size, max: CLIP_BYTES_MAX })).boxed();
        }
        let hash = BlobHash::of(&bytes);
        locked(&self.blobs).insert(hash, bytes);
        ready(Ok(hash)).boxed()
    }

    fn get(&self, hash: BlobHash) -> BoxFuture<'_, Option<Bytes>> {
        ready(locked(&self.blobs).get(&hash).cloned()).boxed()
    }

    fn has(&self, hash: BlobHash) -> BoxFuture<'_, bool> {
        ready(locked(&self.blobs).contains_key(&hash)).boxed()
    }

    fn fetch(
        &self,
        hash: BlobHash,
        size: u64,
        providers: Vec<Provider>,
    ) -> BoxFuture<'_, Result<(), FetchError>> {
        ready(self.take(hash, size, &providers)).boxed()
    }

    fn remove(&self, hash: BlobHash) -> BoxFuture<'_, ()> {
        locked(&self.blobs).remove(&hash);
        ready(()).boxed()
    }

    fn counts(&self) -> BoxFuture<'_, Counts> {
        let blobs = locked(&self.blobs);
        let bytes = blobs.values().map(|b| b.len() as u64).sum();
        ready(Counts { blobs: blobs.len() as u64, bytes }).boxed()
    }

    fn sockets(&self) -> Vec<SocketAddr> {
        Vec::new()
    }

    fn shutdown(&self) -> BoxFuture<'_, ()> {
        ready(()).boxed()
    }
}
