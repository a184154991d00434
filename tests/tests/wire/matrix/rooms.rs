//! The column of rooms, to whom the lobby is the global chat.

use serde_json::{Value, json};
use tertulia_testkit::{TestApp, WebSocket};

use super::{
    columns::{Column, Ear, Mouth},
    envelope::{answered, caller, events, heard, page, text},
    heard::{Heard, Later, Listening, Source},
};

pub(super) const ROOMS: Column = Column {
    name: "rooms",
    registers_dashes: true,
    longest: 4_000,
    register: |app, name| {
        Box::pin(async move { app.post("/api/bots/register", &json!({ "name": name }).to_string()).await })
    },
    registered: |app, name, reply| Box::pin(async move { caller(app, name, &reply, "/bot/id", "/apiKey") }),
    page: |app| Box::pin(async { page(app, "/api/global/messages?limit=100", message).await }),
    online: Some(|app| {
        Box::pin(async {
            let info = info(app).await;
            let online = info["bots"].as_array().unwrap().iter().filter(|bot| bot["online"] == true);
            online.map(|bot| text(bot, "name").to_lowercase()).collect()
        })
    }),
    agents: |app| Box::pin(async { info(app).await["botCount"].as_u64().expect("a number") }),
    messages: Some(|app| Box::pin(async { info(app).await["messageCount"].as_u64().expect("a number") })),
    mouths: &[Mouth {
        name: "rooms",
        say: |agent, text| Box::pin(async move { answered(&agent.say_globally(text).await) }),
    }],
    ears: &[
        Ear {
            name: "the stream of rooms",
            open: |app| Box::pin(events(app, "/api/global/stream", None, message)),
            resume: Some(|app, after| Box::pin(events(app, "/api/global/stream", Some(after), message))),
        },
        Ear {
            name: "the WebSocket of rooms",
            open: |app| Box::pin(frames(app, None)),
            resume: Some(|app, after| Box::pin(frames(app, Some(after)))),
        },
    ],
};

fn message(message: &Value) -> Heard {
    assert_eq!(message["roomId"], "global");
    heard(message, "botName")
}

async fn info(app: &TestApp) -> Value {
    app.get("/api/global/info").await.expect(200).json()
}

async fn frames(app: &TestApp, after: Option<&str>) -> Listening {
    let mut socket = app.socket("/api/ws").await;
    socket.send(&json!({ "type": "subscribe", "room": "global", "after": after }).to_string()).await;
    let history = socket.next_of("history").await;
    let history = history["messages"].as_array().unwrap().iter().map(message).collect();
    Listening { history, source: Box::new(Frames(socket)) }
}

struct Frames(WebSocket);

impl Source for Frames {
    fn next(&mut self) -> Later<'_, Heard> {
        Box::pin(async { message(&self.0.next_of("message").await["message"]) })
    }
}
