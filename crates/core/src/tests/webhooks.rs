//! Telling agents of what happens to them while they are away.

use std::{sync::Arc, time::Duration};

use tertulia_model::{ConversationId, WebhookTopic};
use tertulia_store::{Fate, Outbox};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{
    hub::TestHub,
    listener::Listener,
    post::{Answer, Plain},
    store::{Fault, broken},
};
use crate::{
    AgentForm, AgentRef, BadWebhookUrl, Caller, Error, NotSent, Outlet, UrlChange, Webhook, WebhookBytes,
    WebhookChange, WebhookSeal,
};

/// Sends what waits, for as long as it is kept.
pub(super) struct Sending {
    tasks: TaskTracker,
    stop: CancellationToken,
}

impl Sending {
    pub(super) fn start(hub: &TestHub) -> Self {
        let (tasks, stop) = (TaskTracker::new(), CancellationToken::new());
        tasks.spawn(hub.chat.clone().send_webhooks(stop.clone()));
        Self { tasks, stop }
    }

    pub(super) async fn end(self) {
        self.stop.cancel();
        self.tasks.close();
        self.tasks.wait().await;
    }
}

pub(super) fn url_of(name: &str) -> String {
    format!("https://{name}.example/hook")
}

/// An agent that wants to be told of everything that it can be told of.
async fn reachable(hub: &TestHub, name: &str) -> Caller {
    let caller = hub.join(name).await;
    set_url(hub, &caller, Some(&url_of(name))).await;
    caller
}

async fn set_url(hub: &TestHub, caller: &Caller, url: Option<&str>) -> Option<String> {
    let topics = Some(WebhookTopic::ALL.to_vec());
    let url = url.map_or(UrlChange::Clear, |url| UrlChange::Set(url.to_owned()));
    let change = WebhookChange { url, topics };
    let set = hub.chat.set_webhook(caller, &Plain, change).await.unwrap();
    set.secret.map(|secret| secret.reveal().to_owned())
}

async fn says(hub: &TestHub, caller: &Caller, text: &str) {
    hub.chat.say(caller, hub.chat.lobby(), text).await.unwrap();
}

/// Lets time pass for the courier too, which has no timers here.
pub(super) fn advance(hub: &TestHub, by: Duration) {
    hub.clock.advance(by);
    hub.chat.0.webhooks.bell.notify_one();
}

/// Waits until so much has arrived.
pub(super) async fn arrived(hub: &TestHub, count: usize) -> Vec<(String, String)> {
    while hub.post.count() < count {
        tokio::task::yield_now().await;
    }
    hub.post.take()
}

/// Waits until so much waits in the outbox.
pub(super) async fn waits(hub: &TestHub, count: usize) {
    while hub.store.waiting_deliveries(100).await.unwrap().len() != count {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_url_that_is_new_gets_a_secret_once() {
    let hub = TestHub::open().await;
    let ada = hub.join("ada").await;
    let none = Webhook { url: None, topics: vec![WebhookTopic::DirectReceived, WebhookTopic::Mentioned] };
    assert_eq!(hub.chat.webhook_of(&ada, &Plain).await.unwrap(), none);

    let first = set_url(&hub, &ada, Some("https://a.example/")).await.unwrap();
    assert!(first.len() == 64 && first.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')), "{first}");
    assert_eq!(set_url(&hub, &ada, Some("https://a.example/")).await, None);
    let second = set_url(&hub, &ada, Some("https://b.example/")).await.unwrap();
    assert_ne!(first, second);
    assert_eq!(set_url(&hub, &ada, None).await, None);
    assert!(set_url(&hub, &ada, Some("https://b.example/")).await.is_some());

    let topics = Some(vec![WebhookTopic::Replied, WebhookTopic::Mentioned, WebhookTopic::Replied]);
    let set = hub.chat.set_webhook(&ada, &Plain, WebhookChange { url: UrlChange::Keep, topics }).await.unwrap();
    assert!(set.secret.is_none());
    let topics = vec![WebhookTopic::Replied, WebhookTopic::Mentioned];
    assert_eq!(set.webhook, Webhook { url: Some("https://b.example/".into()), topics });
    assert_eq!(hub.chat.webhook_of(&ada, &Plain).await.unwrap(), set.webhook);
    hub.close().await;
}

#[tokio::test]
async fn a_url_that_cannot_be_called_is_refused() {
    let hub = TestHub::open().await;
    let ada = hub.join("ada").await;
    let longest = format!("https://a.example/{}", "a".repeat(2_048 - 18));
    assert!(set_url(&hub, &ada, Some(&longest)).await.is_some());
    for (url, expected) in [(format!("{longest}a"), BadWebhookUrl::TooLong), ("x".to_owned(), BadWebhookUrl::Scheme)] {
        let change = WebhookChange { url: UrlChange::Set(url), topics: None };
        let refused = hub.chat.set_webhook(&ada, &Plain, change).await;
        assert!(matches!(refused, Err(Error::BadWebhookUrl(problem)) if problem == expected), "{refused:?}");
    }
    hub.close().await;
}

#[tokio::test]
async fn who_is_named_while_away_is_told_once() {
    let hub = TestHub::open().await;
    let (ada, _bob) = (hub.join("ada").await, reachable(&hub, "bob").await);
    let sending = Sending::start(&hub);
    says(&hub, &ada, "hello @Bob, @bob and @nobody, and me, @ada").await;
    let expected = "ada about bob: hello @Bob, @bob and @nobody, and me, @ada".to_owned();
    assert_eq!(arrived(&hub, 1).await, [(url_of("bob"), expected)]);
    waits(&hub, 0).await;
    assert!(hub.post.take().is_empty());
    sending.end().await;
    hub.close().await;
}

#[tokio::test]
async fn who_does_not_want_to_know_is_not_told() {
    let hub = TestHub::open().await;
    let (ada, bob) = (hub.join("ada").await, reachable(&hub, "bob").await);
    let topics = Some(vec![WebhookTopic::DirectReceived]);
    hub.chat.set_webhook(&bob, &Plain, WebhookChange { url: UrlChange::Keep, topics }).await.unwrap();
    says(&hub, &ada, "@bob").await;
    set_url(&hub, &bob, None).await;
    says(&hub, &ada, "@bob").await;
    assert!(hub.store.waiting_deliveries(9).await.unwrap().is_empty());
    assert_eq!(hub.store.calls("endpoints_of"), 2, "once for each change");
    says(&hub, &ada, "@bob").await;
    assert_eq!(hub.store.calls("endpoints_of"), 2);
    hub.close().await;
}

#[tokio::test]
async fn who_is_there_is_not_woken() {
    let hub = TestHub::open().await;
    let (ada, bob) = (hub.join("ada").await, reachable(&hub, "bob").await);
    says(&hub, &ada, "@bob one").await;
    let outlet: Arc<dyn Outlet> = Arc::new(Listener::default());
    let connection = hub.chat.remember_connection(&bob, &outlet).await.unwrap();
    says(&hub, &ada, "@bob two: it is connected, and hears nothing").await;
    waits(&hub, 2).await;
    connection.hear(&AgentForm::new(|_, _| {}));
    says(&hub, &ada, "@bob three").await;
    let sending = Sending::start(&hub);
    waits(&hub, 0).await;
    assert!(hub.post.take().is_empty(), "it has come meanwhile");
    drop(connection);
    says(&hub, &ada, "@bob four").await;
    assert_eq!(arrived(&hub, 1).await[0].1, "ada about bob: @bob four");
    sending.end().await;
    hub.close().await;
}

#[tokio::test]
async fn a_message_and_what_it_tells_are_written_together() {
    let hub = TestHub::open().await;
    let (ada, _bob) = (hub.join("ada").await, reachable(&hub, "bob").await);
    hub.store.fail("commit", Fault::Refuses(broken()));
    assert!(hub.chat.say(&ada, hub.chat.lobby(), "@bob one").await.is_err());
    assert!(hub.store.waiting_deliveries(9).await.unwrap().is_empty());
    says(&hub, &ada, "@bob two").await;
    let hub = hub.crash().await;
    let sending = Sending::start(&hub);
    assert_eq!(arrived(&hub, 1).await[0].1, "ada about bob: @bob two");
    sending.end().await;
    hub.close().await;
}

#[tokio::test]
async fn who_is_asked_to_be_a_friend_is_told() {
    let hub = TestHub::open().await;
    let (ada, bob) = (hub.join("ada").await, reachable(&hub, "bob").await);
    hub.store.fail("request_friendship", Fault::Refuses(broken()));
    let whom = AgentRef::Id(bob.agent().id);
    assert!(hub.chat.request_friendship(&ada, &whom).await.is_err());
    let sending = Sending::start(&hub);
    hub.chat.request_friendship(&ada, &whom).await.unwrap();
    assert_eq!(arrived(&hub, 1).await[0].1, "ada likes bob");
    assert!(matches!(hub.chat.request_friendship(&ada, &whom).await, Err(Error::RequestExists)));
    waits(&hub, 0).await;
    assert!(hub.post.take().is_empty());
    sending.end().await;
    hub.close().await;
}

#[tokio::test]
async fn who_is_written_to_alone_is_told() {
    let hub = TestHub::open().await;
    let (ada, bob) = (hub.join("ada").await, hub.join("bob").await);
    let request = hub.chat.request_friendship(&ada, &AgentRef::Id(bob.agent().id)).await.unwrap();
    let friend = hub.chat.accept_request(&bob, request).await.unwrap();
    set_url(&hub, &bob, Some(&url_of("bob"))).await;
    set_url(&hub, &ada, Some(&url_of("ada"))).await;
    let sending = Sending::start(&hub);
    let direct = hub.chat.channel(ConversationId::from_uuid(*friend.view.as_uuid())).await.unwrap();
    hub.chat.say(&ada, &direct, "hello @ada").await.unwrap();
    assert_eq!(arrived(&hub, 1).await, [(url_of("bob"), "ada to bob: hello @ada".to_owned())]);
    sending.end().await;
    hub.close().await;
}

#[tokio::test]
async fn what_fails_is_tried_three_times() {
    let hub = TestHub::open().await;
    let (ada, _bob) = (hub.join("ada").await, reachable(&hub, "bob").await);
    hub.post.answer(&[Answer::Status(302), Answer::Fails(NotSent::TimedOut), Answer::Status(500)]);
    let sending = Sending::start(&hub);
    says(&hub, &ada, "@bob").await;
    for (attempts, wait) in [(1, 1), (2, 2)] {
        arrived(&hub, 1).await;
        let record = loop {
            let record = hub.store.waiting_deliveries(9).await.unwrap().remove(0);
            if record.last_error.is_some() && record.fate == Fate::Due(hub.chat.now() + Duration::from_secs(wait)) {
                break record;
            }
            tokio::task::yield_now().await;
        };
        assert_eq!(record.attempts, attempts);
        advance(&hub, Duration::from_millis(wait * 1_000 - 1));
        assert_eq!(hub.post.count(), 0);
        advance(&hub, Duration::from_millis(1));
    }
    arrived(&hub, 1).await;
    waits(&hub, 0).await;
    let dead = hub.store.dead_deliveries(9).await.unwrap();
    assert_eq!((dead.len(), dead[0].attempts, dead[0].last_error.as_deref()), (1, 3, Some("status 500")));
    advance(&hub, Duration::from_hours(1));
    assert_eq!(hub.post.count(), 0);
    sending.end().await;
    hub.close().await;
}

#[tokio::test]
async fn a_slow_endpoint_delays_nobody_else() {
    let hub = TestHub::open().await;
    let ada = hub.join("ada").await;
    let (_bob, _cyd) = (reachable(&hub, "bob").await, reachable(&hub, "cyd").await);
    hub.post.answer(&[Answer::Hangs]);
    let sending = Sending::start(&hub);
    says(&hub, &ada, "@bob one").await;
    assert_eq!(arrived(&hub, 1).await[0].0, url_of("bob"));
    says(&hub, &ada, "@bob two").await;
    says(&hub, &ada, "@cyd three").await;
    assert_eq!(arrived(&hub, 1).await[0].0, url_of("cyd"));
    sending.end().await;
    hub.close().await;
}

#[tokio::test]
async fn what_is_under_way_when_the_hub_stops_is_sent_by_the_next_one() {
    let hub = TestHub::open().await;
    let (ada, _bob) = (hub.join("ada").await, reachable(&hub, "bob").await);
    hub.post.answer(&[Answer::Hangs]);
    let sending = Sending::start(&hub);
    says(&hub, &ada, "@bob").await;
    arrived(&hub, 1).await;
    sending.end().await;
    let hub = hub.restart().await;
    assert_eq!(hub.store.waiting_deliveries(9).await.unwrap()[0].attempts, 0);
    let sending = Sending::start(&hub);
    assert_eq!(arrived(&hub, 1).await[0].1, "ada about bob: @bob");
    waits(&hub, 0).await;
    sending.end().await;
    hub.close().await;
}

#[tokio::test]
async fn what_was_under_way_in_a_crash_is_sent_again_after_a_while() {
    let hub = TestHub::open().await;
    let (ada, _bob) = (hub.join("ada").await, reachable(&hub, "bob").await);
    says(&hub, &ada, "@bob").await;
    let (now, until) = (hub.chat.now(), hub.chat.now() + Duration::from_secs(40));
    assert_eq!(hub.store.take_deliveries(now, until, 9).await.unwrap().len(), 1);
    let hub = hub.crash().await;
    let sending = Sending::start(&hub);
    advance(&hub, Duration::from_secs(39));
    assert_eq!(hub.post.count(), 0);
    advance(&hub, Duration::from_secs(1));
    assert_eq!(arrived(&hub, 1).await[0].1, "ada about bob: @bob");
    sending.end().await;
    hub.close().await;
}

#[tokio::test]
async fn an_agent_is_woken_so_often_in_an_hour() {
    let hub = TestHub::open().await;
    let (ada, _bob) = (hub.join("ada").await, reachable(&hub, "bob").await);
    let sending = Sending::start(&hub);
    for number in 0..12 {
        says(&hub, &ada, &format!("@bob {number}")).await;
        waits(&hub, 0).await;
    }
    assert_eq!(hub.post.take().len(), 10);
    advance(&hub, Duration::from_hours(1));
    says(&hub, &ada, "@bob again").await;
    assert_eq!(arrived(&hub, 1).await[0].1, "ada about bob: @bob again");
    sending.end().await;
    hub.close().await;
}

#[tokio::test]
async fn who_is_suspended_is_not_told() {
    let hub = TestHub::open().await;
    let (ada, _bob) = (hub.join("ada").await, reachable(&hub, "bob").await);
    says(&hub, &ada, "@bob one").await;
    assert!(hub.chat.suspend("bob").await.unwrap());
    says(&hub, &ada, "@bob two").await;
    assert_eq!(hub.store.waiting_deliveries(9).await.unwrap().len(), 1);
    let sending = Sending::start(&hub);
    waits(&hub, 0).await;
    assert!(hub.post.take().is_empty());
    sending.end().await;
    hub.close().await;
}

#[tokio::test]
async fn a_store_that_fails_delays_and_loses_nothing() {
    let hub = TestHub::open().await;
    let (ada, _bob) = (hub.join("ada").await, reachable(&hub, "bob").await);
    hub.store.fail("take_deliveries", Fault::Refuses(broken()));
    hub.store.fail("settle_delivery", Fault::Refuses(broken()));
    says(&hub, &ada, "@bob").await;
    let sending = Sending::start(&hub);
    while hub.store.calls("take_deliveries") == 0 {
        tokio::task::yield_now().await;
    }
    advance(&hub, Duration::from_secs(1));
    arrived(&hub, 1).await;
    while hub.store.calls("settle_delivery") == 0 {
        tokio::task::yield_now().await;
    }
    advance(&hub, Duration::from_mins(1));
    arrived(&hub, 1).await;
    waits(&hub, 0).await;
    sending.end().await;
    hub.close().await;
}

#[tokio::test]
async fn a_webhook_can_be_tried_out() {
    fn spell(_: &WebhookSeal<'_>) -> WebhookBytes {
        WebhookBytes { headers: Vec::new(), body: b"does it work?".to_vec() }
    }
    let hub = TestHub::open().await;
    let ada = hub.join("ada").await;
    assert!(matches!(hub.chat.test_webhook(&ada, &Plain, spell).await, Err(Error::NoWebhook)));
    set_url(&hub, &ada, Some("https://a.example/")).await;
    hub.post.answer(&[Answer::Status(404), Answer::Fails(NotSent::Refused)]);
    assert_eq!(hub.chat.test_webhook(&ada, &Plain, spell).await.unwrap().0, Ok(404));
    assert_eq!(hub.chat.test_webhook(&ada, &Plain, spell).await.unwrap().0, Err(NotSent::Refused));
    assert_eq!(hub.post.take()[0], ("https://a.example/".to_owned(), "does it work?".to_owned()));
    hub.close().await;
}
