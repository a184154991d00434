//! Sending a message: who may write to whom, what is sent twice, and how a message looks.

use serde_json::{Value, json};
use tertulia_testkit::{AcCaller, Reply, TestApp};

use super::support::{assert_refused, hub, members};

async fn send(from: &AcCaller, to: &str, key: &str, text: &str) -> Reply {
    from.post("/v1/messages", &json!({ "to": to, "client_msg_id": key, "content": { "text": text } })).await
}

/// Two who talk: the second has answered the first.
async fn talking(app: &TestApp) -> [AcCaller; 2] {
    let [ada, bob] = app.acs(["ada", "bob"]).await;
    drop(send(&ada, "bob", "hello", "hello").await.expect(201));
    drop(send(&bob, "ada", "yes", "yes").await.expect(201));
    [ada, bob]
}

#[tokio::test]
async fn a_message_is_shown_with_everything_that_clients_require() {
    // wire: agentchat.md#421-message-shape
    let app = hub().await;
    let [ada, _] = app.acs(["ada", "bob"]).await;
    let body = json!({
        "to": "@Bob", "client_msg_id": "9b2", "type": "structured",
        "content": { "text": "hi @bob, me@example.org", "data": { "b": [1, 2.5], "a": null }, "type": "ignored" },
        "metadata": { "reply_to": "msg_x" },
    });
    let sent = ada.post("/v1/messages", &body).await.expect(201).json();
    let expected = [
        "client_msg_id",
        "content",
        "context",
        "conversation_id",
        "created_at",
        "delivered_at",
        "id",
        "metadata",
        "read_at",
        "sender",
        "seq",
        "status",
        "type",
    ];
    assert_eq!(members(&sent), expected);
    assert!(
        sent["id"].as_str().unwrap().starts_with("msg_")
            && sent["conversation_id"].as_str().unwrap().starts_with("conv_")
    );
    assert_eq!((&sent["sender"], &sent["client_msg_id"], &sent["seq"]), (&json!("ada"), &json!("9b2"), &json!(1)));
    assert_eq!((&sent["type"], &sent["status"]), (&json!("structured"), &json!("stored")));
    assert_eq!((&sent["delivered_at"], &sent["read_at"]), (&Value::Null, &Value::Null));
    assert_eq!(sent["content"], json!({ "text": "hi @bob, me@example.org", "data": { "b": [1, 2.5], "a": null } }));
    assert_eq!(sent["metadata"], json!({ "reply_to": "msg_x" }));
    let context = json!({
        "sender": { "handle": "ada", "display_name": null, "kind": "agent" },
        "conversation": { "type": "direct", "group_name": null, "member_count": null },
        "mentions": ["bob"],
    });
    assert_eq!(sent["context"], context);
    let created_at = sent["created_at"].as_str().unwrap();
    assert!(created_at.len() == 24 && created_at.ends_with('Z'), "{created_at}");
}

#[tokio::test]
async fn the_same_again_answers_what_was_sent() {
    // wire: agentchat.md#52-idempotency-by-client_msg_id
    let mut app = hub().await;
    let [ada, bob, _] = app.acs(["ada", "bob", "eve"]).await;
    let first = send(&ada, "bob", "1", "hello").await.expect(201).json();
    for (to, text) in [("bob", "hello"), ("eve", "other"), ("nobody-at-all", "x"), ("ada", "x")] {
        let again = send(&ada, to, "1", text).await.expect(200);
        assert_eq!(again.json(), first, "{to}");
        assert_eq!(again.header("x-backlog-warning"), None);
    }
    assert_eq!(send(&bob, "ada", "1", "mine").await.expect(201).json()["seq"], 2);
    app.restart().await;
    assert_eq!(send(&ada.at(&app), "bob", "1", "hello").await.expect(200).json()["id"], first["id"]);
}

#[tokio::test]
async fn of_many_at_once_that_are_the_same_one_is_sent() {
    // wire: agentchat.md#52-idempotency-by-client_msg_id
    let app = hub().await;
    let [ada, _] = app.acs(["ada", "bob"]).await;
    let mut attempts = tokio::task::JoinSet::new();
    for _ in 0..16 {
        let ada = ada.clone();
        attempts.spawn(async move { send(&ada, "bob", "1", "hello").await });
    }
    let replies = attempts.join_all().await;
    assert_eq!(replies.iter().filter(|reply| reply.status == 201).count(), 1);
    assert_eq!(replies.iter().filter(|reply| reply.status == 200).count(), 15);
    let id = &replies[0].json()["id"];
    assert!(replies.iter().all(|reply| reply.json()["id"] == *id));
}

#[tokio::test]
async fn one_cold_message_waits_for_its_answer() {
    // wire: agentchat.md#62-one-message-until-reply-new
    let app = hub().await;
    let [ada, bob] = app.acs(["ada", "bob"]).await;
    let first = send(&ada, "bob", "1", "hello").await.expect(201).json();
    let refused = send(&ada, "bob", "2", "there?").await;
    assert_refused(&refused, 403, "AWAITING_REPLY");
    let details = json!({ "recipient_handle": "bob", "waiting_since": first["created_at"] });
    assert_eq!(refused.json()["details"], details);
    assert_eq!(refused.header("retry-after"), None);
    // Being a contact does not lift it.
    drop(bob.post("/v1/contacts", &json!({ "handle": "ada" })).await.expect(201));
    assert_refused(&send(&ada, "bob", "2", "there?").await, 403, "AWAITING_REPLY");
    drop(send(&bob, "ada", "1", "yes").await.expect(201));
    assert_eq!(send(&ada, "bob", "2", "there?").await.expect(201).json()["seq"], 3);
    // Who talk stand in each other's contact book.
    for (of, other) in [(&ada, "bob"), (&bob, "ada")] {
        assert_eq!(of.get(&format!("/v1/contacts/{other}")).await.expect(200).json()["is_contact"], true, "{other}");
    }
}

#[tokio::test]
async fn cold_conversations_are_counted_over_a_rolling_day() {
    // wire: agentchat.md#61-daily-cold-cap
    let app = TestApp::with(|config| {
        config.limits.registrations_per_address = tertulia_core::Limit::Off;
        config.agentchat.cold_conversations = "2 per 1d".parse().expect("a limit");
    });
    let app = app.start().await;
    let ada = app.ac("ada").await;
    for (handle, key) in [("bob", "1"), ("eve", "2")] {
        app.ac(handle).await;
        drop(send(&ada, handle, key, "hello").await.expect(201));
        app.clock().advance(std::time::Duration::from_hours(1));
    }
    let mallory = app.ac("mallory").await;
    let refused = send(&ada, "mallory", "3", "hello").await;
    assert_refused(&refused, 429, "RATE_LIMITED");
    assert_eq!(refused.json()["details"]["limit"], 2);
    assert!(refused.header("retry-after").is_some_and(|wait| wait.parse::<u64>().is_ok_and(|wait| wait > 79_000)));
    // Being written to opens nothing; an answer frees a place, and so does age.
    drop(send(&mallory, "ada", "1", "hi").await.expect(201));
    drop(send(&ada, "mallory", "3", "hello").await.expect(201));
    app.ac("oscar").await;
    assert_refused(&send(&ada, "oscar", "4", "hello").await, 429, "RATE_LIMITED");
    app.clock().advance(std::time::Duration::from_mins(1321));
    drop(send(&ada, "oscar", "4", "hello").await.expect(201));
}

#[tokio::test]
async fn who_is_still_sending_what_is_too_large_hears_it() {
    // wire: agentchat.md#13-what-the-published-sdks-rely-on--checklist
    let app = hub().await;
    let [ada, _] = talking(&app).await;
    let text = "x".repeat(16 * 1024 * 1024);
    assert_refused(&send(&ada, "bob", "9", &text).await, 413, "PAYLOAD_TOO_LARGE");
}

#[tokio::test]
async fn checks_come_in_their_order() {
    // wire: agentchat.md#53-direct-send-checks-in-order
    let app = hub().await;
    let [ada, bob] = talking(&app).await;
    let long = "x".repeat(32_768);
    assert_refused(&send(&ada, "nobody-at-all", "9", &long).await, 413, "CONTENT_TOO_LARGE");
    assert_refused(&send(&ada, "nobody-at-all", "9", "x").await, 404, "AGENT_NOT_FOUND");
    assert_refused(&send(&ada, "ada", "9", "x").await, 400, "VALIDATION_ERROR");
    drop(bob.post_nothing("/v1/contacts/ada/block").await.expect(200));
    for (from, to) in [(&ada, "bob"), (&bob, "ada")] {
        assert_refused(&send(from, to, "9", "x").await, 403, "BLOCKED");
    }
    drop(send(&ada, "bob", "hello", "again").await.expect(200));
    drop(bob.send(&bob.request("DELETE", "/v1/contacts/ada/block")).await.expect(200));
    let fitting = "x".repeat(32_768 - r#"{"text":""}"#.len());
    drop(send(&ada, "bob", "9", &fitting).await.expect(201));
}

#[tokio::test]
async fn a_closed_inbox_hears_its_contacts_and_those_with_whom_it_talks() {
    // wire: agentchat.md#63-inbox_mode
    let app = hub().await;
    let [ada, bob] = talking(&app).await;
    let eve = app.ac("eve").await;
    let closed = json!({ "settings": { "inbox_mode": "contacts_only" } });
    drop(bob.call("PATCH", "/v1/agents/bob", &closed).await.expect(200));
    assert_refused(&send(&eve, "bob", "1", "hello").await, 403, "INBOX_RESTRICTED");
    drop(bob.send(&bob.request("DELETE", "/v1/contacts/ada")).await.expect(200));
    drop(send(&ada, "bob", "2", "still here").await.expect(201));
    drop(bob.post("/v1/contacts", &json!({ "handle": "eve" })).await.expect(201));
    drop(send(&eve, "bob", "1", "hello").await.expect(201));
}

#[tokio::test]
async fn what_is_wrong_with_a_message_is_named() {
    // wire: agentchat.md#422-post-v1messages
    let app = hub().await;
    let [ada, bob] = talking(&app).await;
    let direct = send(&ada, "bob", "2", "x").await.expect(201).json()["conversation_id"].clone();
    let named = json!({ "conversation_id": direct, "client_msg_id": "3", "content": "x" });
    let refused = ada.post("/v1/messages", &named).await;
    assert_refused(&refused, 400, "VALIDATION_ERROR");
    assert!(refused.json()["message"].as_str().unwrap().contains("`to`"), "{refused}");
    for body in [
        json!({ "client_msg_id": "3", "content": "x" }),
        json!({ "to": "bob", "conversation_id": "grp_x", "client_msg_id": "3", "content": "x" }),
        json!({ "to": "bob", "content": "x" }),
        json!({ "to": "bob", "client_msg_id": "x".repeat(129), "content": "x" }),
        json!({ "to": "bob", "client_msg_id": "3", "content": {} }),
        json!({ "to": "bob", "client_msg_id": "3", "content": "x", "type": "system" }),
        json!({ "to": "bob", "client_msg_id": "3", "content": "a\u{0}b" }),
    ] {
        assert_refused(&ada.post("/v1/messages", &body).await, 400, "VALIDATION_ERROR");
    }
    let group = json!({ "conversation_id": "grp_AAAAAAAAAAAAAAAAAAAAAA", "client_msg_id": "3", "content": "x" });
    assert_refused(&ada.post("/v1/messages", &group).await, 404, "GROUP_NOT_FOUND");
    let file = json!({ "to": "bob", "client_msg_id": "3", "content": { "attachment_id": "att_x" } });
    assert_refused(&ada.post("/v1/messages", &file).await, 404, "ATTACHMENT_NOT_FOUND");
    // Nothing of that has used the key up.
    let bare = json!({ "to": "bob", "client_msg_id": "3", "content": "bare" });
    assert_eq!(ada.post("/v1/messages", &bare).await.expect(201).json()["content"], json!({ "text": "bare" }));
    assert_eq!(bob.get("/v1/agents/me").await.expect(200).json()["handle"], "bob");
}
