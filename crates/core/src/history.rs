//! Reading a conversation: pages, resuming, and going live without a gap.

use std::{
    collections::HashMap,
    sync::{Arc, atomic::Ordering},
};

use bytes::Bytes;
use tertulia_model::{AgentNo, ConversationId, MessageId, MessageNo, Seq};
use tertulia_store::{Content, EventRecord, MessageRecord, Slice, Store, StoreError};

use crate::{
    Error,
    agents::{Agent, Directory},
    bookmark::Bookmark,
    chat::Chat,
    conversation::{Conversation, Kind},
    fanout::{Attached, Subscriber},
    form::Form,
    group::GroupCard,
    live::{Flow, Frames, Outlet},
    posted::{GroupNews, Message, Posted},
    surface::Caller,
};

/// Messages a reader who resumes is given at the most; one who has missed more starts anew.
pub(crate) const MOST_MISSED: usize = 1_000;

/// Messages a reader who starts anew is given.
pub const NEWEST_ON_START: usize = 100;

/// Rows read from the store at a time while a reader catches up.
const CATCH_UP_ROWS: u32 = 500;

/// What a page is counted from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PageFrom {
    /// The newest messages.
    Newest,
    /// The first messages after this one.
    After(Bookmark),
    /// The last messages before this one.
    Before(Bookmark),
}

/// Messages, oldest first; removed ones are left out.
#[derive(Clone, Debug)]
pub struct Page {
    /// The messages.
    pub messages: Vec<Arc<Posted>>,
    /// Whether it does not follow on what the reader named, because that history is gone or too much was missed.
    pub truncated: bool,
    /// Whether the conversation has more messages in the direction in which the page was asked for: after a page that
    /// comes after something, before every other one.
    pub has_more: bool,
}

/// See [`Chat::delivery_key`].
#[derive(Clone, Copy, Debug)]
pub struct DeliveryKey(usize);

/// Where a new subscription starts.
#[derive(Clone, Debug)]
pub struct Start {
    /// What it is given first.
    pub page: Page,
    /// The last message known at that point, removed or not; nothing in a conversation where nothing was ever said.
    pub last: Option<Bookmark>,
    /// Everything up to here is covered.
    pub(crate) end: Seq,
    /// Under which id the conversation was seen.
    pub(crate) view: ConversationId,
}

impl Chat {
    /// A page of a conversation, at most `limit` messages.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] if it is over, [`Error::NotParticipant`], [`Error::Store`].
    pub async fn page(
        &self,
        conversation: &Conversation,
        reader: Option<&Caller>,
        from: PageFrom,
        limit: usize,
    ) -> Result<Page, Error> {
        self.permit_reading(conversation, reader)?;
        let truncated = match from {
            PageFrom::Newest => false,
            PageFrom::After(bookmark) | PageFrom::Before(bookmark) => !self.is_known(conversation, bookmark).await?,
        };
        // One more than asked for tells whether there are more.
        let (from, wanted) = (if truncated { PageFrom::Newest } else { from }, limit + 1);
        let mut messages = match from {
            PageFrom::Newest => self.newest(conversation, wanted).await?.0,
            PageFrom::After(bookmark) => self.after(conversation, bookmark.seq, wanted).await?,
            PageFrom::Before(bookmark) => self.before(conversation, bookmark.seq, wanted).await?,
        };
        let has_more = messages.len() > limit;
        match from {
            PageFrom::After(_) => messages.truncate(limit),
            PageFrom::Newest | PageFrom::Before(_) => drop(messages.drain(..messages.len().saturating_sub(limit))),
        }
        // Once more, for what was said while it was read.
        self.permit_reading(conversation, reader)?;
        Ok(Page { messages, truncated, has_more })
    }

    /// Where a reader of a conversation starts: at its bookmark, or with the newest messages.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] if it is over, [`Error::NotParticipant`], [`Error::Store`].
    pub async fn start(
        &self,
        conversation: &Conversation,
        reader: Option<&Caller>,
        resume: Option<Bookmark>,
    ) -> Result<Start, Error> {
        self.permit_reading(conversation, reader)?;
        let start = self.find_start(conversation, resume).await?;
        // Once more, for what was said while it was read.
        self.permit_reading(conversation, reader)?;
        Ok(start)
    }

    async fn find_start(&self, conversation: &Conversation, resume: Option<Bookmark>) -> Result<Start, Error> {
        let mut truncated = false;
        if let Some(bookmark) = resume {
            let end = conversation.end();
            let missed = end.0.saturating_sub(bookmark.seq.0);
            if missed <= MOST_MISSED as u64 && self.is_known(conversation, bookmark).await? {
                let messages = self.between(conversation, bookmark.seq, end).await?;
                return self.start_with(conversation, Page { messages, truncated, has_more: false }, end).await;
            }
            truncated = true;
        }
        let (messages, end) = self.newest(conversation, NEWEST_ON_START).await?;
        let has_more = conversation.count() > messages.len() as u64;
        self.start_with(conversation, Page { messages, truncated, has_more }, end).await
    }

    async fn start_with(&self, conversation: &Conversation, page: Page, end: Seq) -> Result<Start, Error> {
        let view = conversation.view_id();
        let last = match page.messages.last() {
            Some(posted) if posted.seq == end => Some(Bookmark::of(self.0.hub.epoch, posted)),
            _ if end == Seq::START => None,
            _ => self.bookmark_at(conversation, end).await?,
        };
        Ok(Start { page, last, end, view })
    }

    pub(crate) fn permit_reading(&self, conversation: &Conversation, reader: Option<&Caller>) -> Result<(), Error> {
        conversation.permit_reading(reader.map(|caller| caller.agent.number), self.now())
    }

    /// A place among the tasks that deliver, for one connection: all that it follows comes from the same task.
    #[must_use]
    pub fn delivery_key(&self) -> DeliveryKey {
        DeliveryKey(self.0.next_subscription.fetch_add(1, Ordering::Relaxed))
    }

    /// Makes `outlet` a live subscriber of a conversation that has been given `start`. Nothing between `start` and the
    /// first live event is missed or repeated. When the conversation ends, or its reader may not read it any more, the
    /// outlet is closed.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] if it is over, [`Error::NotParticipant`], [`Error::Store`], [`Error::Stopping`].
    pub async fn follow(
        &self,
        conversation: &Arc<Conversation>,
        reader: Option<&Caller>,
        start: &Start,
        form: &Form,
        outlet: &Arc<dyn Outlet>,
        key: DeliveryKey,
    ) -> Result<(), Error> {
        let agent = reader.map(|caller| caller.agent.number);
        let subscriber = Subscriber { agent, view: start.view, form: form.clone(), outlet: outlet.clone() };
        let is_told = |posted: &Posted| !posted.is_removed() && !form.spares(posted, agent);
        let mut at = start.end;
        loop {
            match self.0.fanout.attach(key.0, conversation, &subscriber, at).await {
                Some(Attached::Live) => return Ok(()),
                Some(Attached::Behind) => {}
                Some(Attached::Refused(error)) => return Err(error),
                None => return Err(Error::Stopping),
            }
            let missed = self.read(conversation, Slice::After(at), CATCH_UP_ROWS).await?;
            conversation.permit_view(start.view, agent, self.now())?;
            let Some(last) = missed.last() else { return Err(Error::Stopping) };
            at = last.seq;
            let bytes: Vec<u8> =
                missed.iter().filter(|posted| is_told(posted)).flat_map(|posted| posted.encoded(form)).collect();
            if outlet.push(&Frames::new(bytes.into())) == Flow::Closed {
                return Ok(());
            }
        }
    }

    /// Hands an event that is not kept to every live subscriber of a conversation with this form, but for those of
    /// `except`.
    pub async fn signal(&self, conversation: &Conversation, form: &Form, bytes: Bytes, except: Option<&Agent>) {
        self.0.fanout.signal(conversation.number, form, bytes, except.map(|agent| agent.number)).await;
    }

    /// Where a reader starts who is given nothing first: at the end.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] if the conversation is over, and those of reading it.
    pub fn start_live(&self, conversation: &Conversation, reader: Option<&Caller>) -> Result<Start, Error> {
        self.permit_reading(conversation, reader)?;
        let page = Page { messages: Vec::new(), truncated: false, has_more: false };
        Ok(Start { page, last: None, end: conversation.end(), view: conversation.view_id() })
    }

    /// Whether a bookmark names a message of this history.
    async fn is_known(&self, conversation: &Conversation, bookmark: Bookmark) -> Result<bool, Error> {
        if bookmark.epoch != self.0.hub.epoch || bookmark.seq <= conversation.view_begins_after() {
            return Ok(false);
        }
        Ok(self.bookmark_at(conversation, bookmark.seq).await? == Some(bookmark))
    }

    async fn bookmark_at(&self, conversation: &Conversation, seq: Seq) -> Result<Option<Bookmark>, Error> {
        let posted = self.message_in(conversation, seq).await?;
        Ok(posted.map(|posted| Bookmark::of(self.0.hub.epoch, &posted)))
    }

    pub(crate) async fn message_in(&self, conversation: &Conversation, seq: Seq) -> Result<Option<Arc<Posted>>, Error> {
        let Some(before) = seq.0.checked_sub(1) else { return Ok(None) };
        let posted = match conversation.at(seq) {
            Some(posted) => Some(posted),
            None if seq > conversation.end() => None,
            None => self.read(conversation, Slice::After(Seq(before)), 1).await?.pop(),
        };
        Ok(posted.filter(|posted| posted.seq == seq))
    }

    /// The message that a bookmark names.
    pub(crate) async fn named_message(
        &self,
        conversation: &Conversation,
        bookmark: Bookmark,
    ) -> Result<Option<MessageId>, Error> {
        let posted = self.message_in(conversation, bookmark.seq).await?;
        Ok(posted.filter(|posted| Bookmark::of(self.0.hub.epoch, posted) == bookmark).map(|posted| posted.id))
    }

    pub(crate) async fn newest(
        &self,
        conversation: &Conversation,
        limit: usize,
    ) -> Result<(Vec<Arc<Posted>>, Seq), Error> {
        if let Some((mut messages, end)) = conversation.newest(limit) {
            messages.retain(|posted| posted.seq > conversation.view_begins_after());
            return Ok((messages, end));
        }
        let end = conversation.end();
        let messages = self.before(conversation, end.next(), limit).await?;
        Ok((messages, end))
    }

    /// The first `limit` messages after `seq` that were not removed and that its view shows.
    async fn after(&self, conversation: &Conversation, seq: Seq, limit: usize) -> Result<Vec<Arc<Posted>>, Error> {
        let seq = seq.max(conversation.view_begins_after());
        if let Some((mut messages, _)) = conversation.since(seq) {
            messages.retain(|posted| !posted.is_removed());
            messages.truncate(limit);
            return Ok(messages);
        }
        let (mut found, mut at) = (Vec::new(), seq);
        while found.len() < limit {
            let rows = self.read(conversation, Slice::After(at), rows_for(limit)).await?;
            let Some(last) = rows.last() else { break };
            at = last.seq;
            found.extend(rows.into_iter().filter(|posted| !posted.is_removed()));
        }
        found.truncate(limit);
        Ok(found)
    }

    /// The last `limit` messages before `seq` that were not removed and that its view shows, oldest first.
    pub(crate) async fn before(
        &self,
        conversation: &Conversation,
        seq: Seq,
        limit: usize,
    ) -> Result<Vec<Arc<Posted>>, Error> {
        let floor = conversation.view_begins_after();
        let (mut newest_first, mut at) = (Vec::new(), seq);
        while newest_first.len() < limit && at > floor.next() {
            let rows = self.read(conversation, Slice::Before(at), rows_for(limit)).await?;
            let Some(first) = rows.first() else { break };
            at = first.seq;
            newest_first.extend(rows.into_iter().rev().filter(|posted| !posted.is_removed() && posted.seq > floor));
        }
        newest_first.truncate(limit);
        newest_first.reverse();
        Ok(newest_first)
    }

    /// Every message after `after` up to `end` that was not removed.
    async fn between(&self, conversation: &Conversation, after: Seq, end: Seq) -> Result<Vec<Arc<Posted>>, Error> {
        let (mut messages, mut at) = conversation.since(after).unwrap_or_else(|| (Vec::new(), after));
        while at < end {
            let rows = self.read(conversation, Slice::After(at), CATCH_UP_ROWS).await?;
            let Some(last) = rows.last() else { break };
            at = last.seq;
            messages.extend(rows);
        }
        messages.retain(|posted| posted.seq <= end && !posted.is_removed());
        Ok(messages)
    }

    async fn read(&self, conversation: &Conversation, slice: Slice, limit: u32) -> Result<Vec<Arc<Posted>>, Error> {
        let records = self.0.store.read(conversation.number, slice, limit).await?;
        let contents = match conversation.kind {
            Kind::Direct(_) | Kind::Group(_) if !records.is_empty() => {
                let numbers: Vec<_> = records.iter().map(|record| record.number).collect();
                self.0.store.contents(&numbers).await?
            }
            Kind::Lobby | Kind::Room(_) | Kind::Channel(_) | Kind::Direct(_) | Kind::Group(_) | Kind::Trial(_) => {
                Vec::new()
            }
        };
        Ok(assemble(&*self.0.store, &self.0.directory, &SaidIn::of(conversation), records, contents).await?)
    }
}

fn rows_for(limit: usize) -> u32 {
    u32::try_from(limit).unwrap_or(CATCH_UP_ROWS).clamp(1, CATCH_UP_ROWS)
}

/// Where messages were said, as far as they say it.
#[derive(Clone, Debug)]
pub(crate) struct SaidIn {
    pub(crate) conversation: ConversationId,
    /// Under which id it is seen now.
    pub(crate) view: ConversationId,
    pub(crate) group: Option<Arc<GroupCard>>,
}

impl SaidIn {
    /// A conversation that is no group, and that is seen under its own id alone.
    pub(crate) const fn plain(conversation: ConversationId) -> Self {
        Self { conversation, view: conversation, group: None }
    }

    pub(crate) fn of(conversation: &Conversation) -> Self {
        let group = conversation.group().map(|group| group.card.clone());
        Self { conversation: conversation.id, view: conversation.view_id(), group }
    }
}

/// Gives stored messages their authors, what those said about themselves at the time, and what they are besides their
/// texts.
pub(crate) async fn assemble(
    store: &dyn Store,
    directory: &Directory,
    place: &SaidIn,
    records: Vec<MessageRecord>,
    mut contents: Vec<(MessageNo, Content)>,
) -> Result<Vec<Arc<Posted>>, StoreError> {
    let mut numbers: Vec<_> = records.iter().map(|record| record.author).collect();
    let events = contents.iter().filter_map(|(_, content)| content.event.as_ref());
    numbers.extend(events.flat_map(|event| [event.agent, event.actor]).flatten());
    numbers.sort_unstable();
    numbers.dedup();
    let authors = directory.by_numbers(&numbers).await?;
    let mut older: Vec<_> = records
        .iter()
        .filter(|record| authors.get(&record.author).is_some_and(|a| a.profile().revision != record.author_revision))
        .map(|record| (record.author, record.author_revision))
        .collect();
    older.sort_unstable();
    older.dedup();
    let older = if older.is_empty() { Vec::new() } else { store.profiles(&older).await? };
    records
        .into_iter()
        .map(|record| {
            let author = authors.get(&record.author).ok_or(StoreError::Unreadable("author of a message"))?;
            let earlier = older
                .iter()
                .find(|(agent, profile)| *agent == record.author && profile.revision == record.author_revision);
            let profile =
                earlier.map_or_else(|| author.profile(), |(_, profile)| directory.shown(Arc::new(profile.clone())));
            let MessageRecord { number, id, seq, created_at, text, text_kind, removed, .. } = record;
            let content = contents.iter().position(|(of, _)| *of == number);
            let content = content.map(|place| Arc::new(contents.swap_remove(place).1));
            let event = content.as_ref().and_then(|content| content.event.as_ref());
            let news = event.map(|event| Arc::new(news_of(event, &authors)));
            let message = Message {
                number,
                id,
                conversation: place.conversation,
                view: place.view,
                seq,
                created_at,
                text,
                text_kind,
                content,
                news,
                group: place.group.clone(),
                spares_author: false,
                removed,
            };
            Ok(Arc::new(Posted::new(message, author.clone(), profile)))
        })
        .collect()
}

fn news_of(event: &EventRecord, agents: &HashMap<AgentNo, Arc<Agent>>) -> GroupNews {
    let agent = |number: Option<AgentNo>| agents.get(&number?).cloned();
    let EventRecord { what, agent: befalls, actor, name } = event;
    GroupNews { what: *what, agent: agent(*befalls), actor: agent(*actor), name: name.clone() }
}
