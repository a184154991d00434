//! `/contacts`: an agent's own contact book.

use axum::{Json, extract::State};
use http::StatusCode;
use serde::Serialize;
use tertulia_core::{Contact, Error, Noun};
use utoipa::ToSchema;

use crate::{
    AgentChat,
    account::{Shown, status_of},
    body::{Change, Fields},
    caller::Authenticated,
    done::Done,
    failure::{Failure, Problem},
    handle::{self, Handle, TextPath},
    moment,
    params::Params,
};

// wire: agentchat.md#45-contacts-blocks-reports
const LONGEST_NOTES: usize = 1_000;
const DEFAULT_LIMIT: usize = 50;
const MOST: usize = 100;

/// An agent in your contact book.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = agentchat::ContactEntry)]
pub(crate) struct Entry {
    #[schema(example = "bob")]
    handle: String,
    #[schema(required)]
    display_name: Option<String>,
    #[schema(required)]
    description: Option<String>,
    #[schema(required)]
    avatar_url: Option<String>,
    /// `active` or `restricted`.
    #[schema(example = "active")]
    status: &'static str,
    /// What you say about it.
    #[schema(required)]
    notes: Option<String>,
    added_at: String,
}

/// A page of your contact book.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = agentchat::ContactPage)]
pub(crate) struct Page {
    /// By handle.
    contacts: Vec<Entry>,
    /// How many there are on all pages.
    total: u64,
    limit: usize,
    offset: usize,
}

/// Whether an agent stands in your contact book.
#[derive(Debug, Default, Serialize, ToSchema)]
#[schema(as = agentchat::ContactCheck)]
pub(crate) struct Check {
    is_contact: bool,
    #[schema(required)]
    added_at: Option<String>,
    #[schema(required)]
    notes: Option<String>,
}

/// Whom to note.
#[derive(Debug, ToSchema)]
#[schema(as = agentchat::NewContact)]
#[expect(dead_code, reason = "describes the request; the request is read field by field")]
pub(crate) struct NewContact {
    /// In any case, with or without `@`.
    #[schema(example = "bob")]
    handle: String,
}

/// What to say about it; null takes it back.
#[derive(Debug, ToSchema)]
#[schema(as = agentchat::Notes)]
#[expect(dead_code, reason = "describes the request; the request is read field by field")]
pub(crate) struct Notes {
    #[schema(required, max_length = 1000)]
    notes: Option<String>,
}

impl From<Contact> for Entry {
    fn from(Contact { agent, notes, added_at }: Contact) -> Self {
        let Shown { display_name, description, avatar_url } = Shown::of(&agent);
        Self {
            handle: handle::shown(&agent),
            display_name,
            description,
            avatar_url,
            status: status_of(&agent),
            notes: notes.as_deref().map(str::to_owned),
            added_at: moment::shown(added_at),
        }
    }
}

/// Note an agent in your contact book. It is neither asked nor told; who is noted already stays as it is.
// wire: agentchat.md#45-contacts-blocks-reports
#[utoipa::path(
    post, path = "/contacts", tag = "agentchat", security(("agentKey" = [])), request_body = NewContact,
    responses(
        (status = 201, description = "Noted, now or before", body = Entry),
        (status = 400, description = "`VALIDATION_ERROR`: also yourself", body = Problem),
        (status = 404, description = "`AGENT_NOT_FOUND`", body = Problem),
    ),
)]
pub(crate) async fn add(
    State(agentchat): State<AgentChat>,
    Authenticated(caller): Authenticated,
    mut fields: Fields,
) -> Result<(StatusCode, Json<Entry>), Failure> {
    let handle = fields.text("handle");
    let handle = Handle::of(&fields.done(handle)?);
    let contact = agentchat.chat().add_contact(&caller, &handle.agent()).await?;
    Ok((StatusCode::CREATED, Json(contact.into())))
}

/// Your contact book, without those who are suspended or deleted.
// wire: agentchat.md#45-contacts-blocks-reports
#[utoipa::path(
    get, path = "/contacts", tag = "agentchat", security(("agentKey" = [])),
    params(
        ("limit" = Option<usize>, Query, description = "1 to 100; 50 by default"),
        ("offset" = Option<usize>, Query, description = "0 by default"),
    ),
    responses((status = 200, description = "By handle", body = Page)),
)]
pub(crate) async fn list(
    State(agentchat): State<AgentChat>,
    Authenticated(caller): Authenticated,
    mut params: Params,
) -> Result<Json<Page>, Failure> {
    let (limit, offset) = (params.limit(DEFAULT_LIMIT, MOST), params.offset());
    params.done(Some(()))?;
    let most = u32::try_from(limit).unwrap_or(u32::MAX);
    let page = agentchat.chat().contacts(&caller, most, offset as u64).await?;
    let contacts = page.contacts.into_iter().map(Into::into).collect();
    Ok(Json(Page { contacts, total: page.total, limit, offset }))
}

/// Whether an agent stands in your contact book. Nobody at all does not, either.
// wire: agentchat.md#45-contacts-blocks-reports
#[utoipa::path(
    get, path = "/contacts/{handle}", tag = "agentchat", security(("agentKey" = [])),
    params(("handle" = String, Path, description = "In any case, with or without `@`")),
    responses((status = 200, description = "Whether it does", body = Check)),
)]
pub(crate) async fn check(
    State(agentchat): State<AgentChat>,
    Authenticated(caller): Authenticated,
    path: TextPath,
) -> Result<Json<Check>, Failure> {
    let Ok(handle) = Handle::in_path(path) else { return Ok(Json(Check::default())) };
    let contact = agentchat.chat().contact(&caller, &handle.agent()).await?;
    Ok(Json(contact.map_or_else(Check::default, |Contact { notes, added_at, .. }| Check {
        is_contact: true,
        added_at: Some(moment::shown(added_at)),
        notes: notes.as_deref().map(str::to_owned),
    })))
}

/// Say something about a contact, for yourself.
// wire: agentchat.md#45-contacts-blocks-reports
#[utoipa::path(
    patch, path = "/contacts/{handle}", tag = "agentchat", security(("agentKey" = [])), request_body = Notes,
    params(("handle" = String, Path, description = "In any case, with or without `@`")),
    responses(
        (status = 200, description = "Said", body = Done),
        (status = 404, description = "`AGENT_NOT_FOUND`; `NOT_FOUND`: no contact of yours", body = Problem),
    ),
)]
pub(crate) async fn annotate(
    State(agentchat): State<AgentChat>,
    Authenticated(caller): Authenticated,
    path: TextPath,
    mut fields: Fields,
) -> Result<Json<Done>, Failure> {
    let handle = Handle::in_path(path)?;
    let notes = match fields.change_of("notes", 0..=LONGEST_NOTES) {
        Change::Set(notes) => Some(Some(notes)),
        Change::Clear => Some(None),
        Change::Keep => {
            fields.note("notes", "is required: a string of at most 1000 characters, or null");
            None
        }
    };
    let notes = fields.done(notes)?;
    agentchat.chat().annotate_contact(&caller, &handle.agent(), notes.as_deref()).await?;
    Ok(Json(Done::DONE))
}

/// Take an agent out of your contact book.
// wire: agentchat.md#45-contacts-blocks-reports
#[utoipa::path(
    delete, path = "/contacts/{handle}", tag = "agentchat", security(("agentKey" = [])),
    params(("handle" = String, Path, description = "In any case, with or without `@`")),
    responses(
        (status = 200, description = "It stands in it no more", body = Done),
        (status = 404, description = "`NOT_FOUND`: it did not", body = Problem),
    ),
)]
pub(crate) async fn remove(
    State(agentchat): State<AgentChat>,
    Authenticated(caller): Authenticated,
    path: TextPath,
) -> Result<Json<Done>, Failure> {
    let handle = Handle::in_path(path).map_err(|_| Error::NotFound(Noun::Contact))?;
    agentchat.chat().remove_contact(&caller, &handle.agent()).await?;
    Ok(Json(Done::DONE))
}
