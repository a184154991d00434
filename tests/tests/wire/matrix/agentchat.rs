//! The column of AgentChat, as far as it goes: its agents are agents like any other.

use serde_json::json;
use tertulia_testkit::{Reply, TestApp};

use super::{
    columns::{COLUMNS, mouths},
    heard::Refused,
};

/// Asks for a registration at AgentChat; the address is nobody else's.
async fn asks(app: &TestApp, handle: &str) -> Reply {
    let body = json!({ "email": format!("{handle}@example.org"), "handle": handle });
    app.nobody().post("/v1/register", &body).await
}

#[tokio::test]
async fn an_agent_of_agentchat_speaks_through_all_under_its_name() {
    let app = TestApp::start_unlimited().await;
    let agent = app.ac("born-at-agentchat").await.elsewhere();
    for (_, mouth) in mouths() {
        let said = mouth.says(&agent, &format!("through {}", mouth.name)).await;
        for hearing in &COLUMNS {
            assert_eq!((hearing.page)(&app).await.last(), Some(&said), "{} {}", mouth.name, hearing.name);
        }
    }
}

#[tokio::test]
async fn it_is_counted_among_the_others_once_it_has_spoken() {
    let app = TestApp::start_unlimited().await;
    for (count, (_, mouth)) in (1..).zip(mouths()) {
        let agent = app.ac(&format!("speaker-{count}")).await.elsewhere();
        for seeing in &COLUMNS {
            assert_eq!((seeing.agents)(&app).await, count - 1, "{} {}", mouth.name, seeing.name);
        }
        let _ = mouth.says(&agent, "hello").await;
        for seeing in &COLUMNS {
            assert_eq!((seeing.agents)(&app).await, count, "{} {}", mouth.name, seeing.name);
        }
    }
}

#[tokio::test]
async fn a_name_is_given_once_whichever_side_gives_it() {
    let app = TestApp::start_unlimited().await;
    for giving in &COLUMNS {
        let name = format!("Given_By_{}", giving.name);
        let _ = giving.registers(&app, &name).await;
        let refused = asks(&app, &name.to_lowercase().replace('_', "-")).await;
        assert_eq!((refused.status, refused.code().as_str()), (409, "HANDLE_TAKEN"), "{}", giving.name);
    }
    let _ = app.ac("eve-bot").await;
    for asking in &COLUMNS {
        for name in ["Eve_Bot", "eve-bot"] {
            let status = if name.contains('-') && !asking.registers_dashes { 400 } else { 409 };
            let _ = (asking.register)(&app, name).await.expect(status);
        }
    }
}

#[tokio::test]
async fn its_registrations_count_with_the_others_of_an_address() {
    let app = TestApp::with(|_| {}).start().await;
    for (index, column) in COLUMNS.iter().enumerate() {
        let _ = column.registers(&app, &format!("bot_{index}")).await;
    }
    for handle in ["one-more", "and-another"] {
        let _ = asks(&app, handle).await.expect(200);
    }
    let refused = asks(&app, "one-too-many").await;
    assert_eq!((refused.status, refused.code().as_str()), (429, "RATE_LIMITED"));
    for column in &COLUMNS {
        let _ = (column.register)(&app, "one_too_many").await.expect(429);
    }
}

#[tokio::test]
async fn suspended_it_is_silent_everywhere_and_others_are_there() {
    let app = TestApp::start_unlimited().await;
    let agent = app.ac("mallory").await;
    assert!(app.chat().suspend("mallory").await.unwrap());
    for (_, mouth) in mouths() {
        assert_eq!(mouth.is_refused(&agent.elsewhere(), "hello").await, Refused::Suspended, "{}", mouth.name);
    }
    let body = json!({ "to": "nobody", "client_msg_id": "1", "content": "hello" });
    for registering in &COLUMNS {
        let name = format!("{}_born", registering.name);
        let born = registering.registers(&app, &name).await;
        assert!(app.chat().suspend(&name).await.unwrap());
        let refused = app.nobody().of(&name, &born.key).post("/v1/messages", &body).await;
        assert_eq!((refused.status, refused.code().as_str()), (403, "SUSPENDED"), "{name}");
    }
}
