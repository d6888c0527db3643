//! The terminal program's connection to the node: its calls become tasks over the control socket.
//!
//! Nothing here blocks the terminal program; the number of open calls is bounded, and dropping the link ends its
//! stream of events.

use std::sync::Arc;

use kinora_protocol::api::{ApiError, Event, Request};
use kinora_protocol::ids::BlobHash;
use kinora_tui::{Incoming, Link, Mailbox};
use tokio::runtime::Handle;
use tokio::sync::{Semaphore, mpsc};
use tokio::task::JoinHandle;

use crate::api::client::Client;

/// Calls open at once; more wait their turn.
const CALLS_MAX: usize = 8;

/// A link over the control socket.
#[derive(Debug)]
pub struct SocketLink {
    client: Client,
    runtime: Handle,
    mailbox: Mailbox,
    slots: Arc<Semaphore>,
    events: JoinHandle<()>,
}

impl SocketLink {
    /// Opens the stream of events into `mailbox`.
    ///
    /// # Errors
    /// When the node cannot be reached.
    pub async fn open(client: Client, mailbox: Mailbox) -> Result<Self, ApiError> {
        let events = client.events().await?;
        let events = tokio::spawn(forward(events, mailbox.clone()));
        let slots = Arc::new(Semaphore::new(CALLS_MAX));
        Ok(Self { client, runtime: Handle::current(), mailbox, slots, events })
    }

    fn spawn(&self, work: impl Future<Output = Incoming> + Send + 'static) {
        let (mailbox, slots) = (self.mailbox.clone(), Arc::clone(&self.slots));
        self.runtime.spawn(async move {
            let _slot = slots.acquire_owned().await;
            if !put(&mailbox, work.await).await {
                tracing::debug!("an answer came after the terminal program ended");
            }
        });
    }
}

impl Drop for SocketLink {
    fn drop(&mut self) {
        self.events.abort();
    }
}

async fn forward(mut events: mpsc::Receiver<Event>, mailbox: Mailbox) {
    while let Some(event) = events.recv().await {
        if !put(&mailbox, Incoming::Event(event)).await {
            return;
        }
    }
    if !put(&mailbox, Incoming::Closed).await {
        tracing::debug!("the terminal program ended before the node");
    }
}

/// The mailbox may be full for a moment; waiting for that is not for the runtime's threads.
async fn put(mailbox: &Mailbox, incoming: Incoming) -> bool {
    let mailbox = mailbox.clone();
    matches!(tokio::task::spawn_blocking(move || mailbox.put(incoming)).await, Ok(true))
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
}
