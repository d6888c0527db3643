//! What a clip looks and sounds like, or a poster looks like. It answers a question and checks nothing.

use kinora_media::fingerprint;
use kinora_protocol::fingerprint::Fingerprint;
use kinora_protocol::job::inspect::{Media, Question};
use kinora_protocol::verdict::Check;

use super::Subject;

pub(super) fn inspect(subject: &mut Subject<'_>) -> Option<Check> {
    if subject.asks(Question::Fingerprint) {
        // What does not decode has no fingerprint; the check `decode` says why.
        subject.fingerprint = match subject.media? {
            Media::Clip(_) => subject.clip().ok().and_then(|clip| fingerprint::of_decoded(clip).ok()),
            Media::Poster { .. } => still(subject.bytes),
            Media::Still { .. } => None,
        };
    }
    None
}

fn still(bytes: &[u8]) -> Option<Fingerprint> {
    let still = kinora_media::decode_poster(bytes).ok()?;
    Some(fingerprint::of_still(&still.rgb, still.width as usize, still.height as usize))
}
