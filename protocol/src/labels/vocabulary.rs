//! The labels that mean the same everywhere, who may put them, and what the author's own weigh.
//!
//! A labeler may use others of its own, and declares them all. An author may only say of a clip what is for authors to
//! say; any other word of an author is told and weighs nothing.

use super::Tier;
use crate::record::{SYNTHETIC, Severity};

/// A label that means the same everywhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Global {
    /// Its value.
    pub value: &'static str,
    /// What it says.
    pub means: &'static str,
    /// Whether an author may put it on a clip. A labeler may put any.
    pub authors: bool,
    /// What it weighs when an author puts it, and what a labeler declares unless it says otherwise.
    pub severity: Severity,
    /// Whether it hides whatever was chosen, when a labeler that is subscribed to declares it and puts it.
    pub floor: bool,
}

const fn word(value: &'static str, authors: bool, severity: Severity, means: &'static str) -> Global {
    Global { value, means, authors, severity, floor: false }
}

const fn floor(value: &'static str, means: &'static str) -> Global {
    Global { value, means, authors: false, severity: Severity::Hide, floor: true }
}

/// All of them. Words are only ever appended.
pub const VALUES: &[Global] = &[
    word(SYNTHETIC, true, Severity::Inform, "made by a model"),
    word("satire", true, Severity::Inform, "a joke or a parody, not news"),
    word("spoiler", true, Severity::Warn, "tells how a story ends"),
    word("violence", true, Severity::Warn, "violence"),
    word("gore", true, Severity::Hide, "injuries or death in detail"),
    word("nudity", true, Severity::Warn, "nudity that is not sexual"),
    word("sexual", true, Severity::Hide, "sexual"),
    word("impersonation", false, Severity::Warn, "pretends to be somebody"),
    word("spam", false, Severity::Hide, "unasked-for advertising or repetition"),
    floor("no-consent", "shows somebody who did not consent"),
    floor("minor-safety", "endangers a minor"),
    word("warn", false, Severity::Warn, "to be looked at with care"),
    word("hide", false, Severity::Hide, "not to be shown"),
];

/// A label that means the same everywhere; none for a labeler's own.
#[must_use]
pub fn global(value: &str) -> Option<&'static Global> {
    VALUES.iter().find(|global| global.value == value)
}

/// What an author's own label weighs, by how near the author is: one's own clips are never covered by one's own words,
/// and of a stranger nothing is shown that asks for care.
#[must_use]
pub fn of_author(value: &str, tier: Tier) -> Severity {
    let Some(global) = global(value).filter(|global| global.authors) else { return Severity::Inform };
    match (tier, global.severity) {
        (Tier::Me, _) => Severity::Inform,
        (Tier::Stranger, Severity::Warn) => Severity::Hide,
        (_, severity) => severity,
    }
}
