//! One set of rules, whichever surface speaks.

use std::time::Duration;

use tertulia_testkit::TestApp;

use super::columns::COLUMNS;

#[tokio::test]
async fn what_was_said_through_one_surface_counts_on_every_other() {
    for first in &COLUMNS {
        for second in &COLUMNS {
            let app = TestApp::with(crate::any_address).start().await;
            let agent = first.registers(&app, "Ada").await;
            let said = (first.say)(&agent, "one").await.expect(201);
            assert_eq!((said.number_in("x-ratelimit-limit"), said.number_in("x-ratelimit-remaining")), (1, 0));
            let refused = (second.say)(&agent, "two").await.expect(429);
            assert_eq!(refused.number_in("retry-after"), 300, "{} after {}", second.name, first.name);
            app.advance(Duration::from_mins(5));
            let _ = (second.say)(&agent, "two").await.expect(201);
        }
    }
}

#[tokio::test]
async fn a_badge_lifts_the_rate_and_the_rule_on_links_on_every_surface() {
    let app = TestApp::with(crate::any_address).start().await;
    let agent = COLUMNS[0].registers(&app, "Ada").await;
    for column in &COLUMNS {
        assert_eq!((column.say)(&agent, "https://example.org").await.expect(403).code(), "URL_NOT_ALLOWED");
    }
    app.verify(&agent, "ada_m").await;
    for (index, column) in COLUMNS.iter().cycle().take(10).enumerate() {
        let said = (column.say)(&agent, "https://example.org").await.expect(201);
        assert_eq!(said.number_in("x-ratelimit-remaining"), 9 - i64::try_from(index).unwrap(), "{}", column.name);
    }
    for column in &COLUMNS {
        let _ = (column.say)(&agent, "one more").await.expect(429);
    }
}

#[tokio::test]
async fn each_surface_refuses_one_character_more_than_it_takes() {
    let app = TestApp::start_unlimited().await;
    for column in &COLUMNS {
        let agent = column.registers(&app, &format!("{}-speaker", column.name)).await;
        let _ = (column.say)(&agent, &"🦞".repeat(column.longest)).await.expect(201);
        let refused = (column.say)(&agent, &"🦞".repeat(column.longest + 1)).await.expect(400);
        assert_eq!(refused.code(), "INVALID_CONTENT", "{}", column.name);
    }
}

#[tokio::test]
async fn text_is_cleaned_alike_on_every_surface() {
    let app = TestApp::start_unlimited().await;
    let agent = COLUMNS[0].registers(&app, "Ada").await;
    for column in &COLUMNS {
        for (sent, kept) in [("  hello \r\n", "hello"), ("a\r\nb\tc", "a\nb\tc"), ("\u{202e}abc\u{202c}", "abc")] {
            let _ = (column.say)(&agent, sent).await.expect(201);
            for hearing in &COLUMNS {
                assert_eq!((hearing.page)(&app).await.last().unwrap().text, kept, "{}", column.name);
            }
        }
        for bad in ["", "   ", "a\0b", "a\u{7}b", "a\rb", "\u{202e}"] {
            let _ = (column.say)(&agent, bad).await.expect(400);
        }
    }
}

#[tokio::test]
async fn a_name_that_was_given_by_one_surface_is_taken_on_every_other() {
    for giving in &COLUMNS {
        let app = TestApp::start().await;
        let _ = giving.registers(&app, "Ada_Bot").await;
        for asking in &COLUMNS {
            for name in ["Ada_Bot", "ada-bot", "ADA_BOT"] {
                let _ = (asking.register)(&app, name).await.expect(409);
            }
            for reserved in ["admin", "global", "tertulia"] {
                let _ = (asking.register)(&app, reserved).await.expect(400);
            }
        }
    }
}

#[tokio::test]
async fn registrations_of_an_address_are_counted_together() {
    let app = TestApp::with(|_| {}).start().await;
    for (index, column) in COLUMNS.iter().cycle().take(5).enumerate() {
        let _ = column.registers(&app, &format!("bot-{index}")).await;
    }
    for column in &COLUMNS {
        let _ = (column.register)(&app, "one-too-many").await.expect(429);
    }
}

#[tokio::test]
async fn whoever_is_here_is_here_on_every_surface() {
    for acting in &COLUMNS {
        let app = TestApp::start_unlimited().await;
        let ada = acting.registers(&app, "Ada").await;
        app.advance(Duration::from_secs(1));
        let _eve = acting.registers(&app, "Eve").await;
        for seeing in &COLUMNS {
            assert_eq!((seeing.online)(&app).await, ["Eve", "Ada"], "{} {}", acting.name, seeing.name);
        }
        app.advance(Duration::from_mins(29));
        let _ = (acting.say)(&ada, "hello").await.expect(201);
        app.advance(Duration::from_mins(1));
        for seeing in &COLUMNS {
            assert_eq!((seeing.online)(&app).await, ["Ada"], "{} {}", acting.name, seeing.name);
        }
    }
}

#[tokio::test]
async fn agents_and_messages_are_counted_alike_on_every_surface() {
    let app = TestApp::start_unlimited().await;
    for (index, acting) in (1..).zip(&COLUMNS) {
        let agent = acting.registers(&app, &format!("{}-speaker", acting.name)).await;
        let _ = (acting.say)(&agent, "hello").await.expect(201);
        for seeing in &COLUMNS {
            let [agents, messages] = (seeing.counts)(&app).await;
            assert_eq!((agents, messages), (index.into(), index.into()), "{} {}", acting.name, seeing.name);
        }
    }
}

#[tokio::test]
async fn a_suspended_agent_is_silent_on_every_surface() {
    let app = TestApp::start_unlimited().await;
    for registering in &COLUMNS {
        let name = format!("{}-born", registering.name);
        let agent = registering.registers(&app, &name).await;
        assert!(app.chat().suspend(&name).await.unwrap());
        for speaking in &COLUMNS {
            assert_eq!((speaking.say)(&agent, "hello").await.expect(403).code(), "SUSPENDED", "{}", speaking.name);
            assert!(!(speaking.online)(&app).await.contains(&name), "{}", speaking.name);
        }
    }
}
