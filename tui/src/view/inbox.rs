//! Inbox: a list of letters, uses or cameos, the clip that the selected one is about, and what it says.

use kinora_protocol::api::{CameoView, InboxItem, InboxKind, InboxState, UseRow};
use kinora_protocol::text::Text;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

use super::theme::Theme;
use super::words::{age, count, cut, safe, who};
use super::{field, first_row, hint, layout, lines, span};
use crate::app::App;
use crate::app::inbox::{Pile, Row};
use crate::options::Video;

const DAY: u64 = 24 * 3600;

/// Draws it.
pub(super) fn draw(app: &App, theme: Theme, frame: &mut Frame<'_>, body: Rect) {
    let parts = layout::lineage(body);
    list(app, theme, frame, parts.tree);
    let Some(row) = app.inbox.row() else {
        let place = if parts.picture.is_empty() { parts.about } else { parts.picture };
        return hint(frame, place, nothing(app, theme));
    };
    super::picture(app, frame, parts.picture);
    if app.theatre.playback.is_none() || app.theatre.renderer() == Video::Off {
        hint(frame, parts.picture, instead(app, &row, theme));
    }
    super::feed::transport(app, theme, frame, parts.transport);
    lines(frame, parts.about, about(app, &row, theme));
}

fn nothing(app: &App, theme: Theme) -> Vec<Line<'static>> {
    let known = match app.inbox.pile {
        Pile::Letters => app.inbox.letters.is_some(),
        Pile::Uses => app.inbox.uses.is_some(),
        Pile::Cameos => app.inbox.cameos.is_some(),
    };
    let text = match app.inbox.pile {
        _ if !known => return vec![Line::from(span("asking the node …", theme.quiet()))],
        Pile::Letters => "Nobody has asked you for anything, and you have asked nobody.",
        Pile::Uses => "No clip that is known here shows you.",
        Pile::Cameos => "No cameo is known here. E enrols you; those of people you follow appear here.",
    };
    vec![Line::from(text), Line::from(span("l and h turn the lists.", theme.quiet()))]
}

fn list(app: &App, theme: Theme, frame: &mut Frame<'_>, area: Rect) {
    let (head, rows) = layout::top(area, 1);
    let mut titles = Vec::new();
    for (pile, title) in Pile::ALL {
        let style = if pile == app.inbox.pile { theme.accent() } else { theme.quiet() };
        titles.push(span(title, style));
        titles.push(Span::raw("  "));
    }
    lines(frame, head, vec![Line::from(titles)]);
    let shown = usize::from(rows.height);
    let first = first_row(app.inbox.selected, app.inbox.len(), shown);
    let words: Vec<(String, Style)> = match app.inbox.pile {
        Pile::Letters => app.inbox.letters.iter().flatten().map(|item| letter(item, theme)).collect(),
        Pile::Uses => app.inbox.uses.iter().flatten().map(|row| used(row, theme)).collect(),
        Pile::Cameos => app.inbox.cameos.iter().flatten().map(|view| cameo(view, theme)).collect(),
    };
    let text: Vec<Line<'static>> = words
        .into_iter()
        .enumerate()
        .skip(first)
        .take(shown)
        .map(|(at, (words, style))| {
            let style = if at == app.inbox.selected { theme.selected() } else { style };
            Line::from(span(cut(&words, rows.width), style))
        })
        .collect();
    frame.render_widget(Paragraph::new(text), rows);
}

fn letter(item: &InboxItem, theme: Theme) -> (String, Style) {
    let other = who(&item.other_name, item.other);
    let what = match (item.kind, item.mine) {
        (InboxKind::Ask, false) => format!("{other} asks to use {}", named(&item.cameo_name)),
        (InboxKind::Ask, true) => format!("you ask for {}", named(&item.cameo_name)),
        (InboxKind::Draft, false) => format!("{other} made a clip with {}", named(&item.cameo_name)),
        (InboxKind::Draft, true) => format!("your clip with {}", named(&item.cameo_name)),
        (InboxKind::Recording, false) => format!("{other} asks you as a witness"),
        (InboxKind::Recording, true) => format!("you ask {other} as a witness"),
    };
    (format!("{:<9} {what}", item.state.as_str()), letter_style(item, theme))
}

fn letter_style(item: &InboxItem, theme: Theme) -> Style {
    match item.state {
        InboxState::Waiting if !item.mine => theme.warn(),
        InboxState::Waiting => Style::new(),
        InboxState::Granted | InboxState::Approved | InboxState::Published => theme.good(),
        InboxState::Refused | InboxState::Withdrawn => theme.quiet(),
    }
}

fn used(row: &UseRow, theme: Theme) -> (String, Style) {
    let inherited = if row.from.is_some() { "remix by " } else { "by " };
    let title = safe(row.title.as_str());
    let words = format!(
        "{:<9} {inherited}{}: {title}",
        safe(row.state.as_str()),
        who(&row.creator_name, row.creator)
    );
    let style = match row.state.as_str() {
        "published" => theme.good(),
        "draft" => theme.warn(),
        _ => theme.quiet(),
    };
    (words, style)
}

fn cameo(view: &CameoView, theme: Theme) -> (String, Style) {
    let state = if view.mine {
        "yours"
    } else if view.granted.is_empty() {
        "not yours to use"
    } else {
        "granted to you"
    };
    let style = if view.mine || !view.granted.is_empty() { Style::new() } else { theme.quiet() };
    (format!("{} · {state}", named(&view.name)), style)
}

fn named(name: &Text) -> String {
    if name.is_empty() { "a cameo".to_owned() } else { safe(name.as_str()) }
}

/// Why there is no moving picture.
fn instead(app: &App, row: &Row, theme: Theme) -> Vec<Line<'static>> {
    let failure = app.inbox.wanted().and_then(|blob| app.theatre.failure(&blob).map(str::to_owned));
    let has_clip = match row {
        Row::Letter(item) => item.blob.is_some(),
        Row::Use(_) => true,
        Row::Cameo(_) => false,
    };
    vec![Line::from(match (failure, app.inbox.wanted(), has_clip) {
        (Some(why), ..) => span(format!("This clip does not play: {}", safe(&why)), theme.bad()),
        (None, Some(_), _) if app.theatre.renderer() == Video::Off => {
            span("Pictures are off; v turns them on.", theme.quiet())
        }
        (None, Some(_), _) => span("Loading …", theme.quiet()),
        (None, None, true) => {
            span("The clip is not here. It comes by itself while they are reachable.", theme.warn())
        }
        (None, None, false) => span("", theme.quiet()),
    })]
}

fn about(app: &App, row: &Row, theme: Theme) -> Vec<Line<'static>> {
    match row {
        Row::Letter(item) => about_letter(app, item, theme),
        Row::Use(row) => about_use(app, row, theme),
        Row::Cameo(view) => about_cameo(app, view, theme),
    }
}

fn about_letter(app: &App, item: &InboxItem, theme: Theme) -> Vec<Line<'static>> {
    let mut text = vec![Line::from(span(safe(item.words.as_str()), theme.strong()))];
    let purposes: Vec<String> = item.purposes.iter().map(|word| safe(word.as_str())).collect();
    if !purposes.is_empty() {
        text.push(field("for", purposes.join(", "), theme));
    }
    if item.kind == InboxKind::Ask {
        let clips = item.uses.map_or_else(
            || "as many clips as they like".to_owned(),
            |uses| count(u64::from(uses), "clip", "clips"),
        );
        text.push(field("wants", format!("{clips}, {}", count(item.seconds / DAY, "day", "days")), theme));
    }
    let other = format!("{} {}", who(&item.other_name, item.other), item.other.short());
    text.push(field(if item.mine { "to" } else { "from" }, other, theme));
    text.push(field("written", age(app.unix(), item.time), theme));
    let next = match (item.kind, item.mine, item.state) {
        (InboxKind::Ask, false, InboxState::Waiting) => "a grants it, x refuses",
        (InboxKind::Draft, false, InboxState::Waiting) => "a approves this very clip, x refuses it for ever",
        (InboxKind::Recording, false, InboxState::Waiting) => "a says that it is them, x that it is not",
        (InboxKind::Draft, true, InboxState::Approved) => "approved: press 2, and P publishes it",
        (InboxKind::Ask, true, InboxState::Granted) => "granted: press 2, and c chooses whom to show",
        (InboxKind::Ask, false, InboxState::Granted) => "R takes the grant back",
        (InboxKind::Draft, false, InboxState::Published) => "R takes it down everywhere",
        _ => "",
    };
    if !next.is_empty() {
        text.push(Line::from(span(next, theme.quiet())));
    }
    text
}

fn about_use(app: &App, row: &UseRow, theme: Theme) -> Vec<Line<'static>> {
    let mut text = vec![Line::from(span(safe(row.title.as_str()), theme.strong()))];
    text.push(field("by", format!("{} {}", who(&row.creator_name, row.creator), row.creator.short()), theme));
    text.push(field("state", safe(row.state.as_str()), theme));
    text.push(field("grant", format!("{}, ticket {}", row.grant.short(), row.serial), theme));
    text.push(field("when", age(app.unix(), row.time), theme));
    let next = match (row.clip, row.state.as_str()) {
        (Some(_), "published") => "R takes it down, with what was made of it",
        (None, "draft") => "a approves this very clip, x refuses it for ever",
        _ => "",
    };
    if !next.is_empty() {
        text.push(Line::from(span(next, theme.quiet())));
    }
    text
}

fn about_cameo(app: &App, view: &CameoView, theme: Theme) -> Vec<Line<'static>> {
    let mut text = vec![Line::from(span(named(&view.name), theme.strong()))];
    text.push(field("subject", view.subject.short(), theme));
    let fresh = match view.fresh_until {
        Some(until) if until >= app.unix() => "its subject was heard of lately",
        Some(_) => "nothing was heard of its subject for a day",
        None => "nothing was heard of its subject",
    };
    text.push(field("news", fresh, theme));
    if !view.witnessed.is_empty() {
        text.push(field("alive", safe(view.witnessed.as_str()), theme));
    }
    let words: Vec<String> = view.granted.iter().map(|word| safe(word.as_str())).collect();
    let next = if view.mine {
        "R takes the whole cameo back".to_owned()
    } else if words.is_empty() {
        "n asks for it".to_owned()
    } else {
        format!("yours to use for {}: press 2, and c chooses it", words.join(", "))
    };
    text.push(Line::from(span(next, theme.quiet())));
    text
}
