//! Conversations as their readers see them, of a store that fails or waits where a test wants it to.

use async_trait::async_trait;
use tertulia_model::{AgentNo, ConversationId, MessageId, MessageNo};
use tertulia_store::{
    ListedThread, OwnMessage, Part, ReadMark, StoreError, ThreadMarks, ThreadMarksQuery, ThreadQuery, ThreadRecord,
    Threads, VisiblePlace,
};

use super::FaultyStore;

#[async_trait]
impl Threads for FaultyStore {
    async fn part_in(&self, agent: AgentNo, conversation: ConversationId) -> Result<Option<Part>, StoreError> {
        self.through("part_in", self.inner.part_in(agent, conversation)).await
    }

    async fn read_thread(&self, query: &ThreadQuery) -> Result<Vec<ThreadRecord>, StoreError> {
        self.through("read_thread", self.inner.read_thread(query)).await
    }

    async fn thread_marks(&self, query: &ThreadMarksQuery) -> Result<ThreadMarks, StoreError> {
        self.through("thread_marks", self.inner.thread_marks(query)).await
    }

    async fn own_message(&self, agent: AgentNo, message: MessageId) -> Result<Option<OwnMessage>, StoreError> {
        self.through("own_message", self.inner.own_message(agent, message)).await
    }

    async fn visible_place(&self, agent: AgentNo, message: MessageId) -> Result<Option<VisiblePlace>, StoreError> {
        self.through("visible_place", self.inner.visible_place(agent, message)).await
    }

    async fn last_read(&self, agent: AgentNo, messages: &[MessageNo]) -> Result<Vec<ReadMark>, StoreError> {
        self.through("last_read", self.inner.last_read(agent, messages)).await
    }

    async fn threads_of(&self, agent: AgentNo, limit: u32, offset: u64) -> Result<Vec<ListedThread>, StoreError> {
        self.through("threads_of", self.inner.threads_of(agent, limit, offset)).await
    }
}
