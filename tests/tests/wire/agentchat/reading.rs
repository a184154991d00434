//! What is read, and who is told.

use serde_json::{Value, json};
use tertulia_model::Pause;
use tertulia_testkit::{AcCaller, WebSocket};

use super::{
    support::{assert_refused, hub, members},
    talking::{Two, history, message_at, rows, say, say_all, two, waiting},
};

/// A connection of an agent, from where on it hears what happens.
async fn connected(agent: &AcCaller) -> WebSocket {
    let mut socket = agent.elsewhere().socket("/v1/ws").await;
    assert_eq!(socket.next_json().await["type"], "hello.ok");
    socket
}

/// The next that somebody has read something.
async fn next_read(socket: &mut WebSocket) -> Value {
    socket.next_of("message.read").await
}

#[tokio::test]
async fn one_message_is_read_and_what_is_before_it_is_not() {
    // wire: agentchat.md#424-others
    let app = hub().await;
    let Two { ada, bob, conversation } = two(&app).await;
    say(&bob, "ada", "3").await;
    let third = message_at(&ada, &conversation, 3).await;
    let reply = ada.post_nothing(&format!("/v1/messages/{third}/read")).await.expect(200);
    let body = reply.json();
    assert_eq!((&body["ok"], body["id"].as_str(), &body["status"]), (&json!(true), Some(&*third), &json!("read")));
    assert!(body["read_at"].is_string() && body["delivered_at"] == body["read_at"], "{body}");
    let page = rows(&history(&ada, &conversation, "?limit=1").await.expect(200));
    let without_ok: Vec<_> = members(&body).into_iter().filter(|member| *member != "ok").collect();
    assert_eq!(without_ok, members(&page[0]));
    assert_eq!(body["delivery_id"], page[0]["delivery_id"]);
    let second = &rows(&history(&ada, &conversation, "?before_seq=3&limit=1").await.expect(200))[0];
    assert_eq!(second["status"], "stored");
    // Again: nothing has changed since.
    app.advance(std::time::Duration::from_mins(1));
    let again = ada.post_nothing(&format!("/v1/messages/{third}/read")).await.expect(200);
    assert_eq!(again.json(), body);
}

#[tokio::test]
async fn only_what_came_is_read() {
    // wire: agentchat.md#424-others
    let app = hub().await;
    let Two { ada, bob, conversation } = two(&app).await;
    let [own, bobs] = [message_at(&ada, &conversation, 1).await, message_at(&ada, &conversation, 2).await];
    for id in [own.as_str(), "msg_AAAAAAAAAAAAAAAAAAAAAA", "nonsense", "sync"] {
        assert_refused(&ada.post_nothing(&format!("/v1/messages/{id}/read")).await, 404, "MESSAGE_NOT_FOUND");
    }
    assert_refused(&bob.post_nothing(&format!("/v1/messages/{bobs}/read")).await, 404, "MESSAGE_NOT_FOUND");
    assert_refused(&app.nobody().post_nothing(&format!("/v1/messages/{bobs}/read")).await, 401, "UNAUTHORIZED");
}

#[tokio::test]
async fn who_wrote_it_is_told_once() {
    // wire: agentchat.md#74-events-from-server-to-client
    let app = hub().await;
    let Two { ada, bob, conversation } = two(&app).await;
    say_all(&bob, "ada", &["3", "4"]).await;
    let mut socket = connected(&bob).await;
    let third = message_at(&ada, &conversation, 3).await;
    let fourth = message_at(&ada, &conversation, 4).await;
    for _ in 0..2 {
        let _ = ada.post_nothing(&format!("/v1/messages/{third}/read")).await.expect(200);
    }
    let read = ada.post_nothing(&format!("/v1/messages/{fourth}/read")).await.expect(200);
    let event = next_read(&mut socket).await;
    assert_eq!(event["payload"]["message_id"], third);
    // The second time nobody was told: the next is about the next.
    let at = read.str_at("/read_at");
    let payload = json!({
        "message_id": fourth, "conversation_id": conversation, "seq": 4, "through_seq": 4,
        "reader": "ada", "read_by": "ada", "read_at": at, "at": at,
    });
    assert_eq!(next_read(&mut socket).await, json!({ "type": "message.read", "payload": payload }));
}

#[tokio::test]
async fn a_client_says_up_to_where_it_has_read() {
    // wire: agentchat.md#73-frames-from-client-to-server
    let app = hub().await;
    let Two { ada, bob, conversation } = two(&app).await;
    say_all(&bob, "ada", &["3", "4", "5"]).await;
    let mut bobs = connected(&bob).await;
    let mut hers = connected(&ada).await;
    let read_ack = |conversation: &str, through: Value| json!({ "type": "message.read_ack", "payload": { "conversation_id": conversation, "through_seq": through } });
    // What makes no sense is passed over, as is what is another's.
    let eve = app.ac("eve").await;
    let mut eves = connected(&eve).await;
    eves.send(&read_ack(&conversation, json!(5)).to_string()).await;
    for nonsense in [json!(-1), json!("4"), json!(null), json!(1.5)] {
        hers.send(&read_ack(&conversation, nonsense).to_string()).await;
    }
    hers.send(&read_ack("conv_AAAAAAAAAAAAAAAAAAAAAA", json!(4)).to_string()).await;
    for through in [4, 4, 3, 99] {
        hers.send(&read_ack(&conversation, json!(through)).to_string()).await;
    }
    let told = |event: &Value| (event["payload"]["seq"].clone(), event["payload"]["through_seq"].clone());
    let first = next_read(&mut bobs).await;
    assert_eq!(told(&first), (json!(4), json!(4)));
    assert_eq!(first["payload"]["message_id"], message_at(&ada, &conversation, 4).await);
    assert_eq!(told(&next_read(&mut bobs).await), (json!(5), json!(5)));
    assert_eq!(waiting(&ada).await.text(), "[]");
    let statuses: Vec<_> = rows(&history(&bob, &conversation, "?after_seq=1").await.expect(200))
        .iter()
        .map(|row| row["status"].clone())
        .collect();
    assert_eq!(statuses, ["read"; 4]);
}

#[tokio::test]
async fn a_fully_paused_agent_is_not_told() {
    // wire: agentchat.md#66-owner-pause
    let app = hub().await;
    let Two { ada, bob, conversation } = two(&app).await;
    say(&bob, "ada", "3").await;
    let mut socket = connected(&bob).await;
    let [second, third] = [message_at(&ada, &conversation, 2).await, message_at(&ada, &conversation, 3).await];
    assert!(app.chat().pause("bob", Some(Pause::Full)).await.unwrap());
    let _ = ada.post_nothing(&format!("/v1/messages/{second}/read")).await.expect(200);
    assert!(app.chat().pause("bob", None).await.unwrap());
    let _ = ada.post_nothing(&format!("/v1/messages/{third}/read")).await.expect(200);
    assert_eq!(next_read(&mut socket).await["payload"]["message_id"], third);
}

#[tokio::test]
async fn a_paused_agent_reads_as_ever() {
    // wire: agentchat.md#13-account-states-and-what-still-works
    let app = hub().await;
    let Two { ada, conversation, .. } = two(&app).await;
    let second = message_at(&ada, &conversation, 2).await;
    assert!(app.chat().pause("ada", Some(Pause::Full)).await.unwrap());
    let _ = history(&ada, &conversation, "").await.expect(200);
    let _ = ada.get("/v1/conversations").await.expect(200);
    let _ = ada.post_nothing(&format!("/v1/messages/{second}/read")).await.expect(200);
    let _ = ada.delete(&format!("/v1/messages/{second}")).await.expect(200);
    let _ = ada.delete(&format!("/v1/conversations/{conversation}")).await.expect(200);
}
