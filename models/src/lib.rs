//! Kinora's generation: worlds, blocking and the Pocket model.
//!
//! Prompt → scene → blocking → footage. Nothing here prints, reads a file or an environment; weights come in as bytes.

pub mod blocking;
pub mod conditioning;
pub mod cpu;
pub mod engine;
pub mod judge;
mod materials;
pub mod placing;
pub mod pocket;
pub mod reference;
pub mod storyboard;
pub mod weights;
pub mod worlds;

pub use engine::{RenderError, render};
pub use materials::{MaterialFault, given};
