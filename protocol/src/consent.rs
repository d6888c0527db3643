//! Consent: whether a clip may show the people it shows, as a pure function of the records that are known.
//!
//! [`ConsentSet`] holds what was signed: cameos, grants, approvals, revocations, heads, follow edges, and the uses of
//! clips. Records come in whatever order they like; [`ConsentSet::judge`] says how a clip stands *now* and changes
//! nothing, so the same union of records gives the same standing everywhere. What nobody signed is not known, and what
//! is not known is not allowed. It owns no bytes of clips and no keys, and it decides nothing about feeds.

mod facts;
mod grants;
mod heads;
mod judge;
mod lineage;
mod liveness;
mod people;
mod policy;
mod refusal;
mod remix;
mod revocations;
mod uses;
mod wish;

#[cfg(test)]
mod attacks;

use std::collections::{BTreeMap, BTreeSet};

use crate::check::Checked;
use crate::feed::Rank;
use crate::ids::{AuthorId, Rid};
use crate::limits::{CONSENT_HEADS_MAX, CONSENT_KNOWN_MAX, SEALED_KNOWN_MAX};
use crate::record::{
    Approve, Body, Cameo, Challenge, Clip, Grant, Head, Remix, Revoke, Role, Sealed, Target,
};

pub use facts::{consent_hash, prompt_hash, revoked_root, use_id, use_message};
pub use judge::mirrors;
#[cfg(test)]
pub(crate) use liveness::WORDS;
pub use liveness::{Unwitnessed, Witnessed, phrase, phrase_hash};
pub use policy::{Purpose, allows, attenuates, denies, narrows};
pub use refusal::{Axis, Refusal};
pub use remix::RemixUse;
pub use uses::KnownUse;

pub use wish::{Permit, Wish};

use facts::{ClipFacts, Signed};

/// The least and the greatest id, as ends of a range.
const LEAST: Rid = Rid([0; 32]);
const GREATEST: Rid = Rid([255; 32]);

/// What became of a record that was offered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taken {
    /// It is known from now on.
    Noted,
    /// It says nothing about consent.
    Nothing,
    /// There is no room for more of its kind: what it would allow is not allowed.
    Full,
}

/// How fresh the news of a cameo is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Freshness {
    /// The newest head still holds.
    Fresh,
    /// It has ended.
    Stale,
    /// It counts a revocation that is not here.
    Incomplete,
}

/// Somebody who is in a clip, and how they consented.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// The cameo.
    pub cameo: Rid,
    /// Whose it is.
    pub subject: AuthorId,
    /// The cameo's name, as its record says; not sanitised.
    pub name: String,
    /// What of them is used.
    pub role: Role,
    /// The grant.
    pub grant: Rid,
    /// The grant's last second.
    pub until: u64,
    /// Whether a controller countersigned this very clip.
    pub approved: bool,
    /// The parent it is inherited from.
    pub from: Option<Rid>,
    /// When the newest head was signed.
    pub heard: u64,
    /// How fresh that is.
    pub freshness: Freshness,
}

/// How a clip stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// Who is in it.
    pub people: Vec<Person>,
    /// What was withdrawn: then it is not shown, and its file goes.
    pub withdrawn: Option<Target>,
    /// Parents that are not known here: who was in them nobody can say.
    pub unchecked_parents: Vec<Rid>,
}

impl Standing {
    /// The least fresh news of all people in it.
    #[must_use]
    pub fn freshness(&self) -> Freshness {
        self.people.iter().map(|person| person.freshness).max().unwrap_or(Freshness::Fresh)
    }
}

/// Two records that together prove that somebody signed twice what may be signed once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Proof {
    /// Who signed both.
    pub by: AuthorId,
    /// One record.
    pub first: Rid,
    /// The other.
    pub second: Rid,
}

/// Everything known about consent.
#[derive(Clone, Debug, PartialEq)]
pub struct ConsentSet {
    network: String,
    cameos: BTreeMap<Rid, Signed<Cameo>>,
    grants: BTreeMap<Rid, Signed<Grant>>,
    /// Grants by the one they narrow.
    children: BTreeSet<(Rid, Rid)>,
    /// By cameo.
    revokes: BTreeMap<(Rid, Rid), Signed<Revoke>>,
    /// By cameo, signer and number.
    heads: BTreeMap<(Rid, AuthorId, u64, Rid), Signed<Head>>,
    /// By what they are of.
    approvals: BTreeMap<(Rid, Rid), Signed<Approve>>,
    /// Cameos of the dead, by the cameo signed in life.
    successors: BTreeSet<(Rid, Rid)>,
    /// Follow edges.
    edges: BTreeMap<(AuthorId, AuthorId), (Rank, bool)>,
    clips: BTreeMap<Rid, ClipFacts>,
    /// Clips by grant and ticket; inherited uses spend nothing.
    spent: BTreeSet<(Rid, u32, Rid)>,
    letters: BTreeMap<Rid, Signed<Sealed>>,
    challenges: BTreeMap<Rid, Signed<Challenge>>,
}

/// Whether a clip has to be remembered to judge others: it shows somebody, restricts remixes, or is a remix.
#[must_use]
pub fn concerns(clip: &Clip) -> bool {
    clip.consent.is_some()
        || clip.remix != Remix::Free
        || !clip.parents.is_empty()
        || !clip.licence.is_empty()
}

impl ConsentSet {
    /// An empty set for the records of a network.
    #[must_use]
    pub fn new(network: &str) -> Self {
        Self {
            network: network.to_owned(),
            cameos: BTreeMap::new(),
            grants: BTreeMap::new(),
            children: BTreeSet::new(),
            revokes: BTreeMap::new(),
            heads: BTreeMap::new(),
            approvals: BTreeMap::new(),
            successors: BTreeSet::new(),
            edges: BTreeMap::new(),
            clips: BTreeMap::new(),
            spent: BTreeSet::new(),
            letters: BTreeMap::new(),
            challenges: BTreeMap::new(),
        }
    }

    /// Takes a record into account. Records that say nothing about consent change nothing.
    pub fn handle(&mut self, checked: &Checked) -> Taken {
        let rid = checked.rid();
        match &checked.record().body {
            Body::Cameo(body) => {
                if let Some(life) = body.life {
                    self.successors.insert((life, rid));
                }
                put(&mut self.cameos, rid, || Signed::of(checked, Cameo::clone(body)))
            }
            Body::Grant(body) => {
                let taken = put(&mut self.grants, rid, || Signed::of(checked, Grant::clone(body)));
                if let (Taken::Noted, Some(outer)) = (taken, body.prf) {
                    self.children.insert((outer, rid));
                }
                taken
            }
            Body::Approve(body) => {
                put(&mut self.approvals, (body.of, rid), || Signed::of(checked, body.clone()))
            }
            Body::Revoke(body) => {
                put(&mut self.revokes, (body.cameo, rid), || Signed::of(checked, body.clone()))
            }
            Body::Head(body) => self.note_head(Signed::of(checked, body.clone())),
            Body::Challenge(body) => put(&mut self.challenges, rid, || Signed::of(checked, body.clone())),
            Body::Sealed(_) if self.letters.len() >= SEALED_KNOWN_MAX => Taken::Full,
            Body::Sealed(body) => put(&mut self.letters, rid, || Signed::of(checked, Sealed::clone(body))),
            Body::Follow(body) => {
                let (edge, rank) = ((checked.author(), body.author), Rank::of(checked));
                let known = self.edges.get(&edge).map(|(held, _)| *held);
                if known.is_none() && self.edges.len() >= CONSENT_KNOWN_MAX {
                    return Taken::Full;
                }
                if known.is_none_or(|held| held < rank) {
                    self.edges.insert(edge, (rank, body.set));
                }
                Taken::Noted
            }
            Body::Clip(clip) if concerns(clip) => self.note_clip(checked),
            _ => Taken::Nothing,
        }
    }

    fn note_clip(&mut self, checked: &Checked) -> Taken {
        let rid = checked.rid();
        if self.clips.contains_key(&rid) {
            return Taken::Noted;
        }
        if self.clips.len() >= CONSENT_KNOWN_MAX {
            return Taken::Full;
        }
        let Some(facts) = ClipFacts::of(checked, &self.network) else { return Taken::Nothing };
        for used in &facts.uses {
            if used.used.from.is_none() {
                self.spent.insert((used.used.grant, used.used.serial, rid));
            }
            // A staple is news as well, and may be half of a proof.
            if let Some(head) = &used.head {
                self.note_head(head.clone());
            }
        }
        self.clips.insert(rid, facts);
        Taken::Noted
    }

    fn note_head(&mut self, head: Signed<Head>) -> Taken {
        let (cameo, by) = (head.body.cameo, head.by);
        self.heads.insert((cameo, by, head.body.seq, head.rid), head);
        let of_signer = (cameo, by, 0, LEAST)..=(cameo, by, u64::MAX, GREATEST);
        if self.heads.range(of_signer.clone()).count() > CONSENT_HEADS_MAX {
            // The oldest of this signer goes: nobody can push out the heads of another.
            let oldest = self.heads.range(of_signer).next().map(|(key, _)| *key);
            oldest.and_then(|key| self.heads.remove(&key));
        } else if self.heads.len() > CONSENT_KNOWN_MAX.saturating_mul(2) {
            let newest = self.heads.range(of_signer).next_back().map(|(key, _)| *key);
            newest.and_then(|key| self.heads.remove(&key));
            return Taken::Full;
        }
        Taken::Noted
    }

    /// Forgets a record that does not count any more, because its device was revoked. Revocations stay for ever.
    pub fn forget(&mut self, rid: Rid) {
        self.cameos.remove(&rid);
        self.successors.retain(|(_, known)| *known != rid);
        self.grants.remove(&rid);
        self.children.retain(|(_, known)| *known != rid);
        self.heads.retain(|_, head| head.rid != rid);
        self.approvals.retain(|(_, known), _| *known != rid);
        self.challenges.remove(&rid);
        self.letters.remove(&rid);
        self.clips.remove(&rid);
        self.spent.retain(|(_, _, known)| *known != rid);
    }

    /// Whether both follow each other.
    fn are_mutuals(&self, one: AuthorId, other: AuthorId) -> bool {
        let follows = |who, whom| self.edges.get(&(who, whom)).is_some_and(|(_, set)| *set);
        follows(one, other) && follows(other, one)
    }

    /// Authors whose consent records bear on what is known: subjects, controllers and issuers.
    #[must_use]
    pub fn authors(&self) -> BTreeSet<AuthorId> {
        let cameos = self.cameos.values().flat_map(|cameo| {
            std::iter::once(cameo.by)
                .chain([cameo.body.subject])
                .chain(cameo.body.controllers.iter().copied())
        });
        let subjects = self.clips.values().flat_map(|clip| clip.uses.iter().map(|facts| facts.used.subject));
        cameos.chain(self.grants.values().map(|grant| grant.by)).chain(subjects).collect()
    }

    /// A cameo and who signed it.
    #[must_use]
    pub fn cameo(&self, rid: &Rid) -> Option<(AuthorId, &Cameo)> {
        self.cameos.get(rid).map(|cameo| (cameo.by, &cameo.body))
    }

    /// Every cameo.
    pub fn cameos(&self) -> impl Iterator<Item = (Rid, AuthorId, &Cameo)> {
        self.cameos.iter().map(|(rid, cameo)| (*rid, cameo.by, &cameo.body))
    }

    /// Every grant of a cameo, with issuer.
    pub fn grants_of(&self, cameo: Rid) -> impl Iterator<Item = (Rid, AuthorId, &Grant)> {
        let of_cameo = self.grants.iter().filter(move |(_, grant)| grant.body.cameo == cameo);
        of_cameo.map(|(rid, grant)| (*rid, grant.by, &grant.body))
    }

    /// The first ticket of a grant that no clip of this creator is known to use, and that is not reserved.
    #[must_use]
    pub fn next_serial(&self, grant: Rid, creator: AuthorId, reserved: &[(Rid, u32)]) -> Option<u32> {
        let known = self.grants.get(&grant)?;
        let from = known.body.uses.map_or(0, |tickets| tickets.first);
        let spent: BTreeSet<u32> = self
            .spent
            .range((grant, 0, LEAST)..=(grant, u32::MAX, GREATEST))
            .filter(|(_, _, clip)| self.clips.get(clip).is_some_and(|facts| facts.author == creator))
            .map(|(_, serial, _)| *serial)
            .chain(reserved.iter().filter(|(of, _)| *of == grant).map(|(_, serial)| *serial))
            .collect();
        (from..u32::MAX)
            .find(|serial| !spent.contains(serial))
            .filter(|serial| policy::has_ticket(&known.body, *serial))
    }
}

/// Puts one more in, if there is room.
fn put<K: Ord, V>(map: &mut BTreeMap<K, V>, key: K, value: impl FnOnce() -> V) -> Taken {
    if map.contains_key(&key) {
        return Taken::Noted;
    }
    if map.len() >= CONSENT_KNOWN_MAX {
        return Taken::Full;
    }
    map.insert(key, value());
    Taken::Noted
}
