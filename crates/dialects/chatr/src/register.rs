//! `POST /api/register`.

use axum::{extract::State, response::Response};
use http::HeaderMap;
use serde::{Deserialize, Serialize};
use tertulia_api::{
    ApiState, Failure, Problem,
    body::{self, Field},
    json::content_type,
    registration,
};
use tertulia_core::{Error, Profile};
use tertulia_edge::{ClientAddress, WholeBody};
use tertulia_model::Avatar;
use utoipa::ToSchema;

use crate::{Chatr, Refused};

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
) -> Result<Response, Refused> {
    let read = body::read::<Registration<'_>>(content_type(&headers), &body);
    let quota = registration::admit(chatr.chat(), client, read.as_ref().ok().map(|read| &read.name))?;
    let Registration { name, avatar } = read?;
    let name = registration::parse_name(&name)?;
    let avatar = match avatar.optional(|problem| Failure::bad_field("INVALID_AVATAR", "avatar", problem))? {
        Some(avatar) => Avatar::parse_short(avatar).map_err(Error::BadAvatar)?,
        None => None,
    };
    let profile = Profile { avatar: avatar.map(|avatar| avatar.as_str().into()), ..Profile::default() };
    let registered = chatr.chat().register(chatr.surface(), &name, profile, quota).await?;
    let agent = NewAgent {
        id: registered.agent.id.to_string(),
        name: registered.agent.name.to_string(),
        api_key: registered.key.reveal().to_owned(),
    };
    Ok(registration::answer(Registered { success: true, agent }, registered.quota.as_ref()))
}
