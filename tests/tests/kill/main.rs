//! The hub's program is killed (SIGKILL) at random instants under load, and started again on what it left behind.
//!
//! Writers, a registrar and resuming readers go on through all of it. In the end every acknowledged message is there
//! once, places have no holes, and every reader was shown exactly what is stored. The instants are chosen by counting
//! acknowledgements, never by waiting; a seed that is printed gives the same choices again (not the same timing).

mod chance;
mod ledger;
mod load;
mod reader;
mod store;

use std::{net::SocketAddr, sync::Arc};

use serde_json::json;
use tertulia_testkit::{Exchange, Installation, within};
use tokio::task::{JoinSet, yield_now};

use crate::{
    chance::Chance,
    ledger::{Agent, Hub, Ledger},
    load::register,
    reader::View,
    store::Stored,
};

const ROUNDS: u64 = 30;
const WRITERS: usize = 8;

/// Readers from the beginning; one more joins in every round that [`JOIN_EVERY`] divides.
const READERS: usize = 4;
const JOIN_EVERY: u64 = 3;

/// Acknowledgements in a round, at the most. A reader must not miss 1,000 messages, not even by missing two rounds.
const MOST_ACKNOWLEDGED: u64 = 300;

/// Turns that other tasks get between an acknowledgement and the kill, at the most: it may fall into any part of the
/// work that comes next.
const MOST_TURNS: u64 = 2_000;

const LAST_WORDS: &str = "nothing comes after this";

#[expect(clippy::print_stdout, reason = "the seed, and what was counted, are for whoever runs the test")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everything_acknowledged_survives_every_kill() {
    let rounds = chance::number("TERTULIA_KILL_ROUNDS", || ROUNDS);
    let seed = chance::number("TERTULIA_KILL_SEED", chance::any_seed);
    println!("{rounds} kills; TERTULIA_KILL_SEED={seed} chooses the same instants again");
    let installation = Installation::fresh();
    let residents = Residents::settle(&installation).await;

    let mut field = Field::open(&installation).await;
    let mut chance = Chance::from_seed(seed);
    for round in 1..=rounds {
        field.kill_once(&installation, round, &mut chance).await;
    }

    let program = installation.start().await;
    residents.are_as_they_were(installation.address()).await;
    let (ledger, views) = field.finish(installation.address(), rounds + 1).await;
    let stored = Stored::read(installation.address()).await;
    stored.has_no_holes();
    stored.matches(&ledger);
    for view in &views {
        stored.was_shown(view);
    }
    let registered = ledger.entries().agents.len();
    println!("{} messages, {registered} registrations, {} readers: all as it must be", stored.len(), views.len());
    program.stop().await;
}

/// Everybody who calls the hub.
struct Field {
    ledger: Arc<Ledger>,
    writers: JoinSet<()>,
    readers: JoinSet<View>,
    /// How many of the ledger's agents have been looked at after a kill.
    proven: usize,
}

impl Field {
    /// Registers the writers with a hub that stops again, and lets everybody wait for the first start.
    async fn open(installation: &Installation) -> Self {
        let program = installation.start().await;
        let hub = installation.address();
        let ledger = Arc::new(Ledger::default());
        let mut exchange = Exchange::open(hub).await.expect("the hub listens");
        let (mut writers, mut readers) = (JoinSet::new(), JoinSet::new());
        for number in 0..WRITERS {
            let agent = within("a writer", register(&mut exchange, &format!("w{number}"))).await.expect("an answer");
            writers.spawn(load::write(ledger.clone(), hub, agent));
        }
        drop(exchange);
        program.stop().await;
        writers.spawn(load::register_many(ledger.clone(), hub));
        for _ in 0..READERS {
            readers.spawn(reader::read(ledger.clone(), hub, 0, LAST_WORDS));
        }
        Self { ledger, writers, readers, proven: 0 }
    }

    /// Starts the hub, lets everybody go on, and kills it at an instant that `chance` chooses.
    async fn kill_once(&mut self, installation: &Installation, round: u64, chance: &mut Chance) {
        let program = installation.start().await;
        let hub = installation.address();
        self.prove_registrations(hub).await;
        let enough = self.ledger.acknowledged() + chance.up_to(MOST_ACKNOWLEDGED);
        self.ledger.set_hub(Hub::Up(round));
        if round.is_multiple_of(JOIN_EVERY) {
            self.readers.spawn(reader::read(self.ledger.clone(), hub, round - 1, LAST_WORDS));
        }
        let acknowledged = self.ledger.wait_for(enough);
        tokio::select! {
            () = within("acknowledgements", acknowledged) => {}
            Some(ended) = self.writers.join_next() => panic!("a writer has given up: {ended:?}"),
            Some(ended) = self.readers.join_next() => panic!("a reader has given up: {ended:?}"),
        }
        for _ in 0..chance.up_to(MOST_TURNS) {
            yield_now().await;
        }
        program.kill().await;
        self.ledger.set_hub(Hub::Down);
    }

    /// Every key that was handed out before the last kill opens its door.
    async fn prove_registrations(&mut self, hub: SocketAddr) {
        let agents: Vec<Agent> = self.ledger.entries().agents[self.proven..].to_vec();
        self.proven += agents.len();
        let mut exchange = Exchange::open(hub).await.expect("the hub listens");
        for Agent { name, key } in agents {
            let answer = exchange.post("/api/heartbeat", Some(&key), "{}");
            let (status, answer) = within("a heartbeat", answer).await.expect("an answer");
            assert_eq!(status, 200, "{name} was registered before the kill: {answer}");
        }
    }

    /// Ends the load, says the last words, and waits until every reader has been shown them.
    async fn finish(mut self, hub: SocketAddr, start: u64) -> (Arc<Ledger>, Vec<View>) {
        self.prove_registrations(hub).await;
        let mut exchange = Exchange::open(hub).await.expect("the hub listens");
        let speaker = within("a speaker", register(&mut exchange, "last-speaker")).await.expect("an answer");
        self.readers.spawn(reader::read(self.ledger.clone(), hub, start - 1, LAST_WORDS));
        self.ledger.set_hub(Hub::Up(start));
        within("acknowledgements", self.ledger.wait_for(self.ledger.acknowledged() + 100)).await;
        self.ledger.set_hub(Hub::Over);
        within("the writers to end", self.writers.join_all()).await;
        let message = load::say(&mut exchange, &speaker, LAST_WORDS);
        self.ledger.note_message(within("the last words", message).await.expect("an answer"));
        let views = within("the readers to end", self.readers.join_all()).await;
        (self.ledger, views)
    }
}

/// Two agents that do nothing during the load: one is online, one has left.
struct Residents;

impl Residents {
    /// Presence is written down when a hub stops; from there on no kill may lose it.
    async fn settle(installation: &Installation) -> Self {
        let program = installation.start().await;
        let mut exchange = Exchange::open(installation.address()).await.expect("the hub listens");
        for (name, act) in [("stayer", "/api/heartbeat"), ("leaver", "/api/disconnect")] {
            let agent = within("an agent", register(&mut exchange, name)).await.expect("an answer");
            let answer = within("an answer", exchange.post(act, Some(&agent.key), "{}")).await;
            assert_eq!(answer.expect("an answer").0, 200);
        }
        drop(exchange);
        program.stop().await;
        Self
    }

    async fn are_as_they_were(&self, hub: SocketAddr) {
        let mut exchange = Exchange::open(hub).await.expect("the hub listens");
        let mut online = Vec::new();
        // Those who have registered during the load come first or last, depending on when they were last seen.
        for offset in (0..).step_by(500) {
            let target = format!("/api/agents?limit=500&offset={offset}");
            let (_, answer) = within("the agents", exchange.get(&target)).await.expect("an answer");
            let agents = answer["agents"].as_array().expect("a list").clone();
            let residents = agents.iter().filter(|agent| agent["name"] == "stayer" || agent["name"] == "leaver");
            online.extend(residents.map(|agent| (agent["name"].clone(), agent["online"].clone())));
            if agents.is_empty() {
                break;
            }
        }
        assert_eq!(online, [(json!("stayer"), json!(true)), (json!("leaver"), json!(false))]);
    }
}
