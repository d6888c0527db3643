//! Lineage: what a clip was made from above it, what was made from it below, the selected one beside them.

use kinora_protocol::api::{ClipState, Kin, Lineage, Side};
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

use super::theme::Theme;
use super::words::{age, cut, safe};
use super::{field, first_row, heading, hint, layout, lines, span};
use crate::app::App;
use crate::app::feed::state_word;
use crate::options::Video;

/// Deepest indentation of a row, in steps: a narrow screen still has to show the words.
const INDENT_MAX: u32 = 8;

/// Draws it.
pub(super) fn draw(app: &App, theme: Theme, frame: &mut Frame<'_>, body: Rect) {
    let Some(lineage) = &app.tree.lineage else { return hint(frame, body, nothing(app, theme)) };
    let parts = layout::lineage(body);
    tree(app, lineage, theme, frame, parts.tree);
    let Some(kin) = app.tree.kin() else { return };
    super::picture(app, frame, parts.picture);
    if app.theatre.playback.is_none() || app.theatre.renderer() == Video::Off {
        hint(frame, parts.picture, instead(app, kin, theme));
    }
    super::feed::transport(app, theme, frame, parts.transport);
    lines(frame, parts.about, about(app, lineage, kin, theme));
}

/// What to say while there is no tree.
fn nothing(app: &App, theme: Theme) -> Vec<Line<'static>> {
    if let Some(fault) = &app.tree.fault {
        return vec![Line::from(span(safe(fault), theme.warn()))];
    }
    if app.tree.of.is_some() {
        return vec![Line::from(span("asking the node …", theme.quiet()))];
    }
    vec![
        heading("No clip is selected", theme),
        Line::default(),
        Line::from(
            "This screen shows what the clip selected in the feed was made from, and what others made from it.",
        ),
        Line::from(vec![span("1", theme.accent()), Span::raw(" opens the feed.")]),
    ]
}

fn tree(app: &App, lineage: &Lineage, theme: Theme, frame: &mut Frame<'_>, area: Rect) {
    let (head, rows) = layout::top(area, 1);
    let more = if lineage.complete { "" } else { ", and more" };
    let title = format!(
        "{} above, {} below{more}",
        super::words::count(lineage.ancestors.len() as u64, "clip", "clips"),
        lineage.descendants.len()
    );
    lines(frame, head, vec![heading(title, theme)]);
    let shown = usize::from(rows.height);
    let first = first_row(app.tree.selected, app.tree.len(), shown);
    let text: Vec<Line<'static>> = lineage
        .rows()
        .enumerate()
        .skip(first)
        .take(shown)
        .map(|(at, (side, kin))| {
            let style = if at == app.tree.selected { theme.selected() } else { style(side, kin, theme) };
            Line::from(span(cut(&row(side, kin), rows.width), style))
        })
        .collect();
    frame.render_widget(Paragraph::new(text), rows);
}

fn style(side: Side, kin: &Kin, theme: Theme) -> Style {
    match (side, kin.state) {
        (Side::Middle, _) => theme.strong(),
        (_, ClipState::Ready) => Style::new(),
        _ => theme.quiet(),
    }
}

fn row(side: Side, kin: &Kin) -> String {
    let mark = match side {
        Side::Above => "┌",
        Side::Middle => "●",
        Side::Below => "└",
    };
    let indent = "  ".repeat(usize::try_from(kin.depth.min(INDENT_MAX)).unwrap_or(0));
    format!("{indent}{mark} {}", safe(&kin.words()))
}

/// Why there is no moving picture.
fn instead(app: &App, kin: &Kin, theme: Theme) -> Vec<Line<'static>> {
    let failure = kin.blob.and_then(|blob| app.theatre.failure(&blob));
    if kin.covered {
        return vec![Line::from(span("This clip is covered; open it in the feed.", theme.warn()))];
    }
    vec![Line::from(match (kin.state, failure) {
        (ClipState::Ready, Some(why)) => span(format!("This clip does not play: {}", safe(why)), theme.bad()),
        (ClipState::Ready, None) if app.theatre.renderer() == Video::Off => {
            span("Pictures are off; v turns them on.", theme.quiet())
        }
        (ClipState::Ready, None) => span("Loading …", theme.quiet()),
        (ClipState::Missing, _) if kin.author.is_some() => {
            span("Nobody who has this clip is reachable. Enter asks again.", theme.warn())
        }
        (state, _) => span(format!("This clip is {}.", state_word(state)), theme.warn()),
    })]
}

/// The selected clip; for the clip of the tree, who is to be named with it.
fn about(app: &App, lineage: &Lineage, kin: &Kin, theme: Theme) -> Vec<Line<'static>> {
    let mut text = vec![Line::from(span(safe(&kin.words()), theme.strong()))];
    if kin.clip == lineage.clip.clip
        && let Some(credit) = lineage.credit()
    {
        text.push(Line::from(safe(&credit)));
    }
    text.push(field("clip", kin.clip.short(), theme));
    if let Some(time) = kin.time {
        text.push(field("made", age(app.unix(), time), theme));
        let licence = if kin.licence.is_empty() { "all rights reserved" } else { kin.licence.as_str() };
        text.push(field("licence", safe(licence), theme));
    }
    text.push(field("state", state_word(kin.state), theme));
    text
}
