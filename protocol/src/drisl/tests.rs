//! DRISL against the public test suite, and by properties.

use ipld_core::ipld::Ipld;
use proptest::prelude::*;

use super::{check_canonical, decode, encode};
use crate::limits::NESTING_MAX;
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

/// What a careless encoder does wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    /// A number, length, count or tag in more bytes than it needs.
    Long,
    /// A string, array or map without a length.
    Indefinite,
    /// Two keys of a map in the wrong order.
    Swapped,
    /// A key that stands twice.
    Twice,
    /// A float, in the place of a value.
    Float,
    /// Null, in the place of a value.
    Null,
    /// Bytes behind the end.
    Trailing,
    /// Text that is not UTF-8.
    Surrogate,
}

const FAULTS: [Fault; 8] = [
    Fault::Long,
    Fault::Indefinite,
    Fault::Swapped,
    Fault::Twice,
    Fault::Float,
    Fault::Null,
    Fault::Trailing,
    Fault::Surrogate,
];

/// An encoder that does one thing wrong, at the `at`-th place where it can.
struct Careless {
    fault: Fault,
    at: usize,
    out: Vec<u8>,
}

impl Careless {
    fn here(&mut self, fault: Fault) -> bool {
        let hit = self.fault == fault && self.at == 0;
        if self.fault == fault {
            self.at = self.at.wrapping_sub(1);
        }
        hit
    }

    fn head(&mut self, major: u8, argument: u64) {
        let least = match argument {
            0..=23 => 0,
            24..=0xff => 1,
            0x100..=0xffff => 2,
            0x1_0000..=0xffff_ffff => 4,
            _ => 8,
        };
        // 2^64 needs eight bytes already: it cannot be written longer.
        let width = if least < 8 && self.here(Fault::Long) { (least * 2).max(1) } else { least };
        let info = match width {
            0 => argument as u8,
            1 => 24,
            2 => 25,
            4 => 26,
            _ => 27,
        };
        self.out.push(major << 5 | info);
        self.out.extend(&argument.to_be_bytes()[8 - width..]);
    }

    /// A head, or the beginning of something without a length; says whether it must be ended.
    fn open(&mut self, major: u8, count: usize) -> bool {
        let endless = self.here(Fault::Indefinite);
        if endless {
            self.out.push(major << 5 | 31);
        } else {
            self.head(major, count as u64);
        }
        endless
    }

    fn close(&mut self, endless: bool) {
        if endless {
            self.out.push(0xff);
        }
    }

    fn string(&mut self, major: u8, bytes: &[u8]) {
        let endless = self.open(major, bytes.len());
        if endless {
            self.head(major, bytes.len() as u64);
        }
        self.out.extend(bytes);
        self.close(endless);
    }

    fn value(&mut self, value: &Ipld) {
        if self.here(Fault::Float) {
            return self.out.extend([0xfb, 0x3f, 0xf8, 0, 0, 0, 0, 0, 0]);
        }
        if self.here(Fault::Null) {
            return self.out.push(0xf6);
        }
        match value {
            Ipld::Bool(b) => self.out.push(0xf4 + u8::from(*b)),
            Ipld::Integer(n) if *n >= 0 => self.head(0, u64::try_from(*n).unwrap()),
            Ipld::Integer(n) => self.head(1, u64::try_from(-1 - *n).unwrap()),
            Ipld::Bytes(bytes) => self.string(2, bytes),
            Ipld::String(text) if self.here(Fault::Surrogate) => {
                self.string(3, &[text.as_bytes(), &[0xed, 0xa0, 0x80]].concat());
            }
            Ipld::String(text) => self.string(3, text.as_bytes()),
            Ipld::List(items) => {
                let endless = self.open(4, items.len());
                items.iter().for_each(|item| self.value(item));
                self.close(endless);
            }
            Ipld::Map(entries) => self.map(entries.iter().collect()),
            Ipld::Null | Ipld::Float(_) | Ipld::Link(_) => unreachable!("the strategy makes none"),
        }
    }

    fn map(&mut self, mut entries: Vec<(&String, &Ipld)>) {
        entries.sort_by_key(|(key, _)| (key.len(), *key));
        if entries.len() > 1 && self.here(Fault::Swapped) {
            entries.swap(0, 1);
        }
        if !entries.is_empty() && self.here(Fault::Twice) {
            entries.insert(0, entries[0]);
        }
        let endless = self.open(5, entries.len());
        for (key, value) in entries {
            self.string(3, key.as_bytes());
            self.value(value);
        }
        self.close(endless);
    }
}

/// The value with one thing wrong, when there is a place for it.
fn careless(value: &Ipld, fault: Fault, at: usize) -> Option<Vec<u8>> {
    let mut encoder = Careless { fault, at, out: Vec::new() };
    encoder.value(value);
    if encoder.here(Fault::Trailing) {
        encoder.out.push(0);
        return Some(encoder.out);
    }
    (encoder.at > at).then_some(encoder.out)
}

#[test]
fn the_careless_encoder_does_every_fault() {
    let map = Ipld::Map([("a".to_owned(), "x".into()), ("b".to_owned(), 7.into())].into());
    for fault in FAULTS {
        let wrong = careless(&map, fault, 0).unwrap_or_else(|| panic!("{fault:?} found no place"));
        assert!(check_canonical(&wrong).is_err(), "{fault:?} is accepted");
    }
    assert_eq!(careless(&map, Fault::Long, 1_000), None, "without a place nothing is wrong");
}

proptest! {
    #[test]
    fn nothing_careless_is_accepted(value in value(), fault in prop::sample::select(&FAULTS[..]), at in 0usize..24) {
        if let Some(bytes) = careless(&value, fault, at) {
            prop_assert!(check_canonical(&bytes).is_err(), "{:?} in {}", fault, hex::encode(&bytes));
            prop_assert!(decode::<Ipld>(&bytes).is_err());
        }
    }

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
