//! The writer when the store fails.

use tertulia_model::{AgentState, ConversationId, ConversationNo, Seq};
use tertulia_store::{LogEnd, StoreError};

use super::{
    hub::TestHub,
    store::{Fault, broken},
};
use crate::{
    Error,
    conversation::{Conversation, Kind},
    notice::Event,
};

fn places(hub: &TestHub) -> Vec<u64> {
    let (tail, _) = hub.chat.0.lobby.since(Seq::START).unwrap();
    tail.iter().map(|posted| posted.seq.0).collect()
}

#[tokio::test]
async fn a_full_store_refuses_a_batch_at_once() {
    let hub = TestHub::open().await;
    let ada = hub.join("ada").await;
    hub.store.fail("commit", Fault::Refuses(StoreError::Full));

    let answers = hub.say(&ada, 5).await;

    assert!(answers.iter().all(|answer| matches!(answer, Err(Error::Store(StoreError::Full)))));
    assert_eq!(hub.store.calls("commit"), 1);
    assert_eq!(hub.chat.metrics().commit_failures.get(), 1);
    assert!(hub.say(&ada, 1).await[0].is_ok());
    assert_eq!(places(&hub), [1]);
    hub.close().await;
}

#[tokio::test]
async fn a_batch_that_fails_is_written_one_by_one() {
    let hub = TestHub::open().await;
    let ada = hub.join("ada").await;
    hub.store.fail("commit", Fault::Refuses(broken()));
    hub.store.fail("commit", Fault::Refuses(broken()));

    let answers = hub.say(&ada, 3).await;

    assert_eq!(answers.iter().filter(|answer| answer.is_err()).count(), 1);
    assert_eq!(places(&hub), [1, 2]);
    hub.close().await;
}

#[tokio::test]
async fn a_store_that_gets_full_midway_refuses_the_rest() {
    let hub = TestHub::open().await;
    let ada = hub.join("ada").await;
    hub.store.fail("commit", Fault::Refuses(broken()));
    hub.store.fail("commit", Fault::Refuses(StoreError::Full));

    let answers = hub.say(&ada, 4).await;

    assert!(answers.iter().all(|answer| matches!(answer, Err(Error::Store(StoreError::Full)))));
    assert_eq!(hub.store.calls("commit"), 2);
    hub.close().await;
}

/// Once found: a driver that failed after the commit made every message of the batch appear twice.
#[tokio::test]
async fn a_commit_that_only_seemed_to_fail_is_not_repeated() {
    let hub = TestHub::open().await;
    let ada = hub.join("ada").await;
    hub.store.fail("commit", Fault::FailsAfterwards);

    let answers = hub.say(&ada, 3).await;

    assert!(answers.iter().all(Result::is_ok));
    assert_eq!(hub.store.calls("commit"), 1);
    assert_eq!(places(&hub), [1, 2, 3]);
    assert_eq!(hub.chat.0.store.log_end(hub.chat.0.lobby.number).await.unwrap().last_seq, Seq(3));
    hub.close().await;
}

/// The senders are told that it failed, but who listens misses nothing and hears nothing twice.
#[tokio::test]
async fn a_batch_in_doubt_is_told_when_the_store_answers_again() {
    let hub = TestHub::open().await;
    let ada = hub.join("ada").await;
    let listener = hub.follow(hub.chat.lobby(), None).await.unwrap();
    hub.store.fail("commit", Fault::FailsAfterwards);
    hub.store.fail("locate", Fault::Refuses(broken()));

    assert!(hub.say(&ada, 2).await.iter().all(Result::is_err));
    let next = hub.say(&ada, 1).await.pop().unwrap().unwrap();

    assert_eq!(next.seq, Seq(3));
    assert_eq!(places(&hub), [1, 2, 3]);
    hub.settle().await;
    assert_eq!(listener.take(), "ada: a message|ada: a message|ada: a message|");
    hub.close().await;
}

#[tokio::test]
async fn a_tail_never_has_a_hole() {
    let hub = TestHub::open().await;
    let ada = hub.join("ada").await;
    let posts: Vec<_> = hub.say(&ada, 4).await.into_iter().map(Result::unwrap).collect();
    let id = ConversationId::from_uuid(tertulia_model::random_uuid([1; 16]));
    let conversation = Conversation::new(
        ConversationNo(1),
        id,
        Kind::Lobby,
        LogEnd::default(),
        Vec::new(),
        &std::sync::Arc::default(),
    );

    let events: Vec<_> = posts.iter().cloned().map(Event::Posted).collect();
    conversation.extend(&events[..2]);
    conversation.extend(&events[3..]);

    assert_eq!(conversation.end(), Seq(4));
    assert!(conversation.since(Seq(2)).is_none() && conversation.at(Seq(2)).is_none());
    assert_eq!(conversation.at(Seq(4)).unwrap().id, posts[3].id);
    hub.close().await;
}

#[tokio::test]
async fn a_suspended_author_leaves_the_batch_and_the_others_stay() {
    let hub = TestHub::open().await;
    let (ada, eve) = (hub.join("ada").await, hub.join("eve").await);

    // All three are polled before the writer is: the suspension comes between the check and the commit.
    let (before, others, ()) =
        tokio::join!(hub.chat.say(&eve, hub.chat.lobby(), "too late"), hub.say(&ada, 2), async {
            eve.agent.set_state(AgentState::Suspended);
        });

    assert!(matches!(before, Err(Error::Suspended)));
    assert!(others.iter().all(Result::is_ok));
    assert_eq!(places(&hub), [1, 2], "no hole where the refused one would have been");
    hub.close().await;
}

#[tokio::test]
async fn what_was_queued_is_written_before_the_hub_stops_and_nothing_after() {
    let hub = TestHub::open().await;
    let (ada, chat) = (hub.join("ada").await, hub.chat.clone());

    let (said, ()) = tokio::join!(chat.say(&ada, chat.lobby(), "queued"), hub.close());

    assert!(said.is_ok());
    assert!(matches!(chat.say(&ada, chat.lobby(), "too late").await, Err(Error::Stopping)));
}
