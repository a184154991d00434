//! What happens to groups, decided on by the writer: the group as it will be, and the messages that say so.
//!
//! Such an entry is a batch of its own, so that memory knows how the group stands when it is decided on.

use std::{sync::Arc, time::Duration};

use tertulia_model::{AgentNo, AgentState, ConversationNo, GroupEvent, GroupInvitationId, GroupRole, Timestamp};
use tertulia_store::{Content, EventRecord, GroupChange, GroupEdit, GroupMemberRecord, Profile};

use super::{
    batch::{Batch, Copies, Effect, Numbering},
    deliveries,
};
use crate::{
    Chat, Deed, Error, GroupBarred, Noun,
    agents::Agent,
    group::{Group, GroupMember, GroupState},
    posted::GroupNews,
};

/// What somebody wants to happen to a group.
#[derive(Clone, Debug)]
pub(crate) enum GroupDeed {
    /// An agent that was invited becomes a member.
    Enter { agent: Arc<Agent>, inviter: Arc<Agent>, invitation: GroupInvitationId },
    /// A member leaves.
    Leave(Arc<Agent>),
    /// A member is removed by an admin.
    Remove { by: Arc<Agent>, agent: Arc<Agent> },
    /// A member becomes an admin.
    Promote { by: Arc<Agent>, agent: Arc<Agent> },
    /// An admin becomes a member again.
    Demote { by: Arc<Agent>, agent: Arc<Agent> },
    /// An admin changes what the group is called, or how it looks.
    Edit { by: Arc<Agent>, edit: GroupEdit },
    /// A member deletes it.
    Delete(Arc<Agent>),
}

/// What came of it.
#[derive(Clone, Debug, Default)]
pub(crate) struct GroupOutcome {
    /// Whether anything has changed.
    pub(crate) is_changed: bool,
    /// Who has become an admin by itself.
    pub(crate) promoted: Option<Arc<Agent>>,
    /// When.
    pub(crate) at: Timestamp,
}

/// What is committed for a deed, as memory takes it over.
pub(super) struct Held {
    pub(super) notices: Vec<HeldNotice>,
    pub(super) state: GroupState,
    pub(super) name: Option<Arc<str>>,
    /// Those for whom what waited counts as delivered.
    pub(super) emptied: Vec<Arc<Agent>>,
    /// Those who are members no more since there is no group.
    pub(super) dismissed: Vec<Arc<Agent>>,
    pub(super) outcome: GroupOutcome,
}

/// A message that says what has happened.
pub(super) struct HeldNotice {
    pub(super) author: Arc<Agent>,
    pub(super) profile: Arc<Profile>,
    pub(super) news: Arc<GroupNews>,
    pub(super) copies: Copies,
}

/// A group on its way from how it stands to how it will.
struct Plan {
    conversation: ConversationNo,
    at: Timestamp,
    state: GroupState,
    name: Option<Arc<str>>,
    changes: Vec<GroupChange>,
    news: Vec<PlannedNotice>,
    emptied: Vec<Arc<Agent>>,
    dismissed: Vec<Arc<Agent>>,
    promoted: Option<Arc<Agent>>,
}

/// What has happened, who says so, and who is a member when it is said.
struct PlannedNotice {
    author: Arc<Agent>,
    news: GroupNews,
    readers: Vec<Arc<Agent>>,
}

impl Batch {
    /// Grants a deed, or refuses it.
    pub(super) fn hold(
        &mut self,
        place: usize,
        deed: &GroupDeed,
        numbering: &mut Numbering,
        random: [u8; 10],
    ) -> Result<Effect, Error> {
        let draft = &self.drafts[place];
        let conversation = draft.conversation.clone();
        let group = conversation.group().ok_or(Error::NotFound(Noun::Group))?;
        if let Some(gone) = group.gone() {
            return Err(gone.into());
        }
        let mut plan = Plan {
            conversation: conversation.number,
            at: draft.next_moment(numbering.now),
            state: group.with(GroupState::clone),
            name: None,
            changes: Vec::new(),
            news: Vec::new(),
            emptied: Vec::new(),
            dismissed: Vec::new(),
            promoted: None,
        };
        match deed {
            GroupDeed::Enter { agent, inviter, invitation } => {
                if self.known.invitation != Some(*invitation) {
                    return Err(Error::NotFound(Noun::Invitation));
                }
                let joined_seq = draft.next_seq();
                let most = usize::try_from(self.rules.group_members).unwrap_or(usize::MAX);
                let (role, joined_at) = (GroupRole::Member, plan.at);
                plan.enter(GroupMember { agent: agent.clone(), role, joined_seq, joined_at }, inviter, most)?;
            }
            GroupDeed::Leave(agent) => plan.leave(agent)?,
            GroupDeed::Remove { by, agent } => plan.remove(by, agent, group)?,
            GroupDeed::Promote { by, agent } => plan.promote(by, agent)?,
            GroupDeed::Demote { by, agent } => plan.demote(by, agent, group)?,
            GroupDeed::Edit { by, edit } => plan.edit(by, edit, group)?,
            GroupDeed::Delete(by) => plan.delete(by, group)?,
        }
        Ok(Effect::Held(Box::new(self.carry_out(place, plan, numbering, random))))
    }

    fn carry_out(&mut self, place: usize, plan: Plan, numbering: &mut Numbering, random: [u8; 10]) -> Held {
        let Plan { at, state, name, changes, news, emptied, dismissed, promoted, .. } = plan;
        let group = self.drafts[place].conversation.id;
        let outcome = GroupOutcome { is_changed: !changes.is_empty(), promoted, at };
        self.commit.groups.extend(changes);
        let mut notices = Vec::with_capacity(news.len());
        for (index, PlannedNotice { author, news, readers }) in news.into_iter().enumerate() {
            let readers = readers.into_iter().filter(|reader| reader.number != author.number).collect();
            let copies = self.copies_for(readers);
            let content = Content { is_wordless: true, event: Some(news.record()), ..Content::default() };
            let mut random = random;
            // They are said at once: one random part must not do for two ids.
            random[9] ^= u8::try_from(index).unwrap_or(u8::MAX);
            let profile = self.say(place, &author, Arc::new(content), &copies, numbering, random);
            notices.push(HeldNotice { author, profile, news: Arc::new(news), copies });
        }
        if let Some((at, by)) = &state.deleted {
            // Behind the message that says so.
            self.commit.deliveries.extend(deliveries::of_deletion(
                &self.known,
                group,
                &dismissed,
                (*at, by),
                numbering.now,
            ));
        }
        Held { notices, state, name, emptied, dismissed, outcome }
    }
}

impl Plan {
    /// The member that `agent` is.
    fn member(&self, agent: &Agent) -> Result<&GroupMember, Error> {
        self.state.members.get(&agent.number).ok_or(Error::NotFound(Noun::Group))
    }

    fn permit_admin(&self, by: &Agent) -> Result<(), Error> {
        Chat::permit(by, Deed::HoldGroup)?;
        match self.member(by)?.role {
            GroupRole::Admin => Ok(()),
            GroupRole::Member => Err(GroupBarred::NotAdmin.into()),
        }
    }

    fn target(&self, agent: &Agent) -> Result<&GroupMember, Error> {
        self.state.members.get(&agent.number).ok_or(Error::Group(GroupBarred::TargetNotMember))
    }

    fn tell(&mut self, author: &Arc<Agent>, news: GroupNews) {
        let readers = self.state.members.values().map(|member| member.agent.clone()).collect();
        self.news.push(PlannedNotice { author: author.clone(), news, readers });
    }

    // wire: agentchat.md#444-membership-mechanics
    fn enter(&mut self, member: GroupMember, inviter: &Arc<Agent>, most: usize) -> Result<(), Error> {
        Chat::permit(&member.agent, Deed::HoldGroup)?;
        if self.state.members.contains_key(&member.agent.number) {
            return Ok(());
        }
        if self.state.members.len() >= most {
            return Err(GroupBarred::Full.into());
        }
        let GroupMember { agent, role, joined_seq, joined_at } = member.clone();
        let record = GroupMemberRecord { agent: agent.number, role, joined_seq, joined_at };
        self.changes.push(GroupChange::Joined { conversation: self.conversation, member: record });
        self.state.members.insert(agent.number, member);
        self.tell(inviter, GroupNews::of(GroupEvent::MemberJoined).befalling(&agent));
        Ok(())
    }

    // wire: agentchat.md#444-membership-mechanics
    fn leave(&mut self, agent: &Arc<Agent>) -> Result<(), Error> {
        let was_admin = self.member(agent)?.role == GroupRole::Admin;
        self.dismiss(agent);
        self.tell(agent, GroupNews::of(GroupEvent::MemberLeft).befalling(agent));
        if was_admin && self.admins() == 0 {
            self.promote_the_first();
        }
        Ok(())
    }

    fn dismiss(&mut self, agent: &Arc<Agent>) {
        let (conversation, at) = (self.conversation, self.at);
        self.state.members.remove(&agent.number);
        self.changes.push(GroupChange::Left { conversation, agent: agent.number, at });
        self.emptied.push(agent.clone());
    }

    fn admins(&self) -> usize {
        self.state.members.values().filter(|member| member.role == GroupRole::Admin).count()
    }

    /// Who has been a member for longest becomes an admin by itself, if anybody is left.
    fn promote_the_first(&mut self) {
        let first = self.state.members.values().min_by_key(|member| (member.joined_at, member.agent.id));
        if let Some(agent) = first.map(|member| member.agent.clone()) {
            self.appoint(agent.number, GroupRole::Admin);
            self.tell(&agent, GroupNews::of(GroupEvent::AdminPromoted).befalling(&agent));
            self.promoted = Some(agent);
        }
    }

    fn appoint(&mut self, agent: AgentNo, role: GroupRole) {
        self.changes.push(GroupChange::Role { conversation: self.conversation, agent, role });
        if let Some(member) = self.state.members.get_mut(&agent) {
            member.role = role;
        }
    }

    fn remove(&mut self, by: &Arc<Agent>, agent: &Arc<Agent>, group: &Group) -> Result<(), Error> {
        self.permit_admin(by)?;
        if agent.number == group.creator.number {
            return Err(GroupBarred::ProtectedCreator.into());
        }
        self.target(agent)?;
        self.dismiss(agent);
        self.tell(by, GroupNews::of(GroupEvent::MemberRemoved).befalling(agent).by(by));
        Ok(())
    }

    fn promote(&mut self, by: &Arc<Agent>, agent: &Arc<Agent>) -> Result<(), Error> {
        self.permit_admin(by)?;
        if self.target(agent)?.role == GroupRole::Member {
            self.appoint(agent.number, GroupRole::Admin);
            self.tell(by, GroupNews::of(GroupEvent::AdminPromoted).befalling(agent).by(by));
        }
        Ok(())
    }

    fn demote(&mut self, by: &Arc<Agent>, agent: &Arc<Agent>, group: &Group) -> Result<(), Error> {
        self.permit_admin(by)?;
        if agent.number == group.creator.number {
            return Err(GroupBarred::ProtectedCreator.into());
        }
        if self.target(agent)?.role != GroupRole::Admin {
            return Err(GroupBarred::TargetNotAdmin.into());
        }
        if self.admins() == 1 {
            return Err(GroupBarred::LastAdmin.into());
        }
        self.appoint(agent.number, GroupRole::Member);
        self.tell(by, GroupNews::of(GroupEvent::AdminDemoted).befalling(agent).by(by));
        Ok(())
    }

    /// One message for each thing that is really another.
    fn edit(&mut self, by: &Arc<Agent>, edit: &GroupEdit, group: &Group) -> Result<(), Error> {
        self.permit_admin(by)?;
        let GroupEdit { name, description, avatar_url, avatar_key } = edit;
        let mut changed = GroupEdit::default();
        if let Some(name) = name.as_ref().filter(|name| **name != group.card.name()) {
            changed.name = Some(name.clone());
            self.name = Some(name.clone());
            self.tell(by, GroupNews::of(GroupEvent::NameChanged).by(by).called(name));
        }
        if let Some(description) = description.as_ref().filter(|new| **new != self.state.description) {
            changed.description = Some(description.clone());
            self.state.description.clone_from(description);
            self.tell(by, GroupNews::of(GroupEvent::DescriptionChanged).by(by));
        }
        let url = avatar_url.as_ref().filter(|new| **new != self.state.avatar_url);
        let key = avatar_key.as_ref().filter(|new| **new != self.state.avatar_key);
        if url.is_some() || key.is_some() {
            (changed.avatar_url, changed.avatar_key) = (url.cloned(), key.cloned());
            if let Some(url) = url {
                self.state.avatar_url.clone_from(url);
            }
            if let Some(key) = key {
                self.state.avatar_key.clone_from(key);
            }
            self.tell(by, GroupNews::of(GroupEvent::AvatarChanged).by(by));
        }
        if changed != GroupEdit::default() {
            self.changes.push(GroupChange::Edited { conversation: self.conversation, edit: changed });
        }
        Ok(())
    }

    // wire: agentchat.md#445-deletion
    fn delete(&mut self, by: &Arc<Agent>, group: &Group) -> Result<(), Error> {
        Chat::permit(by, Deed::HoldGroup)?;
        let role = self.member(by)?.role;
        let is_creator = by.number == group.creator.number;
        let is_orphaned = matches!(group.creator.state(), AgentState::Suspended | AgentState::Deleted);
        let may_delete = is_creator || (is_orphaned && role == GroupRole::Admin);
        if !may_delete {
            return Err(GroupBarred::NotCreator.into());
        }
        let (conversation, at) = (self.conversation, self.at);
        self.tell(by, GroupNews::of(GroupEvent::Deleted).by(by));
        self.changes.push(GroupChange::Deleted { conversation, by: by.number, at });
        let members = std::mem::take(&mut self.state.members).into_values();
        self.emptied = members.map(|member| member.agent).collect();
        self.dismissed = self.emptied.iter().filter(|agent| agent.number != by.number).cloned().collect();
        self.state.deleted = Some((at, by.clone()));
        Ok(())
    }
}

impl GroupNews {
    fn of(what: GroupEvent) -> Self {
        Self { what, agent: None, actor: None, name: None }
    }

    fn befalling(self, agent: &Arc<Agent>) -> Self {
        Self { agent: Some(agent.clone()), ..self }
    }

    fn by(self, actor: &Arc<Agent>) -> Self {
        Self { actor: Some(actor.clone()), ..self }
    }

    fn called(self, name: &Arc<str>) -> Self {
        Self { name: Some(name.clone()), ..self }
    }

    fn record(&self) -> EventRecord {
        let number = |agent: &Option<Arc<Agent>>| agent.as_ref().map(|agent| agent.number);
        let (agent, actor) = (number(&self.agent), number(&self.actor));
        EventRecord { what: self.what, agent, actor, name: self.name.clone() }
    }
}

/// What the time is when something is said at `now`: later than all that was said before.
pub(super) fn moment_after(last: Timestamp, now: Timestamp) -> Timestamp {
    now.max(last + Duration::from_micros(1))
}
