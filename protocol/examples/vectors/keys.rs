//! Vectors of keys: seeds, authors, certificates, rotations, and the certificates that do not hold.

use std::collections::BTreeMap;

use ipld_core::ipld::Ipld;
use kinora_protocol::drisl;
use kinora_protocol::fault::Fault;
use kinora_protocol::keys::{
    Certificate, DeviceSecret, Genesis, RootSecret, Rotation, certify, rotate, verify,
};
use serde_json::{Value, json};

use super::{Creator, Fallible};

pub(super) fn keys() -> Fallible<Value> {
    let seeds: Vec<Value> = [1u8, 2, 7]
        .iter()
        .map(|n| {
            let root = RootSecret::from_seed([*n; 32]);
            json!({
                "seed": hex::encode([*n; 32]),
                "public": hex::encode(root.public()),
                "commitment": hex::encode(root.commitment()),
            })
        })
        .collect();
    let creators: Vec<Value> = (1..=3).map(|n| creator(n, &Creator::new(n))).collect();
    Ok(json!({
        "seeds": seeds,
        "creators": creators,
        "certificates": certificates()?,
        "refused": refused()?,
        "signatures": signatures(),
    }))
}

fn creator(n: u8, by: &Creator) -> Value {
    json!({
        "number": n,
        "root": hex::encode(by.root.public()),
        "next": hex::encode(by.genesis.next),
        "author": by.genesis.author().to_string(),
        "device": by.device.public().to_string(),
        "rotation": {
            "root": hex::encode(by.rotation.root),
            "next": hex::encode(by.rotation.next),
            "sig": hex::encode(by.rotation.sig),
        },
    })
}

fn shown(name: &str, certificate: &Certificate) -> Fallible<Value> {
    let bytes = certificate.encode()?;
    let read = Certificate::check(&bytes)?;
    Ok(json!({
        "name": name,
        "bytes": hex::encode(bytes),
        "author": read.author().to_string(),
        "root": hex::encode(read.root()),
        "device": read.device.to_string(),
        "from": read.from,
        "until": read.until,
        "rotations": read.rotations.len(),
        "by_root": read.is_root(),
        "sig": hex::encode(read.sig),
    }))
}

/// A chain of `count` rotations of the creator of seed 1, and the root key it ends at.
fn chain(by: &Creator, count: usize) -> (Vec<Rotation>, RootSecret) {
    let mut root = by.next.clone();
    let mut rotations = Vec::new();
    for index in 0..count {
        let next = RootSecret::from_seed([100 + index as u8; 32]);
        rotations.push(rotate(by.genesis.author(), index, &root, next.commitment()));
        if index + 1 < count {
            root = next;
        }
    }
    (rotations, root)
}

fn certificates() -> Fallible<Value> {
    let by = Creator::new(1);
    let device = by.device.public();
    let (eight, eighth) = chain(&by, 8);
    Ok(json!([
        shown("a device for all time", &by.certificate())?,
        shown("a device for a week", &certify(&by.root, by.genesis, vec![], device, (1_000, 605_800)))?,
        shown("the root key itself", &{
            let root = DeviceSecret::from_seed([1; 32]).public();
            certify(&by.root, by.genesis, vec![], root, (0, u64::from(u32::MAX)))
        })?,
        shown("after one rotation", &certify(&by.next, by.genesis, vec![by.rotation], device, (0, 9)))?,
        shown("after eight rotations", &certify(&eighth, by.genesis, eight, device, (0, 9)))?,
    ]))
}

/// The certificate of creator 1 with one field changed.
fn changed(change: impl FnOnce(&mut BTreeMap<String, Ipld>)) -> Fallible<Vec<u8>> {
    let mut fields: BTreeMap<String, Ipld> = drisl::decode(&Creator::new(1).certificate().encode()?)?;
    change(&mut fields);
    Ok(drisl::encode(&fields)?)
}

fn refused() -> Fallible<Value> {
    let by = Creator::new(1);
    let (device, all) = (by.device.public(), (0, u64::from(u32::MAX)));
    let thief = RootSecret::from_seed([66; 32]);
    let (genesis, author) = (by.genesis, by.genesis.author());
    let rotated = |root: &RootSecret, rotation| certify(root, genesis, vec![rotation], device, all).encode();
    let mut skipped = by.rotation;
    skipped.sig = thief.sign(b"something else");
    let (nine, ninth) = chain(&by, 9);
    let nine: Vec<Ipld> = nine.iter().map(|r| Ipld::Bytes([&r.root[..], &r.next, &r.sig].concat())).collect();
    let mut bits = by.certificate().encode()?;
    if let Some(last) = bits.last_mut() {
        *last ^= 1;
    }
    let cases = [
        ("signed by another key", certify(&thief, genesis, vec![], device, all).encode()?),
        ("the old root after a rotation", rotated(&by.root, by.rotation)?),
        ("a rotation to a key that was not committed", {
            rotated(&thief, rotate(author, 0, &thief, thief.commitment()))?
        }),
        ("a rotation that the revealed key did not sign", rotated(&by.next, skipped)?),
        ("a rotation with another number", rotated(&by.next, rotate(author, 1, &by.next, by.rotation.next))?),
        (
            "nine rotations",
            changed(|c| {
                c.insert("r".to_owned(), Ipld::List(nine));
                c.insert("s".to_owned(), Ipld::Bytes(ninth.sign(b"no matter").to_vec()));
            })?,
        ),
        (
            "a span that ends before it begins",
            changed(|c| drop(c.insert("f".to_owned(), (1u64 << 33).into())))?,
        ),
        ("a span beyond 32 bits", changed(|c| drop(c.insert("u".to_owned(), (1u64 << 32).into())))?),
        ("a changed bit", bits),
        ("another device", changed(|c| drop(c.insert("d".to_owned(), Ipld::Bytes(vec![9; 32]))))?),
        ("a device key of 31 bytes", changed(|c| drop(c.insert("d".to_owned(), Ipld::Bytes(vec![9; 31]))))?),
        ("a device key as text", changed(|c| drop(c.insert("d".to_owned(), "00".repeat(32).into())))?),
        ("a field that nobody signed", changed(|c| drop(c.insert("x".to_owned(), 1.into())))?),
        ("a field that is missing", changed(|c| drop(c.remove("u")))?),
        ("not DRISL", vec![0xff]),
    ];
    let told = |(name, bytes): (&str, Vec<u8>)| match Certificate::check(&bytes) {
        Ok(_) => Err(format!("{name} holds").into()),
        Err(fault) => Ok(json!({ "name": name, "bytes": hex::encode(bytes), "fault": fault.code() })),
    };
    Ok(Value::Array(cases.into_iter().map(told).collect::<Fallible<_>>()?))
}

fn signatures() -> Value {
    let key = DeviceSecret::from_seed([5; 32]);
    let message = b"kinora";
    let good = key.sign(message);
    let mut high = good;
    // S + L: the same number modulo the order of the group, in a form that strict verification refuses.
    let order =
        hex::decode("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010").unwrap_or_default();
    let mut carry = 0u16;
    for (digit, add) in high.iter_mut().skip(32).zip(order) {
        let sum = u16::from(*digit) + u16::from(add) + carry;
        *digit = sum as u8;
        carry = sum >> 8;
    }
    let mut small = [0u8; 32];
    small[0] = 1;
    let public = key.public().0;
    let cases = [
        ("it holds", public, &message[..], good),
        ("another message", public, b"kinorb", good),
        ("S beyond the order of the group", public, message, high),
        ("a key of small order", small, message, [0; 64]),
        ("bytes that are no point", [2; 32], message, good),
        ("a signature of zeros", public, message, [0; 64]),
    ];
    cases
        .iter()
        .map(|(name, key, message, sig)| {
            let fault = verify(key, message, sig).err().as_ref().map(Fault::code);
            json!({
                "name": name,
                "key": hex::encode(key),
                "message": hex::encode(message),
                "sig": hex::encode(sig),
                "fault": fault,
            })
        })
        .collect()
}

/// A certificate of creator 1 that binds a key of small order.
pub(super) fn weak_device() -> Fallible<(Certificate, Genesis)> {
    let by = Creator::new(1);
    let mut small = [0u8; 32];
    small[0] = 1;
    let device = kinora_protocol::ids::DeviceKey(small);
    Ok((certify(&by.root, by.genesis, vec![], device, (0, u64::from(u32::MAX))), by.genesis))
}
