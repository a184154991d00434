//! A real store that fails or waits where a test wants it to.

mod accounts;
mod answers;
mod attachments;
mod communities;
mod contacts;
mod discovery;
mod enforcement;
mod groups;
mod identities;
mod inboxes;
mod mutes;
mod observers;
mod outbox;
mod threads;
mod trials;
mod trust;

use std::{
    path::Path,
    sync::{Mutex, PoisonError},
};

use async_trait::async_trait;
use tertulia_model::{
    AgentId, AgentNo, AgentState, ConversationId, ConversationKind, ConversationNo, CredentialId, CredentialNo,
    FriendRequestId, MessageId, MessageNo, Seq, Timestamp, ViewId, Visibility,
};
use tertulia_store::{
    Acceptance, AgentRecord, Agents, AuditEntry, Badge, Badges, Binding, BlockRecord, Blocking, Commit,
    CredentialRecord, Credentials, EndedView, FriendRecord, FriendRequest, Hub, HubRecord, Issuance, KeyDigest,
    LastSeen, LogEnd, MessageRecord, Messages, NewAgent, NewCredential, NewFriendRequest, NewRoom, NewView,
    Participant, Presence, Profile, Reacted, Reaction, Reactions, Registration, Relations, RequestOutcome, Revocation,
    RoomListing, RoomRecord, Rooms, Seed, Slice, StoreError, Swept, Tallies, UnreadQuery, UnreadView, Verification,
    WholeDirect, WholeRoom,
};
use tertulia_store_sqlite::SqliteStore;
use tokio::sync::oneshot;

/// What goes wrong with one call.
#[derive(Debug)]
pub(super) enum Fault {
    /// It does nothing and answers this.
    Refuses(StoreError),
    /// It does everything and answers that it failed.
    FailsAfterwards,
    /// It does everything, and answers when it is told to.
    Waits(oneshot::Sender<()>, oneshot::Receiver<()>),
    /// It says that it was called, and begins when it is told to.
    BeginsLater(oneshot::Sender<()>, oneshot::Receiver<()>),
}

/// A real store; each fault befalls the next call of its name that no earlier fault befalls.
#[derive(Debug)]
pub(super) struct FaultyStore {
    inner: SqliteStore,
    faults: Mutex<Vec<(&'static str, Fault)>>,
    calls: Mutex<Vec<&'static str>>,
}

pub(super) fn broken() -> StoreError {
    StoreError::Database("the disk is broken".into())
}

impl FaultyStore {
    pub(super) fn new(inner: SqliteStore) -> Self {
        Self { inner, faults: Mutex::default(), calls: Mutex::default() }
    }

    pub(super) fn fail(&self, call: &'static str, fault: Fault) {
        self.faults.lock().unwrap_or_else(PoisonError::into_inner).push((call, fault));
    }

    /// The next call waits before it begins: the first half tells when it has come, the second lets it go on.
    pub(super) fn pause(&self, call: &'static str) -> (oneshot::Receiver<()>, oneshot::Sender<()>) {
        let ((reached, has_come), (go_on, may_go_on)) = (oneshot::channel(), oneshot::channel());
        self.fail(call, Fault::BeginsLater(reached, may_go_on));
        (has_come, go_on)
    }

    /// As [`FaultyStore::pause`], but what the call does is done when it has come.
    pub(super) fn pause_after(&self, call: &'static str) -> (oneshot::Receiver<()>, oneshot::Sender<()>) {
        let ((reached, has_come), (go_on, may_go_on)) = (oneshot::channel(), oneshot::channel());
        self.fail(call, Fault::Waits(reached, may_go_on));
        (has_come, go_on)
    }

    /// Everything that was called, in order.
    pub(super) fn all_calls(&self) -> Vec<&'static str> {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// How often this was called.
    pub(super) fn calls(&self, call: &str) -> usize {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner).iter().filter(|made| **made == call).count()
    }

    /// The calls since the last time this was asked, in order.
    pub(super) fn take_calls(&self) -> Vec<&'static str> {
        std::mem::take(&mut *self.calls.lock().unwrap_or_else(PoisonError::into_inner))
    }

    async fn through<T>(
        &self,
        call: &'static str,
        operation: impl Future<Output = Result<T, StoreError>> + Send,
    ) -> Result<T, StoreError> {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner).push(call);
        match self.next_fault(call) {
            None => operation.await,
            Some(Fault::Refuses(error)) => Err(error),
            Some(Fault::FailsAfterwards) => {
                operation.await?;
                Err(broken())
            }
            Some(Fault::Waits(reached, go_on)) => {
                let answer = operation.await;
                let _ = reached.send(());
                let _ = go_on.await;
                answer
            }
            Some(Fault::BeginsLater(reached, go_on)) => {
                let _ = reached.send(());
                let _ = go_on.await;
                operation.await
            }
        }
    }

    fn next_fault(&self, call: &str) -> Option<Fault> {
        let mut faults = self.faults.lock().unwrap_or_else(PoisonError::into_inner);
        let place = faults.iter().position(|(name, _)| *name == call)?;
        Some(faults.remove(place).1)
    }
}

#[async_trait]
impl Hub for FaultyStore {
    async fn open_hub(&self, seed: &Seed) -> Result<HubRecord, StoreError> {
        self.through("open_hub", self.inner.open_hub(seed)).await
    }

    async fn backup(&self, file: &Path) -> Result<(), StoreError> {
        self.through("backup", self.inner.backup(file)).await
    }

    async fn record(&self, entry: &AuditEntry) -> Result<(), StoreError> {
        self.through("record", self.inner.record(entry)).await
    }

    async fn audit_log(&self, limit: u32) -> Result<Vec<AuditEntry>, StoreError> {
        self.through("audit_log", self.inner.audit_log(limit)).await
    }

    async fn check(&self) -> Result<(), StoreError> {
        self.through("check", self.inner.check()).await
    }

    async fn close(&self) {
        self.inner.close().await;
    }
}

#[async_trait]
impl Agents for FaultyStore {
    async fn register_agent(&self, agent: &NewAgent) -> Result<Registration, StoreError> {
        self.through("register_agent", self.inner.register_agent(agent)).await
    }

    async fn agents(&self, numbers: &[AgentNo]) -> Result<Vec<AgentRecord>, StoreError> {
        self.through("agents", self.inner.agents(numbers)).await
    }

    async fn agent_by_id(&self, id: AgentId) -> Result<Option<AgentRecord>, StoreError> {
        self.through("agent_by_id", self.inner.agent_by_id(id)).await
    }

    async fn agent_by_name(&self, name_key: &str) -> Result<Option<AgentRecord>, StoreError> {
        self.through("agent_by_name", self.inner.agent_by_name(name_key)).await
    }

    async fn agent_by_key(&self, digest: &KeyDigest) -> Result<Option<(AgentRecord, CredentialRecord)>, StoreError> {
        self.through("agent_by_key", self.inner.agent_by_key(digest)).await
    }

    async fn profiles(&self, wanted: &[(AgentNo, u32)]) -> Result<Vec<(AgentNo, Profile)>, StoreError> {
        self.through("profiles", self.inner.profiles(wanted)).await
    }

    async fn count_listed(&self) -> Result<u64, StoreError> {
        self.through("count_listed", self.inner.count_listed()).await
    }

    async fn list_agents(&self, without: &[AgentNo], limit: u32, offset: u64) -> Result<Vec<AgentRecord>, StoreError> {
        self.through("list_agents", self.inner.list_agents(without, limit, offset)).await
    }

    async fn list_agent(&self, agent: AgentNo) -> Result<bool, StoreError> {
        self.through("list_agent", self.inner.list_agent(agent)).await
    }

    async fn agents_in_state(
        &self,
        state: Option<AgentState>,
        after: Option<AgentNo>,
        limit: u32,
    ) -> Result<Vec<AgentRecord>, StoreError> {
        self.through("agents_in_state", self.inner.agents_in_state(state, after, limit)).await
    }

    async fn change_state(
        &self,
        agent: AgentNo,
        from: AgentState,
        to: AgentState,
        entry: &AuditEntry,
    ) -> Result<bool, StoreError> {
        self.through("change_state", self.inner.change_state(agent, from, to, entry)).await
    }
}

#[async_trait]
impl Credentials for FaultyStore {
    async fn issue_credential(
        &self,
        agent: AgentNo,
        by: CredentialNo,
        credential: &NewCredential,
        now: Timestamp,
        entry: &AuditEntry,
    ) -> Result<Issuance, StoreError> {
        self.through("issue_credential", self.inner.issue_credential(agent, by, credential, now, entry)).await
    }

    async fn credentials_of(&self, agent: AgentNo) -> Result<Vec<CredentialRecord>, StoreError> {
        self.through("credentials_of", self.inner.credentials_of(agent)).await
    }

    async fn revoke_credential(
        &self,
        agent: AgentNo,
        by: CredentialNo,
        credential: CredentialId,
        now: Timestamp,
        entry: &AuditEntry,
    ) -> Result<Revocation, StoreError> {
        self.through("revoke_credential", self.inner.revoke_credential(agent, by, credential, now, entry)).await
    }
}

#[async_trait]
impl Rooms for FaultyStore {
    async fn create_room(&self, room: &NewRoom) -> Result<RoomRecord, StoreError> {
        self.through("create_room", self.inner.create_room(room)).await
    }

    async fn room(&self, id: ConversationId) -> Result<Option<RoomRecord>, StoreError> {
        self.through("room", self.inner.room(id)).await
    }

    async fn whole_room(&self, id: ConversationId) -> Result<Option<WholeRoom>, StoreError> {
        self.through("whole_room", self.inner.whole_room(id)).await
    }

    async fn participants(&self, conversation: ConversationNo) -> Result<Vec<Participant>, StoreError> {
        self.through("participants", self.inner.participants(conversation)).await
    }

    async fn members(&self, conversations: &[ConversationNo], limit: u32) -> Result<Vec<Participant>, StoreError> {
        self.through("members", self.inner.members(conversations, limit)).await
    }

    async fn list_rooms(
        &self,
        visibility: Option<Visibility>,
        viewer: Option<AgentNo>,
        now: Timestamp,
        limit: u32,
        offset: u64,
    ) -> Result<Vec<RoomListing>, StoreError> {
        self.through("list_rooms", self.inner.list_rooms(visibility, viewer, now, limit, offset)).await
    }

    async fn count_rooms(&self, visibility: Option<Visibility>, now: Timestamp) -> Result<u64, StoreError> {
        self.through("count_rooms", self.inner.count_rooms(visibility, now)).await
    }

    async fn sweep_rooms(&self, now: Timestamp, most_rows: u32) -> Result<Swept, StoreError> {
        self.through("sweep_rooms", self.inner.sweep_rooms(now, most_rows)).await
    }
}

#[async_trait]
impl Tallies for FaultyStore {
    async fn save_tallies(&self, said: &[(AgentNo, u64)], covered: MessageNo) -> Result<(), StoreError> {
        self.through("save_tallies", self.inner.save_tallies(said, covered)).await
    }

    async fn catch_up_tallies(&self) -> Result<(), StoreError> {
        self.through("catch_up_tallies", self.inner.catch_up_tallies()).await
    }
}

#[async_trait]
impl Messages for FaultyStore {
    async fn commit(&self, commit: &Commit) -> Result<bool, StoreError> {
        self.through("commit", self.inner.commit(commit)).await
    }

    async fn last_number(&self) -> Result<MessageNo, StoreError> {
        self.through("last_number", self.inner.last_number()).await
    }

    async fn log_end(&self, conversation: ConversationNo) -> Result<LogEnd, StoreError> {
        self.through("log_end", self.inner.log_end(conversation)).await
    }

    async fn read(
        &self,
        conversation: ConversationNo,
        slice: Slice,
        limit: u32,
    ) -> Result<Vec<MessageRecord>, StoreError> {
        self.through("read", self.inner.read(conversation, slice, limit)).await
    }

    async fn read_by_author(
        &self,
        conversation: ConversationNo,
        author: AgentNo,
        window: u32,
        limit: u32,
    ) -> Result<Vec<MessageRecord>, StoreError> {
        self.through("read_by_author", self.inner.read_by_author(conversation, author, window, limit)).await
    }

    async fn last_before(&self, conversation: ConversationNo, at: Timestamp) -> Result<Seq, StoreError> {
        self.through("last_before", self.inner.last_before(conversation, at)).await
    }

    async fn conversation(
        &self,
        number: ConversationNo,
    ) -> Result<Option<(ConversationKind, ConversationId)>, StoreError> {
        self.through("conversation", self.inner.conversation(number)).await
    }

    async fn locate(&self, id: MessageId) -> Result<Option<(ConversationNo, Seq)>, StoreError> {
        self.through("locate", self.inner.locate(id)).await
    }

    async fn remove_message(&self, id: MessageId, now: Timestamp, entry: &AuditEntry) -> Result<bool, StoreError> {
        self.through("remove_message", self.inner.remove_message(id, now, entry)).await
    }
}

#[async_trait]
impl Relations for FaultyStore {
    async fn request_friendship(&self, request: &NewFriendRequest) -> Result<RequestOutcome, StoreError> {
        self.through("request_friendship", self.inner.request_friendship(request)).await
    }

    async fn accept_request(
        &self,
        request: FriendRequestId,
        by: AgentNo,
        new: &NewView,
    ) -> Result<Acceptance, StoreError> {
        self.through("accept_request", self.inner.accept_request(request, by, new)).await
    }

    async fn reject_request(&self, request: FriendRequestId, by: AgentNo) -> Result<bool, StoreError> {
        self.through("reject_request", self.inner.reject_request(request, by)).await
    }

    async fn incoming_requests(&self, agent: AgentNo, limit: u32) -> Result<Vec<FriendRequest>, StoreError> {
        self.through("incoming_requests", self.inner.incoming_requests(agent, limit)).await
    }

    async fn outgoing_requests(&self, agent: AgentNo, limit: u32) -> Result<Vec<FriendRequest>, StoreError> {
        self.through("outgoing_requests", self.inner.outgoing_requests(agent, limit)).await
    }

    async fn friends_of(&self, agent: AgentNo, limit: u32) -> Result<Vec<FriendRecord>, StoreError> {
        self.through("friends_of", self.inner.friends_of(agent, limit)).await
    }

    async fn end_friendship(
        &self,
        agent: AgentNo,
        friend: AgentNo,
        now: Timestamp,
    ) -> Result<Option<EndedView>, StoreError> {
        self.through("end_friendship", self.inner.end_friendship(agent, friend, now)).await
    }

    async fn block(&self, agent: AgentNo, blocked: AgentNo, now: Timestamp) -> Result<Blocking, StoreError> {
        self.through("block", self.inner.block(agent, blocked, now)).await
    }

    async fn unblock(&self, agent: AgentNo, blocked: AgentNo) -> Result<bool, StoreError> {
        self.through("unblock", self.inner.unblock(agent, blocked)).await
    }

    async fn blocks_of(&self, agent: AgentNo, limit: u32) -> Result<Vec<BlockRecord>, StoreError> {
        self.through("blocks_of", self.inner.blocks_of(agent, limit)).await
    }

    async fn blocked_among(&self, agent: AgentNo, others: &[AgentNo]) -> Result<Vec<AgentNo>, StoreError> {
        self.through("blocked_among", self.inner.blocked_among(agent, others)).await
    }

    async fn direct(&self, id: ConversationId) -> Result<Option<WholeDirect>, StoreError> {
        self.through("direct", self.inner.direct(id)).await
    }

    async fn direct_by_view(&self, view: ViewId) -> Result<Option<WholeDirect>, StoreError> {
        self.through("direct_by_view", self.inner.direct_by_view(view)).await
    }

    async fn unread(&self, query: &UnreadQuery) -> Result<Vec<UnreadView>, StoreError> {
        self.through("unread", self.inner.unread(query)).await
    }
}

#[async_trait]
impl Presence for FaultyStore {
    async fn save_presence(&self, seen: &[LastSeen]) -> Result<(), StoreError> {
        self.through("save_presence", self.inner.save_presence(seen)).await
    }

    async fn seen_since(&self, since: Timestamp) -> Result<Vec<LastSeen>, StoreError> {
        self.through("seen_since", self.inner.seen_since(since)).await
    }

    async fn last_seen(&self, agents: &[AgentNo]) -> Result<Vec<LastSeen>, StoreError> {
        self.through("last_seen", self.inner.last_seen(agents)).await
    }
}

#[async_trait]
impl Badges for FaultyStore {
    async fn start_verification(&self, verification: &Verification) -> Result<(), StoreError> {
        self.through("start_verification", self.inner.start_verification(verification)).await
    }

    async fn verification_of(&self, agent: AgentNo) -> Result<Option<Verification>, StoreError> {
        self.through("verification_of", self.inner.verification_of(agent)).await
    }

    async fn bind_badge(&self, badge: &Badge, account_key: &str, entry: &AuditEntry) -> Result<Binding, StoreError> {
        self.through("bind_badge", self.inner.bind_badge(badge, account_key, entry)).await
    }

    async fn badge_holder(&self, account_key: &str) -> Result<Option<AgentNo>, StoreError> {
        self.through("badge_holder", self.inner.badge_holder(account_key)).await
    }

    async fn badges_of(&self, agents: &[AgentNo]) -> Result<Vec<Badge>, StoreError> {
        self.through("badges_of", self.inner.badges_of(agents)).await
    }

    async fn badges_to_check(
        &self,
        before: Timestamp,
        after: Option<(Timestamp, AgentNo)>,
        limit: u32,
    ) -> Result<Vec<Badge>, StoreError> {
        self.through("badges_to_check", self.inner.badges_to_check(before, after, limit)).await
    }

    async fn confirm_badge(&self, badge: &Badge, owner: Option<&str>, now: Timestamp) -> Result<bool, StoreError> {
        self.through("confirm_badge", self.inner.confirm_badge(badge, owner, now)).await
    }

    async fn unbind_badge(&self, badge: &Badge, entry: &AuditEntry) -> Result<bool, StoreError> {
        self.through("unbind_badge", self.inner.unbind_badge(badge, entry)).await
    }
}

#[async_trait]
impl Reactions for FaultyStore {
    async fn react(&self, reaction: Reaction<'_>, now: Timestamp) -> Result<Reacted, StoreError> {
        self.through("react", self.inner.react(reaction, now)).await
    }

    async fn take_reaction_back(&self, reaction: Reaction<'_>) -> Result<Reacted, StoreError> {
        self.through("take_reaction_back", self.inner.take_reaction_back(reaction)).await
    }
}
