//! The help: every key of the table, those of the open screen first.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Clear, Paragraph};

use super::theme::Theme;
use super::{heading, layout, span};
use crate::action::{BINDINGS, INTERRUPT, Scope};
use crate::app::{App, Screen};

/// Widest help, in columns.
const COLUMNS_MAX: u16 = 76;
/// Columns of the keys.
const KEY_COLUMNS: usize = 14;

/// Every scope, those of the open screen first.
fn scopes(app: &App) -> Vec<Scope> {
    let own: &[Scope] = match app.screen {
        Screen::Feed => &[Scope::Feed, Scope::List],
        Screen::Create => &[Scope::Prompt, Scope::Create, Scope::List],
        Screen::Inbox => &[Scope::Inbox, Scope::List],
        Screen::Lineage => &[Scope::Lineage, Scope::List],
        Screen::Peers => &[Scope::Peers, Scope::List],
        Screen::Moderation => &[Scope::Moderation, Scope::List],
        Screen::Keys => &[Scope::Keys],
    };
    let mut all = own.to_vec();
    all.push(Scope::Global);
    for binding in BINDINGS {
        if !all.contains(&binding.scope) {
            all.push(binding.scope);
        }
    }
    all
}

/// The lines of the help.
pub(super) fn text(app: &App, theme: Theme) -> Vec<Line<'static>> {
    let mut lines = Vec::new();
    for scope in scopes(app) {
        if !lines.is_empty() {
            lines.push(Line::default());
        }
        lines.push(heading(scope.title(), theme));
        for binding in BINDINGS.iter().filter(|b| b.scope == scope) {
            let keys = binding.keys.join(" ");
            lines.push(Line::from(vec![
                span(format!("{keys:<KEY_COLUMNS$} "), theme.strong()),
                Span::raw(binding.help),
            ]));
        }
        if scope == Scope::Global {
            let keys = span(format!("{INTERRUPT:<KEY_COLUMNS$} "), theme.strong());
            lines.push(Line::from(vec![keys, Span::raw("Leave at once, from everywhere")]));
        }
    }
    lines
}

fn place(body: Rect) -> Rect {
    layout::middle(body, COLUMNS_MAX, body.height)
}

/// How far the help can be scrolled.
pub(crate) fn help_scroll_max(app: &App) -> u16 {
    let Some(frame) = layout::frame(app.size) else { return 0 };
    let rows = place(frame.body).height.saturating_sub(2);
    u16::try_from(text(app, Theme::new(true)).len()).unwrap_or(u16::MAX).saturating_sub(rows)
}

/// Draws it.
pub(super) fn draw(app: &App, theme: Theme, frame: &mut Frame<'_>, body: Rect, scroll: u16) {
    let area = place(body);
    let more = if scroll < help_scroll_max(app) { " j: more " } else { "" };
    let block = Block::bordered().title(" Keys ").title_bottom(Line::from(more).right_aligned());
    frame.render_widget(Clear, area);
    frame.render_widget(Paragraph::new(text(app, theme)).block(block).scroll((scroll, 0)), area);
}
