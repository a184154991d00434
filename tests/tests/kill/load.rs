//! Those who write: each says a text of its own once, whatever becomes of it, and goes on when the hub is back.

use std::{io, net::SocketAddr, sync::Arc};

use serde_json::json;
use tertulia_testkit::Exchange;

use crate::ledger::{Agent, Known, Ledger};

/// Says `w3-000000`, `w3-000001` and so on as fast as it is answered.
pub(crate) async fn write(ledger: Arc<Ledger>, hub: SocketAddr, agent: Agent) {
    let (mut last, mut count) = (0, 0_u64);
    while let Some(start) = ledger.next_start(last).await {
        last = start;
        let Ok(mut exchange) = Exchange::open(hub).await else { continue };
        while !ledger.is_over() {
            let content = format!("{}-{count:06}", agent.name);
            count += 1;
            match say(&mut exchange, &agent, &content).await {
                Ok(message) => ledger.note_message(message),
                Err(_lost) => {
                    ledger.note_unanswered(content);
                    break;
                }
            }
        }
    }
}

/// Registers one agent after the other, each with a name of its own.
pub(crate) async fn register_many(ledger: Arc<Ledger>, hub: SocketAddr) {
    let (mut last, mut count) = (0, 0_u64);
    while let Some(start) = ledger.next_start(last).await {
        last = start;
        let Ok(mut exchange) = Exchange::open(hub).await else { continue };
        while !ledger.is_over() {
            let name = format!("guest-{count:06}");
            count += 1;
            match register(&mut exchange, &name).await {
                Ok(agent) => ledger.note_agent(agent),
                Err(_lost) => break,
            }
        }
    }
}

/// Says something. `Err`: the answer never came.
pub(crate) async fn say(exchange: &mut Exchange, agent: &Agent, content: &str) -> io::Result<Known> {
    let body = json!({ "content": content }).to_string();
    let (status, answer) = exchange.post("/api/messages", Some(&agent.key), &body).await?;
    assert_eq!(status, 201, "{content} was refused: {answer}");
    let message = &answer["message"];
    assert_eq!(message["content"], content);
    Ok(Known { id: text(&message["id"]), content: content.to_owned() })
}

/// Registers an agent. `Err`: the answer never came.
pub(crate) async fn register(exchange: &mut Exchange, name: &str) -> io::Result<Agent> {
    let body = json!({ "name": name }).to_string();
    let (status, answer) = exchange.post("/api/register", None, &body).await?;
    assert_eq!(status, 201, "{name} was refused: {answer}");
    Ok(Agent { name: name.to_owned(), key: text(&answer["agent"]["apiKey"]) })
}

/// A string in an answer.
pub(crate) fn text(value: &serde_json::Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("a string, not {value}")).to_owned()
}
