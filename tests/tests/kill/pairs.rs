//! Pairs of agents that befriend each other, talk, react, renew their sessions and part again, as fast as they are
//! answered.
//!
//! Each pair acts alone and does one thing at a time, so after a kill at most one deed of it is in doubt: it was done
//! whole or not at all. Nobody has half a friendship, a reaction that was acknowledged counts once, and a session is
//! renewed with the last token that was given out.

use std::{
    io,
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use serde_json::{Value, json};
use tertulia_testkit::{Exchange, MoltKey, within};
use tokio::sync::watch;

use crate::{ledger::Ledger, load::text};

/// One of a pair.
#[derive(Clone, Debug)]
struct Friend {
    name: String,
    id: String,
    token: String,
    refresh: String,
}

/// What a pair does next, or was doing when the hub went away.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Deed {
    Request,
    Accept,
    Say,
    React,
    TakeBack,
    Renew(usize),
    Part,
}

/// How two stand to each other.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Bond {
    Strangers,
    /// The first has asked the second: the request's id.
    Asked(String),
    /// The id of their channel.
    Friends(String),
}

/// What is known of a pair.
#[derive(Debug)]
struct Known {
    friends: [Friend; 2],
    bond: Bond,
    /// What the first has said in the channel that is open, and whether the second has reacted to it.
    said: Option<(String, bool)>,
    /// Reactions of the second that stand.
    karma: u64,
    /// Friendships that were acknowledged, the ended ones included.
    friendships: u64,
    next: Deed,
    /// Whether nobody knows what became of `next`.
    in_doubt: bool,
}

/// A pair.
#[derive(Debug)]
pub(crate) struct Pair {
    known: Mutex<Known>,
    is_acting: watch::Sender<bool>,
}

impl Pair {
    /// Registers two agents.
    pub(crate) async fn register(exchange: &mut Exchange, number: usize) -> Arc<Self> {
        let one = Friend::register(exchange, &format!("pair_{number}_one")).await;
        let other = Friend::register(exchange, &format!("pair_{number}_two")).await;
        let known = Known {
            friends: [one, other],
            bond: Bond::Strangers,
            said: None,
            karma: 0,
            friendships: 0,
            next: Deed::Request,
            in_doubt: false,
        };
        Arc::new(Self { known: Mutex::new(known), is_acting: watch::channel(false).0 })
    }

    /// Acts as fast as it is answered, and goes on when the hub is back.
    pub(crate) async fn act(self: Arc<Self>, ledger: Arc<Ledger>, hub: SocketAddr) {
        let mut last = 0;
        while let Some(start) = ledger.next_start(last).await {
            last = start;
            self.is_acting.send_replace(true);
            if ledger.is_up(start)
                && let Ok(mut exchange) = Exchange::open(hub).await
            {
                while !ledger.is_over() && self.act_once(&mut exchange).await.is_ok() {
                    ledger.note_deed();
                }
            }
            self.is_acting.send_replace(false);
        }
    }

    /// Waits until it has noticed that the hub is gone.
    pub(crate) async fn rests(&self) {
        let mut is_acting = self.is_acting.subscribe();
        is_acting.wait_for(|is_acting| !is_acting).await.expect("the pair is there");
    }

    async fn act_once(&self, exchange: &mut Exchange) -> io::Result<()> {
        let (deed, friends, bond, said) = {
            let mut known = self.known();
            known.in_doubt = true;
            (known.next.clone(), known.friends.clone(), known.bond.clone(), known.said.clone())
        };
        let [one, other] = &friends;
        let answer = match &deed {
            Deed::Request => one.call(exchange, "POST", "/friends/request", &json!({ "target": other.name })).await?,
            Deed::Accept => {
                let Bond::Asked(request) = &bond else { panic!("nobody has asked: {bond:?}") };
                other.call(exchange, "POST", "/friends/accept", &json!({ "requestId": request })).await?
            }
            Deed::Say => {
                let target = format!("/channels/{}/messages", channel_of(&bond));
                one.call(exchange, "POST", &target, &json!({ "content": "hello" })).await?
            }
            Deed::React => {
                let target = format!("/messages/{}/react", said_in(said.as_ref()));
                other.call(exchange, "POST", &target, &json!({ "emoji": "+1" })).await?
            }
            Deed::TakeBack => {
                let target = format!("/messages/{}/react/%2B1", said_in(said.as_ref()));
                other.call(exchange, "DELETE", &target, &Value::Null).await?
            }
            Deed::Renew(who) => {
                let body = json!({ "refreshToken": friends[*who].refresh }).to_string();
                exchange.post("/api/v1/auth/refresh", None, &body).await?
            }
            Deed::Part => one.call(exchange, "DELETE", &format!("/friends/{}", other.name), &Value::Null).await?,
        };
        self.known().was_answered(&deed, &answer);
        Ok(())
    }

    /// Looks at the pair while nobody acts, and settles what was in doubt.
    pub(crate) async fn is_as_known(&self, hub: SocketAddr) {
        let mut exchange = Exchange::open(hub).await.expect("the hub listens");
        let mut friends = self.known().friends.clone();
        for friend in &mut friends {
            within("a session", friend.goes_on(&mut exchange, self.is_renewing())).await;
        }
        let seen = within("the pair", seen(&mut exchange, &friends)).await;
        let mut known = self.known();
        known.friends = friends;
        known.settle(seen);
    }

    /// How many friendships were acknowledged, and how many reactions stand.
    pub(crate) fn counts(&self) -> (u64, u64) {
        let known = self.known();
        (known.friendships, known.karma)
    }

    fn is_renewing(&self) -> bool {
        let known = self.known();
        known.in_doubt && matches!(known.next, Deed::Renew(_))
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Known {
    /// Takes an acknowledgement over, and says what comes next.
    fn was_answered(&mut self, deed: &Deed, (status, answer): &(u16, Value)) {
        assert!((200..300).contains(status), "{deed:?} of {}: {status} {answer}", self.friends[0].name);
        self.in_doubt = false;
        self.next = match deed {
            Deed::Request => {
                self.bond = Bond::Asked(text(&answer["requestId"]));
                Deed::Accept
            }
            Deed::Accept => {
                self.bond = Bond::Friends(text(&answer["dmChannelId"]));
                self.friendships += 1;
                Deed::Say
            }
            Deed::Say => {
                self.said = Some((text(&answer["id"]), false));
                Deed::React
            }
            Deed::React => {
                self.reacted(true);
                // Every third time it is taken back.
                if self.friendships.is_multiple_of(3) { Deed::TakeBack } else { Deed::Renew(0) }
            }
            Deed::TakeBack => {
                self.reacted(false);
                Deed::Renew(0)
            }
            Deed::Renew(who) => {
                self.friends[*who].adopt(answer);
                if *who == 0 { Deed::Renew(1) } else { Deed::Part }
            }
            Deed::Part => {
                (self.bond, self.said) = (Bond::Strangers, None);
                Deed::Request
            }
        };
    }

    fn reacted(&mut self, stands: bool) {
        if let Some((_, reacted)) = &mut self.said {
            *reacted = stands;
        }
        self.karma = if stands { self.karma + 1 } else { self.karma - 1 };
    }

    /// Compares what was seen with what is known. What was in doubt has happened whole, or not at all.
    fn settle(&mut self, (bond, karma): (Bond, u64)) {
        let deed = self.in_doubt.then(|| self.next.clone());
        let before = self.bond.clone();
        if bond != before {
            let has_happened = matches!(
                (&deed, &before, &bond),
                (Some(Deed::Request), Bond::Strangers, Bond::Asked(_))
                    | (Some(Deed::Accept), Bond::Asked(_), Bond::Friends(_))
                    | (Some(Deed::Part), Bond::Friends(_), Bond::Strangers)
            );
            assert!(has_happened, "{before:?} has become {bond:?} while {deed:?} was in doubt");
            self.next = match bond {
                Bond::Asked(_) => Deed::Accept,
                Bond::Friends(_) => Deed::Say,
                Bond::Strangers => Deed::Request,
            };
            (self.bond, self.said) = (bond, None);
        }
        match deed {
            Some(Deed::React) if karma == self.karma + 1 => {
                self.reacted(true);
                self.next = Deed::Renew(0);
            }
            Some(Deed::TakeBack) if karma + 1 == self.karma => {
                self.reacted(false);
                self.next = Deed::Renew(0);
            }
            _ => assert_eq!(karma, self.karma, "reactions to {} while {deed:?} was in doubt", self.friends[0].name),
        }
        self.in_doubt = false;
    }
}

impl Friend {
    async fn register(exchange: &mut Exchange, name: &str) -> Self {
        let body = json!({ "username": name, "publicKey": MoltKey::shared().public_pem() }).to_string();
        let (status, answer) = exchange.post("/api/v1/agents/register", None, &body).await.expect("an answer");
        assert_eq!(status, 201, "{name}: {answer}");
        let id = text(&answer["agentId"]);
        let mut friend = Self { name: name.to_owned(), id, token: String::new(), refresh: String::new() };
        friend.sign(exchange, &text(&answer["challenge"])).await;
        friend
    }

    async fn sign(&mut self, exchange: &mut Exchange, challenge: &str) {
        let body = MoltKey::shared().answer(&self.id, challenge).to_string();
        let (status, answer) = exchange.post("/api/v1/agents/verify", None, &body).await.expect("an answer");
        assert_eq!(status, 200, "{}: {answer}", self.name);
        self.adopt(&answer);
    }

    fn adopt(&mut self, answer: &Value) {
        (self.token, self.refresh) = (text(&answer["token"]), text(&answer["refreshToken"]));
    }

    async fn call(&self, exchange: &mut Exchange, method: &str, path: &str, body: &Value) -> io::Result<(u16, Value)> {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        exchange.call(method, &format!("/api/v1{path}"), Some(&self.token), &body).await
    }

    /// Its session goes on: with the token that it has, or, if a renewal was in doubt and has happened, after signing in
    /// again. A token is good or revoked, and never both or neither.
    async fn goes_on(&mut self, exchange: &mut Exchange, is_in_doubt: bool) {
        let (access, me) = self.call(exchange, "GET", "/agents/@me", &Value::Null).await.expect("an answer");
        let body = json!({ "refreshToken": self.refresh }).to_string();
        let renewed = exchange.post("/api/v1/auth/refresh", None, &body).await.expect("an answer");
        match (access, renewed) {
            (200, (200, answer)) => self.adopt(&answer),
            (401, (401, answer)) if is_in_doubt => {
                assert_eq!((&me["code"], &answer["code"]), (&json!("TOKEN_REVOKED"), &json!("TOKEN_REVOKED")));
                let body = json!({ "agentId": self.id }).to_string();
                let (status, answer) = exchange.post("/api/v1/auth/challenge", None, &body).await.expect("an answer");
                assert_eq!(status, 200, "{answer}");
                self.sign(exchange, &text(&answer["challenge"])).await;
            }
            (access, renewed) => panic!("{}: access {access} {me}, renewal {renewed:?}", self.name),
        }
    }
}

/// How the two stand to each other, as both of them see it, and the first one's karma.
async fn seen(exchange: &mut Exchange, [one, other]: &[Friend; 2]) -> (Bond, u64) {
    let mut read = async |friend: &Friend, path: &str| {
        let (status, answer) = friend.call(exchange, "GET", path, &Value::Null).await.expect("an answer");
        assert_eq!(status, 200, "{path} of {}: {answer}", friend.name);
        answer
    };
    let (ones, others) = (read(one, "/friends").await, read(other, "/friends").await);
    let (outgoing, incoming) = (read(one, "/friends/requests").await, read(other, "/friends/requests").await);
    let karma = read(one, "/agents/@me").await["karma"].as_u64().expect("a number");
    let all = |list: &Value, id: &str| -> Vec<String> {
        list.as_array().expect("a list").iter().map(|entry| text(&entry[id])).collect()
    };
    let (channels, same) = (all(&ones["friends"], "dmChannelId"), all(&others["friends"], "dmChannelId"));
    assert_eq!(channels, same, "both or none are friends");
    let (asked, waiting) = (all(&outgoing["outgoing"], "id"), all(&incoming["incoming"], "id"));
    assert_eq!(asked, waiting, "what one has asked the other is asked");
    let bond = match (channels.as_slice(), asked.as_slice()) {
        ([], []) => Bond::Strangers,
        ([], [request]) => Bond::Asked(request.clone()),
        ([channel], []) => Bond::Friends(channel.clone()),
        _ => panic!("friends {channels:?}, requests {asked:?}"),
    };
    (bond, karma)
}

fn channel_of(bond: &Bond) -> &str {
    let Bond::Friends(channel) = bond else { panic!("no friends: {bond:?}") };
    channel
}

fn said_in(said: Option<&(String, bool)>) -> &str {
    &said.expect("something was said").0
}
