//! What the operator may do.

use std::sync::{Arc, atomic::Ordering};

use tertulia_model::{AgentNo, AgentState, ConversationNo, MessageId, NameKey};
use tertulia_store::{AgentRecord, AuditEntry, OPERATOR, ReportRecord};

use crate::{Bookmark, Ended, Error, Noun, agents::Agent, chat::Chat, conversation::Conversation};

/// Agents on one page of the operator's list.
pub(crate) const OPERATOR_PAGE: u32 = 500;

impl Chat {
    /// Suspends an agent: nothing it asks for succeeds, and its authenticated streams end. `false`: it was not active.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`], [`Error::Stopping`], [`Error::Store`].
    pub async fn suspend(&self, name: &str) -> Result<bool, Error> {
        self.move_agent(name, AgentState::Active, AgentState::Suspended, "agent.suspended").await
    }

    /// Lifts a suspension. `false`: it was not suspended.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`], [`Error::Stopping`], [`Error::Store`].
    pub async fn unsuspend(&self, name: &str) -> Result<bool, Error> {
        self.move_agent(name, AgentState::Suspended, AgentState::Active, "agent.unsuspended").await
    }

    /// Takes a message's text away for everybody. Its place stays. `false`: it was removed before.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] if there is no such message; [`Error::Stopping`], [`Error::Store`].
    pub async fn remove_message(&self, id: MessageId) -> Result<bool, Error> {
        let (conversation, seq) = self.0.store.locate(id).await?.ok_or(Error::NotFound(Noun::Message))?;
        let entry = self.operator_entry("message.removed", None, &id.to_string());
        let (chat, now) = (self.clone(), self.now());
        let removal = async move {
            let is_removed = chat.0.store.remove_message(id, now, &entry).await?;
            if is_removed && let Some(known) = chat.conversation_in_memory(conversation) {
                // It may have been read just before or just after; what the store counts now holds for both.
                known.forget_text(seq, chat.0.store.log_end(conversation).await?.removed);
            }
            Ok(is_removed)
        };
        self.0.journal.exclusively(removal).await
    }

    /// A conversation that was just changed on disk, if memory holds it; whoever is reading it reads it again.
    fn conversation_in_memory(&self, number: ConversationNo) -> Option<Arc<Conversation>> {
        if number == self.0.lobby.number { Some(self.0.lobby.clone()) } else { self.0.conversations.changed(number) }
    }

    /// The message that stands at a bookmark in a conversation.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`], [`Error::Store`].
    pub async fn message_at(&self, conversation: &Conversation, bookmark: Bookmark) -> Result<MessageId, Error> {
        self.named_message(conversation, bookmark).await?.ok_or(Error::NotFound(Noun::Message))
    }

    /// Agents in a state (any, if none), by number, a page after the named agent.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] if `after` names nobody; [`Error::Store`].
    pub async fn agents_in_state(
        &self,
        state: Option<AgentState>,
        after: Option<&str>,
    ) -> Result<Vec<AgentRecord>, Error> {
        let after = self.number_of(after).await?;
        Ok(self.0.store.agents_in_state(state, after, OPERATOR_PAGE).await?)
    }

    /// The newest entries of the audit log, newest first.
    ///
    /// # Errors
    ///
    /// [`Error::Store`].
    pub async fn audit_log(&self, limit: u32) -> Result<Vec<AuditEntry>, Error> {
        Ok(self.0.store.audit_log(limit).await?)
    }

    /// The newest reports, of the named agent if one is named, newest first.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`], [`Error::Store`].
    pub async fn report_book(&self, about: Option<&str>, limit: u32) -> Result<Vec<ReportRecord>, Error> {
        let target = self.number_of(about).await?;
        let mut reports = self.0.store.reports(target, limit).await?;
        for report in reports.iter_mut().filter(|report| report.conversation == Some(self.0.lobby.id)) {
            let (community, channel) = self.lobby_names();
            (report.community, report.channel) = (Some(community), Some(channel));
        }
        Ok(reports)
    }

    /// Whether that is what the hub itself is called, which is no agent to do anything to.
    #[must_use]
    pub fn is_hub_itself(&self, name: &str) -> bool {
        let own = NameKey::of(&self.0.system_agent.name);
        own.is_some() && NameKey::of(name) == own
    }

    async fn number_of(&self, name: Option<&str>) -> Result<Option<AgentNo>, Error> {
        match name {
            Some(name) => Ok(Some(self.require_agent(name).await?.number)),
            None => Ok(None),
        }
    }

    async fn move_agent(&self, name: &str, from: AgentState, to: AgentState, action: &str) -> Result<bool, Error> {
        let agent = self.require_agent(name).await?;
        let entry = self.operator_entry(action, Some(&agent), "");
        self.change_state(&agent, from, to, entry).await
    }

    /// Moves an agent from one state to another, for the reason in `entry`. `false`: it was not in `from`.
    pub(crate) async fn change_state(
        &self,
        agent: &Arc<Agent>,
        from: AgentState,
        to: AgentState,
        entry: AuditEntry,
    ) -> Result<bool, Error> {
        let (chat, agent) = (self.clone(), agent.clone());
        let change = async move {
            if !chat.0.store.change_state(agent.number, from, to, &entry).await? {
                return Ok(false);
            }
            let was_listed = agent.is_listed();
            agent.set_state(to);
            if from == AgentState::Suspended {
                agent.forgive();
            }
            match (was_listed, agent.is_listed()) {
                (true, false) => drop(chat.0.listed.fetch_sub(1, Ordering::AcqRel)),
                (false, true) => drop(chat.0.listed.fetch_add(1, Ordering::AcqRel)),
                (true, true) | (false, false) => {}
            }
            if to == AgentState::Suspended {
                agent.connections.close(None, Ended::AgentSuspended);
            }
            Ok(true)
        };
        self.0.journal.exclusively(change).await
    }

    pub(crate) async fn require_agent(&self, name: &str) -> Result<Arc<Agent>, Error> {
        let missing = Error::NotFound(Noun::Agent);
        let Some(key) = NameKey::of(name) else { return Err(missing) };
        let agent = self.0.directory.by_name(&key).await?;
        agent.filter(|agent| !agent.is_system).ok_or(missing)
    }

    pub(crate) fn operator_entry(&self, action: &str, agent: Option<&Agent>, detail: &str) -> AuditEntry {
        AuditEntry {
            at: self.now(),
            actor: OPERATOR.to_owned(),
            action: action.to_owned(),
            agent: agent.map(|agent| agent.number),
            detail: Some(detail.to_owned()).filter(|detail| !detail.is_empty()),
        }
    }
}
