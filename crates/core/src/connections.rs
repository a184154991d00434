//! Live connections of one agent, each with the credential that opened it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tertulia_model::CredentialNo;

use crate::{
    agents::Agent,
    chat::Chat,
    live::{Ended, Outlet},
};

/// The authenticated connections of an agent. Bounded by what each surface lets an agent or an address hold open.
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

impl LiveConnection {
    pub(crate) fn open(chat: Chat, agent: Arc<Agent>, credential: CredentialNo, outlet: &Arc<dyn Outlet>) -> Self {
        let id = agent.connections.note(credential, outlet);
        Self { chat, agent, id }
    }
}

impl Drop for LiveConnection {
    fn drop(&mut self) {
        self.agent.connections.forget(self.id);
        self.chat.0.attendance.note_connected(&self.agent);
    }
}

impl Connections {
    fn note(&self, credential: CredentialNo, outlet: &Arc<dyn Outlet>) -> u64 {
        let mut open = self.lock();
        let id = open.next;
        open.next += 1;
        open.connections.push(Connection { id, credential, outlet: outlet.clone() });
        id
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
