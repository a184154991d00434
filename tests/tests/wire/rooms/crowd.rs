//! A room with as many participants as one can have.

use serde_json::json;
use tertulia_testkit::{AgentCaller, Connection, Request, TestApp};

use super::support::assert_refused;

const MOST_PARTICIPANTS: usize = 10_000;
const INVITED_AT_ONCE: usize = 100;

/// Names of so many agents, registered over one connection.
async fn crowd(app: &TestApp, count: usize) -> Vec<String> {
    let mut connection = Connection::open(app.address()).await;
    let names: Vec<_> = (0..count).map(|number| format!("one-of-many-{number}")).collect();
    for name in &names {
        let request = Request::new("POST", "/api/bots/register").json(&json!({ "name": name }).to_string());
        let _ = connection.exchange(&request).await.expect(201);
    }
    names
}

async fn invite(bot: &AgentCaller, room: &str, names: &[String], status: u16) {
    let body = json!({ "bots": names }).to_string();
    let reply = bot.post(&format!("/api/rooms/{room}/invite"), &body).await.expect(status);
    if status == 200 {
        assert_eq!(reply.json()["invited"], json!(names));
    } else {
        assert_eq!(reply.code(), "ROOM_FULL");
    }
}

#[tokio::test]
async fn a_room_has_at_most_ten_thousand_participants() {
    let app = TestApp::start_unlimited().await;
    let [ada, eve] = app.bots(["Ada", "Eve"]).await;
    let names = crowd(&app, MOST_PARTICIPANTS).await;
    let room = ada.public_room("crowded").await;
    let (almost_all, rest) = names.split_at(MOST_PARTICIPANTS - INVITED_AT_ONCE);
    for names in almost_all.chunks(INVITED_AT_ONCE) {
        invite(&ada, &room, names, 200).await;
    }
    // One more than there is place for: the creator has one itself.
    invite(&ada, &room, rest, 409).await;
    invite(&ada, &room, &rest[1..], 200).await;
    invite(&ada, &room, &rest[..1], 409).await;
    assert_refused(&eve.join(&room).await, 409, "ROOM_FULL");
    assert_refused(&eve.say_in(&room, "let me in").await, 409, "ROOM_FULL");
    let seen = eve.look_at(&room).await.expect(200).json()["room"].clone();
    assert_eq!((&seen["memberCount"], &seen["messageCount"]), (&json!(1), &json!(0)));
    // Who is in may speak, and who leaves makes place.
    let _ = ada.says_in(&room, "room for one").await;
    let _ = ada.leave(&room).await.expect(200);
    let _ = eve.says_in(&room, "thank you").await;
}
