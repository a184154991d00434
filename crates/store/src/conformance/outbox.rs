//! Webhooks: where agents want to be told, and what waits to be told.

use std::time::Duration;

use tertulia_model::{AgentNo, DeliveryId, EndpointId, Seq, Timestamp, WebhookTopic, random_uuid};

use super::fixtures::{START, entry, join, minute, open, request_id, said};
use crate::{
    Commit, EndpointChange, EndpointTarget, Fate, MOST_DEAD, MOST_WAITING, NewDelivery, NewFriendRequest, Occurrence,
    RequestOutcome, Settlement, Slice, Store, StoreError, TakenDelivery, TargetChange,
};

const FORMAT: &str = "plain";

fn target(url: &str, secret: &str) -> EndpointTarget {
    EndpointTarget { url: url.into(), secret: secret.into() }
}

/// A change of the agent's endpoint that changes nothing.
fn change(agent: AgentNo) -> EndpointChange {
    let mut id = [7; 16];
    id[8..].copy_from_slice(&agent.0.to_be_bytes());
    EndpointChange {
        agent,
        format: FORMAT.into(),
        target: TargetChange::Keep,
        topics: None,
        new_id: EndpointId::from_uuid(random_uuid(id)),
        default_topics: vec![WebhookTopic::DirectReceived, WebhookTopic::Mentioned],
        now: START,
    }
}

/// An agent with an endpoint that wants to know of everything by default.
async fn reachable(store: &dyn Store, name: &str) -> Result<AgentNo, StoreError> {
    let agent = join(store, name).await?;
    let set = TargetChange::Set(target(&format!("https://{name}.example/"), "secret"));
    store.change_endpoint(&EndpointChange { target: set, ..change(agent) }, &entry("webhook.set", Some(agent))).await?;
    Ok(agent)
}

/// What `from` writes to `agent`; `number` tells it from others.
fn direct(agent: AgentNo, from: AgentNo, number: u32) -> NewDelivery {
    let mut id = [9; 16];
    id[8..12].copy_from_slice(&number.to_be_bytes());
    NewDelivery {
        id: DeliveryId::from_uuid(random_uuid(id)),
        agent,
        occurrence: Occurrence {
            topic: WebhookTopic::DirectReceived,
            from,
            about: random_uuid([5; 16]),
            preview: Some(format!("\"message\" {number} \u{e9}").into()),
            at: Timestamp::from_micros(START.as_micros() + i64::from(number)),
        },
    }
}

/// Takes all that can be taken at a moment; it comes up again two minutes later.
async fn take(store: &dyn Store, at: Timestamp) -> Result<Vec<TakenDelivery>, StoreError> {
    store.take_deliveries(at, at + Duration::from_mins(2), 100, &[]).await
}

fn again(at: Timestamp) -> Settlement {
    Settlement::Again { at, reason: "status 500".into() }
}

/// With the default topics and no target, unless it says otherwise; what is not named stays.
pub async fn an_endpoint_comes_to_be_with_its_first_change(store: &dyn Store) -> Result<(), StoreError> {
    open(store).await?;
    let ada = join(store, "ada").await?;
    assert!(store.endpoints_of(ada).await?.is_empty());
    let first = store.change_endpoint(&change(ada), &entry("webhook.set", Some(ada))).await?;
    assert!(!first.has_new_secret);
    assert_eq!(first.endpoint.target, None);
    assert_eq!(first.endpoint.id, change(ada).new_id);
    assert_eq!(first.endpoint.topics, change(ada).default_topics);
    assert_eq!(store.endpoints_of(ada).await?, std::slice::from_ref(&first.endpoint));

    let topics = vec![WebhookTopic::Replied, WebhookTopic::DirectReceived];
    let later = EndpointChange {
        topics: Some(topics.clone()),
        now: minute(3),
        new_id: EndpointId::from_uuid(random_uuid([1; 16])),
        ..change(ada)
    };
    let second = store.change_endpoint(&later, &entry("webhook.set", Some(ada))).await?;
    assert_eq!(second.endpoint.topics, topics);
    let all = [crate::Endpoint { topics, ..first.endpoint }];
    assert_eq!((store.endpoints_of(ada).await?.as_slice(), second.endpoint), (&all[..], all[0].clone()));
    assert_eq!(store.audit_log(10).await?.len(), 2);
    Ok(())
}

/// Another URL takes the new secret; so does the same one after there was none.
pub async fn the_same_url_keeps_its_secret(store: &dyn Store) -> Result<(), StoreError> {
    open(store).await?;
    let ada = join(store, "ada").await?;
    let steps = [
        (TargetChange::Set(target("https://a.example/", "one")), Some("one"), true),
        (TargetChange::Set(target("https://a.example/", "two")), Some("one"), false),
        (TargetChange::Keep, Some("one"), false),
        (TargetChange::Set(target("https://b.example/", "three")), Some("three"), true),
        (TargetChange::Clear, None, false),
        (TargetChange::Clear, None, false),
        (TargetChange::Set(target("https://b.example/", "four")), Some("four"), true),
    ];
    for (number, (target, secret, has_new_secret)) in steps.into_iter().enumerate() {
        let changed = store.change_endpoint(&EndpointChange { target, ..change(ada) }, &entry("x", None)).await?;
        let known = changed.endpoint.target.as_ref().map(|target| &*target.secret);
        assert_eq!((known, changed.has_new_secret), (secret, has_new_secret), "step {number}");
        assert_eq!(store.endpoints_of(ada).await?, [changed.endpoint], "step {number}");
    }
    Ok(())
}

/// Each agent and each format has its own.
pub async fn endpoints_are_told_apart_by_agent_and_format(store: &dyn Store) -> Result<(), StoreError> {
    open(store).await?;
    let (ada, bob) = (reachable(store, "ada").await?, join(store, "bob").await?);
    let new_id = EndpointId::from_uuid(random_uuid([2; 16]));
    let other = EndpointChange { format: "fancy".into(), new_id, ..change(ada) };
    store.change_endpoint(&other, &entry("x", None)).await?;
    let formats: Vec<_> = store.endpoints_of(ada).await?.into_iter().map(|endpoint| endpoint.format).collect();
    assert_eq!(formats.iter().map(|format| &**format).collect::<Vec<_>>(), [FORMAT, "fancy"]);
    assert!(store.endpoints_of(bob).await?.is_empty());
    Ok(())
}

/// Every field comes back; who has no target or does not want to know is told nothing.
pub async fn only_who_wants_to_know_is_told(store: &dyn Store) -> Result<(), StoreError> {
    open(store).await?;
    let (ada, bob) = (reachable(store, "ada").await?, join(store, "bob").await?);
    store.change_endpoint(&change(bob), &entry("x", None)).await?;
    let request = NewDelivery {
        occurrence: Occurrence { topic: WebhookTopic::FriendRequested, ..direct(ada, bob, 2).occurrence },
        ..direct(ada, bob, 2)
    };
    let written = store.enqueue(&[direct(ada, bob, 1), request, direct(bob, ada, 3)]).await?;
    assert_eq!(written, 1);
    let taken = take(store, minute(1)).await?;
    let [one] = taken.as_slice() else { panic!("{taken:?}") };
    assert_eq!((one.agent, &*one.format, one.attempt), (ada, FORMAT, 1));
    assert_eq!((one.id, &one.occurrence), (direct(ada, bob, 1).id, &direct(ada, bob, 1).occurrence));
    assert_eq!(one.target, target("https://ada.example/", "secret"));
    assert_eq!(store.enqueue(&[]).await?, 0);
    Ok(())
}

/// The same thing told again comes to nothing, also after it was taken.
pub async fn what_was_written_before_is_not_written_again(store: &dyn Store) -> Result<(), StoreError> {
    open(store).await?;
    let (ada, bob) = (reachable(store, "ada").await?, join(store, "bob").await?);
    assert_eq!(store.enqueue(&[direct(ada, bob, 1)]).await?, 1);
    assert_eq!(store.enqueue(&[direct(ada, bob, 1)]).await?, 0);
    assert_eq!(take(store, minute(1)).await?.len(), 1);
    assert_eq!(store.enqueue(&[direct(ada, bob, 1), direct(ada, bob, 2)]).await?, 1);
    Ok(())
}

/// Within one call as well; what has died does not count.
pub async fn only_so_many_wait_for_one_endpoint(store: &dyn Store) -> Result<(), StoreError> {
    open(store).await?;
    let (ada, bob) = (reachable(store, "ada").await?, reachable(store, "bob").await?);
    let mut many: Vec<_> = (0..MOST_WAITING + 5).map(|number| direct(ada, bob, number)).collect();
    many.push(direct(bob, ada, 1_000));
    assert_eq!(store.enqueue(&many[..60]).await?, 60);
    assert_eq!(store.enqueue(&many[60..]).await?, u64::from(MOST_WAITING) - 60 + 1);
    assert_eq!(store.enqueue(&[direct(ada, bob, 2_000)]).await?, 0);
    let taken = take(store, minute(1)).await?;
    let of_ada = taken.iter().find(|taken| taken.agent == ada).expect("one for each endpoint");
    let dead = Settlement::Dead { at: minute(1), reason: "status 500".into() };
    assert!(store.settle_delivery(of_ada, &dead).await?);
    assert_eq!(store.enqueue(&[direct(ada, bob, 2_000)]).await?, 1);
    Ok(())
}

/// Longest due first; none for an endpoint that is left out; no more than asked for.
pub async fn one_delivery_is_taken_for_each_endpoint(store: &dyn Store) -> Result<(), StoreError> {
    open(store).await?;
    let mut agents = Vec::new();
    for name in ["ada", "bob", "cyd"] {
        agents.push(reachable(store, name).await?);
    }
    let [ada, bob, cyd] = agents[..] else { panic!("three agents") };
    let first = [direct(bob, ada, 1), direct(bob, ada, 2), direct(ada, bob, 3), direct(cyd, ada, 4)];
    store.enqueue(&first).await?;
    assert_eq!(store.next_delivery(&[]).await?, Some(first[0].occurrence.at));
    assert!(store.take_deliveries(first[0].occurrence.at, minute(2), 0, &[]).await?.is_empty());

    let early = Timestamp::from_micros(first[0].occurrence.at.as_micros() - 1);
    assert!(take(store, early).await?.is_empty());
    let taken = store.take_deliveries(minute(1), minute(5), 3, &[]).await?;
    assert_eq!(taken.iter().map(|taken| taken.agent).collect::<Vec<_>>(), [bob, ada]);
    let busy: Vec<_> = taken.iter().map(|taken| taken.endpoint).collect();
    assert_eq!(store.next_delivery(&busy).await?, Some(first[3].occurrence.at));
    let rest = store.take_deliveries(minute(1), minute(5), 3, &busy).await?;
    assert_eq!(rest.iter().map(|taken| taken.agent).collect::<Vec<_>>(), [cyd]);
    assert_eq!(store.next_delivery(&[busy[0], busy[1], rest[0].endpoint]).await?, None);
    Ok(())
}

/// With one attempt more; whoever had it before cannot settle it any more.
pub async fn what_is_not_settled_comes_up_again(store: &dyn Store) -> Result<(), StoreError> {
    open(store).await?;
    let (ada, bob) = (reachable(store, "ada").await?, join(store, "bob").await?);
    store.enqueue(&[direct(ada, bob, 1)]).await?;
    let first = take(store, minute(1)).await?.remove(0);
    assert!(take(store, minute(2)).await?.is_empty());
    assert_eq!(store.next_delivery(&[]).await?, Some(minute(3)));
    let second = take(store, minute(3)).await?.remove(0);
    assert_eq!(second, TakenDelivery { attempt: 2, ..first.clone() });
    for late in [Settlement::Done, again(minute(4)), Settlement::Untried { at: minute(4) }] {
        assert!(!store.settle_delivery(&first, &late).await?, "{late:?}");
    }
    assert!(store.settle_delivery(&second, &Settlement::Done).await?);
    assert!(!store.settle_delivery(&second, &Settlement::Done).await?);
    assert_eq!(store.next_delivery(&[]).await?, None);
    Ok(())
}

/// At its moment, with one attempt more; one that was not tried is as it was before.
pub async fn what_failed_is_tried_again(store: &dyn Store) -> Result<(), StoreError> {
    open(store).await?;
    let (ada, bob) = (reachable(store, "ada").await?, join(store, "bob").await?);
    store.enqueue(&[direct(ada, bob, 1)]).await?;
    let first = take(store, minute(1)).await?.remove(0);
    assert!(store.settle_delivery(&first, &again(minute(7))).await?);
    assert!(take(store, minute(6)).await?.is_empty());
    let waiting = store.waiting_deliveries(10).await?;
    let [record] = waiting.as_slice() else { panic!("{waiting:?}") };
    assert_eq!((record.agent, record.attempts, record.fate), (ada, 1, Fate::Due(minute(7))));
    assert_eq!((record.topic, record.happened_at), (WebhookTopic::DirectReceived, first.occurrence.at));
    assert_eq!(record.last_error.as_deref(), Some("status 500"));

    let second = take(store, minute(7)).await?.remove(0);
    assert_eq!(second.attempt, 2);
    assert!(store.settle_delivery(&second, &Settlement::Untried { at: minute(7) }).await?);
    assert_eq!(take(store, minute(7)).await?.remove(0).attempt, 2);
    Ok(())
}

/// Dead ones are kept, the newest of each endpoint, until they are swept.
pub async fn the_dead_are_kept_for_a_while(store: &dyn Store) -> Result<(), StoreError> {
    open(store).await?;
    let (ada, bob) = (reachable(store, "ada").await?, reachable(store, "bob").await?);
    store.enqueue(&[direct(bob, ada, 0)]).await?;
    let count = i64::from(MOST_DEAD) + 3;
    for number in 0..count {
        store.enqueue(&[direct(ada, bob, u32::try_from(number).expect("small"))]).await?;
        for taken in take(store, minute(number + 1)).await? {
            let dead = Settlement::Dead { at: minute(number + 1), reason: format!("reason {number}").into() };
            assert!(store.settle_delivery(&taken, &dead).await?);
            assert!(!store.settle_delivery(&taken, &Settlement::Done).await?, "what is dead stays dead");
        }
    }
    assert!(store.waiting_deliveries(10).await?.is_empty());
    assert_eq!(store.next_delivery(&[]).await?, None);
    let dead = store.dead_deliveries(1_000).await?;
    assert_eq!(dead.iter().filter(|record| record.agent == ada).count(), MOST_DEAD as usize);
    assert_eq!(dead.iter().filter(|record| record.agent == bob).count(), 1);
    assert_eq!((dead[0].fate, dead[0].last_error.as_deref()), (Fate::Dead(minute(count)), Some("reason 102")));
    assert_eq!(store.dead_deliveries(2).await?, dead[..2]);

    assert_eq!(store.sweep_deliveries(minute(count - 1), 60).await?, 60);
    assert_eq!(store.sweep_deliveries(minute(count - 1), 60).await?, MOST_DEAD - 2 + 1 - 60);
    assert_eq!(store.dead_deliveries(1_000).await?, dead[..2]);
    Ok(())
}

/// What is dead stays to be looked at.
pub async fn clearing_an_endpoint_forgets_what_waits(store: &dyn Store) -> Result<(), StoreError> {
    open(store).await?;
    let (ada, bob) = (reachable(store, "ada").await?, reachable(store, "bob").await?);
    store.enqueue(&[direct(ada, bob, 1), direct(ada, bob, 2), direct(bob, ada, 3)]).await?;
    let taken = store.take_deliveries(minute(1), minute(2), 1, &[]).await?.remove(0);
    assert!(store.settle_delivery(&taken, &Settlement::Dead { at: minute(1), reason: "gone".into() }).await?);
    let cleared = EndpointChange { target: TargetChange::Clear, ..change(ada) };
    store.change_endpoint(&cleared, &entry("x", None)).await?;
    assert_eq!(store.enqueue(&[direct(ada, bob, 4)]).await?, 0);
    let waiting = store.waiting_deliveries(10).await?;
    assert_eq!(waiting.iter().map(|record| record.agent).collect::<Vec<_>>(), [bob]);
    let dead = store.dead_deliveries(10).await?;
    assert_eq!((dead.len(), dead[0].target.as_ref()), (1, None));
    Ok(())
}

/// All of it, or nothing.
pub async fn a_commit_carries_its_deliveries(store: &dyn Store) -> Result<(), StoreError> {
    let lobby = open(store).await?.lobby;
    let (ada, bob) = (reachable(store, "ada").await?, join(store, "bob").await?);
    let commit = Commit {
        messages: vec![said(lobby, bob, 1, "hello @ada")],
        deliveries: vec![direct(ada, bob, 1)],
        ..Commit::default()
    };
    assert!(!Commit { messages: Vec::new(), ..commit.clone() }.is_empty());
    store.commit(&commit).await?;
    assert_eq!(store.waiting_deliveries(10).await?.len(), 1);
    let hole = Commit {
        messages: vec![said(lobby, bob, 3, "hello @ada")],
        deliveries: vec![direct(ada, bob, 2)],
        ..Commit::default()
    };
    assert!(store.commit(&hole).await.is_err());
    assert_eq!(store.waiting_deliveries(10).await?.len(), 1);
    assert_eq!(store.read(lobby, Slice::After(Seq::START), 10).await?.len(), 1);
    Ok(())
}

/// It is told only if it is made.
pub async fn a_friend_request_carries_its_delivery(store: &dyn Store) -> Result<(), StoreError> {
    open(store).await?;
    let (ada, bob) = (reachable(store, "ada").await?, reachable(store, "bob").await?);
    let request = |number: u64, from, to| NewFriendRequest {
        id: request_id(number),
        from,
        to,
        now: START,
        told: Some(direct(to, from, u32::try_from(number).expect("small"))),
    };
    assert_eq!(store.request_friendship(&request(1, ada, bob)).await?, RequestOutcome::Requested);
    assert_eq!(store.request_friendship(&request(2, bob, ada)).await?, RequestOutcome::RequestExists);
    let waiting = store.waiting_deliveries(10).await?;
    assert_eq!(waiting.iter().map(|record| record.agent).collect::<Vec<_>>(), [bob]);
    Ok(())
}
