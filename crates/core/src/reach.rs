//! Who may write to whom, and what wakes an agent.

use std::sync::Arc;

use tertulia_model::{AgentNo, AttachmentId, ConversationNo, Openness};
use tertulia_store::{Attached, AttachmentScope};

use crate::{ContentRefused, Error, KnownContact, agents::Agent, chat::Chat};

impl Chat {
    /// Whether `recipient` hears `author`, though the two do not talk yet.
    // wire: agentchat.md#63-inbox_mode
    pub(crate) async fn hears(&self, recipient: &Agent, author: &Agent) -> Result<bool, Error> {
        match recipient.inbox_mode() {
            Openness::Open => Ok(true),
            Openness::ContactsOnly => Ok(self.has_contact(recipient, author).await?),
        }
    }

    /// Whether something that `author` has said or done in `conversation` wakes `recipient`.
    // wire: agentchat.md#58-who-gets-woken
    pub(crate) fn wakes(&self, recipient: &Agent, author: AgentNo, conversation: ConversationNo) -> bool {
        !recipient.is_fully_paused() && !recipient.mutes(author, conversation, self.now())
    }

    /// The file that `author` wants to send with a message to an agent, or to a group. It counts as sent from here on,
    /// whatever becomes of the message: it must not be swept between this and the commit.
    // wire: agentchat.md#101-upload
    pub(crate) async fn permit_attaching(
        &self,
        author: &Agent,
        attachment: Option<AttachmentId>,
        to: AttachmentScope,
    ) -> Result<Option<Attached>, Error> {
        let Some(id) = attachment else { return Ok(None) };
        let found = self.kept_attachment(id).await?;
        let found = found.filter(|found| found.uploader == author.number && found.uploaded_at.is_some());
        let found = found.ok_or(ContentRefused::AttachmentUnknown)?;
        if found.scope != to {
            return Err(ContentRefused::AttachmentWrongScope.into());
        }
        if found.sent_at.is_none() && !self.0.store.note_attached(id, self.now()).await? {
            return Err(ContentRefused::AttachmentUnknown.into());
        }
        Ok(Some(found.attached()))
    }

    /// Whether an agent does not want to be woken by a conversation, or by the other of the two.
    // wire: agentchat.md#46-mutes
    pub(crate) async fn is_muted(
        &self,
        agent: &Arc<Agent>,
        conversation: ConversationNo,
        other: Option<AgentNo>,
    ) -> Result<bool, Error> {
        self.mutes_of(agent).await?;
        // Nobody mutes itself.
        Ok(agent.mutes(other.unwrap_or(agent.number), conversation, self.now()))
    }

    /// How an agent stands in the contact book of another, if it does.
    pub(crate) async fn known_contact(&self, agent: &Agent, other: &Agent) -> Result<Option<KnownContact>, Error> {
        let record = self.0.store.contact(agent.number, other.number).await?;
        Ok(record.map(|record| KnownContact { added_at: record.added_at, notes: record.notes }))
    }
}
