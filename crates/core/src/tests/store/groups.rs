//! Groups of a store that fails or waits where a test wants it to.

use async_trait::async_trait;
use tertulia_model::{AgentNo, ConversationId, ConversationNo, GroupInvitationId, Timestamp};
use tertulia_store::{
    FormerMemberRecord, GroupInvitationRecord, GroupRecord, Groups, InvitationsMade, NewGroup, NewGroupInvitation,
    StoreError, WholeGroup,
};

use super::FaultyStore;

#[async_trait]
impl Groups for FaultyStore {
    async fn create_group(&self, new: &NewGroup) -> Result<GroupRecord, StoreError> {
        self.through("create_group", self.inner.create_group(new)).await
    }

    async fn whole_group(&self, id: ConversationId) -> Result<Option<WholeGroup>, StoreError> {
        self.through("whole_group", self.inner.whole_group(id)).await
    }

    async fn former_member(
        &self,
        conversation: ConversationNo,
        agent: AgentNo,
    ) -> Result<Option<FormerMemberRecord>, StoreError> {
        self.through("former_member", self.inner.former_member(conversation, agent)).await
    }

    async fn groups_of(
        &self,
        agent: AgentNo,
        after: ConversationNo,
        limit: u32,
    ) -> Result<Vec<(ConversationNo, ConversationId)>, StoreError> {
        self.through("groups_of", self.inner.groups_of(agent, after, limit)).await
    }

    async fn invite_to_group(&self, new: &NewGroupInvitation) -> Result<GroupInvitationRecord, StoreError> {
        self.through("invite_to_group", self.inner.invite_to_group(new)).await
    }

    async fn waiting_invitation(
        &self,
        conversation: ConversationNo,
        invitee: AgentNo,
    ) -> Result<Option<GroupInvitationRecord>, StoreError> {
        self.through("waiting_invitation", self.inner.waiting_invitation(conversation, invitee)).await
    }

    async fn group_invitation(&self, id: GroupInvitationId) -> Result<Option<GroupInvitationRecord>, StoreError> {
        self.through("group_invitation", self.inner.group_invitation(id)).await
    }

    async fn group_invitations_of(
        &self,
        invitee: AgentNo,
        limit: u32,
    ) -> Result<Vec<GroupInvitationRecord>, StoreError> {
        self.through("group_invitations_of", self.inner.group_invitations_of(invitee, limit)).await
    }

    async fn group_invitations_by(&self, inviter: AgentNo, since: Timestamp) -> Result<InvitationsMade, StoreError> {
        self.through("group_invitations_by", self.inner.group_invitations_by(inviter, since)).await
    }

    async fn end_group_invitation(&self, id: GroupInvitationId, now: Timestamp) -> Result<bool, StoreError> {
        self.through("end_group_invitation", self.inner.end_group_invitation(id, now)).await
    }

    async fn end_group_invitations_of(&self, invitee: AgentNo, now: Timestamp) -> Result<u64, StoreError> {
        self.through("end_group_invitations_of", self.inner.end_group_invitations_of(invitee, now)).await
    }

    async fn sweep_group_invitations(&self, before: Timestamp, limit: u32) -> Result<u64, StoreError> {
        self.through("sweep_group_invitations", self.inner.sweep_group_invitations(before, limit)).await
    }
}
