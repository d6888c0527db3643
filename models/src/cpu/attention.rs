//! Multi-head self-attention: blocks of queries against all keys of a head.
//!
//! Keys are packed like weights, so that scores are one kernel call and the weighted values another. A block's scores
//! stay in the second-level cache.

#![expect(
    clippy::needless_range_loop,
    reason = "iterator adapters may be compiled without the vector instructions"
)]

use pulp::{Simd, WithSimd};

use super::epilogue::{End, Epilogue};
use super::exp::Softmax;
use super::kernel::{Block, View};
use super::pack::Packed;
use super::{CpuError, Isa, Pool, expect_len};

/// Queries in a block: whole tiles of every kind.
const QUERIES: usize = 24;
/// Tokens in a task of the rotation.
const TOKENS: usize = 64;

/// Cosines and sines of the rotary embedding, one row per token; made once for all layers.
#[derive(Debug)]
pub struct Rotary {
    /// `[tokens, 2 * pairs]`: the cosines, then the sines.
    table: Vec<f32>,
    pairs: usize,
}

impl Rotary {
    /// From `angles` `[tokens, pairs]` in radians.
    pub fn new(angles: &[f32], pairs: usize) -> Result<Self, CpuError> {
        if pairs == 0 {
            return Err(CpuError::Shape("a rotary embedding without pairs"));
        }
        expect_len("angles of a rotary embedding", angles, angles.len() / pairs * pairs)?;
        let mut table = Vec::with_capacity(angles.len() * 2);
        for row in angles.chunks_exact(pairs) {
            table.extend(row.iter().map(|angle| angle.cos()));
            table.extend(row.iter().map(|angle| angle.sin()));
        }
        Ok(Self { table, pairs })
    }

    /// Rotates the first `2 * pairs` floats of `head`, pairs `(i, i + pairs)`, for token `token`.
    #[inline(always)]
    fn turn(&self, token: usize, head: &mut [f32]) {
        let row = &self.table[token * 2 * self.pairs..][..2 * self.pairs];
        let pairs = self.pairs;
        let (cosines, sines) = (&row[..pairs], &row[pairs..][..pairs]);
        let (first, rest) = head.split_at_mut(pairs);
        let rest = &mut rest[..pairs];
        for i in 0..pairs {
            let (a, b) = (first[i], rest[i]);
            first[i] = a * cosines[i] - b * sines[i];
            rest[i] = a * sines[i] + b * cosines[i];
        }
    }
}

/// Self-attention over rows `[tokens, 3 * heads * size]`: queries, keys, values, each by head.
#[derive(Debug, Clone, Copy)]
pub struct Attention {
    /// The instructions to run with.
    pub isa: Isa,
    /// Heads.
    pub heads: usize,
    /// Floats of a head.
    pub size: usize,
}

impl Attention {
    /// `softmax(q k^T / sqrt(size)) v` into `out` `[tokens, heads * size]`. The queries and keys in `qkv` are brought to
    /// zero mean and unit variance by head, and rotated, in place. `window` gives for each token the first key and the
    /// one after the last that it sees.
    pub fn forward(
        &self,
        pool: &Pool,
        (rotary, window): (&Rotary, &[(u32, u32)]),
        qkv: &mut [f32],
        out: &mut [f32],
    ) -> Result<(), CpuError> {
        let width = self.heads * self.size;
        let tokens = qkv.len() / (3 * width).max(1);
        expect_len("queries, keys and values", qkv, tokens * 3 * width)?;
        expect_len("output of an attention", out, tokens * width)?;
        expect_len("table of a rotary embedding", &rotary.table, tokens * 2 * rotary.pairs)?;
        if window.len() != tokens || window.iter().any(|(a, b)| a >= b || *b as usize > tokens) {
            return Err(CpuError::Shape("a window of an attention lies outside the sequence"));
        }
        if 2 * rotary.pairs > self.size {
            return Err(CpuError::Shape("a rotary embedding is wider than a head"));
        }
        pool.rows(qkv, 3 * width, TOKENS, |first, rows| {
            self.isa.run(Rotate { attention: *self, rotary, first, rows });
        });
        let qkv = &*qkv;
        let sides = (0..2 * self.heads).collect();
        let packed = pool.map(sides, |side: usize| self.pack(qkv, side / 2, side % 2 == 1));
        let stride = packed.first().map_or(0, Packed::padded);
        pool.rows(out, width, QUERIES, |first, out| {
            pool.scratch(QUERIES * stride, |scores| {
                for (head, sides) in packed.chunks_exact(2).enumerate() {
                    let queries = &qkv[first * 3 * width + head * self.size..];
                    let count = out.len() / width;
                    let window = &window[first..first + count];
                    self.head((queries, window), sides, (scores, stride), &mut out[head * self.size..]);
                }
            });
        });
        Ok(())
    }

    /// One head of a block of queries: `queries` and `out` start at the head's floats of the block's first token.
    fn head(
        &self,
        (queries, window): (&[f32], &[(u32, u32)]),
        sides: &[Packed],
        (scores, stride): (&mut [f32], usize),
        out: &mut [f32],
    ) {
        let [keys, values] = sides else { return };
        let width = self.heads * self.size;
        let (count, tokens) = (out.len().div_ceil(width), keys.columns());
        let view = View::rows(queries, 3 * width, self.size);
        let epilogue = Epilogue::End(End::STORE);
        Block { view, weights: keys, count, out: scores, stride, epilogue }.run();
        let mut inverses = [0.0; QUERIES];
        let inverses = &mut inverses[..count];
        self.isa.run(Softmax { scores, stride, window, inverses });
        let view = View::rows(scores, stride, tokens);
        let epilogue = Epilogue::Scaled(inverses);
        Block { view, weights: values, count, out, stride: width, epilogue }.run();
    }

    /// Packs the keys of a head as `[size, tokens]`, or its values as `[tokens, size]`.
    fn pack(&self, qkv: &[f32], head: usize, values: bool) -> Packed {
        let width = self.heads * self.size;
        let tokens = qkv.len() / (3 * width);
        let part = if values { 2 } else { 1 };
        let offset = part * width + head * self.size;
        let row = |token: usize| &qkv[token * 3 * width + offset..][..self.size];
        if values {
            let mut packed = Packed::zeros(self.isa, tokens, self.size);
            packed.vectors_mut(|column, count, stride, floats| {
                for (token, floats) in floats.chunks_mut(stride).enumerate() {
                    floats[..count].copy_from_slice(&row(token)[column..column + count]);
                }
            });
            return packed;
        }
        let mut packed = Packed::zeros(self.isa, self.size, tokens);
        packed.vectors_mut(|column, count, stride, floats| {
            for index in 0..count {
                let places = floats[index..].iter_mut().step_by(stride);
                for (place, &key) in places.zip(row(column + index)) {
                    *place = key;
                }
            }
        });
        packed
    }
}

/// Rows of queries, keys and values to rotate; the queries are scaled too.
struct Rotate<'a> {
    attention: Attention,
    rotary: &'a Rotary,
    first: usize,
    rows: &'a mut [f32],
}

impl WithSimd for Rotate<'_> {
    type Output = ();

    /// The scale makes scores powers of two: `log2(e) / sqrt(size)`.
    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let Attention { heads, size, .. } = self.attention;
        let width = heads * size;
        let scale = std::f32::consts::LOG2_E / (size as f32).sqrt();
        for index in 0..self.rows.len() / (3 * width).max(1) {
            let row = &mut self.rows[index * 3 * width..][..2 * width];
            for head in 0..2 * heads {
                let row = &mut row[head * size..][..size];
                normalise(row);
                self.rotary.turn(self.first + index, row);
                if head < heads {
                    for i in 0..size {
                        row[i] *= scale;
                    }
                }
            }
        }
    }
}

/// Zero mean and unit variance.
#[inline(always)]
fn normalise(head: &mut [f32]) {
    /// Added to the variance; PyTorch's default.
    const EPS: f32 = 1e-5;
    let share = 1.0 / head.len() as f32;
    let mut sum = 0.0;
    for i in 0..head.len() {
        sum += head[i];
    }
    let mean = sum * share;
    let mut spread = 0.0;
    for i in 0..head.len() {
        spread += (head[i] - mean) * (head[i] - mean);
    }
    let inverse = 1.0 / (spread * share + EPS).sqrt();
    for i in 0..head.len() {
        head[i] = (head[i] - mean) * inverse;
    }
}
