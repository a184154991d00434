//! Three agents that write to each other and in a group, fetch what waits for them and acknowledge it, as fast as they are
//! answered. One of them is given everything by a socket.
//!
//! One thing is done at a time, so after a kill at most one is in doubt: it was done whole, for everybody whom it concerns,
//! or not at all; and whoever tries a message again under its key learns which. What was acknowledged never waits again,
//! and what was not waits until it is.

use std::{
    collections::HashSet,
    io,
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use serde_json::json;
use tertulia_testkit::{Exchange, within};
use tokio::sync::watch;

use crate::{
    chance::Chance,
    ear::Ear,
    ledger::{Agent, Ledger},
    load::{register, text},
};

/// Messages that wait for one of those who fetch, at the most.
const MOST_WAITING: usize = 200;

/// Who is given everything by a socket.
const LISTENER: usize = 2;

/// Where something is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// Between the first two.
    Direct,
    Group,
}

/// What is done next, or was being done when the hub went away.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Deed {
    Send {
        by: usize,
        place: Place,
        key: String,
    },
    /// The first so many that wait.
    Acknowledge {
        by: usize,
        count: usize,
    },
    /// One of those that wait.
    Read {
        by: usize,
        at: usize,
    },
}

/// A message that was acknowledged, and the key under which it was sent.
type Said = (String, String);

/// What is known of the three.
#[derive(Debug)]
struct Known {
    chance: Chance,
    count: u64,
    /// What waits for each, in order.
    waiting: [Vec<String>; 3],
    /// What has been seen to wait no more.
    gone: [HashSet<String>; 3],
    /// What the listener may have acknowledged.
    acknowledged: HashSet<String>,
    /// What was said between the first two, and in the group.
    said: [Vec<Said>; 2],
    in_doubt: Option<Deed>,
}

/// Three agents.
#[derive(Debug)]
pub(crate) struct Letters {
    agents: [Agent; 3],
    group: String,
    known: Mutex<Known>,
    acting: watch::Sender<usize>,
}

impl Letters {
    /// Registers them, and lets them get to know each other.
    pub(crate) async fn register(exchange: &mut Exchange, number: usize, chance: Chance) -> Arc<Self> {
        let mut agents = Vec::new();
        for one in ["one", "two", "ear"] {
            agents.push(correspondent(exchange, &format!("letters-{number}-{one}")).await);
        }
        let agents: [Agent; 3] = agents.try_into().expect("three");
        let group = found(exchange, &agents).await;
        let known = Known {
            chance,
            count: 0,
            waiting: Default::default(),
            gone: Default::default(),
            acknowledged: HashSet::new(),
            said: Default::default(),
            in_doubt: None,
        };
        let letters = Self { agents, group, known: Mutex::new(known), acting: watch::channel(0).0 };
        for (by, key) in [(0, "hello"), (1, "yes")] {
            let id = letters.send(exchange, by, Place::Direct, key).await.expect("an answer");
            assert_eq!(id.0, 201, "{id:?}");
            letters.known().said[0].push((key.to_owned(), id.1));
        }
        for agent in &letters.agents {
            let waiting = fetch(exchange, agent).await.expect("an answer");
            let (_, last) = waiting.last().expect("that others have come waits").clone();
            acknowledge(exchange, agent, &last, waiting.len()).await.expect("an answer");
        }
        Arc::new(letters)
    }

    /// Acts as fast as it is answered, and goes on when the hub is back.
    pub(crate) async fn act(self: Arc<Self>, ledger: Arc<Ledger>, hub: SocketAddr) {
        let mut last = 0;
        while let Some(start) = ledger.next_start(last).await {
            last = start;
            self.acting.send_modify(|acting| *acting += 1);
            if ledger.is_up(start)
                && let Ok(mut exchange) = Exchange::open(hub).await
            {
                while !ledger.is_over() && self.act_once(&mut exchange).await.is_ok() {
                    ledger.note_deed();
                }
            }
            self.acting.send_modify(|acting| *acting -= 1);
        }
    }

    /// Listens for the third, and acknowledges most of what it hears.
    pub(crate) async fn listen(self: Arc<Self>, ledger: Arc<Ledger>, hub: SocketAddr) {
        let mut last = 0;
        while let Some(start) = ledger.next_start(last).await {
            last = start;
            self.acting.send_modify(|acting| *acting += 1);
            if ledger.is_up(start)
                && let Ok(mut ear) = Ear::open(hub, &self.agents[LISTENER].key).await
            {
                tokio::select! {
                    _lost = self.hear(&mut ear) => {}
                    _over = ledger.next_start(start) => {}
                }
            }
            self.acting.send_modify(|acting| *acting -= 1);
        }
    }

    async fn hear(&self, ear: &mut Ear) -> io::Result<()> {
        let mut before = 0;
        loop {
            let frame = ear.next().await?;
            let message = &frame["payload"];
            assert_eq!(frame["type"], "message.new", "{frame}");
            let (id, seq) = (text(&message["id"]), message["seq"].as_u64().expect("a number"));
            assert!(seq > before, "{frame} came after {before}");
            before = seq;
            {
                let mut known = self.known();
                assert!(!known.gone[LISTENER].contains(&id), "{id} came again");
                if known.chance.up_to(3) == 0 {
                    continue;
                }
                // From here on nobody knows whether it waits.
                known.acknowledged.insert(id.clone());
            }
            ear.acknowledge(&id).await?;
        }
    }

    /// Waits until everybody has noticed that the hub is gone.
    pub(crate) async fn rest(&self) {
        let mut acting = self.acting.subscribe();
        acting.wait_for(|acting| *acting == 0).await.expect("they are there");
    }

    async fn act_once(&self, exchange: &mut Exchange) -> io::Result<()> {
        let deed = self.known().choose();
        match &deed {
            Deed::Send { by, place, key } => {
                let (status, id) = self.send(exchange, *by, *place, key).await?;
                assert_eq!(status, 201, "{deed:?}");
                self.known().was_said(*by, *place, key, &id);
            }
            Deed::Acknowledge { by, count } => {
                let waiting = self.waits_as_known(exchange, *by).await?;
                acknowledge(exchange, &self.agents[*by], &waiting[count - 1].1, *count).await?;
                self.known().were_acknowledged(*by, *count);
            }
            Deed::Read { by, at } => {
                let id = self.known().waiting[*by][*at].clone();
                let target = format!("/v1/messages/{id}/read");
                let (status, answer) = exchange.call("POST", &target, Some(&self.agents[*by].key), "").await?;
                assert_eq!(status, 200, "{answer}");
                self.known().was_read(*by, *at);
            }
        }
        self.known().in_doubt = None;
        Ok(())
    }

    async fn send(&self, exchange: &mut Exchange, by: usize, place: Place, key: &str) -> io::Result<(u16, String)> {
        let mut body = json!({ "client_msg_id": key, "content": { "text": key } });
        match place {
            Place::Direct => body["to"] = json!(self.agents[1 - by].name),
            Place::Group => body["conversation_id"] = json!(self.group),
        }
        let (status, answer) = exchange.post("/v1/messages", Some(&self.agents[by].key), &body.to_string()).await?;
        assert!(matches!(status, 200 | 201), "{key}: {status} {answer}");
        assert_eq!(answer["client_msg_id"], key);
        Ok((status, text(&answer["id"])))
    }

    async fn waits_as_known(&self, exchange: &mut Exchange, agent: usize) -> io::Result<Vec<(String, String)>> {
        let waiting = fetch(exchange, &self.agents[agent]).await?;
        assert_eq!(ids(&waiting), self.known().waiting[agent], "what waits for {}", self.agents[agent].name);
        Ok(waiting)
    }

    /// Looks at what waits while nobody acts, and settles what was in doubt.
    pub(crate) async fn is_as_known(&self, hub: SocketAddr) {
        let mut exchange = Exchange::open(hub).await.expect("the hub listens");
        let mut seen: [Vec<String>; 3] = Default::default();
        for (seen, agent) in seen.iter_mut().zip(&self.agents) {
            *seen = ids(&within("what waits", fetch(&mut exchange, agent)).await.expect("an answer"));
        }
        let doubt = self.known().in_doubt.take();
        if let Some(Deed::Send { by, place, key }) = &doubt {
            let sent = within("the same again", self.send(&mut exchange, *by, *place, key)).await.expect("an answer");
            self.known().settle_sending(*by, *place, key, sent, &mut seen);
        }
        let mut known = self.known();
        match doubt {
            Some(Deed::Acknowledge { by, count }) if seen[by].len() < known.waiting[by].len() => {
                known.were_acknowledged(by, count);
            }
            Some(Deed::Read { by, at }) if seen[by].len() < known.waiting[by].len() => known.was_read(by, at),
            _ => {}
        }
        for ((agent, seen), waiting) in self.agents[..LISTENER].iter().zip(&seen).zip(&known.waiting) {
            assert_eq!(seen, waiting, "what waits for {}", agent.name);
        }
        known.has_heard(&seen[LISTENER]);
    }

    /// Everything that was acknowledged is in its place, once and in order, for everybody who may read it.
    pub(crate) async fn histories_are_whole(&self, hub: SocketAddr) -> usize {
        let mut exchange = Exchange::open(hub).await.expect("the hub listens");
        let said = self.known().said.clone();
        let direct = conversation_with(&mut exchange, &self.agents[0], &self.agents[1].name).await;
        for (agent, place, said) in [
            (0, &direct, &said[0]),
            (1, &direct, &said[0]),
            (0, &self.group, &said[1]),
            (LISTENER, &self.group, &said[1]),
        ] {
            let found = history(&mut exchange, &self.agents[agent], place).await;
            assert_eq!(found, *said, "{place} as {} sees it", self.agents[agent].name);
        }
        said[0].len() + said[1].len()
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Known {
    /// What is done next; in doubt from now on.
    fn choose(&mut self) -> Deed {
        let by = usize::from(self.chance.up_to(1) == 1);
        let waiting = self.waiting[by].len();
        let most = waiting as u64;
        let deed = match self.chance.up_to(9) {
            _ if waiting >= MOST_WAITING => Deed::Acknowledge { by, count: waiting },
            0 if waiting > 0 => Deed::Acknowledge { by, count: self.below(most) + 1 },
            1 if waiting > 0 => Deed::Read { by, at: self.below(most) },
            lot => {
                self.count += 1;
                let place = if lot % 2 == 0 { Place::Direct } else { Place::Group };
                Deed::Send { by, place, key: format!("{:06}", self.count) }
            }
        };
        self.in_doubt = Some(deed.clone());
        deed
    }

    fn below(&mut self, most: u64) -> usize {
        usize::try_from(self.chance.up_to(most - 1)).expect("a small number")
    }

    fn was_said(&mut self, by: usize, place: Place, key: &str, id: &str) {
        self.said[place as usize].push((key.to_owned(), id.to_owned()));
        for other in recipients(by, place) {
            self.waiting[other].push(id.to_owned());
        }
    }

    fn were_acknowledged(&mut self, by: usize, count: usize) {
        let gone: Vec<_> = self.waiting[by].drain(..count).collect();
        self.gone[by].extend(gone);
    }

    fn was_read(&mut self, by: usize, at: usize) {
        let gone = self.waiting[by].remove(at);
        self.gone[by].insert(gone);
    }

    /// It was tried again: it is new if it waited for nobody, and has come to everybody if it was there before.
    fn settle_sending(
        &mut self,
        by: usize,
        place: Place,
        key: &str,
        (status, id): (u16, String),
        seen: &mut [Vec<String>; 3],
    ) {
        let was_there = status == 200;
        for other in recipients(by, place) {
            let is_seen = seen[other].contains(&id);
            let is_heard = other == LISTENER && self.acknowledged.contains(&id);
            assert_eq!(is_seen || is_heard, was_there, "{key} came to {other}");
            if !was_there {
                seen[other].push(id.clone());
            }
        }
        self.was_said(by, place, key, &id);
    }

    /// What waits for the listener is what it never acknowledged, and maybe what it did; in order, and nothing that was gone
    /// before.
    fn has_heard(&mut self, seen: &[String]) {
        let (waiting, gone): (Vec<_>, Vec<_>) = self.waiting[LISTENER].drain(..).partition(|id| seen.contains(id));
        let lost: Vec<_> = gone.iter().filter(|id| !self.acknowledged.contains(*id)).collect();
        assert_eq!(lost, Vec::<&String>::new(), "nobody has acknowledged these");
        assert_eq!(waiting, seen, "and nothing else waits");
        self.gone[LISTENER].extend(gone);
        self.waiting[LISTENER] = waiting;
    }
}

/// Who gets a copy.
fn recipients(by: usize, place: Place) -> Vec<usize> {
    match place {
        Place::Direct => vec![1 - by],
        Place::Group => (0..3).filter(|other| *other != by).collect(),
    }
}

fn ids(waiting: &[(String, String)]) -> Vec<String> {
    waiting.iter().map(|(id, _)| id.clone()).collect()
}

/// An agent with a key of its own for this.
async fn correspondent(exchange: &mut Exchange, name: &str) -> Agent {
    let agent = register(exchange, name).await.expect("an answer");
    let body = json!({ "kind": "ac_live" }).to_string();
    let (status, answer) = exchange.post("/api/me/credentials", Some(&agent.key), &body).await.expect("an answer");
    assert_eq!(status, 201, "{answer}");
    Agent { key: text(&answer["apiKey"]), ..agent }
}

/// A group of all three.
async fn found(exchange: &mut Exchange, agents: &[Agent; 3]) -> String {
    let body = json!({ "name": "three", "member_handles": [agents[1].name, agents[2].name] }).to_string();
    let (status, created) = exchange.post("/v1/groups", Some(&agents[0].key), &body).await.expect("an answer");
    assert_eq!(status, 201, "{created}");
    for (place, agent) in [(0, &agents[1]), (1, &agents[2])] {
        let target = format!("/v1/groups/invites/{}/accept", text(&created["add_results"][place]["invite_id"]));
        let (status, answer) = exchange.call("POST", &target, Some(&agent.key), "").await.expect("an answer");
        assert_eq!(status, 200, "{answer}");
    }
    text(&created["group"]["id"])
}

/// What waits: each message's id, and its place in the queue.
async fn fetch(exchange: &mut Exchange, agent: &Agent) -> io::Result<Vec<(String, String)>> {
    let (mut waiting, mut after) = (Vec::new(), String::new());
    loop {
        let target = format!("/v1/messages/sync?limit=500{after}");
        let (status, page) = exchange.call("GET", &target, Some(&agent.key), "").await?;
        assert_eq!(status, 200, "{page}");
        let rows = page.as_array().expect("an array");
        waiting.extend(rows.iter().map(|row| (text(&row["id"]), text(&row["delivery_id"]))));
        match rows.last() {
            Some(last) if rows.len() == 500 => after = format!("&after={}", text(&last["delivery_id"])),
            Some(_) | None => return Ok(waiting),
        }
    }
}

async fn acknowledge(exchange: &mut Exchange, agent: &Agent, through: &str, count: usize) -> io::Result<()> {
    let body = json!({ "last_delivery_id": through }).to_string();
    let answer = exchange.post("/v1/messages/sync/ack", Some(&agent.key), &body).await?;
    assert_eq!(answer, (200, json!({ "acked": count })));
    Ok(())
}

async fn conversation_with(exchange: &mut Exchange, agent: &Agent, other: &str) -> String {
    let listed = exchange.call("GET", "/v1/conversations", Some(&agent.key), "");
    let (status, listed) = within("the conversations", listed).await.expect("an answer");
    assert_eq!(status, 200, "{listed}");
    let rows = listed.as_array().expect("an array");
    text(&rows.iter().find(|row| row["participants"][0]["handle"] == other).expect("they talk")["id"])
}

/// What agents have said in a conversation, from its beginning: its places have no holes.
async fn history(exchange: &mut Exchange, agent: &Agent, conversation: &str) -> Vec<Said> {
    let (mut said, mut last): (Vec<Said>, Option<u64>) = (Vec::new(), None);
    loop {
        let target = format!("/v1/messages/{conversation}?limit=200&after_seq={}", last.unwrap_or(0));
        let page = exchange.call("GET", &target, Some(&agent.key), "");
        let (status, page) = within("a page", page).await.expect("an answer");
        assert_eq!(status, 200, "{page}");
        let rows = page.as_array().expect("an array");
        if rows.is_empty() {
            return said;
        }
        for row in rows {
            let seq = row["seq"].as_u64().expect("a number");
            assert!(last.is_none_or(|last| seq == last + 1), "{seq} after {last:?}");
            last = Some(seq);
            if row["type"] != "system" {
                said.push((text(&row["client_msg_id"]), text(&row["id"])));
            }
        }
    }
}
