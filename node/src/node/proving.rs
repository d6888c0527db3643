//! Looks at the manifests of clips whose record and file are here, one after another, and writes down what they say.
//!
//! Which clips wait is the store's to know (`store::provenance`); this is its inspector and its clock.

use std::sync::Arc;
use std::time::Duration;

use kinora_protocol::api::{ApiError, Event};
use kinora_protocol::ids::Rid;
use kinora_protocol::job::inspect::Question;
use kinora_protocol::record::Body;
use kinora_protocol::verdict::{Check, CheckName};
use tokio::sync::broadcast::error::RecvError;
use tokio_util::sync::CancellationToken;

use super::{Core, verify};

/// Clips looked at before anybody is told.
const TOGETHER: usize = 16;
/// How often the store is asked when nothing else wakes us.
const LOOK_EVERY: Duration = Duration::from_secs(30);

/// Looks at what waits, until it is told to stop.
pub(super) async fn run(core: Arc<Core>, stop: CancellationToken) {
    let mut changes = core.events.subscribe();
    loop {
        let more = match core.prove().await {
            Ok(looked) => {
                if looked > 0 {
                    core.tell(Event::FeedChanged);
                }
                looked == TOGETHER
            }
            Err(error) => {
                tracing::error!(%error, "manifests could not be looked at");
                false
            }
        };
        if more && !stop.is_cancelled() {
            continue;
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(LOOK_EVERY) => {}
            change = changes.recv() => if matches!(change, Err(RecvError::Closed)) { return },
        }
    }
}

impl Core {
    /// Looks at some of the clips that wait, and says how many they were.
    async fn prove(&self) -> Result<usize, ApiError> {
        let waiting = self.publisher.store.unproven(TOGETHER)?;
        for rid in &waiting {
            let check = self.manifest_of(*rid).await?;
            self.publisher.store.set_provenance(rid, check.as_ref())?;
        }
        Ok(waiting.len())
    }

    /// What the manifest in a clip's file says against its record; nothing when either has gone.
    async fn manifest_of(&self, rid: Rid) -> Result<Option<Check>, ApiError> {
        let store = &self.publisher.store;
        let Some(checked) = store.get(&rid)? else { return Ok(None) };
        let Body::Clip(clip) = &checked.record().body else { return Ok(None) };
        let Some(file) = self.publisher.blobs.get(clip.blob.hash).await else { return Ok(None) };
        let expected = verify::expected(store, &checked, clip)?;
        let asked = self.publisher.inspectors.inspect(file.to_vec(), &[Question::Provenance], Some(expected));
        let found = asked.await.map_err(|error| verify::unavailable(&error))?;
        Ok(found.checks.into_iter().find(|check| check.name == CheckName::Provenance))
    }
}
