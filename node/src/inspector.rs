//! The inspector, `kinora inspect`: the only process in which media of strangers is parsed and decoded.
//!
//! It confines itself before it reads a byte, then answers one file after another: bytes in, facts and checks out, over
//! its pipes and nothing else. One thread, because starting more is among what it gave up. What a hostile file can do
//! to it ends here: the node's side is in [`pool`], and [`examine`] is the list of what is looked into.

pub mod confine;
pub mod examine;
pub mod pool;
pub mod process;
pub mod rehearse;

use std::io::{self, Read, Write};

use kinora_media::Footage;
use kinora_protocol::job::inspect::{Confinement, FromInspector, ToInspector};
use kinora_protocol::job::{self, FrameFault};
use serde_bytes::ByteBuf;

/// Files one inspector answers for before it is replaced: what a file did to it, or took from it, ends with it.
pub const FILES_MAX: u32 = 64;

/// An inspector that could not even talk.
#[derive(Debug, thiserror::Error)]
pub enum InspectorError {
    /// The node is gone or never was there.
    #[error("the node's pipe broke: {0}")]
    Pipe(#[from] io::Error),
    /// What came in is not a message, or what goes out is too large for one.
    #[error(transparent)]
    Frame(#[from] FrameFault),
}

/// Says how it is confined, then answers until the node closes the pipe.
///
/// # Errors
/// [`InspectorError`] when the node does not talk or listen as agreed.
pub fn serve(
    mut from: impl Read,
    mut out: impl Write,
    confinement: &Confinement,
) -> Result<(), InspectorError> {
    send(&mut out, &FromInspector::Confined(confinement.clone()))?;
    while let Some(message) = receive(&mut from)? {
        match message {
            ToInspector::Inspect(asked) => {
                let (inspected, footage) = examine::answer(&asked);
                if let Some(footage) = footage {
                    send_footage(&mut out, footage)?;
                }
                send(&mut out, &FromInspector::Inspected(Box::new(inspected)))?;
            }
            ToInspector::Rehearse(what) => {
                let tried = rehearse::run(what, confinement);
                send(&mut out, &FromInspector::Rehearsed(tried))?;
            }
        }
    }
    Ok(())
}

/// The next message; nothing when the node has closed the pipe.
fn receive(from: &mut impl Read) -> Result<Option<ToInspector>, InspectorError> {
    let mut prefix = [0u8; 4];
    match from.read_exact(&mut prefix) {
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        read => read?,
    }
    let length = job::body_length(prefix)?;
    // The node is believed about the length of what it sends, so that a large file is not moved while it grows.
    let mut body = Vec::with_capacity(length);
    from.take(length as u64).read_to_end(&mut body)?;
    Ok(Some(job::decode(&body)?))
}

fn send(out: &mut impl Write, message: &FromInspector) -> Result<(), InspectorError> {
    out.write_all(&job::encode(message)?)?;
    Ok(out.flush()?)
}

/// Frame by frame, so that no message is larger than a picture and each is freed once it is gone.
fn send_footage(out: &mut impl Write, footage: Footage) -> Result<(), InspectorError> {
    for frame in footage.frames {
        send(out, &FromInspector::Frame(ByteBuf::from(frame)))?;
    }
    if footage.samples.is_empty() {
        return Ok(());
    }
    let bytes: Vec<u8> = footage.samples.iter().flat_map(|sample| sample.to_le_bytes()).collect();
    send(out, &FromInspector::Sound(ByteBuf::from(bytes)))
}

#[cfg(test)]
mod tests;
