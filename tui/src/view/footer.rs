//! The bottom row: what just happened, or the keys that matter here, straight from the table of actions.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

use super::span;
use super::theme::Theme;
use super::words::cut;
use crate::action::{self, BINDINGS, Binding};
use crate::app::App;

/// Draws it.
pub(super) fn draw(app: &App, theme: Theme, frame: &mut Frame<'_>, area: Rect) {
    let line = if !app.prefix.is_empty() {
        keys(continuations(app), theme, area.width)
    } else if let Some((text, _)) = app.flash.as_ref().filter(|_| app.overlay.is_none()) {
        Line::from(span(cut(&format!(" {text}"), area.width), theme.strong()))
    } else {
        keys(commands(app), theme, area.width)
    };
    frame.render_widget(Paragraph::new(line), area);
}

/// The rows of the table that belong in the footer now, with the key that is shown for each.
pub(super) fn commands(app: &App) -> Vec<(&'static str, &'static str)> {
    let rows = |scope| BINDINGS.iter().filter(move |b: &&Binding| b.scope == scope && !b.word.is_empty());
    let scopes = app.scopes().iter().flat_map(|scope| rows(*scope));
    scopes.filter_map(|b| Some((*b.keys.first()?, b.word))).collect()
}

/// What may follow the start of a sequence.
fn continuations(app: &App) -> Vec<(&'static str, &'static str)> {
    let start = format!("{} ", app.prefix);
    let rows = app.scopes().iter().flat_map(|scope| BINDINGS.iter().filter(move |b| b.scope == *scope));
    rows.flat_map(|b| b.keys.iter().map(move |key| (*key, b.help)))
        .filter(|(key, _)| key.starts_with(&start))
        .collect()
}

/// `key word · key word …`, as many as fit; help and quit keep their place.
fn keys(commands: Vec<(&'static str, &'static str)>, theme: Theme, width: u16) -> Line<'static> {
    let last = |word: &str| {
        [action::Action::Help, action::Action::Quit]
            .iter()
            .any(|a| action::binding(*a).is_some_and(|b| b.word == word))
    };
    let (kept, others): (Vec<_>, Vec<_>) = commands.into_iter().partition(|(_, word)| last(word));
    let columns = |(key, word): &(&str, &str)| key.chars().count() + word.chars().count() + 4;
    let mut room = usize::from(width).saturating_sub(kept.iter().map(columns).sum());
    let mut line = Line::from(" ");
    let fitting = others.into_iter().take_while(|command| {
        let fits = columns(command) <= room;
        room = room.saturating_sub(columns(command));
        fits
    });
    for (key, word) in fitting.collect::<Vec<_>>().into_iter().chain(kept) {
        line.push_span(span(key, theme.accent()));
        line.push_span(Span::raw(format!(" {word}   ")));
    }
    line
}
