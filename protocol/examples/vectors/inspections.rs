//! Vectors of what an inspector is asked and answers, and of verdicts: checks, and what follows from them.

use kinora_protocol::ids::{AuthorId, DeviceKey, Rid};
use kinora_protocol::job::inspect::{
    ClipFacts, Confinement, Expected, FromInspector, Hold, Inspect, Inspected, Media, Question, Rehearsal,
    ToInspector, Vouchers,
};
use kinora_protocol::recipe::Format;
use kinora_protocol::text::Text;
use kinora_protocol::verdict::{self, Check, CheckName, CheckState};
use serde_bytes::ByteBuf;
use serde_json::{Value, json};

use super::wire::frame;
use super::{Fallible, lists};

const FORMAT: Format = Format { width: 64, height: 48, fps: 12, frames: 24 };

pub(super) fn to_inspector() -> Fallible<Value> {
    let ask = |questions, expected| {
        ToInspector::Inspect(Box::new(Inspect { file: ByteBuf::from([0, 0, 0, 1]), questions, expected }))
    };
    let all = vec![
        Question::Describe,
        Question::Decode,
        Question::Poster,
        Question::Footage,
        Question::Provenance,
        Question::Fingerprint,
        Question::Mark,
        Question::Tag,
    ];
    let vouchers = Vouchers {
        author: (AuthorId([1; 32]), [2; 32].into()),
        device: DeviceKey([3; 32]),
        lineage: vec![(AuthorId([4; 32]), [5; 32].into())],
        parents: vec![Rid([6; 32])],
        synthetic: true,
        consent: Some([5; 32].into()),
    };
    let expected = Expected { format: FORMAT, vouchers: Some(Box::new(vouchers)), tag: Some([7; 8].into()) };
    Ok(json!([
        frame("describe", &ask(vec![Question::Describe], None))?,
        frame(
            "a format",
            &ask(vec![Question::Decode], Some(Expected { format: FORMAT, vouchers: None, tag: None }))
        )?,
        frame("everything", &ask(all, Some(expected)))?,
        frame("rehearse escapes", &ToInspector::Rehearse(Rehearsal::Escape))?,
        frame("rehearse an endless loop", &ToInspector::Rehearse(Rehearsal::Loop))?,
    ]))
}

pub(super) fn from_inspector() -> Fallible<Value> {
    let confined = Confinement {
        limits: Hold::Full,
        files: Hold::None(Text::line("this kernel has no Landlock", 80)),
        calls: Hold::Part(Text::line("an example", 80)),
    };
    let clip = ClipFacts { format: FORMAT, sample_rate: 24_000, channels: 1, fragments: 2 };
    let inspected = Inspected {
        media: Some(Media::Clip(clip)),
        checks: vec![
            Check::pass(CheckName::Container, "AV1 and Opus in fragmented MP4"),
            verdict::format(&FORMAT, &FORMAT),
        ],
        poster: Some(ByteBuf::from([0x89, 0x50])),
        fingerprint: Some(lists::fingerprint()),
        tag: Some([1, 2, 3, 4, 5, 6, 7, 8].into()),
    };
    let nothing = Inspected {
        checks: vec![Check::fail(CheckName::Container, "this is not an MP4 file")],
        ..Inspected::default()
    };
    let still = Inspected { media: Some(Media::Still { width: 3, height: 2 }), ..Inspected::default() };
    let rehearsed = vec![
        ("open a file".to_owned(), Some("Permission denied".to_owned())),
        ("open a socket".to_owned(), None),
    ];
    Ok(json!([
        frame("confined", &FromInspector::Confined(confined))?,
        frame("a frame", &FromInspector::Frame(ByteBuf::from([1, 2, 3])))?,
        frame("sound", &FromInspector::Sound(ByteBuf::from(0.5f32.to_le_bytes())))?,
        frame("a clip", &FromInspector::Inspected(Box::new(inspected)))?,
        frame("a still", &FromInspector::Inspected(Box::new(still)))?,
        frame("nothing known", &FromInspector::Inspected(Box::new(nothing)))?,
        frame("rehearsed", &FromInspector::Rehearsed(rehearsed))?,
    ]))
}

/// Lists of checks with the verdict that follows, at least one for each rule.
pub(super) fn verdicts() -> Fallible<Value> {
    use CheckState::{Fail, None, Pass, Warn};
    let needed = |changes: &[(CheckName, CheckState)]| {
        let kept = CheckName::NEEDED.iter().filter(|name| changes.iter().all(|(n, _)| n != *name));
        kept.map(|name| (*name, Pass)).chain(changes.iter().copied()).collect::<Vec<_>>()
    };
    let cases = [
        ("everything that is needed", needed(&[])),
        ("no consent is needed", needed(&[(CheckName::Consent, None)])),
        ("nothing at all", Vec::new()),
        ("no record, no manifest", vec![(CheckName::Container, Fail)]),
        ("a manifest without a record", vec![(CheckName::Provenance, Pass), (CheckName::Container, Pass)]),
        ("another file", needed(&[(CheckName::File, Fail)])),
        ("another format", needed(&[(CheckName::Format, Fail)])),
        ("a broken manifest", needed(&[(CheckName::Provenance, Fail)])),
        ("the mark of another clip", needed(&[(CheckName::Mark, Fail)])),
        ("the file is not here", needed(&[(CheckName::File, None), (CheckName::Decode, None)])),
        ("the inspector ended over it", needed(&[(CheckName::Inspection, Fail), (CheckName::Decode, None)])),
        ("a reservation", needed(&[(CheckName::Fingerprint, Warn)])),
        ("consent not confirmed lately", needed(&[(CheckName::Consent, Warn)])),
        ("consent taken back", needed(&[(CheckName::Consent, Fail)])),
        ("taken back, and altered too", needed(&[(CheckName::Consent, Fail), (CheckName::File, Fail)])),
        ("one of two consents taken back", needed(&[(CheckName::Consent, Pass), (CheckName::Consent, Fail)])),
    ];
    let cases = cases.into_iter().map(|(name, states)| {
        let checks: Vec<Check> = states.iter().map(|(name, state)| Check::new(*name, *state, "")).collect();
        json!({ "name": name, "checks": checks, "verdict": verdict::of(&checks) })
    });
    Ok(Value::Array(cases.collect()))
}
