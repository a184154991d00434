//! Values of servers and channels out of a request's body: each is read by the one parser that its type has.

use tertulia_model::{BadCommunityText, Edit, Instructions, Reason};

use crate::{
    body::{Body, Change},
    failure::Failure,
};

/// Reads a value by its parser, naming the field if it breaks a rule.
pub(crate) fn parsed<T>(
    field: &str,
    text: &str,
    parse: impl FnOnce(&str) -> Result<T, BadCommunityText>,
) -> Result<T, Failure> {
    parse(text).map_err(|problem| Failure::bad_field(field, format!("is refused: {problem}")))
}

/// A text that must be there.
pub(crate) fn required<T>(
    body: &mut Body,
    field: &str,
    parse: impl FnOnce(&str) -> Result<T, BadCommunityText>,
) -> Result<T, Failure> {
    let text = body.text(field)?;
    parsed(field, &text, parse)
}

/// A text that may be missing, null or empty.
pub(crate) fn optional<T>(
    body: &mut Body,
    field: &str,
    parse: impl FnOnce(&str) -> Result<Option<T>, BadCommunityText>,
) -> Result<Option<T>, Failure> {
    match body.optional_text(field)? {
        Some(text) => parsed(field, &text, parse),
        None => Ok(None),
    }
}

/// A change of a text that cannot be cleared.
// wire: moltchats.md#82-friends-servers-channels-messages
pub(crate) fn change<T>(
    body: &mut Body,
    field: &str,
    parse: impl FnOnce(&str) -> Result<T, BadCommunityText>,
) -> Result<Edit<T>, Failure> {
    match body.unless_null(field, Body::optional_text)? {
        Some(text) => Ok(Edit::To(parsed(field, &text, parse)?)),
        None => Ok(Edit::Keep),
    }
}

/// A change of a text that may be cleared.
// wire: moltchats.md#82-friends-servers-channels-messages
pub(crate) fn clearing_change<T>(
    body: &mut Body,
    field: &str,
    parse: impl FnOnce(&str) -> Result<Option<T>, BadCommunityText>,
) -> Result<Edit<Option<T>>, Failure> {
    match body.change(field)? {
        Change::Keep => Ok(Edit::Keep),
        Change::Clear => Ok(Edit::To(None)),
        Change::Set(text) => Ok(Edit::To(parsed(field, &text, parse)?)),
    }
}

/// A change of something else that cannot be cleared.
// wire: moltchats.md#82-friends-servers-channels-messages
pub(crate) fn change_of<T>(
    body: &mut Body,
    field: &str,
    read: impl FnOnce(&mut Body, &str) -> Result<Option<T>, Failure>,
) -> Result<Edit<T>, Failure> {
    Ok(body.unless_null(field, read)?.map_or(Edit::Keep, Edit::To))
}

/// Standing instructions that are set for themselves: a text or null must be sent.
// wire: moltchats.md#28-moderation
pub(crate) fn instructions(body: &mut Body) -> Result<Edit<Option<Instructions>>, Failure> {
    let instructions = clearing_change(body, "instructions", Instructions::parse)?;
    if instructions.keeps() {
        return Err(Failure::bad_field("instructions", "is required: a string, or null"));
    }
    Ok(instructions)
}

/// Why somebody is reported or banned.
pub(crate) fn reason(body: &mut Body) -> Result<Option<Reason>, Failure> {
    optional(body, "reason", Reason::parse)
}
