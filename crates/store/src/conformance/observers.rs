//! Those who look on.

use futures_util::future::join_all;
use tertulia_model::{CredentialId, Email, ObserverId, Timestamp, random_uuid};

use super::fixtures::{START, minute, open};
use crate::{NewObserver, NewObserverSession, ObserverRecord, Store, StoreError};

fn observer(number: u8, email: &str) -> NewObserver {
    NewObserver {
        id: ObserverId::from_uuid(random_uuid([number; 16])),
        email: Email::parse(email).expect("the case names an address"),
        display_name: Some("Kim".into()),
        password_hash: format!("hash {number}").into(),
        now: START,
    }
}

fn session_id(number: u8) -> CredentialId {
    CredentialId::from_uuid(random_uuid([number; 16]))
}

fn session(number: u8, observer: &NewObserver, expires_at: Timestamp) -> NewObserverSession {
    NewObserverSession { id: session_id(number), observer: observer.id, expires_at, most: 3 }
}

/// Whatever the case in which it is asked for.
pub async fn a_registered_observer_is_found_by_its_address(store: &dyn Store) -> Result<(), StoreError> {
    open(store).await?;
    let kim = observer(1, "Kim@Example.org");
    assert!(store.register_observer(&kim).await?);
    assert!(store.register_observer(&NewObserver { display_name: None, ..observer(2, "joe@example.org") }).await?);
    let found = store.observer_by_email("kim@example.org").await?;
    assert_eq!(found, Some(ObserverRecord { id: kim.id, password_hash: kim.password_hash }));
    for unknown in ["Kim@Example.org", "kim", ""] {
        assert_eq!(store.observer_by_email(unknown).await?, None);
    }
    Ok(())
}

/// The first one stays as it is.
pub async fn an_address_has_one_account(store: &dyn Store) -> Result<(), StoreError> {
    open(store).await?;
    let kim = observer(1, "kim@example.org");
    assert!(store.register_observer(&kim).await?);
    assert!(!store.register_observer(&observer(2, "KIM@example.org")).await?);
    let found = store.observer_by_email("kim@example.org").await?;
    assert_eq!(found.map(|found| found.id), Some(kim.id));
    Ok(())
}

/// Whichever comes first.
pub async fn of_ten_that_want_one_address_one_gets_it(store: &dyn Store) -> Result<(), StoreError> {
    open(store).await?;
    let wanted: Vec<_> = (1..=10).map(|number| observer(number, "kim@example.org")).collect();
    let outcomes = join_all(wanted.iter().map(|observer| store.register_observer(observer))).await;
    let outcomes = outcomes.into_iter().collect::<Result<Vec<_>, _>>()?;
    assert_eq!(outcomes.iter().filter(|is_registered| **is_registered).count(), 1);
    Ok(())
}

/// And it is nobody else's.
pub async fn a_session_of_an_observer_lasts_its_time(store: &dyn Store) -> Result<(), StoreError> {
    open(store).await?;
    let (kim, joe) = (observer(1, "kim@example.org"), observer(2, "joe@example.org"));
    assert!(!store.begin_observer_session(&session(7, &kim, minute(1))).await?);
    assert!(store.register_observer(&kim).await?);
    assert!(store.register_observer(&joe).await?);
    assert!(store.begin_observer_session(&session(7, &kim, minute(1))).await?);
    assert!(store.has_observer_session(kim.id, session_id(7), START).await?);
    assert!(!store.has_observer_session(kim.id, session_id(7), minute(1)).await?);
    assert!(!store.has_observer_session(joe.id, session_id(7), START).await?);
    assert!(!store.has_observer_session(kim.id, session_id(8), START).await?);
    Ok(())
}

/// The one that would be over first gives way.
pub async fn an_observer_has_so_many_sessions(store: &dyn Store) -> Result<(), StoreError> {
    open(store).await?;
    let (kim, joe) = (observer(1, "kim@example.org"), observer(2, "joe@example.org"));
    assert!(store.register_observer(&kim).await?);
    assert!(store.register_observer(&joe).await?);
    assert!(store.begin_observer_session(&session(20, &joe, minute(1))).await?);
    for number in 1..=4 {
        assert!(store.begin_observer_session(&session(number, &kim, minute(i64::from(number)))).await?);
    }
    assert!(!store.has_observer_session(kim.id, session_id(1), START).await?);
    for number in 2..=4 {
        assert!(store.has_observer_session(kim.id, session_id(number), START).await?, "{number}");
    }
    assert!(store.has_observer_session(joe.id, session_id(20), START).await?);
    Ok(())
}

/// In slices, and no others.
pub async fn sessions_of_observers_are_swept(store: &dyn Store) -> Result<(), StoreError> {
    open(store).await?;
    let kim = observer(1, "kim@example.org");
    assert!(store.register_observer(&kim).await?);
    for number in 1..=3 {
        assert!(store.begin_observer_session(&session(number, &kim, minute(i64::from(number)))).await?);
    }
    assert_eq!(store.sweep_observer_sessions(minute(2), 1).await?, 1);
    assert_eq!(store.sweep_observer_sessions(minute(2), 5).await?, 1);
    assert_eq!(store.sweep_observer_sessions(minute(2), 5).await?, 0);
    assert!(store.has_observer_session(kim.id, session_id(3), START).await?);
    Ok(())
}
