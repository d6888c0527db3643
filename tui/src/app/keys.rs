//! Keys and pasted text: from a press to an action, and the actions that work on several screens.

use crossterm::event::KeyEvent;

use super::answers::address;
use super::overlay::{Deed, Overlay, Question};
use super::{App, Effect, Screen};
use crate::action::{self, Action, Found, Scope};
use crate::options::Video;

/// Rows moved by half a page.
const HALF_PAGE: isize = 10;

impl App {
    /// One key press.
    pub(crate) fn key(&mut self, key: KeyEvent, out: &mut Vec<Effect>) {
        let Some(name) = action::notation(key) else { return };
        if name == action::INTERRUPT {
            return out.push(Effect::Quit);
        }
        let sequence = if self.prefix.is_empty() { name } else { format!("{} {name}", self.prefix) };
        self.prefix.clear();
        let scopes = self.scopes();
        match action::find(scopes, &sequence) {
            Found::Action(action) => self.act(action, out),
            Found::Prefix => self.prefix = sequence,
            Found::Nothing => match (&mut self.overlay, scopes) {
                (Some(Overlay::Ask { input, fault, .. }), _) => {
                    if input.key(key) {
                        *fault = None;
                    }
                }
                (None, [Scope::Prompt]) => {
                    if self.create.prompt.key(key) {
                        self.read_prompt(out);
                    }
                }
                _ => self.flash(format!("{sequence} does nothing here; ? shows the keys")),
            },
        }
    }

    /// Pasted text goes into whatever is edited.
    pub(crate) fn paste(&mut self, text: &str, out: &mut Vec<Effect>) {
        let create = self.screen == Screen::Create;
        match &mut self.overlay {
            Some(Overlay::Ask { input, fault, .. }) => {
                input.paste(text);
                *fault = None;
            }
            Some(_) => {}
            None if create => {
                self.create.editing = true;
                self.create.prompt.paste(text);
                self.read_prompt(out);
            }
            None => self.flash("press 2 and paste a prompt there, or F to follow an id"),
        }
    }

    /// Does what an action says.
    pub(crate) fn act(&mut self, action: Action, out: &mut Vec<Effect>) {
        let scope = action::binding(action).map_or(Scope::Global, |b| b.scope);
        match scope {
            Scope::Feed => self.feed_action(action, out),
            Scope::Create => self.create_action(action, out),
            Scope::Inbox => self.inbox_action(action, out),
            Scope::Lineage => self.lineage_action(action, out),
            Scope::Moderation => self.moderation_action(action, out),
            Scope::Prompt => self.prompt_action(action, out),
            Scope::Dialog | Scope::Confirm | Scope::Help => self.overlay_action(action, out),
            Scope::List => self.list_action(action, out),
            Scope::Peers | Scope::Keys => self.page_action(action, out),
            Scope::Global => self.global_action(action, out),
        }
    }

    fn global_action(&mut self, action: Action, out: &mut Vec<Effect>) {
        let now = self.now;
        match action {
            Action::Feed => self.open(Screen::Feed, out),
            Action::Create => self.open(Screen::Create, out),
            Action::Inbox => self.open(Screen::Inbox, out),
            Action::Lineage => self.open(Screen::Lineage, out),
            Action::Peers => self.open(Screen::Peers, out),
            Action::Moderation => self.open(Screen::Moderation, out),
            Action::Keys => self.open(Screen::Keys, out),
            Action::NextScreen => self.turn_screen(1, out),
            Action::PreviousScreen => self.turn_screen(Screen::ALL.len() - 1, out),
            Action::Follow => self.overlay = Some(Overlay::ask(Question::Follow)),
            Action::Mute => {
                self.theatre.mute(now, out);
                let word = if self.theatre.muted { "sound off" } else { "sound on" };
                match &self.theatre.sound_state {
                    Some(Err(why)) if !self.theatre.muted => {
                        let text = format!("there is no sound: {why}");
                        self.flash(text);
                    }
                    _ => self.flash(word),
                }
            }
            Action::Quieter | Action::Louder => {
                self.theatre.turn(action == Action::Louder, now, out);
                self.flash(format!("volume {} %", self.theatre.volume));
            }
            Action::Renderer => self.next_renderer(out),
            Action::Redraw => {
                self.theatre.wipe();
                out.push(Effect::Redraw);
            }
            Action::Suspend => out.push(Effect::Suspend),
            Action::Help => self.overlay = Some(Overlay::Help { scroll: 0 }),
            Action::Quit if self.create.busy() => self.overlay = Some(Overlay::confirm(Deed::Quit)),
            Action::Quit => out.push(Effect::Quit),
            _ => {}
        }
    }

    fn turn_screen(&mut self, by: usize, out: &mut Vec<Effect>) {
        let at = Screen::ALL.iter().position(|(s, ..)| *s == self.screen).unwrap_or(0);
        if let Some((screen, ..)) = Screen::ALL.get((at + by) % Screen::ALL.len()) {
            self.open(*screen, out);
        }
    }

    fn next_renderer(&mut self, out: &mut Vec<Effect>) {
        let at = Video::ALL.iter().position(|v| *v == self.theatre.video).unwrap_or(0);
        let following = Video::ALL.iter().cycle().skip(at + 1).take(Video::ALL.len());
        if let Some(next) = following.copied().find(|v| self.theatre.can(*v)) {
            self.theatre.video = next;
            self.theatre.wipe();
            out.push(Effect::Redraw);
            self.flash(format!("pictures: {}", next.as_str()));
        }
    }

    fn list_action(&mut self, action: Action, out: &mut Vec<Effect>) {
        let (selected, len) = match self.screen {
            Screen::Feed => (&mut self.feed.selected, self.feed.items.as_ref().map_or(0, Vec::len)),
            Screen::Create => (&mut self.create.selected, self.create.jobs.as_ref().map_or(0, Vec::len)),
            Screen::Inbox => {
                let len = self.inbox.len();
                (&mut self.inbox.selected, len)
            }
            Screen::Lineage => {
                let len = self.tree.len();
                (&mut self.tree.selected, len)
            }
            Screen::Moderation => self.moderation.cursor(),
            Screen::Peers => (&mut self.peer_selected, self.peers.as_ref().map_or(0, Vec::len)),
            Screen::Keys => return,
        };
        let by = match action {
            Action::Next => 1,
            Action::Previous => -1,
            Action::PageDown => HALF_PAGE,
            Action::PageUp => -HALF_PAGE,
            Action::First => isize::MIN / 2,
            _ => isize::MAX / 2,
        };
        *selected = selected.saturating_add_signed(by).min(len.saturating_sub(1));
        if self.screen == Screen::Feed {
            self.feed_selected(out);
        }
    }

    fn page_action(&mut self, action: Action, out: &mut Vec<Effect>) {
        match action {
            Action::Dial => self.overlay = Some(Overlay::ask(Question::Dial)),
            Action::Refresh => self.open(Screen::Peers, out),
            Action::Rename => self.overlay = Some(Overlay::ask(Question::Rename)),
            Action::CopyId => match self.keys.as_ref().map(|k| k.author.to_string()) {
                Some(id) => {
                    out.push(Effect::Copy(id));
                    self.flash("your id was copied; who follows it sees your clips");
                }
                None => self.flash("the node has not told its keys yet"),
            },
            Action::CopyAddress => match self.status.as_ref().and_then(address) {
                Some(address) => {
                    out.push(Effect::Copy(address));
                    self.flash("your address was copied; others can dial it on their Peers screen");
                }
                None => self.flash("this node has no address that others can dial yet"),
            },
            _ => {}
        }
    }
}
