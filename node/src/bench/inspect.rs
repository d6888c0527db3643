//! How long a warm inspector takes for a clip, one after another: what an operator can admit with one core.

use std::path::Path;
use std::time::{Duration, Instant};

use kinora_media::{EncodeOptions, Footage};
use kinora_protocol::job::inspect::Question;
use kinora_protocol::verdict::CheckState;
use serde::Serialize;

use crate::inspector::pool::Inspectors;

/// Size and frame rate of the clips: those of the embedded engine.
const FRAME: (u32, u32, u32) = (160, 96, 12);
/// Clips that are inspected and measured; with every question less than one inspector answers for.
const CLIPS: u32 = 20;

/// How fast clips are inspected by one warm inspector.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct InspectFigures {
    /// Length of a clip, in seconds.
    pub clip_seconds: u32,
    /// Bytes of a clip.
    pub clip_bytes: usize,
    /// Until a new inspector has answered about its first file, in milliseconds.
    pub start_millis: u64,
    /// For the box walk of a clip, in milliseconds.
    pub describe_millis: f64,
    /// For everything: walk and full decoding, in milliseconds.
    pub decode_millis: f64,
    /// For what every clip that comes is asked: walk, full decoding and fingerprint, in milliseconds.
    pub arrive_millis: f64,
}

/// Measures.
///
/// # Errors
/// Why there was no clip, or no inspector.
pub async fn run(program: &Path, seconds: u32) -> Result<InspectFigures, String> {
    let clip = clip(seconds)?;
    let inspectors = Inspectors::new(program.to_owned());
    let start = ask(&inspectors, &clip, &[Question::Describe]).await?;
    let mut took = [Duration::ZERO; 3];
    let questions: [&[Question]; 3] = [
        &[Question::Describe],
        &[Question::Describe, Question::Decode],
        &[Question::Describe, Question::Decode, Question::Fingerprint],
    ];
    for _ in 0..CLIPS {
        for (took, questions) in took.iter_mut().zip(questions) {
            *took = took.saturating_add(ask(&inspectors, &clip, questions).await?);
        }
    }
    let millis = took.map(|all| all.as_secs_f64() * 1_000.0 / f64::from(CLIPS));
    let [describe_millis, decode_millis, arrive_millis] = millis;
    let start_millis = u64::try_from(start.as_millis()).unwrap_or(u64::MAX);
    Ok(InspectFigures {
        clip_seconds: seconds,
        clip_bytes: clip.len(),
        start_millis,
        describe_millis,
        decode_millis,
        arrive_millis,
    })
}

async fn ask(inspectors: &Inspectors, clip: &[u8], questions: &[Question]) -> Result<Duration, String> {
    let file = clip.to_vec();
    let start = Instant::now();
    let inspected = inspectors.inspect(file, questions, None).await.map_err(|e| e.to_string())?;
    let took = start.elapsed();
    match inspected.checks.iter().find(|check| check.state != CheckState::Pass) {
        Some(check) => Err(check.detail.as_str().to_owned()),
        None => Ok(took),
    }
}

/// A clip in which every frame differs, with a tone.
fn clip(seconds: u32) -> Result<Vec<u8>, String> {
    let (width, height, fps) = FRAME;
    let frame = |at: u32| {
        let pixels = (0..height).flat_map(|y| (0..width).map(move |x| (x, y)));
        pixels
            .flat_map(|(x, y)| [(x * 2 + at * 3) % 256, (y * 3 + at) % 256, (x ^ y) % 256])
            .map(|v| v as u8)
            .collect()
    };
    let footage = Footage {
        width,
        height,
        fps,
        frames: (0..seconds * fps).map(frame).collect(),
        sample_rate: 24_000,
        channels: 1,
        samples: (0..seconds * 24_000).map(|i| (i as f32 * 0.06).sin() * 0.3).collect(),
    };
    kinora_media::encode(&footage, &EncodeOptions::default(), &mut |_, _| {}).map_err(|e| e.to_string())
}
