//! The envelope, and the one way to believe it: [`check`].
//!
//! `Signed = [body, sig]`, `rid = BLAKE3("kinora/record/1\0" ‖ body)`, `sig = Ed25519("kinora/signature/1\0" ‖ rid)`.
//! A body is carried verbatim and never re-encoded. Only [`check`] and an author's own signing make a [`Checked`], and
//! only a [`Checked`] can be stored.

use std::collections::BTreeMap;

use ipld_core::ipld::Ipld;
use serde::{Deserialize, Serialize};
use serde_bytes::{ByteArray, ByteBuf};

use crate::drisl;
use crate::fault::Fault;
use crate::feed::Slot;
use crate::ids::{AuthorId, Rid};
use crate::keys::{Certificate, DeviceSecret, Genesis, RootSecret, Rotation, certify, verify};
use crate::limits::RECORD_BYTES_MAX;
use crate::record::{Body, Record};

const RECORD: &[u8] = b"kinora/record/1\0";
const SIGNATURE: &[u8] = b"kinora/signature/1\0";
/// Version of the envelope.
const VERSION: u64 = 1;
/// Most certificates remembered as checked.
const CERTIFICATES_MAX: usize = 4_096;

/// `[body, sig]`.
#[derive(Serialize, Deserialize)]
struct Signed(ByteBuf, ByteArray<64>);

/// The body's map.
#[derive(Serialize, Deserialize)]
struct Outer {
    /// Author.
    a: AuthorId,
    /// Fields of the kind.
    b: Ipld,
    /// Certificate.
    c: ByteBuf,
    /// Kind.
    k: String,
    /// Network.
    n: String,
    /// Unix seconds.
    t: u64,
    /// Version.
    v: u64,
}

/// Certificates that were checked before. Bounded; the oldest half goes when it is full.
#[derive(Clone, Debug, Default)]
pub struct CertificateCache {
    seen: BTreeMap<[u8; 32], (u64, Certificate)>,
    clock: u64,
}

impl CertificateCache {
    fn check(&mut self, bytes: &[u8]) -> Result<Certificate, Fault> {
        let key = *blake3::hash(bytes).as_bytes();
        if let Some((_, certificate)) = self.seen.get(&key) {
            return Ok(certificate.clone());
        }
        let certificate = Certificate::check(bytes)?;
        if self.seen.len() >= CERTIFICATES_MAX {
            let half = self.clock.saturating_sub(CERTIFICATES_MAX as u64 / 2);
            self.seen.retain(|_, (age, _)| *age > half);
        }
        self.clock = self.clock.saturating_add(1);
        self.seen.insert(key, (self.clock, certificate.clone()));
        Ok(certificate)
    }
}

/// A record whose form, certificate and signature hold.
#[derive(Clone, Debug, PartialEq)]
pub struct Checked {
    rid: Rid,
    record: Record,
    bytes: Vec<u8>,
}

impl Checked {
    /// The record's id.
    #[must_use]
    pub const fn rid(&self) -> Rid {
        self.rid
    }

    /// What it says.
    #[must_use]
    pub const fn record(&self) -> &Record {
        &self.record
    }

    /// The signed bytes, verbatim.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Who says it.
    #[must_use]
    pub const fn author(&self) -> AuthorId {
        self.record.author
    }

    /// Unix seconds, as the author says.
    #[must_use]
    pub const fn time(&self) -> u64 {
        self.record.time
    }

    /// The kind's name.
    #[must_use]
    pub fn kind(&self) -> &str {
        self.record.body.kind()
    }

    /// Where it stands in the feed set.
    #[must_use]
    pub fn slot(&self) -> Slot {
        Slot::of(self)
    }

    /// Id of the gossip message that carries it on a topic.
    #[must_use]
    pub fn gossip_id(&self, topic: &str) -> [u8; 20] {
        gossip_id(topic, &self.bytes)
    }
}

/// The first 20 bytes of `BLAKE3(topic ‖ 0 ‖ signed)`. It covers the signature: a copy with a forged signature, sent
/// first, must not block the genuine record.
#[must_use]
pub fn gossip_id(topic: &str, signed: &[u8]) -> [u8; 20] {
    let mut hasher = blake3::Hasher::new();
    hasher.update(topic.as_bytes()).update(&[0]).update(signed);
    let mut id = [0u8; 20];
    for (to, from) in id.iter_mut().zip(hasher.finalize().as_bytes()) {
        *to = *from;
    }
    id
}

fn rid_of(body: &[u8]) -> Rid {
    let mut hasher = blake3::Hasher::new();
    hasher.update(RECORD);
    hasher.update(body);
    Rid(*hasher.finalize().as_bytes())
}

/// Id of signed bytes whose signature nobody has looked at yet; none when they are no envelope.
#[must_use]
pub fn rid_of_signed(bytes: &[u8]) -> Option<Rid> {
    if bytes.len() > RECORD_BYTES_MAX {
        return None;
    }
    let Signed(body, _) = drisl::decode_envelope(bytes).ok()?;
    Some(rid_of(&body))
}

fn message(rid: Rid) -> Vec<u8> {
    [SIGNATURE, rid.as_bytes()].concat()
}

/// Believes a signed record, or says why not.
///
/// The order is from cheap to dear: size, form, network, certificate, signature, fields.
///
/// # Errors
/// A [`Fault`]; data about their bytes, never our failure.
pub fn check(bytes: &[u8], network: &str, cache: &mut CertificateCache) -> Result<Checked, Fault> {
    if bytes.len() > RECORD_BYTES_MAX {
        return Err(Fault::TooLarge { size: bytes.len() as u64, max: RECORD_BYTES_MAX as u64 });
    }
    let Signed(body, sig) = drisl::decode_envelope(bytes)?;
    let outer: Outer = drisl::decode(&body)?;
    if outer.n != network {
        return Err(Fault::WrongNetwork);
    }
    if outer.v != VERSION {
        return Err(Fault::malformed("v", "only version 1 is known"));
    }
    if outer.t > u64::from(u32::MAX) {
        return Err(Fault::malformed("t", "not in seconds"));
    }
    let certificate = cache.check(&outer.c)?;
    if certificate.author() != outer.a {
        return Err(Fault::certificate("it is another author's"));
    }
    if !(certificate.from..=certificate.until).contains(&outer.t) {
        return Err(Fault::CertificateExpired);
    }
    let rid = rid_of(&body);
    verify(certificate.device.as_bytes(), &message(rid), &sig.into_array())?;
    let body = Body::read(&outer.k, outer.b)?;
    if body.needs_root() && !certificate.is_root() {
        return Err(Fault::NotByRoot { kind: outer.k });
    }
    if matches!(body, Body::Rotate) && certificate.rotations.is_empty() {
        return Err(Fault::certificate("a rotate record needs a rotation"));
    }
    let rotations = certificate.rotations.len();
    let (device, root) = (certificate.device, certificate.root());
    let record = Record { author: outer.a, device, time: outer.t, root, rotations, body };
    Ok(Checked { rid, record, bytes: bytes.to_vec() })
}

/// Signs records: a device key under its certificate.
#[derive(Clone, Debug)]
pub struct Author {
    device: DeviceSecret,
    certificate: Certificate,
    encoded: Vec<u8>,
    network: String,
}

impl Author {
    /// A device that signs for an author.
    ///
    /// # Errors
    /// When the certificate does not hold or certifies another device.
    pub fn new(device: DeviceSecret, certificate: Certificate, network: &str) -> Result<Self, Fault> {
        if certificate.device != device.public() {
            return Err(Fault::certificate("it certifies another device"));
        }
        let encoded = certificate.encode()?;
        Certificate::check(&encoded)?;
        Ok(Self { device, certificate, encoded, network: network.to_owned() })
    }

    /// The root key itself, for rotations and revocations.
    ///
    /// # Errors
    /// When the chain does not lead to this root.
    pub fn by_root(
        root: &RootSecret,
        genesis: Genesis,
        rotations: Vec<Rotation>,
        network: &str,
    ) -> Result<Self, Fault> {
        let device = root.as_device();
        let certificate = certify(root, genesis, rotations, device.public(), (0, u64::from(u32::MAX)));
        Self::new(device, certificate, network)
    }

    /// The author it signs for.
    #[must_use]
    pub fn author_id(&self) -> AuthorId {
        self.certificate.author()
    }

    /// The certificate under which it signs, as it stands in records.
    #[must_use]
    pub fn certificate(&self) -> &[u8] {
        &self.encoded
    }

    /// Signs bytes of another format as they stand: the claim of a clip's manifest. Those begin otherwise than anything
    /// that is signed here, so neither signature passes for the other.
    #[must_use]
    pub fn sign_claim(&self, claim: &[u8]) -> [u8; 64] {
        self.device.sign(claim)
    }

    /// The device's signature of one use of a cameo, by its [`use_id`](crate::consent::use_id).
    #[must_use]
    pub fn sign_use(&self, id: Rid) -> [u8; 64] {
        self.device.sign(&crate::consent::use_message(id))
    }

    /// Signs a body as of `time`, in Unix seconds.
    ///
    /// # Errors
    /// The bound that the body breaks; the same answer that any other node would give.
    pub fn sign(&self, time: u64, body: Body) -> Result<Checked, Fault> {
        let outer = Outer {
            a: self.author_id(),
            b: body.write()?,
            c: ByteBuf::from(self.encoded.clone()),
            k: body.kind().to_owned(),
            n: self.network.clone(),
            t: time,
            v: VERSION,
        };
        self.seal(&drisl::encode(&outer)?)
    }

    /// Signs a body of a kind this version cannot write; for tests of relaying.
    #[cfg(test)]
    pub(crate) fn sign_raw(&self, time: u64, kind: &str, fields: Ipld) -> Result<Checked, Fault> {
        let c = ByteBuf::from(self.encoded.clone());
        let (a, k, n) = (self.author_id(), kind.to_owned(), self.network.clone());
        self.seal(&drisl::encode(&Outer { a, b: fields, c, k, n, t: time, v: VERSION })?)
    }

    fn seal(&self, body: &[u8]) -> Result<Checked, Fault> {
        let sig = self.device.sign(&message(rid_of(body)));
        let bytes = drisl::encode_envelope(&Signed(ByteBuf::from(body.to_vec()), ByteArray::new(sig)))?;
        // What is signed goes through the same check as what strangers send.
        check(&bytes, &self.network, &mut CertificateCache::default())
    }
}

#[cfg(test)]
mod tests;
