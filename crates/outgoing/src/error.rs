//! What can go wrong outside. No `Display` here names a URL, a host or an address: they may be secret, or a stranger's.

use std::io;

/// Why a text is not a target that may be called.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TargetError {
    /// Not an absolute URL.
    #[error("not an absolute URL")]
    NotAUrl,
    /// Neither `https` nor, where the policy allows it, `http`.
    #[error("the URL's scheme is not allowed")]
    Scheme,
    /// The URL carries a user name or a password.
    #[error("a URL must not carry a user name or a password")]
    Credentials,
    /// Port 0.
    #[error("port 0 cannot be called")]
    Port,
    /// The host is an address that the policy does not allow.
    #[error("the URL's address is not public")]
    Address,
}

/// Why a request has no answer.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Error {
    /// The target is not allowed under this client's policy.
    #[error("the target is not allowed")]
    Target(#[from] TargetError),
    /// Too many requests are running and waiting.
    #[error("too many outgoing requests at once")]
    Busy,
    /// The host's name could not be resolved.
    #[error("the host's name could not be resolved")]
    NameUnknown,
    /// The host's name leads to an address that the policy does not allow.
    #[error("the host's name leads to an address that is not public")]
    AddressRefused,
    /// No connection could be made.
    #[error("no connection could be made ({kind})")]
    Connect {
        /// What the operating system said.
        kind: io::ErrorKind,
    },
    /// The connection could not be secured: no trusted certificate, or no TLS at all.
    #[error("the connection could not be secured")]
    Tls(#[source] rustls::Error),
    /// The deadline passed, or a connection took too long to make.
    #[error("no answer in time")]
    TimedOut,
    /// The connection broke, or what came was not HTTP.
    #[error("the connection broke before a whole answer came")]
    Interrupted,
    /// The answer's body is longer than the request allows.
    #[error("the answer is longer than {limit} bytes")]
    TooLarge {
        /// The limit, in bytes.
        limit: usize,
    },
    /// The server redirects to where we do not go.
    #[error("a redirect leads to a target that is not allowed")]
    RedirectRefused(#[source] TargetError),
    /// More redirects than the request allows.
    #[error("more than {limit} redirects")]
    TooManyRedirects {
        /// The limit.
        limit: u8,
    },
    /// The client could not be built.
    #[error("the HTTP client could not be built")]
    Setup,
}
