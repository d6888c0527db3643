//! The one integration binary: the house rules, and real processes on loopback.
//!
//! Every module is listed here; `tidy::every_test_file_is_listed` fails when one is forgotten.

mod architecture;
mod spec_shot;
mod tidy;
