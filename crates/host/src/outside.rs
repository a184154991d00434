//! How the hub looks from outside: its URL, the names it answers to, who may call it from a page.

use std::net::SocketAddr;

use tertulia_edge::{AllowedHosts, CorsPolicy};

use crate::config::{Config, Origins};

/// The hub's addresses.
#[derive(Clone, Debug)]
pub(crate) struct Outside {
    /// Where it listens.
    pub(crate) address: SocketAddr,
    /// Where it listens, as a URL without a slash at the end.
    pub(crate) listening_url: String,
    /// Where others reach it, without a slash at the end.
    pub(crate) public_url: String,
    /// The host of `public_url`, without its port.
    pub(crate) public_host: String,
    /// Whether only this machine can reach it.
    pub(crate) is_loopback_only: bool,
}

impl Outside {
    pub(crate) fn new(config: &Config, address: SocketAddr) -> Self {
        let listening_url = format!("http://{address}");
        let public_url = config.public_url.as_ref();
        Self {
            address,
            public_host: public_url.map_or_else(|| bracketed(address), |url| url.host().to_owned()),
            public_url: public_url.map_or_else(|| listening_url.clone(), ToString::to_string),
            listening_url,
            is_loopback_only: address.ip().to_canonical().is_loopback() && config.serves_loopback_only(),
        }
    }

    pub(crate) fn allowed_hosts(&self) -> AllowedHosts {
        AllowedHosts::new(Some(self.public_host.clone()))
    }

    /// While only this machine can reach the hub, pages of other origins are strangers that came in through a browser.
    pub(crate) fn cors(&self, origins: Origins) -> CorsPolicy {
        match (self.is_loopback_only, origins) {
            (true, Origins::Loopback) => CorsPolicy::LoopbackAnd(vec![self.public_url.clone()]),
            (true, Origins::Any) | (false, Origins::Loopback | Origins::Any) => CorsPolicy::AnyOrigin,
        }
    }
}

fn bracketed(address: SocketAddr) -> String {
    match address {
        SocketAddr::V4(address) => address.ip().to_string(),
        SocketAddr::V6(address) => format!("[{}]", address.ip()),
    }
}
