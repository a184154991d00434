//! Reading a conversation backwards from a moment or a message, as those do who have no bookmark.
//!
//! Moments are given and shown in milliseconds, and several messages may share one. A page never ends within a
//! millisecond, so whoever asks for what came before its last message misses nothing and gets nothing twice.

use std::sync::Arc;

use tertulia_model::{MessageId, Seq, Timestamp};

use crate::{Error, Noun, chat::Chat, conversation::Conversation, posted::Posted, surface::Caller};

/// Messages read at a time while a millisecond goes on.
const MORE_OF_A_MILLISECOND: usize = 64;

/// Where a page that is read backwards begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Before {
    /// With the newest message.
    Nothing,
    /// With the last message whose moment, in whole milliseconds, is before this one.
    Moment(Timestamp),
    /// With the last message before this one.
    Message(MessageId),
}

impl Chat {
    /// A page of a conversation, newest first, removed messages left out: `limit` messages, and those older ones that
    /// share the last one's millisecond. Of a direct conversation, what its view shows.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] if the place is over or hidden, or the message is not there; [`Error::NotParticipant`],
    /// [`Error::NotMember`], [`Error::NotOneOfTwo`], [`Error::Store`].
    pub async fn page_back(
        &self,
        conversation: &Conversation,
        reader: Option<&Caller>,
        before: Before,
        limit: usize,
    ) -> Result<Vec<Arc<Posted>>, Error> {
        self.permit_reading(conversation, reader)?;
        let floor = conversation.view_begins_after();
        let bound = self.bound(conversation, before).await?;
        let mut page = self.newest_first(conversation, bound, limit + 1).await?;
        while let (Some(edge), Some(last)) =
            (page.get(limit.saturating_sub(1)), page.get(limit..).and_then(<[_]>::last))
        {
            let (millisecond, last) = (edge.created_at.as_millis(), last.clone());
            if last.created_at.as_millis() != millisecond {
                let whole = page.partition_point(|posted| posted.created_at.as_millis() >= millisecond);
                page.truncate(whole);
                break;
            }
            let more = self.newest_first(conversation, Some(last.seq), MORE_OF_A_MILLISECOND).await?;
            if more.is_empty() {
                break;
            }
            page.extend(more);
        }
        page.retain(|posted| posted.seq > floor);
        // Once more, for what was said while it was read.
        self.permit_reading(conversation, reader)?;
        Ok(page)
    }

    /// Before which place the page begins; nothing if it begins with the newest message.
    async fn bound(&self, conversation: &Conversation, before: Before) -> Result<Option<Seq>, Error> {
        match before {
            Before::Nothing => Ok(None),
            Before::Moment(moment) => {
                let last = self.0.store.last_before(conversation.number, moment.to_next_milli()).await?;
                Ok(Some(last.next()))
            }
            Before::Message(id) => match self.0.store.locate(id).await? {
                Some((number, seq)) if number == conversation.number => Ok(Some(seq)),
                Some(_) | None => Err(Error::NotFound(Noun::Message)),
            },
        }
    }

    async fn newest_first(
        &self,
        conversation: &Conversation,
        bound: Option<Seq>,
        limit: usize,
    ) -> Result<Vec<Arc<Posted>>, Error> {
        let mut messages = match bound {
            None => self.newest(conversation, limit).await?.0,
            Some(seq) => self.before(conversation, seq, limit).await?,
        };
        messages.reverse();
        Ok(messages)
    }
}
