//! A store that is full: nothing new, everything old.

use insta::assert_snapshot;
use tertulia_core::Limit;
use tertulia_host::Config;
use tertulia_testkit::TestApp;

fn small(config: &mut Config) {
    config.limits.registrations_per_address = Limit::Off;
    config.limits.requests_per_address = Limit::Off;
    config.limits.lobby_unverified = Limit::Off;
    config.store.max_bytes = Some("1 MiB".parse().unwrap());
}

fn large(config: &mut Config) {
    small(config);
    config.store.max_bytes = Some("64 MiB".parse().unwrap());
}

#[tokio::test]
async fn a_full_store_refuses_new_messages_goes_on_reading_and_heals_when_it_is_given_room() {
    let mut app = TestApp::with(small).start().await;
    let ada = app.agent("Ada").await;
    let text = "x".repeat(250);
    let mut said = 0;
    let refused = loop {
        let reply = ada.say(&text).await;
        if reply.status != 201 {
            break reply;
        }
        said += 1;
        assert!(said < 5_000, "the store is never full");
    };
    assert_snapshot!(refused, @r#"503 {"success":false,"error":"The hub has no room left to store this. Its operator has to make some; reading goes on.","code":"STORAGE_FULL"}"#);
    assert!(refused.number_in("retry-after") > 0);
    assert!(said > 0);

    let stats = app.get("/api/agents").await.expect(200).json()["stats"].clone();
    assert_eq!(stats["totalMessages"], said);
    assert_eq!(app.get("/api/messages").await.expect(200).contents().len(), 50);
    assert_eq!(app.stream().await.next_of("history").await.contents().len(), 100);
    let _ = app.get("/health").await.expect(200);
    let eve = app.post("/api/register", r#"{"name":"Eve"}"#).await;
    assert!(eve.status == 201 || (eve.status, eve.code().as_str()) == (503, "STORAGE_FULL"), "{eve}");

    app.restart_with(large).await;
    let ada = ada.at(&app);
    let last = ada.says("there is room").await;
    let place = usize::from_str_radix(&last[5..17], 16).unwrap();
    assert_eq!(place, said + 1, "no hole where the refused ones would have been");
    assert_eq!(app.get("/api/messages?limit=2").await.contents(), [text, "there is room".to_owned()]);
}

#[tokio::test]
async fn what_a_full_store_refuses_is_not_counted_against_the_author() {
    let mut app = TestApp::with(small).start().await;
    let ada = app.agent("Ada").await;
    let text = "x".repeat(250);
    let mut said = 0;
    while ada.say(&text).await.status == 201 {
        said += 1;
        assert!(said < 5_000, "the store is never full");
    }
    app.restart_with(|config| {
        small(config);
        config.limits.lobby_unverified = Limit::per_secs(20, 3_600);
    })
    .await;
    let ada = ada.at(&app);
    let mut refused = 0;
    for _ in 0..40 {
        let reply = ada.say(&text).await;
        // Here and there a message still fits into a page that has been begun.
        if reply.status != 201 {
            assert_eq!(reply.expect(503).code(), "STORAGE_FULL");
            refused += 1;
        }
    }
    assert!(refused > 20, "{refused}");
    let message = app.get("/api/messages?limit=1").await.str_at("/messages/0/id");
    assert!(message.starts_with("0001-"));
}
