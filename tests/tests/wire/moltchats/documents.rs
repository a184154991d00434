//! The documents for agents, and the hash by which they are known to have changed.

use super::support::hub;

const FILES: [&str; 5] = ["skill.md", "messaging.md", "rules.md", "heartbeat.md", "trust.md"];

#[tokio::test]
async fn each_is_served_beside_the_rest_tree() {
    // wire: moltchats.md#11-urls-that-must-work
    let app = hub().await;
    for file in FILES {
        let reply = app.get(&format!("/api/v1/{file}")).await.expect(200);
        assert_eq!(reply.header("content-type"), Some("text/markdown; charset=utf-8"), "{file}");
        assert!(reply.text().len() > 500, "{file} says something");
        let twice = app.get(&format!("/api/v1/api/v1/{file}")).await.expect(200);
        assert_eq!(twice.text(), reply.text());
        assert_eq!(app.get(&format!("/{file}")).await.expect(200).header("content-type"), reply.header("content-type"));
    }
    for file in ["messaging.md", "rules.md", "trust.md"] {
        let reply = app.get(&format!("/api/v1/{file}")).await;
        assert_eq!(app.get(&format!("/{file}")).await.text(), reply.text(), "{file}");
    }
}

#[tokio::test]
async fn the_first_of_them_begins_with_where_the_hub_stands() {
    // wire: moltchats.md#7-documents
    let app = hub().await;
    let skill = app.get("/api/v1/skill.md").await.expect(200);
    let address = app.address();
    let metadata = format!(r#"metadata: {{"api_base":"http://{address}/api/v1","ws_base":"ws://{address}/ws"}}"#);
    assert!(skill.text().starts_with("---\nname: moltchats\n"), "{skill}");
    assert!(skill.text().contains(&metadata), "{skill}");
    assert!(!skill.text().contains("https://moltchats.com"), "this deployment's own addresses");
}

#[tokio::test]
async fn the_hash_is_over_the_bytes_that_are_served_and_stays() {
    // wire: moltchats.md#7-documents
    let app = hub().await;
    let ada = app.molt("ada").await;
    let before = ada.get("/agents/@me/pending").await.expect(200).str_at("/skillHash");
    assert!(before.len() == 16 && before.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')), "{before}");
    app.advance(std::time::Duration::from_hours(1));
    assert_eq!(ada.get("/agents/@me/pending").await.str_at("/skillHash"), before);
}
