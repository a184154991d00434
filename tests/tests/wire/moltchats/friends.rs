//! Friendships: asking, accepting, rejecting, ending.

use insta::assert_snapshot;
use serde_json::{Value, json};
use tertulia_testkit::MoltAgent;

use super::support::{NO_ID, assert_disliked, assert_refused, contents, each, hub};

async fn friends(agent: &MoltAgent) -> Vec<Value> {
    agent.get("/friends").await.expect(200).json()["friends"].as_array().expect("a list").clone()
}

#[tokio::test]
async fn a_request_stands_on_both_sides_until_it_is_answered() {
    // wire: moltchats.md#24-friends-and-blocks
    let app = hub().await;
    let [ada, eve] = app.molts(["ada", "eve"]).await;
    let asked = ada.request_friendship("Eve").await.expect(201);
    assert_snapshot!(asked.redacted(), @r#"201 {"requestId":"<uuid>"}"#);
    assert_snapshot!(ada.get("/friends/requests").await.redacted(), @r#"200 {"incoming":[],"outgoing":[{"id":"<uuid>","toUsername":"eve","toDisplayName":null,"toAvatarUrl":null,"createdAt":"<time>"}]}"#);
    let incoming = eve.get("/friends/requests").await.expect(200);
    assert_snapshot!(incoming.redacted(), @r#"200 {"incoming":[{"id":"<uuid>","fromUsername":"ada","fromDisplayName":null,"fromAvatarUrl":null,"createdAt":"<time>"}],"outgoing":[]}"#);
    assert_eq!(incoming.str_at("/incoming/0/id"), asked.str_at("/requestId"));
}

#[tokio::test]
async fn an_accepted_request_makes_one_friendship_and_one_channel() {
    // wire: moltchats.md#24-friends-and-blocks
    let app = hub().await;
    let [ada, eve] = app.molts(["ada", "eve"]).await;
    let request = ada.requests("eve").await;
    let accepted = eve.accept(&request).await.expect(200);
    assert_snapshot!(accepted.redacted(), @r#"200 {"friendUsername":"ada","dmChannelId":"<uuid>"}"#);
    let list = ada.get("/friends").await.expect(200);
    assert_snapshot!(list.redacted(), @r#"200 {"friends":[{"friendId":"<uuid>","dmChannelId":"<uuid>","createdAt":"<time>","username":"eve","displayName":null,"avatarUrl":null,"presence":"offline"}]}"#);
    assert_eq!(list.str_at("/friends/0/friendId"), eve.id);
    let own = &friends(&eve).await[0];
    assert_eq!((&own["username"], &own["dmChannelId"]), (&json!("ada"), &accepted.json()["dmChannelId"]));
    for agent in [&ada, &eve] {
        let requests = agent.get("/friends/requests").await.json();
        assert_eq!(requests, json!({ "incoming": [], "outgoing": [] }));
    }
    let _ = ada.says(&accepted.str_at("/dmChannelId"), "hello").await;
}

#[tokio::test]
async fn a_request_is_accepted_once_even_by_two_at_once() {
    // wire: moltchats.md#24-friends-and-blocks
    let app = hub().await;
    let [ada, eve] = app.molts(["ada", "eve"]).await;
    let request = ada.requests("eve").await;
    let (one, other) = tokio::join!(eve.accept(&request), eve.accept(&request));
    let (won, lost) = if one.status == 200 { (one, other) } else { (other, one) };
    let _ = won.expect(200);
    assert_refused(&lost, 404, "FRIEND_REQUEST_NOT_FOUND");
    assert_eq!((friends(&ada).await.len(), friends(&eve).await.len()), (1, 1));
}

#[tokio::test]
async fn only_whoever_was_asked_answers() {
    // wire: moltchats.md#15-error-envelope
    let app = hub().await;
    let [ada, eve, kim] = app.molts(["ada", "eve", "kim"]).await;
    let request = ada.requests("eve").await;
    for agent in [&ada, &kim] {
        assert_refused(&agent.accept(&request).await, 404, "FRIEND_REQUEST_NOT_FOUND");
        assert_refused(&agent.reject(&request).await, 404, "FRIEND_REQUEST_NOT_FOUND");
    }
    for id in [NO_ID, "x", ""] {
        assert_refused(&eve.accept(id).await, 404, "FRIEND_REQUEST_NOT_FOUND");
        assert_refused(&eve.reject(id).await, 404, "FRIEND_REQUEST_NOT_FOUND");
    }
    for path in ["/friends/accept", "/friends/reject"] {
        assert_disliked(&eve.post(path, &json!({})).await, "requestId");
        assert_disliked(&eve.post(path, &json!({ "requestId": 7 })).await, "requestId");
    }
    let _ = eve.accept(&request).await.expect(200);
}

#[tokio::test]
async fn a_rejected_request_is_over_and_can_be_sent_again() {
    // wire: moltchats.md#24-friends-and-blocks
    let app = hub().await;
    let [ada, eve] = app.molts(["ada", "eve"]).await;
    let request = ada.requests("eve").await;
    let rejected = eve.post("/friends/reject", &json!({ "requestId": request })).await.expect(200);
    assert_eq!(rejected.json(), json!({ "ok": true }));
    assert_refused(&eve.reject(&request).await, 404, "FRIEND_REQUEST_NOT_FOUND");
    assert_refused(&eve.accept(&request).await, 404, "FRIEND_REQUEST_NOT_FOUND");
    assert_eq!(friends(&ada).await, Vec::<Value>::new());
    let again = ada.requests("eve").await;
    let _ = eve.accept(&again).await.expect(200);
}

#[tokio::test]
async fn whom_one_cannot_ask_is_told_in_order() {
    // wire: moltchats.md#24-friends-and-blocks
    let app = hub().await;
    let [ada, eve, kim] = app.molts(["ada", "eve", "kim"]).await;
    let _ = app.befriend(&ada, &eve).await;
    for name in ["nobody", "a b"] {
        assert_refused(&ada.request_friendship(name).await, 404, "AGENT_NOT_FOUND");
    }
    assert_refused(&ada.request_friendship("Ada").await, 400, "CANNOT_FRIEND_SELF");
    assert_refused(&ada.request_friendship("eve").await, 409, "ALREADY_FRIENDS");
    assert_refused(&eve.request_friendship("ada").await, 409, "ALREADY_FRIENDS");
    let _ = ada.requests("kim").await;
    assert_refused(&ada.request_friendship("kim").await, 409, "FRIEND_REQUEST_EXISTS");
    assert_refused(&kim.request_friendship("ada").await, 409, "FRIEND_REQUEST_EXISTS");
    assert!(app.chat().suspend("kim").await.unwrap());
    assert_refused(&eve.request_friendship("kim").await, 404, "AGENT_NOT_FOUND");
    for body in [json!({}), json!({ "target": null }), json!({ "target": 7 })] {
        assert_disliked(&ada.post("/friends/request", &body).await, "target");
    }
}

#[tokio::test]
async fn of_two_who_ask_each_other_at_once_one_does() {
    // wire: moltchats.md#24-friends-and-blocks
    let app = hub().await;
    let [ada, eve] = app.molts(["ada", "eve"]).await;
    let (one, other) = tokio::join!(ada.request_friendship("eve"), eve.request_friendship("ada"));
    let (won, lost) = if one.status == 201 { (one, other) } else { (other, one) };
    let _ = won.expect(201);
    assert_refused(&lost, 409, "FRIEND_REQUEST_EXISTS");
}

#[tokio::test]
async fn an_ended_friendship_takes_the_channel_along() {
    // wire: moltchats.md#24-friends-and-blocks
    let app = hub().await;
    let [ada, eve] = app.molts(["ada", "eve"]).await;
    let channel = app.befriend(&ada, &eve).await;
    let _ = ada.says(&channel, "hello").await;
    let name = "eve";
    let ended = ada.delete(&format!("/friends/{name}")).await.expect(200);
    assert_eq!(ended.json(), json!({ "ok": true }));
    for (agent, other) in [(&ada, "eve"), (&eve, "ada")] {
        assert_refused(&agent.read(&channel, "").await, 404, "CHANNEL_NOT_FOUND");
        assert_refused(&agent.say(&channel, "still there?").await, 404, "CHANNEL_NOT_FOUND");
        assert_refused(&agent.unfriend(other).await, 400, "NOT_FRIENDS");
        assert_eq!(friends(agent).await, Vec::<Value>::new());
    }
    assert_refused(&ada.unfriend("nobody").await, 404, "AGENT_NOT_FOUND");
}

#[tokio::test]
async fn friends_again_have_a_new_channel_and_none_of_the_old_history() {
    // wire: moltchats.md#24-friends-and-blocks
    let app = hub().await;
    let [ada, eve] = app.molts(["ada", "eve"]).await;
    let first = app.befriend(&ada, &eve).await;
    let before = ada.says(&first, "before").await;
    let _ = ada.unfriend("eve").await.expect(200);
    let second = app.befriend(&eve, &ada).await;
    assert_ne!(first, second);
    assert_eq!(ada.read(&second, "").await.expect(200).json(), json!([]));
    let _ = eve.says(&second, "after").await;
    assert_eq!(contents(&ada.read(&second, "").await), ["after"]);
    assert_refused(&ada.read(&first, "").await, 404, "CHANNEL_NOT_FOUND");
    assert_refused(&eve.react(&before, "x").await, 404, "MESSAGE_NOT_FOUND");
}

#[tokio::test]
async fn who_is_called_like_a_path_can_be_unfriended() {
    // wire: moltchats.md#24-friends-and-blocks
    let app = hub().await;
    let ada = app.molt("ada").await;
    for name in ["requests", "accept", "reject"] {
        let _ = app.befriend(&ada, &app.molt(name).await).await;
        let _ = ada.unfriend(name).await.expect(200);
        assert_refused(&ada.unfriend(name).await, 400, "NOT_FRIENDS");
    }
}

#[tokio::test]
async fn a_suspended_friend_is_gone_from_the_list_or_offline() {
    // wire: moltchats.md#24-friends-and-blocks
    let app = hub().await;
    let [ada, eve, kim] = app.molts(["ada", "eve", "kim"]).await;
    for friend in [&eve, &kim] {
        let _ = app.befriend(&ada, friend).await;
    }
    assert!(app.chat().suspend("kim").await.unwrap());
    let list = json!(friends(&ada).await);
    assert_eq!(each(&list, "username"), ["eve"], "who is suspended is gone from lists");
}

#[tokio::test]
async fn an_agent_asks_twenty_times_an_hour() {
    // wire: moltchats.md#41-the-skill-docs-table-binding-for-ordinary-agents
    let app = hub().await;
    let [ada, _] = app.molts(["ada", "eve"]).await;
    assert_disliked(&ada.post("/friends/request", &json!({})).await, "target");
    // Whatever the outcome.
    for _ in 0..20 {
        assert_refused(&ada.request_friendship("nobody").await, 404, "AGENT_NOT_FOUND");
    }
    super::support::assert_limited(&app, &ada.request_friendship("eve").await, 20, 3_600);
    app.advance(std::time::Duration::from_hours(1));
    let _ = ada.requests("eve").await;
}
