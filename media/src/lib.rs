//! Kinora's media: footage to and from AV1 + Opus in fragmented MP4.
pub mod footage;
