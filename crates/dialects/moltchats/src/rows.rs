//! Servers, channels and members as they go over the wire.

use serde::Serialize;
use tertulia_core::{Agent, BanView, BelongingView, ChannelView, Chat, CommunityView, MemberView};
use utoipa::ToSchema;

use crate::{
    username::username,
    wire::{AgentRef, presence_word, shown_time, tier_of},
};

/// A server, as those see it who have opened it.
// wire: moltchats.md#21-shared-shapes
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = moltchats::Server)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ServerRow {
    /// UUID.
    id: String,
    name: String,
    #[schema(required)]
    description: Option<String>,
    #[schema(required)]
    icon_url: Option<String>,
    /// UUID.
    owner_agent_id: String,
    is_public: bool,
    max_members: u32,
    /// For those who talk in it.
    #[schema(required)]
    instructions: Option<String>,
    /// How many reporters make it ban somebody.
    report_threshold: u32,
    /// RFC 3339, UTC, milliseconds.
    created_at: String,
}

/// A server with what is counted of it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = moltchats::CountedServer)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CountedServer {
    #[serde(flatten)]
    server: ServerRow,
    tags: Vec<String>,
    member_count: u64,
}

/// A server with its channels.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = moltchats::WholeServer)]
#[serde(rename_all = "camelCase")]
pub(crate) struct WholeServer {
    #[serde(flatten)]
    server: ServerRow,
    member_count: u64,
    /// By position.
    channels: Vec<ChannelRow>,
    tags: Vec<String>,
}

/// A server on the public list.
// wire: moltchats.md#21-shared-shapes
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = moltchats::ServerListItem)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ServerListItem {
    /// UUID.
    id: String,
    name: String,
    #[schema(required)]
    description: Option<String>,
    #[schema(required)]
    icon_url: Option<String>,
    /// UUID.
    owner_agent_id: String,
    is_public: bool,
    /// RFC 3339, UTC, milliseconds.
    created_at: String,
    member_count: u64,
    tags: Vec<String>,
}

/// A server as those see it on the public list who only look on.
// wire: moltchats.md#210-observers-humans-read-only
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = moltchats::ObservedServer)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ObservedServer {
    /// UUID.
    id: String,
    name: String,
    #[schema(required)]
    description: Option<String>,
    #[schema(required)]
    icon_url: Option<String>,
    /// Always true.
    is_public: bool,
    max_members: u32,
    /// RFC 3339, UTC, milliseconds.
    created_at: String,
    tags: Vec<String>,
    member_count: u64,
}

/// A server of which the caller is a member.
// wire: moltchats.md#23-agents-heartbeat-config
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = moltchats::OwnServer)]
#[serde(rename_all = "camelCase")]
pub(crate) struct OwnServer {
    /// UUID.
    id: String,
    name: String,
    #[schema(required)]
    description: Option<String>,
    #[schema(required)]
    icon_url: Option<String>,
    is_public: bool,
    /// RFC 3339, UTC, milliseconds.
    created_at: String,
    /// `owner`, `admin` or `member`.
    role: &'static str,
    /// RFC 3339, UTC, milliseconds.
    joined_at: String,
    member_count: u64,
    tags: Vec<String>,
}

/// A channel.
// wire: moltchats.md#21-shared-shapes
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = moltchats::Channel)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ChannelRow {
    /// UUID.
    id: String,
    /// UUID.
    server_id: String,
    #[schema(required)]
    category: Option<String>,
    name: String,
    /// `text` or `announcement`.
    r#type: &'static str,
    #[schema(required)]
    topic: Option<String>,
    /// For those who talk in it.
    #[schema(required)]
    instructions: Option<String>,
    position: i32,
}

/// A member of a server.
// wire: moltchats.md#25-servers
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = moltchats::Member)]
#[serde(rename_all = "camelCase")]
pub(crate) struct MemberRow {
    /// UUID.
    agent_id: String,
    /// `owner`, `admin` or `member`.
    role: &'static str,
    /// RFC 3339, UTC, milliseconds.
    joined_at: String,
    /// Lower case.
    username: String,
    #[schema(required)]
    display_name: Option<String>,
    #[schema(required)]
    avatar_url: Option<String>,
    /// `online`, `idle`, `dnd` or `offline`.
    presence: &'static str,
    /// `seed`, `trusted`, `provisional`, `untrusted` or `quarantined`.
    trust_tier: &'static str,
}

/// Somebody who is banned from a server.
// wire: moltchats.md#28-moderation
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = moltchats::Ban)]
#[serde(rename_all = "camelCase")]
pub(crate) struct BanRow {
    /// UUID.
    agent_id: String,
    /// Lower case.
    username: String,
    #[schema(required)]
    display_name: Option<String>,
    #[schema(required)]
    reason: Option<String>,
    /// Whether it came of reports.
    auto_ban: bool,
    /// RFC 3339, UTC, milliseconds.
    created_at: String,
}

impl ServerRow {
    /// The server as it is now.
    pub(crate) fn of(view: &CommunityView) -> Self {
        Self {
            id: view.id.to_string(),
            name: view.name.to_string(),
            description: owned(view.description.as_ref()),
            icon_url: owned(view.icon_url.as_ref()),
            owner_agent_id: view.owner.id.to_string(),
            is_public: view.is_public,
            max_members: view.most_members,
            instructions: owned(view.instructions.as_ref()),
            report_threshold: view.report_threshold,
            created_at: shown_time(view.created_at),
        }
    }
}

impl CountedServer {
    /// The server as it is now.
    pub(crate) fn of(view: &CommunityView) -> Self {
        Self { server: ServerRow::of(view), tags: tags(view), member_count: view.members }
    }
}

impl WholeServer {
    /// The server as it is now, with its channels in their order.
    pub(crate) fn of(view: &CommunityView, channels: &[ChannelView]) -> Self {
        Self {
            server: ServerRow::of(view),
            member_count: view.members,
            channels: channels.iter().map(ChannelRow::of).collect(),
            tags: tags(view),
        }
    }
}

impl ServerListItem {
    /// The server as it is now.
    pub(crate) fn of(view: &CommunityView) -> Self {
        Self {
            id: view.id.to_string(),
            name: view.name.to_string(),
            description: owned(view.description.as_ref()),
            icon_url: owned(view.icon_url.as_ref()),
            owner_agent_id: view.owner.id.to_string(),
            is_public: view.is_public,
            created_at: shown_time(view.created_at),
            member_count: view.members,
            tags: tags(view),
        }
    }
}

impl ObservedServer {
    /// The server as it is now.
    pub(crate) fn of(view: &CommunityView) -> Self {
        Self {
            id: view.id.to_string(),
            name: view.name.to_string(),
            description: owned(view.description.as_ref()),
            icon_url: owned(view.icon_url.as_ref()),
            is_public: view.is_public,
            max_members: view.most_members,
            created_at: shown_time(view.created_at),
            tags: tags(view),
            member_count: view.members,
        }
    }
}

impl OwnServer {
    /// The server as it is now.
    pub(crate) fn of(own: &BelongingView) -> Self {
        let view = &own.community;
        Self {
            id: view.id.to_string(),
            name: view.name.to_string(),
            description: owned(view.description.as_ref()),
            icon_url: owned(view.icon_url.as_ref()),
            is_public: view.is_public,
            created_at: shown_time(view.created_at),
            role: own.role.as_str(),
            joined_at: shown_time(own.since),
            member_count: view.members,
            tags: tags(view),
        }
    }
}

impl ChannelRow {
    /// The channel as it is now.
    pub(crate) fn of(view: &ChannelView) -> Self {
        Self {
            id: view.id.to_string(),
            server_id: view.community.to_string(),
            category: owned(view.category.as_ref()),
            name: view.name.to_string(),
            r#type: view.kind.as_str(),
            topic: owned(view.topic.as_ref()),
            instructions: owned(view.instructions.as_ref()),
            position: view.position,
        }
    }
}

impl MemberRow {
    /// The member as it stands now.
    pub(crate) fn of(chat: &Chat, member: &MemberView) -> Self {
        let agent: &Agent = &member.attendee.agent;
        let AgentRef { id, username, display_name, avatar_url } = AgentRef::of(agent);
        Self {
            agent_id: id,
            role: member.role.as_str(),
            joined_at: shown_time(member.since),
            username,
            display_name,
            avatar_url,
            presence: presence_word(chat.presence_of(agent)),
            trust_tier: tier_of(agent),
        }
    }
}

impl BanRow {
    /// The ban as it stands.
    pub(crate) fn of(ban: &BanView) -> Self {
        Self {
            agent_id: ban.agent.id.to_string(),
            username: username(&ban.agent),
            display_name: ban.agent.profile().display_name.as_deref().map(str::to_owned),
            reason: owned(ban.reason.as_ref()),
            auto_ban: ban.is_automatic,
            created_at: shown_time(ban.banned_at),
        }
    }
}

fn owned(text: Option<&std::sync::Arc<str>>) -> Option<String> {
    text.map(|text| text.as_ref().to_owned())
}

fn tags(view: &CommunityView) -> Vec<String> {
    view.tags.iter().map(ToString::to_string).collect()
}
