//! Learned features that lie in space or in time and are read, not computed: pictures of them for each word of an axis
//! ([`Grid`]: the backdrop of a place, the body of a subject), and rows of them ([`Score`]: what a place sounds like, what
//! a mood plays). Dense feature grids as in Müller et al. 2022, "Instant neural graphics primitives", without hashing.

use super::PocketError;
use crate::weights::Weights;

/// Features of a grid's cell.
pub(super) const FEATURES: usize = 8;
/// Features of a score's token.
pub(super) const NOTES: usize = 48;
/// Tokens of a score, six seconds of them; longer clips begin again.
const TOKENS: usize = 72;

/// A picture of features for each row, read between its cells.
#[derive(Debug)]
pub(super) struct Grid {
    /// Left, top, right, bottom, in the coordinates it is read at.
    bounds: [f32; 4],
    /// Height and width in cells.
    size: [usize; 2],
    /// `[rows, height, width, FEATURES]`.
    cells: Vec<f32>,
}

impl Grid {
    pub(super) fn load(
        weights: &Weights<'_>,
        rows: usize,
        (bounds, size): ([f32; 4], [usize; 2]),
    ) -> Result<Self, PocketError> {
        let cells = weights.floats("cells", &[rows, size[0], size[1], FEATURES])?;
        Ok(Self { bounds, size, cells })
    }

    /// Writes the features of row `row` at a point; a point outside of the box has those of its edge.
    pub(super) fn read(&self, row: usize, (x, y): (f32, f32), out: &mut [f32]) {
        let ([left, top, right, bottom], [height, width]) = (self.bounds, self.size);
        let (column, across) = cell((x - left) / (right - left), width);
        let (line, down) = cell((y - top) / (bottom - top), height);
        let first = ((row * height + line) * width + column) * FEATURES;
        let above = &self.cells[first..][..2 * FEATURES];
        let below = &self.cells[first + width * FEATURES..][..2 * FEATURES];
        for (n, out) in out.iter_mut().enumerate().take(FEATURES) {
            let over = above[n] * (1.0 - across) + above[n + FEATURES] * across;
            let under = below[n] * (1.0 - across) + below[n + FEATURES] * across;
            *out = over * (1.0 - down) + under * down;
        }
    }
}

/// The cell before a point at `share` (0 … 1) of `cells` cells, and how far the point is on the way to the next.
fn cell(share: f32, cells: usize) -> (usize, f32) {
    let at = share.clamp(0.0, 1.0) * (cells - 1) as f32;
    let before = (at as usize).min(cells - 2);
    (before, at - before as f32)
}

/// For each row, what sounds at each token from the start of a clip.
#[derive(Debug)]
pub(super) struct Score(Vec<f32>);

impl Score {
    pub(super) fn load(weights: &Weights<'_>, rows: usize) -> Result<Self, PocketError> {
        Ok(Self(weights.floats("tokens", &[rows, TOKENS, NOTES])?))
    }

    /// The features of row `row` at a token.
    pub(super) fn at(&self, row: usize, token: usize) -> &[f32] {
        &self.0[(row * TOKENS + token % TOKENS) * NOTES..][..NOTES]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two rows of 2 × 3 cells; every feature of a cell is its number.
    fn grid() -> Grid {
        let cells = (0..12).flat_map(|n| [n as f32; FEATURES]).collect();
        Grid { bounds: [-1.0, 0.0, 1.0, 4.0], size: [2, 3], cells }
    }

    fn read(row: usize, x: f32, y: f32) -> f32 {
        let mut out = [0.0; FEATURES];
        grid().read(row, (x, y), &mut out);
        assert!(out.iter().all(|v| *v == out[0]));
        out[0]
    }

    #[test]
    fn a_grid_is_read_between_its_cells_and_at_its_edge() {
        assert_eq!((read(0, -1.0, 0.0), read(0, 1.0, 4.0), read(1, 0.0, 0.0)), (0.0, 5.0, 7.0));
        assert_eq!(read(0, 0.5, 2.0), 3.0, "half way between 1.5 above and 4.5 below");
        assert_eq!((read(0, -9.0, -9.0), read(1, 9.0, 9.0)), (0.0, 11.0));
    }

    #[test]
    fn a_score_begins_again_when_it_is_over() {
        let score = Score((0..2 * TOKENS).flat_map(|n| [n as f32; NOTES]).collect());
        assert_eq!((score.at(1, 3)[0], score.at(1, 3 + TOKENS)[0]), (75.0, 75.0));
    }
}
