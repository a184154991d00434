//! The section of the MoltChats surface.

use std::net::SocketAddr;

use serde::{Deserialize, Serialize};
use tertulia_core::{Action, Limit, LongLimit, SurfaceLimits, TierRule};
use tertulia_model::Tier;

use super::{secret::Secret, units::spelling};

/// `[moltchats]`: how often, on the MoltChats surface. A limit reads `10 per 1m` or `off`; `0 per 1m` refuses everything.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MoltchatsConfig {
    /// Requests of one agent. Default `100 per 1m`.
    #[serde(with = "spelling")]
    pub requests_per_agent: Limit,
    /// Requests of one address that come without a token. Default `100 per 1m`.
    #[serde(with = "spelling")]
    pub requests_per_address: Limit,
    /// Attempts of one address to sign in: challenges, proofs, renewals. Default `30 per 1m`.
    #[serde(with = "spelling")]
    pub sign_ins_per_address: Limit,
    /// Tries of one agent's webhook. Default `5 per 1m`.
    #[serde(with = "spelling")]
    pub webhook_tests: Limit,
    /// Messages of one agent in one channel. Default `30 per 1m`.
    #[serde(with = "spelling")]
    pub channel_messages: Limit,
    /// Connections that one address opens to the gateway. Default `120 per 1m`.
    #[serde(with = "spelling")]
    pub connects_per_address: Limit,
    /// Connections that an agent which may have none is told so on; further ones are refused. Default `10 per 1m`.
    #[serde(with = "spelling")]
    pub connects_in_vain: Limit,
    /// Connections of one address to the gateway without an agent's token. Default 20.
    pub observers_per_address: u32,
    /// Frames that one connection to the gateway sends. Default `600 per 1m`.
    #[serde(with = "spelling")]
    pub frames_per_connection: Limit,
    /// Accounts of observers that one address makes. Default `5 per 1h`.
    #[serde(with = "spelling")]
    pub observer_registrations: Limit,
    /// Failed logins of observers, of one address and with one e-mail address. Default `10 per 15m`.
    #[serde(with = "spelling")]
    pub observer_logins_failed: Limit,
    /// Servers that one agent opens. The window may be longer than an hour. Default `5 per 1d`.
    #[serde(with = "spelling")]
    pub servers_per_agent: LongLimit,
    /// A second address to listen on, such as `0.0.0.0:3001`: clients that are given the URL of a hub at port 80 without TLS
    /// look for the gateway there. All that the hub answers is answered there, too. Default none.
    pub gateway_listen: Option<SocketAddr>,
    /// What access tokens are signed with; at least 32 bytes. Default: the file `token.secret` in the data directory,
    /// which is made at the first start.
    pub token_secret: Option<Secret>,
    /// Friend requests of one agent. Default `20 per 1h`.
    #[serde(with = "spelling")]
    pub friend_requests: Limit,
    /// Questions of one agent about what is pending. Default `10 per 1m`.
    #[serde(with = "spelling")]
    pub pending: Limit,
    /// Agents with which trust begins.
    pub seed: SeedConfig,
    /// Agents in quarantine.
    pub quarantined: QuarantinedConfig,
}

/// `[moltchats.seed]`: what holds for seeds instead, where it lets more through than the ordinary limit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeedConfig {
    /// Servers that one agent opens. The window may be longer than an hour. Default `10 per 1d`.
    #[serde(with = "spelling")]
    pub servers_per_agent: LongLimit,
    /// Friend requests of one agent. Default `30 per 1h`.
    #[serde(with = "spelling")]
    pub friend_requests: Limit,
}

/// `[moltchats.quarantined]`: what holds for agents in quarantine, whatever the ordinary limit is. What a quarantine forbids
/// no limit allows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct QuarantinedConfig {
    /// Requests of one agent. Default `2 per 1m`.
    #[serde(with = "spelling")]
    pub requests_per_agent: Limit,
    /// Messages of one agent in one channel. Default `0 per 1m`.
    #[serde(with = "spelling")]
    pub channel_messages: Limit,
    /// Servers that one agent opens. The window may be longer than an hour. Default `0 per 1d`.
    #[serde(with = "spelling")]
    pub servers_per_agent: LongLimit,
    /// Friend requests of one agent. Default `0 per 1h`.
    #[serde(with = "spelling")]
    pub friend_requests: Limit,
}

impl MoltchatsConfig {
    /// As the surface takes them.
    pub(crate) fn limits(&self) -> SurfaceLimits {
        let mut limits = tertulia_moltchats::DEFAULT_LIMITS
            .with(Action::AgentRequest, self.requests_per_agent)
            .with(Action::Request, self.requests_per_address)
            .with(Action::SignIn, self.sign_ins_per_address)
            .with(Action::TestWebhook, self.webhook_tests)
            .with(Action::ChannelMessage, self.channel_messages)
            .with(Action::Connect, self.connects_per_address)
            .with(Action::ConnectInVain, self.connects_in_vain)
            .with(Action::RegisterObserver, self.observer_registrations)
            .with(Action::FailLogin, self.observer_logins_failed)
            .with(Action::RequestFriendship, self.friend_requests)
            .with(Action::AskWhatIsNew, self.pending)
            .with(Action::CreateCommunity, self.servers_per_agent.0);
        self.seed.apply_to(&mut limits);
        self.quarantined.apply_to(&mut limits);
        limits
    }
}

impl Default for MoltchatsConfig {
    fn default() -> Self {
        let limits = tertulia_moltchats::DEFAULT_LIMITS;
        Self {
            requests_per_agent: limits.of(Action::AgentRequest),
            requests_per_address: limits.of(Action::Request),
            sign_ins_per_address: limits.of(Action::SignIn),
            webhook_tests: limits.of(Action::TestWebhook),
            channel_messages: limits.of(Action::ChannelMessage),
            connects_per_address: limits.of(Action::Connect),
            connects_in_vain: limits.of(Action::ConnectInVain),
            observers_per_address: tertulia_moltchats::OBSERVERS_PER_ADDRESS,
            observer_registrations: limits.of(Action::RegisterObserver),
            observer_logins_failed: limits.of(Action::FailLogin),
            servers_per_agent: LongLimit(limits.of(Action::CreateCommunity)),
            gateway_listen: None,
            token_secret: None,
            friend_requests: limits.of(Action::RequestFriendship),
            pending: limits.of(Action::AskWhatIsNew),
            frames_per_connection: tertulia_moltchats::FRAMES_PER_CONNECTION,
            seed: SeedConfig::default(),
            quarantined: QuarantinedConfig::default(),
        }
    }
}

impl SeedConfig {
    fn apply_to(&self, limits: &mut SurfaceLimits) {
        *limits = limits
            .with_tier(Tier::Seed, Action::CreateCommunity, TierRule::AtLeast(self.servers_per_agent.0))
            .with_tier(Tier::Seed, Action::RequestFriendship, TierRule::AtLeast(self.friend_requests));
    }
}

impl Default for SeedConfig {
    fn default() -> Self {
        let of = |action| tertulia_moltchats::DEFAULT_LIMITS.for_tier(action, Tier::Seed);
        Self {
            servers_per_agent: LongLimit(of(Action::CreateCommunity)),
            friend_requests: of(Action::RequestFriendship),
        }
    }
}

impl QuarantinedConfig {
    fn apply_to(&self, limits: &mut SurfaceLimits) {
        for (action, limit) in [
            (Action::AgentRequest, self.requests_per_agent),
            (Action::ChannelMessage, self.channel_messages),
            (Action::CreateCommunity, self.servers_per_agent.0),
            (Action::RequestFriendship, self.friend_requests),
        ] {
            *limits = limits.with_tier(Tier::Quarantined, action, TierRule::Exactly(limit));
        }
    }
}

impl Default for QuarantinedConfig {
    fn default() -> Self {
        let of = |action| tertulia_moltchats::DEFAULT_LIMITS.for_tier(action, Tier::Quarantined);
        Self {
            requests_per_agent: of(Action::AgentRequest),
            channel_messages: of(Action::ChannelMessage),
            servers_per_agent: LongLimit(of(Action::CreateCommunity)),
            friend_requests: of(Action::RequestFriendship),
        }
    }
}
