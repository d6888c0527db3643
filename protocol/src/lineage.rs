//! Lineage: which clips a clip was made from, and which were made from it.
//!
//! A record names its parents by their ids, and an id is a hash of the record: nobody can name a clip that does not
//! exist yet, so the graph has no cycles. It is walked as if it had some, and within bounds, because parents may be
//! invented, missing or very many. This file reads graphs; it knows no store and shows nothing.

mod licence;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use serde::{Deserialize, Serialize};

use crate::ids::{BlobHash, Rid};
use crate::limits::{LINEAGE_CLIPS_MAX, LINEAGE_DEPTH_MAX};
use crate::record::Clip;

pub use licence::{LicenceFault, Terms, shares_alike, terms, valid};

/// The clips that a node knows, as a graph.
pub trait Family {
    /// Failure of the storage behind it.
    type Error;
    /// The parents that a clip's record names, in its order; nothing when the record is not here any more, or never
    /// was.
    ///
    /// # Errors
    /// Failure of the storage.
    fn parents(&self, clip: &Rid) -> Result<Vec<Rid>, Self::Error>;
    /// Known clips whose records name this one as a parent, oldest first, at most `limit`.
    ///
    /// # Errors
    /// Failure of the storage.
    fn children(&self, clip: &Rid, limit: usize) -> Result<Vec<Rid>, Self::Error>;
}

/// Which way to walk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// To what a clip was made from.
    Ancestors,
    /// To what was made from it.
    Descendants,
}

/// One relative.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// Which clip.
    pub clip: Rid,
    /// The relative through which it was found: one step nearer to the clip that was asked about.
    pub via: Rid,
    /// Steps from the clip that was asked about, from 1.
    pub depth: usize,
}

/// What a walk found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Walk {
    /// Each relative once, on the shortest way to it; every one stands behind the one it was found through, and what
    /// was found through one stands together.
    pub steps: Vec<Step>,
    /// Whether that is all: no bound was reached.
    pub complete: bool,
}

/// Walks from a clip to its relatives, nearest first, at most [`LINEAGE_DEPTH_MAX`] steps far and
/// [`LINEAGE_CLIPS_MAX`] of them. A parent that is not known here is a relative too; the way ends there.
///
/// # Errors
/// Failure of the storage.
pub fn walk<F: Family>(family: &F, start: Rid, direction: Direction) -> Result<Walk, F::Error> {
    let mut seen = BTreeSet::from([start]);
    let mut open = VecDeque::from([(start, 0usize)]);
    let mut found: BTreeMap<Rid, Vec<Step>> = BTreeMap::new();
    let mut complete = true;
    // More than all that may be named together: whoever has so many has one that is new, and the bound is noticed.
    let limit = LINEAGE_CLIPS_MAX.saturating_add(2);
    while let Some((via, above)) = open.pop_front() {
        let next = match direction {
            Direction::Ancestors => family.parents(&via)?,
            Direction::Descendants => family.children(&via, limit)?,
        };
        let depth = above.saturating_add(1);
        for clip in next {
            if seen.contains(&clip) {
                continue;
            }
            if depth > LINEAGE_DEPTH_MAX || seen.len() > LINEAGE_CLIPS_MAX {
                complete = false;
                break;
            }
            seen.insert(clip);
            open.push_back((clip, depth));
            found.entry(via).or_default().push(Step { clip, via, depth });
        }
    }
    Ok(Walk { steps: in_branches(found, start), complete })
}

/// Puts every relative behind the one it was found through.
fn in_branches(mut found: BTreeMap<Rid, Vec<Step>>, start: Rid) -> Vec<Step> {
    let mut steps = Vec::new();
    let mut open = found.remove(&start).unwrap_or_default();
    open.reverse();
    while let Some(step) = open.pop() {
        steps.push(step);
        open.extend(found.remove(&step.clip).unwrap_or_default().into_iter().rev());
    }
    steps
}

/// A clip that is a part of another, pictures and sound as they are there. It stands in the place of a recipe, and is as
/// much: whoever has the parent can cut it again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cut {
    /// The parent's file.
    pub parent: BlobHash,
    /// Its first frame that is in the clip.
    pub first: u32,
    /// How many frames are.
    pub frames: u32,
}

/// What a cut stands under, so that it is no recipe of a render by accident.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct CutRecipe {
    cut: Cut,
}

impl Cut {
    /// The cut that a clip's record states instead of a recipe, if this version can read it.
    #[must_use]
    pub fn of(clip: &Clip) -> Option<Self> {
        ipld_core::serde::from_ipld(clip.recipe.clone()?).ok().map(|CutRecipe { cut }| cut)
    }

    /// The cut in the form in which records carry it.
    ///
    /// # Errors
    /// [`crate::fault::Fault::Malformed`] when it cannot be written, which is a defect.
    pub fn value(self) -> Result<ipld_core::ipld::Ipld, crate::fault::Fault> {
        ipld_core::serde::to_ipld(CutRecipe { cut: self })
            .map_err(|e| crate::fault::Fault::malformed("recipe", e))
    }
}
