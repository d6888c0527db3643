//! Whether somebody saw the subject alive when a cameo was made: a witness's fresh nonce becomes a phrase, the subject
//! speaks it, the witness looks at the recording and says yes.
//!
//! It is a statement beside the consent and decides nothing about clips: what it proves and what not is in
//! `specs/consent.md`.

use std::collections::BTreeSet;

use super::facts::hash;
use super::people::revokers;
use super::{ConsentSet, GREATEST, LEAST};
use crate::ids::{AuthorId, Rid};
use crate::limits::{FUTURE_SECONDS_MAX, LIVENESS_SECONDS_MAX};

const PHRASE: &[u8] = b"kinora/phrase/1\0";
const PHRASE_HASH: &[u8] = b"kinora/phrase-hash/1\0";
/// Words of a phrase; each is six bits of a hash.
const PHRASE_WORDS: usize = 6;
/// Words that are told apart when spoken. Never changed: a phrase has to come out the same everywhere.
pub(crate) const WORDS: [&str; 64] = [
    "amber", "anchor", "apple", "arrow", "basket", "beacon", "bottle", "bridge", "button", "candle",
    "canyon", "carpet", "cherry", "circle", "copper", "cotton", "desert", "dragon", "engine", "falcon",
    "feather", "fiddle", "forest", "garden", "ginger", "hammer", "harbour", "helmet", "island", "jacket",
    "jungle", "kettle", "ladder", "lantern", "lemon", "marble", "meadow", "mirror", "mountain", "needle",
    "ocean", "orange", "paper", "pebble", "pepper", "pillow", "planet", "puzzle", "rabbit", "ribbon",
    "river", "saddle", "shadow", "silver", "spider", "summer", "temple", "thunder", "tunnel", "turtle",
    "velvet", "violin", "window", "winter",
];

/// The phrase that a subject speaks for a challenge.
#[must_use]
pub fn phrase(challenge: Rid, subject: AuthorId) -> String {
    let drawn = hash(PHRASE, &[challenge.as_bytes(), subject.as_bytes()]);
    let words: Vec<&str> = drawn
        .iter()
        .take(PHRASE_WORDS)
        .filter_map(|byte| WORDS.get(usize::from(byte & 63)).copied())
        .collect();
    words.join(" ")
}

/// The hash of a phrase, as a cameo states it.
#[must_use]
pub fn phrase_hash(phrase: &str) -> [u8; 32] {
    hash(PHRASE_HASH, &[phrase.as_bytes()])
}

/// What is known of a subject's enrolment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Witnessed {
    /// A witness who said yes.
    pub by: AuthorId,
    /// When the challenge was signed, in Unix seconds.
    pub challenged: u64,
}

/// Why an enrolment counts as unwitnessed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unwitnessed {
    /// Nothing is said of it.
    #[error("the cameo names no challenge")]
    NothingSaid,
    /// The challenge is not here.
    #[error("the challenge is not known here yet")]
    UnknownChallenge,
    /// For somebody else.
    #[error("the challenge was made for another subject")]
    PhraseOfAnother,
    /// The phrase is not the challenge's.
    #[error("the phrase is not the one of the challenge")]
    WrongPhrase,
    /// Too old.
    #[error("the challenge was older than an hour when the cameo was signed")]
    StaleChallenge,
    /// The cameo is older than its challenge.
    #[error("the challenge is younger than the cameo")]
    ChallengeAfterCameo,
    /// The subject, or a controller, made the challenge or said yes.
    #[error("nobody witnesses their own enrolment")]
    SelfWitnessed,
    /// By somebody whom the cameo does not name.
    #[error("the challenge is by nobody whom the cameo names as a witness")]
    ChallengeByStranger,
    /// No witness said yes, or one said no.
    #[error("no witness has said yes, or one said no")]
    NotWitnessed,
}

impl Unwitnessed {
    /// A stable word for programs and vectors.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::NothingSaid => "nothing_said",
            Self::UnknownChallenge => "unknown_challenge",
            Self::PhraseOfAnother => "phrase_of_another",
            Self::WrongPhrase => "wrong_phrase",
            Self::StaleChallenge => "stale_challenge",
            Self::ChallengeAfterCameo => "challenge_after_cameo",
            Self::SelfWitnessed => "self_witnessed",
            Self::ChallengeByStranger => "challenge_by_stranger",
            Self::NotWitnessed => "not_witnessed",
        }
    }

    /// Every reason.
    pub const ALL: [Self; 9] = [
        Self::NothingSaid,
        Self::UnknownChallenge,
        Self::PhraseOfAnother,
        Self::WrongPhrase,
        Self::StaleChallenge,
        Self::ChallengeAfterCameo,
        Self::SelfWitnessed,
        Self::ChallengeByStranger,
        Self::NotWitnessed,
    ];
}

impl ConsentSet {
    /// Whether a cameo's enrolment was witnessed, by everything known now.
    ///
    /// # Errors
    /// The first rule that is not kept.
    pub fn witnessed(&self, cameo: &Rid) -> Result<Witnessed, Unwitnessed> {
        let cameo = self.cameos.get(cameo).ok_or(Unwitnessed::NothingSaid)?;
        let said = cameo.body.liveness.as_ref().ok_or(Unwitnessed::NothingSaid)?;
        let challenge = self.challenges.get(&said.challenge).ok_or(Unwitnessed::UnknownChallenge)?;
        if challenge.body.subject != cameo.body.subject {
            return Err(Unwitnessed::PhraseOfAnother);
        }
        let interested = revokers(cameo);
        if interested.contains(&challenge.by) {
            return Err(Unwitnessed::SelfWitnessed);
        }
        if !said.witnesses.contains(&challenge.by) {
            return Err(Unwitnessed::ChallengeByStranger);
        }
        if said.phrase.into_array() != phrase_hash(&phrase(challenge.rid, cameo.body.subject)) {
            return Err(Unwitnessed::WrongPhrase);
        }
        if challenge.time > cameo.time.saturating_add(FUTURE_SECONDS_MAX) {
            return Err(Unwitnessed::ChallengeAfterCameo);
        }
        if cameo.time.saturating_sub(challenge.time) > LIVENESS_SECONDS_MAX {
            return Err(Unwitnessed::StaleChallenge);
        }
        let witnesses: BTreeSet<AuthorId> =
            said.witnesses.iter().copied().filter(|author| !interested.contains(author)).collect();
        let mut answers = self
            .approvals
            .range((cameo.rid, LEAST)..=(cameo.rid, GREATEST))
            .map(|(_, approval)| approval)
            .filter(|approval| witnesses.contains(&approval.by));
        let first = answers.next().filter(|first| first.body.yes).ok_or(Unwitnessed::NotWitnessed)?;
        if answers.any(|answer| !answer.body.yes) {
            return Err(Unwitnessed::NotWitnessed);
        }
        Ok(Witnessed { by: first.by, challenged: challenge.time })
    }

    /// A challenge, and who made it.
    #[must_use]
    pub fn challenge(&self, rid: &Rid) -> Option<(AuthorId, u64, AuthorId)> {
        self.challenges.get(rid).map(|known| (known.by, known.time, known.body.subject))
    }

    /// Every challenge made for a subject: its id, who made it and when.
    pub fn challenges_for(&self, subject: AuthorId) -> impl Iterator<Item = (Rid, AuthorId, u64)> {
        let own = self.challenges.values().filter(move |known| known.body.subject == subject);
        own.map(|known| (known.rid, known.by, known.time))
    }
}
