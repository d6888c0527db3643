//! What a warm inspector needs for a clip, by what it is asked: how much an operator can admit with one core.
//!
//! Measured from outside, in processor time of the inspector, so that what else the machine does changes little.

use std::path::Path;
use std::time::Duration;

use kinora_protocol::job::inspect::{Expected, FromInspector, Inspect, Question, ToInspector, Vouchers};
use kinora_protocol::recipe::Format;
use kinora_protocol::verdict::CheckState;
use serde::Serialize;
use serde_bytes::ByteBuf;

use super::clips::{self, Creator, TAG};
use super::cpu::{Clock, Meter};
use crate::inspector::process::{self, Process};
use crate::node::fetching::ARRIVAL_QUESTIONS;

/// How often each question is asked.
const ROUNDS: u32 = 20;
/// Bytes that the large clip has beyond a small one.
const LARGE_BYTES: u32 = 5_000_000;

/// One kind of clip, in milliseconds for each question.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct ClipFigures {
    /// Bytes of the file.
    pub bytes: usize,
    /// For its boxes alone.
    pub describe_millis: f64,
    /// With all of it decoded.
    pub decode_millis: f64,
    /// Decoded, with its fingerprint.
    pub fingerprint_millis: f64,
    /// Decoded, with the mark looked for as `verify` does.
    pub mark_millis: f64,
    /// With its manifest checked against a record, and nothing decoded.
    pub provenance_millis: f64,
    /// All that is asked about a clip that arrives.
    pub arrival_millis: f64,
    /// Clips like this that may arrive in a second, for each core.
    pub arrivals_per_second: f64,
}

/// What an inspector needs.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct InspectFigures {
    /// What the figures were read from.
    pub clock: Clock,
    /// Length of a clip, in seconds.
    pub clip_seconds: u32,
    /// Until a new inspector has answered about its first file, by the clock on the wall.
    pub start_millis: u64,
    /// A drawn scene, as the embedded engine makes them.
    pub scene: ClipFigures,
    /// A pattern that is hard to decode.
    pub pattern: ClipFigures,
    /// Bytes of the large clip.
    pub large_bytes: usize,
    /// For boxes and manifest of the large clip.
    pub large_millis: f64,
}

/// Measures.
///
/// # Errors
/// Why there was no clip, or no inspector.
pub async fn run(program: &Path, seconds: u32) -> Result<InspectFigures, String> {
    let creator = Creator::new(1);
    let scene = clips::encoded(&clips::scene(seconds)?)?;
    let large = creator.sign(&clips::padded(scene.clone(), LARGE_BYTES), &[], &[])?;
    let scene = creator.sign(&scene, &[], &[])?;
    let pattern = creator.sign(&clips::encoded(&clips::pattern(seconds))?, &[], &[])?;
    let expected = expected(&creator, seconds);
    let start = std::time::Instant::now();
    let (process, _) = Process::start(program).await.map_err(|end| end.to_string())?;
    let mut asker = Asker { process, expected, clock: Clock::Processor };
    asker.ask(&scene, &[Question::Describe]).await?;
    let start_millis = u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX);
    let scene = asker.clip(&scene).await?;
    let pattern = asker.clip(&pattern).await?;
    let large_millis = asker.mean(&large, &[Question::Describe, Question::Provenance]).await?;
    Ok(InspectFigures {
        clock: asker.clock,
        clip_seconds: seconds,
        start_millis,
        scene,
        pattern,
        large_bytes: large.len(),
        large_millis,
    })
}

/// What the record of such a clip would say.
fn expected(creator: &Creator, seconds: u32) -> Expected {
    let credential = &creator.credential;
    let vouchers = Vouchers {
        author: (credential.issuer.author, credential.issuer.root.into()),
        device: credential.device,
        lineage: Vec::new(),
        parents: Vec::new(),
        synthetic: true,
        consent: Some([3; 32].into()),
    };
    let format = Format { width: 160, height: 96, fps: 12, frames: seconds * 12 };
    Expected { format, vouchers: Some(Box::new(vouchers)), tag: Some(TAG.into()) }
}

struct Asker {
    process: Process,
    expected: Expected,
    clock: Clock,
}

impl Asker {
    async fn clip(&mut self, file: &[u8]) -> Result<ClipFigures, String> {
        let with = |question| [Question::Describe, Question::Decode, question];
        let arrival_millis = self.mean(file, ARRIVAL_QUESTIONS).await?;
        Ok(ClipFigures {
            bytes: file.len(),
            describe_millis: self.mean(file, &[Question::Describe]).await?,
            decode_millis: self.mean(file, &[Question::Describe, Question::Decode]).await?,
            fingerprint_millis: self.mean(file, &with(Question::Fingerprint)).await?,
            mark_millis: self.mean(file, &with(Question::Mark)).await?,
            provenance_millis: self.mean(file, &[Question::Describe, Question::Provenance]).await?,
            arrival_millis,
            arrivals_per_second: 1_000.0 / arrival_millis.max(f64::MIN_POSITIVE),
        })
    }

    /// Milliseconds for these questions, the mean of some rounds after one that does not count.
    async fn mean(&mut self, file: &[u8], questions: &[Question]) -> Result<f64, String> {
        self.ask(file, questions).await?;
        let mut took = Duration::ZERO;
        for _ in 0..ROUNDS {
            took = took.saturating_add(self.ask(file, questions).await?);
        }
        Ok(took.as_secs_f64() * 1_000.0 / f64::from(ROUNDS))
    }

    async fn ask(&mut self, file: &[u8], questions: &[Question]) -> Result<Duration, String> {
        let (file, expected) = (ByteBuf::from(file), Some(self.expected.clone()));
        let asked = Inspect { file, questions: questions.to_vec(), expected };
        let frame = process::frame(&ToInspector::Inspect(Box::new(asked))).map_err(|e| e.to_string())?;
        let pid = self.process.id().ok_or("the inspector is gone")?;
        let meter = Meter::process(pid);
        let answer = self.process.ask(&frame, None).await.map_err(|end| end.to_string())?;
        let (took, clock) = meter.stop();
        self.clock = clock;
        let FromInspector::Inspected(inspected) = answer else {
            return Err("the inspector answered another question".to_owned());
        };
        match inspected.checks.iter().find(|check| check.state == CheckState::Fail) {
            Some(check) => Err(format!("{:?}: {}", check.name, check.detail)),
            None => Ok(took),
        }
    }
}

/// What is said of them.
#[must_use]
pub fn lines(figures: &InspectFigures) -> Vec<String> {
    let clock = match figures.clock {
        Clock::Processor => "processor time",
        Clock::Wall => "time on the wall",
    };
    let one = |name: &str, clip: &ClipFigures| {
        format!(
            "  {name:<8}{:.1} clips/s arrive ({:.1} ms): boxes {:.2}, decoded {:.1}, with fingerprint {:.1}, with mark {:.1}, manifest {:.1}; {} B",
            clip.arrivals_per_second,
            clip.arrival_millis,
            clip.describe_millis,
            clip.decode_millis,
            clip.fingerprint_millis,
            clip.mark_millis,
            clip.provenance_millis,
            clip.bytes
        )
    };
    vec![
        format!(
            "inspect   clips of {} s in a warm inspector, {clock} of one core; started in {} ms",
            figures.clip_seconds, figures.start_millis
        ),
        one("scene", &figures.scene),
        one("pattern", &figures.pattern),
        format!("  large   boxes and manifest of {} B: {:.1} ms", figures.large_bytes, figures.large_millis),
    ]
}
