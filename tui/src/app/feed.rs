//! The feed: clips newest first, the one selected, and what is known of each.

use std::collections::{BTreeMap, BTreeSet};

use kinora_protocol::api::{ClipState, ClipView, FeedItem, Request};
use kinora_protocol::ids::{BlobHash, Rid};
use kinora_protocol::labels::Ruling;
use kinora_protocol::limits::FEED_PAGE_MAX;

use super::calls::Call;
use super::overlay::{Deed, Overlay, Question};
use super::{App, Effect};
use crate::action::Action;

/// Clips kept in the list.
const ITEMS_MAX: usize = 2_000;
/// Clips asked for at once.
const PAGE: usize = if FEED_PAGE_MAX < 50 { FEED_PAGE_MAX } else { 50 };
/// Clip views kept.
const VIEWS_MAX: usize = 64;
/// How near the end of the list more is asked for.
const AHEAD: usize = 5;
/// The mark that the `favourite` key sets.
pub(crate) const HEART: &str = "♥";

/// The feed's state.
#[derive(Clone, Debug, Default)]
pub(crate) struct Feed {
    /// `None` until the first answer.
    pub(crate) items: Option<Vec<FeedItem>>,
    pub(crate) selected: usize,
    pub(crate) views: BTreeMap<Rid, ClipView>,
    pub(crate) details: bool,
    /// Covered clips that were opened.
    opened: BTreeSet<Rid>,
    /// Nothing older is to be had.
    complete: bool,
}

impl Feed {
    /// The selected clip.
    pub(crate) fn item(&self) -> Option<&FeedItem> {
        self.items.as_ref()?.get(self.selected)
    }

    /// How many clips are listed.
    pub(crate) fn len(&self) -> usize {
        self.items.as_ref().map_or(0, Vec::len)
    }

    /// The blob to play: only a clip that this node shows and has. A covered one is not even decoded before it is opened.
    pub(crate) fn wanted(&self) -> Option<BlobHash> {
        self.item().filter(|i| i.state == ClipState::Ready && !self.covered(i)).map(|i| i.blob)
    }

    /// Whether a clip is covered and was not opened.
    pub(crate) fn covered(&self, item: &FeedItem) -> bool {
        !item.cover.is_empty() && !self.opened.contains(&item.clip)
    }

    /// Opens a covered clip, for as long as this program runs.
    fn uncover(&mut self, clip: Rid) {
        while self.opened.len() >= ITEMS_MAX {
            self.opened.pop_first();
        }
        self.opened.insert(clip);
    }

    /// The blob that is likely wanted next.
    pub(crate) fn upcoming(&self) -> Option<BlobHash> {
        let next = self.items.as_ref()?.get(self.selected + 1)?;
        next.plays().then_some(next.blob)
    }

    /// Takes the newest page; the selection stays on its clip, older clips that were loaded stay.
    pub(crate) fn take(&mut self, mut fresh: Vec<FeedItem>) {
        let selected = self.item().map(|i| i.clip);
        let was_first = self.selected == 0;
        if fresh.len() < PAGE {
            self.complete = true;
        } else if let (Some(old), Some(last)) = (&self.items, fresh.last()) {
            // Whatever lies behind the end of the fresh page.
            let tail = old.iter().position(|i| i.clip == last.clip);
            if let Some(rest) = tail.and_then(|at| old.get(at + 1..)) {
                fresh.extend_from_slice(rest);
            }
        }
        fresh.truncate(ITEMS_MAX);
        let same = selected.and_then(|clip| fresh.iter().position(|i| i.clip == clip));
        // Who looks at the newest clip sees newer ones come in; who went down stays where they are.
        self.selected = match same {
            Some(_) if was_first => 0,
            Some(at) => at,
            None => self.selected.min(fresh.len().saturating_sub(1)),
        };
        self.items = Some(fresh);
    }

    /// Appends an older page.
    pub(crate) fn append(&mut self, older: Vec<FeedItem>) {
        self.complete = older.len() < PAGE;
        if let Some(items) = &mut self.items {
            for item in older {
                if items.len() < ITEMS_MAX && !items.iter().any(|i| i.clip == item.clip) {
                    items.push(item);
                }
            }
        }
    }

    /// Remembers a clip's view and brings the list up to date with it.
    pub(crate) fn show(&mut self, view: ClipView) {
        if let Some(item) = self.items.iter_mut().flatten().find(|i| i.clip == view.item.clip) {
            *item = view.item.clone();
        }
        while self.views.len() >= VIEWS_MAX {
            self.views.pop_first();
        }
        self.views.insert(view.item.clip, view);
    }
}

impl App {
    /// Asks for the newest page.
    pub(crate) fn ask_feed(&mut self, out: &mut Vec<Effect>) {
        if !self.calls.waiting(&Call::Feed) {
            self.ask(Call::Feed, Request::Feed { before: None, limit: PAGE }, out);
        }
    }

    /// After the selection moved: asks for what is not known of it, and for older clips near the end.
    pub(crate) fn feed_selected(&mut self, out: &mut Vec<Effect>) {
        let Some(clip) = self.feed.item().map(|i| i.clip) else { return };
        if !self.feed.views.contains_key(&clip) && !self.calls.waiting(&Call::Show(clip)) {
            self.ask(Call::Show(clip), Request::Show { clip }, out);
        }
        let near = self.feed.selected + AHEAD >= self.feed.len();
        if near && !self.feed.complete && self.feed.len() < ITEMS_MAX && !self.calls.waiting(&Call::OlderFeed)
        {
            let before = self.feed.items.as_ref().and_then(|i| i.last()).map(|i| i.cursor.clone());
            self.ask(Call::OlderFeed, Request::Feed { before, limit: PAGE }, out);
        }
    }

    /// Actions of the feed.
    pub(crate) fn feed_action(&mut self, action: Action, out: &mut Vec<Effect>) {
        let now = self.now;
        match action {
            Action::Details => self.feed.details = !self.feed.details,
            Action::Pause => self.theatre.toggle_pause(now, out),
            Action::SeekBack => self.theatre.seek(-2, now, out),
            Action::SeekOn => self.theatre.seek(2, now, out),
            _ => {
                let Some(item) = self.feed.item().cloned() else {
                    return self.flash("there is no clip here yet: press 2 to make one");
                };
                self.clip_action(action, &item, out);
            }
        }
    }

    fn clip_action(&mut self, action: Action, item: &FeedItem, out: &mut Vec<Effect>) {
        let clip = item.clip;
        let mine = self.status.as_ref().is_some_and(|s| s.author == item.author);
        match action {
            Action::Open if self.feed.covered(item) => {
                self.feed.uncover(clip);
                if item.state != ClipState::Ready {
                    self.clip_action(Action::Open, item, out);
                }
            }
            Action::Open if item.state == ClipState::Ready => {
                self.theatre.retry(&item.blob);
                self.theatre.restart(self.now, out);
            }
            Action::Open if matches!(item.state, ClipState::Fetching | ClipState::Missing) => {
                self.flash("asking the network for this clip …");
                self.ask(Call::Fetch(clip), Request::Fetch { clip }, out);
            }
            Action::Open => self.flash(format!("this clip cannot be shown: {}", state_word(item.state))),
            Action::Favourite => {
                let on = item.mine.is_none();
                let mark = item.mine.as_ref().map_or(HEART, |m| m.as_str()).to_owned();
                let done = if on { "liked" } else { "like taken back" };
                self.ask(Call::Change(done), Request::React { clip, mark, on }, out);
            }
            Action::HideHere => self.rule(item, Some(Ruling::Hide), out),
            Action::Comment => self.overlay = Some(Overlay::ask(Question::Comment(clip))),
            Action::Remix => self.remix(clip, item.title.clone(), item.state, out),
            Action::CopyClip => {
                out.push(Effect::Copy(clip.to_string()));
                self.flash("the clip's id was copied");
            }
            Action::Unfollow if mine => self.flash("this is your own clip"),
            Action::Unfollow => {
                self.overlay = Some(Overlay::confirm(Deed::Unfollow(item.author, item.author_name.clone())));
            }
            Action::Delete if mine => {
                self.overlay = Some(Overlay::confirm(Deed::Delete(clip, item.title.clone())));
            }
            Action::Delete => {
                self.flash("only your own clips can be deleted; U stops following this creator");
            }
            _ => {}
        }
    }
}

/// The word for a clip's state.
pub(crate) const fn state_word(state: ClipState) -> &'static str {
    match state {
        ClipState::Ready => "ready",
        ClipState::Fetching => "fetching",
        ClipState::Missing => "missing",
        ClipState::Withheld => "withheld here",
        ClipState::Withdrawn => "consent withdrawn",
        ClipState::Deleted => "deleted by its author",
    }
}
