//! What ends a subscription or a connection that is open.

use serde_json::json;
use tertulia_testkit::{Gateway, MoltAgent, TestApp};

use super::support::{TOKEN_LIFE, hub};

async fn listening(agent: &MoltAgent, channels: &[&str]) -> Gateway {
    let mut gateway = agent.gateway().await;
    gateway.subscribe(channels).await;
    gateway
}

/// Ada's server with two channels; Eve, a member, listens to both.
async fn heard(app: &TestApp) -> ([MoltAgent; 2], String, [String; 2], Gateway) {
    let [ada, eve] = app.molts(["ada", "eve"]).await;
    let (server, first) = ada.server_and_channel("a server").await;
    let second = ada.channel(&server, "second").await;
    eve.joins(&server).await;
    let gateway = listening(&eve, &[&first, &second]).await;
    ([ada, eve], server, [first, second], gateway)
}

/// Checks that a connection is told that it no longer hears these channels.
async fn assert_unsubscribed(gateway: &mut Gateway, channels: &[&str]) {
    let mut told = Vec::new();
    for _ in channels {
        told.push(gateway.expect("unsubscribed").await["channel"].as_str().unwrap().to_owned());
    }
    told.sort_unstable();
    let mut expected = channels.to_vec();
    expected.sort_unstable();
    assert_eq!(told, expected);
}

#[tokio::test]
async fn whoever_leaves_hears_nothing_more() {
    // wire: moltchats.md#39-revocation-of-access-while-connected
    let app = hub().await;
    let ([ada, eve], server, [first, second], mut eves) = heard(&app).await;
    let _ = eve.leave(&server).await.expect(200);
    assert_unsubscribed(&mut eves, &[&first, &second]).await;
    let _ = ada.says(&first, "unheard").await;
    eves.say(&first, "still here?").await;
    let _ = eves.expect_error("NOT_SUBSCRIBED").await;
    eves.hears_nothing().await;
    eve.joins(&server).await;
    let _ = ada.says(&first, "unheard too").await;
    eves.hears_nothing().await;
}

#[tokio::test]
async fn whoever_is_banned_hears_nothing_more() {
    // wire: moltchats.md#39-revocation-of-access-while-connected
    let app = hub().await;
    let ([ada, _], server, [first, second], mut eves) = heard(&app).await;
    let body = json!({ "targetUsername": "eve" });
    let _ = ada.post(&format!("/servers/{server}/ban"), &body).await.expect(201);
    assert_unsubscribed(&mut eves, &[&first, &second]).await;
    let _ = ada.says(&first, "unheard").await;
    eves.send(&json!({ "op": "subscribe", "channels": [first] })).await;
    assert_eq!(eves.expect_error("SUBSCRIBE_FAILED").await["reason"], "NOT_SERVER_MEMBER");
    eves.hears_nothing().await;
}

#[tokio::test]
async fn a_deleted_channel_ends_its_subscriptions_and_no_others() {
    // wire: moltchats.md#39-revocation-of-access-while-connected
    let app = hub().await;
    let ([ada, _], server, [first, second], mut eves) = heard(&app).await;
    let mut observer = app.stranger().gateway().await;
    observer.subscribe(&[&first, &second]).await;
    let _ = ada.delete(&format!("/channels/{first}")).await.expect(200);
    for gateway in [&mut eves, &mut observer] {
        assert_unsubscribed(gateway, &[&first]).await;
    }
    let _ = ada.says(&second, "still heard").await;
    for gateway in [&mut eves, &mut observer] {
        let _ = gateway.hears("still heard").await;
    }
    let _ = ada.delete(&format!("/servers/{server}")).await.expect(200);
    for gateway in [&mut eves, &mut observer] {
        assert_unsubscribed(gateway, &[&second]).await;
    }
}

#[tokio::test]
async fn a_server_made_private_is_closed_to_those_who_are_no_members() {
    // wire: moltchats.md#39-revocation-of-access-while-connected
    let app = hub().await;
    let ([ada, _], server, [first, _], mut eves) = heard(&app).await;
    let mut observer = app.stranger().gateway().await;
    observer.subscribe(&[&first]).await;
    let _ = ada.patch(&format!("/servers/{server}"), &json!({ "isPublic": false })).await.expect(200);
    assert_unsubscribed(&mut observer, &[&first]).await;
    let _ = ada.says(&first, "among us").await;
    let _ = eves.hears("among us").await;
    observer.hears_nothing().await;
    observer.send(&json!({ "op": "subscribe", "channels": [first] })).await;
    let _ = observer.expect_error("SUBSCRIBE_FAILED").await;
}

#[tokio::test]
async fn an_ended_friendship_and_a_block_end_the_channel_on_both_sides() {
    // wire: moltchats.md#39-revocation-of-access-while-connected
    let app = hub().await;
    let [ada, eve] = app.molts(["ada", "eve"]).await;
    for by_block in [false, true] {
        let channel = app.befriend(&ada, &eve).await;
        let (mut adas, mut eves) = (listening(&ada, &[&channel]).await, listening(&eve, &[&channel]).await);
        if by_block {
            let _ = eve.block("ada").await.expect(201);
        } else {
            let _ = eve.unfriend("ada").await.expect(200);
        }
        for gateway in [&mut adas, &mut eves] {
            assert_unsubscribed(gateway, &[&channel]).await;
            gateway.say(&channel, "still here?").await;
            let _ = gateway.expect_error("NOT_SUBSCRIBED").await;
            gateway.send(&json!({ "op": "subscribe", "channels": [channel] })).await;
            assert_eq!(gateway.expect_error("SUBSCRIBE_FAILED").await["reason"], "CHANNEL_NOT_FOUND");
        }
    }
}

#[tokio::test]
async fn a_suspended_agent_is_told_so_and_closed_and_nobody_else_is() {
    // wire: moltchats.md#39-revocation-of-access-while-connected
    let app = hub().await;
    let ([ada, eve], _, [first, _], eves) = heard(&app).await;
    let (other, mut adas) = (eve.gateway().await, listening(&ada, &[&first]).await);
    assert!(app.chat().suspend("eve").await.unwrap());
    for gateway in [eves, other] {
        let (ops, code, _) = gateway.closed().await;
        assert_eq!(ops.last().map(|op| &op["code"]), Some(&json!("AGENT_SUSPENDED")), "{ops:?}");
        assert_eq!(code, 4_003);
    }
    adas.hears_nothing().await;
}

#[tokio::test]
async fn a_renewed_session_closes_nothing() {
    // wire: moltchats.md#39-revocation-of-access-while-connected
    let app = hub().await;
    let ([ada, eve], _, [first, _], mut eves) = heard(&app).await;
    let renewed = eve.refreshed().await;
    let _ = ada.says(&first, "still heard").await;
    let _ = eves.hears("still heard").await;
    let _ = eves.says(&first, "and said").await;
    let mut new = listening(&renewed, &[&first]).await;
    let _ = ada.says(&first, "twice").await;
    for gateway in [&mut eves, &mut new] {
        let _ = gateway.hears("twice").await;
    }
}

#[tokio::test]
async fn a_token_that_expires_closes_nothing() {
    // wire: moltchats.md#39-revocation-of-access-while-connected
    let app = hub().await;
    let ada = app.molt("ada").await;
    let channel = ada.server_and_channel("a server").await.1;
    let mut gateway = listening(&ada, &[&channel]).await;
    // Half a minute at a time, so that the connection is seen to be alive.
    let half_minutes = TOKEN_LIFE.as_secs() / 30 + 1;
    for _ in 0..half_minutes {
        app.advance(std::time::Duration::from_secs(30));
        gateway.hears_nothing().await;
    }
    let _ = gateway.says(&channel, "still here").await;
}
