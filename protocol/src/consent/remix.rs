//! What a remix may show of the people in its parents: what it inherits, and what needs a grant of its own.
//!
//! The same rules judge it here, before it is rendered, and later at every door.

use std::collections::{BTreeMap, BTreeSet};

use serde_bytes::ByteBuf;

use super::ConsentSet;
use super::facts::{ClipFacts, UseFacts};
use super::refusal::Refusal;
use super::wish::{Permit, Wish};
use crate::ids::Rid;
use crate::record::{Audience, Remix, Role, Use};

/// One use that a remix would have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RemixUse {
    /// The cameo.
    pub cameo: Rid,
    /// Grant, ticket and what they allow.
    pub permit: Permit,
    /// The parent from which it is inherited; under a grant of its own when absent.
    pub from: Option<Rid>,
}

/// What a clip's consent says it is for.
type Terms = (Vec<String>, Audience, bool);

impl ConsentSet {
    /// Everybody who must be named in a clip that is made of these parents.
    ///
    /// # Errors
    /// [`Refusal::AncestorsTooMany`].
    pub fn shown_in(&self, parents: &[Rid]) -> Result<BTreeSet<Rid>, Refusal> {
        let clip = ClipFacts { parents: parents.to_vec(), ..empty() };
        self.inherited(&clip, &mut BTreeMap::new())
    }

    /// What the first parent with people in it says it is for.
    #[must_use]
    pub fn terms_of(&self, parents: &[Rid]) -> Option<Terms> {
        let mut clips = parents.iter().filter_map(|rid| self.clips.get(rid));
        let clip = clips.find(|clip| !clip.uses.is_empty())?;
        Some((clip.purposes.clone(), clip.audience, clip.commercial))
    }

    /// A use for each person who is in the parents of a remix: inherited where its grant permits that, else under a grant
    /// to the remixer.
    ///
    /// # Errors
    /// What stands against showing one of them; of an inheritance and an own grant that both fail, the latter says why,
    /// unless there is none.
    pub fn permit_remix(&self, now: u64, wish: &Wish, parents: &[Rid]) -> Result<Vec<RemixUse>, Refusal> {
        let mut reserved = wish.reserved.clone();
        let mut uses = Vec::new();
        for cameo in self.shown_in(parents)? {
            let inherited = self.inherit(now, wish, (cameo, parents));
            let found = match inherited {
                Ok(found) => found,
                Err(why) => {
                    let own = Wish { cameo, reserved: reserved.clone(), ..wish.clone() };
                    let own = self.permit(now, &own);
                    let permit = own.map_err(|other| match other {
                        Refusal::UnknownGrant | Refusal::WrongGrantee => why,
                        other => other,
                    })?;
                    reserved.push((permit.grant, permit.serial));
                    RemixUse { cameo, permit, from: None }
                }
            };
            uses.push(found);
        }
        Ok(uses)
    }

    /// The use of a cameo that a remix inherits from one of its parents.
    fn inherit(&self, now: u64, wish: &Wish, (cameo, parents): (Rid, &[Rid])) -> Result<RemixUse, Refusal> {
        let known = self.cameos.get(&cameo).ok_or(Refusal::UnknownCameo)?;
        let head = self.newest_head(known).ok_or(Refusal::Stale)?;
        let mut refused = Refusal::NotInParent;
        for parent in parents.iter().filter_map(|rid| self.clips.get(rid)) {
            let Some(theirs) = parent.use_of(cameo).filter(|facts| facts.used.role != Role::Absent) else {
                continue;
            };
            let used = Use {
                cameo,
                subject: known.body.subject,
                grant: theirs.used.grant,
                serial: theirs.used.serial,
                role: theirs.used.role,
                spans: Vec::new(),
                from: Some(parent.rid),
                head: ByteBuf::new(),
                approval: None,
                sig: [0; 64].into(),
            };
            let facts =
                UseFacts { used, id: Rid([0; 32]), signed: true, head: Some(head.clone()), approval: None };
            let clip = ClipFacts { parents: parents.to_vec(), ..self.wished(now, wish, facts) };
            match self.wish_holds(now, &clip) {
                Ok(needs_approval) => {
                    let grant = self.grants.get(&theirs.used.grant).ok_or(Refusal::UnknownGrant)?;
                    let permit = Permit {
                        subject: known.body.subject,
                        grant: grant.rid,
                        serial: theirs.used.serial,
                        needs_approval,
                        remix: grant.body.pol.remix.min(parent.remix),
                    };
                    return Ok(RemixUse { cameo, permit, from: Some(parent.rid) });
                }
                Err(why) => refused = why,
            }
        }
        Err(refused)
    }
}

fn empty() -> ClipFacts {
    ClipFacts {
        rid: Rid([0; 32]),
        author: crate::ids::AuthorId([0; 32]),
        time: 0,
        millis: 0,
        remix: Remix::None,
        licence: String::new(),
        parents: Vec::new(),
        purposes: Vec::new(),
        audience: Audience::Private,
        commercial: false,
        uses: Vec::new(),
    }
}
