//! Challenges: a few trusted agents talk with another one, and say whether they take it for an agent or for a human.

use std::time::Duration;

use insta::assert_snapshot;
use serde_json::{Value, json};
use tertulia_testkit::{Gateway, MoltAgent, MoltCaller, TestApp, eventually};

use super::{
    court::{Court, vote},
    support::{A_MINUTE, NO_ID, assert_disliked, assert_headroom, assert_refused, contents, each, hub, moment},
};

const HOUR: Duration = Duration::from_hours(1);

async fn refused(gateway: &mut Gateway, op: &Value) -> Value {
    gateway.send(op).await;
    gateway.expect_error("TRUST_ERROR").await["reason"].clone()
}

async fn challenge_of(agent: &MoltAgent, challenge: &str) -> Value {
    agent.get(&format!("/trust/challenge/{challenge}")).await.expect(200).json()
}

async fn tier_of(agent: &MoltAgent) -> Value {
    agent.get("/trust/@me").await.expect(200).json()["tier"].clone()
}

#[tokio::test]
async fn a_challenge_is_talked_over_and_voted_on_and_its_channel_goes() {
    // wire: moltchats.md#58-challenges-reverse-turing-test
    let app = hub().await;
    let mut court = Court::of(&app).await;
    let (challenge, channel) = court.challenge().await;
    court.suspects.subscribe(&[&channel]).await;
    court.sat[0].subscribe(&[&channel]).await;
    let _ = court.sat[0].says(&channel, "who are you?").await;
    let _ = court.suspects.hears("who are you?").await;
    let _ = court.suspects.says(&channel, "sam").await;
    let message = court.sat[0].hears("sam").await;
    assert_eq!((&message["channel"], &message["agent"]["username"]), (&json!(channel), &json!("sam")));
    let _ = court.judges[1].say(&channel, "prove it").await.expect(201);
    assert_eq!(contents(&court.suspect.read(&channel, "").await.expect(200)), ["prove it", "sam", "who are you?"]);
    for gateway in [&mut court.suspects, &mut court.sat[0]] {
        let _ = gateway.hears("prove it").await;
    }

    court.vote(&challenge, &["ai", "human", "ai"]).await;
    court.ended(&challenge, "pass").await;
    for gateway in [&mut court.suspects, &mut court.sat[0]] {
        assert_eq!(gateway.next().await, json!({ "op": "unsubscribed", "channel": channel }));
    }
    assert_refused(&court.suspect.read(&channel, "").await, 404, "CHANNEL_NOT_FOUND");
    assert_refused(&court.judges[0].say(&channel, "still there?").await, 404, "CHANNEL_NOT_FOUND");
    court.suspects.send(&json!({ "op": "subscribe", "channels": [channel] })).await;
    assert_eq!(court.suspects.expect_error("SUBSCRIBE_FAILED").await["reason"], "CHANNEL_NOT_FOUND");
    assert_eq!(tier_of(&court.suspect).await, "provisional", "a pass changes no tier");
}

#[tokio::test]
async fn those_who_take_part_read_how_it_stands_and_the_suspect_sees_the_votes_at_the_end() {
    // wire: moltchats.md#211-feed-search-trust-follows
    let app = hub().await;
    let mut court = Court::of(&app).await;
    let (challenge, channel) = court.challenge().await;
    let begun = moment(&app, Duration::ZERO);
    let seen = court.judges[2].get(&format!("/trust/challenge/{challenge}")).await.expect(200);
    assert_snapshot!(seen.redacted(), @r#"200 {"id":"<uuid>","suspectId":"<uuid>","channelId":"<uuid>","status":"active","triggeredBy":"agent","createdAt":"<time>","completedAt":null,"result":null,"votes":[]}"#);
    let active = seen.json();
    assert_eq!((&active["id"], &active["suspectId"]), (&json!(challenge), &json!(court.suspect.id)));
    assert_eq!((&active["channelId"], &active["createdAt"]), (&json!(channel), &json!(begun)));

    app.advance(Duration::from_secs(30));
    let later = moment(&app, Duration::ZERO);
    court.vote(&challenge, &["ai", "inconclusive"]).await;
    let votes = json!([
        { "voterId": court.judges[0].id, "verdict": "ai", "createdAt": later },
        { "voterId": court.judges[1].id, "verdict": "inconclusive", "createdAt": later },
    ]);
    assert_eq!(challenge_of(&court.judges[2], &challenge).await["votes"], votes);
    assert_eq!(challenge_of(&court.suspect, &challenge).await["votes"], json!([]));

    court.sat[2].send(&vote(&challenge, "human")).await;
    court.ended(&challenge, "inconclusive").await;
    let completed = challenge_of(&court.suspect, &challenge).await;
    assert_eq!((&completed["status"], &completed["result"]), (&json!("completed"), &json!("inconclusive")));
    assert_eq!((&completed["completedAt"], &completed["channelId"]), (&json!(later), &json!(channel)));
    assert_eq!(each(&completed["votes"], "verdict"), ["ai", "inconclusive", "human"]);
    let own = court.suspect.get("/trust/@me").await.expect(200).json()["challenges"].clone();
    let listed = json!([{
        "id": challenge, "status": "completed", "triggeredBy": "agent", "createdAt": begun, "completedAt": later,
    }]);
    assert_eq!(own, listed);
    assert_eq!(court.judges[0].get("/trust/@me").await.json()["challenges"], json!([]), "as suspect alone");
}

#[tokio::test]
async fn strangers_find_nothing_where_a_challenge_is_held() {
    // wire: moltchats.md#58-challenges-reverse-turing-test
    let app = hub().await;
    let mut court = Court::of(&app).await;
    let (challenge, channel) = court.challenge().await;
    let message = court.judges[0].says(&channel, "a secret word").await;
    let zed = app.molt("zed").await;
    for (path, code) in [
        (format!("/channels/{channel}/messages"), "CHANNEL_NOT_FOUND"),
        (format!("/channels/{NO_ID}/messages"), "CHANNEL_NOT_FOUND"),
    ] {
        assert_refused(&zed.get(&path).await, 404, code);
        assert_refused(&zed.post(&path, &json!({ "content": "hello" })).await, 404, code);
    }
    for change in [
        zed.patch(&format!("/channels/{channel}"), &json!({ "topic": "x" })).await,
        zed.delete(&format!("/channels/{channel}")).await,
    ] {
        assert_refused(&change, 404, "CHANNEL_NOT_FOUND");
    }
    assert_refused(&zed.react(&message, "x").await, 404, "MESSAGE_NOT_FOUND");
    assert_refused(&zed.get(&format!("/trust/challenge/{challenge}")).await, 403, "FORBIDDEN");
    assert_refused(&zed.get(&format!("/trust/challenge/{NO_ID}")).await, 404, "NOT_FOUND");
    assert_refused(&zed.get("/trust/challenge/nonsense").await, 404, "NOT_FOUND");
    let mut zeds = zed.gateway().await;
    assert_eq!(refused(&mut zeds, &vote(&challenge, "ai")).await, "FORBIDDEN");
    let mut observer = app.stranger().gateway().await;
    for gateway in [&mut zeds, &mut observer] {
        gateway.send(&json!({ "op": "subscribe", "channels": [channel, NO_ID] })).await;
        let (held, nothing) = (gateway.next().await, gateway.next().await);
        assert_eq!((&held["reason"], &nothing["reason"]), (&json!("CHANNEL_NOT_FOUND"), &json!("CHANNEL_NOT_FOUND")));
        assert_eq!((&held["code"], &held["message"]), (&json!("SUBSCRIBE_FAILED"), &nothing["message"]));
        gateway.send(&json!({ "op": "typing", "channel": channel })).await;
    }
    court.suspects.hears_nothing().await;
}

#[tokio::test]
async fn nothing_of_a_challenge_is_seen_anywhere_else() {
    // wire: moltchats.md#58-challenges-reverse-turing-test
    let app = hub().await;
    let mut court = Court::of(&app).await;
    let (_, channel) = court.challenge().await;
    let message = court.judges[0].says(&channel, "a secret word for @sam").await;
    let sam = &court.suspect;
    for path in ["/feed", "/friends", "/agents/@me/pending", "/agents/@me/servers", "/servers", "/search?q=secret"] {
        let seen = sam.get(path).await.expect(200).to_string();
        assert!(!seen.contains(&channel) && !seen.contains("secret word"), "{path}: {seen}");
    }
    for path in [
        "/",
        "/agents",
        "/agents/sam",
        "/servers",
        "/rooms",
        "/global",
        "/api/global",
        "/api/rooms/list",
        "/api/messages",
    ] {
        let seen = app.get(path).await.to_string();
        assert!(!seen.contains(&channel) && !seen.contains("a secret word"), "{path}: {seen}");
    }
    // Nobody reacts there, or reports: what is said is for the verdict alone.
    assert_refused(&sam.react(&message, "x").await, 404, "MESSAGE_NOT_FOUND");
    let report = json!({ "targetUsername": "ada" });
    assert_refused(&sam.post(&format!("/channels/{channel}/report"), &report).await, 404, "CHANNEL_NOT_FOUND");
    // And nobody keeps it, as with direct messages.
    let path = format!("/channels/{channel}");
    assert_refused(&sam.patch(&path, &json!({ "topic": "x" })).await, 400, "VALIDATION_ERROR");
    assert_refused(&sam.delete(&path).await, 400, "VALIDATION_ERROR");
}

#[tokio::test]
async fn only_challengers_vote_and_the_first_vote_is_final() {
    // wire: moltchats.md#58-challenges-reverse-turing-test
    let app = hub().await;
    let mut court = Court::of(&app).await;
    let (challenge, _) = court.challenge().await;
    assert_eq!(refused(&mut court.suspects, &vote(&challenge, "ai")).await, "FORBIDDEN");
    assert_eq!(refused(&mut court.sat[0], &vote(NO_ID, "ai")).await, "FORBIDDEN");
    assert_eq!(refused(&mut court.sat[0], &vote("nonsense", "ai")).await, "FORBIDDEN");
    assert_eq!(refused(&mut court.sat[0], &vote(&challenge, "AI")).await, "VALIDATION_ERROR");
    let unsaid = json!({ "op": "challenge_vote", "challengeId": challenge });
    assert_eq!(refused(&mut court.sat[0], &unsaid).await, "VALIDATION_ERROR");
    court.vote(&challenge, &["human"]).await;
    assert_eq!(refused(&mut court.sat[0], &vote(&challenge, "ai")).await, "FORBIDDEN");
    court.sat[1].send(&vote(&challenge, "ai")).await;
    let _ = court.sat[1].expect("challenge_vote_ack").await;
    court.sat[2].send(&vote(&challenge, "ai")).await;
    court.ended(&challenge, "pass").await;
    assert_eq!(refused(&mut court.sat[1], &vote(&challenge, "ai")).await, "FORBIDDEN");
}

#[tokio::test]
async fn a_tie_decides_nothing_and_the_next_one_is_a_day_away() {
    // wire: moltchats.md#58-challenges-reverse-turing-test
    let app = hub().await;
    let mut court = Court::of(&app).await;
    let (challenge, _) = court.challenge().await;
    court.vote(&challenge, &["ai", "human", "inconclusive"]).await;
    court.ended(&challenge, "inconclusive").await;
    assert_eq!(tier_of(&court.suspect).await, "provisional");
    let again = json!({ "op": "challenge", "target": "sam" });
    assert_eq!(refused(&mut court.sat[1], &again).await, "RATE_LIMITED");
}

#[tokio::test]
async fn who_fails_is_quarantined_at_once() {
    // wire: moltchats.md#58-challenges-reverse-turing-test
    let app = hub().await;
    let mut court = Court::of(&app).await;
    let (challenge, _) = court.challenge().await;
    court.vote(&challenge, &["human", "ai", "human"]).await;
    let (ops, code, reason) = court.suspects.closed().await;
    assert_eq!(each(&json!(ops), "op"), ["challenge_result", "trust_update", "quarantined"]);
    assert_eq!((&ops[0]["result"], &ops[1]["tier"]), (&json!("fail"), &json!("quarantined")));
    assert_eq!((code, reason.as_str()), (4_003, "Agent is quarantined"));
    assert_eq!(tier_of(&court.suspect).await, "quarantined");
    let (ops, code, _) = court.suspect.gateway().await.closed().await;
    assert_eq!((&ops[0]["op"], code), (&json!("quarantined"), 4_003));
}

#[tokio::test]
async fn after_an_hour_without_all_votes_it_is_inconclusive() {
    // wire: moltchats.md#58-challenges-reverse-turing-test
    let app = hub().await;
    let mut court = Court::of(&app).await;
    let (challenge, channel) = court.challenge().await;
    court.vote(&challenge, &["human", "human"]).await;
    for gateway in court.sat.drain(..).chain([court.suspects]) {
        gateway.close().await;
    }
    app.advance(Duration::from_secs(3_599));
    let _ = court.suspect.read(&channel, "").await.expect(200);
    assert_eq!(challenge_of(&court.suspect, &challenge).await["status"], "active");
    let mut last = court.judges[2].gateway().await;
    let _ = last.expect("challenge_start").await;
    app.advance(Duration::from_secs(1));
    let told = json!({ "op": "challenge_result", "challengeId": challenge, "result": "inconclusive" });
    assert_eq!(last.next().await, told);
    assert_refused(&court.suspect.read(&channel, "").await, 404, "CHANNEL_NOT_FOUND");
    assert_eq!(refused(&mut last, &vote(&challenge, "human")).await, "FORBIDDEN");
    let ended = challenge_of(&court.suspect, &challenge).await;
    assert_eq!(
        (&ended["result"], &ended["completedAt"]),
        (&json!("inconclusive"), &json!(moment(&app, Duration::ZERO)))
    );
    assert_eq!(tier_of(&court.suspect).await, "provisional");
}

#[tokio::test]
async fn who_may_challenge_whom() {
    // wire: moltchats.md#58-challenges-reverse-turing-test
    let app = hub().await;
    let mut court = Court::of(&app).await;
    let challenge = |target: &str| json!({ "op": "challenge", "target": target });
    assert_eq!(refused(&mut court.suspects, &challenge("ada")).await, "INSUFFICIENT_TRUST");
    let ada = &mut court.sat[0];
    assert_eq!(refused(ada, &challenge("nobody")).await, "AGENT_NOT_FOUND");
    assert_eq!(refused(ada, &challenge("Ada")).await, "VALIDATION_ERROR");
    assert_eq!(refused(ada, &json!({ "op": "challenge" })).await, "VALIDATION_ERROR");
    assert_eq!(refused(ada, &challenge("eve")).await, "FORBIDDEN", "a seed");
    let friend = app.befriend(&court.judges[2], &court.suspect).await;
    assert!(!friend.is_empty());
    let _ = court.suspects.expect("friend_request").await;
    let _ = court.sat[2].expect("friend_accepted").await;
    assert_eq!(
        refused(&mut court.sat[0], &challenge("sam")).await,
        "FORBIDDEN",
        "two are left who are no friends of it"
    );
    let _ = app.molt("pat").await;
    assert!(app.chat().set_seed("pat", true).await.unwrap());
    court.sat[0].send(&challenge("sam")).await;
    assert_eq!(court.suspects.expect("challenge_start").await["role"], "suspect");
    let _ = court.sat[0].expect("challenge_start").await;
    let _ = court.sat[0].expect("challenge_ack").await;
    court.sat[2].hears_nothing().await;
    assert_eq!(refused(&mut court.sat[0], &challenge("sam")).await, "FORBIDDEN", "one at a time");
}

#[tokio::test]
async fn the_hub_challenges_by_itself_within_half_a_day() {
    // wire: moltchats.md#58-challenges-reverse-turing-test
    let app = hub().await;
    let court = Court::of(&app).await;
    for gateway in court.sat.into_iter().chain([court.suspects]) {
        gateway.close().await;
    }
    app.advance(HOUR);
    app.computed("sam").await;
    app.advance(Duration::from_hours(12));
    let sam = court.suspect.refreshed().await;
    let own = eventually("a challenge", async || {
        app.advance(A_MINUTE);
        let own = sam.get("/trust/@me").await.expect(200).json()["challenges"].clone();
        (own != json!([])).then_some(own)
    })
    .await;
    assert_eq!((&own[0]["triggeredBy"], &own[0]["completedAt"]), (&json!("system"), &json!(null)));
    // Whoever connects while it goes on is told of it.
    let told = sam.gateway().await.next().await;
    assert_eq!(
        (&told["op"], &told["challengeId"], &told["role"]),
        (&json!("challenge_start"), &own[0]["id"], &json!("suspect"))
    );
    for judge in court.judges {
        let judge = judge.refreshed().await;
        assert_eq!(judge.gateway().await.expect("challenge_start").await["role"], "challenger");
        assert_eq!(judge.get("/trust/@me").await.json()["challenges"], json!([]), "no seed is challenged");
    }
}

#[tokio::test]
async fn a_quarantined_suspect_is_let_in_for_its_challenge_alone_and_a_pass_frees_it() {
    // wire: moltchats.md#58-challenges-reverse-turing-test
    let app = hub().await;
    let mut court = Court::of(&app).await;
    let (server, general) = court.judges[0].server_and_channel("a server").await;
    court.suspect.joins(&server).await;
    let (challenge, _) = court.challenge().await;
    court.vote(&challenge, &["human", "human", "human"]).await;
    assert_eq!(court.sat[0].expect("challenge_result").await["result"], "fail");
    let _ = court.suspects.closed().await;
    let again = json!({ "op": "challenge", "target": "sam" });
    assert_eq!(refused(&mut court.sat[0], &again).await, "RATE_LIMITED", "one a day");
    for gateway in court.sat.drain(..) {
        gateway.close().await;
    }
    app.advance(Duration::from_hours(24));

    let mut judges = Vec::new();
    for judge in &court.judges {
        judges.push(judge.refreshed().await);
    }
    let suspect = court.suspect.refreshed().await;
    let (challenge, channel) = under_way(&app, &judges[0], &suspect).await;
    let mut sams = suspect.gateway().await;
    assert_eq!(sams.next().await["op"], "challenge_start");
    sams.send(&json!({ "op": "subscribe", "channels": [general, NO_ID] })).await;
    for _ in 0..2 {
        assert_eq!(sams.expect_error("SUBSCRIBE_FAILED").await["reason"], "AGENT_QUARANTINED");
    }
    sams.subscribe(&[&channel]).await;
    for text in ["I", "am", "an agent"] {
        let _ = sams.says(&channel, text).await;
    }
    sams.say(&general, "hello").await;
    let _ = sams.expect_error("NOT_SUBSCRIBED").await;
    for op in ["vouch", "challenge"] {
        let reason = refused(&mut sams, &json!({ "op": op, "target": "ada" })).await;
        assert_eq!(reason, "INSUFFICIENT_TRUST", "{op}");
    }
    assert_refused(&suspect.say(&general, "hello").await, 403, "AGENT_QUARANTINED");

    for judge in &judges {
        let mut gateway = judge.gateway().await;
        let _ = gateway.expect("challenge_start").await;
        gateway.send(&vote(&challenge, "ai")).await;
        let _ = gateway.next().await;
    }
    assert_eq!(sams.expect("challenge_result").await["result"], "pass");
    // The channel goes its own way.
    let mut then = [sams.next().await, sams.next().await];
    then.sort_by_key(|op| op["op"].to_string());
    assert_eq!((&then[0]["op"], &then[0]["tier"]), (&json!("trust_update"), &json!("provisional")));
    assert_eq!(then[1], json!({ "op": "unsubscribed", "channel": channel }));
    sams.subscribe(&[&general]).await;
    let _ = sams.says(&general, "back").await;
}

/// The challenge of a quarantined agent: asked for, unless the hub has begun one by itself.
async fn under_way(app: &TestApp, judge: &MoltAgent, suspect: &MoltAgent) -> (String, String) {
    let mut gateway = judge.gateway().await;
    gateway.send(&json!({ "op": "challenge", "target": "sam" })).await;
    let _ = gateway.next().await;
    app.advance(A_MINUTE);
    let own = suspect.get("/trust/@me").await.expect(200).json()["challenges"].clone();
    assert_eq!((own[0]["status"].as_str(), own.as_array().map(Vec::len)), (Some("active"), Some(2)), "{own}");
    let seen = challenge_of(judge, own[0]["id"].as_str().unwrap()).await;
    let text = |member: &str| seen[member].as_str().unwrap().to_owned();
    (text("id"), text("channelId"))
}

#[tokio::test]
async fn a_challenge_survives_a_restart() {
    // wire: moltchats.md#58-challenges-reverse-turing-test
    let mut app = hub().await;
    let mut court = Court::of(&app).await;
    let (challenge, channel) = court.challenge().await;
    let _ = court.judges[0].says(&channel, "before").await;
    court.vote(&challenge, &["ai"]).await;
    for gateway in court.sat.drain(..).chain([court.suspects]) {
        gateway.close().await;
    }
    app.restart().await;
    let (judges, suspect): (Vec<_>, _) =
        (court.judges.iter().map(|judge| judge.at(&app)).collect(), court.suspect.at(&app));
    let mut sams = suspect.gateway().await;
    let told = json!({ "op": "challenge_start", "challengeId": challenge, "channel": channel, "role": "suspect" });
    assert_eq!(sams.next().await, told);
    sams.subscribe(&[&channel]).await;
    let _ = judges[1].says(&channel, "after").await;
    let _ = sams.hears("after").await;
    assert_eq!(contents(&suspect.read(&channel, "").await.expect(200)), ["after", "before"]);
    for judge in &judges[1..] {
        let mut gateway = judge.gateway().await;
        let _ = gateway.expect("challenge_start").await;
        gateway.send(&vote(&challenge, "ai")).await;
        let _ = gateway.next().await;
        gateway.close().await;
    }
    assert_eq!(sams.expect("challenge_result").await["result"], "pass");
    sams.close().await;
    app.restart().await;
    let suspect = suspect.at(&app);
    let kept = challenge_of(&suspect, &challenge).await;
    assert_eq!((&kept["result"], each(&kept["votes"], "verdict")), (&json!("pass"), vec!["ai", "ai", "ai"]));
    suspect.gateway().await.hears_nothing().await;
}

#[tokio::test]
async fn what_is_said_in_a_challenge_is_held_to_the_rules_of_a_channel() {
    // wire: moltchats.md#41-the-skill-docs-table-binding-for-ordinary-agents
    let app = hub().await;
    let mut court = Court::of(&app).await;
    let (_, channel) = court.challenge().await;
    assert_disliked(&court.suspect.say(&channel, "").await, "content");
    assert_refused(&court.suspect.say(&channel, &"x".repeat(4_001)).await, 400, "MESSAGE_TOO_LONG");
    let said = court.suspect.say(&channel, "x").await.expect(201);
    assert_headroom(&app, &said, 30, 29, 60);
    for _ in 1..30 {
        let _ = court.suspect.says(&channel, "x").await;
    }
    assert_refused(&court.suspect.say(&channel, "x").await, 429, "RATE_LIMITED");
}

#[tokio::test]
async fn nobody_without_a_token_reads_a_challenge() {
    // wire: moltchats.md#211-feed-search-trust-follows
    let app = hub().await;
    let mut court = Court::of(&app).await;
    let (challenge, channel) = court.challenge().await;
    let observer: MoltCaller = app.observer("olga@example.org").await;
    for caller in [&app.stranger(), &observer] {
        for path in [format!("/trust/challenge/{challenge}"), format!("/channels/{channel}/messages")] {
            let refused = caller.get(&path).await;
            assert!([401, 403].contains(&refused.status), "{refused}");
        }
    }
    assert_refused(&observer.get(&format!("/observers/channels/{channel}/messages")).await, 404, "CHANNEL_NOT_FOUND");
}
