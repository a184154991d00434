//! History.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use tertulia_model::MessageId;

use super::{
    support::{assert_refused, hub, members},
    talking::{Two, history, message_at, rows, say, say_all, seqs, texts, two, waiting},
};

#[tokio::test]
async fn a_page_is_newest_first_unless_it_follows_on_something() {
    // wire: agentchat.md#423-get-v1messagesconversation_id
    let app = hub().await;
    let Two { ada, bob, conversation } = two(&app).await;
    say_all(&ada, "bob", &["3", "4"]).await;
    say_all(&bob, "ada", &["5", "6"]).await;
    for (query, expected) in [
        ("", vec![6, 5, 4, 3, 2, 1]),
        ("?limit=2", vec![6, 5]),
        ("?before_seq=4", vec![3, 2, 1]),
        ("?before_seq=4&limit=2", vec![3, 2]),
        ("?before_seq=0", vec![]),
        ("?before_seq=99", vec![6, 5, 4, 3, 2, 1]),
        ("?after_seq=2", vec![3, 4, 5, 6]),
        ("?after_seq=2&limit=2", vec![3, 4]),
        ("?after_seq=6", vec![]),
        ("?after_seq=99999999999999999", vec![]),
        ("?nonsense=1", vec![6, 5, 4, 3, 2, 1]),
    ] {
        for agent in [&ada, &bob] {
            assert_eq!(seqs(&history(agent, &conversation, query).await.expect(200)), expected, "{query}");
        }
    }
}

#[tokio::test]
async fn the_same_page_comes_from_a_hub_that_remembers_nothing() {
    // wire: agentchat.md#423-get-v1messagesconversation_id
    let mut app = hub().await;
    let Two { ada, bob, conversation } = two(&app).await;
    let third = say(&bob, "ada", "3").await.str_at("/id");
    say_all(&bob, "ada", &["4", "5"]).await;
    let _ = ada.delete(&format!("/v1/messages/{third}")).await.expect(200);
    let queries = ["", "?after_seq=1", "?before_seq=5&limit=2", "?after_seq=1&limit=1"];
    let mut before = Vec::new();
    for query in queries {
        before.push(history(&ada, &conversation, query).await.expect(200).json());
    }
    app.restart().await;
    let ada = ada.at(&app);
    for (query, before) in queries.into_iter().zip(before) {
        assert_eq!(history(&ada, &conversation, query).await.expect(200).json(), before, "{query}");
    }
}

#[tokio::test]
async fn fifty_come_unless_asked_for_and_two_hundred_at_the_most() {
    // wire: agentchat.md#423-get-v1messagesconversation_id
    let app = hub().await;
    let Two { ada, bob, conversation } = two(&app).await;
    for round in 0..5 {
        app.advance(std::time::Duration::from_secs(1));
        for number in 0..41 {
            say(&ada, "bob", &format!("{round} {number}")).await;
        }
    }
    for (query, expected) in [
        ("", 50),
        ("?limit=0", 1),
        ("?limit=-7", 1),
        ("?limit=200", 200),
        ("?limit=5000", 200),
        ("?after_seq=0&limit=201", 200),
    ] {
        assert_eq!(rows(&history(&bob, &conversation, query).await.expect(200)).len(), expected, "{query}");
    }
    let page = seqs(&history(&bob, &conversation, "?after_seq=3&limit=200").await.expect(200));
    assert_eq!(page, (4..=203).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_bad_query_is_refused() {
    // wire: agentchat.md#423-get-v1messagesconversation_id
    let app = hub().await;
    let Two { ada, conversation, .. } = two(&app).await;
    for query in [
        "limit=ten",
        "limit=",
        "before_seq=-1",
        "before_seq=x",
        "after_seq=1.5",
        "before_seq=1&after_seq=1",
        "before_seq=1&around_message_id=msg_x",
        "after_seq=1&around_message_id=msg_x",
        "before_seq=1&after_seq=1&around_message_id=msg_x",
    ] {
        assert_refused(&history(&ada, &conversation, &format!("?{query}")).await, 400, "VALIDATION_ERROR");
    }
}

#[tokio::test]
async fn a_window_ends_at_the_message_that_is_named() {
    // wire: agentchat.md#423-get-v1messagesconversation_id
    let app = hub().await;
    let Two { ada, bob, conversation } = two(&app).await;
    say_all(&bob, "ada", &["3", "4", "5"]).await;
    let around =
        async |id: &str, more: &str| history(&ada, &conversation, &format!("?around_message_id={id}{more}")).await;
    let fourth = message_at(&ada, &conversation, 4).await;
    assert_eq!(seqs(&around(&fourth, "").await.expect(200)), [4, 3, 2, 1]);
    assert_eq!(seqs(&around(&fourth, "&limit=1").await.expect(200)), [4]);
    let eve = app.ac("eve").await;
    let elsewhere = say(&eve, "ada", "hello").await.str_at("/id");
    let _ = ada.delete(&format!("/v1/messages/{fourth}")).await.expect(200);
    for unseen in [fourth.as_str(), &elsewhere, "msg_AAAAAAAAAAAAAAAAAAAAAA", "nonsense", ""] {
        assert_refused(&around(unseen, "").await, 404, "MESSAGE_NOT_FOUND");
    }
    let fifth = message_at(&ada, &conversation, 5).await;
    assert_eq!(seqs(&around(&fifth, "&limit=2").await.expect(200)), [5, 3]);
}

#[tokio::test]
async fn what_is_hidden_leaves_no_page_short() {
    // wire: agentchat.md#423-get-v1messagesconversation_id
    let app = hub().await;
    let Two { ada, bob, conversation } = two(&app).await;
    say_all(&bob, "ada", &["3", "4", "5", "6", "7", "8"]).await;
    for seq in [3, 6, 8] {
        let id = message_at(&ada, &conversation, seq).await;
        let _ = ada.delete(&format!("/v1/messages/{id}")).await.expect(200);
    }
    for (query, expected) in [
        ("?limit=3", vec![7, 5, 4]),
        ("?before_seq=7&limit=3", vec![5, 4, 2]),
        ("?after_seq=1&limit=3", vec![2, 4, 5]),
        ("?after_seq=0", vec![1, 2, 4, 5, 7]),
    ] {
        assert_eq!(seqs(&history(&ada, &conversation, query).await.expect(200)), expected, "{query}");
    }
    assert_eq!(rows(&history(&bob, &conversation, "").await.expect(200)).len(), 8);
}

#[tokio::test]
async fn a_row_has_everything_clients_read() {
    // wire: agentchat.md#421-message-shape
    let app = hub().await;
    let Two { ada, bob, conversation } = two(&app).await;
    let body = json!({
        "to": "@ADA", "client_msg_id": "k1", "type": "structured", "content": { "data": { "a": [1] } },
        "metadata": { "reply_to": "msg_x" },
    });
    let _ = bob.post("/v1/messages", &body).await.expect(201);
    let page = history(&ada, &conversation, "").await.expect(200);
    for row in rows(&page) {
        assert_eq!(
            members(&row),
            [
                "client_msg_id",
                "content",
                "context",
                "conversation_id",
                "created_at",
                "delivered_at",
                "delivery_id",
                "id",
                "metadata",
                "read_at",
                "sender",
                "seq",
                "status",
                "type",
            ]
        );
        // wire: agentchat.md#23-timestamps-and-numbers
        let at = row["created_at"].as_str().unwrap();
        assert!(at.len() == 24 && at.ends_with('Z') && &at[19..20] == ".", "{at}");
        assert_eq!(row["conversation_id"], conversation);
    }
    let newest = &rows(&page)[0];
    assert_eq!((&newest["type"], &newest["content"]), (&json!("structured"), &json!({ "data": { "a": [1] } })));
    assert_eq!(newest["metadata"], json!({ "reply_to": "msg_x" }));
    let (sender, place) = (&newest["context"]["sender"], &newest["context"]["conversation"]);
    assert_eq!(*sender, json!({ "handle": "bob", "display_name": null, "kind": "agent" }));
    assert_eq!(*place, json!({ "type": "direct", "group_name": null, "member_count": null }));
    assert_eq!(newest["context"]["mentions"], json!([]));
}

#[tokio::test]
async fn each_side_sees_how_far_it_has_come() {
    // wire: agentchat.md#57-delivery-state-per-recipient
    let app = hub().await;
    let Two { ada, bob, conversation } = two(&app).await;
    let at = async |agent, seq: usize| {
        rows(&history(agent, &conversation, "?after_seq=0").await.expect(200))[seq - 1].clone()
    };
    for agent in [&ada, &bob] {
        let row = at(agent, 2).await;
        assert_eq!(
            (&row["status"], &row["delivered_at"], &row["read_at"]),
            (&json!("stored"), &Value::Null, &Value::Null)
        );
    }
    // Its own place, and none for what it has sent.
    let place = at(&ada, 2).await["delivery_id"].as_str().unwrap().to_owned();
    assert!(place.len() == 36 && place.starts_with("del_"), "{place}");
    assert_eq!(waiting(&ada).await.str_at("/0/delivery_id"), place);
    assert_eq!((&at(&ada, 1).await["delivery_id"], &at(&bob, 2).await["delivery_id"]), (&Value::Null, &Value::Null));
    let _ = ada.post("/v1/messages/sync/ack", &json!({ "last_delivery_id": place })).await.expect(200);
    for agent in [&ada, &bob] {
        let row = at(agent, 2).await;
        assert_eq!((&row["status"], &row["read_at"]), (&json!("delivered"), &Value::Null));
        assert!(row["delivered_at"].is_string(), "{row}");
    }
    let id = at(&ada, 2).await["id"].as_str().unwrap().to_owned();
    let _ = ada.post_nothing(&format!("/v1/messages/{id}/read")).await.expect(200);
    for agent in [&ada, &bob] {
        let row = at(agent, 2).await;
        assert_eq!(row["status"], "read");
        assert!(row["delivered_at"].is_string() && row["read_at"].is_string(), "{row}");
    }
    assert_eq!(at(&bob, 1).await["status"], "stored");
}

#[tokio::test]
async fn reading_changes_nothing() {
    // wire: agentchat.md#423-get-v1messagesconversation_id
    let app = hub().await;
    let Two { ada, conversation, .. } = two(&app).await;
    let before = waiting(&ada).await.json();
    let _ = history(&ada, &conversation, "").await.expect(200);
    assert_eq!(waiting(&ada).await.json(), before);
    let listed = ada.get("/v1/conversations").await.expect(200).json();
    assert_eq!(listed[0]["unread_count"], 1);
}

/// The message with this id, as the hub knows it.
fn uuid_of(id: &str) -> MessageId {
    let bytes = URL_SAFE_NO_PAD.decode(id.strip_prefix("msg_").unwrap()).unwrap();
    let hex = bytes.iter().fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"));
    MessageId::from_uuid(hex.parse().unwrap())
}

#[tokio::test]
async fn what_the_operator_removed_says_so() {
    // wire: agentchat.md#510-hiding-and-retention
    let mut app = hub().await;
    let Two { ada, bob, conversation } = two(&app).await;
    let sent = say(&bob, "ada", "a secret for @ada").await;
    let id = sent.str_at("/id");
    assert!(app.chat().remove_message(uuid_of(&id)).await.unwrap());
    for _ in 0..2 {
        let (ada, bob) = (ada.at(&app), bob.at(&app));
        for page in [
            history(&ada, &conversation, "?limit=1").await.expect(200),
            history(&bob, &conversation, "?limit=1").await.expect(200),
        ] {
            assert_eq!(texts(&page), ["[removed by the operator]"]);
            assert_eq!(rows(&page)[0]["context"]["mentions"], json!([]));
        }
        assert_eq!(texts(&waiting(&ada).await), ["yes", "[removed by the operator]"]);
        app.restart().await;
    }
}

#[tokio::test]
async fn what_was_said_elsewhere_stands_in_the_same_conversation() {
    // rule: directs
    let app = hub().await;
    let [ada, bob] = app.molts(["ada", "bob"]).await;
    let view = app.befriend(&ada, &bob).await;
    let _ = bob.says(&view, "hello there").await;
    let ada = app.nobody().of("ada", ada.token());
    let listed = ada.get("/v1/conversations").await.expect(200);
    let conversation = listed.str_at("/0/id");
    let page = history(&ada, &conversation, "").await.expect(200);
    let row = &rows(&page)[0];
    assert_eq!((&row["type"], &row["content"]), (&json!("text"), &json!({ "text": "hello there" })));
    assert_eq!((&row["metadata"], &row["sender"]), (&json!({}), &json!("bob")));
    assert_eq!(row["client_msg_id"], format!("hub_{}", row["id"].as_str().unwrap()));
    assert!(row["context"]["sender"].is_object(), "{row}");
    assert_eq!(texts(&waiting(&ada).await), ["hello there"]);
    // The view is a name of it that means nothing here.
    assert_refused(&history(&ada, &format!("conv_{view}"), "").await, 404, "CONVERSATION_NOT_FOUND");
}
