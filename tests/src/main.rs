//! The one integration binary: the house rules, and real processes on loopback.
//!
//! Every module is listed here; `tidy::every_test_file_is_listed` fails when one is forgotten.

#![expect(clippy::unwrap_used, reason = "a test that cannot read its files should fail")]

mod architecture;
mod attacks;
mod consent;
mod direct;
mod inspect;
mod labels;
mod lineage;
mod make;
mod mallory;
mod seen;
mod spec_shot;
mod story;
mod support;
mod terminal;
mod tidy;
mod two_nodes;
