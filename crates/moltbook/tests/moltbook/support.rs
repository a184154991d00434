//! A double, a client of it, and a clock that stands still.

use std::{
    io,
    sync::{Arc, Mutex},
    time::Duration,
};

use tertulia_core::{BadgeSource, Clock, PostHint, Sleep, VouchError, VouchedAccount};
use tertulia_doubles::moltbook as double;
use tertulia_model::Timestamp;
use tertulia_moltbook::{Config, Moltbook, Secret};
use tertulia_outgoing::{Outgoing, Policy};
use tokio::sync::watch;
use tracing::subscriber::DefaultGuard;
use tracing_subscriber::fmt::MakeWriter;

/// The name that most tests ask about.
pub(crate) const ADA: &str = "ada_bot";

/// The code that most tests look for.
pub(crate) const CODE: &str = "ABC12345";

/// Elapsed time that moves when a test says so.
#[derive(Debug)]
pub(crate) struct StoppedClock(watch::Sender<Duration>);

impl StoppedClock {
    pub(crate) fn advance(&self, by: Duration) {
        self.0.send_modify(|elapsed| *elapsed += by);
    }
}

impl Clock for StoppedClock {
    fn now(&self) -> Timestamp {
        Timestamp::default() + self.elapsed()
    }

    fn elapsed(&self) -> Duration {
        *self.0.borrow()
    }

    fn sleep(&self, duration: Duration) -> Sleep {
        let mut elapsed = self.0.subscribe();
        let until = self.elapsed() + duration;
        Box::pin(async move {
            if elapsed.wait_for(|elapsed| *elapsed >= until).await.is_err() {
                std::future::pending::<()>().await; // the clock is gone: time stands still
            }
        })
    }
}

/// The pieces of a test.
pub(crate) struct Scene {
    pub(crate) moltbook: double::Moltbook,
    pub(crate) clock: Arc<StoppedClock>,
    pub(crate) client: Moltbook,
}

impl Scene {
    /// A double, and a client without keys.
    pub(crate) async fn start() -> Self {
        Self::with_keys(None, None).await
    }

    /// A double with [`ADA`], claimed and owned by `ada_human`.
    pub(crate) async fn with_ada() -> Self {
        let scene = Self::start().await;
        scene.moltbook.account(ADA).claimed().owner("ada_human");
        scene
    }

    /// A double, and a client with these keys.
    pub(crate) async fn with_keys(bearer: Option<&str>, app_key: Option<&str>) -> Self {
        let moltbook = double::Moltbook::start().await;
        let config = Config {
            base_url: moltbook.base_url().parse().unwrap(),
            api_key: bearer.map(Secret::new),
            app_key: app_key.map(Secret::new),
        };
        let clock = Arc::new(StoppedClock(watch::Sender::new(Duration::ZERO)));
        let client = Moltbook::new(&config, Outgoing::new(Policy::local()), clock.clone()).unwrap();
        Self { moltbook, clock, client }
    }

    pub(crate) async fn account(&self, name: &str) -> Result<VouchedAccount, VouchError> {
        self.client.account(name).await
    }

    /// Whether [`ADA`] has published [`CODE`], without a hint.
    pub(crate) async fn published(&self) -> Result<VouchedAccount, VouchError> {
        self.client.published(ADA, CODE, &PostHint::default()).await
    }

    /// Whether [`ADA`] has published [`CODE`], perhaps in the post that `said` names.
    pub(crate) async fn published_in(&self, said: &str) -> Result<VouchedAccount, VouchError> {
        self.client.published(ADA, CODE, &PostHint { post_id: Some(said.into()) }).await
    }

    pub(crate) async fn identity(&self, token: &str) -> Result<VouchedAccount, VouchError> {
        self.client.identity(token, "hub.example").await
    }
}

/// [`ADA`], as the client should see her.
pub(crate) fn ada() -> VouchedAccount {
    VouchedAccount { name: ADA.into(), claimed: true, owner: Some("ada_human".into()) }
}

/// No answer, and no word on when to come back.
pub(crate) fn unreachable() -> VouchError {
    VouchError::Unreachable { retry_after: None }
}

/// The log of this thread while it lives.
pub(crate) struct Log {
    lines: Lines,
    _guard: DefaultGuard,
}

#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Log {
    pub(crate) fn open() -> Self {
        let lines = Lines::default();
        let subscriber = tracing_subscriber::fmt()
            .with_max_level(tracing::Level::TRACE)
            .with_ansi(false)
            .with_writer(lines.clone())
            .finish();
        Self { lines, _guard: tracing::subscriber::set_default(subscriber) }
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.lines.0.lock().unwrap().clone()).unwrap()
    }

    /// The lines at WARN that contain `words`.
    pub(crate) fn warnings(&self, words: &str) -> usize {
        self.text().lines().filter(|line| line.contains("WARN") && line.contains(words)).count()
    }
}

impl MakeWriter<'_> for Lines {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

impl io::Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
