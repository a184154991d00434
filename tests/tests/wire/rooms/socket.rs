//! WebSocket `/api/ws`: subscribing, and what is then told.

use serde_json::{Value, json};
use tertulia_testkit::{Request, TestApp, WebSocket};

use super::support::{LONGEST_TTL, NO_ROOM, SOCKET, each, subscribe};

/// Subscribes, and the history that is answered.
async fn subscribed(socket: &mut WebSocket, room: &str, after: Option<&str>) -> Value {
    socket.send(&subscribe(room, after)).await;
    assert_eq!(socket.next_json().await, json!({ "type": "subscribed", "room": room }));
    let history = socket.next_json().await;
    assert_eq!((&history["type"], &history["room"]), (&json!("history"), &json!(room)));
    history
}

fn contents(history: &Value) -> Vec<&str> {
    each(&history["messages"], "content")
}

fn numbers(range: std::ops::Range<usize>) -> Vec<String> {
    range.map(|index| index.to_string()).collect()
}

/// A room with a long life in which `0`, `1`, … were said.
async fn said(app: &TestApp, count: usize) -> (String, Vec<String>) {
    let ada = app.bot("Ada").await;
    let fields = json!({ "name": "open", "ttl": LONGEST_TTL.as_secs() });
    let room = ada.create_room(&fields).await.expect(201).str_at("/room/id");
    let mut ids = Vec::with_capacity(count);
    for index in 0..count {
        ids.push(ada.says_in(&room, &index.to_string()).await);
    }
    (room, ids)
}

#[tokio::test]
async fn a_subscription_is_confirmed_and_begins_with_the_history() {
    let app = TestApp::start_unlimited().await;
    let ada = app.bot("Ada").await;
    let said = ada.say_globally("hello").await.expect(201).json()["message"].clone();
    let mut socket = app.socket(SOCKET).await;
    socket.send(&subscribe("global", None)).await;
    assert_eq!(socket.next_text().await, r#"{"type":"subscribed","room":"global"}"#);
    let history = socket.next_json().await;
    assert_eq!(history, json!({ "type": "history", "room": "global", "messages": [said], "truncated": false }));
}

#[tokio::test]
async fn where_nothing_was_said_the_history_is_empty() {
    let app = TestApp::start_unlimited().await;
    let (room, _) = said(&app, 0).await;
    for place in ["global", &*room] {
        let mut socket = app.socket(SOCKET).await;
        let history = subscribed(&mut socket, place, None).await;
        assert_eq!((&history["messages"], &history["truncated"]), (&json!([]), &json!(false)));
    }
}

#[tokio::test]
async fn a_message_is_told_as_it_was_answered() {
    let app = TestApp::start_unlimited().await;
    let ada = app.bot("Ada").await;
    let room = ada.public_room("open").await;
    let mut socket = app.socket(SOCKET).await;
    for place in ["global", &*room] {
        let _ = subscribed(&mut socket, place, None).await;
    }
    let said = ada.say_in(&room, "in the room").await.expect(201).json()["message"].clone();
    assert_eq!(socket.next_of("message").await, json!({ "type": "message", "room": room, "message": said }));
    let said = ada.say_globally("in the lobby").await.expect(201).json()["message"].clone();
    assert_eq!(socket.next_of("message").await, json!({ "type": "message", "room": "global", "message": said }));
}

#[tokio::test]
async fn what_is_said_through_the_other_surface_is_told_too() {
    let app = TestApp::start_unlimited().await;
    let eve = app.agent("Eve").await;
    let mut socket = app.socket(SOCKET).await;
    let _ = subscribed(&mut socket, "global", None).await;
    let id = eve.says("hello").await;
    let told = socket.next_of("message").await;
    assert_eq!((&told["message"]["id"], &told["message"]["botName"]), (&json!(id), &json!("Eve")));
    assert_eq!(told["message"]["roomId"], "global");
}

#[tokio::test]
async fn the_history_is_the_last_100_oldest_first() {
    let app = TestApp::start_unlimited().await;
    let (room, _) = said(&app, 130).await;
    let history = subscribed(&mut app.socket(SOCKET).await, &room, None).await;
    assert_eq!(contents(&history), numbers(30..130));
    assert_eq!(history["truncated"], false);
}

#[tokio::test]
async fn a_subscription_after_a_message_begins_with_what_came_later() {
    let app = TestApp::start_unlimited().await;
    let (room, ids) = said(&app, 6).await;
    for (after, missed) in [(2, 3..6), (5, 6..6), (0, 1..6)] {
        let history = subscribed(&mut app.socket(SOCKET).await, &room, Some(&ids[after])).await;
        assert_eq!(contents(&history), numbers(missed));
        assert_eq!(history["truncated"], false);
    }
}

#[tokio::test]
async fn at_most_1000_missed_messages_are_made_up_for() {
    let app = TestApp::start_unlimited().await;
    let (room, ids) = said(&app, 1_002).await;
    let whole = subscribed(&mut app.socket(SOCKET).await, &room, Some(&ids[1])).await;
    assert_eq!(
        (contents(&whole), &whole["truncated"]),
        (numbers(2..1_002).iter().map(String::as_str).collect(), &json!(false))
    );
    let newest = subscribed(&mut app.socket(SOCKET).await, &room, Some(&ids[0])).await;
    assert_eq!(
        (contents(&newest), &newest["truncated"]),
        (numbers(902..1_002).iter().map(String::as_str).collect(), &json!(true))
    );
}

#[tokio::test]
async fn an_id_of_a_history_that_is_gone_gives_the_newest_and_says_so() {
    let app = TestApp::start_unlimited().await;
    let (room, ids) = said(&app, 2).await;
    let other_epoch = ids[0].replacen("0001-", "0002-", 1);
    let other_mark = format!("{}00000000", &ids[0][..18]);
    for after in [&*other_epoch, &other_mark, "0001-ffffffffffff-00000000"] {
        let history = subscribed(&mut app.socket(SOCKET).await, &room, Some(after)).await;
        assert_eq!((contents(&history), &history["truncated"]), (vec!["0", "1"], &json!(true)), "{after}");
    }
}

#[tokio::test]
async fn what_is_no_id_is_refused_and_the_connection_stays() {
    let app = TestApp::start_unlimited().await;
    let (room, _) = said(&app, 1).await;
    let mut socket = app.socket(SOCKET).await;
    for after in [json!("garbage"), json!(""), json!("0001-000000000001")] {
        let frame = json!({ "type": "subscribe", "room": room, "after": after });
        socket.send(&frame.to_string()).await;
        let error = socket.next_json().await;
        assert_eq!((&error["type"], &error["code"]), (&json!("error"), &json!("INVALID_CURSOR")), "{after}");
        assert_eq!(error["room"], *room);
    }
    assert_eq!(contents(&subscribed(&mut socket, &room, None).await), ["0"]);
}

#[tokio::test]
async fn null_is_as_good_as_no_after() {
    let app = TestApp::start_unlimited().await;
    let (room, _) = said(&app, 1).await;
    let mut socket = app.socket(SOCKET).await;
    socket.send(&json!({ "type": "subscribe", "room": room, "after": null }).to_string()).await;
    assert_eq!(socket.next_json().await["type"], "subscribed");
    assert_eq!(contents(&socket.next_json().await), ["0"]);
}

#[tokio::test]
async fn one_connection_follows_many_rooms_and_tells_them_apart() {
    let app = TestApp::start_unlimited().await;
    let mut rooms = Vec::new();
    for index in 0..8 {
        let bot = app.bot(&format!("bot-{index}")).await;
        rooms.push((bot.public_room(&index.to_string()).await, bot));
    }
    let mut socket = app.socket(SOCKET).await;
    for (room, _) in &rooms {
        let _ = subscribed(&mut socket, room, None).await;
    }
    for (room, bot) in rooms.iter().rev() {
        let _ = bot.says_in(room, &format!("in {room}")).await;
        let told = socket.next_of("message").await;
        assert_eq!((&told["room"], &told["message"]["content"]), (&json!(room), &json!(format!("in {room}"))));
    }
}

#[tokio::test]
async fn after_unsubscribing_nothing_more_is_told() {
    let app = TestApp::start_unlimited().await;
    let ada = app.bot("Ada").await;
    let (room, other) = (ada.public_room("open").await, ada.public_room("other").await);
    let mut socket = app.socket(SOCKET).await;
    for place in [&room, &other] {
        let _ = subscribed(&mut socket, place, None).await;
    }
    socket.send(&json!({ "type": "unsubscribe", "room": room }).to_string()).await;
    socket.send(r#"{"type":"ping"}"#).await;
    assert_eq!(socket.next_of("pong").await, json!({ "type": "pong" }));
    let _ = ada.says_in(&room, "not heard").await;
    let _ = ada.says_in(&other, "heard").await;
    assert_eq!(socket.next_json().await["message"]["content"], "heard");
    // And back again, with what was missed.
    assert_eq!(contents(&subscribed(&mut socket, &room, None).await), ["not heard"]);
}

#[tokio::test]
async fn subscribing_twice_does_not_tell_twice() {
    let app = TestApp::start_unlimited().await;
    let ada = app.bot("Ada").await;
    let room = ada.public_room("open").await;
    let mut socket = app.socket(SOCKET).await;
    for _ in 0..3 {
        socket.send(&subscribe(&room, None)).await;
    }
    socket.send(r#"{"type":"ping"}"#).await;
    let _ = socket.next_of("pong").await;
    for text in ["one", "two"] {
        let _ = ada.says_in(&room, text).await;
    }
    for text in ["one", "two"] {
        assert_eq!(socket.next_json().await["message"]["content"], text);
    }
}

#[tokio::test]
async fn frames_are_answered_in_their_order_also_those_that_came_with_the_handshake() {
    let app = TestApp::start_unlimited().await;
    let (room, _) = said(&app, 3).await;
    let frames =
        [subscribe("global", None), r#"{"type":"ping"}"#.to_owned(), subscribe(&room, None), "nonsense".to_owned()];
    let texts: Vec<_> = frames.iter().map(String::as_str).collect();
    let mut socket = app.socket_with(Request::new("GET", SOCKET), &texts).await.unwrap();
    let mut kinds = Vec::new();
    for _ in 0..6 {
        kinds.push(socket.next_json().await["type"].as_str().unwrap().to_owned());
    }
    assert_eq!(kinds, ["subscribed", "history", "pong", "subscribed", "history", "error"]);
}

#[tokio::test]
async fn a_room_that_is_not_there_is_named_in_an_error_and_the_connection_stays() {
    let app = TestApp::start_unlimited().await;
    let ada = app.bot("Ada").await;
    let destroyed = ada.public_room("open").await;
    let _ = ada.destroy(&destroyed).await.expect(200);
    let mut socket = ada.socket(SOCKET).await;
    for room in [NO_ROOM, "x", "", "Global", &destroyed, &ada.id] {
        socket.send(&subscribe(room, None)).await;
        let error = socket.next_json().await;
        assert_eq!((&error["type"], &error["code"]), (&json!("error"), &json!("ROOM_NOT_FOUND")), "{room}");
        assert_eq!(error["room"], *room);
        assert!(error["error"].as_str().is_some_and(|words| !words.is_empty()));
    }
    let _ = subscribed(&mut socket, "global", None).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn from_history_to_live_nothing_is_missed_or_told_twice() {
    let app = TestApp::start_unlimited().await;
    let (room, _) = said(&app, 0).await;
    let mut talking = tokio::task::JoinSet::new();
    for writer in 0..4 {
        let (bot, room) = (app.bot(&format!("bot-{writer}")).await, room.clone());
        talking.spawn(async move {
            for count in 0..100 {
                let _ = bot.says_in(&room, &count.to_string()).await;
            }
        });
    }
    let mut listening = tokio::task::JoinSet::new();
    for _ in 0..10 {
        let (mut socket, room) = (app.socket(SOCKET).await, room.clone());
        listening.spawn(async move {
            let history = subscribed(&mut socket, &room, None).await;
            let mut ids: Vec<String> = each(&history["messages"], "id").into_iter().map(str::to_owned).collect();
            while ids.last().is_none_or(|id| !id.starts_with("0001-000000000190-")) {
                ids.push(socket.next_of("message").await["message"]["id"].as_str().unwrap().to_owned());
            }
            ids
        });
    }
    talking.join_all().await;
    for ids in listening.join_all().await {
        let places: Vec<_> = ids.iter().map(|id| usize::from_str_radix(&id[5..17], 16).unwrap()).collect();
        assert_eq!(places, (places[0]..=400).collect::<Vec<_>>());
        assert_eq!(places[0].max(1), places[0]);
    }
}

#[tokio::test]
async fn a_listener_resumes_across_a_restart() {
    let mut app = TestApp::start_unlimited().await;
    let (room, ids) = said(&app, 4).await;
    let mut socket = app.socket(SOCKET).await;
    let _ = subscribed(&mut socket, &room, None).await;
    let stopping = socket.closed();
    let (closed, ()) = tokio::join!(stopping, app.restart());
    assert_eq!(closed.0, 1001, "{}", closed.1);
    let history = subscribed(&mut app.socket(SOCKET).await, &room, Some(&ids[1])).await;
    assert_eq!(contents(&history), ["2", "3"]);
}
