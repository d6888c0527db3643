//! Checking the manifest of a file: of a clip, against what its record says; of any other file, as far as it goes.
//!
//! Trust is never more than this: the authority certificate of an author, rebuilt from its root key, signed the
//! certificate whose key signed the manifest, and that key is the one that signed the record. Authors of the lineage
//! are anchored for their own manifests. The clock of this machine plays no part: certificates do not end.

use std::io::Cursor;
use std::panic::{AssertUnwindSafe, catch_unwind};

use c2pa::{Manifest, Reader, SigningAlg};
use kinora_protocol::ids::{DeviceKey, Rid};
use kinora_protocol::limits::{LINEAGE_AUTHORS_MAX, UNCOVERED_BYTES_MAX};
use serde_json::Value;

use super::certificate::{Issuer, first_of_pem};
use super::claims::{claims, sources};
use super::manifest::{COMPOSITE, GENERATED, hex};
use super::report::{Claims, Provenance, State};
use super::walk::{Layout, walk};
use super::{FORMAT, NAMESPACE, context};

/// Failures and warnings of one kind named in a reason, at most.
const CODES_NAMED_MAX: usize = 4;

/// What the record of a clip says, and whose signatures count.
#[derive(Clone, Copy, Debug)]
pub struct Expected<'a> {
    /// The author, under the root key of its certificate in the record.
    pub issuer: Issuer,
    /// The device that signed the record.
    pub device: DeviceKey,
    /// Authors of the clips it descends from.
    pub lineage: &'a [Issuer],
    /// Records of the clips it was made from.
    pub parents: &'a [Rid],
    /// Whether the record says that it is generated.
    pub synthetic: bool,
    /// BLAKE3 of the record's consent part.
    pub consent: Option<[u8; 32]>,
    /// What the invisible mark carries, when the record says that there is one.
    pub tag: Option<[u8; 8]>,
}

/// Checks a clip against its record. The caller has compared the hash of all bytes before.
#[must_use]
pub fn verify(bytes: &[u8], expected: &Expected<'_>) -> Provenance {
    look(bytes, Some(expected))
}

/// Says what can be said of a file that no record names.
#[must_use]
pub fn inspect(bytes: &[u8]) -> Provenance {
    look(bytes, None)
}

fn look(bytes: &[u8], expected: Option<&Expected<'_>>) -> Provenance {
    let mut found = Provenance::default();
    let layout = match walk(bytes) {
        Ok(layout) => layout,
        Err(fault) => {
            found.note("structure", State::Fail, &fault.to_string());
            return found;
        }
    };
    found.note("structure", State::Pass, &format!("{} boxes", layout.boxes));
    let absent = if expected.is_some() { State::Fail } else { State::None };
    let Some(store) = layout.manifest.clone().and_then(|range| bytes.get(range)) else {
        found.note("manifest", absent, "the file carries no content credentials");
        return found;
    };
    let anchors = anchors(store, expected);
    match read(bytes, &anchors) {
        Ok(reader) => judge(&reader, &layout, expected, &mut found),
        Err(why) => found.note("manifest", State::Fail, &why),
    }
    found
}

/// Authority certificates of the given authors, as they stand in this manifest store.
fn anchors(store: &[u8], expected: Option<&Expected<'_>>) -> Vec<Vec<u8>> {
    let issuers = expected.into_iter().flat_map(|e| std::iter::once(&e.issuer).chain(e.lineage));
    issuers.take(LINEAGE_AUTHORS_MAX + 1).filter_map(|issuer| issuer.find_authority(store)).collect()
}

/// The C2PA library's reading. It is known to panic on some malformed manifests; that is their fault, not ours.
fn read(bytes: &[u8], anchors: &[Vec<u8>]) -> Result<Reader, String> {
    let attempt = catch_unwind(AssertUnwindSafe(|| {
        Reader::from_context(context::offline(anchors)?).with_stream(FORMAT, Cursor::new(bytes))
    }));
    match attempt {
        Ok(Ok(reader)) => Ok(reader),
        Ok(Err(error)) => Err(format!("it cannot be read: {error}")),
        Err(_) => Err("it is malformed: reading it was given up".to_owned()),
    }
}

fn judge(reader: &Reader, layout: &Layout, expected: Option<&Expected<'_>>, found: &mut Provenance) {
    let Some(manifest) = reader.active_manifest() else {
        found.note("manifest", State::Fail, "no manifest of the file is the active one");
        return;
    };
    let codes = Codes::of(reader);
    let claims = claims(manifest);
    manifest_and_content(&codes, found);
    signature(&codes, manifest, expected.is_some(), found);
    coverage(layout, expected.is_some(), found);
    issuer(&codes, &claims, expected.is_some(), found);
    match expected {
        Some(expected) => {
            author(manifest, expected, found);
            source(reader, &claims, expected.synthetic, found);
            record(manifest, expected, found);
        }
        None => {
            let shown: Vec<&str> = claims.sources.iter().map(|source| source.as_str()).collect();
            let state = if shown.is_empty() { State::None } else { State::Pass };
            let detail = if shown.is_empty() {
                "it does not say how it was made".to_owned()
            } else {
                shown.join(", ")
            };
            found.note("source", state, &detail);
        }
    }
    lineage(reader, &codes, found);
    found.claims = Some(claims);
}

/// The validation codes of C2PA 2.2 §15.2, sorted by what they are about.
struct Codes {
    passed: Vec<String>,
    failed: Vec<String>,
    /// Failures of ingredients, beyond what their users recorded.
    ingredients: Vec<String>,
}

impl Codes {
    fn of(reader: &Reader) -> Self {
        let results = reader.validation_results();
        let active = results.and_then(|r| r.active_manifest());
        let codes = |list: &[c2pa::validation_status::ValidationStatus]| {
            list.iter().map(|s| s.code().to_owned()).collect()
        };
        Self {
            passed: active.map(|a| codes(a.success())).unwrap_or_default(),
            failed: active.map(|a| codes(a.failure())).unwrap_or_default(),
            ingredients: results
                .and_then(|r| r.ingredient_deltas())
                .into_iter()
                .flatten()
                .flat_map(|delta| delta.validation_deltas().failure())
                .map(|status| status.code().to_owned())
                .collect(),
        }
    }

    fn has_passed(&self, code: &str) -> bool {
        self.passed.iter().any(|c| c == code)
    }

    fn failed_about(&self, part: &str) -> Vec<&str> {
        self.failed.iter().map(String::as_str).filter(|code| code.starts_with(part)).collect()
    }
}

/// Failures of the content's hash, and of everything that is not the signature or who made it.
fn manifest_and_content(codes: &Codes, found: &mut Provenance) {
    let hashes = ["assertion.bmffHash", "assertion.dataHash", "assertion.boxesHash"];
    let is_content = |code: &&str| hashes.iter().any(|hash| code.starts_with(hash));
    let is_signature =
        |code: &&str| code.starts_with("claimSignature") || code.starts_with("signingCredential");
    let failed = || codes.failed.iter().map(String::as_str);
    let manifest: Vec<&str> = failed().filter(|code| !is_content(code) && !is_signature(code)).collect();
    match manifest.as_slice() {
        [] => found.note("manifest", State::Pass, "every part of the manifest is as it was signed"),
        failed => found.note("manifest", State::Fail, &named(failed)),
    }
    let content: Vec<&str> = failed().filter(is_content).collect();
    match content.as_slice() {
        [] if codes.has_passed("assertion.bmffHash.match") => {
            found.note("content", State::Pass, "the content is as it was signed");
        }
        [] => found.note("content", State::Fail, "the manifest does not say what it is about"),
        failed => found.note("content", State::Fail, &named(failed)),
    }
}

/// The signature over the claim. Clips are signed with Ed25519. Some old files of others have RSA signatures with salts
/// of odd lengths, which the library's own RSA calls mismatches: of those nothing is known.
fn signature(codes: &Codes, manifest: &Manifest, ours: bool, found: &mut Provenance) {
    let algorithm = manifest.signature_info().and_then(|info| info.alg);
    let is_rsa = matches!(algorithm, Some(SigningAlg::Ps256 | SigningAlg::Ps384 | SigningAlg::Ps512));
    let holds =
        codes.has_passed("claimSignature.validated") && codes.has_passed("claimSignature.insideValidity");
    match codes.failed_about("claimSignature").as_slice() {
        [] if holds => found.note("signature", State::Pass, "the signature holds"),
        [] => found.note("signature", State::Fail, "the manifest is not signed"),
        ["claimSignature.mismatch"] if is_rsa && !ours => {
            found.note("signature", State::Warn, "an RSA signature that cannot be checked here");
        }
        failed => found.note("signature", State::Fail, &named(failed)),
    }
}

/// How much of the file no manifest covers: much, in a clip of ours, was put there by somebody else.
fn coverage(layout: &Layout, ours: bool, found: &mut Provenance) {
    let state = match (layout.uncovered <= UNCOVERED_BYTES_MAX, ours) {
        (true, _) => State::Pass,
        (false, true) => State::Fail,
        (false, false) => State::Warn,
    };
    let detail = format!("{} bytes of the file are not covered by its manifest", layout.uncovered);
    found.note("coverage", state, &detail);
}

fn issuer(codes: &Codes, claims: &Claims, ours: bool, found: &mut Provenance) {
    let who = format!("{} ({})", claims.name, claims.issuer);
    let failed = codes.failed_about("signingCredential");
    let other: Vec<&str> =
        failed.iter().copied().filter(|code| *code != "signingCredential.untrusted").collect();
    if !other.is_empty() {
        found.note("issuer", State::Fail, &named(&other));
    } else if codes.has_passed("signingCredential.trusted") && failed.is_empty() {
        found.note("issuer", State::Pass, &format!("certified by the creator's own key: {who}"));
    } else if ours {
        found.note("issuer", State::Fail, &format!("not certified by the author of the record: {who}"));
    } else {
        found.note("issuer", State::Warn, &format!("unknown issuer: {who}"));
    }
}

/// The certificate that signed is, byte for byte, the one of the record's device under the record's author.
fn author(manifest: &Manifest, expected: &Expected<'_>, found: &mut Provenance) {
    let leaf = manifest.signature_info().and_then(|info| first_of_pem(info.cert_chain()));
    if leaf.is_some_and(|leaf| expected.issuer.issued(&expected.device, &leaf)) {
        found.note("author", State::Pass, "signed with the key that signed the record");
    } else {
        found.note("author", State::Fail, "signed with another key than the record");
    }
}

/// The record's label and the manifest say the same. A file from elsewhere is as its own manifest said.
fn source(reader: &Reader, claims: &Claims, synthetic: bool, found: &mut Provenance) {
    let is_generated = |source: &str| [GENERATED, COMPOSITE].contains(&source);
    let own = claims.sources.iter().find(|source| is_generated(source.as_str()));
    let inherited = || reader.iter_manifests().flat_map(sources).any(|source| is_generated(source.as_str()));
    match (own, synthetic) {
        (Some(source), true) => found.note("source", State::Pass, source.as_str()),
        (None, true) if inherited() => {
            found.note("source", State::Pass, "generated, as what it was made from says");
        }
        (None, true) => found.note("source", State::Fail, "the record says generated, the manifest does not"),
        (Some(_), false) => {
            found.note("source", State::Fail, "the manifest says generated, the record does not");
        }
        (None, false) if inherited() => {
            found.note("source", State::Warn, "made from something generated, which the record does not say");
        }
        (None, false) => {
            found.note("source", State::None, "neither record nor manifest says how it was made");
        }
    }
}

/// Record, consent and mark: the manifest says what the record says.
fn record(manifest: &Manifest, expected: &Expected<'_>, found: &mut Provenance) {
    let own = |what: &str| manifest.find_assertion::<Value>(&format!("{NAMESPACE}.{what}")).ok();
    let parents: Vec<String> = expected.parents.iter().map(ToString::to_string).collect();
    let said = own("record").unwrap_or_default();
    let author = said.get("author").and_then(Value::as_str) == Some(&expected.issuer.author.to_string());
    if author && said.get("parents") == Some(&serde_json::json!(parents)) {
        found.note("record", State::Pass, "author and parents are the record's");
    } else {
        found.note(
            "record",
            State::Fail,
            "the manifest names another author or other parents than the record",
        );
    }
    let mut same = |name: &'static str, said: Option<Value>, record: Option<String>| {
        let said = said.map(|value| value.as_str().unwrap_or_default().to_owned());
        let (state, detail) = match (said, record) {
            (None, None) => (State::None, "neither record nor manifest speaks of it"),
            // Files from elsewhere carry no mark of ours, and say so by saying nothing.
            (None, Some(_)) if name == "mark" => (State::None, "the manifest speaks of no mark"),
            (said, record) if said == record => (State::Pass, "the same in record and manifest"),
            _ => (State::Fail, "record and manifest differ"),
        };
        found.note(name, state, detail);
    };
    let field = |what: &str, key: &str| own(what).map(|value| value.get(key).cloned().unwrap_or_default());
    same("consent", field("consent", "blake3"), expected.consent.map(|hash| hex(&hash)));
    same("mark", field("watermark", "payload"), expected.tag.map(|tag| hex(&tag)));
}

/// Whatever was wrong with an ingredient, now or when it was used. The library forgets the second kind.
fn lineage(reader: &Reader, codes: &Codes, found: &mut Provenance) {
    let recorded: Vec<&c2pa::Ingredient> = reader.iter_manifests().flat_map(Manifest::ingredients).collect();
    let mut failed: Vec<&str> = codes.ingredients.iter().map(String::as_str).collect();
    for ingredient in &recorded {
        let results = ingredient.validation_results();
        let active = results.and_then(|r| r.active_manifest()).into_iter().flat_map(|a| a.failure());
        let deltas = results.and_then(|r| r.ingredient_deltas()).into_iter().flatten();
        let deltas = deltas.flat_map(|delta| delta.validation_deltas().failure());
        failed.extend(active.chain(deltas).map(c2pa::validation_status::ValidationStatus::code));
        failed.extend(
            ingredient
                .validation_status()
                .into_iter()
                .flatten()
                .map(c2pa::validation_status::ValidationStatus::code),
        );
    }
    failed.sort_unstable();
    failed.dedup();
    let wrong: Vec<&str> =
        failed.iter().copied().filter(|code| *code != "signingCredential.untrusted").collect();
    if recorded.is_empty() && failed.is_empty() {
        found.note("lineage", State::None, "made from nothing else");
    } else if !wrong.is_empty() {
        found.note(
            "lineage",
            State::Fail,
            &format!("something it was made from does not hold: {}", named(&wrong)),
        );
    } else if !failed.is_empty() {
        found.note("lineage", State::Warn, "something it was made from is signed by an unknown issuer");
    } else {
        found.note("lineage", State::Pass, &format!("{} ingredients hold", recorded.len()));
    }
}

fn named(codes: &[&str]) -> String {
    let mut text = codes.iter().take(CODES_NAMED_MAX).copied().collect::<Vec<_>>().join(", ");
    if codes.len() > CODES_NAMED_MAX {
        text.push_str(", …");
    }
    text
}
