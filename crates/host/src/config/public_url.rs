//! The URL under which others reach the hub.

use std::fmt;

use serde::{Deserialize, Serialize};
use url::Url;

/// An `http` or `https` URL that is nothing but scheme, host and perhaps a port.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PublicUrl {
    url: Url,
    host: String,
}

/// The text is not such a URL.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a public URL is https:// (or http://) with a host, perhaps a port, and nothing else")]
pub struct BadPublicUrl;

impl PublicUrl {
    /// The host without the port, an IPv6 address in brackets.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    /// Whether it is `https`.
    #[must_use]
    pub fn is_https(&self) -> bool {
        self.url.scheme() == "https"
    }
}

impl TryFrom<String> for PublicUrl {
    type Error = BadPublicUrl;

    fn try_from(text: String) -> Result<Self, BadPublicUrl> {
        let url = Url::parse(&text).map_err(|_| BadPublicUrl)?;
        let is_plain = matches!(url.scheme(), "http" | "https")
            && url.path() == "/"
            && url.query().is_none()
            && url.fragment().is_none()
            && url.username().is_empty()
            && url.password().is_none();
        let host = url.host_str().filter(|_| is_plain).ok_or(BadPublicUrl)?.to_owned();
        Ok(Self { url, host })
    }
}

impl From<PublicUrl> for String {
    fn from(url: PublicUrl) -> Self {
        url.to_string()
    }
}

/// Without a slash at the end.
impl fmt::Display for PublicUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.url.as_str().trim_end_matches('/'))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_scheme_host_and_port_alone() {
        for (text, shown, host) in [
            ("https://chat.example/", "https://chat.example", "chat.example"),
            ("http://[::1]:8080", "http://[::1]:8080", "[::1]"),
        ] {
            let url = PublicUrl::try_from(text.to_owned()).unwrap();
            assert_eq!((url.to_string().as_str(), url.host()), (shown, host));
        }
        for bad in
            ["chat.example", "ftp://chat.example", "https://chat.example/hub", "https://u:p@chat.example", "https://"]
        {
            assert_eq!(PublicUrl::try_from(bad.to_owned()), Err(BadPublicUrl), "{bad}");
        }
    }
}
