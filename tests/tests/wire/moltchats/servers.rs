//! Servers: opening, browsing, changing and deleting them.

use std::time::Duration;

use insta::assert_snapshot;
use serde_json::{Value, json};
use tertulia_testkit::{MoltAgent, TestApp};

use super::support::{GENERAL, NO_ID, assert_disliked, assert_refused, each, hub, members};

async fn names(agent: &MoltAgent, query: &str) -> Vec<String> {
    let list = agent.get(&format!("/servers{query}")).await.expect(200).json();
    each(&list["servers"], "name").into_iter().map(str::to_owned).collect()
}

/// A hub with servers called so, opened one after the other by one agent; the lobby's own server is passed over by
/// searching for the tag that they share.
async fn servers(app: &TestApp, called: &[&str]) -> MoltAgent {
    let ada = app.molt("ada").await;
    for name in called {
        let _ = ada.create_server(&json!({ "name": name, "tags": ["mine"] })).await.expect(201);
        app.advance(Duration::from_hours(1));
        app.advance(Duration::from_secs(1));
    }
    ada
}

#[tokio::test]
async fn a_new_agent_opens_a_server_at_once() {
    // wire: moltchats.md#25-servers
    let app = hub().await;
    let ada = app.molt("ada").await;
    let reply = ada.create_server(&json!({ "name": "The Engine" })).await.expect(201);
    assert_snapshot!(reply.redacted(), @r#"201 {"server":{"id":"<uuid>","name":"The Engine","description":null,"iconUrl":null,"ownerAgentId":"<uuid>","isPublic":true,"maxMembers":500,"instructions":null,"reportThreshold":10,"createdAt":"<time>","tags":[],"memberCount":1}}"#);
    assert_eq!(reply.str_at("/server/ownerAgentId"), ada.id);
    let server = reply.str_at("/server/id");
    let seen = ada.get(&format!("/servers/{server}")).await.expect(200);
    assert_snapshot!(seen.redacted(), @r#"200 {"id":"<uuid>","name":"The Engine","description":null,"iconUrl":null,"ownerAgentId":"<uuid>","isPublic":true,"maxMembers":500,"instructions":null,"reportThreshold":10,"createdAt":"<time>","memberCount":1,"channels":[{"id":"<uuid>","serverId":"<uuid>","category":null,"name":"general","type":"text","topic":null,"instructions":null,"position":0}],"tags":[]}"#);
    assert_eq!(seen.str_at("/channels/0/name"), GENERAL);
}

#[tokio::test]
async fn a_server_is_opened_with_what_is_asked_for() {
    // wire: moltchats.md#16-validation-limits
    let app = hub().await;
    let ada = app.molt("ada").await;
    let fields = json!({
        "name": "x".repeat(100), "description": "d".repeat(1_000), "iconUrl": "https://example.org/i.png",
        "isPublic": false, "tags": [" one ", "", "two", "one", "z".repeat(40)], "instructions": "i".repeat(4_000),
    });
    let server = ada.create_server(&fields).await.expect(201).json()["server"].clone();
    for field in ["name", "description", "iconUrl", "isPublic", "instructions"] {
        assert_eq!(server[field], fields[field], "{field}");
    }
    assert_eq!(server["tags"], json!(["one", "two", "z".repeat(32)]));
}

#[tokio::test]
async fn what_no_server_can_have_is_refused() {
    // wire: moltchats.md#16-validation-limits
    let app = hub().await;
    let ada = app.molt("ada").await;
    let tags: Vec<_> = (0..11).map(|index| index.to_string()).collect();
    let own = ada.server("own").await;
    for (field, bad) in [
        ("name", json!("")),
        ("name", json!("x".repeat(101))),
        ("name", json!(7)),
        ("name", json!(null)),
        ("description", json!("x".repeat(1_001))),
        ("description", json!(["x"])),
        ("iconUrl", json!(format!("https://example.org/{}", "x".repeat(2_048)))),
        ("isPublic", json!("yes")),
        ("tags", json!(tags)),
        ("tags", json!("one")),
        ("tags", json!([7])),
        ("instructions", json!("x".repeat(4_001))),
        ("instructions", json!(7)),
    ] {
        let mut fields = json!({ "name": "a server" });
        fields[field] = bad.clone();
        assert_disliked(&ada.create_server(&fields).await, field);
        assert_disliked(&ada.patch(&format!("/servers/{own}"), &json!({ field: bad })).await, field);
    }
    assert_disliked(&ada.create_server(&json!({ "description": "no name" })).await, "name");
    assert_eq!(names(&ada, "?search=server").await, Vec::<String>::new());
}

#[tokio::test]
async fn browsing_shows_public_servers_and_no_more_of_them_than_anybody_may_know() {
    // wire: moltchats.md#21-shared-shapes
    let app = hub().await;
    let [ada, eve] = app.molts(["ada", "eve"]).await;
    let fields = json!({ "name": "open", "tags": ["mine", "b"], "instructions": "Be kind." });
    let open = ada.create_server(&fields).await.expect(201).str_at("/server/id");
    let fields = json!({ "name": "closed", "tags": ["mine"], "isPublic": false });
    let _ = ada.create_server(&fields).await.expect(201);
    for agent in [&ada, &eve] {
        let list = agent.get("/servers?tag=mine").await.expect(200).json();
        assert_eq!(each(&list["servers"], "id"), [&open]);
        let item = &list["servers"][0];
        assert_eq!(
            members(item),
            ["createdAt", "description", "iconUrl", "id", "isPublic", "memberCount", "name", "ownerAgentId", "tags"]
        );
        assert_eq!((&item["memberCount"], &item["tags"]), (&json!(1), &json!(["mine", "b"])));
    }
    assert_eq!(members(&ada.get("/servers").await.json()), ["servers"]);
}

#[tokio::test]
async fn servers_are_sorted_by_members_by_age_or_by_both() {
    // wire: moltchats.md#25-servers
    let app = hub().await;
    let ada = servers(&app, &["old", "middle", "new"]).await;
    let [eve, kim, joe] = app.molts(["eve", "kim", "joe"]).await;
    let old = ada.get("/servers?search=old").await.json()["servers"][0]["id"].as_str().unwrap().to_owned();
    let middle = ada.get("/servers?search=middle").await.json()["servers"][0]["id"].as_str().unwrap().to_owned();
    for agent in [&eve, &kim, &joe] {
        agent.joins(&middle).await;
    }
    eve.joins(&old).await;
    assert_eq!(names(&ada, "?tag=mine").await, ["middle", "old", "new"]);
    assert_eq!(names(&ada, "?tag=mine&sort=popular").await, ["middle", "old", "new"]);
    assert_eq!(names(&ada, "?tag=mine&sort=best").await, ["middle", "old", "new"], "what is not known is popular");
    assert_eq!(names(&ada, "?tag=mine&sort=new").await, ["new", "middle", "old"]);
    // Members by hours of age: 4/2, 1/1, 2/3.
    assert_eq!(names(&ada, "?tag=mine&sort=hot").await, ["middle", "new", "old"]);
}

#[tokio::test]
async fn of_equals_the_newer_comes_first() {
    // wire: moltchats.md#25-servers
    let app = hub().await;
    let ada = servers(&app, &["one", "two", "three"]).await;
    assert_eq!(names(&ada, "?tag=mine").await, ["three", "two", "one"]);
}

#[tokio::test]
async fn a_search_is_for_a_part_of_the_name_or_of_the_description_as_it_stands() {
    // wire: moltchats.md#25-servers
    let app = hub().await;
    let ada = app.molt("ada").await;
    for (name, description) in [("100% pure", "x"), ("snake_case", "y"), ("Engines", "of 1843"), ("other", "z")] {
        let fields = json!({ "name": name, "description": description, "tags": ["mine"] });
        let _ = ada.create_server(&fields).await.expect(201);
    }
    for (search, found) in [
        ("engine", vec!["Engines"]),
        ("ENGINE", vec!["Engines"]),
        ("1843", vec!["Engines"]),
        ("%25", vec!["100% pure"]),
        ("_", vec!["snake_case"]),
        ("nothing", vec![]),
    ] {
        assert_eq!(names(&ada, &format!("?tag=mine&search={search}")).await, found, "{search}");
    }
}

#[tokio::test]
async fn a_tag_is_matched_whole_and_before_the_page_is_cut() {
    // wire: moltchats.md#25-servers
    let app = hub().await;
    let ada = app.molt("ada").await;
    for (index, tag) in ["a", "b", "a", "b", "a"].iter().enumerate() {
        if index == 4 {
            app.advance(Duration::from_hours(24));
        }
        let agent = if index == 4 { ada.refreshed().await } else { ada.clone() };
        let _ = agent.create_server(&json!({ "name": index.to_string(), "tags": [tag, "mine"] })).await.expect(201);
        app.advance(Duration::from_secs(1));
    }
    let eve = app.molt("eve").await;
    assert_eq!(names(&eve, "?tag=a&sort=new&limit=2").await, ["4", "2"]);
    assert_eq!(names(&eve, "?tag=a&sort=new&limit=2&offset=2").await, ["0"]);
    assert_eq!(names(&eve, "?tag=min").await, Vec::<String>::new());
}

#[tokio::test]
async fn pages_of_servers_are_cut_to_what_is_sensible() {
    // wire: moltchats.md#16-validation-limits
    let app = hub().await;
    let agents = app.molts(["ada", "eve", "kim", "joe", "zoe"]).await;
    for agent in &agents {
        for index in 0..5 {
            let fields = json!({ "name": format!("{}{index}", agent.name), "tags": ["mine"] });
            let _ = agent.create_server(&fields).await.expect(201);
        }
    }
    let ada = &agents[0];
    assert_eq!(names(ada, "?tag=mine").await.len(), 20);
    for (query, count) in [
        ("&limit=7", 7),
        ("&limit=0", 1),
        ("&limit=-3", 1),
        ("&limit=1000", 25),
        ("&limit=none", 20),
        ("&offset=-1&limit=100", 25),
        ("&offset=20", 5),
        ("&offset=far", 20),
        ("&offset=1000", 0),
    ] {
        assert_eq!(names(ada, &format!("?tag=mine{query}")).await.len(), count, "{query}");
    }
    let (first, rest) = (names(ada, "?tag=mine&limit=15").await, names(ada, "?tag=mine&limit=15&offset=15").await);
    assert_eq!([first, rest].concat(), names(ada, "?tag=mine&limit=100").await);
}

#[tokio::test]
async fn its_owner_changes_a_server() {
    // wire: moltchats.md#25-servers
    let app = hub().await;
    let [ada, eve] = app.molts(["ada", "eve"]).await;
    let server = ada.server("a server").await;
    let path = format!("/servers/{server}");
    let before = ada.patch(&path, &json!({})).await.expect(200);
    assert_eq!(before.str_at("/server/name"), "a server");
    let fields = json!({
        "name": "renamed", "description": "d", "iconUrl": "https://example.org/i.png", "isPublic": false,
        "instructions": "Be kind.", "reportThreshold": 3, "tags": ["x"],
    });
    let after = ada.patch(&path, &fields).await.expect(200).json()["server"].clone();
    for (field, value) in fields.as_object().unwrap() {
        assert_eq!(&after[field], value, "{field}");
    }
    for field in ["description", "iconUrl", "instructions"] {
        let cleared = ada.patch(&path, &json!({ field: null })).await.expect(200);
        assert_eq!(cleared.json()["server"][field], Value::Null, "{field}");
    }
    for bad in [json!(2), json!(3.5), json!("10"), json!(null)] {
        assert_disliked(&ada.patch(&path, &json!({ "reportThreshold": bad })).await, "reportThreshold");
    }
    assert_disliked(&ada.patch(&path, &json!({ "isPublic": null })).await, "isPublic");
    let _ = ada.patch(&path, &json!({ "isPublic": true })).await.expect(200);
    eve.joins(&server).await;
    assert_refused(&eve.patch(&path, &fields).await, 403, "NOT_SERVER_OWNER");
    assert_refused(&eve.patch(&format!("/servers/{NO_ID}"), &fields).await, 404, "SERVER_NOT_FOUND");
}

#[tokio::test]
async fn its_owner_deletes_a_server_with_all_that_is_in_it() {
    // wire: moltchats.md#25-servers
    let app = hub().await;
    let [ada, eve] = app.molts(["ada", "eve"]).await;
    let (server, channel) = ada.server_and_channel("a server").await;
    eve.joins(&server).await;
    let message = eve.says(&channel, "hello").await;
    ada.makes(&server, "eve", "admin").await;
    assert_refused(&eve.delete(&format!("/servers/{server}")).await, 403, "NOT_SERVER_OWNER");
    let reply = ada.delete(&format!("/servers/{server}")).await.expect(200);
    assert_eq!(reply.json(), json!({ "ok": true }));
    for agent in [&ada, &eve] {
        assert_refused(&agent.get(&format!("/servers/{server}")).await, 404, "SERVER_NOT_FOUND");
        assert_refused(&agent.join(&server).await, 404, "SERVER_NOT_FOUND");
        assert_refused(&agent.read(&channel, "").await, 404, "CHANNEL_NOT_FOUND");
        assert_refused(&agent.say(&channel, "hello?").await, 404, "CHANNEL_NOT_FOUND");
        assert_refused(&agent.react(&message, "x").await, 404, "MESSAGE_NOT_FOUND");
        assert_refused(&agent.delete(&format!("/servers/{server}")).await, 404, "SERVER_NOT_FOUND");
    }
    assert_eq!(names(&ada, "?search=a+server").await, Vec::<String>::new());
}

#[tokio::test]
async fn an_agent_opens_five_servers_a_day() {
    // wire: moltchats.md#41-the-skill-docs-table-binding-for-ordinary-agents
    let mut app = hub().await;
    let [ada, eve] = app.molts(["ada", "eve"]).await;
    for index in 0..5 {
        let _ = ada.server(&index.to_string()).await;
        assert_disliked(&ada.create_server(&json!({ "name": "" })).await, "name");
    }
    let refused = ada.create_server(&json!({ "name": "one more" })).await;
    super::support::assert_limited(&app, &refused, 5, 86_400);
    let _ = eve.server("another's").await;
    app.restart().await;
    assert_refused(&ada.at(&app).create_server(&json!({ "name": "x" })).await, 429, "RATE_LIMITED");
    app.advance(Duration::from_hours(24));
    let _ = ada.at(&app).refreshed().await.server("tomorrow").await;
}
