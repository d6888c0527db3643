//! Nothing at all: the real crate is used by wasm builds only, and Kinora is not built for wasm. The `[patch]` in the
//! workspace's `Cargo.toml` says which versions it reconciles.
