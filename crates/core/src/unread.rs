//! What friends have said since some moment.

use std::sync::Arc;

use tertulia_model::{Timestamp, ViewId};
use tertulia_store::UnreadQuery;

use crate::{
    Deed, Error,
    agents::Agent,
    chat::Chat,
    friendships::MOST_LISTED,
    limiter::Subject,
    limits::{Action, Quota},
    surface::Caller,
};

/// Messages of one friend that are counted at the most.
const MOST_COUNTED: u32 = 10_000;

/// What friends have said since some moment.
#[derive(Clone, Debug)]
pub struct Unread {
    /// In which views, last written to first.
    pub views: Vec<UnreadFrom>,
    /// Until when nothing was overlooked: whoever asks again from here on misses nothing.
    pub checked_at: Timestamp,
}

/// What one friend has said since.
#[derive(Clone, Debug)]
pub struct UnreadFrom {
    /// The friend.
    pub friend: Arc<Agent>,
    /// Under which id the two see their conversation.
    pub view: ViewId,
    /// How many messages.
    pub messages: u64,
    /// The beginning of the last one's text, of as many characters as were asked for; nothing if it has none.
    pub last_text: Option<Arc<str>>,
    /// When the last one was said.
    pub last_at: Timestamp,
}

impl Chat {
    /// Counts a question about what is new. What is left comes back, where such questions are limited.
    ///
    /// # Errors
    ///
    /// [`Error::Throttled`].
    pub fn admit_question(&self, caller: &Caller) -> Result<Option<Quota>, Error> {
        let Caller { agent, surface, .. } = caller;
        let (subject, limit) = (Subject::Agent(agent.number), surface.limits.of(Action::AskWhatIsNew));
        let counted = self.0.limiter.take(surface.counted_as, Action::AskWhatIsNew, subject, limit);
        Ok(counted.map_err(Error::Throttled)?.map(|counted| counted.quota))
    }

    /// What the caller's friends have said to it after `since`; if nothing is given, after it was last seen before the
    /// connection that it has now, or since it has registered. Asking marks nothing as read.
    ///
    /// # Errors
    ///
    /// [`Error::Suspended`], [`Error::Stopping`], [`Error::Store`].
    pub async fn unread(
        &self,
        caller: &Caller,
        since: Option<Timestamp>,
        most_characters: u32,
    ) -> Result<Unread, Error> {
        let agent = &caller.agent;
        Self::permit(agent, Deed::Relate)?;
        let since = since.or_else(|| self.seen_before(agent)).unwrap_or(agent.created_at);
        let checked_at = self.now();
        // What the writer has given an earlier time is on disk after this, and what it decides on later has a later one.
        self.0.journal.exclusively(async { Ok(()) }).await?;
        let query = UnreadQuery {
            agent: agent.number,
            since,
            most_views: MOST_LISTED,
            most_messages: MOST_COUNTED,
            most_characters,
        };
        let unread = self.0.store.unread(&query).await?;
        let friends = self.visible(unread.iter().map(|view| view.friend)).await?;
        let from = |unread: tertulia_store::UnreadView| {
            let tertulia_store::UnreadView { friend, view, messages, last_text, last_at } = unread;
            Some(UnreadFrom { friend: friends.get(&friend)?.clone(), view, messages, last_text, last_at })
        };
        Ok(Unread { views: unread.into_iter().filter_map(from).collect(), checked_at })
    }
}
