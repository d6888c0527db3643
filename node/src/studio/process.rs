//! One render worker as a process: frames in, frames out, its words into the log, its end by a kill.
//!
//! Nothing the worker does reaches further than this: a crash, a hang or a lie becomes a [`WorkerEnd`].

use std::path::Path;

use kinora_protocol::job::{self, FromWorker, ToWorker};
use kinora_protocol::text::Text;
use tokio::io::{AsyncBufReadExt as _, AsyncRead, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::process::{Child, ChildStdin};
use tokio::sync::mpsc;

use crate::child::Piped;

/// Frames read ahead of the studio; a worker that is faster than that waits.
const FRAMES_AHEAD: usize = 8;
/// Longest line of a worker's standard error that is logged whole.
const LOG_LINE_BYTES_MAX: u64 = 2_000;

/// How a worker ended without having delivered.
#[derive(Debug, thiserror::Error)]
pub enum WorkerEnd {
    /// It could not be started.
    #[error("the render worker could not be started: {0}")]
    Start(std::io::Error),
    /// It broke the protocol of frames.
    #[error("the render worker sent nonsense: {0}")]
    Frame(#[from] job::FrameFault),
    /// It ended by itself.
    #[error("the render worker ended with exit status {0} before the clip was done")]
    Status(i32),
    /// A signal ended it.
    #[error("the render worker was killed by signal {signal}{why}")]
    Signal {
        /// Number of the signal.
        signal: i32,
        /// What that usually means.
        why: &'static str,
    },
    /// It answered another message than it was given.
    #[error("the render worker answered something else than it was asked")]
    Other,
    /// It said nothing for too long.
    #[error("the render worker said nothing for {0} s and was stopped")]
    Silent(u64),
}

/// A running worker. Dropping it kills the process.
#[derive(Debug)]
pub struct Worker {
    child: Child,
    frames: mpsc::Receiver<Result<FromWorker, job::FrameFault>>,
    // Held open: its end tells the worker that the node is gone.
    _stdin: ChildStdin,
}

impl Worker {
    /// Starts `program engine` and hands it the message.
    ///
    /// # Errors
    /// [`WorkerEnd::Start`] when the process cannot be made or does not take the message.
    pub async fn start(program: &Path, message: &ToWorker) -> Result<Self, WorkerEnd> {
        let frame = job::encode(message)?;
        let piped = Piped::start(program, "engine").map_err(WorkerEnd::Start)?;
        let Piped { child, mut stdin, stdout, stderr } = piped;
        let (sender, frames) = mpsc::channel(FRAMES_AHEAD);
        tokio::spawn(read_frames(BufReader::new(stdout), sender));
        tokio::spawn(log_lines(BufReader::new(stderr)));
        let sent = async {
            stdin.write_all(&frame).await?;
            stdin.flush().await
        };
        if let Err(error) = sent.await {
            tracing::warn!(%error, "the render worker does not read");
        }
        Ok(Self { child, frames, _stdin: stdin })
    }

    /// The next frame, or how the worker ended. Safe to drop half-way.
    ///
    /// # Errors
    /// How it ended, when there is no next frame.
    pub async fn next(&mut self) -> Result<FromWorker, WorkerEnd> {
        match self.frames.recv().await {
            Some(frame) => Ok(frame?),
            None => Err(end_of(self.child.wait().await)),
        }
    }

    /// The frame that ends the conversation; progress is passed over. Safe to drop half-way.
    ///
    /// # Errors
    /// How the worker ended, when it did not deliver.
    pub async fn last(&mut self) -> Result<FromWorker, WorkerEnd> {
        loop {
            match self.next().await? {
                FromWorker::Progress { .. } => {}
                last => return Ok(last),
            }
        }
    }

    /// Ends the process and waits until it is gone.
    pub async fn kill(mut self) {
        if let Err(error) = self.child.kill().await {
            tracing::warn!(%error, "the render worker could not be killed");
        }
    }
}

fn end_of(status: std::io::Result<std::process::ExitStatus>) -> WorkerEnd {
    use std::os::unix::process::ExitStatusExt as _;
    match status {
        Err(error) => WorkerEnd::Start(error),
        Ok(status) => match status.signal() {
            None => WorkerEnd::Status(status.code().unwrap_or(-1)),
            Some(signal) => WorkerEnd::Signal { signal, why: meaning(signal) },
        },
    }
}

pub(crate) const fn meaning(signal: i32) -> &'static str {
    match signal {
        9 => " (often the system, when memory runs out)",
        6 => " (it gave up by itself; the log says why)",
        11 | 7 => " (a crash)",
        24 => " (it used up its processor time)",
        _ => "",
    }
}

async fn read_frames(
    mut from: impl AsyncRead + Unpin,
    to: mpsc::Sender<Result<FromWorker, job::FrameFault>>,
) {
    let mut prefix = [0u8; 4];
    while from.read_exact(&mut prefix).await.is_ok() {
        let frame = match job::body_length(prefix) {
            Err(fault) => Err(fault),
            Ok(length) => {
                let mut body = Vec::new();
                // `take` and not a buffer of the promised length: memory is used for bytes that came.
                let read = (&mut from).take(length as u64).read_to_end(&mut body).await;
                if read.is_err() || body.len() < length {
                    return;
                }
                job::decode(&body)
            }
        };
        let last = frame.is_err();
        if to.send(frame).await.is_err() || last {
            return;
        }
    }
}

pub(crate) async fn log_lines(mut from: impl tokio::io::AsyncBufRead + Unpin) {
    let mut line = Vec::new();
    loop {
        line.clear();
        match (&mut from).take(LOG_LINE_BYTES_MAX).read_until(b'\n', &mut line).await {
            Ok(n) if n > 0 => {
                let text = Text::line(&String::from_utf8_lossy(&line), LOG_LINE_BYTES_MAX as usize);
                tracing::info!(target: "kinora::worker", "{text}");
            }
            _ => return,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn script(folder: &Path, body: &str) -> std::path::PathBuf {
        use std::os::unix::fs::PermissionsExt as _;
        let path = folder.join("worker");
        std::fs::write(&path, format!("#!/bin/sh\n{body}\n")).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
        path
    }

    fn message() -> ToWorker {
        let request = kinora_protocol::job::RenderRequest {
            seed: 1,
            frames: 12,
            threads: 1,
            ..kinora_protocol::job::RenderRequest::default()
        };
        ToWorker::Render(request)
    }

    async fn end_of_script(body: &str) -> String {
        let folder = tempfile::tempdir().unwrap();
        let program = script(folder.path(), body);
        let mut worker = Worker::start(&program, &message()).await.unwrap();
        worker.next().await.unwrap_err().to_string()
    }

    #[tokio::test]
    async fn every_way_to_end_is_told_apart() {
        assert!(end_of_script("kill -9 $$").await.contains("signal 9"));
        assert!(end_of_script("exit 3").await.contains("exit status 3"));
        assert!(
            end_of_script("printf '\\377\\377\\377\\377'; sleep 5").await.contains("larger than the limit")
        );
        assert!(end_of_script("printf '\\001\\000\\000\\000x'; sleep 5").await.contains("does not decode"));
        assert!(end_of_script("printf '\\011\\000\\000\\000x'").await.contains("exit status 0"));
        let gone = Worker::start(Path::new("/nonexistent/kinora"), &message()).await.unwrap_err();
        assert!(gone.to_string().contains("could not be started"));
    }

    #[tokio::test]
    async fn a_kill_ends_a_hanging_worker_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let program = script(folder.path(), "exec sleep 1000");
        let worker = Worker::start(&program, &message()).await.unwrap();
        let pid = worker.child.id().unwrap();
        worker.kill().await;
        assert!(!Path::new(&format!("/proc/{pid}")).exists());
    }
}
