//! The bounded memory of conversations besides the lobby: at most one object a conversation, found by its public id.

mod channels;
mod directs;
mod groups;
mod trials;

use std::{
    collections::{BTreeSet, HashMap},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
};

use tertulia_model::{AgentNo, ConversationId, ConversationNo, Timestamp};
use tertulia_store::{LogEnd, Participant, RoomRecord, Store, StoreError, WholeRoom};
use tokio::sync::Notify;

pub(crate) use self::{channels::KnownChannel, directs::DirectKey};
use crate::{
    agents::{Agent, Directory},
    conversation::{Conversation, Kind},
    room::Room,
};

/// Conversations kept in memory at the most, beyond those that something refers to.
pub(crate) const MOST: usize = if cfg!(test) { 8 } else { 4_096 };

/// Memory that their messages may take together, in bytes.
pub(crate) const MOST_WEIGHT: usize = if cfg!(test) { 64 * 1_024 } else { 64 * 1_024 * 1_024 };

/// The conversations in memory. Holds the only way from the store to a [`Conversation`].
#[derive(Debug)]
pub(crate) struct Conversations {
    store: Arc<dyn Store>,
    known: Mutex<Known>,
    /// What their messages weigh together.
    weight: Arc<AtomicUsize>,
    /// Rings when a room was added that ends before all others.
    pub(crate) sooner: Notify,
}

#[derive(Debug)]
struct Known {
    by_id: HashMap<ConversationId, Arc<Conversation>>,
    ids: HashMap<ConversationNo, ConversationId>,
    /// Of which conversation what view is open.
    views: HashMap<ConversationId, ConversationId>,
    /// Which direct conversation is whose, the smaller number first.
    pairs: HashMap<[AgentNo; 2], ConversationId>,
    /// When which room ends. A room that was let go of stays here until then: nothing comes of it.
    endings: BTreeSet<(Timestamp, ConversationNo)>,
    /// How often conversations were let go of: what was read from the store before must not be remembered after.
    let_go: u64,
    /// How often anybody has asked for one.
    asked: u64,
    /// When there are more than this, it is time to look for some to let go of.
    many: usize,
}

/// By what a conversation is found that is read as soon as somebody asks for it.
#[derive(Clone, Copy, Debug)]
enum Key {
    Room(ConversationId),
    Direct(DirectKey),
}

/// How often conversations had been let go of before a room was created.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Expected {
    let_go_before: u64,
}

impl Conversations {
    pub(crate) fn new(store: Arc<dyn Store>) -> Self {
        let known = Known {
            by_id: HashMap::new(),
            ids: HashMap::new(),
            views: HashMap::new(),
            pairs: HashMap::new(),
            endings: BTreeSet::new(),
            let_go: 0,
            asked: 0,
            many: MOST,
        };
        Self { store, known: Mutex::new(known), weight: Arc::default(), sooner: Notify::new() }
    }

    /// The room with this id, whether or not it is over, as long as the store has it.
    pub(crate) async fn room(
        &self,
        id: ConversationId,
        directory: &Directory,
    ) -> Result<Option<Arc<Conversation>>, StoreError> {
        self.find(Key::Room(id), directory).await
    }

    /// Looks in memory, else reads from the store and remembers.
    async fn find(&self, key: Key, directory: &Directory) -> Result<Option<Arc<Conversation>>, StoreError> {
        self.lighten_if_heavy();
        loop {
            let let_go_before = {
                let mut known = self.lock();
                if let Some(conversation) = known.find(key) {
                    return Ok(Some(conversation));
                }
                known.let_go
            };
            let Some(read) = self.read(key, directory).await? else { return Ok(None) };
            let remembered = match key {
                Key::Room(_) => self.remember(read, let_go_before),
                Key::Direct(_) => self.remember_direct(read, let_go_before),
            };
            if let Some(conversation) = remembered {
                return Ok(Some(conversation));
            }
            // Something was let go of or changed meanwhile; it may have been this one, with changes that we have not read.
        }
    }

    /// The conversation with this id, if it is in memory and `agent` is one of the two, or a member of the group.
    pub(crate) fn of_member(&self, id: ConversationId, agent: AgentNo) -> Option<Arc<Conversation>> {
        self.lighten_if_heavy();
        let known = self.lock().by_id.get(&id).cloned();
        known.filter(|known| known.has_member(agent))?;
        self.lock().asked_for(id)
    }

    async fn read(&self, key: Key, directory: &Directory) -> Result<Option<Conversation>, StoreError> {
        match key {
            Key::Room(id) => match self.store.whole_room(id).await? {
                Some(whole) => self.read_room(whole, directory).await.map(Some),
                None => Ok(None),
            },
            Key::Direct(key) => match self.whole_direct(key).await? {
                Some(whole) => self.read_direct(&whole, directory).await.map(Some),
                None => Ok(None),
            },
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
        let created = Conversation::new(number, id, kind, LogEnd::default(), Vec::new(), &self.weight);
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
        let forgotten = {
            let mut known = self.lock();
            // Also those that are just being read.
            known.let_go += 1;
            let ids: Vec<_> = numbers.iter().filter_map(|number| known.ids.remove(number)).collect();
            let forgotten: Vec<_> = ids.iter().filter_map(|id| known.by_id.remove(id)).collect();
            for conversation in &forgotten {
                known.forget_view(conversation);
                known.forget_pair(conversation);
            }
            forgotten
        };
        for conversation in &forgotten {
            drop(conversation.shed());
        }
        forgotten
    }

    /// The conversation with this number, of which something was changed on disk alone, if it is in memory. What was read
    /// of it before is read again.
    pub(crate) fn changed(&self, number: ConversationNo) -> Option<Arc<Conversation>> {
        let mut known = self.lock();
        known.let_go += 1;
        known.by_id.get(known.ids.get(&number)?).cloned()
    }

    async fn read_room(&self, whole: WholeRoom, directory: &Directory) -> Result<Conversation, StoreError> {
        let WholeRoom { room: record, participants, end } = whole;
        let (number, id) = (record.number, record.id);
        let creator = directory.by_numbers(&[record.creator]).await?.remove(&record.creator);
        let creator = creator.ok_or(StoreError::Unreadable("creator of a room"))?;
        let room = Room::new(record, creator, &participants);
        Ok(Conversation::new(number, id, Kind::Room(room), end, Vec::new(), &self.weight))
    }

    /// Adds what was read, unless it is there already, or may be out of date: something was let go of since
    /// `let_go_before`.
    fn remember(&self, read: Conversation, let_go_before: u64) -> Option<Arc<Conversation>> {
        let mut known = self.lock();
        if let Some(conversation) = known.asked_for(read.id) {
            return Some(conversation);
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
        let gone = known.add(&conversation);
        drop(known);
        // What they held is none of this lock's business.
        drop(gone);
        Some(conversation)
    }

    /// Makes room if the messages in memory weigh more than they may.
    fn lighten_if_heavy(&self) {
        if self.weight.load(Ordering::Relaxed) > MOST_WEIGHT {
            self.lighten();
        }
    }

    /// Takes messages out of memory until half of what they may weigh is left: those of the longest unused conversations.
    fn lighten(&self) {
        let mut conversations: Vec<_> = self.lock().by_id.values().cloned().collect();
        conversations.sort_by_cached_key(|conversation| conversation.last_asked.load(Ordering::Relaxed));
        for conversation in conversations {
            if self.weight.load(Ordering::Relaxed) <= MOST_WEIGHT / 2 {
                return;
            }
            drop(conversation.shed());
        }
    }

    #[cfg(test)]
    pub(crate) fn holds(&self, id: ConversationId) -> bool {
        self.lock().by_id.contains_key(&id)
    }

    #[cfg(test)]
    pub(crate) fn in_memory(&self) -> (usize, usize) {
        (self.lock().by_id.len(), self.weight.load(Ordering::Relaxed))
    }

    fn lock(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Known {
    fn find(&mut self, key: Key) -> Option<Arc<Conversation>> {
        match key {
            Key::Room(id) => self.asked_for(id),
            Key::Direct(key) => self.direct(key),
        }
    }

    /// The conversation with this id, if it is there. It counts as used.
    fn asked_for(&mut self, id: ConversationId) -> Option<Arc<Conversation>> {
        let conversation = self.by_id.get(&id)?;
        self.asked += 1;
        conversation.last_asked.store(self.asked, Ordering::Relaxed);
        Some(conversation.clone())
    }

    /// Adds a conversation, and gives those that are let go of for it.
    fn add(&mut self, conversation: &Arc<Conversation>) -> Vec<Arc<Conversation>> {
        self.ids.insert(conversation.number, conversation.id);
        self.by_id.insert(conversation.id, conversation.clone());
        self.note_pair(conversation);
        drop(self.asked_for(conversation.id));
        self.let_go_of_unused()
    }

    /// Lets go of conversations that nobody refers to, if there are many, and gives those: the longest unused ones. A
    /// quarter of their number comes anew before it looks at all of them again.
    fn let_go_of_unused(&mut self) -> Vec<Arc<Conversation>> {
        if self.by_id.len() <= self.many {
            return Vec::new();
        }
        let free = self.by_id.values().filter(|known| Arc::strong_count(known) == 1);
        let mut free: Vec<_> = free.map(|known| (known.last_asked.load(Ordering::Relaxed), known.id)).collect();
        let surplus = self.by_id.len() - MOST * 3 / 4;
        if surplus < free.len() {
            free.select_nth_unstable_by_key(surplus, |(last_asked, _)| *last_asked);
            free.truncate(surplus);
        }
        let gone: Vec<_> = free.iter().filter_map(|(_, id)| self.by_id.remove(id)).collect();
        for known in &gone {
            self.ids.remove(&known.number);
            self.forget_view(known);
            self.forget_pair(known);
        }
        self.let_go += u64::from(!gone.is_empty());
        self.many = MOST.max(self.by_id.len() + self.by_id.len() / 4);
        gone
    }
}
