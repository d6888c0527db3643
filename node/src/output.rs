//! The one module that writes to the terminal: results to standard output, everything else to standard error.
//!
//! What came from the network reaches it only as `protocol::text::Text`. With `--json` standard output carries JSON
//! and nothing else.

use std::fmt::Display;
use std::io::{self, IsTerminal as _, Write as _};

use kinora_protocol::api::{Job, JobState};
use serde::Serialize;

use crate::error::CommandError;

/// Width of the progress bar, in cells.
const BAR_CELLS: usize = 24;

/// How and where a command speaks.
#[derive(Debug)]
pub struct Output {
    json: bool,
    /// Standard error is a terminal: progress may rewrite its line.
    live: bool,
    /// A progress line stands unfinished on the terminal.
    open: bool,
    /// What the last plain progress line said, so that it is said once.
    last: String,
}

impl Output {
    /// An output; `json` as asked for by the user.
    #[must_use]
    pub fn new(json: bool) -> Self {
        Self { json, live: io::stderr().is_terminal(), open: false, last: String::new() }
    }

    /// Whether standard output carries JSON.
    #[must_use]
    pub const fn is_json(&self) -> bool {
        self.json
    }

    /// Whether standard output is a terminal that a person looks at.
    #[must_use]
    pub fn is_watched(&self) -> bool {
        !self.json && io::stdout().is_terminal()
    }

    /// One line of the result.
    ///
    /// # Errors
    /// When standard output cannot be written.
    pub fn line(&self, line: impl Display) -> Result<(), CommandError> {
        let mut out = io::stdout().lock();
        writeln!(out, "{line}")?;
        Ok(out.flush()?)
    }

    /// One JSON document on one line.
    ///
    /// # Errors
    /// When standard output cannot be written.
    pub fn json(&self, value: &impl Serialize) -> Result<(), CommandError> {
        let mut line = serde_json::to_vec(value)?;
        line.push(b'\n');
        let mut out = io::stdout().lock();
        out.write_all(&line)?;
        Ok(out.flush()?)
    }

    /// A remark for the user, on standard error; lost without harm if nobody reads it.
    pub fn note(&mut self, line: impl Display) {
        self.end_progress();
        say(&format!("{line}\n"));
    }

    /// Shows how a job stands.
    pub fn progress(&mut self, job: &Job) {
        let JobState::Running { stage, done, total, fraction, eta_millis } = &job.state else {
            return;
        };
        let percent = (fraction.clamp(0.0, 1.0) * 100.0).round() as u32;
        let left = eta_millis.map_or_else(String::new, |ms| format!(", about {} s to go", ms.div_ceil(1000)));
        let stage = stage.as_str();
        if self.live {
            let full = (fraction.clamp(0.0, 1.0) * BAR_CELLS as f32).round() as usize;
            let bar = format!("{}{}", "█".repeat(full), "░".repeat(BAR_CELLS.saturating_sub(full)));
            say(&format!("\r\x1b[2K{bar} {percent:3} %  {stage} {done}/{total}{left}"));
            self.open = true;
        } else if self.last != stage {
            // A log or a pipe: one line per stage says enough.
            stage.clone_into(&mut self.last);
            say(&format!("{stage}: {percent} %{left}\n"));
        }
    }

    /// Clears an unfinished progress line.
    pub fn end_progress(&mut self) {
        if self.open {
            say("\r\x1b[2K");
            self.open = false;
        }
    }

    /// Says what failed: prose on standard error, or with `--json` one object on standard output.
    pub fn failure(&mut self, error: &CommandError) {
        self.end_progress();
        if matches!(error, CommandError::BrokenPipe | CommandError::Said(_)) {
            return;
        }
        if self.json && self.json(&error.failure()).is_ok() {
            return;
        }
        let hints: String = error.hints().iter().map(|hint| format!("hint: {hint}\n")).collect();
        say(&format!("error: {error}\n{hints}"));
    }
}

/// Standard error may be closed; there is nobody left to tell then.
fn say(text: &str) {
    let mut err = io::stderr().lock();
    if err.write_all(text.as_bytes()).is_ok() {
        err.flush().unwrap_or_default();
    }
}

/// `5 s ago`, `3 min ago`, `2 h ago`, `4 d ago` for a time in Unix seconds.
#[must_use]
pub fn ago(now: u64, then: u64) -> String {
    match now.saturating_sub(then) {
        s @ 0..60 => format!("{s} s ago"),
        s @ 60..3_600 => format!("{} min ago", s / 60),
        s @ 3_600..172_800 => format!("{} h ago", s / 3_600),
        s => format!("{} d ago", s / 86_400),
    }
}

/// A number of bytes for people: `512 B`, `40 kB`, `1.2 MB`.
#[must_use]
pub fn size(bytes: u64) -> String {
    match bytes {
        0..1_000 => format!("{bytes} B"),
        1_000..1_000_000 => format!("{} kB", bytes / 1_000),
        1_000_000..1_000_000_000 => format!("{:.1} MB", bytes as f64 / 1e6),
        _ => format!("{:.1} GB", bytes as f64 / 1e9),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_and_sizes_read_well() {
        assert_eq!(ago(100, 95), "5 s ago");
        assert_eq!(ago(100, 200), "0 s ago", "a clock that runs ahead is not negative");
        assert_eq!(ago(10_000, 0), "2 h ago");
        assert_eq!(ago(400_000, 0), "4 d ago");
        assert_eq!([size(999), size(40_100), size(1_230_000)], ["999 B", "40 kB", "1.2 MB"]);
    }
}
