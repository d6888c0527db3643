//! The two towers that predict clean latents from noisy ones, and the picture decoder.

use candle_core::{Result, Tensor};
use candle_nn::ops::{pixel_shuffle, pixel_unshuffle};
use candle_nn::{Conv1d, Conv2d, Module, VarBuilder};

use super::layers::{Attention, Condition, Res, SoundBlock, conv, conv1, halve};
use crate::conditioning::{EVENT_CHANNELS, MAP_CHANNELS};

/// Words of each axis; row `words` of a table means "not said".
pub(super) const WORDS: [usize; kinora_protocol::shot::AXES] = kinora_protocol::shot::Scene::WORDS;
/// Latent channels of the picture.
pub(super) const LATENTS: usize = 16;
/// Numbers in a sound token.
pub(super) const SOUND_LATENTS: usize = 40;
/// Widths of the U-Net at 20×32, 10×16 and 5×8, and of its condition.
const WIDTHS: [usize; 3] = [48, 96, 192];
const CONDITION: usize = 192;
/// Width and depth of the sound tower.
const SOUND_WIDTH: usize = 160;
const SOUND_DEPTH: usize = 4;
/// Positions of the 5×8 grid.
const PLACES: usize = 40;

/// A U-Net on the 20×32 latent grid with attention at 5×8.
#[derive(Debug)]
pub(super) struct PictureTower {
    cond: Condition,
    stem: Conv2d,
    down: [Conv2d; 2],
    a: Vec<Res>,
    b: Vec<Res>,
    place: Tensor,
    mid: Vec<Res>,
    attention: Vec<Attention>,
    up: [Conv2d; 2],
    join: [Conv2d; 2],
    c: Vec<Res>,
    d: Vec<Res>,
    out: Conv2d,
}

impl PictureTower {
    pub(super) fn load(vb: &VarBuilder<'_>) -> Result<Self> {
        let [c1, c2, c3] = WIDTHS;
        let list = |name: &str, n: usize, width: usize| -> Result<Vec<Res>> {
            (0..n).map(|i| Res::load(width, CONDITION, &vb.pp(name).pp(i.to_string()))).collect()
        };
        Ok(Self {
            cond: Condition::load(&WORDS, CONDITION, &vb.pp("cond"))?,
            stem: conv(LATENTS + 4 * MAP_CHANNELS.len(), c1, 3, vb.pp("stem"))?,
            down: [halve(c1, c2, vb.pp("down1"))?, halve(c2, c3, vb.pp("down2"))?],
            a: list("a", 2, c1)?,
            b: list("b", 2, c2)?,
            place: vb.get((1, PLACES, c3), "place")?,
            mid: list("mid", 3, c3)?,
            attention: (0..2)
                .map(|i| Attention::load(c3, &vb.pp("attention").pp(i.to_string())))
                .collect::<Result<_>>()?,
            up: [conv(c3, 4 * c2, 1, vb.pp("up2"))?, conv(c2, 4 * c1, 1, vb.pp("up1"))?],
            join: [conv(2 * c2, c2, 1, vb.pp("join2"))?, conv(2 * c1, c1, 1, vb.pp("join1"))?],
            c: list("c", 2, c2)?,
            d: list("d", 2, c1)?,
            out: conv(c1, LATENTS, 3, vb.pp("out"))?,
        })
    }

    /// `x` `[B, 16, 20, 32]` and `maps` `[B, C, 40, 64]` → clean `x`. One condition for the whole batch.
    pub(super) fn forward(&self, x: &Tensor, maps: &Tensor, attributes: &[u32], t: f32) -> Result<Tensor> {
        let e = self.cond.forward(attributes, t)?;
        let mut h = self.stem.forward(&Tensor::cat(&[x, &pixel_unshuffle(maps, 2)?], 1)?)?;
        for res in &self.a {
            h = res.forward(&h, &e)?;
        }
        let fine = h;
        let mut h = self.down[0].forward(&fine)?;
        for res in &self.b {
            h = res.forward(&h, &e)?;
        }
        let half = h;
        let mut h = self.down[1].forward(&half)?;
        for (i, res) in self.mid.iter().enumerate() {
            h = res.forward(&h, &e)?;
            if let Some(attention) = self.attention.get(i) {
                let shape = h.shape().clone();
                let mut flat = h.flatten_from(2)?.transpose(1, 2)?.contiguous()?;
                if i == 0 {
                    flat = flat.broadcast_add(&self.place)?;
                }
                h = attention.forward(&flat)?.transpose(1, 2)?.contiguous()?.reshape(shape)?;
            }
        }
        let mut h =
            self.join[0].forward(&Tensor::cat(&[&pixel_shuffle(&self.up[0].forward(&h)?, 2)?, &half], 1)?)?;
        for res in &self.c {
            h = res.forward(&h, &e)?;
        }
        let mut h =
            self.join[1].forward(&Tensor::cat(&[&pixel_shuffle(&self.up[1].forward(&h)?, 2)?, &fine], 1)?)?;
        for res in &self.d {
            h = res.forward(&h, &e)?;
        }
        self.out.forward(&h)
    }
}

/// Convolutions over time and attention on the tokens of a clip.
#[derive(Debug)]
pub(super) struct SoundTower {
    cond: Condition,
    stem: Conv1d,
    blocks: Vec<SoundBlock>,
    out: Conv1d,
}

impl SoundTower {
    pub(super) fn load(vb: &VarBuilder<'_>) -> Result<Self> {
        Ok(Self {
            cond: Condition::load(&WORDS, SOUND_WIDTH, &vb.pp("cond"))?,
            stem: conv1(SOUND_LATENTS + EVENT_CHANNELS + 2, SOUND_WIDTH, 3, vb.pp("stem"))?,
            blocks: (0..SOUND_DEPTH)
                .map(|i| SoundBlock::load(i, SOUND_WIDTH, SOUND_WIDTH, vb))
                .collect::<Result<_>>()?,
            out: conv1(SOUND_WIDTH, SOUND_LATENTS, 3, vb.pp("out"))?,
        })
    }

    /// `x` `[1, T, 40]` and `events` `[1, T, E]` → clean `x`.
    pub(super) fn forward(&self, x: &Tensor, events: &Tensor, attributes: &[u32], t: f32) -> Result<Tensor> {
        let e = self.cond.forward(attributes, t)?;
        let length = x.dim(1)?;
        // Ambience and music follow the clock from the start of the clip: seconds, and the phase of a half second.
        let clock: Vec<f32> = (0..length)
            .flat_map(|i| {
                let seconds = i as f32 / 12.0;
                [seconds / 4.0, (seconds * 4.0 * std::f32::consts::PI).sin()]
            })
            .collect();
        let clock = Tensor::from_vec(clock, (1, length, 2), x.device())?;
        let input = Tensor::cat(&[x, events, &clock], 2)?.transpose(1, 2)?.contiguous()?;
        let mut h = self.stem.forward(&input)?;
        for block in &self.blocks {
            h = block.forward(&h, &e)?;
        }
        self.out.forward(&h)?.transpose(1, 2)?.contiguous()
    }
}

/// Latents → picture: what the linear decoder gives, plus what the neighbourhood tells.
#[derive(Debug)]
pub(super) struct Decoder {
    /// `[16, 48]`: principal components, scaled.
    basis: Tensor,
    /// `[48]`.
    mean: Tensor,
    stem: Conv2d,
    body: [Conv2d; 4],
    up: Conv2d,
    fine: Conv2d,
    out: Conv2d,
}

impl Decoder {
    pub(super) fn load(vb: &VarBuilder<'_>) -> Result<Self> {
        const WIDTH: usize = 56;
        const FINE: usize = 20;
        let d = vb.pp("decoder");
        Ok(Self {
            basis: vb.get((LATENTS, 48), "encoder.linear")?,
            mean: vb.get(48, "encoder.mean")?,
            stem: conv(LATENTS, WIDTH, 3, d.pp("stem"))?,
            body: [
                conv(WIDTH, WIDTH, 3, d.pp("a1"))?,
                conv(WIDTH, WIDTH, 3, d.pp("a2"))?,
                conv(WIDTH, WIDTH, 3, d.pp("b1"))?,
                conv(WIDTH, WIDTH, 3, d.pp("b2"))?,
            ],
            up: conv(WIDTH, 4 * FINE, 1, d.pp("up"))?,
            fine: conv(FINE, FINE, 3, d.pp("fine"))?,
            out: conv(FINE, 12, 3, d.pp("out"))?,
        })
    }

    /// The best linear picture: `[B, 16, 20, 32]` → `[B, 3, 80, 128]` in −1 … 1. Cheap: the preview uses it.
    pub(super) fn linear(&self, latent: &Tensor) -> Result<Tensor> {
        let (batch, channels, rows, columns) = latent.dims4()?;
        let flat = latent.permute((0, 2, 3, 1))?.contiguous()?.reshape((batch * rows * columns, channels))?;
        let patches = flat.matmul(&self.basis)?.broadcast_add(&self.mean)?;
        let patches = patches.reshape((batch, rows, columns, 48))?.permute((0, 3, 1, 2))?.contiguous()?;
        pixel_shuffle(&patches, 4)
    }

    /// The picture: `[B, 16, 20, 32]` → `[B, 3, 80, 128]` in −1 … 1.
    pub(super) fn forward(&self, latent: &Tensor) -> Result<Tensor> {
        let [a1, a2, b1, b2] = &self.body;
        let mut h = self.stem.forward(latent)?;
        for (one, two) in [(a1, a2), (b1, b2)] {
            h = (&h + two.forward(&one.forward(&h.relu()?)?.relu()?)?)?;
        }
        let h = pixel_shuffle(&self.up.forward(&h.relu()?)?, 2)?.relu()?;
        let h = (&h + self.fine.forward(&h)?)?;
        self.linear(latent)? + pixel_shuffle(&self.out.forward(&h.relu()?)?, 2)?
    }
}
