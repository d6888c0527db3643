//! The studio's queue as a pure machine: which job runs, which wait, what became of the others.
//!
//! It never renders, stores or reads time: `studio` performs what it decides. One job runs at a time; the queue and
//! the history are bounded; a draft is never forgotten by itself.

use std::collections::{BTreeMap, VecDeque};

use kinora_protocol::api::{Job, JobId, JobState, MakeRequest};
use kinora_protocol::ids::{BlobHash, Rid};
use kinora_protocol::job::{Materials, NextRequest, RenderRequest, Rendered, Stage};
use kinora_protocol::limits::STUDIO_QUEUE_MAX;
use kinora_protocol::lineage::Cut;
use kinora_protocol::recipe::Format;
use serde::{Deserialize, Serialize};
use serde_bytes::ByteArray;

use super::estimate::Estimate;

/// Most jobs kept that are no longer waiting or running, drafts not counted.
pub const HISTORY_MAX: usize = 200;
/// Most drafts kept; a new draft is refused beyond.
pub const DRAFTS_MAX: usize = 200;

/// What a finished render left on disk.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Made {
    /// The clip's blob.
    pub blob: BlobHash,
    /// Its size in bytes.
    pub size: u64,
    /// Its still, with its size in bytes.
    pub poster: Option<(BlobHash, u64)>,
    /// Size and length of the picture.
    pub format: Format,
}

/// What is drawn at random for a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Drawn {
    /// The seed of its render, unless one was asked for.
    pub seed: u64,
    /// Its tag.
    pub tag: ByteArray<8>,
}

/// One job with everything needed to take it up again after a restart.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// As the API shows it.
    pub job: Job,
    /// As it was asked for.
    pub request: MakeRequest,
    /// Length of the first shot in frames at the engine's frame rate.
    pub frames: u32,
    /// The shots after the first.
    #[serde(default)]
    pub next: Vec<NextRequest>,
    /// Clips that the record names as parents.
    #[serde(default)]
    pub parents: Vec<Rid>,
    /// The part of its parent that it is, when nothing was generated.
    #[serde(default)]
    pub cut: Option<Cut>,
    /// What the invisible mark of its pictures carries, and its record too.
    pub tag: ByteArray<8>,
    /// Name under which the job's materials are kept until it has ended, if it has any.
    #[serde(default)]
    pub kept: Option<String>,
    /// What the render left, once done.
    pub made: Option<Made>,
    /// The signed clip record, kept before it is offered: a restart in between publishes the same record again
    /// instead of a second one.
    pub signed: Option<Vec<u8>>,
}

/// Why a job was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Full {
    /// Too many wait.
    Queue,
    /// Too many drafts lie around.
    Drafts,
}

/// What a cancel did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cancel {
    /// The job waited; it is cancelled.
    Dropped,
    /// The job runs: its worker must be killed.
    Kill,
    /// The job has ended already.
    Ended,
    /// There is no such job.
    Unknown,
}

/// All jobs of a home.
#[derive(Debug, Default)]
pub struct Queue {
    jobs: BTreeMap<JobId, Entry>,
    waiting: VecDeque<JobId>,
    running: Option<JobId>,
    estimate: Estimate,
    stage: Option<(Stage, u64)>,
}

impl Queue {
    /// Takes up what was stored: what waited or ran waits again, in the old order and with the old seed.
    #[must_use]
    pub fn restore(entries: impl IntoIterator<Item = Entry>) -> Self {
        let mut queue = Self::default();
        for mut entry in entries {
            let millis = entry.job.millis;
            queue.estimate.learn(&entry.job.times, millis);
            if matches!(entry.job.state, JobState::Queued | JobState::Running { .. }) {
                entry.job.state = JobState::Queued;
                queue.waiting.push_back(entry.job.id);
            }
            queue.jobs.insert(entry.job.id, entry);
        }
        let mut order: Vec<JobId> = queue.waiting.into();
        order.sort_unstable();
        queue.waiting = order.into();
        queue
    }

    /// Puts a job at the end of the queue and numbers it.
    ///
    /// # Errors
    /// [`Full`] when a bound is reached.
    pub fn push(&mut self, mut entry: Entry) -> Result<JobId, Full> {
        if self.waiting.len() >= STUDIO_QUEUE_MAX {
            return Err(Full::Queue);
        }
        if entry.request.draft {
            self.room_for_draft()?;
        }
        let id = self.next_id();
        entry.job.id = id;
        entry.job.state = JobState::Queued;
        self.jobs.insert(id, entry);
        self.waiting.push_back(id);
        Ok(id)
    }

    /// Numbers a job that is done already and puts it among the drafts.
    ///
    /// # Errors
    /// [`Full::Drafts`].
    pub fn adopt(&mut self, mut entry: Entry, blob: BlobHash) -> Result<JobId, Full> {
        self.room_for_draft()?;
        let id = self.next_id();
        (entry.job.id, entry.job.state) = (id, JobState::Draft { blob });
        self.jobs.insert(id, entry);
        Ok(id)
    }

    /// Whether there is room for one more draft.
    ///
    /// # Errors
    /// [`Full::Drafts`] when there is none.
    pub fn room_for_draft(&self) -> Result<(), Full> {
        if self.drafts() >= DRAFTS_MAX { Err(Full::Drafts) } else { Ok(()) }
    }

    fn next_id(&self) -> JobId {
        self.jobs.last_key_value().map_or(1, |(last, _)| last.saturating_add(1))
    }

    fn drafts(&self) -> usize {
        self.jobs.values().filter(|e| matches!(e.job.state, JobState::Draft { .. })).count()
    }

    /// Starts the next job if none runs. Its materials are still to be put into the request.
    pub fn start(&mut self, threads: u32) -> Option<(JobId, RenderRequest)> {
        if self.running.is_some() {
            return None;
        }
        let id = self.waiting.pop_front()?;
        let entry = self.jobs.get_mut(&id)?;
        self.running = Some(id);
        self.stage = None;
        let request = RenderRequest {
            shot: entry.job.reading.shot.clone(),
            seed: entry.job.seed,
            frames: entry.frames,
            steps: entry.request.steps,
            guidance_percent: entry.request.guidance_percent,
            threads,
            next: entry.next.clone(),
            switches: entry.request.switches,
            tag: Some(entry.tag),
            materials: Materials::default(),
        };
        self.progress(id, Stage::Prepare, (0, 1), 0);
        Some((id, request))
    }

    /// Notes how far the running job is, `elapsed` milliseconds after its start.
    pub fn progress(&mut self, id: JobId, stage: Stage, (done, total): (u32, u32), elapsed: u64) {
        if self.running != Some(id) {
            return;
        }
        let Some(entry) = self.jobs.get_mut(&id) else { return };
        if self.stage.is_none_or(|(known, _)| known != stage) {
            self.stage = Some((stage, elapsed));
        }
        let started = self.stage.map_or(elapsed, |(_, at)| at);
        let here =
            self.estimate.position(entry.job.millis, stage, (done, total), elapsed.saturating_sub(started));
        let before = match entry.job.state {
            JobState::Running { fraction, .. } => fraction,
            _ => 0.0,
        };
        entry.job.elapsed_millis = elapsed;
        // A bar never runs backwards, even when a stage turns out longer than it used to be.
        let fraction = here.fraction.max(before);
        entry.job.state =
            JobState::Running { stage, done, total, fraction, eta_millis: Some(here.eta_millis) };
    }

    /// Notes what the worker delivered; the job still runs until [`Queue::settle`].
    pub fn made(&mut self, id: JobId, rendered: &Rendered, made: Made, elapsed: u64) {
        if let Some(entry) = self.jobs.get_mut(&id) {
            entry.job.elapsed_millis = elapsed;
            entry.job.times.clone_from(&rendered.times);
            entry.job.recipe.clone_from(&rendered.recipe);
            entry.job.millis = made.format.millis();
            entry.made = Some(made);
            self.estimate.learn(&rendered.times, entry.job.millis);
        }
    }

    /// Keeps the signed record of a job before it is offered to the door.
    pub fn signed(&mut self, id: JobId, bytes: Vec<u8>) {
        if let Some(entry) = self.jobs.get_mut(&id) {
            entry.signed = Some(bytes);
        }
    }

    /// Says under which licence a draft is published, and what its author says of it.
    pub fn set_terms(&mut self, id: JobId, licence: String, labels: Vec<String>) {
        if let Some(entry) = self.jobs.get_mut(&id).filter(|e| matches!(e.job.state, JobState::Draft { .. }))
        {
            entry.request.licence = Some(licence);
            entry.request.labels = labels;
        }
    }

    /// Ends a job, or turns a draft into a published clip. Returns the jobs that fell out of the history.
    pub fn settle(&mut self, id: JobId, state: JobState) -> Vec<JobId> {
        if self.running == Some(id) {
            self.running = None;
        }
        self.waiting.retain(|other| *other != id);
        if let Some(entry) = self.jobs.get_mut(&id) {
            entry.job.state = state;
        }
        let ended: Vec<JobId> = self
            .jobs
            .iter()
            .filter(|(_, e)| {
                !matches!(e.job.state, JobState::Queued | JobState::Running { .. } | JobState::Draft { .. })
            })
            .map(|(id, _)| *id)
            .collect();
        let gone: Vec<JobId> = ended.iter().copied().take(ended.len().saturating_sub(HISTORY_MAX)).collect();
        for id in &gone {
            self.jobs.remove(id);
        }
        gone
    }

    /// Gives up the materials of a job that has ended; they may be thrown away.
    pub fn release(&mut self, id: JobId) -> Option<String> {
        let entry = self.jobs.get_mut(&id)?;
        match entry.job.state {
            JobState::Queued | JobState::Running { .. } => None,
            _ => entry.kept.take(),
        }
    }

    /// Puts the running job back to the head of the queue: the node stops, the job goes on after a restart.
    pub fn requeue(&mut self, id: JobId) {
        if self.running == Some(id) {
            self.running = None;
            self.waiting.push_front(id);
            if let Some(entry) = self.jobs.get_mut(&id) {
                entry.job.state = JobState::Queued;
            }
        }
    }

    /// Asks for the end of a job.
    pub fn cancel(&mut self, id: JobId) -> Cancel {
        if self.running == Some(id) {
            return Cancel::Kill;
        }
        match self.jobs.get(&id).map(|e| &e.job.state) {
            None => Cancel::Unknown,
            Some(JobState::Queued) => {
                self.settle(id, JobState::Cancelled);
                Cancel::Dropped
            }
            Some(_) => Cancel::Ended,
        }
    }

    /// One job.
    #[must_use]
    pub fn get(&self, id: JobId) -> Option<&Entry> {
        self.jobs.get(&id)
    }

    /// All jobs, newest first.
    pub fn newest_first(&self) -> impl Iterator<Item = &Entry> {
        self.jobs.values().rev()
    }

    /// Jobs waiting or running.
    #[must_use]
    pub fn busy(&self) -> usize {
        self.waiting.len() + usize::from(self.running.is_some())
    }

    /// Whether a draft or a job that ended here made this blob.
    #[must_use]
    pub fn owns(&self, blob: BlobHash) -> bool {
        self.jobs.values().any(|e| {
            e.made.as_ref().is_some_and(|m| m.blob == blob || m.poster.is_some_and(|(hash, _)| hash == blob))
                && matches!(e.job.state, JobState::Draft { .. } | JobState::Running { .. })
        })
    }

    /// The job whose clip record is `rid`.
    #[must_use]
    pub fn of_clip(&self, rid: Rid) -> Option<&Entry> {
        self.jobs.values().find(|e| matches!(e.job.state, JobState::Published { clip, .. } if clip == rid))
    }
}

#[cfg(test)]
#[path = "queue_tests.rs"]
pub(crate) mod tests;
