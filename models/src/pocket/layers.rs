//! Layers of the denoiser, in the order of operations of the training code, so that both give the same numbers.

use candle_core::{D, Result, Tensor};
use candle_nn::{
    Conv1d, Conv1dConfig, Conv2d, Conv2dConfig, Embedding, GroupNorm, Linear, Module, VarBuilder,
};

/// Groups of the group norm.
const GROUPS: usize = 8;
/// Heads of the attention.
const HEADS: usize = 4;
/// PyTorch's default epsilon of both norms.
const EPSILON: f64 = 1e-5;
/// Sines and cosines that tell the time of the flow.
const TIME_RATES: usize = 32;

/// A 2-D convolution with "same" padding for an odd kernel.
pub(super) fn conv(inputs: usize, outputs: usize, kernel: usize, vb: VarBuilder<'_>) -> Result<Conv2d> {
    let config = Conv2dConfig { padding: kernel / 2, ..Default::default() };
    candle_nn::conv2d(inputs, outputs, kernel, config, vb)
}

/// A 2×2 convolution with stride 2.
pub(super) fn halve(inputs: usize, outputs: usize, vb: VarBuilder<'_>) -> Result<Conv2d> {
    candle_nn::conv2d(inputs, outputs, 2, Conv2dConfig { stride: 2, ..Default::default() }, vb)
}

/// A 1-D convolution with "same" padding for an odd kernel.
pub(super) fn conv1(inputs: usize, outputs: usize, kernel: usize, vb: VarBuilder<'_>) -> Result<Conv1d> {
    let config = Conv1dConfig { padding: kernel / 2, ..Default::default() };
    candle_nn::conv1d(inputs, outputs, kernel, config, vb)
}

/// Layer norm over the last dimension, without parameters.
pub(super) fn layer_norm(x: &Tensor) -> Result<Tensor> {
    let centred = x.broadcast_sub(&x.mean_keepdim(D::Minus1)?)?;
    let variance = centred.sqr()?.mean_keepdim(D::Minus1)?;
    centred.broadcast_div(&(variance + EPSILON)?.sqrt()?)
}

/// Time of the flow and attributes → one vector for every item of the batch.
#[derive(Debug)]
pub(super) struct Condition {
    words: Vec<Embedding>,
    t1: Linear,
    t2: Linear,
}

impl Condition {
    pub(super) fn load(words: &[usize], width: usize, vb: &VarBuilder<'_>) -> Result<Self> {
        let tables = words
            .iter()
            .enumerate()
            .map(|(i, n)| candle_nn::embedding(n + 1, width, vb.pp("words").pp(i.to_string())))
            .collect::<Result<_>>()?;
        Ok(Self {
            words: tables,
            t1: candle_nn::linear(2 * TIME_RATES, width, vb.pp("t1"))?,
            t2: candle_nn::linear(width, width, vb.pp("t2"))?,
        })
    }

    /// `attributes` one row index for each axis; `t` 0 (noise) … 1 (clean). Gives `[1, width]`.
    pub(super) fn forward(&self, attributes: &[u32], t: f32) -> Result<Tensor> {
        let device = self.t1.weight().device();
        let phases: Vec<f32> = (0..TIME_RATES)
            .map(|i| t * 100.0 * (i as f32 * (-(1000f32.ln()) / (TIME_RATES - 1) as f32)).exp())
            .collect();
        let wave: Vec<f32> = phases.iter().map(|p| p.sin()).chain(phases.iter().map(|p| p.cos())).collect();
        let wave = Tensor::from_vec(wave, (1, 2 * TIME_RATES), device)?;
        let mut e = self.t2.forward(&self.t1.forward(&wave)?.relu()?)?;
        for (table, row) in self.words.iter().zip(attributes) {
            e = (e + table.forward(&Tensor::new(&[*row], device)?)?)?;
        }
        e.relu()
    }
}

/// Gain and bias from a condition: `[1, 2·width]` → two `[1, width, 1 …]` with `dims` trailing ones.
fn film(layer: &Linear, e: &Tensor, dims: usize) -> Result<(Tensor, Tensor)> {
    let both = layer.forward(e)?;
    let width = both.dim(1)? / 2;
    let shape: Vec<usize> = [1, width].into_iter().chain(std::iter::repeat_n(1, dims)).collect();
    let gain = (both.narrow(1, 0, width)? + 1.0)?.reshape(shape.clone())?;
    Ok((gain, both.narrow(1, width, width)?.reshape(shape)?))
}

/// Two convolutions, modulated by the condition.
#[derive(Debug)]
pub(super) struct Res {
    norm: GroupNorm,
    a: Conv2d,
    b: Conv2d,
    film: Linear,
}

impl Res {
    pub(super) fn load(width: usize, cond: usize, vb: &VarBuilder<'_>) -> Result<Self> {
        Ok(Self {
            norm: candle_nn::group_norm(GROUPS, width, EPSILON, vb.pp("norm"))?,
            a: conv(width, width, 3, vb.pp("a"))?,
            b: conv(width, width, 3, vb.pp("b"))?,
            film: candle_nn::linear(cond, 2 * width, vb.pp("film"))?,
        })
    }

    pub(super) fn forward(&self, x: &Tensor, e: &Tensor) -> Result<Tensor> {
        let (gain, bias) = film(&self.film, e, 2)?;
        let h = self.norm.forward(x)?.broadcast_mul(&gain)?.broadcast_add(&bias)?;
        x + self.b.forward(&self.a.forward(&h)?.relu()?)?
    }
}

/// Self-attention over a sequence, then a ReLU² layer. `[B, N, width]` → the same.
#[derive(Debug)]
pub(super) struct Attention {
    qkv: Linear,
    out: Linear,
    up: Linear,
    down: Linear,
}

impl Attention {
    pub(super) fn load(width: usize, vb: &VarBuilder<'_>) -> Result<Self> {
        Ok(Self {
            qkv: candle_nn::linear(width, 3 * width, vb.pp("qkv"))?,
            out: candle_nn::linear(width, width, vb.pp("out"))?,
            up: candle_nn::linear(width, 3 * width, vb.pp("up"))?,
            down: candle_nn::linear(3 * width, width, vb.pp("down"))?,
        })
    }

    pub(super) fn forward(&self, x: &Tensor) -> Result<Tensor> {
        let (batch, length, width) = x.dims3()?;
        let head = width / HEADS;
        let qkv = self.qkv.forward(&layer_norm(x)?)?.reshape((batch, length, 3, HEADS, head))?;
        let part = |i: usize| qkv.narrow(2, i, 1)?.squeeze(2)?.transpose(1, 2)?.contiguous();
        let (q, k, v) = (part(0)?, part(1)?, part(2)?);
        let scores = (q.matmul(&k.transpose(2, 3)?.contiguous()?)? * (1.0 / (head as f64).sqrt()))?;
        let mixed = candle_nn::ops::softmax_last_dim(&scores)?.matmul(&v)?;
        let mixed = mixed.transpose(1, 2)?.contiguous()?.reshape((batch, length, width))?;
        let x = (x + self.out.forward(&mixed)?)?;
        let h = self.up.forward(&layer_norm(&x)?)?.relu()?.sqr()?;
        x + self.down.forward(&h)?
    }
}

/// One block of the sound tower: a modulated convolution over time, then attention. `[B, width, T]` → the same.
#[derive(Debug)]
pub(super) struct SoundBlock {
    conv: Conv1d,
    film: Linear,
    attention: Attention,
}

impl SoundBlock {
    pub(super) fn load(index: usize, width: usize, cond: usize, vb: &VarBuilder<'_>) -> Result<Self> {
        let index = index.to_string();
        Ok(Self {
            conv: conv1(width, width, 5, vb.pp("convs").pp(&index))?,
            film: candle_nn::linear(cond, 2 * width, vb.pp("films").pp(&index))?,
            attention: Attention::load(width, &vb.pp("attention").pp(&index))?,
        })
    }

    pub(super) fn forward(&self, h: &Tensor, e: &Tensor) -> Result<Tensor> {
        let (gain, bias) = film(&self.film, e, 1)?;
        let normed = layer_norm(&h.transpose(1, 2)?.contiguous()?)?.transpose(1, 2)?.contiguous()?;
        let modulated = normed.broadcast_mul(&gain)?.broadcast_add(&bias)?.relu()?;
        let h = (h + self.conv.forward(&modulated)?)?;
        self.attention.forward(&h.transpose(1, 2)?.contiguous()?)?.transpose(1, 2)?.contiguous()
    }
}
