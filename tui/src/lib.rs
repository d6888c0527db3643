//! Kinora's terminal program: a pure `update` and `view` over `protocol::api`, and a thin runtime around them.
//!
//! It owns screens, keys, moving pictures in terminal cells and sound. It never talks to the network, never reads
//! files or the environment, and draws no text of a stranger that is not `protocol::text::Text`.

pub mod link;
pub mod options;
pub mod player;
#[expect(dead_code, reason = "the screens, which use the rest of it, are not wired yet")]
mod video;

pub use link::{Incoming, Link};
pub use options::{Decoder, Environment, Options, Video};

/// Why the terminal program ended or could not start.
#[derive(Debug, thiserror::Error)]
pub enum TuiError {
    /// Writing to or reading from the terminal failed.
    #[error("the terminal cannot be used: {0}; try --plain")]
    Terminal(#[from] std::io::Error),
    /// What should be played is not playable.
    #[error("this cannot be played: {0}")]
    Footage(String),
}
