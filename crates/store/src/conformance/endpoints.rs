//! Webhooks: where agents want to be told.

use tertulia_model::{EndpointId, WebhookTopic, random_uuid};

use super::{
    fixtures::{START, entry, join, minute, open},
    outbox::{FORMAT, add, again, change, dead, direct, reachable, settle, take, target},
};
use crate::{EndpointChange, Settlement, Store, StoreError, TargetChange};

/// With the default topics and no target, unless it says otherwise; what is not named stays.
pub async fn an_endpoint_comes_to_be_with_its_first_change(store: &dyn Store) -> Result<(), StoreError> {
    open(store).await?;
    let ada = join(store, "ada").await?;
    assert!(store.endpoints_of(&[ada]).await?.is_empty());
    let first = store.change_endpoint(&change(ada), &entry("webhook.set", Some(ada))).await?;
    assert!(!first.has_new_secret);
    assert_eq!(first.endpoint.target, None);
    assert_eq!(first.endpoint.id, change(ada).new_id);
    assert_eq!(first.endpoint.topics, change(ada).default_topics);
    assert_eq!(store.endpoints_of(&[ada]).await?, std::slice::from_ref(&first.endpoint));

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
    assert_eq!((store.endpoints_of(&[ada]).await?.as_slice(), second.endpoint), (&all[..], all[0].clone()));
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
        assert_eq!(store.endpoints_of(&[ada]).await?, [changed.endpoint], "step {number}");
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
    let formats: Vec<_> = store.endpoints_of(&[ada]).await?.into_iter().map(|endpoint| endpoint.format).collect();
    assert_eq!(formats.iter().map(|format| &**format).collect::<Vec<_>>(), [FORMAT, "fancy"]);
    assert!(store.endpoints_of(&[bob]).await?.is_empty());
    Ok(())
}

/// As many as there may be, in one format; the oldest first.
pub async fn endpoints_are_added(store: &dyn Store) -> Result<(), StoreError> {
    open(store).await?;
    let (ada, bob) = (reachable(store, "ada").await?, join(store, "bob").await?);
    let mut all = store.endpoints_of(&[ada]).await?;
    for number in 1..=3 {
        let added = add(store, ada, number, &[WebhookTopic::Blocked, WebhookTopic::MessageReceived]).await?;
        all.push(added.expect("there are fewer than three"));
    }
    assert_eq!(all[1].topics, [WebhookTopic::Blocked, WebhookTopic::MessageReceived]);
    assert_eq!((all[1].created_at, all[1].target.as_ref()), (minute(1), Some(&target("https://1.example/", "secret"))));
    assert_eq!(add(store, ada, 4, &[WebhookTopic::Blocked]).await?, None);
    let of_bob = add(store, bob, 5, &[WebhookTopic::Blocked]).await?.expect("Bob has none");
    assert_eq!(store.endpoints_of(&[ada]).await?, all);
    all.push(of_bob);
    assert_eq!(store.endpoints_of(&[bob, ada]).await?, all);
    assert_eq!(store.audit_log(10).await?.len(), 5, "what was refused is nothing to note");
    let of_several = |topic| async move { store.wanting(&[ada, bob], topic).await };
    assert_eq!(of_several(WebhookTopic::MessageReceived).await?, [ada]);
    assert_eq!(of_several(WebhookTopic::Blocked).await?, [ada, bob]);
    assert!(of_several(WebhookTopic::GroupDeleted).await?.is_empty());
    assert!(store.wanting(&[], WebhookTopic::Blocked).await?.is_empty());
    Ok(())
}

/// With all that waits and all that is dead; only by whom it belongs to, in its format.
pub async fn endpoints_are_removed(store: &dyn Store) -> Result<(), StoreError> {
    open(store).await?;
    let (ada, bob) = (join(store, "ada").await?, join(store, "bob").await?);
    let one = add(store, ada, 1, &[WebhookTopic::DirectReceived]).await?.expect("the first one");
    let two = add(store, ada, 2, &[WebhookTopic::DirectReceived]).await?.expect("the second one");
    assert_eq!(store.enqueue(&[direct(ada, bob, 1), direct(ada, bob, 2)]).await?, 4);
    for taken in take(store, minute(1)).await? {
        assert!(settle(store, &taken, &dead(minute(1))).await?);
    }
    let under_way = take(store, minute(1)).await?;
    assert_eq!(under_way.iter().map(|taken| taken.endpoint_id).collect::<Vec<_>>(), [one.id, two.id]);
    let entry = entry("webhook.removed", Some(ada));
    assert!(!store.remove_endpoint(bob, "several", one.id, &entry).await?);
    assert!(!store.remove_endpoint(ada, FORMAT, one.id, &entry).await?);
    assert!(store.remove_endpoint(ada, "several", one.id, &entry).await?);
    assert!(!store.remove_endpoint(ada, "several", one.id, &entry).await?);
    assert_eq!(store.endpoints_of(&[ada]).await?, std::slice::from_ref(&two));
    assert_eq!((store.waiting_deliveries(10).await?.len(), store.dead_deliveries(10).await?.len()), (1, 1));
    settle(store, &under_way[0], &again(minute(2))).await?;
    assert!(settle(store, &under_way[1], &Settlement::Done).await?);
    assert_eq!(store.next_delivery().await?, None);
    assert!(take(store, minute(9)).await?.is_empty());
    assert_eq!(store.enqueue(&[direct(ada, bob, 3)]).await?, 1);
    assert!(
        add(store, ada, 3, &[]).await?.is_some() && add(store, ada, 4, &[]).await?.is_some(),
        "there is room again"
    );

    let mut swept = 0;
    loop {
        match store.sweep_deliveries(START, 1).await? {
            0 => break,
            more => swept += more,
        }
    }
    assert_eq!(swept, 3, "two deliveries and the endpoint");
    assert_eq!((store.waiting_deliveries(10).await?.len(), store.dead_deliveries(10).await?.len()), (1, 1));
    Ok(())
}
