//! Liveness: a witness's challenge, the phrase that its subject speaks, and the recording on its way to the witness.
//!
//! What a phrase proves and what not is in `specs/consent.md`; the rules are `protocol::consent`'s.

use std::path::Path;

use kinora_protocol::api::{ApiError, CameoAnswer};
use kinora_protocol::consent::{Unwitnessed, phrase, phrase_hash};
use kinora_protocol::ids::{AuthorId, Rid};
use kinora_protocol::limits::{CLIP_AUTO_FETCH_BYTES_MAX, LIVENESS_SECONDS_MAX};
use kinora_protocol::record::{Body, Challenge, Liveness};
use kinora_protocol::sealed::{self, Letter};

use super::Core;
use crate::error::{self, Hint as _};
use crate::{clock, files, random};

/// A recording of a phrase, before its cameo is signed.
pub(super) struct Recorded {
    /// What the cameo says.
    pub(super) liveness: Liveness,
    challenge: Rid,
    witness: AuthorId,
    salt: [u8; 32],
    file: Vec<u8>,
}

impl Core {
    /// Makes a nonce for somebody.
    pub(super) async fn challenge(&self, subject: AuthorId) -> Result<CameoAnswer, ApiError> {
        if subject == self.publisher.author() {
            return Err(error::request("nobody witnesses their own enrolment")
                .hint("ask somebody who knows you for `kinora cameo witness YOUR-ID`"));
        }
        let nonce = random::bytes::<32>()?.into();
        let rid = self.publisher.publish(Body::Challenge(Challenge { subject, nonce })).await?;
        Ok(CameoAnswer::Record { rid })
    }

    /// The phrase of a challenge to this persona.
    pub(super) fn phrase(&self, challenge: Option<Rid>) -> Result<CameoAnswer, ApiError> {
        let (challenge, witness, time) = self.challenged(challenge)?;
        Ok(CameoAnswer::Phrase {
            challenge,
            witness,
            phrase: phrase(challenge, self.publisher.author()),
            until: time.saturating_add(LIVENESS_SECONDS_MAX),
        })
    }

    /// A challenge to this persona that a cameo may still name; the newest when none is named.
    fn challenged(&self, wanted: Option<Rid>) -> Result<(Rid, AuthorId, u64), ApiError> {
        let now = clock::now_seconds();
        let set = self.publisher.store.consents();
        let fresh = set.challenges_for(self.publisher.author()).filter(|(rid, _, time)| {
            wanted.is_none_or(|wanted| wanted == *rid) && now.saturating_sub(*time) <= LIVENESS_SECONDS_MAX
        });
        fresh.max_by_key(|(rid, _, time)| (*time, *rid)).ok_or_else(|| {
            error::missing("there is no fresh challenge to you here")
                .hint("a witness makes one with `kinora cameo witness YOUR-ID`; it holds for an hour")
        })
    }

    /// Reads a recording of the phrase. Whether it shows the subject speaking it only the witness can say.
    pub(super) async fn recorded(&self, path: &Path) -> Result<Recorded, ApiError> {
        let (challenge, witness, _) = self.challenged(None)?;
        let file = files::read(path, CLIP_AUTO_FETCH_BYTES_MAX)?;
        let unfit = |why: String| {
            error::request(format!("{} cannot be used as a recording: {why}", path.display()))
                .hint("a recording is a clip: AV1 and Opus in MP4")
        };
        match self.publisher.inspectors.whole(file.clone()).await.map_err(&unfit)? {
            kinora_protocol::job::inspect::Media::Clip(_) => {}
            _ => return Err(unfit("it is a still".to_owned())),
        }
        let salt = random::bytes::<32>()?;
        let commit = *blake3::Hasher::new().update(&salt).update(&file).finalize().as_bytes();
        let liveness = Liveness {
            challenge,
            phrase: phrase_hash(&phrase(challenge, self.publisher.author())).into(),
            commit: commit.into(),
            witnesses: vec![witness],
        };
        Ok(Recorded { liveness, challenge, witness, salt, file })
    }

    /// Sends a recording to its witness, if the witness has a key for letters.
    pub(super) async fn show_witness(&self, cameo: Rid, recorded: Recorded) -> Result<(), ApiError> {
        let Recorded { challenge, witness, salt, file, .. } = recorded;
        let key = {
            let set = self.publisher.store.consents();
            let mut cameos = set.cameos();
            cameos
                .find(|(_, by, body)| *by == witness && body.seal.is_some())
                .and_then(|(_, _, body)| body.seal)
        };
        let key = key.ok_or_else(|| {
            error::request("the witness has no key for letters, so the recording cannot be sealed to them")
                .hint("they have one as soon as they have a cameo of their own: `kinora cameo enrol`")
        })?;
        let letter = Letter::Recording { challenge, salt: salt.into() };
        let joined = sealed::join([file.as_slice()])
            .map_err(|fault| error::request(format!("the recording cannot be sent: {fault}")))?;
        self.publisher.write((witness, key.into_array()), cameo, &letter, Some(joined)).await.map(|_| ())
    }

    /// How a cameo's enrolment was witnessed, in words; nothing when it says nothing of it.
    pub(super) fn witness_words(&self, cameo: &Rid) -> String {
        match self.publisher.store.consents().witnessed(cameo) {
            Ok(found) => format!("{} saw the subject speak a fresh phrase", found.by.short()),
            Err(Unwitnessed::NothingSaid) => String::new(),
            Err(why) => format!("not witnessed ({}): {why}", why.code()),
        }
    }
}
