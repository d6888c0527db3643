//! The keystore: personas and the transport key, in one file, encrypted at rest when there is a passphrase.
//!
//! Argon2id makes a key of the passphrase, XChaCha20-Poly1305 seals the seeds. Without a passphrase the seeds stand in
//! the file (mode 0600) as they are, and everything that shows the keystore says so. The author's root, the device and
//! the transport key are three different keys, drawn apart.

use std::path::Path;
use std::sync::Arc;

use argon2::{Algorithm, Argon2, Params, Version};
use chacha20poly1305::aead::Aead as _;
use chacha20poly1305::{KeyInit as _, XChaCha20Poly1305, XNonce};
use kinora_media::provenance::{Credential, Issuer};
use kinora_protocol::api::ApiError;
use kinora_protocol::check::Author;
use kinora_protocol::fault::Fault;
use kinora_protocol::ids::{AuthorId, DeviceKey};
use kinora_protocol::keys::{Certificate, DeviceSecret, Genesis, RootSecret, certify};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::error::{self, Hint as _};
use crate::home::{Home, write_atomically};
use crate::letters::LetterKey;
use crate::random;

/// Version of the file.
const VERSION: u32 = 1;
/// Memory of Argon2id in KiB, passes and lanes: the second choice of RFC 9106, with 64 MiB.
const ARGON2: (u32, u32, u32) = (64 * 1024, 3, 1);
/// Context in which the seed of the key for letters is derived.
const LETTER_KEY: &str = "kinora 2026 letters of a device";
/// Largest keystore file, in bytes.
const FILE_BYTES_MAX: u64 = 1024 * 1024;

/// The file.
#[derive(Serialize, Deserialize)]
struct File {
    version: u32,
    /// Sealed with a passphrase, or as they are.
    secrets: Secrets,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Secrets {
    /// Hexadecimal salt, nonce and ciphertext.
    Sealed { salt: String, nonce: String, sealed: String },
    /// The contents themselves.
    Plain(Contents),
}

/// What is secret.
#[derive(Clone, Serialize, Deserialize)]
struct Contents {
    transport: Seed,
    personas: Vec<PersonaSeeds>,
}

/// A seed as hexadecimal digits; wiped when dropped.
#[derive(Clone, Serialize, Deserialize)]
#[serde(transparent)]
struct Seed(Zeroizing<String>);

impl Seed {
    fn new() -> Result<Self, ApiError> {
        let bytes = Zeroizing::new(random::bytes::<32>()?);
        Ok(Self(Zeroizing::new(bytes.iter().map(|b| format!("{b:02x}")).collect())))
    }

    fn bytes(&self) -> Result<Zeroizing<[u8; 32]>, ApiError> {
        let id: AuthorId = self.0.parse().map_err(|_| error::system("the keystore holds a damaged key"))?;
        Ok(Zeroizing::new(id.0))
    }
}

#[derive(Clone, Serialize, Deserialize)]
struct PersonaSeeds {
    name: String,
    created: u64,
    root: Seed,
    next: Seed,
    device: Seed,
}

/// One identity of this keystore.
#[derive(Clone, Debug)]
pub struct Persona {
    /// Its name in this keystore; nobody else sees it.
    pub name: String,
    /// Unix seconds when it was made.
    pub created: u64,
    /// The author id that others follow.
    pub author: AuthorId,
    /// Key of this device.
    pub device: DeviceKey,
    /// Certificates under which this device signs clips.
    pub credential: Credential,
    /// Signs for it.
    signer: Author,
    /// Opens letters to it.
    letters: Arc<LetterKey>,
}

/// An opened keystore.
pub struct Keystore {
    persona: Persona,
    transport: Zeroizing<[u8; 32]>,
    sealed: bool,
    fresh: bool,
}

impl std::fmt::Debug for Keystore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Keystore")
            .field("persona", &self.persona.name)
            .field("sealed", &self.sealed)
            .finish_non_exhaustive()
    }
}

impl Keystore {
    /// Opens the keystore of a home, or makes one with a first persona.
    ///
    /// # Errors
    /// A wrong or missing passphrase, a damaged file, a disk that cannot be written.
    pub fn open_or_create(home: &Home, passphrase: Option<&str>, now: u64) -> Result<Self, ApiError> {
        let path = home.keystore();
        if path.exists() {
            return Self::from_contents(read(&path, passphrase)?, false);
        }
        let first = PersonaSeeds {
            name: "default".to_owned(),
            created: now,
            root: Seed::new()?,
            next: Seed::new()?,
            device: Seed::new()?,
        };
        let contents = Contents { transport: Seed::new()?, personas: vec![first] };
        let secrets = match passphrase {
            Some(passphrase) => seal(&contents, passphrase)?,
            None => Secrets::Plain(contents.clone()),
        };
        let sealed = matches!(secrets, Secrets::Sealed { .. });
        let text = serde_json::to_vec_pretty(&File { version: VERSION, secrets })
            .map_err(|e| error::internal(format!("the keystore cannot be written: {e}")))?;
        write_atomically(&path, &Zeroizing::new(text))
            .map_err(|e| error::system(format!("the keystore {} cannot be written: {e}", path.display())))?;
        Self::from_contents((contents, sealed), true)
    }

    fn from_contents((contents, sealed): (Contents, bool), fresh: bool) -> Result<Self, ApiError> {
        let seeds =
            contents.personas.first().ok_or_else(|| error::system("the keystore holds no persona"))?;
        let persona = persona(seeds)?;
        Ok(Self { persona, transport: contents.transport.bytes()?, sealed, fresh })
    }

    /// The persona in use.
    #[must_use]
    pub const fn persona(&self) -> &Persona {
        &self.persona
    }

    /// What signs for it.
    #[must_use]
    pub const fn author(&self) -> &Author {
        &self.persona.signer
    }

    /// What opens letters to this persona.
    #[must_use]
    pub fn letters(&self) -> &LetterKey {
        &self.persona.letters
    }

    /// Seed of the node's key on the network.
    #[must_use]
    pub fn transport_seed(&self) -> Zeroizing<[u8; 32]> {
        self.transport.clone()
    }

    /// Whether the file is encrypted with a passphrase.
    #[must_use]
    pub const fn is_sealed(&self) -> bool {
        self.sealed
    }

    /// Whether it was made just now.
    #[must_use]
    pub const fn is_fresh(&self) -> bool {
        self.fresh
    }
}

fn persona(seeds: &PersonaSeeds) -> Result<Persona, ApiError> {
    let root = RootSecret::from_seed(*seeds.root.bytes()?);
    let next = RootSecret::from_seed(*seeds.next.bytes()?);
    let device_seed = seeds.device.bytes()?;
    let device = DeviceSecret::from_seed(*device_seed);
    // A key of its own, which follows from the device's: one seed to keep, and no key with two uses.
    let letter_seed = Zeroizing::new(blake3::derive_key(LETTER_KEY, device_seed.as_slice()));
    let letters = Arc::new(LetterKey::from_seed(&letter_seed));
    let genesis = Genesis { root: root.public(), next: next.commitment() };
    // Made anew each time: the same seeds give the same certificate, because Ed25519 signs deterministically.
    let span = (0, u64::from(u32::MAX));
    let certificate: Certificate = certify(&root, genesis, Vec::new(), device.public(), span);
    let damaged = |fault: Fault| error::system(format!("the keystore's keys do not fit together: {fault}"));
    let key = device.public();
    let issuer = Issuer { author: genesis.author(), root: root.public() };
    let credential = Credential::issue(issuer, key, |body| root.sign(body));
    let signer = Author::new(device, certificate, kinora_protocol::NETWORK).map_err(damaged)?;
    Ok(Persona {
        name: seeds.name.clone(),
        created: seeds.created,
        author: genesis.author(),
        device: key,
        credential,
        signer,
        letters,
    })
}

fn read(path: &Path, passphrase: Option<&str>) -> Result<(Contents, bool), ApiError> {
    let broken = |why: String| {
        error::system(format!("the keystore {}: {why}", path.display())).hint("restore it from a backup")
    };
    let size = std::fs::metadata(path).map_err(|e| broken(e.to_string()))?.len();
    if size > FILE_BYTES_MAX {
        return Err(broken("larger than any keystore".to_owned()));
    }
    let text = Zeroizing::new(std::fs::read(path).map_err(|e| broken(e.to_string()))?);
    let file: File = serde_json::from_slice(&text).map_err(|e| broken(format!("damaged: {e}")))?;
    if file.version != VERSION {
        return Err(broken(format!("made by another version ({})", file.version)));
    }
    match file.secrets {
        Secrets::Plain(contents) => Ok((contents, false)),
        Secrets::Sealed { salt, nonce, sealed } => {
            let passphrase = passphrase.ok_or_else(|| {
                error::request("the keystore is encrypted").hint("set KINORA_PASSPHRASE to its passphrase")
            })?;
            let parts = (unhex(&salt), unhex(&nonce), unhex(&sealed));
            let (Some(salt), Some(nonce), Some(sealed)) = parts else {
                return Err(broken("damaged".to_owned()));
            };
            if nonce.len() != 24 {
                return Err(broken("damaged".to_owned()));
            }
            let opened = cipher(passphrase, &salt)?.decrypt(XNonce::from_slice(&nonce), sealed.as_slice());
            let opened = Zeroizing::new(
                opened.map_err(|_| error::request("the passphrase does not open the keystore"))?,
            );
            let contents = serde_json::from_slice(&opened).map_err(|e| broken(format!("damaged: {e}")))?;
            Ok((contents, true))
        }
    }
}

fn seal(contents: &Contents, passphrase: &str) -> Result<Secrets, ApiError> {
    let (salt, nonce) = (random::bytes::<16>()?, random::bytes::<24>()?);
    let plain = serde_json::to_vec(contents)
        .map_err(|e| error::internal(format!("the keystore cannot be written: {e}")))?;
    let sealed = cipher(passphrase, &salt)?
        .encrypt(XNonce::from_slice(&nonce), Zeroizing::new(plain).as_slice())
        .map_err(|_| error::internal("the keystore cannot be sealed"))?;
    Ok(Secrets::Sealed { salt: hex(&salt), nonce: hex(&nonce), sealed: hex(&sealed) })
}

fn cipher(passphrase: &str, salt: &[u8]) -> Result<XChaCha20Poly1305, ApiError> {
    let failed = |e: argon2::Error| error::system(format!("the passphrase cannot be used: {e}"));
    let params = Params::new(ARGON2.0, ARGON2.1, ARGON2.2, Some(32)).map_err(failed)?;
    let mut key = Zeroizing::new([0u8; 32]);
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_into(passphrase.as_bytes(), salt, key.as_mut())
        .map_err(failed)?;
    Ok(XChaCha20Poly1305::new(key.as_ref().into()))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let pairs = text.as_bytes().chunks(2);
    pairs
        .map(|p| u8::from_str_radix(std::str::from_utf8(p).ok()?, 16).ok().filter(|_| p.len() == 2))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_keys_and_one_identity_that_stays() {
        let folder = tempfile::tempdir().unwrap();
        let home = Home::open(folder.path()).unwrap();
        let first = Keystore::open_or_create(&home, None, 7).unwrap();
        let again = Keystore::open_or_create(&home, None, 8).unwrap();
        assert!(first.is_fresh() && !again.is_fresh() && !again.is_sealed());
        assert_eq!(first.persona().author, again.persona().author);
        assert_eq!(again.persona().created, 7);
        assert_ne!(again.persona().device.0, *again.transport_seed());
        assert_ne!(again.persona().device.0, again.persona().author.0);
    }

    #[test]
    fn a_passphrase_hides_every_seed_and_a_wrong_one_opens_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let home = Home::open(folder.path()).unwrap();
        let made = Keystore::open_or_create(&home, Some("correct horse"), 7).unwrap();
        assert!(made.is_sealed());
        let text = std::fs::read_to_string(home.keystore()).unwrap();
        let transport = hex(&*made.transport_seed());
        assert!(!text.contains(&transport) && !text.contains("default"));
        assert_eq!(
            Keystore::open_or_create(&home, Some("wrong"), 9).unwrap_err().blame,
            error::request("").blame
        );
        assert!(Keystore::open_or_create(&home, None, 9).unwrap_err().message.contains("encrypted"));
        let again = Keystore::open_or_create(&home, Some("correct horse"), 9).unwrap();
        assert_eq!(again.persona().author, made.persona().author);
    }

    #[test]
    fn a_damaged_file_is_named_and_never_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let home = Home::open(folder.path()).unwrap();
        std::fs::write(home.keystore(), "{\"version\":1").unwrap();
        let refused = Keystore::open_or_create(&home, None, 9).unwrap_err();
        assert!(refused.message.contains("keystore"), "{refused}");
        assert_eq!(std::fs::read_to_string(home.keystore()).unwrap(), "{\"version\":1");
    }
}
