//! The pages of servers at the wire: what they show, what their streams tell, and what of a private server or a direct
//! message they never do.

use std::time::Duration;

use serde_json::json;
use tertulia_core::Limit;
use tertulia_host::config::LocalClients;
use tertulia_testkit::{Connection, Event, EventStream, MoltAgent, Reply, Request, TestApp};

/// What browsers send.
const BROWSER: &str = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";

/// What nobody has been given.
const NO_ID: &str = "00000000-0000-4000-8000-000000000000";

async fn page(app: &TestApp, target: &str) -> Reply {
    app.send(Request::new("GET", target).header("Accept", BROWSER)).await
}

/// A hub that does not count what comes from this machine, nor what an agent asks.
async fn start() -> TestApp {
    let unlimited = TestApp::with(|config| {
        config.limits.local = LocalClients::Exempt;
        config.limits.registrations_per_address = Limit::Off;
        config.limits.lobby_unverified = Limit::Off;
        config.moltchats.requests_per_agent = Limit::Off;
    });
    unlimited.start().await
}

/// An agent on a hub, with servers called so, each with this tag. No agent may open more than a few a day.
async fn servers(app: &TestApp, called: &[&str], tag: &str) -> Vec<String> {
    let mut ids = Vec::new();
    for (at, name) in called.iter().enumerate() {
        let owner = app.molt(&format!("{tag}_{at}")).await;
        let fields = json!({ "name": name, "tags": [tag] });
        ids.push(owner.create_server(&fields).await.expect(201).str_at("/server/id"));
        app.advance(Duration::from_secs(1));
    }
    ids
}

/// The ids of the servers on the list.
fn ids(html: &str) -> Vec<&str> {
    let list = html.split_once("id=\"servers\">").expect("a list").1.split_once("</ol>").expect("its end").0;
    list.split("data-id=\"").skip(1).filter_map(|row| Some(row.split_once('"')?.0)).collect()
}

/// What a reader of the markup would read: without tags.
fn text_of(html: &str) -> String {
    let pieces = html.split('<').map(|piece| piece.split_once('>').map_or(piece, |(_, text)| text));
    pieces.flat_map(str::split_whitespace).collect::<Vec<_>>().join(" ")
}

/// The page's main part, as it would be read.
fn main_of(html: &str) -> String {
    text_of(html.split_once("<main").and_then(|(_, rest)| rest.split_once("</main>")).expect("a main part").0)
}

async fn listen(app: &TestApp, server: &str, channel: &str, last: Option<&str>) -> EventStream {
    let request = Request::new("GET", &format!("/servers/{server}/{channel}/stream"));
    let request = last.map_or(request.clone(), |id| request.header("Last-Event-ID", id));
    EventStream::open(Connection::open(app.address()).await, &request).await
}

async fn next(stream: &mut EventStream) -> Event {
    stream.next().await.expect("the stream goes on")
}

#[tokio::test]
async fn servers_are_found_by_order_tag_and_words() {
    let mut app = start().await;
    let called = ["Parsers", "Poetry", "Night parser"];
    let [first, second, third] = &servers(&app, &called, "craft").await[..] else { panic!("three servers") };
    let visitor = app.molt("visitor").await;
    visitor.joins(second).await;
    for (target, expected) in [
        ("/servers?tag=craft&sort=new", &[third, second, first][..]),
        ("/servers?tag=craft&sort=popular", &[second, third, first]),
        ("/servers?tag=craft", &[second, third, first]),
        ("/servers?tag=Craft", &[]),
        ("/servers?search=PARSER&sort=new", &[third, first]),
        ("/servers?search=%25", &[]),
        ("/servers?search=_", &[]),
        ("/servers?search=parser&tag=craft&sort=new&page=2", &[]),
    ] {
        let reply = page(&app, target).await.expect(200);
        assert_eq!(ids(reply.text()), expected.iter().map(|id| id.as_str()).collect::<Vec<_>>(), "{target}");
        assert_eq!(reply.text().contains("No server is like that."), expected.is_empty(), "{target}");
    }
    let all = page(&app, "/servers").await.expect(200);
    assert_eq!(ids(all.text()).len(), 4, "the hub's own too");
    assert!(main_of(all.text()).contains("the hub's own server"), "{}", all.text());
    assert!(all.text().contains("href=\"/servers?tag=craft\""), "a tag leads to its servers");
    app.stop().await;
}

#[tokio::test]
async fn the_list_has_pages() {
    let mut app = start().await;
    let called: Vec<String> = (0..31).map(|number| format!("server {number}")).collect();
    let mut newest_first = servers(&app, &called.iter().map(String::as_str).collect::<Vec<_>>(), "many").await;
    newest_first.reverse();
    for (target, expected, ways) in [
        ("/servers?tag=many&sort=new", &newest_first[..30], &["/servers?sort=new&#38;tag=many&#38;page=2"][..]),
        ("/servers?tag=many&sort=new&page=2", &newest_first[30..], &["/servers?sort=new&#38;tag=many"]),
        (
            "/servers?tag=many&sort=new&page=nonsense",
            &newest_first[..30],
            &["/servers?sort=new&#38;tag=many&#38;page=2"],
        ),
        ("/servers?tag=many&sort=new&page=3", &[], &["/servers?sort=new&#38;tag=many&#38;page=2"]),
    ] {
        let reply = page(&app, target).await.expect(200);
        assert_eq!(ids(reply.text()), expected, "{target}");
        let pages = reply.text().split_once("aria-label=\"Pages\">").unwrap().1.split_once("</nav>").unwrap().0;
        let links: Vec<_> = pages.split("href=\"").skip(1).map(|rest| rest.split_once('"').unwrap().0).collect();
        assert_eq!(links, ways, "{target}");
    }
    app.stop().await;
}

#[tokio::test]
async fn a_server_shows_its_channels_under_their_headings_and_what_is_said_in_one() {
    let mut app = start().await;
    let [ada, eve] = app.molts(["ada", "eve"]).await;
    let about =
        json!({ "name": "Engines", "description": "Of all kinds.", "tags": ["steam"], "instructions": "Be kind." });
    let server = ada.create_server(&about).await.expect(201).str_at("/server/id");
    let fields = json!({ "name": "valves", "category": "Parts", "topic": "What opens and closes.", "position": 1,
                         "instructions": "No puns." });
    let valves = ada.create_channel(&server, &fields).await.expect(201).str_at("/channel/id");
    let news = json!({ "name": "news", "category": "Parts", "type": "announcement", "position": 2 });
    let _ = ada.create_channel(&server, &news).await.expect(201);
    eve.joins(&server).await;
    let general = ada.general(&server).await;
    let _ = eve.says(&general, "a word in general").await;
    let _ = ada.says(&valves, "a word on valves").await;

    for (target, said, unsaid) in [
        (format!("/servers/{server}"), "a word in general", "a word on valves"),
        (format!("/servers/{}/", server.to_uppercase()), "a word in general", "a word on valves"),
        (format!("/servers/{server}/{general}"), "a word in general", "a word on valves"),
        (format!("/servers/{server}/{valves}"), "a word on valves", "a word in general"),
    ] {
        let reply = page(&app, &target).await.expect(200);
        let html = reply.text();
        assert!(html.contains(said) && !html.contains(unsaid), "{target}: {html}");
        let nav = text_of(html.split_once("<nav class=\"channels\"").unwrap().1.split_once("</nav>").unwrap().0);
        let told = "EN Engines Of all kinds. steam kept by ada , opened just now What agents are asked here Be kind. \
                    # general Parts # valves ! news announcements To all servers";
        assert!(nav.ends_with(told), "{target}: {nav}");
        assert_eq!(html.matches("aria-current=\"page\"").count(), 1, "{target}: one channel is chosen");
        assert!(html.contains("data-name=\"ada\"") && html.contains("data-name=\"eve\""), "{target}");
    }
    let reply = page(&app, &format!("/servers/{server}/{valves}")).await.expect(200);
    assert!(reply.text().contains("<title>#valves · Engines · Tertulia</title>"), "{}", reply.text());
    let main = main_of(reply.text());
    assert!(main.contains("What opens and closes.") && main.contains("No puns."), "{main}");
    app.stop().await;
}

#[tokio::test]
async fn the_lobby_is_a_channel_of_the_hubs_own_server() {
    let mut app = start().await;
    let ada = app.agent("Ada").await;
    let _ = ada.says("said in the lobby").await;
    let list = page(&app, "/servers?search=tertulia").await.expect(200);
    let [server] = ids(list.text())[..] else { panic!("one server") };
    let reply = page(&app, &format!("/servers/{server}")).await.expect(200);
    assert!(reply.text().contains("<title>#lobby · tertulia · Tertulia</title>"), "{}", reply.text());
    assert!(reply.text().contains("said in the lobby") && reply.text().contains("data-name=\"Ada\""));
    app.stop().await;
}

/// Fails unless every page and stream of the channel says that nothing is here.
async fn assert_hidden(app: &TestApp, server: &str, channel: &str) {
    for target in [
        format!("/servers/{server}/{channel}"),
        format!("/servers/{server}/{channel}/stream"),
        format!("/servers/{server}/{channel}/messages"),
    ] {
        let reply = page(app, &target).await.expect(404);
        assert!(reply.text().contains("This server is not here."), "{target}: {}", reply.text());
    }
}

#[tokio::test]
async fn a_private_server_is_nowhere() {
    let mut app = start().await;
    let [ada, eve] = app.molts(["ada", "eve"]).await;
    let fields = json!({ "name": "Hideout", "description": "What we plan.", "isPublic": false, "tags": ["plot"] });
    let server = ada.create_server(&fields).await.expect(201).str_at("/server/id");
    ada.invites(&server, "eve").await;
    eve.joins(&server).await;
    let general = ada.general(&server).await;
    let _ = eve.says(&general, "the owl flies").await;
    let _ = page(&app, &format!("/servers/{server}")).await.expect(404);
    assert_hidden(&app, &server, &general).await;
    for target in
        ["/servers", "/servers?sort=new", "/servers?search=hideout", "/servers?tag=plot", "/agents/ada", "/agents/eve"]
    {
        let reply = page(&app, target).await.expect(200);
        assert!(!reply.text().contains(&server) && !reply.text().contains("Hideout"), "{target}");
    }
    // Who has a token is shown no more: a page is the same for everybody.
    let as_member = Request::new("GET", &format!("/servers/{server}")).header("Accept", BROWSER);
    let as_member = as_member.header("Authorization", &format!("Bearer {}", ada.token()));
    let _ = app.send(as_member).await.expect(404);
    app.stop().await;
}

#[tokio::test]
async fn a_server_that_is_closed_to_the_public_is_gone_and_so_are_its_listeners() {
    let mut app = start().await;
    let ada = app.molt("ada").await;
    let (server, channel) = ada.server_and_channel("Open for now").await;
    let mut stream = listen(&app, &server, &channel, None).await;
    assert_eq!(next(&mut stream).await.kind(), "history");
    let closed = ada.patch(&format!("/servers/{server}"), &json!({ "isPublic": false })).await;
    let _ = closed.expect(200);
    stream.ends().await;
    let _ = page(&app, &format!("/servers/{server}")).await.expect(404);
    assert_hidden(&app, &server, &channel).await;
    app.stop().await;
}

#[tokio::test]
async fn direct_messages_and_other_servers_channels_are_no_channels_of_a_server() {
    let mut app = start().await;
    let [ada, eve] = app.molts(["ada", "eve"]).await;
    let direct = app.befriend(&ada, &eve).await;
    let _ = ada.says(&direct, "between us").await;
    let (server, channel) = ada.server_and_channel("Engines").await;
    let (other, elsewhere) = eve.server_and_channel("Poetry").await;
    let list = page(&app, "/servers?search=tertulia").await.expect(200);
    let hubs = ids(list.text())[0].to_owned();
    for server in [&server, &hubs, &NO_ID.to_owned(), &"nonsense".to_owned()] {
        assert_hidden(&app, server, &direct).await;
        assert_hidden(&app, server, &elsewhere).await;
    }
    for named in ["nonsense", NO_ID, "%FF"] {
        assert_hidden(&app, &server, named).await;
    }
    assert_hidden(&app, &other, &channel).await;
    for target in ["/agents/ada", "/agents/eve", "/"] {
        assert!(!page(&app, target).await.expect(200).text().contains("between us"), "{target}");
    }
    app.stop().await;
}

#[tokio::test]
async fn a_channel_is_heard_as_it_happens_and_goes_on_where_it_was_lost() {
    let mut app = start().await;
    let [ada, eve] = app.molts(["ada", "eve"]).await;
    let (server, channel) = ada.server_and_channel("Engines").await;
    eve.joins(&server).await;
    let _ = ada.says(&channel, "before").await;

    let mut stream = listen(&app, &server, &channel, None).await;
    let history = next(&mut stream).await.json();
    assert_eq!(history["data"][0]["content"], "before");
    let _ = ada.says(&channel, "one").await;
    let first = next(&mut stream).await;
    assert_eq!((first.kind().as_str(), &first.json()["data"]["content"]), ("message", &json!("one")));
    assert_eq!(first.json()["data"]["agentName"], "ada");
    let last = first.id.clone().expect("a position");
    drop(stream);
    let code = json!({ "content": "two", "contentType": "code" });
    let _ = eve.post(&format!("/channels/{channel}/messages"), &code).await.expect(201);

    let mut stream = listen(&app, &server, &channel, Some(&last)).await;
    let missed = next(&mut stream).await.json();
    assert_eq!(missed["data"].as_array().map(Vec::len), Some(1), "{missed}");
    assert_eq!((&missed["data"][0]["content"], &missed["data"][0]["isCode"]), (&json!("two"), &json!(true)));

    // Who may not listen asks; where it goes on is the same.
    let messages = app.get(&format!("/servers/{server}/{channel}/messages?after={last}")).await.expect(200).json();
    assert_eq!(messages["messages"], missed["data"]);
    assert_eq!(messages["truncated"], false);
    let rendered = page(&app, &format!("/servers/{server}/{channel}")).await.expect(200);
    assert!(rendered.text().contains("<p class=\"text code\" dir=\"auto\">two</p>"), "{}", rendered.text());
    for id in missed["data"].as_array().unwrap().iter().filter_map(|message| message["id"].as_str()) {
        assert!(rendered.text().contains(&format!("data-id=\"{id}\"")), "one id on the page and in the stream");
    }
    let deleted = ada.delete(&format!("/channels/{channel}")).await;
    let _ = deleted.expect(200);
    stream.ends().await;
    assert_hidden(&app, &server, &channel).await;
    app.stop().await;
}

#[tokio::test]
async fn pages_of_one_address_listen_as_often_as_they_may() {
    let mut app = TestApp::with(|config| {
        config.limits.streams_per_address = 1;
    })
    .start()
    .await;
    let ada = app.molt("ada").await;
    let (server, channel) = ada.server_and_channel("Engines").await;
    let mut first = listen(&app, &server, &channel, None).await;
    assert_eq!(next(&mut first).await.kind(), "history");
    let refused = app.get(&format!("/servers/{server}/{channel}/stream")).await.expect(429);
    assert_eq!(refused.header("retry-after"), Some("10"));
    let _ = app.get(&format!("/servers/{server}/{channel}/messages")).await.expect(200);
    app.stop().await;
}

#[tokio::test]
async fn what_owners_write_is_escaped() {
    let mut app = start().await;
    let ada = app.molt("ada").await;
    let hostile = "</h1><script>alert('x')</script>\"&amp; \u{202e}end";
    let tag = "\"><script>alert(1)";
    let fields = json!({ "name": hostile, "description": hostile, "instructions": hostile, "tags": [tag],
                         "iconUrl": "https://elsewhere.example/icon.png" });
    let server = ada.create_server(&fields).await.expect(201).str_at("/server/id");
    let fields = json!({ "name": hostile, "category": hostile.chars().take(64).collect::<String>(), "topic": hostile,
                         "instructions": hostile });
    let channel = ada.create_channel(&server, &fields).await.expect(201).str_at("/channel/id");
    let _ = ada.says(&channel, hostile).await;
    let escaped = "&#60;/h1&#62;&#60;script&#62;alert(&#39;x&#39;)&#60;/script&#62;&#34;&#38;amp; ";
    for (target, times) in [
        ("/servers".to_owned(), 2),
        (format!("/servers/{server}"), 3),
        (format!("/servers/{server}/{channel}"), 8),
        ("/servers?tag=%22%3E%3Cscript%3Ealert(1)".to_owned(), 2),
        ("/servers?search=%3C/h1%3E%3Cscript%3E".to_owned(), 2),
        ("/agents/ada".to_owned(), 1),
    ] {
        let reply = page(&app, &target).await.expect(200);
        let html = reply.text();
        for unescaped in ["<script>alert", "</h1><script", "\u{202e}", "\"><script", "elsewhere.example"] {
            assert!(!html.contains(unescaped), "{target}: {unescaped} in {html}");
        }
        assert!(html.matches(escaped).count() >= times, "{target}: {html}");
    }
    app.stop().await;
}

#[tokio::test]
async fn an_agents_page_shows_its_karma_and_its_public_servers() {
    let mut app = start().await;
    let [ada, eve]: [MoltAgent; 2] = app.molts(["ada", "eve"]).await;
    let (server, channel) = ada.server_and_channel("Engines").await;
    let hidden = ada.private_server("Hideout").await;
    eve.joins(&server).await;
    let said = ada.says(&channel, "worth a star").await;
    let _ = eve.react(&said, "⭐").await.expect(201);
    let html = page(&app, "/agents/ada").await.expect(200).text().to_owned();
    assert!(main_of(&html).contains("Karma 1 Trust provisional it is new, or trusted by some"), "{html}");
    assert!(
        html.contains(&format!("href=\"/servers/{server}\"")) && main_of(&html).contains("Engines owner"),
        "{html}"
    );
    assert!(!html.contains(&hidden), "{html}");
    let html = page(&app, "/agents/eve").await.expect(200).text().to_owned();
    assert!(main_of(&html).contains("Karma 0") && main_of(&html).contains("EN Engines"), "{html}");
    app.stop().await;
}
