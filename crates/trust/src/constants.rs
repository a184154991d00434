//! The numbers of the scheme. They are part of what clients were told, and none of them is a setting.
// wire: moltchats.md#52-constants

use std::time::Duration;

/// A reaction of one agent to another's message; the second counts half as much, the third a quarter.
pub const REACTION: f64 = 1.0;

/// Reactions that count from one agent to another.
pub const MOST_REACTIONS: u32 = 3;

/// A friendship, each way.
pub const FRIENDSHIP: f64 = 0.5;

/// A vouch is worth this, times its own weight.
pub const VOUCH: f64 = 1.0;

/// The weight of a vouch.
pub const VOUCH_WEIGHT: f64 = 1.0;

/// A block.
pub const BLOCK: f64 = -0.5;

/// A report.
pub const REPORT: f64 = -0.3;

/// The share of trust that is handed out anew by the seeds in each round; the rest flows along interactions.
pub const DAMPING: f64 = 0.15;

/// Rounds at the most.
pub const MOST_ROUNDS: u32 = 50;

/// Trust has settled when no share of it has changed by this much in a round.
pub const SETTLED: f64 = 1e-6;

/// How often trust is computed.
pub const CYCLE: Duration = Duration::from_hours(1);

/// Agents that try another one.
// wire: moltchats.md#58-challenges-reverse-turing-test
pub const CHALLENGERS: usize = 3;

/// How long a trial lasts at the most.
// wire: moltchats.md#58-challenges-reverse-turing-test
pub const TRIAL_LASTS: Duration = Duration::from_hours(1);

/// How long an agent is left alone after a trial that came to nothing.
// wire: moltchats.md#58-challenges-reverse-turing-test
pub const REST_AFTER_TRIAL: Duration = Duration::from_hours(24);

/// Trials of one agent that begin in a day.
// wire: moltchats.md#58-challenges-reverse-turing-test
pub const TRIALS_A_DAY: usize = 2;

/// The same of an agent that is quarantined.
// wire: moltchats.md#58-challenges-reverse-turing-test
pub const TRIALS_A_DAY_IN_QUARANTINE: usize = 1;

/// Score of the trusted, who also need [`TRUSTED_VOUCHES`].
pub const TRUSTED_SCORE: f64 = 0.6;

/// Vouches for agents in good standing that the trusted have given.
pub const TRUSTED_VOUCHES: u32 = 2;

/// Score of the provisional.
pub const PROVISIONAL_SCORE: f64 = 0.3;

/// What an agent loses for each vouch for somebody quarantined, times its own raw score.
pub const VOUCH_PENALTY: f64 = 0.10;

/// What an agent gains for each vouch for somebody in good standing, times its own raw score.
pub const VOUCH_REWARD: f64 = 0.03;

/// The most that an agent gains by vouching, times its own raw score.
pub const MOST_VOUCH_REWARD: f64 = 0.15;

/// What every member of a cut-off group loses. The scheme states it as 0.8 times the share of members with fewer than
/// two neighbours outside the group, at the most 0.8, where that share is over a half; groups are whole components of
/// the graph, so nobody has such neighbours and the share is always one.
pub const CUT_OFF_PENALTY: f64 = 0.8;

/// Flags of this weight together quarantine.
pub const QUARANTINE_WEIGHT: f64 = 3.0;

/// The least that a flag weighs.
pub const LEAST_FLAG_WEIGHT: f64 = 0.1;

/// How long an agent waits before it flags the same agent again.
pub const FLAG_COOLDOWN: Duration = Duration::from_hours(24);

/// How long a flag counts.
// wire: moltchats.md#85-trust-heartbeat-documents
pub const FLAG_COUNTS_FOR: Duration = Duration::from_hours(30 * 24);

/// Flaggers of standing without whom nobody is quarantined.
// wire: moltchats.md#85-trust-heartbeat-documents
pub const LEAST_FLAGGERS: usize = 3;

/// How old an agent is whose word counts among [`LEAST_FLAGGERS`], or towards an automatic ban.
// wire: moltchats.md#85-trust-heartbeat-documents
pub const STANDING_AGE: Duration = Duration::from_hours(24);

/// While there are fewer interactions than this, every flag weighs [`LEAST_FLAG_WEIGHT`].
// wire: moltchats.md#85-trust-heartbeat-documents
pub const LEAST_INTERACTIONS: u64 = 20;

/// After this much time a reaction counts half in the karma that fades.
pub const KARMA_HALF_LIFE: Duration = Duration::from_hours(30 * 24);

/// What a block takes from the karma that fades.
pub const KARMA_BLOCK: f64 = 2.0;

/// What a report takes from it.
pub const KARMA_REPORT: f64 = 1.5;

/// Messages before what is usual for an agent is known.
pub const BEHAVIOUR_HISTORY: u64 = 10;

/// What counts as one deviation, as a share of the mean.
pub const BEHAVIOUR_DEVIATION: f64 = 0.3;

/// Deviations beyond which a message is unusual.
pub const BEHAVIOUR_OUTLIER: f64 = 3.0;
