//! Consent in bytes that are not what they should be: a fault of the record, before anything is judged.

use std::collections::BTreeMap;

use ipld_core::ipld::Ipld;

use super::stage::{CREATOR, Stage, T, by};
use crate::check::{CertificateCache, check};
use crate::record::{Body, Grantee, Tickets};

/// The fields of the plain clip's record.
fn fields() -> BTreeMap<String, Ipld> {
    let built = Stage::plain().build();
    match built.judged().record().body.write().unwrap() {
        Ipld::Map(fields) => fields,
        other => panic!("{other:?}"),
    }
}

/// The code of the fault when a clip with these fields is signed properly.
fn fault(fields: BTreeMap<String, Ipld>) -> Option<&'static str> {
    by(CREATOR).sign_raw(T, "clip", Ipld::Map(fields)).err().map(|fault| fault.code())
}

/// Changes the first use.
fn used(fields: &mut BTreeMap<String, Ipld>, change: impl FnOnce(&mut BTreeMap<String, Ipld>)) {
    let Some(Ipld::Map(consent)) = fields.get_mut("consent") else { panic!("no consent") };
    let Some(Ipld::List(uses)) = consent.get_mut("uses") else { panic!("no uses") };
    let Some(Ipld::Map(first)) = uses.first_mut() else { panic!("no use") };
    change(first);
}

#[test]
fn uses_out_of_shape_are_faults() {
    assert_eq!(fault(fields()), None, "the twin is a record");
    type Change = fn(&mut BTreeMap<String, Ipld>);
    let changes: [(&str, Change, &str); 8] = [
        ("a role nobody knows", |f| drop(f.insert("role".into(), "body".into())), "malformed"),
        ("a ticket beyond 32 bits", |f| drop(f.insert("serial".into(), (1_u64 << 32).into())), "malformed"),
        ("a negative ticket", |f| drop(f.insert("serial".into(), Ipld::Integer(-1))), "malformed"),
        ("a short signature", |f| drop(f.insert("sig".into(), Ipld::Bytes(vec![0; 63]))), "malformed"),
        ("no head", |f| drop(f.remove("head")), "malformed"),
        ("a staple of 3 KiB", |f| drop(f.insert("head".into(), Ipld::Bytes(vec![0; 3_000]))), "too_many"),
        (
            "nine spans",
            |f| {
                let span = Ipld::List(vec![0.into(), 1.into()]);
                drop(f.insert("spans".into(), Ipld::List(vec![span; 9])));
            },
            "too_many",
        ),
        ("an approval that is null", |f| drop(f.insert("approval".into(), Ipld::Null)), "not_canonical"),
    ];
    for (name, change, code) in changes {
        let mut changed = fields();
        used(&mut changed, change);
        assert_eq!(fault(changed), Some(code), "{name}");
    }
}

#[test]
fn consent_out_of_shape_is_a_fault() {
    type Change = fn(&mut BTreeMap<String, Ipld>);
    let changes: [(&str, Change, &str); 4] = [
        ("no use", |c| drop(c.insert("uses".into(), Ipld::List(Vec::new()))), "malformed"),
        (
            "five uses",
            |c| {
                let Some(Ipld::List(uses)) = c.get_mut("uses") else { panic!("no uses") };
                let mut first = uses[0].clone();
                let Ipld::Map(fields) = &mut first else { panic!("no use") };
                fields.insert("head".into(), Ipld::Bytes(vec![1]));
                fields.remove("approval");
                *uses = vec![first; 5];
            },
            "too_many",
        ),
        ("an audience nobody knows", |c| drop(c.insert("audience".into(), "friends".into())), "malformed"),
        (
            "seventeen purposes",
            |c| drop(c.insert("purposes".into(), Ipld::List(vec!["comedy".into(); 17]))),
            "too_many",
        ),
    ];
    for (name, change, code) in changes {
        let mut changed = fields();
        let Some(Ipld::Map(consent)) = changed.get_mut("consent") else { panic!("no consent") };
        change(consent);
        assert_eq!(fault(changed), Some(code), "{name}");
    }
}

#[test]
fn grants_out_of_shape_are_faults() {
    let plan = super::stage::grant(1, CREATOR).body;
    let sign =
        |grant: crate::record::Grant| by(1).sign(T, Body::Grant(Box::new(grant))).err().map(|f| f.code());
    assert_eq!(sign(plan.clone()), None, "the twin is a record");
    let mut backwards = plan.clone();
    backwards.exp = backwards.nbf - 1;
    assert_eq!(sign(backwards), Some("malformed"));
    for tickets in [Tickets { first: 0, count: 0 }, Tickets { first: u32::MAX, count: 2 }] {
        let mut counted = plan.clone();
        counted.uses = Some(tickets);
        assert_eq!(sign(counted), Some("malformed"));
    }
    let mut shared = plan;
    shared.aud = Grantee::Everyone;
    assert_eq!(sign(shared), Some("malformed"), "many cannot share a count");
}

#[test]
fn a_clip_with_consent_has_one_encoding() {
    let built = Stage::plain().build();
    let bytes = built.judged().bytes();
    for at in 0..bytes.len() {
        let mut changed = bytes.to_vec();
        changed[at] ^= 0x20;
        let read = check(&changed, crate::NETWORK, &mut CertificateCache::default());
        assert!(read.is_err(), "byte {at} can be changed");
    }
}
