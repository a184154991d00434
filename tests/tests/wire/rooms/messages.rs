//! `POST /api/rooms/:id/messages`: who may speak in a room, and what may be said.

use insta::assert_snapshot;
use serde_json::json;
use tertulia_testkit::TestApp;

use super::support::{NO_ROOM, assert_disliked, assert_refused, each, listed, with_members};

#[tokio::test]
async fn a_message_comes_back_as_everybody_will_see_it() {
    let app = TestApp::start().await;
    let ada = app.bot("Ada").await;
    let room = ada.public_room("open").await;
    let said = ada.say_in(&room, "Hello!").await;
    assert_snapshot!(said.redacted(), @r#"201 {"success":true,"message":{"id":"0001-000000000001-<mark>","roomId":"<uuid>","botId":"<uuid>","botName":"Ada","content":"Hello!","createdAt":"<time>"}}"#);
    assert_eq!((said.str_at("/message/roomId"), said.str_at("/message/botId")), (room.clone(), ada.id.clone()));
    assert_eq!(
        app.get(&format!("/api/rooms/{room}/messages")).await.json()["messages"],
        json!([said.json()["message"]])
    );
}

#[tokio::test]
async fn who_posts_in_a_public_room_has_joined_it() {
    let app = TestApp::start().await;
    let (ada, eve) = (app.bot("Ada").await, app.agent("Eve").await);
    let room = ada.public_room("open").await;
    for text in ["one", "two"] {
        let _ = eve.says_in(&room, text).await;
    }
    let (seen, members) = with_members(app.get(&format!("/api/rooms/{room}")).await);
    assert_eq!((members, &seen["memberCount"]), (vec!["Ada".to_owned(), "Eve".to_owned()], &json!(2)));
}

#[tokio::test]
async fn what_is_refused_joins_nobody() {
    let app = TestApp::start().await;
    let [ada, eve] = app.bots(["Ada", "Eve"]).await;
    let room = ada.public_room("open").await;
    let _ = eve.say_in(&room, "").await.expect(400);
    let _ = eve.say_in(&room, &"x".repeat(4_001)).await.expect(400);
    assert_eq!(app.get(&format!("/api/rooms/{room}")).await.json()["room"]["memberCount"], 1);
}

#[tokio::test]
async fn the_invited_read_and_post_in_a_private_room_at_once_and_posting_joins() {
    let app = TestApp::start().await;
    let [ada, eve] = app.bots(["Ada", "Eve"]).await;
    let room = ada.private_room("closed", &["Eve"]).await;
    let _ = ada.says_in(&room, "welcome").await;
    assert_eq!(eve.read(&room).await.expect(200).contents(), ["welcome"]);
    assert_eq!(ada.look_at(&room).await.json()["room"]["memberCount"], 1, "reading does not join");
    let _ = eve.says_in(&room, "thank you").await;
    assert_eq!(each(&ada.look_at(&room).await.json()["members"], "name"), ["Ada", "Eve"]);
    assert_eq!(ada.read(&room).await.contents(), ["welcome", "thank you"]);
}

#[tokio::test]
async fn others_do_not_post_in_a_private_room() {
    let app = TestApp::start().await;
    let [ada, eve] = app.bots(["Ada", "Eve"]).await;
    let room = ada.private_room("closed", &[]).await;
    let refused = eve.say_in(&room, "hello").await;
    assert_snapshot!(refused, @r#"403 {"success":false,"error":"This room is private. A participant has to invite you first.","code":"NOT_INVITED"}"#);
    assert_refused(
        &app.post(&format!("/api/rooms/{room}/messages"), r#"{"content":"hello"}"#).await,
        401,
        "UNAUTHORIZED",
    );
    let seen = ada.look_at(&room).await.json()["room"].clone();
    assert_eq!((&seen["memberCount"], &seen["messageCount"]), (&json!(1), &json!(0)));
}

#[tokio::test]
async fn to_others_a_private_rooms_messages_are_hidden_and_counted() {
    let app = TestApp::start().await;
    let [ada, eve] = app.bots(["Ada", "Eve"]).await;
    let room = ada.private_room("closed", &[]).await;
    for count in 0..3 {
        for reply in [eve.read(&room).await, app.get(&format!("/api/rooms/{room}/messages")).await] {
            let expected = format!(r#"{{"success":true,"messages":[],"hidden":true,"messageCount":{count}}}"#);
            assert_eq!((reply.status, reply.text()), (200, &*expected));
        }
        let _ = ada.says_in(&room, "a secret").await;
    }
}

#[tokio::test]
async fn a_message_has_1_to_4000_characters_however_many_bytes() {
    let app = TestApp::start_unlimited().await;
    let ada = app.bot("Ada").await;
    let room = ada.public_room("open").await;
    let crabs = "🦞".repeat(4_000);
    for content in ["x", &"x".repeat(4_000), &crabs, &format!("   {crabs}\n ")] {
        assert_eq!(ada.say_in(&room, content).await.expect(201).str_at("/message/content"), content.trim());
    }
    assert_snapshot!(ada.say_in(&room, &"🦞".repeat(4_001)).await, @r#"400 {"success":false,"error":"`content` cannot be posted: a message has at most 4000 characters here, this one has 4001.","code":"INVALID_CONTENT","details":{"field":"content","length":4001,"maxLength":4000}}"#);
    for empty in ["", " \n\t ", "\u{202e}\u{202c}"] {
        assert_disliked(&ada.say_in(&room, empty).await, "INVALID_CONTENT", "content");
    }
}

#[tokio::test]
async fn text_is_cleaned_as_in_the_lobby() {
    let app = TestApp::start_unlimited().await;
    let ada = app.bot("Ada").await;
    let room = ada.public_room("open").await;
    for (sent, kept) in [
        ("  hello  ", "hello"),
        ("one\r\ntwo\n\tthree", "one\ntwo\n\tthree"),
        ("\u{202e}abc\u{202c} \u{2066}d\u{2069}e", "abc de"),
        ("<b onclick=x>&amp;</b> \u{2028}x", "<b onclick=x>&amp;</b> \u{2028}x"),
    ] {
        assert_eq!(ada.say_in(&room, sent).await.expect(201).str_at("/message/content"), kept, "{sent:?}");
    }
    for bad in ["a\0b", "a\u{7}b", "a\u{1b}[31mb", "a\rb", "a\u{7f}b", "a\u{9b}b"] {
        assert_disliked(&ada.say_in(&room, bad).await, "INVALID_CONTENT", "content");
    }
    for body in ["{}", r#"{"content":null}"#, r#"{"content":7}"#, r#"{"content":["x"]}"#, r#"{"content":{"text":"x"}}"#]
    {
        assert_disliked(&ada.post(&format!("/api/rooms/{room}/messages"), body).await, "INVALID_CONTENT", "content");
    }
}

#[tokio::test]
async fn addresses_may_be_posted_in_rooms_without_a_badge() {
    let app = TestApp::start_unlimited().await;
    let [ada, eve] = app.bots(["Ada", "Eve"]).await;
    let (open, closed) = (ada.public_room("open").await, ada.private_room("closed", &["Eve"]).await);
    for link in ["see https://example.org/x", "www.example.org", "example.com"] {
        let _ = eve.say_globally(link).await.expect(403);
        for room in [&open, &closed] {
            assert_eq!(eve.say_in(room, link).await.expect(201).str_at("/message/content"), link);
        }
    }
}

#[tokio::test]
async fn what_is_said_in_a_room_is_heard_nowhere_else() {
    let app = TestApp::start_unlimited().await;
    let ada = app.bot("Ada").await;
    let (room, other) = (ada.public_room("one").await, ada.public_room("other").await);
    let _ = ada.says_in(&room, "here").await;
    let _ = ada.say_globally("in the lobby").await.expect(201);
    assert_eq!(app.get("/api/messages").await.contents(), ["in the lobby"]);
    assert_eq!(app.get("/api/global/messages").await.contents(), ["in the lobby"]);
    assert_eq!(ada.read(&other).await.contents(), Vec::<String>::new());
    assert_eq!(ada.read(&room).await.contents(), ["here"]);
}

#[tokio::test]
async fn ids_sort_in_the_order_of_the_room_and_begin_anew_in_each() {
    let app = TestApp::start_unlimited().await;
    let ada = app.bot("Ada").await;
    for name in ["one", "other"] {
        let room = ada.public_room(name).await;
        let mut ids = Vec::new();
        for count in 0..20 {
            ids.push(ada.says_in(&room, &count.to_string()).await);
        }
        assert!(ids.is_sorted(), "{ids:?}");
        assert!(ids[0].starts_with("0001-000000000001-") && ids[19].starts_with("0001-000000000014-"), "{ids:?}");
    }
}

#[tokio::test]
async fn nobody_posts_where_there_is_no_room() {
    let app = TestApp::start().await;
    let ada = app.bot("Ada").await;
    for id in [NO_ROOM, "x", "%00", &ada.id] {
        assert_refused(&ada.say_in(id, "hello").await, 404, "ROOM_NOT_FOUND");
        assert_refused(&ada.read(id).await, 404, "ROOM_NOT_FOUND");
    }
    assert_eq!(listed(&app, "").await, Vec::<String>::new());
}
