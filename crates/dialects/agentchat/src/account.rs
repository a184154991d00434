//! What registering, recovering and replacing a key have in common: e-mail addresses, codes, and the own record.

use serde::Serialize;
use tertulia_core::{Agent, Caller, CodeRefused, Error};
use tertulia_model::{AgentState, CodeId, DisplayName, Email, Pause};
use utoipa::ToSchema;

use crate::{
    AgentChat,
    body::Fields,
    failure::Failure,
    handle,
    ids::{self, Kind, PublicId},
    moment,
    settings::Settings,
};

/// A code has so many characters; whether they are the right ones is another question.
// wire: agentchat.md#31-shared-otp-rules
const CODE_CHARS: usize = 6;

/// Longest name for display that is set and printed here.
// wire: agentchat.md#411-shapes
pub(crate) const LONGEST_DISPLAY_NAME: usize = 100;

/// Longest description.
// wire: agentchat.md#411-shapes
pub(crate) const LONGEST_DESCRIPTION: usize = 500;

/// Something that waits for a code.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = agentchat::Pending)]
pub(crate) struct Pending {
    /// Under which id the code is to be told.
    #[schema(value_type = String, example = "pnd_AAAAAAAAAAAAAAAAAAAAAA")]
    pending_id: PublicId,
    /// What happens now, for a reader.
    message: &'static str,
}

impl Pending {
    pub(crate) fn new(id: CodeId, message: &'static str) -> Self {
        Self { pending_id: ids::pending(id), message }
    }
}

/// Whoever tells a code.
#[derive(Debug, ToSchema)]
#[schema(as = agentchat::Proof)]
#[expect(dead_code, reason = "describes the request; the request is read field by field")]
pub(crate) struct ProofBody {
    #[schema(example = "pnd_AAAAAAAAAAAAAAAAAAAAAA")]
    pending_id: String,
    /// The six digits that were sent.
    #[schema(example = "012345")]
    code: String,
}

/// A code that is told. What is no id of anything that waits is one of something that does not wait any more.
pub(crate) fn read_proof(mut fields: Fields) -> Result<(CodeId, String), Failure> {
    let pending = fields.text("pending_id");
    let code = fields.text_of("code", CODE_CHARS..=CODE_CHARS);
    let (pending, code) = fields.done(pending.zip(code))?;
    let id = Kind::Pending.parse(&pending).map(CodeId::from_uuid).ok_or(Error::Code(CodeRefused::Expired))?;
    Ok((id, code))
}

/// An address as it is compared: trimmed, in lower case.
// wire: agentchat.md#31-shared-otp-rules
pub(crate) fn read_email(fields: &mut Fields) -> Option<Email> {
    let text = fields.text("email");
    fields.parsed("email", text, |text| {
        Email::parse(&text.trim().to_lowercase()).map_err(|problem| format!("is not an e-mail address: {problem}"))
    })
}

/// An agent as it sees itself.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = agentchat::OwnRecord)]
pub(crate) struct OwnRecord {
    #[schema(value_type = String, example = "agt_AAAAAAAAAAAAAAAAAAAAAA")]
    id: PublicId,
    #[schema(example = "alice")]
    handle: String,
    /// Empty for an agent without one.
    #[schema(example = "alice@example.com")]
    email: String,
    #[schema(example = "a****@example.com")]
    email_masked: String,
    display_name: Option<String>,
    description: Option<String>,
    avatar_url: Option<String>,
    /// `active`, `restricted` or `suspended`.
    #[schema(example = "active")]
    status: &'static str,
    /// `none`, `send` or `full`.
    #[schema(example = "none")]
    paused_by_owner: &'static str,
    is_system: bool,
    settings: Settings,
    created_at: String,
    updated_at: String,
}

impl OwnRecord {
    /// The caller's record as it is now.
    pub(crate) async fn of(agentchat: &AgentChat, caller: &Caller) -> Result<Self, Failure> {
        let account = agentchat.chat().account(caller.agent().as_ref()).await?;
        Ok(Self::from_account(caller.agent(), account.email.as_deref(), account.changed_at))
    }

    /// The record of an agent with this address that last changed then.
    pub(crate) fn from_account(
        agent: &Agent,
        email: Option<&str>,
        changed_at: Option<tertulia_model::Timestamp>,
    ) -> Self {
        let Shown { display_name, description, avatar_url } = Shown::of(agent);
        let email = email.unwrap_or_default();
        Self {
            id: ids::agent(agent.id),
            handle: handle::shown(agent),
            email: email.to_lowercase(),
            email_masked: masked(email),
            display_name,
            description,
            avatar_url,
            status: status_of(agent),
            paused_by_owner: agent.pause().map_or("none", Pause::as_str),
            is_system: agent.is_system,
            settings: Settings::of(agent),
            created_at: moment::shown(agent.created_at),
            updated_at: moment::shown(changed_at.unwrap_or(agent.created_at)),
        }
    }
}

/// What everybody sees of what an agent says about itself.
#[derive(Debug)]
pub(crate) struct Shown {
    pub(crate) display_name: Option<String>,
    pub(crate) description: Option<String>,
    pub(crate) avatar_url: Option<String>,
}

impl Shown {
    pub(crate) fn of(agent: &Agent) -> Self {
        let profile = agent.profile();
        let cut = |text: &str| text.chars().take(LONGEST_DISPLAY_NAME).collect::<String>();
        let is_url = |text: &&str| text.starts_with("https://") || text.starts_with("http://");
        Self {
            display_name: profile.display_name.as_deref().map(cut).filter(|name| !name.is_empty()),
            description: profile.about.as_deref().map(str::to_owned),
            avatar_url: profile.avatar.as_deref().filter(is_url).map(str::to_owned),
        }
    }
}

/// Parses a name for display. The hub's rule is the wider one but for control characters.
pub(crate) fn display_name(text: &str) -> Result<Option<DisplayName>, String> {
    DisplayName::parse(text).map_err(|problem| format!("cannot be used: {problem}"))
}

/// How an agent stands.
// wire: agentchat.md#13-account-states-and-what-still-works
pub(crate) fn status_of(agent: &Agent) -> &'static str {
    match agent.state() {
        AgentState::Active if agent.is_restricted() => "restricted",
        AgentState::Active | AgentState::Pending => "active",
        AgentState::Suspended => "suspended",
        AgentState::Deleted => "deleted",
    }
}

/// The first character and the domain of an address; nothing of none.
// wire: agentchat.md#411-shapes
fn masked(email: &str) -> String {
    match (email.chars().next(), email.rsplit_once('@')) {
        (Some(first), Some((_, domain))) => format!("{}****@{}", first.to_lowercase(), domain.to_lowercase()),
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_address_is_masked() {
        assert_eq!(masked("alice@example.com"), "a****@example.com");
        assert_eq!(masked("A@Example.com"), "a****@example.com");
        assert_eq!(masked(""), "");
    }

    #[test]
    fn a_code_has_six_characters_and_a_pending_id_is_opaque() {
        let read = |text: &str| read_proof(Fields::read(text.as_bytes()).unwrap());
        let id = CodeId::from_uuid(uuid::Uuid::from_u128(7));
        let known = format!(r#"{{"pending_id":"{}","code":"012345"}}"#, ids::pending(id));
        assert_eq!(read(&known).unwrap(), (id, "012345".to_owned()));
        let unknown = read(r#"{"pending_id":"pnd_?","code":"012345"}"#).unwrap_err();
        assert_eq!(unknown.code(), crate::Code::Expired);
        for bad in [
            "{}",
            r#"{"pending_id":"x"}"#,
            r#"{"code":"012345"}"#,
            r#"{"pending_id":"x","code":"12345"}"#,
            r#"{"pending_id":"x","code":"1234567"}"#,
            r#"{"pending_id":"x","code":123456}"#,
        ] {
            assert_eq!(read(bad).unwrap_err().code(), crate::Code::ValidationError, "{bad}");
        }
    }

    proptest! {
        #[test]
        fn masking_shows_one_character_of_the_name(name in "[a-z0-9.]{1,20}", domain in "[a-z]{1,10}\\.[a-z]{2,4}") {
            let text = masked(&format!("{name}@{domain}"));
            prop_assert_eq!(text, format!("{}****@{domain}", &name[..1]));
        }
    }
}
