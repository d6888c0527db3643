//! The tag that the invisible mark of a clip carries. It answers a question and checks nothing.

use kinora_media::mark::{Search, detect};
use kinora_protocol::job::inspect::{Media, Question};
use kinora_protocol::verdict::Check;

use super::Subject;

pub(super) fn inspect(subject: &mut Subject<'_>) -> Option<Check> {
    if subject.asks(Question::Mark) && matches!(subject.media, Some(Media::Clip(_))) {
        // Cropped and mirrored copies are what a mark is for: everything is tried.
        let footage = subject.footage().ok();
        subject.tag = footage.and_then(|footage| detect(footage, &Search::Full)).map(|found| found.tag);
    }
    None
}
