//! What an inbox costs, counted in the database's own steps: as much with ten messages that wait as with ten thousand.

use std::{
    num::NonZeroUsize,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use sqlx::SqliteConnection;
use tempfile::TempDir;
use tertulia_model::{
    AgentId, AgentNo, AgentState, CommunityId, ConversationId, ConversationNo, GroupRole, MessageId, MessageNo, Seq,
    TextKind, Timestamp, random_uuid, time_ordered_uuid,
};
use tertulia_store::{
    Agents, Append, Commit, GroupChange, GroupMemberRecord, Groups, Hub, Inboxes, Messages, Move, NewAgent,
    NewEnvelope, NewGroup, Profile, Registration, Seed, Slice, ThreadMarksQuery, ThreadQuery, Threads,
};

use crate::{Durability, SqliteOptions, SqliteStore};

/// Counts how often statements go on to another row, or jump at all.
#[derive(Clone, Debug, Default)]
pub(crate) struct Steps(Arc<AtomicU64>);

impl Steps {
    /// Counts what this connection does.
    pub(crate) async fn of(&self, connection: &mut SqliteConnection) {
        let steps = self.0.clone();
        let count = move || {
            steps.fetch_add(1, Ordering::Relaxed);
            true
        };
        connection.lock_handle().await.unwrap().set_progress_handler(1, count);
    }

    /// How many since this was last asked.
    fn take(&self) -> u64 {
        self.0.swap(0, Ordering::Relaxed)
    }
}

/// An agent for whom much waits, from one other.
struct Recipient {
    store: SqliteStore,
    _directory: TempDir,
    bob: AgentNo,
    ada: AgentNo,
    direct: ConversationNo,
    said: u64,
}

const NOW: Timestamp = Timestamp::from_micros(1_700_000_000_000_000);

fn id_of(number: u64) -> MessageId {
    let mut random = [0; 10];
    random[2..].copy_from_slice(&number.to_be_bytes());
    MessageId::from_uuid(time_ordered_uuid(1_700_000_000_000, random))
}

fn number(number: u64) -> MessageNo {
    MessageNo(i64::try_from(number).unwrap())
}

async fn join(store: &SqliteStore, number: u8) -> AgentNo {
    let name: Arc<str> = format!("agent-{number}").into();
    let agent = NewAgent {
        id: AgentId::from_uuid(random_uuid([number; 16])),
        name: name.clone(),
        name_key: name,
        state: AgentState::Active,
        is_listed: false,
        profile: Profile::default(),
        credential: None,
        now: NOW,
    };
    let registered = store.register_agent(&agent).await.unwrap();
    let Registration::Registered { agent, .. } = registered else { panic!("{registered:?}") };
    agent.number
}

impl Recipient {
    async fn of(waiting: u64) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let readers = NonZeroUsize::MIN;
        let options = SqliteOptions { durability: Durability::Off, readers, ..SqliteOptions::default() };
        let store = SqliteStore::open(directory.path(), &options).await.unwrap();
        let seed = Seed {
            hub_id: random_uuid([101; 16]),
            lobby: ConversationId::from_uuid(random_uuid([102; 16])),
            community: CommunityId::from_uuid(random_uuid([103; 16])),
            system_agent: AgentId::from_uuid(random_uuid([104; 16])),
            system_name: "hub".to_owned(),
            now: NOW,
        };
        store.open_hub(&seed).await.unwrap();
        let (ada, bob) = (join(&store, 1).await, join(&store, 2).await);
        let id = ConversationId::from_uuid(random_uuid([105; 16]));
        let direct = store.direct_between([ada, bob], id, NOW).await.unwrap().direct.number;
        store.keep_queue(ada).await.unwrap();
        let mut recipient = Self { store, _directory: directory, bob, ada, direct, said: 0 };
        while recipient.said < waiting {
            recipient.send((waiting - recipient.said).min(500)).await;
        }
        recipient
    }

    /// Bob writes to Ada, so many messages in one commit.
    async fn send(&mut self, count: u64) {
        let places = self.said + 1..=self.said + count;
        let message = |place| Append {
            number: number(place),
            id: id_of(place),
            conversation: self.direct,
            seq: Seq(place),
            author: self.bob,
            author_revision: 1,
            created_at: NOW + Duration::from_micros(place),
            text: "hello".into(),
            text_kind: TextKind::Plain,
            content: None,
        };
        let messages: Vec<_> = places.map(message).collect();
        let copy = |message: &Append| NewEnvelope {
            agent: self.ada,
            message: message.number,
            conversation: self.direct,
            seq: message.seq,
        };
        let envelopes = messages.iter().map(copy).collect();
        let received = vec![(self.ada, self.direct, NOW)];
        self.store.commit(&Commit { messages, envelopes, received, ..Commit::default() }).await.unwrap();
        self.said += count;
    }

    /// A group of Bob's, of which Ada is a member; that it has come waits for it.
    async fn group(&mut self) -> ConversationNo {
        let group = NewGroup {
            id: ConversationId::from_uuid(random_uuid([106; 16])),
            name: "ops".into(),
            description: None,
            avatar_url: None,
            creator: self.bob,
            created_at: NOW,
        };
        let group = self.store.create_group(&group).await.unwrap().number;
        let (role, joined_seq) = (GroupRole::Member, Seq(1));
        let member = GroupMemberRecord { agent: self.ada, role, joined_seq, joined_at: NOW };
        self.happen(group, 1, GroupChange::Joined { conversation: group, member }).await;
        assert!(self.store.own_message(self.ada, id_of(self.said)).await.unwrap().is_some());
        group
    }

    async fn leave(&mut self, group: ConversationNo) {
        self.happen(group, 2, GroupChange::Left { conversation: group, agent: self.ada, at: NOW }).await;
    }

    /// Something happens in a group, which is told to Ada if that is its beginning.
    async fn happen(&mut self, group: ConversationNo, seq: u64, change: GroupChange) {
        self.said += 1;
        let message = Append {
            number: number(self.said),
            id: id_of(self.said),
            conversation: group,
            seq: Seq(seq),
            author: self.bob,
            author_revision: 1,
            created_at: NOW + Duration::from_micros(seq),
            text: "".into(),
            text_kind: TextKind::Plain,
            content: None,
        };
        let copy = NewEnvelope { agent: self.ada, message: message.number, conversation: group, seq: message.seq };
        let envelopes = if seq == 1 { vec![copy] } else { Vec::new() };
        let commit = Commit { messages: vec![message], envelopes, groups: vec![change], ..Commit::default() };
        self.store.commit(&commit).await.unwrap();
    }

    async fn settle(&self, step: Move) -> u32 {
        self.store.settle(&[step], NOW).await.unwrap()[0].delivered
    }

    /// Everything that is done for one message, or one page: its name, and what it costs.
    async fn costs(&mut self, steps: &Steps) -> Vec<(&'static str, u64)> {
        let mut costs = Vec::new();
        let mut note = |what, steps: &Steps| costs.push((what, steps.take()));
        let (ada, bob, direct) = (self.ada, self.bob, self.direct);
        steps.take();
        self.send(1).await;
        note("send", steps);
        assert_eq!(self.store.waiting(ada, number(0), 5).await.unwrap().len(), 5);
        note("the first page", steps);
        assert_eq!(self.store.waiting(ada, number(self.said - 5), 5).await.unwrap().len(), 5);
        note("the last page", steps);
        assert_eq!(self.settle(Move::Delivered { agent: ada, message: id_of(self.said) }).await, 1);
        note("acknowledge the last", steps);
        assert_eq!(self.settle(Move::Delivered { agent: ada, message: id_of(self.said) }).await, 0);
        note("acknowledge it again", steps);
        let through = number(3);
        assert_eq!(self.settle(Move::DeliveredThrough { agent: ada, through, limit: 500 }).await, 3);
        note("acknowledge up to the third", steps);
        assert_eq!(self.settle(Move::Read { agent: ada, message: number(4) }).await, 1);
        note("read one", steps);
        let (message, seq) = (number(5), Seq(5));
        assert_eq!(self.settle(Move::Hidden { agent: ada, message, conversation: direct, seq }).await, 1);
        note("hide one", steps);
        let read_through = Move::ReadThrough { agent: ada, conversation: direct, through: Seq(6), limit: 500 };
        assert_eq!(self.settle(read_through).await, 1);
        note("read up to the sixth", steps);
        assert!(self.store.own_message(ada, id_of(7)).await.unwrap().is_some());
        note("find one", steps);
        assert!(self.store.visible_place(ada, id_of(7)).await.unwrap().is_some());
        note("find what is seen", steps);
        let (receipts, range) = (vec![(ada, number(6)), (ada, number(7))], [Seq(6), Seq(7)]);
        let marks = ThreadMarksQuery { agent: ada, conversation: direct, range, receipts };
        assert_eq!(self.store.thread_marks(&marks).await.unwrap().receipts.len(), 2);
        note("marks of a page", steps);
        let (after, slice) = (Seq::START, Slice::After(Seq(5)));
        let page = ThreadQuery { agent: ada, other: Some(bob), conversation: direct, after, slice, limit: 3 };
        assert_eq!(self.store.read_thread(&page).await.unwrap().len(), 3);
        note("a page of history", steps);
        assert!(self.store.sent_before(&[(bob, "k".into())]).await.unwrap()[0].is_none());
        note("look for a key", steps);
        let id = ConversationId::from_uuid(random_uuid([105; 16]));
        assert!(self.store.part_in(ada, id).await.unwrap().is_some());
        note("look for a part", steps);
        let hidden_through = Move::HiddenThrough { agent: ada, conversation: direct, through: Seq(8), limit: 500 };
        assert_eq!(self.settle(hidden_through).await, 2);
        note("hide up to the eighth", steps);
        let group = self.group().await;
        steps.take();
        self.leave(group).await;
        note("leave a group", steps);
        costs
    }
}

#[tokio::test]
async fn ten_thousand_that_wait_cost_as_many_steps_as_ten() {
    let mut counted = Vec::new();
    for waiting in [10, 10_000] {
        let mut recipient = Recipient::of(waiting).await;
        let steps = Steps::default();
        recipient.store.readers.count(&steps).await.unwrap();
        recipient.store.write_lock().await.unwrap().count(&steps).await.unwrap();
        counted.push(recipient.costs(&steps).await);
        // What is counted is really counted: as many as wait, once, when an agent is first seen.
        recipient.store.queues(&[recipient.ada]).await.unwrap();
        let all = steps.take();
        assert!(all >= waiting - 10, "{all}");
        recipient.store.close().await;
    }
    assert_eq!(counted[0], counted[1]);
    assert!(counted[0].iter().all(|(_, steps)| *steps > 0), "{counted:?}");
}
