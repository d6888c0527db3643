//! Blobs: clip files and stills, kept and exchanged by the BLAKE3 of their bytes.
//!
//! The trait is all that the rest of the node knows. `network` keeps them on disk and exchanges them by iroh,
//! `memory` is for tests. A blob is here only when all of it is here and verified. Who may have a blob served is
//! decided by the caller's [`Serve`] function for every single request; nothing can be pushed to us.

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;

use futures::future::BoxFuture;
pub use hyper::body::Bytes;
use kinora_protocol::ids::{BlobHash, TransportKey};

pub mod memory;
pub mod network;
#[cfg(test)]
mod tests;

pub use memory::MemoryBlobs;
pub use network::{BlobOptions, NetworkBlobs};

/// Decides whether a blob is given to whoever asks: only what a live record owns. Called for every request; must be
/// quick.
pub type Serve = Arc<dyn Fn(&BlobHash) -> bool + Send + Sync>;

/// A node that may have a blob.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Provider {
    /// Its transport key, which it must prove.
    pub key: TransportKey,
    /// Where its blob socket may be (UDP).
    pub sockets: Vec<SocketAddr>,
}

/// What is stored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Complete blobs.
    pub blobs: u64,
    /// Their bytes.
    pub bytes: u64,
}

/// Why a blob could not be stored or read.
#[derive(Clone, Debug, thiserror::Error)]
pub enum BlobError {
    /// The store could not be opened.
    #[error("the blob store in {folder} cannot be opened: {reason}")]
    Open {
        /// Its folder.
        folder: String,
        /// What the store says.
        reason: String,
    },
    /// The socket for blobs could not be opened.
    #[error("no UDP socket for blobs on {sockets}: {reason}")]
    Bind {
        /// Where.
        sockets: String,
        /// What the system says.
        reason: String,
    },
    /// Reading or writing failed.
    #[error("the blob store failed while {doing}: {reason}")]
    Store {
        /// What was being done.
        doing: &'static str,
        /// What the store says.
        reason: String,
    },
    /// Larger than any clip may be.
    #[error("{size} bytes are more than the {max} a clip may have")]
    TooLarge {
        /// Its size.
        size: u64,
        /// The bound.
        max: u64,
    },
}

/// Why a blob could not be fetched.
#[derive(Clone, Debug, thiserror::Error)]
pub enum FetchError {
    /// No provider could be reached, or none of those reached has it.
    #[error("none of {tried} providers gave it; the last said: {last}")]
    Missing {
        /// How many were tried.
        tried: usize,
        /// The last reason.
        last: String,
        /// Providers whose blob has another size than the record says.
        wrong: Vec<TransportKey>,
    },
    /// The blob has another size than the record says: the hash proves it, so one provider is enough to know.
    #[error("the record says {expected} bytes, the blob has {found}")]
    WrongSize {
        /// Size in the record.
        expected: u64,
        /// Size of the blob, proven by its hash.
        found: u64,
        /// Who was asked.
        providers: Vec<TransportKey>,
    },
    /// Our own store failed.
    #[error(transparent)]
    Local(#[from] BlobError),
}

/// Keeps and exchanges blobs.
pub trait Blobs: Send + Sync + fmt::Debug {
    /// Stores bytes; when it returns they are on disk and stay until [`Blobs::remove`].
    fn add(&self, bytes: Bytes) -> BoxFuture<'_, Result<BlobHash, BlobError>>;
    /// All bytes of a blob that is here in full.
    fn get(&self, hash: BlobHash) -> BoxFuture<'_, Option<Bytes>>;
    /// Whether it is here in full.
    fn has(&self, hash: BlobHash) -> BoxFuture<'_, bool>;
    /// Gets a blob of exactly `size` bytes from one of the providers, in this order. What was already got is kept,
    /// so a later attempt goes on from there.
    fn fetch(
        &self,
        hash: BlobHash,
        size: u64,
        providers: Vec<Provider>,
    ) -> BoxFuture<'_, Result<(), FetchError>>;
    /// Lets go of a blob; its bytes leave the disk soon after.
    fn remove(&self, hash: BlobHash) -> BoxFuture<'_, ()>;
    /// What is stored in full.
    fn counts(&self) -> BoxFuture<'_, Counts>;
    /// Sockets on which blobs are served; unspecified addresses mean every interface.
    fn sockets(&self) -> Vec<SocketAddr>;
    /// Writes everything and closes. Nothing works afterwards.
    fn shutdown(&self) -> BoxFuture<'_, ()>;
}
