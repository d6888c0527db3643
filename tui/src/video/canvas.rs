//! A picture as terminal cells: two pixels per cell, with colours that stick until they change enough to matter.
//!
//! Stickiness works against the colour that is on the screen, not against the previous frame, so slow fades do not
//! drift; ratatui's own diff then sends only the cells that moved.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Color;

use super::{Picture, palette, resize};

/// How many colours the terminal takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Depth {
    /// 24 bits.
    True,
    /// The palette of 256.
    Indexed,
    /// None: characters by brightness.
    Mono,
}

/// Characters from dark to bright.
const RAMP: &[u8; 10] = b" .:-=+*#%@";

/// Cells of the picture that is on the screen.
#[derive(Clone, Debug, Default)]
pub(crate) struct Canvas {
    columns: u16,
    rows: u16,
    /// `columns × rows × 2` pixels.
    pixels: Vec<[u8; 3]>,
}

impl Canvas {
    /// Paints `picture` into `columns × rows` cells. A pixel keeps its colour when no channel differs by `threshold`
    /// or more. Returns how many cells changed.
    pub(crate) fn paint(&mut self, picture: Picture<'_>, columns: u16, rows: u16, threshold: u8) -> usize {
        if columns == 0 || rows == 0 {
            *self = Self::default();
            return 0;
        }
        let fresh = resize::resize(picture, u32::from(columns), u32::from(rows) * 2);
        let fresh = fresh.chunks_exact(3).filter_map(|p| <[u8; 3]>::try_from(p).ok());
        if (self.columns, self.rows) != (columns, rows) {
            (self.columns, self.rows) = (columns, rows);
            self.pixels = fresh.collect();
            return usize::from(columns) * usize::from(rows);
        }
        let width = usize::from(columns);
        let mut changed = vec![false; width * usize::from(rows)];
        for (index, (old, new)) in self.pixels.iter_mut().zip(fresh).enumerate() {
            let moved = old.iter().zip(new).map(|(a, b)| a.abs_diff(b)).max().unwrap_or(0);
            if moved >= threshold.max(1) {
                *old = new;
                let cell = index / width / 2 * width + index % width;
                if let Some(flag) = changed.get_mut(cell) {
                    *flag = true;
                }
            }
        }
        changed.iter().filter(|c| **c).count()
    }

    /// Forgets the picture, so that nothing sticks.
    pub(crate) fn clear(&mut self) {
        *self = Self::default();
    }

    /// Where the picture lies: centred in `area`; `None` when there is none, or no room for it.
    pub(crate) const fn place(&self, area: Rect) -> Option<Rect> {
        if self.columns == 0 || self.columns > area.width || self.rows > area.height {
            return None;
        }
        let (x, y) = (area.x + (area.width - self.columns) / 2, area.y + (area.height - self.rows) / 2);
        Some(Rect { x, y, width: self.columns, height: self.rows })
    }

    /// Draws the cells, centred in `area`.
    pub(crate) fn draw(&self, area: Rect, depth: Depth, buffer: &mut Buffer) {
        let Some(Rect { x: left, y: top, .. }) = self.place(area) else { return };
        let width = usize::from(self.columns);
        for (row, pair) in (0..self.rows).zip(self.pixels.chunks_exact(width * 2)) {
            let (upper, lower) = pair.split_at(width);
            for ((column, up), low) in (0..self.columns).zip(upper).zip(lower) {
                let Some(cell) = buffer.cell_mut((left + column, top + row)) else { continue };
                match depth {
                    Depth::True => {
                        let colour = |[r, g, b]: [u8; 3]| Color::Rgb(r, g, b);
                        cell.set_char('▄').set_fg(colour(*low)).set_bg(colour(*up));
                    }
                    Depth::Indexed => {
                        let colour = |c: [u8; 3]| Color::Indexed(palette::nearest(c));
                        cell.set_char('▄').set_fg(colour(*low)).set_bg(colour(*up));
                    }
                    Depth::Mono => {
                        cell.set_char(character(*up, *low));
                    }
                }
            }
        }
    }
}

/// The character whose weight is nearest to the mean brightness (BT.709 luma) of two pixels.
fn character(up: [u8; 3], low: [u8; 3]) -> char {
    let luma = |[r, g, b]: [u8; 3]| (2126 * u32::from(r) + 7152 * u32::from(g) + 722 * u32::from(b)) / 10_000;
    let mean = (luma(up) + luma(low)) / 2;
    let index = (mean * RAMP.len() as u32 / 256) as usize;
    RAMP.get(index).copied().map_or('@', char::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Frame `n` of a clip of eight colour bars that move one bar per frame.
    fn bars(n: usize) -> Vec<u8> {
        let colours = [
            [255, 255, 255],
            [255, 255, 0],
            [0, 255, 255],
            [0, 255, 0],
            [255, 0, 255],
            [255, 0, 0],
            [0, 0, 255],
            [0, 0, 0u8],
        ];
        let row: Vec<u8> = (0..128).flat_map(|x| colours[(x / 16 + n) % 8]).collect();
        row.repeat(80)
    }

    #[test]
    fn sixteen_frames_of_colour_bars_have_exact_cell_colours() {
        let area = Rect::new(0, 0, 64, 20);
        let mut canvas = Canvas::default();
        for n in 0..16 {
            let rgb = bars(n);
            canvas.paint(Picture::new(128, 80, &rgb).unwrap(), 64, 20, 8);
            let mut buffer = Buffer::empty(area);
            canvas.draw(area, Depth::True, &mut buffer);
            for x in 0..64usize {
                let at = x * 2 * 3;
                let want = Color::Rgb(rgb[at], rgb[at + 1], rgb[at + 2]);
                for y in [0u16, 7, 19] {
                    let cell = &buffer[(x as u16, y)];
                    assert_eq!((cell.symbol(), cell.fg, cell.bg), ("▄", want, want), "frame {n} at {x},{y}");
                }
            }
        }
    }

    #[test]
    fn small_changes_stick_and_slow_fades_do_not_drift() {
        let mut canvas = Canvas::default();
        let paint = |canvas: &mut Canvas, v: u8| {
            canvas.paint(Picture::new(16, 16, &[v; 16 * 16 * 3]).unwrap(), 16, 8, 8)
        };
        assert_eq!(paint(&mut canvas, 100), 128);
        assert_eq!(paint(&mut canvas, 107), 0, "a change of 7 sticks at threshold 8");
        assert_eq!(paint(&mut canvas, 108), 128, "8 away from what is on the screen is drawn");
    }

    #[test]
    fn depths_choose_their_colours() {
        let area = Rect::new(0, 0, 1, 1);
        let mut canvas = Canvas::default();
        canvas.paint(Picture::new(1, 2, &[255, 255, 255, 255, 0, 0]).unwrap(), 1, 1, 1);
        let mut buffer = Buffer::empty(area);
        canvas.draw(area, Depth::Indexed, &mut buffer);
        assert_eq!((buffer[(0, 0)].bg, buffer[(0, 0)].fg), (Color::Indexed(231), Color::Indexed(196)));
        let mut buffer = Buffer::empty(area);
        canvas.draw(area, Depth::Mono, &mut buffer);
        assert_eq!((buffer[(0, 0)].fg, buffer[(0, 0)].bg), (Color::Reset, Color::Reset));
        assert_eq!(buffer[(0, 0)].symbol(), "*");
    }
}
