//! Moderation: whom this persona listens to above, the clips that something is said of below, the selected one at the
//! end. No picture: what is covered or hidden is described here and not shown.

use kinora_protocol::api::{FeedItem, LabelView, LabelerView};
use kinora_protocol::labels::Ruling;
use kinora_protocol::record::Severity;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

use super::theme::Theme;
use super::words::{count, cut, safe, who};
use super::{field, first_row, heading, layout, lines, span};
use crate::app::App;

/// Most labelers that are listed; the command line lists all.
const LABELERS_SHOWN: usize = 5;

/// Draws it.
pub(super) fn draw(app: &App, theme: Theme, frame: &mut Frame<'_>, body: Rect) {
    let above = labelers(app, theme, body.width);
    let (head, rest) = layout::top(body, (above.len() as u16).saturating_add(1).min(body.height / 2));
    frame.render_widget(Paragraph::new(above), head);
    let (list, about) = layout::bottom(rest, if rest.height > 12 { 7 } else { 2 });
    clips(app, theme, frame, list);
    if let Some(item) = app.moderation.item() {
        lines(frame, about, one(item, theme));
    }
}

/// Whom this persona listens to, in order.
fn labelers(app: &App, theme: Theme, width: u16) -> Vec<Line<'static>> {
    let mut text = vec![heading("You listen to", theme)];
    match app.moderation.labelers.as_deref() {
        None => text.push(Line::from(span("asking the node …", theme.quiet()))),
        Some([]) => text.push(Line::from(vec![
            Span::raw("nobody: others' labels change nothing here. "),
            span("s", theme.accent()),
            Span::raw(" subscribes to a labeler."),
        ])),
        Some(all) => {
            let shown = all.iter().take(LABELERS_SHOWN).enumerate();
            text.extend(shown.map(|(at, view)| Line::from(cut(&labeler(at, view), width))));
            let more = all.len().saturating_sub(LABELERS_SHOWN);
            if more > 0 {
                text.push(Line::from(span(format!("   and {more} more"), theme.quiet())));
            }
        }
    }
    text
}

fn labeler(at: usize, view: &LabelerView) -> String {
    let labels = count(view.labels, "label", "labels");
    if view.values.is_empty() {
        return format!(
            "{}  {}  declares nothing yet: its labels are told",
            at + 1,
            who(&view.name, view.labeler)
        );
    }
    let weight = |meaning: &kinora_protocol::api::MeaningView| match meaning.setting {
        Some(setting) => format!("{} {}", safe(meaning.value.as_str()), setting.as_str()),
        None if meaning.default => format!("{} {}", safe(meaning.value.as_str()), meaning.severity.as_str()),
        None => format!("{} inform", safe(meaning.value.as_str())),
    };
    let weights: Vec<String> = view.values.iter().map(weight).collect();
    format!("{}  {}  {labels}: {}", at + 1, who(&view.name, view.labeler), weights.join(", "))
}

/// What becomes of a clip, in a word.
const fn outcome(item: &FeedItem) -> &'static str {
    match (item.hidden.is_empty(), item.cover.is_empty(), item.ruling) {
        (false, _, Some(Ruling::Hide)) => "hidden by you",
        (false, ..) => "hidden",
        (true, _, Some(_)) => "shown by you",
        (true, false, None) => "covered",
        (true, true, None) => "told",
    }
}

fn clips(app: &App, theme: Theme, frame: &mut Frame<'_>, area: Rect) {
    let (head, rows) = layout::top(area, 1);
    lines(frame, head, vec![heading("What labels do to clips here", theme)]);
    let items = match app.moderation.clips.as_deref() {
        None => return lines(frame, rows, vec![Line::from(span("asking the node …", theme.quiet()))]),
        Some([]) => {
            let none = "nothing: nobody you listen to spoke of a clip of your feed";
            return lines(frame, rows, vec![Line::from(span(none, theme.quiet()))]);
        }
        Some(items) => items,
    };
    let shown = usize::from(rows.height);
    let first = first_row(app.moderation.selected, items.len(), shown);
    let row = |(at, item): (usize, &FeedItem)| {
        let title = if item.title.is_empty() { "untitled".to_owned() } else { safe(item.title.as_str()) };
        let row = cut(&format!("{:<13}  {title}", outcome(item)), rows.width);
        let style = if at == app.moderation.selected { theme.selected() } else { theme.quiet() };
        Line::from(span(row, style))
    };
    let text: Vec<Line<'static>> = items.iter().enumerate().skip(first).take(shown).map(row).collect();
    frame.render_widget(Paragraph::new(text), rows);
}

/// Who says what of the selected clip.
fn one(item: &FeedItem, theme: Theme) -> Vec<Line<'static>> {
    let mut text = vec![field(
        "clip",
        format!("{} by {}", item.clip.short(), who(&item.author_name, item.author)),
        theme,
    )];
    text.extend(item.labels.iter().map(|said| line(said, theme)));
    if item.labels.is_empty() {
        text.push(Line::from(span("nobody says anything of it", theme.quiet())));
    }
    text
}

fn line(said: &LabelView, theme: Theme) -> Line<'static> {
    let style = match said.severity {
        Severity::Inform => theme.quiet(),
        Severity::Warn => theme.warn(),
        Severity::Hide => theme.bad(),
    };
    let on = if said.on == "clip" { String::new() } else { format!(", on the {}", safe(&said.on)) };
    Line::from(vec![
        span(format!("{:<9} ", said.severity.as_str()), style),
        Span::raw(format!("{}{on}", safe(&said.words()))),
    ])
}
