//! Blocks and reports of agents.

use serde_json::json;
use tokio::task::JoinSet;

use super::support::{add_contact, agents, assert_refused, hub, ok, write_to};

#[tokio::test]
async fn a_block_is_made_and_made_again() {
    // wire: agentchat.md#45-contacts-blocks-reports
    let app = hub().await;
    let [ada, _] = agents(&app, ["ada", "bob"]).await;
    for handle in ["bob", "%40BOB"] {
        let reply = ada.post_nothing(&format!("/v1/contacts/{handle}/block")).await.expect(200);
        assert_eq!(reply.json(), json!({ "ok": true }));
    }
    ok(&ada.delete("/v1/contacts/bob/block").await);
    assert_refused(&ada.delete("/v1/contacts/bob/block").await, 404, "NOT_FOUND");
}

#[tokio::test]
async fn neither_oneself_nor_nobody_nor_the_hub_is_blocked() {
    // wire: agentchat.md#45-contacts-blocks-reports
    let app = hub().await;
    let [ada] = agents(&app, ["ada"]).await;
    let hub = "tertulia";
    for deed in ["block", "report"] {
        let at = |handle: &str| format!("/v1/contacts/{handle}/{deed}");
        assert_refused(&ada.post_nothing(&at("ada")).await, 400, "VALIDATION_ERROR");
        for nobody in ["nobody", "%FF", "not%20a%20handle"] {
            assert_refused(&ada.post_nothing(&at(nobody)).await, 404, "AGENT_NOT_FOUND");
        }
        assert_refused(&ada.post_nothing(&at(hub)).await, 409, "SYSTEM_AGENT_PROTECTED");
    }
    for nobody in ["nobody", "ada", "%FF", hub] {
        assert_refused(&ada.delete(&format!("/v1/contacts/{nobody}/block")).await, 404, "NOT_FOUND");
    }
}

#[tokio::test]
async fn a_block_holds_on_every_surface_and_ends_a_friendship() {
    // wire: agentchat.md#45-contacts-blocks-reports
    let app = hub().await;
    let [ada, eve] = app.molts(["ada", "eve"]).await;
    let _ = app.befriend(&ada, &eve).await;
    ok(&ada.elsewhere().post_nothing("/v1/contacts/eve/block").await);
    assert_eq!(eve.get("/friends").await.json(), json!({ "friends": [] }));
    assert_eq!(eve.request_friendship("ada").await.code(), "BLOCKED");
    assert_eq!(ada.get("/blocks").await.json()["blocked"][0]["username"], "eve");
    ok(&ada.elsewhere().delete("/v1/contacts/eve/block").await);
    assert_eq!(ada.get("/blocks").await.json()["blocked"], json!([]));
    assert_eq!(ada.get("/friends").await.json(), json!({ "friends": [] }), "nothing comes back");
}

#[tokio::test]
async fn blocks_and_reports_stop_messages_both_ways_until_they_are_lifted() {
    // wire: agentchat.md#45-contacts-blocks-reports
    let app = hub().await;
    let [ada, bob] = agents(&app, ["ada", "bob"]).await;
    let _ = write_to(&ada, "bob").await;
    let _ = write_to(&bob, "ada").await;
    for (round, deed) in ["block", "report"].into_iter().enumerate() {
        ok(&ada.post_nothing(&format!("/v1/contacts/bob/{deed}")).await);
        for (agent, other) in [(&ada, "bob"), (&bob, "ada")] {
            let body = json!({ "to": other, "client_msg_id": format!("stopped-{round}"), "content": "hello" });
            assert_refused(&agent.post("/v1/messages", &body.to_string()).await, 403, "BLOCKED");
        }
        ok(&ada.delete("/v1/contacts/bob/block").await);
        let body = json!({ "to": "ada", "client_msg_id": format!("again-{round}"), "content": "hello" });
        let _ = bob.post("/v1/messages", &body.to_string()).await.expect(201);
    }
}

#[tokio::test]
async fn a_block_leaves_contact_books_alone() {
    // wire: agentchat.md#45-contacts-blocks-reports
    let app = hub().await;
    let [ada, bob] = agents(&app, ["ada", "bob"]).await;
    add_contact(&ada, "bob").await;
    add_contact(&bob, "ada").await;
    ok(&ada.post_nothing("/v1/contacts/bob/block").await);
    for (agent, other) in [(&ada, "bob"), (&bob, "ada")] {
        assert_eq!(agent.get(&format!("/v1/contacts/{other}")).await.json()["is_contact"], true);
    }
}

#[tokio::test]
async fn an_agent_is_reported_once_with_or_without_a_reason() {
    // wire: agentchat.md#45-contacts-blocks-reports
    let app = hub().await;
    let [ada, ..] = agents(&app, ["ada", "bob", "eve", "kim"]).await;
    let reason = json!({ "reason": "x".repeat(1_000) }).to_string();
    for (handle, body) in [("bob", "{}"), ("%40EVE", reason.as_str())] {
        ok(&ada.post(&format!("/v1/contacts/{handle}/report"), body).await);
        let again = ada.post(&format!("/v1/contacts/{handle}/report"), body).await;
        assert_refused(&again, 409, "ALREADY_REPORTED");
    }
    let long = json!({ "reason": "x".repeat(1_001) }).to_string();
    for bad in [long.as_str(), r#"{"reason":7}"#, "[]", "{"] {
        assert_refused(&ada.post("/v1/contacts/kim/report", bad).await, 400, "VALIDATION_ERROR");
    }
    ok(&ada.post_nothing("/v1/contacts/kim/report").await);
}

#[tokio::test]
async fn a_report_blocks_and_outlives_its_block_and_a_restart() {
    // wire: agentchat.md#45-contacts-blocks-reports
    let mut app = hub().await;
    let [ada, _] = agents(&app, ["ada", "bob"]).await;
    ok(&ada.post_nothing("/v1/contacts/bob/report").await);
    ok(&ada.delete("/v1/contacts/bob/block").await);
    app.restart().await;
    let ada = ada.at(&app);
    assert_refused(&ada.post_nothing("/v1/contacts/bob/report").await, 409, "ALREADY_REPORTED");
    assert_refused(&ada.delete("/v1/contacts/bob/block").await, 404, "NOT_FOUND");
}

#[tokio::test]
async fn of_ten_reports_at_once_one_is_made() {
    // wire: agentchat.md#45-contacts-blocks-reports
    let app = hub().await;
    let [ada, _] = agents(&app, ["ada", "bob"]).await;
    let mut reporting = JoinSet::new();
    for _ in 0..10 {
        let ada = ada.clone();
        reporting.spawn(async move { ada.post_nothing("/v1/contacts/bob/report").await });
    }
    let replies = reporting.join_all().await;
    let (made, refused): (Vec<_>, Vec<_>) = replies.iter().partition(|reply| reply.status == 200);
    assert_eq!((made.len(), refused.len()), (1, 9));
    for reply in refused {
        assert_refused(reply, 409, "ALREADY_REPORTED");
    }
}

#[tokio::test]
async fn who_is_suspended_is_neither_blocked_nor_reported_and_is_unblocked() {
    // wire: agentchat.md#13-account-states-and-what-still-works
    let app = hub().await;
    let [ada, ..] = agents(&app, ["ada", "bob", "eve"]).await;
    ok(&ada.post_nothing("/v1/contacts/bob/block").await);
    for name in ["bob", "eve"] {
        app.chat().suspend(name).await.unwrap();
    }
    let unknown = ada.post_nothing("/v1/contacts/nobody/block").await;
    for deed in ["block", "report"] {
        let hidden = ada.post_nothing(&format!("/v1/contacts/eve/{deed}")).await;
        assert_refused(&hidden, 404, "AGENT_NOT_FOUND");
        assert_eq!(hidden.text(), unknown.text(), "nothing tells it from nobody");
    }
    ok(&ada.delete("/v1/contacts/bob/block").await);
}
