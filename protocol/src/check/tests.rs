//! What is believed, and what is not: forms, signatures, certificates, bounds.

use proptest::prelude::*;

use super::*;
use crate::NETWORK;
use crate::record::{Comment, Follow, Profile};
use crate::testing::{author, root_author};

fn comment(text: &str) -> Body {
    Body::Comment(Comment { on: Rid([9; 32]), text: text.to_owned() })
}

fn fault(bytes: &[u8]) -> Fault {
    check(bytes, NETWORK, &mut CertificateCache::default()).unwrap_err()
}

#[test]
fn what_is_signed_is_believed_and_kept_verbatim() {
    let made = author(1).sign(1_000, comment("hello")).unwrap();
    let read = check(made.bytes(), NETWORK, &mut CertificateCache::default()).unwrap();
    assert_eq!(read, made);
    assert_eq!(read.author(), author(1).author_id());
    assert_eq!((read.kind(), read.time()), ("comment", 1_000));
}

#[test]
fn reencode_verify() {
    // An unknown field of a newer version survives: the bytes are carried, not rebuilt from what was understood.
    let mut fields = std::collections::BTreeMap::from([
        ("on".to_owned(), Ipld::Bytes(vec![9; 32])),
        ("text".to_owned(), Ipld::String("hi".to_owned())),
    ]);
    fields.insert("from_the_future".to_owned(), Ipld::Integer(7));
    let made = author(1).sign_raw(5, "comment", Ipld::Map(fields)).unwrap();
    assert_eq!(made.record().body, comment("hi"));
    assert!(check(made.bytes(), NETWORK, &mut CertificateCache::default()).is_ok());
}

#[test]
fn unknown_kinds_parse_and_wait() {
    let made =
        author(1).sign_raw(5, "vouch", Ipld::Map([("for".to_owned(), Ipld::Integer(1))].into())).unwrap();
    assert_eq!(made.record().body, Body::Other { kind: "vouch".to_owned() });
    assert!(matches!(made.slot(), Slot::Once(_)));
}

#[test]
fn forged_sig_preseed() {
    // A copy with another signature has the same record id and another gossip id, and is refused.
    let made = author(1).sign(1_000, comment("hello")).unwrap();
    let mut forged = made.bytes().to_vec();
    let last = forged.len() - 1;
    forged[last] ^= 1;
    assert_eq!(fault(&forged), Fault::BadSignature);
    let topic = "kinora-1/feed/0";
    assert_ne!(gossip_id(topic, &forged), made.gossip_id(topic));
    assert_ne!(made.gossip_id("kinora-1/safety"), made.gossip_id(topic));
}

#[test]
fn records_of_another_network_are_refused() {
    let made = author(1).sign(1_000, comment("hello")).unwrap();
    let refused = check(made.bytes(), "kinora-2", &mut CertificateCache::default());
    assert_eq!(refused.unwrap_err(), Fault::WrongNetwork);
}

#[test]
fn nine_kibibytes_are_too_many() {
    assert_eq!(fault(&vec![0; 9 * 1024]).code(), "too_large");
}

#[test]
fn only_the_root_rotates_and_revokes() {
    let device = author(1);
    let revoke = crate::record::Device { device: crate::ids::DeviceKey([1; 32]), revoked_from: 0 };
    assert_eq!(device.sign(5, Body::Device(revoke.clone())).unwrap_err().code(), "not_by_root");
    assert_eq!(device.sign(5, Body::Rotate).unwrap_err().code(), "not_by_root");
    assert!(root_author(1).sign(5, Body::Device(revoke)).is_ok());
    assert_eq!(root_author(1).sign(5, Body::Rotate).unwrap_err().code(), "bad_certificate");
}

#[test]
fn a_certificate_of_another_author_or_time_does_not_help() {
    let (one, two) = (author(1), author(2));
    let mut mixed = one.clone();
    mixed.encoded = two.encoded.clone();
    assert!(mixed.sign(5, comment("x")).is_err(), "two's certificate over one's device key");
    let (root, next) = (RootSecret::from_seed([7; 32]), RootSecret::from_seed([8; 32]));
    let genesis = Genesis { root: root.public(), next: next.commitment() };
    let device = DeviceSecret::from_seed([9; 32]);
    let short = certify(&root, genesis, Vec::new(), device.public(), (10, 20));
    let brief = Author::new(device, short, NETWORK).unwrap();
    assert!(brief.sign(15, comment("x")).is_ok());
    assert_eq!(brief.sign(21, comment("x")).unwrap_err(), Fault::CertificateExpired);
}

#[test]
fn bounds_name_the_field() {
    let by = author(1);
    let long = "x".repeat(crate::limits::COMMENT_CHARS_MAX + 1);
    assert_eq!(by.sign(1, comment(&long)).unwrap_err().code(), "too_many");
    assert_eq!(by.sign(1, comment("  ")).unwrap_err().code(), "malformed");
    let name = "n".repeat(crate::limits::NAME_CHARS_MAX + 1);
    let refused = by.sign(1, Body::Profile(Profile { name, bio: String::new() })).unwrap_err();
    assert!(refused.to_string().contains("name"), "{refused}");
}

#[test]
fn non_canonical_records_are_refused_even_when_their_signature_holds() {
    // The map's keys in another order, signed correctly over exactly these bytes.
    let by = author(1);
    let made = by.sign(1_000, comment("hello")).unwrap();
    let Signed(body, _) = drisl::decode_envelope(made.bytes()).unwrap();
    let mut swapped = body.to_vec();
    // {a, b, c, k, n, t, v}: the last two entries are "t" and "v"; swap their keys.
    let t = swapped.iter().rposition(|b| *b == b't').unwrap();
    let v = swapped.iter().rposition(|b| *b == b'v').unwrap();
    swapped.swap(t, v);
    let refused = by.seal(&swapped).unwrap_err();
    assert_eq!(refused.code(), "not_canonical", "{refused}");
}

#[test]
fn the_cache_of_certificates_is_bounded_and_harmless() {
    let mut cache = CertificateCache::default();
    let made = author(1).sign(1_000, comment("hello")).unwrap();
    for _ in 0..3 {
        assert!(check(made.bytes(), NETWORK, &mut cache).is_ok());
    }
    assert_eq!(cache.seen.len(), 1);
    let follow = Body::Follow(Follow { author: author(2).author_id(), set: true });
    assert!(check(author(3).sign(4, follow).unwrap().bytes(), NETWORK, &mut cache).is_ok());
    assert_eq!(cache.seen.len(), 2);
}

#[test]
fn strings_of_a_body_are_bounded() {
    // `STRING_BYTES_MAX` holds inside a body; the envelope's own string is a whole body and may be longer.
    let long = |n: usize| Ipld::Map([("x".to_owned(), Ipld::Bytes(vec![0; n]))].into());
    let by = author(1);
    assert!(by.sign_raw(1, "vouch", long(crate::limits::STRING_BYTES_MAX)).is_ok());
    let refused = by.sign_raw(1, "vouch", long(crate::limits::STRING_BYTES_MAX + 1)).unwrap_err();
    assert_eq!(refused.code(), "not_canonical", "{refused}");
    let text = Ipld::Map([("x".to_owned(), Ipld::String("x".repeat(5_000)))].into());
    assert_eq!(by.sign_raw(1, "vouch", text).unwrap_err().code(), "not_canonical");
}

#[test]
fn a_fault_says_little_whatever_was_sent() {
    // The decoder quotes the value it could not use; a log must not grow, nor a terminal obey, by that.
    let hostile = "\u{1b}[2J".repeat(200);
    let wide = Ipld::List(vec![Ipld::String(hostile); 4]);
    let refused = author(1).sign_raw(1, "comment", wide).unwrap_err().to_string();
    assert!(refused.chars().count() < 200 && !refused.chars().any(char::is_control), "{refused:?}");
}

#[test]
fn a_clip_of_a_newer_version_is_read() {
    // Fields that this version does not know are ignored wherever they stand: in the kind, in a blob, in the format.
    let blob = |extra: bool| {
        let mut fields = vec![("hash".to_owned(), Ipld::Bytes(vec![1; 32])), ("size".to_owned(), 9.into())];
        fields.extend(extra.then(|| ("x".to_owned(), Ipld::Integer(1))));
        Ipld::Map(fields.into_iter().collect())
    };
    let sides = ["width", "height", "fps", "frames", "turn"];
    let clip = |extra: bool| {
        let format = sides.iter().take(if extra { 5 } else { 4 }).map(|s| ((*s).to_owned(), 24.into()));
        let mut fields = vec![
            ("title".to_owned(), Ipld::String("t".to_owned())),
            ("blob".to_owned(), blob(extra)),
            ("format".to_owned(), Ipld::Map(format.collect())),
            ("tag".to_owned(), Ipld::Bytes(vec![3; 8])),
        ];
        fields.extend(extra.then(|| ("x".to_owned(), Ipld::Integer(1))));
        Ipld::Map(fields.into_iter().collect())
    };
    let (old, new) = (author(1).sign_raw(1, "clip", clip(false)), author(1).sign_raw(1, "clip", clip(true)));
    assert_eq!(old.unwrap().record().body, new.unwrap().record().body);
}

#[test]
fn kinds_are_named_by_plain_letters() {
    for bad in ["", "Clip", "clip\u{1b}[2J", "a kind", "a_kind_too_long_to_be_one", "ünder"] {
        assert!(author(1).sign_raw(1, bad, Ipld::Map([].into())).is_err(), "{bad:?} was accepted");
    }
    assert!(author(1).sign_raw(1, "a_kind", Ipld::Map([].into())).is_ok());
}

proptest! {
    #[test]
    fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        prop_assert!(check(&bytes, NETWORK, &mut CertificateCache::default()).is_err());
    }

    #[test]
    fn any_changed_bit_is_refused(at in any::<prop::sample::Index>(), bit in 0u8..8) {
        let mut bytes = author(1).sign(1_000, comment("hello")).unwrap().bytes().to_vec();
        let at = at.index(bytes.len());
        bytes[at] ^= 1 << bit;
        prop_assert!(check(&bytes, NETWORK, &mut CertificateCache::default()).is_err());
    }
}
