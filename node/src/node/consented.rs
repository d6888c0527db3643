//! The check `consent` of a clip: who is in it, what they allowed, and whether that still holds.
//!
//! The rules are `protocol::consent`; this only says their answer in words, as of now.

use kinora_protocol::check::Checked;
use kinora_protocol::consent::{Freshness, Person};
use kinora_protocol::verdict::{Check, CheckName, CheckState};

use crate::clock;
use crate::store::Store;

/// How the consent of a clip stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Consented {
    /// Its rules are broken: it would not be taken in today.
    Refused(Check),
    /// One check for each person in it, or one that says it was withdrawn; none when nobody is shown.
    Stands(Vec<Check>),
}

impl Consented {
    /// The checks, in no order.
    pub(super) fn checks(self) -> Vec<Check> {
        match self {
            Self::Refused(check) => vec![check],
            Self::Stands(checks) => checks,
        }
    }
}

/// The consent of a clip, by what is known now.
pub(super) fn of(store: &Store, clip: &Checked) -> Consented {
    let now = clock::now_seconds();
    match store.consented(now, clip) {
        Err(refusal) => {
            let detail = format!("its consent does not check ({}): {refusal}", refusal.code());
            Consented::Refused(Check::new(CheckName::Consent, CheckState::Warn, &detail))
        }
        Ok(standing) if standing.withdrawn.is_some() => {
            let detail = "consent withdrawn: somebody in it, or the clip it was made of, was taken down";
            Consented::Stands(vec![Check::fail(CheckName::Consent, detail)])
        }
        Ok(standing) => {
            Consented::Stands(standing.people.iter().map(|person| check_of(person, now)).collect())
        }
    }
}

fn check_of(person: &Person, now: u64) -> Check {
    let days = person.until.saturating_sub(now) / 86_400;
    let exactly = if person.approved { ", to this very clip" } else { "" };
    let by = format!("consented by {} {}{exactly}, {days} more days", person.name, person.subject.short());
    match person.freshness {
        Freshness::Fresh => Check::pass(CheckName::Consent, &by),
        Freshness::Stale => {
            Check::new(CheckName::Consent, CheckState::Warn, &format!("{by}; not confirmed lately"))
        }
        Freshness::Incomplete => {
            let detail = format!("{by}; some of what was revoked is not known here yet");
            Check::new(CheckName::Consent, CheckState::Warn, &detail)
        }
    }
}
