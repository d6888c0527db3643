//! Throws broken bytes at everything in the protocol that parses, on a stable compiler:
//! `cargo run -p kinora-protocol --example fuzz -- TARGET SEED COUNT`, where `all` stands for every target.
//!
//! Inputs are the vectors of the specification, changed by a seeded mutator; an input with an outcome that was not seen
//! before joins them. A target panics when a promise is broken; the input is shown then, and the same seed finds it
//! again. The development profile checks overflow, so it is the one to use.
#![expect(clippy::print_stdout, reason = "a program that says what it did")]

use std::collections::BTreeSet;
use std::error::Error;
use std::panic::AssertUnwindSafe;

use serde_json::Value;

#[path = "fuzz/mutate.rs"]
mod mutate;
#[path = "fuzz/targets.rs"]
mod targets;

use mutate::Dice;
use targets::{TARGETS, Target};

/// Most inputs kept of one target.
const CORPUS_MAX: usize = 4_096;

/// The files of vectors, read at compile time.
const VECTORS: [&str; 11] = [
    include_str!("../../specs/vectors/consent.json"),
    include_str!("../../specs/vectors/drisl.json"),
    include_str!("../../specs/vectors/verdicts.json"),
    include_str!("../../specs/vectors/records.json"),
    include_str!("../../specs/vectors/keys.json"),
    include_str!("../../specs/vectors/ids.json"),
    include_str!("../../specs/vectors/sync.json"),
    include_str!("../../specs/vectors/job.json"),
    include_str!("../../specs/vectors/shot.json"),
    include_str!("../../specs/vectors/text.json"),
    include_str!("../../specs/vectors/api.json"),
];

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [name, seed, count] = arguments.as_slice() else {
        let names: Vec<&str> = TARGETS.iter().map(|t| t.name).collect();
        return Err(format!("say TARGET SEED COUNT; targets are all, {}", names.join(", ")).into());
    };
    let (seed, count) = (seed.parse()?, count.parse()?);
    let seeds = seeds()?;
    let mut found = false;
    for target in TARGETS.iter().filter(|target| name == "all" || name == target.name) {
        found = true;
        run(target, &seeds, seed, count)?;
    }
    if found { Ok(()) } else { Err(format!("there is no target {name}").into()) }
}

/// Every string of the vectors: as bytes when it is hexadecimal, and as it stands.
fn seeds() -> Result<Vec<Vec<u8>>, Box<dyn Error>> {
    fn walk(value: &Value, out: &mut BTreeSet<Vec<u8>>) {
        match value {
            Value::String(text) => {
                if let Ok(bytes) = hex::decode(text) {
                    // The body of a frame, beside the frame.
                    out.insert(bytes.get(4..).unwrap_or_default().to_vec());
                    out.insert(bytes);
                }
                out.insert(text.as_bytes().to_vec());
            }
            Value::Array(items) => items.iter().for_each(|item| walk(item, out)),
            Value::Object(entries) => {
                out.insert(value.to_string().into_bytes());
                entries.values().for_each(|item| walk(item, out));
            }
            _ => {}
        }
    }
    let mut out = BTreeSet::new();
    for file in VECTORS {
        walk(&serde_json::from_str(file)?, &mut out);
    }
    out.retain(|bytes| bytes.len() < 20_000);
    Ok(out.into_iter().collect())
}

/// Runs one target; a broken promise is an error.
fn run(target: &Target, seeds: &[Vec<u8>], seed: u64, count: u64) -> Result<(), Box<dyn Error>> {
    let mut dice = Dice::new(seed);
    let mut corpus: Vec<Vec<u8>> = Vec::new();
    let mut outcomes = BTreeSet::new();
    let mut accepted = 0u64;
    let one = |input: &[u8]| -> Result<String, Box<dyn Error>> {
        std::panic::catch_unwind(AssertUnwindSafe(|| (target.run)(input)))
            .map_err(|_| format!("{} broke on {}", target.name, hex::encode(input)).into())
    };
    // The seeds that say something new to this target are its first corpus.
    for input in seeds {
        if outcomes.insert(one(input)?) {
            corpus.push(input.clone());
        }
    }
    for _ in 0..count {
        let input = mutate::next(&mut dice, &corpus, seeds);
        let outcome = one(&input)?;
        accepted += u64::from(outcome.starts_with("ok"));
        if corpus.len() < CORPUS_MAX && outcomes.insert(outcome) {
            corpus.push(input);
        }
    }
    let (name, kinds) = (target.name, outcomes.len());
    println!(
        "{name}: {count} inputs of seed {seed}, {accepted} accepted, {kinds} different outcomes, nothing broke"
    );
    Ok(())
}
