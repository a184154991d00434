//! What counts against an agent.

use async_trait::async_trait;
use sqlx::SqliteConnection;
use tertulia_model::AgentNo;
use tertulia_store::{Complaints, ComplaintsAfter, Enforcement, PlainReport, PlainReporting, StoreError};

use crate::{
    SqliteStore,
    failure::{failed, refused},
    relations,
    rows::{get, get_count},
};

#[async_trait]
impl Enforcement for SqliteStore {
    #[tracing::instrument(name = "db.enforcement.report", level = "debug", skip_all)]
    async fn report_plainly(&self, report: &PlainReport) -> Result<PlainReporting, StoreError> {
        let mut writer = self.write_lock().await?;
        let mut transaction = writer.begin().await?;
        let Some(counts) = insert_report(&mut transaction, report).await? else {
            return Ok(PlainReporting::Repeated);
        };
        let PlainReport { reporter, target, now, .. } = *report;
        let blocking = relations::block(&mut transaction, reporter, target, now).await?;
        transaction.commit().await.map_err(refused)?;
        Ok(PlainReporting::Noted { counts, blocking })
    }

    #[tracing::instrument(name = "db.enforcement.complaints", level = "debug", skip_all)]
    async fn complaints(&self, against: AgentNo, after: &ComplaintsAfter) -> Result<Complaints, StoreError> {
        let held = sqlx::query(
            "select (
                 select count(*)
                 from blocks b indexed by blocks_against
                 where b.counts = 1 and b.blocked_no = a.agent_no
                 and b.blocked_at > max(?2, coalesce(a.pardoned_at, 0))
             ) as recent_blocks, (
                 select count(*)
                 from blocks b indexed by blocks_against
                 where b.counts = 1 and b.blocked_no = a.agent_no
                 and b.blocked_at > max(?3, coalesce(a.pardoned_at, 0))
             ) as blocks, (
                 select count(*)
                 from reports r indexed by reports_against
                 where r.counts = 1 and r.target_no = a.agent_no
                 and r.reported_at > max(?4, coalesce(a.pardoned_at, 0))
             ) as reports
             from agents a
             where a.agent_no = ?1",
        )
        .bind(against.0)
        .bind(after.recent_blocks.as_micros())
        .bind(after.blocks.as_micros())
        .bind(after.reports.as_micros());
        let Some(row) = self.readers.first(held).await? else { return Err(failed("the agent is not there")) };
        Ok(Complaints {
            recent_blocks: get_count(&row, "recent_blocks")?,
            blocks: get_count(&row, "blocks")?,
            reports: get_count(&row, "reports")?,
        })
    }
}

/// Writes a report of an agent as such into the book; whether it counts. Nothing: there is one.
async fn insert_report(connection: &mut SqliteConnection, report: &PlainReport) -> Result<Option<bool>, StoreError> {
    let row = sqlx::query(
        "insert into reports (reporter_no, target_no, reason, reported_at, is_plain, counts)
         values (?1, ?2, ?3, ?4, 1, exists (
             select 1
             from directs
             where low_no = min(?1, ?2) and high_no = max(?1, ?2) and initiator_no = ?2
         ))
         on conflict do nothing
         returning counts",
    )
    .bind(report.reporter.0)
    .bind(report.target.0)
    .bind(report.reason.as_deref())
    .bind(report.now.as_micros())
    .fetch_optional(connection)
    .await
    .map_err(refused)?;
    row.map(|row| get(&row, "counts")).transpose()
}
