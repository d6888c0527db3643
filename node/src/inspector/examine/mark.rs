//! What the invisible mark in the pictures says: whether it is the record's, or for a file that no record names, which.
//!
//! A mark is a pointer and never a proof, and a small picture may lose it: not to find one speaks against nobody.

use kinora_media::mark::{Found, Search, detect_in};
use kinora_protocol::job::inspect::{Media, Question};
use kinora_protocol::verdict::{Check, CheckName, CheckState};

use super::Subject;

pub(super) fn inspect(subject: &mut Subject<'_>) -> Option<Check> {
    if !subject.asks(Question::Mark) || !matches!(subject.media, Some(Media::Clip(_))) {
        return None;
    }
    let expected = subject.expected.and_then(|expected| expected.tag);
    // Where a record names the file it was not cropped; elsewhere anything may have happened to it.
    let search = if expected.is_some() { Search::Whole } else { Search::Full };
    let found = detect_in(subject.clip().ok()?, &search);
    subject.tag = found.map(|found| found.tag.into());
    Some(said(found, expected.map(|tag| *tag)))
}

fn said(found: Option<Found>, expected: Option<[u8; 8]>) -> Check {
    let Some(Found { tag, .. }) = found else {
        return Check::none(CheckName::Mark, "no mark can be read in its pictures");
    };
    let tag_text: String = tag.iter().map(|byte| format!("{byte:02x}")).collect();
    match expected {
        Some(expected) if expected == tag => {
            Check::pass(CheckName::Mark, &format!("its pictures carry the record's tag {tag_text}"))
        }
        Some(_) => {
            let detail = format!("its pictures carry the mark of another clip, with the tag {tag_text}");
            Check::new(CheckName::Mark, CheckState::Warn, &detail)
        }
        None => Check::none(CheckName::Mark, &format!("its pictures carry a mark with the tag {tag_text}")),
    }
}
