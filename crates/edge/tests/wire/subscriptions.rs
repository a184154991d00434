//! Subscriptions of one connection, which end without it.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use tertulia_core::{Ended, Flow, Frames};
use tertulia_edge::{AfterEnd, Place, Rest, Subscriptions, TooManySubscriptions, ws};

use crate::support::Hub;

/// Numbered places. When the last one is gone the connection ends; who may not listen any more is told.
#[derive(Debug)]
struct Numbered;

/// Counts how often something is held.
#[derive(Clone)]
struct Counted(Arc<AtomicUsize>);

impl Counted {
    fn one(count: &Arc<AtomicUsize>) -> Self {
        count.fetch_add(1, Ordering::Relaxed);
        Self(Arc::clone(count))
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Place for Numbered {
    type Id = u32;
    type Held = Arc<Counted>;

    fn ended(&self, place: &u32, why: Ended, rest: Rest) -> AfterEnd {
        match (why, rest) {
            (Ended::NoLongerAllowed, _) => AfterEnd::Say(ws::text(&format!("no more of {place}"))),
            (_, Rest::Some) => AfterEnd::GoOn,
            (_, Rest::None) => AfterEnd::Close,
        }
    }
}

fn news(text: &str) -> Frames {
    Frames::new(ws::text(text))
}

#[tokio::test]
async fn each_ends_without_the_others_and_lets_go_of_what_is_held_for_it() {
    let hub = Hub::start();
    let mut caller = hub.call().await;
    let count = Arc::new(AtomicUsize::new(0));
    let hold = || Arc::new(Counted::one(&count));
    let subscriptions = Subscriptions::new(hub.room.outlet(0), Numbered, 3);
    let one = subscriptions.begin(1, hold()).unwrap();
    let two = subscriptions.begin(2, hold()).unwrap();
    let two_again = subscriptions.begin(2, hold()).unwrap();
    let three = subscriptions.begin(3, hold()).unwrap();
    assert!(subscriptions.is_full());
    assert_eq!(subscriptions.begin(4, hold()).unwrap_err(), TooManySubscriptions);
    assert_eq!(count.load(Ordering::Relaxed), 3, "what stands instead of another holds instead of it");

    assert_eq!(two.push(&news("stale")), Flow::Closed);
    two.close(Ended::NoLongerAllowed);
    assert_eq!(two_again.push(&news("two")), Flow::Open);
    one.close(Ended::PlaceGone);
    one.close(Ended::NoLongerAllowed);
    three.close(Ended::NoLongerAllowed);
    assert_eq!((one.push(&news("late")), three.push(&news("late"))), (Flow::Closed, Flow::Closed));
    assert!(subscriptions.held(&1).is_none() && subscriptions.held(&2).is_some());
    assert_eq!([caller.text().await, caller.text().await], ["two", "no more of 3"]);

    assert!(subscriptions.end(&2) && !subscriptions.end(&2));
    assert!(!two_again.is_open());
    assert_eq!(count.load(Ordering::Relaxed), 0);
    drop(caller);
    hub.stop().await;
}

#[tokio::test]
async fn the_last_may_take_the_connection_with_it_and_nothing_outlives_the_connection() {
    let hub = Hub::start();
    let mut caller = hub.call().await;
    let count = Arc::new(AtomicUsize::new(0));
    let subscriptions = Subscriptions::new(hub.room.outlet(0), Numbered, 3);
    let one = subscriptions.begin(1, Arc::new(Counted::one(&count))).unwrap();
    one.close(Ended::PlaceGone);
    assert_eq!(caller.closed().await, (4404, "the room is gone".to_owned()));
    drop(caller);

    let two = subscriptions.begin(2, Arc::new(Counted::one(&count))).unwrap();
    drop(subscriptions);
    assert_eq!((two.is_open(), count.load(Ordering::Relaxed)), (false, 0));
    hub.stop().await;
}
