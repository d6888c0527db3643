//! Lineage: the tree of the clip that is selected in the feed, walked row by row.
//!
//! A walk to the tree of a relative can be taken back. The rows are those of `protocol::api::Lineage`, in its order.

use kinora_protocol::api::{ClipState, Kin, Lineage, Request};
use kinora_protocol::ids::{BlobHash, Rid};

use super::calls::Call;
use super::feed::state_word;
use super::{App, Effect};
use crate::action::Action;

/// Trees that a walk back remembers.
const BEFORE_MAX: usize = 32;

/// The state of the screen.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tree {
    /// The clip whose tree it is; none while the feed is empty.
    pub(crate) of: Option<Rid>,
    /// `None` until the node answers.
    pub(crate) lineage: Option<Lineage>,
    /// Why there is none.
    pub(crate) fault: Option<String>,
    /// The selected row.
    pub(crate) selected: usize,
    before: Vec<Rid>,
}

impl Tree {
    /// How many rows there are.
    pub(crate) fn len(&self) -> usize {
        self.lineage.as_ref().map_or(0, |lineage| lineage.rows().count())
    }

    /// The selected relative.
    pub(crate) fn kin(&self) -> Option<&Kin> {
        self.lineage.as_ref()?.rows().nth(self.selected).map(|(_, kin)| kin)
    }

    /// The blob to play: only of a clip that this node shows and has.
    pub(crate) fn wanted(&self) -> Option<BlobHash> {
        self.kin().filter(|kin| kin.state == ClipState::Ready && !kin.covered)?.blob
    }

    /// Takes the tree of a clip, if it is still the one that is wanted. The selection stays on its clip; at first it is
    /// on the clip of the tree.
    pub(crate) fn take(&mut self, lineage: Lineage) {
        if self.of == Some(lineage.clip.clip) {
            let selected = self.kin().map(|kin| kin.clip);
            let same = lineage.rows().position(|(_, kin)| Some(kin.clip) == selected);
            self.selected = same.unwrap_or(lineage.ancestors.len());
            self.lineage = Some(lineage);
            self.fault = None;
        }
    }
}

impl App {
    /// Shows the tree of the clip that is selected in the feed.
    pub(crate) fn open_lineage(&mut self, out: &mut Vec<Effect>) {
        self.tree.before.clear();
        match self.feed.item().map(|item| item.clip) {
            Some(clip) => self.show_tree(clip, out),
            None => self.tree = Tree::default(),
        }
    }

    fn show_tree(&mut self, clip: Rid, out: &mut Vec<Effect>) {
        let before = std::mem::take(&mut self.tree.before);
        self.tree = Tree { of: Some(clip), before, ..Tree::default() };
        self.ask(Call::Lineage(clip), Request::Lineage { clip }, out);
    }

    /// Asks for the shown tree again: something may have been made from one of its clips.
    pub(crate) fn refresh_lineage(&mut self, out: &mut Vec<Effect>) {
        if let Some(clip) = self.tree.of
            && !self.calls.waiting(&Call::Lineage(clip))
        {
            self.ask(Call::Lineage(clip), Request::Lineage { clip }, out);
        }
    }

    /// Actions of the screen.
    pub(crate) fn lineage_action(&mut self, action: Action, out: &mut Vec<Effect>) {
        let now = self.now;
        if action == Action::PauseKin {
            return self.theatre.toggle_pause(now, out);
        }
        if action == Action::TreeBefore {
            return match self.tree.before.pop() {
                Some(clip) => self.show_tree(clip, out),
                None => self.flash("this is the tree you began with"),
            };
        }
        let Some(kin) = self.tree.kin().cloned() else { return };
        match action {
            Action::TreeOf if Some(kin.clip) == self.tree.of => self.flash("this is its tree"),
            Action::TreeOf if kin.author.is_none() => self.flash("nothing is known of this clip here"),
            Action::TreeOf => {
                if let Some(of) = self.tree.of {
                    self.tree.before.push(of);
                    let over = self.tree.before.len().saturating_sub(BEFORE_MAX);
                    self.tree.before.drain(..over);
                }
                self.show_tree(kin.clip, out);
            }
            Action::CopyKin => {
                out.push(Effect::Copy(kin.clip.to_string()));
                self.flash("the clip's id was copied");
            }
            Action::RemixKin => self.remix(kin.clip, kin.title.clone(), kin.state, out),
            Action::OpenKin => self.open_kin(&kin, out),
            _ => {}
        }
    }

    fn open_kin(&mut self, kin: &Kin, out: &mut Vec<Effect>) {
        if kin.covered {
            return self.flash("this clip is covered; open it in the feed");
        }
        match (kin.state, kin.blob) {
            (ClipState::Ready, Some(blob)) => {
                self.theatre.retry(&blob);
                self.theatre.restart(self.now, out);
            }
            (ClipState::Fetching | ClipState::Missing, Some(_)) => {
                self.flash("asking the network for this clip …");
                self.ask(Call::Fetch(kin.clip), Request::Fetch { clip: kin.clip }, out);
            }
            (state, _) => self.flash(format!("this clip cannot be shown: {}", state_word(state))),
        }
    }
}
