//! The delivery queue over REST.

use serde_json::{Value, json};
use tertulia_model::Pause;
use tertulia_testkit::{AcCaller, Reply};

use super::{
    support::{assert_refused, hub},
    talking::{Two, message_at, rows, say, say_all, texts, two, waiting},
};

async fn sync(agent: &AcCaller, query: &str) -> Reply {
    agent.get(&format!("/v1/messages/sync{query}")).await
}

/// Acknowledges up to a place; how much that was.
async fn ack(agent: &AcCaller, place: &str) -> u64 {
    let reply = agent.post("/v1/messages/sync/ack", &json!({ "last_delivery_id": place })).await.expect(200);
    assert_eq!(reply.json().as_object().unwrap().len(), 1, "{reply}");
    reply.json()["acked"].as_u64().expect("a whole number")
}

fn place(row: &Value) -> String {
    row["delivery_id"].as_str().expect("a place").to_owned()
}

#[tokio::test]
async fn what_waits_is_a_bare_array_of_whole_messages() {
    // wire: agentchat.md#81-get-v1messagessyncafterlimit
    let app = hub().await;
    let Two { ada, bob, conversation } = two(&app).await;
    let reply = waiting(&ada).await;
    assert_eq!(reply.header("content-type"), Some("application/json"));
    let [row] = &rows(&reply)[..] else { panic!("{reply}") };
    assert_eq!((&row["status"], &row["delivered_at"], &row["read_at"]), (&json!("stored"), &Value::Null, &Value::Null));
    assert_eq!(
        (&row["sender"], &row["conversation_id"], &row["seq"]),
        (&json!("bob"), &json!(conversation), &json!(2))
    );
    let hex = place(row);
    let hex = hex.strip_prefix("del_").unwrap();
    assert!(hex.len() == 32 && hex.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')), "{hex}");
    assert!(row["context"]["sender"].is_object() && row["client_msg_id"].is_string(), "{row}");
    assert_eq!(texts(&waiting(&bob).await), ["hello"]);
    let _ = waiting(&bob).await;
    assert_eq!(waiting(&ada).await.json(), reply.json(), "reading changes nothing");
    assert_eq!(waiting(&app.ac("eve").await).await.text(), "[]");
}

#[tokio::test]
async fn pages_are_full_while_there_is_more() {
    // wire: agentchat.md#82-set-and-order
    let app = hub().await;
    let Two { ada, bob, .. } = two(&app).await;
    let eve = app.ac("eve").await;
    say(&eve, "ada", "first").await;
    say(&ada, "eve", "second").await;
    for number in 0..6 {
        say(&bob, "ada", &format!("b{number}")).await;
        say(&eve, "ada", &format!("e{number}")).await;
    }
    // What it has hidden in between makes no page shorter.
    let all = rows(&waiting(&ada).await);
    for row in [&all[3], &all[4], &all[9]] {
        let _ = ada.delete(&format!("/v1/messages/{}", row["id"].as_str().unwrap())).await.expect(200);
    }
    let expected: Vec<_> = rows(&waiting(&ada).await).iter().map(place).collect();
    assert_eq!(expected.len(), all.len() - 3);
    for limit in [1, 2, 5, 11, 12] {
        let (mut found, mut after) = (Vec::new(), String::new());
        loop {
            let page = rows(&sync(&ada, &format!("?limit={limit}{after}")).await.expect(200));
            found.extend(page.iter().map(place));
            let Some(last) = page.last().filter(|_| page.len() == limit) else { break };
            after = format!("&after={}", place(last));
        }
        assert_eq!(found, expected, "{limit}");
    }
}

#[tokio::test]
async fn a_limit_is_a_whole_number_from_one() {
    // wire: agentchat.md#81-get-v1messagessyncafterlimit
    let app = hub().await;
    let Two { ada, .. } = two(&app).await;
    for bad in ["0", "-1", "1.5", "ten", ""] {
        assert_refused(&sync(&ada, &format!("?limit={bad}")).await, 400, "VALIDATION_ERROR");
    }
    for good in ["1", "500", "501", "100000"] {
        assert_eq!(rows(&sync(&ada, &format!("?limit={good}")).await.expect(200)).len(), 1);
    }
}

#[tokio::test]
async fn two_hundred_come_unless_asked_for_and_five_hundred_at_the_most() {
    // wire: agentchat.md#81-get-v1messagessyncafterlimit
    let app = hub().await;
    let Two { ada, bob, .. } = two(&app).await;
    for round in 0..10 {
        app.advance(std::time::Duration::from_secs(1));
        for number in 0..51 {
            say(&bob, "ada", &format!("{round} {number}")).await;
        }
    }
    assert_eq!(rows(&waiting(&ada).await).len(), 200);
    assert_eq!(rows(&sync(&ada, "?limit=5000").await.expect(200)).len(), 500);
}

#[tokio::test]
async fn a_client_fetches_acknowledges_and_goes_on_behind_what_it_acknowledged() {
    // wire: agentchat.md#85-client-drain-loop-for-test-design
    let app = hub().await;
    let Two { ada, bob, .. } = two(&app).await;
    say_all(&bob, "ada", &["1", "2", "3", "4"]).await;
    let (mut got, mut after) = (Vec::new(), String::new());
    loop {
        let page = sync(&ada, &format!("?limit=2{after}")).await.expect(200);
        got.extend(texts(&page));
        let page = rows(&page);
        if let Some(last) = page.last() {
            assert_eq!(ack(&ada, &place(last)).await, page.len() as u64);
            after = format!("&after={}", place(last));
        }
        if page.len() < 2 {
            break;
        }
        // What comes meanwhile comes last.
        if got.len() == 2 {
            say(&bob, "ada", "5").await;
        }
    }
    assert_eq!(got, ["yes", "1", "2", "3", "4", "5"]);
    assert_eq!(waiting(&ada).await.text(), "[]");
}

#[tokio::test]
async fn everything_up_to_a_place_is_acknowledged_once() {
    // wire: agentchat.md#83-post-v1messagessyncack
    let mut app = hub().await;
    let Two { ada, bob, conversation } = two(&app).await;
    let eve = app.ac("eve").await;
    say(&eve, "ada", "between").await;
    say_all(&bob, "ada", &["3", "4"]).await;
    let page = rows(&waiting(&ada).await);
    let third = place(&page[2]);
    // One that is read already, and one of another conversation.
    let _ = ada.post_nothing(&format!("/v1/messages/{}/read", page[0]["id"].as_str().unwrap())).await.expect(200);
    assert_eq!(ack(&ada, &third).await, 2);
    assert_eq!(ack(&ada, &third).await, 0);
    assert_eq!(texts(&waiting(&ada).await), ["4"]);
    app.restart().await;
    let ada = ada.at(&app);
    assert_eq!(texts(&sync(&ada, &format!("?after={third}")).await.expect(200)), ["4"]);
    // A place that is read is as good as any.
    let fourth = message_at(&ada, &conversation, 4).await;
    let last = place(&rows(&waiting(&ada).await)[0]);
    say(&bob.at(&app), "ada", "5").await;
    let _ = ada.post_nothing(&format!("/v1/messages/{fourth}/read")).await.expect(200);
    assert_eq!(ack(&ada, &last).await, 0);
    assert_eq!(texts(&sync(&ada, &format!("?after={last}")).await.expect(200)), ["5"]);
}

#[tokio::test]
async fn a_place_that_is_nobodys_or_anothers_is_none() {
    // wire: agentchat.md#83-post-v1messagessyncack
    let app = hub().await;
    let Two { ada, bob, .. } = two(&app).await;
    let bobs = place(&rows(&waiting(&bob).await)[0]);
    let long = format!("del_{}", "a".repeat(4_000));
    for other in [bobs.as_str(), "del_0123456789abcdef0123456789abcdef", "del_x", "nonsense", "%00", &long] {
        assert_eq!(sync(&ada, &format!("?after={other}")).await.expect(200).text(), "[]", "{other}");
        assert_eq!(ack(&ada, other).await, 0, "{other}");
    }
    assert_eq!(sync(&ada, "?after=").await.expect(200).text(), "[]");
    assert_eq!((rows(&waiting(&ada).await).len(), rows(&waiting(&bob).await).len()), (1, 1));
}

#[tokio::test]
async fn an_acknowledgement_names_a_place() {
    // wire: agentchat.md#83-post-v1messagessyncack
    let app = hub().await;
    let Two { ada, .. } = two(&app).await;
    for bad in [json!({}), json!({ "last_delivery_id": "" }), json!({ "last_delivery_id": 7 }), json!(null), json!([])]
    {
        assert_refused(&ada.post("/v1/messages/sync/ack", &bad).await, 400, "VALIDATION_ERROR");
    }
    assert_refused(&ada.post_nothing("/v1/messages/sync/ack").await, 400, "VALIDATION_ERROR");
    let nonsense = ada.request("POST", "/v1/messages/sync/ack").json("{");
    assert_refused(&ada.send(&nonsense).await, 400, "VALIDATION_ERROR");
}

#[tokio::test]
async fn a_fully_paused_agent_is_given_nothing_until_it_goes_on() {
    // wire: agentchat.md#13-account-states-and-what-still-works
    let app = hub().await;
    let Two { ada, bob, .. } = two(&app).await;
    let last = place(&rows(&waiting(&ada).await)[0]);
    assert!(app.chat().pause("ada", Some(Pause::Send)).await.unwrap());
    assert_eq!(texts(&waiting(&ada).await), ["yes"]);
    assert!(app.chat().pause("ada", Some(Pause::Full)).await.unwrap());
    say(&bob, "ada", "meanwhile").await;
    for query in ["", "?limit=0", "?after=x"] {
        assert_eq!(sync(&ada, query).await.expect(200).text(), "[]", "{query}");
    }
    assert_eq!(ack(&ada, &last).await, 0);
    // Also where there is nothing to be read.
    for body in ["{", "", "7"] {
        let reply = ada.send(&ada.request("POST", "/v1/messages/sync/ack").json(body)).await.expect(200);
        assert_eq!(reply.text(), r#"{"acked":0}"#, "{body}");
    }
    assert!(app.chat().pause("ada", None).await.unwrap());
    assert_eq!(texts(&waiting(&ada).await), ["yes", "meanwhile"]);
    assert_eq!(ack(&ada, &last).await, 1);
}

#[tokio::test]
async fn a_restricted_agent_fetches_as_ever_and_a_suspended_one_not() {
    // wire: agentchat.md#81-get-v1messagessyncafterlimit
    let app = hub().await;
    let Two { ada, .. } = two(&app).await;
    assert!(app.chat().restrict("ada", true).await.unwrap());
    let last = place(&rows(&waiting(&ada).await)[0]);
    assert_eq!(ack(&ada, &last).await, 1);
    assert!(app.chat().suspend("ada").await.unwrap());
    assert_refused(&sync(&ada, "").await, 403, "SUSPENDED");
    let body = json!({ "last_delivery_id": last });
    assert_refused(&ada.post("/v1/messages/sync/ack", &body).await, 403, "SUSPENDED");
    assert_refused(&app.nobody().get("/v1/messages/sync").await, 401, "UNAUTHORIZED");
    assert_refused(&app.nobody().post("/v1/messages/sync/ack", &body).await, 401, "UNAUTHORIZED");
}

#[tokio::test]
async fn what_is_muted_waits_all_the_same() {
    // wire: agentchat.md#84-interaction-with-the-socket
    let app = hub().await;
    let Two { ada, bob, conversation } = two(&app).await;
    let mute = json!({ "target_kind": "agent", "target_handle": "bob", "muted_until": null });
    let _ = ada.post("/v1/mutes", &mute).await.expect(201);
    let mute = json!({ "target_kind": "conversation", "target_id": conversation, "muted_until": null });
    let _ = ada.post("/v1/mutes", &mute).await.expect(201);
    say(&bob, "ada", "quietly").await;
    assert_eq!(texts(&waiting(&ada).await), ["yes", "quietly"]);
    assert_eq!(ada.get("/v1/conversations").await.expect(200).json()[0]["unread_count"], 2);
}

#[tokio::test]
async fn what_is_read_or_hidden_waits_no_longer() {
    // wire: agentchat.md#84-interaction-with-the-socket
    let app = hub().await;
    let Two { ada, bob, conversation } = two(&app).await;
    say_all(&bob, "ada", &["3", "4", "5"]).await;
    let [second, third] = [message_at(&ada, &conversation, 2).await, message_at(&ada, &conversation, 3).await];
    let _ = ada.post_nothing(&format!("/v1/messages/{second}/read")).await.expect(200);
    assert_eq!(texts(&waiting(&ada).await), ["3", "4", "5"]);
    let _ = ada.delete(&format!("/v1/messages/{third}")).await.expect(200);
    assert_eq!(texts(&waiting(&ada).await), ["4", "5"]);
    let _ = ada.delete(&format!("/v1/conversations/{conversation}")).await.expect(200);
    assert_eq!(waiting(&ada).await.text(), "[]");
    say(&bob, "ada", "6").await;
    assert_eq!(texts(&waiting(&ada).await), ["6"]);
}
