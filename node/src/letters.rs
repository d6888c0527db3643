//! Sealing and opening of letters: HPKE (RFC 9180) in its base mode with DHKEM(X25519, HKDF-SHA256), HKDF-SHA256 and
//! ChaCha20-Poly1305.
//!
//! The crate `hpke` does the cryptography; this names the suite, and keeps one context for a letter and its blob, so that
//! neither can be put beside another. What a letter says is `protocol::sealed`'s.

use hpke::aead::ChaCha20Poly1305;
use hpke::kdf::HkdfSha256;
use hpke::kem::X25519HkdfSha256;
use hpke::rand_core::{CryptoRng, RngCore};
use hpke::{Deserializable as _, Kem, OpModeR, OpModeS, Serializable as _, setup_receiver, setup_sender};
use zeroize::Zeroizing;

type Suite = X25519HkdfSha256;
type Secret = <Suite as Kem>::PrivateKey;
type Public = <Suite as Kem>::PublicKey;
type Encapsulated = <Suite as Kem>::EncappedKey;

/// Why a letter cannot be sealed or opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LetterError {
    /// The reader's key is none.
    #[error("the reader's key is no X25519 key")]
    Key,
    /// It is sealed to somebody else, or was changed, or comes from another writer.
    #[error("it does not open: it was sealed to another key, by another writer, or was changed")]
    Closed,
}

/// The key to which letters for this persona are sealed.
pub struct LetterKey {
    secret: Secret,
    public: [u8; 32],
}

impl std::fmt::Debug for LetterKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("LetterKey(secret)")
    }
}

/// A sealed letter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Closed {
    /// The encapsulated key.
    pub enc: [u8; 32],
    /// The letter.
    pub body: Vec<u8>,
    /// What comes with it.
    pub blob: Option<Vec<u8>>,
}

/// Hands out random bytes that were drawn before, once: HPKE draws its ephemeral key from 32 of them.
struct Drawn(Zeroizing<[u8; 32]>);

impl RngCore for Drawn {
    fn next_u32(&mut self) -> u32 {
        let mut four = [0; 4];
        self.fill_bytes(&mut four);
        u32::from_le_bytes(four)
    }

    fn next_u64(&mut self) -> u64 {
        let mut eight = [0; 8];
        self.fill_bytes(&mut eight);
        u64::from_le_bytes(eight)
    }

    fn fill_bytes(&mut self, out: &mut [u8]) {
        for (to, from) in out.iter_mut().zip(self.0.iter()) {
            *to = *from;
        }
    }
}

impl CryptoRng for Drawn {}

impl LetterKey {
    /// The key that a secret seed gives (`DeriveKeyPair` of RFC 9180).
    #[must_use]
    pub fn from_seed(seed: &[u8; 32]) -> Self {
        let (secret, public) = Suite::derive_keypair(seed);
        Self { secret, public: public.to_bytes().into() }
    }

    /// What others seal to.
    #[must_use]
    pub const fn public(&self) -> [u8; 32] {
        self.public
    }

    /// Opens a letter, and what comes with it when that is given.
    ///
    /// # Errors
    /// [`LetterError::Closed`].
    pub fn open(
        &self,
        (enc, info): (&[u8; 32], &[u8]),
        body: &[u8],
        blob: Option<&[u8]>,
    ) -> Result<(Vec<u8>, Option<Vec<u8>>), LetterError> {
        let closed = |_| LetterError::Closed;
        let enc = Encapsulated::from_bytes(enc).map_err(closed)?;
        let mut context =
            setup_receiver::<ChaCha20Poly1305, HkdfSha256, Suite>(&OpModeR::Base, &self.secret, &enc, info)
                .map_err(closed)?;
        let body = context.open(body, &[]).map_err(closed)?;
        let blob = blob.map(|blob| context.open(blob, &[]).map_err(closed)).transpose()?;
        Ok((body, blob))
    }
}

/// Seals a letter to a reader. `drawn` are fresh random bytes.
///
/// # Errors
/// [`LetterError::Key`] when the reader's key is none.
pub fn seal(
    to: &[u8; 32],
    info: &[u8],
    (body, blob): (&[u8], Option<&[u8]>),
    drawn: [u8; 32],
) -> Result<Closed, LetterError> {
    let to = Public::from_bytes(to).map_err(|_| LetterError::Key)?;
    let mut drawn = Drawn(Zeroizing::new(drawn));
    let sender =
        setup_sender::<ChaCha20Poly1305, HkdfSha256, Suite, _>(&OpModeS::Base, &to, info, &mut drawn);
    let (enc, mut context) = sender.map_err(|_| LetterError::Key)?;
    let body = context.seal(body, &[]).map_err(|_| LetterError::Closed)?;
    let blob = blob.map(|blob| context.seal(blob, &[]).map_err(|_| LetterError::Closed)).transpose()?;
    Ok(Closed { enc: enc.to_bytes().into(), body, blob })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 9180, appendix A.2.1: DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, ChaCha20Poly1305, base mode.
    #[test]
    fn the_suite_gives_the_published_vectors() {
        let bytes = |text: &str| hex::decode(text).unwrap();
        let ikm = |text: &str| -> [u8; 32] { bytes(text).try_into().unwrap() };
        let reader =
            LetterKey::from_seed(&ikm("1ac01f181fdf9f352797655161c58b75c656a6cc2716dcb66372da835542e1df"));
        assert_eq!(
            hex::encode(reader.public()),
            "4310ee97d88cc1f088a5576c77ab0cf5c3ac797f3d95139c6c84b5429c59662a"
        );
        let info = bytes("4f6465206f6e2061204772656369616e2055726e");
        let ephemeral = ikm("909a9b35d3dc4713a5e72a4da274b55d3d3821a37e5d099e74a647db583a904b");
        let mut drawn = Drawn(Zeroizing::new(ephemeral));
        let to = Public::from_bytes(&reader.public()).unwrap();
        let (enc, mut context) =
            setup_sender::<ChaCha20Poly1305, HkdfSha256, Suite, _>(&OpModeS::Base, &to, &info, &mut drawn)
                .unwrap();
        assert_eq!(
            hex::encode(enc.to_bytes()),
            "1afa08d3dec047a643885163f1180476fa7ddb54c6a8029ea33f95796bf2ac4a"
        );
        let plain = bytes("4265617574792069732074727574682c20747275746820626561757479");
        let first = context.seal(&plain, &bytes("436f756e742d30")).unwrap();
        assert_eq!(
            hex::encode(first),
            "1c5250d8034ec2b784ba2cfd69dbdb8af406cfe3ff938e131f0def8c8b60b4db21993c62ce81883d2dd1b51a28"
        );
        let second = context.seal(&plain, &bytes("436f756e742d31")).unwrap();
        assert_eq!(
            hex::encode(second),
            "6b53c051e4199c518de79594e1c4ab18b96f081549d45ce015be002090bb119e85285337cc95ba5f59992dc98c"
        );
    }

    #[test]
    fn only_the_reader_opens_a_letter_and_only_as_it_was_written() {
        let (reader, other) = (LetterKey::from_seed(&[1; 32]), LetterKey::from_seed(&[2; 32]));
        let closed = seal(&reader.public(), b"about", (b"letter", Some(b"stills")), [3; 32]).unwrap();
        let blob = closed.blob.as_deref();
        let opened = reader.open((&closed.enc, b"about"), &closed.body, blob).unwrap();
        assert_eq!(opened, (b"letter".to_vec(), Some(b"stills".to_vec())));
        assert_eq!(reader.open((&closed.enc, b"about"), &closed.body, None).unwrap().1, None);
        let mut changed = closed.body.clone();
        changed[0] ^= 1;
        for refused in [
            other.open((&closed.enc, b"about"), &closed.body, blob),
            reader.open((&closed.enc, b"above"), &closed.body, blob),
            reader.open((&[9; 32], b"about"), &closed.body, blob),
            reader.open((&[0; 32], b"about"), &closed.body, blob),
            reader.open((&closed.enc, b"about"), &changed, blob),
            // The blob alone, or another, is not of this letter.
            reader.open((&closed.enc, b"about"), blob.unwrap(), None),
            reader.open((&closed.enc, b"about"), &closed.body, Some(&closed.body)),
        ] {
            assert_eq!(refused, Err(LetterError::Closed));
        }
        assert_eq!(seal(&[0; 32], b"", (b"", None), [3; 32]), Err(LetterError::Key));
    }
}
