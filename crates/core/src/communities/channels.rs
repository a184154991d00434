//! The channels of communities: creating, editing and deleting them.

use std::sync::Arc;

use tertulia_model::{CommunityId, ConversationId, random_uuid};
use tertulia_store::{ChannelCreation, ChannelRecord, NewChannel};

use super::{ChannelChanges, ChannelPlan, ChannelView, Community, MOST_CHANNELS, stance::Wish};
use crate::{
    Barred, Deed, Error, Noun,
    chat::Chat,
    conversation::{Conversation, Kind},
    conversations::KnownChannel,
    surface::Caller,
};

impl Chat {
    /// Creates a channel.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`], [`Barred::NotAdmin`], [`Barred::TooManyChannels`], [`Error::Suspended`],
    /// [`Error::Stopping`], [`Error::Store`].
    pub async fn create_channel(
        &self,
        caller: &Caller,
        id: CommunityId,
        plan: ChannelPlan,
    ) -> Result<ChannelView, Error> {
        Self::permit(&caller.agent, Deed::ManageCommunity)?;
        self.not_built_in(id, Barred::NotAdmin)?;
        let community = self.known_community(id, Some(caller)).await?;
        let (chat, agent, new) = (self.clone(), caller.agent.clone(), self.planned_channel(plan));
        let creation = async move {
            Self::permit(&agent, Deed::ManageCommunity)?;
            community.grant(Some(agent.number), Wish::Keep)?;
            let created = chat.0.store.create_channel(community.number, &new, MOST_CHANNELS).await;
            match chat.outcome(&community, created).await? {
                ChannelCreation::Created(record) => {
                    let view = ChannelView::of(community.id, &record);
                    community.put_channel(record);
                    Ok(view)
                }
                ChannelCreation::TooMany => Err(Barred::TooManyChannels.into()),
                ChannelCreation::Gone => Err(Error::NotFound(Noun::Community)),
            }
        };
        self.0.journal.exclusively(creation).await
    }

    fn planned_channel(&self, plan: ChannelPlan) -> NewChannel {
        NewChannel {
            id: ConversationId::from_uuid(random_uuid(self.random())),
            name: plan.name.into(),
            category: plan.category.map(Into::into),
            kind: plan.kind,
            topic: plan.topic.map(Into::into),
            instructions: plan.instructions.map(Into::into),
            position: plan.position,
            created_at: self.now(),
        }
    }

    /// Changes what a channel says about itself.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`], [`Barred::NotAdmin`], [`Barred::Direct`] for the view of a direct conversation,
    /// [`Error::Suspended`], [`Error::Stopping`], [`Error::Store`].
    pub async fn edit_channel(
        &self,
        caller: &Caller,
        id: ConversationId,
        changes: ChannelChanges,
    ) -> Result<ChannelView, Error> {
        let (community, channel) = self.kept_channel(caller, id).await?;
        let (chat, agent) = (self.clone(), caller.agent.clone());
        let edit = async move {
            Self::permit(&agent, Deed::ManageCommunity)?;
            community.grant(Some(agent.number), Wish::Keep).map_err(unknown_channel)?;
            let record = community.channel(channel.id).ok_or(Error::NotFound(Noun::Channel))?;
            let edit = changes.into();
            let edited = chat.0.store.edit_channel(record.number, &edit).await;
            if !chat.outcome(&community, edited).await? {
                return Err(Error::NotFound(Noun::Channel));
            }
            let mut record = ChannelRecord::clone(&record);
            edit.apply(&mut record);
            let view = ChannelView::of(community.id, &record);
            community.put_channel(record);
            Ok(view)
        };
        self.0.journal.exclusively(edit).await
    }

    /// Deletes a channel. Who listens to it hears no more.
    ///
    /// # Errors
    ///
    /// As [`Chat::edit_channel`].
    pub async fn delete_channel(&self, caller: &Caller, id: ConversationId) -> Result<(), Error> {
        let (community, channel) = self.kept_channel(caller, id).await?;
        let (chat, agent) = (self.clone(), caller.agent.clone());
        let deletion = async move {
            Self::permit(&agent, Deed::ManageCommunity)?;
            community.grant(Some(agent.number), Wish::Keep).map_err(unknown_channel)?;
            let record = community.channel(channel.id).ok_or(Error::NotFound(Noun::Channel))?;
            let deleted = chat.0.store.delete_channel(record.number, chat.now()).await;
            chat.outcome(&community, deleted).await?;
            community.remove_channel(record.number);
            let ended = chat.0.conversations.end_channels(&[record.number]);
            chat.withdraw_from(ended).await;
            Ok(())
        };
        self.0.journal.exclusively(deletion).await
    }

    /// The channel of a community that has this id.
    pub(crate) async fn channel_of_community(&self, id: ConversationId) -> Result<Option<Arc<Conversation>>, Error> {
        loop {
            let expected = match self.0.conversations.known_channel(id) {
                KnownChannel::Here(conversation) => {
                    if let Some(channel) = conversation.channel() {
                        self.settle(&channel.community).await?;
                    }
                    return Ok(Some(conversation).filter(|conversation| !conversation.is_over(self.now())));
                }
                KnownChannel::Unread(expected) => expected,
            };
            let Some(home) = self.0.store.home_of_channel(id).await? else { return Ok(None) };
            let Some(community) = self.0.communities.find(home, &self.0.directory).await? else { return Ok(None) };
            self.settle(&community).await?;
            let Some(record) = community.channel(id) else { return Ok(None) };
            let read = self.0.conversations.read_channel(id, record.number, community, expected).await?;
            if read.is_some() {
                return Ok(read);
            }
        }
    }

    /// A channel that the caller helps to keep, and whose it is.
    async fn kept_channel(
        &self,
        caller: &Caller,
        id: ConversationId,
    ) -> Result<(Arc<Community>, Arc<Conversation>), Error> {
        Self::permit(&caller.agent, Deed::ManageCommunity)?;
        let conversation = self.channel(id).await?;
        let community = match &conversation.kind {
            Kind::Lobby => return Err(Barred::NotAdmin.into()),
            Kind::Channel(channel) => channel.community.clone(),
            Kind::Direct(direct) => {
                direct.permit_viewing(Some(caller.agent.number)).map_err(|_| Error::NotFound(Noun::Channel))?;
                return Err(Barred::Direct.into());
            }
            Kind::Trial(trial) => {
                trial.permit_reading(Some(caller.agent.number))?;
                return Err(Barred::Direct.into());
            }
            Kind::Room(_) | Kind::Group(_) => return Err(Error::NotFound(Noun::Channel)),
        };
        community.grant(Some(caller.agent.number), Wish::Keep).map_err(unknown_channel)?;
        Ok((community, conversation))
    }

    /// Standing instructions for those who talk in a conversation: its community's, and its own.
    #[must_use]
    pub fn instructions_for(&self, conversation: &Conversation) -> [Option<Arc<str>>; 2] {
        match &conversation.kind {
            Kind::Channel(channel) => channel.community.instructions(conversation.number),
            Kind::Lobby | Kind::Room(_) | Kind::Direct(_) | Kind::Group(_) | Kind::Trial(_) => [None, None],
        }
    }
}

/// Who may not know of a community does not know of its channels.
pub(super) fn unknown_channel(refused: Error) -> Error {
    if matches!(refused, Error::NotFound(Noun::Community)) { Error::NotFound(Noun::Channel) } else { refused }
}
