//! The tile of a mark: which bit lies in which of its 24 × 24 cells, and what a cell looks like.
//!
//! A quarter of the cells is the same in every mark (they find the grid), the others carry the coded bits. The layout is
//! drawn once from a public seed: the mark is a pointer that everybody can read, not a secret.

use super::code::CODED_BITS;

/// Cells along a side of the tile.
pub(crate) const SIDE: usize = 24;
/// Cells of the tile.
pub(crate) const CELLS: usize = SIDE * SIDE;
/// Cells that are the same in every mark.
pub(crate) const SYNC_CELLS: usize = CELLS / 4;
/// Seed of the layout: "wm.1" in ASCII.
const SEED: u64 = 0x776d_2e31;

/// SplitMix64 (G. Steele, D. Lea, C. Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014): nine lines
/// that every implementer can write.
pub(crate) struct SplitMix(pub(crate) u64);

impl SplitMix {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A number below `n`: the high half of the product with a draw.
    fn below(&mut self, n: usize) -> usize {
        ((u128::from(self.next()) * n as u128) >> 64) as usize
    }
}

/// Where everything lies.
#[derive(Debug)]
pub(crate) struct Layout {
    /// Cells in drawn order: the first [`SYNC_CELLS`] find the grid, then data cell `k` carries coded bit `k mod 408`.
    order: [u16; CELLS],
    /// −1 or 1 a cell, row by row: the cell itself when it finds the grid, else what its bit is multiplied with.
    signs: [f32; CELLS],
}

impl Layout {
    pub(crate) fn new() -> Self {
        let mut random = SplitMix(SEED);
        let mut order: [u16; CELLS] = std::array::from_fn(|i| i as u16);
        for last in (1..CELLS).rev() {
            order.swap(last, random.below(last + 1));
        }
        let signs = std::array::from_fn(|_| if random.next() >> 63 == 1 { 1.0 } else { -1.0 });
        Self { order, signs }
    }

    /// The cells of a mark, row by row, each −1 or 1.
    pub(crate) fn cells(&self, coded: &[bool; CODED_BITS]) -> [f32; CELLS] {
        let mut cells = self.signs;
        for (cell, bit) in self.data() {
            if !coded[bit] {
                cells[cell] = -cells[cell];
            }
        }
        cells
    }

    /// The cells that find the grid; the others are zero.
    pub(crate) fn sync(&self) -> [f32; CELLS] {
        let mut cells = [0.0; CELLS];
        for cell in self.order.iter().take(SYNC_CELLS).map(|c| usize::from(*c)) {
            cells[cell] = self.signs[cell];
        }
        cells
    }

    /// Soft values of the coded bits from soft values of the cells.
    pub(crate) fn bits(&self, cells: &[f32; CELLS]) -> [f32; CODED_BITS] {
        let mut soft = [0.0; CODED_BITS];
        for (cell, bit) in self.data() {
            soft[bit] += cells[cell] * self.signs[cell];
        }
        soft
    }

    /// Data cells with the bit that each carries.
    fn data(&self) -> impl Iterator<Item = (usize, usize)> + '_ {
        self.order.iter().skip(SYNC_CELLS).enumerate().map(|(k, cell)| (usize::from(*cell), k % CODED_BITS))
    }
}

/// A tile as a picture of `per_cell` points a cell side, `SIDE · per_cell` points a side, row by row, periodic.
///
/// Each cell is a square, blurred by a Gaussian of 0.3 cells, less its own blur of 1.5 cells: a band-pass between what
/// encoders drop and what pictures are full of.
pub(crate) fn raster(cells: &[f32; CELLS], per_cell: usize) -> Vec<f32> {
    let side = SIDE * per_cell;
    let squares: Vec<f32> =
        (0..side * side).map(|i| cells[(i / side / per_cell) * SIDE + (i % side) / per_cell]).collect();
    let shaped = blur(&squares, side, 0.3 * per_cell as f32);
    let wide = blur(&shaped, side, 1.5 * per_cell as f32);
    shaped.iter().zip(&wide).map(|(a, b)| a - b).collect()
}

/// A Gaussian blur of a periodic square picture.
fn blur(picture: &[f32], side: usize, sigma: f32) -> Vec<f32> {
    let reach = (4.0 * sigma).ceil() as usize;
    let kernel: Vec<f32> =
        (0..=2 * reach).map(|i| (-0.5 * ((i as f32 - reach as f32) / sigma).powi(2)).exp()).collect();
    let sum: f32 = kernel.iter().sum();
    let pass = |from: &[f32]| {
        // Rows are blurred and columns and rows change places, so two passes blur both.
        let mut out = vec![0.0; side * side];
        for (y, row) in from.chunks_exact(side).enumerate() {
            for x in 0..side {
                let taps = kernel.iter().enumerate();
                let value: f32 = taps.map(|(k, w)| w * row[(x + k + 4 * side - reach) % side]).sum();
                out[x * side + y] = value / sum;
            }
        }
        out
    };
    pass(&pass(picture))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mark::code;

    #[test]
    fn every_cell_has_one_job() {
        let layout = Layout::new();
        let mut order = layout.order;
        order.sort_unstable();
        assert!(order.iter().enumerate().all(|(i, cell)| i == usize::from(*cell)));
        assert_eq!(layout.data().count(), 432);
        // Neither sign has the upper hand by more than chance (three deviations of 576 coin flips).
        let sum: f32 = layout.signs.iter().sum();
        assert!(sum.abs() < 72.0, "{sum}");
    }

    #[test]
    fn bits_come_back_from_cells() {
        let layout = Layout::new();
        let coded = code::encode(*b"a mark!!");
        let soft = layout.bits(&layout.cells(&coded));
        assert!(soft.iter().zip(coded).all(|(soft, bit)| (*soft > 0.0) == bit));
    }

    #[test]
    fn a_raster_has_no_mean_and_shows_the_cells() {
        let layout = Layout::new();
        let cells = layout.cells(&code::encode([0; 8]));
        let raster = raster(&cells, 4);
        let mean = raster.iter().sum::<f32>() / raster.len() as f32;
        assert!(mean.abs() < 1e-3, "{mean}");
        let agree = (0..CELLS).filter(|c| {
            let (y, x) = (c / SIDE * 4 + 2, c % SIDE * 4 + 2);
            raster[y * SIDE * 4 + x] * cells[*c] > 0.0
        });
        assert!(agree.count() > CELLS * 95 / 100);
    }
}
