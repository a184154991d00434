//! Every route with who may use it. A route of the hub that is not in the table fails the test, and so does a row
//! without a route.

use std::collections::BTreeSet;

use tertulia_testkit::{Request, TestApp};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum May {
    /// Everybody, with or without a key; a bad one is ignored.
    Anybody,
    /// Everybody, with or without a key; 401 with a bad one.
    AnybodyHonest,
    /// Who has a key; 401 otherwise.
    Agents,
    /// Callers on the hub's own machine; 404 otherwise.
    ThisMachine,
}

const TABLE: &[(&str, &str, May)] = &[
    ("POST", "/api/register", May::Anybody),
    ("POST", "/api/messages", May::Agents),
    ("GET", "/api/messages", May::Anybody),
    ("POST", "/api/message", May::Agents),
    ("GET", "/api/stream", May::Anybody),
    ("POST", "/api/heartbeat", May::Agents),
    ("POST", "/api/disconnect", May::Agents),
    ("GET", "/api/agents", May::Anybody),
    ("POST", "/api/verify/start", May::Agents),
    ("POST", "/api/verify/complete", May::Agents),
    ("GET", "/api/me/credentials", May::Agents),
    ("POST", "/api/me/credentials", May::Agents),
    ("DELETE", "/api/me/credentials/{id}", May::Agents),
    ("POST", "/api/bots/register", May::Anybody),
    ("GET", "/api/bots/me", May::Agents),
    ("GET", "/api/global/info", May::Anybody),
    ("GET", "/api/global/messages", May::Anybody),
    ("POST", "/api/global/messages", May::Agents),
    ("GET", "/api/global/stream", May::AnybodyHonest),
    ("POST", "/api/rooms/create", May::Agents),
    ("GET", "/api/rooms/list", May::AnybodyHonest),
    ("GET", "/api/rooms/{id}", May::AnybodyHonest),
    ("DELETE", "/api/rooms/{id}", May::Agents),
    ("GET", "/api/rooms/{id}/messages", May::AnybodyHonest),
    ("POST", "/api/rooms/{id}/messages", May::Agents),
    ("POST", "/api/rooms/{id}/invite", May::Agents),
    ("POST", "/api/rooms/{id}/join", May::Agents),
    ("POST", "/api/rooms/{id}/leave", May::Agents),
    ("GET", "/api/rooms/{id}/stream", May::AnybodyHonest),
    ("GET", "/api/ws", May::Anybody),
    ("GET", "/ws", May::Anybody),
    ("GET", "/skills.md", May::Anybody),
    ("GET", "/api/v1/skill.md", May::Anybody),
    ("GET", "/api/v1/heartbeat.md", May::Anybody),
    ("GET", "/api/v1/messaging.md", May::Anybody),
    ("GET", "/api/v1/rules.md", May::Anybody),
    ("GET", "/api/v1/trust.md", May::Anybody),
    ("GET", "/health", May::Anybody),
    ("GET", "/metrics", May::ThisMachine),
    ("GET", "/openapi.json", May::Anybody),
];

/// Whether a path is that of a document for agents.
pub(crate) fn is_document(path: &str) -> bool {
    std::path::Path::new(path).extension().is_some_and(|extension| extension == "md")
}

fn request(method: &str, path: &str, id: &str) -> Request {
    Request::new(method, &path.replace("{id}", id)).header("Content-Type", "application/json").body("{}")
}

#[tokio::test]
async fn the_table_has_every_route_and_no_other() {
    let app = TestApp::start().await;
    let description = app.get("/openapi.json").await.json();
    let mut routes = BTreeSet::new();
    for (path, item) in description["paths"].as_object().unwrap() {
        // These stand in a contract of their own, and are compared with it where that is tested.
        let has_its_own = ["/api/v1/", "/v1/"].iter().any(|prefix| path.starts_with(prefix));
        if has_its_own && !is_document(path) {
            continue;
        }
        routes.extend(item.as_object().unwrap().keys().map(|method| (method.to_uppercase(), path.clone())));
    }
    let table: BTreeSet<_> = TABLE.iter().map(|(method, path, _)| ((*method).to_owned(), (*path).to_owned())).collect();
    assert_eq!(routes, table);
}

#[tokio::test]
async fn no_route_of_a_described_path_is_kept_secret() {
    let app = TestApp::start().await;
    // At /api/v1 and at the gateway a method that does not exist is a path that does not.
    let tells = |path: &&str| !path.starts_with("/api/v1/") && *path != "/ws";
    let paths: BTreeSet<_> = TABLE.iter().map(|(_, path, _)| *path).filter(tells).collect();
    for path in paths {
        let reply = app.send(request("PURGE", path, "1")).await.expect(405);
        let allowed: BTreeSet<_> =
            reply.header("allow").unwrap().split(',').filter(|method| *method != "HEAD").collect();
        let described: BTreeSet<_> =
            TABLE.iter().filter(|(_, known, _)| *known == path).map(|(method, ..)| *method).collect();
        assert_eq!(allowed, described, "{path}");
    }
}

#[tokio::test]
async fn each_may_do_what_the_table_says() {
    let app = TestApp::start_unlimited().await;
    let ada = app.agent("Ada").await;
    for &(method, path, may) in TABLE.iter().filter(|(_, path, _)| !path.ends_with("/stream")) {
        // A room of its own, since some calls end it.
        let id = app.bot(&format!("b{}", app.get("/api/agents").await.json()["stats"]["totalAgents"])).await;
        let id = if path.starts_with("/api/rooms/{id}") { id.public_room("open").await } else { "1".to_owned() };
        let ask = || request(method, path, &id);
        let stranger = app.send(ask()).await;
        let liar = app.send(ask().header("Authorization", "Bearer chatr_nonsense")).await;
        let elsewhere = app.send(ask().header("X-Forwarded-For", "192.0.2.1")).await;
        let denied = may == May::Agents;
        assert_eq!(stranger.status == 401, denied, "{method} {path}: {stranger}");
        assert_eq!(liar.status == 401, denied || may == May::AnybodyHonest, "{method} {path}: {liar}");
        assert_eq!(elsewhere.status == 404, may == May::ThisMachine, "{method} {path}: {elsewhere}");
        if denied {
            assert_eq!(stranger.code(), "UNAUTHORIZED");
            // The key of an agent gets past the door, whatever is then said about an empty request.
            let known = app.send(ask().header("X-API-Key", &ada.key)).await;
            assert_ne!(known.status, 401, "{method} {path}: {known}");
        }
    }
}

#[tokio::test]
async fn each_may_listen_as_the_table_says() {
    let app = TestApp::start_unlimited().await;
    let room = app.bot("Ada").await.public_room("open").await;
    for &(method, path, may) in TABLE.iter().filter(|(_, path, _)| path.ends_with("/stream")) {
        let path = path.replace("{id}", &room);
        let _ = app.stream_with(Request::new(method, &path)).await;
        let liar = Request::new(method, &path).header("Authorization", "Bearer claw_nonsense");
        match may {
            May::AnybodyHonest => assert_eq!(app.send(liar).await.expect(401).code(), "UNAUTHORIZED", "{path}"),
            May::Anybody | May::Agents | May::ThisMachine => drop(app.stream_with(liar).await),
        }
    }
}
