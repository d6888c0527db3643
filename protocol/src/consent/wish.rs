//! What somebody may make now: the grant and the ticket that a clip would use, before it is made.
//!
//! The same rules judge the wish that later judge the clip; a studio that asks first renders nothing that no node takes.

use serde_bytes::ByteBuf;

use super::facts::{ClipFacts, UseFacts};
use super::refusal::Refusal;
use super::{ConsentSet, Freshness};
use crate::ids::{AuthorId, Rid};
use crate::record::{Approve, Audience, Remix, Role, Use};

/// A clip that somebody would like to make.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wish {
    /// Of whom.
    pub cameo: Rid,
    /// Who.
    pub creator: AuthorId,
    /// What of the subject.
    pub role: Role,
    /// What for.
    pub purposes: Vec<String>,
    /// For whom.
    pub audience: Audience,
    /// Whether to earn money.
    pub commercial: bool,
    /// Tickets, with their grants, that drafts of the creator wait with.
    pub reserved: Vec<(Rid, u32)>,
}

/// What it would be made under.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Permit {
    /// Whose likeness.
    pub subject: AuthorId,
    /// The grant.
    pub grant: Rid,
    /// Number of the ticket.
    pub serial: u32,
    /// Whether the subject must approve the clip before it is published.
    pub needs_approval: bool,
    /// What may be made of the clip at most.
    pub remix: Remix,
}

impl ConsentSet {
    /// The first grant under which a wish may be made now, and a free ticket of it.
    ///
    /// # Errors
    /// What stands against it: of the grant that came furthest in the list of rules, or [`Refusal::UnknownGrant`].
    pub fn permit(&self, now: u64, wish: &Wish) -> Result<Permit, Refusal> {
        let cameo = self.cameos.get(&wish.cameo).ok_or(Refusal::UnknownCameo)?;
        let head = self.newest_head(cameo).ok_or(Refusal::Stale)?;
        let mut refused = Refusal::UnknownGrant;
        for (grant, _, known) in self.grants_of(wish.cameo) {
            let Some(serial) = self.next_serial(grant, wish.creator, &wish.reserved) else {
                refused = refused.max(Refusal::SerialOutOfRange);
                continue;
            };
            let used = Use {
                cameo: wish.cameo,
                subject: cameo.body.subject,
                grant,
                serial,
                role: wish.role,
                spans: Vec::new(),
                from: None,
                head: ByteBuf::new(),
                approval: None,
                sig: [0; 64].into(),
            };
            // The staple comes when the clip is published: here it counts as signed and stapled.
            let facts =
                UseFacts { used, id: Rid([0; 32]), signed: true, head: Some(head.clone()), approval: None };
            let clip = self.wished(now, wish, facts);
            match self.wish_holds(now, &clip) {
                Ok(needs_approval) => {
                    let (subject, remix) = (cameo.body.subject, known.pol.remix);
                    return Ok(Permit { subject, grant, serial, needs_approval, remix });
                }
                Err(why) => refused = refused.max(why),
            }
        }
        Err(refused)
    }

    pub(super) fn wished(&self, now: u64, wish: &Wish, facts: UseFacts) -> ClipFacts {
        ClipFacts {
            rid: Rid([0; 32]),
            author: wish.creator,
            time: now,
            millis: u64::MAX,
            remix: Remix::None,
            licence: String::new(),
            parents: Vec::new(),
            purposes: wish.purposes.clone(),
            audience: wish.audience,
            commercial: wish.commercial,
            uses: vec![facts],
        }
    }

    /// Whether it could be published now; and whether an approval is all that it lacks.
    pub(super) fn wish_holds(&self, now: u64, clip: &ClipFacts) -> Result<bool, Refusal> {
        let facts = clip.uses.first().ok_or(Refusal::UnknownGrant)?;
        let cameo = self.cameos.get(&facts.used.cameo).ok_or(Refusal::UnknownCameo)?;
        let back = self.taken_back(cameo, clip, facts);
        if let Some(target) = back.withdrawn.or(back.revoked) {
            return Err(Refusal::Revoked(target));
        }
        let needs_approval = match self.use_holds(clip, facts, 0) {
            Ok(_) => false,
            Err(Refusal::ApprovalMissing) => true,
            Err(why) => return Err(why),
        };
        let head = facts.head.as_ref().ok_or(Refusal::Stale)?;
        match self.freshness(cameo, head, now).1 {
            Freshness::Fresh => Ok(needs_approval),
            Freshness::Stale => Err(Refusal::Stale),
            Freshness::Incomplete => Err(Refusal::HiddenRevocation),
        }
    }

    /// A record by which a controller of a cameo approves a use, if one is known.
    #[must_use]
    pub fn approval_of(&self, cameo: &Rid, id: Rid) -> Option<(Rid, &Approve)> {
        let controllers = super::people::controllers(self.cameos.get(cameo)?);
        let mut known = self.approvals.range((id, super::LEAST)..=(id, super::GREATEST));
        let found = known.find(|(_, approval)| controllers.contains(&approval.by) && approval.body.yes);
        found.map(|(_, approval)| (approval.rid, &approval.body))
    }

    /// Clips of which something was withdrawn.
    #[must_use]
    pub fn withdrawn_clips(&self) -> Vec<Rid> {
        self.clips.values().filter(|clip| self.withdrawn(clip).is_some()).map(|clip| clip.rid).collect()
    }
}
