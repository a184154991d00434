//! Endpoints: where agents want to be told of what; of some formats an agent has one that it changes, of others several
//! that come and go.

use serde_json::json;
use sqlx::{SqliteConnection, sqlite::SqliteRow};
use tertulia_model::{AgentNo, EndpointId, EndpointNo, Timestamp, WebhookTopic};
use tertulia_store::{
    AuditEntry, ChangedEndpoint, Endpoint, EndpointChange, EndpointHealth, EndpointTarget, NewEndpoint, StoreError,
    TargetChange,
};

use crate::{
    SqliteStore, audit,
    failure::refused,
    readers::Statement,
    rows::{get, get_count, get_optional_time, get_time, get_uuid, number_list},
};

/// Changes the one endpoint of an agent and a format.
pub(crate) async fn change(
    store: &SqliteStore,
    change: &EndpointChange,
    entry: &AuditEntry,
) -> Result<ChangedEndpoint, StoreError> {
    let mut writer = store.write_lock().await?;
    let mut transaction = writer.begin().await?;
    let before = endpoint_in(&mut transaction, change.agent, &change.format).await?;
    let changed = changed(before, change);
    let number = save(&mut transaction, &changed.endpoint).await?;
    let endpoint = Endpoint { number, ..changed.endpoint };
    if endpoint.target.is_none() {
        forget_waiting(&mut transaction, number).await?;
    }
    audit::write(&mut transaction, entry).await?;
    transaction.commit().await.map_err(refused)?;
    Ok(ChangedEndpoint { endpoint, ..changed })
}

/// Adds an endpoint, unless there are enough.
pub(crate) async fn add(
    store: &SqliteStore,
    new: &NewEndpoint,
    entry: &AuditEntry,
) -> Result<Option<Endpoint>, StoreError> {
    let mut writer = store.write_lock().await?;
    let mut transaction = writer.begin().await?;
    if count_in(&mut transaction, new.agent, &new.format).await? >= new.most {
        return Ok(None);
    }
    let endpoint = Endpoint {
        number: EndpointNo(0),
        id: new.id,
        agent: new.agent,
        format: new.format.clone(),
        target: Some(new.target.clone()),
        topics: new.topics.clone(),
        created_at: new.now,
    };
    let number = save(&mut transaction, &endpoint).await?;
    audit::write(&mut transaction, entry).await?;
    transaction.commit().await.map_err(refused)?;
    Ok(Some(Endpoint { number, ..endpoint }))
}

/// Takes an endpoint away. Its deliveries may be many, so they go later.
pub(crate) async fn remove(
    store: &SqliteStore,
    agent: AgentNo,
    format: &str,
    id: EndpointId,
    entry: &AuditEntry,
) -> Result<bool, StoreError> {
    let mut writer = store.write_lock().await?;
    let mut transaction = writer.begin().await?;
    let removed = sqlx::query(
        "update endpoints
         set url = null, secret = null, comes_up_at = null, removed_at = ?4
         where endpoint_id = ?3
         and agent_no = ?1
         and format = ?2
         and removed_at is null",
    )
    .bind(agent.0)
    .bind(format)
    .bind(id.as_uuid().as_bytes().as_slice())
    .bind(entry.at.as_micros())
    .execute(&mut *transaction)
    .await
    .map_err(refused)?;
    if removed.rows_affected() == 0 {
        return Ok(false);
    }
    audit::write(&mut transaction, entry).await?;
    transaction.commit().await.map_err(refused)?;
    Ok(true)
}

/// The endpoints of these agents, of each the oldest first.
pub(crate) async fn of_agents(store: &SqliteStore, agents: &[AgentNo]) -> Result<Vec<Endpoint>, StoreError> {
    let of_agents = sqlx::query(
        "select endpoint_no, endpoint_id, agent_no, format, url, secret, topics, created_at
         from endpoints
         where agent_no in (select value from json_each(?1))
         and removed_at is null
         order by agent_no, endpoint_no",
    )
    .bind(number_list(agents.iter().map(|agent| agent.0)));
    store.readers.all(of_agents).await?.iter().map(endpoint_from_row).collect()
}

/// Those of the agents that have an endpoint that wants to know of something.
pub(crate) async fn wanting(
    store: &SqliteStore,
    agents: &[AgentNo],
    topic: WebhookTopic,
) -> Result<Vec<AgentNo>, StoreError> {
    let wanting = sqlx::query(
        "select distinct agent_no
         from endpoints
         where agent_no in (select value from json_each(?1))
         and url is not null
         and exists (select 1 from json_each(topics) t where t.value = ?2)",
    )
    .bind(number_list(agents.iter().map(|agent| agent.0)))
    .bind(topic.as_str());
    store.readers.all(wanting).await?.iter().map(|row| Ok(AgentNo(get(row, "agent_no")?))).collect()
}

/// Notes that so many deliveries more wait for endpoints: pairs of both as a JSON array. An endpoint comes up with what is
/// due first, but neither while it is busy nor while it rests.
pub(crate) fn add_waiting(more: String) -> Statement<'static> {
    sqlx::query(
        "update endpoints
         set waiting = waiting + m.more,
             comes_up_at = max(
                 coalesce(busy_until, 0),
                 coalesce(rests_until, 0),
                 (
                     select min(d.due_at)
                     from deliveries d
                     where d.endpoint_no = endpoints.endpoint_no
                     and d.due_at is not null
                 )
             )
         from (select value ->> 0 as number, value ->> 1 as more from json_each(?1)) m
         where endpoint_no = m.number",
    )
    .bind(more)
}

/// Notes that something is being sent to these endpoints, and until when that is waited for.
pub(crate) fn occupy(endpoints: &[EndpointNo], until: Timestamp) -> Statement<'static> {
    sqlx::query(
        "update endpoints
         set busy_until = ?2, comes_up_at = ?2
         where endpoint_no in (select value from json_each(?1))",
    )
    .bind(number_list(endpoints.iter().map(|endpoint| endpoint.0)))
    .bind(until.as_micros())
}

/// Notes that nothing is being sent to an endpoint any more, how well it does, and how many deliveries fewer wait for it.
/// Where nothing waits there is nothing to come up: `max` of nothing is nothing.
pub(crate) fn set_free(endpoint: EndpointNo, health: &EndpointHealth, fewer: u32) -> Statement<'static> {
    sqlx::query(
        "update endpoints
         set busy_until = null, rests_until = ?2, failures_in_a_row = ?3, failed_at = ?4, waiting = waiting - ?5,
             comes_up_at = iif(removed_at is null, max(
                 coalesce(?2, 0),
                 (
                     select min(d.due_at)
                     from deliveries d
                     where d.endpoint_no = ?1
                     and d.due_at is not null
                 )
             ), null)
         where endpoint_no = ?1",
    )
    .bind(endpoint.0)
    .bind(health.rests_until.map(Timestamp::as_micros))
    .bind(health.failures_in_a_row)
    .bind(number_list(health.failed_at.iter().map(|at| at.as_micros())))
    .bind(fewer)
}

async fn endpoint_in(
    connection: &mut SqliteConnection,
    agent: AgentNo,
    format: &str,
) -> Result<Option<Endpoint>, StoreError> {
    let row = sqlx::query(
        "select endpoint_no, endpoint_id, agent_no, format, url, secret, topics, created_at
         from endpoints
         where agent_no = ?1
         and format = ?2
         and removed_at is null
         order by endpoint_no
         limit 1",
    )
    .bind(agent.0)
    .bind(format)
    .fetch_optional(connection)
    .await
    .map_err(refused)?;
    row.as_ref().map(endpoint_from_row).transpose()
}

async fn count_in(connection: &mut SqliteConnection, agent: AgentNo, format: &str) -> Result<u32, StoreError> {
    let row = sqlx::query(
        "select count(*) as endpoints
         from endpoints
         where agent_no = ?1
         and format = ?2
         and removed_at is null",
    )
    .bind(agent.0)
    .bind(format)
    .fetch_one(connection)
    .await
    .map_err(refused)?;
    get_count(&row, "endpoints")
}

/// The endpoint as it will be. Number 0 is given to one that is not there yet.
fn changed(before: Option<Endpoint>, change: &EndpointChange) -> ChangedEndpoint {
    let mut endpoint = before.unwrap_or_else(|| Endpoint {
        number: EndpointNo(0),
        id: change.new_id,
        agent: change.agent,
        format: change.format.clone(),
        target: None,
        topics: change.default_topics.clone(),
        created_at: change.now,
    });
    if let Some(topics) = &change.topics {
        endpoint.topics.clone_from(topics);
    }
    let mut has_new_secret = false;
    match &change.target {
        TargetChange::Keep => {}
        TargetChange::Clear => endpoint.target = None,
        TargetChange::Set(target) => {
            has_new_secret = endpoint.target.as_ref().is_none_or(|known| known.url != target.url);
            if has_new_secret {
                endpoint.target = Some(target.clone());
            }
        }
    }
    ChangedEndpoint { endpoint, has_new_secret }
}

async fn save(connection: &mut SqliteConnection, endpoint: &Endpoint) -> Result<EndpointNo, StoreError> {
    let row = sqlx::query(
        "insert into endpoints (endpoint_no, endpoint_id, agent_no, format, url, secret, topics, created_at)
         values (nullif(?1, 0), ?2, ?3, ?4, ?5, ?6, ?7, ?8)
         on conflict (endpoint_no) do update
         set url = excluded.url, secret = excluded.secret, topics = excluded.topics
         returning endpoint_no",
    )
    .bind(endpoint.number.0)
    .bind(endpoint.id.as_uuid().as_bytes().as_slice())
    .bind(endpoint.agent.0)
    .bind(&*endpoint.format)
    .bind(endpoint.target.as_ref().map(|target| &*target.url))
    .bind(endpoint.target.as_ref().map(|target| &*target.secret))
    .bind(topic_list(&endpoint.topics))
    .bind(endpoint.created_at.as_micros())
    .fetch_one(connection)
    .await
    .map_err(refused)?;
    Ok(EndpointNo(get(&row, "endpoint_no")?))
}

fn topic_list(topics: &[WebhookTopic]) -> String {
    json!(topics.iter().map(|topic| topic.as_str()).collect::<Vec<_>>()).to_string()
}

async fn forget_waiting(connection: &mut SqliteConnection, endpoint: EndpointNo) -> Result<(), StoreError> {
    for statement in [
        "delete from deliveries where endpoint_no = ?1 and due_at is not null",
        "update endpoints set waiting = 0, comes_up_at = null, busy_until = null where endpoint_no = ?1",
    ] {
        sqlx::query(statement).bind(endpoint.0).execute(&mut *connection).await.map_err(refused)?;
    }
    Ok(())
}

fn endpoint_from_row(row: &SqliteRow) -> Result<Endpoint, StoreError> {
    let words: Vec<&str> =
        serde_json::from_str(get(row, "topics")?).map_err(|_| StoreError::Unreadable("topics of an endpoint"))?;
    Ok(Endpoint {
        number: EndpointNo(get(row, "endpoint_no")?),
        id: EndpointId::from_uuid(get_uuid(row, "endpoint_id")?),
        agent: AgentNo(get(row, "agent_no")?),
        format: get::<&str, _>(row, "format")?.into(),
        target: get_target(row)?,
        topics: words.into_iter().map(topic).collect::<Result<_, _>>()?,
        created_at: get_time(row, "created_at")?,
    })
}

/// Where an endpoint is.
pub(crate) fn get_target(row: &SqliteRow) -> Result<Option<EndpointTarget>, StoreError> {
    let (url, secret): (Option<&str>, Option<&str>) = (get(row, "url")?, get(row, "secret")?);
    Ok(url.zip(secret).map(|(url, secret)| EndpointTarget { url: url.into(), secret: secret.into() }))
}

/// How well an endpoint does.
pub(crate) fn get_health(row: &SqliteRow) -> Result<EndpointHealth, StoreError> {
    let failed_at: Vec<i64> =
        serde_json::from_str(get(row, "failed_at")?).map_err(|_| StoreError::Unreadable("failures of an endpoint"))?;
    Ok(EndpointHealth {
        failures_in_a_row: get_count(row, "failures_in_a_row")?,
        failed_at: failed_at.into_iter().map(Timestamp::from_micros).collect(),
        rests_until: get_optional_time(row, "rests_until")?,
    })
}

/// The topic of a word.
pub(crate) fn topic(word: &str) -> Result<WebhookTopic, StoreError> {
    WebhookTopic::from_word(word).ok_or(StoreError::Unreadable("topic"))
}
