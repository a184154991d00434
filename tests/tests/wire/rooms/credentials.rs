//! Where a key is needed, where it may be sent, and what a bad one does.

use tertulia_testkit::{AgentCaller, Request, TestApp};

use super::support::{assert_refused, members};

/// Where a key may be sent and needs not.
fn optional(room: &str) -> [String; 5] {
    [
        "/api/rooms/list".to_owned(),
        format!("/api/rooms/{room}"),
        format!("/api/rooms/{room}/messages"),
        format!("/api/rooms/{room}/stream"),
        "/api/global/stream".to_owned(),
    ]
}

/// What can be done only with a key.
fn closed(room: &str) -> Vec<(&'static str, String, &'static str)> {
    vec![
        ("GET", "/api/bots/me".to_owned(), ""),
        ("POST", "/api/global/messages".to_owned(), r#"{"content":"hello"}"#),
        ("POST", "/api/rooms/create".to_owned(), r#"{"name":"a room"}"#),
        ("POST", format!("/api/rooms/{room}/messages"), r#"{"content":"hello"}"#),
        ("POST", format!("/api/rooms/{room}/invite"), r#"{"botName":"Ada"}"#),
        ("POST", format!("/api/rooms/{room}/join"), ""),
        ("POST", format!("/api/rooms/{room}/leave"), ""),
        ("DELETE", format!("/api/rooms/{room}"), ""),
    ]
}

/// Keys that open nothing.
fn bad(bot: &AgentCaller) -> Vec<(&'static str, String)> {
    vec![
        ("Authorization", "Bearer claw_nonsense".to_owned()),
        ("Authorization", format!("Bearer {}x", bot.key)),
        ("Authorization", format!("Basic {}", bot.key)),
        ("Authorization", "Bearer ".to_owned()),
        ("Authorization", bot.key.clone()),
        ("X-API-Key", "claw_nonsense".to_owned()),
        ("X-API-Key", bot.key.to_uppercase()),
    ]
}

#[tokio::test]
async fn where_a_key_is_optional_a_bad_one_is_refused() {
    let app = TestApp::start().await;
    let ada = app.bot("Ada").await;
    for room in [ada.public_room("open").await, ada.private_room("closed", &[]).await] {
        for path in optional(&room) {
            for (header, value) in bad(&ada) {
                let reply = app.send(Request::new("GET", &path).header(header, &value)).await;
                assert_refused(&reply, 401, "UNAUTHORIZED");
                assert_eq!(reply.header("www-authenticate"), Some("Bearer"), "{path} {value}");
            }
        }
    }
}

#[tokio::test]
async fn where_a_key_is_not_asked_for_a_bad_one_is_ignored() {
    let app = TestApp::start().await;
    let ada = app.bot("Ada").await;
    for path in ["/api/global/info", "/api/global/messages", "/skill.md", "/heartbeat.md"] {
        for (header, value) in bad(&ada) {
            let _ = app.send(Request::new("GET", path).header(header, &value)).await.expect(200);
        }
    }
    let request = Request::new("POST", "/api/bots/register").header("Authorization", "Bearer claw_nonsense");
    let _ = app.send(request.json(r#"{"name":"Eve"}"#)).await.expect(201);
}

#[tokio::test]
async fn where_a_key_is_needed_strangers_and_liars_are_refused_before_anything_is_read() {
    let app = TestApp::start().await;
    let ada = app.bot("Ada").await;
    let room = ada.public_room("open").await;
    for (method, path, body) in closed(&room) {
        for body in [body, "{", r#"{"content":""}"#] {
            let stranger = app.send(Request::new(method, &path).json(body)).await;
            assert_refused(&stranger, 401, "UNAUTHORIZED");
            for (header, value) in bad(&ada) {
                let liar = app.send(Request::new(method, &path).header(header, &value).json(body)).await;
                assert_eq!((liar.status, liar.text()), (401, stranger.text()), "{method} {path} {value}");
            }
        }
    }
}

#[tokio::test]
async fn whether_there_is_such_a_room_makes_no_difference_to_a_stranger_without_a_key() {
    let app = TestApp::start().await;
    let ada = app.bot("Ada").await;
    let room = ada.private_room("closed", &[]).await;
    for ((method, path, body), (_, missing, _)) in closed(&room).into_iter().zip(closed(super::support::NO_ROOM)) {
        let (there, nowhere) = (
            app.send(Request::new(method, &path).json(body)).await,
            app.send(Request::new(method, &missing).json(body)).await,
        );
        assert_eq!((there.status, there.text()), (nowhere.status, nowhere.text()), "{method} {path}");
    }
}

#[tokio::test]
async fn a_refusal_names_where_a_key_is_had() {
    let app = TestApp::start().await;
    let reply = app.get("/api/bots/me").await.expect(401);
    assert!(reply.str_at("/error").contains("/api/bots/register"), "{reply}");
}

#[tokio::test]
async fn either_kind_of_key_shows_what_a_participant_may_see() {
    let app = TestApp::start().await;
    let (ada, eve) = (app.bot("Ada").await, app.agent("Eve").await);
    let room = ada.private_room("closed", &["Eve"]).await;
    let _ = ada.says_in(&room, "a secret").await;
    let issued = eve.post("/api/me/credentials", r#"{"kind":"claw"}"#).await.expect(201).str_at("/apiKey");
    for caller in [&eve, &eve.with_key(&issued)] {
        assert_eq!(caller.read(&room).await.expect(200).contents(), ["a secret"]);
        let by_other_header =
            Request::new("GET", &format!("/api/rooms/{room}/messages")).header("X-API-Key", &caller.key);
        assert_eq!(app.send(by_other_header).await.expect(200).contents(), ["a secret"]);
        assert_eq!(members(&caller.look_at(&room).await.json()), ["members", "room", "success"]);
    }
}

#[tokio::test]
async fn a_key_in_the_address_is_not_read() {
    let app = TestApp::start().await;
    let ada = app.bot("Ada").await;
    let room = ada.private_room("closed", &[]).await;
    let query = format!("?token={0}&key={0}&apiKey={0}", ada.key);
    let reply = app.get(&format!("/api/rooms/{room}/messages{query}")).await.expect(200);
    assert_eq!(reply.json()["hidden"], true);
    assert_refused(&app.get(&format!("/api/bots/me{query}")).await, 401, "UNAUTHORIZED");
}

#[tokio::test]
async fn a_revoked_key_opens_nothing_any_more_and_takes_its_streams_with_it() {
    let app = TestApp::start().await;
    let ada = app.bot("Ada").await;
    let room = ada.private_room("closed", &[]).await;
    let mut streams = vec![ada.room_stream(&app, &room).await, ada.room_stream(&app, "global").await];
    for stream in &mut streams {
        let _ = stream.next_of("history").await;
    }
    let mut strangers = app.room_stream("global").await;
    let issued = ada.post("/api/me/credentials", r#"{"kind":"claw"}"#).await.expect(201);
    for stream in streams {
        stream.ends().await;
    }
    for path in optional(&room) {
        assert_refused(&ada.get(&path).await, 401, "UNAUTHORIZED");
    }
    let renewed = ada.with_key(&issued.str_at("/apiKey"));
    let _ = renewed.says_in(&room, "back").await;
    let _ = renewed.say_globally("still here").await.expect(201);
    assert_eq!(strangers.next_contents(1).await, ["still here"]);
}
