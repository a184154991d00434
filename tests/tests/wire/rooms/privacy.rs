//! Private stays private: what a stranger is told does not depend on what is said.

use serde_json::json;
use tertulia_testkit::{AgentCaller, Installation, Reply, Request, TestApp};

use super::support::NO_ROOM;

const SECRET: &str = "the owl flies at midnight";

const BROWSER: &str = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";

/// Everything that a stranger (who may have a key) can ask of a room.
fn questions(room: &str) -> Vec<Request> {
    let get = |target: String| Request::new("GET", &target);
    let post = |action: &str, body: &str| Request::new("POST", &format!("/api/rooms/{room}/{action}")).json(body);
    let pages = ["", "?limit=1", "?limit=0", "?before=0001-000000000002-00000000", "?after=garbage"];
    let mut questions = vec![
        get("/api/rooms/list".to_owned()),
        get("/api/rooms/list?type=private".to_owned()),
        get(format!("/api/rooms/{room}")),
        get(format!("/api/rooms/{room}/stream")),
        get(format!("/api/rooms/{room}/stream")).header("Last-Event-ID", "0001-000000000001-00000000"),
        post("messages", r#"{"content":"let me in"}"#),
        post("messages", r#"{"content":""}"#),
        post("join", ""),
        post("leave", ""),
        post("invite", r#"{"botName":"Stranger"}"#),
        post("invite", r#"{"botName":"Nobody"}"#),
        Request::new("DELETE", &format!("/api/rooms/{room}")),
    ];
    questions.extend(pages.map(|query| get(format!("/api/rooms/{room}/messages{query}"))));
    questions.extend([format!("/rooms/{room}"), "/rooms".to_owned()].map(|path| get(path).header("Accept", BROWSER)));
    questions
}

/// A hub with a private room in which `texts` were said; its id, and the ids of what was said.
async fn hub(texts: &[&str], description: &str) -> (TestApp, AgentCaller, String, Vec<String>) {
    let app = TestApp::start_unlimited().await;
    let [ada, eve] = app.bots(["Ada", "Eve"]).await;
    let fields = json!({ "name": "closed", "type": "private", "invite": ["Eve"], "description": description });
    let room = ada.create_room(&fields).await.expect(201).str_at("/room/id");
    let mut ids = Vec::new();
    for text in texts {
        ids.push(eve.says_in(&room, text).await);
    }
    (app, ada, room, ids)
}

/// An answer without what differs between any two hubs: ids and times.
fn shown(app: &TestApp, room: &str, reply: &Reply) -> String {
    let headers: Vec<_> = ["content-type", "content-length", "cache-control", "retry-after", "www-authenticate"]
        .iter()
        .map(|name| reply.header(name).unwrap_or("-").to_owned())
        .collect();
    let text = reply.text().replace(room, "<room>").replace(&app.url(), "<hub>");
    format!("{} {headers:?} {}", reply.status, without_moments(&text))
}

/// A text with all RFC 3339 times hidden, and the times of day that pages show.
fn without_moments(text: &str) -> String {
    let forms = ["dddd-dd-ddTdd:dd:dd.dddZ", "dd:dd UTC"];
    let matches = |byte: u8, form: u8| if form == b'd' { byte.is_ascii_digit() } else { byte == form };
    let fits = |bytes: &[u8], form: &&str| {
        bytes.len() >= form.len() && bytes.iter().zip(form.bytes()).all(|(byte, form)| matches(*byte, form))
    };
    let (bytes, mut shown, mut at) = (text.as_bytes(), Vec::new(), 0);
    while at < bytes.len() {
        if let Some(form) = forms.iter().find(|form| fits(&bytes[at..], form)) {
            shown.extend_from_slice(b"<time>");
            at += form.len();
        } else {
            shown.push(bytes[at]);
            at += 1;
        }
    }
    String::from_utf8(shown).unwrap()
}

#[tokio::test]
async fn what_strangers_are_answered_is_the_same_byte_for_byte_whatever_was_said() {
    let long = "x".repeat(4_000);
    let (one, _, room, _) = hub(&[SECRET, "hush", "1"], "What we plan.").await;
    let (other, _, other_room, _) = hub(&[&long, "<b>&</b>", "https://example.org"], "").await;
    let (stranger, other_stranger) = (one.bot("Stranger").await, other.bot("Stranger").await);
    for (question, other_question) in questions(&room).into_iter().zip(questions(&other_room)) {
        for is_known in [false, true] {
            let with_key = |request: &Request, bot: &AgentCaller| {
                if is_known { request.clone().header("X-API-Key", &bot.key) } else { request.clone() }
            };
            let answer = one.send(with_key(&question, &stranger)).await;
            let other_answer = other.send(with_key(&other_question, &other_stranger)).await;
            assert_eq!(
                shown(&one, &room, &answer),
                shown(&other, &other_room, &other_answer),
                "{question:?}, with a key: {is_known}"
            );
            for secret in [SECRET, "hush", "What we plan."] {
                assert!(!answer.text().contains(secret), "{question:?}: {answer}");
            }
        }
    }
}

#[tokio::test]
async fn the_id_of_a_message_opens_nothing_and_says_nothing() {
    let (app, _, room, ids) = hub(&[SECRET, "hush"], "").await;
    let stranger = app.bot("Stranger").await;
    let foreign = ["0001-000000000001-00000000", "0002-000000000001-00000000"];
    for direction in ["before", "after"] {
        let mut answers = Vec::new();
        for id in ids.iter().map(String::as_str).chain(foreign) {
            let path = format!("/api/rooms/{room}/messages?{direction}={id}");
            answers.push(app.get(&path).await.expect(200).text().to_owned());
            answers.push(stranger.get(&path).await.expect(200).text().to_owned());
            let lobby = app.get(&format!("/api/global/messages?{direction}={id}")).await.expect(200);
            assert_eq!(lobby.contents(), Vec::<String>::new());
        }
        answers.dedup();
        assert_eq!(answers, [r#"{"success":true,"messages":[],"hidden":true,"messageCount":2}"#]);
    }
}

#[tokio::test]
async fn no_public_document_shows_what_was_said() {
    let (app, _, _, ids) = hub(&[SECRET, "hush"], "What we plan.").await;
    let stranger = app.bot("Stranger").await;
    for path in [
        "/skill.md",
        "/skills.md",
        "/heartbeat.md",
        "/llms.txt",
        "/openapi.json",
        "/metrics",
        "/health",
        "/api/agents",
        "/api/messages",
        "/api/global/info",
        "/api/global/messages",
        "/api/rooms/list",
    ] {
        for request in [Request::new("GET", path), stranger.request("GET", path)] {
            let reply = app.send(request).await.expect(200);
            for secret in [SECRET, "hush", "What we plan.", &*ids[0]] {
                assert!(!reply.text().contains(secret), "{path}: {reply}");
            }
        }
    }
}

#[tokio::test]
async fn no_page_shows_what_was_said() {
    let (app, ada, room, ids) = hub(&[SECRET, "hush"], "What we plan.").await;
    for path in ["/", "/global", "/rooms", &format!("/rooms/{room}"), "/agents/Eve", "/agents/Ada", "/docs"] {
        for request in [Request::new("GET", path), ada.request("GET", path)] {
            let reply = app.send(request.header("Accept", BROWSER)).await.expect(200);
            for secret in [SECRET, "hush", "What we plan.", &*ids[0]] {
                assert!(!reply.text().contains(secret), "{path}: {reply}");
            }
        }
    }
}

#[tokio::test]
async fn metadata_names_nobody_but_the_creator() {
    let (app, _, room, _) = hub(&[SECRET], "").await;
    let stranger = app.bot("Stranger").await;
    for path in ["/api/rooms/list".to_owned(), format!("/api/rooms/{room}"), format!("/api/rooms/{room}/messages")] {
        for reply in [app.get(&path).await, stranger.get(&path).await] {
            assert!(!reply.expect(200).text().contains("Eve"), "{path}");
        }
    }
}

#[tokio::test]
async fn to_a_stranger_every_room_that_is_not_there_is_alike() {
    let app = TestApp::start_unlimited().await;
    let [ada, stranger] = app.bots(["Ada", "Stranger"]).await;
    let (expired, destroyed) = (ada.private_room("closed", &[]).await, ada.private_room("closed", &[]).await);
    let _ = ada.destroy(&destroyed).await.expect(200);
    app.advance(super::support::DEFAULT_TTL);
    for is_known in [false, true] {
        let mut answers = Vec::new();
        for room in [&*expired, &*destroyed, NO_ROOM] {
            let mut answer = Vec::new();
            for question in questions(room) {
                let question = if is_known { question.header("X-API-Key", &stranger.key) } else { question };
                answer.push(shown(&app, room, &app.send(question).await));
            }
            answers.push(answer);
        }
        assert_eq!(answers[0], answers[2]);
        assert_eq!(answers[1], answers[2]);
    }
}

#[tokio::test]
async fn the_log_shows_neither_texts_nor_keys() {
    let installation = Installation::fresh().set("log.level", "trace");
    let program = installation.start().await;
    let register = async |name: &str| {
        let request = Request::new("POST", "/api/bots/register").json(&json!({ "name": name }).to_string());
        installation.send(&request).await.expect(201).str_at("/apiKey")
    };
    let (ada, eve) = (register("Ada").await, register("Eve").await);
    let post = async |key: &str, path: String, body: String| {
        let request = Request::new("POST", &path).header("Authorization", &format!("Bearer {key}"));
        installation.send(&request.json(&body)).await
    };
    let fields = json!({ "name": "closed", "type": "private", "invite": ["Eve"], "description": "What we plan." });
    let room = post(&ada, "/api/rooms/create".to_owned(), fields.to_string()).await.expect(201).str_at("/room/id");
    for key in [&ada, &eve] {
        let said = json!({ "content": SECRET }).to_string();
        let _ = post(key, format!("/api/rooms/{room}/messages"), said).await.expect(201);
        let _ =
            post(key, format!("/api/rooms/{room}/messages"), format!("{SECRET} in a broken body")).await.expect(400);
        let _ = post(key, format!("/api/rooms/{room}/invite"), json!({ "botName": SECRET }).to_string()).await;
    }
    program.stop().await;
    let log = installation.log();
    assert!(log.contains("/api/rooms/"), "the requests are logged: {log}");
    for secret in [SECRET, "What we plan.", ada.trim_start_matches("claw_"), eve.trim_start_matches("claw_")] {
        assert!(!log.contains(secret), "{log}");
    }
}
