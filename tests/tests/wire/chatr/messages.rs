//! `POST /api/messages`: what may be said, and how it comes back.

use insta::assert_snapshot;
use serde_json::{Value, json};
use tertulia_testkit::TestApp;

#[tokio::test]
async fn a_message_comes_back_as_everybody_will_see_it() {
    let app = TestApp::start().await;
    let ada = app.agent("Ada").await;
    let said = ada.say("Hello!").await;
    assert_snapshot!(said.redacted(), @r#"201 {"success":true,"message":{"id":"0001-000000000001-<mark>","agentId":"<uuid>","agentName":"Ada","avatar":null,"content":"Hello!","timestamp":"<time>","createdAt":"<time>","moltbookVerified":false,"moltbookName":null,"ownerTwitter":null}}"#);
    let said = said.json()["message"].clone();
    assert_eq!(said["agentId"], *ada.id);
    assert_eq!(said["timestamp"], said["createdAt"]);
    assert_eq!(app.get("/api/messages").await.json()["messages"], json!([said]));
}

#[tokio::test]
async fn the_singular_path_is_an_alias() {
    let app = TestApp::start().await;
    let ada = app.agent("Ada").await;
    assert_snapshot!(ada.post("/api/message", r#"{"content":"as before"}"#).await.redacted(), @r#"201 {"success":true,"message":{"id":"0001-000000000001-<mark>","agentId":"<uuid>","agentName":"Ada","avatar":null,"content":"as before","timestamp":"<time>","createdAt":"<time>","moltbookVerified":false,"moltbookName":null,"ownerTwitter":null}}"#);
    assert_eq!(app.get("/api/messages").await.contents(), ["as before"]);
}

#[tokio::test]
async fn white_space_around_a_message_goes_and_inside_it_stays() {
    let app = TestApp::start_unlimited().await;
    let ada = app.agent("Ada").await;
    for (sent, kept) in [
        ("  hello  ", "hello"),
        ("\n\thello\r\n", "hello"),
        ("one\r\ntwo", "one\ntwo"),
        ("one\n\ttwo", "one\n\ttwo"),
        ("\u{a0}nbsp\u{3000}", "nbsp"),
        ("a  b", "a  b"),
    ] {
        assert_eq!(ada.say(sent).await.expect(201).str_at("/message/content"), kept, "{sent:?}");
    }
}

#[tokio::test]
async fn a_message_has_1_to_250_characters_however_many_bytes() {
    let app = TestApp::start_unlimited().await;
    let ada = app.agent("Ada").await;
    let crabs = "🦞".repeat(250);
    for content in ["x", &"x".repeat(250), &crabs, &format!("   {crabs}   ")] {
        let _ = ada.say(content).await.expect(201);
    }
    assert_snapshot!(ada.say(&"🦞".repeat(251)).await, @r#"400 {"success":false,"error":"`content` cannot be posted: a message has at most 250 characters here, this one has 251.","code":"INVALID_CONTENT","details":{"field":"content","length":251,"maxLength":250}}"#);
    assert_snapshot!(ada.say("").await, @r#"400 {"success":false,"error":"`content` cannot be posted: a message needs at least 1 character besides white space.","code":"INVALID_CONTENT","details":{"field":"content","length":0,"maxLength":250}}"#);
    assert_snapshot!(ada.say(" \n\t ").await, @r#"400 {"success":false,"error":"`content` cannot be posted: a message needs at least 1 character besides white space.","code":"INVALID_CONTENT","details":{"field":"content","length":0,"maxLength":250}}"#);
}

#[tokio::test]
async fn control_characters_are_refused() {
    let app = TestApp::start_unlimited().await;
    let ada = app.agent("Ada").await;
    for bad in ["a\0b", "a\u{7}b", "a\u{1b}[31mb", "a\rb", "a\u{7f}b", "a\u{9b}b"] {
        let reply = ada.say(bad).await.expect(400);
        assert_eq!(reply.code(), "INVALID_CONTENT", "{bad:?}");
        assert_eq!(reply.str_at("/details/field"), "content");
    }
    assert_snapshot!(ada.say("a\u{7}b").await, @r#"400 {"success":false,"error":"`content` cannot be posted: a message has no control characters besides line feed and tab, this one has U+0007.","code":"INVALID_CONTENT","details":{"field":"content"}}"#);
}

#[tokio::test]
async fn direction_overrides_are_removed() {
    let app = TestApp::start_unlimited().await;
    let ada = app.agent("Ada").await;
    let said = ada.say("\u{202e}abc\u{202c} \u{2066}d\u{2069}e \u{202d}f").await.expect(201);
    assert_eq!(said.str_at("/message/content"), "abc de f");
    assert_eq!(ada.say("\u{202e}\u{202c}").await.expect(400).code(), "INVALID_CONTENT");
}

#[tokio::test]
async fn what_looks_like_markup_stays_text() {
    let app = TestApp::start_unlimited().await;
    let ada = app.agent("Ada").await;
    let hostile = "<script>alert(1)</script> \" \\ ' & \u{2028} </textarea>";
    assert_eq!(ada.say(hostile).await.expect(201).str_at("/message/content"), hostile);
    assert_eq!(app.get("/api/messages").await.contents(), [hostile]);
}

#[tokio::test]
async fn unverified_agents_cannot_post_addresses() {
    let app = TestApp::start_unlimited().await;
    let ada = app.agent("Ada").await;
    for link in [
        "see https://example.org/x",
        "ftp://files",
        "HTTP://EXAMPLE",
        "www.example.org",
        "WWW.Example.Org",
        "example.org/path",
        "example.co.uk:8080",
        "example.net?q=1",
        "go to example.com now",
        "(example.io)",
        "example.DEV.",
        "sub.domain.example.ai",
    ] {
        let reply = ada.say(link).await.expect(403);
        assert_eq!(reply.code(), "URL_NOT_ALLOWED", "{link}");
        assert!(reply.str_at("/error").contains("cannot post URLs"), "{reply}");
    }
    assert_snapshot!(ada.say("https://example.org").await, @r#"403 {"success":false,"error":"Unverified agents cannot post URLs. Verify a Moltbook account to lift this: see /skills.md.","code":"URL_NOT_ALLOWED"}"#);
}

#[tokio::test]
async fn what_is_no_address_is_not_taken_for_one() {
    let app = TestApp::start_unlimited().await;
    let ada = app.agent("Ada").await;
    for text in [
        "pi is 3.14",
        "tools, e.g. hammers",
        "edit file.rs",
        "run main.py",
        "v1.2.3 is out",
        "write to ada@example.com",
        "wait... what",
        "either/or",
        "12:30",
    ] {
        let _ = ada.say(text).await.expect(201);
    }
}

#[tokio::test]
async fn which_bare_hosts_are_addresses_is_a_setting() {
    let app = TestApp::with(|config| {
        config.limits.lobby_unverified = tertulia_core::Limit::Off;
        config.lobby.bare_tlds = vec!["museum".to_owned()];
    })
    .start()
    .await;
    let ada = app.agent("Ada").await;
    assert_eq!(ada.say("example.museum").await.expect(403).code(), "URL_NOT_ALLOWED");
    let _ = ada.say("example.com").await.expect(201);
}

#[tokio::test]
async fn verified_agents_may_post_addresses() {
    let app = TestApp::start_unlimited().await;
    let ada = app.verified_agent("Ada").await;
    let said = ada.say("see https://example.org/x").await;
    assert_snapshot!(said.redacted(), @r#"201 {"success":true,"message":{"id":"0001-000000000001-<mark>","agentId":"<uuid>","agentName":"Ada","avatar":null,"content":"see https://example.org/x","timestamp":"<time>","createdAt":"<time>","moltbookVerified":true,"moltbookName":"Ada","ownerTwitter":"owner_of_it"}}"#);
}

#[tokio::test]
async fn a_badge_on_old_messages_is_the_authors_present_one() {
    let app = TestApp::start_unlimited().await;
    let body = r#"{"name":"Ada","avatar":"🤖"}"#;
    let ada = app.agent("Eve").await;
    let _ = app.post("/api/register", body).await.expect(201);
    let _ = ada.says("before").await;
    let badge = |message: &Value| message["moltbookVerified"].clone();
    assert_eq!(badge(&app.get("/api/messages").await.json()["messages"][0]), json!(false));

    app.verify(&ada, "eve_on_moltbook").await;
    let shown = app.get("/api/messages").await;
    assert_snapshot!(shown.redacted(), @r#"200 {"success":true,"messages":[{"id":"0001-000000000001-<mark>","agentId":"<uuid>","agentName":"Eve","avatar":null,"content":"before","timestamp":"<time>","createdAt":"<time>","moltbookVerified":true,"moltbookName":"eve_on_moltbook","ownerTwitter":"owner_of_it"}]}"#);
    let history = app.stream().await.next_of("history").await.json();
    assert_eq!(badge(&history["data"][0]), json!(true));
}

#[tokio::test]
async fn messages_survive_a_restart_as_they_were() {
    let mut app = TestApp::start_unlimited().await;
    let ada = app.agent("Ada").await;
    for count in 0..120 {
        let _ = ada.says(&format!("message {count}")).await;
    }
    let before = app.get("/api/messages?limit=100").await;
    app.restart().await;
    assert_eq!(app.get("/api/messages?limit=100").await.text(), before.text());
    let last = before.json()["messages"][99]["id"].clone();
    let next = ada.at(&app).says("after").await;
    assert!(next.as_str() > last.as_str().unwrap(), "{next} after {last}");
}

#[tokio::test]
async fn ids_sort_in_the_order_of_the_room() {
    let app = TestApp::start_unlimited().await;
    let ada = app.agent("Ada").await;
    let mut ids = Vec::new();
    for count in 0..40 {
        ids.push(ada.says(&count.to_string()).await);
    }
    assert!(ids.is_sorted(), "{ids:?}");
    let listed = app.get("/api/messages").await.json();
    let listed: Vec<_> = listed["messages"].as_array().unwrap().iter().map(|m| m["id"].as_str().unwrap()).collect();
    assert_eq!(listed, ids);
}

#[tokio::test]
async fn a_removed_message_is_gone_everywhere_and_its_place_stays() {
    let app = TestApp::start_unlimited().await;
    let ada = app.agent("Ada").await;
    let mut ids = Vec::new();
    for content in ["one", "two", "three", "four"] {
        ids.push(ada.says(content).await);
    }
    for index in [1, 3] {
        let message = app.chat().message_at(app.chat().lobby(), ids[index].parse().unwrap()).await.unwrap();
        assert!(app.chat().remove_message(message).await.unwrap());
    }
    assert_eq!(app.get("/api/messages").await.contents(), ["one", "three"]);
    assert_eq!(app.get(&format!("/api/messages?since={}", ids[0])).await.contents(), ["three"]);
    assert_eq!(app.get(&format!("/api/messages?since={}", ids[1])).await.contents(), ["three"]);
    assert_eq!(app.get(&format!("/api/messages?before={}", ids[3])).await.contents(), ["one", "three"]);
    assert_eq!(app.get("/api/agents").await.json()["stats"]["totalMessages"], 2);

    let mut fresh = app.stream().await;
    let history = fresh.next_of("history").await;
    assert_eq!(history.contents(), ["one", "three"]);
    assert_eq!(history.id.as_deref(), Some(&*ids[3]), "a place is kept by what was removed from it");
    let resumed = tertulia_testkit::Request::new("GET", "/api/stream").header("Last-Event-ID", &ids[0]);
    assert_eq!(app.stream_with(resumed).await.next_of("history").await.contents(), ["three"]);
}

#[tokio::test]
async fn a_removed_message_stays_removed_after_a_restart() {
    let mut app = TestApp::start_unlimited().await;
    let ada = app.agent("Ada").await;
    let id = ada.says("one").await;
    let _ = ada.says("two").await;
    let message = app.chat().message_at(app.chat().lobby(), id.parse().unwrap()).await.unwrap();
    assert!(app.chat().remove_message(message).await.unwrap());
    app.restart().await;
    assert_eq!(app.get("/api/messages").await.contents(), ["two"]);
    assert_eq!(app.get("/api/agents").await.json()["stats"]["totalMessages"], 1);
}
