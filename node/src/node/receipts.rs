//! Receipts: what was consented to, as a signed JSON document with the fields of ISO/IEC TS 27560, for people and programs
//! outside the network.
//!
//! A receipt states what the records say that are known here, with each record's id; it adds nothing to them.

use kinora_media::provenance::rfc3339;
use kinora_protocol::api::{ApiError, CameoAnswer};
use kinora_protocol::check::Author;
use kinora_protocol::ids::{AuthorId, Rid};
use kinora_protocol::keys::{Certificate, verify};
use kinora_protocol::record::{Body, Effect, Grant, Grantee, Target};
use serde_json::{Map, Value, json};

use super::Core;
use super::cameos::NOTICE;
use crate::error::{self, Hint as _};
use crate::{clock, jcs};

/// Largest receipt that is read, in bytes.
pub const RECEIPT_BYTES_MAX: u64 = 256 * 1024;
/// Most events in a receipt.
const EVENTS_MAX: usize = 256;

/// Who signed a receipt, and what it is of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checked {
    /// Who signed it.
    pub issuer: AuthorId,
    /// The grant or the clip.
    pub record: String,
    /// Whether the signer is the person whose likeness it is about.
    pub by_subject: bool,
}

/// Something that happened, in the order of time.
struct Event {
    time: u64,
    word: &'static str,
    by: AuthorId,
    record: Rid,
}

impl Core {
    /// Signs a receipt of a grant, or of every grant that a clip uses.
    pub(super) fn receipt(&self, of: Rid) -> Result<CameoAnswer, ApiError> {
        let now = clock::now_seconds();
        let uses = match self.publisher.store.get(&of)? {
            Some(checked) => match &checked.record().body {
                Body::Clip(clip) => {
                    clip.consent.iter().flat_map(|c| &c.uses).map(|used| used.grant).collect()
                }
                Body::Grant(_) => vec![of],
                _ => Vec::new(),
            },
            None => Vec::new(),
        };
        if uses.is_empty() {
            return Err(error::missing(format!(
                "{of} is no grant that is known here, and no clip that shows somebody"
            ))
            .hint("`kinora cameo show CAMEO` lists grants"));
        }
        let mut processing = Vec::new();
        let mut events = Vec::new();
        let mut subject = None;
        for grant in uses {
            let (by, body) = self.known_grant(grant)?;
            subject = subject.or_else(|| self.cameo_of(body.cameo).map(|cameo| cameo.subject));
            processing.push(processed(grant, &body));
            events.extend(self.events((grant, by, &body), of, now)?);
        }
        events.sort_by_key(|event| (event.time, event.record));
        events.truncate(EVENTS_MAX);
        let subject = subject.ok_or_else(|| error::missing("the cameo of the grant is not known here"))?;
        let me = self.publisher.author();
        let document = json!({
            "schemaVersion": "ISO/IEC TS 27560:2023",
            "recordId": of.to_string(),
            "piiPrincipalId": subject.to_string(),
            "issuer": me.to_string(),
            "issuedAt": rfc3339(now),
            "processing": processing,
            "piiCategories": ["likeness"],
            "notice": { "text": NOTICE, "blake3": blake3::hash(NOTICE.as_bytes()).to_hex().as_str() },
            "jurisdiction": "not stated",
            "termination": "The subject takes it back at any time, without a reason, by a record that they sign: kinora cameo revoke.",
            "events": events.iter().map(shown).collect::<Vec<_>>(),
        });
        let signed = sign(document, self.publisher.keys.author(), now)?;
        let json = serde_json::to_string_pretty(&signed)
            .map_err(|e| error::internal(format!("a receipt cannot be written: {e}")))?;
        Ok(CameoAnswer::Receipt { json })
    }

    fn known_grant(&self, rid: Rid) -> Result<(AuthorId, Grant), ApiError> {
        match self.publisher.store.get(&rid)? {
            Some(checked) => match &checked.record().body {
                Body::Grant(body) => Ok((checked.author(), Grant::clone(body))),
                _ => Err(error::missing(format!("{rid} is not a grant"))),
            },
            None => Err(error::missing(format!("the grant {rid} is not known here"))),
        }
    }

    /// What happened under a grant: given, used, approved or refused, withdrawn, expired.
    fn events(
        &self,
        (rid, by, grant): (Rid, AuthorId, &Grant),
        of: Rid,
        now: u64,
    ) -> Result<Vec<Event>, ApiError> {
        let mut events = vec![Event { time: grant.nbf, word: "given", by, record: rid }];
        if grant.exp < now {
            events.push(Event { time: grant.exp, word: "expired", by, record: rid });
        }
        let set = self.publisher.store.consents();
        let uses: Vec<_> = set
            .uses_of(grant.cameo)
            .filter(|known| known.grant == rid && (of == rid || known.clip == of))
            .collect();
        for known in &uses {
            events.push(Event { time: known.time, word: "used", by: known.creator, record: known.clip });
            if let Some((record, answer)) = set.approval_of(&grant.cameo, known.id) {
                let word = if answer.yes { "approved" } else { "refused" };
                events.push(Event { time: known.time, word, by, record });
            }
        }
        for (record, by, time, revoke) in set.revocations_of(grant.cameo) {
            let touches = match revoke.target {
                Target::Cameo => true,
                Target::Grant(target) => target == rid,
                Target::Use(id) => uses.iter().any(|known| known.id == id),
                Target::Clip(clip) => uses.iter().any(|known| known.clip == clip),
            };
            let word = match revoke.effect {
                Effect::Takedown => "withdrawn",
                Effect::Future => "withdrawn for the future",
            };
            if touches {
                events.push(Event { time, word, by, record });
            }
        }
        Ok(events)
    }
}

fn shown(event: &Event) -> Value {
    json!({
        "event": event.word, "time": rfc3339(event.time),
        "by": event.by.to_string(), "record": event.record.to_string(),
    })
}

fn processed(rid: Rid, grant: &Grant) -> Value {
    let to = match grant.aud {
        Grantee::One(author) => author.to_string(),
        Grantee::Mutuals => "everybody with whom the subject follows each other".to_owned(),
        Grantee::Everyone => "everybody".to_owned(),
    };
    let mut out = json!({
        "grant": rid.to_string(),
        "controller": to,
        "purposes": grant.pol.allow,
        "prohibitedPurposes": grant.pol.deny,
        "piiCategories": if grant.pol.voice { vec!["face", "voice"] } else { vec!["face"] },
        "commercial": grant.pol.commercial,
        "validFrom": rfc3339(grant.nbf),
        "validUntil": rfc3339(grant.exp),
    });
    if let (Some(uses), Some(fields)) = (grant.uses, out.as_object_mut()) {
        fields.insert("uses".to_owned(), uses.count.into());
    }
    out
}

fn sign(document: Value, by: &Author, now: u64) -> Result<Value, ApiError> {
    let failed =
        |what: &dyn std::fmt::Display| error::internal(format!("a receipt cannot be signed: {what}"));
    let Value::Object(document) = document else { return Err(failed(&"it is no object")) };
    let certificate = Certificate::check(by.certificate()).map_err(|fault| failed(&fault))?;
    let mut options = Map::new();
    options.insert("created".to_owned(), rfc3339(now).into());
    options.insert("verificationMethod".to_owned(), method(&certificate).into());
    options.insert("proofPurpose".to_owned(), "assertionMethod".into());
    let shown = format!("z{}", bs58::encode(by.certificate()).into_string());
    options.insert("certificate".to_owned(), shown.into());
    jcs::sign(document, options, |message| by.sign_claim(message)).map_err(|e| failed(&e))
}

/// The key of a device under its author.
fn method(certificate: &Certificate) -> String {
    format!("kinora:{}#{}", certificate.author(), jcs::multikey(&certificate.device.0))
}

/// Whether a receipt is signed rightly, and by whom.
///
/// # Errors
/// What is wrong with it.
pub fn check(text: &[u8]) -> Result<Checked, ApiError> {
    let wrong = |why: &dyn std::fmt::Display| {
        error::request(format!("the receipt does not hold: {why}"))
            .hint("it was changed after it was signed, or is no receipt of Kinora")
    };
    let value: Value = serde_json::from_slice(text).map_err(|e| wrong(&e))?;
    let signed = jcs::open(value).map_err(|e| wrong(&e))?;
    let field = |fields: &Map<String, Value>, name: &str| {
        fields.get(name).and_then(Value::as_str).unwrap_or_default().to_owned()
    };
    let certificate = field(&signed.options, "certificate");
    let certificate = certificate.strip_prefix('z').and_then(|text| bs58::decode(text).into_vec().ok());
    let certificate = certificate.ok_or_else(|| wrong(&"it has no certificate"))?;
    let certificate = Certificate::check(&certificate).map_err(|fault| wrong(&fault))?;
    let issuer = certificate.author();
    if field(&signed.options, "verificationMethod") != method(&certificate) {
        return Err(wrong(&"its certificate is of another key than it names"));
    }
    if field(&signed.document, "issuer") != issuer.to_string() {
        return Err(wrong(&"it names another issuer than its certificate"));
    }
    verify(&certificate.device.0, &signed.message, &signed.signature).map_err(|fault| wrong(&fault))?;
    Ok(Checked {
        issuer,
        record: field(&signed.document, "recordId"),
        by_subject: field(&signed.document, "piiPrincipalId") == issuer.to_string(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_receipt_names_its_signer_and_any_change_is_seen() {
        let folder = tempfile::tempdir().unwrap();
        let home = crate::home::Home::open(folder.path()).unwrap();
        let keys = crate::keystore::Keystore::open_or_create(&home, None, 7).unwrap();
        let me = keys.persona().author;
        let document =
            json!({ "issuer": me.to_string(), "recordId": "ab", "piiPrincipalId": me.to_string() });
        let signed = sign(document, keys.author(), 1_800_000_000).unwrap();
        let found = check(signed.to_string().as_bytes()).unwrap();
        assert_eq!(found, Checked { issuer: me, record: "ab".to_owned(), by_subject: true });
        let other = AuthorId([1; 32]).to_string();
        for (path, value) in [
            ("/recordId", "cd"),
            ("/issuer", other.as_str()),
            ("/piiPrincipalId", other.as_str()),
            ("/proof/created", "2020-01-01T00:00:00Z"),
            ("/proof/certificate", "z11"),
            ("/proof/verificationMethod", "kinora:x#y"),
            ("/proof/proofValue", "z1111"),
        ] {
            let mut changed = signed.clone();
            *changed.pointer_mut(path).unwrap() = value.into();
            let refused = check(changed.to_string().as_bytes());
            assert!(refused.is_err(), "{path} was changed and nobody saw it");
        }
        assert!(check(b"[]").is_err() && check(b"nonsense\x1b").is_err());
    }
}
