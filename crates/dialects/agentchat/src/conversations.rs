//! The conversations of an agent: their list, who takes part in one, what one is, and hiding one.

use axum::{Json, extract::State};
use serde::Serialize;
use tertulia_core::{Agent, Posted, ThreadContext, ThreadFace, ThreadView, UnreadRecord};
use tertulia_model::Seq;
use utoipa::ToSchema;

use crate::{
    AgentChat,
    account::Shown,
    caller::Authenticated,
    failure::{Failure, Problem},
    groups::avatar_url,
    handle::{self, TextPath},
    ids, message, moment,
    params::Params,
    threads,
};

/// Conversations on a page, unless asked for otherwise, and at the most.
// wire: agentchat.md#431-get-v1conversations
const PAGE: usize = 100;

/// Most characters of the beginning of a message that is shown.
const PREVIEW: usize = 140;

/// A conversation in a list.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = agentchat::Conversation)]
pub(crate) struct Conversation {
    /// `conv_…` of two, `grp_…` of a group.
    #[schema(value_type = String)]
    id: ids::PublicId,
    /// `direct` or `group`.
    #[serde(rename = "type")]
    kind: &'static str,
    /// The other of two; of a group nobody.
    participants: Vec<Participant>,
    #[schema(required)]
    group_name: Option<String>,
    #[schema(required)]
    group_avatar_url: Option<String>,
    #[schema(required)]
    group_member_count: Option<usize>,
    /// How the last message begins.
    #[schema(required)]
    last_message_preview: Option<String>,
    last_message_is_own: bool,
    #[schema(required)]
    last_message_type: Option<String>,
    #[schema(required)]
    last_message_at: Option<String>,
    updated_at: String,
    /// Messages that you have not read.
    unread_count: u64,
    #[schema(required)]
    oldest_unread_seq: Option<u64>,
    #[schema(required)]
    newest_unread_seq: Option<u64>,
    is_muted: bool,
}

/// Who takes part in a conversation.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = agentchat::Participant)]
pub(crate) struct Participant {
    handle: String,
    #[schema(required)]
    display_name: Option<String>,
    #[schema(required)]
    avatar_url: Option<String>,
}

/// What a conversation is to you.
// wire: agentchat.md#432-others
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = agentchat::ConversationContext)]
pub(crate) struct Context {
    #[schema(value_type = String)]
    conversation_id: ids::PublicId,
    /// `direct` or `group`.
    #[serde(rename = "type")]
    kind: &'static str,
    #[schema(required)]
    group: Option<GroupContext>,
    #[schema(required)]
    counterparty: Option<Participant>,
    #[schema(required)]
    relationship: Option<Relationship>,
    unread: Unread,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = agentchat::ConversationGroup)]
struct GroupContext {
    name: String,
    #[schema(required)]
    description: Option<String>,
    member_count: usize,
    /// `admin` or `member`.
    your_role: &'static str,
}

/// How the other stands in your contact book.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = agentchat::Relationship)]
struct Relationship {
    is_contact: bool,
    #[schema(required)]
    added_at: Option<String>,
    #[schema(required)]
    note: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = agentchat::Unread)]
struct Unread {
    count: u64,
    #[schema(required)]
    oldest_seq: Option<u64>,
    #[schema(required)]
    newest_seq: Option<u64>,
}

/// That a conversation is hidden.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = agentchat::HiddenConversation)]
pub(crate) struct Hidden {
    ok: bool,
    hidden: bool,
}

/// Your conversations, last written to first.
#[utoipa::path(
    get, path = "/conversations", tag = "agentchat", security(("agentKey" = [])),
    params(
        ("limit" = Option<u32>, Query, description = "1 to 100. Default: 100"),
        ("offset" = Option<u64>, Query, description = "How many to skip. Default: 0"),
    ),
    responses((status = 200, description = "Those that you have not hidden", body = Vec<Conversation>)),
)]
pub(crate) async fn list(
    State(agentchat): State<AgentChat>,
    Authenticated(caller): Authenticated,
    mut params: Params,
) -> Result<Json<Vec<Conversation>>, Failure> {
    let limit = u32::try_from(params.limit(PAGE, PAGE)).unwrap_or(u32::MAX);
    let offset = params.offset() as u64;
    params.done(Some(()))?;
    let views = agentchat.chat().threads(&caller, limit, offset).await?;
    let public_url = &agentchat.options().public_url;
    Ok(Json(views.iter().map(|view| listed(view, public_url)).collect()))
}

/// Who takes part in a conversation: of two the other one, of a group all members.
#[utoipa::path(
    get, path = "/conversations/{id}/participants", tag = "agentchat", security(("agentKey" = [])),
    params(("id" = String, Path, description = "The conversation: `conv_…` or `grp_…`")),
    responses(
        (status = 200, description = "They", body = Vec<Participant>),
        (status = 404, description = "`CONVERSATION_NOT_FOUND`", body = Problem),
        (status = 410, description = "`GROUP_DELETED`", body = Problem),
    ),
)]
pub(crate) async fn participants(
    State(agentchat): State<AgentChat>,
    Authenticated(caller): Authenticated,
    path: TextPath,
) -> Result<Json<Vec<Participant>>, Failure> {
    let conversation = agentchat.chat().thread(&caller, threads::named(path)?).await?;
    let agents = agentchat.chat().thread_participants(&caller, &conversation)?;
    Ok(Json(agents.iter().map(|agent| participant(agent)).collect()))
}

/// What a conversation is to you.
#[utoipa::path(
    get, path = "/conversations/{id}/context", tag = "agentchat", security(("agentKey" = [])),
    params(("id" = String, Path, description = "The conversation: `conv_…` or `grp_…`")),
    responses(
        (status = 200, description = "What it is", body = Context),
        (status = 404, description = "`CONVERSATION_NOT_FOUND`", body = Problem),
        (status = 410, description = "`GROUP_DELETED`", body = Problem),
    ),
)]
pub(crate) async fn context(
    State(agentchat): State<AgentChat>,
    Authenticated(caller): Authenticated,
    path: TextPath,
) -> Result<Json<Context>, Failure> {
    let conversation = agentchat.chat().thread(&caller, threads::named(path)?).await?;
    let context = agentchat.chat().thread_context(&caller, &conversation).await?;
    Ok(Json(context_of(&context)))
}

/// Hides a conversation from you alone, until something is said in it again.
#[utoipa::path(
    delete, path = "/conversations/{id}", tag = "agentchat", security(("agentKey" = [])),
    params(("id" = String, Path, description = "The conversation: `conv_…` or `grp_…`")),
    responses(
        (status = 200, description = "You do not see it any more", body = Hidden),
        (status = 404, description = "`CONVERSATION_NOT_FOUND`", body = Problem),
        (status = 410, description = "`GROUP_DELETED`", body = Problem),
    ),
)]
pub(crate) async fn hide(
    State(agentchat): State<AgentChat>,
    Authenticated(caller): Authenticated,
    path: TextPath,
) -> Result<Json<Hidden>, Failure> {
    let conversation = agentchat.chat().thread(&caller, threads::named(path)?).await?;
    agentchat.chat().hide_conversation(&caller, &conversation).await?;
    Ok(Json(Hidden { ok: true, hidden: true }))
}

fn listed(view: &ThreadView, public_url: &str) -> Conversation {
    let (group, last) = (view.group.as_ref(), view.last.as_deref());
    Conversation {
        id: if group.is_some() { ids::group(view.id) } else { ids::conversation(view.id) },
        kind: if group.is_some() { "group" } else { "direct" },
        participants: view.other.iter().map(|agent| participant(agent)).collect(),
        group_name: group.map(|group| group.name.to_string()),
        group_avatar_url: group.and_then(|group| avatar_url(group.avatar.as_ref(), public_url)),
        group_member_count: group.map(|group| group.members),
        last_message_preview: last.and_then(preview),
        last_message_is_own: view.is_last_own,
        last_message_type: last.map(|posted| message::kind_of(posted).to_owned()),
        last_message_at: last.map(|posted| moment::shown(posted.created_at)),
        updated_at: moment::shown(view.updated_at),
        unread_count: view.unread.count,
        oldest_unread_seq: view.unread.oldest.map(number),
        newest_unread_seq: view.unread.newest.map(number),
        is_muted: view.is_muted,
    }
}

fn context_of(context: &ThreadContext) -> Context {
    let UnreadRecord { count, oldest, newest } = context.unread;
    let unread = Unread { count, oldest_seq: oldest.map(number), newest_seq: newest.map(number) };
    match &context.face {
        ThreadFace::Direct { other, contact } => Context {
            conversation_id: ids::conversation(context.id),
            kind: "direct",
            group: None,
            counterparty: Some(participant(other)),
            relationship: Some(Relationship {
                is_contact: contact.is_some(),
                added_at: contact.as_ref().map(|contact| moment::shown(contact.added_at)),
                note: contact.as_ref().and_then(|contact| contact.notes.as_deref()).map(str::to_owned),
            }),
            unread,
        },
        ThreadFace::Group { face, description, role } => Context {
            conversation_id: ids::group(context.id),
            kind: "group",
            group: Some(GroupContext {
                name: face.name.to_string(),
                description: description.as_deref().map(str::to_owned),
                member_count: face.members,
                your_role: role.as_str(),
            }),
            counterparty: None,
            relationship: None,
            unread,
        },
    }
}

fn number(Seq(seq): Seq) -> u64 {
    seq
}

fn participant(agent: &Agent) -> Participant {
    let Shown { display_name, avatar_url, .. } = Shown::of(agent);
    Participant { handle: handle::shown(agent), display_name, avatar_url }
}

/// How a message begins.
// wire: agentchat.md#431-get-v1conversations
fn preview(posted: &Posted) -> Option<String> {
    match message::kind_of(posted) {
        "text" => beginning(message::text_of(posted).unwrap_or_default()),
        "file" => Some("Attachment".to_owned()),
        "system" => Some("System update".to_owned()),
        other => Some(format!("[{other}]")),
    }
}

/// A text in one line, and not too long.
fn beginning(text: &str) -> Option<String> {
    let words = text.split_whitespace().flat_map(|word| std::iter::once(' ').chain(word.chars())).skip(1);
    let mut shown: Vec<char> = words.take(PREVIEW + 1).collect();
    if shown.len() > PREVIEW {
        shown.truncate(PREVIEW - 1);
        shown.push('…');
    }
    (!shown.is_empty()).then(|| shown.into_iter().collect())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// By the words of the contract: collapsed, trimmed, cut.
    fn plainly(text: &str) -> Option<String> {
        let whole = text.split_whitespace().collect::<Vec<_>>().join(" ");
        if whole.chars().count() <= PREVIEW {
            return (!whole.is_empty()).then_some(whole);
        }
        Some(whole.chars().take(PREVIEW - 1).chain(['…']).collect())
    }

    #[test]
    fn a_text_is_one_line_and_cut() {
        assert_eq!(beginning("  a \n\t b  ").as_deref(), Some("a b"));
        assert_eq!(beginning(" \n "), None);
        let exact = "é".repeat(PREVIEW);
        assert_eq!(beginning(&exact), Some(exact.clone()));
        assert_eq!(beginning(&format!("{exact}x")), Some(format!("{}…", "é".repeat(PREVIEW - 1))));
    }

    proptest! {
        #[test]
        fn a_beginning_is_what_the_contract_says(text in "([a-zé]{0,9}[ \n]{0,3}){0,60}") {
            prop_assert_eq!(beginning(&text), plainly(&text));
        }
    }
}
