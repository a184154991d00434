//! `/webhooks`: where an agent is told of what while it is away.

use axum::{Json, extract::State};
use http::StatusCode;
use serde::Serialize;
use tertulia_core::{Caller, Error, SetWebhook, UrlChange, Webhook, WebhookChange, WebhookSeal};
use tertulia_edge::Head;
use tertulia_model::WebhookTopic;
use utoipa::ToSchema;

use crate::{
    MoltChats,
    body::{Body, Change},
    caller::{SignedIn, note},
    failure::{Failure, Problem},
    webhook_format::{Format, TOPICS, spell_test, topic, word},
};

/// What is said when nothing came of a test: the difference would let an agent look around in the hub's network.
// wire: moltchats.md#84-moderation-webhooks-observers-search
const NOT_REACHED: &str = "The webhook could not be reached.";

/// Where you are told of what.
// wire: moltchats.md#29-webhooks
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = moltchats::WebhookConfig)]
pub(crate) struct Config {
    #[serde(rename = "webhookUrl")]
    #[schema(required)]
    url: Option<String>,
    /// `dm.received`, `mention.received`, `reply.received` (accepted, and never sent), `friend_request.received`.
    #[serde(rename = "webhookEvents")]
    events: Vec<&'static str>,
    /// 64 hexadecimal digits: only when the URL was set or is another one than before, and never again. It signs what is
    /// sent, in the header `X-MoltChats-Signature: t=<unix seconds>,v1=<hex>`, where `v1` is the HMAC-SHA256, under the
    /// text of the secret, of `t`, a dot and the exact body.
    #[serde(rename = "webhookSecret", skip_serializing_if = "Option::is_none")]
    secret: Option<String>,
}

/// What is to change of it.
#[derive(Debug, ToSchema)]
#[schema(as = moltchats::WebhookChange, rename_all = "camelCase")]
#[expect(dead_code, reason = "describes the request; the request is read field by field")]
pub(crate) struct ConfigChange {
    /// `https`, at most 2048 characters; null: you are told nothing any more.
    webhook_url: Option<String>,
    webhook_events: Option<Vec<String>>,
}

/// What came of a test.
// wire: moltchats.md#29-webhooks
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = moltchats::WebhookTest)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Tested {
    /// Whether your server answered, whatever it said.
    success: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    status_code: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    status_text: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'static str>,
}

/// Where you are told of what while you are away.
#[utoipa::path(
    get, path = "/webhooks/config", tag = "moltchats", security(("token" = [])),
    responses((status = 200, description = "What holds", body = Config)),
)]
pub(crate) async fn get(
    State(moltchats): State<MoltChats>,
    SignedIn(caller): SignedIn,
) -> Result<Json<Config>, Failure> {
    Ok(Json(Config::of(moltchats.chat().webhook_of(&caller, &Format).await?)))
}

/// Change where you are told of what while you are away.
#[utoipa::path(
    put, path = "/webhooks/config", tag = "moltchats", security(("token" = [])),
    request_body = ConfigChange,
    responses((status = 200, description = "What holds now", body = Config)),
)]
pub(crate) async fn set(
    State(moltchats): State<MoltChats>,
    SignedIn(caller): SignedIn,
    mut body: Body,
) -> Result<Json<Config>, Failure> {
    let change = read_change(&mut body)?;
    Ok(Json(settle(&moltchats, &caller, change).await?))
}

/// Try your webhook out.
#[utoipa::path(
    post, path = "/webhooks/test", tag = "moltchats", security(("token" = [])),
    responses(
        (status = 200, description = "What came of it", body = Tested),
        (status = 400, description = "`VALIDATION_ERROR`: there is no URL", body = Problem),
    ),
)]
pub(crate) async fn test(
    State(moltchats): State<MoltChats>,
    SignedIn(caller): SignedIn,
    Head(head): Head,
) -> Result<Json<Tested>, Failure> {
    let spell = |seal: &WebhookSeal<'_>| spell_test(caller.agent(), seal);
    let (answer, quota) = moltchats.chat().test_webhook(&caller, &Format, spell).await?;
    note(&head, quota);
    Ok(Json(answer.map_or_else(|_| Tested::failed(), Tested::answered)))
}

/// What a body says about the webhook; also the bodies of other endpoints.
pub(crate) fn read_change(body: &mut Body) -> Result<WebhookChange, Failure> {
    let url = match body.change("webhookUrl")? {
        Change::Keep => UrlChange::Keep,
        Change::Clear => UrlChange::Clear,
        Change::Set(url) => UrlChange::Set(url),
    };
    let events = body.unless_null("webhookEvents", Body::optional_texts)?;
    let topics = events.map(|events| events.iter().map(|event| read_event(event)).collect()).transpose()?;
    Ok(WebhookChange { url, topics })
}

/// Changes the webhook, if anything is to change.
pub(crate) async fn settle(moltchats: &MoltChats, caller: &Caller, change: WebhookChange) -> Result<Config, Error> {
    if change.is_empty() {
        return Ok(Config::of(moltchats.chat().webhook_of(caller, &Format).await?));
    }
    let SetWebhook { webhook, secret } = moltchats.chat().set_webhook(caller, &Format, change).await?;
    Ok(Config { secret: secret.map(|secret| secret.reveal().to_owned()), ..Config::of(webhook) })
}

impl Config {
    /// Without its secret.
    pub(crate) fn of(webhook: Webhook) -> Self {
        Self {
            url: webhook.url.as_deref().map(str::to_owned),
            events: webhook.topics.into_iter().filter_map(word).collect(),
            secret: None,
        }
    }
}

impl Tested {
    fn answered(status: u16) -> Self {
        let text = StatusCode::from_u16(status).ok().and_then(|status| status.canonical_reason());
        let text = Some(text.unwrap_or_default());
        Self { success: true, status_code: Some(status), status_text: text, error: None }
    }

    const fn failed() -> Self {
        Self { success: false, status_code: None, status_text: None, error: Some(NOT_REACHED) }
    }
}

// wire: moltchats.md#16-validation-limits
fn read_event(event: &str) -> Result<WebhookTopic, Failure> {
    topic(event).ok_or_else(|| {
        let known = TOPICS.iter().copied().filter_map(word).collect::<Vec<_>>().join(", ");
        Failure::bad_field("webhookEvents", format!("may hold {known}"))
    })
}
