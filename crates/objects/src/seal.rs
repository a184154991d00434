//! Signed addresses: whoever has one may do one thing to one object, for a while.
//!
//! A token is the moment of its end and an HMAC-SHA-256 over a label, the purpose, that moment and the object, in
//! base64url. Nothing of it can be changed, and it is good for nothing else. It is a secret: it stands in an address,
//! and addresses of objects are printed without their query.

use std::fmt;

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use ring::hmac;
use tertulia_model::Timestamp;

/// What a token allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Putting the object.
    Upload,
    /// Getting it.
    Download,
}

/// Why a token opens nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadSeal {
    /// It was not made here, or not for this purpose and object.
    #[error("the signature of this address is not valid")]
    Forged,
    /// It was, and its time is over.
    #[error("this address has expired")]
    Expired,
}

/// Makes tokens and knows them again.
#[derive(Clone)]
pub struct Seal(hmac::Key);

/// Separates these signatures from any other that a key of the hub makes.
const LABEL: &[u8] = b"tertulia object address 1\0";

const MOMENT: usize = 8;
const SIGNATURE: usize = 32;

impl Seal {
    /// A seal with this secret.
    #[must_use]
    pub fn new(secret: &[u8; 32]) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, secret))
    }

    /// A token that allows `purpose` on `object` until `end`: 54 characters of `[A-Za-z0-9_-]`.
    #[must_use]
    pub fn token(&self, purpose: Purpose, object: &str, end: Timestamp) -> String {
        let end = end.as_micros().to_be_bytes();
        let signature = hmac::sign(&self.0, &signed(purpose, object, end));
        BASE64_URL_SAFE_NO_PAD.encode([&end[..], signature.as_ref()].concat())
    }

    /// Until when a token allows `purpose` on `object`. The signature is compared in constant time.
    ///
    /// # Errors
    ///
    /// When it does not, or no longer at `now`.
    pub fn check(&self, purpose: Purpose, object: &str, token: &str, now: Timestamp) -> Result<Timestamp, BadSeal> {
        let mut bytes = [0; MOMENT + SIGNATURE + 2]; // with room for a whole group of four characters
        let length = BASE64_URL_SAFE_NO_PAD.decode_slice(token, &mut bytes).map_err(|_| BadSeal::Forged)?;
        let (end, signature) = bytes[..length].split_first_chunk::<MOMENT>().ok_or(BadSeal::Forged)?;
        hmac::verify(&self.0, &signed(purpose, object, *end), signature).map_err(|_| BadSeal::Forged)?;
        let end = Timestamp::from_micros(i64::from_be_bytes(*end));
        if now < end { Ok(end) } else { Err(BadSeal::Expired) }
    }
}

/// What is signed. All but the object has a fixed length.
fn signed(purpose: Purpose, object: &str, end: [u8; MOMENT]) -> Vec<u8> {
    let purpose = match purpose {
        Purpose::Upload => b'u',
        Purpose::Download => b'd',
    };
    [LABEL, &[purpose], &end, object.as_bytes()].concat()
}

impl fmt::Debug for Seal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const END: Timestamp = Timestamp::from_micros(1_000_000);
    const EARLY: Timestamp = Timestamp::from_micros(999_999);

    fn seal() -> Seal {
        Seal::new(&[7; 32])
    }

    #[test]
    fn a_token_opens_what_it_was_made_for_until_its_end() {
        let token = seal().token(Purpose::Upload, "attachments/a", END);

        assert_eq!(token.len(), 54);
        let check = |purpose, object, now| seal().check(purpose, object, &token, now);
        assert_eq!(check(Purpose::Upload, "attachments/a", EARLY), Ok(END));
        assert_eq!(check(Purpose::Upload, "attachments/a", END), Err(BadSeal::Expired));
        assert_eq!(check(Purpose::Download, "attachments/a", EARLY), Err(BadSeal::Forged));
        assert_eq!(check(Purpose::Upload, "attachments/b", EARLY), Err(BadSeal::Forged));
        assert_eq!(check(Purpose::Upload, "attachments/a ", EARLY), Err(BadSeal::Forged));
        assert_eq!(Seal::new(&[8; 32]).check(Purpose::Upload, "attachments/a", &token, EARLY), Err(BadSeal::Forged));
    }

    #[test]
    fn a_seal_shows_itself_to_nobody() {
        assert_eq!(format!("{:?}", seal()), "[redacted]");
    }

    proptest! {
        #[test]
        fn any_change_of_any_character_is_noticed(place in 0_usize..54, to in "[ -~]") {
            let token = seal().token(Purpose::Download, "attachments/a", END);
            let mut changed = token.clone();
            changed.replace_range(place..=place, &to);
            prop_assume!(changed != token);
            prop_assert_eq!(seal().check(Purpose::Download, "attachments/a", &changed, EARLY), Err(BadSeal::Forged));
        }

        #[test]
        fn no_text_is_a_token(text: String, longer in "[A-Za-z0-9_=-]{0,80}") {
            for text in [text, longer] {
                prop_assert_eq!(seal().check(Purpose::Upload, "attachments/a", &text, EARLY), Err(BadSeal::Forged));
            }
        }

        #[test]
        fn every_token_is_known_again(object: String, end: i64, secret: [u8; 32]) {
            let (seal, end) = (Seal::new(&secret), Timestamp::from_micros(end));
            let token = seal.token(Purpose::Upload, &object, end);
            let before = Timestamp::from_micros(end.as_micros().saturating_sub(1));
            prop_assume!(before < end);
            prop_assert_eq!(seal.check(Purpose::Upload, &object, &token, before), Ok(end));
        }
    }
}
