//! A hub that runs, and how it stops.

use std::{net::SocketAddr, path::Path, time::Duration};

use tertulia_core::Chat;

use crate::{
    engine::{Engine, Phase, StopError},
    outside::Outside,
};

/// A hub that runs. Dropping it without [`Running::stop`] leaves its tasks to the end of the runtime, as a crash would.
#[derive(Debug)]
pub struct Running {
    pub(crate) outside: Outside,
    pub(crate) second_address: Option<SocketAddr>,
    pub(crate) engine: Engine,
    /// Connections, surfaces, the control socket.
    pub(crate) serving: Phase,
    pub(crate) drain_timeout: Duration,
}

impl Running {
    /// Where it listens, such as `http://127.0.0.1:7600`.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.outside.listening_url
    }

    /// Where others reach it, without a slash at the end.
    #[must_use]
    pub fn public_url(&self) -> &str {
        &self.outside.public_url
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.outside.address
    }

    /// Where it listens as well, if it does.
    #[must_use]
    pub fn second_address(&self) -> Option<SocketAddr> {
        self.second_address
    }

    /// Its use cases.
    #[must_use]
    pub fn chat(&self) -> &Chat {
        &self.engine.chat
    }

    /// Its data directory, absolute.
    #[must_use]
    pub fn data_dir(&self) -> &Path {
        self.engine.data_dir.path()
    }

    /// Stops in the order in which nothing is lost: requests in flight are answered and streams say farewell; what was
    /// accepted is committed and delivered; what is only in memory is written down; the database is closed.
    ///
    /// # Errors
    ///
    /// See [`StopError`]; the hub has stopped all the same.
    pub async fn stop(self) -> Result<(), StopError> {
        let clock = self.engine.chat.clock().clone();
        tokio::select! {
            () = self.serving.end() => {}
            () = clock.sleep(self.drain_timeout) => {
                tracing::warn!("some connections did not end in time; going on without them");
            }
        }
        self.engine.close().await
    }
}
