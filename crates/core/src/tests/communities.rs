//! Communities: who may do what there, what memory has of them, and who hears no more.

use std::{sync::Arc, time::Duration};

use tertulia_model::{ChannelName, CommunityId, CommunityName, ConversationId, Edit, Instructions, Role, Tags};
use tertulia_store::{CommunityOrder, CommunityQuery};

use super::{
    hub::TestHub,
    listener::Listener,
    store::{Fault, broken},
};
use crate::{
    AgentRef, Barred, Caller, ChannelChanges, ChannelPlan, CommunityChanges, CommunityPlan, Ended, Error, Listings,
    Noun,
};

fn plan(name: &str, is_public: bool) -> CommunityPlan {
    CommunityPlan {
        name: CommunityName::parse(name).unwrap(),
        description: None,
        icon_url: None,
        is_public,
        tags: Tags::default(),
        instructions: None,
    }
}

fn channel(name: &str) -> ChannelPlan {
    let name = ChannelName::parse(name).unwrap();
    let kind = tertulia_model::ChannelKind::Text;
    ChannelPlan { name, category: None, kind, topic: None, instructions: None, position: 0 }
}

const fn all(order: CommunityOrder) -> Listings<'static> {
    Listings { query: CommunityQuery { order, search: None, tag: None }, limit: 10, offset: 0 }
}

impl TestHub {
    /// A community of `owner` with these members, and its channel `general`.
    async fn community(&self, owner: &Caller, is_public: bool, members: &[&Caller]) -> (CommunityId, ConversationId) {
        let id = self.chat.create_community(owner, plan("den", is_public)).await.unwrap().0.id;
        for member in members {
            if !is_public {
                self.chat.invite_member(owner, id, &member.agent.name).await.unwrap();
            }
            self.chat.join_community(member, id).await.unwrap();
        }
        (id, self.general(owner, id).await)
    }

    async fn general(&self, reader: &Caller, id: CommunityId) -> ConversationId {
        self.chat.channels_of(id, Some(reader)).await.unwrap()[0].id
    }

    async fn say_in(&self, caller: &Caller, channel: ConversationId, text: &str) -> Result<(), Error> {
        let channel = self.chat.channel(channel).await?;
        self.chat.say(caller, &channel, text).await.map(drop)
    }

    /// Somebody who listens to a channel.
    async fn listen_in(&self, reader: Option<&Caller>, channel: ConversationId) -> Arc<Listener> {
        let channel = self.chat.channel(channel).await.unwrap();
        self.follow(&channel, reader).await.unwrap()
    }
}

#[tokio::test]
async fn members_talk_and_others_do_not() {
    let hub = TestHub::open().await;
    let (ada, bob, eve) = (hub.join("ada").await, hub.join("bob").await, hub.join("eve").await);
    let (public, general) = hub.community(&ada, true, &[&bob]).await;
    for member in [&ada, &bob] {
        hub.say_in(member, general, " as it is \r\n").await.unwrap();
    }
    assert!(matches!(hub.say_in(&eve, general, "hi").await, Err(Error::NotMember)));
    let page = hub.chat.page(&hub.chat.channel(general).await.unwrap(), Some(&bob), crate::PageFrom::Newest, 10).await;
    assert_eq!(&*page.unwrap().messages[0].text, " as it is \r\n");
    let (_, secret) = hub.community(&ada, false, &[&bob]).await;
    hub.say_in(&bob, secret, "hush").await.unwrap();
    assert!(matches!(hub.say_in(&eve, secret, "hi").await, Err(Error::NotFound(Noun::Channel))));
    hub.chat.leave_community(&bob, public).await.unwrap();
    assert!(matches!(hub.say_in(&bob, general, "hi").await, Err(Error::NotMember)));
    let hub = hub.restart().await;
    assert_eq!(hub.chat.channel(general).await.unwrap().count(), 2);
    hub.close().await;
}

#[tokio::test]
async fn a_private_community_is_there_for_members_and_those_invited() {
    let hub = TestHub::open().await;
    let (ada, bob, eve) = (hub.join("ada").await, hub.join("bob").await, hub.join("eve").await);
    let (id, general) = hub.community(&ada, false, &[]).await;
    for reader in [None, Some(&bob)] {
        assert!(matches!(hub.chat.community(id, reader).await, Err(Error::NotFound(Noun::Community))));
        assert!(matches!(hub.chat.channels_of(id, reader).await, Err(Error::NotFound(Noun::Community))));
    }
    assert!(matches!(hub.chat.join_community(&bob, id).await, Err(Error::NotFound(Noun::Community))));
    hub.chat.invite_member(&ada, id, "Bob").await.unwrap();
    assert_eq!(hub.chat.community(id, Some(&bob)).await.unwrap().members, 1);
    assert!(matches!(hub.say_in(&bob, general, "hi").await, Err(Error::NotFound(Noun::Channel))));
    hub.chat.withdraw_invitation(&ada, id, "bob").await.unwrap();
    assert!(matches!(hub.chat.join_community(&bob, id).await, Err(Error::NotFound(Noun::Community))));
    hub.chat.block(&eve, &AgentRef::Name("ada".to_owned())).await.unwrap();
    assert!(matches!(hub.chat.invite_member(&ada, id, "eve").await, Err(Error::Blocked)));
    hub.close().await;
}

#[tokio::test]
async fn who_may_not_listen_any_more_hears_no_more() {
    let hub = TestHub::open().await;
    let (ada, bob, eve) = (hub.join("ada").await, hub.join("bob").await, hub.join("eve").await);
    let (id, general) = hub.community(&ada, true, &[&bob, &eve]).await;
    let (of_ada, of_bob) = (hub.listen_in(Some(&ada), general).await, hub.listen_in(Some(&bob), general).await);
    let (of_eve, of_nobody) = (hub.listen_in(Some(&eve), general).await, hub.listen_in(None, general).await);
    hub.chat.leave_community(&bob, id).await.unwrap();
    hub.settle().await;
    assert_eq!(of_bob.ended(), Some(Ended::NoLongerAllowed));
    hub.chat.ban(&ada, id, "eve", None).await.unwrap();
    hub.settle().await;
    assert_eq!(of_eve.ended(), Some(Ended::NoLongerAllowed));
    let hidden = CommunityChanges { is_public: Edit::To(false), ..CommunityChanges::default() };
    hub.chat.edit_community(&ada, id, hidden).await.unwrap();
    hub.settle().await;
    assert_eq!(of_nobody.ended(), Some(Ended::NoLongerAllowed));
    hub.say_in(&ada, general, "alone").await.unwrap();
    hub.settle().await;
    assert_eq!((of_ada.take().as_str(), of_ada.ended()), ("ada: alone|", None));
    hub.chat.delete_channel(&ada, general).await.unwrap();
    hub.settle().await;
    assert_eq!(of_ada.ended(), Some(Ended::NoLongerAllowed));
    assert!(matches!(hub.chat.channel(general).await, Err(Error::NotFound(Noun::Channel))));
    hub.close().await;
}

#[tokio::test]
async fn what_was_deleted_is_gone_and_swept() {
    let hub = TestHub::open().await;
    let ada = hub.join("ada").await;
    let (id, general) = hub.community(&ada, true, &[]).await;
    hub.say_in(&ada, general, "something").await.unwrap();
    let held = hub.chat.channel(general).await.unwrap();
    let listener = hub.listen_in(Some(&ada), general).await;
    hub.chat.delete_community(&ada, id).await.unwrap();
    hub.settle().await;
    assert_eq!(listener.ended(), Some(Ended::NoLongerAllowed));
    assert!(matches!(hub.chat.community(id, Some(&ada)).await, Err(Error::NotFound(Noun::Community))));
    assert!(matches!(hub.chat.say(&ada, &held, "more").await, Err(Error::NotFound(Noun::Channel))));
    assert!(matches!(hub.chat.delete_community(&ada, id).await, Err(Error::NotFound(Noun::Community))));
    assert!(hub.chat.sweep_slice_of_communities().await.unwrap().rows >= 5);
    assert_eq!(hub.chat.sweep_slice_of_communities().await.unwrap().rows, 0);
    hub.close().await;
}

#[tokio::test]
async fn each_role_may_what_it_may() {
    let hub = TestHub::open().await;
    let (ada, bob, cyd) = (hub.join("ada").await, hub.join("bob").await, hub.join("cyd").await);
    let eve = hub.join("eve").await;
    let (id, general) = hub.community(&ada, true, &[&bob, &cyd]).await;
    let chat = &hub.chat;
    for caller in [&cyd, &eve] {
        let refused = [
            chat.create_channel(caller, id, channel("news")).await.map(drop),
            chat.edit_channel(caller, general, ChannelChanges::default()).await.map(drop),
            chat.delete_channel(caller, general).await,
            chat.invite_member(caller, id, "eve").await,
            chat.ban(caller, id, "bob", None).await,
            chat.bans(caller, id).await.map(drop),
        ];
        assert!(refused.iter().all(|refused| matches!(refused, Err(Error::Barred(Barred::NotAdmin)))), "{refused:?}");
    }
    chat.set_role(&ada, id, "bob", Role::Admin).await.unwrap();
    chat.create_channel(&bob, id, channel("news")).await.unwrap();
    let refused = [
        chat.edit_community(&bob, id, CommunityChanges::default()).await.map(drop),
        chat.delete_community(&bob, id).await,
        chat.set_role(&bob, id, "cyd", Role::Admin).await,
    ];
    assert!(refused.iter().all(|refused| matches!(refused, Err(Error::Barred(Barred::NotOwner)))), "{refused:?}");
    chat.set_role(&ada, id, "cyd", Role::Admin).await.unwrap();
    for (by, target) in [(&bob, "ada"), (&bob, "cyd"), (&bob, "bob"), (&ada, "ada")] {
        let refused = chat.ban(by, id, target, None).await;
        assert!(matches!(refused, Err(Error::Barred(Barred::Protected))), "{target}: {refused:?}");
    }
    chat.ban(&ada, id, "cyd", None).await.unwrap();
    assert!(matches!(chat.join_community(&cyd, id).await, Err(Error::Barred(Barred::Banned))));
    assert!(matches!(chat.set_role(&ada, id, "eve", Role::Admin).await, Err(Error::NotMember)));
    assert!(matches!(chat.leave_community(&ada, id).await, Err(Error::Barred(Barred::OwnerStays))));
    assert!(matches!(chat.leave_community(&eve, id).await, Err(Error::NotMember)));
    hub.close().await;
}

#[tokio::test]
async fn communities_have_their_measure() {
    let hub = TestHub::open().await;
    let (ada, bob, cyd) = (hub.join("ada").await, hub.join("bob").await, hub.join("cyd").await);
    let (dan, eve) = (hub.join("dan").await, hub.join("eve").await);
    let (id, _) = hub.community(&ada, true, &[&bob, &cyd, &dan]).await;
    assert!(matches!(hub.chat.join_community(&eve, id).await, Err(Error::Barred(Barred::Full))));
    assert!(matches!(hub.chat.join_community(&bob, id).await, Err(Error::Barred(Barred::AlreadyMember))));
    for name in ["news", "talk"] {
        hub.chat.create_channel(&ada, id, channel(name)).await.unwrap();
    }
    let refused = hub.chat.create_channel(&ada, id, channel("more")).await;
    assert!(matches!(refused, Err(Error::Barred(Barred::TooManyChannels))));
    hub.close().await;
}

/// The store says that it failed, and has done it: memory asks again and follows.
#[tokio::test]
async fn memory_follows_what_the_store_has_done_after_all() {
    let hub = TestHub::open().await;
    let (ada, bob) = (hub.join("ada").await, hub.join("bob").await);
    let (id, general) = hub.community(&ada, true, &[&bob]).await;
    let of_bob = hub.listen_in(Some(&bob), general).await;
    hub.store.fail("ban_member", Fault::FailsAfterwards);
    assert!(matches!(hub.chat.ban(&ada, id, "bob", None).await, Err(Error::Store(_))));
    hub.settle().await;
    assert_eq!(of_bob.ended(), Some(Ended::NoLongerAllowed));
    assert!(matches!(hub.say_in(&bob, general, "hi").await, Err(Error::NotMember)));
    hub.store.fail("delete_community", Fault::FailsAfterwards);
    assert!(matches!(hub.chat.delete_community(&ada, id).await, Err(Error::Store(_))));
    assert!(matches!(hub.say_in(&ada, general, "hi").await, Err(Error::NotFound(Noun::Channel))));
    hub.close().await;
}

/// The store cannot even be asked what it has done: nobody is granted anything until it can.
#[tokio::test]
async fn nobody_is_granted_anything_where_memory_may_be_wrong() {
    let hub = TestHub::open().await;
    let (ada, bob) = (hub.join("ada").await, hub.join("bob").await);
    let (id, general) = hub.community(&ada, true, &[&bob]).await;
    let held = hub.chat.channel(general).await.unwrap();
    hub.store.fail("ban_member", Fault::FailsAfterwards);
    for _ in 0..2 {
        hub.store.fail("whole_community", Fault::Refuses(broken()));
    }
    assert!(matches!(hub.chat.ban(&ada, id, "bob", None).await, Err(Error::Store(_))));
    assert!(matches!(hub.chat.say(&bob, &held, "hi").await, Err(Error::Store(_))));
    assert!(matches!(hub.chat.say(&bob, &held, "hi").await, Err(Error::NotMember)));
    hub.chat.say(&ada, &held, "hi").await.unwrap();
    hub.close().await;
}

#[tokio::test]
async fn many_communities_are_let_go_of_and_found_again() {
    let hub = TestHub::open().await;
    let ada = hub.join("ada").await;
    let mut channels = Vec::new();
    for _ in 0..12 {
        let (_, general) = hub.community(&ada, true, &[]).await;
        hub.say_in(&ada, general, "here").await.unwrap();
        channels.push(general);
    }
    for general in channels {
        assert_eq!(hub.chat.channel(general).await.unwrap().count(), 1);
    }
    assert!(hub.chat.0.communities.in_memory() <= 13);
    hub.close().await;
}

#[tokio::test]
async fn the_built_in_community_is_everybodys_and_nobodys() {
    let hub = TestHub::open().await;
    let (ada, bob) = (hub.join("ada").await, hub.join("bob").await);
    let (chat, id) = (&hub.chat, hub.chat.hub().community);
    let built_in = chat.community(id, None).await.unwrap();
    assert_eq!((&*built_in.name, built_in.members, built_in.owner.is_system), ("hub", 2, true));
    let channels = chat.channels_of(id, Some(&ada)).await.unwrap();
    assert_eq!((channels.len(), channels[0].id, &*channels[0].name), (1, chat.lobby().id, "lobby"));
    chat.join_community(&ada, id).await.unwrap();
    assert!(matches!(chat.leave_community(&ada, id).await, Err(Error::Barred(Barred::BuiltIn))));
    let refused = chat.edit_community(&ada, id, CommunityChanges::default()).await;
    assert!(matches!(refused, Err(Error::Barred(Barred::NotOwner))));
    for refused in [
        chat.create_channel(&ada, id, channel("news")).await.map(drop),
        chat.delete_channel(&ada, chat.lobby().id).await,
        chat.ban(&ada, id, "bob", None).await,
        chat.invite_member(&ada, id, "bob").await,
    ] {
        assert!(matches!(refused, Err(Error::Barred(Barred::NotAdmin))), "{refused:?}");
    }
    assert_eq!(chat.members_of_community(id, None).await.unwrap().len(), 2);
    chat.report(&ada, chat.lobby().id, "bob", None).await.unwrap();
    let again = chat.report(&ada, chat.lobby().id, "bob", None).await;
    assert!(matches!(again, Err(Error::Barred(Barred::ReportedBefore))));
    hub.say(&bob, 1).await.remove(0).unwrap();
    hub.close().await;
}

#[tokio::test]
async fn the_built_in_community_stands_in_its_place_on_the_list() {
    let hub = TestHub::open().await;
    let (ada, bob) = (hub.join("ada").await, hub.join("bob").await);
    hub.clock.advance(Duration::from_hours(5));
    for (name, members) in [("small", &[][..]), ("large", &[&bob])] {
        let id = hub.chat.create_community(&ada, plan(name, true)).await.unwrap().0.id;
        for member in members {
            hub.chat.join_community(member, id).await.unwrap();
        }
    }
    for (order, expected) in [
        // As many members as the built-in one, and newer.
        (CommunityOrder::Popular, ["large", "hub", "small"]),
        (CommunityOrder::New, ["large", "small", "hub"]),
        (CommunityOrder::Hot, ["large", "small", "hub"]),
    ] {
        let names =
            |page: Vec<crate::CommunityView>| page.into_iter().map(|view| view.name.to_string()).collect::<Vec<_>>();
        let mut listed = names(hub.chat.communities(all(order)).await.unwrap());
        if order == CommunityOrder::New {
            listed[..2].sort();
        }
        assert_eq!(listed, expected, "{order:?}");
        let mut paged = Vec::new();
        for offset in 0..4 {
            paged.extend(names(hub.chat.communities(Listings { limit: 1, offset, ..all(order) }).await.unwrap()));
        }
        if order == CommunityOrder::New {
            paged[..2].sort();
        }
        assert_eq!(paged, expected, "{order:?}");
    }
    let query = CommunityQuery { search: Some("LOBBY"), ..CommunityQuery::default() };
    let found = hub.chat.communities(Listings { query, limit: 10, offset: 0 }).await.unwrap();
    assert_eq!(found.len(), 1);
    let own = hub.chat.own_communities(&bob).await.unwrap();
    let own: Vec<_> = own.iter().map(|belonging| (&*belonging.community.name, belonging.role)).collect();
    assert_eq!(own, [("hub", Role::Member), ("large", Role::Member)]);
    hub.close().await;
}

#[tokio::test]
async fn only_those_in_a_channel_report_there() {
    let hub = TestHub::open().await;
    let (ada, bob, eve) = (hub.join("ada").await, hub.join("bob").await, hub.join("eve").await);
    let (_, general) = hub.community(&ada, true, &[&bob]).await;
    let (_, secret) = hub.community(&ada, false, &[]).await;
    let chat = &hub.chat;
    assert!(matches!(chat.report(&eve, general, "bob", None).await, Err(Error::NotMember)));
    assert!(matches!(chat.report(&eve, secret, "bob", None).await, Err(Error::NotFound(Noun::Channel))));
    assert!(matches!(chat.report(&bob, general, "bob", None).await, Err(Error::Oneself)));
    assert!(matches!(chat.report(&bob, general, "nobody", None).await, Err(Error::UnknownAgent(_))));
    assert!(matches!(chat.report(&bob, general, "hub", None).await, Err(Error::UnknownAgent(_))));
    chat.report(&bob, general, "ada", None).await.unwrap();
    let again = chat.report(&bob, general, "ada", None).await;
    assert!(matches!(again, Err(Error::Barred(Barred::ReportedBefore))));
    hub.close().await;
}

#[tokio::test]
async fn instructions_are_those_of_the_community_and_of_the_channel() {
    let hub = TestHub::open().await;
    let ada = hub.join("ada").await;
    let (id, general) = hub.community(&ada, true, &[]).await;
    let conversation = hub.chat.channel(general).await.unwrap();
    assert_eq!(hub.chat.instructions_for(&conversation), [None, None]);
    let instructions = || Edit::To(Instructions::parse("Be brief.").unwrap());
    let changes = CommunityChanges { instructions: instructions(), ..CommunityChanges::default() };
    hub.chat.edit_community(&ada, id, changes).await.unwrap();
    let changes = ChannelChanges { instructions: instructions(), ..ChannelChanges::default() };
    hub.chat.edit_channel(&ada, general, changes).await.unwrap();
    let expected: Option<Arc<str>> = Some("Be brief.".into());
    assert_eq!(hub.chat.instructions_for(&conversation), [expected.clone(), expected]);
    assert_eq!(hub.chat.instructions_for(hub.chat.lobby()), [None, None]);
    hub.close().await;
}
