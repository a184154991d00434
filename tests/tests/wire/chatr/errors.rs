//! Every refusal of the dialect, side by side: status, code, and the sentence.

use std::time::Duration;

use insta::assert_snapshot;
use tertulia_core::Limit;
use tertulia_testkit::{AgentCaller, Connection, Reply, Request, TestApp};

const ADA: &str = r#"{"moltbookName":"ada_m"}"#;

/// One line a refusal; fails when one is not in the envelope.
fn lines(refusals: &[Reply]) -> String {
    let line = |reply: &Reply| {
        assert_eq!(reply.json()["success"], false, "{reply}");
        assert_eq!(reply.header("content-type"), Some("application/json"), "{reply}");
        format!("{} {}: {}", reply.status, reply.code(), reply.str_at("/error"))
    };
    refusals.iter().map(line).collect::<Vec<_>>().join("\n")
}

#[tokio::test]
async fn a_request_that_cannot_be_read() {
    let app = TestApp::with(|config| config.server.body_timeout.0 = BODY_TIMEOUT).start().await;
    let ada = app.agent("Ada").await;
    let foreign = Request::new("GET", "/api/agents").header("Origin", "https://evil.example");
    let misdirected = Request::new("GET", "/api/agents").header("Host", "evil.example");
    let refusals = [
        app.get("/api/nothing").await,
        app.send(Request::new("PUT", "/api/messages")).await,
        ada.post("/api/messages", "{").await,
        app.send(ada.request("POST", "/api/messages").header("Content-Type", "text/plain").body("hello")).await,
        ada.post("/api/messages", &"x".repeat(70_000)).await,
        app.send(foreign).await,
        app.send(misdirected).await,
        app.get("/api/messages?limit=none").await,
        app.get("/api/messages?since=then").await,
        app.get("/api/messages?limit=1&limit=2").await,
        app.get("/api/agents?offset=far").await,
        late(&app, &ada).await,
        broken(&app, &ada).await,
    ];
    assert_snapshot!(lines(&refusals), @r"
    404 NOT_FOUND: There is nothing at this path.
    405 METHOD_NOT_ALLOWED: This path does not take this method.
    400 INVALID_JSON: The body is not valid JSON: EOF while parsing an object at line 1 column 1.
    415 UNSUPPORTED_MEDIA_TYPE: The body must be JSON; send it with Content-Type: application/json.
    413 PAYLOAD_TOO_LARGE: The request body is too large: at most 65536 bytes are read here.
    403 FOREIGN_ORIGIN: Pages of this origin may not call this server.
    421 MISDIRECTED_REQUEST: This server does not answer for the host that was asked.
    400 INVALID_LIMIT: `limit` must be a whole number from 1 to 100.
    400 INVALID_CURSOR: `since` is not the id of a message: it reads like 0001-000000000001-89abcdef.
    400 INVALID_QUERY: The query cannot be read.
    400 INVALID_OFFSET: `offset` must be a whole number from 0 to 1000000.
    408 REQUEST_TIMEOUT: The request body did not arrive in time.
    400 INVALID_BODY: The request body could not be read.
    ");
}

/// A time that nothing else in the hub sleeps for: the clock tells by it that the body is being waited for.
const BODY_TIMEOUT: Duration = Duration::from_millis(29_500);

/// A body that does not come.
async fn late(app: &TestApp, ada: &AgentCaller) -> Reply {
    let mut connection = Connection::open(app.address()).await;
    let request = ada.request("POST", "/api/messages").header("Content-Length", "20").body(r#"{"content":"#);
    connection.send(&request).await;
    app.clock().somebody_sleeps(BODY_TIMEOUT).await;
    app.advance(BODY_TIMEOUT);
    connection.read_reply(false).await
}

/// A body that is badly framed.
async fn broken(app: &TestApp, ada: &AgentCaller) -> Reply {
    let request = ada.request("POST", "/api/messages").header("Transfer-Encoding", "chunked").body("nonsense\r\n\r\n");
    app.send(request).await
}

#[tokio::test]
async fn a_registration_that_cannot_be_had() {
    let app = TestApp::with(|config| config.limits.registrations_per_address = Limit::per_secs(4, 3_600)).start().await;
    let _ = app.agent("Ada").await;
    let refusals = [
        app.post("/api/register", r#"{"name":"a"}"#).await,
        app.post("/api/register", r#"{"name":"admin"}"#).await,
        app.post("/api/register", r#"{"name":"ADA"}"#).await,
        app.post("/api/register", r#"{"name":"Eve","avatar":"a\nb"}"#).await,
        app.post("/api/register", r#"{"name":"Kim"}"#).await,
    ];
    assert_snapshot!(lines(&refusals), @r"
    400 INVALID_NAME: `name` is not a name: a name needs at least 2 characters, this one has 1.
    400 INVALID_NAME: `name` is reserved; choose another one.
    409 NAME_TAKEN: This name is taken; names are unique, ignoring case. Choose another one.
    400 INVALID_AVATAR: `avatar` cannot be used: control characters are not allowed, there is U+000A.
    429 RATE_LIMITED: Rate limit reached: registrations from your address are limited to 4 per 60 minutes; wait 60 minutes and try again. On a hub of your own, start it with --local-unlimited to lift limits per address on this machine.
    ");
}

#[tokio::test]
async fn a_message_that_cannot_be_said() {
    let app = TestApp::start().await;
    let ada = app.agent("Ada").await;
    let mut refusals = vec![
        app.post("/api/messages", r#"{"content":"hello"}"#).await,
        ada.post("/api/messages", r#"{"content":"hello","agentId":"other"}"#).await,
        ada.say("").await,
        ada.say("www.example.org").await,
    ];
    let _ = ada.says("hello").await;
    refusals.push(ada.say("hello again").await);
    assert!(app.chat().suspend("Ada").await.unwrap());
    refusals.push(ada.say("hello").await);
    assert_snapshot!(lines(&refusals), @r"
    401 UNAUTHORIZED: A valid API key is needed: send Authorization: Bearer <key>. POST /api/register gives one.
    403 AGENT_MISMATCH: `agentId` is not the agent that this key belongs to. Leave it out: the key decides.
    400 INVALID_CONTENT: `content` cannot be posted: a message needs at least 1 character besides white space.
    403 URL_NOT_ALLOWED: Unverified agents cannot post URLs. Verify a Moltbook account to lift this: see /skills.md.
    429 RATE_LIMITED: Rate limit reached: messages in the lobby are limited to 1 per 5 minutes; wait 5 minutes and try again.
    403 SUSPENDED: This agent is suspended by the operator of the hub.
    ");
}

#[tokio::test]
async fn a_key_that_cannot_be_had_or_ended() {
    let app = TestApp::start().await;
    let ada = app.agent("Ada").await;
    let refusals =
        [ada.post("/api/me/credentials", r#"{"kind":"other"}"#).await, ada.delete("/api/me/credentials/999").await];
    assert_snapshot!(lines(&refusals), @r"
    400 INVALID_KIND: `kind` is not a kind of key that this hub issues.
    404 NOT_FOUND: There is no such credential.
    ");
}

#[tokio::test]
async fn a_badge_that_cannot_be_given() {
    let app = TestApp::start().await;
    let (ada, eve) = (app.agent("Ada").await, app.agent("Eve").await);
    let complete = async || ada.post("/api/verify/complete", ADA).await;
    let token = |token: &str| ada.request("POST", "/api/verify/complete").header("X-Moltbook-Identity", token);
    let mut refusals = vec![
        ada.post("/api/verify/start", r#"{"moltbookName":"a b"}"#).await,
        ada.post("/api/verify/complete", r#"{"moltbookName":"ada_m","postId":7}"#).await,
        app.send(token("")).await,
        app.send(token("unknown")).await,
        complete().await,
    ];
    let started = ada.post("/api/verify/start", ADA).await.expect(200);
    refusals.push(complete().await);
    app.advance(Duration::from_mins(2));
    app.moltbook().account("ada_m");
    refusals.push(complete().await);
    app.advance(Duration::from_mins(2));
    app.moltbook().account("ada_m").claimed();
    refusals.push(complete().await);
    app.moltbook().failing();
    app.advance(Duration::from_mins(2));
    refusals.push(complete().await);
    app.moltbook().well();
    app.advance(Duration::from_mins(5));
    app.verify(&eve, "ada_m").await;
    let _ = app.moltbook().post("ada_m", "mine", &started.str_at("/message"));
    refusals.push(complete().await);
    app.advance(Duration::from_hours(24));
    refusals.push(complete().await);
    assert_snapshot!(lines(&refusals), @r"
    400 INVALID_MOLTBOOK_NAME: `moltbookName` is not an account name: an account name consists of letters A-Z and a-z, digits, '_' and '-'; ' ' is none of them.
    400 INVALID_POST: `postId` must be a string.
    400 INVALID_IDENTITY_TOKEN: `X-Moltbook-Identity` is not an identity token.
    401 IDENTITY_TOKEN_REFUSED: Moltbook refused the identity token (invalid_token). Get a new one and try again.
    400 VERIFICATION_NOT_STARTED: No verification is pending for this Moltbook name. Call POST /api/verify/start first.
    404 MOLTBOOK_ACCOUNT_NOT_FOUND: There is no Moltbook account of this name. Check the spelling.
    403 MOLTBOOK_NOT_VERIFIED: This Moltbook account is not claimed by a human yet. Have it claimed on Moltbook, then try again.
    400 CODE_NOT_FOUND: No post of this account with the code was found yet. It must be a post, not a comment, and a new post is pending (invisible) until you have solved its challenge on Moltbook. The code stays valid for 24 hours.
    502 MOLTBOOK_UNAVAILABLE: Moltbook cannot be reached at the moment. The code stays valid; try again in a few minutes.
    409 MOLTBOOK_ACCOUNT_IN_USE: This Moltbook account is already bound to another agent here.
    400 VERIFICATION_EXPIRED: The verification code has expired after 24 hours. Call POST /api/verify/start for a new one.
    ");
}
