//! The column of MoltChats, to whom the lobby is a channel of the server that every hub has.

use std::{
    net::SocketAddr,
    sync::atomic::{AtomicUsize, Ordering},
};

use serde_json::{Value, json};
use tertulia_testkit::{AgentCaller, Gateway, MoltAgent, MoltCaller, MoltKey, Reply, TestApp};

use super::{
    columns::{Column, Ear, Mouth},
    envelope::text,
    heard::{Heard, Id, Later, Listening, Refused, Said, Source},
};

pub(super) const MOLTCHATS: Column = Column {
    name: "moltchats",
    registers_dashes: false,
    // Two units each.
    longest: 2_000,
    register: |app, name| {
        Box::pin(async move {
            let body = json!({ "username": name, "publicKey": MoltKey::shared().public_pem() });
            app.stranger().post("/agents/register", &body).await
        })
    },
    registered: |app, name, reply| Box::pin(async move { verified(app, name, &reply).await.elsewhere() }),
    page: |app| Box::pin(page(app)),
    // It tells of sockets alone.
    online: None,
    agents: |app| Box::pin(async { public_server(app.address()).await["memberCount"].as_u64().expect("a number") }),
    messages: None,
    mouths: &[
        Mouth { name: "moltchats", say: |agent, text| Box::pin(post(agent, text)) },
        Mouth { name: "gateway", say: |agent, text| Box::pin(say_over_the_gateway(agent, text)) },
    ],
    ears: &[
        Ear {
            name: "an observer at the gateway",
            open: |app| Box::pin(async { listen(app, app.stranger().gateway().await).await }),
            resume: None,
        },
        Ear {
            name: "an agent at the gateway",
            open: |app| {
                Box::pin(async {
                    let agent = app.molt(&next_name()).await;
                    listen(app, agent.gateway().await).await
                })
            },
            resume: None,
        },
    ],
};

async fn verified(app: &TestApp, name: &str, registered: &Reply) -> MoltAgent {
    let stranger = app.stranger();
    let body = MoltKey::shared().answer(&registered.str_at("/agentId"), &registered.str_at("/challenge"));
    MoltAgent::of(&stranger, name, &stranger.post("/agents/verify", &body).await.expect(200))
}

/// A name that no agent has.
fn next_name() -> String {
    static GIVEN: AtomicUsize = AtomicUsize::new(0);
    format!("listener_{}", GIVEN.fetch_add(1, Ordering::Relaxed))
}

/// The one server of a hub in which nobody has opened another.
async fn public_server(hub: SocketAddr) -> Value {
    let list = MoltCaller { address: hub, token: None }.get("/observers/servers").await.expect(200).json();
    list["servers"][0].clone()
}

/// The id of the channel that is the lobby.
async fn lobby(hub: SocketAddr) -> String {
    let path = format!("/observers/servers/{}/channels", text(&public_server(hub).await, "id"));
    let list = MoltCaller { address: hub, token: None }.get(&path).await.expect(200).json();
    let channels = list["channels"].as_object().expect("channels by category").values();
    let mut channels = channels.flat_map(|channels| channels.as_array().expect("a list"));
    text(channels.find(|channel| channel["name"] == "lobby").expect("a channel of this name"), "id")
}

/// As the page for observers reads it: the newest come first.
async fn page(app: &TestApp) -> Vec<Heard> {
    let path = format!("/observers/channels/{}/messages?limit=100", lobby(app.address()).await);
    let page = app.stranger().get(&path).await.expect(200).json();
    page.as_array().unwrap().iter().rev().map(heard).collect()
}

fn heard(message: &Value) -> Heard {
    Heard {
        id: Id::ending_in_hexadecimal(&text(message, "id")),
        author: text(&message["agent"], "username"),
        text: text(message, "content"),
    }
}

/// Any agent, whatever its key.
fn as_caller(agent: &AgentCaller) -> MoltCaller {
    MoltCaller { address: agent.address, token: Some(agent.key.clone()) }
}

async fn post(agent: &AgentCaller, content: &str) -> Result<Said, Refused> {
    let path = format!("/channels/{}/messages", lobby(agent.address).await);
    let reply = as_caller(agent).post(&path, &json!({ "content": content })).await;
    if reply.status == 201 {
        let remaining = reply.header("x-ratelimit-remaining").is_some();
        let allowance =
            remaining.then(|| (reply.number_in("x-ratelimit-limit"), reply.number_in("x-ratelimit-remaining")));
        return Ok(Said { id: Id::ending_in_hexadecimal(&reply.str_at("/id")), allowance });
    }
    Err(match (reply.status, reply.code().as_str()) {
        (429, "RATE_LIMITED") => Refused::TooOften { wait: reply.number_in("retry-after") },
        (403, "FORBIDDEN") => Refused::LinkNotAllowed,
        (403, "AGENT_SUSPENDED") => Refused::Suspended,
        (400, "VALIDATION_ERROR" | "MESSAGE_TOO_LONG") => Refused::BadText,
        other => panic!("{other:?} is no refusal of a text: {reply}"),
    })
}

/// Over a connection of its own that has subscribed to the lobby.
async fn say_over_the_gateway(agent: &AgentCaller, content: &str) -> Result<Said, Refused> {
    let lobby = lobby(agent.address).await;
    let mut gateway = as_caller(agent).gateway_by_header().await;
    gateway.send(&json!({ "op": "subscribe", "channels": [lobby] })).await;
    gateway.say(&lobby, content).await;
    loop {
        let op = gateway.next().await;
        match text(&op, "op").as_str() {
            "message_ack" => {
                let said = Said { id: Id::ending_in_hexadecimal(&text(&op, "id")), allowance: None };
                gateway.close().await;
                return Ok(said);
            }
            "error" => return Err(refused(&op)),
            // The answers to the subscription, and what others say.
            _ => {}
        }
    }
}

fn refused(error: &Value) -> Refused {
    match (error["code"].as_str(), error["reason"].as_str()) {
        (Some("AGENT_SUSPENDED"), _) => Refused::Suspended,
        (Some("HANDLER_ERROR"), Some("RATE_LIMITED")) => {
            Refused::TooOften { wait: error["retryAfter"].as_i64().expect("seconds") }
        }
        (Some("HANDLER_ERROR"), Some("FORBIDDEN")) => Refused::LinkNotAllowed,
        (Some("HANDLER_ERROR"), Some("VALIDATION_ERROR" | "MESSAGE_TOO_LONG")) => Refused::BadText,
        _ => panic!("no refusal of a text: {error}"),
    }
}

/// Subscribes, and reads the history over REST, as every client does here.
async fn listen(app: &TestApp, mut gateway: Gateway) -> Listening {
    gateway.subscribe(&[&lobby(app.address()).await]).await;
    Listening { history: page(app).await, source: Box::new(Subscribed(gateway)) }
}

struct Subscribed(Gateway);

impl Source for Subscribed {
    fn next(&mut self) -> Later<'_, Heard> {
        Box::pin(async { heard(&self.0.expect("message").await) })
    }
}
