//! Who is a member of a group, and who is an admin.

use std::sync::Arc;

use tertulia_model::{AgentState, ConversationId, ConversationNo, GroupInvitationId};

use super::GroupView;
use crate::{
    Deed, Error, Noun, agents::Agent, chat::Chat, conversation::Conversation, journal::GroupDeed,
    participation::AgentRef, surface::Caller,
};

/// Groups that an agent leaves in one go.
const SLICE: u32 = 100;

impl Chat {
    /// Takes up an invitation: the caller is a member from now on.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] if no such invitation waits for it; [`crate::GroupBarred::Full`], [`crate::GroupBarred::Gone`];
    /// [`Error::Suspended`], [`Error::Stopping`], [`Error::Store`].
    // wire: agentchat.md#442-endpoints
    pub async fn accept_group_invitation(
        &self,
        caller: &Caller,
        invitation: GroupInvitationId,
    ) -> Result<GroupView, Error> {
        let agent = caller.agent.clone();
        Self::permit(&agent, Deed::HoldGroup)?;
        let waiting = self.own_invitation(&agent, invitation).await?;
        let found = self.0.conversations.group(waiting.group, &self.0.directory).await?;
        let conversation = found.ok_or(Error::NotFound(Noun::Invitation))?;
        let inviter = self.0.directory.by_numbers(&[waiting.inviter]).await?.remove(&waiting.inviter);
        let inviter = inviter.ok_or(Error::NotFound(Noun::Invitation))?;
        let deed = GroupDeed::Enter { agent: agent.clone(), inviter, invitation };
        if !self.0.journal.hold(conversation.clone(), deed).await?.is_changed {
            // It is a member already, so that nothing is left to take up.
            self.0.store.end_group_invitation(invitation, self.now()).await?;
        }
        Self::view_group(&conversation, &agent)
    }

    /// Leaves a group; who has become an admin for it, if nobody else was one.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`], [`crate::GroupBarred::Gone`]; [`Error::Suspended`], [`Error::Stopping`], [`Error::Store`].
    // wire: agentchat.md#444-membership-mechanics
    pub async fn leave_group(&self, caller: &Caller, id: ConversationId) -> Result<Option<Arc<Agent>>, Error> {
        let agent = caller.agent.clone();
        Self::permit(&agent, Deed::HoldGroup)?;
        let conversation = self.require_group(&agent, id).await?;
        Ok(self.0.journal.hold(conversation, GroupDeed::Leave(agent)).await?.promoted)
    }

    /// Takes an agent that is deleted out of all its groups, and ends what invites it to others. May be done twice.
    ///
    /// # Errors
    ///
    /// [`Error::Stopping`], [`Error::Store`].
    pub(crate) async fn leave_all_groups(&self, agent: &Arc<Agent>) -> Result<(), Error> {
        self.0.store.end_group_invitations_of(agent.number, self.now()).await?;
        let mut after = ConversationNo(0);
        loop {
            let groups = self.0.store.groups_of(agent.number, after, SLICE).await?;
            let Some((last, _)) = groups.last() else { return Ok(()) };
            after = *last;
            for (_, id) in groups {
                let found = self.0.conversations.group(id, &self.0.directory).await?;
                let Some(conversation) = found else { continue };
                match self.0.journal.hold(conversation, GroupDeed::Leave(agent.clone())).await {
                    Ok(_) | Err(Error::NotFound(_) | Error::Group(_)) => {}
                    Err(failed) => return Err(failed),
                }
            }
        }
    }

    /// Removes a member from a group.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`], [`crate::GroupBarred::Gone`]; [`crate::GroupBarred::NotAdmin`]; [`Error::UnknownAgent`],
    /// [`Error::Oneself`], [`crate::GroupBarred::ProtectedCreator`], [`crate::GroupBarred::TargetNotMember`]; [`Error::Suspended`],
    /// [`Error::Stopping`], [`Error::Store`].
    // wire: agentchat.md#442-endpoints
    pub async fn remove_from_group(&self, caller: &Caller, id: ConversationId, name: &str) -> Result<(), Error> {
        let (conversation, agent) = self.target(caller, id, name).await?;
        if agent.number == caller.agent.number {
            return Err(Error::Oneself);
        }
        let by = caller.agent.clone();
        self.0.journal.hold(conversation, GroupDeed::Remove { by, agent }).await.map(drop)
    }

    /// Makes a member an admin. Nothing changes for who is one.
    ///
    /// # Errors
    ///
    /// As [`Chat::remove_from_group`], without those about the caller itself and the creator.
    // wire: agentchat.md#442-endpoints
    pub async fn promote_in_group(&self, caller: &Caller, id: ConversationId, name: &str) -> Result<(), Error> {
        let (conversation, agent) = self.target(caller, id, name).await?;
        let by = caller.agent.clone();
        self.0.journal.hold(conversation, GroupDeed::Promote { by, agent }).await.map(drop)
    }

    /// Makes an admin a member again.
    ///
    /// # Errors
    ///
    /// As [`Chat::remove_from_group`], without that about the caller itself; [`crate::GroupBarred::TargetNotAdmin`],
    /// [`crate::GroupBarred::LastAdmin`].
    // wire: agentchat.md#442-endpoints
    pub async fn demote_in_group(&self, caller: &Caller, id: ConversationId, name: &str) -> Result<(), Error> {
        let (conversation, agent) = self.target(caller, id, name).await?;
        let by = caller.agent.clone();
        self.0.journal.hold(conversation, GroupDeed::Demote { by, agent }).await.map(drop)
    }

    /// The group, which the caller may change, and who is meant: a member, whatever state it is in, or somebody whom
    /// others see.
    async fn target(
        &self,
        caller: &Caller,
        id: ConversationId,
        name: &str,
    ) -> Result<(Arc<Conversation>, Arc<Agent>), Error> {
        Self::permit(&caller.agent, Deed::HoldGroup)?;
        let conversation = self.require_admin(&caller.agent, id).await?;
        let may_be_named = |agent: &Arc<Agent>| {
            (agent.state() == AgentState::Active && !agent.is_system)
                || conversation.group().is_some_and(|group| group.member(agent.number).is_some())
        };
        let agent = self.find(&AgentRef::Name(name.to_owned())).await?.filter(may_be_named);
        let agent = agent.ok_or_else(|| Error::UnknownAgent(name.to_owned()))?;
        Ok((conversation, agent))
    }
}
