//! A clip's lineage and audit as the control API shows them, in the order in which both programs draw them.

use serde::{Deserialize, Serialize};

use super::ClipState;
use crate::ids::{AuthorId, BlobHash, Rid};
use crate::text::Text;

/// Most links of a credit that are spelled out.
const CREDIT_MAX: usize = 4;

/// One clip in a lineage.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kin {
    /// Which clip.
    pub clip: Rid,
    /// Steps from the clip that was asked about; 0 for itself.
    pub depth: u32,
    /// The relative it was found through, one step nearer; itself for the clip that was asked about.
    pub via: Rid,
    /// Who made it; absent when its record is not here.
    pub author: Option<AuthorId>,
    /// Their profile name, or an empty text.
    pub author_name: Text,
    /// Title, or an empty text.
    pub title: Text,
    /// Unix seconds, as the author says; absent when its record is not here.
    pub time: Option<u64>,
    /// Its file; absent when its record is not here.
    pub blob: Option<BlobHash>,
    /// Whether it can be seen here.
    pub state: ClipState,
    /// Whether it is covered until it is opened.
    #[serde(default)]
    pub covered: bool,
    /// An SPDX expression, or empty for all rights reserved.
    pub licence: Text,
}

impl Kin {
    /// Title and author in words, for a clip whose record may not be here.
    #[must_use]
    pub fn words(&self) -> String {
        let Some(author) = self.author else {
            let what = if self.state == ClipState::Deleted { "a deleted clip" } else { "an unknown clip" };
            return format!("{what} ({})", self.clip.short());
        };
        let by = if self.author_name.is_empty() { author.short() } else { self.author_name.to_string() };
        if self.title.is_empty() {
            format!("an untitled clip by {by}")
        } else {
            format!("“{}” by {by}", self.title)
        }
    }
}

/// What a clip was made from, and what was made from it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lineage {
    /// The clip that was asked about.
    pub clip: Kin,
    /// What it was made from, in branches: each behind the one it was found through, nearest first.
    pub ancestors: Vec<Kin>,
    /// What was made from it, in the same order.
    pub descendants: Vec<Kin>,
    /// Whether these are all that are known here.
    pub complete: bool,
}

/// Where a row of a drawn lineage stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// An ancestor, drawn above.
    Above,
    /// The clip itself.
    Middle,
    /// A descendant, drawn below.
    Below,
}

impl Lineage {
    /// Rows from the top: the farthest ancestors first, the clip, its descendants.
    pub fn rows(&self) -> impl Iterator<Item = (Side, &Kin)> {
        let above = self.ancestors.iter().rev().map(|kin| (Side::Above, kin));
        let below = self.descendants.iter().map(|kin| (Side::Below, kin));
        above.chain(std::iter::once((Side::Middle, &self.clip))).chain(below)
    }

    /// Who is to be named with the clip: `remix of “…” by …, itself a remix of …`, along the first parent of each. Nothing
    /// for a clip that was made from no other.
    #[must_use]
    pub fn credit(&self) -> Option<String> {
        let mut said = String::new();
        let mut at = self.clip.clip;
        for link in 0..=CREDIT_MAX {
            let mut parents = self.ancestors.iter().filter(|kin| kin.via == at);
            let Some(parent) = parents.next() else { break };
            if link == CREDIT_MAX {
                said.push_str(", and so on");
                break;
            }
            let others = parents.count();
            said.push_str(if link == 0 { "remix of " } else { ", itself a remix of " });
            said.push_str(&parent.words());
            match others {
                0 => {}
                1 => said.push_str(" and one more"),
                n => said.push_str(&format!(" and {n} more")),
            }
            at = parent.clip;
        }
        (!said.is_empty()).then_some(said)
    }
}

/// How a clip compares with the same clip made again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AuditOutcome {
    /// The files are the same, byte for byte.
    SameFile,
    /// The files differ, their pictures and sound do not.
    SameFootage,
    /// Pictures and sound are as near as another machine or an invisible mark leaves them.
    Alike,
    /// It is another clip than its recipe makes.
    Different,
}

/// The answer to an audit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AuditView {
    /// The clip.
    pub clip: Rid,
    /// How it compares.
    pub outcome: AuditOutcome,
    /// The same in a sentence.
    pub sentence: String,
    /// Signal to noise of the pictures in dB, over all of them; absent when they are the same or cannot be compared.
    pub psnr: Option<f64>,
    /// Correlation of the sound, −1 … 1; absent when there is none to compare.
    pub correlation: Option<f64>,
    /// Seconds it took.
    pub elapsed: f64,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kin(n: u8, depth: u32, via: u8, title: &str) -> Kin {
        Kin {
            clip: Rid([n; 32]),
            depth,
            via: Rid([via; 32]),
            author: Some(AuthorId([n; 32])),
            author_name: Text::line("Ada", 10),
            title: Text::line(title, 20),
            time: Some(7),
            blob: Some(BlobHash([n; 32])),
            state: ClipState::Ready,
            covered: false,
            licence: Text::default(),
        }
    }

    fn lineage(ancestors: Vec<Kin>) -> Lineage {
        Lineage {
            clip: kin(1, 0, 1, "me"),
            ancestors,
            descendants: vec![kin(9, 1, 1, "child")],
            complete: true,
        }
    }

    #[test]
    fn the_credit_follows_the_first_parents_and_names_what_is_gone() {
        assert_eq!(lineage(Vec::new()).credit(), None);
        let gone = Kin { author: None, state: ClipState::Deleted, ..kin(3, 2, 2, "") };
        let family = lineage(vec![kin(2, 1, 1, "fox"), gone.clone(), kin(4, 1, 1, "cat")]);
        let said = family.credit().unwrap();
        let deleted = format!("a deleted clip ({})", gone.clip.short());
        assert_eq!(said, format!("remix of “fox” by Ada and one more, itself a remix of {deleted}"));
        let long = lineage((2..9u8).map(|n| kin(n, u32::from(n) - 1, n - 1, "")).collect());
        let said = long.credit().unwrap();
        assert!(said.ends_with(", and so on") && said.matches("remix of").count() == CREDIT_MAX, "{said}");
    }

    #[test]
    fn rows_come_from_the_farthest_ancestor_to_the_last_descendant() {
        let family = lineage(vec![kin(2, 1, 1, "fox"), kin(3, 2, 2, "cat")]);
        let rows: Vec<(Side, u8)> = family.rows().map(|(side, kin)| (side, kin.clip.0[0])).collect();
        assert_eq!(rows, [(Side::Above, 3), (Side::Above, 2), (Side::Middle, 1), (Side::Below, 9)]);
    }
}
