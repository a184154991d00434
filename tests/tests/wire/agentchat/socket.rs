//! The WebSocket: hello, what waits, what comes, and what its client says.

use std::time::Duration;

use serde_json::{Value, json};
use tertulia_testkit::{AcCaller, Connection, Request, TestApp, WebSocket};

use super::support::hub;

async fn connect(agent: &AcCaller) -> WebSocket {
    let connection = Connection::open(agent.address).await;
    WebSocket::open(connection, Request::new("GET", "/v1/ws")).await.unwrap()
}

/// A connection that has said who it is.
async fn greeted(agent: &AcCaller, capabilities: &[&str]) -> WebSocket {
    let mut socket = connect(agent).await;
    let hello = json!({ "type": "hello", "api_key": agent.key(), "capabilities": capabilities, "client": "x" });
    socket.send(&hello.to_string()).await;
    let answer = socket.next_json().await;
    let expected = if capabilities.contains(&"ack") {
        json!({ "type": "hello.ok", "capabilities": ["ack"] })
    } else {
        json!({ "type": "hello.ok" })
    };
    assert_eq!(answer, expected);
    socket
}

async fn send(from: &AcCaller, to: &str, key: &str) -> Value {
    let body = json!({ "to": to, "client_msg_id": key, "content": { "text": key } });
    from.post("/v1/messages", &body).await.expect(201).json()
}

async fn talking(app: &TestApp) -> [AcCaller; 2] {
    let [ada, bob] = app.acs(["ada", "bob"]).await;
    send(&ada, "bob", "hello").await;
    send(&bob, "ada", "yes").await;
    [ada, bob]
}

/// The next message's text.
async fn next(socket: &mut WebSocket) -> String {
    let frame = socket.next_of("message.new").await;
    frame["payload"]["content"]["text"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn what_waits_comes_first_and_what_comes_follows() {
    // wire: agentchat.md#77-connect-drain-and-ordering-rules
    let app = hub().await;
    let [ada, bob] = talking(&app).await;
    for number in 0..450 {
        send(&ada, "bob", &format!("waiting {number}")).await;
        app.clock().advance(Duration::from_millis(20));
    }
    let mut socket = greeted(&bob, &["ack"]).await;
    assert_eq!(next(&mut socket).await, "hello");
    for number in 0..450 {
        assert_eq!(next(&mut socket).await, format!("waiting {number}"));
    }
    let live = send(&ada, "bob", "live").await;
    let frame = socket.next_of("message.new").await;
    assert_eq!(frame["payload"], live);
}

#[tokio::test]
async fn what_is_acknowledged_waits_no_more_and_the_rest_comes_again() {
    // wire: agentchat.md#75-ack-mode-versus-legacy-mode
    let app = hub().await;
    let [ada, bob] = talking(&app).await;
    let mut socket = greeted(&bob, &["ack"]).await;
    assert_eq!(next(&mut socket).await, "hello");
    let (one, two) = (send(&ada, "bob", "one").await, send(&ada, "bob", "two").await);
    assert_eq!((next(&mut socket).await, next(&mut socket).await), ("one".to_owned(), "two".to_owned()));
    for id in [&two["id"], &two["id"], &json!("msg_AAAAAAAAAAAAAAAAAAAAAA"), &json!("x"), &json!(7)] {
        socket.send(&json!({ "type": "ack", "message_id": id }).to_string()).await;
    }
    // Frames are read in order: when typing has arrived, so have the acknowledgements.
    let mut ears = greeted(&ada, &["ack"]).await;
    assert_eq!(next(&mut ears).await, "yes");
    let typing = json!({ "type": "typing.start", "payload": { "conversation_id": one["conversation_id"] } });
    socket.send(&typing.to_string()).await;
    let heard = ears.next_of("typing.start").await;
    assert_eq!(heard["payload"], json!({ "conversation_id": one["conversation_id"], "sender": "bob" }));
    let mut again = greeted(&bob, &["ack"]).await;
    assert_eq!((next(&mut again).await, next(&mut again).await), ("hello".to_owned(), "one".to_owned()));
    send(&ada, "bob", "three").await;
    assert_eq!(next(&mut again).await, "three");
    assert_eq!(next(&mut socket).await, "three");
}

#[tokio::test]
async fn without_acknowledgements_what_was_pushed_is_delivered() {
    // wire: agentchat.md#75-ack-mode-versus-legacy-mode
    let mut app = hub().await;
    let [ada, bob] = talking(&app).await;
    let mut socket = greeted(&bob, &[]).await;
    assert_eq!(next(&mut socket).await, "hello");
    send(&ada, "bob", "one").await;
    assert_eq!(next(&mut socket).await, "one");
    socket.close(1000).await;
    app.restart().await;
    let mut again = greeted(&bob.at(&app), &["ack"]).await;
    send(&ada.at(&app), "bob", "two").await;
    assert_eq!(next(&mut again).await, "two");
}

#[tokio::test]
async fn nobody_hears_what_it_has_said_itself_nor_whom_it_has_muted() {
    // wire: agentchat.md#58-who-gets-woken
    let app = hub().await;
    let [ada, bob] = talking(&app).await;
    let eve = app.ac("eve").await;
    send(&bob, "eve", "hello").await;
    send(&eve, "bob", "yes").await;
    let mute = json!({ "target_kind": "agent", "target_handle": "eve", "muted_until": null });
    drop(bob.post("/v1/mutes", &mute).await.expect(201));
    let mut socket = greeted(&bob, &["ack"]).await;
    let mut waiting = vec!["hello".to_owned(), "yes".to_owned()];
    assert_eq!([next(&mut socket).await, next(&mut socket).await], waiting[..]);
    // Whom it has muted comes along only as long as the socket still fetches what waited.
    for round in 0.. {
        assert!(round < 50, "who is muted is heard");
        let [muted, own, heard] = ["muted", "own", "heard"].map(|what| format!("{what} {round}"));
        send(&eve, "bob", &muted).await;
        send(&bob, "ada", &own).await;
        send(&ada, "bob", &heard).await;
        waiting.extend([muted.clone(), heard.clone()]);
        let first = next(&mut socket).await;
        if first == heard {
            break;
        }
        assert_eq!([first, next(&mut socket).await], [muted, heard]);
    }
    // It waits all the same.
    let mut again = greeted(&bob, &["ack"]).await;
    for text in waiting {
        assert_eq!(next(&mut again).await, text);
    }
}

#[tokio::test]
async fn who_does_not_say_who_it_is_is_turned_away() {
    // wire: agentchat.md#72-close-codes
    let app = hub().await;
    let ada = app.ac("ada").await;
    for first in ["nonsense", r#"{"type":"ack"}"#, r#"{"type":"hello"}"#, r#"{"type":"hello","token":"x"}"#] {
        let mut socket = connect(&ada).await;
        socket.send(first).await;
        assert_eq!(socket.closed().await, (1008, "HELLO frame required first".to_owned()), "{first}");
    }
    let mut socket = connect(&ada).await;
    socket.send(r#"{"type":"hello","api_key":"ac_live_nobody"}"#).await;
    assert_eq!(socket.closed().await, (1008, "Invalid token".to_owned()));
    let late = connect(&ada).await;
    app.clock().advance(Duration::from_secs(6));
    assert_eq!(late.closed().await, (4408, "HELLO timeout".to_owned()));
}

#[tokio::test]
async fn a_key_in_the_header_is_looked_at_before_the_upgrade() {
    // wire: agentchat.md#71-path-and-handshake
    let app = hub().await;
    let [ada, bob] = talking(&app).await;
    let request = |key: &str| {
        let request = Request::new("GET", "/v1/ws").header("Authorization", &format!("Bearer {key}"));
        request.header("X-AgentChat-Capabilities", "ack, later").header("X-AgentChat-Client", "coding_agents")
    };
    let refused = WebSocket::open(Connection::open(ada.address).await, request("ac_live_wrong")).await;
    let Err(refused) = refused else { panic!("a bad key is no key") };
    super::support::assert_refused(&refused, 401, "UNAUTHORIZED");
    let mut socket = WebSocket::open(Connection::open(ada.address).await, request(bob.key())).await.unwrap();
    assert_eq!(socket.next_json().await, json!({ "type": "hello.ok", "capabilities": ["ack"] }));
    assert_eq!(next(&mut socket).await, "hello");
    send(&ada, "bob", "live").await;
    assert_eq!(next(&mut socket).await, "live");
}

#[tokio::test]
async fn what_ends_an_account_ends_its_connections() {
    // wire: agentchat.md#72-close-codes
    let app = hub().await;
    let [ada, bob] = app.acs(["ada", "bob"]).await;
    let socket = greeted(&ada, &["ack"]).await;
    drop(ada.send(&ada.request("DELETE", "/v1/agents/ada")).await.expect(200));
    assert_eq!(socket.closed().await, (1008, "Account deleted".to_owned()));
    let socket = greeted(&bob, &["ack"]).await;
    app.chat().suspend("bob").await.unwrap();
    assert_eq!(socket.closed().await, (1008, "Account suspended".to_owned()));
    let mut again = connect(&bob).await;
    again.send(&json!({ "type": "hello", "api_key": bob.key() }).to_string()).await;
    assert_eq!(again.closed().await, (1008, "Account suspended".to_owned()));
}
