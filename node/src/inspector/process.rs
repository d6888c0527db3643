//! One inspector as a process: started with nothing, asked one thing at a time, believed within bounds, ended by a kill.
//!
//! It inherits no open file but its three pipes, and no variable.

use std::path::Path;
use std::process::ExitStatus;
use std::time::Duration;

use kinora_media::footage::{FRAMES_MAX, Footage};
use kinora_media::{FOOTAGE_BYTES_DEFAULT, FootageError};
use kinora_protocol::job::inspect::{ClipFacts, Confinement, FromInspector, ToInspector};
use kinora_protocol::job::{self, FrameFault};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::process::{Child, ChildStdin, ChildStdout};

use crate::child::Piped;
use crate::studio::process::{log_lines, meaning};

/// Longest wait for a new inspector to say how it is confined.
const START_MAX: Duration = Duration::from_secs(20);
/// How long an inspector that closed its pipe may take to be gone.
const GONE_MAX: Duration = Duration::from_secs(1);

/// How an inspector ended without an answer.
#[derive(Debug, thiserror::Error)]
pub enum End {
    /// It could not be started.
    #[error("the inspector could not be started: {0}")]
    Start(std::io::Error),
    /// It broke the protocol of frames.
    #[error("the inspector sent nonsense: {0}")]
    Frame(#[from] FrameFault),
    /// It sent what was not asked for, or more of it.
    #[error("the inspector sent {0}")]
    Unasked(&'static str),
    /// It sent footage that breaks the rules.
    #[error("the inspector sent footage that is none: {0}")]
    Footage(#[from] FootageError),
    /// It ended by itself.
    #[error("the inspector ended with exit status {0}")]
    Status(i32),
    /// A signal ended it.
    #[error("the inspector was killed by signal {signal}{why}")]
    Signal {
        /// Number of the signal.
        signal: i32,
        /// What that usually means.
        why: &'static str,
    },
    /// It took too long.
    #[error("the inspector took longer than {0} s and was stopped")]
    Slow(u64),
}

impl End {
    fn of(status: std::io::Result<ExitStatus>) -> Self {
        use std::os::unix::process::ExitStatusExt as _;
        match status {
            Err(error) => Self::Start(error),
            Ok(status) => match status.signal() {
                None => Self::Status(status.code().unwrap_or(-1)),
                Some(signal) => Self::Signal { signal, why: meaning(signal) },
            },
        }
    }
}

/// Footage as it comes in.
#[derive(Debug, Default)]
pub struct Reel {
    frames: Vec<Vec<u8>>,
    samples: Vec<f32>,
    bytes: u64,
}

impl Reel {
    fn room(&mut self, bytes: usize) -> Result<(), End> {
        self.bytes = self.bytes.saturating_add(bytes as u64);
        if self.bytes > FOOTAGE_BYTES_DEFAULT || self.frames.len() >= FRAMES_MAX {
            return Err(End::Unasked("more footage than a clip may have"));
        }
        Ok(())
    }

    fn frame(&mut self, rgb: Vec<u8>) -> Result<(), End> {
        self.room(rgb.len())?;
        self.frames.push(rgb);
        Ok(())
    }

    fn sound(&mut self, bytes: &[u8]) -> Result<(), End> {
        self.bytes = self.bytes.saturating_add(bytes.len() as u64);
        if !self.samples.is_empty() || self.bytes > FOOTAGE_BYTES_DEFAULT {
            return Err(End::Unasked("more sound than a clip may have"));
        }
        self.samples = bytes.as_chunks::<4>().0.iter().map(|b| f32::from_le_bytes(*b)).collect();
        Ok(())
    }

    /// The whole, if it keeps to the rules of footage.
    ///
    /// # Errors
    /// The rule that it breaks.
    pub fn footage(self, facts: &ClipFacts) -> Result<Footage, End> {
        let footage = Footage {
            width: facts.format.width,
            height: facts.format.height,
            fps: facts.format.fps,
            frames: self.frames,
            sample_rate: facts.sample_rate,
            channels: facts.channels,
            samples: self.samples,
        };
        footage.check()?;
        Ok(footage)
    }
}

/// A running inspector. Dropping it kills the process.
#[derive(Debug)]
pub struct Process {
    child: Child,
    stdin: ChildStdin,
    stdout: BufReader<ChildStdout>,
}

impl Process {
    /// Starts `program inspect` and hears how it is confined.
    ///
    /// # Errors
    /// [`End`] when it cannot be made or says something else.
    pub async fn start(program: &Path) -> Result<(Self, Confinement), End> {
        let Piped { child, stdin, stdout, stderr } = Piped::start(program, "inspect").map_err(End::Start)?;
        let stdout = BufReader::new(stdout);
        tokio::spawn(log_lines(BufReader::new(stderr)));
        let mut process = Self { child, stdin, stdout };
        match tokio::time::timeout(START_MAX, process.next()).await {
            Ok(Ok(FromInspector::Confined(confinement))) => Ok((process, confinement)),
            Ok(Ok(_)) => Err(End::Unasked("an answer before it was asked")),
            Ok(Err(end)) => Err(end),
            Err(_) => Err(End::Slow(START_MAX.as_secs())),
        }
    }

    /// Sends a message, a whole frame, and hears its answer. Footage goes into the reel, if there is one.
    ///
    /// # Errors
    /// How it ended. It is of no use then, and when this is dropped half-way.
    pub async fn ask(&mut self, frame: &[u8], mut reel: Option<&mut Reel>) -> Result<FromInspector, End> {
        let sent = async {
            self.stdin.write_all(frame).await?;
            self.stdin.flush().await
        };
        if sent.await.is_err() {
            return Err(self.ended().await);
        }
        loop {
            match (self.next().await?, &mut reel) {
                (FromInspector::Frame(rgb), Some(reel)) => reel.frame(rgb.into_vec())?,
                (FromInspector::Sound(bytes), Some(reel)) => reel.sound(&bytes)?,
                (FromInspector::Frame(_) | FromInspector::Sound(_), None) => {
                    return Err(End::Unasked("footage that was not asked for"));
                }
                (FromInspector::Confined(_), _) => return Err(End::Unasked("its confinement twice")),
                (answer @ (FromInspector::Inspected(_) | FromInspector::Rehearsed(_)), _) => {
                    return Ok(answer);
                }
            }
        }
    }

    async fn next(&mut self) -> Result<FromInspector, End> {
        let mut prefix = [0u8; 4];
        if self.stdout.read_exact(&mut prefix).await.is_err() {
            return Err(self.ended().await);
        }
        let length = job::body_length(prefix)?;
        let mut body = Vec::new();
        // `take` and not a buffer of the promised length: memory is used for bytes that came.
        let read = (&mut self.stdout).take(length as u64).read_to_end(&mut body).await;
        if read.is_err() || body.len() < length {
            return Err(self.ended().await);
        }
        Ok(job::decode(&body)?)
    }

    /// How a process ended whose pipe is closed; one that lives on is killed.
    async fn ended(&mut self) -> End {
        match tokio::time::timeout(GONE_MAX, self.child.wait()).await {
            Ok(status) => End::of(status),
            Err(_) => End::Unasked("the end of its output and lived on"),
        }
    }

    /// Number of the process, while it runs.
    #[must_use]
    pub fn id(&self) -> Option<u32> {
        self.child.id()
    }
}

/// A message as the frame that is sent.
///
/// # Errors
/// When it is too large for one.
pub fn frame(message: &ToInspector) -> Result<Vec<u8>, FrameFault> {
    job::encode(message)
}
