//! Test helpers: fixtures of public suites, and identities from seeds. Compiled under `#[cfg(test)]` only.

use crate::check::Author;
use crate::keys::{DeviceSecret, Genesis, RootSecret, certify};

/// A file of the public suites, when that folder stands beside the repository; says so loudly when it does not.
#[expect(clippy::print_stderr, reason = "a test that cannot look must say so")]
pub(crate) fn fixture(path: &str) -> Option<Vec<u8>> {
    let full = format!("{}/../../shared/fixtures/{path}", env!("CARGO_MANIFEST_DIR"));
    let bytes = std::fs::read(&full).ok();
    if bytes.is_none() {
        eprintln!("SKIPPED: the public suite {path} is not beside the repository");
    }
    bytes
}

/// An author whose keys all follow from `seed`.
pub(crate) fn author(seed: u8) -> Author {
    author_with_device(seed, seed.wrapping_add(200))
}

/// A second device of the same identity is another `device` seed.
pub(crate) fn author_with_device(seed: u8, device: u8) -> Author {
    let (root, next) = (RootSecret::from_seed([seed; 32]), RootSecret::from_seed([seed ^ 0x55; 32]));
    let genesis = Genesis { root: root.public(), next: next.commitment() };
    let device = DeviceSecret::from_seed([device; 32]);
    let certificate = certify(&root, genesis, Vec::new(), device.public(), (0, u64::from(u32::MAX)));
    Author::new(device, certificate, crate::NETWORK).unwrap()
}

/// The author's root key, signing for itself.
pub(crate) fn root_author(seed: u8) -> Author {
    let (root, next) = (RootSecret::from_seed([seed; 32]), RootSecret::from_seed([seed ^ 0x55; 32]));
    let genesis = Genesis { root: root.public(), next: next.commitment() };
    Author::by_root(&root, genesis, Vec::new(), crate::NETWORK).unwrap()
}

/// The root key after one rotation.
pub(crate) fn rotated_author(seed: u8) -> Author {
    let (root, next) = (RootSecret::from_seed([seed; 32]), RootSecret::from_seed([seed ^ 0x55; 32]));
    let genesis = Genesis { root: root.public(), next: next.commitment() };
    let after = RootSecret::from_seed([seed ^ 0xaa; 32]);
    let rotation = crate::keys::rotate(genesis.author(), 0, &next, after.commitment());
    Author::by_root(&next, genesis, vec![rotation], crate::NETWORK).unwrap()
}
