//! A conversation in use: its newest messages in memory, and where it ends.

use std::{
    collections::VecDeque,
    sync::{
        Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
};

use tertulia_model::{AgentNo, ConversationId, ConversationNo, Seq, Timestamp, Visibility};
use tertulia_store::{LogEnd, Slice};

use crate::{
    Error, Noun, access::Wish, agents::Agent, channel::Channel, direct::Direct, group::Group, notice::Event,
    posted::Posted, room::Room, trial::Trial,
};

/// How many of its newest messages a conversation in use keeps in memory.
pub(crate) const TAIL_MESSAGES: usize = 256;

/// What a message in memory takes besides its text, which it holds plain and in a few encodings. In bytes.
const MESSAGE_WEIGHT: usize = 1_024;

/// A conversation in use. There is at most one of it in memory, so what changes about it is seen by all at once.
#[derive(Debug)]
pub struct Conversation {
    /// Its number inside the hub.
    pub(crate) number: ConversationNo,
    /// Its public id.
    pub id: ConversationId,
    pub(crate) kind: Kind,
    tail: RwLock<Tail>,
    /// What the messages of this conversation and others weigh together.
    together: Arc<AtomicUsize>,
    /// How often anybody had asked for any conversation when this one was last asked for.
    pub(crate) last_asked: AtomicU64,
}

/// What distinguishes a conversation.
#[derive(Debug)]
pub(crate) enum Kind {
    /// Everybody's, for ever.
    Lobby,
    /// A room.
    Room(Room),
    /// A channel of a community.
    Channel(Channel),
    /// What two agents say to each other.
    Direct(Direct),
    /// What the members of a group say to each other.
    Group(Group),
    /// Where an agent is tried.
    Trial(Trial),
}

/// The newest messages, oldest first and without a gap, and where the conversation ends.
#[derive(Debug)]
struct Tail {
    messages: VecDeque<Arc<Posted>>,
    /// About how much memory they take, in bytes.
    weight: usize,
    end: LogEnd,
}

impl Conversation {
    /// `newest` are the conversation's last messages, oldest first, up to `end`. What they weigh, and all that come later,
    /// is counted in `together`.
    pub(crate) fn new(
        number: ConversationNo,
        id: ConversationId,
        kind: Kind,
        end: LogEnd,
        newest: Vec<Arc<Posted>>,
        together: &Arc<AtomicUsize>,
    ) -> Self {
        let weight = newest.iter().map(|posted| weight_of(posted)).sum();
        together.fetch_add(weight, Ordering::Relaxed);
        let tail = RwLock::new(Tail { messages: newest.into(), weight, end });
        Self { number, id, kind, tail, together: together.clone(), last_asked: AtomicU64::new(0) }
    }

    /// Whether it is the lobby.
    #[must_use]
    pub fn is_lobby(&self) -> bool {
        matches!(self.kind, Kind::Lobby)
    }

    /// How many messages it has, removed ones left out.
    #[must_use]
    pub fn count(&self) -> u64 {
        let end = self.log_end();
        end.last_seq.0.saturating_sub(end.removed)
    }

    /// When something was last said in it; nothing if nothing ever was.
    #[must_use]
    pub fn last_at(&self) -> Option<Timestamp> {
        let end = self.log_end();
        (end.last_seq != Seq::START).then_some(end.last_at)
    }

    /// The room that it is, if it is one.
    pub(crate) const fn room(&self) -> Option<&Room> {
        match &self.kind {
            Kind::Room(room) => Some(room),
            Kind::Lobby | Kind::Channel(_) | Kind::Direct(_) | Kind::Group(_) | Kind::Trial(_) => None,
        }
    }

    /// The channel that it is, if it is one.
    pub(crate) const fn channel(&self) -> Option<&Channel> {
        match &self.kind {
            Kind::Channel(channel) => Some(channel),
            Kind::Lobby | Kind::Room(_) | Kind::Direct(_) | Kind::Group(_) | Kind::Trial(_) => None,
        }
    }

    /// The direct conversation that it is, if it is one.
    pub(crate) const fn direct(&self) -> Option<&Direct> {
        match &self.kind {
            Kind::Direct(direct) => Some(direct),
            Kind::Lobby | Kind::Room(_) | Kind::Channel(_) | Kind::Group(_) | Kind::Trial(_) => None,
        }
    }

    /// The group that it is, if it is one.
    pub(crate) const fn group(&self) -> Option<&Group> {
        match &self.kind {
            Kind::Group(group) => Some(group),
            Kind::Lobby | Kind::Room(_) | Kind::Channel(_) | Kind::Direct(_) | Kind::Trial(_) => None,
        }
    }

    /// The trial that is held in it, if one is.
    pub(crate) const fn trial(&self) -> Option<&Trial> {
        match &self.kind {
            Kind::Trial(trial) => Some(trial),
            Kind::Lobby | Kind::Room(_) | Kind::Channel(_) | Kind::Direct(_) | Kind::Group(_) => None,
        }
    }

    /// Whether there are agents who get copies of what is said in it.
    pub(crate) const fn has_recipients(&self) -> bool {
        matches!(self.kind, Kind::Direct(_) | Kind::Group(_))
    }

    /// Who gets a copy of what others say in it.
    pub(crate) fn readers(&self) -> Vec<Arc<Agent>> {
        match &self.kind {
            Kind::Direct(direct) => direct.pair.to_vec(),
            Kind::Group(group) => group.agents(),
            Kind::Lobby | Kind::Room(_) | Kind::Channel(_) | Kind::Trial(_) => Vec::new(),
        }
    }

    /// Under which id those see it who have a view of it: its own, unless it is a direct conversation.
    #[must_use]
    pub fn view_id(&self) -> ConversationId {
        self.direct().and_then(Direct::view).map_or(self.id, |view| view.id)
    }

    /// Behind which place its messages may be shown to those who have a view of it.
    pub(crate) fn view_begins_after(&self) -> Seq {
        self.direct().and_then(Direct::view).map_or(Seq::START, |view| view.begins_after)
    }

    /// Whether what is said in it counts among what its author has said in public: in the lobby and in public rooms.
    pub(crate) fn is_tallied(&self) -> bool {
        match &self.kind {
            Kind::Lobby => true,
            Kind::Room(room) => room.visibility == Visibility::Public,
            Kind::Channel(_) | Kind::Direct(_) | Kind::Group(_) | Kind::Trial(_) => false,
        }
    }

    /// Whether it is over at `now`.
    pub(crate) fn is_over(&self, now: Timestamp) -> bool {
        match &self.kind {
            Kind::Lobby | Kind::Direct(_) | Kind::Group(_) => false,
            Kind::Room(room) => room.is_over(now),
            Kind::Channel(channel) => channel.is_gone(),
            Kind::Trial(trial) => trial.is_over(now),
        }
    }

    /// Whether `reader` may read it at `now`.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] if it is over, or `reader` may not know of it; [`Error::NotParticipant`],
    /// [`Error::NotMember`], [`Error::NotOneOfTwo`].
    pub(crate) fn permit_reading(&self, reader: Option<AgentNo>, now: Timestamp) -> Result<(), Error> {
        match &self.kind {
            Kind::Room(room) if room.is_over(now) => Err(Error::NotFound(Noun::Room)),
            Kind::Trial(trial) if trial.is_over(now) => Err(Error::NotFound(Noun::Channel)),
            Kind::Lobby | Kind::Room(_) | Kind::Channel(_) | Kind::Direct(_) | Kind::Group(_) | Kind::Trial(_) => {
                self.grant_reading(reader)
            }
        }
    }

    /// Whether `reader` may read it at `now` under the id `view`.
    ///
    /// # Errors
    ///
    /// Those of [`Conversation::permit_reading`]; [`Error::NotFound`] if it is seen under another id by now.
    pub(crate) fn permit_view(
        &self,
        view: ConversationId,
        reader: Option<AgentNo>,
        now: Timestamp,
    ) -> Result<(), Error> {
        self.permit_reading(reader, now)?;
        if self.view_id() == view { Ok(()) } else { Err(Error::NotFound(Noun::Channel)) }
    }

    /// Whether `reader` may read it, as long as it is there.
    pub(crate) fn may_be_read_by(&self, reader: Option<AgentNo>) -> bool {
        self.grant_reading(reader).is_ok()
    }

    fn grant_reading(&self, reader: Option<AgentNo>) -> Result<(), Error> {
        match &self.kind {
            Kind::Lobby => Ok(()),
            Kind::Room(room) => room.relation(reader).grant(Wish::Read),
            Kind::Channel(channel) => channel.permit_reading(reader),
            Kind::Direct(direct) => direct.permit_viewing(reader),
            Kind::Group(group) => group.permit_reading(reader),
            Kind::Trial(trial) => trial.permit_reading(reader).map(drop),
        }
    }

    /// Where its log ends.
    pub(crate) fn log_end(&self) -> LogEnd {
        self.read().end
    }

    /// The last message's place.
    #[must_use]
    pub(crate) fn end(&self) -> Seq {
        self.read().end.last_seq
    }

    /// Takes its messages out of memory. The store serves them from then on.
    pub(crate) fn shed(&self) -> VecDeque<Arc<Posted>> {
        let mut tail = self.write();
        self.together.fetch_sub(std::mem::take(&mut tail.weight), Ordering::Relaxed);
        std::mem::take(&mut tail.messages)
    }

    /// All messages after `after`, oldest first, removed ones included, and the last one's place; nothing if memory
    /// does not reach back that far.
    pub(crate) fn since(&self, after: Seq) -> Option<(Vec<Arc<Posted>>, Seq)> {
        let tail = self.read();
        let missing = usize::try_from(tail.end.last_seq.0.saturating_sub(after.0)).ok()?;
        let start = tail.messages.len().checked_sub(missing)?;
        Some((tail.messages.range(start..).cloned().collect(), tail.end.last_seq))
    }

    /// The last `limit` messages that were not removed, oldest first, and the last one's place; nothing if memory
    /// does not hold that many and the conversation has more.
    pub(crate) fn newest(&self, limit: usize) -> Option<(Vec<Arc<Posted>>, Seq)> {
        let tail = self.read();
        let mut newest: Vec<_> =
            tail.messages.iter().rev().filter(|posted| !posted.is_removed()).take(limit).cloned().collect();
        let holds_all = tail.messages.len() as u64 == tail.end.last_seq.0;
        if newest.len() < limit && !holds_all {
            return None;
        }
        newest.reverse();
        Some((newest, tail.end.last_seq))
    }

    /// The message at `seq`, if memory holds it.
    pub(crate) fn at(&self, seq: Seq) -> Option<Arc<Posted>> {
        let tail = self.read();
        let from_end = usize::try_from(tail.end.last_seq.0.checked_sub(seq.0)?).ok()?;
        let index = tail.messages.len().checked_sub(from_end + 1)?;
        tail.messages.get(index).cloned()
    }

    /// Part of it, oldest first, removed messages included: at most `limit`, and none up to `after`; nothing if memory does
    /// not hold all of that.
    pub(crate) fn stretch(&self, slice: Slice, after: Seq, limit: usize) -> Option<Vec<Arc<Posted>>> {
        let tail = self.read();
        let (end, limit) = (tail.end.last_seq.0, limit as u64);
        let (from, to) = match slice {
            Slice::After(seq) => {
                let from = seq.max(after).0;
                (from, from.saturating_add(limit).min(end))
            }
            Slice::Newest => (end.saturating_sub(limit).max(after.0), end),
            Slice::Before(seq) => {
                let to = seq.0.saturating_sub(1).min(end);
                (to.saturating_sub(limit).max(after.0), to)
            }
        };
        if from >= to {
            return Some(Vec::new());
        }
        // Memory holds everything behind this place, and nothing before.
        let held_after = end.saturating_sub(tail.messages.len() as u64);
        let index = |seq: u64| seq.checked_sub(held_after).and_then(|index| usize::try_from(index).ok());
        Some(tail.messages.range(index(from)?..index(to)?).cloned().collect())
    }

    /// Adds the messages that were just committed, in order. If they do not follow on what is in memory, that is dropped
    /// and the store serves it from then on: places in the tail are found by counting, so it must never have a hole.
    pub(crate) fn extend(&self, events: &[Event]) {
        let mut tail = self.write();
        let before = tail.weight;
        for event in events {
            let Event::Posted(message) = event else { continue };
            tail.push(message.clone());
        }
        tail.shorten();
        if tail.weight >= before {
            self.together.fetch_add(tail.weight - before, Ordering::Relaxed);
        } else {
            self.together.fetch_sub(before - tail.weight, Ordering::Relaxed);
        }
    }

    /// Notes that the message at `seq` was removed, which makes `removed` in all.
    pub(crate) fn forget_text(&self, seq: Seq, removed: u64) {
        if let Some(posted) = self.at(seq) {
            posted.mark_removed();
        }
        self.write().end.removed = removed;
    }

    fn read(&self) -> RwLockReadGuard<'_, Tail> {
        self.tail.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Tail> {
        self.tail.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Conversation {
    fn drop(&mut self) {
        self.together.fetch_sub(self.read().weight, Ordering::Relaxed);
    }
}

impl Tail {
    fn push(&mut self, message: Arc<Posted>) {
        if message.seq != self.end.last_seq.next() {
            self.messages.clear();
            self.weight = 0;
        }
        self.end.last_seq = message.seq;
        self.end.last_at = message.created_at;
        self.weight += weight_of(&message);
        self.messages.push_back(message);
    }

    fn shorten(&mut self) {
        let surplus = self.messages.len().saturating_sub(TAIL_MESSAGES);
        self.weight -= self.messages.drain(..surplus).map(|posted| weight_of(&posted)).sum::<usize>();
    }
}

fn weight_of(posted: &Posted) -> usize {
    MESSAGE_WEIGHT + 3 * posted.text.len()
}
