//! This program again, as a worker or an inspector: a process of its own at the end of three pipes.
//!
//! It inherits no variable of ours: a passphrase may be among them.

use std::io;
use std::path::Path;
use std::process::Stdio;

use tokio::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command};

/// A process and its pipes. It is killed when this is dropped.
#[derive(Debug)]
pub struct Piped {
    /// The process.
    pub child: Child,
    /// Where it reads.
    pub stdin: ChildStdin,
    /// Where it answers.
    pub stdout: ChildStdout,
    /// Where it says what is for the log.
    pub stderr: ChildStderr,
}

impl Piped {
    /// Starts `program verb`.
    ///
    /// # Errors
    /// When the system makes no process or no pipes.
    pub fn start(program: &Path, verb: &str) -> io::Result<Self> {
        let mut child = Command::new(program)
            .arg(verb)
            .env_clear()
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            // A group of its own: Ctrl-C in the terminal is ours to turn into a cancel.
            .process_group(0)
            .kill_on_drop(true)
            .spawn()?;
        let closed = || io::Error::from(io::ErrorKind::BrokenPipe);
        let stdin = child.stdin.take().ok_or_else(closed)?;
        let stdout = child.stdout.take().ok_or_else(closed)?;
        let stderr = child.stderr.take().ok_or_else(closed)?;
        Ok(Self { child, stdin, stdout, stderr })
    }
}
