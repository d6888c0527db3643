//! Chains of grants: from the one that a use names up to a controller, each no wider than the one before.

use std::collections::BTreeSet;

use super::facts::{ClipFacts, Signed, UseFacts};
use super::policy::{Purpose, allows, attenuates, below_the_floor, denies, end, has_ticket, narrows};
use super::refusal::Refusal;
use super::{ConsentSet, GREATEST, LEAST, Proof};
use crate::ids::{AuthorId, Rid};
use crate::limits::{CONSENT_CHAIN_MAX, CONSENT_GRANT_SECONDS_MAX, FUTURE_SECONDS_MAX};
use crate::record::{Cameo, Command, Grant, Grantee, Open, Role, Status, Tickets};

/// From the grant that a use names up to the controller's.
pub(super) type Chain<'a> = Vec<&'a Signed<Grant>>;

impl ConsentSet {
    /// The chain of a grant: as far as it is known, and whether that is all of it.
    pub(super) fn chain(&self, leaf: Rid) -> Result<Chain<'_>, Refusal> {
        let mut chain = Vec::new();
        let mut next = Some(leaf);
        while let Some(rid) = next {
            if chain.len() >= CONSENT_CHAIN_MAX {
                return Err(Refusal::ChainTooLong);
            }
            let grant = self.grants.get(&rid).ok_or(Refusal::UnknownGrant)?;
            next = grant.body.prf;
            chain.push(grant);
        }
        Ok(chain)
    }

    /// Checks a chain against its cameo, for a clip of this creator and time.
    pub(super) fn chain_holds(
        &self,
        cameo: &Signed<Cameo>,
        chain: &Chain<'_>,
        (creator, time): (AuthorId, u64),
    ) -> Result<(), Refusal> {
        for grant in chain {
            if grant.body.cameo != cameo.rid {
                return Err(Refusal::GrantOfAnotherCameo);
            }
            if grant.body.exp.saturating_sub(grant.body.nbf) > CONSENT_GRANT_SECONDS_MAX {
                return Err(Refusal::GrantTooLong);
            }
        }
        for (inner, outer) in chain.iter().zip(chain.iter().skip(1)) {
            if !outer.body.cmd.contains(&Command::Delegate) {
                return Err(Refusal::NotDelegable);
            }
            if outer.body.aud != Grantee::One(inner.by) {
                return Err(Refusal::BrokenChain);
            }
            attenuates(&inner.body, &outer.body).map_err(Refusal::Widened)?;
        }
        let root = chain.last().ok_or(Refusal::UnknownGrant)?;
        if !super::people::controllers(cameo).contains(&root.by) {
            let own = root.by == creator;
            return Err(if own { Refusal::SelfGranted } else { Refusal::NotByController });
        }
        narrows(&root.body.pol, &cameo.body.policy).map_err(Refusal::Widened)?;
        if let (Status::Minor, Some(adult_at)) = (cameo.body.status, cameo.body.adult_at)
            && root.body.exp > adult_at
        {
            return Err(Refusal::OfAge);
        }
        for grant in chain {
            if grant.time > time.saturating_add(FUTURE_SECONDS_MAX) {
                return Err(Refusal::GrantAfterClip);
            }
            if time < grant.body.nbf {
                return Err(Refusal::NotYetValid);
            }
            if time > grant.body.exp {
                return Err(Refusal::Expired);
            }
        }
        self.tickets_are_apart(chain)
    }

    /// Whether the leaf of a chain is for this creator.
    pub(super) fn is_for(
        &self,
        cameo: &Signed<Cameo>,
        leaf: &Grant,
        creator: AuthorId,
    ) -> Result<(), Refusal> {
        let inner = super::people::revokers(cameo);
        let open = cameo.body.open;
        match leaf.aud {
            Grantee::One(author) if author != creator => Err(Refusal::WrongGrantee),
            Grantee::One(author) if !inner.contains(&author) && open < Open::Approved => {
                Err(Refusal::NotOpen)
            }
            Grantee::One(_) => Ok(()),
            Grantee::Mutuals if open < Open::Mutuals => Err(Refusal::NotOpen),
            Grantee::Mutuals if !self.are_mutuals(cameo.body.subject, creator) => Err(Refusal::NotMutual),
            Grantee::Mutuals => Ok(()),
            Grantee::Everyone if open < Open::Everyone => Err(Refusal::NotOpen),
            Grantee::Everyone => Ok(()),
        }
    }

    /// Whether no two delegations of one issuer give out the same tickets.
    fn tickets_are_apart(&self, chain: &Chain<'_>) -> Result<(), Refusal> {
        for (inner, outer) in chain.iter().zip(chain.iter().skip(1)) {
            let (Some(_), Some(mine)) = (outer.body.uses, inner.body.uses) else { continue };
            let mut others =
                self.children_of(outer.rid).filter(|other| other.rid != inner.rid && other.by == inner.by);
            if others.any(|other| other.body.uses.is_some_and(|theirs| overlap(mine, theirs))) {
                return Err(Refusal::OverlappingTickets);
            }
        }
        Ok(())
    }

    fn children_of(&self, grant: Rid) -> impl Iterator<Item = &Signed<Grant>> {
        let known = self.children.range((grant, LEAST)..=(grant, GREATEST));
        known.filter_map(|(_, rid)| self.grants.get(rid))
    }

    /// Whether the ticket of an own use is there and spent once.
    pub(super) fn ticket_holds(
        &self,
        clip: &ClipFacts,
        facts: &UseFacts,
        leaf: &Signed<Grant>,
    ) -> Result<(), Refusal> {
        let serial = facts.used.serial;
        if !has_ticket(&leaf.body, serial) {
            return Err(Refusal::SerialOutOfRange);
        }
        if self.spenders(leaf.rid, serial, clip.author).any(|other| other.rid != clip.rid) {
            return Err(Refusal::DoubleSpent);
        }
        let given_on = |child: &Signed<Grant>| {
            child.by == clip.author && child.body.uses.is_some() && has_ticket(&child.body, serial)
        };
        if leaf.body.uses.is_some() && self.children_of(leaf.rid).any(given_on) {
            return Err(Refusal::DoubleSpent);
        }
        Ok(())
    }

    /// Clips of a creator that spend a ticket; a use that the creator did not sign spends nothing.
    pub(super) fn spenders(
        &self,
        grant: Rid,
        serial: u32,
        creator: AuthorId,
    ) -> impl Iterator<Item = &ClipFacts> {
        let known = self.spent.range((grant, serial, LEAST)..=(grant, serial, GREATEST));
        let clips = known.filter_map(|(_, _, rid)| self.clips.get(rid));
        clips.filter(move |clip| {
            let own = |facts: &&UseFacts| {
                facts.used.grant == grant && facts.used.serial == serial && facts.used.from.is_none()
            };
            clip.author == creator && clip.uses.iter().find(own).is_some_and(|facts| facts.signed)
        })
    }

    /// Two clips of one creator that spend one ticket, if there are.
    #[must_use]
    pub fn double_spend(&self, grant: Rid, serial: u32) -> Option<Proof> {
        let known = self.spent.range((grant, serial, LEAST)..=(grant, serial, GREATEST));
        let authors: BTreeSet<AuthorId> =
            known.filter_map(|(_, _, rid)| self.clips.get(rid)).map(|clip| clip.author).collect();
        authors.into_iter().find_map(|by| {
            let mut clips = self.spenders(grant, serial, by).map(|clip| clip.rid);
            Some(Proof { by, first: clips.next()?, second: clips.next()? })
        })
    }
}

fn overlap(one: Tickets, other: Tickets) -> bool {
    one.first < end(other) && other.first < end(one)
}

/// Whether a grant lets its grantee publish such a clip.
pub(super) fn covers(leaf: &Grant, clip: &ClipFacts, role: Role) -> Result<(), Refusal> {
    if !leaf.cmd.contains(&Command::Generate) || !leaf.cmd.contains(&Command::Publish) {
        return Err(Refusal::CommandMissing);
    }
    for purpose in purposes(clip)? {
        if denies(&leaf.pol, purpose) {
            return Err(Refusal::PurposeDenied);
        }
        if !allows(&leaf.pol, purpose) {
            return Err(Refusal::PurposeNotGranted);
        }
    }
    if clip.audience > leaf.pol.audience {
        return Err(Refusal::AudienceTooWide);
    }
    if clip.commercial && !leaf.pol.commercial {
        return Err(Refusal::CommercialNotGranted);
    }
    let voice = matches!(role, Role::Voice | Role::Both);
    if voice && !(leaf.pol.voice && leaf.cmd.contains(&Command::Voice)) {
        return Err(Refusal::VoiceNotGranted);
    }
    Ok(())
}

/// What a clip is for, if all of it is known and none of it below the floor.
pub(super) fn purposes(clip: &ClipFacts) -> Result<Vec<Purpose>, Refusal> {
    if clip.purposes.is_empty() {
        return Err(Refusal::NoPurpose);
    }
    let read: Option<Vec<Purpose>> = clip.purposes.iter().map(|word| Purpose::parse(word)).collect();
    let purposes = read.ok_or(Refusal::UnknownPurpose)?;
    if below_the_floor(&purposes) { Err(Refusal::HardFloor) } else { Ok(purposes) }
}
