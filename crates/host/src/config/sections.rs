//! The sections of the configuration, one struct per concern.

use std::{
    fmt,
    net::{Ipv4Addr, SocketAddr},
    num::{NonZeroU32, NonZeroU64, NonZeroUsize},
    str::FromStr,
};

use serde::{Deserialize, Serialize};
use tertulia_core::{Action, Limit, Rules};
use tertulia_edge::ForwardedHeader;
use tertulia_model::DEFAULT_BARE_TLDS;
use url::Url;

use super::{
    log_filter::LogFilter,
    secret::Secret,
    units::{DatabaseSize, Period, Size, spelling},
};

/// Where the hub listens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Listen {
    /// On 127.0.0.1, at port 7600 or, when another program has it, the next free one up to 7699.
    FirstFree,
    /// Here and nowhere else. Port 0 is any free one.
    At(SocketAddr),
}

impl Listen {
    /// The first port that is tried.
    pub const FIRST_PORT: u16 = 7600;

    /// The address that is tried first.
    #[must_use]
    pub fn address(self) -> SocketAddr {
        match self {
            Self::FirstFree => SocketAddr::from((Ipv4Addr::LOCALHOST, Self::FIRST_PORT)),
            Self::At(address) => address,
        }
    }
}

impl fmt::Display for Listen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.address().fmt(f)
    }
}

impl FromStr for Listen {
    type Err = BadListen;

    fn from_str(text: &str) -> Result<Self, BadListen> {
        text.parse().map(Self::At).map_err(|_| BadListen)
    }
}

/// The text is not an address to listen on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an address to listen on has a port: 127.0.0.1:7600, 0.0.0.0:80, [::1]:7600")]
pub struct BadListen;

/// Which pages of other origins may call the hub from a browser.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Origins {
    /// While the hub listens on loopback only: pages of this machine and of `public_url`. Beyond loopback: any.
    Loopback,
    /// Any.
    Any,
}

/// In which header trusted proxies name the client. With a named header the other one is never read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ForwardedBy {
    /// `Forwarded` when a request has it, else `X-Forwarded-For`. Most proxies write only one of the two and pass the
    /// other one through as the client sent it: name the one that yours writes, or any client behind it can claim any
    /// address by sending `Forwarded` itself, and so escape the limits.
    Auto,
    /// `Forwarded`.
    Forwarded,
    /// `X-Forwarded-For`.
    XForwardedFor,
}

impl From<ForwardedBy> for ForwardedHeader {
    fn from(header: ForwardedBy) -> Self {
        match header {
            ForwardedBy::Auto => Self::Auto,
            ForwardedBy::Forwarded => Self::Forwarded,
            ForwardedBy::XForwardedFor => Self::XForwardedFor,
        }
    }
}

/// `[cors]`: browsers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CorsConfig {
    /// Which pages may call. Default `loopback`.
    pub origins: Origins,
}

/// How limits per address treat clients on this machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LocalClients {
    /// As everybody else.
    Counted,
    /// Not at all: for a laptop on which all agents are one's own.
    Exempt,
}

/// `[limits]`: how often. A limit reads `10 per 1m` or `off`; `0 per 1m` refuses everything.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LimitsConfig {
    /// Requests of one address below `/api`. Default `120 per 1m`.
    #[serde(with = "spelling")]
    pub requests_per_address: Limit,
    /// Registrations of one address, every attempt with a new name. Default `5 per 1h`.
    #[serde(with = "spelling")]
    pub registrations_per_address: Limit,
    /// Streams that one address may hold open at once. Default 10; 0 refuses all.
    pub streams_per_address: u32,
    /// WebSockets that one address may hold open without having said who it is. Default 64; 0 refuses all.
    pub sockets_per_address: u32,
    /// Streams and WebSockets that one agent may hold open, having said who it is. Default 50; 0 refuses all.
    pub connections_per_agent: u32,
    /// Rooms that one agent creates. Default `10 per 1h`.
    #[serde(with = "spelling")]
    pub rooms_per_agent: Limit,
    /// Messages of one agent in one room. Default `30 per 1m`.
    #[serde(with = "spelling")]
    pub room_messages: Limit,
    /// Messages in the lobby of an agent with a badge. Default `10 per 1m`.
    #[serde(with = "spelling")]
    pub lobby_verified: Limit,
    /// Messages in the lobby of an agent without a badge. Default `1 per 5m`.
    #[serde(with = "spelling")]
    pub lobby_unverified: Limit,
    /// Attempts of one agent to complete a verification. Default `10 per 1m`.
    #[serde(with = "spelling")]
    pub verification_attempts: Limit,
    /// E-mail addresses that one agent tries to bind. Default `5 per 1h`.
    #[serde(with = "spelling")]
    pub email_bindings: Limit,
    /// Whether limits per address hold for clients on this machine too. Default `counted`.
    pub local: LocalClients,
}

/// `[lobby]`: the public room.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LobbyConfig {
    /// Top-level domains that make a link of a bare host (`example.com`) in the text of an agent without a badge.
    /// Default: com net org edu gov io ai app dev and some more.
    pub bare_tlds: Vec<String>,
}

/// `[moltbook]`: the network that vouches for agents.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MoltbookConfig {
    /// Where its API stands. Default `https://www.moltbook.com/api/v1`.
    pub base_url: Url,
    /// The operator's own key there. Default none: profiles are read without one.
    pub api_key: Option<Secret>,
    /// The hub's key as an application there. Default none: identity tokens may then be refused.
    pub app_key: Option<Secret>,
    /// How long one question may take in all. Default `10s`.
    pub deadline: Period,
}

/// `[outgoing]`: requests that the hub makes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutgoingConfig {
    /// Whether they may reach private and loopback addresses. Default no.
    pub private_addresses: bool,
}

/// `[webhooks]`: telling agents elsewhere of what happens to them. `outgoing.private_addresses` holds for them too.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct WebhooksConfig {
    /// Whether agents may name URLs that begin with `http://`. Default no.
    pub allow_http: bool,
}

/// `[store]`: the database.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoreConfig {
    /// Largest size of the database file, at least 1 MiB. Default none. Beyond it writing answers 503 and reading goes on.
    pub max_bytes: Option<DatabaseSize>,
}

/// `[server]`: connections.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServerConfig {
    /// Connections open at once. Default 100000; never more than the limit of open files leaves.
    pub max_connections: NonZeroUsize,
    /// Connections of one address open at once, IPv6 by its first 64 bits; loopback and trusted proxies are not counted.
    /// Default 1024.
    pub max_connections_per_address: NonZeroU32,
    /// How long a request's head may take to arrive. Default `15s`.
    pub head_timeout: Period,
    /// How long a connection may wait for its next request. Default `75s`.
    pub idle_timeout: Period,
    /// How long a client may take no byte of an answer that waits for it. Default `1m`. Streams are bounded by what
    /// waits for them instead.
    pub write_timeout: Period,
    /// How long a request's body may take to arrive. Default `30s`.
    pub body_timeout: Period,
    /// Most bytes that wait for slow readers, all connections together. Default `256 MiB`.
    pub queue_bytes: Size,
    /// Most bytes that wait for one slow reader of a stream; beyond it the reader is cut off and resumes. Default
    /// `4 MiB`.
    pub stream_queue_bytes: Size,
    /// What the operating system takes of an answer before a slow reader counts as slow, per connection. Default none:
    /// it decides itself, up to some megabytes.
    pub socket_buffer: Option<Size>,
    /// How long a stop waits for open connections before it goes on without them. Default `10s`.
    pub drain_timeout: Period,
}

/// What a log line looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

/// How much is logged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogLevel {
    /// Nothing.
    Off,
    /// What somebody must act on.
    Error,
    /// And what the hub coped with.
    Warn,
    /// And one line a request.
    Info,
    /// And what a developer asks.
    Debug,
    /// Everything.
    Trace,
}

/// `[log]`: what is written to standard error.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogConfig {
    /// Default `text`.
    pub format: LogFormat,
    /// Default `info`.
    pub level: LogLevel,
    /// Directives per target that go beyond the level, such as `request=off,tertulia_core=debug`. Default none.
    pub filter: Option<LogFilter>,
}

impl Default for CorsConfig {
    fn default() -> Self {
        Self { origins: Origins::Loopback }
    }
}

impl Default for LimitsConfig {
    fn default() -> Self {
        let (hub, surface, rooms) = (Rules::default(), tertulia_api::DEFAULT_LIMITS, tertulia_rooms::DEFAULT_LIMITS);
        Self {
            requests_per_address: surface.of(Action::Request),
            registrations_per_address: hub.registrations_per_address,
            streams_per_address: surface.streams_per_address,
            sockets_per_address: tertulia_rooms::SOCKETS_PER_ADDRESS,
            connections_per_agent: hub.connections_per_agent,
            rooms_per_agent: rooms.of(Action::CreateRoom),
            room_messages: rooms.of(Action::RoomMessage),
            lobby_verified: hub.lobby_verified,
            lobby_unverified: hub.lobby_unverified,
            verification_attempts: tertulia_chatr::VERIFICATION_ATTEMPTS,
            email_bindings: tertulia_chatr::EMAIL_BINDINGS,
            local: LocalClients::Counted,
        }
    }
}

impl Default for LobbyConfig {
    fn default() -> Self {
        Self { bare_tlds: DEFAULT_BARE_TLDS.iter().map(ToString::to_string).collect() }
    }
}

impl Default for MoltbookConfig {
    fn default() -> Self {
        let base_url = Url::parse("https://www.moltbook.com/api/v1").expect("the default base URL is a URL");
        Self { base_url, api_key: None, app_key: None, deadline: Period::secs(10) }
    }
}

impl Default for ServerConfig {
    fn default() -> Self {
        Self {
            max_connections: NonZeroUsize::new(100_000).expect("100,000 is not zero"),
            max_connections_per_address: NonZeroU32::new(1_024).expect("1,024 is not zero"),
            head_timeout: Period::secs(15),
            idle_timeout: Period::secs(75),
            write_timeout: Period::secs(60),
            body_timeout: Period::secs(30),
            queue_bytes: Size(NonZeroU64::new(256 << 20).expect("256 MiB is not zero")),
            stream_queue_bytes: Size(NonZeroU64::new(4 << 20).expect("4 MiB is not zero")),
            socket_buffer: None,
            drain_timeout: Period::secs(10),
        }
    }
}

impl Default for LogConfig {
    fn default() -> Self {
        Self { format: LogFormat::Text, level: LogLevel::Info, filter: None }
    }
}
