//! The two transforms of Winograd tiles, a vector of channels at a time.

#![expect(
    clippy::needless_range_loop,
    reason = "iterator adapters may be compiled without the vector instructions"
)]

use pulp::{Simd, WithSimd};

use super::super::epilogue::{Act, End};
use super::super::pack::column;
use super::{LEAST, SIDE, TILE};

/// Transforms a line of tiles into their points.
pub(super) struct Gather<'a> {
    /// Six rows `[width + 2, inputs]`.
    pub(super) padded: &'a [f32],
    /// Floats from a row to the next.
    pub(super) line: usize,
    /// Tiles in a line.
    pub(super) across: usize,
    /// Channels.
    pub(super) inputs: usize,
    /// `[36, tiles, inputs]`.
    pub(super) points: &'a mut [f32],
    /// Index of the first tile of the line.
    pub(super) first: usize,
    /// Tiles of the task.
    pub(super) tiles: usize,
}

impl WithSimd for Gather<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let lanes = S::F32_LANES;
        for tile in 0..self.across {
            for slot in 0..self.inputs.div_ceil(lanes) {
                let channel = column(slot * lanes, self.inputs, lanes);
                let mut half = [[simd.splat_f32s(0.0); SIDE]; SIDE];
                for x in 0..SIDE {
                    let mut side = [simd.splat_f32s(0.0); SIDE];
                    let start = (tile * TILE + x) * self.inputs + channel;
                    for y in 0..SIDE {
                        side[y] = S::as_simd_f32s(&self.padded[y * self.line + start..][..lanes]).0[0];
                    }
                    let side = gather_side(simd, side);
                    for y in 0..SIDE {
                        half[y][x] = side[y];
                    }
                }
                let start = (self.first + tile) * self.inputs + channel;
                for y in 0..SIDE {
                    let side = gather_side(simd, half[y]);
                    for x in 0..SIDE {
                        let start = (y * SIDE + x) * self.tiles * self.inputs + start;
                        S::as_mut_simd_f32s(&mut self.points[start..][..lanes]).0[0] = side[x];
                    }
                }
            }
        }
    }
}

/// Transforms one side of inputs.
#[inline(always)]
fn gather_side<S: Simd>(simd: S, d: [S::f32s; SIDE]) -> [S::f32s; SIDE] {
    let (two, four, five) = (simd.splat_f32s(2.0), simd.splat_f32s(4.0), simd.splat_f32s(5.0));
    let even = simd.negate_mul_add_e_f32s(four, d[2], d[4]);
    let odd = simd.negate_mul_add_e_f32s(four, d[1], d[3]);
    let near = simd.sub_f32s(d[4], d[2]);
    let far = simd.sub_f32s(d[3], d[1]);
    [
        simd.mul_add_e_f32s(four, d[0], simd.negate_mul_add_e_f32s(five, d[2], d[4])),
        simd.add_f32s(even, odd),
        simd.sub_f32s(even, odd),
        simd.mul_add_e_f32s(two, far, near),
        simd.negate_mul_add_e_f32s(two, far, near),
        simd.mul_add_e_f32s(four, d[1], simd.negate_mul_add_e_f32s(five, d[3], d[5])),
    ]
}

/// Transforms sums back into outputs, and ends them.
pub(super) struct Scatter<'a> {
    /// `[36, tiles, outputs]`.
    pub(super) sums: &'a [f32],
    /// Tiles of the task.
    pub(super) tiles: usize,
    /// Tiles in a line.
    pub(super) across: usize,
    /// `[outputs]`.
    pub(super) bias: &'a [f32],
    /// Activation, and store or add.
    pub(super) end: End,
    /// Lines of tiles: `[lines, 4, width, outputs]`.
    pub(super) out: &'a mut [f32],
}

impl WithSimd for Scatter<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(mut self, simd: S) {
        let (lanes, outputs) = (S::F32_LANES, self.bias.len());
        let (mut line, mut place) = (0, 0);
        for tile in 0..self.tiles {
            let corner = (line * TILE * self.across + place) * TILE * outputs;
            place += 1;
            if place == self.across {
                (line, place) = (line + 1, 0);
            }
            for slot in 0..outputs.div_ceil(lanes) {
                let channel = column(slot * lanes, outputs, lanes);
                let mut half = [[simd.splat_f32s(0.0); SIDE]; TILE];
                for x in 0..SIDE {
                    let mut side = [simd.splat_f32s(0.0); SIDE];
                    for y in 0..SIDE {
                        let start = ((y * SIDE + x) * self.tiles + tile) * outputs + channel;
                        side[y] = S::as_simd_f32s(&self.sums[start..][..lanes]).0[0];
                    }
                    let side = scatter_side(simd, side);
                    for y in 0..TILE {
                        half[y][x] = side[y];
                    }
                }
                // Lanes before `skip` belong to the vector before, which has stored them.
                let skip = slot * lanes - channel;
                let bias = S::as_simd_f32s(&self.bias[channel..][..lanes]).0[0];
                for y in 0..TILE {
                    let mut side = scatter_side(simd, half[y]);
                    for x in 0..TILE {
                        side[x] = simd.add_f32s(side[x], bias);
                    }
                    let start = corner + y * self.across * TILE * outputs + channel;
                    self.store(simd, (start, skip), side);
                }
            }
        }
    }
}

impl Scatter<'_> {
    /// Ends and stores one row of four outputs, the first at `start`; its first `skip` lanes are stored already.
    #[inline(always)]
    fn store<S: Simd>(&mut self, simd: S, (start, skip): (usize, usize), mut side: [S::f32s; TILE]) {
        let (lanes, outputs, zero) = (S::F32_LANES, self.bias.len(), simd.splat_f32s(0.0));
        for x in 0..TILE {
            if self.end.act != Act::None {
                let positive = simd.max_f32s(side[x], zero);
                let squared = self.end.act == Act::ReluSquared;
                side[x] = if squared { simd.mul_f32s(positive, positive) } else { positive };
            }
            let out = &mut self.out[start + x * outputs..][..lanes];
            if self.end.add && skip > 0 {
                let mut values = [0.0; LEAST];
                S::as_mut_simd_f32s(&mut values).0[0] = side[x];
                for i in skip..lanes {
                    out[i] += values[i];
                }
                continue;
            }
            let out = &mut S::as_mut_simd_f32s(out).0[0];
            *out = if self.end.add { simd.add_f32s(*out, side[x]) } else { side[x] };
        }
    }
}

/// Transforms one side of sums.
#[inline(always)]
fn scatter_side<S: Simd>(simd: S, m: [S::f32s; SIDE]) -> [S::f32s; TILE] {
    let (two, four, eight) = (simd.splat_f32s(2.0), simd.splat_f32s(4.0), simd.splat_f32s(8.0));
    let (near, near_odd) = (simd.add_f32s(m[1], m[2]), simd.sub_f32s(m[1], m[2]));
    let (far, far_odd) = (simd.add_f32s(m[3], m[4]), simd.sub_f32s(m[3], m[4]));
    [
        simd.add_f32s(m[0], simd.add_f32s(near, far)),
        simd.mul_add_e_f32s(two, far_odd, near_odd),
        simd.mul_add_e_f32s(four, far, near),
        simd.add_f32s(simd.mul_add_e_f32s(eight, far_odd, near_odd), m[5]),
    ]
}
