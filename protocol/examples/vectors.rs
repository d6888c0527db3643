//! Writes the test vectors of the specification: `cargo run -p kinora-protocol --example vectors`.
//!
//! They go to `specs/vectors`, or to the folder given as an argument. Everything in them follows from fixed seeds, so
//! two runs give the same bytes; with `--check` nothing is written and a difference is an error. A change in these
//! files is a change of the protocol.
#![expect(clippy::print_stdout, reason = "a program that says what it did")]

use std::error::Error;
use std::path::PathBuf;

#[path = "vectors/make.rs"]
mod make;

fn main() -> Result<(), Box<dyn Error>> {
    let mut check = false;
    let mut folder = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../specs/vectors"));
    for argument in std::env::args().skip(1) {
        match argument.as_str() {
            "--check" => check = true,
            other => folder = PathBuf::from(other),
        }
    }
    if !check {
        std::fs::create_dir_all(&folder)?;
    }
    let mut stale = Vec::new();
    for (name, text) in make::all()? {
        let path = folder.join(name);
        if std::fs::read_to_string(&path).is_ok_and(|there| there == text) {
            continue;
        }
        if !check {
            std::fs::write(&path, text)?;
        }
        stale.push(name);
    }
    match (stale.is_empty(), check) {
        (true, _) => println!("every vector is up to date"),
        (false, false) => println!("written: {}", stale.join(", ")),
        (false, true) => return Err(format!("out of date: {}", stale.join(", ")).into()),
    }
    Ok(())
}
