//! Live connections of one agent, each with the credential that opened it.

use std::sync::{Arc, Mutex, PoisonError, Weak};

use tertulia_model::CredentialNo;

use crate::live::Outlet;

/// The authenticated connections of an agent. Bounded by what each surface lets an agent or an address hold open.
#[derive(Debug, Default)]
pub(crate) struct Sessions(Mutex<Vec<Session>>);

#[derive(Debug)]
struct Session {
    credential: CredentialNo,
    outlet: Weak<dyn Outlet>,
}

impl Sessions {
    /// Notes an open connection. It is forgotten when its outlet is gone.
    pub(crate) fn open(&self, credential: CredentialNo, outlet: &Arc<dyn Outlet>) {
        let mut sessions = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        sessions.retain(Session::is_open);
        sessions.push(Session { credential, outlet: Arc::downgrade(outlet) });
    }

    /// Whether a connection is open.
    pub(crate) fn any(&self) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).iter().any(Session::is_open)
    }

    /// Ends the connections that this credential opened, or all of them.
    pub(crate) fn close(&self, credential: Option<CredentialNo>) {
        let ended: Vec<_> = {
            let mut sessions = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            let ends = |session: &mut Session| credential.is_none_or(|credential| session.credential == credential);
            sessions.extract_if(.., ends).filter_map(|session| session.outlet.upgrade()).collect()
        };
        for outlet in ended {
            outlet.close();
        }
    }
}

impl Session {
    fn is_open(&self) -> bool {
        self.outlet.upgrade().is_some_and(|outlet| outlet.is_open())
    }
}
