//! The studio: takes prompts, renders one after another in a worker process, keeps and publishes what comes out.
//!
//! It decides nothing that `studio::queue` does not decide, and it never renders in this process. What it makes goes
//! to disk before it is said to be done.

mod adopt;
pub mod ask;
pub mod errand;
pub mod estimate;
pub mod materials;
pub mod process;
pub mod queue;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use futures::future::BoxFuture;
use kinora_protocol::api::{ApiError, Event, Job, JobId, JobState, MakeRequest};
use kinora_protocol::ids::{BlobHash, Rid};
use kinora_protocol::job::{FromWorker, Materials, Picture, RenderRequest, Rendered, ToWorker};
use kinora_protocol::text::Text;
use tokio::sync::{Notify, broadcast};
use tokio_util::sync::CancellationToken;

use crate::error::{self, Hint as _};
use materials::{Drawer, Gathered};
use process::{Worker, WorkerEnd};
use queue::{Cancel, Drawn, Entry, Full, Made, Queue};

pub use ask::{FPS, prompt_error};

/// A worker that sends no frame for this long is stopped.
const SILENCE_MAX: Duration = Duration::from_secs(300);
/// Least time between two progress events of a job.
const EVENT_EVERY: Duration = Duration::from_millis(100);
/// Where the studio leaves what it made. The node implements it over store, blobs and door.
pub trait Shelf: Send + Sync + 'static {
    /// Writes a job down.
    ///
    /// # Errors
    /// When it is not on disk afterwards.
    fn save(&self, entry: &Entry) -> Result<(), ApiError>;
    /// Forgets an old job.
    fn forget(&self, id: JobId);
    /// Signs the clip's file, which says what it was made from, and puts it and its still into the blob store; they are
    /// on disk when this returns.
    fn keep<'a>(
        &'a self,
        entry: &'a Entry,
        rendered: Arc<Rendered>,
        materials: Materials,
    ) -> BoxFuture<'a, Result<Made, ApiError>>;
    /// Signs the record of a clip.
    ///
    /// # Errors
    /// When the record breaks a bound or the clock is unusable.
    fn sign(&self, entry: &Entry) -> Result<Vec<u8>, ApiError>;
    /// Stores a signed record and hands it to the network.
    fn publish<'a>(&'a self, signed: &'a [u8]) -> BoxFuture<'a, Result<Rid, ApiError>>;
}

/// How the studio is set up.
#[derive(Clone, Debug)]
pub struct Options {
    /// The program that is run as `program engine`.
    pub program: PathBuf,
    /// Threads a render may use; 0 takes all.
    pub threads: u32,
    /// Where the materials of waiting jobs lie.
    pub drawer: Drawer,
}

/// A handle to the studio; clones share it.
#[derive(Clone)]
pub struct Studio {
    inner: Arc<Inner>,
}

struct Inner {
    queue: Mutex<Queue>,
    /// Tokens of the jobs that run, by job: one at most.
    kills: Mutex<BTreeMap<JobId, CancellationToken>>,
    /// Held by the errand that runs.
    errands: tokio::sync::Mutex<()>,
    wake: Notify,
    shelf: Arc<dyn Shelf>,
    events: broadcast::Sender<Event>,
    options: Options,
    stop: CancellationToken,
}

impl std::fmt::Debug for Studio {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Studio").field("options", &self.inner.options).finish_non_exhaustive()
    }
}

/// How a render in the worker ended.
enum Outcome {
    Done(Box<Rendered>),
    Failed(String),
    Cancelled,
    Stopped,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // The machines behind these locks are whole after every method, whoever panicked while holding one.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Studio {
    /// A studio with the jobs of an earlier run.
    #[must_use]
    pub fn new(
        options: Options,
        entries: Vec<Entry>,
        shelf: Arc<dyn Shelf>,
        events: broadcast::Sender<Event>,
    ) -> Self {
        let queue = Queue::restore(entries);
        options.drawer.sweep(&queue.newest_first().filter_map(|e| e.kept.as_deref()).collect());
        let inner = Inner {
            queue: Mutex::new(queue),
            kills: Mutex::default(),
            errands: tokio::sync::Mutex::default(),
            wake: Notify::new(),
            shelf,
            events,
            options,
            stop: CancellationToken::new(),
        };
        Self { inner: Arc::new(inner) }
    }

    /// Queues a render of what was gathered for it.
    ///
    /// # Errors
    /// When the request is wrong, the queue is full or the job cannot be written down.
    pub async fn make(
        &self,
        request: MakeRequest,
        gathered: Gathered,
        drawn: Drawn,
        now: u64,
    ) -> Result<Job, ApiError> {
        let mut entry = ask::entry(request, &gathered, drawn, now)?;
        if !gathered.materials.is_empty() {
            let drawer = self.inner.options.drawer.clone();
            let name = off_thread(move || drawer.keep(&gathered.materials)).await?;
            entry.kept = Some(name);
        }
        let kept = entry.kept.clone();
        let saved = self.enqueue(entry).inspect_err(|_| self.throw_away(kept))?;
        self.announce(&saved.job);
        self.inner.wake.notify_one();
        Ok(saved.job)
    }

    fn enqueue(&self, entry: Entry) -> Result<Entry, ApiError> {
        let mut queue = lock(&self.inner.queue);
        let id = queue.push(entry).map_err(full)?;
        let entry = queue.get(id).cloned().ok_or_else(|| error::internal("the queued job is gone"))?;
        self.inner.shelf.save(&entry).inspect_err(|_| drop(queue.settle(id, JobState::Cancelled)))?;
        Ok(entry)
    }

    fn throw_away(&self, kept: Option<String>) {
        if let Some(name) = kept {
            self.inner.options.drawer.remove(&name);
        }
    }

    /// Tickets, with their grants, that jobs hold whose clips are not published yet.
    #[must_use]
    pub fn tickets(&self) -> Vec<(Rid, u32)> {
        let queue = lock(&self.inner.queue);
        let open = queue.newest_first().filter(|entry| {
            matches!(entry.job.state, JobState::Queued | JobState::Running { .. } | JobState::Draft { .. })
        });
        let cameos = open.filter_map(|entry| entry.request.cameo.as_ref());
        cameos
            .flat_map(|cameo| cameo.ticket.into_iter().chain(cameo.more.iter().map(|used| used.ticket)))
            .collect()
    }

    /// All jobs, newest first.
    #[must_use]
    pub fn jobs(&self) -> Vec<Job> {
        lock(&self.inner.queue).newest_first().map(|e| e.job.clone()).collect()
    }

    /// Jobs waiting or running.
    #[must_use]
    pub fn busy(&self) -> usize {
        lock(&self.inner.queue).busy()
    }

    /// Whether a draft made this blob, so that it may be shown here.
    #[must_use]
    pub fn owns(&self, blob: BlobHash) -> bool {
        lock(&self.inner.queue).owns(blob)
    }

    /// Cancels a job. The worker of a running one is gone a moment later.
    ///
    /// # Errors
    /// When there is no such job or it has ended.
    pub fn cancel(&self, id: JobId) -> Result<(), ApiError> {
        let decision = lock(&self.inner.queue).cancel(id);
        match decision {
            Cancel::Unknown => {
                Err(error::missing(format!("there is no job {id}")).hint("`kinora status` lists jobs"))
            }
            Cancel::Ended => Err(error::request(format!("job {id} has ended already"))),
            Cancel::Dropped => {
                let kept = lock(&self.inner.queue).release(id);
                self.throw_away(kept);
                self.write_down(id);
                Ok(())
            }
            Cancel::Kill => {
                if let Some(kill) = lock(&self.inner.kills).get(&id) {
                    kill.cancel();
                }
                Ok(())
            }
        }
    }

    /// One job with all that is kept of it.
    #[must_use]
    pub fn entry(&self, id: JobId) -> Option<Entry> {
        lock(&self.inner.queue).get(id).cloned()
    }

    /// Publishes a draft under a licence, with what its author says of it.
    ///
    /// # Errors
    /// When there is no such draft or the record cannot be stored.
    pub async fn publish(&self, id: JobId, licence: String, labels: Vec<String>) -> Result<Rid, ApiError> {
        lock(&self.inner.queue).set_terms(id, licence, labels);
        let state = lock(&self.inner.queue).get(id).map(|e| e.job.state.clone());
        match state {
            None => {
                Err(error::missing(format!("there is no job {id}")).hint("`kinora publish` lists drafts"))
            }
            Some(JobState::Published { clip, .. }) => Ok(clip),
            Some(JobState::Draft { blob }) => {
                let rid = self.sign_and_publish(id).await?;
                self.settle(id, JobState::Published { clip: rid, blob });
                Ok(rid)
            }
            Some(_) => Err(error::request(format!("job {id} is not a draft"))),
        }
    }

    /// Renders what is queued until [`Studio::stop`].
    pub async fn run(self) {
        while !self.inner.stop.is_cancelled() {
            let next = lock(&self.inner.queue).start(self.inner.options.threads);
            match next {
                Some((id, request)) => self.render(id, request).await,
                None => {
                    tokio::select! {
                        () = self.inner.wake.notified() => {}
                        () = self.inner.stop.cancelled() => {}
                    }
                }
            }
        }
    }

    /// Ends [`Studio::run`]; a running job waits for the next start.
    pub fn stop(&self) {
        self.inner.stop.cancel();
    }

    async fn render(&self, id: JobId, request: RenderRequest) {
        let kill = CancellationToken::new();
        lock(&self.inner.kills).insert(id, kill.clone());
        self.write_down(id);
        let start = Instant::now();
        let outcome = match self.pending(id) {
            // It was rendered and signed before a restart: only the last step is missing.
            Some(blob) => self.finish_publication(id, blob).await,
            None => {
                let outcome = match self.materials(id).await {
                    Ok(materials) => {
                        self.watch(id, RenderRequest { materials, ..request }, &kill, start).await
                    }
                    Err(error) => Outcome::Failed(error.message),
                };
                match outcome {
                    Outcome::Done(rendered) => self.shelve(id, rendered.into(), start).await,
                    Outcome::Failed(reason) => Some(JobState::Failed { reason }),
                    Outcome::Cancelled => Some(JobState::Cancelled),
                    Outcome::Stopped => None,
                }
            }
        };
        lock(&self.inner.kills).remove(&id);
        match outcome {
            Some(state) => self.settle(id, state),
            None => {
                lock(&self.inner.queue).requeue(id);
                self.write_down(id);
            }
        }
    }

    /// What the job is made from, as it was when it was queued.
    async fn materials(&self, id: JobId) -> Result<Materials, ApiError> {
        let kept = lock(&self.inner.queue).get(id).and_then(|e| e.kept.clone());
        let Some(name) = kept else { return Ok(Materials::default()) };
        let drawer = self.inner.options.drawer.clone();
        off_thread(move || drawer.get(&name)).await
    }

    fn pending(&self, id: JobId) -> Option<BlobHash> {
        let queue = lock(&self.inner.queue);
        let entry = queue.get(id)?;
        entry.signed.as_ref()?;
        entry.made.as_ref().map(|made| made.blob)
    }

    async fn finish_publication(&self, id: JobId, blob: BlobHash) -> Option<JobState> {
        Some(match self.sign_and_publish(id).await {
            Ok(clip) => JobState::Published { clip, blob },
            Err(error) => JobState::Failed { reason: error.message },
        })
    }

    /// Runs the worker and passes on how far it is.
    async fn watch(
        &self,
        id: JobId,
        request: RenderRequest,
        kill: &CancellationToken,
        start: Instant,
    ) -> Outcome {
        let mut worker = match Worker::start(&self.inner.options.program, &ToWorker::Render(request)).await {
            Ok(worker) => worker,
            Err(end) => return Outcome::Failed(end.to_string()),
        };
        let mut told = start;
        loop {
            let frame = tokio::select! {
                biased;
                () = kill.cancelled() => { worker.kill().await; return Outcome::Cancelled; }
                () = self.inner.stop.cancelled() => { worker.kill().await; return Outcome::Stopped; }
                () = tokio::time::sleep(SILENCE_MAX) => {
                    worker.kill().await;
                    return Outcome::Failed(WorkerEnd::Silent(SILENCE_MAX.as_secs()).to_string());
                }
                frame = worker.next() => frame,
            };
            match frame {
                Ok(FromWorker::Done(rendered)) => {
                    worker.kill().await;
                    return Outcome::Done(rendered);
                }
                Ok(FromWorker::Compared(_)) => {
                    worker.kill().await;
                    return Outcome::Failed(WorkerEnd::Other.to_string());
                }
                Ok(FromWorker::Failed { reason }) => {
                    worker.kill().await;
                    return Outcome::Failed(Text::block(&reason, 2_000).as_str().to_owned());
                }
                Ok(FromWorker::Progress { stage, done, total, preview }) => {
                    let elapsed = millis(start);
                    lock(&self.inner.queue).progress(id, stage, (done, total), elapsed);
                    if told.elapsed() >= EVENT_EVERY || preview.is_some() {
                        told = Instant::now();
                        self.tell_progress(id, preview);
                    }
                }
                Err(end) => {
                    worker.kill().await;
                    return Outcome::Failed(end.to_string());
                }
            }
        }
    }

    fn tell_progress(&self, id: JobId, preview: Option<Picture>) {
        let job = lock(&self.inner.queue).get(id).map(|e| e.job.clone());
        if let Some(job) = job {
            self.announce(&job);
        }
        if let Some(picture) = preview {
            self.tell(preview_event(id, &picture));
        }
    }

    /// Blob first, then record: what is said to be done is on disk.
    async fn shelve(&self, id: JobId, rendered: Arc<Rendered>, start: Instant) -> Option<JobState> {
        let made = match self.keep(id, Arc::clone(&rendered)).await {
            Ok(made) => made,
            Err(error) => return Some(JobState::Failed { reason: error.message }),
        };
        let blob = made.blob;
        lock(&self.inner.queue).made(id, &rendered, made, millis(start));
        let draft = lock(&self.inner.queue).get(id).is_some_and(|e| e.request.draft);
        if draft { Some(JobState::Draft { blob }) } else { self.finish_publication(id, blob).await }
    }

    async fn keep(&self, id: JobId, rendered: Arc<Rendered>) -> Result<Made, ApiError> {
        let entry = self.known(id)?;
        let materials = self.materials(id).await?;
        self.inner.shelf.keep(&entry, rendered, materials).await
    }

    fn known(&self, id: JobId) -> Result<Entry, ApiError> {
        self.entry(id).ok_or_else(|| error::missing(format!("there is no job {id}")))
    }

    async fn sign_and_publish(&self, id: JobId) -> Result<Rid, ApiError> {
        let entry = self.known(id)?;
        let signed = match entry.signed {
            Some(signed) => signed,
            None => {
                let signed = self.inner.shelf.sign(&entry)?;
                lock(&self.inner.queue).signed(id, signed.clone());
                self.write_down(id);
                signed
            }
        };
        self.inner.shelf.publish(&signed).await
    }

    fn settle(&self, id: JobId, state: JobState) {
        let (gone, kept) = {
            let mut queue = lock(&self.inner.queue);
            (queue.settle(id, state), queue.release(id))
        };
        self.throw_away(kept);
        for old in gone {
            self.inner.shelf.forget(old);
        }
        self.write_down(id);
    }

    /// Saves and announces a job. A job that cannot be saved still counts until the node ends.
    fn write_down(&self, id: JobId) {
        let entry = lock(&self.inner.queue).get(id).cloned();
        if let Some(entry) = entry {
            if let Err(error) = self.inner.shelf.save(&entry) {
                tracing::error!(job = id, %error, "the job could not be written down");
            }
            self.announce(&entry.job);
        }
    }

    fn announce(&self, job: &Job) {
        self.tell(Event::Job(Box::new(job.clone())));
    }

    fn tell(&self, event: Event) {
        if self.inner.events.send(event).is_err() {
            tracing::trace!("nobody listens to the studio");
        }
    }
}

/// Work on files, which the runtime's few threads should not wait for.
async fn off_thread<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, ApiError> + Send + 'static,
) -> Result<T, ApiError> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|e| error::internal(format!("a file could not be worked on: {e}")))?
}

fn millis(since: Instant) -> u64 {
    u64::try_from(since.elapsed().as_millis()).unwrap_or(u64::MAX)
}

fn full(full: Full) -> ApiError {
    match full {
        Full::Queue => error::busy("the studio's queue is full").hint("wait for a job to end, or cancel one"),
        Full::Drafts => {
            error::busy("there are too many drafts").hint("publish or cancel some: `kinora publish`")
        }
    }
}

fn preview_event(job: JobId, picture: &Picture) -> Event {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |n: u8| DIGITS.get(usize::from(n & 15)).map_or('0', |d| char::from(*d));
    let rgb_hex = picture.rgb.iter().flat_map(|byte| [digit(byte >> 4), digit(*byte)]).collect();
    Event::Preview { job, width: picture.width, height: picture.height, rgb_hex }
}

#[cfg(test)]
mod tests;
