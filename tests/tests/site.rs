//! The pages and the documents at the wire.

use tertulia_testkit::{Reply, Request, TestApp};

/// What browsers send.
const BROWSER: &str = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";

async fn page(app: &TestApp, target: &str) -> Reply {
    app.send(Request::new("GET", target).header("Accept", BROWSER)).await
}

#[tokio::test]
async fn the_root_is_a_page_for_a_browser_and_a_signpost_for_everybody_else() {
    let mut app = TestApp::start().await;
    let html = page(&app, "/").await.expect(200);
    assert_eq!(html.header("content-type"), Some("text/html; charset=utf-8"));
    assert_eq!(html.header("vary"), Some("Accept"));
    assert!(html.text().starts_with("<!doctype html>"));

    for accept in ["*/*", "application/json", "text/html;q=0, */*"] {
        let signpost = app.send(Request::new("GET", "/").header("Accept", accept)).await.expect(200);
        assert_eq!(signpost.header("vary"), Some("Accept"));
        let json = signpost.json();
        assert_eq!((&json["name"], &json["status"]), (&"tertulia".into(), &"alive".into()), "{accept}");
        let links = json["links"].as_object().expect("links");
        assert_eq!(links["skill"], format!("{}/skill.md", app.url()));
        for link in links.values().filter_map(|link| link.as_str()) {
            let path = link.strip_prefix(&app.url()).expect("a link to this hub");
            if path != "/api/stream" {
                let reply = app.get(path).await;
                assert_eq!(reply.status, 200, "{path}");
            }
        }
    }
    let _ = app.get("/").await.expect(200).json();
    app.stop().await;
}

#[tokio::test]
async fn every_page_is_fenced_in() {
    let mut app = TestApp::start().await;
    let ada = app.agent("ada").await;
    let (open, closed) = (ada.public_room("open").await, ada.private_room("closed", &[]).await);
    let (open, closed) = (&*format!("/rooms/{open}"), &*format!("/rooms/{closed}"));
    for (target, status) in [
        ("/", 200),
        ("/global", 200),
        ("/rooms", 200),
        (open, 200),
        (closed, 200),
        ("/rooms/nonsense", 404),
        ("/agents/ada", 200),
        ("/agents/eve", 404),
        ("/docs", 200),
        ("/nowhere", 404),
    ] {
        let reply = page(&app, target).await.expect(status);
        let policy = reply.header("content-security-policy").expect("a policy");
        for rule in [
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            "img-src 'self' data:",
            "connect-src 'self'",
            "base-uri 'none'",
            "form-action 'self'",
            "frame-ancestors 'none'",
        ] {
            assert!(policy.split("; ").any(|given| given == rule), "{target}: {rule} in {policy}");
        }
        assert!(!policy.contains("unsafe"), "{target}: {policy}");
        assert_eq!(reply.header("x-content-type-options"), Some("nosniff"), "{target}");
        assert_eq!(reply.header("referrer-policy"), Some("no-referrer"), "{target}");
        let html = reply.text();
        assert!(!html.contains(" style=") && !html.contains("<style"), "{target}: nothing inline");
        assert!(!html.contains("<script>") && !html.contains(" onclick="), "{target}: nothing inline");
        for link in [" href=\"", " src=\"", " action=\""].into_iter().flat_map(|before| attributes(html, before)) {
            assert!(!link.contains("//") || link.starts_with(&app.url()), "{target} leads to {link}");
        }
    }
    app.stop().await;
}

#[tokio::test]
async fn what_agents_say_is_escaped() {
    let mut app = TestApp::start_unlimited().await;
    let body = serde_json::json!({ "name": "eve", "avatar": "<é\"onload='x'>" }).to_string();
    let key = app.post("/api/register", &body).await.expect(201).str_at("/agent/apiKey");
    let content = serde_json::json!({ "content": "</p><script>alert('x')</script>\"&amp; \u{202e}end" }).to_string();
    let said = Request::new("POST", "/api/messages").header("X-API-Key", &key).json(&content);
    let _ = app.send(said).await.expect(201);
    for target in ["/", "/agents/eve"] {
        let reply = page(&app, target).await.expect(200);
        let html = reply.text();
        assert!(!html.contains("<script>alert") && !html.contains("</p><script"), "{target}");
        assert!(!html.contains("<é") && !html.contains('\u{202e}'), "{target}");
        assert!(html.contains("&#60;script&#62;alert(&#39;x&#39;)&#60;/script&#62;&#34;&#38;amp; end"), "{target}");
    }
    app.stop().await;
}

#[tokio::test]
async fn an_agents_page_is_found_whatever_the_case_and_not_when_it_is_suspended() {
    let mut app = TestApp::start().await;
    let ada = app.agent("Ada-L").await;
    let id = ada.says("something to read").await;
    for target in ["/agents/Ada-L", "/agents/ada-l", "/agents/ada_l", "/agents/Ada-L/"] {
        let reply = page(&app, target).await.expect(200);
        assert!(reply.text().contains(&id) && reply.text().contains("something to read"), "{target}");
    }
    for target in ["/agents/nobody", "/agents/%FF", "/agents/a", "/agents/%3Cscript%3E", "/agents/tertulia"] {
        let reply = page(&app, target).await.expect(404);
        assert!(reply.text().contains("No agent of this name is here."), "{target}");
    }
    app.chat().suspend("Ada-L").await.expect("she is there");
    let _ = page(&app, "/agents/Ada-L").await.expect(404);
    app.stop().await;
}

#[tokio::test]
async fn the_page_shows_the_last_hundred_messages() {
    let mut app = TestApp::start_unlimited().await;
    let ada = app.agent("ada").await;
    let mut ids = Vec::new();
    for number in 0..103 {
        ids.push(ada.says(&format!("number {number}")).await);
    }
    let reply = page(&app, "/").await.expect(200);
    let shown: Vec<&str> =
        reply.text().split("data-id=\"").skip(1).map(|rest| &rest[..rest.find('"').unwrap()]).collect();
    // The last one is the empty template that scripts fill.
    assert_eq!(shown.last(), Some(&""));
    assert_eq!(shown[..shown.len() - 1], ids[3..]);
    app.stop().await;
}

#[tokio::test]
async fn elsewhere_errors_are_a_page_or_a_sentence() {
    let mut app = TestApp::start().await;
    let html = page(&app, "/nowhere").await.expect(404);
    assert_eq!(html.header("content-type"), Some("text/html; charset=utf-8"));
    assert!(html.text().contains("There is nothing at this path."));
    let text = app.get("/nowhere").await.expect(404);
    assert_eq!(text.header("content-type"), Some("text/plain; charset=utf-8"));
    assert_eq!(text.text(), "There is nothing at this path.\n");
    let reply = app.send(Request::new("DELETE", "/docs")).await.expect(405);
    assert_eq!(reply.header("allow"), Some("GET,HEAD"));
    app.stop().await;
}

#[tokio::test]
async fn scripts_and_styles_are_kept_for_ever_under_the_name_of_their_build() {
    let mut app = TestApp::start().await;
    let html = page(&app, "/").await.expect(200);
    let begin = html.text().find("/assets/").expect("assets");
    let folder = &html.text()[begin..begin + "/assets/0123456789abcdef".len()];
    for (name, media_type) in [
        ("site.css", "text/css; charset=utf-8"),
        ("lobby.js", "text/javascript; charset=utf-8"),
        ("favicon.svg", "image/svg+xml"),
    ] {
        let target = format!("{folder}/{name}");
        let reply = app.get(&target).await.expect(200);
        assert_eq!(reply.header("content-type"), Some(media_type));
        assert_eq!(reply.header("cache-control"), Some("public, max-age=31536000, immutable"));
        assert_eq!(reply.header("x-content-type-options"), Some("nosniff"));
        let tag = reply.header("etag").expect("a tag").to_owned();
        let again = app.send(Request::new("GET", &target).header("If-None-Match", &tag)).await.expect(304);
        assert_eq!((again.text(), again.header("etag")), ("", Some(tag.as_str())));
        let old = app.get(&format!("/assets/0000000000000000/{name}")).await.expect(200);
        assert_eq!(old.header("cache-control"), Some("no-cache"));
    }
    for target in ["/assets/x/none.js", "/assets/x/..%2f..%2fCargo.toml", "/assets/x", "/assets"] {
        let _ = app.get(target).await.expect(404);
    }
    let _ = app.get("/favicon.ico").await.expect(200);
    app.stop().await;
}

#[tokio::test]
async fn the_documents_say_where_they_are_and_what_holds_here() {
    let mut app = TestApp::with(|config| {
        config.public_url = Some("https://chat.example".to_owned().try_into().unwrap());
        config.limits.lobby_verified = "7 per 2m".parse().unwrap();
    })
    .start()
    .await;
    let english = app.get("/skill.md").await.expect(200);
    assert_eq!(english.header("content-type"), Some("text/markdown; charset=utf-8"));
    assert_eq!(english.header("vary"), Some("Accept-Language"));
    let text = english.text();
    assert!(text.starts_with("---\nname: tertulia\nversion: "));
    let metadata = text.lines().find_map(|line| line.strip_prefix("metadata: ")).expect("metadata on one line");
    let metadata: serde_json::Value = serde_json::from_str(metadata).expect("JSON");
    assert_eq!(metadata["api_base"], "https://chat.example/api/v1");
    assert_eq!(metadata["ws_base"], "wss://chat.example/ws");
    assert!(text.contains("| messages of an agent with a badge | 7 per 2m |"), "{text}");
    assert!(text.contains("curl -N https://chat.example/api/stream"));
    assert!(!text.contains("{{") && !text.contains("127.0.0.1"));

    let chinese = app.get("/skill.md?lang=zh").await.expect(200);
    assert!(chinese.text().contains("## 注册") && chinese.text().contains("7 per 2m"));
    for (languages, is_chinese) in [("zh-CN,zh;q=0.9,en;q=0.8", true), ("en,zh;q=0.5", false), ("fr", false)] {
        let reply = app.send(Request::new("GET", "/skill.md").header("Accept-Language", languages)).await;
        assert_eq!(reply.text() == chinese.text(), is_chinese, "{languages}");
    }
    let llms = app.get("/llms.txt").await.expect(200);
    assert!(llms.text().starts_with("# tertulia\n") && llms.text().contains("(https://chat.example/skill.md)"));
    assert!(app.get("/robots.txt").await.expect(200).text().starts_with("User-agent: *"));
    app.stop().await;
}

/// Every document for agents, in every language.
const DOCUMENTS: [&str; 7] = [
    "/skill.md?lang=en",
    "/skill.md?lang=zh",
    "/heartbeat.md?lang=en",
    "/heartbeat.md?lang=zh",
    "/skills.md?lang=en",
    "/skills.md?lang=zh",
    "/llms.txt",
];

/// What a reader would take for a path: from a slash to the next sign that no path has.
fn paths(text: &str) -> impl Iterator<Item = &str> {
    let is_no_part = |c: char| c.is_whitespace() || !c.is_ascii() || "`'\"()<>|,;?".contains(c);
    text.split(is_no_part).map(|word| word.trim_end_matches(['.', ':'])).filter(|word| word.contains('/'))
}

#[tokio::test]
async fn the_guide_to_looking_in_says_where_it_is_and_what_holds_here() {
    let mut app = TestApp::with(|config| {
        config.public_url = Some("https://chat.example".to_owned().try_into().unwrap());
        config.limits.requests_per_address = "77 per 2m".parse().unwrap();
    })
    .start()
    .await;
    let english = app.get("/heartbeat.md").await.expect(200);
    assert_eq!(english.header("content-type"), Some("text/markdown; charset=utf-8"));
    assert_eq!(english.header("vary"), Some("Accept-Language"));
    let text = english.text();
    assert!(text.starts_with("---\nname: tertulia-heartbeat\nversion: "), "{text}");
    assert!(text.contains(r#"metadata: {"api_base":"https://chat.example/api/v1","ws_base":"wss://chat.example/ws"}"#));
    assert!(text.contains("| requests from one address | 77 per 2m |"), "{text}");
    assert!(text.contains("curl 'https://chat.example/api/rooms/list'"), "{text}");
    let chinese = app.get("/heartbeat.md?lang=zh").await.expect(200);
    assert!(chinese.text().contains("## 何时") && chinese.text().contains("77 per 2m"));
    let accepted = app.send(Request::new("GET", "/heartbeat.md").header("Accept-Language", "zh-CN")).await.expect(200);
    assert_eq!(accepted.text(), chinese.text());
    app.stop().await;
}

#[tokio::test]
async fn the_rooms_are_described_with_the_numbers_that_hold() {
    let mut app = TestApp::start().await;
    let socket = app.url().replacen("http", "ws", 1);
    for document in ["/skill.md?lang=en", "/skill.md?lang=zh"] {
        let text = app.get(document).await.expect(200).text().to_owned();
        for number in ["604800", "600", "60", "4000", "500", "64"] {
            assert!(text.split(|c: char| !c.is_ascii_digit()).any(|word| word == number), "{number} in {document}");
        }
        assert!(text.contains(&format!("`{socket}/api/ws`")), "{text}");
    }
    app.stop().await;
}

#[tokio::test]
async fn nothing_is_left_to_fill_in_and_no_other_host_is_named() {
    let mut app = TestApp::start().await;
    let own = [app.url(), app.url().replacen("http", "ws", 1)];
    for document in DOCUMENTS {
        let reply = app.get(document).await.expect(200);
        let text = reply.text();
        for mark in ["{{", "}}", "{%", "%}"] {
            assert!(!text.contains(mark), "{mark} in {document}: {text}");
        }
        for (at, _) in text.match_indices("://") {
            let scheme = text[..at].rfind(|c: char| !c.is_ascii_alphabetic()).map_or(0, |before| before + 1);
            let address = &text[scheme..];
            // The only other one is the scheme that an avatar's address has.
            let is_own = own.iter().any(|own| address.starts_with(own.as_str())) || address.starts_with("https://`");
            assert!(is_own, "{document}: {}", address.lines().next().unwrap_or_default());
        }
    }
    app.stop().await;
}

#[tokio::test]
async fn every_path_that_the_documents_name_exists() {
    let mut app = TestApp::start().await;
    let description = app.get("/openapi.json").await.expect(200).json();
    let described = description["paths"].as_object().expect("paths");
    let socket = app.url().replacen("http", "ws", 1);
    for document in DOCUMENTS.into_iter().chain(["/docs"]) {
        let reply = page(&app, document).await.expect(200);
        let mut named = 0;
        // The front matter names what programs of other dialects look for.
        for line in reply.text().lines().filter(|line| !line.starts_with("metadata: ")) {
            for word in paths(line) {
                let path = word.strip_prefix(&app.url()).or_else(|| word.strip_prefix(&socket)).unwrap_or(word);
                if path.starts_with("/api/") && path != "/api/v1" {
                    named += 1;
                    let path = path.replace("/ID", "/{id}");
                    assert!(described.contains_key(&path), "{document} names {path}, which is not described");
                } else if path.starts_with('/') && path.contains('.') {
                    let _ = app.get(path).await.expect(200);
                }
            }
        }
        assert!(named >= 5, "{document} names {named} calls");
    }
    app.stop().await;
}

#[tokio::test]
async fn the_page_about_the_api_has_every_call_and_every_shape_of_the_description() {
    let mut app = TestApp::start().await;
    let description = app.get("/openapi.json").await.expect(200).json();
    let html = page(&app, "/docs").await.expect(200).text().to_owned();
    let ids = attributes(&html, " id=\"");
    assert_eq!(ids.len(), ids.iter().collect::<std::collections::HashSet<_>>().len(), "an id stands once");
    for target in attributes(&html, " href=\"#") {
        assert!(ids.contains(&target), "#{target} leads nowhere");
    }
    let paths = description["paths"].as_object().expect("paths");
    let calls = paths.iter().flat_map(|(path, item)| {
        let methods = item.as_object().expect("methods");
        methods.keys().map(move |method| format!("{}</span> <code>{path}</code>", method.to_uppercase()))
    });
    let mut count = 0;
    for call in calls {
        count += 1;
        assert!(html.contains(&call), "{call} is missing");
    }
    assert!(count > 150, "{count}");
    for shape in description["components"]["schemas"].as_object().expect("shapes").keys() {
        assert!(html.contains(&format!("<summary><code>{shape}</code>")), "{shape} is missing");
    }
    app.stop().await;
}

/// What follows `before` up to the quotation mark, wherever it stands.
fn attributes<'a>(html: &'a str, before: &str) -> Vec<&'a str> {
    let after = html.match_indices(before).map(|(at, _)| &html[at + before.len()..]);
    after.filter_map(|rest| rest.split_once('"')).map(|(value, _)| value).collect()
}

#[tokio::test]
async fn every_call_that_the_documents_name_has_its_method() {
    const METHODS: [&str; 3] = ["GET ", "POST ", "DELETE "];
    let mut app = TestApp::start().await;
    let description = app.get("/openapi.json").await.expect(200).json();
    let mut named = 0;
    for document in DOCUMENTS {
        let reply = app.get(document).await.expect(200);
        for method in METHODS {
            for (at, _) in reply.text().match_indices(method) {
                let rest = &reply.text()[at + method.len()..];
                let Some(path) = paths(rest.lines().next().unwrap_or_default()).next() else { continue };
                let path = path.strip_prefix(&app.url()).unwrap_or(path).replace("/ID", "/{id}");
                if rest.starts_with(['/', 'h']) && path.starts_with("/api/") {
                    named += 1;
                    let item = &description["paths"][&path];
                    assert!(item[method.trim().to_lowercase()].is_object(), "{document}: {method}{path}");
                }
            }
        }
    }
    assert!(named >= 30, "{named} calls");
    app.stop().await;
}
