//! What registrations have in common: every attempt counts, and names are short.

use axum::{
    Json,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde::Serialize;
use tertulia_core::{Chat, Error, Quota};
use tertulia_edge::{ClientAddress, insert_quota};
use tertulia_model::Name;

use crate::{Failure, body::Field};

/// Shortest and longest name that may be registered, in characters.
// wire: chatr.md#2-endpoints, rooms.md#3-rules
const NAME_CHARS: std::ops::RangeInclusive<usize> = 2..=32;

/// Counts an attempt to register, before anything else of it is judged: a body that could not be read counts as well
/// (`name` is nothing then).
///
/// # Errors
///
/// [`Error::Throttled`].
pub fn admit(chat: &Chat, client: ClientAddress, name: Option<&Field<'_>>) -> Result<Option<Quota>, Error> {
    let name = match name {
        Some(Field::Text(name)) => name,
        Some(Field::Absent | Field::Other) | None => "",
    };
    chat.admit_registration(client.key(), Some(name))
}

/// The name that an agent asks for.
///
/// # Errors
///
/// 400 `INVALID_NAME`.
pub fn parse_name(field: &Field<'_>) -> Result<Name, Failure> {
    let bad_name = |problem: &str| Failure::bad_field("INVALID_NAME", "name", problem);
    let name = Name::parse(field.require(bad_name)?)?;
    if NAME_CHARS.contains(&name.as_str().len()) { Ok(name) } else { Err(bad_name("must have 2 to 32 characters")) }
}

/// What is answered to who has registered, with what its address has left.
pub fn answer(body: impl Serialize, quota: Option<&Quota>) -> Response {
    let mut response = (StatusCode::CREATED, Json(body)).into_response();
    if let Some(quota) = quota {
        insert_quota(response.headers_mut(), quota);
    }
    response
}
