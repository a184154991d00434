//! What the tests begin with.

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use tertulia_model::{CredentialKind, Links, Name, Timestamp};
use tertulia_store_sqlite::{Durability, SqliteOptions, SqliteStore};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{store::FaultyStore, vouching::Vouching};
use crate::{Action, Caller, Chat, Clock, Error, Ids, Limit, Parts, Posted, Rules, Sleep, Surface, SurfaceLimits};

/// A hub without limits on a store in a fresh directory.
pub(super) struct TestHub {
    pub(super) chat: Chat,
    pub(super) store: Arc<FaultyStore>,
    pub(super) vouching: Arc<Vouching>,
    pub(super) clock: Arc<StandingClock>,
    pub(super) surface: Arc<Surface>,
    tasks: TaskTracker,
    stop: CancellationToken,
    _directory: tempfile::TempDir,
}

impl TestHub {
    pub(super) async fn open() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let options = SqliteOptions { durability: Durability::Off, ..SqliteOptions::default() };
        let store = Arc::new(FaultyStore::new(SqliteStore::open(directory.path(), &options).await.unwrap()));
        let (vouching, clock) = (Arc::new(Vouching::default()), Arc::new(StandingClock::default()));
        let kinds = [CredentialKind::api_key("one_"), CredentialKind::api_key("two_")];
        let parts = Parts {
            store: store.clone(),
            clock: clock.clone(),
            ids: Arc::new(CountedIds::default()),
            badge_source: vouching.clone(),
            name: "hub".to_owned(),
            rules: Rules { lobby_unverified: Limit::Off, ..Rules::default() },
            links: Links::default(),
            key_kinds: kinds.to_vec(),
            shards: 2,
        };
        let (tasks, stop) = (TaskTracker::new(), CancellationToken::new());
        let chat = Chat::open(parts, &tasks, &stop).await.unwrap();
        let [key_kind, _] = kinds;
        let limits = SurfaceLimits::new(10).with(Action::CompleteVerification, Limit::per_secs(3, 3_600));
        let surface = Surface {
            name: "test",
            counted_as: "test",
            key_kind: Some(key_kind),
            longest_lobby_text: 100,
            lists_agents: true,
            limits,
        };
        Self { chat, store, vouching, clock, surface: Arc::new(surface), tasks, stop, _directory: directory }
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

    /// Says `count` things in the lobby at once: the writer finds all of them waiting.
    pub(super) async fn say(&self, caller: &Caller, count: usize) -> Vec<Result<Arc<Posted>, Error>> {
        let said = (0..count).map(|_| async { Ok(self.chat.say(caller, self.chat.lobby(), "a message").await?.0) });
        futures_util::future::join_all(said).await
    }

    pub(super) async fn close(self) {
        self.stop.cancel();
        self.tasks.close();
        self.tasks.wait().await;
    }
}

/// A clock that moves only when it is told to, without timers.
#[derive(Debug, Default)]
pub(super) struct StandingClock(Mutex<Duration>);

impl StandingClock {
    pub(super) fn advance(&self, by: Duration) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) += by;
    }
}

impl Clock for StandingClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_micros(1_700_000_000_000_000) + self.elapsed()
    }

    fn elapsed(&self) -> Duration {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
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
