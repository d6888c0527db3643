//! What the binary tells the terminal program at start: flags, and the environment as plain values.
//!
//! This package never reads an environment variable itself; [`Environment::read`] takes a look-up function.

use std::fmt;
use std::fs::File;
use std::path::PathBuf;
use std::sync::Arc;

use kinora_media::footage::Footage;

/// How moving pictures are drawn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Video {
    /// Kitty graphics when the terminal proves that it has them, else half-block cells.
    #[default]
    Auto,
    /// `▄` cells: two pixels each, foreground and background colour.
    Halfblock,
    /// The kitty graphics protocol.
    Kitty,
    /// Sixel graphics.
    Sixel,
    /// Characters by brightness, without colour.
    Ascii,
    /// No moving pictures.
    Off,
}

impl Video {
    /// The word used in settings, flags and the header.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Halfblock => "halfblock",
            Self::Kitty => "kitty",
            Self::Sixel => "sixel",
            Self::Ascii => "ascii",
            Self::Off => "off",
        }
    }

    /// Every choice, in the order in which the `renderer` key walks through them.
    pub const ALL: [Self; 6] =
        [Self::Auto, Self::Halfblock, Self::Kitty, Self::Sixel, Self::Ascii, Self::Off];
}

impl std::str::FromStr for Video {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL.into_iter().find(|v| v.as_str() == text).ok_or_else(|| {
            format!("no renderer is called {text:?}: use auto, halfblock, kitty, sixel, ascii or off")
        })
    }
}

/// The environment variables that matter to a terminal program, read once by the binary.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Environment {
    /// `TERM`.
    pub term: String,
    /// `COLORTERM`.
    pub colorterm: String,
    /// `TERM_PROGRAM`.
    pub term_program: String,
    /// Whether `KITTY_WINDOW_ID` is set.
    pub kitty: bool,
    /// Whether `TMUX` is set.
    pub tmux: bool,
    /// Whether `SSH_TTY` or `SSH_CONNECTION` is set.
    pub ssh: bool,
    /// Whether `NO_COLOR` is set and not empty.
    pub no_color: bool,
    /// Whether `KINORA_A11Y=text` asks for the plain view.
    pub plain: bool,
    /// Folders of `PATH`, where a player program for sound is looked for.
    pub path: Vec<PathBuf>,
    /// `PULSE_SERVER`, when it names a Unix socket.
    pub pulse_server: Option<String>,
    /// `XDG_RUNTIME_DIR`.
    pub runtime_dir: Option<PathBuf>,
    /// `HOME`, for the sound server's cookie.
    pub home: Option<PathBuf>,
}

impl Environment {
    /// Reads every variable through `lookup`, which gives the value of a name if it is set.
    pub fn read(lookup: impl Fn(&str) -> Option<String>) -> Self {
        let set = |name: &str| lookup(name).is_some_and(|v| !v.is_empty());
        let text = |name: &str| lookup(name).unwrap_or_default();
        Self {
            term: text("TERM"),
            colorterm: text("COLORTERM"),
            term_program: text("TERM_PROGRAM"),
            kitty: set("KITTY_WINDOW_ID"),
            tmux: set("TMUX"),
            ssh: set("SSH_TTY") || set("SSH_CONNECTION"),
            no_color: set("NO_COLOR"),
            plain: text("KINORA_A11Y") == "text",
            path: lookup("PATH").map(|p| std::env::split_paths(&p).collect()).unwrap_or_default(),
            pulse_server: lookup("PULSE_SERVER").filter(|v| !v.is_empty()),
            runtime_dir: lookup("XDG_RUNTIME_DIR").filter(|v| !v.is_empty()).map(PathBuf::from),
            home: lookup("HOME").filter(|v| !v.is_empty()).map(PathBuf::from),
        }
    }

    /// Whether 24-bit colours may be sent.
    #[must_use]
    pub fn truecolor(&self) -> bool {
        let brand = ["kitty", "ghostty", "wezterm", "foot", "alacritty", "contour"];
        matches!(self.colorterm.as_str(), "truecolor" | "24bit")
            || self.term.ends_with("-direct")
            || brand.iter().any(|b| self.term.contains(b) || self.term_program.eq_ignore_ascii_case(b))
            || self.term_program == "iTerm.app"
    }

    /// Whether the terminal can only take lines of text.
    #[must_use]
    pub fn dumb(&self) -> bool {
        self.term == "dumb"
    }
}

/// The function behind a [`Decoder`].
type DecodeFn = dyn Fn(&[u8]) -> Result<Footage, String> + Send + Sync;

/// Turns the bytes of a clip into footage. The binary chooses where this runs, so that hostile media can be parsed
/// in a process of its own.
#[derive(Clone)]
pub struct Decoder(Arc<DecodeFn>);

impl Decoder {
    /// Wraps a function; its error is a sentence for the user.
    pub fn new(decode: impl Fn(&[u8]) -> Result<Footage, String> + Send + Sync + 'static) -> Self {
        Self(Arc::new(decode))
    }

    /// Decodes a clip.
    ///
    /// # Errors
    /// A sentence that says why the file cannot be played.
    pub fn decode(&self, bytes: &[u8]) -> Result<Footage, String> {
        let footage = (self.0)(bytes)?;
        footage.check().map_err(|fault| fault.to_string())?;
        Ok(footage)
    }
}

impl fmt::Debug for Decoder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Decoder")
    }
}

/// How the terminal program starts.
#[derive(Clone, Debug)]
pub struct Options {
    /// How moving pictures are drawn.
    pub video: Video,
    /// Whether clips are heard.
    pub sound: bool,
    /// Lines instead of screens, for screen readers and dumb terminals.
    pub plain: bool,
    /// No colours at all.
    pub no_color: bool,
    /// Show the first frame only, until `space` is pressed.
    pub reduce_motion: bool,
    /// Loudness in percent, 0 … 100.
    pub volume: u8,
    /// The environment.
    pub environment: Environment,
    /// Where clips are decoded.
    pub decoder: Decoder,
    /// Where standard error goes while the screen is taken; it stays as it is without one.
    pub log: Option<Arc<File>>,
    /// The folder in which file names begin that are typed without one.
    pub folder: Option<PathBuf>,
    /// Unix seconds at start, for ages such as "3 min ago"; the program counts on from there by itself.
    pub unix_seconds: u64,
}

impl Options {
    /// Options with picture and sound, for this environment.
    #[must_use]
    pub fn new(environment: Environment, decoder: Decoder, unix_seconds: u64) -> Self {
        Self {
            video: Video::Auto,
            sound: true,
            plain: environment.plain || environment.dumb(),
            no_color: environment.no_color,
            reduce_motion: false,
            volume: 80,
            environment,
            decoder,
            log: None,
            folder: None,
            unix_seconds,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(pairs: &[(&str, &str)]) -> Environment {
        Environment::read(|name| pairs.iter().find(|(k, _)| *k == name).map(|(_, v)| (*v).to_owned()))
    }

    #[test]
    fn truecolor_is_believed_from_colorterm_or_a_known_brand() {
        assert!(environment(&[("COLORTERM", "truecolor")]).truecolor());
        assert!(environment(&[("TERM", "xterm-kitty")]).truecolor());
        assert!(!environment(&[("TERM", "xterm-256color")]).truecolor());
    }

    #[test]
    fn dumb_terminals_and_the_accessibility_variable_choose_the_plain_view() {
        let decoder = Decoder::new(|_| Err(String::new()));
        for (pairs, plain) in [
            (&[("TERM", "dumb")][..], true),
            (&[("KINORA_A11Y", "text"), ("TERM", "xterm")][..], true),
            (&[("TERM", "xterm")][..], false),
        ] {
            assert_eq!(Options::new(environment(pairs), decoder.clone(), 0).plain, plain, "{pairs:?}");
        }
        assert!(environment(&[("NO_COLOR", "1")]).no_color);
        assert!(!environment(&[("NO_COLOR", "")]).no_color);
    }

    #[test]
    fn a_decoder_that_breaks_the_rules_of_footage_is_refused() {
        let decoder = Decoder::new(|_| Ok(Footage { width: 3, height: 3, ..Footage::default() }));
        assert!(decoder.decode(&[]).unwrap_err().contains("sides must be even"));
    }

    #[test]
    fn renderer_names_round_trip() {
        for video in Video::ALL {
            assert_eq!(video.as_str().parse::<Video>(), Ok(video));
        }
        assert!("vga".parse::<Video>().is_err());
    }
}
