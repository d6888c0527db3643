//! Where things stand, as a function of size and screen: three widths, from a split pane to a wide window.

use ratatui::layout::Rect;

use crate::app::{App, Screen};

/// From here on there is room for a drawer beside the description.
pub(crate) const WIDE: u16 = 110;
/// Below this the picture stands above its description.
pub(crate) const NARROW: u16 = 60;
/// Columns of the description, and of the drawer.
const SIDE: u16 = 30;
const SIDE_WIDE: u16 = 38;
/// Smallest terminal that is drawn on.
const COLUMNS_MIN: u16 = 20;
const ROWS_MIN: u16 = 6;
/// Rows of the prompt with its frame.
const PROMPT_ROWS: u16 = 5;

/// The three parts of every screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Frame {
    pub(crate) header: Rect,
    pub(crate) body: Rect,
    pub(crate) footer: Rect,
}

/// Header, body and footer; `None` when the terminal is too small for anything.
pub(crate) fn frame((width, height): (u16, u16)) -> Option<Frame> {
    if width < COLUMNS_MIN || height < ROWS_MIN {
        return None;
    }
    Some(Frame {
        header: Rect::new(0, 0, width, 1),
        body: Rect::new(0, 1, width, height - 2),
        footer: Rect::new(0, height - 1, width, 1),
    })
}

/// The parts of Feed. An empty rectangle is not drawn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct FeedParts {
    pub(crate) picture: Rect,
    pub(crate) transport: Rect,
    pub(crate) meta: Rect,
    pub(crate) list: Rect,
    pub(crate) drawer: Rect,
}

/// Cuts `rows` off the top.
pub(crate) fn top(area: Rect, rows: u16) -> (Rect, Rect) {
    let rows = rows.min(area.height);
    (Rect { height: rows, ..area }, Rect { y: area.y + rows, height: area.height - rows, ..area })
}

/// Cuts `rows` off the bottom; the cut-off part comes second.
pub(crate) fn bottom(area: Rect, rows: u16) -> (Rect, Rect) {
    top(area, area.height.saturating_sub(rows))
}

/// Cuts `columns` off the right, with one column of space between.
fn right(area: Rect, columns: u16) -> (Rect, Rect) {
    let columns = columns.min(area.width);
    let rest = area.width - columns;
    let left = Rect { width: rest.saturating_sub(1), ..area };
    (left, Rect { x: area.x + rest, width: columns, ..area })
}

/// The parts of Feed in its body.
pub(crate) fn feed(body: Rect, details: bool) -> FeedParts {
    if body.width < NARROW {
        let (upper, meta) = bottom(body, 3);
        if details {
            return FeedParts { drawer: upper, meta, ..FeedParts::default() };
        }
        let (picture, transport) = bottom(upper, 1);
        return FeedParts { picture, transport, meta, ..FeedParts::default() };
    }
    let side = if body.width >= WIDE { SIDE_WIDE } else { SIDE };
    let (mut left, column) = right(body, side);
    let mut drawer = Rect::default();
    let (mut meta, list) = bottom(column, (column.height / 3).clamp(3, 12));
    if details && body.width >= WIDE {
        (left, drawer) = right(left, SIDE_WIDE);
    } else if details {
        (meta, drawer) = (Rect::default(), meta);
    }
    let (picture, transport) = bottom(left, 1);
    FeedParts { picture, transport, meta, list, drawer }
}

/// The parts of Create. An empty rectangle is not drawn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct CreateParts {
    pub(crate) prompt: Rect,
    pub(crate) reading: Rect,
    pub(crate) jobs: Rect,
    pub(crate) picture: Rect,
    pub(crate) progress: Rect,
}

/// The parts of Create in its body; `picture` says whether there is one to show.
pub(crate) fn create(body: Rect, picture: bool) -> CreateParts {
    if body.width < NARROW {
        let (prompt, rest) = top(body, 4);
        let (reading, rest) = top(rest, 2);
        let (rest, progress) = bottom(rest, 2);
        let (jobs, picture) = if picture { (Rect::default(), rest) } else { (rest, Rect::default()) };
        return CreateParts { prompt, reading, jobs, picture, progress };
    }
    let (left, column) = right(body, (body.width * 45 / 100).clamp(SIDE, 56));
    let (prompt, rest) = top(column, PROMPT_ROWS);
    let (reading, jobs) = top(rest, (rest.height / 3).clamp(3, 8));
    let (picture, progress) = bottom(left, 3);
    CreateParts { prompt, reading, jobs, picture, progress }
}

/// The parts of Lineage. An empty rectangle is not drawn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct LineageParts {
    pub(crate) tree: Rect,
    pub(crate) picture: Rect,
    pub(crate) transport: Rect,
    pub(crate) about: Rect,
}

/// The parts of Lineage in its body.
pub(crate) fn lineage(body: Rect) -> LineageParts {
    if body.width < NARROW {
        let (tree, about) = bottom(body, 5);
        return LineageParts { tree, about, ..LineageParts::default() };
    }
    let (tree, column) = right(body, (body.width * 45 / 100).clamp(SIDE, 64));
    let (upper, about) = bottom(column, 8);
    let (picture, transport) = bottom(upper, 1);
    LineageParts { tree, picture, transport, about }
}

/// Where the picture of the current screen may be; empty when the screen has none.
pub(crate) fn picture_area(app: &App) -> Rect {
    let Some(frame) = frame(app.size) else { return Rect::default() };
    match app.screen {
        Screen::Feed if app.feed.item().is_some() => feed(frame.body, app.feed.details).picture,
        Screen::Lineage if app.tree.lineage.is_some() => lineage(frame.body).picture,
        Screen::Inbox if app.inbox.row().is_some() => lineage(frame.body).picture,
        Screen::Create => create(frame.body, app.has_moving_picture()).picture,
        _ => Rect::default(),
    }
}

/// A box of at most `width × height` in the middle of `area`.
pub(crate) fn middle(area: Rect, width: u16, height: u16) -> Rect {
    let (width, height) = (width.min(area.width), height.min(area.height));
    Rect { x: area.x + (area.width - width) / 2, y: area.y + (area.height - height) / 2, width, height }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn apart(areas: &[Rect]) -> bool {
        areas.iter().enumerate().all(|(at, a)| {
            areas.iter().skip(at + 1).all(|b| a.is_empty() || b.is_empty() || !a.intersects(*b))
        })
    }

    proptest! {
        #[test]
        fn parts_stay_inside_and_never_overlap(w in 0u16..300, h in 0u16..120, flag: bool) {
            let Some(Frame { header, body, footer }) = frame((w, h)) else { return Ok(()) };
            prop_assert!(apart(&[header, body, footer]));
            let f = feed(body, flag);
            let c = create(body, flag);
            let l = lineage(body);
            for parts in [[l.tree, l.picture, l.transport, l.about, Rect::default()],
                          [f.picture, f.transport, f.meta, f.list, f.drawer],
                          [c.prompt, c.reading, c.jobs, c.picture, c.progress]] {
                prop_assert!(apart(&parts), "{:?}", parts);
                for part in parts.iter().filter(|p| !p.is_empty()) {
                    prop_assert_eq!(body.intersection(*part), *part);
                }
            }
        }
    }
}
