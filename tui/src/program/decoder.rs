//! Clips are decoded on a thread of their own; a decoder that panics costs its clip and nothing else.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread;

use kinora_protocol::ids::BlobHash;

use super::Input;
use crate::app::Message;
use crate::options::Decoder;

/// Clips that wait for the decoder.
const QUEUE_MAX: usize = 8;

/// The thread.
pub(super) struct DecoderThread(SyncSender<(BlobHash, Vec<u8>)>);

impl DecoderThread {
    /// Starts it; results go to `to`.
    pub(super) fn start(decoder: Decoder, to: SyncSender<Input>) -> Self {
        let (sender, queue) = sync_channel::<(BlobHash, Vec<u8>)>(QUEUE_MAX);
        thread::spawn(move || {
            while let Ok((hash, bytes)) = queue.recv() {
                let decoded = catch_unwind(AssertUnwindSafe(|| decoder.decode(&bytes)));
                let result =
                    decoded.unwrap_or_else(|_| Err("the decoder failed on it".to_owned())).map(Arc::new);
                if to.send(Input::Message(Message::Decoded { hash, result })).is_err() {
                    return;
                }
            }
        });
        Self(sender)
    }

    /// Queues a clip; `false` when too many wait.
    pub(super) fn put(&self, hash: BlobHash, bytes: Vec<u8>) -> bool {
        self.0.try_send((hash, bytes)).is_ok()
    }
}
