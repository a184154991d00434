//! The outbox: endpoints, and what waits to be sent to them.

use std::{collections::BTreeMap, sync::Arc};

use async_trait::async_trait;
use serde_json::json;
use sqlx::{SqliteConnection, sqlite::SqliteRow};
use tertulia_model::{AgentNo, DeliveryId, DeliveryNo, EndpointId, EndpointNo, Timestamp, WebhookTopic};
use tertulia_store::{
    AuditEntry, ChangedEndpoint, DeliveryRecord, Endpoint, EndpointChange, EndpointHealth, Fate, MOST_DEAD,
    NewDelivery, NewEndpoint, Occurrence, Outbox, Settlement, StoreError, TakenDelivery, most_waiting,
};

use crate::{
    SqliteStore,
    endpoints::{self, get_health, get_target, topic},
    failure::refused,
    occasions,
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

    async fn add_endpoint(&self, new: &NewEndpoint, entry: &AuditEntry) -> Result<Option<Endpoint>, StoreError> {
        endpoints::add(self, new, entry).await
    }

    async fn remove_endpoint(
        &self,
        agent: AgentNo,
        format: &str,
        id: EndpointId,
        entry: &AuditEntry,
    ) -> Result<bool, StoreError> {
        endpoints::remove(self, agent, format, id, entry).await
    }

    async fn endpoints_of(&self, agents: &[AgentNo]) -> Result<Vec<Endpoint>, StoreError> {
        endpoints::of_agents(self, agents).await
    }

    async fn wanting(&self, agents: &[AgentNo], topic: WebhookTopic) -> Result<Vec<AgentNo>, StoreError> {
        endpoints::wanting(self, agents, topic).await
    }

    async fn enqueue(&self, deliveries: &[NewDelivery]) -> Result<u64, StoreError> {
        if deliveries.is_empty() {
            return Ok(0);
        }
        let mut writer = self.write_lock().await?;
        let mut transaction = writer.begin().await?;
        let written = insert(&mut transaction, deliveries).await?;
        transaction.commit().await.map_err(refused)?;
        Ok(written)
    }

    async fn next_delivery(&self) -> Result<Option<Timestamp>, StoreError> {
        let next = sqlx::query(
            "select comes_up_at
             from endpoints
             where comes_up_at is not null
             order by comes_up_at, endpoint_no
             limit 1",
        );
        self.readers.first(next).await?.map(|row| get_time(&row, "comes_up_at")).transpose()
    }

    async fn take_deliveries(
        &self,
        now: Timestamp,
        until: Timestamp,
        limit: u32,
    ) -> Result<Vec<TakenDelivery>, StoreError> {
        let mut writer = self.write_lock().await?;
        let mut transaction = writer.begin().await?;
        let taken = take(now, until, limit).fetch_all(&mut *transaction).await.map_err(refused)?;
        let numbers = taken.iter().map(|row| get(row, "delivery_no")).collect::<Result<Vec<i64>, _>>()?;
        let rows = whole(&numbers).fetch_all(&mut *transaction).await.map_err(refused)?;
        let taken: Vec<TakenDelivery> = rows.iter().map(taken_from_row).collect::<Result<_, _>>()?;
        let busy: Vec<_> = taken.iter().map(|taken| taken.endpoint).collect();
        endpoints::occupy(&busy, until).execute(&mut *transaction).await.map_err(refused)?;
        transaction.commit().await.map_err(refused)?;
        Ok(taken)
    }

    async fn settle_delivery(
        &self,
        taken: &TakenDelivery,
        settlement: &Settlement,
        health: &EndpointHealth,
    ) -> Result<bool, StoreError> {
        let mut writer = self.write_lock().await?;
        let mut transaction = writer.begin().await?;
        let statement = match settlement {
            Settlement::Done => forget(taken),
            Settlement::Again { at, reason } => postpone(taken, *at, reason),
            Settlement::Dead { at, reason } => bury(taken, *at, reason),
            Settlement::Untried { at } => give_back(taken, *at),
        };
        let settled = statement.execute(&mut *transaction).await.map_err(refused)?;
        if settled.rows_affected() == 0 {
            return Ok(false);
        }
        let fewer = match settlement {
            Settlement::Done | Settlement::Dead { .. } => 1,
            Settlement::Again { .. } | Settlement::Untried { .. } => 0,
        };
        endpoints::set_free(taken.endpoint, health, fewer).execute(&mut *transaction).await.map_err(refused)?;
        if matches!(settlement, Settlement::Dead { .. }) {
            forget_oldest_dead(taken).execute(&mut *transaction).await.map_err(refused)?;
        }
        transaction.commit().await.map_err(refused)?;
        Ok(true)
    }

    async fn waiting_deliveries(&self, limit: u32) -> Result<Vec<DeliveryRecord>, StoreError> {
        let waiting = sqlx::query(
            "select e.agent_no, e.format, e.url, e.secret, d.topic, d.happened_at, d.attempts, d.due_at, d.died_at,
                    d.last_error
             from deliveries d
             join endpoints e on e.endpoint_no = d.endpoint_no
             where d.due_at is not null
             and e.removed_at is null
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
             and e.removed_at is null
             order by d.died_at desc, d.delivery_no desc
             limit ?1",
        )
        .bind(limit);
        self.readers.all(dead).await?.iter().map(record_from_row).collect()
    }

    async fn sweep_deliveries(&self, before: Timestamp, most_rows: u32) -> Result<u32, StoreError> {
        let mut writer = self.write_lock().await?;
        let mut transaction = writer.begin().await?;
        let mut swept = 0;
        for statement in SWEEPS {
            let sweep = sqlx::query(statement).bind(before.as_micros()).bind(most_rows);
            swept += sweep.execute(&mut *transaction).await.map_err(refused)?.rows_affected();
        }
        transaction.commit().await.map_err(refused)?;
        Ok(u32::try_from(swept).unwrap_or(u32::MAX))
    }
}

/// What is old, and what is left of endpoints that were removed; in this order, since deliveries refer to endpoints.
const SWEEPS: [&str; 3] = [
    "delete from deliveries
     where delivery_no in (
         select delivery_no
         from deliveries
         where died_at is not null
         and died_at < ?1
         order by died_at, delivery_no
         limit ?2
     )",
    "delete from deliveries
     where delivery_no in (
         select d.delivery_no
         from endpoints e
         join deliveries d on d.endpoint_no = e.endpoint_no
         where e.removed_at is not null
         limit ?2
     )",
    "delete from endpoints
     where endpoint_no in (
         select e.endpoint_no
         from endpoints e
         where e.removed_at is not null
         and not exists (select 1 from deliveries d where d.endpoint_no = e.endpoint_no)
         limit ?2
     )",
];

/// Writes deliveries for those who want to know, also within the transaction of what happened; how many. `row_number`
/// counts those of the same statement, since it does not see its own rows.
pub(crate) async fn insert(connection: &mut SqliteConnection, deliveries: &[NewDelivery]) -> Result<u64, StoreError> {
    let written = sqlx::query(
        "insert into deliveries (delivery_id, endpoint_no, topic, from_no, facts, happened_at, due_at)
         select unhex(d.id), d.endpoint_no, d.topic, d.from_no, d.facts, d.at, d.due_at
         from (
             select n.key as place, n.value ->> 0 as id, n.value ->> 2 as topic, n.value ->> 3 as from_no,
                    n.value ->> 4 as at, n.value -> 5 as facts, n.value ->> 6 as most, n.value ->> 7 as due_at,
                    e.endpoint_no, e.waiting,
                    row_number() over (partition by e.endpoint_no order by n.key) as new_one
             from json_each(?1) n
             join endpoints e on e.agent_no = n.value ->> 1
             where e.url is not null
             and exists (select 1 from json_each(e.topics) t where t.value = n.value ->> 2)
         ) d
         where d.waiting + d.new_one <= d.most
         order by d.place, d.endpoint_no
         on conflict (endpoint_no, delivery_id) do nothing
         returning endpoint_no",
    )
    .bind(delivery_list(deliveries))
    .fetch_all(&mut *connection)
    .await
    .map_err(refused)?;
    let mut more: BTreeMap<i64, u32> = BTreeMap::new();
    for row in &written {
        *more.entry(get(row, "endpoint_no")?).or_default() += 1;
    }
    if !more.is_empty() {
        let more = json!(more.into_iter().collect::<Vec<_>>()).to_string();
        endpoints::add_waiting(more).execute(connection).await.map_err(refused)?;
    }
    Ok(written.len() as u64)
}

fn delivery_list(deliveries: &[NewDelivery]) -> String {
    let list = deliveries.iter().map(|NewDelivery { id, agent, occurrence, due_at }| {
        let Occurrence { from, at, occasion } = occurrence;
        let topic = occasion.topic();
        json!([
            id.as_uuid().as_simple().to_string(),
            agent.0,
            topic.as_str(),
            from.0,
            at.as_micros(),
            occasions::encode(occasion),
            most_waiting(topic),
            due_at.as_micros(),
        ])
    });
    serde_json::Value::Array(list.collect()).to_string()
}

/// Of each endpoint that has come up, what is due first.
fn take(now: Timestamp, until: Timestamp, limit: u32) -> Statement<'static> {
    sqlx::query(
        "update deliveries
         set due_at = ?2, attempts = attempts + 1
         where delivery_no in (
             select (
                 select d.delivery_no
                 from deliveries d
                 where d.endpoint_no = e.endpoint_no
                 and d.due_at <= ?1
                 order by d.due_at, d.delivery_no
                 limit 1
             )
             from endpoints e
             where e.comes_up_at <= ?1
             order by e.comes_up_at, e.endpoint_no
             limit ?3
         )
         returning delivery_no",
    )
    .bind(now.as_micros())
    .bind(until.as_micros())
    .bind(limit)
}

/// The deliveries with these numbers, as whoever sends them needs them.
fn whole(numbers: &[i64]) -> Statement<'static> {
    sqlx::query(
        "select d.delivery_no, d.delivery_id, d.endpoint_no, d.topic, d.from_no, d.facts, d.happened_at, d.attempts,
                e.endpoint_id, e.agent_no, e.format, e.url, e.secret, e.rests_until, e.failures_in_a_row, e.failed_at
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

fn bury<'q>(taken: &TakenDelivery, at: Timestamp, reason: &'q str) -> Statement<'q> {
    sqlx::query(
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
}

/// Lets go of the oldest dead deliveries of an endpoint, if there are too many.
fn forget_oldest_dead(taken: &TakenDelivery) -> Statement<'static> {
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

fn taken_from_row(row: &SqliteRow) -> Result<TakenDelivery, StoreError> {
    Ok(TakenDelivery {
        number: DeliveryNo(get(row, "delivery_no")?),
        id: DeliveryId::from_uuid(get_uuid(row, "delivery_id")?),
        endpoint: EndpointNo(get(row, "endpoint_no")?),
        endpoint_id: EndpointId::from_uuid(get_uuid(row, "endpoint_id")?),
        agent: AgentNo(get(row, "agent_no")?),
        format: get::<&str, _>(row, "format")?.into(),
        target: get_target(row)?.ok_or(StoreError::Unreadable("endpoint without a target"))?,
        occurrence: Occurrence {
            from: AgentNo(get(row, "from_no")?),
            at: get_time(row, "happened_at")?,
            occasion: occasions::decode(topic(get(row, "topic")?)?, get(row, "facts")?)?,
        },
        attempt: get_count(row, "attempts")?,
        health: get_health(row)?,
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
