//! Where clips come from: files through ffmpeg, or scenes drawn here.

use std::process::{Command, Stdio};

use kinora_media::Footage;

/// Seconds of a file that are used.
const SECONDS: &str = "4";

/// The picture of a file, its size cut to even numbers.
pub(crate) fn load(path: &str) -> Footage {
    let probe = Command::new("ffprobe")
        .args(["-v", "error", "-select_streams", "v:0", "-show_entries", "stream=width,height,r_frame_rate"])
        .args(["-of", "csv=p=0", path])
        .output()
        .unwrap();
    let text = String::from_utf8(probe.stdout).unwrap();
    let mut fields = text.trim().split(',');
    let mut number = || fields.next().unwrap().parse::<u32>().unwrap();
    let (width, height) = (number() / 2 * 2, number() / 2 * 2);
    let (over, under) = fields.next().unwrap().split_once('/').unwrap();
    let fps = (over.parse::<f64>().unwrap() / under.parse::<f64>().unwrap()).round() as u32;
    let output = Command::new("ffmpeg")
        .args(["-v", "error", "-threads", "1", "-i", path, "-t", SECONDS, "-vf"])
        .arg(format!("crop={width}:{height}:0:0"))
        .args(["-vsync", "passthrough", "-pix_fmt", "rgb24", "-f", "rawvideo", "-"])
        .stderr(Stdio::inherit())
        .output()
        .unwrap();
    assert!(output.status.success(), "ffmpeg cannot read {path}");
    let frames = output.stdout.chunks_exact((width * height * 3) as usize).map(<[u8]>::to_vec).collect();
    Footage { width, height, fps, frames, ..Footage::default() }
}

/// A short drawn scene: waves, grain, and discs that move; different for every number.
pub(crate) fn synthetic(number: u64) -> Footage {
    let sizes = [(160, 96), (320, 192), (128, 80), (640, 360)];
    let (width, height) = sizes[if number.is_multiple_of(10) { 3 } else { (number % 3) as usize }];
    let mut state = number.wrapping_mul(0x2545_F491_4F6C_DD1D) | 1;
    let mut random = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 40) as f32 / (1u64 << 24) as f32
    };
    let waves: Vec<[f32; 4]> = (0..4)
        .map(|_| [random() * 0.4 - 0.2, random() * 0.4 - 0.2, random() * 0.5 - 0.25, random() * 40.0])
        .collect();
    let discs: Vec<[f32; 6]> = (0..5).map(|_| std::array::from_fn(|_| random())).collect();
    let grain: Vec<f32> = (0..width * height).map(|_| random() * 16.0 - 8.0).collect();
    let moving = random() > 0.5;
    let draw = |t: usize| {
        let mut rgb = Vec::with_capacity(width * height * 3);
        for y in 0..height {
            for x in 0..width {
                let wave: f32 = waves
                    .iter()
                    .map(|[a, b, c, d]| d * (a * x as f32 + b * y as f32 + c * t as f32).sin())
                    .sum();
                let shift = if moving { t * 3 } else { 0 };
                let mut level = 120.0 + wave + grain[(y * width + x + shift) % grain.len()];
                for [cx, cy, vx, vy, size, tone] in &discs {
                    let px = (cx + (vx - 0.5) * t as f32 / 40.0) * width as f32;
                    let py = (cy + (vy - 0.5) * t as f32 / 40.0) * height as f32;
                    if (x as f32 - px).hypot(y as f32 - py) < (0.05 + 0.15 * size) * height as f32 {
                        level = 255.0 * tone;
                    }
                }
                rgb.extend([level, level * 0.95, level * 0.9].map(|v| v.clamp(0.0, 255.0) as u8));
            }
        }
        rgb
    };
    Footage {
        width: width as u32,
        height: height as u32,
        fps: 12,
        frames: (0..24).map(draw).collect(),
        ..Footage::default()
    }
}

/// Seconds that this thread has been running on a processor: on a busy machine a clock on the wall says too much.
pub(crate) fn busy_seconds() -> f64 {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    text.split(' ').next().unwrap().parse::<f64>().unwrap() / 1e9
}
