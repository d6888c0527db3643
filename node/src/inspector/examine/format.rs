//! Whether a clip has the size and length that its record states.

use kinora_protocol::job::inspect::Media;
use kinora_protocol::verdict::{self, Check};

use super::Subject;

pub(super) fn inspect(subject: &mut Subject<'_>) -> Option<Check> {
    match (subject.media, subject.expected) {
        (Some(Media::Clip(clip)), Some(expected)) => Some(verdict::format(&clip.format, &expected.format)),
        _ => None,
    }
}
