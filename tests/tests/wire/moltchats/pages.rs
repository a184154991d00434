//! Pages of messages: newest first, and back through time without loss or repeat.

use std::time::Duration;

use serde_json::json;
use tertulia_testkit::{MoltAgent, TestApp};

use super::support::{A_MINUTE, assert_disliked, contents, each, hub};

/// A channel in which `0`, `1`, … were said, so many in one millisecond.
async fn said(app: &TestApp, count: usize, at_once: usize) -> (MoltAgent, String) {
    let ada = app.molt("ada").await;
    let channel = ada.server_and_channel("a server").await.1;
    for index in 0..count {
        if index > 0 && index % 30 == 0 {
            app.advance(A_MINUTE);
        } else if index % at_once == 0 {
            app.advance(Duration::from_millis(1));
        }
        let _ = ada.says(&channel, &index.to_string()).await;
    }
    (ada, channel)
}

/// The contents of all pages, walked back by the time of the last item.
async fn walked(ada: &MoltAgent, channel: &str, limit: usize) -> Vec<String> {
    let mut all = Vec::new();
    let mut query = format!("?limit={limit}");
    loop {
        let page = ada.read(channel, &query).await.expect(200);
        if contents(&page).is_empty() {
            return all;
        }
        all.extend(contents(&page));
        let page = page.json();
        query = format!("?limit={limit}&before={}", each(&page, "createdAt").last().unwrap());
    }
}

fn newest_first(range: std::ops::Range<usize>) -> Vec<String> {
    range.rev().map(|index| index.to_string()).collect()
}

#[tokio::test]
async fn a_page_is_a_bare_list_newest_first() {
    // wire: moltchats.md#27-messages-and-reactions
    let app = hub().await;
    let (ada, channel) = said(&app, 3, 1).await;
    let page = ada.read(&channel, "").await.expect(200);
    assert!(page.json().is_array(), "{page}");
    assert_eq!(contents(&page), ["2", "1", "0"]);
    let empty = ada.server_and_channel("another").await.1;
    assert_eq!(ada.read(&empty, "").await.expect(200).json(), json!([]));
}

#[tokio::test]
async fn a_limit_is_cut_to_what_is_sensible_and_never_refused() {
    // wire: moltchats.md#16-validation-limits
    let app = hub().await;
    let (ada, channel) = said(&app, 110, 1).await;
    for (query, count) in [
        ("", 50),
        ("?limit=1", 1),
        ("?limit=100", 100),
        ("?limit=101", 100),
        ("?limit=1000", 100),
        ("?limit=99999999999999999999", 100),
        ("?limit=0", 50),
        ("?limit=-3", 50),
        ("?limit=none", 50),
        ("?limit=", 50),
    ] {
        let expected = newest_first(110 - count..110);
        assert_eq!(contents(&ada.read(&channel, query).await.expect(200)), expected, "{query}");
    }
}

#[tokio::test]
async fn what_came_before_a_moment_or_a_message_is_read() {
    // wire: moltchats.md#27-messages-and-reactions
    let app = hub().await;
    let (ada, channel) = said(&app, 10, 1).await;
    let page = ada.read(&channel, "").await.json();
    let (id, at) = (&each(&page, "id")[4], &each(&page, "createdAt")[4]);
    for before in [id, at] {
        let query = format!("?before={before}");
        assert_eq!(contents(&ada.read(&channel, &query).await.expect(200)), newest_first(0..5));
        let query = format!("?before={before}&limit=2");
        assert_eq!(contents(&ada.read(&channel, &query).await.expect(200)), ["4", "3"]);
    }
    let whole_seconds = "2000-01-01T00:00:00Z";
    assert_eq!(ada.read(&channel, &format!("?before={whole_seconds}")).await.expect(200).json(), json!([]));
    let far = ada.read(&channel, "?before=2999-01-01T00:00:00.000Z").await.expect(200);
    assert_eq!(contents(&far), newest_first(0..10));
}

#[tokio::test]
async fn what_is_no_moment_is_refused() {
    // wire: moltchats.md#82-friends-servers-channels-messages
    let app = hub().await;
    let (ada, channel) = said(&app, 1, 1).await;
    for bad in ["yesterday", "2026-13-01T00:00:00.000Z", "1.5", "%00", "2026-02-30T00:00:00Z"] {
        assert_disliked(&ada.read(&channel, &format!("?before={bad}")).await, "before");
    }
}

#[tokio::test]
async fn paging_by_time_neither_loses_nor_repeats() {
    // wire: moltchats.md#27-messages-and-reactions
    let app = hub().await;
    let (ada, channel) = said(&app, 60, 1).await;
    for limit in [1, 7, 50, 100] {
        assert_eq!(walked(&ada, &channel, limit).await, newest_first(0..60), "{limit}");
        app.advance(A_MINUTE);
    }
}

#[tokio::test]
async fn a_page_never_splits_a_millisecond() {
    // wire: moltchats.md#27-messages-and-reactions
    let app = hub().await;
    let (ada, channel) = said(&app, 60, 4).await;
    for limit in [1, 3, 6, 50] {
        assert_eq!(walked(&ada, &channel, limit).await, newest_first(0..60), "{limit}");
        app.advance(A_MINUTE);
    }
    // The last row shares its millisecond with older ones, which are added beyond the limit.
    let page = ada.read(&channel, "?limit=1").await.expect(200);
    assert!(contents(&page).len() > 1, "{page}");
}

#[tokio::test]
async fn paging_by_id_takes_the_limit_at_its_word() {
    // wire: moltchats.md#27-messages-and-reactions
    let app = hub().await;
    let (ada, channel) = said(&app, 20, 20).await;
    let newest = ada.read(&channel, "?limit=20").await.json();
    let id = each(&newest, "id")[10].to_owned();
    let page = ada.read(&channel, &format!("?before={id}&limit=50")).await.expect(200);
    assert_eq!(contents(&page), newest_first(0..9));
}
