//! Vectors of identifiers: hashes, text, bytes on the wire, gossip ids.

use kinora_protocol::check::gossip_id;
use kinora_protocol::drisl;
use kinora_protocol::ids::{BlobHash, Rid};
use serde_json::{Value, json};

use super::Fallible;

pub(super) fn ids() -> Fallible<Value> {
    let blobs: Vec<Value> = [0usize, 1, 3, 1_023, 1_024, 1_025, 65_537]
        .iter()
        .map(|length| {
            // The input of the public vectors of BLAKE3: 0, 1, … 250, 0, 1, …
            let input: Vec<u8> = (0..*length).map(|i| (i % 251) as u8).collect();
            json!({ "length": length, "hash": BlobHash::of(&input).to_string() })
        })
        .collect();
    let id = Rid(*blake3::hash(b"an id").as_bytes());
    let word = id.to_string();
    let accept = [(word.clone(), word.clone()), (word.to_uppercase(), word.clone())];
    let reject = [
        String::new(),
        "00".to_owned(),
        word.get(1..).unwrap_or_default().to_owned(),
        format!("{word}0"),
        "g".repeat(64),
        "+f".repeat(32),
        format!("0x{}", "0".repeat(62)),
        format!(" {}", "0".repeat(63)),
        "é".repeat(32),
    ];
    let gossip: Vec<Value> = [("kinora-1/feed/0", b"abc".as_slice()), ("kinora-1/safety", b"abc"), ("", b"")]
        .iter()
        .map(|(topic, data)| {
            json!({ "topic": topic, "data": hex::encode(data), "id": hex::encode(gossip_id(topic, data)) })
        })
        .collect();
    Ok(json!({
        "blobs": blobs,
        "text": {
            "accept": accept.iter().map(|(text, id)| json!({ "text": text, "id": id })).collect::<Vec<_>>(),
            "reject": reject,
        },
        "wire": {
            "id": word,
            "drisl": hex::encode(drisl::encode(&id)?),
            "postcard": hex::encode(postcard::to_stdvec(&id)?),
        },
        "gossip": gossip,
    }))
}
