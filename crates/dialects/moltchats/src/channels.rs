//! `/servers/{id}/channels` and `/channels/{id}`: the channels of servers.

use axum::{Json, extract::State};
use http::StatusCode;
use serde::{Serialize, Serializer};
use tertulia_core::{ChannelChanges, ChannelPlan, ChannelView};
use tertulia_model::{ChannelCategory, ChannelKind, ChannelName, ChannelTopic, Instructions};
use utoipa::ToSchema;

use crate::{
    MoltChats,
    body::Body,
    caller::SignedIn,
    failure::{Failure, Problem},
    path::{IdPath, channel_id, server_id},
    reactions::Succeeded,
    rows::ChannelRow,
    servers::InstructionsBody,
    values::{change, change_of, clearing_change, instructions, optional, required},
    wire::Done,
};

/// Under which heading channels stand that have no category.
// wire: moltchats.md#26-channels
const UNCATEGORIZED: &str = "uncategorized";

/// The channels of a server, by category.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = moltchats::Channels)]
pub(crate) struct Channels {
    /// Categories in the order in which their first channel stands; `uncategorized` is that of channels without one.
    #[schema(value_type = std::collections::BTreeMap<String, Vec<ChannelRow>>)]
    #[serde(serialize_with = "in_order")]
    channels: Vec<(String, Vec<ChannelRow>)>,
}

/// A channel as it was created or changed.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = moltchats::OneChannel)]
pub(crate) struct OneChannel {
    channel: ChannelRow,
}

/// A channel to be created; to change one, any of these, where null clears what may be missing.
#[derive(Debug, ToSchema)]
#[schema(as = moltchats::ChannelBody)]
#[expect(dead_code, reason = "describes the request; the request is read field by field")]
pub(crate) struct ChannelBody {
    /// Needed to create one.
    #[schema(min_length = 1, max_length = 100)]
    name: Option<String>,
    #[schema(max_length = 64)]
    category: Option<String>,
    /// `text` (default) or `announcement`.
    r#type: Option<String>,
    #[schema(max_length = 1024)]
    topic: Option<String>,
    #[schema(max_length = 4000)]
    instructions: Option<String>,
    /// 0 unless said otherwise.
    position: Option<i32>,
}

/// The channels of a server.
#[utoipa::path(
    get, path = "/servers/{id}/channels", tag = "moltchats", security(("token" = [])), params(("id" = String, Path)),
    responses(
        (status = 200, description = "By category", body = Channels),
        (status = 404, description = "`SERVER_NOT_FOUND`", body = Problem),
    ),
)]
pub(crate) async fn list(
    SignedIn(caller): SignedIn,
    State(moltchats): State<MoltChats>,
    id: IdPath,
) -> Result<Json<Channels>, Failure> {
    let channels = moltchats.chat().channels_of(server_id(id)?, Some(&caller)).await?;
    Ok(Json(Channels::of(&channels)))
}

/// Create a channel in a server that you help to run.
#[utoipa::path(
    post, path = "/servers/{id}/channels", tag = "moltchats", security(("token" = [])), params(("id" = String, Path)),
    request_body = ChannelBody,
    responses(
        (status = 201, description = "It is there", body = OneChannel),
        (status = 400, description = "`VALIDATION_ERROR`, `MAX_CHANNELS_REACHED`", body = Problem),
        (status = 403, description = "`NOT_SERVER_ADMIN`", body = Problem),
        (status = 404, description = "`SERVER_NOT_FOUND`", body = Problem),
    ),
)]
pub(crate) async fn create(
    SignedIn(caller): SignedIn,
    State(moltchats): State<MoltChats>,
    id: IdPath,
    mut body: Body,
) -> Result<(StatusCode, Json<OneChannel>), Failure> {
    let plan = planned(&mut body)?;
    let channel = moltchats.chat().create_channel(&caller, server_id(id)?, plan).await?;
    Ok((StatusCode::CREATED, Json(OneChannel { channel: ChannelRow::of(&channel) })))
}

/// Change a channel of a server that you help to run.
#[utoipa::path(
    patch, path = "/channels/{id}", tag = "moltchats", security(("token" = [])), params(("id" = String, Path)),
    request_body = ChannelBody,
    responses(
        (status = 200, description = "As it is now", body = OneChannel),
        (status = 400, description = "`VALIDATION_ERROR`: also for direct messages", body = Problem),
        (status = 403, description = "`NOT_SERVER_ADMIN`", body = Problem),
        (status = 404, description = "`CHANNEL_NOT_FOUND`", body = Problem),
    ),
)]
pub(crate) async fn edit(
    SignedIn(caller): SignedIn,
    State(moltchats): State<MoltChats>,
    id: IdPath,
    mut body: Body,
) -> Result<Json<OneChannel>, Failure> {
    let changes = changes(&mut body)?;
    let channel = moltchats.chat().edit_channel(&caller, channel_id(id)?, changes).await?;
    Ok(Json(OneChannel { channel: ChannelRow::of(&channel) }))
}

/// Delete a channel of a server that you help to run, with all that was said in it.
#[utoipa::path(
    delete, path = "/channels/{id}", tag = "moltchats", security(("token" = [])), params(("id" = String, Path)),
    responses(
        (status = 200, description = "It is gone", body = Done),
        (status = 400, description = "`VALIDATION_ERROR`: direct messages", body = Problem),
        (status = 403, description = "`NOT_SERVER_ADMIN`", body = Problem),
        (status = 404, description = "`CHANNEL_NOT_FOUND`", body = Problem),
    ),
)]
pub(crate) async fn delete(
    SignedIn(caller): SignedIn,
    State(moltchats): State<MoltChats>,
    id: IdPath,
) -> Result<Json<Done>, Failure> {
    moltchats.chat().delete_channel(&caller, channel_id(id)?).await?;
    Ok(Json(Done { ok: true }))
}

/// Set the instructions of a channel of a server that you help to run.
#[utoipa::path(
    put, path = "/channels/{id}/instructions", tag = "moltchats", security(("token" = [])),
    params(("id" = String, Path)), request_body = InstructionsBody,
    responses(
        (status = 200, description = "They are set", body = Succeeded),
        (status = 403, description = "`NOT_SERVER_ADMIN`", body = Problem),
        (status = 404, description = "`CHANNEL_NOT_FOUND`: also for direct messages", body = Problem),
    ),
)]
pub(crate) async fn set_instructions(
    SignedIn(caller): SignedIn,
    State(moltchats): State<MoltChats>,
    id: IdPath,
    mut body: Body,
) -> Result<Json<Succeeded>, Failure> {
    let changes = ChannelChanges { instructions: instructions(&mut body)?, ..ChannelChanges::default() };
    let edited = moltchats.chat().edit_channel(&caller, channel_id(id)?, changes).await;
    edited.map_err(unless_direct)?;
    Ok(Succeeded::YES)
}

/// Direct messages have no instructions: here they are no channel at all.
// wire: moltchats.md#28-moderation
fn unless_direct(error: tertulia_core::Error) -> tertulia_core::Error {
    use tertulia_core::{Barred, Error, Noun};
    if matches!(error, Error::Barred(Barred::Direct)) { Error::NotFound(Noun::Channel) } else { error }
}

impl Channels {
    /// The channels in their order, each under its category.
    // wire: moltchats.md#26-channels
    pub(crate) fn of(channels: &[ChannelView]) -> Self {
        let mut by_category: Vec<(String, Vec<ChannelRow>)> = Vec::new();
        for view in channels {
            let category = view.category.as_deref().unwrap_or(UNCATEGORIZED);
            let row = ChannelRow::of(view);
            match by_category.iter_mut().find(|(known, _)| known == category) {
                Some((_, rows)) => rows.push(row),
                None => by_category.push((category.to_owned(), vec![row])),
            }
        }
        Self { channels: by_category }
    }
}

/// An object whose members keep their order.
fn in_order<S: Serializer>(categories: &[(String, Vec<ChannelRow>)], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map(categories.iter().map(|(category, rows)| (category, rows)))
}

// wire: moltchats.md#16-validation-limits
fn planned(body: &mut Body) -> Result<ChannelPlan, Failure> {
    Ok(ChannelPlan {
        name: required(body, "name", ChannelName::parse)?,
        category: optional(body, "category", ChannelCategory::parse)?,
        kind: read_kind(body, "type")?.unwrap_or_default(),
        topic: optional(body, "topic", ChannelTopic::parse)?,
        instructions: optional(body, "instructions", Instructions::parse)?,
        position: read_position(body, "position")?.unwrap_or(0),
    })
}

// wire: moltchats.md#26-channels
fn changes(body: &mut Body) -> Result<ChannelChanges, Failure> {
    Ok(ChannelChanges {
        name: change(body, "name", ChannelName::parse)?,
        category: clearing_change(body, "category", ChannelCategory::parse)?,
        kind: change_of(body, "type", read_kind)?,
        topic: clearing_change(body, "topic", ChannelTopic::parse)?,
        instructions: clearing_change(body, "instructions", Instructions::parse)?,
        position: change_of(body, "position", read_position)?,
    })
}

fn read_kind(body: &mut Body, field: &str) -> Result<Option<ChannelKind>, Failure> {
    let Some(word) = body.optional_text(field)? else { return Ok(None) };
    let kind = ChannelKind::from_word(&word);
    kind.map(Some).ok_or_else(|| Failure::bad_field(field, "must be `text` or `announcement`"))
}

fn read_position(body: &mut Body, field: &str) -> Result<Option<i32>, Failure> {
    let Some(number) = body.optional_number(field)? else { return Ok(None) };
    let position = i32::try_from(number);
    position.map(Some).map_err(|_| Failure::bad_field(field, "must be a whole number of at most 32 bits"))
}
