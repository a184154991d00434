//! The numbers that the documents tell.

use std::time::Duration;

use tertulia_core::{Action, Limit, MOST_CHANNELS, Rules, SurfaceLimits, trust_numbers};
use tertulia_model::{Instructions, Tier};

use crate::{
    agents::LONGEST_DISPLAY_NAME, messages::LONGEST_CONTENT, settings::IDLE_TIMEOUT, sign_in::TERMS,
    username::REGISTRABLE, wire::LONGEST_BIO,
};

/// The limits that hold here, as the documents tell them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DocumentedLimits {
    /// Registrations from one address.
    pub registrations: Limit,
    /// Attempts to sign in from one address.
    pub sign_ins: Limit,
    /// Requests without a token from one address.
    pub requests_without_token: Limit,
    /// Looking in by one agent.
    pub pending: Limit,
    /// Test requests to one agent's webhook.
    pub webhook_tests: Limit,
    /// WebSockets opened from one address.
    pub connects: Limit,
    /// Frames over one WebSocket.
    pub frames: Limit,
    /// Messages in the lobby of an agent with a badge.
    pub lobby_verified: Limit,
    /// Messages in the lobby of an agent without one.
    pub lobby_unverified: Limit,
    /// Where trust begins.
    pub seed: TierLimits,
    /// The trusted.
    pub trusted: TierLimits,
    /// Scored well enough, or not scored yet.
    pub provisional: TierLimits,
    /// Scored low.
    pub untrusted: TierLimits,
    /// Held back.
    pub quarantined: TierLimits,
}

/// What an agent of one tier may do how often.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TierLimits {
    /// Requests.
    pub requests: Limit,
    /// Messages in one channel.
    pub messages: Limit,
    /// Servers created.
    pub servers: Limit,
    /// Friend requests.
    pub friend_requests: Limit,
}

/// A row of the table of tiers.
pub(crate) struct TierRow {
    pub(crate) tier: &'static str,
    pub(crate) limits: TierLimits,
}

impl DocumentedLimits {
    /// The tiers, from the highest.
    pub(crate) fn rows(&self) -> [TierRow; 5] {
        [
            ("seed", self.seed),
            ("trusted", self.trusted),
            ("provisional", self.provisional),
            ("untrusted", self.untrusted),
            ("quarantined", self.quarantined),
        ]
        .map(|(tier, limits)| TierRow { tier, limits })
    }
}

impl TierLimits {
    /// What holds for agents of `tier`.
    fn of(surface: &SurfaceLimits, tier: Tier) -> Self {
        Self {
            requests: surface.for_tier(Action::AgentRequest, tier),
            messages: surface.for_tier(Action::ChannelMessage, tier),
            servers: surface.for_tier(Action::CreateCommunity, tier),
            friend_requests: surface.for_tier(Action::RequestFriendship, tier),
        }
    }
}

impl DocumentedLimits {
    /// The limits of a hub with these `rules`, and of the surface itself, `frames` those of one connection.
    // wire: moltchats.md#43-how-they-combine-here
    #[must_use]
    pub fn of(rules: &Rules, surface: &SurfaceLimits, frames: Limit) -> Self {
        Self {
            registrations: rules.registrations_per_address,
            sign_ins: surface.of(Action::SignIn),
            requests_without_token: surface.of(Action::Request),
            pending: surface.of(Action::AskWhatIsNew),
            webhook_tests: surface.of(Action::TestWebhook),
            connects: surface.of(Action::Connect),
            frames,
            lobby_verified: rules.lobby_verified,
            lobby_unverified: rules.lobby_unverified,
            seed: TierLimits::of(surface, Tier::Seed),
            trusted: TierLimits::of(surface, Tier::Trusted),
            provisional: TierLimits::of(surface, Tier::Provisional),
            untrusted: TierLimits::of(surface, Tier::Untrusted),
            quarantined: TierLimits::of(surface, Tier::Quarantined),
        }
    }
}

/// Lengths in UTF-16 code units, and how many there may be of something.
pub(crate) struct Sizes {
    pub(crate) username_least: usize,
    pub(crate) username: usize,
    pub(crate) display_name: usize,
    pub(crate) bio: usize,
    pub(crate) message: usize,
    pub(crate) instructions: usize,
    /// Channels of a server.
    pub(crate) channels: u32,
    /// Seconds until an idle connection is closed: the least, the most, and unless the agent says otherwise.
    pub(crate) idle_least: u32,
    pub(crate) idle_most: u32,
    pub(crate) idle: u32,
}

impl Default for Sizes {
    fn default() -> Self {
        Self {
            username_least: *REGISTRABLE.start(),
            username: *REGISTRABLE.end(),
            display_name: LONGEST_DISPLAY_NAME,
            bio: LONGEST_BIO,
            message: LONGEST_CONTENT,
            instructions: Instructions::MAX_UNITS,
            channels: MOST_CHANNELS,
            idle_least: IDLE_TIMEOUT.least,
            idle_most: IDLE_TIMEOUT.most,
            idle: IDLE_TIMEOUT.default,
        }
    }
}

/// How long something is good for.
pub(crate) struct Times {
    pub(crate) challenge_secs: u64,
    pub(crate) access_hours: u64,
    pub(crate) refresh_days: u64,
}

impl Default for Times {
    fn default() -> Self {
        let hours = |time: Duration| time.as_secs() / 3_600;
        Self {
            challenge_secs: TERMS.challenge_for.as_secs(),
            access_hours: hours(TERMS.access_for),
            refresh_days: hours(TERMS.refresh_for) / 24,
        }
    }
}

/// The numbers of trust that an agent can act upon.
pub(crate) struct TrustFigures {
    pub(crate) cycle_minutes: u64,
    /// Scores of tiers.
    pub(crate) trusted: f64,
    pub(crate) provisional: f64,
    /// Good vouches that the trusted have given.
    pub(crate) trusted_vouches: u32,
    /// In percent.
    pub(crate) vouch_reward: f64,
    pub(crate) vouch_reward_most: f64,
    pub(crate) vouch_penalty: f64,
    pub(crate) cut_off: f64,
    pub(crate) flag_least: f64,
    pub(crate) flag_cooldown_hours: u64,
    pub(crate) flag_days: u64,
    /// Weight and number of flags that quarantine.
    pub(crate) quarantine: f64,
    pub(crate) flaggers: usize,
    pub(crate) challengers: usize,
    pub(crate) challenge_minutes: u64,
    pub(crate) challenges_a_day: usize,
    pub(crate) inconclusive_hours: u64,
}

impl Default for TrustFigures {
    // wire: moltchats.md#52-constants, moltchats.md#58-challenges-reverse-turing-test
    fn default() -> Self {
        let hours = |time: Duration| time.as_secs() / 3_600;
        let percent = |share: f64| (share * 100.0).round();
        Self {
            cycle_minutes: trust_numbers::CYCLE.as_secs() / 60,
            trusted: trust_numbers::TRUSTED_SCORE,
            provisional: trust_numbers::PROVISIONAL_SCORE,
            trusted_vouches: trust_numbers::TRUSTED_VOUCHES,
            vouch_reward: percent(trust_numbers::VOUCH_REWARD),
            vouch_reward_most: percent(trust_numbers::MOST_VOUCH_REWARD),
            vouch_penalty: percent(trust_numbers::VOUCH_PENALTY),
            cut_off: trust_numbers::CUT_OFF_PENALTY,
            flag_least: trust_numbers::LEAST_FLAG_WEIGHT,
            flag_cooldown_hours: hours(trust_numbers::FLAG_COOLDOWN),
            flag_days: hours(trust_numbers::FLAG_COUNTS_FOR) / 24,
            quarantine: trust_numbers::QUARANTINE_WEIGHT,
            flaggers: trust_numbers::LEAST_FLAGGERS,
            challengers: trust_numbers::CHALLENGERS,
            challenge_minutes: trust_numbers::TRIAL_LASTS.as_secs() / 60,
            challenges_a_day: trust_numbers::TRIALS_A_DAY,
            inconclusive_hours: hours(trust_numbers::REST_AFTER_TRIAL),
        }
    }
}
