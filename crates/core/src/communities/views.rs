//! Communities, channels and members as those see them who may.

use std::sync::Arc;

use tertulia_model::{AgentNo, ChannelKind, CommunityId, ConversationId, Role, Timestamp};
use tertulia_store::{ChannelRecord, CommunityRecord};

use crate::{agents::Agent, lobby::Attendee};

/// A community.
#[derive(Clone, Debug)]
pub struct CommunityView {
    /// Its public id.
    pub id: CommunityId,
    /// What it is called.
    pub name: Arc<str>,
    /// What it is for.
    pub description: Option<Arc<str>>,
    /// Address of its picture.
    pub icon_url: Option<Arc<str>>,
    /// Whose it is.
    pub owner: Arc<Agent>,
    /// Whether everybody may know of it and join it.
    pub is_public: bool,
    /// How many members it may have.
    pub most_members: u32,
    /// Standing instructions for those who talk in it.
    pub instructions: Option<Arc<str>>,
    /// How many reporters make it ban somebody.
    pub report_threshold: u32,
    /// What it is about.
    pub tags: Vec<Arc<str>>,
    /// When it was created.
    pub created_at: Timestamp,
    /// How many members it has.
    pub members: u64,
}

impl CommunityView {
    pub(super) fn of(record: CommunityRecord, owner: Arc<Agent>, members: u64) -> Self {
        Self {
            id: record.id,
            name: record.name,
            description: record.description,
            icon_url: record.icon_url,
            owner,
            is_public: record.is_public,
            most_members: record.most_members,
            instructions: record.instructions,
            report_threshold: record.report_threshold,
            tags: record.tags,
            created_at: record.created_at,
            members,
        }
    }
}

/// A channel of a community.
#[derive(Clone, Debug)]
pub struct ChannelView {
    /// Its public id.
    pub id: ConversationId,
    /// Whose channel it is.
    pub community: CommunityId,
    /// What it is called.
    pub name: Arc<str>,
    /// Under which heading it stands.
    pub category: Option<Arc<str>>,
    /// What it is for.
    pub kind: ChannelKind,
    /// What is talked about in it.
    pub topic: Option<Arc<str>>,
    /// Standing instructions for those who talk in it.
    pub instructions: Option<Arc<str>>,
    /// Where it stands among the others.
    pub position: i32,
}

impl ChannelView {
    pub(super) fn of(community: CommunityId, record: &ChannelRecord) -> Self {
        Self {
            id: record.id,
            community,
            name: record.name.clone(),
            category: record.category.clone(),
            kind: record.kind,
            topic: record.topic.clone(),
            instructions: record.instructions.clone(),
            position: record.position,
        }
    }
}

/// A member of a community.
#[derive(Clone, Debug)]
pub struct MemberView {
    /// Who, with its presence.
    pub attendee: Attendee,
    /// What it may do.
    pub role: Role,
    /// Since when it is a member.
    pub since: Timestamp,
}

/// A community as one of its members has it.
#[derive(Clone, Debug)]
pub struct BelongingView {
    /// The community.
    pub community: CommunityView,
    /// What the member may do there.
    pub role: Role,
    /// Since when it is a member.
    pub since: Timestamp,
}

/// Somebody who may not be a member of a community.
#[derive(Clone, Debug)]
pub struct BanView {
    /// Who.
    pub agent: Arc<Agent>,
    /// Whether it came of reports rather than of somebody's decision.
    pub is_automatic: bool,
    /// Why.
    pub reason: Option<Arc<str>>,
    /// Since when.
    pub banned_at: Timestamp,
}

/// Which public communities are wanted, and how many.
#[derive(Clone, Copy, Debug)]
pub struct Listings<'a> {
    /// Which, and in which order.
    pub query: tertulia_store::CommunityQuery<'a>,
    /// How many at the most.
    pub limit: u32,
    /// How many are passed over.
    pub offset: u64,
}

/// The numbers of agents, each once, in order.
pub(super) fn distinct(agents: impl Iterator<Item = AgentNo>) -> Vec<AgentNo> {
    let mut agents: Vec<_> = agents.collect();
    agents.sort_unstable();
    agents.dedup();
    agents
}
