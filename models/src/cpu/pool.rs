//! A fixed number of threads. Tasks own disjoint outputs and are taken as threads come free; scratch memory is kept.

use std::sync::{Mutex, PoisonError};

use rayon::iter::{IndexedParallelIterator as _, IntoParallelIterator as _, ParallelIterator as _};
use rayon::{ThreadPool, ThreadPoolBuilder};

use super::CpuError;

/// Threads that layers run on; one thread means the caller's own.
#[derive(Debug)]
pub struct Pool {
    threads: usize,
    workers: Option<ThreadPool>,
    /// Scratch that tasks gave back: fresh memory would fault page by page, every time.
    scratch: Mutex<Vec<Vec<f32>>>,
}

impl Pool {
    /// A pool of `threads` threads, 1 or more.
    pub fn new(threads: usize) -> Result<Self, CpuError> {
        let threads = threads.max(1);
        let workers = match threads {
            1 => None,
            _ => Some(start(threads)?),
        };
        Ok(Self { threads, workers, scratch: Mutex::default() })
    }

    /// How many threads.
    pub fn threads(&self) -> usize {
        self.threads
    }

    /// Runs `body` inside the pool, so that the layers it calls start without a hand-over. Optional.
    pub fn enter<R: Send>(&self, body: impl FnOnce() -> R + Send) -> R {
        match &self.workers {
            Some(workers) => workers.install(body),
            None => body(),
        }
    }

    /// Lends `body` scratch of `len` floats, whose contents are whatever the last task left.
    pub(crate) fn scratch<R>(&self, len: usize, body: impl FnOnce(&mut [f32]) -> R) -> R {
        let kept = self.scratch.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let mut floats = kept.unwrap_or_default();
        if floats.len() < len {
            floats.resize(len, 0.0);
        }
        let result = body(&mut floats[..len]);
        self.scratch.lock().unwrap_or_else(PoisonError::into_inner).push(floats);
        result
    }

    /// Runs `body` on every task.
    pub(crate) fn each<T: Send>(&self, tasks: Vec<T>, body: impl Fn(T) + Sync + Send) {
        match &self.workers {
            Some(workers) if tasks.len() > 1 => {
                workers.install(|| tasks.into_par_iter().with_max_len(1).for_each(body));
            }
            _ => tasks.into_iter().for_each(body),
        }
    }

    /// Runs `body` on every task and keeps the results in order.
    pub(crate) fn map<T: Send, R: Send>(&self, tasks: Vec<T>, body: impl Fn(T) -> R + Sync + Send) -> Vec<R> {
        match &self.workers {
            Some(workers) if tasks.len() > 1 => {
                workers.install(|| tasks.into_par_iter().with_max_len(1).map(body).collect())
            }
            _ => tasks.into_iter().map(body).collect(),
        }
    }

    /// Runs `body(first row, rows)` on pieces of `rows` rows of `out`, each `width` floats wide.
    pub(crate) fn rows(
        &self,
        out: &mut [f32],
        width: usize,
        rows: usize,
        body: impl Fn(usize, &mut [f32]) + Sync + Send,
    ) {
        let pieces = out.chunks_mut((width * rows).max(1)).enumerate().collect();
        self.each(pieces, |(index, piece)| body(index * rows, piece));
    }
}

/// Starts the workers.
fn start(threads: usize) -> Result<ThreadPool, CpuError> {
    ThreadPoolBuilder::new()
        .num_threads(threads)
        .thread_name(|index| format!("cpu-{index}"))
        .build()
        .map_err(|error| CpuError::Threads(error.to_string()))
}
