//! What the hub refuses to do where strangers can reach it.

use std::{fmt, net::SocketAddr};

use serde::{Deserialize, Serialize};

use super::Config;

/// Something insecure that can be accepted by name in `accept_insecure`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Exposure {
    /// Listening beyond loopback without saying under which URL.
    NoPublicUrl,
    /// A public URL without TLS.
    HttpPublicUrl,
    /// Requests of the hub may reach private addresses.
    PrivateOutgoing,
    /// Moltbook is asked without TLS.
    HttpMoltbook,
    /// Webhooks may go out without TLS.
    HttpWebhooks,
    /// Files may go to a bucket without TLS.
    HttpFiles,
    /// Everybody's forwarding headers are believed.
    TrustEveryone,
}

impl Exposure {
    /// Its name in `accept_insecure`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NoPublicUrl => "no-public-url",
            Self::HttpPublicUrl => "http-public-url",
            Self::PrivateOutgoing => "private-outgoing",
            Self::HttpMoltbook => "http-moltbook",
            Self::HttpWebhooks => "http-webhooks",
            Self::HttpFiles => "http-files",
            Self::TrustEveryone => "trust-everyone",
        }
    }

    /// The setting that is at fault, and why.
    const fn fault(self) -> (&'static str, &'static str) {
        match self {
            Self::NoPublicUrl => {
                ("public_url", "is not set: links and documents would name an address that nobody else can use")
            }
            Self::HttpPublicUrl => {
                ("public_url", "is not https: keys would travel in the open (insecure_http = true allows it as well)")
            }
            Self::PrivateOutgoing => (
                "outgoing.private_addresses",
                "is true: a stranger could make the hub call services inside your network",
            ),
            Self::HttpMoltbook => ("moltbook.base_url", "is not https: anybody on the way could vouch for agents"),
            Self::HttpWebhooks => (
                "webhooks.allow_http",
                "is true: what agents are told, and the signatures of it, would travel in the open",
            ),
            Self::HttpFiles => (
                "files.s3_allow_http",
                "is true: what agents send each other, and the key of the bucket's requests, would travel in the open",
            ),
            Self::TrustEveryone => {
                ("trusted_proxies", "covers every address: any client could claim any address and escape the limits")
            }
        }
    }
}

/// Why the hub does not listen beyond loopback.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refusal(pub Exposure);

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (setting, why) = self.0.fault();
        write!(f, "`{setting}` {why}. To accept it: accept_insecure = [\"{}\"]", self.0.as_str())
    }
}

impl Config {
    /// Whether only this machine can reach the hub.
    #[must_use]
    pub fn serves_loopback_only(&self) -> bool {
        self.exposed_address().is_none()
    }

    /// An address to listen on that others than this machine can reach.
    #[must_use]
    pub fn exposed_address(&self) -> Option<SocketAddr> {
        let mut addresses = [self.listen.address()].into_iter().chain(self.moltchats.gateway_listen);
        addresses.find(|address| !address.ip().to_canonical().is_loopback())
    }

    /// What must be mended or accepted before the hub listens where the configuration says.
    #[must_use]
    pub fn refusals(&self) -> Vec<Refusal> {
        if self.serves_loopback_only() {
            return Vec::new();
        }
        let refused = self.exposures().into_iter().filter(|exposure| !self.accept_insecure.contains(exposure));
        refused.map(Refusal).collect()
    }

    fn exposures(&self) -> Vec<Exposure> {
        let public = self.public_url.as_ref();
        let found = [
            (public.is_none(), Exposure::NoPublicUrl),
            (public.is_some_and(|url| !url.is_https()) && !self.insecure_http, Exposure::HttpPublicUrl),
            (self.outgoing.private_addresses, Exposure::PrivateOutgoing),
            (self.moltbook.base_url.scheme() != "https", Exposure::HttpMoltbook),
            (self.webhooks.allow_http, Exposure::HttpWebhooks),
            (self.files.s3_allow_http, Exposure::HttpFiles),
            (self.trusted_proxies.iter().any(|net| net.prefix_len() == 0), Exposure::TrustEveryone),
        ];
        found.into_iter().filter_map(|(is_so, exposure)| is_so.then_some(exposure)).collect()
    }
}
