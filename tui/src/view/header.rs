//! The top row: screens with their digits, then how the node, the sound and the pictures stand.

use kinora_protocol::api::JobState;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

use super::theme::Theme;
use super::{layout, span, words};
use crate::app::{App, Screen};

/// Draws it.
pub(super) fn draw(app: &App, theme: Theme, frame: &mut Frame<'_>, area: Rect) {
    let mut left = Vec::new();
    if area.width >= layout::NARROW {
        left.push(span(" Kinora  ", theme.accent()));
    }
    let all = tabs(app, theme, true);
    let fits = Line::from(all.clone()).width() <= usize::from(area.width);
    left.extend(if fits { all } else { tabs(app, theme, false) });
    let left = Line::from(left);
    let room = usize::from(area.width).saturating_sub(left.width() + 2);
    let right = state(app, theme, room);
    frame.render_widget(Paragraph::new(left), area);
    frame.render_widget(Paragraph::new(right.right_aligned()), area);
}

/// The screens with their digits; `named` says whether all have their names, or only the open one.
fn tabs(app: &App, theme: Theme, named: bool) -> Vec<Span<'static>> {
    let tab = |(screen, digit, name): (Screen, char, &str)| {
        let style = if screen == app.screen { theme.selected() } else { theme.quiet() };
        let name = if named || screen == app.screen { format!(" {name}") } else { String::new() };
        span(format!(" {digit}{name}{} ", badge(app, screen)), style)
    };
    Screen::ALL.into_iter().map(tab).collect()
}

/// What a screen has to say while another one is open.
fn badge(app: &App, screen: Screen) -> String {
    let jobs = app.create.jobs.iter().flatten().find_map(|job| match &job.state {
        JobState::Running { fraction, .. } => Some(format!(" {:.0}%", fraction.clamp(0.0, 1.0) * 100.0)),
        _ => None,
    });
    match screen {
        Screen::Create => jobs.unwrap_or_default(),
        Screen::Inbox => match app.inbox.waiting() {
            0 => String::new(),
            waiting => format!(" {waiting}!"),
        },
        _ => String::new(),
    }
}

/// As much of the state as there is room for, the most important first.
fn state(app: &App, theme: Theme, room: usize) -> Line<'static> {
    let node = match &app.status {
        _ if app.closed => span("node gone", theme.bad()),
        None => span("connecting …", theme.quiet()),
        Some(s) if s.peers == 0 => span("no peers", theme.warn()),
        Some(s) => span(words::count(s.peers, "peer", "peers"), theme.good()),
    };
    let theatre = &app.theatre;
    let sound = match &theatre.sound_state {
        _ if theatre.muted => span("muted", theme.quiet()),
        Some(Err(_)) => span("no sound", theme.quiet()),
        _ => span(format!("♪ {}%", theatre.volume), theme.quiet()),
    };
    let renderer = span(theatre.renderer().as_str(), theme.quiet());
    let mut line = Line::default();
    for part in [node, sound, renderer] {
        let gap = if line.spans.is_empty() { "" } else { "  " };
        if line.width() + gap.len() + part.width() + 1 > room {
            break;
        }
        line.push_span(gap);
        line.push_span(part);
    }
    line.push_span(" ");
    line
}
