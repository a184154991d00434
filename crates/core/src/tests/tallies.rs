//! How much agents have said in public, whatever becomes of the process.

use std::time::Duration;

use tertulia_model::Visibility;

use super::{
    hub::TestHub,
    store::{Fault, broken},
};

impl TestHub {
    /// What memory says, after whatever has happened to it.
    async fn said(&self, names: [&str; 2]) -> [u64; 2] {
        let mut said = [0; 2];
        for (said, name) in said.iter_mut().zip(names) {
            *said = self.chat.attendee(name).await.unwrap().agent.said();
        }
        said
    }
}

const BOTH: [&str; 2] = ["ada", "bob"];

#[tokio::test]
async fn public_messages_are_counted_exactly_after_every_stop_and_every_crash() {
    let mut hub = TestHub::open().await;
    let keys = [hub.register("ada").await.unwrap(), hub.register("bob").await.unwrap()];
    let mut expected = [0, 0];

    for round in 0..6 {
        let [ada, bob] = [0, 1].map(|one| hub.chat.authenticate(&hub.surface, &keys[one]));
        let (ada, bob) = (ada.await.unwrap(), bob.await.unwrap());
        let public = hub.room(&ada, Visibility::Public, &[]).await;
        let private = hub.room(&ada, Visibility::Private, &[]).await;
        hub.say(&bob, 2).await;
        for room in [&public, &private] {
            hub.chat.say(&ada, room, "to a room").await.unwrap();
        }
        if round % 2 == 0 {
            hub.chat.write_down_meanwhile().await.unwrap();
        }
        hub.chat.say(&bob, &public, "after it was written down").await.unwrap();
        // What is swept before it was written down counts all the same.
        hub.clock.advance(Duration::from_mins(10));
        while hub.chat.sweep_slice().await.unwrap().rows > 0 {}
        hub.say(&ada, 1).await;
        expected = [expected[0] + 2, expected[1] + 3];
        assert_eq!(hub.said(BOTH).await, expected, "round {round}");
        drop((ada, bob, public, private));
        hub = if round % 3 == 0 { hub.restart().await } else { hub.crash().await };
        assert_eq!(hub.said(BOTH).await, expected, "after round {round}");
    }
    hub.close().await;
}

#[tokio::test]
async fn what_could_not_be_written_down_is_written_later() {
    let hub = TestHub::open().await;
    let (ada, bob) = (hub.join("ada").await, hub.join("bob").await);
    hub.say(&ada, 3).await;
    hub.store.fail("save_tallies", Fault::Refuses(broken()));
    assert!(hub.chat.write_down_meanwhile().await.is_err());
    hub.say(&bob, 1).await;
    hub.say(&ada, 1).await;
    hub.store.fail("save_tallies", Fault::FailsAfterwards);
    assert!(hub.chat.write_down_meanwhile().await.is_err());
    hub.chat.write_down_meanwhile().await.unwrap();

    let hub = hub.crash().await;

    assert_eq!(hub.said(BOTH).await, [4, 1]);
    hub.close().await;
}

/// Once found: what was in doubt when the counts were written down was covered by them, and not in them.
#[tokio::test]
async fn what_is_in_doubt_is_settled_before_the_counts_are_written_down() {
    let hub = TestHub::open().await;
    let (ada, bob) = (hub.join("ada").await, hub.join("bob").await);
    hub.say(&bob, 1).await;
    hub.store.fail("commit", Fault::FailsAfterwards);
    hub.store.fail("locate", Fault::Refuses(broken()));
    assert!(hub.say(&ada, 1).await[0].is_err());

    hub.chat.write_down_meanwhile().await.unwrap();
    let hub = hub.crash().await;

    assert_eq!(hub.said(BOTH).await, [1, 1]);
    hub.close().await;
}
