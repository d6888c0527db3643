//! The door: the one way into the store, for our own records and for those of strangers.
//!
//! One thread checks what comes and writes it in batches, so that one transaction serves many. The queue is bounded:
//! whoever offers waits. Nothing is answered before it is on disk.

use std::sync::Arc;

use kinora_protocol::check::{CertificateCache, Checked, check};
use kinora_protocol::fault::Fault;
use kinora_protocol::feed::Decision;
use kinora_protocol::ids::{AuthorId, Rid};
use kinora_protocol::record::Body;
use tokio::sync::{mpsc, oneshot};

use crate::clock;
use crate::store::{Store, StoreError};

/// Records waiting at the door.
const QUEUE: usize = 1_024;
/// Most records in one transaction.
const BATCH: usize = 256;
/// Most comments and reactions of people not followed that are kept of one clip.
const REPLIES_MAX: usize = 1_000;

/// Where a record comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// This node made it.
    Local,
    /// Another node sent it.
    Peer,
}

/// What became of a record.
#[derive(Clone, Debug, PartialEq)]
pub enum Offer {
    /// New, and stored.
    New(Arc<Checked>),
    /// Seen before.
    Known(Rid),
    /// Of the future: kept until then.
    Held,
    /// It does not hold.
    Refused(Fault),
    /// It holds, and is not kept, for this reason.
    Dropped(&'static str),
}

/// Reason for a record of somebody nobody here follows.
pub const NOT_FOLLOWED: &str = "its author is not followed here";
/// Reason for a record that a newer one replaced.
pub const SUPERSEDED: &str = "a newer record took its place";
/// Reason for a record whose author took it back.
pub const TAKEN_BACK: &str = "its author took it back";
/// Reason for one record too many.
pub const OVER_QUOTA: &str = "its author has too many records here";
/// Reason when the disk failed.
pub const NOT_WRITTEN: &str = "the store could not write it";

struct Visitor {
    signed: Vec<u8>,
    source: Source,
    answer: oneshot::Sender<Offer>,
}

/// A handle to the door; clones share it. The thread ends with the last one.
#[derive(Clone, Debug)]
pub struct Door {
    visitors: mpsc::Sender<Visitor>,
}

impl Door {
    /// Opens the door of a store for the records of `me` and of those `me` follows.
    ///
    /// # Errors
    /// When no thread can be started.
    pub fn open(store: Store, me: AuthorId) -> std::io::Result<Self> {
        let (visitors, inbox) = mpsc::channel(QUEUE);
        std::thread::Builder::new().name("door".to_owned()).spawn(move || keep(&store, me, inbox))?;
        Ok(Self { visitors })
    }

    /// Offers signed bytes.
    pub async fn offer(&self, signed: &[u8], source: Source) -> Offer {
        let (answer, answered) = oneshot::channel();
        let visitor = Visitor { signed: signed.to_vec(), source, answer };
        if self.visitors.send(visitor).await.is_err() {
            return Offer::Dropped("the node is stopping");
        }
        answered.await.unwrap_or(Offer::Dropped(NOT_WRITTEN))
    }
}

fn keep(store: &Store, me: AuthorId, mut inbox: mpsc::Receiver<Visitor>) {
    let mut certificates = CertificateCache::default();
    let mut batch = Vec::with_capacity(BATCH);
    while inbox.blocking_recv_many(&mut batch, BATCH) > 0 {
        let now = clock::now_seconds();
        let mut accepted = Vec::new();
        let mut answers = Vec::new();
        for visitor in batch.drain(..) {
            match judge(store, me, &visitor, &mut certificates) {
                Ok(checked) => {
                    accepted.push(checked);
                    answers.push(visitor.answer);
                }
                Err(offer) => answer(visitor.answer, offer),
            }
        }
        let offers = match store.put_all(&accepted, now) {
            Ok(decisions) => accepted.into_iter().zip(&decisions).map(|(c, d)| told(c, d)).collect(),
            Err(error) => {
                tracing::error!(%error, "records could not be stored");
                vec![Offer::Dropped(NOT_WRITTEN); accepted.len()]
            }
        };
        for (to, offer) in answers.into_iter().zip(offers) {
            answer(to, offer);
        }
    }
}

fn answer(to: oneshot::Sender<Offer>, offer: Offer) {
    // Whoever asked may have gone; what was stored stays.
    drop(to.send(offer));
}

fn told(checked: Checked, decision: &Decision) -> Offer {
    match decision {
        Decision::Keep { .. } | Decision::Replace(_) => Offer::New(Arc::new(checked)),
        Decision::Known => Offer::Known(checked.rid()),
        Decision::Hold { .. } => Offer::Held,
        Decision::Superseded(_) => Offer::Dropped(SUPERSEDED),
        Decision::Hide(_) => Offer::Dropped(TAKEN_BACK),
        Decision::OverQuota => Offer::Dropped(OVER_QUOTA),
    }
}

fn judge(
    store: &Store,
    me: AuthorId,
    visitor: &Visitor,
    cache: &mut CertificateCache,
) -> Result<Checked, Offer> {
    let checked = check(&visitor.signed, store.network(), cache).map_err(Offer::Refused)?;
    if visitor.source == Source::Local || checked.author() == me {
        return Ok(checked);
    }
    match wanted(store, me, &checked) {
        Ok(true) => Ok(checked),
        Ok(false) => Err(Offer::Dropped(NOT_FOLLOWED)),
        Err(error) => {
            tracing::error!(%error, "the store could not be asked");
            Err(Offer::Dropped(NOT_WRITTEN))
        }
    }
}

/// Whether a record is for this node: of somebody followed, or said about a clip that is here.
fn wanted(store: &Store, me: AuthorId, checked: &Checked) -> Result<bool, StoreError> {
    if store.is_following(&me, &checked.author())? {
        return Ok(true);
    }
    let on = match &checked.record().body {
        Body::Comment(b) => b.on,
        Body::React(b) => b.on,
        // Its author may take back what was said here.
        Body::Delete(b) => return b.targets.iter().try_fold(false, |any, rid| Ok(any || store.has(rid)?)),
        _ => return Ok(false),
    };
    Ok(store.has(&on)? && store.reply_count(&on, REPLIES_MAX)? < REPLIES_MAX)
}
