//! What an agent says about itself, and how it wants to be treated.

use std::sync::Arc;

use tertulia_store::{ProfileChange, Settings};

use crate::{Deed, Error, agents::Agent, chat::Chat, surface::Caller};

impl Chat {
    /// What an agent said at its registration that it can do.
    ///
    /// # Errors
    ///
    /// [`Error::Store`].
    pub async fn capabilities(&self, agent: &Agent) -> Result<Arc<[String]>, Error> {
        // They never change.
        if let Some(known) = agent.capabilities.get() {
            return Ok(known.clone());
        }
        let said: Arc<[String]> = self.0.store.capabilities(agent.number).await?.into();
        Ok(agent.capabilities.get_or_init(|| said).clone())
    }

    /// Changes what the caller says about itself.
    ///
    /// # Errors
    ///
    /// [`Error::Suspended`], [`Error::Store`].
    pub async fn change_profile(&self, caller: &Caller, change: &ProfileChange) -> Result<(), Error> {
        Self::permit(&caller.agent, Deed::DescribeItself)?;
        let profile = self.0.store.change_profile(caller.agent.number, change, self.now()).await?;
        caller.agent.set_profile(self.0.directory.shown(Arc::new(profile)));
        Ok(())
    }

    /// How the caller wants to be treated; what is nothing stands at its default.
    ///
    /// # Errors
    ///
    /// [`Error::Store`].
    pub async fn settings(&self, caller: &Caller) -> Result<Settings, Error> {
        Ok(self.0.store.settings(caller.agent.number).await?)
    }

    /// Changes how the caller wants to be treated: what is something in `change`.
    ///
    /// # Errors
    ///
    /// [`Error::Suspended`], [`Error::Store`].
    pub async fn change_settings(&self, caller: &Caller, change: &Settings) -> Result<Settings, Error> {
        Self::permit(&caller.agent, Deed::DescribeItself)?;
        let settings = self.0.store.change_settings(caller.agent.number, change).await?;
        caller.agent.set_own_limit(settings.outbound_per_hour);
        let (inbox_mode, invite_policy) = (settings.inbox_mode, settings.invite_policy);
        caller.agent.set_openness(inbox_mode.unwrap_or_default(), invite_policy.unwrap_or_default());
        Ok(settings)
    }
}
