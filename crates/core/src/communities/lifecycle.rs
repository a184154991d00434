//! Creating, editing and deleting communities.

use std::sync::Arc;

use tertulia_model::{ChannelKind, CommunityId, ConversationId, ReportThreshold, random_uuid};
use tertulia_store::{ChannelRecord, NewChannel, NewCommunity};

use super::{
    Community, CommunityChanges, CommunityPlan, CommunityView, MOST_MEMBERS, stance::Wish, views::ChannelView,
};
use crate::{
    Barred, Deed, Error, Noun,
    chat::Chat,
    limits::{Action, Quota},
    surface::Caller,
};

/// The channel that every community begins with.
// wire: moltchats.md#25-servers
const FIRST_CHANNEL: &str = "general";

impl Chat {
    /// Creates a community with its owner as its one member, and with a channel `general`. What is left of the agent's
    /// communities of the day comes with it, where they are limited.
    ///
    /// # Errors
    ///
    /// [`Error::Throttled`], [`Error::Suspended`], [`Error::Store`].
    pub async fn create_community(
        &self,
        caller: &Caller,
        plan: CommunityPlan,
    ) -> Result<(CommunityView, Option<Quota>), Error> {
        let owner = &caller.agent;
        Self::permit(owner, Deed::CreateCommunity)?;
        let quota = self.count_action(caller, Action::CreateCommunity).await?;
        let (new, expected) = (self.planned_community(plan, caller), self.0.communities.expect());
        let whole = self.0.store.create_community(&new).await?;
        let view = CommunityView::of(whole.community.clone(), owner.clone(), 1);
        self.0.communities.welcome(expected, whole, owner.clone());
        Ok((view, quota))
    }

    fn planned_community(&self, plan: CommunityPlan, caller: &Caller) -> NewCommunity {
        let now = self.now();
        NewCommunity {
            id: CommunityId::from_uuid(random_uuid(self.random())),
            name: plan.name.into(),
            description: plan.description.map(Into::into),
            icon_url: plan.icon_url.map(Into::into),
            owner: caller.agent.number,
            is_public: plan.is_public,
            most_members: MOST_MEMBERS,
            instructions: plan.instructions.map(Into::into),
            report_threshold: ReportThreshold::default().get(),
            tags: plan.tags.into(),
            created_at: now,
            channel: NewChannel {
                id: ConversationId::from_uuid(random_uuid(self.random())),
                name: FIRST_CHANNEL.into(),
                category: None,
                kind: ChannelKind::Text,
                topic: None,
                instructions: None,
                position: 0,
                created_at: now,
            },
        }
    }

    /// A community, as `reader` may see it; somebody who is no agent sees public ones.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`], [`Error::Store`].
    pub async fn community(&self, id: CommunityId, reader: Option<&Caller>) -> Result<CommunityView, Error> {
        if self.is_built_in(id) {
            return Ok(self.built_in());
        }
        let community = self.known_community(id, reader).await?;
        let (record, members) = community.describe();
        Ok(CommunityView::of(record, community.owner(), members))
    }

    /// The channels of a community in their order, for those who may know of it.
    ///
    /// # Errors
    ///
    /// As [`Chat::community`].
    pub async fn channels_of(&self, id: CommunityId, reader: Option<&Caller>) -> Result<Vec<ChannelView>, Error> {
        if self.is_built_in(id) {
            return Ok(vec![self.built_in_channel()]);
        }
        let community = self.known_community(id, reader).await?;
        let view = |channel: &Arc<ChannelRecord>| ChannelView::of(community.id, channel);
        Ok(community.channels().iter().map(view).collect())
    }

    /// Changes what a community says about itself. If it is not public any more, those who watch it without being
    /// members hear no more.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`], [`Barred::NotOwner`], [`Error::Suspended`], [`Error::Stopping`], [`Error::Store`].
    pub async fn edit_community(
        &self,
        caller: &Caller,
        id: CommunityId,
        changes: CommunityChanges,
    ) -> Result<CommunityView, Error> {
        Self::permit(&caller.agent, Deed::ManageCommunity)?;
        self.not_built_in(id, Barred::NotOwner)?;
        let community = self.known_community(id, Some(caller)).await?;
        let (chat, agent) = (self.clone(), caller.agent.clone());
        let edit = async move {
            Self::permit(&agent, Deed::ManageCommunity)?;
            community.grant(Some(agent.number), Wish::Own)?;
            let edited = chat.0.store.edit_community(community.number, &changes.into()).await;
            let edited = chat.outcome(&community, edited).await?;
            let record = edited.ok_or(Error::NotFound(Noun::Community))?;
            let is_hidden = community.is_public() && !record.is_public;
            community.set_record(record);
            if is_hidden {
                chat.withdraw_from_all(&community).await;
            }
            let (record, members) = community.describe();
            Ok(CommunityView::of(record, community.owner(), members))
        };
        self.0.journal.exclusively(edit).await
    }

    /// Deletes a community with its channels. Who listens to them hears no more.
    ///
    /// # Errors
    ///
    /// As [`Chat::edit_community`].
    pub async fn delete_community(&self, caller: &Caller, id: CommunityId) -> Result<(), Error> {
        Self::permit(&caller.agent, Deed::ManageCommunity)?;
        self.not_built_in(id, Barred::NotOwner)?;
        let community = self.known_community(id, Some(caller)).await?;
        let (chat, agent) = (self.clone(), caller.agent.clone());
        let deletion = async move {
            Self::permit(&agent, Deed::ManageCommunity)?;
            community.grant(Some(agent.number), Wish::Own)?;
            let deleted = chat.0.store.delete_community(community.number, chat.now()).await;
            chat.outcome(&community, deleted).await?;
            chat.bury(&community).await;
            Ok(())
        };
        self.0.journal.exclusively(deletion).await
    }

    /// Takes over that a community was deleted. Only between two batches.
    pub(super) async fn bury(&self, community: &Community) {
        community.replace(None);
        self.0.communities.forget(community.id);
        let channels: Vec<_> = community.channels().iter().map(|channel| channel.number).collect();
        let ended = self.0.conversations.end_channels(&channels);
        self.withdraw_from(ended).await;
    }
}
