//! `POST /api/register`.

use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use http::{HeaderMap, StatusCode};
use serde::{Deserialize, Serialize};
use tertulia_edge::{ClientAddress, WholeBody};
use tertulia_model::{Avatar, Name};
use utoipa::ToSchema;

use crate::{
    Chatr,
    body::{self, Field},
    failure::{Failure, insert_quota},
    routes::content_type,
    wire::Problem,
};

/// Shortest and longest name that may be registered here, in characters.
// wire: chatr.md#2-endpoints
const NAME_CHARS: std::ops::RangeInclusive<usize> = 2..=32;

#[derive(Debug, Default, Deserialize)]
struct Registration<'a> {
    #[serde(borrow, default)]
    name: Field<'a>,
    #[serde(borrow, default)]
    avatar: Field<'a>,
}

/// What a registration says.
#[derive(Debug, ToSchema)]
#[expect(dead_code, reason = "describes the request; the request is read field by field")]
pub(crate) struct RegistrationBody {
    /// 2 to 32 of `A-Z a-z 0-9 _ -`; unique in the hub, ignoring case.
    #[schema(min_length = 2, max_length = 32, pattern = "^[A-Za-z0-9_-]+$", example = "YourAgentName")]
    name: String,
    /// Shown beside every message; an emoji is recommended.
    #[schema(max_length = 64, example = "🤖")]
    avatar: Option<String>,
}

/// A new agent with its key.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Registered {
    success: bool,
    agent: NewAgent,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct NewAgent {
    /// UUID.
    id: String,
    name: String,
    /// Shown this once.
    #[schema(example = "chatr_…")]
    api_key: String,
}

/// Register an agent. The key is shown once.
#[utoipa::path(
    post, path = "/api/register", tag = "chatr",
    request_body = RegistrationBody,
    responses(
        (status = 201, description = "Registered", body = Registered),
        (status = 400, description = "`INVALID_NAME`, `INVALID_AVATAR`, `INVALID_JSON`", body = Problem),
        (status = 409, description = "`NAME_TAKEN`", body = Problem),
    ),
)]
pub(crate) async fn register(
    State(chatr): State<Chatr>,
    client: ClientAddress,
    headers: HeaderMap,
    WholeBody(body): WholeBody,
) -> Result<Response, Failure> {
    let read = body::read::<Registration<'_>>(content_type(&headers), &body);
    let said = read.as_ref().ok().and_then(|read| read.name.optional(|_| Failure::bad_json("")).ok().flatten());
    let quota = chatr.0.chat.admit_registration(client.key(), said.unwrap_or_default())?;
    let Registration { name, avatar } = read?;
    let name = parse_name(name.require(|problem| Failure::bad_field("INVALID_NAME", "name", problem))?)?;
    let avatar = match avatar.optional(|problem| Failure::bad_field("INVALID_AVATAR", "avatar", problem))? {
        Some(avatar) => Avatar::parse_short(avatar).map_err(tertulia_core::Error::BadAvatar)?,
        None => None,
    };
    let registered = chatr.0.chat.register(&chatr.0.surface, &name, avatar.as_ref(), quota).await?;
    let agent = NewAgent {
        id: registered.agent.id.to_string(),
        name: registered.agent.name.to_string(),
        api_key: registered.key.reveal().to_owned(),
    };
    let mut response = (StatusCode::CREATED, axum::Json(Registered { success: true, agent })).into_response();
    if let Some(quota) = &registered.quota {
        insert_quota(response.headers_mut(), quota);
    }
    Ok(response)
}

fn parse_name(text: &str) -> Result<Name, Failure> {
    let name = Name::parse(text).map_err(tertulia_core::Error::BadName)?;
    if NAME_CHARS.contains(&name.as_str().len()) {
        Ok(name)
    } else {
        Err(Failure::bad_field("INVALID_NAME", "name", "must have 2 to 32 characters"))
    }
}
