//! What webhooks are told, how it is signed, and how patiently it is sent.

use std::time::Duration;

use ring::hmac;
use serde_json::{Value, json};
use tertulia_doubles::receiver::{Answer, Arrival, Receiver};
use tertulia_host::control::{self, Command, OutboxLine};
use tertulia_model::Pause;
use tertulia_testkit::{AcCaller, TestApp, eventually};

use super::{
    support::{enter, group, hub, inbox, members, ok, tell},
    webhooks::{EVENTS, add},
};

/// A server that is told of these events, and the secret.
async fn receiver(agent: &AcCaller, events: &[&str]) -> (Receiver, String) {
    let receiver = Receiver::start().await;
    let secret = add(agent, &receiver.url(), events).await.expect(201).str_at("/secret");
    (receiver, secret)
}

async fn write(agent: &AcCaller, to: &str, text: &str) -> Value {
    let body = json!({ "to": to, "client_msg_id": text, "content": { "text": text } });
    agent.post("/v1/messages", &body).await.expect(201).json()
}

/// What waits for an agent, as it is told.
async fn waiting(agent: &AcCaller) -> Vec<String> {
    let rows = agent.get("/v1/messages/sync").await.expect(200).json();
    rows.as_array().unwrap().iter().map(|row| row["content"]["text"].as_str().unwrap().to_owned()).collect()
}

fn header<'a>(arrival: &'a Arrival, name: &str) -> &'a str {
    arrival.headers[name].to_str().unwrap()
}

fn hex(secret: &str, parts: &[&[u8]]) -> String {
    let signed = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes()), &parts.concat());
    signed.as_ref().iter().fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"))
}

/// Checks how an event was sent, and that both signatures are right; what it says.
// wire: agentchat.md#92-delivery-request
#[track_caller]
fn checked(arrival: &Arrival, secret: &str, event: &str) -> Value {
    assert_eq!((arrival.method.as_str(), arrival.target.as_str()), ("POST", "/hook?key=value"));
    assert_eq!(header(arrival, "content-type"), "application/json");
    assert_eq!(header(arrival, "x-agentchat-event"), event);
    let delivery = header(arrival, "x-agentchat-delivery");
    assert!(delivery.starts_with("whd_") && delivery.len() == 26, "{delivery}");
    let signature = header(arrival, "agentchat-signature");
    let (moment, v1) = signature.strip_prefix("t=").and_then(|rest| rest.split_once(",v1=")).expect("two parts");
    assert!(moment.parse::<i64>().unwrap() > 1_700_000_000);
    assert_eq!(v1, hex(secret, &[moment.as_bytes(), b".", &arrival.body]));
    assert_eq!(header(arrival, "x-agentchat-signature"), hex(secret, &[&arrival.body]));
    let body: Value = serde_json::from_slice(&arrival.body).unwrap();
    assert_eq!(members(&body), ["data", "event", "timestamp"], "{body}");
    assert_eq!(body["event"], event);
    let timestamp = body["timestamp"].as_str().unwrap();
    assert!(timestamp.len() == 24 && timestamp.ends_with('Z'), "{timestamp}");
    body["data"].clone()
}

/// The next one, after `before` others.
async fn next(receiver: &Receiver, before: usize) -> Arrival {
    receiver.arrivals(before + 1).await.remove(before)
}

/// What waits and what is dead, as the operator is told.
async fn outbox(app: &TestApp) -> Vec<OutboxLine> {
    let directory = app.directory().to_owned();
    let asked = tokio::task::spawn_blocking(move || control::ask(&directory, &Command::Outbox));
    let control::Answer::Outbox { entries, .. } = asked.await.unwrap().unwrap() else {
        panic!("the outbox was asked for")
    };
    entries
}

/// Waits until the outbox stands as expected.
async fn stands(app: &TestApp, is_so: impl Fn(&[OutboxLine]) -> bool) -> Vec<OutboxLine> {
    eventually("the outbox to stand as expected", || async {
        let entries = outbox(app).await;
        is_so(&entries).then_some(entries)
    })
    .await
}

/// Waits until something has failed so often, in all.
async fn fails(app: &TestApp, attempts: u32) {
    let is_so = |entries: &[OutboxLine]| {
        let failed = entries.iter().filter(|entry| entry.reason.is_some());
        failed.map(|entry| entry.attempts).sum::<u32>() == attempts
    };
    stands(app, is_so).await;
}

#[tokio::test]
async fn a_message_is_told_as_it_is_pushed_and_is_delivered_by_that() {
    // wire: agentchat.md#92-delivery-request, agentchat.md#57-delivery-state-per-recipient
    let app = hub().await;
    let [alice, bob] = app.acs(["alice", "bob"]).await;
    let (hook, secret) = receiver(&bob, &EVENTS).await;
    let mut socket = inbox(&bob).await;
    let body = json!({
        "to": "bob", "client_msg_id": "m1", "type": "structured",
        "content": { "text": "hi @bob \u{1f916}", "data": { "n": [1, null] } }, "metadata": { "reply_to": "x" },
    });
    let sent = alice.post("/v1/messages", &body).await.expect(201);
    let arrival = next(&hook, 0).await;
    let data = checked(&arrival, &secret, "message.new");
    assert_eq!(data, socket.next_json().await["payload"]);
    assert_eq!(
        (&data["id"], &data["status"], &data["delivered_at"]),
        (&sent.json()["id"], &json!("stored"), &Value::Null)
    );
    assert_eq!(data["context"]["mentions"], json!(["bob"]));
    let body: Value = serde_json::from_slice(&arrival.body).unwrap();
    assert_eq!(body["timestamp"], sent.json()["created_at"]);
    eventually("the message to be delivered", || async { waiting(&bob).await.is_empty().then_some(()) }).await;
    let conversation = sent.str_at("/conversation_id");
    let history = alice.get(&format!("/v1/messages/{conversation}")).await.expect(200).json();
    assert_eq!(history[0]["status"], "delivered");
    stands(&app, <[_]>::is_empty).await;
    assert_eq!(hook.count(), 1);
}

#[tokio::test]
async fn every_webhook_is_told_under_an_id_of_its_own() {
    // wire: agentchat.md#92-delivery-request
    let app = hub().await;
    let [alice, bob] = app.acs(["alice", "bob"]).await;
    let (one, first) = receiver(&bob, &["message.new"]).await;
    let (two, second) = receiver(&bob, &["message.new", "group.deleted"]).await;
    let (three, _) = receiver(&bob, &["group.deleted"]).await;
    two.answer([Answer::Status(500)]);
    let _ = write(&alice, "bob", "hello").await;
    let (to_one, to_two) = (next(&one, 0).await, next(&two, 0).await);
    checked(&to_one, &first, "message.new");
    checked(&to_two, &second, "message.new");
    let id = header(&to_two, "x-agentchat-delivery");
    assert_ne!(id, header(&to_one, "x-agentchat-delivery"));
    stands(&app, |entries| entries.len() == 1 && entries[0].reason.is_some()).await;
    app.advance(Duration::from_secs(10));
    let again = next(&two, 1).await;
    checked(&again, &second, "message.new");
    assert_eq!((header(&again, "x-agentchat-delivery"), &again.body), (id, &to_two.body));
    assert_ne!(header(&again, "agentchat-signature"), header(&to_two, "agentchat-signature"), "a moment of its own");
    stands(&app, <[_]>::is_empty).await;
    assert_eq!((one.count(), three.count()), (1, 0));
}

#[tokio::test]
async fn who_wrote_is_told_what_was_read() {
    // wire: agentchat.md#92-delivery-request, agentchat.md#74-events-from-server-to-client
    let app = hub().await;
    let [alice, bob] = app.acs(["alice", "bob"]).await;
    let (hook, secret) = receiver(&alice, &["message.read"]).await;
    let mut socket = inbox(&alice).await;
    let sent = write(&alice, "bob", "hello").await;
    let _ = bob.post_nothing(&format!("/v1/messages/{}/read", sent["id"].as_str().unwrap())).await.expect(200);
    let data = checked(&next(&hook, 0).await, &secret, "message.read");
    assert_eq!(data, socket.next_json().await["payload"]);
    let wanted = ["at", "conversation_id", "message_id", "read_at", "read_by", "reader", "seq", "through_seq"];
    assert_eq!(members(&data), wanted);
    assert_eq!((&data["message_id"], &data["reader"], &data["through_seq"]), (&sent["id"], &json!("bob"), &json!(1)));
}

#[tokio::test]
async fn presence_is_told_to_those_who_have_noted_the_agent() {
    // wire: agentchat.md#92-delivery-request, agentchat.md#47-presence
    let app = hub().await;
    let [alice, bob, eve] = app.acs(["alice", "bob", "eve"]).await;
    let (hook, secret) = receiver(&alice, &["presence.update"]).await;
    let (stranger, _) = receiver(&eve, &["presence.update"]).await;
    let _ = alice.post("/v1/contacts", &json!({ "handle": "bob" })).await.expect(201);
    let _ = bob.put("/v1/presence", &json!({ "status": "busy", "custom_message": "thinking" })).await.expect(200);
    let data = checked(&next(&hook, 0).await, &secret, "presence.update");
    assert_eq!(data, json!({ "handle": "bob", "status": "busy", "custom_message": "thinking" }));
    let _ = bob.put("/v1/presence", &json!({ "status": "offline" })).await.expect(200);
    let data = checked(&next(&hook, 1).await, &secret, "presence.update");
    assert_eq!(data, json!({ "handle": "bob", "status": "offline", "custom_message": null }));
    assert_eq!(stranger.count(), 0);
}

#[tokio::test]
async fn who_is_blocked_or_reported_is_told_by_whom() {
    // wire: agentchat.md#92-delivery-request, agentchat.md#45-contacts-blocks-reports
    let app = hub().await;
    let [alice, bob, eve] = app.acs(["alice", "bob", "eve"]).await;
    let (hook, secret) = receiver(&bob, &["contact.blocked"]).await;
    ok(&alice.post_nothing("/v1/contacts/bob/block").await);
    ok(&alice.post_nothing("/v1/contacts/bob/block").await);
    assert_eq!(checked(&next(&hook, 0).await, &secret, "contact.blocked"), json!({ "blocked_by": "alice" }));
    ok(&eve.post("/v1/contacts/bob/report", &json!({})).await);
    assert_eq!(checked(&next(&hook, 1).await, &secret, "contact.blocked"), json!({ "blocked_by": "eve" }));
    stands(&app, <[_]>::is_empty).await;
    assert_eq!(hook.count(), 2);
}

#[tokio::test]
async fn who_is_invited_to_a_group_is_told_and_hears_of_its_end() {
    // wire: agentchat.md#92-delivery-request, agentchat.md#445-deletion
    let app = hub().await;
    let [alice, bob] = app.acs(["alice", "bob"]).await;
    let (hook, secret) = receiver(&bob, &EVENTS).await;
    let id = group(&alice, &[]).await;
    let _ = alice.post(&format!("/v1/groups/{id}/members"), &json!({ "handle": "bob" })).await.expect(201);
    let data = checked(&next(&hook, 0).await, &secret, "group.invite.received");
    assert_eq!(json!([data]), bob.get("/v1/groups/invites").await.expect(200).json());
    enter(&bob, &id).await;
    let joined = checked(&next(&hook, 1).await, &secret, "message.new");
    assert_eq!(joined["content"]["data"]["event"], "member_joined");
    let _ = tell(&alice, &id, "hello").await.expect(201);
    let hello = checked(&next(&hook, 2).await, &secret, "message.new");
    assert_eq!((&hello["conversation_id"], &hello["context"]["conversation"]["member_count"]), (&json!(id), &json!(2)));

    let deleted = alice.delete(&format!("/v1/groups/{id}")).await.expect(200);
    let last = checked(&next(&hook, 3).await, &secret, "message.new");
    assert_eq!((&last["type"], &last["content"]["data"]["event"]), (&json!("system"), &json!("group_deleted")));
    let data = checked(&next(&hook, 4).await, &secret, "group.deleted");
    let expected = json!({ "group_id": id, "deleted_by_handle": "alice", "deleted_at": deleted.str_at("/deleted_at") });
    assert_eq!(data, expected);
}

#[tokio::test]
async fn who_is_muted_or_paused_wakes_nobody() {
    // wire: agentchat.md#58-who-gets-woken
    let app = hub().await;
    let [alice, bob] = app.acs(["alice", "bob"]).await;
    let (hook, secret) = receiver(&bob, &EVENTS).await;
    let _ = write(&bob, "alice", "go on").await;
    let mute = json!({ "target_kind": "agent", "target_handle": "alice", "muted_until": null });
    let _ = bob.post("/v1/mutes", &mute).await.expect(201);
    let _ = write(&alice, "bob", "muted").await;
    ok(&bob.delete("/v1/mutes/agent/alice").await);
    app.chat().pause("bob", Some(Pause::Full)).await.unwrap();
    let _ = write(&alice, "bob", "paused").await;
    app.chat().pause("bob", None).await.unwrap();
    let _ = write(&alice, "bob", "told").await;
    assert_eq!(checked(&next(&hook, 0).await, &secret, "message.new")["content"]["text"], "told");
    stands(&app, <[_]>::is_empty).await;
    eventually("what was told to be delivered", || async {
        (waiting(&bob).await == ["muted", "paused"]).then_some(())
    })
    .await;
    assert_eq!(hook.count(), 1);
}

#[tokio::test]
async fn what_fails_is_tried_nine_times_and_then_kept_for_the_operator() {
    // wire: agentchat.md#93-reliability
    let app = TestApp::with(|config| config.agentchat.webhook_failures_in_a_row = 1_000).start().await;
    let [alice, bob] = app.acs(["alice", "bob"]).await;
    let (hook, secret) = receiver(&bob, &["message.new"]).await;
    let elsewhere = Receiver::start().await;
    hook.answer([Answer::To(elsewhere.url())]);
    hook.answer([500, 404, 429, 503, 304, 500, 500, 410].map(Answer::Status));
    let _ = write(&alice, "bob", "hello").await;
    for (attempt, wait) in (1..).zip([10, 30, 60, 300, 900, 3_600, 21_600, 86_400]) {
        hook.arrivals(attempt).await;
        let due = (app.chat().clock().now() + Duration::from_secs(wait)).to_string();
        let waits = stands(&app, |entries| entries[0].at == due).await.remove(0);
        assert_eq!((waits.state.as_str(), waits.attempts), ("waiting", u32::try_from(attempt).unwrap()));
        app.advance(Duration::from_secs(wait));
    }
    let arrived = hook.arrivals(9).await;
    let is_over = |entries: &[OutboxLine]| !entries.is_empty() && entries.iter().all(|entry| entry.state == "dead");
    let dead = stands(&app, is_over).await.remove(0);
    assert_eq!(
        (dead.attempts, dead.reason.as_deref(), dead.topic.as_str()),
        (9, Some("status 410"), "message-received")
    );
    assert_eq!(elsewhere.count(), 0, "redirects are not followed");
    for arrival in &arrived {
        checked(arrival, &secret, "message.new");
        assert_eq!(header(arrival, "x-agentchat-delivery"), header(&arrived[0], "x-agentchat-delivery"));
    }
    assert_eq!(waiting(&bob).await, ["hello"]);
}

#[tokio::test]
async fn a_webhook_that_fails_too_often_rests() {
    // wire: agentchat.md#93-reliability
    let app = hub().await;
    let [alice, bob] = app.acs(["alice", "bob"]).await;
    let (hook, secret) = receiver(&bob, &["message.new"]).await;
    let (other, _) = receiver(&bob, &["message.new"]).await;
    let _ = write(&bob, "alice", "go on").await;
    hook.answer([Answer::Status(500), Answer::Never]);
    hook.answer([500, 500, 500, 500].map(Answer::Status));
    for number in 1..=7 {
        let _ = write(&alice, "bob", &format!("{number}")).await;
    }
    hook.arrivals(2).await;
    assert_eq!(other.arrivals(7).await.len(), 7, "nobody waits for another");
    // Until the hub has read all answers of the other: it would wait in vain for the last one when time passes.
    stands(&app, |entries| entries.len() == 7).await;
    app.advance(Duration::from_millis(9_999));
    assert_eq!(hook.count(), 2);
    app.advance(Duration::from_millis(1));
    // No answer in ten seconds is a failure. The first one is due again by then, but the others are longer so.
    hook.arrivals(5).await;
    fails(&app, 5).await;
    app.advance(Duration::from_millis(299_999));
    assert_eq!(hook.count(), 5, "it rests, and nothing is counted against what waits");
    app.advance(Duration::from_millis(1));
    hook.arrivals(6).await;
    fails(&app, 6).await;
    app.advance(Duration::from_mins(5));
    // The one attempt shows that it works again, so that all the rest follows.
    let arrived = hook.arrivals(6 + 7).await;
    let mut told: Vec<_> = arrived[6..].iter().map(|arrival| checked(arrival, &secret, "message.new")).collect();
    told.sort_by_key(|message| message["seq"].as_u64());
    let told: Vec<_> = told.iter().map(|message| message["content"]["text"].as_str().unwrap()).collect();
    assert_eq!(told, ["1", "2", "3", "4", "5", "6", "7"]);
    stands(&app, <[_]>::is_empty).await;
}

#[tokio::test]
async fn what_waits_goes_on_after_a_restart_and_after_the_end_of_its_group() {
    // wire: agentchat.md#93-reliability, agentchat.md#445-deletion
    let mut app = hub().await;
    let [alice, bob] = app.acs(["alice", "bob"]).await;
    let id = group(&alice, &[&bob]).await;
    let (hook, secret) = receiver(&bob, &["message.new", "group.deleted"]).await;
    hook.answer([Answer::Never]);
    let _ = tell(&alice, &id, "hello").await.expect(201);
    hook.arrivals(1).await;
    let _ = alice.delete(&format!("/v1/groups/{id}")).await.expect(200);
    app.restart().await;
    let arrived = hook.arrivals(4).await;
    let said = |arrival: &Arrival| checked(arrival, &secret, header(arrival, "x-agentchat-event"));
    assert_eq!(said(&arrived[1])["content"]["text"], "hello");
    assert_eq!(header(&arrived[1], "x-agentchat-delivery"), header(&arrived[0], "x-agentchat-delivery"));
    assert_eq!(said(&arrived[2])["content"]["data"]["event"], "group_deleted");
    assert_eq!(said(&arrived[3])["group_id"], id);
    stands(&app, <[_]>::is_empty).await;
}

#[tokio::test]
async fn what_waits_goes_with_its_webhook() {
    // wire: agentchat.md#93-reliability
    let app = hub().await;
    let [alice, bob] = app.acs(["alice", "bob"]).await;
    let (hook, _) = receiver(&bob, &["message.new"]).await;
    hook.answer([Answer::Status(500)]);
    let _ = write(&alice, "bob", "hello").await;
    fails(&app, 1).await;
    let id = bob.get("/v1/webhooks").await.json()["webhooks"][0]["id"].as_str().unwrap().to_owned();
    ok(&bob.delete(&format!("/v1/webhooks/{id}")).await);
    assert!(outbox(&app).await.is_empty());
    app.advance(Duration::from_mins(1));
    let _ = write(&bob, "alice", "go on").await;
    let _ = write(&alice, "bob", "and on").await;
    assert!(outbox(&app).await.is_empty());
    assert_eq!((hook.count(), waiting(&bob).await), (1, vec!["hello".to_owned(), "and on".to_owned()]));
}

#[tokio::test]
async fn what_comes_over_another_surface_is_told_too() {
    // wire: agentchat.md#92-delivery-request
    let app = hub().await;
    let [ada, bob] = app.molts(["ada", "bob"]).await;
    let (hook, secret) = receiver(&app.nobody().with_key(bob.token()), &EVENTS).await;
    let request = ada.requests("bob").await;
    let channel = bob.accept(&request).await.expect(200).str_at("/dmChannelId");
    let _ = ada.say(&channel, "hello").await.expect(201);
    let data = checked(&next(&hook, 0).await, &secret, "message.new");
    assert_eq!((&data["sender"], &data["content"]), (&json!("ada"), &json!({ "text": "hello" })));
    assert!(data["client_msg_id"].as_str().unwrap().starts_with("hub_"));
}
