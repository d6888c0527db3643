//! Frames on the terminal: ratatui's cells, pictures of the kitty and sixel protocols beside them, one flush each.

use std::io::{self, BufWriter, Write};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ratatui::backend::CrosstermBackend;
use ratatui::layout::Rect;
use ratatui::{Terminal, TerminalOptions, Viewport};

use crate::app::App;
use crate::options::Video;
use crate::video::{Picture, kitty, sixel};
use crate::{probe, view};

/// Bytes collected before they are written: more than most frames have.
const BUFFER_BYTES: usize = 128 * 1024;
/// Begin and end of a synchronized update (DEC private mode 2026); unknown elsewhere and ignored.
const BEGIN: &[u8] = b"\x1b[?2026h";
const END: &[u8] = b"\x1b[?2026l";
/// A cell of a terminal that does not tell, in pixels.
const CELL: (u16, u16) = (8, 16);

/// A picture that the terminal shows beside its cells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Shown {
    way: Video,
    place: Rect,
    generation: u64,
}

/// The terminal as something to draw on.
pub(super) struct Screen<W: Write> {
    terminal: Terminal<CrosstermBackend<BufWriter<W>>>,
    shown: Option<Shown>,
}

impl<W: Write> Screen<W> {
    /// A screen of this many columns and rows.
    pub(super) fn new(out: W, (width, height): (u16, u16)) -> io::Result<Self> {
        let backend = CrosstermBackend::new(BufWriter::with_capacity(BUFFER_BYTES, out));
        let viewport = Viewport::Fixed(Rect::new(0, 0, width, height));
        let terminal = Terminal::with_options(backend, TerminalOptions { viewport })?;
        Ok(Self { terminal, shown: None })
    }

    /// Follows the terminal's size and draws everything anew with the next frame.
    pub(super) fn resize(&mut self, (width, height): (u16, u16)) -> io::Result<()> {
        self.leave()?;
        self.terminal.resize(Rect::new(0, 0, width, height))?;
        self.out().write_all(b"\x1b[2J")
    }

    /// Draws everything anew with the next frame.
    pub(super) fn clear(&mut self) -> io::Result<()> {
        let area = self.terminal.get_frame().area();
        self.resize((area.width, area.height))
    }

    /// Asks the terminal what it can do.
    pub(super) fn query(&mut self) -> io::Result<()> {
        self.out().write_all(probe::QUERY)?;
        self.out().flush()
    }

    /// Puts text on the clipboard (OSC 52).
    pub(super) fn copy(&mut self, text: &str) -> io::Result<()> {
        let text = STANDARD.encode(text);
        write!(self.out(), "\x1b]52;c;{text}\x07")?;
        self.out().flush()
    }

    /// Takes back what ratatui does not know of.
    pub(super) fn leave(&mut self) -> io::Result<()> {
        if self.shown.take().is_some_and(|shown| shown.way == Video::Kitty) {
            kitty::remove(self.out())?;
        }
        self.out().flush()
    }

    /// Draws one frame.
    pub(super) fn draw(&mut self, app: &mut App) -> io::Result<()> {
        app.paint();
        app.dirty = false;
        let wanted =
            app.graphics().map(|(way, place)| Shown { way, place, generation: app.theatre.generation });
        self.out().write_all(BEGIN)?;
        self.make_room(wanted)?;
        self.terminal.draw(|frame| view::draw(app, frame))?;
        if let Some(wanted) = wanted.filter(|w| Some(*w) != self.shown)
            && let Some(picture) = app.picture()
        {
            self.show(picture, wanted, app.theatre.capabilities.cell.unwrap_or(CELL))?;
            self.shown = Some(wanted);
        }
        self.out().write_all(END)?;
        self.out().flush()
    }

    /// Removes a picture that gives way to another kind, another place or to cells.
    fn make_room(&mut self, wanted: Option<Shown>) -> io::Result<()> {
        let (old, new) = (self.shown.map(|s| (s.way, s.place)), wanted.map(|w| (w.way, w.place)));
        if old == new {
            return Ok(());
        }
        self.leave()?;
        // Sixel pixels belong to the cells below them: only drawing everything anew removes them surely.
        if [old, new].iter().flatten().any(|(way, _)| *way == Video::Sixel) {
            self.clear()?;
        }
        Ok(())
    }

    /// Sends a picture to its place; the cursor stays where it is.
    fn show(
        &mut self,
        picture: Picture<'_>,
        at: Shown,
        (cell_width, cell_height): (u16, u16),
    ) -> io::Result<()> {
        let place = at.place;
        let out = self.out();
        write!(out, "\x1b7\x1b[{};{}H", place.y + 1, place.x + 1)?;
        if at.way == Video::Kitty {
            kitty::show(out, picture, place.width, place.height)?;
        } else {
            let width = u32::from(place.width) * u32::from(cell_width);
            let height = u32::from(place.height) * u32::from(cell_height);
            let shrink = |side: u32| {
                let largest = width.max(height).max(1);
                if largest > sixel::SIDE_MAX { side * sixel::SIDE_MAX / largest } else { side }
            };
            // Whole bands of six rows: a started band would reach into the row below.
            sixel::show(out, picture, shrink(width), (shrink(height) / 6 * 6).max(6))?;
        }
        out.write_all(b"\x1b8")
    }

    fn out(&mut self) -> &mut CrosstermBackend<BufWriter<W>> {
        self.terminal.backend_mut()
    }
}
