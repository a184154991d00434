//! The hub as its surfaces see it.

use std::{collections::HashMap, sync::Arc};

use sha2::{Digest, Sha256};
use tertulia_model::{CredentialKind, Links, NameKey, Timestamp};
use tertulia_store::{HubRecord, KeyDigest, Seed, Slice, Store, StoreError};
use tokio::sync::Notify;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    BadgeSource, Clock, CodeMailer, Deed, Error, Ids,
    accounts::Post,
    agents::{Agent, Directory},
    answers::Marks,
    communities::Communities,
    conversation::{Conversation, Kind, TAIL_MESSAGES},
    conversations::Conversations,
    fanout::{Fanout, Shard},
    history::{SaidIn, assemble},
    identity::{Entry, MOST_CHECKS_AT_ONCE, TokenSecret},
    inbox::{PlaceSeal, ReceiptWorker, Receipts},
    journal::{Journal, Writer, WriterParts},
    limiter::{Limiter, Subject},
    limits::{Action, AddressKey, Quota},
    metrics::Metrics,
    password::MOST_HASHED_AT_ONCE,
    presence::{Attendance, News, ONLINE_FOR},
    rules::Rules,
    surface::{Caller, Surface},
    tallies::Tallies,
    webhooks::{WebhookParts, Webhooks},
};

/// What the hub is built from.
#[derive(Debug)]
pub struct Parts {
    /// Where everything is kept.
    pub store: Arc<dyn Store>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Random bytes.
    pub ids: Arc<dyn Ids>,
    /// Who vouches for agents.
    pub badge_source: Arc<dyn BadgeSource>,
    /// The hub's name, which is also the system agent's.
    pub name: String,
    /// Where everybody else reaches the hub, without a slash at the end.
    pub public_url: String,
    /// The hub's rules.
    pub rules: Rules,
    /// What counts as a link in the lobby.
    pub links: Links,
    /// The kinds of API key that the hub's surfaces issue.
    pub key_kinds: Vec<CredentialKind>,
    /// How agents are told elsewhere of what happens to them.
    pub webhooks: WebhookParts,
    /// Who carries codes to e-mail addresses. `None`: nobody, and whoever needs one is refused.
    pub mailer: Option<Arc<dyn CodeMailer>>,
    /// What access tokens are signed with.
    pub token_secret: TokenSecret,
    /// Tasks that deliver in parallel.
    pub shards: usize,
}

/// The hub: every use case is a method of it. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Chat(pub(crate) Arc<Inner>);

#[derive(Debug)]
pub(crate) struct Inner {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) ids: Arc<dyn Ids>,
    pub(crate) badge_source: Arc<dyn BadgeSource>,
    pub(crate) hub: HubRecord,
    /// The hub's own name, which nobody may register.
    pub(crate) own_name: Option<NameKey>,
    pub(crate) rules: Rules,
    pub(crate) links: Links,
    pub(crate) key_kinds: Vec<CredentialKind>,
    pub(crate) directory: Directory,
    pub(crate) attendance: Attendance,
    pub(crate) news: News,
    pub(crate) limiter: Limiter,
    pub(crate) journal: Journal,
    pub(crate) receipts: Receipts,
    pub(crate) fanout: Fanout,
    pub(crate) lobby: Arc<Conversation>,
    pub(crate) conversations: Conversations,
    pub(crate) communities: Communities,
    pub(crate) system_agent: Arc<Agent>,
    pub(crate) tallies: Arc<Tallies>,
    pub(crate) listed: std::sync::atomic::AtomicU64,
    pub(crate) webhooks: Webhooks,
    pub(crate) post: Post,
    pub(crate) marks: Arc<Marks>,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) computations: crate::trust::Computations,
    pub(crate) docket: crate::trust::Docket,
    pub(crate) verifications: tokio::sync::Semaphore,
    pub(crate) place_seal: PlaceSeal,
    pub(crate) token_secret: TokenSecret,
    pub(crate) signature_checks: tokio::sync::Semaphore,
    pub(crate) password_checks: Arc<tokio::sync::Semaphore>,
    pub(crate) next_subscription: std::sync::atomic::AtomicUsize,
}

impl Chat {
    /// Opens the hub on its store and starts its writer and its fan-out on `tasks`. When `stop` is cancelled they
    /// finish what they have accepted, and end.
    ///
    /// # Errors
    ///
    /// [`Error::Store`] if the store cannot be read.
    pub async fn open(parts: Parts, tasks: &TaskTracker, stop: &CancellationToken) -> Result<Self, Error> {
        let chat = Self::assemble(parts, tasks, stop).await?;
        let Inner { store, directory, attendance, .. } = &*chat.0;
        restore_attendance(&**store, directory, attendance, chat.now()).await?;
        chat.reopen_trials().await?;
        Ok(chat)
    }

    async fn assemble(parts: Parts, tasks: &TaskTracker, stop: &CancellationToken) -> Result<Self, Error> {
        let (store, clock) = (parts.store.clone(), parts.clock.clone());
        let webhooks = Webhooks::new(parts.webhooks);
        let own_name = NameKey::of(&parts.name);
        let hub = store.open_hub(&seed(&*parts.ids, clock.now(), parts.name)).await?;
        store.catch_up_tallies().await?;
        let directory = Directory::new(store.clone(), parts.public_url.into());
        let lobby = open_lobby(&*store, &directory, &hub).await?;
        let works = Works { store: &store, clock: &clock, ids: &parts.ids, rules: &parts.rules, shards: parts.shards };
        let Machinery { journal, receipts, fanout, metrics, tallies } = works.start(&webhooks.bell, tasks, stop);
        let listed = store.count_listed().await?.into();
        let (conversations, communities) = (Conversations::new(store.clone()), Communities::new(store.clone()));
        let system_agent = directory.by_numbers(&[hub.system_agent]).await?.remove(&hub.system_agent);
        let system_agent = system_agent.ok_or(StoreError::Unreadable("system agent"))?;
        let limiter = Limiter::new(clock.clone(), parts.rules.exempt_local, parts.rules.serves_loopback_only);
        Ok(Self(Arc::new(Inner {
            attendance: Attendance::new(clock.clone()),
            post: Post::open(parts.mailer, tasks, stop),
            store,
            clock,
            ids: parts.ids,
            badge_source: parts.badge_source,
            hub,
            own_name,
            rules: parts.rules,
            links: parts.links,
            key_kinds: parts.key_kinds,
            directory,
            news: News::default(),
            limiter,
            journal,
            receipts,
            fanout,
            lobby,
            conversations,
            communities,
            system_agent,
            tallies,
            listed,
            webhooks,
            marks: Arc::default(),
            metrics,
            computations: crate::trust::Computations::default(),
            docket: crate::trust::Docket::default(),
            verifications: tokio::sync::Semaphore::new(crate::verification::MOST_AT_ONCE),
            place_seal: PlaceSeal::new(&parts.token_secret),
            token_secret: parts.token_secret,
            signature_checks: tokio::sync::Semaphore::new(MOST_CHECKS_AT_ONCE),
            password_checks: Arc::new(tokio::sync::Semaphore::new(MOST_HASHED_AT_ONCE)),
            next_subscription: std::sync::atomic::AtomicUsize::new(0),
        })))
    }

    /// The hub's own record.
    #[must_use]
    pub fn hub(&self) -> &HubRecord {
        &self.0.hub
    }

    /// The hub's rules.
    #[must_use]
    pub fn rules(&self) -> &Rules {
        &self.0.rules
    }

    /// The hub's clock.
    #[must_use]
    pub fn clock(&self) -> &Arc<dyn Clock> {
        &self.0.clock
    }

    /// What the core counts about itself.
    #[must_use]
    pub fn metrics(&self) -> &Metrics {
        &self.0.metrics
    }

    /// Counts a request of an address through a surface. What is left comes back, where requests are limited.
    ///
    /// # Errors
    ///
    /// [`Error::Throttled`] if the address has used up its window.
    pub fn admit(&self, surface: &Surface, address: AddressKey) -> Result<Option<Quota>, Error> {
        let limit = surface.limits.of(Action::Request);
        let counted = self.0.limiter.take(surface.counted_as, Action::Request, Subject::Address(address), limit);
        Ok(counted.map_err(Error::Throttled)?.map(|counted| counted.quota))
    }

    /// What is left of an address's requests through a surface, without counting one; nothing where they are not
    /// limited.
    #[must_use]
    pub fn requests_left(&self, surface: &Surface, address: AddressKey) -> Option<Quota> {
        let subject = Subject::Address(address);
        self.0.limiter.left(surface.counted_as, Action::Request, subject, surface.limits.of(Action::Request))
    }

    /// What is left of an agent's doing something at the surface through which it calls, without counting it; nothing
    /// where that is not limited.
    #[must_use]
    pub fn left(&self, caller: &Caller, action: Action) -> Option<Quota> {
        let (surface, subject) = (&caller.surface, Subject::Agent(caller.agent.number));
        self.0.limiter.left(surface.counted_as, action, subject, caller.limit(action))
    }

    /// Counts an address's attempt to sign in through a surface. What is left comes back, where it is limited.
    ///
    /// # Errors
    ///
    /// [`Error::Throttled`] if the address has used up its window.
    pub fn admit_sign_in(&self, surface: &Surface, address: AddressKey) -> Result<Option<Quota>, Error> {
        let limit = surface.limits.of(Action::SignIn);
        let counted = self.0.limiter.take(surface.counted_as, Action::SignIn, Subject::Address(address), limit);
        Ok(counted.map_err(Error::Throttled)?.map(|counted| counted.quota))
    }

    /// Counts a request of an agent. What is left comes back, where its requests are limited.
    ///
    /// # Errors
    ///
    /// [`Error::Throttled`] if the agent has used up its window.
    pub fn admit_agent(&self, caller: &Caller) -> Result<Option<Quota>, Error> {
        let Caller { agent, surface, .. } = caller;
        let limit = caller.limit(Action::AgentRequest);
        let subject = Subject::Agent(agent.number);
        let counted = self.0.limiter.take(surface.counted_as, Action::AgentRequest, subject, limit);
        Ok(counted.map_err(Error::Throttled)?.map(|counted| counted.quota))
    }

    /// How many streams of a surface an address may hold open; nothing where limits per address do not hold.
    #[must_use]
    pub fn streams_allowed(&self, surface: &Surface, address: AddressKey) -> Option<u32> {
        (!self.0.limiter.spares(address)).then_some(surface.limits.streams_per_address)
    }

    /// Whether limits per address do not hold for `address`.
    #[must_use]
    pub fn spares(&self, address: AddressKey) -> bool {
        self.0.limiter.spares(address)
    }

    /// Whether who calls from `address` could lift the limits per address: it is the hub's own machine, and the hub
    /// serves no other.
    #[must_use]
    pub fn is_own(&self, address: AddressKey) -> bool {
        self.0.limiter.is_own(address)
    }

    /// Whether messages can be committed and delivered: its writer and its fan-out are at work. Not any more while the
    /// hub stops, nor after one of them has failed.
    #[must_use]
    pub fn is_working(&self) -> bool {
        self.0.journal.is_open() && self.0.fanout.is_open()
    }

    /// Turns a key or an access token into a caller: says who it is, not what it may do ([`Chat::permit`]). An agent
    /// that may be there is noted as here.
    ///
    /// # Errors
    ///
    /// [`Error::Unauthenticated`] if it opens nothing; of access tokens [`Error::TokenExpired`],
    /// [`Error::TokenRevoked`], [`Error::ObserverToken`]; [`Error::Store`].
    pub async fn authenticate(&self, surface: &Arc<Surface>, key: &str) -> Result<Caller, Error> {
        let Entry { agent, credential, .. } = self.holder(key).await?;
        self.reassess(&agent).await?;
        Self::permit(&agent, Deed::ReadItself)?;
        if Self::permit(&agent, Deed::Attend).is_ok() {
            self.0.attendance.touch(&agent);
        }
        Ok(Caller { agent, credential, surface: surface.clone() })
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.0.clock.now()
    }
}

/// What a key is known by.
pub(crate) fn digest_of(key: &str) -> KeyDigest {
    KeyDigest(Sha256::digest(key.as_bytes()).into())
}

/// Starts what writes and what delivers.
fn seed(ids: &dyn Ids, now: Timestamp, system_name: String) -> Seed {
    let uuid = || {
        let mut random = [0; 16];
        ids.fill(&mut random);
        tertulia_model::random_uuid(random)
    };
    Seed {
        hub_id: uuid(),
        lobby: tertulia_model::ConversationId::from_uuid(uuid()),
        community: tertulia_model::CommunityId::from_uuid(uuid()),
        system_agent: tertulia_model::AgentId::from_uuid(uuid()),
        system_name,
        now,
    }
}

/// What the machinery is made of.
struct Works<'a> {
    store: &'a Arc<dyn Store>,
    clock: &'a Arc<dyn Clock>,
    ids: &'a Arc<dyn Ids>,
    rules: &'a Rules,
    shards: usize,
}

/// What writes and delivers.
struct Machinery {
    journal: Journal,
    receipts: Receipts,
    fanout: Fanout,
    metrics: Arc<Metrics>,
    tallies: Arc<Tallies>,
}

impl Works<'_> {
    /// Starts writing and delivering.
    fn start(&self, bell: &Arc<Notify>, tasks: &TaskTracker, stop: &CancellationToken) -> Machinery {
        let (metrics, tallies) = (Arc::new(Metrics::default()), Arc::new(Tallies::default()));
        let (fanout, shards) = Fanout::new(self.shards, self.clock, &metrics);
        let (receipts, receipt_worker) = Receipts::new(self.store.clone(), self.clock.clone());
        let (journal, writer) = Journal::new(WriterParts {
            store: self.store.clone(),
            clock: self.clock.clone(),
            ids: self.ids.clone(),
            fanout: fanout.clone(),
            tallies: tallies.clone(),
            receipts: receipts.clone(),
            messaging: self.rules.messaging,
            bell: bell.clone(),
            metrics: metrics.clone(),
        });
        start_writing(writer, shards, receipt_worker, tasks, stop);
        Machinery { journal, receipts, fanout, metrics, tallies }
    }
}

fn start_writing(
    writer: Writer,
    shards: Vec<Shard>,
    receipts: ReceiptWorker,
    tasks: &TaskTracker,
    stop: &CancellationToken,
) {
    let all_announced = CancellationToken::new();
    for shard in shards {
        tasks.spawn(shard.run(all_announced.clone()));
    }
    let close = stop.clone();
    let all_written = CancellationToken::new();
    let written = all_written.clone();
    tasks.spawn(async move {
        // Also when the writer fails: nothing more will be announced then either, and shards must not wait for it.
        let _all_announced = all_announced.drop_guard();
        writer.run(close).await;
        // Only now: the writer asks it how much waits for whom.
        all_written.cancel();
    });
    tasks.spawn(receipts.run(written));
}

async fn open_lobby(
    store: &dyn Store,
    directory: &Directory,
    hub: &HubRecord,
) -> Result<Arc<Conversation>, StoreError> {
    let end = store.log_end(hub.lobby).await?;
    let newest = u32::try_from(TAIL_MESSAGES).expect("the tail is short");
    let records = store.read(hub.lobby, Slice::Newest, newest).await?;
    let posts = assemble(store, directory, &SaidIn::plain(hub.lobby_id), records, Vec::new()).await?;
    Ok(Arc::new(Conversation::new(hub.lobby, hub.lobby_id, Kind::Lobby, end, posts, &Arc::default())))
}

async fn restore_attendance(
    store: &dyn Store,
    directory: &Directory,
    attendance: &Attendance,
    now: Timestamp,
) -> Result<(), StoreError> {
    let seen = store.seen_since(now - ONLINE_FOR).await?;
    let numbers: Vec<_> = seen.iter().map(|seen| seen.agent).collect();
    let agents: HashMap<_, Arc<Agent>> = directory.by_numbers(&numbers).await?;
    attendance.restore(&agents, &seen);
    Ok(())
}
