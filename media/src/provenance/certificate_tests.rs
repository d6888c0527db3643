//! Certificates are functions of keys, and nothing that differs in a byte is one.

use super::certificate::{first_of_pem, pem};
use super::fixtures::{CLIP, SIGNED, creator, failing, plain};
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
fn the_bytes_are_the_ones_of_the_specification() {
    // specs/provenance.md gives these hashes; a second implementation gets the same.
    let [leaf, authority] = creator(1).credential.chain().map(|c| blake3::hash(c).to_hex().to_string());
    assert_eq!(leaf, LEAF);
    assert_eq!(authority, AUTHORITY);
}

/// BLAKE3 of the certificates of root seed `01…`, next seed `81…` and device seed `65…`.
const LEAF: &str = "306bbdc4cf07673e53a3fe73c0cbcde964cd9df7b9b04792a5b67808fd8c32b3";
const AUTHORITY: &str = "07ff04f0060af614b42b9b714f8bcb0af23732cb12b7d0f364facd965de22ca5";

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
