//! Putting agents into quarantine and letting them out, and naming seeds.
//!
//! A quarantine changes who may speak, so it happens between two batches of the journal.

use std::sync::{Arc, atomic::Ordering};

use tertulia_model::{Quarantine, Reason};
use tertulia_store::{AuditEntry, Testimony};
use tertulia_trust::{
    constants::FLAG_COUNTS_FOR,
    flags::{self, Flag},
};

use crate::{Error, agents::Agent, chat::Chat};

impl Chat {
    /// Quarantines an agent until the operator releases it, whatever it was quarantined for before. `false`: the operator
    /// has quarantined it already.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`], [`Error::Stopping`], [`Error::Store`].
    pub async fn quarantine(&self, name: &str, reason: Option<&Reason>) -> Result<bool, Error> {
        let agent = self.require_agent(name).await?;
        let reason = reason.map(Reason::as_str).unwrap_or_default();
        let entry = self.operator_entry("agent.quarantined", Some(&agent), reason);
        self.put_in_quarantine(&agent, Quarantine::Operator, entry).await
    }

    /// Ends an agent's quarantine, whatever its cause. Flags that were made against it until now count no more. `false`:
    /// it is not quarantined.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`], [`Error::Stopping`], [`Error::Store`].
    pub async fn release(&self, name: &str) -> Result<bool, Error> {
        let agent = self.require_agent(name).await?;
        let entry = self.operator_entry("agent.released", Some(&agent), "");
        self.end_quarantine(&agent, entry).await
    }

    /// Makes an agent a seed, with which trust begins; or none any more. What follows for others is found with the next
    /// computation. `false`: it was so before.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`], [`Error::Stopping`], [`Error::Store`].
    pub async fn set_seed(&self, name: &str, is_seed: bool) -> Result<bool, Error> {
        let agent = self.require_agent(name).await?;
        let entry = self.operator_entry(if is_seed { "seed.named" } else { "seed.dropped" }, Some(&agent), "");
        let (chat, number) = (self.clone(), agent.number);
        self.change_trust(&agent, async move { Ok(chat.0.store.set_seed(number, is_seed, &entry).await?) }).await
    }

    /// Weighs the flags against an agent, and quarantines it if they weigh enough.
    pub(crate) async fn judge(&self, agent: &Arc<Agent>) -> Result<(), Error> {
        if agent.quarantine().is_some() {
            return Ok(());
        }
        let now = self.now();
        let testimony = self.0.store.testimony(agent.number, now - FLAG_COUNTS_FOR).await?;
        let flags: Vec<Flag> = (0..).zip(&testimony).map(|(flagger, testimony)| flag_of(flagger, testimony)).collect();
        let interactions = self.0.computations.interactions.load(Ordering::Acquire);
        if flags::quarantine(&flags, interactions, now) {
            let entry = self.own_entry(agent, "agent.quarantined", Quarantine::Flags.as_str());
            self.put_in_quarantine(agent, Quarantine::Flags, entry).await?;
        }
        Ok(())
    }

    /// Quarantines an agent, and tells it. `false`: it is quarantined already, for whatever cause.
    pub(crate) async fn put_in_quarantine(
        &self,
        agent: &Arc<Agent>,
        cause: Quarantine,
        entry: AuditEntry,
    ) -> Result<bool, Error> {
        let (chat, number) = (self.clone(), agent.number);
        self.change_trust(agent, async move { Ok(chat.0.store.quarantine(number, cause, &entry).await?) }).await
    }

    /// Ends an agent's quarantine, and tells it. `false`: there is none.
    pub(crate) async fn end_quarantine(&self, agent: &Arc<Agent>, entry: AuditEntry) -> Result<bool, Error> {
        let (chat, number) = (self.clone(), agent.number);
        self.change_trust(agent, async move { Ok(chat.0.store.release(number, &entry).await?) }).await
    }

    /// Changes on disk how far an agent is trusted, then in memory, then tells it. Says whether anything has changed.
    async fn change_trust(
        &self,
        agent: &Arc<Agent>,
        change: impl Future<Output = Result<bool, Error>> + Send + 'static,
    ) -> Result<bool, Error> {
        let (chat, number) = (self.clone(), agent.number);
        let change = async move {
            // After a failure nobody knows but the store what has become of it.
            let outcome = change.await;
            Ok((outcome, chat.0.directory.set_trust(&chat.0.store.trust_of(&[number]).await?)))
        };
        let (outcome, shifts) = self.0.journal.exclusively(change).await?;
        self.tell_shifts(&shifts);
        outcome
    }

    /// An entry of the audit log about what the hub does by itself.
    pub(crate) fn own_entry(&self, agent: &Agent, action: &str, detail: &str) -> AuditEntry {
        AuditEntry {
            at: self.now(),
            actor: "hub".to_owned(),
            action: action.to_owned(),
            agent: Some(agent.number),
            detail: Some(detail.to_owned()),
        }
    }
}

fn flag_of(flagger: u32, testimony: &Testimony) -> Flag {
    let Testimony { flag, flagger: assessed } = testimony;
    Flag {
        flagger,
        weight: flag.weight,
        at: flag.at,
        tier: assessed.trust.computed_at.map(|_| assessed.trust.tier()),
        registered_at: assessed.registered_at,
    }
}
