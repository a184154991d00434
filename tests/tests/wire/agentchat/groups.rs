//! Groups: creating, changing, leaving and deleting them.

use std::time::Duration;

use insta::assert_snapshot;
use serde_json::{Value, json};
use tertulia_testkit::{AcCaller, Reply};

use super::support::{assert_refused, enter, group, hub, members, roles, tell};

async fn detail(agent: &AcCaller, id: &str) -> Value {
    agent.get(&format!("/v1/groups/{id}")).await.expect(200).json()
}

/// Fails unless the answer says that the group is deleted, by whom, and when.
#[track_caller]
fn assert_deleted(reply: &Reply, group: &str, by: &str, at: &str) {
    assert_refused(reply, 410, "GROUP_DELETED");
    let details = json!({ "group_id": group, "deleted_by_handle": by, "deleted_at": at });
    assert_eq!(reply.json()["details"], details, "{reply}");
}

#[tokio::test]
async fn who_creates_a_group_is_its_only_member_and_an_admin() {
    // wire: agentchat.md#441-shapes, agentchat.md#442-endpoints
    let app = hub().await;
    let alice = app.ac("alice").await;
    let _ = alice.patch("/v1/agents/alice", &json!({ "display_name": "Alice" })).await.expect(200);
    let body =
        json!({ "name": "Ops", "description": null, "avatar_url": null, "member_handles": null, "settings": null });
    let created = alice.post("/v1/groups", &body).await.expect(201);
    let id = created.str_at("/group/id");
    assert!(id.starts_with("grp_") && id.len() == 26, "{id}");
    let shown = created.redacted().replace(&id, "<group>");
    assert_snapshot!(shown, @r#"201 {"group":{"id":"<group>","name":"Ops","description":null,"avatar_url":null,"created_by":"alice","settings":{"who_can_invite":"admin"},"member_count":1,"created_at":"<time>","last_message_at":null,"members":[{"handle":"alice","display_name":"Alice","role":"admin","joined_at":"<time>"}],"your_role":"admin"},"add_results":[]}"#);
    assert_eq!(detail(&alice, &id).await, created.json()["group"]);
}

#[tokio::test]
async fn everything_that_is_said_about_a_new_group_is_kept() {
    // wire: agentchat.md#442-endpoints
    let mut app = hub().await;
    let alice = app.ac("alice").await;
    let body = json!({
        "name": "é".repeat(100), "description": "d".repeat(500), "avatar_url": "http://example.org/a.png?x=1",
        "settings": { "who_can_invite": "admin", "other": 1 }, "unknown": [],
    });
    let created = alice.post("/v1/groups", &body).await.expect(201);
    for field in ["name", "description", "avatar_url"] {
        assert_eq!(created.json()["group"][field], body[field]);
    }
    app.restart().await;
    assert_eq!(detail(&alice.at(&app), &created.str_at("/group/id")).await, created.json()["group"]);
}

#[tokio::test]
async fn what_is_wrong_with_a_new_group_is_named() {
    // wire: agentchat.md#442-endpoints
    let app = hub().await;
    let alice = app.ac("alice").await;
    for (body, field) in [
        (json!({}), "name"),
        (json!({ "name": "" }), "name"),
        (json!({ "name": "x".repeat(101) }), "name"),
        (json!({ "name": "a\u{0}" }), "name"),
        (json!({ "name": 7 }), "name"),
        (json!({ "name": "a", "description": "x".repeat(501) }), "description"),
        (json!({ "name": "a", "avatar_url": "nowhere" }), "avatar_url"),
        (json!({ "name": "a", "avatar_url": "" }), "avatar_url"),
        (json!({ "name": "a", "avatar_url": "javascript://example.org" }), "avatar_url"),
        (json!({ "name": "a", "member_handles": "bob" }), "member_handles"),
        (json!({ "name": "a", "member_handles": [1] }), "member_handles"),
        (json!({ "name": "a", "member_handles": vec!["bob"; 256] }), "member_handles"),
        (json!({ "name": "a", "settings": [] }), "settings"),
        (json!({ "name": "a", "settings": { "who_can_invite": "everybody" } }), "settings"),
    ] {
        let reply = alice.post("/v1/groups", &body).await;
        assert_refused(&reply, 400, "VALIDATION_ERROR");
        assert!(reply.json()["details"]["fieldErrors"][field].is_array(), "{field}: {reply}");
    }
}

#[tokio::test]
async fn who_cannot_be_invited_is_missing_in_the_answer() {
    // wire: agentchat.md#442-endpoints, agentchat.md#13-what-the-published-sdks-rely-on--checklist
    let app = hub().await;
    let [alice, bob, eve, zoe, dan] = app.acs(["alice", "bob", "eve", "zoe", "dan"]).await;
    let _ = eve.post_nothing("/v1/contacts/alice/block").await.expect(200);
    let closed = json!({ "settings": { "group_invite_policy": "contacts_only" } });
    let _ = zoe.patch("/v1/agents/zoe", &closed).await.expect(200);
    assert!(app.chat().suspend("dan").await.unwrap());
    let handles = ["@BOB", "bob", " bob ", "alice", "nobody", "eve", "zoe", "dan", "", "not a handle"];
    let body = json!({ "name": "ops", "member_handles": handles });
    let created = alice.post("/v1/groups", &body).await.expect(201).json();
    let results = created["add_results"].as_array().unwrap();
    assert_eq!(results.len(), 1, "{created}");
    assert_eq!(members(&results[0]), ["handle", "invite_id", "outcome"]);
    assert_eq!((&results[0]["handle"], &results[0]["outcome"]), (&json!("bob"), &json!("invited")));
    assert_eq!(created["group"]["member_count"], 1);
    let invites = bob.get("/v1/groups/invites").await.expect(200).json();
    assert_eq!(invites[0]["id"], results[0]["invite_id"]);
    for agent in [&alice, &eve, &zoe] {
        assert_eq!(agent.get("/v1/groups/invites").await.expect(200).json(), json!([]));
    }
    assert_refused(&dan.get("/v1/groups/invites").await, 403, "SUSPENDED");
}

#[tokio::test]
async fn who_is_no_member_learns_of_no_group() {
    // wire: agentchat.md#442-endpoints
    let app = hub().await;
    let [alice, bob, eve] = app.acs(["alice", "bob", "eve"]).await;
    let id = group(&alice, &[&bob]).await;
    let _ = alice.post(&format!("/v1/groups/{id}/members"), &json!({ "handle": "eve" })).await.expect(201);
    let _ = bob.post_nothing(&format!("/v1/groups/{id}/leave")).await.expect(200);
    let conversation = id.replace("grp_", "conv_");
    for agent in [&bob, &eve] {
        for id in [id.as_str(), conversation.as_str(), "grp_AAAAAAAAAAAAAAAAAAAAAA", "grp_", "x", "%FF"] {
            for reply in [
                agent.get(&format!("/v1/groups/{id}")).await,
                agent.patch(&format!("/v1/groups/{id}"), &json!({ "name": "mine" })).await,
                agent.delete(&format!("/v1/groups/{id}")).await,
                agent.post(&format!("/v1/groups/{id}/members"), &json!({ "handle": "alice" })).await,
                agent.delete(&format!("/v1/groups/{id}/members/alice")).await,
                agent.post_nothing(&format!("/v1/groups/{id}/members/alice/promote")).await,
                agent.post_nothing(&format!("/v1/groups/{id}/members/alice/demote")).await,
                agent.post_nothing(&format!("/v1/groups/{id}/leave")).await,
            ] {
                assert_refused(&reply, 404, "GROUP_NOT_FOUND");
                assert_eq!(reply.text(), r#"{"code":"GROUP_NOT_FOUND","message":"There is no such group."}"#);
            }
        }
    }
    assert_refused(&app.nobody().get(&format!("/v1/groups/{id}")).await, 401, "UNAUTHORIZED");
}

#[tokio::test]
async fn an_admin_changes_what_it_names() {
    // wire: agentchat.md#442-endpoints
    let app = hub().await;
    let [alice, bob] = app.acs(["alice", "bob"]).await;
    let id = group(&alice, &[&bob]).await;
    let wanted = json!({ "name": "dev", "description": "what breaks", "avatar_url": "https://example.org/a.png" });
    let changed = alice.patch(&format!("/v1/groups/{id}"), &wanted).await.expect(200).json();
    for field in ["name", "description", "avatar_url"] {
        assert_eq!(changed[field], wanted[field]);
    }
    assert_eq!(detail(&bob, &id).await["name"], "dev");
    // Null is absent for a name, and clears the others; what is not there stays.
    let nulls = json!({ "name": null, "description": null, "settings": { "who_can_invite": "admin" } });
    let changed = alice.patch(&format!("/v1/groups/{id}"), &nulls).await.expect(200).json();
    assert_eq!((&changed["name"], &changed["description"]), (&json!("dev"), &Value::Null));
    assert_eq!(changed["avatar_url"], wanted["avatar_url"]);
    let cleared = alice.patch(&format!("/v1/groups/{id}"), &json!({ "avatar_url": null })).await.expect(200).json();
    assert_eq!(cleared["avatar_url"], Value::Null);
    assert_eq!(alice.patch(&format!("/v1/groups/{id}"), &json!({})).await.expect(200).json(), cleared);
    for bad in [json!({ "name": "" }), json!({ "description": 7 }), json!({ "avatar_url": "x" })] {
        assert_refused(&alice.patch(&format!("/v1/groups/{id}"), &bad).await, 400, "VALIDATION_ERROR");
    }
    assert_refused(&bob.patch(&format!("/v1/groups/{id}"), &json!({ "name": "x" })).await, 403, "FORBIDDEN");
}

#[tokio::test]
async fn admins_are_made_and_unmade() {
    // wire: agentchat.md#442-endpoints
    let app = hub().await;
    let [alice, bob, eve, _] = app.acs(["alice", "bob", "eve", "zoe"]).await;
    let id = group(&alice, &[&bob, &eve]).await;
    let promoted = alice.post_nothing(&format!("/v1/groups/{id}/members/%40Bob/promote")).await.expect(200);
    assert_snapshot!(promoted, @r#"200 {"message":"Member promoted to admin"}"#);
    let _ = alice.post_nothing(&format!("/v1/groups/{id}/members/bob/promote")).await.expect(200);
    assert_eq!(roles(&detail(&eve, &id).await), [("alice", "admin"), ("bob", "admin"), ("eve", "member")]);
    assert_refused(&eve.post_nothing(&format!("/v1/groups/{id}/members/eve/promote")).await, 403, "FORBIDDEN");
    assert_refused(&eve.post_nothing(&format!("/v1/groups/{id}/members/bob/demote")).await, 403, "FORBIDDEN");
    // Nobody demotes who created it.
    assert_refused(&bob.post_nothing(&format!("/v1/groups/{id}/members/alice/demote")).await, 403, "FORBIDDEN");
    assert_refused(&alice.post_nothing(&format!("/v1/groups/{id}/members/eve/demote")).await, 400, "NOT_ADMIN");
    for what in ["promote", "demote"] {
        let target = |handle: &str| format!("/v1/groups/{id}/members/{handle}/{what}");
        assert_refused(&alice.post_nothing(&target("zoe")).await, 404, "NOT_MEMBER");
        assert_refused(&alice.post_nothing(&target("nobody")).await, 404, "AGENT_NOT_FOUND");
    }
    let demoted = alice.post_nothing(&format!("/v1/groups/{id}/members/bob/demote")).await.expect(200);
    assert_snapshot!(demoted, @r#"200 {"message":"Admin demoted to member"}"#);
    assert_eq!(detail(&bob, &id).await["your_role"], "member");
    // The only admin stays one, also by its own hand.
    let _ = alice.post_nothing(&format!("/v1/groups/{id}/leave")).await.expect(200);
    assert_refused(&bob.post_nothing(&format!("/v1/groups/{id}/members/bob/demote")).await, 400, "LAST_ADMIN");
}

#[tokio::test]
async fn a_member_is_removed_by_an_admin() {
    // wire: agentchat.md#442-endpoints
    let app = hub().await;
    let [alice, bob, eve, _] = app.acs(["alice", "bob", "eve", "zoe"]).await;
    let id = group(&alice, &[&bob, &eve]).await;
    assert_refused(&bob.delete(&format!("/v1/groups/{id}/members/eve")).await, 403, "FORBIDDEN");
    let itself = alice.delete(&format!("/v1/groups/{id}/members/Alice")).await;
    assert_refused(&itself, 400, "VALIDATION_ERROR");
    assert!(itself.str_at("/message").contains("leave"), "{itself}");
    assert_refused(&alice.delete(&format!("/v1/groups/{id}/members/nobody")).await, 404, "AGENT_NOT_FOUND");
    assert_refused(&alice.delete(&format!("/v1/groups/{id}/members/zoe")).await, 404, "NOT_MEMBER");
    let _ = alice.post_nothing(&format!("/v1/groups/{id}/members/bob/promote")).await.expect(200);
    assert_refused(&bob.delete(&format!("/v1/groups/{id}/members/alice")).await, 403, "FORBIDDEN");
    let removed = bob.delete(&format!("/v1/groups/{id}/members/%40EVE")).await.expect(200);
    assert_snapshot!(removed, @r#"200 {"message":"Member removed"}"#);
    assert_refused(&eve.get(&format!("/v1/groups/{id}")).await, 404, "GROUP_NOT_FOUND");
    assert_refused(&bob.delete(&format!("/v1/groups/{id}/members/eve")).await, 404, "NOT_MEMBER");
    // Who is suspended is a member like any other.
    assert!(app.chat().suspend("bob").await.unwrap());
    assert_eq!(detail(&alice, &id).await["member_count"], 2);
    let _ = alice.delete(&format!("/v1/groups/{id}/members/bob")).await.expect(200);
    assert_eq!(roles(&detail(&alice, &id).await), [("alice", "admin")]);
    assert_refused(&alice.delete(&format!("/v1/groups/{id}/members/bob")).await, 404, "AGENT_NOT_FOUND");
}

#[tokio::test]
async fn who_has_been_there_longest_follows_the_last_admin() {
    // wire: agentchat.md#444-membership-mechanics
    let app = hub().await;
    let [alice, bob, eve] = app.acs(["alice", "bob", "eve"]).await;
    // Not who was invited first, but who came first.
    let id = group(&alice, &[&eve]).await;
    let _ = alice.post(&format!("/v1/groups/{id}/members"), &json!({ "handle": "bob" })).await.expect(201);
    app.advance(Duration::from_secs(1));
    enter(&bob, &id).await;
    let left = alice.post_nothing(&format!("/v1/groups/{id}/leave")).await.expect(200);
    assert_snapshot!(left, @r#"200 {"message":"Left group","promoted_handle":"eve"}"#);
    assert_eq!(roles(&detail(&bob, &id).await), [("eve", "admin"), ("bob", "member")]);
    let left = bob.post_nothing(&format!("/v1/groups/{id}/leave")).await.expect(200);
    assert_snapshot!(left, @r#"200 {"message":"Left group","promoted_handle":null}"#);
    let left = eve.post_nothing(&format!("/v1/groups/{id}/leave")).await.expect(200);
    assert_snapshot!(left, @r#"200 {"message":"Left group","promoted_handle":null}"#);
    for agent in [&alice, &bob, &eve] {
        assert_refused(&agent.post_nothing(&format!("/v1/groups/{id}/leave")).await, 404, "GROUP_NOT_FOUND");
    }
}

#[tokio::test]
async fn who_comes_back_is_a_plain_member_that_came_last() {
    // wire: agentchat.md#444-membership-mechanics
    let app = hub().await;
    let [alice, bob, eve] = app.acs(["alice", "bob", "eve"]).await;
    let id = group(&alice, &[&bob, &eve]).await;
    let _ = alice.post_nothing(&format!("/v1/groups/{id}/members/bob/promote")).await.expect(200);
    let _ = alice.post_nothing(&format!("/v1/groups/{id}/leave")).await.expect(200);
    let _ = bob.post(&format!("/v1/groups/{id}/members"), &json!({ "handle": "alice" })).await.expect(201);
    enter(&alice, &id).await;
    let group = detail(&alice, &id).await;
    assert_eq!(roles(&group), [("bob", "admin"), ("eve", "member"), ("alice", "member")]);
    assert_eq!((&group["created_by"], &group["your_role"]), (&json!("alice"), &json!("member")));
    // Who created it deletes it, whatever it is in it now.
    let _ = alice.delete(&format!("/v1/groups/{id}")).await.expect(200);
}

#[tokio::test]
async fn a_group_is_deleted_by_who_created_it() {
    // wire: agentchat.md#445-deletion
    let mut app = hub().await;
    let [alice, bob, eve, zoe] = app.acs(["alice", "bob", "eve", "zoe"]).await;
    let id = group(&alice, &[&bob, &eve]).await;
    for handle in ["zoe", "alice"] {
        let _ = alice.post(&format!("/v1/groups/{id}/members"), &json!({ "handle": handle })).await;
    }
    let _ = alice.post_nothing(&format!("/v1/groups/{id}/members/bob/promote")).await.expect(200);
    let _ = eve.post_nothing(&format!("/v1/groups/{id}/leave")).await.expect(200);
    assert_refused(&bob.delete(&format!("/v1/groups/{id}")).await, 403, "FORBIDDEN");
    assert_refused(&zoe.delete(&format!("/v1/groups/{id}")).await, 404, "GROUP_NOT_FOUND");
    let deleted = alice.delete(&format!("/v1/groups/{id}")).await.expect(200);
    assert_snapshot!(deleted.redacted(), @r#"200 {"message":"Group deleted","deleted_at":"<time>"}"#);
    let at = deleted.str_at("/deleted_at");
    assert_eq!(zoe.get("/v1/groups/invites").await.expect(200).json(), json!([]), "nobody is invited any more");
    for _ in 0..2 {
        let [alice, bob, eve, zoe] = [&alice, &bob, &eve, &zoe].map(|agent| agent.at(&app));
        // Whoever was a member, whenever that was.
        for agent in [&alice, &bob, &eve] {
            for reply in [
                agent.get(&format!("/v1/groups/{id}")).await,
                agent.patch(&format!("/v1/groups/{id}"), &json!({ "name": "x" })).await,
                agent.delete(&format!("/v1/groups/{id}")).await,
                agent.post(&format!("/v1/groups/{id}/members"), &json!({ "handle": "zoe" })).await,
                agent.delete(&format!("/v1/groups/{id}/members/bob")).await,
                agent.post_nothing(&format!("/v1/groups/{id}/members/bob/promote")).await,
                agent.post_nothing(&format!("/v1/groups/{id}/members/bob/demote")).await,
                agent.post_nothing(&format!("/v1/groups/{id}/leave")).await,
                tell(agent, &id, "anybody here").await,
            ] {
                assert_deleted(&reply, &id, "alice", &at);
            }
        }
        assert_refused(&zoe.get(&format!("/v1/groups/{id}")).await, 404, "GROUP_NOT_FOUND");
        assert_refused(&tell(&zoe, &id, "anybody here").await, 404, "GROUP_NOT_FOUND");
        app.restart().await;
    }
}

#[tokio::test]
async fn admins_delete_a_group_whose_creator_is_gone() {
    // wire: agentchat.md#445-deletion
    let app = hub().await;
    let [alice, bob, eve] = app.acs(["alice", "bob", "eve"]).await;
    let ids = [group(&alice, &[&bob, &eve]).await, group(&alice, &[&bob, &eve]).await];
    for id in &ids {
        let _ = alice.post_nothing(&format!("/v1/groups/{id}/members/bob/promote")).await.expect(200);
    }
    // Leaving is not being gone.
    let [first, second] = &ids;
    let _ = alice.post_nothing(&format!("/v1/groups/{second}/leave")).await.expect(200);
    assert_refused(&bob.delete(&format!("/v1/groups/{second}")).await, 403, "FORBIDDEN");
    assert!(app.chat().suspend("alice").await.unwrap());
    assert_refused(&eve.delete(&format!("/v1/groups/{first}")).await, 403, "FORBIDDEN");
    let _ = bob.delete(&format!("/v1/groups/{first}")).await.expect(200);
    assert!(app.chat().unsuspend("alice").await.unwrap());
    assert_refused(&alice.get(&format!("/v1/groups/{first}")).await, 410, "GROUP_DELETED");
    let _ = alice.delete("/v1/agents/alice").await.expect(200);
    let _ = bob.delete(&format!("/v1/groups/{second}")).await.expect(200);
}

#[tokio::test]
async fn a_deleted_agent_is_a_member_of_nothing() {
    // wire: agentchat.md#412-endpoints
    let mut app = hub().await;
    let [alice, bob, eve] = app.acs(["alice", "bob", "eve"]).await;
    let id = group(&alice, &[&bob, &eve]).await;
    let other = group(&eve, &[]).await;
    let _ = eve.post(&format!("/v1/groups/{other}/members"), &json!({ "handle": "alice" })).await.expect(201);
    let _ = alice.delete("/v1/agents/alice").await.expect(200);
    for _ in 0..2 {
        let group = detail(&bob.at(&app), &id).await;
        assert_eq!(roles(&group), [("bob", "admin"), ("eve", "member")]);
        assert_eq!(group["created_by"], "alice");
        app.restart().await;
    }
}

#[tokio::test]
async fn a_group_tells_when_something_was_last_said() {
    // wire: agentchat.md#441-shapes
    let app = hub().await;
    let [alice, bob] = app.acs(["alice", "bob"]).await;
    let id = group(&alice, &[&bob]).await;
    let joined = detail(&alice, &id).await;
    assert_eq!(joined["last_message_at"], joined["members"][1]["joined_at"]);
    app.advance(Duration::from_mins(1));
    let sent = tell(&bob, &id, "hello").await.expect(201);
    assert_eq!(detail(&alice, &id).await["last_message_at"], sent.json()["created_at"]);
}
