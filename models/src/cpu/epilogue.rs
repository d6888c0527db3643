//! What happens to a tile of sums on its way to memory: activation, residual, or a factor for each row.

#![expect(
    clippy::needless_range_loop,
    reason = "iterator adapters may be compiled without the vector instructions"
)]

use pulp::Simd;

/// Activation after the bias.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Act {
    /// None.
    None,
    /// `max(x, 0)`.
    Relu,
    /// `max(x, 0)^2`.
    ReluSquared,
}

/// How a layer ends: activation, then stored or added to what is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct End {
    /// Activation.
    pub act: Act,
    /// Whether to add to the output instead of storing over it.
    pub add: bool,
}

impl End {
    /// Stores the sums.
    pub const STORE: Self = Self { act: Act::None, add: false };
    /// Stores `max(x, 0)`.
    pub const RELU: Self = Self { act: Act::Relu, add: false };
    /// Stores `max(x, 0)^2`.
    pub const RELU_SQUARED: Self = Self { act: Act::ReluSquared, add: false };
    /// Adds to the output: a residual.
    pub const ADD: Self = Self { act: Act::None, add: true };
    /// Adds `max(x, 0)`.
    pub const ADD_RELU: Self = Self { act: Act::Relu, add: true };
}

/// What to do with the sums of a block.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Epilogue<'a> {
    /// Activation, then store or add.
    End(End),
    /// Each row times its own factor, stored.
    Scaled(&'a [f32]),
}

/// Where a tile of sums lies in its block.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place {
    /// First row.
    pub(crate) first: usize,
    /// Rows that count; the rest repeat the last.
    pub(crate) valid: usize,
}

impl Place {
    /// The block row of the tile's row `i`.
    #[inline(always)]
    fn row(self, i: usize) -> usize {
        self.first + i.min(self.valid - 1)
    }
}

impl Epilogue<'_> {
    /// Applies it to a tile of sums.
    #[inline(always)]
    pub(crate) fn apply<S: Simd, const MR: usize, const NR: usize>(
        &self,
        simd: S,
        place: Place,
        sums: &mut [[S::f32s; NR]; MR],
    ) {
        match self {
            Self::End(End { act: Act::None, .. }) => {}
            Self::End(End { act, .. }) => {
                let zero = simd.splat_f32s(0.0);
                let squared = *act == Act::ReluSquared;
                for row in sums {
                    for sum in row {
                        let positive = simd.max_f32s(*sum, zero);
                        *sum = if squared { simd.mul_f32s(positive, positive) } else { positive };
                    }
                }
            }
            Self::Scaled(factors) => {
                for i in 0..MR {
                    let factor = simd.splat_f32s(factors[place.row(i)]);
                    for j in 0..NR {
                        sums[i][j] = simd.mul_f32s(sums[i][j], factor);
                    }
                }
            }
        }
    }

    /// Whether the result is added to the output.
    #[inline(always)]
    pub(crate) fn adds(&self) -> bool {
        matches!(self, Self::End(End { add: true, .. }))
    }
}
