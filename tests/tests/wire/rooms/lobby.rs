//! `POST /api/global/messages`: the lobby's one set of rules, whichever surface speaks.

use std::time::Duration;

use insta::assert_snapshot;
use serde_json::json;
use tertulia_testkit::{AgentCaller, Reply, TestApp};

use super::support::{assert_disliked, assert_limited, assert_refused, each};

/// Says something through chatr, then through rooms, then through chatr again, …
async fn say_on_either(agent: &AgentCaller, index: usize) -> Reply {
    let content = format!("message {index}");
    if index.is_multiple_of(2) { agent.say(&content).await } else { agent.say_globally(&content).await }
}

#[tokio::test]
async fn a_message_comes_back_as_everybody_will_see_it() {
    let app = TestApp::start().await;
    let ada = app.bot("Ada").await;
    let said = ada.say_globally("Hello!").await;
    assert_snapshot!(said.redacted(), @r#"201 {"success":true,"message":{"id":"0001-000000000001-<mark>","roomId":"global","botId":"<uuid>","botName":"Ada","content":"Hello!","createdAt":"<time>"}}"#);
    assert_eq!(said.str_at("/message/botId"), ada.id);
    assert_eq!(app.get("/api/global/messages").await.json()["messages"], json!([said.json()["message"]]));
}

#[tokio::test]
async fn what_is_said_on_one_surface_is_read_on_both_in_one_order_under_the_same_ids() {
    let app = TestApp::start_unlimited().await;
    let (agent, bot) = (app.agent("Eve").await, app.bot("Ada").await);
    let mut said = Vec::new();
    for index in 0..10 {
        let speaker = if index % 3 == 0 { &agent } else { &bot };
        said.push(say_on_either(speaker, index).await.expect(201).str_at("/message/id"));
    }
    let (chatr, rooms) = (app.get("/api/messages").await, app.get("/api/global/messages").await);
    assert_eq!(each(&chatr.json()["messages"], "id"), said);
    assert_eq!(each(&rooms.json()["messages"], "id"), said);
    assert_eq!(chatr.contents(), rooms.contents());
    assert_eq!(each(&chatr.json()["messages"], "agentName"), each(&rooms.json()["messages"], "botName"));
    assert_eq!(each(&chatr.json()["messages"], "agentId"), each(&rooms.json()["messages"], "botId"));
    assert_eq!(each(&chatr.json()["messages"], "timestamp"), each(&rooms.json()["messages"], "createdAt"));
}

#[tokio::test]
async fn an_unverified_bot_says_one_thing_in_five_minutes_on_both_surfaces_together() {
    for first in [0, 1] {
        let app = TestApp::with(crate::any_address).start().await;
        let ada = app.bot("Ada").await;
        let said = say_on_either(&ada, first).await.expect(201);
        assert_eq!((said.number_in("x-ratelimit-limit"), said.number_in("x-ratelimit-remaining")), (1, 0));
        for index in [0, 1] {
            assert_limited(&app, &say_on_either(&ada, index).await, 1, 300);
        }
        app.advance(Duration::from_millis(299_999));
        assert_eq!(ada.say_globally("again").await.expect(429).number_in("retry-after"), 1);
        app.advance(Duration::from_millis(1));
        let _ = say_on_either(&ada, first + 1).await.expect(201);
        assert_eq!(app.get("/api/global/messages").await.contents().len(), 2);
    }
}

#[tokio::test]
async fn a_verified_bot_says_ten_things_a_minute_on_both_surfaces_together() {
    let app = TestApp::with(crate::any_address).start().await;
    let ada = app.bot("Ada").await;
    app.verify(&ada, "ada_m").await;
    for index in 0..10 {
        let said = say_on_either(&ada, index).await.expect(201);
        assert_eq!(said.number_in("x-ratelimit-limit"), 10);
        assert_eq!(said.number_in("x-ratelimit-remaining"), 9 - i64::try_from(index).unwrap());
    }
    for index in [0, 1] {
        assert_limited(&app, &say_on_either(&ada, index).await, 10, 60);
    }
    app.advance(Duration::from_mins(1));
    let _ = ada.say_globally("again").await.expect(201);
}

#[tokio::test]
async fn what_is_refused_for_its_content_is_not_counted() {
    let app = TestApp::with(crate::any_address).start().await;
    let ada = app.bot("Ada").await;
    for _ in 0..3 {
        let _ = ada.say_globally("").await.expect(400);
        let _ = ada.say_globally(&"x".repeat(4_001)).await.expect(400);
        let _ = ada.say_globally("https://example.org").await.expect(403);
        let _ = ada.post("/api/global/messages", "{").await.expect(400);
    }
    assert_eq!(ada.say_globally("hello").await.expect(201).number_in("x-ratelimit-remaining"), 0);
}

#[tokio::test]
async fn unverified_bots_cannot_post_addresses_and_verified_ones_can() {
    let app = TestApp::start_unlimited().await;
    let ada = app.bot("Ada").await;
    let links =
        ["see https://example.org/x", "www.example.org", "example.org/path", "go to example.com now", "(example.io)"];
    for link in links {
        let refused = ada.say_globally(link).await;
        assert_refused(&refused, 403, "URL_NOT_ALLOWED");
        assert_eq!(refused.text(), ada.say(link).await.text(), "the same words as on the other surface");
        assert!(refused.str_at("/error").contains("cannot post URLs"), "{refused}");
    }
    for text in ["3.14", "e.g. this", "file.rs", "v1.2.3", "ada@example.org"] {
        let _ = ada.say_globally(text).await.expect(201);
    }
    app.verify(&ada, "ada_m").await;
    for link in links {
        assert_eq!(ada.say_globally(link).await.expect(201).str_at("/message/content"), link);
    }
}

#[tokio::test]
async fn a_message_has_1_to_4000_characters_however_many_bytes() {
    let app = TestApp::start_unlimited().await;
    let ada = app.bot("Ada").await;
    let crabs = "🦞".repeat(4_000);
    for content in ["x", &"x".repeat(4_000), &crabs, &format!("   {crabs}\n ")] {
        assert_eq!(ada.say_globally(content).await.expect(201).str_at("/message/content"), content.trim());
    }
    assert_snapshot!(ada.say_globally(&"🦞".repeat(4_001)).await, @r#"400 {"success":false,"error":"`content` cannot be posted: a message has at most 4000 characters here, this one has 4001.","code":"INVALID_CONTENT","details":{"field":"content","length":4001,"maxLength":4000}}"#);
    for empty in ["", " \n\t ", "\u{202e}\u{202c}"] {
        assert_disliked(&ada.say_globally(empty).await, "INVALID_CONTENT", "content");
    }
}

#[tokio::test]
async fn a_long_message_is_shown_whole_where_such_a_one_cannot_be_sent() {
    let app = TestApp::start_unlimited().await;
    let ada = app.bot("Ada").await;
    let mut stream = app.stream().await;
    let long = "x".repeat(4_000);
    let _ = ada.say(&long).await.expect(400);
    let _ = ada.say_globally(&long).await.expect(201);
    assert_eq!(app.get("/api/messages").await.contents(), [&*long]);
    assert_eq!(stream.next_contents(1).await, [&*long]);
    let request = tertulia_testkit::Request::new("GET", "/").header("Accept", "text/html");
    assert!(app.send(request).await.expect(200).text().contains(&long));
}

#[tokio::test]
async fn text_is_cleaned_as_on_the_other_surface() {
    let app = TestApp::start_unlimited().await;
    let ada = app.bot("Ada").await;
    for (sent, kept) in [
        ("  hello  ", "hello"),
        ("one\r\ntwo\n\tthree", "one\ntwo\n\tthree"),
        ("\u{a0}nbsp\u{3000}", "nbsp"),
        ("\u{202e}abc\u{202c} \u{2066}d\u{2069}e", "abc de"),
        ("<b onclick=x>&amp;</b> \u{2028}x", "<b onclick=x>&amp;</b> \u{2028}x"),
    ] {
        assert_eq!(ada.say_globally(sent).await.expect(201).str_at("/message/content"), kept, "{sent:?}");
    }
    for bad in ["a\0b", "a\u{7}b", "a\u{1b}[31mb", "a\rb", "a\u{7f}b", "a\u{9b}b"] {
        assert_disliked(&ada.say_globally(bad).await, "INVALID_CONTENT", "content");
    }
}

#[tokio::test]
async fn strangers_and_suspended_bots_say_nothing() {
    let app = TestApp::start().await;
    let ada = app.bot("Ada").await;
    let body = r#"{"content":"hello"}"#;
    assert_refused(&app.post("/api/global/messages", body).await, 401, "UNAUTHORIZED");
    assert_refused(&ada.with_key("claw_nonsense").say_globally("hello").await, 401, "UNAUTHORIZED");
    assert!(app.chat().suspend("Ada").await.unwrap());
    assert_refused(&ada.say_globally("hello").await, 403, "SUSPENDED");
    assert_eq!(app.get("/api/global/messages").await.contents(), Vec::<String>::new());
}

#[tokio::test]
async fn a_limit_that_is_configured_holds_on_both_surfaces() {
    let app = TestApp::with(|config| {
        crate::any_address(config);
        config.limits.lobby_unverified = "0 per 1m".parse().unwrap();
    })
    .start()
    .await;
    let ada = app.bot("Ada").await;
    for index in [0, 1] {
        assert_eq!(say_on_either(&ada, index).await.expect(429).number_in("x-ratelimit-limit"), 0);
    }
}
