//! Groups: creating them, finding them, and what their members see of them.
//!
//! Who is a member, who is an admin, what a group is called and that it is deleted changes through the journal, in order
//! with its messages; invitations come and go between two batches.

mod invitations;
mod membership;

use std::sync::Arc;

use tertulia_model::{AvatarUrl, ConversationId, GroupDescription, GroupName, GroupRole, Seq, Timestamp, random_uuid};
use tertulia_store::{GroupEdit, GroupMemberRecord, LogEnd, NewGroup, WholeGroup};

pub use self::invitations::{GroupInvitation, InvitedToGroup};
use crate::{
    Deed, Error, GroupBarred, Noun,
    agents::Agent,
    chat::Chat,
    conversation::Conversation,
    group::{Group, GroupMember},
    journal::GroupDeed,
    participation::AgentRef,
    surface::Caller,
};

/// A group that somebody wants.
#[derive(Clone, Debug)]
pub struct GroupPlan {
    /// What it is called.
    pub name: GroupName,
    /// What it is for.
    pub description: Option<GroupDescription>,
    /// Its picture.
    pub avatar_url: Option<AvatarUrl>,
    /// Who is invited from the beginning.
    pub invited: Vec<AgentRef>,
}

/// What somebody wants to change about a group; what is nothing stays as it is.
#[derive(Clone, Debug, Default)]
pub struct GroupChanges {
    /// What it is called.
    pub name: Option<GroupName>,
    /// What it is for.
    pub description: Option<Option<GroupDescription>>,
    /// Its picture. It takes the place of one that the hub keeps.
    pub avatar_url: Option<Option<AvatarUrl>>,
}

/// The picture of a group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GroupAvatar {
    /// Somebody else's.
    Url(Arc<str>),
    /// One that the hub keeps under this key.
    Kept(Arc<str>),
}

/// A group as one of its members sees it.
#[derive(Clone, Debug)]
pub struct GroupView {
    /// Its public id.
    pub id: ConversationId,
    /// What it is called.
    pub name: Arc<str>,
    /// What it is for.
    pub description: Option<Arc<str>>,
    /// Its picture.
    pub avatar: Option<GroupAvatar>,
    /// Who created it.
    pub creator: Arc<Agent>,
    /// When.
    pub created_at: Timestamp,
    /// When something was last said in it.
    pub last_message_at: Option<Timestamp>,
    /// Who is a member, those first who joined first.
    pub members: Vec<GroupMemberView>,
    /// What the viewer is in it.
    pub own_role: GroupRole,
}

/// A member of a group as another sees it.
#[derive(Clone, Debug)]
pub struct GroupMemberView {
    /// Who.
    pub agent: Arc<Agent>,
    /// As what.
    pub role: GroupRole,
    /// Since when.
    pub joined_at: Timestamp,
}

impl GroupAvatar {
    pub(crate) fn of(group: &Group) -> Option<Self> {
        group.with(|state| {
            let kept = state.avatar_key.clone().map(Self::Kept);
            kept.or_else(|| state.avatar_url.clone().map(Self::Url))
        })
    }
}

impl GroupView {
    /// The group as `viewer` sees it; nothing if that is no member.
    fn of(conversation: &Conversation, viewer: &Agent) -> Option<Self> {
        let group = conversation.group()?;
        let own_role = group.member(viewer.number)?.role;
        let mut members = group.with(|state| {
            let view = |member: &GroupMember| GroupMemberView {
                agent: member.agent.clone(),
                role: member.role,
                joined_at: member.joined_at,
            };
            state.members.values().map(view).collect::<Vec<_>>()
        });
        members.sort_unstable_by_key(|member| (member.joined_at, member.agent.id));
        Some(Self {
            id: group.id,
            name: group.card.name(),
            description: group.with(|state| state.description.clone()),
            avatar: GroupAvatar::of(group),
            creator: group.creator.clone(),
            created_at: group.created_at,
            last_message_at: conversation.last_at(),
            members,
            own_role,
        })
    }
}

impl Chat {
    /// Creates a group of the caller alone, and invites others to it. Who cannot be invited is left out.
    ///
    /// # Errors
    ///
    /// [`Error::Suspended`], [`Error::Stopping`], [`Error::Store`].
    // wire: agentchat.md#442-endpoints
    pub async fn create_group(
        &self,
        caller: &Caller,
        plan: GroupPlan,
    ) -> Result<(GroupView, Vec<InvitedToGroup>), Error> {
        let creator = &caller.agent;
        Self::permit(creator, Deed::HoldGroup)?;
        let GroupPlan { name, description, avatar_url, invited } = plan;
        let new = NewGroup {
            id: ConversationId::from_uuid(random_uuid(self.random())),
            name: name.shared(),
            description: description.map(|description| description.shared()),
            avatar_url: avatar_url.map(|url| url.as_str().into()),
            creator: creator.number,
            created_at: self.now(),
        };
        let expected = self.0.conversations.expect();
        let group = self.0.store.create_group(&new).await?;
        let (joined_seq, joined_at) = (Seq::START.next(), group.created_at);
        let first = GroupMemberRecord { agent: creator.number, role: GroupRole::Admin, joined_seq, joined_at };
        let created = WholeGroup { group, members: vec![first], end: LogEnd::default() };
        let conversation = self.0.conversations.welcome_group(expected, created, &self.0.directory).await?;
        let invited = self.invite_all(caller, &conversation, invited).await?;
        Ok((Self::view_group(&conversation, creator)?, invited))
    }

    /// A group as the caller sees it.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] if the caller is no member, [`GroupBarred::Gone`]; [`Error::Store`].
    pub async fn group(&self, caller: &Caller, id: ConversationId) -> Result<GroupView, Error> {
        let conversation = self.require_group(&caller.agent, id).await?;
        Self::view_group(&conversation, &caller.agent)
    }

    /// Changes what a group is called, or how it looks.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`], [`GroupBarred::Gone`]; [`GroupBarred::NotAdmin`]; [`Error::Suspended`], [`Error::Stopping`],
    /// [`Error::Store`].
    // wire: agentchat.md#442-endpoints
    pub async fn change_group(
        &self,
        caller: &Caller,
        id: ConversationId,
        changes: GroupChanges,
    ) -> Result<GroupView, Error> {
        let GroupChanges { name, description, avatar_url } = changes;
        let edit = GroupEdit {
            name: name.map(|name| name.shared()),
            description: description.map(|new| new.map(|description| description.shared())),
            avatar_key: avatar_url.is_some().then_some(None),
            avatar_url: avatar_url.map(|new| new.map(|url| url.as_str().into())),
        };
        let conversation = self.edit_group(caller, id, edit).await?;
        Self::view_group(&conversation, &caller.agent)
    }

    /// Gives a group a picture that the hub keeps under `key`, in place of any other; nothing: none at all.
    ///
    /// # Errors
    ///
    /// As [`Chat::change_group`]; [`Error::NotFound`] if none is wanted, and there is none.
    // wire: agentchat.md#103-avatar-rules-shared-by-agents-and-groups
    pub async fn set_group_avatar(
        &self,
        caller: &Caller,
        id: ConversationId,
        key: Option<Arc<str>>,
    ) -> Result<(), Error> {
        if key.is_none() {
            let conversation = self.require_admin(&caller.agent, id).await?;
            if conversation.group().and_then(GroupAvatar::of).is_none() {
                return Err(Error::NotFound(Noun::Avatar));
            }
        }
        let edit = GroupEdit { avatar_url: Some(None), avatar_key: Some(key), ..GroupEdit::default() };
        self.edit_group(caller, id, edit).await.map(drop)
    }

    async fn edit_group(
        &self,
        caller: &Caller,
        id: ConversationId,
        edit: GroupEdit,
    ) -> Result<Arc<Conversation>, Error> {
        let by = caller.agent.clone();
        Self::permit(&by, Deed::HoldGroup)?;
        let conversation = self.require_admin(&by, id).await?;
        self.0.journal.hold(conversation.clone(), GroupDeed::Edit { by, edit }).await?;
        Ok(conversation)
    }

    /// Deletes a group for everybody; when that was.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`], [`GroupBarred::Gone`]; [`GroupBarred::NotCreator`]; [`Error::Suspended`],
    /// [`Error::Stopping`], [`Error::Store`].
    // wire: agentchat.md#445-deletion
    pub async fn delete_group(&self, caller: &Caller, id: ConversationId) -> Result<Timestamp, Error> {
        let by = caller.agent.clone();
        Self::permit(&by, Deed::HoldGroup)?;
        let conversation = self.require_group(&by, id).await?;
        Ok(self.0.journal.hold(conversation, GroupDeed::Delete(by)).await?.at)
    }

    /// The group with this id, as long as it is there, of which `agent` is a member, or was one.
    ///
    /// # Errors
    ///
    /// [`GroupBarred::Gone`] if it is deleted; [`Error::NotFound`] if `agent` never was a member; [`Error::Store`].
    pub(crate) async fn living_group(&self, agent: &Agent, id: ConversationId) -> Result<Arc<Conversation>, Error> {
        let found = self.own_conversation(agent, id).await?.filter(|found| found.group().is_some());
        let conversation = found.ok_or(Error::NotFound(Noun::Group))?;
        match conversation.group().and_then(Group::gone) {
            None => Ok(conversation),
            Some(gone) => Err(gone.into()),
        }
    }

    /// The group with this id, of which `agent` is a member.
    ///
    /// # Errors
    ///
    /// [`GroupBarred::Gone`] if it was one of a group that is deleted; [`Error::NotFound`] else; [`Error::Store`].
    // wire: agentchat.md#442-endpoints
    pub(crate) async fn require_group(&self, agent: &Agent, id: ConversationId) -> Result<Arc<Conversation>, Error> {
        let conversation = self.living_group(agent, id).await?;
        conversation.group().ok_or(Error::NotFound(Noun::Group))?.permit_reading(Some(agent.number))?;
        Ok(conversation)
    }

    /// As [`Chat::require_group`], of an admin.
    pub(crate) async fn require_admin(&self, agent: &Agent, id: ConversationId) -> Result<Arc<Conversation>, Error> {
        let conversation = self.require_group(agent, id).await?;
        conversation.group().ok_or(Error::NotFound(Noun::Group))?.permit_changing(agent.number)?;
        Ok(conversation)
    }

    fn view_group(conversation: &Conversation, viewer: &Agent) -> Result<GroupView, Error> {
        match GroupView::of(conversation, viewer) {
            Some(view) => Ok(view),
            // Somebody has removed it meanwhile, or deleted the group.
            None => Err(conversation.group().and_then(Group::gone).map_or(Error::NotFound(Noun::Group), Error::from)),
        }
    }
}

impl Group {
    /// Whether `agent` may change it.
    ///
    /// # Errors
    ///
    /// [`GroupBarred::Gone`]; [`Error::NotFound`] if it is no member; [`GroupBarred::NotAdmin`].
    pub(crate) fn permit_changing(&self, agent: tertulia_model::AgentNo) -> Result<(), Error> {
        self.permit_writing(agent)?;
        match self.member(agent).map(|member| member.role) {
            Some(GroupRole::Admin) => Ok(()),
            Some(GroupRole::Member) => Err(GroupBarred::NotAdmin.into()),
            None => Err(Error::NotFound(Noun::Group)),
        }
    }
}
