//! Moderation: whom this persona listens to, what labels do to clips here, and what it decided itself.
//!
//! The node composes; this only shows what it says and asks it to hide or show a clip.

use kinora_protocol::api::{FeedItem, LabelAnswer, LabelCall, LabelerView, Request};
use kinora_protocol::labels::Ruling;

use super::calls::Call;
use super::overlay::{Overlay, Question};
use super::{App, Effect, Screen};
use crate::action::Action;

/// The state of the screen.
#[derive(Clone, Debug, Default)]
pub(crate) struct Moderation {
    /// `None` until the node answers.
    pub(crate) labelers: Option<Vec<LabelerView>>,
    /// Clips that something is said of, hidden ones too; `None` until the node answers.
    pub(crate) clips: Option<Vec<FeedItem>>,
    pub(crate) selected: usize,
}

impl Moderation {
    /// How many clips are listed.
    pub(crate) fn len(&self) -> usize {
        self.clips.as_ref().map_or(0, Vec::len)
    }

    /// The selected clip.
    pub(crate) fn item(&self) -> Option<&FeedItem> {
        self.clips.as_ref()?.get(self.selected)
    }

    /// Takes an answer; the selection stays on its clip.
    pub(crate) fn take(&mut self, answer: LabelAnswer) {
        match answer {
            LabelAnswer::Labelers { labelers } => self.labelers = Some(labelers),
            LabelAnswer::Clips { items } => {
                let selected = self.item().map(|item| item.clip);
                let same = items.iter().position(|item| Some(item.clip) == selected);
                self.selected = same.unwrap_or(self.selected).min(items.len().saturating_sub(1));
                self.clips = Some(items);
            }
            LabelAnswer::Record { .. } | LabelAnswer::Done => {}
        }
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
        if action == Action::Listen {
            self.overlay = Some(Overlay::ask(Question::Listen));
            return;
        }
        let Some(item) = self.moderation.item().cloned() else {
            return self.flash("there is no clip here to decide about");
        };
        match action {
            Action::RuleHide => self.rule(&item, Some(Ruling::Hide), out),
            Action::RuleShow => self.rule(&item, Some(Ruling::Show), out),
            Action::RuleClear if item.ruling.is_none() => self.flash("you decided nothing about this clip"),
            Action::RuleClear => self.rule(&item, None, out),
            _ => {}
        }
    }

    /// What is shown here may have changed.
    pub(crate) fn refresh_moderation(&mut self, out: &mut Vec<Effect>) {
        if self.screen == Screen::Moderation {
            self.ask_moderation(out);
        }
    }
}
