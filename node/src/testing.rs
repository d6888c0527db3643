//! Fixtures that the tests of several modules share.

use kinora_protocol::ids::BlobHash;
use kinora_protocol::recipe::Format;
use kinora_protocol::record::{BlobRef, Clip};

/// What every clip of [`clip`] says it is.
pub(crate) const FORMAT: Format = Format { width: 64, height: 48, fps: 12, frames: 12 };

/// The `n`th clip, whose file has the hash of `n`s; nothing is said of it that need not be.
pub(crate) fn clip(n: u8) -> Clip {
    Clip {
        title: format!("clip {n}"),
        ..Clip::new(BlobRef { hash: BlobHash([n; 32]), size: 9 }, FORMAT, [n; 8].into())
    }
}
