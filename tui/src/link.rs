//! The seam to the node: requests go out with a number, answers, events and blobs come back.
//!
//! The node implements [`Link`] over its control socket; nothing here knows how.

use std::time::Duration;

use kinora_protocol::api::{ApiError, Event, Request, Response};
use kinora_protocol::ids::BlobHash;

/// A connection to a node. None of its methods but [`Link::poll`] may block.
pub trait Link: Send {
    /// Sends a request; its answer comes as [`Incoming::Answer`] with the same `id`.
    fn send(&mut self, id: u64, request: Request);

    /// Asks for the bytes of a blob; they come as [`Incoming::Blob`].
    fn blob(&mut self, hash: BlobHash);

    /// The next thing that came in, waiting at most `timeout` for it (zero: only looks).
    fn poll(&mut self, timeout: Duration) -> Option<Incoming>;
}

/// What comes in from the node.
#[derive(Clone, Debug, PartialEq)]
pub enum Incoming {
    /// The answer to a request.
    Answer {
        /// Number given to [`Link::send`].
        id: u64,
        /// The answer.
        result: Result<Response, ApiError>,
    },
    /// An event of the node.
    Event(Event),
    /// The bytes of a blob.
    Blob {
        /// Which.
        hash: BlobHash,
        /// All of them.
        result: Result<Vec<u8>, ApiError>,
    },
    /// The node is gone; nothing more will come.
    Closed,
}
