//! Inboxes of a store that fails or waits where a test wants it to.

use std::sync::Arc;

use async_trait::async_trait;
use tertulia_model::{AgentNo, ConversationId, ConversationNo, MessageNo, Seq, Timestamp};
use tertulia_store::{
    Content, Inboxes, Move, Moved, QueueRecord, Receipt, StoreError, Unanswered, UnreadRecord, WaitingRecord,
    WholeDirect,
};

use super::FaultyStore;

#[async_trait]
impl Inboxes for FaultyStore {
    async fn sent_before(&self, keys: &[(AgentNo, Arc<str>)]) -> Result<Vec<Option<MessageNo>>, StoreError> {
        self.through("sent_before", self.inner.sent_before(keys)).await
    }

    async fn place_of(&self, message: MessageNo) -> Result<Option<(ConversationNo, Seq)>, StoreError> {
        self.through("place_of", self.inner.place_of(message)).await
    }

    async fn contents(&self, messages: &[MessageNo]) -> Result<Vec<(MessageNo, Content)>, StoreError> {
        self.through("contents", self.inner.contents(messages)).await
    }

    async fn queues(&self, agents: &[AgentNo]) -> Result<Vec<QueueRecord>, StoreError> {
        self.through("queues", self.inner.queues(agents)).await
    }

    async fn keep_queue(&self, agent: AgentNo) -> Result<(), StoreError> {
        self.through("keep_queue", self.inner.keep_queue(agent)).await
    }

    async fn unanswered(&self, initiator: AgentNo, since: Timestamp) -> Result<Unanswered, StoreError> {
        self.through("unanswered", self.inner.unanswered(initiator, since)).await
    }

    async fn waiting(&self, agent: AgentNo, after: MessageNo, limit: u32) -> Result<Vec<WaitingRecord>, StoreError> {
        self.through("waiting", self.inner.waiting(agent, after, limit)).await
    }

    async fn receipts(&self, of: &[(AgentNo, MessageNo)]) -> Result<Vec<Option<Receipt>>, StoreError> {
        self.through("receipts", self.inner.receipts(of)).await
    }

    async fn settle(&self, moves: &[Move], now: Timestamp) -> Result<Vec<Moved>, StoreError> {
        self.through("settle", self.inner.settle(moves, now)).await
    }

    async fn unread_in(
        &self,
        agent: AgentNo,
        conversation: ConversationNo,
        after: Seq,
    ) -> Result<UnreadRecord, StoreError> {
        self.through("unread_in", self.inner.unread_in(agent, conversation, after)).await
    }

    async fn direct_between(
        &self,
        pair: [AgentNo; 2],
        id: ConversationId,
        now: Timestamp,
    ) -> Result<WholeDirect, StoreError> {
        self.through("direct_between", self.inner.direct_between(pair, id, now)).await
    }

    async fn direct_of(&self, pair: [AgentNo; 2]) -> Result<Option<WholeDirect>, StoreError> {
        self.through("direct_of", self.inner.direct_of(pair)).await
    }
}
