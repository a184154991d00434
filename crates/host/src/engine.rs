//! The hub without its doors: store, use cases and their tasks. A running hub is this with connections; the operator's
//! commands use it alone when no hub runs.

use std::{num::NonZeroUsize, sync::Arc};

use tertulia_agentchat::Files;
use tertulia_core::{BadgeSource, Chat, Clock, CodeMailer, Parts, Rules, TokenSecret, WebhookParts};
use tertulia_mail::BadConfig;
use tertulia_model::Links;
use tertulia_moltbook::{Moltbook, SetupError};
use tertulia_outgoing::{AddressPolicy, Outgoing, Policy};
use tertulia_store::Hub;
use tertulia_store_sqlite::{SqliteOptions, SqliteStore};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    Surroundings,
    config::{Config, DatabaseSize, LocalClients, Secret},
    data_dir::DataDir,
    files, mail,
    operator::{Doors, Operator},
    start::StartError,
    surfaces, upkeep,
    webhooks::Sender,
};

/// The file with what access tokens are signed with.
const TOKEN_SECRET_FILE: &str = "token.secret";

/// At most so many tasks deliver in parallel.
const MOST_SHARDS: usize = 4;

/// Why a stop was not clean. Every answered message is safe all the same.
#[derive(Debug, thiserror::Error)]
pub enum StopError {
    /// What is only in memory, such as when an agent was last seen, could not be written down.
    #[error("presence could not be written down")]
    WriteDown(#[from] tertulia_core::Error),
}

/// Tasks that end together when they are asked to.
#[derive(Clone, Debug)]
pub(crate) struct Phase {
    pub(crate) tasks: TaskTracker,
    pub(crate) stop: CancellationToken,
}

impl Phase {
    pub(crate) fn new() -> Self {
        Self { tasks: TaskTracker::new(), stop: CancellationToken::new() }
    }

    /// Asks the tasks to end and waits until they have.
    pub(crate) async fn end(&self) {
        self.stop.cancel();
        self.tasks.close();
        self.tasks.wait().await;
    }
}

/// Store, use cases and their tasks, in a data directory that this process holds.
#[derive(Debug)]
pub(crate) struct Engine {
    pub(crate) chat: Chat,
    pub(crate) store: Arc<SqliteStore>,
    pub(crate) data_dir: DataDir,
    pub(crate) files: Files,
    deciding: Phase,
}

impl Engine {
    /// The hub in `data_dir`, which others reach at `public_url`.
    pub(crate) async fn open(
        config: &Config,
        surroundings: &Surroundings,
        data_dir: DataDir,
        public_url: &str,
    ) -> Result<Self, StartError> {
        let tlds: Vec<&str> = config.lobby.bare_tlds.iter().map(String::as_str).collect();
        let links = Links::new(&tlds)?;
        let badge_source = badge_source(config, surroundings)?;
        let store = open_store(&data_dir, config, surroundings).await?;
        let parts = Parts {
            store: store.clone(),
            clock: surroundings.clock.clone(),
            ids: surroundings.ids.clone(),
            badge_source,
            name: config.name.as_str().to_owned(),
            public_url: public_url.to_owned(),
            rules: rules(config),
            links,
            key_kinds: surfaces::key_kinds(),
            webhooks: webhooks(config, public_url, &surroundings.clock),
            mailer: mailer(config, surroundings, &store)?,
            token_secret: token_secret(config, surroundings, &data_dir)?,
            shards: std::thread::available_parallelism().map_or(1, NonZeroUsize::get).min(MOST_SHARDS),
        };
        let deciding = Phase::new();
        let files = files::open(&config.files, &data_dir, &*surroundings.ids, &deciding.tasks)?;
        let chat = Chat::open(parts, &deciding.tasks, &deciding.stop).await?;
        Ok(Self { chat, store, data_dir, files, deciding })
    }

    /// Starts what the hub does by itself. Not for a single command.
    pub(crate) fn start_workers(&self) {
        let Phase { tasks, stop } = &self.deciding;
        self.chat.start_workers(tasks, stop);
        tasks.spawn(upkeep::keep_log_small(self.store.clone(), self.chat.clock().clone(), stop.clone()));
    }

    pub(crate) fn operator(&self, doors: Option<Doors>) -> Operator {
        Operator::new(self.chat.clone(), self.store.clone(), doors)
    }

    /// Commits and delivers what was accepted, writes down what is only in memory, closes the database, and lets go of
    /// the directory last: only then may another hub have it.
    pub(crate) async fn close(self) -> Result<(), StopError> {
        self.deciding.end().await;
        let written = self.chat.write_down().await;
        self.store.close().await;
        drop(self.data_dir);
        Ok(written?)
    }
}

async fn open_store(
    data_dir: &DataDir,
    config: &Config,
    surroundings: &Surroundings,
) -> Result<Arc<SqliteStore>, StartError> {
    let max_bytes = config.store.max_bytes.map(DatabaseSize::bytes);
    let options = SqliteOptions { durability: surroundings.durability, max_bytes, ..SqliteOptions::default() };
    Ok(Arc::new(SqliteStore::open(data_dir.path(), &options).await?))
}

fn token_secret(config: &Config, surroundings: &Surroundings, data_dir: &DataDir) -> Result<TokenSecret, StartError> {
    let secret = match &config.moltchats.token_secret {
        Some(secret) => secret.reveal().as_bytes().to_vec(),
        None => data_dir.secret(TOKEN_SECRET_FILE, &*surroundings.ids)?,
    };
    TokenSecret::new(&secret).ok_or(StartError::ShortTokenSecret)
}

fn rules(config: &Config) -> Rules {
    Rules {
        lobby_verified: config.limits.lobby_verified,
        lobby_unverified: config.limits.lobby_unverified,
        registrations_per_address: config.limits.registrations_per_address,
        connections_per_agent: config.limits.connections_per_agent,
        codes: config.agentchat.codes(),
        emails: config.agentchat.emails(),
        messaging: config.agentchat.messaging(),
        enforcement: config.agentchat.enforcement(),
        answers: config.agentchat.answers(),
        files: config.files.rules(),
        exempt_local: config.limits.local == LocalClients::Exempt,
        serves_loopback_only: config.serves_loopback_only(),
    }
}

fn badge_source(config: &Config, surroundings: &Surroundings) -> Result<Arc<dyn BadgeSource>, SetupError> {
    match &surroundings.badge_source {
        Some(source) => Ok(source.clone()),
        None => Ok(Arc::new(moltbook(config, &surroundings.clock)?)),
    }
}

fn mailer(
    config: &Config,
    surroundings: &Surroundings,
    store: &Arc<SqliteStore>,
) -> Result<Option<Arc<dyn CodeMailer>>, BadConfig> {
    match &surroundings.mailer {
        Some(mailer) => Ok(Some(mailer.clone())),
        None => mail::mailer(config, surroundings, store),
    }
}

fn webhooks(config: &Config, public_url: &str, clock: &Arc<dyn Clock>) -> WebhookParts {
    let policy = Policy { addresses: addresses(config), plain_http: config.webhooks.allow_http, ..Policy::default() };
    let sender = Sender::new(policy, clock.clone());
    WebhookParts { formats: surfaces::webhook_formats(config, public_url), sender: Arc::new(sender) }
}

/// Which addresses requests of the hub may reach.
fn addresses(config: &Config) -> AddressPolicy {
    if config.outgoing.private_addresses { AddressPolicy::AllowPrivate } else { AddressPolicy::PublicOnly }
}

fn moltbook(config: &Config, clock: &Arc<dyn Clock>) -> Result<Moltbook, SetupError> {
    let settings = &config.moltbook;
    let policy =
        Policy { addresses: addresses(config), plain_http: settings.base_url.scheme() == "http", ..Policy::default() };
    let secret = |key: &Secret| tertulia_moltbook::Secret::new(key.reveal());
    let service = tertulia_moltbook::Config {
        base_url: settings.base_url.clone(),
        api_key: settings.api_key.as_ref().map(secret),
        app_key: settings.app_key.as_ref().map(secret),
    };
    Ok(Moltbook::new(&service, Outgoing::new(policy), clock.clone())?.with_deadline(settings.deadline.0))
}
