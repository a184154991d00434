//! Counting: windows in memory, and what happens when there is no room for another one.
//!
//! Agents, addresses and e-mail addresses are counted apart, so that no flood of one crowds the others out. A window is forgotten once
//! its own length has passed. When even so none is free, a newcomer's *requests* go uncounted, since refusing them would
//! lock every new address out; everything else that is new (a registration, a message) is refused until there is room.

use std::{
    collections::{HashMap, hash_map::Entry},
    hash::{BuildHasher, Hash, RandomState},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tertulia_model::{AgentNo, ConversationNo};

use crate::{
    Clock,
    limits::{Action, AddressKey, Limit, Quota, Throttle},
};

/// Whom an action is counted for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Subject {
    /// An agent.
    Agent(AgentNo),
    /// An agent, in one conversation.
    AgentIn(AgentNo, ConversationNo),
    /// All agents together, in one conversation.
    In(ConversationNo),
    /// A client's address: an IPv4 address, or the first 64 bits of an IPv6 address.
    Address(AddressKey),
    /// An e-mail address, by a digest of its key. See [`Limiter::email`].
    Email(u64),
}

/// No agent has this number: what stands under it is counted for all together.
const EVERYBODY: AgentNo = AgentNo(0);

/// A counted action: what is left, and in which window it was counted.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Counted {
    /// What is left.
    pub(crate) quota: Quota,
    started: Duration,
}

/// Counts actions.
#[derive(Debug)]
pub(crate) struct Limiter {
    clock: Arc<dyn Clock>,
    agents: Windows<(AgentNo, Option<ConversationNo>)>,
    addresses: Windows<AddressKey>,
    emails: Windows<u64>,
    attempts: RandomState,
    exempt_local: bool,
    serves_loopback_only: bool,
}

impl Limiter {
    pub(crate) fn new(clock: Arc<dyn Clock>, exempt_local: bool, serves_loopback_only: bool) -> Self {
        let (agents, addresses, emails) = (Windows::default(), Windows::default(), Windows::default());
        let attempts = RandomState::new();
        Self { clock, agents, addresses, emails, attempts, exempt_local, serves_loopback_only }
    }

    /// An e-mail address that actions are counted for.
    pub(crate) fn email(&self, key: &str) -> Subject {
        Subject::Email(self.attempts.hash_one(key))
    }

    /// Counts one action of `subject`, or refuses it without counting; nothing where there is no limit. `counted_as`
    /// is empty for what is hub-wide.
    pub(crate) fn take(
        &self,
        counted_as: &'static str,
        action: Action,
        subject: Subject,
        limit: Limit,
    ) -> Result<Option<Counted>, Throttle> {
        self.count(counted_as, action, subject, limit, None)
    }

    /// As [`Limiter::take`], where repeating `attempt` within a window is free: it can achieve nothing new.
    pub(crate) fn take_attempt(
        &self,
        action: Action,
        subject: Subject,
        limit: Limit,
        attempt: &str,
    ) -> Result<Option<Counted>, Throttle> {
        self.count("", action, subject, limit, Some(self.attempts.hash_one(attempt)))
    }

    /// What is left of an address's window, without counting anything; nothing where there is no limit.
    pub(crate) fn left(
        &self,
        counted_as: &'static str,
        action: Action,
        subject: Subject,
        limit: Limit,
    ) -> Option<Quota> {
        let Limit::Rate { count, per } = limit else { return None };
        let now = self.clock.elapsed();
        let known = match subject {
            Subject::Agent(agent) => self.agents.used(&(counted_as, action, (agent, None)), now),
            Subject::AgentIn(agent, place) => self.agents.used(&(counted_as, action, (agent, Some(place))), now),
            Subject::In(place) => self.agents.used(&(counted_as, action, (EVERYBODY, Some(place))), now),
            Subject::Address(address) if self.spares(address) => return None,
            Subject::Address(address) => self.addresses.used(&(counted_as, action, address), now),
            Subject::Email(email) => self.emails.used(&(counted_as, action, email), now),
        };
        let (started, used) = known.unwrap_or((now, 0));
        let resets_in = per.saturating_sub(now.saturating_sub(started));
        let remaining = count.saturating_sub(used);
        Some(Quota { limit: count, remaining, resets_in, resets_at: self.clock.now() + resets_in })
    }

    /// Gives one counted action back, because it came to nothing through no fault of the caller. What was counted in a
    /// window that is over is gone with it.
    pub(crate) fn give_back(&self, counted_as: &'static str, action: Action, subject: Subject, counted: &Counted) {
        match subject {
            Subject::Agent(agent) => self.agents.give_back(&(counted_as, action, (agent, None)), counted.started),
            Subject::AgentIn(agent, conversation) => {
                self.agents.give_back(&(counted_as, action, (agent, Some(conversation))), counted.started);
            }
            Subject::In(conversation) => {
                self.agents.give_back(&(counted_as, action, (EVERYBODY, Some(conversation))), counted.started);
            }
            Subject::Address(address) => self.addresses.give_back(&(counted_as, action, address), counted.started),
            Subject::Email(email) => self.emails.give_back(&(counted_as, action, email), counted.started),
        }
    }

    /// Whether limits per address do not hold for `address`.
    pub(crate) fn spares(&self, address: AddressKey) -> bool {
        self.exempt_local && address.is_loopback()
    }

    /// Whether who calls from `address` could lift the limits per address: it is the hub's own machine, and the hub
    /// serves no other.
    pub(crate) fn is_own(&self, address: AddressKey) -> bool {
        self.serves_loopback_only && address.is_loopback()
    }

    fn count(
        &self,
        counted_as: &'static str,
        action: Action,
        subject: Subject,
        limit: Limit,
        attempt: Option<u64>,
    ) -> Result<Option<Counted>, Throttle> {
        let Limit::Rate { count, per } = limit else { return Ok(None) };
        let now = self.clock.elapsed();
        let (outcome, is_local) = match subject {
            Subject::Agent(agent) => {
                (self.agents.take((counted_as, action, (agent, None)), now, count, per, attempt), false)
            }
            Subject::AgentIn(agent, conversation) => {
                (self.agents.take((counted_as, action, (agent, Some(conversation))), now, count, per, attempt), false)
            }
            Subject::In(conversation) => (
                self.agents.take((counted_as, action, (EVERYBODY, Some(conversation))), now, count, per, attempt),
                false,
            ),
            Subject::Email(email) => (self.emails.take((counted_as, action, email), now, count, per, attempt), false),
            Subject::Address(address) if self.spares(address) => return Ok(None),
            Subject::Address(address) => {
                let outcome = self.addresses.take((counted_as, action, address), now, count, per, attempt);
                (outcome, self.is_own(address))
            }
        };
        let refused = |resets_in| {
            let quota = Quota { limit: count, remaining: 0, resets_in, resets_at: self.clock.now() + resets_in };
            Err(Throttle { action, quota, per, is_local })
        };
        match outcome {
            Outcome::Counted { started, remaining } => {
                let resets_in = per.saturating_sub(now.saturating_sub(started));
                let quota = Quota { limit: count, remaining, resets_in, resets_at: self.clock.now() + resets_in };
                Ok(Some(Counted { quota, started }))
            }
            Outcome::UsedUp { started } => refused(per.saturating_sub(now.saturating_sub(started))),
            Outcome::NoRoom if matches!(action, Action::Request | Action::AgentRequest | Action::SignIn) => Ok(None),
            Outcome::NoRoom => refused(SWEEP_EVERY),
        }
    }
}

const SHARDS: usize = 16;

/// Windows one shard remembers at the most.
const WINDOWS_PER_SHARD: usize = if cfg!(test) { 64 } else { 65_536 };

/// How often a full shard looks for windows that are over.
const SWEEP_EVERY: Duration = Duration::from_secs(1);

type Key<S> = (&'static str, Action, S);

/// The windows of one kind of subject.
#[derive(Debug)]
struct Windows<S> {
    shards: [Mutex<Shard<S>>; SHARDS],
    hasher: RandomState,
}

#[derive(Debug)]
struct Shard<S> {
    windows: HashMap<Key<S>, Window>,
    /// When it was last full and looked for windows that are over.
    swept: Option<Duration>,
}

#[derive(Debug)]
struct Window {
    started: Duration,
    per: Duration,
    used: u32,
    /// Digests of what was counted, for actions that count a repeated attempt once.
    seen: Vec<u64>,
}

/// What came of counting.
enum Outcome {
    Counted { started: Duration, remaining: u32 },
    UsedUp { started: Duration },
    NoRoom,
}

impl<S> Default for Windows<S> {
    fn default() -> Self {
        let shard = |_| Mutex::new(Shard { windows: HashMap::new(), swept: None });
        Self { shards: std::array::from_fn(shard), hasher: RandomState::new() }
    }
}

impl<S: Copy + Eq + Hash> Windows<S> {
    fn take(&self, key: Key<S>, now: Duration, count: u32, per: Duration, attempt: Option<u64>) -> Outcome {
        let mut shard = self.shard(&key);
        let Some(window) = shard.window(key, now, per) else { return Outcome::NoRoom };
        let started = window.started;
        if attempt.is_none_or(|attempt| !window.seen.contains(&attempt)) {
            if window.used >= count {
                return Outcome::UsedUp { started };
            }
            window.used += 1;
            window.seen.extend(attempt);
        }
        Outcome::Counted { started, remaining: count.saturating_sub(window.used) }
    }

    /// When the subject's window began and how much of it is used; nothing when it has none at `now`.
    fn used(&self, key: &Key<S>, now: Duration) -> Option<(Duration, u32)> {
        let shard = self.shard(key);
        let window = shard.windows.get(key).filter(|window| now.saturating_sub(window.started) < window.per)?;
        Some((window.started, window.used))
    }

    fn give_back(&self, key: &Key<S>, started: Duration) {
        let mut shard = self.shard(key);
        if let Some(window) = shard.windows.get_mut(key).filter(|window| window.started == started) {
            window.used = window.used.saturating_sub(1);
        }
    }

    fn shard(&self, key: &Key<S>) -> std::sync::MutexGuard<'_, Shard<S>> {
        let index = usize::try_from(self.hasher.hash_one(key) % SHARDS as u64).unwrap_or(0);
        self.shards[index].lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<S: Copy + Eq + Hash> Shard<S> {
    /// The subject's window as it is at `now`; nothing when there is no room for it.
    fn window(&mut self, key: Key<S>, now: Duration, per: Duration) -> Option<&mut Window> {
        if self.windows.len() >= WINDOWS_PER_SHARD && !self.windows.contains_key(&key) && !self.make_room(now) {
            return None;
        }
        let fresh = Window { started: now, per, used: 0, seen: Vec::new() };
        Some(match self.windows.entry(key) {
            Entry::Vacant(free) => free.insert(fresh),
            Entry::Occupied(known) => {
                let window = known.into_mut();
                if now.saturating_sub(window.started) >= per {
                    *window = fresh;
                }
                window
            }
        })
    }

    /// Forgets windows that are over, unless it has looked for them a moment ago.
    fn make_room(&mut self, now: Duration) -> bool {
        if self.swept.is_none_or(|swept| now.saturating_sub(swept) >= SWEEP_EVERY) {
            self.windows.retain(|_, window| now.saturating_sub(window.started) < window.per);
            self.swept = Some(now);
        }
        self.windows.len() < WINDOWS_PER_SHARD
    }
}

#[cfg(test)]
mod tests {
    use std::{
        net::{IpAddr, Ipv6Addr},
        sync::atomic::{AtomicU64, Ordering},
    };

    use tertulia_model::Timestamp;

    use super::*;
    use crate::Sleep;

    #[derive(Debug, Default)]
    struct StoppedClock(AtomicU64);

    impl StoppedClock {
        fn advance(&self, by: Duration) {
            self.0.fetch_add(u64::try_from(by.as_millis()).unwrap(), Ordering::Relaxed);
        }
    }

    impl Clock for StoppedClock {
        fn now(&self) -> Timestamp {
            Timestamp::from_micros(0) + self.elapsed()
        }

        fn elapsed(&self) -> Duration {
            Duration::from_millis(self.0.load(Ordering::Relaxed))
        }

        fn sleep(&self, _: Duration) -> Sleep {
            Box::pin(std::future::pending())
        }
    }

    fn limiter() -> (Arc<StoppedClock>, Limiter) {
        let clock = Arc::<StoppedClock>::default();
        (clock.clone(), Limiter::new(clock, false, false))
    }

    const ADA: Subject = Subject::Agent(AgentNo(1));

    #[test]
    fn a_window_begins_with_its_first_action_and_ends_after_its_length() {
        let (clock, limiter) = limiter();
        let limit = Limit::per_secs(2, 60);
        let take =
            || limiter.take("", Action::LobbyMessage, ADA, limit).map(|counted| counted.unwrap().quota.remaining);
        assert_eq!((take().unwrap(), take().unwrap()), (1, 0));
        clock.advance(Duration::from_secs(59));
        assert_eq!(take().unwrap_err().quota.resets_in, Duration::from_secs(1));
        clock.advance(Duration::from_secs(1));
        assert_eq!(take().unwrap(), 1);
    }

    #[test]
    fn looking_at_a_window_counts_nothing() {
        let (clock, limiter) = limiter();
        let (limit, key) = (Limit::per_secs(3, 60), AddressKey::of(IpAddr::from([192, 0, 2, 1])));
        let left = || {
            let quota = limiter.left("", Action::Request, Subject::Address(key), limit).unwrap();
            (quota.remaining, quota.resets_in.as_secs())
        };
        assert_eq!((left(), left()), ((3, 60), (3, 60)));
        limiter.take("", Action::Request, Subject::Address(key), limit).unwrap();
        clock.advance(Duration::from_secs(10));
        assert_eq!(left(), (2, 50));
        clock.advance(Duration::from_secs(50));
        assert_eq!(left(), (3, 60));
    }

    #[test]
    fn nothing_is_given_back_to_a_later_window() {
        let (clock, limiter) = limiter();
        let limit = Limit::per_secs(1, 60);
        let first = limiter.take("", Action::LobbyMessage, ADA, limit).unwrap().unwrap();
        clock.advance(Duration::from_mins(1));
        limiter.take("", Action::LobbyMessage, ADA, limit).unwrap();
        limiter.give_back("", Action::LobbyMessage, ADA, &first);
        limiter.take("", Action::LobbyMessage, ADA, limit).unwrap_err();
    }

    #[test]
    fn a_flood_of_addresses_crowds_no_agent_out_and_is_forgotten_when_its_windows_are_over() {
        let (clock, limiter) = limiter();
        let (requests, registrations) = (Limit::per_secs(1, 60), Limit::per_secs(1, 3_600));
        let address =
            |number: u32| Subject::Address(AddressKey::of(IpAddr::from(Ipv6Addr::from_bits(u128::from(number) << 64))));
        let more_than_fit = u32::try_from(8 * SHARDS * WINDOWS_PER_SHARD).unwrap();
        for number in 0..more_than_fit {
            limiter.take("", Action::Request, address(number), requests).unwrap();
        }
        let newcomer = address(more_than_fit);
        assert!(limiter.take("", Action::Request, newcomer, requests).unwrap().is_none());
        let refused = limiter.take("", Action::Register, newcomer, registrations).unwrap_err();
        assert_eq!(refused.quota.resets_in, SWEEP_EVERY);
        assert!(limiter.take("", Action::LobbyMessage, ADA, requests).unwrap().is_some());
        clock.advance(Duration::from_mins(1));
        assert!(limiter.take("", Action::Request, newcomer, requests).unwrap().is_some());
    }
}
