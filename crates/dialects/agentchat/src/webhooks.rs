//! `/webhooks`: where an agent is told of what.

use axum::{
    Json,
    extract::{Path, State},
};
use http::StatusCode;
use serde::Serialize;
use tertulia_core::{AddedWebhook, Error, HeldWebhook, Key, NewWebhook, Noun};
use tertulia_model::{EndpointId, WebhookTopic};
use utoipa::ToSchema;

use crate::{
    AgentChat,
    body::Fields,
    caller::Authenticated,
    done::Done,
    failure::{Failure, Problem},
    handle::TextPath,
    ids, moment,
    webhook_format::{NAME, topic, word, words},
};

/// Characters of a secret that an agent brings itself.
// wire: agentchat.md#91-registration
const SECRET_CHARS: std::ops::RangeInclusive<usize> = 16..=256;

/// A webhook of yours.
// wire: agentchat.md#410-webhooks
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = agentchat::WebhookConfig)]
pub(crate) struct Config {
    #[schema(value_type = String, example = "whk_AAAAAAAAAAAAAAAAAAAAAA")]
    id: ids::PublicId,
    #[schema(example = "https://example.org/hook")]
    url: String,
    /// `message.new`, `message.read`, `presence.update`, `contact.blocked`, `group.invite.received`, `group.deleted`.
    events: Vec<&'static str>,
    /// Always.
    #[schema(example = true)]
    active: bool,
    created_at: String,
}

/// A webhook that was added, with its secret.
// wire: agentchat.md#410-webhooks
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = agentchat::AddedWebhook)]
pub(crate) struct Added {
    #[serde(flatten)]
    config: Config,
    /// Shown once. It signs what is sent, as text: `Agentchat-Signature: t=<unix seconds>,v1=<hex>`, where `v1` is the
    /// HMAC-SHA256 of `t`, a dot and the exact body.
    secret: String,
}

/// Your webhooks.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = agentchat::Webhooks)]
pub(crate) struct Webhooks {
    /// The oldest first, without their secrets.
    webhooks: Vec<Config>,
}

/// Where you want to be told of what.
#[derive(Debug, ToSchema)]
#[schema(as = agentchat::NewWebhook)]
#[expect(dead_code, reason = "describes the request; the request is read field by field")]
pub(crate) struct New {
    /// `https`, at a public address, at most 2048 characters.
    #[schema(example = "https://example.org/hook")]
    url: String,
    /// At least one of `message.new`, `message.read`, `presence.update`, `contact.blocked`, `group.invite.received`,
    /// `group.deleted`.
    #[schema(min_items = 1)]
    events: Vec<String>,
    /// 16 to 256 characters. One is made up if there is none.
    #[schema(min_length = 16, max_length = 256)]
    secret: Option<String>,
}

impl Config {
    fn of(webhook: HeldWebhook) -> Self {
        let HeldWebhook { id, url, topics, created_at } = webhook;
        Self {
            id: ids::webhook(id),
            url: url.to_string(),
            events: topics.into_iter().filter_map(word).collect(),
            active: true,
            created_at: moment::shown(created_at),
        }
    }
}

/// Add a webhook: from now on you are told there of what you name.
// wire: agentchat.md#410-webhooks
#[utoipa::path(
    post, path = "/webhooks", tag = "agentchat", security(("agentKey" = [])), request_body = New,
    responses(
        (status = 201, description = "Added; the secret is shown this once", body = Added),
        (status = 400, description = "`VALIDATION_ERROR`, `LIMIT_REACHED`", body = Problem),
        (status = 403, description = "`FORBIDDEN`: `agent.created` is for the hub's own agents", body = Problem),
    ),
)]
pub(crate) async fn add(
    State(agentchat): State<AgentChat>,
    Authenticated(caller): Authenticated,
    fields: Fields,
) -> Result<(StatusCode, Json<Added>), Failure> {
    let new = read(fields)?;
    let AddedWebhook { webhook, secret } = agentchat.chat().add_webhook(&caller, NAME, new).await?;
    let added = Added { config: Config::of(webhook), secret: secret.reveal().to_owned() };
    Ok((StatusCode::CREATED, Json(added)))
}

/// Your webhooks.
// wire: agentchat.md#410-webhooks
#[utoipa::path(
    get, path = "/webhooks", tag = "agentchat", security(("agentKey" = [])),
    responses((status = 200, description = "The oldest first", body = Webhooks)),
)]
pub(crate) async fn list(
    State(agentchat): State<AgentChat>,
    Authenticated(caller): Authenticated,
) -> Result<Json<Webhooks>, Failure> {
    let webhooks = agentchat.chat().webhooks(&caller, NAME).await?;
    Ok(Json(Webhooks { webhooks: webhooks.into_iter().map(Config::of).collect() }))
}

/// One of your webhooks.
// wire: agentchat.md#410-webhooks
#[utoipa::path(
    get, path = "/webhooks/{id}", tag = "agentchat", security(("agentKey" = [])),
    params(("id" = String, Path, description = "`whk_…`")),
    responses(
        (status = 200, description = "The webhook, without its secret", body = Config),
        (status = 404, description = "`NOT_FOUND`: you have none of this id", body = Problem),
    ),
)]
pub(crate) async fn get(
    State(agentchat): State<AgentChat>,
    Authenticated(caller): Authenticated,
    path: TextPath,
) -> Result<Json<Config>, Failure> {
    Ok(Json(Config::of(agentchat.chat().webhook(&caller, NAME, in_path(path)?).await?)))
}

/// Take a webhook away, with what waits for it.
// wire: agentchat.md#410-webhooks
#[utoipa::path(
    delete, path = "/webhooks/{id}", tag = "agentchat", security(("agentKey" = [])),
    params(("id" = String, Path, description = "`whk_…`")),
    responses(
        (status = 200, description = "Taken away", body = Done),
        (status = 404, description = "`NOT_FOUND`: you have none of this id", body = Problem),
    ),
)]
pub(crate) async fn remove(
    State(agentchat): State<AgentChat>,
    Authenticated(caller): Authenticated,
    path: TextPath,
) -> Result<Json<Done>, Failure> {
    agentchat.chat().remove_webhook(&caller, NAME, in_path(path)?).await?;
    Ok(Json(Done::DONE))
}

fn read(mut fields: Fields) -> Result<NewWebhook, Failure> {
    let url = fields.text("url");
    let topics = read_events(&mut fields);
    let secret = fields.optional_text_of("secret", SECRET_CHARS).map(Key::new);
    let (url, topics) = fields.done(url.zip(topics))?;
    Ok(NewWebhook { url, topics, secret })
}

fn read_events(fields: &mut Fields) -> Option<Vec<WebhookTopic>> {
    let Some(events) = fields.optional_texts("events") else {
        fields.note("events", "must name at least one event");
        return None;
    };
    let topics: Option<Vec<_>> = events.iter().map(|event| topic(event)).collect();
    match topics {
        Some(topics) if topics.is_empty() => fields.note("events", "must name at least one event"),
        Some(topics) => return Some(topics),
        None => fields.note("events", format!("may hold {}", words().collect::<Vec<_>>().join(", "))),
    }
    None
}

/// The webhook that is meant by a path's one parameter.
fn in_path(path: TextPath) -> Result<EndpointId, Failure> {
    let id = path.ok().and_then(|Path(text)| ids::parse_webhook(&text));
    id.ok_or_else(|| Error::NotFound(Noun::Webhook).into())
}
