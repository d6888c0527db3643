//! Throws broken files at what reads files of strangers: `cargo run -p kinora-media --example fuzz_media -- TARGET SEED COUNT`.
//!
//! Targets: `walk` (the strict walk over boxes), `clip` (the media profile), `manifest` (a broken manifest store in a file that
//! is whole otherwise). Each promises not to panic and to end within [`PATIENCE`]; `walk`, that the store it finds lies in the
//! file; `manifest`, that no file verifies but the one that was signed. Only the padding of the signature may differ: COSE leaves
//! its header unprotected, and what covers it is the hash of the whole file in the record. Inputs come from a small signed clip and the mutator
//! of the protocol's fuzzing; the same seed gives the same inputs.
#![expect(clippy::print_stdout, reason = "a program that says what it did")]

use std::collections::BTreeSet;
use std::ops::Range;
use std::panic::AssertUnwindSafe;
use std::time::{Duration, Instant};

use kinora_media::provenance::{Credential, Expected, Issuer, Made, Statement, seal, verify, walk};
use kinora_media::{EncodeOptions, Footage, encode, probe};
use kinora_protocol::ids::BlobHash;
use kinora_protocol::keys::{DeviceSecret, Genesis, RootSecret};

#[path = "../../protocol/examples/fuzz/mutate.rs"]
mod mutate;

use mutate::Dice;

type Failure = Box<dyn std::error::Error>;

/// Longest time that one input may take.
const PATIENCE: Duration = Duration::from_millis(500);
/// Most inputs kept of one target.
const CORPUS_MAX: usize = 1_024;
/// Bytes from the start of the box to the manifest store in it: size, `uuid`, its 16 bytes, version and flags, `manifest` with
/// its end, and an offset.
const STORE_AT: usize = 4 + 4 + 16 + 4 + 9 + 8;

/// A small clip as a node signs it.
struct Signed {
    issuer: Issuer,
    device: DeviceSecret,
    file: Vec<u8>,
    store: Range<usize>,
}

impl Signed {
    fn new() -> Result<Self, Failure> {
        let footage = Footage {
            width: 64,
            height: 64,
            fps: 2,
            frames: (0..2).map(|shade| vec![shade * 40; 64 * 64 * 3]).collect(),
            sample_rate: 24_000,
            channels: 1,
            samples: vec![0.0; 24_000],
        };
        let plain = encode(&footage, &EncodeOptions::default(), &mut |_, _| {})?;
        let (root, next) = (RootSecret::from_seed([1; 32]), RootSecret::from_seed([2; 32]));
        let device = DeviceSecret::from_seed([3; 32]);
        let genesis = Genesis { root: root.public(), next: next.commitment() };
        let issuer = Issuer { author: genesis.author(), root: root.public() };
        let credential = Credential::issue(issuer, device.public(), |body| root.sign(body));
        let statement = Statement {
            made: Some(Made { model: "pocket-v1", weights: BlobHash([9; 32]), prompt: Some([8; 32]) }),
            title: "a red fox",
            time: 1_790_000_000,
            parents: &[],
            licence: "",
            consent: None,
            mark: None,
            change: None,
            ingredients: &[],
            lineage: &[],
        };
        let file = seal(&plain, &statement, &credential, &|message| device.sign(message))?;
        let store = walk(&file)?.manifest.ok_or("the signed clip has no manifest")?;
        let signed = Self { issuer, device, file, store };
        if !signed.verifies(&signed.file) {
            return Err("the signed clip does not verify".into());
        }
        Ok(signed)
    }

    fn verifies(&self, file: &[u8]) -> bool {
        let expected = Expected {
            issuer: self.issuer,
            device: self.device.public(),
            lineage: &[],
            parents: &[],
            synthetic: true,
            consent: None,
            tag: None,
        };
        verify(file, &expected).is_verified()
    }

    /// The clip with another manifest store in the place of its own.
    fn with_store(&self, store: &[u8]) -> Vec<u8> {
        let mut file = self.file[..self.store.start].to_vec();
        file.extend(store);
        let start = self.store.start - STORE_AT;
        let size = u32::try_from(file.len() - start).unwrap_or(u32::MAX);
        file[start..start + 4].copy_from_slice(&size.to_be_bytes());
        file.extend(&self.file[self.store.end..]);
        file
    }

    /// Whether a store is the signed one, or differs in the unprotected header of the signature only: the longest run of zeros,
    /// and before it the head of a map, the label `pad` and the length.
    fn is_same_but_header(&self, store: &[u8]) -> bool {
        let ours = &self.file[self.store.clone()];
        let (mut longest, mut start) = (0..0, 0);
        for (at, byte) in ours.iter().enumerate() {
            if *byte != 0 {
                start = at + 1;
            } else if at + 1 - start > longest.len() {
                longest = start..at + 1;
            }
        }
        longest.start = longest.start.saturating_sub(8);
        store.len() == ours.len()
            && store.get(..longest.start) == ours.get(..longest.start)
            && store.get(longest.end..) == ours.get(longest.end..)
    }

    /// Keeps the file that broke a promise, and says so.
    fn keep(&self, target: &str, input: &[u8], how: &str) -> String {
        let file = if target == "manifest" { self.with_store(input) } else { input.to_vec() };
        let path = std::env::temp_dir().join(format!("fuzz-{target}.mp4"));
        match std::fs::write(&path, file) {
            Ok(()) if target == "manifest" => {
                format!("{target} {how} on {}: {}", path.display(), self.changes(input))
            }
            Ok(()) => format!("{target} {how} on {}", path.display()),
            Err(error) => format!("{target} {how}, and {} cannot be written: {error}", path.display()),
        }
    }

    /// The first places where a store is not the signed one: place, byte, and what it was.
    fn changes(&self, store: &[u8]) -> String {
        let ours = &self.file[self.store.clone()];
        let changed = store.iter().zip(ours).enumerate().filter(|(_, (is, was))| is != was);
        let places: Vec<String> =
            changed.take(8).map(|(at, (is, was))| format!("{at}: {is} was {was}")).collect();
        format!("{} bytes for {}; {}", store.len(), ours.len(), places.join(", "))
    }

    /// Puts one input to a target and says what became of it, in words.
    fn put(&self, target: &str, input: &[u8]) -> String {
        match target {
            "walk" => match walk(input) {
                Ok(layout) => {
                    let inside = layout.manifest.as_ref().is_none_or(|range| range.end <= input.len());
                    assert!(inside, "the store lies outside of the file");
                    format!("ok {} {}", layout.boxes.ilog2(), layout.manifest.is_some())
                }
                Err(fault) => kind(&format!("{fault:?}")),
            },
            "clip" => match probe(input) {
                Ok(info) => format!("ok {}x{}", info.width, info.height),
                Err(fault) => kind(&format!("{fault:?}")),
            },
            _ => {
                let file = self.with_store(input);
                let unbroken = self.is_same_but_header(input);
                assert!(unbroken || !self.verifies(&file), "it verifies with {}", self.changes(input));
                let found = kinora_media::provenance::inspect(&file);
                found.checks.iter().map(|check| format!("{} {:?} ", check.name, check.state)).collect()
            }
        }
    }
}

/// An outcome without its numbers.
fn kind(fault: &str) -> String {
    fault.chars().filter(|c| !c.is_ascii_digit()).take(80).collect()
}

fn main() -> Result<(), Failure> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [target, seed, count] = arguments.as_slice() else {
        return Err("say walk, clip or manifest, a seed and a count".into());
    };
    if !["walk", "clip", "manifest"].contains(&target.as_str()) {
        return Err(format!("there is no target {target}; say walk, clip or manifest").into());
    }
    let (seed, count): (u64, u64) = (seed.parse()?, count.parse()?);
    let signed = Signed::new()?;
    let seeds = match target.as_str() {
        "manifest" => vec![signed.file[signed.store.clone()].to_vec()],
        _ => vec![signed.file.clone(), signed.file[..signed.store.start].to_vec()],
    };
    let (mut dice, mut corpus, mut outcomes) = (Dice::new(seed), Vec::new(), BTreeSet::new());
    let mut slowest = Duration::ZERO;
    for _ in 0..count {
        let input = mutate::next(&mut dice, &corpus, &seeds);
        let start = Instant::now();
        let outcome = std::panic::catch_unwind(AssertUnwindSafe(|| signed.put(target, &input)))
            .map_err(|_| signed.keep(target, &input, "broke"))?;
        let mut took = start.elapsed();
        if took > PATIENCE {
            // Once more: the machine may have been busy with something else.
            let start = Instant::now();
            signed.put(target, &input);
            took = start.elapsed();
        }
        if took > PATIENCE {
            return Err(signed.keep(target, &input, &format!("took {took:?}")).into());
        }
        slowest = slowest.max(took);
        if corpus.len() < CORPUS_MAX && outcomes.insert(outcome) {
            corpus.push(input);
        }
    }
    println!(
        "{target}: {count} inputs of seed {seed}, {} different outcomes, slowest {slowest:?}, nothing broke",
        outcomes.len()
    );
    Ok(())
}
