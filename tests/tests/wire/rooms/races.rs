//! Two at once: each is done or refused, and nothing is half done.

use std::{collections::HashMap, time::Duration};

use serde_json::json;
use tertulia_testkit::{AgentCaller, Reply, TestApp};
use tokio::task::JoinSet;

use super::support::{DEFAULT_TTL, each, with_members};

/// How many of these answers have which status.
fn counted(replies: impl IntoIterator<Item = Reply>) -> HashMap<u16, usize> {
    let mut counts = HashMap::new();
    for reply in replies {
        *counts.entry(reply.status).or_default() += 1;
    }
    counts
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_several_invitations_at_once_one_invites() {
    let app = TestApp::start_unlimited().await;
    for round in 0..10 {
        let (ada, eve) = (format!("ada-{round}"), format!("eve-{round}"));
        let [ada, eve] = app.bots([&*ada, &*eve]).await;
        let kim = app.bot(&format!("kim-{round}")).await;
        let room = ada.private_room("closed", &[&*eve.name]).await;
        let mut asking = JoinSet::new();
        for bot in [&ada, &eve, &ada, &eve] {
            let (bot, room, name) = (bot.clone(), room.clone(), kim.name.clone());
            asking.spawn(async move {
                bot.invite(&room, &name).await.expect(200).json()["invited"].as_array().unwrap().len()
            });
        }
        assert_eq!(asking.join_all().await.into_iter().sum::<usize>(), 1, "round {round}");
        let _ = kim.says_in(&room, "thank you").await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_crowd_that_joins_at_once_is_counted_right() {
    let mut app = TestApp::start_unlimited().await;
    let ada = app.bot("Ada").await;
    let room = ada.public_room("open").await;
    let mut joining = JoinSet::new();
    for index in 0..24 {
        let (bot, room) = (app.bot(&format!("bot-{index}")).await, room.clone());
        joining.spawn(async move {
            // Each in two ways at once.
            let (joined, said) = tokio::join!(bot.join(&room), bot.say_in(&room, "hello"));
            (joined.status, said.status)
        });
    }
    for statuses in joining.join_all().await {
        assert_eq!(statuses, (200, 201));
    }
    for _ in 0..2 {
        let (seen, mut names) = with_members(app.get(&format!("/api/rooms/{room}")).await);
        assert_eq!((&seen["memberCount"], &seen["messageCount"]), (&json!(25), &json!(24)));
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), 25);
        app.restart().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn joining_and_leaving_at_once_end_in_one_of_both() {
    let app = TestApp::start_unlimited().await;
    let [ada, eve] = app.bots(["Ada", "Eve"]).await;
    let room = ada.public_room("open").await;
    for round in 0..20 {
        let (joined, left) = tokio::join!(eve.join(&room), eve.leave(&room));
        let _ = joined.expect(200);
        assert!(matches!(left.status, 200 | 403), "{left}");
        let (seen, names) = with_members(app.get(&format!("/api/rooms/{room}")).await);
        assert!(names == ["Ada"] || names == ["Ada", "Eve"], "round {round}: {names:?}");
        assert_eq!(seen["memberCount"], names.len(), "round {round}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn joining_while_the_room_is_destroyed_is_before_or_after() {
    let app = TestApp::start_unlimited().await;
    for round in 0..10 {
        let (ada, eve) = (app.bot(&format!("ada-{round}")).await, app.bot(&format!("eve-{round}")).await);
        let room = ada.public_room("open").await;
        let (joined, destroyed) = tokio::join!(eve.join(&room), ada.destroy(&room));
        let _ = destroyed.expect(200);
        assert!(joined.status == 200 || joined.code() == "ROOM_NOT_FOUND", "{joined}");
        assert_eq!(eve.say_in(&room, "hello?").await.expect(404).code(), "ROOM_NOT_FOUND");
        assert_eq!(app.get("/api/rooms/list").await.json()["total"], 0);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_several_that_destroy_a_room_at_once_one_does() {
    let app = TestApp::start_unlimited().await;
    let ada = app.bot("Ada").await;
    for _ in 0..5 {
        let room = ada.public_room("open").await;
        let mut asking = JoinSet::new();
        for _ in 0..4 {
            let (ada, room) = (ada.clone(), room.clone());
            asking.spawn(async move { ada.destroy(&room).await });
        }
        assert_eq!(counted(asking.join_all().await), HashMap::from([(200, 1), (404, 3)]));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn limits_hold_for_those_who_ask_all_at_once() {
    let app = TestApp::with(crate::any_address).start().await;
    let [ada, eve] = app.bots(["Ada", "Eve"]).await;
    let room = eve.public_room("open").await;
    let (mut creating, mut saying) = (JoinSet::new(), JoinSet::new());
    for index in 0..20 {
        let ada = ada.clone();
        creating.spawn(async move { ada.create_room(&json!({ "name": index.to_string() })).await });
    }
    for index in 0..45 {
        let (ada, room) = (ada.clone(), room.clone());
        saying.spawn(async move { ada.say_in(&room, &index.to_string()).await });
    }
    assert_eq!(counted(creating.join_all().await), HashMap::from([(201, 10), (429, 10)]));
    assert_eq!(counted(saying.join_all().await), HashMap::from([(201, 30), (429, 15)]));
    assert_eq!(app.get("/api/rooms/list").await.json()["total"], 11);
    assert_eq!(eve.look_at(&room).await.json()["room"]["messageCount"], 30);
}

/// Says one thing after the other until there is no room any more; what was acknowledged.
async fn say_until_gone(bot: AgentCaller, room: String) -> Vec<serde_json::Value> {
    let mut acknowledged = Vec::new();
    loop {
        let reply = bot.say_in(&room, &format!("{} says {}", bot.name, acknowledged.len())).await;
        if reply.status != 201 {
            assert_eq!((reply.status, reply.code().as_str()), (404, "ROOM_NOT_FOUND"), "{reply}");
            assert_eq!(bot.say_in(&room, "hello?").await.status, 404, "gone is gone");
            return acknowledged;
        }
        acknowledged.push(reply.json()["message"].clone());
    }
}

/// A room in which four talk and one listens, until `end` ends it: what the listener was sent must be what was
/// acknowledged, and then the last word about the room.
async fn talk_until(app: &TestApp, room: &str, event: &str, end: impl AsyncFnOnce()) -> Vec<serde_json::Value> {
    let mut stream = app.room_stream(room).await;
    let _ = stream.next_of("history").await;
    let mut talking = JoinSet::new();
    for index in 0..4 {
        talking.spawn(say_until_gone(app.bot(&format!("bot-{index}")).await, room.to_owned()));
    }
    let mut heard = Vec::new();
    while heard.len() < 40 {
        heard.push(stream.next_of("message").await.json()["data"].clone());
    }
    end().await;
    let mut last = json!(null);
    while let Some(next) = stream.next().await {
        let next = next.json();
        if next["type"] == "message" {
            heard.push(next["data"].clone());
        }
        last = next;
    }
    assert_eq!(last, json!({ "type": "room", "data": { "event": event } }));
    let mut acknowledged: Vec<_> = talking.join_all().await.into_iter().flatten().collect();
    acknowledged.sort_by_key(|message| message["id"].as_str().unwrap().to_owned());
    assert_eq!(each(&json!(heard), "id"), each(&json!(acknowledged), "id"), "heard once, in order");
    heard
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_said_while_a_room_is_destroyed_is_heard_or_refused() {
    let app = TestApp::start_unlimited().await;
    let ada = app.bot("Ada").await;
    let room = ada.public_room("open").await;
    let _ = talk_until(&app, &room, "destroyed", async || drop(ada.destroy(&room).await.expect(200))).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_said_in_the_second_of_the_end_is_said_before_it_or_refused() {
    let app = TestApp::start_unlimited().await;
    let ada = app.bot("Ada").await;
    let created = ada.create_room(&json!({ "name": "open" })).await.expect(201);
    let (room, ends) = (created.str_at("/room/id"), created.str_at("/room/expiresAt"));
    app.advance(DEFAULT_TTL.saturating_sub(Duration::from_secs(1)));
    let heard = talk_until(&app, &room, "expired", async || {
        // The end itself, and a little longer.
        for _ in 0..200 {
            app.advance(Duration::from_millis(10));
            tokio::task::yield_now().await;
        }
    })
    .await;
    let times = json!(heard);
    let times = each(&times, "createdAt");
    assert!(times.is_sorted(), "{times:?}");
    assert!(times.iter().all(|time| *time < ends.as_str()), "{times:?} before {ends}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rooms_that_are_opened_with_an_unknown_bot_at_once_are_not_there() {
    let app = TestApp::start_unlimited().await;
    let [ada, eve] = app.bots(["Ada", "Eve"]).await;
    let good = json!({ "name": "good", "invite": ["Eve"] });
    let bad = json!({ "name": "bad", "invite": ["Eve", "Nobody"] });
    for _ in 0..5 {
        let (first, second, third) = tokio::join!(ada.create_room(&good), ada.create_room(&bad), eve.create_room(&bad));
        assert_eq!([first.status, second.status, third.status], [201, 404, 404]);
    }
    assert_eq!(super::support::listed(&app, "").await, ["good"; 5]);
}
