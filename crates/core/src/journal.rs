//! The one writer of messages.
//!
//! Whatever arrived while the last batch was being synced becomes the next batch: one statement, one sync. The writer
//! numbers messages from its own memory, in the order in which they came, so that sequences have no holes and time
//! never runs backwards within a conversation. What must keep its place among the messages (a suspension, a removal)
//! goes through the same queue. Only after the sync are the callers told, and after them the fan-out.

mod entry;

use std::{collections::HashMap, fmt, future::Future, pin::Pin, sync::Arc};

use tertulia_model::{ConversationNo, MessageId, MessageNo, Timestamp, time_ordered_uuid};
use tertulia_store::{Append, LogEnd, Store, StoreError};
use tokio::sync::{mpsc, oneshot};

use self::entry::{Entry, Numbered, Refused, repeated};
use crate::{
    Clock, Error, Ids,
    agents::Agent,
    conversation::Conversation,
    fanout::Fanout,
    metrics::Metrics,
    permission::{Deed, permit},
    posted::{Message, Posted},
};

/// Entries that wait for the writer at the most. A sender beyond that waits for a place in the queue.
const QUEUE: usize = 4_096;

/// Messages in one batch at the most.
const MOST_IN_BATCH: usize = 512;

/// What waits for the writer.
enum Work {
    Append(Entry),
    Exclusive(Pin<Box<dyn Future<Output = ()> + Send>>),
}

/// The way to the writer. Cheap to clone; the writer ends when the last of them is gone.
#[derive(Clone)]
pub(crate) struct Journal {
    queue: mpsc::Sender<Work>,
}

impl fmt::Debug for Journal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Journal").field("free", &self.queue.capacity()).finish()
    }
}

impl Journal {
    /// A journal and the writer that must be run for it.
    pub(crate) fn new(parts: WriterParts) -> (Self, Writer) {
        let (queue, work) = mpsc::channel(QUEUE);
        (
            Self { queue },
            Writer { parts, work, ends: HashMap::new(), last_number: None, in_doubt: Vec::new(), is_refusing: false },
        )
    }

    /// Appends a message. `Ok` means that it is on disk. Once queued it is written whether or not the caller goes on
    /// waiting.
    pub(crate) async fn append(
        &self,
        conversation: Arc<Conversation>,
        author: Arc<Agent>,
        text: Arc<str>,
    ) -> Result<Arc<Posted>, Error> {
        let (reply, answer) = oneshot::channel();
        let entry = Entry { conversation, author, text, reply: Some(reply) };
        self.queue.send(Work::Append(entry)).await.map_err(|_| Error::Stopping)?;
        answer.await.map_err(|_| Error::Stopping)?
    }

    /// Whether the writer takes more.
    pub(crate) fn is_open(&self) -> bool {
        !self.queue.is_closed()
    }

    /// Runs `operation` between two batches: every message queued before it is written, none queued after it.
    pub(crate) async fn exclusively<T: Send + 'static>(
        &self,
        operation: impl Future<Output = Result<T, Error>> + Send + 'static,
    ) -> Result<T, Error> {
        let (reply, answer) = oneshot::channel();
        let work = Box::pin(async move { drop(reply.send(operation.await)) });
        self.queue.send(Work::Exclusive(work)).await.map_err(|_| Error::Stopping)?;
        answer.await.map_err(|_| Error::Stopping)?
    }
}

/// What the writer works with.
#[derive(Debug)]
pub(crate) struct WriterParts {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) ids: Arc<dyn Ids>,
    pub(crate) fanout: Fanout,
    pub(crate) metrics: Arc<Metrics>,
}

/// The writer itself.
pub(crate) struct Writer {
    parts: WriterParts,
    work: mpsc::Receiver<Work>,
    /// Where the conversations end that were written to: the writer's memory, thrown away when a commit fails.
    ends: HashMap<ConversationNo, LogEnd>,
    last_number: Option<MessageNo>,
    /// The last batch, if its commit failed and the store could not say either whether it was written after all.
    in_doubt: Vec<Numbered>,
    /// Whether the last batch was refused as a whole: what is logged is when that begins and when it ends.
    is_refusing: bool,
}

impl fmt::Debug for Writer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Writer").field("conversations", &self.ends.len()).finish_non_exhaustive()
    }
}

impl Writer {
    /// Writes until every [`Journal`] is gone, or `close` says that no more may be queued; what was queued by then is
    /// written first.
    pub(crate) async fn run(mut self, close: tokio_util::sync::CancellationToken) {
        let mut waiting = Vec::with_capacity(MOST_IN_BATCH);
        loop {
            let count = tokio::select! {
                biased;
                count = self.work.recv_many(&mut waiting, MOST_IN_BATCH) => count,
                () = close.cancelled(), if !self.work.is_closed() => {
                    self.work.close();
                    continue;
                }
            };
            if count == 0 {
                return;
            }
            self.parts.metrics.journal_depth.set(i64::try_from(self.work.len()).unwrap_or(i64::MAX));
            self.write_all(&mut waiting).await;
        }
    }

    /// Writes what is waiting, in order: messages in batches, exclusive operations alone.
    async fn write_all(&mut self, waiting: &mut Vec<Work>) {
        let mut batch = Vec::with_capacity(waiting.len());
        for work in waiting.drain(..) {
            match work {
                Work::Append(entry) => batch.push(entry),
                Work::Exclusive(operation) => {
                    self.write_batch(std::mem::take(&mut batch)).await;
                    operation.await;
                }
            }
        }
        self.write_batch(batch).await;
    }

    async fn write_batch(&mut self, batch: Vec<Entry>) {
        if batch.is_empty() {
            return;
        }
        match self.try_write(batch).await {
            Ok(()) => {}
            Err(refused) if refused.entries.len() > 1 && refused.may_spare_some() => {
                self.write_one_by_one(refused).await;
            }
            Err(refused) => self.refuse(refused),
        }
    }

    /// Writes a batch whole and tells everybody, or gives it back.
    async fn try_write(&mut self, batch: Vec<Entry>) -> Result<(), Refused> {
        if let Err(cause) = self.settle_doubt().await {
            return Err(Refused { entries: batch, cause });
        }
        let numbered = self.number(batch).await?;
        match self.commit(&numbered).await {
            Ok(()) => self.tell(numbered).await,
            // It says for certain that nothing was written.
            Err(cause @ StoreError::Full) => return Err(Refused::numbered(numbered, cause)),
            Err(cause) => self.look_for(numbered, cause).await?,
        }
        Ok(())
    }

    /// A commit failed. An engine can fail after the commit, and a second writing would say everything twice, so the
    /// store is asked first. If it cannot answer, the batch stays in doubt.
    async fn look_for(&mut self, mut numbered: Vec<Numbered>, cause: StoreError) -> Result<(), Refused> {
        let Some(first) = numbered.first() else { return Ok(()) };
        match self.parts.store.locate(first.append.id).await {
            Ok(Some(_)) => {
                tracing::warn!(error = &cause as &dyn std::error::Error, "a commit that failed was written after all");
                self.tell(numbered).await;
                Ok(())
            }
            Ok(None) => Err(Refused::numbered(numbered, cause)),
            Err(_) => {
                for one in &mut numbered {
                    one.entry.answer(Err(Error::Store(repeated(&cause))));
                }
                self.in_doubt = numbered;
                Err(Refused { entries: Vec::new(), cause })
            }
        }
    }

    /// Finds out what became of the batch in doubt. What was written is told, so that nobody misses it; its senders
    /// were told that it failed.
    async fn settle_doubt(&mut self) -> Result<(), StoreError> {
        let Some(first) = self.in_doubt.first() else { return Ok(()) };
        let place = self.parts.store.locate(first.append.id).await?;
        let numbered = std::mem::take(&mut self.in_doubt);
        if place.is_some() {
            self.tell(numbered).await;
        }
        Ok(())
    }

    /// Gives every entry its place. Entries whose author may not speak any more are refused and leave the batch.
    async fn number(&mut self, batch: Vec<Entry>) -> Result<Vec<Numbered>, Refused> {
        if let Err(cause) = self.load_ends(&batch).await {
            return Err(Refused { entries: batch, cause });
        }
        let now = self.parts.clock.now();
        let mut random = vec![[0; 10]; batch.len()];
        self.parts.ids.fill(random.as_flattened_mut());
        let mut numbered = Vec::with_capacity(batch.len());
        for (mut entry, random) in batch.into_iter().zip(random) {
            if let Err(refused) = permit(entry.author.state(), Deed::SpeakInLobby) {
                entry.answer(Err(refused));
                continue;
            }
            numbered.push(self.number_one(entry, now, random));
        }
        Ok(numbered)
    }

    fn number_one(&mut self, entry: Entry, now: Timestamp, random: [u8; 10]) -> Numbered {
        let end = self.ends.get_mut(&entry.conversation.number).expect("the ends of the batch were loaded");
        end.last_seq = end.last_seq.next();
        end.last_at = now.max(end.last_at + std::time::Duration::from_micros(1));
        let number = MessageNo(self.last_number.map_or(0, |last| last.0) + 1);
        self.last_number = Some(number);
        let profile = entry.author.profile();
        let append = Append {
            number,
            id: MessageId::from_uuid(time_ordered_uuid(end.last_at.as_millis(), random)),
            conversation: entry.conversation.number,
            seq: end.last_seq,
            author: entry.author.number,
            author_revision: profile.revision,
            created_at: end.last_at,
            text: entry.text.clone(),
        };
        Numbered { entry, append, profile }
    }

    async fn load_ends(&mut self, batch: &[Entry]) -> Result<(), StoreError> {
        if self.last_number.is_none() {
            self.last_number = Some(self.parts.store.last_number().await?);
        }
        for entry in batch {
            let number = entry.conversation.number;
            if !self.ends.contains_key(&number) {
                let end = self.parts.store.log_end(number).await?;
                self.ends.insert(number, end);
            }
        }
        Ok(())
    }

    async fn commit(&mut self, numbered: &[Numbered]) -> Result<(), StoreError> {
        if numbered.is_empty() {
            return Ok(());
        }
        let appends: Vec<Append> = numbered.iter().map(|numbered| numbered.append.clone()).collect();
        let started = self.parts.clock.elapsed();
        let outcome = self.parts.store.append(&appends).await;
        self.parts.metrics.commit_seconds.observe(self.parts.clock.elapsed().saturating_sub(started).as_secs_f64());
        if outcome.is_ok() {
            self.note_success();
        } else {
            self.ends.clear();
            self.last_number = None;
        }
        outcome
    }

    /// A batch failed as a whole: what can be written alone is, and the rest is refused.
    async fn write_one_by_one(&mut self, batch: Refused) {
        let mut kept_out = Refused { entries: Vec::new(), cause: batch.cause };
        let mut written = 0_usize;
        let mut entries = batch.entries.into_iter();
        while let Some(entry) = entries.next() {
            match self.try_write(vec![entry]).await {
                Ok(()) => written += 1,
                Err(refused) => {
                    kept_out.cause = refused.cause;
                    kept_out.entries.extend(refused.entries);
                    if !kept_out.may_spare_some() {
                        kept_out.entries.extend(entries.by_ref());
                    }
                }
            }
        }
        if written == 0 {
            return self.refuse(kept_out);
        }
        if !kept_out.entries.is_empty() {
            let error = &kept_out.cause as &dyn std::error::Error;
            tracing::error!(error, refused = kept_out.entries.len(), written, "a part of a batch could not be written");
            self.parts.metrics.commit_failures.inc();
            kept_out.answer_all();
        }
    }

    /// Refuses a whole batch. A full disk fails every batch, and the log may well be on it: only the first is logged.
    fn refuse(&mut self, refused: Refused) {
        if !self.is_refusing {
            self.is_refusing = true;
            let error = &refused.cause as &dyn std::error::Error;
            tracing::error!(error, "messages cannot be written, and are refused until they can");
        }
        self.parts.metrics.commit_failures.inc();
        refused.answer_all();
    }

    fn note_success(&mut self) {
        if std::mem::take(&mut self.is_refusing) {
            tracing::info!("messages are written again");
        }
    }

    /// What was committed is remembered, then told to the senders, then to everybody else.
    async fn tell(&mut self, numbered: Vec<Numbered>) {
        self.parts.metrics.appended.inc_by(numbered.len() as u64);
        let mut by_conversation: Vec<(Arc<Conversation>, Vec<Arc<Posted>>)> = Vec::with_capacity(1);
        let mut answers = Vec::with_capacity(numbered.len());
        for Numbered { mut entry, append, profile } in numbered {
            let Append { id, seq, created_at, text, .. } = append;
            let conversation = entry.conversation.id;
            let message = Message { id, conversation, seq, created_at, text: Some(text), removed: false };
            let posted = Arc::new(Posted::new(message, entry.author, profile));
            answers.push((entry.reply.take(), posted.clone()));
            match by_conversation.iter_mut().find(|(known, _)| Arc::ptr_eq(known, &entry.conversation)) {
                Some((_, posts)) => posts.push(posted),
                None => by_conversation.push((entry.conversation, vec![posted])),
            }
        }
        for (conversation, posts) in &by_conversation {
            conversation.extend(posts);
        }
        for (reply, posted) in answers {
            if let Some(reply) = reply {
                drop(reply.send(Ok(posted)));
            }
        }
        for (conversation, posts) in by_conversation {
            self.parts.fanout.announce(conversation.number, posts.into()).await;
        }
    }
}
