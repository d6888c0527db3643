//! What a running node does with letters by itself: gets what came with them, asks for stills and gives them, says its
//! unanswered questions again, and takes back what is over.
//!
//! Of a stranger's letter only the few lines in its record are taken; what comes with a letter is fetched from people
//! whom this persona granted something, or who granted something to it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use kinora_protocol::api::{ApiError, Event};
use kinora_protocol::ids::Rid;
use kinora_protocol::limits::DELETE_TARGETS_MAX;
use kinora_protocol::record::{Body, Delete};
use kinora_protocol::sealed::Letter;
use tokio_util::sync::CancellationToken;

use super::Core;
use super::post::Opened;
use crate::clock;
use crate::store::BlobState;

/// How often letters are looked at.
const LOOK_EVERY: Duration = Duration::from_secs(2);
/// How long a blob that nobody gave is not asked for again.
const PAUSE: Duration = Duration::from_secs(15);
/// How often an unanswered question is said again, for those who were not there.
const AGAIN_EVERY: Duration = Duration::from_secs(300);
/// After how many seconds a letter is taken back.
const LETTER_SECONDS_MAX: u64 = 30 * 24 * 3600;
/// Most letters said again at a time.
const AGAIN_MAX: usize = 16;

/// Looks after letters until the node stops.
pub(super) async fn keep(core: Arc<Core>, stop: CancellationToken) {
    let mut tried = BTreeMap::new();
    let mut said = Instant::now();
    while core.publisher.net.is_some() {
        let again = said.elapsed() >= AGAIN_EVERY;
        if again {
            said = Instant::now();
        }
        if let Err(error) = core.look_after_letters(&mut tried, again).await {
            tracing::warn!(%error, "letters could not be looked after");
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(LOOK_EVERY) => {}
        }
    }
}

impl Core {
    async fn look_after_letters(
        &self,
        tried: &mut BTreeMap<Rid, Instant>,
        again: bool,
    ) -> Result<(), ApiError> {
        let letters = self.publisher.opened();
        tried.retain(|rid, at| at.elapsed() < PAUSE && letters.iter().any(|letter| letter.rid == *rid));
        for letter in &letters {
            if !tried.contains_key(&letter.rid) && self.is_wanted(letter)? {
                tried.insert(letter.rid, Instant::now());
                self.fetch_with(letter).await?;
            }
        }
        self.ask_for_stills(&letters).await?;
        self.give_stills(&letters).await?;
        self.take_back(&letters).await?;
        if again {
            self.say_again(&letters).await?;
        }
        Ok(())
    }

    /// Whether what came with a letter is to be fetched.
    fn is_wanted(&self, letter: &Opened) -> Result<bool, ApiError> {
        let (me, store) = (self.publisher.author(), &self.publisher.store);
        let Some(blob) = letter.sealed.blob.filter(|_| letter.sealed.to == me) else { return Ok(false) };
        let trusted = match &*letter.letter {
            // Of a grantee; or of somebody who remixes a clip that is known here and shows this cameo.
            Letter::Notice { clip } => {
                let set = store.consents();
                let uses = clip.consent.iter().flat_map(|consent| &consent.uses);
                let mut parents =
                    uses.filter(|used| used.cameo == letter.sealed.cameo).filter_map(|used| used.from);
                set.is_grantee(me, letter.from)
                    || parents.any(|from| set.uses_of(letter.sealed.cameo).any(|known| known.clip == from))
            }
            Letter::Stills { grant } => {
                let set = store.consents();
                let mut grants = set.grants_of(letter.sealed.cameo);
                grants.any(|(rid, by, _)| rid == *grant && by == letter.from)
            }
            // A witness asked for the recording.
            Letter::Recording { challenge, .. } => store
                .consents()
                .challenge(challenge)
                .is_some_and(|(by, _, subject)| by == me && subject == letter.from),
            Letter::Ask(_) | Letter::Refuse { .. } | Letter::Need { .. } => false,
        };
        let is_here = store.blob_state(&blob.hash)? == Some(BlobState::Opaque);
        // A hash that a clip names is that clip's: no letter changes what is known of it.
        Ok(trusted && !is_here && store.clips_with(&blob.hash, 1)?.is_empty())
    }

    async fn fetch_with(&self, letter: &Opened) -> Result<(), ApiError> {
        let (Some(blob), Some(net)) = (letter.sealed.blob, &self.publisher.net) else { return Ok(()) };
        if let Err(error) = self.publisher.blobs.fetch(blob.hash, blob.size, net.providers()).await {
            tracing::debug!(%error, letter = %letter.rid, "what comes with a letter is not here yet");
            return Ok(());
        }
        self.publisher.store.set_blob_state(&blob.hash, &BlobState::Opaque)?;
        self.tell(Event::FeedChanged);
        Ok(())
    }

    /// Deletes letters that are over: old ones, and stills under a grant that ended or was taken back.
    async fn take_back(&self, letters: &[Opened]) -> Result<(), ApiError> {
        let (me, now) = (self.publisher.author(), clock::now_seconds());
        let over = |letter: &&Opened| {
            let old = now.saturating_sub(letter.time) > LETTER_SECONDS_MAX;
            let fallen = match &*letter.letter {
                Letter::Stills { grant } => {
                    let set = self.publisher.store.consents();
                    let ended = set
                        .grants_of(letter.sealed.cameo)
                        .find(|(rid, ..)| rid == grant)
                        .is_none_or(|(_, _, body)| body.exp < now);
                    ended || !set.grant_stands(*grant)
                }
                _ => false,
            };
            letter.from == me && (old || fallen)
        };
        let targets: Vec<Rid> =
            letters.iter().filter(over).map(|letter| letter.rid).take(DELETE_TARGETS_MAX).collect();
        if targets.is_empty() {
            return Ok(());
        }
        self.publisher.publish(Body::Delete(Delete { targets: targets.clone() })).await?;
        targets.into_iter().for_each(|rid| self.publisher.post.forget(rid));
        Ok(())
    }

    async fn say_again(&self, letters: &[Opened]) -> Result<(), ApiError> {
        let (me, Some(net)) = (self.publisher.author(), &self.publisher.net) else { return Ok(()) };
        let open = letters.iter().filter(|letter| letter.from == me && self.is_open(letter, letters));
        for letter in open.take(AGAIN_MAX) {
            if let Some(signed) = self.publisher.store.signed(&letter.rid)? {
                net.publish(signed).await;
            }
        }
        Ok(())
    }
}
