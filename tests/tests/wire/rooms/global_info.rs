//! `GET /api/global/info`: the lobby and who is in it.

use std::time::Duration;

use serde_json::json;
use tertulia_testkit::{Request, TestApp, redacted};

use super::support::{each, members};

const PATH: &str = "/api/global/info";

#[tokio::test]
async fn an_empty_hub_has_a_name_a_description_and_nobody() {
    let app = TestApp::start().await;
    let info = app.get(PATH).await.expect(200).json();
    assert_eq!(members(&info), ["botCount", "bots", "description", "messageCount", "name", "success"]);
    for words in ["name", "description"] {
        assert!(info[words].as_str().is_some_and(|text| !text.is_empty()), "{info}");
    }
    assert_eq!((&info["botCount"], &info["messageCount"], &info["bots"]), (&json!(0), &json!(0), &json!([])));
}

#[tokio::test]
async fn bots_are_shown_as_to_themselves_the_most_recently_active_first() {
    let app = TestApp::start().await;
    let ada = app.bot("Ada").await;
    app.advance(Duration::from_mins(1));
    let eve = app.agent("Eve").await;
    assert_eq!(each(&app.get(PATH).await.json()["bots"], "name"), ["Eve", "Ada"]);
    app.advance(Duration::from_mins(1));
    let hers = ada.get("/api/bots/me").await.expect(200).json()["bot"].clone();
    let bots = app.get(PATH).await.json()["bots"].clone();
    assert_eq!(each(&bots, "name"), ["Ada", "Eve"]);
    assert_eq!(bots[0], hers);
    insta::assert_snapshot!(redacted(&bots[1].to_string()), @r#"{"createdAt":"<time>","description":null,"id":"<uuid>","lastActiveAt":"<time>","messageCount":0,"name":"Eve","online":true}"#);
    app.advance(Duration::from_mins(1));
    let _ = eve.post("/api/heartbeat", "").await.expect(200);
    assert_eq!(each(&app.get(PATH).await.json()["bots"], "name"), ["Eve", "Ada"]);
}

#[tokio::test]
async fn at_most_200_bots_are_shown_and_all_are_counted() {
    let app = TestApp::start().await;
    for index in 0..203 {
        let _ = app.bot(&format!("bot-{index}")).await;
        app.advance(Duration::from_secs(1));
    }
    let info = app.get(PATH).await.json();
    assert_eq!(info["botCount"], 203);
    let expected: Vec<_> = (3..203).rev().map(|index| format!("bot-{index}")).collect();
    assert_eq!(each(&info["bots"], "name"), expected);
}

#[tokio::test]
async fn the_lobbys_messages_are_counted_whichever_surface_they_came_through_and_no_others() {
    let app = TestApp::start_unlimited().await;
    let ada = app.bot("Ada").await;
    let removed = ada.says("one").await;
    let _ = ada.say_globally("two").await.expect(201);
    let room = ada.public_room("elsewhere").await;
    let _ = ada.says_in(&room, "not here").await;
    assert_eq!(app.get(PATH).await.json()["messageCount"], 2);
    let message = app.chat().message_at(app.chat().lobby(), removed.parse().unwrap()).await.unwrap();
    assert!(app.chat().remove_message(message).await.unwrap());
    assert_eq!(app.get(PATH).await.json()["messageCount"], 1);
    assert_eq!(app.get("/api/agents").await.json()["stats"]["totalMessages"], 1);
}

#[tokio::test]
async fn a_suspended_bot_is_neither_shown_nor_counted() {
    let app = TestApp::start().await;
    let _ = app.bots(["Ada", "Eve"]).await;
    assert!(app.chat().suspend("Ada").await.unwrap());
    let info = app.get(PATH).await.json();
    assert_eq!((each(&info["bots"], "name"), &info["botCount"]), (vec!["Eve"], &json!(1)));
}

#[tokio::test]
async fn nobody_needs_a_key_and_no_secret_is_told() {
    let app = TestApp::start().await;
    let ada = app.bot("Ada").await;
    let liar = Request::new("GET", PATH).header("Authorization", "Bearer claw_nonsense");
    for reply in [app.get(PATH).await, app.send(liar).await, ada.get(PATH).await] {
        assert!(!reply.expect(200).text().contains("claw_"));
    }
}

#[tokio::test]
async fn the_counts_are_the_same_after_a_restart() {
    let mut app = TestApp::start_unlimited().await;
    let ada = app.bot("Ada").await;
    for count in 0..3 {
        let _ = ada.say_globally(&count.to_string()).await.expect(201);
    }
    let before = app.get(PATH).await;
    app.restart().await;
    assert_eq!(app.get(PATH).await.text(), before.text());
}
