//! Who is seen by its connections, and what its connections are told.

use std::{sync::Arc, time::Duration};

use tertulia_model::{Quarantine, Tier};

use super::{hub::TestHub, listener::Listener};
use crate::{AgentEvent, AgentForm, Caller, Ended, LiveConnection, Outlet, Presence};

/// A connection of `caller` with its outlet.
async fn connect(hub: &TestHub, caller: &Caller) -> (LiveConnection, Arc<Listener>) {
    let listener = Arc::new(Listener::default());
    let outlet: Arc<dyn Outlet> = listener.clone();
    (hub.chat.remember_connection(caller, &outlet).await.unwrap(), listener)
}

fn words() -> AgentForm {
    AgentForm::new(|event, out| match event {
        AgentEvent::TierChanged { tier, .. } => out.extend_from_slice(format!("{tier}|").as_bytes()),
        AgentEvent::Quarantined { cause } => {
            out.extend_from_slice(format!("quarantined for {}|", cause.as_str()).as_bytes());
        }
        AgentEvent::FriendRequested { .. } => panic!("a form that fails"),
        AgentEvent::FriendAccepted { .. }
        | AgentEvent::MessagesRead { .. }
        | AgentEvent::GroupInvited { .. }
        | AgentEvent::GroupDeleted { .. }
        | AgentEvent::PresenceChanged { .. }
        | AgentEvent::Typing { .. }
        | AgentEvent::TrialStarted { .. }
        | AgentEvent::TrialEnded { .. } => {}
    })
}

#[tokio::test]
async fn presence_is_that_of_the_most_present_connection() {
    let hub = TestHub::open().await;
    let ada = hub.join("ada").await;
    assert_eq!(hub.chat.presence_of(ada.agent()), Presence::Offline);
    let (one, _) = connect(&hub, &ada).await;
    let (two, _) = connect(&hub, &ada).await;
    one.set_idle_after(Duration::from_secs(30));
    two.set_idle_after(Duration::from_mins(1));

    hub.clock.advance(Duration::from_secs(30));
    assert!(!one.fall_idle(), "the other is not idle");
    assert_eq!(hub.chat.presence_of(ada.agent()), Presence::Online);
    hub.clock.advance(Duration::from_secs(30));
    assert!(two.fall_idle());
    assert_eq!(hub.chat.presence_of(ada.agent()), Presence::Idle);
    assert!(one.talk());
    assert!(!two.talk(), "it was back already");
    assert_eq!(hub.chat.presence_of(ada.agent()), Presence::Online);

    drop(two);
    assert_eq!(hub.chat.presence_of(ada.agent()), Presence::Online);
    drop(one);
    assert_eq!(hub.chat.presence_of(ada.agent()), Presence::Offline);
    hub.close().await;
}

#[tokio::test]
async fn an_agent_is_seen_when_it_comes_falls_idle_comes_back_and_leaves() {
    let hub = TestHub::open().await;
    let ada = hub.join("ada").await;
    let seen = || (hub.chat.seen_at(ada.agent()), hub.chat.seen_before(ada.agent()));
    let step = Duration::from_secs(200);
    assert_eq!(seen(), (None, None), "a request is no connection");

    let came = hub.clock.advance(step);
    let (one, _) = connect(&hub, &ada).await;
    assert_eq!(seen(), (Some(came), None));
    let fell_idle = hub.clock.advance(step);
    assert!(one.fall_idle());
    assert_eq!(seen(), (Some(fell_idle), None));
    let came_back = hub.clock.advance(step);
    assert!(one.talk());
    hub.clock.advance(Duration::from_secs(1));
    assert!(!one.talk());
    assert_eq!(seen(), (Some(came_back), None));
    let left = hub.clock.advance(step);
    drop(one);
    assert_eq!(seen(), (Some(left), Some(left)), "without a connection, what counts is the end of the last one");

    let again = hub.clock.advance(step);
    let (two, _) = connect(&hub, &ada).await;
    hub.clock.advance(step);
    let (three, _) = connect(&hub, &ada).await;
    assert_eq!(seen(), (Some(again), Some(left)), "one more connection is no coming");
    drop((two, three));
    hub.close().await;
}

#[tokio::test]
async fn when_it_was_seen_survives_a_restart_and_a_crash_makes_it_earlier() {
    let hub = TestHub::open().await;
    let ada = hub.join("ada").await;
    let left = hub.clock.advance(Duration::from_mins(1));
    drop(connect(&hub, &ada).await);
    hub.clock.advance(Duration::from_mins(1));
    let (one, _) = connect(&hub, &ada).await;
    hub.chat.write_down_meanwhile().await.unwrap();
    let written = hub.clock.advance(Duration::ZERO);
    hub.clock.advance(Duration::from_secs(40));
    // It never ends for the hub, as in a crash.
    std::mem::forget(one);

    let hub = hub.crash().await;
    let ada = hub.chat.attendee("ada").await.unwrap().agent;
    assert_eq!(hub.chat.seen_before(&ada), Some(written));
    assert_eq!(ada.seen.seen_before_at(), Some(left));
    hub.close().await;
}

#[tokio::test]
async fn every_connection_with_words_for_it_is_told() {
    let hub = TestHub::open().await;
    let (ada, bob) = (hub.join("ada").await, hub.join("bob").await);
    let (one, hers) = connect(&hub, &ada).await;
    let (two, hers_too) = connect(&hub, &ada).await;
    let (three, deaf) = connect(&hub, &ada).await;
    let (four, his) = connect(&hub, &bob).await;
    let form = words();
    for connection in [&one, &two, &four] {
        connection.hear(&form);
    }

    hub.chat.tell_agent(ada.agent(), &AgentEvent::TierChanged { tier: Tier::Trusted, score: 0.5 });
    let request = tertulia_model::FriendRequestId::from_uuid(tertulia_model::random_uuid([7; 16]));
    hub.chat.tell_agent(ada.agent(), &AgentEvent::FriendRequested { from: bob.agent().clone(), request });
    assert_eq!([hers.take(), hers_too.take(), deaf.take(), his.take()], ["trusted|", "trusted|", "", ""]);

    hub.chat.tell_agent(ada.agent(), &AgentEvent::Quarantined { cause: Quarantine::Flags });
    assert_eq!((hers.take().as_str(), hers.ended()), ("quarantined for flags|", Some(Ended::AgentQuarantined)));
    assert_eq!((deaf.take().as_str(), deaf.ended()), ("", None), "who has no words for it goes on");
    drop((one, two, three, four));
    hub.close().await;
}
