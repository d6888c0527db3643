//! Measurements that `kinora bench` reports. Each works on folders and processes of its own and leaves nothing.

pub mod clips;
pub mod cpu;
pub mod fingerprint;
pub mod ingest;
pub mod inspect;
pub mod pocket;
pub mod process;
pub mod provenance;
pub mod render;
pub mod revoke;
pub mod screen;
