//! Whether all of a file decodes: every frame, every sample, or the whole still.

use kinora_protocol::job::inspect::{Media, Question};
use kinora_protocol::verdict::{Check, CheckName};

use super::Subject;

pub(super) fn inspect(subject: &mut Subject<'_>) -> Option<Check> {
    if !subject.asks(Question::Decode) && !subject.asks(Question::Footage) {
        return None;
    }
    let found = match subject.media? {
        Media::Clip(_) => clip(subject),
        // It was decoded to find out that it is one.
        Media::Poster { .. } => Ok("the whole poster".to_owned()),
        Media::Still { .. } => kinora_media::still::decode(subject.bytes)
            .map(|picture| format!("all {}×{} pixels", picture.width, picture.height))
            .map_err(|fault| fault.to_string()),
    };
    Some(match found {
        Ok(detail) => Check::pass(CheckName::Decode, &detail),
        Err(reason) => Check::fail(CheckName::Decode, &reason),
    })
}

fn clip(subject: &mut Subject<'_>) -> Result<String, String> {
    let clip = subject.clip().map_err(str::to_owned)?;
    let instants = clip.samples().len() / usize::from(clip.info().channels.max(1));
    let frames = clip.frames();
    Ok(match instants {
        0 => format!("all {frames} frames"),
        _ => format!("all {frames} frames and {instants} samples"),
    })
}
