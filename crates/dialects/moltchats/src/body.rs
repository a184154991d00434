//! Reading a JSON body so that every mistake in it can be named.
//!
//! Any body that is not empty is JSON, whatever its content type; an empty one is an empty object. Members are taken
//! out by name; those that nobody asks for are ignored.

use axum::{
    extract::{FromRequest, Request},
    response::{IntoResponse, Response},
};
use serde_json::{Map, Value};
use tertulia_edge::{Refusal, WholeBody};

use crate::{Code, failure::Failure};

/// The members of a request's body.
#[derive(Debug, Default)]
pub(crate) struct Body(Map<String, Value>);

/// What a change says about a member that may be cleared.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Change<T> {
    /// It is not there: nothing changes.
    Keep,
    /// It is null.
    Clear,
    /// It is this.
    Set(T),
}

/// Why there is no body: edge refuses it, or we do.
#[derive(Debug)]
pub(crate) enum Unreadable {
    Refused(Refusal),
    Failed(Failure),
}

impl From<Failure> for Unreadable {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

impl IntoResponse for Unreadable {
    fn into_response(self) -> Response {
        match self {
            Self::Refused(refusal) => refusal.into_response(),
            Self::Failed(failure) => failure.into_response(),
        }
    }
}

impl<S: Sync> FromRequest<S> for Body {
    type Rejection = Unreadable;

    async fn from_request(request: Request, state: &S) -> Result<Self, Unreadable> {
        let WholeBody(bytes) = WholeBody::from_request(request, state).await.map_err(Unreadable::Refused)?;
        Ok(Self::read(&bytes)?)
    }
}

impl Body {
    /// Reads a body.
    // wire: moltchats.md#12-http-and-json-conventions
    pub(crate) fn read(bytes: &[u8]) -> Result<Self, Failure> {
        if bytes.iter().all(u8::is_ascii_whitespace) {
            return Ok(Self::default());
        }
        match serde_json::from_slice(bytes) {
            Ok(Value::Object(members)) => Ok(Self(members)),
            Ok(_) => Err(Failure::new(Code::ValidationError, "The body must be a JSON object.")),
            Err(error) => Err(Failure::new(Code::ValidationError, format!("The body is not valid JSON: {error}."))),
        }
    }

    /// Whether the member is there, null included.
    pub(crate) fn has(&self, field: &str) -> bool {
        self.0.contains_key(field)
    }

    /// A string that must be there.
    pub(crate) fn text(&mut self, field: &str) -> Result<String, Failure> {
        self.optional_text(field)?.ok_or_else(|| Failure::bad_field(field, "is required"))
    }

    /// A string; null is the same as nothing.
    pub(crate) fn optional_text(&mut self, field: &str) -> Result<Option<String>, Failure> {
        self.take(field, "must be a string", string)
    }

    /// A list of strings; null is the same as nothing.
    pub(crate) fn optional_texts(&mut self, field: &str) -> Result<Option<Vec<String>>, Failure> {
        self.take(field, "must be an array of strings", |value| {
            let Value::Array(items) = value else { return None };
            items.into_iter().map(string).collect()
        })
    }

    /// A truth value; null is the same as nothing.
    pub(crate) fn optional_flag(&mut self, field: &str) -> Result<Option<bool>, Failure> {
        self.take(field, "must be true or false", |value| value.as_bool())
    }

    /// A whole number; null is the same as nothing. `2.0` is one.
    pub(crate) fn optional_number(&mut self, field: &str) -> Result<Option<i64>, Failure> {
        self.take(field, "must be a whole number", |value| whole(&value))
    }

    /// Of a member that cannot be cleared: `read` takes it out, and null is refused.
    // wire: moltchats.md#82-friends-servers-channels-messages
    pub(crate) fn unless_null<T>(
        &mut self,
        field: &str,
        read: impl FnOnce(&mut Self, &str) -> Result<Option<T>, Failure>,
    ) -> Result<Option<T>, Failure> {
        match self.0.get(field) {
            Some(Value::Null) => Err(Failure::bad_field(field, "cannot be null")),
            Some(_) | None => read(self, field),
        }
    }

    /// A change of a string that may be cleared.
    pub(crate) fn change(&mut self, field: &str) -> Result<Change<String>, Failure> {
        if !self.has(field) {
            return Ok(Change::Keep);
        }
        Ok(self.optional_text(field)?.map_or(Change::Clear, Change::Set))
    }

    fn take<T>(
        &mut self,
        field: &str,
        problem: &str,
        read: impl FnOnce(Value) -> Option<T>,
    ) -> Result<Option<T>, Failure> {
        match self.0.remove(field) {
            None | Some(Value::Null) => Ok(None),
            Some(value) => read(value).map(Some).ok_or_else(|| Failure::bad_field(field, problem)),
        }
    }
}

fn string(value: Value) -> Option<String> {
    if let Value::String(text) = value { Some(text) } else { None }
}

fn whole(value: &Value) -> Option<i64> {
    let exact = || value.as_f64().filter(|number| number.fract() == 0.0 && number.abs() < 1e15);
    #[expect(clippy::cast_possible_truncation, reason = "it is whole and small")]
    value.as_i64().or_else(|| exact().map(|number| number as i64))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Body {
        Body::read(text.as_bytes()).unwrap()
    }

    #[test]
    fn an_empty_body_is_an_empty_object_and_everything_else_must_be_one() {
        for empty in ["", " \r\n", "{}"] {
            assert!(read(empty).0.is_empty());
        }
        for bad in ["[]", "1", "\"{}\"", "{", "{\"a\":\"\\ud800\"}", "nonsense", "{} {}"] {
            Body::read(bad.as_bytes()).unwrap_err();
        }
        Body::read(b"\xff\xfe").unwrap_err();
    }

    #[test]
    fn members_are_read_by_kind() {
        let mut body = read(r#"{"text":"a","texts":["a","b"],"flag":true,"number":2.0,"mixed":["a",1],"huge":1e300}"#);
        assert_eq!(body.text("text").unwrap(), "a");
        assert_eq!(body.optional_texts("texts").unwrap().unwrap(), ["a", "b"]);
        assert_eq!(body.optional_flag("flag").unwrap(), Some(true));
        assert_eq!(body.optional_number("number").unwrap(), Some(2));
        body.optional_texts("mixed").unwrap_err();
        body.optional_number("huge").unwrap_err();
        body.text("absent").unwrap_err();
        assert_eq!(body.optional_text("absent").unwrap(), None);
    }

    #[test]
    fn what_is_absent_stays_and_what_is_null_is_cleared() {
        let mut body = read(r#"{"gone":null,"new":"x","number":null}"#);
        assert_eq!(body.change("absent").unwrap(), Change::Keep);
        assert_eq!(body.change("gone").unwrap(), Change::Clear);
        assert_eq!(body.change("new").unwrap(), Change::Set("x".to_owned()));
        body.unless_null("number", Body::optional_number).unwrap_err();
        assert_eq!(body.unless_null("absent", Body::optional_number).unwrap(), None);
    }
}
