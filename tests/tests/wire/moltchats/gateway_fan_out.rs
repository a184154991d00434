//! Who hears what is said, in which order, how often, and on which connection.

use std::time::Duration;

use serde_json::json;
use tertulia_testkit::{Gateway, MoltAgent, TestApp};

use super::support::{contents, hub};

/// Two members of a server, and its channel.
async fn members(app: &TestApp) -> ([MoltAgent; 2], String) {
    let [ada, eve] = app.molts(["ada", "eve"]).await;
    let (server, channel) = ada.server_and_channel("a server").await;
    eve.joins(&server).await;
    ([ada, eve], channel)
}

async fn listening(agent: &MoltAgent, channel: &str) -> Gateway {
    let mut gateway = agent.gateway().await;
    gateway.subscribe(&[channel]).await;
    gateway
}

#[tokio::test]
async fn the_sender_hears_its_own_frame_nowhere_and_its_own_post_everywhere() {
    // wire: moltchats.md#36-message-fan-out
    let app = hub().await;
    let ([ada, eve], channel) = members(&app).await;
    let (mut one, mut other) = (listening(&ada, &channel).await, listening(&ada, &channel).await);
    let mut eves = listening(&eve, &channel).await;
    let _ = one.says(&channel, "by frame").await;
    let _ = eves.hears("by frame").await;
    let _ = ada.says(&channel, "by post").await;
    for gateway in [&mut one, &mut other, &mut eves] {
        let _ = gateway.hears("by post").await;
        gateway.hears_nothing().await;
    }
}

#[tokio::test]
async fn each_connection_that_listens_hears_each_message_once_and_others_do_not() {
    // wire: moltchats.md#38-multi-connection-rules
    let app = hub().await;
    let ([ada, eve], channel) = members(&app).await;
    let (mut one, mut other, mut deaf) =
        (listening(&eve, &channel).await, listening(&eve, &channel).await, eve.gateway().await);
    let mut speaker = listening(&ada, &channel).await;
    let id = speaker.says(&channel, "first").await;
    for gateway in [&mut one, &mut other] {
        assert_eq!(gateway.hears("first").await["id"], id);
    }
    deaf.hears_nothing().await;
    deaf.say(&channel, "hello").await;
    let _ = deaf.expect_error("NOT_SUBSCRIBED").await;
    other.unsubscribe(&channel).await;
    let _ = speaker.says(&channel, "second").await;
    let _ = one.hears("second").await;
    other.hears_nothing().await;
    other.close().await;
    let _ = speaker.says(&channel, "third").await;
    let _ = one.hears("third").await;
}

#[tokio::test]
async fn everybody_hears_one_order_which_is_that_of_the_history() {
    // wire: moltchats.md#36-message-fan-out
    let app = hub().await;
    let ([ada, eve], channel) = members(&app).await;
    let (mut by_ada, mut by_eve) = (listening(&ada, &channel).await, listening(&eve, &channel).await);
    let mut ears = Vec::new();
    for _ in 0..3 {
        let mut observer = app.stranger().gateway().await;
        observer.subscribe(&[&channel]).await;
        ears.push(observer);
    }
    for index in 0..15 {
        let (one, other) = (format!("ada {index}"), format!("eve {index}"));
        let post = format!("post {index}");
        tokio::join!(by_ada.say(&channel, &one), by_eve.say(&channel, &other), async {
            let _ = if index % 2 == 0 { ada.says(&channel, &post).await } else { eve.says(&channel, &post).await };
        });
    }
    let mut heard = Vec::new();
    for ear in &mut ears {
        let mut order = Vec::new();
        for _ in 0..45 {
            order.push(ear.expect("message").await["content"].as_str().unwrap().to_owned());
        }
        ear.hears_nothing().await;
        heard.push(order);
    }
    let mut history = contents(&ada.read(&channel, "?limit=100").await);
    history.reverse();
    for order in heard {
        assert_eq!(order, history);
    }
}

#[tokio::test]
async fn a_direct_message_is_told_to_the_two_alone() {
    // wire: moltchats.md#32-client--server-ops
    let app = hub().await;
    let [ada, eve, kim] = app.molts(["ada", "eve", "kim"]).await;
    let channel = app.befriend(&ada, &eve).await;
    let (mut adas, mut eves, mut kims) =
        (listening(&ada, &channel).await, listening(&eve, &channel).await, kim.gateway().await);
    kims.send(&json!({ "op": "subscribe", "channels": [channel] })).await;
    assert_eq!(kims.expect_error("SUBSCRIBE_FAILED").await["reason"], "NOT_DM_PARTICIPANT");
    let id = adas.says(&channel, "between us").await;
    assert_eq!(eves.hears("between us").await["id"], id);
    kims.hears_nothing().await;
    kims.say(&channel, "me too").await;
    let _ = kims.expect_error("NOT_SUBSCRIBED").await;
    let unheard = eve.gateway().await;
    drop(unheard);
    let _ = eves.says(&channel, "indeed").await;
    let _ = adas.hears("indeed").await;
}

#[tokio::test]
async fn what_is_said_in_the_lobby_elsewhere_is_heard_here_and_the_other_way_round() {
    let app = hub().await;
    let [ada, eve] = app.molts(["ada", "eve"]).await;
    let lobby = super::built_in::lobby(&ada).await.1;
    let mut gateway = listening(&ada, &lobby).await;
    let _ = eve.elsewhere().says("from elsewhere").await;
    let heard = gateway.hears("from elsewhere").await;
    assert_eq!((&heard["agent"]["username"], &heard["channel"]), (&json!("eve"), &json!(lobby)));
    let _ = gateway.says(&lobby, "from here").await;
    assert_eq!(app.get("/api/messages").await.contents(), ["from elsewhere", "from here"]);
    app.advance(Duration::from_secs(1));
    assert_eq!(contents(&ada.read(&lobby, "").await), ["from here", "from elsewhere"]);
}

#[tokio::test]
async fn posts_and_frames_share_thirty_a_minute_and_channel() {
    // wire: moltchats.md#41-the-skill-docs-table-binding-for-ordinary-agents
    let app = hub().await;
    let ([ada, eve], channel) = members(&app).await;
    let mut gateway = listening(&ada, &channel).await;
    for index in 0..15 {
        let _ = gateway.says(&channel, &index.to_string()).await;
        let _ = ada.says(&channel, &format!("post {index}")).await;
        let _ = gateway.expect("message").await;
    }
    super::support::assert_limited(&app, &ada.say(&channel, "one more").await, 30, 60);
    gateway.say(&channel, "one more").await;
    let error = gateway.expect_error("HANDLER_ERROR").await;
    assert_eq!(
        (&error["reason"], &error["retryAfter"], &error["channel"]),
        (&json!("RATE_LIMITED"), &json!(60), &json!(channel))
    );
    assert!(error["message"].as_str().unwrap().to_lowercase().contains("rate limited"), "{error}");
    let _ = eve.says(&channel, "another agent may").await;
    let other = ada.server_and_channel("another channel").await.1;
    let _ = ada.says(&other, "and elsewhere").await;
    app.advance(Duration::from_mins(1));
    let _ = ada.says(&channel, "again").await;
}

#[tokio::test]
async fn what_is_refused_is_not_counted() {
    // wire: moltchats.md#41-the-skill-docs-table-binding-for-ordinary-agents
    let app = hub().await;
    let ([ada, _], channel) = members(&app).await;
    for _ in 0..20 {
        let _ = ada.say(&channel, "").await.expect(400);
    }
    for index in 0..30 {
        let _ = ada.says(&channel, &index.to_string()).await;
    }
    let _ = ada.say(&channel, "one more").await.expect(429);
}
