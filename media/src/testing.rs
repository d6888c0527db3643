//! Footage and measures for this package's tests.

use crate::footage::Footage;

/// A colourful scene with motion: a sky gradient, a ball that crosses it, a striped floor, and a melody.
pub(crate) fn scene(width: u32, height: u32, fps: u32, frames: usize) -> Footage {
    let picture = (0..frames).map(|t| frame(width, height, t as f32 / fps as f32)).collect();
    let sample_rate = 24_000;
    let samples = (0..frames * sample_rate as usize / fps as usize).map(|i| {
        let seconds = i as f32 / sample_rate as f32;
        let pitch = 220.0 * (1.0 + (seconds * 2.0).floor() * 0.25);
        let tone = |overtone: f32| (std::f32::consts::TAU * pitch * overtone * seconds).sin() / overtone;
        0.3 * (tone(1.0) + tone(2.0) * 0.5 + tone(3.0) * 0.3)
    });
    Footage { width, height, fps, frames: picture, sample_rate, channels: 1, samples: samples.collect() }
}

fn frame(width: u32, height: u32, seconds: f32) -> Vec<u8> {
    let mut rgb = Vec::with_capacity((width * height * 3) as usize);
    let centre = (0.2 + 0.15 * seconds, 0.45 + 0.1 * (seconds * 3.0).sin());
    for y in 0..height {
        for x in 0..width {
            let (u, v) = (x as f32 / width as f32, y as f32 / height as f32);
            let far = ((u - centre.0).powi(2) * 2.56 + (v - centre.1).powi(2)).sqrt();
            let sky = [90.0 + 120.0 * v, 120.0 + 60.0 * u, 220.0 - 90.0 * v];
            let stripe = if (((u + seconds * 0.1) * 12.0) as u32).is_multiple_of(2) { 30.0 } else { 0.0 };
            let floor = [60.0 + stripe, 110.0 + stripe, 50.0];
            let ball = [230.0 - 200.0 * far, 60.0, 40.0];
            let colour = if far < 0.16 {
                ball
            } else if v > 0.75 {
                floor
            } else {
                sky
            };
            rgb.extend(colour.map(|c| c.clamp(0.0, 255.0) as u8));
        }
    }
    rgb
}

/// Peak signal-to-noise ratio over all frames, in decibels.
pub(crate) fn psnr(a: &Footage, b: &Footage) -> f64 {
    let (mut sum, mut count) = (0.0, 0.0);
    for (x, y) in a.frames.iter().flatten().zip(b.frames.iter().flatten()) {
        sum += (f64::from(*x) - f64::from(*y)).powi(2);
        count += 1.0;
    }
    10.0 * (255.0_f64.powi(2) * count / sum.max(1e-9)).log10()
}
