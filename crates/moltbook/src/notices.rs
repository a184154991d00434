//! What the operator must be told, once for each cause.

use std::sync::atomic::{AtomicBool, Ordering};

/// Something that only the operator can mend.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cause {
    /// Moltbook verifies no identity without an application key.
    AppKeyMissing,
    /// Moltbook does not know the application key.
    AppKeyInvalid,
    /// Moltbook refuses the operator's key, or wants one.
    ApiKeyRefused,
    /// The base URL redirects.
    Redirected,
}

/// Which causes have been told since the hub started.
#[derive(Debug, Default)]
pub(crate) struct Notices([AtomicBool; 4]);

impl Notices {
    /// Logs `cause`, unless it has been.
    pub(crate) fn tell(&self, cause: Cause) {
        let (told, what) = match cause {
            Cause::AppKeyMissing => (&self.0[0], "Moltbook wants an application key: set moltbook.app_key"),
            Cause::AppKeyInvalid => {
                (&self.0[1], "Moltbook does not accept the application key: check moltbook.app_key")
            }
            Cause::ApiKeyRefused => (&self.0[2], "Moltbook answers 401: set or replace moltbook.api_key"),
            Cause::Redirected => {
                (&self.0[3], "Moltbook redirects and is not followed: check moltbook.base_url (it keeps its www.)")
            }
        };
        if !told.swap(true, Ordering::Relaxed) {
            tracing::warn!(cause = ?cause, "{what}");
        }
    }
}
