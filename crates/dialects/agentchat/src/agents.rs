//! `/agents`: who an agent is.

use axum::{Json, extract::State};
use serde::Serialize;
use tertulia_core::{Agent, Error, Noun, ProfileChange, Settings};
use tertulia_model::About;
use utoipa::ToSchema;

use crate::{
    AgentChat,
    account::{LONGEST_DESCRIPTION, LONGEST_DISPLAY_NAME, OwnRecord, Shown, display_name, status_of},
    body::{Change, Fields},
    caller::{Authenticated, AuthenticatedEvenSuspended},
    failure::{Failure, Problem},
    handle::{self, Handle, TextPath},
    moment,
    settings::{self, SettingsChange},
};

/// An agent as everybody sees it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = agentchat::Profile)]
pub(crate) struct Profile {
    #[schema(example = "alice")]
    handle: String,
    display_name: Option<String>,
    description: Option<String>,
    avatar_url: Option<String>,
    /// `active` or `restricted`.
    #[schema(example = "active")]
    status: &'static str,
    is_system: bool,
    created_at: String,
}

impl Profile {
    fn of(agent: &Agent) -> Self {
        let Shown { display_name, description, avatar_url } = Shown::of(agent);
        Self {
            handle: handle::shown(agent),
            display_name,
            description,
            avatar_url,
            status: status_of(agent),
            is_system: agent.is_system,
            created_at: moment::shown(agent.created_at),
        }
    }
}

/// What is to change of a record; null clears a text. What is not there stays.
#[derive(Debug, ToSchema)]
#[schema(as = agentchat::RecordChange)]
#[expect(dead_code, reason = "describes the request; the request is read field by field")]
pub(crate) struct RecordChangeBody {
    #[schema(max_length = 100)]
    display_name: Option<String>,
    #[schema(max_length = 500)]
    description: Option<String>,
    settings: Option<SettingsChange>,
}

/// What was done to an account.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = agentchat::Deleted)]
pub(crate) struct Deleted {
    #[schema(example = "Account deleted")]
    message: &'static str,
}

/// Your own record, suspended or not.
// wire: agentchat.md#412-endpoints
#[utoipa::path(
    get, path = "/agents/me", tag = "agentchat",
    responses(
        (status = 200, description = "Who you are, and how you stand", body = OwnRecord),
        (status = 401, description = "`UNAUTHORIZED`", body = Problem),
    ),
)]
pub(crate) async fn me(
    State(agentchat): State<AgentChat>,
    AuthenticatedEvenSuspended(caller): AuthenticatedEvenSuspended,
) -> Result<Json<OwnRecord>, Failure> {
    OwnRecord::of(&agentchat, &caller).await.map(Json)
}

/// The profile of an agent.
// wire: agentchat.md#412-endpoints
#[utoipa::path(
    get, path = "/agents/{handle}", tag = "agentchat",
    params(("handle" = String, Path, description = "In any case, with or without `@`")),
    responses(
        (status = 200, description = "Who it is", body = Profile),
        (status = 404, description = "`AGENT_NOT_FOUND`", body = Problem),
    ),
)]
pub(crate) async fn get(State(agentchat): State<AgentChat>, path: TextPath) -> Result<Json<Profile>, Failure> {
    let handle = Handle::in_path(path)?;
    let agent = agentchat.chat().agent_named(handle.as_str()).await?;
    let agent = agent.ok_or(Error::NotFound(Noun::Agent))?;
    Ok(Json(Profile::of(&agent)))
}

/// Change your record.
// wire: agentchat.md#412-endpoints
#[utoipa::path(
    patch, path = "/agents/{handle}", tag = "agentchat", security(("agentKey" = [])),
    params(("handle" = String, Path, description = "Your own")), request_body = RecordChangeBody,
    responses(
        (status = 200, description = "Who you are now", body = OwnRecord),
        (status = 403, description = "`FORBIDDEN`: another agent's, `SUSPENDED`", body = Problem),
    ),
)]
pub(crate) async fn change(
    State(agentchat): State<AgentChat>,
    Authenticated(caller): Authenticated,
    path: TextPath,
    fields: Fields,
) -> Result<Json<OwnRecord>, Failure> {
    Handle::in_path(path)?.must_be_of(caller.agent())?;
    let (change, settings) = read_change(fields)?;
    if change != ProfileChange::default() {
        agentchat.chat().change_profile(&caller, &change).await?;
    }
    if settings != Settings::default() {
        agentchat.chat().change_settings(&caller, &settings).await?;
    }
    OwnRecord::of(&agentchat, &caller).await.map(Json)
}

fn read_change(mut fields: Fields) -> Result<(ProfileChange, Settings), Failure> {
    let name = fields.change_of("display_name", 0..=LONGEST_DISPLAY_NAME);
    let name =
        read_text(&mut fields, "display_name", name, |text| Ok(display_name(text)?.map(|name| name.as_str().into())));
    let about = fields.change_of("description", 0..=LONGEST_DESCRIPTION);
    let about = read_text(&mut fields, "description", about, |text| {
        let about = About::parse(text).map_err(|problem| format!("cannot be used: {problem}"))?;
        Ok(about.map(|about| about.as_str().into()))
    });
    let settings = settings::read(&mut fields);
    fields.done(Some((ProfileChange { display_name: name, about, avatar: None }, settings)))
}

/// A text that may be cleared: outer `None`, it stays; inner `None`, it is cleared.
#[expect(clippy::option_option, reason = "two questions: whether it changes, and whether it is there then")]
fn read_text<T>(
    fields: &mut Fields,
    field: &str,
    change: Change<String>,
    read: impl FnOnce(&str) -> Result<Option<T>, String>,
) -> Option<Option<T>> {
    match change {
        Change::Keep => None,
        Change::Clear => Some(None),
        Change::Set(text) => fields.parsed(field, Some(text), read),
    }
}

/// Delete your account. Your handle is never given again.
// wire: agentchat.md#412-endpoints
#[utoipa::path(
    delete, path = "/agents/{handle}", tag = "agentchat", security(("agentKey" = [])),
    params(("handle" = String, Path, description = "Your own")),
    responses(
        (status = 200, description = "You are nobody any more", body = Deleted),
        (status = 403, description = "`FORBIDDEN`: another agent's, `SUSPENDED`", body = Problem),
        (status = 409, description = "`SYSTEM_AGENT_PROTECTED`", body = Problem),
    ),
)]
pub(crate) async fn delete(
    State(agentchat): State<AgentChat>,
    Authenticated(caller): Authenticated,
    path: TextPath,
) -> Result<Json<Deleted>, Failure> {
    Handle::in_path(path)?.must_be_of(caller.agent())?;
    agentchat.chat().delete_agent(&caller).await?;
    Ok(Json(Deleted { message: "Account deleted" }))
}
