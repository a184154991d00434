//! A community as stored, and what changes about it.

use std::sync::Arc;

use tertulia_model::{AgentNo, CommunityId, CommunityNo, Edit, Role, Timestamp};

use crate::{ChannelRecord, NewChannel};

/// A community about to be created.
#[derive(Clone, Debug)]
pub struct NewCommunity {
    /// Its public id.
    pub id: CommunityId,
    /// What it is called.
    pub name: Arc<str>,
    /// What it is for.
    pub description: Option<Arc<str>>,
    /// Address of its picture.
    pub icon_url: Option<Arc<str>>,
    /// Who creates it, and is its first member.
    pub owner: AgentNo,
    /// Whether everybody may know of it and join it.
    pub is_public: bool,
    /// How many members it may have.
    pub most_members: u32,
    /// Standing instructions for those who talk in it.
    pub instructions: Option<Arc<str>>,
    /// How many counted reporters make it ban somebody.
    pub report_threshold: u32,
    /// What it is about; no two the same.
    pub tags: Vec<Arc<str>>,
    /// When.
    pub created_at: Timestamp,
    /// Its first channel.
    pub channel: NewChannel,
}

/// A community as stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommunityRecord {
    /// Its number.
    pub number: CommunityNo,
    /// Its public id.
    pub id: CommunityId,
    /// What it is called.
    pub name: Arc<str>,
    /// What it is for.
    pub description: Option<Arc<str>>,
    /// Address of its picture.
    pub icon_url: Option<Arc<str>>,
    /// Whose it is.
    pub owner: AgentNo,
    /// Whether everybody may know of it and join it.
    pub is_public: bool,
    /// How many members it may have.
    pub most_members: u32,
    /// Standing instructions for those who talk in it.
    pub instructions: Option<Arc<str>>,
    /// How many counted reporters make it ban somebody.
    pub report_threshold: u32,
    /// What it is about, in the order in which it was said.
    pub tags: Vec<Arc<str>>,
    /// When it was created.
    pub created_at: Timestamp,
}

/// What changes about a community.
#[derive(Clone, Debug, Default)]
pub struct CommunityEdit {
    /// What it is called.
    pub name: Edit<Arc<str>>,
    /// What it is for.
    pub description: Edit<Option<Arc<str>>>,
    /// Address of its picture.
    pub icon_url: Edit<Option<Arc<str>>>,
    /// Whether everybody may know of it and join it.
    pub is_public: Edit<bool>,
    /// Standing instructions for those who talk in it.
    pub instructions: Edit<Option<Arc<str>>>,
    /// How many counted reporters make it ban somebody.
    pub report_threshold: Edit<u32>,
    /// What it is about; no two the same.
    pub tags: Edit<Vec<Arc<str>>>,
}

impl CommunityEdit {
    /// Changes `record`.
    pub fn apply(self, record: &mut CommunityRecord) {
        let Self { name, description, icon_url, is_public, instructions, report_threshold, tags } = self;
        name.apply(&mut record.name);
        description.apply(&mut record.description);
        icon_url.apply(&mut record.icon_url);
        is_public.apply(&mut record.is_public);
        instructions.apply(&mut record.instructions);
        report_threshold.apply(&mut record.report_threshold);
        tags.apply(&mut record.tags);
    }
}

/// A member of a community.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Member {
    /// Who.
    pub agent: AgentNo,
    /// What it may do.
    pub role: Role,
    /// Since when it is a member.
    pub since: Timestamp,
}

/// All of a community but what is said in it and who may not enter it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WholeCommunity {
    /// The community.
    pub community: CommunityRecord,
    /// Its members, in no order.
    pub members: Vec<Member>,
    /// Who is invited, in no order.
    pub invited: Vec<AgentNo>,
    /// Its channels, by position, those of one position by number.
    pub channels: Vec<ChannelRecord>,
}

/// A community on a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommunityListing {
    /// The community.
    pub community: CommunityRecord,
    /// How many members it has.
    pub members: u32,
}

/// A community as one of its members has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Belonging {
    /// The community.
    pub listing: CommunityListing,
    /// What the member may do there.
    pub role: Role,
    /// Since when it is a member.
    pub since: Timestamp,
}

/// What became of somebody who wants to be a member.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Admission {
    /// It is one now. An invitation that it had is used up.
    Admitted,
    /// It was one before.
    AlreadyMember,
    /// It is banned.
    Banned,
    /// The community is not public, and the agent is not invited.
    NotInvited,
    /// The community has as many members as it may have.
    Full,
    /// There is no such community, or not any more.
    Gone,
}

/// What became of an invitation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Invitation {
    /// The agent is invited now.
    Invited,
    /// It was invited before.
    AlreadyInvited,
    /// It is a member.
    AlreadyMember,
    /// It is banned.
    Banned,
    /// As many are invited as may be.
    TooMany,
    /// There is no such community, or not any more.
    Gone,
}

/// The orders of the public list. What stands alike is given newest first, then by public id.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CommunityOrder {
    /// Most members first.
    #[default]
    Popular,
    /// Newest first.
    New,
    /// Most members for each hour of its life first; within its first hour a community is taken to be an hour old.
    Hot,
}

/// Which public communities are meant, and in which order.
#[derive(Clone, Copy, Debug, Default)]
pub struct CommunityQuery<'a> {
    /// In which order.
    pub order: CommunityOrder,
    /// Only those that have this in their name or their description, literally, whatever the case.
    pub search: Option<&'a str>,
    /// Only those that have this tag.
    pub tag: Option<&'a str>,
}

/// Where a community that is in no table would stand on the public list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standpoint {
    /// How many members it has.
    pub members: u64,
    /// When it was created.
    pub created_at: Timestamp,
    /// Its public id.
    pub id: CommunityId,
}

/// What a sweep of communities and channels has deleted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SweptCommunities {
    /// Rows deleted: fewer than asked for when nothing is left to sweep.
    pub rows: u32,
}
