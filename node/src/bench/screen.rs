//! From start to the first frame of the terminal program, measured on a real `kinora` in a terminal of our own.
//!
//! The terminal is a pseudo-terminal that answers nothing: the frame must not wait for answers. Then `q` is typed, so
//! the way out is measured as well.

use std::fs::{File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::fd::{AsFd as _, OwnedFd};
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{Winsize, tcsetwinsize};
use serde::Serialize;

/// How often it is started.
const RUNS: usize = 5;
/// Longest wait for a frame, and for the end.
const FRAME_MAX: Duration = Duration::from_secs(10);
const END_MAX: Duration = Duration::from_secs(20);
/// The end of a synchronized update: a whole frame was written.
const FRAME_END: &[u8] = b"\x1b[?2026l";
/// Columns and rows of the terminal.
const SIZE: (u16, u16) = (80, 24);

/// How quickly the terminal program opens and leaves.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct ScreenFigures {
    /// Milliseconds from start to the first whole frame; the median.
    pub first_frame_millis: f64,
    /// The slowest of the starts.
    pub first_frame_millis_max: f64,
    /// Milliseconds from `q` to the end of the process, node and all; the median.
    pub end_millis: f64,
    /// How often it was started.
    pub runs: usize,
}

/// Measures.
///
/// # Errors
/// Why no frame came.
pub fn run(program: &Path, home: &Path) -> Result<ScreenFigures, String> {
    let mut frames = Vec::new();
    let mut ends = Vec::new();
    for _ in 0..RUNS {
        let (frame, end) = once(program, home).map_err(|e| format!("the terminal program: {e}"))?;
        frames.push(frame.as_secs_f64() * 1_000.0);
        ends.push(end.as_secs_f64() * 1_000.0);
    }
    frames.sort_by(f64::total_cmp);
    ends.sort_by(f64::total_cmp);
    let middle = |sorted: &[f64]| sorted.get(sorted.len() / 2).copied().unwrap_or_default();
    Ok(ScreenFigures {
        first_frame_millis: middle(&frames),
        first_frame_millis_max: frames.last().copied().unwrap_or_default(),
        end_millis: middle(&ends),
        runs: RUNS,
    })
}

/// One start: time to the first frame, and from `q` to the end.
fn once(program: &Path, home: &Path) -> io::Result<(Duration, Duration)> {
    let (terminal, inside) = pseudo_terminal()?;
    let start = Instant::now();
    let child = Command::new(program)
        .args(["--no-mdns", "--listen", "/ip4/127.0.0.1/tcp/0", "--mute", "--home"])
        .arg(home)
        .env("TERM", "xterm-256color")
        .env_remove("KINORA_A11Y")
        .stdin(inside.try_clone()?)
        .stdout(inside)
        .stderr(Stdio::null())
        .spawn()?;
    let mut child = Ended(child);
    let mut terminal = File::from(terminal);
    let mut seen = Vec::new();
    let deadline = start + FRAME_MAX;
    while !seen.windows(FRAME_END.len()).any(|window| window == FRAME_END) {
        if read_some(&mut terminal, &mut seen, deadline)? == 0 {
            return Err(io::Error::other("no frame came"));
        }
    }
    let frame = start.elapsed();
    let leaving = Instant::now();
    terminal.write_all(b"q")?;
    // It must be read from, or it cannot write its last words.
    let deadline = leaving + END_MAX;
    while child.0.try_wait()?.is_none() {
        seen.clear();
        let soon = deadline.min(Instant::now() + Duration::from_millis(5));
        // Once the other side is closed, reading fails at once: then only the end is waited for.
        if read_some(&mut terminal, &mut seen, soon).is_err() {
            thread::sleep(Duration::from_millis(1));
        }
        if Instant::now() > deadline {
            return Err(io::Error::other("it does not end on q"));
        }
    }
    Ok((frame, leaving.elapsed()))
}

/// A child that does not outlive us.
struct Ended(Child);

impl Drop for Ended {
    fn drop(&mut self) {
        // It has ended already when all went well.
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

/// Both sides of a new pseudo-terminal.
fn pseudo_terminal() -> io::Result<(OwnedFd, File)> {
    let terminal = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY)?;
    grantpt(&terminal)?;
    unlockpt(&terminal)?;
    let (ws_col, ws_row) = SIZE;
    tcsetwinsize(&terminal, Winsize { ws_col, ws_row, ws_xpixel: 0, ws_ypixel: 0 })?;
    let name = ptsname(&terminal, Vec::new())?;
    let path = Path::new(std::ffi::OsStr::from_bytes(name.as_bytes()));
    let inside = OpenOptions::new().read(true).write(true).open(path)?;
    Ok((terminal, inside))
}

/// Appends what comes before the deadline; zero when nothing does.
fn read_some(terminal: &mut File, to: &mut Vec<u8>, deadline: Instant) -> io::Result<usize> {
    let left = deadline.saturating_duration_since(Instant::now());
    let timeout = Timespec::try_from(left).map_err(io::Error::other)?;
    let ready = {
        let fd = terminal.as_fd();
        poll(&mut [PollFd::new(&fd, PollFlags::IN)], Some(&timeout))?
    };
    if ready == 0 {
        return Ok(0);
    }
    let mut bytes = [0; 4_096];
    let read = terminal.read(&mut bytes)?;
    to.extend(bytes.iter().take(read));
    Ok(read)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_that_draws_nothing_is_said() {
        let folder = tempfile::tempdir().unwrap();
        assert!(run(Path::new("/bin/true"), folder.path()).is_err());
    }
}
