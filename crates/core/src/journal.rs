//! The one writer of messages, and of what must keep its place among them.
//!
//! Whatever arrived while the last batch was being synced becomes the next batch: one commit, one sync. The writer
//! decides on every entry from memory, in the order in which they came, and numbers messages so that sequences have no
//! holes and time never runs backwards within a conversation. Joining, leaving, inviting and ending are entries like
//! messages, and so is what happens to a group, though each of those is a batch of its own; what changes more than one conversation (a suspension, a removal, a sweep) runs alone between two batches.
//! Only after the sync is memory changed and are the callers told, and after them the fan-out.

mod batch;
mod deliveries;
mod doubt;
mod entry;
mod groups;
mod known;
mod telling;

use std::{fmt, future::Future, pin::Pin, sync::Arc};

use tertulia_model::MessageNo;
use tertulia_store::{Commit, Store, StoreError};
use tokio::sync::{Notify, mpsc, oneshot};

pub(crate) use self::{
    batch::MOST_PARTICIPANTS,
    entry::{Change, Outcome, Said, SentLetter, Told, repeated},
    groups::{GroupDeed, GroupOutcome},
};
use self::{
    batch::{Batch, Numbering},
    entry::{Entry, Refused, Wanted},
    known::{Keys, Known},
};
use crate::{
    Clock, Error, Ids,
    agents::Agent,
    conversation::Conversation,
    fanout::{Announcement, Fanout},
    inbox::Receipts,
    metrics::Metrics,
    notice::{Event, Happening, Notice},
    posted::Posted,
    room::Room,
    rules::MessagingRules,
    tallies::Tallies,
};

/// Entries that wait for the writer at the most. A sender beyond that waits for a place in the queue.
const QUEUE: usize = 4_096;

/// Batches whose keys are looked up after one that held something that had been sent before: whoever repeats one thing
/// often repeats the next.
const WARY_BATCHES: u32 = 16;

/// Messages in one batch at the most.
const MOST_IN_BATCH: usize = 512;

/// What waits for the writer.
enum Work {
    Entry(Entry),
    Exclusive(Pin<Box<dyn Future<Output = ()> + Send>>),
    Over(Vec<Arc<Conversation>>),
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
        (Self { queue }, Writer { parts, work, last: None, in_doubt: None, is_refusing: false, wary: 0 })
    }

    /// Appends a message that has no key. `Ok` means that it is on disk. Once queued it is written whether or not the
    /// caller goes on waiting.
    pub(crate) async fn say(&self, conversation: Arc<Conversation>, said: Said) -> Result<Arc<Posted>, Error> {
        debug_assert!(said.key().is_none(), "what has a key may have been sent before");
        match self.send(conversation, said).await? {
            Outcome::Said(told) => Ok(told.posted),
            Outcome::Repeated(_) => Err(StoreError::Unreadable("key of a message").into()),
        }
    }

    /// Appends a message, unless its author has sent one under the same key before. `Ok` means that it is on disk.
    pub(crate) async fn send(&self, conversation: Arc<Conversation>, said: Said) -> Result<Outcome, Error> {
        let (reply, answer) = oneshot::channel();
        let wanted = Wanted::Speech { said, reply: Some(reply) };
        self.queue.send(Work::Entry(Entry { conversation, wanted })).await.map_err(|_| Error::Stopping)?;
        answer.await.map_err(|_| Error::Stopping)?
    }

    /// Changes a room, in order with its messages. `Ok` means that it is on disk; it names whom something changed for.
    pub(crate) async fn change(
        &self,
        conversation: Arc<Conversation>,
        change: Change,
    ) -> Result<Vec<Arc<Agent>>, Error> {
        let (reply, answer) = oneshot::channel();
        let wanted = Wanted::Change { change, reply: Some(reply) };
        self.queue.send(Work::Entry(Entry { conversation, wanted })).await.map_err(|_| Error::Stopping)?;
        answer.await.map_err(|_| Error::Stopping)?
    }

    /// Does something to a group, in order with its messages. `Ok` means that it is on disk.
    pub(crate) async fn hold(&self, conversation: Arc<Conversation>, deed: GroupDeed) -> Result<GroupOutcome, Error> {
        let (reply, answer) = oneshot::channel();
        let wanted = Wanted::Group { deed, reply: Some(reply) };
        self.queue.send(Work::Entry(Entry { conversation, wanted })).await.map_err(|_| Error::Stopping)?;
        answer.await.map_err(|_| Error::Stopping)?
    }

    /// Whether nobody waits for the writer.
    pub(crate) fn is_idle(&self) -> bool {
        self.queue.capacity() == self.queue.max_capacity()
    }

    /// Tells those who listen to these rooms that their time is up, behind what was said in them. Each room's end is
    /// told once; nothing is written, since they are over whether or not anybody says so.
    pub(crate) async fn end(&self, rooms: Vec<Arc<Conversation>>) -> Result<(), Error> {
        self.queue.send(Work::Over(rooms)).await.map_err(|_| Error::Stopping)
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
    pub(crate) tallies: Arc<Tallies>,
    pub(crate) receipts: Receipts,
    pub(crate) messaging: MessagingRules,
    /// Rings when somebody is to be told elsewhere.
    pub(crate) bell: Arc<Notify>,
    pub(crate) metrics: Arc<Metrics>,
}

/// The writer itself.
pub(crate) struct Writer {
    parts: WriterParts,
    work: mpsc::Receiver<Work>,
    /// The last number given to a message; forgotten when a commit fails.
    last: Option<MessageNo>,
    /// The last batch, if its commit failed and the store could not say either whether it was written after all.
    in_doubt: Option<Batch>,
    /// Whether the last batch was refused as a whole: what is logged is when that begins and when it ends.
    is_refusing: bool,
    /// For how many batches keys are looked up still.
    wary: u32,
}

/// What came of a batch.
enum Attempt {
    /// It was written, and told to everybody, if there `is_change` in it.
    Done { is_change: bool },
    /// Nothing was written: something in it had been sent before.
    SentBefore(Vec<Entry>),
}

impl fmt::Debug for Writer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Writer").field("last", &self.last).finish_non_exhaustive()
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

    /// Writes what is waiting, in order: messages in batches, exclusive operations and changes of groups alone. An end cuts no batch in two:
    /// it is told behind it, and what was queued after it was refused by then.
    async fn write_all(&mut self, waiting: &mut Vec<Work>) {
        let (mut batch, mut over) = (Vec::with_capacity(waiting.len()), Vec::new());
        for work in waiting.drain(..) {
            match work {
                // Decided on from memory, which knows of the batch before it by then.
                Work::Entry(entry) if entry.is_alone() => {
                    self.write_batch(std::mem::take(&mut batch)).await;
                    self.write_batch(vec![entry]).await;
                }
                Work::Entry(entry) => batch.push(entry),
                Work::Over(rooms) => over.extend(rooms),
                Work::Exclusive(operation) => {
                    self.write_batch(std::mem::take(&mut batch)).await;
                    self.tell_of_ends(std::mem::take(&mut over)).await;
                    // What it deletes or counts may be in doubt. If that cannot be settled now, it will hardly fare better.
                    let _ = self.settle_doubt().await;
                    operation.await;
                }
            }
        }
        self.write_batch(batch).await;
        self.tell_of_ends(over).await;
    }

    /// Notes that these rooms are over, and tells of those of which nobody has heard it yet.
    async fn tell_of_ends(&mut self, rooms: Vec<Arc<Conversation>>) {
        let ended: Vec<_> = rooms
            .into_iter()
            .filter(|conversation| conversation.room().is_some_and(Room::end))
            .map(|conversation| {
                let notice = Notice::new(conversation.id, Happening::Expired, None);
                Announcement { conversation, events: vec![Event::Notice(Arc::new(notice))] }
            })
            .collect();
        if !ended.is_empty() {
            self.parts.fanout.announce(ended.into()).await;
        }
    }

    async fn write_batch(&mut self, batch: Vec<Entry>) {
        if batch.is_empty() {
            return;
        }
        match self.try_write(batch).await {
            Ok(_) => {}
            Err(refused) if refused.entries.len() > 1 && refused.may_spare_some() => {
                self.write_one_by_one(refused).await;
            }
            Err(refused) => self.refuse(refused),
        }
    }

    /// Writes a batch whole and tells everybody, or gives it back. Says whether there was anything to write.
    ///
    /// Almost nothing that has a key was sent before, and the store notices what was: keys are looked up only then, and for
    /// a while after it.
    async fn try_write(&mut self, entries: Vec<Entry>) -> Result<bool, Refused> {
        let keys = if self.wary == 0 { Keys::TakenForNew } else { Keys::LookedUp };
        self.wary = self.wary.saturating_sub(1);
        match self.write_knowing(keys, entries).await? {
            Attempt::Done { is_change } => Ok(is_change),
            Attempt::SentBefore(entries) => {
                self.wary = WARY_BATCHES;
                match self.write_knowing(Keys::LookedUp, entries).await? {
                    Attempt::Done { is_change } => Ok(is_change),
                    Attempt::SentBefore(entries) => {
                        let cause = StoreError::Database("a key that is not there was used before".into());
                        Err(Refused { entries, cause })
                    }
                }
            }
        }
    }

    async fn write_knowing(&mut self, keys: Keys, entries: Vec<Entry>) -> Result<Attempt, Refused> {
        let prepared = match self.settle_doubt().await {
            Ok(()) => self.last_number().await,
            Err(cause) => Err(cause),
        };
        let prepared = match prepared {
            Ok(last) => Known::of(&entries, keys, &self.parts).await.map(|known| (last, known)),
            Err(cause) => Err(cause),
        };
        let (last, known) = match prepared {
            Ok(prepared) => prepared,
            Err(cause) => return Err(Refused { entries, cause }),
        };
        let batch = self.decide(entries, last, known);
        let is_change = !batch.commit.is_empty();
        match self.commit(&batch.commit).await {
            Ok(true) => self.tell(batch).await,
            Ok(false) => return Ok(Attempt::SentBefore(batch.into_entries())),
            // It says for certain that nothing was written.
            Err(cause @ StoreError::Full) => return Err(Refused { entries: batch.into_entries(), cause }),
            Err(cause) => self.look_for(batch, cause).await?,
        }
        Ok(Attempt::Done { is_change })
    }

    /// Decides on every entry, in order.
    fn decide(&mut self, entries: Vec<Entry>, last: MessageNo, known: Known) -> Batch {
        let mut random = vec![[0; 10]; entries.len()];
        self.parts.ids.fill(random.as_flattened_mut());
        let mut numbering = Numbering { now: self.parts.clock.now(), last };
        let mut batch = Batch::new(known, self.parts.messaging);
        for (entry, random) in entries.into_iter().zip(random) {
            batch.take(entry, &mut numbering, random);
        }
        self.last = Some(numbering.last);
        batch
    }

    /// A commit failed. The store is asked first whether it was written all the same; if it cannot answer, the batch stays
    /// in doubt.
    async fn look_for(&mut self, mut batch: Batch, cause: StoreError) -> Result<(), Refused> {
        match doubt::was_written(&*self.parts.store, &batch, self.parts.clock.now()).await {
            Ok(true) => {
                tracing::warn!(error = &cause as &dyn std::error::Error, "a commit that failed was written after all");
                self.tell(batch).await;
                Ok(())
            }
            Ok(false) => Err(Refused { entries: batch.into_entries(), cause }),
            Err(_) => {
                for decided in &mut batch.decided {
                    decided.entry.refuse(Error::Store(repeated(&cause)));
                }
                self.in_doubt = Some(batch);
                Err(Refused { entries: Vec::new(), cause })
            }
        }
    }

    /// Finds out what became of the batch in doubt. What was written is told, so that nobody misses it; who wanted it was
    /// told that it failed.
    async fn settle_doubt(&mut self) -> Result<(), StoreError> {
        let Some(batch) = &self.in_doubt else { return Ok(()) };
        let was_written = doubt::was_written(&*self.parts.store, batch, self.parts.clock.now()).await?;
        if let Some(batch) = self.in_doubt.take().filter(|_| was_written) {
            self.tell(batch).await;
        }
        Ok(())
    }

    /// The last number given to a message.
    async fn last_number(&mut self) -> Result<MessageNo, StoreError> {
        match self.last {
            Some(last) => Ok(last),
            None => self.parts.store.last_number().await,
        }
    }

    async fn commit(&mut self, commit: &Commit) -> Result<bool, StoreError> {
        if commit.is_empty() {
            return Ok(true);
        }
        let started = self.parts.clock.elapsed();
        let outcome = self.parts.store.commit(commit).await;
        self.parts.metrics.commit_seconds.observe(self.parts.clock.elapsed().saturating_sub(started).as_secs_f64());
        match outcome {
            Ok(true) => self.note_success(),
            Ok(false) | Err(_) => self.last = None,
        }
        outcome
    }

    /// A batch failed as a whole: what can be written alone is, and the rest is refused.
    async fn write_one_by_one(&mut self, batch: Refused) {
        let mut kept_out = Refused { entries: Vec::new(), cause: batch.cause };
        let (mut written, mut failed) = (0_usize, false);
        let mut entries = batch.entries.into_iter();
        while let Some(entry) = entries.next() {
            match self.try_write(vec![entry]).await {
                Ok(is_change) => written += usize::from(is_change),
                Err(refused) => {
                    failed = true;
                    kept_out.cause = refused.cause;
                    kept_out.entries.extend(refused.entries);
                    if !kept_out.may_spare_some() {
                        kept_out.entries.extend(entries.by_ref());
                    }
                }
            }
        }
        if failed && written == 0 {
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

    /// What was committed is remembered, then told to those who asked for it, then to everybody else.
    async fn tell(&mut self, batch: Batch) {
        self.parts.metrics.appended.inc_by(batch.commit.messages.len() as u64);
        if !batch.commit.deliveries.is_empty() {
            self.parts.bell.notify_one();
        }
        let told = telling::of(batch);
        for place in &told.places {
            place.remember();
        }
        for event in told.places.iter().filter(|place| place.conversation.is_tallied()).flat_map(|place| &place.events)
        {
            if let Event::Posted(posted) = event {
                self.parts.tallies.count(&posted.author);
            }
        }
        told.answers.give();
        let happened: Vec<_> = told.places.into_iter().filter_map(telling::Place::into_announcement).collect();
        if !happened.is_empty() {
            self.parts.fanout.announce(happened.into()).await;
        }
    }
}
