//! Badges and verifications.

use futures_util::future::join_all;
use tertulia_model::AgentNo;

use super::fixtures::{START, entry, join, minute, open};
use crate::{Badge, Binding, Store, StoreError, Verification};

fn badge(agent: AgentNo, account: &str) -> Badge {
    Badge { agent, account: account.into(), owner: Some("owner".into()), bound_at: START, checked_at: START }
}

fn started(agent: AgentNo, code: &str) -> Verification {
    Verification { agent, account: "Acc".to_owned(), code: code.to_owned(), started_at: START }
}

/// One started verification an agent.
pub async fn a_verification_is_replaced_by_the_next(store: &dyn Store) -> Result<(), StoreError> {
    open(store).await?;
    let (ada, bob) = (join(store, "ada").await?, join(store, "bob").await?);
    assert_eq!(store.verification_of(ada).await?, None);
    store.start_verification(&started(ada, "AAAA0000")).await?;
    let second = Verification { account: "Other".to_owned(), started_at: minute(1), ..started(ada, "BBBB1111") };
    store.start_verification(&second).await?;
    assert_eq!(store.verification_of(ada).await?, Some(second));
    assert_eq!(store.verification_of(bob).await?, None);
    Ok(())
}

/// A refused binding leaves it.
pub async fn binding_ends_the_verification(store: &dyn Store) -> Result<(), StoreError> {
    open(store).await?;
    let (ada, bob) = (join(store, "ada").await?, join(store, "bob").await?);
    store.start_verification(&started(ada, "AAAA0000")).await?;
    store.start_verification(&started(bob, "BBBB1111")).await?;
    assert_eq!(store.bind_badge(&badge(ada, "Acc"), "acc", &entry("x", None)).await?, Binding::Bound);
    assert_eq!(store.verification_of(ada).await?, None);
    assert_eq!(store.bind_badge(&badge(bob, "Acc"), "acc", &entry("x", None)).await?, Binding::InUse);
    assert_eq!(store.verification_of(bob).await?, Some(started(bob, "BBBB1111")));
    Ok(())
}

/// Compared by the key; the refusal writes nothing; the holder may bind again.
pub async fn an_account_is_bound_to_one_agent(store: &dyn Store) -> Result<(), StoreError> {
    open(store).await?;
    let (ada, bob) = (join(store, "ada").await?, join(store, "bob").await?);
    let note = entry("badge.bound", Some(ada));
    assert_eq!(store.bind_badge(&badge(ada, "Acc"), "acc", &note).await?, Binding::Bound);
    assert_eq!(store.badge_holder("acc").await?, Some(ada));
    assert_eq!(store.badge_holder("Acc").await?, None);

    assert_eq!(store.bind_badge(&badge(bob, "ACC"), "acc", &entry("x", Some(bob))).await?, Binding::InUse);
    assert_eq!(store.badges_of(&[ada, bob]).await?, [badge(ada, "Acc")]);
    assert_eq!(store.audit_log(10).await?, std::slice::from_ref(&note));

    let again = Badge { owner: None, bound_at: minute(3), checked_at: minute(3), ..badge(ada, "aCC") };
    assert_eq!(store.bind_badge(&again, "acc", &note).await?, Binding::Bound);
    assert_eq!(store.badges_of(&[ada]).await?, [again]);
    Ok(())
}

/// Binding another account frees the former one.
pub async fn an_agent_has_one_badge(store: &dyn Store) -> Result<(), StoreError> {
    open(store).await?;
    let (ada, bob) = (join(store, "ada").await?, join(store, "bob").await?);
    assert_eq!(store.bind_badge(&badge(ada, "one"), "one", &entry("x", None)).await?, Binding::Bound);
    assert_eq!(store.bind_badge(&badge(ada, "two"), "two", &entry("x", None)).await?, Binding::Bound);
    assert_eq!(store.badges_of(&[ada]).await?, [badge(ada, "two")]);
    assert_eq!(store.badge_holder("one").await?, None);
    assert_eq!(store.bind_badge(&badge(bob, "one"), "one", &entry("x", None)).await?, Binding::Bound);
    Ok(())
}

/// Bindings at the same time.
pub async fn of_ten_that_want_one_account_one_gets_it(store: &dyn Store) -> Result<(), StoreError> {
    open(store).await?;
    let mut badges = Vec::new();
    for number in 0..10 {
        badges.push(badge(join(store, &format!("a{number}")).await?, "acc"));
    }
    let note = entry("badge.bound", None);
    let answers = join_all(badges.iter().map(|badge| store.bind_badge(badge, "acc", &note))).await;
    let answers: Vec<Binding> = answers.into_iter().collect::<Result<_, _>>()?;
    assert_eq!(answers.iter().filter(|answer| **answer == Binding::Bound).count(), 1);
    let winner = answers.iter().position(|answer| *answer == Binding::Bound).expect("just counted");
    assert_eq!(store.badge_holder("acc").await?, Some(badges[winner].agent));
    Ok(())
}

/// And the second unbinding says that there was nothing.
pub async fn an_unbound_account_is_free(store: &dyn Store) -> Result<(), StoreError> {
    open(store).await?;
    let (ada, bob) = (join(store, "ada").await?, join(store, "bob").await?);
    store.bind_badge(&badge(ada, "acc"), "acc", &entry("badge.bound", None)).await?;
    assert!(store.unbind_badge(&badge(ada, "acc"), &entry("badge.gone", None)).await?);
    assert!(!store.unbind_badge(&badge(ada, "acc"), &entry("badge.gone", None)).await?);
    assert_eq!(store.audit_log(10).await?.len(), 2);
    assert!(store.badges_of(&[ada]).await?.is_empty());
    assert_eq!(store.bind_badge(&badge(bob, "acc"), "acc", &entry("x", None)).await?, Binding::Bound);
    Ok(())
}

/// Whoever asked about an account acts on the binding that it asked about, not on the next one.
pub async fn a_badge_bound_since_is_left_alone(store: &dyn Store) -> Result<(), StoreError> {
    open(store).await?;
    let ada = join(store, "ada").await?;
    let (one, two) = (badge(ada, "one"), badge(ada, "two"));
    let one_again = Badge { bound_at: minute(1), ..one.clone() };
    for next in [two, one_again] {
        store.bind_badge(&one, "one", &entry("x", None)).await?;
        store.bind_badge(&next, &next.account, &entry("x", None)).await?;
        let written = store.audit_log(10).await?.len();
        assert!(!store.confirm_badge(&one, Some("someone"), minute(5)).await?);
        assert!(!store.unbind_badge(&one, &entry("badge.gone", None)).await?);
        assert_eq!(store.badges_of(&[ada]).await?, [next]);
        assert_eq!(store.audit_log(10).await?.len(), written);
    }
    Ok(())
}

/// Longest unchecked first; a confirmation takes a badge out of the line and brings its owner up to date.
pub async fn badges_come_up_for_checking_in_order(store: &dyn Store) -> Result<(), StoreError> {
    open(store).await?;
    let mut badges = Vec::new();
    for (name, checked) in [("a", 3), ("b", 1), ("c", 2), ("d", 9)] {
        let agent = join(store, name).await?;
        let badge = Badge { checked_at: minute(checked), ..badge(agent, name) };
        store.bind_badge(&badge, name, &entry("x", None)).await?;
        badges.push(badge);
    }
    let accounts = |badges: &[Badge]| badges.iter().map(|badge| badge.account.to_string()).collect::<Vec<_>>();
    assert_eq!(accounts(&store.badges_to_check(minute(9), None, 10).await?), ["b", "c", "a"]);
    assert_eq!(accounts(&store.badges_to_check(minute(9), None, 2).await?), ["b", "c"]);
    let behind = |badge: &Badge| Some((badge.checked_at, badge.agent));
    assert_eq!(accounts(&store.badges_to_check(minute(9), behind(&badges[2]), 10).await?), ["a"]);

    assert!(store.confirm_badge(&badges[1], Some("new-owner"), minute(20)).await?);
    assert!(store.confirm_badge(&badges[2], None, minute(20)).await?);
    assert_eq!(accounts(&store.badges_to_check(minute(9), None, 10).await?), ["a"]);
    assert_eq!(accounts(&store.badges_to_check(minute(9), behind(&badges[1]), 10).await?), ["a"], "it need not be due");
    let confirmed = &store.badges_of(&[badges[1].agent]).await?[0];
    assert_eq!((confirmed.owner.as_deref(), confirmed.checked_at), (Some("new-owner"), minute(20)));
    assert_eq!(confirmed.bound_at, START);
    assert_eq!(store.badges_of(&[badges[2].agent]).await?[0].owner, None);
    Ok(())
}
