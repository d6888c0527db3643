//! One run of the worker beside the queue: what it delivers goes to whoever asked, and is kept nowhere.
//!
//! Cuts and audits are errands. One runs at a time, the others wait; when whoever asked goes away, the process ends.

use kinora_protocol::api::ApiError;
use kinora_protocol::job::{FromWorker, ToWorker};
use kinora_protocol::text::Text;

use super::process::{Worker, WorkerEnd};
use super::{SILENCE_MAX, Studio};
use crate::error;

/// Longest reason that is repeated, in characters.
const REASON_CHARS_MAX: usize = 2_000;

impl Studio {
    /// Runs the worker once and gives its last frame, never [`FromWorker::Failed`]. Dropping the future ends the process.
    ///
    /// # Errors
    /// What the worker says, or how it ended.
    pub async fn errand(&self, message: &ToWorker) -> Result<FromWorker, ApiError> {
        let _turn = self.inner.errands.lock().await;
        let end = |end: WorkerEnd| error::system(end.to_string());
        let mut worker = Worker::start(&self.inner.options.program, message).await.map_err(end)?;
        let last = loop {
            let frame = tokio::select! {
                biased;
                () = self.inner.stop.cancelled() => return Err(error::busy("the node is stopping")),
                frame = tokio::time::timeout(SILENCE_MAX, worker.next()) => frame,
            };
            match frame {
                Ok(Ok(FromWorker::Progress { .. })) => {}
                Ok(Ok(last)) => break last,
                Ok(Err(ended)) => return Err(end(ended)),
                Err(_) => return Err(end(WorkerEnd::Silent(SILENCE_MAX.as_secs()))),
            }
        };
        worker.kill().await;
        match last {
            FromWorker::Failed { reason } => {
                Err(error::request(Text::block(&reason, REASON_CHARS_MAX).as_str().to_owned()))
            }
            last => Ok(last),
        }
    }

    /// Threads a render may use; 0 takes all.
    #[must_use]
    pub fn threads(&self) -> u32 {
        self.inner.options.threads
    }
}
