//! The surfaces through which the lobby is spoken to and heard, each in its own words.

use std::pin::Pin;

use serde_json::{Value, json};
use tertulia_testkit::{AgentCaller, EventStream, Reply, Request, TestApp, WebSocket};

/// What an asynchronous function pointer gives.
pub(super) type Later<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// A message as every surface must show it, whatever its spelling.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Heard {
    /// Its id, as surfaces that share the form print it.
    pub(super) id: String,
    /// The name of who said it.
    pub(super) author: String,
    /// What was said.
    pub(super) text: String,
}

/// One surface.
#[derive(Debug)]
pub(super) struct Column {
    /// As a part of names.
    pub(super) name: &'static str,
    /// The most characters that may be sent through it.
    pub(super) longest: usize,
    /// Asks for a registration.
    pub(super) register: for<'a> fn(&'a TestApp, &'a str) -> Later<'a, Reply>,
    /// The agent that was registered.
    pub(super) registered: fn(&TestApp, &str, &Reply) -> AgentCaller,
    /// Says something in the lobby.
    pub(super) say: for<'a> fn(&'a AgentCaller, &'a str) -> Later<'a, Reply>,
    /// The id in the answer to that.
    pub(super) said_id: fn(&Reply) -> String,
    /// The newest messages of the lobby, at most 100, oldest first.
    pub(super) page: fn(&TestApp) -> Later<'_, Vec<Heard>>,
    /// Names of those online, the most recently active first.
    pub(super) online: fn(&TestApp) -> Later<'_, Vec<String>>,
    /// How many agents and how many messages it says there are.
    pub(super) counts: fn(&TestApp) -> Later<'_, [Value; 2]>,
    /// The ways to listen.
    pub(super) ears: &'static [Ear],
}

impl Column {
    /// Registers an agent, which must be taken.
    pub(super) async fn registers(&self, app: &TestApp, name: &str) -> AgentCaller {
        let reply = (self.register)(app, name).await.expect(201);
        (self.registered)(app, name, &reply)
    }
}

/// A way to listen to the lobby.
#[derive(Debug)]
pub(super) struct Ear {
    /// For what a failed test says.
    pub(super) name: &'static str,
    /// Begins to listen, after a message if one is named, and waits until the hub has begun to tell.
    pub(super) open: for<'a> fn(&'a TestApp, Option<&'a str>) -> Later<'a, Listening>,
}

/// What was told at the beginning, and what tells the rest.
pub(super) struct Listening {
    /// Messages of the history, oldest first.
    pub(super) history: Vec<Heard>,
    source: Source,
}

enum Source {
    Events(EventStream, fn(&Value) -> Heard),
    Frames(Box<WebSocket>, fn(&Value) -> Heard),
}

impl Listening {
    /// The next message.
    pub(super) async fn next(&mut self) -> Heard {
        match &mut self.source {
            Source::Events(stream, heard) => heard(&stream.next_of("message").await.json()["data"]),
            Source::Frames(socket, heard) => heard(&socket.next_of("message").await["message"]),
        }
    }

    /// The next so many.
    pub(super) async fn next_few(&mut self, count: usize) -> Vec<Heard> {
        let mut few = Vec::with_capacity(count);
        while few.len() < count {
            few.push(self.next().await);
        }
        few
    }
}

/// Everything that speaks to the lobby, and hears it.
pub(super) const COLUMNS: [Column; 2] = [CHATR, ROOMS];

const CHATR: Column = Column {
    name: "chatr",
    longest: 250,
    register: |app, name| {
        Box::pin(async move { app.post("/api/register", &json!({ "name": name }).to_string()).await })
    },
    registered: |app, name, reply| caller(app, name, reply, "/agent/id", "/agent/apiKey"),
    say: |agent, text| Box::pin(agent.say(text)),
    said_id: |reply| reply.str_at("/message/id"),
    page: |app| Box::pin(async { page(app, "/api/messages?limit=100", heard_by_chatr).await }),
    online: |app| {
        Box::pin(async {
            let agents = app.get("/api/agents?online=true").await.expect(200).json();
            agents["agents"].as_array().unwrap().iter().map(|agent| text(agent, "name")).collect()
        })
    },
    counts: |app| {
        Box::pin(async {
            let stats = app.get("/api/agents").await.expect(200).json()["stats"].clone();
            [stats["totalAgents"].clone(), stats["totalMessages"].clone()]
        })
    },
    ears: &[Ear {
        name: "chatr's stream",
        open: |app, after| Box::pin(events(app, "/api/stream", after, heard_by_chatr)),
    }],
};

const ROOMS: Column = Column {
    name: "rooms",
    longest: 4_000,
    register: |app, name| {
        Box::pin(async move { app.post("/api/bots/register", &json!({ "name": name }).to_string()).await })
    },
    registered: |app, name, reply| caller(app, name, reply, "/bot/id", "/apiKey"),
    say: |agent, text| Box::pin(agent.say_globally(text)),
    said_id: |reply| reply.str_at("/message/id"),
    page: |app| Box::pin(async { page(app, "/api/global/messages?limit=100", heard_by_rooms).await }),
    online: |app| {
        Box::pin(async {
            let info = app.get("/api/global/info").await.expect(200).json();
            let online = info["bots"].as_array().unwrap().iter().filter(|bot| bot["online"] == true);
            online.map(|bot| text(bot, "name")).collect()
        })
    },
    counts: |app| {
        Box::pin(async {
            let info = app.get("/api/global/info").await.expect(200).json();
            [info["botCount"].clone(), info["messageCount"].clone()]
        })
    },
    ears: &[
        Ear {
            name: "the stream of rooms",
            open: |app, after| Box::pin(events(app, "/api/global/stream", after, heard_by_rooms)),
        },
        Ear { name: "the WebSocket of rooms", open: |app, after| Box::pin(frames_of_rooms(app, after)) },
    ],
};

fn heard_by_chatr(message: &Value) -> Heard {
    Heard { id: text(message, "id"), author: text(message, "agentName"), text: text(message, "content") }
}

fn heard_by_rooms(message: &Value) -> Heard {
    assert_eq!(message["roomId"], "global");
    Heard { id: text(message, "id"), author: text(message, "botName"), text: text(message, "content") }
}

fn caller(app: &TestApp, name: &str, reply: &Reply, id: &str, key: &str) -> AgentCaller {
    AgentCaller { address: app.address(), id: reply.str_at(id), name: name.to_owned(), key: reply.str_at(key) }
}

fn text(object: &Value, member: &str) -> String {
    object[member].as_str().expect("a string").to_owned()
}

async fn page(app: &TestApp, path: &str, heard: fn(&Value) -> Heard) -> Vec<Heard> {
    app.get(path).await.expect(200).json()["messages"].as_array().unwrap().iter().map(heard).collect()
}

async fn events(app: &TestApp, path: &str, after: Option<&str>, heard: fn(&Value) -> Heard) -> Listening {
    let request = Request::new("GET", path);
    let request = if let Some(after) = after { request.header("Last-Event-ID", after) } else { request };
    let mut stream = app.stream_with(request).await;
    let history = stream.next_of("history").await.json();
    let history = history["data"].as_array().unwrap().iter().map(heard).collect();
    Listening { history, source: Source::Events(stream, heard) }
}

async fn frames_of_rooms(app: &TestApp, after: Option<&str>) -> Listening {
    let mut socket = app.socket("/api/ws").await;
    socket.send(&json!({ "type": "subscribe", "room": "global", "after": after }).to_string()).await;
    let history = socket.next_of("history").await;
    let history = history["messages"].as_array().unwrap().iter().map(heard_by_rooms).collect();
    Listening { history, source: Source::Frames(Box::new(socket), heard_by_rooms) }
}
