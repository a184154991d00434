//! What an agent wants to be told of, as far as memory knows: most agents want nothing, and no query is made for them.

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use tertulia_model::{AgentNo, WebhookTopic};
use tertulia_store::{Store, StoreError};

use crate::agents::Agent;

/// Whether the topics are known.
const KNOWN: u64 = 1 << 16;
/// The topics.
const TOPICS: u64 = KNOWN - 1;
/// One change.
const CHANGE: u64 = 1 << 17;

/// The topics of which any endpoint of an agent wants to hear. What was read before a change is not remembered after it.
#[derive(Debug, Default)]
pub(crate) struct Wants(AtomicU64);

/// Some topics.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Topics(u64);

impl Topics {
    /// All of them: where it is not known what an agent wants, the store, which knows, is told of everything.
    pub(crate) const ALL: Self = Self(TOPICS);

    pub(crate) fn of<'a>(topics: impl IntoIterator<Item = &'a WebhookTopic>) -> Self {
        Self(topics.into_iter().fold(0, |all, topic| all | Self::bit(*topic)))
    }

    pub(crate) const fn contain(self, topic: WebhookTopic) -> bool {
        self.0 & Self::bit(topic) != 0
    }

    pub(crate) const fn is_empty(self) -> bool {
        self.0 == 0
    }

    const fn bit(topic: WebhookTopic) -> u64 {
        match topic {
            WebhookTopic::DirectReceived => 1,
            WebhookTopic::Mentioned => 1 << 1,
            WebhookTopic::Replied => 1 << 2,
            WebhookTopic::FriendRequested => 1 << 3,
            WebhookTopic::MessageReceived => 1 << 4,
            WebhookTopic::MessagesRead => 1 << 5,
            WebhookTopic::PresenceChanged => 1 << 6,
            WebhookTopic::Blocked => 1 << 7,
            WebhookTopic::GroupInvited => 1 << 8,
            WebhookTopic::GroupDeleted => 1 << 9,
            WebhookTopic::AgentRegistered => 1 << 10,
        }
    }
}

/// How often it had changed when it was looked at.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Seen(u64);

impl Wants {
    /// The topics, or what is to be handed to [`Wants::remember`] once they have been read.
    pub(crate) fn topics(&self) -> Result<Topics, Seen> {
        let now = self.0.load(Ordering::Acquire);
        if now & KNOWN == 0 { Err(Seen(now)) } else { Ok(Topics(now & TOPICS)) }
    }

    /// Remembers what was read, unless it has changed since.
    pub(crate) fn remember(&self, seen: Seen, topics: Topics) {
        let known = seen.0 | KNOWN | topics.0;
        // Who comes second has read the same, or something older.
        let _ = self.0.compare_exchange(seen.0, known, Ordering::AcqRel, Ordering::Acquire);
    }

    /// Notes that it has changed in the store.
    pub(crate) fn forget(&self) {
        let forgotten = |now: u64| Some((now & !(KNOWN | TOPICS)).wrapping_add(CHANGE));
        let _ = self.0.fetch_update(Ordering::AcqRel, Ordering::Acquire, forgotten);
    }
}

/// What each of the agents wants to be told of. Nobody is asked for those of whom it is in memory.
pub(crate) async fn read(store: &dyn Store, agents: &[Arc<Agent>]) -> Result<HashMap<AgentNo, Topics>, StoreError> {
    let (mut wants, mut unread) = (HashMap::new(), HashMap::new());
    for agent in agents {
        match agent.wants.topics() {
            Ok(topics) if topics.is_empty() => {}
            Ok(topics) => drop(wants.insert(agent.number, topics)),
            Err(seen) => drop(unread.insert(agent.number, (agent, seen))),
        }
    }
    if unread.is_empty() {
        return Ok(wants);
    }
    let numbers: Vec<AgentNo> = unread.keys().copied().collect();
    let endpoints = store.endpoints_of(&numbers).await?;
    for (number, (agent, seen)) in unread {
        let own = endpoints.iter().filter(|endpoint| endpoint.agent == number && endpoint.target.is_some());
        let topics = Topics::of(own.flat_map(|endpoint| &endpoint.topics));
        agent.wants.remember(seen, topics);
        if !topics.is_empty() {
            wants.insert(number, topics);
        }
    }
    Ok(wants)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_read_before_a_change_is_not_remembered() {
        let wants = Wants::default();
        let seen = wants.topics().unwrap_err();
        wants.remember(seen, Topics::of(&[WebhookTopic::Mentioned]));
        let known = wants.topics().unwrap();
        assert!(known.contain(WebhookTopic::Mentioned) && !known.contain(WebhookTopic::DirectReceived));

        wants.forget();
        let seen = wants.topics().unwrap_err();
        wants.forget();
        wants.remember(seen, known);
        let seen = wants.topics().unwrap_err();
        wants.remember(seen, Topics::default());
        assert_eq!(wants.topics().unwrap(), Topics::default());
    }
}
