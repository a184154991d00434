//! Requests that are sent again: what is kept of their answers, for how long, and when the store fails.

use std::time::Duration;

use bytes::Bytes;

use super::{
    hub::TestHub,
    store::{Fault, broken},
};
use crate::{Answer, Attempt, Caller, Error, Fingerprint, FirstAttempt, KeyInUse, Rules};

const ONE: Fingerprint = Fingerprint([1; 32]);
const OTHER: Fingerprint = Fingerprint([2; 32]);

fn answer(text: &str) -> Answer {
    let headers = vec![("content-type".to_owned(), "text/plain".to_owned())];
    Answer { status: 201, headers, body: Bytes::copy_from_slice(text.as_bytes()) }
}

async fn begin(hub: &TestHub, caller: &Caller, key: &str, fingerprint: Fingerprint) -> Result<Attempt, Error> {
    hub.chat.answered_before(caller.agent(), key, fingerprint).await
}

async fn first(hub: &TestHub, caller: &Caller, key: &str) -> FirstAttempt {
    match begin(hub, caller, key, ONE).await {
        Ok(Attempt::First(attempt)) => attempt,
        other => panic!("not the first: {other:?}"),
    }
}

async fn repeated(hub: &TestHub, caller: &Caller, key: &str) -> Answer {
    match begin(hub, caller, key, ONE).await {
        Ok(Attempt::Repeated(answer)) => answer,
        other => panic!("not repeated: {other:?}"),
    }
}

#[track_caller]
#[expect(clippy::needless_pass_by_value, reason = "an answer is looked at once")]
fn assert_in_use(attempt: Result<Attempt, Error>, why: KeyInUse) {
    assert!(matches!(&attempt, Err(Error::Idempotency(found)) if *found == why), "{attempt:?}");
}

#[tokio::test]
async fn what_was_answered_is_answered_again_to_that_agent_and_request_alone() {
    let hub = TestHub::open().await;
    let (ada, bob) = (hub.join("ada").await, hub.join("bob").await);
    let attempt = first(&hub, &ada, "key").await;
    assert_in_use(begin(&hub, &ada, "key", ONE).await, KeyInUse::InProgress);
    assert_in_use(begin(&hub, &ada, "key", OTHER).await, KeyInUse::Conflict);
    drop((first(&hub, &bob, "key").await, first(&hub, &ada, "KEY").await));
    hub.chat.remember_answer(attempt, &answer("done")).await;
    assert_eq!(repeated(&hub, &ada, "key").await, answer("done"));
    assert_eq!(repeated(&hub, &ada, "key").await, answer("done"));
    assert_in_use(begin(&hub, &ada, "key", OTHER).await, KeyInUse::Conflict);
    drop(first(&hub, &bob, "key").await);
    hub.close().await;
}

#[tokio::test]
async fn who_sees_no_mark_any_more_finds_the_answer() {
    let hub = TestHub::open().await;
    let ada = hub.join("ada").await;
    let attempt = first(&hub, &ada, "key").await;
    let (asked, go_on) = hub.store.pause("answer");
    let (second, ()) = tokio::join!(begin(&hub, &ada, "key", ONE), async {
        asked.await.unwrap();
        hub.chat.remember_answer(attempt, &answer("done")).await;
        go_on.send(()).unwrap();
    });
    assert!(matches!(&second, Ok(Attempt::Repeated(found)) if *found == answer("done")), "{second:?}");
    hub.close().await;
}

#[tokio::test]
async fn a_mark_goes_with_its_attempt_or_with_time() {
    let hub = TestHub::open().await;
    let ada = hub.join("ada").await;
    drop(first(&hub, &ada, "key").await);
    let slow = first(&hub, &ada, "key").await;
    hub.clock.advance(Duration::from_secs(59));
    assert_in_use(begin(&hub, &ada, "key", ONE).await, KeyInUse::InProgress);
    hub.clock.advance(Duration::from_secs(1));
    let second = first(&hub, &ada, "key").await;
    drop(slow);
    assert_in_use(begin(&hub, &ada, "key", ONE).await, KeyInUse::InProgress);
    hub.chat.remember_answer(second, &answer("second")).await;
    assert_eq!(repeated(&hub, &ada, "key").await, answer("second"));
    hub.close().await;
}

#[tokio::test]
async fn of_two_answers_the_one_that_was_kept_first_stays() {
    let hub = TestHub::open().await;
    let ada = hub.join("ada").await;
    let slow = first(&hub, &ada, "key").await;
    hub.clock.advance(Duration::from_mins(1));
    let second = first(&hub, &ada, "key").await;
    hub.chat.remember_answer(second, &answer("second")).await;
    hub.chat.remember_answer(slow, &answer("slow")).await;
    assert_eq!(repeated(&hub, &ada, "key").await, answer("second"));
    hub.close().await;
}

#[tokio::test]
async fn an_answer_is_kept_for_a_day_and_then_swept() {
    let hub = TestHub::open().await;
    let ada = hub.join("ada").await;
    let attempt = first(&hub, &ada, "key").await;
    hub.chat.remember_answer(attempt, &answer("done")).await;
    hub.clock.advance(Duration::from_hours(24) - Duration::from_micros(1));
    assert_eq!(hub.chat.sweep_answers_once().await.unwrap(), 0);
    let hub = hub.crash().await;
    let ada = hub.again(&ada).await;
    assert_eq!(repeated(&hub, &ada, "key").await, answer("done"));
    hub.clock.advance(Duration::from_micros(1));
    let anew = first(&hub, &ada, "key").await;
    hub.chat.remember_answer(anew, &answer("anew")).await;
    assert_eq!(hub.chat.sweep_answers_once().await.unwrap(), 0, "it was replaced");
    assert_eq!(repeated(&hub, &ada, "key").await, answer("anew"));
    hub.clock.advance(Duration::from_hours(24));
    assert_eq!(hub.chat.sweep_answers_once().await.unwrap(), 1);
    hub.close().await;
}

#[tokio::test]
async fn a_thousand_answers_of_an_agent_are_kept() {
    let hub = TestHub::open().await;
    let (ada, bob) = (hub.join("ada").await, hub.join("bob").await);
    let most = Rules::default().answers.most_per_agent;
    assert_eq!(most, 1_000);
    let attempt = first(&hub, &bob, "key-0").await;
    hub.chat.remember_answer(attempt, &answer("bob's")).await;
    for number in 0..=most {
        hub.clock.advance(Duration::from_millis(1));
        let attempt = first(&hub, &ada, &format!("key-{number}")).await;
        hub.chat.remember_answer(attempt, &answer("done")).await;
    }
    drop(first(&hub, &ada, "key-0").await);
    assert_eq!(repeated(&hub, &ada, "key-1").await, answer("done"));
    assert_eq!(repeated(&hub, &ada, &format!("key-{most}")).await, answer("done"));
    assert_eq!(repeated(&hub, &bob, "key-0").await, answer("bob's"));
    hub.close().await;
}

#[tokio::test]
async fn a_store_that_fails_holds_nothing_up() {
    let hub = TestHub::open().await;
    let ada = hub.join("ada").await;
    let attempt = first(&hub, &ada, "key").await;
    hub.store.fail("keep_answer", Fault::Refuses(broken()));
    hub.chat.remember_answer(attempt, &answer("lost")).await;
    let attempt = first(&hub, &ada, "key").await;
    hub.store.fail("answer", Fault::Refuses(broken()));
    assert_in_use(begin(&hub, &ada, "key", ONE).await, KeyInUse::InProgress);
    hub.chat.remember_answer(attempt, &answer("kept")).await;
    hub.store.fail("answer", Fault::Refuses(broken()));
    let unguarded = first(&hub, &ada, "key").await;
    hub.chat.remember_answer(unguarded, &answer("again")).await;
    assert_eq!(repeated(&hub, &ada, "key").await, answer("kept"));
    hub.close().await;
}
