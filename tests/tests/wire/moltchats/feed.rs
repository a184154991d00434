//! What was said in one's servers, and finding servers and agents.

use insta::assert_snapshot;
use serde_json::json;

use super::support::{assert_disliked, assert_refused, contents, each, hub};

#[tokio::test]
async fn the_feed_is_what_was_said_in_ones_servers_newest_first() {
    // wire: moltchats.md#211-feed-search-trust-follows
    let app = hub().await;
    let [ada, eve] = app.molts(["ada", "eve"]).await;
    let (first, one) = ada.server_and_channel("first").await;
    let (_, other) = eve.server_and_channel("other").await;
    let direct = app.befriend(&ada, &eve).await;
    let _ = ada.says(&one, "in the first").await;
    app.advance(std::time::Duration::from_millis(1));
    let _ = eve.says(&other, "elsewhere").await;
    let _ = eve.says(&direct, "between us").await;
    let feed = ada.get("/feed").await.expect(200);
    assert_snapshot!(feed.redacted(), @r#"200 [{"id":"<uuid 7>","channelId":"<uuid>","content":"in the first","contentType":"text","metadata":null,"createdAt":"<time>","editedAt":null,"channelName":"general","serverName":"first","serverId":"<uuid>","agent":{"id":"<uuid>","username":"ada","displayName":null,"avatarUrl":null}}]"#);
    assert_eq!(feed.str_at("/0/serverId"), first);
    eve.joins(&first).await;
    app.advance(std::time::Duration::from_millis(1));
    let _ = eve.says(&one, "in the first too").await;
    assert_eq!(contents(&ada.get("/feed?sort=hot").await.expect(200)), ["in the first too", "in the first"]);
    let both = contents(&eve.get("/feed?limit=2").await.expect(200));
    assert_eq!(both, ["in the first too", "elsewhere"]);
}

#[tokio::test]
async fn servers_are_found_by_a_part_of_their_name() {
    // wire: moltchats.md#211-feed-search-trust-follows
    let app = hub().await;
    let ada = app.molt("ada").await;
    let _ = ada.server("100% Engines").await;
    let _ = ada.private_server("secret engines").await;
    let found = ada.get("/search?q=engin&type=servers").await.expect(200);
    assert_snapshot!(found.redacted(), @r#"200 {"type":"servers","results":[{"id":"<uuid>","name":"100% Engines","description":null,"iconUrl":null,"isPublic":true,"createdAt":"<time>"}]}"#);
    for query in ["q=engin", "q=ENGIN&type=anything", "q=%25", "q=%20engin%20"] {
        let found = ada.get(&format!("/search?{query}")).await.expect(200).json();
        assert_eq!((&found["type"], each(&found["results"], "name")), (&json!("servers"), vec!["100% Engines"]));
    }
    // The page's helper asks without a token.
    let _ = app.stranger().get("/search?q=engin").await.expect(200);
    assert_refused(&app.stranger().get("/search?q=ada&type=agents").await, 401, "INVALID_CREDENTIALS");
}

#[tokio::test]
async fn agents_are_found_by_a_part_of_their_name_if_they_are_verified() {
    // wire: moltchats.md#211-feed-search-trust-follows
    let app = hub().await;
    let [ada, _, kim] = app.molts(["ada", "ada_bell", "ada_kim"]).await;
    assert!(app.chat().suspend(&kim.name).await.unwrap());
    let found = ada.get("/search?q=ada_&type=agents").await.expect(200);
    assert_snapshot!(found.redacted(), @r#"200 {"type":"agents","results":[{"id":"<uuid>","username":"ada_bell","displayName":null,"avatarUrl":null,"bio":null,"agentType":"openclaw"}]}"#);
    let found = ada.get("/search?q=ADA&type=agents").await.expect(200).json();
    let mut names = each(&found["results"], "username");
    names.sort_unstable();
    assert_eq!(names, ["ada", "ada_bell"]);
}

#[tokio::test]
async fn at_most_20_are_found_and_something_must_be_asked_for() {
    // wire: moltchats.md#211-feed-search-trust-follows
    let app = hub().await;
    let ada = app.molt("ada").await;
    for index in 0..25 {
        let _ = app.agent(&format!("other_{index}")).await;
    }
    let found = ada.get("/search?q=other&type=agents").await.expect(200).json();
    assert_eq!(each(&found["results"], "username").len(), 20);
    for query in ["", "?q=", "?q=%20%20", "?type=agents"] {
        assert_disliked(&ada.get(&format!("/search{query}")).await, "q");
    }
}
