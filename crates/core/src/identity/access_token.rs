//! Access tokens: short-lived, signed by the hub, read without asking the store.
//!
//! They are JSON Web Tokens (RFC 7519) of one algorithm, HS256. The header of another one is refused before anything
//! else of it is looked at.

use std::fmt;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use ring::hmac;
use serde::{Deserialize, Serialize};
use tertulia_model::Timestamp;
use uuid::Uuid;

/// What the hub signs access tokens with. Shows itself as `[redacted]`.
#[derive(Clone)]
pub struct TokenSecret(hmac::Key);

impl TokenSecret {
    /// Shortest secret, in bytes.
    pub const LEAST_BYTES: usize = 32;

    /// A key for another purpose than tokens, which nobody can tell from anything else.
    pub(crate) fn derive(&self, purpose: &[u8]) -> [u8; 32] {
        let mut key = [0; 32];
        key.copy_from_slice(hmac::sign(&self.0, purpose).as_ref());
        key
    }

    /// A secret; nothing if it is too short.
    #[must_use]
    pub fn new(secret: &[u8]) -> Option<Self> {
        (secret.len() >= Self::LEAST_BYTES).then(|| Self(hmac::Key::new(hmac::HMAC_SHA256, secret)))
    }
}

impl fmt::Debug for TokenSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

impl TokenSecret {
    /// What this secret makes of some bytes, `for_what` they are: nothing else that it signs begins with that word and a
    /// zero, and each of the bytes but the last has one length only.
    pub(crate) fn seal(&self, for_what: &str, bytes: &[&[u8]]) -> [u8; 32] {
        let mut context = hmac::Context::with_key(&self.0);
        context.update(for_what.as_bytes());
        context.update(&[0]);
        for bytes in bytes {
            context.update(bytes);
        }
        let mut seal = [0; 32];
        seal.copy_from_slice(context.sign().as_ref());
        seal
    }
}

/// Whom a token belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// An agent.
    Agent,
    /// Somebody who looks on.
    Observer,
}

/// What a token says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Claims {
    /// Public id of whom it belongs to.
    pub(crate) subject: Uuid,
    /// What it is called.
    pub(crate) name: String,
    pub(crate) role: Role,
    /// Public id of the session.
    pub(crate) session: Uuid,
    pub(crate) issued_at: Timestamp,
    /// It opens nothing from then on; whole seconds.
    pub(crate) expires_at: Timestamp,
}

/// Why a token is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BadToken {
    /// Not one of ours.
    Foreign,
    /// One of ours that has run out.
    Expired,
}

#[derive(Deserialize)]
struct Header {
    alg: String,
    /// What must be understood; we understand nothing more.
    crit: Option<serde_json::Value>,
}

#[derive(Serialize, Deserialize)]
struct Payload {
    sub: String,
    username: String,
    role: String,
    jti: String,
    iat: i64,
    exp: i64,
}

const ALGORITHM: &str = "HS256";
const HEADER: &str = r#"{"alg":"HS256","typ":"JWT"}"#;

/// Longest token that is looked at, in bytes.
const LONGEST: usize = 2_048;

/// Whether a text has the form of an access token: three parts of the URL-safe alphabet. No other credential has it.
#[must_use]
pub fn is_access_token(text: &str) -> bool {
    let is_part = |part: &str| {
        !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
    };
    text.len() <= LONGEST && text.split('.').count() == 3 && text.split('.').all(is_part)
}

impl TokenSecret {
    /// Writes a token.
    pub(crate) fn sign(&self, claims: &Claims) -> String {
        let payload = Payload {
            sub: claims.subject.to_string(),
            username: claims.name.clone(),
            role: word_of(claims.role).to_owned(),
            jti: claims.session.to_string(),
            iat: claims.issued_at.as_secs(),
            exp: claims.expires_at.as_secs(),
        };
        let payload = serde_json::to_vec(&payload).expect("claims of texts and numbers are always JSON");
        let mut token = format!("{}.{}", URL_SAFE_NO_PAD.encode(HEADER), URL_SAFE_NO_PAD.encode(payload));
        let signature = hmac::sign(&self.0, token.as_bytes());
        token.push('.');
        URL_SAFE_NO_PAD.encode_string(signature.as_ref(), &mut token);
        token
    }

    /// Reads a token that has not run out at `now`.
    pub(crate) fn read(&self, token: &str, now: Timestamp) -> Result<Claims, BadToken> {
        let claims = self.claims_of(token).ok_or(BadToken::Foreign)?;
        if claims.expires_at <= now { Err(BadToken::Expired) } else { Ok(claims) }
    }

    fn claims_of(&self, token: &str) -> Option<Claims> {
        if !is_access_token(token) {
            return None;
        }
        let (signed, signature) = token.rsplit_once('.')?;
        let (header, payload) = signed.split_once('.')?;
        let header: Header = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(header).ok()?).ok()?;
        if header.alg != ALGORITHM || header.crit.is_some() {
            return None;
        }
        // In constant time.
        hmac::verify(&self.0, signed.as_bytes(), &URL_SAFE_NO_PAD.decode(signature).ok()?).ok()?;
        let payload = URL_SAFE_NO_PAD.decode(payload).ok()?;
        let payload: Payload = serde_json::from_slice(&payload).ok()?;
        Some(Claims {
            subject: Uuid::try_parse(&payload.sub).ok()?,
            name: payload.username,
            role: role_of(&payload.role)?,
            session: Uuid::try_parse(&payload.jti).ok()?,
            issued_at: moment(payload.iat)?,
            expires_at: moment(payload.exp)?,
        })
    }
}

fn word_of(role: Role) -> &'static str {
    match role {
        Role::Agent => "agent",
        Role::Observer => "observer",
    }
}

fn role_of(word: &str) -> Option<Role> {
    [Role::Agent, Role::Observer].into_iter().find(|role| word_of(*role) == word)
}

fn moment(seconds: i64) -> Option<Timestamp> {
    seconds.checked_mul(1_000_000).map(Timestamp::from_micros)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(byte: u8) -> TokenSecret {
        TokenSecret::new(&[byte; 32]).unwrap()
    }

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_micros(seconds * 1_000_000)
    }

    fn claims() -> Claims {
        Claims {
            subject: Uuid::from_u128(1),
            name: "ada".to_owned(),
            role: Role::Agent,
            session: Uuid::from_u128(2),
            issued_at: at(1_000),
            expires_at: at(2_000),
        }
    }

    fn token_of(header: &str, payload: &str) -> String {
        let signed = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(payload));
        let signature = hmac::sign(&secret(1).0, signed.as_bytes());
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature.as_ref()))
    }

    const GOOD: &str = r#"{"sub":"00000000-0000-0000-0000-000000000001","username":"ada","role":"agent",
        "jti":"00000000-0000-0000-0000-000000000002","iat":1000,"exp":2000}"#;

    #[test]
    fn what_is_signed_is_read_until_it_runs_out() {
        let token = secret(1).sign(&claims());
        assert!(is_access_token(&token));
        assert_eq!(secret(1).read(&token, at(1_999)), Ok(claims()));
        assert_eq!(secret(1).read(&token, at(2_000)), Err(BadToken::Expired));
        assert_eq!(secret(2).read(&token, at(1_999)), Err(BadToken::Foreign));
    }

    #[test]
    fn one_algorithm_is_taken_and_nothing_may_be_missing() {
        let read = |header: &str, payload: &str| secret(1).read(&token_of(header, payload), at(1_500));
        assert_eq!(read(r#"{"typ":"JWT","alg":"HS256"}"#, GOOD), Ok(claims()));
        for header in [
            r#"{"alg":"none"}"#,
            r#"{"alg":"HS512"}"#,
            r#"{"alg":"RS256"}"#,
            r#"{"alg":"HS256","crit":["exp"]}"#,
            "{}",
            "1",
        ] {
            assert_eq!(read(header, GOOD), Err(BadToken::Foreign), "{header}");
        }
        for claim in ["sub", "username", "role", "jti", "iat", "exp"] {
            let without = GOOD.replace(&format!("\"{claim}\""), "\"x\"");
            assert_eq!(read(HEADER, &without), Err(BadToken::Foreign), "{claim}");
        }
        for (claim, other) in [("2000", "\"2000\""), ("2000", "1e99"), ("agent", "admin")] {
            assert_eq!(read(HEADER, &GOOD.replace(claim, other)), Err(BadToken::Foreign), "{other}");
        }
    }

    #[test]
    fn a_changed_token_is_foreign() {
        let token = secret(1).sign(&claims());
        for at_byte in 0..token.len() {
            let mut bytes = token.clone().into_bytes();
            bytes[at_byte] = if bytes[at_byte] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(bytes).unwrap();
            assert_eq!(secret(1).read(&changed, at(1_500)), Err(BadToken::Foreign), "{at_byte}");
        }
    }

    #[test]
    fn short_secrets_are_none_and_none_is_shown() {
        assert!(TokenSecret::new(&[1; 31]).is_none());
        assert_eq!(format!("{:?}", secret(1)), "[redacted]");
    }
}
