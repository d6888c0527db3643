//! What the network needs of the rest of the node: the door for what comes in, the shelf for what is asked for.

use futures::future::BoxFuture;
use kinora_protocol::fault::Fault;
use kinora_protocol::ids::{AuthorId, TransportKey};
use kinora_protocol::sync::Shelf;

/// How a record came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Via {
    /// By gossip: somebody just published it.
    Gossip,
    /// As an answer to our question.
    Sync,
}

/// What the door made of a record.
#[derive(Clone, Debug, PartialEq)]
pub enum Judged {
    /// New, and stored.
    New,
    /// Stored before.
    Known,
    /// Valid, but of a later time than ours; kept until then.
    Held,
    /// Not a record: whoever made it or changed it is to blame.
    Refused(Fault),
    /// A valid record that this node does not keep; `relay` tells whether it may be passed on.
    Dropped {
        /// Why.
        reason: &'static str,
        /// Whether it is passed on to others all the same.
        relay: bool,
    },
}

/// A node we know by its signed `address` record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stranger {
    /// Its transport key.
    pub key: TransportKey,
    /// The texts of its addresses: multiaddresses, TCP for the network and UDP for blobs.
    pub sockets: Vec<String>,
}

/// Records as the network sees them: bytes with a fate.
pub trait Records: Send + Sync + 'static {
    /// Offers signed bytes at the door. Called for everything that comes in.
    fn offer(&self, signed: Vec<u8>, via: Via, from: TransportKey) -> BoxFuture<'static, Judged>;
    /// What is stored.
    fn shelf(&self) -> &dyn Shelf;
    /// Whose records are wanted here: our own first, then those followed.
    fn scope(&self) -> Vec<AuthorId>;
    /// Whether a record of ours is of a safety kind, which has a topic of its own.
    fn is_safety(&self, signed: &[u8]) -> bool;
    /// Signs and stores our `address` record for these texts; none when it could not be made.
    fn announce(&self, sockets: Vec<String>) -> BoxFuture<'static, Option<Vec<u8>>>;
    /// Reads a signed `address` record that a peer introduces itself with; none when it is not one, or is over.
    fn read_address(&self, signed: &[u8]) -> Option<Stranger>;
    /// A whole session with a peer has ended: what it has of ours is here.
    fn caught_up(&self);
    /// Nodes whose addresses are stored, the best first.
    fn known_nodes(&self) -> Vec<Stranger>;
}
