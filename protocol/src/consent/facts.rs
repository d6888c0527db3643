//! What must be known of a clip to judge its consent, and the hashes and signatures that bind a use to it.
//!
//! No hash here is circular. The file's manifest mirrors [`consent_hash`], which covers the terms and no file; the id of
//! a use covers the terms *and* the file, and the creator and the subject sign that.

use std::collections::BTreeSet;

use serde::Serialize;
use serde_bytes::ByteArray;

use crate::check::{CertificateCache, Checked, check};
use crate::drisl;
use crate::fault::Fault;
use crate::ids::{AuthorId, BlobHash, DeviceKey, Rid};
use crate::keys::verify;
use crate::record::{Approve, Audience, Body, Clip, Consent, Head, Remix, Role, Use};

const USE: &[u8] = b"kinora/use/1\0";
const USE_SIGNATURE: &[u8] = b"kinora/use-signature/1\0";
const CONSENT: &[u8] = b"kinora/consent/1\0";
const PROMPT: &[u8] = b"kinora/prompt/1\0";
const REVOKED: &[u8] = b"kinora/revoked/1\0";

pub(super) fn hash(domain: &[u8], parts: &[&[u8]]) -> [u8; 32] {
    let mut hasher = blake3::Hasher::new();
    hasher.update(domain);
    for part in parts {
        hasher.update(part);
    }
    *hasher.finalize().as_bytes()
}

/// What two people agree on: everything of a use but what proves it.
#[derive(Serialize)]
struct Terms<'a> {
    cameo: Rid,
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<Rid>,
    grant: Rid,
    role: Role,
    serial: u32,
    #[serde(skip_serializing_if = "<[(u32, u32)]>::is_empty")]
    spans: &'a [(u32, u32)],
    subject: AuthorId,
}

/// What stands in the file's manifest.
#[derive(Serialize)]
struct Mirror<'a> {
    audience: Audience,
    commercial: bool,
    purposes: &'a [String],
    uses: Vec<Terms<'a>>,
}

/// What is signed for one use.
#[derive(Serialize)]
struct Core<'a> {
    audience: Audience,
    blob: BlobHash,
    commercial: bool,
    creator: AuthorId,
    prompt: ByteArray<32>,
    purposes: &'a [String],
    #[serde(rename = "use")]
    terms: Terms<'a>,
}

fn terms(used: &Use) -> Terms<'_> {
    let Use { cameo, subject, grant, serial, role, spans, from, .. } = used;
    Terms {
        cameo: *cameo,
        from: *from,
        grant: *grant,
        role: *role,
        serial: *serial,
        spans,
        subject: *subject,
    }
}

/// The hash that the file's manifest mirrors: over the terms of all uses, and over no file.
///
/// # Errors
/// The bound that a word breaks.
pub fn consent_hash(consent: &Consent) -> Result<[u8; 32], Fault> {
    let mirror = Mirror {
        audience: consent.audience,
        commercial: consent.commercial,
        purposes: &consent.purposes,
        uses: consent.uses.iter().map(terms).collect(),
    };
    Ok(hash(CONSENT, &[&drisl::encode(&mirror)?]))
}

/// Hash of a prompt, as the id of a use covers it.
#[must_use]
pub fn prompt_hash(prompt: &str) -> [u8; 32] {
    hash(PROMPT, &[prompt.as_bytes()])
}

/// The id of one use in a clip: what the creator's device signs and the subject approves.
///
/// # Errors
/// The bound that a word breaks.
pub fn use_id(creator: AuthorId, clip: &Clip, consent: &Consent, used: &Use) -> Result<Rid, Fault> {
    let core = Core {
        audience: consent.audience,
        blob: clip.blob.hash,
        commercial: consent.commercial,
        creator,
        prompt: prompt_hash(&clip.prompt).into(),
        purposes: &consent.purposes,
        terms: terms(used),
    };
    Ok(Rid(hash(USE, &[&drisl::encode(&core)?])))
}

/// The bytes that the creator's device signs.
#[must_use]
pub fn use_message(id: Rid) -> Vec<u8> {
    [USE_SIGNATURE, id.as_bytes()].concat()
}

/// Hash over the ids of all revocations of a cameo, sorted.
#[must_use]
pub fn revoked_root(ids: impl IntoIterator<Item = Rid>) -> [u8; 32] {
    let sorted: BTreeSet<Rid> = ids.into_iter().collect();
    let parts: Vec<&[u8]> = sorted.iter().map(|rid| rid.as_bytes().as_slice()).collect();
    hash(REVOKED, &parts)
}

/// A use of a clip, with what is stapled to it read.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct UseFacts {
    pub(super) used: Use,
    /// See [`use_id`].
    pub(super) id: Rid,
    /// Whether the creator's device signed it.
    pub(super) signed: bool,
    /// The stapled head, when it is one.
    pub(super) head: Option<Signed<Head>>,
    /// The stapled approval, when it is one.
    pub(super) approval: Option<Signed<Approve>>,
}

/// A record of which only this much matters.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Signed<T> {
    pub(super) rid: Rid,
    pub(super) by: AuthorId,
    pub(super) time: u64,
    pub(super) body: T,
}

impl<T> Signed<T> {
    pub(super) fn of(checked: &Checked, body: T) -> Self {
        Self { rid: checked.rid(), by: checked.author(), time: checked.time(), body }
    }
}

/// A clip, as far as consent goes.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct ClipFacts {
    pub(super) rid: Rid,
    pub(super) author: AuthorId,
    pub(super) time: u64,
    pub(super) millis: u64,
    pub(super) remix: Remix,
    pub(super) licence: String,
    pub(super) parents: Vec<Rid>,
    pub(super) purposes: Vec<String>,
    pub(super) audience: Audience,
    pub(super) commercial: bool,
    pub(super) uses: Vec<UseFacts>,
}

impl ClipFacts {
    /// The facts of a clip record; none of another kind.
    pub(super) fn of(checked: &Checked, network: &str) -> Option<Self> {
        let Body::Clip(clip) = &checked.record().body else { return None };
        let mut cache = CertificateCache::default();
        let (author, device) = (checked.author(), checked.record().device);
        let mut uses = Vec::new();
        for (consent, used) in clip.consent.iter().flat_map(|c| c.uses.iter().map(move |used| (c, used))) {
            // The words of a record that was read keep their bounds, so every use has an id.
            let id = use_id(author, clip, consent, used).ok()?;
            uses.push(read_use(used, id, device, (network, &mut cache)));
        }
        let consent = clip.consent.as_ref();
        Some(Self {
            rid: checked.rid(),
            author,
            time: checked.time(),
            millis: clip.format.millis(),
            remix: clip.remix,
            licence: clip.licence.clone(),
            parents: clip.parents.clone(),
            purposes: consent.map(|c| c.purposes.clone()).unwrap_or_default(),
            audience: consent.map_or(Audience::Public, |c| c.audience),
            commercial: consent.is_some_and(|c| c.commercial),
            uses,
        })
    }

    /// Its own use of a cameo.
    pub(super) fn use_of(&self, cameo: Rid) -> Option<&UseFacts> {
        self.uses.iter().find(|facts| facts.used.cameo == cameo)
    }
}

fn read_use(
    used: &Use,
    id: Rid,
    device: DeviceKey,
    (network, cache): (&str, &mut CertificateCache),
) -> UseFacts {
    let head = check(&used.head, network, cache).ok();
    let head = head.as_ref().and_then(|checked| match &checked.record().body {
        Body::Head(body) => Some(Signed::of(checked, body.clone())),
        _ => None,
    });
    let approval = used.approval.as_ref().and_then(|bytes| check(bytes, network, cache).ok());
    let approval = approval.as_ref().and_then(|checked| match &checked.record().body {
        Body::Approve(body) => Some(Signed::of(checked, body.clone())),
        _ => None,
    });
    let signed = verify(device.as_bytes(), &use_message(id), &used.sig.into_array()).is_ok();
    UseFacts { used: used.clone(), id, signed, head, approval }
}
