//! The section of mail.

use serde::{Deserialize, Deserializer, Serialize, de::Error as _};

use super::secret::Secret;

/// How the connection to a mail server is secured.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MailTls {
    /// Begun plain and secured before anything is said (STARTTLS).
    #[default]
    Required,
    /// Secured from the first byte.
    Implicit,
    /// Not at all; to this machine only.
    None,
}

/// `[mail]`: who carries codes to e-mail addresses. Without a `host` nobody does: while the hub listens on loopback, codes
/// are shown on the terminal and by `tertulia admin outbox`; beyond, nobody can register or recover by e-mail.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MailConfig {
    /// The mail server: its name or its address. Default none.
    pub host: Option<String>,
    /// Its port. Default 587, with `tls = "implicit"` 465.
    #[serde(deserialize_with = "port")]
    pub port: Option<u16>,
    /// How the connection is secured: `required` (STARTTLS), `implicit`, or `none`, to this machine only. Default
    /// `required`.
    pub tls: MailTls,
    /// Who the hub is at the mail server. Default nobody.
    pub user: Option<String>,
    /// The password of `user`. Default none.
    pub password: Option<Secret>,
    /// From whom mails come: `hub@example.org` or `A hub <hub@example.org>`. Needed with `host`.
    pub from: Option<String>,
}

/// A port as a file has it, or as text, since nothing says that a flag or a variable without a default is a number.
fn port<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u16>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Spelling {
        Number(i64),
        Text(String),
    }
    let port = match Option::<Spelling>::deserialize(deserializer)? {
        None => return Ok(None),
        Some(Spelling::Number(number)) => u16::try_from(number).ok(),
        Some(Spelling::Text(text)) => text.parse().ok(),
    };
    port.map(Some).ok_or_else(|| D::Error::custom("a port is a number from 0 to 65535"))
}

impl MailConfig {
    /// Whether a mail server is named.
    #[must_use]
    pub const fn is_configured(&self) -> bool {
        self.host.is_some()
    }
}
