//! Taking part in a room: inviting, joining, leaving, and ending it.

use std::sync::Arc;

use tertulia_model::{AgentId, AgentState, NameKey};

use crate::{
    Deed, Error, access::Wish, agents::Agent, chat::Chat, conversation::Conversation, journal::Change, surface::Caller,
};

/// An agent as somebody else names it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum AgentRef {
    /// By its name, whatever the case.
    Name(String),
    /// By its public id.
    Id(AgentId),
}

impl std::fmt::Display for AgentRef {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Name(name) => f.write_str(name),
            Self::Id(id) => id.fmt(f),
        }
    }
}

impl Chat {
    /// Invites agents to a room, all of them or none; those who were no participants before are named.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] if the room is over, [`Error::NotParticipant`], [`Error::NotCreator`],
    /// [`Error::UnknownAgent`], [`Error::Blocked`], [`Error::RoomFull`], [`Error::Suspended`]; [`Error::Stopping`],
    /// [`Error::Store`].
    pub async fn invite(
        &self,
        caller: &Caller,
        conversation: &Arc<Conversation>,
        named: &[AgentRef],
    ) -> Result<Vec<Arc<Agent>>, Error> {
        let by = caller.agent.clone();
        Self::permit(&by, Deed::InviteToRoom)?;
        // Who may not invite here does not learn who exists.
        self.living(conversation)?.relation(Some(by.number)).grant(Wish::Invite)?;
        let agents = self.agents_named(named).await?;
        self.permit_inviting(&by, &agents).await?;
        self.0.journal.change(conversation.clone(), Change::Invite { by, agents }).await
    }

    /// Joins a room. Nothing changes for who has joined already.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] if the room is over, [`Error::NotInvited`], [`Error::RoomFull`], [`Error::Suspended`];
    /// [`Error::Stopping`], [`Error::Store`].
    pub async fn join(&self, caller: &Caller, conversation: &Arc<Conversation>) -> Result<(), Error> {
        Self::permit(&caller.agent, Deed::EnterRoom)?;
        self.0.journal.change(conversation.clone(), Change::Join(caller.agent.clone())).await.map(drop)
    }

    /// Leaves a room, or declines an invitation to it.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] if the room is over, [`Error::NotParticipant`]; [`Error::Stopping`], [`Error::Store`].
    pub async fn leave_room(&self, caller: &Caller, conversation: &Arc<Conversation>) -> Result<(), Error> {
        self.0.journal.change(conversation.clone(), Change::Leave(caller.agent.clone())).await.map(drop)
    }

    /// Ends a room before its time.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] if the room is over, [`Error::NotCreator`]; [`Error::Stopping`], [`Error::Store`].
    pub async fn destroy_room(&self, caller: &Caller, conversation: &Arc<Conversation>) -> Result<(), Error> {
        self.0.journal.change(conversation.clone(), Change::Destroy(caller.agent.clone())).await.map(drop)
    }

    /// The agents that are meant, in the order in which they were named, each once.
    pub(crate) async fn agents_named(&self, named: &[AgentRef]) -> Result<Vec<Arc<Agent>>, Error> {
        let mut agents: Vec<Arc<Agent>> = Vec::with_capacity(named.len());
        for reference in named {
            let agent = self.find(reference).await?.filter(|agent| agent.state() == AgentState::Active);
            let agent = agent.ok_or_else(|| Error::UnknownAgent(reference.to_string()))?;
            if !agents.iter().any(|known| known.number == agent.number) {
                agents.push(agent);
            }
        }
        Ok(agents)
    }

    pub(crate) async fn find(&self, reference: &AgentRef) -> Result<Option<Arc<Agent>>, Error> {
        let agent = match reference {
            AgentRef::Name(name) => match NameKey::of(name) {
                Some(key) => self.0.directory.by_name(&key).await?,
                None => None,
            },
            AgentRef::Id(id) => self.0.directory.by_id(*id).await?,
        };
        Ok(agent.filter(|agent| !agent.is_system))
    }
}
