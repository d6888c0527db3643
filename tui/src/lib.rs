//! Kinora's terminal program: a pure `update` and `view` over `protocol::api`, and a thin runtime around them.
//!
//! It owns screens, keys, moving pictures in terminal cells and sound. It never talks to the network, never reads
//! the environment, and draws no text of a stranger that is not `protocol::text::Text`.

mod action;
mod app;
mod input;
pub mod link;
pub mod options;
mod plain;
mod playback;
pub mod player;
mod probe;
mod program;
mod sound;
#[cfg(test)]
mod testing;
mod video;
mod view;

use kinora_protocol::api::ApiError;

pub use link::{Connect, Incoming, Link, Mailbox};
pub use options::{Decoder, Environment, Options, Video};
pub use program::{Program, Remote};

/// Why the terminal program ended or could not start.
#[derive(Debug, thiserror::Error)]
pub enum TuiError {
    /// Writing to or reading from the terminal failed.
    #[error("the terminal cannot be used: {0}; try --plain")]
    Terminal(#[from] std::io::Error),
    /// What should be played is not playable.
    #[error("this cannot be played: {0}")]
    Footage(String),
    /// There is no node to talk to.
    #[error("{0}")]
    Node(ApiError),
}
