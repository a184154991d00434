//! Contact books.

use insta::assert_snapshot;
use serde_json::{Value, json};
use tertulia_testkit::{AgentCaller, Reply};
use tokio::task::JoinSet;

use super::support::{add_contact, agents, assert_refused, hub, ok, write_to};

fn handles(page: &Reply) -> Vec<String> {
    let contacts = page.json()["contacts"].as_array().unwrap().clone();
    contacts.iter().map(|contact| contact["handle"].as_str().unwrap().to_owned()).collect()
}

async fn list(agent: &AgentCaller, query: &str) -> Reply {
    agent.get(&format!("/v1/contacts{query}")).await.expect(200)
}

#[tokio::test]
async fn a_contact_is_noted_with_everything_that_is_shown_of_it() {
    // wire: agentchat.md#45-contacts-blocks-reports
    let app = hub().await;
    let [ada, _] = agents(&app, ["Ada", "Bob"]).await;
    let noted = ada.post("/v1/contacts", r#"{"handle":"@BOB"}"#).await;
    assert_snapshot!(noted.redacted(), @r#"201 {"handle":"bob","display_name":null,"description":null,"avatar_url":null,"status":"active","notes":null,"added_at":"<time>"}"#);
    let added_at = noted.str_at("/added_at");
    assert_eq!((added_at.len(), &added_at[19..20], &added_at[23..]), (24, ".", "Z"), "three digits: {added_at}");
    let listed = list(&ada, "").await;
    assert_eq!(listed.json(), json!({ "contacts": [noted.json()], "total": 1, "limit": 50, "offset": 0 }));
}

#[tokio::test]
async fn noting_again_keeps_notes_and_the_moment() {
    // wire: agentchat.md#45-contacts-blocks-reports
    let app = hub().await;
    let [ada, _] = agents(&app, ["ada", "bob"]).await;
    let first = add_contact(&ada, "bob").await;
    ok(&ada.patch("/v1/contacts/bob", r#"{"notes":"knows Rust"}"#).await);
    app.advance(std::time::Duration::from_mins(1));
    let again = ada.post("/v1/contacts", r#"{"handle":"bob"}"#).await.expect(201).json();
    assert_eq!((&again["notes"], &again["added_at"]), (&json!("knows Rust"), &first["added_at"]));
}

#[tokio::test]
async fn the_other_side_is_neither_asked_nor_told() {
    // wire: agentchat.md#45-contacts-blocks-reports
    let app = hub().await;
    let [ada, bob] = agents(&app, ["ada", "bob"]).await;
    add_contact(&ada, "bob").await;
    assert_eq!(list(&bob, "").await.json()["total"], 0);
    assert_eq!(bob.get("/v1/contacts/ada").await.expect(200).json()["is_contact"], false);
}

#[tokio::test]
async fn neither_oneself_nor_nobody_is_noted() {
    // wire: agentchat.md#45-contacts-blocks-reports
    let app = hub().await;
    let [ada] = agents(&app, ["ada"]).await;
    assert_refused(&ada.post("/v1/contacts", r#"{"handle":"@Ada"}"#).await, 400, "VALIDATION_ERROR");
    for nobody in ["nobody", "", "@", "not a handle", "tertulia"] {
        let body = json!({ "handle": nobody }).to_string();
        assert_refused(&ada.post("/v1/contacts", &body).await, 404, "AGENT_NOT_FOUND");
    }
    for bad in ["{}", r#"{"handle":null}"#, r#"{"handle":7}"#, "[]", "{"] {
        assert_refused(&ada.post("/v1/contacts", bad).await, 400, "VALIDATION_ERROR");
    }
}

#[tokio::test]
async fn a_book_is_paged_by_handle_with_its_full_total() {
    // wire: agentchat.md#45-contacts-blocks-reports
    let app = hub().await;
    let [ada, ..] = agents(&app, ["ada", "Zed", "bob", "eve", "dan"]).await;
    for name in ["zed", "eve", "bob", "dan"] {
        add_contact(&ada, name).await;
    }
    let page = list(&ada, "?limit=3").await;
    assert_eq!(handles(&page), ["bob", "dan", "eve"]);
    assert_eq!((&page.json()["total"], &page.json()["limit"]), (&json!(4), &json!(3)));
    assert_eq!(handles(&list(&ada, "?limit=3&offset=3").await), ["zed"]);
    let beyond = list(&ada, "?limit=3&offset=9&cursor=abc").await.json();
    assert_eq!(beyond, json!({ "contacts": [], "total": 4, "limit": 3, "offset": 9 }));
    // Out of range is brought into it, and the answer says what was applied.
    for (asked, applied) in [("0", 1), ("-5", 1), ("200", 100), ("100", 100)] {
        assert_eq!(list(&ada, &format!("?limit={asked}")).await.json()["limit"], applied);
    }
    for bad in ["?limit=ten", "?offset=-1", "?offset=x"] {
        assert_refused(&ada.get(&format!("/v1/contacts{bad}")).await, 400, "VALIDATION_ERROR");
    }
}

#[tokio::test]
async fn a_check_is_never_refused_for_who_is_not_there() {
    // wire: agentchat.md#45-contacts-blocks-reports
    let app = hub().await;
    let [ada, ..] = agents(&app, ["ada", "bob", "eve"]).await;
    add_contact(&ada, "bob").await;
    let check = |handle: &'static str| {
        let ada = ada.clone();
        async move { ada.get(&format!("/v1/contacts/{handle}")).await.expect(200).json() }
    };
    let bob = check("%40Bob").await;
    assert_eq!((&bob["is_contact"], &bob["notes"]), (&json!(true), &Value::Null));
    assert!(bob["added_at"].is_string(), "{bob}");
    let nothing = json!({ "is_contact": false, "added_at": null, "notes": null });
    for other in ["eve", "ada", "nobody", "%FF", "not%20a%20handle"] {
        assert_eq!(check(other).await, nothing, "{other}");
    }
}

#[tokio::test]
async fn notes_are_said_and_taken_back() {
    // wire: agentchat.md#45-contacts-blocks-reports
    let app = hub().await;
    let [ada, ..] = agents(&app, ["ada", "bob", "eve"]).await;
    add_contact(&ada, "bob").await;
    let notes = "ß".repeat(1_000);
    ok(&ada.patch("/v1/contacts/@Bob", &json!({ "notes": notes }).to_string()).await);
    assert_eq!(ada.get("/v1/contacts/bob").await.json()["notes"], json!(notes));
    ok(&ada.patch("/v1/contacts/bob", r#"{"notes":null}"#).await);
    assert_eq!(ada.get("/v1/contacts/bob").await.json()["notes"], Value::Null);

    let long = json!({ "notes": "x".repeat(1_001) }).to_string();
    for bad in [long.as_str(), "{}", r#"{"notes":1}"#, "not json"] {
        assert_refused(&ada.patch("/v1/contacts/bob", bad).await, 400, "VALIDATION_ERROR");
    }
    assert_refused(&ada.patch("/v1/contacts/eve", r#"{"notes":"x"}"#).await, 404, "NOT_FOUND");
    assert_refused(&ada.patch("/v1/contacts/nobody", r#"{"notes":"x"}"#).await, 404, "AGENT_NOT_FOUND");
}

#[tokio::test]
async fn a_contact_is_removed_once() {
    // wire: agentchat.md#45-contacts-blocks-reports
    let app = hub().await;
    let [ada, bob] = agents(&app, ["ada", "bob"]).await;
    add_contact(&ada, "bob").await;
    add_contact(&bob, "ada").await;
    ok(&ada.delete("/v1/contacts/@BOB").await);
    for gone in ["bob", "nobody", "ada"] {
        assert_refused(&ada.delete(&format!("/v1/contacts/{gone}")).await, 404, "NOT_FOUND");
    }
    assert_eq!(handles(&list(&bob, "").await), ["ada"], "the other's book is its own");
}

#[tokio::test]
async fn who_is_suspended_is_in_no_book_and_comes_back_with_its_notes() {
    // wire: agentchat.md#13-account-states-and-what-still-works
    let app = hub().await;
    let [ada, bob] = agents(&app, ["ada", "bob"]).await;
    add_contact(&ada, "bob").await;
    ok(&ada.patch("/v1/contacts/bob", r#"{"notes":"x"}"#).await);
    app.chat().suspend("bob").await.unwrap();
    assert_eq!(list(&ada, "").await.json(), json!({ "contacts": [], "total": 0, "limit": 50, "offset": 0 }));
    assert_eq!(ada.get("/v1/contacts/bob").await.json()["is_contact"], false);
    assert_refused(&ada.patch("/v1/contacts/bob", r#"{"notes":"y"}"#).await, 404, "AGENT_NOT_FOUND");
    assert_refused(&ada.post("/v1/contacts", r#"{"handle":"bob"}"#).await, 404, "AGENT_NOT_FOUND");
    assert_refused(&bob.get("/v1/contacts").await, 403, "SUSPENDED");
    app.chat().unsuspend("bob").await.unwrap();
    assert_eq!(ada.get("/v1/contacts/bob").await.json()["notes"], "x");
}

#[tokio::test]
async fn books_outlive_a_restart() {
    // wire: agentchat.md#45-contacts-blocks-reports
    let mut app = hub().await;
    let [ada, _] = agents(&app, ["ada", "bob"]).await;
    add_contact(&ada, "bob").await;
    ok(&ada.patch("/v1/contacts/bob", r#"{"notes":"x"}"#).await);
    let before = list(&ada, "").await.json();
    app.restart().await;
    assert_eq!(list(&ada.at(&app), "").await.json(), before);
}

#[tokio::test]
async fn of_twenty_at_once_that_note_one_agent_one_entry_comes() {
    // wire: agentchat.md#45-contacts-blocks-reports
    let app = hub().await;
    let [ada, _] = agents(&app, ["ada", "bob"]).await;
    let mut noting = JoinSet::new();
    for _ in 0..20 {
        let ada = ada.clone();
        noting.spawn(async move { ada.post("/v1/contacts", r#"{"handle":"bob"}"#).await });
    }
    for reply in noting.join_all().await {
        assert_eq!(reply.status, 201, "{reply}");
    }
    assert_eq!(list(&ada, "").await.json()["total"], 1);
}

#[tokio::test]
async fn who_may_write_and_invite_is_a_part_of_the_own_record() {
    // wire: agentchat.md#412-endpoints
    let mut app = hub().await;
    let [ada, _] = agents(&app, ["ada", "bob"]).await;
    let settings = |inbox: &str, invites: &str| json!({ "inbox_mode": inbox, "group_invite_policy": invites });
    let own = ada.get("/v1/agents/me").await.expect(200).json();
    assert_eq!(own["settings"], settings("open", "open"));
    // They merge key by key, and what nobody knows is dropped.
    for (body, expected) in [
        (r#"{"settings":{"inbox_mode":"contacts_only","discoverable":true}}"#, settings("contacts_only", "open")),
        (r#"{"settings":{"group_invite_policy":"contacts_only"}}"#, settings("contacts_only", "contacts_only")),
        (r#"{"settings":{"inbox_mode":"open"},"status":"deleted"}"#, settings("open", "contacts_only")),
        (r#"{"settings":{}}"#, settings("open", "contacts_only")),
    ] {
        let changed = ada.patch("/v1/agents/ada", body).await.expect(200).json();
        assert_eq!(changed["settings"], expected, "{body}");
    }
    for bad in [r#"{"settings":{"inbox_mode":"closed"}}"#, r#"{"settings":7}"#, r#"{"settings":{"inbox_mode":true}}"#] {
        assert_refused(&ada.patch("/v1/agents/ada", bad).await, 400, "VALIDATION_ERROR");
    }
    app.restart().await;
    let own = ada.at(&app).get("/v1/agents/me").await.expect(200).json();
    assert_eq!(own["settings"], settings("open", "contacts_only"));
}

#[tokio::test]
async fn an_answer_puts_both_into_each_others_book() {
    // wire: agentchat.md#62-one-message-until-reply-new
    let app = hub().await;
    let [ada, bob] = agents(&app, ["ada", "bob"]).await;
    let noted = add_contact(&ada, "bob").await;
    let _ = write_to(&ada, "bob").await;
    assert_eq!(list(&bob, "").await.json()["total"], 0);
    app.advance(std::time::Duration::from_mins(1));
    let _ = write_to(&bob, "ada").await;
    assert_eq!(handles(&list(&bob, "").await), ["ada"]);
    assert_eq!(list(&ada, "").await.json()["contacts"], json!([noted]), "what stood there stays as it was");
}
