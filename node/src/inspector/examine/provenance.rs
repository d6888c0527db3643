//! Whether the manifest in an MP4 is signed by whom its record says; of a file that no record names, what it claims.

use kinora_media::provenance::{self, Expected, Issuer, Provenance, State};
use kinora_protocol::ids::AuthorId;
use kinora_protocol::job::inspect::{Question, Vouchers};
use kinora_protocol::verdict::{Check, CheckName};
use serde_bytes::ByteArray;

use super::Subject;

pub(super) fn inspect(subject: &mut Subject<'_>) -> Option<Check> {
    if !subject.asks(Question::Provenance) || !is_mp4(subject.bytes) {
        return None;
    }
    let vouchers = subject.expected.and_then(|expected| expected.vouchers.as_deref());
    Some(match vouchers {
        Some(vouchers) => vouched(subject.bytes, vouchers, subject.expected.and_then(|e| e.tag)),
        None => claimed(&provenance::inspect(subject.bytes)),
    })
}

/// Stills carry no manifest of ours.
fn is_mp4(bytes: &[u8]) -> bool {
    bytes.get(4..8) == Some(b"ftyp")
}

fn issuer((author, root): &(AuthorId, ByteArray<32>)) -> Issuer {
    Issuer { author: *author, root: **root }
}

/// Against a record.
fn vouched(bytes: &[u8], vouchers: &Vouchers, tag: Option<ByteArray<8>>) -> Check {
    let lineage: Vec<Issuer> = vouchers.lineage.iter().map(issuer).collect();
    let expected = Expected {
        issuer: issuer(&vouchers.author),
        device: vouchers.device,
        lineage: &lineage,
        parents: &vouchers.parents,
        synthetic: vouchers.synthetic,
        consent: vouchers.consent.map(|hash| *hash),
        tag: tag.map(|tag| *tag),
    };
    let found = provenance::verify(bytes, &expected);
    let odd = |state| found.checks.iter().find(|check| check.state == state);
    let detail = |check: &provenance::Check| format!("{}: {}", check.name, check.detail);
    match (odd(State::Fail), odd(State::Warn)) {
        (Some(wrong), _) => Check::fail(CheckName::Provenance, &detail(wrong)),
        (None, Some(doubt)) => Check::new(CheckName::Provenance, State::Warn, &detail(doubt)),
        (None, None) if found.is_verified() => Check::pass(
            CheckName::Provenance,
            &format!("signed by the author of the record; {}", said(&found)),
        ),
        (None, None) => Check::new(CheckName::Provenance, State::Warn, "not all of it could be checked"),
    }
}

/// Of a file that nobody here vouches for.
fn claimed(found: &Provenance) -> Check {
    let wrong = found.checks.iter().find(|check| check.state == State::Fail);
    match (wrong, &found.claims) {
        // What is no MP4 that can be walked makes no claim that could be wrong.
        (Some(wrong), None) if wrong.name == "structure" => {
            Check::none(CheckName::Provenance, wrong.detail.as_str())
        }
        (Some(wrong), _) => Check::fail(CheckName::Provenance, &format!("{}: {}", wrong.name, wrong.detail)),
        (None, None) => Check::none(CheckName::Provenance, "the file carries no content credentials"),
        (None, Some(claims)) => {
            let by = if claims.name.is_empty() { &claims.issuer } else { &claims.name };
            let detail = format!(
                "unchanged since it was signed by \"{by}\", whom nobody vouches for here; {}",
                said(found)
            );
            Check::new(CheckName::Provenance, State::Warn, &detail)
        }
    }
}

/// With what it says it was made, and how.
fn said(found: &Provenance) -> String {
    let Some(claims) = &found.claims else { return "it says nothing".to_owned() };
    let with = if claims.agent.is_empty() { &claims.generator } else { &claims.agent };
    let how: Vec<&str> = claims.sources.iter().map(|source| source.as_str()).collect();
    let how = if how.is_empty() { "it does not say how it was made".to_owned() } else { how.join(", ") };
    if with.is_empty() { how } else { format!("made with {with}; {how}") }
}
