//! Signed JSON that other programs check: canonical JSON (RFC 8785) and the cryptosuite `eddsa-jcs-2022` of the W3C.
//!
//! Only what our documents need: strings, whole numbers, arrays, objects, truth values. Other numbers are refused, because
//! their canonical form is that of another language's floats.

use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};

/// Largest whole number that every JSON program keeps.
const WHOLE_MAX: u64 = 1 << 53;
/// Deepest nesting that is written.
const DEPTH_MAX: usize = 32;
/// Multicodec prefix of an Ed25519 public key.
const ED25519: [u8; 2] = [0xed, 0x01];

/// Why JSON has no canonical form here, or is not signed rightly.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JcsError {
    /// A number that is not whole, or too large.
    #[error("it holds a number that is not whole, or too large")]
    Number,
    /// Too many objects in each other.
    #[error("it is nested too deeply")]
    Deep,
    /// No proof, or one of another kind.
    #[error("it has no proof of the kind eddsa-jcs-2022")]
    Proof,
}

/// The canonical form of a value.
///
/// # Errors
/// [`JcsError::Number`] and [`JcsError::Deep`].
pub fn canonical(value: &Value) -> Result<String, JcsError> {
    let mut out = String::new();
    write(value, 0, &mut out)?;
    Ok(out)
}

fn write(value: &Value, depth: usize, out: &mut String) -> Result<(), JcsError> {
    if depth > DEPTH_MAX {
        return Err(JcsError::Deep);
    }
    match value {
        Value::Null => out.push_str("null"),
        Value::Bool(yes) => out.push_str(if *yes { "true" } else { "false" }),
        Value::Number(number) => {
            let whole = number.as_u64().or_else(|| number.as_i64().map(i64::unsigned_abs));
            if whole.is_none_or(|whole| whole > WHOLE_MAX) {
                return Err(JcsError::Number);
            }
            out.push_str(&number.to_string());
        }
        Value::String(text) => string(text, out),
        Value::Array(items) => {
            out.push('[');
            for (at, item) in items.iter().enumerate() {
                if at > 0 {
                    out.push(',');
                }
                write(item, depth + 1, out)?;
            }
            out.push(']');
        }
        Value::Object(fields) => {
            out.push('{');
            let mut names: Vec<&String> = fields.keys().collect();
            // By UTF-16, as the RFC says.
            names.sort_by(|a, b| a.encode_utf16().cmp(b.encode_utf16()));
            for (at, name) in names.into_iter().enumerate() {
                if at > 0 {
                    out.push(',');
                }
                string(name, out);
                out.push(':');
                write(fields.get(name).unwrap_or(&Value::Null), depth + 1, out)?;
            }
            out.push('}');
        }
    }
    Ok(())
}

fn string(text: &str, out: &mut String) {
    use std::fmt::Write as _;
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\u{8}' => out.push_str("\\b"),
            '\u{9}' => out.push_str("\\t"),
            '\u{a}' => out.push_str("\\n"),
            '\u{c}' => out.push_str("\\f"),
            '\u{d}' => out.push_str("\\r"),
            c if c < ' ' => drop(write!(out, "\\u{:04x}", u32::from(c))),
            c => out.push(c),
        }
    }
    out.push('"');
}

/// The bytes that are signed: the hash of the proof's options, then that of the document, both canonical.
fn message(document: &Map<String, Value>, options: &Map<String, Value>) -> Result<Vec<u8>, JcsError> {
    let hash = |fields: &Map<String, Value>| {
        canonical(&Value::Object(fields.clone())).map(|text| Sha256::digest(text.as_bytes()))
    };
    Ok([hash(options)?, hash(document)?].concat())
}

/// A public key as others write it.
#[must_use]
pub fn multikey(key: &[u8; 32]) -> String {
    format!("z{}", bs58::encode([&ED25519[..], key].concat()).into_string())
}

/// Puts a proof with these options into a document.
///
/// # Errors
/// What has no canonical form.
pub fn sign(
    mut document: Map<String, Value>,
    mut options: Map<String, Value>,
    signer: impl FnOnce(&[u8]) -> [u8; 64],
) -> Result<Value, JcsError> {
    options.insert("type".to_owned(), "DataIntegrityProof".into());
    options.insert("cryptosuite".to_owned(), "eddsa-jcs-2022".into());
    let signature = signer(&message(&document, &options)?);
    options.insert("proofValue".to_owned(), format!("z{}", bs58::encode(signature).into_string()).into());
    document.insert("proof".to_owned(), Value::Object(options));
    Ok(Value::Object(document))
}

/// A document without its proof, the proof without its value, the bytes that were signed, and the signature.
#[derive(Clone, Debug, PartialEq)]
pub struct Signed {
    /// The document.
    pub document: Map<String, Value>,
    /// The proof's options.
    pub options: Map<String, Value>,
    /// What was signed.
    pub message: Vec<u8>,
    /// The signature over it.
    pub signature: [u8; 64],
}

/// Takes a signed document apart. Whose key signed it is for the caller to say.
///
/// # Errors
/// [`JcsError::Proof`], and what has no canonical form.
pub fn open(signed: Value) -> Result<Signed, JcsError> {
    let Value::Object(mut document) = signed else { return Err(JcsError::Proof) };
    let Some(Value::Object(mut options)) = document.remove("proof") else { return Err(JcsError::Proof) };
    let value = options.remove("proofValue");
    let is = |name: &str, word: &str| options.get(name).and_then(Value::as_str) == Some(word);
    if !is("type", "DataIntegrityProof") || !is("cryptosuite", "eddsa-jcs-2022") {
        return Err(JcsError::Proof);
    }
    let text = value.as_ref().and_then(Value::as_str).and_then(|text| text.strip_prefix('z'));
    let bytes = text.and_then(|text| bs58::decode(text).into_vec().ok());
    let signature = bytes.and_then(|bytes| bytes.try_into().ok()).ok_or(JcsError::Proof)?;
    Ok(Signed { message: message(&document, &options)?, document, options, signature })
}

#[cfg(test)]
mod tests {
    use ed25519_dalek::{Signer as _, SigningKey, VerifyingKey};
    use serde_json::json;

    use super::*;

    /// `TestVectors/eddsa-jcs-2022` of the W3C's repository `vc-di-eddsa`.
    fn credential() -> Value {
        json!({
            "@context": [
                "https://www.w3.org/ns/credentials/v2",
                "https://www.w3.org/ns/credentials/examples/v2"
            ],
            "id": "urn:uuid:58172aac-d8ba-11ed-83dd-0b3aef56cc33",
            "type": ["VerifiableCredential", "AlumniCredential"],
            "name": "Alumni Credential",
            "description": "A minimum viable example of an Alumni Credential.",
            "issuer": "https://vc.example/issuers/5678",
            "validFrom": "2023-01-01T00:00:00Z",
            "credentialSubject": { "id": "did:example:abcdefgh", "alumniOf": "The School of Examples" },
            "proof": {
                "type": "DataIntegrityProof",
                "cryptosuite": "eddsa-jcs-2022",
                "created": "2023-02-24T23:36:38Z",
                "verificationMethod": "https://vc.example/issuers/5678#z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2",
                "proofPurpose": "assertionMethod",
                "@context": [
                    "https://www.w3.org/ns/credentials/v2",
                    "https://www.w3.org/ns/credentials/examples/v2"
                ],
                "proofValue": "z63t83Y53KfzJ5ZosfKTnqfMcKB2dmTrfjSaQjeNNjAD5srBowQfmWqeRb8rRjmeEuCBEsddF9LsVogtuTsijJKh4"
            }
        })
    }

    fn key() -> SigningKey {
        let seed = hex::decode("c96ef9ea10c5e414c471723aff9de72c35fa5b70fae97e8832ecac7d2e2b8ed6").unwrap();
        SigningKey::from_bytes(&seed.try_into().unwrap())
    }

    #[test]
    fn the_published_credential_is_checked_and_made_again() {
        let signed = open(credential()).unwrap();
        assert_eq!(
            multikey(&key().verifying_key().to_bytes()),
            "z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2"
        );
        let public = VerifyingKey::from_bytes(&key().verifying_key().to_bytes()).unwrap();
        let signature = ed25519_dalek::Signature::from_bytes(&signed.signature);
        assert!(public.verify_strict(&signed.message, &signature).is_ok());
        let again = sign(signed.document, signed.options, |message| key().sign(message).to_bytes()).unwrap();
        assert_eq!(again, credential());
    }

    #[test]
    fn a_changed_document_or_proof_is_another_message() {
        let own = open(credential()).unwrap().message;
        for (path, value) in [("/name", "Other"), ("/proof/created", "2024-02-24T23:36:38Z")] {
            let mut changed = credential();
            *changed.pointer_mut(path).unwrap() = value.into();
            assert_ne!(open(changed).unwrap().message, own, "{path}");
        }
        for (path, value) in
            [("/proof/cryptosuite", "other"), ("/proof/proofValue", "zz"), ("/proof/type", "")]
        {
            let mut changed = credential();
            *changed.pointer_mut(path).unwrap() = value.into();
            assert_eq!(open(changed).map(|_| ()), Err(JcsError::Proof), "{path}");
        }
    }

    #[test]
    fn canonical_json_is_sorted_by_utf16_and_escapes_as_little_as_it_can() {
        let value = json!({ "€": 1, "\r": 2, "\u{fb33}": 3, "1": 4, "😀": 5, "\u{80}": 6, "ö": 7 });
        assert_eq!(
            canonical(&value).unwrap(),
            "{\"\\r\":2,\"1\":4,\"\u{80}\":6,\"ö\":7,\"€\":1,\"😀\":5,\"\u{fb33}\":3}"
        );
        assert_eq!(canonical(&json!(["a\"\\\n\u{1}/"])).unwrap(), "[\"a\\\"\\\\\\n\\u0001/\"]");
        assert_eq!(canonical(&json!(1.5)), Err(JcsError::Number));
        assert_eq!(canonical(&json!(1u64 << 60)), Err(JcsError::Number));
        let mut deep = json!(1);
        for _ in 0..40 {
            deep = json!([deep]);
        }
        assert_eq!(canonical(&deep), Err(JcsError::Deep));
    }
}
