//! Pages that are read backwards by moments of a millisecond.

use std::time::Duration;

use super::hub::TestHub;
use crate::{Before, Caller, Error, Noun};
use tertulia_model::{MessageId, Timestamp};

/// What the page shows, by place.
async fn page(hub: &TestHub, reader: &Caller, before: Before, limit: usize) -> Vec<u64> {
    let page = hub.chat.page_back(hub.chat.lobby(), Some(reader), before, limit).await.unwrap();
    page.iter().map(|posted| posted.seq.0).collect()
}

/// The moment of a message as it is shown: in milliseconds.
async fn shown(hub: &TestHub, seq: u64) -> Timestamp {
    let posted = hub.chat.message_in(hub.chat.lobby(), tertulia_model::Seq(seq)).await.unwrap().unwrap();
    Timestamp::from_micros(posted.created_at.as_millis() * 1_000)
}

/// Says things in bursts that share a millisecond each.
async fn say_in_bursts(hub: &TestHub, author: &Caller, bursts: &[usize]) {
    for burst in bursts {
        hub.clock.advance(Duration::from_millis(2));
        for answer in hub.say(author, *burst).await {
            answer.unwrap();
        }
    }
}

#[tokio::test]
async fn paging_by_moments_shows_everything_once_whatever_the_limit() {
    let hub = TestHub::open().await;
    let ada = hub.join("ada").await;
    say_in_bursts(&hub, &ada, &[3, 1, 70, 2, 5, 1, 300, 4]).await;
    for limit in [1, 2, 3, 7, 50, 100] {
        let (mut seen, mut before) = (Vec::new(), Before::Nothing);
        loop {
            let next = page(&hub, &ada, before, limit).await;
            let Some(last) = next.last().copied() else { break };
            assert!(next.len() >= limit || last == 1, "a page is full until the beginning");
            seen.extend(next);
            before = Before::Moment(shown(&hub, last).await);
        }
        let everything: Vec<_> = (1..=386).rev().collect();
        assert_eq!(seen, everything, "{limit} at a time");
    }
    hub.close().await;
}

#[tokio::test]
async fn a_moment_between_two_milliseconds_belongs_to_the_first() {
    let hub = TestHub::open().await;
    let ada = hub.join("ada").await;
    say_in_bursts(&hub, &ada, &[2, 2]).await;
    let second = shown(&hub, 3).await;
    assert_eq!(page(&hub, &ada, Before::Moment(second), 10).await, [2, 1]);
    assert_eq!(page(&hub, &ada, Before::Moment(second + Duration::from_micros(1)), 10).await, [4, 3, 2, 1]);
    assert_eq!(page(&hub, &ada, Before::Moment(Timestamp::from_micros(0)), 10).await, [0_u64; 0]);
    hub.close().await;
}

#[tokio::test]
async fn a_message_is_a_place_too_unless_it_is_elsewhere() {
    let hub = TestHub::open().await;
    let ada = hub.join("ada").await;
    say_in_bursts(&hub, &ada, &[1, 1, 1]).await;
    let third = hub.chat.message_in(hub.chat.lobby(), tertulia_model::Seq(3)).await.unwrap().unwrap();
    assert_eq!(page(&hub, &ada, Before::Message(third.id), 1).await, [2]);
    let room = hub.room(&ada, tertulia_model::Visibility::Public, &[]).await;
    let elsewhere = hub.chat.say(&ada, &room, "here").await.unwrap().0.id;
    for id in [elsewhere, MessageId::from_uuid(hub.chat.hub().hub_id)] {
        let refused = hub.chat.page_back(hub.chat.lobby(), Some(&ada), Before::Message(id), 1).await;
        assert!(matches!(refused, Err(Error::NotFound(Noun::Message))));
    }
    hub.close().await;
}

#[tokio::test]
async fn removed_messages_are_left_out() {
    let hub = TestHub::open().await;
    let ada = hub.join("ada").await;
    say_in_bursts(&hub, &ada, &[3, 3]).await;
    let fifth = hub.chat.message_in(hub.chat.lobby(), tertulia_model::Seq(5)).await.unwrap().unwrap();
    hub.chat.remove_message(fifth.id).await.unwrap();
    assert_eq!(page(&hub, &ada, Before::Nothing, 2).await, [6, 4]);
    hub.close().await;
}
