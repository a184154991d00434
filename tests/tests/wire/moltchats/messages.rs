//! Messages: what may be said, where, and how it is answered.

use insta::assert_snapshot;
use serde_json::json;

use super::support::{NO_ID, assert_disliked, assert_refused, contents, hub, is_moment};

#[tokio::test]
async fn a_message_is_answered_as_it_will_be_read() {
    // wire: moltchats.md#27-messages-and-reactions
    let app = hub().await;
    let ada = app.molt("ada").await;
    let channel = ada.server_and_channel("a server").await.1;
    let _ = ada.patch("/agents/@me", &json!({ "displayName": "Ada Bell" })).await.expect(200);
    let said = ada.say(&channel, "hello").await.expect(201);
    assert_snapshot!(said.redacted(), @r#"201 {"id":"<uuid 7>","channelId":"<uuid>","agentId":"<uuid>","content":"hello","contentType":"text","metadata":null,"createdAt":"<time>","editedAt":null,"agent":{"id":"<uuid>","username":"ada","displayName":"Ada Bell","avatarUrl":null},"trustTier":"provisional"}"#);
    assert_eq!((said.str_at("/channelId"), said.str_at("/agent/id")), (channel.clone(), ada.id.clone()));
    let page = ada.read(&channel, "").await.expect(200);
    assert_snapshot!(page.redacted(), @r#"200 [{"id":"<uuid 7>","channelId":"<uuid>","agentId":"<uuid>","content":"hello","contentType":"text","metadata":null,"createdAt":"<time>","editedAt":null,"agent":{"id":"<uuid>","username":"ada","displayName":"Ada Bell","avatarUrl":null},"trustTier":"provisional"}]"#);
    assert_eq!(page.str_at("/0/id"), said.str_at("/id"));
    assert!(is_moment(&page.str_at("/0/createdAt")));
}

#[tokio::test]
async fn text_is_kept_as_it_was_sent() {
    // wire: moltchats.md#16-validation-limits
    let app = hub().await;
    let ada = app.molt("ada").await;
    let channel = ada.server_and_channel("a server").await.1;
    for content in [" ", "\n\n", "  padded  ", "one\r\ntwo\tthree", "\u{202e}abc", "\u{1b}[31m", "<b>&amp;</b>", "🦞"]
    {
        assert_eq!(ada.say(&channel, content).await.expect(201).str_at("/content"), content, "{content:?}");
    }
    for bad in ["", "a\0b"] {
        assert_disliked(&ada.say(&channel, bad).await, "content");
    }
}

#[tokio::test]
async fn a_message_has_4000_utf_16_units() {
    // wire: moltchats.md#16-validation-limits
    let app = hub().await;
    let ada = app.molt("ada").await;
    let channel = ada.server_and_channel("a server").await.1;
    for content in ["x".repeat(4_000), "\u{1f600}".repeat(2_000), "ж".repeat(4_000)] {
        assert_eq!(ada.say(&channel, &content).await.expect(201).str_at("/content"), content);
    }
    for content in ["x".repeat(4_001), format!("x{}", "\u{1f600}".repeat(2_000)), "\u{1f600}".repeat(2_001)] {
        assert_refused(&ada.say(&channel, &content).await, 400, "MESSAGE_TOO_LONG");
    }
    assert_eq!(contents(&ada.read(&channel, "").await).len(), 3);
}

#[tokio::test]
async fn what_is_no_message_is_refused() {
    // wire: moltchats.md#27-messages-and-reactions
    let app = hub().await;
    let ada = app.molt("ada").await;
    let channel = ada.server_and_channel("a server").await.1;
    let path = format!("/channels/{channel}/messages");
    for bad in [json!({}), json!({ "content": null }), json!({ "content": 7 }), json!({ "content": ["x"] })] {
        assert_disliked(&ada.post(&path, &bad).await, "content");
    }
    for bad in [json!("html"), json!(7), json!("")] {
        let reply = ada.post(&path, &json!({ "content": "x", "contentType": bad })).await;
        assert_disliked(&reply, "contentType");
    }
    let code = ada.post(&path, &json!({ "content": "let x;", "contentType": "code" })).await.expect(201);
    assert_eq!(code.str_at("/contentType"), "code");
    assert_eq!(ada.read(&channel, "").await.str_at("/0/contentType"), "code");
}

#[tokio::test]
async fn only_members_read_and_write_in_a_server() {
    // wire: moltchats.md#27-messages-and-reactions
    let app = hub().await;
    let [ada, eve] = app.molts(["ada", "eve"]).await;
    let channel = ada.server_and_channel("a server").await.1;
    let message = ada.says(&channel, "hello").await;
    assert_refused(&eve.read(&channel, "").await, 403, "NOT_SERVER_MEMBER");
    assert_refused(&eve.say(&channel, "hello").await, 403, "NOT_SERVER_MEMBER");
    assert_refused(&eve.react(&message, "x").await, 403, "NOT_SERVER_MEMBER");
    assert_refused(&eve.delete(&format!("/messages/{message}/react/x")).await, 403, "NOT_SERVER_MEMBER");
    for id in [NO_ID, "x"] {
        assert_refused(&ada.read(id, "").await, 404, "CHANNEL_NOT_FOUND");
        assert_refused(&ada.say(id, "hello").await, 404, "CHANNEL_NOT_FOUND");
    }
}

#[tokio::test]
async fn only_the_two_friends_read_and_write_in_their_channel() {
    // wire: moltchats.md#27-messages-and-reactions
    let app = hub().await;
    let [ada, eve, kim] = app.molts(["ada", "eve", "kim"]).await;
    let channel = app.befriend(&ada, &eve).await;
    let message = ada.says(&channel, "between us").await;
    let _ = eve.says(&channel, "indeed").await;
    assert_eq!(contents(&eve.read(&channel, "").await), ["indeed", "between us"]);
    assert_refused(&kim.read(&channel, "").await, 403, "NOT_DM_PARTICIPANT");
    assert_refused(&kim.say(&channel, "hello").await, 403, "NOT_DM_PARTICIPANT");
    assert_refused(&kim.react(&message, "x").await, 403, "NOT_DM_PARTICIPANT");
    assert_refused(&kim.delete(&format!("/messages/{message}/react/x")).await, 403, "NOT_DM_PARTICIPANT");
}

#[tokio::test]
async fn any_member_posts_announcements() {
    // wire: moltchats.md#10-open-questions-and-recommended-decisions
    let app = hub().await;
    let [ada, eve] = app.molts(["ada", "eve"]).await;
    let server = ada.server("a server").await;
    let fields = json!({ "name": "news", "type": "announcement" });
    let channel = ada.create_channel(&server, &fields).await.expect(201).str_at("/channel/id");
    eve.joins(&server).await;
    let _ = eve.says(&channel, "news").await;
}

#[tokio::test]
async fn an_author_reads_as_it_was_called_when_it_is_asked() {
    // wire: moltchats.md#21-shared-shapes
    let app = hub().await;
    let ada = app.molt("ada").await;
    let channel = ada.server_and_channel("a server").await.1;
    let _ = ada.says(&channel, "hello").await;
    let before = ada.read(&channel, "").await.json()[0]["agent"].clone();
    assert_eq!(before, json!({ "id": ada.id, "username": "ada", "displayName": null, "avatarUrl": null }));
}

#[tokio::test]
async fn messages_outlive_a_restart() {
    // wire: moltchats.md#27-messages-and-reactions
    let mut app = hub().await;
    let [ada, eve] = app.molts(["ada", "eve"]).await;
    let (server, channel) = ada.server_and_channel("a server").await;
    let direct = app.befriend(&ada, &eve).await;
    for place in [&channel, &direct] {
        let _ = ada.says(place, "before").await;
    }
    app.restart().await;
    let (ada, eve) = (ada.at(&app), eve.at(&app));
    assert_eq!(contents(&eve.read(&direct, "").await), ["before"]);
    eve.joins(&server).await;
    for place in [&channel, &direct] {
        let _ = eve.says(place, "after").await;
        assert_eq!(contents(&ada.read(place, "").await.expect(200)), ["after", "before"]);
    }
}
