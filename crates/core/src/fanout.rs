//! From the journal to everybody who listens.
//!
//! Subscriptions are spread over a few shards, each a task that owns its own and delivers in commit order. An event
//! is encoded at most once per form; what has piled up meanwhile goes out in one piece. An outlet never makes a shard
//! wait; the journal does wait for a shard that is far behind, so that readers are not flooded faster than their
//! deliveries can be written.

use std::{
    collections::HashMap,
    fmt,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};

use bytes::{Bytes, BytesMut};
use tertulia_model::{ConversationNo, Seq};
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;

use crate::{
    Clock,
    conversation::Conversation,
    live::{Flow, Frames, Outlet},
    metrics::Metrics,
    posted::{Form, Posted},
};

/// Batches that wait for one shard at the most. Beyond it the journal waits.
const QUEUE: usize = 64;

/// Bytes that go to one outlet in one piece at the most.
const MOST_BYTES_AT_ONCE: usize = 256 * 1_024;

/// After this many outlets a shard lets other tasks run.
const YIELD_AFTER: usize = 64;

/// What waits for a shard.
enum Work {
    Posted { conversation: ConversationNo, posts: Arc<[Arc<Posted>]>, committed: std::time::Duration },
    Attach(Attach),
    Signal { conversation: ConversationNo, form: Form, frames: Arc<Frames> },
}

/// A subscription that wants to go live.
struct Attach {
    conversation: Arc<Conversation>,
    form: Form,
    outlet: Arc<dyn Outlet>,
    after: Seq,
    answer: oneshot::Sender<Attached>,
}

/// What came of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Attached {
    /// From here on it gets everything.
    Live,
    /// Memory does not reach back to where it stands: it must read more from the store first.
    Behind,
}

/// The way to the shards. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Fanout {
    shards: Arc<[mpsc::Sender<Work>]>,
    clock: Arc<dyn Clock>,
}

impl fmt::Debug for Fanout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Fanout").field("shards", &self.shards.len()).finish_non_exhaustive()
    }
}

impl Fanout {
    /// A fan-out of `shards` shards, which must be run.
    pub(crate) fn new(shards: usize, clock: &Arc<dyn Clock>, metrics: &Arc<Metrics>) -> (Self, Vec<Shard>) {
        let (ways, shards): (Vec<_>, Vec<_>) = (0..shards.max(1))
            .map(|_| {
                let (way, work) = mpsc::channel(QUEUE);
                let shard = Shard { work, audiences: HashMap::new(), clock: clock.clone(), metrics: metrics.clone() };
                (way, shard)
            })
            .unzip();
        (Self { shards: ways.into(), clock: clock.clone() }, shards)
    }

    /// Whether every shard is at work.
    pub(crate) fn is_open(&self) -> bool {
        self.shards.iter().all(|shard| !shard.is_closed())
    }

    /// Hands committed messages of one conversation to every shard, in commit order.
    pub(crate) async fn announce(&self, conversation: ConversationNo, posts: Arc<[Arc<Posted>]>) {
        let committed = self.clock.elapsed();
        for shard in self.shards.iter() {
            let posts = posts.clone();
            drop(shard.send(Work::Posted { conversation, posts, committed }).await);
        }
    }

    /// Hands an event that is not kept to every subscription of `form`.
    pub(crate) async fn signal(&self, conversation: ConversationNo, form: &Form, bytes: Bytes) {
        let frames = Arc::new(Frames::new(bytes));
        for shard in self.shards.iter() {
            let work = Work::Signal { conversation, form: form.clone(), frames: frames.clone() };
            drop(shard.send(work).await);
        }
    }

    /// Makes a subscription live that has seen everything up to `after`. `key` spreads subscriptions over shards.
    pub(crate) async fn attach(
        &self,
        key: usize,
        conversation: &Arc<Conversation>,
        form: &Form,
        outlet: &Arc<dyn Outlet>,
        after: Seq,
    ) -> Option<Attached> {
        let (answer, attached) = oneshot::channel();
        let attach =
            Attach { conversation: conversation.clone(), form: form.clone(), outlet: outlet.clone(), after, answer };
        self.shards[key % self.shards.len()].send(Work::Attach(attach)).await.ok()?;
        attached.await.ok()
    }
}

/// A subscription: an outlet and how far it has been served.
struct Subscription {
    outlet: Arc<dyn Outlet>,
    at: Seq,
}

/// The subscriptions of one conversation in one form.
struct Audience {
    form: Form,
    subscriptions: Vec<Subscription>,
}

/// One shard: a task that owns its subscriptions.
pub(crate) struct Shard {
    work: mpsc::Receiver<Work>,
    audiences: HashMap<ConversationNo, Vec<Audience>>,
    clock: Arc<dyn Clock>,
    metrics: Arc<Metrics>,
}

impl fmt::Debug for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shard").field("conversations", &self.audiences.len()).finish_non_exhaustive()
    }
}

impl Shard {
    /// Delivers until `close` says that nothing more will be announced and what was is delivered.
    pub(crate) async fn run(mut self, close: CancellationToken) {
        let mut waiting = Vec::with_capacity(QUEUE);
        loop {
            let count = tokio::select! {
                biased;
                count = self.work.recv_many(&mut waiting, QUEUE) => count,
                () = close.cancelled(), if !self.work.is_closed() => {
                    self.work.close();
                    continue;
                }
            };
            if count == 0 {
                return;
            }
            let mut pending: Vec<Arc<Posted>> = Vec::new();
            let mut pending_of = None;
            for work in waiting.drain(..) {
                match work {
                    Work::Posted { conversation, posts, committed } => {
                        if pending_of.is_some_and(|(of, _)| of != conversation) {
                            self.deliver(pending_of, &std::mem::take(&mut pending)).await;
                            pending_of = None;
                        }
                        pending_of.get_or_insert((conversation, committed));
                        pending.extend(posts.iter().cloned());
                    }
                    Work::Attach(attach) => {
                        self.deliver(pending_of.take(), &std::mem::take(&mut pending)).await;
                        self.attach(attach);
                    }
                    Work::Signal { conversation, form, frames } => {
                        self.deliver(pending_of.take(), &std::mem::take(&mut pending)).await;
                        self.signal(conversation, &form, &frames).await;
                    }
                }
            }
            self.deliver(pending_of, &pending).await;
        }
    }

    /// Serves everybody who listens to a conversation, form by form.
    async fn deliver(&mut self, of: Option<(ConversationNo, std::time::Duration)>, posts: &[Arc<Posted>]) {
        let Some((conversation, committed)) = of else { return };
        let Some(audiences) = self.audiences.get_mut(&conversation) else { return };
        for audience in audiences.iter_mut() {
            let mut rest = posts;
            while !rest.is_empty() {
                let (now, later) = rest.split_at(fitting(rest, &audience.form));
                audience.serve(now).await;
                rest = later;
            }
        }
        self.tidy_up(conversation);
        self.metrics.fanout_seconds.observe(self.clock.elapsed().saturating_sub(committed).as_secs_f64());
    }

    async fn signal(&mut self, conversation: ConversationNo, form: &Form, frames: &Frames) {
        let audience = self.audiences.get_mut(&conversation).into_iter().flatten().find(|known| known.form == *form);
        if let Some(audience) = audience {
            audience.push_to_all(frames).await;
        }
        self.tidy_up(conversation);
    }

    /// Gives a new subscription what it has missed and adds it, in one step of this shard: nothing can come between.
    fn attach(&mut self, attach: Attach) {
        let Attach { conversation, form, outlet, after, answer } = attach;
        let Some((missed, end)) = conversation.since(after) else {
            let _ = answer.send(Attached::Behind);
            return;
        };
        let _ = answer.send(Attached::Live);
        if !missed.is_empty() && outlet.push(&encode(&missed, &form)) == Flow::Closed {
            return;
        }
        if self.is_about_to_grow(conversation.number, &form) {
            self.tidy_up(conversation.number);
        }
        let audiences = self.audiences.entry(conversation.number).or_default();
        // A reader can be ahead: it has read what was committed and is about to be announced.
        let subscription = Subscription { outlet, at: end.max(after) };
        match audiences.iter_mut().find(|audience| audience.form == form) {
            Some(audience) => audience.subscriptions.push(subscription),
            None => audiences.push(Audience { form, subscriptions: vec![subscription] }),
        }
        self.metrics.subscriptions.inc();
    }

    /// Whether one more subscription makes a list longer than it ever was. Then is the time to let go of those that
    /// have ended, also where nothing is ever said: often enough to bound the list, seldom enough to cost nothing.
    fn is_about_to_grow(&self, conversation: ConversationNo, form: &Form) -> bool {
        let audience = self.audiences.get(&conversation).into_iter().flatten().find(|audience| audience.form == *form);
        audience.is_some_and(|audience| audience.subscriptions.len() == audience.subscriptions.capacity())
    }

    /// Forgets subscriptions that have ended.
    fn tidy_up(&mut self, conversation: ConversationNo) {
        let Some(audiences) = self.audiences.get_mut(&conversation) else { return };
        for audience in audiences.iter_mut() {
            let before = audience.subscriptions.len();
            audience.subscriptions.retain(|subscription| subscription.outlet.is_open());
            let gone = before - audience.subscriptions.len();
            self.metrics.subscriptions.dec_by(i64::try_from(gone).unwrap_or(0));
        }
        audiences.retain(|audience| !audience.subscriptions.is_empty());
        if audiences.is_empty() {
            self.audiences.remove(&conversation);
        }
    }
}

impl Audience {
    /// Delivers consecutive messages to every subscription that has not seen them.
    async fn serve(&mut self, posts: &[Arc<Posted>]) {
        let (Some(first), Some(last)) = (posts.first(), posts.last()) else { return };
        let frames = encode(posts, &self.form);
        let is_silent = frames.bytes().is_empty();
        for (index, subscription) in self.subscriptions.iter_mut().enumerate() {
            if subscription.at >= last.seq {
                continue;
            }
            if is_silent {
                // Nothing in it is to be shown.
            } else if subscription.at.next() == first.seq {
                subscription.outlet.push(&frames);
            } else {
                let unseen = posts.partition_point(|posted| posted.seq <= subscription.at);
                subscription.outlet.push(&encode(&posts[unseen..], &self.form));
            }
            subscription.at = last.seq;
            if index % YIELD_AFTER == YIELD_AFTER - 1 {
                tokio::task::yield_now().await;
            }
        }
    }

    async fn push_to_all(&mut self, frames: &Frames) {
        for (index, subscription) in self.subscriptions.iter().enumerate() {
            subscription.outlet.push(frames);
            if index % YIELD_AFTER == YIELD_AFTER - 1 {
                tokio::task::yield_now().await;
            }
        }
    }
}

/// How many of `posts` go out in one piece: at least one.
fn fitting(posts: &[Arc<Posted>], form: &Form) -> usize {
    let mut bytes = 0;
    let fitting = posts.iter().take_while(|posted| {
        bytes += shielded(posted, form).len();
        bytes <= MOST_BYTES_AT_ONCE
    });
    fitting.count().max(1)
}

/// The messages in one form, one after the other; removed ones are left out.
fn encode(posts: &[Arc<Posted>], form: &Form) -> Frames {
    let mut shown = posts.iter().filter(|posted| !posted.is_removed());
    if let (Some(only), None) = (shown.next(), shown.next()) {
        return Frames::new(shielded(only, form));
    }
    let mut bytes = BytesMut::new();
    for posted in posts.iter().filter(|posted| !posted.is_removed()) {
        bytes.extend_from_slice(&shielded(posted, form));
    }
    Frames::new(bytes.freeze())
}

/// The message in one form, or nothing if the form fails: its surface's mistake must not silence everybody else whom
/// this shard serves.
fn shielded(posted: &Posted, form: &Form) -> Bytes {
    let encoded = catch_unwind(AssertUnwindSafe(|| posted.encoded(form)));
    encoded.unwrap_or_else(|_| {
        tracing::error!(message.id = %posted.id, "a form failed; its subscribers do not get the message");
        Bytes::new()
    })
}
