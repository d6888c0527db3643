//! Kinora's generation: worlds, blocking and the Pocket model.
