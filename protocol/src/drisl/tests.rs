//! DRISL against the public test suite, and by properties.

use ipld_core::ipld::Ipld;
use proptest::prelude::*;

use super::*;
use crate::testing::fixture;

/// Round trips of the public suite that our stricter profile refuses, with the reason.
fn refused_by_us(data: &[u8]) -> Option<&'static str> {
    match data.first()? {
        0xf9..=0xfb => Some("floats"),
        0xf6 => Some("null"),
        _ => None,
    }
}

#[test]
fn the_public_suite_gets_the_expected_answers() {
    let files = ["cid", "floats", "indefinite", "integer_range", "map_keys", "short_form", "simple", "tags"];
    let mut checked = 0;
    for file in files {
        let Some(text) = fixture(&format!("drisl/{file}.json")) else { continue };
        let cases: Vec<serde_json::Value> = serde_json::from_slice(&text).unwrap();
        for case in cases {
            // Cases that only another CBOR profile fails are not ours.
            let tags: Vec<&str> =
                case["tags"].as_array().unwrap().iter().filter_map(|t| t.as_str()).collect();
            if !tags.iter().any(|t| ["basic", "dag-cbor", "dasl-cid"].contains(t)) {
                continue;
            }
            let data = hex::decode(case["data"].as_str().unwrap()).unwrap();
            let name = format!("{file}: {} ({})", case["name"], case["data"]);
            checked += 1;
            match case["type"].as_str().unwrap() {
                "roundtrip" => match check_canonical(&data) {
                    Ok(()) => {
                        let value: Ipld = decode(&data).unwrap();
                        assert_eq!(encode(&value).unwrap(), data, "{name}");
                    }
                    Err(fault) => assert!(refused_by_us(&data).is_some(), "{name}: {fault}"),
                },
                "invalid_in" => assert!(decode::<Ipld>(&data).is_err(), "{name} was accepted"),
                // What must not be writable cannot be read either, so no value of ours can hold it.
                "invalid_out" => assert!(check_canonical(&data).is_err(), "{name} can be produced"),
                other => panic!("unknown kind of case {other}"),
            }
        }
    }
    assert!(checked == 0 || checked > 60, "only {checked} cases of the public suite were read");
}

#[test]
fn limits_hold() {
    let nested = [vec![0x81; NESTING_MAX + 1], vec![0x00]].concat();
    assert!(check_canonical(&nested).is_err());
    assert!(check_canonical(&[vec![0x81; NESTING_MAX], vec![0x00]].concat()).is_ok());
    let wide = [vec![0x99, 0x01, 0x01], vec![0; 257]].concat();
    assert!(check_canonical(&wide).is_err(), "257 items");
    // A length of 2^63 must not be believed.
    assert!(check_canonical(&[0x5b, 0x80, 0, 0, 0, 0, 0, 0, 0]).is_err());
    assert!(check_canonical(&[0x9b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]).is_err());
}

fn value() -> impl Strategy<Value = Ipld> {
    let leaf = prop_oneof![
        any::<bool>().prop_map(Ipld::Bool),
        any::<i64>().prop_map(|n| Ipld::Integer(n.into())),
        any::<u64>().prop_map(|n| Ipld::Integer(n.into())),
        ".{0,40}".prop_map(Ipld::String),
        prop::collection::vec(any::<u8>(), 0..40).prop_map(Ipld::Bytes),
    ];
    leaf.prop_recursive(4, 40, 8, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..8).prop_map(Ipld::List),
            prop::collection::btree_map(".{0,12}", inner, 0..8).prop_map(Ipld::Map),
        ]
    })
}

proptest! {
    #[test]
    fn arbitrary_bytes_never_panic_and_what_is_accepted_is_canonical(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        if check_canonical(&bytes).is_ok() {
            let value: Ipld = serde_ipld_dagcbor::from_slice(&bytes).unwrap();
            prop_assert_eq!(serde_ipld_dagcbor::to_vec(&value).unwrap(), bytes);
        }
    }

    #[test]
    fn what_we_encode_we_decode(value in value()) {
        let bytes = encode(&value).unwrap();
        prop_assert_eq!(decode::<Ipld>(&bytes).unwrap(), value);
    }

    #[test]
    fn a_changed_byte_is_refused_or_another_value(value in value(), at in any::<prop::sample::Index>(), bit in 0u8..8) {
        let bytes = encode(&value).unwrap();
        let mut changed = bytes.clone();
        let at = at.index(changed.len());
        changed[at] ^= 1 << bit;
        if let Ok(other) = decode::<Ipld>(&changed) {
            prop_assert_ne!(encode(&other).unwrap(), bytes);
        }
    }
}
