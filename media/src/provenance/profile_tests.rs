//! Which certificates the C2PA library takes, pinned for the version in use: a new one must not change it in silence.
//!
//! What a verifier of ours takes is narrower (`certificate_tests`): this is what keeps other people's verifiers happy,
//! and what an attacker's certificates may look like.

use std::io::Cursor;

use c2pa::{Builder, Reader, Signer, SigningAlg, ValidationState};
use kinora_protocol::keys::DeviceSecret;

use super::certificate::{attribute, body, extension, key_id, sealed};
use super::der::{BIT_STRING, BOOLEAN, OCTET_STRING, OID, SEQUENCE, tlv};
use super::fixtures::{CLIP, Creator, creator};
use super::{FORMAT, context};

const BASIC: &[u8] = &[0x55, 0x1d, 0x13];
const USAGE: &[u8] = &[0x55, 0x1d, 0x0f];
const EXTENDED: &[u8] = &[0x55, 0x1d, 0x25];
const SUBJECT: &[u8] = &[0x55, 0x1d, 0x0e];
const AUTHORITY: &[u8] = &[0x55, 0x1d, 0x23];

/// Purposes of RFC 5280 §4.2.1.12 and of C2PA.
const EMAIL: &[u8] = &[0x2b, 6, 1, 5, 5, 7, 3, 4];
const CLIENT: &[u8] = &[0x2b, 6, 1, 5, 5, 7, 3, 2];
const DOCUMENT: &[u8] = &[0x2b, 6, 1, 5, 5, 7, 3, 36];
const CLAIM: &[u8] = &[0x2b, 6, 1, 4, 1, 0x83, 0xe8, 0x5e, 2, 1];
const ANY: &[u8] = &[0x55, 0x1d, 0x25, 0x00];

/// The parts of a leaf that the table varies; `None` leaves an extension out.
struct Leaf<'a> {
    basic: Option<Vec<u8>>,
    usage: Option<[u8; 2]>,
    purposes: &'a [&'a [u8]],
    subject: bool,
    authority: bool,
    organisation: bool,
    more: Vec<u8>,
    until: &'a [u8; 15],
}

impl Default for Leaf<'_> {
    fn default() -> Self {
        let (basic, usage) = (Some(tlv(SEQUENCE, &[])), Some([7, 0x80]));
        let (subject, authority, organisation) = (true, true, true);
        Self {
            basic,
            usage,
            purposes: &[EMAIL, CLAIM],
            subject,
            authority,
            organisation,
            more: Vec::new(),
            until: b"99991231235959Z",
        }
    }
}

impl Leaf<'_> {
    /// The certificate, signed by the creator's root.
    fn certificate(&self, by: &Creator, device: &DeviceSecret) -> Vec<u8> {
        let (key, root) = (device.public().0, by.root.public());
        let purposes: Vec<u8> = self.purposes.iter().flat_map(|p| tlv(OID, &[p])).collect();
        let extensions = [
            self.basic.as_ref().map(|basic| extension(BASIC, true, basic)),
            self.usage.map(|usage| extension(USAGE, true, &tlv(BIT_STRING, &[&usage]))),
            (!purposes.is_empty()).then(|| extension(EXTENDED, false, &tlv(SEQUENCE, &[&purposes]))),
            self.subject.then(|| extension(SUBJECT, false, &tlv(OCTET_STRING, &[&key_id(&key)]))),
            self.authority
                .then(|| extension(AUTHORITY, false, &tlv(SEQUENCE, &[&tlv(0x80, &[&key_id(&root)])]))),
        ];
        let mut extensions: Vec<u8> = extensions.into_iter().flatten().flatten().collect();
        extensions.extend(&self.more);
        let organisation = attribute(&[0x55, 4, 10], "somebody");
        let organisation = if self.organisation { organisation } else { Vec::new() };
        let subject = tlv(SEQUENCE, &[&organisation, &attribute(&[0x55, 4, 3], "a device")]);
        let mut issuer = tlv(SEQUENCE, &[&attribute(&[0x55, 4, 10], super::certificate::ORGANISATION)]);
        let name = attribute(&[0x55, 4, 3], &by.issuer().author.to_string());
        issuer[1] += name.len() as u8;
        issuer.extend(name);
        let mut body = body(&key, b"leaf", &issuer, &subject, &extensions);
        let at = body.windows(15).position(|w| w == b"99991231235959Z").unwrap();
        body[at..at + 15].copy_from_slice(self.until);
        sealed(&body, &by.root.sign(&body))
    }
}

struct Chain<'a>(Vec<Vec<u8>>, &'a DeviceSecret);

impl Signer for Chain<'_> {
    fn sign(&self, data: &[u8]) -> c2pa::Result<Vec<u8>> {
        Ok(self.1.sign(data).to_vec())
    }
    fn alg(&self) -> SigningAlg {
        SigningAlg::Ed25519
    }
    fn certs(&self) -> c2pa::Result<Vec<Vec<u8>>> {
        Ok(self.0.clone())
    }
    fn reserve_size(&self) -> usize {
        2_048 + self.0.iter().map(Vec::len).sum::<usize>()
    }
}

/// What comes of a clip signed under this chain: the state when read, or that it was not signed.
fn outcome(
    chain: Vec<Vec<u8>>,
    device: &DeviceSecret,
    anchors: &[Vec<u8>],
) -> Result<ValidationState, String> {
    let definition = serde_json::json!({
        "claim_generator_info": [{ "name": "test" }],
        "assertions": [{ "label": "c2pa.actions.v2", "created": true, "data": { "actions": [{
            "action": "c2pa.created",
            "digitalSourceType": "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"
        }] } }],
    });
    let sign = || {
        let mut builder = Builder::from_context(context::offline(&[])?).with_definition(definition)?;
        let mut signed = Cursor::new(Vec::new());
        builder.sign(&Chain(chain, device), FORMAT, &mut Cursor::new(CLIP.as_slice()), &mut signed)?;
        Reader::from_context(context::offline(anchors)?).with_stream(FORMAT, signed)
    };
    sign().map(|reader| reader.validation_state()).map_err(|error: c2pa::Error| error.to_string())
}

/// The outcome for a leaf under its own authority, which is anchored.
fn leaf(leaf: &Leaf<'_>) -> Result<ValidationState, String> {
    let maker = creator(1);
    let authority = maker.credential.chain()[1].to_vec();
    outcome(vec![leaf.certificate(&maker, &maker.device), authority.clone()], &maker.device, &[authority])
}

#[test]
fn our_chain_is_trusted_where_it_is_anchored_and_valid_where_it_is_not() {
    let maker = creator(1);
    let [certificate, authority] = maker.credential.chain().map(<[u8]>::to_vec);
    let both = vec![certificate.clone(), authority.clone()];
    let anchor = std::slice::from_ref(&authority);
    assert_eq!(outcome(both.clone(), &maker.device, anchor), Ok(ValidationState::Trusted));
    assert_eq!(outcome(vec![certificate], &maker.device, anchor), Ok(ValidationState::Trusted));
    assert_eq!(outcome(both.clone(), &maker.device, &[]), Ok(ValidationState::Valid));
    let other = creator(2).credential.chain()[1].to_vec();
    assert_eq!(outcome(both, &maker.device, &[other]), Ok(ValidationState::Valid));
    assert!(
        outcome(vec![authority.clone()], &maker.device, anchor).is_err(),
        "an authority does not sign clips"
    );
}

#[test]
fn one_key_may_be_authority_and_leaf() {
    let maker = creator(1);
    let device = DeviceSecret::from_seed([1; 32]);
    let authority = maker.credential.chain()[1].to_vec();
    let chain = vec![Leaf::default().certificate(&maker, &device), authority.clone()];
    assert_eq!(outcome(chain, &device, &[authority]), Ok(ValidationState::Trusted));
}

#[test]
fn leaves_that_are_taken() {
    let trusted = Ok(ValidationState::Trusted);
    for (why, taken) in [
        ("as ours", Leaf::default()),
        ("no subject key id", Leaf { subject: false, ..Leaf::default() }),
        ("no basic constraints", Leaf { basic: None, ..Leaf::default() }),
        ("e-mail only", Leaf { purposes: &[EMAIL], ..Leaf::default() }),
        ("claims only", Leaf { purposes: &[CLAIM], ..Leaf::default() }),
        ("documents only", Leaf { purposes: &[DOCUMENT], ..Leaf::default() }),
    ] {
        assert_eq!(leaf(&taken), trusted, "{why}");
    }
}

#[test]
fn leaves_that_are_refused() {
    let authority = tlv(SEQUENCE, &[&tlv(BOOLEAN, &[&[0xff]])]);
    for (why, refused) in [
        ("no authority key id", Leaf { authority: false, ..Leaf::default() }),
        ("no purpose", Leaf { purposes: &[], ..Leaf::default() }),
        ("for clients", Leaf { purposes: &[CLIENT], ..Leaf::default() }),
        ("for anything", Leaf { purposes: &[EMAIL, ANY], ..Leaf::default() }),
        ("no key usage", Leaf { usage: None, ..Leaf::default() }),
        ("signs certificates", Leaf { usage: Some([2, 0x84]), ..Leaf::default() }),
        (
            "an authority that signs certificates",
            Leaf { basic: Some(authority), usage: Some([2, 4]), ..Leaf::default() },
        ),
        // The library of 0.91 takes it.
        ("no organisation", Leaf { organisation: false, ..Leaf::default() }),
        ("over", Leaf { until: b"20210101000000Z", ..Leaf::default() }),
        (
            "an unknown critical extension",
            Leaf { more: extension(&[0x2b, 1, 2, 3], true, &[5, 0]), ..Leaf::default() },
        ),
    ] {
        let found = leaf(&refused);
        assert!(!matches!(found, Ok(ValidationState::Trusted | ValidationState::Valid)), "{why}: {found:?}");
    }
}

#[test]
fn the_algorithm_outside_a_certificate_is_not_looked_at_by_the_library_but_by_us() {
    // 1.3.101.112 becomes 1.3.101.111 behind the signed part.
    let maker = creator(1);
    let [certificate, authority] = maker.credential.chain().map(<[u8]>::to_vec);
    let mut changed = certificate;
    let at = changed.windows(3).rposition(|w| w == [0x2b, 0x65, 0x70]).unwrap();
    changed[at + 2] = 0x6f;
    assert!(!maker.issuer().issued(&maker.device.public(), &changed));
    let found = outcome(vec![changed, authority.clone()], &maker.device, &[authority]);
    assert!(!matches!(found, Ok(ValidationState::Trusted)), "{found:?}");
}
