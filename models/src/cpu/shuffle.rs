//! Pixel shuffle of channels in an order that copies whole runs.
//!
//! PyTorch puts a channel's `r * r` pixels next to each other, which scatters single floats. Reordering the outputs of
//! the layer before (once, at load) to `[dy, dx, channel]` gives the same picture by copies of runs.

use super::{CpuError, Grid, Pool, expect_len};

/// Reorders `weight` `[channels * r * r, inputs..]` (or a bias) from PyTorch's order to grouped.
pub fn group_shuffled(weight: &[f32], channels: usize, r: usize) -> Result<Vec<f32>, CpuError> {
    let pixels = r * r;
    let row = weight.len() / (channels * pixels).max(1);
    expect_len("weight before a pixel shuffle", weight, row * channels * pixels)?;
    let mut grouped = Vec::with_capacity(weight.len());
    for pixel in 0..pixels {
        for channel in 0..channels {
            grouped.extend_from_slice(&weight[(channel * pixels + pixel) * row..][..row]);
        }
    }
    Ok(grouped)
}

/// `x` `[frames, height, width, r * r * channels]`, channels grouped by pixel, into `out`
/// `[frames, height * r, width * r, channels]`; `grid` is the input's.
pub fn pixel_shuffle(
    pool: &Pool,
    grid: Grid,
    (x, r): (&[f32], usize),
    out: &mut [f32],
) -> Result<(), CpuError> {
    let channels = out.len() / (grid.positions() * r * r).max(1);
    expect_len("output of a pixel shuffle", out, grid.positions() * r * r * channels)?;
    expect_len("input of a pixel shuffle", x, out.len())?;
    let (run, line) = (r * channels, grid.width * r * channels);
    pool.rows(out, line, 4 * r, |first, out| {
        for (index, out) in out.chunks_exact_mut(line).enumerate() {
            let (y, dy) = ((first + index) / r, (first + index) % r);
            let x = &x[y * line * r..][..line * r];
            for (x, out) in x.chunks_exact(run * r).zip(out.chunks_exact_mut(run)) {
                out.copy_from_slice(&x[dy * run..][..run]);
            }
        }
    });
    Ok(())
}
