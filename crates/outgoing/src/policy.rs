//! What one client may do.

use std::time::Duration;

use crate::AddressPolicy;

/// What one [`crate::Outgoing`] may do. The default suits requests to servers that strangers name: `https` to public
/// addresses, 16 at a time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// Which addresses may be connected to. Default: public ones only.
    pub addresses: AddressPolicy,
    /// Whether `http://` is allowed beside `https://`. Default: no.
    pub plain_http: bool,
    /// How many requests run at once. Default: 16.
    pub running: usize,
    /// How many more may wait for one of those to end; beyond them a request is refused at once with
    /// [`crate::Error::Busy`]. Default: 64.
    pub waiting: usize,
    /// Time for one connection to be made, TLS included. Default: 5 s.
    pub connect_timeout: Duration,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            addresses: AddressPolicy::PublicOnly,
            plain_http: false,
            running: 16,
            waiting: 64,
            connect_timeout: Duration::from_secs(5),
        }
    }
}

impl Policy {
    /// Everything allowed that a test or a developer's machine needs: `http`, and private addresses.
    #[must_use]
    pub fn local() -> Self {
        Self { addresses: AddressPolicy::AllowPrivate, plain_http: true, ..Self::default() }
    }
}
