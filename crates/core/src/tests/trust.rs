//! Vouching, flagging, quarantine, and trust that is computed now and then.

use std::{sync::Arc, time::Duration};

use tertulia_model::{Emoji, Quarantine, Reason, Tier};

use super::{
    hub::TestHub,
    listener::Listener,
    store::{Fault, broken},
};
use crate::{AgentEvent, AgentForm, AgentRef, Caller, Deed, Ended, Error, LiveConnection, Noun, Outlet};

const DAY: Duration = Duration::from_hours(24);

fn named(name: &str) -> AgentRef {
    AgentRef::Name(name.to_owned())
}

/// A connection of `caller` that is told what concerns it.
async fn connect(hub: &TestHub, caller: &Caller) -> (LiveConnection, Arc<Listener>) {
    let listener = Arc::new(Listener::default());
    let outlet: Arc<dyn Outlet> = listener.clone();
    let connection = hub.chat.remember_connection(caller, &outlet).await.unwrap();
    let form = AgentForm::new(|event, out| match event {
        AgentEvent::TierChanged { tier, .. } => out.extend_from_slice(format!("{tier}|").as_bytes()),
        AgentEvent::Quarantined { cause } => out.extend_from_slice(format!("for {}|", cause.as_str()).as_bytes()),
        AgentEvent::FriendRequested { .. }
        | AgentEvent::FriendAccepted { .. }
        | AgentEvent::PresenceChanged { .. }
        | AgentEvent::Typing { .. }
        | AgentEvent::TrialStarted { .. }
        | AgentEvent::MessagesRead { .. }
        | AgentEvent::TrialEnded { .. }
        | AgentEvent::GroupInvited { .. }
        | AgentEvent::GroupDeleted { .. } => {}
    });
    connection.hear(&form);
    (connection, listener)
}

/// Five agents who like what the others say, and `tom`, with whom nobody deals: all a day old, and computed.
async fn society(hub: &TestHub) -> (Vec<Caller>, Caller) {
    let mut friends = Vec::new();
    for name in ["ada", "bob", "cyd", "dan", "eve"] {
        friends.push(hub.join(name).await);
    }
    let tom = hub.join("tom").await;
    let heart = Emoji::parse("<3").unwrap();
    for author in &friends {
        let message = hub.say(author, 1).await.remove(0).unwrap().id;
        for reader in friends.iter().filter(|reader| reader.agent.number != author.agent.number) {
            hub.chat.react(reader, message, &heart).await.unwrap();
        }
    }
    hub.clock.advance(DAY + Duration::from_secs(1));
    hub.chat.compute_trust().await.unwrap();
    (friends, tom)
}

async fn flag_by(hub: &TestHub, flaggers: &[Caller], name: &str) {
    for flagger in flaggers {
        hub.chat.flag(flagger, &named(name), None).await.unwrap();
    }
}

#[tokio::test]
async fn trust_is_provisional_until_it_is_computed() {
    let hub = TestHub::open().await;
    let ada = hub.join("ada").await;
    assert_eq!((ada.agent().tier(), ada.agent().quarantine()), (Tier::Provisional, None));
    let trust = hub.chat.trust_of(&named("ADA")).await.unwrap();
    assert_eq!((trust.tier, trust.is_seed, trust.computed_at), (Tier::Provisional, false, None));
    assert!(trust.score.abs() < 1e-12 && trust.agent.id == ada.agent().id);

    let (friends, tom) = society_beside(&hub).await;
    assert!(friends.iter().all(|friend| friend.agent().tier() == Tier::Provisional));
    assert!(friends.iter().all(|friend| (friend.agent().score() - 1.0).abs() < 1e-9));
    assert_eq!(tom.agent().tier(), Tier::Untrusted);
    let trust = hub.chat.trust_of(&named("tom")).await.unwrap();
    assert_eq!((trust.tier, trust.computed_at), (Tier::Untrusted, Some(hub.chat.clock().now())));
    assert!((trust.score - tom.agent().score()).abs() < 1e-12 && trust.score < 0.3);
    assert!(matches!(hub.chat.trust_of(&named("nobody")).await, Err(Error::NotFound(Noun::Agent))));
    assert!(matches!(hub.chat.trust_of(&named("hub")).await, Err(Error::NotFound(Noun::Agent))));
    hub.close().await;
}

/// As [`society`], where ada has joined already.
async fn society_beside(hub: &TestHub) -> (Vec<Caller>, Caller) {
    let heart = Emoji::parse("<3").unwrap();
    let (bob, cyd, tom) = (hub.join("bob").await, hub.join("cyd").await, hub.join("tom").await);
    for (author, reader) in [(&bob, &cyd), (&cyd, &bob)] {
        let message = hub.say(author, 1).await.remove(0).unwrap().id;
        hub.chat.react(reader, message, &heart).await.unwrap();
    }
    hub.chat.compute_trust().await.unwrap();
    (vec![bob, cyd], tom)
}

#[tokio::test]
async fn a_vouch_is_given_by_the_provisional_once_and_can_be_withdrawn() {
    let hub = TestHub::open().await;
    let (friends, tom) = society(&hub).await;
    let (ada, bob) = (&friends[0], named("bob"));
    let vouch = async |caller, target: &AgentRef| hub.chat.vouch(caller, target).await;
    assert!(matches!(vouch(ada, &named("nobody")).await, Err(Error::NotFound(Noun::Agent))));
    assert!(matches!(vouch(ada, &named("ada")).await, Err(Error::Oneself)));
    assert!(matches!(vouch(&tom, &bob).await, Err(Error::TierTooLow)));
    vouch(ada, &bob).await.unwrap();
    assert!(matches!(vouch(ada, &bob).await, Err(Error::AlreadyVouched)));
    assert_eq!(hub.chat.trust_of(&bob).await.unwrap().vouches_received, 1);

    hub.chat.quarantine("bob", None).await.unwrap();
    hub.chat.quarantine("eve", None).await.unwrap();
    assert!(matches!(vouch(ada, &bob).await, Err(Error::AlreadyVouched)));
    assert!(matches!(vouch(ada, &named("eve")).await, Err(Error::TierTooLow)));
    assert!(matches!(vouch(&friends[4], &named("cyd")).await, Err(Error::TierTooLow)));
    hub.chat.release("bob").await.unwrap();

    for _ in 0..2 {
        hub.chat.withdraw_vouch(ada, &bob).await.unwrap();
        hub.chat.withdraw_vouch(ada, &named("ada")).await.unwrap();
    }
    assert_eq!(hub.chat.trust_of(&bob).await.unwrap().vouches_received, 0);
    assert!(matches!(hub.chat.withdraw_vouch(ada, &named("nobody")).await, Err(Error::NotFound(Noun::Agent))));
    vouch(ada, &bob).await.unwrap();
    hub.close().await;
}

#[tokio::test]
async fn who_scores_high_and_vouches_for_two_is_trusted() {
    let hub = TestHub::open().await;
    let (friends, _) = society(&hub).await;
    let (_connection, listener) = connect(&hub, &friends[0]).await;
    let shown = friends[0].agent().author_version();
    for name in ["bob", "cyd"] {
        hub.chat.vouch(&friends[0], &named(name)).await.unwrap();
    }
    hub.chat.compute_trust().await.unwrap();
    assert_eq!(friends[0].agent().tier(), Tier::Trusted);
    assert_eq!(listener.take(), "trusted|");
    assert_ne!(friends[0].agent().author_version(), shown, "its messages show another tier now");
    hub.chat.compute_trust().await.unwrap();
    assert_eq!(listener.take(), "", "nothing has changed");
    hub.close().await;
}

#[tokio::test]
async fn three_who_are_trusted_enough_quarantine_at_once_and_flags_fade() {
    let hub = TestHub::open().await;
    let (friends, tom) = society(&hub).await;
    let (_talking, told) = connect(&hub, &tom).await;
    let reader = Arc::new(Listener::default());
    let outlet: Arc<dyn Outlet> = reader.clone();
    let _reading = hub.chat.remember_connection(&tom, &outlet).await.unwrap();

    flag_by(&hub, &friends[..2], "tom").await;
    assert_eq!(tom.agent().quarantine(), None);
    hub.say(&tom, 1).await.remove(0).unwrap();
    flag_by(&hub, &friends[2..3], "tom").await;
    assert_eq!((tom.agent().tier(), tom.agent().quarantine()), (Tier::Quarantined, Some(Quarantine::Flags)));
    assert_eq!((told.take().as_str(), told.ended()), ("quarantined|for flags|", Some(Ended::AgentQuarantined)));
    assert_eq!(reader.ended(), None, "who only reads may go on");
    assert!(matches!(hub.say(&tom, 1).await.remove(0), Err(Error::Quarantined)));
    assert!(matches!(hub.chat.flag(&tom, &named("ada"), None).await, Err(Error::Quarantined)));
    crate::Chat::permit(tom.agent(), Deed::Attend).unwrap();

    let hub = hub.restart().await;
    hub.chat.compute_trust().await.unwrap();
    assert_eq!(hub.chat.trust_of(&named("tom")).await.unwrap().tier, Tier::Quarantined);
    hub.clock.advance(30 * DAY);
    hub.chat.compute_trust().await.unwrap();
    let trust = hub.chat.trust_of(&named("tom")).await.unwrap();
    assert_eq!((trust.tier, trust.agent.quarantine()), (Tier::Untrusted, None));
    hub.close().await;
}

#[tokio::test]
async fn a_flag_is_made_once_a_day_and_never_against_oneself() {
    let hub = TestHub::open().await;
    let (ada, tom) = (hub.join("ada").await, named("tom"));
    hub.join("tom").await;
    let reason = Reason::parse("spam").unwrap();
    let flag = async |target: &AgentRef| hub.chat.flag(&ada, target, reason.as_ref()).await;
    assert!(matches!(flag(&named("nobody")).await, Err(Error::NotFound(Noun::Agent))));
    assert!(matches!(flag(&named("ada")).await, Err(Error::Oneself)));
    flag(&tom).await.unwrap();
    hub.clock.advance(Duration::from_secs(24 * 3_600 - 1));
    assert!(matches!(flag(&tom).await, Err(Error::AlreadyFlagged)));
    hub.clock.advance(Duration::from_secs(1));
    flag(&tom).await.unwrap();
    hub.close().await;
}

#[tokio::test]
async fn nobody_is_quarantined_by_those_of_whom_nothing_is_known() {
    let hub = TestHub::open().await;
    let (friends, _) = society(&hub).await;
    for number in 0..40 {
        let throw_away = hub.join(&format!("new-{number}")).await;
        hub.chat.flag(&throw_away, &named("ada"), None).await.unwrap();
    }
    hub.clock.advance(2 * DAY);
    hub.chat.compute_trust().await.unwrap();
    assert_eq!(friends[0].agent().quarantine(), None);
    flag_by(&hub, &friends[1..3], "ada").await;
    assert_eq!(friends[0].agent().quarantine(), None, "two are of standing, whatever all weigh");
    flag_by(&hub, &friends[3..4], "ada").await;
    assert_eq!(friends[0].agent().quarantine(), Some(Quarantine::Flags));
    hub.close().await;
}

#[tokio::test]
async fn the_operator_quarantines_and_releases() {
    let hub = TestHub::open().await;
    let (friends, tom) = society(&hub).await;
    let (_connection, told) = connect(&hub, &tom).await;
    assert!(hub.chat.quarantine("tom", None).await.unwrap());
    assert!(!hub.chat.quarantine("tom", None).await.unwrap());
    assert_eq!(told.take(), "quarantined|for operator|");
    flag_by(&hub, &friends[..3], "tom").await;
    hub.clock.advance(40 * DAY);
    hub.chat.compute_trust().await.unwrap();
    assert_eq!(tom.agent().quarantine(), Some(Quarantine::Operator), "no time lifts it");

    flag_by(&hub, &friends[..3], "tom").await;
    let spam = Reason::parse("spam").unwrap();
    flag_by(&hub, &friends[1..4], "ada").await;
    assert_eq!(friends[0].agent().quarantine(), Some(Quarantine::Flags));
    assert!(hub.chat.quarantine("ada", spam.as_ref()).await.unwrap());
    assert_eq!(friends[0].agent().quarantine(), Some(Quarantine::Operator), "which takes the place of any other cause");
    let noted = hub.chat.audit_log(1).await.unwrap().remove(0);
    assert_eq!((noted.action.as_str(), noted.detail.as_deref()), ("agent.quarantined", Some("spam")));
    let (_connection, told) = connect(&hub, &tom).await;
    assert!(hub.chat.release("tom").await.unwrap());
    assert!(!hub.chat.release("tom").await.unwrap());
    assert_eq!((told.take().as_str(), told.ended()), ("untrusted|", None));
    hub.chat.compute_trust().await.unwrap();
    assert_eq!(tom.agent().quarantine(), None, "what was flagged before the release counts no more");
    assert!(matches!(hub.chat.quarantine("nobody", None).await, Err(Error::NotFound(Noun::Agent))));
    hub.close().await;
}

#[tokio::test]
async fn a_seed_is_one_at_once_and_until_it_is_none_any_more() {
    let hub = TestHub::open().await;
    let (_, tom) = society(&hub).await;
    let (_connection, told) = connect(&hub, &tom).await;
    assert!(hub.chat.set_seed("tom", true).await.unwrap());
    assert!(!hub.chat.set_seed("tom", true).await.unwrap());
    hub.chat.compute_trust().await.unwrap();
    assert_eq!((tom.agent().tier(), told.take().as_str()), (Tier::Seed, "seed|"));
    assert!(hub.chat.trust_of(&named("tom")).await.unwrap().is_seed);
    hub.chat.quarantine("tom", None).await.unwrap();
    assert_eq!(tom.agent().tier(), Tier::Quarantined, "which beats everything");
    hub.chat.release("tom").await.unwrap();
    assert_eq!(tom.agent().tier(), Tier::Seed);
    assert!(hub.chat.set_seed("tom", false).await.unwrap());
    hub.chat.compute_trust().await.unwrap();
    assert_eq!(tom.agent().tier(), Tier::Untrusted);
    hub.close().await;
}

#[tokio::test]
async fn a_computation_does_not_undo_what_happens_meanwhile() {
    let hub = TestHub::open().await;
    let (_, tom) = society(&hub).await;
    let (has_come, go_on) = hub.store.pause("interactions");
    let meanwhile = async {
        has_come.await.unwrap();
        hub.chat.quarantine("tom", None).await.unwrap();
        go_on.send(()).unwrap();
    };
    let (computed, ()) = tokio::join!(hub.chat.compute_trust(), meanwhile);
    computed.unwrap();
    assert_eq!(tom.agent().quarantine(), Some(Quarantine::Operator));
    assert_eq!(hub.chat.trust_of(&named("tom")).await.unwrap().tier, Tier::Quarantined);
    hub.chat.compute_trust().await.unwrap();
    assert_eq!(tom.agent().quarantine(), Some(Quarantine::Operator));
    hub.close().await;
}

#[tokio::test]
async fn two_computations_come_one_after_the_other() {
    let hub = TestHub::open().await;
    hub.join("ada").await;
    let (has_come, go_on) = hub.store.pause("save_standings");
    let meanwhile = async {
        has_come.await.unwrap();
        assert_eq!(hub.store.calls("flags_since"), 1, "the second has not begun");
        go_on.send(()).unwrap();
    };
    let (first, second, ()) = tokio::join!(hub.chat.compute_trust(), hub.chat.compute_trust(), meanwhile);
    first.unwrap();
    second.unwrap();
    assert_eq!(hub.store.calls("save_standings"), 2);
    hub.close().await;
}

#[tokio::test]
async fn an_agent_that_is_read_during_a_computation_stands_as_computed() {
    let hub = TestHub::open().await;
    let (_, tom) = society(&hub).await;
    let score_before = tom.agent().score();
    drop(tom);
    hub.clock.advance(DAY);
    // Who has said nothing and was not seen lately is not in memory then.
    let hub = hub.restart().await;
    hub.chat.set_seed("ada", true).await.unwrap();
    let (has_come, go_on) = hub.store.pause_after("trust_of");
    let meanwhile = async {
        has_come.await.unwrap();
        hub.chat.compute_trust().await.unwrap();
        go_on.send(()).unwrap();
    };
    let (read, ()) = tokio::join!(hub.chat.attendee("tom"), meanwhile);
    let tom = read.unwrap().agent;
    let trust = hub.chat.trust_of(&named("tom")).await.unwrap();
    assert!(trust.score < score_before / 2.0, "trust begins with ada alone now");
    assert!((tom.score() - trust.score).abs() < 1e-12, "{} is not {}", tom.score(), trust.score);
    hub.close().await;
}

#[tokio::test]
async fn memory_knows_what_a_failing_store_has_written() {
    let hub = TestHub::open().await;
    let tom = hub.join("tom").await;
    hub.store.fail("quarantine", Fault::Refuses(broken()));
    assert!(matches!(hub.chat.quarantine("tom", None).await, Err(Error::Store(_))));
    assert_eq!(tom.agent().quarantine(), None);
    hub.store.fail("quarantine", Fault::FailsAfterwards);
    assert!(matches!(hub.chat.quarantine("tom", None).await, Err(Error::Store(_))));
    assert_eq!(tom.agent().quarantine(), Some(Quarantine::Operator));
    hub.store.fail("assessed", Fault::Refuses(broken()));
    assert!(matches!(hub.chat.compute_trust().await, Err(Error::Store(_))));
    hub.chat.compute_trust().await.unwrap();
    hub.close().await;
}

#[tokio::test]
async fn an_agent_sees_why_it_is_trusted() {
    let hub = TestHub::open().await;
    let (friends, _) = society(&hub).await;
    let [ada, bob, cyd, ..] = &friends[..] else { panic!("five") };
    hub.chat.vouch(ada, &named("bob")).await.unwrap();
    hub.clock.advance(Duration::from_secs(1));
    hub.chat.vouch(ada, &named("cyd")).await.unwrap();
    hub.chat.vouch(bob, &named("ada")).await.unwrap();
    hub.chat.flag(cyd, &named("ada"), None).await.unwrap();
    let own = hub.chat.own_trust(ada).await.unwrap();
    let names = |vouches: &[crate::Vouch]| vouches.iter().map(|vouch| vouch.agent.name.to_string()).collect::<Vec<_>>();
    assert_eq!((names(&own.given), names(&own.received)), (vec!["cyd".into(), "bob".into()], vec!["bob".into()]));
    assert_eq!((own.flags, own.trust.vouches_received), (1, 1));
    assert!((own.karma - 4.0 * (-1.0_f64 / 30.0).exp2()).abs() < 0.01, "four reactions of a day ago: {}", own.karma);

    hub.chat.suspend("cyd").await.unwrap();
    hub.clock.advance(30 * DAY);
    let own = hub.chat.own_trust(ada).await.unwrap();
    assert_eq!((names(&own.given), own.flags), (vec!["bob".into()], 0));
    assert!((own.karma - 4.0 * (-31.0_f64 / 30.0).exp2()).abs() < 0.01);
    hub.close().await;
}
