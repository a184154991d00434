//! What members of a group see of what was said in it: from where they joined, as long as they are in it.

use serde_json::json;
use tertulia_testkit::{AcCaller, Reply};

use super::{
    support::{assert_refused, enter, group, hub, tell},
    talking::{history, message_at, rows, seqs},
};

/// What an agent sees of a group, oldest first.
async fn seen(agent: &AcCaller, group: &str) -> Vec<u64> {
    seqs(&history(agent, group, "?after_seq=0").await.expect(200))
}

async fn invite(admin: &AcCaller, group: &str, agent: &AcCaller) {
    let body = json!({ "handle": agent.handle });
    let _ = admin.post(&format!("/v1/groups/{group}/members"), &body).await.expect(201);
    enter(agent, group).await;
}

async fn tell_all(agent: &AcCaller, group: &str, texts: &[&str]) {
    for text in texts {
        let _ = tell(agent, group, text).await.expect(201);
    }
}

/// Everything about a conversation as such.
async fn looks(agent: &AcCaller, group: &str) -> [Reply; 5] {
    [
        history(agent, group, "").await,
        history(agent, group, "?around_message_id=msg_x").await,
        agent.get(&format!("/v1/conversations/{group}/participants")).await,
        agent.get(&format!("/v1/conversations/{group}/context")).await,
        agent.delete(&format!("/v1/conversations/{group}")).await,
    ]
}

#[tokio::test]
async fn history_begins_where_one_has_joined() {
    // wire: agentchat.md#423-get-v1messagesconversation_id, agentchat.md#444-membership-mechanics
    let mut app = hub().await;
    let [alice, bob, eve] = app.acs(["alice", "bob", "eve"]).await;
    let id = group(&alice, &[&bob]).await;
    tell_all(&alice, &id, &["two", "three"]).await;
    invite(&alice, &id, &eve).await;
    tell_all(&bob, &id, &["five", "six"]).await;
    let third = message_at(&alice, &id, 3).await;
    for round in ["in memory", "after a restart"] {
        let [alice, bob, eve] = [&alice, &bob, &eve].map(|agent| agent.at(&app));
        for agent in [&alice, &bob] {
            assert_eq!(seen(agent, &id).await, [1, 2, 3, 4, 5, 6], "{round}");
        }
        for (query, expected) in [
            ("", vec![6, 5, 4]),
            ("?after_seq=0", vec![4, 5, 6]),
            ("?after_seq=0&limit=2", vec![4, 5]),
            ("?after_seq=2&limit=1", vec![4]),
            ("?after_seq=4", vec![5, 6]),
            ("?before_seq=6&limit=200", vec![5, 4]),
            ("?before_seq=4", vec![]),
            ("?before_seq=2", vec![]),
            ("?limit=2", vec![6, 5]),
        ] {
            assert_eq!(seqs(&history(&eve, &id, query).await.expect(200)), expected, "{round} {query}");
        }
        // Of what was said before, nothing is there for it.
        let around = history(&eve, &id, &format!("?around_message_id={third}")).await;
        assert_refused(&around, 404, "MESSAGE_NOT_FOUND");
        assert_refused(&eve.post_nothing(&format!("/v1/messages/{third}/read")).await, 404, "MESSAGE_NOT_FOUND");
        assert_refused(&eve.delete(&format!("/v1/messages/{third}")).await, 404, "MESSAGE_NOT_FOUND");
        let around = history(&bob, &id, &format!("?around_message_id={third}")).await.expect(200);
        assert_eq!(seqs(&around), [3, 2, 1]);
        let context = eve.get(&format!("/v1/conversations/{id}/context")).await.expect(200).json();
        assert_eq!(context["unread"], json!({ "count": 3, "oldest_seq": 4, "newest_seq": 6 }));
        app.restart().await;
    }
}

#[tokio::test]
async fn who_comes_back_sees_what_comes_from_then_on() {
    // wire: agentchat.md#444-membership-mechanics
    let mut app = hub().await;
    let [alice, bob, eve] = app.acs(["alice", "bob", "eve"]).await;
    let id = group(&alice, &[&bob, &eve]).await;
    tell_all(&alice, &id, &["three"]).await;
    assert_eq!(seen(&eve, &id).await, [2, 3]);
    let _ = eve.post_nothing(&format!("/v1/groups/{id}/leave")).await.expect(200);
    tell_all(&alice, &id, &["five"]).await;
    invite(&alice, &id, &eve).await;
    tell_all(&alice, &id, &["seven"]).await;
    for _ in 0..2 {
        assert_eq!(seen(&eve.at(&app), &id).await, [6, 7]);
        assert_eq!(seen(&bob.at(&app), &id).await, [1, 2, 3, 4, 5, 6, 7]);
        app.restart().await;
    }
}

#[tokio::test]
async fn who_has_left_sees_nothing_any_more() {
    // wire: agentchat.md#423-get-v1messagesconversation_id, agentchat.md#432-others
    let mut app = hub().await;
    let [alice, bob, eve] = app.acs(["alice", "bob", "eve"]).await;
    let id = group(&alice, &[&bob, &eve]).await;
    tell_all(&alice, &id, &["three"]).await;
    let third = message_at(&bob, &id, 3).await;
    let _ = bob.post_nothing(&format!("/v1/groups/{id}/leave")).await.expect(200);
    let _ = alice.delete(&format!("/v1/groups/{id}/members/eve")).await.expect(200);
    for _ in 0..2 {
        for agent in [&bob, &eve].map(|agent| agent.at(&app)) {
            for reply in looks(&agent, &id).await {
                assert_refused(&reply, 404, "CONVERSATION_NOT_FOUND");
            }
            // It knows the group, so it is told.
            let mute = json!({ "target_kind": "conversation", "target_id": id, "muted_until": null });
            assert_refused(&agent.post("/v1/mutes", &mute).await, 403, "NOT_PARTICIPANT");
            assert_eq!(agent.get("/v1/conversations").await.expect(200).text(), "[]");
            // What it could see it may still hide, and mark as read.
            let _ = agent.delete(&format!("/v1/messages/{third}")).await.expect(200);
            let _ = agent.post_nothing(&format!("/v1/messages/{third}/read")).await.expect(200);
        }
        app.restart().await;
    }
}

#[tokio::test]
async fn of_a_deleted_group_its_members_learn_that_it_is() {
    // wire: agentchat.md#445-deletion, agentchat.md#432-others
    let mut app = hub().await;
    let [alice, bob, eve, zoe] = app.acs(["alice", "bob", "eve", "zoe"]).await;
    let id = group(&alice, &[&bob, &eve]).await;
    tell_all(&alice, &id, &["three"]).await;
    let third = message_at(&bob, &id, 3).await;
    let _ = eve.post_nothing(&format!("/v1/groups/{id}/leave")).await.expect(200);
    let at = alice.delete(&format!("/v1/groups/{id}")).await.expect(200).str_at("/deleted_at");
    let details = json!({ "group_id": id, "deleted_by_handle": "alice", "deleted_at": at });
    for _ in 0..2 {
        let [alice, bob, eve, zoe] = [&alice, &bob, &eve, &zoe].map(|agent| agent.at(&app));
        for agent in [&alice, &bob, &eve] {
            for reply in looks(agent, &id).await {
                assert_refused(&reply, 410, "GROUP_DELETED");
                assert_eq!(reply.json()["details"], details);
            }
            assert_eq!(agent.get("/v1/conversations").await.expect(200).text(), "[]");
        }
        for reply in looks(&zoe, &id).await {
            assert_refused(&reply, 404, "CONVERSATION_NOT_FOUND");
        }
        // Its last message waits until it is got; what it was sent before is there for nobody to page to.
        let waiting = rows(&bob.get("/v1/messages/sync").await.expect(200));
        let events: Vec<_> = waiting.iter().map(|row| row["content"]["data"]["event"].clone()).collect();
        assert_eq!(events, [json!("group_deleted")]);
        let _ = bob.delete(&format!("/v1/messages/{third}")).await.expect(200);
        app.restart().await;
    }
}
