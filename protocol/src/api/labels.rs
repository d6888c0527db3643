//! Calls about labels: putting them, whom to listen to, what one decided oneself; and labels as they are shown.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::FeedItem;
use crate::ids::{AuthorId, Rid};
use crate::labels::{Ruling, Setting, Tier, Voice};
use crate::record::{Labelled, Meaning, Severity};
use crate::text::Text;

/// A call about labels.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case")]
pub enum LabelCall {
    /// Puts a label, or takes it off.
    Put {
        /// On what.
        on: Labelled,
        /// Which.
        value: String,
        /// Whether it is put or taken off.
        set: bool,
        /// For how many seconds; without end when absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        seconds: Option<u64>,
        /// Why, for people.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        why: String,
    },
    /// Declares this persona a labeler, or declares it anew.
    Declare {
        /// What it is called.
        name: String,
        /// What it labels.
        about: String,
        /// What it means by which label; the values that mean the same everywhere when empty.
        values: Vec<Meaning>,
    },
    /// Listens to a labeler. Once more replaces the settings and keeps the place in the order.
    Subscribe {
        /// Whom.
        labeler: AuthorId,
        /// What to make of some of its labels.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        settings: BTreeMap<String, Setting>,
    },
    /// Listens to a labeler no more.
    Unsubscribe {
        /// Whom.
        labeler: AuthorId,
    },
    /// Whom this persona listens to, in order.
    Labelers,
    /// Decides about one clip; null takes the decision back.
    Rule {
        /// Which.
        clip: Rid,
        /// What.
        ruling: Option<Ruling>,
    },
    /// Clips that something is said of, or that this persona decided about; hidden ones too, newest first.
    Clips,
}

/// The answer to a [`LabelCall`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "of", rename_all = "snake_case")]
pub enum LabelAnswer {
    /// To `put` and `declare`: the record made.
    Record {
        /// Its id.
        rid: Rid,
    },
    /// To `subscribe`, `unsubscribe` and `rule`.
    Done,
    /// To `labelers`.
    Labelers {
        /// In order.
        labelers: Vec<LabelerView>,
    },
    /// To `clips`.
    Clips {
        /// Newest first, at most a page.
        items: Vec<FeedItem>,
    },
}

/// A labeler that this persona subscribed to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LabelerView {
    /// Who.
    pub labeler: AuthorId,
    /// What it is called, or an empty text while its declaration is not here.
    pub name: Text,
    /// What it labels.
    pub about: Text,
    /// What it means by its labels.
    pub values: Vec<MeaningView>,
    /// Labels of it that are known here.
    pub labels: u64,
}

/// What a labeler means by a label, and what this persona makes of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MeaningView {
    /// Which.
    pub value: Text,
    /// As declared.
    pub severity: Severity,
    /// Whether it weighs that without being chosen.
    pub default: bool,
    /// In words.
    pub means: Text,
    /// What was chosen, if something was.
    pub setting: Option<Setting>,
}

/// One thing that is said of a clip, as it is shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LabelView {
    /// Who says it.
    pub by: Voice,
    /// The labeler's name, or an empty text.
    pub name: Text,
    /// Which label; empty for what this persona decided, and for what is usual.
    pub value: Text,
    /// What it weighs here.
    pub severity: Severity,
    /// Why, in the labeler's words.
    pub why: Text,
    /// On what it was put: `clip`, `file` or `author`.
    pub on: String,
    /// In force until this second.
    pub until: Option<u64>,
}

impl LabelView {
    /// In words: what is said, and by whom.
    #[must_use]
    pub fn words(&self) -> String {
        let why = if self.why.is_empty() { String::new() } else { format!(" ({})", self.why) };
        match self.by {
            Voice::You => "you hid it".to_owned(),
            Voice::Author => format!("{}, says its author", self.value),
            Voice::Labeler(who) if self.name.is_empty() => {
                format!("{}, says {}{why}", self.value, who.short())
            }
            Voice::Labeler(_) => format!("{}, says {}{why}", self.value, self.name),
            Voice::Tier(Tier::Stranger) => "a stranger's, and no labeler of yours spoke of it".to_owned(),
            Voice::Tier(tier) => format!("usual for the tier {}", tier.as_str()),
        }
    }
}

/// Several of them in one line.
#[must_use]
pub fn said_words(said: &[LabelView]) -> String {
    said.iter().map(LabelView::words).collect::<Vec<_>>().join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_names_who_says_it_and_why() {
        let said = LabelView {
            by: Voice::Labeler(AuthorId([0xab; 32])),
            name: Text::line("Watch", 40),
            value: Text::line("violence", 40),
            severity: Severity::Warn,
            why: Text::line("a boxing match", 40),
            on: "clip".to_owned(),
            until: None,
        };
        let nameless = LabelView { name: Text::default(), why: Text::default(), ..said.clone() };
        let own = LabelView { by: Voice::Author, ..said.clone() };
        assert_eq!(
            said_words(&[said, nameless, own]),
            "violence, says Watch (a boxing match); violence, says abababab; violence, says its author"
        );
    }
}
