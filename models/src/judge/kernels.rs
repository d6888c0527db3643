//! How near to the machine's peak the layers of Pocket run, at the shapes of its weights.

use std::time::{Duration, Instant};

use safetensors::SafeTensors;
use serde::Serialize;

use super::JudgeError;
use crate::cpu::{
    Attention, Conv2d, CpuError, End, Grid, Halve, Isa, Linear, Peak, Pool, Rotary, Source, Temporal,
};
use crate::weights::WeightsError;

/// One layer.
#[derive(Clone, Debug, Serialize)]
pub struct KernelFigure {
    /// Kind of layer.
    pub kind: &'static str,
    /// Its name in the weights, and the shape that it has there.
    pub layer: String,
    /// How many of it one evaluation has.
    pub count: u32,
    /// Milliseconds of all of them in an evaluation.
    pub millis: f64,
    /// Billions of floating-point operations a second, a 3×3 convolution counted as it is written.
    pub gflops: f64,
    /// Share of the peak of the same threads.
    pub of_peak: f64,
}

/// Every kind of layer, and the peak.
#[derive(Clone, Debug, Serialize)]
pub struct Kernels {
    /// Threads.
    pub threads: usize,
    /// Floats in a vector of this machine.
    pub lanes: usize,
    /// Peak of all threads together: multiply-adds that never leave the registers, in GFLOP/s.
    pub peak_gflops: f64,
    /// Layers.
    pub layers: Vec<KernelFigure>,
}

/// Kinds, with the grid they work on: rows and columns in a latent frame.
const LAYERS: [(&str, &str, usize, usize, u32); 17] = [
    ("3×3 convolution", "pocket.a.0.a", 24, 40, 8),
    ("3×3 convolution", "pocket.b.0.a", 12, 20, 8),
    ("over frames", "pocket.a.0.time", 24, 40, 4),
    ("over frames", "pocket.b.0.time", 12, 20, 4),
    ("2×2 halving", "pocket.down1", 24, 40, 1),
    ("2×2 halving", "pocket.down2", 12, 20, 1),
    ("linear", "pocket.blocks.0.qkv", 1, TOKENS, 4),
    ("linear", "pocket.blocks.0.out", 1, TOKENS, 4),
    ("linear", "pocket.blocks.0.up", 1, TOKENS, 4),
    ("linear", "pocket.blocks.0.down", 1, TOKENS, 4),
    ("linear", "pocket.plan.join", 24, 40, 1),
    ("painter", "pocket.plan.set.b", 2 * 48, 80, 1),
    ("painter", "pocket.plan.scenery.b", 2 * 48, 80, 1),
    ("rise", "pocket.up1", 12, 20, 1),
    ("rise", "pocket.up2", 6, 10, 1),
    ("decoder", "decoder.a1", 24, 40, 4),
    ("decoder", "decoder.out", 48, 80, 1),
];
/// Tokens of a latent frame in the transformer.
const TOKENS: usize = 62;
/// Latent frames that a token sees to either side.
const WINDOW: usize = 7;
/// Repetitions, of which the fastest counts.
const TIMES: usize = 5;

/// Measures at the shapes of `weights`, for a clip of `frames` latent frames.
///
/// # Errors
/// [`JudgeError::Weights`] for bytes that are no weights; [`JudgeError::Cpu`] for a defect.
pub fn measure(weights: &[u8], frames: usize, threads: usize) -> Result<Kernels, JudgeError> {
    let file = SafeTensors::deserialize(weights).map_err(WeightsError::from)?;
    let (isa, pool) = (Isa::detect(), Pool::new(threads)?);
    let peak = peak(isa, &pool);
    let mut layers = Vec::new();
    for (kind, name, height, width, count) in LAYERS {
        let Ok(tensor) = file.tensor(&format!("{name}.weight")) else { continue };
        let shape = tensor.shape().to_vec();
        let grid = Grid { frames, height, width };
        let (seconds, work) = layer(isa, &pool, &shape, grid)?;
        let layer = format!("{} {shape:?}", name.trim_start_matches("pocket."));
        layers.push(figure((kind, layer, count), seconds, work, peak));
    }
    let (seconds, work) = attention(isa, &pool, frames)?;
    layers.push(figure(("attention", format!("{} tokens", frames * TOKENS), 4), seconds, work, peak));
    Ok(Kernels { threads: pool.threads(), lanes: isa.lanes(), peak_gflops: peak / 1e9, layers })
}

fn figure(
    (kind, layer, count): (&'static str, String, u32),
    seconds: f64,
    work: f64,
    peak: f64,
) -> KernelFigure {
    let rate = work / seconds.max(1e-9);
    let millis = seconds * 1e3 * f64::from(count);
    KernelFigure { kind, layer, count, millis, gflops: rate / 1e9, of_peak: rate / peak }
}

/// Operations a second of all threads at once.
fn peak(isa: Isa, pool: &Pool) -> f64 {
    const ROUNDS: usize = 400_000;
    let once = || {
        let start = Instant::now();
        let parts = pool.map((0..pool.threads()).collect(), |_| Peak { rounds: ROUNDS }.run(isa));
        let work: usize = parts.iter().map(|(work, value)| std::hint::black_box((*work, *value)).0).sum();
        work as f64 / start.elapsed().as_secs_f64()
    };
    (0..TIMES).map(|_| once()).fold(0.0, f64::max)
}

/// The shortest of a few runs, in seconds; the first only warms up.
fn timed(mut run: impl FnMut() -> Result<(), CpuError>) -> Result<f64, CpuError> {
    run()?;
    let mut best = Duration::MAX;
    for _ in 0..TIMES {
        let start = Instant::now();
        run()?;
        best = best.min(start.elapsed());
    }
    Ok(best.as_secs_f64())
}

/// Numbers of no meaning, none of them denormal.
fn numbers(count: usize) -> Vec<f32> {
    (0..count).map(|n| ((n * 7 + n / 13) % 101) as f32 / 101.0 - 0.5).collect()
}

/// Seconds and operations of the layer with weights of `shape`.
fn layer(isa: Isa, pool: &Pool, shape: &[usize], grid: Grid) -> Result<(f64, f64), CpuError> {
    let weight = numbers(shape.iter().product());
    let (outputs, inputs) = (shape[0], shape.get(1).copied().unwrap_or(1));
    let (x, mut out) = (numbers(grid.positions() * inputs), vec![0.0; grid.positions() * outputs]);
    let sides = (inputs, outputs);
    let seconds = match shape[2..] {
        [3, 3] => {
            let layer = Conv2d::new(isa, sides, &weight, None)?;
            timed(|| layer.forward(pool, grid, (&x, Source::Plain), &mut out, End::RELU))?
        }
        [2, 2] => {
            let layer = Halve::new(isa, sides, &weight, None)?;
            out.truncate(out.len() / 4);
            timed(|| layer.forward(pool, grid, &x, &mut out, End::STORE))?
        }
        [3] => {
            let layer = Temporal::new(isa, sides, &weight, None)?;
            timed(|| layer.forward(pool, grid, &x, &mut out, End::ADD))?
        }
        _ => {
            let layer = Linear::new(isa, sides, &weight, None)?;
            timed(|| layer.forward(pool, &x, &mut out, End::STORE))?
        }
    };
    let positions = out.len() / outputs.max(1);
    Ok((seconds, 2.0 * weight.len() as f64 * positions as f64))
}

/// Seconds and operations of an attention of four heads of 64, every pair of tokens counted.
fn attention(isa: Isa, pool: &Pool, frames: usize) -> Result<(f64, f64), CpuError> {
    const PAIRS: usize = 16;
    let tokens = frames * TOKENS;
    let layer = Attention { isa, heads: 4, size: 64 };
    let width = layer.heads * layer.size;
    let angles: Vec<f32> = (0..tokens * PAIRS).map(|n| (n / PAIRS / TOKENS) as f32 * 0.1).collect();
    let rotary = Rotary::new(&angles, PAIRS)?;
    let window: Vec<(u32, u32)> = (0..tokens)
        .map(|t| t / TOKENS)
        .map(|f| ((f.saturating_sub(WINDOW) * TOKENS) as u32, ((f + WINDOW + 1).min(frames) * TOKENS) as u32))
        .collect();
    let (mut qkv, mut out) = (numbers(tokens * 3 * width), vec![0.0; tokens * width]);
    let seconds = timed(|| layer.forward(pool, (&rotary, &window), &mut qkv, &mut out))?;
    Ok((seconds, 4.0 * (tokens * tokens * width) as f64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_layers_that_are_measured_exist() {
        let kernels = measure(crate::pocket::WEIGHTS, 2, 1).unwrap();
        assert_eq!(kernels.layers.len(), LAYERS.len() + 1, "a layer was renamed: {kernels:?}");
        assert!(kernels.layers.iter().all(|l| l.gflops > 0.0 && l.gflops.is_finite()));
    }
}
