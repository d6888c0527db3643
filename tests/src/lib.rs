//! Nothing lives here: this package is one integration binary, `src/main.rs`.
