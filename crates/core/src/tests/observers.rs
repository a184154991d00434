//! Those who look on: what is counted of their logins, and what becomes of their tokens.

use std::{net::Ipv4Addr, sync::Arc, time::Duration};

use futures_util::future::join_all;
use tertulia_model::{CredentialId, Email, random_uuid};
use tertulia_store::{NewObserverSession, Observers};

use super::{
    hub::TestHub,
    store::{Fault, broken},
};
use crate::{Action, AddressKey, Error, Key, Limit, ObserverPlan, Password, Surface, SurfaceLimits};

const PASSWORD: &str = "correct horse";
const WRONG: &str = "wrong horse";
const LASTS: Duration = Duration::from_hours(4);

/// A surface where two logins may fail in a minute.
fn surface(hub: &TestHub) -> Arc<Surface> {
    let limits = SurfaceLimits::new(0).with(Action::FailLogin, Limit::per_secs(2, 60));
    Arc::new(Surface { limits, ..(*hub.surface).clone() })
}

fn address(host: u8) -> AddressKey {
    AddressKey::of(Ipv4Addr::new(192, 0, 2, host).into())
}

async fn register(hub: &TestHub, email: &str) -> Result<(), Error> {
    let password = Password::new(PASSWORD.to_owned()).unwrap();
    let plan = ObserverPlan { email: Email::parse(email).unwrap(), password, display_name: None };
    hub.chat.register_observer(&surface(hub), plan).await.map(drop)
}

async fn log_in(hub: &TestHub, host: u8, email: &str, password: &str) -> Result<Key, Error> {
    hub.chat.log_in_observer(&surface(hub), address(host), email, password.to_owned(), LASTS).await
}

#[tokio::test]
async fn failed_logins_are_counted_by_both_addresses() {
    let hub = TestHub::open().await;
    register(&hub, "kim@example.org").await.unwrap();
    register(&hub, "joe@example.org").await.unwrap();
    for host in [1, 2] {
        assert!(matches!(log_in(&hub, host, "Kim@example.org", WRONG).await, Err(Error::WrongLogin)));
    }
    // With this e-mail address nobody logs in now; the others have one attempt left.
    let throttled = log_in(&hub, 3, "kim@example.org", PASSWORD).await;
    assert!(matches!(throttled, Err(Error::Throttled(throttle)) if throttle.action == Action::FailLogin));
    log_in(&hub, 1, "joe@example.org", PASSWORD).await.unwrap();
    assert!(matches!(log_in(&hub, 1, "nobody@example.org", PASSWORD).await, Err(Error::WrongLogin)));
    assert!(matches!(log_in(&hub, 1, "joe@example.org", PASSWORD).await, Err(Error::Throttled(_))));
    log_in(&hub, 3, "joe@example.org", PASSWORD).await.unwrap();
    hub.close().await;
}

#[tokio::test]
async fn only_what_failed_stays_counted() {
    let hub = TestHub::open().await;
    register(&hub, "kim@example.org").await.unwrap();
    for _ in 0..3 {
        log_in(&hub, 1, "kim@example.org", PASSWORD).await.unwrap();
        hub.store.fail("begin_observer_session", Fault::Refuses(broken()));
        assert!(matches!(log_in(&hub, 1, "kim@example.org", PASSWORD).await, Err(Error::Store(_))));
    }
    hub.close().await;
}

#[tokio::test]
async fn guesses_at_once_are_no_more_than_guesses_one_by_one() {
    let hub = TestHub::open().await;
    register(&hub, "kim@example.org").await.unwrap();
    let outcomes = join_all((0..5).map(|host| log_in(&hub, host, "kim@example.org", WRONG))).await;
    let wrong = outcomes.iter().filter(|outcome| matches!(outcome, Err(Error::WrongLogin))).count();
    let throttled = outcomes.iter().filter(|outcome| matches!(outcome, Err(Error::Throttled(_)))).count();
    assert_eq!((wrong, throttled), (2, 3));
    hub.close().await;
}

#[tokio::test]
async fn an_address_has_one_account_whatever_the_case() {
    let hub = TestHub::open().await;
    register(&hub, "kim@example.org").await.unwrap();
    assert!(matches!(register(&hub, "KIM@example.org").await, Err(Error::EmailTaken)));
    hub.close().await;
}

#[tokio::test]
async fn an_observers_token_is_no_agents() {
    let hub = TestHub::open().await;
    register(&hub, "kim@example.org").await.unwrap();
    let token = log_in(&hub, 1, "kim@example.org", PASSWORD).await.unwrap();
    assert!(matches!(hub.chat.authenticate(&hub.surface, token.reveal()).await, Err(Error::ObserverToken)));
    hub.store.fail("has_observer_session", Fault::Refuses(broken()));
    assert!(matches!(hub.chat.authenticate(&hub.surface, token.reveal()).await, Err(Error::Store(_))));
    hub.clock.advance(LASTS);
    assert!(matches!(hub.chat.authenticate(&hub.surface, token.reveal()).await, Err(Error::TokenExpired)));
    hub.close().await;
}

#[tokio::test]
async fn an_observers_token_whose_session_has_ended_is_nobodys() {
    let hub = TestHub::open().await;
    register(&hub, "kim@example.org").await.unwrap();
    let token = log_in(&hub, 1, "kim@example.org", PASSWORD).await.unwrap();
    let observer = hub.store.observer_by_email("kim@example.org").await.unwrap().unwrap().id;
    let id = CredentialId::from_uuid(random_uuid([9; 16]));
    let only = NewObserverSession { id, observer, expires_at: hub.chat.now() + LASTS, most: 1 };
    assert!(hub.store.begin_observer_session(&only).await.unwrap());
    assert!(matches!(hub.chat.authenticate(&hub.surface, token.reveal()).await, Err(Error::Unauthenticated)));
    hub.close().await;
}
