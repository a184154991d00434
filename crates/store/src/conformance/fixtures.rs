//! What the cases begin with.

use std::sync::Arc;

use async_trait::async_trait;
use tertulia_model::{
    AgentId, AgentNo, AgentState, ChannelKind, CommunityId, ConversationId, ConversationNo, CredentialId,
    FriendRequestId, MessageId, MessageNo, Seq, Timestamp, ViewId, Visibility, random_uuid, time_ordered_uuid,
};

use crate::{
    Acceptance, AgentRecord, Append, AuditEntry, Commit, HubRecord, KeyDigest, NewAgent, NewChannel, NewCommunity,
    NewCredential, NewFriendRequest, NewRoom, NewView, Profile, Registration, RequestOutcome, RoomListing, Seed, Store,
    StoreError, WholeCommunity, WholeDirect,
};

/// When every case begins.
pub(super) const START: Timestamp = Timestamp::from_micros(1_700_000_000_123_456);

/// A moment of the case.
pub(super) fn minute(count: i64) -> Timestamp {
    Timestamp::from_micros(START.as_micros() + count * 60_000_000)
}

/// 16 bytes that belong to a number and a purpose.
fn bytes(purpose: u8, number: u64) -> [u8; 16] {
    let mut bytes = [purpose; 16];
    bytes[8..].copy_from_slice(&number.to_be_bytes());
    bytes
}

pub(super) fn seed(number: u64) -> Seed {
    Seed {
        hub_id: random_uuid(bytes(1, number)),
        lobby: ConversationId::from_uuid(random_uuid(bytes(2, number))),
        community: CommunityId::from_uuid(random_uuid(bytes(7, number))),
        system_agent: AgentId::from_uuid(random_uuid(bytes(3, number))),
        system_name: "hub".to_owned(),
        now: START,
    }
}

pub(super) async fn open(store: &dyn Store) -> Result<HubRecord, StoreError> {
    store.open_hub(&seed(1)).await
}

/// The digest of the key with this number.
pub(super) fn digest(number: u8) -> KeyDigest {
    KeyDigest([number; 32])
}

pub(super) fn key(kind: &'static str, number: u8) -> NewCredential {
    NewCredential { id: CredentialId::from_uuid(random_uuid(bytes(5, number.into()))), kind, digest: digest(number) }
}

/// A number that belongs to a name.
fn mark(name: &str) -> u64 {
    name.bytes().fold(0xcbf2_9ce4_8422_2325, |mark, byte| (mark ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3))
}

/// An agent whose name is as given, listed and active, without a key.
pub(super) fn agent(name: &str) -> NewAgent {
    NewAgent {
        id: AgentId::from_uuid(random_uuid(bytes(4, mark(name)))),
        name: name.into(),
        name_key: name.to_lowercase().into(),
        state: AgentState::Active,
        is_listed: true,
        profile: Profile::default(),
        credential: None,
        now: START,
    }
}

/// Registers an agent that must succeed.
pub(super) async fn register(store: &dyn Store, agent: &NewAgent) -> Result<AgentRecord, StoreError> {
    match store.register_agent(agent).await? {
        Registration::Registered { agent, .. } => Ok(agent),
        Registration::NameTaken => panic!("the name {} was free", agent.name),
    }
}

/// Registers a plain agent; its number.
pub(super) async fn join(store: &dyn Store, name: &str) -> Result<AgentNo, StoreError> {
    Ok(register(store, &agent(name)).await?.number)
}

pub(super) fn entry(action: &str, agent: Option<AgentNo>) -> AuditEntry {
    AuditEntry { at: START, actor: "operator".to_owned(), action: action.to_owned(), agent, detail: None }
}

pub(super) fn message_id(number: u64) -> MessageId {
    let mut random = [0; 10];
    random[2..].copy_from_slice(&number.to_be_bytes());
    MessageId::from_uuid(time_ordered_uuid(START.as_millis(), random))
}

/// Messages `first..first + count` of an otherwise empty hub: number and place are the same.
pub(super) fn batch(conversation: ConversationNo, author: AgentNo, first: u64, count: u64) -> Vec<Append> {
    (first..first + count).map(|place| said(conversation, author, place, &format!("message {place}"))).collect()
}

pub(super) fn said(conversation: ConversationNo, author: AgentNo, place: u64, text: &str) -> Append {
    let number = i64::try_from(place).expect("cases are short");
    Append {
        number: MessageNo(number),
        id: message_id(place),
        conversation,
        seq: Seq(place),
        author,
        author_revision: 1,
        created_at: Timestamp::from_micros(START.as_micros() + number),
        text: Arc::from(text),
        text_kind: tertulia_model::TextKind::Plain,
        content: None,
    }
}

/// The message with this number, at another place.
pub(super) fn said_at(conversation: ConversationNo, author: AgentNo, number: u64, seq: u64) -> Append {
    Append { seq: Seq(seq), ..said(conversation, author, number, &format!("message {number}")) }
}

/// A public room that begins with the case and lasts ten minutes.
pub(super) fn room(name: &str, creator: AgentNo) -> NewRoom {
    NewRoom {
        id: ConversationId::from_uuid(random_uuid(bytes(6, mark(name)))),
        name: name.into(),
        description: None,
        visibility: Visibility::Public,
        only_creator_invites: false,
        creator,
        invited: Vec::new(),
        created_at: START,
        expires_at: minute(10),
    }
}

/// Creates such a room; its number.
pub(super) async fn open_room(store: &dyn Store, name: &str, creator: AgentNo) -> Result<ConversationNo, StoreError> {
    Ok(store.create_room(&room(name, creator)).await?.number)
}

/// All rooms that are not over when the case begins.
pub(super) async fn live_rooms(store: &dyn Store) -> Result<Vec<RoomListing>, StoreError> {
    store.list_rooms(None, None, START, 100, 0).await
}

pub(super) fn room_names(listings: &[RoomListing]) -> Vec<&str> {
    listings.iter().map(|listing| &*listing.room.name).collect()
}

/// The id of the friend request with this number.
pub(super) fn request_id(number: u64) -> FriendRequestId {
    FriendRequestId::from_uuid(random_uuid(bytes(7, number)))
}

/// Asks for a friendship; what came of it.
pub(super) async fn ask(
    store: &dyn Store,
    number: u64,
    from: AgentNo,
    to: AgentNo,
) -> Result<RequestOutcome, StoreError> {
    store.request_friendship(&NewFriendRequest { id: request_id(number), from, to, now: START, told: None }).await
}

/// The view and the direct conversation with this number, from `now` on.
pub(super) fn view(number: u64, now: Timestamp) -> NewView {
    NewView {
        view: ViewId::from_uuid(random_uuid(bytes(8, number))),
        direct: ConversationId::from_uuid(random_uuid(bytes(9, number))),
        now,
    }
}

/// Makes friends of two, by the request and with the view of this number; their conversation.
pub(super) async fn befriend(
    store: &dyn Store,
    number: u64,
    from: AgentNo,
    to: AgentNo,
) -> Result<WholeDirect, StoreError> {
    assert_eq!(ask(store, number, from, to).await?, RequestOutcome::Requested);
    match store.accept_request(request_id(number), to, &view(number, minute(1))).await? {
        Acceptance::Accepted { friend, direct } => {
            assert_eq!(friend, from);
            Ok(direct)
        }
        Acceptance::NotFound => panic!("request {number} waits for an answer"),
    }
}

/// Commits in which no key was used before.
#[async_trait]
pub(super) trait AppendOnly {
    async fn write(&self, commit: &Commit) -> Result<(), StoreError>;

    /// Of messages alone.
    async fn append(&self, messages: &[Append]) -> Result<(), StoreError>;
}

#[async_trait]
impl AppendOnly for dyn Store + '_ {
    async fn write(&self, commit: &Commit) -> Result<(), StoreError> {
        assert!(self.commit(commit).await?, "no key was used before");
        Ok(())
    }

    async fn append(&self, messages: &[Append]) -> Result<(), StoreError> {
        self.write(&Commit { messages: messages.to_vec(), ..Commit::default() }).await
    }
}

/// A channel that says nothing about itself.
pub(super) fn channel(name: &str) -> NewChannel {
    channel_of(name, mark(name))
}

fn channel_of(name: &str, number: u64) -> NewChannel {
    NewChannel {
        id: ConversationId::from_uuid(random_uuid(bytes(8, number))),
        name: name.into(),
        category: None,
        kind: ChannelKind::Text,
        topic: None,
        instructions: None,
        position: 0,
        created_at: START,
    }
}

/// A public community that begins with the case and has a channel `general`.
pub(super) fn community(name: &str, owner: AgentNo) -> NewCommunity {
    NewCommunity {
        id: CommunityId::from_uuid(random_uuid(bytes(9, mark(name)))),
        name: name.into(),
        description: None,
        icon_url: None,
        owner,
        is_public: true,
        most_members: 500,
        instructions: None,
        report_threshold: 10,
        tags: Vec::new(),
        created_at: START,
        channel: channel_of("general", mark(&format!("general of {name}"))),
    }
}

/// Creates such a community.
pub(super) async fn found(store: &dyn Store, name: &str, owner: AgentNo) -> Result<WholeCommunity, StoreError> {
    store.create_community(&community(name, owner)).await
}
