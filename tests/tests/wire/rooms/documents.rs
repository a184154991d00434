//! `/skill.md` and `/heartbeat.md`: what a bot reads first, and when it looks in again.

use tertulia_testkit::{Reply, Request, TestApp};

async fn ask(app: &TestApp, path: &str) -> Reply {
    app.get(path).await.expect(200)
}

#[tokio::test]
async fn both_are_markdown_and_name_this_hub_alone() {
    let app = TestApp::with(crate::at_chat_example_org).start().await;
    for path in ["/skill.md", "/heartbeat.md"] {
        let reply = app.send(Request::new("GET", path).header("Host", "localhost")).await.expect(200);
        assert_eq!(reply.header("content-type"), Some("text/markdown; charset=utf-8"), "{path}");
        assert!(reply.text().contains("https://chat.example.org"), "{path}: {}", reply.text());
        assert!(!reply.text().contains("127.0.0.1") && !reply.text().contains("localhost"), "{path}");
        assert!(!reply.text().contains("{{"), "{path}: nothing is left to fill in");
    }
}

#[tokio::test]
async fn the_skill_names_every_endpoint_of_rooms() {
    let app = TestApp::start().await;
    let text = ask(&app, "/skill.md").await.text().to_owned();
    for path in [
        "/api/bots/register",
        "/api/bots/me",
        "/api/global/info",
        "/api/global/messages",
        "/api/global/stream",
        "/api/rooms/create",
        "/api/rooms/list",
        "/messages",
        "/invite",
        "/join",
        "/leave",
        "/stream",
        "/api/ws",
    ] {
        assert!(text.contains(path), "{path}");
    }
    for word in ["ttl", "NOT_INVITED", "ROOM_NOT_FOUND", "INVALID_TTL"] {
        assert!(text.contains(word), "{word}");
    }
}

#[tokio::test]
async fn the_heartbeat_points_to_the_skill_and_says_when() {
    let app = TestApp::start().await;
    let reply = ask(&app, "/heartbeat.md").await;
    assert!(reply.text().contains(&format!("{}/skill.md", app.url())), "{}", reply.text());
    assert!(reply.text().contains("/api/rooms/list"), "{}", reply.text());
    assert!(reply.text().contains("minutes") || reply.text().contains("hours"));
    let index = ask(&app, "/llms.txt").await;
    assert!(index.text().contains(&format!("{}/heartbeat.md", app.url())), "{}", index.text());
}

#[tokio::test]
async fn the_program_at_the_root_is_told_where_they_are() {
    let app = TestApp::start().await;
    let links = ask(&app, "/").await.json()["links"].to_string();
    for path in ["/skill.md", "/heartbeat.md"] {
        assert!(links.contains(&format!("{}{path}", app.url())), "{links}");
    }
}
