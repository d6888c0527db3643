//! Clips that are done before they become a job: parts of others that somebody in them is to approve first.

use std::sync::Arc;

use kinora_protocol::api::{ApiError, Job};
use kinora_protocol::job::{Materials, Rendered};

use super::queue::Entry;
use super::{Studio, full, lock};

impl Studio {
    /// Takes in a clip that is done already, as a draft.
    ///
    /// # Errors
    /// When there are too many drafts, or it cannot be kept.
    pub async fn adopt(&self, entry: Entry, rendered: Arc<Rendered>) -> Result<Job, ApiError> {
        lock(&self.inner.queue).room_for_draft().map_err(full)?;
        let made = self.inner.shelf.keep(&entry, Arc::clone(&rendered), Materials::default()).await?;
        let (blob, times) = (made.blob, rendered.times.clone());
        let elapsed_millis = times.iter().map(|time| time.millis).fold(0, u64::saturating_add);
        let job = Job { elapsed_millis, times, ..entry.job.clone() };
        let entry = Entry { job, made: Some(made), ..entry };
        let id = lock(&self.inner.queue).adopt(entry, blob).map_err(full)?;
        self.write_down(id);
        Ok(self.known(id)?.job)
    }
}
