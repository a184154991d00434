//! What the tests begin with.

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use tertulia_model::{CredentialKind, Links, Name, RoomName, TimeToLive, Timestamp, Visibility};
use tertulia_store::Hub;
use tertulia_store_sqlite::{Durability, SqliteOptions, SqliteStore};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{
    mailbox::Mailbox,
    post::{Plain, Post, Steady},
    store::FaultyStore,
    vouching::Vouching,
};
use crate::{
    Action, AgentRef, Caller, Chat, Clock, Conversation, Error, Ids, Limit, Parts, Posted, RoomPlan, Rules, Sleep,
    Surface, SurfaceLimits, TokenSecret, WebhookParts,
};

/// Tasks that deliver.
pub(super) const SHARDS: usize = 2;

/// A hub without limits on a store in a fresh directory.
pub(super) struct TestHub {
    pub(super) chat: Chat,
    pub(super) store: Arc<FaultyStore>,
    pub(super) vouching: Arc<Vouching>,
    pub(super) post: Arc<Post>,
    pub(super) mailbox: Arc<Mailbox>,
    pub(super) clock: Arc<StandingClock>,
    pub(super) surface: Arc<Surface>,
    ids: Arc<CountedIds>,
    tasks: TaskTracker,
    stop: CancellationToken,
    directory: tempfile::TempDir,
}

const KEY_KINDS: [CredentialKind; 2] = [CredentialKind::api_key("one_"), CredentialKind::api_key("two_")];

impl TestHub {
    pub(super) async fn open() -> Self {
        Self::open_with(Rules::default()).await
    }

    /// As [`TestHub::open`], by these rules.
    pub(super) async fn open_with(rules: Rules) -> Self {
        Self::open_in(tempfile::tempdir().unwrap(), rules, Arc::default(), Arc::default()).await
    }

    async fn open_in(
        directory: tempfile::TempDir,
        rules: Rules,
        clock: Arc<StandingClock>,
        ids: Arc<CountedIds>,
    ) -> Self {
        let options = SqliteOptions { durability: Durability::Off, ..SqliteOptions::default() };
        let store = Arc::new(FaultyStore::new(SqliteStore::open(directory.path(), &options).await.unwrap()));
        let (vouching, post) = (Arc::new(Vouching::default()), Arc::new(Post::default()));
        let mailbox = Arc::new(Mailbox::default());
        let parts = Parts {
            store: store.clone(),
            clock: clock.clone(),
            ids: ids.clone(),
            badge_source: vouching.clone(),
            name: "hub".to_owned(),
            public_url: "http://hub.test".to_owned(),
            rules: Rules { lobby_unverified: Limit::Off, ..rules },
            links: Links::default(),
            key_kinds: KEY_KINDS.to_vec(),
            webhooks: WebhookParts { formats: vec![Arc::new(Plain), Arc::new(Steady)], sender: post.clone() },
            mailer: Some(mailbox.clone()),
            token_secret: TokenSecret::new(&[7; 32]).unwrap(),
            shards: SHARDS,
        };
        let (tasks, stop) = (TaskTracker::new(), CancellationToken::new());
        let chat = Chat::open(parts, &tasks, &stop).await.unwrap();
        let limits = SurfaceLimits::new(10).with(Action::CompleteVerification, Limit::per_secs(3, 3_600));
        let surface = Surface {
            name: "test",
            counted_as: "test",
            key_kind: KEY_KINDS.first().cloned(),
            longest_lobby_text: 100,
            lists_agents: true,
            limits,
        };
        Self { chat, store, vouching, post, mailbox, clock, surface: Arc::new(surface), ids, tasks, stop, directory }
    }

    /// Registers an agent; a caller with its key.
    pub(super) async fn join(&self, name: &str) -> Caller {
        let key = self.register(name).await.unwrap();
        self.chat.authenticate(&self.surface, &key).await.unwrap()
    }

    /// Registers an agent; its key.
    pub(super) async fn register(&self, name: &str) -> Result<String, Error> {
        let name = Name::parse(name).unwrap();
        let registered = self.chat.register(&self.surface, &name, tertulia_store::Profile::default(), None).await?;
        Ok(registered.key.reveal().to_owned())
    }

    /// The same agent's caller, who has called the hub before it was opened again.
    pub(super) async fn again(&self, caller: &Caller) -> Caller {
        let agent = self.chat.agent_named(&caller.agent.name).await.unwrap().unwrap();
        Caller { agent, credential: caller.credential, surface: self.surface.clone() }
    }

    /// What the clock shows.
    pub(super) fn clock_now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Says `count` things in the lobby at once: the writer finds all of them waiting.
    pub(super) async fn say(&self, caller: &Caller, count: usize) -> Vec<Result<Arc<Posted>, Error>> {
        let said = (0..count).map(|_| async { Ok(self.chat.say(caller, self.chat.lobby(), "a message").await?.0) });
        futures_util::future::join_all(said).await
    }

    /// A room of `creator` that lives for ten minutes, with those who are invited.
    pub(super) async fn room(
        &self,
        creator: &Caller,
        visibility: Visibility,
        invited: &[&Caller],
    ) -> Arc<Conversation> {
        let invited = invited.iter().map(|caller| AgentRef::Id(caller.agent.id)).collect();
        self.create(creator, visibility, TimeToLive::DEFAULT, invited).await
    }

    /// A room of `creator` alone.
    pub(super) async fn room_for(
        &self,
        creator: &Caller,
        visibility: Visibility,
        ttl: TimeToLive,
    ) -> Arc<Conversation> {
        self.create(creator, visibility, ttl, Vec::new()).await
    }

    async fn create(
        &self,
        creator: &Caller,
        visibility: Visibility,
        ttl: TimeToLive,
        invited: Vec<AgentRef>,
    ) -> Arc<Conversation> {
        let name = RoomName::parse("a room").unwrap();
        let plan = RoomPlan { name, description: None, visibility, ttl, invited, only_creator_invites: false };
        self.chat.create_room(creator, plan).await.unwrap().0
    }

    /// Stops the hub, as it stops itself.
    pub(super) async fn close(self) {
        let _directory = self.stop(true).await;
    }

    /// Stops the hub and opens it again.
    pub(super) async fn restart(self) -> Self {
        let (clock, ids) = (self.clock.clone(), self.ids.clone());
        Self::open_in(self.stop(true).await, Rules::default(), clock, ids).await
    }

    /// As [`TestHub::restart`], but what was only in memory is lost.
    pub(super) async fn crash(self) -> Self {
        let (clock, ids) = (self.clock.clone(), self.ids.clone());
        Self::open_in(self.stop(false).await, Rules::default(), clock, ids).await
    }

    async fn stop(self, is_clean: bool) -> tempfile::TempDir {
        self.stop.cancel();
        self.tasks.close();
        self.tasks.wait().await;
        if is_clean {
            self.chat.write_down().await.unwrap();
        }
        self.store.close().await;
        self.directory
    }
}

/// A clock that moves only when it is told to, without timers.
#[derive(Debug)]
pub(super) struct StandingClock(Mutex<(Timestamp, Duration)>);

impl Default for StandingClock {
    fn default() -> Self {
        Self(Mutex::new((Timestamp::from_micros(1_700_000_000_000_000), Duration::ZERO)))
    }
}

impl StandingClock {
    /// Moves on; the time that it is then.
    pub(super) fn advance(&self, by: Duration) -> Timestamp {
        let mut time = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *time = (time.0 + by, time.1 + by);
        time.0
    }

    /// Moves the calendar alone, in either direction.
    pub(super) fn set(&self, now: Timestamp) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).0 = now;
    }
}

impl Clock for StandingClock {
    fn now(&self) -> Timestamp {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).0
    }

    fn elapsed(&self) -> Duration {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).1
    }

    fn sleep(&self, _duration: Duration) -> Sleep {
        Box::pin(std::future::pending())
    }
}

/// Bytes that never repeat, from a counter.
#[derive(Debug, Default)]
struct CountedIds(AtomicU64);

impl Ids for CountedIds {
    fn fill(&self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(8) {
            let count = self.0.fetch_add(1, Ordering::Relaxed);
            // An odd factor: different counts give different products, in every byte.
            let mixed = count.wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(29).to_be_bytes();
            chunk.copy_from_slice(&mixed[..chunk.len()]);
        }
    }
}
