"""Training of the Pocket model on the procedural worlds. See README.md beside this package."""
