//! Provenance: the signed manifest inside a clip's file that says who made it, with what, from what.
//!
//! The format is C2PA (content credentials), so that other people's tools can read it; the trust is ours. Every author
//! is its own certificate authority, and a verifier anchors on the authors it was given and on nobody else. Nothing is
//! ever fetched, no key is ever held (whoever has it signs through a function), and no file that our own box walk
//! refused reaches the C2PA library. `specs/provenance.md` says all of it in prose.
//!
//! A manifest does not cover every byte of an MP4 file, so it never replaces the hash of the whole file in the clip's
//! record: the caller compares that first.

mod cbor;
mod certificate;
mod claims;
mod context;
mod der;
mod label;
mod manifest;
mod report;
mod seal;
mod verify;
mod walk;

#[cfg(test)]
mod certificate_tests;
#[cfg(test)]
mod fixtures;
#[cfg(test)]
mod foreign_tests;
#[cfg(test)]
mod independent_tests;
#[cfg(test)]
mod manifest_tests;
#[cfg(test)]
mod profile_tests;
#[cfg(test)]
mod tamper_tests;
#[cfg(test)]
mod walk_tests;

pub use certificate::{Credential, Issuer};
pub use manifest::{Change, Ingredient, Made, Mark, Role, Statement, rfc3339};
pub use report::{Check, Provenance, State};
pub use seal::{SealError, seal};
pub use verify::{Expected, inspect, verify};
pub use walk::{Layout, WalkFault, walk};

/// Prefix of the names that are ours in a manifest: a reverse domain name, as C2PA asks for.
pub const NAMESPACE: &str = "org.kinora";
/// Media type of a clip.
const FORMAT: &str = "video/mp4";
