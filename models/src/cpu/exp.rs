//! Powers of two by range reduction and a short polynomial, and the softmax built on them.

#![expect(
    clippy::needless_range_loop,
    reason = "iterator adapters may be compiled without the vector instructions"
)]

use pulp::{Simd, WithSimd};

/// `1.5 * 2^23`: adding it leaves a float's whole part in the low bits.
const MAGIC: f32 = 12_582_912.0;
/// Coefficients of `f` to `f^5` in `2^f - 1`, fitted for the least relative error on `|f| <= 1/2`: 1e-7.
const SERIES: [f32; 5] =
    [std::f32::consts::LN_2, 0.240_222_83, 0.055_505_585, 0.009_669_691, 0.001_330_060_7];

/// `2^x` for `x` from -126 to 127; smaller `x` gives `2^-126`.
#[inline(always)]
pub(crate) fn exp2<S: Simd>(simd: S, x: S::f32s) -> S::f32s {
    let magic = simd.splat_f32s(MAGIC);
    let x = simd.max_f32s(x, simd.splat_f32s(-126.0));
    let shifted = simd.add_f32s(x, magic);
    let f = simd.sub_f32s(x, simd.sub_f32s(shifted, magic));
    let mut sum = simd.splat_f32s(SERIES[4]);
    for n in (0..4).rev() {
        sum = simd.mul_add_e_f32s(sum, f, simd.splat_f32s(SERIES[n]));
    }
    let power = simd.mul_add_e_f32s(sum, f, simd.splat_f32s(1.0));
    // The whole part goes into the exponent; what wraps past the sign bit cancels out.
    let exponent = simd.wrapping_dyn_shl_u32s(simd.transmute_u32s_f32s(shifted), simd.splat_u32s(23));
    simd.transmute_f32s_u32s(simd.add_u32s(simd.transmute_u32s_f32s(power), exponent))
}

/// Turns rows of scores, in units of `log2`, into weights that are not yet divided by their sum.
pub(crate) struct Softmax<'a> {
    /// `[rows, stride]`.
    pub(crate) scores: &'a mut [f32],
    /// Floats from a row to the next, whole vectors.
    pub(crate) stride: usize,
    /// For each row the first score that counts, and the one after the last.
    pub(crate) window: &'a [(u32, u32)],
    /// One over the sum of each row.
    pub(crate) inverses: &'a mut [f32],
}

impl WithSimd for Softmax<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let rows = self.inverses.len().min(self.scores.len() / self.stride.max(1));
        for index in 0..rows {
            let row = &mut self.scores[index * self.stride..][..self.stride];
            // The lowest float makes what is not seen vanish.
            let (from, to) = self.window[index];
            row[..from as usize].fill(f32::MIN);
            row[to as usize..].fill(f32::MIN);
            self.inverses[index] = 1.0 / weigh(simd, row);
        }
    }
}

/// Turns scores into `2^(score - most)`, whole vectors of them; their sum.
///
/// Index loops, not iterators: an adapter that is not inlined here loses the vector instructions.
#[inline(always)]
fn weigh<S: Simd>(simd: S, row: &mut [f32]) -> f32 {
    let (fours, rest) = pulp::as_arrays_mut::<4, _>(S::as_mut_simd_f32s(row).0);
    let mut most = [simd.splat_f32s(f32::MIN); 4];
    for n in 0..fours.len() {
        for j in 0..4 {
            most[j] = simd.max_f32s(most[j], fours[n][j]);
        }
    }
    for n in 0..rest.len() {
        most[0] = simd.max_f32s(most[0], rest[n]);
    }
    let pair = [simd.max_f32s(most[0], most[1]), simd.max_f32s(most[2], most[3])];
    let most = simd.splat_f32s(simd.reduce_max_f32s(simd.max_f32s(pair[0], pair[1])));
    let mut sums = [simd.splat_f32s(0.0); 4];
    for n in 0..fours.len() {
        for j in 0..4 {
            let weight = exp2(simd, simd.sub_f32s(fours[n][j], most));
            fours[n][j] = weight;
            sums[j] = simd.add_f32s(sums[j], weight);
        }
    }
    for n in 0..rest.len() {
        rest[n] = exp2(simd, simd.sub_f32s(rest[n], most));
        sums[0] = simd.add_f32s(sums[0], rest[n]);
    }
    let pair = [simd.add_f32s(sums[0], sums[1]), simd.add_f32s(sums[2], sums[3])];
    simd.reduce_sum_f32s(simd.add_f32s(pair[0], pair[1]))
}
