//! Inbox: letters about cameos, every known use of one's likeness, and the cameos themselves; what each row can be answered
//! with. The node says how a row stands; nothing is decided here.

use kinora_protocol::api::{
    CameoAnswer, CameoCall, CameoView, InboxItem, InboxKind, InboxState, Request, UseRow,
};
use kinora_protocol::ids::{BlobHash, Rid};
use kinora_protocol::record::{Effect as Taken, Target};

use super::calls::Call;
use super::overlay::{Deed, Overlay, Question};
use super::{App, Effect};
use crate::action::Action;

/// Rows kept of each list.
const ROWS_MAX: usize = 500;

/// The lists of the screen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Pile {
    #[default]
    Letters,
    Uses,
    Cameos,
}

impl Pile {
    /// All of them, with their headings.
    pub(crate) const ALL: [(Self, &'static str); 3] =
        [(Self::Letters, "Letters"), (Self::Uses, "Uses of you"), (Self::Cameos, "Cameos")];
}

/// The state of the screen. Lists are `None` until the node answers.
#[derive(Clone, Debug, Default)]
pub(crate) struct Inbox {
    pub(crate) pile: Pile,
    pub(crate) selected: usize,
    pub(crate) letters: Option<Vec<InboxItem>>,
    pub(crate) uses: Option<Vec<UseRow>>,
    pub(crate) cameos: Option<Vec<CameoView>>,
}

/// The selected row.
#[derive(Clone, Debug)]
pub(crate) enum Row {
    Letter(InboxItem),
    Use(UseRow),
    Cameo(CameoView),
}

impl Inbox {
    /// How many rows the list has.
    pub(crate) fn len(&self) -> usize {
        match self.pile {
            Pile::Letters => self.letters.as_ref().map_or(0, Vec::len),
            Pile::Uses => self.uses.as_ref().map_or(0, Vec::len),
            Pile::Cameos => self.cameos.as_ref().map_or(0, Vec::len),
        }
    }

    /// The selected row.
    pub(crate) fn row(&self) -> Option<Row> {
        let at = self.selected;
        match self.pile {
            Pile::Letters => self.letters.as_ref()?.get(at).cloned().map(Row::Letter),
            Pile::Uses => self.uses.as_ref()?.get(at).cloned().map(Row::Use),
            Pile::Cameos => self.cameos.as_ref()?.get(at).cloned().map(Row::Cameo),
        }
    }

    /// The clip to play: the very file that the row is about, once it is here.
    pub(crate) fn wanted(&self) -> Option<BlobHash> {
        match self.row()? {
            Row::Letter(item) => item.blob.filter(|_| item.ready),
            Row::Use(row) => Some(row.blob).filter(|_| row.ready),
            Row::Cameo(_) => None,
        }
    }

    /// How many letters wait for an answer of this persona.
    pub(crate) fn waiting(&self) -> usize {
        let open = |item: &&InboxItem| !item.mine && item.state == InboxState::Waiting;
        self.letters.iter().flatten().filter(open).count()
    }

    /// How a draft with this file stands with those whom it shows: the letters to them say it. Nothing when it shows nobody, or
    /// nobody was written to.
    pub(crate) fn standing(&self, file: BlobHash) -> Option<InboxState> {
        let about = |item: &&InboxItem| item.mine && item.kind == InboxKind::Draft && item.blob == Some(file);
        let mut states = self.letters.iter().flatten().filter(about).map(|item| item.state);
        let first = states.next()?;
        // Of several people, who says no counts most, then who said nothing yet.
        let rank = |state: &InboxState| match state {
            InboxState::Refused => 0,
            InboxState::Waiting => 1,
            _ => 2,
        };
        std::iter::once(first).chain(states).min_by_key(rank)
    }

    /// Takes an answer. The selection stays on its row as far as that is still there.
    pub(crate) fn take(&mut self, answer: CameoAnswer) {
        let id = |row: Option<Row>| row.map(|row| row.id());
        let before = id(self.row());
        match answer {
            CameoAnswer::Inbox { mut items } => {
                items.truncate(ROWS_MAX);
                self.letters = Some(items);
            }
            CameoAnswer::Uses { mut uses } => {
                uses.truncate(ROWS_MAX);
                self.uses = Some(uses);
            }
            CameoAnswer::Cameos { mut cameos } => {
                cameos.truncate(ROWS_MAX);
                self.cameos = Some(cameos);
            }
            _ => return,
        }
        let rows = self.len();
        let selected = self.selected;
        let same = (0..rows).find(|at| {
            self.selected = *at;
            before.is_some() && id(self.row()) == before
        });
        self.selected = same.unwrap_or(selected).min(rows.saturating_sub(1));
    }

    /// Cameos that this persona may use, each with each of its purposes.
    pub(crate) fn choices(&self) -> Vec<(Rid, String, String)> {
        let granted = self.cameos.iter().flatten();
        granted
            .flat_map(|cameo| {
                let words = cameo.granted.iter();
                words.map(|word| (cameo.cameo, cameo.name.as_str().to_owned(), word.as_str().to_owned()))
            })
            .collect()
    }
}

impl Row {
    /// What tells it from other rows.
    fn id(&self) -> Rid {
        match self {
            Self::Letter(item) => item.letter,
            Self::Use(row) => row.id,
            Self::Cameo(view) => view.cameo,
        }
    }
}

/// A call about cameos.
pub(crate) fn cameo(call: CameoCall) -> Request {
    Request::Cameo(Box::new(call))
}

impl App {
    /// Asks for everything that the screen shows, unless it is being asked.
    pub(crate) fn ask_inbox(&mut self, out: &mut Vec<Effect>) {
        for (call, request) in [
            (Call::Inbox, CameoCall::Inbox),
            (Call::Uses, CameoCall::Uses { cameo: None }),
            (Call::Cameos, CameoCall::List),
        ] {
            if !self.calls.waiting(&call) {
                self.ask(call, cameo(request), out);
            }
        }
    }

    /// Actions of the screen.
    pub(crate) fn inbox_action(&mut self, action: Action, out: &mut Vec<Effect>) {
        let now = self.now;
        match action {
            Action::PauseLetter => return self.theatre.toggle_pause(now, out),
            Action::NextPile => return self.turn_pile(1),
            Action::PileBefore => return self.turn_pile(Pile::ALL.len() - 1),
            Action::Enrol => {
                self.overlay = Some(Overlay::ask(Question::Enrol));
                return;
            }
            _ => {}
        }
        let Some(row) = self.inbox.row() else { return self.flash("there is nothing to answer here") };
        match (action, row) {
            (Action::PlayLetter, row) => self.play_row(&row, out),
            (Action::Approve, Row::Letter(item)) => self.approve_letter(&item),
            (Action::Approve, Row::Use(row)) if row.clip.is_none() => {
                self.overlay = Some(Overlay::confirm(Deed::ApproveUse(row.id, row.creator_name)));
            }
            (Action::Refuse, Row::Letter(item)) => self.refuse_letter(&item),
            (Action::Refuse, Row::Use(row)) if row.clip.is_none() => {
                self.overlay = Some(Overlay::confirm(Deed::RefuseUse(row.id, row.creator_name)));
            }
            (Action::TakeBack, row) => self.take_back(&row),
            (Action::AskFor, Row::Cameo(view)) if view.mine => self.flash("this cameo is your own"),
            (Action::AskFor, Row::Cameo(view)) => {
                self.overlay = Some(Overlay::ask(Question::AskFor(view.cameo, view.name)));
            }
            (Action::AskFor, _) => self.flash("choose a cameo first: l goes to the list of them"),
            _ => self.flash("this row cannot be answered that way"),
        }
    }

    fn turn_pile(&mut self, by: usize) {
        let at = Pile::ALL.iter().position(|(pile, _)| *pile == self.inbox.pile).unwrap_or(0);
        if let Some((pile, _)) = Pile::ALL.get((at + by) % Pile::ALL.len()) {
            (self.inbox.pile, self.inbox.selected) = (*pile, 0);
        }
    }

    fn play_row(&mut self, row: &Row, out: &mut Vec<Effect>) {
        match (self.inbox.wanted(), row) {
            (Some(blob), _) => {
                self.theatre.retry(&blob);
                self.theatre.restart(self.now, out);
            }
            (None, Row::Cameo(_)) => self.flash("a cameo has no clip; l and h turn the lists"),
            (None, _) => self.flash("the clip is not here yet; it comes by itself"),
        }
    }

    fn approve_letter(&mut self, item: &InboxItem) {
        let deed = match (item.kind, item.id) {
            _ if item.mine => return self.flash("you wrote this; they answer it"),
            (InboxKind::Ask, _) => Deed::Accept(item.letter, item.other_name.clone(), item.uses),
            (InboxKind::Draft | InboxKind::Recording, Some(_)) if !item.ready => {
                return self.flash("look at the clip first; it is not here yet");
            }
            (InboxKind::Draft, Some(id)) => Deed::ApproveUse(id, item.other_name.clone()),
            (InboxKind::Recording, Some(id)) => Deed::Witness(id, item.other_name.clone()),
            (_, None) => return self.flash("there is nothing to approve"),
        };
        self.overlay = Some(Overlay::confirm(deed));
    }

    fn refuse_letter(&mut self, item: &InboxItem) {
        let deed = match (item.kind, item.id) {
            _ if item.mine => return self.flash("you wrote this; they answer it"),
            (InboxKind::Ask, _) => Deed::RefuseAsk(item.letter, item.other_name.clone()),
            (InboxKind::Draft | InboxKind::Recording, Some(id)) => {
                Deed::RefuseUse(id, item.other_name.clone())
            }
            (_, None) => return self.flash("there is nothing to refuse"),
        };
        self.overlay = Some(Overlay::confirm(deed));
    }

    /// Takes back what a row stands for: a grant, the use in a clip, or a whole cameo.
    fn take_back(&mut self, row: &Row) {
        let deed = match row {
            Row::Letter(item) if !item.mine && item.state == InboxState::Granted => {
                let Some(grant) = item.grant else { return self.flash("the grant is not known here") };
                Deed::TakeBack(item.cameo, Target::Grant(grant), Taken::Future)
            }
            Row::Letter(InboxItem {
                mine: false, id: Some(id), state: InboxState::Published, cameo, ..
            }) => Deed::TakeBack(*cameo, Target::Use(*id), Taken::Takedown),
            Row::Use(row) if row.clip.is_some() && row.state.as_str() != "withdrawn" => {
                Deed::TakeBack(row.cameo, Target::Use(row.id), Taken::Takedown)
            }
            Row::Cameo(view) if view.mine => Deed::TakeBack(view.cameo, Target::Cameo, Taken::Future),
            _ => return self.flash("there is nothing of yours to take back here"),
        };
        self.overlay = Some(Overlay::confirm(deed));
    }
}
