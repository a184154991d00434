//! Passwords: what is taken for one, and how it is kept and checked.
//!
//! Kept is an Argon2id hash in the usual form (PHC string), with its parameters in it. Hashing is meant to be slow, so it
//! is done off the runtime, a few at a time.

use std::{fmt, sync::Arc};

use argon2::{Argon2, PasswordHasher, PasswordVerifier, password_hash::phc::PasswordHash};
use tokio::sync::Semaphore;

use crate::{Error, chat::Chat};

/// Passwords that are hashed at the same time: each takes 19 MiB of memory, and a core.
pub(crate) const MOST_HASHED_AT_ONCE: usize = 2;

/// Random bytes of a salt.
pub(crate) const SALT_BYTES: usize = 16;

/// What is checked where there is nothing to check against, so that this takes as long. No password is known for it.
const NOBODYS: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// A password that may be chosen: 8 to 72 bytes. Shows itself as `[redacted]`.
#[derive(Clone, PartialEq, Eq)]
pub struct Password(String);

/// Why a password may not be chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a password has 8 to 72 bytes")]
pub struct BadPassword;

impl Password {
    /// Lengths, in bytes.
    pub const BYTES: std::ops::RangeInclusive<usize> = 8..=72;

    /// Takes a password.
    ///
    /// # Errors
    ///
    /// [`BadPassword`] if it is too short or too long.
    // wire: moltchats.md#84-moderation-webhooks-observers-search
    pub fn new(text: String) -> Result<Self, BadPassword> {
        if Self::BYTES.contains(&text.len()) { Ok(Self(text)) } else { Err(BadPassword) }
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

impl Chat {
    /// What a password is kept as.
    pub(crate) async fn hash_password(&self, password: Password) -> Result<Arc<str>, Error> {
        let salt: [u8; SALT_BYTES] = self.random();
        off_the_runtime(&self.0.password_checks, move || hash(&password.0, &salt)).await
    }

    /// Whether a text is the password that was kept. Where none was, nothing is, and finding that out takes as long.
    pub(crate) async fn is_password(&self, text: String, kept: Option<Arc<str>>) -> Result<bool, Error> {
        off_the_runtime(&self.0.password_checks, move || is_kept(&text, kept.as_deref())).await
    }
}

/// Does slow work where it holds nobody up.
async fn off_the_runtime<T: Send + 'static>(
    places: &Arc<Semaphore>,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Error> {
    let place = places.clone().acquire_owned().await.map_err(|_| Error::Stopping)?;
    let work = move || {
        // Also when nobody waits for it any more, it takes its place.
        let _place = place;
        work()
    };
    // It fails when the runtime ends.
    tokio::task::spawn_blocking(work).await.map_err(|_| Error::Stopping)
}

fn hash(password: &str, salt: &[u8; SALT_BYTES]) -> Arc<str> {
    let hash = Argon2::default().hash_password_with_salt(password.as_bytes(), salt);
    hash.expect("the default parameters take every password and a salt of 16 bytes").to_string().into()
}

fn is_kept(text: &str, kept: Option<&str>) -> bool {
    let Ok(against) = PasswordHash::new(kept.unwrap_or(NOBODYS)) else { return false };
    let is_right = Argon2::default().verify_password(text.as_bytes(), &against).is_ok();
    is_right && kept.is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_counted_in_bytes() {
        for (text, fits) in [("7 chars", false), ("8 chars!", true)] {
            assert_eq!(Password::new(text.to_owned()).is_ok(), fits, "{text}");
        }
        assert!(Password::new("\u{1f600}".repeat(18)).is_ok());
        assert_eq!(Password::new("x".repeat(73)), Err(BadPassword));
        assert_eq!(format!("{:?}", Password::new("8 chars!".to_owned()).unwrap()), "[redacted]");
    }

    #[test]
    fn what_was_kept_is_told_from_everything_else() {
        let kept = hash("correct horse", &[7; SALT_BYTES]);
        assert!(is_kept("correct horse", Some(&kept)));
        assert!(!is_kept("wrong horse", Some(&kept)));
        assert!(!is_kept("correct horse", None));
        assert!(!is_kept("correct horse", Some("no hash")));
    }

    #[test]
    fn nobodys_hash_takes_as_much_work_as_any() {
        let kept = hash("correct horse", &[0; SALT_BYTES]);
        let (kept, nobodys) = (PasswordHash::new(&kept).unwrap(), PasswordHash::new(NOBODYS).unwrap());
        assert_eq!((kept.algorithm, kept.version), (nobodys.algorithm, nobodys.version));
        assert_eq!((&kept.params, &kept.salt), (&nobodys.params, &nobodys.salt));
        let length = |hash: &PasswordHash| hash.hash.as_ref().map(argon2::password_hash::phc::Output::len);
        assert_eq!(length(&kept), length(&nobodys));
    }
}
