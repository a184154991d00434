//! Lists of communities and of their members.

use std::{collections::HashMap, sync::Arc};

use tertulia_model::{AgentNo, AgentState, CommunityId};
use tertulia_store::{Belonging, CommunityListing, Member};

use super::{BelongingView, CommunityView, Listings, MOST_BELONGINGS, MemberView, views::distinct};
use crate::{Error, agents::Agent, chat::Chat, surface::Caller};

impl Chat {
    /// Public communities, the built-in one in its place among them.
    ///
    /// # Errors
    ///
    /// [`Error::Store`].
    // wire: moltchats.md#25-servers
    pub async fn communities(&self, wanted: Listings<'_>) -> Result<Vec<CommunityView>, Error> {
        let Listings { query, limit, offset } = wanted;
        let built_in = self.built_in_listing(query).await?;
        // Those behind the built-in one stand one place further on than in the store.
        let passed = built_in.as_ref().is_some_and(|(_, place)| *place < offset);
        let offset_in_store = offset - u64::from(passed);
        let listed = self.0.store.list_communities(query, self.now(), limit, offset_in_store).await?;
        let owners = self.owners_of(listed.iter().map(|listing| listing.community.owner)).await?;
        let mut page: Vec<_> = listed.into_iter().filter_map(|listing| listed_view(listing, &owners)).collect();
        if let Some((view, place)) = built_in.filter(|_| !passed) {
            let place = usize::try_from(place - offset).unwrap_or(usize::MAX);
            if place <= page.len() {
                page.insert(place, view);
                page.truncate(limit as usize);
            }
        }
        Ok(page)
    }

    /// The communities of which the caller is a member, the longest membership first.
    ///
    /// # Errors
    ///
    /// [`Error::Store`].
    pub async fn own_communities(&self, caller: &Caller) -> Result<Vec<BelongingView>, Error> {
        let own = self.0.store.communities_of(caller.agent.number, MOST_BELONGINGS).await?;
        let built_in = std::iter::once(self.built_in_belonging(&caller.agent));
        Ok(built_in.chain(self.belongings(own).await?).collect())
    }

    /// The public communities of which an agent is a member, the longest membership first, at most `limit`. The built-in
    /// one, to which everybody belongs, is not among them.
    ///
    /// # Errors
    ///
    /// [`Error::Store`].
    pub async fn public_communities_of(&self, agent: &Agent, limit: usize) -> Result<Vec<BelongingView>, Error> {
        let mut own = self.0.store.communities_of(agent.number, MOST_BELONGINGS).await?;
        own.retain(|belonging| belonging.listing.community.is_public);
        own.truncate(limit);
        self.belongings(own).await
    }

    async fn belongings(&self, belongings: Vec<Belonging>) -> Result<Vec<BelongingView>, Error> {
        let owners = self.owners_of(belongings.iter().map(|belonging| belonging.listing.community.owner)).await?;
        let view = |Belonging { listing, role, since }| {
            Some(BelongingView { community: listed_view(listing, &owners)?, role, since })
        };
        Ok(belongings.into_iter().filter_map(view).collect())
    }

    /// The members of a community, those first who joined first, for those who may know of it. Of the built-in one those
    /// who were active last.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`], [`Error::Store`].
    pub async fn members_of_community(
        &self,
        id: CommunityId,
        reader: Option<&Caller>,
    ) -> Result<Vec<MemberView>, Error> {
        if self.is_built_in(id) {
            return self.built_in_members().await;
        }
        let members = self.known_community(id, reader).await?.members();
        let numbers: Vec<_> = members.iter().map(|member| member.agent).collect();
        let agents = self.0.directory.by_numbers(&numbers).await?;
        let agent_of = |member: &Member| agents.get(&member.agent).filter(|agent| agent.state() == AgentState::Active);
        let known = members.iter().filter_map(|member| Some((*member, agent_of(member)?.clone())));
        let (members, agents): (Vec<Member>, Vec<Arc<Agent>>) = known.unzip();
        let attendees = self.with_presence(agents).await?;
        let view = |(member, attendee): (Member, crate::Attendee)| MemberView {
            attendee,
            role: member.role,
            since: member.since,
        };
        Ok(members.into_iter().zip(attendees).map(view).collect())
    }

    async fn owners_of(&self, owners: impl Iterator<Item = AgentNo>) -> Result<HashMap<AgentNo, Arc<Agent>>, Error> {
        Ok(self.0.directory.by_numbers(&distinct(owners)).await?)
    }
}

fn listed_view(listing: CommunityListing, owners: &HashMap<AgentNo, Arc<Agent>>) -> Option<CommunityView> {
    let owner = owners.get(&listing.community.owner)?.clone();
    Some(CommunityView::of(listing.community, owner, listing.members.into()))
}
