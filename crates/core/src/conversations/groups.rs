//! Groups in memory.

use std::{
    collections::HashMap,
    sync::{Arc, atomic::Ordering},
};

use tertulia_model::{AgentNo, ConversationId};
use tertulia_store::{GroupMemberRecord, GroupRecord, StoreError, WholeGroup};

use super::{Conversations, Expected, MOST_WEIGHT};
use crate::{
    agents::{Agent, Directory},
    conversation::{Conversation, Kind},
    group::{Group, GroupMember, GroupState},
};

impl Conversations {
    /// The group with this id, deleted or not.
    pub(crate) async fn group(
        &self,
        id: ConversationId,
        directory: &Directory,
    ) -> Result<Option<Arc<Conversation>>, StoreError> {
        if self.weight.load(Ordering::Relaxed) > MOST_WEIGHT {
            self.lighten();
        }
        loop {
            let let_go_before = {
                let mut known = self.lock();
                if let Some(conversation) = known.asked_for(id) {
                    return Ok(Some(conversation).filter(|conversation| conversation.group().is_some()));
                }
                known.let_go
            };
            let Some(whole) = self.store.whole_group(id).await? else { return Ok(None) };
            let read = self.read_group(whole, directory).await?;
            if let Some(conversation) = self.remember(read, let_go_before) {
                return Ok(Some(conversation));
            }
            // Something was let go of meanwhile; it may have been this one, with changes that we have not read.
        }
    }

    /// Takes a group into memory that was created after `expected` was asked for.
    pub(crate) async fn welcome_group(
        &self,
        expected: Expected,
        created: WholeGroup,
        directory: &Directory,
    ) -> Result<Arc<Conversation>, StoreError> {
        let id = created.group.id;
        let read = self.read_group(created, directory).await?;
        match self.remember(read, expected.let_go_before) {
            Some(conversation) => Ok(conversation),
            None => self.group(id, directory).await?.ok_or(StoreError::Unreadable("group")),
        }
    }

    async fn read_group(&self, whole: WholeGroup, directory: &Directory) -> Result<Conversation, StoreError> {
        let WholeGroup { group, members, end } = whole;
        let GroupRecord { number, id, name, description, avatar_url, avatar_key, creator, created_at, deleted } = group;
        let mut numbers: Vec<_> = members.iter().map(|member| member.agent).collect();
        numbers.push(creator);
        numbers.extend(deleted.map(|(_, by)| by));
        numbers.sort_unstable();
        numbers.dedup();
        let agents = directory.by_numbers(&numbers).await?;
        let deleted = match deleted {
            Some((at, by)) => Some((at, known(&agents, by)?)),
            None => None,
        };
        let member = |GroupMemberRecord { agent, role, joined_seq, joined_at }| {
            Ok((agent, GroupMember { agent: known(&agents, agent)?, role, joined_seq, joined_at }))
        };
        let members = members.into_iter().map(member).collect::<Result<_, StoreError>>()?;
        let state = GroupState { description, avatar_url, avatar_key, members, deleted };
        let kind = Kind::Group(Group::new(id, created_at, known(&agents, creator)?, name, state));
        Ok(Conversation::new(number, id, kind, end, Vec::new(), &self.weight))
    }
}

fn known(agents: &HashMap<AgentNo, Arc<Agent>>, number: AgentNo) -> Result<Arc<Agent>, StoreError> {
    agents.get(&number).cloned().ok_or(StoreError::Unreadable("agent of a group"))
}
