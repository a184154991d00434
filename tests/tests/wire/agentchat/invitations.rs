//! Invitations to groups: nobody is a member who has not accepted one.

use std::time::Duration;

use insta::assert_snapshot;
use serde_json::{Value, json};
use tertulia_model::Pause;
use tertulia_testkit::{AcCaller, Reply, TestApp};

use super::support::{assert_refused, enter, group, hub, inbox, tell, until};

async fn invite(agent: &AcCaller, group: &str, handle: &str) -> Reply {
    agent.post(&format!("/v1/groups/{group}/members"), &json!({ "handle": handle })).await
}

async fn invites(agent: &AcCaller) -> Vec<Value> {
    agent.get("/v1/groups/invites").await.expect(200).json().as_array().unwrap().clone()
}

/// A hub in which an agent invites two others a day, and groups have three members.
async fn small_hub() -> TestApp {
    TestApp::with(|config| {
        config.limits.registrations_per_address = tertulia_core::Limit::Off;
        config.agentchat.group_invitations = tertulia_core::LongLimit(tertulia_core::Limit::per_secs(2, 86_400));
        config.agentchat.group_members = 2;
    })
    .start()
    .await
}

#[tokio::test]
async fn an_invitation_waits_with_everything_that_is_shown_of_it() {
    // wire: agentchat.md#441-shapes, agentchat.md#442-endpoints
    let app = hub().await;
    let [alice, bob] = app.acs(["alice", "bob"]).await;
    let id = group(&alice, &[]).await;
    let invited = invite(&alice, &id, "@BOB").await.expect(201);
    let invitation = invited.str_at("/invite_id");
    assert!(invitation.starts_with("gri_") && invitation.len() == 26, "{invitation}");
    assert_eq!(invited.json(), json!({ "handle": "bob", "outcome": "invited", "invite_id": invitation }));
    let listed = bob.get("/v1/groups/invites").await;
    let shown = listed.redacted().replace(&id, "<group>").replace(&invitation, "<invitation>");
    assert_snapshot!(shown, @r#"200 [{"id":"<invitation>","group_id":"<group>","group_name":"ops","group_description":null,"group_avatar_url":null,"group_member_count":1,"inviter_handle":"alice","created_at":"<time>"}]"#);
    assert_refused(&bob.get(&format!("/v1/groups/{id}")).await, 404, "GROUP_NOT_FOUND");
    assert_eq!(invites(&alice).await, [Value::Null; 0]);
}

#[tokio::test]
async fn invitations_come_oldest_first() {
    // wire: agentchat.md#442-endpoints
    let mut app = hub().await;
    let [alice, bob, eve] = app.acs(["alice", "bob", "eve"]).await;
    let mut expected = Vec::new();
    for inviter in [&alice, &bob, &alice] {
        let id = group(inviter, &[]).await;
        expected.push(invite(inviter, &id, "eve").await.expect(201).json()["invite_id"].clone());
        app.advance(Duration::from_secs(1));
    }
    for _ in 0..2 {
        let ids: Vec<_> = invites(&eve.at(&app)).await.iter().map(|invite| invite["id"].clone()).collect();
        assert_eq!(ids, expected);
        app.restart().await;
    }
}

#[tokio::test]
async fn who_is_invited_again_is_told_once() {
    // wire: agentchat.md#443-invite-rules-in-this-order
    let app = hub().await;
    let [alice, bob, eve] = app.acs(["alice", "bob", "eve"]).await;
    let id = group(&alice, &[&bob]).await;
    let _ = alice.post_nothing(&format!("/v1/groups/{id}/members/bob/promote")).await.expect(200);
    let mut socket = inbox(&eve).await;
    let first = invite(&alice, &id, "eve").await.expect(201).json();
    assert_eq!(invite(&bob, &id, "eve").await.expect(201).json(), first);
    assert_eq!(invites(&eve).await.len(), 1);
    let told = socket.next_json().await;
    assert_eq!((&told["type"], &told["payload"]), (&json!("group.invite.received"), &invites(&eve).await[0]));
    enter(&eve, &id).await;
    let next = socket.next_json().await;
    assert_eq!(next["payload"]["content"]["data"]["event"], "member_joined", "{next}");
    // The first one has invited.
    assert_eq!(next["payload"]["sender"], "alice");
    assert_eq!(
        invite(&bob, &id, "eve").await.expect(201).json(),
        json!({ "handle": "eve", "outcome": "already_member" })
    );
}

#[tokio::test]
async fn who_is_fully_paused_is_not_told() {
    // wire: agentchat.md#66-owner-pause
    let app = hub().await;
    let [alice, bob] = app.acs(["alice", "bob"]).await;
    let [first, second] = [group(&alice, &[]).await, group(&alice, &[]).await];
    assert!(app.chat().pause("bob", Some(Pause::Full)).await.unwrap());
    let mut socket = inbox(&bob).await;
    let _ = invite(&alice, &first, "bob").await.expect(201);
    assert!(app.chat().pause("bob", Some(Pause::Send)).await.unwrap());
    let _ = invite(&alice, &second, "bob").await.expect(201);
    assert_eq!(socket.next_json().await["payload"]["group_id"], second);
    assert_eq!(invites(&bob).await.len(), 2);
}

#[tokio::test]
async fn what_forbids_an_invitation_is_told_in_order() {
    // wire: agentchat.md#443-invite-rules-in-this-order
    let app = small_hub().await;
    let [alice, bob] = app.acs(["alice", "bob"]).await;
    let id = group(&alice, &[]).await;
    // Nobody; oneself; one who blocks, who only hears contacts, too.
    assert_refused(&invite(&alice, &id, "nobody").await, 404, "AGENT_NOT_FOUND");
    assert_refused(&invite(&alice, &id, "tertulia").await, 404, "AGENT_NOT_FOUND");
    assert_refused(&invite(&alice, &id, "Alice").await, 400, "VALIDATION_ERROR");
    let closed = json!({ "settings": { "group_invite_policy": "contacts_only" } });
    let _ = bob.patch("/v1/agents/bob", &closed).await.expect(200);
    let _ = bob.post_nothing("/v1/contacts/alice/block").await.expect(200);
    assert_refused(&invite(&alice, &id, "bob").await, 403, "BLOCKED");
    let _ = bob.delete("/v1/contacts/alice/block").await.expect(200);
    let _ = alice.post_nothing("/v1/contacts/bob/block").await.expect(200);
    assert_refused(&invite(&alice, &id, "bob").await, 403, "BLOCKED");
    let _ = alice.delete("/v1/contacts/bob/block").await.expect(200);
    assert_refused(&invite(&alice, &id, "bob").await, 403, "INBOX_RESTRICTED");
    // The other's contact book is what counts.
    let _ = alice.post("/v1/contacts", &json!({ "handle": "bob" })).await.expect(201);
    assert_refused(&invite(&alice, &id, "bob").await, 403, "INBOX_RESTRICTED");
    let _ = bob.post("/v1/contacts", &json!({ "handle": "alice" })).await.expect(201);
    let _ = invite(&alice, &id, "bob").await.expect(201);
    assert!(app.chat().suspend("bob").await.unwrap());
    assert_refused(&invite(&alice, &id, "bob").await, 404, "AGENT_NOT_FOUND");
}

#[tokio::test]
async fn so_many_are_invited_in_a_day() {
    // wire: agentchat.md#443-invite-rules-in-this-order
    let mut app = small_hub().await;
    let [alice, bob, eve, zoe] = app.acs(["alice", "bob", "eve", "zoe"]).await;
    let [first, second] = [group(&alice, &[]).await, group(&alice, &[]).await];
    let closed = json!({ "settings": { "group_invite_policy": "contacts_only" } });
    let _ = zoe.patch("/v1/agents/zoe", &closed).await.expect(200);
    let _ = invite(&alice, &first, "bob").await.expect(201);
    app.advance(Duration::from_hours(1));
    // Those that were answered count, those that were repeated or refused do not.
    let declined = invite(&alice, &first, "bob").await.expect(201).str_at("/invite_id");
    assert_refused(&invite(&alice, &first, "zoe").await, 403, "INBOX_RESTRICTED");
    let _ = bob.delete(&format!("/v1/groups/invites/{declined}")).await.expect(200);
    let _ = invite(&alice, &first, "eve").await.expect(201);
    app.restart().await;
    let [alice, eve] = [alice.at(&app), eve.at(&app)];
    for handle in ["bob", "zoe", "eve"] {
        let refused = invite(&alice, &second, handle).await;
        assert_refused(&refused, 429, "RATE_LIMITED");
        assert_eq!(refused.header("retry-after"), Some("82800"), "{refused}");
        assert_eq!(refused.json()["details"], json!({ "limit": 2, "retry_after_ms": 82_800_000 }));
    }
    // A member already counts for nothing.
    enter(&eve, &first).await;
    assert_eq!(invite(&alice, &first, "eve").await.expect(201).json()["outcome"], "already_member");
    // At creation, they are missing.
    let created = alice.post("/v1/groups", &json!({ "name": "x", "member_handles": ["bob"] })).await.expect(201);
    assert_eq!(created.json()["add_results"], json!([]));
    app.advance(Duration::from_hours(23));
    let _ = invite(&alice, &second, "bob").await.expect(201);
}

#[tokio::test]
async fn a_full_group_takes_nobody() {
    // wire: agentchat.md#443-invite-rules-in-this-order, agentchat.md#11-rate-limits-and-quotas
    let app = small_hub().await;
    let [alice, bob, eve, zoe] = app.acs(["alice", "bob", "eve", "zoe"]).await;
    let id = group(&alice, &[]).await;
    let [first, second] = [invite(&alice, &id, "bob").await, invite(&alice, &id, "eve").await];
    let second = second.expect(201).str_at("/invite_id");
    let _ = first.expect(201);
    // Both want the last place at once.
    let accept = |agent: AcCaller| async move {
        let invite = invites(&agent).await[0]["id"].as_str().unwrap().to_owned();
        agent.post_nothing(&format!("/v1/groups/invites/{invite}/accept")).await
    };
    let replies = tokio::join!(accept(bob.clone()), accept(eve.clone()));
    let replies = [replies.0, replies.1];
    let (entered, full): (Vec<_>, Vec<_>) = replies.iter().partition(|reply| reply.status == 200);
    assert_eq!((entered.len(), full.len()), (1, 1));
    assert_refused(full[0], 409, "GROUP_FULL");
    assert_eq!(alice.get(&format!("/v1/groups/{id}")).await.expect(200).json()["member_count"], 2);
    // Who was late comes when there is room; who waits is still invited, and others are not.
    let (late, early) = if invites(&eve).await.is_empty() { (&bob, &eve) } else { (&eve, &bob) };
    assert_eq!(invites(late).await.len(), 1);
    let _ = early.post_nothing(&format!("/v1/groups/{id}/leave")).await.expect(200);
    enter(late, &id).await;
    app.advance(Duration::from_hours(24));
    assert_refused(&invite(&alice, &id, &zoe.handle).await, 409, "GROUP_FULL");
    assert_refused(&eve.post_nothing(&format!("/v1/groups/invites/{second}/accept")).await, 404, "INVITE_NOT_FOUND");
}

#[tokio::test]
async fn an_invitation_is_its_invitees_alone() {
    // wire: agentchat.md#442-endpoints
    let app = hub().await;
    let [alice, bob, eve] = app.acs(["alice", "bob", "eve"]).await;
    let id = group(&alice, &[]).await;
    let invitation = invite(&alice, &id, "bob").await.expect(201).str_at("/invite_id");
    for agent in [&alice, &eve] {
        for named in [invitation.as_str(), "gri_AAAAAAAAAAAAAAAAAAAAAA", "gri_", "x", id.as_str()] {
            let accepted = agent.post_nothing(&format!("/v1/groups/invites/{named}/accept")).await;
            assert_refused(&accepted, 404, "INVITE_NOT_FOUND");
            assert_refused(&agent.delete(&format!("/v1/groups/invites/{named}")).await, 404, "INVITE_NOT_FOUND");
        }
    }
    let accepted = bob.post_nothing(&format!("/v1/groups/invites/{invitation}/accept")).await.expect(200);
    assert_eq!(accepted.json(), bob.get(&format!("/v1/groups/{id}")).await.expect(200).json());
    assert_eq!((&accepted.json()["your_role"], &accepted.json()["member_count"]), (&json!("member"), &json!(2)));
    assert_refused(
        &bob.post_nothing(&format!("/v1/groups/invites/{invitation}/accept")).await,
        404,
        "INVITE_NOT_FOUND",
    );
}

#[tokio::test]
async fn an_invitation_is_turned_down_and_made_again() {
    // wire: agentchat.md#442-endpoints
    let app = hub().await;
    let [alice, bob] = app.acs(["alice", "bob"]).await;
    let id = group(&alice, &[]).await;
    let mut socket = inbox(&alice).await;
    let first = invite(&alice, &id, "bob").await.expect(201).str_at("/invite_id");
    let rejected = bob.delete(&format!("/v1/groups/invites/{first}")).await;
    assert_snapshot!(rejected, @r#"200 {"message":"Invite rejected"}"#);
    assert_refused(&bob.delete(&format!("/v1/groups/invites/{first}")).await, 404, "INVITE_NOT_FOUND");
    assert_refused(&bob.post_nothing(&format!("/v1/groups/invites/{first}/accept")).await, 404, "INVITE_NOT_FOUND");
    assert_eq!(invites(&bob).await, [Value::Null; 0]);
    let second = invite(&alice, &id, "bob").await.expect(201).str_at("/invite_id");
    assert_ne!(first, second);
    enter(&bob, &id).await;
    let _ = tell(&bob, &id, "hello").await.expect(201);
    assert_eq!(until(&mut socket, "hello").await, [Value::Null; 0], "who has invited is told nothing");
}

#[tokio::test]
async fn only_admins_invite() {
    // wire: agentchat.md#442-endpoints
    let app = hub().await;
    let [alice, bob, eve] = app.acs(["alice", "bob", "eve"]).await;
    let id = group(&alice, &[&bob]).await;
    // Whoever may not, does not learn who exists.
    for handle in ["eve", "nobody"] {
        assert_refused(&invite(&bob, &id, handle).await, 403, "FORBIDDEN");
        assert_refused(&invite(&eve, &id, handle).await, 404, "GROUP_NOT_FOUND");
    }
    for bad in [json!({}), json!({ "handle": null }), json!({ "handle": 7 }), json!([])] {
        assert_refused(&alice.post(&format!("/v1/groups/{id}/members"), &bad).await, 400, "VALIDATION_ERROR");
    }
}
