//! What the terminal can do beyond text: asked once after the first paint, read byte by byte, never waited for long.
//!
//! One burst goes out: a kitty graphics query, the size of a cell, and the device attributes, whose answer every
//! terminal sends last. Whatever comes in that is no answer was typed by the user and is handed on.

use std::time::Duration;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use crate::options::Environment;

/// What is sent: kitty query of a 1×1 picture, cell size (XTWINOPS 16), primary device attributes (DA1).
pub(crate) const QUERY: &[u8] = b"\x1b_Gi=31,s=1,v=1,a=q,t=d,f=24;AAAA\x1b\\\x1b[16t\x1b[c";
/// How long the answer may take.
const LIMIT: Duration = Duration::from_millis(300);
/// How long it may take over SSH.
const LIMIT_SSH: Duration = Duration::from_secs(1);
/// Longest reply; anything longer is none.
const REPLY_BYTES_MAX: usize = 256;
/// Keys typed while the answer is waited for; more are forgotten.
const TYPED_BYTES_MAX: usize = 1_024;
/// Largest side of a cell that is believed, in pixels.
const CELL_SIDE_MAX: u16 = 200;

/// What the terminal said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Capabilities {
    /// It shows kitty graphics.
    pub(crate) kitty: bool,
    /// It shows sixel graphics.
    pub(crate) sixel: bool,
    /// Width and height of a cell in pixels.
    pub(crate) cell: Option<(u16, u16)>,
}

/// How long an answer is waited for; `None` when asking makes no sense.
pub(crate) fn limit(environment: &Environment) -> Option<Duration> {
    match environment {
        e if e.dumb() || e.term.is_empty() || e.term == "linux" => None,
        e if e.ssh => Some(LIMIT_SSH),
        _ => Some(LIMIT),
    }
}

/// Corrects what a terminal says by what is known of its brand.
pub(crate) fn judge(found: Capabilities, environment: &Environment) -> Capabilities {
    // WezTerm answers the query but redraws moving pictures badly; a multiplexer drops the pictures.
    let wezterm = environment.term_program.eq_ignore_ascii_case("wezterm") || environment.term == "wezterm";
    Capabilities { kitty: found.kitty && !wezterm && !environment.tmux, ..found }
}

/// Where the parser stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    #[default]
    Ground,
    /// After ESC.
    Escape,
    /// In `ESC _ …`.
    Apc,
    /// After ESC in an APC.
    ApcEscape,
    /// In `ESC [ …`.
    Csi,
}

/// Takes the bytes of the terminal apart.
#[derive(Clone, Debug, Default)]
pub(crate) struct Parser {
    state: State,
    pending: Vec<u8>,
    typed: Vec<u8>,
    found: Capabilities,
    done: bool,
}

impl Parser {
    /// Takes one byte.
    pub(crate) fn byte(&mut self, byte: u8) {
        if self.pending.len() >= REPLY_BYTES_MAX {
            // No reply is that long: forget it.
            self.pending.clear();
            self.state = State::Ground;
        }
        self.state = match (self.state, byte) {
            (State::Ground | State::Escape, 0x1b) => {
                self.give_back();
                self.pending.push(byte);
                return self.state = State::Escape;
            }
            (State::Ground, _) => return self.type_byte(byte),
            (State::Escape, b'_') => State::Apc,
            (State::Escape, b'[') => State::Csi,
            (State::Escape, _) => {
                self.give_back();
                self.type_byte(byte);
                return self.state = State::Ground;
            }
            (State::Apc, 0x1b) => State::ApcEscape,
            (State::Apc, 0x07) | (State::ApcEscape, b'\\') => return self.apc(),
            (State::Apc | State::ApcEscape, _) => State::Apc,
            (State::Csi, 0x40..=0x7e) => return self.csi(byte),
            (State::Csi, _) => State::Csi,
        };
        self.pending.push(byte);
    }

    /// Whether the last answer has come.
    pub(crate) const fn done(&self) -> bool {
        self.done
    }

    /// What was found, and what the user typed meanwhile.
    pub(crate) fn finish(mut self) -> (Capabilities, Vec<KeyEvent>) {
        // A lone ESC is the key; half a reply is nothing.
        if self.state == State::Escape {
            self.give_back();
        }
        (self.found, keys(&self.typed))
    }

    fn type_byte(&mut self, byte: u8) {
        if self.typed.len() < TYPED_BYTES_MAX {
            self.typed.push(byte);
        }
    }

    fn give_back(&mut self) {
        for byte in std::mem::take(&mut self.pending) {
            self.type_byte(byte);
        }
    }

    fn apc(&mut self) {
        self.found.kitty |= self.pending.starts_with(b"\x1b_Gi=31") && contains(&self.pending, b";OK");
        self.pending.clear();
        self.state = State::Ground;
    }

    fn csi(&mut self, end: u8) {
        self.state = State::Ground;
        let body = self.pending.get(2..).unwrap_or(&[]);
        match (body.first(), end) {
            (Some(b'?'), b'c') => {
                let attributes = body.get(1..).unwrap_or(&[]);
                self.found.sixel |= attributes.split(|b| *b == b';').skip(1).any(|a| a == b"4");
                self.done = true;
                self.pending.clear();
            }
            (Some(_), b't') => {
                self.found.cell = cell(body).or(self.found.cell);
                self.pending.clear();
            }
            _ => {
                self.pending.push(end);
                self.give_back();
            }
        }
    }
}

fn contains(bytes: &[u8], what: &[u8]) -> bool {
    bytes.windows(what.len()).any(|window| window == what)
}

/// Reads `6;height;width`.
fn cell(body: &[u8]) -> Option<(u16, u16)> {
    let text = std::str::from_utf8(body).ok()?;
    let mut numbers = text.split(';').map(|n| n.parse::<u16>().ok());
    let (kind, height, width) = (numbers.next()??, numbers.next()??, numbers.next()??);
    let sane = |side: u16| (1..=CELL_SIDE_MAX).contains(&side);
    (kind == 6 && sane(height) && sane(width)).then_some((width, height))
}

/// The usual keys in what was typed; the rest of a strange sequence is dropped.
fn keys(bytes: &[u8]) -> Vec<KeyEvent> {
    let text = String::from_utf8_lossy(bytes);
    let mut keys = Vec::new();
    let mut rest = text.as_ref();
    while let Some(c) = rest.chars().next() {
        if let Some(sequence) = rest.strip_prefix("\x1b[") {
            let end = sequence
                .find(|c: char| c.is_ascii_alphabetic() || c == '~')
                .map_or(sequence.len(), |at| at + 1);
            let (body, after) = sequence.split_at(end);
            keys.extend(special(body).map(|code| KeyEvent::new(code, KeyModifiers::NONE)));
            rest = after;
            continue;
        }
        rest = rest.get(c.len_utf8()..).unwrap_or("");
        let (code, modifiers) = match c {
            '\x1b' => (KeyCode::Esc, KeyModifiers::NONE),
            '\r' | '\n' => (KeyCode::Enter, KeyModifiers::NONE),
            '\t' => (KeyCode::Tab, KeyModifiers::NONE),
            '\x7f' | '\x08' => (KeyCode::Backspace, KeyModifiers::NONE),
            '\x01'..='\x1a' => (KeyCode::Char(char::from(c as u8 + 0x60)), KeyModifiers::CONTROL),
            c if c.is_control() || c == char::REPLACEMENT_CHARACTER => continue,
            c => (KeyCode::Char(c), KeyModifiers::NONE),
        };
        keys.push(KeyEvent::new(code, modifiers));
    }
    keys
}

fn special(body: &str) -> Option<KeyCode> {
    Some(match body {
        "A" => KeyCode::Up,
        "B" => KeyCode::Down,
        "C" => KeyCode::Right,
        "D" => KeyCode::Left,
        "H" | "1~" => KeyCode::Home,
        "F" | "4~" => KeyCode::End,
        "Z" => KeyCode::BackTab,
        "3~" => KeyCode::Delete,
        "5~" => KeyCode::PageUp,
        "6~" => KeyCode::PageDown,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(bytes: &[u8]) -> (bool, Capabilities, Vec<KeyCode>) {
        let mut parser = Parser::default();
        bytes.iter().for_each(|b| parser.byte(*b));
        let done = parser.done();
        let (found, keys) = parser.finish();
        (done, found, keys.into_iter().map(|k| k.code).collect())
    }

    #[test]
    fn a_terminal_with_everything_is_read_byte_by_byte() {
        let reply = b"\x1b_Gi=31;OK\x1b\\\x1b[6;18;9t\x1b[?62;4;22c";
        let all = Capabilities { kitty: true, sixel: true, cell: Some((9, 18)) };
        for cut in 0..=reply.len() {
            let (done, found, keys) = read(&reply[..cut]);
            assert_eq!(done, cut == reply.len(), "cut at {cut}");
            assert!(keys.iter().all(|k| *k == KeyCode::Esc), "cut at {cut}: {keys:?}");
            if done {
                assert_eq!(found, all);
            }
        }
    }

    #[test]
    fn a_plain_terminal_and_an_error_prove_nothing() {
        assert_eq!(read(b"\x1b[?1;2c"), (true, Capabilities::default(), vec![]));
        let (done, found, _) = read(b"\x1b_Gi=31;ENOENT:no\x1b\\\x1b[?64;1c");
        assert!(done && !found.kitty && !found.sixel);
        // The first number is the class of terminal: 4 there is not sixel.
        assert!(!read(b"\x1b[?4;6c").1.sixel);
    }

    #[test]
    fn keys_typed_between_the_replies_are_kept() {
        let (done, found, keys) = read("2a fö\x1b[A\x1b_Gi=31;OK\x07q\x1b[?62;4c\r\x03".as_bytes());
        assert!(done && found.kitty && found.sixel);
        let typed =
            "2a fö".chars().map(KeyCode::Char).chain([KeyCode::Up, KeyCode::Char('q'), KeyCode::Enter]);
        assert_eq!(keys, typed.chain([KeyCode::Char('c')]).collect::<Vec<_>>());
    }

    #[test]
    fn an_absurd_cell_is_not_believed() {
        assert_eq!(read(b"\x1b[6;0;9t\x1b[6;9000;9t\x1b[4;18;9t\x1b[6;18t").1.cell, None);
    }

    #[test]
    fn brands_that_lie_are_known() {
        let all = Capabilities { kitty: true, sixel: true, cell: None };
        let named = |name: &str, value: &str| Environment::read(|n| (n == name).then(|| value.to_owned()));
        assert!(!judge(all, &named("TERM_PROGRAM", "WezTerm")).kitty);
        assert!(!judge(all, &named("TMUX", "/tmp/x")).kitty);
        assert!(judge(all, &named("TERM", "xterm-kitty")).kitty);
        assert_eq!(limit(&named("TERM", "dumb")), None);
        assert_eq!(limit(&named("TERM", "xterm")), Some(LIMIT));
    }

    proptest! {
        #[test]
        fn no_bytes_break_it(bytes in prop::collection::vec(any::<u8>(), 0..2_000)) {
            let mut parser = Parser::default();
            for byte in bytes {
                parser.byte(byte);
                prop_assert!(parser.pending.len() <= REPLY_BYTES_MAX && parser.typed.len() <= TYPED_BYTES_MAX);
            }
            parser.finish();
        }
    }
}
