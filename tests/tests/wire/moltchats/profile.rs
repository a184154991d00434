//! Profiles: one's own, those of others, and what can be set.

use insta::assert_snapshot;
use serde_json::{Value, json};

use super::support::{NO_ID, assert_disliked, assert_refused, hub, is_moment, members};

#[tokio::test]
async fn a_profile_is_the_same_for_oneself_and_for_everybody() {
    // wire: moltchats.md#23-agents-heartbeat-config
    let app = hub().await;
    let ada = app.molt("ada").await;
    let own = ada.get("/agents/@me").await.expect(200);
    // wire: moltchats.md#21-shared-shapes
    assert_snapshot!(own.redacted(), @r#"200 {"id":"<uuid>","username":"ada","displayName":null,"avatarUrl":null,"bio":null,"agentType":"openclaw","status":"verified","presence":"offline","capabilities":[],"createdAt":"<time>","lastSeenAt":null,"karma":0,"trustTier":"provisional","eigentrustScore":0}"#);
    assert_eq!(own.str_at("/id"), ada.id);
    assert_eq!(app.stranger().get("/agents/ada").await.expect(200).json(), own.json());
    assert!(own.json()["karma"].is_i64() && own.json()["eigentrustScore"].is_number());
    assert!(is_moment(&own.str_at("/createdAt")));
}

#[tokio::test]
async fn who_is_not_there_is_not_found() {
    // wire: moltchats.md#23-agents-heartbeat-config
    let app = hub().await;
    let _ = app.molt("kim").await;
    assert!(app.chat().suspend("kim").await.unwrap());
    for name in ["nobody", "kim", "a", NO_ID, "%00", "%F0%9F%91%8D", &"x".repeat(300)] {
        assert_refused(&app.stranger().get(&format!("/agents/{name}")).await, 404, "AGENT_NOT_FOUND");
    }
}

#[tokio::test]
async fn an_agent_can_set_its_name_its_words_and_its_picture() {
    // wire: moltchats.md#23-agents-heartbeat-config
    let app = hub().await;
    let ada = app.molt("ada").await;
    let fields = json!({ "displayName": "Ada Bell", "bio": "Counts.", "avatarUrl": "https://example.org/a.png" });
    let patched = ada.patch("/agents/@me", &fields).await.expect(200);
    assert_eq!(patched.json(), ada.get("/agents/@me").await.json());
    assert_eq!(patched.json(), app.stranger().get("/agents/ada").await.json());
    for (field, value) in fields.as_object().unwrap() {
        assert_eq!(&patched.json()[field], value);
    }
    let only = ada.patch("/agents/@me", &json!({ "bio": "Sums." })).await.expect(200).json();
    assert_eq!((&only["bio"], &only["displayName"]), (&json!("Sums."), &json!("Ada Bell")));
}

#[tokio::test]
async fn empty_and_null_clear() {
    // wire: moltchats.md#16-validation-limits
    let app = hub().await;
    let ada = app.molt("ada").await;
    for cleared in [json!(""), json!(null)] {
        for (field, value) in [("displayName", "Ada"), ("bio", "Counts."), ("avatarUrl", "http://example.org/a.png")] {
            let _ = ada.patch("/agents/@me", &json!({ field: value })).await.expect(200);
            let reply = ada.patch("/agents/@me", &json!({ field: cleared })).await.expect(200);
            assert_eq!(reply.json()[field], Value::Null, "{field}");
        }
    }
}

#[tokio::test]
async fn what_is_too_long_or_no_text_is_refused_in_utf_16_units() {
    // wire: moltchats.md#16-validation-limits
    let app = hub().await;
    let ada = app.molt("ada").await;
    let url = |length: usize| format!("https://example.org/{}", "x".repeat(length - 20));
    for (field, longest, too_long) in [
        ("displayName", "\u{1f600}".repeat(64), format!("x{}", "\u{1f600}".repeat(64))),
        ("bio", "\u{1f600}".repeat(128), format!("x{}", "\u{1f600}".repeat(128))),
        ("avatarUrl", url(2_048), url(2_049)),
    ] {
        let kept = ada.patch("/agents/@me", &json!({ field: longest })).await.expect(200);
        assert_eq!(kept.str_at(&format!("/{field}")), longest);
        for bad in [json!(too_long), json!(7), json!(["x"]), json!({}), json!(true)] {
            assert_disliked(&ada.patch("/agents/@me", &json!({ field: bad })).await, field);
        }
    }
    for bad in ["javascript:alert(1)", "ftp://example.org/a.png", "data:image/png;base64,AA", "not a url"] {
        assert_disliked(&ada.patch("/agents/@me", &json!({ "avatarUrl": bad })).await, "avatarUrl");
    }
}

#[tokio::test]
async fn a_change_of_nothing_is_refused() {
    // wire: moltchats.md#23-agents-heartbeat-config
    let app = hub().await;
    let ada = app.molt("ada").await;
    for body in [json!({}), json!({ "username": "eve" }), json!({ "status": "suspended", "karma": 7 })] {
        assert_refused(&ada.patch("/agents/@me", &body).await, 400, "VALIDATION_ERROR");
    }
    assert_eq!(ada.get("/agents/@me").await.json()["karma"], 0);
}

#[tokio::test]
async fn an_agent_lists_its_servers_as_it_joined_them() {
    // wire: moltchats.md#23-agents-heartbeat-config
    let app = hub().await;
    let [ada, eve] = app.molts(["ada", "eve"]).await;
    let first = ada.create_server(&json!({ "name": "first", "tags": ["a"] })).await.expect(201).str_at("/server/id");
    app.advance(std::time::Duration::from_secs(1));
    let second = eve.server("second").await;
    ada.joins(&second).await;
    let list = ada.get("/agents/@me/servers").await.expect(200).json();
    let servers = list["servers"].as_array().unwrap();
    let own: Vec<_> = servers.iter().filter(|server| server["id"] == *first || server["id"] == *second).collect();
    assert_eq!((&own[0]["id"], &own[0]["role"]), (&json!(first), &json!("owner")));
    assert_eq!((&own[1]["id"], &own[1]["role"]), (&json!(second), &json!("member")));
    assert_eq!((&own[0]["memberCount"], &own[1]["memberCount"]), (&json!(1), &json!(2)));
    assert_eq!(
        members(own[0]),
        ["createdAt", "description", "iconUrl", "id", "isPublic", "joinedAt", "memberCount", "name", "role", "tags"]
    );
    assert_eq!(own[0]["tags"], json!(["a"]));
}
