//! What an agent has read, and telling those who wrote it.

use std::{collections::HashMap, sync::Arc};

use tertulia_model::{AgentNo, MessageId, Seq};
use tertulia_store::{Move, Occasion, Occurrence, OwnMessage, ReadMark};

use super::{ThreadRow, queue::AT_ONCE};
use crate::{
    Error, Noun,
    agent_event::AgentEvent,
    agents::Agent,
    chat::Chat,
    conversation::Conversation,
    history::{SaidIn, assemble},
    surface::Caller,
};

impl Chat {
    /// Marks one message as read, and so delivered; who wrote it is told, once.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] if the caller never got a copy of it; [`Error::Stopping`], [`Error::Store`].
    // wire: agentchat.md#424-others
    pub async fn mark_read(&self, caller: &Caller, message: MessageId) -> Result<ThreadRow, Error> {
        let agent = &caller.agent;
        let own = self.0.store.own_message(agent.number, message).await?.ok_or(Error::NotFound(Noun::Message))?;
        let OwnMessage { conversation, message, content, mut receipt } = own;
        let conversation = self.numbered(conversation).await?.ok_or(Error::NotFound(Noun::Message))?;
        let number = message.number;
        if receipt.read_at.is_none() {
            let moved = self.0.receipts.settle(agent, Move::Read { agent: agent.number, message: number }).await?;
            let stands = self.0.store.receipts(&[(agent.number, number)]).await?.pop().flatten();
            receipt = stands.unwrap_or(receipt);
            if let (false, Some(read_at)) = (moved.read.is_empty(), receipt.read_at) {
                let mark = ReadMark { author: message.author, message: message.id, seq: message.seq, read_at };
                self.tell_authors(agent, &conversation, &[mark], message.seq).await?;
            }
        }
        let contents = content.map(|content| (number, content)).into_iter().collect();
        let place = SaidIn::of(&conversation);
        let posted = assemble(&*self.0.store, &self.0.directory, &place, vec![message], contents).await?.pop();
        Ok(self.own_row(agent, posted.ok_or(Error::NotFound(Noun::Message))?, receipt))
    }

    /// Marks all in a conversation up to a place as read, and so delivered; everybody who wrote some of it is told, once.
    /// Of a conversation in which the agent has no part nothing is marked.
    ///
    /// # Errors
    ///
    /// [`Error::Stopping`], [`Error::Store`]; what was marked by then stays so.
    // wire: agentchat.md#73-frames-from-client-to-server
    pub async fn mark_read_through(
        &self,
        agent: &Arc<Agent>,
        conversation: &Conversation,
        through: Seq,
    ) -> Result<(), Error> {
        let through = through.min(conversation.end());
        let step =
            Move::ReadThrough { agent: agent.number, conversation: conversation.number, through, limit: AT_ONCE };
        let mut last: HashMap<AgentNo, ReadMark> = HashMap::new();
        let outcome = loop {
            let moved = match self.0.receipts.settle(agent, step).await {
                Ok(moved) => moved,
                Err(failed) => break Err(failed),
            };
            let read: Vec<_> = moved.read.iter().map(|(message, _)| *message).collect();
            if !read.is_empty() {
                let marks = self.0.store.last_read(agent.number, &read).await?;
                last.extend(marks.into_iter().map(|mark| (mark.author, mark)));
            }
            if read.len() < AT_ONCE as usize {
                break Ok(());
            }
        };
        let marks: Vec<_> = last.into_values().collect();
        self.tell_authors(agent, conversation, &marks, through).await?;
        outcome
    }

    /// Tells those who wrote what `reader` has read.
    // wire: agentchat.md#66-owner-pause
    async fn tell_authors(
        &self,
        reader: &Arc<Agent>,
        conversation: &Conversation,
        marks: &[ReadMark],
        through: Seq,
    ) -> Result<(), Error> {
        let numbers: Vec<_> = marks.iter().map(|mark| mark.author).collect();
        let authors = self.0.directory.by_numbers(&numbers).await?;
        for mark in marks {
            let Some(author) = authors.get(&mark.author).filter(|author| !author.is_fully_paused()) else {
                continue;
            };
            let event = AgentEvent::MessagesRead {
                reader: reader.clone(),
                message: mark.message,
                conversation: conversation.id,
                is_group: conversation.group().is_some(),
                seq: mark.seq,
                through,
                at: mark.read_at,
            };
            self.tell_agent(author, &event);
            let (message, conversation, seq) = (mark.message, conversation.number, mark.seq);
            let occasion = Occasion::MessagesRead { message, conversation, seq, through };
            self.tell_elsewhere(author, Occurrence { from: reader.number, at: mark.read_at, occasion }).await;
        }
        Ok(())
    }
}
