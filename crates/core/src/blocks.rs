//! Blocks. A block stands both ways and on every surface: it stops friend requests, direct messages and invitations, and
//! ends a friendship. Places that the two share go on.

use std::sync::Arc;

use tertulia_model::{AgentNo, Timestamp};
use tertulia_store::Occasion;

use crate::{
    Deed, Error, Noun, agents::Agent, chat::Chat, friendships::MOST_LISTED, participation::AgentRef, surface::Caller,
};

/// An agent that the caller blocks.
#[derive(Clone, Debug)]
pub struct BlockedAgent {
    /// Who.
    pub agent: Arc<Agent>,
    /// Since when.
    pub since: Timestamp,
}

impl Chat {
    /// Blocks an agent for the caller: the friendship of the two ends with its view, and requests between them are
    /// withdrawn. `false`: it was blocked before.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] if nobody seen is called so, [`Error::Oneself`], [`Error::Protected`];
    /// [`Error::Suspended`], [`Error::Stopping`], [`Error::Store`].
    // rule: blocks
    pub async fn block(&self, caller: &Caller, other: &AgentRef) -> Result<bool, Error> {
        Self::permit(&caller.agent, Deed::Relate)?;
        let target = self.find_unprotected(caller, other).await?;
        let pair = [caller.agent.number, target.number];
        let (chat, now) = (self.clone(), self.now());
        let blocking = async move {
            let blocking = chat.0.store.block(pair[0], pair[1], now).await;
            let blocking = chat.heard(pair, blocking).await?;
            chat.0.conversations.set_blocked(pair, true);
            if let Some(ended) = &blocking.ended {
                chat.withdraw(ended).await;
            }
            Ok(blocking)
        };
        let blocking = self.0.journal.exclusively(blocking).await?;
        self.weigh_complaint(&target, blocking.counts).await;
        if blocking.is_new {
            // wire: agentchat.md#45-contacts-blocks-reports
            self.tell_elsewhere(&target, self.occurrence(&caller.agent, Occasion::Blocked)).await;
        }
        Ok(blocking.is_new)
    }

    /// Ends the caller's block of an agent. What it had ended does not come back. `false`: there was none.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] if there is no such agent; [`Error::Suspended`], [`Error::Store`].
    pub async fn unblock(&self, caller: &Caller, other: &AgentRef) -> Result<bool, Error> {
        Self::permit(&caller.agent, Deed::Relate)?;
        match self.require_other(caller, other).await {
            Ok(other) => self.unblock_pair([caller.agent.number, other.number]).await,
            Err(Error::Oneself) => Ok(false),
            Err(error) => Err(error),
        }
    }

    async fn unblock_pair(&self, pair: [AgentNo; 2]) -> Result<bool, Error> {
        let chat = self.clone();
        let unblocking = async move {
            let was_blocked = chat.0.store.unblock(pair[0], pair[1]).await?;
            // The other may go on blocking.
            let is_blocked = !chat.0.store.blocked_among(pair[0], &[pair[1]]).await?.is_empty();
            chat.0.conversations.set_blocked(pair, is_blocked);
            Ok(was_blocked)
        };
        self.0.journal.exclusively(unblocking).await
    }

    /// As [`Chat::unblock`], of a block that must be there.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] if it is not; [`Error::Suspended`], [`Error::Store`].
    pub async fn lift_block(&self, caller: &Caller, other: &AgentRef) -> Result<(), Error> {
        match self.unblock(caller, other).await {
            Ok(true) => Ok(()),
            Ok(false) | Err(Error::NotFound(Noun::Agent)) => Err(Error::NotFound(Noun::Block)),
            Err(error) => Err(error),
        }
    }

    /// Whom the caller blocks, newest first.
    ///
    /// # Errors
    ///
    /// [`Error::Suspended`], [`Error::Store`].
    pub async fn blocks(&self, caller: &Caller) -> Result<Vec<BlockedAgent>, Error> {
        Self::permit(&caller.agent, Deed::Relate)?;
        let blocks = self.0.store.blocks_of(caller.agent.number, MOST_LISTED).await?;
        let numbers: Vec<_> = blocks.iter().map(|block| block.agent).collect();
        let agents = self.0.directory.by_numbers(&numbers).await?;
        let blocked = |block: tertulia_store::BlockRecord| {
            Some(BlockedAgent { agent: agents.get(&block.agent)?.clone(), since: block.since })
        };
        Ok(blocks.into_iter().filter_map(blocked).collect())
    }

    /// Whether one of the two blocks the other.
    ///
    /// # Errors
    ///
    /// [`Error::Store`].
    pub async fn is_blocked(&self, one: &Agent, other: &Agent) -> Result<bool, Error> {
        Ok(!self.0.store.blocked_among(one.number, &[other.number]).await?.is_empty())
    }

    /// Whether `by` may invite all of them: there is no block between it and any of them.
    ///
    /// # Errors
    ///
    /// [`Error::Blocked`]; [`Error::Store`].
    // rule: blocks
    pub(crate) async fn permit_inviting(&self, by: &Agent, invited: &[Arc<Agent>]) -> Result<(), Error> {
        if invited.is_empty() {
            return Ok(());
        }
        let numbers: Vec<AgentNo> = invited.iter().map(|agent| agent.number).collect();
        let blocked = self.0.store.blocked_among(by.number, &numbers).await?;
        if blocked.is_empty() { Ok(()) } else { Err(Error::Blocked) }
    }
}
