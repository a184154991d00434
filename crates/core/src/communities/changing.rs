//! How a community is changed: between two batches, checked in memory, done by the store in one operation, noted in
//! memory, told.

use std::sync::Arc;

use tertulia_model::CommunityId;
use tertulia_store::StoreError;

use super::{Community, stance::Wish};
use crate::{
    Error, Noun, chat::Chat, conversation::Conversation, fanout::Announcement, notice::Event, surface::Caller,
};

impl Chat {
    /// A community of which `reader` may know. The built-in one is none.
    pub(super) async fn known_community(
        &self,
        id: CommunityId,
        reader: Option<&Caller>,
    ) -> Result<Arc<Community>, Error> {
        let found = self.0.communities.find(id, &self.0.directory).await?;
        let community = found.ok_or(Error::NotFound(Noun::Community))?;
        self.settle(&community).await?;
        community.grant(reader.map(|caller| caller.agent.number), Wish::Know)?;
        Ok(community)
    }

    /// Reads a community anew if memory may have missed a change of it.
    pub(crate) async fn settle(&self, community: &Arc<Community>) -> Result<(), Error> {
        if !community.is_stale() {
            return Ok(());
        }
        let (chat, community) = (self.clone(), community.clone());
        let reading = async move { chat.read_anew(&community).await };
        self.0.journal.exclusively(reading).await
    }

    /// What a change of a community has come to. After a failure nobody knows but the store: memory asks it, and until it
    /// has answered nobody is granted anything there. Only between two batches.
    pub(super) async fn outcome<T>(
        &self,
        community: &Arc<Community>,
        outcome: Result<T, StoreError>,
    ) -> Result<T, Error> {
        if outcome.is_err() {
            community.distrust();
            if let Err(error) = self.read_anew(community).await {
                tracing::warn!(error = &error as &dyn std::error::Error, "a community could not be read anew");
            }
        }
        Ok(outcome?)
    }

    /// Takes over what the store says of a community. Only between two batches.
    async fn read_anew(&self, community: &Arc<Community>) -> Result<(), Error> {
        if !community.is_stale() {
            return Ok(());
        }
        let before = community.channels();
        let whole = self.0.store.whole_community(community.id).await?;
        let (is_gone, after) = (whole.is_none(), whole.as_ref().map(|whole| whole.channels.clone()));
        if let Some(whole) = &whole {
            community.set_owner(self.owner_of(whole.community.owner).await?);
        }
        community.replace(whole);
        if is_gone {
            self.0.communities.forget(community.id);
        }
        let after = after.unwrap_or_default();
        let lost = before.iter().map(|channel| channel.number);
        let lost: Vec<_> = lost.filter(|number| !after.iter().any(|channel| channel.number == *number)).collect();
        let ended = self.0.conversations.end_channels(&lost);
        self.withdraw_from(ended).await;
        self.withdraw_from_all(community).await;
        Ok(())
    }

    /// Tells those who listen to channels that somebody may not read on: whom that concerns hears no more.
    pub(super) async fn withdraw_from(&self, channels: Vec<Arc<Conversation>>) {
        let withdrawal = |conversation| Announcement { conversation, events: vec![Event::Withdrawal] };
        let announcements: Vec<_> = channels.into_iter().map(withdrawal).collect();
        if !announcements.is_empty() {
            self.0.fanout.announce(announcements.into()).await;
        }
    }

    /// As [`Chat::withdraw_from`], for all channels of a community.
    pub(super) async fn withdraw_from_all(&self, community: &Community) {
        let channels = community.channels();
        let in_use = channels.iter().filter_map(|channel| self.0.conversations.in_use(channel.number));
        self.withdraw_from(in_use.collect()).await;
    }
}
