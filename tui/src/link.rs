//! The seam to the node: requests go out with a number; answers, events and blobs come into a mailbox.
//!
//! The node implements [`Link`] over its control socket; nothing here knows how. A mailbox instead of a poll lets the
//! program sleep until something happens.

use std::sync::mpsc::SyncSender;

use kinora_protocol::api::{ApiError, Event, Request, Response};
use kinora_protocol::ids::BlobHash;

use crate::app::Message;
use crate::program::Input;

/// The way out to a node. None of its methods may block.
pub trait Link: Send {
    /// Sends a request; its answer comes as [`Incoming::Answer`] with the same `id`.
    fn send(&mut self, id: u64, request: Request);

    /// Asks for the bytes of a blob; they come as [`Incoming::Blob`].
    fn blob(&mut self, hash: BlobHash);
}

/// Opens the link: to a node that runs, or to one that is started for the occasion. Called once, on a thread of its
/// own, after the first paint.
pub type Connect = Box<dyn FnOnce(Mailbox) -> Result<Box<dyn Link>, ApiError> + Send>;

/// The way in from a node.
#[derive(Clone, Debug)]
pub struct Mailbox(pub(crate) SyncSender<Input>);

impl Mailbox {
    /// Hands something in, waiting while the program is behind. `false` once the program has ended.
    #[must_use]
    pub fn put(&self, incoming: Incoming) -> bool {
        self.0.send(Input::Message(Message::Incoming(incoming))).is_ok()
    }
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
