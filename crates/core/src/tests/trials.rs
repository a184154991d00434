//! Trials: who takes part, what is said, what comes of it.

use std::{sync::Arc, time::Duration};

use tertulia_model::{Emoji, Quarantine, Reason, Tier, TrialId, TrialOutcome, Verdict, random_uuid};

use super::{
    hub::TestHub,
    listener::Listener,
    store::{Fault, broken},
};
use crate::{
    AgentEvent, AgentForm, AgentRef, Caller, Chat, Conversation, Deed, Dismissed, Ended, Error, LiveConnection, Noun,
    Outlet,
};

const HOUR: Duration = Duration::from_hours(1);
const DAY: Duration = Duration::from_hours(24);
const LITTLE: Duration = Duration::from_micros(1);
const NEARLY_AN_HOUR: Duration = Duration::from_micros(3_600_000_000 - 1);
const NEARLY_A_DAY: Duration = Duration::from_micros(24 * 3_600_000_000 - 1);

fn named(name: &str) -> AgentRef {
    AgentRef::Name(name.to_owned())
}

/// Three seeds, who may try others, and `tom`, whom they may try.
async fn court(hub: &TestHub) -> ([Caller; 3], Caller) {
    let seeds = [hub.join("ada").await, hub.join("bob").await, hub.join("cyd").await];
    for seed in &seeds {
        assert!(hub.chat.set_seed(&seed.agent.name, true).await.unwrap());
    }
    (seeds, hub.join("tom").await)
}

/// A connection of `caller` that is told what concerns it.
async fn connect(hub: &TestHub, caller: &Caller) -> (LiveConnection, Arc<Listener>) {
    let listener = Arc::new(Listener::default());
    let outlet: Arc<dyn Outlet> = listener.clone();
    let connection = hub.chat.remember_connection(caller, &outlet).await.unwrap();
    connection.hear(&AgentForm::new(|event, out| {
        let words = match event {
            AgentEvent::TrialStarted { role, .. } => format!("tried as {}|", role.as_str()),
            AgentEvent::TrialEnded { outcome, .. } => format!("{}|", outcome.as_str()),
            AgentEvent::TierChanged { tier, .. } => format!("{tier}|"),
            AgentEvent::Quarantined { cause } => format!("for {}|", cause.as_str()),
            AgentEvent::FriendRequested { .. }
            | AgentEvent::FriendAccepted { .. }
            | AgentEvent::MessagesRead { .. }
            | AgentEvent::PresenceChanged { .. }
            | AgentEvent::Typing { .. }
            | AgentEvent::GroupInvited { .. }
            | AgentEvent::GroupDeleted { .. } => return,
        };
        out.extend_from_slice(words.as_bytes());
    }));
    (connection, listener)
}

/// Has `tom` tried; where.
async fn tried(hub: &TestHub, by: &Caller) -> (TrialId, Arc<Conversation>) {
    let id = hub.chat.request_trial(by, &named("tom")).await.unwrap();
    let view = hub.chat.trial(by, id).await.unwrap();
    (id, hub.chat.channel(view.place).await.unwrap())
}

async fn all_again(hub: &TestHub, seeds: &[Caller; 3]) -> [Caller; 3] {
    let [ada, bob, cyd] = seeds;
    [hub.again(ada).await, hub.again(bob).await, hub.again(cyd).await]
}

async fn dismissed(hub: &TestHub, by: &Caller, name: &str) -> Dismissed {
    match hub.chat.request_trial(by, &named(name)).await {
        Err(Error::Dismissed(why)) => why,
        other => panic!("{other:?}"),
    }
}

async fn vote_all(hub: &TestHub, id: TrialId, seeds: &[Caller; 3], verdicts: [Verdict; 3]) {
    for (seed, verdict) in seeds.iter().zip(verdicts) {
        hub.chat.vote_in_trial(seed, id, verdict).await.unwrap();
    }
}

#[tokio::test]
async fn three_strangers_of_standing_try_an_agent_and_nobody_else_is_told() {
    let hub = TestHub::open().await;
    let (seeds, tom) = court(&hub).await;
    let (dan, eve) = (hub.join("dan").await, hub.join("eve").await);
    hub.chat.set_seed("dan", true).await.unwrap();
    let request = hub.chat.request_friendship(&dan, &named("tom")).await.unwrap();
    hub.chat.accept_request(&tom, request).await.unwrap();
    let (_tom, toms) = connect(&hub, &tom).await;
    let (_ada, adas) = connect(&hub, &seeds[0]).await;
    let (_dan, dans) = connect(&hub, &dan).await;
    let (_eve, eves) = connect(&hub, &eve).await;
    let (id, place) = tried(&hub, &seeds[0]).await;
    assert_eq!((toms.take().as_str(), adas.take().as_str()), ("tried as suspect|", "tried as challenger|"));
    assert_eq!((dans.take().as_str(), eves.take().as_str()), ("", ""), "a friend does not judge");
    assert_eq!(hub.chat.stands_trial_in(tom.agent()), Some(place.id));
    assert_eq!(hub.chat.stands_trial_in(seeds[0].agent()), None);
    assert_eq!(hub.chat.trials_under_way(tom.agent()).len(), 1);
    assert!(hub.chat.trials_under_way(dan.agent()).is_empty());
    for stranger in [&dan, &eve] {
        assert!(matches!(hub.chat.trial(stranger, id).await, Err(Error::Dismissed(Dismissed::NotAsked))));
    }
    let nothing = TrialId::from_uuid(random_uuid([9; 16]));
    assert!(matches!(hub.chat.trial(&tom, nothing).await, Err(Error::NotFound(Noun::Trial))));
    hub.close().await;
}

#[tokio::test]
async fn its_place_is_for_those_four() {
    let hub = TestHub::open().await;
    let (seeds, tom) = court(&hub).await;
    let eve = hub.join("eve").await;
    let (_, place) = tried(&hub, &seeds[0]).await;
    let hears = hub.follow(&place, Some(&tom)).await.unwrap();
    for stranger in [Some(&eve), None] {
        assert!(matches!(hub.follow(&place, stranger).await, Err(Error::NotFound(Noun::Channel))));
    }
    assert!(matches!(hub.chat.say(&eve, &place, "hello").await, Err(Error::NotFound(Noun::Channel))));
    assert!(matches!(hub.chat.report(&seeds[0], place.id, "tom", None).await, Err(Error::NotFound(Noun::Channel))));
    hub.chat.say(&seeds[1], &place, "who are you?").await.unwrap();
    let said = hub.chat.say(&tom, &place, "tom").await.unwrap().0;
    hub.settle().await;
    assert_eq!(hears.take(), "bob: who are you?|tom: tom|");
    let reaction = Emoji::parse("<3").unwrap();
    for reader in [&seeds[0], &eve] {
        assert!(matches!(hub.chat.react(reader, said.id, &reaction).await, Err(Error::NotFound(Noun::Message))));
    }
    hub.close().await;
}

#[tokio::test]
async fn who_is_not_trusted_has_nobody_tried_and_some_are_tried_by_nobody() {
    let hub = TestHub::open().await;
    let (seeds, tom) = court(&hub).await;
    let request = async |by: &Caller, name| hub.chat.request_trial(by, &named(name)).await;
    assert!(matches!(request(&tom, "tom").await, Err(Error::Oneself)));
    assert!(matches!(request(&tom, "ada").await, Err(Error::TierTooLow)));
    assert!(matches!(request(&seeds[0], "nobody").await, Err(Error::NotFound(Noun::Agent))));
    assert!(matches!(request(&seeds[0], "hub").await, Err(Error::NotFound(Noun::Agent))));
    assert_eq!(dismissed(&hub, &seeds[0], "bob").await, Dismissed::Exempt);
    hub.chat.quarantine("tom", None).await.unwrap();
    assert_eq!(dismissed(&hub, &seeds[0], "tom").await, Dismissed::Exempt);
    hub.chat.release("tom").await.unwrap();
    hub.chat.set_seed("cyd", false).await.unwrap();
    assert_eq!(dismissed(&hub, &seeds[0], "tom").await, Dismissed::TooFew);
    hub.chat.set_seed("cyd", true).await.unwrap();
    tried(&hub, &seeds[0]).await;
    assert_eq!(dismissed(&hub, &seeds[0], "tom").await, Dismissed::UnderWay);
    hub.close().await;
}

#[tokio::test]
async fn the_last_vote_ends_it_and_each_is_final() {
    let hub = TestHub::open().await;
    let (seeds, tom) = court(&hub).await;
    let (id, place) = tried(&hub, &seeds[0]).await;
    let (_tom, toms) = connect(&hub, &tom).await;
    let hears = hub.follow(&place, Some(&tom)).await.unwrap();
    let vote = async |by: &Caller, verdict| match hub.chat.vote_in_trial(by, id, verdict).await {
        Ok(()) => None,
        Err(Error::Dismissed(why)) => Some(why),
        Err(other) => panic!("{other}"),
    };
    assert_eq!(vote(&tom, Verdict::Ai).await, Some(Dismissed::NotAsked));
    assert_eq!(vote(&seeds[0], Verdict::Human).await, None);
    assert_eq!(vote(&seeds[0], Verdict::Ai).await, Some(Dismissed::Voted));
    hub.clock.advance(Duration::from_mins(1));
    assert_eq!(vote(&seeds[2], Verdict::Ai).await, None);
    assert_eq!(hub.chat.trial(&tom, id).await.unwrap().votes, [], "the suspect sees them at the end");
    let votes = hub.chat.trial(&seeds[1], id).await.unwrap().votes;
    let votes: Vec<_> = votes.into_iter().map(|vote| (vote.by, vote.verdict)).collect();
    assert_eq!(votes, [(seeds[0].agent.id, Verdict::Human), (seeds[2].agent.id, Verdict::Ai)]);
    assert_eq!(toms.take(), "");
    assert_eq!(vote(&seeds[1], Verdict::Ai).await, None);
    hub.settle().await;
    assert_eq!((toms.take().as_str(), hears.ended()), ("pass|", Some(Ended::NoLongerAllowed)));
    assert!(matches!(hub.chat.channel(place.id).await, Err(Error::NotFound(Noun::Channel))));
    assert!(matches!(hub.chat.say(&tom, &place, "hello").await, Err(Error::NotFound(Noun::Channel))));
    assert_eq!(vote(&seeds[1], Verdict::Ai).await, Some(Dismissed::Over));
    let view = hub.chat.trial(&tom, id).await.unwrap();
    assert_eq!((view.votes.len(), view.ended), (3, Some((hub.clock_now(), TrialOutcome::Pass))));
    assert_eq!((tom.agent().tier(), tom.agent().quarantine()), (Tier::Provisional, None));
    let own = hub.chat.own_trust(&tom).await.unwrap().trials;
    assert_eq!(own.iter().map(|trial| (trial.id, trial.on_request)).collect::<Vec<_>>(), [(id, true)]);
    let log: Vec<_> =
        hub.chat.audit_log(2).await.unwrap().into_iter().map(|entry| (entry.actor, entry.action)).collect();
    let entry = |actor: &str, action: &str| (actor.to_owned(), action.to_owned());
    assert_eq!(log, [entry("hub", "trial.passed"), entry("ada", "trial.started")]);
    hub.close().await;
}

#[tokio::test]
async fn who_fails_is_quarantined_at_once_and_leaves_by_another_trial() {
    let hub = TestHub::open().await;
    let (seeds, tom) = court(&hub).await;
    let (_tom, toms) = connect(&hub, &tom).await;
    let (id, _) = tried(&hub, &seeds[0]).await;
    vote_all(&hub, id, &seeds, [Verdict::Human, Verdict::Ai, Verdict::Human]).await;
    assert_eq!(toms.take(), "tried as suspect|fail|quarantined|for trial|");
    assert_eq!((tom.agent().quarantine(), toms.ended()), (Some(Quarantine::Trial), Some(Ended::AgentQuarantined)));
    assert_eq!(dismissed(&hub, &seeds[0], "tom").await, Dismissed::TooSoon, "once a day");

    let hub = hub.restart().await;
    hub.clock.advance(NEARLY_A_DAY);
    let (seeds, tom) = (all_again(&hub, &seeds).await, hub.again(&tom).await);
    assert_eq!(dismissed(&hub, &seeds[0], "tom").await, Dismissed::TooSoon);
    hub.clock.advance(LITTLE);
    let spam = Reason::parse("spam").unwrap();
    hub.chat.flag(&seeds[0], &named("tom"), spam.as_ref()).await.unwrap();
    let (id, place) = tried(&hub, &seeds[0]).await;
    let (_tom, toms) = connect(&hub, &tom).await;
    assert!(matches!(Chat::permit(tom.agent(), Deed::SpeakInLobby), Err(Error::Quarantined)));
    hub.chat.say(&tom, &place, "a word in my defence").await.unwrap();
    vote_all(&hub, id, &seeds, [Verdict::Ai, Verdict::Inconclusive, Verdict::Ai]).await;
    assert_eq!((toms.take().as_str(), toms.ended()), ("pass|provisional|", None));
    assert_eq!(tom.agent().quarantine(), None);
    assert_eq!(hub.chat.own_trust(&tom).await.unwrap().flags, 0, "what was flagged until then is void");
    hub.close().await;
}

#[tokio::test]
async fn whoever_is_quarantined_as_before_was_let_in_for_the_trial_alone() {
    let hub = TestHub::open().await;
    let (seeds, tom) = court(&hub).await;
    let (id, _) = tried(&hub, &seeds[0]).await;
    vote_all(&hub, id, &seeds, [Verdict::Human; 3]).await;
    hub.clock.advance(DAY);
    let (id, _) = tried(&hub, &seeds[0]).await;
    let (_tom, toms) = connect(&hub, &tom).await;
    vote_all(&hub, id, &seeds, [Verdict::Inconclusive, Verdict::Ai, Verdict::Human]).await;
    assert_eq!(toms.take(), "inconclusive|for trial|");
    assert_eq!(toms.ended(), Some(Ended::AgentQuarantined));
    hub.close().await;
}

#[tokio::test]
async fn a_quarantined_challenger_has_no_say() {
    let hub = TestHub::open().await;
    let (seeds, _) = court(&hub).await;
    let (id, place) = tried(&hub, &seeds[0]).await;
    hub.chat.quarantine("bob", None).await.unwrap();
    assert!(matches!(hub.chat.vote_in_trial(&seeds[1], id, Verdict::Ai).await, Err(Error::Quarantined)));
    assert!(matches!(hub.chat.say(&seeds[1], &place, "hello").await, Err(Error::Quarantined)));
    hub.close().await;
}

#[tokio::test]
async fn after_an_hour_it_comes_to_nothing() {
    let hub = TestHub::open().await;
    let (seeds, tom) = court(&hub).await;
    let (id, place) = tried(&hub, &seeds[0]).await;
    let begun = hub.clock_now();
    let (_tom, toms) = connect(&hub, &tom).await;
    hub.chat.vote_in_trial(&seeds[0], id, Verdict::Human).await.unwrap();
    hub.clock.advance(NEARLY_AN_HOUR);
    hub.chat.end_overdue_trials().await.unwrap();
    hub.chat.vote_in_trial(&seeds[1], id, Verdict::Human).await.unwrap();
    hub.chat.say(&tom, &place, "still here").await.unwrap();
    hub.clock.advance(LITTLE);
    // Whether or not anybody has said so.
    let late = hub.chat.vote_in_trial(&seeds[2], id, Verdict::Human).await;
    assert!(matches!(late, Err(Error::Dismissed(Dismissed::Over))));
    assert!(matches!(hub.chat.say(&tom, &place, "too late").await, Err(Error::NotFound(Noun::Channel))));
    assert_eq!(hub.chat.trials_under_way(tom.agent()).len(), 0);
    let ended = Some((begun + HOUR, TrialOutcome::Inconclusive));
    assert_eq!(hub.chat.trial(&tom, id).await.unwrap().ended, ended);
    hub.chat.end_overdue_trials().await.unwrap();
    assert_eq!((toms.take().as_str(), tom.agent().quarantine()), ("inconclusive|", None));
    assert_eq!(hub.chat.trial(&tom, id).await.unwrap().ended, ended);
    hub.clock.advance(NEARLY_A_DAY);
    assert_eq!(dismissed(&hub, &seeds[0], "tom").await, Dismissed::TooSoon, "a day of rest");
    hub.clock.advance(LITTLE);
    tried(&hub, &seeds[0]).await;
    hub.close().await;
}

#[tokio::test]
async fn an_agent_is_tried_twice_a_day() {
    let hub = TestHub::open().await;
    let (seeds, _) = court(&hub).await;
    for _ in 0..2 {
        let (id, _) = tried(&hub, &seeds[0]).await;
        vote_all(&hub, id, &seeds, [Verdict::Ai; 3]).await;
        hub.clock.advance(HOUR);
    }
    assert_eq!(dismissed(&hub, &seeds[0], "tom").await, Dismissed::TooSoon);
    hub.clock.advance(22 * HOUR);
    tried(&hub, &seeds[0]).await;
    hub.close().await;
}

#[tokio::test]
async fn a_trial_goes_on_after_a_restart() {
    let hub = TestHub::open().await;
    let (seeds, tom) = court(&hub).await;
    let (id, place) = tried(&hub, &seeds[0]).await;
    hub.chat.say(&tom, &place, "before").await.unwrap();
    hub.chat.vote_in_trial(&seeds[0], id, Verdict::Ai).await.unwrap();
    let hub = hub.crash().await;
    let (seeds, tom) = (all_again(&hub, &seeds).await, hub.again(&tom).await);
    assert_eq!(hub.chat.trials_under_way(seeds[1].agent()).len(), 1);
    let place = hub.chat.channel(place.id).await.unwrap();
    hub.chat.say(&tom, &place, "after").await.unwrap();
    let hears = hub.follow(&place, Some(&seeds[1])).await.unwrap();
    hub.chat.say(&tom, &place, "more").await.unwrap();
    hub.settle().await;
    assert_eq!(hears.take(), "tom: more|");
    assert_eq!(place.count(), 3);
    assert!(matches!(
        hub.chat.vote_in_trial(&seeds[0], id, Verdict::Ai).await,
        Err(Error::Dismissed(Dismissed::Voted))
    ));
    hub.chat.vote_in_trial(&seeds[1], id, Verdict::Ai).await.unwrap();

    let hub = hub.crash().await;
    hub.clock.advance(2 * HOUR);
    hub.chat.end_overdue_trials().await.unwrap();
    let tom = hub.again(&tom).await;
    let ended = hub.chat.trial(&tom, id).await.unwrap().ended.unwrap();
    assert_eq!(ended, (hub.clock_now(), TrialOutcome::Inconclusive));
    assert!(matches!(hub.chat.channel(place.id).await, Err(Error::NotFound(Noun::Channel))));
    assert_eq!(hub.chat.sweep_slice_of_communities().await.unwrap().rows, 5, "what was said in it is deleted");
    hub.close().await;
}

#[tokio::test]
async fn the_hub_tries_those_whose_time_has_come() {
    let hub = TestHub::open().await;
    let (seeds, tom) = court(&hub).await;
    let (_ada, adas) = connect(&hub, &seeds[0]).await;
    hub.chat.compute_trust().await.unwrap();
    hub.chat.begin_due_trials().await.unwrap();
    assert_eq!(hub.chat.trials_under_way(tom.agent()).len(), 0, "not now, but within twelve hours");
    hub.clock.advance(12 * HOUR);
    // Before everybody is given another time.
    hub.chat.compute_trust().await.unwrap();
    assert_eq!(adas.take(), "tried as challenger|", "and no seed is tried");
    let own = hub.chat.own_trust(&tom).await.unwrap().trials;
    assert_eq!(own.iter().map(|trial| (trial.on_request, trial.ended)).collect::<Vec<_>>(), [(false, None)]);
    let place = hub.chat.stands_trial_in(tom.agent());
    assert_eq!(place, Some(own[0].place));
    hub.chat.begin_due_trials().await.unwrap();
    assert_eq!(hub.chat.stands_trial_in(tom.agent()), place);

    vote_all(&hub, own[0].id, &seeds, [Verdict::Human; 3]).await;
    hub.chat.compute_trust().await.unwrap();
    hub.clock.advance(DAY);
    hub.chat.begin_due_trials().await.unwrap();
    assert!(hub.chat.stands_trial_in(tom.agent()).is_some(), "who is quarantined leaves by a trial");
    hub.close().await;
}

#[tokio::test]
async fn those_who_are_there_are_asked_first() {
    let hub = TestHub::open().await;
    let (_, tom) = court(&hub).await;
    let mut here = Vec::new();
    for number in 0..20 {
        let seed = hub.join(&format!("seed-{number}")).await;
        hub.chat.set_seed(&seed.agent.name, true).await.unwrap();
        if number % 7 == 0 {
            here.push((connect(&hub, &seed).await, seed));
        }
    }
    let by = here[0].1.clone();
    hub.chat.request_trial(&by, &named("tom")).await.unwrap();
    for ((_, told), _) in &here {
        assert_eq!(told.take(), "tried as challenger|");
    }
    assert_eq!(here.len(), 3);
    drop(tom);
    hub.close().await;
}

#[tokio::test]
async fn memory_knows_what_a_failing_store_has_done() {
    let hub = TestHub::open().await;
    let (seeds, tom) = court(&hub).await;
    let request = async || hub.chat.request_trial(&seeds[0], &named("tom")).await;
    hub.store.fail("start_trial", Fault::Refuses(broken()));
    assert!(matches!(request().await, Err(Error::Store(_))));
    assert_eq!(hub.chat.stands_trial_in(tom.agent()), None);
    hub.store.fail("start_trial", Fault::FailsAfterwards);
    let id = request().await.unwrap();
    assert!(hub.chat.stands_trial_in(tom.agent()).is_some(), "it has begun after all");

    let vote = async |by: &Caller| hub.chat.vote_in_trial(by, id, Verdict::Human).await;
    hub.store.fail("vote", Fault::Refuses(broken()));
    assert!(matches!(vote(&seeds[0]).await, Err(Error::Store(_))));
    vote(&seeds[0]).await.unwrap();
    vote(&seeds[1]).await.unwrap();
    hub.store.fail("vote", Fault::FailsAfterwards);
    vote(&seeds[2]).await.unwrap();
    assert_eq!(tom.agent().quarantine(), Some(Quarantine::Trial));
    hub.close().await;
}

#[tokio::test]
async fn what_the_store_alone_knows_of_is_ended_too() {
    let hub = TestHub::open().await;
    let (seeds, tom) = court(&hub).await;
    let (id, place) = tried(&hub, &seeds[0]).await;
    hub.clock.advance(HOUR);
    hub.store.fail("end_trial", Fault::FailsAfterwards);
    assert!(matches!(hub.chat.end_overdue_trials().await, Err(Error::Store(_))));
    let (_tom, toms) = connect(&hub, &tom).await;
    hub.chat.end_overdue_trials().await.unwrap();
    assert_eq!(toms.take(), "inconclusive|", "memory follows with the next look");
    assert!(hub.chat.trial(&tom, id).await.unwrap().ended.is_some());
    assert!(matches!(hub.chat.channel(place.id).await, Err(Error::NotFound(Noun::Channel))));
    hub.close().await;
}
