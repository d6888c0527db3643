//! Measures provenance: bytes of a manifest over generations of remixes, time to sign and to verify.
//!
//! `cargo run --release -p kinora-media --example provenance [FOLDER]`; with a folder the signed files are kept there,
//! for other people's verifiers. With a file it says what is known of that file instead.

#![expect(clippy::print_stdout, reason = "an example talks")]

use std::path::PathBuf;
use std::time::{Duration, Instant};

use kinora_media::provenance::{
    Credential, Expected, Ingredient, Issuer, Made, Role, Statement, inspect, seal, verify, walk,
};
use kinora_media::{EncodeOptions, Footage, encode};
use kinora_protocol::ids::BlobHash;
use kinora_protocol::keys::{DeviceSecret, Genesis, RootSecret};

type Failure = Box<dyn std::error::Error>;

/// Generations of remixes.
const GENERATIONS: u8 = 5;
/// Size of the large clip, in bytes, and how often it is verified.
const LARGE_BYTES: usize = 5_000_000;
const ROUNDS: u32 = 10;

struct Creator {
    device: DeviceSecret,
    credential: Credential,
}

fn creator(number: u8) -> Creator {
    let (root, next) = (RootSecret::from_seed([number; 32]), RootSecret::from_seed([number ^ 0x80; 32]));
    let device = DeviceSecret::from_seed([number + 100; 32]);
    let genesis = Genesis { root: root.public(), next: next.commitment() };
    let issuer = Issuer { author: genesis.author(), root: root.public() };
    let credential = Credential::issue(issuer, device.public(), |body| root.sign(body));
    Creator { device, credential }
}

fn statement<'a>(ingredients: &'a [Ingredient<'a>], lineage: &'a [Issuer]) -> Statement<'a> {
    let made = Made { model: "pocket-v1", weights: BlobHash([9; 32]), prompt: Some([8; 32]) };
    Statement {
        made: Some(made),
        change: None,
        title: "a red fox runs along a beach at sunset",
        time: 1_790_000_000,
        parents: &[],
        licence: "",
        consent: Some([3; 32]),
        mark: None,
        ingredients,
        lineage,
    }
}

fn expected<'a>(creator: &Creator, lineage: &'a [Issuer]) -> Expected<'a> {
    Expected {
        issuer: creator.credential.issuer,
        device: creator.device.public(),
        lineage,
        parents: &[],
        synthetic: true,
        consent: Some([3; 32]),
        tag: None,
    }
}

fn timed<T>(work: impl Fn() -> T) -> (T, Duration) {
    let started = Instant::now();
    let result = work();
    (result, started.elapsed())
}

/// A clip as the encoder writes it, and `more` bytes of something that the manifest covers.
fn clip(shade: u8, more: usize) -> Result<Vec<u8>, Failure> {
    let frames = (0..12).map(|t| vec![shade.wrapping_add(t); 64 * 64 * 3]).collect();
    let footage = Footage {
        width: 64,
        height: 64,
        fps: 2,
        frames,
        sample_rate: 24_000,
        channels: 1,
        samples: vec![0.0; 144_000],
    };
    let mut file = encode(&footage, &EncodeOptions::default(), &mut |_, _| {})?;
    if more > 0 {
        file.extend(u32::try_from(more + 8)?.to_be_bytes());
        file.extend(b"junk");
        file.extend((0..more).map(|i| (i * 31 % 251) as u8));
    }
    Ok(file)
}

fn main() -> Result<(), Failure> {
    let folder = std::env::args().nth(1).map(PathBuf::from);
    if let Some(file) = folder.as_deref().filter(|path| path.is_file()) {
        let found = inspect(&std::fs::read(file)?);
        found
            .checks
            .iter()
            .for_each(|check| println!("{:<10} {:?}: {}", check.name, check.state, check.detail));
        println!("{:#?}", found.claims);
        return Ok(());
    }
    let (mut lineage, mut before, mut bytes): (Vec<Issuer>, Option<Vec<u8>>, usize) = (Vec::new(), None, 0);
    for number in 1..=GENERATIONS {
        let maker = creator(number);
        let parent = before.as_deref().map(|clip| Ingredient {
            role: Role::Parent,
            title: "parent",
            clip: Some(clip),
            hash: BlobHash::of(clip),
        });
        let plain = clip(number * 20, 0)?;
        let (ingredients, known) = (parent.as_slice(), lineage.as_slice());
        let (signed, took) = timed(|| {
            seal(&plain, &statement(ingredients, known), &maker.credential, &|m| maker.device.sign(m))
        });
        let signed = signed?;
        let (found, checked) = timed(|| verify(&signed, &expected(&maker, known)));
        let size = walk(&signed)?.manifest.map_or(0, |range| range.len());
        println!(
            "generation {number}: manifest {size} bytes (+{}), file +{}, sign {took:?}, verify {checked:?}, verified {}",
            size - bytes,
            signed.len() - plain.len(),
            found.is_verified()
        );
        if let Some(folder) = &folder {
            std::fs::write(folder.join(format!("generation{number}.mp4")), &signed)?;
        }
        (bytes, before) = (size, Some(signed));
        lineage.push(maker.credential.issuer);
    }
    let maker = creator(1);
    let plain = clip(1, LARGE_BYTES)?;
    let (signed, took) =
        timed(|| seal(&plain, &statement(&[], &[]), &maker.credential, &|m| maker.device.sign(m)));
    let signed = signed?;
    let (_, checked) = timed(|| (0..ROUNDS).for_each(|_| drop(verify(&signed, &expected(&maker, &[])))));
    println!("{} bytes: sign {took:?}, verify {:?}", signed.len(), checked / ROUNDS);
    let (_, walked) = timed(|| (0..ROUNDS).for_each(|_| drop(walk(&signed))));
    println!("{} bytes: walk {:?}", signed.len(), walked / ROUNDS);
    Ok(())
}
