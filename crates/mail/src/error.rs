//! Why a code was not sent. Neither the words here nor their sources name an address or a code.

use std::{error::Error as StdError, io};

use lettre::transport::smtp;

/// Why a code was not sent. Closed on purpose.
#[derive(Debug, thiserror::Error)]
pub enum MailError {
    /// There is no connection to the mail server, or it broke.
    #[error("the mail server is unreachable")]
    Unreachable(#[source] Box<smtp::Error>),
    /// The mail server cannot be used in the configured way: no trusted certificate, no TLS at all, no such login.
    #[error("the mail server does not accept the configured connection")]
    Misconfigured(#[source] Option<Box<smtp::Error>>),
    /// The mail server takes no mail, or not this one.
    #[error("the mail server refuses with {code}")]
    Refused {
        /// Its answer: 400 to 499 for now, 500 to 599 for good.
        code: u16,
    },
    /// There can be no mailbox of this address, or not for this server.
    #[error("mail cannot be addressed like this")]
    BadAddress,
    /// The deadline passed.
    #[error("the mail server did not answer in time")]
    TimedOut,
}

/// What servers answer to a login, or to its absence (RFC 4954, section 6).
const LOGIN_REFUSED: [u16; 5] = [432, 530, 534, 535, 538];

impl MailError {
    pub(crate) fn of(error: smtp::Error) -> Self {
        let code = error.status().map(u16::from);
        match code {
            Some(code) if LOGIN_REFUSED.contains(&code) => Self::Misconfigured(None),
            Some(code) => Self::Refused { code },
            None if error.is_timeout() => Self::TimedOut,
            None if error.is_tls() || error.is_client() || is_of_tls(&error) => {
                Self::Misconfigured(Some(Box::new(error)))
            }
            None => Self::Unreachable(Box::new(error)),
        }
    }
}

/// Whether what failed is the securing of a connection, which is reported like a failure of the connection itself.
fn is_of_tls(error: &smtp::Error) -> bool {
    std::iter::successors(error.source(), |&cause| cause.source())
        .filter_map(|cause| cause.downcast_ref::<io::Error>())
        .any(|error| error.kind() == io::ErrorKind::InvalidData)
}
