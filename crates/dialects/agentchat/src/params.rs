//! Reading a query so that every mistake in it is named at once.
//!
//! Parameters that nobody asks for are ignored; of one that comes twice, the first is read.

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use http::request::Parts;

use crate::{failure::Failure, problems::Problems};

/// The parameters of a request's query, and what is wrong with them.
#[derive(Debug, Default)]
pub(crate) struct Params {
    pairs: Vec<(String, String)>,
    problems: Problems,
}

impl<S: Sync> FromRequestParts<S> for Params {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self::read(parts.uri.query().unwrap_or_default()))
    }
}

impl Params {
    /// Reads a query.
    pub(crate) fn read(query: &str) -> Self {
        let pairs = url::form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        Self { pairs, problems: Problems::default() }
    }

    /// A text.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.pairs.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// A whole number that is not negative.
    pub(crate) fn number(&mut self, name: &str) -> Option<u64> {
        let text = self.text(name)?;
        let number = text.parse().ok();
        if number.is_none() {
            self.note(name, "must be a whole number, 0 or more");
        }
        number
    }

    /// `limit`: how many at the most. What is out of range is brought into it.
    // wire: agentchat.md#18-what-the-sdk-transport-does-design-constraints
    pub(crate) fn limit(&mut self, default: usize, most: usize) -> usize {
        let Some(text) = self.text("limit") else { return default };
        let (is_negative, digits) = text.strip_prefix('-').map_or((false, text), |digits| (true, digits));
        if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            self.note("limit", "must be a whole number");
            return default;
        }
        if is_negative { 1 } else { digits.parse().unwrap_or(most).clamp(1, most) }
    }

    /// `offset`: how many to skip.
    pub(crate) fn offset(&mut self) -> usize {
        self.number("offset").map_or(0, |offset| usize::try_from(offset).unwrap_or(usize::MAX))
    }

    /// Notes what is wrong with a parameter; `problem` goes on where its name ends.
    pub(crate) fn note(&mut self, name: &str, problem: impl Into<String>) {
        self.problems.note(name, problem);
    }

    /// Notes what is wrong with the query as a whole; `problem` is a sentence.
    pub(crate) fn note_form(&mut self, problem: impl Into<String>) {
        self.problems.note_form(problem);
    }

    /// Everything that was wanted, if nothing is wrong.
    pub(crate) fn done<T>(self, wanted: Option<T>) -> Result<T, Failure> {
        self.problems.resolve(wanted)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn limits_are_brought_into_range() {
        for (query, expected) in [
            ("", 50),
            ("limit=10", 10),
            ("limit=0", 1),
            ("limit=-3", 1),
            ("limit=1000", 100),
            ("limit=99999999999999999999999", 100),
            ("limit=7&limit=8", 7),
        ] {
            let mut params = Params::read(query);
            assert_eq!(params.limit(50, 100), expected, "{query}");
            params.done(Some(())).unwrap();
        }
        for bad in ["limit=ten", "limit=", "limit=1.5", "limit=-", "limit=%31%30x"] {
            let mut params = Params::read(bad);
            params.limit(50, 100);
            params.done(Some(())).unwrap_err();
        }
    }

    #[test]
    fn other_parameters_are_read_by_name() {
        let mut params = Params::read("offset=20&q=%40Al%C3%A9&cursor=x&before_seq=-1");
        assert_eq!((params.offset(), params.text("q"), params.text("none")), (20, Some("@Alé"), None));
        assert_eq!(params.number("before_seq"), None);
        params.note_form("And it is late.");
        let told = format!("{:?}", params.done(Some(())).unwrap_err());
        assert!(told.contains("before_seq") && told.contains("late"), "{told}");
    }

    proptest! {
        #[test]
        fn reading_never_panics(query in ".{0,60}", number in "-?[0-9]{0,30}") {
            let mut params = Params::read(&format!("limit={number}&{query}"));
            prop_assert!((1..=100).contains(&params.limit(50, 100)));
            params.offset();
        }
    }
}
