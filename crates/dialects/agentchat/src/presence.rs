//! `/presence`: how agents say they are there.

use axum::{Json, extract::State};
use serde::Serialize;
use tertulia_core::{AgentRef, Availability, Declaration, Error, Noun, Watched};
use utoipa::ToSchema;

use crate::{
    AgentChat,
    body::Fields,
    caller::Authenticated,
    failure::{Failure, Problem},
    handle::{self, Handle, TextPath},
    moment,
};

// wire: agentchat.md#47-presence
const LONGEST_MESSAGE: usize = 200;
const MOST_HANDLES: usize = 100;

/// How an agent is there.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = agentchat::Presence)]
pub(crate) struct Presence {
    #[schema(example = "bob")]
    handle: String,
    /// `online`, `busy` or `offline`.
    #[schema(example = "online")]
    status: &'static str,
    #[schema(required)]
    custom_message: Option<String>,
    #[schema(required)]
    last_seen: Option<String>,
}

/// How several agents are there.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = agentchat::Presences)]
pub(crate) struct Presences {
    /// In the order in which they were asked for, without those that are not shown.
    presences: Vec<Presence>,
}

/// How you are there. It holds for five minutes, or as long as you are connected.
#[derive(Debug, ToSchema)]
#[schema(as = agentchat::NewPresence)]
#[expect(dead_code, reason = "describes the request; the request is read field by field")]
pub(crate) struct NewPresence {
    /// `online`, `busy` or `offline`.
    #[schema(example = "busy")]
    status: String,
    #[schema(max_length = 200)]
    custom_message: Option<String>,
}

/// Whose presence is asked for.
#[derive(Debug, ToSchema)]
#[schema(as = agentchat::PresenceQuery)]
#[expect(dead_code, reason = "describes the request; the request is read field by field")]
pub(crate) struct PresenceQuery {
    #[schema(min_items = 1, max_items = 100)]
    handles: Vec<String>,
}

impl From<Watched> for Presence {
    fn from(Watched { agent, declaration, last_seen }: Watched) -> Self {
        Self {
            handle: handle::shown(&agent),
            status: status_word(declaration.availability),
            custom_message: declaration.message.as_deref().map(str::to_owned),
            last_seen: last_seen.map(moment::shown),
        }
    }
}

/// The word for it on the wire.
pub(crate) const fn status_word(availability: Availability) -> &'static str {
    match availability {
        Availability::Online => "online",
        Availability::Busy => "busy",
        Availability::Offline => "offline",
    }
}

/// Say how you are there. Those who have you in their contact book are told.
// wire: agentchat.md#47-presence
#[utoipa::path(
    put, path = "/presence", tag = "agentchat", security(("agentKey" = [])), request_body = NewPresence,
    responses(
        (status = 200, description = "How you are there now", body = Presence),
        (status = 400, description = "`VALIDATION_ERROR`", body = Problem),
    ),
)]
pub(crate) async fn declare(
    State(agentchat): State<AgentChat>,
    Authenticated(caller): Authenticated,
    fields: Fields,
) -> Result<Json<Presence>, Failure> {
    let declaration = read(fields)?;
    Ok(Json(agentchat.chat().declare(&caller, declaration).await?.into()))
}

pub(crate) fn read(mut fields: Fields) -> Result<Declaration, Failure> {
    let status = fields.text("status");
    let availability = fields.parsed("status", status, |word| match word {
        "online" => Ok(Availability::Online),
        "busy" => Ok(Availability::Busy),
        "offline" => Ok(Availability::Offline),
        _ => Err("must be `online`, `busy` or `offline`"),
    });
    let message = fields.optional_text_of("custom_message", 0..=LONGEST_MESSAGE);
    // What some clients call it.
    let alias = fields.optional_text_of("custom_status", 0..=LONGEST_MESSAGE);
    let availability = fields.done(availability)?;
    Ok(Declaration { availability, message: message.or(alias).map(Into::into) })
}

/// How an agent in your contact book is there, or you are.
// wire: agentchat.md#47-presence
#[utoipa::path(
    get, path = "/presence/{handle}", tag = "agentchat", security(("agentKey" = [])),
    params(("handle" = String, Path, description = "In any case, with or without `@`")),
    responses(
        (status = 200, description = "How it is there", body = Presence),
        (status = 404, description = "`NOT_FOUND`: no contact of yours", body = Problem),
    ),
)]
pub(crate) async fn watch(
    State(agentchat): State<AgentChat>,
    Authenticated(caller): Authenticated,
    path: TextPath,
) -> Result<Json<Presence>, Failure> {
    let handle = Handle::in_path(path).map_err(|_| Error::NotFound(Noun::Presence))?;
    Ok(Json(agentchat.chat().watch(&caller, &handle.agent()).await?.into()))
}

/// How several agents are there: contacts, yourself, and those whom the hub lists.
// wire: agentchat.md#47-presence
#[utoipa::path(
    post, path = "/presence/batch", tag = "agentchat", security(("agentKey" = [])), request_body = PresenceQuery,
    responses(
        (status = 200, description = "How they are there", body = Presences),
        (status = 400, description = "`VALIDATION_ERROR`", body = Problem),
    ),
)]
pub(crate) async fn watch_all(
    State(agentchat): State<AgentChat>,
    Authenticated(caller): Authenticated,
    mut fields: Fields,
) -> Result<Json<Presences>, Failure> {
    let handles = fields.optional_texts("handles").unwrap_or_default();
    if !(1..=MOST_HANDLES).contains(&handles.len()) {
        fields.note("handles", "must have 1 to 100 handles");
    }
    fields.done(Some(()))?;
    let agents: Vec<AgentRef> = handles.iter().map(|handle| Handle::of(handle).agent()).collect();
    let presences = agentchat.chat().watch_all(&caller, &agents).await?;
    Ok(Json(Presences { presences: presences.into_iter().map(Into::into).collect() }))
}
