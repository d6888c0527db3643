//! Kinora's media: footage to and from AV1 + Opus in fragmented MP4, stills as PNG, and given stills to pixels.
//!
//! Bytes in, bytes out: no files, no clock, no environment. A stranger's file can be refused, never obeyed: every
//! bound is checked before anything is allocated or decoded.

mod av1;
pub mod badge;
mod boxes;
mod clip;
mod colour;
pub mod decoded;
mod demux;
pub mod enlarge;
pub mod fault;
pub mod fingerprint;
pub mod footage;
pub mod mark;
mod mux;
mod obu;
mod opus;
mod poster;
pub mod provenance;
pub mod still;

#[cfg(test)]
#[expect(clippy::print_stderr, reason = "tests tell what they measured")]
mod hostile_tests;
#[cfg(test)]
#[expect(clippy::print_stderr, reason = "tests tell what they measured")]
mod interop_tests;
#[cfg(test)]
mod still_tests;
#[cfg(test)]
mod testing;
#[cfg(test)]
#[expect(clippy::print_stderr, reason = "tests tell what they measured")]
mod tests;

pub use clip::{
    ClipInfo, DecodeLimits, EncodeOptions, FOOTAGE_BYTES_DEFAULT, QUALITY_DEFAULT, decode, decode_planes,
    encode, probe,
};
pub use decoded::Decoded;
pub use fault::{ClipFault, EncodeError, PosterFault, StillFault};
pub use footage::{Footage, FootageError};
pub use poster::{Still, decode_poster, poster, poster_of};
