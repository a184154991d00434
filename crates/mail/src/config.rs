//! Which server takes our mail, and how it is spoken to.

use std::{fmt, net::IpAddr};

use lettre::message::Mailbox;

/// A mail server of the operator's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SmtpConfig {
    /// Its name, which its certificate has to have, or its address.
    pub host: String,
    /// Its port: 587 usually, 465 for [`Tls::Implicit`].
    pub port: u16,
    /// How the connection is secured.
    pub tls: Tls,
    /// Who we are there. Default: nobody.
    pub login: Option<Login>,
    /// From whom mails come: `hub@example.org` or `A hub <hub@example.org>`.
    pub from: String,
    /// Certificates, as PEM, that are trusted instead of the system's. Default: the system's.
    pub roots: Option<Vec<u8>>,
    /// Whether [`Tls::None`] may lead to another machine. Default: no.
    pub insecure: bool,
}

/// How a connection is secured.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tls {
    /// Begun plain and secured before anything is said (STARTTLS); without it nothing is sent.
    #[default]
    Required,
    /// Secured from the first byte.
    Implicit,
    /// Not at all: to this machine only, unless [`SmtpConfig::insecure`] says otherwise.
    None,
}

/// A user of the mail server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Login {
    /// The name.
    pub user: String,
    /// The password.
    pub password: Password,
}

/// A password that shows itself to nobody.
#[derive(Clone, PartialEq, Eq)]
pub struct Password(String);

/// What is wrong with a configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadConfig {
    /// Mail would go to another machine as plain text.
    #[error("mail to another machine must be secured with TLS")]
    Insecure,
    /// `from` is no mailbox.
    #[error("the sender is not a mailbox like `hub@example.org`")]
    From,
    /// `roots` has no certificate.
    #[error("the trusted certificates are not PEM")]
    Roots,
}

impl SmtpConfig {
    /// The sender.
    pub(crate) fn sender(&self) -> Result<Mailbox, BadConfig> {
        if self.tls == Tls::None && !self.insecure && !self.is_here() {
            return Err(BadConfig::Insecure);
        }
        self.from.parse().map_err(|_| BadConfig::From)
    }

    fn is_here(&self) -> bool {
        self.host == "localhost" || self.host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
    }
}

impl Password {
    /// Hides `password`.
    #[must_use]
    pub fn new(password: impl Into<String>) -> Self {
        Self(password.into())
    }

    pub(crate) fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(host: &str, tls: Tls) -> SmtpConfig {
        let login = Some(Login { user: "hub".to_owned(), password: Password::new("hidden") });
        SmtpConfig {
            host: host.to_owned(),
            port: 25,
            tls,
            login,
            from: "hub@example.org".to_owned(),
            roots: None,
            insecure: false,
        }
    }

    #[test]
    fn plain_mail_stays_on_this_machine() {
        for host in ["localhost", "127.0.0.1", "127.1.2.3", "::1"] {
            assert!(config(host, Tls::None).sender().is_ok(), "{host}");
        }
        for host in ["mail.example.org", "192.168.1.5", "localhost.example.org", "127.0.0.1.example.org"] {
            assert_eq!(config(host, Tls::None).sender(), Err(BadConfig::Insecure), "{host}");
            assert!(config(host, Tls::Required).sender().is_ok());
            assert!(SmtpConfig { insecure: true, ..config(host, Tls::None) }.sender().is_ok());
        }
    }

    #[test]
    fn a_sender_is_a_mailbox() {
        for from in ["", "hub", "hub@", "hub@example.org\r\nBcc: a@example.org"] {
            let config = SmtpConfig { from: from.to_owned(), ..config("localhost", Tls::None) };
            assert_eq!(config.sender(), Err(BadConfig::From), "{from:?}");
        }
    }

    #[test]
    fn a_password_does_not_show_itself() {
        assert!(!format!("{:?}", config("localhost", Tls::None)).contains("hidden"));
    }
}
