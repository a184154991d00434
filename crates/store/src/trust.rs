//! How far agents are trusted, and what that is computed from: vouches, flags, and how agents deal with each other.
//!
//! Whatever else is written about an agent's trust counts its version up, so that what was computed meanwhile from what
//! was known before is not written over it.

use std::{fmt::Debug, sync::Arc};

use async_trait::async_trait;
use tertulia_model::{AgentNo, Quarantine, Tier, Timestamp};

use crate::{AuditEntry, StoreError};

/// How far an agent is trusted.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TrustRecord {
    /// Who.
    pub agent: AgentNo,
    /// Its score, from 0 to 1.
    pub score: f64,
    /// The tier of its score alone.
    pub earned: Tier,
    /// Whether trust begins with it.
    pub is_seed: bool,
    /// Why it is quarantined, if it is.
    pub quarantine: Option<Quarantine>,
    /// When its score was computed last; none if it never was.
    pub computed_at: Option<Timestamp>,
    /// How often this was written; 0 if nothing is written about the agent.
    pub version: u64,
}

impl TrustRecord {
    /// What holds for an agent about which nothing was found out yet.
    #[must_use]
    pub fn unknown(agent: AgentNo) -> Self {
        let earned = Tier::default();
        Self { agent, score: 0.0, earned, is_seed: false, quarantine: None, computed_at: None, version: 0 }
    }

    /// Where it stands: a quarantine beats everything.
    // wire: moltchats.md#55-quarantine-sybil-vouches-final-score
    #[must_use]
    pub fn tier(&self) -> Tier {
        match self.quarantine {
            Some(_) => Tier::Quarantined,
            None if self.is_seed => Tier::Seed,
            None => self.earned,
        }
    }
}

/// An agent among all whose trust is computed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Assessed {
    /// When it registered.
    pub registered_at: Timestamp,
    /// How far it is trusted so far.
    pub trust: TrustRecord,
}

/// What was computed about an agent.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct NewStanding {
    /// How far it is trusted from now on, with the version that it was computed from; a seed it becomes elsewhere.
    pub trust: TrustRecord,
    /// When it may be tried, if it is to be.
    pub next_trial_at: Option<Timestamp>,
}

/// A flag about to be made.
#[derive(Clone, Debug, PartialEq)]
pub struct NewFlag {
    /// Who flags.
    pub agent: AgentNo,
    /// Whom.
    pub target: AgentNo,
    /// What it weighs, for good.
    pub weight: f64,
    /// Why.
    pub reason: Option<Arc<str>>,
    /// When.
    pub now: Timestamp,
    /// It is not made if the same agent has flagged the same target after this.
    pub last_before: Timestamp,
}

/// A flag that was not voided.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FlagRecord {
    /// Its number, in the order in which flags were made.
    pub number: i64,
    /// Who flagged.
    pub agent: AgentNo,
    /// Whom.
    pub target: AgentNo,
    /// What it weighs.
    pub weight: f64,
    /// When.
    pub at: Timestamp,
}

/// A flag with who made it, as that stands now.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Testimony {
    /// The flag.
    pub flag: FlagRecord,
    /// Its maker.
    pub flagger: Assessed,
}

/// A vouch that stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VouchRecord {
    /// The other: for whom one vouches, or who vouches.
    pub agent: AgentNo,
    /// Since when.
    pub since: Timestamp,
}

/// How an agent deals with another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum InteractionKind {
    /// Reacting to its messages.
    Reactions,
    /// Being its friend; there is one for each of the two.
    Friendships,
    /// Vouching for it.
    Vouches,
    /// Blocking it.
    Blocks,
    /// Reporting it, once for each report.
    Reports,
}

impl InteractionKind {
    /// Every kind.
    pub const ALL: [Self; 5] = [Self::Reactions, Self::Friendships, Self::Vouches, Self::Blocks, Self::Reports];
}

/// How often an agent has dealt with another in one way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Interaction {
    /// Who.
    pub from: AgentNo,
    /// With whom.
    pub to: AgentNo,
    /// How often, never 0.
    pub count: u32,
}

/// Where a slice of interactions ended. Means something to the store alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InteractionCursor(pub i64, pub i64);

/// Some interactions of one kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InteractionSlice {
    /// Which, in no order.
    pub interactions: Vec<Interaction>,
    /// Where to go on; none when there are no more.
    pub next: Option<InteractionCursor>,
}

/// What an agent's karma that fades is computed from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Esteem {
    /// Who reacted to its messages, and when: of each agent the oldest three.
    pub reactions: Vec<(AgentNo, Timestamp)>,
    /// How many block it.
    pub blocks: u32,
    /// How often it was reported.
    pub reports: u32,
}

/// Trust.
#[async_trait]
pub trait Trust: Debug + Send + Sync + 'static {
    /// Lets an agent vouch for another. `false`: it does already.
    async fn vouch(&self, agent: AgentNo, vouchee: AgentNo, now: Timestamp) -> Result<bool, StoreError>;

    /// Ends a vouch. `false`: there was none.
    async fn end_vouch(&self, agent: AgentNo, vouchee: AgentNo, now: Timestamp) -> Result<bool, StoreError>;

    /// Whether an agent vouches for another.
    async fn vouches(&self, agent: AgentNo, vouchee: AgentNo) -> Result<bool, StoreError>;

    /// For whom an agent vouches, newest first.
    async fn vouches_by(&self, agent: AgentNo, limit: u32) -> Result<Vec<VouchRecord>, StoreError>;

    /// Who vouches for an agent, newest first.
    async fn vouches_for(&self, agent: AgentNo, limit: u32) -> Result<Vec<VouchRecord>, StoreError>;

    /// How many active agents vouch for an agent.
    async fn count_vouches_for(&self, agent: AgentNo) -> Result<u64, StoreError>;

    /// Makes a flag. `false`: the same agent has flagged the same target too recently.
    async fn flag(&self, flag: &NewFlag) -> Result<bool, StoreError>;

    /// Of each active agent the newest flag against `target` that was made after `since` and not voided.
    async fn testimony(&self, target: AgentNo, since: Timestamp) -> Result<Vec<Testimony>, StoreError>;

    /// How many flags against an agent were made after `since` and not voided.
    async fn count_flags_against(&self, target: AgentNo, since: Timestamp) -> Result<u64, StoreError>;

    /// Flags that were made after `since` and not voided, in the order in which they were made, after `after`.
    async fn flags_since(
        &self,
        since: Timestamp,
        after: Option<&FlagRecord>,
        limit: u32,
    ) -> Result<Vec<FlagRecord>, StoreError>;

    /// How far these agents are trusted; those about whom nothing is known are left out.
    async fn trust_of(&self, agents: &[AgentNo]) -> Result<Vec<TrustRecord>, StoreError>;

    /// Every active agent but the system's, by number, after `after`.
    async fn assessed(&self, after: Option<AgentNo>, limit: u32) -> Result<Vec<Assessed>, StoreError>;

    /// Interactions of one kind after `after`, at most `limit`, whoever the agents are.
    async fn interactions(
        &self,
        kind: InteractionKind,
        after: Option<InteractionCursor>,
        limit: u32,
    ) -> Result<InteractionSlice, StoreError>;

    /// Writes down what was computed at `now`, except about agents of whom something else was written since the version
    /// that it was computed from. Those of whom it was written are named.
    async fn save_standings(&self, standings: &[NewStanding], now: Timestamp) -> Result<Vec<AgentNo>, StoreError>;

    /// Makes an agent a seed, or none, and writes the audit entry. `false`: it was so before.
    async fn set_seed(&self, agent: AgentNo, is_seed: bool, entry: &AuditEntry) -> Result<bool, StoreError>;

    /// Quarantines an agent and writes the audit entry. The operator's decision takes the place of any other cause.
    /// `false`: it is quarantined, for that decision or for whatever cause.
    async fn quarantine(&self, agent: AgentNo, cause: Quarantine, entry: &AuditEntry) -> Result<bool, StoreError>;

    /// Ends an agent's quarantine, voids the flags that were made against it until now, and writes the audit entry.
    /// `false`: it is not quarantined.
    async fn release(&self, agent: AgentNo, entry: &AuditEntry) -> Result<bool, StoreError>;

    /// What an agent's karma that fades is computed from; of at most `most_reactors` agents, whichever they are.
    async fn esteem(&self, agent: AgentNo, most_reactors: u32) -> Result<Esteem, StoreError>;
}
