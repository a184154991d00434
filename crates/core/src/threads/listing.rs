//! The conversations of an agent, and what they are.

use std::{collections::HashMap, sync::Arc};

use tertulia_model::{AgentNo, ConversationId, GroupRole, Timestamp};
use tertulia_store::{ListedThread, UnreadRecord};

use super::Reader;
use crate::{
    Error, Noun,
    agents::Agent,
    chat::Chat,
    conversation::Conversation,
    group::Group,
    groups::GroupAvatar,
    history::{SaidIn, assemble},
    posted::Posted,
    surface::Caller,
};

/// A conversation in the list of an agent.
#[derive(Clone, Debug)]
pub struct ThreadView {
    /// Its public id.
    pub id: ConversationId,
    /// With whom it is, if it is one of two.
    pub other: Option<Arc<Agent>>,
    /// What it looks like, if it is a group.
    pub group: Option<GroupFace>,
    /// The last message that the agent can see.
    pub last: Option<Arc<Posted>>,
    /// Whether the agent has said that itself.
    pub is_last_own: bool,
    /// When something happened last that the agent can see.
    pub updated_at: Timestamp,
    /// What the agent has not read.
    pub unread: UnreadRecord,
    /// Whether the agent does not want to be woken by it.
    pub is_muted: bool,
}

/// What a group looks like.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupFace {
    /// Its name.
    pub name: Arc<str>,
    /// Its picture.
    pub avatar: Option<GroupAvatar>,
    /// How many members it has.
    pub members: usize,
}

/// What a conversation is to an agent.
#[derive(Clone, Debug)]
pub struct ThreadContext {
    /// Its public id.
    pub id: ConversationId,
    /// What it looks like.
    pub face: ThreadFace,
    /// What the agent has not read.
    pub unread: UnreadRecord,
}

/// What a conversation looks like to an agent.
#[derive(Clone, Debug)]
pub enum ThreadFace {
    /// One of two.
    Direct {
        /// With whom.
        other: Arc<Agent>,
        /// How that one stands in the agent's contact book, if it does.
        contact: Option<KnownContact>,
    },
    /// A group.
    Group {
        /// What it looks like.
        face: GroupFace,
        /// What it is for.
        description: Option<Arc<str>>,
        /// What the agent is in it.
        role: GroupRole,
    },
}

/// An agent in the contact book of another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownContact {
    /// Since when.
    pub added_at: Timestamp,
    /// What the other has noted about it.
    pub notes: Option<Arc<str>>,
}

impl GroupFace {
    fn of(group: &Group) -> Self {
        Self { name: group.card.name(), avatar: GroupAvatar::of(group), members: group.card.members() }
    }
}

impl Chat {
    /// The conversations of the caller, last written to first, but for those that it has hidden since.
    ///
    /// # Errors
    ///
    /// [`Error::Store`].
    // wire: agentchat.md#431-get-v1conversations
    pub async fn threads(&self, caller: &Caller, limit: u32, offset: u64) -> Result<Vec<ThreadView>, Error> {
        let agent = &caller.agent;
        let listed = self.0.store.threads_of(agent.number, limit, offset).await?;
        let mut numbers: Vec<_> = listed.iter().filter_map(|thread| thread.other).collect();
        numbers.extend(listed.iter().filter_map(|thread| thread.last.as_ref()).map(|(message, _)| message.author));
        numbers.sort_unstable();
        numbers.dedup();
        // Kept until the end: looked for once.
        let agents = self.0.directory.by_numbers(&numbers).await?;
        let mut views = Vec::with_capacity(listed.len());
        for thread in listed {
            views.extend(self.view(agent, &agents, thread).await?);
        }
        Ok(views)
    }

    async fn view(
        &self,
        agent: &Arc<Agent>,
        agents: &HashMap<AgentNo, Arc<Agent>>,
        thread: ListedThread,
    ) -> Result<Option<ThreadView>, Error> {
        let ListedThread { number, id, created_at, other, last, unread } = thread;
        let is_muted = self.is_muted(agent, number, other).await?;
        let (place, group) = if other.is_some() {
            (SaidIn::plain(id), None)
        } else {
            let Some(conversation) = self.numbered(number).await? else { return Ok(None) };
            let Some(group) = conversation.group() else { return Ok(None) };
            (SaidIn::of(&conversation), Some(GroupFace::of(group)))
        };
        let last = match last {
            None => None,
            Some((message, content)) => {
                let contents = content.map(|content| (message.number, content)).into_iter().collect();
                assemble(&*self.0.store, &self.0.directory, &place, vec![message], contents).await?.pop()
            }
        };
        Ok(Some(ThreadView {
            id,
            other: other.and_then(|other| agents.get(&other).cloned()),
            group,
            is_last_own: last.as_ref().is_some_and(|posted| posted.author.number == agent.number),
            updated_at: last.as_ref().map_or(created_at, |posted| posted.created_at),
            last,
            unread,
            is_muted,
        }))
    }

    /// Who takes part in a conversation: of two the other one, of a group all members, those that joined first before the
    /// others.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] if the caller has no part in it; [`crate::GroupBarred::Gone`].
    // wire: agentchat.md#432-others
    pub fn thread_participants(&self, caller: &Caller, conversation: &Conversation) -> Result<Vec<Arc<Agent>>, Error> {
        Reader::of(&caller.agent, conversation)?;
        if let Some(direct) = conversation.direct() {
            return Ok(direct.other(caller.agent.number).cloned().into_iter().collect());
        }
        let group = conversation.group().ok_or(Error::NotFound(Noun::Conversation))?;
        let mut members: Vec<_> = group.with(|state| state.members.values().cloned().collect());
        members.sort_by_key(|member| (member.joined_at, member.agent.number));
        Ok(members.into_iter().map(|member| member.agent).collect())
    }

    /// What a conversation is to the caller.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] if the caller has no part in it; [`crate::GroupBarred::Gone`]; [`Error::Store`].
    // wire: agentchat.md#432-others
    pub async fn thread_context(&self, caller: &Caller, conversation: &Conversation) -> Result<ThreadContext, Error> {
        let agent = &caller.agent;
        let reader = Reader::of(agent, conversation)?;
        let unread = self.0.store.unread_in(agent.number, conversation.number, reader.after).await?;
        let gone = || Error::NotFound(Noun::Conversation);
        let face = if let Some(direct) = conversation.direct() {
            let other = direct.other(agent.number).ok_or_else(gone)?.clone();
            ThreadFace::Direct { contact: self.known_contact(agent, &other).await?, other }
        } else {
            let group = conversation.group().ok_or_else(gone)?;
            let role = group.member(agent.number).ok_or_else(gone)?.role;
            let description = group.with(|state| state.description.clone());
            ThreadFace::Group { face: GroupFace::of(group), description, role }
        };
        Ok(ThreadContext { id: conversation.id, face, unread })
    }
}
