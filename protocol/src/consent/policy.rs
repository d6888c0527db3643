//! Purposes, and what it means that one policy is no wider than another.

use super::refusal::Axis;
use crate::record::{Approval, Audience, Grant, Policy, Remix, Tickets};

macro_rules! purposes {
    ($($(#[$doc:meta])* $name:ident = $word:literal,)*) => {
        /// What a clip is for. Words are only ever appended.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Purpose { $($(#[$doc])* $name,)* }

impl Purpose {
            /// Every purpose.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// Its word.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $word,)* }
            }
        }
    };
}

purposes! {
    /// Jokes.
    Comedy = "comedy",
    /// Music.
    Music = "music",
    /// Sport.
    Sport = "sport",
    /// Teaching.
    Education = "education",
    /// News and satire that show that they are made up.
    NewsSatire = "news_satire",
    /// Advertising.
    Advertising = "advertising",
    /// Politics.
    Political = "political",
    /// Religion.
    Religious = "religious",
    /// Romance.
    Romantic = "romantic",
    /// Violence.
    Violence = "violence",
    /// Passing for a real recording of the person.
    Impersonation = "impersonation_realistic",
    /// Sexual content.
    Sexual = "sexual",
}

impl Purpose {
    /// Reads a word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|purpose| purpose.as_str() == word)
    }

    /// Whether it is closed to a minor.
    #[must_use]
    pub const fn is_for_adults(self) -> bool {
        matches!(
            self,
            Self::Romantic
                | Self::Violence
                | Self::Advertising
                | Self::Political
                | Self::Sexual
                | Self::Impersonation
        )
    }
}

/// Whether no consent can allow these purposes together: news that passes for a real recording.
#[must_use]
pub(super) fn below_the_floor(purposes: &[Purpose]) -> bool {
    purposes.contains(&Purpose::NewsSatire) && purposes.contains(&Purpose::Impersonation)
}

/// Whether a policy allows a purpose.
#[must_use]
pub fn allows(policy: &Policy, purpose: Purpose) -> bool {
    policy.allow.iter().any(|word| word == purpose.as_str())
}

/// Whether a policy denies a purpose.
#[must_use]
pub fn denies(policy: &Policy, purpose: Purpose) -> bool {
    policy.deny.iter().any(|word| word == purpose.as_str())
}

/// Checks that `inner` allows nothing that `outer` does not.
///
/// # Errors
/// The first axis on which it does.
pub fn narrows(inner: &Policy, outer: &Policy) -> Result<(), Axis> {
    let allowed = inner.allow.iter().all(|word| outer.allow.contains(word));
    let denied = outer.deny.iter().all(|word| inner.deny.contains(word));
    let steps = [
        (allowed && denied, Axis::Purpose),
        (inner.audience <= outer.audience, Axis::Audience),
        (inner.voice <= outer.voice, Axis::Voice),
        (inner.remix <= outer.remix, Axis::Remix),
        (inner.depth <= outer.depth, Axis::Depth),
        (inner.commercial <= outer.commercial, Axis::Commercial),
        (inner.approval <= outer.approval, Axis::Approval),
    ];
    steps.into_iter().find(|(holds, _)| !holds).map_or(Ok(()), |(_, axis)| Err(axis))
}

/// Checks that a delegated grant is no wider than the grant it comes from.
///
/// # Errors
/// The first axis on which it is.
pub fn attenuates(inner: &Grant, outer: &Grant) -> Result<(), Axis> {
    if !inner.cmd.iter().all(|word| outer.cmd.contains(word)) {
        return Err(Axis::Command);
    }
    if inner.nbf < outer.nbf || inner.exp > outer.exp {
        return Err(Axis::Time);
    }
    let within = match (inner.uses, outer.uses) {
        (_, None) => true,
        (None, Some(_)) => false,
        (Some(inner), Some(outer)) => inner.first >= outer.first && end(inner) <= end(outer),
    };
    if !within {
        return Err(Axis::Uses);
    }
    narrows(&inner.pol, &outer.pol)
}

/// The first number behind the tickets.
#[must_use]
pub(super) const fn end(tickets: Tickets) -> u32 {
    tickets.first.saturating_add(tickets.count)
}

/// Whether a grant has a ticket of this number.
#[must_use]
pub(super) fn has_ticket(grant: &Grant, serial: u32) -> bool {
    grant.uses.is_none_or(|tickets| (tickets.first..end(tickets)).contains(&serial))
}

impl Policy {
    /// What most people mean: comedy, music and education, every clip approved, remixes under the same policy.
    #[must_use]
    pub fn usual() -> Self {
        let allow = [Purpose::Comedy, Purpose::Music, Purpose::Education];
        Self {
            allow: allow.map(|purpose| purpose.as_str().to_owned()).to_vec(),
            deny: Vec::new(),
            note: String::new(),
            voice: false,
            remix: Remix::KeepPolicy,
            depth: 1,
            audience: Audience::Public,
            commercial: false,
            approval: Approval::EveryUse,
        }
    }
}
