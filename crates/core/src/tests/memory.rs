//! What memory holds of conversations, and what it lets go of.

use std::sync::Arc;

use tertulia_model::{ConversationId, Visibility};
use tertulia_store::Slice;

use super::hub::TestHub;
use crate::{
    Caller, Conversation, Ended, Outlet, PageFrom,
    conversation::TAIL_MESSAGES,
    conversations::{MOST, MOST_WEIGHT},
};

impl TestHub {
    async fn rooms(&self, creator: &Caller, count: usize) -> Vec<ConversationId> {
        let mut rooms = Vec::new();
        for _ in 0..count {
            rooms.push(self.room(creator, Visibility::Public, &[]).await.id);
        }
        rooms
    }

    async fn find(&self, id: ConversationId) -> Arc<Conversation> {
        self.chat.room(id).await.unwrap()
    }

    fn in_memory(&self) -> (usize, usize) {
        self.chat.0.conversations.in_memory()
    }
}

#[tokio::test]
async fn nothing_is_lost_when_memory_lets_go_of_a_room() {
    let hub = TestHub::open().await;
    let (ada, bob, cyd) = (hub.join("ada").await, hub.join("bob").await, hub.join("cyd").await);
    let rooms = hub.rooms(&ada, 5 * MOST).await;
    assert!(hub.in_memory().0 <= MOST, "{:?}", hub.in_memory());

    for round in 1..=3 {
        for id in &rooms {
            let room = hub.find(*id).await;
            let (said, joined) = tokio::join!(hub.chat.say(&bob, &room, "here"), hub.chat.join(&cyd, &room));
            assert_eq!(said.unwrap().0.seq.0, round);
            joined.unwrap();
            hub.chat.leave_room(&cyd, &room).await.unwrap();
            hub.is_as_stored(&room).await;
            assert_eq!((room.room().unwrap().members(), room.count()), (2, round));
        }
        assert!(hub.in_memory().0 <= MOST, "{:?}", hub.in_memory());
    }
    hub.close().await;
}

#[tokio::test]
async fn what_is_referred_to_stays_however_much_there_is_and_is_there_once() {
    let hub = TestHub::open().await;
    let ada = hub.join("ada").await;
    let mut held = Vec::new();
    for _ in 0..2 * MOST {
        held.push(hub.room(&ada, Visibility::Public, &[]).await);
    }
    let others = hub.rooms(&ada, 3 * MOST).await;

    for (room, other) in held.iter().zip(&others) {
        assert!(Arc::ptr_eq(room, &hub.find(room.id).await));
        hub.find(*other).await;
    }
    assert!(hub.in_memory().0 <= 3 * MOST, "{:?}", hub.in_memory());
    drop(held);
    hub.rooms(&ada, 4 * MOST).await;
    assert!(hub.in_memory().0 <= MOST, "{:?}", hub.in_memory());
    hub.close().await;
}

#[tokio::test]
async fn who_listens_keeps_the_room_in_memory() {
    let hub = TestHub::open().await;
    let ada = hub.join("ada").await;
    let [id] = hub.rooms(&ada, 1).await[..] else { unreachable!() };
    let listener = hub.follow(&hub.find(id).await, None).await.unwrap();
    hub.rooms(&ada, 5 * MOST).await;

    hub.chat.say(&ada, &hub.find(id).await, "still there?").await.unwrap();

    hub.settle().await;
    assert_eq!(listener.take(), "ada: still there?|");
    let end = hub.find(id).await.room().unwrap().expires_at;
    hub.clock.set(end);
    hub.chat.end_due_rooms().await.unwrap();
    hub.settle().await;
    assert_eq!(listener.take(), "expired|");
    hub.close().await;
}

/// What was read before a room was let go of may be out of date: it is read once more.
#[tokio::test]
async fn a_room_that_changes_while_it_is_read_is_read_again() {
    let hub = TestHub::open().await;
    let (ada, bob) = (hub.join("ada").await, hub.join("bob").await);
    let rooms = hub.rooms(&ada, 3 * MOST).await;
    let id = rooms[0];
    let (has_come, go_on) = hub.store.pause_after("whole_room");
    let meanwhile = async {
        has_come.await.unwrap();
        let others = hub.find(id).await;
        hub.chat.say(&bob, &others, "joining").await.unwrap();
        drop(others);
        for other in &rooms[1..] {
            hub.find(*other).await;
        }
        assert!(!hub.chat.0.conversations.holds(id), "it was let go of");
        go_on.send(()).unwrap();
    };

    let (room, ()) = tokio::join!(hub.find(id), meanwhile);

    assert_eq!(room.end().0, 1);
    hub.is_as_stored(&room).await;
    hub.close().await;
}

#[tokio::test]
async fn who_reads_a_room_at_the_same_moment_gets_the_same() {
    let hub = TestHub::open().await;
    let (ada, bob) = (hub.join("ada").await, hub.join("bob").await);
    let id = hub.rooms(&ada, 3 * MOST).await[0];
    let (has_come, go_on) = hub.store.pause_after("whole_room");
    let meanwhile = async {
        has_come.await.unwrap();
        let room = hub.find(id).await;
        hub.chat.join(&bob, &room).await.unwrap();
        go_on.send(()).unwrap();
        room
    };

    let (late, early) = tokio::join!(hub.find(id), meanwhile);

    assert!(Arc::ptr_eq(&late, &early));
    hub.is_as_stored(&late).await;
    hub.close().await;
}

/// Once found: as long as no other room was read, nobody looked at how much memory messages take.
#[tokio::test]
async fn the_messages_of_all_rooms_together_have_a_bound_also_where_rooms_are_few() {
    let hub = TestHub::open().await;
    let ada = hub.join("ada").await;
    let rooms = hub.rooms(&ada, 4).await;
    let listener = hub.follow(&hub.find(rooms[0]).await, None).await.unwrap();

    for number in 0..3 * TAIL_MESSAGES {
        let room = hub.find(rooms[number % rooms.len()]).await;
        hub.chat.say(&ada, &room, &number.to_string()).await.unwrap();
        assert!(hub.in_memory().1 <= MOST_WEIGHT + 2 * 1_024, "{:?}", hub.in_memory());
    }

    for id in &rooms {
        let room = hub.find(*id).await;
        let stored = hub.store().read(room.number, Slice::Newest, 100).await.unwrap();
        let page = hub.chat.page(&room, None, PageFrom::Newest, 100).await.unwrap().messages;
        assert!(page.iter().map(|posted| posted.id).eq(stored.iter().map(|record| record.id)));
    }
    hub.settle().await;
    assert_eq!(listener.take().split_terminator('|').count(), 3 * TAIL_MESSAGES / rooms.len());
    drop(rooms);
    hub.close().await;
}

#[tokio::test]
async fn what_messages_weigh_goes_with_their_room() {
    let hub = TestHub::open().await;
    let ada = hub.join("ada").await;
    for _ in 0..3 {
        let room = hub.room(&ada, Visibility::Public, &[]).await;
        for _ in 0..10 {
            hub.chat.say(&ada, &room, "weight").await.unwrap();
        }
    }
    assert!(hub.in_memory().1 > 30 * 1_024);

    let room = hub.room(&ada, Visibility::Public, &[]).await;
    hub.go_to_the_end_of(&room);
    hub.chat.end_due_rooms().await.unwrap();
    while hub.chat.sweep_slice().await.unwrap().rows > 0 {}
    hub.settle().await;
    drop(room);

    assert_eq!(hub.in_memory(), (0, 0));
    hub.close().await;
}

/// Once found: whoever had listened to a silent room, and gone, kept it in memory until it ended.
#[tokio::test]
async fn who_has_gone_keeps_no_room_in_memory() {
    let hub = TestHub::open().await;
    let ada = hub.join("ada").await;
    for id in hub.rooms(&ada, 10 * MOST).await {
        let listener = hub.follow(&hub.find(id).await, None).await.unwrap();
        listener.close(Ended::PlaceGone);
    }

    assert!(hub.in_memory().0 <= 2 * MOST, "{:?}", hub.in_memory());
    hub.close().await;
}

/// Once found: a message that was removed while its room was being read counted on.
#[tokio::test]
async fn a_removal_that_comes_while_a_room_is_read_counts() {
    let hub = TestHub::open().await;
    let ada = hub.join("ada").await;
    let id = hub.rooms(&ada, 1).await[0];
    let room = hub.find(id).await;
    let [first, _] =
        [hub.chat.say(&ada, &room, "one").await, hub.chat.say(&ada, &room, "two").await].map(Result::unwrap);
    drop(room);
    hub.rooms(&ada, 3 * MOST).await;
    let (has_come, go_on) = hub.store.pause_after("whole_room");
    let meanwhile = async {
        has_come.await.unwrap();
        assert!(hub.chat.remove_message(first.0.id).await.unwrap());
        go_on.send(()).unwrap();
    };

    let (room, ()) = tokio::join!(hub.find(id), meanwhile);

    assert_eq!(room.count(), 1);
    assert!(
        hub.chat
            .remove_message(hub.chat.page(&room, None, PageFrom::Newest, 5).await.unwrap().messages[0].id)
            .await
            .unwrap()
    );
    assert_eq!(room.count(), 0);
    hub.is_as_stored(&room).await;
    hub.close().await;
}

#[tokio::test]
async fn the_longest_unused_rooms_are_let_go_of_first() {
    let hub = TestHub::open().await;
    let ada = hub.join("ada").await;
    let rooms = hub.rooms(&ada, 10 * MOST).await;
    let (favourite, others) = rooms.split_first().unwrap();
    let room = hub.find(*favourite).await;
    hub.chat.say(&ada, &room, "in memory").await.unwrap();
    drop(room);
    let read = hub.store.calls("whole_room");

    for other in others {
        hub.find(*other).await;
        hub.find(*favourite).await;
    }

    assert!(hub.store.calls("whole_room") - read <= others.len(), "the favourite was never read anew");
    assert!(hub.find(*favourite).await.newest(1).is_some(), "nor lost its messages");
    hub.close().await;
}
