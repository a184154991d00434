//! `Idempotency-Key`: what is sent again is answered as before and done once.

use std::{collections::BTreeSet, fs, time::Duration};

use serde_json::{Value, json};
use tertulia_testkit::{AcCaller, Connection, Reply, Request, TestApp, eventually};

use super::support::{assert_refused, hub, members};

const KEY: &str = "a_Key-0123456789";
const REPLAY: &str = "idempotent-replay";

fn request(agent: &AcCaller, method: &str, target: &str, key: &str) -> Request {
    agent.request(method, target).header("Idempotency-Key", key)
}

async fn call(agent: &AcCaller, method: &str, target: &str, key: &str, body: &Value) -> Reply {
    agent.send(&request(agent, method, target, key).json(&body.to_string())).await
}

/// Fails unless this answer repeats that one.
#[track_caller]
fn assert_repeats(again: &Reply, first: &Reply) {
    assert_eq!(again.header(REPLAY), Some("true"), "{again}");
    assert_eq!((again.status, again.text()), (first.status, first.text()));
    for name in ["content-type", "content-length"] {
        assert_eq!(again.header(name), first.header(name), "{name}");
    }
    assert_ne!(again.header("x-request-id"), first.header("x-request-id"), "each request has an id of its own");
}

/// Fails unless the answer was made for this request.
#[track_caller]
fn assert_fresh(reply: &Reply, status: u16) {
    assert_eq!((reply.status, reply.header(REPLAY)), (status, None), "{reply}");
}

fn mute(handle: &str) -> Value {
    json!({ "target_kind": "agent", "target_handle": handle })
}

async fn muted(agent: &AcCaller) -> usize {
    agent.get("/v1/mutes").await.expect(200).json()["mutes"].as_array().expect("mutes").len()
}

async fn unmute_bob(agent: &AcCaller, key: &str) -> Reply {
    agent.send(&request(agent, "DELETE", "/v1/mutes/agent/bob", key)).await
}

#[tokio::test]
async fn what_is_sent_again_is_answered_as_before_and_not_done_again() {
    // wire: agentchat.md#17-idempotency
    let app = hub().await;
    let [ada, _] = app.acs(["ada", "bob"]).await;
    let _ = ada.post("/v1/mutes", &mute("bob")).await.expect(201);
    let first = unmute_bob(&ada, KEY).await;
    assert_fresh(&first, 200);
    let _ = ada.post("/v1/mutes", &mute("bob")).await.expect(201);
    for _ in 0..2 {
        assert_repeats(&unmute_bob(&ada, KEY).await, &first);
        assert_eq!(muted(&ada).await, 1, "it was not done again");
    }
    assert_fresh(&unmute_bob(&ada, "another-key").await, 200);
    assert_eq!(muted(&ada).await, 0);
}

#[tokio::test]
async fn every_way_to_change_something_takes_a_key() {
    // wire: agentchat.md#17-idempotency
    let app = hub().await;
    let [ada, _] = app.acs(["ada", "bob"]).await;
    for (method, target, body) in [
        ("POST", "/v1/mutes", mute("bob")),
        ("PUT", "/v1/presence", json!({ "status": "busy" })),
        ("PATCH", "/v1/agents/ada", json!({ "description": "first" })),
        ("DELETE", "/v1/mutes/agent/bob", json!({})),
    ] {
        let key = format!("key-of-{method}");
        let first = call(&ada, method, target, &key, &body).await;
        assert!(first.status < 300, "{method} {first}");
        assert_fresh(&first, first.status);
        app.advance(Duration::from_secs(1));
        assert_repeats(&call(&ada, method, target, &key, &body).await, &first);
    }
}

#[tokio::test]
async fn a_refusal_is_answered_again_too() {
    // wire: agentchat.md#17-idempotency
    let app = hub().await;
    let [ada, _] = app.acs(["ada", "bob"]).await;
    let missing = unmute_bob(&ada, KEY).await;
    assert_refused(&missing, 404, "NOT_FOUND");
    let invalid = call(&ada, "POST", "/v1/mutes", "key-of-mute", &json!({})).await;
    assert_refused(&invalid, 400, "VALIDATION_ERROR");
    let large = json!({ "description": "x".repeat(1024 * 1024) });
    let too_large = call(&ada, "PATCH", "/v1/agents/ada", "key-of-large", &large).await;
    assert_refused(&too_large, 413, "PAYLOAD_TOO_LARGE");
    let _ = ada.post("/v1/mutes", &mute("bob")).await.expect(201);
    assert_repeats(&unmute_bob(&ada, KEY).await, &missing);
    assert_repeats(&call(&ada, "POST", "/v1/mutes", "key-of-mute", &json!({})).await, &invalid);
    assert_repeats(&call(&ada, "PATCH", "/v1/agents/ada", "key-of-large", &large).await, &too_large);
    assert_eq!(muted(&ada).await, 1);
}

#[tokio::test]
async fn a_key_stands_for_one_request() {
    // wire: agentchat.md#17-idempotency
    let app = hub().await;
    let [ada, ..] = app.acs(["ada", "bob", "eve"]).await;
    let first = call(&ada, "POST", "/v1/mutes", KEY, &mute("bob")).await.expect(201);
    for (method, target, body) in [
        ("POST", "/v1/mutes", mute("eve")),
        ("POST", "/v1/contacts", mute("bob")),
        ("PUT", "/v1/mutes", mute("bob")),
        ("DELETE", "/v1/mutes/agent/bob", json!({})),
    ] {
        let reply = call(&ada, method, target, KEY, &body).await;
        if method == "PUT" {
            assert_refused(&reply, 404, "NOT_FOUND");
        } else {
            assert_refused(&reply, 422, "IDEMPOTENCY_KEY_CONFLICT");
        }
        assert_eq!(reply.header(REPLAY), None);
    }
    let spaced = request(&ada, "POST", "/v1/mutes", KEY).json(&format!(" {}", mute("bob")));
    assert_refused(&ada.send(&spaced).await, 422, "IDEMPOTENCY_KEY_CONFLICT");
    assert_eq!(muted(&ada).await, 1);
    assert_repeats(&call(&ada, "POST", "/v1/mutes", KEY, &mute("bob")).await, &first);
}

#[tokio::test]
async fn a_key_is_the_agents_own() {
    // wire: agentchat.md#17-idempotency
    let app = hub().await;
    let [ada, bob, _] = app.acs(["ada", "bob", "eve"]).await;
    let first = call(&ada, "POST", "/v1/mutes", KEY, &mute("eve")).await.expect(201);
    assert_fresh(&call(&bob, "POST", "/v1/mutes", KEY, &mute("eve")).await, 201);
    assert_eq!(muted(&bob).await, 1);
    assert_repeats(&call(&ada, "POST", "/v1/mutes", KEY, &mute("eve")).await, &first);
    let nobody = call(&app.nobody(), "POST", "/v1/mutes", KEY, &mute("eve")).await;
    assert_refused(&nobody, 401, "UNAUTHORIZED");
}

#[tokio::test]
async fn a_key_keeps_to_its_grammar() {
    // wire: agentchat.md#17-idempotency
    let app = hub().await;
    let [ada, _] = app.acs(["ada", "bob"]).await;
    let (longest, too_long) = ("k".repeat(128), "k".repeat(129));
    for good in ["aZ09_-aZ", longest.as_str()] {
        assert_fresh(&call(&ada, "POST", "/v1/mutes", good, &mute("bob")).await, 201);
    }
    let _ = ada.delete("/v1/mutes/agent/bob").await.expect(200);
    for bad in ["", "1234567", too_long.as_str(), "1234.5678", "1234 5678", "\"12345678\"", "12345678é"] {
        let reply = call(&ada, "POST", "/v1/mutes", bad, &mute("bob")).await;
        assert_refused(&reply, 400, "IDEMPOTENCY_KEY_INVALID");
    }
    let twice = request(&ada, "POST", "/v1/mutes", KEY).header("Idempotency-Key", KEY).json(&mute("bob").to_string());
    assert_refused(&ada.send(&twice).await, 400, "IDEMPOTENCY_KEY_INVALID");
    assert_eq!(muted(&ada).await, 0);
}

#[tokio::test]
async fn a_key_means_nothing_where_nothing_changes_or_nobody_is_known() {
    // wire: agentchat.md#17-idempotency
    let app = hub().await;
    let [ada, _] = app.acs(["ada", "bob"]).await;
    for key in [KEY, "bad"] {
        for (method, status) in [("GET", 200), ("HEAD", 200), ("OPTIONS", 404)] {
            let request = request(&ada, method, "/v1/mutes", key);
            let reply = Connection::open(ada.address).await.exchange(&request).await;
            assert_fresh(&reply, status);
        }
    }
    assert_eq!(muted(&ada).await, 0);
    let _ = ada.post("/v1/mutes", &mute("bob")).await.expect(201);
    let listed = ada.send(&request(&ada, "GET", "/v1/mutes", KEY)).await.expect(200);
    assert_eq!(listed.json()["mutes"].as_array().unwrap().len(), 1, "it was read anew");
    let newcomer = json!({ "email": "eve@example.org", "handle": "eve" });
    assert_fresh(&call(&app.nobody(), "POST", "/v1/register", "bad", &newcomer).await, 200);
    // A message has a key of its own.
    for (key, to, id, status) in [(KEY, "bob", "m-1", 201), (KEY, "ada", "m-2", 400), ("bad", "bob", "m-1", 200)] {
        let letter = json!({ "to": to, "client_msg_id": id, "content": { "text": "hello" } });
        let reply = call(&ada, "POST", "/v1/messages", key, &letter).await;
        assert_fresh(&reply, status);
    }
}

#[tokio::test]
async fn of_two_first_attempts_one_is_told_that_the_other_is_at_work() {
    // wire: agentchat.md#17-idempotency
    let app = hub().await;
    let alice = app.ac("alice").await;
    app.advance(Duration::from_mins(1));
    let rotation = request(&alice, "POST", "/v1/agents/alice/rotate-key", KEY);
    let held = app.mailbox().hold().await;
    let mut connection = Connection::open(alice.address).await;
    connection.send(&rotation).await;
    app.mailbox().somebody_waits().await;
    let second = alice.send(&rotation).await;
    assert_refused(&second, 409, "IDEMPOTENT_IN_PROGRESS");
    let other = call(&alice, "POST", "/v1/agents/alice/rotate-key", KEY, &json!({})).await;
    assert_refused(&other, 422, "IDEMPOTENCY_KEY_CONFLICT");
    drop(held);
    let first = connection.read_reply(false).await;
    assert_fresh(&first, 200);
    assert_repeats(&alice.send(&rotation).await, &first);
    assert_eq!(app.mailbox().unopened(), 1, "one code was sent");
}

#[tokio::test]
async fn who_hangs_up_finds_the_answer_the_next_time() {
    // wire: agentchat.md#17-idempotency
    let app = hub().await;
    let alice = app.ac("alice").await;
    app.advance(Duration::from_mins(1));
    let rotation = request(&alice, "POST", "/v1/agents/alice/rotate-key", KEY);
    let held = app.mailbox().hold().await;
    let mut connection = Connection::open(alice.address).await;
    connection.send(&rotation).await;
    app.mailbox().somebody_waits().await;
    drop(connection);
    drop(held);
    let found = eventually("the answer", || async {
        let reply = alice.send(&rotation).await;
        (reply.status != 409).then_some(reply)
    })
    .await
    .expect(200);
    assert_eq!(found.header(REPLAY), Some("true"));
    assert_eq!(members(&found.json()), ["message", "pending_id"]);
    assert_eq!(app.mailbox().unopened(), 1, "one code was sent");
}

#[tokio::test]
async fn answers_outlive_a_restart_and_are_kept_for_a_day() {
    // wire: agentchat.md#17-idempotency
    let mut app = hub().await;
    let [ada, _] = app.acs(["ada", "bob"]).await;
    let first = call(&ada, "POST", "/v1/mutes", KEY, &mute("bob")).await.expect(201);
    app.restart().await;
    let ada = ada.at(&app);
    assert_repeats(&call(&ada, "POST", "/v1/mutes", KEY, &mute("bob")).await, &first);
    app.advance(Duration::from_secs(86_399));
    let _ = ada.delete("/v1/mutes/agent/bob").await.expect(200);
    assert_repeats(&call(&ada, "POST", "/v1/mutes", KEY, &mute("bob")).await, &first);
    assert_eq!(muted(&ada).await, 0);
    app.advance(Duration::from_secs(1));
    assert_fresh(&call(&ada, "POST", "/v1/mutes", KEY, &mute("bob")).await, 201);
    assert_eq!(muted(&ada).await, 1);
}

#[tokio::test]
async fn faults_and_what_clients_send_again_are_not_kept() {
    // wire: agentchat.md#17-idempotency, agentchat.md#18-what-the-sdk-transport-does-design-constraints
    let app = hub().await;
    let [ada, _] = app.acs(["ada", "bob"]).await;
    app.advance(Duration::from_mins(1));
    app.mailbox().fail(1);
    let rotation = request(&ada, "POST", "/v1/agents/ada/rotate-key", KEY);
    assert_refused(&ada.send(&rotation).await, 500, "OTP_FAILED");
    assert_fresh(&ada.send(&rotation).await, 200);
    let mut throttled = None;
    for number in 0..11 {
        let reply = call(&ada, "POST", "/v1/mutes", &format!("key-{number:04}"), &mute("bob")).await;
        if reply.status == 429 {
            throttled = Some(number);
        }
    }
    assert_eq!(throttled, Some(10));
    app.advance(Duration::from_secs(1));
    assert_fresh(&call(&ada, "POST", "/v1/mutes", "key-0010", &mute("bob")).await, 201);
}

#[tokio::test]
async fn a_large_answer_is_not_kept() {
    // wire: agentchat.md#17-idempotency
    let app = hub().await;
    let [ada, bob] = app.acs(["ada", "bob"]).await;
    let _ = ada.post("/v1/contacts", &json!({ "handle": "bob" })).await.expect(201);
    let declare = |status: &str| json!({ "status": status, "custom_message": "\u{1f4ac}".repeat(200) });
    let _ = bob.put("/v1/presence", &declare("online")).await.expect(200);
    let (many, one) = (json!({ "handles": vec!["bob"; 100] }), json!({ "handles": ["bob"] }));
    let large = call(&ada, "POST", "/v1/presence/batch", "key-of-many", &many).await.expect(200);
    assert!(large.text().len() > 64 * 1024, "{}", large.text().len());
    let small = call(&ada, "POST", "/v1/presence/batch", "key-of-one", &one).await.expect(200);
    let _ = bob.put("/v1/presence", &declare("busy")).await.expect(200);
    let anew = call(&ada, "POST", "/v1/presence/batch", "key-of-many", &many).await;
    assert_fresh(&anew, 200);
    assert_eq!(anew.str_at("/presences/99/status"), "busy");
    assert_repeats(&call(&ada, "POST", "/v1/presence/batch", "key-of-one", &one).await, &small);
}

#[tokio::test]
async fn a_new_api_key_is_told_once_and_written_nowhere() {
    // wire: agentchat.md#12-api-key, agentchat.md#17-idempotency
    let app = hub().await;
    let alice = app.ac("alice").await;
    app.advance(Duration::from_mins(1));
    let begun = alice.post_nothing("/v1/agents/alice/rotate-key").await.expect(200);
    let code = app.mailbox().code("alice@example.org").await;
    let proof = json!({ "pending_id": begun.str_at("/pending_id"), "code": code });
    let verify = "/v1/agents/alice/rotate-key/verify";
    let reply = call(&alice, "POST", verify, KEY, &proof).await.expect(200);
    let key = reply.str_at("/api_key");
    assert_refused(&call(&alice, "POST", verify, KEY, &proof).await, 401, "UNAUTHORIZED");
    assert_refused(&call(&alice.with_key(&key), "POST", verify, KEY, &proof).await, 400, "EXPIRED");
    for file in fs::read_dir(app.directory()).unwrap().map(|file| file.unwrap()) {
        if file.file_type().unwrap().is_file() {
            let bytes = fs::read(file.path()).unwrap();
            let tells = bytes.windows(key.len()).any(|window| window == key.as_bytes());
            assert!(!tells, "{}", file.path().display());
        }
    }
}

#[tokio::test]
async fn what_is_known_is_answered_before_anybody_asks_how_the_agent_stands() {
    // wire: agentchat.md#13-account-states-and-what-still-works, agentchat.md#17-idempotency
    let app = hub().await;
    let [ada, ..] = app.acs(["ada", "bob", "eve"]).await;
    let first = call(&ada, "POST", "/v1/mutes", KEY, &mute("bob")).await.expect(201);
    app.chat().suspend("ada").await.unwrap();
    assert_repeats(&call(&ada, "POST", "/v1/mutes", KEY, &mute("bob")).await, &first);
    let suspended = call(&ada, "POST", "/v1/mutes", "key-of-eve", &mute("eve")).await;
    assert_refused(&suspended, 403, "SUSPENDED");
    app.chat().unsuspend("ada").await.unwrap();
    assert_fresh(&call(&ada, "POST", "/v1/mutes", "key-of-eve", &mute("eve")).await, 201);
}

#[tokio::test]
async fn the_description_says_who_takes_a_key() {
    // wire: agentchat.md#17-idempotency
    let app = TestApp::start().await;
    let description = app.get("/v1/openapi.json").await.expect(200).json();
    let mut without = BTreeSet::new();
    for (path, item) in description["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let parameters = operation["parameters"].as_array().into_iter().flatten();
            let mut names = parameters.map(|parameter| (&parameter["in"], &parameter["name"]));
            if names.any(|name| name == (&json!("header"), &json!("Idempotency-Key"))) {
                assert!(operation["responses"]["422"].is_object(), "{method} {path}");
            } else {
                without.insert((method.as_str(), path.as_str()));
            }
        }
    }
    without.retain(|(method, _)| *method != "get");
    let expected =
        ["/v1/agents/recover", "/v1/agents/recover/verify", "/v1/messages", "/v1/register", "/v1/register/verify"];
    assert_eq!(without, expected.map(|path| ("post", path)).into());
}
