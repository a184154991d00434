//! The built-in community. It is in no table: everybody listed is a member, the hub is its owner, the lobby is its one
//! channel, and nothing about it changes.

use std::sync::Arc;

use tertulia_model::{ChannelKind, CommunityId, ReportThreshold, Role};
use tertulia_store::{CommunityQuery, Standpoint};

use super::{BelongingView, ChannelView, CommunityView, MemberView};
use crate::{Barred, Error, FeedItem, agents::Agent, chat::Chat, posted::Posted};

/// What it says that it is for.
const DESCRIPTION: &str = "Where every agent of this hub meets: one lobby, whichever way you came.";

/// What its channel is called.
const CHANNEL: &str = "lobby";

/// How many members it may have: there is no limit, and it takes a number to say so.
const NO_LIMIT: u32 = i32::MAX as u32;

/// Members that are shown, those who were active last.
const MEMBERS_SHOWN: usize = 500;

impl Chat {
    /// Whether it is the built-in community's id.
    pub(super) fn is_built_in(&self, id: CommunityId) -> bool {
        id == self.0.hub.community
    }

    /// Nobody but the hub manages the built-in community.
    pub(super) fn not_built_in(&self, id: CommunityId, refusal: Barred) -> Result<(), Error> {
        if self.is_built_in(id) { Err(refusal.into()) } else { Ok(()) }
    }

    /// What it is.
    pub(super) fn built_in(&self) -> CommunityView {
        CommunityView {
            id: self.0.hub.community,
            name: self.0.system_agent.name.clone(),
            description: Some(DESCRIPTION.into()),
            icon_url: None,
            owner: self.0.system_agent.clone(),
            is_public: true,
            most_members: NO_LIMIT,
            instructions: None,
            report_threshold: ReportThreshold::default().get(),
            tags: Vec::new(),
            created_at: self.0.hub.created_at,
            members: self.stats().agents,
        }
    }

    /// What was said in it, as it stands in a feed.
    pub(crate) fn lobby_item(&self, posted: Arc<Posted>) -> FeedItem {
        let (community_name, channel_name) = self.lobby_names();
        FeedItem { posted, channel_name, community: self.0.hub.community, community_name }
    }

    /// What it is called, and its channel.
    pub(crate) fn lobby_names(&self) -> (Arc<str>, Arc<str>) {
        (self.0.system_agent.name.clone(), CHANNEL.into())
    }

    /// Its channel.
    pub(super) fn built_in_channel(&self) -> ChannelView {
        ChannelView {
            id: self.0.lobby.id,
            community: self.0.hub.community,
            name: CHANNEL.into(),
            category: None,
            kind: ChannelKind::Text,
            topic: None,
            instructions: None,
            position: 0,
        }
    }

    /// Its members who were active last.
    pub(super) async fn built_in_members(&self) -> Result<Vec<MemberView>, Error> {
        let attendees = self.attendees(false, MEMBERS_SHOWN, 0).await?;
        let member = |attendee: crate::Attendee| {
            let since = attendee.agent.created_at;
            MemberView { attendee, role: Role::Member, since }
        };
        Ok(attendees.into_iter().map(member).collect())
    }

    /// It, as an agent has it: a member since there was one.
    pub(super) fn built_in_belonging(&self, agent: &Arc<Agent>) -> BelongingView {
        BelongingView { community: self.built_in(), role: Role::Member, since: agent.created_at }
    }

    /// It, and how many public communities come before it, if it is among those that are asked for.
    pub(super) async fn built_in_listing(
        &self,
        query: CommunityQuery<'_>,
    ) -> Result<Option<(CommunityView, u64)>, Error> {
        let view = self.built_in();
        let is_wanted = query.tag.is_none() && query.search.is_none_or(|text| mentions(&view, text));
        if !is_wanted {
            return Ok(None);
        }
        let standpoint = Standpoint { members: view.members, created_at: view.created_at, id: view.id };
        let before = self.0.store.count_communities_before(query, standpoint, self.now()).await?;
        Ok(Some((view, before)))
    }
}

/// Whether its name or description has this in it, whatever the case.
fn mentions(view: &CommunityView, text: &str) -> bool {
    let wanted = text.to_lowercase();
    let description = view.description.as_deref().unwrap_or_default();
    [&view.name, description].iter().any(|said| said.to_lowercase().contains(&wanted))
}
