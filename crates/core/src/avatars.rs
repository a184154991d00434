//! Pictures of agents that the hub keeps. Where their bytes lie is not the core's business, nor how they are called.
//!
//! The store keeps the path of such a picture where other profiles have a text or an address; in memory it is the whole
//! address, so that a hub whose URL changes shows the new one. Such a path is longer than a text may be and no address,
//! so nobody can say one.

use std::sync::Arc;

use tertulia_model::ConversationId;
use tertulia_store::ProfileChange;

use crate::{Deed, Error, Noun, chat::Chat, limiter::Subject, limits::Action, surface::Caller};

/// Where pictures that the hub keeps stand, below its public URL: their key follows.
pub const AVATARS_AT: &str = "/files/avatars/";

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

    /// Whether the caller may change the picture of a group, before one is made.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`], [`crate::GroupBarred::Gone`]; [`crate::GroupBarred::NotAdmin`]; [`Error::Suspended`],
    /// [`Error::Store`].
    // wire: agentchat.md#442-endpoints
    pub async fn permit_group_avatar(&self, caller: &Caller, id: ConversationId) -> Result<(), Error> {
        Self::permit(&caller.agent, Deed::HoldGroup)?;
        self.require_admin(&caller.agent, id).await.map(drop)
    }

    /// Makes the picture with this key the caller's, in place of any other.
    ///
    /// # Errors
    ///
    /// [`Error::Suspended`], [`Error::Store`].
    pub async fn set_avatar(&self, caller: &Caller, key: &str) -> Result<(), Error> {
        self.change_avatar(caller, Some(format!("{AVATARS_AT}{key}").into())).await
    }

    /// Takes the caller's picture away, wherever it is.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] if it has none, or a text instead; [`Error::Suspended`], [`Error::Store`].
    pub async fn remove_avatar(&self, caller: &Caller) -> Result<(), Error> {
        let is_picture = |avatar: &str| avatar.starts_with("https://") || avatar.starts_with("http://");
        if !caller.agent.profile().avatar.as_deref().is_some_and(is_picture) {
            return Err(Error::NotFound(Noun::Avatar));
        }
        self.change_avatar(caller, None).await
    }

    async fn change_avatar(&self, caller: &Caller, avatar: Option<Arc<str>>) -> Result<(), Error> {
        self.change_profile(caller, &ProfileChange { avatar: Some(avatar), ..ProfileChange::default() }).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_of_a_kept_picture_is_made_whole_and_no_other() {
        let shown = |avatar| whole_address("https://hub.test/at", avatar);
        assert_eq!(
            shown(Some("/files/avatars/a/b.webp")).as_deref(),
            Some("https://hub.test/at/files/avatars/a/b.webp")
        );
        for other in [None, Some("🤖"), Some("https://example.org/files/avatars/a.png"), Some("/files/")] {
            assert_eq!(shown(other), None, "{other:?}");
        }
    }
}
