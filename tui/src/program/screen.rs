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

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;
    use crate::app::Message;
    use crate::probe::Capabilities;
    use crate::testing::{blob, load, press, ready, tick};

    /// Keeps what was written since the last look.
    #[derive(Clone, Default)]
    struct Sink(Arc<Mutex<Vec<u8>>>);

    impl Sink {
        fn taken(&self) -> String {
            String::from_utf8(std::mem::take(&mut *self.0.lock().unwrap())).unwrap()
        }
    }

    impl Write for Sink {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn playing(found: Capabilities) -> (App, Screen<Sink>, Sink) {
        let mut app = ready(80, 24);
        app.update(Message::Probed(found));
        load(&mut app, blob(1));
        let sink = Sink::default();
        let mut screen = Screen::new(sink.clone(), (80, 24)).unwrap();
        screen.draw(&mut app).unwrap();
        (app, screen, sink)
    }

    #[test]
    fn every_frame_is_one_update_and_a_still_one_costs_nothing() {
        let (mut app, mut screen, sink) = playing(Capabilities::default());
        let first = sink.taken();
        assert!(first.starts_with("\x1b[?2026h") && first.ends_with("\x1b[?2026l"));
        assert!(first.contains('▄'));
        screen.draw(&mut app).unwrap();
        let still = sink.taken();
        assert!(still.len() < 100, "{still:?}");
        tick(&mut app, 1_000);
        screen.draw(&mut app).unwrap();
        assert!(sink.taken().len() < 64 * 1024);
    }

    #[test]
    fn kitty_pictures_stand_beside_the_cells_and_leave_with_their_screen() {
        let (mut app, mut screen, sink) = playing(Capabilities { kitty: true, ..Capabilities::default() });
        let first = sink.taken();
        let (_, place) = app.graphics().unwrap();
        let at = format!(
            "\x1b7\x1b[{};{}H\x1b_Ga=T,f=24,s=128,v=80,c={},r={},",
            place.y + 1,
            place.x + 1,
            place.width,
            place.height
        );
        assert!(first.contains(&at) && first.contains("\x1b8") && !first.contains('▄'));
        screen.draw(&mut app).unwrap();
        assert!(!sink.taken().contains("\x1b_G"), "the same frame is not sent twice");
        press(&mut app, "?");
        screen.draw(&mut app).unwrap();
        let help = sink.taken();
        assert!(
            help.contains("a=d,d=I") && help.contains('▄'),
            "under the help the picture is made of cells"
        );
        press(&mut app, "esc");
        screen.draw(&mut app).unwrap();
        assert!(sink.taken().contains("a=T,f=24"));
        press(&mut app, "8");
        screen.draw(&mut app).unwrap();
        assert!(sink.taken().contains("a=d,d=I"));
        screen.leave().unwrap();
        assert_eq!(sink.taken(), "");
    }

    #[test]
    fn a_still_is_sixel_and_motion_draws_the_cells_anew() {
        let (mut app, mut screen, sink) =
            playing(Capabilities { sixel: true, cell: Some((10, 20)), ..Capabilities::default() });
        assert!(!sink.taken().contains("\x1bP7;1q"));
        press(&mut app, "space");
        screen.draw(&mut app).unwrap();
        let still = sink.taken();
        let (_, place) = app.graphics().unwrap();
        let (width, height) = (u32::from(place.width) * 10, u32::from(place.height) * 20 / 6 * 6);
        assert!(still.contains(&format!("\x1bP7;1q\"1;1;{width};{height}")), "{}", &still[..200]);
        press(&mut app, "space");
        screen.draw(&mut app).unwrap();
        let moving = sink.taken();
        assert!(moving.contains("\x1b[2J") && moving.contains('▄'));
    }

    #[test]
    fn copied_text_goes_to_the_clipboard() {
        let sink = Sink::default();
        Screen::new(sink.clone(), (80, 24)).unwrap().copy("fox").unwrap();
        assert_eq!(sink.taken(), "\x1b]52;c;Zm94\x07");
    }
}
