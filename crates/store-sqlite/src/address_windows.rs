//! Windows of clients' addresses that are longer than an hour.

use sqlx::SqliteConnection;
use tertulia_model::Timestamp;
use tertulia_store::{Guessing, StoreError, Window};

use crate::{
    failure::refused,
    rows::{get_count, get_time},
};

/// The window of an address as it is at `now`; whether it takes one more.
pub(crate) async fn read(
    connection: &mut SqliteConnection,
    guessing: &Guessing,
    now: Timestamp,
) -> Result<Window, StoreError> {
    let row = sqlx::query("select started_at, used from address_windows where address = ?1 and action = ?2")
        .bind(guessing.address.as_slice())
        .bind(guessing.action)
        .fetch_optional(connection)
        .await
        .map_err(refused)?;
    let mut window = Window { started_at: now, used: 0, is_counted: guessing.most > 0 };
    if let Some(row) = row {
        let started_at = get_time(&row, "started_at")?;
        if now.since(started_at) < guessing.per {
            let used = get_count(&row, "used")?;
            window = Window { started_at, used, is_counted: used < guessing.most };
        }
    }
    Ok(window)
}

/// Counts one more in a window.
pub(crate) async fn count(
    connection: &mut SqliteConnection,
    guessing: &Guessing,
    window: Window,
) -> Result<(), StoreError> {
    sqlx::query(
        "insert into address_windows (address, action, started_at, used)
         values (?1, ?2, ?3, ?4)
         on conflict (address, action) do update set started_at = excluded.started_at, used = excluded.used",
    )
    .bind(guessing.address.as_slice())
    .bind(guessing.action)
    .bind(window.started_at.as_micros())
    .bind(window.used.saturating_add(1))
    .execute(connection)
    .await
    .map_err(refused)?;
    Ok(())
}
