//! The terminal program in a pseudo-terminal: keys go in as a keyboard sends them, and what is asserted is what a person would
//! read on the screen.

use std::io::{Read as _, Write};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};

use crate::support::{Home, binary, wait_for};

/// Columns and rows of the terminal.
const SIZE: (u16, u16) = (120, 40);
/// How long something may take to appear: what the node says on a busy machine, a render, a letter on its way.
const PATIENCE: Duration = Duration::from_secs(120);
/// What the Enter key sends, and Escape.
pub(crate) const ENTER: &str = "\r";
pub(crate) const ESCAPE: &str = "\x1b";

/// `kinora` without arguments, on a terminal of its own.
pub(crate) struct Terminal {
    name: &'static str,
    screen: Arc<Mutex<vt100::Parser>>,
    keys: Box<dyn Write + Send>,
    child: Box<dyn Child + Send + Sync>,
    /// Kept open as long as the program runs.
    _master: Box<dyn MasterPty + Send>,
}

impl Terminal {
    /// Starts the program on the node of a home and waits for its first screen.
    pub(crate) fn open(name: &'static str, home: &Home) -> Self {
        let (cols, rows) = SIZE;
        let size = PtySize { rows, cols, pixel_width: 0, pixel_height: 0 };
        let pair = native_pty_system().openpty(size).unwrap();
        let mut command = CommandBuilder::new(binary());
        command.args(["--mute", "--video", "halfblock"]);
        for (key, value) in home.command(&[]).get_envs() {
            match value {
                Some(value) => command.env(key, value),
                None => command.env_remove(key),
            }
        }
        command.env("TERM", "xterm-256color");
        let child = pair.slave.spawn_command(command).unwrap();
        let mut reader = pair.master.try_clone_reader().unwrap();
        let side = |n: u16| std::num::NonZero::new(n).unwrap();
        let screen = Arc::new(Mutex::new(vt100::Parser::new(side(rows), side(cols), 0)));
        let shown = Arc::clone(&screen);
        std::thread::spawn(move || {
            let mut bytes = [0u8; 16 * 1024];
            while let Ok(count) = reader.read(&mut bytes) {
                if count == 0 {
                    break;
                }
                shown.lock().unwrap().process(&bytes[..count]);
            }
        });
        let keys = pair.master.take_writer().unwrap();
        let mut terminal = Self { name, screen, keys, child, _master: pair.master };
        terminal.sees("1 Feed");
        terminal
    }

    /// What stands on the screen.
    pub(crate) fn text(&self) -> String {
        self.screen.lock().unwrap().screen().contents()
    }

    /// Presses keys, one after another, as they are written.
    pub(crate) fn press(&mut self, keys: &str) {
        self.keys.write_all(keys.as_bytes()).unwrap();
        self.keys.flush().unwrap();
    }

    /// Pastes a text, as a terminal does it that was asked to mark what is pasted.
    pub(crate) fn paste(&mut self, text: &str) {
        self.press(&format!("\x1b[200~{text}\x1b[201~"));
    }

    /// Waits until words stand on the screen.
    pub(crate) fn sees(&mut self, words: &str) {
        self.sees_all(&[words]);
    }

    /// Waits until all of these stand on the screen together.
    pub(crate) fn sees_all(&mut self, all: &[&str]) {
        let start = std::time::Instant::now();
        while !self.has(all) {
            let gone = self.child.try_wait().unwrap();
            let late = start.elapsed() > PATIENCE;
            assert!(
                gone.is_none() && !late,
                "{} waited for {all:?} ({gone:?}) on\n{}",
                self.name,
                self.text()
            );
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    fn has(&self, all: &[&str]) -> bool {
        // Words that were wrapped are still the same words.
        let text = self.text();
        let joined = text.split_whitespace().collect::<Vec<_>>().join(" ");
        all.iter().all(|words| text.contains(words) || joined.contains(words))
    }

    /// Presses keys again and again until words stand on the screen: for what depends on something still on its way.
    pub(crate) fn presses_until(&mut self, keys: &str, words: &str) {
        wait_for(words, PATIENCE, || {
            self.press(keys);
            let start = std::time::Instant::now();
            while start.elapsed() < Duration::from_secs(2) {
                if self.has(&[words]) {
                    return Some(());
                }
                std::thread::sleep(Duration::from_millis(50));
            }
            None
        });
    }

    /// Leaves the program as a person does, and checks that the terminal was given back.
    pub(crate) fn leave(mut self) {
        self.press("q");
        wait_for("the program to end", Duration::from_secs(20), || self.child.try_wait().unwrap());
        let given_back = || (!self.screen.lock().unwrap().screen().alternate_screen()).then_some(());
        wait_for("the terminal to be given back", Duration::from_secs(5), given_back);
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        if self.child.try_wait().is_ok_and(|status| status.is_none()) {
            drop(self.child.kill());
            drop(self.child.wait());
        }
    }
}
