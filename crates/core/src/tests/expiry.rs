//! The moment in which a room is over.

use std::{sync::Arc, time::Duration};

use tertulia_model::{TimeToLive, Timestamp, Visibility};
use tertulia_store::StoreError;

use super::{
    hub::TestHub,
    store::{Fault, broken},
};
use crate::{Conversation, Ended, Error, Noun};

const MICROSECOND: Duration = Duration::from_micros(1);

impl TestHub {
    /// The last moment in which the room is there.
    pub(super) fn go_to_the_last_moment_of(&self, room: &Conversation) {
        self.clock.set(ends_at(room) - MICROSECOND);
    }

    pub(super) fn go_to_the_end_of(&self, room: &Conversation) {
        self.clock.set(ends_at(room));
    }
}

fn ends_at(room: &Conversation) -> Timestamp {
    room.room().unwrap().expires_at
}

fn is_gone<T>(answer: Result<T, Error>) -> bool {
    answer.is_err_and(|refused| matches!(refused, Error::NotFound(Noun::Room)))
}

#[tokio::test]
async fn what_is_said_in_the_last_moment_is_heard_before_the_end_and_nothing_after_it() {
    let hub = TestHub::open().await;
    let ada = hub.join("ada").await;
    let room = hub.room(&ada, Visibility::Public, &[]).await;
    let listener = hub.follow(&room, None).await.unwrap();

    hub.go_to_the_last_moment_of(&room);
    hub.chat.end_due_rooms().await.unwrap();
    hub.chat.say(&ada, &room, "still here").await.unwrap();
    hub.go_to_the_end_of(&room);
    assert!(is_gone(hub.chat.say(&ada, &room, "too late").await), "also before anybody has said that it is over");
    hub.chat.end_due_rooms().await.unwrap();

    hub.settle().await;
    assert_eq!((listener.take().as_str(), listener.ended()), ("ada: still here|expired|", Some(Ended::PlaceGone)));
    hub.close().await;
}

/// A message that was let in just before the end, and comes to its turn just after it.
#[tokio::test]
async fn the_writer_looks_at_the_time_once_more() {
    let hub = TestHub::open().await;
    let ada = hub.join("ada").await;
    let room = hub.room(&ada, Visibility::Public, &[]).await;
    let listener = hub.follow(&room, None).await.unwrap();
    hub.go_to_the_last_moment_of(&room);

    let (said, joined, ()) = tokio::join!(hub.chat.say(&ada, &room, "too late"), hub.chat.join(&ada, &room), async {
        hub.go_to_the_end_of(&room);
    });

    assert!(is_gone(said) && is_gone(joined));
    hub.chat.end_due_rooms().await.unwrap();
    hub.settle().await;
    assert_eq!(listener.take(), "expired|");
    hub.close().await;
}

#[tokio::test]
async fn the_end_is_told_once_and_not_where_the_room_was_destroyed() {
    let hub = TestHub::open().await;
    let ada = hub.join("ada").await;
    let rooms = [hub.room(&ada, Visibility::Public, &[]).await, hub.room(&ada, Visibility::Private, &[]).await];
    let listeners = [hub.follow(&rooms[0], None).await.unwrap(), hub.follow(&rooms[1], Some(&ada)).await.unwrap()];
    hub.chat.destroy_room(&ada, &rooms[0]).await.unwrap();

    hub.go_to_the_end_of(&rooms[0]);
    for _ in 0..2 {
        hub.chat.end_due_rooms().await.unwrap();
        hub.chat.sweep_slice().await.unwrap();
    }

    hub.settle().await;
    assert_eq!(listeners.each_ref().map(|listener| listener.take()), ["destroyed|", "expired|"]);
    hub.close().await;
}

/// Once found: where the rows were deleted before those who listen had been told, they never were, and their streams
/// stayed open.
#[tokio::test]
async fn the_end_is_told_also_when_the_sweep_comes_first() {
    let hub = TestHub::open().await;
    let ada = hub.join("ada").await;
    let room = hub.room(&ada, Visibility::Public, &[]).await;
    let listener = hub.follow(&room, None).await.unwrap();
    hub.go_to_the_end_of(&room);

    let swept = hub.chat.sweep_slice().await.unwrap();

    assert_eq!(swept.rooms, [room.number]);
    hub.settle().await;
    assert_eq!((listener.take().as_str(), listener.ended()), ("expired|", Some(Ended::PlaceGone)));
    hub.chat.end_due_rooms().await.unwrap();
    hub.settle().await;
    assert_eq!(listener.take(), "");
    hub.close().await;
}

/// Once found: an end that came while the store failed was never told, although nothing is written for it.
#[tokio::test]
async fn the_end_is_told_also_while_the_store_fails() {
    let hub = TestHub::open().await;
    let ada = hub.join("ada").await;
    let room = hub.room(&ada, Visibility::Public, &[]).await;
    let listener = hub.follow(&room, None).await.unwrap();
    hub.store.fail("commit", Fault::FailsAfterwards);
    for _ in 0..4 {
        hub.store.fail("locate", Fault::Refuses(broken()));
    }
    assert!(hub.say(&ada, 1).await[0].is_err(), "the batch is in doubt");

    hub.go_to_the_end_of(&room);
    hub.chat.end_due_rooms().await.unwrap();

    hub.settle().await;
    assert_eq!((listener.take().as_str(), listener.ended()), ("expired|", Some(Ended::PlaceGone)));
    hub.close().await;
}

#[tokio::test]
async fn the_end_does_not_wait_for_a_commit() {
    let hub = TestHub::open().await;
    let ada = hub.join("ada").await;
    let mut rooms: Vec<Arc<Conversation>> = Vec::new();
    let mut listeners = Vec::new();
    for _ in 0..5 {
        rooms.push(hub.room(&ada, Visibility::Public, &[]).await);
        listeners.push(hub.follow(rooms.last().unwrap(), None).await.unwrap());
    }
    hub.store.fail("commit", Fault::Refuses(StoreError::Full));
    hub.go_to_the_end_of(&rooms[0]);

    // All of them in one step of the writer, beside a batch that fails.
    let (said, ended) = tokio::join!(hub.say(&ada, 1), hub.chat.end_due_rooms());

    assert!(said[0].is_err());
    ended.unwrap();
    hub.settle().await;
    assert!(listeners.iter().all(|listener| listener.take() == "expired|"));
    hub.close().await;
}

#[tokio::test]
async fn what_is_over_does_not_come_back_when_the_clock_is_set_back() {
    let hub = TestHub::open().await;
    let ada = hub.join("ada").await;
    let (expired, destroyed) =
        (hub.room(&ada, Visibility::Public, &[]).await, hub.room(&ada, Visibility::Public, &[]).await);
    hub.chat.destroy_room(&ada, &destroyed).await.unwrap();
    hub.go_to_the_end_of(&expired);
    hub.chat.end_due_rooms().await.unwrap();
    hub.settle().await;

    hub.clock.set(ends_at(&expired) - 2 * TimeToLive::DEFAULT.as_duration());

    for room in [&expired, &destroyed] {
        assert!(is_gone(hub.chat.room(room.id).await) && is_gone(hub.chat.say(&ada, room, "hello?").await));
        assert!(is_gone(hub.chat.view_room(room, Some(&ada))));
    }
    hub.close().await;
}

/// Once found: a room that was destroyed stood on the list again after the clock had been set back, and could be read
/// again once memory had let go of it.
#[tokio::test]
async fn what_was_destroyed_stays_so_whatever_the_clock_says_later() {
    let hub = TestHub::open().await;
    let ada = hub.join("ada").await;
    let room = hub.room(&ada, Visibility::Public, &[]).await;
    hub.chat.destroy_room(&ada, &room).await.unwrap();
    let (id, created_at) = (room.id, room.room().unwrap().created_at);
    drop(room);

    hub.clock.set(created_at - Duration::from_hours(1));
    let hub = hub.restart().await;

    assert_eq!(hub.chat.rooms(None, None, 10, 0).await.unwrap().1, 0);
    assert!(hub.chat.rooms(None, None, 10, 0).await.unwrap().0.is_empty());
    assert!(is_gone(hub.chat.room(id).await));
    hub.close().await;
}
