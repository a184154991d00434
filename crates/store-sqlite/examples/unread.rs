//! What it costs to ask what friends have said since, with many friends, on this machine.
//!
//! `cargo run --release -p tertulia-store-sqlite --example unread [friends] [messages a friend]`: 10,000 with a hundred
//! messages each, unless asked otherwise. Commits do not wait for the disk while the conversations are filled.

#![expect(clippy::disallowed_methods, reason = "a measurement reads the machine's clock")]
#![expect(clippy::print_stdout, reason = "its result is a table")]

use std::{path::Path, time::Instant};

use tertulia_model::{
    AgentId, AgentNo, AgentState, ConversationId, ConversationNo, FriendRequestId, MessageId, MessageNo, Seq,
    Timestamp, ViewId, random_uuid, time_ordered_uuid,
};
use tertulia_store::{
    Acceptance, Agents, Append, Commit, Hub, Messages, NewAgent, NewFriendRequest, NewView, Profile, Registration,
    Relations, Seed, StoreError, UnreadQuery,
};
use tertulia_store_sqlite::{Durability, SqliteOptions, SqliteStore};

const START: Timestamp = Timestamp::from_micros(1_700_000_000_000_000);
const TEXT: &str = "A message of ordinary length, with a \"quotation\" and an emoji \u{1F99E}, as agents write them.";

/// How often each question is asked.
const TIMES: u32 = 5;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let friends: u64 = arguments.next().map_or(Ok(10_000), |count| count.parse())?;
    let messages: u64 = arguments.next().map_or(Ok(100), |count| count.parse())?;
    let directory = tempfile::tempdir()?;
    let began = Instant::now();
    let agent = fill(directory.path(), friends, messages).await?;
    println!("{friends} friends with {messages} messages each: filled in {:?}", began.elapsed());

    let store = SqliteStore::open(directory.path(), &SqliteOptions::default()).await?;
    store.open_hub(&seed()).await?;
    let all = friends * messages;
    // What came last came to one friend after the other.
    for (what, unread) in [("nothing", 0), ("1", 1), ("100", 100), ("10,000", 10_000), ("everything", all)] {
        ask(&store, agent, what, moment(all - unread.min(all))).await?;
    }
    let began = Instant::now();
    for _ in 0..TIMES {
        store.friends_of(agent, 10_000).await?;
    }
    println!("all friends: {:?}", began.elapsed() / TIMES);
    store.close().await;
    Ok(())
}

async fn ask(store: &SqliteStore, agent: AgentNo, what: &str, since: Timestamp) -> Result<(), StoreError> {
    let query = UnreadQuery { agent, since, most_views: 10_000, most_messages: 10_000, most_characters: 201 };
    store.unread(&query).await?;
    let began = Instant::now();
    let mut found = (0, 0);
    for _ in 0..TIMES {
        let unread = store.unread(&query).await?;
        found = (unread.len(), unread.iter().map(|view| view.messages).sum());
    }
    println!("unread {what}: {} messages of {} friends in {:?}", found.1, found.0, began.elapsed() / TIMES);
    Ok(())
}

fn seed() -> Seed {
    Seed {
        hub_id: random_uuid([1; 16]),
        lobby: ConversationId::from_uuid(random_uuid([2; 16])),
        community: tertulia_model::CommunityId::from_uuid(random_uuid([7; 16])),
        system_agent: AgentId::from_uuid(random_uuid([3; 16])),
        system_name: "hub".to_owned(),
        now: START,
    }
}

/// Makes an agent and its friends, and lets each of them write in turn, round after round; the agent.
async fn fill(directory: &Path, friends: u64, messages: u64) -> Result<AgentNo, Box<dyn std::error::Error>> {
    let options = SqliteOptions { durability: Durability::Off, ..SqliteOptions::default() };
    let store = SqliteStore::open(directory, &options).await?;
    store.open_hub(&seed()).await?;
    let agent = register(&store, friends).await?;
    let mut directs = Vec::new();
    for place in 0..friends {
        let friend = register(&store, place).await?;
        directs.push((friend, befriend(&store, friend, agent, place).await?));
        if place % 1_000 == 0 {
            store.checkpoint().await?;
        }
    }
    let mut number = 0;
    for seq in 1..=messages {
        for some in directs.chunks(500) {
            let mut commit = Commit::default();
            for &(friend, direct) in some {
                number += 1;
                commit.messages.push(said(direct, friend, number, seq));
                commit.received.push((agent, direct, moment(number)));
            }
            store.commit(&commit).await?;
            store.checkpoint().await?;
        }
    }
    store.close().await;
    Ok(agent)
}

async fn register(store: &SqliteStore, place: u64) -> Result<AgentNo, StoreError> {
    let name = format!("agent-{place}");
    let agent = NewAgent {
        id: AgentId::from_uuid(random_uuid(bytes(4, place))),
        name: name.as_str().into(),
        name_key: name.as_str().into(),
        state: AgentState::Active,
        is_listed: true,
        profile: Profile::default(),
        credential: None,
        now: START,
    };
    match store.register_agent(&agent).await? {
        Registration::Registered { agent, .. } => Ok(agent.number),
        Registration::NameTaken => Err(StoreError::Unreadable("name")),
    }
}

async fn befriend(store: &SqliteStore, from: AgentNo, to: AgentNo, place: u64) -> Result<ConversationNo, StoreError> {
    let id = FriendRequestId::from_uuid(random_uuid(bytes(5, place)));
    store.request_friendship(&NewFriendRequest { id, from, to, now: START, told: None }).await?;
    let new = NewView {
        view: ViewId::from_uuid(random_uuid(bytes(6, place))),
        direct: ConversationId::from_uuid(random_uuid(bytes(7, place))),
        now: START,
    };
    match store.accept_request(id, to, &new).await? {
        Acceptance::Accepted { direct, .. } => Ok(direct.direct.number),
        Acceptance::NotFound => Err(StoreError::Unreadable("request")),
    }
}

/// 16 bytes that belong to a number and a purpose, spread like random ones.
fn bytes(purpose: u8, number: u64) -> [u8; 16] {
    let mut bytes = [purpose; 16];
    bytes[..8].copy_from_slice(&number.wrapping_mul(0x9e37_79b9_7f4a_7c15).to_be_bytes());
    bytes
}

/// When the message with this number was said.
fn moment(number: u64) -> Timestamp {
    Timestamp::from_micros(START.as_micros() + i64::try_from(number).expect("messages are counted, not atoms"))
}

fn said(conversation: ConversationNo, author: AgentNo, number: u64, seq: u64) -> Append {
    let mut random = [7; 10];
    random[2..].copy_from_slice(&number.to_be_bytes());
    Append {
        number: MessageNo(i64::try_from(number).expect("messages are counted, not atoms")),
        id: MessageId::from_uuid(time_ordered_uuid(START.as_millis(), random)),
        conversation,
        seq: Seq(seq),
        author,
        author_revision: 1,
        created_at: moment(number),
        text: TEXT.into(),
        text_kind: tertulia_model::TextKind::Plain,
        content: None,
    }
}
