//! The connections that read.

use std::sync::{Mutex, PoisonError};

use sqlx::{
    ConnectOptions, Connection, Sqlite, SqliteConnection,
    query::Query,
    sqlite::{SqliteArguments, SqliteConnectOptions, SqliteRow},
};
use tertulia_store::StoreError;
use tokio::sync::{Semaphore, SemaphorePermit};

use crate::failure::{breaks_connection, failed, refused};

/// A statement with its values.
pub(crate) type Statement<'q> = Query<'q, Sqlite, SqliteArguments>;

/// A few read-only connections, opened when first needed. Who finds none free waits in line.
///
/// Cancel safety: a reader that is dropped midway gives its connection up, and the next one opens another.
pub(crate) struct Readers {
    options: SqliteConnectOptions,
    permits: Semaphore,
    idle: Mutex<Vec<SqliteConnection>>,
}

impl Readers {
    pub(crate) fn new(options: SqliteConnectOptions, count: usize) -> Self {
        Self { options, permits: Semaphore::new(count), idle: Mutex::new(Vec::with_capacity(count)) }
    }

    /// All rows of a statement.
    pub(crate) async fn all(&self, statement: Statement<'_>) -> Result<Vec<SqliteRow>, StoreError> {
        let (mut connection, _permit) = self.take().await?;
        let rows = statement.fetch_all(&mut connection).await;
        self.give_back(connection, rows)
    }

    /// The first row of a statement, if it has one.
    pub(crate) async fn first(&self, statement: Statement<'_>) -> Result<Option<SqliteRow>, StoreError> {
        let (mut connection, _permit) = self.take().await?;
        let row = statement.fetch_optional(&mut connection).await;
        self.give_back(connection, row)
    }

    /// Lets the current readers finish and admits no other.
    pub(crate) async fn close(&self) {
        self.permits.close();
        let idle = std::mem::take(&mut *self.lock_idle());
        for connection in idle {
            if let Err(error) = connection.close().await {
                tracing::debug!(%error, "a reader did not close cleanly");
            }
        }
    }

    async fn take(&self) -> Result<(SqliteConnection, SemaphorePermit<'_>), StoreError> {
        let permit = self.permits.acquire().await.map_err(|_| failed("the store is closed"))?;
        let idle = self.lock_idle().pop();
        let connection = match idle {
            Some(connection) => connection,
            None => self.options.connect().await.map_err(refused)?,
        };
        Ok((connection, permit))
    }

    /// Counts what one of the readers does from now on; it is the next to be taken.
    #[cfg(test)]
    pub(crate) async fn count(&self, steps: &crate::cost::Steps) -> Result<(), StoreError> {
        let (mut connection, _permit) = self.take().await?;
        steps.of(&mut connection).await;
        self.give_back(connection, Ok(()))
    }

    fn give_back<T>(&self, connection: SqliteConnection, answer: Result<T, sqlx::Error>) -> Result<T, StoreError> {
        let reusable = !answer.as_ref().is_err_and(breaks_connection);
        if reusable && !self.permits.is_closed() {
            self.lock_idle().push(connection);
        }
        answer.map_err(refused)
    }

    fn lock_idle(&self) -> std::sync::MutexGuard<'_, Vec<SqliteConnection>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
