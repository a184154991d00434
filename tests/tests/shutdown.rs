//! The hub stops while everybody talks, and clients hang up while it works: what was answered is done, what was not is
//! done or not, and nothing is half done.

use std::{collections::HashMap, net::SocketAddr, sync::Arc};

use serde_json::{Value, json};
use tertulia_testkit::{AgentCaller, Connection, Exchange, Request, TestApp, within};
use tokio::{sync::watch, task::JoinSet};

const WRITERS: usize = 16;
const READERS: usize = 8;

/// Messages that are acknowledged before the hub is asked to stop.
const ENOUGH: u64 = 300;

/// What became of the texts of one writer: the ids of those that were acknowledged, and those without an answer.
#[derive(Debug, Default)]
struct Fate {
    acknowledged: HashMap<String, String>,
    unanswered: Vec<String>,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stop_under_load_keeps_what_was_answered_and_ends_streams_well() {
    let mut app = TestApp::start_unlimited().await;
    let mut readers = JoinSet::new();
    for _ in 0..READERS {
        let mut connection = Connection::open(app.address()).await;
        connection.send(&Request::new("GET", "/api/stream")).await;
        readers.spawn(async move { connection.read_to_end().await });
    }
    let count = Arc::new(watch::Sender::new(0_u64));
    let mut writers = JoinSet::new();
    for number in 0..WRITERS {
        let agent = app.agent(&format!("writer-{number}")).await;
        writers.spawn(write_until_refused(app.address(), agent, count.clone()));
    }
    within("messages", count.subscribe().wait_for(|count| *count >= ENOUGH)).await.expect("writers count");

    // The clock stands still: no patience runs out, so everybody has ended by itself when this returns.
    app.stop().await;
    let fates = within("the writers", writers.join_all()).await;
    for stream in within("the readers", readers.join_all()).await {
        assert!(stream.ends_with(b"\r\n0\r\n\r\n"), "a stream ends with its last chunk");
    }

    app.restart().await;
    let stored = stored(&app).await;
    for fate in &fates {
        for (content, id) in &fate.acknowledged {
            assert_eq!(stored.get(content), Some(id), "{content}");
        }
    }
    let known: usize = fates.iter().map(|fate| fate.acknowledged.len()).sum();
    let unanswered = fates.iter().flat_map(|fate| &fate.unanswered).filter(|content| stored.contains_key(*content));
    assert_eq!(stored.len(), known + unanswered.count(), "nothing is there that nobody has said");
}

/// Says one thing after the other until the hub does not want to hear it any more.
async fn write_until_refused(hub: SocketAddr, agent: AgentCaller, count: Arc<watch::Sender<u64>>) -> Fate {
    let mut fate = Fate::default();
    let Ok(mut exchange) = Exchange::open(hub).await else { return fate };
    for number in 0.. {
        let content = format!("{} says {number}", agent.name);
        let body = json!({ "content": content }).to_string();
        match exchange.post("/api/messages", Some(&agent.key), &body).await {
            Ok((201, answer)) => {
                let id = answer["message"]["id"].as_str().expect("an id").to_owned();
                fate.acknowledged.insert(content, id);
                count.send_modify(|count| *count += 1);
            }
            Ok((status, answer)) => {
                assert_eq!((status, &answer["code"]), (503, &json!("SHUTTING_DOWN")));
                return fate;
            }
            Err(_lost) => {
                fate.unanswered.push(content);
                return fate;
            }
        }
    }
    fate
}

/// Every message by its content, after checking that each is there once and that places have no holes.
async fn stored(app: &TestApp) -> HashMap<String, String> {
    let mut stored = HashMap::new();
    let mut place = 0;
    let mut page = newest_page_before(app, None).await;
    let mut pages = Vec::new();
    while let Some(first) = page.first() {
        let before = first["id"].as_str().expect("an id").to_owned();
        pages.push(std::mem::take(&mut page));
        page = newest_page_before(app, Some(&before)).await;
    }
    for message in pages.iter().rev().flatten() {
        let (id, content) = (message["id"].as_str().expect("an id"), message["content"].as_str().expect("a text"));
        place += 1;
        assert_eq!(id.split('-').nth(1), Some(format!("{place:012x}").as_str()), "places without holes");
        assert_eq!(stored.insert(content.to_owned(), id.to_owned()), None, "{content} is there twice");
    }
    stored
}

async fn newest_page_before(app: &TestApp, before: Option<&str>) -> Vec<Value> {
    let before = before.map(|before| format!("&before={before}")).unwrap_or_default();
    let page = app.get(&format!("/api/messages?limit=100{before}")).await.expect(200).json();
    page["messages"].as_array().expect("a list").clone()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_registration_whose_client_hangs_up_is_whole_or_absent() {
    let mut app = TestApp::start_unlimited().await;
    let names: Vec<String> = (0..40).map(|number| format!("hasty-{number}")).collect();
    for name in &names {
        let body = format!(r#"{{"name":"{name}"}}"#);
        hang_up_after(&app, &Request::new("POST", "/api/register").json(&body)).await;
    }
    // Whatever had begun has ended when the hub has stopped.
    app.restart().await;

    let listed = app.get("/api/agents?limit=500").await.expect(200).json();
    let listed: Vec<&str> =
        listed["agents"].as_array().expect("a list").iter().filter_map(|agent| agent["name"].as_str()).collect();
    for name in &names {
        let again = app.post("/api/register", &format!(r#"{{"name":"{name}"}}"#)).await;
        let expected = if listed.contains(&name.as_str()) { 409 } else { 201 };
        assert_eq!(again.status, expected, "{name}: {again}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_whose_client_hangs_up_is_whole_or_absent() {
    let mut app = TestApp::start_unlimited().await;
    let agent = app.agent("hasty").await;
    let mut reader = app.stream().await;
    reader.next_of("history").await;
    for number in 0..40 {
        let body = json!({ "content": format!("hasty {number}") }).to_string();
        hang_up_after(&app, &agent.request("POST", "/api/messages").json(&body)).await;
        agent.says(&format!("patient {number}")).await;
    }
    let mut shown = Vec::new();
    while shown.last().is_none_or(|last| last != "patient 39") {
        shown.extend(reader.next_contents(1).await);
    }
    app.restart().await;

    let stored = stored(&app).await;
    for number in 0..40 {
        assert!(stored.contains_key(&format!("patient {number}")), "a hang-up disturbs nobody else");
    }
    for content in &shown {
        assert!(stored.contains_key(content), "{content} was shown and is not there");
    }
}

#[tokio::test]
async fn a_request_whose_body_never_comes_changes_nothing() {
    let app = TestApp::start_unlimited().await;
    let agent = app.agent("hasty").await;
    let whole = br#"{"content":"half a thought"}"#;
    let half = agent.request("POST", "/api/messages").header("Content-Type", "application/json");
    let half = half.header("Content-Length", &whole.len().to_string()).body(&whole[..10]);
    hang_up_after(&app, &half).await;

    let id = agent.says("a whole one").await;
    assert_eq!(stored(&app).await, HashMap::from([("a whole one".to_owned(), id)]));
}

/// Sends a request and closes the connection without waiting for the answer.
async fn hang_up_after(app: &TestApp, request: &Request) {
    let mut connection = Connection::open(app.address()).await;
    connection.send(request).await;
}
