//! Mail that leaves the hub: codes which prove that somebody reads a mailbox, and nothing else.
//!
//! It promises that a code goes over a secured connection, or to this machine, or not at all; that nothing in a name or
//! an address becomes a header; and that what it says of a failure names no address and no code.
//! It refuses to know what a code opens and whether it is the right one.

mod config;
mod error;
mod letter;
mod smtp;

use std::pin::Pin;

use async_trait::async_trait;
pub use config::{BadConfig, Login, Password, SmtpConfig, Tls};
pub use error::MailError;
pub use letter::{CodeMail, Hub, Purpose};
pub use smtp::Smtp;

/// Completes when an attempt has taken long enough; usually a clock's sleep.
pub type Deadline<'a> = Pin<Box<dyn Future<Output = ()> + Send + 'a>>;

/// Hands codes on to those who own the mailbox.
#[async_trait]
pub trait CodeMailer: Send + Sync {
    /// Sends one code. `Ok` says that somebody else answers for its delivery now. Cancel safe, in that a dropped call
    /// ends its connection; the code may have been sent.
    async fn send(&self, mail: &CodeMail, deadline: Deadline<'_>) -> Result<(), MailError>;
}
