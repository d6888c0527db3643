//! Certificates are functions of keys, and nothing that differs in a byte is one.

use super::certificate::{first_of_pem, pem};
use super::fixtures::{CLIP, SIGNED, creator, failing, plain};
use super::manifest::hex;
use super::{Credential, Expected, Issuer, SealError, seal, verify};

#[test]
fn equal_keys_give_equal_certificates_and_other_keys_others() {
    let (one, again, other) = (creator(1), creator(1), creator(2));
    assert_eq!(one.credential, again.credential);
    assert_ne!(one.credential.chain(), other.credential.chain());
    let [leaf, authority] = one.credential.chain();
    assert!(leaf.len() < 560 && authority.len() < 480, "{} and {} bytes", leaf.len(), authority.len());
    assert_eq!(first_of_pem(&pem(&[leaf.to_vec(), authority.to_vec()])).unwrap(), leaf);
}

#[test]
fn the_bytes_are_the_ones_of_the_vectors() {
    let vectors: serde_json::Value =
        serde_json::from_str(include_str!("../../../specs/vectors/provenance.json")).unwrap();
    for (number, vector) in (1..).zip(vectors["creators"].as_array().unwrap()) {
        let maker = creator(number);
        let [leaf, authority] = maker.credential.chain().map(hex);
        assert_eq!(vector["root_seed"], hex(&[number; 32]));
        assert_eq!(vector["next_seed"], hex(&[number ^ 0x80; 32]));
        assert_eq!(vector["device_seed"], hex(&[number + 100; 32]));
        assert_eq!(vector["author"], maker.issuer().author.to_string());
        assert_eq!(vector["leaf"], leaf, "leaf of creator {number}");
        assert_eq!(vector["authority"], authority, "authority of creator {number}");
    }
}

#[test]
fn a_certificate_that_differs_in_any_byte_is_not_anchored() {
    let maker = creator(1);
    let [leaf, authority] = maker.credential.chain();
    let issuer = maker.issuer();
    assert!(issuer.issued(&maker.device.public(), leaf));
    assert_eq!(issuer.find_authority(authority).as_deref(), Some(authority));
    for at in 0..authority.len() {
        let mut changed = authority.to_vec();
        changed[at] ^= 1;
        assert_eq!(issuer.find_authority(&changed), None, "byte {at} of the authority");
    }
    for at in 0..leaf.len() {
        let mut changed = leaf.to_vec();
        changed[at] ^= 1;
        assert!(!issuer.issued(&maker.device.public(), &changed), "byte {at} of the leaf");
    }
    assert!(!issuer.issued(&creator(2).device.public(), leaf));
    assert!(!issuer.issued(&maker.device.public(), authority));
    assert!(!issuer.issued(&maker.device.public(), b""));
}

#[test]
fn a_genuine_authority_is_found_behind_a_forged_one() {
    let maker = creator(1);
    let [leaf, authority] = maker.credential.chain();
    let mut forged = authority.to_vec();
    *forged.last_mut().unwrap() ^= 1;
    let store = [leaf, &forged, b"junk", authority, leaf].concat();
    assert_eq!(maker.issuer().find_authority(&store).as_deref(), Some(authority));
}

#[test]
fn another_device_of_the_same_author_is_not_the_one_of_the_record() {
    let (maker, other) = (creator(1), creator(2));
    let expected = Expected { device: other.device.public(), ..maker.expects() };
    assert_eq!(failing(&verify(&SIGNED, &expected)), ["author"]);
}

#[test]
fn another_root_of_the_same_author_is_another_authority() {
    let (maker, other) = (creator(1), creator(2));
    let issuer = Issuer { root: other.root.public(), ..maker.issuer() };
    assert_eq!(failing(&verify(&SIGNED, &Expected { issuer, ..maker.expects() })), ["issuer", "author"]);
}

#[test]
fn an_impostor_cannot_sign_for_an_author() {
    let (maker, thief) = (creator(1), creator(2));
    // Certificates that name the victim, signed by the thief's root.
    let forged = Credential::issue(maker.issuer(), thief.device.public(), |body| thief.root.sign(body));
    let refused = seal(&CLIP, &plain(), &forged, &|m| thief.device.sign(m)).unwrap_err();
    assert!(matches!(refused, SealError::Manifest(_) | SealError::Unsound(_)), "{refused:?}");
    // The victim's certificates with the thief's signature.
    let refused = seal(&CLIP, &plain(), &maker.credential, &|m| thief.device.sign(m)).unwrap_err();
    assert!(matches!(refused, SealError::Manifest(_) | SealError::Unsound(_)), "{refused:?}");
    // The thief's own clip is the thief's, whatever name it would like.
    let theirs = thief.seal(&CLIP, &plain());
    assert_eq!(failing(&verify(&theirs, &maker.expects())), ["issuer", "author", "record"]);
}
