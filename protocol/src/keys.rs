//! Keys and the identity they make: root, committed next root, device certificates.
//!
//! An author is the hash of its genesis: the first root key and a commitment to the next one. The root signs nothing
//! but certificates, rotations and revocations. A certificate carries the whole chain from the genesis, so a record
//! checks without any store. Signatures are Ed25519 by `verify_strict` everywhere, never in batches.

use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use serde::{Deserialize, Serialize};
use serde_bytes::ByteArray;

use crate::drisl;
use crate::fault::Fault;
use crate::ids::{AuthorId, DeviceKey};
use crate::limits::ROTATIONS_MAX;

const IDENTITY: &[u8] = b"kinora/identity/1\0";
const NEXT_KEY: &[u8] = b"kinora/next-key/1\0";
const ROTATION: &[u8] = b"kinora/rotation/1\0";
const CERTIFICATE: &[u8] = b"kinora/certificate/1\0";

/// Hash of a domain and parts.
fn hash(domain: &[u8], parts: &[&[u8]]) -> [u8; 32] {
    let mut hasher = blake3::Hasher::new();
    hasher.update(domain);
    for part in parts {
        hasher.update(part);
    }
    *hasher.finalize().as_bytes()
}

/// Whether `signature` over `message` is by `key`. The one signature predicate of the network.
///
/// # Errors
/// [`Fault::WeakKey`] for keys of small order and bytes that are no key, [`Fault::BadSignature`] otherwise.
pub fn verify(key: &[u8; 32], message: &[u8], signature: &[u8; 64]) -> Result<(), Fault> {
    let key = VerifyingKey::from_bytes(key).map_err(|_| Fault::WeakKey)?;
    if key.is_weak() {
        return Err(Fault::WeakKey);
    }
    key.verify_strict(message, &Signature::from_bytes(signature)).map_err(|_| Fault::BadSignature)
}

macro_rules! secret {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone)]
        pub struct $name(SigningKey);

        impl $name {
            /// The key of a seed. The caller keeps the seed secret; this copy is zeroised when dropped.
            #[must_use]
            pub fn from_seed(seed: [u8; 32]) -> Self {
                Self(SigningKey::from_bytes(&seed))
            }

            /// Signs `message` as it stands; callers prefix a domain.
            #[must_use]
            pub fn sign(&self, message: &[u8]) -> [u8; 64] {
                self.0.sign(message).to_bytes()
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(concat!(stringify!($name), "(secret)"))
            }
        }
    };
}

secret! {
    /// An author's root key.
    RootSecret
}
secret! {
    /// A device's key, which signs records.
    DeviceSecret
}

impl RootSecret {
    /// The public key.
    #[must_use]
    pub fn public(&self) -> [u8; 32] {
        self.0.verifying_key().to_bytes()
    }

    /// The same key as a device key, for the records that only the root may sign.
    pub(crate) fn as_device(&self) -> DeviceSecret {
        DeviceSecret(self.0.clone())
    }

    /// What is published of a key that is still kept back.
    #[must_use]
    pub fn commitment(&self) -> [u8; 32] {
        commitment(&self.public())
    }
}

impl DeviceSecret {
    /// The public key.
    #[must_use]
    pub fn public(&self) -> DeviceKey {
        DeviceKey(self.0.verifying_key().to_bytes())
    }
}

fn commitment(key: &[u8; 32]) -> [u8; 32] {
    hash(NEXT_KEY, &[key])
}

/// What an identity begins with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Genesis {
    /// The first root key.
    pub root: [u8; 32],
    /// Commitment to the second.
    pub next: [u8; 32],
}

impl Genesis {
    /// The author this makes: `BLAKE3("kinora/identity/1\0" ‖ root ‖ next)`.
    #[must_use]
    pub fn author(&self) -> AuthorId {
        AuthorId(hash(IDENTITY, &[&self.root, &self.next]))
    }
}

/// One change of the root key: it reveals the committed key and commits to the one after.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rotation {
    /// The revealed key.
    pub root: [u8; 32],
    /// Commitment to the next.
    pub next: [u8; 32],
    /// By the revealed key.
    pub sig: [u8; 64],
}

fn rotation_message(author: AuthorId, index: usize, root: &[u8; 32], next: &[u8; 32]) -> Vec<u8> {
    [ROTATION, author.as_bytes(), &(index as u64).to_be_bytes(), root, next].concat()
}

/// Makes the rotation number `index` (from 0) of an author, signed by the committed key that it reveals.
#[must_use]
pub fn rotate(author: AuthorId, index: usize, revealed: &RootSecret, next: [u8; 32]) -> Rotation {
    let root = revealed.public();
    Rotation { root, next, sig: revealed.sign(&rotation_message(author, index, &root, &next)) }
}

/// Binds a device key to an author for a span of time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Certificate {
    /// Where the identity begins.
    pub genesis: Genesis,
    /// Every change of the root key so far, at most [`ROTATIONS_MAX`].
    pub rotations: Vec<Rotation>,
    /// The device.
    pub device: DeviceKey,
    /// First second at which the device may sign.
    pub from: u64,
    /// Last second at which it may.
    pub until: u64,
    /// By the current root key.
    pub sig: [u8; 64],
}

/// The certificate as DRISL. The root signs these fields and no others, so no others may stand here.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Wire {
    /// Device.
    d: ByteArray<32>,
    /// From.
    f: u64,
    /// Genesis: root and commitment.
    g: ByteArray<64>,
    /// Rotations: root, commitment, signature.
    r: Vec<ByteArray<128>>,
    /// Signature.
    s: ByteArray<64>,
    /// Until.
    u: u64,
}

fn join<const N: usize>(parts: &[&[u8]]) -> ByteArray<N> {
    let mut out = [0u8; N];
    for (to, from) in out.iter_mut().zip(parts.iter().flat_map(|p| p.iter())) {
        *to = *from;
    }
    ByteArray::new(out)
}

fn part<const N: usize>(bytes: &[u8], at: usize) -> [u8; N] {
    let mut out = [0u8; N];
    for (to, from) in out.iter_mut().zip(bytes.iter().skip(at)) {
        *to = *from;
    }
    out
}

/// Makes a certificate for `span` (from, until), in seconds.
#[must_use]
pub fn certify(
    root: &RootSecret,
    genesis: Genesis,
    rotations: Vec<Rotation>,
    device: DeviceKey,
    span: (u64, u64),
) -> Certificate {
    let mut certificate =
        Certificate { genesis, rotations, device, from: span.0, until: span.1, sig: [0; 64] };
    certificate.sig = root.sign(&certificate.message());
    certificate
}

impl Certificate {
    /// The author.
    #[must_use]
    pub fn author(&self) -> AuthorId {
        self.genesis.author()
    }

    /// The current root key.
    #[must_use]
    pub fn root(&self) -> [u8; 32] {
        self.rotations.last().map_or(self.genesis.root, |r| r.root)
    }

    /// Whether the root key itself is the certified one.
    #[must_use]
    pub fn is_root(&self) -> bool {
        self.device.0 == self.root()
    }

    fn message(&self) -> Vec<u8> {
        let (from, until) = (self.from.to_be_bytes(), self.until.to_be_bytes());
        [CERTIFICATE, self.author().as_bytes(), &self.root(), self.device.as_bytes(), &from, &until].concat()
    }

    /// The bytes that stand in records.
    ///
    /// # Errors
    /// [`Fault::TooMany`] with too many rotations.
    pub fn encode(&self) -> Result<Vec<u8>, Fault> {
        self.bound()?;
        drisl::encode(&Wire {
            d: ByteArray::new(self.device.0),
            f: self.from,
            g: join(&[&self.genesis.root, &self.genesis.next]),
            r: self.rotations.iter().map(|r| join(&[&r.root, &r.next, &r.sig])).collect(),
            s: ByteArray::new(self.sig),
            u: self.until,
        })
    }

    /// Reads and checks a certificate: chain, commitments, signatures.
    ///
    /// # Errors
    /// [`Fault::BadCertificate`] and what [`verify`] says.
    pub fn check(bytes: &[u8]) -> Result<Self, Fault> {
        let wire: Wire = drisl::decode(bytes)?;
        let genesis = Genesis { root: part(wire.g.as_slice(), 0), next: part(wire.g.as_slice(), 32) };
        let rotations = wire
            .r
            .iter()
            .map(|r| Rotation {
                root: part(r.as_slice(), 0),
                next: part(r.as_slice(), 32),
                sig: part(r.as_slice(), 64),
            })
            .collect();
        let certificate = Self {
            genesis,
            rotations,
            device: DeviceKey(wire.d.into_array()),
            from: wire.f,
            until: wire.u,
            sig: wire.s.into_array(),
        };
        certificate.bound()?;
        certificate.chain()?;
        verify(&certificate.root(), &certificate.message(), &certificate.sig)
            .map_err(|_| Fault::certificate("not signed by the root key"))?;
        Ok(certificate)
    }

    fn bound(&self) -> Result<(), Fault> {
        if self.rotations.len() > ROTATIONS_MAX {
            return Err(Fault::TooMany { field: "c.r".to_owned(), max: ROTATIONS_MAX as u64 });
        }
        if self.from > self.until || self.until > u64::from(u32::MAX) {
            return Err(Fault::certificate("its span of time is not one"));
        }
        Ok(())
    }

    /// Each rotation reveals the key committed before and is signed by it.
    fn chain(&self) -> Result<(), Fault> {
        let author = self.author();
        let mut committed = self.genesis.next;
        for (index, rotation) in self.rotations.iter().enumerate() {
            if commitment(&rotation.root) != committed {
                return Err(Fault::certificate("a rotation reveals another key than the committed one"));
            }
            let message = rotation_message(author, index, &rotation.root, &rotation.next);
            verify(&rotation.root, &message, &rotation.sig)
                .map_err(|_| Fault::certificate("a rotation is not signed by the key it reveals"))?;
            committed = rotation.next;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::fixture;

    /// The written answers of `verify_strict` for the twelve cases of ed25519-speccheck: only these hold.
    const SPECCHECK_HOLDS: [bool; 12] =
        [false, false, false, true, false, false, false, false, false, false, false, false];

    #[test]
    fn all_twelve_speccheck_cases_get_their_written_answer() {
        let Some(bytes) = fixture("ed25519/speccheck-cases.json") else { return };
        let cases: Vec<serde_json::Value> = serde_json::from_slice(&bytes).unwrap();
        assert_eq!(cases.len(), 12);
        for (n, case) in cases.iter().enumerate() {
            let field = |name: &str| hex::decode(case[name].as_str().unwrap()).unwrap();
            let held = verify(
                &field("pub_key").try_into().unwrap(),
                &field("message"),
                &field("signature").try_into().unwrap(),
            );
            assert_eq!(held.is_ok(), SPECCHECK_HOLDS[n], "case {n}: {held:?}");
        }
    }

    #[test]
    fn blake3_gives_the_published_hashes() {
        let Some(bytes) = fixture("blake3/test_vectors.json") else { return };
        let vectors: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
        let cases = vectors["cases"].as_array().unwrap();
        assert!(cases.len() > 10);
        for case in cases {
            let length = case["input_len"].as_u64().unwrap() as usize;
            let input: Vec<u8> = (0..length).map(|i| (i % 251) as u8).collect();
            let want = &case["hash"].as_str().unwrap()[..64];
            assert_eq!(crate::ids::BlobHash::of(&input).to_string(), want, "{length} bytes");
        }
    }

    fn identity() -> (RootSecret, RootSecret, Genesis) {
        let (root, next) = (RootSecret::from_seed([1; 32]), RootSecret::from_seed([2; 32]));
        let genesis = Genesis { root: root.public(), next: next.commitment() };
        (root, next, genesis)
    }

    #[test]
    fn a_rotation_keeps_the_author_and_changes_the_root() {
        let (root, next, genesis) = identity();
        let device = DeviceSecret::from_seed([3; 32]).public();
        let rotation = rotate(genesis.author(), 0, &next, [9; 32]);
        let after = certify(&next, genesis, vec![rotation], device, (0, 100));
        let read = Certificate::check(&after.encode().unwrap()).unwrap();
        assert_eq!((read.author(), read.root()), (genesis.author(), next.public()));
        // The stolen first root cannot certify under the rotated identity.
        let stolen = certify(&root, genesis, vec![rotation], device, (0, 100));
        assert!(Certificate::check(&stolen.encode().unwrap()).is_err());
        // Nor can anybody rotate to a key that was not committed.
        let thief = RootSecret::from_seed([8; 32]);
        let forged =
            certify(&thief, genesis, vec![rotate(genesis.author(), 0, &thief, [9; 32])], device, (0, 100));
        assert!(Certificate::check(&forged.encode().unwrap()).is_err());
    }

    #[test]
    fn a_certificate_has_no_room_for_unsigned_fields() {
        let (root, _, genesis) = identity();
        let device = DeviceSecret::from_seed([3; 32]).public();
        let bytes = certify(&root, genesis, Vec::new(), device, (5, 100)).encode().unwrap();
        let mut fields: std::collections::BTreeMap<String, ipld_core::ipld::Ipld> =
            drisl::decode(&bytes).unwrap();
        fields.insert("x".to_owned(), ipld_core::ipld::Ipld::Integer(1));
        let refused = Certificate::check(&drisl::encode(&fields).unwrap()).unwrap_err();
        assert_eq!(refused.code(), "malformed", "{refused}");
    }

    #[test]
    fn every_changed_byte_of_a_certificate_is_refused() {
        let (root, _, genesis) = identity();
        let device = DeviceSecret::from_seed([3; 32]).public();
        let bytes = certify(&root, genesis, Vec::new(), device, (5, 100)).encode().unwrap();
        for at in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[at] ^= 1;
            if let Ok(other) = Certificate::check(&changed) {
                // A changed genesis is another author; nothing else may pass.
                assert_ne!(other.author(), genesis.author(), "byte {at}");
            }
        }
    }
}
