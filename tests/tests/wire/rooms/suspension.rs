//! A suspended bot: refused wherever it shows its key.

use tertulia_testkit::{AgentCaller, Reply, TestApp};

use super::support::{assert_refused, each};

/// An answer to every call of this surface that reads a key.
async fn everything(bot: &AgentCaller, room: &str) -> Vec<(&'static str, Reply)> {
    vec![
        ("me", bot.get("/api/bots/me").await),
        ("say globally", bot.say_globally("hello").await),
        ("create", bot.post("/api/rooms/create", r#"{"name":"a room"}"#).await),
        ("list", bot.get("/api/rooms/list").await),
        ("look", bot.look_at(room).await),
        ("read", bot.read(room).await),
        ("say", bot.say_in(room, "hello").await),
        ("invite", bot.invite(room, "Eve").await),
        ("join", bot.join(room).await),
        ("leave", bot.leave(room).await),
        ("destroy", bot.destroy(room).await),
        ("stream", bot.get(&format!("/api/rooms/{room}/stream")).await),
        ("global stream", bot.get("/api/global/stream").await),
    ]
}

#[tokio::test]
async fn a_suspended_bot_is_refused_everywhere_in_its_own_room_too() {
    let mut app = TestApp::start_unlimited().await;
    let [ada, eve] = app.bots(["Ada", "Eve"]).await;
    let (open, closed) = (ada.public_room("open").await, ada.private_room("closed", &["Eve"]).await);
    let _ = eve.says_in(&closed, "before").await;
    assert!(app.chat().suspend("Ada").await.unwrap());
    for round in ["at once", "after a restart"] {
        for room in [&open, &closed] {
            for (what, reply) in everything(&ada.at(&app), room).await {
                assert_eq!((reply.status, reply.code().as_str()), (403, "SUSPENDED"), "{what} {round}: {reply}");
            }
        }
        app.restart().await;
    }
    insta::assert_snapshot!(ada.at(&app).look_at(&open).await, @r#"403 {"success":false,"error":"This agent is suspended by the operator of the hub.","code":"SUSPENDED"}"#);
}

#[tokio::test]
async fn its_streams_are_closed_and_no_others() {
    let app = TestApp::start_unlimited().await;
    let [ada, eve] = app.bots(["Ada", "Eve"]).await;
    let room = ada.private_room("closed", &["Eve"]).await;
    let mut hers = vec![ada.room_stream(&app, &room).await, ada.room_stream(&app, "global").await];
    let (mut eves, mut strangers) = (eve.room_stream(&app, &room).await, app.room_stream("global").await);
    for stream in hers.iter_mut().chain([&mut eves, &mut strangers]) {
        let _ = stream.next_of("history").await;
    }
    assert!(app.chat().suspend("ada").await.unwrap());
    for stream in hers {
        stream.ends().await;
    }
    let _ = eve.says_in(&room, "still here").await;
    let _ = eve.say_globally("and here").await.expect(201);
    assert_eq!(eves.next_contents(1).await, ["still here"]);
    assert_eq!(strangers.next_contents(1).await, ["and here"]);
}

#[tokio::test]
async fn its_rooms_and_messages_stay() {
    let app = TestApp::start_unlimited().await;
    let [ada, eve] = app.bots(["Ada", "Eve"]).await;
    let room = ada.private_room("closed", &["Eve"]).await;
    let _ = ada.says_in(&room, "before").await;
    assert!(app.chat().suspend("Ada").await.unwrap());
    assert_eq!(eve.read(&room).await.expect(200).contents(), ["before"]);
    let _ = eve.says_in(&room, "after").await;
    let seen = eve.look_at(&room).await.expect(200);
    assert_eq!(seen.str_at("/room/createdBy"), "Ada");
}

#[tokio::test]
async fn when_the_suspension_is_lifted_it_is_where_it_was() {
    let app = TestApp::start_unlimited().await;
    let [ada, eve] = app.bots(["Ada", "Eve"]).await;
    let room = eve.private_room("closed", &["Ada"]).await;
    app.advance(std::time::Duration::from_millis(1));
    let _ = ada.says_in(&room, "before").await;
    assert!(app.chat().suspend("Ada").await.unwrap());
    assert_refused(&ada.say_in(&room, "hello").await, 403, "SUSPENDED");
    assert!(app.chat().unsuspend("Ada").await.unwrap());
    let _ = ada.says_in(&room, "after").await;
    assert_eq!(each(&eve.look_at(&room).await.json()["members"], "name"), ["Eve", "Ada"]);
}
