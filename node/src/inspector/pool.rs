//! The node's side of inspection: a few warm inspectors, each asked one thing at a time and replaced in good time.
//!
//! Whatever happens to an inspector becomes an answer about the file: *could not be inspected*, with the reason. An
//! error is left for the one case in which the file is not to blame, that no inspector can be started at all.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};

use kinora_media::Footage;
use kinora_protocol::job::inspect::{
    Confinement, Expected, FromInspector, Inspect, Inspected, Media, Question, Rehearsal, ToInspector,
    is_askable,
};
use kinora_protocol::limits::CLIP_BYTES_MAX;
use kinora_protocol::verdict::{Check, CheckName, CheckState};
use serde_bytes::ByteBuf;
use tokio::sync::Semaphore;

use super::FILES_MAX;
use super::confine::{self, CPU_SECONDS_MAX};
use super::process::{self, End, Process, Reel};

/// Inspectors at work at once: one file may take minutes without holding up the next.
pub const INSPECTORS_MAX: usize = 2;

/// What an inspector may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// Longest time for one file.
    pub file: Duration,
    /// Files until it is replaced.
    pub files: u32,
    /// Time at work until it is replaced: with one file more it stays below its own limit of processor time, so that no
    /// file is blamed for those before it.
    pub busy: Duration,
    /// Time without work until it is ended.
    pub idle: Duration,
}

impl Default for Bounds {
    fn default() -> Self {
        // A minute of 1080p takes a minute or more to decode on one slow core.
        let file = Duration::from_secs(120);
        let busy = Duration::from_secs(CPU_SECONDS_MAX / 2);
        Self { file, files: FILES_MAX, busy, idle: Duration::from_secs(60) }
    }
}

/// No inspector could be started. The file has nothing to do with it.
#[derive(Debug, thiserror::Error)]
#[error("no file can be looked into: {0}")]
pub struct Unavailable(String);

/// Why there was no answer.
enum Trouble {
    /// There is no inspector.
    Start(End),
    /// The inspector did not survive the question.
    Died(End),
}

/// A handle; clones share the inspectors.
#[derive(Clone)]
pub struct Inspectors {
    inner: Arc<Inner>,
}

struct Inner {
    /// This program, run again.
    program: PathBuf,
    /// Files are looked into in this process: for tests of the library, which has no program to start.
    #[cfg(test)]
    here: bool,
    bounds: Bounds,
    slots: Semaphore,
    warm: Mutex<Vec<Warm>>,
    announced: AtomicBool,
    started: AtomicU32,
}

/// An inspector that is not at work.
struct Warm {
    process: Process,
    confinement: Confinement,
    files: u32,
    busy: Duration,
    since: Instant,
}

impl std::fmt::Debug for Inspectors {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Inspectors").field("bounds", &self.inner.bounds).finish_non_exhaustive()
    }
}

impl Inspectors {
    /// Inspectors that are processes of `program`, which is this one. None is started before it is needed.
    #[must_use]
    pub fn new(program: PathBuf) -> Self {
        Self::with_bounds(program, Bounds::default())
    }

    /// As [`Inspectors::new`], with other bounds.
    #[must_use]
    pub fn with_bounds(program: PathBuf, bounds: Bounds) -> Self {
        Self { inner: Arc::new(Inner::new(program, bounds)) }
    }

    /// Inspection in this process.
    #[cfg(test)]
    pub(crate) fn here() -> Self {
        let inner = Inner::new(PathBuf::new(), Bounds::default());
        Self { inner: Arc::new(Inner { here: true, ..inner }) }
    }

    /// Looks into a file. What cannot be looked into is a failed check, not an error.
    ///
    /// # Errors
    /// [`Unavailable`] when no inspector can be started.
    pub async fn inspect(
        &self,
        file: Vec<u8>,
        questions: &[Question],
        expected: Option<Expected>,
    ) -> Result<Inspected, Unavailable> {
        Ok(self.look(file, questions, expected).await?.0)
    }

    /// Says what a file is.
    ///
    /// # Errors
    /// A sentence that says why it is of no use.
    pub async fn describe(&self, file: Vec<u8>) -> Result<Media, String> {
        let inspected = self.inspect(file, &[Question::Describe], None).await.map_err(|e| e.to_string())?;
        found(&inspected)
    }

    /// Says what a file is after all of it was decoded.
    ///
    /// # Errors
    /// A sentence that says why it is of no use.
    pub async fn whole(&self, file: Vec<u8>) -> Result<Media, String> {
        let questions = &[Question::Describe, Question::Decode];
        let inspected = self.inspect(file, questions, None).await.map_err(|e| e.to_string())?;
        found(&inspected)
    }

    /// Decodes a clip, to be played.
    ///
    /// # Errors
    /// A sentence that says why it cannot be played.
    pub async fn footage(&self, file: Vec<u8>) -> Result<Footage, String> {
        let looked = self.look(file, &[Question::Describe, Question::Footage], None).await;
        let (inspected, reel) = looked.map_err(|e| e.to_string())?;
        match found(&inspected)? {
            Media::Clip(facts) => reel.footage(&facts).map_err(|end| end.to_string()),
            Media::Poster { .. } | Media::Still { .. } => Err("it is a still, not a clip".to_owned()),
        }
    }

    /// Has an inspector try something; gives what was tried, and how each was stopped.
    ///
    /// # Errors
    /// How the inspector ended over it.
    pub async fn rehearse(&self, what: Rehearsal) -> Result<Vec<(String, Option<String>)>, End> {
        let frame = process::frame(&ToInspector::Rehearse(what))?;
        match self.ask(&frame, false).await {
            Ok((FromInspector::Rehearsed(tried), _)) => Ok(tried),
            Ok(_) => Err(End::Unasked("an answer to another question")),
            Err(Trouble::Start(end) | Trouble::Died(end)) => Err(end),
        }
    }

    /// How inspectors are confined on this machine.
    ///
    /// # Errors
    /// [`Unavailable`] when none can be started.
    pub async fn confinement(&self) -> Result<Confinement, Unavailable> {
        let warm = self.inner.start().await.map_err(|end| Unavailable(end.to_string()))?;
        let confinement = warm.confinement.clone();
        self.inner.put_back(warm);
        Ok(confinement)
    }

    /// How many inspectors were started so far, each after the first for one that was retired or died.
    #[must_use]
    pub fn started(&self) -> u32 {
        self.inner.started.load(Ordering::Relaxed)
    }

    async fn look(
        &self,
        file: Vec<u8>,
        questions: &[Question],
        expected: Option<Expected>,
    ) -> Result<(Inspected, Reel), Unavailable> {
        if !is_askable(file.len()) {
            let detail = format!("the file has {} bytes, a clip has at most {CLIP_BYTES_MAX}", file.len());
            return Ok((one(Check::fail(CheckName::Container, &detail)), Reel::default()));
        }
        let asked = Inspect { file: ByteBuf::from(file), questions: questions.to_vec(), expected };
        #[cfg(test)]
        if self.inner.here {
            return Ok((super::examine::answer(&asked).0, Reel::default()));
        }
        let message = ToInspector::Inspect(Box::new(asked));
        let frame = process::frame(&message).map_err(|fault| Unavailable(fault.to_string()))?;
        drop(message);
        let reason = match self.ask(&frame, questions.contains(&Question::Footage)).await {
            Ok((FromInspector::Inspected(inspected), reel)) => match inspected.bounded() {
                Some(inspected) => return Ok((inspected, reel)),
                None => "the inspector sent more than it may".to_owned(),
            },
            Ok(_) => "the inspector answered another question".to_owned(),
            Err(Trouble::Died(end)) => end.to_string(),
            Err(Trouble::Start(end)) => return Err(Unavailable(end.to_string())),
        };
        tracing::warn!(reason, "a file could not be inspected");
        let check = Check::fail(CheckName::Inspection, &format!("could not be inspected: {reason}"));
        Ok((one(check), Reel::default()))
    }

    /// Asks an inspector. One that had answered before may have died of that: a fresh one is asked once more.
    async fn ask(&self, frame: &[u8], footage: bool) -> Result<(FromInspector, Reel), Trouble> {
        let inner = &self.inner;
        // It is never closed.
        let _slot = inner.slots.acquire().await;
        let warm = match inner.take() {
            Some(warm) => warm,
            None => inner.start().await.map_err(Trouble::Start)?,
        };
        let was_fresh = warm.files == 0;
        match inner.ask(warm, frame, footage).await {
            Err(Trouble::Died(end)) if !was_fresh && !matches!(end, End::Slow(_)) => {
                tracing::info!(%end, "asking a fresh inspector");
                let fresh = inner.start().await.map_err(Trouble::Start)?;
                inner.ask(fresh, frame, footage).await
            }
            answered => answered,
        }
    }
}

/// What a file is, unless a check failed.
fn found(inspected: &Inspected) -> Result<Media, String> {
    let failed = inspected.checks.iter().find(|check| check.state == CheckState::Fail);
    match (failed, inspected.media) {
        (Some(check), _) => Err(check.detail.as_str().to_owned()),
        (None, Some(media)) => Ok(media),
        (None, None) => Err("it is nothing that Kinora knows".to_owned()),
    }
}

/// An answer of one check.
fn one(check: Check) -> Inspected {
    Inspected { checks: vec![check], ..Inspected::default() }
}

impl Inner {
    fn new(program: PathBuf, bounds: Bounds) -> Self {
        Self {
            program,
            #[cfg(test)]
            here: false,
            bounds,
            slots: Semaphore::new(INSPECTORS_MAX),
            warm: Mutex::default(),
            announced: AtomicBool::new(false),
            started: AtomicU32::new(0),
        }
    }

    fn warm(&self) -> MutexGuard<'_, Vec<Warm>> {
        // The list is whole after every method.
        self.warm.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn take(&self) -> Option<Warm> {
        self.warm().pop()
    }

    async fn start(&self) -> Result<Warm, End> {
        let (process, confinement) = Process::start(&self.program).await?;
        self.started.fetch_add(1, Ordering::Relaxed);
        if !confine::is_full(&confinement) && !self.announced.swap(true, Ordering::Relaxed) {
            tracing::warn!("inspectors are confined in part: {}", confine::words(&confinement));
        }
        Ok(Warm { process, confinement, files: 0, busy: Duration::ZERO, since: Instant::now() })
    }

    async fn ask(
        self: &Arc<Self>,
        mut warm: Warm,
        frame: &[u8],
        footage: bool,
    ) -> Result<(FromInspector, Reel), Trouble> {
        let (mut reel, start) = (Reel::default(), Instant::now());
        let asked = warm.process.ask(frame, footage.then_some(&mut reel));
        // A `warm` that is not put back is dropped, and its process with it.
        let answer = match tokio::time::timeout(self.bounds.file, asked).await {
            // An answer that came too late is late, even when it was there by the time that we looked.
            Ok(Ok(answer)) if start.elapsed() <= self.bounds.file => answer,
            Ok(Err(end)) => return Err(Trouble::Died(end)),
            Ok(Ok(_)) | Err(_) => return Err(Trouble::Died(End::Slow(self.bounds.file.as_secs()))),
        };
        warm.files = warm.files.saturating_add(1);
        warm.busy = warm.busy.saturating_add(start.elapsed());
        let shaken = matches!(&answer, FromInspector::Inspected(inspected)
            if inspected.checks.iter().any(|check| check.name == CheckName::Inspection));
        if !shaken && warm.files < self.bounds.files && warm.busy < self.bounds.busy {
            self.put_back(warm);
        }
        Ok((answer, reel))
    }

    /// Keeps an inspector for the next file, for a while.
    fn put_back(self: &Arc<Self>, mut warm: Warm) {
        warm.since = Instant::now();
        let mut kept = self.warm();
        if kept.len() < INSPECTORS_MAX {
            kept.push(warm);
            tokio::spawn(retire(Arc::downgrade(self), self.bounds.idle));
        }
    }
}

/// Ends inspectors that had nothing to do for this long.
async fn retire(inner: Weak<Inner>, idle: Duration) {
    tokio::time::sleep(idle).await;
    if let Some(inner) = inner.upgrade() {
        inner.warm().retain(|warm| warm.since.elapsed() < idle);
    }
}

#[cfg(test)]
mod tests;
