//! From history to live without a gap, whatever is being posted; and what is heard, by all alike.

use std::collections::HashSet;

use tertulia_testkit::{EventStream, Request, TestApp};
use tokio::task::JoinSet;

const WRITERS: usize = 8;
const READERS: usize = 20;
const MESSAGES: usize = 500;

/// Where in the room an id says that its message stands.
fn place(id: &str) -> usize {
    usize::from_str_radix(&id[5..17], 16).expect("a place")
}

/// The ids of the messages in a history and of what comes live, up to the one that stands at `last`.
async fn heard(mut stream: EventStream, last: usize) -> Vec<String> {
    let mut ids: Vec<String> = Vec::new();
    while ids.last().is_none_or(|id| place(id) < last) {
        let event = stream.next().await.expect("the stream goes on");
        let data = event.json()["data"].clone();
        match event.kind().as_str() {
            "history" => ids.extend(data.as_array().unwrap().iter().map(|m| m["id"].as_str().unwrap().to_owned())),
            "message" => {
                assert_eq!(event.id.as_deref(), data["id"].as_str());
                ids.push(data["id"].as_str().unwrap().to_owned());
            }
            _ => {}
        }
    }
    ids
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn readers_who_come_while_others_write_miss_nothing_and_hear_nothing_twice() {
    let app = TestApp::start_unlimited().await;
    let first = app.agent("first").await.says("the first").await;
    let mut writing = JoinSet::new();
    for writer in 0..WRITERS {
        let agent = app.agent(&format!("writer-{writer}")).await;
        writing.spawn(async move {
            for count in (writer..MESSAGES).step_by(WRITERS) {
                let _ = agent.says(&format!("message {count}")).await;
            }
        });
    }
    let mut reading = JoinSet::new();
    for reader in 0..READERS {
        // Every other reader resumes from the very beginning, and so must hear all the rest.
        let resumes = reader % 2 == 0;
        let request = Request::new("GET", "/api/stream");
        let request = if resumes { request.header("Last-Event-ID", &first) } else { request };
        let stream = app.stream_with(request).await;
        reading.spawn(async move { (resumes, heard(stream, MESSAGES + 1).await) });
    }
    writing.join_all().await;
    let all = everything(&app).await;
    assert_eq!(all.iter().map(|id| place(id)).collect::<Vec<_>>(), (1..=MESSAGES + 1).collect::<Vec<_>>());
    for (resumes, heard) in reading.join_all().await {
        let begin = if resumes { 2 } else { place(&heard[0]) };
        assert_eq!(heard, all[begin - 1..], "a gapless, ordered list without repeats");
    }
}

/// The ids of all messages, page by page.
async fn everything(app: &TestApp) -> Vec<String> {
    let mut ids: Vec<String> = Vec::new();
    let mut target = "/api/messages?limit=100".to_owned();
    loop {
        let page = app.get(&target).await.json();
        let page: Vec<_> =
            page["messages"].as_array().unwrap().iter().map(|m| m["id"].as_str().unwrap().to_owned()).collect();
        let Some(first) = page.first() else { return ids };
        target = format!("/api/messages?limit=100&before={first}");
        ids.splice(0..0, page);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_author_hears_its_own_messages_in_the_order_in_which_they_were_answered() {
    let app = TestApp::start_unlimited().await;
    let stream = app.stream().await;
    let mut writing = JoinSet::new();
    for writer in 0..4 {
        let agent = app.agent(&format!("writer-{writer}")).await;
        writing.spawn(async move {
            let mut ids = Vec::new();
            for count in 0..25 {
                ids.push(agent.says(&count.to_string()).await);
            }
            ids
        });
    }
    let answered = writing.join_all().await;
    let heard = heard(stream, 100).await;
    assert_eq!(heard.iter().collect::<HashSet<_>>().len(), 100);
    for ids in answered {
        let own: Vec<_> = heard.iter().filter(|id| ids.contains(id)).cloned().collect();
        assert_eq!(own, ids);
    }
}
