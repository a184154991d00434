//! Answers that are kept, so that a request which is sent again with its key is answered as it was, and done once.
//!
//! A key belongs to one agent and stands for one request, known by its fingerprint. While the first attempt is at work the
//! key is marked in memory: two attempts at once would both find nothing kept. When the store fails, requests are done as
//! if they had no key, as far as memory does not know better.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use bytes::Bytes;
use tertulia_model::{AgentNo, Timestamp};
use tertulia_store::{AnswerRecord, NewAnswer};
use tokio_util::sync::CancellationToken;

use crate::{Error, KeyInUse, agents::Agent, chat::Chat};

/// How often answers that have run out are looked for. At no other task's interval: a test that waits for that one to sleep would
/// take this one for it.
const SWEEP_EVERY: Duration = Duration::from_mins(15);

/// Answers that are deleted in one go.
const SLICE: u32 = 100;

/// What a request is known by: SHA-256 of everything that makes it what it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fingerprint(pub [u8; 32]);

/// An answer as it was given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// Names and values of the headers, in order.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Bytes,
}

/// A request with a key.
#[derive(Debug)]
pub enum Attempt {
    /// It has not been answered yet.
    First(FirstAttempt),
    /// It has, with this.
    Repeated(Answer),
}

/// The right to be the one that does what a request asks for. Dropping it gives it to the next attempt.
#[derive(Debug)]
pub struct FirstAttempt {
    marks: Arc<Marks>,
    agent: AgentNo,
    key: Arc<str>,
    fingerprint: Fingerprint,
    number: u64,
}

/// The keys of requests that are at work.
#[derive(Debug, Default)]
pub(crate) struct Marks(Mutex<Marked>);

#[derive(Debug, Default)]
struct Marked {
    marks: HashMap<(AgentNo, Arc<str>), Mark>,
    last: u64,
}

#[derive(Clone, Copy, Debug)]
struct Mark {
    fingerprint: Fingerprint,
    /// On the clock that never goes back.
    until: Duration,
    number: u64,
}

impl Chat {
    /// Begins a request with a key, unless it is known how it was answered.
    ///
    /// # Errors
    ///
    /// [`Error::Idempotency`] if the key belongs to another request, or to one that is still at work.
    pub async fn answered_before(&self, agent: &Agent, key: &str, fingerprint: Fingerprint) -> Result<Attempt, Error> {
        // In this order: whoever sees no mark any more finds what was kept under it.
        let marked = self.mark(agent.number, key, fingerprint);
        let kept = self.0.store.answer(agent.number, key, self.expired_by()).await.unwrap_or_else(|error| {
            tracing::warn!(error = &error as &dyn std::error::Error, "whether a request was answered is not known");
            None
        });
        match kept {
            Some(record) if record.fingerprint == fingerprint.0 => Ok(Attempt::Repeated(record.into())),
            Some(_) => Err(KeyInUse::Conflict.into()),
            None => Ok(Attempt::First(marked?)),
        }
    }

    /// Keeps how the request was answered. A failure is logged: the answer itself is not held up by it.
    pub async fn remember_answer(&self, attempt: FirstAttempt, answer: &Answer) {
        let kept = self.0.store.keep_answer(&self.to_keep(&attempt, answer)).await;
        if let Err(error) = kept {
            tracing::warn!(error = &error as &dyn std::error::Error, "an answer could not be kept");
        }
    }

    /// Deletes what has run out, slice by slice, between the batches of messages.
    pub(crate) async fn sweep_answers(self, stop: CancellationToken) {
        while self.wait(SWEEP_EVERY, &stop).await {
            while let Ok(rows) = self.sweep_answers_once().await.inspect_err(warn)
                && rows >= SLICE
                && !stop.is_cancelled()
            {}
        }
    }

    pub(crate) async fn sweep_answers_once(&self) -> Result<u32, Error> {
        let chat = self.clone();
        let slice = async move { Ok(chat.0.store.sweep_answers(chat.expired_by(), SLICE).await?) };
        self.0.journal.exclusively(slice).await
    }

    fn to_keep(&self, attempt: &FirstAttempt, answer: &Answer) -> NewAnswer {
        let Answer { status, headers, body } = answer.clone();
        NewAnswer {
            agent: attempt.agent,
            key: attempt.key.as_ref().to_owned(),
            record: AnswerRecord { fingerprint: attempt.fingerprint.0, status, headers, body: body.into() },
            now: self.now(),
            expired_by: self.expired_by(),
            most: self.0.rules.answers.most_per_agent,
        }
    }

    fn mark(&self, agent: AgentNo, key: &str, fingerprint: Fingerprint) -> Result<FirstAttempt, KeyInUse> {
        let now = self.0.clock.elapsed();
        let key: Arc<str> = key.into();
        let until = now + self.0.rules.answers.in_progress;
        let number = self.0.marks.lock().mark((agent, key.clone()), fingerprint, now, until)?;
        Ok(FirstAttempt { marks: self.0.marks.clone(), agent, key, fingerprint, number })
    }

    fn expired_by(&self) -> Timestamp {
        self.now() - self.0.rules.answers.kept
    }
}

impl Marks {
    fn lock(&self) -> MutexGuard<'_, Marked> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Marked {
    /// Marks a key; the mark's own number. A mark that has run out counts as gone.
    fn mark(
        &mut self,
        key: (AgentNo, Arc<str>),
        fingerprint: Fingerprint,
        now: Duration,
        until: Duration,
    ) -> Result<u64, KeyInUse> {
        match self.marks.get(&key).filter(|mark| now < mark.until) {
            Some(mark) if mark.fingerprint == fingerprint => return Err(KeyInUse::InProgress),
            Some(_) => return Err(KeyInUse::Conflict),
            None => self.last += 1,
        }
        self.marks.insert(key, Mark { fingerprint, until, number: self.last });
        Ok(self.last)
    }
}

impl Drop for FirstAttempt {
    fn drop(&mut self) {
        let mut marked = self.marks.lock();
        let key = (self.agent, self.key.clone());
        // Another attempt may have it, if this one has taken too long.
        if marked.marks.get(&key).is_some_and(|mark| mark.number == self.number) {
            marked.marks.remove(&key);
        }
    }
}

impl From<AnswerRecord> for Answer {
    fn from(record: AnswerRecord) -> Self {
        Self { status: record.status, headers: record.headers, body: record.body.into() }
    }
}

fn warn(error: &Error) {
    if !matches!(error, Error::Stopping) {
        tracing::warn!(error = error as &dyn std::error::Error, "answers that have run out could not be deleted");
    }
}
