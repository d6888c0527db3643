//! Kinora's generation: worlds, blocking and the Pocket model.
//!
//! Prompt → scene → blocking → footage. Nothing here prints, reads a file or an environment; weights come in as bytes.

pub mod blocking;
pub mod conditioning;
pub mod engine;
pub mod pocket;
pub mod reference;
pub mod worlds;

pub use engine::{RenderError, render};
