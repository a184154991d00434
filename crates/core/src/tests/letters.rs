//! Letters: who may write to whom, what is sent twice, and who gets copies.

use std::sync::Arc;

use tertulia_model::{MessageNo, SentKey};
use tertulia_store::{Inboxes, Move};

use super::{
    hub::TestHub,
    store::{Fault, broken},
};
use crate::{Caller, ContentRefused, Error, Letter, MOST_LETTER_BYTES, Reach, Sent};

pub(super) fn letter(key: &str, text: &str) -> Letter {
    Letter {
        key: SentKey::parse(key).unwrap(),
        text: Some(text.into()),
        data: None,
        attachment: None,
        extension: None,
        bytes: text.len(),
    }
}

impl TestHub {
    pub(super) async fn write(&self, from: &Caller, to: &Caller, key: &str, text: &str) -> Result<Sent, Error> {
        self.chat.send_to_agent(from, &to.agent.name, &letter(key, text)).await
    }

    /// The texts that wait for an agent, in order.
    pub(super) async fn waiting(&self, agent: &Caller) -> Vec<String> {
        let waiting = self.chat.waiting_for(&agent.agent, MessageNo(0), 100).await.unwrap();
        waiting.iter().map(|(posted, _)| posted.text.to_string()).collect()
    }
}

#[tokio::test]
async fn a_letter_waits_for_its_recipient_alone() {
    let hub = TestHub::open().await;
    let [ada, bob] = [hub.join("ada").await, hub.join("bob").await];
    let sent = hub.write(&ada, &bob, "1", "hello").await.unwrap();
    assert_eq!((sent.posted.seq.0, sent.is_repeated, sent.backlog), (1, false, None));
    assert_eq!(hub.waiting(&bob).await, ["hello"]);
    assert_eq!(hub.waiting(&ada).await, [""; 0]);
}

#[tokio::test]
async fn who_has_written_waits_for_an_answer() {
    let hub = TestHub::open().await;
    let [ada, bob] = [hub.join("ada").await, hub.join("bob").await];
    let first = hub.write(&ada, &bob, "1", "hello").await.unwrap();
    let refused = hub.write(&ada, &bob, "2", "are you there").await.unwrap_err();
    let Error::Reach(Reach::AwaitingReply { recipient, since }) = refused else { panic!("{refused:?}") };
    assert_eq!((&*recipient, since), ("bob", first.posted.created_at));
    hub.write(&bob, &ada, "1", "yes").await.unwrap();
    assert_eq!(hub.write(&ada, &bob, "2", "good").await.unwrap().posted.seq.0, 3);
}

#[tokio::test]
async fn what_was_sent_before_is_answered_as_it_was() {
    let hub = TestHub::open().await;
    let [ada, bob] = [hub.join("ada").await, hub.join("bob").await];
    let first = hub.write(&ada, &bob, "1", "hello").await.unwrap();
    // Also though a second letter would be refused, whatever it says, and whoever it is to.
    for (to, text) in [(&bob, "hello"), (&ada, "other")] {
        let again = hub.write(&ada, to, "1", text).await.unwrap();
        assert_eq!((again.posted.id, again.is_repeated, &*again.posted.text), (first.posted.id, true, "hello"));
    }
    let long = Letter { bytes: MOST_LETTER_BYTES + 1, ..letter("1", "") };
    assert!(hub.chat.send_to_agent(&ada, "nobody", &long).await.unwrap().is_repeated);
    let refused = hub.chat.send_to_agent(&ada, "bob", &Letter { key: SentKey::parse("2").unwrap(), ..long }).await;
    assert!(matches!(refused, Err(Error::Content(ContentRefused::TooLarge { .. }))), "{refused:?}");
    // Another's key is another key.
    assert!(!hub.write(&bob, &ada, "1", "hello").await.unwrap().is_repeated);
    assert_eq!(hub.waiting(&bob).await, ["hello"]);
}

#[tokio::test]
async fn keys_are_looked_up_only_where_one_is_repeated() {
    let hub = TestHub::open().await;
    let [ada, bob, eve] = [hub.join("ada").await, hub.join("bob").await, hub.join("eve").await];
    hub.write(&ada, &bob, "1", "hello").await.unwrap();
    hub.write(&bob, &ada, "1", "yes").await.unwrap();
    for key in 2..10 {
        hub.write(&ada, &bob, &key.to_string(), "and").await.unwrap();
    }
    assert_eq!(hub.store.calls("sent_before"), 0);
    // What is written beside it is written, and what is refused beside it is refused.
    let (again, other, refused) = tokio::join!(
        hub.write(&ada, &bob, "5", "and"),
        hub.write(&bob, &ada, "2", "well"),
        hub.write(&eve, &eve, "1", "hello"),
    );
    assert!(again.unwrap().is_repeated && !other.unwrap().is_repeated);
    assert!(matches!(refused, Err(Error::Oneself)));
    assert_eq!(hub.waiting(&ada).await, ["yes", "well"]);
    for key in 10..40 {
        hub.write(&ada, &bob, &key.to_string(), "and").await.unwrap();
    }
    let asked = hub.store.calls("sent_before");
    assert!(asked < 30, "{asked}: not for ever");
    hub.close().await;
}

#[tokio::test]
async fn of_twenty_that_are_the_same_one_is_sent() {
    let hub = TestHub::open().await;
    let [ada, bob] = [hub.join("ada").await, hub.join("bob").await];
    let attempts = (0..20).map(|_| hub.write(&ada, &bob, "1", "hello"));
    let sent: Vec<_> = futures_util::future::join_all(attempts).await.into_iter().map(Result::unwrap).collect();
    assert_eq!(sent.iter().filter(|sent| !sent.is_repeated).count(), 1);
    assert!(sent.iter().all(|one| one.posted.id == sent[0].posted.id));
    assert_eq!(hub.waiting(&bob).await, ["hello"]);
}

#[tokio::test]
async fn a_commit_that_failed_and_was_written_is_repeated_not_doubled() {
    let hub = TestHub::open().await;
    let [ada, bob] = [hub.join("ada").await, hub.join("bob").await];
    hub.store.fail("commit", Fault::FailsAfterwards);
    let sent = hub.write(&ada, &bob, "1", "hello").await.unwrap();
    assert_eq!(sent.posted.seq.0, 1);
    hub.store.fail("commit", Fault::Refuses(broken()));
    hub.write(&bob, &ada, "1", "yes").await.unwrap_err();
    hub.write(&bob, &ada, "1", "yes").await.unwrap();
    assert!(hub.write(&bob, &ada, "1", "yes").await.unwrap().is_repeated);
    assert_eq!((hub.waiting(&bob).await, hub.waiting(&ada).await), (vec!["hello".to_owned()], vec!["yes".to_owned()]));
}

#[tokio::test]
async fn a_block_stops_letters_both_ways() {
    let hub = TestHub::open().await;
    let [ada, bob] = [hub.join("ada").await, hub.join("bob").await];
    hub.write(&ada, &bob, "1", "hello").await.unwrap();
    hub.write(&bob, &ada, "1", "yes").await.unwrap();
    let ada_ref = crate::AgentRef::Name("ada".to_owned());
    hub.chat.block(&bob, &ada_ref).await.unwrap();
    for (from, to) in [(&ada, &bob), (&bob, &ada)] {
        let refused = hub.write(from, to, "2", "?").await;
        assert!(matches!(refused, Err(Error::Blocked)), "{refused:?}");
    }
    hub.chat.unblock(&bob, &ada_ref).await.unwrap();
    hub.write(&ada, &bob, "2", "again").await.unwrap();
}

#[tokio::test]
async fn too_much_that_waits_refuses_more_until_it_is_taken() {
    let rules = crate::Rules {
        messaging: crate::MessagingRules { backlog_warning: 1, backlog_most: 2, ..Default::default() },
        ..Default::default()
    };
    let hub = TestHub::open_with(rules).await;
    let [ada, bob] = [hub.join("ada").await, hub.join("bob").await];
    hub.chat.keep_queue(&bob.agent).await.unwrap();
    hub.write(&ada, &bob, "1", "one").await.unwrap();
    hub.write(&bob, &ada, "1", "yes").await.unwrap();
    assert_eq!(hub.write(&ada, &bob, "2", "two").await.unwrap().backlog, Some(1));
    let refused = hub.write(&ada, &bob, "3", "three").await.unwrap_err();
    assert!(matches!(refused, Error::Reach(Reach::Backlogged { count: 2, .. })), "{refused:?}");
    let waiting = hub.chat.waiting_for(&bob.agent, MessageNo(0), 1).await.unwrap();
    let step = Move::Delivered { agent: bob.agent.number, message: waiting[0].0.id };
    let moved = hub.chat.0.receipts.settle(&bob.agent, step).await.unwrap();
    assert_eq!(moved.delivered, 1);
    // A second time it moves nothing.
    assert_eq!(hub.chat.0.receipts.settle(&bob.agent, step).await.unwrap().delivered, 0);
    assert_eq!(hub.write(&ada, &bob, "3", "three").await.unwrap().posted.seq.0, 4);
    assert_eq!(hub.waiting(&bob).await, ["two", "three"]);
    let queues = hub.store.queues(&[bob.agent.number]).await.unwrap();
    assert_eq!(Some(queues[0]), bob.agent.inbox.queue());
}

#[tokio::test]
async fn letters_of_many_pairs_share_commits_and_keep_their_order() {
    let hub = TestHub::open().await;
    let hub = Arc::new(hub);
    let [ada, bob] = [hub.join("ada").await, hub.join("bob").await];
    hub.write(&ada, &bob, "first", "0").await.unwrap();
    hub.write(&bob, &ada, "first", "0").await.unwrap();
    let keys: Vec<_> = (1..=50).map(|number| number.to_string()).collect();
    let sent = keys.iter().map(|key| hub.write(&ada, &bob, key, key));
    let mut seqs: Vec<_> =
        futures_util::future::join_all(sent).await.into_iter().map(|sent| sent.unwrap().posted.seq.0).collect();
    seqs.sort_unstable();
    assert_eq!(seqs, (3..=52).collect::<Vec<_>>());
    let waiting = hub.chat.waiting_for(&bob.agent, MessageNo(0), 100).await.unwrap();
    assert!(waiting.iter().is_sorted_by_key(|(posted, _)| (posted.seq, posted.number)));
    assert_eq!(waiting.len(), 51);
}
