//! The bounded memory of conversations besides the lobby: at most one object a conversation, found by its public id.

use std::{
    collections::{BTreeSet, HashMap},
    sync::{Arc, Mutex, MutexGuard, PoisonError, atomic::Ordering},
};

use tertulia_model::{ConversationId, ConversationNo, Timestamp};
use tertulia_store::{LogEnd, Participant, RoomRecord, Store, StoreError};
use tokio::sync::Notify;

use crate::{
    agents::{Agent, Directory},
    conversation::{Conversation, Kind},
    room::Room,
};

/// Conversations kept in memory at the most, beyond those that something refers to.
const MOST: usize = 4_096;

/// Memory that their messages may take, in bytes, beyond those that something refers to.
const MOST_WEIGHT: usize = 64 * 1_024 * 1_024;

/// After so many newcomers the weight is looked at.
const WEIGH_EVERY: usize = 256;

/// The conversations in memory. Holds the only way from the store to a [`Conversation`].
#[derive(Debug)]
pub(crate) struct Conversations {
    store: Arc<dyn Store>,
    known: Mutex<Known>,
    /// Rings when a room was added that ends before all others.
    pub(crate) sooner: Notify,
}

#[derive(Debug, Default)]
struct Known {
    by_id: HashMap<ConversationId, Arc<Conversation>>,
    ids: HashMap<ConversationNo, ConversationId>,
    /// When which room ends. A room that was let go of stays here until then: nothing comes of it.
    endings: BTreeSet<(Timestamp, ConversationNo)>,
    /// How often conversations were let go of: what was read from the store before must not be remembered after.
    let_go: u64,
    newcomers: usize,
}

/// How often conversations had been let go of before a room was created.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Expected {
    let_go_before: u64,
}

impl Conversations {
    pub(crate) fn new(store: Arc<dyn Store>) -> Self {
        Self { store, known: Mutex::default(), sooner: Notify::new() }
    }

    /// The room with this id, whether or not it is over, as long as the store has it.
    pub(crate) async fn room(
        &self,
        id: ConversationId,
        directory: &Directory,
    ) -> Result<Option<Arc<Conversation>>, StoreError> {
        loop {
            let let_go_before = {
                let known = self.lock();
                if let Some(conversation) = known.by_id.get(&id) {
                    conversation.was_used.store(true, Ordering::Relaxed);
                    return Ok(Some(conversation.clone()));
                }
                known.let_go
            };
            let Some(record) = self.store.room(id).await? else { return Ok(None) };
            let read = self.read(record, directory).await?;
            if let Some(conversation) = self.remember(read, let_go_before) {
                return Ok(Some(conversation));
            }
            // Something was let go of meanwhile; it may have been this one, with changes that we have not read.
        }
    }

    /// What a room is to be created with: see [`Conversations::welcome`].
    pub(crate) fn expect(&self) -> Expected {
        Expected { let_go_before: self.lock().let_go }
    }

    /// Takes a room into memory that was created after `expected` was asked for, with these participants. Nothing is
    /// read, so nothing can fail, unless others have found, changed and left it meanwhile.
    pub(crate) async fn welcome(
        &self,
        expected: Expected,
        record: RoomRecord,
        creator: Arc<Agent>,
        participants: &[Participant],
        directory: &Directory,
    ) -> Result<Arc<Conversation>, StoreError> {
        let (number, id) = (record.number, record.id);
        let kind = Kind::Room(Room::new(record, creator, participants));
        let created = Conversation::new(number, id, kind, LogEnd::default(), Vec::new());
        match self.remember(created, expected.let_go_before) {
            Some(conversation) => Ok(conversation),
            None => self.room(id, directory).await?.ok_or(StoreError::Unreadable("room")),
        }
    }

    /// The rooms in memory whose time was up at `now`: each is given once.
    pub(crate) fn take_ended(&self, now: Timestamp) -> Vec<Arc<Conversation>> {
        let mut known = self.lock();
        let later = known.endings.split_off(&(now, ConversationNo(i64::MAX)));
        let ended = std::mem::replace(&mut known.endings, later);
        let loaded = ended.iter().filter_map(|(_, number)| known.by_id.get(known.ids.get(number)?));
        loaded.cloned().collect()
    }

    /// When the next room ends.
    pub(crate) fn next_ending(&self) -> Option<Timestamp> {
        self.lock().endings.first().map(|(at, _)| *at)
    }

    /// Forgets conversations of which the store has nothing left; those are given that memory held.
    pub(crate) fn forget(&self, numbers: &[ConversationNo]) -> Vec<Arc<Conversation>> {
        let mut known = self.lock();
        // Also those that are just being read.
        known.let_go += 1;
        let ids: Vec<_> = numbers.iter().filter_map(|number| known.ids.remove(number)).collect();
        ids.iter().filter_map(|id| known.by_id.remove(id)).collect()
    }

    /// The conversation with this number, if it is in memory.
    pub(crate) fn loaded(&self, number: ConversationNo) -> Option<Arc<Conversation>> {
        let known = self.lock();
        known.by_id.get(known.ids.get(&number)?).cloned()
    }

    async fn read(&self, record: RoomRecord, directory: &Directory) -> Result<Conversation, StoreError> {
        let (number, id) = (record.number, record.id);
        let creator = directory.by_numbers(&[record.creator]).await?.remove(&record.creator);
        let creator = creator.ok_or(StoreError::Unreadable("creator of a room"))?;
        let participants = self.store.participants(number).await?;
        let end = self.store.log_end(number).await?;
        let room = Room::new(record, creator, &participants);
        Ok(Conversation::new(number, id, Kind::Room(room), end, Vec::new()))
    }

    /// Adds what was read, unless it is there already, or may be out of date: something was let go of since
    /// `let_go_before`.
    fn remember(&self, read: Conversation, let_go_before: u64) -> Option<Arc<Conversation>> {
        let mut known = self.lock();
        if let Some(conversation) = known.by_id.get(&read.id) {
            return Some(conversation.clone());
        }
        if let_go_before != known.let_go {
            return None;
        }
        let conversation = Arc::new(read);
        if let Some(room) = conversation.room() {
            let is_next = known.endings.first().is_none_or(|(at, _)| room.expires_at < *at);
            known.endings.insert((room.expires_at, conversation.number));
            if is_next {
                self.sooner.notify_one();
            }
        }
        known.ids.insert(conversation.number, conversation.id);
        known.by_id.insert(conversation.id, conversation.clone());
        known.newcomers += 1;
        known.let_go_of_unused();
        Some(conversation)
    }

    fn lock(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Known {
    /// Lets go of what nobody refers to and nobody has asked for lately, once there is too much.
    fn let_go_of_unused(&mut self) {
        let is_time_to_weigh = self.newcomers >= WEIGH_EVERY;
        if is_time_to_weigh {
            self.newcomers = 0;
        }
        let weighs_too_much =
            || is_time_to_weigh && self.by_id.values().map(|known| known.weight()).sum::<usize>() > MOST_WEIGHT;
        if self.by_id.len() <= MOST && !weighs_too_much() {
            return;
        }
        let before = self.by_id.len();
        self.by_id.retain(|_, known| Arc::strong_count(known) > 1 || known.was_used.swap(false, Ordering::Relaxed));
        if self.by_id.len() > MOST {
            self.by_id.retain(|_, known| Arc::strong_count(known) > 1);
        }
        if self.by_id.len() < before {
            self.let_go += 1;
            let by_id = &self.by_id;
            self.ids.retain(|_, id| by_id.contains_key(id));
        }
    }
}
