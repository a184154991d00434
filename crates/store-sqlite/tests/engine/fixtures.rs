//! What the tests begin with.

use std::path::Path;

use tertulia_model::{
    AgentId, AgentNo, AgentState, CommunityId, ConversationId, ConversationNo, MessageId, MessageNo, Seq, Timestamp,
    Visibility, random_uuid, time_ordered_uuid,
};
use tertulia_store::{Append, Commit, Hub, HubRecord, Messages, NewAgent, NewRoom, Profile, Seed, StoreError};
use tertulia_store_sqlite::{Durability, SqliteOptions, SqliteStore};

pub(crate) fn options() -> SqliteOptions {
    SqliteOptions { durability: Durability::Off, ..SqliteOptions::default() }
}

pub(crate) async fn open(place: &Path) -> (SqliteStore, HubRecord) {
    let store = SqliteStore::open(place, &options()).await.unwrap();
    let hub = store.open_hub(&seed()).await.unwrap();
    (store, hub)
}

pub(crate) fn seed() -> Seed {
    Seed {
        hub_id: random_uuid([1; 16]),
        lobby: ConversationId::from_uuid(random_uuid([2; 16])),
        community: CommunityId::from_uuid(random_uuid([7; 16])),
        system_agent: AgentId::from_uuid(random_uuid([3; 16])),
        system_name: "hub".to_owned(),
        now: Timestamp::from_micros(1),
    }
}

pub(crate) fn agent(number: u8) -> NewAgent {
    let name = format!("agent-{number}");
    NewAgent {
        id: AgentId::from_uuid(random_uuid([number; 16])),
        name: name.as_str().into(),
        name_key: name.as_str().into(),
        state: AgentState::Active,
        is_listed: true,
        profile: Profile::default(),
        credential: None,
        now: Timestamp::from_micros(1),
    }
}

pub(crate) fn batch(conversation: ConversationNo, author: AgentNo, first: u64, count: u64) -> Vec<Append> {
    (first..first + count).map(|place| said(conversation, author, place, "a message")).collect()
}

pub(crate) fn said(conversation: ConversationNo, author: AgentNo, place: u64, text: &str) -> Append {
    let mut random = [0; 10];
    random[2..].copy_from_slice(&place.to_be_bytes());
    Append {
        number: MessageNo(place.try_into().unwrap()),
        id: MessageId::from_uuid(time_ordered_uuid(1_700_000_000_000, random)),
        conversation,
        seq: Seq(place),
        author,
        author_revision: 1,
        created_at: Timestamp::from_micros(place.try_into().unwrap()),
        text: text.into(),
        text_kind: tertulia_model::TextKind::Plain,
        content: None,
    }
}

/// A public room that is over at [`OVER`].
pub(crate) fn room(creator: AgentNo, number: u8) -> NewRoom {
    NewRoom {
        id: ConversationId::from_uuid(random_uuid([number; 16])),
        name: format!("room {number}").into(),
        description: None,
        visibility: Visibility::Public,
        only_creator_invites: false,
        creator,
        invited: Vec::new(),
        created_at: Timestamp::from_micros(1),
        expires_at: OVER,
    }
}

/// When rooms are over.
pub(crate) const OVER: Timestamp = Timestamp::from_micros(1_000);

/// A commit of messages alone.
pub(crate) async fn append(store: &SqliteStore, messages: &[Append]) -> Result<(), StoreError> {
    store.commit(&Commit { messages: messages.to_vec(), ..Commit::default() }).await.map(drop)
}
