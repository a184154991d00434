//! The names this hub answers to. A page that makes a browser resolve its own name to our address (DNS rebinding) sends
//! a `Host` that is none of them.

use std::net::{IpAddr, SocketAddr};

use http::{HeaderMap, Uri, Version, header::HOST};

/// Accepts loopback names, the address the connection came in on, and the public URL's host.
#[derive(Clone, Debug, Default)]
pub struct AllowedHosts {
    public_host: Option<String>,
}

impl AllowedHosts {
    /// `public_host` is the host of the public URL, without its port.
    #[must_use]
    pub fn new(public_host: Option<String>) -> Self {
        Self { public_host }
    }

    /// Whether a request may be answered here. HTTP/1.0 knows no `Host`; from it none is asked.
    pub(crate) fn admits(&self, version: Version, uri: &Uri, headers: &HeaderMap, local: SocketAddr) -> bool {
        let mut named = headers.get_all(HOST).iter();
        let (host, repeated) = (named.next(), named.next().is_some());
        if repeated {
            return false;
        }
        // An absolute target, which is how HTTP/2 spells it, wins over the header.
        match (uri.authority(), host) {
            (Some(authority), _) => self.knows(authority.as_str(), local),
            (None, Some(host)) => host.to_str().is_ok_and(|host| self.knows(host, local)),
            (None, None) => version < Version::HTTP_11,
        }
    }

    fn knows(&self, authority: &str, local: SocketAddr) -> bool {
        let host = without_port(authority);
        if is_loopback(host) || self.public_host.as_deref().is_some_and(|public| same_host(public, host)) {
            return true;
        }
        parse_ip(host).is_some_and(|ip| ip == local.ip().to_canonical())
    }
}

/// Whether `host` (no port; an IPv6 address in brackets) always means this machine.
pub(crate) fn is_loopback(host: &str) -> bool {
    let host = host.strip_suffix('.').unwrap_or(host);
    if let Some(ip) = parse_ip(host) {
        return ip.is_loopback();
    }
    let label = host.rsplit('.').next().unwrap_or(host);
    label.eq_ignore_ascii_case("localhost")
}

/// `name:80`, `[::1]:80` and the like, without the port.
pub(crate) fn without_port(authority: &str) -> &str {
    match authority.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') && port.bytes().all(|byte| byte.is_ascii_digit()) => host,
        _ => authority,
    }
}

fn parse_ip(host: &str) -> Option<IpAddr> {
    let host = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    host.parse::<IpAddr>().ok().map(|ip| ip.to_canonical())
}

fn same_host(public: &str, host: &str) -> bool {
    public.eq_ignore_ascii_case(host.strip_suffix('.').unwrap_or(host))
}
