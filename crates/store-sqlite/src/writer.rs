//! The one connection that writes.

use sqlx::{
    ConnectOptions, Connection, Sqlite, SqliteConnection, Transaction,
    sqlite::{SqliteConnectOptions, SqliteQueryResult},
};
use tertulia_store::StoreError;
use tokio::sync::{Mutex, MutexGuard};

use crate::{
    commit,
    failure::{breaks_connection, failed, refused},
    readers::Statement,
};

/// The one connection that writes. Writers wait in line; a connection that broke is replaced by itself.
pub(crate) struct Writer {
    options: SqliteConnectOptions,
    slot: Mutex<Slot>,
}

enum Slot {
    Open(SqliteConnection),
    Broken,
    Closed,
}

/// The connection, for as long as nobody else may write.
pub(crate) struct WriteLock<'w> {
    slot: MutexGuard<'w, Slot>,
}

impl Writer {
    pub(crate) fn new(options: SqliteConnectOptions, connection: SqliteConnection) -> Self {
        Self { options, slot: Mutex::new(Slot::Open(connection)) }
    }

    /// Waits until nobody else writes.
    pub(crate) async fn lock(&self) -> Result<WriteLock<'_>, StoreError> {
        let mut slot = self.slot.lock().await;
        if let Slot::Open(connection) = &mut *slot
            && !is_settled(connection).await
        {
            tracing::warn!("the writing connection broke and is opened anew");
            *slot = Slot::Broken;
        }
        match *slot {
            Slot::Open(_) => {}
            Slot::Broken => {
                let mut connection = self.options.connect().await.map_err(refused)?;
                commit::prepare(&mut connection).await?;
                *slot = Slot::Open(connection);
            }
            Slot::Closed => return Err(failed("the store is closed")),
        }
        Ok(WriteLock { slot })
    }

    /// Takes the connection out, for good.
    pub(crate) async fn close(&self) -> Option<SqliteConnection> {
        match std::mem::replace(&mut *self.slot.lock().await, Slot::Closed) {
            Slot::Open(connection) => Some(connection),
            Slot::Broken | Slot::Closed => None,
        }
    }
}

impl WriteLock<'_> {
    /// Runs one statement as a transaction of its own.
    pub(crate) async fn execute(&mut self, statement: Statement<'_>) -> Result<SqliteQueryResult, StoreError> {
        self.try_execute(statement).await?.map_err(refused)
    }

    /// As [`WriteLock::execute`], with the driver's own word on what the database refuses.
    pub(crate) async fn try_execute(
        &mut self,
        statement: Statement<'_>,
    ) -> Result<Result<SqliteQueryResult, sqlx::Error>, StoreError> {
        let done = statement.execute(self.connection()?).await;
        if done.as_ref().is_err_and(breaks_connection) {
            *self.slot = Slot::Broken;
        }
        Ok(done)
    }

    /// Counts what is written from now on.
    #[cfg(test)]
    pub(crate) async fn count(&mut self, steps: &crate::cost::Steps) -> Result<(), StoreError> {
        steps.of(self.connection()?).await;
        Ok(())
    }

    /// Begins a transaction that may write at once. Dropping it rolls it back.
    pub(crate) async fn begin(&mut self) -> Result<Transaction<'_, Sqlite>, StoreError> {
        self.connection()?.begin_with("begin immediate").await.map_err(refused)
    }

    fn connection(&mut self) -> Result<&mut SqliteConnection, StoreError> {
        match &mut *self.slot {
            Slot::Open(connection) => Ok(connection),
            Slot::Broken | Slot::Closed => Err(failed("the writing connection broke")),
        }
    }
}

/// Whether the connection is outside any transaction. One that was dropped midway is rolled back by a command that
/// may still be waiting, hence the ping behind it. The roll-back can fail (a full disk makes SQLite roll back by
/// itself, and the driver's count is wrong from then on): nothing may be written through such a connection, because
/// it might never be committed.
async fn is_settled(connection: &mut SqliteConnection) -> bool {
    !connection.is_in_transaction() || (connection.ping().await.is_ok() && !connection.is_in_transaction())
}
