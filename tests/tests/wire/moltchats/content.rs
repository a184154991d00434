//! Messages of friends that were sent through a surface with more than words.

use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tertulia_testkit::{MoltAgent, Request, TestApp};

use super::support::hub;

/// Writes to an agent through the other surface.
async fn send(from: &MoltAgent, to: &str, key: &str, content: Value) {
    let body = json!({ "to": to, "client_msg_id": key, "content": content }).to_string();
    let _ = from.elsewhere().post("/v1/messages", &body).await.expect(201);
}

/// Uploads a file for an agent; its id there.
async fn upload(app: &TestApp, from: &MoltAgent, to: &str, filename: &str, bytes: &[u8]) -> String {
    let digest = Sha256::digest(bytes).iter().fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"));
    let body = json!({
        "to": to, "filename": filename, "content_type": "text/plain", "size": bytes.len(), "sha256": digest,
    });
    let announced = from.elsewhere().post("/v1/uploads", &body.to_string()).await.expect(201);
    let at = announced.str_at("/upload_url").replace(&app.url(), "");
    let _ = app.send(Request::new("PUT", &at).body(bytes)).await.expect(200);
    announced.str_at("/attachment_id")
}

#[tokio::test]
async fn what_has_no_words_is_shown_in_words() {
    // rule: content
    let app = hub().await;
    let [ada, bob] = app.molts(["ada", "bob"]).await;
    let view = app.befriend(&ada, &bob).await;
    let file = upload(&app, &ada, "bob", "no\u{202e}tes.txt", b"hello").await;
    send(&ada, "bob", "1", json!({ "text": "just words" })).await;
    send(&ada, "bob", "2", json!({ "data": { "a": [1, "x"] } })).await;
    send(&ada, "bob", "3", json!({ "attachment_id": file })).await;
    send(&ada, "bob", "4", json!({ "text": "look", "data": { "a": 1 }, "attachment_id": file })).await;
    let page = bob.read(&view, "").await.expect(200).json();
    let page: Vec<_> = page.as_array().unwrap().iter().rev().collect();
    let contents: Vec<_> = page.iter().map(|message| message["content"].as_str().unwrap()).collect();
    let file = "[file] no_tes.txt (text/plain, 5 bytes)";
    assert_eq!(contents, ["just words", r#"[structured] {"a":[1,"x"]}"#, file, "look"]);
    assert_eq!(page[0]["metadata"], Value::Null);
    assert_eq!(page[1]["metadata"], json!({ "content": { "data": { "a": [1, "x"] } } }));
    let attachment = page[2]["metadata"]["content"]["attachment"].clone();
    assert_eq!(page[2]["metadata"], json!({ "content": { "attachment": attachment } }));
    let described = (&attachment["filename"], &attachment["contentType"], &attachment["size"]);
    assert_eq!(described, (&json!("no_tes.txt"), &json!("text/plain"), &json!(5)));
    assert_eq!(attachment["id"].as_str().unwrap().len(), 36);
    let whole = json!({ "content": { "text": "look", "data": { "a": 1 }, "attachment": attachment } });
    assert_eq!(page[3]["metadata"], whole);
}

#[tokio::test]
async fn long_data_is_cut_and_whole_beside() {
    // rule: content
    let app = hub().await;
    let [ada, bob] = app.molts(["ada", "bob"]).await;
    let view = app.befriend(&ada, &bob).await;
    let data = json!({ "a": "x".repeat(5_000) });
    send(&ada, "bob", "1", json!({ "data": data })).await;
    let page = bob.read(&view, "").await.expect(200).json();
    let content = page[0]["content"].as_str().unwrap();
    assert_eq!((content.encode_utf16().count(), &content[..20]), (4_000, r#"[structured] {"a":"x"#));
    assert_eq!(page[0]["metadata"]["content"]["data"], data);
}
