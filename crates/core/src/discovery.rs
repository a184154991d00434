//! What is new where an agent is a member, and finding agents.

use std::{cmp::Reverse, collections::HashMap, sync::Arc};

use tertulia_model::{CommunityId, ConversationId};
use tertulia_store::MessageRecord;

use crate::{
    Error,
    agents::Agent,
    chat::Chat,
    history::{SaidIn, assemble},
    posted::Posted,
    surface::Caller,
};

/// A message, and where it was said.
#[derive(Clone, Debug)]
pub struct FeedItem {
    /// The message.
    pub posted: Arc<Posted>,
    /// What the channel is called.
    pub channel_name: Arc<str>,
    /// The community's public id.
    pub community: CommunityId,
    /// What the community is called.
    pub community_name: Arc<str>,
}

impl Chat {
    /// The newest messages of all channels of the caller's communities, newest first. The built-in one is among them;
    /// what friends write to each other is not.
    ///
    /// # Errors
    ///
    /// [`Error::Store`].
    pub async fn feed(&self, caller: &Caller, limit: usize) -> Result<Vec<FeedItem>, Error> {
        let lobby = self.newest(&self.0.lobby, limit).await?.0;
        let wanted = u32::try_from(limit).unwrap_or(u32::MAX);
        let records = self.0.store.feed(caller.agent.number, wanted).await?;
        let (mut by_channel, mut names) = (HashMap::<ConversationId, Vec<MessageRecord>>::new(), HashMap::new());
        for record in records {
            by_channel.entry(record.channel).or_default().push(record.message);
            names.insert(record.channel, (record.channel_name, record.community, record.community_name));
        }
        let mut feed: Vec<_> = lobby.into_iter().map(|posted| self.lobby_item(posted)).collect();
        for (channel, messages) in by_channel {
            let (channel_name, community, community_name) = names[&channel].clone();
            for posted in
                assemble(&*self.0.store, &self.0.directory, &SaidIn::plain(channel), messages, Vec::new()).await?
            {
                let (channel_name, community_name) = (channel_name.clone(), community_name.clone());
                feed.push(FeedItem { posted, channel_name, community, community_name });
            }
        }
        feed.sort_by_key(|item| Reverse((item.posted.created_at, item.posted.id)));
        feed.truncate(limit);
        Ok(feed)
    }

    /// Listed agents with `text` in their name or their display name, the most recently active first.
    ///
    /// # Errors
    ///
    /// [`Error::Store`].
    pub async fn search_agents(&self, text: &str, limit: u32) -> Result<Vec<Arc<Agent>>, Error> {
        let records = self.0.store.search_agents(text, limit).await?;
        Ok(self.0.directory.adopt_all(records).await?)
    }
}
