//! Who is calling, by network address: seen through the proxies that are trusted, and folded for limits.

use std::{
    net::IpAddr,
    sync::atomic::{AtomicBool, Ordering::Relaxed},
};

use http::{HeaderMap, HeaderName, header::FORWARDED};
use ipnet::IpNet;
use tertulia_core::AddressKey;

use crate::forwarded::{forwarded_for, x_forwarded_for};

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// The client's address, as far as trusted proxies vouch for it. An IPv4 address inside IPv6 is the IPv4 address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ClientAddress(IpAddr);

impl ClientAddress {
    /// The client at `address`.
    #[must_use]
    pub fn new(address: IpAddr) -> Self {
        Self(address.to_canonical())
    }

    /// The address.
    #[must_use]
    pub fn ip(self) -> IpAddr {
        self.0
    }

    /// Whether the client is on this machine.
    #[must_use]
    pub fn is_loopback(self) -> bool {
        self.0.is_loopback()
    }

    /// What limits per address count by.
    #[must_use]
    pub fn key(self) -> AddressKey {
        AddressKey::of(self.0)
    }
}

/// In which header trusted proxies name the client. The other one is never read: a proxy that writes one of the two
/// passes the other through as the client sent it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ForwardedHeader {
    /// `Forwarded` when it is there, else `X-Forwarded-For`. Safe only behind proxies that remove the one they do not
    /// write; otherwise a client that sends `Forwarded` itself can claim any address.
    #[default]
    Auto,
    /// `Forwarded` (RFC 7239).
    Forwarded,
    /// `X-Forwarded-For`.
    XForwardedFor,
}

/// The proxies whose word about their peers is taken. Default: none.
#[derive(Debug, Default)]
pub struct TrustedProxies {
    nets: Vec<IpNet>,
    header: ForwardedHeader,
    foreign_header_seen: AtomicBool,
}

impl TrustedProxies {
    /// Trusts whoever calls from `nets` to name its client in `header`.
    #[must_use]
    pub fn new(nets: Vec<IpNet>, header: ForwardedHeader) -> Self {
        Self { nets, header, foreign_header_seen: AtomicBool::new(false) }
    }

    /// Whether a forwarding header from an untrusted peer was ever ignored: a proxy that ought to be named, or a client
    /// that lies.
    #[must_use]
    pub fn foreign_header_seen(&self) -> bool {
        self.foreign_header_seen.load(Relaxed)
    }

    /// The right-most address that is not a trusted proxy's: in the header that is read. A hop that is
    /// not an address ends the search at the proxy that named it.
    #[must_use]
    pub fn client(&self, peer: IpAddr, headers: &HeaderMap) -> ClientAddress {
        let peer = ClientAddress::new(peer);
        if !self.trusts(peer) {
            self.note_foreign_header(headers);
            return peer;
        }
        let mut nearest = peer;
        for hop in hops(headers, self.header).into_iter().rev() {
            let Some(hop) = hop.map(ClientAddress::new) else { break };
            nearest = hop;
            if !self.trusts(hop) {
                break;
            }
        }
        nearest
    }

    /// Whether `address` is a trusted proxy's.
    pub(crate) fn trusts(&self, address: ClientAddress) -> bool {
        self.nets.iter().any(|net| net.contains(&address.0))
    }

    fn note_foreign_header(&self, headers: &HeaderMap) {
        let foreign = headers.contains_key(FORWARDED) || headers.contains_key(X_FORWARDED_FOR);
        if foreign && !self.foreign_header_seen.swap(true, Relaxed) {
            tracing::warn!("ignored a forwarding header from a peer that is not a trusted proxy (said once)");
        }
    }
}

/// All hops, nearest last, over repeated headers.
fn hops(headers: &HeaderMap, header: ForwardedHeader) -> Vec<Option<IpAddr>> {
    let standard = match header {
        ForwardedHeader::Auto => headers.contains_key(FORWARDED),
        ForwardedHeader::Forwarded => true,
        ForwardedHeader::XForwardedFor => false,
    };
    let values = headers.get_all(if standard { FORWARDED } else { X_FORWARDED_FOR });
    let mut hops = Vec::new();
    for value in values {
        match value.to_str() {
            Ok(value) if standard => hops.extend(forwarded_for(value)),
            Ok(value) => hops.extend(x_forwarded_for(value)),
            Err(_) => hops.push(None),
        }
    }
    hops
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn ipv4_inside_ipv6_is_ipv4(address: std::net::Ipv4Addr) {
            let plain = ClientAddress::new(address.into());
            prop_assert_eq!(ClientAddress::new(address.to_ipv6_mapped().into()), plain);
        }
    }
}
