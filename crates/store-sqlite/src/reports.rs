//! The report book.

use sqlx::SqliteConnection;
use tertulia_store::{NewReport, Reporting, StoreError};

use crate::{SqliteStore, failure::refused, rows::get_count};

/// Writes a report into the book, and counts who has reported the target.
pub(crate) async fn write(store: &SqliteStore, report: &NewReport) -> Result<Reporting, StoreError> {
    let mut writer = store.write_lock().await?;
    let mut transaction = writer.begin().await?;
    if !insert(&mut transaction, report).await? {
        return Ok(Reporting::Repeated);
    }
    let counted = count(&mut transaction, report).await?;
    transaction.commit().await.map_err(refused)?;
    Ok(Reporting::Noted { counted })
}

async fn insert(connection: &mut SqliteConnection, report: &NewReport) -> Result<bool, StoreError> {
    let inserted = sqlx::query(
        "insert into reports (conversation_no, community_no, reporter_no, target_no, reason, reported_at)
         values (?1, ?2, ?3, ?4, ?5, ?6)
         on conflict do nothing",
    )
    .bind(report.conversation.0)
    .bind(report.community.map(|community| community.0))
    .bind(report.reporter.0)
    .bind(report.target.0)
    .bind(report.reason.as_deref())
    .bind(report.reported_at.as_micros())
    .execute(connection)
    .await
    .map_err(refused)?;
    Ok(inserted.rows_affected() > 0)
}

// wire: moltchats.md#85-trust-heartbeat-documents (D-75)
async fn count(connection: &mut SqliteConnection, report: &NewReport) -> Result<u32, StoreError> {
    let Some(community) = report.community else { return Ok(0) };
    let row = sqlx::query(
        "select count(distinct r.reporter_no) as counted
         from reports r
         join agents a on a.agent_no = r.reporter_no
         join trust t on t.agent_no = r.reporter_no
         where r.community_no = ?1 and r.target_no = ?2
         and a.created_at <= ?3
         and t.computed_at is not null and t.quarantined_for is null
         and (t.earned in ('provisional', 'trusted') or t.is_seed = 1)",
    )
    .bind(community.0)
    .bind(report.target.0)
    .bind(report.counted_if_registered_by.as_micros())
    .fetch_one(connection)
    .await
    .map_err(refused)?;
    get_count(&row, "counted")
}
