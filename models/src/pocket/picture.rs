//! The picture autoencoder: a linear encoder of 2 × 4×4 pixels and a convolutional decoder that sees its neighbours.

use super::PocketError;
use super::denoiser::{CELLS, GRID, LATENTS};
use super::layers::Arena;
use crate::cpu::{Conv2d, End, Grid, Linear, Pool, Source, group_shuffled, pixel_shuffle};
use crate::weights::Weights;
use crate::worlds::{HEIGHT, WIDTH};

/// Numbers of a patch: two frames, three colours, 4×4 pixels.
const PATCH: usize = 96;
/// Channels of the decoder on the latent grid, and at half the picture's size.
const WIDE: usize = 64;
const FINE: usize = 40;

/// Pictures → latents and back.
#[derive(Debug)]
pub(super) struct Codec {
    /// `[LATENTS, PATCH]`: principal components, scaled.
    basis: Vec<f32>,
    mean: Vec<f32>,
    /// Spread of the latents: the denoiser works on latents of spread one.
    spread: f32,
    linear: Linear,
    stem: Conv2d,
    body: [Conv2d; 4],
    up: Linear,
    fine: Conv2d,
    out: Conv2d,
}

impl Codec {
    pub(super) fn load(w: &Weights<'_>) -> Result<Self, PocketError> {
        let d = w.at("decoder");
        let basis = w.floats("encoder.linear", &[LATENTS, PATCH])?;
        let mean = w.floats("encoder.mean", &[PATCH])?;
        let spread = w.floats("encoder.spread", &[1])?[0];
        let back: Vec<f32> = (0..PATCH)
            .flat_map(|p| (0..LATENTS).map(move |k| (k, p)))
            .map(|(k, p)| basis[k * PATCH + p] * spread)
            .collect();
        let wide = |name: &str| d.at(name).conv(WIDE, WIDE);
        Ok(Self {
            linear: Linear::new(
                w.isa,
                (LATENTS, PATCH),
                &group_shuffled(&back, 6, 4)?,
                Some(&group_shuffled(&mean, 6, 4)?),
            )?,
            stem: d.at("stem").conv(LATENTS, WIDE)?,
            body: [wide("a1")?, wide("a2")?, wide("b1")?, wide("b2")?],
            up: d.at("up").linear_to_shuffle(WIDE, FINE, true)?,
            fine: d.at("fine").conv(FINE, FINE)?,
            out: d.at("out").conv_to_shuffle(FINE, 6)?,
            basis,
            mean,
            spread,
        })
    }

    /// Two pictures of RGB bytes → latents of one latent frame, `[24, 40, LATENTS]`.
    pub(super) fn encode(&self, pair: [&[u8]; 2]) -> Vec<f32> {
        let norms: Vec<f32> =
            self.basis.chunks_exact(PATCH).map(|row| row.iter().map(|v| v * v).sum()).collect();
        let mut patch = [0.0f32; PATCH];
        let mut out = Vec::with_capacity(CELLS * LATENTS);
        for cell in 0..CELLS {
            let (top, left) = (cell / GRID.1 * 4, cell % GRID.1 * 4);
            for (n, value) in patch.iter_mut().enumerate() {
                let (frame, colour, dy, dx) = (n / 48, n / 16 % 3, n / 4 % 4, n % 4);
                let at = ((top + dy) * WIDTH + left + dx) * 3 + colour;
                *value = f32::from(pair[frame][at]) / 127.5 - 1.0 - self.mean[n];
            }
            for (row, norm) in self.basis.chunks_exact(PATCH).zip(&norms) {
                let along: f32 = row.iter().zip(&patch).map(|(b, p)| b * p).sum();
                out.push(along / norm / self.spread);
            }
        }
        out
    }

    /// The best linear pictures, `[frames, 96, 160, 6]` in −1 … 1, two of three colours. Cheap: the preview uses them.
    pub(super) fn linear(
        &self,
        pool: &Pool,
        arena: &mut Arena,
        latents: &[f32],
    ) -> Result<Vec<f32>, PocketError> {
        let grid = grid_of(latents);
        let mut flat = arena.take(grid.positions() * PATCH);
        self.linear.forward(pool, latents, &mut flat, End::STORE)?;
        let mut out = arena.take(flat.len());
        pixel_shuffle(pool, grid, (&flat, 4), &mut out)?;
        arena.give(flat);
        Ok(out)
    }

    /// The pictures of latents of spread one, `[frames, 96, 160, 6]` in −1 … 1.
    pub(super) fn decode(
        &self,
        pool: &Pool,
        arena: &mut Arena,
        latents: &[f32],
    ) -> Result<Vec<f32>, PocketError> {
        let grid = grid_of(latents);
        let scaled: Vec<f32> = latents.iter().map(|v| v * self.spread).collect();
        let mut h = arena.take(grid.positions() * WIDE);
        let mut lit = arena.take(h.len());
        let mut inner = arena.take(h.len());
        self.stem.forward(pool, grid, (&scaled, Source::Plain), &mut h, End::STORE)?;
        let [a1, a2, b1, b2] = &self.body;
        for (one, two) in [(a1, a2), (b1, b2)] {
            relu(&h, &mut lit);
            one.forward(pool, grid, (&lit, Source::Plain), &mut inner, End::RELU)?;
            two.forward(pool, grid, (&inner, Source::Plain), &mut h, End::ADD)?;
        }
        relu(&h, &mut lit);
        let mut wide = arena.take(grid.positions() * 4 * FINE);
        self.up.forward(pool, &lit, &mut wide, End::RELU)?;
        let mut fine = arena.take(wide.len());
        pixel_shuffle(pool, grid, (&wide, 2), &mut fine)?;
        let middle = Grid { height: 2 * grid.height, width: 2 * grid.width, ..grid };
        wide.copy_from_slice(&fine);
        self.fine.forward(pool, middle, (&wide, Source::Plain), &mut fine, End::ADD)?;
        relu(&fine, &mut wide);
        let mut shuffled = arena.take(middle.positions() * 24);
        self.out.forward(pool, middle, (&wide, Source::Plain), &mut shuffled, End::STORE)?;
        let mut residual = arena.take(shuffled.len());
        pixel_shuffle(pool, middle, (&shuffled, 2), &mut residual)?;
        let mut pictures = self.linear(pool, arena, latents)?;
        pictures.iter_mut().zip(&residual).for_each(|(p, r)| *p += r);
        [h, lit, inner, wide, fine, shuffled, residual].into_iter().for_each(|used| arena.give(used));
        Ok(pictures)
    }
}

fn relu(from: &[f32], to: &mut [f32]) {
    to.iter_mut().zip(from).for_each(|(t, f)| *t = f.max(0.0));
}

fn grid_of(latents: &[f32]) -> Grid {
    Grid { frames: latents.len() / (CELLS * LATENTS), height: GRID.0, width: GRID.1 }
}

/// Rows of RGB bytes of both pictures of one latent frame `[96, 160, 6]`.
pub(super) fn bytes_of(pair: &[f32]) -> [Vec<u8>; 2] {
    [0, 1].map(|frame| {
        let colours = pair.chunks_exact(6).flat_map(|pixel| &pixel[frame * 3..frame * 3 + 3]);
        let bytes: Vec<u8> = colours.map(|v| ((v.clamp(-1.0, 1.0) + 1.0) * 127.5).round() as u8).collect();
        debug_assert_eq!(bytes.len(), WIDTH * HEIGHT * 3);
        bytes
    })
}
