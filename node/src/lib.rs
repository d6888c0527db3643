//! The node: store, network, blobs, studio, control API and the verbs of the command line.
//!
//! `node::Node` puts the parts together; `cli` turns words into calls. Only `output` and the terminal program print.
#![warn(missing_docs)]

pub mod api;
pub mod bench;
pub mod blobs;
pub mod child;
pub mod cli;
pub mod clock;
pub mod door;
pub mod error;
pub mod files;
pub mod home;
pub mod inspector;
pub mod jcs;
pub mod keystore;
pub mod letters;
pub mod log;
pub mod node;
pub mod output;
pub mod random;
pub mod settings;
pub mod store;
pub mod studio;
pub mod swarm;
#[cfg(test)]
mod testing;
pub mod tui_link;
pub mod worker;
