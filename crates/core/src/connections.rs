//! Live connections of one agent, each with the credential that opened it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tertulia_model::CredentialNo;

use crate::{
    Deed, Error,
    agents::Agent,
    chat::Chat,
    live::{Ended, Outlet},
    surface::Caller,
};

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
        let id = agent.connections.note(*credential, outlet, most).ok_or(Error::TooManyConnections(most))?;
        let connection = LiveConnection { chat: self.clone(), agent: agent.clone(), id };
        let live = self.0.store.credentials_of(agent.number).await?;
        if !live.iter().any(|record| record.number == *credential) {
            outlet.close(Ended::CredentialEnded);
        } else if Self::permit(agent, Deed::Attend).is_err() {
            outlet.close(Ended::AgentSuspended);
        }
        Ok(connection)
    }
}

impl Drop for LiveConnection {
    fn drop(&mut self) {
        self.agent.connections.forget(self.id);
        self.chat.0.attendance.note_connected(&self.agent);
    }
}

impl Connections {
    /// Notes one more connection, unless there are `most` already.
    fn note(&self, credential: CredentialNo, outlet: &Arc<dyn Outlet>, most: u32) -> Option<u64> {
        let mut open = self.lock();
        if open.connections.len() >= usize::try_from(most).unwrap_or(usize::MAX) {
            return None;
        }
        let id = open.next;
        open.next += 1;
        open.connections.push(Connection { id, credential, outlet: outlet.clone() });
        Some(id)
    }

    fn forget(&self, id: u64) {
        let mut open = self.lock();
        let forgotten = open.connections.iter().position(|known| known.id == id);
        let forgotten = forgotten.map(|index| open.connections.swap_remove(index));
        drop(open);
        // The outlet may be the last of its kind; what it lets go of is none of this lock's business.
        drop(forgotten);
    }

    /// Whether a connection is open.
    pub(crate) fn any(&self) -> bool {
        self.lock().connections.iter().any(|connection| connection.outlet.is_open())
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
