//! The calls about labels: putting them, declaring a labeler, whom to listen to, what this persona decided itself.
//!
//! What labels do is `protocol::labels`; what is known of them is the store's.

use std::collections::BTreeMap;

use kinora_protocol::api::{
    ApiError, Event, FeedItem, LabelAnswer, LabelCall, LabelView, LabelerView, MeaningView, Response,
    said_words,
};
use kinora_protocol::check::Checked;
use kinora_protocol::ids::{AuthorId, Rid};
use kinora_protocol::labels::{Reason, Ruling, Setting, VALUES, Voice, global};
use kinora_protocol::limits::{
    BIO_CHARS_MAX, FEED_PAGE_MAX, LABEL_MEANS_CHARS_MAX, LABEL_RULINGS_MAX, LABEL_VALUE_BYTES_MAX,
    LABEL_WHY_CHARS_MAX, LABELER_VALUES_MAX, LABELERS_MAX, NAME_CHARS_MAX, SELF_LABELS_MAX,
};
use kinora_protocol::record::{
    Body, Clip, Label, Labeler, Labelled, Meaning, Severity, WORD_BYTES_MAX, is_value,
};
use kinora_protocol::text::Text;

use super::{Core, views};
use crate::clock;
use crate::error::{self, Hint as _};
use crate::store::Viewer;

/// Longest time for which a label may be put, in seconds: beyond, leave the end out.
const LABEL_SECONDS_MAX: u64 = 100 * 365 * 24 * 3600;

/// What was said of a clip, as it is shown.
pub(super) fn views(viewer: &Viewer<'_>, reasons: &[Reason]) -> Vec<LabelView> {
    let view = |reason: &Reason| LabelView {
        by: reason.by,
        name: match &reason.by {
            Voice::Labeler(labeler) => Text::line(viewer.name_of(labeler), NAME_CHARS_MAX),
            Voice::You | Voice::Author | Voice::Tier(_) => Text::default(),
        },
        // An author's own words are not bound to the form of a value.
        value: Text::line(&reason.value, WORD_BYTES_MAX),
        severity: reason.severity,
        why: Text::line(&reason.why, LABEL_WHY_CHARS_MAX),
        on: match reason.on {
            Labelled::Clip(_) => "clip",
            Labelled::Blob(_) => "file",
            Labelled::Author(_) => "author",
        }
        .to_owned(),
        until: reason.until,
    };
    reasons.iter().map(view).collect()
}

/// Whether an author may say this of a clip.
///
/// # Errors
/// The first word that is not for authors to say, with those that are.
pub(super) fn own_labels(labels: &[String]) -> Result<(), ApiError> {
    for label in labels {
        if !global(label).is_some_and(|global| global.authors) {
            let known: Vec<&str> = VALUES.iter().filter(|v| v.authors).map(|v| v.value).collect();
            let label = Text::line(label, LABEL_VALUE_BYTES_MAX);
            return Err(error::request(format!("{label} is not what an author says of a clip"))
                .hint(format!("use {}", known.join(", "))));
        }
    }
    Ok(())
}

/// Labels with others added, each once.
///
/// # Errors
/// When there are more than a clip's record holds.
pub(super) fn merged(mut labels: Vec<String>, more: Vec<String>) -> Result<Vec<String>, ApiError> {
    for label in more {
        if !labels.contains(&label) {
            labels.push(label);
        }
    }
    if labels.len() > SELF_LABELS_MAX {
        return Err(error::request(format!("a clip carries at most {SELF_LABELS_MAX} labels")));
    }
    Ok(labels)
}

impl Core {
    /// Answers a call about labels.
    pub(super) async fn label(&self, call: LabelCall) -> Result<Response, ApiError> {
        let answer = match call {
            LabelCall::Put { on, value, set, seconds, why } => self.put(on, value, set, seconds, why).await?,
            LabelCall::Declare { name, about, values } => self.declare(name, about, values).await?,
            LabelCall::Subscribe { labeler, settings } => self.subscribe(labeler, settings)?,
            LabelCall::Unsubscribe { labeler } => self.unsubscribe(labeler)?,
            LabelCall::Labelers => LabelAnswer::Labelers { labelers: self.labelers()? },
            LabelCall::Rule { clip, ruling } => self.rule(clip, ruling)?,
            LabelCall::Clips => LabelAnswer::Clips { items: self.labelled_clips()? },
        };
        Ok(Response::Label(Box::new(answer)))
    }

    async fn put(
        &self,
        on: Labelled,
        value: String,
        set: bool,
        seconds: Option<u64>,
        why: String,
    ) -> Result<LabelAnswer, ApiError> {
        if !is_value(&value) {
            let value = Text::line(&value, LABEL_VALUE_BYTES_MAX);
            let message =
                format!("{value} cannot be a label: letters a to z first, then those, digits and -");
            return Err(error::request(message)
                .hint(format!("at most {LABEL_VALUE_BYTES_MAX} bytes, for example violence")));
        }
        if why.chars().count() > LABEL_WHY_CHARS_MAX {
            return Err(error::request(format!("a reason has at most {LABEL_WHY_CHARS_MAX} characters")));
        }
        if seconds.is_some_and(|seconds| seconds == 0 || seconds > LABEL_SECONDS_MAX) {
            return Err(error::request(
                "a label ends at least a second and at most a hundred years from now",
            ));
        }
        let until = seconds.map(|seconds| clock::now_seconds().saturating_add(seconds));
        let rid = self.publisher.publish(Body::Label(Label { on, value, set, until, why })).await?;
        self.changed();
        Ok(LabelAnswer::Record { rid })
    }

    async fn declare(
        &self,
        name: String,
        about: String,
        mut values: Vec<Meaning>,
    ) -> Result<LabelAnswer, ApiError> {
        if name.trim().is_empty() || name.chars().count() > NAME_CHARS_MAX {
            return Err(error::request(format!("a labeler's name has 1 to {NAME_CHARS_MAX} characters")));
        }
        if about.chars().count() > BIO_CHARS_MAX {
            return Err(error::request(format!("what it labels is said in {BIO_CHARS_MAX} characters")));
        }
        if values.is_empty() {
            let usual = |(value, severity): (&str, _)| Meaning {
                value: value.to_owned(),
                severity,
                default: true,
                means: String::new(),
            };
            values = VALUES.iter().map(|global| usual((global.value, global.severity))).collect();
        }
        if values.len() > LABELER_VALUES_MAX {
            return Err(error::request(format!("a labeler declares at most {LABELER_VALUES_MAX} labels")));
        }
        if values.iter().any(|meaning| meaning.means.chars().count() > LABEL_MEANS_CHARS_MAX) {
            return Err(error::request(format!("a meaning has at most {LABEL_MEANS_CHARS_MAX} characters")));
        }
        let rid = self.publisher.publish(Body::Labeler(Labeler { name, about, values })).await?;
        self.changed();
        Ok(LabelAnswer::Record { rid })
    }

    fn subscribe(
        &self,
        labeler: AuthorId,
        settings: BTreeMap<String, Setting>,
    ) -> Result<LabelAnswer, ApiError> {
        if let Some(wrong) = settings.keys().find(|value| !is_value(value)) {
            let wrong = Text::line(wrong, LABEL_VALUE_BYTES_MAX);
            return Err(error::request(format!("{wrong} cannot be a label")));
        }
        if settings.len() > LABELER_VALUES_MAX {
            return Err(error::request(format!("a labeler has at most {LABELER_VALUES_MAX} labels to set")));
        }
        if !self.publisher.store.subscribe(&labeler, settings)? {
            return Err(error::request(format!("you listen to {LABELERS_MAX} labelers already"))
                .hint("`kinora labeler unsubscribe ID` makes room"));
        }
        if let Some(net) = &self.publisher.net {
            net.sync_now();
        }
        self.changed();
        Ok(LabelAnswer::Done)
    }

    fn unsubscribe(&self, labeler: AuthorId) -> Result<LabelAnswer, ApiError> {
        if !self.publisher.store.unsubscribe(&labeler)? {
            return Err(error::missing(format!("you do not listen to {labeler}"))
                .hint("`kinora labeler list` names whom you listen to"));
        }
        self.changed();
        Ok(LabelAnswer::Done)
    }

    fn labelers(&self) -> Result<Vec<LabelerView>, ApiError> {
        let store = &self.publisher.store;
        let mut labelers = Vec::new();
        for subscription in store.subscriptions()? {
            let declared = store.labeler(&subscription.labeler)?.unwrap_or_default();
            let view = |meaning: &Meaning| MeaningView {
                value: Text::line(&meaning.value, LABEL_VALUE_BYTES_MAX),
                severity: meaning.severity,
                default: meaning.default,
                means: match global(&meaning.value).filter(|_| meaning.means.is_empty()) {
                    Some(global) => Text::line(global.means, LABEL_MEANS_CHARS_MAX),
                    None => Text::line(&meaning.means, LABEL_MEANS_CHARS_MAX),
                },
                setting: subscription.settings.get(&meaning.value).copied(),
            };
            // What was set for a label that is not declared is shown too: who changes a setting says all of them again.
            let undeclared = subscription
                .settings
                .iter()
                .filter(|(value, _)| declared.values.iter().all(|meaning| meaning.value != **value));
            let unknown = |(value, setting): (&String, &Setting)| MeaningView {
                value: Text::line(value, LABEL_VALUE_BYTES_MAX),
                severity: Severity::Inform,
                default: false,
                means: Text::line("not declared", LABEL_MEANS_CHARS_MAX),
                setting: Some(*setting),
            };
            labelers.push(LabelerView {
                labeler: subscription.labeler,
                name: Text::line(&declared.name, NAME_CHARS_MAX),
                about: Text::block(&declared.about, BIO_CHARS_MAX),
                values: declared.values.iter().map(view).chain(undeclared.map(unknown)).collect(),
                labels: store.label_count(&subscription.labeler)?,
            });
        }
        Ok(labelers)
    }

    fn rule(&self, clip: Rid, ruling: Option<Ruling>) -> Result<LabelAnswer, ApiError> {
        // A decision about a clip that is gone may be taken back.
        if ruling.is_some() {
            self.known_clip(clip)?;
        }
        if !self.publisher.store.rule(&clip, ruling)? {
            return Err(error::request(format!("you decided about {LABEL_RULINGS_MAX} clips already"))
                .hint("`kinora moderate CLIP clear` takes a decision back"));
        }
        self.changed();
        Ok(LabelAnswer::Done)
    }

    /// Clips of which somebody says more than their author, that their author's words cover, or that were decided about.
    fn labelled_clips(&self) -> Result<Vec<FeedItem>, ApiError> {
        views::clips(self, None, FEED_PAGE_MAX, |item| {
            let heard = item.labels.iter().any(|label| matches!(label.by, Voice::Labeler(_)));
            heard || item.ruling.is_some() || !item.cover.is_empty() || !item.hidden.is_empty()
        })
    }

    /// Refuses what is hidden here, with the reasons.
    pub(super) fn not_hidden(&self, checked: &Checked, clip: &Clip) -> Result<(), ApiError> {
        let viewer = self.publisher.store.viewer(self.publisher.author(), clock::now_seconds())?;
        let look = viewer.look(checked, clip)?;
        let kinora_protocol::labels::Shown::Hide(reasons) = &look.shown else { return Ok(()) };
        let said = said_words(&views(&viewer, reasons));
        Err(error::request(format!("this clip is hidden here: {said}"))
            .hint(format!("`kinora moderate {} show` shows it all the same", checked.rid().short())))
    }

    /// The feed may look otherwise now, and clips may be fetched that were not.
    fn changed(&self) {
        self.fetching.look();
        self.tell(Event::FeedChanged);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(words: &[&str]) -> Vec<String> {
        words.iter().map(|word| (*word).to_owned()).collect()
    }

    #[test]
    fn an_author_says_what_is_for_authors_to_say() {
        assert_eq!(own_labels(&words(&["satire", "gore"])), Ok(()));
        for wrong in ["hide", "no-consent", "made-up", ""] {
            let refused = own_labels(&words(&["satire", wrong])).unwrap_err();
            assert!(refused.hints.iter().any(|hint| hint.contains("satire")), "{refused:?}");
        }
    }

    #[test]
    fn labels_are_added_once_and_a_record_holds_so_many() {
        let both = merged(words(&["synthetic"]), words(&["satire", "synthetic", "satire"])).unwrap();
        assert_eq!(both, ["synthetic", "satire"]);
        let many: Vec<String> = (0..SELF_LABELS_MAX).map(|n| format!("w{n}")).collect();
        assert!(merged(words(&["synthetic"]), many).is_err());
    }
}
