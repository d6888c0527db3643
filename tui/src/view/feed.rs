//! Feed: the selected clip large, what is known of it, and its neighbours.

use kinora_protocol::api::{ClipState, ClipView, FeedItem, PersonView};
use kinora_protocol::ids::AuthorId;
use kinora_protocol::labels::Voice;
use kinora_protocol::text::Text;
use kinora_protocol::verdict::{Check, CheckState, Verdict};
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

use super::theme::Theme;
use super::words::{age, count, cut, safe, size, who};
use super::{field, first_row, heading, hint, layout, lines, span};
use crate::app::App;
use crate::app::feed::state_word;
use crate::options::Video;

/// Comments shown beside a clip.
const COMMENTS_SHOWN: usize = 20;

/// Draws it.
pub(super) fn draw(app: &App, theme: Theme, frame: &mut Frame<'_>, body: Rect) {
    let Some(item) = app.feed.item() else { return empty(app, theme, frame, body) };
    let parts = layout::feed(body, app.feed.details);
    super::picture(app, frame, parts.picture);
    if app.theatre.playback.is_none() || app.theatre.renderer() == Video::Off {
        hint(frame, parts.picture, instead(app, item, theme));
    }
    transport(app, theme, frame, parts.transport);
    lines(frame, parts.meta, meta(app, item, theme, parts.meta));
    list(app, theme, frame, parts.list);
    lines(frame, parts.drawer, details(app, item, theme));
}

/// What to do while there is no clip.
fn empty(app: &App, theme: Theme, frame: &mut Frame<'_>, body: Rect) {
    let key = |k: &str| span(k.to_owned(), theme.accent());
    if app.feed.items.is_none() {
        return hint(frame, body, vec![Line::from(span("Looking for clips …", theme.quiet()))]);
    }
    let text = vec![
        heading("Your feed is empty", theme),
        Line::default(),
        Line::from(vec![key("2"), Span::raw(" and type a prompt: your first clip is made on this machine.")]),
        Line::from(vec![key("F"), Span::raw(" follows a friend by the id from their Keys screen.")]),
        Line::from(vec![key("8"), Span::raw(" shows your own id, for friends to follow you.")]),
        Line::from(vec![key("6"), Span::raw(" shows whom you are connected to.")]),
    ];
    hint(frame, body, text);
}

/// Why there is no moving picture.
fn instead(app: &App, item: &FeedItem, theme: Theme) -> Vec<Line<'static>> {
    if app.feed.covered(item) {
        return cover(item, theme);
    }
    let line = match item.state {
        ClipState::Ready => match app.theatre.failure(&item.blob) {
            Some(why) => span(format!("This clip does not play: {}", safe(why)), theme.bad()),
            None if app.theatre.playback.is_some() => {
                span("Pictures are off; v turns them on.", theme.quiet())
            }
            None if app.theatre.loading(&item.blob) => span("Loading …", theme.quiet()),
            None if app.theatre.renderer() == Video::Off => {
                span("Pictures are off; v turns them on.", theme.quiet())
            }
            None => span("Loading …", theme.quiet()),
        },
        ClipState::Fetching => span("This clip is on its way from a peer …", theme.quiet()),
        ClipState::Missing => span("Nobody who has this clip is reachable. Enter asks again.", theme.warn()),
        state => span(format!("This clip is {}.", state_word(state)), theme.warn()),
    };
    let mut text = vec![Line::from(line)];
    if item.state != ClipState::Ready && !item.reason.is_empty() {
        text.push(Line::from(span(safe(&item.reason), theme.quiet())));
    }
    text
}

/// What covers a clip, and how it is opened.
fn cover(item: &FeedItem, theme: Theme) -> Vec<Line<'static>> {
    let mut text = vec![heading("This clip is covered", theme)];
    text.extend(item.cover.iter().map(|said| Line::from(span(safe(&said.words()), theme.warn()))));
    text.push(Line::default());
    let key = |k: &str| span(k.to_owned(), theme.accent());
    text.push(Line::from(vec![
        key("Enter"),
        Span::raw(" opens it, "),
        key("x"),
        Span::raw(" hides it, "),
        key("7"),
        Span::raw(" says whose labels count."),
    ]));
    text
}

/// Position and length, with a bar.
pub(super) fn transport(app: &App, theme: Theme, frame: &mut Frame<'_>, area: Rect) {
    let Some((_, playback)) = &app.theatre.playback else { return };
    let (position, length) = (playback.position(app.now).as_secs_f64(), playback.length().as_secs_f64());
    let mark = if playback.paused() { "❚❚" } else { "▶" };
    let text = format!(" {mark} {position:.1} / {length:.1} s ");
    let room = usize::from(area.width).saturating_sub(text.chars().count() + 1);
    let done = ((position / length.max(0.001)).clamp(0.0, 1.0) * room as f64) as usize;
    let bar = vec![
        Span::raw(text),
        span("━".repeat(done), theme.accent()),
        span("─".repeat(room.saturating_sub(done)), theme.quiet()),
    ];
    frame.render_widget(Paragraph::new(Line::from(bar)), area);
}

fn verdict(item: &FeedItem, theme: Theme) -> Span<'static> {
    let (mark, style) = match item.verdict {
        Verdict::Verified => ("✓", theme.good()),
        Verdict::Unverified => ("?", theme.warn()),
        Verdict::StaleConsent => ("~", theme.warn()),
        Verdict::Withdrawn => ("✗", theme.bad()),
        Verdict::Altered => ("✗", theme.bad()),
        Verdict::Unknown => ("·", theme.quiet()),
    };
    span(format!("{mark} {}", item.verdict.as_str()), style)
}

/// Who made or said something.
fn name(app: &App, name: &Text, author: AuthorId) -> String {
    let mine = app.status.as_ref().is_some_and(|s| s.author == author);
    if mine { "you".to_owned() } else { who(name, author) }
}

/// Title, author, state; then the comments, as far as there is room.
fn meta(app: &App, item: &FeedItem, theme: Theme, area: Rect) -> Vec<Line<'static>> {
    let title = if item.title.is_empty() { "untitled".to_owned() } else { safe(item.title.as_str()) };
    let by = name(app, &item.author_name, item.author);
    let liked = if item.mine.is_some() { "♥" } else { "♡" };
    let seconds = item.format.millis() as f64 / 1_000.0;
    let comments = count(item.comments, "comment", "comments");
    let by_line = Line::from(vec![
        Span::raw(format!("by {by} · {} · ", age(app.unix(), item.time))),
        verdict(item, theme),
    ]);
    let figures = format!("{liked} {} · {comments} · {seconds:.0} s", item.reactions);
    if area.height < 6 {
        let title = cut(&title, area.width);
        return vec![Line::from(span(title, theme.strong())), by_line, Line::from(figures)];
    }
    let mut text = vec![Line::from(span(title, theme.strong())), by_line, Line::from(figures)];
    if let Some(view) = app.feed.views.get(&item.clip) {
        for comment in view.comments.iter().rev().take(COMMENTS_SHOWN) {
            text.push(Line::default());
            let name = span(name(app, &comment.author_name, comment.author), theme.accent());
            let ago = span(format!(" {}", age(app.unix(), comment.time)), theme.quiet());
            text.push(Line::from(vec![name, ago]));
            text.push(Line::from(safe(comment.text.as_str())));
        }
    }
    text
}

/// The neighbours of the selected clip.
fn list(app: &App, theme: Theme, frame: &mut Frame<'_>, area: Rect) {
    let (head, rows) = layout::top(area, 1);
    let place = format!("Clips {}/{}", app.feed.selected + 1, app.feed.len());
    lines(frame, head, vec![heading(place, theme)]);
    let shown = usize::from(rows.height);
    let first = first_row(app.feed.selected, app.feed.len(), shown);
    let mut text = Vec::new();
    for (at, item) in app.feed.items.iter().flatten().enumerate().skip(first).take(shown) {
        let mark = match item.state {
            _ if app.feed.covered(item) => "◌",
            ClipState::Ready => "▸",
            ClipState::Fetching => "⇣",
            ClipState::Missing => "∅",
            _ => "✗",
        };
        let row = cut(&format!("{mark} {}", safe(item.title.as_str())), rows.width);
        let style = if at == app.feed.selected { theme.selected() } else { theme.quiet() };
        text.push(Line::from(span(row, style)));
    }
    frame.render_widget(Paragraph::new(text), rows);
}

/// Every check in a word; the reason of the one that decided stands above.
fn checks(checks: &[Check], theme: Theme) -> Line<'static> {
    let words = checks.iter().map(|check| {
        let (mark, style) = match check.state {
            CheckState::Pass => ("✓", theme.good()),
            CheckState::Warn => ("~", theme.warn()),
            CheckState::Fail => ("✗", theme.bad()),
            CheckState::None => ("·", theme.quiet()),
        };
        span(format!("{mark} {}  ", check.name.as_str()), style)
    });
    Line::from(words.collect::<Vec<_>>())
}

/// Who is in the clip, until when they consented, and when that was heard last.
fn consented(person: &PersonView, now: u64, theme: Theme) -> Line<'static> {
    let days = person.until.saturating_sub(now) / 86_400;
    let ends = if person.until < now {
        "expired since".to_owned()
    } else if days == 0 {
        "expires today".to_owned()
    } else {
        format!("expires in {}", count(days, "day", "days"))
    };
    let name = who(&person.name, person.subject);
    let checked = age(now, person.heard);
    let exactly = if person.approved { " to this very clip" } else { "" };
    let words = format!("consented by {name}{exactly}, {ends}, checked {checked}");
    let style = if person.freshness == "fresh" { theme.good() } else { theme.warn() };
    Line::from(span(words, style))
}

/// How the clip was made and what was checked.
fn details(app: &App, item: &FeedItem, theme: Theme) -> Vec<Line<'static>> {
    let mut text = vec![heading("How it was made", theme)];
    match app.feed.views.get(&item.clip) {
        None => text.push(Line::from(span("asking the node …", theme.quiet()))),
        Some(view) => text.extend(made(view, theme)),
    }
    text.push(Line::default());
    text.push(heading("What was checked", theme));
    text.push(Line::from(verdict(item, theme)));
    if !item.reason.is_empty() {
        text.push(Line::from(safe(&item.reason)));
    }
    if let Some(view) = app.feed.views.get(&item.clip) {
        text.extend(view.people.iter().map(|person| consented(person, app.unix(), theme)));
    }
    text.push(field("clip", item.clip.short(), theme));
    text.push(field("file", format!("{} · {}", item.blob.short(), size(item.size)), theme));
    text.push(field("author", item.author.short(), theme));
    let heard = item.labels.iter().filter(|said| said.by != Voice::Author);
    text.extend(heard.map(|said| field("said", safe(&said.words()), theme)));
    if let Some(view) = app.feed.views.get(&item.clip) {
        text.push(checks(&view.checks, theme));
    }
    text
}

fn made(view: &ClipView, theme: Theme) -> Vec<Line<'static>> {
    let format = view.item.format;
    let picture = format!("{}×{}, {} frames at {}/s", format.width, format.height, format.frames, format.fps);
    let mut text = Vec::new();
    if !view.prompt.is_empty() {
        text.push(field("prompt", safe(view.prompt.as_str()), theme));
    }
    match &view.recipe {
        None => text.push(Line::from(span("the author published no recipe", theme.quiet()))),
        Some(recipe) => {
            text.push(field("engine", safe(&recipe.engine), theme));
            text.push(field("executor", safe(&recipe.executor), theme));
            text.push(field("seed", recipe.seed.to_string(), theme));
            let guidance = f64::from(recipe.guidance_percent) / 100.0;
            text.push(field("sampler", format!("{} steps, guidance {guidance:.1}", recipe.steps), theme));
        }
    }
    text.push(field("picture", picture, theme));
    let labels: Vec<String> = view.labels.iter().map(|l| safe(l.as_str())).collect();
    if !labels.is_empty() {
        text.push(field("labels", labels.join(", "), theme));
    }
    let marks: Vec<String> =
        view.reactions.iter().map(|(mark, n)| format!("{} {n}", safe(mark.as_str()))).collect();
    if !marks.is_empty() {
        text.push(field("marks", marks.join("  "), theme));
    }
    text.push(field("device", view.device.short(), theme));
    text
}
