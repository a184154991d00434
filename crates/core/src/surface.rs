//! What a surface tells the core about itself, and who calls through it.

use std::sync::Arc;

use tertulia_model::{CredentialKind, CredentialNo, Tier};

use crate::{
    agents::Agent,
    limits::{Action, Limit},
};

/// One public API of the hub, as far as the core must know it.
#[derive(Clone, Debug)]
pub struct Surface {
    /// Its name, in logs.
    pub name: &'static str,
    /// Under which name its own limits are counted. Surfaces that are one as far as limits go share it.
    pub counted_as: &'static str,
    /// The kind of API key that it issues, if it issues any.
    pub key_kind: Option<CredentialKind>,
    /// Longest text it accepts in the lobby, in Unicode scalar values.
    pub longest_lobby_text: usize,
    /// Whether an agent that registers here appears in lists.
    pub lists_agents: bool,
    /// Its own limits; hub-wide ones are the core's.
    pub limits: SurfaceLimits,
}

/// How a limit differs for a tier.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TierRule {
    /// This one, if it lets more through than the ordinary one.
    AtLeast(Limit),
    /// This one, whatever the ordinary one is.
    Exactly(Limit),
}

/// Limits counted per surface: a table of actions, and what may be open at once. What is counted hub-wide stands in
/// [`crate::Rules`] and is not asked for here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SurfaceLimits {
    per_action: [Limit; Action::COUNT],
    by_tier: [[Option<TierRule>; Action::COUNT]; Tier::ALL.len()],
    /// Streams that one address may hold open; 0 refuses all.
    pub streams_per_address: u32,
}

impl SurfaceLimits {
    /// No limit for any action, and so many streams.
    #[must_use]
    pub const fn new(streams_per_address: u32) -> Self {
        let by_tier = [[None; Action::COUNT]; Tier::ALL.len()];
        Self { per_action: [Limit::Off; Action::COUNT], by_tier, streams_per_address }
    }

    /// The same with a limit for `action`.
    #[must_use]
    pub const fn with(mut self, action: Action, limit: Limit) -> Self {
        self.per_action[action as usize] = limit;
        self
    }

    /// The same with an exception from the limit of `action` for agents of `tier`.
    #[must_use]
    pub const fn with_tier(mut self, tier: Tier, action: Action, rule: TierRule) -> Self {
        self.by_tier[tier as usize][action as usize] = Some(rule);
        self
    }

    /// The limit of `action` for an agent of `tier`.
    #[must_use]
    pub fn for_tier(&self, action: Action, tier: Tier) -> Limit {
        match self.by_tier[tier as usize][action as usize] {
            None => self.of(action),
            Some(TierRule::AtLeast(limit)) => self.of(action).or_more(limit),
            Some(TierRule::Exactly(limit)) => limit,
        }
    }

    /// The limit of `action`, for agents of no tier in particular.
    #[must_use]
    pub const fn of(&self, action: Action) -> Limit {
        self.per_action[action as usize]
    }
}

/// An agent that has shown a valid credential, and the surface through which it did.
#[derive(Clone, Debug)]
pub struct Caller {
    pub(crate) agent: Arc<Agent>,
    pub(crate) credential: CredentialNo,
    pub(crate) surface: Arc<Surface>,
}

impl Caller {
    /// Who calls.
    #[must_use]
    pub fn agent(&self) -> &Arc<Agent> {
        &self.agent
    }

    /// How often it may do something, where it calls and as far as it is trusted now.
    pub(crate) fn limit(&self, action: Action) -> Limit {
        self.surface.limits.for_tier(action, self.agent.tier())
    }

    /// The credential that was shown.
    #[must_use]
    pub fn credential(&self) -> CredentialNo {
        self.credential
    }

    /// Through which surface.
    #[must_use]
    pub fn surface(&self) -> &Arc<Surface> {
        &self.surface
    }
}
