//! What lies over a screen: questions and the help.

use ratatui::Frame;
use ratatui::layout::{Position, Rect};
use ratatui::text::Line;
use ratatui::widgets::{Block, Clear};
use unicode_width::UnicodeWidthStr as _;

use super::theme::Theme;
use super::words::safe;
use super::{help, layout, lines, span};
use crate::app::App;
use crate::app::overlay::{Overlay, Question};
use crate::input::Input;

/// Widest question, in columns.
const COLUMNS_MAX: u16 = 70;
/// Rows of an answer that are shown.
const ANSWER_ROWS: u16 = 3;

/// Draws whatever lies over the screen.
pub(super) fn draw(app: &App, theme: Theme, frame: &mut Frame<'_>, body: Rect) {
    match &app.overlay {
        None => {}
        Some(Overlay::Help { scroll }) => help::draw(app, theme, frame, body, *scroll),
        Some(Overlay::Ask { question, input, fault }) => {
            ask(question, input, fault.as_deref(), theme, frame, body);
        }
        Some(Overlay::Confirm { deed }) => {
            let (question, consequence) = deed.words();
            let question = safe(&question);
            let rows = wrapped(&question) + wrapped(consequence) + 4;
            let inside = open(frame, body, rows, "");
            let keys = Line::from(vec![
                span("y", theme.accent()),
                span(" yes   ", theme.strong()),
                span("n", theme.accent()),
                span(" no", theme.strong()),
            ]);
            let question = Line::from(span(question, theme.strong()));
            lines(frame, inside, vec![question, Line::from(consequence), Line::default(), keys]);
        }
    }
}

fn ask(
    question: &Question,
    input: &Input,
    fault: Option<&str>,
    theme: Theme,
    frame: &mut Frame<'_>,
    body: Rect,
) {
    let (title, what) = question.words();
    let inside = open(frame, body, ANSWER_ROWS + 6, title);
    let (top, rest) = layout::top(inside, 2);
    lines(frame, top, vec![Line::from(span(what, theme.quiet()))]);
    let (answer, below) = layout::top(rest, ANSWER_ROWS);
    edit(input, frame, answer);
    if let Some(fault) = fault {
        lines(frame, below, vec![Line::from(span(safe(fault), theme.bad()))]);
    }
}

/// Rows that a text may take in the widest box; words that do not fit leave gaps.
fn wrapped(text: &str) -> u16 {
    u16::try_from(text.width()).unwrap_or(u16::MAX).div_ceil(COLUMNS_MAX - 12)
}

/// Clears a box of `rows` rows in the middle and gives the place inside it.
fn open(frame: &mut Frame<'_>, body: Rect, rows: u16, title: &str) -> Rect {
    let area = layout::middle(body, COLUMNS_MAX, rows);
    let title = if title.is_empty() { String::new() } else { format!(" {title} ") };
    let block = Block::bordered().title(title);
    let inside = block.inner(area);
    frame.render_widget(Clear, area);
    frame.render_widget(block, area);
    inside
}

/// Draws a text that is being edited and puts the cursor into it; the last rows when it is long.
pub(super) fn edit(input: &Input, frame: &mut Frame<'_>, area: Rect) {
    if area.is_empty() {
        return;
    }
    let (rows, (column, row)) = input.wrap(area.width);
    let first = row.saturating_sub(area.height - 1);
    for (at, text) in rows.iter().skip(usize::from(first)).take(usize::from(area.height)).enumerate() {
        frame.buffer_mut().set_string(area.x, area.y + at as u16, text, ratatui::style::Style::new());
    }
    frame.set_cursor_position(Position::new(area.x + column.min(area.width - 1), area.y + row - first));
}
