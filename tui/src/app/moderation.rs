//! Moderation: whom this persona listens to, what their labels weigh, what labels do to clips here, and what it decided
//! itself.
//!
//! The node composes; this only shows what it says, and asks it to hide or show a clip and to weigh a label.

use std::collections::BTreeMap;

use kinora_protocol::api::{FeedItem, LabelAnswer, LabelCall, LabelerView, MeaningView, Request};
use kinora_protocol::labels::{Ruling, Setting};

use super::calls::Call;
use super::overlay::{Deed, Overlay, Question};
use super::{App, Effect, Screen};
use crate::action::Action;

/// The lists of the screen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Pane {
    /// Clips that something is said of.
    #[default]
    Clips,
    /// Whom this persona listens to.
    Labelers,
    /// What the labels of the selected labeler weigh here.
    Values,
}

impl Pane {
    /// All of them, in their order.
    const ALL: [Self; 3] = [Self::Clips, Self::Labelers, Self::Values];
}

/// The state of the screen.
#[derive(Clone, Debug, Default)]
pub(crate) struct Moderation {
    pub(crate) pane: Pane,
    /// `None` until the node answers.
    pub(crate) labelers: Option<Vec<LabelerView>>,
    /// Clips that something is said of, hidden ones too; `None` until the node answers.
    pub(crate) clips: Option<Vec<FeedItem>>,
    /// The selected clip.
    pub(crate) selected: usize,
    /// The selected labeler.
    pub(crate) labeler: usize,
    /// The selected label of it.
    pub(crate) value: usize,
}

impl Moderation {
    /// The selected row of the list that the keys move in, and how many rows it has.
    pub(crate) fn cursor(&mut self) -> (&mut usize, usize) {
        let labelers = self.labelers.as_ref().map_or(0, Vec::len);
        let values = self.speaker().map_or(0, |view| view.values.len());
        match self.pane {
            Pane::Clips => (&mut self.selected, self.clips.as_ref().map_or(0, Vec::len)),
            Pane::Labelers => (&mut self.labeler, labelers),
            Pane::Values => (&mut self.value, values),
        }
    }

    /// The selected clip.
    pub(crate) fn item(&self) -> Option<&FeedItem> {
        self.clips.as_ref()?.get(self.selected)
    }

    /// The selected labeler.
    pub(crate) fn speaker(&self) -> Option<&LabelerView> {
        self.labelers.as_ref()?.get(self.labeler)
    }

    /// Takes an answer; the selection stays on its row.
    pub(crate) fn take(&mut self, answer: LabelAnswer) {
        match answer {
            LabelAnswer::Labelers { labelers } => {
                let selected = self.speaker().map(|view| view.labeler);
                let same = labelers.iter().position(|view| Some(view.labeler) == selected);
                if same.is_none() {
                    self.value = 0;
                }
                self.labeler = same.unwrap_or(self.labeler).min(labelers.len().saturating_sub(1));
                self.labelers = Some(labelers);
                let values = self.speaker().map_or(0, |view| view.values.len());
                self.value = self.value.min(values.saturating_sub(1));
            }
            LabelAnswer::Clips { items } => {
                let selected = self.item().map(|item| item.clip);
                let same = items.iter().position(|item| Some(item.clip) == selected);
                self.selected = same.unwrap_or(self.selected).min(items.len().saturating_sub(1));
                self.clips = Some(items);
            }
            LabelAnswer::Record { .. } | LabelAnswer::Done => {}
        }
    }

    fn turn(&mut self, by: usize) {
        let at = Pane::ALL.iter().position(|pane| *pane == self.pane).unwrap_or(0);
        if let Some(pane) = Pane::ALL.get((at + by) % Pane::ALL.len()) {
            self.pane = *pane;
        }
    }
}

/// What a label was set to by keys, in words.
const fn weighed(setting: Option<Setting>) -> &'static str {
    match setting {
        Some(Setting::Ignore) => "this label counts for nothing here now",
        Some(Setting::Inform) => "what has this label is shown now",
        Some(Setting::Warn) => "what has this label is covered now",
        Some(Setting::Hide) => "what has this label is hidden now",
        None => "this label weighs what its labeler declares again",
    }
}

impl App {
    /// Asks for both lists.
    pub(crate) fn ask_moderation(&mut self, out: &mut Vec<Effect>) {
        for (call, what) in [(Call::Labelers, LabelCall::Labelers), (Call::Labelled, LabelCall::Clips)] {
            if !self.calls.waiting(&call) {
                self.ask(call, Request::Label(Box::new(what)), out);
            }
        }
    }

    /// Hides a clip, shows it whatever is said of it, or leaves it to the labels again.
    pub(crate) fn rule(&mut self, item: &FeedItem, ruling: Option<Ruling>, out: &mut Vec<Effect>) {
        let done = match ruling {
            Some(Ruling::Hide) => "hidden here; 7 lists it",
            Some(Ruling::Show) => "shown here, whatever labels say",
            None => "labels decide again",
        };
        let call = LabelCall::Rule { clip: item.clip, ruling };
        self.ask(Call::Change(done), Request::Label(Box::new(call)), out);
    }

    /// Actions of the screen.
    pub(crate) fn moderation_action(&mut self, action: Action, out: &mut Vec<Effect>) {
        match (action, self.moderation.pane) {
            (Action::Listen, _) => self.overlay = Some(Overlay::ask(Question::Listen)),
            (Action::NextPane, _) => self.moderation.turn(1),
            (Action::PaneBefore, _) => self.moderation.turn(Pane::ALL.len() - 1),
            (Action::Unsubscribe, Pane::Clips) => {
                self.flash("choose a labeler first: l goes to the list of them");
            }
            (Action::Unsubscribe, _) => match self.moderation.speaker().cloned() {
                Some(view) => {
                    self.overlay = Some(Overlay::confirm(Deed::Unsubscribe(view.labeler, view.name)));
                }
                None => self.flash("you listen to nobody; s subscribes to a labeler"),
            },
            (action, Pane::Clips) => self.labelled_action(action, out),
            (_, Pane::Labelers) => self.flash("l goes on to what its labels do; U listens to it no more"),
            (Action::RuleHide, Pane::Values) => self.weigh(Some(Setting::Hide), out),
            (Action::RuleShow, Pane::Values) => self.weigh(Some(Setting::Inform), out),
            (Action::WeighWarn, Pane::Values) => self.weigh(Some(Setting::Warn), out),
            (Action::WeighNothing, Pane::Values) => self.weigh(Some(Setting::Ignore), out),
            (_, Pane::Values) => self.weigh(None, out),
        }
    }

    fn labelled_action(&mut self, action: Action, out: &mut Vec<Effect>) {
        let Some(item) = self.moderation.item().cloned() else {
            return self.flash("there is no clip here to decide about");
        };
        match action {
            Action::RuleHide => self.rule(&item, Some(Ruling::Hide), out),
            Action::RuleShow => self.rule(&item, Some(Ruling::Show), out),
            Action::RuleClear if item.ruling.is_none() => self.flash("you decided nothing about this clip"),
            Action::RuleClear => self.rule(&item, None, out),
            _ => self.flash("that is for labels: l goes on to what a labeler's labels do"),
        }
    }

    /// Says what the selected label weighs here, or leaves that to its labeler again. What was said of its other labels stays.
    fn weigh(&mut self, setting: Option<Setting>, out: &mut Vec<Effect>) {
        let chosen =
            self.moderation.speaker().and_then(|view| Some((view, view.values.get(self.moderation.value)?)));
        let Some((view, meaning)) = chosen else {
            return self.flash("no label is declared here yet");
        };
        if setting.is_none() && meaning.setting.is_none() {
            return self.flash("you said nothing about this label");
        }
        let word = |meaning: &MeaningView| meaning.value.as_str().to_owned();
        let said = view.values.iter().filter_map(|meaning| Some((word(meaning), meaning.setting?)));
        let mut settings: BTreeMap<String, Setting> = said.collect();
        settings.remove(meaning.value.as_str());
        settings.extend(setting.map(|setting| (word(meaning), setting)));
        let call = LabelCall::Subscribe { labeler: view.labeler, settings };
        self.ask(Call::Change(weighed(setting)), Request::Label(Box::new(call)), out);
    }

    /// What is shown here may have changed.
    pub(crate) fn refresh_moderation(&mut self, out: &mut Vec<Effect>) {
        if self.screen == Screen::Moderation {
            self.ask_moderation(out);
        }
    }
}
