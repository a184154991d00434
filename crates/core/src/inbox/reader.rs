//! A connection that is given what comes into its agent's inbox.
//!
//! It is a position. First it reads what waits, in pages, from the store; what comes meanwhile it only takes note of. When
//! a page is empty and nothing has come since, it is live: what comes is pushed to it. So nothing overtakes what is older,
//! and nothing is missed. What is pushed waits all the same, until its agent says that it has got it.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tertulia_model::{ConversationNo, MessageNo};
use tertulia_store::{Move, WaitingRecord};

use super::{Envelopes, Inbox};
use crate::{
    Error,
    agents::Agent,
    chat::Chat,
    conversation::Conversation,
    form::Form,
    history::{SaidIn, assemble},
    live::{Flow, Outlet},
    posted::Posted,
};

/// A connection that is given what comes into an inbox, for as long as this is kept.
#[must_use = "the connection is forgotten when this is dropped"]
#[derive(Debug)]
pub struct InboxReader {
    chat: Chat,
    agent: Arc<Agent>,
    line: Arc<Line>,
}

/// One connection.
#[derive(Debug)]
pub(super) struct Line {
    chat: Chat,
    outlet: Arc<dyn Outlet>,
    form: Form,
    /// Whether its client says what it has got. Else what was pushed counts as delivered.
    acknowledges: bool,
    position: Mutex<Position>,
}

#[derive(Debug)]
struct Position {
    /// The last that it was given.
    at: MessageNo,
    /// The last that has come.
    newest: MessageNo,
    is_live: bool,
}

/// To whom a message is offered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Offered {
    /// It is given it.
    Awake,
    /// It does not want to be woken by this one, which it finds when it looks.
    Undisturbed,
    /// It is given nothing before it goes on: then it reads what has come meanwhile.
    // wire: agentchat.md#66-owner-pause
    Paused,
}

impl Line {
    fn lock(&self) -> MutexGuard<'_, Position> {
        self.position.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Gives it a message that has just come, if it is live. Says whether it was pushed.
    fn offer(&self, envelopes: &Envelopes, to: Offered) -> bool {
        let place = envelopes.posted.number;
        let mut position = self.lock();
        position.newest = position.newest.max(place);
        if !position.is_live || position.at >= place {
            return false;
        }
        match to {
            Offered::Awake => {
                position.at = place;
                self.outlet.push(&envelopes.frames(&self.form)) == Flow::Open
            }
            Offered::Undisturbed => {
                position.at = place;
                false
            }
            Offered::Paused => {
                position.is_live = false;
                false
            }
        }
    }
}

impl Inbox {
    /// Gives a message that has just come to the connections that read along.
    pub(super) fn offer(&self, agent: &Arc<Agent>, envelopes: &Envelopes) {
        let lines = self.lines().clone();
        let Some(first) = lines.first() else { return };
        let author = envelopes.posted.author.number;
        let to = match first.chat.wakes(agent, author, envelopes.conversation) {
            _ if agent.is_fully_paused() => Offered::Paused,
            true => Offered::Awake,
            false => Offered::Undisturbed,
        };
        let somebody_acknowledges = lines.iter().any(|line| line.acknowledges && line.outlet.is_open());
        let mut is_pushed = false;
        for line in &lines {
            is_pushed |= line.offer(envelopes, to);
        }
        if is_pushed && !somebody_acknowledges {
            let moved = Move::Delivered { agent: agent.number, message: envelopes.posted.id };
            first.chat.0.receipts.note(agent, moved);
        }
    }

    /// What waits is to be read again by those who read along: they were not given all of it.
    pub(crate) fn restart(&self) {
        for line in self.lines().iter() {
            line.lock().is_live = false;
            line.outlet.nudge();
        }
    }
}

impl Chat {
    /// Lets `outlet` be given what comes into an inbox, for as long as the answer is kept, once it has read what waits
    /// ([`InboxReader::next_page`]). `acknowledges`: its client says what it has got.
    pub fn read_inbox(
        &self,
        agent: &Arc<Agent>,
        outlet: &Arc<dyn Outlet>,
        form: &Form,
        acknowledges: bool,
    ) -> InboxReader {
        let line = Arc::new(Line {
            chat: self.clone(),
            outlet: outlet.clone(),
            form: form.clone(),
            acknowledges,
            position: Mutex::new(Position { at: MessageNo(0), newest: MessageNo(0), is_live: false }),
        });
        agent.inbox.lines().push(line.clone());
        InboxReader { chat: self.clone(), agent: agent.clone(), line }
    }

    /// The envelopes that wait for an agent behind a place, with their conversations, in order.
    pub(crate) async fn waiting_for(
        &self,
        agent: &Agent,
        after: MessageNo,
        limit: u32,
    ) -> Result<Vec<(Arc<Posted>, Arc<Conversation>)>, Error> {
        let records = self.0.store.waiting(agent.number, after, limit).await?;
        let mut places: HashMap<ConversationNo, Arc<Conversation>> = HashMap::new();
        let mut found = Vec::with_capacity(records.len());
        for record in records {
            let WaitingRecord { conversation, message, content } = record;
            let place = if let Some(place) = places.get(&conversation) {
                place.clone()
            } else {
                let Some(place) = self.numbered(conversation).await? else { continue };
                places.insert(conversation, place.clone());
                place
            };
            found.push((place, message, content));
        }
        self.with_authors(found).await
    }

    /// Gives messages of several conversations their authors, in as few questions as there are conversations.
    async fn with_authors(
        &self,
        found: Vec<(Arc<Conversation>, tertulia_store::MessageRecord, Option<tertulia_store::Content>)>,
    ) -> Result<Vec<(Arc<Posted>, Arc<Conversation>)>, Error> {
        let mut by_place: Vec<(Arc<Conversation>, Vec<_>, Vec<_>)> = Vec::new();
        for (place, message, content) in found {
            let at = by_place.iter().position(|(known, ..)| known.number == place.number).unwrap_or_else(|| {
                by_place.push((place, Vec::new(), Vec::new()));
                by_place.len() - 1
            });
            by_place[at].2.extend(content.map(|content| (message.number, content)));
            by_place[at].1.push(message);
        }
        let mut assembled = Vec::new();
        for (place, messages, contents) in by_place {
            let store = &*self.0.store;
            let posts = assemble(store, &self.0.directory, &SaidIn::of(&place), messages, contents).await?;
            assembled.extend(posts.into_iter().map(|posted| (posted, place.clone())));
        }
        assembled.sort_unstable_by_key(|(posted, _)| posted.number);
        Ok(assembled)
    }
}

impl InboxReader {
    /// What waits behind what it was given so far, at most `limit`, in order; nothing if it is live now. What is given is
    /// to be sent before it asks again.
    ///
    /// # Errors
    ///
    /// [`Error::Store`].
    pub async fn next_page(&self, limit: u32) -> Result<Vec<Arc<Posted>>, Error> {
        loop {
            let (after, newest) = {
                let position = self.line.lock();
                (position.at, position.newest)
            };
            let page = self.chat.waiting_for(&self.agent, after, limit).await?;
            let mut position = self.line.lock();
            if let Some((last, _)) = page.last() {
                position.at = last.number;
                return Ok(page.into_iter().map(|(posted, _)| posted).collect());
            }
            if position.newest == newest {
                position.at = position.at.max(newest);
                position.is_live = true;
                return Ok(Vec::new());
            }
        }
    }

    /// Notes that messages were sent to a client that does not say what it has got: they count as delivered, unless
    /// another connection of the agent does say so.
    pub fn note_sent(&self, messages: &[Arc<Posted>]) {
        let lines = self.agent.inbox.lines().clone();
        if lines.iter().any(|line| line.acknowledges && line.outlet.is_open()) {
            return;
        }
        for posted in messages {
            let moved = Move::Delivered { agent: self.agent.number, message: posted.id };
            self.chat.0.receipts.note(&self.agent, moved);
        }
    }

    /// Whether it has read what waits: from here on, what comes is pushed.
    #[must_use]
    pub fn is_live(&self) -> bool {
        self.line.lock().is_live
    }
}

impl Drop for InboxReader {
    fn drop(&mut self) {
        let mut lines = self.agent.inbox.lines();
        let own = lines.iter().position(|line| Arc::ptr_eq(line, &self.line));
        let own = own.map(|index| lines.swap_remove(index));
        drop(lines);
        drop(own);
    }
}
