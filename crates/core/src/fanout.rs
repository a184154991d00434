//! From the journal to everybody who listens.
//!
//! Subscriptions are spread over a few shards, each a task that owns its own and delivers in commit order. An event
//! is encoded at most once per form; what has piled up meanwhile goes out in one piece. An outlet never makes a shard
//! wait; the journal does wait for a shard that is far behind, so that readers are not flooded faster than their
//! deliveries can be written.

mod pending;

use std::{collections::HashMap, fmt, sync::Arc, time::Duration};

use bytes::{Bytes, BytesMut};
use tertulia_model::{AgentNo, ConversationId, ConversationNo, Seq};
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;

use self::pending::Pending;
use crate::{
    Clock, Error,
    conversation::Conversation,
    form::{Form, shielded},
    live::{Ended, Flow, Frames, Outlet},
    metrics::Metrics,
    notice::{Event, Happening, Notice},
    posted::Posted,
};

/// Batches that wait for one shard at the most. Beyond it the journal waits.
const QUEUE: usize = 64;

/// Bytes that go to one outlet in one piece at the most.
const MOST_BYTES_AT_ONCE: usize = 256 * 1_024;

/// From so many conversations on a shard looks now and then which of them nobody listens to any more.
const MANY: usize = if cfg!(test) { 4 } else { 256 };

/// After this many outlets a shard lets other tasks run.
const YIELD_AFTER: usize = 64;

/// What happened in one conversation, in order.
#[derive(Clone, Debug)]
pub(crate) struct Announcement {
    pub(crate) conversation: Arc<Conversation>,
    pub(crate) events: Vec<Event>,
}

/// What waits for a shard.
enum Work {
    Happened { announcements: Arc<[Announcement]>, committed: Duration },
    Attach(Attach),
    Signal { conversation: ConversationNo, form: Form, frames: Arc<Frames>, except: Option<AgentNo> },
}

/// A subscription that wants to go live.
struct Attach {
    conversation: Arc<Conversation>,
    subscriber: Subscriber,
    after: Seq,
    answer: oneshot::Sender<Attached>,
}

/// Who listens, and how.
#[derive(Clone, Debug)]
pub(crate) struct Subscriber {
    /// The agent as which it listens, if it does.
    pub(crate) agent: Option<AgentNo>,
    /// Under which id it sees the conversation: a view that has ended never goes on as the next one.
    pub(crate) view: ConversationId,
    pub(crate) form: Form,
    pub(crate) outlet: Arc<dyn Outlet>,
}

/// What came of it.
#[derive(Debug)]
pub(crate) enum Attached {
    /// From here on it gets everything.
    Live,
    /// Memory does not reach back to where it stands: it must read more from the store first.
    Behind,
    /// It may not listen there, or not any more.
    Refused(Error),
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
        let count = shards.max(1);
        let (ways, shards): (Vec<_>, Vec<_>) = (0..count)
            .map(|index| {
                let (way, work) = mpsc::channel(QUEUE);
                let shard = Shard {
                    work,
                    part: Part { index, count },
                    listeners: HashMap::new(),
                    many: MANY,
                    clock: clock.clone(),
                    metrics: metrics.clone(),
                };
                (way, shard)
            })
            .unzip();
        (Self { shards: ways.into(), clock: clock.clone() }, shards)
    }

    /// Whether every shard is at work.
    pub(crate) fn is_open(&self) -> bool {
        self.shards.iter().all(|shard| !shard.is_closed())
    }

    /// Hands what happened to every shard, in commit order.
    pub(crate) async fn announce(&self, announcements: Arc<[Announcement]>) {
        let committed = self.clock.elapsed();
        for shard in self.shards.iter() {
            let announcements = announcements.clone();
            drop(shard.send(Work::Happened { announcements, committed }).await);
        }
    }

    /// Hands an event that is not kept to every subscription of `form`, but for those of `except`.
    pub(crate) async fn signal(
        &self,
        conversation: ConversationNo,
        form: &Form,
        bytes: Bytes,
        except: Option<AgentNo>,
    ) {
        let frames = Arc::new(Frames::new(bytes));
        for shard in self.shards.iter() {
            let work = Work::Signal { conversation, form: form.clone(), frames: frames.clone(), except };
            drop(shard.send(work).await);
        }
    }

    /// Makes a subscription live that has seen everything up to `after`. `key` spreads connections over shards.
    pub(crate) async fn attach(
        &self,
        key: usize,
        conversation: &Arc<Conversation>,
        subscriber: &Subscriber,
        after: Seq,
    ) -> Option<Attached> {
        let (answer, attached) = oneshot::channel();
        let attach = Attach { conversation: conversation.clone(), subscriber: subscriber.clone(), after, answer };
        self.shards[key % self.shards.len()].send(Work::Attach(attach)).await.ok()?;
        attached.await.ok()
    }
}

/// A subscription: an outlet and how far it has been served.
struct Subscription {
    outlet: Arc<dyn Outlet>,
    agent: Option<AgentNo>,
    view: ConversationId,
    at: Seq,
}

/// The subscriptions of one conversation in one form.
struct Audience {
    form: Form,
    subscriptions: Vec<Subscription>,
}

/// Everybody who listens to one conversation, which is kept in memory for them.
struct Listeners {
    conversation: Arc<Conversation>,
    audiences: Vec<Audience>,
}

/// Which agents' inboxes a shard serves: always the same, so that each is served in order.
#[derive(Clone, Copy, Debug)]
struct Part {
    index: usize,
    count: usize,
}

impl Part {
    fn holds(self, agent: AgentNo) -> bool {
        usize::try_from(agent.0).unwrap_or(0) % self.count == self.index
    }
}

/// One shard: a task that owns its subscriptions.
pub(crate) struct Shard {
    work: mpsc::Receiver<Work>,
    part: Part,
    listeners: HashMap<ConversationNo, Listeners>,
    /// When there are as many as this, it is time to look who has gone.
    many: usize,
    clock: Arc<dyn Clock>,
    metrics: Arc<Metrics>,
}

impl fmt::Debug for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shard").field("conversations", &self.listeners.len()).finish_non_exhaustive()
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
            let mut pending = Pending::default();
            for work in waiting.drain(..) {
                match work {
                    Work::Happened { announcements, committed } => self.gather(&mut pending, &announcements, committed),
                    Work::Attach(attach) => {
                        self.deliver_all(&mut pending).await;
                        self.attach(attach);
                    }
                    Work::Signal { conversation, form, frames, except } => {
                        self.deliver_all(&mut pending).await;
                        self.signal(conversation, &form, &frames, except).await;
                    }
                }
            }
            self.deliver_all(&mut pending).await;
        }
    }

    /// Adds what happened where somebody listens.
    fn gather(&self, pending: &mut Pending, announcements: &[Announcement], committed: Duration) {
        for Announcement { conversation, events } in announcements {
            for event in events {
                match event {
                    Event::Envelopes(envelopes) => envelopes.offer(|agent| self.part.holds(agent)),
                    Event::ToAgents(agents, event) => {
                        let served = agents.iter().filter(|agent| self.part.holds(agent.number));
                        for agent in served.filter(|agent| !agent.is_fully_paused()) {
                            agent.hear(event);
                        }
                    }
                    Event::Posted(_) | Event::Notice(_) | Event::Withdrawal => {}
                }
            }
            if self.listeners.contains_key(&conversation.number) {
                pending.add(conversation.number, events, committed);
            }
        }
    }

    async fn deliver_all(&mut self, pending: &mut Pending) {
        for (conversation, events, committed) in std::mem::take(pending).happened {
            self.deliver(conversation, &events).await;
            self.metrics.fanout_seconds.observe(self.clock.elapsed().saturating_sub(committed).as_secs_f64());
        }
    }

    /// Serves everybody who listens to a conversation: messages that follow each other in one piece.
    async fn deliver(&mut self, conversation: ConversationNo, events: &[Event]) {
        let Some(listeners) = self.listeners.get_mut(&conversation) else { return };
        let mut posts: Vec<Arc<Posted>> = Vec::with_capacity(events.len());
        for event in events {
            match event {
                Event::Posted(posted) => posts.push(posted.clone()),
                Event::Notice(notice) => {
                    listeners.serve(&std::mem::take(&mut posts)).await;
                    listeners.notify(notice).await;
                }
                Event::Envelopes(_) | Event::ToAgents(..) => {}
                Event::Withdrawal => {
                    listeners.serve(&std::mem::take(&mut posts)).await;
                    listeners.end_unentitled();
                }
            }
        }
        listeners.serve(&posts).await;
        self.tidy_up(conversation);
    }

    async fn signal(&mut self, conversation: ConversationNo, form: &Form, frames: &Frames, except: Option<AgentNo>) {
        let Some(listeners) = self.listeners.get_mut(&conversation) else { return };
        if let Some(audience) = listeners.audiences.iter_mut().find(|known| known.form == *form) {
            audience.push_to_all(frames, except).await;
        }
        self.tidy_up(conversation);
    }

    /// Gives a new subscription what it has missed and adds it, in one step of this shard: nothing can come between.
    /// Whether it may listen is looked up here once more: who loses that right later is told in turn.
    fn attach(&mut self, attach: Attach) {
        let Attach { conversation, subscriber, after, answer } = attach;
        let Subscriber { agent, view, form, outlet } = subscriber;
        let since = conversation.since(after);
        // In this order: what it has found by now was said while it might read.
        if let Err(refused) = conversation.permit_view(view, agent, self.clock.now()) {
            let _ = answer.send(Attached::Refused(refused));
            return;
        }
        let Some((missed, end)) = since else {
            let _ = answer.send(Attached::Behind);
            return;
        };
        let _ = answer.send(Attached::Live);
        if push_some(&*outlet, &missed, &form, agent) == Flow::Closed {
            return;
        }
        // A reader can be ahead: it has read what was committed and is about to be announced.
        self.add(&conversation, form, Subscription { outlet, agent, view, at: end.max(after) });
    }

    fn add(&mut self, conversation: &Arc<Conversation>, form: Form, subscription: Subscription) {
        if self.is_about_to_grow(conversation.number, &form) {
            self.tidy_up(conversation.number);
        }
        if self.listeners.len() >= self.many {
            self.tidy_up_everywhere();
        }
        let listeners = self
            .listeners
            .entry(conversation.number)
            .or_insert_with(|| Listeners { conversation: conversation.clone(), audiences: Vec::new() });
        match listeners.audiences.iter_mut().find(|audience| audience.form == form) {
            Some(audience) => audience.subscriptions.push(subscription),
            None => listeners.audiences.push(Audience { form, subscriptions: vec![subscription] }),
        }
        self.metrics.subscriptions.inc();
    }

    /// Whether one more subscription makes a list longer than it ever was. Then is the time to let go of those that
    /// have ended, also where nothing is ever said: often enough to bound the list, seldom enough to cost nothing.
    fn is_about_to_grow(&self, conversation: ConversationNo, form: &Form) -> bool {
        let Some(listeners) = self.listeners.get(&conversation) else { return false };
        let audience = listeners.audiences.iter().find(|audience| audience.form == *form);
        audience.is_some_and(|audience| audience.subscriptions.len() == audience.subscriptions.capacity())
    }

    /// Tidies up in conversations where nothing is said either. A quarter of their number comes anew before the next time.
    fn tidy_up_everywhere(&mut self) {
        let conversations: Vec<_> = self.listeners.keys().copied().collect();
        for conversation in conversations {
            self.tidy_up(conversation);
        }
        self.many = MANY.max(self.listeners.len() + self.listeners.len() / 4);
    }

    /// Forgets subscriptions that have ended, and conversations that nobody listens to any more.
    fn tidy_up(&mut self, conversation: ConversationNo) {
        let Some(listeners) = self.listeners.get_mut(&conversation) else { return };
        for audience in &mut listeners.audiences {
            let before = audience.subscriptions.len();
            audience.subscriptions.retain(|subscription| subscription.outlet.is_open());
            let gone = before - audience.subscriptions.len();
            self.metrics.subscriptions.dec_by(i64::try_from(gone).unwrap_or(0));
        }
        listeners.audiences.retain(|audience| !audience.subscriptions.is_empty());
        if listeners.audiences.is_empty() {
            self.listeners.remove(&conversation);
        }
    }
}

impl Listeners {
    /// Delivers consecutive messages to everybody, form by form.
    async fn serve(&mut self, posts: &[Arc<Posted>]) {
        for audience in &mut self.audiences {
            let mut rest = posts;
            while !rest.is_empty() {
                let (now, later) = rest.split_at(fitting(rest, &audience.form));
                audience.serve(now).await;
                rest = later;
            }
        }
    }

    /// Tells everybody of a notice, and ends the subscriptions that it ends.
    async fn notify(&mut self, notice: &Notice) {
        for audience in &mut self.audiences {
            let bytes = shielded(&notice.conversation, || notice.encoded(&audience.form));
            if !bytes.is_empty() {
                audience.push_to_all(&Frames::new(bytes), None).await;
            }
        }
        match notice.what {
            Happening::Created | Happening::Joined => {}
            Happening::Left => self.end_unentitled(),
            Happening::Expired | Happening::Destroyed => {
                self.subscriptions().for_each(|subscription| subscription.outlet.close(Ended::PlaceGone));
            }
        }
    }

    /// Ends the subscriptions of those who may not read on.
    fn end_unentitled(&self) {
        let view = self.conversation.view_id();
        let may_go_on = |one: &Subscription| one.view == view && self.conversation.may_be_read_by(one.agent);
        for subscription in self.subscriptions().filter(|one| !may_go_on(one)) {
            subscription.outlet.close(Ended::NoLongerAllowed);
        }
    }

    fn subscriptions(&self) -> impl Iterator<Item = &Subscription> {
        self.audiences.iter().flat_map(|audience| &audience.subscriptions)
    }
}

impl Audience {
    /// Delivers consecutive messages to every subscription that has not seen them.
    async fn serve(&mut self, posts: &[Arc<Posted>]) {
        let (Some(first), Some(last)) = (posts.first(), posts.last()) else { return };
        let frames = encode(posts, &self.form, None);
        let is_silent = frames.bytes().is_empty();
        let spared = spared_authors(posts, &self.form);
        for (index, subscription) in self.subscriptions.iter_mut().enumerate() {
            if subscription.at >= last.seq {
                continue;
            }
            let is_spared = subscription.agent.is_some_and(|agent| spared.contains(&agent));
            if is_silent {
                // Nothing in it is to be shown.
            } else if subscription.at.next() == first.seq && !is_spared {
                subscription.outlet.push(&frames);
            } else {
                let unseen = posts.partition_point(|posted| posted.seq <= subscription.at);
                push_some(&*subscription.outlet, &posts[unseen..], &self.form, subscription.agent);
            }
            subscription.at = last.seq;
            if index % YIELD_AFTER == YIELD_AFTER - 1 {
                tokio::task::yield_now().await;
            }
        }
    }

    async fn push_to_all(&mut self, frames: &Frames, except: Option<AgentNo>) {
        for (index, subscription) in self.subscriptions.iter().enumerate() {
            if except.is_none() || subscription.agent != except {
                subscription.outlet.push(frames);
            }
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
        bytes += shown(posted, form).len();
        bytes <= MOST_BYTES_AT_ONCE
    });
    fitting.count().max(1)
}

/// Those who are spared some of the messages.
fn spared_authors(posts: &[Arc<Posted>], form: &Form) -> Vec<AgentNo> {
    let authors = posts.iter().map(|posted| (posted, posted.author.number));
    authors.filter(|(posted, author)| form.spares(posted, Some(*author))).map(|(_, author)| author).collect()
}

/// Gives one subscription its own selection of the messages.
fn push_some(outlet: &dyn Outlet, posts: &[Arc<Posted>], form: &Form, listener: Option<AgentNo>) -> Flow {
    let frames = encode(posts, form, listener);
    if frames.bytes().is_empty() { Flow::Open } else { outlet.push(&frames) }
}

/// The messages in one form, one after the other, as `listener` is told them; removed ones are left out.
fn encode(posts: &[Arc<Posted>], form: &Form, listener: Option<AgentNo>) -> Frames {
    let is_told = |posted: &&Arc<Posted>| !posted.is_removed() && !form.spares(posted, listener);
    let mut visible = posts.iter().filter(is_told);
    if let (Some(only), None) = (visible.next(), visible.next()) {
        return Frames::new(shown(only, form));
    }
    let mut bytes = BytesMut::new();
    for posted in posts.iter().filter(is_told) {
        bytes.extend_from_slice(&shown(posted, form));
    }
    Frames::new(bytes.freeze())
}

/// The message in one form.
fn shown(posted: &Posted, form: &Form) -> Bytes {
    shielded(&posted.id, || posted.encoded(form))
}
