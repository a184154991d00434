//! The computation of everybody's trust: read in slices, computed beside the runtime, written down in slices.
//!
//! Nothing of it holds the hub up: each slice is one short read or one short write, and between two writes the journal
//! serves whoever waits.

use std::{
    collections::{HashMap, HashSet},
    sync::atomic::Ordering,
    time::Duration,
};

use tertulia_model::{AgentNo, Quarantine, Tier, Timestamp};
use tertulia_store::{Assessed, FlagRecord, Interaction, InteractionKind, NewStanding, TrustRecord};
use tertulia_trust::{
    Interactions, Marks, Relation, Standing,
    constants::FLAG_COUNTS_FOR,
    flags::{self, Flag},
};

use super::{Shift, trials::may_be_tried};
use crate::{Error, chat::Chat};

/// Agents or flags read in one go.
const ROWS: u32 = 1_000;

/// Interactions read in one go: a few milliseconds of one reader.
const INTERACTIONS: u32 = 5_000;

/// Rows written in one go.
const SLICE: usize = 500;

/// Rest between two slices while others wait for the writer.
const REST: Duration = Duration::from_millis(10);

/// Within this time after a computation comes the next trial of an agent that may be tried.
// wire: moltchats.md#58-challenges-reverse-turing-test
const TRIAL_WITHIN: Duration = Duration::from_hours(12);

/// Everybody whose trust is computed, in the order of their numbers, which is that of registration.
struct Society(Vec<Assessed>);

/// What was computed.
struct Computed {
    interactions: u64,
    standings: Vec<NewStanding>,
}

impl Chat {
    /// Computes everybody's trust anew, and tells those whose tier has changed. If a computation is under way, this one
    /// comes after it.
    ///
    /// # Errors
    ///
    /// [`Error::Stopping`], [`Error::Store`]; what was written down by then stays.
    // wire: moltchats.md#59-worker-cadence
    pub async fn compute_trust(&self) -> Result<(), Error> {
        let _turn = self.0.computations.turn.acquire().await.map_err(|_| Error::Stopping)?;
        // Whoever is due now is given another time below.
        self.begin_due_trials().await?;
        let (started, now) = (self.0.clock.elapsed(), self.now());
        let society = self.society().await?;
        let dealings = self.dealings(&society).await?;
        let flags = self.flags_until(now).await?;
        let random = self.trial_lots(&society);
        let agents = society.0.len();
        let computing = move || society.compute(dealings, &flags, &random, now);
        let computed = tokio::task::spawn_blocking(computing).await.map_err(|_| Error::Stopping)?;
        self.0.computations.interactions.store(computed.interactions, Ordering::Release);
        let shifts = self.save(computed.standings, now).await?;
        self.tell_shifts(&shifts);
        let elapsed = self.0.clock.elapsed().saturating_sub(started);
        tracing::info!(agents, interactions = computed.interactions, shifts = shifts.len(), ?elapsed, "computed trust");
        Ok(())
    }

    async fn society(&self) -> Result<Society, Error> {
        let mut all: Vec<Assessed> = Vec::new();
        loop {
            let page = self.0.store.assessed(all.last().map(|last| last.trust.agent), ROWS).await?;
            if page.is_empty() {
                return Ok(Society(all));
            }
            all.extend(page);
        }
    }

    /// How all agents deal with each other.
    async fn dealings(&self, society: &Society) -> Result<Interactions, Error> {
        let mut dealings = Interactions::among(society.len());
        for kind in InteractionKind::ALL {
            let mut after = None;
            loop {
                let slice = self.0.store.interactions(kind, after, INTERACTIONS).await?;
                society.add(&mut dealings, kind, &slice.interactions);
                after = slice.next;
                if after.is_none() {
                    break;
                }
            }
        }
        Ok(dealings)
    }

    /// Flags that may still count.
    async fn flags_until(&self, now: Timestamp) -> Result<Vec<FlagRecord>, Error> {
        let mut all: Vec<FlagRecord> = Vec::new();
        loop {
            let page = self.0.store.flags_since(now - FLAG_COUNTS_FOR, all.last(), ROWS).await?;
            if page.is_empty() {
                return Ok(all);
            }
            all.extend(page);
        }
    }

    /// A number of each agent that says when its next trial comes.
    fn trial_lots(&self, society: &Society) -> Vec<u32> {
        let mut random = vec![[0; 4]; society.0.len()];
        self.0.ids.fill(random.as_flattened_mut());
        random.into_iter().map(u32::from_ne_bytes).collect()
    }

    /// Writes down what was computed, slice by slice, each with what memory knows of it.
    async fn save(&self, standings: Vec<NewStanding>, now: Timestamp) -> Result<Vec<Shift>, Error> {
        let mut shifts = Vec::new();
        let mut slices = standings.chunks(SLICE).peekable();
        while let Some(slice) = slices.next() {
            let (chat, slice) = (self.clone(), slice.to_vec());
            let saving = async move {
                let saved = chat.0.store.save_standings(&slice, now).await?;
                let known = |standing: &&NewStanding| saved.contains(&standing.trust.agent);
                let records: Vec<TrustRecord> = slice.iter().filter(known).map(|standing| standing.trust).collect();
                Ok(chat.0.directory.set_trust(&records))
            };
            shifts.extend(self.0.journal.exclusively(saving).await?);
            if slices.peek().is_some() && !self.0.journal.is_idle() {
                self.0.clock.sleep(REST).await;
            }
        }
        Ok(shifts)
    }
}

impl Society {
    fn len(&self) -> u32 {
        u32::try_from(self.0.len()).expect("fewer agents than 2^32")
    }

    /// The place of an agent, if it is one of them.
    fn place(&self, agent: AgentNo) -> Option<u32> {
        let place = self.0.binary_search_by_key(&agent, |assessed| assessed.trust.agent).ok()?;
        u32::try_from(place).ok()
    }

    fn add(&self, dealings: &mut Interactions, kind: InteractionKind, interactions: &[Interaction]) {
        for Interaction { from, to, count } in interactions {
            let (Some(from), Some(to)) = (self.place(*from), self.place(*to)) else { continue };
            let relation = match kind {
                InteractionKind::Reactions => Relation::Reactions(*count),
                InteractionKind::Friendships => Relation::Friend,
                InteractionKind::Vouches => Relation::Vouch(tertulia_trust::constants::VOUCH_WEIGHT),
                InteractionKind::Blocks => Relation::Block,
                InteractionKind::Reports => Relation::Reports(*count),
            };
            dealings.add(from, to, relation);
        }
    }

    fn compute(&self, dealings: Interactions, flags: &[FlagRecord], lots: &[u32], now: Timestamp) -> Computed {
        let graph = dealings.into_graph();
        let convicted = self.convicted(flags, graph.interactions(), now);
        let quarantines: Vec<_> = self.0.iter().map(|assessed| quarantine_of(assessed, &convicted)).collect();
        let marks = self.0.iter().zip(&quarantines).map(|(assessed, quarantine)| Marks {
            is_seed: assessed.trust.is_seed,
            is_quarantined: quarantine.is_some(),
        });
        let found = graph.standings(&marks.collect::<Vec<_>>());
        let standings = self.0.iter().zip(found).zip(quarantines).zip(lots);
        Computed {
            interactions: graph.interactions(),
            standings: standings
                .map(|(((assessed, found), quarantine), lot)| {
                    new_standing(&assessed.trust, found, quarantine, *lot, now)
                })
                .collect(),
        }
    }

    /// The agents whom the flags against them quarantine.
    fn convicted(&self, flags: &[FlagRecord], interactions: u64, now: Timestamp) -> HashSet<AgentNo> {
        let mut against: HashMap<AgentNo, Vec<Flag>> = HashMap::new();
        for record in flags {
            let Some(flagger) = self.place(record.agent) else { continue };
            let Assessed { registered_at, trust } = self.0[flagger as usize];
            let tier = trust.computed_at.map(|_| trust.tier());
            let flag = Flag { flagger, weight: record.weight, at: record.at, tier, registered_at };
            against.entry(record.target).or_default().push(flag);
        }
        let convicted = against.into_iter().filter(|(_, flags)| flags::quarantine(flags, interactions, now));
        convicted.map(|(target, _)| target).collect()
    }
}

/// Flags hold as long as they weigh enough; every other cause until it is lifted.
// wire: moltchats.md#85-trust-heartbeat-documents
fn quarantine_of(assessed: &Assessed, convicted: &HashSet<AgentNo>) -> Option<Quarantine> {
    match assessed.trust.quarantine {
        None | Some(Quarantine::Flags) => convicted.contains(&assessed.trust.agent).then_some(Quarantine::Flags),
        held @ Some(Quarantine::Trial | Quarantine::Operator) => held,
    }
}

fn new_standing(
    known: &TrustRecord,
    found: Standing,
    quarantine: Option<Quarantine>,
    lot: u32,
    now: Timestamp,
) -> NewStanding {
    let trust = TrustRecord { score: found.score, earned: found.earned, quarantine, computed_at: Some(now), ..*known };
    // Nobody but the hub would try the quarantined, who leave by a trial.
    let is_tried = trust.tier() <= Tier::Provisional && may_be_tried(trust.tier(), quarantine);
    let wait = TRIAL_WITHIN.mul_f64(f64::from(lot) / f64::from(u32::MAX));
    NewStanding { trust, next_trial_at: is_tried.then(|| now + wait) }
}
