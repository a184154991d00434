//! Reading query parameters so that every mistake in them can be named.

use axum::extract::{Query, rejection::QueryRejection};
use tertulia_core::{Bookmark, PageFrom};

use crate::Failure;

/// Entries that may be skipped at the most.
const FARTHEST_OFFSET: usize = 1_000_000;

/// The query, if it can be read at all.
///
/// # Errors
///
/// 400 `INVALID_QUERY`.
pub fn read<T>(query: Result<Query<T>, QueryRejection>) -> Result<T, Failure> {
    let Query(query) = query.map_err(|_| Failure::bad_request("INVALID_QUERY", "The query cannot be read."))?;
    Ok(query)
}

/// `limit`: a whole number from 1 to `most`.
///
/// # Errors
///
/// 400 `INVALID_LIMIT`.
pub fn parse_limit(text: Option<&str>, default: usize, most: usize) -> Result<usize, Failure> {
    let Some(text) = text else { return Ok(default) };
    let limit = text.parse().ok().filter(|limit| (1..=most).contains(limit));
    limit.ok_or_else(|| {
        Failure::bad_field("INVALID_LIMIT", "limit", &format!("must be a whole number from 1 to {most}"))
    })
}

/// `offset`: how many to skip.
///
/// # Errors
///
/// 400 `INVALID_OFFSET`.
pub fn parse_offset(text: Option<&str>) -> Result<usize, Failure> {
    let Some(text) = text else { return Ok(0) };
    let offset = text.parse().ok().filter(|offset| *offset <= FARTHEST_OFFSET);
    offset.ok_or_else(|| Failure::bad_field("INVALID_OFFSET", "offset", "must be a whole number from 0 to 1000000"))
}

/// The message that a parameter or field names.
///
/// # Errors
///
/// 400 `INVALID_CURSOR`.
pub fn parse_cursor(field: &'static str, text: &str) -> Result<Bookmark, Failure> {
    text.parse().map_err(|problem| Failure::bad_field("INVALID_CURSOR", field, &format!("is {problem}")))
}

/// Where a page of messages begins: after a message, before one, or at the newest. `after_name` is what the surface
/// calls the first of the two.
///
/// # Errors
///
/// 400 `INVALID_CURSOR`, also when both are sent.
pub fn parse_page_from(
    after_name: &'static str,
    after: Option<&str>,
    before: Option<&str>,
) -> Result<PageFrom, Failure> {
    match (after, before) {
        (None, None) => Ok(PageFrom::Newest),
        (Some(after), None) => Ok(PageFrom::After(parse_cursor(after_name, after)?)),
        (None, Some(before)) => Ok(PageFrom::Before(parse_cursor("before", before)?)),
        (Some(_), Some(_)) => {
            let problem = "and `before` cannot be combined; send one";
            Err(Failure::bad_field("INVALID_CURSOR", after_name, problem))
        }
    }
}
