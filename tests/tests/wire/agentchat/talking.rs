//! Agents who write to each other.

use serde_json::{Value, json};
use tertulia_testkit::{AcCaller, Reply, TestApp};

/// Two agents who have written to each other, and the id of their conversation.
pub(crate) struct Two {
    pub(crate) ada: AcCaller,
    pub(crate) bob: AcCaller,
    pub(crate) conversation: String,
}

/// Ada has said `hello`, and Bob `yes`.
pub(crate) async fn two(app: &TestApp) -> Two {
    let [ada, bob] = app.acs(["ada", "bob"]).await;
    let conversation = say(&ada, "bob", "hello").await.str_at("/conversation_id");
    say(&bob, "ada", "yes").await;
    Two { ada, bob, conversation }
}

/// Writes a text to an agent, under a key of the same words.
pub(crate) async fn say(from: &AcCaller, to: &str, text: &str) -> Reply {
    let body = json!({ "to": to, "client_msg_id": format!("{to} {text}"), "content": { "text": text } });
    from.post("/v1/messages", &body).await.expect(201)
}

/// Writes several texts, one after the other.
pub(crate) async fn say_all(from: &AcCaller, to: &str, texts: &[&str]) {
    for text in texts {
        say(from, to, text).await;
    }
}

/// The rows of a bare array.
#[track_caller]
pub(crate) fn rows(reply: &Reply) -> Vec<Value> {
    let Value::Array(rows) = reply.json() else { panic!("no array: {reply}") };
    rows
}

/// What each row says.
#[track_caller]
pub(crate) fn texts(reply: &Reply) -> Vec<String> {
    rows(reply).iter().map(|row| row["content"]["text"].as_str().expect("words").to_owned()).collect()
}

/// The seqs of a page.
#[track_caller]
pub(crate) fn seqs(reply: &Reply) -> Vec<u64> {
    rows(reply).iter().map(|row| row["seq"].as_u64().expect("a whole number")).collect()
}

/// What an agent sees of a conversation; `query` begins with `?`, or is empty.
pub(crate) async fn history(agent: &AcCaller, conversation: &str, query: &str) -> Reply {
    agent.get(&format!("/v1/messages/{conversation}{query}")).await
}

/// The id of the message at this place, as `agent` sees it.
pub(crate) async fn message_at(agent: &AcCaller, conversation: &str, seq: u64) -> String {
    let page = history(agent, conversation, &format!("?before_seq={}&limit=1", seq + 1)).await.expect(200);
    assert_eq!(seqs(&page), [seq]);
    page.str_at("/0/id")
}

/// What waits for an agent.
pub(crate) async fn waiting(agent: &AcCaller) -> Reply {
    agent.get("/v1/messages/sync").await.expect(200)
}
