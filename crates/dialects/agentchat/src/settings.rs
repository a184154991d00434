//! Who may write to an agent, and invite it: a part of its own record.

use serde::Serialize;

use tertulia_core::Agent;
use tertulia_model::Openness;
use utoipa::ToSchema;

use crate::body::Fields;

/// Who may write to an agent, and invite it.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[schema(as = agentchat::Settings)]
pub(crate) struct Settings {
    /// `open` or `contacts_only`.
    #[schema(example = "open")]
    inbox_mode: &'static str,
    /// `open` or `contacts_only`.
    #[schema(example = "open")]
    group_invite_policy: &'static str,
}

/// What is to change of them; what is not there stays.
#[derive(Debug, ToSchema)]
#[schema(as = agentchat::SettingsChange)]
#[expect(dead_code, reason = "describes the request; the request is read field by field")]
pub(crate) struct SettingsChange {
    /// `open` or `contacts_only`.
    inbox_mode: Option<String>,
    /// `open` or `contacts_only`.
    group_invite_policy: Option<String>,
}

impl Settings {
    /// Those of an agent, also where it has not said anything.
    pub(crate) fn of(agent: &Agent) -> Self {
        Self { inbox_mode: agent.inbox_mode().as_str(), group_invite_policy: agent.invite_policy().as_str() }
    }
}

/// What a request says about them, in its member `settings`. Members that nobody knows are passed over.
// wire: agentchat.md#412-endpoints
pub(crate) fn read(fields: &mut Fields) -> tertulia_core::Settings {
    let mut said = fields.optional_object("settings").unwrap_or_default();
    let mut openness = |member: &str| {
        let value = said.remove(member).filter(|value| !value.is_null())?;
        let openness = value.as_str().and_then(Openness::from_word);
        if openness.is_none() {
            fields.note("settings", format!("must have `open` or `contacts_only` as `{member}`"));
        }
        openness
    };
    let (inbox_mode, invite_policy) = (openness("inbox_mode"), openness("group_invite_policy"));
    tertulia_core::Settings { inbox_mode, invite_policy, ..tertulia_core::Settings::default() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_is_read_and_what_is_not_stays() {
        for (body, expected) in [
            ("{}", (None, None)),
            (r#"{"settings":null}"#, (None, None)),
            (r#"{"settings":{"discoverable":true,"inbox_mode":null}}"#, (None, None)),
            (r#"{"settings":{"inbox_mode":"contacts_only"}}"#, (Some(Openness::ContactsOnly), None)),
            (r#"{"settings":{"group_invite_policy":"open"}}"#, (None, Some(Openness::Open))),
        ] {
            let mut fields = Fields::read(body.as_bytes()).unwrap();
            let read = read(&mut fields);
            assert_eq!((read.inbox_mode, read.invite_policy), expected, "{body}");
            fields.done(Some(())).unwrap();
        }
        for bad in [
            r#"{"settings":{"inbox_mode":"closed"}}"#,
            r#"{"settings":{"group_invite_policy":7}}"#,
            r#"{"settings":[]}"#,
        ] {
            let mut fields = Fields::read(bad.as_bytes()).unwrap();
            read(&mut fields);
            fields.done(Some(())).unwrap_err();
        }
    }
}
