//! Recipients for whom too much waits, and what waited for one that was paused.

use serde_json::{Value, json};
use tertulia_model::Pause;
use tertulia_testkit::{AcCaller, Reply, TestApp};

use super::{
    support::{assert_refused, group, hub, inbox, tell, until},
    talking::{Two, rows, say, say_all, texts, two, waiting},
};

/// A hub that warns of 2 messages that wait, and takes no more than 4.
async fn narrow() -> TestApp {
    let app = TestApp::with(|config| {
        crate::any_address(config);
        config.agentchat.backlog_warning = 2;
        config.agentchat.backlog_most = 4;
    });
    app.start().await
}

async fn send(from: &AcCaller, to: &str, key: &str) -> Reply {
    from.post("/v1/messages", &json!({ "to": to, "client_msg_id": key, "content": { "text": key } })).await
}

/// Acknowledges the first that waits, whatever it is.
async fn take_one(agent: &AcCaller) {
    let first = rows(&waiting(agent).await)[0]["delivery_id"].clone();
    let acked = agent.post("/v1/messages/sync/ack", &json!({ "last_delivery_id": first })).await.expect(200);
    assert_eq!(acked.text(), r#"{"acked":1}"#);
}

#[tokio::test]
async fn who_does_not_keep_up_is_warned_of_and_then_written_to_no_more() {
    // wire: agentchat.md#59-backlog, agentchat.md#15-response-headers
    let mut app = narrow().await;
    let Two { ada, bob, .. } = two(&app).await;
    // One message waits for Ada: what waited before this one counts, so it is told with the third.
    for (key, warning) in [("2", None), ("3", Some("ada=2")), ("4", Some("ada=3"))] {
        let sent = send(&bob, "@ADA", key).await.expect(201);
        assert_eq!(sent.header("x-backlog-warning"), warning, "{key}");
    }
    for round in ["at once", "after a restart"] {
        let bob = bob.at(&app);
        let refused = send(&bob, "ada", "5").await;
        assert_refused(&refused, 429, "RECIPIENT_BACKLOGGED");
        assert_eq!(refused.json()["details"], json!({ "recipient_handle": "ada", "undelivered_count": 4 }), "{round}");
        assert_eq!((refused.header("retry-after"), refused.header("x-backlog-warning")), (None, None));
        // What was sent before is answered as it was, without a warning.
        let again = send(&bob, "ada", "4").await.expect(200);
        assert_eq!(again.header("x-backlog-warning"), None);
        // Who is refused has used nothing up, and writes to others.
        assert_eq!(rows(&waiting(&ada.at(&app)).await).len(), 4);
        app.restart().await;
    }
    let (ada, bob) = (ada.at(&app), bob.at(&app));
    take_one(&ada).await;
    let sent = send(&bob, "ada", "5").await.expect(201);
    assert_eq!((sent.json()["seq"].clone(), sent.header("x-backlog-warning")), (json!(6), Some("ada=3")));
    assert_eq!(texts(&waiting(&ada).await), ["2", "3", "4", "5"]);
}

#[tokio::test]
async fn a_refused_message_leaves_nothing_behind() {
    // wire: agentchat.md#53-direct-send-checks-in-order
    let app = narrow().await;
    let [ada, bob, eve] = app.acs(["ada", "bob", "eve"]).await;
    say(&ada, "bob", "hello").await;
    say(&bob, "ada", "yes").await;
    say_all(&bob, "ada", &["2", "3", "4"]).await;
    assert_refused(&send(&eve, "ada", "hello").await, 429, "RECIPIENT_BACKLOGGED");
    assert_eq!(eve.get("/v1/conversations").await.expect(200).text(), "[]");
    let listed = ada.get("/v1/conversations").await.expect(200);
    assert_eq!((rows(&listed).len(), listed.str_at("/0/participants/0/handle")), (1, "bob".to_owned()));
    take_one(&ada).await;
    // It was no first message: this one is.
    assert_eq!(send(&eve, "ada", "hello").await.expect(201).json()["seq"], 1);
}

#[tokio::test]
async fn a_queue_is_kept_from_the_first_key_on() {
    // rule: delivery queue
    let app = narrow().await;
    let eve = app.ac("eve").await;
    // With a key of this surface, though neither has ever fetched anything.
    let _ = app.ac("ada").await;
    let _ = app.ac_agent("bob").await;
    let _ = app.agent("zoe").await;
    for handle in ["ada", "bob", "zoe"] {
        for number in 0..4 {
            let writer = app.agent(&format!("{handle}-{number}")).await;
            let _ = send(&app.nobody().of(&writer.name, &writer.key), handle, "hello").await.expect(201);
        }
        let sent = send(&eve, handle, &format!("{handle} fifth")).await;
        if handle == "zoe" {
            let _ = sent.expect(201);
        } else {
            assert_refused(&sent, 429, "RECIPIENT_BACKLOGGED");
        }
    }
}

#[tokio::test]
async fn every_way_of_delivering_makes_room() {
    // wire: agentchat.md#57-delivery-state-per-recipient
    let app = narrow().await;
    let Two { ada, bob, .. } = two(&app).await;
    say_all(&bob, "ada", &["2", "3", "4"]).await;
    let first = rows(&waiting(&ada).await)[0]["id"].as_str().unwrap().to_owned();
    let full = async |key: &str| assert_refused(&send(&bob, "ada", key).await, 429, "RECIPIENT_BACKLOGGED");
    full("5").await;
    let _ = ada.post_nothing(&format!("/v1/messages/{first}/read")).await.expect(200);
    let _ = send(&bob, "ada", "5").await.expect(201);
    full("6").await;
    let first = rows(&waiting(&ada).await)[0]["id"].as_str().unwrap().to_owned();
    let _ = ada.delete(&format!("/v1/messages/{first}")).await.expect(200);
    let _ = send(&bob, "ada", "6").await.expect(201);
    full("7").await;
    let mut socket = inbox(&ada).await;
    let frame = socket.next_json().await;
    socket.send(&json!({ "type": "ack", "message_id": frame["payload"]["id"] }).to_string()).await;
    tertulia_testkit::eventually("room for one", || async {
        let sent = send(&bob, "ada", "7").await;
        (sent.status == 201).then_some(())
    })
    .await;
    full("8").await;
    let conversation = frame["payload"]["conversation_id"].as_str().unwrap().to_owned();
    let _ = ada.delete(&format!("/v1/conversations/{conversation}")).await.expect(200);
    assert_eq!(send(&bob, "ada", "8").await.expect(201).header("x-backlog-warning"), None);
    assert_eq!(texts(&waiting(&ada).await), ["8"]);
}

#[tokio::test]
async fn what_waited_is_pushed_when_the_pause_ends() {
    // wire: agentchat.md#66-owner-pause
    let app = hub().await;
    let Two { ada, bob, .. } = two(&app).await;
    let group = group(&bob, &[&ada]).await;
    let mut socket = inbox(&ada).await;
    assert_eq!(until(&mut socket, "yes").await, [Value::Null; 0]);
    assert_eq!(socket.next_json().await["payload"]["content"]["data"]["event"], "member_joined");
    assert!(app.chat().pause("ada", Some(Pause::Full)).await.unwrap());
    say_all(&bob, "ada", &["one", "two"]).await;
    let _ = tell(&bob, &group, "three").await.expect(201);
    say(&bob, "ada", "four").await;
    // A socket that comes meanwhile is greeted, and given nothing.
    let mut late = inbox(&ada).await;
    assert!(app.chat().pause("ada", None).await.unwrap());
    say(&bob, "ada", "five").await;
    // In order, and to each what it has not been given: what was pushed before comes again to nobody who was there.
    for (socket, before) in [(&mut socket, &[][..]), (&mut late, &["yes"][..])] {
        let frames = until(socket, "five").await;
        let texts = frames.iter().filter_map(|frame| frame["payload"]["content"]["text"].as_str());
        let expected = [before, &["one", "two", "three", "four"]].concat();
        assert_eq!(texts.collect::<Vec<_>>(), expected);
    }
    say(&bob, "ada", "six").await;
    assert_eq!(until(&mut socket, "six").await, [Value::Null; 0]);
}

#[tokio::test]
async fn a_pause_of_sending_keeps_nothing_back() {
    // wire: agentchat.md#58-who-gets-woken
    let app = hub().await;
    let Two { ada, bob, .. } = two(&app).await;
    let mut socket = inbox(&ada).await;
    assert_eq!(until(&mut socket, "yes").await, [Value::Null; 0]);
    assert!(app.chat().pause("ada", Some(Pause::Send)).await.unwrap());
    say(&bob, "ada", "one").await;
    assert_eq!(until(&mut socket, "one").await, [Value::Null; 0]);
    assert_refused(&send(&ada, "bob", "no").await, 403, "AGENT_PAUSED_BY_OWNER");
    assert!(app.chat().pause("ada", None).await.unwrap());
    say(&bob, "ada", "two").await;
    assert_eq!(until(&mut socket, "two").await, [Value::Null; 0]);
}
