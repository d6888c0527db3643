//! Vectors of the check: records that hold, and one for every reason of refusing, in the order of the check.

use std::collections::BTreeMap;

use ipld_core::ipld::Ipld;
use kinora_protocol::NETWORK;
use kinora_protocol::check::{CertificateCache, check};
use kinora_protocol::drisl;
use kinora_protocol::keys::{DeviceSecret, certify};
use kinora_protocol::limits::{CLIP_BYTES_MAX, COMMENT_CHARS_MAX, NAME_CHARS_MAX, RECORD_BYTES_MAX};
use serde_json::{Value, json};

use super::records::{NOW, body, comment};
use super::{Creator, Fallible, envelope, keys, lists, sign};

type Case = (&'static str, Vec<u8>);

pub(super) fn verdicts() -> Fallible<Value> {
    let mut out = Vec::new();
    for (name, signed) in
        [holding()?, forms()?, outers()?, clips()?, fields()?, roots()?, lists::refused()?].concat()
    {
        let verdict = check(&signed, NETWORK, &mut CertificateCache::default());
        let (rid, fault) = match &verdict {
            Ok(checked) => (Some(checked.rid().to_string()), None),
            Err(fault) => (None, Some(fault.code())),
        };
        out.push(json!({ "name": name, "signed": hex::encode(signed), "rid": rid, "fault": fault }));
    }
    Ok(json!({ "network": NETWORK, "cases": out }))
}

/// A body of creator 1 with one field changed, signed correctly over exactly these bytes.
fn outer(change: impl FnOnce(&mut BTreeMap<String, Ipld>)) -> Fallible<Vec<u8>> {
    let by = Creator::new(1);
    let on = Ipld::Bytes(vec![9; 32]);
    let fields = Ipld::Map([("on".to_owned(), on), ("text".to_owned(), "hi".into())].into());
    let mut fields: BTreeMap<String, Ipld> = drisl::decode(&body(&by, "comment", NOW, fields)?)?;
    change(&mut fields);
    let body = drisl::encode(&fields)?;
    Ok(envelope(&body, &sign(&by.device, &body)))
}

/// A record of a kind with these fields, signed correctly.
pub(super) fn kind(kind: &str, fields: Ipld) -> Fallible<Vec<u8>> {
    let by = Creator::new(1);
    let body = body(&by, kind, NOW, fields)?;
    Ok(envelope(&body, &sign(&by.device, &body)))
}

pub(super) fn map<const N: usize>(fields: [(&str, Ipld); N]) -> Ipld {
    Ipld::Map(fields.map(|(k, v)| (k.to_owned(), v)).into())
}

fn bytes(byte: u8, count: usize) -> Ipld {
    Ipld::Bytes(vec![byte; count])
}

fn holding() -> Fallible<Vec<Case>> {
    let by = Creator::new(1);
    let padding = RECORD_BYTES_MAX - comment_of_a_kind_that_waits(0)?.len();
    Ok(vec![
        ("a comment", comment(&by.author()?, NOW, "hello")?.bytes().to_vec()),
        ("after a rotation", comment(&by.by_next_root()?, NOW, "hello")?.bytes().to_vec()),
        ("the least time", comment(&by.author()?, 0, "hello")?.bytes().to_vec()),
        ("the greatest time", comment(&by.author()?, u64::from(u32::MAX), "hello")?.bytes().to_vec()),
        ("a field of a newer version in the body", outer(|o| drop(o.insert("z".to_owned(), 1.into())))?),
        (
            "a field of a newer version in the kind",
            kind("comment", map([("on", bytes(9, 32)), ("text", "hi".into()), ("zz", 1.into())]))?,
        ),
        ("a kind of a newer version", kind("premiere", map([("at", NOW.into())]))?),
        ("a kind of a newer version whose fields are no map", kind("premiere", 7.into())?),
        ("as large as a record may be", comment_of_a_kind_that_waits(padding)?),
    ])
}

fn comment_of_a_kind_that_waits(padding: usize) -> Fallible<Vec<u8>> {
    // Two strings, because none may have more than 4,096 bytes; both lengths are written in three bytes each.
    let (x, y) = if padding == 0 { (300, 300) } else { (4_000, padding + 600 - 4_000) };
    kind("premiere", map([("x", bytes(0, x)), ("y", bytes(0, y))]))
}

fn forms() -> Fallible<Vec<Case>> {
    let by = Creator::new(1);
    let good = comment(&by.author()?, NOW, "hello")?.bytes().to_vec();
    let (head, sig) = good.split_at(good.len().saturating_sub(66));
    let text = |b: &[u8]| [b, &[0x78, 0x40], "s".repeat(64).as_bytes()].concat();
    Ok(vec![
        ("nothing", Vec::new()),
        ("one byte more than a record may have", vec![0; RECORD_BYTES_MAX + 1]),
        ("a byte behind the end", [good.clone(), vec![0]].concat()),
        ("cut short", head.to_vec()),
        ("three items", [&[0x83], good.get(1..).unwrap_or_default(), &[0x00]].concat()),
        ("a signature of 63 bytes", [head, &[0x58, 63], sig.get(3..).unwrap_or_default()].concat()),
        ("a signature in text", text(head)),
        ("a map", vec![0xa0]),
        ("a body that is no map", envelope(&[0x80], &[0; 64])),
        ("a body that is not canonical", {
            let body = hex::decode("a2617600617400")?;
            envelope(&body, &sign(&by.device, &body))
        }),
        ("a body that holds null", {
            let body = hex::decode("a16176f6")?;
            envelope(&body, &sign(&by.device, &body))
        }),
    ])
}

fn outers() -> Fallible<Vec<Case>> {
    let by = Creator::new(1);
    let put = |key: &str, value: Ipld| outer(|o| drop(o.insert(key.to_owned(), value)));
    let certificate = |c: Vec<u8>| put("c", Ipld::Bytes(c));
    let brief = certify(&by.root, by.genesis, vec![], by.device.public(), (NOW + 1, NOW + 9)).encode()?;
    let mut forged = comment(&by.author()?, NOW, "hello")?.bytes().to_vec();
    if let Some(last) = forged.last_mut() {
        *last ^= 1;
    }
    let other = DeviceSecret::from_seed([77; 32]);
    let stolen = certify(&by.root, by.genesis, vec![], other.public(), (0, u64::from(u32::MAX))).encode()?;
    let long = Ipld::Bytes(vec![0; 4_097]);
    Ok(vec![
        ("another network", put("n", "kinora-2".into())?),
        ("another version", put("v", 2.into())?),
        ("a time in milliseconds", put("t", (NOW * 1_000).into())?),
        ("a time before 1970", put("t", (-1).into())?),
        ("no author", outer(|o| drop(o.remove("a")))?),
        ("an author of 31 bytes", put("a", bytes(1, 31))?),
        ("an author in text", put("a", "00".repeat(32).into())?),
        ("another author", put("a", bytes(1, 32))?),
        ("no certificate", put("c", Ipld::Bytes(Vec::new()))?),
        ("another creator's certificate", certificate(Creator::new(2).certificate().encode()?)?),
        ("a certificate that is not valid yet", certificate(brief)?),
        ("a certificate of another device", certificate(stolen)?),
        ("a certificate of a weak key", certificate(keys::weak_device()?.0.encode()?)?),
        ("a string of 4,097 bytes", {
            let fields: BTreeMap<&str, Ipld> = [("x", long)].into();
            let body = serde_ipld_dagcbor::to_vec(&fields)?;
            envelope(&body, &sign(&by.device, &body))
        }),
        ("a forged signature", forged),
        ("a signature that covers the body itself", {
            let good = outer(|_| {})?;
            let body = good.get(4..good.len().saturating_sub(66)).unwrap_or_default();
            envelope(body, &by.device.sign(body))
        }),
    ])
}

fn format(width: u64) -> Ipld {
    map([("width", width.into()), ("height", 16.into()), ("fps", 12.into()), ("frames", 12.into())])
}

fn blob(size: u64) -> Ipld {
    map([("hash", bytes(1, 32)), ("size", size.into())])
}

/// A clip with the fields it must have, and one field put in place.
fn clip(field: &str, value: Ipld) -> Fallible<Vec<u8>> {
    let least = [("title", "t".into()), ("blob", blob(9)), ("format", format(16)), ("tag", bytes(3, 8))];
    let mut fields: BTreeMap<String, Ipld> = least.map(|(k, v)| (k.to_owned(), v)).into();
    fields.insert(field.to_owned(), value);
    kind("clip", Ipld::Map(fields))
}

fn clips() -> Fallible<Vec<Case>> {
    Ok(vec![
        ("a clip", clip("title", "a title".into())?),
        ("a clip with a side of 15 pixels", clip("format", format(15))?),
        ("a clip with an empty file", clip("blob", blob(0))?),
        ("a clip with a file too large", clip("blob", blob(CLIP_BYTES_MAX + 1))?),
        ("a clip with an empty poster", clip("poster", blob(0))?),
        ("a clip with a tag of seven bytes", clip("tag", bytes(3, 7))?),
        ("a clip without a format", {
            let fields = map([("title", "t".into()), ("blob", blob(9)), ("tag", bytes(3, 8))]);
            kind("clip", fields)?
        }),
        ("a clip with nine parents", clip("parents", Ipld::List(vec![bytes(1, 32); 9]))?),
        ("a clip with nine labels", clip("labels", Ipld::List(vec!["synthetic".into(); 9]))?),
        ("a clip whose recipe nobody can read", clip("recipe", 7.into())?),
        ("a clip with a field of a newer version", clip("zoom", 7.into())?),
    ])
}

fn fields() -> Fallible<Vec<Case>> {
    let text = |text: String| kind("comment", map([("on", bytes(9, 32)), ("text", text.into())]));
    let react =
        |mark: &str| kind("react", map([("on", bytes(9, 32)), ("mark", mark.into()), ("set", true.into())]));
    let delete = |count| kind("delete", map([("targets", Ipld::List(vec![bytes(1, 32); count]))]));
    let address = |sockets: Vec<Ipld>| {
        let sockets = Ipld::List(sockets);
        kind("address", map([("transport", bytes(6, 32)), ("sockets", sockets), ("until", NOW.into())]))
    };
    let on = |on: Ipld| kind("comment", map([("on", on), ("text", "hi".into())]));
    let name = "n".repeat(NAME_CHARS_MAX + 1);
    Ok(vec![
        ("a name too long", kind("profile", map([("name", name.into()), ("bio", "".into())]))?),
        ("an empty comment", text("  ".to_owned())?),
        ("a comment of 1,000 characters", text("é".repeat(COMMENT_CHARS_MAX))?),
        ("a comment of 1,001 characters", text("é".repeat(COMMENT_CHARS_MAX + 1))?),
        ("fields that are no map", kind("comment", Ipld::List(vec![]))?),
        ("an id as text", on("09".repeat(32).into())?),
        ("an id as an array", on(Ipld::List(vec![9.into(); 32]))?),
        ("a mark of 17 bytes", react("12345678901234567")?),
        ("an empty mark", react("")?),
        ("a switch that is a number", kind("follow", map([("author", bytes(1, 32)), ("set", 1.into())]))?),
        ("a deletion of nothing", delete(0)?),
        ("a deletion of 32 records", delete(32)?),
        ("a deletion of 33 records", delete(33)?),
        ("nine addresses", address(vec!["/ip4/192.0.2.1/tcp/1".into(); 9])?),
        ("an address of 129 bytes", address(vec!["x".repeat(129).into()])?),
        ("a kind without a name", kind("", map([]))?),
        ("a kind in capitals", kind("CLIP", map([]))?),
        ("a kind of 17 letters", kind("abcdefghijklmnopq", map([]))?),
    ])
}

fn roots() -> Fallible<Vec<Case>> {
    let by = Creator::new(1);
    let root = DeviceSecret::from_seed([1; 32]);
    let own = certify(&by.root, by.genesis, vec![], root.public(), (0, u64::from(u32::MAX))).encode()?;
    let by_root = |kind: &str, fields| -> Fallible<Vec<u8>> {
        let mut outer: BTreeMap<String, Ipld> = drisl::decode(&body(&by, kind, NOW, fields)?)?;
        outer.insert("c".to_owned(), Ipld::Bytes(own.clone()));
        let body = drisl::encode(&outer)?;
        Ok(envelope(&body, &sign(&root, &body)))
    };
    let revoke = || map([("device", bytes(7, 32)), ("revoked_from", 0.into())]);
    Ok(vec![
        ("a revocation signed by the root", by_root("device", revoke())?),
        ("a revocation signed by a device", kind("device", revoke())?),
        ("a rotation signed by a device", kind("rotate", map([]))?),
        ("a rotation without a rotation", by_root("rotate", map([]))?),
    ])
}
