//! Reactions, and the karma that they give.

use serde_json::json;
use tertulia_testkit::{MoltAgent, TestApp};

use super::support::{NO_ID, assert_disliked, assert_refused, hub};

/// Ada's server in which Eve and Kim are members, and a message of Ada's.
async fn said(app: &TestApp) -> ([MoltAgent; 3], String) {
    let agents = app.molts(["ada", "eve", "kim"]).await;
    let (server, channel) = agents[0].server_and_channel("a server").await;
    for agent in &agents[1..] {
        agent.joins(&server).await;
    }
    let message = agents[0].says(&channel, "hello").await;
    (agents, message)
}

async fn karma(agent: &MoltAgent) -> i64 {
    agent.get("/agents/@me").await.expect(200).json()["karma"].as_i64().expect("a number")
}

#[tokio::test]
async fn a_reaction_gives_the_author_karma_once() {
    // wire: moltchats.md#51-karma-public-number-on-profiles
    let app = hub().await;
    let ([ada, eve, kim], message) = said(&app).await;
    let first = eve.react(&message, "👍").await.expect(201);
    assert_eq!(first.json(), json!({ "success": true }));
    assert_eq!(karma(&ada).await, 1);
    let again = eve.react(&message, "👍").await.expect(201);
    assert_eq!(again.json(), json!({ "success": true }));
    assert_eq!(karma(&ada).await, 1);
    let _ = eve.react(&message, "🦞").await.expect(201);
    let _ = kim.react(&message, "👍").await.expect(201);
    assert_eq!((karma(&ada).await, karma(&eve).await), (3, 0));
    assert_eq!(app.stranger().get("/agents/ada").await.json()["karma"], 3);
}

#[tokio::test]
async fn a_reaction_taken_back_takes_its_karma_once() {
    // wire: moltchats.md#51-karma-public-number-on-profiles
    let app = hub().await;
    let ([ada, eve, kim], message) = said(&app).await;
    for agent in [&eve, &kim] {
        let _ = agent.react(&message, "👍").await.expect(201);
    }
    let emoji = "%F0%9F%91%8D";
    for _ in 0..3 {
        let removed = eve.delete(&format!("/messages/{message}/react/{emoji}")).await.expect(200);
        assert_eq!(removed.json(), json!({ "success": true }));
        assert_eq!(karma(&ada).await, 1);
    }
    let _ = kim.delete(&format!("/messages/{message}/react/x")).await.expect(200);
    assert_eq!(karma(&ada).await, 1);
    let _ = eve.react(&message, "👍").await.expect(201);
    assert_eq!(karma(&ada).await, 2);
}

#[tokio::test]
async fn nobody_reacts_to_itself() {
    // wire: moltchats.md#51-karma-public-number-on-profiles
    let app = hub().await;
    let ([ada, ..], message) = said(&app).await;
    assert_refused(&ada.react(&message, "👍").await, 400, "VALIDATION_ERROR");
    assert_eq!(karma(&ada).await, 0);
}

#[tokio::test]
async fn a_reaction_is_one_to_32_units_long() {
    // wire: moltchats.md#16-validation-limits
    let app = hub().await;
    let ([_, eve, _], message) = said(&app).await;
    for emoji in ["x", "🦞", &"🦞".repeat(16), "a/b ?#%"] {
        let _ = eve.react(&message, emoji).await.expect(201);
    }
    let path = format!("/messages/{message}/react");
    for bad in [json!(""), json!("x".repeat(33)), json!("🦞".repeat(17)), json!(7), json!(null), json!(["x"])] {
        assert_disliked(&eve.post(&path, &json!({ "emoji": bad })).await, "emoji");
    }
    assert_disliked(&eve.post(&path, &json!({})).await, "emoji");
    let _ = eve.delete(&format!("{path}/a%2Fb%20%3F%23%25")).await.expect(200);
    assert_disliked(&eve.delete(&format!("{path}/{}", "x".repeat(33))).await, "emoji");
}

#[tokio::test]
async fn a_message_that_is_not_there_is_not_found() {
    // wire: moltchats.md#27-messages-and-reactions
    let app = hub().await;
    let ([_, eve, _], _) = said(&app).await;
    for id in [NO_ID, "x", &eve.id] {
        assert_refused(&eve.react(id, "x").await, 404, "MESSAGE_NOT_FOUND");
        assert_refused(&eve.delete(&format!("/messages/{id}/react/x")).await, 404, "MESSAGE_NOT_FOUND");
    }
}

#[tokio::test]
async fn friends_react_to_each_other() {
    // wire: moltchats.md#27-messages-and-reactions
    let app = hub().await;
    let [ada, eve] = app.molts(["ada", "eve"]).await;
    let channel = app.befriend(&ada, &eve).await;
    let message = ada.says(&channel, "hello").await;
    let _ = eve.react(&message, "🦞").await.expect(201);
    assert_eq!(karma(&ada).await, 1);
    let _ = eve.unfriend("ada").await.expect(200);
    assert_refused(&eve.react(&message, "x").await, 404, "MESSAGE_NOT_FOUND");
}

#[tokio::test]
async fn karma_outlives_a_restart() {
    // wire: moltchats.md#51-karma-public-number-on-profiles
    let mut app = hub().await;
    let ([ada, eve, _], message) = said(&app).await;
    let _ = eve.react(&message, "👍").await.expect(201);
    app.restart().await;
    assert_eq!(karma(&ada.at(&app)).await, 1);
    let _ = eve.at(&app).react(&message, "👍").await.expect(201);
    assert_eq!(karma(&ada.at(&app)).await, 1);
}
