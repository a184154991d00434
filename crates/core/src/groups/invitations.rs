//! Invitations to groups. Nobody is a member who has not accepted one.
//!
//! They come and go between two batches of the journal: whom memory knows as a member, and how many there are, holds
//! until the invitation is written.

use std::{collections::HashSet, sync::Arc};

use tertulia_model::{AgentNo, AgentState, ConversationId, GroupInvitationId, Openness, Timestamp, random_uuid};
use tertulia_store::{GroupInvitationRecord, NewGroupInvitation, Occasion, StoreError};

use super::GroupAvatar;
use crate::{
    Action, AgentEvent, Deed, Error, GroupBarred, Limit, LongLimit, Noun, Reach, Throttle, agents::Agent, chat::Chat,
    conversation::Conversation, group::Group, participation::AgentRef, surface::Caller,
};

/// Invitations that are listed at the most. Whoever answers some sees the rest.
const MOST_LISTED: u32 = 1_000;

/// An invitation to a group that waits for an answer, as who is invited sees it.
#[derive(Clone, Debug)]
pub struct GroupInvitation {
    /// Its public id.
    pub id: GroupInvitationId,
    /// To which group.
    pub group: ConversationId,
    /// What that is called.
    pub name: Arc<str>,
    /// What it is for.
    pub description: Option<Arc<str>>,
    /// Its picture.
    pub avatar: Option<GroupAvatar>,
    /// How many members it has.
    pub members: usize,
    /// Who has invited.
    pub inviter: Arc<Agent>,
    /// When.
    pub created_at: Timestamp,
}

/// What came of inviting an agent.
#[derive(Clone, Debug)]
pub struct InvitedToGroup {
    /// Whom.
    pub agent: Arc<Agent>,
    /// What waits for its answer; nothing: it is a member already.
    pub invitation: Option<GroupInvitationId>,
}

/// What came of it, and whether it is new.
enum Inviting {
    AlreadyMember,
    Waits(GroupInvitationRecord),
    Made(GroupInvitationRecord),
}

impl Chat {
    /// Invites an agent to a group.
    ///
    /// # Errors
    ///
    /// In this order: [`Error::NotFound`], [`GroupBarred::Gone`]; [`GroupBarred::NotAdmin`]; [`Error::UnknownAgent`];
    /// [`Error::Oneself`]; [`Error::Blocked`]; [`Error::Throttled`]; [`Reach::ContactsOnly`]; [`GroupBarred::Full`].
    /// [`Error::Suspended`], [`Error::Stopping`], [`Error::Store`].
    // wire: agentchat.md#443-invite-rules-in-this-order
    pub async fn invite_to_group(
        &self,
        caller: &Caller,
        id: ConversationId,
        name: &str,
    ) -> Result<InvitedToGroup, Error> {
        Self::permit(&caller.agent, Deed::HoldGroup)?;
        let conversation = self.require_admin(&caller.agent, id).await?;
        let agent = self.require_reachable(name).await?;
        self.invite_agent(caller, &conversation, agent).await
    }

    /// Invites those who can be invited, each once; the others are left out.
    pub(super) async fn invite_all(
        &self,
        caller: &Caller,
        conversation: &Arc<Conversation>,
        named: Vec<AgentRef>,
    ) -> Result<Vec<InvitedToGroup>, Error> {
        let mut known = HashSet::from([caller.agent.number]);
        let mut invited = Vec::new();
        for reference in named {
            let Some(agent) = self.find(&reference).await? else { continue };
            if !known.insert(agent.number) {
                continue;
            }
            match self.invite_agent(caller, conversation, agent).await {
                Ok(outcome) => invited.push(outcome),
                Err(failed @ (Error::Store(_) | Error::Stopping)) => return Err(failed),
                Err(_) => {}
            }
        }
        Ok(invited)
    }

    async fn invite_agent(
        &self,
        caller: &Caller,
        conversation: &Arc<Conversation>,
        agent: Arc<Agent>,
    ) -> Result<InvitedToGroup, Error> {
        if agent.number == caller.agent.number {
            return Err(Error::Oneself);
        }
        let (chat, by, place) = (self.clone(), caller.agent.clone(), conversation.clone());
        let (limit, invitee) = (caller.limit(Action::InviteToGroup), agent.clone());
        let inviting = async move { chat.make_invitation(&by, &place, &invitee, limit).await };
        match self.0.journal.exclusively(inviting).await? {
            Inviting::AlreadyMember => Ok(InvitedToGroup { agent, invitation: None }),
            Inviting::Waits(waiting) => Ok(InvitedToGroup { agent, invitation: Some(waiting.id) }),
            Inviting::Made(made) => {
                let shown = shown(&made, conversation, caller.agent.clone());
                if let Some(invitation) = shown.map(Arc::new).filter(|_| !agent.is_fully_paused()) {
                    self.tell_agent(&agent, &AgentEvent::GroupInvited { invitation });
                    let invited = self.occurrence(&caller.agent, Occasion::GroupInvited { invitation: made.id });
                    self.tell_elsewhere(&agent, invited).await;
                }
                Ok(InvitedToGroup { agent, invitation: Some(made.id) })
            }
        }
    }

    /// What depends on the group, on how the two stand to each other and on earlier invitations, between two batches.
    async fn make_invitation(
        &self,
        by: &Agent,
        conversation: &Conversation,
        invitee: &Agent,
        limit: Limit,
    ) -> Result<Inviting, Error> {
        Self::permit(by, Deed::HoldGroup)?;
        let group = conversation.group().ok_or(Error::NotFound(Noun::Group))?;
        group.permit_changing(by.number)?;
        if invitee.state() != AgentState::Active || invitee.is_system {
            return Err(Error::UnknownAgent(invitee.name.to_string()));
        }
        if self.is_blocked(by, invitee).await? {
            return Err(Error::Blocked);
        }
        if group.member(invitee.number).is_some() {
            return Ok(Inviting::AlreadyMember);
        }
        self.permit_another_invitation(by, limit).await?;
        if !self.may_invite(by, invitee).await? {
            return Err(Reach::ContactsOnly.into());
        }
        if let Some(waiting) = self.0.store.waiting_invitation(conversation.number, invitee.number).await? {
            return Ok(Inviting::Waits(waiting));
        }
        self.permit_one_more_member(group)?;
        let new = NewGroupInvitation {
            id: GroupInvitationId::from_uuid(random_uuid(self.random())),
            conversation: conversation.number,
            invitee: invitee.number,
            inviter: by.number,
            now: self.now(),
        };
        let made = match self.0.store.invite_to_group(&new).await {
            Ok(made) => made,
            // It may have been written all the same.
            Err(failed) => self.0.store.group_invitation(new.id).await?.ok_or(failed)?,
        };
        Ok(Inviting::Made(made))
    }

    /// Whether `by` may make one more invitation. Those that were answered count as well.
    async fn permit_another_invitation(&self, by: &Agent, limit: Limit) -> Result<(), Error> {
        let Limit::Rate { count, per } = limit else { return Ok(()) };
        let now = self.now();
        let made = self.0.store.group_invitations_by(by.number, now - per).await?;
        if made.count < count {
            return Ok(());
        }
        Err(Error::Throttled(Throttle::rolling(Action::InviteToGroup, count, per, made.oldest, now)))
    }

    /// Whether `invitee` lets `by` invite it.
    // wire: agentchat.md#64-group_invite_policy
    async fn may_invite(&self, by: &Agent, invitee: &Agent) -> Result<bool, StoreError> {
        match invitee.invite_policy() {
            Openness::Open => Ok(true),
            Openness::ContactsOnly => self.has_contact(invitee, by).await,
        }
    }

    fn permit_one_more_member(&self, group: &Group) -> Result<(), Error> {
        let most = usize::try_from(self.0.rules.messaging.group_members).unwrap_or(usize::MAX);
        if group.card.members() < most { Ok(()) } else { Err(GroupBarred::Full.into()) }
    }

    /// The invitations that wait for the caller's answer, oldest first.
    ///
    /// # Errors
    ///
    /// [`Error::Store`].
    pub async fn group_invitations(&self, caller: &Caller) -> Result<Vec<GroupInvitation>, Error> {
        let records = self.0.store.group_invitations_of(caller.agent.number, MOST_LISTED).await?;
        let mut inviters: Vec<AgentNo> = records.iter().map(|record| record.inviter).collect();
        inviters.sort_unstable();
        inviters.dedup();
        let inviters = self.0.directory.by_numbers(&inviters).await?;
        let mut invitations = Vec::with_capacity(records.len());
        for record in records {
            let Some(inviter) = inviters.get(&record.inviter) else { continue };
            let Some(group) = self.0.conversations.group(record.group, &self.0.directory).await? else { continue };
            invitations.extend(shown(&record, &group, inviter.clone()));
        }
        Ok(invitations)
    }

    /// The invitation with this id, if it waits for an answer.
    pub(crate) async fn waiting_group_invitation(
        &self,
        id: GroupInvitationId,
    ) -> Result<Option<GroupInvitation>, Error> {
        let Some(record) = self.0.store.group_invitation(id).await? else { return Ok(None) };
        let Some(group) = self.0.conversations.group(record.group, &self.0.directory).await? else { return Ok(None) };
        let inviter = self.0.directory.by_numbers(&[record.inviter]).await?.remove(&record.inviter);
        Ok(inviter.and_then(|inviter| shown(&record, &group, inviter)))
    }

    /// Turns an invitation down. Who has invited is not told.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] if no such invitation waits for the caller; [`Error::Suspended`], [`Error::Stopping`],
    /// [`Error::Store`].
    pub async fn decline_group_invitation(&self, caller: &Caller, id: GroupInvitationId) -> Result<(), Error> {
        let (chat, agent) = (self.clone(), caller.agent.clone());
        Self::permit(&agent, Deed::HoldGroup)?;
        let declining = async move {
            chat.own_invitation(&agent, id).await?;
            let was_waiting = chat.0.store.end_group_invitation(id, chat.now()).await?;
            if was_waiting { Ok(()) } else { Err(Error::NotFound(Noun::Invitation)) }
        };
        self.0.journal.exclusively(declining).await
    }

    /// Forgets some of the invitations that were answered, and were made so long ago that no window counts them.
    pub(crate) async fn sweep_group_invitations(&self, limit: u32) -> Result<u32, StoreError> {
        let swept = self.0.store.sweep_group_invitations(self.now() - LongLimit::LONGEST_WINDOW, limit).await?;
        Ok(u32::try_from(swept).unwrap_or(u32::MAX))
    }

    /// The invitation with this id, if it waits for an answer of `agent`.
    pub(super) async fn own_invitation(
        &self,
        agent: &Agent,
        id: GroupInvitationId,
    ) -> Result<GroupInvitationRecord, Error> {
        let waiting = self.0.store.group_invitation(id).await?;
        waiting.filter(|waiting| waiting.invitee == agent.number).ok_or(Error::NotFound(Noun::Invitation))
    }
}

/// As it is shown; nothing if the group is gone.
fn shown(record: &GroupInvitationRecord, group: &Conversation, inviter: Arc<Agent>) -> Option<GroupInvitation> {
    let group = group.group().filter(|group| group.gone().is_none())?;
    Some(GroupInvitation {
        id: record.id,
        group: record.group,
        name: group.card.name(),
        description: group.with(|state| state.description.clone()),
        avatar: GroupAvatar::of(group),
        members: group.card.members(),
        inviter,
        created_at: record.invited_at,
    })
}
