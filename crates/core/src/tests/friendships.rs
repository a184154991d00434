//! Friends, what they say to each other, and who may hear it until when.

use std::{sync::Arc, time::Duration};

use tertulia_model::{FriendRequestId, Timestamp, Visibility, random_uuid};

use super::{
    hub::TestHub,
    listener::Listener,
    store::{Fault, broken},
};
use crate::{
    Action, AgentEvent, AgentForm, AgentRef, Before, Caller, Conversation, Ended, Error, Limit, LiveConnection, Noun,
    Outlet, PageFrom, Protected, Surface, conversation::TAIL_MESSAGES,
};

fn named(caller: &Caller) -> AgentRef {
    AgentRef::Name(caller.agent.name.to_uppercase())
}

impl TestHub {
    /// Makes friends of two; their conversation.
    async fn befriend(&self, one: &Caller, other: &Caller) -> Arc<Conversation> {
        let request = self.chat.request_friendship(one, &named(other)).await.unwrap();
        let friend = self.chat.accept_request(other, request).await.unwrap();
        assert_eq!(friend.agent.number, one.agent.number);
        self.view(other, one).await
    }

    /// The conversation of two friends, as one of them finds it.
    async fn view(&self, caller: &Caller, friend: &Caller) -> Arc<Conversation> {
        let friends = self.chat.friends(caller).await.unwrap();
        let friend = friends.iter().find(|known| known.agent.number == friend.agent.number).unwrap();
        self.chat.channel(id(friend.view)).await.unwrap()
    }

    async fn connect(&self, caller: &Caller) -> (LiveConnection, Arc<Listener>) {
        let listener = Arc::new(Listener::default());
        let outlet: Arc<dyn Outlet> = listener.clone();
        let connection = self.chat.remember_connection(caller, &outlet).await.unwrap();
        connection.hear(&AgentForm::new(|event, out| {
            let words = match event {
                AgentEvent::FriendRequested { from, .. } => format!("{} asks|", from.name),
                AgentEvent::FriendAccepted { by, .. } => format!("{} accepts|", by.name),
                AgentEvent::TierChanged { .. }
                | AgentEvent::GroupInvited { .. }
                | AgentEvent::GroupDeleted { .. }
                | AgentEvent::Quarantined { .. }
                | AgentEvent::PresenceChanged { .. }
                | AgentEvent::Typing { .. }
                | AgentEvent::TrialStarted { .. }
                | AgentEvent::MessagesRead { .. }
                | AgentEvent::TrialEnded { .. } => return,
            };
            out.extend_from_slice(words.as_bytes());
        }));
        (connection, listener)
    }

    async fn texts(&self, conversation: &Conversation, reader: &Caller) -> Vec<String> {
        let page = self.chat.page_back(conversation, Some(reader), Before::Nothing, 10).await.unwrap();
        page.iter().map(|posted| posted.text.to_string()).collect()
    }
}

fn id(view: tertulia_model::ViewId) -> tertulia_model::ConversationId {
    tertulia_model::ConversationId::from_uuid(*view.as_uuid())
}

fn nothing() -> FriendRequestId {
    FriendRequestId::from_uuid(random_uuid([0xee; 16]))
}

#[tokio::test]
async fn whom_it_concerns_is_told_once_it_is_true() {
    let hub = TestHub::open().await;
    let (ada, bob) = (hub.join("ada").await, hub.join("bob").await);
    let (one, hers) = hub.connect(&ada).await;
    let (two, his) = hub.connect(&bob).await;

    let request = hub.chat.request_friendship(&ada, &named(&bob)).await.unwrap();
    assert_eq!((hers.take().as_str(), his.take().as_str()), ("", "ada asks|"));
    assert!(matches!(hub.chat.request_friendship(&bob, &named(&ada)).await, Err(Error::RequestExists)));
    assert!(matches!(hub.chat.accept_request(&ada, request).await, Err(Error::NotFound(Noun::FriendRequest))));
    hub.chat.accept_request(&bob, request).await.unwrap();
    assert_eq!((hers.take().as_str(), his.take().as_str()), ("bob accepts|", ""));
    assert!(matches!(hub.chat.request_friendship(&bob, &named(&ada)).await, Err(Error::AlreadyFriends)));
    assert!(matches!(hub.chat.accept_request(&bob, request).await, Err(Error::NotFound(Noun::FriendRequest))));
    assert!(matches!(hub.chat.reject_request(&bob, nothing()).await, Err(Error::NotFound(Noun::FriendRequest))));

    assert_eq!((hers.take(), his.take()), (String::new(), String::new()), "nobody is told of what did not happen");
    drop((one, two));
    hub.close().await;
}

#[tokio::test]
async fn nobody_is_related_to_itself_to_the_hub_or_to_nobody() {
    let hub = TestHub::open().await;
    let (ada, bob) = (hub.join("ada").await, hub.join("bob").await);
    let system = AgentRef::Name("hub".to_owned());
    for nobody in [&system, &AgentRef::Name("zoe".to_owned()), &AgentRef::Name("not a name".to_owned())] {
        assert!(matches!(hub.chat.request_friendship(&ada, nobody).await, Err(Error::NotFound(Noun::Agent))));
        assert!(matches!(hub.chat.unfriend(&ada, nobody).await, Err(Error::NotFound(Noun::Agent))));
        let refused = hub.chat.block(&ada, nobody).await;
        match refused {
            Err(Error::Protected(Protected::SystemAgent)) => assert_eq!(nobody, &system),
            Err(Error::NotFound(Noun::Agent)) => assert_ne!(nobody, &system),
            other => panic!("{nobody}: {other:?}"),
        }
        assert!(matches!(hub.chat.unblock(&ada, nobody).await, Err(Error::NotFound(Noun::Agent))));
    }
    assert!(matches!(hub.chat.request_friendship(&ada, &named(&ada)).await, Err(Error::Oneself)));
    assert!(matches!(hub.chat.block(&ada, &named(&ada)).await, Err(Error::Oneself)));
    assert!(matches!(hub.chat.unfriend(&ada, &named(&bob)).await, Err(Error::NotFriends)));
    assert!(!hub.chat.unblock(&ada, &named(&ada)).await.unwrap());
    hub.chat.suspend("bob").await.unwrap();
    assert!(matches!(hub.chat.request_friendship(&ada, &named(&bob)).await, Err(Error::NotFound(Noun::Agent))));
    assert!(matches!(hub.chat.request_friendship(&bob, &named(&ada)).await, Err(Error::Suspended)));
    assert!(matches!(hub.chat.friends(&bob).await, Err(Error::Suspended)));
    hub.close().await;
}

/// One that is suspended is on no list until it is back, and can be left all the same.
#[tokio::test]
async fn a_suspended_friend_is_out_of_sight() {
    let hub = TestHub::open().await;
    let (ada, bob) = (hub.join("ada").await, hub.join("bob").await);
    let direct = hub.befriend(&ada, &bob).await;
    hub.clock.advance(Duration::from_secs(1));
    hub.chat.say(&bob, &direct, "hello").await.unwrap();
    let unread = async || hub.chat.unread(&ada, None, 100).await.unwrap().views.len();
    assert_eq!((hub.chat.friends(&ada).await.unwrap().len(), unread().await), (1, 1));
    hub.chat.suspend("bob").await.unwrap();
    assert_eq!((hub.chat.friends(&ada).await.unwrap().len(), unread().await), (0, 0));
    assert!(matches!(hub.chat.say(&bob, &direct, "still here").await, Err(Error::Suspended)));
    hub.chat.unsuspend("bob").await.unwrap();
    assert_eq!((hub.chat.friends(&ada).await.unwrap().len(), unread().await), (1, 1));
    hub.chat.suspend("bob").await.unwrap();
    hub.chat.unfriend(&ada, &named(&bob)).await.unwrap();
    hub.chat.unsuspend("bob").await.unwrap();
    assert!(hub.chat.friends(&ada).await.unwrap().is_empty());
    hub.close().await;
}

#[tokio::test]
async fn friends_talk_and_nobody_else_listens() {
    let hub = TestHub::open().await;
    let (ada, bob, eve) = (hub.join("ada").await, hub.join("bob").await, hub.join("eve").await);
    let direct = hub.befriend(&ada, &bob).await;
    let listener = hub.follow(&direct, Some(&ada)).await.unwrap();

    let (posted, _) = hub.chat.say(&bob, &direct, " as it was sent ").await.unwrap();

    hub.settle().await;
    assert_eq!(listener.take(), "bob:  as it was sent |");
    assert_eq!((posted.view, posted.seq.0), (direct.view_id(), 1));
    assert_ne!(posted.view, direct.id);
    assert_eq!(hub.texts(&direct, &bob).await, [" as it was sent "]);
    let newest = hub.chat.page_back(&direct, Some(&eve), Before::Nothing, 10).await;
    assert!(matches!(newest, Err(Error::NotOneOfTwo)));
    assert!(matches!(hub.chat.say(&eve, &direct, "me too").await, Err(Error::NotOneOfTwo)));
    assert!(matches!(hub.follow(&direct, Some(&eve)).await, Err(Error::NotOneOfTwo)));
    assert!(matches!(hub.follow(&direct, None).await, Err(Error::NotFound(Noun::Channel))));
    assert!(
        matches!(hub.chat.channel(direct.id).await, Err(Error::NotFound(Noun::Channel))),
        "its own id is no view's"
    );
    assert_eq!(ada.agent.said(), 0, "what friends say is not said in public");
    hub.close().await;
}

/// The view is over for ever, and the next one begins where it has ended.
#[tokio::test]
async fn who_is_a_friend_no_more_hears_and_reads_no_more() {
    let hub = TestHub::open().await;
    let (ada, bob) = (hub.join("ada").await, hub.join("bob").await);
    let direct = hub.befriend(&ada, &bob).await;
    let view = direct.view_id();
    hub.chat.say(&bob, &direct, "one").await.unwrap();
    let (hers, his) = (hub.follow(&direct, Some(&ada)).await.unwrap(), hub.follow(&direct, Some(&bob)).await.unwrap());

    hub.chat.unfriend(&ada, &named(&bob)).await.unwrap();

    hub.settle().await;
    assert_eq!((hers.ended(), his.ended()), (Some(Ended::NoLongerAllowed), Some(Ended::NoLongerAllowed)));
    for agent in [&ada, &bob] {
        let refused = hub.chat.page_back(&direct, Some(agent), Before::Nothing, 10).await;
        assert!(matches!(refused, Err(Error::NotFound(Noun::Channel))));
        assert!(matches!(hub.chat.say(agent, &direct, "hello?").await, Err(Error::NotFound(Noun::Channel))));
    }
    assert!(matches!(hub.chat.channel(view).await, Err(Error::NotFound(Noun::Channel))));

    let again = hub.befriend(&bob, &ada).await;
    assert!(Arc::ptr_eq(&again, &direct), "a pair has one conversation");
    assert_ne!(again.view_id(), view);
    assert!(matches!(hub.chat.channel(view).await, Err(Error::NotFound(Noun::Channel))));
    assert!(hub.texts(&again, &ada).await.is_empty());
    let (posted, _) = hub.chat.say(&ada, &again, "two").await.unwrap();
    assert_eq!((posted.seq.0, posted.view), (2, again.view_id()));
    assert_eq!(hub.texts(&again, &bob).await, ["two"]);
    let page = hub.chat.page(&again, Some(&bob), PageFrom::Newest, 10).await.unwrap();
    assert_eq!(page.messages.len(), 1);
    let start = hub.chat.start(&again, Some(&bob), None).await.unwrap();
    assert_eq!(start.page.messages.len(), 1);
    hub.settle().await;
    assert_eq!((hers.take(), his.take()), (String::new(), String::new()), "an ended subscription never comes back");
    hub.close().await;
}

/// Also when memory holds none of it.
#[tokio::test]
async fn a_view_shows_only_its_own_part_after_a_restart() {
    let hub = TestHub::open().await;
    let (ada, bob) = (hub.join("ada").await, hub.join("bob").await);
    let direct = hub.befriend(&ada, &bob).await;
    for _ in 0..3 {
        hub.chat.say(&bob, &direct, "before").await.unwrap();
    }
    hub.chat.unfriend(&bob, &named(&ada)).await.unwrap();
    let view = hub.befriend(&ada, &bob).await.view_id();
    hub.chat.say(&bob, &direct, "after").await.unwrap();
    drop(direct);

    let hub = hub.restart().await;
    let direct = hub.chat.channel(view).await.unwrap();
    assert_eq!(hub.texts(&direct, &ada).await, ["after"]);
    let before = Timestamp::from_micros(i64::MAX / 2);
    let page = hub.chat.page_back(&direct, Some(&ada), Before::Moment(before), 10).await.unwrap();
    assert_eq!(page.len(), 1);
    let page = hub.chat.page(&direct, Some(&ada), PageFrom::Newest, 10).await.unwrap();
    assert_eq!((page.messages.len(), page.has_more), (1, false));
    hub.close().await;
}

/// It does not go on as that of the next friendship, whatever comes in between.
#[tokio::test]
async fn a_subscription_of_an_ended_view_never_becomes_one_of_the_next() {
    let hub = TestHub::open().await;
    let (ada, bob) = (hub.join("ada").await, hub.join("bob").await);
    let direct = hub.befriend(&ada, &bob).await;
    let (live, start) =
        (hub.follow(&direct, Some(&ada)).await.unwrap(), hub.chat.start(&direct, Some(&ada), None).await.unwrap());

    hub.chat.unfriend(&ada, &named(&bob)).await.unwrap();
    hub.befriend(&ada, &bob).await;
    assert!(matches!(hub.follow_from(&direct, Some(&ada), &start).await, Err(Error::NotFound(Noun::Channel))));
    hub.chat.say(&bob, &direct, "for the new view").await.unwrap();

    hub.settle().await;
    assert_eq!((live.take().as_str(), live.ended()), ("", Some(Ended::NoLongerAllowed)));
    hub.close().await;
}

/// Once the end is answered nothing more is said or heard, whatever is said at the same time.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_is_said_while_a_friendship_ends_is_said_before_it_or_not_at_all() {
    let hub = TestHub::open().await;
    let (ada, bob) = (hub.join("ada").await, hub.join("bob").await);
    for round in 0..50 {
        let direct = hub.befriend(&ada, &bob).await;
        let begins = direct.end();
        let listener = hub.follow(&direct, Some(&ada)).await.unwrap();
        let talk = async {
            let mut said = 0;
            while hub.chat.say(&bob, &direct, "x").await.is_ok() {
                said += 1;
            }
            said
        };

        let friend = named(&bob);
        let (said, ended) = tokio::join!(talk, hub.chat.unfriend(&ada, &friend));

        ended.unwrap();
        hub.settle().await;
        assert_eq!(listener.take(), "bob: x|".repeat(said), "round {round}");
        assert_eq!(direct.end().0 - begins.0, said as u64);
        let stored = hub.store().direct(direct.id).await.unwrap().unwrap();
        assert_eq!((stored.view, stored.end.last_seq), (None, direct.end()));
    }
    hub.close().await;
}

#[tokio::test]
async fn a_block_ends_it_all_and_unblocking_brings_nothing_back() {
    let hub = TestHub::open().await;
    let (ada, bob, eve) = (hub.join("ada").await, hub.join("bob").await, hub.join("eve").await);
    let direct = hub.befriend(&ada, &bob).await;
    let his = hub.follow(&direct, Some(&bob)).await.unwrap();
    let request = hub.chat.request_friendship(&ada, &named(&eve)).await.unwrap();

    assert!(hub.chat.block(&bob, &named(&ada)).await.unwrap());
    assert!(!hub.chat.block(&bob, &named(&ada)).await.unwrap());
    assert!(hub.chat.block(&eve, &named(&ada)).await.unwrap());

    hub.settle().await;
    assert_eq!(his.ended(), Some(Ended::NoLongerAllowed));
    assert!(matches!(hub.chat.say(&ada, &direct, "why?").await, Err(Error::NotFound(Noun::Channel))));
    assert!(matches!(hub.chat.accept_request(&eve, request).await, Err(Error::NotFound(Noun::FriendRequest))));
    assert!(hub.chat.outgoing_requests(&ada).await.unwrap().is_empty());
    assert!(matches!(hub.chat.request_friendship(&ada, &named(&bob)).await, Err(Error::Blocked)));
    assert!(matches!(hub.chat.request_friendship(&bob, &named(&ada)).await, Err(Error::Blocked)));
    assert!(hub.chat.is_blocked(&ada.agent, &bob.agent).await.unwrap());
    assert!(!hub.chat.is_blocked(&bob.agent, &eve.agent).await.unwrap());
    assert_eq!(hub.chat.blocks(&bob).await.unwrap().len(), 1);
    assert!(hub.chat.blocks(&ada).await.unwrap().is_empty());
    assert!(hub.chat.unblock(&bob, &named(&ada)).await.unwrap());
    assert!(hub.chat.friends(&ada).await.unwrap().is_empty());
    assert!(hub.chat.request_friendship(&ada, &named(&bob)).await.is_ok());
    hub.close().await;
}

/// Whoever of the two blocks; those who were there before stay.
#[tokio::test]
async fn nobody_invites_across_a_block() {
    let hub = TestHub::open().await;
    let (ada, bob, eve) = (hub.join("ada").await, hub.join("bob").await, hub.join("eve").await);
    let room = hub.room(&ada, Visibility::Private, &[&eve]).await;
    hub.chat.block(&bob, &named(&ada)).await.unwrap();
    hub.chat.block(&ada, &named(&eve)).await.unwrap();

    let invite = |who: Vec<AgentRef>| {
        let (hub, ada, room) = (&hub, &ada, &room);
        async move { hub.chat.invite(ada, room, &who).await }
    };
    for who in [vec![named(&bob)], vec![named(&eve)], vec![AgentRef::Id(bob.agent.id), named(&eve)]] {
        assert!(matches!(invite(who).await, Err(Error::Blocked)));
    }
    assert!(room.room().unwrap().standing(bob.agent.number).is_none());
    assert!(room.room().unwrap().standing(eve.agent.number).is_some());
    hub.chat.unblock(&bob, &named(&ada)).await.unwrap();
    assert_eq!(invite(vec![named(&bob)]).await.unwrap().len(), 1);
    hub.chat.say(&eve, &room, "still here").await.unwrap();
    hub.close().await;
}

/// What it had believed is over, whether or not the store said so.
#[tokio::test]
async fn memory_learns_what_became_of_a_change_that_failed() {
    let hub = TestHub::open().await;
    let (ada, bob) = (hub.join("ada").await, hub.join("bob").await);
    let direct = hub.befriend(&ada, &bob).await;
    let view = direct.view_id();
    let listener = hub.follow(&direct, Some(&bob)).await.unwrap();

    hub.store.fail("end_friendship", Fault::Refuses(broken()));
    assert!(matches!(hub.chat.unfriend(&ada, &named(&bob)).await, Err(Error::Store(_))));
    hub.chat.say(&ada, &direct, "still friends").await.unwrap();
    hub.settle().await;
    assert_eq!((listener.take().as_str(), listener.ended()), ("ada: still friends|", None));

    hub.store.fail("end_friendship", Fault::FailsAfterwards);
    assert!(matches!(hub.chat.unfriend(&ada, &named(&bob)).await, Err(Error::Store(_))));
    assert!(matches!(hub.chat.say(&ada, &direct, "and now?").await, Err(Error::NotFound(Noun::Channel))));
    hub.settle().await;
    assert_eq!(listener.ended(), Some(Ended::NoLongerAllowed));

    let request = hub.chat.request_friendship(&ada, &named(&bob)).await.unwrap();
    hub.store.fail("accept_request", Fault::FailsAfterwards);
    assert!(matches!(hub.chat.accept_request(&bob, request).await, Err(Error::Store(_))));
    let again = hub.view(&ada, &bob).await;
    assert!(Arc::ptr_eq(&again, &direct));
    assert_ne!(again.view_id(), view);
    hub.chat.say(&ada, &again, "friends again").await.unwrap();

    // And when the store cannot say either: then nothing is shown until it can.
    hub.store.fail("block", Fault::Refuses(broken()));
    hub.store.fail("direct", Fault::Refuses(broken()));
    assert!(matches!(hub.chat.block(&bob, &named(&ada)).await, Err(Error::Store(_))));
    assert!(matches!(hub.chat.say(&ada, &direct, "hello?").await, Err(Error::NotFound(Noun::Channel))));
    let found = hub.view(&ada, &bob).await;
    hub.chat.say(&ada, &found, "hello").await.unwrap();
    assert_eq!(hub.texts(&found, &bob).await, ["hello", "friends again"]);
    hub.close().await;
}

/// Once feared: read before the friendship ended and remembered after it, a view would have stayed open.
#[tokio::test]
async fn what_was_read_before_an_end_is_not_remembered_after_it() {
    let hub = TestHub::open().await;
    let (ada, bob) = (hub.join("ada").await, hub.join("bob").await);
    let view = hub.befriend(&ada, &bob).await.view_id();
    let hub = hub.restart().await;
    let (has_come, go_on) = hub.store.pause_after("direct_by_view");
    let meanwhile = async {
        has_come.await.unwrap();
        hub.chat.unfriend(&ada, &named(&bob)).await.unwrap();
        go_on.send(()).unwrap();
    };

    let (found, ()) = tokio::join!(hub.chat.channel(view), meanwhile);

    assert!(matches!(found, Err(Error::NotFound(Noun::Channel))));
    hub.close().await;
}

/// Those nobody refers to are let go of, and found again.
#[tokio::test]
async fn many_direct_conversations_are_not_kept_in_memory() {
    let hub = TestHub::open().await;
    let ada = hub.join("ada").await;
    let mut views = Vec::new();
    for number in 0..3 * crate::conversations::MOST {
        let friend = hub.join(&format!("friend-{number}")).await;
        views.push((hub.befriend(&ada, &friend).await.view_id(), friend));
    }
    assert!(hub.chat.0.conversations.in_memory().0 <= crate::conversations::MOST + 1);
    hub.clock.advance(Duration::from_secs(1));
    for (view, friend) in &views {
        let direct = hub.chat.channel(*view).await.unwrap();
        hub.chat.say(friend, &direct, "still here").await.unwrap();
        assert_eq!(direct.view_id(), *view);
    }
    assert_eq!(hub.chat.unread(&ada, None, 100).await.unwrap().views.len(), views.len());
    hub.close().await;
}

#[tokio::test]
async fn what_is_unread_is_counted_from_the_moment_that_was_answered_before() {
    let hub = TestHub::open().await;
    let (ada, bob) = (hub.join("ada").await, hub.join("bob").await);
    let direct = hub.befriend(&ada, &bob).await;
    hub.clock.advance(Duration::from_secs(1));
    for _ in 0..=TAIL_MESSAGES {
        hub.chat.say(&bob, &direct, "hello").await.unwrap();
    }
    let first = hub.chat.unread(&ada, None, 3).await.unwrap();
    let [from] = &first.views[..] else { panic!("one friend wrote: {first:?}") };
    assert_eq!((from.friend.number, from.messages), (bob.agent.number, TAIL_MESSAGES as u64 + 1));
    assert_eq!((id(from.view), from.last_text.as_deref()), (direct.view_id(), Some("hel")));
    assert!(hub.chat.unread(&bob, None, 3).await.unwrap().views.is_empty());
    hub.clock.advance(Duration::from_secs(1));
    let second = hub.chat.unread(&ada, Some(hub.chat.now()), 3).await.unwrap();
    assert!(second.views.is_empty());
    hub.clock.advance(Duration::from_millis(1));
    hub.chat.say(&bob, &direct, "again").await.unwrap();
    assert_eq!(hub.chat.unread(&ada, Some(second.checked_at), 3).await.unwrap().views[0].messages, 1);
    hub.close().await;
}

/// The moment that is answered is before anything that is on its way to the disk.
#[tokio::test]
async fn what_is_being_written_while_somebody_asks_is_not_overlooked() {
    let hub = TestHub::open().await;
    let (ada, bob) = (hub.join("ada").await, hub.join("bob").await);
    let direct = hub.befriend(&ada, &bob).await;
    hub.clock.advance(Duration::from_secs(1));
    let (has_come, go_on) = hub.store.pause("commit");
    let ask = async {
        has_come.await.unwrap();
        hub.clock.advance(Duration::from_secs(1));
        // The question comes first.
        let (unread, ()) = tokio::join!(hub.chat.unread(&ada, None, 10), async { go_on.send(()).unwrap() });
        unread.unwrap()
    };

    let (said, unread) = tokio::join!(hub.chat.say(&bob, &direct, "on its way"), ask);

    assert!(said.unwrap().0.created_at < unread.checked_at);
    assert_eq!(unread.views[0].messages, 1);
    hub.close().await;
}

#[tokio::test]
async fn friend_requests_are_counted_whatever_comes_of_them() {
    let hub = TestHub::open().await;
    let (ada, bob) = (hub.join("ada").await, hub.join("bob").await);
    let limits = hub.surface.limits.with(Action::RequestFriendship, Limit::per_secs(3, 3_600));
    let surface = Arc::new(Surface { limits, ..(*hub.surface).clone() });
    let ada = Caller { surface, ..ada };
    assert!(matches!(hub.chat.request_friendship(&ada, &named(&ada)).await, Err(Error::Oneself)));
    let zoe = AgentRef::Name("zoe".to_owned());
    assert!(matches!(hub.chat.request_friendship(&ada, &zoe).await, Err(Error::NotFound(Noun::Agent))));
    assert!(hub.chat.request_friendship(&ada, &named(&bob)).await.is_ok());
    let refused = hub.chat.request_friendship(&ada, &named(&bob)).await;
    assert!(matches!(refused, Err(Error::Throttled(throttle)) if throttle.action == Action::RequestFriendship));
    assert!(matches!(hub.chat.request_friendship(&ada, &zoe).await, Err(Error::NotFound(Noun::Agent))));
    hub.clock.advance(Duration::from_hours(1));
    assert!(matches!(hub.chat.request_friendship(&ada, &named(&bob)).await, Err(Error::RequestExists)));
    hub.close().await;
}
