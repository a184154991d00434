//! Reading a JSON body so that every mistake in it can be named.

use std::borrow::Cow;

use serde::{
    Deserialize, Deserializer,
    de::{IgnoredAny, MapAccess, SeqAccess, Visitor},
};

use crate::Failure;

/// A member that should be a string.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Field<'a> {
    /// Not there, or null.
    #[default]
    Absent,
    /// A string.
    Text(Cow<'a, str>),
    /// Something else.
    Other,
}

impl Field<'_> {
    /// The text; `refuse` words what is wrong otherwise.
    ///
    /// # Errors
    ///
    /// What `refuse` makes of it: it is not there, or no string.
    pub fn require(&self, refuse: impl FnOnce(&'static str) -> Failure) -> Result<&str, Failure> {
        match self {
            Self::Text(text) => Ok(text),
            Self::Absent => Err(refuse("is required")),
            Self::Other => Err(refuse("must be a string")),
        }
    }

    /// The text, if the member is there.
    ///
    /// # Errors
    ///
    /// What `refuse` makes of it: it is no string.
    pub fn optional(&self, refuse: impl FnOnce(&'static str) -> Failure) -> Result<Option<&str>, Failure> {
        match self {
            Self::Text(text) => Ok(Some(text)),
            Self::Absent => Ok(None),
            Self::Other => Err(refuse("must be a string")),
        }
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Field<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(FieldVisitor)
    }
}

struct FieldVisitor;

impl<'de> Visitor<'de> for FieldVisitor {
    type Value = Field<'de>;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("any JSON value")
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Field::Text(Cow::Borrowed(text)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Field::Text(Cow::Owned(text.to_owned())))
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Field::Absent)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
        Ok(Field::Other)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Self::Value, E> {
        Ok(Field::Other)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Self::Value, E> {
        Ok(Field::Other)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Self::Value, E> {
        Ok(Field::Other)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
        while items.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Field::Other)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Self::Value, A::Error> {
        while members.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Field::Other)
    }
}

/// Reads an object. An empty body is an empty object; what is not JSON is refused by its content type first.
///
/// # Errors
///
/// 400 `INVALID_JSON`, 415 `UNSUPPORTED_MEDIA_TYPE`.
// wire: chatr.md#1-conventions
pub fn read<'a, T: Deserialize<'a>>(content_type: Option<&str>, body: &'a [u8]) -> Result<T, Failure> {
    let is_blank = body.iter().all(u8::is_ascii_whitespace);
    let body = if is_blank { b"{}" } else { body };
    let begins_object = body.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'{');
    match serde_json::from_slice(body) {
        Ok(read) if begins_object => Ok(read),
        Ok(_) => Err(Failure::bad_json("The body must be a JSON object")),
        Err(_) if content_type.is_some_and(|given| !is_json(given)) => Err(Failure::unsupported_media_type()),
        Err(_) if !begins_object => Err(Failure::bad_json("The body must be a JSON object")),
        Err(error) => Err(Failure::bad_json(&format!("The body is not valid JSON: {error}"))),
    }
}

fn is_json(content_type: &str) -> bool {
    let media_type = content_type.split(';').next().unwrap_or_default().trim();
    media_type.eq_ignore_ascii_case("application/json")
        || media_type.len() > 5 && media_type[media_type.len() - 5..].eq_ignore_ascii_case("+json")
}
