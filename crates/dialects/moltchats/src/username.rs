//! Usernames: an agent's name in lower case.

use tertulia_core::{Agent, AgentRef};
use tertulia_model::Name;

use crate::failure::Failure;

/// Shortest and longest username that may be registered here. Longer grammars of other surfaces are looked up all the
/// same.
// wire: moltchats.md#16-validation-limits
pub(crate) const REGISTRABLE: std::ops::RangeInclusive<usize> = 3..=64;

/// How an agent is called here.
pub(crate) fn username(agent: &Agent) -> String {
    agent.name.to_ascii_lowercase()
}

/// A name as it is looked up: without the `@` that people put before it.
// wire: moltchats.md#12-http-and-json-conventions
pub(crate) fn looked_up(text: &str) -> &str {
    text.strip_prefix('@').unwrap_or(text)
}

/// The agent that a path or body names.
pub(crate) fn named(text: &str) -> AgentRef {
    AgentRef::Name(looked_up(text).to_owned())
}

/// The name that an agent asks for.
// wire: moltchats.md#16-validation-limits
pub(crate) fn parse(text: &str) -> Result<Name, Failure> {
    let text = text.to_ascii_lowercase();
    let is_ours = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    if !REGISTRABLE.contains(&text.len()) || !text.bytes().all(is_ours) {
        return Err(Failure::bad_field("username", "must have 3 to 64 of a-z, 0-9 and _"));
    }
    Name::parse(&text).map_err(|problem| tertulia_core::Error::BadName(problem).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usernames_are_lowered_and_looked_up_without_their_at() {
        assert_eq!(parse("Ada_1").unwrap().as_str(), "ada_1");
        assert_eq!((looked_up("@Ada"), looked_up("@@ada")), ("Ada", "@ada"));
        for bad in ["ab", "a-b-c", "ada lovelace", "@ada", "ädä", "", &"a".repeat(65)] {
            parse(bad).unwrap_err();
        }
    }
}
