//! Messages between a node and its inspector, the confined process in which media of strangers is parsed.
//!
//! The node asks about one file at a time; the inspector answers with frames of footage if they were asked for, and
//! with [`Inspected`] last. What comes back has been near a hostile file: [`Inspected::bounded`] is where a node stops
//! believing it, and facts, never the inspector, decide the verdict.

use serde::{Deserialize, Serialize};
use serde_bytes::{ByteArray, ByteBuf};

use crate::fingerprint::Fingerprint;
use crate::ids::{AuthorId, DeviceKey, Rid};
use crate::limits::{CHECK_DETAIL_CHARS_MAX, CHECKS_MAX, CLIP_BYTES_MAX, POSTER_BYTES_MAX};
use crate::recipe::Format;
use crate::text::Text;
use crate::verdict::Check;

/// What a node wants to know about a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Question {
    /// What it is: gives the media and the check `container`. Always answered, asked or not.
    Describe,
    /// Whether all of it decodes: gives the check `decode`.
    Decode,
    /// A still of a clip, as PNG.
    Poster,
    /// All frames and samples of a clip, each frame in a message of its own.
    Footage,
    /// What the manifest in an MP4 says, and whether it holds: gives the check `provenance`.
    Provenance,
    /// What a clip or a poster looks and sounds like.
    Fingerprint,
    /// What the invisible mark in its pictures says: gives the check `mark`.
    Mark,
    /// As `mark`, but looked for only where it stands in a clip as it was made: cheap enough for every file that comes.
    Tag,
}

/// What the file should be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Expected {
    /// The format that the record states: gives the check `format`.
    pub format: Format,
    /// Who may have signed its manifest, when that is asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vouchers: Option<Box<Vouchers>>,
    /// What the mark in its pictures should carry, when that is asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tag: Option<ByteArray<8>>,
}

/// Whose signatures count for the manifest in a file, and what it must say; all of it from records.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Vouchers {
    /// The author, and its root key in the certificate of the record.
    pub author: (AuthorId, ByteArray<32>),
    /// The device that signed the record.
    pub device: DeviceKey,
    /// Authors of the clips it descends from with their root keys, at most
    /// [`LINEAGE_AUTHORS_MAX`](crate::limits::LINEAGE_AUTHORS_MAX).
    pub lineage: Vec<(AuthorId, ByteArray<32>)>,
    /// Records of the clips it was made from.
    pub parents: Vec<Rid>,
    /// Whether the record says that it is generated.
    pub synthetic: bool,
    /// The consent hash of the record, when somebody is shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub consent: Option<ByteArray<32>>,
}

/// One file and the questions about it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Inspect {
    /// The bytes, at most [`CLIP_BYTES_MAX`].
    pub file: ByteBuf,
    /// What is asked.
    pub questions: Vec<Question>,
    /// What it should be, when a record says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expected: Option<Expected>,
}

/// What an inspector tries on request, so that a node can show that it is confined and replaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rehearsal {
    /// To open files, sockets and programs, to start a process and to take more memory than it may: answers with
    /// [`FromInspector::Rehearsed`].
    Escape,
    /// To end without an answer.
    Abort,
    /// Never to answer.
    Loop,
    /// To take memory until it ends.
    Memory,
}

/// Node to inspector.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ToInspector {
    /// Look into this file.
    Inspect(Box<Inspect>),
    /// Try this.
    Rehearse(Rehearsal),
}

/// What is in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Media {
    /// AV1 and Opus in fragmented MP4.
    Clip(ClipFacts),
    /// A PNG that a clip may have as its poster.
    Poster {
        /// Width in pixels.
        width: u32,
        /// Height in pixels.
        height: u32,
    },
    /// A PNG or JPEG that a render may be made from, and that is no poster.
    Still {
        /// Width in pixels.
        width: u32,
        /// Height in pixels.
        height: u32,
    },
}

/// What a clip says about itself, after its structure was checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClipFacts {
    /// Size and length.
    pub format: Format,
    /// Samples per second; 0 when it is silent.
    pub sample_rate: u32,
    /// 1 or 2; 0 when it is silent.
    pub channels: u16,
    /// Pieces that can be played by themselves.
    pub fragments: u32,
}

/// What the inspector found.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Inspected {
    /// What it is; absent when it is nothing that Kinora knows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub media: Option<Media>,
    /// What was checked, at most [`CHECKS_MAX`].
    pub checks: Vec<Check>,
    /// A still (PNG), if it was asked for and could be made: at most [`POSTER_BYTES_MAX`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub poster: Option<ByteBuf>,
    /// Its fingerprint, if it was asked for and could be made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fingerprint: Option<Fingerprint>,
    /// The tag of the mark that was read, if that was asked and there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tag: Option<ByteArray<8>>,
}

impl Inspected {
    /// What may be believed of an answer: details are cut to one line, and an answer over its bounds is none.
    #[must_use]
    pub fn bounded(mut self) -> Option<Self> {
        let poster = self.poster.as_ref().map_or(0, |poster| poster.len() as u64);
        let fingerprint = self.fingerprint.as_ref().is_none_or(Fingerprint::is_bounded);
        if self.checks.len() > CHECKS_MAX || poster > POSTER_BYTES_MAX || !fingerprint {
            return None;
        }
        for check in &mut self.checks {
            check.detail = Text::line(check.detail.as_str(), CHECK_DETAIL_CHARS_MAX);
        }
        Some(self)
    }
}

/// How far one kind of confinement holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Hold {
    /// All of it.
    Full,
    /// Some of it, and what is missing.
    Part(Text),
    /// Nothing, and why.
    None(Text),
}

/// What keeps an inspector from everything but its pipes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Confinement {
    /// Limits on memory, processor time, descriptors and file sizes (`setrlimit`).
    pub limits: Hold,
    /// No access to any file (Landlock).
    pub files: Hold,
    /// No system calls but those of a computation (seccomp).
    pub calls: Hold,
}

/// Inspector to node.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FromInspector {
    /// First of all, before anything was read: how it is confined.
    Confined(Confinement),
    /// One frame of footage, `width × height × 3` bytes of sRGB.
    Frame(ByteBuf),
    /// All samples of the footage: little-endian 32-bit floats, interleaved.
    Sound(ByteBuf),
    /// The answer about a file.
    Inspected(Box<Inspected>),
    /// What the rehearsed escapes came to: the name of each, and how it was stopped, or nothing if it was not.
    Rehearsed(Vec<(String, Option<String>)>),
}

/// Whether a file is small enough to be asked about.
#[must_use]
pub const fn is_askable(bytes: usize) -> bool {
    bytes as u64 <= CLIP_BYTES_MAX
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::fingerprint::Second;
    use crate::job::{decode, encode};
    use crate::limits::FINGERPRINT_SECONDS_MAX;
    use crate::verdict::CheckName;

    #[test]
    fn the_largest_question_and_the_largest_frame_fit_into_a_message() {
        let file = ByteBuf::from(vec![0; CLIP_BYTES_MAX as usize]);
        let questions = vec![
            Question::Describe,
            Question::Decode,
            Question::Poster,
            Question::Footage,
            Question::Provenance,
            Question::Fingerprint,
            Question::Mark,
            Question::Tag,
        ];
        let ask = ToInspector::Inspect(Box::new(Inspect { file, questions, expected: None }));
        assert!(encode(&ask).is_ok());
        assert!(is_askable(CLIP_BYTES_MAX as usize) && !is_askable(CLIP_BYTES_MAX as usize + 1));
    }

    #[test]
    fn an_answer_over_its_bounds_is_none() {
        let check = Check::pass(CheckName::Decode, "all of it");
        let many = Inspected { checks: vec![check.clone(); CHECKS_MAX + 1], ..Inspected::default() };
        assert_eq!(many.bounded(), None);
        let poster = Some(ByteBuf::from(vec![0; POSTER_BYTES_MAX as usize + 1]));
        assert_eq!(Inspected { poster, ..Inspected::default() }.bounded(), None);
        let seconds = vec![Second { hash: [0; 32].into(), quality: 1 }; FINGERPRINT_SECONDS_MAX + 1];
        let fingerprint = Some(Fingerprint { seconds, ..Fingerprint::default() });
        assert_eq!(Inspected { fingerprint, ..Inspected::default() }.bounded(), None);
        // What came over the wire was made by whoever made it.
        let loud = serde_json::json!({ "checks": [{ "name": "decode", "state": "pass", "detail": "x\n".repeat(900) }] });
        let loud: Inspected = serde_json::from_value(loud).unwrap();
        let detail = loud.bounded().unwrap().checks.remove(0).detail;
        assert!(
            detail.as_str().chars().count() <= CHECK_DETAIL_CHARS_MAX + 1 && !detail.as_str().contains('\n')
        );
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            if let Ok(message) = decode::<FromInspector>(&bytes) {
                prop_assert_eq!(decode::<FromInspector>(&encode(&message).unwrap()[4..]).unwrap(), message);
            }
            drop(decode::<ToInspector>(&bytes));
        }
    }
}
