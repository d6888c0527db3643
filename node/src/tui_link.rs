//! The terminal program's connection to the node: its calls become tasks over the control socket.
//!
//! Nothing here blocks the terminal program; the number of open calls is bounded.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::Duration;

use kinora_protocol::api::{ApiError, Request};
use kinora_protocol::ids::BlobHash;
use kinora_tui::{Incoming, Link};
use tokio::runtime::Handle;
use tokio::sync::Semaphore;

use crate::api::client::Client;

/// Things that came in and wait for the terminal program.
const INCOMING_MAX: usize = 256;
/// Calls open at once; more wait their turn.
const CALLS_MAX: usize = 8;

/// A link over the control socket.
#[derive(Debug)]
pub struct SocketLink {
    client: Client,
    runtime: Handle,
    sender: SyncSender<Incoming>,
    incoming: Receiver<Incoming>,
    slots: Arc<Semaphore>,
}

impl SocketLink {
    /// Opens the stream of events.
    ///
    /// # Errors
    /// When the node cannot be reached.
    pub async fn open(client: Client) -> Result<Self, ApiError> {
        let mut events = client.events().await?;
        let (sender, incoming) = sync_channel(INCOMING_MAX);
        let events_to = sender.clone();
        tokio::task::spawn_blocking(move || {
            while let Some(event) = events.blocking_recv() {
                if events_to.send(Incoming::Event(event)).is_err() {
                    return;
                }
            }
            if events_to.send(Incoming::Closed).is_err() {
                tracing::debug!("the terminal program ended before the node");
            }
        });
        let slots = Arc::new(Semaphore::new(CALLS_MAX));
        Ok(Self { client, runtime: Handle::current(), sender, incoming, slots })
    }

    fn spawn(&self, work: impl Future<Output = Incoming> + Send + 'static) {
        let (sender, slots) = (self.sender.clone(), Arc::clone(&self.slots));
        self.runtime.spawn(async move {
            let _slot = slots.acquire_owned().await;
            let answer = work.await;
            // The channel may be full for a moment; waiting for that is not for the runtime's threads.
            let sent = tokio::task::spawn_blocking(move || sender.send(answer).is_ok()).await;
            if !matches!(sent, Ok(true)) {
                tracing::debug!("an answer came after the terminal program ended");
            }
        });
    }
}

impl Link for SocketLink {
    fn send(&mut self, id: u64, request: Request) {
        let client = self.client.clone();
        self.spawn(async move { Incoming::Answer { id, result: client.call(&request).await } });
    }

    fn blob(&mut self, hash: BlobHash) {
        let client = self.client.clone();
        self.spawn(async move { Incoming::Blob { hash, result: client.blob(hash).await } });
    }

    fn poll(&mut self, timeout: Duration) -> Option<Incoming> {
        match self.incoming.recv_timeout(timeout) {
            Ok(incoming) => Some(incoming),
            Err(RecvTimeoutError::Timeout) => None,
            Err(RecvTimeoutError::Disconnected) => Some(Incoming::Closed),
        }
    }
}
