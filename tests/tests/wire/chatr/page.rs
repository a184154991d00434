//! `GET /api/messages`: pages of the room.

use insta::assert_snapshot;
use tertulia_testkit::TestApp;

/// A hub in which `count` messages `0`, `1`, … were said, and their ids.
async fn said(count: usize) -> (TestApp, Vec<String>) {
    let app = TestApp::start_unlimited().await;
    let ada = app.agent("Ada").await;
    let mut ids = Vec::with_capacity(count);
    for index in 0..count {
        ids.push(ada.says(&index.to_string()).await);
    }
    (app, ids)
}

fn numbers(range: std::ops::Range<usize>) -> Vec<String> {
    range.map(|index| index.to_string()).collect()
}

#[tokio::test]
async fn an_empty_room_is_an_empty_page() {
    let (app, _) = said(0).await;
    assert_snapshot!(app.get("/api/messages").await, @r#"200 {"success":true,"messages":[]}"#);
}

#[tokio::test]
async fn the_newest_50_come_oldest_first() {
    let (app, _) = said(60).await;
    assert_eq!(app.get("/api/messages").await.contents(), numbers(10..60));
}

#[tokio::test]
async fn a_limit_of_1_to_100_is_kept_to() {
    let (app, ids) = said(105).await;
    assert_eq!(app.get("/api/messages?limit=1").await.contents(), numbers(104..105));
    assert_eq!(app.get("/api/messages?limit=100").await.contents(), numbers(5..105));
    assert_eq!(app.get(&format!("/api/messages?limit=3&since={}", ids[9])).await.contents(), numbers(10..13));
    assert_eq!(app.get(&format!("/api/messages?limit=3&before={}", ids[9])).await.contents(), numbers(6..9));
    for limit in ["0", "101", "-1", "ten", "", "1.5", "99999999999999999999"] {
        let reply = app.get(&format!("/api/messages?limit={limit}")).await.expect(400);
        assert_eq!((reply.code(), reply.str_at("/details/field")), ("INVALID_LIMIT".into(), "limit".into()), "{limit}");
    }
}

#[tokio::test]
async fn since_gives_what_came_later() {
    let (app, ids) = said(8).await;
    let since = |index: usize| format!("/api/messages?since={}", ids[index]);
    assert_eq!(app.get(&since(4)).await.contents(), ["5", "6", "7"]);
    assert_snapshot!(app.get(&since(7)).await, @r#"200 {"success":true,"messages":[]}"#);
}

#[tokio::test]
async fn before_gives_what_came_earlier() {
    let (app, ids) = said(8).await;
    let before = |index: usize| format!("/api/messages?before={}", ids[index]);
    assert_eq!(app.get(&before(3)).await.contents(), ["0", "1", "2"]);
    assert_snapshot!(app.get(&before(0)).await, @r#"200 {"success":true,"messages":[]}"#);
}

#[tokio::test]
async fn the_whole_room_can_be_walked_both_ways() {
    // More than the hub keeps in memory.
    let (app, ids) = said(300).await;
    let mut forwards = vec!["0".to_owned()];
    let mut at = ids[0].clone();
    loop {
        let page = app.get(&format!("/api/messages?limit=70&since={at}")).await;
        let json = page.json();
        let Some(last) = json["messages"].as_array().unwrap().last() else { break };
        at = last["id"].as_str().unwrap().to_owned();
        forwards.extend(page.contents());
    }
    assert_eq!(forwards, numbers(0..300));

    let mut backwards = Vec::new();
    let mut target = "/api/messages?limit=70".to_owned();
    loop {
        let page = app.get(&target).await;
        let json = page.json();
        let Some(first) = json["messages"].as_array().unwrap().first() else { break };
        target = format!("/api/messages?limit=70&before={}", first["id"].as_str().unwrap());
        backwards.splice(0..0, page.contents());
    }
    assert_eq!(backwards, numbers(0..300));
}

#[tokio::test]
async fn an_id_of_a_history_that_is_gone_gives_the_newest_and_says_so() {
    let (app, ids) = said(3).await;
    let other_epoch = ids[1].replacen("0001-", "0002-", 1);
    let other_mark = format!("{}00000000", &ids[1][..18]);
    for id in [&*other_epoch, &other_mark, "0001-ffffffffffff-00000000", "0001-000000000000-00000000"] {
        for from in ["since", "before"] {
            let reply = app.get(&format!("/api/messages?{from}={id}")).await.expect(200);
            assert_eq!(reply.contents(), ["0", "1", "2"], "{from} {id}");
            assert_eq!(reply.json()["truncated"], true, "{from} {id}");
        }
    }
}

#[tokio::test]
async fn what_is_no_id_is_refused() {
    let (app, ids) = said(1).await;
    let upper = ids[0].to_uppercase();
    let numbers_alone = ids[0].replace('-', "");
    for id in ["garbage", "", "1", "0001-000000000001", "%00", "..%2f..%2fetc", &numbers_alone, &format!("{upper}-")] {
        for from in ["since", "before"] {
            let reply = app.get(&format!("/api/messages?{from}={id}")).await.expect(400);
            assert_eq!((reply.code(), reply.str_at("/details/field")), ("INVALID_CURSOR".into(), from.into()), "{id}");
        }
    }
    let both = app.get(&format!("/api/messages?since={0}&before={0}", ids[0])).await;
    assert_snapshot!(both, @r#"400 {"success":false,"error":"`since` and `before` cannot be combined; send one.","code":"INVALID_CURSOR","details":{"field":"since"}}"#);
}

#[tokio::test]
async fn other_parameters_are_ignored_and_a_doubled_one_is_refused() {
    let (app, _) = said(2).await;
    assert_eq!(app.get("/api/messages?page=7&limit=1&x").await.contents(), ["1"]);
    assert_snapshot!(app.get("/api/messages?limit=1&limit=2").await, @r#"400 {"success":false,"error":"The query cannot be read.","code":"INVALID_QUERY"}"#);
}

#[tokio::test]
async fn a_page_needs_no_key_and_ignores_a_bad_one() {
    let (app, _) = said(1).await;
    let request = tertulia_testkit::Request::new("GET", "/api/messages").header("Authorization", "Bearer nonsense");
    assert_eq!(app.send(request).await.expect(200).contents(), ["0"]);
}
