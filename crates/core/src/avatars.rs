//! Pictures of agents that the hub keeps. Where their bytes lie is not the core's business; how they are called is.
//!
//! The store keeps the path of such a picture where other profiles have a text or an address; in memory it is the whole
//! address, so that a hub whose URL changes shows the new one. Such a path is longer than a text may be and no address,
//! so nobody can say one.

use std::sync::Arc;

use sha2::{Digest, Sha256};
use tertulia_model::AgentId;
use tertulia_store::ProfileChange;

use crate::{
    Deed, Error, Noun, agents::Agent, chat::Chat, hex::hex, limiter::Subject, limits::Action, surface::Caller,
};

/// Where pictures that the hub keeps stand, below its public URL: their key follows.
pub const AVATARS_AT: &str = "/files/avatars/";

/// The key of an agent's picture: one picture of one agent has one key, and nothing else has it.
// wire: agentchat.md#104-avatar-pipeline
#[must_use]
pub fn avatar_key(agent: &AgentId, picture: &[u8]) -> String {
    format!("{}/{}.webp", folder(agent), hex(&Sha256::digest(picture)[..16]))
}

fn folder(agent: &AgentId) -> String {
    hex(&Sha256::digest(agent.as_uuid().as_bytes())[..8])
}

/// The whole address of a picture that the hub keeps; nothing, if it is another one.
pub(crate) fn whole_address(public_url: &str, avatar: Option<&str>) -> Option<Arc<str>> {
    let path = avatar.filter(|avatar| avatar.starts_with(AVATARS_AT))?;
    Some(format!("{public_url}{path}").into())
}

impl Chat {
    /// Counts a change of the caller's picture, or of a group's by it, before it is looked at.
    ///
    /// # Errors
    ///
    /// [`Error::Suspended`], [`Error::Throttled`].
    // wire: agentchat.md#103-avatar-rules-shared-by-agents-and-groups
    pub fn count_avatar_change(&self, caller: &Caller) -> Result<(), Error> {
        Self::permit(&caller.agent, Deed::DescribeItself)?;
        let (surface, subject) = (&caller.surface, Subject::Agent(caller.agent.number));
        let limit = caller.limit(Action::ChangeAvatar);
        let counted = self.0.limiter.take(surface.counted_as, Action::ChangeAvatar, subject, limit);
        counted.map(drop).map_err(Error::Throttled)
    }

    /// Makes the picture with this key the caller's; the key of the one before, if nothing shows that any more.
    ///
    /// # Errors
    ///
    /// [`Error::Suspended`], [`Error::Store`].
    pub async fn set_avatar(&self, caller: &Caller, key: &str) -> Result<Option<String>, Error> {
        let before = self.kept_avatar(&caller.agent);
        self.change_avatar(caller, Some(format!("{AVATARS_AT}{key}").into())).await?;
        Ok(before.filter(|before| before != key))
    }

    /// Takes the caller's picture away, wherever it is; its key, if the hub keeps it.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] if it has none, or a text instead; [`Error::Suspended`], [`Error::Store`].
    pub async fn remove_avatar(&self, caller: &Caller) -> Result<Option<String>, Error> {
        let is_picture = |avatar: &str| avatar.starts_with("https://") || avatar.starts_with("http://");
        if !caller.agent.profile().avatar.as_deref().is_some_and(is_picture) {
            return Err(Error::NotFound(Noun::Avatar));
        }
        let before = self.kept_avatar(&caller.agent);
        self.change_avatar(caller, None).await?;
        Ok(before)
    }

    async fn change_avatar(&self, caller: &Caller, avatar: Option<Arc<str>>) -> Result<(), Error> {
        self.change_profile(caller, &ProfileChange { avatar: Some(avatar), ..ProfileChange::default() }).await
    }

    /// The key of an agent's picture, if the hub keeps it. One of another agent is nobody's to take away.
    fn kept_avatar(&self, agent: &Agent) -> Option<String> {
        let avatar = agent.profile().avatar.clone()?;
        let key = avatar.strip_prefix(self.0.directory.public_url())?.strip_prefix(AVATARS_AT)?;
        let is_own = key.strip_prefix(&folder(&agent.id)).is_some_and(|rest| rest.starts_with('/'));
        is_own.then(|| key.to_owned())
    }
}
