//! The `kinora` binary.
fn main() {}
