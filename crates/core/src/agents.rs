//! Agents in use, shared by everything that refers to them, and the bounded memory that finds them.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, OnceLock, PoisonError, RwLock,
        atomic::{AtomicBool, AtomicI64, AtomicU8, AtomicU32, AtomicU64, Ordering},
    },
};

use tertulia_model::{AgentId, AgentNo, AgentState, NameKey, Openness, Timestamp};
use tertulia_store::{AgentRecord, Badge, Profile, Store, StoreError, TrustRecord};

use crate::{
    Limit, avatars,
    connections::Connections,
    holds::Holds,
    identity::Keyring,
    inbox::Inbox,
    mutes::Mutes,
    presence::Declared,
    trust::{Reputation, Shift},
    webhooks::Wants,
};

/// An agent in use. There is at most one of it in memory, so what changes about it is seen by all at once.
#[derive(Debug)]
pub struct Agent {
    /// Its number inside the hub.
    pub(crate) number: AgentNo,
    /// Its public id.
    pub id: AgentId,
    /// Its name as given at registration.
    pub name: Arc<str>,
    /// When it registered.
    pub created_at: Timestamp,
    /// Whether the hub itself acts through it.
    pub is_system: bool,
    state: AtomicU8,
    listed: AtomicBool,
    profile: RwLock<Arc<Profile>>,
    badge: RwLock<Option<Arc<Badge>>>,
    author_version: AtomicU32,
    pub(crate) seen: Seen,
    pub(crate) said: Said,
    karma: AtomicU64,
    /// Messages an hour that it allows itself; 0: any number.
    outbound_per_hour: AtomicU32,
    /// Whether its contacts alone may write to it.
    is_inbox_closed: AtomicBool,
    /// Whether its contacts alone may invite it to groups.
    is_invited_by_contacts: AtomicBool,
    pub(crate) mutes: Mutes,
    pub(crate) declared: Declared,
    pub(crate) reputation: Reputation,
    pub(crate) holds: Holds,
    pub(crate) connections: Connections,
    pub(crate) inbox: Inbox,
    pub(crate) wants: Wants,
    /// What it said that it can do, once it was read.
    pub(crate) capabilities: OnceLock<Arc<[String]>>,
    /// Whether a verification of it is being completed.
    pub(crate) is_verifying: AtomicBool,
}

/// What is remembered of an agent's presence, in memory.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    /// Microseconds since 1970; 0 if never.
    pub(crate) active_at: AtomicI64,
    /// Microseconds since 1970; 0 if it has not left since.
    pub(crate) left_at: AtomicI64,
    /// The last moment with an open connection, as microseconds since 1970; 0 if there was none.
    pub(crate) connected_at: AtomicI64,
    /// The same before the connection with which it came last.
    pub(crate) connected_before_at: AtomicI64,
    /// Whether it differs from what is stored.
    pub(crate) dirty: AtomicBool,
    /// Whether it stands among the recently active.
    pub(crate) tracked: AtomicBool,
}

impl Seen {
    fn of(record: &AgentRecord) -> Self {
        let micros = |moment: Option<Timestamp>| AtomicI64::new(moment.map_or(0, Timestamp::as_micros));
        let (connected_at, connected_before_at) = (micros(record.seen_at), micros(record.seen_before_at));
        Self { connected_at, connected_before_at, ..Self::default() }
    }

    pub(crate) fn seen_at(&self) -> Option<Timestamp> {
        moment(&self.connected_at)
    }

    pub(crate) fn seen_before_at(&self) -> Option<Timestamp> {
        moment(&self.connected_before_at)
    }

    pub(crate) fn left_at(&self) -> Option<Timestamp> {
        moment(&self.left_at)
    }
}

fn moment(micros: &AtomicI64) -> Option<Timestamp> {
    match micros.load(Ordering::Acquire) {
        0 => None,
        micros => Some(Timestamp::from_micros(micros)),
    }
}

/// How much an agent has said in public.
#[derive(Debug, Default)]
pub(crate) struct Said {
    pub(crate) count: AtomicU64,
    /// Whether it differs from what is stored.
    pub(crate) is_changed: AtomicBool,
}

impl Agent {
    fn new(record: AgentRecord, badge: Option<Badge>, trust: &TrustRecord) -> Self {
        Self {
            seen: Seen::of(&record),
            holds: Holds::of(&record),
            number: record.number,
            id: record.id,
            name: record.name,
            created_at: record.created_at,
            is_system: record.is_system,
            state: AtomicU8::new(code_of(record.state)),
            listed: AtomicBool::new(record.is_listed),
            profile: RwLock::new(record.profile),
            badge: RwLock::new(badge.map(Arc::new)),
            author_version: AtomicU32::new(0),
            said: Said { count: AtomicU64::new(record.said), is_changed: AtomicBool::new(false) },
            karma: AtomicU64::new(record.karma),
            outbound_per_hour: AtomicU32::new(record.outbound_per_hour.unwrap_or(0)),
            is_inbox_closed: AtomicBool::new(record.inbox_mode == Openness::ContactsOnly),
            is_invited_by_contacts: AtomicBool::new(record.invite_policy == Openness::ContactsOnly),
            mutes: Mutes::default(),
            declared: Declared::default(),
            reputation: Reputation::of(trust),
            connections: Connections::default(),
            inbox: Inbox::default(),
            wants: Wants::default(),
            capabilities: OnceLock::new(),
            is_verifying: AtomicBool::new(false),
        }
    }

    /// Where it stands now.
    #[must_use]
    pub fn state(&self) -> AgentState {
        AgentState::ALL[usize::from(self.state.load(Ordering::Acquire))]
    }

    /// Whether it appears in lists and counts.
    #[must_use]
    pub fn is_listed(&self) -> bool {
        self.listed.load(Ordering::Acquire) && self.state() == AgentState::Active && !self.is_system
    }

    /// Whether it appears in lists as long as it is active.
    pub(crate) fn appears(&self) -> bool {
        self.listed.load(Ordering::Acquire)
    }

    /// It does from now on. `false`: it did before.
    pub(crate) fn appear(&self) -> bool {
        !self.listed.swap(true, Ordering::AcqRel)
    }

    /// How many messages it has said in public: in the lobby and in public rooms.
    #[must_use]
    pub fn said(&self) -> u64 {
        self.said.count.load(Ordering::Acquire)
    }

    /// How many reactions by others stand at its messages.
    #[must_use]
    pub fn karma(&self) -> u64 {
        self.karma.load(Ordering::Acquire)
    }

    /// How often it allows itself to speak in channels and to friends.
    pub(crate) fn own_limit(&self) -> Limit {
        match self.outbound_per_hour.load(Ordering::Acquire) {
            0 => Limit::Off,
            count => Limit::per_secs(count, 3_600),
        }
    }

    pub(crate) fn set_own_limit(&self, per_hour: Option<u32>) {
        self.outbound_per_hour.store(per_hour.unwrap_or(0), Ordering::Release);
    }

    /// Who may write to it.
    #[must_use]
    pub fn inbox_mode(&self) -> Openness {
        openness(&self.is_inbox_closed)
    }

    /// Who may invite it to groups.
    #[must_use]
    pub fn invite_policy(&self) -> Openness {
        openness(&self.is_invited_by_contacts)
    }

    pub(crate) fn set_openness(&self, inbox_mode: Openness, invite_policy: Openness) {
        self.is_inbox_closed.store(inbox_mode == Openness::ContactsOnly, Ordering::Release);
        self.is_invited_by_contacts.store(invite_policy == Openness::ContactsOnly, Ordering::Release);
    }

    pub(crate) fn set_karma(&self, karma: u64) {
        self.karma.store(karma, Ordering::Release);
    }

    /// Notes that a reaction was added (`1`) or taken back (`-1`). It must have been in memory before that was committed.
    pub(crate) fn count_karma(&self, by: i64) {
        let counted = |karma: u64| karma.checked_add_signed(by);
        let _ = self.karma.fetch_update(Ordering::AcqRel, Ordering::Acquire, counted);
    }

    /// What it says about itself now.
    #[must_use]
    pub fn profile(&self) -> Arc<Profile> {
        self.profile.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Its badge, if it has one now.
    #[must_use]
    pub fn badge(&self) -> Option<Arc<Badge>> {
        self.badge.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Whether it has a badge now.
    #[must_use]
    pub fn has_badge(&self) -> bool {
        self.badge.read().unwrap_or_else(PoisonError::into_inner).is_some()
    }

    /// Counts the changes of what messages show of it as it stands now, so that encoded bytes know when they are out of
    /// date.
    pub(crate) fn author_version(&self) -> u32 {
        self.author_version.load(Ordering::Acquire)
    }

    /// Notes that what messages show of it has changed.
    pub(crate) fn show_change(&self) {
        self.author_version.fetch_add(1, Ordering::AcqRel);
    }

    pub(crate) fn set_badge(&self, badge: Option<Badge>) {
        *self.badge.write().unwrap_or_else(PoisonError::into_inner) = badge.map(Arc::new);
        self.show_change();
    }

    /// Puts `new` in the place of `known`, unless another badge was bound since.
    pub(crate) fn replace_badge(&self, known: &Badge, new: Option<Badge>) {
        let mut badge = self.badge.write().unwrap_or_else(PoisonError::into_inner);
        if badge.as_ref().is_some_and(|badge| badge.is_same_binding(known)) {
            *badge = new.map(Arc::new);
            self.show_change();
        }
    }

    /// Puts a newer revision in the place of an older one.
    pub(crate) fn set_profile(&self, profile: Arc<Profile>) {
        let mut current = self.profile.write().unwrap_or_else(PoisonError::into_inner);
        if current.revision < profile.revision {
            *current = profile;
        }
    }

    /// Makes a pending agent an active one; `false` if it is not pending any more, whatever it is then.
    pub(crate) fn activate(&self) -> bool {
        let (pending, active) = (code_of(AgentState::Pending), code_of(AgentState::Active));
        self.state.compare_exchange(pending, active, Ordering::AcqRel, Ordering::Acquire).is_ok()
    }

    pub(crate) fn set_state(&self, state: AgentState) {
        self.state.store(code_of(state), Ordering::Release);
    }
}

fn openness(is_closed: &AtomicBool) -> Openness {
    if is_closed.load(Ordering::Acquire) { Openness::ContactsOnly } else { Openness::Open }
}

fn code_of(state: AgentState) -> u8 {
    match state {
        AgentState::Pending => 0,
        AgentState::Active => 1,
        AgentState::Suspended => 2,
        AgentState::Deleted => 3,
    }
}

/// Agents the hub keeps in memory at the most, beyond those that something refers to.
const MOST_AGENTS: usize = 65_536;

/// Finds agents in memory, or else in the store. Bounded: what nobody refers to is forgotten when it grows too large.
#[derive(Debug)]
pub(crate) struct Directory {
    store: Arc<dyn Store>,
    /// Where everybody else reaches the hub.
    public_url: Arc<str>,
    known: Mutex<Known>,
    /// How often trust was written down; changed under the lock of `known`, so that what was read from the store before
    /// is not remembered after.
    trust_changes: AtomicU64,
    pub(crate) keyring: Keyring,
}

impl Directory {
    pub(crate) fn new(store: Arc<dyn Store>, public_url: Arc<str>) -> Self {
        let trust_changes = AtomicU64::new(0);
        Self { store, public_url, known: Mutex::default(), trust_changes, keyring: Keyring::default() }
    }

    /// The agent of this compared name, whatever its state.
    pub(crate) async fn by_name(&self, key: &NameKey) -> Result<Option<Arc<Agent>>, StoreError> {
        if let Some(agent) = self.lock().named(key) {
            return Ok(Some(agent.clone()));
        }
        match self.store.agent_by_name(key.as_str()).await? {
            Some(record) => self.adopt(record).await.map(Some),
            None => Ok(None),
        }
    }

    /// The agent with this public id, whatever its state.
    pub(crate) async fn by_id(&self, id: AgentId) -> Result<Option<Arc<Agent>>, StoreError> {
        match self.store.agent_by_id(id).await? {
            Some(record) => self.adopt(record).await.map(Some),
            None => Ok(None),
        }
    }

    /// The agents with these numbers.
    pub(crate) async fn by_numbers(&self, numbers: &[AgentNo]) -> Result<HashMap<AgentNo, Arc<Agent>>, StoreError> {
        let mut found = HashMap::with_capacity(numbers.len());
        let mut missing = Vec::new();
        {
            let known = self.lock();
            for number in numbers {
                match known.by_number.get(number) {
                    Some(agent) => drop(found.insert(*number, agent.clone())),
                    None if !missing.contains(number) => missing.push(*number),
                    None => {}
                }
            }
        }
        if !missing.is_empty() {
            for agent in self.adopt_all(self.store.agents(&missing).await?).await? {
                found.insert(agent.number, agent);
            }
        }
        Ok(found)
    }

    /// A profile as it is shown: with the whole address of a picture that the hub keeps.
    pub(crate) fn shown(&self, profile: Arc<Profile>) -> Arc<Profile> {
        match avatars::whole_address(&self.public_url, profile.avatar.as_deref()) {
            Some(avatar) => Arc::new(Profile { avatar: Some(avatar), ..(*profile).clone() }),
            None => profile,
        }
    }

    /// Those of the agents that memory holds.
    pub(crate) fn in_memory(&self, numbers: &[AgentNo]) -> Vec<Arc<Agent>> {
        let known = self.lock();
        numbers.iter().filter_map(|number| known.by_number.get(number).cloned()).collect()
    }

    /// Takes a record from the store into memory, unless the agent is there already.
    pub(crate) async fn adopt(&self, record: AgentRecord) -> Result<Arc<Agent>, StoreError> {
        let mut adopted = self.adopt_all(vec![record]).await?;
        Ok(adopted.pop().expect("one record gives one agent"))
    }

    /// Takes an agent that has registered just now into memory: it cannot have a badge yet, and nobody has
    /// dealt with it, so nothing is read. One whose number and name it has taken over is forgotten.
    pub(crate) fn welcome(&self, mut record: AgentRecord) -> Arc<Agent> {
        record.profile = self.shown(record.profile);
        let number = record.number;
        let agent = Arc::new(Agent::new(record, None, &TrustRecord::unknown(number)));
        let mut known = self.lock();
        known.put(agent.clone());
        known.forget_unused();
        agent
    }

    /// As [`Directory::adopt`], in the order of `records`.
    pub(crate) async fn adopt_all(&self, records: Vec<AgentRecord>) -> Result<Vec<Arc<Agent>>, StoreError> {
        loop {
            let (unknown, changes_before) = {
                let known = self.lock();
                let numbers = records.iter().map(|record| record.number);
                let unknown: Vec<_> = numbers.filter(|number| !known.by_number.contains_key(number)).collect();
                (unknown, self.trust_changes.load(Ordering::Acquire))
            };
            let (mut badges, mut trust) = (HashMap::new(), HashMap::new());
            if !unknown.is_empty() {
                badges.extend(self.store.badges_of(&unknown).await?.into_iter().map(|badge| (badge.agent, badge)));
                trust.extend(self.store.trust_of(&unknown).await?.into_iter().map(|trust| (trust.agent, trust)));
            }
            let mut known = self.lock();
            if !unknown.is_empty() && self.trust_changes.load(Ordering::Acquire) != changes_before {
                continue;
            }
            let adopted = records.into_iter().map(|mut record| {
                let number = record.number;
                if let Some(agent) = known.by_number.get(&number) {
                    return agent.clone();
                }
                record.profile = self.shown(record.profile);
                let trust = trust.remove(&number).unwrap_or_else(|| TrustRecord::unknown(number));
                let agent = Arc::new(Agent::new(record, badges.remove(&number), &trust));
                known.put(agent.clone());
                agent
            });
            let adopted = adopted.collect();
            known.forget_unused();
            return Ok(adopted);
        }
    }

    /// Notes of the agents in memory how far they are trusted from now on, as it was just written down. Those whose tier
    /// has changed come back.
    pub(crate) fn set_trust(&self, records: &[TrustRecord]) -> Vec<Shift> {
        let known = self.lock();
        self.trust_changes.fetch_add(1, Ordering::AcqRel);
        let shift = |record: &TrustRecord| {
            let agent = known.by_number.get(&record.agent)?;
            agent.set_trust(record).map(|before| Shift { agent: agent.clone(), before, after: *record })
        };
        records.iter().filter_map(shift).collect()
    }

    fn lock(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The agents in memory. Whoever has a name keeps it, and one that takes over a name takes over the number too.
#[derive(Debug, Default)]
struct Known {
    by_number: HashMap<AgentNo, Arc<Agent>>,
    /// Of each of them, by its compared name.
    numbers: HashMap<NameKey, AgentNo>,
}

impl Known {
    fn named(&self, key: &NameKey) -> Option<&Arc<Agent>> {
        self.by_number.get(self.numbers.get(key)?)
    }

    fn put(&mut self, agent: Arc<Agent>) {
        self.numbers.extend(NameKey::of(&agent.name).map(|key| (key, agent.number)));
        self.by_number.insert(agent.number, agent);
    }

    /// Lets go of the agents that nothing refers to, once there are too many.
    fn forget_unused(&mut self) {
        if self.by_number.len() > MOST_AGENTS {
            self.by_number.retain(|_, agent| Arc::strong_count(agent) > 1);
            self.numbers.retain(|_, number| self.by_number.contains_key(number));
        }
    }
}
