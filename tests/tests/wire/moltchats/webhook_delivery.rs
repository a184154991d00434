//! What webhooks are told, and how patiently.

use std::time::Duration;

use insta::assert_snapshot;
use ring::hmac;
use serde_json::{Value, json};
use tertulia_doubles::receiver::{Answer, Arrival, Receiver};
use tertulia_host::{
    Config,
    control::{self, Command, OutboxLine},
};
use tertulia_testkit::{MoltAgent, TestApp, eventually};

use super::support::{hub, one_address};

/// The events that are sent.
const EVENTS: [&str; 3] = ["dm.received", "mention.received", "friend_request.received"];

/// An agent that is told of everything at a receiver of its own, and the secret.
async fn reachable(app: &TestApp, name: &str) -> (MoltAgent, Receiver, String) {
    let agent = app.molt(name).await;
    let receiver = Receiver::start().await;
    let config = json!({ "webhookUrl": receiver.url(), "webhookEvents": EVENTS });
    let secret = agent.put("/webhooks/config", &config).await.expect(200).str_at("/webhookSecret");
    (agent, receiver, secret)
}

/// Lets the hub call public addresses only. The vouching service of a test is none, and not asked.
pub(super) fn only_public(config: &mut Config) {
    one_address(config);
    config.outgoing.private_addresses = false;
    config.moltbook.base_url = Config::default().moltbook.base_url;
}

/// Checks where and how something was sent, and that its signature is right.
// wire: agentchat.md#92-delivery-request
#[track_caller]
pub(super) fn assert_signed(arrival: &Arrival, secret: &str) {
    assert_eq!((arrival.method.as_str(), arrival.target.as_str()), ("POST", "/hook?key=value"));
    assert_eq!(arrival.headers["content-type"], "application/json");
    let signature = arrival.headers["x-moltchats-signature"].to_str().unwrap();
    let (moment, hex) = signature.strip_prefix("t=").and_then(|rest| rest.split_once(",v1=")).expect("two parts");
    let signed = [moment.as_bytes(), b".", &arrival.body].concat();
    let expected = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes()), &signed);
    let expected = expected.as_ref().iter().fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"));
    assert_eq!(hex, expected);
    assert!(moment.parse::<i64>().unwrap() > 1_700_000_000);
}

fn body(arrival: &Arrival) -> Value {
    serde_json::from_slice(&arrival.body).unwrap()
}

/// What waits and what is dead, as the operator is told.
async fn outbox(app: &TestApp) -> Vec<OutboxLine> {
    let directory = app.directory().to_owned();
    let asked = tokio::task::spawn_blocking(move || control::ask(&directory, &Command::Outbox));
    let control::Answer::Outbox { entries, .. } = asked.await.unwrap().unwrap() else {
        panic!("the outbox was asked for")
    };
    entries
}

/// Waits until the operator is told of exactly one delivery that is so.
async fn stands(app: &TestApp, is_so: impl Fn(&OutboxLine) -> bool) -> OutboxLine {
    eventually("a delivery to stand as expected", || async {
        let entries = outbox(app).await;
        entries.into_iter().next().filter(|entry| is_so(entry))
    })
    .await
}

#[tokio::test]
async fn who_is_named_while_away_is_told() {
    // wire: moltchats.md#29-webhooks
    let app = hub().await;
    let (bob, receiver, secret) = reachable(&app, "bob").await;
    let ada = app.agent("Ada").await;
    let text = format!("hello @BOB, {}", "\u{1f916}".repeat(110));
    let said = ada.say(&text).await.expect(201);

    let arrived = receiver.arrivals(1).await.remove(0);
    assert_signed(&arrived, &secret);
    let told = body(&arrived);
    let lobby = told["channelId"].as_str().unwrap().to_owned();
    assert_eq!(app.chat().lobby().id.to_string(), lobby);
    assert_eq!(told["agentId"], bob.id);
    assert_eq!(told["from"], json!({ "username": "ada", "displayName": null }));
    let preview = told["messagePreview"].as_str().unwrap();
    assert!(text.starts_with(preview) && preview.encode_utf16().count() == 200, "{preview}");
    assert_eq!(told["timestamp"], said.str_at("/message/createdAt"));
    assert_eq!(told["event"], "mention.received");
}

#[tokio::test]
async fn the_words_are_those_of_the_contract() {
    // wire: moltchats.md#29-webhooks
    let app = hub().await;
    let (_bob, receiver, _) = reachable(&app, "bob").await;
    let _ = app.agent("ada").await.say("@bob").await.expect(201);
    let arrived = receiver.arrivals(1).await.remove(0);
    let mut told = body(&arrived);
    for varies in ["agentId", "channelId", "timestamp"] {
        told[varies] = json!("…");
    }
    assert_snapshot!(told, @r#"{"agentId":"…","channelId":"…","event":"mention.received","from":{"displayName":null,"username":"ada"},"messagePreview":"@bob","timestamp":"…"}"#);
}

#[tokio::test]
async fn who_has_a_socket_open_is_not_told() {
    // wire: moltchats.md#29-webhooks
    let app = hub().await;
    let (bob, receiver, _) = reachable(&app, "bob").await;
    let ada = app.agent("ada").await;
    let mut gateway = bob.gateway().await;
    gateway.subscribe(&[&app.chat().lobby().id.to_string()]).await;
    let _ = ada.say("@bob one").await.expect(201);
    gateway.hears("@bob one").await;
    assert!(outbox(&app).await.is_empty());
    gateway.close().await;
    eventually("the socket to be gone", || async {
        let bob = app.chat().agent_named("bob").await.unwrap()?;
        (app.chat().presence_of(&bob) == tertulia_core::Presence::Offline).then_some(())
    })
    .await;

    app.advance(Duration::from_mins(5));
    let _ = ada.say("@bob two").await.expect(201);
    assert_eq!(body(&receiver.arrivals(1).await[0])["messagePreview"], "@bob two");
    assert_eq!(receiver.count(), 1);
}

#[tokio::test]
async fn what_fails_is_tried_three_times_and_then_kept_for_the_operator() {
    // wire: moltchats.md#29-webhooks
    let app = hub().await;
    let (_bob, receiver, secret) = reachable(&app, "bob").await;
    let elsewhere = Receiver::start().await;
    receiver.answer([Answer::Status(500), Answer::To(elsewhere.url()), Answer::Never]);
    let _ = app.agent("ada").await.say("@bob").await.expect(201);
    receiver.arrivals(1).await;
    let waiting = stands(&app, |entry| entry.reason.is_some()).await;
    assert_eq!(
        (waiting.state.as_str(), waiting.attempts, waiting.reason.as_deref()),
        ("waiting", 1, Some("status 500"))
    );
    assert_eq!((waiting.agent.as_str(), waiting.topic.as_str()), ("bob", "mentioned"));
    assert!(receiver.url().starts_with(&format!("{}/", waiting.target)), "{waiting:?}");

    app.advance(Duration::from_secs(1));
    receiver.arrivals(2).await;
    stands(&app, |entry| entry.reason.as_deref() == Some("status 307")).await;
    app.advance(Duration::from_millis(1_999));
    app.clock().somebody_sleeps(Duration::from_millis(1)).await;
    assert_eq!(receiver.count(), 2);
    app.advance(Duration::from_millis(1));
    receiver.arrivals(3).await;
    app.advance(Duration::from_secs(10));
    let dead = stands(&app, |entry| entry.state == "dead").await;
    assert_eq!((dead.attempts, dead.reason.as_deref()), (3, Some("no answer in time")));
    assert_eq!(elsewhere.count(), 0, "redirects are not followed");

    let arrived = receiver.arrivals(3).await;
    for arrival in &arrived {
        assert_signed(arrival, &secret);
        assert_eq!(arrival.body, arrived[0].body);
    }
    assert_ne!(arrived[0].headers["x-moltchats-signature"], arrived[2].headers["x-moltchats-signature"]);
    app.advance(Duration::from_hours(24 * 90));
    app.advance(Duration::from_hours(1));
    eventually("what is dead to be deleted", || async { outbox(&app).await.is_empty().then_some(()) }).await;
}

#[tokio::test]
async fn what_waits_goes_on_after_a_restart() {
    let mut app = hub().await;
    let (_bob, receiver, secret) = reachable(&app, "bob").await;
    receiver.answer([Answer::Never, Answer::Status(503)]);
    let _ = app.agent("ada").await.say("@bob").await.expect(201);
    receiver.arrivals(1).await;
    app.restart().await;
    receiver.arrivals(2).await;
    stands(&app, |entry| entry.reason.as_deref() == Some("status 503")).await;
    app.restart().await;
    app.advance(Duration::from_secs(1));
    let arrived = receiver.arrivals(3).await;
    assert_eq!(arrived[2].body, arrived[0].body);
    assert_signed(&arrived[2], &secret);
    eventually("the outbox to be empty", || async { outbox(&app).await.is_empty().then_some(()) }).await;
}

#[tokio::test]
async fn an_agent_is_woken_as_often_as_it_wants() {
    // wire: moltchats.md#29-webhooks
    let app = hub().await;
    let (bob, receiver, _) = reachable(&app, "bob").await;
    let _ = bob.patch("/agents/@me/config", &json!({ "maxInboundWakesPerHour": 2 })).await.expect(200);
    let ada = app.agent("ada").await;
    for number in 1..=4 {
        let _ = ada.say(&format!("@bob {number}")).await.expect(201);
        eventually("the outbox to be empty", || async { outbox(&app).await.is_empty().then_some(()) }).await;
        app.advance(Duration::from_mins(5));
    }
    assert_eq!(receiver.count(), 2);
    app.advance(Duration::from_mins(40));
    let _ = ada.say("@bob again").await.expect(201);
    assert_eq!(body(&receiver.arrivals(3).await[2])["messagePreview"], "@bob again");
}

#[tokio::test]
async fn a_private_address_is_not_called_by_default() {
    // wire: moltchats.md#84-moderation-webhooks-observers-search
    let mut app = hub().await;
    let (_bob, receiver, _) = reachable(&app, "bob").await;
    app.restart_with(only_public).await;
    let _ = app.agent("ada").await.say("@bob").await.expect(201);
    let refused = stands(&app, |entry| entry.reason.is_some()).await;
    assert_eq!(refused.reason.as_deref(), Some("the address may not be called"));
    assert_eq!(receiver.count(), 0);
}

#[tokio::test]
async fn plain_http_is_not_spoken_by_default() {
    // wire: moltchats.md#84-moderation-webhooks-observers-search
    let mut app = hub().await;
    let (_bob, receiver, _) = reachable(&app, "bob").await;
    app.restart_with(|config| {
        one_address(config);
        config.webhooks.allow_http = false;
    })
    .await;
    let _ = app.agent("ada").await.say("@bob").await.expect(201);
    stands(&app, |entry| entry.reason.as_deref() == Some("the address may not be called")).await;
    assert_eq!(receiver.count(), 0);
}

#[tokio::test]
async fn who_wants_to_hear_nothing_is_told_nothing() {
    // wire: moltchats.md#29-webhooks
    let app = hub().await;
    let (bob, receiver, _) = reachable(&app, "bob").await;
    let ada = app.agent("ada").await;
    for config in [json!({ "webhookEvents": ["dm.received"] }), json!({ "webhookUrl": null, "webhookEvents": EVENTS })]
    {
        let _ = bob.put("/webhooks/config", &config).await.expect(200);
        let _ = ada.say("@bob").await.expect(201);
        assert!(outbox(&app).await.is_empty());
        app.advance(Duration::from_mins(5));
    }
    assert_eq!(receiver.count(), 0);
}

#[tokio::test]
async fn who_is_written_to_is_told() {
    // wire: moltchats.md#29-webhooks
    let app = hub().await;
    let (bob, receiver, secret) = reachable(&app, "bob").await;
    let ada = app.molt("ada").await;
    let request = ada.requests("bob").await;
    let asked = receiver.arrivals(1).await.remove(0);
    assert_signed(&asked, &secret);
    let mut told = body(&asked);
    told["timestamp"] = json!("…");
    let from = json!({ "username": "ada", "displayName": null });
    let expected = json!({ "event": "friend_request.received", "agentId": bob.id, "from": from, "timestamp": "…" });
    assert_eq!(told, expected);

    let channel = bob.accept(&request).await.expect(200).str_at("/dmChannelId");
    let said = ada.say(&channel, "hello").await.expect(201);
    let told = body(&receiver.arrivals(2).await[1]);
    let expected = json!({
        "event": "dm.received", "agentId": bob.id, "from": from, "channelId": channel, "messagePreview": "hello",
        "timestamp": told["timestamp"],
    });
    assert_eq!(told, expected);
    assert!(told["timestamp"].as_str().unwrap() <= said.str_at("/createdAt").as_str());
    let _ = bob.say(&channel, "hello yourself").await.expect(201);
    assert_eq!(receiver.count(), 2, "nobody is told of what it says itself");
}
