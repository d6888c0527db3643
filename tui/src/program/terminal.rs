//! The terminal's modes: taken once, given back on leaving, on a panic, and while the program is suspended.
//!
//! While the alternate screen is on, standard error goes to the log file: what some library writes there would
//! scribble over the screen.

use std::fs::File;
use std::io::{self, IsTerminal as _, Write as _};
use std::os::fd::{AsFd as _, OwnedFd};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, Once, PoisonError};
use std::thread::{self, ThreadId};

use crossterm::terminal::{disable_raw_mode, enable_raw_mode};
use rustix::process::{Signal, kill_current_process_group};

/// Alternate screen, bracketed paste, hidden cursor.
const ENTER: &[u8] = b"\x1b[?1049h\x1b[?2004h\x1b[?25l";
/// Ends a frame that was begun and undoes [`ENTER`]; pictures go with the alternate screen.
const LEAVE: &[u8] = b"\x1b[?2026l\x1b[0m\x1b[?25h\x1b[?2004l\x1b[?1049l";

/// Whether the terminal is ours now.
static TAKEN: AtomicBool = AtomicBool::new(false);
/// Standard error as it was before.
static STDERR: Mutex<Option<OwnedFd>> = Mutex::new(None);
/// The thread whose panic ends the program.
static OWNER: Mutex<Option<ThreadId>> = Mutex::new(None);

/// The terminal while it is ours.
#[derive(Debug)]
pub(super) struct Stage {
    log: Option<Arc<File>>,
}

impl Stage {
    /// Takes the terminal.
    pub(super) fn enter(log: Option<Arc<File>>) -> io::Result<Self> {
        install_hook();
        *OWNER.lock().unwrap_or_else(PoisonError::into_inner) = Some(thread::current().id());
        take(log.as_deref())?;
        Ok(Self { log })
    }

    /// Gives the terminal back, stops this process and its children until the shell continues them, takes it again.
    pub(super) fn suspend(&self) -> io::Result<()> {
        give_back();
        kill_current_process_group(Signal::TSTP)?;
        take(self.log.as_deref())
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        give_back();
    }
}

/// Standard output without the line buffer around it.
pub(super) fn output() -> io::Result<File> {
    Ok(File::from(io::stdout().as_fd().try_clone_to_owned()?))
}

fn take(log: Option<&File>) -> io::Result<()> {
    enable_raw_mode()?;
    TAKEN.store(true, Ordering::Release);
    if let Some(log) = log.filter(|_| io::stderr().is_terminal()) {
        let before = io::stderr().as_fd().try_clone_to_owned()?;
        *STDERR.lock().unwrap_or_else(PoisonError::into_inner) = Some(before);
        rustix::stdio::dup2_stderr(log)?;
    }
    let written = output().and_then(|mut out| out.write_all(ENTER));
    if written.is_err() {
        give_back();
    }
    written
}

/// Gives the terminal back if it is ours. A terminal that is gone cannot be helped: failures change nothing.
fn give_back() {
    if TAKEN.swap(false, Ordering::AcqRel) {
        drop(output().and_then(|mut out| out.write_all(LEAVE)));
        drop(disable_raw_mode());
    }
    if let Some(before) = STDERR.lock().unwrap_or_else(PoisonError::into_inner).take() {
        let _unchanged = rustix::stdio::dup2_stderr(before);
    }
}

/// A panic of the program's thread gives the terminal back before it is reported; those of other threads are reported
/// into the log, and the program goes on.
fn install_hook() {
    static INSTALLED: Once = Once::new();
    INSTALLED.call_once(|| {
        let report = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            let owner = *OWNER.lock().unwrap_or_else(PoisonError::into_inner);
            if owner == Some(thread::current().id()) {
                give_back();
            }
            report(info);
        }));
    });
}
