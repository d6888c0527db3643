//! People, clips and statements for this module's tests.

use std::sync::LazyLock;

use kinora_protocol::ids::BlobHash;
use kinora_protocol::keys::{DeviceSecret, Genesis, RootSecret};

use super::{Credential, Expected, Ingredient, Issuer, Made, Provenance, State, Statement, seal, verify};
use crate::testing::scene;
use crate::{EncodeOptions, encode};

/// A creator with everything it signs with.
pub(super) struct Creator {
    pub(super) root: RootSecret,
    pub(super) device: DeviceSecret,
    pub(super) credential: Credential,
}

/// The creator of this number.
pub(super) fn creator(number: u8) -> Creator {
    let (root, next) = (RootSecret::from_seed([number; 32]), RootSecret::from_seed([number ^ 0x80; 32]));
    let device = DeviceSecret::from_seed([number.wrapping_add(100); 32]);
    let genesis = Genesis { root: root.public(), next: next.commitment() };
    let issuer = Issuer { author: genesis.author(), root: root.public() };
    let credential = Credential::issue(issuer, device.public(), |body| root.sign(body));
    Creator { root, device, credential }
}

impl Creator {
    pub(super) fn issuer(&self) -> Issuer {
        self.credential.issuer
    }

    pub(super) fn seal(&self, clip: &[u8], statement: &Statement<'_>) -> Vec<u8> {
        seal(clip, statement, &self.credential, &|message| self.device.sign(message)).unwrap()
    }

    /// What the record of a clip of this creator expects.
    pub(super) fn expects(&self) -> Expected<'static> {
        Expected {
            issuer: self.issuer(),
            device: self.device.public(),
            lineage: &[],
            parents: &[],
            synthetic: true,
            consent: None,
            tag: None,
        }
    }
}

/// A statement about a plain new clip.
pub(super) fn plain() -> Statement<'static> {
    Statement {
        made: Some(Made { model: "pocket-v1", weights: BlobHash([9; 32]), prompt: Some([8; 32]) }),
        change: None,
        title: "a red fox",
        time: 1_790_000_123,
        parents: &[],
        licence: "",
        consent: None,
        mark: None,
        ingredients: &[],
        lineage: &[],
    }
}

/// A clip as the encoder writes it: six fragments of picture and sound.
pub(super) static CLIP: LazyLock<Vec<u8>> =
    LazyLock::new(|| encode(&scene(32, 32, 2, 12), &EncodeOptions::default(), &mut |_, _| {}).unwrap());

/// The same clip, signed by creator 1.
pub(super) static SIGNED: LazyLock<Vec<u8>> = LazyLock::new(|| creator(1).seal(&CLIP, &plain()));

/// The parent among the ingredients.
pub(super) fn parent(clip: &[u8]) -> Ingredient<'_> {
    Ingredient { role: super::Role::Parent, title: "the parent", clip: Some(clip), hash: BlobHash::of(clip) }
}

/// Names of the checks that fail.
pub(super) fn failing(found: &Provenance) -> Vec<&'static str> {
    found.checks.iter().filter(|c| c.state == State::Fail).map(|c| c.name).collect()
}

/// Names of the checks that fail for a clip that should be creator 1's.
pub(super) fn verdict(bytes: &[u8]) -> Vec<&'static str> {
    let found = verify(bytes, &creator(1).expects());
    let failing = failing(&found);
    assert_eq!(found.is_verified(), failing.is_empty(), "{found:#?}");
    failing
}

/// A box with a 32-bit size.
pub(super) fn boxed(kind: &[u8; 4], body: &[u8]) -> Vec<u8> {
    [&(body.len() as u32 + 8).to_be_bytes()[..], kind, body].concat()
}

/// The boxes at the top: kind and range.
pub(super) fn top(bytes: &[u8]) -> Vec<([u8; 4], std::ops::Range<usize>)> {
    let mut found = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let size = u32::from_be_bytes(bytes[at..at + 4].try_into().unwrap()) as usize;
        found.push((bytes[at + 4..at + 8].try_into().unwrap(), at..at + size));
        at += size;
    }
    found
}
