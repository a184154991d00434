//! Pictures of groups.

use serde_json::{Value, json};
use tertulia_testkit::{AcCaller, Reply, TestApp};

use super::{
    avatars::gif,
    support::{assert_refused, group, hub, members, ok},
    uploads::target,
};

async fn put(agent: &AcCaller, group: &str, bytes: impl Into<Vec<u8>>) -> Reply {
    let request = agent.request("PUT", &format!("/v1/groups/{group}/avatar"));
    agent.send(&request.header("Content-Type", "application/octet-stream").body(bytes)).await
}

async fn remove(agent: &AcCaller, group: &str) -> Reply {
    agent.delete(&format!("/v1/groups/{group}/avatar")).await
}

async fn shown(agent: &AcCaller, group: &str) -> Value {
    agent.get(&format!("/v1/groups/{group}")).await.expect(200).json()["avatar_url"].clone()
}

/// What happened to the group, the last first.
async fn events(agent: &AcCaller, group: &str) -> Vec<String> {
    let page = agent.get(&format!("/v1/messages/{group}")).await.expect(200).json();
    let events = page.as_array().unwrap().iter().filter_map(|message| message["content"]["data"]["event"].as_str());
    events.map(str::to_owned).collect()
}

fn pictures(app: &TestApp) -> usize {
    let folders = std::fs::read_dir(app.directory().join("files/avatars/g")).map(|folders| folders.flatten().collect());
    let folders: Vec<_> = folders.unwrap_or_default();
    folders.iter().map(|folder| std::fs::read_dir(folder.path()).unwrap().count()).sum()
}

#[tokio::test]
async fn an_admin_sets_the_picture_of_a_group_and_all_members_see_it() {
    // wire: agentchat.md#442-endpoints
    let app = hub().await;
    let [ada, bob, eve] = app.acs(["ada", "bob", "eve"]).await;
    let id = group(&ada, &[&bob]).await;
    let set = put(&ada, &id, gif(200, 7)).await.expect(200).json();
    assert_eq!(members(&set), ["avatar_key", "avatar_url"]);
    let key = set["avatar_key"].as_str().unwrap();
    assert!(key.starts_with("g/") && key.len() == "g/".len() + 16 + 1 + 32 + ".webp".len(), "{key}");
    let picture = app.get(&target(&app, &set["avatar_url"])).await.expect(200);
    assert_eq!(picture.header("content-type"), Some("image/webp"));
    assert_eq!(picture.header("cache-control"), Some("public, max-age=31536000, immutable"));
    for member in [&ada, &bob] {
        assert_eq!(shown(member, &id).await, set["avatar_url"]);
        let listed = member.get("/v1/conversations").await.expect(200).json();
        assert_eq!(listed[0]["group_avatar_url"], set["avatar_url"]);
    }
    let _ = ada.post(&format!("/v1/groups/{id}/members"), &json!({ "handle": "eve" })).await.expect(201);
    let invites = eve.get("/v1/groups/invites").await.expect(200).json();
    assert_eq!(invites[0]["group_avatar_url"], set["avatar_url"]);
    assert_eq!(events(&bob, &id).await[0], "avatar_changed");
    // The same picture again changes nothing, and says nothing.
    assert_eq!(put(&ada, &id, gif(200, 7)).await.expect(200).json(), set);
    assert_eq!(events(&bob, &id).await.iter().filter(|event| *event == "avatar_changed").count(), 1);
}

#[tokio::test]
async fn nobody_else_changes_it() {
    // wire: agentchat.md#442-endpoints
    let app = hub().await;
    let [ada, bob, eve] = app.acs(["ada", "bob", "eve"]).await;
    let id = group(&ada, &[&bob]).await;
    let _ = put(&ada, &id, gif(200, 7)).await.expect(200);
    for (agent, status, code) in [(&bob, 403, "FORBIDDEN"), (&eve, 404, "GROUP_NOT_FOUND")] {
        assert_refused(&put(agent, &id, gif(200, 8)).await, status, code);
        assert_refused(&remove(agent, &id).await, status, code);
    }
    assert_refused(&put(&app.nobody(), &id, gif(200, 8)).await, 401, "UNAUTHORIZED");
    for nothing in ["grp_AAAAAAAAAAAAAAAAAAAAAA", "grp_x", "x"] {
        assert_refused(&put(&ada, nothing, gif(200, 8)).await, 404, "GROUP_NOT_FOUND");
    }
    for bad in [&b""[..], b"<svg/>"] {
        assert_eq!(put(&ada, &id, bad).await.status, 400);
    }
    let _ = ada.delete(&format!("/v1/groups/{id}")).await.expect(200);
    assert_refused(&put(&ada, &id, gif(200, 8)).await, 410, "GROUP_DELETED");
    assert_refused(&remove(&ada, &id).await, 410, "GROUP_DELETED");
}

#[tokio::test]
async fn one_picture_takes_the_place_of_another() {
    // wire: agentchat.md#442-endpoints
    let app = hub().await;
    let [ada] = app.acs(["ada"]).await;
    let id = group(&ada, &[]).await;
    let url = "https://example.org/g.png";
    let _ = ada.patch(&format!("/v1/groups/{id}"), &json!({ "avatar_url": url })).await.expect(200);
    let first = put(&ada, &id, gif(200, 1)).await.expect(200).json();
    assert_eq!(shown(&ada, &id).await, first["avatar_url"]);
    let second = put(&ada, &id, gif(200, 2)).await.expect(200).json();
    assert_refused(&app.get(&target(&app, &first["avatar_url"])).await, 404, "NOT_FOUND");
    let _ = app.get(&target(&app, &second["avatar_url"])).await.expect(200);
    // What a PATCH has replaced goes with the next picture at the latest.
    let _ = ada.patch(&format!("/v1/groups/{id}"), &json!({ "avatar_url": url })).await.expect(200);
    assert_eq!(shown(&ada, &id).await, url);
    let third = put(&ada, &id, gif(200, 3)).await.expect(200).json();
    assert_eq!((shown(&ada, &id).await, pictures(&app)), (third["avatar_url"].clone(), 1));
    ok(&remove(&ada, &id).await);
    assert_eq!((shown(&ada, &id).await, pictures(&app)), (Value::Null, 0));
    let mut changes = events(&ada, &id).await;
    changes.retain(|event| event == "avatar_changed");
    assert_eq!(changes.len(), 6);
    assert_eq!(ada.get(&format!("/v1/groups/{id}")).await.expect(200).json()["avatar_url"], Value::Null);
}

#[tokio::test]
async fn none_is_taken_away_once_and_counts_with_the_admins_own() {
    // wire: agentchat.md#103-avatar-rules-shared-by-agents-and-groups
    let app = hub().await;
    let [ada] = app.acs(["ada"]).await;
    let id = group(&ada, &[]).await;
    assert_refused(&remove(&ada, &id).await, 404, "NOT_FOUND");
    let _ = put(&ada, &id, gif(200, 1)).await.expect(200);
    ok(&remove(&ada, &id).await);
    for colour in [2, 3] {
        let own = ada.request("PUT", "/v1/agents/ada/avatar").body(gif(200, colour));
        let _ = ada.send(&own).await.expect(200);
    }
    for refused in [put(&ada, &id, gif(200, 4)).await, remove(&ada, &id).await] {
        assert_refused(&refused, 429, "RATE_LIMITED");
        assert_eq!(refused.json()["retry_after_ms"], 60_000);
    }
}

#[tokio::test]
async fn a_picture_of_a_group_outlives_a_restart() {
    // wire: agentchat.md#104-avatar-pipeline
    let mut app = hub().await;
    let [ada] = app.acs(["ada"]).await;
    let id = group(&ada, &[]).await;
    let set = put(&ada, &id, gif(200, 7)).await.expect(200).json();
    let at = target(&app, &set["avatar_url"]);
    app.restart().await;
    assert_eq!(shown(&ada.at(&app), &id).await, format!("{}{at}", app.url()));
    let _ = app.get(&at).await.expect(200);
}
