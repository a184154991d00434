//! What agents say about their presence, and whom that is told.
//!
//! A declaration lives in memory alone: for a while, or as long as its agent is connected; it ends when the agent comes
//! or goes. It is told to those who have the agent in their contact book and are connected; who is not asks.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tertulia_model::{Availability, Timestamp};

use crate::{Deed, Error, Noun, agents::Agent, chat::Chat, participation::AgentRef, surface::Caller};

/// How long a declaration holds while no connection is open.
// wire: agentchat.md#47-presence
const DECLARED_FOR: Duration = Duration::from_mins(5);

/// What an agent says about its presence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Declaration {
    /// Whether it is there.
    pub availability: Availability,
    /// In its own words.
    pub message: Option<Arc<str>>,
}

/// The presence of an agent, as those see it who have it in their contact book.
#[derive(Clone, Debug)]
pub struct Watched {
    /// Whose.
    pub agent: Arc<Agent>,
    /// What it says, or what its connections say.
    pub declaration: Declaration,
    /// Its last activity, if it ever was active.
    pub last_seen: Option<Timestamp>,
}

/// What an agent has said about its presence last.
#[derive(Debug, Default)]
pub(crate) struct Declared(Mutex<Option<Said>>);

#[derive(Debug)]
struct Said {
    declaration: Declaration,
    /// By the clock's elapsed time.
    at: Duration,
}

impl Declared {
    /// What holds now.
    fn get(&self, now: Duration, is_connected: bool) -> Option<Declaration> {
        let said = self.lock();
        let said = said.as_ref().filter(|said| is_connected || now.saturating_sub(said.at) < DECLARED_FOR);
        said.map(|said| said.declaration.clone())
    }

    fn set(&self, declaration: Declaration, now: Duration) {
        *self.lock() = Some(Said { declaration, at: now });
    }

    fn clear(&self) {
        *self.lock() = None;
    }

    fn lock(&self) -> MutexGuard<'_, Option<Said>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Chat {
    /// Says something about the caller's presence, which is told to those who have it in their contact book.
    ///
    /// # Errors
    ///
    /// [`Error::Suspended`], [`Error::Store`].
    // rule: presence
    pub async fn declare(&self, caller: &Caller, declaration: Declaration) -> Result<Watched, Error> {
        Self::permit(&caller.agent, Deed::Relate)?;
        caller.agent.declared.set(declaration, self.0.clock.elapsed());
        self.0.news.note(&caller.agent);
        self.watched(vec![caller.agent.clone()]).await?.pop().ok_or(Error::NotFound(Noun::Presence))
    }

    /// Says that the caller is there, as it has said before or else [`Availability::Online`].
    // rule: presence
    pub fn declare_here(&self, caller: &Caller) {
        let (agent, now) = (&caller.agent, self.0.clock.elapsed());
        let before = self.declaration_of(agent);
        let is_news = before.availability == Availability::Offline;
        let here = Declaration { availability: Availability::Online, message: None };
        agent.declared.set(if is_news { here } else { before }, now);
        if is_news {
            self.0.news.note(agent);
        }
    }

    /// The presence of the caller, or of an agent in its contact book.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] if nobody seen is called so, or it is no contact; [`Error::Suspended`], [`Error::Store`].
    // rule: presence
    pub async fn watch(&self, caller: &Caller, other: &AgentRef) -> Result<Watched, Error> {
        Self::permit(&caller.agent, Deed::Relate)?;
        let missing = Error::NotFound(Noun::Presence);
        let Some(agent) = self.find_seen(other).await? else { return Err(missing) };
        let is_own = agent.number == caller.agent.number;
        if !is_own && !self.has_contact(&caller.agent, &agent).await? {
            return Err(missing);
        }
        self.watched(vec![agent]).await?.pop().ok_or(missing)
    }

    /// The presence of those of the agents that are listed, in the caller's contact book or the caller itself, in the
    /// order in which they are named.
    ///
    /// # Errors
    ///
    /// [`Error::Suspended`], [`Error::Store`].
    // rule: presence
    pub async fn watch_all(&self, caller: &Caller, others: &[AgentRef]) -> Result<Vec<Watched>, Error> {
        Self::permit(&caller.agent, Deed::Relate)?;
        let mut agents = Vec::with_capacity(others.len());
        for other in others {
            agents.extend(self.find_seen(other).await?);
        }
        let numbers: Vec<_> = agents.iter().map(|agent| agent.number).collect();
        let contacts = self.0.store.contacts_among(caller.agent.number, &numbers).await?;
        let is_shown = |agent: &Arc<Agent>| {
            agent.is_listed() || agent.number == caller.agent.number || contacts.contains(&agent.number)
        };
        agents.retain(is_shown);
        self.watched(agents).await
    }

    /// Notes that an agent has an open connection now that had none, or has none any more.
    pub(crate) fn note_coming_or_going(&self, agent: &Arc<Agent>) {
        agent.declared.clear();
        self.0.news.note(agent);
    }

    /// Whether an agent is there and has said that it is not to be disturbed.
    pub(crate) fn is_busy(&self, agent: &Agent) -> bool {
        self.declaration_of(agent).availability == Availability::Busy
    }

    /// What holds of an agent: what it says, or else what its connections say.
    pub(super) fn declaration_of(&self, agent: &Agent) -> Declaration {
        let is_connected = agent.connections.any();
        let declared = agent.declared.get(self.0.clock.elapsed(), is_connected);
        declared.unwrap_or_else(|| {
            let availability = if is_connected { Availability::Online } else { Availability::Offline };
            Declaration { availability, message: None }
        })
    }

    async fn watched(&self, agents: Vec<Arc<Agent>>) -> Result<Vec<Watched>, Error> {
        let now = self.now();
        let watched = self.with_presence(agents).await?.into_iter().map(|attendee| {
            let last_seen = if attendee.agent.connections.any() { Some(now) } else { attendee.last_seen };
            Watched { declaration: self.declaration_of(&attendee.agent), last_seen, agent: attendee.agent }
        });
        Ok(watched.collect())
    }
}
