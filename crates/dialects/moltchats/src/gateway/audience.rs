//! Who listens to which channel, and when those who listen are told so again.

use std::{
    collections::{BTreeSet, HashMap, HashSet},
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use bytes::Bytes;
use tertulia_core::{Clock, Conversation};
use tertulia_model::{AgentId, ConversationId};
use tokio::sync::Notify;

use super::frames::Frame;

/// Between two frames for one channel.
// wire: moltchats.md#35-presence-and-idle-rules
const COALESCED_FOR: Duration = Duration::from_secs(1);

/// Agents that one frame names at the most. Only the lobby can have more.
// rule: lobby
const MOST_NAMED: usize = 500;

/// Who listens where. Bounded by the subscriptions themselves.
pub(crate) struct Audience {
    clock: Arc<dyn Clock>,
    places: Mutex<Places>,
    /// Rings when something is due earlier than before.
    pub(crate) sooner: Notify,
}

#[derive(Default)]
struct Places {
    channels: HashMap<ConversationId, Channel>,
    /// Where an agent listens.
    by_agent: HashMap<AgentId, HashSet<ConversationId>>,
    due: BTreeSet<(Duration, ConversationId)>,
}

struct Channel {
    conversation: Arc<Conversation>,
    /// Connections, those of observers among them.
    connections: usize,
    /// Connections by agent.
    agents: HashMap<AgentId, usize>,
    told_at: Option<Duration>,
    due_at: Option<Duration>,
    /// The frame, as long as it is right.
    frame: Option<Bytes>,
}

/// A place in the audience of a channel, for one connection; given back when dropped.
#[derive(Debug)]
pub(crate) struct Seat {
    audience: Arc<Audience>,
    channel: ConversationId,
    pub(crate) conversation: Arc<Conversation>,
    /// Nobody for an observer.
    agent: Option<AgentId>,
}

/// A frame for everybody who listens to a conversation.
pub(crate) type Told = (Arc<Conversation>, Bytes);

impl Audience {
    pub(crate) fn new(clock: Arc<dyn Clock>) -> Arc<Self> {
        Arc::new(Self { clock, places: Mutex::default(), sooner: Notify::new() })
    }

    /// Takes a place for a connection.
    pub(crate) fn sit(
        self: &Arc<Self>,
        channel: ConversationId,
        conversation: &Arc<Conversation>,
        agent: Option<AgentId>,
    ) -> Arc<Seat> {
        let mut places = self.lock();
        let known = places.channels.entry(channel).or_insert_with(|| Channel::of(conversation));
        known.connections += 1;
        if let Some(agent) = agent {
            let connections = known.agents.entry(agent).or_default();
            *connections += 1;
            if *connections == 1 {
                known.frame = None;
                places.by_agent.entry(agent).or_default().insert(channel);
                self.note(&mut places, channel, self.clock.elapsed() + COALESCED_FOR);
            }
        }
        drop(places);
        Arc::new(Seat { audience: self.clone(), channel, conversation: conversation.clone(), agent })
    }

    /// An agent has become idle, or is back.
    pub(crate) fn has_changed(&self, agent: AgentId) {
        let mut places = self.lock();
        let channels: Vec<_> = places.by_agent.get(&agent).into_iter().flatten().copied().collect();
        for channel in channels {
            self.note_now(&mut places, channel);
        }
    }

    /// Who listens to a channel now, as a frame.
    pub(crate) fn frame(&self, channel: ConversationId) -> Bytes {
        match self.lock().channels.get_mut(&channel) {
            Some(known) => known.frame(channel),
            None => presence(channel, Vec::new()),
        }
    }

    /// When the next channel is due.
    pub(crate) fn next_due(&self) -> Option<Duration> {
        self.lock().due.first().map(|(at, _)| *at)
    }

    /// What is due.
    pub(crate) fn take_due(&self) -> Vec<Told> {
        let (mut places, now) = (self.lock(), self.clock.elapsed());
        let mut told = Vec::new();
        while let Some((at, channel)) = places.due.first().copied().filter(|(at, _)| *at <= now) {
            places.due.remove(&(at, channel));
            told.extend(places.channels.get_mut(&channel).map(|known| known.tell(channel, now)));
        }
        told
    }

    /// Everything.
    pub(crate) fn take_all(&self) -> Vec<Told> {
        let (mut places, now) = (self.lock(), self.clock.elapsed());
        places.due.clear();
        places.channels.iter_mut().map(|(channel, known)| known.tell(*channel, now)).collect()
    }

    fn leave(&self, channel: ConversationId, agent: Option<AgentId>) {
        let mut places = self.lock();
        let Some(known) = places.channels.get_mut(&channel) else { return };
        known.connections -= 1;
        let is_over = known.connections == 0;
        let due_at = known.due_at;
        let has_left = agent.filter(|agent| known.is_last_of(*agent));
        if let Some(agent) = has_left {
            let elsewhere = places.by_agent.get_mut(&agent);
            if elsewhere.is_some_and(|elsewhere| elsewhere.remove(&channel) && elsewhere.is_empty()) {
                places.by_agent.remove(&agent);
            }
        }
        if is_over {
            places.channels.remove(&channel);
            due_at.map(|at| places.due.remove(&(at, channel)));
        } else if has_left.is_some() {
            self.note_now(&mut places, channel);
        }
    }

    /// As soon as one frame after the other may be sent.
    fn note_now(&self, places: &mut Places, channel: ConversationId) {
        let told_at = places.channels.get(&channel).and_then(|known| known.told_at);
        let now = self.clock.elapsed();
        self.note(places, channel, told_at.map_or(now, |told_at| now.max(told_at + COALESCED_FOR)));
    }

    /// The lobby is left out: it is large, and told of at its own times only.
    // rule: lobby
    fn note(&self, places: &mut Places, channel: ConversationId, at: Duration) {
        let Places { channels, due, .. } = places;
        let Some(known) = channels.get_mut(&channel).filter(|known| !known.conversation.is_lobby()) else { return };
        if known.due_at.is_some_and(|due_at| due_at <= at) {
            return;
        }
        if let Some(later) = known.due_at.replace(at) {
            due.remove(&(later, channel));
        }
        due.insert((at, channel));
        self.sooner.notify_one();
    }

    fn lock(&self) -> MutexGuard<'_, Places> {
        self.places.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Channel {
    fn of(conversation: &Arc<Conversation>) -> Self {
        let conversation = conversation.clone();
        Self { conversation, connections: 0, agents: HashMap::new(), told_at: None, due_at: None, frame: None }
    }

    /// Takes one connection of an agent away; whether it has no other here.
    fn is_last_of(&mut self, agent: AgentId) -> bool {
        let Some(connections) = self.agents.get_mut(&agent) else { return false };
        *connections -= 1;
        if *connections > 0 {
            return false;
        }
        self.agents.remove(&agent);
        self.frame = None;
        true
    }

    fn tell(&mut self, channel: ConversationId, now: Duration) -> Told {
        (self.told_at, self.due_at) = (Some(now), None);
        (self.conversation.clone(), self.frame(channel))
    }

    fn frame(&mut self, channel: ConversationId) -> Bytes {
        let agents = &self.agents;
        let named = || agents.keys().take(MOST_NAMED).map(ToString::to_string).collect();
        self.frame.get_or_insert_with(|| presence(channel, named())).clone()
    }
}

fn presence(channel: ConversationId, online: Vec<String>) -> Bytes {
    Frame::Presence { channel: channel.to_string(), online }.bytes()
}

impl fmt::Debug for Audience {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Audience").field("channels", &self.lock().channels.len()).finish_non_exhaustive()
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.audience.leave(self.channel, self.agent);
    }
}
