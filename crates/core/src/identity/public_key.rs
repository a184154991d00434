//! Public keys that agents bring, and signatures made with them.
//!
//! RSA of 2048 to 8192 bits, in the usual envelope (SPKI) or without it (PKCS#1), as PEM. Everything else is refused when
//! it is brought, so that what is stored can be used.

use base64::{
    Engine, alphabet,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig, general_purpose::STANDARD},
};
use pkcs1::{RsaPublicKey, UintRef, der::Decode};
use ring::signature::{RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};
use spki::{ObjectIdentifier, SubjectPublicKeyInfoRef};

/// Longest PEM that is read, in bytes: 8192 bits need about 1,500.
const LONGEST_PEM: usize = 16 * 1024;

/// Bits of a modulus.
const BITS: std::ops::RangeInclusive<usize> = 2048..=8192;

/// Most bits of an exponent; larger ones only make checking slow.
const MOST_EXPONENT_BITS: usize = 33;

/// Longest text of a signature: 8192 bits in base64, with room for line breaks.
const LONGEST_SIGNATURE: usize = 4 * 1024;

const RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");

/// Takes both kinds of text, with and without padding.
const LENIENT: GeneralPurposeConfig = GeneralPurposeConfig::new()
    .with_decode_padding_mode(DecodePaddingMode::Indifferent)
    .with_decode_allow_trailing_bits(true);

/// A public key that can be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicKey {
    /// PKCS#1.
    der: Vec<u8>,
}

/// Why a text is not a public key that can be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadPublicKey {
    /// Not PEM.
    #[error("it is not PEM")]
    NotPem,
    /// PEM of something else: a private key, a certificate.
    #[error("it begins with neither BEGIN PUBLIC KEY nor BEGIN RSA PUBLIC KEY")]
    OtherLabel,
    /// A key of another kind, or what is no key.
    #[error("it holds no RSA public key")]
    NotRsa,
    /// Too short or too long.
    #[error("its modulus has {0} bits, where 2048 to 8192 are taken")]
    Size(usize),
    /// A modulus or exponent with which nothing can be verified.
    #[error("its modulus or exponent cannot be used")]
    Unusable,
}

impl PublicKey {
    /// Reads a key from PEM; line ends of any kind, a missing one at the end, and white space around it are fine.
    ///
    /// # Errors
    ///
    /// Names what is wrong.
    pub fn parse(text: &str) -> Result<Self, BadPublicKey> {
        let text = text.trim();
        if text.len() > LONGEST_PEM {
            return Err(BadPublicKey::NotPem);
        }
        let (label, bytes) = read_pem(text).ok_or(BadPublicKey::NotPem)?;
        let der = match label {
            "PUBLIC KEY" => without_envelope(&bytes)?,
            "RSA PUBLIC KEY" => bytes,
            _ => return Err(BadPublicKey::OtherLabel),
        };
        check(&der)?;
        Ok(Self { der })
    }

    /// A key that was parsed before and comes out of the store.
    pub(crate) fn stored(der: Vec<u8>) -> Self {
        Self { der }
    }

    /// PKCS#1 DER.
    #[must_use]
    pub fn as_der(&self) -> &[u8] {
        &self.der
    }

    /// Whether `signature` was made over the bytes of `text` with this key's other half: RSASSA-PKCS1-v1_5, SHA-256.
    pub(crate) fn has_signed(&self, text: &str, signature: &[u8]) -> bool {
        UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, &self.der).verify(text.as_bytes(), signature).is_ok()
    }
}

/// The bytes of a signature: base64 of either alphabet, with or without padding, wrapped or not.
pub(crate) fn read_signature(text: &str) -> Option<Vec<u8>> {
    if text.len() > LONGEST_SIGNATURE {
        return None;
    }
    let plain = |byte: u8| match byte {
        b'-' => b'+',
        b'_' => b'/',
        other => other,
    };
    let bytes: Vec<u8> = text.bytes().filter(|byte| !byte.is_ascii_whitespace()).map(plain).collect();
    GeneralPurpose::new(&alphabet::STANDARD, LENIENT).decode(bytes).ok()
}

/// What stands between the two lines, and what these say it is. Lines may be of any length.
fn read_pem(text: &str) -> Option<(&str, Vec<u8>)> {
    let (label, rest) = text.strip_prefix("-----BEGIN ")?.split_once("-----")?;
    let body = rest.strip_suffix("-----")?.strip_suffix(label)?.strip_suffix("-----END ")?;
    let body: Vec<u8> = body.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
    Some((label, STANDARD.decode(body).ok()?))
}

fn without_envelope(der: &[u8]) -> Result<Vec<u8>, BadPublicKey> {
    let envelope = SubjectPublicKeyInfoRef::try_from(der).map_err(|_| BadPublicKey::NotRsa)?;
    if envelope.algorithm.oid != RSA {
        return Err(BadPublicKey::NotRsa);
    }
    envelope.subject_public_key.as_bytes().map(<[u8]>::to_vec).ok_or(BadPublicKey::NotRsa)
}

fn check(der: &[u8]) -> Result<(), BadPublicKey> {
    let RsaPublicKey { modulus, public_exponent } = RsaPublicKey::from_der(der).map_err(|_| BadPublicKey::NotRsa)?;
    let bits = bits_of(modulus);
    if !BITS.contains(&bits) {
        return Err(BadPublicKey::Size(bits));
    }
    // An even number of either kind, or the exponent 1, belongs to no RSA key.
    let is_odd = |number: UintRef<'_>| number.as_bytes().last().is_some_and(|last| last % 2 == 1);
    let exponent_bits = bits_of(public_exponent);
    if is_odd(modulus) && is_odd(public_exponent) && (2..=MOST_EXPONENT_BITS).contains(&exponent_bits) {
        Ok(())
    } else {
        Err(BadPublicKey::Unusable)
    }
}

fn bits_of(number: UintRef<'_>) -> usize {
    let bytes = number.as_bytes();
    let first = bytes.iter().position(|byte| *byte != 0).unwrap_or(bytes.len());
    let leading = bytes.get(first).map_or(0, |byte| byte.leading_zeros() as usize);
    (bytes.len() - first) * 8 - leading
}
