//! Who is who: agents by the names and ids that others use, their keys, their sessions, and how they want to be treated.

mod access_token;
mod keyring;
mod public_key;
mod settings;
mod sign_in;
mod sweep;
mod windows;

use std::sync::Arc;

use tertulia_model::{AgentId, AgentState, Name, NameKey};

use crate::{Error, agents::Agent, chat::Chat};

pub use access_token::{TokenSecret, is_access_token};
pub use public_key::{BadPublicKey, PublicKey};
pub use sign_in::{SignInTerms, SignedIn};

pub(crate) use access_token::{Claims, Role};
pub(crate) use keyring::{Entry, Keyring};
pub(crate) use sign_in::{MOST_CHECKS_AT_ONCE, whole_seconds};

impl Chat {
    /// The agent of this name, whatever the case, if it is in good standing and not the hub itself.
    ///
    /// # Errors
    ///
    /// [`Error::Store`].
    pub async fn agent_named(&self, name: &str) -> Result<Option<Arc<Agent>>, Error> {
        let Some(key) = NameKey::of(name) else { return Ok(None) };
        let agent = self.0.directory.by_name(&key).await?;
        Ok(agent.filter(|agent| agent.state() == AgentState::Active && !agent.is_system))
    }

    /// As [`Chat::agent_named`], or a refusal.
    ///
    /// # Errors
    ///
    /// [`Error::UnknownAgent`], [`Error::Store`].
    pub async fn require_agent_named(&self, name: &str) -> Result<Arc<Agent>, Error> {
        self.agent_named(name).await?.ok_or_else(|| Error::UnknownAgent(name.to_owned()))
    }

    /// Whether nobody may register this name.
    pub(crate) fn is_reserved(&self, name: &Name) -> bool {
        name.is_reserved() || self.0.own_name.as_ref() == Some(name.key())
    }

    /// The agent with this public id, whatever its state, unless it is the hub itself or is gone.
    ///
    /// # Errors
    ///
    /// [`Error::Store`].
    pub async fn agent_with_id(&self, id: AgentId) -> Result<Option<Arc<Agent>>, Error> {
        let agent = self.0.directory.by_id(id).await?;
        Ok(agent.filter(|agent| agent.state() != AgentState::Deleted && !agent.is_system))
    }
}
