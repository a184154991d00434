//! What is said in groups, and what their members are told of what happens to them.

use std::time::Duration;

use serde_json::{Value, json};
use tertulia_model::Pause;
use tertulia_testkit::{AcCaller, TestApp, WebSocket};

use super::support::{assert_refused, enter, group, hub, inbox, members, tell, until};

/// The next message, which must say what has happened; its data, its sender, and its place.
async fn news(socket: &mut WebSocket) -> (Value, String, u64) {
    let frame = socket.next_json().await;
    let message = &frame["payload"];
    assert_eq!((&frame["type"], &message["type"]), (&json!("message.new"), &json!("system")), "{frame}");
    assert_eq!(message["client_msg_id"], format!("sys_{}", message["id"].as_str().unwrap()));
    assert_eq!(members(&message["content"]), ["data"], "{frame}");
    let mut data = message["content"]["data"].clone();
    assert_eq!(data.as_object_mut().unwrap().remove("schema_version"), Some(json!(1)), "{frame}");
    (data, message["sender"].as_str().unwrap().to_owned(), message["seq"].as_u64().unwrap())
}

/// What waits for an agent, up to a message that is sent for that: texts, events and what else it was told.
async fn waiting(agent: &AcCaller, by: &AcCaller, group: &str, marker: &str) -> Vec<String> {
    let _ = tell(by, group, marker).await.expect(201);
    let mut socket = inbox(agent).await;
    until(&mut socket, marker).await.iter().map(shown).collect()
}

fn shown(frame: &Value) -> String {
    let content = &frame["payload"]["content"];
    let word = [&content["text"], &content["data"]["event"], &frame["type"]].into_iter().find_map(Value::as_str);
    word.expect("a text, an event, or a type").to_owned()
}

#[tokio::test]
async fn what_is_said_in_a_group_is_heard_by_its_members() {
    // wire: agentchat.md#421-message-shape, agentchat.md#54-group-send-checks-in-order
    let app = hub().await;
    let [alice, bob, eve] = app.acs(["alice", "bob", "eve"]).await;
    let id = group(&alice, &[&bob, &eve]).await;
    let mut sockets = [inbox(&bob).await, inbox(&eve).await];
    let sent = tell(&alice, &id, "hello @bob").await.expect(201).json();
    assert_eq!((&sent["conversation_id"], &sent["seq"], &sent["type"]), (&json!(id), &json!(3), &json!("text")));
    assert_eq!((&sent["status"], &sent["sender"]), (&json!("stored"), &json!("alice")));
    let place = json!({ "type": "group", "group_name": "ops", "member_count": 3 });
    assert_eq!((&sent["context"]["conversation"], &sent["context"]["mentions"]), (&place, &json!(["bob"])));
    assert!(sent.get("skipped_recipients").is_none());
    for socket in &mut sockets {
        let before = until(socket, "hello @bob").await;
        assert!(before.iter().all(|frame| frame["payload"]["type"] == "system"), "{before:?}");
    }
    let _ = tell(&bob, &id, "hello alice").await.expect(201);
    assert_eq!(sockets[1].next_json().await["payload"]["sender"], "bob");
    // Nobody hears itself.
    let _ = tell(&eve, &id, "and me").await.expect(201);
    assert_eq!(until(&mut sockets[0], "and me").await, [Value::Null; 0]);
    assert_eq!(until(&mut inbox(&alice).await, "and me").await.len(), 1);
}

#[tokio::test]
async fn who_is_no_member_says_nothing() {
    // wire: agentchat.md#54-group-send-checks-in-order
    let app = hub().await;
    let [alice, bob, eve] = app.acs(["alice", "bob", "eve"]).await;
    let id = group(&alice, &[&bob]).await;
    let _ = alice.post(&format!("/v1/groups/{id}/members"), &json!({ "handle": "eve" })).await.expect(201);
    let _ = bob.post_nothing(&format!("/v1/groups/{id}/leave")).await.expect(200);
    for id in [id.as_str(), "grp_AAAAAAAAAAAAAAAAAAAAAA", "grp_x", "x"] {
        for agent in [&bob, &eve] {
            assert_refused(&tell(agent, id, "hello").await, 404, "GROUP_NOT_FOUND");
        }
    }
    let direct = id.replace("grp_", "conv_");
    let refused = tell(&alice, &direct, "hello").await;
    assert_refused(&refused, 400, "VALIDATION_ERROR");
    assert!(refused.text().contains("`to`"), "{refused}");
    // A pause comes before membership, but not for who never was a member.
    for handle in ["bob", "eve"] {
        assert!(app.chat().pause(handle, Some(Pause::Send)).await.unwrap());
    }
    assert_refused(&tell(&bob, &id, "hello").await, 403, "AGENT_PAUSED_BY_OWNER");
    for id in [id.as_str(), "grp_AAAAAAAAAAAAAAAAAAAAAA"] {
        assert_refused(&tell(&eve, id, "hello").await, 404, "GROUP_NOT_FOUND");
    }
}

#[tokio::test]
async fn whatever_happens_to_a_group_is_a_message() {
    // wire: agentchat.md#446-system-messages
    let app = hub().await;
    let [alice, bob, eve] = app.acs(["alice", "bob", "eve"]).await;
    let id = group(&alice, &[&bob]).await;
    let mut socket = inbox(&bob).await;
    let mut expect = async |data: Value, sender: &str, seq: u64| {
        assert_eq!(news(&mut socket).await, (data, sender.to_owned(), seq));
    };
    expect(json!({ "event": "member_joined", "agent_handle": "bob" }), "alice", 1).await;
    let changes = json!({ "name": "dev", "description": "x", "avatar_url": "https://example.org/a.png" });
    let _ = alice.patch(&format!("/v1/groups/{id}"), &changes).await.expect(200);
    expect(json!({ "event": "name_changed", "new_name": "dev", "actor_handle": "alice" }), "alice", 2).await;
    expect(json!({ "event": "description_changed", "actor_handle": "alice" }), "alice", 3).await;
    expect(json!({ "event": "avatar_changed", "actor_handle": "alice" }), "alice", 4).await;
    // What is so already is not said.
    let _ = alice.patch(&format!("/v1/groups/{id}"), &changes).await.expect(200);
    let _ = alice.post(&format!("/v1/groups/{id}/members"), &json!({ "handle": "eve" })).await.expect(201);
    enter(&eve, &id).await;
    expect(json!({ "event": "member_joined", "agent_handle": "eve" }), "alice", 5).await;
    for _ in 0..2 {
        let _ = alice.post_nothing(&format!("/v1/groups/{id}/members/eve/promote")).await.expect(200);
    }
    expect(json!({ "event": "admin_promoted", "agent_handle": "eve", "actor_handle": "alice" }), "alice", 6).await;
    let _ = alice.post_nothing(&format!("/v1/groups/{id}/members/eve/demote")).await.expect(200);
    expect(json!({ "event": "admin_demoted", "agent_handle": "eve", "actor_handle": "alice" }), "alice", 7).await;
    let _ = alice.delete(&format!("/v1/groups/{id}/members/eve")).await.expect(200);
    expect(json!({ "event": "member_removed", "agent_handle": "eve", "actor_handle": "alice" }), "alice", 8).await;
    let _ = alice.post(&format!("/v1/groups/{id}/members"), &json!({ "handle": "eve" })).await.expect(201);
    enter(&eve, &id).await;
    expect(json!({ "event": "member_joined", "agent_handle": "eve" }), "alice", 9).await;
    let mut eves = inbox(&eve).await;
    let _ = alice.post_nothing(&format!("/v1/groups/{id}/leave")).await.expect(200);
    expect(json!({ "event": "member_left", "agent_handle": "alice" }), "alice", 10).await;
    // Bob says itself that it follows, so the next that it hears is what Eve says.
    let _ = tell(&eve, &id, "hello").await.expect(201);
    assert_eq!(socket.next_json().await["payload"]["seq"], 12);
    assert_eq!(news(&mut eves).await.2, 9);
    assert_eq!(news(&mut eves).await.2, 10);
    let promoted = json!({ "event": "admin_promoted", "agent_handle": "bob", "actor_handle": null });
    assert_eq!(news(&mut eves).await, (promoted, "bob".to_owned(), 11));
}

#[tokio::test]
async fn who_joins_hears_that_first_and_nothing_from_before() {
    // wire: agentchat.md#444-membership-mechanics
    let app = hub().await;
    let [alice, bob, eve] = app.acs(["alice", "bob", "eve"]).await;
    let id = group(&alice, &[&bob]).await;
    let _ = tell(&bob, &id, "before").await.expect(201);
    let _ = alice.post(&format!("/v1/groups/{id}/members"), &json!({ "handle": "eve" })).await.expect(201);
    let _ = tell(&bob, &id, "not yet").await.expect(201);
    enter(&eve, &id).await;
    assert_eq!(waiting(&eve, &alice, &id, "now").await, ["member_joined"]);
    let _ = eve.post_nothing(&format!("/v1/groups/{id}/leave")).await.expect(200);
    let _ = tell(&bob, &id, "meanwhile").await.expect(201);
    let _ = alice.post(&format!("/v1/groups/{id}/members"), &json!({ "handle": "eve" })).await.expect(201);
    enter(&eve, &id).await;
    assert_eq!(waiting(&eve, &alice, &id, "again").await, ["member_joined"]);
}

#[tokio::test]
async fn what_waits_from_a_group_goes_with_leaving_it() {
    // wire: agentchat.md#444-membership-mechanics
    let app = hub().await;
    let [alice, bob, eve] = app.acs(["alice", "bob", "eve"]).await;
    let [first, second] = [group(&alice, &[&bob, &eve]).await, group(&alice, &[&bob, &eve]).await];
    for id in [&first, &second] {
        let _ = tell(&alice, id, id).await.expect(201);
    }
    let _ = bob.post_nothing(&format!("/v1/groups/{first}/leave")).await.expect(200);
    let _ = alice.delete(&format!("/v1/groups/{first}/members/eve")).await.expect(200);
    let left = ["member_joined", "member_joined", second.as_str()];
    assert_eq!(waiting(&bob, &alice, &second, "marker").await, left);
    assert_eq!(waiting(&eve, &bob, &second, "other").await, ["member_joined", &second, "marker"]);
}

#[tokio::test]
async fn a_deleted_group_is_told_last() {
    // wire: agentchat.md#445-deletion, agentchat.md#74-events-from-server-to-client
    let app = hub().await;
    let [alice, bob, eve] = app.acs(["alice", "bob", "eve"]).await;
    let [id, other] = [group(&alice, &[&bob, &eve]).await, group(&alice, &[&bob, &eve]).await];
    let said = tell(&bob, &id, "hello").await.expect(201);
    let mut sockets = [inbox(&alice).await, inbox(&bob).await];
    // Both have read what waited by now.
    let _ = tell(&eve, &other, "ready").await.expect(201);
    for socket in &mut sockets {
        until(socket, "ready").await;
    }
    let deleted = alice.delete(&format!("/v1/groups/{id}")).await.expect(200);
    let [mut alices, mut bobs] = sockets;
    let last = json!({ "event": "group_deleted", "actor_handle": "alice" });
    assert_eq!(news(&mut bobs).await, (last, "alice".to_owned(), 4));
    let told = bobs.next_json().await;
    let at = deleted.str_at("/deleted_at");
    let payload = json!({ "group_id": id, "deleted_by_handle": "alice", "deleted_at": at });
    assert_eq!(told, json!({ "type": "group.deleted", "payload": payload }));
    // Who has deleted it is told nothing. Of what waited, the last message is left.
    let _ = tell(&bob, &other, "after").await.expect(201);
    assert_eq!(until(&mut alices, "after").await, [Value::Null; 0]);
    let left = ["member_joined", "member_joined", "ready", "group_deleted"];
    assert_eq!(waiting(&bob, &alice, &other, "marker").await, left);
    assert_eq!(waiting(&eve, &alice, &other, "other").await, ["member_joined", "group_deleted", "after", "marker"]);
    // What was sent before is answered as it was.
    let again = tell(&bob, &id, "hello").await.expect(200);
    assert_eq!(again.json()["id"], said.json()["id"]);
    assert_refused(&tell(&bob, &id, "anybody").await, 410, "GROUP_DELETED");
}

#[tokio::test]
async fn who_is_fully_paused_hears_of_no_deletion() {
    // wire: agentchat.md#445-deletion, agentchat.md#66-owner-pause
    let app = hub().await;
    let [alice, bob] = app.acs(["alice", "bob"]).await;
    let [first, second] = [group(&alice, &[&bob]).await, group(&alice, &[&bob]).await];
    assert!(app.chat().pause("bob", Some(Pause::Full)).await.unwrap());
    let mut socket = inbox(&bob).await;
    let _ = alice.delete(&format!("/v1/groups/{first}")).await.expect(200);
    assert!(app.chat().pause("bob", None).await.unwrap());
    let _ = tell(&alice, &second, "again").await.expect(201);
    // What waited comes; that it is gone is said by the message.
    let heard = until(&mut socket, "again").await;
    assert_eq!(heard.iter().map(shown).collect::<Vec<_>>(), ["member_joined", "group_deleted"]);
}

#[tokio::test]
async fn a_group_is_spoken_in_so_often_by_all_together() {
    // wire: agentchat.md#11-rate-limits-and-quotas
    let app = TestApp::with(|config| {
        config.limits.registrations_per_address = tertulia_core::Limit::Off;
        config.agentchat.sends_per_group = tertulia_core::Limit::per_secs(3, 1);
    })
    .start()
    .await;
    let [alice, bob] = app.acs(["alice", "bob"]).await;
    let [first, second] = [group(&alice, &[&bob]).await, group(&alice, &[&bob]).await];
    for (agent, text) in [(&alice, "1"), (&bob, "2"), (&alice, "3")] {
        let _ = tell(agent, &first, text).await.expect(201);
    }
    let refused = tell(&bob, &first, "4").await;
    assert_refused(&refused, 429, "RATE_LIMITED");
    assert_eq!(refused.header("retry-after"), Some("1"));
    // Another group has a limit of its own; what is repeated counts for nothing; what happens is said all the same.
    let _ = tell(&bob, &second, "other").await.expect(201);
    let _ = tell(&alice, &first, "1").await.expect(200);
    let _ = alice.patch(&format!("/v1/groups/{first}"), &json!({ "name": "dev" })).await.expect(200);
    app.advance(Duration::from_secs(1));
    let _ = tell(&bob, &first, "4").await.expect(201);
}

#[tokio::test]
async fn members_for_whom_too_much_waits_are_passed_over() {
    // wire: agentchat.md#59-backlog
    let app = TestApp::with(|config| {
        config.limits.registrations_per_address = tertulia_core::Limit::Off;
        config.agentchat.backlog_warning = 1;
        config.agentchat.backlog_most = 2;
    })
    .start()
    .await;
    let [alice, bob, eve] = app.acs(["alice", "bob", "eve"]).await;
    // From then on they work off what waits for them.
    let _sockets = [inbox(&bob).await, inbox(&eve).await];
    let id = group(&alice, &[&bob, &eve]).await;
    // That it has come, and that Eve has, waits for Bob.
    let sent = tell(&alice, &id, "hello").await.expect(201);
    assert_eq!(sent.json()["skipped_recipients"], json!(["bob"]));
    assert_eq!(sent.header("x-backlog-warning"), None);
    let _ = alice.patch(&format!("/v1/groups/{id}"), &json!({ "name": "dev" })).await.expect(200);
    let sent = tell(&bob, &id, "full").await.expect(201);
    assert_eq!(sent.json()["skipped_recipients"], json!(["eve"]));
    let sent = tell(&eve, &id, "full").await.expect(201);
    assert_eq!(sent.json()["skipped_recipients"], json!(["bob"]));
}

#[tokio::test]
async fn membership_is_consent() {
    // wire: agentchat.md#54-group-send-checks-in-order
    let app = hub().await;
    let [alice, bob] = app.acs(["alice", "bob"]).await;
    let id = group(&alice, &[&bob]).await;
    let closed = json!({ "settings": { "inbox_mode": "contacts_only" } });
    let _ = bob.patch("/v1/agents/bob", &closed).await.expect(200);
    let _ = bob.post_nothing("/v1/contacts/alice/block").await.expect(200);
    assert!(app.chat().restrict("alice", true).await.unwrap());
    let mut socket = inbox(&bob).await;
    for text in ["one", "two"] {
        let _ = tell(&alice, &id, text).await.expect(201);
        until(&mut socket, text).await;
    }
    assert!(app.chat().pause("alice", Some(Pause::Send)).await.unwrap());
    assert_refused(&tell(&alice, &id, "three").await, 403, "AGENT_PAUSED_BY_OWNER");
    // It may do everything else.
    let _ = alice.patch(&format!("/v1/groups/{id}"), &json!({ "name": "dev" })).await.expect(200);
}

#[tokio::test]
async fn a_muted_group_waits_and_wakes_nobody() {
    // wire: agentchat.md#46-mutes, agentchat.md#58-who-gets-woken
    let app = hub().await;
    let [alice, bob, eve] = app.acs(["alice", "bob", "eve"]).await;
    let [id, other] = [group(&alice, &[&bob, &eve]).await, group(&alice, &[&bob]).await];
    let mute = |group: &str| json!({ "target_kind": "conversation", "target_id": group });
    let muted = bob.post("/v1/mutes", &mute(&id)).await.expect(201).json();
    assert_eq!((&muted["target_kind"], &muted["target_id"]), (&json!("conversation"), &json!(id)));
    for id in [other.as_str(), "grp_AAAAAAAAAAAAAAAAAAAAAA"] {
        assert_refused(&eve.post("/v1/mutes", &mute(id)).await, 404, "CONVERSATION_NOT_FOUND");
    }
    let mut socket = inbox(&bob).await;
    // What is muted comes along only as long as the socket still fetches what waited.
    let mut muted = Vec::new();
    for round in 0.. {
        assert!(round < 50, "what is muted is heard");
        let [psst, hello] = ["psst", "hello"].map(|text| format!("{text} {round}"));
        let _ = tell(&alice, &id, &psst).await.expect(201);
        let _ = tell(&alice, &other, &hello).await.expect(201);
        muted.push(psst);
        if until(&mut socket, &hello).await.is_empty() {
            break;
        }
    }
    let waits = waiting(&bob, &alice, &other, "marker").await;
    assert!(muted.iter().all(|text| waits.contains(text)), "{waits:?}");
    let _ = alice.delete(&format!("/v1/groups/{id}")).await.expect(200);
    assert_refused(&bob.post("/v1/mutes", &mute(&id)).await, 410, "GROUP_DELETED");
}

#[tokio::test]
async fn an_unknown_attachment_is_not_sent() {
    // wire: agentchat.md#54-group-send-checks-in-order
    let app = hub().await;
    let [alice, bob] = app.acs(["alice", "bob"]).await;
    let id = group(&alice, &[&bob]).await;
    let content = json!({ "attachment_id": "att_AAAAAAAAAAAAAAAAAAAAAA" });
    let body = json!({ "conversation_id": id, "client_msg_id": "1", "type": "file", "content": content });
    assert_refused(&alice.post("/v1/messages", &body).await, 404, "ATTACHMENT_NOT_FOUND");
}
