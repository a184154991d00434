//! Conversations of two and groups as one agent reads them: without what it has hidden from itself, with how far their
//! messages have come, and with its own place for each. Removed messages keep their place.
//!
//! Who has no part in a conversation does not learn that it exists, nor does anybody of one in which nothing was said.

mod hiding;
mod listing;
mod part;
mod queue;
mod reading;

use std::sync::Arc;

use tertulia_model::{AgentNo, ConversationId, MessageId, MessageNo, Seq};
use tertulia_store::{Receipt, Slice, ThreadMarks, ThreadMarksQuery, ThreadQuery};
use uuid::Uuid;

pub use self::listing::{GroupFace, KnownContact, ThreadContext, ThreadFace, ThreadView};
use crate::{
    Error, Noun,
    agents::Agent,
    chat::Chat,
    conversation::Conversation,
    history::{SaidIn, assemble},
    posted::Posted,
    surface::Caller,
};

/// A conversation as it is named: what kind of one it is taken for is part of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ThreadRef {
    /// Of two.
    Direct(ConversationId),
    /// A group.
    Group(ConversationId),
}

/// Which part of a conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Window {
    /// The newest messages.
    Newest,
    /// The last messages before this place.
    Before(Seq),
    /// The first messages after this place.
    After(Seq),
    /// The last messages up to this one.
    Through(MessageId),
}

/// A message as one agent reads it.
#[derive(Clone, Debug)]
pub struct ThreadRow {
    /// The message.
    pub posted: Arc<Posted>,
    /// How far it has come, as far as the reader may know: with itself, or of its own message with the other of two.
    pub receipt: Receipt,
    /// The reader's own place for it; nothing if it got no copy, as of what it has said itself.
    pub place: Option<Uuid>,
}

/// Who reads what.
#[derive(Clone, Copy)]
struct Reader<'r> {
    agent: &'r Agent,
    conversation: &'r Conversation,
    /// The other of two.
    other: Option<AgentNo>,
    /// The last message that it may not see, whatever it has hidden.
    after: Seq,
}

impl<'r> Reader<'r> {
    /// Whether `agent` may read the conversation, and from where on.
    fn of(agent: &'r Agent, conversation: &'r Conversation) -> Result<Self, Error> {
        let (other, after) = match (conversation.direct(), conversation.group()) {
            (Some(direct), _) => (direct.other(agent.number).map(|other| other.number), Seq::START),
            (None, Some(group)) => {
                if let Some(gone) = group.gone() {
                    return Err(gone.into());
                }
                let member = group.member(agent.number).ok_or(Error::NotFound(Noun::Conversation))?;
                (None, Seq(member.joined_seq.0.saturating_sub(1)))
            }
            (None, None) => return Err(Error::NotFound(Noun::Conversation)),
        };
        if conversation.direct().is_some() && other.is_none() {
            return Err(Error::NotFound(Noun::Conversation));
        }
        Ok(Self { agent, conversation, other, after })
    }

    /// Whose envelope says how far a message has come, if anybody's does.
    fn recipient(&self, posted: &Posted) -> Option<AgentNo> {
        if posted.author.number == self.agent.number { self.other } else { Some(self.agent.number) }
    }
}

impl Chat {
    /// The conversation that is named so, as far as the caller has part in it.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] if it has none, or nothing was said in it between the two; [`crate::GroupBarred::Gone`];
    /// [`Error::Store`].
    // wire: agentchat.md#423-get-v1messagesconversation_id
    pub async fn thread(&self, caller: &Caller, named: ThreadRef) -> Result<Arc<Conversation>, Error> {
        match named {
            ThreadRef::Direct(id) => self.direct_thread(caller, id).await,
            ThreadRef::Group(id) => self.group_thread(caller, id).await,
        }
    }

    /// The direct conversation with this id, if the caller is one of the two and something was said in it.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`], [`Error::Store`].
    pub async fn direct_thread(&self, caller: &Caller, id: ConversationId) -> Result<Arc<Conversation>, Error> {
        let found = self.own_conversation(&caller.agent, id).await?;
        let found = found.filter(|found| found.direct().is_some() && found.end() > Seq::START);
        found.ok_or(Error::NotFound(Noun::Conversation))
    }

    async fn group_thread(&self, caller: &Caller, id: ConversationId) -> Result<Arc<Conversation>, Error> {
        let group = self.require_group(&caller.agent, id).await.map_err(as_conversation)?;
        Reader::of(&caller.agent, &group)?;
        Ok(group)
    }

    /// Part of a conversation as the caller sees it, oldest first, at most `limit` messages. Nothing becomes delivered or
    /// read by it.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] if the caller may not read it, or not see the message that is named;
    /// [`crate::GroupBarred::Gone`]; [`Error::Store`].
    // wire: agentchat.md#423-get-v1messagesconversation_id
    pub async fn thread_page(
        &self,
        caller: &Caller,
        conversation: &Conversation,
        window: Window,
        limit: usize,
    ) -> Result<Vec<ThreadRow>, Error> {
        let reader = Reader::of(&caller.agent, conversation)?;
        let slice = match window {
            Window::Newest => Slice::Newest,
            Window::Before(seq) => Slice::Before(seq),
            Window::After(seq) => Slice::After(seq),
            Window::Through(message) => match self.0.store.locate(message).await? {
                Some((number, seq)) if number == conversation.number => Slice::Before(seq.next()),
                Some(_) | None => return Err(Error::NotFound(Noun::Message)),
            },
        };
        let page = match self.page_from_memory(reader, slice, limit).await? {
            Some(page) => page,
            None => self.page_from_store(reader, slice, limit).await?,
        };
        if let Window::Through(message) = window
            && page.last().is_none_or(|row| row.posted.id != message)
        {
            return Err(Error::NotFound(Noun::Message));
        }
        // Once more, for what was said while it was read.
        Reader::of(&caller.agent, conversation)?;
        Ok(page)
    }

    /// The page, if memory holds it; nothing if it does not, or so much of it is hidden that more has to be read.
    async fn page_from_memory(
        &self,
        reader: Reader<'_>,
        slice: Slice,
        limit: usize,
    ) -> Result<Option<Vec<ThreadRow>>, Error> {
        let Some(messages) = reader.conversation.stretch(slice, reader.after, limit) else { return Ok(None) };
        let (Some(first), Some(last)) = (messages.first(), messages.last()) else { return Ok(Some(Vec::new())) };
        let addressed: Vec<_> =
            messages.iter().map(|posted| Some((reader.recipient(posted)?, posted.number))).collect();
        let query = ThreadMarksQuery {
            agent: reader.agent.number,
            conversation: reader.conversation.number,
            range: [first.seq, last.seq],
            receipts: addressed.iter().flatten().copied().collect(),
        };
        let ThreadMarks { hidden_through, hidden, receipts } = self.0.store.thread_marks(&query).await?;
        let is_hidden = |posted: &Posted| posted.seq <= hidden_through || hidden.contains(&posted.seq);
        if messages.len() == limit && messages.iter().any(|posted| is_hidden(posted)) {
            return Ok(None);
        }
        let mut receipts = receipts.into_iter();
        let with_receipts = messages.into_iter().zip(addressed).map(|(posted, addressed)| {
            let receipt = addressed.and_then(|_| receipts.next().flatten());
            (posted, receipt)
        });
        let shown = with_receipts.filter(|(posted, _)| !is_hidden(posted));
        Ok(Some(shown.map(|(posted, receipt)| self.row(reader.agent, posted, receipt)).collect()))
    }

    async fn page_from_store(&self, reader: Reader<'_>, slice: Slice, limit: usize) -> Result<Vec<ThreadRow>, Error> {
        let query = ThreadQuery {
            agent: reader.agent.number,
            other: reader.other,
            conversation: reader.conversation.number,
            after: reader.after,
            slice,
            limit: u32::try_from(limit).unwrap_or(u32::MAX),
        };
        let (mut messages, mut contents, mut receipts) = (Vec::new(), Vec::new(), Vec::new());
        for record in self.0.store.read_thread(&query).await? {
            contents.extend(record.content.map(|content| (record.message.number, content)));
            messages.push(record.message);
            receipts.push(record.receipt);
        }
        let place = SaidIn::of(reader.conversation);
        let posts = assemble(&*self.0.store, &self.0.directory, &place, messages, contents).await?;
        let with_receipts = posts.into_iter().zip(receipts);
        Ok(with_receipts.map(|(posted, receipt)| self.row(reader.agent, posted, receipt)).collect())
    }

    fn row(&self, agent: &Agent, posted: Arc<Posted>, receipt: Option<Receipt>) -> ThreadRow {
        let has_copy = receipt.is_some() && posted.author.number != agent.number;
        let place = has_copy.then(|| self.shown_place(agent, posted.number));
        ThreadRow { receipt: receipt.unwrap_or_default(), place, posted }
    }

    /// A message of `conversation` that stands in an agent's inbox.
    fn own_row(&self, agent: &Agent, posted: Arc<Posted>, receipt: Receipt) -> ThreadRow {
        let place = Some(self.shown_place(agent, posted.number));
        ThreadRow { posted, receipt, place }
    }

    /// The place in an agent's inbox behind which it reads on; nothing if it is none of its own.
    fn place_behind(&self, agent: &Agent, after: Option<Uuid>) -> Option<MessageNo> {
        after.map_or(Some(MessageNo(0)), |shown| self.read_place(agent, shown))
    }
}

/// What is no group was looked for as any conversation.
fn as_conversation(error: Error) -> Error {
    if matches!(error, Error::NotFound(Noun::Group)) { Error::NotFound(Noun::Conversation) } else { error }
}
