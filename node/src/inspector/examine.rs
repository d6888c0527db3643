//! What is looked into, one inspection per file, in a fixed order; and the answer that comes of it.
//!
//! Runs inside the confined process. An inspection finds out one thing about a [`Subject`], leaves what it found for
//! those after it, and makes one check at most. A new one is a file beside this and a line in [`INSPECTIONS`].

mod container;
mod decode;
mod fingerprint;
mod format;
mod mark;
mod poster;
mod provenance;

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

use kinora_media::{Decoded, Footage};
use kinora_protocol::fingerprint::Fingerprint;
use kinora_protocol::job::inspect::{Expected, Inspect, Inspected, Media, Question};
use kinora_protocol::verdict::{Check, CheckName};
use serde_bytes::{ByteArray, ByteBuf};

/// One inspection.
type Inspection = fn(&mut Subject<'_>) -> Option<Check>;

/// All of them, in their order.
const INSPECTIONS: &[Inspection] = &[
    container::inspect,
    format::inspect,
    decode::inspect,
    provenance::inspect,
    poster::inspect,
    fingerprint::inspect,
    mark::inspect,
];

/// A file under inspection, with what is known of it so far.
struct Subject<'a> {
    bytes: &'a [u8],
    questions: &'a [Question],
    expected: Option<&'a Expected>,
    media: Option<Media>,
    /// Decoded once, for whoever needs it first. In colour it is only where that is needed.
    clip: Option<Result<Decoded, String>>,
    poster: Option<Vec<u8>>,
    fingerprint: Option<Fingerprint>,
    /// What the mark in its pictures carries.
    tag: Option<ByteArray<8>>,
}

impl<'a> Subject<'a> {
    fn new(asked: &'a Inspect) -> Self {
        Self {
            bytes: &asked.file,
            questions: &asked.questions,
            expected: asked.expected.as_ref(),
            media: None,
            clip: None,
            poster: None,
            fingerprint: None,
            tag: None,
        }
    }

    fn asks(&self, question: Question) -> bool {
        self.questions.contains(&question)
    }

    /// The decoded clip, or why it does not decode.
    fn clip(&mut self) -> Result<&Decoded, &str> {
        let bytes = self.bytes;
        let limits = kinora_media::DecodeLimits::default();
        let decode = || kinora_media::decode_planes(bytes, &limits).map_err(|fault| fault.to_string());
        self.clip.get_or_insert_with(decode).as_ref().map_err(String::as_str)
    }
}

/// Looks into one file. A decoder that panics costs the answer, not the process; the node replaces it anyway.
#[must_use]
pub fn answer(asked: &Inspect) -> (Inspected, Option<Footage>) {
    catch_unwind(AssertUnwindSafe(|| look(asked))).unwrap_or_else(|panic| {
        let detail = format!("could not be inspected: the decoder failed ({})", panic_text(&*panic));
        let checks = vec![Check::fail(CheckName::Inspection, &detail)];
        (Inspected { checks, ..Inspected::default() }, None)
    })
}

fn look(asked: &Inspect) -> (Inspected, Option<Footage>) {
    let mut subject = Subject::new(asked);
    let checks: Vec<Check> = INSPECTIONS.iter().filter_map(|inspection| inspection(&mut subject)).collect();
    let wanted = asked.questions.contains(&Question::Footage);
    let footage = subject.clip.filter(|_| wanted).and_then(Result::ok).map(Decoded::into_footage);
    let (media, poster) = (subject.media, subject.poster.map(ByteBuf::from));
    let (fingerprint, tag) = (subject.fingerprint, subject.tag);
    (Inspected { media, checks, poster, fingerprint, tag }, footage)
}

fn panic_text(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("without a reason")
}
