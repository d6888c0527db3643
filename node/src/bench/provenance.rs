//! What signing a clip costs, and how much a manifest grows with each generation of remixes.

use kinora_media::provenance::{Ingredient, Issuer, Role, walk};
use kinora_protocol::ids::BlobHash;
use serde::Serialize;

use super::clips::{self, Creator};
use super::cpu::{Clock, Meter};

/// Generations of remixes, each by somebody else.
const GENERATIONS: u8 = 5;
/// How often a clip is signed.
const ROUNDS: u32 = 10;
/// Bytes that the large clip has beyond a small one.
const LARGE_BYTES: u32 = 5_000_000;

/// What signing costs.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ProvenanceFigures {
    /// What the times were read from.
    pub clock: Clock,
    /// To sign a clip and to read it again, in milliseconds.
    pub sign_millis: f64,
    /// The same for a large clip.
    pub large_sign_millis: f64,
    /// Bytes of the large clip.
    pub large_bytes: usize,
    /// Bytes of the manifests of a clip, of its remix, of the remix of that, and so on.
    pub manifest_bytes: Vec<usize>,
}

/// Measures on this thread.
///
/// # Errors
/// Why a clip could not be made or signed.
pub fn run() -> Result<ProvenanceFigures, String> {
    let file = clips::encoded(&clips::pattern(1))?;
    let large = clips::padded(file.clone(), LARGE_BYTES);
    let maker = Creator::new(1);
    let mut clock = Clock::Processor;
    let mut mean = |file: &[u8]| -> Result<f64, String> {
        maker.sign(file, &[], &[])?;
        let meter = Meter::thread();
        for _ in 0..ROUNDS {
            maker.sign(file, &[], &[])?;
        }
        let (took, by) = meter.stop();
        clock = by;
        Ok(took.as_secs_f64() * 1_000.0 / f64::from(ROUNDS))
    };
    let (sign_millis, large_sign_millis) = (mean(&file)?, mean(&large)?);
    let manifest_bytes = generations(&file)?;
    Ok(ProvenanceFigures { clock, sign_millis, large_sign_millis, large_bytes: large.len(), manifest_bytes })
}

/// The sizes of the manifests of a clip and its descendants.
fn generations(file: &[u8]) -> Result<Vec<usize>, String> {
    let (mut lineage, mut before): (Vec<Issuer>, Option<Vec<u8>>) = (Vec::new(), None);
    let mut sizes = Vec::new();
    for number in 1..=GENERATIONS {
        let maker = Creator::new(number);
        let parent = before.as_deref().map(|clip| Ingredient {
            role: Role::Parent,
            title: "the clip it is a remix of",
            clip: Some(clip),
            hash: BlobHash::of(clip),
        });
        let signed = maker.sign(file, parent.as_slice(), &lineage)?;
        sizes.push(walk(&signed).map_err(|e| e.to_string())?.manifest.map_or(0, |range| range.len()));
        before = Some(signed);
        lineage.push(maker.credential.issuer);
    }
    Ok(sizes)
}

/// What is said of them.
#[must_use]
pub fn lines(figures: &ProvenanceFigures) -> Vec<String> {
    let sizes = &figures.manifest_bytes;
    let grown: Vec<String> =
        sizes.iter().zip(sizes.iter().skip(1)).map(|(a, b)| b.saturating_sub(*a).to_string()).collect();
    vec![
        format!(
            "sign      {:.1} ms a clip, {:.1} ms one of {} B, read again included",
            figures.sign_millis, figures.large_sign_millis, figures.large_bytes
        ),
        format!(
            "manifest  {} B, and {} B more with each generation of remixes",
            sizes.first().copied().unwrap_or_default(),
            grown.join(", ")
        ),
    ]
}
