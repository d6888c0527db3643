//! Weather, mood and style: what is done to the whole picture after set and subject are painted.

use kinora_protocol::shot::{Mood, Scene, Style, Weather};

use super::canvas::{Canvas, Rgb, mix};

/// Flakes or drops in the air.
const FLAKES: usize = 26;

fn luma(c: Rgb) -> f32 {
    0.3 * c[0] + 0.59 * c[1] + 0.11 * c[2]
}

fn grey(l: f32) -> Rgb {
    [l, l, l]
}

fn map(canvas: &mut Canvas, mut f: impl FnMut(Rgb) -> Rgb) {
    for pixel in &mut canvas.pixels {
        *pixel = f(*pixel);
    }
}

/// Coverage of a point of the stage by falling rain or snow, 0 … 1. Few and large: specks eat a small model's capacity.
pub(crate) fn falling(weather: Weather, phase: f32, time: f32, x: f32, y: f32) -> f32 {
    let (speed, drift, wide, long) = match weather {
        Weather::Rain => (130.0, -36.0, 0.9, 9.0),
        Weather::Snowfall => (26.0, 6.0, 1.5, 3.0),
        Weather::Clear | Weather::Fog => return 0.0,
    };
    let mut cover = 0.0f32;
    for n in 0..FLAKES {
        let n = n as f32;
        let top =
            (super::places::scatter(n + 11.0) * 96.0 + phase * 96.0 + time * speed).rem_euclid(96.0) - 12.0;
        let down = y - top;
        if !(-1.0..=long + 1.0).contains(&down) {
            continue;
        }
        let left = (super::places::scatter(n + 31.0) * 140.0 + time * drift).rem_euclid(140.0) - 6.0;
        let lean = if matches!(weather, Weather::Rain) { -0.28 * down } else { 0.0 };
        let across = (x - left - lean).abs() - wide;
        cover = cover.max(
            (0.5 - across).clamp(0.0, 1.0) * (0.5 - (down - long / 2.0).abs() + long / 2.0).clamp(0.0, 1.0),
        );
    }
    cover
}

/// Applies weather, mood and style.
pub(crate) fn grade(canvas: &mut Canvas, scene: &Scene, fall_phase: f32, time: f32) {
    weather(canvas, scene.weather, fall_phase, time);
    mood(canvas, scene.mood);
    style(canvas, scene.style);
    map(canvas, |c| c.map(|v| v.clamp(0.0, 1.0)));
}

fn weather(canvas: &mut Canvas, weather: Weather, phase: f32, time: f32) {
    match weather {
        Weather::Clear => {}
        Weather::Fog => {
            for (at, pixel) in canvas.pixels.iter_mut().enumerate() {
                let thick = if canvas.subject[at] > 0.5 { 0.28 } else { 0.55 };
                *pixel = mix(*pixel, [0.78, 0.8, 0.82], thick);
            }
        }
        Weather::Rain | Weather::Snowfall => {
            let (dim, colour, strength) = if matches!(weather, Weather::Rain) {
                (0.82, [0.78, 0.86, 1.0], 0.6)
            } else {
                (0.97, [1.0; 3], 0.92)
            };
            for at in 0..canvas.pixels.len() {
                let (x, y) = ((at % canvas.width) as f32 + 0.5, (at / canvas.width) as f32 + 0.5);
                let (x, y) = super::to_stage(x, y);
                let cover = strength * falling(weather, phase, time, x, y);
                canvas.pixels[at] = mix(canvas.pixels[at].map(|v| v * dim), colour, cover);
            }
        }
    }
}

fn mood(canvas: &mut Canvas, mood: Mood) {
    match mood {
        Mood::Calm => {}
        Mood::Happy => map(canvas, |c| mix(grey(luma(c)), c, 1.25).map(|v| v + 0.05)),
        Mood::Sad => map(canvas, |c| {
            let c = mix(grey(luma(c)), c, 0.5);
            [c[0] * 0.86, c[1] * 0.93, c[2] * 1.04]
        }),
        Mood::Dramatic => vignette(canvas, [1.12, 1.05, 0.95]),
        Mood::Tense => vignette(canvas, [1.15, 0.86, 0.84]),
        Mood::Mysterious => vignette(canvas, [0.82, 0.88, 1.18]),
    }
}

fn vignette(canvas: &mut Canvas, cast: Rgb) {
    let (w, h) = (canvas.width as f32, canvas.height as f32);
    for at in 0..canvas.pixels.len() {
        let (x, y) = ((at % canvas.width) as f32 / w - 0.5, (at / canvas.width) as f32 / h - 0.5);
        let dark = 1.0 - 0.55 * (2.6 * x * x + 2.6 * y * y).clamp(0.0, 1.0);
        let c = canvas.pixels[at];
        canvas.pixels[at] = [c[0] * cast[0] * dark, c[1] * cast[1] * dark, c[2] * cast[2] * dark];
    }
}

/// Strength of edges in picture and subject, 0 … 1.
fn edges(canvas: &Canvas) -> Vec<f32> {
    let (w, h) = (canvas.width, canvas.height);
    let value = |at: usize| luma(canvas.pixels[at]);
    (0..w * h)
        .map(|at| {
            let left = if at % w > 0 { at - 1 } else { at };
            let up = if at >= w { at - w } else { at };
            let picture = (value(at) - value(left)).abs() + (value(at) - value(up)).abs();
            let m = &canvas.subject;
            let subject = (m[at] - m[left]).abs() + (m[at] - m[up]).abs();
            (2.2 * (picture + 0.8 * subject)).clamp(0.0, 1.0)
        })
        .collect()
}

fn style(canvas: &mut Canvas, style: Style) {
    match style {
        Style::Plain => {}
        Style::Cartoon => {
            let edge = edges(canvas);
            for (pixel, e) in canvas.pixels.iter_mut().zip(edge) {
                let c = mix(grey(luma(*pixel)), *pixel, 1.4).map(|v| v.clamp(0.0, 1.0));
                *pixel = c.map(|v| (v * 5.0).round() / 5.0 * (1.0 - 0.85 * e));
            }
        }
        Style::Watercolour => watercolour(canvas),
        Style::Pixel => pixelate(canvas),
        Style::Noir => map(canvas, |c| grey(((luma(c) - 0.4) * 1.4 + 0.45).clamp(0.0, 1.0))),
        Style::Neon => {
            let edge = edges(canvas);
            for (at, e) in edge.into_iter().enumerate() {
                let c = canvas.pixels[at];
                let s = mix(grey(luma(c)), c, 2.2).map(|v| v.clamp(0.0, 1.0));
                let m = canvas.subject[at];
                let line = [0.55, 0.1, 0.6];
                canvas.pixels[at] = [0, 1, 2]
                    .map(|k| s[k] * 0.22 * [0.9, 0.5, 1.3][k] + e * (s[k] * 0.5 + line[k]) + m * s[k] * 0.45);
            }
        }
        Style::Sketch => {
            let edge = edges(canvas);
            for (pixel, e) in canvas.pixels.iter_mut().zip(edge) {
                let line = (0.97 - 0.85 * e - 0.16 * (1.0 - luma(*pixel))).clamp(0.0, 1.0);
                *pixel = mix(grey(line), *pixel, 0.1);
            }
        }
        Style::Vintage => {
            map(canvas, |c| mix(mix(grey(luma(c)), c, 0.35), [0.0; 3], 0.05));
            map(canvas, |c| [c[0] * 0.85 + 0.16, c[1] * 0.8 + 0.1, c[2] * 0.62 + 0.06]);
            vignette(canvas, [1.05, 1.0, 0.95]);
        }
    }
}

/// Washes: a blur over paper, lighter than the original.
fn watercolour(canvas: &mut Canvas) {
    let (w, h) = (canvas.width as isize, canvas.height as isize);
    let source = canvas.pixels.clone();
    for y in 0..h {
        for x in 0..w {
            let mut sum = [0.0f32; 3];
            for dy in -2..=2 {
                for dx in -2..=2 {
                    let at = (y + dy).clamp(0, h - 1) * w + (x + dx).clamp(0, w - 1);
                    let c = source[at as usize];
                    sum = [sum[0] + c[0], sum[1] + c[1], sum[2] + c[2]];
                }
            }
            let at = (y * w + x) as usize;
            let paper = 0.3 + 0.03 * ((x as f32 * 0.7).sin() * (y as f32 * 0.9).cos());
            canvas.pixels[at] = [0, 1, 2].map(|k| sum[k] / 25.0 * 0.36 + source[at][k] * 0.34 + paper);
        }
    }
}

/// Blocks of four by four pixels in few colours.
fn pixelate(canvas: &mut Canvas) {
    let w = canvas.width;
    for top in (0..canvas.height).step_by(4) {
        for left in (0..w).step_by(4) {
            let mut sum = [0.0f32; 3];
            let cells = (0..16).map(|k| (top + k / 4) * w + left + k % 4);
            for at in cells.clone() {
                let c = canvas.pixels[at];
                sum = [sum[0] + c[0], sum[1] + c[1], sum[2] + c[2]];
            }
            let colour = sum.map(|v| (v / 16.0 * 6.0).round() / 6.0);
            for at in cells {
                canvas.pixels[at] = colour;
            }
        }
    }
}
