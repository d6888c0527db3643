//! The state as a picture of cells: pure, one file per screen, nothing remembered between two frames.

mod create;
mod feed;
mod footer;
mod header;
mod help;
mod inbox;
mod keys;
mod layout;
mod lineage;
mod moderation;
mod overlay;
mod peers;
#[cfg(test)]
mod tests;
mod theme;
pub(crate) mod words;

use ratatui::Frame;
use ratatui::buffer::CellDiffOption;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Paragraph, Wrap};

use crate::app::{App, Screen};
pub(crate) use create::stage_words;
pub(crate) use help::help_scroll_max;
pub(crate) use layout::picture_area;
use theme::Theme;

/// Draws everything.
pub(crate) fn draw(app: &App, frame: &mut Frame<'_>) {
    let theme = Theme::new(app.no_color);
    let Some(parts) = layout::frame(app.size) else {
        let text = "Kinora needs at least 20 columns and 6 rows";
        return frame.render_widget(Paragraph::new(text).wrap(Wrap { trim: true }), frame.area());
    };
    header::draw(app, theme, frame, parts.header);
    match app.screen {
        Screen::Feed => feed::draw(app, theme, frame, parts.body),
        Screen::Create => create::draw(app, theme, frame, parts.body),
        Screen::Inbox => inbox::draw(app, theme, frame, parts.body),
        Screen::Lineage => lineage::draw(app, theme, frame, parts.body),
        Screen::Peers => peers::draw(app, theme, frame, parts.body),
        Screen::Moderation => moderation::draw(app, theme, frame, parts.body),
        Screen::Keys => keys::draw(app, theme, frame, parts.body),
    }
    footer::draw(app, theme, frame, parts.footer);
    overlay::draw(app, theme, frame, parts.body);
}

/// Draws the moving picture, or leaves its cells to the terminal's graphics.
fn picture(app: &App, frame: &mut Frame<'_>, area: Rect) {
    let buffer = frame.buffer_mut();
    let Some((_, place)) = app.graphics() else {
        return app.theatre.canvas.draw(area, app.theatre.depth(), buffer);
    };
    for position in place.intersection(buffer.area).positions() {
        if let Some(cell) = buffer.cell_mut(position) {
            cell.set_diff_option(CellDiffOption::Skip);
        }
    }
}

/// Wrapped lines, from the top of `area`.
fn lines(frame: &mut Frame<'_>, area: Rect, lines: Vec<Line<'_>>) {
    frame.render_widget(Paragraph::new(lines).wrap(Wrap { trim: true }), area);
}

/// Lines in the middle of `area`, for a screen that has nothing else to show.
fn hint(frame: &mut Frame<'_>, area: Rect, text: Vec<Line<'_>>) {
    let width = area.width.min(56);
    let rows: u16 = text.iter().map(|l| (l.width() as u16).div_ceil(width.max(1)).max(1)).sum();
    let area = layout::middle(area, width, rows.saturating_add(2));
    lines(frame, area, text);
}

/// A word in one style.
fn span(text: impl Into<String>, style: Style) -> Span<'static> {
    Span::styled(text.into(), style)
}

/// `label  value` in two columns.
fn field(label: &str, value: impl Into<String>, theme: Theme) -> Line<'static> {
    Line::from(vec![span(format!("{label:<9} "), theme.quiet()), Span::raw(value.into())])
}

/// A heading.
fn heading(text: impl Into<String>, theme: Theme) -> Line<'static> {
    Line::from(span(text, theme.accent()))
}

/// First row of a list of `len` rows of which `shown` fit, so that `selected` is seen.
fn first_row(selected: usize, len: usize, shown: usize) -> usize {
    selected.saturating_sub(shown / 2).min(len.saturating_sub(shown))
}
