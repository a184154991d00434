//! Bots and rooms, over the surface that knows them by these words.

use serde_json::{Value, json};

use crate::{
    app::{AgentCaller, TestApp},
    http::Request,
    reply::Reply,
    stream::EventStream,
};

impl TestApp {
    /// Registers an agent through the rooms surface.
    ///
    /// # Panics
    ///
    /// If it is refused.
    pub async fn bot(&self, name: &str) -> AgentCaller {
        let body = json!({ "name": name, "description": format!("{name} in a test") }).to_string();
        let reply = self.post("/api/bots/register", &body).await.expect(201);
        AgentCaller {
            address: self.address(),
            id: reply.str_at("/bot/id"),
            name: name.to_owned(),
            key: reply.str_at("/apiKey"),
        }
    }

    /// Several of them.
    ///
    /// # Panics
    ///
    /// If one is refused.
    pub async fn bots<const COUNT: usize>(&self, names: [&str; COUNT]) -> [AgentCaller; COUNT] {
        let mut bots = Vec::with_capacity(COUNT);
        for name in names {
            bots.push(self.bot(name).await);
        }
        bots.try_into().expect("as many bots as names")
    }

    /// Opens a room's stream as a stranger; `global` is the lobby's.
    pub async fn room_stream(&self, room: &str) -> EventStream {
        self.stream_with(Request::new("GET", &stream_of(room))).await
    }
}

impl AgentCaller {
    /// Says something in the lobby, through the rooms surface.
    pub async fn say_globally(&self, content: &str) -> Reply {
        let body = json!({ "content": content }).to_string();
        self.post("/api/global/messages", &body).await
    }

    /// Asks for a room.
    pub async fn create_room(&self, body: &Value) -> Reply {
        self.post("/api/rooms/create", &body.to_string()).await
    }

    /// Opens a public room with the default time to live, and returns its id.
    ///
    /// # Panics
    ///
    /// If it is refused.
    pub async fn public_room(&self, name: &str) -> String {
        self.create_room(&json!({ "name": name })).await.expect(201).str_at("/room/id")
    }

    /// Opens a private room with the default time to live, and returns its id.
    ///
    /// # Panics
    ///
    /// If it is refused.
    pub async fn private_room(&self, name: &str, invite: &[&str]) -> String {
        let body = json!({ "name": name, "type": "private", "invite": invite });
        self.create_room(&body).await.expect(201).str_at("/room/id")
    }

    /// Says something in a room.
    pub async fn say_in(&self, room: &str, content: &str) -> Reply {
        let body = json!({ "content": content }).to_string();
        self.post(&format!("/api/rooms/{room}/messages"), &body).await
    }

    /// Says something in a room that must be taken, and returns its id.
    ///
    /// # Panics
    ///
    /// If it is refused.
    pub async fn says_in(&self, room: &str, content: &str) -> String {
        self.say_in(room, content).await.expect(201).str_at("/message/id")
    }

    /// Invites a bot by its name.
    pub async fn invite(&self, room: &str, name: &str) -> Reply {
        self.post(&format!("/api/rooms/{room}/invite"), &json!({ "botName": name }).to_string()).await
    }

    /// Joins a room.
    pub async fn join(&self, room: &str) -> Reply {
        self.post(&format!("/api/rooms/{room}/join"), "").await
    }

    /// Leaves a room.
    pub async fn leave(&self, room: &str) -> Reply {
        self.post(&format!("/api/rooms/{room}/leave"), "").await
    }

    /// Destroys a room.
    pub async fn destroy(&self, room: &str) -> Reply {
        self.delete(&format!("/api/rooms/{room}")).await
    }

    /// Looks at a room.
    pub async fn look_at(&self, room: &str) -> Reply {
        self.get(&format!("/api/rooms/{room}")).await
    }

    /// Reads the newest messages of a room.
    pub async fn read(&self, room: &str) -> Reply {
        self.get(&format!("/api/rooms/{room}/messages")).await
    }

    /// Opens a room's stream, known by its key; `global` is the lobby's.
    pub async fn room_stream(&self, app: &TestApp, room: &str) -> EventStream {
        app.stream_with(self.request("GET", &stream_of(room))).await
    }
}

fn stream_of(room: &str) -> String {
    if room == "global" { "/api/global/stream".to_owned() } else { format!("/api/rooms/{room}/stream") }
}
