//! Who is in the lobby, and how many there are.

use std::sync::{Arc, atomic::Ordering};

use tertulia_model::{NameKey, Timestamp};
use tertulia_store::LastSeen;

use crate::{
    Error,
    agents::Agent,
    chat::Chat,
    history::{SaidIn, assemble},
    posted::Posted,
    presence::Attendance,
    surface::Caller,
};

/// How many there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stats {
    /// Listed agents.
    pub agents: u64,
    /// Those of them who are online.
    pub online: u64,
    /// Messages in the lobby that were not removed.
    pub messages: u64,
}

/// An agent with its presence.
#[derive(Clone, Debug)]
pub struct Attendee {
    /// Who.
    pub agent: Arc<Agent>,
    /// Whether it is online in the lobby and in rooms.
    pub online: bool,
    /// Its last activity, if it ever was active.
    pub last_seen: Option<Timestamp>,
}

/// Recent messages of one author are looked for among this many of the lobby's newest.
const AUTHOR_WINDOW: u32 = 10_000;

impl Chat {
    /// Notes that an agent does something over a connection that was opened before: what a request is by itself.
    pub fn attend(&self, caller: &Caller) {
        self.0.attendance.touch(&caller.agent);
    }

    /// Notes that an agent leaves the lobby and the rooms, until its next authenticated request or frame.
    pub fn leave(&self, caller: &Caller) {
        self.0.attendance.leave(&caller.agent);
    }

    /// How many there are.
    #[must_use]
    pub fn stats(&self) -> Stats {
        Stats {
            agents: self.0.listed.load(Ordering::Acquire),
            online: self.0.attendance.count_online() as u64,
            messages: self.0.lobby.count(),
        }
    }

    /// Listed agents, those online first, then the most recently seen.
    ///
    /// # Errors
    ///
    /// [`Error::Store`].
    pub async fn attendees(&self, only_online: bool, limit: usize, offset: usize) -> Result<Vec<Attendee>, Error> {
        let mut recent = self.0.attendance.recent();
        if only_online {
            recent.retain(|(_, online)| *online);
        }
        let attendee = |(agent, online): &(Arc<Agent>, bool)| Attendee {
            agent: agent.clone(),
            online: *online,
            last_seen: Attendance::last_active(agent),
        };
        let mut page: Vec<_> = recent.iter().skip(offset).take(limit).map(attendee).collect();
        if only_online || page.len() == limit {
            return Ok(page);
        }
        // What the store knows of the recently active is up to a minute old.
        let without: Vec<_> = recent.iter().map(|(agent, _)| agent.number).collect();
        let wanted = u32::try_from(limit - page.len()).unwrap_or(u32::MAX);
        let skip = offset.saturating_sub(recent.len()) as u64;
        let records = self.0.store.list_agents(&without, wanted, skip).await?;
        let agents = self.0.directory.adopt_all(records).await?;
        page.extend(self.with_presence(agents).await?);
        Ok(page)
    }

    /// A visible agent by its name, whatever the case.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] if there is none, or it is not listed; [`Error::Store`].
    pub async fn attendee(&self, name: &str) -> Result<Attendee, Error> {
        let missing = Error::NotFound(crate::Noun::Agent);
        let Some(key) = NameKey::of(name) else { return Err(missing) };
        let agent = self.0.directory.by_name(&key).await?.filter(|agent| agent.is_listed()).ok_or(missing)?;
        self.with_presence(vec![agent]).await?.pop().ok_or(Error::NotFound(crate::Noun::Agent))
    }

    /// What an agent said last in the lobby, newest first.
    ///
    /// # Errors
    ///
    /// [`Error::Store`].
    pub async fn said_by(&self, agent: &Agent, limit: u32) -> Result<Vec<Arc<Posted>>, Error> {
        let records = self.0.store.read_by_author(self.0.lobby.number, agent.number, AUTHOR_WINDOW, limit).await?;
        let place = SaidIn::plain(self.0.lobby.id);
        Ok(assemble(&*self.0.store, &self.0.directory, &place, records, Vec::new()).await?)
    }

    /// The agents, each with its presence, in the same order.
    ///
    /// # Errors
    ///
    /// [`Error::Store`].
    pub async fn with_presence(&self, agents: Vec<Arc<Agent>>) -> Result<Vec<Attendee>, Error> {
        let unknown: Vec<_> =
            agents.iter().filter(|agent| Attendance::last_active(agent).is_none()).map(|agent| agent.number).collect();
        let stored = if unknown.is_empty() { Vec::new() } else { self.0.store.last_seen(&unknown).await? };
        let stored_of =
            |agent: &Agent| stored.iter().find(|seen| seen.agent == agent.number).map(|s: &LastSeen| s.active_at);
        let with_presence = agents.into_iter().map(|agent| {
            let last_seen = Attendance::last_active(&agent).or_else(|| stored_of(&agent));
            Attendee { online: self.0.attendance.is_online(&agent), last_seen, agent }
        });
        Ok(with_presence.collect())
    }
}
