//! Clips to measure with, made here: a drawn scene as Pocket learns it, a pattern that is hard on every codec, and
//! creators who sign them.

use kinora_media::mark::Budget;
use kinora_media::provenance::{Credential, Ingredient, Issuer, Made, Mark, Statement, seal};
use kinora_media::{EncodeOptions, Footage};
use kinora_models::blocking::{self, FPS};
use kinora_models::worlds;
use kinora_protocol::ids::BlobHash;
use kinora_protocol::keys::{DeviceSecret, Genesis, RootSecret};
use kinora_protocol::shot::Shot;

/// What the scene shows.
const PROMPT: &str = "a red fox runs along a beach at sunset, slow pan left, calm music";
/// Seed of the scene.
const SEED: u64 = 7;
/// Samples a second.
const RATE: u32 = 24_000;
/// What the mark in the scene carries.
pub const TAG: [u8; 8] = *b"a bench!";

/// The drawn scene, with its sound and a mark, as a render would hand it over.
///
/// # Errors
/// Why it cannot be drawn or marked.
pub fn scene(seconds: u32) -> Result<Footage, String> {
    let shot = Shot::parse(PROMPT).map_err(|fault| fault.to_string())?.shot;
    let scene = blocking::fill(&shot, SEED);
    let frames = (seconds * FPS) as usize;
    let plan = blocking::plan(&scene, SEED, frames);
    let mut footage = Footage {
        width: worlds::WIDTH as u32,
        height: worlds::HEIGHT as u32,
        fps: FPS,
        frames: (0..frames).map(|frame| worlds::render(&scene, &plan, frame).rgb).collect(),
        sample_rate: RATE,
        channels: 1,
        samples: worlds::sound(&scene, &plan),
    };
    kinora_media::mark::embed(&mut footage, TAG, &Budget::default()).map_err(|e| e.to_string())?;
    Ok(footage)
}

/// A pattern in which every pixel of every frame differs, with a tone: more to decode than any scene.
#[must_use]
pub fn pattern(seconds: u32) -> Footage {
    let (width, height, fps) = (160u32, 96u32, 12u32);
    let frame = |at: u32| {
        let pixels = (0..height).flat_map(|y| (0..width).map(move |x| (x, y)));
        pixels
            .flat_map(|(x, y)| [(x * 2 + at * 3) % 256, (y * 3 + at) % 256, (x ^ y) % 256])
            .map(|v| v as u8)
            .collect()
    };
    Footage {
        width,
        height,
        fps,
        frames: (0..seconds * fps).map(frame).collect(),
        sample_rate: RATE,
        channels: 1,
        samples: (0..seconds * RATE).map(|i| (i as f32 * 0.06).sin() * 0.3).collect(),
    }
}

/// Footage as a file.
///
/// # Errors
/// Why it cannot be encoded.
pub fn encoded(footage: &Footage) -> Result<Vec<u8>, String> {
    kinora_media::encode(footage, &EncodeOptions::default(), &mut |_, _| {}).map_err(|e| e.to_string())
}

/// A file with a box behind it that makes it `bytes` longer, and that a manifest covers.
#[must_use]
pub fn padded(mut file: Vec<u8>, bytes: u32) -> Vec<u8> {
    file.extend((bytes + 8).to_be_bytes());
    file.extend(b"junk");
    file.extend((0..bytes).map(|i| (i * 31 % 251) as u8));
    file
}

/// Somebody who signs clips.
pub struct Creator {
    device: DeviceSecret,
    /// Under these certificates.
    pub credential: Credential,
}

impl std::fmt::Debug for Creator {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Creator").field("credential", &self.credential.issuer).finish_non_exhaustive()
    }
}

impl Creator {
    /// The creator of this number.
    #[must_use]
    pub fn new(number: u8) -> Self {
        let (root, next) = (RootSecret::from_seed([number; 32]), RootSecret::from_seed([number ^ 0x80; 32]));
        let device = DeviceSecret::from_seed([number.wrapping_add(100); 32]);
        let genesis = Genesis { root: root.public(), next: next.commitment() };
        let issuer = Issuer { author: genesis.author(), root: root.public() };
        let credential = Credential::issue(issuer, device.public(), |body| root.sign(body));
        Self { device, credential }
    }

    /// A generated clip with its manifest, which says as much as that of any clip: a mark, a consent, ingredients.
    ///
    /// # Errors
    /// Why it cannot be signed.
    pub fn sign(
        &self,
        file: &[u8],
        ingredients: &[Ingredient<'_>],
        lineage: &[Issuer],
    ) -> Result<Vec<u8>, String> {
        let weights = BlobHash([9; 32]);
        let statement = Statement {
            made: Some(Made { model: "pocket", weights, prompt: Some([8; 32]) }),
            change: None,
            title: PROMPT,
            time: 1_790_000_000,
            parents: &[],
            licence: "CC-BY-4.0",
            consent: Some([3; 32]),
            mark: Some(Mark { algorithm: "wm.1", tag: TAG }),
            ingredients,
            lineage,
        };
        seal(file, &statement, &self.credential, &|claim| self.device.sign(claim)).map_err(|e| e.to_string())
    }
}
