//! Fetching files.

use std::time::Duration;

use serde_json::Value;
use tertulia_testkit::{Reply, Request, TestApp};

use super::{
    support::{agents, assert_refused, hub},
    uploads::{announce, announcement, put, send_file, target, upload, with},
};

/// Where a file was said to be.
fn place(app: &TestApp, reply: Reply) -> String {
    target(app, &Value::from(reply.expect(302).header("location").expect("a place")))
}

#[tokio::test]
async fn a_file_is_fetched_from_a_signed_place_without_a_key() {
    // wire: agentchat.md#102-download
    let app = hub().await;
    let [ada, bob] = agents(&app, ["ada", "bob"]).await;
    let id = upload(&app, &ada, "bob", b"hello").await;
    let _ = send_file(&ada, "bob", "1", &id).await.expect(201);
    for reader in [&ada, &bob] {
        let found = reader.get(&format!("/v1/attachments/{id}")).await.expect(302);
        assert_eq!(found.text(), "");
        let at = place(&app, found);
        let file = app.get(&at).await.expect(200);
        assert_eq!(file.text(), "hello");
        for (header, value) in [
            ("content-type", "text/plain"),
            ("content-length", "5"),
            ("content-disposition", "attachment; filename=\"notes.txt\""),
            ("x-content-type-options", "nosniff"),
            ("content-security-policy", "default-src 'none'; frame-ancestors 'none'; sandbox"),
            ("accept-ranges", "bytes"),
        ] {
            assert_eq!(file.header(header), Some(value), "{header}");
        }
        // As often as one likes, while it is good.
        let _ = app.get(&at).await.expect(200);
    }
}

#[tokio::test]
async fn nobody_else_learns_that_a_file_is_there() {
    // wire: agentchat.md#102-download
    let app = hub().await;
    let [ada, _, eve] = agents(&app, ["ada", "bob", "eve"]).await;
    let id = upload(&app, &ada, "bob", b"hello").await;
    let hidden = eve.get(&format!("/v1/attachments/{id}")).await;
    assert_refused(&hidden, 404, "NOT_FOUND");
    for nothing in ["att_AAAAAAAAAAAAAAAAAAAAAA", "nothing", "%FF"] {
        let unknown = eve.get(&format!("/v1/attachments/{nothing}")).await;
        assert_eq!((unknown.status, unknown.text()), (404, hidden.text()), "{nothing}");
    }
    // What is announced and not there is not there for its uploader either.
    let announced = announce(&ada, &announcement("bob", b"later")).await;
    let later = format!("/v1/attachments/{}", announced["attachment_id"].as_str().unwrap());
    assert_refused(&ada.get(&later).await, 404, "NOT_FOUND");
    assert_refused(&app.get(&later).await, 401, "UNAUTHORIZED");
}

#[tokio::test]
async fn a_place_is_good_for_five_minutes_and_for_one_file() {
    // wire: agentchat.md#102-download
    let app = hub().await;
    let [ada, _] = agents(&app, ["ada", "bob"]).await;
    let [one, other] = [upload(&app, &ada, "bob", b"one").await, upload(&app, &ada, "bob", b"other").await];
    let at = place(&app, ada.get(&format!("/v1/attachments/{one}")).await);
    assert_refused(&app.get(&at.replace(&one, &other)).await, 403, "FORBIDDEN");
    assert_refused(&app.get(at.split('?').next().unwrap()).await, 403, "FORBIDDEN");
    assert_refused(&put(&app, &at.replace("/attachments/", "/uploads/"), b"one").await, 403, "FORBIDDEN");
    app.advance(Duration::from_secs(299));
    let _ = app.get(&at).await.expect(200);
    app.advance(Duration::from_secs(1));
    assert_refused(&app.get(&at).await, 403, "FORBIDDEN");
}

#[tokio::test]
async fn a_range_is_served_and_one_behind_the_end_is_not() {
    // wire: agentchat.md#102-download
    let app = hub().await;
    let [ada, _] = agents(&app, ["ada", "bob"]).await;
    let id = upload(&app, &ada, "bob", b"0123456789").await;
    let at = place(&app, ada.get(&format!("/v1/attachments/{id}")).await);
    let asked = |range: &str| Request::new("GET", &at).header("Range", range);
    for (range, text, said) in [
        ("bytes=0-0", "0", "bytes 0-0/10"),
        ("bytes=8-", "89", "bytes 8-9/10"),
        ("bytes=-3", "789", "bytes 7-9/10"),
        ("bytes=5-99", "56789", "bytes 5-9/10"),
    ] {
        let part = app.send(asked(range)).await.expect(206);
        assert_eq!((part.text(), part.header("content-range")), (text, Some(said)));
        assert_eq!(part.header("content-disposition"), Some("attachment; filename=\"notes.txt\""));
    }
    let behind = app.send(asked("bytes=10-")).await;
    assert_refused(&behind, 416, "VALIDATION_ERROR");
    assert_eq!(behind.header("content-range"), Some("bytes */10"));
    for whole in ["bytes=0-1,3-4", "lines=0-1", "bytes=9-5"] {
        assert_eq!(app.send(asked(whole)).await.expect(200).text(), "0123456789");
    }
    let etag = app.get(&at).await.header("etag").unwrap().to_owned();
    let _ = app.send(asked("bytes=0-1").header("If-Range", &etag)).await.expect(206);
    let _ = app.send(asked("bytes=0-1").header("If-Range", "\"other\"")).await.expect(200);
}

#[tokio::test]
async fn html_under_another_name_is_never_shown() {
    // wire: agentchat.md#102-download
    let app = hub().await;
    let [ada, _] = agents(&app, ["ada", "bob"]).await;
    let page = b"<html><script>alert(1)</script></html>";
    let named = with(announcement("bob", page), "filename", "../\"index\u{202e}.html");
    let announced = announce(&ada, &named).await;
    let _ = put(&app, &target(&app, &announced["upload_url"]), page).await.expect(200);
    let id = announced["attachment_id"].as_str().unwrap();
    let at = place(&app, ada.get(&format!("/v1/attachments/{id}")).await);
    let file = app.send(Request::new("GET", &at).header("Accept", "text/html")).await.expect(200);
    assert_eq!(file.header("content-type"), Some("text/plain"));
    assert_eq!(file.header("x-content-type-options"), Some("nosniff"));
    let disposition = file.header("content-disposition").unwrap();
    assert_eq!(disposition, "attachment; filename=\"..__index_.html\"; filename*=UTF-8''..__index_.html");
}
