//! The gateway at the wire, in the one channel that is always there.

use std::time::Duration;

use serde_json::{Value, json};
use tertulia_testkit::{AgentCaller, Request, TestApp, WebSocket};

/// The lobby, as the gateway knows it.
fn lobby(app: &TestApp) -> String {
    app.chat().lobby().id.to_string()
}

/// The id of the agent with this name.
async fn id_of(app: &TestApp, name: &str) -> String {
    app.chat().attendee(name).await.expect("a listed agent").agent.id.to_string()
}

async fn subscribe(socket: &mut WebSocket, channel: &str) {
    socket.send(&json!({ "op": "subscribe", "channels": [channel] }).to_string()).await;
}

/// A connection of an agent that listens to the lobby and has read what that is answered with.
async fn listen(app: &TestApp, agent: &AgentCaller) -> WebSocket {
    let mut socket = agent.socket("/ws").await;
    subscribe(&mut socket, &lobby(app)).await;
    for op in ["subscribed", "context", "presence"] {
        assert_eq!(socket.next_json().await["op"], op);
    }
    socket
}

fn message(channel: &str, content: &str) -> String {
    json!({ "op": "message", "channel": channel, "content": content, "nonce": "n-1" }).to_string()
}

/// What the hub answers to a text.
async fn answer(socket: &mut WebSocket, text: &str) -> Value {
    socket.send(text).await;
    socket.next_json().await
}

/// What comes next besides presence.
async fn next(socket: &mut WebSocket) -> Value {
    loop {
        let op = socket.next_json().await;
        if op["op"] != "presence" {
            return op;
        }
    }
}

async fn ping(socket: &mut WebSocket) {
    socket.send(r#"{"op":"ping"}"#).await;
    assert_eq!(next(socket).await, json!({ "op": "pong" }));
}

/// Code, reason and channel of an error op.
fn error(op: &Value) -> (&str, Option<&str>, Option<&str>) {
    assert_eq!(op["op"], "error", "{op}");
    assert!(op["message"].as_str().is_some_and(|message| !message.is_empty()), "{op}");
    (op["code"].as_str().expect("a code"), op["reason"].as_str(), op["channel"].as_str())
}

#[tokio::test]
async fn what_is_said_is_acknowledged_to_its_author_and_heard_once_by_everybody_else() {
    let app = TestApp::start_unlimited().await;
    let (ada, bob) = (app.bot("Ada").await, app.bot("Bob").await);
    let channel = lobby(&app);
    let (mut hers, mut hers_too) = (listen(&app, &ada).await, listen(&app, &ada).await);
    let mut his = listen(&app, &bob).await;
    let mut nobodys = app.socket("/").await;
    subscribe(&mut nobodys, &channel).await;
    assert_eq!(nobodys.next_json().await, json!({ "op": "subscribed", "channel": channel }));
    let presence = nobodys.next_json().await;
    let mut online: Vec<_> = presence["online"].as_array().unwrap().iter().map(|id| id.as_str().unwrap()).collect();
    let mut expected = [id_of(&app, "Ada").await, id_of(&app, "Bob").await];
    online.sort_unstable();
    expected.sort();
    assert_eq!((presence["op"].as_str(), online), (Some("presence"), expected.iter().map(String::as_str).collect()));

    let ack = answer(&mut hers, &message(&channel, "hello")).await;
    assert_eq!((&ack["op"], &ack["channel"], &ack["nonce"]), (&"message_ack".into(), &channel.into(), &"n-1".into()));
    for socket in [&mut his, &mut nobodys] {
        let heard = socket.next_json().await;
        assert_eq!((&heard["id"], &heard["timestamp"]), (&ack["id"], &ack["timestamp"]));
        let shown =
            json!({ "id": id_of(&app, "Ada").await, "username": "ada", "displayName": null, "avatarUrl": null });
        assert_eq!(heard["agent"], shown);
        assert_eq!((&heard["op"], &heard["content"]), (&"message".into(), &"hello".into()));
        assert_eq!((&heard["contentType"], &heard["trustTier"]), (&"text".into(), &"provisional".into()));
    }
    // What came another way is told to its author, too; nothing else was.
    ada.say_globally("again").await;
    for socket in [&mut hers, &mut hers_too, &mut his, &mut nobodys] {
        assert_eq!(socket.next_json().await["content"], "again");
    }
}

#[tokio::test]
async fn a_subscription_and_a_message_right_behind_it_belong_together() {
    let app = TestApp::start_unlimited().await;
    let ada = app.bot("Ada").await;
    let channel = lobby(&app);
    let subscribe = json!({ "op": "subscribe", "channels": ["nothing", channel, channel] }).to_string();
    let request = ada.request("GET", "/ws/");
    let mut socket = app.socket_with(request, &[&subscribe, &message(&channel, "hello")]).await.unwrap();
    assert_eq!(error(&socket.next_json().await), ("SUBSCRIBE_FAILED", Some("CHANNEL_NOT_FOUND"), Some("nothing")));
    for _ in 0..2 {
        assert_eq!(socket.next_json().await, json!({ "op": "subscribed", "channel": channel }));
        let context = socket.next_json().await;
        assert_eq!((&context["op"], &context["channelId"]), (&"context".into(), &channel.as_str().into()));
        assert!(context["platform"].as_str().is_some_and(|platform| !platform.is_empty()));
        assert!(context.get("server").is_none() && context.get("channel").is_none());
        assert_eq!(socket.next_json().await["online"], json!([id_of(&app, "Ada").await]));
    }
    assert_eq!(socket.next_json().await["op"], "message_ack");
    // Subscribing again has not doubled anything.
    ada.say_globally("once").await;
    assert_eq!(socket.next_json().await["content"], "once");
    assert_eq!(answer(&mut socket, r#"{"op":"ping"}"#).await, json!({ "op": "pong" }));
}

#[tokio::test]
async fn every_mistake_has_its_code_and_the_connection_goes_on() {
    let app = TestApp::start_unlimited().await;
    let ada = app.bot("Ada").await;
    let channel = lobby(&app);
    let mut socket = listen(&app, &ada).await;
    let unknown = "3b241101-e2bb-4255-8caf-4136c566a962";
    let too_long = message(&channel, &"x".repeat(4_001));
    for (text, code, reason, named) in [
        ("hello", "INVALID_JSON", None, None),
        ("[]", "INVALID_JSON", None, None),
        (r#"{"op":"sing"}"#, "UNKNOWN_OP", None, None),
        (r#"{"op":"subscribe","channels":"x"}"#, "HANDLER_ERROR", Some("VALIDATION_ERROR"), None),
        (&message(unknown, "hello"), "NOT_SUBSCRIBED", None, Some(unknown)),
        (&message(&channel, ""), "HANDLER_ERROR", Some("VALIDATION_ERROR"), Some(&*channel)),
        (&too_long, "HANDLER_ERROR", Some("MESSAGE_TOO_LONG"), Some(&channel)),
    ] {
        assert_eq!(error(&answer(&mut socket, text).await), (code, reason, named), "{text}");
    }
    let unsubscribe = json!({ "op": "unsubscribe", "channels": [unknown, channel] }).to_string();
    assert_eq!(answer(&mut socket, &unsubscribe).await, json!({ "op": "unsubscribed", "channel": unknown }));
    assert_eq!(socket.next_json().await, json!({ "op": "unsubscribed", "channel": channel }));
    let refused = answer(&mut socket, &message(&channel, "hello")).await;
    assert_eq!(error(&refused), ("NOT_SUBSCRIBED", None, Some(&*channel)));
    socket.send_binary(br#"{"op":"ping"}"#).await;
    assert_eq!(socket.next_json().await["op"], "pong");

    let mut observer = app.socket("/ws?token=").await;
    assert_eq!(error(&answer(&mut observer, &message(&channel, "hello")).await), ("READ_ONLY", None, None));
    assert_eq!(answer(&mut observer, r#"{"op":"ping"}"#).await["op"], "pong");
}

#[tokio::test]
async fn who_brings_a_bad_token_is_let_in_and_told() {
    let app = TestApp::start().await;
    let ada = app.bot("Ada").await;
    for target in ["/ws?token=a.b.c", "/?token=nonsense", &format!("/ws?token={}", ada.key)] {
        let mut socket = app.socket(target).await;
        assert_eq!(error(&socket.next_json().await), ("AUTH_FAILED", None, None), "{target}");
        assert_eq!(socket.closed().await, (4001, "Authentication failed".to_owned()));
    }
    assert_eq!(app.get("/ws").await.status, 426);
}

#[tokio::test]
async fn an_address_connects_so_often_and_is_then_refused() {
    let app = TestApp::start().await;
    for _ in 0..120 {
        drop(app.socket("/ws?token=x").await);
    }
    for target in ["/ws", "/"] {
        let refused = app.socket_with(Request::new("GET", target), &[]).await.unwrap_err();
        assert_eq!((refused.status, refused.code()), (429, "RATE_LIMITED".to_owned()));
        assert!(refused.header("retry-after").is_some());
    }
    assert_eq!(app.get("/").await.status, 200);
}

#[tokio::test]
async fn one_address_has_so_many_observers() {
    let app = TestApp::start().await;
    let mut observers = Vec::new();
    for _ in 0..20 {
        observers.push(app.socket("/ws").await);
    }
    let refused = app.socket_with(Request::new("GET", "/ws"), &[]).await.unwrap_err();
    assert_eq!((refused.status, refused.code()), (429, "RATE_LIMITED".to_owned()));
}

#[tokio::test]
async fn half_the_timeout_makes_idle_and_the_whole_of_it_closes() {
    let app = TestApp::start_unlimited().await;
    let (ada, bob) = (app.bot("Ada").await, app.bot("Bob").await);
    let mut hers = listen(&app, &ada).await;
    let mut his = listen(&app, &bob).await;
    let presence = async |name: &str| {
        let agent = app.chat().attendee(name).await.unwrap().agent;
        format!("{:?}", app.chat().presence_of(&agent))
    };
    for _ in 0..6 {
        app.advance(Duration::from_secs(30));
        ping(&mut hers).await;
        his.send(&json!({ "op": "typing", "channel": lobby(&app) }).to_string()).await;
        assert_eq!(next(&mut hers).await, json!({ "op": "typing", "channel": lobby(&app), "agent": "bob" }));
    }
    assert_eq!((presence("Ada").await, presence("Bob").await), ("Idle".to_owned(), "Online".to_owned()));
    hers.send(&message(&lobby(&app), "hello")).await;
    assert_eq!(next(&mut hers).await["op"], "message_ack");
    assert_eq!(next(&mut his).await["content"], "hello");
    assert_eq!(presence("Ada").await, "Online");

    for _ in 0..11 {
        app.advance(Duration::from_secs(30));
        hers.ping(b"there").await;
        ping(&mut his).await;
    }
    app.advance(Duration::from_secs(30));
    assert_eq!(error(&next(&mut hers).await), ("IDLE_TIMEOUT", None, None));
    assert_eq!(hers.closed().await, (4002, "Idle timeout".to_owned()));
    // What stood for the connection goes when its last words have left.
    while presence("Ada").await != "Offline" {
        tokio::task::yield_now().await;
    }
    ping(&mut his).await;
}

#[tokio::test]
async fn who_listens_to_the_lobby_is_told_every_half_minute_and_not_in_between() {
    let app = TestApp::start_unlimited().await;
    let (ada, bob) = (app.bot("Ada").await, app.bot("Bob").await);
    let mut hers = listen(&app, &ada).await;
    app.advance(Duration::from_secs(1));
    let _his = listen(&app, &bob).await;
    app.advance(Duration::from_secs(5));
    assert_eq!(answer(&mut hers, r#"{"op":"ping"}"#).await["op"], "pong");
    app.advance(Duration::from_secs(24));
    let told = hers.next_json().await;
    assert_eq!((&told["op"], told["online"].as_array().map(Vec::len)), (&"presence".into(), Some(2)));
}

#[tokio::test]
async fn an_agent_that_may_not_stay_is_told_so_ten_times_a_minute_and_then_refused() {
    let app = TestApp::start_unlimited().await;
    let [ada, bob] = app.molts(["ada", "bob"]).await;
    assert!(app.chat().suspend("ada").await.expect("the store is there"));
    let connect = |agent: &tertulia_testkit::MoltAgent| Request::new("GET", &agent.gateway_target());
    for _ in 0..10 {
        let mut socket = app.socket_with(connect(&ada), &[]).await.expect("it is let in");
        assert_eq!(error(&socket.next_json().await), ("AGENT_SUSPENDED", None, None));
        assert_eq!(socket.closed().await, (4003, "Agent is suspended".to_owned()));
    }
    let refused = app.socket_with(connect(&ada), &[]).await.unwrap_err();
    assert_eq!((refused.status, refused.code()), (429, "RATE_LIMITED".to_owned()));
    assert_eq!(refused.header("retry-after"), Some("60"));
    let mut his = app.socket_with(connect(&bob), &[]).await.expect("others are let in");
    ping(&mut his).await;
    app.advance(Duration::from_mins(1));
    let mut again = app.socket_with(connect(&ada), &[]).await.expect("it is let in again");
    assert_eq!(error(&again.next_json().await).0, "AGENT_SUSPENDED");
}
