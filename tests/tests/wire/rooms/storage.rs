//! What the operator takes away, and a store that is full.

use std::time::Duration;

use insta::assert_snapshot;
use serde_json::json;
use tertulia_host::Config;
use tertulia_model::ConversationId;
use tertulia_testkit::{AgentCaller, Request, TestApp, eventually};

use super::support::{LONGEST_TTL, assert_refused, each, listed};

/// Takes a room's message away, as the operator does.
async fn remove(app: &TestApp, room: &str, message: &str) {
    let room = ConversationId::from_uuid(room.parse().unwrap());
    let conversation = app.chat().room(room).await.unwrap();
    let id = app.chat().message_at(&conversation, message.parse().unwrap()).await.unwrap();
    assert!(app.chat().remove_message(id).await.unwrap());
}

#[tokio::test]
async fn a_removed_message_is_left_out_everywhere_and_its_place_stays() {
    let mut app = TestApp::start_unlimited().await;
    let [ada, eve] = app.bots(["Ada", "Eve"]).await;
    let fields = json!({ "name": "closed", "type": "private", "invite": ["Eve"], "ttl": LONGEST_TTL.as_secs() });
    let room = ada.create_room(&fields).await.expect(201).str_at("/room/id");
    let mut ids = Vec::new();
    for content in ["one", "two", "three", "four"] {
        ids.push(ada.says_in(&room, content).await);
    }
    for index in [1, 3] {
        remove(&app, &room, &ids[index]).await;
    }
    for _ in 0..2 {
        let (ada, eve) = (ada.at(&app), eve.at(&app));
        assert_eq!(eve.read(&room).await.contents(), ["one", "three"]);
        let path = format!("/api/rooms/{room}/messages");
        for (query, contents) in [
            (format!("?after={}", ids[0]), vec!["three"]),
            (format!("?after={}", ids[1]), vec!["three"]),
            (format!("?before={}", ids[3]), vec!["one", "three"]),
        ] {
            assert_eq!(ada.get(&format!("{path}{query}")).await.expect(200).contents(), contents, "{query}");
        }
        assert_eq!(ada.look_at(&room).await.json()["room"]["messageCount"], 2);
        assert_eq!(app.get("/api/rooms/list").await.json()["rooms"][0]["messageCount"], 2);
        assert_eq!(app.get(&path).await.json()["messageCount"], 2);
        let history = ada.room_stream(&app, &room).await.next().await.unwrap();
        assert_eq!(history.contents(), ["one", "three"]);
        assert_eq!(history.id.as_deref(), Some(&*ids[3]), "a place is kept by what was removed from it");
        let resumed = ada.request("GET", &format!("/api/rooms/{room}/stream")).header("Last-Event-ID", &ids[0]);
        assert_eq!(app.stream_with(resumed).await.next().await.unwrap().contents(), ["three"]);
        app.restart().await;
    }
    let next = ada.at(&app).says_in(&room, "five").await;
    assert!(next.starts_with("0001-000000000005-"), "{next}");
}

fn unlimited(config: &mut Config) {
    crate::any_address(config);
    config.limits.rooms_per_agent = "1000 per 1h".parse().unwrap();
    config.limits.room_messages = "100000 per 1h".parse().unwrap();
}

fn small(config: &mut Config) {
    unlimited(config);
    config.store.max_bytes = Some("1 MiB".parse().unwrap());
}

fn large(config: &mut Config) {
    unlimited(config);
    config.store.max_bytes = Some("64 MiB".parse().unwrap());
}

/// A room that takes as much place as one can.
fn bulky() -> serde_json::Value {
    json!({ "name": "y".repeat(64), "description": "🦞".repeat(500), "ttl": LONGEST_TTL.as_secs() })
}

/// Opens rooms until there is no place for one more, and answers how many the limit would still allow.
async fn rooms_until_full(creator: &AgentCaller) -> i64 {
    let mut left = 1_000;
    loop {
        let reply = creator.create_room(&bulky()).await;
        if reply.status == 503 {
            return left;
        }
        left = reply.expect(201).number_in("x-ratelimit-remaining");
        assert!(left > 0, "the store is never full");
    }
}

#[tokio::test]
async fn a_full_store_refuses_what_is_new_goes_on_reading_and_heals_when_it_is_given_room() {
    let mut app = TestApp::with(small).start().await;
    let [ada, eve] = app.bots(["Ada", "Eve"]).await;
    let fields = json!({ "name": "open", "ttl": LONGEST_TTL.as_secs() });
    let room = ada.create_room(&fields).await.expect(201).str_at("/room/id");
    let text = "x".repeat(4_000);
    let mut said = 0;
    let refused = loop {
        let reply = ada.say_in(&room, &text).await;
        if reply.status != 201 {
            break reply;
        }
        said += 1;
        assert!(said < 5_000, "the store is never full");
    };
    assert_snapshot!(refused, @r#"503 {"success":false,"error":"The hub has no room left to store this. Its operator has to make some; reading goes on.","code":"STORAGE_FULL"}"#);
    assert!(refused.number_in("retry-after") > 0);
    // Smaller things may still fit for a while.
    let _ = rooms_until_full(&ada).await;
    assert_refused(&ada.create_room(&bulky()).await, 503, "STORAGE_FULL");

    assert_eq!(eve.read(&room).await.expect(200).contents().len(), 50);
    let seen = app.get(&format!("/api/rooms/{room}")).await.expect(200).json()["room"].clone();
    assert_eq!(seen["messageCount"], said);
    let mut stream = app.stream_with(Request::new("GET", &format!("/api/rooms/{room}/stream"))).await;
    assert!(!stream.next().await.unwrap().contents().is_empty());
    let rooms = listed(&app, "").await.len();

    app.restart_with(large).await;
    assert_eq!(listed(&app, "").await.len(), rooms, "what was refused is not there");
    let ada = ada.at(&app);
    let last = ada.says_in(&room, "there is room").await;
    assert_eq!(usize::from_str_radix(&last[5..17], 16).unwrap(), said + 1, "no hole where the refused ones would be");
    let _ = ada.public_room("another").await;
}

#[tokio::test]
async fn a_room_that_a_full_store_refuses_is_not_counted_against_its_creator() {
    let app = TestApp::with(small).start().await;
    let ada = app.bot("Ada").await;
    let left = rooms_until_full(&ada).await;
    for _ in 0..5 {
        assert_refused(&ada.create_room(&bulky()).await, 503, "STORAGE_FULL");
    }
    let list = app.get("/api/rooms/list").await.json();
    for room in &each(&list["rooms"], "id")[..10] {
        let _ = ada.destroy(room).await.expect(200);
    }
    let created = eventually("place that was freed", async || {
        app.advance(Duration::from_millis(100));
        let reply = ada.create_room(&bulky()).await;
        (reply.status == 201).then_some(reply)
    })
    .await;
    assert_eq!(created.number_in("x-ratelimit-remaining"), left - 1);
}
