//! For any time to live, and whatever the calendar does: a room is there strictly before its end, and gone from then
//! on, for everybody alike.

use std::{sync::Arc, time::Duration};

use proptest::{
    prelude::*,
    test_runner::{Config, TestRunner},
};
use tertulia_model::{TimeToLive, Timestamp, Visibility};

use super::hub::TestHub;
use crate::{Caller, Conversation, Ended, Error, Noun, Outlet, PageFrom};

/// A moment, in microseconds after a room's end.
type Moment = i64;

#[derive(Clone, Debug)]
struct Life {
    created_at: Timestamp,
    ttl: TimeToLive,
    visibility: Visibility,
    /// Where the calendar stands, one after the other, forwards or backwards; and whether the hub looks for ends then.
    moments: Vec<(Moment, bool)>,
    /// Whether memory lets go of the room between two of them.
    is_forgotten: bool,
}

fn lives() -> impl Strategy<Value = Life> {
    let near = -3_i64..=3;
    let week = 7 * 24 * 3_600 * 1_000_000_i64;
    let moment = prop_oneof![3 => near, 1 => -week..=week, 1 => Just(0), 1 => Just(-1)];
    let visibility = prop_oneof![Just(Visibility::Public), Just(Visibility::Private)];
    let moments = prop::collection::vec((moment, any::<bool>()), 1..8);
    (0..4_000_000_000_000_000_i64, 60..=604_800_i64, visibility, moments, any::<bool>()).prop_map(
        |(created_at, ttl, visibility, moments, is_forgotten)| Life {
            created_at: Timestamp::from_micros(created_at),
            ttl: TimeToLive::from_secs(ttl).unwrap(),
            visibility,
            moments,
            is_forgotten,
        },
    )
}

#[test]
fn a_room_is_there_before_its_end_and_gone_from_then_on_whatever_the_calendar_does() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (hub, ada) = runtime.block_on(async {
        let hub = TestHub::open().await;
        let ada = hub.join("ada").await;
        (hub, ada)
    });
    let mut runner = TestRunner::new(Config { failure_persistence: None, ..Config::with_cases(128) });

    let checked = runner.run(&lives(), |life| {
        runtime.block_on(live(&hub, &ada, &life));
        Ok(())
    });

    checked.unwrap();
    runtime.block_on(hub.close());
}

async fn live(hub: &TestHub, ada: &Caller, life: &Life) {
    hub.clock.set(life.created_at);
    let room = hub.room_for(ada, life.visibility, life.ttl).await;
    let ends_at = life.created_at + life.ttl.as_duration();
    let number = room.number;
    let mut room = Some(room);
    let mut has_ended = false;
    for (moment, looks) in &life.moments {
        let now = Timestamp::from_micros(ends_at.as_micros() + moment);
        hub.clock.set(now);
        if *looks {
            hub.chat.end_due_rooms().await.unwrap();
            hub.settle().await;
            // What memory has seen end does not come back while it is remembered.
            has_ended |= now >= ends_at;
        }
        let here = room.take().unwrap();
        is_seen(hub, ada, &here, now < ends_at && !has_ended).await;
        if !has_ended || now >= ends_at {
            is_listed(hub, ada, &here, now < ends_at).await;
        }
        let id = here.id;
        room = Some(here);
        if life.is_forgotten && !has_ended && now < ends_at {
            drop(room.take());
            hub.chat.0.conversations.forget(&[number]);
            room = Some(hub.chat.room(id).await.unwrap());
        }
    }
    hub.clock.set(ends_at);
    hub.chat.end_due_rooms().await.unwrap();
    while hub.chat.sweep_slice().await.unwrap().rows > 0 {}
    hub.settle().await;
    let gone = hub.store().room(room.unwrap().id).await.unwrap();
    assert_eq!(gone, None, "nothing is left of it");
}

/// Readers and writers find the room, or all of them do not.
async fn is_seen(hub: &TestHub, ada: &Caller, room: &Arc<Conversation>, is_there: bool) {
    let start = hub.chat.start(room, Some(ada), None).await;
    let follows = match &start {
        Ok(start) => hub.follow_from(room, Some(ada), start).await.map(|listener| listener.close(Ended::PlaceGone)),
        Err(_) => Err(Error::NotFound(Noun::Room)),
    };
    let answers = [
        hub.chat.room(room.id).await.map(drop),
        hub.chat.view_room(room, Some(ada)).map(drop),
        hub.chat.members(room, Some(ada), 5).await.map(drop),
        hub.chat.page(room, Some(ada), PageFrom::Newest, 5).await.map(drop),
        start.map(drop),
        follows,
        hub.chat.say(ada, room, "here").await.map(drop),
        hub.chat.join(ada, room).await,
        hub.chat.invite(ada, room, &[]).await.map(drop),
    ];
    for (what, answer) in answers.iter().enumerate() {
        match answer {
            Ok(()) => assert!(is_there, "{what} found it"),
            Err(error) => assert!(!is_there && matches!(error, Error::NotFound(Noun::Room)), "{what}: {error:?}"),
        }
    }
}

async fn is_listed(hub: &TestHub, ada: &Caller, room: &Conversation, is_there: bool) {
    for visibility in [None, room.room().map(|room| room.visibility)] {
        let (listed, total) = hub.chat.rooms(visibility, Some(ada), 5, 0).await.unwrap();
        let found = listed.iter().any(|view| view.id == room.id);
        assert_eq!((found, total), (is_there, u64::from(is_there)));
    }
}

#[tokio::test]
async fn a_room_outlives_a_restart_by_exactly_what_is_left_to_it() {
    let hub = TestHub::open().await;
    let ada = hub.join("ada").await;
    let room = hub.room_for(&ada, Visibility::Public, TimeToLive::SHORTEST).await;
    let (id, ends_at) = (room.id, room.room().unwrap().expires_at);
    drop(room);
    hub.clock.set(ends_at - Duration::from_micros(1));
    let hub = hub.crash().await;

    let room = hub.chat.room(id).await.unwrap();
    let listener = hub.follow(&room, None).await.unwrap();
    hub.clock.set(ends_at);

    assert!(matches!(hub.chat.room(id).await, Err(Error::NotFound(Noun::Room))));
    hub.chat.end_due_rooms().await.unwrap();
    hub.settle().await;
    assert_eq!(listener.take(), "expired|");
    let hub = hub.crash().await;
    assert!(matches!(hub.chat.room(id).await, Err(Error::NotFound(Noun::Room))));
    assert_eq!(hub.chat.rooms(None, None, 5, 0).await.unwrap().1, 0);
    hub.close().await;
}
