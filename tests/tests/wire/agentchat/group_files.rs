//! Files for groups: who announces, sends and fetches them.

use serde_json::{Value, json};
use tertulia_testkit::{AcCaller, Reply, TestApp};

use super::{
    support::{assert_refused, enter, group, hub},
    uploads::{announcement, put, target, upload, with},
};

/// What is announced of these bytes for a group.
fn for_group(group: &str, bytes: &[u8]) -> Value {
    with(with(announcement("", bytes), "to", Value::Null), "conversation_id", group)
}

/// Announces these bytes for a group, and puts them there; the attachment's id.
pub(crate) async fn upload_for(app: &TestApp, from: &AcCaller, group: &str, bytes: &[u8]) -> String {
    let announced = from.post("/v1/uploads", &for_group(group, bytes)).await.expect(201).json();
    let _ = put(app, &target(app, &announced["upload_url"]), bytes).await.expect(200);
    announced["attachment_id"].as_str().unwrap().to_owned()
}

/// Sends a file to a group.
async fn share(from: &AcCaller, group: &str, key: &str, id: &str) -> Reply {
    let content = json!({ "attachment_id": id });
    let body = json!({ "conversation_id": group, "client_msg_id": key, "type": "file", "content": content });
    from.post("/v1/messages", &body).await
}

async fn fetched(by: &AcCaller, id: &str) -> Reply {
    by.get(&format!("/v1/attachments/{id}")).await
}

#[tokio::test]
async fn members_alone_announce_files_for_a_group() {
    // wire: agentchat.md#101-upload
    let app = hub().await;
    let [ada, bob, eve] = app.acs(["ada", "bob", "eve"]).await;
    let id = group(&ada, &[&bob]).await;
    for member in [&ada, &bob] {
        let _ = member.post("/v1/uploads", &for_group(&id, b"hello")).await.expect(201);
    }
    assert_refused(&eve.post("/v1/uploads", &for_group(&id, b"hello")).await, 404, "GROUP_NOT_FOUND");
    let direct = id.replace("grp_", "conv_");
    assert_refused(&ada.post("/v1/uploads", &for_group(&direct, b"hello")).await, 400, "VALIDATION_ERROR");
    let _ = bob.post_nothing(&format!("/v1/groups/{id}/leave")).await.expect(200);
    assert_refused(&bob.post("/v1/uploads", &for_group(&id, b"hello")).await, 404, "GROUP_NOT_FOUND");
    let _ = ada.delete(&format!("/v1/groups/{id}")).await.expect(200);
    assert_refused(&ada.post("/v1/uploads", &for_group(&id, b"hello")).await, 410, "GROUP_DELETED");
}

#[tokio::test]
async fn a_file_is_sent_in_the_group_that_it_is_for_by_its_uploader() {
    // wire: agentchat.md#54-group-send-checks-in-order
    let app = hub().await;
    let [ada, bob] = app.acs(["ada", "bob"]).await;
    let [id, other] = [group(&ada, &[&bob]).await, group(&ada, &[&bob]).await];
    let file = upload_for(&app, &ada, &id, b"hello").await;
    assert_refused(&share(&ada, &other, "1", &file).await, 400, "ATTACHMENT_WRONG_SCOPE");
    assert_refused(&share(&bob, &id, "1", &file).await, 404, "ATTACHMENT_NOT_FOUND");
    let direct = upload(&app, &ada.elsewhere(), "bob", b"for bob").await;
    assert_refused(&share(&ada, &id, "1", &direct).await, 400, "ATTACHMENT_WRONG_SCOPE");
    let to_bob = json!({ "to": "bob", "client_msg_id": "1", "content": { "attachment_id": file } });
    assert_refused(&ada.post("/v1/messages", &to_bob).await, 400, "ATTACHMENT_WRONG_SCOPE");
    let sent = share(&ada, &id, "1", &file).await.expect(201).json();
    assert_eq!((&sent["type"], &sent["content"]), (&json!("file"), &json!({ "attachment_id": file })));
    let heard = bob.get(&format!("/v1/messages/{id}?limit=1")).await.expect(200).json();
    assert_eq!(heard[0]["content"], json!({ "attachment_id": file }));
}

#[tokio::test]
async fn who_is_a_member_fetches_a_groups_file_and_nobody_else() {
    // wire: agentchat.md#102-download
    let app = hub().await;
    let [ada, bob, eve, late] = app.acs(["ada", "bob", "eve", "late"]).await;
    let id = group(&ada, &[&bob]).await;
    let file = upload_for(&app, &bob, &id, b"hello").await;
    let _ = share(&bob, &id, "1", &file).await.expect(201);
    let _ = ada.post(&format!("/v1/groups/{id}/members"), &json!({ "handle": "late" })).await.expect(201);
    for outsider in [&eve, &late] {
        assert_refused(&fetched(outsider, &file).await, 404, "NOT_FOUND");
    }
    enter(&late, &id).await;
    for member in [&ada, &bob, &late] {
        let _ = fetched(member, &file).await.expect(302);
    }
    for gone in [&bob, &late] {
        let _ = gone.post_nothing(&format!("/v1/groups/{id}/leave")).await.expect(200);
    }
    // Its uploader, even after leaving.
    let _ = fetched(&bob, &file).await.expect(302);
    assert_refused(&fetched(&late, &file).await, 404, "NOT_FOUND");
    let _ = ada.delete(&format!("/v1/groups/{id}")).await.expect(200);
    for former in [&ada, &late] {
        assert_refused(&fetched(former, &file).await, 410, "GROUP_DELETED");
    }
    let _ = fetched(&bob, &file).await.expect(302);
    assert_refused(&fetched(&eve, &file).await, 404, "NOT_FOUND");
}
