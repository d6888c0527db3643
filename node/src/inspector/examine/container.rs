//! What a file is, by its bytes and never by its name, and whether it is put together as that must be. Decodes nothing
//! but a poster, which is small.

use kinora_protocol::job::inspect::{ClipFacts, Media};
use kinora_protocol::recipe::Format;
use kinora_protocol::verdict::{Check, CheckName};

use super::Subject;

/// First bytes of a PNG and of a JPEG file.
const STILLS: [&[u8]; 2] = [b"\x89PNG", b"\xff\xd8\xff"];

/// Whether the file begins like a picture.
fn is_still(bytes: &[u8]) -> bool {
    STILLS.iter().any(|magic| bytes.starts_with(magic))
}

pub(super) fn inspect(subject: &mut Subject<'_>) -> Option<Check> {
    let found = if is_still(subject.bytes) { still(subject.bytes) } else { clip(subject.bytes) };
    Some(match found {
        Ok((media, detail)) => {
            subject.media = Some(media);
            Check::pass(CheckName::Container, &detail)
        }
        Err(reason) => Check::fail(CheckName::Container, &reason),
    })
}

fn clip(bytes: &[u8]) -> Result<(Media, String), String> {
    let info = kinora_media::probe(bytes).map_err(|fault| match fault {
        kinora_media::ClipFault::NotMp4 => "this is neither an MP4 file nor a PNG or JPEG".to_owned(),
        other => other.to_string(),
    })?;
    let format = Format { width: info.width, height: info.height, fps: info.fps, frames: info.frames };
    let (sample_rate, channels, fragments) = (info.sample_rate, info.channels, info.fragments);
    let sound = match channels {
        0 => "silent".to_owned(),
        1 => format!("Opus at {sample_rate} Hz"),
        _ => format!("stereo Opus at {sample_rate} Hz"),
    };
    let seconds = info.millis as f64 / 1_000.0;
    let detail = format!(
        "fragmented MP4 of {seconds:.1} s in {fragments} fragments: AV1 of {} B, {sound}",
        info.picture_bytes
    );
    Ok((Media::Clip(ClipFacts { format, sample_rate, channels, fragments }), detail))
}

fn still(bytes: &[u8]) -> Result<(Media, String), String> {
    if let Ok(still) = kinora_media::decode_poster(bytes) {
        let (width, height) = (still.width, still.height);
        return Ok((Media::Poster { width, height }, format!("a poster of {width}×{height} pixels")));
    }
    let (width, height) = kinora_media::still::probe(bytes).map_err(|fault| fault.to_string())?;
    Ok((Media::Still { width, height }, format!("a still of {width}×{height} pixels")))
}
