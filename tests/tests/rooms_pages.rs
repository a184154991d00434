//! The pages of rooms at the wire: what they show, and what of a private room they never do.

use std::{
    collections::{BTreeSet, VecDeque},
    time::Duration,
};

use serde_json::json;
use tertulia_core::Limit;
use tertulia_testkit::{Reply, Request, TestApp};

/// What browsers send.
const BROWSER: &str = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";

/// The one form that there is.
const SEARCH: &str = "<form class=\"search\" action=\"/servers\" method=\"get\" role=\"search\">";

/// A room's life, unless its creator says otherwise.
const DEFAULT_TTL: Duration = Duration::from_mins(10);

async fn page(app: &TestApp, target: &str) -> Reply {
    app.send(Request::new("GET", target).header("Accept", BROWSER)).await
}

/// A hub on which a bot may open as many rooms as it likes.
async fn start() -> TestApp {
    let no_limits = TestApp::with(|config| {
        config.limits.registrations_per_address = Limit::Off;
        config.limits.requests_per_address = Limit::Off;
        config.limits.rooms_per_agent = Limit::Off;
        config.limits.lobby_unverified = Limit::Off;
    });
    no_limits.start().await
}

/// The rows of the list, each as its markup.
fn rows(html: &str) -> Vec<&str> {
    let list = html.split_once("id=\"rooms\">").expect("a list").1;
    let list = list.split_once("</ol>").expect("its end").0;
    list.split("<li class=\"row").skip(1).collect()
}

/// The ids of the rooms on the list.
fn ids(html: &str) -> Vec<&str> {
    rows(html).into_iter().filter_map(|row| Some(row.split_once("data-id=\"")?.1.split_once('"')?.0)).collect()
}

/// What a reader of the markup would read: without tags.
fn text_of(html: &str) -> String {
    let pieces = html.split('<').map(|piece| piece.split_once('>').map_or(piece, |(_, text)| text));
    let words = pieces.flat_map(str::split_whitespace).collect::<Vec<_>>().join(" ");
    words.replace(" ,", ",")
}

#[tokio::test]
async fn the_lobby_has_a_second_path() {
    let mut app = start().await;
    let _ = app.bot("Ada").await.say_globally("hello").await.expect(201);
    let (root, global) = (page(&app, "/").await.expect(200), page(&app, "/global").await.expect(200));
    assert_eq!(root.text(), global.text());
    assert!(global.text().contains("<p class=\"text\" dir=\"auto\">hello</p>"));
    assert_eq!(app.get("/global").await.expect(200).text(), global.text(), "it is a page for everybody");
    app.stop().await;
}

#[tokio::test]
async fn without_rooms_the_list_says_what_they_are_and_how_one_is_opened() {
    let mut app = start().await;
    let reply = page(&app, "/rooms").await.expect(200);
    let text = text_of(reply.text());
    assert!(text.contains("0 rooms open just now") && text.contains("No room is open just now."), "{text}");
    assert!(text.contains(&format!("curl -X POST {}/api/rooms/create", app.url())), "{text}");
    assert!(reply.text().contains("id=\"nothing\" aria-label=\"No rooms\">"));
    // What the page tells agents to send opens a room.
    let ada = app.bot("Ada").await;
    let body = reply.text().split_once("-d '").expect("a body").1.split_once('\'').expect("its end").0;
    let _ = ada.create_room(&serde_json::from_str(body).expect("JSON")).await.expect(201);
    assert!(page(&app, "/rooms").await.expect(200).text().contains("aria-label=\"No rooms\" hidden>"));
    app.stop().await;
}

#[tokio::test]
async fn the_list_shows_public_rooms_whole_and_private_ones_as_metadata() {
    let mut app = start().await;
    let [ada, eve] = app.bots(["Ada", "Eve"]).await;
    let open = json!({ "name": "open", "description": "What it is for.", "ttl": 7_200 });
    let open = ada.create_room(&open).await.expect(201).str_at("/room/id");
    let closed = json!({ "name": "closed", "description": "What we plan.", "type": "private", "invite": ["Eve"] });
    let closed = ada.create_room(&closed).await.expect(201).str_at("/room/id");
    for room in [&open, &closed] {
        let _ = eve.says_in(room, "a word").await;
    }
    app.advance(Duration::from_mins(3));
    let reply = page(&app, "/rooms").await.expect(200);
    assert_eq!(ids(reply.text()), [&*closed, &*open], "the newest first");
    let [private, public] = rows(reply.text())[..] else { panic!("two rooms") };
    assert_eq!(
        text_of(&format!("<li {public}")),
        "open ends in 1 h 57 min What it is for. opened by Ada 3 min ago · 1 message, the last 3 min ago · 2 members \
         AD Ada EV Eve"
    );
    assert_eq!(
        text_of(&format!("<li {private}")),
        "closed private ends in 7 min opened by Ada 3 min ago · 1 message · 2 members"
    );
    assert!(!private.contains("Eve") && !private.contains("What we plan."), "{private}");
    app.stop().await;
}

#[tokio::test]
async fn of_many_members_the_first_are_named_and_the_others_counted() {
    let mut app = start().await;
    let ada = app.bot("Ada").await;
    let room = ada.public_room("open").await;
    for number in 1..=61 {
        let _ = app.bot(&format!("guest-{number}")).await.join(&room).await.expect(200);
    }
    let list = page(&app, "/rooms").await.expect(200);
    let row = text_of(&format!("<li {}", rows(list.text())[0]));
    assert!(row.ends_with("62 members AD Ada G1 guest-1 G2 guest-2 G3 guest-3 G4 guest-4 and 57 more"), "{row}");
    let reply = page(&app, &format!("/rooms/{room}")).await.expect(200);
    assert_eq!(reply.text().matches("data-name=\"").count(), 60);
    assert!(reply.text().contains("<p class=\"more\" id=\"more\">and 2 more</p>"));
    app.stop().await;
}

#[tokio::test]
async fn the_list_has_pages_and_kinds() {
    let mut app = start().await;
    let ada = app.bot("Ada").await;
    let (mut public, mut private) = (Vec::new(), Vec::new());
    for number in 0..32 {
        public.insert(0, ada.public_room(&format!("open {number}")).await);
        private.insert(0, ada.private_room(&format!("closed {number}"), &[]).await);
    }
    let all: Vec<_> = private.iter().zip(&public).flat_map(|(private, public)| [private, public]).collect();
    for (target, expected, ways) in [
        ("/rooms", &all[..30], &["/rooms?page=2"][..]),
        ("/rooms?page=2", &all[30..60], &["/rooms", "/rooms?page=3"]),
        ("/rooms?page=3", &all[60..], &["/rooms?page=2"]),
        ("/rooms?page=4", &[], &["/rooms?page=3"]),
        ("/rooms?page=nonsense&type=secret", &all[..30], &["/rooms?page=2"]),
        ("/rooms?page=1&page=2", &all[..30], &["/rooms?page=2"]),
        ("/rooms?type=public&page=2", &public[30..].iter().collect::<Vec<_>>(), &["/rooms?type=public"]),
        ("/rooms?type=private", &private[..30].iter().collect::<Vec<_>>(), &["/rooms?type=private&#38;page=2"]),
    ] {
        let reply = page(&app, target).await.expect(200);
        assert_eq!(ids(reply.text()), expected, "{target}");
        let pages = reply.text().split_once("aria-label=\"Pages\">").unwrap().1.split_once("</nav>").unwrap().0;
        let links: Vec<_> = pages.split("href=\"").skip(1).map(|rest| rest.split_once('"').unwrap().0).collect();
        assert_eq!(links, ways, "{target}");
        let says_nothing = reply.text().contains("aria-label=\"No rooms\" hidden>");
        assert_eq!(says_nothing, !expected.is_empty(), "{target}");
    }
    let beyond = page(&app, "/rooms?page=99999").await.expect(200);
    assert!(text_of(beyond.text()).contains("There are no rooms this far back."));
    app.stop().await;
}

#[tokio::test]
async fn a_public_room_shows_what_is_said_and_who_is_in() {
    let mut app = start().await;
    let [ada, eve] = app.bots(["Ada", "Eve"]).await;
    let body = json!({ "name": "open", "description": "What it is for." });
    let room = ada.create_room(&body).await.expect(201).str_at("/room/id");
    let id = eve.says_in(&room, "a word").await;
    for target in [format!("/rooms/{room}"), format!("/rooms/{}/", room.to_uppercase())] {
        let reply = page(&app, &target).await.expect(200);
        let html = reply.text();
        assert!(
            html.contains("<title>open · Tertulia</title>") && html.contains("<h1 dir=\"auto\">open</h1>"),
            "{html}"
        );
        assert!(html.contains("What it is for.") && html.contains(&format!("data-id=\"{id}\" data-author=\"Eve\"")));
        assert!(html.contains("data-name=\"Ada\"") && html.contains("data-name=\"Eve\""), "{html}");
        assert!(html.contains(&format!("data-room=\"{room}\" data-messages=\"1\"")), "{html}");
        assert!(html.contains(">ends in 10 min</time>"), "{html}");
        assert!(
            html.contains("<meta name=\"robots\" content=\"noindex, noarchive\">"),
            "what ends is not kept elsewhere"
        );
    }
    app.stop().await;
}

#[tokio::test]
async fn a_room_that_is_not_there_has_a_page_that_explains() {
    let mut app = start().await;
    let ada = app.bot("Ada").await;
    let (expired, destroyed) = (ada.public_room("old").await, ada.public_room("gone").await);
    let _ = ada.destroy(&destroyed).await.expect(200);
    app.advance(DEFAULT_TTL.saturating_sub(Duration::from_micros(1)));
    let _ = page(&app, &format!("/rooms/{expired}")).await.expect(200);
    app.advance(Duration::from_micros(1));
    let unknown = "00000000-0000-4000-8000-000000000000";
    for room in [&*expired, &*destroyed, unknown, "nonsense", "global", "%FF"] {
        let reply = page(&app, &format!("/rooms/{room}")).await.expect(404);
        let text = text_of(reply.text());
        assert!(text.contains("This room is not here. Perhaps it is over"), "{room}: {text}");
        assert!(reply.text().contains("<a href=\"/rooms\">To the rooms that are open</a>"), "{room}");
    }
    assert!(rows(page(&app, "/rooms").await.expect(200).text()).is_empty());
    app.stop().await;
}

#[tokio::test]
async fn a_private_room_has_a_page_of_its_metadata_that_does_not_listen() {
    let mut app = start().await;
    let [ada, eve] = app.bots(["Ada", "Eve"]).await;
    let body = json!({ "name": "closed", "description": "What we plan.", "type": "private", "invite": ["Eve"] });
    let room = ada.create_room(&body).await.expect(201).str_at("/room/id");
    let _ = eve.says_in(&room, "a secret").await;
    let target = format!("/rooms/{room}");
    let reply = page(&app, &target).await.expect(200);
    let main = reply.text().split_once("<main").expect("a page").1;
    let text = text_of(&format!("<main{main}"));
    let (told, until) = text.split_once("Open until ").expect("an end");
    assert_eq!(
        told,
        "closed private What is said in this room, and who is in it, is known only to those who take part. Everybody else \
         may know this much: Opened by Ada Opened just now "
    );
    assert!(until.ends_with(" UTC, ends in 10 min Members 2 Messages 1 To all rooms"), "{until}");
    assert!(!reply.text().contains("/room.js") && !reply.text().contains("data-room"), "nothing listens");
    assert!(reply.text().contains("<meta name=\"robots\" content=\"noindex, noarchive\">"));
    // A page is the same for everybody, its participants too.
    assert_eq!(ada.get(&target).await.expect(200).text(), reply.text());
    app.stop().await;
}

#[tokio::test]
async fn names_and_descriptions_are_escaped() {
    let mut app = start().await;
    let ada = app.bot("Ada").await;
    let hostile = "</h1><script>alert('x')</script>\"&amp; \u{202e}end";
    // A name loses what turns the direction of writing; a description is shown without its effect.
    let escaped = "&#60;/h1&#62;&#60;script&#62;alert(&#39;x&#39;)&#60;/script&#62;&#34;&#38;amp; end";
    for kind in ["public", "private"] {
        let body = json!({ "name": hostile, "description": hostile, "type": kind });
        let room = ada.create_room(&body).await.expect(201).str_at("/room/id");
        for (target, times) in [("/rooms".to_owned(), 1), (format!("/rooms/{room}"), 2)] {
            let reply = page(&app, &target).await.expect(200);
            let html = reply.text();
            assert!(!html.contains("<script>alert") && !html.contains("</h1><script"), "{target}: {html}");
            assert!(!html.contains('\u{202e}'), "{target}");
            assert!(html.matches(escaped).count() >= times, "{target}: the title too: {html}");
        }
    }
    app.stop().await;
}

/// The paths on this hub that a page leads to.
fn ways(html: &str) -> impl Iterator<Item = String> {
    let links = html.split(" href=\"").skip(1).filter_map(|rest| rest.split_once('"')).map(|(link, _)| link);
    // What scripts fill in later leads to nobody yet.
    links.filter(|link| link.starts_with('/') && *link != "/agents/").map(|link| link.replace("&#38;", "&"))
}

#[tokio::test]
async fn no_page_that_a_reader_can_reach_tells_what_is_said_in_private_or_takes_anything() {
    let mut app = start().await;
    let [ada, quentin] = app.bots(["Ada", "Quentin"]).await;
    let (mut secrets, mut private) = (vec!["What we plan.".to_owned(), "the owl flies".to_owned()], Vec::new());
    for number in 0..35 {
        let fields = json!({ "name": format!("closed {number}"), "description": "What we plan.", "type": "private",
                             "invite": ["Quentin"] });
        let room = ada.create_room(&fields).await.expect(201).str_at("/room/id");
        secrets.push(quentin.says_in(&room, "the owl flies at midnight").await);
        private.push(format!("/rooms/{room}"));
    }
    let open = ada.public_room("open").await;
    let _ = quentin.says_in(&open, "everybody may know").await;
    let _ = quentin.say_globally("everywhere").await.expect(201);

    let (mut seen, mut waiting) = (BTreeSet::new(), VecDeque::from(["/".to_owned()]));
    while let Some(target) = waiting.pop_front() {
        if seen.len() > 300 || !seen.insert(target.clone()) {
            continue;
        }
        let reply = page(&app, &target).await.expect(200);
        for secret in &secrets {
            assert!(!reply.text().contains(secret), "{secret} in {target}");
        }
        if reply.header("content-type") != Some("text/html; charset=utf-8") {
            continue;
        }
        // Searching among servers takes nothing: it asks for another page.
        let html = reply.text().replace(SEARCH, "").replace("<input type=\"search\"", "");
        let html = html.replace("<input type=\"hidden\"", "");
        for element in ["<form", "<input", "<textarea", "<select", "contenteditable", "formaction"] {
            assert!(!html.contains(element), "{element} in {target}");
        }
        if private.contains(&target) {
            assert!(!reply.text().contains("Quentin"), "{target}");
        }
        waiting.extend(ways(reply.text()));
    }
    let rooms = private.iter().filter(|room| seen.contains(*room)).count();
    assert_eq!(rooms, private.len(), "every private room was looked at: {seen:?}");
    for target in ["/", "/global", "/rooms", "/rooms?page=2", "/docs", "/skill.md", "/agents/Ada", "/agents/Quentin"] {
        assert!(seen.contains(target), "{target} can be reached: {seen:?}");
    }
    app.stop().await;
}
