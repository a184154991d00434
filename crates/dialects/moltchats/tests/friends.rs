//! Friends, blocks, and what is pending.

use std::time::Duration;

use serde_json::{Value, json};
use tertulia_testkit::{AgentCaller, Reply, TestApp};

async fn post(agent: &AgentCaller, path: &str, body: &Value) -> Reply {
    agent.post(&format!("/api/v1{path}"), &body.to_string()).await
}

/// A `POST` as the SDK sends it: without a body.
async fn post_nothing(agent: &AgentCaller, path: &str) -> Reply {
    agent.send(&agent.request("POST", &format!("/api/v1{path}"))).await
}

async fn get(agent: &AgentCaller, path: &str) -> Value {
    agent.get(&format!("/api/v1{path}")).await.expect(200).json()
}

async fn delete(agent: &AgentCaller, path: &str) -> Reply {
    agent.send(&agent.request("DELETE", &format!("/api/v1{path}"))).await
}

async fn ask(agent: &AgentCaller, target: &str) -> Reply {
    post(agent, "/friends/request", &json!({ "target": target })).await
}

/// Makes friends of two; the id of their channel.
async fn befriend(one: &AgentCaller, other: &AgentCaller) -> String {
    let request = ask(one, &other.name).await.expect(201).str_at("/requestId");
    let accepted = post(other, "/friends/accept", &json!({ "requestId": request })).await.expect(200);
    assert_eq!(accepted.str_at("/friendUsername"), one.name.to_lowercase());
    accepted.str_at("/dmChannelId")
}

/// Says something to a friend.
async fn say(agent: &AgentCaller, channel: &str, text: &str) -> Reply {
    post(agent, &format!("/channels/{channel}/messages"), &json!({ "content": text })).await
}

/// What a page of a channel holds, newest first.
async fn texts(agent: &AgentCaller, channel: &str) -> Vec<String> {
    let page = get(agent, &format!("/channels/{channel}/messages")).await;
    page.as_array().unwrap().iter().map(|message| message["content"].as_str().unwrap().to_owned()).collect()
}

fn refusal(reply: &Reply) -> (u16, String) {
    (reply.status, reply.code())
}

fn refused(status: u16, code: &str) -> (u16, String) {
    (status, code.to_owned())
}

#[tokio::test]
async fn a_friendship_is_asked_for_accepted_listed_and_ended() {
    let app = TestApp::start_unlimited().await;
    let (ada, bob) = (app.agent("Ada").await, app.agent("bob").await);

    let request = ask(&ada, "@BOB").await.expect(201).str_at("/requestId");
    let waiting = get(&ada, "/friends/requests").await;
    let created = waiting["outgoing"][0]["createdAt"].clone();
    let outgoing = json!({
        "id": request, "toUsername": "bob", "toDisplayName": null, "toAvatarUrl": null, "createdAt": created,
    });
    assert_eq!(waiting, json!({ "incoming": [], "outgoing": [outgoing] }));
    let incoming = json!({
        "id": request, "fromUsername": "ada", "fromDisplayName": null, "fromAvatarUrl": null, "createdAt": created,
    });
    assert_eq!(get(&bob, "/friends/requests").await, json!({ "incoming": [incoming], "outgoing": [] }));

    let body = json!({ "requestId": request });
    assert_eq!(refusal(&post(&ada, "/friends/accept", &body).await), refused(404, "FRIEND_REQUEST_NOT_FOUND"));
    let accepted = post(&bob, "/friends/accept", &body).await.expect(200).json();
    assert_eq!(accepted, json!({ "friendUsername": "ada", "dmChannelId": accepted["dmChannelId"] }));
    assert_eq!(refusal(&post(&bob, "/friends/accept", &body).await), refused(404, "FRIEND_REQUEST_NOT_FOUND"));
    let friends = get(&ada, "/friends").await;
    let friend = json!({
        "friendId": bob.id, "dmChannelId": accepted["dmChannelId"], "createdAt": friends["friends"][0]["createdAt"],
        "username": "bob", "displayName": null, "avatarUrl": null, "presence": "offline",
    });
    assert_eq!(friends, json!({ "friends": [friend] }));
    assert_eq!(get(&bob, "/friends").await["friends"][0]["friendId"], ada.id.as_str());
    assert_eq!(get(&bob, "/friends/requests").await, json!({ "incoming": [], "outgoing": [] }));

    assert_eq!(delete(&bob, "/friends/@ADA").await.expect(200).json(), json!({ "ok": true }));
    assert_eq!(refusal(&delete(&bob, "/friends/ada").await), refused(400, "NOT_FRIENDS"));
    assert_eq!(get(&ada, "/friends").await, json!({ "friends": [] }));
    assert_ne!(befriend(&bob, &ada).await, accepted["dmChannelId"]);
}

#[tokio::test]
async fn every_refusal_of_a_request_has_its_code() {
    let app = TestApp::start_unlimited().await;
    let (ada, bob, eve) = (app.agent("ada").await, app.agent("bob").await, app.agent("eve").await);
    befriend(&ada, &bob).await;
    let _ = ask(&eve, "ada").await.expect(201);
    app.agent("zoe").await;
    assert!(app.chat().suspend("zoe").await.unwrap());
    for (target, status, code) in [
        ("ada", 400, "CANNOT_FRIEND_SELF"),
        ("bob", 409, "ALREADY_FRIENDS"),
        ("eve", 409, "FRIEND_REQUEST_EXISTS"),
        ("nobody", 404, "AGENT_NOT_FOUND"),
        ("not a name", 404, "AGENT_NOT_FOUND"),
        ("zoe", 404, "AGENT_NOT_FOUND"),
        ("tertulia", 404, "AGENT_NOT_FOUND"),
        (" ", 400, "VALIDATION_ERROR"),
    ] {
        assert_eq!(refusal(&ask(&ada, target).await), refused(status, code), "{target}");
    }
    for body in [json!({}), json!({ "target": 1 }), json!({ "target": null })] {
        assert_eq!(refusal(&post(&ada, "/friends/request", &body).await), refused(400, "VALIDATION_ERROR"));
    }
    for path in ["/friends/accept", "/friends/reject"] {
        for (id, status, code) in [
            (json!("00000000-0000-4000-8000-000000000000"), 404, "FRIEND_REQUEST_NOT_FOUND"),
            (json!("nonsense"), 404, "FRIEND_REQUEST_NOT_FOUND"),
            (json!(7), 400, "VALIDATION_ERROR"),
        ] {
            assert_eq!(refusal(&post(&ada, path, &json!({ "requestId": id })).await), refused(status, code));
        }
        assert_eq!(refusal(&post_nothing(&ada, path).await), refused(400, "VALIDATION_ERROR"));
    }
    assert_eq!(refusal(&delete(&ada, "/friends/nobody").await), refused(404, "AGENT_NOT_FOUND"));
    assert_eq!(refusal(&delete(&ada, "/friends/ada").await), refused(400, "NOT_FRIENDS"));
    assert_eq!(refusal(&app.get("/api/v1/friends").await), refused(401, "INVALID_CREDENTIALS"));
}

/// The view ends for both; what was said stays in the pair's conversation, which the next view does not show.
#[tokio::test]
async fn friends_talk_in_a_channel_that_is_gone_with_the_friendship() {
    let app = TestApp::start_unlimited().await;
    let (ada, bob, eve) = (app.agent("ada").await, app.agent("bob").await, app.agent("eve").await);
    let channel = befriend(&ada, &bob).await;
    let said = say(&ada, &channel, "hello").await.expect(201);
    assert_eq!(said.str_at("/channelId"), channel);
    let answered = say(&bob, &channel, "hello yourself").await.expect(201).str_at("/id");
    assert_eq!(texts(&ada, &channel).await, ["hello yourself", "hello"]);
    let page = format!("/api/v1/channels/{channel}/messages");
    assert_eq!(refusal(&eve.get(&page).await), refused(403, "NOT_DM_PARTICIPANT"));
    assert_eq!(refusal(&say(&eve, &channel, "me too").await), refused(403, "NOT_DM_PARTICIPANT"));
    let reaction = format!("/messages/{answered}/react");
    assert_eq!(refusal(&post(&eve, &reaction, &json!({ "emoji": "👍" })).await), refused(403, "NOT_DM_PARTICIPANT"));
    let _ = post(&ada, &reaction, &json!({ "emoji": "👍" })).await.expect(201);

    let _ = delete(&ada, "/friends/bob").await.expect(200);
    for agent in [&ada, &bob, &eve] {
        assert_eq!(refusal(&agent.get(&page).await), refused(404, "CHANNEL_NOT_FOUND"));
        assert_eq!(refusal(&say(agent, &channel, "hello?").await), refused(404, "CHANNEL_NOT_FOUND"));
    }
    let again = befriend(&bob, &ada).await;
    assert!(texts(&ada, &again).await.is_empty());
    assert_eq!(refusal(&post(&ada, &reaction, &json!({ "emoji": "🎉" })).await), refused(404, "MESSAGE_NOT_FOUND"));
    let _ = say(&ada, &again, "once more").await.expect(201);
    assert_eq!(texts(&bob, &again).await, ["once more"]);
    let _ = post(&bob, "/blocks/ada", &json!({})).await.expect(201);
    assert_eq!(refusal(&say(&ada, &again, "why?").await), refused(404, "CHANNEL_NOT_FOUND"));
    assert_eq!(refusal(&bob.get(&page).await), refused(404, "CHANNEL_NOT_FOUND"));
}

/// Paths do not take their names from them.
#[tokio::test]
async fn who_is_called_like_a_path_can_be_unfriended() {
    let app = TestApp::start_unlimited().await;
    let ada = app.agent("ada").await;
    for name in ["requests", "accept", "reject"] {
        befriend(&ada, &app.agent(name).await).await;
        delete(&ada, &format!("/friends/{name}")).await.expect(200);
        assert_eq!(refusal(&delete(&ada, &format!("/friends/{name}")).await), refused(400, "NOT_FRIENDS"));
    }
}

#[tokio::test]
async fn a_rejected_request_may_be_made_again() {
    let app = TestApp::start_unlimited().await;
    let (ada, bob) = (app.agent("ada").await, app.agent("bob").await);
    let request = ask(&ada, "bob").await.expect(201).str_at("/requestId");
    let body = json!({ "requestId": request });
    assert_eq!(refusal(&post(&ada, "/friends/reject", &body).await), refused(404, "FRIEND_REQUEST_NOT_FOUND"));
    assert_eq!(post(&bob, "/friends/reject", &body).await.expect(200).json(), json!({ "ok": true }));
    assert_eq!(refusal(&post(&bob, "/friends/reject", &body).await), refused(404, "FRIEND_REQUEST_NOT_FOUND"));
    let _ = ask(&ada, "bob").await.expect(201);
}

#[tokio::test]
async fn a_block_is_made_once_listed_and_lifted() {
    let app = TestApp::start_unlimited().await;
    let (ada, bob) = (app.agent("ada").await, app.agent("bob").await);
    befriend(&ada, &bob).await;
    assert_eq!(post_nothing(&ada, "/blocks/@Bob").await.expect(201).json(), json!({ "ok": true }));
    assert_eq!(post_nothing(&ada, "/blocks/bob").await.expect(200).json(), json!({ "ok": true }));
    let blocks = get(&ada, "/blocks").await;
    let blocked = json!({
        "username": "bob", "displayName": null, "avatarUrl": null, "blockedAt": blocks["blocked"][0]["blockedAt"],
    });
    assert_eq!(blocks, json!({ "blocked": [blocked] }));
    assert_eq!(get(&bob, "/blocks").await, json!({ "blocked": [] }));
    assert_eq!(get(&bob, "/friends").await, json!({ "friends": [] }));
    assert_eq!(refusal(&ask(&ada, "bob").await), refused(403, "BLOCKED"));
    assert_eq!(refusal(&ask(&bob, "ada").await), refused(403, "BLOCKED"));
    for _ in 0..2 {
        assert_eq!(delete(&ada, "/blocks/bob").await.expect(200).json(), json!({ "ok": true }));
    }
    let _ = ask(&bob, "ada").await.expect(201);
    assert_eq!(refusal(&post_nothing(&ada, "/blocks/ada").await), refused(400, "VALIDATION_ERROR"));
    assert_eq!(refusal(&post_nothing(&ada, "/blocks/nobody").await), refused(404, "AGENT_NOT_FOUND"));
    assert_eq!(refusal(&delete(&ada, "/blocks/nobody").await), refused(404, "AGENT_NOT_FOUND"));
}

/// A block stands on every surface.
#[tokio::test]
async fn nobody_is_invited_to_a_room_across_a_block() {
    let app = TestApp::start_unlimited().await;
    let (ada, bob) = (app.agent("ada").await, app.agent("bob").await);
    post_nothing(&bob, "/blocks/ada").await.expect(201);
    let room = ada.private_room("den", &[]).await;
    let reply = ada.invite(&room, "bob").await;
    assert_eq!((reply.status, reply.code()), refused(403, "BLOCKED"));
    let body = json!({ "name": "attic", "isPrivate": true, "invite": ["bob"] });
    let reply = ada.create_room(&body).await;
    assert_eq!((reply.status, reply.code()), refused(403, "BLOCKED"));
}

#[tokio::test]
async fn what_is_pending_is_told_until_somebody_asks_from_later_on() {
    let app = TestApp::start_unlimited().await;
    let (ada, bob, eve) = (app.agent("ada").await, app.agent("bob").await, app.agent("eve").await);
    let quiet = get(&ada, "/agents/@me/pending").await;
    assert_eq!(quiet["hasActivity"], false);
    assert_eq!((&quiet["unreadDMs"], &quiet["pendingFriendRequests"]), (&json!([]), &json!([])));
    assert_eq!(quiet["skillHash"].as_str().unwrap().len(), 16);
    let channel = befriend(&ada, &bob).await;
    let request = ask(&eve, "ada").await.expect(201).str_at("/requestId");
    app.advance(Duration::from_secs(1));
    let _ = say(&ada, &channel, "my own").await.expect(201);
    let _ = say(&bob, &channel, "one").await.expect(201);
    app.advance(Duration::from_secs(1));
    let _ = say(&bob, &channel, &"x".repeat(201)).await.expect(201);

    let pending = get(&ada, "/agents/@me/pending").await;
    let unread = json!({
        "channelId": channel, "friendUsername": "bob", "friendDisplayName": null, "unreadCount": 2,
        "lastMessageContent": format!("{}...", "x".repeat(200)), "lastMessageAt": pending["unreadDMs"][0]["lastMessageAt"],
    });
    let asking = json!({
        "id": request, "fromUsername": "eve", "fromDisplayName": null,
        "createdAt": pending["pendingFriendRequests"][0]["createdAt"],
    });
    assert_eq!(pending["unreadDMs"], json!([unread]));
    assert_eq!(pending["pendingFriendRequests"], json!([asking]));
    assert_eq!(pending["hasActivity"], true);
    assert_eq!(get(&bob, "/agents/@me/pending").await["unreadDMs"][0]["lastMessageContent"], "my own");

    app.advance(Duration::from_secs(1));
    let since = get(&ada, "/agents/@me/pending").await["checkedAt"].as_str().unwrap().to_owned();
    let later = get(&ada, &format!("/agents/@me/pending?since={since}")).await;
    assert_eq!((&later["unreadDMs"], &later["hasActivity"]), (&json!([]), &json!(true)));
    app.advance(Duration::from_secs(1));
    let _ = say(&bob, &channel, "three").await.expect(201);
    let later = get(&ada, &format!("/agents/@me/pending?since={since}")).await;
    assert_eq!(later["unreadDMs"][0]["unreadCount"], 1);
    for since in ["yesterday", "", "2026-02-30T00:00:00Z"] {
        let reply = ada.get(&format!("/api/v1/agents/@me/pending?since={since}")).await;
        assert_eq!(refusal(&reply), refused(400, "VALIDATION_ERROR"), "{since}");
    }
    let _ = delete(&ada, "/friends/bob").await.expect(200);
    assert_eq!(get(&ada, "/agents/@me/pending").await["unreadDMs"], json!([]));
}

/// 10 a minute, besides the 100 of everything else.
#[tokio::test]
async fn questions_about_what_is_pending_have_a_window_of_their_own() {
    let app = TestApp::start().await;
    let ada = app.agent("ada").await;
    for left in (0..10).rev() {
        let reply = ada.get("/api/v1/agents/@me/pending").await.expect(200);
        assert_eq!((reply.number_in("x-ratelimit-limit"), reply.number_in("x-ratelimit-remaining")), (10, left));
    }
    let reply = ada.get("/api/v1/agents/@me/pending").await;
    assert_eq!(refusal(&reply), refused(429, "RATE_LIMITED"));
    assert_eq!(reply.header("retry-after"), Some("60"));
    let reply = ada.get("/api/v1/friends").await.expect(200);
    assert_eq!((reply.number_in("x-ratelimit-limit"), reply.number_in("x-ratelimit-remaining")), (100, 99));
    app.advance(Duration::from_secs(60));
    ada.get("/api/v1/agents/@me/pending").await.expect(200);
}

/// Those whose body is valid, whatever comes of them.
#[tokio::test]
async fn twenty_friend_requests_an_hour_are_heard() {
    let app = TestApp::start().await;
    let ada = app.agent("ada").await;
    let bob = app.agent("bob").await;
    for _ in 0..5 {
        assert_eq!(refusal(&post(&ada, "/friends/request", &json!({})).await), refused(400, "VALIDATION_ERROR"));
    }
    for _ in 0..19 {
        assert_eq!(refusal(&ask(&ada, "nobody").await), refused(404, "AGENT_NOT_FOUND"));
    }
    let _ = ask(&ada, "bob").await.expect(201);
    assert_eq!(refusal(&ask(&ada, "bob").await), refused(429, "RATE_LIMITED"));
    let _ = ask(&bob, "ada").await.expect(409);
    app.advance(Duration::from_hours(1));
    assert_eq!(refusal(&ask(&ada, "bob").await), refused(409, "FRIEND_REQUEST_EXISTS"));
}
