//! Moderation: whom this persona listens to above; below, the clips that something is said of with the selected one at the
//! end, or what the labels of a labeler do here. No picture: what is covered or hidden is described here and not shown.

use kinora_protocol::api::{FeedItem, LabelView, LabelerView, MeaningView};
use kinora_protocol::labels::{Ruling, Setting};
use kinora_protocol::record::Severity;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

use super::theme::Theme;
use super::words::{count, cut, safe, who};
use super::{field, first_row, heading, layout, lines, span};
use crate::app::App;
use crate::app::moderation::Pane;

/// Most labelers that are listed at once.
const LABELERS_SHOWN: usize = 5;

/// Draws it.
pub(super) fn draw(app: &App, theme: Theme, frame: &mut Frame<'_>, body: Rect) {
    let above = labelers(app, theme, body.width);
    let (head, rest) = layout::top(body, (above.len() as u16).saturating_add(1).min(body.height / 2));
    frame.render_widget(Paragraph::new(above), head);
    let (list, about) = layout::bottom(rest, if rest.height > 12 { 7 } else { 2 });
    if app.moderation.pane == Pane::Values {
        return values(app, theme, frame, rest);
    }
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
            let at_work = app.moderation.pane != Pane::Clips;
            let first = first_row(app.moderation.labeler, all.len(), LABELERS_SHOWN);
            let shown = all.iter().enumerate().skip(first).take(LABELERS_SHOWN);
            text.extend(shown.map(|(at, view)| {
                let selected = at_work && at == app.moderation.labeler;
                let style = if selected { theme.selected() } else { Style::new() };
                Line::from(span(cut(&labeler(at, view), width), style))
            }));
            let more = all.len().saturating_sub(LABELERS_SHOWN);
            if more > 0 {
                text.push(Line::from(span(format!("   {} in all", all.len()), theme.quiet())));
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
    let weights: Vec<String> = view
        .values
        .iter()
        .map(|meaning| format!("{} {}", safe(meaning.value.as_str()), weight(meaning)))
        .collect();
    format!("{}  {}  {labels}: {}", at + 1, who(&view.name, view.labeler), weights.join(", "))
}

/// What a label weighs here, in a word.
const fn weight(meaning: &MeaningView) -> &'static str {
    match meaning.setting {
        Some(setting) => setting.as_str(),
        None if meaning.default => meaning.severity.as_str(),
        None => Severity::Inform.as_str(),
    }
}

/// What the labels of the selected labeler do here.
fn values(app: &App, theme: Theme, frame: &mut Frame<'_>, area: Rect) {
    let (head, rows) = layout::top(area, 1);
    let Some(view) = app.moderation.speaker() else {
        return lines(frame, head, vec![heading("You listen to nobody", theme)]);
    };
    lines(
        frame,
        head,
        vec![heading(format!("What labels of {} do here", who(&view.name, view.labeler)), theme)],
    );
    if view.values.is_empty() {
        let none = "its declaration is not here yet: its labels are told";
        return lines(frame, rows, vec![Line::from(span(none, theme.quiet()))]);
    }
    let (list, about) = layout::bottom(rows, if rows.height > 6 { 2 } else { 0 });
    let shown = usize::from(list.height);
    let first = first_row(app.moderation.value, view.values.len(), shown);
    let row = |(at, meaning): (usize, &MeaningView)| {
        let by = if meaning.setting.is_some() { "set by you" } else { "as declared" };
        let words = format!(
            "{:<14} {:<7} {by:<12} {}",
            safe(meaning.value.as_str()),
            does(meaning),
            safe(meaning.means.as_str())
        );
        let style = if at == app.moderation.value { theme.selected() } else { theme.quiet() };
        Line::from(span(cut(&words, list.width), style))
    };
    let text: Vec<Line<'static>> = view.values.iter().enumerate().skip(first).take(shown).map(row).collect();
    frame.render_widget(Paragraph::new(text), list);
    let keys =
        "a shows, w covers, x hides what has the label; n takes no notice of it, u leaves it as declared";
    lines(frame, about, vec![Line::from(span(keys, theme.quiet()))]);
}

/// What a label does to a clip here, in the words of the keys.
const fn does(meaning: &MeaningView) -> &'static str {
    match (meaning.setting, meaning.severity) {
        (Some(Setting::Ignore), _) => "nothing",
        (Some(Setting::Inform), _) | (None, Severity::Inform) => "shows",
        (None, _) if !meaning.default => "shows",
        (Some(Setting::Warn), _) | (None, Severity::Warn) => "covers",
        (Some(Setting::Hide), _) | (None, Severity::Hide) => "hides",
    }
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
