//! What the hub answered.

use std::fmt;

use serde_json::Value;

use crate::redact::redacted;

/// An answer, whole. Its `Display` is `201 {"success":true,…}`, for snapshots.
#[derive(Clone, Debug)]
pub struct Reply {
    /// The status.
    pub status: u16,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Reply {
    pub(crate) fn new(status: u16, headers: Vec<(String, String)>, body: Vec<u8>) -> Self {
        Self { status, headers, body }
    }

    /// The first header of this name.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// All headers of this name, in order.
    #[must_use]
    pub fn headers(&self, name: &str) -> Vec<&str> {
        let same = self.headers.iter().filter(|(known, _)| known.eq_ignore_ascii_case(name));
        same.map(|(_, value)| value.as_str()).collect()
    }

    /// Every header, in the order in which they came; names in lower case.
    #[must_use]
    pub fn every_header(&self) -> &[(String, String)] {
        &self.headers
    }

    /// A header that is a whole number.
    ///
    /// # Panics
    ///
    /// If it is missing, or something else.
    #[track_caller]
    #[must_use]
    pub fn number_in(&self, name: &str) -> i64 {
        match self.header(name).and_then(|value| value.parse().ok()) {
            Some(number) => number,
            None => panic!("no number in {name}: {:?}, {self}", self.header(name)),
        }
    }

    /// As its `Display`, with what differs from run to run checked and hidden, see [`redacted`].
    #[must_use]
    pub fn redacted(&self) -> String {
        redacted(&self.to_string())
    }

    /// The body as text.
    ///
    /// # Panics
    ///
    /// If it is not UTF-8.
    #[must_use]
    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.body).expect("a body in UTF-8")
    }

    /// The body as JSON.
    ///
    /// # Panics
    ///
    /// If it is not.
    #[must_use]
    pub fn json(&self) -> Value {
        match serde_json::from_slice(&self.body) {
            Ok(value) => value,
            Err(error) => panic!("{error}: {self}"),
        }
    }

    /// A string in the body, by JSON pointer.
    ///
    /// # Panics
    ///
    /// If there is none.
    #[track_caller]
    #[must_use]
    pub fn str_at(&self, pointer: &str) -> String {
        match self.json().pointer(pointer) {
            Some(Value::String(text)) => text.clone(),
            other => panic!("no string at {pointer} but {other:?}: {self}"),
        }
    }

    /// The code of an error.
    ///
    /// # Panics
    ///
    /// If the body is no error.
    #[track_caller]
    #[must_use]
    pub fn code(&self) -> String {
        self.str_at("/code")
    }

    /// The contents of the messages in the body, in order.
    ///
    /// # Panics
    ///
    /// If the body holds no messages.
    #[track_caller]
    #[must_use]
    pub fn contents(&self) -> Vec<String> {
        let json = self.json();
        let Some(messages) = json["messages"].as_array() else { panic!("no messages: {self}") };
        messages.iter().map(|message| message["content"].as_str().unwrap_or_default().to_owned()).collect()
    }

    /// The same answer, after checking that it has this status.
    ///
    /// # Panics
    ///
    /// If it has another one.
    #[track_caller]
    #[must_use]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{self}");
        self
    }
}

impl fmt::Display for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.status, String::from_utf8_lossy(&self.body))
    }
}
