//! The two certificates of a creator: an authority for its root key, and a leaf for each device under it.
//!
//! Both are functions of public keys alone, byte for byte, but for the root's signature. So a verifier that knows an
//! author and its root key rebuilds what was signed, checks the signature, and takes nothing else for a certificate of
//! that author. Fields follow RFC 5280 and RFC 8410 (Ed25519) and the certificate profile of C2PA 2.2 §14.5.1.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use kinora_protocol::ids::{AuthorId, DeviceKey};
use kinora_protocol::keys;

use super::der::{
    BIT_STRING, BOOLEAN, GENERALIZED_TIME, INTEGER, OCTET_STRING, OID, SEQUENCE, SET, UTC_TIME, UTF8_STRING,
    bits, context, tlv,
};

/// Organisation in both subjects: what other tools show as the issuer. Nobody vouches for it but the creator.
pub(super) const ORGANISATION: &str = "Kinora creator";
/// First instant of validity. The same for everybody: when an identity was made is nobody's business.
const NOT_BEFORE: &[u8] = b"200101000000Z";
/// Last instant: RFC 5280 §4.1.2.5 reserves it for "no well-defined end". There is no trusted time among peers.
const NOT_AFTER: &[u8] = b"99991231235959Z";

/// Object identifiers, encoded: Ed25519 1.3.101.112 (RFC 8410).
const ED25519: &[u8] = &[0x2b, 0x65, 0x70];
/// Organisation 2.5.4.10, organisational unit 2.5.4.11, common name 2.5.4.3.
const ORGANISATION_NAME: &[u8] = &[0x55, 0x04, 0x0a];
const UNIT_NAME: &[u8] = &[0x55, 0x04, 0x0b];
const COMMON_NAME: &[u8] = &[0x55, 0x04, 0x03];
/// Extensions 2.5.29.{14, 15, 19, 35, 37}.
const SUBJECT_KEY: &[u8] = &[0x55, 0x1d, 0x0e];
const KEY_USAGE: &[u8] = &[0x55, 0x1d, 0x0f];
const BASIC_CONSTRAINTS: &[u8] = &[0x55, 0x1d, 0x13];
const AUTHORITY_KEY: &[u8] = &[0x55, 0x1d, 0x23];
const EXTENDED_USAGE: &[u8] = &[0x55, 0x1d, 0x25];
/// emailProtection 1.3.6.1.5.5.7.3.4 and C2PA claim signing 1.3.6.1.4.1.62558.2.1; old verifiers know only the first.
const EMAIL_PROTECTION: &[u8] = &[0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x04];
const CLAIM_SIGNING: &[u8] = &[0x2b, 0x06, 0x01, 0x04, 0x01, 0x83, 0xe8, 0x5e, 0x02, 0x01];
/// `digitalSignature` and `keyCertSign` as named bit lists (RFC 5280 §4.2.1.3).
const DIGITAL_SIGNATURE: &[u8] = &[0x07, 0x80];
const CERTIFICATE_SIGNING: &[u8] = &[0x02, 0x04];
/// Bytes of a serial number and of a key identifier.
const SERIAL_BYTES: usize = 16;
const KEY_ID_BYTES: usize = 20;
/// Bytes of an Ed25519 signature.
const SIGNATURE_BYTES: usize = 64;

/// Whose certificates: an author under one of its root keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Issuer {
    /// The author.
    pub author: AuthorId,
    /// Its root key when the clip was signed, from the certificate in the clip's record.
    pub root: [u8; 32],
}

/// The certificates under which a device signs clips.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credential {
    /// Whose.
    pub issuer: Issuer,
    /// The device.
    pub device: DeviceKey,
    leaf: Vec<u8>,
    authority: Vec<u8>,
}

impl Credential {
    /// Issues both certificates; `sign` signs with the root key. Equal keys give equal bytes.
    #[must_use]
    pub fn issue(issuer: Issuer, device: DeviceKey, sign: impl Fn(&[u8]) -> [u8; 64]) -> Self {
        let certificate = |body: Vec<u8>| {
            let signature = sign(&body);
            sealed(&body, &signature)
        };
        Self {
            issuer,
            device,
            leaf: certificate(issuer.leaf_body(&device)),
            authority: certificate(issuer.authority_body()),
        }
    }

    /// The chain as it stands in a manifest: leaf, authority; DER.
    #[must_use]
    pub fn chain(&self) -> [&[u8]; 2] {
        [&self.leaf, &self.authority]
    }
}

impl Issuer {
    /// Whether `certificate` is, in every byte, the one of this issuer for this device.
    pub(super) fn issued(&self, device: &DeviceKey, certificate: &[u8]) -> bool {
        self.holds(&self.leaf_body(device), certificate)
    }

    /// The authority certificate of this issuer where it stands in `store`, if it does and its signature holds.
    pub(super) fn find_authority(&self, store: &[u8]) -> Option<Vec<u8>> {
        let body = self.authority_body();
        let unsigned = sealed(&body, &[0; SIGNATURE_BYTES]);
        let start = unsigned.get(..unsigned.len() - SIGNATURE_BYTES)?;
        store
            .windows(unsigned.len())
            .find(|w| w.starts_with(start) && self.holds(&body, w))
            .map(<[u8]>::to_vec)
    }

    /// Whether `certificate` is `body` and a signature of the root key over it, and nothing else.
    fn holds(&self, body: &[u8], certificate: &[u8]) -> bool {
        let Some(signature) = certificate.last_chunk::<SIGNATURE_BYTES>() else { return false };
        sealed(body, signature) == certificate && keys::verify(&self.root, body, signature).is_ok()
    }

    /// What the root signs to be an authority.
    fn authority_body(&self) -> Vec<u8> {
        let constraints = tlv(SEQUENCE, &[&tlv(BOOLEAN, &[&[0xff]]), &tlv(INTEGER, &[&[0]])]);
        let extensions = [
            extension(BASIC_CONSTRAINTS, true, &constraints),
            extension(KEY_USAGE, true, &tlv(BIT_STRING, &[CERTIFICATE_SIGNING])),
            extension(SUBJECT_KEY, false, &tlv(OCTET_STRING, &[&key_id(&self.root)])),
        ];
        body(&self.root, b"authority", &self.name(), &self.name(), &extensions.concat())
    }

    /// What the root signs for a device.
    fn leaf_body(&self, device: &DeviceKey) -> Vec<u8> {
        let usages = tlv(SEQUENCE, &[&tlv(OID, &[EMAIL_PROTECTION]), &tlv(OID, &[CLAIM_SIGNING])]);
        // [0] keyIdentifier, implicit (RFC 5280 §4.2.1.1).
        let authority = tlv(SEQUENCE, &[&tlv(0x80, &[&key_id(&self.root)])]);
        let extensions = [
            extension(BASIC_CONSTRAINTS, true, &tlv(SEQUENCE, &[])),
            extension(KEY_USAGE, true, &tlv(BIT_STRING, &[DIGITAL_SIGNATURE])),
            extension(EXTENDED_USAGE, false, &usages),
            extension(SUBJECT_KEY, false, &tlv(OCTET_STRING, &[&key_id(&device.0)])),
            extension(AUTHORITY_KEY, false, &authority),
        ];
        let subject = tlv(
            SEQUENCE,
            &[
                &attribute(ORGANISATION_NAME, ORGANISATION),
                &attribute(UNIT_NAME, "device"),
                &attribute(COMMON_NAME, &device.to_string()),
            ],
        );
        body(&device.0, b"leaf", &self.name(), &subject, &extensions.concat())
    }

    fn name(&self) -> Vec<u8> {
        let organisation = attribute(ORGANISATION_NAME, ORGANISATION);
        tlv(SEQUENCE, &[&organisation, &attribute(COMMON_NAME, &self.author.to_string())])
    }
}

/// A certificate: what was signed, the algorithm again, the signature.
pub(super) fn sealed(body: &[u8], signature: &[u8; SIGNATURE_BYTES]) -> Vec<u8> {
    tlv(SEQUENCE, &[body, &algorithm(), &bits(signature)])
}

fn algorithm() -> Vec<u8> {
    tlv(SEQUENCE, &[&tlv(OID, &[ED25519])])
}

/// `TBSCertificate` (RFC 5280 §4.1).
pub(super) fn body(key: &[u8; 32], role: &[u8], issuer: &[u8], subject: &[u8], extensions: &[u8]) -> Vec<u8> {
    let validity = tlv(SEQUENCE, &[&tlv(UTC_TIME, &[NOT_BEFORE]), &tlv(GENERALIZED_TIME, &[NOT_AFTER])]);
    let public = tlv(SEQUENCE, &[&algorithm(), &bits(key)]);
    tlv(
        SEQUENCE,
        &[
            &tlv(context(0), &[&tlv(INTEGER, &[&[2]])]),
            &tlv(INTEGER, &[&serial(key, role)]),
            &algorithm(),
            issuer,
            &validity,
            subject,
            &public,
            &tlv(context(3), &[&tlv(SEQUENCE, &[extensions])]),
        ],
    )
}

/// The first bytes of `BLAKE3(key ‖ role)` with the top bits set to `01`: positive, and never shortened by DER.
fn serial(key: &[u8; 32], role: &[u8]) -> [u8; SERIAL_BYTES] {
    let mut serial: [u8; SERIAL_BYTES] = prefix(&[key, role]);
    if let Some(first) = serial.first_mut() {
        *first = *first & 0x3f | 0x40;
    }
    serial
}

/// The first bytes of `BLAKE3(key)`.
pub(super) fn key_id(key: &[u8; 32]) -> [u8; KEY_ID_BYTES] {
    prefix(&[key])
}

fn prefix<const N: usize>(parts: &[&[u8]]) -> [u8; N] {
    let mut hasher = blake3::Hasher::new();
    for part in parts {
        hasher.update(part);
    }
    let mut out = [0; N];
    hasher.finalize_xof().fill(&mut out);
    out
}

pub(super) fn attribute(kind: &[u8], value: &str) -> Vec<u8> {
    let pair = tlv(SEQUENCE, &[&tlv(OID, &[kind]), &tlv(UTF8_STRING, &[value.as_bytes()])]);
    tlv(SET, &[&pair])
}

pub(super) fn extension(kind: &[u8], critical: bool, value: &[u8]) -> Vec<u8> {
    // DER leaves out what is the default: not critical.
    let critical = if critical { tlv(BOOLEAN, &[&[0xff]]) } else { Vec::new() };
    tlv(SEQUENCE, &[&tlv(OID, &[kind]), &critical, &tlv(OCTET_STRING, &[value])])
}

/// Certificates as PEM text, the only form in which the library takes anchors.
pub(super) fn pem(certificates: &[Vec<u8>]) -> String {
    let mut out = String::new();
    for certificate in certificates {
        out.push_str("-----BEGIN CERTIFICATE-----\n");
        let text = STANDARD.encode(certificate);
        for line in text.as_bytes().chunks(64) {
            out.extend(line.iter().copied().map(char::from));
            out.push('\n');
        }
        out.push_str("-----END CERTIFICATE-----\n");
    }
    out
}

/// The first certificate of PEM text.
pub(super) fn first_of_pem(text: &str) -> Option<Vec<u8>> {
    let (_, rest) = text.split_once("-----BEGIN CERTIFICATE-----")?;
    let (body, _) = rest.split_once("-----END CERTIFICATE-----")?;
    let packed: String = body.chars().filter(|c| !c.is_whitespace()).collect();
    STANDARD.decode(packed).ok()
}
