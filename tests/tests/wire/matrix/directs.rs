//! What two agents say to each other is one conversation, whichever surface they use: it is heard once, in order, through
//! all of them, and each prints it in its own words.

use serde_json::{Value, json};
use tertulia_testkit::{AcCaller, Connection, Gateway, MoltAgent, TestApp, WebSocket};
use tokio::task::JoinSet;

use super::{
    envelope::text,
    heard::{Heard, Id, Later, Listening, Source},
};

/// How many messages each of the two says through each surface while the other does too.
const AT_ONCE: usize = 5;

/// One of the two, on both surfaces.
#[derive(Clone, Debug)]
pub(super) struct Party {
    pub(super) molt: MoltAgent,
    pub(super) ac: AcCaller,
    /// The other's name.
    other: String,
}

/// Two friends.
#[derive(Clone, Debug)]
pub(super) struct Friends {
    pub(super) parties: [Party; 2],
    /// The id of what MoltChats shows of their conversation.
    pub(super) view: String,
}

/// A way to say something to the other of the two.
struct Mouth {
    name: &'static str,
    say: for<'a> fn(&'a Party, &'a str, &'a str) -> Later<'a, Id>,
}

/// A way to hear the other of the two.
struct Ear {
    name: &'static str,
    open: for<'a> fn(&'a Party, &'a str) -> Later<'a, Listening>,
}

/// A way to read what was said.
struct Page {
    name: &'static str,
    read: for<'a> fn(&'a Party, &'a str) -> Later<'a, Vec<Heard>>,
}

const MOUTHS: [Mouth; 3] = [
    Mouth {
        name: "moltchats",
        say: |party, view, text| Box::pin(async move { Id::ending_in_hexadecimal(&party.molt.says(view, text).await) }),
    },
    Mouth { name: "gateway", say: |party, view, text| Box::pin(say_over_the_gateway(party, view, text)) },
    Mouth { name: "agentchat", say: |party, _, text| Box::pin(write(party, text)) },
];

const EARS: [Ear; 2] = [
    Ear { name: "the gateway of MoltChats", open: |party, view| Box::pin(subscribed(party, view)) },
    Ear { name: "the socket of AgentChat", open: |party, _| Box::pin(inbox(party)) },
];

const PAGES: [Page; 2] = [
    Page {
        name: "moltchats",
        read: |party, view| {
            Box::pin(async move {
                let page = party.molt.read(view, "?limit=100").await.expect(200).json();
                page.as_array().expect("a list").iter().rev().map(said_at_moltchats).collect()
            })
        },
    },
    Page { name: "agentchat", read: |party, _| Box::pin(async { party.history().await }) },
];

impl Friends {
    /// Makes friends of two who have not talked.
    pub(super) async fn make(app: &TestApp) -> Self {
        let molts = app.molts(["ada", "bob"]).await;
        let view = app.befriend(&molts[0], &molts[1]).await;
        let party = |molt: &MoltAgent, other: &MoltAgent| Party {
            ac: app.nobody().of(&molt.name, molt.token()),
            molt: molt.clone(),
            other: other.name.clone(),
        };
        Self { parties: [party(&molts[0], &molts[1]), party(&molts[1], &molts[0])], view }
    }

    /// The same two at a hub that has moved.
    pub(super) fn at(&self, app: &TestApp) -> Self {
        let party = |party: &Party| Party { molt: party.molt.at(app), ac: party.ac.at(app), ..party.clone() };
        Self { parties: self.parties.each_ref().map(party), view: self.view.clone() }
    }
}

impl Party {
    /// What AgentChat shows of the conversation, oldest first.
    pub(super) async fn history(&self) -> Vec<Heard> {
        let listed = self.ac.get("/v1/conversations").await.expect(200).json();
        let rows = listed.as_array().expect("an array");
        let row = rows.iter().find(|row| row["participants"][0]["handle"] == self.other);
        let Some(row) = row else { return Vec::new() };
        let page = self.ac.get(&format!("/v1/messages/{}?after_seq=0&limit=200", text(row, "id"))).await.expect(200);
        let page = page.json();
        let rows = page.as_array().expect("an array");
        let seqs: Vec<_> = rows.iter().map(|row| row["seq"].as_u64().expect("a number")).collect();
        assert_eq!(seqs, (1..).take(rows.len()).collect::<Vec<_>>(), "places have no holes");
        rows.iter().map(said_at_agentchat).collect()
    }

    async fn says(&self, mouth: &Mouth, view: &str, text: &str) -> Heard {
        Heard { id: (mouth.say)(self, view, text).await, author: self.molt.name.clone(), text: text.to_owned() }
    }
}

fn said_at_moltchats(message: &Value) -> Heard {
    let id = Id::ending_in_hexadecimal(&text(message, "id"));
    Heard { id, author: text(&message["agent"], "username"), text: text(message, "content") }
}

fn said_at_agentchat(message: &Value) -> Heard {
    let id = Id::in_base64url(&text(message, "id"));
    Heard { id, author: text(message, "sender"), text: text(&message["content"], "text") }
}

async fn write(party: &Party, words: &str) -> Id {
    let body = json!({ "to": party.other, "client_msg_id": words, "content": { "text": words } });
    Id::in_base64url(&party.ac.post("/v1/messages", &body).await.expect(201).str_at("/id"))
}

/// Over a connection of its own that has subscribed.
async fn say_over_the_gateway(party: &Party, view: &str, words: &str) -> Id {
    let mut gateway = party.molt.gateway().await;
    gateway.send(&json!({ "op": "subscribe", "channels": [view] })).await;
    gateway.say(view, words).await;
    loop {
        let op = gateway.next().await;
        assert_ne!(op["op"], "error", "{op}");
        if op["op"] == "message_ack" {
            gateway.close().await;
            return Id::ending_in_hexadecimal(&text(&op, "id"));
        }
    }
}

async fn subscribed(party: &Party, view: &str) -> Listening {
    let mut gateway = party.molt.gateway().await;
    gateway.subscribe(&[view]).await;
    Listening { history: Vec::new(), source: Box::new(Subscribed(gateway)) }
}

struct Subscribed(Gateway);

impl Source for Subscribed {
    fn next(&mut self) -> Later<'_, Heard> {
        Box::pin(async {
            loop {
                let op = self.0.next().await;
                if op["op"] == "message" {
                    return said_at_moltchats(&op);
                }
            }
        })
    }
}

/// A connection that says what it has got.
async fn inbox(party: &Party) -> Listening {
    let request = party.ac.request("GET", "/v1/ws").header("X-AgentChat-Capabilities", "ack");
    let opened = WebSocket::open(Connection::open(party.ac.address).await, request).await;
    let mut socket = opened.unwrap_or_else(|reply| panic!("the socket was refused: {reply:?}"));
    assert_eq!(socket.next_json().await["type"], "hello.ok");
    Listening { history: Vec::new(), source: Box::new(Inbox(socket)) }
}

struct Inbox(WebSocket);

impl Source for Inbox {
    fn next(&mut self) -> Later<'_, Heard> {
        Box::pin(async { said_at_agentchat(&self.0.next_of("message.new").await["payload"]) })
    }
}

/// What waits for somebody at AgentChat.
async fn waiting(party: &Party) -> Vec<Heard> {
    let page = party.ac.get("/v1/messages/sync").await.expect(200).json();
    page.as_array().expect("an array").iter().map(said_at_agentchat).collect()
}

#[tokio::test]
async fn every_pair_of_surfaces_hears_each_other_both_ways() {
    for mouth in &MOUTHS {
        for ear in &EARS {
            let app = TestApp::start_unlimited().await;
            let Friends { parties, view } = Friends::make(&app).await;
            for [from, to] in [[0, 1], [1, 0]] {
                let mut listening = (ear.open)(&parties[to], &view).await;
                for words in [format!("one by {from}"), format!("two\n🦞 by {from}")] {
                    let said = parties[from].says(mouth, &view, &words).await;
                    assert_eq!(listening.next().await, said, "{} heard through {}", mouth.name, ear.name);
                }
            }
        }
    }
}

#[tokio::test]
async fn what_both_say_through_all_is_one_conversation_for_both() {
    let mut app = TestApp::start_unlimited().await;
    let friends = Friends::make(&app).await;
    let (mut said, mut to) = (Vec::new(), [Vec::new(), Vec::new()]);
    for round in 0..2 {
        for mouth in &MOUTHS {
            for from in 0..2 {
                let words = format!("{} by {from} in {round}", mouth.name);
                let heard = friends.parties[from].says(mouth, &friends.view, &words).await;
                to[1 - from].push(heard.clone());
                said.push(heard);
            }
        }
    }
    for _ in 0..2 {
        let Friends { parties, view } = friends.at(&app);
        for (party, waits) in parties.iter().zip(&to) {
            for page in &PAGES {
                assert_eq!((page.read)(party, &view).await, said, "{}", page.name);
            }
            // Whatever it was said through, a copy waits for the other.
            assert_eq!(waiting(party).await, *waits);
            // And is offered when it connects.
            let mut listening = inbox(party).await;
            assert_eq!(listening.next_few(waits.len()).await, *waits);
        }
        app.restart().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_both_say_at_once_has_one_order_for_both() {
    let app = TestApp::start_unlimited().await;
    let friends = Friends::make(&app).await;
    let mut talking = JoinSet::new();
    for party in friends.parties.clone() {
        for mouth in &MOUTHS {
            let (party, view) = (party.clone(), friends.view.clone());
            talking.spawn(async move {
                let mut said = Vec::new();
                for count in 0..AT_ONCE {
                    said.push(party.says(mouth, &view, &format!("{} {} {count}", party.other, mouth.name)).await);
                }
                said
            });
        }
    }
    let said = talking.join_all().await;
    let order = friends.parties[0].history().await;
    assert_eq!(order.len(), said.len() * AT_ONCE);
    for own in &said {
        let places: Vec<_> = own.iter().map(|one| order.iter().position(|heard| heard == one)).collect();
        assert!(places.iter().all(Option::is_some) && places.is_sorted(), "each is there, in the order of its speaker");
    }
    for party in &friends.parties {
        for page in &PAGES {
            assert_eq!((page.read)(party, &friends.view).await, order, "{}", page.name);
        }
        let from_others: Vec<_> = order.iter().filter(|heard| heard.author == party.other).cloned().collect();
        assert_eq!(waiting(party).await, from_others);
    }
}
