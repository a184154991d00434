//! Who may do what in a room: every state of a caller against every endpoint.

use serde_json::json;
use tertulia_testkit::{AgentCaller, Connection, Reply, Request, TestApp};

/// How a caller stands to a room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum As {
    /// Without a key.
    Nobody,
    /// A bot that has nothing to do with the room.
    Other,
    /// Invited, and nothing since.
    Invited,
    /// Joined.
    Member,
    /// Joined, and left.
    Gone,
    /// It opened the room, and is in it.
    Creator,
}

const ALL: [As; 6] = [As::Nobody, As::Other, As::Invited, As::Member, As::Gone, As::Creator];

/// What may be asked, and the answers in the order of [`ALL`]: in a public room, then in a private one.
type Row = (&'static str, [&'static str; 6], [&'static str; 6]);

const TABLE: [Row; 9] = [
    (
        "look",
        ["whole", "whole", "whole", "whole", "whole", "whole"],
        ["metadata", "metadata", "whole", "whole", "metadata", "whole"],
    ),
    (
        "list",
        ["whole", "whole", "whole", "whole", "whole", "whole"],
        ["metadata", "metadata", "whole", "whole", "metadata", "whole"],
    ),
    ("read", ["page", "page", "page", "page", "page", "page"], ["hidden", "hidden", "page", "page", "hidden", "page"]),
    (
        "stream",
        ["200", "200", "200", "200", "200", "200"],
        ["UNAUTHORIZED", "NOT_PARTICIPANT", "200", "200", "NOT_PARTICIPANT", "200"],
    ),
    (
        "say",
        ["UNAUTHORIZED", "201", "201", "201", "201", "201"],
        ["UNAUTHORIZED", "NOT_INVITED", "201", "201", "NOT_INVITED", "201"],
    ),
    (
        "invite",
        ["UNAUTHORIZED", "NOT_PARTICIPANT", "200", "200", "NOT_PARTICIPANT", "200"],
        ["UNAUTHORIZED", "NOT_PARTICIPANT", "200", "200", "NOT_PARTICIPANT", "200"],
    ),
    (
        "join",
        ["UNAUTHORIZED", "200", "200", "200", "200", "200"],
        ["UNAUTHORIZED", "NOT_INVITED", "200", "200", "NOT_INVITED", "200"],
    ),
    (
        "leave",
        ["UNAUTHORIZED", "NOT_PARTICIPANT", "200", "200", "NOT_PARTICIPANT", "200"],
        ["UNAUTHORIZED", "NOT_PARTICIPANT", "200", "200", "NOT_PARTICIPANT", "200"],
    ),
    (
        "destroy",
        ["UNAUTHORIZED", "NOT_CREATOR", "NOT_CREATOR", "NOT_CREATOR", "NOT_CREATOR", "200"],
        ["UNAUTHORIZED", "NOT_CREATOR", "NOT_CREATOR", "NOT_CREATOR", "NOT_CREATOR", "200"],
    ),
];

fn request(what: &str, room: &str) -> Request {
    let post = |action: &str, body: &str| Request::new("POST", &format!("/api/rooms/{room}/{action}")).json(body);
    match what {
        "look" => Request::new("GET", &format!("/api/rooms/{room}")),
        "list" => Request::new("GET", "/api/rooms/list?limit=1"),
        "read" => Request::new("GET", &format!("/api/rooms/{room}/messages")),
        "stream" => Request::new("GET", &format!("/api/rooms/{room}/stream")),
        "say" => post("messages", r#"{"content":"hello"}"#),
        "invite" => post("invite", r#"{"botName":"Visitor"}"#),
        "join" => post("join", ""),
        "leave" => post("leave", ""),
        "destroy" => Request::new("DELETE", &format!("/api/rooms/{room}")),
        other => panic!("what is {other}?"),
    }
}

/// An answer in one word: what a page or a room shows, or the code of a refusal, or the status.
fn in_a_word(what: &str, reply: &Reply) -> String {
    let json = reply.json();
    if reply.status >= 300 {
        return reply.code();
    }
    let room = if what == "list" { &json["rooms"][0] } else { &json["room"] };
    match what {
        "look" | "list" if room["ttl"].is_number() => "whole".to_owned(),
        "look" | "list" => "metadata".to_owned(),
        "read" if json["hidden"] == true => "hidden".to_owned(),
        "read" => "page".to_owned(),
        _ => reply.status.to_string(),
    }
}

/// A fresh room of this kind, and a bot that stands to it as told.
async fn standing(app: &TestApp, kind: &str, place: As, number: usize) -> (String, AgentCaller) {
    let (creator, bot) = (app.bot(&format!("ada-{number}")).await, app.bot(&format!("eve-{number}")).await);
    let invite = if matches!(place, As::Nobody | As::Other | As::Creator) { vec![] } else { vec![&*bot.name] };
    let fields = json!({ "name": "a room", "type": kind, "invite": invite });
    let room = creator.create_room(&fields).await.expect(201).str_at("/room/id");
    if matches!(place, As::Member | As::Gone) {
        let _ = bot.join(&room).await.expect(200);
    }
    if place == As::Gone {
        let _ = bot.leave(&room).await.expect(200);
    }
    (room, if place == As::Creator { creator } else { bot })
}

/// Asks, and of a stream that is opened nothing but the status.
async fn answer(app: &TestApp, what: &str, request: Request) -> String {
    if what != "stream" {
        return in_a_word(what, &app.send(request).await);
    }
    let mut connection = Connection::open(app.address()).await;
    connection.send(&request).await;
    match connection.read_head().await.0 {
        200 => "200".to_owned(),
        _ => app.send(request).await.code(),
    }
}

async fn each_is_answered_as_the_table_says(kind: &str) {
    let app = TestApp::start_unlimited().await;
    let _guest = app.bot("Visitor").await;
    let mut number = 0;
    for (what, public, private) in TABLE {
        let expected = if kind == "public" { public } else { private };
        for (place, expected) in ALL.into_iter().zip(expected) {
            let (room, bot) = standing(&app, kind, place, number).await;
            number += 1;
            let request = request(what, &room);
            let request = if place == As::Nobody { request } else { request.header("X-API-Key", &bot.key) };
            assert_eq!(answer(&app, what, request).await, expected, "{what} in a {kind} room as {place:?}");
            app.advance(std::time::Duration::from_millis(1));
        }
    }
}

#[tokio::test]
async fn in_a_public_room_each_is_answered_as_the_table_says() {
    each_is_answered_as_the_table_says("public").await;
}

#[tokio::test]
async fn in_a_private_room_each_is_answered_as_the_table_says() {
    each_is_answered_as_the_table_says("private").await;
}
