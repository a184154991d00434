//! Endpoints: where agents want to be told of what, one for each agent and format.

use serde_json::json;
use sqlx::{SqliteConnection, sqlite::SqliteRow};
use tertulia_model::{AgentNo, EndpointId, EndpointNo, WebhookTopic};
use tertulia_store::{AuditEntry, ChangedEndpoint, Endpoint, EndpointChange, EndpointTarget, StoreError, TargetChange};

use crate::{
    SqliteStore, audit,
    failure::refused,
    readers::Statement,
    rows::{get, get_time, get_uuid},
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
        forget_waiting(number).execute(&mut *transaction).await.map_err(refused)?;
    }
    audit::write(&mut transaction, entry).await?;
    transaction.commit().await.map_err(refused)?;
    Ok(ChangedEndpoint { endpoint, ..changed })
}

/// The endpoints of an agent, oldest first.
pub(crate) async fn of_agent(store: &SqliteStore, agent: AgentNo) -> Result<Vec<Endpoint>, StoreError> {
    let of_agent = sqlx::query(
        "select endpoint_no, endpoint_id, agent_no, format, url, secret, topics, created_at
         from endpoints
         where agent_no = ?1
         order by endpoint_no",
    )
    .bind(agent.0);
    store.readers.all(of_agent).await?.iter().map(endpoint_from_row).collect()
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

fn forget_waiting(endpoint: EndpointNo) -> Statement<'static> {
    sqlx::query("delete from deliveries where endpoint_no = ?1 and due_at is not null").bind(endpoint.0)
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

/// The topic of a word.
pub(crate) fn topic(word: &str) -> Result<WebhookTopic, StoreError> {
    WebhookTopic::from_word(word).ok_or(StoreError::Unreadable("topic"))
}
