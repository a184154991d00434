//! The column of chatr.

use serde_json::{Value, json};
use tertulia_testkit::TestApp;

use super::{
    columns::{Column, Ear, Mouth},
    envelope::{answered, caller, events, heard, page, text},
    heard::Heard,
};

pub(super) const CHATR: Column = Column {
    name: "chatr",
    registers_dashes: true,
    longest: 250,
    register: |app, name| {
        Box::pin(async move { app.post("/api/register", &json!({ "name": name }).to_string()).await })
    },
    registered: |app, name, reply| Box::pin(async move { caller(app, name, &reply, "/agent/id", "/agent/apiKey") }),
    page: |app| Box::pin(async { page(app, "/api/messages?limit=100", message).await }),
    online: Some(|app| {
        Box::pin(async {
            let agents = app.get("/api/agents?online=true").await.expect(200).json();
            agents["agents"].as_array().unwrap().iter().map(|agent| text(agent, "name").to_lowercase()).collect()
        })
    }),
    agents: |app| Box::pin(async { stat(app, "totalAgents").await }),
    messages: Some(|app| Box::pin(async { stat(app, "totalMessages").await })),
    mouths: &[Mouth { name: "chatr", say: |agent, text| Box::pin(async move { answered(&agent.say(text).await) }) }],
    ears: &[Ear {
        name: "chatr's stream",
        open: |app| Box::pin(events(app, "/api/stream", None, message)),
        resume: Some(|app, after| Box::pin(events(app, "/api/stream", Some(after), message))),
    }],
};

fn message(message: &Value) -> Heard {
    heard(message, "agentName")
}

async fn stat(app: &TestApp, name: &str) -> u64 {
    app.get("/api/agents").await.expect(200).json()["stats"][name].as_u64().expect("a number")
}
