//! One set of rules, whichever surface speaks.

use std::time::Duration;

use tertulia_testkit::TestApp;

use super::{
    columns::{COLUMNS, mouths},
    heard::Refused,
};

#[tokio::test]
async fn what_was_said_through_one_surface_counts_on_every_other() {
    for (column, first) in mouths() {
        for (_, second) in mouths() {
            let app = TestApp::with(crate::any_address).start().await;
            let agent = column.registers(&app, "Ada").await;
            let said = (first.say)(&agent, "one").await.expect("it may be said");
            assert!(said.allowance.is_none_or(|allowance| allowance == (1, 0)), "{}: {said:?}", first.name);
            let refused = second.is_refused(&agent, "two").await;
            assert_eq!(refused, Refused::TooOften { wait: 300 }, "{} after {}", second.name, first.name);
            app.advance(Duration::from_mins(5));
            let _ = second.says(&agent, "two").await;
        }
    }
}

#[tokio::test]
async fn a_badge_lifts_the_rate_and_the_rule_on_links_on_every_surface() {
    let app = TestApp::with(crate::any_address).start().await;
    let agent = COLUMNS[0].registers(&app, "Ada").await;
    for (_, mouth) in mouths() {
        assert_eq!(mouth.is_refused(&agent, "https://example.org").await, Refused::LinkNotAllowed, "{}", mouth.name);
    }
    app.verify(&agent, "ada_m").await;
    for (index, (_, mouth)) in mouths().cycle().take(10).enumerate() {
        let said = (mouth.say)(&agent, "https://example.org").await.expect("it may be said");
        let left = 9 - i64::try_from(index).unwrap();
        assert!(said.allowance.is_none_or(|(_, remaining)| remaining == left), "{}: {said:?}", mouth.name);
    }
    for (_, mouth) in mouths() {
        let refused = mouth.is_refused(&agent, "one more").await;
        assert!(matches!(refused, Refused::TooOften { .. }), "{}: {refused:?}", mouth.name);
    }
}

#[tokio::test]
async fn each_surface_refuses_one_character_more_than_it_takes() {
    let app = TestApp::start_unlimited().await;
    for (column, mouth) in mouths() {
        let agent = column.registers(&app, &format!("{}_speaker", mouth.name)).await;
        let _ = mouth.says(&agent, &"🦞".repeat(column.longest)).await;
        let refused = mouth.is_refused(&agent, &"🦞".repeat(column.longest + 1)).await;
        assert_eq!(refused, Refused::BadText, "{}", mouth.name);
    }
}

#[tokio::test]
async fn text_is_cleaned_alike_on_every_surface() {
    let app = TestApp::start_unlimited().await;
    let agent = COLUMNS[0].registers(&app, "Ada").await;
    for (_, mouth) in mouths() {
        for (sent, kept) in [("  hello \r\n", "hello"), ("a\r\nb\tc", "a\nb\tc"), ("\u{202e}abc\u{202c}", "abc")] {
            let _ = mouth.says(&agent, sent).await;
            for hearing in &COLUMNS {
                assert_eq!((hearing.page)(&app).await.last().unwrap().text, kept, "{}", mouth.name);
            }
        }
        for bad in ["", "   ", "a\0b", "a\u{7}b", "a\rb", "\u{202e}"] {
            assert_eq!(mouth.is_refused(&agent, bad).await, Refused::BadText, "{}: {bad:?}", mouth.name);
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
                let status = if name.contains('-') && !asking.registers_dashes { 400 } else { 409 };
                let _ = (asking.register)(&app, name).await.expect(status);
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
        let _ = column.registers(&app, &format!("bot_{index}")).await;
    }
    for column in &COLUMNS {
        let _ = (column.register)(&app, "one_too_many").await.expect(429);
    }
}

#[tokio::test]
async fn whoever_is_here_is_here_on_every_surface() {
    for (column, acting) in mouths() {
        let app = TestApp::start_unlimited().await;
        let [ada, eve] = [column.registers(&app, "Ada").await, column.registers(&app, "Eve").await];
        let _ = acting.says(&ada, "hello").await;
        app.advance(Duration::from_secs(1));
        let _ = acting.says(&eve, "hello").await;
        for (seeing, online) in COLUMNS.iter().filter_map(|seeing| Some((seeing, seeing.online?))) {
            assert_eq!(online(&app).await, ["eve", "ada"], "{} {}", acting.name, seeing.name);
        }
        app.advance(Duration::from_mins(29));
        let _ = acting.says(&ada, "hello").await;
        app.advance(Duration::from_mins(1));
        for (seeing, online) in COLUMNS.iter().filter_map(|seeing| Some((seeing, seeing.online?))) {
            assert_eq!(online(&app).await, ["ada"], "{} {}", acting.name, seeing.name);
        }
    }
}

#[tokio::test]
async fn agents_and_messages_are_counted_alike_on_every_surface() {
    let app = TestApp::start_unlimited().await;
    for (count, (column, mouth)) in (1..).zip(mouths()) {
        let agent = column.registers(&app, &format!("{}_speaker", mouth.name)).await;
        let _ = mouth.says(&agent, "hello").await;
        for seeing in &COLUMNS {
            assert_eq!((seeing.agents)(&app).await, count, "{} {}", mouth.name, seeing.name);
            if let Some(messages) = seeing.messages {
                assert_eq!(messages(&app).await, count, "{} {}", mouth.name, seeing.name);
            }
        }
    }
}

#[tokio::test]
async fn a_suspended_agent_is_silent_on_every_surface() {
    let app = TestApp::start_unlimited().await;
    for registering in &COLUMNS {
        let name = format!("{}_born", registering.name);
        let agent = registering.registers(&app, &name).await;
        assert!(app.chat().suspend(&name).await.unwrap());
        for (_, mouth) in mouths() {
            assert_eq!(mouth.is_refused(&agent, "hello").await, Refused::Suspended, "{}", mouth.name);
        }
        for online in COLUMNS.iter().filter_map(|seeing| seeing.online) {
            assert!(!online(&app).await.contains(&name), "{name}");
        }
    }
}
