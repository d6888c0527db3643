//! Create: the prompt, what is understood of it, the jobs, and the selected job's picture and progress.

use kinora_protocol::api::{InboxState, Job, JobState};
use kinora_protocol::job::Stage;
use kinora_protocol::shot::Reading;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Paragraph};
use unicode_width::UnicodeWidthStr as _;

use super::overlay::edit;
use super::theme::Theme;
use super::words::{cut, safe, span as time};
use super::{first_row, heading, hint, layout, lines, span};
use crate::app::App;

/// Fewest columns of the title of a clip that is remixed.
const TITLE_COLUMNS_MIN: u16 = 8;

/// Draws it.
pub(super) fn draw(app: &App, theme: Theme, frame: &mut Frame<'_>, body: Rect) {
    let parts = layout::create(body, app.has_moving_picture());
    prompt(app, theme, frame, parts.prompt);
    lines(frame, parts.reading, reading(app, theme));
    jobs(app, theme, frame, parts.jobs);
    super::picture(app, frame, parts.picture);
    if !app.has_moving_picture() {
        hint(frame, parts.picture, instead(app, theme));
    }
    progress(app, theme, frame, parts.progress);
}

fn prompt(app: &App, theme: Theme, frame: &mut Frame<'_>, area: Rect) {
    let editing = app.editing();
    let style = if editing { theme.accent() } else { theme.quiet() };
    let title = title(app, area.width.saturating_sub(2));
    let block = Block::bordered().title(title).border_style(style);
    let inside = block.inner(area);
    frame.render_widget(block, area);
    if app.create.prompt.is_blank() && !editing {
        return lines(
            frame,
            inside,
            vec![Line::from(span("e: write what the clip should show", theme.quiet()))],
        );
    }
    if app.create.prompt.is_blank() {
        let example = "for example: a red fox runs along a beach at sunset, slow pan left, calm music";
        lines(frame, inside, vec![Line::from(span(example, theme.quiet()))]);
    }
    if editing && app.overlay.is_none() {
        edit(&app.create.prompt, frame, inside);
    } else {
        lines(frame, inside, vec![Line::from(app.create.prompt.text())]);
    }
}

/// What the next clip is made from and whom it shows, in so many columns. A long title gives way to the rest.
fn title(app: &App, columns: u16) -> String {
    let shows = app.create.shows.as_ref();
    let shows =
        shows.map_or(String::new(), |(_, name, word)| format!(", showing {} for {}", safe(name), safe(word)));
    let Some(origin) = &app.create.from else { return format!(" Prompt{shows} ") };
    let before = format!(" Prompt, {} “", origin.words());
    let rest = format!("{before}”{shows} ").width();
    let room = columns.saturating_sub(u16::try_from(rest).unwrap_or(u16::MAX)).max(TITLE_COLUMNS_MIN);
    format!("{before}{}”{shows} ", cut(&safe(origin.title.as_str()), room))
}

/// What was understood of the prompt; of the selected job when nothing is being written.
fn reading(app: &App, theme: Theme) -> Vec<Line<'static>> {
    match (&app.create.reading, app.create.job()) {
        (Some((_, Ok(reading))), _) => {
            let shows = app.create.shows.as_ref().map(|(_, name, _)| name.as_str());
            understood(reading, shows, theme)
        }
        (Some((_, Err(why))), _) => vec![Line::from(span(safe(why), theme.bad()))],
        (None, Some(job)) if app.create.prompt.is_blank() => understood(&job.reading, None, theme),
        _ => vec![Line::from(span("What is understood appears here while you type.", theme.quiet()))],
    }
}

/// `shows` is the name of whom the clip will show: a prompt that says it is not misunderstood.
fn understood(reading: &Reading, shows: Option<&str>, theme: Theme) -> Vec<Line<'static>> {
    let mut line = vec![span("understood ", theme.quiet())];
    if let Some(name) = shows {
        line.push(Span::raw("shows "));
        line.push(span(format!("{} ", safe(name)), theme.good()));
    }
    for (at, entry) in reading.understood.iter().enumerate() {
        if at > 0 || shows.is_some() {
            line.push(span(" · ", theme.quiet()));
        }
        line.push(Span::raw(format!("{} ", safe(&entry.axis))));
        line.push(span(safe(&entry.value), theme.good()));
    }
    if reading.understood.is_empty() && shows.is_none() {
        line.push(span("nothing yet: the seed decides everything", theme.warn()));
    }
    let mut text = vec![Line::from(line)];
    let named = |word: &str| shows.is_some_and(|name| name.split_whitespace().any(|part| part == word));
    let words: Vec<String> =
        reading.ignored.iter().filter(|word| !named(word)).map(|word| safe(word)).collect();
    if !words.is_empty() {
        let ignored = span(words.join(", "), theme.warn());
        text.push(Line::from(vec![span("ignored ", theme.quiet()), ignored]));
    }
    text
}

/// The word for a job's state, and its style.
fn state(app: &App, job: &Job, theme: Theme) -> Span<'static> {
    match &job.state {
        JobState::Draft { blob } if app.inbox.standing(*blob) == Some(InboxState::Waiting) => {
            span("asks", theme.warn())
        }
        JobState::Draft { blob } if app.inbox.standing(*blob) == Some(InboxState::Approved) => {
            span("approved", theme.good())
        }
        JobState::Draft { blob } if app.inbox.standing(*blob) == Some(InboxState::Refused) => {
            span("refused", theme.bad())
        }
        JobState::Queued => span("waiting", theme.quiet()),
        JobState::Running { fraction, .. } => {
            span(format!("{:>3.0} %", fraction.clamp(0.0, 1.0) * 100.0), theme.accent())
        }
        JobState::Draft { .. } => span("draft", theme.warn()),
        JobState::Published { .. } => span("published", theme.good()),
        JobState::Cancelled => span("cancelled", theme.quiet()),
        JobState::Failed { .. } => span("failed", theme.bad()),
    }
}

fn jobs(app: &App, theme: Theme, frame: &mut Frame<'_>, area: Rect) {
    let (head, rows) = layout::top(area, 1);
    if app.create.len() == 0 {
        return;
    }
    lines(frame, head, vec![heading("Jobs", theme)]);
    let shown = usize::from(rows.height);
    let first = first_row(app.create.selected, app.create.len(), shown);
    let mut text = Vec::new();
    for (at, job) in app.create.jobs.iter().flatten().enumerate().skip(first).take(shown) {
        let state = state(app, job, theme);
        let room = rows.width.saturating_sub(17);
        let prompt = cut(&safe(job.prompt.as_str()), room);
        let style = if at == app.create.selected { theme.selected() } else { ratatui::style::Style::new() };
        let state = span(format!("{:<10}", state.content), state.style);
        text.push(Line::from(vec![Span::raw(format!("{:>4} ", job.id)), state, span(prompt, style)]));
    }
    frame.render_widget(Paragraph::new(text), rows);
}

/// What stands where the picture will be.
fn instead(app: &App, theme: Theme) -> Vec<Line<'static>> {
    let quiet = |text: &str| vec![Line::from(span(text, theme.quiet()))];
    let Some(job) = app.create.job() else {
        return vec![
            heading("Make your first clip", theme),
            Line::default(),
            Line::from(
                "Say who does what and where, and press enter. Say also the light, the camera, the mood.",
            ),
            Line::from("It is made on this machine and published to those who follow you."),
        ];
    };
    match &job.state {
        JobState::Queued => quiet("This job waits for its turn."),
        JobState::Running { .. } => quiet("The first picture appears in a moment."),
        JobState::Draft { blob } | JobState::Published { blob, .. } => match app.theatre.failure(blob) {
            Some(why) => {
                vec![Line::from(span(format!("This clip does not play: {}", safe(why)), theme.bad()))]
            }
            None if app.theatre.loading(blob) => quiet("Loading …"),
            None => quiet("Enter plays this clip."),
        },
        JobState::Cancelled => quiet("This job was cancelled; r takes its prompt again."),
        JobState::Failed { reason } => vec![
            Line::from(span(safe(reason), theme.bad())),
            Line::from(span("r takes its prompt again.", theme.quiet())),
        ],
    }
}

/// What is next for a draft that shows somebody.
fn standing(app: &App, job: &Job) -> &'static str {
    let JobState::Draft { blob } = &job.state else { return "" };
    match app.inbox.standing(*blob) {
        Some(InboxState::Waiting) => " · waits for the approval of whom it shows",
        Some(InboxState::Approved) => " · approved: P publishes it",
        Some(InboxState::Refused) => " · refused: it cannot be published",
        _ => "",
    }
}

/// What the studio does now, in words.
pub(crate) const fn stage_words(stage: Stage) -> &'static str {
    match stage {
        Stage::Prepare => "planning the shot",
        Stage::Denoise => "painting",
        Stage::Decode => "developing pictures and sound",
        Stage::Encode => "writing the file",
    }
}

fn progress(app: &App, theme: Theme, frame: &mut Frame<'_>, area: Rect) {
    let Some(job) = app.create.job() else { return };
    let JobState::Running { stage, done, total, fraction, eta_millis } = &job.state else {
        if let JobState::Draft { .. } | JobState::Published { .. } = job.state {
            let (first, second) = layout::top(area, 1);
            super::feed::transport(app, theme, frame, first);
            let words =
                format!(" made in {}, seed {}{}", time(job.elapsed_millis), job.seed, standing(app, job));
            lines(frame, second, vec![Line::from(span(words, theme.quiet()))]);
        }
        return;
    };
    let eta = eta_millis.map_or_else(String::new, |eta| format!(" · about {} to go", time(eta)));
    let steps = if *total > 1 { format!(" {done}/{total}") } else { String::new() };
    let room = usize::from(area.width).saturating_sub(8);
    let full = (f64::from(fraction.clamp(0.0, 1.0)) * room as f64) as usize;
    let bar = Line::from(vec![
        span(format!(" {:>3.0} % ", fraction.clamp(0.0, 1.0) * 100.0), theme.strong()),
        span("━".repeat(full), theme.accent()),
        span("─".repeat(room.saturating_sub(full)), theme.quiet()),
    ]);
    let words = Line::from(format!(" {}{steps}{eta}", stage_words(*stage)));
    frame.render_widget(Paragraph::new(vec![bar, words]), area);
}
