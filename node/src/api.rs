//! The control API over a Unix socket: the server in the node, the client in the CLI and the terminal program.
//!
//! `protocol::api` says what is asked and answered; here are only the transport and its bounds.

pub mod client;
pub mod server;

use futures::future::BoxFuture;
use kinora_protocol::api::{ApiError, Blame, Event, Request, Response};
use kinora_protocol::ids::BlobHash;
use tokio::sync::broadcast;

/// Most connections at once; the next one waits.
pub const CONNECTIONS_MAX: usize = 64;
/// Largest answer a client reads, in bytes: a clip, or a page of a feed.
pub const ANSWER_BYTES_MAX: usize = kinora_protocol::limits::CLIP_BYTES_MAX as usize + 1024 * 1024;
/// Events kept for a slow listener before it is told that it lags.
pub const EVENTS_BEHIND_MAX: usize = 256;

/// What the server serves.
pub trait Service: Send + Sync + 'static {
    /// Answers one call.
    fn call(&self, request: Request) -> BoxFuture<'_, Result<Response, ApiError>>;
    /// Bytes of a blob that may be shown.
    fn blob(&self, hash: BlobHash) -> BoxFuture<'_, Result<Vec<u8>, ApiError>>;
    /// What happens from now on.
    fn events(&self) -> broadcast::Receiver<Event>;
}

/// The HTTP status of a failure.
#[must_use]
pub const fn http_status(blame: Blame) -> u16 {
    match blame {
        Blame::Request => 400,
        Blame::Missing => 404,
        Blame::Busy => 503,
        Blame::Network => 504,
        Blame::System => 507,
        Blame::Internal => 500,
    }
}

#[cfg(test)]
mod tests;
