//! Where a request goes: a URL that was parsed and checked once.

use std::{fmt, net::IpAddr};

use url::{Host, Origin, Url};

use crate::{Policy, TargetError};

/// A URL that a policy allows, as far as a URL alone can tell: its host's name is checked when it is resolved.
#[derive(Clone, PartialEq, Eq)]
pub struct Target(Url);

impl Target {
    /// Parses an absolute URL.
    ///
    /// # Errors
    ///
    /// A [`TargetError`] that says which rule it breaks.
    pub fn parse(text: &str, policy: &Policy) -> Result<Self, TargetError> {
        let url = Url::parse(text).map_err(|_| TargetError::NotAUrl)?;
        Self::from_url(url, policy)
    }

    /// Checks a URL.
    ///
    /// # Errors
    ///
    /// A [`TargetError`] that says which rule it breaks.
    pub fn from_url(mut url: Url, policy: &Policy) -> Result<Self, TargetError> {
        check(&url, policy)?;
        url.set_fragment(None);
        Ok(Self(url))
    }

    /// The URL, without a fragment.
    #[must_use]
    pub fn url(&self) -> &Url {
        &self.0
    }

    pub(crate) fn check(&self, policy: &Policy) -> Result<(), TargetError> {
        check(&self.0, policy)
    }

    pub(crate) fn join(&self, location: &str, policy: &Policy) -> Result<Self, TargetError> {
        let url = self.0.join(location).map_err(|_| TargetError::NotAUrl)?;
        Self::from_url(url, policy)
    }

    pub(crate) fn origin(&self) -> Origin {
        self.0.origin()
    }
}

/// Shows the origin only: path and query may be secret.
impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Target({}/…)", self.0.origin().ascii_serialization())
    }
}

fn check(url: &Url, policy: &Policy) -> Result<(), TargetError> {
    match url.scheme() {
        "https" => {}
        "http" if policy.plain_http => {}
        _ => return Err(TargetError::Scheme),
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(TargetError::Credentials);
    }
    if url.port() == Some(0) {
        return Err(TargetError::Port);
    }
    let address: IpAddr = match url.host() {
        None => return Err(TargetError::NotAUrl),
        Some(Host::Domain(_)) => return Ok(()),
        Some(Host::Ipv4(address)) => address.into(),
        Some(Host::Ipv6(address)) => address.into(),
    };
    if policy.addresses.permits(address) { Ok(()) } else { Err(TargetError::Address) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn strict(text: &str) -> Result<Target, TargetError> {
        Target::parse(text, &Policy::default())
    }

    #[test]
    fn a_target_is_an_https_url_to_somewhere_public() {
        for (text, expected) in [
            ("https://example.org", Ok(())),
            ("HTTPS://EXAMPLE.ORG:8443/a?b=c#d", Ok(())),
            ("https://8.8.8.8/", Ok(())),
            ("https://[2606:4700::1111]/", Ok(())),
            ("", Err(TargetError::NotAUrl)),
            ("/relative", Err(TargetError::NotAUrl)),
            ("https://", Err(TargetError::NotAUrl)),
            ("https://exa mple.org/", Err(TargetError::NotAUrl)),
            ("https://example.org:65536/", Err(TargetError::NotAUrl)),
            ("http://example.org/", Err(TargetError::Scheme)),
            ("ftp://example.org/", Err(TargetError::Scheme)),
            ("file:///etc/passwd", Err(TargetError::Scheme)),
            ("data:text/plain,x", Err(TargetError::Scheme)),
            ("https://user@example.org/", Err(TargetError::Credentials)),
            ("https://user:secret@example.org/", Err(TargetError::Credentials)),
            ("https://:secret@example.org/", Err(TargetError::Credentials)),
            ("https://example.org:0/", Err(TargetError::Port)),
        ] {
            assert_eq!(strict(text).map(drop), expected, "{text}");
        }
    }

    #[test]
    fn an_address_in_a_url_is_checked_however_it_is_spelt() {
        for host in [
            "127.0.0.1",
            "127.1",
            "127.0.0.1.",
            "0x7f.1",
            "017700000001",
            "2130706433",
            "0x7f000001",
            "%31%32%37.0.0.1",
            "１２７.0.0.1",
            "0",
            "10.0.0.1",
            "169.254.169.254",
            "[::1]",
            "[::]",
            "[::ffff:127.0.0.1]",
            "[::ffff:7f00:1]",
            "[64:ff9b::7f00:1]",
            "[2002:7f00:1::]",
            "[fe80::1]",
            "[fd00:ec2::254]",
        ] {
            assert_eq!(strict(&format!("https://{host}/")), Err(TargetError::Address), "{host}");
        }
    }

    #[test]
    fn a_local_policy_allows_http_and_loopback() {
        let policy = Policy::local();
        assert_eq!(Target::parse("http://127.0.0.1:7600/", &policy).map(drop), Ok(()));
        assert_eq!(Target::parse("http://me@127.0.0.1/", &policy).map(drop), Err(TargetError::Credentials));
    }

    #[test]
    fn a_path_is_not_shown() {
        let target = strict("https://example.org/hook/secret?key=secret").unwrap();
        assert_eq!(format!("{target:?}"), "Target(https://example.org/…)");
    }

    proptest! {
        #[test]
        fn parsing_never_panics_and_keeps_the_rules(text in "[a-z]{0,5}:?/{0,2}[ -~]{0,40}") {
            if let Ok(target) = strict(&text) {
                prop_assert_eq!(target.url().scheme(), "https");
                prop_assert!(target.url().username().is_empty() && target.url().password().is_none());
                prop_assert_eq!(strict(target.url().as_str()), Ok(target));
            }
        }
    }
}
