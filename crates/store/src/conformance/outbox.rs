//! Webhooks: what waits to be told.

use std::{sync::Arc, time::Duration};

use tertulia_model::{
    AgentNo, Availability, ConversationId, ConversationNo, DeliveryId, EndpointId, FriendRequestId, GroupInvitationId,
    MessageId, Seq, Timestamp, ViewId, WebhookTopic, random_uuid,
};

use super::fixtures::{AppendOnly, START, entry, join, minute, open, request_id, said};
use crate::{
    Commit, EndpointChange, EndpointHealth, EndpointTarget, Fate, MOST_DEAD, NewDelivery, NewEndpoint,
    NewFriendRequest, Occasion, Occurrence, RequestOutcome, Settlement, Slice, Store, StoreError, TakenDelivery,
    TargetChange, most_waiting,
};

pub(super) const FORMAT: &str = "plain";

pub(super) fn target(url: &str, secret: &str) -> EndpointTarget {
    EndpointTarget { url: url.into(), secret: secret.into() }
}

/// A change of the agent's endpoint that changes nothing.
pub(super) fn change(agent: AgentNo) -> EndpointChange {
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
pub(super) async fn reachable(store: &dyn Store, name: &str) -> Result<AgentNo, StoreError> {
    let agent = join(store, name).await?;
    let set = TargetChange::Set(target(&format!("https://{name}.example/"), "secret"));
    store.change_endpoint(&EndpointChange { target: set, ..change(agent) }, &entry("webhook.set", Some(agent))).await?;
    Ok(agent)
}

/// What `from` writes to `agent`; `number` tells it from others.
pub(super) fn direct(agent: AgentNo, from: AgentNo, number: u32) -> NewDelivery {
    let mut id = [9; 16];
    id[8..12].copy_from_slice(&number.to_be_bytes());
    let at = Timestamp::from_micros(START.as_micros() + i64::from(number));
    NewDelivery {
        id: DeliveryId::from_uuid(random_uuid(id)),
        agent,
        due_at: at,
        occurrence: Occurrence {
            from,
            at,
            occasion: Occasion::DirectReceived {
                view: ViewId::from_uuid(random_uuid([5; 16])),
                preview: format!("\"message\" {number} \u{e9}").into(),
            },
        },
    }
}

/// The same, of something else.
fn other(occasion: Occasion, delivery: &NewDelivery) -> NewDelivery {
    let NewDelivery { id, agent, occurrence: Occurrence { from, at, .. }, due_at } = *delivery;
    NewDelivery { id, agent, occurrence: Occurrence { from, at, occasion }, due_at }
}

/// Takes all that can be taken at a moment; it comes up again two minutes later.
pub(super) async fn take(store: &dyn Store, at: Timestamp) -> Result<Vec<TakenDelivery>, StoreError> {
    store.take_deliveries(at, at + Duration::from_mins(2), 100).await
}

/// Settles what was taken from an endpoint that does as well as ever.
pub(super) async fn settle(
    store: &dyn Store,
    taken: &TakenDelivery,
    settlement: &Settlement,
) -> Result<bool, StoreError> {
    store.settle_delivery(taken, settlement, &EndpointHealth::default()).await
}

/// What goes on until it is dead.
pub(super) fn dead(at: Timestamp) -> Settlement {
    Settlement::Dead { at, reason: "gone".into() }
}

pub(super) fn again(at: Timestamp) -> Settlement {
    Settlement::Again { at, reason: "status 500".into() }
}

/// Every field comes back; who has no target or does not want to know is told nothing.
pub async fn only_who_wants_to_know_is_told(store: &dyn Store) -> Result<(), StoreError> {
    open(store).await?;
    let (ada, bob) = (reachable(store, "ada").await?, join(store, "bob").await?);
    store.change_endpoint(&change(bob), &entry("x", None)).await?;
    let request = other(Occasion::FriendRequested { request: request_id(2) }, &direct(ada, bob, 2));
    let early = NewDelivery { due_at: START, ..direct(ada, bob, 1) };
    assert_eq!(store.enqueue(&[early, request, direct(bob, ada, 3)]).await?, 1);
    assert_eq!(store.next_delivery().await?, Some(START), "whenever it happened");
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
    let most = most_waiting(WebhookTopic::DirectReceived);
    let mut many: Vec<_> = (0..most + 5).map(|number| direct(ada, bob, number)).collect();
    many.push(direct(bob, ada, 1_000));
    assert_eq!(store.enqueue(&many[..60]).await?, 60);
    assert_eq!(store.enqueue(&many[60..]).await?, u64::from(most) - 60 + 1);
    assert_eq!(store.enqueue(&[direct(ada, bob, 2_000)]).await?, 0);
    let taken = take(store, minute(1)).await?;
    let of_ada = taken.iter().find(|taken| taken.agent == ada).expect("one for each endpoint");
    assert!(settle(store, of_ada, &again(minute(9))).await?);
    assert_eq!(store.enqueue(&[direct(ada, bob, 2_000)]).await?, 0, "it waits again");
    let taken = take(store, minute(1)).await?.remove(0);
    assert!(settle(store, &taken, &dead(minute(1))).await?);
    assert_eq!(store.enqueue(&[direct(ada, bob, 2_000)]).await?, 1);
    Ok(())
}

/// What can be found out by asking leaves room for messages.
pub async fn messages_are_not_crowded_out(store: &dyn Store) -> Result<(), StoreError> {
    open(store).await?;
    let (ada, bob) = (join(store, "ada").await?, join(store, "bob").await?);
    add(store, ada, 1, &[WebhookTopic::PresenceChanged, WebhookTopic::MessageReceived]).await?;
    let presence = Occasion::PresenceChanged { availability: Availability::Busy, message: None };
    let message = Occasion::MessageReceived { message: MessageId::from_uuid(random_uuid([6; 16])) };
    let most = most_waiting(WebhookTopic::PresenceChanged);
    let changes: Vec<_> = (0..=most).map(|number| other(presence.clone(), &direct(ada, bob, number))).collect();
    assert_eq!(store.enqueue(&changes).await?, u64::from(most));
    let messages: Vec<_> = (500..600).map(|number| other(message.clone(), &direct(ada, bob, number))).collect();
    assert_eq!(store.enqueue(&messages).await?, 100);
    assert_eq!(store.enqueue(&[other(presence, &direct(ada, bob, 700))]).await?, 0);
    Ok(())
}

/// Those first that came up first; nothing else for an endpoint that is busy; no more than asked for.
pub async fn one_delivery_is_taken_for_each_endpoint(store: &dyn Store) -> Result<(), StoreError> {
    open(store).await?;
    let mut agents = Vec::new();
    for name in ["ada", "bob", "cyd"] {
        agents.push(reachable(store, name).await?);
    }
    let [ada, bob, cyd] = agents[..] else { panic!("three agents") };
    let first = [direct(bob, ada, 1), direct(bob, ada, 2), direct(ada, bob, 3), direct(cyd, ada, 4)];
    assert_eq!(store.next_delivery().await?, None);
    store.enqueue(&first).await?;
    assert_eq!(store.next_delivery().await?, Some(first[0].occurrence.at));
    assert!(store.take_deliveries(first[0].occurrence.at, minute(2), 0).await?.is_empty());

    let early = Timestamp::from_micros(first[0].occurrence.at.as_micros() - 1);
    assert!(take(store, early).await?.is_empty());
    let taken = store.take_deliveries(minute(1), minute(5), 2).await?;
    assert_eq!(taken.iter().map(|taken| taken.agent).collect::<Vec<_>>(), [bob, ada]);
    assert_eq!(store.next_delivery().await?, Some(first[3].occurrence.at));
    let rest = store.take_deliveries(minute(1), minute(5), 3).await?;
    assert_eq!(rest.iter().map(|taken| taken.agent).collect::<Vec<_>>(), [cyd]);
    assert_eq!(store.next_delivery().await?, Some(minute(5)), "all are busy until then");
    assert!(settle(store, &taken[0], &Settlement::Done).await?);
    assert_eq!(store.next_delivery().await?, Some(first[1].occurrence.at));
    Ok(())
}

/// Whatever waits for it; what it is up to comes back with what is taken next.
pub async fn an_endpoint_rests(store: &dyn Store) -> Result<(), StoreError> {
    open(store).await?;
    let (ada, bob) = (reachable(store, "ada").await?, reachable(store, "bob").await?);
    store.enqueue(&[direct(ada, bob, 1), direct(ada, bob, 2)]).await?;
    let taken = take(store, minute(1)).await?.remove(0);
    assert_eq!(taken.health, EndpointHealth::default());
    let tired =
        EndpointHealth { failures_in_a_row: 3, failed_at: vec![START, minute(1)], rests_until: Some(minute(6)) };
    assert!(store.settle_delivery(&taken, &again(minute(2)), &tired).await?);
    store.enqueue(&[direct(ada, bob, 3), direct(bob, ada, 4)]).await?;
    let others: Vec<_> = take(store, minute(5)).await?.into_iter().map(|taken| taken.agent).collect();
    assert_eq!((others.as_slice(), store.next_delivery().await?), (&[bob][..], Some(minute(6))));
    let probe = take(store, minute(6)).await?.remove(0);
    assert_eq!((probe.id, probe.attempt, &probe.health), (direct(ada, bob, 2).id, 1, &tired));
    assert!(settle(store, &probe, &Settlement::Done).await?);
    let next = take(store, minute(6)).await?.remove(0);
    assert_eq!((next.id, next.health), (direct(ada, bob, 3).id, EndpointHealth::default()));
    Ok(())
}

/// With one attempt more; whoever had it before cannot settle it any more.
pub async fn what_is_not_settled_comes_up_again(store: &dyn Store) -> Result<(), StoreError> {
    open(store).await?;
    let (ada, bob) = (reachable(store, "ada").await?, join(store, "bob").await?);
    store.enqueue(&[direct(ada, bob, 1)]).await?;
    let first = take(store, minute(1)).await?.remove(0);
    assert!(take(store, minute(2)).await?.is_empty());
    assert_eq!(store.next_delivery().await?, Some(minute(3)));
    let second = take(store, minute(3)).await?.remove(0);
    assert_eq!(second, TakenDelivery { attempt: 2, ..first.clone() });
    for late in [Settlement::Done, again(minute(4)), Settlement::Untried { at: minute(4) }] {
        assert!(!settle(store, &first, &late).await?, "{late:?}");
    }
    assert!(settle(store, &second, &Settlement::Done).await?);
    assert!(!settle(store, &second, &Settlement::Done).await?);
    assert_eq!(store.next_delivery().await?, None);
    Ok(())
}

/// At its moment, with one attempt more; one that was not tried is as it was before.
pub async fn what_failed_is_tried_again(store: &dyn Store) -> Result<(), StoreError> {
    open(store).await?;
    let (ada, bob) = (reachable(store, "ada").await?, join(store, "bob").await?);
    store.enqueue(&[direct(ada, bob, 1)]).await?;
    let first = take(store, minute(1)).await?.remove(0);
    assert!(settle(store, &first, &again(minute(7))).await?);
    assert!(take(store, minute(6)).await?.is_empty());
    let waiting = store.waiting_deliveries(10).await?;
    let [record] = waiting.as_slice() else { panic!("{waiting:?}") };
    assert_eq!((record.agent, record.attempts, record.fate), (ada, 1, Fate::Due(minute(7))));
    assert_eq!((record.topic, record.happened_at), (WebhookTopic::DirectReceived, first.occurrence.at));
    assert_eq!(record.last_error.as_deref(), Some("status 500"));

    let second = take(store, minute(7)).await?.remove(0);
    assert_eq!(second.attempt, 2);
    assert!(settle(store, &second, &Settlement::Untried { at: minute(7) }).await?);
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
            let died = Settlement::Dead { at: minute(number + 1), reason: format!("reason {number}").into() };
            assert!(settle(store, &taken, &died).await?);
            assert!(!settle(store, &taken, &Settlement::Done).await?, "what is dead stays dead");
        }
    }
    assert!(store.waiting_deliveries(10).await?.is_empty());
    assert_eq!(store.next_delivery().await?, None);
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
    let taken = store.take_deliveries(minute(1), minute(2), 1).await?.remove(0);
    assert!(settle(store, &taken, &Settlement::Dead { at: minute(1), reason: "gone".into() }).await?);
    let cleared = EndpointChange { target: TargetChange::Clear, ..change(ada) };
    store.change_endpoint(&cleared, &entry("x", None)).await?;
    assert_eq!(store.enqueue(&[direct(ada, bob, 4)]).await?, 0);
    let waiting = store.waiting_deliveries(10).await?;
    assert_eq!(waiting.iter().map(|record| record.agent).collect::<Vec<_>>(), [bob]);
    let dead = store.dead_deliveries(10).await?;
    assert_eq!((dead.len(), dead[0].target.as_ref()), (1, None));
    Ok(())
}

/// An endpoint that wants to know of `topics`; `number` tells it from others. Three of one agent at the most.
pub(super) async fn add(
    store: &dyn Store,
    agent: AgentNo,
    number: u8,
    topics: &[WebhookTopic],
) -> Result<Option<crate::Endpoint>, StoreError> {
    let new = NewEndpoint {
        id: EndpointId::from_uuid(random_uuid([number; 16])),
        agent,
        format: "several".into(),
        target: target(&format!("https://{number}.example/"), "secret"),
        topics: topics.to_vec(),
        most: 3,
        now: minute(i64::from(number)),
    };
    store.add_endpoint(&new, &entry("webhook.added", Some(agent))).await
}

/// Every fact of it.
pub async fn whatever_happened_comes_back(store: &dyn Store) -> Result<(), StoreError> {
    open(store).await?;
    let (ada, bob) = (join(store, "ada").await?, join(store, "bob").await?);
    add(store, ada, 1, &WebhookTopic::ALL).await?;
    let id = random_uuid([8; 16]);
    let text = |text: &str| -> Arc<str> { text.into() };
    let occasions = [
        Occasion::DirectReceived { view: ViewId::from_uuid(id), preview: text("\"\\\u{0}\u{1f916}") },
        Occasion::Mentioned { conversation: ConversationId::from_uuid(id), preview: text("") },
        Occasion::FriendRequested { request: FriendRequestId::from_uuid(id) },
        Occasion::MessageReceived { message: MessageId::from_uuid(id) },
        Occasion::MessagesRead {
            message: MessageId::from_uuid(id),
            conversation: ConversationNo(7),
            seq: Seq(1 << 40),
            through: Seq(1 << 41),
        },
        Occasion::PresenceChanged { availability: Availability::Busy, message: Some(text("thinking")) },
        Occasion::PresenceChanged { availability: Availability::Offline, message: None },
        Occasion::Blocked,
        Occasion::GroupInvited { invitation: GroupInvitationId::from_uuid(id) },
        Occasion::GroupDeleted { group: ConversationId::from_uuid(id) },
        Occasion::AgentRegistered,
    ];
    let deliveries = (1..).zip(&occasions).map(|(number, what)| other(what.clone(), &direct(ada, bob, number)));
    let deliveries: Vec<_> = deliveries.collect();
    assert_eq!(store.enqueue(&deliveries).await?, occasions.len() as u64);
    for delivery in &deliveries {
        let taken = take(store, minute(1)).await?.remove(0);
        assert_eq!((&taken.occurrence, taken.id), (&delivery.occurrence, delivery.id));
        assert!(settle(store, &taken, &Settlement::Done).await?);
    }
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
    store.write(&commit).await?;
    assert_eq!(store.waiting_deliveries(10).await?.len(), 1);
    let hole = Commit {
        messages: vec![said(lobby, bob, 3, "hello @ada")],
        deliveries: vec![direct(ada, bob, 2)],
        ..Commit::default()
    };
    assert!(store.write(&hole).await.is_err());
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
