//! Layer norm over channels with the clip's FiLM folded in.

use pulp::{Simd, WithSimd};

use super::{CpuError, Isa, Pool, expect_len};

/// Added to the variance; PyTorch's default.
const EPS: f32 = 1e-5;
/// Floats in the widest vector of any machine.
const MOST_LANES: usize = 16;
/// Floats in a task.
const TASK: usize = 1 << 16;

/// FiLM of a clip: `y * (1 + scale) + shift`, both `[channels]`.
#[derive(Debug, Clone, Copy)]
pub struct Film<'a> {
    /// Scale.
    pub scale: &'a [f32],
    /// Shift.
    pub shift: &'a [f32],
}

/// Zero mean and unit variance over channels, without parameters of its own.
#[derive(Debug)]
pub struct LayerNorm {
    isa: Isa,
    channels: usize,
}

/// A norm made ready for a clip: `(x - mean) / deviation * scale + shift`.
#[derive(Debug)]
pub(crate) struct Ready {
    isa: Isa,
    scale: Vec<f32>,
    shift: Vec<f32>,
}

impl LayerNorm {
    /// Over so many channels.
    pub fn new(isa: Isa, channels: usize) -> Self {
        Self { isa, channels }
    }

    /// Channels.
    pub fn channels(&self) -> usize {
        self.channels
    }

    /// Folds a clip's FiLM into the norm.
    pub(crate) fn ready(&self, film: Option<Film<'_>>) -> Result<Ready, CpuError> {
        let mut ready =
            Ready { isa: self.isa, scale: vec![1.0; self.channels], shift: vec![0.0; self.channels] };
        if let Some(film) = film {
            expect_len("scale of a FiLM", film.scale, self.channels)?;
            expect_len("shift of a FiLM", film.shift, self.channels)?;
            ready.scale.iter_mut().zip(film.scale).for_each(|(gain, scale)| *gain += scale);
            ready.shift.copy_from_slice(film.shift);
        }
        Ok(ready)
    }

    /// `x` `[n, channels]` normed into `out`; `film` is the clip's.
    pub fn forward(
        &self,
        pool: &Pool,
        film: Option<Film<'_>>,
        x: &[f32],
        out: &mut [f32],
    ) -> Result<(), CpuError> {
        let channels = self.channels();
        expect_len("input of a norm", x, x.len() / channels.max(1) * channels)?;
        expect_len("output of a norm", out, x.len())?;
        let ready = self.ready(film)?;
        let rows = (TASK / channels.max(1)).max(1);
        pool.rows(out, channels, rows, |first, out| {
            ready.apply(&x[first * channels..][..out.len()], out);
        });
        Ok(())
    }
}

impl Ready {
    /// Norms the rows of `x` into `out` on this thread.
    pub(crate) fn apply(&self, x: &[f32], out: &mut [f32]) {
        self.isa.run(Rows { norm: self, x, out });
    }
}

impl Ready {
    /// Writes a row whose mean and inverse deviation are known.
    #[inline(always)]
    fn scale_row<S: Simd>(&self, simd: S, x: &[f32], (mean, inverse): (S::f32s, S::f32s), out: &mut [f32]) {
        let (values, rest) = S::as_simd_f32s(x);
        let (scales, scale_rest) = S::as_simd_f32s(&self.scale);
        let (shifts, shift_rest) = S::as_simd_f32s(&self.shift);
        let (outs, out_rest) = S::as_mut_simd_f32s(out);
        let count = values.len();
        let (scales, shifts, outs) = (&scales[..count], &shifts[..count], &mut outs[..count]);
        for i in 0..count {
            outs[i] = simd.mul_add_e_f32s(
                simd.mul_f32s(simd.sub_f32s(values[i], mean), inverse),
                scales[i],
                shifts[i],
            );
        }
        if !rest.is_empty() {
            let scale = simd.partial_load_f32s(scale_rest);
            let value = simd.mul_f32s(simd.sub_f32s(simd.partial_load_f32s(rest), mean), inverse);
            let value = simd.mul_add_e_f32s(value, scale, simd.partial_load_f32s(shift_rest));
            simd.partial_store_f32s(out_rest, value);
        }
    }
}

/// Rows to norm.
struct Rows<'a> {
    norm: &'a Ready,
    x: &'a [f32],
    out: &'a mut [f32],
}

impl WithSimd for Rows<'_> {
    type Output = ();

    /// A vector of rows at a time, so that the roots and quotients are taken together.
    ///
    /// Index loops, not iterators: an adapter that is not inlined here loses the vector instructions.
    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let channels = self.norm.scale.len();
        let share = simd.splat_f32s(1.0 / channels as f32);
        let (eps, one) = (simd.splat_f32s(EPS), simd.splat_f32s(1.0));
        let rows = self.x.len() / channels.max(1);
        let mut first = 0;
        while first < rows {
            let count = S::F32_LANES.min(rows - first);
            let x = &self.x[first * channels..][..count * channels];
            let out = &mut self.out[first * channels..][..count * channels];
            let (mut means, mut inverses) = ([0.0; MOST_LANES], [0.0; MOST_LANES]);
            for row in 0..count {
                means[row] = sum(simd, &x[row * channels..][..channels]);
            }
            let mean = &mut S::as_mut_simd_f32s(&mut means).0[0];
            *mean = simd.mul_f32s(*mean, share);
            for row in 0..count {
                inverses[row] = spread(simd, &x[row * channels..][..channels], means[row]);
            }
            let inverse = &mut S::as_mut_simd_f32s(&mut inverses).0[0];
            *inverse = simd.div_f32s(one, simd.sqrt_f32s(simd.mul_add_e_f32s(*inverse, share, eps)));
            for row in 0..count {
                let (mean, inverse) = (simd.splat_f32s(means[row]), simd.splat_f32s(inverses[row]));
                let out = &mut out[row * channels..][..channels];
                self.norm.scale_row(simd, &x[row * channels..][..channels], (mean, inverse), out);
            }
            first += count;
        }
    }
}

/// Sum of a row.
#[inline(always)]
fn sum<S: Simd>(simd: S, x: &[f32]) -> f32 {
    let (vectors, rest) = S::as_simd_f32s(x);
    let mut sum = simd.splat_f32s(0.0);
    for &vector in vectors {
        sum = simd.add_f32s(sum, vector);
    }
    if !rest.is_empty() {
        sum = simd.add_f32s(sum, simd.partial_load_f32s(rest));
    }
    simd.reduce_sum_f32s(sum)
}

/// Sum of the squared distances of a row from its mean.
#[inline(always)]
fn spread<S: Simd>(simd: S, x: &[f32], mean: f32) -> f32 {
    let (vectors, rest) = S::as_simd_f32s(x);
    let (mut sum, middle) = (simd.splat_f32s(0.0), simd.splat_f32s(mean));
    for &vector in vectors {
        let far = simd.sub_f32s(vector, middle);
        sum = simd.mul_add_e_f32s(far, far, sum);
    }
    let mut total = simd.reduce_sum_f32s(sum);
    for &value in rest {
        total += (value - mean) * (value - mean);
    }
    total
}
