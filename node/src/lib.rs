//! The node: store, network, blobs, studio, control API and the verbs of the command line.
//!
//! `node::Node` puts the parts together; `cli` turns words into calls. Only `output` and the terminal program print.
#![warn(missing_docs)]

pub mod api;
pub mod blobs;
pub mod error;
pub mod output;
pub mod studio;
pub mod swarm;
pub mod worker;
