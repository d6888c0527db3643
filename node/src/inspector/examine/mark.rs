//! What the invisible mark in the pictures says: whether it is the record's, or for a file that no record names, which.
//!
//! A mark is a pointer and never a proof, and a small picture may lose it: not to find one speaks against nobody.

use kinora_media::mark::{Search, detect_in};
use kinora_protocol::job::inspect::{Media, Question};
use kinora_protocol::verdict::{self, Check};

use super::Subject;

pub(super) fn inspect(subject: &mut Subject<'_>) -> Option<Check> {
    if !matches!(subject.media, Some(Media::Clip(_))) {
        return None;
    }
    let said = subject.expected.and_then(|expected| expected.tag);
    let search = match (subject.asks(Question::Mark), subject.asks(Question::Tag), said) {
        // Where a record names the file it was not cropped; elsewhere anything may have happened to it.
        (true, _, Some(_)) => Search::Whole,
        (true, _, None) => Search::Full,
        (false, true, _) => Search::Grid,
        (false, false, _) => return None,
    };
    let found = detect_in(subject.clip().ok()?, &search).map(|found| found.tag);
    subject.tag = found.map(Into::into);
    Some(verdict::mark(found, said.map(|tag| *tag)))
}
