//! The outbox: endpoints, and what waits to be sent to them.

use std::sync::Arc;

use async_trait::async_trait;
use serde_json::json;
use sqlx::sqlite::SqliteRow;
use tertulia_model::{AgentNo, DeliveryId, DeliveryNo, EndpointNo, Timestamp};
use tertulia_store::{
    AuditEntry, ChangedEndpoint, DeliveryRecord, Endpoint, EndpointChange, Fate, MOST_DEAD, MOST_WAITING, NewDelivery,
    Occurrence, Outbox, Settlement, StoreError, TakenDelivery,
};

use crate::{
    SqliteStore,
    endpoints::{self, get_target, topic},
    failure::refused,
    readers::Statement,
    rows::{get, get_count, get_time, get_uuid, number_list},
};

#[async_trait]
impl Outbox for SqliteStore {
    async fn change_endpoint(
        &self,
        change: &EndpointChange,
        entry: &AuditEntry,
    ) -> Result<ChangedEndpoint, StoreError> {
        endpoints::change(self, change, entry).await
    }

    async fn endpoints_of(&self, agent: AgentNo) -> Result<Vec<Endpoint>, StoreError> {
        endpoints::of_agent(self, agent).await
    }

    async fn enqueue(&self, deliveries: &[NewDelivery]) -> Result<u64, StoreError> {
        if deliveries.is_empty() { Ok(0) } else { self.write(insert(deliveries)).await }
    }

    async fn next_delivery(&self, without: &[EndpointNo]) -> Result<Option<Timestamp>, StoreError> {
        let next = sqlx::query(
            "select due_at
             from deliveries
             where due_at is not null
             and endpoint_no not in (select value from json_each(?1))
             order by due_at, delivery_no
             limit 1",
        )
        .bind(endpoint_list(without));
        self.readers.first(next).await?.map(|row| get_time(&row, "due_at")).transpose()
    }

    async fn take_deliveries(
        &self,
        now: Timestamp,
        until: Timestamp,
        limit: u32,
        without: &[EndpointNo],
    ) -> Result<Vec<TakenDelivery>, StoreError> {
        let mut writer = self.write_lock().await?;
        let mut transaction = writer.begin().await?;
        let taken = take(now, until, limit, without).fetch_all(&mut *transaction).await.map_err(refused)?;
        let numbers = taken.iter().map(|row| get(row, "delivery_no")).collect::<Result<Vec<i64>, _>>()?;
        let rows = whole(&numbers).fetch_all(&mut *transaction).await.map_err(refused)?;
        transaction.commit().await.map_err(refused)?;
        rows.iter().map(taken_from_row).collect()
    }

    async fn settle_delivery(&self, taken: &TakenDelivery, settlement: &Settlement) -> Result<bool, StoreError> {
        match settlement {
            Settlement::Done => Ok(self.write(forget(taken)).await? > 0),
            Settlement::Again { at, reason } => Ok(self.write(postpone(taken, *at, reason)).await? > 0),
            Settlement::Untried { at } => Ok(self.write(give_back(taken, *at)).await? > 0),
            Settlement::Dead { at, reason } => self.bury(taken, *at, reason).await,
        }
    }

    async fn waiting_deliveries(&self, limit: u32) -> Result<Vec<DeliveryRecord>, StoreError> {
        let waiting = sqlx::query(
            "select e.agent_no, e.format, e.url, e.secret, d.topic, d.happened_at, d.attempts, d.due_at, d.died_at,
                    d.last_error
             from deliveries d
             join endpoints e on e.endpoint_no = d.endpoint_no
             where d.due_at is not null
             order by d.due_at, d.delivery_no
             limit ?1",
        )
        .bind(limit);
        self.readers.all(waiting).await?.iter().map(record_from_row).collect()
    }

    async fn dead_deliveries(&self, limit: u32) -> Result<Vec<DeliveryRecord>, StoreError> {
        let dead = sqlx::query(
            "select e.agent_no, e.format, e.url, e.secret, d.topic, d.happened_at, d.attempts, d.due_at, d.died_at,
                    d.last_error
             from deliveries d
             join endpoints e on e.endpoint_no = d.endpoint_no
             where d.died_at is not null
             order by d.died_at desc, d.delivery_no desc
             limit ?1",
        )
        .bind(limit);
        self.readers.all(dead).await?.iter().map(record_from_row).collect()
    }

    async fn sweep_deliveries(&self, before: Timestamp, most_rows: u32) -> Result<u32, StoreError> {
        let swept = sqlx::query(
            "delete from deliveries
             where delivery_no in (
                 select delivery_no
                 from deliveries
                 where died_at is not null
                 and died_at < ?1
                 order by died_at, delivery_no
                 limit ?2
             )",
        )
        .bind(before.as_micros())
        .bind(most_rows);
        Ok(u32::try_from(self.write(swept).await?).unwrap_or(u32::MAX))
    }
}

impl SqliteStore {
    /// Notes that a delivery is dead, and lets go of the oldest dead ones of its endpoint.
    async fn bury(&self, taken: &TakenDelivery, at: Timestamp, reason: &str) -> Result<bool, StoreError> {
        let mut writer = self.write_lock().await?;
        let mut transaction = writer.begin().await?;
        let died = sqlx::query(
            "update deliveries
             set due_at = null, died_at = ?3, last_error = ?4
             where delivery_no = ?1
             and attempts = ?2
             and due_at is not null",
        )
        .bind(taken.number.0)
        .bind(taken.attempt)
        .bind(at.as_micros())
        .bind(reason)
        .execute(&mut *transaction)
        .await
        .map_err(refused)?;
        if died.rows_affected() == 0 {
            return Ok(false);
        }
        sqlx::query(
            "delete from deliveries
             where delivery_no in (
                 select delivery_no
                 from deliveries
                 where endpoint_no = ?1
                 and died_at is not null
                 order by delivery_no desc
                 limit -1 offset ?2
             )",
        )
        .bind(taken.endpoint.0)
        .bind(MOST_DEAD)
        .execute(&mut *transaction)
        .await
        .map_err(refused)?;
        transaction.commit().await.map_err(refused)?;
        Ok(true)
    }
}

/// Writes deliveries for those who want to know; also within the transaction of what happened. `row_number` counts those
/// of the same statement, since it does not see its own rows.
pub(crate) fn insert(deliveries: &[NewDelivery]) -> Statement<'static> {
    sqlx::query(
        "insert into deliveries
             (delivery_id, endpoint_no, topic, from_no, about_id, preview, happened_at, due_at)
         select unhex(d.id), d.endpoint_no, d.topic, d.from_no, unhex(d.about), d.preview, d.at, d.at
         from (
             select n.key as place, n.value ->> 0 as id, n.value ->> 2 as topic,
                    n.value ->> 3 as from_no, n.value ->> 4 as about, n.value ->> 5 as preview, n.value ->> 6 as at,
                    e.endpoint_no,
                    row_number() over (partition by e.endpoint_no order by n.key) as new_one
             from json_each(?1) n
             join endpoints e on e.agent_no = n.value ->> 1
             where e.url is not null
             and exists (select 1 from json_each(e.topics) t where t.value = n.value ->> 2)
         ) d
         where d.new_one <= ?2 - (
             select count(*)
             from deliveries w
             where w.endpoint_no = d.endpoint_no
             and w.due_at is not null
         )
         order by d.place, d.endpoint_no
         on conflict (endpoint_no, delivery_id) do nothing",
    )
    .bind(delivery_list(deliveries))
    .bind(MOST_WAITING)
}

fn delivery_list(deliveries: &[NewDelivery]) -> String {
    let list = deliveries.iter().map(|NewDelivery { id, agent, occurrence }| {
        json!([
            id.as_uuid().as_simple().to_string(),
            agent.0,
            occurrence.topic.as_str(),
            occurrence.from.0,
            occurrence.about.as_simple().to_string(),
            occurrence.preview.as_deref(),
            occurrence.at.as_micros(),
        ])
    });
    serde_json::Value::Array(list.collect()).to_string()
}

/// A look at `limit` deliveries is enough: of those that are not taken the endpoint is busy then, and the next look
/// leaves them out.
fn take(now: Timestamp, until: Timestamp, limit: u32, without: &[EndpointNo]) -> Statement<'static> {
    sqlx::query(
        "update deliveries
         set due_at = ?2, attempts = attempts + 1
         where delivery_no in (
             select min(delivery_no)
             from (
                 select delivery_no, endpoint_no
                 from deliveries
                 where due_at <= ?1
                 and endpoint_no not in (select value from json_each(?4))
                 order by due_at, delivery_no
                 limit ?3
             )
             group by endpoint_no
         )
         returning delivery_no",
    )
    .bind(now.as_micros())
    .bind(until.as_micros())
    .bind(limit)
    .bind(endpoint_list(without))
}

/// The deliveries with these numbers, as whoever sends them needs them.
fn whole(numbers: &[i64]) -> Statement<'static> {
    sqlx::query(
        "select d.delivery_no, d.delivery_id, d.endpoint_no, d.topic, d.from_no, d.about_id, d.preview, d.happened_at,
                d.attempts, e.agent_no, e.format, e.url, e.secret
         from deliveries d
         join endpoints e on e.endpoint_no = d.endpoint_no
         where d.delivery_no in (select value from json_each(?1))
         order by d.delivery_no",
    )
    .bind(number_list(numbers.iter().copied()))
}

fn forget(taken: &TakenDelivery) -> Statement<'static> {
    sqlx::query("delete from deliveries where delivery_no = ?1 and attempts = ?2 and due_at is not null")
        .bind(taken.number.0)
        .bind(taken.attempt)
}

fn postpone<'q>(taken: &TakenDelivery, at: Timestamp, reason: &'q str) -> Statement<'q> {
    sqlx::query(
        "update deliveries
         set due_at = ?3, last_error = ?4
         where delivery_no = ?1
         and attempts = ?2
         and due_at is not null",
    )
    .bind(taken.number.0)
    .bind(taken.attempt)
    .bind(at.as_micros())
    .bind(reason)
}

fn give_back(taken: &TakenDelivery, at: Timestamp) -> Statement<'static> {
    sqlx::query(
        "update deliveries
         set due_at = ?3, attempts = attempts - 1
         where delivery_no = ?1
         and attempts = ?2
         and due_at is not null",
    )
    .bind(taken.number.0)
    .bind(taken.attempt)
    .bind(at.as_micros())
}

fn endpoint_list(endpoints: &[EndpointNo]) -> String {
    number_list(endpoints.iter().map(|endpoint| endpoint.0))
}

fn taken_from_row(row: &SqliteRow) -> Result<TakenDelivery, StoreError> {
    Ok(TakenDelivery {
        number: DeliveryNo(get(row, "delivery_no")?),
        id: DeliveryId::from_uuid(get_uuid(row, "delivery_id")?),
        endpoint: EndpointNo(get(row, "endpoint_no")?),
        agent: AgentNo(get(row, "agent_no")?),
        format: get::<&str, _>(row, "format")?.into(),
        target: get_target(row)?.ok_or(StoreError::Unreadable("endpoint without a target"))?,
        occurrence: Occurrence {
            topic: topic(get(row, "topic")?)?,
            from: AgentNo(get(row, "from_no")?),
            about: get_uuid(row, "about_id")?,
            preview: get::<Option<&str>, _>(row, "preview")?.map(Arc::from),
            at: get_time(row, "happened_at")?,
        },
        attempt: get_count(row, "attempts")?,
    })
}

fn record_from_row(row: &SqliteRow) -> Result<DeliveryRecord, StoreError> {
    let died_at: Option<i64> = get(row, "died_at")?;
    Ok(DeliveryRecord {
        agent: AgentNo(get(row, "agent_no")?),
        format: get::<&str, _>(row, "format")?.into(),
        target: get_target(row)?,
        topic: topic(get(row, "topic")?)?,
        happened_at: get_time(row, "happened_at")?,
        attempts: get_count(row, "attempts")?,
        fate: match died_at {
            Some(micros) => Fate::Dead(Timestamp::from_micros(micros)),
            None => Fate::Due(get_time(row, "due_at")?),
        },
        last_error: get::<Option<&str>, _>(row, "last_error")?.map(Arc::from),
    })
}
