//! Lineage: what a clip's parents allow, and that nobody who was in them is left out.

use std::collections::{BTreeMap, BTreeSet};

use super::ConsentSet;
use super::facts::ClipFacts;
use super::refusal::Refusal;
use crate::ids::Rid;
use crate::limits::{CONSENT_ANCESTORS_MAX, FUTURE_SECONDS_MAX};
use crate::record::{Remix, Role};

impl ConsentSet {
    /// Checks a clip against its parents; gives those that are not known.
    pub(super) fn lineage_holds(&self, clip: &ClipFacts) -> Result<Vec<Rid>, Refusal> {
        let mut unchecked = Vec::new();
        for rid in &clip.parents {
            match self.clips.get(rid) {
                Some(parent) => allows_remix(parent, clip)?,
                None => unchecked.push(*rid),
            }
        }
        let named: BTreeSet<Rid> = clip.uses.iter().map(|facts| facts.used.cameo).collect();
        let inherited = self.inherited(clip, &mut BTreeMap::new())?;
        if inherited.is_subset(&named) { Ok(unchecked) } else { Err(Refusal::InheritanceDropped) }
    }

    /// Cameos that a clip has from its ancestors.
    pub(super) fn inherited(
        &self,
        clip: &ClipFacts,
        seen: &mut BTreeMap<Rid, BTreeSet<Rid>>,
    ) -> Result<BTreeSet<Rid>, Refusal> {
        let mut cameos = BTreeSet::new();
        for parent in clip.parents.iter().filter_map(|rid| self.clips.get(rid)) {
            if !seen.contains_key(&parent.rid) {
                if seen.len() >= CONSENT_ANCESTORS_MAX {
                    return Err(Refusal::AncestorsTooMany);
                }
                // Marked before its own parents are looked at, so that the count bounds the depth as well.
                seen.insert(parent.rid, BTreeSet::new());
                let mut shown = self.inherited(parent, seen)?;
                for facts in &parent.uses {
                    if facts.used.role == Role::Absent && self.absence_holds(parent, facts).is_ok() {
                        shown.remove(&facts.used.cameo);
                    } else {
                        shown.insert(facts.used.cameo);
                    }
                }
                seen.insert(parent.rid, shown);
            }
            cameos.extend(seen.get(&parent.rid).into_iter().flatten().copied());
        }
        Ok(cameos)
    }
}

/// Whether a parent's creator lets this clip be made of it.
fn allows_remix(parent: &ClipFacts, clip: &ClipFacts) -> Result<(), Refusal> {
    if clip.time.saturating_add(FUTURE_SECONDS_MAX) < parent.time {
        return Err(Refusal::OlderThanParent);
    }
    if parent.author == clip.author {
        return Ok(());
    }
    if parent.remix == Remix::None {
        return Err(Refusal::ParentForbidsRemix);
    }
    if clip.remix > parent.remix {
        return Err(Refusal::ParentPolicyWidened);
    }
    let mut terms = parent.licence.split([' ', '(', ')']);
    if terms.any(|term| term.contains("-ND")) {
        return Err(Refusal::LicenceForbidsRemix);
    }
    let share_alike = parent.licence.contains("-SA") || parent.remix == Remix::KeepPolicy;
    if share_alike && clip.licence != parent.licence {
        return Err(Refusal::LicenceNotKept);
    }
    Ok(())
}
