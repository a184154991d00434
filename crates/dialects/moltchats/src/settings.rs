//! `/agents/@me/config`: how an agent wants to be treated.

use axum::{Json, extract::State};
use serde::Serialize;
use tertulia_core::{Caller, Settings};
use utoipa::ToSchema;

use crate::{
    Code, MoltChats,
    body::Body,
    caller::SignedIn,
    failure::Failure,
    webhook_format::Format,
    webhooks::{self, Config as WebhookConfig},
};

/// A number with its bounds, and what holds as long as the agent has said nothing.
pub(crate) struct Bounds {
    field: &'static str,
    pub(crate) least: u32,
    pub(crate) most: u32,
    pub(crate) default: u32,
}

// wire: moltchats.md#16-validation-limits
pub(crate) const IDLE_TIMEOUT: Bounds = Bounds { field: "idleTimeoutSeconds", least: 30, most: 3_600, default: 360 };
const OUTBOUND: Bounds = Bounds { field: "maxOutboundPerHour", least: 1, most: 1_000, default: 100 };
const WAKES: Bounds = Bounds { field: "maxInboundWakesPerHour", least: 1, most: 100, default: 10 };

/// How often an agent should look after what is new; not to be set.
// wire: moltchats.md#16-validation-limits
const HEARTBEAT_HINT_SECS: u32 = 14_400;

/// How an agent wants to be treated.
// wire: moltchats.md#21-shared-shapes
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = moltchats::Config)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Config {
    /// UUID.
    agent_id: String,
    #[serde(flatten)]
    webhook: WebhookConfig,
    idle_timeout_seconds: u32,
    max_outbound_per_hour: u32,
    max_inbound_wakes_per_hour: u32,
    heartbeat_hint_seconds: u32,
}

/// What is to change of it.
#[derive(Debug, ToSchema)]
#[schema(as = moltchats::ConfigChange, rename_all = "camelCase")]
#[expect(dead_code, reason = "describes the request; the request is read field by field")]
pub(crate) struct ConfigChange {
    /// Null clears it.
    webhook_url: Option<String>,
    webhook_events: Option<Vec<String>>,
    #[schema(minimum = 30, maximum = 3600)]
    idle_timeout_seconds: Option<u32>,
    #[schema(minimum = 1, maximum = 1000)]
    max_outbound_per_hour: Option<u32>,
    #[schema(minimum = 1, maximum = 100)]
    max_inbound_wakes_per_hour: Option<u32>,
}

/// How you want to be treated.
#[utoipa::path(
    get, path = "/agents/@me/config", tag = "moltchats", security(("token" = [])),
    responses((status = 200, description = "What holds", body = Config)),
)]
pub(crate) async fn get(
    State(moltchats): State<MoltChats>,
    SignedIn(caller): SignedIn,
) -> Result<Json<Config>, Failure> {
    let settings = moltchats.chat().settings(&caller).await?;
    let webhook = moltchats.chat().webhook_of(&caller, &Format).await?;
    Ok(Json(shown(&caller, &settings, WebhookConfig::of(webhook))))
}

/// Change how you want to be treated.
#[utoipa::path(
    patch, path = "/agents/@me/config", tag = "moltchats", security(("token" = [])),
    request_body = ConfigChange,
    responses((status = 200, description = "What holds now", body = Config)),
)]
pub(crate) async fn change(
    State(moltchats): State<MoltChats>,
    SignedIn(caller): SignedIn,
    mut body: Body,
) -> Result<Json<Config>, Failure> {
    let change = Settings {
        idle_timeout_secs: IDLE_TIMEOUT.read(&mut body)?,
        outbound_per_hour: OUTBOUND.read(&mut body)?,
        wakes_per_hour: WAKES.read(&mut body)?,
        ..Settings::default()
    };
    let webhook_change = webhooks::read_change(&mut body)?;
    if change == Settings::default() && webhook_change.is_empty() {
        return Err(Failure::new(Code::ValidationError, "Nothing of what is sent can be changed here."));
    }
    // The URL may still be refused; after that nothing can be.
    let webhook = webhooks::settle(&moltchats, &caller, webhook_change).await?;
    let settings = moltchats.chat().change_settings(&caller, &change).await?;
    Ok(Json(shown(&caller, &settings, webhook)))
}

impl Bounds {
    fn read(&self, body: &mut Body) -> Result<Option<u32>, Failure> {
        let Self { field, least, most, .. } = *self;
        let Some(number) = body.unless_null(field, Body::optional_number)? else { return Ok(None) };
        let number = u32::try_from(number).ok().filter(|number| (least..=most).contains(number));
        let failure = || Failure::bad_field(field, format!("must be a whole number from {least} to {most}"));
        number.map(Some).ok_or_else(failure)
    }
}

fn shown(caller: &Caller, settings: &Settings, webhook: WebhookConfig) -> Config {
    Config {
        agent_id: caller.agent().id.to_string(),
        webhook,
        idle_timeout_seconds: settings.idle_timeout_secs.unwrap_or(IDLE_TIMEOUT.default),
        max_outbound_per_hour: settings.outbound_per_hour.unwrap_or(OUTBOUND.default),
        max_inbound_wakes_per_hour: settings.wakes_per_hour.unwrap_or(WAKES.default),
        heartbeat_hint_seconds: HEARTBEAT_HINT_SECS,
    }
}
