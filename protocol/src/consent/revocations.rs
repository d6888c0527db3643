//! What was taken back: which revocations reach a use, through its grants and through the clips it is inherited from.

use super::facts::{ClipFacts, Signed, UseFacts};
use super::people::revokers;
use super::{ConsentSet, GREATEST, LEAST};
use crate::ids::{AuthorId, Rid};
use crate::limits::CONSENT_DEPTH_MAX;
use crate::record::{Cameo, Effect, Revoke, Target};

/// What revocations do to one use.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct TakenBack {
    /// The clip goes.
    pub(super) withdrawn: Option<Target>,
    /// The clip came after consent was taken back.
    pub(super) revoked: Option<Target>,
}

impl ConsentSet {
    /// What the revocations known do to a use of a clip.
    pub(super) fn taken_back(&self, cameo: &Signed<Cameo>, clip: &ClipFacts, facts: &UseFacts) -> TakenBack {
        let line = self.line(clip, facts);
        let issuers = self.issuers(facts.used.grant);
        let revokers = revokers(cameo);
        let mut out = TakenBack::default();
        for (_, revoke) in self.revokes.range((cameo.rid, LEAST)..=(cameo.rid, GREATEST)) {
            let counts = revokers.contains(&revoke.by) || by_issuer(revoke, &issuers);
            if !counts || !reaches(&revoke.body.target, &line, &issuers) {
                continue;
            }
            let target = Some(revoke.body.target);
            match revoke.body.effect {
                Effect::Takedown => out.withdrawn = least(out.withdrawn, target),
                Effect::Future if revoke.time <= clip.time => out.revoked = least(out.revoked, target),
                Effect::Future => {}
            }
        }
        out
    }

    /// The clip and its use, and those that it is inherited from, as pairs of record and use id.
    fn line(&self, clip: &ClipFacts, facts: &UseFacts) -> Vec<(Rid, Rid)> {
        let mut line = vec![(clip.rid, facts.id)];
        let mut from = facts.used.from;
        while let Some(parent) = from.and_then(|rid| self.clips.get(&rid)) {
            let Some(inherited) = parent.use_of(facts.used.cameo) else { break };
            line.push((parent.rid, inherited.id));
            if line.len() > CONSENT_DEPTH_MAX as usize {
                break;
            }
            from = inherited.used.from;
        }
        line
    }

    /// The grants above a use with their issuers, from the leaf up, as far as they are known.
    fn issuers(&self, leaf: Rid) -> Vec<(Rid, AuthorId)> {
        // A chain of which a part is missing holds nowhere; what is known of it can still be taken down.
        let mut issuers = Vec::new();
        let mut next = Some(leaf);
        while let Some(grant) = next.and_then(|rid| self.grants.get(&rid)) {
            issuers.push((grant.rid, grant.by));
            if issuers.len() >= crate::limits::CONSENT_CHAIN_MAX {
                break;
            }
            next = grant.body.prf;
        }
        issuers
    }
}

/// Whoever issued a grant, or one above it, may revoke it.
fn by_issuer(revoke: &Signed<Revoke>, issuers: &[(Rid, AuthorId)]) -> bool {
    let Target::Grant(target) = revoke.body.target else { return false };
    let above = issuers.iter().skip_while(|(rid, _)| *rid != target);
    above.into_iter().any(|(_, by)| *by == revoke.by)
}

fn reaches(target: &Target, line: &[(Rid, Rid)], issuers: &[(Rid, AuthorId)]) -> bool {
    match target {
        Target::Cameo => true,
        Target::Grant(rid) => issuers.iter().any(|(grant, _)| grant == rid),
        Target::Use(id) => line.iter().any(|(_, used)| used == id),
        Target::Clip(rid) => line.iter().any(|(clip, _)| clip == rid),
    }
}

fn least(one: Option<Target>, other: Option<Target>) -> Option<Target> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (one, other) => one.or(other),
    }
}
