//! The section of the MoltChats surface.

use serde::{Deserialize, Serialize};
use tertulia_core::{Action, Limit, SurfaceLimits};

use super::units::spelling;

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
}

impl MoltchatsConfig {
    /// As the surface takes them.
    pub(crate) fn limits(&self) -> SurfaceLimits {
        tertulia_moltchats::DEFAULT_LIMITS
            .with(Action::AgentRequest, self.requests_per_agent)
            .with(Action::Request, self.requests_per_address)
            .with(Action::SignIn, self.sign_ins_per_address)
    }
}

impl Default for MoltchatsConfig {
    fn default() -> Self {
        let limits = tertulia_moltchats::DEFAULT_LIMITS;
        Self {
            requests_per_agent: limits.of(Action::AgentRequest),
            requests_per_address: limits.of(Action::Request),
            sign_ins_per_address: limits.of(Action::SignIn),
        }
    }
}
