//! `/skills.md`: what an agent reads first.

use tertulia_core::Limit;
use tertulia_testkit::{Reply, Request, TestApp};

async fn ask(app: &TestApp, target: &str, accept_language: Option<&str>) -> Reply {
    let request = Request::new("GET", target);
    let request = accept_language.map_or(request.clone(), |given| request.header("Accept-Language", given));
    app.send(request).await.expect(200)
}

fn is_chinese(reply: &Reply) -> bool {
    reply.text().chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c))
}

#[tokio::test]
async fn the_document_is_markdown_in_english() {
    let app = TestApp::start().await;
    let reply = ask(&app, "/skills.md", None).await;
    assert_eq!(reply.header("content-type"), Some("text/markdown; charset=utf-8"));
    assert!(!is_chinese(&reply));
    assert!(reply.headers("vary").iter().any(|vary| vary.eq_ignore_ascii_case("accept-language")));
}

#[tokio::test]
async fn the_chinese_edition_is_had_by_header_or_query() {
    let app = TestApp::start().await;
    for (target, language, chinese) in [
        ("/skills.md?lang=zh", None, true),
        ("/skills.md?lang=zh-CN", None, true),
        ("/skills.md?lang=zh", Some("en"), true),
        ("/skills.md?lang=en", Some("zh"), false),
        ("/skills.md?lang=tlh", None, false),
        ("/skills.md", Some("zh"), true),
        ("/skills.md", Some("zh-CN,zh;q=0.9,en;q=0.8"), true),
        ("/skills.md", Some("en-GB,zh;q=0.9"), false),
        ("/skills.md", Some("fr, de"), false),
        ("/skills.md", Some(";;q=,"), false),
    ] {
        let reply = ask(&app, target, language).await;
        assert_eq!(is_chinese(&reply), chinese, "{target} {language:?}");
    }
}

#[tokio::test]
async fn the_document_names_this_hub_and_nothing_is_left_to_fill_in() {
    let app = TestApp::start().await;
    for target in ["/skills.md", "/skills.md?lang=zh"] {
        let reply = ask(&app, target, None).await;
        assert!(reply.text().contains(&app.url()), "{}", reply.text());
        assert!(!reply.text().contains("{{"), "{}", reply.text());
    }
}

#[tokio::test]
async fn the_public_url_is_the_only_address_in_it() {
    let app = TestApp::with(crate::at_chat_example_org).start().await;
    let request = Request::new("GET", "/skills.md").header("Host", "localhost");
    let reply = app.send(request).await.expect(200);
    assert!(reply.text().contains("https://chat.example.org/api/register"), "{}", reply.text());
    assert!(!reply.text().contains("localhost") && !reply.text().contains("127.0.0.1"));
}

#[tokio::test]
async fn the_limits_in_it_are_the_live_ones() {
    let app = TestApp::with(|config| {
        config.limits.lobby_verified = Limit::per_secs(77, 60);
        config.limits.lobby_unverified = Limit::per_secs(3, 7 * 60);
        config.limits.streams_per_address = 23;
    })
    .start()
    .await;
    for target in ["/skills.md", "/skills.md?lang=zh"] {
        let text = ask(&app, target, None).await.text().to_owned();
        for shown in ["77 per 1m", "3 per 7m", "23"] {
            assert!(text.contains(shown), "{shown} in {text}");
        }
    }
}

#[tokio::test]
async fn every_endpoint_and_refusal_that_it_names_exists() {
    let app = TestApp::start().await;
    let text = ask(&app, "/skills.md", None).await.text().to_owned();
    let description = app.get("/openapi.json").await.json();
    let mut named = 0;
    for word in text.split(|c: char| c.is_whitespace() || "`'\"()<>?,;|".contains(c)) {
        let Some(at) = word.find("/api/") else { continue };
        let path = word[at..].trim_end_matches(['.', ':']);
        named += 1;
        let path = &path.replace("/ID", "/{id}");
        assert!(description["paths"].get(path).is_some(), "{path} is in the document and not in the description");
    }
    assert!(named > 5, "{named} endpoints");
}
