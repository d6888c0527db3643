//! Whether a cameo stands: who may speak for its subject, and the rules for minors and the dead.

use std::collections::BTreeSet;

use super::facts::Signed;
use super::policy::Purpose;
use super::refusal::Refusal;
use super::{ConsentSet, GREATEST, LEAST};
use crate::ids::{AuthorId, Rid};
use crate::limits::CONSENT_ATTESTERS_MIN;
use crate::record::{Approval, Audience, Cameo, Directive, Open, Status, Target};

/// Who decides about a cameo: grants, approvals and heads are theirs to sign.
pub(super) fn controllers(cameo: &Signed<Cameo>) -> BTreeSet<AuthorId> {
    let named = cameo.body.controllers.iter().copied();
    match cameo.body.status {
        Status::Living | Status::Fictional => named.chain([cameo.body.subject]).collect(),
        Status::Minor => named.filter(|author| *author != cameo.body.subject).collect(),
        Status::Deceased => [cameo.by].into(),
    }
}

/// Who may revoke: the controllers, and the subject whatever else holds.
pub(super) fn revokers(cameo: &Signed<Cameo>) -> BTreeSet<AuthorId> {
    let mut revokers = controllers(cameo);
    revokers.insert(cameo.body.subject);
    revokers
}

impl ConsentSet {
    /// Whether a cameo can be used by a clip of this time.
    pub(super) fn cameo_stands(&self, cameo: &Signed<Cameo>, time: u64) -> Result<(), Refusal> {
        match cameo.body.status {
            Status::Living | Status::Fictional if cameo.by != cameo.body.subject => {
                Err(Refusal::CameoByStranger)
            }
            Status::Living | Status::Fictional => self.is_alive(cameo, time),
            Status::Minor => self.minor_stands(cameo, time),
            Status::Deceased => self.deceased_stands(cameo, time),
        }
    }

    fn minor_stands(&self, cameo: &Signed<Cameo>, time: u64) -> Result<(), Refusal> {
        let guardians = controllers(cameo);
        let adult_at = cameo.body.adult_at.filter(|_| !guardians.is_empty()).ok_or(Refusal::NoGuardian)?;
        if cameo.by == cameo.body.subject {
            return Err(Refusal::NoGuardian);
        }
        if !guardians.contains(&cameo.by) {
            return Err(Refusal::CameoByStranger);
        }
        if time >= adult_at {
            return Err(Refusal::OfAge);
        }
        let policy = &cameo.body.policy;
        let for_adults =
            policy.allow.iter().filter_map(|word| Purpose::parse(word)).any(Purpose::is_for_adults);
        let closed = cameo.body.open <= Open::Approved && policy.audience <= Audience::Followers;
        if !closed || policy.commercial || policy.approval != Approval::EveryUse || for_adults {
            return Err(Refusal::MinorPolicy);
        }
        // A guardian does not attest themselves.
        let attesters: BTreeSet<&AuthorId> = cameo.body.attesters.iter().collect();
        let said_yes = attesters
            .into_iter()
            .filter(|author| !guardians.contains(*author) && **author != cameo.body.subject)
            .filter(|author| self.answer_of(cameo.rid, |by| by == **author) == Some(true));
        if said_yes.count() < CONSENT_ATTESTERS_MIN {
            return Err(Refusal::NotAttested);
        }
        Ok(())
    }

    /// What the approvals of `of` by those who count say: one no outweighs every yes.
    pub(super) fn answer_of(&self, of: Rid, counts: impl Fn(AuthorId) -> bool) -> Option<bool> {
        let known = self.approvals.range((of, LEAST)..=(of, GREATEST));
        let answers =
            known.filter(|(_, approval)| counts(approval.by)).map(|(_, approval)| approval.body.yes);
        answers.reduce(|all, yes| all && yes)
    }

    fn deceased_stands(&self, cameo: &Signed<Cameo>, time: u64) -> Result<(), Refusal> {
        let life = cameo.body.life.ok_or(Refusal::NoDirective)?;
        let life = self.cameos.get(&life).ok_or(Refusal::UnknownCameo)?;
        let directive = directive(life).filter(|_| life.body.subject == cameo.body.subject);
        let directive = directive.ok_or(Refusal::NoDirective)?;
        if !directive.allow {
            return Err(Refusal::DirectiveDenies);
        }
        if directive.successor != cameo.by {
            return Err(Refusal::CameoByStranger);
        }
        if !cameo.body.policy.allow.iter().all(|word| directive.purposes.contains(word)) {
            return Err(Refusal::DirectivePurpose);
        }
        if time < cameo.time.saturating_add(directive.wait) {
            return Err(Refusal::DirectiveWaits);
        }
        Ok(())
    }

    /// Whether nobody whom the subject chose has said that the subject is dead.
    fn is_alive(&self, cameo: &Signed<Cameo>, time: u64) -> Result<(), Refusal> {
        let Some(directive) = directive(cameo) else { return Ok(()) };
        let later = self.successors.range((cameo.rid, LEAST)..=(cameo.rid, GREATEST));
        let later = later.filter_map(|(_, rid)| self.cameos.get(rid));
        let mut holding = later.filter(|other| {
            other.by == directive.successor
                && other.body.subject == cameo.body.subject
                && time >= other.time.saturating_add(directive.wait)
                && !self.objected(other)
        });
        if holding.next().is_some() { Err(Refusal::SubjectDeceased) } else { Ok(()) }
    }

    /// Whether the subject answered a successor's cameo.
    fn objected(&self, cameo: &Signed<Cameo>) -> bool {
        let mut revokes = self.revokes.range((cameo.rid, LEAST)..=(cameo.rid, GREATEST));
        revokes.any(|(_, revoke)| revoke.by == cameo.body.subject && revoke.body.target == Target::Cameo)
    }
}

/// The directive of a cameo that its subject signed in life.
fn directive(cameo: &Signed<Cameo>) -> Option<&Directive> {
    let in_life = cameo.body.status == Status::Living && cameo.by == cameo.body.subject;
    cameo.body.directive.as_ref().filter(|_| in_life)
}
