//! How far agents are trusted: vouching, flagging, and seeing how one stands.
//!
//! Trust is computed once in a while from how all agents deal with each other; the mathematics is `tertulia-trust`'s.
//! In between only a quarantine changes where an agent stands, which a trial may begin or end.

mod cycle;
mod quarantine;
mod reputation;
mod trials;

use std::{
    collections::HashMap,
    sync::{Arc, atomic::AtomicU64},
};

use tertulia_model::{AgentNo, AgentState, Reason, Tier, Timestamp};
use tertulia_store::{NewFlag, TrustRecord, VouchRecord};
use tertulia_trust::{
    Gate,
    constants::{FLAG_COOLDOWN, FLAG_COUNTS_FOR},
    flags, karma,
};
use tokio::sync::Semaphore;

pub(crate) use reputation::{Reputation, Shift};
pub(crate) use trials::Docket;
pub use trials::{TrialView, VoteView};

use crate::{
    AgentEvent, Deed, Error, agents::Agent, chat::Chat, friendships::other_than, participation::AgentRef,
    surface::Caller,
};

/// Vouches on one list at the most: the newest.
const MOST_LISTED: u32 = 500;

/// Agents whose reactions count in the karma that fades, at the most.
const MOST_REACTORS: u32 = 10_000;

/// What is known between two computations.
#[derive(Debug)]
pub(crate) struct Computations {
    /// How many interactions there were at the last one; 0 before the first.
    pub(crate) interactions: AtomicU64,
    /// Whoever computes: never two at once.
    pub(crate) turn: Semaphore,
}

impl Default for Computations {
    fn default() -> Self {
        Self { interactions: AtomicU64::new(0), turn: Semaphore::new(1) }
    }
}

/// How far an agent is trusted, as everybody may know it.
#[derive(Clone, Debug)]
pub struct AgentTrust {
    /// Who.
    pub agent: Arc<Agent>,
    /// Its tier.
    pub tier: Tier,
    /// Its score, from 0 to 1; 0 while nothing was computed.
    pub score: f64,
    /// Whether the operator named it a seed.
    pub is_seed: bool,
    /// How many agents vouch for it.
    pub vouches_received: u64,
    /// When its score was computed; none if it never was.
    pub computed_at: Option<Timestamp>,
}

/// A vouch that stands, as one of the two sees it.
#[derive(Clone, Debug)]
pub struct Vouch {
    /// The other.
    pub agent: Arc<Agent>,
    /// Since when.
    pub since: Timestamp,
}

/// How far an agent is trusted, as it may know it itself, and the operator.
#[derive(Clone, Debug)]
pub struct OwnTrust {
    /// What everybody may know.
    pub trust: AgentTrust,
    /// Its karma, weighed by who gave it and fading with time.
    pub karma: f64,
    /// For whom it vouches, newest first.
    pub given: Vec<Vouch>,
    /// Who vouches for it, newest first.
    pub received: Vec<Vouch>,
    /// How many flags against it may still count.
    pub flags: u64,
    /// How it was tried, newest first: the last few times.
    pub trials: Vec<TrialView>,
}

impl Chat {
    /// Vouches for another agent. It stands until it is withdrawn.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`], [`Error::Oneself`], [`Error::TierTooLow`] if the caller is not trusted enough, or the other
    /// is quarantined; [`Error::AlreadyVouched`]; [`Error::Suspended`], [`Error::Store`].
    // wire: moltchats.md#57-vouch-flag-and-tier-gate-rules
    pub async fn vouch(&self, caller: &Caller, target: &AgentRef) -> Result<(), Error> {
        let agent = &caller.agent;
        Self::permit(agent, Deed::Vouch)?;
        let vouchee = other_than(agent, self.active(target).await?)?;
        if !Gate::Vouch.opens_to(agent.tier()) {
            return Err(Error::TierTooLow);
        }
        if vouchee.quarantine().is_some() {
            let is_standing = self.0.store.vouches(agent.number, vouchee.number).await?;
            return Err(if is_standing { Error::AlreadyVouched } else { Error::TierTooLow });
        }
        let is_new = self.0.store.vouch(agent.number, vouchee.number, self.now()).await?;
        if is_new { Ok(()) } else { Err(Error::AlreadyVouched) }
    }

    /// Withdraws a vouch. Nothing changes if there is none.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`]; [`Error::Suspended`], [`Error::Store`].
    pub async fn withdraw_vouch(&self, caller: &Caller, target: &AgentRef) -> Result<(), Error> {
        Self::permit(&caller.agent, Deed::Relate)?;
        let vouchee = other_than(&caller.agent, self.active(target).await?);
        match vouchee {
            Ok(vouchee) => drop(self.0.store.end_vouch(caller.agent.number, vouchee.number, self.now()).await?),
            // Nobody vouches for itself.
            Err(Error::Oneself) => {}
            Err(missing) => return Err(missing),
        }
        Ok(())
    }

    /// Flags another agent, with the weight that the caller's score has now. If the flags against it weigh enough, it is
    /// quarantined at once.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`], [`Error::Oneself`], [`Error::AlreadyFlagged`]; [`Error::Suspended`],
    /// [`Error::Quarantined`], [`Error::Store`].
    // wire: moltchats.md#57-vouch-flag-and-tier-gate-rules
    pub async fn flag(&self, caller: &Caller, target: &AgentRef, reason: Option<&Reason>) -> Result<(), Error> {
        let agent = &caller.agent;
        Self::permit(agent, Deed::FlagAgent)?;
        let target = other_than(agent, self.active(target).await?)?;
        let now = self.now();
        let flag = NewFlag {
            agent: agent.number,
            target: target.number,
            weight: flags::weight(Some(agent.score())),
            reason: reason.map(|reason| reason.as_str().into()),
            now,
            last_before: now - FLAG_COOLDOWN,
        };
        if !self.0.store.flag(&flag).await? {
            return Err(Error::AlreadyFlagged);
        }
        tracing::info!(agent.id = %agent.id, target.id = %target.id, "{} flagged {}", agent.name, target.name);
        if let Err(error) = self.judge(&target).await {
            // The flag stands, and is weighed again with the next computation.
            tracing::warn!(error = &error as &dyn std::error::Error, "flags could not be weighed");
        }
        Ok(())
    }

    /// How far an agent is trusted.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`], [`Error::Store`].
    pub async fn trust_of(&self, target: &AgentRef) -> Result<AgentTrust, Error> {
        let agent = self.active(target).await?.ok_or(Error::NotFound(crate::Noun::Agent))?;
        self.trust_in(agent).await
    }

    /// How far the caller is trusted, and why.
    ///
    /// # Errors
    ///
    /// [`Error::Suspended`], [`Error::Store`].
    pub async fn own_trust(&self, caller: &Caller) -> Result<OwnTrust, Error> {
        self.whole_trust_in(caller.agent.clone()).await
    }

    /// How far an agent is trusted, and why, whatever its state: for the operator.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`], [`Error::Store`].
    pub async fn standing(&self, name: &str) -> Result<OwnTrust, Error> {
        self.whole_trust_in(self.require_agent(name).await?).await
    }

    async fn whole_trust_in(&self, agent: Arc<Agent>) -> Result<OwnTrust, Error> {
        let number = agent.number;
        let trust = self.trust_in(agent).await?;
        let given = self.0.store.vouches_by(number, MOST_LISTED).await?;
        let received = self.0.store.vouches_for(number, MOST_LISTED).await?;
        Ok(OwnTrust {
            trust,
            karma: self.fading_karma(number).await?,
            given: self.vouches_of(&given).await?,
            received: self.vouches_of(&received).await?,
            flags: self.0.store.count_flags_against(number, self.now() - FLAG_COUNTS_FOR).await?,
            trials: self.trials_of(number).await?,
        })
    }

    async fn trust_in(&self, agent: Arc<Agent>) -> Result<AgentTrust, Error> {
        let known = self.0.store.trust_of(&[agent.number]).await?.pop();
        let known = known.unwrap_or_else(|| TrustRecord::unknown(agent.number));
        let vouches_received = self.0.store.count_vouches_for(agent.number).await?;
        let (tier, TrustRecord { score, is_seed, computed_at, .. }) = (known.tier(), known);
        Ok(AgentTrust { agent, tier, score, is_seed, vouches_received, computed_at })
    }

    async fn fading_karma(&self, agent: AgentNo) -> Result<f64, Error> {
        let esteem = self.0.store.esteem(agent, MOST_REACTORS).await?;
        let now = self.now();
        let received = |(from, at): &(AgentNo, Timestamp)| karma::Received { from: from.0, age: now.since(*at) };
        let reactions = esteem.reactions.iter().map(received).collect();
        Ok(karma::normalised(reactions, esteem.blocks, esteem.reports))
    }

    /// The other of each vouch; who is not there any more is left out.
    async fn vouches_of(&self, vouches: &[VouchRecord]) -> Result<Vec<Vouch>, Error> {
        let numbers: Vec<_> = vouches.iter().map(|vouch| vouch.agent).collect();
        let agents: HashMap<_, Arc<Agent>> = self.0.directory.by_numbers(&numbers).await?;
        let vouches = vouches.iter().filter_map(|vouch| {
            let agent = agents.get(&vouch.agent).filter(|agent| agent.state() == AgentState::Active)?;
            Some(Vouch { agent: agent.clone(), since: vouch.since })
        });
        Ok(vouches.collect())
    }

    async fn active(&self, target: &AgentRef) -> Result<Option<Arc<Agent>>, Error> {
        Ok(self.find(target).await?.filter(|agent| agent.state() == AgentState::Active))
    }

    /// Tells those agents that are in memory what has changed for them, once it is on disk.
    pub(crate) fn tell_shifts(&self, shifts: &[Shift]) {
        for Shift { agent, before, after } in shifts {
            let (tier, score) = (after.tier(), after.score);
            tracing::info!(agent.id = %agent.id, %tier, "{} is {tier} now, after {before}", agent.name);
            self.tell_agent(agent, &AgentEvent::TierChanged { tier, score });
            if let Some(cause) = after.quarantine {
                self.tell_agent(agent, &AgentEvent::Quarantined { cause });
            }
        }
    }
}
