//! The list of conversations, what one is, and hiding.

use insta::assert_snapshot;
use serde_json::{Value, json};
use tertulia_testkit::{AcCaller, TestApp};

use super::{
    support::{assert_refused, hub, members},
    talking::{Two, history, message_at, rows, say, say_all, texts, two, waiting},
};

async fn listed(agent: &AcCaller) -> Vec<Value> {
    rows(&agent.get("/v1/conversations").await.expect(200))
}

/// With whom the conversations are, in the order of the list.
async fn others(agent: &AcCaller, query: &str) -> Vec<String> {
    let reply = agent.get(&format!("/v1/conversations{query}")).await.expect(200);
    rows(&reply).iter().map(|row| row["participants"][0]["handle"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn a_row_says_with_whom_and_what_is_new() {
    // wire: agentchat.md#431-get-v1conversations
    let app = hub().await;
    let Two { ada, bob, conversation } = two(&app).await;
    let _ = bob.patch("/v1/agents/bob", &json!({ "display_name": "Bob" })).await.expect(200);
    let sent = say(&bob, "ada", "  hi\n there  ").await;
    let [row] = &listed(&ada).await[..] else { panic!("one") };
    assert_eq!(
        members(row),
        [
            "group_avatar_url",
            "group_member_count",
            "group_name",
            "id",
            "is_muted",
            "last_message_at",
            "last_message_is_own",
            "last_message_preview",
            "last_message_type",
            "newest_unread_seq",
            "oldest_unread_seq",
            "participants",
            "type",
            "unread_count",
            "updated_at",
        ]
    );
    assert_eq!((row["id"].as_str(), &row["type"]), (Some(&*conversation), &json!("direct")));
    assert_eq!(row["participants"], json!([{ "handle": "bob", "display_name": "Bob", "avatar_url": null }]));
    for group in ["group_name", "group_avatar_url", "group_member_count"] {
        assert_eq!(row[group], Value::Null, "{group}");
    }
    assert_eq!((&row["last_message_preview"], &row["last_message_type"]), (&json!("hi there"), &json!("text")));
    assert_eq!((&row["last_message_is_own"], &row["is_muted"]), (&json!(false), &json!(false)));
    assert_eq!(row["last_message_at"], sent.str_at("/created_at"));
    assert_eq!(row["updated_at"], sent.str_at("/created_at"));
    assert_eq!(
        (&row["unread_count"], &row["oldest_unread_seq"], &row["newest_unread_seq"]),
        (&json!(2), &json!(2), &json!(3))
    );
    let bobs = &listed(&bob).await[0];
    assert_eq!((&bobs["last_message_is_own"], &bobs["unread_count"]), (&json!(true), &json!(1)));
}

#[tokio::test]
async fn the_list_is_last_written_first_and_pages() {
    // wire: agentchat.md#431-get-v1conversations
    let app = hub().await;
    let [ada, bob, eve, zed] = app.acs(["ada", "bob", "eve", "zed"]).await;
    assert!(listed(&ada).await.is_empty());
    for agent in [&bob, &eve, &zed] {
        app.advance(std::time::Duration::from_secs(1));
        say(agent, "ada", "hello").await;
    }
    assert_eq!(others(&ada, "").await, ["zed", "eve", "bob"]);
    app.advance(std::time::Duration::from_secs(1));
    say(&ada, "bob", "yes").await;
    for (query, expected) in [
        ("", vec!["bob", "zed", "eve"]),
        ("?limit=2", vec!["bob", "zed"]),
        ("?limit=2&offset=1", vec!["zed", "eve"]),
        ("?offset=3", vec![]),
        ("?limit=0", vec!["bob"]),
        ("?limit=100000&offset=2", vec!["eve"]),
    ] {
        assert_eq!(others(&ada, query).await, expected, "{query}");
    }
    for bad in ["limit=x", "offset=-1", "offset=x"] {
        assert_refused(&ada.get(&format!("/v1/conversations?{bad}")).await, 400, "VALIDATION_ERROR");
    }
    assert_refused(&app.nobody().get("/v1/conversations").await, 401, "UNAUTHORIZED");
}

#[tokio::test]
async fn what_was_said_at_one_moment_is_in_the_order_of_the_ids() {
    // wire: agentchat.md#431-get-v1conversations
    let app = hub().await;
    let ada = app.ac("ada").await;
    for name in ["bob", "eve", "zed", "kim"] {
        let agent = app.ac(name).await;
        say(&agent, "ada", "hello").await;
    }
    let ids =
        |rows: Vec<Value>| -> Vec<String> { rows.iter().map(|row| row["id"].as_str().unwrap().to_owned()).collect() };
    let all = ids(listed(&ada).await);
    let mut found = Vec::new();
    for offset in 0..4 {
        found.extend(ids(rows(&ada.get(&format!("/v1/conversations?limit=1&offset={offset}")).await.expect(200))));
    }
    assert_eq!(found, all);
}

#[tokio::test]
async fn the_beginning_of_a_message_is_shown_by_its_kind() {
    // wire: agentchat.md#431-get-v1conversations
    let app = hub().await;
    let Two { ada, bob, .. } = two(&app).await;
    let long = "é".repeat(200);
    let cut = format!("{}…", "é".repeat(139));
    for (number, (kind, content, expected)) in [
        ("text", json!({ "text": long }), json!(cut)),
        ("text", json!({ "text": " \n " }), Value::Null),
        ("text", json!({ "data": { "a": 1 } }), Value::Null),
        ("structured", json!({ "text": "words", "data": { "a": 1 } }), json!("[structured]")),
        ("file", json!({ "text": "a file" }), json!("Attachment")),
    ]
    .into_iter()
    .enumerate()
    {
        let body = json!({ "to": "ada", "client_msg_id": number.to_string(), "type": kind, "content": content });
        let _ = bob.post("/v1/messages", &body).await.expect(201);
        let row = &listed(&ada).await[0];
        assert_eq!((&row["last_message_preview"], &row["last_message_type"]), (&expected, &json!(kind)), "{content}");
    }
}

#[tokio::test]
async fn a_mute_of_either_kind_shows() {
    // wire: agentchat.md#431-get-v1conversations
    let app = hub().await;
    let Two { ada, conversation, .. } = two(&app).await;
    let muted = async || listed(&ada).await[0]["is_muted"].as_bool().unwrap();
    assert!(!muted().await);
    for (target, path) in [
        (json!({ "target_kind": "agent", "target_handle": "bob" }), "/v1/mutes/agent/bob".to_owned()),
        (
            json!({ "target_kind": "conversation", "target_id": conversation }),
            format!("/v1/mutes/conversation/{conversation}"),
        ),
    ] {
        let _ = ada.post("/v1/mutes", &target).await.expect(201);
        assert!(muted().await, "{target}");
        let _ = ada.delete(&path).await.expect(200);
        assert!(!muted().await, "{target}");
    }
}

#[tokio::test]
async fn of_two_the_other_takes_part() {
    // wire: agentchat.md#432-others
    let app = hub().await;
    let Two { ada, bob, conversation } = two(&app).await;
    let reply = ada.get(&format!("/v1/conversations/{conversation}/participants")).await.expect(200);
    assert_snapshot!(reply, @r#"200 [{"handle":"bob","display_name":null,"avatar_url":null}]"#);
    let reply = bob.get(&format!("/v1/conversations/{conversation}/participants")).await.expect(200);
    assert_eq!(reply.str_at("/0/handle"), "ada");
    let outsider = app.ac("eve").await.get(&format!("/v1/conversations/{conversation}/participants")).await;
    assert_refused(&outsider, 404, "CONVERSATION_NOT_FOUND");
}

#[tokio::test]
async fn who_is_gone_is_still_named() {
    // wire: agentchat.md#14-open-questions-and-decisions
    let app = hub().await;
    let Two { ada, bob, conversation } = two(&app).await;
    let _ = bob.delete("/v1/agents/bob").await.expect(200);
    assert_eq!(others(&ada, "").await, ["bob"]);
    assert_eq!(texts(&history(&ada, &conversation, "").await.expect(200)), ["yes", "hello"]);
    assert_eq!(texts(&waiting(&ada).await), ["yes"]);
}

#[tokio::test]
async fn a_context_says_how_the_other_stands() {
    // wire: agentchat.md#432-others
    let app = hub().await;
    let Two { ada, bob, conversation } = two(&app).await;
    // They talk, so each stands in the other's book.
    let context = async || ada.get(&format!("/v1/conversations/{conversation}/context")).await.expect(200).json();
    let found = context().await;
    assert_eq!(members(&found), ["conversation_id", "counterparty", "group", "relationship", "type", "unread"]);
    assert_eq!(
        (&found["conversation_id"], &found["type"], &found["group"]),
        (&json!(conversation), &json!("direct"), &Value::Null)
    );
    assert_eq!(found["counterparty"], json!({ "handle": "bob", "display_name": null, "avatar_url": null }));
    assert_eq!(found["unread"], json!({ "count": 1, "oldest_seq": 2, "newest_seq": 2 }));
    assert_eq!((&found["relationship"]["is_contact"], &found["relationship"]["note"]), (&json!(true), &Value::Null));
    assert!(found["relationship"]["added_at"].is_string(), "{found}");
    let _ = ada.patch("/v1/contacts/bob", &json!({ "notes": "met at the fair" })).await.expect(200);
    assert_eq!(context().await["relationship"]["note"], "met at the fair");
    let _ = ada.delete("/v1/contacts/bob").await.expect(200);
    assert_eq!(context().await["relationship"], json!({ "is_contact": false, "added_at": null, "note": null }));
    let id = message_at(&ada, &conversation, 2).await;
    let _ = ada.post_nothing(&format!("/v1/messages/{id}/read")).await.expect(200);
    assert_eq!(context().await["unread"], json!({ "count": 0, "oldest_seq": null, "newest_seq": null }));
    let bobs = bob.get(&format!("/v1/conversations/{conversation}/context")).await.expect(200).json();
    assert_eq!(bobs["relationship"]["is_contact"], true);
}

#[tokio::test]
async fn unread_is_what_was_not_read_and_not_hidden() {
    // wire: agentchat.md#431-get-v1conversations
    let app = hub().await;
    let Two { ada, bob, conversation } = two(&app).await;
    say_all(&bob, "ada", &["3", "4", "5"]).await;
    let unread = async || {
        let row = &listed(&ada).await[0];
        (row["unread_count"].clone(), row["oldest_unread_seq"].clone(), row["newest_unread_seq"].clone())
    };
    assert_eq!(unread().await, (json!(4), json!(2), json!(5)));
    // What is delivered is not read.
    let last = waiting(&ada).await.str_at("/3/delivery_id");
    let _ = ada.post("/v1/messages/sync/ack", &json!({ "last_delivery_id": last })).await.expect(200);
    assert_eq!(unread().await, (json!(4), json!(2), json!(5)));
    let [third, fifth] = [message_at(&ada, &conversation, 3).await, message_at(&ada, &conversation, 5).await];
    let _ = ada.post_nothing(&format!("/v1/messages/{third}/read")).await.expect(200);
    let _ = ada.delete(&format!("/v1/messages/{fifth}")).await.expect(200);
    assert_eq!(unread().await, (json!(2), json!(2), json!(4)));
    assert_eq!(listed(&ada).await[0]["last_message_preview"], "4");
    for seq in [2, 4] {
        let id = message_at(&ada, &conversation, seq).await;
        let _ = ada.post_nothing(&format!("/v1/messages/{id}/read")).await.expect(200);
    }
    assert_eq!(unread().await, (json!(0), Value::Null, Value::Null));
}

#[tokio::test]
async fn a_hidden_message_is_hidden_from_one_alone() {
    // wire: agentchat.md#424-others
    let app = hub().await;
    let Two { ada, bob, conversation } = two(&app).await;
    let [first, second] = [message_at(&ada, &conversation, 1).await, message_at(&ada, &conversation, 2).await];
    // What it has said itself as well, and twice is as good as once.
    for id in [&first, &second, &second] {
        let reply = ada.delete(&format!("/v1/messages/{id}")).await;
        assert_eq!(reply.to_string(), r#"200 {"message":"Message hidden from your view"}"#);
    }
    assert_eq!(history(&ada, &conversation, "").await.expect(200).text(), "[]");
    assert_eq!(texts(&history(&bob, &conversation, "").await.expect(200)), ["yes", "hello"]);
    assert_eq!(texts(&waiting(&bob).await), ["hello"]);
    // Bob sees that it was delivered.
    let row = &rows(&history(&bob, &conversation, "?limit=1").await.expect(200))[0];
    assert_eq!((&row["status"], &row["read_at"]), (&json!("delivered"), &Value::Null));
    let row = &listed(&ada).await[0];
    for nothing in ["last_message_preview", "last_message_type", "last_message_at"] {
        assert_eq!(row[nothing], Value::Null, "{row}");
    }
    assert_eq!(row["last_message_is_own"], false);
    // What is said elsewhere is nobody's to hide here.
    let lobby = ada.elsewhere().say("hello all").await.expect(201).str_at("/message/id");
    assert_refused(&ada.delete(&format!("/v1/messages/{lobby}")).await, 404, "MESSAGE_NOT_FOUND");
}

async fn hide(agent: &AcCaller, conversation: &str) {
    let reply = agent.delete(&format!("/v1/conversations/{conversation}")).await;
    assert_eq!((reply.status, reply.json()), (200, json!({ "ok": true, "hidden": true })), "{reply}");
}

#[tokio::test]
async fn a_hidden_conversation_comes_back_with_the_next_message() {
    // wire: agentchat.md#432-others
    let mut app: TestApp = hub().await;
    let Two { ada, bob, conversation } = two(&app).await;
    hide(&ada, &conversation).await;
    for _ in 0..2 {
        let (ada, bob) = (ada.at(&app), bob.at(&app));
        assert!(listed(&ada).await.is_empty());
        assert_eq!(history(&ada, &conversation, "").await.expect(200).text(), "[]");
        assert_eq!(history(&ada, &conversation, "?after_seq=0").await.expect(200).text(), "[]");
        assert_eq!(listed(&bob).await.len(), 1);
        assert_eq!(texts(&history(&bob, &conversation, "").await.expect(200)), ["yes", "hello"]);
        app.restart().await;
    }
    let (ada, bob) = (ada.at(&app), bob.at(&app));
    // Again, which changes nothing as long as nothing was said.
    hide(&ada, &conversation).await;
    say(&bob, "ada", "back").await;
    assert_eq!(texts(&history(&ada, &conversation, "").await.expect(200)), ["back"]);
    let row = &listed(&ada).await[0];
    assert_eq!((&row["unread_count"], &row["oldest_unread_seq"]), (&json!(1), &json!(3)));
    // What it says itself brings it back as well.
    hide(&ada, &conversation).await;
    say(&ada, "bob", "mine").await;
    assert_eq!(texts(&history(&ada, &conversation, "").await.expect(200)), ["mine"]);
    assert_eq!(listed(&ada).await[0]["unread_count"], 0);
}

#[tokio::test]
async fn what_is_hidden_may_be_hidden_again() {
    // wire: agentchat.md#432-others
    let app = hub().await;
    let Two { ada, bob, conversation } = two(&app).await;
    for text in ["3", "4"] {
        hide(&ada, &conversation).await;
        say(&bob, "ada", text).await;
        assert_eq!(texts(&history(&ada, &conversation, "").await.expect(200)), [text]);
    }
}
