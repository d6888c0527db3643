//! The program's state and its one function `update`: messages in, effects out.
//!
//! It never draws, waits, reads a clock or touches a device; the runtime does that and tells it.

pub(crate) mod answers;
pub(crate) mod calls;
pub(crate) mod create;
pub(crate) mod feed;
pub(crate) mod inbox;
pub(crate) mod keys;
pub(crate) mod lineage;
pub(crate) mod moderation;
pub(crate) mod overlay;
pub(crate) mod paths;
pub(crate) mod remix;
#[cfg(test)]
mod tests;
pub(crate) mod theatre;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crossterm::event::{KeyEvent, KeyEventKind};
use kinora_media::footage::Footage;
use kinora_protocol::api::{CameoCall, Keys, Peer, Request, Status};
use kinora_protocol::ids::BlobHash;
use ratatui::layout::Rect;

use crate::action::Scope;
use crate::app::calls::{Call, Calls};
use crate::app::create::Create;
use crate::app::feed::Feed;
use crate::app::inbox::Inbox;
use crate::app::lineage::Tree;
use crate::app::moderation::Moderation;
use crate::app::overlay::Overlay;
use crate::app::theatre::Theatre;
use crate::link::Incoming;
use crate::options::{Options, Video};
use crate::probe::Capabilities;
use crate::video::{Depth, Picture};

/// How long a line at the bottom stays.
const FLASH: Duration = Duration::from_secs(4);
/// How often the node's status is asked for.
const STATUS_EVERY: Duration = Duration::from_secs(5);
/// How often peers are asked for while they are shown.
const PEERS_EVERY: Duration = Duration::from_secs(2);

/// The screens of the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Screen {
    Feed,
    Create,
    Inbox,
    Lineage,
    Peers,
    Moderation,
    Keys,
}

impl Screen {
    /// All of them, with the digit that opens each.
    pub(crate) const ALL: [(Self, char, &'static str); 7] = [
        (Self::Feed, '1', "Feed"),
        (Self::Create, '2', "Create"),
        (Self::Inbox, '4', "Inbox"),
        (Self::Lineage, '5', "Lineage"),
        (Self::Peers, '6', "Peers"),
        (Self::Moderation, '7', "Moderation"),
        (Self::Keys, '8', "Keys"),
    ];
}

/// What comes in.
#[derive(Clone, Debug)]
pub(crate) enum Message {
    /// The program started.
    Start,
    /// A key was pressed.
    Key(KeyEvent),
    /// Text was pasted.
    Paste(String),
    /// The terminal has this many columns and rows.
    Resize(u16, u16),
    /// Time went on; where the sound is, when it runs.
    Tick { now: Duration, heard: Option<Duration> },
    /// Something from the node.
    Incoming(Incoming),
    /// A clip was decoded.
    Decoded { hash: BlobHash, result: Result<Arc<Footage>, String> },
    /// The terminal said what it can do.
    Probed(Capabilities),
    /// A frame was written in this time.
    Wrote(Duration),
    /// Which way the sound goes, or why there is none.
    SoundState(Result<&'static str, String>),
}

/// What the sound should do.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Sound {
    /// Play this clip from a position.
    Play { footage: Arc<Footage>, from: Duration },
    /// Be silent.
    Stop,
    /// Loudness, 0 … 1.
    Volume(f32),
}

/// What goes out.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Effect {
    /// Send a request.
    Request { id: u64, request: Request },
    /// Ask for a blob.
    Blob(BlobHash),
    /// Decode a clip and report [`Message::Decoded`].
    Decode { hash: BlobHash, bytes: Vec<u8> },
    /// Sound.
    Sound(Sound),
    /// Put text on the clipboard (OSC 52).
    Copy(String),
    /// Draw everything anew.
    Redraw,
    /// Suspend to the shell.
    Suspend,
    /// End the program.
    Quit,
}

/// The whole state.
#[derive(Clone, Debug)]
pub(crate) struct App {
    pub(crate) size: (u16, u16),
    pub(crate) now: Duration,
    pub(crate) unix_start: u64,
    pub(crate) no_color: bool,
    /// The user's home, and the folder in which file names begin.
    pub(crate) folders: (Option<PathBuf>, Option<PathBuf>),
    pub(crate) screen: Screen,
    pub(crate) overlay: Option<Overlay>,
    /// Start of a key sequence.
    pub(crate) prefix: String,
    pub(crate) flash: Option<(String, Duration)>,
    pub(crate) status: Option<Status>,
    pub(crate) closed: bool,
    pub(crate) feed: Feed,
    pub(crate) create: Create,
    pub(crate) inbox: Inbox,
    pub(crate) tree: Tree,
    pub(crate) moderation: Moderation,
    pub(crate) peers: Option<Vec<Peer>>,
    pub(crate) peer_selected: usize,
    pub(crate) keys: Option<Keys>,
    pub(crate) theatre: Theatre,
    pub(crate) calls: Calls,
    /// Something changed that the screen does not show yet.
    pub(crate) dirty: bool,
    status_at: Duration,
    peers_at: Duration,
}

impl App {
    /// A program that has not started.
    pub(crate) fn new(options: &Options, width: u16, height: u16) -> Self {
        let depth = match () {
            () if options.no_color => Depth::Mono,
            () if options.environment.truecolor() => Depth::True,
            () => Depth::Indexed,
        };
        Self {
            size: (width, height),
            now: Duration::ZERO,
            unix_start: options.unix_seconds,
            no_color: options.no_color,
            folders: (options.environment.home.clone(), options.folder.clone()),
            screen: Screen::Feed,
            overlay: None,
            prefix: String::new(),
            flash: None,
            status: None,
            closed: false,
            feed: Feed::default(),
            create: Create::new(),
            inbox: Inbox::default(),
            tree: Tree::default(),
            moderation: Moderation::default(),
            peers: None,
            peer_selected: 0,
            keys: None,
            theatre: Theatre::new(options, depth),
            calls: Calls::default(),
            dirty: true,
            status_at: Duration::ZERO,
            peers_at: Duration::ZERO,
        }
    }

    /// Takes one message and says what to do about it.
    pub(crate) fn update(&mut self, message: Message) -> Vec<Effect> {
        let mut out = Vec::new();
        match message {
            Message::Start => self.start(&mut out),
            Message::Key(key) if key.kind != KeyEventKind::Release => {
                self.dirty = true;
                self.key(key, &mut out);
            }
            Message::Key(_) => {}
            Message::Paste(text) => {
                self.dirty = true;
                self.paste(&text, &mut out);
            }
            Message::Resize(width, height) => {
                self.size = (width, height);
                self.theatre.wipe();
                self.dirty = true;
            }
            Message::Tick { now, heard } => self.tick(now, heard, &mut out),
            Message::Incoming(incoming) => {
                self.dirty = true;
                self.incoming(incoming, &mut out);
            }
            Message::Decoded { hash, result } => {
                self.dirty = true;
                self.theatre.decoded(hash, result);
            }
            Message::Probed(found) => {
                self.theatre.capabilities = found;
                self.dirty = true;
            }
            Message::Wrote(took) => self.theatre.wrote(took),
            Message::SoundState(state) => {
                self.dirty |= self.theatre.sound_state != Some(state.clone());
                self.theatre.sound_state = Some(state);
            }
        }
        self.cue(&mut out);
        out
    }

    /// Sends a request and remembers what its answer is for.
    pub(crate) fn ask(&mut self, call: Call, request: Request, out: &mut Vec<Effect>) {
        match self.calls.open(call) {
            Some(id) => out.push(Effect::Request { id, request }),
            None => self.flash("the node is not answering; this was not sent"),
        }
    }

    /// Shows a line at the bottom for a while.
    pub(crate) fn flash(&mut self, text: impl Into<String>) {
        self.flash = Some((text.into(), self.now + FLASH));
        self.dirty = true;
    }

    /// Unix seconds now.
    pub(crate) const fn unix(&self) -> u64 {
        self.unix_start.saturating_add(self.now.as_secs())
    }

    /// Whether a key goes to the prompt.
    pub(crate) fn editing(&self) -> bool {
        self.screen == Screen::Create && self.create.editing
    }

    /// Scopes whose keys work now, the most particular first.
    pub(crate) fn scopes(&self) -> &'static [Scope] {
        match &self.overlay {
            Some(Overlay::Help { .. }) => &[Scope::Help],
            Some(Overlay::Ask { .. }) => &[Scope::Dialog],
            Some(Overlay::Confirm { .. }) => &[Scope::Confirm],
            None if self.editing() => &[Scope::Prompt],
            None => match self.screen {
                Screen::Feed => &[Scope::Feed, Scope::List, Scope::Global],
                Screen::Create => &[Scope::Create, Scope::List, Scope::Global],
                Screen::Inbox => &[Scope::Inbox, Scope::List, Scope::Global],
                Screen::Lineage => &[Scope::Lineage, Scope::List, Scope::Global],
                Screen::Peers => &[Scope::Peers, Scope::List, Scope::Global],
                Screen::Moderation => &[Scope::Moderation, Scope::List, Scope::Global],
                Screen::Keys => &[Scope::Keys, Scope::Global],
            },
        }
    }

    fn start(&mut self, out: &mut Vec<Effect>) {
        self.ask(Call::Status, Request::Status, out);
        self.ask_feed(out);
        self.ask(Call::Jobs, Request::Jobs, out);
        self.ask(Call::Inbox, inbox::cameo(CameoCall::Inbox), out);
        out.push(Effect::Sound(Sound::Volume(self.theatre.loudness())));
    }

    fn tick(&mut self, now: Duration, heard: Option<Duration>, out: &mut Vec<Effect>) {
        let minute = self.unix() / 60;
        self.now = now;
        self.dirty |= self.unix() / 60 != minute;
        if self.flash.as_ref().is_some_and(|(_, until)| *until <= now) {
            self.flash = None;
            self.dirty = true;
        }
        if !self.closed
            && now.saturating_sub(self.status_at) >= STATUS_EVERY
            && !self.calls.waiting(&Call::Status)
        {
            self.status_at = now;
            self.ask(Call::Status, Request::Status, out);
        }
        let peers_due = now.saturating_sub(self.peers_at) >= PEERS_EVERY;
        if !self.closed && self.screen == Screen::Peers && peers_due && !self.calls.waiting(&Call::Peers) {
            self.peers_at = now;
            self.ask(Call::Peers, Request::Peers, out);
        }
        if self.theatre.tick(now, heard, out) {
            self.dirty = true;
        }
    }

    /// Opens a screen.
    pub(crate) fn open(&mut self, screen: Screen, out: &mut Vec<Effect>) {
        self.screen = screen;
        match screen {
            Screen::Feed => {}
            Screen::Create => {
                self.create.editing = !self.create.busy();
                if !self.calls.waiting(&Call::Cameos) {
                    self.ask(Call::Cameos, inbox::cameo(CameoCall::List), out);
                }
                if !self.calls.waiting(&Call::Jobs) {
                    self.ask(Call::Jobs, Request::Jobs, out);
                }
            }
            Screen::Inbox => self.ask_inbox(out),
            Screen::Lineage => self.open_lineage(out),
            Screen::Peers => {
                self.peers_at = self.now;
                self.ask(Call::Peers, Request::Peers, out);
            }
            Screen::Moderation => self.ask_moderation(out),
            Screen::Keys => self.ask(Call::Keys, Request::Keys, out),
        }
    }

    /// The clip that the screen wants to show.
    pub(crate) fn wanted(&self) -> Option<BlobHash> {
        match self.screen {
            Screen::Feed => self.feed.wanted(),
            Screen::Create => self.create.wanted(),
            Screen::Inbox => self.inbox.wanted(),
            Screen::Lineage => self.tree.wanted(),
            Screen::Peers | Screen::Moderation | Screen::Keys => None,
        }
    }

    /// Makes the theatre play what the screen wants.
    fn cue(&mut self, out: &mut Vec<Effect>) {
        let wanted = self.wanted().filter(|_| self.theatre.renderer() != Video::Off || !self.theatre.muted);
        let next = if self.screen == Screen::Feed { self.feed.upcoming() } else { None };
        let still = self.now;
        if self.theatre.cue(wanted, next, still, out) {
            self.dirty = true;
        }
    }

    /// Brings the picture for the current layout onto the canvas; done once before each draw.
    pub(crate) fn paint(&mut self) {
        let area = crate::view::picture_area(self);
        let preview = if self.screen == Screen::Create { self.create.preview() } else { None };
        self.theatre.paint(preview, area);
    }

    /// How the picture is drawn when not by cells, and where. What lies over a screen is made of cells, and a picture
    /// above them would hide it: then the picture is made of cells too.
    pub(crate) fn graphics(&self) -> Option<(Video, Rect)> {
        let renderer = self.theatre.renderer();
        let place = self.theatre.canvas.place(crate::view::picture_area(self))?;
        (self.overlay.is_none() && matches!(renderer, Video::Kitty | Video::Sixel))
            .then_some((renderer, place))
    }

    /// Whether Create has a picture to show.
    pub(crate) fn has_moving_picture(&self) -> bool {
        self.theatre.playback.is_some() || self.create.preview().is_some()
    }

    /// The picture that belongs on the screen.
    pub(crate) fn picture(&self) -> Option<Picture<'_>> {
        let preview = if self.screen == Screen::Create { self.create.preview() } else { None };
        self.theatre.picture(preview.map(|(_, picture)| picture))
    }

    /// How long nothing happens by itself; `None` when nothing will.
    pub(crate) fn wait(&self) -> Option<Duration> {
        let until = |at: Duration| at.saturating_sub(self.now);
        // What was asked and not answered yet is not asked again.
        let asks = |call: Call| !self.closed && !self.calls.waiting(&call);
        let peers = self.screen == Screen::Peers && asks(Call::Peers);
        [
            self.theatre.wait(self.now),
            self.flash.as_ref().map(|(_, at)| until(*at)),
            asks(Call::Status).then(|| until(self.status_at + STATUS_EVERY)),
            peers.then(|| until(self.peers_at + PEERS_EVERY)),
        ]
        .into_iter()
        .flatten()
        .min()
    }
}
