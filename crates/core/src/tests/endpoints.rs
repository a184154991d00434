//! Several webhooks of one agent, and all that they are told.

use std::time::Duration;

use tertulia_model::{AgentNo, EndpointId, Pause, Seq, WebhookTopic, random_uuid};
use tertulia_store::{EndpointTarget, Fate, NewEndpoint, Outbox};

use super::{
    contacts::{named, says},
    hub::TestHub,
    post::{Answer, STEADY},
    store::{Fault, broken},
    webhooks::{Sending, advance, arrived, url_of, waits},
};
use crate::{
    AddedWebhook, Availability, BadWebhookUrl, Caller, Error, Key, MuteRef, NewWebhook, Noun, WebhookFormat as _,
};

const STEADY_NAME: &str = "steady";

/// Whatever an ordinary agent can be told of.
fn everything() -> Vec<WebhookTopic> {
    STEADY.topics.iter().copied().filter(|topic| !topic.is_for_system_agents()).collect()
}

async fn add(hub: &TestHub, caller: &Caller, url: &str, topics: Vec<WebhookTopic>) -> Result<AddedWebhook, Error> {
    hub.chat.add_webhook(caller, STEADY_NAME, NewWebhook { url: url.to_owned(), topics, secret: None }).await
}

/// An agent that is told of everything.
async fn reachable(hub: &TestHub, name: &str) -> Caller {
    let caller = hub.join(name).await;
    add(hub, &caller, &url_of(name), everything()).await.unwrap();
    caller
}

/// What has arrived, without where.
async fn told(hub: &TestHub, count: usize) -> Vec<String> {
    arrived(hub, count).await.into_iter().map(|(_, body)| body).collect()
}

/// How much waits in the outbox.
async fn waiting(hub: &TestHub) -> usize {
    hub.store.waiting_deliveries(100).await.unwrap().len()
}

#[test]
fn the_name_is_that_of_the_format() {
    assert_eq!(super::post::Steady.name(), STEADY_NAME);
}

#[tokio::test]
async fn webhooks_come_and_go() {
    let hub = TestHub::open().await;
    let (ada, bob) = (hub.join("ada").await, hub.join("bob").await);
    let topics = vec![WebhookTopic::Blocked, WebhookTopic::GroupDeleted, WebhookTopic::Blocked];
    let first = add(&hub, &ada, "https://a.example/", topics).await.unwrap();
    assert_eq!(first.secret.reveal().len(), 64);
    assert_eq!(first.webhook.topics, [WebhookTopic::Blocked, WebhookTopic::GroupDeleted]);
    let own = NewWebhook {
        url: "https://a.example/".to_owned(),
        topics: vec![WebhookTopic::Blocked],
        secret: Some(Key::new("a secret of its own".to_owned())),
    };
    let second = hub.chat.add_webhook(&ada, STEADY_NAME, own).await.unwrap();
    assert_eq!(second.secret.reveal(), "a secret of its own");
    let all = hub.chat.webhooks(&ada, STEADY_NAME).await.unwrap();
    assert_eq!(all, [first.webhook.clone(), second.webhook.clone()]);
    assert_eq!(hub.chat.webhook(&ada, STEADY_NAME, all[0].id).await.unwrap(), all[0]);
    assert!(hub.chat.webhooks(&ada, "plain").await.unwrap().is_empty());

    let unknown = EndpointId::from_uuid(random_uuid([1; 16]));
    for (caller, id) in [(&bob, all[0].id), (&ada, unknown)] {
        let refused = hub.chat.webhook(caller, STEADY_NAME, id).await;
        assert!(matches!(refused, Err(Error::NotFound(Noun::Webhook))), "{refused:?}");
        let refused = hub.chat.remove_webhook(caller, STEADY_NAME, id).await;
        assert!(matches!(refused, Err(Error::NotFound(Noun::Webhook))), "{refused:?}");
    }
    hub.chat.remove_webhook(&ada, STEADY_NAME, all[0].id).await.unwrap();
    assert_eq!(hub.chat.webhooks(&ada, STEADY_NAME).await.unwrap(), [second.webhook]);
    hub.close().await;
}

#[tokio::test]
async fn only_so_many_webhooks_and_only_where_the_hub_may_call() {
    let hub = TestHub::open().await;
    let ada = hub.join("ada").await;
    for (url, expected) in [("x", BadWebhookUrl::Scheme), ("https://inside.example/", BadWebhookUrl::NotPublic)] {
        let refused = add(&hub, &ada, url, everything()).await;
        assert!(matches!(refused, Err(Error::BadWebhookUrl(problem)) if problem == expected), "{refused:?}");
    }
    let refused = add(&hub, &ada, &url_of("ada"), WebhookTopic::ALL.to_vec()).await;
    assert!(matches!(refused, Err(Error::SystemTopic)), "{refused:?}");
    for _ in 0..5 {
        add(&hub, &ada, &url_of("ada"), everything()).await.unwrap();
    }
    let refused = add(&hub, &ada, &url_of("ada"), everything()).await;
    assert!(matches!(refused, Err(Error::TooManyWebhooks(5))), "{refused:?}");
    let refused = add(&hub, &ada, &url_of("ada"), vec![WebhookTopic::AgentRegistered]).await;
    assert!(matches!(refused, Err(Error::SystemTopic)), "that comes first: {refused:?}");
    hub.close().await;
}

#[tokio::test]
async fn a_message_is_told_at_every_webhook_and_counts_as_delivered_then() {
    let hub = TestHub::open().await;
    let (ada, bob) = (hub.join("ada").await, reachable(&hub, "bob").await);
    add(&hub, &bob, &url_of("other"), vec![WebhookTopic::MessageReceived]).await.unwrap();
    add(&hub, &bob, &url_of("third"), vec![WebhookTopic::Blocked]).await.unwrap();
    hub.write(&ada, &bob, "1", "hello").await.unwrap();
    assert_eq!((waiting(&hub).await, hub.waiting(&bob).await), (2, vec!["hello".to_owned()]));
    hub.post.answer(&[Answer::Status(500), Answer::Status(204)]);
    let sending = Sending::start(&hub);
    let mut arrived = arrived(&hub, 2).await;
    arrived.sort();
    let hello = "ada to bob: hello".to_owned();
    assert_eq!(arrived, [(url_of("bob"), hello.clone()), (url_of("other"), hello)]);
    waits(&hub, 1).await;
    assert!(hub.waiting(&bob).await.is_empty(), "one of them has taken it");
    sending.end().await;
    hub.close().await;
}

#[tokio::test]
async fn many_are_told_at_once() {
    // Whoever sent one thing and whoever took up the next waited for each other, and the whole hub for both of them.
    let hub = TestHub::open().await;
    let ada = hub.join("ada").await;
    for round in 0..8 {
        let agent = reachable(&hub, &format!("agent{round}")).await;
        for number in 0..4 {
            add(&hub, &agent, &url_of(&number.to_string()), vec![WebhookTopic::MessageReceived]).await.unwrap();
        }
        hub.write(&ada, &agent, &round.to_string(), "hello").await.unwrap();
    }
    let sending = Sending::start(&hub);
    assert_eq!(told(&hub, 40).await.len(), 40);
    waits(&hub, 0).await;
    sending.end().await;
    hub.close().await;
}

#[tokio::test]
async fn what_nobody_takes_goes_on_waiting() {
    let hub = TestHub::open().await;
    let (ada, bob) = (hub.join("ada").await, reachable(&hub, "bob").await);
    hub.post.answer(&[Answer::Status(302), Answer::Status(500)]);
    let sending = Sending::start(&hub);
    hub.write(&ada, &bob, "1", "hello").await.unwrap();
    told(&hub, 1).await;
    while hub.store.waiting_deliveries(9).await.unwrap()[0].fate != Fate::Due(hub.chat.now() + Duration::from_secs(10))
    {
        tokio::task::yield_now().await;
    }
    advance(&hub, Duration::from_secs(10));
    told(&hub, 1).await;
    waits(&hub, 0).await;
    assert_eq!(hub.waiting(&bob).await, ["hello"]);
    assert_eq!(hub.store.dead_deliveries(9).await.unwrap()[0].topic, WebhookTopic::MessageReceived);
    sending.end().await;
    hub.close().await;
}

#[tokio::test]
async fn a_message_and_its_webhooks_are_written_together() {
    let hub = TestHub::open().await;
    let (ada, bob) = (hub.join("ada").await, reachable(&hub, "bob").await);
    hub.store.fail("commit", Fault::Refuses(broken()));
    assert!(hub.write(&ada, &bob, "1", "one").await.is_err());
    assert_eq!(waiting(&hub).await, 0);
    hub.write(&ada, &bob, "2", "two").await.unwrap();
    assert!(hub.write(&ada, &bob, "2", "two").await.unwrap().is_repeated);
    let hub = hub.crash().await;
    let sending = Sending::start(&hub);
    assert_eq!(told(&hub, 1).await, ["ada to bob: two"]);
    waits(&hub, 0).await;
    assert!(hub.post.take().is_empty());
    sending.end().await;
    hub.close().await;
}

#[tokio::test]
async fn whoever_has_no_webhook_costs_one_question_for_ever() {
    let hub = TestHub::open().await;
    let (ada, bob) = (hub.join("ada").await, hub.join("bob").await);
    hub.write(&ada, &bob, "1", "hello").await.unwrap();
    hub.write(&bob, &ada, "1", "hello yourself").await.unwrap();
    let (asked, written) = (hub.store.calls("endpoints_of"), hub.store.calls("enqueue"));
    for number in 2..10 {
        hub.write(&ada, &bob, &number.to_string(), "and again").await.unwrap();
    }
    assert_eq!((hub.store.calls("endpoints_of"), hub.store.calls("enqueue")), (asked, written));
    assert!(asked <= 2, "{asked}");
    hub.close().await;
}

#[tokio::test]
async fn a_store_that_cannot_say_who_wants_to_know_loses_nothing() {
    let hub = TestHub::open().await;
    let (ada, bob) = (hub.join("ada").await, reachable(&hub, "bob").await);
    let eve = hub.join("eve").await;
    hub.store.fail("endpoints_of", Fault::Refuses(broken()));
    hub.write(&ada, &bob, "1", "hello").await.unwrap();
    assert_eq!(waiting(&hub).await, 1);
    hub.store.fail("endpoints_of", Fault::Refuses(broken()));
    hub.write(&ada, &eve, "2", "hello").await.unwrap();
    assert_eq!(waiting(&hub).await, 1);
    hub.close().await;
}

#[tokio::test]
async fn who_is_muted_or_paused_wakes_nobody() {
    let hub = TestHub::open().await;
    let (ada, bob) = (hub.join("ada").await, reachable(&hub, "bob").await);
    hub.write(&bob, &ada, "1", "hello").await.unwrap();
    hub.chat.mute(&bob, &MuteRef::Agent(named(&ada)), None).await.unwrap();
    hub.write(&ada, &bob, "2", "muted").await.unwrap();
    assert_eq!(waiting(&hub).await, 0);
    hub.chat.unmute(&bob, &MuteRef::Agent(named(&ada))).await.unwrap();
    hub.chat.pause("bob", Some(Pause::Full)).await.unwrap();
    hub.write(&ada, &bob, "3", "paused").await.unwrap();
    hub.chat.block(&ada, &named(&bob)).await.unwrap();
    assert_eq!(waiting(&hub).await, 0);
    hub.chat.unblock(&ada, &named(&bob)).await.unwrap();
    hub.chat.pause("bob", Some(Pause::Send)).await.unwrap();
    hub.write(&ada, &bob, "4", "told").await.unwrap();
    hub.chat.pause("bob", Some(Pause::Full)).await.unwrap();
    let sending = Sending::start(&hub);
    waits(&hub, 0).await;
    assert!(hub.post.take().is_empty(), "it is paused by now");
    sending.end().await;
    hub.close().await;
}

#[tokio::test]
async fn too_many_failures_let_a_webhook_rest_and_one_attempt_wakes_it() {
    let hub = TestHub::open().await;
    let (ada, bob) = (hub.join("ada").await, reachable(&hub, "bob").await);
    hub.write(&bob, &ada, "1", "go on").await.unwrap();
    for number in 1..=5 {
        hub.write(&ada, &bob, &format!("{number}"), &format!("{number}")).await.unwrap();
    }
    hub.post.answer(&[Answer::Status(500); 4]);
    let sending = Sending::start(&hub);
    assert_eq!(told(&hub, 3).await, ["ada to bob: 1", "ada to bob: 2", "ada to bob: 3"]);
    let rests = hub.chat.now() + Duration::from_mins(5);
    while hub.store.next_delivery().await.unwrap() != Some(rests) {
        tokio::task::yield_now().await;
    }
    advance(&hub, Duration::from_mins(5) - Duration::from_millis(1));
    assert_eq!(hub.store.waiting_deliveries(9).await.unwrap().iter().map(|waits| waits.attempts).sum::<u32>(), 3);
    advance(&hub, Duration::from_millis(1));
    assert_eq!(told(&hub, 1).await, ["ada to bob: 4"], "what has been due for longest");
    let rests = hub.chat.now() + Duration::from_mins(5);
    while hub.store.next_delivery().await.unwrap() != Some(rests) {
        tokio::task::yield_now().await;
    }
    advance(&hub, Duration::from_mins(5));
    let mut rest = told(&hub, 5).await;
    rest.sort();
    assert_eq!(rest, (1..=5).map(|number| format!("ada to bob: {number}")).collect::<Vec<_>>());
    waits(&hub, 0).await;
    sending.end().await;
    hub.close().await;
}

#[tokio::test]
async fn the_end_of_a_group_is_told_behind_its_last_message_whatever_happens() {
    let hub = TestHub::open().await;
    let (ada, bob, eve) = (hub.join("ada").await, reachable(&hub, "bob").await, reachable(&hub, "eve").await);
    let group = hub.group(&ada, &[&bob, &eve]).await;
    let sending = Sending::start(&hub);
    let mut told_before = told(&hub, 3).await;
    told_before.sort();
    assert_eq!(told_before, ["news to bob", "news to bob", "news to eve"], "who enters, the newcomer included");
    waits(&hub, 0).await;
    sending.end().await;
    hub.chat.pause("eve", Some(Pause::Full)).await.unwrap();
    hub.chat.mute(&bob, &MuteRef::Agent(named(&eve)), None).await.unwrap();
    hub.chat.delete_group(&ada, group).await.unwrap();
    let hub = hub.crash().await;
    let sending = Sending::start(&hub);
    assert_eq!(told(&hub, 2).await, ["news to bob", "ada has deleted it"]);
    waits(&hub, 0).await;
    assert!(hub.post.take().is_empty());
    sending.end().await;
    hub.close().await;
}

#[tokio::test]
async fn an_invitation_that_was_answered_is_no_news() {
    let hub = TestHub::open().await;
    let (ada, bob) = (hub.join("ada").await, reachable(&hub, "bob").await);
    let group = hub.group(&ada, &[]).await;
    hub.chat.invite_to_group(&ada, group, "bob").await.unwrap();
    hub.chat.invite_to_group(&ada, group, "bob").await.unwrap();
    assert_eq!(waiting(&hub).await, 1, "the same one");
    let invitation = hub.chat.group_invitations(&bob).await.unwrap()[0].id;
    hub.chat.decline_group_invitation(&bob, invitation).await.unwrap();
    let sending = Sending::start(&hub);
    waits(&hub, 0).await;
    assert!(hub.post.take().is_empty());
    sending.end().await;
    hub.close().await;
}

#[tokio::test]
async fn who_wrote_is_told_what_was_read() {
    let hub = TestHub::open().await;
    let (ada, bob) = (reachable(&hub, "ada").await, hub.join("bob").await);
    let sent = hub.write(&ada, &bob, "1", "hello").await.unwrap();
    let sending = Sending::start(&hub);
    hub.chat.mark_read(&bob, sent.posted.id).await.unwrap();
    hub.chat.mark_read(&bob, sent.posted.id).await.unwrap();
    assert_eq!(told(&hub, 1).await, ["bob has read 1 through 1"]);
    hub.write(&bob, &ada, "1", "hello").await.unwrap();
    hub.write(&ada, &bob, "2", "good").await.unwrap();
    hub.chat.mark_read_through(&bob.agent, &sent.conversation, Seq(9)).await.unwrap();
    let mut rest = told(&hub, 2).await;
    rest.sort();
    assert_eq!(rest, ["bob has read 3 through 3", "bob to ada: hello"]);
    sending.end().await;
    hub.close().await;
}

#[tokio::test]
async fn presence_is_told_to_those_who_have_noted_the_agent_and_want_to_know() {
    let hub = TestHub::open().await;
    let (ada, bob, eve) = (reachable(&hub, "ada").await, hub.join("bob").await, reachable(&hub, "eve").await);
    let (cyd, dan) = (hub.join("cyd").await, reachable(&hub, "dan").await);
    for holder in [&ada, &cyd, &dan] {
        hub.chat.add_contact(holder, &named(&bob)).await.unwrap();
    }
    hub.chat.pause("dan", Some(Pause::Full)).await.unwrap();
    drop((ada, eve, cyd, dan));
    // Nobody is in memory any more.
    let hub = hub.restart().await;
    let bob = hub.again(&bob).await;
    let sending = Sending::start(&hub);
    hub.chat.declare(&bob, says(Availability::Busy, "thinking")).await.unwrap();
    hub.chat.tell_news_once().await;
    assert_eq!(arrived(&hub, 1).await, [(url_of("ada"), "bob is busy".to_owned())]);
    waits(&hub, 0).await;
    assert!(hub.post.take().is_empty());
    sending.end().await;
    hub.close().await;
}

#[tokio::test]
async fn who_is_blocked_is_told_once() {
    let hub = TestHub::open().await;
    let (ada, bob, eve) = (hub.join("ada").await, reachable(&hub, "bob").await, hub.join("eve").await);
    let sending = Sending::start(&hub);
    assert!(hub.chat.block(&ada, &named(&bob)).await.unwrap());
    assert!(!hub.chat.block(&ada, &named(&bob)).await.unwrap());
    assert_eq!(told(&hub, 1).await, ["ada blocks bob"]);
    hub.chat.report_plainly(&ada, &named(&bob), None).await.unwrap();
    hub.chat.report_plainly(&eve, &named(&bob), None).await.unwrap();
    assert_eq!(told(&hub, 1).await, ["eve blocks bob"]);
    waits(&hub, 0).await;
    assert!(hub.post.take().is_empty());
    sending.end().await;
    hub.close().await;
}

#[tokio::test]
async fn the_hubs_own_agents_are_told_who_registers() {
    let hub = TestHub::open().await;
    let own = hub.chat.0.system_agent.clone();
    let new = NewEndpoint {
        id: EndpointId::from_uuid(random_uuid([1; 16])),
        agent: own.number,
        format: STEADY_NAME.into(),
        target: EndpointTarget { url: url_of("hub").into(), secret: "secret".into() },
        topics: vec![WebhookTopic::AgentRegistered],
        most: 5,
        now: hub.chat.now(),
    };
    let entry = hub.chat.own_entry(&own, "webhook.added", "");
    assert!(hub.store.add_endpoint(&new, &entry).await.unwrap().is_some());
    let sending = Sending::start(&hub);
    hub.sign_up("ada").await;
    assert_eq!(arrived(&hub, 1).await, [(url_of("hub"), "ada is new".to_owned())]);
    sending.end().await;
    hub.close().await;
}

#[tokio::test]
async fn a_webhook_that_is_gone_is_told_nothing() {
    let hub = TestHub::open().await;
    let (ada, bob) = (hub.join("ada").await, reachable(&hub, "bob").await);
    hub.write(&ada, &bob, "1", "hello").await.unwrap();
    let id = hub.chat.webhooks(&bob, STEADY_NAME).await.unwrap()[0].id;
    hub.chat.remove_webhook(&bob, STEADY_NAME, id).await.unwrap();
    hub.write(&bob, &ada, "1", "hello").await.unwrap();
    hub.write(&ada, &bob, "2", "are you there").await.unwrap();
    assert_eq!((waiting(&hub).await, hub.store.next_delivery().await.unwrap()), (0, None));
    assert_eq!(hub.waiting(&bob).await.len(), 2);
    hub.close().await;
}

#[tokio::test]
async fn who_is_deleted_is_told_nothing() {
    let hub = TestHub::open().await;
    let (ada, bob) = (hub.join("ada").await, reachable(&hub, "bob").await);
    hub.write(&ada, &bob, "1", "hello").await.unwrap();
    assert_eq!(waiting(&hub).await, 1);
    hub.chat.delete_agent(&bob).await.unwrap();
    let numbers: [AgentNo; 1] = [bob.agent.number];
    assert!(hub.store.endpoints_of(&numbers).await.unwrap().is_empty());
    assert_eq!((waiting(&hub).await, hub.store.next_delivery().await.unwrap()), (0, None));
    hub.close().await;
}
