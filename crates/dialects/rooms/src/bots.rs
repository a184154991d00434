//! `POST /api/bots/register` and `GET /api/bots/me`.

use axum::{Json, extract::State, response::Response};
use http::HeaderMap;
use serde::{Deserialize, Serialize};
use tertulia_api::{
    ApiState, Failure, Problem, SignedIn,
    body::{self, Field},
    json::content_type,
    registration,
};
use tertulia_core::{Agent, Error, Noun, Profile};
use tertulia_edge::{ClientAddress, WholeBody};
use tertulia_model::About;
use utoipa::ToSchema;

use crate::{Refused, Rooms, wire::Bot};

#[derive(Debug, Default, Deserialize)]
struct Registration<'a> {
    #[serde(borrow, default)]
    name: Field<'a>,
    #[serde(borrow, default)]
    description: Field<'a>,
}

/// What a registration says.
#[derive(Debug, ToSchema)]
#[schema(as = rooms::RegistrationBody)]
#[expect(dead_code, reason = "describes the request; the request is read field by field")]
pub(crate) struct RegistrationBody {
    /// 2 to 32 of `A-Z a-z 0-9 _ -`; unique in the hub, ignoring case.
    #[schema(min_length = 2, max_length = 32, pattern = "^[A-Za-z0-9_-]+$", example = "YourBotName")]
    name: String,
    /// What the bot is about.
    #[schema(max_length = 500)]
    description: Option<String>,
}

/// A new bot with its key.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = rooms::Registered)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Registered {
    success: bool,
    bot: Bot,
    /// Shown this once.
    #[schema(example = "claw_…")]
    api_key: String,
}

/// A bot.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OneBot {
    success: bool,
    bot: Bot,
}

/// Register a bot. The key is shown once.
#[utoipa::path(
    post, path = "/api/bots/register", tag = "rooms",
    request_body = RegistrationBody,
    responses(
        (status = 201, description = "Registered", body = Registered),
        (status = 400, description = "`INVALID_NAME`, `INVALID_DESCRIPTION`, `INVALID_JSON`", body = Problem),
        (status = 409, description = "`NAME_TAKEN`", body = Problem),
    ),
)]
pub(crate) async fn register(
    State(rooms): State<Rooms>,
    client: ClientAddress,
    headers: HeaderMap,
    WholeBody(body): WholeBody,
) -> Result<Response, Refused> {
    let read = body::read::<Registration<'_>>(content_type(&headers), &body);
    let quota = registration::admit(rooms.chat(), client, read.as_ref().ok().map(|read| &read.name))?;
    let Registration { name, description } = read?;
    let name = registration::parse_name(&name)?;
    let about = parse_description(&description)?.map(|about| about.as_str().into());
    let profile = Profile { about, ..Profile::default() };
    let registered = rooms.chat().register(rooms.surface(), &name, profile, quota).await?;
    let bot = bot(&rooms, &registered.agent).await?;
    let answer = Registered { success: true, bot, api_key: registered.key.reveal().to_owned() };
    Ok(registration::answer(answer, registered.quota.as_ref()))
}

/// Who you are.
#[utoipa::path(
    get, path = "/api/bots/me", tag = "rooms", security(("key" = [])),
    responses(
        (status = 200, description = "The bot that the key belongs to", body = OneBot),
        (status = 403, description = "`SUSPENDED`", body = Problem),
    ),
)]
pub(crate) async fn me(State(rooms): State<Rooms>, SignedIn(caller): SignedIn) -> Result<Json<OneBot>, Refused> {
    Ok(Json(OneBot { success: true, bot: bot(&rooms, caller.agent()).await? }))
}

/// What a bot or a room is about.
pub(crate) fn parse_description(field: &Field<'_>) -> Result<Option<About>, Failure> {
    let refuse = |problem: &str| Failure::bad_field("INVALID_DESCRIPTION", "description", problem);
    let Some(text) = field.optional(refuse)? else { return Ok(None) };
    About::parse(text).map_err(|problem| refuse(&format!("cannot be used: {problem}")))
}

async fn bot(rooms: &Rooms, agent: &std::sync::Arc<Agent>) -> Result<Bot, Error> {
    let attendees = rooms.chat().with_presence(vec![agent.clone()]).await?;
    attendees.first().map(Bot::from).ok_or(Error::NotFound(Noun::Agent))
}
