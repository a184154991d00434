//! Groups, who is a member of them, and who is invited.
//!
//! What happens to a group is a message of its own in it, so it is written with that message: see [`GroupChange`] and
//! [`Commit::groups`](crate::Commit::groups). Who leaves is remembered.

use std::{fmt::Debug, sync::Arc};

use async_trait::async_trait;
use tertulia_model::{AgentNo, ConversationId, ConversationNo, GroupInvitationId, GroupRole, Seq, Timestamp};

use crate::{LogEnd, StoreError};

/// A group about to be created. Its creator is its first member, and an admin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewGroup {
    /// Its public id.
    pub id: ConversationId,
    /// What it is called.
    pub name: Arc<str>,
    /// What it is for.
    pub description: Option<Arc<str>>,
    /// Its picture, which is somebody else's.
    pub avatar_url: Option<Arc<str>>,
    /// Who creates it.
    pub creator: AgentNo,
    /// When.
    pub created_at: Timestamp,
}

/// A group as stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupRecord {
    /// Its number inside the hub.
    pub number: ConversationNo,
    /// Its public id.
    pub id: ConversationId,
    /// What it is called.
    pub name: Arc<str>,
    /// What it is for.
    pub description: Option<Arc<str>>,
    /// Its picture, if that is somebody else's.
    pub avatar_url: Option<Arc<str>>,
    /// Its picture, if the hub keeps it.
    pub avatar_key: Option<Arc<str>>,
    /// Who created it.
    pub creator: AgentNo,
    /// When.
    pub created_at: Timestamp,
    /// When it was deleted, and by whom, if it was.
    pub deleted: Option<(Timestamp, AgentNo)>,
}

/// A member of a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GroupMemberRecord {
    /// Who.
    pub agent: AgentNo,
    /// As what.
    pub role: GroupRole,
    /// The first message that it may see.
    pub joined_seq: Seq,
    /// Since when.
    pub joined_at: Timestamp,
}

/// A group with its members, and where its log ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WholeGroup {
    /// The group.
    pub group: GroupRecord,
    /// Who is a member now.
    pub members: Vec<GroupMemberRecord>,
    /// Where its log ends.
    pub end: LogEnd,
}

/// That an agent was a member of a group, and is none any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FormerMemberRecord {
    /// The first message that it could see.
    pub joined_seq: Seq,
    /// Until when it was a member.
    pub left_at: Timestamp,
}

/// What changes about a group besides its members; what is nothing stays as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GroupEdit {
    /// What it is called.
    pub name: Option<Arc<str>>,
    /// What it is for.
    pub description: Option<Option<Arc<str>>>,
    /// Somebody else's picture.
    pub avatar_url: Option<Option<Arc<str>>>,
    /// A picture that the hub keeps.
    pub avatar_key: Option<Option<Arc<str>>>,
}

/// What happens to a group, written with the message that says so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GroupChange {
    /// An agent is a member from now on, with nothing of an earlier membership. What invited it has ended.
    Joined {
        /// Of which group.
        conversation: ConversationNo,
        /// The member.
        member: GroupMemberRecord,
    },
    /// A member is none any more. What waits for it from there counts as delivered.
    Left {
        /// Of which group.
        conversation: ConversationNo,
        /// Who.
        agent: AgentNo,
        /// When.
        at: Timestamp,
    },
    /// A member has another role.
    Role {
        /// In which group.
        conversation: ConversationNo,
        /// Who.
        agent: AgentNo,
        /// Which.
        role: GroupRole,
    },
    /// It is called or described otherwise, or has another picture.
    Edited {
        /// Which group.
        conversation: ConversationNo,
        /// What is changed.
        edit: GroupEdit,
    },
    /// It is deleted: nobody is a member any more, what waits from there counts as delivered but for what is written
    /// with this, and invitations to it have ended.
    Deleted {
        /// Which group.
        conversation: ConversationNo,
        /// Who deletes it.
        by: AgentNo,
        /// When.
        at: Timestamp,
    },
}

/// An invitation about to be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NewGroupInvitation {
    /// Its public id.
    pub id: GroupInvitationId,
    /// To which group.
    pub conversation: ConversationNo,
    /// Who is invited.
    pub invitee: AgentNo,
    /// By whom.
    pub inviter: AgentNo,
    /// When.
    pub now: Timestamp,
}

/// An invitation that waits for an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GroupInvitationRecord {
    /// Its public id.
    pub id: GroupInvitationId,
    /// To which group.
    pub conversation: ConversationNo,
    /// The public id of that group.
    pub group: ConversationId,
    /// Who is invited.
    pub invitee: AgentNo,
    /// By whom.
    pub inviter: AgentNo,
    /// When.
    pub invited_at: Timestamp,
}

/// The invitations that an agent has made, answered ones included.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct InvitationsMade {
    /// How many.
    pub count: u32,
    /// When the oldest of them was made.
    pub oldest: Option<Timestamp>,
}

/// The groups.
#[async_trait]
pub trait Groups: Debug + Send + Sync + 'static {
    /// Creates a group.
    async fn create_group(&self, new: &NewGroup) -> Result<GroupRecord, StoreError>;

    /// The group with this public id, deleted or not.
    async fn whole_group(&self, id: ConversationId) -> Result<Option<WholeGroup>, StoreError>;

    /// The membership of an agent that has ended; nothing if it never was a member, or is one now.
    async fn former_member(
        &self,
        conversation: ConversationNo,
        agent: AgentNo,
    ) -> Result<Option<FormerMemberRecord>, StoreError>;

    /// The groups of which an agent is a member, in order of their numbers behind `after`, at most `limit`.
    async fn groups_of(
        &self,
        agent: AgentNo,
        after: ConversationNo,
        limit: u32,
    ) -> Result<Vec<(ConversationNo, ConversationId)>, StoreError>;

    /// Invites an agent. If it is invited to this group already, that is answered instead.
    async fn invite_to_group(&self, new: &NewGroupInvitation) -> Result<GroupInvitationRecord, StoreError>;

    /// The invitation of an agent to a group that waits for its answer.
    async fn waiting_invitation(
        &self,
        conversation: ConversationNo,
        invitee: AgentNo,
    ) -> Result<Option<GroupInvitationRecord>, StoreError>;

    /// The invitation with this public id, as long as it waits for an answer.
    async fn group_invitation(&self, id: GroupInvitationId) -> Result<Option<GroupInvitationRecord>, StoreError>;

    /// The invitations that wait for an agent's answer, oldest first, at most `limit`.
    async fn group_invitations_of(
        &self,
        invitee: AgentNo,
        limit: u32,
    ) -> Result<Vec<GroupInvitationRecord>, StoreError>;

    /// The invitations that an agent has made since.
    async fn group_invitations_by(&self, inviter: AgentNo, since: Timestamp) -> Result<InvitationsMade, StoreError>;

    /// Ends an invitation. `false`: it does not wait for an answer.
    async fn end_group_invitation(&self, id: GroupInvitationId, now: Timestamp) -> Result<bool, StoreError>;

    /// Ends every invitation of an agent; how many.
    async fn end_group_invitations_of(&self, invitee: AgentNo, now: Timestamp) -> Result<u64, StoreError>;

    /// Forgets at most `limit` invitations that ended, and were made, before; how many it were.
    async fn sweep_group_invitations(&self, before: Timestamp, limit: u32) -> Result<u64, StoreError>;
}
