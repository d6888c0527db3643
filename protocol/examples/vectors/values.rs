//! Vectors of DRISL: what is accepted with its meaning, and every way of being refused.

use ipld_core::ipld::Ipld;
use kinora_protocol::drisl;
use serde_json::{Value, json};

use super::{Fallible, head, json_of};

pub(super) fn drisl() -> Fallible<Value> {
    let accept: Vec<Value> = accepted()
        .into_iter()
        .map(|(name, bytes)| {
            let value: Ipld = drisl::decode(&bytes)?;
            Ok(json!({ "name": name, "bytes": hex::encode(&bytes), "value": json_of(&value) }))
        })
        .collect::<Fallible<_>>()?;
    let reject: Vec<Value> = refused()
        .into_iter()
        .map(|(name, bytes)| match drisl::check_canonical(&bytes) {
            Ok(()) => Err(format!("{name} is accepted").into()),
            Err(fault) => Ok(json!({ "name": name, "bytes": hex::encode(&bytes), "fault": fault.code() })),
        })
        .collect::<Fallible<_>>()?;
    Ok(json!({ "accept": accept, "reject": reject }))
}

fn of(text: &str) -> Vec<u8> {
    hex::decode(text).unwrap_or_default()
}

/// `depth` arrays around a zero.
fn nested(depth: usize) -> Vec<u8> {
    [vec![0x81; depth], vec![0]].concat()
}

/// An array of so many zeros.
fn wide(count: usize) -> Vec<u8> {
    [head(4, count), vec![0; count]].concat()
}

/// A byte string of so many zeros.
fn long(count: usize) -> Vec<u8> {
    [head(2, count), vec![0; count]].concat()
}

/// A map of so many entries with keys of two letters.
fn entries(count: usize) -> Vec<u8> {
    let key = |n: usize| [0x62, b'a' + (n / 26) as u8, b'a' + (n % 26) as u8, 0x00];
    [head(5, count), (0..count).flat_map(key).collect()].concat()
}

fn accepted() -> Vec<(&'static str, Vec<u8>)> {
    let cid = |version: &str| of(&format!("d82a582500{version}{}", "ab".repeat(32)));
    vec![
        ("zero", of("00")),
        ("23 is one byte", of("17")),
        ("24 is two bytes", of("1818")),
        ("256 is three bytes", of("190100")),
        ("65,536 is five bytes", of("1a00010000")),
        ("2^32 is nine bytes", of("1b0000000100000000")),
        ("the largest number", of("1bffffffffffffffff")),
        ("minus one", of("20")),
        ("false", of("f4")),
        ("true", of("f5")),
        ("empty bytes", of("40")),
        ("bytes", of("43010203")),
        ("empty text", of("60")),
        ("text", of("6161")),
        ("text beyond ASCII", of("62c3a9")),
        ("empty array", of("80")),
        ("array", of("8301820203f5")),
        ("empty map", of("a0")),
        ("shorter keys come first", of("a3616200616301626161f4")),
        ("raw CID, SHA-256", cid("01551220")),
        ("raw CID, BLAKE3", cid("01551e20")),
        ("DRISL CID, SHA-256", cid("01711220")),
        ("eight arrays deep", nested(8)),
        ("256 items", wide(256)),
        ("64 entries", entries(64)),
        ("4,096 bytes", long(4_096)),
    ]
}

fn refused() -> Vec<(&'static str, Vec<u8>)> {
    let cid = |start: &str, hash: usize| of(&format!("{start}{}", "ab".repeat(hash)));
    vec![
        ("nothing", Vec::new()),
        ("23 in two bytes", of("1817")),
        ("255 in three bytes", of("1900ff")),
        ("65,535 in five bytes", of("1a0000ffff")),
        ("2^32 - 1 in nine bytes", of("1b00000000ffffffff")),
        ("minus one in two bytes", of("3800")),
        ("a length in two bytes", of("5803010203")),
        ("a text length in two bytes", of("780161")),
        ("an array length in two bytes", of("980100")),
        ("a map length in two bytes", of("b801616100")),
        ("bytes of indefinite length", of("5f4101ff")),
        ("text of indefinite length", of("7f6161ff")),
        ("array of indefinite length", of("9f00ff")),
        ("map of indefinite length", of("bf616100ff")),
        ("reserved additional information", of("1c")),
        ("null", of("f6")),
        ("undefined", of("f7")),
        ("false in two bytes", of("f814")),
        ("simple value 32", of("f820")),
        ("half-precision number", of("f93c00")),
        ("single-precision number", of("fa3f800000")),
        ("double-precision number", of("fb3ff0000000000000")),
        ("a number as key", of("a10000")),
        ("bytes as key", of("a1416100")),
        ("keys in the wrong order", of("a2616200616100")),
        ("a longer key before a shorter one", of("a262616100616200")),
        ("one key twice", of("a2616100616101")),
        ("text that is not UTF-8", of("61ff")),
        ("a surrogate in text", of("63eda080")),
        ("an overlong form in text", of("62c0af")),
        ("a key that is not UTF-8", of("a161ff00")),
        ("bytes behind the end", of("0000")),
        ("cut within a number", of("19ff")),
        ("cut within a text", of("6261")),
        ("cut within an array", of("8200")),
        ("cut within a map", of("a16161")),
        ("a length of 2^63", of("5b8000000000000000")),
        ("a count of 2^64 - 1", of("9bffffffffffffffff")),
        ("a tag that is not a CID's", of("c001")),
        ("a CID of version 0", cid("d82a5823001220", 32)),
        ("a CID without the zero before it", cid("d82a582401551220", 32)),
        ("a CID of another codec", cid("d82a58250001701220", 32)),
        ("a CID of another hash function", cid("d82a58250001551320", 32)),
        ("a CID with a short hash", cid("d82a550001551210", 16)),
        ("a CID in text", cid("d82a78250001551220", 32)),
        ("a tag in three bytes", cid("d9002a58250001551220", 32)),
        ("nine arrays deep", nested(9)),
        ("257 items", wide(257)),
        ("65 entries", entries(65)),
        ("4,097 bytes", long(4_097)),
    ]
}
