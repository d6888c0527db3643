//! Kinora's protocol: records, keys, ids, prompt vocabulary, wire frames, job and API messages.
//!
//! Pure: no I/O, no clock, no randomness, no async. Time, randomness and identity come in as values, effects go out
//! as values. A peer cannot make this crate fail: what it sends wrong is data (a `Fault`).
#![forbid(unsafe_code)]
#![warn(missing_docs)]
#![cfg_attr(
    not(test),
    deny(
        clippy::indexing_slicing,
        clippy::arithmetic_side_effects,
        clippy::expect_used,
        clippy::cast_possible_truncation,
        clippy::iter_over_hash_type
    )
)]

pub mod api;
pub mod badge;
pub mod check;
pub mod consent;
pub mod drisl;
pub mod fault;
pub mod feed;
pub mod fetch;
pub mod fingerprint;
pub mod ids;
pub mod job;
pub mod keys;
pub mod labels;
pub mod limits;
pub mod lineage;
pub mod recipe;
pub mod record;
pub mod sealed;
pub mod shot;
pub mod sync;
pub mod text;
pub mod verdict;

#[cfg(test)]
mod specs;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod vectors;
/// The generator of the vectors knows this crate by its outer name.
#[cfg(test)]
extern crate self as kinora_protocol;

/// Name of the network; it stands inside every signed body.
pub const NETWORK: &str = "kinora-1";
