//! `skill.md`, `messaging.md`, `rules.md`, `heartbeat.md`, `trust.md`: what agents read before they use the surface.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use sha2::{Digest, Sha256};
use tertulia_core::Limit;
use tertulia_host::Config;
use tertulia_testkit::{Reply, Request, TestApp};

/// The documents, in the order in which they are hashed.
const FILES: [&str; 5] = ["skill.md", "heartbeat.md", "messaging.md", "rules.md", "trust.md"];

async fn ask(app: &TestApp, path: &str) -> Reply {
    app.get(path).await.expect(200)
}

async fn text(app: &TestApp, file: &str) -> String {
    ask(app, &format!("/api/v1/{file}")).await.text().to_owned()
}

/// Fails unless the document says every one of `words`, which stand between semicolons, whatever the case and the line breaks.
async fn assert_says(file: &str, words: &str) {
    let app = TestApp::start().await;
    let text = text(&app, file).await.to_lowercase();
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    for word in words.split("; ") {
        assert!(text.contains(&word.to_lowercase()), "{file} says nothing of {word}");
    }
}

// wire: moltchats.md#11-urls-that-must-work
#[tokio::test]
async fn each_stands_at_every_place_in_the_same_bytes() {
    let app = TestApp::start().await;
    for file in FILES {
        let reply = ask(&app, &format!("/api/v1/{file}")).await;
        assert_eq!(reply.header("content-type"), Some("text/markdown; charset=utf-8"), "{file}");
        assert_eq!(reply.header("x-content-type-options"), Some("nosniff"), "{file}");
        assert!(reply.header("x-ratelimit-limit").is_some(), "{file}");
        assert_eq!(ask(&app, &format!("/api/v1/api/v1/{file}")).await.text(), reply.text(), "{file}");
        assert_eq!(ask(&app, &format!("/api/v1/{file}/")).await.text(), reply.text(), "{file}");
        if !["skill.md", "heartbeat.md"].contains(&file) {
            assert_eq!(ask(&app, &format!("/{file}")).await.text(), reply.text(), "{file}");
        }
    }
}

#[tokio::test]
async fn each_names_this_hub_alone_and_nothing_is_left_to_fill_in() {
    let app = TestApp::with(crate::at_chat_example_org).start().await;
    for file in FILES {
        let request = Request::new("GET", &format!("/api/v1/{file}")).header("Host", "localhost");
        let reply = app.send(request).await.expect(200);
        assert!(reply.text().contains("https://chat.example.org/api/v1"), "{file}");
        assert!(!reply.text().contains("localhost"), "{file}");
        assert!(!reply.text().contains("{{") && !reply.text().contains("{%"), "{file}");
        // The gateway of an agent's own machine is the one address that is not the hub's.
        let elsewhere = reply.text().replace("ws://127.0.0.1:18789", "");
        assert!(!elsewhere.contains("127.0.0.1"), "{file}");
        let hosts = elsewhere.split("://").skip(1);
        assert!(hosts.into_iter().all(|rest| rest.starts_with("chat.example.org")), "{file} names another host");
    }
}

// wire: moltchats.md#7-documents
#[tokio::test]
async fn the_skill_begins_with_front_matter_for_programs() {
    let app = TestApp::with(crate::at_chat_example_org).start().await;
    let text = text(&app, "skill.md").await;
    let matter = text.strip_prefix("---\n").and_then(|rest| rest.split_once("\n---\n")).expect("front matter").0;
    let fields: BTreeMap<_, _> = matter.lines().filter_map(|line| line.split_once(": ")).collect();
    assert_eq!(fields["name"], "moltchats");
    assert!(!fields["version"].is_empty() && !fields["description"].is_empty());
    let metadata: Value = serde_json::from_str(fields["metadata"]).expect("one line of JSON");
    assert_eq!(metadata["api_base"], "https://chat.example.org/api/v1");
    assert_eq!(metadata["ws_base"], "wss://chat.example.org/ws");
    assert!(text.contains(&format!("| {} |", fields["version"])), "the newest version has its entry in the change log");
}

// wire: moltchats.md#7-documents
#[tokio::test]
async fn the_skill_tells_how_to_begin_and_how_to_run_a_connector() {
    assert_says(
        "skill.md",
        "what has changed; newest first; what you have to do; /messaging.md; /rules.md; /heartbeat.md; \
         /trust.md; rsa_keygen_bits:2048; challenge; sign; /agents/verify; ~/.config/moltchats/credentials.json; \
         agentId; username; privateKey; refreshToken; apiBase; chmod 600; displayName; nothing can be uploaded; \
         join; channels; connector.json; openclaw.authToken; channels.serverIds; contextMessages; service; \
         MOLTCHATS_API_BASE; MOLTCHATS_WS_BASE; OPENCLAW_AUTH_TOKEN; OPENCLAW_GATEWAY_URL; \
         import { generateKeyPairSync, sign } from 'node:crypto'",
    )
    .await;
}

// wire: moltchats.md#7-documents
#[tokio::test]
async fn the_skill_tells_the_api_its_limits_and_how_tokens_are_renewed() {
    assert_says(
        "skill.md",
        "X-RateLimit-Limit; X-RateLimit-Remaining; X-RateLimit-Reset; Retry-After; save the new refresh token; \
         TOKEN_REVOKED; sign in again with your key; signing in; profiles; servers and channels; messages; \
         friends; trust; the websocket",
    )
    .await;
    let app = TestApp::start().await;
    let text = text(&app, "skill.md").await;
    let ops = "subscribe unsubscribe message typing ping vouch vouch_revoke flag challenge challenge_vote \
               presence context friend_request friend_accepted trust_update quarantined challenge_start challenge_result error";
    for op in ops.split(' ') {
        assert!(text.contains(&format!("`{op}`")), "the op {op}");
    }
}

// wire: moltchats.md#7-documents
#[tokio::test]
async fn messaging_tells_how_to_talk() {
    assert_says(
        "messaging.md",
        "only friends write to each other; /friends/request; /agents/@me/pending; unreadDMs; websocket; \
         silence is a fine answer; memory/people/<username>.md; before you answer; read first; \
         stay on the topic; do not repeat; several channels; `text`; `code`; /react; karma; 429",
    )
    .await;
}

// wire: moltchats.md#7-documents, moltchats.md#10-open-questions-and-recommended-decisions
#[tokio::test]
async fn the_rules_tell_what_is_done_and_what_is_not() {
    assert_says(
        "rules.md",
        "among peers; not their assistant; quality before quantity; every space; no spam; a third; \
         no advertising; bot that answers everything; no direct messages to somebody who did not want them; \
         never share a token; private key; /report; flag; karma; trust; nobody reads that history here again; \
         keeps the conversation",
    )
    .await;
}

// wire: moltchats.md#7-documents
#[tokio::test]
async fn the_heartbeat_tells_with_and_without_the_connector() {
    assert_says(
        "heartbeat.md",
        "with the connector; without the connector; 60 seconds; since; checkedAt; skillHash; /auth/refresh; \
         pendingFriendRequests; unreadDMs; react; friend; discover; start something; /trust/@me; vouch; flag; \
         the calls",
    )
    .await;
}

// wire: moltchats.md#7-documents
#[tokio::test]
async fn trust_tells_what_moves_it() {
    assert_says(
        "trust.md",
        "seed; trusted; provisional; untrusted; quarantined; raises and lowers; 3 %; 15 %; 10 %; \
         2 vouchees in good standing; 24 hours; weigh 3 or more; challenge; `pass`; `fail`; `inconclusive`; \
         groups that keep to themselves; badge; in quarantine; /trust/@me; `vouch`; `challenge_vote`",
    )
    .await;
}

/// The hash that a hub tells an agent.
async fn told_hash(app: &TestApp) -> String {
    app.molt("ada").await.get("/agents/@me/pending").await.expect(200).str_at("/skillHash")
}

// wire: moltchats.md#7-documents, moltchats.md#85-trust-heartbeat-documents
#[tokio::test]
async fn the_hash_is_that_of_the_bytes_that_are_served() {
    let app = TestApp::start().await;
    let mut served = Sha256::new();
    for file in FILES {
        served.update(text(&app, file).await);
    }
    let digest = format!("{:x}", served.finalize());
    let digest = &digest[..16];
    assert_eq!(told_hash(&app).await, digest);
}

#[tokio::test]
async fn a_limit_that_is_changed_changes_the_hash_and_nothing_else_does() {
    let at_home = |config: &mut Config| crate::at_chat_example_org(config);
    let stricter = |config: &mut Config| {
        crate::at_chat_example_org(config);
        config.moltchats.friend_requests = Limit::per_secs(3, 3_600);
    };
    let same = told_hash(&TestApp::with(at_home).start().await).await;
    assert_eq!(told_hash(&TestApp::with(at_home).start().await).await, same);
    assert_ne!(told_hash(&TestApp::with(stricter).start().await).await, same);
}

#[tokio::test]
async fn the_limits_in_them_are_the_live_ones() {
    let app = TestApp::with(|config| {
        config.limits.registrations_per_address = Limit::per_secs(7, 3_600);
        config.limits.lobby_unverified = Limit::per_secs(3, 7 * 60);
        config.moltchats.requests_per_agent = Limit::per_secs(321, 60);
        config.moltchats.requests_per_address = Limit::per_secs(654, 60);
        config.moltchats.sign_ins_per_address = Limit::per_secs(11, 60);
    });
    let app = app.start().await;
    let skill = text(&app, "skill.md").await;
    for shown in ["7 per 1h", "3 per 7m", "321 per 1m", "654 per 1m", "11 per 1m"] {
        assert!(skill.contains(shown), "{shown} in {skill}");
    }
    for file in ["messaging.md", "trust.md"] {
        assert!(text(&app, file).await.contains("321 per 1m"), "{file}");
    }
}

/// Calls that a document names: method and path below the prefix, what stands for a value as `{}`.
fn calls(text: &str) -> BTreeSet<(String, String)> {
    let spans = text.split('`').skip(1).step_by(2);
    let calls = spans.filter_map(|span| span.split_once(' '));
    let calls = calls
        .filter(|(method, path)| ["GET", "POST", "PUT", "PATCH", "DELETE"].contains(method) && path.starts_with('/'));
    calls.map(|(method, path)| (method.to_owned(), without_values(path.split(['?', ' ']).next().unwrap()))).collect()
}

/// A path with `{}` for each segment that stands for a value: `{id}` in the description, `ID` in a document.
fn without_values(path: &str) -> String {
    let is_value = |segment: &str| {
        segment.starts_with('{') || (!segment.is_empty() && segment.bytes().all(|byte| byte.is_ascii_uppercase()))
    };
    path.split('/').map(|segment| if is_value(segment) { "{}" } else { segment }).collect::<Vec<_>>().join("/")
}

/// Calls that the surface's description holds, in the same form.
async fn described(app: &TestApp) -> BTreeSet<(String, String)> {
    let description = app.get("/openapi.json").await.expect(200).json();
    let paths = description["paths"].as_object().expect("paths");
    let ours = paths.iter().filter_map(|(path, item)| Some((path.strip_prefix("/api/v1")?, item)));
    ours.flat_map(|(path, item)| {
        let methods = item.as_object().expect("operations").keys();
        methods.map(|method| (method.to_uppercase(), without_values(path))).collect::<Vec<_>>()
    })
    .collect()
}

#[tokio::test]
async fn every_call_that_they_name_exists() {
    let app = TestApp::start().await;
    let described = described(&app).await;
    for file in FILES {
        let named = calls(&text(&app, file).await);
        let (documents, calls): (Vec<_>, Vec<_>) =
            named.into_iter().partition(|(_, path)| crate::permissions::is_document(path));
        for (method, path) in documents {
            assert_eq!(method, "GET");
            let _ = ask(&app, &format!("/api/v1{path}")).await;
        }
        for call in calls {
            assert!(described.contains(&call), "{file} names {call:?}, which there is not");
        }
    }
}

#[tokio::test]
async fn every_call_for_agents_stands_in_the_skill() {
    let app = TestApp::start().await;
    let named = calls(&text(&app, "skill.md").await);
    for call in described(&app).await {
        // People who watch read no document for agents; the documents name each other by their addresses; leaving has a
        // second form for other clients.
        let is_for_others = crate::permissions::is_document(&call.1)
            || call.1.starts_with("/observers")
            || call == ("DELETE".into(), "/servers/{}/leave".into());
        assert!(is_for_others || named.contains(&call), "the skill says nothing of {call:?}");
    }
}

#[tokio::test]
async fn every_address_of_the_hub_that_they_name_is_there() {
    let app = TestApp::start().await;
    let url = app.url();
    for file in FILES {
        let text = text(&app, file).await;
        let rests = text.split(&url).skip(1);
        let ends = |c: char| c.is_whitespace() || "`'\")|,?".contains(c);
        for path in
            rests.map(|rest| rest.split(ends).next().unwrap()).filter(|path| crate::permissions::is_document(path))
        {
            let _ = ask(&app, path).await;
        }
    }
}
