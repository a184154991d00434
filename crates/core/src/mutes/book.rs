//! An agent's mutes in memory, so that who delivers need not ask the store.
//!
//! They are read once and kept true: who has changed them on disk, or tried to, between two batches of the journal, doubts
//! them and has them read again before the next one. What was read before a doubt is not remembered after.

use std::{
    cmp::Reverse,
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tertulia_model::{AgentNo, ConversationId, ConversationNo, Timestamp};
use tertulia_store::{MuteRecord, MuteTarget, Store, StoreError};

use crate::agents::Agent;

/// The mutes of one agent.
#[derive(Debug, Default)]
pub(crate) struct Mutes(Mutex<Inner>);

#[derive(Debug, Default)]
struct Inner {
    /// Nothing: they were not read, or may have changed since.
    known: Option<HashMap<MuteTarget, MuteRecord>>,
    doubts: u64,
}

impl Agent {
    /// Whether it does not want to be woken by `sender`, or by whatever is said in `conversation`. Its mutes must have
    /// been read: see [`Chat::mutes_of`](crate::Chat).
    pub(crate) fn mutes(&self, sender: AgentNo, conversation: ConversationNo, now: Timestamp) -> bool {
        self.mutes.silence(sender, conversation, now)
    }
}

impl Mutes {
    /// Whether `sender` or `conversation` is muted. Nothing is, as long as nothing was read.
    pub(crate) fn silence(&self, sender: AgentNo, conversation: ConversationNo, now: Timestamp) -> bool {
        let inner = self.lock();
        let Some(known) = inner.known.as_ref().filter(|known| !known.is_empty()) else { return false };
        let targets = [MuteTarget::Agent(sender), MuteTarget::Conversation(conversation)];
        targets.iter().any(|target| known.get(target).is_some_and(|mute| goes_on(mute, now)))
    }

    /// The mutes that go on, newest first.
    pub(super) fn all(&self, now: Timestamp) -> Vec<MuteRecord> {
        let mut all: Vec<MuteRecord> = self.select(now, |_| true);
        all.sort_by_key(|mute| Reverse((mute.muted_at, number_of(mute.target))));
        all
    }

    /// The mute of an agent, if it goes on.
    pub(super) fn of_agent(&self, agent: AgentNo, now: Timestamp) -> Option<MuteRecord> {
        self.select(now, |mute| mute.target == MuteTarget::Agent(agent)).pop()
    }

    /// The mute of a conversation, if it goes on.
    pub(super) fn of_conversation(&self, id: ConversationId, now: Timestamp) -> Option<MuteRecord> {
        self.select(now, |mute| mute.place.is_some_and(|(_, known)| known == id)).pop()
    }

    /// How many go on besides that of `target`.
    pub(super) fn count_without(&self, target: MuteTarget, now: Timestamp) -> usize {
        self.select(now, |mute| mute.target != target).len()
    }

    /// To be called when they may have changed on disk.
    pub(super) fn doubt(&self) {
        let mut inner = self.lock();
        inner.known = None;
        inner.doubts += 1;
    }

    fn select(&self, now: Timestamp, is_meant: impl Fn(&MuteRecord) -> bool) -> Vec<MuteRecord> {
        let inner = self.lock();
        let known = inner.known.iter().flat_map(HashMap::values);
        known.filter(|mute| goes_on(mute, now) && is_meant(mute)).copied().collect()
    }

    /// How often they were doubted, if they must be read.
    fn must_be_read(&self) -> Option<u64> {
        let inner = self.lock();
        inner.known.is_none().then_some(inner.doubts)
    }

    /// Remembers what was read, unless it was doubted meanwhile.
    fn remember(&self, read: HashMap<MuteTarget, MuteRecord>, doubts_before: u64) {
        let mut inner = self.lock();
        if inner.doubts == doubts_before {
            inner.known = Some(read);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Reads the mutes of those of the agents whose mutes are not in memory.
pub(crate) async fn read(store: &dyn Store, agents: &[Arc<Agent>], now: Timestamp) -> Result<(), StoreError> {
    loop {
        let unread: Vec<_> = agents.iter().filter_map(|agent| Some((agent, agent.mutes.must_be_read()?))).collect();
        if unread.is_empty() {
            return Ok(());
        }
        let numbers: Vec<AgentNo> = unread.iter().map(|(agent, _)| agent.number).collect();
        let mut read: HashMap<AgentNo, HashMap<MuteTarget, MuteRecord>> = HashMap::new();
        for record in store.mutes_of(&numbers, now).await? {
            read.entry(record.agent).or_default().insert(record.target, record);
        }
        for (agent, doubts_before) in unread {
            agent.mutes.remember(read.remove(&agent.number).unwrap_or_default(), doubts_before);
        }
    }
}

fn goes_on(mute: &MuteRecord, now: Timestamp) -> bool {
    mute.until.is_none_or(|until| until > now)
}

fn number_of(target: MuteTarget) -> i64 {
    match target {
        MuteTarget::Agent(agent) => agent.0,
        MuteTarget::Conversation(conversation) => conversation.0,
    }
}
