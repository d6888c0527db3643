//! What the vectors are made of. It uses nothing of the protocol but its public face, and writes envelopes and domains
//! by hand, so that a mistake in the library does not hide in the vectors.
//!
//! The tests of the library include this file too, so that the vectors in the repository are the ones it makes.

use std::error::Error;

use ipld_core::ipld::Ipld;
use kinora_protocol::NETWORK;
use kinora_protocol::check::Author;
use kinora_protocol::keys::{Certificate, DeviceSecret, Genesis, RootSecret, Rotation, certify, rotate};
use serde_json::{Map, Value, json};

mod consents;
mod feeds;
mod ids;
mod inspections;
mod keys;
mod labels;
mod lists;
mod prompts;
mod records;
mod values;
mod verdicts;
mod wire;

#[cfg_attr(not(test), expect(unused_imports, reason = "for the tests that read the vectors"))]
pub(crate) use feeds::word;
#[cfg_attr(not(test), expect(unused_imports, reason = "for the tests that read the vectors"))]
pub(crate) use labels::reason;

/// What goes wrong while vectors are made.
pub(crate) type Fallible<T> = Result<T, Box<dyn Error>>;

/// Every file: its name and its text.
pub(crate) fn all() -> Fallible<Vec<(&'static str, String)>> {
    Ok(vec![
        ("api.json", text(&wire::api()?)),
        ("checks.json", text(&inspections::verdicts()?)),
        ("consent.json", text(&consents::consents()?)),
        ("drisl.json", text(&values::drisl()?)),
        ("feed.json", text(&feeds::feed()?)),
        ("ids.json", text(&ids::ids()?)),
        ("job.json", text(&wire::job()?)),
        ("keys.json", text(&keys::keys()?)),
        ("labels.json", text(&labels::labels()?)),
        ("records.json", text(&records::records()?)),
        ("shot.json", text(&prompts::shots()?)),
        ("sync.json", text(&wire::sync()?)),
        ("text.json", text(&prompts::texts())),
        ("verdicts.json", text(&verdicts::verdicts()?)),
    ])
}

/// JSON in ASCII with sorted keys, whatever order the library of the day keeps: no editor shows it otherwise than it is.
fn text(value: &Value) -> String {
    let mut out = String::new();
    write(value, 0, &mut out);
    out.push('\n');
    out
}

fn write(value: &Value, depth: usize, out: &mut String) {
    let pad = |out: &mut String, depth: usize| {
        out.push('\n');
        out.push_str(&"  ".repeat(depth));
    };
    match value {
        Value::Array(items) if !items.is_empty() => {
            out.push('[');
            for (n, item) in items.iter().enumerate() {
                out.push_str(if n == 0 { "" } else { "," });
                pad(out, depth + 1);
                write(item, depth + 1, out);
            }
            pad(out, depth);
            out.push(']');
        }
        Value::Object(entries) if !entries.is_empty() => {
            let mut entries: Vec<(&String, &Value)> = entries.iter().collect();
            entries.sort_by_key(|(key, _)| *key);
            out.push('{');
            for (n, (key, item)) in entries.into_iter().enumerate() {
                out.push_str(if n == 0 { "" } else { "," });
                pad(out, depth + 1);
                out.push_str(&ascii(&Value::from(key.as_str())));
                out.push_str(": ");
                write(item, depth + 1, out);
            }
            pad(out, depth);
            out.push('}');
        }
        plain => out.push_str(&ascii(plain)),
    }
}

/// A plain value with everything beyond printable ASCII escaped.
fn ascii(value: &Value) -> String {
    let escape = |c: char| {
        let mut units = [0u16; 2];
        c.encode_utf16(&mut units).iter().map(|unit| format!("\\u{unit:04x}")).collect::<String>()
    };
    let plain = |c: char| (' '..='~').contains(&c);
    value.to_string().chars().map(|c| if plain(c) { c.to_string() } else { escape(c) }).collect()
}

/// A DRISL value as JSON: byte strings are `{"bytes": hex}`.
fn json_of(value: &Ipld) -> Value {
    match value {
        Ipld::Bool(b) => json!(b),
        // Negative numbers beyond 64 bits have no JSON form that survives; they stand as text.
        Ipld::Integer(n) => u64::try_from(*n)
            .map(Value::from)
            .or_else(|_| i64::try_from(*n).map(Value::from))
            .unwrap_or_else(|_| json!(n.to_string())),
        Ipld::String(s) => json!(s),
        Ipld::Bytes(bytes) => json!({ "bytes": hex::encode(bytes) }),
        Ipld::List(items) => items.iter().map(json_of).collect(),
        Ipld::Map(entries) => {
            entries.iter().map(|(k, v)| (k.clone(), json_of(v))).collect::<Map<_, _>>().into()
        }
        Ipld::Link(cid) => json!({ "cid": hex::encode(cid.to_bytes()) }),
        Ipld::Null | Ipld::Float(_) => Value::Null,
    }
}

/// The head of a CBOR item in shortest form.
fn head(major: u8, argument: usize) -> Vec<u8> {
    let start = major << 5;
    match argument {
        0..=23 => vec![start | argument as u8],
        24..=0xff => vec![start | 24, argument as u8],
        _ => [vec![start | 25], (argument as u16).to_be_bytes().to_vec()].concat(),
    }
}

/// `[body, sig]`.
fn envelope(body: &[u8], sig: &[u8]) -> Vec<u8> {
    [vec![0x82], head(2, body.len()), body.to_vec(), head(2, sig.len()), sig.to_vec()].concat()
}

/// `BLAKE3("kinora/record/1\0" ‖ body)`.
fn rid(body: &[u8]) -> [u8; 32] {
    *blake3::hash(&[b"kinora/record/1\0", body].concat()).as_bytes()
}

/// The signature over `"kinora/signature/1\0" ‖ rid`.
fn sign(device: &DeviceSecret, body: &[u8]) -> [u8; 64] {
    device.sign(&[&b"kinora/signature/1\0"[..], &rid(body)].concat())
}

/// A creator whose keys all follow from one number: root `[n; 32]`, next root `[n ^ 0x55; 32]`, the one after it
/// `[n ^ 0xaa; 32]`, device `[n + 200; 32]`.
struct Creator {
    root: RootSecret,
    next: RootSecret,
    device: DeviceSecret,
    genesis: Genesis,
    rotation: Rotation,
}

impl Creator {
    fn new(n: u8) -> Self {
        let (root, next) = (RootSecret::from_seed([n; 32]), RootSecret::from_seed([n ^ 0x55; 32]));
        let genesis = Genesis { root: root.public(), next: next.commitment() };
        let after = RootSecret::from_seed([n ^ 0xaa; 32]).commitment();
        let rotation = rotate(genesis.author(), 0, &next, after);
        Self { root, next, device: DeviceSecret::from_seed([n.wrapping_add(200); 32]), genesis, rotation }
    }

    fn certificate(&self) -> Certificate {
        certify(&self.root, self.genesis, Vec::new(), self.device.public(), (0, u64::from(u32::MAX)))
    }

    /// The device of this creator, signing.
    fn author(&self) -> Fallible<Author> {
        Ok(Author::new(self.device.clone(), self.certificate(), NETWORK)?)
    }

    /// Another device of the same creator.
    fn second(&self, seed: u8) -> Fallible<Author> {
        let device = DeviceSecret::from_seed([seed; 32]);
        let span = (0, u64::from(u32::MAX));
        let certificate = certify(&self.root, self.genesis, Vec::new(), device.public(), span);
        Ok(Author::new(device, certificate, NETWORK)?)
    }

    /// The root key, signing for itself.
    fn by_root(&self) -> Fallible<Author> {
        Ok(Author::by_root(&self.root, self.genesis, Vec::new(), NETWORK)?)
    }

    /// The second root key, after one rotation.
    fn by_next_root(&self) -> Fallible<Author> {
        Ok(Author::by_root(&self.next, self.genesis, vec![self.rotation], NETWORK)?)
    }
}
