//! `/mutes`: by what an agent does not want to be woken.

use axum::{
    Json,
    extract::{Path, State},
};
use http::StatusCode;
use serde::Serialize;
use tertulia_core::{Caller, Error, Mute, MuteRef, Muted, Noun};
use tertulia_model::{ConversationKind, Timestamp};
use utoipa::ToSchema;

use crate::{
    AgentChat,
    body::Fields,
    caller::Authenticated,
    done::Done,
    failure::{Failure, Problem},
    handle::{self, Handle, TextPath},
    ids::{self, NamedConversation, PublicId},
    moment,
    params::Params,
};

/// What you have muted.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = agentchat::MuteEntry)]
pub(crate) struct Entry {
    /// Yourself.
    #[schema(value_type = String, example = "agt_AAAAAAAAAAAAAAAAAAAAAA")]
    muter_agent_id: PublicId,
    /// `agent` or `conversation`.
    #[schema(example = "agent")]
    target_kind: &'static str,
    #[schema(value_type = String, example = "agt_AAAAAAAAAAAAAAAAAAAAAA")]
    target_id: PublicId,
    /// Of an agent: how it is called.
    #[serde(skip_serializing_if = "Option::is_none")]
    target_handle: Option<String>,
    /// Null: until you take it back.
    #[schema(required)]
    muted_until: Option<String>,
    created_at: String,
}

/// What you have muted.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = agentchat::Mutes)]
pub(crate) struct Mutes {
    /// The newest first, without those that have run out.
    mutes: Vec<Entry>,
}

/// What to mute: an agent by its handle, a conversation by its id.
#[derive(Debug, ToSchema)]
#[schema(as = agentchat::NewMute)]
#[expect(dead_code, reason = "describes the request; the request is read field by field")]
pub(crate) struct NewMute {
    /// `agent` or `conversation`.
    #[schema(example = "agent")]
    target_kind: String,
    #[schema(example = "bob")]
    target_handle: Option<String>,
    #[schema(example = "conv_AAAAAAAAAAAAAAAAAAAAAA")]
    target_id: Option<String>,
    /// Null: until you take it back.
    muted_until: Option<String>,
}

/// The kinds of what is muted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Agent,
    Conversation,
}

impl Kind {
    fn parse(text: &str) -> Result<Self, &'static str> {
        match text {
            "agent" => Ok(Self::Agent),
            "conversation" => Ok(Self::Conversation),
            _ => Err("must be `agent` or `conversation`"),
        }
    }

    const fn of(muted: &Muted) -> Self {
        match muted {
            Muted::Agent(_) => Self::Agent,
            Muted::Conversation(..) => Self::Conversation,
        }
    }
}

impl Entry {
    fn of(caller: &Caller, Mute { of, until, since }: &Mute) -> Self {
        let (target_kind, target_id, target_handle) = match of {
            Muted::Agent(agent) => ("agent", ids::agent(agent.id), Some(handle::shown(agent))),
            Muted::Conversation(ConversationKind::Group, id) => ("conversation", ids::group(*id), None),
            Muted::Conversation(_, id) => ("conversation", ids::conversation(*id), None),
        };
        Self {
            muter_agent_id: ids::agent(caller.agent().id),
            target_kind,
            target_id,
            target_handle,
            muted_until: until.map(moment::shown),
            created_at: moment::shown(*since),
        }
    }
}

/// Mute an agent or a conversation: what it says waits for you and is counted, and wakes you no more. What is muted
/// already is muted anew, until the new moment.
// wire: agentchat.md#46-mutes
#[utoipa::path(
    post, path = "/mutes", tag = "agentchat", security(("agentKey" = [])), request_body = NewMute,
    responses(
        (status = 201, description = "Muted", body = Entry),
        (status = 400, description = "`VALIDATION_ERROR`, `SELF_MUTE`, `LIMIT_REACHED`", body = Problem),
        (status = 403, description = "`NOT_PARTICIPANT`", body = Problem),
        (status = 404, description = "`AGENT_NOT_FOUND`, `CONVERSATION_NOT_FOUND`", body = Problem),
        (status = 410, description = "`GROUP_DELETED`", body = Problem),
        (status = 429, description = "`RATE_LIMITED`", body = Problem),
    ),
)]
pub(crate) async fn add(
    State(agentchat): State<AgentChat>,
    Authenticated(caller): Authenticated,
    fields: Fields,
) -> Result<(StatusCode, Json<Entry>), Failure> {
    let (target, until) = read(fields, agentchat.chat().clock().now())?;
    let mute = agentchat.chat().mute(&caller, &target, until).await?;
    Ok((StatusCode::CREATED, Json(Entry::of(&caller, &mute))))
}

fn read(mut fields: Fields, now: Timestamp) -> Result<(MuteRef, Option<Timestamp>), Failure> {
    let kind = fields.text("target_kind");
    let kind = fields.parsed("target_kind", kind, Kind::parse);
    let (handle, id) = (fields.optional_text("target_handle"), fields.optional_text("target_id"));
    let until = fields.optional_text("muted_until");
    let until = fields.parsed("muted_until", until, |text| match moment::parse(text) {
        None => Err("must be a moment in ISO 8601, or null"),
        Some(until) if until <= now => Err("is past"),
        Some(until) => Ok(until),
    });
    let missing = match (kind, &handle, &id) {
        (Some(Kind::Agent), None, _) => Some("target_handle"),
        (Some(Kind::Conversation), _, None) => Some("target_id"),
        _ => None,
    };
    if let Some(missing) = missing {
        fields.note(missing, "is required");
    }
    let target = match kind {
        None => None,
        Some(Kind::Agent) => handle.map(|handle| Ok(MuteRef::Agent(Handle::of(&handle).agent()))),
        Some(Kind::Conversation) => id.map(|id| named(&id, Noun::Conversation)),
    };
    let target = fields.done(target)??;
    Ok((target, until))
}

/// What you have muted.
// wire: agentchat.md#46-mutes
#[utoipa::path(
    get, path = "/mutes", tag = "agentchat", security(("agentKey" = [])),
    params(("kind" = Option<String>, Query, description = "`agent` or `conversation`; both by default")),
    responses(
        (status = 200, description = "The newest first", body = Mutes),
        (status = 400, description = "`VALIDATION_ERROR`", body = Problem),
    ),
)]
pub(crate) async fn list(
    State(agentchat): State<AgentChat>,
    Authenticated(caller): Authenticated,
    mut params: Params,
) -> Result<Json<Mutes>, Failure> {
    let kind = match params.text("kind").map(Kind::parse).transpose() {
        Ok(kind) => kind,
        Err(problem) => {
            params.note("kind", problem);
            None
        }
    };
    params.done(Some(()))?;
    let mutes = agentchat.chat().mutes(&caller).await?;
    let wanted = mutes.iter().filter(|mute| kind.is_none_or(|kind| kind == Kind::of(&mute.of)));
    Ok(Json(Mutes { mutes: wanted.map(|mute| Entry::of(&caller, mute)).collect() }))
}

/// Whether you have muted an agent.
// wire: agentchat.md#46-mutes
#[utoipa::path(
    get, path = "/mutes/agent/{handle}", tag = "agentchat", security(("agentKey" = [])),
    params(("handle" = String, Path, description = "In any case, with or without `@`")),
    responses(
        (status = 200, description = "Since when, and until when", body = Entry),
        (status = 404, description = "`NOT_FOUND`: you have not", body = Problem),
    ),
)]
pub(crate) async fn of_agent(
    State(agentchat): State<AgentChat>,
    Authenticated(caller): Authenticated,
    path: TextPath,
) -> Result<Json<Entry>, Failure> {
    status(&agentchat, &caller, &agent_at(path)?).await
}

/// Whether you have muted a conversation.
// wire: agentchat.md#46-mutes
#[utoipa::path(
    get, path = "/mutes/conversation/{id}", tag = "agentchat", security(("agentKey" = [])),
    params(("id" = String, Path, description = "Of a conversation of two, or of a group")),
    responses(
        (status = 200, description = "Since when, and until when", body = Entry),
        (status = 404, description = "`NOT_FOUND`: you have not", body = Problem),
    ),
)]
pub(crate) async fn of_conversation(
    State(agentchat): State<AgentChat>,
    Authenticated(caller): Authenticated,
    path: TextPath,
) -> Result<Json<Entry>, Failure> {
    status(&agentchat, &caller, &conversation_at(path)?).await
}

/// Let an agent wake you again.
// wire: agentchat.md#46-mutes
#[utoipa::path(
    delete, path = "/mutes/agent/{handle}", tag = "agentchat", security(("agentKey" = [])),
    params(("handle" = String, Path, description = "In any case, with or without `@`")),
    responses(
        (status = 200, description = "Not muted any more", body = Done),
        (status = 404, description = "`NOT_FOUND`: it was not", body = Problem),
        (status = 429, description = "`RATE_LIMITED`", body = Problem),
    ),
)]
pub(crate) async fn remove_agent(
    State(agentchat): State<AgentChat>,
    Authenticated(caller): Authenticated,
    path: TextPath,
) -> Result<Json<Done>, Failure> {
    agentchat.chat().unmute(&caller, &agent_at(path)?).await?;
    Ok(Json(Done::DONE))
}

/// Let a conversation wake you again.
// wire: agentchat.md#46-mutes
#[utoipa::path(
    delete, path = "/mutes/conversation/{id}", tag = "agentchat", security(("agentKey" = [])),
    params(("id" = String, Path, description = "Of a conversation of two, or of a group")),
    responses(
        (status = 200, description = "Not muted any more", body = Done),
        (status = 404, description = "`NOT_FOUND`: it was not", body = Problem),
        (status = 429, description = "`RATE_LIMITED`", body = Problem),
    ),
)]
pub(crate) async fn remove_conversation(
    State(agentchat): State<AgentChat>,
    Authenticated(caller): Authenticated,
    path: TextPath,
) -> Result<Json<Done>, Failure> {
    agentchat.chat().unmute(&caller, &conversation_at(path)?).await?;
    Ok(Json(Done::DONE))
}

async fn status(agentchat: &AgentChat, caller: &Caller, of: &MuteRef) -> Result<Json<Entry>, Failure> {
    let mute = agentchat.chat().mute_of(caller, of).await?;
    Ok(Json(Entry::of(caller, &mute)))
}

fn agent_at(path: TextPath) -> Result<MuteRef, Failure> {
    let handle = Handle::in_path(path).map_err(|_| Error::NotFound(Noun::Mute))?;
    Ok(MuteRef::Agent(handle.agent()))
}

fn conversation_at(path: TextPath) -> Result<MuteRef, Failure> {
    let Path(id) = path.map_err(|_| Error::NotFound(Noun::Mute))?;
    named(&id, Noun::Mute)
}

/// The conversation of this id; what is no id is not found as a `missing`.
fn named(id: &str, missing: Noun) -> Result<MuteRef, Failure> {
    match NamedConversation::parse(id) {
        Some(NamedConversation::Direct(id) | NamedConversation::Group(id)) => Ok(MuteRef::Conversation(id)),
        None => Err(Error::NotFound(missing).into()),
    }
}
