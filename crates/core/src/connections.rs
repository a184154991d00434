//! Live connections of one agent, each with the credential that opened it, when its client last talked, and how it is
//! told what concerns its agent.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tertulia_model::{CredentialNo, Timestamp};

use crate::{
    Deed, Error,
    agent_event::{AgentEvent, AgentForm},
    agents::Agent,
    chat::Chat,
    limiter::Subject,
    limits::{Action, AddressKey},
    live::{Ended, Frames, Outlet},
    presence::Presence,
    surface::{Caller, Surface},
};

/// How long after its client last talked a connection counts as idle, unless its surface says otherwise.
// rule: presence
pub(crate) const IDLE_AFTER: Duration = Duration::from_mins(3);

/// The authenticated connections of an agent. Bounded: [`crate::Rules::connections_per_agent`].
#[derive(Debug, Default)]
pub(crate) struct Connections(Mutex<Open>);

#[derive(Debug, Default)]
struct Open {
    next: u64,
    connections: Vec<Connection>,
}

#[derive(Debug)]
struct Connection {
    id: u64,
    credential: CredentialNo,
    outlet: Arc<dyn Outlet>,
    /// How it is told what concerns its agent, if it is.
    form: Option<AgentForm>,
    /// By the clock's elapsed time.
    talked_at: Duration,
    idle_after: Duration,
}

impl Connection {
    fn presence(&self, now: Duration) -> Presence {
        if !self.outlet.is_open() {
            Presence::Offline
        } else if now.saturating_sub(self.talked_at) < self.idle_after {
            Presence::Online
        } else {
            Presence::Idle
        }
    }
}

/// An authenticated connection, noted for as long as this is kept: keep it with the stream that it stands for. When it
/// is dropped its agent counts as active until then, unless it has said that it leaves.
#[must_use = "the connection is forgotten when this is dropped"]
#[derive(Debug)]
pub struct LiveConnection {
    chat: Chat,
    agent: Arc<Agent>,
    id: u64,
}

impl Chat {
    /// Remembers that `outlet` was opened by `caller` for as long as the answer is kept: it counts as presence while it
    /// is open, and is closed when the credential ends or the agent is suspended. If that has happened since the caller
    /// was authenticated, it is closed at once.
    ///
    /// # Errors
    ///
    /// [`Error::TooManyConnections`] if the agent has as many open as it may; [`Error::Store`].
    pub async fn remember_connection(
        &self,
        caller: &Caller,
        outlet: &Arc<dyn Outlet>,
    ) -> Result<LiveConnection, Error> {
        let Caller { agent, credential, .. } = caller;
        // First noted, then looked up: an end that comes in between finds the connection.
        let most = self.0.rules.connections_per_agent;
        let now = self.0.clock.elapsed();
        let noted = agent.connections.note(*credential, outlet, now, most);
        let Noted { id, was_away } = noted.ok_or(Error::TooManyConnections(most))?;
        let connection = LiveConnection { chat: self.clone(), agent: agent.clone(), id };
        if was_away {
            self.0.attendance.note_arrival(agent);
            self.note_coming_or_going(agent);
        }
        if !self.0.store.is_live(*credential).await? {
            outlet.close(Ended::CredentialEnded);
        } else if Self::permit(agent, Deed::Attend).is_err() {
            outlet.close(Ended::AgentSuspended);
        }
        Ok(connection)
    }

    /// Counts a connection that an address opens through a surface.
    ///
    /// # Errors
    ///
    /// [`Error::Throttled`] if the address has used up its window.
    pub fn admit_connection(&self, surface: &Surface, address: AddressKey) -> Result<(), Error> {
        let limit = surface.limits.of(Action::Connect);
        let counted = self.0.limiter.take(surface.counted_as, Action::Connect, Subject::Address(address), limit);
        counted.map(drop).map_err(Error::Throttled)
    }

    /// Counts a connection of an agent that may have none, before it is let in to be told so.
    ///
    /// # Errors
    ///
    /// [`Error::Throttled`] if the agent was told so often enough.
    pub fn admit_in_vain(&self, caller: &Caller) -> Result<(), Error> {
        let Caller { agent, surface, .. } = caller;
        let (action, subject) = (Action::ConnectInVain, Subject::Agent(agent.number));
        let counted = self.0.limiter.take(surface.counted_as, action, subject, surface.limits.of(action));
        counted.map(drop).map_err(Error::Throttled)
    }

    /// How present an agent is, by its open connections on all surfaces.
    #[must_use]
    pub fn presence_of(&self, agent: &Agent) -> Presence {
        let presence = agent.connections.presence(self.0.clock.elapsed());
        if presence != Presence::Offline && self.is_busy(agent) { Presence::Busy } else { presence }
    }

    /// When an agent was last seen with an open connection: when it came, became idle, came back or left; nothing if it
    /// never had one.
    #[must_use]
    pub fn seen_at(&self, agent: &Agent) -> Option<Timestamp> {
        agent.seen.seen_at()
    }

    /// Until when an agent had an open connection before it came, or since when it has none; nothing if it never had one
    /// before.
    #[must_use]
    pub fn seen_before(&self, agent: &Agent) -> Option<Timestamp> {
        if agent.connections.any() { agent.seen.seen_before_at() } else { agent.seen.seen_at() }
    }
}

impl LiveConnection {
    /// Lets the connection be told what concerns its agent.
    pub fn hear(&self, form: &AgentForm) {
        self.agent.connections.change(self.id, |connection| connection.form = Some(form.clone()));
    }

    /// Sets how long after its client last talked the connection counts as idle.
    pub fn set_idle_after(&self, idle_after: Duration) {
        self.agent.connections.change(self.id, |connection| connection.idle_after = idle_after);
    }

    /// Notes that the client talks. Says whether its agent was idle until now.
    #[must_use]
    pub fn talk(&self) -> bool {
        let now = self.chat.0.clock.elapsed();
        let was_idle = self.agent.connections.presence(now) == Presence::Idle;
        self.agent.connections.change(self.id, |connection| connection.talked_at = now);
        let is_back = was_idle && self.agent.connections.presence(now) == Presence::Online;
        if is_back {
            self.chat.0.attendance.note_seen(&self.agent);
        }
        is_back
    }

    /// To be called when the connection has become idle. Says whether its agent has, too.
    #[must_use]
    pub fn fall_idle(&self) -> bool {
        let is_idle = self.agent.connections.presence(self.chat.0.clock.elapsed()) == Presence::Idle;
        if is_idle {
            self.chat.0.attendance.note_seen(&self.agent);
        }
        is_idle
    }

    /// Whose it is.
    #[must_use]
    pub fn agent(&self) -> &Arc<Agent> {
        &self.agent
    }
}

impl Drop for LiveConnection {
    fn drop(&mut self) {
        self.agent.connections.forget(self.id);
        if !self.agent.connections.any() {
            self.chat.0.attendance.note_seen(&self.agent);
            self.chat.note_coming_or_going(&self.agent);
        }
        self.chat.0.attendance.note_connected(&self.agent);
    }
}

/// A connection that was noted.
struct Noted {
    id: u64,
    /// Whether it is the only one that is open.
    was_away: bool,
}

impl Connections {
    /// Notes one more connection, unless there are `most` already.
    fn note(&self, credential: CredentialNo, outlet: &Arc<dyn Outlet>, now: Duration, most: u32) -> Option<Noted> {
        let mut open = self.lock();
        if open.connections.len() >= usize::try_from(most).unwrap_or(usize::MAX) {
            return None;
        }
        let id = open.next;
        let was_away = !open.connections.iter().any(|connection| connection.outlet.is_open());
        open.next += 1;
        let outlet = outlet.clone();
        let connection = Connection { id, credential, outlet, form: None, talked_at: now, idle_after: IDLE_AFTER };
        open.connections.push(connection);
        Some(Noted { id, was_away })
    }

    /// The connections of one credential are another's from now on.
    pub(crate) fn hand_over(&self, from: CredentialNo, to: CredentialNo) {
        for connection in self.lock().connections.iter_mut().filter(|connection| connection.credential == from) {
            connection.credential = to;
        }
    }

    fn forget(&self, id: u64) {
        let mut open = self.lock();
        let forgotten = open.connections.iter().position(|known| known.id == id);
        let forgotten = forgotten.map(|index| open.connections.swap_remove(index));
        drop(open);
        // The outlet may be the last of its kind; what it lets go of is none of this lock's business.
        drop(forgotten);
    }

    fn change(&self, id: u64, change: impl FnOnce(&mut Connection)) {
        if let Some(connection) = self.lock().connections.iter_mut().find(|known| known.id == id) {
            change(connection);
        }
    }

    /// Whether a connection is open.
    pub(crate) fn any(&self) -> bool {
        self.lock().connections.iter().any(|connection| connection.outlet.is_open())
    }

    /// Whether an open connection is told what concerns its agent.
    pub(crate) fn any_hears(&self) -> bool {
        self.lock().connections.iter().any(|connection| connection.form.is_some() && connection.outlet.is_open())
    }

    /// The best of its connections.
    fn presence(&self, now: Duration) -> Presence {
        let open = self.lock();
        open.connections.iter().map(|connection| connection.presence(now)).min().unwrap_or(Presence::Offline)
    }

    /// Tells those connections that have words for it, spelled once for each form, and ends them if it is their end.
    pub(crate) fn tell(&self, event: &AgentEvent) {
        let told: Vec<_> = {
            let open = self.lock();
            let told = |connection: &Connection| Some((connection.form.clone()?, connection.outlet.clone()));
            open.connections.iter().filter_map(told).collect()
        };
        let mut spelled: Vec<(AgentForm, Frames)> = Vec::new();
        for (form, outlet) in told {
            let place = spelled.iter().position(|(known, _)| known.is(&form)).unwrap_or_else(|| {
                let frames = Frames::new(form.spell(event));
                spelled.push((form, frames));
                spelled.len() - 1
            });
            let frames = &spelled[place].1;
            if frames.bytes().is_empty() {
                continue;
            }
            outlet.push(frames);
            if let Some(why) = event.ends() {
                outlet.close(why);
            }
        }
    }

    /// Ends the connections that this credential opened, or all of them.
    pub(crate) fn close(&self, credential: Option<CredentialNo>, why: Ended) {
        let ends = |connection: &&Connection| credential.is_none_or(|credential| connection.credential == credential);
        let ended: Vec<_> =
            self.lock().connections.iter().filter(ends).map(|connection| connection.outlet.clone()).collect();
        for outlet in ended {
            outlet.close(why);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Open> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
