//! What the node says: answers to requests, events, blobs.

use kinora_protocol::api::{ApiError, CameoCall, Event, Request, Response, Status};
use kinora_protocol::text::Text;

use super::calls::Call;
use super::inbox::cameo;
use super::overlay::Overlay;
use super::{App, Effect, Screen};
use crate::link::Incoming;

/// Longest line of the node shown, in characters.
const LINE_CHARS_MAX: usize = 300;

/// A line of the node that may carry a stranger's words, made safe to draw.
pub(crate) fn safe(line: &str) -> String {
    Text::line(line, LINE_CHARS_MAX).as_str().to_owned()
}

/// The address to give to others: one of this machine alone only when there is no other.
pub(crate) fn address(status: &Status) -> Option<String> {
    let here =
        |a: &&String| a.starts_with("/ip4/127.") || a.starts_with("/ip6/::1/") || a.starts_with("/ip6/fe80:");
    let addresses = &status.addresses;
    addresses.iter().find(|a| !here(a)).or_else(|| addresses.first()).map(|a| safe(a))
}

/// An error as one line: what was wrong and what to do.
pub(crate) fn line(error: &ApiError) -> String {
    match error.hints.first() {
        Some(hint) => safe(&format!("{}; {hint}", error.message)),
        None => safe(&error.message),
    }
}

impl App {
    /// Something came in.
    pub(crate) fn incoming(&mut self, incoming: Incoming, out: &mut Vec<Effect>) {
        match incoming {
            Incoming::Answer { id, result } => {
                let Some(call) = self.calls.close(id) else { return };
                match result {
                    Ok(response) => self.answered(call, response, out),
                    Err(error) => self.refused(call, &error, out),
                }
            }
            Incoming::Event(event) => self.event(event, out),
            Incoming::Blob { hash, result } => {
                self.theatre.blob(hash, result.map_err(|e| line(&e)), out);
            }
            Incoming::Closed => {
                self.closed = true;
                self.flash("the node is gone; what you see may be old");
            }
        }
    }

    fn answered(&mut self, call: Call, response: Response, out: &mut Vec<Effect>) {
        match (call, response) {
            (Call::Status, Response::Status(status)) => self.status = Some(*status),
            (Call::Feed, Response::Feed { items }) => {
                self.feed.take(items);
                self.feed_selected(out);
            }
            (Call::OlderFeed, Response::Feed { items }) => self.feed.append(items),
            (Call::Show(_), Response::Clip(view)) => self.feed.show(*view),
            (Call::Lineage(_), Response::Lineage(lineage)) => self.tree.take(*lineage),
            (Call::Jobs, Response::Jobs { jobs }) => {
                self.create.take(jobs);
                if self.screen == Screen::Create && self.create.len() == 0 {
                    self.create.editing = true;
                }
            }
            (Call::Read, Response::Reading(reading)) => self.take_reading(Ok(reading), out),
            (Call::Make, Response::Job(job)) => self.made(*job),
            (Call::Peers, Response::Peers { peers }) => {
                self.peer_selected = self.peer_selected.min(peers.len().saturating_sub(1));
                self.peers = Some(peers);
            }
            (Call::Labelers | Call::Labelled, Response::Label(answer)) => self.moderation.take(*answer),
            (Call::Inbox | Call::Uses | Call::Cameos, Response::Cameo(answer)) => self.inbox.take(*answer),
            (Call::Keys, Response::Keys(keys)) => self.keys = Some(*keys),
            (Call::Fetch(_) | Call::CancelJob(_), _) => {}
            (Call::Publish(_), _) => {
                self.flash("published");
                self.ask(Call::Jobs, Request::Jobs, out);
                self.ask_feed(out);
            }
            (Call::Change(done), _) => self.changed(done, out),
            (Call::Asked(asked), _) => self.changed(asked.done, out),
            (call, _) => self.flash(format!("the node gave an answer of another kind to {call:?}")),
        }
    }

    /// A change was made: say so and ask for what it may have changed.
    fn changed(&mut self, done: &str, out: &mut Vec<Effect>) {
        self.flash(done);
        if self.screen == Screen::Inbox {
            self.ask_inbox(out);
        }
        self.ask_feed(out);
        self.refresh_moderation(out);
        if let Some(clip) = self.feed.item().map(|i| i.clip) {
            self.ask(Call::Show(clip), Request::Show { clip }, out);
        }
    }

    fn refused(&mut self, call: Call, error: &ApiError, out: &mut Vec<Effect>) {
        match call {
            Call::Read => self.take_reading(Err(line(error)), out),
            Call::Lineage(clip) if self.tree.of == Some(clip) => self.tree.fault = Some(line(error)),
            // A status that fails while the node is busy is asked again by itself.
            Call::Status => {}
            Call::Make => {
                self.create.editing = true;
                self.flash(line(error));
            }
            Call::Asked(asked) if self.overlay.is_none() => {
                self.overlay = Some(Overlay::again(asked.question, &asked.text, line(error)));
            }
            _ => self.flash(line(error)),
        }
    }

    fn event(&mut self, event: Event, out: &mut Vec<Effect>) {
        match event {
            Event::Job(job) => self.job_changed(*job, out),
            Event::Preview { job, width, height, rgb_hex } => {
                self.create.take_preview(job, width, height, &rgb_hex);
            }
            Event::FeedChanged => {
                self.ask_feed(out);
                // Reactions and comments of the clip on the screen may have changed too.
                if let Some(clip) = self.feed.item().map(|i| i.clip)
                    && !self.calls.waiting(&Call::Show(clip))
                {
                    self.ask(Call::Show(clip), Request::Show { clip }, out);
                }
                self.refresh_moderation(out);
                if self.screen == Screen::Lineage {
                    self.refresh_lineage(out);
                }
                if self.screen == Screen::Inbox {
                    self.ask_inbox(out);
                } else if !self.calls.waiting(&Call::Inbox) {
                    self.ask(Call::Inbox, cameo(CameoCall::Inbox), out);
                }
            }
            Event::PeersChanged if self.screen == Screen::Peers && !self.calls.waiting(&Call::Peers) => {
                self.ask(Call::Peers, Request::Peers, out);
            }
            Event::PeersChanged => {
                if !self.calls.waiting(&Call::Status) {
                    self.ask(Call::Status, Request::Status, out);
                }
            }
            Event::Notice { text } => self.flash(safe(&text)),
            Event::Lagged => {
                self.ask_feed(out);
                if !self.calls.waiting(&Call::Jobs) {
                    self.ask(Call::Jobs, Request::Jobs, out);
                }
            }
        }
    }
}
