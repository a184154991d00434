//! `GET /api/global/messages` and `GET /api/rooms/:id/messages`: pages, the same ones of the lobby and of a room.

use insta::assert_snapshot;
use serde_json::json;
use tertulia_testkit::{Reply, Request, TestApp};

use super::support::{assert_disliked, assert_refused, each};

/// A place of conversation, and the ids of what was said there: `0`, `1`, …
struct Place {
    app: TestApp,
    path: String,
    ids: Vec<String>,
}

impl Place {
    async fn lobby(count: usize) -> Self {
        let app = TestApp::start_unlimited().await;
        let ada = app.bot("Ada").await;
        let mut ids = Vec::with_capacity(count);
        for index in 0..count {
            ids.push(ada.say_globally(&index.to_string()).await.expect(201).str_at("/message/id"));
        }
        Self { app, path: "/api/global/messages".to_owned(), ids }
    }

    async fn room(count: usize) -> Self {
        let app = TestApp::start_unlimited().await;
        let ada = app.bot("Ada").await;
        let room = ada.public_room("a room").await;
        let mut ids = Vec::with_capacity(count);
        for index in 0..count {
            ids.push(ada.says_in(&room, &index.to_string()).await);
        }
        Self { app, path: format!("/api/rooms/{room}/messages"), ids }
    }

    async fn both(count: usize) -> [Self; 2] {
        [Self::lobby(count).await, Self::room(count).await]
    }

    async fn page(&self, query: &str) -> Reply {
        self.app.get(&format!("{}{query}", self.path)).await
    }
}

/// Contents, and whether there is more.
fn shown(reply: Reply) -> (Vec<String>, bool) {
    let reply = reply.expect(200);
    (reply.contents(), reply.json()["hasMore"].as_bool().unwrap())
}

fn numbers(range: std::ops::Range<usize>) -> Vec<String> {
    range.map(|index| index.to_string()).collect()
}

#[tokio::test]
async fn where_nothing_was_said_a_page_is_empty() {
    for place in Place::both(0).await {
        let page = place.page("").await.expect(200);
        assert_eq!(page.text(), r#"{"success":true,"messages":[],"hasMore":false}"#);
    }
}

#[tokio::test]
async fn a_message_on_a_page_is_what_its_author_was_answered() {
    let app = TestApp::start_unlimited().await;
    let ada = app.bot("Ada").await;
    let said = ada.say_globally("hello").await.expect(201).json()["message"].clone();
    assert_eq!(app.get("/api/global/messages").await.json()["messages"], json!([said]));
    assert_snapshot!(app.get("/api/global/messages").await.redacted(), @r#"200 {"success":true,"messages":[{"id":"0001-000000000001-<mark>","roomId":"global","botId":"<uuid>","botName":"Ada","content":"hello","createdAt":"<time>"}],"hasMore":false}"#);
    let room = ada.public_room("a room").await;
    let said = ada.say_in(&room, "hello").await.expect(201).json()["message"].clone();
    assert_eq!((&said["roomId"], &said["botId"]), (&json!(room), &json!(ada.id)));
    assert_eq!(app.get(&format!("/api/rooms/{room}/messages")).await.json()["messages"], json!([said]));
}

#[tokio::test]
async fn the_newest_50_come_oldest_first() {
    for place in Place::both(60).await {
        assert_eq!(shown(place.page("").await), (numbers(10..60), true));
        assert_eq!(each(&place.page("").await.json()["messages"], "id"), place.ids[10..]);
    }
}

#[tokio::test]
async fn a_limit_of_1_to_100_is_kept_to() {
    for place in Place::both(105).await {
        assert_eq!(shown(place.page("?limit=1").await), (numbers(104..105), true));
        assert_eq!(shown(place.page("?limit=100").await), (numbers(5..105), true));
        let id = &place.ids[9];
        assert_eq!(shown(place.page(&format!("?limit=3&after={id}")).await), (numbers(10..13), true));
        assert_eq!(shown(place.page(&format!("?limit=3&before={id}")).await), (numbers(6..9), true));
        for limit in ["0", "101", "-1", "ten", "", "1.5", "99999999999999999999"] {
            assert_disliked(&place.page(&format!("?limit={limit}")).await, "INVALID_LIMIT", "limit");
        }
    }
}

#[tokio::test]
async fn has_more_means_in_the_direction_of_reading() {
    for place in Place::both(8).await {
        for (query, contents, more) in [
            ("?limit=8".to_owned(), 0..8, false),
            ("?limit=7".to_owned(), 1..8, true),
            (format!("?before={}", place.ids[3]), 0..3, false),
            (format!("?limit=3&before={}", place.ids[3]), 0..3, false),
            (format!("?limit=2&before={}", place.ids[3]), 1..3, true),
            (format!("?before={}", place.ids[0]), 0..0, false),
            (format!("?after={}", place.ids[4]), 5..8, false),
            (format!("?limit=3&after={}", place.ids[4]), 5..8, false),
            (format!("?limit=2&after={}", place.ids[4]), 5..7, true),
            (format!("?after={}", place.ids[7]), 0..0, false),
        ] {
            assert_eq!(shown(place.page(&query).await), (numbers(contents), more), "{query}");
        }
    }
}

#[tokio::test]
async fn everything_can_be_walked_both_ways() {
    // More than the hub keeps in memory.
    for place in Place::both(300).await {
        let mut forwards = vec!["0".to_owned()];
        let mut query = format!("?limit=70&after={}", place.ids[0]);
        loop {
            let page = place.page(&query).await;
            forwards.extend(page.contents());
            if page.json()["hasMore"] == false {
                break;
            }
            query = format!("?limit=70&after={}", each(&page.json()["messages"], "id").last().unwrap());
        }
        assert_eq!(forwards, numbers(0..300));

        let (mut backwards, mut query) = (Vec::new(), "?limit=70".to_owned());
        loop {
            let page = place.page(&query).await;
            backwards.splice(0..0, page.contents());
            if page.json()["hasMore"] == false {
                break;
            }
            query = format!("?limit=70&before={}", each(&page.json()["messages"], "id")[0]);
        }
        assert_eq!(backwards, numbers(0..300));
    }
}

#[tokio::test]
async fn an_id_of_a_history_that_is_gone_gives_the_newest_and_says_so() {
    for place in Place::both(3).await {
        let other_epoch = place.ids[1].replacen("0001-", "0002-", 1);
        let other_mark = format!("{}00000000", &place.ids[1][..18]);
        for id in [&*other_epoch, &other_mark, "0001-ffffffffffff-00000000", "0001-000000000000-00000000"] {
            for from in ["after", "before"] {
                let reply = place.page(&format!("?{from}={id}")).await.expect(200);
                assert_eq!(reply.contents(), ["0", "1", "2"], "{from} {id}");
                assert_eq!(reply.json()["truncated"], true, "{from} {id}");
                assert_eq!(reply.json()["hasMore"], false, "{from} {id}");
            }
        }
        for from in ["after", "before"] {
            let reply = place.page(&format!("?limit=2&{from}={other_epoch}")).await;
            assert_eq!(shown(reply), (numbers(1..3), true));
        }
    }
}

#[tokio::test]
async fn an_id_of_another_place_is_of_another_history() {
    let app = TestApp::start_unlimited().await;
    let ada = app.bot("Ada").await;
    let (one, other) = (ada.public_room("one").await, ada.public_room("other").await);
    let elsewhere = ada.says_in(&other, "elsewhere").await;
    let _ = ada.says_in(&one, "here").await;
    let in_lobby = ada.say_globally("in the lobby").await.expect(201).str_at("/message/id");
    for id in [elsewhere, in_lobby] {
        let reply = app.get(&format!("/api/rooms/{one}/messages?after={id}")).await.expect(200);
        assert_eq!((reply.contents(), reply.json()["truncated"].clone()), (vec!["here".to_owned()], json!(true)));
    }
}

#[tokio::test]
async fn what_is_no_id_is_refused() {
    for place in Place::both(1).await {
        let numbers_alone = place.ids[0].replace('-', "");
        for id in ["garbage", "", "1", "0001-000000000001", "%00", "..%2f..%2fetc", &numbers_alone] {
            for from in ["after", "before"] {
                assert_disliked(&place.page(&format!("?{from}={id}")).await, "INVALID_CURSOR", from);
            }
        }
        let both = place.page(&format!("?after={0}&before={0}", place.ids[0])).await;
        assert_refused(&both, 400, "INVALID_CURSOR");
    }
}

#[tokio::test]
async fn other_parameters_are_ignored_and_a_doubled_one_is_refused() {
    for place in Place::both(2).await {
        assert_eq!(place.page("?page=7&limit=1&x&since=garbage").await.expect(200).contents(), ["1"]);
        assert_refused(&place.page("?limit=1&limit=2").await, 400, "INVALID_QUERY");
    }
}

#[tokio::test]
async fn the_lobbys_pages_need_no_key_and_ignore_a_bad_one() {
    let place = Place::lobby(1).await;
    let liar = Request::new("GET", &place.path).header("Authorization", "Bearer claw_nonsense");
    assert_eq!(place.app.send(liar).await.expect(200).contents(), ["0"]);
}

#[tokio::test]
async fn pages_are_the_same_after_a_restart() {
    for mut place in Place::both(120).await {
        let before = place.page("?limit=100").await;
        place.app.restart().await;
        assert_eq!(place.page("?limit=100").await.text(), before.text());
        let after = format!("?limit=100&after={}", place.ids[3]);
        assert_eq!(shown(place.page(&after).await), (numbers(4..104), true));
    }
}

#[tokio::test]
async fn a_removed_message_is_left_out_and_its_place_stays() {
    let place = Place::lobby(4).await;
    for index in [1, 3] {
        let message =
            place.app.chat().message_at(place.app.chat().lobby(), place.ids[index].parse().unwrap()).await.unwrap();
        assert!(place.app.chat().remove_message(message).await.unwrap());
    }
    assert_eq!(shown(place.page("").await), (vec!["0".to_owned(), "2".to_owned()], false));
    for (query, contents) in [
        (format!("?after={}", place.ids[0]), vec!["2"]),
        (format!("?after={}", place.ids[1]), vec!["2"]),
        (format!("?before={}", place.ids[3]), vec!["0", "2"]),
    ] {
        assert_eq!(place.page(&query).await.expect(200).contents(), contents, "{query}");
    }
}
