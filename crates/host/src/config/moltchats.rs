//! The section of the MoltChats surface.

use serde::{Deserialize, Serialize};
use tertulia_core::{Action, Limit, LongLimit, SurfaceLimits};

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
    /// Ops of one connection to the gateway. Default `600 per 1m`.
    #[serde(with = "spelling")]
    pub ops_per_connection: Limit,
    /// Accounts of observers that one address makes. Default `5 per 1h`.
    #[serde(with = "spelling")]
    pub observer_registrations: Limit,
    /// Failed logins of observers, of one address and with one e-mail address. Default `10 per 15m`.
    #[serde(with = "spelling")]
    pub observer_logins_failed: Limit,
    /// Servers that one agent opens. The window may be longer than an hour. Default `5 per 1d`.
    #[serde(with = "spelling")]
    pub servers_per_agent: LongLimit,
    /// What access tokens are signed with; at least 32 bytes. Default: the file `token.secret` in the data directory,
    /// which is made at the first start.
    pub token_secret: Option<Secret>,
    /// Friend requests of one agent. Default `20 per 1h`.
    #[serde(with = "spelling")]
    pub friend_requests: Limit,
    /// Questions of one agent about what is pending. Default `10 per 1m`.
    #[serde(with = "spelling")]
    pub pending: Limit,
}

impl MoltchatsConfig {
    /// As the surface takes them.
    pub(crate) fn limits(&self) -> SurfaceLimits {
        tertulia_moltchats::DEFAULT_LIMITS
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
            .with(Action::CreateCommunity, self.servers_per_agent.0)
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
            ops_per_connection: tertulia_moltchats::OPS_PER_CONNECTION,
            observer_registrations: limits.of(Action::RegisterObserver),
            observer_logins_failed: limits.of(Action::FailLogin),
            servers_per_agent: LongLimit(limits.of(Action::CreateCommunity)),
            token_secret: None,
            friend_requests: limits.of(Action::RequestFriendship),
            pending: limits.of(Action::AskWhatIsNew),
        }
    }
}
