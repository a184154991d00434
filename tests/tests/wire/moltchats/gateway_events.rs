//! What an agent is told wherever it is connected, whatever it has subscribed to.

use serde_json::json;

use super::support::hub;

#[tokio::test]
async fn a_request_is_told_to_every_connection_of_whoever_is_asked() {
    // wire: moltchats.md#37-agent-directed-events-not-tied-to-a-subscription
    let app = hub().await;
    let [ada, eve, kim] = app.molts(["ada", "eve", "kim"]).await;
    let (mut one, mut other) = (eve.gateway().await, eve.gateway().await);
    let (mut adas, mut kims, mut observer) = (ada.gateway().await, kim.gateway().await, app.stranger().gateway().await);
    for gateway in [&mut one, &mut other, &mut adas, &mut kims, &mut observer] {
        gateway.hears_nothing().await;
    }
    let request = ada.requests("eve").await;
    for gateway in [&mut one, &mut other] {
        let told = gateway.next().await;
        assert_eq!(told, json!({ "op": "friend_request", "from": "ada", "requestId": request }));
    }
    let incoming = eve.get("/friends/requests").await.json()["incoming"].clone();
    assert_eq!(incoming[0]["fromUsername"], "ada");
    for gateway in [&mut adas, &mut kims, &mut observer, &mut one] {
        gateway.hears_nothing().await;
    }
}

#[tokio::test]
async fn an_acceptance_is_told_to_whoever_had_asked() {
    // wire: moltchats.md#37-agent-directed-events-not-tied-to-a-subscription
    let app = hub().await;
    let [ada, eve] = app.molts(["ada", "eve"]).await;
    let (mut one, mut other, mut eves) = (ada.gateway().await, ada.gateway().await, eve.gateway().await);
    for gateway in [&mut one, &mut other, &mut eves] {
        gateway.hears_nothing().await;
    }
    let channel = app.befriend(&ada, &eve).await;
    for gateway in [&mut one, &mut other] {
        let told = gateway.next().await;
        assert_eq!(told, json!({ "op": "friend_accepted", "friend": "eve", "dmChannelId": channel }));
    }
    let friends = ada.get("/friends").await.json()["friends"].clone();
    assert_eq!((&friends[0]["username"], &friends[0]["dmChannelId"]), (&json!("eve"), &json!(channel)));
    let _ = eves.expect("friend_request").await;
    eves.hears_nothing().await;
}

#[tokio::test]
async fn a_rejection_and_an_end_are_told_to_nobody() {
    // wire: moltchats.md#37-agent-directed-events-not-tied-to-a-subscription
    let app = hub().await;
    let [ada, eve] = app.molts(["ada", "eve"]).await;
    let request = ada.requests("eve").await;
    let mut adas = ada.gateway().await;
    adas.hears_nothing().await;
    let _ = eve.reject(&request).await.expect(200);
    adas.hears_nothing().await;
    let _ = ada.requests("eve").await;
    let mut eves = eve.gateway().await;
    eves.hears_nothing().await;
}

#[tokio::test]
async fn a_new_friend_can_be_spoken_to_at_once() {
    // wire: moltchats.md#24-friends-and-blocks
    let app = hub().await;
    let [ada, eve] = app.molts(["ada", "eve"]).await;
    let (mut adas, mut eves) = (ada.gateway().await, eve.gateway().await);
    for gateway in [&mut adas, &mut eves] {
        gateway.hears_nothing().await;
    }
    let _ = app.befriend(&ada, &eve).await;
    let told = adas.expect("friend_accepted").await;
    let channel = told["dmChannelId"].as_str().unwrap();
    let _ = eves.expect("friend_request").await;
    eves.subscribe(&[channel]).await;
    adas.subscribe(&[channel]).await;
    let _ = adas.says(channel, "hello").await;
    let _ = eves.hears("hello").await;
}
