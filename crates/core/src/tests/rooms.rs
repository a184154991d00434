//! Rooms, through the one writer: what is decided in one batch, in which order.

use tertulia_model::{Standing, Timestamp, Visibility};

use super::hub::TestHub;
use crate::{Caller, Conversation, Error, Noun, journal::Change};

impl TestHub {
    /// Memory holds what the store holds, and counts what is there.
    pub(super) async fn is_as_stored(&self, conversation: &Conversation) {
        let room = conversation.room().unwrap();
        let stored = self.store().participants(conversation.number).await.unwrap();
        for participant in &stored {
            assert_eq!(room.standing(participant.agent), Some(participant.standing), "{participant:?}");
        }
        assert_eq!(room.participants(), stored.len(), "nobody else: {stored:?}");
        let ever = Timestamp::from_micros(i64::MIN);
        let listings = self.store().list_rooms(None, None, ever, 100, 0).await.unwrap();
        let listing = listings.iter().find(|listing| listing.room.number == conversation.number).unwrap();
        let joined = stored.iter().filter(|participant| participant.standing == Standing::Joined).count() as u64;
        assert_eq!((listing.members, room.members()), (joined, joined));
        assert_eq!(listing.end, conversation.log_end());
        let is_over = listing.room.expires_at <= self.chat.now();
        assert_eq!(conversation.is_over(self.chat.now()), is_over, "{:?}", listing.room);
    }

    pub(super) fn store(&self) -> &dyn tertulia_store::Store {
        &*self.chat.0.store
    }

    /// What an invitation comes to in the writer.
    pub(super) async fn invite(&self, by: &Caller, room: &std::sync::Arc<Conversation>, invited: &[&Caller]) -> String {
        let agents = invited.iter().map(|caller| caller.agent.clone()).collect();
        let change = Change::Invite { by: by.agent.clone(), agents };
        let named = self.chat.0.journal.change(room.clone(), change).await.unwrap();
        named.iter().map(|agent| &*agent.name).collect::<Vec<_>>().join(" ")
    }
}

#[tokio::test]
async fn who_posts_joins_in_the_same_commit() {
    let hub = TestHub::open().await;
    let (ada, bob) = (hub.join("ada").await, hub.join("bob").await);
    let room = hub.room(&ada, Visibility::Private, &[&bob]).await;
    let listener = hub.follow(&room, Some(&ada)).await.unwrap();

    let (first, second) = tokio::join!(hub.chat.say(&bob, &room, "one"), hub.chat.say(&bob, &room, "two"));

    assert_eq!((first.unwrap().0.seq.0, second.unwrap().0.seq.0), (1, 2));
    assert_eq!(hub.store.calls("commit"), 1);
    hub.settle().await;
    assert_eq!(listener.take(), "bob joined|bob: one|bob: two|", "it joins once, and first");
    hub.is_as_stored(&room).await;
    hub.close().await;
}

#[tokio::test]
async fn what_is_refused_joins_nobody_and_takes_no_place() {
    let hub = TestHub::open().await;
    let (ada, eve) = (hub.join("ada").await, hub.join("eve").await);
    let room = hub.room(&ada, Visibility::Private, &[]).await;

    let (hers, strangers) = tokio::join!(hub.chat.say(&ada, &room, "one"), hub.chat.say(&eve, &room, "two"));

    assert_eq!(hers.unwrap().0.seq.0, 1);
    assert!(matches!(strangers, Err(Error::NotInvited)));
    assert_eq!(room.end().0, 1);
    hub.is_as_stored(&room).await;
    hub.close().await;
}

#[tokio::test]
async fn who_leaves_a_private_room_says_nothing_behind_it_in_the_same_batch() {
    let hub = TestHub::open().await;
    let (ada, bob) = (hub.join("ada").await, hub.join("bob").await);
    let room = hub.room(&ada, Visibility::Private, &[&bob]).await;
    hub.chat.join(&bob, &room).await.unwrap();
    let (hers, his) = (hub.follow(&room, Some(&ada)).await.unwrap(), hub.follow(&room, Some(&bob)).await.unwrap());
    let commits = hub.store.calls("commit");

    let (before, left, behind, after) = tokio::join!(
        hub.chat.say(&bob, &room, "before"),
        hub.chat.leave_room(&bob, &room),
        // It is still a participant when this is checked, and none any more when it is decided on.
        hub.chat.say(&bob, &room, "behind"),
        hub.chat.say(&ada, &room, "after"),
    );

    assert_eq!((before.unwrap().0.seq.0, after.unwrap().0.seq.0), (1, 2));
    left.unwrap();
    assert!(matches!(behind, Err(Error::NotInvited)));
    assert_eq!(hub.store.calls("commit") - commits, 1, "one batch");
    hub.settle().await;
    assert_eq!(hers.take(), "bob: before|bob left|ada: after|");
    assert_eq!(his.take(), "bob: before|bob left|", "the last that it hears is that it has left");
    hub.is_as_stored(&room).await;
    hub.close().await;
}

#[tokio::test]
async fn a_public_room_is_left_and_joined_again_in_one_batch() {
    let hub = TestHub::open().await;
    let (ada, bob) = (hub.join("ada").await, hub.join("bob").await);
    let room = hub.room(&ada, Visibility::Public, &[]).await;
    let listener = hub.follow(&room, None).await.unwrap();

    let (joined, left, said) =
        tokio::join!(hub.chat.join(&bob, &room), hub.chat.leave_room(&bob, &room), hub.chat.say(&bob, &room, "back"),);

    joined.and(left).unwrap();
    said.unwrap();
    hub.settle().await;
    assert_eq!(listener.take(), "bob joined|bob left|bob joined|bob: back|");
    hub.is_as_stored(&room).await;
    hub.close().await;
}

#[tokio::test]
async fn nothing_is_said_behind_the_destruction_of_a_room() {
    let hub = TestHub::open().await;
    let (ada, bob) = (hub.join("ada").await, hub.join("bob").await);
    let room = hub.room(&ada, Visibility::Public, &[]).await;
    let listener = hub.follow(&room, None).await.unwrap();
    let gone = |error| matches!(error, Err(Error::NotFound(Noun::Room)));

    let (before, destroyed, said, joined, twice) = tokio::join!(
        hub.chat.say(&bob, &room, "before"),
        hub.chat.destroy_room(&ada, &room),
        hub.chat.say(&bob, &room, "behind"),
        hub.chat.join(&bob, &room),
        hub.chat.destroy_room(&ada, &room),
    );

    before.unwrap();
    destroyed.unwrap();
    assert!(gone(said.map(drop)) && gone(joined) && gone(twice));
    hub.settle().await;
    assert_eq!(listener.take(), "bob joined|bob: before|destroyed|");
    assert!(gone(hub.chat.room(room.id).await.map(drop)));
    hub.is_as_stored(&room).await;
    hub.close().await;
}

#[tokio::test]
async fn two_invitations_at_once_name_each_newcomer_once() {
    let hub = TestHub::open().await;
    let (ada, bob, cyd, dan) =
        (hub.join("ada").await, hub.join("bob").await, hub.join("cyd").await, hub.join("dan").await);
    let room = hub.room(&ada, Visibility::Private, &[&bob]).await;

    // The second inviter is invited itself, and the third by the first.
    let lists: [&[&Caller]; 3] = [&[&cyd, &bob, &cyd, &ada], &[&dan, &cyd], &[&dan]];
    let (first, second, third) = tokio::join!(
        hub.invite(&ada, &room, lists[0]),
        hub.invite(&bob, &room, lists[1]),
        hub.invite(&cyd, &room, lists[2]),
    );

    assert_eq!([first, second, third], ["cyd", "dan", ""]);
    hub.is_as_stored(&room).await;
    hub.close().await;
}

#[tokio::test]
async fn only_the_creator_destroys_and_who_may_not_invite_invites_nobody() {
    let hub = TestHub::open().await;
    let (ada, bob, eve) = (hub.join("ada").await, hub.join("bob").await, hub.join("eve").await);
    let room = hub.room(&ada, Visibility::Private, &[&bob]).await;
    let invite = |by: &Caller| Change::Invite { by: by.agent.clone(), agents: vec![eve.agent.clone()] };
    let journal = &hub.chat.0.journal;

    // The writer decides for itself, whatever was checked before.
    let (destroyed, invited, joined) = tokio::join!(
        journal.change(room.clone(), Change::Destroy(bob.agent.clone())),
        journal.change(room.clone(), invite(&eve)),
        journal.change(room.clone(), Change::Join(eve.agent.clone())),
    );

    assert!(matches!(destroyed, Err(Error::NotCreator)));
    assert!(matches!(invited, Err(Error::NotParticipant)));
    assert!(matches!(joined, Err(Error::NotInvited)));
    hub.is_as_stored(&room).await;
    hub.close().await;
}

#[tokio::test]
async fn nothing_of_a_room_is_created_where_somebody_invited_is_unknown_or_the_store_fails() {
    let hub = TestHub::open().await;
    let ada = hub.join("ada").await;
    let plan = |invited: Option<&str>| crate::RoomPlan {
        name: tertulia_model::RoomName::parse("den").unwrap(),
        description: None,
        visibility: Visibility::Public,
        ttl: tertulia_model::TimeToLive::DEFAULT,
        invited: invited.map(|name| crate::AgentRef::Name(name.to_owned())).into_iter().collect(),
        only_creator_invites: false,
    };
    hub.store.fail("create_room", super::store::Fault::Refuses(super::store::broken()));

    let broken = hub.chat.create_room(&ada, plan(None)).await;
    let unknown = hub.chat.create_room(&ada, plan(Some("nobody"))).await;

    assert!(matches!(broken, Err(Error::Store(_))));
    assert!(matches!(unknown, Err(Error::UnknownAgent(name)) if name == "nobody"));
    assert_eq!(hub.chat.rooms(None, Some(&ada), 10, 0).await.unwrap().1, 0);
    hub.close().await;
}

/// Once found: a creator that had left its private room saw it whole alone, and as a stranger on the list.
#[tokio::test]
async fn the_list_shows_of_a_room_what_the_room_shows() {
    let hub = TestHub::open().await;
    let (ada, bob, eve) = (hub.join("ada").await, hub.join("bob").await, hub.join("eve").await);
    let rooms = [
        hub.room(&ada, Visibility::Private, &[&bob]).await,
        hub.room(&ada, Visibility::Public, &[&bob]).await,
        hub.room(&bob, Visibility::Private, &[]).await,
    ];
    hub.chat.leave_room(&ada, &rooms[0]).await.unwrap();
    hub.chat.leave_room(&bob, &rooms[1]).await.unwrap();
    hub.chat.say(&bob, &rooms[0], "hello").await.unwrap();

    for reader in [Some(&ada), Some(&bob), Some(&eve), None] {
        let (mut listed, total) = hub.chat.rooms(None, reader, 10, 0).await.unwrap();
        assert_eq!(total, 3);
        listed.reverse();
        for (room, listed) in rooms.iter().zip(listed) {
            let seen = hub.chat.view_room(room, reader).unwrap();
            assert_eq!(listed.details, seen.details, "{reader:?}");
            assert_eq!((listed.id, listed.members, listed.messages), (seen.id, seen.members, seen.messages));
        }
    }
    hub.close().await;
}
