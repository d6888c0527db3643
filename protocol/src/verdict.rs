//! The verdict on a clip: checks, each with a state and a reason, and the one value that follows from them.
//!
//! It owns the words and the order in which they win, and nothing else: who makes the checks, and how, is not known
//! here. A verdict is never stored; it follows from its checks wherever it is shown. The order stands in
//! `specs/verdict.md`.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::limits::CHECK_DETAIL_CHARS_MAX;
use crate::recipe::Format;
use crate::text::Text;

/// What the checks of a clip say, all together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Every check that is needed was made and passed.
    Verified,
    /// Not all checks could be made, or one has a reservation.
    Unverified,
    /// Everything holds, but the consent was not confirmed lately.
    StaleConsent,
    /// A consent that the clip needs was taken back.
    Withdrawn,
    /// The file is not what its record, or its own manifest, says.
    Altered,
    /// Nothing vouches for the file: no known record names it, and it carries no manifest.
    Unknown,
}

impl Verdict {
    /// Every verdict.
    pub const ALL: [Self; 6] =
        [Self::Verified, Self::Unverified, Self::StaleConsent, Self::Withdrawn, Self::Altered, Self::Unknown];

    /// The words shown.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Verified => "verified",
            Self::Unverified => "unverified",
            Self::StaleConsent => "stale consent",
            Self::Withdrawn => "withdrawn",
            Self::Altered => "altered",
            Self::Unknown => "unknown",
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// What is checked, in the order in which it is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CheckName {
    /// A record that names the file is known, and its signature holds.
    Record,
    /// Size and hash of the file are those of the record.
    File,
    /// The file could be looked into at all. It fails when the inspector ended over it.
    Inspection,
    /// The boxes of the file keep to the media profile.
    Container,
    /// Sides, frame rate and number of frames are those of the record.
    Format,
    /// Every frame and every sample decodes.
    Decode,
    /// The manifest in the file is signed by the record's author and covers the file.
    Provenance,
    /// Everybody who is shown consented. It warns when that was not confirmed lately, and fails when it was taken back:
    /// a clip whose consent never held is refused before it is stored.
    Consent,
    /// The invisible mark is the record's.
    Mark,
    /// A file that no record names looks like no clip that is known here; it warns when it looks like one.
    Fingerprint,
}

impl CheckName {
    /// Every check.
    pub const ALL: [Self; 10] = [
        Self::Record,
        Self::File,
        Self::Inspection,
        Self::Container,
        Self::Format,
        Self::Decode,
        Self::Provenance,
        Self::Consent,
        Self::Mark,
        Self::Fingerprint,
    ];

    /// Checks without which nothing is verified.
    pub const NEEDED: [Self; 5] = [Self::Record, Self::File, Self::Container, Self::Format, Self::Decode];

    /// The word shown.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Record => "record",
            Self::File => "file",
            Self::Inspection => "inspection",
            Self::Container => "container",
            Self::Format => "format",
            Self::Decode => "decode",
            Self::Provenance => "provenance",
            Self::Consent => "consent",
            Self::Mark => "mark",
            Self::Fingerprint => "fingerprint",
        }
    }
}

/// How a check went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CheckState {
    /// There was nothing to check, or it could not be checked yet. Counts like a check that is absent.
    None,
    /// It holds.
    Pass,
    /// It holds with a reservation.
    Warn,
    /// It does not hold.
    Fail,
}

impl CheckState {
    /// Every state, the least serious first.
    pub const ALL: [Self; 4] = [Self::None, Self::Pass, Self::Warn, Self::Fail];

    /// The word shown.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Pass => "pass",
            Self::Warn => "warn",
            Self::Fail => "fail",
        }
    }
}

/// One check and its reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Check {
    /// What was checked.
    pub name: CheckName,
    /// How it went.
    pub state: CheckState,
    /// Why, in words: at most [`CHECK_DETAIL_CHARS_MAX`] characters in one line.
    pub detail: Text,
}

impl Check {
    /// A check with its reason, which is sanitised and cut.
    #[must_use]
    pub fn new(name: CheckName, state: CheckState, detail: &str) -> Self {
        Self { name, state, detail: Text::line(detail, CHECK_DETAIL_CHARS_MAX) }
    }

    /// It holds.
    #[must_use]
    pub fn pass(name: CheckName, detail: &str) -> Self {
        Self::new(name, CheckState::Pass, detail)
    }

    /// It does not hold.
    #[must_use]
    pub fn fail(name: CheckName, detail: &str) -> Self {
        Self::new(name, CheckState::Fail, detail)
    }

    /// It could not be checked, or there is nothing to check.
    #[must_use]
    pub fn none(name: CheckName, detail: &str) -> Self {
        Self::new(name, CheckState::None, detail)
    }
}

/// The verdict that follows from checks, in whatever order they come. The first rule that fits decides:
///
/// 1. `consent` fails: *withdrawn*. Whatever else holds, it must not be shown.
/// 2. Neither `record` nor `provenance` says anything: *unknown*. What nobody claims cannot be altered.
/// 3. Another check than `consent` and `inspection` fails: *altered*.
/// 4. `consent` warns: *stale consent*.
/// 5. A check that is needed is none, any check warns, or `inspection` fails: *unverified*. A file that ends the
///    inspector says nothing about itself.
/// 6. Otherwise: *verified*.
#[must_use]
pub fn of(checks: &[Check]) -> Verdict {
    decide(checks).0
}

/// The check that decided the verdict, if one did: its detail is the reason in one line.
#[must_use]
pub fn deciding(checks: &[Check]) -> Option<&Check> {
    decide(checks).1
}

fn decide(checks: &[Check]) -> (Verdict, Option<&Check>) {
    // Several checks of one name, as for several people in a clip: the most serious one counts.
    let worst = |name| checks.iter().filter(|c| c.name == name).max_by_key(|c| c.state);
    let state = |name| worst(name).map_or(CheckState::None, |c| c.state);
    let first = |holds: &dyn Fn(&Check) -> bool| {
        CheckName::ALL.into_iter().filter_map(worst).find(|check| holds(check))
    };
    let is = |check: &Check, name, state| check.name == name && check.state == state;
    if let Some(check) = first(&|c| is(c, CheckName::Consent, CheckState::Fail)) {
        return (Verdict::Withdrawn, Some(check));
    }
    if state(CheckName::Record) == CheckState::None && state(CheckName::Provenance) == CheckState::None {
        return (Verdict::Unknown, worst(CheckName::Record));
    }
    if let Some(check) = first(&|c| c.state == CheckState::Fail && c.name != CheckName::Inspection) {
        return (Verdict::Altered, Some(check));
    }
    if let Some(check) = first(&|c| is(c, CheckName::Consent, CheckState::Warn)) {
        return (Verdict::StaleConsent, Some(check));
    }
    // A file that could not be inspected is the reason for whatever else is missing.
    if let Some(check) = first(&|c| c.state == CheckState::Fail || c.state == CheckState::Warn) {
        return (Verdict::Unverified, Some(check));
    }
    match CheckName::NEEDED.into_iter().find(|name| state(*name) == CheckState::None) {
        Some(name) => (Verdict::Unverified, worst(name)),
        None => (Verdict::Verified, None),
    }
}

/// The check `format`: whether a clip is what its record says.
#[must_use]
pub fn format(found: &Format, said: &Format) -> Check {
    if found == said {
        let Format { width, height, fps, frames } = found;
        let detail = format!("{width}×{height}, {frames} frames at {fps} frames/s, as the record says");
        return Check::pass(CheckName::Format, &detail);
    }
    let words = |f: &Format| format!("{}×{} and {} frames at {}/s", f.width, f.height, f.frames, f.fps);
    let detail = format!("the record says {}, the file has {}", words(said), words(found));
    Check::fail(CheckName::Format, &detail)
}

/// The check `mark`: what was read from the pictures, against what the record says, where there is one. Not to find a mark
/// speaks against nobody.
#[must_use]
pub fn mark(found: Option<[u8; 8]>, said: Option<[u8; 8]>) -> Check {
    let Some(tag) = found else {
        return Check::none(CheckName::Mark, "no mark can be read in its pictures");
    };
    let text: String = tag.iter().map(|byte| format!("{byte:02x}")).collect();
    match said {
        Some(said) if said == tag => {
            Check::pass(CheckName::Mark, &format!("its pictures carry the record's tag {text}"))
        }
        Some(_) => {
            let detail = format!("its pictures carry the mark of another clip, with the tag {text}");
            Check::new(CheckName::Mark, CheckState::Warn, &detail)
        }
        None => Check::none(CheckName::Mark, &format!("its pictures carry a mark with the tag {text}")),
    }
}

#[cfg(test)]
mod tests;
