//! Plain labels in the file itself, for readers that know nothing of manifests.
//!
//! `AIGC` is the implicit label of China's GB 45438-2025, in the place where ffmpeg keeps free metadata
//! (`moov/udta/meta`, handler `mdta`); `©too` names the tool. Both are written before the manifest is, so it covers
//! them. Clips address their samples from each fragment's start, so a longer `moov` moves nothing.

use kinora_protocol::ids::{AuthorId, BlobHash};

use super::seal::SealError;
use crate::boxes::{self, Budget};
use crate::fault::{ClipFault, Code};

/// Name and version of the tool.
pub(super) const TOOL: (&str, &str) = ("Kinora", env!("CARGO_PKG_VERSION"));
/// `Label` of GB 45438-2025: certainly generated.
const CERTAIN: &str = "1";
/// Well-known types of a metadata value: UTF-8 text.
const UTF8: u32 = 1;
/// ISO 639-2 `und`, packed (ISO/IEC 14496-12 §8.4.2.3).
const UNDETERMINED: u16 = 0x55c4;

/// A copy of `clip` whose `moov` says that it is generated, by whom and with what.
pub(super) fn labelled(clip: &[u8], author: AuthorId) -> Result<Vec<u8>, SealError> {
    let mut budget = Budget::new();
    let top = boxes::walk(clip, 0, &mut budget)?;
    let moov = boxes::one(&top, b"moov")?;
    if boxes::maybe(&moov.children(0, &mut budget)?, b"udta")?.is_some() {
        return Err(SealError::Labelled);
    }
    let udta = udta(&aigc(author, BlobHash::of(clip)));
    let end = moov.body_start + moov.body.len();
    let misfit = || ClipFault::BoxSize { kind: Code(*b"moov"), at: moov.start };
    let size = u32::try_from(end - moov.start + udta.len()).map_err(|_| misfit())?;
    // Our muxer writes 32-bit sizes; a larger header would have to be patched elsewhere.
    if moov.body_start - moov.start != 8 {
        return Err(misfit().into());
    }
    let parts = clip.get(..moov.start).zip(clip.get(moov.start + 4..end)).zip(clip.get(end..));
    let ((before, head), after) = parts.ok_or_else(misfit)?;
    Ok([before, &size.to_be_bytes(), head, &udta, after].concat())
}

/// The seven keys. The producer's and the propagator's codes are one account: the node that makes a clip publishes it.
fn aigc(author: AuthorId, unlabelled: BlobHash) -> String {
    serde_json::json!({
        "Label": CERTAIN,
        "ContentProducer": author.to_string(),
        "ProduceID": unlabelled.to_string(),
        "ReservedCode1": "",
        "ContentPropagator": author.to_string(),
        "PropagateID": unlabelled.to_string(),
        "ReservedCode2": "",
    })
    .to_string()
}

fn udta(aigc: &str) -> Vec<u8> {
    let handler = [&[0; 8][..], b"mdta", &[0; 13]].concat();
    let key = boxed(*b"mdta", &[b"AIGC"]);
    let keys = boxed(*b"keys", &[&[0; 4], &1_u32.to_be_bytes(), &key]);
    let data = boxed(*b"data", &[&UTF8.to_be_bytes(), &[0; 4], aigc.as_bytes()]);
    // Items are named by the number of their key, from 1.
    let list = boxed(*b"ilst", &[&boxed(1_u32.to_be_bytes(), &[&data])]);
    let meta = boxed(*b"meta", &[&[0; 4], &boxed(*b"hdlr", &[&handler]), &keys, &list]);
    let tool = format!("{} {}", TOOL.0, TOOL.1);
    let length = (tool.len() as u16).to_be_bytes();
    let tool = boxed(*b"\xa9too", &[&length, &UNDETERMINED.to_be_bytes(), tool.as_bytes()]);
    boxed(*b"udta", &[&meta, &tool])
}

/// A box with a 32-bit size.
fn boxed(kind: [u8; 4], parts: &[&[u8]]) -> Vec<u8> {
    let body = parts.concat();
    let size = (body.len() as u32).saturating_add(8);
    [&size.to_be_bytes()[..], &kind, &body].concat()
}
