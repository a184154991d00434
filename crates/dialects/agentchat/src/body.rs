//! Reading a JSON body so that every mistake in it is named at once.
//!
//! A body is JSON, whatever its content type; an empty one is an empty object. Members are taken out by name; those that
//! nobody asks for are ignored. Null is the same as nothing, unless a [`Change`] is asked for. What is wrong is noted,
//! and told by [`Fields::done`].

use std::ops::RangeInclusive;

use axum::{
    extract::{FromRequest, Request},
    response::{IntoResponse, Response},
};
use serde_json::{Map, Value};
use tertulia_edge::{Refusal, WholeBody};

use crate::{failure::Failure, problems::Problems, values::length_problem};

/// What of a refused body is read and thrown away, so that its sender hears why and does not send it again.
pub(crate) const MOST_DISCARDED: u64 = 64 << 20;

/// The members of a request's body, and what is wrong with them.
#[derive(Debug, Default)]
pub(crate) struct Fields {
    members: Map<String, Value>,
    problems: Problems,
}

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

impl IntoResponse for Unreadable {
    fn into_response(self) -> Response {
        match self {
            Self::Refused(refusal) => refusal.into_response(),
            Self::Failed(failure) => failure.into_response(),
        }
    }
}

impl<E: Into<Failure>> From<E> for Unreadable {
    fn from(failure: E) -> Self {
        Self::Failed(failure.into())
    }
}

impl<S: Sync> FromRequest<S> for Fields {
    type Rejection = Unreadable;

    async fn from_request(request: Request, state: &S) -> Result<Self, Unreadable> {
        let WholeBody(bytes) = WholeBody::from_request(request, state).await.map_err(Unreadable::Refused)?;
        Self::read(&bytes).map_err(Unreadable::Failed)
    }
}

impl Fields {
    /// Reads a body.
    // wire: agentchat.md#14-request-headers, agentchat.md#16-error-envelope
    pub(crate) fn read(bytes: &[u8]) -> Result<Self, Failure> {
        if bytes.iter().all(u8::is_ascii_whitespace) {
            return Ok(Self::default());
        }
        match serde_json::from_slice(bytes) {
            Ok(Value::Object(members)) => Ok(Self { members, problems: Problems::default() }),
            Ok(_) => Err(Failure::bad_form("The body must be a JSON object.")),
            Err(_) => Err(Failure::bad_form("Invalid JSON body")),
        }
    }

    /// The members of an object that has come otherwise; whatever else it is has none.
    pub(crate) fn of(value: Value) -> Self {
        let members = if let Value::Object(members) = value { members } else { Map::new() };
        Self { members, problems: Problems::default() }
    }

    /// What a member says, before it is read: for what comes before anything is refused.
    pub(crate) fn peek(&self, field: &str) -> Option<&str> {
        self.members.get(field).and_then(Value::as_str)
    }

    /// A string that must be there.
    pub(crate) fn text(&mut self, field: &str) -> Option<String> {
        let is_missing = matches!(self.members.get(field), None | Some(Value::Null));
        if is_missing {
            self.note(field, "is required");
        }
        self.optional_text(field)
    }

    /// A string.
    pub(crate) fn optional_text(&mut self, field: &str) -> Option<String> {
        self.take(field, "must be a string", string)
    }

    /// A string of so many characters that must be there.
    pub(crate) fn text_of(&mut self, field: &str, chars: RangeInclusive<usize>) -> Option<String> {
        let text = self.text(field);
        self.checked(field, text, chars)
    }

    /// A string of so many characters.
    pub(crate) fn optional_text_of(&mut self, field: &str, chars: RangeInclusive<usize>) -> Option<String> {
        let text = self.optional_text(field);
        self.checked(field, text, chars)
    }

    /// A list of strings.
    pub(crate) fn optional_texts(&mut self, field: &str) -> Option<Vec<String>> {
        self.take(field, "must be an array of strings", |value| {
            let Value::Array(items) = value else { return None };
            items.into_iter().map(string).collect()
        })
    }

    /// A whole number that is not negative. `2.0` is one.
    pub(crate) fn optional_number(&mut self, field: &str) -> Option<u64> {
        self.take(field, "must be a whole number", |value| whole(&value))
    }

    /// An object, as it is.
    pub(crate) fn optional_object(&mut self, field: &str) -> Option<Map<String, Value>> {
        self.take(
            field,
            "must be an object",
            |value| if let Value::Object(members) = value { Some(members) } else { None },
        )
    }

    /// Whatever it is.
    pub(crate) fn any(&mut self, field: &str) -> Option<Value> {
        self.members.remove(field).filter(|value| !value.is_null())
    }

    /// A change of a string of so many characters that may be cleared.
    pub(crate) fn change_of(&mut self, field: &str, chars: RangeInclusive<usize>) -> Change<String> {
        match self.members.get(field) {
            None => Change::Keep,
            Some(Value::Null) => Change::Clear,
            Some(_) => self.optional_text_of(field, chars).map_or(Change::Keep, Change::Set),
        }
    }

    /// What `read` makes of a value that is there; its refusal is noted, and goes on where the field's name ends.
    pub(crate) fn parsed<T, E: ToString>(
        &mut self,
        field: &str,
        value: Option<String>,
        read: impl FnOnce(&str) -> Result<T, E>,
    ) -> Option<T> {
        match read(&value?) {
            Ok(value) => Some(value),
            Err(problem) => {
                self.note(field, problem.to_string());
                None
            }
        }
    }

    /// Notes what is wrong with a field; `problem` goes on where the field's name ends.
    pub(crate) fn note(&mut self, field: &str, problem: impl Into<String>) {
        self.problems.note(field, problem);
    }

    /// Notes what is wrong with the body as a whole; `problem` is a sentence.
    pub(crate) fn note_form(&mut self, problem: impl Into<String>) {
        self.problems.note_form(problem);
    }

    /// Everything that was wanted, if nothing is wrong. Values that must be there are joined with [`Option::zip`]; where
    /// there are none, it is `Some(())`.
    pub(crate) fn done<T>(self, wanted: Option<T>) -> Result<T, Failure> {
        self.problems.resolve(wanted)
    }

    fn checked(&mut self, field: &str, text: Option<String>, chars: RangeInclusive<usize>) -> Option<String> {
        match length_problem(text.as_deref()?, &chars) {
            None => text,
            Some(problem) => {
                self.note(field, problem);
                None
            }
        }
    }

    fn take<T>(&mut self, field: &str, problem: &str, read: impl FnOnce(Value) -> Option<T>) -> Option<T> {
        let value = self.any(field)?;
        let value = read(value);
        if value.is_none() {
            self.note(field, problem);
        }
        value
    }
}

fn string(value: Value) -> Option<String> {
    if let Value::String(text) = value { Some(text) } else { None }
}

fn whole(value: &Value) -> Option<u64> {
    let exact = || value.as_f64().filter(|number| number.fract() == 0.0 && (0.0..1e15).contains(number));
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is whole, small and not negative")]
    value.as_u64().or_else(|| exact().map(|number| number as u64))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Fields {
        Fields::read(text.as_bytes()).unwrap()
    }

    #[test]
    fn an_empty_body_is_an_empty_object_and_everything_else_must_be_one() {
        for empty in ["", " \r\n", "{}"] {
            read(empty).done(Some(())).unwrap();
        }
        for bad in ["[]", "1", "\"{}\"", "{", "{\"a\":\"\\ud800\"}", "nonsense", "{} {}"] {
            Fields::read(bad.as_bytes()).unwrap_err();
        }
        Fields::read(b"\xff\xfe").unwrap_err();
    }

    #[test]
    fn members_are_read_by_kind_and_others_are_ignored() {
        let mut fields = read(
            r#"{"text":"a","texts":["a"],"number":2.0,"object":{"a":1},"any":[1],"null":null,"day":"mon","other":{}}"#,
        );
        assert_eq!(fields.text_of("text", 1..=1).unwrap(), "a");
        assert_eq!(fields.optional_texts("texts").unwrap(), ["a"]);
        assert_eq!(fields.optional_number("number"), Some(2));
        assert_eq!(fields.optional_object("object").unwrap()["a"], 1);
        assert_eq!(fields.any("any").unwrap()[0], 1);
        assert_eq!(fields.optional_text_of("null", 1..=5), None);
        let day = fields.optional_text("day");
        assert_eq!(fields.parsed("day", day, |day| if day == "mon" { Ok(1) } else { Err("is no day") }), Some(1));
        fields.done(Some(())).unwrap();
    }

    #[test]
    fn everything_that_is_wrong_is_told_at_once() {
        let mut fields = read(r#"{"long":"abc","number":"x","negative":-1,"list":[1],"day":"x"}"#);
        assert_eq!(fields.text("missing"), None);
        assert_eq!(fields.optional_text_of("long", 0..=2), None);
        assert_eq!(fields.optional_number("number"), None);
        assert_eq!(fields.optional_number("negative"), None);
        assert_eq!(fields.optional_texts("list"), None);
        let day = fields.optional_text("day");
        assert_eq!(fields.parsed::<(), _>("day", day, |_| Err("is no day")), None);
        fields.note_form("And it is late.");
        let told = format!("{:?}", fields.done(Some(())).unwrap_err());
        for field in ["missing", "long", "number", "negative", "list", "day", "late"] {
            assert!(told.contains(field), "{field}: {told}");
        }
    }

    #[test]
    fn what_is_absent_stays_and_what_is_null_is_cleared() {
        let mut fields = read(r#"{"gone":null,"new":"x"}"#);
        assert_eq!(fields.change_of("absent", 0..=5), Change::Keep);
        assert_eq!(fields.change_of("gone", 0..=5), Change::Clear);
        assert_eq!(fields.change_of("new", 0..=5), Change::Set("x".to_owned()));
        fields.done(None::<()>).unwrap_err();
    }
}
