//! A new key for an agent that has lost its keys, by a code that is sent to its e-mail address.
//!
//! Whoever recovers says that its keys may be in the wrong hands, so all of them end.

use std::sync::Arc;

use tertulia_model::{CodeId, CodePurpose, Email, NameKey};
use tertulia_store::{AgentRecord, EmailCode};

use crate::{
    EmailRefused, Error, Key, Noun, Protected, agents::Agent, chat::Chat, identity::Entry, limits::AddressKey,
    surface::Surface,
};

/// Agents of one address that are looked at, however many the operator allows.
const MOST_AGENTS: u32 = 1_000;

/// An agent with a new key.
#[derive(Debug)]
pub struct Recovered {
    /// The agent.
    pub agent: Arc<Agent>,
    /// Its one key.
    pub key: Key,
}

impl Chat {
    /// Sends a code to an address, if an agent stands behind it: the one that is called `name`, or any. The answer is the
    /// same if none does, or if no code may be sent there now; then it is of a code that nobody can tell.
    ///
    /// # Errors
    ///
    /// [`Error::Code`] if the hub sends no mail at all, [`Error::Store`].
    // wire: agentchat.md#34-post-v1agentsrecover
    pub async fn begin_recovery(&self, email: Email, name: Option<&str>) -> Result<CodeId, Error> {
        self.require_mailer()?;
        let behind = self.0.store.agents_of_email(email.key(), MOST_AGENTS).await?;
        let named = name.map(|name| agent_called(&behind, name));
        let is_anybody = named.map_or(!behind.is_empty(), |named| named.is_some());
        // The turn is taken either way: asking to register would show it otherwise.
        let may_be_sent = self.take_slot(&email).is_ok();
        let agent = named.flatten().map(|agent| agent.number);
        let (mut new, mail) = self.new_code(EmailCode { purpose: CodePurpose::Recover, email, agent, newcomer: None });
        let is_real = is_anybody && may_be_sent;
        if !is_real {
            self.make_decoy(&mut new);
        }
        self.0.store.add_code(&new).await?;
        self.0.post.send_later(is_real.then_some(mail));
        Ok(new.id)
    }

    /// Gives the agent whose code is told a new key. Every other credential that it has ends: keys, sessions, public keys;
    /// and with each the connections that it opened.
    ///
    /// # Errors
    ///
    /// [`Error::Code`], [`Error::Throttled`] after too many wrong codes of the address; [`Error::Email`] if several agents
    /// stand behind the address and none was named, [`Error::NotFound`] if none does any more; [`Protected::SystemAgent`],
    /// [`Error::Store`].
    // wire: agentchat.md#35-post-v1agentsrecoververify
    pub async fn complete_recovery(
        &self,
        surface: &Surface,
        address: AddressKey,
        id: CodeId,
        code: &str,
    ) -> Result<Recovered, Error> {
        let kind = surface.key_kind.as_ref().ok_or(Error::UnknownKeyKind)?;
        let told = self.tell_code(address, (id, CodePurpose::Recover), None, code).await?;
        let agent = self.agent_to_recover(&told).await?;
        if agent.is_system {
            return Err(Protected::SystemAgent.into());
        }
        self.keep_queue_for(kind, &agent).await;
        let (key, credential) = self.make_key(kind);
        let entry = self.entry(&agent, "agent.key_rotated", "recovered by e-mail");
        let recovery = self.0.store.recover(agent.number, &credential, &entry).await?;
        let recovery = recovery.ok_or(Error::NotFound(Noun::Agent))?;
        for ended in recovery.ended {
            self.end_credential(&agent, ended);
        }
        // Only now: what was remembered before an end is not remembered after it.
        let ended_before = self.0.directory.keyring.ended();
        let entry = Entry { agent: agent.clone(), credential: recovery.credential.number, expires_at: None };
        self.0.directory.keyring.remember(credential.digest, entry, ended_before);
        tracing::info!(agent.id = %agent.id, credential.id = %recovery.credential.id, "{} was recovered", agent.name);
        Ok(Recovered { agent, key })
    }

    async fn agent_to_recover(&self, told: &EmailCode) -> Result<Arc<Agent>, Error> {
        if let Some(number) = told.agent {
            let agent = self.0.directory.by_numbers(&[number]).await?.remove(&number);
            return agent.ok_or(Error::NotFound(Noun::Agent));
        }
        let mut behind = self.0.store.agents_of_email(told.email.key(), MOST_AGENTS).await?;
        if behind.len() > 1 {
            return Err(EmailRefused::NameChoice { names: behind.into_iter().map(|agent| agent.name).collect() }.into());
        }
        let record = behind.pop().ok_or(Error::NotFound(Noun::Agent))?;
        Ok(self.0.directory.adopt(record).await?)
    }
}

fn agent_called<'a>(agents: &'a [AgentRecord], name: &str) -> Option<&'a AgentRecord> {
    let wanted = NameKey::of(name)?;
    agents.iter().find(|agent| NameKey::of(&agent.name).as_ref() == Some(&wanted))
}
