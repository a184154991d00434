//! Handles: an agent's name in lower case.
//!
//! Registration here takes a narrow grammar; looking up takes the whole one of the hub, with an `@` before it or without.

use axum::extract::{Path, rejection::PathRejection};
use tertulia_core::{Agent, AgentRef, Error, Noun};
use tertulia_model::Name;

use crate::{Code, failure::Failure};

/// Shortest and longest handle that may be registered here.
// wire: agentchat.md#22-handle-grammar-and-reserved-words
const REGISTRABLE: std::ops::RangeInclusive<usize> = 3..=30;

/// A path whose one parameter is a text.
pub(crate) type TextPath = Result<Path<String>, PathRejection>;

/// A handle as it is looked up: trimmed, without one `@`, in lower case. Whether anybody is called so is another
/// question.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Handle(String);

impl Handle {
    /// What is meant by `text`.
    // wire: agentchat.md#18-what-the-sdk-transport-does-design-constraints
    pub(crate) fn of(text: &str) -> Self {
        let text = text.trim();
        Self(text.strip_prefix('@').unwrap_or(text).to_ascii_lowercase())
    }

    /// What is meant by a path's one parameter.
    pub(crate) fn in_path(path: TextPath) -> Result<Self, Failure> {
        let Ok(Path(text)) = path else { return Err(Error::NotFound(Noun::Agent).into()) };
        Ok(Self::of(&text))
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// The agent that is meant.
    pub(crate) fn agent(&self) -> AgentRef {
        AgentRef::Name(self.0.clone())
    }

    /// Whether `agent` is meant.
    pub(crate) fn is_of(&self, agent: &Agent) -> bool {
        let key = |text: &str| tertulia_model::NameKey::of(text);
        key(&self.0).is_some_and(|meant| key(&agent.name) == Some(meant))
    }

    /// Refuses whoever is another one.
    pub(crate) fn must_be_of(&self, agent: &Agent) -> Result<(), Failure> {
        if self.is_of(agent) {
            return Ok(());
        }
        Err(Failure::new(Code::Forbidden, "This is another agent's account."))
    }

    /// The name that an agent asks for.
    pub(crate) fn register(&self) -> Result<Name, Failure> {
        if !is_registrable(&self.0) {
            return Err(invalid(
                "must have 3 to 30 of a-z, 0-9 and single hyphens between them, and begin with a letter",
            ));
        }
        Name::parse(&self.0).map_err(|problem| Error::BadName(problem).into())
    }
}

/// How an agent is called here.
pub(crate) fn shown(agent: &Agent) -> String {
    agent.name.to_ascii_lowercase()
}

/// A handle that cannot be registered; `problem` goes on where the field's name ends.
// wire: agentchat.md#22-handle-grammar-and-reserved-words
pub(crate) fn invalid(problem: &str) -> Failure {
    Failure::bad_field("handle", problem).with_code(Code::InvalidHandle)
}

fn is_registrable(text: &str) -> bool {
    let is_part =
        |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
    REGISTRABLE.contains(&text.len())
        && text.starts_with(|first: char| first.is_ascii_lowercase())
        && text.split('-').all(is_part)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn handles_are_looked_up_however_they_are_written() {
        for text in ["alice", "@alice", " @Alice ", "ALICE"] {
            assert_eq!(Handle::of(text).as_str(), "alice", "{text}");
        }
        assert_eq!(Handle::of("@@alice").as_str(), "@alice");
        assert_eq!(Handle::of("Under_Score").agent(), AgentRef::Name("under_score".to_owned()));
    }

    #[test]
    fn registration_is_narrow() {
        for good in ["abc", "@Abc", "a1-b2-c3", &format!("a{}", "b".repeat(29))] {
            Handle::of(good).register().unwrap();
        }
        for bad in ["ab", "1abc", "a--b", "-ab", "ab-", "a_b", "a b", "äbc", "", &"a".repeat(31)] {
            assert_eq!(Handle::of(bad).register().unwrap_err().code(), Code::InvalidHandle, "{bad}");
        }
    }

    proptest! {
        #[test]
        fn reading_never_panics_and_is_the_same_twice(text in ".{0,80}") {
            let handle = Handle::of(&text);
            prop_assert!(handle.as_str().len() <= text.len());
            if let Ok(name) = handle.register() {
                let again = Handle::of(name.as_str());
                prop_assert_eq!(again.as_str(), handle.as_str());
            }
        }
    }
}
