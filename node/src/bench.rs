//! Measurements that `kinora bench` reports. Each works on folders and processes of its own and leaves nothing.

pub mod ingest;
pub mod inspect;
pub mod pocket;
pub mod process;
pub mod render;
pub mod screen;
