//! The still of a clip that has none, as a poster. It answers a question and checks nothing.

use kinora_protocol::job::inspect::{Media, Question};
use kinora_protocol::verdict::Check;

use super::Subject;

pub(super) fn inspect(subject: &mut Subject<'_>) -> Option<Check> {
    if subject.asks(Question::Poster) && matches!(subject.media, Some(Media::Clip(_))) {
        // A clip that does not decode has no poster; the check `decode` says why.
        subject.poster = subject.clip().ok().and_then(|clip| kinora_media::poster_of(clip).ok());
    }
    None
}
