//! Somebody who listens.

use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use tertulia_model::Seq;

use super::hub::{SHARDS, TestHub};
use crate::{Caller, Conversation, Ended, Error, Flow, Form, Frames, Happening, Outlet, fanout::Subscriber};

/// Keeps what it was given, and why it was closed.
#[derive(Debug, Default)]
pub(super) struct Listener(Mutex<Kept>);

#[derive(Debug, Default)]
struct Kept {
    heard: String,
    ended: Option<Ended>,
}

impl Listener {
    /// What it was given since the last call: `ada: hello|ada left|expired|`.
    pub(super) fn take(&self) -> String {
        std::mem::take(&mut self.lock().heard)
    }

    /// Why it was closed, if it was.
    pub(super) fn ended(&self) -> Option<Ended> {
        self.lock().ended
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Outlet for Listener {
    fn push(&self, frames: &Frames) -> Flow {
        let mut kept = self.lock();
        if kept.ended.is_some() {
            return Flow::Closed;
        }
        kept.heard.push_str(std::str::from_utf8(frames.bytes()).unwrap());
        Flow::Open
    }

    fn is_open(&self) -> bool {
        self.lock().ended.is_none()
    }

    fn close(&self, why: Ended) {
        self.lock().ended.get_or_insert(why);
    }
}

static FORM: LazyLock<Form> = LazyLock::new(|| {
    Form::with_notices(
        |posted, out| out.extend_from_slice(format!("{}: {}|", posted.author.name, posted.text).as_bytes()),
        |notice, out| {
            let what = match notice.what {
                Happening::Created => "created",
                Happening::Joined => "joined",
                Happening::Left => "left",
                Happening::Expired => "expired",
                Happening::Destroyed => "destroyed",
            };
            let who = notice.agent.as_ref().map(|agent| format!("{} ", agent.name)).unwrap_or_default();
            out.extend_from_slice(format!("{who}{what}|").as_bytes());
        },
    )
});

impl TestHub {
    /// Listens from the beginning: with what was said so far as its history.
    pub(super) async fn follow(
        &self,
        conversation: &Arc<Conversation>,
        reader: Option<&Caller>,
    ) -> Result<Arc<Listener>, Error> {
        let start = self.chat.start(conversation, reader, None).await?;
        self.follow_from(conversation, reader, &start).await
    }

    /// Listens from a start that was given before.
    pub(super) async fn follow_from(
        &self,
        conversation: &Arc<Conversation>,
        reader: Option<&Caller>,
        start: &crate::Start,
    ) -> Result<Arc<Listener>, Error> {
        let listener = Arc::new(Listener::default());
        self.follow_as(conversation, reader, start, &listener).await?;
        Ok(listener)
    }

    pub(super) async fn follow_as(
        &self,
        conversation: &Arc<Conversation>,
        reader: Option<&Caller>,
        start: &crate::Start,
        listener: &Arc<Listener>,
    ) -> Result<(), Error> {
        let outlet: Arc<dyn Outlet> = listener.clone();
        self.chat.follow(conversation, reader, start, &FORM, &outlet, self.chat.delivery_key()).await
    }

    /// Waits until everything that was written so far has been delivered.
    pub(super) async fn settle(&self) {
        self.chat.0.journal.exclusively(async { Ok(()) }).await.unwrap();
        let closed = Listener::default();
        closed.close(Ended::PlaceGone);
        let subscriber =
            Subscriber { agent: None, view: self.chat.lobby().id, form: FORM.clone(), outlet: Arc::new(closed) };
        for shard in 0..SHARDS {
            // A shard serves what came before first.
            self.chat.0.fanout.attach(shard, self.chat.lobby(), &subscriber, Seq(u64::MAX)).await.unwrap();
        }
    }
}
