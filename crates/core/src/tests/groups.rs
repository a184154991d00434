//! Groups: who is a member, in order with what is said, and whatever fails.

use std::sync::Arc;

use tertulia_model::{ConversationId, GroupDescription, GroupEvent, GroupName, GroupRole, MessageNo, SentKey, Seq};
use tertulia_store::Groups;

use super::{
    hub::TestHub,
    store::{Fault, broken},
};
use crate::{
    AgentRef, Caller, Conversation, Error, GroupBarred, GroupChanges, GroupPlan, GroupView, Letter, MessagingRules,
    Noun, Posted, Rules, Sent,
};

fn plan(invited: &[&Caller]) -> GroupPlan {
    GroupPlan {
        name: GroupName::parse("ops").unwrap(),
        description: None,
        avatar_url: None,
        invited: invited.iter().map(|caller| AgentRef::Id(caller.agent.id)).collect(),
    }
}

impl TestHub {
    /// A group of `creator`, and of those who are invited and come.
    pub(super) async fn group(&self, creator: &Caller, members: &[&Caller]) -> ConversationId {
        let (view, invited) = self.chat.create_group(creator, plan(members)).await.unwrap();
        assert_eq!(invited.len(), members.len());
        for member in members {
            self.enter(member).await.unwrap();
        }
        view.id
    }

    /// Takes up the oldest invitation.
    pub(super) async fn enter(&self, agent: &Caller) -> Result<GroupView, Error> {
        let invitations = self.chat.group_invitations(agent).await.unwrap();
        self.chat.accept_group_invitation(agent, invitations[0].id).await
    }

    pub(super) async fn tell(&self, from: &Caller, group: ConversationId, key: &str) -> Result<Sent, Error> {
        let key = SentKey::parse(key).unwrap();
        let text = Some(key.shared());
        let letter = Letter { key, text, data: None, attachment: None, extension: None, bytes: 1 };
        self.chat.send_to_group(from, group, &letter).await
    }

    async fn conversation(&self, id: ConversationId) -> Arc<Conversation> {
        self.chat.0.conversations.group(id, &self.chat.0.directory).await.unwrap().unwrap()
    }

    /// What waits for an agent: texts and events, in order.
    async fn inbox(&self, agent: &Caller) -> Vec<String> {
        let waiting = self.chat.waiting_for(&agent.agent, MessageNo(0), 100).await.unwrap();
        waiting.iter().map(|(posted, _)| shown(posted)).collect()
    }
}

fn shown(posted: &Posted) -> String {
    let name =
        |agent: &Option<Arc<crate::Agent>>| agent.as_ref().map_or("-".to_owned(), |agent| agent.name.to_string());
    match &posted.news {
        None => posted.text.to_string(),
        Some(news) => format!("{} {} {}", news.what.as_str(), name(&news.agent), name(&news.actor)),
    }
}

fn roles(view: &GroupView) -> Vec<(&str, GroupRole)> {
    view.members.iter().map(|member| (&*member.agent.name, member.role)).collect()
}

#[tokio::test]
async fn who_enters_sees_that_first() {
    let hub = TestHub::open().await;
    let [ada, bob, eve] = [hub.join("ada").await, hub.join("bob").await, hub.join("eve").await];
    let group = hub.group(&ada, &[&bob]).await;
    hub.tell(&ada, group, "one").await.unwrap();
    hub.chat.invite_to_group(&ada, group, "eve").await.unwrap();
    let view = hub.enter(&eve).await.unwrap();
    assert_eq!(roles(&view), [("ada", GroupRole::Admin), ("bob", GroupRole::Member), ("eve", GroupRole::Member)]);
    assert_eq!(hub.inbox(&eve).await, ["member_joined eve -"]);
    assert_eq!(hub.inbox(&bob).await, ["member_joined bob -", "one", "member_joined eve -"]);
    assert_eq!(hub.inbox(&ada).await, [""; 0], "who has invited says so");
    let conversation = hub.conversation(group).await;
    assert_eq!(conversation.group().unwrap().member(eve.agent.number).unwrap().joined_seq, Seq(3));
    // From the store as from memory.
    let hub = hub.restart().await;
    let conversation = hub.conversation(group).await;
    let member = conversation.group().unwrap().member(eve.agent.number).unwrap();
    assert_eq!((member.joined_seq, &*member.agent.name), (Seq(3), "eve"));
    assert_eq!((conversation.group().unwrap().card.members(), conversation.end()), (3, Seq(3)));
}

#[tokio::test]
async fn a_change_that_failed_and_was_written_is_told_once() {
    let hub = TestHub::open().await;
    let [ada, bob] = [hub.join("ada").await, hub.join("bob").await];
    let (view, _) = hub.chat.create_group(&ada, plan(&[&bob])).await.unwrap();
    hub.store.fail("commit", Fault::FailsAfterwards);
    assert_eq!(hub.enter(&bob).await.unwrap().members.len(), 2);
    assert_eq!(hub.inbox(&bob).await, ["member_joined bob -"]);
    assert!(matches!(hub.tell(&bob, view.id, "1").await, Ok(sent) if sent.posted.seq == Seq(2)));
    hub.store.fail("commit", Fault::FailsAfterwards);
    assert!(hub.chat.leave_group(&bob, view.id).await.unwrap().is_none());
    assert_eq!(hub.inbox(&bob).await, [""; 0]);
    assert_eq!(hub.inbox(&ada).await, ["1", "member_left bob -"]);
}

#[tokio::test]
async fn a_change_that_failed_has_changed_nothing() {
    let hub = TestHub::open().await;
    let [ada, bob] = [hub.join("ada").await, hub.join("bob").await];
    let group = hub.group(&ada, &[&bob]).await;
    hub.store.fail("commit", Fault::Refuses(broken()));
    hub.chat.delete_group(&ada, group).await.unwrap_err();
    hub.tell(&bob, group, "1").await.unwrap();
    hub.store.fail("commit", Fault::Refuses(broken()));
    hub.chat.leave_group(&ada, group).await.unwrap_err();
    assert_eq!(roles(&hub.chat.group(&bob, group).await.unwrap())[1], ("bob", GroupRole::Member));
    assert_eq!(hub.chat.leave_group(&ada, group).await.unwrap().unwrap().name, bob.agent.name);
    assert_eq!(hub.inbox(&ada).await, [""; 0]);
    // Who was promoted says so itself, so it gets no copy of that.
    assert_eq!(hub.inbox(&bob).await, ["member_joined bob -", "member_left ada -"]);
    assert_eq!(hub.conversation(group).await.end(), Seq(4));
}

#[tokio::test]
async fn a_batch_in_doubt_is_settled_before_a_group_is_decided_on() {
    let hub = TestHub::open().await;
    let [ada, bob] = [hub.join("ada").await, hub.join("bob").await];
    let group = hub.group(&ada, &[&bob]).await;
    hub.store.fail("commit", Fault::FailsAfterwards);
    hub.store.fail("locate", Fault::Refuses(broken()));
    hub.chat.leave_group(&bob, group).await.unwrap_err();
    // It has left all the same, though nobody was told: the next one finds out.
    assert!(matches!(hub.tell(&bob, group, "1").await, Err(Error::NotFound(Noun::Group))));
    let refused = hub.chat.leave_group(&bob, group).await;
    assert!(matches!(refused, Err(Error::NotFound(Noun::Group))), "{refused:?}");
    assert_eq!(hub.inbox(&ada).await, ["member_left bob -"]);
}

#[tokio::test]
async fn an_invitation_that_failed_and_was_written_is_made_once() {
    let hub = TestHub::open().await;
    let [ada, bob] = [hub.join("ada").await, hub.join("bob").await];
    let group = hub.group(&ada, &[]).await;
    hub.store.fail("invite_to_group", Fault::FailsAfterwards);
    let first = hub.chat.invite_to_group(&ada, group, "bob").await.unwrap().invitation;
    assert_eq!(hub.chat.invite_to_group(&ada, group, "bob").await.unwrap().invitation, first);
    assert_eq!(hub.chat.group_invitations(&bob).await.unwrap().len(), 1);
}

#[tokio::test]
async fn of_two_that_want_the_last_place_one_gets_it() {
    let rules = Rules { messaging: MessagingRules { group_members: 2, ..Default::default() }, ..Default::default() };
    let hub = TestHub::open_with(rules).await;
    let [ada, bob, eve] = [hub.join("ada").await, hub.join("bob").await, hub.join("eve").await];
    let (view, invited) = hub.chat.create_group(&ada, plan(&[&bob, &eve])).await.unwrap();
    assert_eq!(invited.len(), 2);
    let (first, second) = tokio::join!(hub.enter(&bob), hub.enter(&eve));
    let full = [first, second].into_iter().filter(|entered| matches!(entered, Err(Error::Group(GroupBarred::Full))));
    assert_eq!(full.count(), 1);
    assert_eq!(hub.conversation(view.id).await.group().unwrap().card.members(), 2);
    // Its invitation waits until there is a place.
    let waiting = [hub.chat.group_invitations(&bob).await.unwrap(), hub.chat.group_invitations(&eve).await.unwrap()];
    assert_eq!(waiting.iter().map(Vec::len).sum::<usize>(), 1);
}

#[tokio::test]
async fn what_is_sent_while_a_group_is_deleted_is_in_it_or_refused() {
    let hub = TestHub::open().await;
    let [ada, bob] = [hub.join("ada").await, hub.join("bob").await];
    let group = hub.group(&ada, &[&bob]).await;
    let keys: Vec<_> = (0..20).map(|number| number.to_string()).collect();
    let sends = futures_util::future::join_all(keys.iter().map(|key| hub.tell(&bob, group, key)));
    let (deleted, sent) = tokio::join!(hub.chat.delete_group(&ada, group), sends);
    let at = deleted.unwrap();
    let end = hub.conversation(group).await.end();
    for outcome in sent {
        match outcome {
            Ok(sent) => assert!(sent.posted.seq < end && sent.posted.created_at < at),
            Err(Error::Group(GroupBarred::Gone { deleted_by, .. })) => assert_eq!(&*deleted_by, "ada"),
            Err(other) => panic!("{other:?}"),
        }
    }
    assert_eq!(hub.inbox(&ada).await, [""; 0]);
    assert_eq!(hub.inbox(&bob).await, ["group_deleted - ada"]);
    // What was sent before is answered as it was.
    let again = hub.tell(&bob, group, "0").await;
    assert!(matches!(&again, Ok(sent) if sent.is_repeated) || matches!(again, Err(Error::Group(_))), "{again:?}");
}

#[tokio::test]
async fn who_leaves_while_it_writes_has_written_before_or_not_at_all() {
    let hub = TestHub::open().await;
    let [ada, bob] = [hub.join("ada").await, hub.join("bob").await];
    let group = hub.group(&ada, &[&bob]).await;
    let keys: Vec<_> = (0..20).map(|number| number.to_string()).collect();
    let sends = futures_util::future::join_all(keys.iter().map(|key| hub.tell(&bob, group, key)));
    let (sent, left) = tokio::join!(sends, hub.chat.leave_group(&bob, group));
    left.unwrap();
    let said = hub.inbox(&ada).await;
    assert_eq!(said.last().map(String::as_str), Some("member_left bob -"));
    let accepted = sent.iter().filter(|outcome| outcome.is_ok()).count();
    assert_eq!(said.len(), accepted + 1);
    assert!(sent.into_iter().all(|outcome| matches!(outcome, Ok(_) | Err(Error::NotFound(Noun::Group)))));
}

#[tokio::test]
async fn a_deleted_agent_leaves_all_its_groups() {
    let hub = TestHub::open().await;
    let [ada, bob, eve] = [hub.join("ada").await, hub.join("bob").await, hub.join("eve").await];
    let groups = [hub.group(&ada, &[&bob, &eve]).await, hub.group(&ada, &[&eve]).await];
    let (other, _) = hub.chat.create_group(&bob, plan(&[&ada])).await.unwrap();
    hub.chat.leave_all_groups(&ada.agent).await.unwrap();
    hub.chat.leave_all_groups(&ada.agent).await.unwrap();
    assert_eq!(hub.chat.group_invitations(&ada).await.unwrap().len(), 0);
    assert_eq!(roles(&hub.chat.group(&bob, groups[0]).await.unwrap())[0], ("bob", GroupRole::Admin));
    assert_eq!(roles(&hub.chat.group(&eve, groups[1]).await.unwrap()), [("eve", GroupRole::Admin)]);
    assert_eq!(roles(&hub.chat.group(&bob, other.id).await.unwrap()), [("bob", GroupRole::Admin)]);
}

#[tokio::test]
async fn too_much_that_waits_passes_over_what_happens_to_a_group() {
    let rules = Rules { messaging: MessagingRules { backlog_most: 1, ..Default::default() }, ..Default::default() };
    let hub = TestHub::open_with(rules).await;
    let [ada, bob] = [hub.join("ada").await, hub.join("bob").await];
    hub.chat.keep_queue(&bob.agent).await.unwrap();
    let group = hub.group(&ada, &[&bob]).await;
    let renamed = GroupChanges { name: Some(GroupName::parse("dev").unwrap()), ..GroupChanges::default() };
    hub.chat.change_group(&ada, group, renamed).await.unwrap();
    let sent = hub.tell(&ada, group, "1").await.unwrap();
    assert_eq!(sent.skipped.iter().map(|agent| &*agent.name).collect::<Vec<_>>(), ["bob"]);
    assert_eq!(hub.inbox(&bob).await, ["member_joined bob -"]);
    // Leaving empties what waits, so that there is room again.
    hub.chat.leave_group(&bob, group).await.unwrap();
    hub.chat.invite_to_group(&ada, group, "bob").await.unwrap();
    hub.enter(&bob).await.unwrap();
    assert_eq!(hub.inbox(&bob).await, ["member_joined bob -"]);
}

#[tokio::test]
async fn every_real_change_is_said_and_nothing_else() {
    let hub = TestHub::open().await;
    let [ada, bob] = [hub.join("ada").await, hub.join("bob").await];
    let group = hub.group(&ada, &[&bob]).await;
    let described = |text: Option<&str>| GroupChanges {
        name: Some(GroupName::parse("ops").unwrap()),
        description: Some(text.map(|text| GroupDescription::parse(text).unwrap())),
        avatar_url: Some(None),
    };
    hub.chat.change_group(&ada, group, described(None)).await.unwrap();
    assert_eq!(hub.conversation(group).await.end(), Seq(1));
    let view = hub.chat.change_group(&ada, group, described(Some("what breaks"))).await.unwrap();
    assert_eq!(view.description.as_deref(), Some("what breaks"));
    hub.chat.promote_in_group(&ada, group, "bob").await.unwrap();
    hub.chat.promote_in_group(&ada, group, "bob").await.unwrap();
    assert_eq!(hub.inbox(&bob).await, ["member_joined bob -", "description_changed - ada", "admin_promoted bob ada"]);
    let hub = hub.restart().await;
    let newest = hub.chat.newest(&hub.conversation(group).await.clone(), 10).await.unwrap().0;
    let events: Vec<_> = newest.iter().filter_map(|posted| Some(posted.news.as_ref()?.what)).collect();
    assert_eq!(events, [GroupEvent::MemberJoined, GroupEvent::DescriptionChanged, GroupEvent::AdminPromoted]);
    assert_eq!(newest.iter().map(|posted| shown(posted)).collect::<Vec<_>>(), hub.inbox(&bob).await);
    assert_eq!(hub.store.groups_of(bob.agent.number, tertulia_model::ConversationNo(0), 10).await.unwrap().len(), 1);
}
