//! Joining and leaving communities, inviting, and roles.

use std::sync::Arc;

use tertulia_model::{CommunityId, Role};
use tertulia_store::{Admission, Invitation, Member};

use super::{Community, MOST_INVITED, stance::Wish};
use crate::{Barred, Deed, Error, Noun, agents::Agent, chat::Chat, surface::Caller};

impl Chat {
    /// Makes the caller a member of a community. Whoever is a member of the built-in one stays it.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`], [`Barred::AlreadyMember`], [`Barred::Banned`], [`Barred::Full`], [`Error::Suspended`],
    /// [`Error::Stopping`], [`Error::Store`].
    pub async fn join_community(&self, caller: &Caller, id: CommunityId) -> Result<(), Error> {
        Self::permit(&caller.agent, Deed::JoinCommunity)?;
        if self.is_built_in(id) {
            return Ok(());
        }
        let community = self.known_community(id, Some(caller)).await?;
        let (chat, agent) = (self.clone(), caller.agent.clone());
        let joining = async move {
            Self::permit(&agent, Deed::JoinCommunity)?;
            community.grant(Some(agent.number), Wish::Know)?;
            let since = chat.now();
            let admitted = chat.0.store.admit_member(community.number, agent.number, since).await;
            match chat.outcome(&community, admitted).await? {
                Admission::Admitted => {
                    community.admit(Member { agent: agent.number, role: Role::Member, since });
                    Ok(())
                }
                Admission::AlreadyMember => Err(Barred::AlreadyMember.into()),
                Admission::Banned => Err(Barred::Banned.into()),
                Admission::Full => Err(Barred::Full.into()),
                Admission::NotInvited | Admission::Gone => Err(Error::NotFound(Noun::Community)),
            }
        };
        self.0.journal.exclusively(joining).await
    }

    /// Ends the caller's membership. It hears no more of the community's channels.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`], [`Error::NotMember`], [`Barred::OwnerStays`], [`Barred::BuiltIn`], [`Error::Suspended`],
    /// [`Error::Stopping`], [`Error::Store`].
    pub async fn leave_community(&self, caller: &Caller, id: CommunityId) -> Result<(), Error> {
        Self::permit(&caller.agent, Deed::LeaveCommunity)?;
        self.not_built_in(id, Barred::BuiltIn)?;
        let community = self.known_community(id, Some(caller)).await?;
        let (chat, agent) = (self.clone(), caller.agent.clone());
        let leaving = async move {
            community.grant(Some(agent.number), Wish::TakePart)?;
            if community.role_of(agent.number) == Some(Role::Owner) {
                return Err(Barred::OwnerStays.into());
            }
            let removed = chat.0.store.remove_member(community.number, agent.number).await;
            chat.outcome(&community, removed).await?;
            community.part_with(agent.number);
            chat.withdraw_from_all(&community).await;
            Ok(())
        };
        self.0.journal.exclusively(leaving).await
    }

    /// Gives a member a role; the owner keeps its own, and nobody else becomes owner.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`], [`Barred::NotOwner`], [`Error::UnknownAgent`], [`Error::NotMember`], [`Barred::OwnerStays`],
    /// [`Error::Suspended`], [`Error::Stopping`], [`Error::Store`].
    pub async fn set_role(&self, caller: &Caller, id: CommunityId, member: &str, role: Role) -> Result<(), Error> {
        Self::permit(&caller.agent, Deed::ManageCommunity)?;
        self.not_built_in(id, Barred::NotOwner)?;
        let community = self.known_community(id, Some(caller)).await?;
        // Who may not do this does not learn who exists.
        community.grant(Some(caller.agent.number), Wish::Own)?;
        let member = self.agent_meant(member).await?;
        let (chat, agent) = (self.clone(), caller.agent.clone());
        let change = async move {
            Self::permit(&agent, Deed::ManageCommunity)?;
            community.grant(Some(agent.number), Wish::Own)?;
            match community.role_of(member.number) {
                None => return Err(Error::NotMember),
                Some(Role::Owner) => return Err(Barred::OwnerStays.into()),
                Some(before) if before == role => return Ok(()),
                Some(_) if role == Role::Owner => return Err(Barred::OwnerStays.into()),
                Some(_) => {}
            }
            let changed = chat.0.store.set_role(community.number, member.number, role).await;
            if chat.outcome(&community, changed).await? {
                community.set_role(member.number, role);
            }
            Ok(())
        };
        self.0.journal.exclusively(change).await
    }

    /// Invites an agent to a community. Nothing changes for who is invited or a member.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`], [`Barred::NotAdmin`], [`Error::UnknownAgent`], [`Error::Blocked`], [`Barred::Banned`],
    /// [`Barred::TooManyInvitations`], [`Error::Suspended`], [`Error::Stopping`], [`Error::Store`].
    pub async fn invite_member(&self, caller: &Caller, id: CommunityId, invited: &str) -> Result<(), Error> {
        let (community, invited) = self.keeping(caller, id, invited).await?;
        let (chat, agent) = (self.clone(), caller.agent.clone());
        let invitation = async move {
            Self::permit(&agent, Deed::ManageCommunity)?;
            community.grant(Some(agent.number), Wish::Keep)?;
            chat.permit_inviting(&agent, std::slice::from_ref(&invited)).await?;
            let invited_now = chat
                .0
                .store
                .invite_member(community.number, invited.number, agent.number, chat.now(), MOST_INVITED)
                .await;
            match chat.outcome(&community, invited_now).await? {
                Invitation::Invited => {
                    community.set_invited(invited.number, true);
                    Ok(())
                }
                Invitation::AlreadyInvited | Invitation::AlreadyMember => Ok(()),
                Invitation::Banned => Err(Barred::Banned.into()),
                Invitation::TooMany => Err(Barred::TooManyInvitations.into()),
                Invitation::Gone => Err(Error::NotFound(Noun::Community)),
            }
        };
        self.0.journal.exclusively(invitation).await
    }

    /// Takes an invitation back. Nothing changes for who is not invited.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`], [`Barred::NotAdmin`], [`Error::UnknownAgent`], [`Error::Suspended`], [`Error::Stopping`],
    /// [`Error::Store`].
    pub async fn withdraw_invitation(&self, caller: &Caller, id: CommunityId, invited: &str) -> Result<(), Error> {
        let (community, invited) = self.keeping(caller, id, invited).await?;
        let (chat, agent) = (self.clone(), caller.agent.clone());
        let withdrawal = async move {
            Self::permit(&agent, Deed::ManageCommunity)?;
            community.grant(Some(agent.number), Wish::Keep)?;
            let withdrawn = chat.0.store.withdraw_invitation(community.number, invited.number).await;
            chat.outcome(&community, withdrawn).await?;
            community.set_invited(invited.number, false);
            Ok(())
        };
        self.0.journal.exclusively(withdrawal).await
    }

    /// A community that the caller helps to keep, and an agent with which it wants to do something there.
    pub(super) async fn keeping(
        &self,
        caller: &Caller,
        id: CommunityId,
        other: &str,
    ) -> Result<(Arc<Community>, Arc<Agent>), Error> {
        Self::permit(&caller.agent, Deed::ManageCommunity)?;
        self.not_built_in(id, Barred::NotAdmin)?;
        let community = self.known_community(id, Some(caller)).await?;
        // Who may not do this does not learn who exists.
        community.grant(Some(caller.agent.number), Wish::Keep)?;
        Ok((community, self.agent_meant(other).await?))
    }

    /// The agent of this name that is there for others.
    pub(super) async fn agent_meant(&self, name: &str) -> Result<Arc<Agent>, Error> {
        let named = self.agents_named(&[crate::AgentRef::Name(name.to_owned())]).await?;
        named.into_iter().next().ok_or_else(|| Error::UnknownAgent(name.to_owned()))
    }
}
