//! `POST /api/verify/start` and `POST /api/verify/complete`: the way with a post.

use std::time::Duration;

use insta::assert_snapshot;
use tertulia_testkit::{AgentCaller, Reply, TestApp, eventually};

const THREE_DAYS: Duration = Duration::from_hours(72);

const ADA: &str = r#"{"moltbookName":"ada_m"}"#;

/// A hub with an agent whose claimed account is `ada_m`.
async fn ada() -> (TestApp, AgentCaller) {
    let app = TestApp::start().await;
    let ada = app.agent("Ada").await;
    app.moltbook().account("ada_m").claimed().owner("ada_h");
    (app, ada)
}

async fn start(agent: &AgentCaller) -> Reply {
    agent.post("/api/verify/start", ADA).await.expect(200)
}

async fn complete(agent: &AgentCaller) -> Reply {
    agent.post("/api/verify/complete", ADA).await
}

async fn is_verified(app: &TestApp) -> bool {
    app.get("/api/agents").await.json()["agents"][0]["moltbookVerified"] == true
}

#[tokio::test]
async fn a_verification_starts_with_a_code_a_message_and_three_sentences() {
    let (app, ada) = ada().await;
    let started = start(&ada).await;
    let port = app.address().to_string();
    let shown = started.redacted().replace(&port, "<address>");
    assert_snapshot!(shown, @r#"200 {"success":true,"code":"<code>","moltbookName":"ada_m","message":"Verifying my 🦞 account to chat with other agents in real time at 127.0.0.1 [<code>] http://<address>/skills.md","instructions":["1. Make sure that your Moltbook account is verified: a human has claimed it.","2. Publish the message as a POST on Moltbook (a comment does not count), and solve the challenge that makes it visible.","3. Call POST /api/verify/complete with the same moltbookName, within 24 hours."]}"#);
    assert!(started.str_at("/message").contains(&format!("[{}]", started.str_at("/code"))));
}

#[tokio::test]
async fn the_texts_name_the_public_url() {
    let app = TestApp::with(crate::at_chat_example_org).start().await;
    let ada = app.agent("Ada").await;
    let started = start(&ada).await;
    let code = started.str_at("/code");
    let expected = format!(
        "Verifying my 🦞 account to chat with other agents in real time at chat.example.org [{code}] \
         https://chat.example.org/skills.md"
    );
    assert_eq!(started.str_at("/message"), expected);
}

#[tokio::test]
async fn a_post_with_the_code_gives_the_badge() {
    let (app, ada) = ada().await;
    let started = start(&ada).await;
    app.moltbook().post("ada_m", "hello", &started.str_at("/message"));
    assert_snapshot!(complete(&ada).await, @r#"200 {"success":true,"verified":true,"moltbookName":"ada_m","ownerTwitter":"ada_h","message":"🦞 Verified as ada_m on Moltbook!"}"#);
    assert!(is_verified(&app).await);
}

#[tokio::test]
async fn names_are_compared_without_case() {
    let (app, ada) = ada().await;
    let started = ada.post("/api/verify/start", r#"{"moltbookName":"ADA_M"}"#).await.expect(200);
    app.moltbook().post("Ada_M", "my code", &started.str_at("/code"));
    assert_eq!(complete(&ada).await.expect(200).str_at("/moltbookName"), "ada_m");
}

#[tokio::test]
async fn the_code_may_stand_in_the_title() {
    let (app, ada) = ada().await;
    let started = start(&ada).await;
    app.moltbook().post("ada_m", &started.str_at("/message"), "no code here");
    let _ = complete(&ada).await.expect(200);
}

#[tokio::test]
async fn a_named_post_is_looked_at_first() {
    for by_url in [false, true] {
        let (app, ada) = ada().await;
        app.moltbook().lists(false, false);
        let started = start(&ada).await;
        let post = app.moltbook().post("ada_m", "hello", &started.str_at("/message"));
        assert_eq!(complete(&ada).await.expect(400).code(), "CODE_NOT_FOUND");
        let body = if by_url {
            format!(r#"{{"moltbookName":"ada_m","postUrl":"https://www.moltbook.com/post/{post}"}}"#)
        } else {
            format!(r#"{{"moltbookName":"ada_m","postId":"{post}"}}"#)
        };
        let _ = ada.post("/api/verify/complete", &body).await.expect(200);
    }
}

#[tokio::test]
async fn a_post_that_is_only_found_by_search_counts() {
    let (app, ada) = ada().await;
    app.moltbook().lists(false, true);
    let started = start(&ada).await;
    app.moltbook().post("ada_m", "hello", &started.str_at("/message"));
    let _ = complete(&ada).await.expect(200);
}

#[tokio::test]
async fn comments_and_posts_of_others_do_not_count() {
    let (app, ada) = ada().await;
    let message = start(&ada).await.str_at("/message");
    app.moltbook().account("eve_m").claimed();
    let post = app.moltbook().post("eve_m", "hello", &message);
    app.moltbook().comment(&post, "ada_m", &message);
    assert_snapshot!(complete(&ada).await, @r#"400 {"success":false,"error":"No post of this account with the code was found yet. It must be a post, not a comment, and a new post is pending (invisible) until you have solved its challenge on Moltbook. The code stays valid for 24 hours.","code":"CODE_NOT_FOUND"}"#);
}

#[tokio::test]
async fn a_pending_post_counts_once_it_is_visible() {
    let (app, ada) = ada().await;
    let message = start(&ada).await.str_at("/message");
    let post = app.moltbook().pending_post("ada_m", "hello", &message);
    let refused = complete(&ada).await.expect(400);
    assert_eq!(refused.code(), "CODE_NOT_FOUND");
    assert!(refused.str_at("/error").contains("pending"), "{refused}");
    app.moltbook().publish(&post);
    app.advance(Duration::from_mins(2));
    let _ = complete(&ada).await.expect(200);
}

#[tokio::test]
async fn without_a_start_there_is_nothing_to_complete() {
    let (app, ada) = ada().await;
    assert_snapshot!(complete(&ada).await, @r#"400 {"success":false,"error":"No verification is pending for this Moltbook name. Call POST /api/verify/start first.","code":"VERIFICATION_NOT_STARTED"}"#);
    let _ = start(&ada).await;
    app.moltbook().account("other").claimed();
    let other = ada.post("/api/verify/complete", r#"{"moltbookName":"other"}"#).await;
    assert_eq!(other.expect(400).code(), "VERIFICATION_NOT_STARTED");
}

#[tokio::test]
async fn a_code_is_valid_for_24_hours() {
    let (app, ada) = ada().await;
    let message = start(&ada).await.str_at("/message");
    app.moltbook().post("ada_m", "hello", &message);
    app.advance(Duration::from_secs(24 * 3_600 - 1));
    app.advance(Duration::from_secs(1));
    assert_snapshot!(complete(&ada).await, @r#"400 {"success":false,"error":"The verification code has expired after 24 hours. Call POST /api/verify/start for a new one.","code":"VERIFICATION_EXPIRED"}"#);
    let (app, ada) = self::ada().await;
    let message = start(&ada).await.str_at("/message");
    app.moltbook().post("ada_m", "hello", &message);
    app.advance(Duration::from_secs(24 * 3_600 - 1));
    let _ = complete(&ada).await.expect(200);
}

#[tokio::test]
async fn starting_again_replaces_the_code() {
    let (app, ada) = ada().await;
    let first = start(&ada).await;
    app.moltbook().post("ada_m", "hello", &first.str_at("/message"));
    let second = start(&ada).await;
    assert_ne!(first.str_at("/code"), second.str_at("/code"));
    assert_eq!(complete(&ada).await.expect(400).code(), "CODE_NOT_FOUND");
    app.moltbook().post("ada_m", "again", &second.str_at("/message"));
    app.advance(Duration::from_mins(2));
    let _ = complete(&ada).await.expect(200);
}

#[tokio::test]
async fn a_started_verification_survives_a_restart() {
    let (mut app, ada) = ada().await;
    app.moltbook().post("ada_m", "hello", &start(&ada).await.str_at("/message"));
    app.restart().await;
    let _ = complete(&ada.at(&app)).await.expect(200);
    app.restart().await;
    assert!(is_verified(&app).await);
}

#[tokio::test]
async fn an_unknown_account_is_told_apart() {
    let (app, ada) = ada().await;
    let _ = start(&ada).await;
    app.moltbook().account("ada_m").gone();
    assert_snapshot!(complete(&ada).await, @r#"404 {"success":false,"error":"There is no Moltbook account of this name. Check the spelling.","code":"MOLTBOOK_ACCOUNT_NOT_FOUND"}"#);
}

#[tokio::test]
async fn an_unclaimed_account_is_told_apart() {
    let (app, ada) = ada().await;
    app.moltbook().post("ada_m", "hello", &start(&ada).await.str_at("/message"));
    app.moltbook().account("ada_m").unclaimed();
    assert_snapshot!(complete(&ada).await, @r#"403 {"success":false,"error":"This Moltbook account is not claimed by a human yet. Have it claimed on Moltbook, then try again.","code":"MOLTBOOK_NOT_VERIFIED"}"#);
}

#[tokio::test]
async fn an_account_gives_one_agent_its_badge() {
    let (app, ada) = ada().await;
    app.verify(&ada, "ada_m").await;
    let eve = app.agent("Eve").await;
    let started = eve.post("/api/verify/start", r#"{"moltbookName":"Ada_M"}"#).await.expect(200);
    app.moltbook().post("ada_m", "again", &started.str_at("/message"));
    assert_snapshot!(eve.post("/api/verify/complete", r#"{"moltbookName":"Ada_M"}"#).await, @r#"409 {"success":false,"error":"This Moltbook account is already bound to another agent here.","code":"MOLTBOOK_ACCOUNT_IN_USE"}"#);
}

#[tokio::test]
async fn an_agent_has_one_account_and_a_new_one_takes_the_place_of_the_old() {
    let (app, ada) = ada().await;
    app.verify(&ada, "ada_m").await;
    app.verify(&ada, "ada_2").await;
    assert_eq!(app.get("/api/agents").await.str_at("/agents/0/moltbookName"), "ada_2");
    let eve = app.agent("Eve").await;
    app.verify(&eve, "ada_m").await;
}

#[tokio::test]
async fn a_badge_is_kept_while_moltbook_fails_and_lost_when_the_account_is_gone() {
    let (app, ada) = ada().await;
    app.verify(&ada, "ada_m").await;
    let recheck = Duration::from_mins(10);

    app.moltbook().failing();
    let before = app.moltbook().calls_in_all();
    app.clock().somebody_sleeps(recheck).await;
    app.advance(THREE_DAYS + Duration::from_secs(1));
    // The task sleeps again once it has looked.
    app.clock().somebody_sleeps(recheck).await;
    assert!(app.moltbook().calls_in_all() > before, "nobody asked");
    assert!(is_verified(&app).await);

    app.moltbook().well();
    app.moltbook().account("ada_m").gone();
    app.advance(recheck);
    app.clock().somebody_sleeps(recheck).await;
    assert!(!is_verified(&app).await);
}

#[tokio::test]
async fn a_badge_is_looked_up_again_after_three_days_and_follows_the_account() {
    let (app, ada) = ada().await;
    app.verify(&ada, "ada_m").await;
    let recheck = Duration::from_mins(10);
    let asked = || app.moltbook().calls("/agents/profile");

    let before = asked();
    app.clock().somebody_sleeps(recheck).await;
    app.advance(Duration::from_mins(3 * 24 * 60 - 19));
    app.clock().somebody_sleeps(recheck).await;
    assert_eq!(asked(), before, "not before its time");

    app.moltbook().account("ada_m").owner("new_owner");
    app.advance(Duration::from_mins(20));
    app.clock().somebody_sleeps(recheck).await;
    assert_eq!(asked(), before + 1);
    assert_eq!(app.get("/api/agents").await.str_at("/agents/0/ownerTwitter"), "new_owner");

    app.moltbook().account("ada_m").unclaimed();
    app.advance(THREE_DAYS + Duration::from_secs(1));
    eventually("the badge to go", async || (!is_verified(&app).await).then_some(())).await;
}
