//! The door: the one way into the store, for our own records and for those of strangers.
//!
//! One thread checks what comes and writes it in batches, so that one transaction serves many. The queue is bounded:
//! whoever offers waits. Nothing is answered before it is on disk.

use std::collections::BTreeMap;
use std::sync::Arc;

use kinora_protocol::check::{CertificateCache, Checked, check};
use kinora_protocol::consent::Refusal;
use kinora_protocol::fault::Fault;
use kinora_protocol::feed::Decision;
use kinora_protocol::ids::{AuthorId, Rid};
use kinora_protocol::limits::SEALED_STRANGERS_MAX;
use kinora_protocol::record::Body;
use tokio::sync::{mpsc, oneshot};

use crate::clock;
use crate::store::{Store, StoreError};

/// Records waiting at the door.
const QUEUE: usize = 1_024;
/// Most records in one transaction.
const BATCH: usize = 256;
/// Most clips that wait here for a consent that is still to come.
const WAITING_MAX: usize = 256;
/// Most records of consent kept of somebody nobody here follows.
const STRANGER_CONSENT_MAX: u64 = 1_000;
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
    /// A clip whose consent does not check.
    Unconsented(Refusal),
}

/// Reason for a record of somebody nobody here follows.
pub const NOT_FOLLOWED: &str = "its author is not followed here";
/// Reason for what a stranger says of a clip that is hidden here, or a stranger whom a label hides.
pub const HIDDEN: &str = "a label hides it here";
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

/// The keeper of the door.
struct Keeper<'a> {
    store: &'a Store,
    me: AuthorId,
    certificates: CertificateCache,
    /// Clips that wait for a consent that is still to come, by record.
    waiting: BTreeMap<Rid, Checked>,
}

fn keep(store: &Store, me: AuthorId, mut inbox: mpsc::Receiver<Visitor>) {
    let mut keeper =
        Keeper { store, me, certificates: CertificateCache::default(), waiting: BTreeMap::new() };
    let mut batch = Vec::with_capacity(BATCH);
    while inbox.blocking_recv_many(&mut batch, BATCH) > 0 {
        keeper.serve(batch.drain(..), clock::now_seconds());
    }
}

impl Keeper<'_> {
    fn serve(&mut self, batch: impl Iterator<Item = Visitor>, now: u64) {
        let mut accepted: Vec<(Checked, oneshot::Sender<Offer>)> = Vec::new();
        for visitor in batch {
            let checked = match judge(self.store, self.me, &visitor, &mut self.certificates) {
                Ok(checked) => checked,
                Err(offer) => {
                    answer(visitor.answer, offer);
                    continue;
                }
            };
            if matches!(checked.record().body, Body::Clip(_)) {
                // What came before it in this batch may be the consent that it needs.
                if accepted.iter().any(|(other, _)| other.record().body.is_consent()) {
                    self.store_all(std::mem::take(&mut accepted), now);
                }
                if let Err(refusal) = self.admit(&checked, now) {
                    answer(visitor.answer, Offer::Unconsented(refusal));
                    continue;
                }
            }
            accepted.push((checked, visitor.answer));
        }
        self.store_all(accepted, now);
    }

    /// Whether a clip's consent checks; one that may check later waits.
    fn admit(&mut self, checked: &Checked, now: u64) -> Result<(), Refusal> {
        let Err(refusal) = self.store.consents().admit(now, checked) else { return Ok(()) };
        // The future is held by the store, as for every other record.
        if refusal == Refusal::ClipFromTheFuture {
            return Ok(());
        }
        tracing::info!(clip = %checked.rid(), reason = refusal.code(), "a clip's consent does not check");
        if let Body::Clip(clip) = &checked.record().body
            && refusal.waits()
            && self.waiting.len() < WAITING_MAX
        {
            self.store
                .miss(clip.consent.iter().flat_map(|consent| consent.uses.iter().map(|used| used.subject)));
            self.waiting.insert(checked.rid(), checked.clone());
        }
        Err(refusal)
    }

    fn store_all(&mut self, accepted: Vec<(Checked, oneshot::Sender<Offer>)>, now: u64) {
        let (records, answers): (Vec<Checked>, Vec<_>) = accepted.into_iter().unzip();
        let news = records
            .iter()
            .any(|checked| checked.record().body.is_consent() || is_parent(&checked.record().body));
        let offers = self.put(records, now);
        if news {
            self.offer_waiting(now);
        }
        for (to, offer) in answers.into_iter().zip(offers) {
            answer(to, offer);
        }
    }

    fn put(&self, records: Vec<Checked>, now: u64) -> Vec<Offer> {
        match self.store.put_all(&records, now) {
            Ok(decisions) => records.into_iter().zip(&decisions).map(|(c, d)| told(c, d)).collect(),
            Err(error) => {
                tracing::error!(%error, "records could not be stored");
                vec![Offer::Dropped(NOT_WRITTEN); records.len()]
            }
        }
    }

    /// Clips that waited are looked at again: one of them may be the parent of another, so until nothing changes.
    fn offer_waiting(&mut self, now: u64) {
        loop {
            let ready: Vec<Rid> = {
                let set = self.store.consents();
                let outcome = |checked: &Checked| set.admit(now, checked).map_err(Refusal::waits);
                self.waiting.retain(|_, checked| outcome(checked) != Err(false));
                self.waiting
                    .iter()
                    .filter(|(_, checked)| outcome(checked).is_ok())
                    .map(|(rid, _)| *rid)
                    .collect()
            };
            if ready.is_empty() {
                return;
            }
            let records = ready.iter().filter_map(|rid| self.waiting.remove(rid)).collect();
            self.put(records, now);
        }
    }
}

/// Whether others may have waited for it as their parent.
const fn is_parent(body: &Body) -> bool {
    matches!(body, Body::Clip(_))
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
    if let Body::Sealed(letter) = &checked.record().body {
        return if letter.to != me {
            Err(Offer::Dropped(NOT_FOLLOWED))
        } else if has_room_for_letter(store, me, checked.author()) {
            Ok(checked)
        } else {
            Err(Offer::Dropped(OVER_QUOTA))
        };
    }
    let unread = |error| {
        tracing::error!(%error, "the store could not be asked");
        Offer::Dropped(NOT_WRITTEN)
    };
    if near(store, me, &checked.author()).map_err(unread)? {
        return Ok(checked);
    }
    if !wanted(store, me, &checked).map_err(unread)? {
        return Err(Offer::Dropped(NOT_FOLLOWED));
    }
    if hidden(store, me, &checked).map_err(unread)? {
        return Err(Offer::Dropped(HIDDEN));
    }
    Ok(checked)
}

/// Whether a letter to `me` is kept: of people followed or granted something always, of strangers a few.
fn has_room_for_letter(store: &Store, me: AuthorId, from: AuthorId) -> bool {
    if store.is_following(&me, &from).unwrap_or(false) {
        return true;
    }
    let set = store.consents();
    set.is_grantee(me, from)
        || set.letters().filter(|(_, by, ..)| *by != me && !set.is_grantee(me, *by)).count()
            < SEALED_STRANGERS_MAX
}

/// Whether it is a stranger's reply that labels hide: to a clip that is hidden here, or by whoever a label is on.
fn hidden(store: &Store, me: AuthorId, checked: &Checked) -> Result<bool, StoreError> {
    let on = match &checked.record().body {
        Body::Comment(b) => b.on,
        Body::React(b) => b.on,
        _ => return Ok(false),
    };
    let viewer = store.viewer(me, clock::now_seconds())?;
    if let Some(clip) = store.get(&on)?
        && let Body::Clip(body) = &clip.record().body
        && viewer.look(&clip, body)?.is_hidden()
    {
        return Ok(true);
    }
    viewer.hides_reply(checked)
}

/// Whether an author is followed or listened to: all that they say is for this node.
fn near(store: &Store, me: AuthorId, author: &AuthorId) -> Result<bool, StoreError> {
    Ok(store.is_following(&me, author)? || store.is_subscribed(author)?)
}

/// Whether a stranger's record is for this node: said about a clip that is here, of consent, or a list that is subscribed to.
fn wanted(store: &Store, me: AuthorId, checked: &Checked) -> Result<bool, StoreError> {
    let on = match &checked.record().body {
        // Whoever shows somebody must be able to prove it to those who do not follow that person.
        body if body.is_consent() => return Ok(store.safety_count(&checked.author())? < STRANGER_CONSENT_MAX),
        // Who is in it is its co-owner, whoever made it.
        Body::Clip(clip) => {
            return Ok(clip.consent.iter().flat_map(|consent| &consent.uses).any(|used| used.subject == me));
        }
        // A list that is subscribed to; the author need not be followed.
        Body::List(_) => return Ok(store.list_authors()?.contains(&checked.author())),
        Body::Comment(b) => b.on,
        Body::React(b) => b.on,
        // Its author may take back what was said here.
        Body::Delete(b) => return b.targets.iter().try_fold(false, |any, rid| Ok(any || store.has(rid)?)),
        _ => return Ok(false),
    };
    Ok(store.has(&on)? && store.reply_count(&on, REPLIES_MAX)? < REPLIES_MAX)
}
