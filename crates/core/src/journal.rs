//! The one writer of messages.
//!
//! Whatever arrived while the last batch was being synced becomes the next batch: one statement, one sync. The writer
//! numbers messages from its own memory, in the order in which they came, so that sequences have no holes and time
//! never runs backwards within a conversation. What must keep its place among the messages (a suspension, a removal)
//! goes through the same queue. Only after the sync are the callers told, and after them the fan-out.

use std::{collections::HashMap, fmt, future::Future, pin::Pin, sync::Arc};

use tertulia_model::{ConversationNo, MessageId, MessageNo, Timestamp, time_ordered_uuid};
use tertulia_store::{Append, LogEnd, Profile, Store, StoreError};
use tokio::sync::{mpsc, oneshot};

use crate::{
    Clock, Error, Ids,
    agents::Agent,
    conversation::Conversation,
    fanout::Fanout,
    metrics::Metrics,
    permission::{Deed, permit},
    posted::Posted,
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

/// What one sender wants written.
struct Entry {
    conversation: Arc<Conversation>,
    author: Arc<Agent>,
    text: Arc<str>,
    reply: oneshot::Sender<Result<Arc<Posted>, Error>>,
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
        (Self { queue }, Writer { parts, work, ends: HashMap::new(), last_number: None })
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
        let entry = Entry { conversation, author, text, reply };
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
}

impl fmt::Debug for Writer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Writer").field("conversations", &self.ends.len()).finish_non_exhaustive()
    }
}

/// An entry with the message it is to become.
struct Numbered {
    entry: Entry,
    append: Append,
    profile: Arc<Profile>,
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
        match self.number(batch).await {
            Ok(numbered) => match self.commit(&numbered).await {
                Ok(()) => self.tell(numbered).await,
                Err(error) if numbered.len() == 1 => self.refuse(numbered, &error),
                Err(error) => self.write_one_by_one(numbered, &error).await,
            },
            Err((batch, error)) => {
                tracing::error!(error = &error as &dyn std::error::Error, "the journal could not read where it stands");
                for entry in batch {
                    drop(entry.reply.send(Err(Error::Store(repeated(&error)))));
                }
            }
        }
    }

    /// Gives every entry its place. Entries whose author may not speak any more are refused and leave the batch.
    async fn number(&mut self, batch: Vec<Entry>) -> Result<Vec<Numbered>, (Vec<Entry>, StoreError)> {
        if let Err(error) = self.load_ends(&batch).await {
            return Err((batch, error));
        }
        let now = self.parts.clock.now();
        let mut random = vec![[0; 10]; batch.len()];
        self.parts.ids.fill(random.as_flattened_mut());
        let mut numbered = Vec::with_capacity(batch.len());
        for (entry, random) in batch.into_iter().zip(random) {
            if let Err(refused) = permit(entry.author.state(), Deed::SpeakInLobby) {
                drop(entry.reply.send(Err(refused)));
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
        if outcome.is_err() {
            self.ends.clear();
            self.last_number = None;
        }
        outcome
    }

    /// A batch failed as a whole: what can be written alone is, and the rest is refused.
    async fn write_one_by_one(&mut self, numbered: Vec<Numbered>, error: &StoreError) {
        tracing::warn!(error = error as &dyn std::error::Error, messages = numbered.len(), "a batch failed");
        for Numbered { entry, .. } in numbered {
            Box::pin(self.write_batch(vec![entry])).await;
        }
    }

    fn refuse(&self, numbered: Vec<Numbered>, error: &StoreError) {
        tracing::error!(error = error as &dyn std::error::Error, "a message could not be written");
        for numbered in numbered {
            drop(numbered.entry.reply.send(Err(Error::Store(repeated(error)))));
        }
        self.parts.metrics.commit_failures.inc();
    }

    /// What was committed is remembered, then told to the senders, then to everybody else.
    async fn tell(&mut self, numbered: Vec<Numbered>) {
        self.parts.metrics.appended.inc_by(numbered.len() as u64);
        let mut by_conversation: Vec<(Arc<Conversation>, Vec<Arc<Posted>>)> = Vec::with_capacity(1);
        let mut answers = Vec::with_capacity(numbered.len());
        for Numbered { entry, append, profile } in numbered {
            let Append { id, seq, created_at, text, .. } = append;
            let posted =
                Arc::new(Posted::new(id, entry.conversation.id, seq, created_at, entry.author, profile, Some(text)));
            answers.push((entry.reply, posted.clone()));
            match by_conversation.iter_mut().find(|(known, _)| Arc::ptr_eq(known, &entry.conversation)) {
                Some((_, posts)) => posts.push(posted),
                None => by_conversation.push((entry.conversation, vec![posted])),
            }
        }
        for (conversation, posts) in &by_conversation {
            conversation.extend(posts);
        }
        for (reply, posted) in answers {
            drop(reply.send(Ok(posted)));
        }
        for (conversation, posts) in by_conversation {
            self.parts.fanout.announce(conversation.number, posts.into()).await;
        }
    }
}

/// The same failure once more, for another of those whom it concerns; its cause has been logged.
fn repeated(error: &StoreError) -> StoreError {
    match error {
        StoreError::Full => StoreError::Full,
        StoreError::Unreadable(what) => StoreError::Unreadable(what),
        StoreError::Database(_) => StoreError::Database("the batch failed; its cause is in the log".into()),
    }
}
