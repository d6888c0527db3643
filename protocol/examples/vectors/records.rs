//! Vectors of records: every kind that is interpreted, and kinds that wait, signed with fixed seeds.

use ipld_core::ipld::Ipld;
use kinora_protocol::NETWORK;
use kinora_protocol::check::{Author, CertificateCache, Checked, check};
use kinora_protocol::drisl;
use kinora_protocol::feed::Slot;
use kinora_protocol::ids::{AuthorId, BlobHash, DeviceKey, Rid, TransportKey};
use kinora_protocol::recipe::{Crop, Descent, Format, Given, NextShot, Recipe, Switches, Transition};
use kinora_protocol::record::{
    Address, BlobRef, Body, Challenge, Clip, Comment, Delete, Device, Effect, Follow, Grant, Grantee,
    Profile, React, Remix, Revoke, SYNTHETIC, Sealed, Target, recipe_value,
};
use kinora_protocol::shot::{
    Action, Angle, Camera, Colour, Count, Framing, Mood, Music, Partner, Place, Relation, Scene, Shot,
    ShotPartner, Size, Speed, Style, Subject, Time, Weather,
};
use serde_json::{Value, json};

use super::{Creator, Fallible, consents, envelope, json_of, labels, lists, rid, sign};

pub(super) const NOW: u64 = 1_800_000_000;

pub(super) fn records() -> Fallible<Value> {
    let by = Creator::new(1);
    let (device, root, rotated) = (by.author()?, by.by_root()?, by.by_next_root()?);
    let mut out = Vec::new();
    for (name, body) in bodies()?.into_iter().chain(lists::bodies()) {
        let signer = if body.needs_root() { &root } else { &device };
        out.push(shown(name, "device", &signer.sign(NOW, body)?)?);
    }
    for (name, made) in consents::signed()? {
        let signer = if made.author() == by.genesis.author() { "device" } else { "device of creator 2" };
        out.push(shown(name, signer, &made)?);
    }
    for (name, body) in labels::bodies() {
        out.push(shown(name, "device", &device.sign(NOW, body)?)?);
    }
    out.push(shown("rotate", "second root", &rotated.sign(NOW, Body::Rotate)?)?);
    for kind in ["vouch", "checkpoint"] {
        out.push(shown(kind, "device", &waiting(&by, kind)?)?);
    }
    Ok(Value::Array(out))
}

/// One body of every kind that a device or the first root signs.
pub(super) fn bodies() -> Fallible<Vec<(&'static str, Body)>> {
    let on = Rid(*blake3::hash(b"a clip").as_bytes());
    let set = true;
    Ok(vec![
        (
            "profile",
            Body::Profile(Profile { name: "Ada".to_owned(), bio: "Films of foxes.\nNo dogs.".to_owned() }),
        ),
        ("clip, whole", Body::Clip(Box::new(clip()?))),
        ("clip, placed", Body::Clip(Box::new(placed()?))),
        ("clip, least", Body::Clip(Box::new(least()))),
        ("comment", Body::Comment(Comment { on, text: "more fog — please".to_owned() })),
        ("react", Body::React(React { on, mark: "♥".to_owned(), set })),
        ("react, taken back", Body::React(React { on, mark: "♥".to_owned(), set: false })),
        ("follow", Body::Follow(Follow { author: Creator::new(2).genesis.author(), set })),
        ("follow, taken back", Body::Follow(Follow { author: AuthorId([9; 32]), set: false })),
        ("delete", Body::Delete(Delete { targets: vec![on, Rid([8; 32])] })),
        ("device", Body::Device(Device { device: DeviceKey([7; 32]), revoked_from: NOW - 60 })),
        (
            "address",
            Body::Address(Address {
                transport: TransportKey([6; 32]),
                sockets: ["/ip4/192.0.2.7/tcp/4001", "/ip4/192.0.2.7/udp/4002/quic-v1"]
                    .map(String::from)
                    .to_vec(),
                until: NOW + 604_800,
            }),
        ),
        ("cameo", Body::Cameo(Box::new(consents::cameo()))),
        ("grant", Body::Grant(Box::new(consents::grant(on)))),
        (
            "grant, to everybody",
            Body::Grant(Box::new(Grant { aud: Grantee::Everyone, uses: None, ..consents::grant(on) })),
        ),
        ("revoke", Body::Revoke(Revoke { cameo: on, target: Target::Cameo, effect: Effect::Takedown })),
        (
            "revoke, one grant",
            Body::Revoke(Revoke { cameo: on, target: Target::Grant(Rid([8; 32])), effect: Effect::Future }),
        ),
        ("sealed", Body::Sealed(Box::new(letter(on, None)))),
        (
            "sealed, with a blob",
            Body::Sealed(Box::new(letter(on, Some(BlobRef { hash: BlobHash::of(b"sealed"), size: 77 })))),
        ),
        (
            "challenge",
            Body::Challenge(Challenge { subject: Creator::new(2).genesis.author(), nonce: [3; 32].into() }),
        ),
    ])
}

/// A letter whose contents nobody can read: of the fields only.
fn letter(cameo: Rid, blob: Option<BlobRef>) -> Sealed {
    Sealed {
        to: Creator::new(2).genesis.author(),
        cameo,
        key: [1; 32].into(),
        enc: [2; 32].into(),
        body: serde_bytes::ByteBuf::from(vec![9; 48]),
        blob,
    }
}

pub(super) fn least() -> Clip {
    Clip::new(
        BlobRef { hash: BlobHash::of(b"a file"), size: 1 },
        Format { width: 16, height: 16, fps: 1, frames: 1 },
        [0; 8].into(),
    )
}

fn clip() -> Fallible<Clip> {
    Ok(Clip {
        title: "A fox at dusk".to_owned(),
        prompt: "a red fox chases a dog along a beach at sunset".to_owned(),
        poster: Some(BlobRef { hash: BlobHash::of(b"a still"), size: 4_321 }),
        labels: vec![SYNTHETIC.to_owned()],
        parents: vec![Rid(*blake3::hash(b"a clip").as_bytes())],
        licence: "CC-BY-4.0".to_owned(),
        remix: Remix::KeepPolicy,
        recipe: Some(recipe_value(&recipe())?),
        ..Clip::new(
            BlobRef { hash: BlobHash::of(b"a longer file"), size: 1_234_567 },
            Format { width: 256, height: 144, fps: 12, frames: 48 },
            [1, 2, 3, 4, 5, 6, 7, 8].into(),
        )
    })
}

/// A clip whose subject is that of another, in a new scene.
fn placed() -> Fallible<Clip> {
    let crop = |frame, mirrored| Crop { frame, left: 40, top: 20, width: 60, height: 58, mirrored };
    let given = Given {
        parent: Some((BlobHash::of(b"parent"), Descent::Place)),
        crops: vec![crop(6, true), crop(18, false)],
        ..Given::default()
    };
    let recipe = Recipe { next: Vec::new(), switches: Switches::default(), given, ..recipe() };
    Ok(Clip { recipe: Some(recipe_value(&recipe)?), ..clip()? })
}

/// A recipe with every field of a remix.
pub(super) fn recipe() -> Recipe {
    let shot = Shot {
        subject: Some(Subject::Fox),
        colour: Some(Colour::Red),
        action: Some(Action::Runs),
        place: Some(Place::Beach),
        time: Some(Time::Sunset),
        partner: Some(ShotPartner { relation: Relation::Chases, subject: Subject::Dog, colour: None }),
        ..Shot::default()
    };
    let scene = Scene {
        subject: Subject::Fox,
        colour: Colour::Red,
        action: Action::Runs,
        place: Place::Beach,
        time: Time::Sunset,
        weather: Weather::Clear,
        framing: Framing::Wide,
        camera: Camera::PanLeft,
        speed: Speed::Normal,
        style: Style::Plain,
        mood: Mood::Calm,
        music: Music::On,
        angle: Angle::EyeLevel,
        size: Size::Normal,
        count: Count::One,
        partner: Some(Partner { relation: Relation::Chases, subject: Subject::Dog, colour: Colour::White }),
    };
    Recipe {
        engine: "pocket-v0".to_owned(),
        weights: BlobHash::of(b"weights"),
        executor: "cpu".to_owned(),
        seed: u64::MAX,
        steps: 24,
        guidance_percent: 350,
        format: Format { width: 256, height: 144, fps: 12, frames: 48 },
        next: vec![NextShot {
            transition: Transition::Dissolve,
            frames: 24,
            shot: shot.clone(),
            scene: scene.clone(),
        }],
        switches: Switches { cache: true, ..Switches::default() },
        given: Given {
            first: Some(BlobHash::of(b"still")),
            parent: Some((BlobHash::of(b"parent"), Descent::Remix { strength_percent: 60 })),
            ..Given::default()
        },
        shot,
        scene,
    }
}

/// A record of a kind that waits, made by hand: this version does not write it.
pub(super) fn waiting(by: &Creator, kind: &str) -> Fallible<Checked> {
    let fields = Ipld::Map([("to".to_owned(), Ipld::Bytes(vec![4; 32]))].into());
    let body = body(by, kind, NOW, fields)?;
    let signed = envelope(&body, &sign(&by.device, &body));
    Ok(check(&signed, NETWORK, &mut CertificateCache::default())?)
}

/// A body by hand.
pub(super) fn body(by: &Creator, kind: &str, time: u64, fields: Ipld) -> Fallible<Vec<u8>> {
    let author = by.genesis.author();
    let outer: std::collections::BTreeMap<&str, Ipld> = [
        ("a", Ipld::Bytes(author.0.to_vec())),
        ("b", fields),
        ("c", Ipld::Bytes(by.certificate().encode()?)),
        ("k", kind.into()),
        ("n", NETWORK.into()),
        ("t", time.into()),
        ("v", 1.into()),
    ]
    .into();
    Ok(drisl::encode(&outer)?)
}

/// A made record, with everything that follows from its bytes.
fn shown(name: &str, signer: &str, made: &Checked) -> Fallible<Value> {
    let (bytes, sig) = made.bytes().split_at(made.bytes().len().saturating_sub(66));
    let start = if bytes.get(1) == Some(&0x58) { 3 } else { 4 };
    let body = bytes.get(start..).ok_or("no body")?;
    let sig = sig.get(2..).ok_or("no signature")?;
    if envelope(body, sig) != made.bytes() || rid(body) != made.rid().0 {
        return Err(format!("{name} is not the envelope of its parts").into());
    }
    let outer: std::collections::BTreeMap<String, Ipld> = drisl::decode(body)?;
    let signer = if made.record().body.needs_root() && signer == "device" { "first root" } else { signer };
    Ok(json!({
        "name": name,
        "signer": signer,
        "kind": made.kind(),
        "time": made.time(),
        "author": made.author().to_string(),
        "device": made.record().device.to_string(),
        "fields": json_of(outer.get("b").ok_or("no fields")?),
        "body": hex::encode(body),
        "rid": made.rid().to_string(),
        "sig": hex::encode(sig),
        "signed": hex::encode(made.bytes()),
        "slot": slot(&made.slot()),
        "safety": made.record().body.is_safety(),
        "understood": !matches!(made.record().body, Body::Other { .. }),
    }))
}

fn slot(slot: &Slot) -> Value {
    match slot {
        Slot::Once(rid) => json!({ "once": rid.to_string() }),
        Slot::Register { author, kind, target } => {
            json!({ "author": author.to_string(), "kind": kind, "target": hex::encode(target) })
        }
    }
}

/// A comment, the plainest record.
pub(super) fn comment(by: &Author, time: u64, text: &str) -> Fallible<Checked> {
    let on = Rid(*blake3::hash(b"a clip").as_bytes());
    Ok(by.sign(time, Body::Comment(Comment { on, text: text.to_owned() }))?)
}
