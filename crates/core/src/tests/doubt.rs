//! The writer when a commit fails that changes who takes part.

use tertulia_model::Visibility;
use tertulia_store::StoreError;

use super::{
    hub::TestHub,
    store::{Fault, broken},
};
use crate::{Ended, Error, Noun, Posted};

fn is_failure<T>(answer: &Result<T, Error>) -> bool {
    matches!(answer, Err(Error::Store(_)))
}

fn again(cause: &StoreError) -> StoreError {
    match cause {
        StoreError::Full => StoreError::Full,
        StoreError::Unreadable(_) | StoreError::Database(_) => broken(),
    }
}

fn seq(answer: Result<(std::sync::Arc<Posted>, Option<crate::Quota>), Error>) -> u64 {
    answer.unwrap().0.seq.0
}

#[tokio::test]
async fn what_the_store_refuses_changes_nothing() {
    for cause in [StoreError::Full, broken()] {
        let hub = TestHub::open().await;
        let (ada, bob, cyd) = (hub.join("ada").await, hub.join("bob").await, hub.join("cyd").await);
        let room = hub.room(&ada, Visibility::Private, &[&bob]).await;
        let (hers, his) = (hub.follow(&room, Some(&ada)).await.unwrap(), hub.follow(&room, Some(&bob)).await.unwrap());

        for step in 0..4 {
            hub.store.fail("commit", Fault::Refuses(again(&cause)));
            let failed = match step {
                0 => is_failure(&hub.chat.join(&bob, &room).await),
                1 => is_failure(&hub.chat.say(&bob, &room, "hello").await),
                2 => is_failure(&hub.chat.leave_room(&bob, &room).await),
                _ => is_failure(&hub.chat.destroy_room(&ada, &room).await),
            };
            assert!(failed, "step {step}");
            hub.is_as_stored(&room).await;
        }
        hub.store.fail("commit", Fault::Refuses(again(&cause)));
        assert!(is_failure(&hub.chat.invite(&ada, &room, &[crate::AgentRef::Id(cyd.agent.id)]).await));

        hub.is_as_stored(&room).await;
        assert_eq!(seq(hub.chat.say(&bob, &room, "after all").await), 1);
        hub.settle().await;
        assert_eq!(
            (hers.take(), his.take()),
            ("bob joined|bob: after all|".into(), "bob joined|bob: after all|".into())
        );
        hub.close().await;
    }
}

/// Once found: a change without a message that had failed after the commit was unknown to who listened. Who had left a
/// private room went on hearing what was said.
#[tokio::test]
async fn a_leave_that_only_seemed_to_fail_is_a_leave() {
    let hub = TestHub::open().await;
    let (ada, bob) = (hub.join("ada").await, hub.join("bob").await);
    let room = hub.room(&ada, Visibility::Private, &[&bob]).await;
    hub.chat.join(&bob, &room).await.unwrap();
    let (hers, his) = (hub.follow(&room, Some(&ada)).await.unwrap(), hub.follow(&room, Some(&bob)).await.unwrap());
    hub.store.fail("commit", Fault::FailsAfterwards);

    hub.chat.leave_room(&bob, &room).await.unwrap();
    hub.chat.say(&ada, &room, "alone").await.unwrap();

    hub.settle().await;
    assert_eq!((his.take().as_str(), his.ended()), ("bob left|", Some(Ended::NoLongerAllowed)));
    assert_eq!(hers.take(), "bob left|ada: alone|");
    hub.is_as_stored(&room).await;
    hub.close().await;
}

/// Once found: messages were acknowledged in a room that was destroyed on disk, and swept with it.
#[tokio::test]
async fn a_destruction_that_only_seemed_to_fail_is_one() {
    let hub = TestHub::open().await;
    let ada = hub.join("ada").await;
    let room = hub.room(&ada, Visibility::Public, &[]).await;
    let listener = hub.follow(&room, None).await.unwrap();
    hub.store.fail("commit", Fault::FailsAfterwards);

    hub.chat.destroy_room(&ada, &room).await.unwrap();

    let said = hub.chat.say(&ada, &room, "lost").await;
    assert!(matches!(said, Err(Error::NotFound(Noun::Room))));
    hub.settle().await;
    assert_eq!((listener.take().as_str(), listener.ended()), ("destroyed|", Some(Ended::PlaceGone)));
    hub.is_as_stored(&room).await;
    hub.close().await;
}

#[tokio::test]
async fn joins_and_invitations_that_only_seemed_to_fail_are_made_once() {
    let hub = TestHub::open().await;
    let (ada, bob, cyd) = (hub.join("ada").await, hub.join("bob").await, hub.join("cyd").await);
    let room = hub.room(&ada, Visibility::Private, &[&bob]).await;
    let listener = hub.follow(&room, Some(&ada)).await.unwrap();
    hub.store.fail("commit", Fault::FailsAfterwards);

    // In one batch without a message.
    let invited = [&cyd];
    let (joined, named) = tokio::join!(hub.chat.join(&bob, &room), hub.invite(&ada, &room, &invited));

    joined.unwrap();
    assert_eq!((named.as_str(), hub.store.calls("commit")), ("cyd", 1));
    hub.is_as_stored(&room).await;
    hub.store.fail("commit", Fault::FailsAfterwards);
    assert_eq!(seq(hub.chat.say(&cyd, &room, "with a message").await), 1);
    hub.settle().await;
    assert_eq!(listener.take(), "bob joined|cyd joined|cyd: with a message|");
    hub.is_as_stored(&room).await;
    hub.close().await;
}

/// Whether it was written or not, memory agrees with the store before anything else is decided.
#[tokio::test]
async fn a_change_in_doubt_is_settled_before_the_next_is_decided() {
    for (fault, is_left) in [(Fault::FailsAfterwards, true), (Fault::Refuses(broken()), false)] {
        let hub = TestHub::open().await;
        let (ada, bob) = (hub.join("ada").await, hub.join("bob").await);
        let room = hub.room(&ada, Visibility::Private, &[&bob]).await;
        hub.chat.join(&bob, &room).await.unwrap();
        let his = hub.follow(&room, Some(&bob)).await.unwrap();
        hub.store.fail("commit", fault);
        hub.store.fail("participants", Fault::Refuses(broken()));
        assert!(is_failure(&hub.chat.leave_room(&bob, &room).await), "nobody knows");

        let said = hub.chat.say(&bob, &room, "am I in?").await;

        assert_eq!(matches!(said, Err(Error::NotInvited)), is_left);
        hub.is_as_stored(&room).await;
        hub.settle().await;
        let heard = if is_left { "bob left|" } else { "bob: am I in?|" };
        assert_eq!((his.take().as_str(), his.ended().is_some()), (heard, is_left));
        hub.close().await;
    }
}

/// Whoever comes first after the failure is told that the store fails, as long as it cannot say what it has.
#[tokio::test]
async fn nothing_is_decided_as_long_as_a_batch_is_in_doubt() {
    let hub = TestHub::open().await;
    let (ada, bob) = (hub.join("ada").await, hub.join("bob").await);
    let room = hub.room(&ada, Visibility::Public, &[]).await;
    hub.store.fail("commit", Fault::FailsAfterwards);
    for _ in 0..3 {
        hub.store.fail("locate", Fault::Refuses(broken()));
    }

    assert!(is_failure(&hub.chat.say(&bob, &room, "in doubt").await));
    assert!(is_failure(&hub.chat.join(&ada, &room).await));
    assert!(is_failure(&hub.chat.destroy_room(&ada, &room).await));

    assert_eq!(seq(hub.chat.say(&bob, &room, "next").await), 2);
    hub.is_as_stored(&room).await;
    hub.close().await;
}

/// Once found: the first message of a batch in doubt was swept with its room, and the lobby could not be written to any
/// more, because memory had missed what was said there.
#[tokio::test]
async fn a_batch_in_doubt_is_found_although_a_part_of_it_was_swept() {
    let hub = TestHub::open().await;
    let ada = hub.join("ada").await;
    let room = hub.room(&ada, Visibility::Public, &[]).await;
    hub.store.fail("commit", Fault::FailsAfterwards);
    // It stays in doubt until the sweep has begun.
    for _ in 0..2 {
        hub.store.fail("locate", Fault::Refuses(broken()));
    }
    let lobby = hub.chat.lobby();
    let (first, second) = tokio::join!(hub.chat.say(&ada, &room, "swept"), hub.chat.say(&ada, lobby, "stays"));
    assert!(is_failure(&first) && is_failure(&second));

    hub.go_to_the_end_of(&room);
    assert_eq!(hub.chat.sweep_slice().await.unwrap().rooms, [room.number]);

    assert_eq!(seq(hub.chat.say(&ada, lobby, "next").await), 2);
    hub.close().await;
}

/// Once found: who was refused because of a change in the same batch was told so although the change had failed.
#[tokio::test]
async fn a_refusal_holds_only_if_what_it_rests_on_was_written() {
    let hub = TestHub::open().await;
    let (ada, bob) = (hub.join("ada").await, hub.join("bob").await);
    let room = hub.room(&ada, Visibility::Public, &[]).await;
    // The batch, and what is tried again first.
    hub.store.fail("commit", Fault::Refuses(broken()));
    hub.store.fail("commit", Fault::Refuses(broken()));

    let (destroyed, said) = tokio::join!(hub.chat.destroy_room(&ada, &room), hub.chat.say(&bob, &room, "still here?"));

    assert!(is_failure(&destroyed));
    assert_eq!(seq(said), 1);
    hub.is_as_stored(&room).await;
    hub.close().await;
}

/// Once found: who was invited already and joined was counted twice within the batch, and a room with places refused.
#[tokio::test]
async fn a_room_is_full_when_it_is_and_not_before() {
    let hub = TestHub::open().await;
    let mut callers = Vec::new();
    for name in ["ada", "bob", "cyd", "dan", "eve", "fay"] {
        callers.push(hub.join(name).await);
    }
    let [ada, bob, cyd, dan, eve, fay] = &callers[..] else { unreachable!() };
    let room = hub.room(ada, Visibility::Public, &[bob, cyd]).await;

    // Five may take part under test.
    let (first, second, third, fourth, left, fifth) = tokio::join!(
        hub.chat.join(bob, &room),
        hub.chat.join(cyd, &room),
        hub.chat.say(dan, &room, "four"),
        hub.chat.join(eve, &room),
        hub.chat.join(fay, &room),
        async {
            hub.chat.leave_room(bob, &room).await.unwrap();
            hub.chat.join(fay, &room).await
        },
    );

    assert!(first.is_ok() && second.is_ok() && third.is_ok() && fourth.is_ok());
    assert!(matches!(left, Err(Error::RoomFull)));
    fifth.unwrap();
    hub.is_as_stored(&room).await;
    hub.close().await;
}
