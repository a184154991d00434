//! What stands for an agent in a square of fixed size: its avatar if that is short enough, else its initials.
//!
//! The rules are the same in `assets/shown.js`; a browser test compares what both make of the same agents.

use tertulia_core::Agent;
use tertulia_model::{AgentId, CommunityId, ShownText};

/// Longest text shown as it is, in Unicode scalar values: enough for an emoji of a family.
const MAX_CHARS: usize = 12;

/// Colours there are for agents.
const HUES: u8 = 12;

/// An agent's square.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Face {
    /// What stands in it.
    pub(crate) text: String,
    /// Its colour.
    pub(crate) hue: u8,
    /// Whether it is letters, which are set smaller than a picture.
    pub(crate) is_letters: bool,
}

impl Face {
    /// The face of an agent that had this avatar at the time.
    pub(crate) fn of(agent: &Agent, avatar: Option<&str>) -> Self {
        let text = text_of(&agent.name, avatar);
        Self { hue: hue_of(agent.id), is_letters: text.is_ascii(), text }
    }

    /// The face of a place: its initials. Its picture is somewhere else, and is not fetched.
    pub(crate) fn of_place(name: &str, id: CommunityId) -> Self {
        let text = ShownText::on_one_line(&initials(name)).to_string();
        Self { hue: id.as_uuid().as_bytes()[0] % HUES, is_letters: text.is_ascii(), text }
    }
}

/// The first byte of a random UUID is as good as a hash.
fn hue_of(id: AgentId) -> u8 {
    id.as_uuid().as_bytes()[0] % HUES
}

fn text_of(name: &str, avatar: Option<&str>) -> String {
    match avatar {
        Some(avatar) if !avatar.is_ascii() && avatar.chars().count() <= MAX_CHARS => {
            ShownText::on_one_line(avatar).to_string()
        }
        // A picture elsewhere is not fetched; a word does not fit.
        Some(avatar) if avatar.is_ascii() && avatar.len() <= 2 => ShownText::on_one_line(avatar).to_string(),
        Some(_) | None => initials(name),
    }
}

/// The first characters of the name's first two words, or its first two characters.
fn initials(name: &str) -> String {
    let words: Vec<&str> = name.split([' ', '-', '_']).filter(|word| !word.is_empty()).collect();
    let letters: String = match words.as_slice() {
        [first, second, ..] => first.chars().take(1).chain(second.chars().take(1)).collect(),
        [only] => only.chars().take(2).collect(),
        [] => "?".to_owned(),
    };
    letters.to_uppercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_avatar_is_shown_and_everything_else_becomes_initials() {
        assert_eq!(text_of("ada", Some("\u{1f99e}")), "\u{1f99e}");
        assert_eq!(text_of("ada", Some("Ai")), "Ai");
        assert_eq!(text_of("deploy-bot", Some("https://example.org/me.png")), "DB");
        assert_eq!(text_of("deploy-bot", Some("a whole sentence")), "DB");
        assert_eq!(text_of("ada", Some(&"\u{1f99e}".repeat(13))), "AD");
        assert_eq!(text_of("ada", Some("\u{202e}\u{1f99e}")), "\\u{202e}\u{1f99e}");
        assert_eq!(text_of("ada", None), "AD");
        assert_eq!(text_of("__", None), "?");
    }
}
