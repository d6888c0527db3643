//! What labels do to a clip: shown, covered until it is opened, or hidden. One pure function, [`compose`], which every
//! door of a node asks: what may be fetched, what is given out, what is drawn.
//!
//! Labels come from labelers, whom a persona chooses to listen to, and from the author of the clip. Nobody else's count:
//! a label of somebody who is not subscribed to changes nothing, and no number of reports does. What comes out depends
//! on the union of the records, on what the persona chose, and on the time; never on the order in which records came.
//!
//! What labels do not touch: a clip whose consent was withdrawn, whose file is not what its record says, or whose author
//! deleted it stays away whatever is said here.

mod vocabulary;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::ids::{AuthorId, BlobHash, Rid};
use crate::record::{Label, Labeler, Labelled, Severity};

pub use vocabulary::{Global, VALUES, global, of_author};

/// How near the author of a clip is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tier {
    /// This persona itself.
    Me,
    /// Followed.
    Followed,
    /// Followed by somebody who is followed.
    Near,
    /// Vouched for, or of a community of this persona.
    Vouched,
    /// Nobody known.
    Stranger,
}

impl Tier {
    /// All of them, the nearest first.
    pub const ALL: [Self; 5] = [Self::Me, Self::Followed, Self::Near, Self::Vouched, Self::Stranger];

    /// The word in JSON and in the specification.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Me => "me",
            Self::Followed => "followed",
            Self::Near => "near",
            Self::Vouched => "vouched",
            Self::Stranger => "stranger",
        }
    }
}

/// What the persona itself decided about one clip.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ruling {
    /// Show it, whatever anybody says of it.
    Show,
    /// Hide it.
    Hide,
}

/// What a subscriber makes of one label of one labeler.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Setting {
    /// As if it had not been said.
    Ignore,
    /// It is told.
    Inform,
    /// It covers.
    Warn,
    /// It hides.
    Hide,
}

impl Setting {
    /// The word in JSON and on the command line.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ignore => "ignore",
            Self::Inform => "inform",
            Self::Warn => "warn",
            Self::Hide => "hide",
        }
    }

    const fn severity(self) -> Option<Severity> {
        match self {
            Self::Ignore => None,
            Self::Inform => Some(Severity::Inform),
            Self::Warn => Some(Severity::Warn),
            Self::Hide => Some(Severity::Hide),
        }
    }
}

/// What labels can be put on, of one clip.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Subject {
    /// Its record.
    pub clip: Rid,
    /// Its file.
    pub blob: BlobHash,
    /// Whose it is.
    pub author: AuthorId,
}

impl Subject {
    /// The targets, the most particular first.
    #[must_use]
    pub const fn targets(&self) -> [Labelled; 3] {
        [Labelled::Clip(self.clip), Labelled::Blob(self.blob), Labelled::Author(self.author)]
    }
}

/// A labeler that the persona subscribed to, and what it says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subscribed {
    /// Who.
    pub labeler: AuthorId,
    /// What it declares; nothing when its declaration is not known here.
    pub declared: Labeler,
    /// What the persona chose to make of some of its labels.
    pub settings: BTreeMap<String, Setting>,
    /// Its labels: at least all that are on the clip, its file and its author. Others are not looked at.
    pub labels: Vec<Label>,
}

/// Everything that decides about one clip.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inputs<'a> {
    /// The clip.
    pub subject: Subject,
    /// What the persona decided about it.
    pub ruling: Option<Ruling>,
    /// Whom the persona subscribed to, in the order that it chose.
    pub labelers: &'a [Subscribed],
    /// What its author says of it.
    pub own: &'a [String],
    /// How near its author is.
    pub tier: Tier,
    /// Unix seconds.
    pub now: u64,
}

/// Who says something of a clip.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Voice {
    /// The persona itself.
    You,
    /// A labeler that it subscribed to.
    Labeler(AuthorId),
    /// The clip's author.
    Author,
    /// Nobody: what is usual for so distant an author.
    Tier(Tier),
}

/// One thing that is said of a clip.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reason {
    /// Who says it.
    pub by: Voice,
    /// Which label; empty for what the persona decided, and for what is usual.
    pub value: String,
    /// On what it was put; on the clip when nobody put it.
    pub on: Labelled,
    /// What it weighs here.
    pub severity: Severity,
    /// Whether no choice can lessen it.
    pub floor: bool,
    /// Why, in the labeler's words.
    pub why: String,
    /// In force until this second.
    pub until: Option<u64>,
}

/// What becomes of a clip.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Shown {
    /// It is shown.
    Show,
    /// It is covered until it is opened, for these reasons. It is neither fetched nor decoded before.
    Cover(Vec<Reason>),
    /// It is not shown, fetched or given out, for these reasons.
    Hide(Vec<Reason>),
}

/// What becomes of a clip. In this order: the persona's own decision; the floor; then for each label the first
/// labeler, in the order of subscription, that says it, and where none does, the author; then, if no labeler said
/// anything, what is usual for the author's tier. Of all that is left the heaviest counts.
#[must_use]
pub fn compose(inputs: &Inputs<'_>) -> Shown {
    match inputs.ruling {
        Some(Ruling::Show) => return Shown::Show,
        Some(Ruling::Hide) => return Shown::Hide(vec![own_decision(inputs)]),
        None => {}
    }
    let said = said(inputs);
    let floor: Vec<Reason> = said.iter().filter(|reason| reason.floor).cloned().collect();
    if !floor.is_empty() {
        return Shown::Hide(floor);
    }
    let of = |severity| said.iter().filter(|reason| reason.severity == severity).cloned().collect();
    match said.iter().map(|reason| reason.severity).max() {
        Some(Severity::Hide) => Shown::Hide(of(Severity::Hide)),
        Some(Severity::Warn) => Shown::Cover(of(Severity::Warn)),
        Some(Severity::Inform) | None => Shown::Show,
    }
}

/// Everything that is said of a clip and counts, in the order in which it is asked, whatever the persona decided.
#[must_use]
pub fn said(inputs: &Inputs<'_>) -> Vec<Reason> {
    let mut said: Vec<Reason> = Vec::new();
    for subscribed in inputs.labelers {
        for reason in heard(inputs, subscribed) {
            let before = said.iter().position(|earlier| earlier.value == reason.value);
            match before {
                None => said.push(reason),
                // The floor is not for an earlier labeler to take away.
                Some(at) if reason.floor && said.get(at).is_some_and(|earlier| !earlier.floor) => {
                    said.push(reason);
                }
                Some(_) => {}
            }
        }
    }
    let labelled = !said.is_empty();
    let mut own: Vec<&String> = inputs.own.iter().collect();
    own.sort_unstable();
    own.dedup();
    for value in own {
        if !said.iter().any(|reason| reason.value == *value) {
            let severity = of_author(value, inputs.tier);
            said.push(reason(inputs, Voice::Author, value, severity));
        }
    }
    // The author's own words do not make a stranger known.
    if inputs.tier == Tier::Stranger && !labelled {
        said.push(reason(inputs, Voice::Tier(inputs.tier), "", Severity::Warn));
    }
    said
}

fn own_decision(inputs: &Inputs<'_>) -> Reason {
    reason(inputs, Voice::You, "", Severity::Hide)
}

fn reason(inputs: &Inputs<'_>, by: Voice, value: &str, severity: Severity) -> Reason {
    let on = Labelled::Clip(inputs.subject.clip);
    Reason { by, value: value.to_owned(), on, severity, floor: false, why: String::new(), until: None }
}

/// What one labeler says, one reason for each value, in the order of the values.
fn heard(inputs: &Inputs<'_>, subscribed: &Subscribed) -> Vec<Reason> {
    let targets = inputs.subject.targets();
    let mut labels: Vec<&Label> = subscribed
        .labels
        .iter()
        .filter(|label| label.holds(inputs.now) && targets.contains(&label.on))
        .collect();
    // The most particular target speaks for a value.
    labels.sort_by_key(|label| (&label.value, label.on, label.until, &label.why));
    labels.dedup_by(|later, earlier| later.value == earlier.value);
    labels.into_iter().filter_map(|label| weighed(subscribed, label)).collect()
}

/// A label with what it weighs; none when it is ignored.
fn weighed(subscribed: &Subscribed, label: &Label) -> Option<Reason> {
    let declared = subscribed.declared.meaning(&label.value);
    let floor = declared.is_some() && global(&label.value).is_some_and(|global| global.floor);
    let severity = match (declared, subscribed.settings.get(&label.value)) {
        _ if floor => Severity::Hide,
        // What was never declared weighs nothing, whatever anybody chose.
        (None, _) => Severity::Inform,
        (Some(_), Some(setting)) => setting.severity()?,
        (Some(meaning), None) if meaning.default => meaning.severity,
        (Some(_), None) => Severity::Inform,
    };
    Some(Reason {
        by: Voice::Labeler(subscribed.labeler),
        value: label.value.clone(),
        on: label.on,
        severity,
        floor,
        why: label.why.clone(),
        until: label.until,
    })
}
