//! Accounts and agents that go, in a store that fails.

use async_trait::async_trait;
use tertulia_model::{AgentNo, CodeId, CommunityNo, ConversationId, CredentialNo, Email, Pause, Timestamp};
use tertulia_store::{
    Account, Accounts, AgentRecord, AuditEntry, Departures, DirectoryEntry, DirectoryQuery, EmailBinding, EmailBounds,
    EmailRegistration, NewAgent, NewCode, NewCredential, Parting, Recovery, Registrable, StoreError, Telling, Told,
    UndoneTies, UnsentMail,
};

use super::FaultyStore;

#[async_trait]
impl Accounts for FaultyStore {
    async fn registrable(&self, name_key: &str, email_key: &str, now: Timestamp) -> Result<Registrable, StoreError> {
        self.through("registrable", self.inner.registrable(name_key, email_key, now)).await
    }

    async fn add_code(&self, code: &NewCode) -> Result<(), StoreError> {
        self.through("add_code", self.inner.add_code(code)).await
    }

    async fn remove_code(&self, id: CodeId) -> Result<(), StoreError> {
        self.through("remove_code", self.inner.remove_code(id)).await
    }

    async fn tell_code(&self, telling: &Telling) -> Result<Told, StoreError> {
        self.through("tell_code", self.inner.tell_code(telling)).await
    }

    async fn register_with_email(
        &self,
        agent: &NewAgent,
        credential: &NewCredential,
        email: &Email,
        most: EmailBounds,
    ) -> Result<EmailRegistration, StoreError> {
        self.through("register_with_email", self.inner.register_with_email(agent, credential, email, most)).await
    }

    async fn bind_email(
        &self,
        agent: AgentNo,
        email: &Email,
        most: EmailBounds,
        entry: &AuditEntry,
    ) -> Result<EmailBinding, StoreError> {
        self.through("bind_email", self.inner.bind_email(agent, email, most, entry)).await
    }

    async fn agents_of_email(&self, email_key: &str, limit: u32) -> Result<Vec<AgentRecord>, StoreError> {
        self.through("agents_of_email", self.inner.agents_of_email(email_key, limit)).await
    }

    async fn account(&self, agent: AgentNo) -> Result<Account, StoreError> {
        self.through("account", self.inner.account(agent)).await
    }

    async fn recover(
        &self,
        agent: AgentNo,
        credential: &NewCredential,
        entry: &AuditEntry,
    ) -> Result<Option<Recovery>, StoreError> {
        self.through("recover", self.inner.recover(agent, credential, entry)).await
    }

    async fn set_pause(&self, agent: AgentNo, pause: Option<Pause>, entry: &AuditEntry) -> Result<bool, StoreError> {
        self.through("set_pause", self.inner.set_pause(agent, pause, entry)).await
    }

    async fn set_restricted(
        &self,
        agent: AgentNo,
        is_restricted: bool,
        entry: &AuditEntry,
    ) -> Result<bool, StoreError> {
        self.through("set_restricted", self.inner.set_restricted(agent, is_restricted, entry)).await
    }

    async fn directory(&self, query: DirectoryQuery<'_>) -> Result<Vec<DirectoryEntry>, StoreError> {
        self.through("directory", self.inner.directory(query)).await
    }

    async fn count_directory(&self, prefix: &str) -> Result<u64, StoreError> {
        self.through("count_directory", self.inner.count_directory(prefix)).await
    }

    async fn keep_unsent(&self, mail: &UnsentMail) -> Result<(), StoreError> {
        self.through("keep_unsent", self.inner.keep_unsent(mail)).await
    }

    async fn unsent_mails(&self, now: Timestamp, limit: u32) -> Result<Vec<UnsentMail>, StoreError> {
        self.through("unsent_mails", self.inner.unsent_mails(now, limit)).await
    }

    async fn sweep_accounts(&self, now: Timestamp, windows_by: Timestamp, most: u32) -> Result<u32, StoreError> {
        self.through("sweep_accounts", self.inner.sweep_accounts(now, windows_by, most)).await
    }
}

#[async_trait]
impl Departures for FaultyStore {
    async fn delete_agent(&self, agent: AgentNo, entry: &AuditEntry) -> Result<Option<Vec<CredentialNo>>, StoreError> {
        self.through("delete_agent", self.inner.delete_agent(agent, entry)).await
    }

    async fn departing(&self, limit: u32) -> Result<Vec<AgentNo>, StoreError> {
        self.through("departing", self.inner.departing(limit)).await
    }

    async fn undo_ties(&self, agent: AgentNo, now: Timestamp, most: u32) -> Result<UndoneTies, StoreError> {
        self.through("undo_ties", self.inner.undo_ties(agent, now, most)).await
    }

    async fn part_with(&self, community: CommunityNo, agent: AgentNo, now: Timestamp) -> Result<Parting, StoreError> {
        self.through("part_with", self.inner.part_with(community, agent, now)).await
    }

    async fn rooms_with(&self, agent: AgentNo, now: Timestamp, limit: u32) -> Result<Vec<ConversationId>, StoreError> {
        self.through("rooms_with", self.inner.rooms_with(agent, now, limit)).await
    }

    async fn finish_departure(&self, agent: AgentNo) -> Result<(), StoreError> {
        self.through("finish_departure", self.inner.finish_departure(agent)).await
    }
}
