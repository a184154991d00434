//! The hub's program is killed (SIGKILL) at random instants under load, and started again on what it left behind.
//!
//! Writers, a registrar, resuming readers, those who act in rooms and pairs of friends go on through all of it. In the end every
//! acknowledged message is there once, places have no holes, and every reader was shown exactly what is stored. After
//! every kill the rooms are looked at: none is lost, half there or back, and who is in is who was acknowledged; and so are the
//! pairs: no friendship is half there, no reaction counts twice, and every session goes on; and what waits for those who
//! write letters is what they have not acknowledged. The
//! instants are chosen by counting acknowledgements, never by waiting; a seed that is printed gives the same choices
//! again (not the same timing).

mod actors;
mod chance;
mod ear;
mod known;
mod ledger;
mod letters;
mod load;
mod pairs;
mod proof;
mod reader;
mod store;

use std::{net::SocketAddr, sync::Arc, time::Duration};

use serde_json::json;
use tertulia_testkit::{Exchange, Installation, within};
use tokio::task::{JoinSet, yield_now};

use crate::{
    actors::Actor,
    chance::Chance,
    known::Rooms,
    ledger::{Agent, Hub, Ledger},
    letters::Letters,
    load::register,
    pairs::Pair,
    reader::View,
    store::Stored,
};

const ROUNDS: u64 = 30;
const WRITERS: usize = 8;

/// Those who act in rooms.
const ACTORS: usize = 4;

/// Pairs of friends.
const PAIRS: usize = 3;

/// Threes that write to each other.
const THREES: usize = 2;

/// How long after the kill some rooms are over: when some of them are being used.
const SOON: Duration = Duration::from_millis(150);

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

    let mut chance = Chance::from_seed(seed);
    let mut field = Field::open(&installation, &mut chance).await;
    for round in 1..=rounds {
        field.kill_once(&installation, round, &mut chance).await;
    }

    let program = installation.start().await;
    residents.are_as_they_were(installation.address()).await;
    let (hub, rooms, pairs) = (installation.address(), field.rooms.clone(), field.pairs.clone());
    let threes = field.threes.clone();
    let authors = field.authors.clone();
    let (ledger, views) = field.finish(hub, rounds + 1).await;
    let stored = Stored::read(hub).await;
    stored.has_no_holes();
    {
        let entries = ledger.entries();
        stored.matches(&entries.messages, &entries.unanswered);
    }
    for view in &views {
        stored.was_shown(view);
    }
    counts_are_exact(hub, &authors, &stored).await;
    for pair in &pairs {
        pair.is_as_known(hub).await;
    }
    let mut letters = 0;
    for three in &threes {
        three.is_as_known(hub).await;
        letters += three.histories_are_whole(hub).await;
    }
    rooms.near_ends_come(hub).await;
    rooms.are_as_known(hub).await;
    let open = rooms.hold_what_was_said(hub).await;
    let (registered, created) = (ledger.entries().agents.len(), rooms.known().rooms.len());
    println!("{} messages, {registered} registrations, {} readers,", stored.len(), views.len());
    let (friendships, reactions) = pairs.iter().map(|pair| pair.counts()).fold((0, 0), |a, b| (a.0 + b.0, a.1 + b.1));
    println!("{friendships} friendships, {reactions} reactions that stand, {letters} letters,");
    println!("{created} rooms of which {open} are there: all as it must be");
    program.stop().await;
    installation.inspected().await;
}

/// Who speaks in the lobby alone is counted to the last message.
async fn counts_are_exact(hub: SocketAddr, authors: &[Agent], stored: &Stored) {
    let mut exchange = Exchange::open(hub).await.expect("the hub listens");
    for Agent { name, key } in authors {
        let me = exchange.call("GET", "/api/bots/me", Some(key), "");
        let (_, answer) = within("an agent", me).await.expect("an answer");
        assert_eq!(answer["bot"]["messageCount"], json!(stored.count_of(name)), "{name}");
    }
}

/// Everybody who calls the hub.
struct Field {
    ledger: Arc<Ledger>,
    writers: JoinSet<()>,
    readers: JoinSet<View>,
    /// Those who speak in the lobby.
    authors: Vec<Agent>,
    rooms: Arc<Rooms>,
    pairs: Vec<Arc<Pair>>,
    threes: Vec<Arc<Letters>>,
    /// How many of the ledger's agents have been looked at after a kill.
    proven: usize,
}

impl Field {
    /// Registers the writers with a hub that stops again, and lets everybody wait for the first start.
    async fn open(installation: &Installation, chance: &mut Chance) -> Self {
        let program = installation.start().await;
        let hub = installation.address();
        let ledger = Arc::new(Ledger::default());
        let mut exchange = Exchange::open(hub).await.expect("the hub listens");
        let (mut writers, mut readers) = (JoinSet::new(), JoinSet::new());
        let (authors, actors) = (agents(&mut exchange, "w", WRITERS).await, agents(&mut exchange, "r", ACTORS).await);
        for author in &authors {
            writers.spawn(load::write(ledger.clone(), hub, author.clone()));
        }
        let rooms = Arc::new(Rooms::new(actors));
        for number in 0..ACTORS {
            let chance = Chance::from_seed(chance.up_to(u64::MAX - 1));
            writers.spawn(Actor { ledger: ledger.clone(), rooms: rooms.clone(), number, chance }.act(hub));
        }
        let mut pairs = Vec::new();
        for number in 0..PAIRS {
            let pair = Pair::register(&mut exchange, number).await;
            writers.spawn(pair.clone().act(ledger.clone(), hub));
            pairs.push(pair);
        }
        let mut threes = Vec::new();
        for number in 0..THREES {
            let chance = Chance::from_seed(chance.up_to(u64::MAX - 1));
            let three = Letters::register(&mut exchange, number, chance).await;
            writers.spawn(three.clone().act(ledger.clone(), hub));
            writers.spawn(three.clone().listen(ledger.clone(), hub));
            threes.push(three);
        }
        drop(exchange);
        program.stop().await;
        writers.spawn(load::register_many(ledger.clone(), hub));
        for _ in 0..READERS {
            readers.spawn(reader::read(ledger.clone(), hub, 0, LAST_WORDS));
        }
        Self { ledger, writers, readers, authors, rooms, pairs, threes, proven: 0 }
    }

    /// Starts the hub, lets everybody go on, and kills it at an instant that `chance` chooses.
    async fn kill_once(&mut self, installation: &Installation, round: u64, chance: &mut Chance) {
        let program = installation.start().await;
        let hub = installation.address();
        self.prove_registrations(hub).await;
        self.rooms.are_as_known(hub).await;
        self.others_are_as_known(hub).await;
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
        within("everybody to notice", self.rooms.nobody_acts()).await;
        for pair in &self.pairs {
            within("a pair to notice", pair.rests()).await;
        }
        for three in &self.threes {
            within("three to notice", three.rest()).await;
        }
        for (rooms, after) in self.rooms.choose_ends(chance).iter().zip([Duration::ZERO, SOON]) {
            installation.let_end(rooms, after).await;
        }
    }

    async fn others_are_as_known(&self, hub: SocketAddr) {
        for pair in &self.pairs {
            pair.is_as_known(hub).await;
        }
        for three in &self.threes {
            three.is_as_known(hub).await;
        }
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
        self.rooms.are_as_known(hub).await;
        self.others_are_as_known(hub).await;
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

/// Registers some.
async fn agents(exchange: &mut Exchange, name: &str, count: usize) -> Vec<Agent> {
    let mut agents = Vec::new();
    for number in 0..count {
        let name = format!("{name}{number}");
        agents.push(within("an agent", register(exchange, &name)).await.expect("an answer"));
    }
    agents
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
