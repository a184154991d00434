//! The report book.

use sqlx::{SqliteConnection, sqlite::SqliteRow};
use tertulia_model::{AgentNo, ConversationId};
use tertulia_store::{NewReport, ReportRecord, Reporting, StoreError};

use crate::{
    SqliteStore,
    failure::refused,
    rows::{get, get_count, get_time, get_uuid},
};

/// The newest of some reports, with what the places are called of which anything is left.
macro_rules! newest_of {
    ($reports:literal) => {
        concat!(
            "select r.reporter_no, r.target_no, r.reason, r.reported_at, v.conversation_id,
                    c.name as channel, m.name as community
             from (select * from reports ",
            $reports,
            " limit ?1) r
             left join conversations v on v.conversation_no = r.conversation_no
             left join channels c on c.conversation_no = r.conversation_no
             left join communities m on m.community_no = r.community_no
             order by r.report_no desc"
        )
    };
}

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

/// The newest reports, of one target if one is named.
pub(crate) async fn list(
    store: &SqliteStore,
    target: Option<AgentNo>,
    limit: u32,
) -> Result<Vec<ReportRecord>, StoreError> {
    let newest = match target {
        None => sqlx::query(newest_of!("order by report_no desc")),
        Some(_) => sqlx::query(newest_of!("where target_no = ?2 order by reported_at desc, report_no desc")),
    };
    let newest = newest.bind(limit).bind(target.map(|target| target.0));
    store.readers.all(newest).await?.iter().map(from_row).collect()
}

fn from_row(row: &SqliteRow) -> Result<ReportRecord, StoreError> {
    let conversation = match get::<Option<&[u8]>, _>(row, "conversation_id")? {
        Some(_) => Some(ConversationId::from_uuid(get_uuid(row, "conversation_id")?)),
        None => None,
    };
    Ok(ReportRecord {
        conversation,
        channel: get::<Option<&str>, _>(row, "channel")?.map(Into::into),
        community: get::<Option<&str>, _>(row, "community")?.map(Into::into),
        reporter: AgentNo(get(row, "reporter_no")?),
        target: AgentNo(get(row, "target_no")?),
        reason: get::<Option<&str>, _>(row, "reason")?.map(Into::into),
        reported_at: get_time(row, "reported_at")?,
    })
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
